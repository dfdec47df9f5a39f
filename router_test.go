package apiroute_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// respondOK is a handler that responds with "ok".
func respondOK(req *apiroute.Request, res *apiroute.Response) error { return res.Text("ok") }

// notReached returns a handler that must not be reached.
func notReached(t *testing.T) apiroute.Handler {
	return func(req *apiroute.Request, res *apiroute.Response) error {
		t.Errorf("%s %s: the handler was called", req.Method, req.URL)
		return nil
	}
}

// traceUse returns standard middleware that adds a value to the header Trace.
func traceUse(name string) apiroute.Option {
	return apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Trace", name)
			next.ServeHTTP(w, r)
		})
	})
}

// traceAround is traceUse for Around.
func traceAround(name string) apiroute.Option {
	return apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			res.Header().Add("Trace", name)
			return next(req, res)
		}
	})
}

// useFunc makes standard middleware of a function that gets the next handler too.
func useFunc(f func(next http.Handler, w http.ResponseWriter, r *http.Request)) apiroute.Option {
	return apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(next, w, r) })
	})
}

// Which handler a method reaches, and what a path without a handler for it responds.
func TestMethods(t *testing.T) {
	t.Parallel()
	says := func(name string) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			return res.SetHeader("Said", name+" "+req.Method).Text(name)
		}
	}
	api := apiroute.New(quiet())
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
	srv := newServer(t, api)
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
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			reply := srv.do(tt.method, tt.target, "", "Cookie: secret=1")
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
				reply.wantProblem(t, tt.status)
			}
			if (tt.method == "HEAD" || tt.status == 204) && reply.body != "" {
				t.Errorf("%s %s: body %q, want none", tt.method, tt.target, reply.body)
			}
		})
	}
}

// A 405 that the handler returns itself gets the Allow header of its path.
func TestAllowOfHandler(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Handle("/any", func(req *apiroute.Request, res *apiroute.Response) error { return &apiroute.Error{Status: 405} })
	api.Post("/own", func(req *apiroute.Request, res *apiroute.Response) error {
		return &apiroute.Error{Status: 405, Header: http.Header{"Allow": {"GET"}}}
	})
	srv := newServer(t, api)
	for _, tt := range []struct{ target, want string }{
		{"/any", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"},
		{"/own", "GET"},
	} {
		t.Run(tt.target, func(t *testing.T) {
			if got := srv.do("POST", tt.target, "").header.Get("Allow"); got != tt.want {
				t.Errorf("POST %s: Allow %q, want %q", tt.target, got, tt.want)
			}
		})
	}
}

func TestHeadHasHeadersOfGet(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Get("/a", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Status(201).SetHeader("X", "1").JSON([]int{1, 2})
	})
	api.Get("/error", func(req *apiroute.Request, res *apiroute.Response) error { return apiroute.Errorf(409, "no") })
	srv := newServer(t, api)
	for _, target := range []string{"/a", "/error", "/none"} {
		t.Run(target, func(t *testing.T) {
			get, head := srv.do("GET", target, ""), srv.do("HEAD", target, "")
			get.header.Del("Date")
			head.header.Del("Date")
			if diff := cmp.Diff(get.header, head.header); diff != "" {
				t.Errorf("%s: headers of GET and HEAD (-GET +HEAD):\n%s", target, diff)
			}
			if get.status != head.status || head.body != "" || get.body == "" {
				t.Errorf("%s: GET %d %q, HEAD %d %q", target, get.status, get.body, head.status, head.body)
			}
		})
	}
}

func TestRefusedMethodName(t *testing.T) {
	t.Parallel()
	api := apiroute.New()
	for _, method := range []string{"", "get", "Get", "GET ", " GET", "GE T", "GET\n", "GET/", "GÉT", "G\x00", "GET,PUT", "(", "CONNECT"} {
		t.Run(strconv.Quote(method), func(t *testing.T) {
			site, got := here(), mustPanic(t, func() { api.Method(method, "/a/[id]", respondOK) })
			for _, want := range []string{"apiroute: " + site + ": ", strconv.Quote(method), `"/a/[id]"`, "upper-case token"} {
				if !strings.Contains(got, want) {
					t.Errorf("method %q: panic %q, want %q in it", method, got, want)
				}
			}
		})
	}
	if got := api.Routes(); len(got) != 0 {
		t.Errorf("Routes() = %v, want none", got)
	}
}

