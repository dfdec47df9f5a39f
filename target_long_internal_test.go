package apiroute

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

// A long path costs memory in the order of its own length, and one that no route
// can have costs less. The bounds are bytes allocated for each byte of the path.
func TestLongPathMemory(t *testing.T) {
	const n = 500_000
	api := New(quiet())
	api.Get("/u/[id]", func(_ *Request, res *Response) error { return res.End() })
	api.Get("/files/[...path]", func(_ *Request, res *Response) error { return res.End() })
	api.Handle("/proxy/[...path]", Proxy("http://127.0.0.1:0/x"))
	api.Mount("/mount/[x]", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, tt := range []struct {
		name, path string
		status     int
		bound      float64
	}{
		{"no route, a slash at the end", "/" + strings.Repeat("a/", n), 404, 0.1},
		{"no route, %2F", "/%2F" + strings.Repeat("/a", n), 404, 1.5},
		{"no route, escapes", strings.Repeat("/%61%2F", n/4), 404, 1.5},
		{"no route, one segment", "/" + strings.Repeat("%2F", n/2), 404, 2},
		{"no route, slashes", "/x" + strings.Repeat("/", n), 404, 0.1},
		{"no route, periods", "/x" + strings.Repeat("/%2e", n/2), 404, 1.5},
		{"no route, back and forth", strings.Repeat("/a/..", n/4) + "/x", 404, 0.1},
		{"one segment", "/u/" + strings.Repeat("%2F", n/2), 204, 3},
		{"one segment, redirected", "/u//" + strings.Repeat("%2F", n/2), 308, 6},
		{"redirected to a short path", "/u/1" + strings.Repeat("/", 2*n), 308, 2},
		{"redirected to a short path, periods", "/u/1" + strings.Repeat("/a/%2e%2e", n/8), 308, 3},
		{"catch-all, redirected", "/files/" + strings.Repeat("a/", n), 308, 4},
		{"catch-all, %2F", "/files/%2F" + strings.Repeat("/a", n), 204, 12},
		{"catch-all, %2F, redirected", "/files/%2F" + strings.Repeat("/a", n) + "/", 308, 14},
		{"proxy", "/proxy" + strings.Repeat("/a", n), 502, 18},
		{"proxy, %2F", "/proxy/%2F" + strings.Repeat("/a", n), 502, 20},
		{"proxy, dot segments", "/proxy" + strings.Repeat("/a%2F..", n/4), 400, 8},
		{"mount, a slash at the end", "/mount/1/" + strings.Repeat("a/", n), 200, 3},
		{"mount, %2F", "/mount/%2F/" + strings.Repeat("a/", n), 200, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.ParseRequestURI(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			status := 0
			serve := func() {
				w := httptest.NewRecorder()
				api.ServeHTTP(w, &http.Request{Method: "GET", URL: u, Header: http.Header{}})
				status = w.Code
			}
			serve() // the first request makes the muxes
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			serve()
			runtime.ReadMemStats(&after)
			perByte := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(tt.path))
			if status != tt.status || perByte > tt.bound {
				t.Errorf("status %d, %.2f bytes for each byte; want %d and at most %.2f", status, perByte, tt.status, tt.bound)
			}
			t.Logf("%.3f", perByte)
		})
	}
}
