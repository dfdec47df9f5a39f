package apiroute_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// What a single path matches, and its values. The first rows are the table of the package's
// documentation.
func TestPath(t *testing.T) {
	t.Parallel()
	const none = "404"
	for _, tt := range []struct{ path, name, target, want string }{
		{"/api/user", "", "/api/user", `"" []`},
		{"/api/user", "", "/api/user?id=1", `"" []`},
		{"/api/user", "id", "/api/user?id=1", `"" []`},
		{"/api/user", "", "/api/%75ser", `"" []`},
		{"/api/user", "", "/api/User", none},
		{"/api/user", "", "/api/user/x", none},
		{"/api/user", "", "/api", none},
		{"/api/user", "", "/api%2Fuser", none},
		{"/api/user", "", "/", none},
		{"/", "", "/", `"" []`},
		{"/", "", "/a", none},
		{"/", "", "/%2F", none},
		{"/", "", "http://x", `"" []`}, // RFC 9110, section 4.2.3
		{"/", "", "*", none},

		{"/p/[id]", "id", "/p/1", `"1" []`},
		{"/p/[id]", "ID", "/p/1", `"" []`},
		{"/p/[id]", "id", "/p/a%2Fb", `"a/b" []`},
		{"/p/[id]", "id", "/p/a%252Fb", `"a%2Fb" []`},
		{"/p/[id]", "id", "/p/%2F", `"/" []`},
		{"/p/[id]", "id", "/p/%2F%2F", `"//" []`},
		{"/p/[id]", "id", "/p/%2Fa", `"/a" []`},
		{"/p/[id]", "id", "/p/a%2F", `"a/" []`},
		{"/p/[id]", "id", "/p/..%2F..", `"../.." []`},
		{"/p/[id]", "id", "/p/a+b", `"a+b" []`},
		{"/p/[id]", "id", "/p/a%20b", `"a b" []`},
		{"/p/[id]", "id", "/p/%C3%A9", `"é" []`},
		{"/p/[id]", "id", "/p/\xc3\xa9", `"é" []`},
		{"/p/[id]", "id", "/p/%25", `"%" []`},
		{"/p/[id]", "id", "/p/%7Bx%7D", `"{x}" []`},
		{"/p/[id]", "id", "/p/{$}", `"{$}" []`},
		{"/p/[id]", "id", "/p/a;b=c", `"a;b=c" []`},
		{"/p/[id]", "id", "/p/...", `"..." []`},
		{"/p/[id]", "id", "/p/%5C", `"\\" []`},
		{"/p/[id]", "id", "/p/%0A", `"\n" []`},
		{"/p/[id]", "id", "/p/^", `"^" []`},
		{"/p/[id]", "id", "/p/^%2F%22", `"^/\"" []`}, // URL.EscapedPath would lose the split
		{"/p/[id]", "id", "/p/\"%2F|", `"\"/|" []`},
		{"/p/[id]", "id", "/p", none},
		{"/p/[id]", "id", "/p/1/2", none},
		{"/p/[id]", "id", "/P/1", none},
		{"/p/[id]", "id", "/p%2F1", none},
		{"/p/[id]", "id", "/p/%00", "400"},
		{"/p/[id]", "id", "/p/a%00%2F", "400"},
		{"/p/[id]", "id", "/p/%ff", "400"},
		{"/p/[id]", "id", "/p/%FF", "400"}, // net/url keeps no RawPath for it
		{"/p/[id]", "id", "/p/%C3", "400"},
		{"/p/[id]", "id", "/p/\xff", "400"},
		{"/p/[id]", "id", "/p/%ed%a0%80", "400"}, // a surrogate is not UTF-8
		{"/p/[id]", "id", "/%ff/1", none},
		{"/p/[id]", "id", "/p/%zz", "400"},
		{"/p/[user-id]", "user-id", "/p/7", `"7" []`},
		{"/p/[123]", "123", "/p/7", `"7" []`},
		{"/p/[id]/c", "id", "/p/%2F/c", `"/" []`},
		{"/p/[id]/c", "id", "/p//c", none},
		{"/[a]/[b]", "a", "/1/2", `"1" []`},
		{"/[a]/[b]", "b", "/1/2", `"2" []`},
		{"/[a]/[b]", "a", "/%2F/2", `"/" []`},
		{"/[a]/[b]", "b", "/%00/2", "400"},

		{"/d/[...s]", "s", "/d/a", `"a" ["a"]`},
		{"/d/[...s]", "s", "/d/a%2Fb/c", `"a/b/c" ["a/b" "c"]`},
		{"/d/[...s]", "s", "/d/%2F", `"/" ["/"]`},
		{"/d/[...s]", "s", "/d/a/%2F", `"a//" ["a" "/"]`},
		{"/d/[...s]", "x", "/d/a", `"" []`},
		{"/d/[...s]", "s", "/d", none},
		{"/d/[...s]", "s", "/dx", none},
		{"/d/[...s]", "s", "/d/a/%ff/c", "400"},
		{"/d/[...s]", "s", "/d/a/%00", "400"},
		{"/d/[x]/[...s]", "s", "/d/1/2/3", `"2/3" ["2" "3"]`},
		{"/d/[x]/[...s]", "x", "/d/1/2/3", `"1" []`},
		{"/d/[x]/[...s]", "x", "/d/%ff/2", "400"},
		{"/[...s]", "s", "/a", `"a" ["a"]`},
		{"/[...s]", "s", "/", none},

		{"/s/[[...s]]", "s", "/s", `"" []`},
		{"/s/[[...s]]", "s", "/s/a/b", `"a/b" ["a" "b"]`},
		{"/s/[[...s]]", "s", "/s/a%2Fb", `"a/b" ["a/b"]`},
		{"/s/[[...s]]", "s", "/shops", none},
		{"/d/[...s]", "s", "/d/a/%FF", "400"},
		{"/s/[[...s]]", "s", "/s/%ff", "400"},
		{"/s/[[...s]]", "s", "/s/%00", "400"},
		{"/[[...s]]", "s", "/", `"" []`},
		{"/[[...s]]", "s", "/a", `"a" ["a"]`},
		{"/[[...s]]", "s", "/%2F", `"/" ["/"]`},

		{"/caf%C3%A9", "", "/caf%C3%A9", `"" []`},
		{"/café", "", "/caf%c3%a9", `"" []`},
		{"/a b", "", "/a%20b", `"" []`},
		{"/a%252Fb", "", "/a%252Fb", `"" []`},
		{"/a%252Fb", "", "/a%2Fb", none},
		{"/%7Bx%7D", "", "/{x}", `"" []`},
		{"/%7Bx%7D", "", "/1", none},
		{"/%7B$%7D", "", "/", none},
		{"/%5Bx%5D", "", "/[x]", `"" []`},
		{"/%5Bx%5D", "", "/1", none},
		{"/%3Fa", "", "/%3Fa", `"" []`},
		{"/%2A", "", "/*", `"" []`},
	} {
		t.Run(fmt.Sprintf("%s in %s, %s", tt.name, tt.path, tt.target), func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			api.Get(tt.path, func(req *apiroute.Request, res *apiroute.Response) error {
				if got, want := req.Route(), tt.path; got != want {
					t.Errorf("%s, GET %s: Route() = %q, want %q", tt.path, tt.target, got, want)
				}
				if req.Segments(tt.name) == nil && strings.HasPrefix(tt.want, `"" `) != (req.Param(tt.name) == "") {
					t.Errorf("%s, GET %s: Param(%q) = %q", tt.path, tt.target, tt.name, req.Param(tt.name))
				}
				return res.Text(fmt.Sprintf("%q %q", req.Param(tt.name), req.Segments(tt.name)))
			})
			reply := newServer(t, api).do("GET", tt.target, "")
			got := fmt.Sprint(reply.status)
			if reply.status == 200 {
				got = reply.body
			}
			if got != tt.want {
				t.Errorf("%s, GET %s: got %s, want %s", tt.path, tt.target, got, tt.want)
			}
		})
	}
}

