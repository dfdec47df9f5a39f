package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// Each method of a path has its own middleware: GET may be open while POST is guarded. A response
// that the path gives itself, such as a 405, goes through the middleware that all its routes have
// in common.
func TestCommonMiddleware(t *testing.T) {
	t.Parallel()
	both := func(name string) []apiroute.Option {
		return []apiroute.Option{traceAround(name + "-around"), traceUse(name + "-use")}
	}
	api := apiroute.New(append(both("root"), quiet())...)
	outer := api.Group("/g", both("outer")...)
	inner := outer.Group("/in", both("inner")...)
	other := api.Group("/g", both("other")...)

	outer.Get("/in/[x]", respondOK, both("get")...)
	inner.Post("/[x]", respondOK, both("post")...)

	inner.Get("/all/[x]", respondOK, both("get")...)
	inner.Post("/all/[x]", respondOK, both("post")...)

	inner.Get("/one/[x]", respondOK, both("get")...)

	api.Get("/g/open/[x]", respondOK)
	outer.Put("/open/[x]", respondOK)

	outer.Get("/two/[x]", respondOK)
	other.Post("/two/[x]", respondOK)

	inner.Get("/three/[x]", respondOK)
	inner.Post("/three/[x]", respondOK)
	outer.Put("/in/three/[x]", respondOK)

	outer.Handle("/in/any/[x]", respondOK)
	inner.Post("/any/[x]", respondOK, both("post")...)

	inner.Mount("/files/[x]", http.NotFoundHandler(), both("mount")...)
	srv := newServer(t, api)

	for _, tt := range []struct {
		method, target string
		status         int
		levels         string
	}{
		{"GET", "/g/in/1", 200, "root outer get"},
		{"HEAD", "/g/in/1", 200, "root outer get"},
		{"POST", "/g/in/1", 200, "root outer inner post"},
		{"PUT", "/g/in/1", 405, "root outer"},
		{"OPTIONS", "/g/in/1", 204, "root outer"},
		{"GET", "/g/in/1/", 308, "root outer"},
		{"POST", "/g/in/1/", 308, "root outer"},
		{"PUT", "/g/in/1/", 308, "root outer"},
		{"GET", "/g/in/%ff", 400, "root outer"},
		{"POST", "/g/in/%00", 400, "root outer"},

		{"GET", "/g/in/all/1", 200, "root outer inner get"},
		{"POST", "/g/in/all/1", 200, "root outer inner post"},
		{"PUT", "/g/in/all/1", 405, "root outer inner"},
		{"OPTIONS", "/g/in/all/1", 204, "root outer inner"},
		{"POST", "/g/in/all/1/", 308, "root outer inner"},
		{"GET", "/g/in/all/%ff", 400, "root outer inner"},

		{"GET", "/g/in/one/1", 200, "root outer inner get"},
		{"PUT", "/g/in/one/1", 405, "root outer inner get"},
		{"OPTIONS", "/g/in/one/1", 204, "root outer inner get"},
		{"GET", "/g/in/one//1", 308, "root outer inner get"},
		{"GET", "/g/in/one/%ff", 400, "root outer inner get"},

		{"GET", "/g/open/1", 200, "root"},
		{"PUT", "/g/open/1", 200, "root outer"},
		{"POST", "/g/open/1", 405, "root"},
		{"PUT", "/g/open/1/", 308, "root"},

		{"GET", "/g/two/1", 200, "root outer"},
		{"POST", "/g/two/1", 200, "root other"},
		{"PUT", "/g/two/1", 405, "root"},

		{"GET", "/g/in/three/1", 200, "root outer inner"},
		{"PUT", "/g/in/three/1", 200, "root outer"},
		{"DELETE", "/g/in/three/1", 405, "root outer"},

		{"POST", "/g/in/any/1", 200, "root outer inner post"},
		{"OPTIONS", "/g/in/any/1", 200, "root outer"},
		{"TRACE", "/g/in/any/1", 405, "root outer"},
		{"POST", "/g/in/any/1/", 308, "root outer"},

		{"GET", "/g/in/files/1/2", 404, "root outer inner mount"},
		{"GET", "/g/in/files/%ff/2", 400, "root outer inner mount"},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			var want []string // all of Use, then all of Around
			for _, kind := range []string{"-use", "-around"} {
				for _, level := range strings.Fields(tt.levels) {
					want = append(want, level+kind)
				}
			}
			got := srv.do(tt.method, tt.target, "")
			if got.status != tt.status {
				t.Errorf("%s %s = %d %s, want %d", tt.method, tt.target, got.status, got.body, tt.status)
			}
			if diff := cmp.Diff(want, got.header["Trace"]); diff != "" {
				t.Errorf("%s %s: middleware, from the outside in (-want +got):\n%s", tt.method, tt.target, diff)
			}
		})
	}

	// Where no path matches, only the router's own Use runs: Around needs a route.
	for _, tt := range []struct{ method, target string }{{"GET", "/g/in"}, {"CONNECT", "/g/in/1"}, {"GET", "*"}} {
		t.Run("no path, "+tt.method+" "+tt.target, func(t *testing.T) {
			if diff := cmp.Diff([]string{"root-use"}, srv.do(tt.method, tt.target, "").header["Trace"]); diff != "" {
				t.Errorf("%s %s: middleware (-want +got):\n%s", tt.method, tt.target, diff)
			}
		})
	}
}

