package apiroute

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the tests of routing share.

func routerOK(req *Request, res *Response) error { return res.Text("ok") }

// routerNot is a handler that must not be reached.
func routerNot(t *testing.T) Handler {
	return func(req *Request, res *Response) error {
		t.Errorf("%s %s: the handler was called", req.Method, req.URL)
		return nil
	}
}

func routerQuiet() Option { return Logger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

// A routerLog keeps what is logged, debug lines too.
type routerLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *routerLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *routerLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *routerLog) option() Option {
	return Logger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

// routerServe serves h on a socket until the test ends, and returns the address.
func routerServe(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

type routerReply struct {
	status  int // 0 if there was no answer
	header  http.Header
	body    string
	interim []int // the statuses from 100 to 199 before
	close   bool  // it has Connection: close, which net/http takes out of header
	err     error // the answer broke off
}

// serveRaw sends text as it is over a connection of its own and reads one
// answer to a request with the method that text begins with.
func serveRaw(t *testing.T, addr, text string) routerReply {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second)) // so that a test that hangs says where
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	r := bufio.NewReader(conn)
	var reply routerReply
	for {
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			reply.err = err
			return reply
		}
		if resp.StatusCode < 200 {
			reply.interim = append(reply.interim, resp.StatusCode)
			continue
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		reply.status, reply.header, reply.body, reply.close, reply.err = resp.StatusCode, resp.Header, string(body), resp.Close, err
		return reply
	}
}

// routerDo sends a request without a body.
func routerDo(t *testing.T, addr, method, target string, headers ...string) routerReply {
	t.Helper()
	return serveRaw(t, addr, method+" "+target+" HTTP/1.1\r\nHost: x\r\n"+
		strings.Join(append(headers, "Connection: close"), "\r\n")+"\r\n\r\n")
}

func routerGet(t *testing.T, addr, target string) routerReply {
	t.Helper()
	return routerDo(t, addr, "GET", target)
}

// routerPost sends a body with its length.
func routerPost(t *testing.T, addr, target, body string) routerReply {
	t.Helper()
	return serveRaw(t, addr, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", target, len(body), body))
}

// routerPanic calls f, which must panic with a string. It returns the place of
// its own call, which is that of a call in f on the same line, and the string.
func routerPanic(t *testing.T, f func()) (site, text string) {
	t.Helper()
	_, file, line, _ := runtime.Caller(1)
	site = file + ":" + strconv.Itoa(line)
	defer func() {
		t.Helper()
		v := recover()
		if v == nil {
			t.Errorf("%s: no panic", site)
		} else if s, ok := v.(string); ok {
			text = s
		} else {
			t.Errorf("%s: panic with the %T %v, want a string", site, v, v)
		}
	}()
	f()
	return
}

// routerHere is the place of its call.
func routerHere() string {
	_, file, line, _ := runtime.Caller(1)
	return file + ":" + strconv.Itoa(line)
}

// routerTrace is standard middleware that adds a value to the header Trace.
func routerTrace(name string) Option {
	return Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Trace", name)
			next.ServeHTTP(w, r)
		})
	})
}

func routerTraceAround(name string) Option {
	return Around(func(next Handler) Handler {
		return func(req *Request, res *Response) error {
			res.Header().Add("Trace", name)
			return next(req, res)
		}
	})
}

// routerUse makes middleware of what it does around the next handler.
func routerUse(f func(next http.Handler, w http.ResponseWriter, r *http.Request)) Option {
	return Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(next, w, r) })
	})
}

// routerProblem checks an answer that the package gives to an error.
func routerProblem(t *testing.T, what string, got routerReply, status int) {
	t.Helper()
	if got.status != status || got.err != nil {
		t.Errorf("%s: %d %q, %v, want %d", what, got.status, got.body, got.err, status)
		return
	}
	want := map[string]string{"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
	for k, v := range want {
		if got.header.Get(k) != v {
			t.Errorf("%s: %s: %q, want %q", what, k, got.header.Get(k), v)
		}
	}
	if got.body != "" && !strings.Contains(got.body, `"status":`+strconv.Itoa(status)) {
		t.Errorf("%s: body %q, want the status %d in it", what, got.body, status)
	}
}

// Methods.

func TestMethods(t *testing.T) {
	says := func(name string) Handler {
		return func(req *Request, res *Response) error { return res.SetHeader("Said", name+" "+req.Method).Text(name) }
	}
	api := New(routerQuiet())
	api.Get("/get", says("get"))
	api.Post("/post", says("post"))
	api.Get("/both/[id]", says("get"))
	api.Delete("/both/[id]", says("delete"))
	api.Handle("/any", says("any"))
	api.Handle("/mixed", says("any"))
	api.Put("/mixed", says("put"))
	api.Get("/mixed", says("get"))
	api.Patch("/patch", says("patch"))
	api.Method("HEAD", "/head", says("head"))
	api.Get("/gethead", says("get"))
	api.Method("HEAD", "/gethead", says("head"))
	api.Method("OPTIONS", "/options", says("options"))
	api.Get("/options", says("get"))
	api.Method("PROPFIND", "/dav", says("propfind"))
	api.Method("X-1!", "/dav", says("x"))
	api.Method("TRACE", "/trace", says("trace"))
	api.Handle("/trace", says("any"))
	addr := routerServe(t, api)
	const get, any = "GET, HEAD, OPTIONS", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
	for _, tt := range []struct {
		method, target string
		status         int
		want           string // the header Said, or else Allow
	}{
		{"GET", "/get", 200, "get GET"},
		{"HEAD", "/get", 200, "get HEAD"},
		{"OPTIONS", "/get", 204, get},
		{"POST", "/get", 405, get},
		{"FOO", "/get", 405, get},
		{"get", "/get", 405, get},
		{"Get", "/get", 405, get},
		{"TRACE", "/get", 405, get},
		{"POST", "/post", 200, "post POST"},
		{"GET", "/post", 405, "OPTIONS, POST"},
		{"HEAD", "/post", 405, "OPTIONS, POST"},
		{"OPTIONS", "/post", 204, "OPTIONS, POST"},
		{"DELETE", "/both/1", 200, "delete DELETE"},
		{"PUT", "/both/1", 405, "DELETE, GET, HEAD, OPTIONS"},
		{"OPTIONS", "/both/1", 204, "DELETE, GET, HEAD, OPTIONS"},
		{"GET", "/any", 200, "any GET"},
		{"HEAD", "/any", 200, "any HEAD"},
		{"OPTIONS", "/any", 200, "any OPTIONS"},
		{"PATCH", "/any", 200, "any PATCH"},
		{"FOO", "/any", 200, "any FOO"},
		{"get", "/any", 200, "any get"},
		{"TRACE", "/any", 405, any},
		{"GET", "/mixed", 200, "get GET"},
		{"HEAD", "/mixed", 200, "get HEAD"},
		{"PUT", "/mixed", 200, "put PUT"},
		{"POST", "/mixed", 200, "any POST"},
		{"OPTIONS", "/mixed", 200, "any OPTIONS"},
		{"TRACE", "/mixed", 405, any},
		{"PATCH", "/patch", 200, "patch PATCH"},
		{"HEAD", "/head", 200, "head HEAD"},
		{"GET", "/head", 405, "HEAD, OPTIONS"},
		{"HEAD", "/gethead", 200, "head HEAD"},
		{"GET", "/gethead", 200, "get GET"},
		{"OPTIONS", "/gethead", 204, get},
		{"OPTIONS", "/options", 200, "options OPTIONS"},
		{"POST", "/options", 405, get},
		{"PROPFIND", "/dav", 200, "propfind PROPFIND"},
		{"X-1!", "/dav", 200, "x X-1!"},
		{"GET", "/dav", 405, "OPTIONS, PROPFIND, X-1!"},
		{"TRACE", "/trace", 200, "trace TRACE"},
		{"CONNECT", "/any", 405, ""},
		{"CONNECT", "/none", 405, ""},
		{"CONNECT", "//any", 405, ""}, // golang/go#81222
		{"CONNECT", "evil.com:80", 405, ""},
		{"GET", "/none", 404, ""},
		{"OPTIONS", "/none", 404, ""},
		{"TRACE", "/none", 404, ""},
		{"FOO", "/none", 404, ""},
	} {
		reply := routerDo(t, addr, tt.method, tt.target, "Cookie: secret=1")
		got := reply.header.Get("Said")
		if reply.status != 200 {
			got = reply.header.Get("Allow")
		}
		if reply.status != tt.status || got != tt.want || reply.err != nil {
			t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.target, reply.status, got, tt.status, tt.want)
		}
		if len(reply.header["Allow"]) > 1 {
			t.Errorf("%s %s: Allow %q, want one", tt.method, tt.target, reply.header["Allow"])
		}
		if loc, ok := reply.header["Location"]; ok {
			t.Errorf("%s %s: Location %q, want none", tt.method, tt.target, loc)
		}
		if strings.Contains(reply.body, "secret") {
			t.Errorf("%s %s: the cookie is echoed: %q", tt.method, tt.target, reply.body)
		}
		if tt.status >= 400 {
			routerProblem(t, tt.method+" "+tt.target, reply, tt.status)
		}
		if (tt.method == "HEAD" || tt.status == 204) && reply.body != "" {
			t.Errorf("%s %s: body %q, want none", tt.method, tt.target, reply.body)
		}
	}
}

// A 405 that the handler itself returns gets the Allow of the path.
func TestAllowOfHandler(t *testing.T) {
	api := New(routerQuiet())
	api.Handle("/any", func(req *Request, res *Response) error { return &Error{Status: 405} })
	api.Post("/own", func(req *Request, res *Response) error {
		return &Error{Status: 405, Header: http.Header{"Allow": {"GET"}}}
	})
	addr := routerServe(t, api)
	for _, tt := range []struct{ target, want string }{
		{"/any", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"},
		{"/own", "GET"},
	} {
		if got := routerDo(t, addr, "POST", tt.target).header.Get("Allow"); got != tt.want {
			t.Errorf("POST %s: Allow %q, want %q", tt.target, got, tt.want)
		}
	}
}

func TestHeadHasHeadersOfGet(t *testing.T) {
	api := New(routerQuiet())
	api.Get("/a", func(req *Request, res *Response) error { return res.Status(201).SetHeader("X", "1").JSON([]int{1, 2}) })
	api.Get("/error", func(req *Request, res *Response) error { return Errorf(409, "no") })
	addr := routerServe(t, api)
	for _, target := range []string{"/a", "/error", "/none"} {
		get, head := routerGet(t, addr, target), routerDo(t, addr, "HEAD", target)
		get.header.Del("Date")
		head.header.Del("Date")
		if diff := cmp.Diff(get.header, head.header); diff != "" {
			t.Errorf("%s: headers of GET and HEAD (-GET +HEAD):\n%s", target, diff)
		}
		if get.status != head.status || head.body != "" || get.body == "" {
			t.Errorf("%s: GET %d %q, HEAD %d %q", target, get.status, get.body, head.status, head.body)
		}
	}
}

func TestMethodRefuses(t *testing.T) {
	api := New()
	for _, method := range []string{"", "get", "Get", "GET ", " GET", "GE T", "GET\n", "GET/", "GÉT", "G\x00", "GET,PUT", "(", "CONNECT"} {
		site, got := routerPanic(t, func() { api.Method(method, "/a/[id]", routerOK) })
		for _, want := range []string{"apiroute: " + site + ": ", strconv.Quote(method), `"/a/[id]"`, "upper-case token"} {
			if !strings.Contains(got, want) {
				t.Errorf("method %q: panic %q, want %q in it", method, got, want)
			}
		}
	}
	if got := api.Routes(); len(got) != 0 {
		t.Errorf("Routes() = %v, want none", got)
	}
}

// What net/http refuses by itself, before a handler is called.
func TestRefusedByServer(t *testing.T) {
	api := New(routerQuiet())
	api.Mount("/", Handler(routerNot(t)))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		text   string
		status int
	}{
		{"GET /u/%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET /u/%2 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET /% HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: x\r\nX : 1\r\n\r\n", 400},
		{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200}, // for the server as a whole
	} {
		if got := serveRaw(t, addr, tt.text); got.status != tt.status {
			t.Errorf("%q: %d, want %d", tt.text, got.status, tt.status)
		}
	}
}