// Which of many paths gets a request does not depend on the order of registration.
func TestPathOrder(t *testing.T) {
	t.Parallel()
	paths := []string{
		"/", "/api/user", "/api/[type]/latest", "/api/posts/[id]", "/api/[type]/[id]", "/api/posts/new",
		"/docs/[...slug]", "/docs/[page]", "/docs/intro", "/docs/[page]/edit",
		"/shop/[[...slug]]", "/shop/[item]", "/[a]/[b]/[c]/end", "/[...all]",
		"/x/[a]/y/[b]", "/x/1/[c]/2", "/x/[a]/[d]/2",
	}
	for _, tt := range []struct{ target, want string }{
		{"/", "/"},
		{"/api/user", "/api/user"},
		{"/api/user/latest", "/api/[type]/latest"},
		{"/api/posts/latest", "/api/posts/[id]"},
		{"/api/posts/new", "/api/posts/new"},
		{"/api/posts/%2F", "/api/posts/[id]"},
		{"/api/users/7", "/api/[type]/[id]"},
		{"/api/%2F/latest", "/api/[type]/latest"},
		{"/api/posts", "/[...all]"},
		{"/docs", "/[...all]"},
		{"/docs/intro", "/docs/intro"},
		{"/docs/other", "/docs/[page]"},
		{"/docs/%2F", "/docs/[page]"},
		{"/docs/intro/edit", "/docs/[page]/edit"},
		{"/docs/intro/more", "/docs/[...slug]"},
		{"/docs/a/b/end", "/docs/[...slug]"},
		{"/shop", "/shop/[[...slug]]"},
		{"/shop/1", "/shop/[item]"},
		{"/shop/1/2", "/shop/[[...slug]]"},
		{"/shop/1/2/end", "/shop/[[...slug]]"},
		{"/a/b/c/end", "/[a]/[b]/[c]/end"},
		{"/a/b/c/d", "/[...all]"},
		{"/a", "/[...all]"},
		{"/x/1/y/2", "/x/1/[c]/2"},
		{"/x/2/y/2", "/x/[a]/y/[b]"},
		{"/x/2/z/2", "/x/[a]/[d]/2"},
		{"/x/1/y/3", "/x/[a]/y/[b]"},
	} {
		t.Run(tt.target, func(t *testing.T) {
			t.Parallel()
			for _, order := range [][]string{paths, reversed(paths), sorted(paths)} {
				api := apiroute.New()
				for _, p := range order {
					api.Get(p, func(req *apiroute.Request, res *apiroute.Response) error { return res.Text(req.Route()) })
				}
				srv := newServer(t, api)
				if got := srv.do("GET", tt.target, ""); got.status != 200 || got.body != tt.want {
					t.Errorf("GET %s = %d %q, want %q; registered as %q", tt.target, got.status, got.body, tt.want, order)
				}
				// A path with escapes is matched by other code, with the same result.
				escaped := escapeFirst(tt.target)
				if got := srv.do("GET", escaped, ""); got.status != 200 || got.body != tt.want {
					t.Errorf("GET %s = %d %q, want %q; registered as %q", escaped, got.status, got.body, tt.want, order)
				}
				if tt.target == "/" {
					continue
				}
				if got := srv.do("GET", tt.target+"/", ""); got.status != 308 || got.header.Get("Location") != tt.target {
					t.Errorf("GET %s/ = %d, Location %q, want 308, %q", tt.target, got.status, got.header.Get("Location"), tt.target)
				}
			}
		})
	}
}

