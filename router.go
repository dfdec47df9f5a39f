// Package apiroute is Next.js API Routes for Go: a route is a path such as
// /api/posts/[id], and its handler gets a request whose method, query and body
// are ready to use, and answers with res.Status(201).JSON(v).
//
//	package main
//
//	import (
//		"log"
//		"net/http"
//
//		"example.com/apiroute"
//	)
//
//	func main() {
//		api := apiroute.New()
//		api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
//			return res.JSON(map[string]string{"id": req.Param("id")})
//		})
//		log.Fatal(http.ListenAndServe("localhost:8080", api))
//	}
//
// # Paths
//
//	path                   matches                              does not match
//	/api/user              /api/user                            /api/User, /api/user/x
//	/api/posts/[id]        /api/posts/1, /api/posts/a%2Fb       /api/posts, /api/posts/1/2
//	/api/docs/[...slug]    /api/docs/a, /api/docs/a/b           /api/docs
//	/api/shop/[[...slug]]  /api/shop, /api/shop/a/b             /api/shops
//
// A name is any text without brackets, braces and slashes that does not start
// with a period. Each segment of a request's path is percent-decoded once, after
// the split, and static segments compare so, case and all. A value that is not
// UTF-8 or holds NUL is answered 400.
//
// Which path has a request does not depend on the order of registration, and is
// the same as in Next.js: where two paths differ first, static goes before [x]
// before [...x] before [[...x]] before [Router.Mount]. A path that matches has
// the request also when it lacks the method.
//
// # What no handler answers
//
// A path that nothing matches is a 404. A method that a path does not serve is a
// 405 with Allow, OPTIONS a 204 with Allow, and HEAD is served where GET is.
// CONNECT is a 405 always. A path with empty or dot segments or a slash at its
// end is redirected (308) to the tidy path if that has a route, on the same host
// and with the query as it was. A body that is announced as longer than the
// [BodyLimit] is a 413 before the handler runs. For errors see [Error].
package apiroute

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A Handler answers the requests of a route, as the default export of a file
// in Next's pages/api does. It answers through res, or returns an error, which
// the package answers; see [Error]. If it returns nil and has answered nothing,
// the answer is the status set by [Response.Status], or 204.
//
// A handler is called by many goroutines at once. Its req and res are used for
// this request only, never again, and so may be kept; but after the handler has
// returned, nothing may be written to res.
type Handler func(req *Request, res *Response) error

// ServeHTTP makes a Handler an [http.Handler] with the default options, so that
// one handler can be put into a mux that is there already:
//
//	mux.Handle("POST /x/{id}", apiroute.Handler(h))
//
// [Request.Param] then gives what [http.Request.PathValue] gives.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, res := newExchange(w, r, destination{match: standalone})
	defer req.leave(res)
	req.serve(res, nil, h)
}

// standalone is the match of handlers without a router, with the default options.
var standalone = &match{scope: &scope{config: defaults}}

// FromHTTP makes a plain handler a [Handler], for one path of a router
// (/metrics); for a path and all below it there is [Router.Mount]. The values of
// the path's segments are there as [http.Request.PathValue]. As net/http has it,
// a plain handler that answers nothing has answered 200. FromHTTP panics if h
// is nil.
func FromHTTP(h http.Handler) Handler {
	if isNil(h) {
		panic("apiroute: FromHTTP: nil handler")
	}
	return func(req *Request, res *Response) error {
		if rt := req.found().route; rt != nil && rt.plain == nil { // else middleware has them already, and may be reading
			req.setPathValues()
		}
		h.ServeHTTP(res, req.Request)
		if !res.started() {
			res.WriteHeader(http.StatusOK)
		}
		return nil
	}
}

// isNil reports whether v is nil, or a nil function in an interface.
func isNil(v any) bool {
	return v == nil || reflect.ValueOf(v).Kind() == reflect.Func && reflect.ValueOf(v).IsNil()
}

// A Router is an [http.Handler] that routes by path, as the folder pages/api
// does. [New] makes one; [Router.Group] gives it another prefix and options.
//
// All its methods may be called at any time by many goroutines, also while it
// serves: the next request sees a new route. Those that register a route panic
// if the path, the handler or an option is refused, with the reason and the
// file and line; where two routes clash, with the file and line of both.
type Router struct {
	*core
	prefix string // "" for the root
	scope  *scope
}

// A core is what a router and its groups have in common.
type core struct {
	handler http.Handler // route, within the middleware of the root; nil if there is none

	missing   *match // for a path that no page matches
	authority *match // for CONNECT, which names an authority and no path

	mu    sync.Mutex // guards tree, and the making of table
	tree  node
	table atomic.Pointer[table] // nil when out of date
}