// Registration.

func TestSamePathTwice(t *testing.T) {
	mux := http.NewServeMux()
	for _, tt := range []struct {
		name   string
		first  func(*Router)
		second func(*Router)
		want   string // "" if both are taken
	}{
		{"GET twice", func(r *Router) { r.Get("/a", routerOK) }, func(r *Router) { r.Get("/a", routerOK) }, "GET has a handler already"},
		{"GET by two names", func(r *Router) { r.Get("/a", routerOK) }, func(r *Router) { r.Method("GET", "/a", routerOK) }, "GET has a handler already"},
		{"GET of a group", func(r *Router) { r.Group("/a").Get("", routerOK) }, func(r *Router) { r.Get("/a", routerOK) }, "GET has a handler already"},
		{"Handle twice", func(r *Router) { r.Handle("/a", routerOK) }, func(r *Router) { r.Handle("/a", routerOK) }, "it has a handler already"},
		{"Mount twice", func(r *Router) { r.Mount("/a", mux) }, func(r *Router) { r.Mount("/a", mux) }, "it has a handler already"},
		{"name in Mount", func(r *Router) { r.Mount("/[a]", mux) }, func(r *Router) { r.Mount("/[b]", mux) }, "[b] stands where another name does"},
		{"GET and POST", func(r *Router) { r.Get("/a", routerOK) }, func(r *Router) { r.Post("/a", routerOK) }, ""},
		{"GET and HEAD", func(r *Router) { r.Get("/a", routerOK) }, func(r *Router) { r.Method("HEAD", "/a", routerOK) }, ""},
		{"Handle and GET", func(r *Router) { r.Handle("/a", routerOK) }, func(r *Router) { r.Get("/a", routerOK) }, ""},
		{"GET and Handle", func(r *Router) { r.Get("/a", routerOK) }, func(r *Router) { r.Handle("/a", routerOK) }, ""},
		{"Handle and Mount", func(r *Router) { r.Handle("/a", routerOK) }, func(r *Router) { r.Mount("/a", mux) }, ""},
		{"Mount and GET", func(r *Router) { r.Mount("/", mux) }, func(r *Router) { r.Get("/", routerOK) }, ""},
		{"Mount and catch-all", func(r *Router) { r.Mount("/a", mux) }, func(r *Router) { r.Get("/a/[[...x]]", routerOK) }, ""},
	} {
		api := New()
		tt.first(api)
		before := api.Routes()
		if tt.want == "" {
			tt.second(api)
			if got := len(api.Routes()); got != 2 {
				t.Errorf("%s: %d routes, want 2", tt.name, got)
			}
			continue
		}
		_, got := routerPanic(t, func() { tt.second(api) })
		for _, want := range []string{tt.want, before[0].Source, strconv.Quote(before[0].Path)} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: panic %q, want %q in it", tt.name, got, want)
			}
		}
		if diff := cmp.Diff(before, api.Routes()); diff != "" {
			t.Errorf("%s: Routes() have changed:\n%s", tt.name, diff)
		}
	}
}

// The route that is refused beside another must not have a part of it: the
// path's Allow and its middleware stay.
func TestRefusedLeavesPage(t *testing.T) {
	api := New(routerQuiet())
	group := api.Group("/a", routerTrace("group"))
	group.Get("", routerOK, routerTrace("get"))
	group.Post("", routerOK, routerTrace("post"))
	addr := routerServe(t, api)
	check := func(when string) {
		t.Helper()
		for _, tt := range []struct {
			method string
			status int
			trace  string
		}{
			{"GET", 200, "group get"},
			{"POST", 200, "group post"},
			{"PUT", 405, "group"},
		} {
			got := routerDo(t, addr, tt.method, "/a")
			if trace := strings.Join(got.header["Trace"], " "); got.status != tt.status || trace != tt.trace {
				t.Errorf("%s: %s /a = %d through %q, want %d through %q", when, tt.method, got.status, trace, tt.status, tt.trace)
			}
		}
	}
	check("before")
	routerPanic(t, func() { api.Get("/a", routerNot(t), routerTrace("other")) })
	check("after a second GET")
	routerPanic(t, func() { api.Put("/a", routerNot(t), Option{}) })
	check("after a bad option")
	routerPanic(t, func() { api.Put("/a", nil) })
	check("after no handler")
	routerPanic(t, func() { api.Put("/a", routerNot(t), Use(func(http.Handler) http.Handler { return nil })) })
	check("after no middleware")
}

