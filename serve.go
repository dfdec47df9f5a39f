package apiroute

import (
	"context"
	"errors"
	"mime/multipart"
	"net/http"
)

// This file is the life of a request, in the order in which it happens. The middleware of Use is
// standard middleware, and that of Around is made of Handlers:
//
//	Router.ServeHTTP      make an exchange; run the router's own Use, if any, which ends in
//	core.routeAfterUse
//	core.find             match the path to a route
//	Request.runRoute      run Use of the groups and of the route, which ends in
//	route.afterUse
//	Request.run           set the timeout and the body limit; run Around, which ends in
//	route.callHandler     call the handler, or give a page's own response
//	Request.run           complete the response, or respond to the error
//	Request.close         release what must not outlive the response
//
// A request that matches no route goes from runRoute to run. A Handler without a router begins at
// run. Each of the two sequences of middleware is a chain. The chains of a route are built once,
// when it is registered; see buildChains.
//
// In page.go, a page is a path with its routes, and a match says which route a request has, with
// which options. In request.go, found is a match with the values of one request's path. In
// target.go, a plain path is one that the tree matches as it is.
//
// A typed endpoint whose request and response nobody else sees takes a shorter way: from ServeHTTP
// through match.serveAlone to Request.run.

// An exchange is a request together with its response, in one allocation. Each request has one. A
// second is made if middleware wraps the response, since the wrapper may run in another goroutine.
type exchange struct {
	req Request
	res Response
}

// newExchange returns the request and the response of a new exchange, for the writer and the
// request that the server or middleware has passed in.
func newExchange(w http.ResponseWriter, r *http.Request, f found) (*Request, *Response) {
	x := new(exchange)
	x.begin(w, r, f)
	return &x.req, &x.res
}

// begin prepares an exchange, which must be zero, for a request.
func (x *exchange) begin(w http.ResponseWriter, r *http.Request, f found) {
	x.req.Request, x.req.base, x.req.found = r, r, f
	x.res.w, x.res.req = w, &x.req
	if r.Method == http.MethodHead {
		x.res.state |= isHead
	}
}

// ServeHTTP calls the handler on its own, with the default options, so that it
// can be registered in any mux:
//
//	mux.Handle("POST /x/{id}", apiroute.Handler(h))
//
// [Request.Param] then returns what [http.Request.PathValue] returns.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, res := newExchange(w, r, found{match: defaultMatch})
	defer req.recoverAndClose(res)
	req.run(res, h.call)
}

// ServeHTTP responds to a request. The only panic that leaves it is
// [http.ErrAbortHandler], which closes the connection when part of a response has
// been sent and the rest cannot follow.
//
// Behind [http.StripPrefix], a redirect to a tidy path lacks the prefix; use
// [Router.Group] instead. Under a pattern such as /api/, ServeMux redirects /api
// to /api/ and the router redirects it back, so if /api is a route, register it
// as a pattern of its own.
func (r *Router) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	if r.useChain != nil {
		req, res := newExchange(w, hr, found{match: r.notFound})
		defer req.recoverAndClose(res)
		res.state |= beforeRouting
		r.useChain.ServeHTTP(res, hr)
		return
	}
	f := r.find(hr)
	if f.match.serveAlone != nil {
		setPattern(hr, f.match.route.path)
		f.match.serveAlone(w, hr, f)
		return
	}
	req, res := newExchange(w, hr, f)
	defer req.recoverAndClose(res)
	req.runRoute(res)
}

// routeAfterUse is the inner end of the router's own Use chain. The request is matched only here,
// since middleware may have rewritten its URL. If the writer is the response of ServeHTTP, its
// exchange goes on being used; if middleware has wrapped it, there is a new one.
func (c *core) routeAfterUse(w http.ResponseWriter, r *http.Request) {
	res, ok := w.(*Response)
	if !ok || !res.is(beforeRouting) { // middleware has wrapped the writer, or calls this once more
		_, res = newExchange(w, r, found{match: c.notFound})
	}
	req := res.req
	req.Request, req.base = r, r
	res.state &^= beforeRouting
	defer req.recoverAndClose(res)
	req.found = c.find(r)
	req.runRoute(res)
}

// find matches a request to a route. The result always has a match; for a path that no page
// matches, it is notFound.
//
// The tree finds the pages for plain paths, which nearly all requests have; see table in mux.go.
// findSlow deals with the others, and with "/", which has no segments.
func (c *core) find(r *http.Request) found {
	switch {
	case r.Method == http.MethodConnect:
		// Not for any path: ServeMux panics on CONNECT //x; golang/go#81222.
		return found{match: c.connect}
	case r.URL == nil: // no server makes such a request
		return found{match: c.notFound}
	}
	t := c.current()
	p, ascii := t.root.find(r.URL)
	if p != nil && ascii && r.URL.Path != "/" { // the most common case
		return found{match: p.matchFor(r.Method), path: r.URL.Path}
	}
	return c.findSlow(r, t, p, ascii)
}