// Two routes on one path: which may stand beside each other, and what a clash says.
func TestSamePathTwice(t *testing.T) {
	t.Parallel()
	type registration = func(*apiroute.Router)
	get := func(path string) registration { return func(r *apiroute.Router) { r.Get(path, respondOK) } }
	post := func(path string) registration { return func(r *apiroute.Router) { r.Post(path, respondOK) } }
	handle := func(path string) registration { return func(r *apiroute.Router) { r.Handle(path, respondOK) } }
	method := func(name, path string) registration {
		return func(r *apiroute.Router) { r.Method(name, path, respondOK) }
	}
	inGroup := func(r *apiroute.Router) { r.Group("/a").Get("", respondOK) }
	mount := func(path string) registration {
		return func(r *apiroute.Router) { r.Mount(path, http.NewServeMux()) }
	}
	for _, tt := range []struct {
		name          string
		first, second registration
		want          string // part of the panic; "" if both are accepted
	}{
		{"GET twice", get("/a"), get("/a"), "GET already has a handler"},
		{"GET by two names", get("/a"), method("GET", "/a"), "GET already has a handler"},
		{"GET in a group", inGroup, get("/a"), "GET already has a handler"},
		{"Handle twice", handle("/a"), handle("/a"), "it already has a handler"},
		{"Mount twice", mount("/a"), mount("/a"), "it already has a handler"},
		{"Mount with another name", mount("/[a]"), mount("/[b]"), "[b] has another name than the segment"},
		{"GET and POST", get("/a"), post("/a"), ""},
		{"GET and HEAD", get("/a"), method("HEAD", "/a"), ""},
		{"Handle and GET", handle("/a"), get("/a"), ""},
		{"GET and Handle", get("/a"), handle("/a"), ""},
		{"Handle and Mount", handle("/a"), mount("/a"), ""},
		{"Mount and GET", mount("/"), get("/"), ""},
		{"Mount and catch-all", mount("/a"), get("/a/[[...x]]"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New()
			tt.first(api)
			before := api.Routes()
			if tt.want == "" {
				tt.second(api)
				if got := len(api.Routes()); got != 2 {
					t.Errorf("%s: %d routes, want 2", tt.name, got)
				}
				return
			}
			got := mustPanic(t, func() { tt.second(api) })
			for _, want := range []string{tt.want, before[0].Source, strconv.Quote(before[0].Path)} {
				if !strings.Contains(got, want) {
					t.Errorf("%s: panic %q, want %q in it", tt.name, got, want)
				}
			}
			if diff := cmp.Diff(before, api.Routes()); diff != "" {
				t.Errorf("%s: Routes() have changed:\n%s", tt.name, diff)
			}
		})
	}
}