func TestRegisterRefuses(t *testing.T) {
	api := New()
	group := api.Group("/g/[id]")
	var nilHandler Handler
	var nilFunc http.HandlerFunc
	mux := http.NewServeMux()
	for _, tt := range []struct {
		site  string
		f     func()
		wants []string
	}{
		{routerHere(), func() { api.Handle("/a", nil) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { api.Get("/a", nilHandler) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { group.Post("/a", nil) }, []string{`"/g/[id]/a"`, "handler is nil"}},
		{routerHere(), func() { api.Put("/a", nil) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { api.Patch("/a", nil) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { api.Delete("/a", nil) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { api.Method("FOO", "/a", nil) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { api.Mount("/a", nil) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { api.Mount("/a", nilFunc) }, []string{`"/a"`, "handler is nil"}},
		{routerHere(), func() { api.Mount("/a", nilHandler) }, []string{`"/a"`, "handler is nil"}},

		{routerHere(), func() { api.Mount("/a/[...x]", mux) }, []string{`"/a/[...x]"`, "without a catch-all"}},
		{routerHere(), func() { api.Mount("/[[...x]]", mux) }, []string{`"/[[...x]]"`, "without a catch-all"}},
		{routerHere(), func() { group.Mount("/[id]", mux) }, []string{`"id" stands in it twice`}},

		{routerHere(), func() { group.Get("a", routerOK) }, []string{"begin with a slash"}},
		{routerHere(), func() { group.Get("/[id]", routerOK) }, []string{`"/g/[id]/[id]"`, `"id" stands in it twice`}},
		{routerHere(), func() { api.Group("/[...x]").Get("/a", routerOK) }, []string{"must be the last"}},
		{routerHere(), func() { api.Group("a") }, []string{`"a"`, "begin with a slash"}},
		{routerHere(), func() { api.Group("/a/") }, []string{`"/a/"`, "end with a slash"}},
		{routerHere(), func() { api.Group("//") }, []string{`"//"`, "slash"}},
		{routerHere(), func() { api.Group("/a//b") }, []string{`"/a//b"`, "empty segment"}},
		{routerHere(), func() { api.Group("/{a}") }, []string{`"/{a}"`, "[id]"}},
		{routerHere(), func() { api.Group("/[a]/[a]") }, []string{`"a" stands in it twice`}},
		{routerHere(), func() { group.Group("/x/[id]") }, []string{`"/g/[id]/x/[id]"`, `"id" stands in it twice`}},
		{routerHere(), func() { group.Group("x") }, []string{"begin with a slash"}},

		{routerHere(), func() { New(Option{}) }, []string{"zero"}},
		{routerHere(), func() { api.Group("/a", Option{}) }, []string{`"/a"`, "zero"}},
		{routerHere(), func() { api.Get("/a", routerOK, Option{}) }, []string{`"/a"`, "zero"}},
		{routerHere(), func() { api.Mount("/a", mux, Option{}) }, []string{`"/a"`, "zero"}},
		{routerHere(), func() { api.Mount("/a", mux, RejectUnknown(true)) }, []string{`"/a"`, "RejectUnknown has no meaning"}},
		{routerHere(), func() { api.Mount("/a", mux, RejectUnknown(false)) }, []string{`"/a"`, "RejectUnknown has no meaning"}},
		{routerHere(), func() { api.Mount("/a", mux, ETag(true)) }, []string{`"/a"`, "ETag has no meaning"}},
		{routerHere(), func() { api.Mount("/a", mux, JSONCodec(nil, nil)) }, []string{`"/a"`, "JSONCodec has no meaning"}},
		{routerHere(), func() { api.Mount("/a", mux, Status(201)) }, []string{`"/a"`, "Status has no meaning"}},
		{routerHere(), func() { api.Get("/a", routerOK, Status(201)) }, []string{`"/a"`, "Status has no meaning"}},
		{routerHere(), func() { api.Handle("/a", routerOK, Status(201)) }, []string{`"/a"`, "Status has no meaning"}},
		{routerHere(), func() { api.Group("/a", Status(201)) }, []string{`"/a"`, "Status has no meaning"}},
		{routerHere(), func() { New(Status(201)) }, []string{"Status has no meaning"}},
		{routerHere(), func() { api.Group("a", Option{}) }, []string{"begin with a slash", "zero"}}, // all at once

		// One who makes middleware wants to know where it was used.
		{routerHere(), func() { New(Use(func(http.Handler) http.Handler { return nil })) }, []string{"returned nil"}},
		{routerHere(), func() { api.Get("/a", routerOK, Use(func(http.Handler) http.Handler { return nil })) }, []string{`"/a"`, "returned nil"}},
		{routerHere(), func() { api.Get("/a", routerOK, Use(func(http.Handler) http.Handler { return nilFunc })) }, []string{`"/a"`, "returned nil"}},
		{routerHere(), func() { api.Get("/a", routerOK, Around(func(Handler) Handler { return nil })) }, []string{`"/a"`, "returned nil"}},
		{routerHere(), func() { api.Group("/b", Around(func(Handler) Handler { return nil })).Get("/a", routerOK) }, []string{`"/b/a"`, "returned nil"}},
		{routerHere(), func() { api.Mount("/a", mux, Around(func(Handler) Handler { return nil })) }, []string{`"/a"`, "returned nil"}},
	} {
		_, got := routerPanic(t, tt.f)
		if want := "apiroute: " + tt.site + ": "; !strings.HasPrefix(got, want) {
			t.Errorf("panic %q, want it to begin with %q", got, want)
		}
		for _, want := range tt.wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: panic %q, want %q in it", tt.site, got, want)
			}
		}
	}
	if got := api.Routes(); len(got) != 0 {
		t.Errorf("Routes() = %v, want none", got)
	}
}

func TestOptionRefuses(t *testing.T) {
	var nilFunc http.HandlerFunc
	use := func(h http.Handler) http.Handler { return h }
	around := func(h Handler) Handler { return h }
	for _, tt := range []struct {
		f    func()
		want string
	}{
		{func() { Use(nil) }, "apiroute: Use: nil middleware"},
		{func() { Use(use, nil, use) }, "apiroute: Use: nil middleware"},
		{func() { Around(nil) }, "apiroute: Around: nil middleware"},
		{func() { Around(around, nil) }, "apiroute: Around: nil middleware"},
		{func() { BodyLimit(0) }, "apiroute: BodyLimit: "},
		{func() { BodyLimit(-1) }, "apiroute: BodyLimit: "},
		{func() { Timeout(-1) }, "apiroute: Timeout: "},
		{func() { FromHTTP(nil) }, "apiroute: FromHTTP: nil handler"},
		{func() { FromHTTP(nilFunc) }, "apiroute: FromHTTP: nil handler"},
		{func() { FromHTTP(Handler(nil)) }, "apiroute: FromHTTP: nil handler"},
	} {
		if _, got := routerPanic(t, tt.f); !strings.Contains(got, tt.want) {
			t.Errorf("panic %q, want %q in it", got, tt.want)
		}
	}
}

// Options without effect are fine.
func TestOptionAccepts(t *testing.T) {
	api := New(Use(), Around(), Logger(nil), OnError(nil), Timeout(0), RejectUnknown(false), NoBodyLimit(), BodyLimit(1))
	api.Get("/a", routerOK, Use(), Around(), Logger(nil), OnError(nil), Timeout(0), RejectUnknown(true), NoBodyLimit())
	api.Group("/b", Use(), Around(), Logger(nil), OnError(nil), Timeout(0), RejectUnknown(true), NoBodyLimit())
	api.Mount("/c", http.NotFoundHandler(), Use(), Around(), Logger(nil), OnError(nil), Timeout(0), BodyLimit(1), NoBodyLimit())
	if got := routerGet(t, routerServe(t, api), "/a"); got.status != 200 || got.body != "ok" {
		t.Errorf("GET /a = %d %q, want 200 ok", got.status, got.body)
	}
}

func TestGroupPaths(t *testing.T) {
	for _, tt := range []struct {
		prefixes []string
		path     string
		want     string
	}{
		{nil, "/", "/"},
		{nil, "/a", "/a"},
		{[]string{"/a"}, "", "/a"},
		{[]string{"/a"}, "/", "/a"},
		{[]string{"/a"}, "/b", "/a/b"},
		{[]string{"/a/[id]"}, "/b/[x]", "/a/[id]/b/[x]"},
		{[]string{"/a", "/b"}, "/c", "/a/b/c"},
		{[]string{"/a", "/b"}, "", "/a/b"},
		{[]string{"/a", "/"}, "/c", "/a/c"},
		{[]string{"/a", ""}, "/", "/a"},
		{[]string{""}, "", "/"},
		{[]string{""}, "/", "/"},
		{[]string{""}, "/b", "/b"},
		{[]string{"/"}, "", "/"},
		{[]string{"/"}, "/", "/"},
		{[]string{"/"}, "/b", "/b"},
		{[]string{"/", "/a", "/"}, "/b", "/a/b"},
		{[]string{"/a"}, "/[...x]", "/a/[...x]"},
		{[]string{"/a/[...x]"}, "", "/a/[...x]"},
		{[]string{"/a/[[...x]]"}, "/", "/a/[[...x]]"},
		{[]string{"/caf%C3%A9"}, "/b", "/caf%C3%A9/b"},
	} {
		for name, register := range map[string]func(r *Router){
			"Handle": func(r *Router) { r.Handle(tt.path, routerOK) },
			"Mount":  func(r *Router) { r.Mount(tt.path, http.NotFoundHandler()) },
		} {
			if name == "Mount" && strings.Contains(tt.want, "...") {
				continue
			}
			api := New()
			r := api
			for _, p := range tt.prefixes {
				r = r.Group(p)
			}
			register(r)
			if got := api.Routes(); len(got) != 1 || got[0].Path != tt.want {
				t.Errorf("%s of %q in the groups %q: %v, want %q", name, tt.path, tt.prefixes, got, tt.want)
			}
		}
	}
}

// A group is the whole router, and takes part in nothing but registration.
func TestGroupServes(t *testing.T) {
	api := New(routerQuiet())
	group := api.Group("/g", routerTrace("group"))
	group.Get("/a", routerOK)
	api.Get("/b", routerOK)
	for name, addr := range map[string]string{"router": routerServe(t, api), "group": routerServe(t, group)} {
		for _, tt := range []struct {
			target, trace string
			status        int
		}{
			{"/g/a", "group", 200},
			{"/b", "", 200},
			{"/a", "", 404},
			{"/g", "", 404},
			{"/g/x", "", 404},
		} {
			got := routerGet(t, addr, tt.target)
			if got.status != tt.status || got.header.Get("Trace") != tt.trace {
				t.Errorf("%s: GET %s = %d through %q, want %d through %q", name, tt.target, got.status, got.header["Trace"], tt.status, tt.trace)
			}
		}
	}
	if diff := cmp.Diff(api.Routes(), group.Routes()); diff != "" {
		t.Errorf("Routes() of the router and a group:\n%s", diff)
	}
}

func TestRoutes(t *testing.T) {
	var sites []string
	at := func() Handler { // the arguments of a call are on its line
		_, file, line, _ := runtime.Caller(1)
		sites = append(sites, file+":"+strconv.Itoa(line))
		return routerOK
	}
	api := New()
	if got := api.Routes(); len(got) != 0 {
		t.Errorf("Routes() of a new router = %v, want none", got)
	}
	group := api.Group("/a/[id]")
	get := api.Get
	api.Mount("/", at())
	api.Handle("/a", at())
	api.Put("/a", at())
	api.Get("/a", at())
	api.Post("/a", at())
	api.Delete("/a", at())
	api.Patch("/a", at())
	api.Method("HEAD", "/a", at())
	group.Get("", at())
	group.Group("/b").Post("/", at())
	get("/", at())
	(*Router).Get(api, "/z", at())
	group.Mount("/files", at())
	api.Get("/caf%C3%A9", at())
	api.Post("/café", at())

	want := []Route{
		{"GET", "/", sites[10]},
		{"DELETE", "/a", sites[5]},
		{"GET", "/a", sites[3]},
		{"HEAD", "/a", sites[7]},
		{"PATCH", "/a", sites[6]},
		{"POST", "/a", sites[4]},
		{"PUT", "/a", sites[2]},
		{"", "/a", sites[1]},
		{"GET", "/a/[id]", sites[8]},
		{"POST", "/a/[id]/b", sites[9]},
		{"", "/a/[id]/files", sites[12]},
		{"GET", "/caf%C3%A9", sites[13]},
		{"POST", "/café", sites[14]},
		{"GET", "/z", sites[11]},
		{"", "/", sites[0]},
	}
	if diff := cmp.Diff(want, api.Routes()); diff != "" {
		t.Errorf("Routes() (-want +got):\n%s", diff)
	}
}

// Middleware.

// GET is open, POST stands behind a guard: each has its own, and what no
// handler answers has what both have.
func TestCommonMiddleware(t *testing.T) {
	both := func(name string) []Option {
		return []Option{routerTraceAround(name + "-around"), routerTrace(name + "-use")}
	}
	api := New(append(both("root"), routerQuiet())...)
	outer := api.Group("/g", both("outer")...)
	inner := outer.Group("/in", both("inner")...)
	other := api.Group("/g", both("other")...)

	outer.Get("/in/[x]", routerOK, both("get")...)
	inner.Post("/[x]", routerOK, both("post")...)

	inner.Get("/all/[x]", routerOK, both("get")...)
	inner.Post("/all/[x]", routerOK, both("post")...)

	inner.Get("/one/[x]", routerOK, both("get")...)

	api.Get("/g/open/[x]", routerOK)
	outer.Put("/open/[x]", routerOK)

	outer.Get("/two/[x]", routerOK)
	other.Post("/two/[x]", routerOK)

	inner.Get("/three/[x]", routerOK)
	inner.Post("/three/[x]", routerOK)
	outer.Put("/in/three/[x]", routerOK)

	outer.Handle("/in/any/[x]", routerOK)
	inner.Post("/any/[x]", routerOK, both("post")...)

	inner.Mount("/files/[x]", http.NotFoundHandler(), both("mount")...)
	addr := routerServe(t, api)

	for _, tt := range []struct {
		method, target string
		status         int
		levels         string
	}{
		{"GET", "/g/in/1", 200, "root outer get"},
		{"HEAD", "/g/in/1", 200, "root outer get"},
		{"POST", "/g/in/1", 200, "root outer inner post"},
		{"PUT", "/g/in/1", 405, "root outer"},
		{"OPTIONS", "/g/in/1", 204, "root outer"},
		{"GET", "/g/in/1/", 308, "root outer"},
		{"POST", "/g/in/1/", 308, "root outer"},
		{"PUT", "/g/in/1/", 308, "root outer"},
		{"GET", "/g/in/%ff", 400, "root outer"},
		{"POST", "/g/in/%00", 400, "root outer"},

		{"GET", "/g/in/all/1", 200, "root outer inner get"},
		{"POST", "/g/in/all/1", 200, "root outer inner post"},
		{"PUT", "/g/in/all/1", 405, "root outer inner"},
		{"OPTIONS", "/g/in/all/1", 204, "root outer inner"},
		{"POST", "/g/in/all/1/", 308, "root outer inner"},
		{"GET", "/g/in/all/%ff", 400, "root outer inner"},

		{"GET", "/g/in/one/1", 200, "root outer inner get"},
		{"PUT", "/g/in/one/1", 405, "root outer inner get"},
		{"OPTIONS", "/g/in/one/1", 204, "root outer inner get"},
		{"GET", "/g/in/one//1", 308, "root outer inner get"},
		{"GET", "/g/in/one/%ff", 400, "root outer inner get"},

		{"GET", "/g/open/1", 200, "root"},
		{"PUT", "/g/open/1", 200, "root outer"},
		{"POST", "/g/open/1", 405, "root"},
		{"PUT", "/g/open/1/", 308, "root"},

		{"GET", "/g/two/1", 200, "root outer"},
		{"POST", "/g/two/1", 200, "root other"},
		{"PUT", "/g/two/1", 405, "root"},

		{"GET", "/g/in/three/1", 200, "root outer inner"},
		{"PUT", "/g/in/three/1", 200, "root outer"},
		{"DELETE", "/g/in/three/1", 405, "root outer"},

		{"POST", "/g/in/any/1", 200, "root outer inner post"},
		{"OPTIONS", "/g/in/any/1", 200, "root outer"},
		{"TRACE", "/g/in/any/1", 405, "root outer"},
		{"POST", "/g/in/any/1/", 308, "root outer"},

		{"GET", "/g/in/files/1/2", 404, "root outer inner mount"},
		{"GET", "/g/in/files/%ff/2", 400, "root outer inner mount"},
	} {
		var want []string // all of Use, then all of Around
		for _, kind := range []string{"-use", "-around"} {
			for _, level := range strings.Fields(tt.levels) {
				want = append(want, level+kind)
			}
		}
		got := routerDo(t, addr, tt.method, tt.target)
		if got.status != tt.status {
			t.Errorf("%s %s = %d %s, want %d", tt.method, tt.target, got.status, got.body, tt.status)
		}
		if diff := cmp.Diff(want, got.header["Trace"]); diff != "" {
			t.Errorf("%s %s: middleware, from the outside in (-want +got):\n%s", tt.method, tt.target, diff)
		}
	}

	// Without a path there is only the router's own, and Around has no route.
	for _, tt := range []struct{ method, target string }{{"GET", "/g/in"}, {"CONNECT", "/g/in/1"}, {"GET", "*"}} {
		if diff := cmp.Diff([]string{"root-use"}, routerDo(t, addr, tt.method, tt.target).header["Trace"]); diff != "" {
			t.Errorf("%s %s: middleware (-want +got):\n%s", tt.method, tt.target, diff)
		}
	}
}

// The options that hold for what no handler answers are the common ones too.
func TestCommonOptions(t *testing.T) {
	tag := func(name string) Option {
		return OnError(func(req *Request, res *Response, err error) error {
			res.Header().Add("Seen-By", name)
			return err
		})
	}
	fail := func(req *Request, res *Response) error { return Errorf(418, "no") }
	api := New(routerQuiet(), tag("root"))
	outer := api.Group("/g", tag("outer"))
	inner := outer.Group("/in", tag("inner"))
	outer.Get("/in/[x]", fail, tag("get"))
	inner.Post("/[x]", fail)
	inner.Put("/[x]", fail, OnError(nil))
	inner.Get("/one/[x]", fail, tag("one"))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
		want           string
	}{
		{"GET", "/g/in/1", 418, "get"},
		{"POST", "/g/in/1", 418, "inner"},
		{"PUT", "/g/in/1", 418, ""},
		{"DELETE", "/g/in/1", 405, "outer"},
		{"GET", "/g/in/%ff", 400, "outer"},
		{"POST", "/g/in/one/1", 405, "one"},
		{"GET", "/g/none", 404, "root"},
		{"CONNECT", "/g/in/1", 405, "root"},
	} {
		got := routerDo(t, addr, tt.method, tt.target)
		if by := got.header.Get("Seen-By"); got.status != tt.status || by != tt.want {
			t.Errorf("%s %s = %d, seen by %q, want %d, %q", tt.method, tt.target, got.status, by, tt.status, tt.want)
		}
	}
}

func TestMiddlewareOrder(t *testing.T) {
	api := New(routerQuiet(), routerTraceAround("a1"), routerTrace("u1"), routerTrace("u2"), routerTraceAround("a2"))
	group := api.Group("/g", routerTrace("u3"), routerTraceAround("a3"))
	nested := group.Group("", routerTraceAround("a4"), routerTrace("u4"))
	trace := func(name string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Trace", name)
				next.ServeHTTP(w, r)
			})
		}
	}
	nested.Get("/a", func(req *Request, res *Response) error {
		res.Header().Add("Trace", "handler")
		return res.End()
	}, Use(trace("u5"), trace("u6")), routerTraceAround("a5"), Use(trace("u7")))
	group.Get("/b", routerOK)
	addr := routerServe(t, api)
	for _, tt := range []struct{ target, want string }{
		{"/g/a", "u1 u2 u3 u4 u5 u6 u7 a1 a2 a3 a4 a5 handler"},
		{"/g/b", "u1 u2 u3 a1 a2 a3"},
		{"/none", "u1 u2"},
	} {
		if got := strings.Join(routerGet(t, addr, tt.target).header["Trace"], " "); got != tt.want {
			t.Errorf("GET %s: %q, want %q", tt.target, got, tt.want)
		}
	}
}

// Middleware is called once for the router, or once for each route, and once more for the responses
// of a path itself whose routes all have options of their own. It is not called when serving.
func TestMiddlewareIsCalledOnce(t *testing.T) {
	var count [5]int
	use := func(i int) Option {
		return Use(func(h http.Handler) http.Handler { count[i]++; return h })
	}
	around := func(i int) Option {
		return Around(func(h Handler) Handler { count[i]++; return h })
	}
	check := func(when string, want [5]int) {
		t.Helper()
		if count != want {
			t.Errorf("%s: called %v times, want %v", when, count, want)
		}
	}
	api := New(routerQuiet(), use(0))
	check("New", [5]int{1})
	group := api.Group("/g", use(1), around(2))
	check("Group", [5]int{1})
	shared := use(3)
	group.Get("/a", routerOK, shared, around(4))
	check("a route", [5]int{1, 1, 1, 1, 1})
	group.Post("/a", routerOK, shared)
	check("another route", [5]int{1, 3, 3, 2, 1})
	addr := routerServe(t, api)
	for _, method := range []string{"GET", "POST", "PUT", "OPTIONS", "CONNECT"} {
		for _, target := range []string{"/g/a", "/g/a/", "/none"} {
			routerDo(t, addr, method, target)
		}
	}
	check("serving", [5]int{1, 3, 3, 2, 1})
}

func TestUseRewrites(t *testing.T) {
	var saw []string
	api := New(routerQuiet(), routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		saw = append(saw, r.Method+" "+r.URL.Path)
		if m := r.Header.Get("X-Method"); m != "" {
			r.Method = m
		}
		if p, ok := strings.CutPrefix(r.URL.Path, "/v1"); ok {
			r.URL.Path = p // and RawPath is left stale
		}
		next.ServeHTTP(w, r)
	}))
	api.Get("/a/[id]", func(req *Request, res *Response) error { return res.Text(req.Method + " " + req.Param("id")) })
	api.Put("/a/[id]", func(req *Request, res *Response) error { return res.Text(req.Method + " " + req.Param("id")) })
	addr := routerServe(t, api)
	for _, tt := range []struct {
		method, target, override string
		status                   int
		want                     string // the body, or Location
	}{
		{"GET", "/a/1", "", 200, "GET 1"},
		{"GET", "/v1/a/1", "", 200, "GET 1"},
		{"GET", "/v1/a/%311", "", 200, "GET 11"},
		{"GET", "/v1/a/b%2Fc", "", 404, ""}, // the split is lost with Path, and is not to come back by RawPath
		{"GET", "/v1/a/1/", "", 308, "/a/1"},
		{"GET", "/v1//evil.com/..//a/%31/", "", 308, "/a/1"},
		{"GET", "/v1", "", 404, ""},
		{"GET", "/v1a/1", "", 404, ""}, // no path is left: "a/1"
		{"POST", "/v1/a/1", "PUT", 200, "PUT 1"},
		{"POST", "/a/1", "DELETE", 405, ""},
		{"POST", "/a/1", "CONNECT", 405, ""},
		{"GET", "/none", "", 404, ""},
	} {
		saw = nil
		got := routerDo(t, addr, tt.method, tt.target, "X-Method: "+tt.override)
		text := got.body
		if got.status == 308 {
			text = got.header.Get("Location")
		}
		if got.status != tt.status || tt.status < 400 && text != tt.want {
			t.Errorf("%s %s as %q = %d %q, want %d %q", tt.method, tt.target, tt.override, got.status, text, tt.status, tt.want)
		}
		if len(saw) != 1 {
			t.Errorf("%s %s: the middleware saw %q, want one request", tt.method, tt.target, saw)
		}
	}
}

