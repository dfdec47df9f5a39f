package apiroute

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// This file reads the values of the path. They are not stored anywhere: a match knows which segment
// of the path is which, and a value is cut out of the decoded path when a handler asks for it. If a
// segment has a slash, extra.separated says where the segments begin and end.

// Param returns the value of the path's segment [name], decoded, or that of a catch-all, with its
// segments joined by slashes. It returns "" if there is no such segment, or if an optional
// catch-all has matched nothing. A value is UTF-8 without NUL, and is not "." or "..", but it may
// hold any other character, a slash included. In a [Handler] without a router, Param returns what
// [http.Request.PathValue] returns.
//
// A name that is no segment of the route's path is nearly always a misspelled one, so it is logged,
// once for each route.
func (req *Request) Param(name string) string {
	m := req.matchOrDefault()
	if m.page != nil && !m.badValues {
		for i, s := range m.page.segs {
			switch {
			case s.text != name:
			case s.kind == single:
				return req.segment(m.page, i)
			case s.kind == catchAll || s.kind == optional:
				return req.path[len(req.path)-len(req.pathFrom(m.page, i)):]
			}
		}
	}
	v := req.Request.PathValue(name)
	if v == "" {
		req.warnUnknown("Param", name)
	}
	return v
}

// warnUnknown logs that a handler has asked for a segment that the path of its route does not have.
// It does nothing without a route.
func (req *Request) warnUnknown(method, name string) {
	m := req.matchOrDefault()
	if m.route == nil || m.page == nil || m.badValues {
		return
	}
	req.warnOnce("the path has no such segment",
		slog.String("route", m.route.path),
		slog.String("call", method+"("+strconv.Quote(name)+")"),
		slog.String("source", m.route.source))
}

// PathValue is [Request.Param] under the name that net/http uses. It hides
// [http.Request.PathValue], which only has the values if the route has middleware of [Use] or a
// plain handler.
func (req *Request) PathValue(name string) string { return req.Param(name) }

// Segments returns the segments that the catch-all [...name] or [[...name]] has matched, each
// decoded: a%2Fb is the one segment a/b. It returns nil if there are none, or if there is no such
// catch-all, which is logged as by Param. In a [Handler] without a router it splits what
// [http.Request.PathValue] returns.
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
	req.warnUnknown("Segments", name)
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
	for _, s := range m.page.segs[m.page.staticPrefix:] {
		if s.kind == single || s.kind == catchAll || s.kind == optional {
			req.SetPathValue(s.text, req.Param(s.text))
		}
	}
}

// segment returns the value of segment i of the page's path, decoded. For the page /posts/[id] and
// the path /posts/7, segment 1 is "7".
func (f found) segment(p *page, i int) string {
	rest := f.pathFrom(p, i)
	segment, _, _ := strings.Cut(rest, "/")
	begin := len(f.path) - len(rest)
	return f.path[begin : begin+len(segment)]
}

// segmentsFrom returns the segments of the request's path from segment i on, decoded, or nil if
// there are none. For the page /docs/[...path] and the path /docs/a/b, it returns "a" and "b" for
// 1.
func (f found) segmentsFrom(p *page, i int) []string {
	rest := f.pathFrom(p, i)
	if rest == "" {
		return nil
	}
	segs := strings.Split(rest, "/")
	begin := len(f.path) - len(rest)
	for i, s := range segs {
		segs[i] = f.path[begin : begin+len(s)]
		begin += len(s) + len("/")
	}
	return segs
}

// pathFrom returns the request's path from segment i on, without the slash before it, as
// separateSlashes returns it. It returns "" if there is no such segment. The decoded path has the same
// segments in the same places.
func (f found) pathFrom(p *page, i int) string {
	path := f.path
	if f.extra != nil && f.extra.separated != "" {
		path = f.extra.separated
	}
	return strings.TrimPrefix(p.tail(path, i), "/")
}

// tail returns a path that the page matches without its first n segments. For example, it returns
// "/c/d" for "/a/b/c/d" and 2, and "" for 4. It skips the page's static prefix in one step, because
// its length is known. The slashes of the path must separate segments.
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
