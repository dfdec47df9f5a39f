package apiroute

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// A match is what serves a request, and by which options.
type match struct {
	method  string  // of the route, "" for every method
	page    *page   // what the path matches, nil if nothing does
	route   *route  // of the page, nil if there is none
	scope   *scope  // the options that hold
	instead Handler // what is answered in place of the route's handler, or nil
	wild    bool    // the values of the path are not fit to be seen
	private bool    // nobody else gets to see the request and the response where the router has no Use
	sealed  bool    // nobody else gets to see the request once it is here, nor keeps the text of its body
	more    *more   // nil if it is the same for all requests, as nearly always
}

// more is what few requests need. They have a match of their own for it, since
// every request pays for its own size. It does not change, for the handler may
// keep the request.
type more struct {
	segs   []string           // of the path, decoded, if it has escapes or is not tidy
	moved  string             // the tidy path, if that is another one
	timed  context.Context    // with the Timeout of the route, nil if there is none
	cancel context.CancelFunc // of timed
}

func (m *match) rare() more {
	if m.more == nil {
		return more{}
	}
	return *m.more
}

// with returns the match of one request that has more.
func (m *match) with(x more) *match {
	own := *m
	own.more = &x
	return &own
}

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
		sealed:  unseen && rt.typed.body != nil && rt.typed.body.kind == "json" && rt.typed.plain && rt.scope.unmarshal == nil,
	}
}

// A Handler answers the requests of a route, as the default export of a file
// in Next's pages/api does. It answers through res, or returns an error, which
// the package answers; see [Error]. If it returns nil and has answered nothing,
// the answer is the status set by [Response.Status], or 204.
//
// A handler is called by many goroutines at once. Its req and res are used for
// this request only, never again, and so may be kept; but after the handler has
// returned, nothing may be written to res.
type Handler func(req *Request, res *Response) error

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
