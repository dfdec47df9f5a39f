package apiroute

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
)

// This file holds what is registered on a path: the [Handler], the route around it, and the page
// that collects the routes of one path. It also holds the responses that a page gives itself,
// without calling a handler: the 405 with its Allow header, the response to OPTIONS, the redirect
// to the tidy path, and the 400 for a path with invalid values.

// A Handler serves the requests of a route, as the default export of a file in Next's pages/api
// does. It responds through res, or returns an error, which the package turns into a response; see
// [Error]. A panic becomes an error too. If the handler returns nil without having responded, the
// response has the status set by [Response.Status], or 204, and no body.
//
// A handler is called by many goroutines at once. Its req and res belong to this request alone and
// are never used again, so they may be kept. Nothing may be written to res after the handler has
// returned.
type Handler func(req *Request, res *Response) error

// A page is a path with all the routes that are registered on it, like a file in Next's pages/api.
// For example, Get and Delete on /posts/[id] make one page with two routes:
//
//	segs     "posts", [id]
//	matches  DELETE, GET
//	get      the match for GET, which also serves HEAD
//	allow    "DELETE, GET, HEAD, OPTIONS"
//
// A page is immutable, so requests can use it without a lock while routes are added. Registering
// another route on the same path makes a new page.
type page struct {
	segs    []segment // the segments of the path; nil for "/"
	matches []match   // one for each route, sorted by method; the route for all methods is last
	get     *match    // the element of matches that serves GET; nil if there is none
	scope   *scope    // the innermost scope that all routes of the page share
	allow   string    // the value of the Allow header, such as "GET, HEAD, OPTIONS"

	// The static segments at the beginning of segs: how many there are, and how many bytes of a
	// path they take, slashes included. For /api/posts/[id] that is 2 and len("/api/posts").
	staticPrefix, staticPrefixLen int
}

// A match is the outcome of routing: the route, its options, and any response that the page gives
// itself. That of a route is made at registration and shared by many requests, so a match is
// immutable. What differs between requests, such as the values of the path, is in found.
type match struct {
	method    string  // the method that the route serves; "" for all methods
	page      *page   // the page whose path matches; nil if there is none, or if foundBehind lost it
	route     *route  // the route of the page; nil if no path matches
	scope     *scope  // the options that apply
	respond   Handler // responds instead of the route's handler; nil if the handler does
	badValues bool    // whether a value of the path is not UTF-8 or holds NUL, so that none may be used
	reuse             // copied from the route; zero if the page responds itself
}

// reuse says which memory of a typed endpoint may be used for later requests. The file reuse.go has
// the rules. It is the zero value for handlers that are not typed endpoints.
type reuse struct {
	// serveAlone serves a request in a pooled exchange. It is nil if anyone besides the endpoint
	// gets the request or the response, and might keep it.
	serveAlone func(http.ResponseWriter, *http.Request, found)

	// reusesBody reports whether the endpoint's pooled call holds the body, together with its
	// buffer. If not, each request gets a body of its own.
	reusesBody bool
}

// defaultMatch is the match of a Handler that is called without a router. It has the default
// options and no page.
var defaultMatch = &match{scope: &scope{warned: new(sync.Map), config: defaults}}

// with returns a new page that has the routes of p and rt. p is nil if rt is the first route on its
// path. The error is a *clashError if p already has a handler for the method of rt.
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
	return q, nil
}

// A clashError reports that a path cannot be registered because of a route that exists already. It
// names that route and the place where it was registered.
type clashError struct {
	reason string
	path   string // the path of the existing route
	source string // where the existing route was registered, as file:line
}

// Error returns the reason with the other route, such as: it is already matched by
// "/docs/[[...x]]", registered at main.go:12.
func (e *clashError) Error() string {
	return fmt.Sprintf("%s %q, registered at %s", e.reason, e.path, e.source)
}

// allowedMethods returns the value of the Allow header for a page: the methods of its routes in
// alphabetical order, HEAD if it has GET, and always OPTIONS. For example, it returns "GET, HEAD,
// OPTIONS, POST" for a page with Get and Post.
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

// own returns a match for a response that the page gives itself. It runs through the middleware that
// all routes of the page share, and through no other: if only Delete has a middleware that checks
// permissions, a 405 must not run through it. The chain is that of the first route, in which the
// levels below the shared ones are skipped; see match.skips.
func (p *page) own(respond Handler) *match {
	return &match{page: p, route: p.matches[0].route, scope: p.scope, respond: respond}
}