// The options of a response that the path gives itself are those that all its routes have in
// common.
func TestCommonOptions(t *testing.T) {
	t.Parallel()
	tag := func(name string) apiroute.Option {
		return apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
			res.Header().Add("Seen-By", name)
			return err
		})
	}
	fail := func(req *apiroute.Request, res *apiroute.Response) error { return apiroute.Errorf(418, "no") }
	api := apiroute.New(quiet(), tag("root"))
	outer := api.Group("/g", tag("outer"))
	inner := outer.Group("/in", tag("inner"))
	outer.Get("/in/[x]", fail, tag("get"))
	inner.Post("/[x]", fail)
	inner.Put("/[x]", fail, apiroute.OnError(nil))
	inner.Get("/one/[x]", fail, tag("one"))
	srv := newServer(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
		want           string
	}{
		{"GET", "/g/in/1", 418, "get"},
		{"POST", "/g/in/1", 418, "inner"},
		{"PUT", "/g/in/1", 418, ""},
		{"DELETE", "/g/in/1", 405, "outer"},
		{"GET", "/g/in/%ff", 400, "outer"},
		{"POST", "/g/in/one/1", 405, "one"},
		{"GET", "/g/none", 404, "root"},
		{"CONNECT", "/g/in/1", 405, "root"},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := srv.do(tt.method, tt.target, "")
			if by := got.header.Get("Seen-By"); got.status != tt.status || by != tt.want {
				t.Errorf("%s %s = %d, seen by %q, want %d, %q", tt.method, tt.target, got.status, by, tt.status, tt.want)
			}
		})
	}
}

// All of Use comes before all of Around; each goes from the router inward, in the order given.
func TestMiddlewareOrder(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet(), traceAround("a1"), traceUse("u1"), traceUse("u2"), traceAround("a2"))
	group := api.Group("/g", traceUse("u3"), traceAround("a3"))
	nested := group.Group("", traceAround("a4"), traceUse("u4"))
	trace := func(name string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Trace", name)
				next.ServeHTTP(w, r)
			})
		}
	}
	nested.Get("/a", func(req *apiroute.Request, res *apiroute.Response) error {
		res.Header().Add("Trace", "handler")
		return res.End()
	}, apiroute.Use(trace("u5"), trace("u6")), traceAround("a5"), apiroute.Use(trace("u7")))
	group.Get("/b", respondOK)
	srv := newServer(t, api)
	for _, tt := range []struct{ target, want string }{
		{"/g/a", "u1 u2 u3 u4 u5 u6 u7 a1 a2 a3 a4 a5 handler"},
		{"/g/b", "u1 u2 u3 a1 a2 a3"},
		{"/none", "u1 u2"},
	} {
		t.Run(tt.target, func(t *testing.T) {
			if got := strings.Join(srv.do("GET", tt.target, "").header["Trace"], " "); got != tt.want {
				t.Errorf("GET %s: %q, want %q", tt.target, got, tt.want)
			}
		})
	}
}

