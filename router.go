package apiroute

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// This file holds the [Router] and the registration of routes. Registering adds a route to a tree
// of pages that is never changed in place: a new tree takes the place of the old one, so that
// requests need no lock. The life of a request is in serve.go, and the 405 for a method without a
// handler in page.go.

// A Router is an [http.Handler] that routes by path, as the folder pages/api does. [New] returns
// one, and [Router.Group] returns the same router with a prefix and options of its own. The zero
// Router is not usable: its methods panic, as those of a nil *Router do.
//
// All methods of a Router may be called by many goroutines at once, also while it serves requests:
// the next request sees a new route. The methods that register a route panic if the path, the
// handler or an option is invalid, with the reason and the file and line of the call. If two routes
// clash, the panic has the file and line of both.
type Router struct {
	*core
	prefix string // the path of the group; "" for the router itself
	scope  *scope // the options of the group, inside those of the levels around it
}

// New returns a router without routes. The options apply to all routes, and to the responses where
// no route matches. New panics if an option is not allowed for a router, or if middleware returns
// nil.
func New(opts ...Option) *Router {
	s, err := newScope(nil, onRouter, opts)
	if err != nil {
		panic(fmt.Sprintf("apiroute: %s: New: %v", callerPos(), err))
	}
	c := &core{
		notFound:  &match{scope: s, respond: respondNotFound},
		badTarget: &match{scope: s, respond: respondBadTarget},
		connect:   &match{scope: s, respond: respondConnect},
	}
	if len(s.use) > 0 {
		if c.useChain, err = wrapUse((*routeAfterUse)(c), s.use); err != nil {
			panic(fmt.Sprintf("apiroute: %s: New: %v", callerPos(), err))
		}
	}
	return &Router{core: c, scope: s}
}

// Group returns the same router under a prefix, with options of its own for the routes that are
// registered through it. The prefix may have dynamic segments; "" and "/" stand for no prefix. In a
// group, the paths "" and "/" are the prefix itself. As a handler, a group serves the routes of the
// whole router. Group panics if the prefix or an option is invalid.
//
// The options apply to what is registered through the returned Router, and not to what is
// registered under the same path through r.
func (r *Router) Group(prefix string, opts ...Option) *Router {
	if err := r.unusable(); err != nil {
		panic(fmt.Sprintf("apiroute: %s: group %q: %v", callerPos(), prefix, err))
	}
	path, err := joinPath(r.prefix, prefix)
	if err == nil {
		_, err = parsePath(path)
	}
	s, optErr := newScope(r.scope, onGroup, opts)
	if err = errors.Join(err, optErr); err != nil {
		panic(fmt.Sprintf("apiroute: %s: group %s: %v", callerPos(), r.quote(prefix), err))
	}
	return &Router{core: r.core, prefix: strings.TrimSuffix(path, "/"), scope: s}
}

// joinPath returns a path with the prefix of its group. In the group /api, both "" and "/" stand
// for /api itself, and "/posts" for /api/posts.
func joinPath(prefix, path string) (string, error) {
	switch {
	case path != "" && path[0] != '/':
		return "", noSlash(path)
	case path != "/" && path != "":
		return prefix + path, nil
	case prefix != "":
		return prefix, nil
	}
	return "/", nil
}

// Handle registers a handler for all methods of a path except CONNECT and TRACE, HEAD and OPTIONS
// included, as a file in pages/api does. The handler looks at req.Method. A handler that is
// registered for one method of the same path takes precedence; so does one for GET, for HEAD
// requests.
func (r *Router) Handle(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), path: path, handler: h}, onRoute, opts)
}

// Get registers a handler for GET requests of a path. The handler also serves HEAD, with the same
// status and header and no body, unless HEAD has a handler of its own.
func (r *Router) Get(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodGet, path: path, handler: h}, onRoute, opts)
}

// Post registers a handler for POST requests of a path.
func (r *Router) Post(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodPost, path: path, handler: h}, onRoute, opts)
}

// Put registers a handler for PUT requests of a path.
func (r *Router) Put(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodPut, path: path, handler: h}, onRoute, opts)
}

// Patch registers a handler for PATCH requests of a path.
func (r *Router) Patch(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodPatch, path: path, handler: h}, onRoute, opts)
}

// Delete registers a handler for DELETE requests of a path.
func (r *Router) Delete(path string, h Handler, opts ...Option) {
	r.must(route{source: callerPos(), method: http.MethodDelete, path: path, handler: h}, onRoute, opts)
}

