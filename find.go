package apiroute

import (
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
)

// This file matches a request to a route. The tree of tree.go finds the pages of tidy paths, and the
// ServeMux patterns of mux.go those of the others.

// A core is what a router and its groups share: a group is the same core with another prefix and
// scope.
type core struct {
	useChain http.Handler // the router's own Use, ending in routeAfterUse; nil if there is none

	notFound  *match // for a path that no page matches
	badTarget *match // for a request target that is not a path, if a page matches
	connect   *match // for CONNECT, whose target is an authority and not a path

	mu      sync.Mutex            // held while a route is registered
	table   atomic.Pointer[table] // nil until there is a route
	mounted []*core               // the routers that Mount has been given; guarded by mu

	documents []*document // the documents that routes must fit into; guarded by mu
}

// find matches a request to a route. The result always has a match; for a path that no page
// matches, it is notFound.
//
// The tree finds the pages for plain paths, which nearly all requests have; see table in mux.go.
// findEscaped and findUntidy deal with the others.
func (c *core) find(r *http.Request) found {
	switch {
	case r.Method == http.MethodConnect:
		// Not for any path: ServeMux panics on CONNECT //x; golang/go#81222.
		return found{match: c.connect}
	case r.URL == nil: // no server makes such a request
		return found{match: c.notFound}
	case !hasPathOnly(r.URL):
		return c.findBadTarget(r)
	}
	t := c.current()
	if r.URL.RawPath != "" {
		return c.findEscaped(r, t)
	}
	f := found{path: r.URL.Path}
	p, ascii := t.root.find(f.path)
	switch {
	case p == nil && isPlain(r.URL):
		return found{match: c.notFound}
	case p == nil:
		return c.findUntidy(t, r.Method, f.path, false)
	case !ascii || f.path == "/":
		return f.at(p, r.Method)
	}
	f.match = p.matchFor(r.Method) // the most common case
	return f
}

// findEscaped is find for a path with escapes that url.URL keeps in RawPath, such as %2F. The tree
// finds its page if the path is tidy.
func (c *core) findEscaped(r *http.Request, t *table) found {
	raw, escaped, separated := rawPath(r.URL)
	p, _ := t.root.find(separated)
	if p == nil {
		return c.findUntidy(t, r.Method, raw, escaped)
	}
	return newFound(r.URL.Path, separated).at(p, r.Method)
}

// newFound returns the outcome of routing for a path, without the match. separated is the same path
// as separateSlashes returns it.
func newFound(path, separated string) found {
	f := found{path: path}
	if separated != path {
		f.extra = &extra{separated: separated}
	}
	return f
}

// at returns the outcome of routing for a path that a page matches and whose values may be invalid.
func (f found) at(p *page, method string) found {
	if f.path == "/" { // a path without segments
		f.path = ""
	}
	if !validValue(f.path) && !f.validValues(p) {
		f.match = p.badPath()
		return f
	}
	f.match = p.matchFor(method)
	return f
}

// findBadTarget is find for a request target that is not a path. No handler gets such a request,
// even if middleware has set a path that matches: a client of net/http that is given the URL, as
// that of an httputil.ReverseProxy is, would send the request to where the target says.
func (c *core) findBadTarget(r *http.Request) found {
	path := &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath}
	if f := c.find(&http.Request{Method: r.Method, URL: path}); f.match == c.notFound {
		return f
	}
	return found{match: c.badTarget}
}

// findUntidy is find for the paths that the tree does not match. Such a path may match after all
// when it is made tidy: then the ServeMux patterns of mux.go decide.
//
// A page redirects a path that is not tidy, so that middleware in front of it never sees a path in
// another form than the handler. A mounted handler gets a path that only has a trailing slash, which
// may have a meaning for it.
//
// The path and escaped are those of rawPath.
func (c *core) findUntidy(t *table, method, path string, escaped bool) found {
	received, ok := parseTarget(path, escaped)
	if !ok {
		return found{match: c.notFound}
	}
	m := t.muxes()
	_, separated := received.first(m.deepest + 1).separated()
	p := m.match(separated)
	if p == nil {
		return found{match: c.notFound}
	}
	tidy := received.clean()
	f := newFound(tidy.separated())
	if !p.mounted() {
		tidy.slash = false
	}
	if tidy == received {
		return f.at(p, method)
	}
	f.match = p.own(respondRedirect)
	f.ensureExtra().tidyPath = tidy.location()
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
