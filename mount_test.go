package apiroute_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/apiroute"
)

// A Mount gets all requests below its path that no route matches, with the URL as it came. A path
// that is not tidy is redirected, except for a trailing slash.
func TestMount(t *testing.T) {
	t.Parallel()
	says := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Said", name+" "+r.Method+" "+r.RequestURI)
			if r.URL.EscapedPath() != strings.SplitN(r.RequestURI, "?", 2)[0] {
				t.Errorf("%s: URL %q, want it unchanged", r.RequestURI, r.URL)
			}
		})
	}
	api := apiroute.New(quiet())
	api.Mount("/", says("root"))
	api.Get("/", apiroute.FromHTTP(says("home")))
	api.Get("/a", apiroute.FromHTTP(says("a")))
	api.Mount("/a", says("mount-a"))
	api.Get("/a/b", apiroute.FromHTTP(says("b")))
	api.Get("/a/[x]/c", apiroute.FromHTTP(says("c")))
	api.Mount("/u/[id]/files", says("files"))
	api.Mount("/s", says("never"))
	api.Get("/s/[[...x]]", apiroute.FromHTTP(says("s")))
	api.Mount("/m", says("m"))
	srv := newServer(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
		want           string // what was said, and nothing about the target
	}{
		{"GET", "/", 200, "home"},
		{"POST", "/", 405, ""}, // the route of home matches the path
		{"GET", "/x", 200, "root"},
		{"POST", "/x/y/z", 200, "root"},
		{"GET", "/x/", 200, "root"},
		{"GET", "/x/%2F", 200, "root"},
		{"GET", "/x/..%2Fa/", 200, "root"}, // an escaped slash is a part of a segment
		{"GET", "/x//y/../z/", 308, "/x/z/"},
		{"GET", "/x/%2e%2e/%2F", 308, "/%2F"},
		{"GET", "//", 308, "/"},
		{"GET", "//evil.com/", 308, "/evil.com/"},
		{"GET", "/.//evil.com", 308, "/evil.com"},
		{"GET", `/\\evil.com//`, 308, "/%5C%5Cevil.com/"},
		{"POST", "//x/?", 308, "/x/?"},
		{"OPTIONS", "/./x", 308, "/x"},
		{"TRACE", "/./x", 308, "/x"},
		{"CONNECT", "//x", 405, ""},
		{"GET", "/%ff%00", 200, "root"}, // no value of the path
		{"GET", "/%FF%00", 200, "root"},
		{"GET", "/a/%FF", 200, "mount-a"},
		{"OPTIONS", "/x", 200, "root"},
		{"HEAD", "/x", 200, "root"},
		{"TRACE", "/x", 200, "root"},
		{"FOO", "/x", 200, "root"},
		{"CONNECT", "/x", 405, ""},
		{"CONNECT", "evil.com:80", 405, ""},
		{"GET", "/a", 200, "a"},
		{"POST", "/a", 405, ""},
		{"GET", "/a/", 308, "/a"},
		{"GET", "/x/..", 308, "/"},
		{"GET", "/a/x", 200, "mount-a"},
		{"GET", "/a//x?y=%zz;&&=//..", 308, "/a/x?y=%zz;&&=//.."},
		{"GET", "/a/x//", 308, "/a/x/"},
		{"GET", "/a/x/.", 308, "/a/x"},
		{"GET", "/a/x/./", 308, "/a/x/"},
		{"GET", "/a/x/", 200, "mount-a"},
		{"GET", "/a/b", 200, "b"},
		{"GET", "/a/b/", 308, "/a/b"},
		{"GET", "/a/x/../b", 308, "/a/b"},
		{"GET", "/a/x/c", 200, "c"},
		{"GET", "/a/x/d", 200, "mount-a"},
		{"GET", "/a/%2F", 200, "mount-a"},
		{"GET", "/A/x", 200, "root"},
		{"GET", "/aa", 200, "root"},
		{"GET", "/a/../aa/", 308, "/aa/"},
		{"GET", "/x/../a/y", 308, "/a/y"},
		{"GET", "/u/1/files", 200, "files"},
		{"GET", "/u/1/files/", 200, "files"},
		{"GET", "/u/%2F/files/x/y", 200, "files"},
		{"GET", "/u/%ff/files/x", 400, ""},
		{"GET", "/u/%00/files", 400, ""},
		{"GET", "/u/1/files/%ff", 200, "files"},
		{"GET", "/u/1", 200, "root"},
		{"GET", "/s", 200, "s"},
		{"GET", "/s/x", 200, "s"},
		{"POST", "/s/x", 405, ""},
		{"GET", "/m", 200, "m"},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := srv.do(tt.method, tt.target, "")
			text, _, _ := strings.Cut(got.header.Get("Said"), " ")
			if tt.status == 308 {
				text = got.header.Get("Location")
			}
			if got.status != tt.status || text != tt.want {
				t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.target, got.status, text, tt.status, tt.want)
			}
			if want := tt.want + " " + tt.method + " " + tt.target; got.status == 200 && got.header.Get("Said") != want {
				t.Errorf("%s %s: got there as %q, want %q", tt.method, tt.target, got.header.Get("Said"), want)
			}
		})
	}
}