// Middleware is called once for the router, or once for each route, and not again for a request.
func TestMiddlewareIsCalledOnce(t *testing.T) {
	t.Parallel()
	var count [5]int
	use := func(i int) apiroute.Option {
		return apiroute.Use(func(h http.Handler) http.Handler { count[i]++; return h })
	}
	around := func(i int) apiroute.Option {
		return apiroute.Around(func(h apiroute.Handler) apiroute.Handler { count[i]++; return h })
	}
	check := func(when string, want [5]int) {
		t.Helper()
		if count != want {
			t.Errorf("%s: called %v times, want %v", when, count, want)
		}
	}
	api := apiroute.New(quiet(), use(0))
	check("New", [5]int{1})
	group := api.Group("/g", use(1), around(2))
	check("Group", [5]int{1})
	shared := use(3)
	group.Get("/a", respondOK, shared, around(4))
	check("a route", [5]int{1, 1, 1, 1, 1})
	group.Post("/a", respondOK, shared)
	check("another route", [5]int{1, 2, 2, 2, 1})
	srv := newServer(t, api)
	for _, method := range []string{"GET", "POST", "PUT", "OPTIONS", "CONNECT"} {
		for _, target := range []string{"/g/a", "/g/a/", "/none"} {
			srv.do(method, target, "")
		}
	}
	check("serving", [5]int{1, 2, 2, 2, 1})
}

// Use on the router may rewrite the method and the path before they are matched.
func TestUseRewrites(t *testing.T) {
	t.Parallel()
	var saw []string
	api := apiroute.New(quiet(), useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		saw = append(saw, r.Method+" "+r.URL.Path)
		if m := r.Header.Get("X-Method"); m != "" {
			r.Method = m
		}
		if p, ok := strings.CutPrefix(r.URL.Path, "/v1"); ok {
			r.URL.Path = p // RawPath keeps the old path
		}
		next.ServeHTTP(w, r)
	}))
	api.Get("/a/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(req.Method + " " + req.Param("id"))
	})
	api.Put("/a/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(req.Method + " " + req.Param("id"))
	})
	srv := newServer(t, api)
	for _, tt := range []struct {
		method, target, override string
		status                   int
		want                     string // the body, or Location
	}{
		{"GET", "/a/1", "", 200, "GET 1"},
		{"GET", "/v1/a/1", "", 200, "GET 1"},
		{"GET", "/v1/a/%311", "", 200, "GET 11"},
		{"GET", "/v1/a/b%2Fc", "", 404, ""}, // Path has lost the split, and RawPath must not bring it back
		{"GET", "/v1/a/1/", "", 308, "/a/1"},
		{"GET", "/v1//evil.com/..//a/%31/", "", 308, "/a/1"},
		{"GET", "/v1", "", 404, ""},
		{"GET", "/v1a/1", "", 404, ""}, // "a/1" is left, which is no path
		{"POST", "/v1/a/1", "PUT", 200, "PUT 1"},
		{"POST", "/a/1", "DELETE", 405, ""},
		{"POST", "/a/1", "CONNECT", 405, ""},
		{"GET", "/none", "", 404, ""},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			saw = nil
			got := srv.do(tt.method, tt.target, "", "X-Method: "+tt.override)
			text := got.body
			if got.status == 308 {
				text = got.header.Get("Location")
			}
			if got.status != tt.status || tt.status < 400 && text != tt.want {
				t.Errorf("%s %s as %q = %d %q, want %d %q", tt.method, tt.target, tt.override, got.status, text, tt.status, tt.want)
			}
			if len(saw) != 1 {
				t.Errorf("%s %s: the middleware saw %q, want one request", tt.method, tt.target, saw)
			}
		})
	}
}

