package apiroute

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// A destination is what a request has come to, and by which path.
type destination struct {
	match *match
	text  string // the path that has been matched, if it is without escapes
}

// segment returns segment i of the path, which a page matches.
func (d destination) segment(p *page, i int) string {
	if more := d.match.more; more != nil && more.segs != nil {
		return more.segs[i]
	}
	text, _, _ := strings.Cut(p.tail(d.text, i)[1:], "/")
	return text
}

// segmentsFrom returns the segments of the path, which a page matches, from i on;
// nil if there are none.
func (d destination) segmentsFrom(p *page, i int) []string {
	if more := d.match.more; more != nil && len(more.segs) > i {
		return more.segs[i:]
	}
	if rest := p.tail(d.text, i); rest != "" {
		return strings.Split(rest[1:], "/")
	}
	return nil
}

// tail returns a path that the page matches, without its first n segments: "/c/d"
// of "/a/b/c/d" for 2.
func (p *page) tail(path string, n int) string {
	if n >= p.fixed {
		path, n = path[min(p.fixedLen, len(path)):], n-p.fixed
	}
	for ; n > 0 && path != ""; n-- {
		next := strings.IndexByte(path[1:], '/') + 1
		if next == 0 {
			return ""
		}
		path = path[next:]
	}
	return path
}

// rest returns what the page's catch-all has matched, nil if that is nothing.
func (req *Request) rest() []string {
	if m := req.found(); m.page != nil && !m.wild && m.page.hasCatchAll() {
		return req.segmentsFrom(m.page, len(m.page.segs)-1)
	}
	return nil
}

// validValues reports whether all values that a page has in the path are UTF-8
// without NUL.
func (d destination) validValues(p *page) bool {
	for i, s := range p.segs {
		switch {
		case s.kind == single && !validValue(d.segment(p, i)):
			return false
		case s.kind == catchAll || s.kind == optional:
			return !slices.ContainsFunc(d.segmentsFrom(p, i), func(v string) bool { return !validValue(v) })
		}
	}
	return true
}

func validValue(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// setPathValues gives the values to plain handlers and middleware.
func (req *Request) setPathValues() {
	m := req.found()
	if m.page == nil || m.wild {
		return
	}
	for _, s := range m.page.segs {
		if s.kind == single || s.kind == catchAll || s.kind == optional {
			req.SetPathValue(s.text, req.Param(s.text))
		}
	}
}

// Param returns the value of the path's segment [name], decoded, or that of a
// catch-all, with its segments joined by slashes. It is "" if there is no such
// segment, or an optional catch-all has matched nothing. A value is UTF-8, has
// no NUL, and is not "." or "..", but it may hold any other character, a slash
// included. In a [Handler] without a router it is what
// [http.Request.PathValue] has.
func (req *Request) Param(name string) string {
	m := req.found()
	if m.page == nil {
		return req.Request.PathValue(name)
	}
	for i, s := range m.page.segs {
		switch {
		case m.wild || s.text != name || s.kind == static || s.kind == mounted:
		case s.kind == single:
			return req.segment(m.page, i)
		default:
			return strings.Join(req.rest(), "/")
		}
	}
	return req.Request.PathValue(name)
}

// PathValue is Param, under the name that net/http has for it.
func (req *Request) PathValue(name string) string { return req.Param(name) }

// Segments returns the segments that the catch-all [...name] or [[...name]] has
// matched, each decoded: a/b is one for a%2Fb. It is nil if there are none, or
// there is no such catch-all. In a [Handler] without a router it splits what
// [http.Request.PathValue] has.
func (req *Request) Segments(name string) []string {
	p := req.found().page
	if p == nil {
		if v := req.Request.PathValue(name); v != "" {
			return strings.Split(v, "/")
		}
		return nil
	}
	if p.hasCatchAll() && p.segs[len(p.segs)-1].text == name {
		return req.rest()
	}
	return nil
}

// Route returns the path of the route as registered, "/api/posts/[id]", and ""
// if the request has matched none. In a [Handler] without a router it is the
// pattern of the mux, from Go 1.23 on.
func (req *Request) Route() string {
	if rt := req.found().route; rt != nil {
		return rt.path
	}
	return pattern(req.Request)
}

// Query returns the values of the URL's query, parsed once. The values of the
// path are not among them. Pairs that are malformed are left out, as
// [url.URL.Query] does.
func (req *Request) Query() url.Values {
	if req.query == nil {
		req.query = req.URL.Query()
	}
	return req.query
}
