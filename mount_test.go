package apiroute_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/apiroute"
)

// A Mount gets all requests below its path that no route matches, with the URL as it came.
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
		{"GET", "/x//y/../z/", 200, "root"},
		{"GET", "/x/%2e%2e/%2F", 200, "root"},
		{"GET", "//evil.com/", 200, "root"},
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
		{"GET", "/a//x?y=%zz", 200, "mount-a"},
		{"GET", "/a/x/", 200, "mount-a"},
		{"GET", "/a/b", 200, "b"},
		{"GET", "/a/b/", 308, "/a/b"},
		{"GET", "/a/x/../b", 308, "/a/b"},
		{"GET", "/a/x/c", 200, "c"},
		{"GET", "/a/x/d", 200, "mount-a"},
		{"GET", "/a/%2F", 200, "mount-a"},
		{"GET", "/A/x", 200, "root"},
		{"GET", "/aa", 200, "root"},
		{"GET", "/a/../aa/", 200, "root"}, // by its tidy path
		{"GET", "/x/../a/y", 200, "mount-a"},
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
