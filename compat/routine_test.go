package compat

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
	"github.com/gorilla/handlers"
	gorilla "github.com/gorilla/websocket"
	"github.com/unrolled/secure"
)

// everywhere are the places of middleware that takes no notice of the route.
var everywhere = []place{around, inNew, inGroup, inRoute}

// always returns middleware that needs nothing of a site.
func always(middleware func(http.Handler) http.Handler) func(*site) func(http.Handler) http.Handler {
	return func(*site) func(http.Handler) http.Handler { return middleware }
}

// routineEntries are what a program adds to every route.
var routineEntries = []entry{
	{
		name:   "chi `middleware.RequestID`",
		places: everywhere,
		use:    always(middleware.RequestID),
		notes: []note{{
			text: "A handler finds the id with `middleware.GetReqID(req.Context())`.",
			test: func(t *testing.T) {
				o := get(t, middleware.RequestID, func(req *apiroute.Request, res *apiroute.Response) error {
					return res.Text(middleware.GetReqID(req.Context()))
				})
				wantText(t, o, 200, "chosen")
			},
		}},
	},
	{
		name:   "chi `middleware.RealIP`",
		places: everywhere,
		use:    always(realIP),
		notes: []note{{
			text: "It sets `RemoteAddr`, which handlers see as `req.RemoteAddr`.",
			test: func(t *testing.T) {
				o := get(t, realIP, func(req *apiroute.Request, res *apiroute.Response) error {
					return res.Text(req.RemoteAddr)
				})
				wantText(t, o, 200, "192.0.2.1")
			},
		}},
	},
	{
		name:   "chi `middleware.Recoverer`",
		places: everywhere,
		use:    always(middleware.Recoverer),
		notes:  []note{{text: "It is not needed. It passes on the panic that cuts a half response.", change: unchanged}},
	},
	{
		name:   "gorilla/handlers `RecoveryHandler`",
		places: []place{inNew, inGroup, inRoute},
		use:    always(handlers.RecoveryHandler(handlers.RecoveryLogger(quietLogger{}))),
		notes: []note{
			{text: "It is not needed. It swallows the panic that cuts a half response, but the router panics again.", change: unchanged},
			{
				text: "Do not use it around the router: a half response would look complete.",
				test: func(t *testing.T) {
					s := newSite(t, &entry{})
					s.serve(handlers.RecoveryHandler(handlers.RecoveryLogger(quietLogger{}))(s.router("", nil)), "HTTP/1.1")
					if o := s.do(half, true); o.Cut || o.Body != "1\n" {
						t.Errorf("got %+v, want a half response that is not cut", o)
					}
				},
			},
		},
	},
	{
		name:   "chi `middleware.Throttle`",
		places: everywhere,
		use:    always(middleware.Throttle(10)),
		notes: []note{{
			text: "A stream counts against the limit until it ends. Its own 429 is plain text.",
			test: throttlesStreams,
		}},
	},
	{
		name:   "chi `middleware.Timeout`",
		places: everywhere,
		use:    always(middleware.Timeout(time.Hour)),
		notes: []note{{
			text: "Use the option `Timeout` instead. This middleware writes its 504 only once the handler has returned. By then, the router has responded to the handler's error.",
			test: func(t *testing.T) {
				o := get(t, middleware.Timeout(time.Millisecond), func(req *apiroute.Request, res *apiroute.Response) error {
					<-req.Context().Done()
					return req.Context().Err()
				})
				if o.Status != 500 && o.Status != 503 || o.Header["Content-Type"] != "application/problem+json" {
					t.Errorf("got %+v, want a problem with status 500 or 503", o)
				}
			},
		}},
	},
	{
		name:    "net/http `TimeoutHandler`",
		places:  everywhere,
		use:     always(func(next http.Handler) http.Handler { return http.TimeoutHandler(next, time.Hour, "slow") }),
		buffers: true,
		notes: []note{
			{
				text: "It sends nothing before the handler returns, so events do not arrive one by one. In place of a half response, the connection closes without one.",
				change: func(_ place, of map[situation]*outcome) {
					*of[left] = outcome{}
					*of[half] = outcome{Aborted: true, Log: "ERROR"}
					of[upgraded] = nil
				},
			},
			{
				text: "WebSocket upgrades fail.",
				test: func(t *testing.T) {
					s := newSite(t, &entry{})
					api := apiroute.New(s.logger(), apiroute.Use(func(next http.Handler) http.Handler { return http.TimeoutHandler(next, time.Hour, "slow") }))
					api.Get("/api/websocket", func(req *apiroute.Request, res *apiroute.Response) error {
						new(gorilla.Upgrader).Upgrade(res, req.Request, nil)
						return nil
					})
					s.serve(api, "HTTP/1.1")
					if o := s.do(upgraded, true); o.Status != 500 || o.Cut || o.Log != "" {
						t.Errorf("got %+v, want the upgrader's 500", o)
					}
				},
			},
		},
	},
	{
		name:   "unrolled/secure",
		places: everywhere,
		use:    always(secure.New(secure.Options{FrameDeny: true, ReferrerPolicy: "no-referrer"}).Handler),
		adds:   map[string]string{"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"},
		notes:  []note{{text: "Its headers are sent with errors and streams too.", change: unchanged}},
	},
	{
		name:   "go-chi/httprate",
		places: everywhere,
		use: func(*site) func(http.Handler) http.Handler {
			return httprate.LimitBy(1000, time.Hour, httprate.Key("*"))
		},
		adds: map[string]string{"X-RateLimit-Limit": "1000"},
		notes: []note{{
			text: "Its 429 is plain text. Give `WithLimitHandler` the `ServeHTTP` of an `*apiroute.Error` for a problem.",
			test: func(t *testing.T) {
				tooMany := &apiroute.Error{Status: 429, Detail: "try again later"}
				limit := httprate.LimitBy(0, time.Hour, httprate.Key("*"), httprate.WithLimitHandler(tooMany.ServeHTTP))
				wantText(t, get(t, limit, respond), 429, `{"title":"Too Many Requests","status":429,"detail":"try again later"}`)
			},
		}},
	},
	{
		name:   "gorilla/handlers `ProxyHeaders`",
		places: everywhere,
		use:    always(handlers.ProxyHeaders),
		notes: []note{{
			text: "It sets `Host`, `RemoteAddr` and the scheme from the headers of a proxy, which handlers see in `req`.",
			test: func(t *testing.T) {
				o := get(t, handlers.ProxyHeaders, func(req *apiroute.Request, res *apiroute.Response) error {
					return res.Text(req.Host + " " + req.RemoteAddr)
				})
				wantText(t, o, 200, "public.example 192.0.2.1")
			},
		}},
	},
	{
		name:   "gorilla/handlers `HTTPMethodOverrideHandler`",
		places: []place{around, inNew},
		use:    always(handlers.HTTPMethodOverrideHandler),
		notes: []note{
			{
				text: "It has to run before routing. In a group, the request already has its route.",
				test: func(t *testing.T) {
					for _, tt := range []struct {
						place place
						want  string
					}{{around, "PUT"}, {inNew, "PUT"}, {inGroup, "POST"}, {inRoute, "POST"}} {
						o := override(t, tt.place, "", "X-HTTP-Method-Override: PUT")
						wantText(t, o, 200, tt.want+" ")
					}
				},
			},
			{
				text: "It parses the form of a POST to find `_method`. `Bind` then uses the parsed form.",
				test: func(t *testing.T) {
					o := override(t, inNew, "_method=PUT&name=Ada", "Content-Type: application/x-www-form-urlencoded")
					wantText(t, o, 200, "PUT Ada")
				},
			},
		},
	},
	{
		name:   "casbin/casbin",
		places: []place{"`Around`"},
		notes: []note{
			{
				text: "The handler for GET also serves HEAD, so a policy needs HEAD beside GET.",
				test: enforcesHead,
			},
			{
				text: "Use `req.Route()` as the object, so that policies name routes and not paths.",
				test: enforcesHead,
			},
		},
	},
}

