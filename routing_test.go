package apiroute_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"example.com/apiroute"
)

// Requests that net/http rejects itself, before a handler is called.
func TestRejectedByServer(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Mount("/", apiroute.Handler(notReached(t)))
	srv := newServer(t, api)
	for _, tt := range []struct {
		name, text string
		status     int
	}{
		{"escape that is none", "GET /u/%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"escape cut short", "GET /u/%2 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"percent sign alone", "GET /% HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"space in the path", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"control character", "GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"path without a slash", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"method that is no token", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		{"space in the Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
		{"space after a header name", "GET / HTTP/1.1\r\nHost: x\r\nX : 1\r\n\r\n", 400},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200}, // asks about the server, not about a path
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := srv.raw(tt.text); got.status != tt.status {
				t.Errorf("%q: %d, want %d", tt.text, got.status, tt.status)
			}
		})
	}
}

// Requests that no server makes, but that a test may make by hand, get a response.
func TestRequestByHand(t *testing.T) {
	t.Parallel()
	use := apiroute.Use(func(h http.Handler) http.Handler { return http.HandlerFunc(h.ServeHTTP) })
	for name, opts := range map[string][]apiroute.Option{"no middleware": nil, "middleware": {use}} {
		api := apiroute.New(append(opts, quiet())...)
		api.Get("/x", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("x") })
		apiroute.Post(api, "/x", func(context.Context, struct {
			Body *struct{} `body:"json"`
		}) (string, error) {
			return "typed", nil
		})
		for _, tt := range []struct {
			name   string
			r      http.Request
			status int
		}{
			{"no URL", http.Request{}, 404},
			{"POST without a URL", http.Request{Method: "POST"}, 404},
			{"CONNECT without a URL", http.Request{Method: "CONNECT"}, 405},
			{"empty URL", http.Request{URL: &url.URL{}}, 404},
			{"asterisk", http.Request{URL: &url.URL{Path: "*"}}, 404},
			{"relative path", http.Request{URL: &url.URL{Path: "x"}}, 404},
			{"opaque URL", http.Request{URL: &url.URL{Opaque: "/x"}}, 404},
			{"no method", http.Request{URL: &url.URL{Path: "/x"}}, 405},
			{"GET without a header", http.Request{Method: "GET", URL: &url.URL{Path: "/x"}}, 200},
			{"POST without a body", http.Request{Method: "POST", URL: &url.URL{Path: "/x"}}, 200},
			{"empty body of unknown length", http.Request{Method: "POST", URL: &url.URL{Path: "/x"}, Body: http.NoBody, ContentLength: -1}, 200},
		} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				if got := serveRecorder(api, &tt.r); got.status != tt.status {
					t.Errorf("%s %v: %d %s, want %d", tt.r.Method, tt.r.URL, got.status, got.body, tt.status)
				}
			})
		}
	}
}