// Method registers a handler for one method of a path, such as "PROPFIND". It panics if method is
// CONNECT, to which the response is always a 405, or is not an upper-case token (RFC 9110, section
// 5.6.2).
func (r *Router) Method(method, path string, h Handler, opts ...Option) {
	if err := checkMethod(method); err != nil {
		r.refuse(callerPos(), path, err)
	}
	r.must(route{source: callerPos(), method: method, path: path, handler: h}, onRoute, opts)
}

// checkMethod returns an error for a method that no route can have.
func checkMethod(method string) error {
	upper := strings.ToUpper(method)
	switch {
	case method == http.MethodConnect:
		return errors.New(`method "CONNECT": want an upper-case token other than CONNECT, to which the response is always a 405`)
	case strings.HasPrefix(method, "/"):
		return fmt.Errorf("method %q: want an upper-case token other than CONNECT, and then the path", method)
	case method == "" || method == "*" || method == "ANY" || method == "ALL":
		return fmt.Errorf("method %q: want an upper-case token other than CONNECT: for all methods, use Handle", method)
	case strings.ContainsAny(method, ",|"):
		return fmt.Errorf("method %q: want an upper-case token other than CONNECT: register each method by itself, or use Handle for all", method)
	case !isToken(method):
		return fmt.Errorf("method %q: want an upper-case token other than CONNECT", method)
	case method != upper:
		return fmt.Errorf("method %q: want an upper-case token other than CONNECT: write %q", method, upper)
	}
	return nil
}

// Mount registers a plain handler for a path and everything below it, for all methods except
// CONNECT. Examples are files, pprof, or another mux. It is tried after all other paths at its
// level, so that Mount("/", h) gets the requests that nothing else matches. The path may have
// segments such as [x], but no catch-all.
//
// A request whose path has empty segments or dot segments is redirected (308) to the tidy path, as
// [http.ServeMux] does. So middleware that compares URL.Path, such as a guard for /private/, sees
// each path in the form in which h gets it. The redirect keeps a trailing slash, and a path with a
// trailing slash alone is passed to h, since to many handlers /dir/ differs from /dir. Everything
// else of the request is as it came in: nothing is stripped, and there is no body limit unless one
// is given here. To h, /files/a is thus /files/a:
//
//	api.Mount("/files", http.StripPrefix("/files", http.FileServer(http.Dir("public"))))
//
// As with ServeMux, an escaped slash is a part of a segment. URL.Path, which is decoded, does not
// show the difference: /private%2Fa matches Mount("/", h) and not Mount("/private", h), and has the
// URL.Path /private/a. URL.Path can even contain dot segments: that of /x%2F..%2Fprivate/a is
// /x/../private/a, which [http.FileServer] takes for /private/a. If h looks at URL.Path, a guard
// that compares URL.Path should reject a URL whose RawPath contains %2F, or should be passed to
// Mount as an option.
//
// If h is an [httputil.ReverseProxy] and [url.ParseQuery] rejects the query, the service gets it
// without the malformed pairs if h has a Rewrite function, and as it came in if h has a Director.
// [Proxy] rejects such a query with a 400.
//
// Mount panics if h is the router itself, a group of it, or a router in which it is mounted,
// because a request would then be passed on without end. If middleware around such a router hides
// that, the response to the request is a 500.
func (r *Router) Mount(path string, h http.Handler, opts ...Option) {
	rt := route{source: callerPos(), path: path}
	if !isNil(h) {
		rt.handler = FromHTTP(h)
	}
	inner, _ := h.(*Router)
	if inner == nil {
		r.must(rt, onMount, opts)
		return
	}
	err := inner.unusable()
	if err == nil && r.unusable() == nil && inner.contains(r.core, map[*core]bool{}) {
		err = errors.New("the router would be mounted in itself, and a request would be passed on without end")
	}
	if err != nil {
		r.refuse(rt.source, path, err)
	}
	r.must(rt, onMount, opts)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mounted = append(r.mounted, inner.core)
}

// contains reports whether c is other, or has it mounted, directly or through other routers. seen
// holds the routers that have been looked at.
func (c *core) contains(other *core, seen map[*core]bool) bool {
	if c == other || seen[c] {
		return c == other
	}
	seen[c] = true
	c.mu.Lock()
	mounted := slices.Clone(c.mounted)
	c.mu.Unlock()
	return slices.ContainsFunc(mounted, func(in *core) bool { return in.contains(other, seen) })
}

