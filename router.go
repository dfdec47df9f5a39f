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

// This file holds the [Router] and the registration of routes. Registering adds a route to a tree
// of pages that is never changed in place: a new tree takes the place of the old one, so that
// requests need no lock. The life of a request is in serve.go, and the 405 for a method without a
// handler in page.go.

// A Router is an [http.Handler] that routes by path, as the folder pages/api does.
// [New] returns one, and [Router.Group] returns the same router with a prefix and
// options of its own.
//
// All methods of a Router may be called by many goroutines at once, also while it
// serves requests: the next request sees a new route. The methods that register a
// route panic if the path, the handler or an option is invalid, with the reason
// and the file and line of the call. If two routes clash, the panic has the file
// and line of both.
type Router struct {
	*core
	prefix string // the path of the group; "" for the router itself
	scope  *scope // the options of the group, inside those of the levels around it
}

// A core is what a router and its groups share: a group is the same core with another prefix and
// scope.
type core struct {
	useChain http.Handler // the router's own Use, ending in routeAfterUse; nil if there is none

	notFound *match // for a path that no page matches
	connect  *match // for CONNECT, whose target is an authority and not a path

	mu    sync.Mutex            // held while a route is registered
	table atomic.Pointer[table] // nil until there is a route
}

// New returns a router. It panics if an option has no meaning for a router, or if
// middleware returns nil.
func New(opts ...Option) *Router {
	s, err := newScope(nil, onRouter, opts)
	if err != nil {
		panic(fmt.Sprintf("apiroute: %s: New: %v", callerPos(), err))
	}
	c := &core{notFound: &match{scope: s, respond: respondNotFound}, connect: &match{scope: s, respond: respondConnect}}
	if len(s.use) > 0 {
		if c.useChain, err = wrap[http.Handler](http.HandlerFunc(c.routeAfterUse), s.use); err != nil {
			panic(fmt.Sprintf("apiroute: %s: New: %v", callerPos(), err))
		}
	}
	return &Router{core: c, scope: s}
}

// Group returns the same router under a prefix, with options of its own for the
// routes that are registered through it. The prefix may have dynamic segments; ""
// and "/" stand for no prefix. In a group, the paths "" and "/" are the prefix
// itself. As a handler, a group serves the routes of the whole router. Group
// panics if the prefix or an option is invalid.
func (r *Router) Group(prefix string, opts ...Option) *Router {
	path, err := joinPath(r.prefix, prefix)
	if err == nil {
		_, err = parsePath(path)
	}
	s, optErr := newScope(r.scope, onGroup, opts)
	if err = errors.Join(err, optErr); err != nil {
		panic(fmt.Sprintf("apiroute: %s: group %q: %v", callerPos(), r.prefix+prefix, err))
	}
	return &Router{core: r.core, prefix: strings.TrimSuffix(path, "/"), scope: s}
}

// joinPath returns a path with the prefix of its group. In the group /api, both "" and "/" stand
// for /api itself, and "/posts" for /api/posts.
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

// Handle registers a handler for all methods of a path except CONNECT and TRACE,
// HEAD and OPTIONS included, as a file in pages/api does. The handler looks at
// req.Method. A handler that is registered for one method of the same path takes
// precedence.
func (r *Router) Handle(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), path: path, handler: h}, onRoute, opts)
}

// Get registers a handler for GET of a path. The handler also serves HEAD, with the
// same status and header and no body.
func (r *Router) Get(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodGet, path: path, handler: h}, onRoute, opts)
}

// Post registers a handler for POST of a path.
func (r *Router) Post(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodPost, path: path, handler: h}, onRoute, opts)
}

// Put registers a handler for PUT of a path.
func (r *Router) Put(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodPut, path: path, handler: h}, onRoute, opts)
}

// Patch registers a handler for PATCH of a path.
func (r *Router) Patch(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodPatch, path: path, handler: h}, onRoute, opts)
}

// Delete registers a handler for DELETE of a path.
func (r *Router) Delete(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodDelete, path: path, handler: h}, onRoute, opts)
}

