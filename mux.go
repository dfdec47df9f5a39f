package apiroute

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A table is the registered paths made ready for matching, never changed once
// it serves.
//
// The tree answers for paths without escapes that matter, as nearly all are (with
// them, url.URL has a RawPath: for %2F, and not for %20), at a fraction of the cost
// of http.ServeMux. That has the others, and is the measure of both.
//
// ServeMux refuses two patterns of which neither is more specific (/posts/{id}
// and /{type}/latest), where Next.js takes the first in its order. So the pages
// are added in that order, and a page goes into the mux of those before it that
// it overlaps, or if that refuses it, into the next one; a request asks the muxes
// in turn. Of two pages that match the same request the earlier is then never in
// a later mux, within a mux the more specific is the earlier one, and there are
// no more muxes than pages in a row that refuse each other.
type table struct {
	root  *branch
	muxes []*http.ServeMux
	pages map[string]*page // by ServeMux pattern
}

func compile(root *node) *table {
	t := &table{root: newBranch(root), pages: map[string]*page{}}
	placed := map[*page]int{} // in which mux
	root.walk(func(p *page) {
		at := 0
		root.overlapping(p.segs, func(q *page) { at = max(at, placed[q]) })
		for _, pattern := range p.patterns() {
			if t.pages[pattern] != nil {
				continue // an earlier page has it
			}
			t.pages[pattern] = p
			if at < len(t.muxes) && accepts(t.muxes[at], pattern) {
				continue
			}
			if at = min(at+1, len(t.muxes)); at == len(t.muxes) {
				t.muxes = append(t.muxes, http.NewServeMux())
			}
			accepts(t.muxes[at], pattern)
		}
		placed[p] = at
	})
	return t
}

// overlapping calls f with the pages at and below n that match a path which segs
// matches.
func (n *node) overlapping(segs []segment, f func(*page)) {
	var s segment
	if len(segs) > 0 {
		s = segs[0]
	}
	if len(segs) == 0 || s.kind == optional || s.kind == mounted {
		if n.page != nil {
			f(n.page)
		}
	}
	for _, c := range n.dynamic[catchAll-1:] {
		if c != nil && (len(segs) > 0 || c.seg.kind != catchAll) {
			f(c.page)
		}
	}
	if len(segs) == 0 {
		return
	}
	rest := segs[1:]
	if s.kind > single {
		rest = segs // a catch-all goes on
		if s.kind == catchAll {
			rest = []segment{{kind: optional}}
		}
	}
	if c := n.dynamic[single-1]; c != nil {
		c.overlapping(rest, f)
	}
	if s.kind == static {
		if c := n.static[s.text]; c != nil {
			c.overlapping(rest, f)
		}
		return
	}
	for _, c := range n.static {
		c.overlapping(rest, f)
	}
}

// accepts adds a pattern to a mux and reports whether it was taken. The mux is
// only asked which pattern matches, so the handler is of no account.
func accepts(mux *http.ServeMux, pattern string) (ok bool) {
	defer func() { ok = recover() == nil }()
	mux.Handle(pattern, http.NotFoundHandler())
	return
}

// patterns returns the ServeMux patterns of a page. A catch-all is {x} and
// {x}/{rest...}: these never match an empty segment, and never make ServeMux
// redirect to a path with a trailing slash.
func (p *page) patterns() []string {
	var b strings.Builder
	for i, s := range p.segs {
		wildcard := "{x" + strconv.Itoa(i) + "}"
		switch s.kind {
		case static:
			b.WriteString("/" + url.PathEscape(probeText(s.text)))
		case single:
			b.WriteString("/" + wildcard)
		default:
			pre := b.String()
			below := []string{pre + "/" + wildcard, pre + "/" + wildcard + "/{rest...}"}
			if s.kind == catchAll {
				return below
			}
			return append(below, exactly(pre))
		}
	}
	return []string{exactly(b.String())}
}

func exactly(path string) string {
	if path == "" {
		return "/{$}"
	}
	return path
}

// match returns the page for a request's segments, nil if there is none.
func (t *table) match(segs []string) *page {
	var b strings.Builder
	for _, s := range segs {
		b.WriteString("/" + probeText(s))
	}
	if len(segs) == 0 {
		b.WriteByte('/')
	}
	probe := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: b.String()}}
	for _, mux := range t.muxes {
		if _, pattern := mux.Handler(probe); pattern != "" {
			return t.pages[pattern]
		}
	}
	return nil
}

// probeText returns what stands for a segment in the patterns and paths that
// ServeMux gets. No static segment holds a control character, so one can stand
// for what ServeMux would mistake: a segment with a slash, of which "/" alone
// would be a trailing slash; and "*", under which Go 1.22 keeps {x...}.
func probeText(s string) string {
	switch {
	case s == "*":
		return "\x01"
	case s == "\x01", strings.Contains(s, "/"):
		return "\x00"
	}
	return s
}

// isPlain reports whether a URL's path is tidy and has no escapes that matter.
func isPlain(u *url.URL) bool {
	return u.RawPath == "" && strings.HasPrefix(u.Path, "/") && (u.Path == "/" || allTidy(u.Path))
}