// escapeFirst escapes the first byte of each segment, unless an escape is there already.
func escapeFirst(path string) string {
	segs := strings.Split(path, "/")
	for i, s := range segs {
		if s != "" && s[0] != '%' {
			segs[i] = fmt.Sprintf("%%%02x%s", s[0], s[1:])
		}
	}
	return strings.Join(segs, "/")
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// Routes lists the paths in the order in which they are tried, which is that of Next.js.
func TestRoutesOrder(t *testing.T) {
	t.Parallel()
	want := []string{
		"/", "/a", "/a/b", "/a/b/c", "/a/[x]", "/a/[x]/c", "/a/[...y]", "/aa", "/b/[[...x]]", "/c/[x]", "/c/[[...y]]",
		"/\U0001F600", "/\uffff", // by UTF-16 code units
		"/[x]", "/[x]/a", "/[x]/[y]", "/[...all]",
	}
	for name, order := range map[string][]string{"in order": want, "reversed": reversed(want), "sorted": sorted(want)} {
		t.Run(name, func(t *testing.T) {
			api := apiroute.New()
			for _, p := range order {
				api.Get(p, respondOK)
			}
			var got []string
			for _, r := range api.Routes() {
				got = append(got, r.Path)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Routes() registered as %q (-want +got):\n%s", order, diff)
			}
		})
	}
}

// Static segments are tried in the order of their UTF-16 code units, in which U+1F600 comes before
// U+FFFF.
func TestStaticOrder(t *testing.T) {
	t.Parallel()
	texts := []string{"", "A", "a", "aa", "ab", "b", "é", "\U0001F600", "\U0001F600a", "\U0001F601", "\uffff"}
	for i, a := range texts {
		for _, b := range texts[i+1:] {
			for _, order := range [][]string{{a, b}, {b, a}} {
				t.Run(fmt.Sprintf("%q after %q", order[1], order[0]), func(t *testing.T) {
					api := apiroute.New()
					api.Get("/"+order[0], respondOK)
					api.Get("/"+order[1], respondOK)
					if got := api.Routes(); got[0].Path != "/"+a || got[1].Path != "/"+b {
						t.Errorf("Routes() = %v, want %q before %q", got, a, b)
					}
				})
			}
		}
	}
}

// Long paths are matched: the time is linear in the length, since nothing is tried again and again.
func TestLongPath(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Get("/u/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(fmt.Sprint(len(req.Param("id"))))
	})
	api.Get("/d/[...s]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(fmt.Sprint(len(req.Segments("s"))))
	})
	for _, tt := range []struct {
		name, target string
		status       int
		body         string
	}{
		{"64 KiB segment", "/u/" + strings.Repeat("a", 1<<16), 200, "65536"},
		{"64 KiB segment of escapes", "/u/" + strings.Repeat("%2F", 1<<16), 200, "65536"},
		{"200 segments", "/d" + strings.Repeat("/a", 200), 200, "200"},
		{"200,000 segments", "/d" + strings.Repeat("/a", 200_000), 200, "200000"},
		{"200 segments too many", "/u" + strings.Repeat("/a", 200), 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			reply := newServer(t, api).do("GET", tt.target, "")
			if reply.status != tt.status || tt.body != "" && reply.body != tt.body {
				t.Errorf("%s: %d %.100q, want %d %q", tt.name, reply.status, reply.body, tt.status, tt.body)
			}
		})
	}
}

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
func TestHTTPRequestByHand(t *testing.T) {
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
			{"opaque URL with a path", http.Request{Method: "GET", URL: &url.URL{Opaque: "/y", Path: "/x"}}, 400},
			{"opaque URL, path of no route", http.Request{Method: "GET", URL: &url.URL{Opaque: "/x", Path: "/y"}}, 404},
			{"user information", http.Request{Method: "POST", URL: &url.URL{User: url.User("u"), Path: "/x"}}, 400},
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
