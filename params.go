package apiroute

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// This file reads the values of the path. For most requests they are not stored anywhere: a match
// knows which segment of the path is which, and a value is cut out of the URL's path when a handler
// asks for it. A path that has escapes, or that is not tidy, is the exception. Its segments have
// been decoded during routing and are in extra.segs.

// Param returns the value of the path's segment [name], decoded, or that of a
// catch-all, with its segments joined by slashes. It returns "" if there is no
// such segment, or if an optional catch-all has matched nothing. A value is UTF-8
// without NUL, and is not "." or "..", but it may hold any other character, a
// slash included. In a [Handler] without a router, Param returns what
// [http.Request.PathValue] returns.
func (req *Request) Param(name string) string {
	m := req.matchOrDefault()
	if m.page != nil && !m.badValues {
		for i, s := range m.page.segs {
			switch {
			case s.text != name:
			case s.kind == single:
				return req.segment(m.page, i)
			case s.kind == catchAll || s.kind == optional:
				return strings.Join(req.catchAll(), "/")
			}
		}
	}
	return req.Request.PathValue(name)
}

// PathValue is [Request.Param] under the name that net/http uses.
func (req *Request) PathValue(name string) string { return req.Param(name) }

// Segments returns the segments that the catch-all [...name] or [[...name]] has
// matched, each decoded: a%2Fb is the one segment a/b. It returns nil if there
// are none, or if there is no such catch-all. In a [Handler] without a router it
// splits what [http.Request.PathValue] returns.
func (req *Request) Segments(name string) []string {
	p := req.matchOrDefault().page
	if p == nil {
		if v := req.Request.PathValue(name); v != "" {
			return strings.Split(v, "/")
		}
		return nil
	}
	if p.hasCatchAll() && p.segs[len(p.segs)-1].text == name {
		return req.catchAll()
	}
	return nil
}

// catchAll returns the segments that the page's catch-all has matched, each decoded, or nil if
// there are none or the page has no catch-all.
func (req *Request) catchAll() []string {
	if m := req.matchOrDefault(); m.page != nil && !m.badValues && m.page.hasCatchAll() {
		return req.segmentsFrom(m.page, len(m.page.segs)-1)
	}
	return nil
}

// setPathValues makes the values of the path available through http.Request.PathValue, for plain
// handlers and standard middleware. That costs an allocation, so it is done only for routes that
// have either.
func (req *Request) setPathValues() {
	m := req.matchOrDefault()
	if m.page == nil || m.badValues {
		return
	}
	for _, s := range m.page.segs {
		if s.kind == single || s.kind == catchAll || s.kind == optional {
			req.SetPathValue(s.text, req.Param(s.text))
		}
	}
}

// segment returns the value of segment i of the page's path, decoded. For the page /posts/[id] and
// the path /posts/7, segment 1 is "7".
func (f found) segment(p *page, i int) string {
	if f.extra != nil && f.extra.segs != nil {
		return f.extra.segs[i]
	}
	segment, _, _ := strings.Cut(p.tail(f.path, i)[1:], "/")
	return segment
}

// segmentsFrom returns the segments of the request's path from segment i on, decoded, or nil if
// there are none. For the page /docs/[...path] and the path /docs/a/b, it returns "a" and "b" for
// 1.
func (f found) segmentsFrom(p *page, i int) []string {
	if f.extra != nil && f.extra.segs != nil {
		if len(f.extra.segs) > i {
			return f.extra.segs[i:]
		}
		return nil
	}
	if rest := p.tail(f.path, i); rest != "" {
		return strings.Split(rest[1:], "/")
	}
	return nil
}

// tail returns a path that the page matches without its first n segments. For example, it returns
// "/c/d" for "/a/b/c/d" and 2, and "" for 4. It skips the page's static prefix in one step, because
// its length is known. The path must be plain.
func (p *page) tail(path string, n int) string {
	if n >= p.staticPrefix {
		path, n = path[min(p.staticPrefixLen, len(path)):], n-p.staticPrefix
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

// validValues reports whether all values of the page's path are UTF-8 without NUL. Many
// databases and file systems reject, cut or replace other values, so the page rejects them with a
// 400 before a handler sees them.
func (f found) validValues(p *page) bool {
	for i, s := range p.segs {
		switch {
		case s.kind == single && !validValue(f.segment(p, i)):
			return false
		case s.kind == catchAll || s.kind == optional:
			return !slices.ContainsFunc(f.segmentsFrom(p, i), func(v string) bool { return !validValue(v) })
		}
	}
	return true
}

// validValue reports whether one value, or a whole path, is UTF-8 without NUL.
func validValue(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
