package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// These tests are about an Error that responds by itself, as an http.Handler, inside a router.

// A hidingWriter hides the writer that it wraps.
type hidingWriter struct{ http.ResponseWriter }

// wraps is middleware that wraps the writer with f.
func wraps(f func(http.ResponseWriter) http.ResponseWriter) apiroute.Option {
	return useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(f(w), r) })
}

// An Error that middleware responds with passes through OnError and the log, as one that a handler
// returns. That needs the Response, which the writer must be or unwrap to.
func TestErrorOfMiddleware(t *testing.T) {
	t.Parallel()
	type key struct{}
	type onError = func(*apiroute.Request, *apiroute.Response, error) error
	rejection := &apiroute.Error{Status: 401, Detail: "log in", Err: errSecret}
	rejects := useFunc(func(_ http.Handler, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Use", "1")
		rejection.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "value")))
	})
	const body = `{"title":"Unauthorized","status":401,"detail":"log in"}`
	unwraps := func(w http.ResponseWriter) http.ResponseWriter { return &accessWriter{ResponseWriter: w} }
	hides := func(w http.ResponseWriter) http.ResponseWriter { return hidingWriter{w} }
	for _, where := range []struct {
		name   string
		router []apiroute.Option
		route  []apiroute.Option
		want   string // the route that OnError sees
		hidden bool
	}{
		{"router", []apiroute.Option{rejects}, nil, "", false},
		{"router, wrapped", []apiroute.Option{wraps(unwraps), rejects}, nil, "", false},
		{"router, wrapped twice", []apiroute.Option{wraps(unwraps), wraps(unwraps), rejects}, nil, "", false},
		{"router, hidden", []apiroute.Option{wraps(hides), rejects}, nil, "", true},
		{"router, hidden and wrapped", []apiroute.Option{wraps(hides), wraps(unwraps), rejects}, nil, "", true},
		{"route", nil, []apiroute.Option{rejects}, "/x/[id]", false},
		{"route, wrapped", nil, []apiroute.Option{wraps(unwraps), rejects}, "/x/[id]", false},
		{"route, wrapped in the router", []apiroute.Option{wraps(unwraps)}, []apiroute.Option{rejects}, "/x/[id]", false},
		{"route, hidden in the router", []apiroute.Option{wraps(hides)}, []apiroute.Option{rejects}, "/x/[id]", false},
		{"route, hidden", nil, []apiroute.Option{wraps(hides), rejects}, "/x/[id]", true},
	} {
		for _, how := range []struct {
			name   string
			f      onError
			status int
			body   string
			logged []string // after the rejection
		}{
			{"none", nil, 401, body, nil},
			{"the same", func(_ *apiroute.Request, _ *apiroute.Response, err error) error { return err }, 401, body, nil},
			{"maps", func(*apiroute.Request, *apiroute.Response, error) error { return apiroute.Errorf(404, "no") }, 404,
				`{"title":"Not Found","status":404,"detail":"no"}`, []string{"apiroute: 404 Not Found: no"}},
			{"responds", func(_ *apiroute.Request, res *apiroute.Response, _ error) error {
				return res.Status(418).Text("teapot")
			}, 418, "teapot", nil},
			{"responds with ServeHTTP", func(req *apiroute.Request, res *apiroute.Response, err error) error {
				var e *apiroute.Error
				errors.As(err, &e)
				e.ServeHTTP(res, req.Request)
				return nil
			}, 401, body, nil},
			{"responds with ServeHTTP in a wrapper", func(req *apiroute.Request, res *apiroute.Response, err error) error {
				apiroute.Errorf(418, "teapot").(*apiroute.Error).ServeHTTP(unwraps(res), req.Request)
				return nil
			}, 418, `{"title":"I'm a teapot","status":418,"detail":"teapot"}`, nil},
			{"silent", func(*apiroute.Request, *apiroute.Response, error) error { return nil }, 500, problem(500),
				[]string{"apiroute: OnError returned nil and has not responded"}},
			{"panics", func(*apiroute.Request, *apiroute.Response, error) error { panic("again") }, 500, problem(500), []string{"panic: again"}},
		} {
			t.Run(where.name+", OnError: "+how.name, func(t *testing.T) {
				t.Parallel()
				var seen []string
				var status int
				opts := append([]apiroute.Option{accessLog(&status)}, where.router...)
				if how.f != nil {
					opts = append(opts, apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
						seen = append(seen, fmt.Sprintf("%q %v %v", req.Route(), req.Context().Value(key{}), err == rejection))
						return how.f(req, res, err)
					}))
				}
				s := newAPI(t, func(api *apiroute.Router) { api.Get("/x/[id]", fail(errors.New("reached")), where.route...) }, opts...)
				wantStatus, wantBody := how.status, how.body
				wantSeen, wantLogs := []string{fmt.Sprintf("%q value true", where.want)}, append([]string{rejection.Error()}, how.logged...)
				if where.hidden {
					wantStatus, wantBody, wantLogs = 401, body, nil
				}
				if where.hidden || how.f == nil {
					wantSeen = nil
				}
				for range 2 {
					seen = nil
					got := s.fetch("GET", "/x/1", "")
					got.want(t, wantStatus, wantBody)
					s.wantErrors(t, wantLogs...)
					if diff := cmp.Diff(wantSeen, seen); diff != "" || status != wantStatus || got.header.Get("X-Use") != "1" {
						t.Errorf("header %v; the outer middleware has seen %d; OnError (-want +got):\n%s", got.header, status, diff)
					}
				}
				if n := s.connections(); n != 1 {
					t.Errorf("%d connections, want 1", n)
				}
			})
		}
	}
}