// Middleware may change the method of a copy, which net/http does not see: for
// the connection a HEAD is a HEAD and a POST none. The answer is to be whole.
func TestUseChangesMethodOfCopy(t *testing.T) {
	change := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(r.Context())
		r.Method = r.Header.Get("X-Method")
		next.ServeHTTP(w, r)
	})
	for level, api := range map[string]*Router{
		"router": New(routerQuiet(), change),
		"group":  New(routerQuiet()).Group("", change),
	} {
		api.Handle("/a", func(req *Request, res *Response) error { return res.JSON(req.Method) })
		addr := routerServe(t, api)
		for _, tt := range []struct{ method, as string }{{"POST", "PUT"}, {"HEAD", "GET"}, {"POST", "HEAD"}, {"GET", "HEAD"}} {
			got := routerDo(t, addr, tt.method, "/a", "X-Method: "+tt.as)
			if got.status != 200 || got.err != nil {
				t.Errorf("%s: %s as %s = %d %q, %v, want a whole 200", level, tt.method, tt.as, got.status, got.body, got.err)
			}
		}
	}
}

// The values of the path, for standard middleware and plain handlers.
func TestPathValue(t *testing.T) {
	tell := func(w http.ResponseWriter, r *http.Request, where string) {
		w.Header().Add("Saw", where+":"+r.PathValue("a")+":"+r.PathValue("b"))
	}
	tells := func(where string) Option {
		return routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			tell(w, r, where)
			next.ServeHTTP(w, r)
		})
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tell(w, r, "plain") })
	handler := func(req *Request, res *Response) error {
		tell(res, req.Request, "embedded")
		res.Header().Add("Saw", "handler:"+req.PathValue("a")+":"+req.PathValue("b"))
		return res.End()
	}
	api := New(routerQuiet(), tells("root"))
	group := api.Group("/g/[a]", tells("group"))
	group.Get("/x/[b]", handler, tells("route"))
	group.Get("/y/[...b]", FromHTTP(plain))
	group.Get("/z/[[...b]]", FromHTTP(plain), tells("route"))
	group.Mount("/m", plain)
	api.Get("/p/[a]", FromHTTP(plain))
	api.Mount("/q/[b]/m", plain)
	api.Handle("/s", FromHTTP(plain))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		method, target string
		want           []string
	}{
		{"GET", "/g/1/x/2", []string{"root::", "group:1:2", "route:1:2", "embedded:1:2", "handler:1:2"}},
		{"GET", "/g/a%2Fb/x/%2F", []string{"root::", "group:a/b:/", "route:a/b:/", "embedded:a/b:/", "handler:a/b:/"}},
		{"POST", "/g/1/x/2", []string{"root::", "group:1:2", "route:1:2"}},    // 405
		{"OPTIONS", "/g/1/x/2", []string{"root::", "group:1:2", "route:1:2"}}, // 204
		{"GET", "/g/1/x/2/", []string{"root::", "group:1:2", "route:1:2"}},    // 308
		{"GET", "/g//1/x//2", []string{"root::", "group:1:2", "route:1:2"}},   // 308
		{"GET", "/g/1/y/2/3/", []string{"root::", "group:1:2/3"}},             // 308
		{"GET", "/g/1/y/2/3%2F", []string{"root::", "group:1:2/3/", "plain:1:2/3/"}},
		{"GET", "/g/1/z", []string{"root::", "group:1:", "route:1:", "plain:1:"}},
		{"GET", "/g/1/z/2", []string{"root::", "group:1:2", "route:1:2", "plain:1:2"}},
		{"GET", "/g/1/m/2", []string{"root::", "group:1:", "plain:1:"}},
		{"GET", "/g/1//m//", []string{"root::", "group:1:", "plain:1:"}},
		{"GET", "/p/1", []string{"root::", "plain:1:"}},
		{"GET", "/q/2/m", []string{"root::", "plain::2"}},
		{"GET", "/q/%2F/m/x", []string{"root::", "plain::/"}},
		{"GET", "/s", []string{"root::", "plain::"}},
	} {
		got := routerDo(t, addr, tt.method, tt.target)
		if diff := cmp.Diff(tt.want, got.header["Saw"]); diff != "" {
			t.Errorf("%s %s = %d, PathValue (-want +got):\n%s", tt.method, tt.target, got.status, diff)
		}
	}
}

// Around sees the values and the route of what it refuses, of an untidy path
// too: a log or a guard by tenant must not fall over there.
func TestAroundSeesValues(t *testing.T) {
	api := New(routerQuiet(), Around(func(next Handler) Handler {
		return func(req *Request, res *Response) error {
			res.SetHeader("Saw", fmt.Sprintf("%s %s %q", req.Route(), req.Param("id"), req.Segments("rest")))
			return next(req, res)
		}
	}))
	api.Get("/a/[id]/[...rest]", routerOK)
	addr := routerServe(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/a/1/x/y", 200},
		{"POST", "/a/1/x/y", 405},
		{"OPTIONS", "/a/1/x/y", 204},
		{"GET", "/a/1/x/y/", 308},
		{"GET", "//a/0/../1/x//y/.", 308},
	} {
		got := routerDo(t, addr, tt.method, tt.target)
		if want := `/a/[id]/[...rest] 1 ["x" "y"]`; got.status != tt.status || got.header.Get("Saw") != want {
			t.Errorf("%s %s = %d, seen %q, want %d, %q", tt.method, tt.target, got.status, got.header.Get("Saw"), tt.status, want)
		}
	}
}

// Around sees the error that the handler returns, and may refuse, or answer in
// its place.
func TestAround(t *testing.T) {
	type key struct{}
	errNo := errors.New("no")
	var saw error
	api := New(routerQuiet())
	handler := func(req *Request, res *Response) error {
		if req.Param("what") == "fail" {
			return errNo
		}
		if req.Param("what") == "panic" {
			panic("handler")
		}
		return res.Text(fmt.Sprint(req.Context().Value(key{})))
	}
	around := func(f func(next Handler, req *Request, res *Response) error) Option {
		return Around(func(next Handler) Handler {
			return func(req *Request, res *Response) error { return f(next, req, res) }
		})
	}
	api.Get("/sees/[what]", handler, around(func(next Handler, req *Request, res *Response) error {
		saw = next(req, res)
		return saw
	}))
	api.Get("/refuses/[what]", routerNot(t), around(func(next Handler, req *Request, res *Response) error {
		return Errorf(401, "who?")
	}))
	api.Get("/answers/[what]", routerNot(t), around(func(next Handler, req *Request, res *Response) error {
		return res.Text("instead")
	}))
	api.Get("/maps/[what]", handler, around(func(next Handler, req *Request, res *Response) error {
		if errors.Is(next(req, res), errNo) {
			return Errorf(409, "busy")
		}
		return nil
	}))
	api.Get("/swallows/[what]", handler, around(func(next Handler, req *Request, res *Response) error {
		next(req, res)
		return nil
	}))
	api.Get("/value/[what]", handler, around(func(next Handler, req *Request, res *Response) error {
		req.Request = req.WithContext(context.WithValue(req.Context(), key{}, "v"))
		return next(req, res)
	}))
	api.Get("/panics/[what]", routerNot(t), around(func(next Handler, req *Request, res *Response) error {
		panic("around")
	}))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		target string
		status int
		body   string
	}{
		{"/sees/x", 200, "<nil>"},
		{"/sees/fail", 500, ""},
		{"/sees/panic", 500, ""},
		{"/refuses/x", 401, ""},
		{"/answers/x", 200, "instead"},
		{"/maps/fail", 409, ""},
		{"/maps/x", 200, "<nil>"},
		{"/swallows/fail", 204, ""},
		{"/value/x", 200, "v"},
		{"/panics/x", 500, ""},
	} {
		saw = nil
		got := routerGet(t, addr, tt.target)
		if got.status != tt.status || tt.status < 400 && got.body != tt.body {
			t.Errorf("GET %s = %d %q, want %d %q", tt.target, got.status, got.body, tt.status, tt.body)
		}
		if tt.status >= 400 {
			routerProblem(t, tt.target, got, tt.status)
		}
		if tt.target == "/sees/fail" && saw != errNo {
			t.Errorf("GET %s: Around saw %v, want %v", tt.target, saw, errNo)
		}
	}
}