// A guard in the router's own Use that looks at URL.Path sees each path as the mounted handler gets
// it.
func TestMountBehindGuard(t *testing.T) {
	t.Parallel()
	files := http.FileServer(http.FS(fstest.MapFS{"private/a": {Data: []byte("secret")}, "x/b": {Data: []byte("open")}}))
	for name, path := range map[string]string{"its own path": "/private", "the root": "/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Mount(path, files) },
				useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/private" || strings.HasPrefix(r.URL.Path, "/private/") {
						w.WriteHeader(403)
						return
					}
					next.ServeHTTP(w, r)
				}))
			for _, target := range []string{
				"/private", "/private/", "/private/a", "/%70rivate/a", "/private//a", "/private/%2e%2e/private/a",
				"//private/a", "///private/a", "/./private/a", "/%2e/private/a", "/../private/a", "/x/../private/a",
				"/x/%2E%2e/private/a", "/x/.%2e/private//a/", "/x//../../private/a", "/x/y/../../private/./a", "//private/", "/.//private",
				"http://x//private/a", "http://x/./private/a?q", "/private/a/../a", "//private%2Fa/../private/a",
			} {
				got := s.do("GET", target, "")
				if got.status == 308 {
					to := got.header.Get("Location")
					if staysOnHost(t, got); !strings.HasPrefix(to, "/private") {
						t.Errorf("%s: Location %s", target, to)
					}
					got = s.do("GET", to, "")
				}
				if got.status != 403 {
					t.Errorf("%s: %d %q, want a 403 in the end", target, got.status, got.body)
				}
			}
			if path == "/" {
				s.do("GET", "/x/b", "").want(t, 200, "open")
				if got := s.do("GET", "/x/", ""); got.status != 200 { // a file server lists it
					t.Errorf("/x/: %d %s", got.status, got.body)
				}
			}
		})
	}
}

// A mounted handler never gets a target that is not a path: a ReverseProxy would send the request to
// where the target says.
func TestMountTargetIsPath(t *testing.T) {
	t.Parallel()
	service := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the service got %s %s for %s", r.Method, r.RequestURI, r.Host)
	}))
	u, err := url.Parse(service.URL + "/secret")
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	setPath := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/m/x"
		next.ServeHTTP(w, r)
	})
	for name, register := range map[string]func() http.Handler{
		"behind middleware": func() http.Handler {
			api := apiroute.New(quiet(), setPath)
			api.Mount("/m", proxy)
			return api
		},
		"at the root": func() http.Handler {
			api := apiroute.New(quiet())
			api.Mount("/", proxy)
			return api
		},
		"as a route": func() http.Handler {
			api := apiroute.New(quiet(), setPath)
			api.Handle("/m/[...path]", apiroute.FromHTTP(proxy))
			return api
		},
		"a Handler alone": func() http.Handler { return apiroute.FromHTTP(proxy) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, s2 := newServer(t, register()), newServer(t, register(), http2(true))
			for _, target := range []string{
				"x:http://internal/admin", "x:*", "mailto:a@b", "http:internal/admin", "x:/admin", "http://user:pass@internal/admin", "http://user@internal/m/x",
			} {
				// What net/http takes for a path with a scheme alone is one.
				if v, err := url.ParseRequestURI(target); err != nil || v.Opaque == "" && v.User == nil {
					continue
				}
				if got := s.do("GET", target, ""); got.status != 400 {
					t.Errorf("%s: %d %s, want 400", target, got.status, got.body)
				}
				if got := http2Status(t, s2, target); got != 400 && got != 0 { // newer toolchains end the connection themselves
					t.Errorf("%s over HTTP/2: %d, want 400", target, got)
				}
			}
		})
	}
}

