package apiroute

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

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

	mu    sync.Mutex            // held while a route is registered
	table atomic.Pointer[table] // nil until there is a route
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
	root, err := r.current().root.insert(&rt, segs)
	if err == nil {
		r.table.Store(&table{root: *root})
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
	var list []Route
	r.current().root.walk(func(p *page) {
		for _, m := range p.matches {
			list = append(list, Route{m.method, m.route.path, m.route.source})
		}
	})
	return list
}