// realIP is deprecated because it trusts its headers, which does not matter here.
//
//lint:ignore SA1019 programs have it
var realIP = middleware.RealIP

// unchanged is for notes that say that nothing changes.
func unchanged(place, map[situation]*outcome) {}

type quietLogger struct{}

func (quietLogger) Println(...any) {}

func respond(req *apiroute.Request, res *apiroute.Response) error { return res.Text("ok") }

// get sends a request to a handler behind middleware in New.
func get(t *testing.T, middleware func(http.Handler) http.Handler, h apiroute.Handler) outcome {
	t.Helper()
	s := newSite(t, &entry{})
	api := apiroute.New(s.logger(), apiroute.Use(middleware))
	api.Get("/", h)
	s.serve(api, "HTTP/1.1")
	return s.fetchText("GET", "/", "", "X-Request-Id: chosen", "X-Real-IP: 192.0.2.1", "X-Forwarded-Host: public.example",
		"X-Forwarded-For: 192.0.2.1")
}

// fetchText sends a request and reads the response.
func (s *site) fetchText(method, path, body string, headers ...string) outcome {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	resp, err := s.send(ctx, method, path, body, headers...)
	if err != nil {
		s.t.Error(err)
		return outcome{}
	}
	o := s.read(resp, "")
	receive(s.t, "the end of the request", s.ended)
	return o
}