// Middleware that puts its own writer in between.

// An upperWriter is the plainest of such writers: it has no Unwrap, no Flush.
type upperWriter struct{ w http.ResponseWriter }

func (u upperWriter) Header() http.Header         { return u.w.Header() }
func (u upperWriter) WriteHeader(code int)        { u.w.WriteHeader(code) }
func (u upperWriter) Write(b []byte) (int, error) { return u.w.Write(bytes.ToUpper(b)) }

// A gzipWriter compresses as the middleware for it does.
type gzipWriter struct {
	http.ResponseWriter
	zip *gzip.Writer
}

func (g gzipWriter) WriteHeader(code int) {
	g.Header().Del("Content-Length")
	if code != 204 && code != 308 {
		g.Header().Set("Content-Encoding", "gzip")
	}
	g.ResponseWriter.WriteHeader(code)
}

func (g gzipWriter) Write(b []byte) (int, error) { return g.zip.Write(b) }

func TestUseReplacesWriter(t *testing.T) {
	upper := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(upperWriter{w}, r)
	})
	compress := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		g := gzipWriter{w, gzip.NewWriter(w)}
		next.ServeHTTP(g, r)
		if w.Header().Get("Content-Encoding") == "gzip" && r.Method != "HEAD" {
			g.zip.Close()
		}
	})
	same := func(s string) string { return s }
	gunzip := func(s string) string {
		if s == "" {
			return ""
		}
		r, err := gzip.NewReader(strings.NewReader(s))
		if err != nil {
			return err.Error()
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	handler := func(req *Request, res *Response) error {
		switch req.Param("id") {
		case "fail":
			res.SetHeader("X", "1")
			return Errorf(409, "no")
		case "panic":
			panic("no")
		case "long":
			return res.Text(strings.Repeat("x", 5000))
		case "none":
			return nil
		}
		return res.SetHeader("X", "1").Text(fmt.Sprintf("%s %s %q %s", req.Route(), req.Param("id"), req.Segments("rest"), req.PathValue("id")))
	}
	for _, tt := range []struct {
		name          string
		wrap          Option
		undo, outcome func(string) string
	}{
		{"upper", upper, same, strings.ToUpper},
		{"gzip", compress, gunzip, same},
		{"none", Use(), same, same},
	} {
		for level, api := range map[string]*Router{
			"router": New(routerQuiet(), tt.wrap),
			"group":  New(routerQuiet()).Group("", tt.wrap),
			"twice":  New(routerQuiet(), Use()).Group("", routerTrace("")).Group("", tt.wrap),
			"route":  New(routerQuiet()),
		} {
			if level == "route" {
				api.Get("/a/[id]/[[...rest]]", handler, tt.wrap)
			} else {
				api.Get("/a/[id]/[[...rest]]", handler)
			}
			addr := routerServe(t, api)
			for _, rr := range []struct {
				method, target string
				status         int
				want           string
			}{
				{"GET", "/a/1", 200, `/a/[id]/[[...rest]] 1 [] 1`},
				{"GET", "/a/1/x/y", 200, `/a/[id]/[[...rest]] 1 ["x" "y"] 1`},
				{"GET", "/a/long", 200, strings.Repeat("x", 5000)},
				{"HEAD", "/a/1", 200, ""},
				{"GET", "/a/none", 204, ""},
				{"GET", "/a/fail", 409, `{"title":"Conflict","status":409,"detail":"no"}`},
				{"GET", "/a/panic", 500, `{"title":"Internal Server Error","status":500}`},
				{"POST", "/a/1", 405, `{"title":"Method Not Allowed","status":405}`},
				{"OPTIONS", "/a/1", 204, ""},
				{"GET", "/a//1", 308, ""},
				{"GET", "/a/%ff", 400, `{"title":"Bad Request","status":400,"detail":"the path holds NUL or is not UTF-8"}`},
			} {
				got := routerDo(t, addr, rr.method, rr.target)
				body := tt.undo(got.body)
				if got.status != rr.status || body != tt.outcome(rr.want) || got.err != nil {
					t.Errorf("%s on %s: %s %s = %d %.200q %v, want %d %.200q", tt.name, level, rr.method, rr.target,
						got.status, body, got.err, rr.status, tt.outcome(rr.want))
				}
				if rr.status == 405 && got.header.Get("Allow") != "GET, HEAD, OPTIONS" {
					t.Errorf("%s on %s: %s %s: Allow %q", tt.name, level, rr.method, rr.target, got.header["Allow"])
				}
				if rr.status == 409 && got.header.Get("X") != "" {
					t.Errorf("%s on %s: %s %s: the handler's header went out with the error", tt.name, level, rr.method, rr.target)
				}
			}
		}
	}
}

// http.TimeoutHandler runs the rest in a goroutine, with its own writer and its
// own context.
func TestTimeoutHandler(t *testing.T) {
	for _, level := range []string{"router", "group", "route"} {
		ended := make(chan struct{})
		handler := func(req *Request, res *Response) error {
			switch req.Param("id") {
			case "late":
				defer close(ended)
				<-req.Context().Done()
				return req.Context().Err()
			case "panic":
				panic("no")
			}
			return res.SetHeader("X", "1").Text(req.Route() + " " + req.Param("id") + " " + req.PathValue("id"))
		}
		with := func(d time.Duration) Option {
			return Use(func(h http.Handler) http.Handler { return http.TimeoutHandler(h, d, "too late") })
		}
		serve := func(d time.Duration) string {
			switch level {
			case "router":
				api := New(routerQuiet(), with(d))
				api.Get("/a/[id]", handler)
				return routerServe(t, api)
			case "group":
				api := New(routerQuiet())
				api.Group("/a", with(d)).Get("/[id]", handler)
				return routerServe(t, api)
			}
			api := New(routerQuiet())
			api.Get("/a/[id]", handler, with(d))
			return routerServe(t, api)
		}
		addr := serve(time.Hour)
		for _, tt := range []struct {
			method, target string
			status         int
			body           string
		}{
			{"GET", "/a/1", 200, "/a/[id] 1 1"},
			{"HEAD", "/a/1", 200, ""},
			{"POST", "/a/1", 405, `{"title":"Method Not Allowed","status":405}`},
			{"GET", "/a/panic", 500, `{"title":"Internal Server Error","status":500}`},
			{"GET", "/a/1/", 308, ""},
		} {
			got := routerDo(t, addr, tt.method, tt.target)
			if got.status != tt.status || got.body != tt.body {
				t.Errorf("%s: %s %s = %d %q, want %d %q", level, tt.method, tt.target, got.status, got.body, tt.status, tt.body)
			}
		}
		// The middleware answers, and the handler ends by itself later on.
		if got := routerGet(t, serve(time.Millisecond), "/a/late"); got.status != 503 || got.body != "too late" {
			t.Errorf("%s: GET /a/late = %d %q, want 503 by the middleware", level, got.status, got.body)
		}
		<-ended
	}
}

// A limit that stands outside of the router, or in its middleware, is answered
// as the package's own is.
func TestMaxBytesHandler(t *testing.T) {
	handler := func(req *Request, res *Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Bytes("text/plain", b)
	}
	limit := func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 4) }
	outside := New(routerQuiet())
	outside.Post("/a", handler)
	used := New(routerQuiet())
	used.Post("/a", handler, Use(limit))
	for name, h := range map[string]http.Handler{"outside": limit(outside), "used": used} {
		addr := routerServe(t, h)
		if got := routerPost(t, addr, "/a", "1234"); got.status != 200 || got.body != "1234" {
			t.Errorf("%s: 4 bytes = %d %q, want 200 and them", name, got.status, got.body)
		}
		got := routerPost(t, addr, "/a", "12345")
		routerProblem(t, name+": 5 bytes", got, 413)
		if !got.close {
			t.Errorf("%s: 5 bytes: no Connection: close", name)
		}
		got = serveRaw(t, addr, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n")
		routerProblem(t, name+": 5 bytes in chunks", got, 413)
	}
}

func TestUseReplacesRequest(t *testing.T) {
	type key struct{}
	for name, f := range map[string]func(r *http.Request) *http.Request{
		"WithContext": func(r *http.Request) *http.Request {
			return r.WithContext(context.WithValue(r.Context(), key{}, "v"))
		},
		"Clone": func(r *http.Request) *http.Request {
			return r.Clone(context.WithValue(r.Context(), key{}, "v"))
		},
		"another": func(r *http.Request) *http.Request {
			c, err := http.NewRequestWithContext(context.WithValue(r.Context(), key{}, "v"), r.Method, r.URL.String(), r.Body)
			if err != nil {
				t.Error(err)
			}
			return c
		},
	} {
		replace := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, f(r)) })
		handler := func(req *Request, res *Response) error {
			b, err := req.Bytes()
			if err != nil {
				return err
			}
			return res.Text(fmt.Sprint(req.Context().Value(key{}), " ", req.Route(), " ", req.Param("id"), " ", string(b)))
		}
		router := New(routerQuiet(), replace)
		router.Post("/a/[id]", handler)
		group := New(routerQuiet())
		group.Group("/a", replace).Group("/", replace).Post("/[id]", handler, replace)
		for level, api := range map[string]*Router{"router": router, "group": group} {
			addr := routerServe(t, api)
			if got, want := routerPost(t, addr, "/a/7", "body"), "v /a/[id] 7 body"; got.status != 200 || got.body != want {
				t.Errorf("%s on %s: %d %q, want 200 %q", name, level, got.status, got.body, want)
			}
			if got := routerGet(t, addr, "/a/7"); got.status != 405 || got.header.Get("Allow") != "OPTIONS, POST" {
				t.Errorf("%s on %s: GET = %d, Allow %q, want 405 with POST", name, level, got.status, got.header["Allow"])
			}
		}
	}
}

// Middleware may drop the context of the request: routing does not depend on it.
func TestUseDropsContext(t *testing.T) {
	drop := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.Background()))
	})
	show := func(req *Request, res *Response) error { return res.Text(req.Param("id")) }
	for name, register := range map[string]func(*Router){
		"route":  func(api *Router) { api.Get("/x/[id]", show, drop) },
		"group":  func(api *Router) { api.Group("/x", drop).Get("/[id]", show) },
		"nested": func(api *Router) { api.Group("/x", drop).Group("", routerTrace("inner")).Get("/[id]", show) },
	} {
		t.Run(name, func(t *testing.T) {
			api := New(routerQuiet())
			register(api)
			addr := routerServe(t, api)
			if got := routerGet(t, addr, "/x/7"); got.status != 200 || got.body != "7" {
				t.Errorf("%d %q, want 200 7", got.status, got.body)
			}
			if got := routerGet(t, addr, "/x/7/"); got.status != 308 {
				t.Errorf("with a slash at the end: %d, want 308", got.status)
			}
		})
	}
}