// The usual things to mount: a mux, another router, http.StripPrefix.
func TestMountKinds(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mux/{id}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "mux "+r.PathValue("id")) })
	inner := apiroute.New(quiet(), traceUse("inner"))
	inner.Get("/inner/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("inner " + req.Param("id") + " " + req.Route())
	}, traceUse("inner-route"))
	inner.Get("/inner/panic", func(req *apiroute.Request, res *apiroute.Response) error { panic("no") })
	api := apiroute.New(quiet(), traceUse("outer"))
	api.Mount("/mux", mux)
	api.Mount("/inner", inner, traceUse("mount"))
	api.Mount("/strip/[x]", http.StripPrefix("/strip", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.URL.Path+" "+r.PathValue("x"))
	})))
	srv := newServer(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
		body           string
		trace          string
	}{
		{"GET", "/mux/1", 200, "mux 1", "outer"},
		{"POST", "/mux/1", 405, "", "outer"},
		{"GET", "/mux/1/2", 404, "", "outer"},
		{"GET", "/inner/1", 200, "inner 1 /inner/[id]", "outer mount inner inner-route"},
		{"POST", "/inner/1", 405, "", "outer mount inner inner-route"},
		{"GET", "/inner", 404, "", "outer mount inner"},
		{"GET", "/inner/1/", 308, "", "outer mount inner inner-route"},
		{"GET", "/inner/panic", 500, "", "outer mount inner"},
		{"GET", "/strip/a%2Fb/c", 200, "/a/b/c a/b", "outer"},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := srv.do(tt.method, tt.target, "")
			if got.status != tt.status || tt.status == 200 && got.body != tt.body {
				t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.target, got.status, got.body, tt.status, tt.body)
			}
			if trace := strings.Join(got.header["Trace"], " "); trace != tt.trace {
				t.Errorf("%s %s: through %q, want %q", tt.method, tt.target, trace, tt.trace)
			}
		})
	}
}

// A Mount takes bodies of any length unless it has a limit of its own; the limit of its group does
// not hold for it.
func TestMountBodyLimit(t *testing.T) {
	t.Parallel()
	reads := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			(&apiroute.Error{Status: 418}).ServeHTTP(w, r) // the plain handler's own business
			return
		}
		fmt.Fprint(w, n)
	})
	api := apiroute.New(quiet(), apiroute.BodyLimit(4))
	group := api.Group("/g", apiroute.BodyLimit(5))
	api.Mount("/a", reads)
	group.Mount("/b", reads)
	group.Mount("/c", reads, apiroute.BodyLimit(6))
	group.Handle("/d", apiroute.FromHTTP(reads))
	srv := newServer(t, api)
	for _, tt := range []struct {
		name   string
		target string
		length int
		status int
	}{
		{"no limit of its own", "/a/x", 2 << 20, 200},
		{"no limit of its own in a group", "/g/b", 2 << 20, 200},
		{"at its limit", "/g/c", 6, 200},
		{"over its limit", "/g/c/x", 7, 413},
		{"Handle at the limit of the group", "/g/d", 5, 200},
		{"Handle over the limit of the group", "/g/d", 6, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := srv.do("POST", tt.target, strings.Repeat("x", tt.length), "Content-Type: application/json")
			if got.status != tt.status || tt.status == 200 && got.body != strconv.Itoa(tt.length) {
				t.Errorf("POST %s, %d bytes = %d %q, want %d", tt.target, tt.length, got.status, got.body, tt.status)
			}
		})
	}
	got := srv.raw("POST /g/c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n1234567\r\n0\r\n\r\n")
	if got.status != 418 {
		t.Errorf("POST /g/c, 7 bytes in chunks = %d, want the handler's own 418", got.status)
	}
}

