package apiroute

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// A table holds the routes that are registered at one time. It is immutable, and its zero value has
// no routes.
//
// Its tree serves the tidy paths, which nearly all requests have, at a fraction of the cost of
// http.ServeMux. ServeMux serves the paths that must be made tidy first, and says which paths no page
// matches if they have escapes. It is also the reference for the tree: tests and fuzz targets compare
// the two.
type table struct {
	root node
	once sync.Once // guards the making of mux
	mux  *muxes    // the same pages for ServeMux; nil until muxes is called
}

// muxes returns the pages of the tree as patterns of ServeMux. The first call makes them, so a
// server that only gets plain paths does not pay for them.
func (t *table) muxes() *muxes {
	t.once.Do(func() { t.mux = newMuxes(&t.root) })
	return t.mux
}

// muxes holds pages as patterns of ServeMux, in several muxes.
//
// ServeMux refuses two patterns if they overlap and neither is more specific, such as /posts/{id}
// and /{type}/latest. Next.js has an order in which the first of them gets a path that both match.
// So each shape has a mux of its own. Pages have the same shape if they have the same kinds of
// segments in the same places:
//
//	/posts/[id], /users/[id]       one shape: static, single
//	/[type]/latest, /[type]/first  another: single, static
//	/docs/[...path]                a third: static, catch-all
//
// Two pages of one shape differ in a static segment, so no path matches both, and their patterns
// never conflict. A path is looked up in the mux of each shape. Of the pages found, the one that is
// first in Next's order matches.
//
// Registering n patterns takes n² comparisons if ServeMux must compare each with all others, as it
// does for those that end in {rest...}. So the pattern of a page with a catch-all ends before it,
// as /docs for /docs/[...path], and the mux is asked for as many of the path's first segments as
// its patterns have.
type muxes struct {
	shapes  []*shape
	deepest int // the largest number of segments in a pattern
	longest int // the length of the longest static segment in bytes
}

// A shape is the pages that have the same kinds of segments in the same places.
type shape struct {
	count int  // the number of segments in each pattern
	rest  kind // the kind of the segment after those of the pattern; static if there is none
	mux   *http.ServeMux
}

// A rankedPage is the handler of a pattern. It is looked up and never called.
type rankedPage struct {
	http.Handler
	page *page
	rank int // the page's place in Next's order, from 0
}

// newMuxes returns the pages of a tree as patterns.
func newMuxes(root *node) *muxes {
	m, rank := &muxes{}, 0
	byKinds := map[string]*shape{}
	root.walk(func(p *page) {
		var pattern, kinds strings.Builder
		s := shape{count: len(p.segs)}
		for i, seg := range p.segs {
			kinds.WriteByte(byte(seg.kind))
			switch seg.kind {
			case static:
				m.longest = max(m.longest, len(seg.text))
				pattern.WriteString("/" + url.PathEscape(m.standIn(seg.text)))
			case single:
				pattern.WriteString("/{x" + strconv.Itoa(i) + "}")
			default:
				s.count, s.rest = i, seg.kind
			}
		}
		if s.count == 0 {
			pattern.WriteString("/{$}")
		}
		if byKinds[kinds.String()] == nil {
			s.mux = http.NewServeMux()
			m.shapes, m.deepest = append(m.shapes, &s), max(m.deepest, s.count)
			byKinds[kinds.String()] = &s
		}
		byKinds[kinds.String()].mux.Handle(pattern.String(), rankedPage{page: p, rank: rank})
		rank++
	})
	return m
}

// match returns the page for a tidy path, or nil. The slashes of the path separate segments; see
// separateSlashes. Only its first m.deepest segments are looked at.
func (m *muxes) match(path string) *page {
	var segs []string
	if path != "" {
		segs = strings.SplitN(path[1:], "/", m.deepest+2)
	}
	probe := ""      // the path that the muxes are asked for
	ends := []int{0} // ends[n] is the length of the first n segments in probe
	for _, s := range segs[:min(len(segs), m.deepest)] {
		probe += "/" + m.standIn(s)
		ends = append(ends, len(probe))
	}
	var first rankedPage
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{}}
	for _, s := range m.shapes {
		if !s.fits(len(segs)) {
			continue
		}
		if r.URL.Path = probe[:ends[s.count]]; s.count == 0 {
			r.URL.Path = "/"
		}
		h, _ := s.mux.Handler(r)
		if p, ok := h.(rankedPage); ok && (first.page == nil || p.rank < first.rank) {
			first = p
		}
	}
	return first.page
}

// fits reports whether the number of segments of a path allows a match with the shape's pages.
func (s *shape) fits(n int) bool {
	switch s.rest {
	case static:
		return n == s.count
	case catchAll:
		return n > s.count
	}
	return n >= s.count
}

// standIn returns the text that replaces a segment in the patterns and the paths that ServeMux
// gets. Most segments are replaced by themselves. Two control characters, which no static segment
// has, replace the others:
//
//	\x01  "*", because Go 1.22 stores the wildcard {x...} under that key
//	\x00  a segment that equals no static one: it has a slash, which is NUL here, or it is longer
//	      than all static ones, so that its length costs nothing
func (m *muxes) standIn(s string) string {
	switch {
	case s == "*":
		return "\x01"
	case len(s) > m.longest, s == "\x01", strings.Contains(s, "\x00"):
		return "\x00"
	}
	return s
}