func TestMiddlewarePanics(t *testing.T) {
	before := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Id", "1")
		panic("secret")
	})
	after := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		panic("secret")
	})
	half := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("secret")
	})
	abort := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	around := func(after bool) Option {
		return Around(func(next Handler) Handler {
			return func(req *Request, res *Response) error {
				if after {
					next(req, res)
				}
				panic("secret")
			}
		})
	}
	stream := func(req *Request, res *Response) error {
		io.WriteString(res, "a part")
		return nil
	}
	for _, tt := range []struct {
		name    string
		option  Option
		handler Handler
		status  int // 0: no answer, or one that breaks off
		log     bool
	}{
		{"Use before", before, routerNot(t), 500, true},
		{"Use after a whole answer", after, routerOK, 200, true},
		{"Use after an answer without end", after, stream, 0, true},
		{"Use in the middle of its own answer", half, routerNot(t), 0, true},
		{"Use aborts", abort, routerNot(t), 0, false},
		{"Around before", around(false), routerNot(t), 500, true},
		{"Around after a whole answer", around(true), routerOK, 200, true},
		{"Around after an answer without end", around(true), stream, 0, true},
	} {
		for _, level := range []string{"router", "group", "route"} {
			var log routerLog
			api := New(log.option())
			switch level {
			case "router":
				api = New(log.option(), tt.option)
				api.Get("/a", tt.handler)
			case "group":
				api.Group("/a", tt.option).Get("", tt.handler)
			case "route":
				api.Get("/a", tt.handler, tt.option)
			}
			what := tt.name + " on " + level
			got := routerGet(t, routerServe(t, api), "/a")
			switch {
			case tt.status == 0 && got.err == nil:
				t.Errorf("%s: %d %q, want an answer cut off", what, got.status, got.body)
			case tt.status == 200 && (got.status != 200 || got.body != "ok" || got.err != nil):
				t.Errorf("%s: %d %q, %v, want 200 ok", what, got.status, got.body, got.err)
			case tt.status == 500:
				routerProblem(t, what, got, 500)
			}
			if strings.Contains(got.body, "secret") {
				t.Errorf("%s: the client is told %q", what, got.body)
			}
			if tt.name == "Use before" && got.header.Get("X-Id") != "1" {
				t.Errorf("%s: the middleware's own header is gone", what)
			}
			text := log.String()
			if tt.log != (strings.Contains(text, "panic: secret") && strings.Contains(text, "stack=")) {
				t.Errorf("%s: log %q, want the panic with its stack: %t", what, text, tt.log)
			}
		}
	}
}

// Use is outside of the place where a handler's panic is caught, and sees a 500.
func TestUseSeesStatus(t *testing.T) {
	var saw int
	look := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		rec := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(rec, r)
		saw = rec.status
	})
	for level, api := range map[string]*Router{
		"router": New(routerQuiet(), look),
		"group":  New(routerQuiet()).Group("", look),
	} {
		api.Get("/panic", func(req *Request, res *Response) error { panic("no") })
		api.Get("/error", func(req *Request, res *Response) error { return errors.New("no") })
		api.Get("/ok", routerOK)
		addr := routerServe(t, api)
		for _, tt := range []struct {
			method, target string
			want           int
		}{
			{"GET", "/panic", 500},
			{"GET", "/error", 500},
			{"GET", "/ok", 200},
			{"PUT", "/ok", 405},
			{"OPTIONS", "/ok", 204},
			{"GET", "/ok/", 308},
		} {
			saw = 0
			got := routerDo(t, addr, tt.method, tt.target)
			if saw != tt.want || got.status != tt.want {
				t.Errorf("%s: %s %s: the middleware saw %d, the client %d, want %d", level, tt.method, tt.target, saw, got.status, tt.want)
			}
		}
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) {
	w.status = code
	w.ResponseWriter.WriteHeader(code)
}

// Middleware may answer itself and leave the rest out.
func TestUseAnswers(t *testing.T) {
	refuse := func(next http.Handler) http.Handler {
		return &Error{Status: 401, Detail: "who?", Header: http.Header{"WWW-Authenticate": {"Basic"}}}
	}
	api := New(routerQuiet())
	api.Get("/a", routerNot(t), Use(refuse))
	guarded := New(routerQuiet(), Use(refuse))
	guarded.Get("/a", routerNot(t))
	for name, h := range map[string]http.Handler{"route": api, "router": guarded} {
		addr := routerServe(t, h)
		for _, method := range []string{"GET", "PUT", "OPTIONS"} {
			got := routerDo(t, addr, method, "/a")
			routerProblem(t, name+" "+method, got, 401)
			if got.header.Get("WWW-Authenticate") != "Basic" {
				t.Errorf("%s %s: WWW-Authenticate %q, want Basic", name, method, got.header["Www-Authenticate"])
			}
		}
	}
}

// Middleware that forgets to return, and so lets the request through a second
// time, must not take the process down: the second answer is refused and logged.
func TestUseCallsTwice(t *testing.T) {
	twice := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		next.ServeHTTP(w, r)
	})
	for level, api := range map[string]*Router{
		"router": New(twice),
		"group":  New().Group("", twice),
	} {
		var log routerLog
		api.Post("/a", func(req *Request, res *Response) error {
			if req.body.src == req.Body { // no test survives to read it
				t.Errorf("%s: the body reads from itself, without end", level)
				return res.Text("ok")
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				return err
			}
			return res.Text("ok")
		}, log.option(), NoBodyLimit())
		got := routerPost(t, routerServe(t, api), "/a", "body")
		if got.err == nil && (got.status != 200 || got.body != "ok") {
			t.Errorf("%s: %d %q, want 200 ok, or an answer cut off", level, got.status, got.body)
		}
		if !strings.Contains(log.String(), ErrAnswered.Error()) {
			t.Errorf("%s: log %q, want %q in it", level, log.String(), ErrAnswered)
		}
	}
}

// Options.

func TestInnerOptionWins(t *testing.T) {
	handler := func(req *Request, res *Response) error {
		deadline, _ := req.Context().Deadline()
		var v struct{ A int }
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text(strconv.FormatBool(!deadline.IsZero()))
	}
	api := New(routerQuiet(), BodyLimit(10), RejectUnknown(true), Timeout(time.Hour))
	group := api.Group("/g", BodyLimit(20), Timeout(0))
	api.Post("/router", handler)
	group.Post("/group", handler)
	group.Group("").Post("/nested", handler)
	group.Post("/route", handler, BodyLimit(30), BodyLimit(5), BodyLimit(40), RejectUnknown(false), Timeout(time.Hour))
	group.Post("/none", handler, NoBodyLimit(), RejectUnknown(false))
	New(routerQuiet()).Post("/other", handler, NoBodyLimit())
	addr := routerServe(t, api)
	pad := func(s string, n int) string { return s + strings.Repeat(" ", n-len(s)) }
	for _, tt := range []struct {
		target, body string
		status       int
		want         string
	}{
		{"/router", pad(`{"A":1}`, 10), 200, "true"},
		{"/router", pad(`{"A":1}`, 11), 413, ""},
		{"/router", `{"B":1}`, 400, ""},
		{"/g/group", pad(`{"A":1}`, 20), 200, "false"},
		{"/g/group", pad(`{"A":1}`, 21), 413, ""},
		{"/g/group", `{"B":1}`, 400, ""},
		{"/g/nested", pad(`{"A":1}`, 20), 200, "false"},
		{"/g/nested", pad(`{"A":1}`, 21), 413, ""},
		{"/g/route", pad(`{"B":1}`, 40), 200, "true"},
		{"/g/route", pad(`{"B":1}`, 41), 413, ""},
		{"/g/none", pad(`{"B":1}`, 2<<20), 200, "false"},
	} {
		got := routerPost(t, addr, tt.target, tt.body)
		if got.status != tt.status || tt.status == 200 && got.body != tt.want {
			t.Errorf("POST %s, %d bytes %.10q = %d %q, want %d %q", tt.target, len(tt.body), tt.body, got.status, got.body, tt.status, tt.want)
		}
	}
}

// A body that announces itself as too long is refused before the handler, who
// need not read it, and after the middleware, who may refuse it first or log it.
func TestBodyLimit(t *testing.T) {
	// The largest limit does not overflow.
	largest := New(routerQuiet())
	largest.Post("/x", func(req *Request, res *Response) error {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return err
		}
		return res.Text(string(b))
	}, BodyLimit(math.MaxInt64))
	w := httptest.NewRecorder()
	if largest.ServeHTTP(w, httptest.NewRequest("POST", "/x", strings.NewReader("text"))); w.Body.String() != "text" {
		t.Errorf("BodyLimit(math.MaxInt64): %d %q", w.Code, w.Body)
	}
	var saw error
	api := New(routerQuiet(), routerTrace("use"), Around(func(next Handler) Handler {
		return func(req *Request, res *Response) error {
			saw = next(req, res)
			return saw
		}
	}))
	reads := func(req *Request, res *Response) error {
		n, err := io.Copy(io.Discard, req.Body)
		if err != nil {
			return err
		}
		return res.Text(fmt.Sprint(n))
	}
	api.Post("/limit", reads, BodyLimit(4))
	api.Post("/unread", func(req *Request, res *Response) error { return res.Text("unread") }, BodyLimit(4))
	api.Post("/default", reads)
	addr := routerServe(t, api)
	chunks := func(n int) string {
		return fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", n, strings.Repeat("x", n))
	}
	length := func(n int) string {
		return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
	}
	for _, tt := range []struct {
		name, target, rest string
		status             int
		body               string
	}{
		{"none", "/limit", "\r\n", 200, "0"},
		{"at the limit", "/limit", length(4), 200, "4"},
		{"over the limit", "/limit", length(5), 413, ""},
		{"at the limit, in chunks", "/limit", chunks(4), 200, "4"},
		{"over the limit, in chunks", "/limit", chunks(5), 413, ""},
		{"over the limit and unread", "/unread", length(5), 413, ""},
		{"over the limit and unread, in chunks", "/unread", chunks(5), 200, "unread"},
		{"1 MiB", "/default", length(1 << 20), 200, "1048576"},
		{"more than 1 MiB", "/default", "Content-Length: 1048577\r\n\r\n", 413, ""},
		{"more than 1 MiB, expecting 100", "/default", "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", 413, ""},
	} {
		saw = nil
		got := serveRaw(t, addr, "POST "+tt.target+" HTTP/1.1\r\nHost: x\r\n"+tt.rest)
		if got.status != tt.status || tt.status == 200 && got.body != tt.body {
			t.Errorf("%s: %d %q, want %d %q", tt.name, got.status, got.body, tt.status, tt.body)
		}
		if tt.status != 413 {
			continue
		}
		routerProblem(t, tt.name, got, 413)
		if got.interim != nil {
			t.Errorf("%s: %d first, want none", tt.name, got.interim)
		}
		if !got.close {
			t.Errorf("%s: no Connection: close", tt.name)
		}
		if got.header.Get("Trace") != "use" || saw == nil {
			t.Errorf("%s: seen by Use as %q, by Around as %v", tt.name, got.header["Trace"], saw)
		}
	}
	// To a path without a handler for it the length is of no account.
	if got := serveRaw(t, addr, "PUT /limit HTTP/1.1\r\nHost: x\r\n"+length(5)); got.status != 405 {
		t.Errorf("PUT over the limit: %d, want 405", got.status)
	}
}