// FromHTTP makes a Handler of a plain handler, which may do all that it may under net/http.
func TestFromHTTP(t *testing.T) {
	t.Parallel()
	plain := func(f http.HandlerFunc) apiroute.Handler { return apiroute.FromHTTP(f) }
	log := &testLog{}
	api := apiroute.New(log.option())
	api.Handle("/nothing", plain(func(w http.ResponseWriter, r *http.Request) {}))
	api.Handle("/header", plain(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X", "1") }))
	api.Handle("/status", plain(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(202) }))
	api.Handle("/body/[...x]", plain(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("x")) }))
	api.Handle("/hints", plain(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103) }))
	api.Handle("/panic", plain(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X", "1"); panic("no") }))
	api.Handle("/handler", apiroute.FromHTTP(apiroute.Handler(respondOK)))
	api.Handle("/error", apiroute.FromHTTP(&apiroute.Error{Status: 410}))
	api.Handle("/redirect", apiroute.FromHTTP(http.RedirectHandler("/x", http.StatusFound)))
	api.Handle("/hijack", plain(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 299 Mine\r\nContent-Length: 0\r\n\r\n")
		conn.Close()
	}))
	srv := newServer(t, api)
	srv.log = log
	for _, tt := range []struct {
		method, target string
		status         int
		body           string
	}{
		{"GET", "/nothing", 200, ""},
		{"HEAD", "/nothing", 200, ""},
		{"OPTIONS", "/nothing", 200, ""},
		{"FOO", "/header", 200, ""},
		{"GET", "/status", 202, ""},
		{"GET", "/body/a/b%2Fc", 200, "a/b/c"},
		{"GET", "/handler", 200, "ok"},
		{"GET", "/error", 410, problem(410)},
		{"GET", "/redirect", 302, "<a href=\"/x\">Found</a>.\n\n"},
		{"GET", "/hijack", 299, ""},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := srv.do(tt.method, tt.target, "")
			if got.status != tt.status || got.body != tt.body || got.err != nil {
				t.Errorf("%s %s = %d %q %v, want %d %q", tt.method, tt.target, got.status, got.body, got.err, tt.status, tt.body)
			}
		})
	}
	if got := srv.do("GET", "/hints", ""); got.status != 200 || !slices.Equal(got.interim, []int{103}) {
		t.Errorf("GET /hints = %d after %v, want 200 after 103", got.status, got.interim)
	}
	if got := srv.logs(); got != nil {
		t.Errorf("log %q, want nothing", got)
	}
	got := srv.do("GET", "/panic", "")
	got.wantProblem(t, 500)
	if got.header.Get("X") != "" {
		t.Errorf("GET /panic: the handler's header went out with the error")
	}
}

// A Handler in a mux of net/http, without a router.
func TestHandlerServeHTTP(t *testing.T) {
	old := slog.Default()
	defer slog.SetDefault(old)
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	mux := http.NewServeMux()
	mux.Handle("GET /x/{id}", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(fmt.Sprintf("%s %q", req.Param("id")+req.Param("none"), req.Segments("none")))
	}))
	mux.Handle("/all/{rest...}", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(fmt.Sprintf("%s %q", req.PathValue("rest"), req.Segments("rest")))
	}))
	mux.Handle("/nothing", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error { return nil }))
	mux.Handle("/error", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error { return apiroute.Errorf(409, "no") }))
	mux.Handle("/refuse", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error { return &apiroute.Error{Status: 405} }))
	mux.Handle("/panic", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error { panic("no") }))
	mux.Handle("/nil", apiroute.Handler(nil))
	mux.Handle("/body", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(strconv.Itoa(len(b)))
	}))
	srv := newServer(t, mux)
	for _, tt := range []struct {
		method, target string
		status         int
		body           string
	}{
		{"GET", "/x/1", 200, "1 []"},
		{"GET", "/x/a%2Fb", 200, "a/b []"},
		{"HEAD", "/x/1", 200, ""},
		{"GET", "/all/a/b", 200, `a/b ["a" "b"]`},
		{"GET", "/all/", 200, ` []`},
		{"GET", "/nothing", 204, ""},
		{"GET", "/error", 409, `{"title":"Conflict","status":409,"detail":"no"}`},
		{"GET", "/refuse", 405, problem(405)},
		{"GET", "/panic", 500, problem(500)},
		{"GET", "/nil", 500, problem(500)},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			got := srv.do(tt.method, tt.target, "")
			if got.status != tt.status || got.body != tt.body {
				t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.target, got.status, got.body, tt.status, tt.body)
			}
			if tt.status >= 400 {
				got.wantProblem(t, tt.status)
			}
		})
	}
	for _, tt := range []struct{ length, status int }{{1 << 20, 200}, {1<<20 + 1, 413}} { // the default limit
		t.Run(fmt.Sprint("body of ", tt.length), func(t *testing.T) {
			if got := srv.do("POST", "/body", strings.Repeat("x", tt.length), "Content-Type: application/json"); got.status != tt.status {
				t.Errorf("POST /body, %d bytes = %d, want %d", tt.length, got.status, tt.status)
			}
		})
	}
}

