package apiroute

import (
	"fmt"
	"slices"
	"strings"
)

// This file decides which page serves a request. Paths are tried in the order of Next.js: at
// each level, from the first segment to the last, a static segment comes before [x], [x] before a
// catch-all, and a catch-all before what Mount has registered. If the rest of the path does not
// match below a segment, the next kind is tried. For example, with the routes /posts/[id] and
// /[...path], the first serves /posts/7 and the second /posts/7/edit.
//
// The order is in three places that must agree: match tries the paths in it, walk lists the pages
// in it, and mux.go ranks the pages as walk does. byteOrder is the order of static segments, which
// matters to walk alone.

// A node is a place in the tree of the registered paths. The tree is a radix tree: consecutive
// static segments are one text, and texts that begin alike share a node for what they have in
// common, whether a segment ends there or not. A dynamic segment has a node of its own. The paths
// /post, /posts/new and /posts/[id]/edit make this tree:
//
//	root
//	└─ "/post"           the page of /post
//	   └─ "s"
//	      ├─ "/new"      the page of /posts/new
//	      └─ [id]
//	         └─ "/edit"  the page of /posts/[id]/edit
//
// The tree is persistent: insert does not change it, but returns another tree, which has new nodes
// on the way to the new route and shares all others with the old one. So requests can read a tree
// without a lock while routes are added.
type node struct {
	text       string  // the part of a path that leads here from the parent; "" for the root and a wildcard
	firstBytes string  // the first byte of each child's text; no two are alike
	children   []*node // the nodes for longer static texts, sorted by byteOrder of that byte

	// Each of these is nil if nothing of the kind is registered here. All are nil if the node is in
	// the middle of a segment.
	single   *wildcard // [x]
	catchAll *wildcard // [...x] or [[...x]]; no level has both
	mount    *wildcard // what Mount has registered
	page     *page     // the page of the path that ends here
}

// A wildcard is a node for a dynamic segment, or for the rest of a mounted path.
type wildcard struct {
	node
	name  string // the name of the segment; "" if mounted
	first *route // the first route with this segment, which a clash names
}

// clash returns the error for a route that cannot be registered because of another one.
func clash(reason string, other *route) error {
	return &clashError{reason, other.path, other.source}
}

// insert returns a tree that also has the route rt, whose path has the given segments. The error is
// a *clashError if the route clashes with one of the tree.
func (n *node) insert(rt *route, segs []segment) (*node, error) {
	in := insertion{rt, segs}
	return in.at(n, 0)
}

// An insertion is a route on its way into a tree. Each of its methods returns a copy of a node that
// has the route at the node or below it, and calls another one to get the copy of the next node. i
// is the index of the first segment that has not been inserted yet.
type insertion struct {
	route *route
	segs  []segment
}

// at inserts the segments from i on at n, where a segment ends.
func (in *insertion) at(n *node, i int) (*node, error) {
	text := ""
	for ; i < len(in.segs) && in.segs[i].kind == static; i++ {
		text += "/" + in.segs[i].text
	}
	if text != "" {
		return in.along(n, text, i)
	}
	var err error
	own := *n
	switch {
	case i == len(in.segs):
		own.page, err = in.end(n)
	case in.segs[i].kind == single:
		own.single, err = in.through(n.single, i)
	case in.segs[i].kind == mounted:
		own.mount, err = in.through(n.mount, i)
	default:
		own.catchAll, err = in.throughCatchAll(n, i)
	}
	return &own, err
}

// along inserts a text below n, and the segments from i on at the place to which the text leads. If
// a child shares the beginning of the text, the child is split there.
func (in *insertion) along(n *node, text string, i int) (*node, error) {
	if text == "" {
		return in.at(n, i)
	}
	own, k := *n, 0
	for k < len(n.children) && byteOrder(n.firstBytes[k]) < byteOrder(text[0]) {
		k++
	}
	if k == len(n.children) || n.firstBytes[k] != text[0] {
		child, err := in.at(&node{text: text}, i) // cannot clash: nothing else is below a new node
		own.firstBytes = n.firstBytes[:k] + text[:1] + n.firstBytes[k:]
		own.children = slices.Concat(n.children[:k], []*node{child}, n.children[k:])
		return &own, err
	}
	child, common := n.children[k], 1
	for common < min(len(child.text), len(text)) && child.text[common] == text[common] {
		common++
	}
	child, err := in.along(child.split(common), text[common:], i)
	own.children = slices.Clone(n.children)
	own.children[k] = child
	return &own, err
}

// split returns n as two nodes, one below the other, of which the upper one has only the first i
// bytes of the text. If that is the whole text, split returns n itself.
func (n *node) split(i int) *node {
	if i == len(n.text) {
		return n
	}
	below := *n
	below.text = n.text[i:]
	return &node{text: n.text[:i], firstBytes: n.text[i : i+1], children: []*node{&below}}
}

// byteOrder ranks the bytes of UTF-8 so that texts sort as Next.js sorts segments. The end of a
// segment comes first. Then JavaScript compares UTF-16 code units, in which U+1F600 (0xD83D 0xDE00)
// comes before U+FFFF, unlike in UTF-8. Only the bytes that begin U+E000 to U+FFFF are out of
// place: they rank after 0xF0 to 0xF4, which begin the characters that UTF-16 writes as two units.
func byteOrder(c byte) byte {
	switch c {
	case '/':
		return 0
	case 0xee, 0xef:
		return c + 0x10
	}
	return c
}

