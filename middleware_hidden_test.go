package apiroute_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/apiroute"
)

// Middleware that hides the response behind a writer without Unwrap.
func hideResponse(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "slow") }

func stripV1(h http.Handler) http.Handler { return http.StripPrefix("/v1", h) }

// A page's own responses stay what they are if middleware hides the response and changes the URL: the
// handler of another method must not run in their place.
func TestOwnResponsesBehindMiddleware(t *testing.T) {
	t.Parallel()
	asHandler := func(next http.Handler) http.Handler { return apiroute.FromHTTP(next) }
	dropContext := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(context.Background())) })
	}
	type middleware = func(http.Handler) http.Handler
	for name, use := range map[string][]middleware{
		"hidden":                         {hideResponse},
		"hidden, changed URL":            {hideResponse, stripV1},
		"changed URL, hidden":            {stripV1, hideResponse},
		"a Handler as middleware":        {asHandler, stripV1},
		"hidden, without its context":    {hideResponse, dropContext},
		"a wrapper around a wrapper":     {asHandler, hideResponse, asHandler, stripV1},
		"a changed URL and nothing else": {stripV1},
	} {
		for _, tt := range []struct {
			method, path string
			status       int
		}{
			{"GET", "/v1/items/5", 405},
			{"TRACE", "/v1/items/5", 405},
			{"OPTIONS", "/v1/items/5", 204},
			{"DELETE", "/v1/items/5/", 308},
			{"DELETE", "/v1/items/%ff", 400},
			{"DELETE", "/v1/items/5", 200},
		} {
			t.Run(name+", "+tt.method+" "+tt.path, func(t *testing.T) {
				t.Parallel()
				ran := ""
				api := apiroute.New(quiet())
				api.Group("/v1", apiroute.Use(use...)).Delete("/items/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
					ran = req.Param("id")
					return res.Text("deleted")
				})
				got := serveRecorder(api, httptest.NewRequest(tt.method, tt.path, nil))
				if want := map[bool]string{true: "5"}[tt.status == 200]; got.status != tt.status || ran != want {
					t.Errorf("status %d, the handler ran with id %q; want %d and %q", got.status, ran, tt.status, want)
				}
			})
		}
	}
}

// If middleware hides the response, drops the context and changes the URL, nothing tells how the page
// was to respond. A handler still does not run in its place.
func TestOwnResponseLost(t *testing.T) {
	t.Parallel()
	drop := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(context.Background())) })
	}
	for _, tt := range []struct{ name, registered, method, path string }{
		{"405", "DELETE", "GET", "/v1/items/5"},
		{"405 to TRACE", "", "TRACE", "/v1/items/5"},
		{"OPTIONS", "DELETE", "OPTIONS", "/v1/items/5"},
		{"308", "DELETE", "DELETE", "/v1/items/5/"},
		{"308, all methods", "", "DELETE", "/v1//items/5"},
		{"400", "DELETE", "DELETE", "/v1/items/%ff"},
		{"400, all methods", "", "DELETE", "/v1/items/%00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newAPI(t, func(api *apiroute.Router) {
				group := api.Group("/v1", apiroute.Use(drop, hideResponse, stripV1))
				if tt.registered == "" {
					group.Handle("/items/[id]", notReached(t))
				} else {
					group.Method(tt.registered, "/items/[id]", notReached(t))
				}
			})
			srv.do(tt.method, tt.path, "").wantProblem(t, 500)
		})
	}
}

// The routes of a page may each have options of their own, and routes may be added while a request is
// in the middleware. The response to another method is still a 405.
func TestOwnResponsesOfDisjointOptions(t *testing.T) {
	t.Parallel()
	add := func() {}
	adds := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			add()
			next.ServeHTTP(w, r)
		})
	}
	api := apiroute.New(quiet())
	group := api.Group("/v1", apiroute.Use(adds, hideResponse, stripV1))
	group.Get("/x", respondOK, apiroute.BodyLimit(1))
	group.Put("/x", respondOK, apiroute.BodyLimit(2))
	add = func() { group.Post("/x", respondOK, apiroute.BodyLimit(3)) }
	got := serveRecorder(api, httptest.NewRequest("DELETE", "/v1/x", nil))
	if got.status != 405 || got.header.Get("Allow") != "GET, HEAD, OPTIONS, PUT" {
		t.Errorf("status %d, Allow %q; want 405 with GET and PUT", got.status, got.header.Get("Allow"))
	}
}

// A function that makes middleware may register routes itself.
func TestMiddlewareFunctionRegisters(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	calls := 0
	group := api.Group("/g", apiroute.Use(func(next http.Handler) http.Handler {
		if calls++; calls == 2 {
			api.Get("/metrics", respondOK)
		}
		return next
	}))
	group.Get("/x", respondOK, apiroute.BodyLimit(1))
	group.Put("/x", respondOK, apiroute.BodyLimit(2))
	if n := len(api.Routes()); n != 3 || calls != 2 {
		t.Errorf("%d routes, %d calls; want 3 and 2", n, calls)
	}
}