// findSlow is find for the paths that need a closer look. If the tree has found a page p, it is not
// certain that the values of the path are valid. If it has not, the path may match after all when
// its escapes are decoded, or when it is made tidy: then the ServeMux patterns of mux.go decide.
func (c *core) findSlow(r *http.Request, t *table, p *page, ascii bool) found {
	if p != nil {
		f := found{match: &p.badPath, path: r.URL.Path}
		if f.path == "/" { // a path without segments
			f.path = ""
		}
		if ascii || validValue(f.path) || p.mounted() && f.validValues(p) {
			f.match = p.matchFor(r.Method)
		}
		return f
	}
	notFound := found{match: c.notFound}
	if isPlain(r.URL) {
		return notFound
	}
	target, ok := parseTarget(r.URL)
	if !ok {
		return notFound
	}
	m := t.muxes()
	segs := target.first(m.deepest + 1)
	if p = m.match(segs); p == nil {
		return notFound
	}
	return findUntidy(r, target, p, segs)
}

// findUntidy returns the outcome of routing for a path that has escapes or is not tidy, and that a
// page matches. segs are the first segments of the tidy path, decoded, at least as many as the page
// has.
//
// A page redirects a path that is not tidy. A mounted handler gets the request as it came in,
// because it may give such paths a meaning of its own.
func findUntidy(r *http.Request, t target, p *page, segs []string) found {
	f := found{match: &p.badPath, extra: &extra{segs: segs}}
	cleaned := t
	if !p.mounted() {
		cleaned = t.clean()
	}
	if p.hasCatchAll() && t.escaped {
		f.extra.segs = cleaned.all()
	} else if p.hasCatchAll() { // params.go splits the path when a handler asks for it
		f.extra.segs, f.path = nil, cleaned.raw
	}
	if !t.tidy && !p.mounted() {
		f.match, f.extra.tidyPath = &p.redirect, cleaned.location()
	} else if f.validValues(p) {
		f.match = p.matchFor(r.Method)
	}
	return f
}

// current returns the table of the routes that are registered now. A request uses the one table
// that it has loaded, even if routes are added while it is served.
func (c *core) current() *table {
	if t := c.table.Load(); t != nil {
		return t
	}
	return new(table)
}

// runRoute runs the middleware and the handler of the route that the request was matched to, or the
// response of a match without a route, such as a 404.
func (req *Request) runRoute(res *Response) {
	rt := req.match.route
	if rt == nil {
		req.run(res, req.match.respond)
		return
	}
	setPattern(req.Request, rt.path)
	if rt.useChain == nil {
		req.run(res, rt.aroundChain)
		return
	}
	req.setPathValues()
	r := req.Request
	if req.match.respond != nil {
		// Middleware hides the response if its writer has no Unwrap. The outcome then travels in the
		// context, so that a page's own response, such as a 405, stays one. This is rare, so copying
		// the request is affordable.
		r = r.WithContext(context.WithValue(r.Context(), foundKey{}, &req.found))
	}
	// close removes the files of the request that arrives inside. Middleware may have passed on
	// another one, or none.
	defer func() { removeFiles(r.MultipartForm) }()
	rt.useChain.ServeHTTP(res, r)
}

// foundKey is the context key of the outcome of routing, a *found.
type foundKey struct{}

// afterUse is the inner end of the Use chain of the groups and of the route.
//
// The writer that arrives here is the response that the chain was given, unless middleware has
// wrapped it, or has passed on the request of another route. A wrapper may belong to another
// goroutine, as that of http.TimeoutHandler does, so such a request gets a new exchange.
func (rt *route) afterUse(w http.ResponseWriter, r *http.Request) {
	res, ok := w.(*Response)
	if !ok || res.req.match.route != rt {
		_, res = newExchange(w, r, rt.foundBehind(w, r))
	}
	req := res.req
	req.Request, req.base = r, r
	defer req.recoverAndClose(res)
	req.run(res, rt.aroundChain)
}

// foundBehind returns the outcome of routing for a request that arrives at the inner end of the Use
// chain with a wrapped writer. If the outcome cannot be found in the writer, the path is matched
// again. If that yields another route, because middleware has changed the URL or has passed on a
// request of another route, only rt is certain, and the values of the path come from
// http.Request.PathValue. For a method that rt does not serve, the response is then a 500.
func (rt *route) foundBehind(w http.ResponseWriter, r *http.Request) found {
	if f := rt.foundIn(w, r); f != nil {
		return f.clone()
	}
	if f := rt.find(r); f.match.route == rt {
		return f
	}
	m := &match{route: rt, scope: rt.scope}
	if rt.method != "" && rt.method != r.Method && (rt.method != http.MethodGet || r.Method != http.MethodHead) {
		m.respond = respondLost // never call a handler for another method than its own
	}
	return found{match: m}
}

