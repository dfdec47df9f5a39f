package apiroute

import (
	"context"
	"errors"
	"mime/multipart"
	"net/http"
)

func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }

// serve answers a request by a handler, or by what is around it, or by what its
// match has instead, with the options of the match. Whoever lets a request in has
// deferred leave.
func (req *Request) serve(res *Response, around, h Handler) {
	s := req.match.scope
	if s.timeout > 0 {
		x := req.match.rare()
		x.timed, x.cancel = context.WithTimeoutCause(req.Context(), s.timeout, errTimeout)
		req.match = req.match.with(x)
		req.Request = req.WithContext(x.timed)
	}
	if hasBody(req.Request) && !req.match.sealed {
		req.ownBody()
	}
	var err error
	if around != nil {
		err = around(req, res)
	} else {
		err = h.enter(req, res)
	}
	if err == nil || headOnly(err) == nil {
		err = res.end()
	}
	if err != nil {
		req.fail(res, err)
	}
}

// finish lets go of what must not outlive the answer.
func (req *Request) finish(res *Response) {
	if more := req.match.more; more != nil && more.cancel != nil {
		more.cancel()
	}
	res.release()
	if req.Request != nil {
		removeFiles(req.MultipartForm)
	}
	if req.body != nil {
		removeFiles(req.body.request.MultipartForm)
	}
}

// keepForm remembers a multipart form, for a copy of the request that the
// handler has made may be gone when its files are to be removed.
func (req *Request) keepForm() {
	if req.body != nil && req.Request != nil && req.MultipartForm != nil {
		req.body.request.MultipartForm = req.MultipartForm
	}
}

// removeFiles removes the temporary files of a multipart body. net/http does so
// for the request that it made, and does not see a copy.
func removeFiles(form *multipart.Form) {
	if form != nil {
		form.RemoveAll()
	}
}

// build makes what serves a route, from the inside out. Each middleware is
// called here and never again. So that a 405, which is the page's, can pass
// through what is common to the page's routes and no further, there is a gate
// before the middleware of each level.
func (rt *route) build() error {
	inner := Handler(rt.handler.enter)
	var plain http.Handler = http.HandlerFunc(rt.endpoint)
	for s := rt.scope; s != nil; s = s.parent {
		around, err := wrap(inner, s.around)
		if err != nil {
			return err
		}
		if len(s.around) > 0 {
			inner = s.gate(around)
			rt.around = inner
		}
		if len(s.use) == 0 || s.parent == nil { // the router's own is outside of all
			continue
		}
		if plain, err = wrap(plain, s.use); err != nil {
			return err
		}
		plain = s.plainGate(rt, plain)
		rt.plain = plain
	}
	return nil
}

// enter calls a handler, or what is to be answered in its place.
func (h Handler) enter(req *Request, res *Response) error {
	if instead := req.match.instead; instead != nil {
		return instead(req, res)
	}
	if err := req.checkLength(); err != nil {
		return err
	}
	res.save()
	if req.body != nil {
		defer req.keepForm()
	}
	err := h(req, res)
	if err != nil {
		res.rollback()
	}
	return err
}

// serve answers a request that has been matched.
func (rt *route) serve(req *Request, res *Response) {
	if rt.plain == nil {
		req.serve(res, rt.around, rt.handler)
		return
	}
	req.setPathValues()
	r := req.WithContext(context.WithValue(req.Context(), matchKey{}, req))
	defer func() { removeFiles(r.MultipartForm) }() // of middleware that goes no further
	rt.plain.ServeHTTP(res, r)
}

// matchKey is the context key under which a *Request passes through standard
// middleware.
type matchKey struct{}

func matched(r *http.Request) *Request {
	req, ok := r.Context().Value(matchKey{}).(*Request)
	if !ok {
		panic("apiroute: middleware passed on a request without the context that it got")
	}
	return req
}

// endpoint is the inner end of the standard middleware.
func (rt *route) endpoint(w http.ResponseWriter, r *http.Request) {
	req := matched(r)
	res, ok := w.(*Response)
	if !ok || res.req != req {
		// Middleware has wrapped the writer, and may let this run in another
		// goroutine, as http.TimeoutHandler does.
		req, res = newExchange(w, r, req.destination)
	}
	req.Request, req.base = r, r
	if m := req.match; m.sealed && m.route != rt { // middleware has passed it on to another route
		open := *m
		open.sealed = false
		req.match = &open
	}
	defer req.leave(res)
	req.serve(res, rt.around, rt.handler)
}

// wrap puts h into middleware, the first of which is the outermost.
func wrap[H any](h H, middleware []func(H) H) (H, error) {
	for i := len(middleware) - 1; i >= 0; i-- {
		if h = middleware[i](h); isNil(h) {
			return h, errors.New("middleware returned nil")
		}
	}
	return h, nil
}

// outside reports whether a request must not come in here: it is answered with
// what is common to routes of the page for which other options hold.
func (s *scope) outside(req *Request) bool {
	return req.match.instead != nil && s.depth > req.match.scope.depth
}

func (s *scope) gate(inner Handler) Handler {
	return func(req *Request, res *Response) error {
		if s.outside(req) {
			return req.match.instead(req, res)
		}
		return inner(req, res)
	}
}

func (s *scope) plainGate(rt *route, inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.outside(matched(r)) {
			rt.endpoint(w, r)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

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

// find matches a request to a page and to what serves it there.
func (c *core) find(r *http.Request) destination {
	switch {
	case r.Method == http.MethodConnect:
		// Not for any path: ServeMux panics on CONNECT //x; golang/go#81222.
		return destination{match: c.authority}
	case r.URL == nil: // no server makes such a request
		return destination{match: c.missing}
	}
	t := c.current()
	p, ascii := t.root.find(r.URL)
	if p != nil && ascii && r.URL.Path != "/" { // the common case
		return destination{p.serves(r.Method), r.URL.Path}
	}
	return c.findSlow(r, t, p, ascii)
}

// findSlow is find for a path for which the tree has no page, or which has values
// that need a closer look.
func (c *core) findSlow(r *http.Request, t *table, p *page, ascii bool) destination {
	if p != nil {
		d := destination{&p.unfit, r.URL.Path}
		if d.text == "/" { // which has no segments
			d.text = ""
		}
		if ascii || validValue(d.text) || p.mounted() && d.validValues(p) {
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
	m := t.muxes()
	segs := target.first(m.deepest + 1)
	if p = m.match(segs); p == nil {
		return missing
	}
	return findUntidy(r, target, p, segs)
}

// findUntidy is find for a path that is not plain and that a page matches. segs are
// the first segments of the path, at least as many as the page has.
func findUntidy(r *http.Request, t target, p *page, segs []string) destination {
	var d destination
	x, clean := more{segs: segs}, t
	if !p.mounted() { // a mounted handler gets the path as it came
		clean = t.clean()
	}
	if p.hasCatchAll() && t.escaped {
		x.segs = clean.all()
	} else if p.hasCatchAll() { // its segments can be split from the path when they are asked for
		x.segs, d.text = nil, clean.raw
	}
	if !t.tidy && !p.mounted() {
		x.moved = clean.location()
		d.match = p.moved.with(x)
		return d
	}
	if d.match = p.unfit.with(x); d.validValues(p) {
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

// current returns the routes that are registered by now.
func (c *core) current() *table {
	if t := c.table.Load(); t != nil {
		return t
	}
	return new(table)
}
