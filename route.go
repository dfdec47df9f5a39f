package apiroute

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sort"
	"strings"
)

// A page is what a file in pages/api is: a path and all that is registered on
// it. It does not change.
type page struct {
	segs    []segment
	matches []match // with a route each, by method, that for every method last
	get     *match  // of them that for GET, or nil
	scope   *scope  // of the options that are common to the routes
	allow   string  // for the header Allow

	// The segments before the first that is not static, and how many bytes they
	// are in a path.
	fixed, fixedLen int

	// What it answers in place of a handler.
	refused, listed, moved, unfit match
}

// with returns a page that also has rt. p may be nil.
func (p *page) with(rt *route, segs []segment) (*page, error) {
	q := &page{segs: segs, matches: []match{rt.match()}, scope: rt.scope}
	if p != nil {
		q.matches = append(q.matches, p.matches...)
		q.scope = common(p.scope, rt.scope)
		if m := p.find(rt.method); m != nil {
			what := "it has"
			if rt.method != "" {
				what = rt.method + " has"
			}
			return p, &clashError{what + " a handler already, as", m.route.path, m.route.source}
		}
	}
	sort.Slice(q.matches, func(i, j int) bool {
		a, b := q.matches[i].method, q.matches[j].method
		return b == "" || a != "" && a < b
	})
	methods := []string{http.MethodOptions}
	for i := range q.matches {
		q.matches[i].page = q
		switch method := q.matches[i].method; method {
		case "":
			methods = append(methods, http.MethodDelete, http.MethodGet, http.MethodHead,
				http.MethodPatch, http.MethodPost, http.MethodPut)
		case http.MethodGet:
			methods = append(methods, http.MethodGet, http.MethodHead)
		default:
			methods = append(methods, method)
		}
	}
	slices.Sort(methods)
	q.allow = strings.Join(slices.Compact(methods), ", ")
	for ; q.fixed < len(segs) && segs[q.fixed].kind == static; q.fixed++ {
		q.fixedLen += len("/" + segs[q.fixed].text)
	}
	q.refused, q.listed, q.moved, q.unfit = q.instead(refuseMethod), q.instead(allow), q.instead(redirect), q.instead(badPath)
	q.unfit.wild = true
	q.get = q.find(http.MethodGet)
	return q, nil
}

// instead returns the match for what the page answers in place of a handler. It
// passes through what is common to the routes, in the way of the first of them.
func (p *page) instead(h Handler) match {
	return match{page: p, route: p.matches[0].route, scope: p.scope, instead: h}
}

// last returns the kind of the page's last segment; "/" counts as static.
func (p *page) last() kind {
	if n := len(p.segs); n > 0 {
		return p.segs[n-1].kind
	}
	return static
}

func (p *page) mounted() bool { return p.last() == mounted }

func (p *page) hasCatchAll() bool { return p.last() == catchAll || p.last() == optional }

// find returns the match with the route that was registered for a method, ""
// for that for every method; nil if there is none.
func (p *page) find(method string) *match {
	for i := range p.matches {
		if m := &p.matches[i]; m.method == method {
			return m
		}
	}
	return nil
}

// serves returns what answers a method.
func (p *page) serves(method string) *match {
	if method == http.MethodGet && p.get != nil { // as mostly
		return p.get
	}
	if m := p.find(method); m != nil {
		return m
	}
	if method == http.MethodHead && p.get != nil {
		return p.get
	}
	last := &p.matches[len(p.matches)-1]
	switch {
	case last.method == "" && (method != http.MethodTrace || p.mounted()):
		return last
	case method == http.MethodOptions:
		return &p.listed
	}
	return &p.refused
}

// What a page answers instead of a handler.

func notFound(*Request, *Response) error { return &Error{Status: http.StatusNotFound} }

func refuseMethod(req *Request, _ *Response) error {
	return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {req.match.page.allow}}}
}

func refuseConnect(*Request, *Response) error {
	return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {""}}}
}

func badPath(*Request, *Response) error {
	return Errorf(http.StatusBadRequest, "the path holds NUL or is not UTF-8")
}

func allow(req *Request, res *Response) error {
	return res.SetHeader("Allow", req.match.page.allow).Status(http.StatusNoContent).End()
}

func redirect(req *Request, res *Response) error {
	path := req.match.more.moved
	if req.URL.RawQuery != "" || req.URL.ForceQuery {
		path += "?" + req.URL.RawQuery
	}
	return res.SetHeader("Location", path).Status(http.StatusPermanentRedirect).End()
}

// A route is one handler on a page, within its middleware.
type route struct {
	method, path, source string

	scope   *scope
	handler Handler
	typed   *plan        // of what the handler takes, if it is a typed endpoint
	around  Handler      // it within Around of all levels, or nil
	plain   http.Handler // that within Use of its groups and itself, or nil
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

// match returns what serves a request that has come to a route.
func (rt *route) match() match {
	// A typed endpoint gets neither the request nor the response, and then nobody
	// does but those whom an option gives it.
	unseen := rt.typed != nil && rt.around == nil && rt.scope.onError == nil
	return match{
		method:  rt.method,
		route:   rt,
		scope:   rt.scope,
		private: unseen && rt.plain == nil,
		sealed:  unseen && rt.typed.body != nil && rt.typed.body.kind == "json" && !rt.typed.body.kept && rt.scope.unmarshal == nil,
	}
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
