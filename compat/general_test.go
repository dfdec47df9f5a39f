package compat

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/go-chi/chi/v5/middleware"
)

// general are the statements that docs/middleware.md makes of all middleware.
var general = []note{
	{
		text: "From Go 1.23 on, `r.Pattern` is the path of the route, such as `/posts/[id]`. Middleware of groups and routes can read it at any time, and middleware in `New` or around the router once the next handler has returned.",
		test: func(t *testing.T) {
			for p, want := range map[place]string{
				around: " /api/posts/[id]", inNew: " /api/posts/[id]", inGroup: "/api/posts/[id] /api/posts/[id]", inRoute: "/api/posts/[id] /api/posts/[id]",
			} {
				wantPattern(t, p, seesPattern, want)
			}
		},
	},
	{
		text: "If middleware passes on a copy of the request, for example with `r.WithContext`, `r.Pattern` is set in the copy. Middleware outside of it, in `New` or around the router, then does not see the pattern.",
		test: func(t *testing.T) {
			copies := func(s *site) func(http.Handler) http.Handler {
				sees := seesPattern(s)
				return func(next http.Handler) http.Handler { return sees(middleware.RequestID(next)) }
			}
			wantPattern(t, around, copies, " ")
			wantPattern(t, inNew, copies, " ")
			wantPattern(t, inGroup, copies, "/api/posts/[id] /api/posts/[id]")
		},
	},
	{
		text: "Recovery middleware in `Use` or around the router never sees a panic of a handler, because the router has already logged it and responded with a 500. `OnError` is called with it.",
		test: func(t *testing.T) {
			for _, p := range everywhere {
				s := newSite(t, &entry{})
				s.serveWith(&entry{use: func(s *site) func(http.Handler) http.Handler {
					return func(next http.Handler) http.Handler {
						return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							defer func() {
								if v := recover(); v != nil {
									s.record("%v", v)
								}
							}()
							next.ServeHTTP(w, r)
						})
					}
				}}, p, "HTTP/1.1")
				if o := s.do(panicking, true); o.Recorded != "" || o.Status != 500 {
					t.Errorf("%s: got %+v, want a 500 and nothing recovered", p, o)
				}
			}
		},
	},
	{
		text: "When a handler fails in the middle of a response, the router panics with `http.ErrAbortHandler`, so that the server cuts the connection. If middleware in `Use` or `Around` swallows the panic, the router panics again. Middleware around the router must not swallow it.",
		test: func(t *testing.T) {
			swallows := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer func() { recover() }()
					next.ServeHTTP(w, r)
				})
			}
			for _, p := range everywhere {
				s := newSite(t, &entry{})
				s.serveWith(&entry{use: always(swallows)}, p, "HTTP/1.1")
				if o := s.do(half, true); o.Cut != (p != around) {
					t.Errorf("%s: got %+v, want cut: %t", p, o, p != around)
				}
			}
		},
	},
	{
		text: "When a client leaves an event stream, there is no panic, so that access logs and metrics include the request.",
		test: func(t *testing.T) {
			for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
				s := newSite(t, &entry{})
				s.serve(s.router("", nil), protocol)
				if o := s.do(left, true); o.Aborted || o.Log != "" {
					t.Errorf("%s: got %+v, want no panic and no log", protocol, o)
				}
			}
		},
	},
	{
		text: "Middleware of a group does not run for a 404. Middleware of one route does not run for a 405 on its path if the path has other routes. Only middleware in `Use` of `New`, or around the router, sees every request.",
		test: func(t *testing.T) {
			for _, p := range everywhere {
				s := newSite(t, &entry{})
				s.serveWith(&entry{use: func(s *site) func(http.Handler) http.Handler {
					return func(next http.Handler) http.Handler {
						return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							s.record("ran")
							next.ServeHTTP(w, r)
						})
					}
				}}, p, "HTTP/1.1")
				for _, which := range []situation{ordinary, notFound, notAllowed} {
					if o := s.do(which, true); (o.Recorded == "ran") != p.runs(which) {
						t.Errorf("%s, %s: got %+v, want that it runs: %t", p, which, o, p.runs(which))
					}
				}
			}
		},
	},
	{
		text: "A header that middleware sets before the handler runs is also sent with an error. A header that the handler sets is not.",
		test: func(t *testing.T) {
			sets := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Middleware", "yes")
					next.ServeHTTP(w, r)
				})
			}
			for _, p := range everywhere {
				s := newSite(t, &entry{adds: map[string]string{"X-Middleware": ""}})
				s.serveWith(&entry{use: always(sets)}, p, "HTTP/1.1")
				if o := s.do(failing, true); o.Header["X-Middleware"] != "yes" || o.Header["X-Handler"] != "" {
					t.Errorf("%s: got %+v, want the header of the middleware alone", p, o)
				}
			}
		},
	},
	{
		text: "An `*apiroute.Error` is an `http.Handler`. Middleware that accepts a handler for rejected requests can respond with it.",
		test: func(t *testing.T) {
			refuse := &apiroute.Error{Status: 403, Detail: "not for you"}
			rejects := func(http.Handler) http.Handler { return refuse }
			wantText(t, get(t, rejects, respond), 403, `{"title":"Forbidden","status":403,"detail":"not for you"}`)
		},
	},
	{
		text: "In `Use`, such an error goes through `OnError` and the log, like an error that a handler returns.",
		test: func(t *testing.T) {
			s := newSite(t, &entry{})
			api := apiroute.New(s.logger(), apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
				s.record("%v", err)
				return err
			}), apiroute.Use(func(http.Handler) http.Handler { return &apiroute.Error{Status: 503, Detail: "closed"} }))
			api.Get("/api/posts/[id]", respond)
			s.serve(api, "HTTP/1.1")
			if o := s.do(ordinary, true); o.Status != 503 || !strings.Contains(o.Recorded, "closed") || o.Log != "ERROR" {
				t.Errorf("got %+v, want a 503 that OnError and the log have seen", o)
			}
		},
	},
	{
		text: "The handler for GET also serves HEAD. Middleware sees the method HEAD.",
		test: func(t *testing.T) {
			s := newSite(t, &entry{})
			s.serve(s.router(inRoute, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					s.record("%s", r.Method)
					next.ServeHTTP(w, r)
				})
			}), "HTTP/1.1")
			o := s.fetchText("HEAD", "/api/posts/7", "")
			s.mu.Lock()
			defer s.mu.Unlock()
			if o.Status != 200 || o.Body != "" || strings.Join(s.recorded, " ") != "HEAD" {
				t.Errorf("got %+v, %q, want a 200 without a body and the method HEAD", o, s.recorded)
			}
		},
	},
	{
		text: "Handlers find values that middleware has added to the context in `req.Context()`.",
		test: func(t *testing.T) {
			type key struct{}
			adds := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "value")))
				})
			}
			o := get(t, adds, func(req *apiroute.Request, res *apiroute.Response) error {
				return res.Text(req.Context().Value(key{}).(string))
			})
			wantText(t, o, 200, "value")
		},
	},
}

// seesPattern records the pattern before and after the handler.
func seesPattern(s *site) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			before := r.Pattern
			next.ServeHTTP(w, r)
			s.record("%s %s", before, r.Pattern)
		})
	}
}

// wantPattern checks what middleware in a place sees of the pattern.
func wantPattern(t *testing.T, p place, use func(*site) func(http.Handler) http.Handler, want string) {
	t.Helper()
	s := newSite(t, &entry{})
	s.serveWith(&entry{use: use}, p, "HTTP/1.1")
	if o := s.do(ordinary, true); o.Recorded != want {
		t.Errorf("%s: the pattern is %q before and after the handler, want %q", p, o.Recorded, want)
	}
}