// foundIn returns the outcome of routing for the request that the Use chain was given. It looks for
// the response in the writer, as http.ResponseController does for methods, and then in the context.
// It returns nil if middleware hides the response and the page does not respond itself.
func (rt *route) foundIn(w http.ResponseWriter, r *http.Request) *found {
	for {
		if res, ok := w.(*Response); ok && res.req.match.route == rt {
			return &res.req.found
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = u.Unwrap()
	}
	if f, ok := r.Context().Value(foundKey{}).(*found); ok && f.match.route == rt {
		return f
	}
	return nil
}

// run calls a handler with the timeout and the body limit of the match. It then completes the
// response, or responds to the error. It returns the error, by which serveAlone knows whether the
// call may be used again. The caller must have deferred recoverAndClose.
func (req *Request) run(res *Response, h Handler) error {
	if timeout := req.match.scope.timeout; timeout > 0 {
		x := req.ensureExtra()
		x.timeout, x.cancel = context.WithTimeoutCause(req.Context(), timeout, errTimeout)
		req.Request = req.WithContext(x.timeout)
	}
	if hasBody(req.Request) && !req.match.reusesBody { // otherwise endpoint.respond does it
		req.ownBody(new(body))
	}
	err := h(req, res)
	if err == nil || errors.Is(err, errHeadOnly) {
		err = res.complete()
	}
	if err != nil {
		req.fail(res, err)
	}
	return err
}

// callHandler is the inner end of the Around chain. It calls the route's handler, or gives the
// page's own response in its place.
func (rt *route) callHandler(req *Request, res *Response) error {
	if respond := req.match.respond; respond != nil {
		return respond(req, res)
	}
	return rt.handler.call(req, res)
}

// call calls a handler, unless the body is announced as too large. If the handler returns an error,
// call takes back the status and the header that it has set, before Around sees the error.
func (h Handler) call(req *Request, res *Response) error {
	if err := req.checkLength(); err != nil {
		return err
	}
	res.markHeader()
	if req.body != nil {
		defer req.keepForm()
	}
	err := h(req, res)
	if err != nil {
		res.rollback()
	}
	return err
}

// keepForm remembers a multipart form, so that close can remove its temporary files. The handler
// may have parsed the form in a copy of the request, which close cannot reach.
func (req *Request) keepForm() {
	if req.body != nil && req.Request != nil && req.MultipartForm != nil {
		req.body.request.MultipartForm = req.MultipartForm
	}
}

// recoverAndClose ends an exchange. It is deferred wherever a request comes in, from the server or
// from standard middleware, so that middleware further out sees a response and no panic. It
// responds to a panic of a handler, of middleware, or of whatever this package calls while it
// responds. If responding panics as well, all it can do is close the connection.
func (req *Request) recoverAndClose(res *Response) {
	v := recover()
	if v == nil { // or runtime.Goexit
		req.close(res)
		return
	}
	defer func() {
		if recover() != nil {
			panic(http.ErrAbortHandler)
		}
	}()
	defer req.close(res)
	req.fail(res, newPanicError(v))
}

// close releases everything that must not outlive the response: the timeout, the goroutine of an
// event stream, and the temporary files of a form.
func (req *Request) close(res *Response) {
	if req.extra != nil && req.extra.cancel != nil {
		req.extra.cancel()
	}
	res.endStream()
	if req.Request != nil {
		removeFiles(req.MultipartForm)
	}
	if req.body != nil {
		removeFiles(req.body.request.MultipartForm)
	}
}

// removeFiles removes the temporary files of a multipart form, which may be nil. net/http removes
// those of the request that it has made, but not those of a copy.
func removeFiles(form *multipart.Form) {
	if form != nil {
		form.RemoveAll()
	}
}

// buildChains wraps the handler in the middleware of the route and of its groups, from the inside
// out. Each middleware is called once for the route, at registration, and not for each request. A
// gate before each level skips the level where match.skips says so.
func (rt *route) buildChains() (err error) {
	rt.aroundChain = rt.callHandler
	use := http.Handler(http.HandlerFunc(rt.afterUse))
	for s := rt.scope; s != nil; s = s.parent {
		if len(s.around) > 0 {
			if rt.aroundChain, err = wrap(rt.aroundChain, s.around); err != nil {
				return err
			}
			rt.aroundChain = gateAround(s, rt.aroundChain)
		}
		if len(s.use) > 0 && s.parent != nil { // the router's own Use runs before routing
			if use, err = wrap(use, s.use); err != nil {
				return err
			}
			use = rt.gateUse(s, use)
			rt.useChain = use
		}
	}
	return nil
}

// gateAround returns a Handler that skips a level of Around, and with it all levels further inside,
// if the page responds itself and the level is not shared by all of its routes.
func gateAround(s *scope, level Handler) Handler {
	return func(req *Request, res *Response) error {
		if req.match.skips(s) {
			return req.match.respond(req, res)
		}
		return level(req, res)
	}
}

// gateUse is gateAround for a level of Use.
func (rt *route) gateUse(s *scope, level http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := rt.foundIn(w, r); f != nil && f.match.skips(s) {
			rt.afterUse(w, r)
			return
		}
		level.ServeHTTP(w, r)
	})
}

// wrap puts middleware around h. The first middleware becomes the outermost. h is an http.Handler
// for Use and a Handler for Around.
func wrap[H any](h H, middleware []func(H) H) (H, error) {
	for i := len(middleware) - 1; i >= 0; i-- {
		if h = middleware[i](h); isNil(h) {
			return h, errors.New("middleware returned nil")
		}
	}
	return h, nil
}