// Middleware may change the method in a copy of the request. net/http does not see the copy: on the
// connection a HEAD remains a HEAD. The response must be complete.
func TestUseChangesMethodOfCopy(t *testing.T) {
	t.Parallel()
	change := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(r.Context())
		r.Method = r.Header.Get("X-Method")
		next.ServeHTTP(w, r)
	})
	for level, api := range map[string]*apiroute.Router{
		"router": apiroute.New(quiet(), change),
		"group":  apiroute.New(quiet()).Group("", change),
	} {
		t.Run(level, func(t *testing.T) {
			api.Handle("/a", func(req *apiroute.Request, res *apiroute.Response) error { return res.JSON(req.Method) })
			srv := newServer(t, api)
			for _, tt := range []struct{ method, as string }{{"POST", "PUT"}, {"HEAD", "GET"}, {"POST", "HEAD"}, {"GET", "HEAD"}} {
				t.Run(tt.method, func(t *testing.T) {
					got := srv.do(tt.method, "/a", "", "X-Method: "+tt.as)
					if got.status != 200 || got.err != nil {
						t.Errorf("%s: %s as %s = %d %q, %v, want a whole 200", level, tt.method, tt.as, got.status, got.body, got.err)
					}
				})
			}
		})
	}
}

// PathValue has the values of the path for standard middleware and plain handlers.
func TestPathValue(t *testing.T) {
	t.Parallel()
	tell := func(w http.ResponseWriter, r *http.Request, where string) {
		w.Header().Add("Saw", where+":"+r.PathValue("a")+":"+r.PathValue("b"))
	}
	tells := func(where string) apiroute.Option {
		return useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			tell(w, r, where)
			next.ServeHTTP(w, r)
		})
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tell(w, r, "plain") })
	handler := func(req *apiroute.Request, res *apiroute.Response) error {
		tell(res, req.Request, "embedded")
		res.Header().Add("Saw", "handler:"+req.PathValue("a")+":"+req.PathValue("b"))
		return res.End()
	}
	api := apiroute.New(quiet(), tells("root"))
	group := api.Group("/g/[a]", tells("group"))
	group.Get("/x/[b]", handler, tells("route"))
	group.Get("/y/[...b]", apiroute.FromHTTP(plain))
	group.Get("/z/[[...b]]", apiroute.FromHTTP(plain), tells("route"))
	group.Mount("/m", plain)
	api.Get("/p/[a]", apiroute.FromHTTP(plain))
	api.Mount("/q/[b]/m", plain)
	api.Handle("/s", apiroute.FromHTTP(plain))
	srv := newServer(t, api)
	for _, tt := range []struct {
		method, target string
		want           []string
	}{
		{"GET", "/g/1/x/2", []string{"root::", "group:1:2", "route:1:2", "embedded:1:2", "handler:1:2"}},
		{"GET", "/g/a%2Fb/x/%2F", []string{"root::", "group:a/b:/", "route:a/b:/", "embedded:a/b:/", "handler:a/b:/"}},
		{"POST", "/g/1/x/2", []string{"root::", "group:1:2", "route:1:2"}},    // 405
		{"OPTIONS", "/g/1/x/2", []string{"root::", "group:1:2", "route:1:2"}}, // 204
		{"GET", "/g/1/x/2/", []string{"root::", "group:1:2", "route:1:2"}},    // 308
		{"GET", "/g//1/x//2", []string{"root::", "group:1:2", "route:1:2"}},   // 308
		{"GET", "/g/1/y/2/3/", []string{"root::", "group:1:2/3"}},             // 308
		{"GET", "/g/1/y/2/3%2F", []string{"root::", "group:1:2/3/", "plain:1:2/3/"}},
		{"GET", "/g/1/z", []string{"root::", "group:1:", "route:1:", "plain:1:"}},
		{"GET", "/g/1/z/2", []string{"root::", "group:1:2", "route:1:2", "plain:1:2"}},
		{"GET", "/g/1/m/2", []string{"root::", "group:1:", "plain:1:"}},
		{"GET", "/g/1/m/", []string{"root::", "group:1:", "plain:1:"}},
		{"GET", "/g/1//m//", []string{"root::", "group:1:"}}, // 308
		{"GET", "/p/1", []string{"root::", "plain:1:"}},
		{"GET", "/q/2/m", []string{"root::", "plain::2"}},
		{"GET", "/q/%2F/m/x", []string{"root::", "plain::/"}},
		{"GET", "/s", []string{"root::", "plain::"}},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := srv.do(tt.method, tt.target, "")
			if diff := cmp.Diff(tt.want, got.header["Saw"]); diff != "" {
				t.Errorf("%s %s = %d, PathValue (-want +got):\n%s", tt.method, tt.target, got.status, diff)
			}
		})
	}
}

