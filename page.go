package apiroute

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
)

// A Handler serves the requests of a route, as the default export of a file in
// Next's pages/api does. It responds through res, or returns an error, which the
// package turns into a response; see [Error]. If it returns nil without having
// responded, the response has the status set by [Response.Status], or 204, and no
// body.
//
// A handler is called by many goroutines at once. Its req and res belong to this
// request alone and are never used again, so they may be kept. Nothing may be
// written to res after the handler has returned.
type Handler func(req *Request, res *Response) error

// A page is what a file in pages/api is: a path with all the routes that are
// registered on it. It is immutable; a further route makes a new page.
type page struct {
	segs    []segment
	matches []match // one for each route, sorted by method; the route for all methods is last
	get     *match  // the one of matches that serves GET, or nil
	scope   *scope  // the options that all routes of the page have in common
	allow   string  // the value of the Allow header

	// The static segments at the beginning of segs: how many there are, and how
	// many bytes of a path they take.
	staticPrefix, staticPrefixLen int

	// What the page responds with itself instead of calling a handler.
	methodNotAllowed, options, redirect, badPath match
}

// A match is the outcome of routing: the route, its options, and any response
// that the page gives itself. It is immutable and shared by many requests.
type match struct {
	method    string  // the method that the route serves; "" for all methods
	page      *page   // the page whose path matches; nil if there is none
	route     *route  // the route of the page; nil if there is no page
	scope     *scope  // the options that apply
	respond   Handler // responds instead of the route's handler; nil to call that one
	badValues bool    // the values of the path are not UTF-8 or hold NUL, and must not be used
	reuse             // that of the route; zero if the page responds itself
}

// reuse says what of a typed endpoint's requests may be used again. It is zero for
// other handlers.
type reuse struct {
	// serveAlone serves a request in an exchange that is used again; nil if
	// somebody else is given the request or the response.
	serveAlone func(http.ResponseWriter, *http.Request, found)

	// reusesBody reports whether the body lies in the endpoint's call, where it is
	// used again.
	reusesBody bool
}

// defaultMatch is the match of a Handler without a router: the default options.
var defaultMatch = &match{scope: &scope{config: defaults}}

// with returns a page that has the route rt as well. p is nil for a new page.
func (p *page) with(rt *route, segs []segment) (*page, error) {
	q := &page{segs: segs, scope: rt.scope}
	q.matches = []match{{method: rt.method, route: rt, scope: rt.scope, reuse: rt.reuse}}
	if p != nil {
		if m := p.find(rt.method); m != nil {
			return p, &clashError{cmp.Or(rt.method, "it") + " already has a handler, as", m.route.path, m.route.source}
		}
		q.matches = append(q.matches, p.matches...)
		q.scope = common(p.scope, rt.scope)
	}
	sort.Slice(q.matches, func(i, j int) bool {
		a, b := q.matches[i].method, q.matches[j].method
		return b == "" || a != "" && a < b
	})
	for i := range q.matches {
		q.matches[i].page = q
	}
	q.get = q.find(http.MethodGet)
	q.allow = allowedMethods(q.matches)
	for q.staticPrefix < len(segs) && segs[q.staticPrefix].kind == static {
		q.staticPrefixLen += len("/" + segs[q.staticPrefix].text)
		q.staticPrefix++
	}
	return q, q.addOwnResponses()
}

// A clashError is a path that cannot be registered because of another one.
type clashError struct {
	reason string
	path   string // the other path
	source string // file and line where that was registered
}

func (e *clashError) Error() string {
	return fmt.Sprintf("%s %q, registered at %s", e.reason, e.path, e.source)
}

// allowedMethods returns the value of the Allow header for a page.
func allowedMethods(matches []match) string {
	methods := []string{http.MethodOptions}
	for _, m := range matches {
		switch m.method {
		case "":
			methods = append(methods, http.MethodDelete, http.MethodGet, http.MethodHead,
				http.MethodPatch, http.MethodPost, http.MethodPut)
		case http.MethodGet:
			methods = append(methods, http.MethodGet, http.MethodHead)
		default:
			methods = append(methods, m.method)
		}
	}
	slices.Sort(methods)
	return strings.Join(slices.Compact(methods), ", ")
}

// addOwnResponses sets what the page responds with itself. These responses run
// through the middleware that all routes of the page have in common, and through
// no other: that of a route with the same options, or, if each route has options
// of its own, that of a route made for the purpose.
func (p *page) addOwnResponses() error {
	i := slices.IndexFunc(p.matches, func(m match) bool { return m.scope == p.scope })
	rt := p.matches[max(i, 0)].route
	if i < 0 {
		rt = &route{path: rt.path, source: rt.source, find: rt.find, scope: p.scope, handler: respondNotFound}
		if err := rt.buildChains(); err != nil {
			return err
		}
	}
	own := match{page: p, route: rt, scope: p.scope}
	p.methodNotAllowed, p.options, p.redirect, p.badPath = own, own, own, own
	p.methodNotAllowed.respond = respondMethodNotAllowed
	p.options.respond = respondOptions
	p.redirect.respond = respondRedirect
	p.badPath.respond = respondBadPath
	p.badPath.badValues = true
	return nil
}

// lastKind returns the kind of the page's last segment. "/" counts as static.
func (p *page) lastKind() kind {
	if n := len(p.segs); n > 0 {
		return p.segs[n-1].kind
	}
	return static
}

func (p *page) mounted() bool { return p.lastKind() == mounted }

func (p *page) hasCatchAll() bool { return p.lastKind() == catchAll || p.lastKind() == optional }

// find returns the match for the route that is registered for a method, nil if
// there is none. The method "" stands for all methods.
func (p *page) find(method string) *match {
	for i := range p.matches {
		if m := &p.matches[i]; m.method == method {
			return m
		}
	}
	return nil
}

// matchFor returns the match for a request's method.
func (p *page) matchFor(method string) *match {
	if method == http.MethodGet && p.get != nil { // the most common case
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
		return &p.options
	}
	return &p.methodNotAllowed
}

// The responses that are given instead of calling a handler.

func respondNotFound(*Request, *Response) error { return &Error{Status: http.StatusNotFound} }

func respondMethodNotAllowed(req *Request, _ *Response) error {
	return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {req.match.page.allow}}}
}

func respondConnect(*Request, *Response) error {
	return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {""}}}
}

func respondBadPath(*Request, *Response) error {
	return Errorf(http.StatusBadRequest, "the path contains NUL or is not UTF-8")
}

func respondOptions(req *Request, res *Response) error {
	return res.SetHeader("Allow", req.match.page.allow).Status(http.StatusNoContent).End()
}

func respondRedirect(req *Request, res *Response) error {
	path := req.extra.tidyPath
	if req.URL.RawQuery != "" || req.URL.ForceQuery {
		path += "?" + req.URL.RawQuery
	}
	return res.SetHeader("Location", path).Status(http.StatusPermanentRedirect).End()
}

// A route is one handler on a page, together with its middleware.
type route struct {
	method, path, source string

	find    func(*http.Request) found // the routing of the router
	scope   *scope
	handler Handler
	reuse

	useChain    http.Handler // Use of the groups and of the route, around afterUse; nil if there is none
	aroundChain Handler      // Around of all levels, around callHandler
}