// badPath returns the match for a path with values that no handler may get.
func (p *page) badPath() *match {
	m := p.own(respondBadPath)
	m.badValues = true
	return m
}

// skips reports whether the middleware of a level must be skipped, because the page responds itself
// and not all of its routes share the level.
func (m *match) skips(s *scope) bool { return m.respond != nil && s.depth > m.scope.depth }

// lastKind returns the kind of the page's last segment. The page of "/", which has no segments,
// counts as static.
func (p *page) lastKind() kind {
	if n := len(p.segs); n > 0 {
		return p.segs[n-1].kind
	}
	return static
}

// mounted reports whether the page was registered by Mount.
func (p *page) mounted() bool { return p.lastKind() == mounted }

// hasCatchAll reports whether the page's path ends in [...x] or [[...x]].
func (p *page) hasCatchAll() bool { return p.lastKind() == catchAll || p.lastKind() == optional }

// find returns the match for the route that is registered for exactly this method, or nil if there
// is none. The method "" stands for the route for all methods.
func (p *page) find(method string) *match {
	for i := range p.matches {
		if m := &p.matches[i]; m.method == method {
			return m
		}
	}
	return nil
}

// matchFor returns the match for a request's method, which is never nil. It is the first of these:
//
//   - the route for the method itself
//   - for HEAD, the route for GET
//   - the route for all methods; TRACE only reaches it if it was registered by Mount
//   - the page's own response, which is a 405 for every method but OPTIONS
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
		return p.own(respondOptions)
	}
	return p.own(respondMethodNotAllowed)
}

// The functions below give a response instead of the route's handler. The rejections are errors, so
// they pass through OnError and the log like an error of a handler.

// respondNotFound is the 404 for a path that no page matches. It runs within the router's options.
func respondNotFound(*Request, *Response) error { return &Error{Status: http.StatusNotFound} }

// respondMethodNotAllowed is the 405 for a method for which the page has no handler.
func respondMethodNotAllowed(req *Request, _ *Response) error {
	return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {req.match.page.allow}}}
}

// respondLost is the 500 for a request whose route is certain but whose handler must not be called;
// see foundBehind.
func respondLost(*Request, *Response) error {
	return errors.New("apiroute: middleware has hidden the response and changed the URL or the method: give its writer an Unwrap method")
}

// respondNil is the 500 for a Handler that is nil and was registered elsewhere than in a router.
func respondNil(*Request, *Response) error {
	return errors.New("apiroute: the Handler is nil: give the mux a function")
}

// respondConnect rejects CONNECT, whose target is an authority without a path. An empty Allow
// header says that no method is allowed (RFC 9110, section 10.2.1).
func respondConnect(*Request, *Response) error {
	return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {""}}}
}

// respondBadTarget is the 400 for a request target that is not a path; see hasPathOnly.
func respondBadTarget(*Request, *Response) error {
	return Errorf(http.StatusBadRequest, "the request target must be a path")
}

// respondBadPath is the 400 for a path with a value that handlers must not get; see validValues.
func respondBadPath(*Request, *Response) error {
	return Errorf(http.StatusBadRequest, "the path contains NUL or is not UTF-8")
}

// respondOptions responds to OPTIONS on a page that has no handler for it.
func respondOptions(req *Request, res *Response) error {
	return res.SetHeader("Allow", req.match.page.allow).Status(http.StatusNoContent).End()
}

// respondRedirect redirects to the tidy path and keeps the query, in which a # would begin a fragment
// to the client. Status 308 keeps the method and the body, as in Next.js.
func respondRedirect(req *Request, res *Response) error {
	path := req.extra.tidyPath
	if req.URL.RawQuery != "" || req.URL.ForceQuery {
		path += "?" + strings.ReplaceAll(req.URL.RawQuery, "#", "%23")
	}
	return res.SetHeader("Location", path).Status(http.StatusPermanentRedirect).End()
}

// An inOut is the types of a typed endpoint: what it takes, and what it returns.
type inOut struct{ in, out reflect.Type }

// A route is one handler on a page, together with its middleware. It is immutable once it is
// registered.
type route struct {
	// As in the exported type Route.
	method, path, source string

	find    func(*http.Request) found // matches a request to a route of the same router; see core.find
	scope   *scope
	handler Handler
	inOut   *inOut // the types of a typed endpoint; nil for other handlers
	reuse

	useChain    http.Handler // Use of the groups and of the route, ending in afterUse; nil if there is none
	outerUse    *scope       // the outermost level of useChain
	aroundChain Handler      // Around of all levels, ending in callHandler
}