// Around sees the route and the values of the path even if the path gives the response itself, also
// for an untidy path: a log or a guard by tenant relies on them.
func TestAroundSeesValues(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet(), apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			res.SetHeader("Saw", fmt.Sprintf("%s %s %q", req.Route(), req.Param("id"), req.Segments("rest")))
			return next(req, res)
		}
	}))
	api.Get("/a/[id]/[...rest]", respondOK)
	srv := newServer(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/a/1/x/y", 200},
		{"POST", "/a/1/x/y", 405},
		{"OPTIONS", "/a/1/x/y", 204},
		{"GET", "/a/1/x/y/", 308},
		{"GET", "//a/0/../1/x//y/.", 308},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := srv.do(tt.method, tt.target, "")
			if want := `/a/[id]/[...rest] 1 ["x" "y"]`; got.status != tt.status || got.header.Get("Saw") != want {
				t.Errorf("%s %s = %d, seen %q, want %d, %q", tt.method, tt.target, got.status, got.header.Get("Saw"), tt.status, want)
			}
		})
	}
}

// Around sees the error that the handler returns. It may reject the request, or respond in place of
// the handler.
func TestAround(t *testing.T) {
	t.Parallel()
	type key struct{}
	errNo := errors.New("no")
	var saw error
	api := apiroute.New(quiet())
	handler := func(req *apiroute.Request, res *apiroute.Response) error {
		if req.Param("what") == "fail" {
			return errNo
		}
		if req.Param("what") == "panic" {
			panic("handler")
		}
		return res.Text(fmt.Sprint(req.Context().Value(key{})))
	}
	around := func(f func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error) apiroute.Option {
		return apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error { return f(next, req, res) }
		})
	}
	api.Get("/sees/[what]", handler, around(func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error {
		saw = next(req, res)
		return saw
	}))
	api.Get("/refuses/[what]", notReached(t), around(func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error {
		return apiroute.Errorf(401, "who?")
	}))
	api.Get("/responds/[what]", notReached(t), around(func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("instead")
	}))
	api.Get("/maps/[what]", handler, around(func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error {
		if errors.Is(next(req, res), errNo) {
			return apiroute.Errorf(409, "busy")
		}
		return nil
	}))
	api.Get("/swallows/[what]", handler, around(func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error {
		next(req, res)
		return nil
	}))
	api.Get("/value/[what]", handler, around(func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error {
		req.Request = req.WithContext(context.WithValue(req.Context(), key{}, "v"))
		return next(req, res)
	}))
	api.Get("/panics/[what]", notReached(t), around(func(next apiroute.Handler, req *apiroute.Request, res *apiroute.Response) error {
		panic("around")
	}))
	srv := newServer(t, api)
	for _, tt := range []struct {
		target string
		status int
		body   string
	}{
		{"/sees/x", 200, "<nil>"},
		{"/sees/fail", 500, ""},
		{"/sees/panic", 500, ""},
		{"/refuses/x", 401, ""},
		{"/responds/x", 200, "instead"},
		{"/maps/fail", 409, ""},
		{"/maps/x", 200, "<nil>"},
		{"/swallows/fail", 204, ""},
		{"/value/x", 200, "v"},
		{"/panics/x", 500, ""},
	} {
		t.Run(tt.target, func(t *testing.T) {
			saw = nil
			got := srv.do("GET", tt.target, "")
			if got.status != tt.status || tt.status < 400 && got.body != tt.body {
				t.Errorf("GET %s = %d %q, want %d %q", tt.target, got.status, got.body, tt.status, tt.body)
			}
			if tt.status >= 400 {
				got.wantProblem(t, tt.status)
			}
			if tt.target == "/sees/fail" && saw != errNo {
				t.Errorf("GET %s: Around saw %v, want %v", tt.target, saw, errNo)
			}
		})
	}
}

