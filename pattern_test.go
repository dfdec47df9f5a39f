//go:build go1.23

package apiroute

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// From Go 1.23 on, Pattern is the path as registered: to standard middleware,
// to plain handlers, and after the answer to what stands around the router.
func TestPattern(t *testing.T) {
	var saw []string
	see := func(where string, r *http.Request) { saw = append(saw, where+" "+r.Pattern) }
	sees := func(where string) Option {
		return routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			see(where, r)
			next.ServeHTTP(w, r)
			see(where+" after", r)
		})
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { see("plain", r) })
	api := New(routerQuiet(), sees("root"))
	group := api.Group("/g/[a]", sees("group"))
	group.Get("/x/[...b]", FromHTTP(plain), sees("route"))
	group.Post("/x/[...b]", FromHTTP(plain))
	api.Mount("/m", plain)
	api.Get("/caf%C3%A9", FromHTTP(plain))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		method, target string
		want           []string
	}{
		{"GET", "/g/1/x/2", []string{"root ", "group /g/[a]/x/[...b]", "route /g/[a]/x/[...b]", "plain /g/[a]/x/[...b]",
			"route after /g/[a]/x/[...b]", "group after /g/[a]/x/[...b]", "root after /g/[a]/x/[...b]"}},
		{"PUT", "/g/1/x/2", []string{"root ", "group /g/[a]/x/[...b]", "group after /g/[a]/x/[...b]", "root after /g/[a]/x/[...b]"}},
		{"GET", "/g/1/x//2", []string{"root ", "group /g/[a]/x/[...b]", "group after /g/[a]/x/[...b]", "root after /g/[a]/x/[...b]"}},
		{"GET", "/m/x", []string{"root ", "plain /m", "root after /m"}},
		{"GET", "/caf%c3%a9", []string{"root ", "plain /caf%C3%A9", "root after /caf%C3%A9"}},
		{"GET", "/none", []string{"root ", "root after "}},
	} {
		saw = nil
		routerDo(t, addr, tt.method, tt.target)
		if diff := cmp.Diff(tt.want, saw); diff != "" {
			t.Errorf("%s %s: Pattern (-want +got):\n%s", tt.method, tt.target, diff)
		}
	}
}

// In a mux of net/http the route of a Handler is the mux's pattern.
func TestHandlerRoute(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /x/{id}", Handler(func(req *Request, res *Response) error { return res.Text(req.Route()) }))
	if got, want := routerGet(t, routerServe(t, mux), "/x/1").body, "GET /x/{id}"; got != want {
		t.Errorf("Route() = %q, want %q", got, want)
	}
}

// The pattern also tells that a value is empty, and not missing.
func TestPatternEmptyValue(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/text/{rest...}", Handler(func(req *Request, res *Response) error {
		in, err := Bind[struct {
			Rest string `path:"rest"`
		}](req)
		if err != nil {
			return err
		}
		return res.JSON(in.Rest)
	}))
	for target, want := range map[string]string{"/text/a/b": `"a/b"`, "/text/": `""`} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s: %d %s, want 200 %s", target, w.Code, w.Body, want)
		}
	}
}
