package apiroute

import (
	"context"
	"errors"
	"mime/multipart"
	"net/http"
)

// This file is the life of a request, in the order in which it happens:
//
//	Router.ServeHTTP      the router's own Use, if there is one, which ends in
//	core.routeAfterUse
//	core.find             match the path to a route
//	Request.runRoute      Use of the groups and of the route, which ends in
//	route.afterUse
//	Request.run           set the timeout and the body limit, and call
//	                      Around of all levels, which ends in
//	route.callHandler     the handler, or a page's own response;
//	                      then complete the response, or respond to the error
//	Request.close         release what must not outlive the response
//
// A typed endpoint whose request and response nobody else sees takes a shorter
// way: from ServeHTTP through match.serveAlone to Request.run.

// An exchange is a request together with its response, in one allocation.
type exchange struct {
	req Request
	res Response
}

// newExchange returns the request and the response for what the server, or
// middleware, has passed in.
func newExchange(w http.ResponseWriter, r *http.Request, f found) (*Request, *Response) {
	x := new(exchange)
	x.begin(w, r, f)
	return &x.req, &x.res
}

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

// routeAfterUse is the inner end of the router's own Use.
func (c *core) routeAfterUse(w http.ResponseWriter, r *http.Request) {
	res, ok := w.(*Response)
	if !ok || !res.is(beforeRouting) { // middleware has wrapped the writer
		_, res = newExchange(w, r, found{match: c.notFound})
	}
	req := res.req
	req.Request, req.base = r, r
	res.state &^= beforeRouting
	defer req.recoverAndClose(res)
	req.found = c.find(r)
	req.runRoute(res)
}

// find matches a request to a route.
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

// findSlow is find for a path for which the tree has no page, or which has values that need a
// closer look.
func (c *core) findSlow(r *http.Request, t *table, p *page, ascii bool) found {
	if p != nil {
		f := found{match: &p.badPath, path: r.URL.Path}
		if f.path == "/" { // which has no segments
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

// findUntidy is find for a path that is not plain and that a page matches. segs are the first
// segments of the path, at least as many as the page has.
func findUntidy(r *http.Request, t target, p *page, segs []string) found {
	f := found{match: &p.badPath, extra: &extra{segs: segs}}
	tidy := t
	if !p.mounted() { // a mounted handler gets the path as it came
		tidy = t.clean()
	}
	if p.hasCatchAll() && t.escaped {
		f.extra.segs = tidy.all()
	} else if p.hasCatchAll() { // its segments can be split from the path when they are asked for
		f.extra.segs, f.path = nil, tidy.raw
	}
	if !t.tidy && !p.mounted() {
		f.match, f.extra.tidyPath = &p.redirect, tidy.location()
	} else if f.validValues(p) {
		f.match = p.matchFor(r.Method)
	}
	return f
}

// current returns the routes that are registered by now.
func (c *core) current() *table {
	if t := c.table.Load(); t != nil {
		return t
	}
	return new(table)
}

// runRoute runs the middleware and the handler that a request was matched to.
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
	rt.useChain.ServeHTTP(res, req.Request)
}

// afterUse is the inner end of the route's Use chain.
//
// The writer that arrives here is the response that the chain was given, unless
// middleware has wrapped it. A wrapper may belong to another goroutine, as that
// of http.TimeoutHandler does, and so it gets an exchange of its own.
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

// foundBehind returns the outcome of routing for a request that has come to the
// inner end of the Use chain with another writer. If the writer unwraps to the
// response that the chain was given, the outcome is the same. Otherwise the path
// is matched again. If middleware has changed the URL, or has passed on a request
// of another route, only the route is certain, and the values of the path are
// those of http.Request.PathValue.
func (rt *route) foundBehind(w http.ResponseWriter, r *http.Request) found {
	if outer := unwrapResponse(w); outer != nil && outer.req.match.route == rt {
		return outer.req.found.clone()
	}
	if f := rt.find(r); f.match.route == rt {
		return f
	}
	return found{match: &match{route: rt, scope: rt.scope}}
}

// unwrapResponse returns the Response that a writer wraps, found as
// http.ResponseController finds methods, or nil.
func unwrapResponse(w http.ResponseWriter) *Response {
	for {
		if res, ok := w.(*Response); ok {
			return res
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = u.Unwrap()
	}
}

// run calls a handler with the timeout and the body limit of the match, and
// completes the response or responds to the error, which it returns. The caller
// has deferred recoverAndClose.
func (req *Request) run(res *Response, h Handler) error {
	if timeout := req.match.scope.timeout; timeout > 0 {
		x := req.ensureExtra()
		x.timeout, x.cancel = context.WithTimeoutCause(req.Context(), timeout, errTimeout)
		req.Request = req.WithContext(x.timeout)
	}
	if hasBody(req.Request) && !req.match.reusesBody {
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

// callHandler calls the route's handler, unless the page responds itself.
func (rt *route) callHandler(req *Request, res *Response) error {
	if respond := req.match.respond; respond != nil {
		return respond(req, res)
	}
	return rt.handler.call(req, res)
}

// call calls a handler, and takes back the header that it has set if it returns
// an error.
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

// keepForm remembers a multipart form for close. The handler may have parsed it
// on a copy of the request, which is gone by then.
func (req *Request) keepForm() {
	if req.body != nil && req.Request != nil && req.MultipartForm != nil {
		req.body.request.MultipartForm = req.MultipartForm
	}
}

// recoverAndClose is deferred wherever a request comes in, from the server or
// from standard middleware, so that middleware further out sees a response and no
// panic. It responds to a panic of a handler, of middleware, or of what this
// package calls while it responds. If that panics as well, nothing is left but to
// close the connection.
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

// close releases what must not outlive the response.
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

// removeFiles removes the temporary files of a multipart form. net/http does so
// for the request that it made, but not for a copy of it.
func removeFiles(form *multipart.Form) {
	if form != nil {
		form.RemoveAll()
	}
}

// buildChains calls each middleware of the route once, from the inside out.
func (rt *route) buildChains() (err error) {
	rt.aroundChain = rt.callHandler
	use := http.Handler(http.HandlerFunc(rt.afterUse))
	for s := rt.scope; s != nil; s = s.parent {
		if len(s.around) > 0 {
			if rt.aroundChain, err = wrap(rt.aroundChain, s.around); err != nil {
				return err
			}
		}
		if len(s.use) > 0 && s.parent != nil { // the router's own Use runs before routing
			if use, err = wrap(use, s.use); err != nil {
				return err
			}
			rt.useChain = use
		}
	}
	return nil
}

// wrap puts middleware around h. The first middleware is the outermost.
func wrap[H any](h H, middleware []func(H) H) (H, error) {
	for i := len(middleware) - 1; i >= 0; i-- {
		if h = middleware[i](h); isNil(h) {
			return h, errors.New("middleware returned nil")
		}
	}
	return h, nil
}