// Who waits for 100 Continue must get it when the body is read, and else the
// answer. net/http sees to that, unless it finds another Body in its request.
func TestExpectContinue(t *testing.T) {
	reads := func(req *Request, res *Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(string(b))
	}
	refuses := Around(func(Handler) Handler {
		return func(req *Request, res *Response) error { return &Error{Status: 401} }
	})
	api := New(routerQuiet())
	api.Post("/unread", routerOK)
	api.Post("/unread/unlimited", routerOK, NoBodyLimit())
	api.Post("/unread/timeout", routerOK, Timeout(time.Hour))
	api.Post("/unread/use", routerOK, routerTrace("use"))
	api.Post("/around", routerNot(t), refuses)
	api.Post("/reads", reads)
	api.Get("/get", routerNot(t))
	api.Mount("/mount", Handler(routerOK))
	addrs := map[string]string{"router": routerServe(t, api), "handler": routerServe(t, Handler(routerOK))}
	for _, tt := range []struct {
		server, target string
		status         int
		interim        []int
	}{
		{"router", "/unread", 200, nil},
		{"router", "/unread/unlimited", 200, nil},
		{"router", "/unread/timeout", 200, nil},
		{"router", "/unread/use", 200, nil},
		{"router", "/unread/", 308, nil},
		{"router", "/around", 401, nil},
		{"router", "/mount/x", 200, nil},
		{"router", "/get", 405, nil},
		{"router", "/none", 404, nil},
		{"handler", "/", 200, nil},
		{"router", "/reads", 200, []int{100}},
	} {
		text := "POST " + tt.target + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
		if tt.interim != nil {
			text += "body"
		}
		got := serveRaw(t, addrs[tt.server], text)
		if got.status == 0 {
			t.Fatalf("%s, %s: no answer: %v", tt.server, tt.target, got.err)
		}
		if got.status != tt.status || !slices.Equal(got.interim, tt.interim) || tt.interim != nil && got.body != "body" {
			t.Errorf("%s, %s: %d %q after %v, want %d after %v", tt.server, tt.target, got.status, got.body, got.interim, tt.status, tt.interim)
		}
	}
}

func TestTimeout(t *testing.T) {
	errOther := errors.New("other")
	wait := func(err error) Handler {
		return func(req *Request, res *Response) error {
			<-req.Context().Done()
			if err == nil {
				return req.Context().Err()
			}
			return err
		}
	}
	expired := func(req *Request, res *Response) error {
		ctx, cancel := context.WithTimeout(req.Context(), 0) // the handler's own
		defer cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	outer := routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 0)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
	var log routerLog
	api := New(log.option(), Timeout(time.Nanosecond))
	slow := api.Group("", Timeout(time.Hour))
	none := api.Group("", Timeout(0))
	api.Get("/late", wait(nil))
	api.Get("/late/other", wait(errOther))
	api.Get("/late/error", wait(Errorf(404, "gone")))
	api.Get("/late/wrapped", wait(fmt.Errorf("at: %w", Errorf(404, "gone"))))
	api.Get("/late/answer", func(req *Request, res *Response) error {
		<-req.Context().Done()
		return res.Text("late, but whole")
	})
	api.Get("/late/panic", func(req *Request, res *Response) error {
		<-req.Context().Done()
		panic("late")
	})
	api.Get("/late/around", routerNot(t), Around(func(Handler) Handler { return wait(nil) }))
	api.Get("/late/use", wait(nil), routerTrace("use"))
	slow.Get("/own", expired)
	slow.Get("/outer", wait(nil), outer)
	slow.Get("/outer/group", wait(nil), routerTrace("use"), outer)
	slow.Get("/other", func(req *Request, res *Response) error { return errOther })
	slow.Get("/expired", func(req *Request, res *Response) error { return context.DeadlineExceeded })
	none.Get("/none", func(req *Request, res *Response) error {
		_, ok := req.Context().Deadline()
		return res.Text(strconv.FormatBool(ok))
	})
	none.Get("/none/own", expired)
	none.Get("/shorter", wait(nil), Timeout(time.Nanosecond))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		target string
		status int
		body   string
	}{
		{"/late", 503, ""},
		{"/late/other", 503, ""},
		{"/late/error", 404, ""},
		{"/late/wrapped", 404, ""},
		{"/late/answer", 200, "late, but whole"},
		{"/late/panic", 500, ""}, // a panic is a 500 at any time
		{"/late/around", 503, ""},
		{"/late/use", 503, ""},
		{"/own", 500, ""},
		{"/outer", 500, ""},
		{"/outer/group", 500, ""},
		{"/other", 500, ""},
		{"/expired", 500, ""},
		{"/none", 200, "false"},
		{"/none/own", 500, ""},
		{"/shorter", 503, ""},
	} {
		before := len(log.String())
		got := routerGet(t, addr, tt.target)
		if tt.status == 200 {
			if got.status != 200 || got.body != tt.body {
				t.Errorf("GET %s = %d %q, want 200 %q", tt.target, got.status, got.body, tt.body)
			}
			continue
		}
		routerProblem(t, "GET "+tt.target, got, tt.status)
		if line := log.String()[before:]; tt.status >= 500 && !strings.Contains(line, "level=ERROR") {
			t.Errorf("GET %s: log %q, want it as an error", tt.target, line)
		}
	}
}

// The default logger is looked up when there is something to log.
func TestLogger(t *testing.T) {
	old := slog.Default()
	defer slog.SetDefault(old)
	fail := func(req *Request, res *Response) error { return errors.New("the reason") }
	var outer, inner, std routerLog
	plain := New()
	plain.Get("/plain", fail)
	api := New(outer.option())
	api.Get("/outer/[id]", fail)
	api.Get("/nil", fail, Logger(nil))
	api.Get("/inner", fail, inner.option())
	slog.SetDefault(slog.New(slog.NewTextHandler(&std, nil)))
	addr, other := routerServe(t, api), routerServe(t, plain)
	for _, tt := range []struct {
		addr, target string
		log          *routerLog
	}{
		{other, "/plain", &std},
		{addr, "/outer/7", &outer},
		{addr, "/nil", &std},
		{addr, "/inner", &inner},
	} {
		before := map[*routerLog]int{&outer: len(outer.String()), &inner: len(inner.String()), &std: len(std.String())}
		routerGet(t, tt.addr, tt.target)
		for l, n := range before {
			line := l.String()[n:]
			if l != tt.log {
				if line != "" {
					t.Errorf("GET %s: another log has %q", tt.target, line)
				}
				continue
			}
			for _, want := range []string{"method=GET", "path=" + tt.target, "status=500", `error="the reason"`} {
				if !strings.Contains(line, want) {
					t.Errorf("GET %s: log %q, want %q in it", tt.target, line, want)
				}
			}
		}
	}
	if got := outer.String(); !strings.Contains(got, "route=/outer/[id]") {
		t.Errorf("log %q, want the route in it", got)
	}
}

// Mount.

func TestMount(t *testing.T) {
	says := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Said", name+" "+r.Method+" "+r.RequestURI)
			if r.URL.EscapedPath() != strings.SplitN(r.RequestURI, "?", 2)[0] {
				t.Errorf("%s: URL %q, want it as it came", r.RequestURI, r.URL)
			}
		})
	}
	api := New(routerQuiet())
	api.Mount("/", says("root"))
	api.Get("/", FromHTTP(says("home")))
	api.Get("/a", FromHTTP(says("a")))
	api.Mount("/a", says("mount-a"))
	api.Get("/a/b", FromHTTP(says("b")))
	api.Get("/a/[x]/c", FromHTTP(says("c")))
	api.Mount("/u/[id]/files", says("files"))
	api.Mount("/s", says("never"))
	api.Get("/s/[[...x]]", FromHTTP(says("s")))
	api.Mount("/m", says("m"))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
		want           string // what was said, and nothing about the target
	}{
		{"GET", "/", 200, "home"},
		{"POST", "/", 405, ""}, // the path is home's, and it is one file
		{"GET", "/x", 200, "root"},
		{"POST", "/x/y/z", 200, "root"},
		{"GET", "/x//y/../z/", 200, "root"},
		{"GET", "/x/%2e%2e/%2F", 200, "root"},
		{"GET", "//evil.com/", 200, "root"},
		{"GET", "/%ff%00", 200, "root"}, // not a value of the path
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
		{"GET", "/a/../aa/", 200, "root"}, // the tidy path decides
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
		got := routerDo(t, addr, tt.method, tt.target)
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
	}
}

// What is usually mounted: files, another mux, another router.
func TestMountKinds(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mux/{id}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "mux "+r.PathValue("id")) })
	inner := New(routerQuiet(), routerTrace("inner"))
	inner.Get("/inner/[id]", func(req *Request, res *Response) error {
		return res.Text("inner " + req.Param("id") + " " + req.Route())
	}, routerTrace("inner-route"))
	inner.Get("/inner/panic", func(req *Request, res *Response) error { panic("no") })
	api := New(routerQuiet(), routerTrace("outer"))
	api.Mount("/mux", mux)
	api.Mount("/inner", inner, routerTrace("mount"))
	api.Mount("/strip/[x]", http.StripPrefix("/strip", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.URL.Path+" "+r.PathValue("x"))
	})))
	addr := routerServe(t, api)
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
		got := routerDo(t, addr, tt.method, tt.target)
		if got.status != tt.status || tt.status == 200 && got.body != tt.body {
			t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.target, got.status, got.body, tt.status, tt.body)
		}
		if trace := strings.Join(got.header["Trace"], " "); trace != tt.trace {
			t.Errorf("%s %s: through %q, want %q", tt.method, tt.target, trace, tt.trace)
		}
	}
}

// A Mount takes bodies of any length unless it has a limit of its own, whatever
// its group has.
func TestMountBodyLimit(t *testing.T) {
	reads := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			(&Error{Status: 418}).ServeHTTP(w, r) // the plain handler's own business
			return
		}
		fmt.Fprint(w, n)
	})
	api := New(routerQuiet(), BodyLimit(4))
	group := api.Group("/g", BodyLimit(5))
	api.Mount("/a", reads)
	group.Mount("/b", reads)
	group.Mount("/c", reads, BodyLimit(6))
	group.Handle("/d", FromHTTP(reads))
	addr := routerServe(t, api)
	for _, tt := range []struct {
		target string
		length int
		status int
	}{
		{"/a/x", 2 << 20, 200},
		{"/g/b", 2 << 20, 200},
		{"/g/c", 6, 200},
		{"/g/c/x", 7, 413},
		{"/g/d", 5, 200},
		{"/g/d", 6, 413},
	} {
		got := routerPost(t, addr, tt.target, strings.Repeat("x", tt.length))
		if got.status != tt.status || tt.status == 200 && got.body != strconv.Itoa(tt.length) {
			t.Errorf("POST %s, %d bytes = %d %q, want %d", tt.target, tt.length, got.status, got.body, tt.status)
		}
	}
	got := serveRaw(t, addr, "POST /g/c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n1234567\r\n0\r\n\r\n")
	if got.status != 418 {
		t.Errorf("POST /g/c, 7 bytes in chunks = %d, want the handler's own 418", got.status)
	}
}

// Plain handlers.

