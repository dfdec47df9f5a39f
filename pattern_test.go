//go:build go1.23

package apiroute_test

import (
	"net/http"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// From Go 1.23 on, Request.Pattern is the path as registered: for standard middleware, for plain
// handlers, and after the response for what is around the router.
func TestPattern(t *testing.T) {
	t.Parallel()
	var saw []string
	see := func(where string, r *http.Request) { saw = append(saw, where+" "+r.Pattern) }
	sees := func(where string) apiroute.Option {
		return useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			see(where, r)
			next.ServeHTTP(w, r)
			see(where+" after", r)
		})
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { see("plain", r) })
	api := apiroute.New(quiet(), sees("root"))
	group := api.Group("/g/[a]", sees("group"))
	group.Get("/x/[...b]", apiroute.FromHTTP(plain), sees("route"))
	group.Post("/x/[...b]", apiroute.FromHTTP(plain))
	api.Mount("/m", plain)
	api.Get("/caf%C3%A9", apiroute.FromHTTP(plain))
	srv := newServer(t, api)
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
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			saw = nil
			srv.do(tt.method, tt.target, "")
			if diff := cmp.Diff(tt.want, saw); diff != "" {
				t.Errorf("%s %s: Pattern (-want +got):\n%s", tt.method, tt.target, diff)
			}
		})
	}
}

// With Done, middleware gets a copy of the request. What is around the router sees the Pattern all
// the same, and also if that middleware has passed on another copy.
func TestPatternWithDone(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]apiroute.Option{"none": nil, "copies": {copies()}, "copies and hides": {copies(),
		wraps(func(w http.ResponseWriter) http.ResponseWriter { return hidingWriter{w} })}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(append(opts, apiroute.Done(func(*apiroute.Request, apiroute.Outcome) {}))...)
			api.Get("/x/[id]", respondOK)
			r := newRequest("GET", "/x/1", "")
			if serveRecorder(api, r).want(t, 200, "ok"); r.Pattern != "/x/[id]" {
				t.Errorf("Pattern %q", r.Pattern)
			}
		})
	}
}

// In a mux of net/http, the route of a Handler is the mux's pattern.
func TestHandlerRoute(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("GET /x/{id}", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error { return res.Text(req.Route()) }))
	newServer(t, mux).do("GET", "/x/1", "").want(t, 200, "GET /x/{id}")
}

// From the pattern the package knows that a value is empty, and not missing.
func TestPatternEmptyValue(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/text/{rest...}", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[struct {
			Rest string `path:"rest"`
		}](req)
		if err != nil {
			return err
		}
		return res.JSON(in.Rest)
	}))
	for target, want := range map[string]string{"/text/a/b": `"a/b"`, "/text/": `""`} {
		t.Run(target, func(t *testing.T) {
			serveRecorder(mux, newRequest("GET", target, "")).want(t, 200, want)
		})
	}
}