// New returns a router. It panics if an option has no meaning for a router.
func New(opts ...Option) *Router {
	s, err := newScope(nil, onRouter, opts)
	if err != nil {
		panic(fmt.Sprintf("apiroute: %s: New: %v", source(), err))
	}
	c := &core{missing: &match{scope: s, instead: notFound}, authority: &match{scope: s, instead: refuseConnect}}
	if len(s.use) > 0 {
		if c.handler, err = wrap[http.Handler](http.HandlerFunc(c.enter), s.use); err != nil {
			panic(fmt.Sprintf("apiroute: %s: New: %v", source(), err))
		}
	}
	return &Router{core: c, scope: s}
}

// Group returns the same router under a prefix, with options of its own for
// what is registered through it. The prefix may hold dynamic segments; "" and
// "/" are no prefix. In a group, the paths "" and "/" are the prefix itself.
// Served as a handler, a group is the whole router. Group panics if the prefix
// or an option is refused.
func (r *Router) Group(prefix string, opts ...Option) *Router {
	path, err := joinPath(r.prefix, prefix)
	if err == nil {
		_, err = parsePath(path)
	}
	s, optErr := newScope(r.scope, onGroup, opts)
	if err = errors.Join(err, optErr); err != nil {
		panic(fmt.Sprintf("apiroute: %s: group %q: %v", source(), r.prefix+prefix, err))
	}
	return &Router{core: r.core, prefix: strings.TrimSuffix(path, "/"), scope: s}
}

// joinPath returns the path that stands for path under a prefix.
func joinPath(prefix, path string) (string, error) {
	switch {
	case path != "" && path[0] != '/':
		return "", errors.New("it must begin with a slash")
	case path != "/" && path != "":
		return prefix + path, nil
	case prefix != "":
		return prefix, nil
	}
	return "/", nil
}

// Handle registers a handler for every method of a path but CONNECT and TRACE,
// HEAD and OPTIONS included, as a file in pages/api does: the handler looks at
// req.Method. Where a method is registered beside it, the method wins.
func (r *Router) Handle(path string, h Handler, opts ...Option) {
	r.must(route{source: source(), path: path, handler: h}, onRoute, opts)
}

// Get registers a handler for GET of a path. It also answers HEAD, with the
// same status and headers and no body.
func (r *Router) Get(path string, h Handler, opts ...Option) {
	r.must(route{source: source(), method: http.MethodGet, path: path, handler: h}, onRoute, opts)
}

// Post registers a handler for POST of a path.
func (r *Router) Post(path string, h Handler, opts ...Option) {
	r.must(route{source: source(), method: http.MethodPost, path: path, handler: h}, onRoute, opts)
}

// Put registers a handler for PUT of a path.
func (r *Router) Put(path string, h Handler, opts ...Option) {
	r.must(route{source: source(), method: http.MethodPut, path: path, handler: h}, onRoute, opts)
}

// Patch registers a handler for PATCH of a path.
func (r *Router) Patch(path string, h Handler, opts ...Option) {
	r.must(route{source: source(), method: http.MethodPatch, path: path, handler: h}, onRoute, opts)
}

// Delete registers a handler for DELETE of a path.
func (r *Router) Delete(path string, h Handler, opts ...Option) {
	r.must(route{source: source(), method: http.MethodDelete, path: path, handler: h}, onRoute, opts)
}

// Method registers a handler for one method of a path, such as "PROPFIND". It
// panics if method is CONNECT, which is always answered 405, or is not an
// upper-case token (RFC 9110, section 5.6.2).
func (r *Router) Method(method, path string, h Handler, opts ...Option) {
	if method == http.MethodConnect || !isToken(method) || method != strings.ToUpper(method) {
		panic(fmt.Sprintf("apiroute: %s: path %q: method %q: want an upper-case token other than CONNECT",
			source(), r.prefix+path, method))
	}
	r.must(route{source: source(), method: method, path: path, handler: h}, onRoute, opts)
}

// isToken reports whether s is a token; RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && strings.Trim(s, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// Mount registers a plain handler for a path and all below it, for every method
// but CONNECT: files, pprof, another mux. It is tried after all other paths at
// its level, so that Mount("/", h) has what nothing else matches. The path may
// hold [x], but no catch-all. The tidy path of a request decides; the request
// goes to h as it came, with nothing stripped and nothing redirected, and with
// no body limit but one given here.
func (r *Router) Mount(path string, h http.Handler, opts ...Option) {
	var handler Handler
	if !isNil(h) {
		handler = FromHTTP(h)
	}
	r.must(route{source: source(), path: path, handler: handler}, onMount, opts)
}

// source returns file and line of the caller's caller, who called this package.
func source() string {
	_, file, line, _ := runtime.Caller(2)
	return file + ":" + strconv.Itoa(line)
}

func (r *Router) must(rt route, at place, opts []Option) {
	if err := r.register(rt, at, opts); err != nil {
		panic(fmt.Sprintf("apiroute: %s: path %q: %v", rt.source, r.prefix+rt.path, err))
	}
}