// A refused route must leave no trace on its path: the Allow header and the middleware stay as they
// were.
func TestRefusedLeavesPage(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	group := api.Group("/a", traceUse("group"))
	group.Get("", respondOK, traceUse("get"))
	group.Post("", respondOK, traceUse("post"))
	srv := newServer(t, api)
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
			t.Run(when+", "+tt.method, func(t *testing.T) {
				got := srv.do(tt.method, "/a", "")
				if trace := strings.Join(got.header["Trace"], " "); got.status != tt.status || trace != tt.trace {
					t.Errorf("%s: %s /a = %d through %q, want %d through %q", when, tt.method, got.status, trace, tt.status, tt.trace)
				}
			})
		}
	}
	check("before")
	mustPanic(t, func() { api.Get("/a", notReached(t), traceUse("other")) })
	check("after a second GET")
	mustPanic(t, func() { api.Put("/a", notReached(t), apiroute.Option{}) })
	check("after a bad option")
	mustPanic(t, func() { api.Put("/a", nil) })
	check("after no handler")
	mustPanic(t, func() { api.Put("/a", notReached(t), apiroute.Use(func(http.Handler) http.Handler { return nil })) })
	check("after no middleware")
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	api := apiroute.New()
	group := api.Group("/g/[id]")
	var nilHandler apiroute.Handler
	var nilFunc http.HandlerFunc
	mux := http.NewServeMux()
	nilUse := apiroute.Use(func(http.Handler) http.Handler { return nil })
	nilUseFunc := apiroute.Use(func(http.Handler) http.Handler { return nilFunc })
	nilAround := apiroute.Around(func(apiroute.Handler) apiroute.Handler { return nil })
	known := apiroute.RejectUnknown
	status := apiroute.Status(201)
	var none *apiroute.Router
	zero := new(apiroute.Router)
	const isNil, isZero = "the *Router is nil: make one with New", "the Router is a zero value: make one with New"
	const noHandler, twice, useless = "handler is nil", `"id" is in it twice`, "Status is not allowed"
	for _, tt := range []struct {
		name     string
		site     string // of the call in register
		register func()
		wants    []string // parts of the panic
	}{
		{"Handle, nil", here(), func() { api.Handle("/a", nil) }, []string{`"/a"`, noHandler}},
		{"Get, nil Handler", here(), func() { api.Get("/a", nilHandler) }, []string{`"/a"`, noHandler}},
		{"Post in a group, nil", here(), func() { group.Post("/a", nil) }, []string{`"/g/[id]/a"`, noHandler}},
		{"Put, nil", here(), func() { api.Put("/a", nil) }, []string{`"/a"`, noHandler}},
		{"Patch, nil", here(), func() { api.Patch("/a", nil) }, []string{`"/a"`, noHandler}},
		{"Delete, nil", here(), func() { api.Delete("/a", nil) }, []string{`"/a"`, noHandler}},
		{"Method, nil", here(), func() { api.Method("FOO", "/a", nil) }, []string{`"/a"`, noHandler}},
		{"Mount, nil", here(), func() { api.Mount("/a", nil) }, []string{`"/a"`, noHandler}},
		{"Mount, nil HandlerFunc", here(), func() { api.Mount("/a", nilFunc) }, []string{`"/a"`, noHandler}},
		{"Mount, nil Handler", here(), func() { api.Mount("/a", nilHandler) }, []string{`"/a"`, noHandler}},

		{"Mount on a catch-all", here(), func() { api.Mount("/a/[...x]", mux) }, []string{`"/a/[...x]"`, "without a catch-all"}},
		{"Mount on an optional catch-all", here(), func() { api.Mount("/[[...x]]", mux) }, []string{`"/[[...x]]"`, "without a catch-all"}},
		{"Mount, name of the group", here(), func() { group.Mount("/[id]", mux) }, []string{twice}},

		{"path without a slash in a group", here(), func() { group.Get("a", respondOK) }, []string{`path "a" in group "/g/[id]": it must begin with a slash`}},
		{"Method of a path without a slash in a group", here(), func() { group.Method("GET", "a", respondOK) }, []string{`path "a" in group "/g/[id]": it must`}},
		{"Method of no method in a group", here(), func() { group.Method("get", "a", respondOK) }, []string{`path "a" in group "/g/[id]": method "get"`}},
		{"Mount of a path without a slash in a group", here(), func() { group.Mount("a", mux) }, []string{`path "a" in group "/g/[id]": it must`}},
		{"endpoint of a path without a slash in a group", here(), func() { apiroute.Get(group, "a", zeroFunc[struct{}]) }, []string{`path "a" in group "/g/[id]": it must`}},
		{"path in a group", here(), func() { group.Get("/a//b", respondOK) }, []string{`path "/g/[id]/a//b" ("/a//b" in group "/g/[id]"): it has an empty`}},
		{"no path in a group", here(), func() { group.Get("", nil) }, []string{`path "/g/[id]" ("" in group "/g/[id]"): `, noHandler}},
		{"Get of a nil router", here(), func() { none.Get("/a", respondOK) }, []string{`path "/a": `, isNil}},
		{"Handle of a nil router", here(), func() { none.Handle("/a", respondOK) }, []string{`path "/a": `, isNil}},
		{"Post of a nil router", here(), func() { none.Post("/a", respondOK) }, []string{`path "/a": `, isNil}},
		{"Put of a nil router", here(), func() { none.Put("/a", respondOK) }, []string{`path "/a": `, isNil}},
		{"Patch of a nil router", here(), func() { none.Patch("/a", respondOK) }, []string{`path "/a": `, isNil}},
		{"Delete of a nil router", here(), func() { none.Delete("/a", respondOK) }, []string{`path "/a": `, isNil}},
		{"Method of a nil router", here(), func() { none.Method("GET", "/a", respondOK) }, []string{`path "/a": `, isNil}},
		{"Mount of a nil router", here(), func() { none.Mount("/a", mux) }, []string{`path "/a": `, isNil}},
		{"Mount of a router in a nil router", here(), func() { none.Mount("/a", api) }, []string{`path "/a": `, isNil}},
		{"Group of a nil router", here(), func() { none.Group("/a") }, []string{`group "/a": `, isNil}},
		{"Routes of a nil router", here(), func() { none.Routes() }, []string{`Routes: `, isNil}},
		{"endpoint of a nil router", here(), func() { apiroute.Get(none, "/a", zeroFunc[struct{}]) }, []string{`path "/a": `, isNil}},
		{"Mount, nil router", here(), func() { api.Mount("/a", none) }, []string{`"/a"`, noHandler}},
		{"Mount, nil mux", here(), func() { api.Mount("/a", (*http.ServeMux)(nil)) }, []string{`"/a"`, noHandler}},
		{"Get of a zero router", here(), func() { zero.Get("/a", respondOK) }, []string{`path "/a": `, isZero}},
		{"Mount of a zero router", here(), func() { zero.Mount("/a", mux) }, []string{`path "/a": `, isZero}},
		{"Group of a zero router", here(), func() { zero.Group("/a") }, []string{`group "/a": `, isZero}},
		{"Routes of a zero router", here(), func() { zero.Routes() }, []string{`Routes: `, isZero}},
		{"endpoint of a zero router", here(), func() { apiroute.Delete(zero, "/a", zeroFunc[struct{}]) }, []string{`path "/a": `, isZero}},
		{"Mount, zero router", here(), func() { api.Mount("/a", zero) }, []string{`"/a"`, isZero}},
		{"name of the group", here(), func() { group.Get("/[id]", respondOK) }, []string{`"/g/[id]/[id]"`, twice}},
		{"path after a catch-all", here(), func() { api.Group("/[...x]").Get("/a", respondOK) }, []string{"must be the last"}},
		{"Group without a slash", here(), func() { api.Group("a") }, []string{`"a"`, "begin with a slash"}},
		{"Group with a last slash", here(), func() { api.Group("/a/") }, []string{`"/a/"`, "end with a slash"}},
		{"Group of slashes", here(), func() { api.Group("//") }, []string{`"//"`, "slash"}},
		{"Group with an empty segment", here(), func() { api.Group("/a//b") }, []string{`"/a//b"`, "empty segment"}},
		{"Group with braces", here(), func() { api.Group("/{a}") }, []string{`"/{a}"`, "[id]"}},
		{"Group with a name twice", here(), func() { api.Group("/[a]/[a]") }, []string{`"a" is in it twice`}},
		{"Group in a group, name twice", here(), func() { group.Group("/x/[id]") }, []string{`"/g/[id]/x/[id]"`, twice}},
		{"Group in a group without a slash", here(), func() { group.Group("x") }, []string{"begin with a slash"}},

		{"New, zero Option", here(), func() { apiroute.New(apiroute.Option{}) }, []string{"zero"}},
		{"Group, zero Option", here(), func() { api.Group("/a", apiroute.Option{}) }, []string{`"/a"`, "zero"}},
		{"Get, zero Option", here(), func() { api.Get("/a", respondOK, apiroute.Option{}) }, []string{`"/a"`, "zero"}},
		{"Mount, zero Option", here(), func() { api.Mount("/a", mux, apiroute.Option{}) }, []string{`"/a"`, "zero"}},
		{"Mount, RejectUnknown", here(), func() { api.Mount("/a", mux, known(true)) }, []string{`"/a"`, "RejectUnknown is not allowed"}},
		{"Mount, no RejectUnknown", here(), func() { api.Mount("/a", mux, known(false)) }, []string{`"/a"`, "RejectUnknown is not allowed"}},
		{"Mount, ETag", here(), func() { api.Mount("/a", mux, apiroute.ETag(true)) }, []string{`"/a"`, "ETag is not allowed"}},
		{"Mount, JSONCodec", here(), func() { api.Mount("/a", mux, apiroute.JSONCodec(nil, nil)) }, []string{`"/a"`, "JSONCodec is not allowed"}},
		{"Mount, Status", here(), func() { api.Mount("/a", mux, status) }, []string{`"/a"`, useless}},
		{"Get, Status", here(), func() { api.Get("/a", respondOK, status) }, []string{`"/a"`, useless}},
		{"Handle, Status", here(), func() { api.Handle("/a", respondOK, status) }, []string{`"/a"`, useless}},
		{"Group, Status", here(), func() { api.Group("/a", status) }, []string{`"/a"`, useless}},
		{"New, Status", here(), func() { apiroute.New(status) }, []string{useless}},
		{"two options at once", here(), func() { api.Get("/a", respondOK, status, apiroute.Option{}) }, []string{useless, "zero"}},
		{"two mistakes at once", here(), func() { api.Group("a", apiroute.Option{}) }, []string{"begin with a slash", "zero"}},

		// Whoever writes middleware needs to know where it was used.
		{"New, Use returns nil", here(), func() { apiroute.New(nilUse) }, []string{"returned nil"}},
		{"Get, Use returns nil", here(), func() { api.Get("/a", respondOK, nilUse) }, []string{`"/a"`, "returned nil"}},
		{"Get, Use returns a nil HandlerFunc", here(), func() { api.Get("/a", respondOK, nilUseFunc) }, []string{`"/a"`, "returned nil"}},
		{"Get, Around returns nil", here(), func() { api.Get("/a", respondOK, nilAround) }, []string{`"/a"`, "returned nil"}},
		{"Group, Around returns nil", here(), func() { api.Group("/b", nilAround).Get("/a", respondOK) }, []string{`"/b/a"`, "returned nil"}},
		{"Mount, Around returns nil", here(), func() { api.Mount("/a", mux, nilAround) }, []string{`"/a"`, "returned nil"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := mustPanic(t, tt.register)
			if want := "apiroute: " + tt.site + ": "; !strings.HasPrefix(got, want) {
				t.Errorf("panic %q, want it to begin with %q", got, want)
			}
			for _, want := range tt.wants {
				if !strings.Contains(got, want) {
					t.Errorf("%s: panic %q, want %q in it", tt.site, got, want)
				}
			}
		})
	}
	if got := api.Routes(); len(got) != 0 {
		t.Errorf("Routes() = %v, want none", got)
	}
}