// A router that is mounted in itself would pass a request on without end.
func TestMountInItself(t *testing.T) {
	t.Parallel()
	type routers map[string]*apiroute.Router
	const itself = "the router would be mounted in itself, and a request would be passed on without end"
	for _, tt := range []struct {
		name string
		last func(routers) // must be refused
	}{
		{"itself", func(r routers) { r["a"].Mount("/", r["a"]) }},
		{"itself, below a path", func(r routers) { r["a"].Mount("/x/[id]", r["a"]) }},
		{"its group", func(r routers) { r["a"].Mount("/", r["a"].Group("/g")) }},
		{"its router", func(r routers) { r["a"].Group("/g").Mount("/", r["a"]) }},
		{"StripPrefix of nothing", func(r routers) { r["a"].Mount("/", http.StripPrefix("", r["a"])) }},
		{"a group in itself", func(r routers) { g := r["a"].Group("/g"); g.Mount("/x", g) }},
		{"a group in another", func(r routers) { r["a"].Group("/g").Mount("/", r["a"].Group("/h").Group("/i")) }},
		{"its parent", func(r routers) { r["b"].Mount("/", r["a"]) }},
		{"a group of its parent", func(r routers) { r["b"].Group("/g").Mount("/x", r["a"].Group("/h")) }},
		{"its parent's parent", func(r routers) { r["c"].Mount("/", r["a"]) }},
		{"a parent of a group", func(r routers) { r["d"].Mount("/", r["a"]) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := routers{}
			for _, name := range []string{"a", "b", "c", "d"} {
				r[name] = apiroute.New(quiet())
			}
			r["a"].Mount("/b", r["b"]) // a contains b, which contains c; and a group of d
			r["b"].Mount("/b/c", r["c"])
			r["a"].Mount("/d", r["d"].Group("/x"))
			r["b"].Mount("/b/c/again", r["c"]) // twice is in order
			r["d"].Mount("/d/c", r["c"])
			if got := mustPanic(t, func() { tt.last(r) }); !strings.Contains(got, itself) || !strings.Contains(got, "mount_test.go:") {
				t.Errorf("panic %q, want %q in it", got, itself)
			}
			serveRecorder(r["a"], newRequest("GET", "/b/c/again/x", "")).wantProblem(t, 404) // and nothing else
		})
	}
}

// What Mount cannot see ends at the request, and does not use up the stack.
func TestMountInItselfHidden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		target string
		status int
		add    func(api *apiroute.Router)
	}{
		{"FromHTTP", "/x", 500, func(api *apiroute.Router) { api.Get("/x", apiroute.FromHTTP(api)) }},
		{"FromHTTP in a catch-all", "/x/y", 500, func(api *apiroute.Router) { api.Handle("/[...x]", apiroute.FromHTTP(api)) }},
		{"a function", "/x", 500, func(api *apiroute.Router) {
			api.Mount("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.ServeHTTP(w, r) }))
		}},
		{"middleware that copies the request", "/x", 500, func(api *apiroute.Router) {
			api.Mount("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.ServeHTTP(w, r.WithContext(r.Context())) }), traceUse("use"))
		}},
		{"two routers", "/x", 500, func(api *apiroute.Router) {
			other := apiroute.New(quiet()) // in whose log it is
			other.Mount("/", apiroute.FromHTTP(api))
			api.Mount("/", other)
		}},
		// A prefix that is stripped makes each path shorter than the one before.
		{"StripPrefix", "/x/x/x/y", 200, func(api *apiroute.Router) {
			api.Get("/y", respondOK)
			api.Mount("/x", http.StripPrefix("/x", api))
		}},
		{"a few times", "/x", 200, func(api *apiroute.Router) {
			api.Get("/x", func(req *apiroute.Request, res *apiroute.Response) error {
				n := len(req.Header.Get("N"))
				if n == 8 {
					return res.Text("ok")
				}
				req.Header.Set("N", strings.Repeat("n", n+1))
				api.ServeHTTP(res, req.Request)
				return nil
			})
		}},
	} {
		for name, opts := range map[string][]apiroute.Option{"no Use": nil, "Use": {traceUse("router")}} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, tt.add, opts...)
				if got := s.do("GET", tt.target, ""); got.status != tt.status || got.err != nil {
					t.Errorf("GET %s = %d %q, %v, want %d", tt.target, got.status, got.body, got.err, tt.status)
				}
				if lines := s.logs(); tt.status == 500 && tt.name != "two routers" && (len(lines) != 1 || !strings.Contains(lines[0], "the router is mounted in itself")) {
					t.Errorf("log %q, want one line that says so", lines)
				}
			})
		}
	}
}