// wantText checks the status and the body of a response.
func wantText(t *testing.T, o outcome, status int, body string) {
	t.Helper()
	if o.Status != status || o.Body != body || o.Cut {
		t.Errorf("got status %d, body %q, cut %t; want %d and %q", o.Status, o.Body, o.Cut, status, body)
	}
}

// throttlesStreams checks that an event stream holds one of the places of Throttle.
func throttlesStreams(t *testing.T) {
	s := newSite(t, &entry{})
	s.serve(middleware.Throttle(1)(s.router("", nil)), "HTTP/1.1")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	resp, err := s.send(ctx, "GET", "/api/events", "")
	if err != nil {
		t.Fatal(err)
	}
	receive(t, "the event", s.sent)
	if o := s.fetchText("GET", "/api/posts/7", ""); o.Status != 429 || !strings.HasPrefix(o.Header["Content-Type"], "text/plain") {
		t.Errorf("got %+v, want a 429 in plain text", o)
	}
	resp.Body.Close()
	receive(t, "the end of the stream", s.ended)
	wantText(t, s.fetchText("GET", "/api/posts/7", ""), 200, `{"id":"7"}`)
}

// override sends a POST to a path that has handlers for POST and PUT, which respond with the method
// and a field of the form.
func override(t *testing.T, p place, body string, headers ...string) outcome {
	t.Helper()
	s := newSite(t, &entry{})
	var router, group, route []apiroute.Option
	use := apiroute.Use(handlers.HTTPMethodOverrideHandler)
	switch p {
	case inNew:
		router = append(router, use)
	case inGroup:
		group = append(group, use)
	case inRoute:
		route = append(route, use)
	}
	api := apiroute.New(append(router, s.logger())...)
	g := api.Group("/form", group...)
	method := func(method string) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			if body == "" {
				return res.Text(method + " ")
			}
			in, err := apiroute.Bind[struct {
				Body struct {
					Name string `form:"name"`
				} `body:"form"`
			}](req)
			if err != nil {
				return err
			}
			return res.Text(method + " " + in.Body.Name)
		}
	}
	g.Post("", method("POST"), route...)
	g.Put("", method("PUT"), route...)
	var h http.Handler = api
	if p == around {
		h = handlers.HTTPMethodOverrideHandler(api)
	}
	s.serve(h, "HTTP/1.1")
	return s.fetchText("POST", "/form", body, headers...)
}

// enforcesHead checks a guard with policies by route and method.
func enforcesHead(t *testing.T) {
	m, err := model.NewModelFromString(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act`)
	if err != nil {
		t.Fatal(err)
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		t.Fatal(err)
	}
	enforcer.AddPolicies([][]string{
		{"ada", "/posts/[id]", "GET"}, {"ada", "/posts/[id]", "HEAD"},
		{"bob", "/posts/[id]", "GET"},
	})
	guard := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			ok, err := enforcer.Enforce(req.Header.Get("X-User"), req.Route(), req.Method)
			if err != nil {
				return err
			}
			if !ok {
				return apiroute.Errorf(403, "not for you")
			}
			return next(req, res)
		}
	}
	s := newSite(t, &entry{})
	api := apiroute.New(s.logger(), apiroute.Around(guard))
	api.Get("/posts/[id]", respond)
	s.serve(api, "HTTP/1.1")
	for _, tt := range []struct {
		user, method string
		status       int
	}{{"ada", "GET", 200}, {"ada", "HEAD", 200}, {"bob", "GET", 200}, {"bob", "HEAD", 403}, {"eve", "GET", 403}} {
		if o := s.fetchText(tt.method, "/posts/7", "", "X-User: "+tt.user); o.Status != tt.status {
			t.Errorf("%s of %s: status %d, want %d", tt.method, tt.user, o.Status, tt.status)
		}
	}
}