func TestGroupPaths(t *testing.T) {
	t.Parallel()
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
		t.Run(fmt.Sprintf("%q in %q", tt.path, tt.prefixes), func(t *testing.T) {
			t.Parallel()
			for name, register := range map[string]func(r *apiroute.Router){
				"Handle": func(r *apiroute.Router) { r.Handle(tt.path, respondOK) },
				"Mount":  func(r *apiroute.Router) { r.Mount(tt.path, http.NotFoundHandler()) },
			} {
				if name == "Mount" && strings.Contains(tt.want, "...") {
					continue
				}
				t.Run(name, func(t *testing.T) {
					api := apiroute.New()
					r := api
					for _, p := range tt.prefixes {
						r = r.Group(p)
					}
					register(r)
					if got := api.Routes(); len(got) != 1 || got[0].Path != tt.want {
						t.Errorf("%s of %q in the groups %q: %v, want %q", name, tt.path, tt.prefixes, got, tt.want)
					}
				})
			}
		})
	}
}

// A group serves all routes of its router: being a group only matters for registration.
func TestGroupServes(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	group := api.Group("/g", traceUse("group"))
	group.Get("/a", respondOK)
	api.Get("/b", respondOK)
	for name, srv := range map[string]*server{"router": newServer(t, api), "group": newServer(t, group)} {
		t.Run(name, func(t *testing.T) {
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
				t.Run(tt.target, func(t *testing.T) {
					got := srv.do("GET", tt.target, "")
					if got.status != tt.status || got.header.Get("Trace") != tt.trace {
						t.Errorf("%s: GET %s = %d through %q, want %d through %q", name, tt.target, got.status, got.header["Trace"], tt.status, tt.trace)
					}
				})
			}
		})
	}
	if diff := cmp.Diff(api.Routes(), group.Routes()); diff != "" {
		t.Errorf("Routes() of the router and a group:\n%s", diff)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	var sites []string
	at := func() apiroute.Handler { // is called on the line of the registration
		_, file, line, _ := runtime.Caller(1)
		sites = append(sites, file+":"+strconv.Itoa(line))
		return respondOK
	}
	api := apiroute.New()
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
	(*apiroute.Router).Get(api, "/z", at())
	group.Mount("/files", at())
	api.Get("/caf%C3%A9", at())
	api.Post("/café", at())

	want := []apiroute.Route{
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

// Routes may be registered while requests are served; this is a test for the race detector too.
func TestRegisterWhileServing(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Get("/fixed/[id]", func(req *apiroute.Request, res *apiroute.Response) error { return res.Text(req.Param("id")) })
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
				api.Group("/added").Get(strings.TrimPrefix(path, "/added"), respondOK)
				if code, _ := get(path); code != 200 { // the next request sees it
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

// A handler may register a route, and middleware may while it is created.
func TestRegisterFromInside(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Post("/add/[name]", func(req *apiroute.Request, res *apiroute.Response) error {
		api.Get("/"+req.Param("name"), respondOK, apiroute.Use(func(h http.Handler) http.Handler {
			api.Get("/"+req.Param("name")+"/by-middleware", respondOK)
			return h
		}))
		return nil
	})
	srv := newServer(t, api)
	for _, tt := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/x", 404},
		{"POST", "/add/x", 204},
		{"GET", "/x", 200},
		{"GET", "/x/by-middleware", 200},
		{"POST", "/add/x", 500}, // the same routes again are a clash
		{"GET", "/x", 200},
	} {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			if got := srv.do(tt.method, tt.target, ""); got.status != tt.status {
				t.Errorf("%s %s = %d, want %d", tt.method, tt.target, got.status, tt.status)
			}
		})
	}
}

// Two servers may share a router, and no request sees the data of another.
func TestSharedRouter(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Group("/g/[a]", useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("A", r.PathValue("a"))
		next.ServeHTTP(w, r)
	})).Post("/[...rest]", func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(req.Param("a") + " " + strings.Join(req.Segments("rest"), ",") + " " + string(b))
	})
	servers := []*server{newServer(t, api), newServer(t, api)}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range 20 {
				a, b := strconv.Itoa(i), strconv.Itoa(j)
				got := servers[i%2].do("POST", "/g/"+a+"/x/"+b, "body"+a, "Content-Type: application/json")
				if want := a + " x," + b + " body" + a; got.status != 200 || got.body != want || got.header.Get("A") != a {
					t.Errorf("POST /g/%s/x/%s = %d %q, want 200 %q", a, b, got.status, got.body, want)
				}
			}
		}()
	}
	wg.Wait()
}

// A handler may keep its request: it is never used for another one.
func TestRequestIsNotReused(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	kept := map[string]*apiroute.Request{}
	api := apiroute.New(quiet())
	api.Get("/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		mu.Lock()
		defer mu.Unlock()
		kept[req.Param("id")] = req
		return nil
	})
	srv := newServer(t, api)
	for i := range 20 {
		srv.do("GET", "/"+strconv.Itoa(i), "")
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
		t.Errorf("only the requests %q are unchanged", got)
	}
}