// through inserts segment i, which is dynamic, and the segments after it. w is the wildcard that
// the tree has for a segment of the same kind, or nil. Segments in the same place must have the
// same name, as in Next.js.
func (in *insertion) through(w *wildcard, i int) (*wildcard, error) {
	s := in.segs[i]
	own := wildcard{name: s.text, first: in.route}
	if w != nil {
		if own = *w; w.name != s.text {
			return nil, clash(fmt.Sprintf("%s has another name than the segment in the same place of", s), w.first)
		}
	}
	below, err := in.at(&own.node, i+1)
	if err != nil {
		return nil, err
	}
	own.node = *below
	return &own, nil
}

// throughCatchAll is through for a catch-all below n. It refuses [...x] beside [[...x]], and
// [[...x]] beside a page for the path without it, because both would match that path.
func (in *insertion) throughCatchAll(n *node, i int) (*wildcard, error) {
	w, k := n.catchAll, in.segs[i].kind
	switch {
	case w == nil && k == optional && n.page != nil:
		return nil, clash("it also matches", n.page.matches[0].route)
	case w == nil || w.page.lastKind() == k:
		return in.through(w, i)
	case k == catchAll:
		return nil, clash("a catch-all cannot be registered beside the optional catch-all", w.first)
	}
	return nil, clash("an optional catch-all cannot be registered beside the catch-all", w.first)
}

// end returns the page of n, or a new one, with the route added. n is where the path of the route
// ends.
func (in *insertion) end(n *node) (*page, error) {
	if w := n.catchAll; n.page == nil && w != nil && w.page.lastKind() == optional {
		return nil, clash("it is already matched by", w.first)
	}
	return n.page.with(in.route, in.segs)
}

// walk calls f with every page in the order in which paths are tried: a page before those below it,
// then static segments in the order of byteOrder, then the dynamic ones by kind.
func (n *node) walk(f func(*page)) {
	if n.page != nil {
		f(n.page)
	}
	longer := n.children // the children whose texts continue the current segment
	if strings.HasPrefix(n.firstBytes, "/") {
		longer[0].walk(f)
		longer = longer[1:]
	}
	for _, w := range []*wildcard{n.single, n.catchAll, n.mount} {
		if w != nil {
			w.walk(f)
		}
	}
	for _, c := range longer {
		c.walk(f)
	}
}

// find returns the first page, in the order in which paths are tried, that matches a tidy path. Its
// slashes separate segments; see separateSlashes. It returns nil if no page does. For a path that is
// not tidy it may return a page or nil; a page that it returns is right, since it has only passed
// over tidy segments.
//
// ascii reports whether all values in the path are ASCII without NUL, and thus valid. It is false
// if find has not looked at all of them.
func (n *node) find(path string) (p *page, ascii bool) {
	switch {
	case path == "" || path[0] != '/':
		return nil, false
	case path == "/":
		return n.end(), true
	}
	p, nonASCII := n.match(path)
	return p, nonASCII < 0x80
}

// match returns the page below n for the rest of a path. It calls itself only where a dynamic
// segment is an alternative; along static segments it loops.
//
// nonASCII is less than 0x80 only if match has seen that all values are ASCII without NUL. It is
// the bitwise or of their bytes, so one comparison tests them all.
func (n *node) match(path string) (p *page, nonASCII byte) {
	for path != "" {
		if next := n.child(path); next != nil {
			if n.single == nil && n.catchAll == nil && n.mount == nil { // nothing else can match
				n, path = next, path[len(next.text):]
				continue
			}
			if p, nonASCII = next.match(path[len(next.text):]); p != nil {
				return p, nonASCII
			}
		}
		if path[0] != '/' {
			return nil, 0
		}
		if n.single != nil {
			end, seen := 1, byte(0)
			for ; end < len(path) && path[end] != '/'; end++ {
				seen |= path[end] | (path[end] - 1) // 0 - 1 is 0xff, so NUL sets the high bit as well
			}
			if isTidy(path[1:end]) {
				if p, nonASCII = n.single.match(path[end:]); p != nil {
					return p, nonASCII | seen
				}
			}
		}
		rest := n.catchAll
		if rest == nil {
			rest = n.mount
		}
		if rest != nil && allTidy(path) {
			return rest.page, 0xff
		}
		return nil, 0
	}
	return n.end(), 0
}

// child returns the child whose text the path begins with, or nil.
func (n *node) child(path string) *node {
	for i := 0; i < len(n.firstBytes); i++ {
		if n.firstBytes[i] == path[0] {
			if c := n.children[i]; strings.HasPrefix(path, c.text) {
				return c
			}
			break
		}
	}
	return nil
}

// end returns the page for a path that ends at n, or nil. An optional catch-all or a mount at n
// matches the path as well, with an empty rest.
func (n *node) end() *page {
	switch {
	case n.page != nil:
		return n.page
	case n.catchAll != nil && n.catchAll.page.lastKind() == optional:
		return n.catchAll.page
	case n.mount != nil:
		return n.mount.page
	}
	return nil
}