func TestFromHTTP(t *testing.T) {
	plain := func(f http.HandlerFunc) Handler { return FromHTTP(f) }
	var log routerLog
	api := New(log.option())
	api.Handle("/nothing", plain(func(w http.ResponseWriter, r *http.Request) {}))
	api.Handle("/header", plain(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X", "1") }))
	api.Handle("/status", plain(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(202) }))
	api.Handle("/body/[...x]", plain(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("x")) }))
	api.Handle("/hints", plain(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103) }))
	api.Handle("/panic", plain(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X", "1"); panic("no") }))
	api.Handle("/handler", FromHTTP(Handler(routerOK)))
	api.Handle("/error", FromHTTP(&Error{Status: 410}))
	api.Handle("/redirect", FromHTTP(http.RedirectHandler("/x", http.StatusFound)))
	api.Handle("/hijack", plain(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 299 Mine\r\nContent-Length: 0\r\n\r\n")
		conn.Close()
	}))
	addr := routerServe(t, api)
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
		{"GET", "/error", 410, `{"title":"Gone","status":410}`},
		{"GET", "/redirect", 302, "<a href=\"/x\">Found</a>.\n\n"},
		{"GET", "/hijack", 299, ""},
	} {
		got := routerDo(t, addr, tt.method, tt.target)
		if got.status != tt.status || got.body != tt.body || got.err != nil {
			t.Errorf("%s %s = %d %q %v, want %d %q", tt.method, tt.target, got.status, got.body, got.err, tt.status, tt.body)
		}
	}
	if got := routerGet(t, addr, "/hints"); got.status != 200 || !slices.Equal(got.interim, []int{103}) {
		t.Errorf("GET /hints = %d after %v, want 200 after 103", got.status, got.interim)
	}
	if got := log.String(); got != "" {
		t.Errorf("log %q, want nothing", got)
	}
	got := routerGet(t, addr, "/panic")
	routerProblem(t, "GET /panic", got, 500)
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
	mux.Handle("GET /x/{id}", Handler(func(req *Request, res *Response) error {
		return res.Text(fmt.Sprintf("%s %q", req.Param("id")+req.Param("none"), req.Segments("none")))
	}))
	mux.Handle("/all/{rest...}", Handler(func(req *Request, res *Response) error {
		return res.Text(fmt.Sprintf("%s %q", req.PathValue("rest"), req.Segments("rest")))
	}))
	mux.Handle("/nothing", Handler(func(req *Request, res *Response) error { return nil }))
	mux.Handle("/error", Handler(func(req *Request, res *Response) error { return Errorf(409, "no") }))
	mux.Handle("/refuse", Handler(func(req *Request, res *Response) error { return &Error{Status: 405} }))
	mux.Handle("/panic", Handler(func(req *Request, res *Response) error { panic("no") }))
	mux.Handle("/nil", Handler(nil))
	mux.Handle("/body", Handler(func(req *Request, res *Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(strconv.Itoa(len(b)))
	}))
	addr := routerServe(t, mux)
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
		{"GET", "/refuse", 405, `{"title":"Method Not Allowed","status":405}`},
		{"GET", "/panic", 500, `{"title":"Internal Server Error","status":500}`},
		{"GET", "/nil", 500, `{"title":"Internal Server Error","status":500}`},
	} {
		got := routerDo(t, addr, tt.method, tt.target)
		if got.status != tt.status || got.body != tt.body {
			t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.target, got.status, got.body, tt.status, tt.body)
		}
		if tt.status >= 400 {
			routerProblem(t, tt.method+" "+tt.target, got, tt.status)
		}
	}
	for _, tt := range []struct{ length, status int }{{1 << 20, 200}, {1<<20 + 1, 413}} {
		if got := routerPost(t, addr, "/body", strings.Repeat("x", tt.length)); got.status != tt.status {
			t.Errorf("POST /body, %d bytes = %d, want %d", tt.length, got.status, tt.status)
		}
	}
}

// Concurrency; these tests are for the race detector too.

func TestRegisterWhileServing(t *testing.T) {
	api := New(routerQuiet())
	api.Get("/fixed/[id]", func(req *Request, res *Response) error { return res.Text(req.Param("id")) })
	get := func(target string) (int, string) {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		return w.Code, w.Body.String()
	}
	var wg sync.WaitGroup
	var stop atomic.Bool
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !stop.Load() {
				want := strconv.Itoa(i)
				if code, body := get("/fixed/" + want); code != 200 || body != want {
					t.Errorf("GET /fixed/%s = %d %q while routes are added", want, code, body)
					return
				}
				api.Routes()
			}
		}()
	}
	var adders sync.WaitGroup
	const n = 25
	for i := range 4 {
		adders.Add(1)
		go func() {
			defer adders.Done()
			for j := range n {
				path := fmt.Sprintf("/added/%d/%d", i, j)
				if code, _ := get(path); code != 404 {
					t.Errorf("GET %s = %d before it is added, want 404", path, code)
				}
				api.Group("/added").Get(strings.TrimPrefix(path, "/added"), routerOK)
				if code, _ := get(path); code != 200 { // seen by the next request
					t.Errorf("GET %s = %d after it is added, want 200", path, code)
				}
			}
		}()
	}
	adders.Wait()
	stop.Store(true)
	wg.Wait()
	if got, want := len(api.Routes()), 1+4*n; got != want {
		t.Errorf("%d routes, want %d", got, want)
	}
}

// A handler may register a route, and middleware may when it is made.
func TestRegisterFromInside(t *testing.T) {
	api := New(routerQuiet())
	api.Post("/add/[name]", func(req *Request, res *Response) error {
		api.Get("/"+req.Param("name"), routerOK, Use(func(h http.Handler) http.Handler {
			api.Get("/"+req.Param("name")+"/by-middleware", routerOK)
			return h
		}))
		return nil
	})
	addr := routerServe(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/x", 404},
		{"POST", "/add/x", 204},
		{"GET", "/x", 200},
		{"GET", "/x/by-middleware", 200},
		{"POST", "/add/x", 500}, // clashes with itself
		{"GET", "/x", 200},
	} {
		if got := routerDo(t, addr, tt.method, tt.target); got.status != tt.status {
			t.Errorf("%s %s = %d, want %d", tt.method, tt.target, got.status, tt.status)
		}
	}
}

// Two servers share a router, and no request sees what another one has.
func TestSharedRouter(t *testing.T) {
	api := New(routerQuiet())
	api.Group("/g/[a]", routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("A", r.PathValue("a"))
		next.ServeHTTP(w, r)
	})).Post("/[...rest]", func(req *Request, res *Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(req.Param("a") + " " + strings.Join(req.Segments("rest"), ",") + " " + string(b))
	})
	addrs := []string{routerServe(t, api), routerServe(t, api)}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range 20 {
				a, b := strconv.Itoa(i), strconv.Itoa(j)
				got := routerPost(t, addrs[i%2], "/g/"+a+"/x/"+b, "body"+a)
				if want := a + " x," + b + " body" + a; got.status != 200 || got.body != want || got.header.Get("A") != a {
					t.Errorf("POST /g/%s/x/%s = %d %q, want 200 %q", a, b, got.status, got.body, want)
				}
			}
		}()
	}
	wg.Wait()
}

// What a handler keeps is its own for good.
func TestRequestIsNotReused(t *testing.T) {
	var mu sync.Mutex
	kept := map[string]*Request{}
	api := New(routerQuiet())
	api.Get("/[id]", func(req *Request, res *Response) error {
		mu.Lock()
		defer mu.Unlock()
		kept[req.Param("id")] = req
		return nil
	})
	addr := routerServe(t, api)
	for i := range 20 {
		routerGet(t, addr, "/"+strconv.Itoa(i))
	}
	mu.Lock()
	defer mu.Unlock()
	var got []string
	for id, req := range kept {
		if req.Param("id") == id && req.URL.Path == "/"+id {
			got = append(got, id)
		}
	}
	if len(got) != 20 {
		slices.Sort(got)
		t.Errorf("only the requests %q are as they were", got)
	}
}

// A plain handler that still runs when http.TimeoutHandler has answered does not
// write what the middleware around reads.
func TestTimeoutHandlerPathValue(t *testing.T) {
	late, done := make(chan struct{}), make(chan struct{})
	access := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			close(late)
			if v := r.PathValue("id"); v != "7" {
				t.Errorf("after the answer, id is %q", v)
			}
		})
	}
	timeout := func(next http.Handler) http.Handler { return http.TimeoutHandler(next, time.Millisecond, "") }
	slow := func(next Handler) Handler {
		return func(req *Request, res *Response) error { <-late; return next(req, res) }
	}
	api := New(routerQuiet())
	api.Get("/u/[id]", FromHTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if v := r.PathValue("id"); v != "7" {
			t.Errorf("in the handler, id is %q", v)
		}
		close(done)
	})), Use(access, timeout), Around(slow))
	s := httptest.NewServer(api)
	defer s.Close()
	resp, err := http.Get(s.URL + "/u/7")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	<-done
}

// routerSearch is a query of five parameters.
type routerSearch struct {
	Page  int      `query:"page" json:"page"`
	Limit int      `query:"limit" json:"limit"`
	Draft bool     `query:"draft" json:"draft"`
	Q     string   `query:"q" json:"q"`
	Tags  []string `query:"tag" json:"tags"`
}

// A request is one allocation, with its response; the others are what goes in
// and out.
func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector allocates too")
		return
	}
	api := New()
	api.Get("/api/nothing", func(*Request, *Response) error { return nil })
	api.Get("/api/posts/[id]/nothing", func(*Request, *Response) error { return nil })
	api.Get("/api/user", func(_ *Request, res *Response) error { return res.JSON(struct{ Name string }{"John Doe"}) })
	api.Get("/api/posts/[id]", func(req *Request, res *Response) error { return res.JSON(struct{ ID string }{req.Param("id")}) })
	api.Get("/api/search", func(req *Request, res *Response) error {
		in, err := Bind[routerSearch](req)
		if err != nil {
			return err
		}
		return res.JSON(in)
	})
	type typed struct {
		ID string `path:"id"`
	}
	Get(api, "/api/typed/[id]", func(_ context.Context, in typed) (typed, error) { return in, nil })
	Get(api, "/api/typed/nothing", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	w := endpointNoWriter{http.Header{}}
	for _, tt := range []struct {
		target string
		json   any // like what is answered, or nil
		want   float64
	}{
		{"/api/nothing", nil, 1},
		{"/api/posts/42/nothing", nil, 1},
		{"/api/posts/" + strings.Repeat("long", 30) + "/nothing", nil, 1},
		{"/api/user", struct{ Name string }{"John Doe"}, 2},
		{"/api/posts/42", struct{ ID string }{"42"}, 2},
		{"/api/search?page=2&limit=50&draft=true&q=go%20%26%20http&tag=web&tag=api",
			routerSearch{2, 50, true, "go & http", []string{"web", "api"}}, 4},
		{"/api/typed/nothing", nil, 0},
		{"/api/typed/42", typed{"42"}, 0},
	} {
		r := httptest.NewRequest("GET", tt.target, nil)
		r.Body = http.NoBody // as a server has it
		got := testing.AllocsPerRun(500, func() {
			clear(w.h)
			api.ServeHTTP(w, r)
		})
		if tt.json != nil { // encoding/json on json/v2 has some of its own
			got -= testing.AllocsPerRun(500, func() { json.NewEncoder(io.Discard).Encode(tt.json) })
		}
		if got > tt.want {
			t.Errorf("%s: %v allocations, want at most %v", tt.target, got, tt.want)
		}
	}
}

// Requests that no server makes, but a test by hand, get an answer.
func TestServeByHand(t *testing.T) {
	use := Use(func(h http.Handler) http.Handler { return http.HandlerFunc(h.ServeHTTP) })
	for _, opts := range [][]Option{nil, {use}} {
		api := New(append(opts, Logger(bindQuiet))...)
		api.Get("/x", func(_ *Request, res *Response) error { return res.Text("x") })
		Post(api, "/x", func(context.Context, struct {
			Body *endpointOut `body:"json"`
		}) (string, error) {
			return "typed", nil
		})
		for _, tt := range []struct {
			r      http.Request
			status int
		}{
			{http.Request{}, 404},
			{http.Request{Method: "POST"}, 404},
			{http.Request{Method: "CONNECT"}, 405},
			{http.Request{URL: &url.URL{}}, 404},
			{http.Request{URL: &url.URL{Path: "*"}}, 404},
			{http.Request{URL: &url.URL{Path: "x"}}, 404},
			{http.Request{URL: &url.URL{Opaque: "/x"}}, 404},
			{http.Request{URL: &url.URL{Path: "/x"}}, 405},
			{http.Request{Method: "GET", URL: &url.URL{Path: "/x"}}, 200},
			{http.Request{Method: "POST", URL: &url.URL{Path: "/x"}}, 200},
			{http.Request{Method: "POST", URL: &url.URL{Path: "/x"}, Body: http.NoBody, ContentLength: -1}, 200},
		} {
			w := httptest.NewRecorder()
			api.ServeHTTP(w, &tt.r)
			if w.Code != tt.status {
				t.Errorf("%s %v: %d %s, want %d", tt.r.Method, tt.r.URL, w.Code, w.Body, tt.status)
			}
		}
	}
}