// register registers a route whose path is that within the group.
func (r *Router) register(rt route, at place, opts []Option) (err error) {
	if r.scope.parent == nil && rt.path == "" {
		return errors.New("it must begin with a slash") // only a group has a path of its own
	}
	if rt.path, err = joinPath(r.prefix, rt.path); err != nil {
		return err
	}
	segs, err := parsePath(rt.path)
	if err != nil {
		return err
	}
	if rt.handler == nil {
		return errors.New("the handler is nil")
	}
	if at == onMount {
		if n := len(segs); n > 0 && segs[n-1].kind > single {
			return errors.New("a Mount has all below its path without a catch-all")
		}
		segs = append(segs, segment{kind: mounted})
	}
	if rt.scope, err = newScope(r.scope, at, opts); err != nil {
		return err
	}
	if err = rt.build(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.tree.insert(segs, rt.path, rt.source)
	if err != nil {
		return err
	}
	if n.page, err = n.page.with(&rt, segs); err == nil {
		r.table.Store(nil)
	}
	return err
}

// A Route is what has been registered: see [Router.Routes].
type Route struct {
	Method string // "" for Handle and Mount
	Path   string // as registered, with the prefix of its group
	Source string // file:line
}

// Routes returns what is registered in the order in which paths are tried, and
// on one path by method, that for every method last.
func (r *Router) Routes() []Route {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Route
	r.tree.walk(func(p *page) {
		for _, m := range p.matches {
			list = append(list, Route{m.method, m.route.path, m.route.source})
		}
	})
	return list
}

// ServeHTTP answers a request. It panics with [http.ErrAbortHandler] only, to
// cut the connection where half an answer is out. Behind [http.StripPrefix] a
// redirect to a tidy path lacks the prefix, which a [Router.Group] would know.
// Under a pattern such as /api/, ServeMux redirects /api to /api/, which the
// router redirects back: where /api is a route, it needs a pattern of its own.
func (r *Router) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	if r.handler != nil {
		req, res := newExchange(w, hr, destination{match: r.missing})
		defer req.leave(res)
		res.state |= fresh
		r.handler.ServeHTTP(res, hr)
		return
	}
	req, res := newExchange(w, hr, r.find(hr))
	defer req.leave(res)
	req.dispatch(res)
}

// enter is the inner end of the router's own middleware.
func (c *core) enter(w http.ResponseWriter, r *http.Request) {
	res, ok := w.(*Response)
	if !ok || !res.is(fresh) { // middleware has put its own writer in between
		_, res = newExchange(w, r, destination{match: c.missing})
	}
	req := res.req
	req.Request, req.base = r, r
	res.state &^= fresh
	defer req.leave(res)
	req.destination = c.find(r)
	req.dispatch(res)
}

// find finds what a request has come to.
func (c *core) find(r *http.Request) destination {
	switch {
	case r.Method == http.MethodConnect:
		// Not for any path: ServeMux panics on CONNECT //x; golang/go#81222.
		return destination{match: c.authority}
	case r.URL == nil: // no server makes such a request
		return destination{match: c.missing}
	}
	t := c.current()
	p, valid := t.root.find(r.URL)
	if p != nil && valid && r.URL.Path != "/" { // as mostly
		return destination{p.serves(r.Method), r.URL.Path}
	}
	return c.findOdd(r, t, p, valid)
}

// findOdd is find for a path for which the tree has no page, or one that needs a
// closer look.
func (c *core) findOdd(r *http.Request, t *table, p *page, valid bool) destination {
	if p != nil {
		d := destination{&p.unfit, r.URL.Path}
		if d.text == "/" { // which has no segments
			d.text = ""
		}
		if valid || validValue(d.text) || p.mounted() && d.validValues(p) {
			d.match = p.serves(r.Method)
		}
		return d
	}
	missing := destination{match: c.missing}
	if isPlain(r.URL) {
		return missing
	}
	target, ok := parseTarget(r.URL)
	if !ok {
		return missing
	}
	if p = t.match(target.segs); p == nil {
		return missing
	}
	x := more{segs: target.segs, moved: target.path}
	d := destination{match: p.unfit.with(x)}
	switch {
	case x.moved != "" && !p.mounted():
		d.match = p.moved.with(x)
	case d.validValues(p):
		d.match = p.serves(r.Method).with(x)
	}
	return d
}

// dispatch lets a request be answered by what it has come to.
func (req *Request) dispatch(res *Response) {
	if rt := req.match.route; rt != nil {
		setPattern(req.Request, rt.path)
		rt.serve(req, res)
		return
	}
	req.serve(res, nil, nil)
}

// current returns the table that holds all routes registered by now.
func (c *core) current() *table {
	if t := c.table.Load(); t != nil {
		return t
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.table.Load()
	if t == nil {
		t = compile(&c.tree)
		c.table.Store(t)
	}
	return t
}