// maxNested is how many times a router may be within itself while it serves a request, before the
// request counts as one that is passed on without end. Few programs do that once.
const maxNested = 16

// checkNested panics if a request has come to the router from the router itself maxNested times,
// always with the same URL. [Router.Mount] cannot see that a handler that it is given, or one that
// [FromHTTP] has made, passes requests back to the router. Without this check, the stack would grow
// until the program ends. w is the writer that the router was given.
func (c *core) checkNested(w http.ResponseWriter, r *http.Request) {
	n := 0
	for res := responseIn(w); res != nil && n < maxNested; res = responseIn(res.w) {
		if req := res.req; req.Request != nil && req.URL == r.URL && req.matchOrDefault().scope.root() == c.notFound.scope {
			n++
		}
	}
	if n < maxNested {
		return
	}
	panic("apiroute: the router is mounted in itself: its handler passes this request back to it without end")
}

// FromHTTP turns a plain handler into a [Handler] for one path of a router, such as /metrics. Its
// responses are sent as it writes them. For a path and everything below it, use [Router.Mount]. The
// plain handler finds the values of the path with [http.Request.PathValue]. As in net/http, a plain
// handler that writes nothing has responded with 200. FromHTTP panics if h is nil.
func FromHTTP(h http.Handler) Handler {
	if isNil(h) {
		panic("apiroute: FromHTTP: nil handler")
	}
	return func(req *Request, res *Response) error {
		// If there is middleware, it has the values already and may be reading them.
		if rt := req.matchOrDefault().route; rt != nil && rt.useChain == nil {
			req.setPathValues()
		}
		header := res.w.Header()
		h.ServeHTTP(res, req.Request)
		if res.cutWithin(header) {
			panic(http.ErrAbortHandler) // which something between h and a router in it has swallowed
		}
		if !res.started() {
			res.WriteHeader(http.StatusOK)
		}
		return nil
	}
}

// unusable returns an error if r has not been made by New or Group.
func (r *Router) unusable() error {
	switch {
	case r == nil:
		return errors.New("the *Router is nil: make one with New")
	case r.core == nil:
		return errors.New("the Router is a zero value: make one with New")
	}
	return nil
}

// refuse panics for a path that cannot be registered, with the reason and the place of the call.
func (r *Router) refuse(pos, path string, err error) {
	panic(fmt.Sprintf("apiroute: %s: path %s: %v", pos, r.quote(path), err))
}

// quote returns a path or a prefix for a message: as it was written and, in a group, in full. If it
// does not begin with a slash, there is no full path, and the message must not make one up.
//
//	"/posts"
//	"/api/posts" ("/posts" in group "/api")
//	"posts" in group "/api"
func (r *Router) quote(path string) string {
	if r == nil || r.prefix == "" {
		return strconv.Quote(path)
	}
	within := fmt.Sprintf("%q in group %q", path, r.prefix)
	full, err := joinPath(r.prefix, path)
	if err != nil {
		return within
	}
	return fmt.Sprintf("%q (%s)", full, within)
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
	err := r.unusable()
	if err == nil {
		err = r.register(rt, at, opts)
	}
	if err != nil {
		r.refuse(rt.source, rt.path, err)
	}
}

// register registers a route, whose path is relative to the group. Everything that can fail is done
// before the new table is stored, so a failed registration leaves the routes as they were.
func (r *Router) register(rt route, at place, opts []Option) (err error) {
	if r.scope.parent == nil && rt.path == "" {
		return noSlash("") // only a group has a path of its own
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
			return errors.New("a Mount gets everything below its path without a catch-all: leave it out")
		}
		segs = append(segs, segment{kind: mounted})
	}
	if rt.scope, err = newScope(r.scope, at, opts); err != nil {
		return err
	}
	if err = rt.scope.described.check(rt.method, segs); err != nil {
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
		err = claimAll(r.documents, &rt, segs)
	}
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
	if err := r.unusable(); err != nil {
		panic(fmt.Sprintf("apiroute: %s: Routes: %v", callerPos(), err))
	}
	var list []Route
	r.current().root.walk(func(p *page) {
		for _, m := range p.matches {
			list = append(list, Route{m.method, m.route.path, m.route.source})
		}
	})
	return list
}
