package apiroute

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// A table holds the routes that are registered at one time. It does not change.
// The zero table has no routes.
//
// Its tree serves the plain paths, which nearly all are, at a fraction of the cost
// of http.ServeMux. (A path with escapes is not plain if url.URL needs a RawPath for
// it: it does for %2F, and does not for %20.) ServeMux serves all other paths, and is
// the reference for the tree.
type table struct {
	root node
	once sync.Once // makes mux
	mux  *muxes
}

// muxes returns the pages of the tree as patterns of ServeMux. The first call makes
// them, so that a server that only gets plain paths does not pay for them.
func (t *table) muxes() *muxes {
	t.once.Do(func() { t.mux = newMuxes(&t.root) })
	return t.mux
}

// muxes holds pages as patterns of ServeMux.
//
// ServeMux refuses two patterns of which neither is more specific (/posts/{id} and
// /{type}/latest), where Next.js takes the first in its order. So each shape has a
// mux of its own: pages are of one shape if they have their dynamic segments in the
// same places. These differ in a static segment, so that no path matches two of
// them. Of the pages that the muxes find for a path, one each, the first in Next's
// order is the one that matches.
//
// ServeMux compares a new pattern with those that share a static segment with it, or
// have a dynamic one in its place, and with all that end in {rest...}. In a mux of
// one shape that is few: a catch-all is left out of the pattern, and the mux is
// asked for the beginning of the path, of as many segments as its patterns have.
type muxes struct {
	shapes  []*shape
	deepest int // the largest number of segments in a pattern
	longest int // the length of the longest static segment in bytes
}

// A shape is the pages that have the same kinds of segments in the same places.
type shape struct {
	count int  // the number of segments in each pattern
	rest  kind // of the segment that follows them; static if there is none
	mux   *http.ServeMux
}

// A rankedPage is the handler of a pattern. It is looked up and never called.
type rankedPage struct {
	http.Handler
	page *page
	rank int // in Next's order
}

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

// match returns the page for the segments of a path, or nil. No page depends on
// segments after the first m.deepest+1.
func (m *muxes) match(segs []string) *page {
	probe := ""      // the path that the muxes are asked for, of which
	ends := []int{0} // ends[n] bytes are n segments
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

// fits reports whether the shape's pages can match a path of n segments.
func (s *shape) fits(n int) bool {
	switch s.rest {
	case static:
		return n == s.count
	case catchAll:
		return n > s.count
	}
	return n >= s.count
}

// standIn returns what stands for a segment in the patterns and paths that ServeMux
// gets. No static segment holds a control character, so one can stand for what no
// static segment is: a segment that is longer than all of them, so that a long path
// costs no more than another one, or one with a slash, of which "/" alone would be a
// trailing slash. Another one stands for "*", under which Go 1.22 keeps {x...}.
func (m *muxes) standIn(s string) string {
	switch {
	case s == "*":
		return "\x01"
	case len(s) > m.longest, s == "\x01", strings.Contains(s, "/"):
		return "\x00"
	}
	return s
}
