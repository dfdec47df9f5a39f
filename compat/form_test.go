package compat

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/csrf"
	"github.com/justinas/nosurf"
)

var (
	nosurfProtect  = func(next http.Handler) http.Handler { return nosurf.NewPure(next) }
	gorillaProtect = csrf.Protect([]byte("32-byte-long-key-for-these-tests"))
)

// formEntries protect forms, or keep sessions.
var formEntries = []entry{
	{
		name:   "justinas/nosurf",
		places: []place{around, inNew, inGroup},
		use:    always(nosurfProtect),
		adds:   map[string]string{"Vary": "Cookie", "Set-Cookie": "*"},
		notes: []note{
			{
				text:   "It rejects a request without a token with a plain-text 400, even if the router would respond with a 405. `SetFailureHandler` accepts an `*apiroute.Error`.",
				change: func(p place, of map[situation]*outcome) { rejected(of[notAllowed], 400, "Bad Request\n") },
				test: rejectsWithProblem(func(next http.Handler) http.Handler {
					h := nosurf.New(next)
					h.SetFailureHandler(noToken)
					return h
				}),
			},
			{
				text: "It parses the form of a POST to find the token. `Bind` then uses the parsed form.",
				test: bindsProtectedForm(nosurfProtect, func(r *http.Request) string { return nosurf.Token(r) }, "csrf_token"),
			},
		},
	},
	{
		name:   "gorilla/csrf",
		places: []place{around, inNew, inGroup},
		use:    always(gorillaProtect),
		adds:   map[string]string{"Vary": "Cookie", "Set-Cookie": "*"},
		notes: []note{
			{
				text: "It rejects a request without a token with a plain-text 403, even if the router would respond with a 405. `ErrorHandler` accepts an `*apiroute.Error`.",
				change: func(p place, of map[situation]*outcome) {
					rejected(of[notAllowed], 403, "Forbidden - referer not supplied\n")
					delete(of[notAllowed].Header, "Vary")
				},
				test: rejectsWithProblem(csrf.Protect([]byte("32-byte-long-key-for-these-tests"), csrf.ErrorHandler(noToken))),
			},
			{
				text: "It parses the form of a POST to find the token. `Bind` then uses the parsed form.",
				test: bindsProtectedForm(gorillaProtect, csrf.Token, "gorilla.csrf.Token"),
			},
		},
	},
	{
		name:   "alexedwards/scs `LoadAndSave`",
		places: everywhere,
		use:    func(*site) func(http.Handler) http.Handler { return scs.New().LoadAndSave },
		adds:   map[string]string{"Vary": "Cookie"},
		notes: []note{
			{
				text: "The session is saved when the response begins, so change it before `Events`. It is saved for errors and panics too.",
				test: keepsSessions,
			},
		},
	},
}

var noToken = &apiroute.Error{Status: 403, Detail: "no token"}

// rejectsWithProblem checks that middleware responds with noToken.
func rejectsWithProblem(middleware func(http.Handler) http.Handler) func(*testing.T) {
	return func(t *testing.T) {
		s := newSite(t, &entry{})
		s.serve(s.router(inNew, middleware), "HTTP/1.1")
		wantText(t, s.fetchText("PUT", "/api/posts/7", ""), 403, `{"title":"Forbidden","status":403,"detail":"no token"}`)
	}
}

// rejected is the plain text of middleware in place of the router's response.
func rejected(o *outcome, status int, body string) {
	o.Status, o.Body = status, body
	delete(o.Header, "Allow")
	o.Header["Content-Type"] = "text/plain; charset=utf-8"
}

// bindsProtectedForm checks that a form with a token in a field can be bound.
func bindsProtectedForm(middleware func(http.Handler) http.Handler, token func(*http.Request) string, field string) func(*testing.T) {
	return func(t *testing.T) {
		for _, multipart := range []bool{false, true} {
			s := newSite(t, &entry{})
			api := apiroute.New(s.logger(), apiroute.Use(middleware))
			api.Get("/form", func(req *apiroute.Request, res *apiroute.Response) error { return res.Text(token(req.Request)) })
			api.Post("/form", func(req *apiroute.Request, res *apiroute.Response) error {
				in, err := apiroute.Bind[struct {
					Body struct {
						Name string `form:"name"`
					} `body:"form"`
				}](req)
				if err != nil {
					return err
				}
				return res.Text("hello " + in.Body.Name)
			})
			s.serve(api, "HTTP/2.0")
			s.client.Jar, _ = cookiejar.New(nil)
			form := url.Values{"name": {"Ada"}, field: {s.fetchText("GET", "/form", "").Body}}
			kind, body := "application/x-www-form-urlencoded", form.Encode()
			if multipart {
				kind, body = "multipart/form-data; boundary=limit", ""
				for name := range form {
					body += "--limit\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + form.Get(name) + "\r\n"
				}
				body += "--limit--\r\n"
			}
			wantText(t, s.fetchText("POST", "/form", body, "Content-Type: "+kind, "Origin: "+s.url), 200, "hello Ada")
			if o := s.fetchText("POST", "/form", strings.ReplaceAll(body, field, "other"), "Content-Type: "+kind, "Origin: "+s.url); o.Status/100 != 4 {
				t.Errorf("without a token: got %+v, want a 4xx", o)
			}
		}
	}
}

// keepsSessions checks that what a handler puts into a session is there in the next request.
func keepsSessions(t *testing.T) {
	sessions := scs.New()
	s := newSite(t, &entry{})
	api := apiroute.New(s.logger(), apiroute.Use(sessions.LoadAndSave))
	put := func(name string, h apiroute.Handler) {
		api.Get("/"+name, func(req *apiroute.Request, res *apiroute.Response) error {
			sessions.Put(req.Context(), name, "seen")
			return h(req, res)
		})
	}
	put("text", respond)
	put("error", func(req *apiroute.Request, res *apiroute.Response) error { return apiroute.Errorf(409, "too late") })
	put("panic", func(req *apiroute.Request, res *apiroute.Response) error { panic("secret") })
	api.Get("/events", func(req *apiroute.Request, res *apiroute.Response) error {
		sessions.Put(req.Context(), "events", "seen")
		stream, err := res.Events()
		if err != nil {
			return err
		}
		sessions.Put(req.Context(), "late", "seen")
		return stream.Send(apiroute.Event{Data: "tick"})
	})
	api.Get("/keys", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(strings.Join(sessions.Keys(req.Context()), " "))
	})
	s.serve(api, "HTTP/1.1")
	s.client.Jar, _ = cookiejar.New(nil)
	for _, path := range []string{"/text", "/error", "/panic", "/events"} {
		s.fetchText("GET", path, "")
	}
	wantText(t, s.fetchText("GET", "/keys", ""), 200, "error events panic text")
	s.client.Jar = nil
	wantText(t, s.fetchText("GET", "/keys", ""), 200, "")
}