// In a handler, an Error that responds by itself is a response like any other, as that of
// http.Error. In Around it is an error, as in middleware of Use.
func TestErrorOfPlainHandler(t *testing.T) {
	t.Parallel()
	rejection := &apiroute.Error{Status: 401, Detail: "log in"}
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Www-Authenticate", "Basic")
		rejection.ServeHTTP(w, r)
	})
	for _, tt := range []struct {
		name     string
		register func(*apiroute.Router)
		calls    int // of OnError
	}{
		{"FromHTTP", func(api *apiroute.Router) { api.Handle("/x", apiroute.FromHTTP(plain)) }, 0},
		{"Mount", func(api *apiroute.Router) { api.Mount("/", plain) }, 0},
		{"Mount, the header not touched", func(api *apiroute.Router) {
			api.Mount("/", &apiroute.Error{Status: 401, Detail: "log in", Header: http.Header{"Www-Authenticate": {"Basic"}}})
		}, 0},
		{"Handler", func(api *apiroute.Router) {
			api.Get("/x", func(req *apiroute.Request, res *apiroute.Response) error {
				plain.ServeHTTP(&accessWriter{ResponseWriter: res}, req.Request)
				return nil
			})
		}, 0},
		{"Around", func(api *apiroute.Router) {
			api.Get("/x", fail(errSecret), apiroute.Around(func(apiroute.Handler) apiroute.Handler { return apiroute.FromHTTP(plain) }))
		}, 1},
		{"Around, after the handler", func(api *apiroute.Router) {
			api.Get("/x", fail(errSecret), apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
				return func(req *apiroute.Request, res *apiroute.Response) error {
					next(req, res)
					return apiroute.FromHTTP(plain)(req, res)
				}
			}))
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			s := newAPI(t, tt.register, apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error { calls++; return err }))
			got := s.fetch("GET", "/x", "")
			got.want(t, 401, `{"title":"Unauthorized","status":401,"detail":"log in"}`)
			var logged []string
			if tt.calls > 0 {
				logged = []string{rejection.Error()}
			}
			s.wantErrors(t, logged...)
			if calls != tt.calls || got.header.Get("Www-Authenticate") != "Basic" {
				t.Errorf("header %v; OnError has been called %d times, want %d", got.header, calls, tt.calls)
			}
		})
	}
}

// An Error that comes after the response is not sent.
func TestErrorOfMiddlewareTooLate(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", respondOK) },
		useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			sw := &accessWriter{ResponseWriter: w}
			next.ServeHTTP(sw, r)
			(&apiroute.Error{Status: 500}).ServeHTTP(sw, r)
			(&apiroute.Error{Status: 500}).ServeHTTP(w, r)
		}))
	s.fetch("GET", "/x", "").want(t, 200, "ok")
}