// Method registers a handler for one method of a path, such as "PROPFIND". It
// panics if method is CONNECT, to which the response is always a 405, or is not an
// upper-case token (RFC 9110, section 5.6.2).
func (r *Router) Method(method, path string, h Handler, opts ...Option) {
	if method == http.MethodConnect || !isToken(method) || method != strings.ToUpper(method) {
		panic(fmt.Sprintf("apiroute: %s: path %q: method %q: want an upper-case token other than CONNECT",
			callerPos(), r.prefix+path, method))
	}
	r.must(route{source: callerPos(), method: method, path: path, handler: h}, onRoute, opts)
}

// Mount registers a plain handler for a path and everything below it, for all
// methods except CONNECT. Examples are files, pprof, or another mux. It is tried
// after all other paths at its level, so that Mount("/", h) gets the requests that
// nothing else matches. The path may have segments such as [x], but no catch-all.
// The tidy path of a request decides whether it matches. The request is passed to
// h as it came in: nothing is stripped, nothing is redirected, and there is no
// body limit unless one is given here.
func (r *Router) Mount(path string, h http.Handler, opts ...Option) {
	var handler Handler
	if !isNil(h) {
		handler = FromHTTP(h)
	}
	r.must(route{source: callerPos(), path: path, handler: handler}, onMount, opts)
}

// FromHTTP turns a plain handler into a [Handler] for one path of a router, such
// as /metrics. For a path and everything below it, use [Router.Mount]. The plain
// handler finds the values of the path with [http.Request.PathValue]. As in
// net/http, a plain handler that writes nothing has responded with 200. FromHTTP
// panics if h is nil.
func FromHTTP(h http.Handler) Handler {
	if isNil(h) {
		panic("apiroute: FromHTTP: nil handler")
	}
	return func(req *Request, res *Response) error {
		// If there is middleware, it has the values already and may be reading them.
		if rt := req.matchOrDefault().route; rt != nil && rt.useChain == nil {
			req.setPathValues()
		}
		h.ServeHTTP(res, req.Request)
		if !res.started() {
			res.WriteHeader(http.StatusOK)
		}
		return nil
	}
}

// isNil reports whether v is nil or an interface that holds a nil function, such as a nil Handler.
// Without it, a handler like that would panic at its first request rather than at registration.
func isNil(v any) bool {
	return v == nil || reflect.ValueOf(v).Kind() == reflect.Func && reflect.ValueOf(v).IsNil()
}

// callerPos returns where the program has called this package, as file:line. It must be called
// directly by the exported function.
func callerPos() string {
	_, file, line, _ := runtime.Caller(2)
	return file + ":" + strconv.Itoa(line)
}

// must registers a route, or panics with the reason why it cannot be registered and the place of
// the call.
func (r *Router) must(rt route, at place, opts []Option) {
	if err := r.register(rt, at, opts); err != nil {
		panic(fmt.Sprintf("apiroute: %s: path %q: %v", rt.source, r.prefix+rt.path, err))
	}
}

// register registers a route, whose path is relative to the group. Everything that can fail is done
// before the new table is stored, so a failed registration leaves the routes as they were.
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
			return errors.New("a Mount gets everything below its path without a catch-all")
		}
		segs = append(segs, segment{kind: mounted})
	}
	if rt.scope, err = newScope(r.scope, at, opts); err != nil {
		return err
	}
	rt.find = r.find
	if err = rt.buildChains(); err != nil {
		return err
	}
	rt.limitReuse()
	r.mu.Lock()
	defer r.mu.Unlock()
	root, err := r.current().root.insert(&rt, segs)
	if err == nil {
		r.table.Store(&table{root: *root})
	}
	return err
}

// A Route describes a registered route; see [Router.Routes].
type Route struct {
	Method string // "" for all methods, as with Handle and Mount
	Path   string // the path as it was registered, with the prefix of its group
	Source string // where it was registered, as file:line
}

// Routes returns the registered routes in the order in which their paths are tried.
// The routes of one path are sorted by method; the one for all methods is last.
func (r *Router) Routes() []Route {
	var list []Route
	r.current().root.walk(func(p *page) {
		for _, m := range p.matches {
			list = append(list, Route{m.method, m.route.path, m.route.source})
		}
	})
	return list
}