// Middleware may respond itself and not call the next handler.
func TestUseResponds(t *testing.T) {
	t.Parallel()
	refuse := func(next http.Handler) http.Handler {
		return &apiroute.Error{Status: 401, Detail: "who?", Header: http.Header{"WWW-Authenticate": {"Basic"}}}
	}
	api := apiroute.New(quiet())
	api.Get("/a", notReached(t), apiroute.Use(refuse))
	guarded := apiroute.New(quiet(), apiroute.Use(refuse))
	guarded.Get("/a", notReached(t))
	for name, h := range map[string]http.Handler{"route": api, "router": guarded} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, h)
			for _, method := range []string{"GET", "PUT", "OPTIONS"} {
				got := srv.do(method, "/a", "")
				got.wantProblem(t, 401)
				if got.header.Get("WWW-Authenticate") != "Basic" {
					t.Errorf("%s %s: WWW-Authenticate %q, want Basic", name, method, got.header["Www-Authenticate"])
				}
			}
		})
	}
}

// Middleware that forgets to return calls the next handler a second time. That must not take the
// process down: the second response is rejected and logged. If the second body read from itself,
// the stack would overflow, which no test survives.
func TestUseCallsTwice(t *testing.T) {
	t.Parallel()
	twice := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		next.ServeHTTP(w, r)
	})
	for level, api := range map[string]*apiroute.Router{
		"router": apiroute.New(twice),
		"group":  apiroute.New().Group("", twice),
	} {
		t.Run(level, func(t *testing.T) {
			log := &testLog{}
			api.Post("/a", func(req *apiroute.Request, res *apiroute.Response) error {
				if _, err := io.Copy(io.Discard, req.Body); err != nil {
					return err
				}
				return res.Text("ok")
			}, log.option(), apiroute.NoBodyLimit())
			srv := newServer(t, api)
			srv.log = log
			got := srv.do("POST", "/a", "body", "Content-Type: application/json")
			if got.err == nil && (got.status != 200 || got.body != "ok") {
				t.Errorf("%s: %d %q, want 200 ok, or a response cut off", level, got.status, got.body)
			}
			if lines := strings.Join(srv.logs(), "\n"); !strings.Contains(lines, apiroute.ErrAnswered.Error()) {
				t.Errorf("%s: log %q, want %q in it", level, lines, apiroute.ErrAnswered)
			}
		})
	}
}

// A statusKeeper keeps the status, as middleware for logs does.
type statusKeeper struct {
	http.ResponseWriter
	status int
}

func (w *statusKeeper) WriteHeader(code int) {
	w.status = code
	w.ResponseWriter.WriteHeader(code)
}

// A handler's panic is caught inside of Use, so Use sees the status 500.
func TestUseSeesStatus(t *testing.T) {
	t.Parallel()
	var saw int
	look := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		rec := &statusKeeper{ResponseWriter: w}
		next.ServeHTTP(rec, r)
		saw = rec.status
	})
	for level, api := range map[string]*apiroute.Router{
		"router": apiroute.New(quiet(), look),
		"group":  apiroute.New(quiet()).Group("", look),
	} {
		t.Run(level, func(t *testing.T) {
			api.Get("/panic", func(req *apiroute.Request, res *apiroute.Response) error { panic("no") })
			api.Get("/error", func(req *apiroute.Request, res *apiroute.Response) error { return errors.New("no") })
			api.Get("/ok", respondOK)
			srv := newServer(t, api)
			for _, tt := range []struct {
				method, target string
				want           int
			}{
				{"GET", "/panic", 500},
				{"GET", "/error", 500},
				{"GET", "/ok", 200},
				{"PUT", "/ok", 405},
				{"OPTIONS", "/ok", 204},
				{"GET", "/ok/", 308},
			} {
				t.Run(tt.method+" "+tt.target, func(t *testing.T) {
					saw = 0
					got := srv.do(tt.method, tt.target, "")
					if saw != tt.want || got.status != tt.want {
						t.Errorf("%s: %s %s: the middleware saw %d, the client %d, want %d", level, tt.method, tt.target, saw, got.status, tt.want)
					}
				})
			}
		})
	}
}
