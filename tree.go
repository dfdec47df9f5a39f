package apiroute

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// A node is a place in the tree of the registered paths. The tree is a radix
// tree: static segments that follow each other are one text, and texts that begin
// alike share a node for what they have in common, whether a segment ends there
// or not. A dynamic segment has a node of its own. The paths /post, /posts/new and
// /posts/[id]/edit make this tree:
//
//	root
//	└─ "/post"           the page of /post
//	   └─ "s"
//	      ├─ "/new"      the page of /posts/new
//	      └─ [id]
//	         └─ "/edit"  the page of /posts/[id]/edit
//
// The tree is persistent: insert leaves it as it is and returns another one, which
// has new nodes on the way to the new route and shares all others. So requests can
// read a tree without a lock while routes are added.
type node struct {
	text       string  // leads here from the node above; "" for the root and after a dynamic segment
	firstBytes string  // the first byte of the text of each child, sorted by byteOrder
	children   []*node // the nodes to which longer texts lead

	// These are nil if there is nothing of the kind, and wherever no segment ends.
	single   *wildcard // [x]
	catchAll *wildcard // [...x] or [[...x]]; no level has both
	mount    *wildcard // what Mount has registered
	page     *page     // of the path that ends here
}

// A wildcard is a node to which a dynamic segment leads.
type wildcard struct {
	node
	name  string // of the segment
	first *route // the first route that was registered with the segment, for the text of a clash
}

func clash(reason string, other *route) error {
	return &clashError{reason, other.path, other.source}
}

// insert returns a tree that also has a route, whose path has the given segments.
// It returns an error if the route clashes with one of the tree.
func (n *node) insert(rt *route, segs []segment) (*node, error) {
	in := insertion{rt, segs}
	return in.at(n, 0)
}

// An insertion is a route on its way into a tree. Its methods return a copy of a
// node, with the route at the node or below it.
type insertion struct {
	route *route
	segs  []segment
}

// at inserts from segment i on, at a node where a segment ends.
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

// along inserts below n, at the place to which a text leads, the segments from i on.
func (in *insertion) along(n *node, text string, i int) (*node, error) {
	if text == "" {
		return in.at(n, i)
	}
	own, k := *n, 0
	for k < len(n.children) && byteOrder(n.firstBytes[k]) < byteOrder(text[0]) {
		k++
	}
	if k == len(n.children) || n.firstBytes[k] != text[0] {
		child, err := in.at(&node{text: text}, i) // which nothing keeps out
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

// split returns n as two nodes, the first of which has only the first i bytes of
// its text. If that is the whole text, it returns n.
func (n *node) split(i int) *node {
	if i == len(n.text) {
		return n
	}
	below := *n
	below.text = n.text[i:]
	return &node{text: n.text[:i], firstBytes: n.text[i : i+1], children: []*node{&below}}
}

// byteOrder ranks the bytes of UTF-8 so that texts sort as Next.js sorts
// segments: the end of a segment first, then by UTF-16 code units, in which
// U+1F600 comes before U+FFFF. Only the bytes that begin U+E000 to U+FFFF have
// another place in that order, after those that begin what UTF-16 has in two units.
func byteOrder(c byte) byte {
	switch c {
	case '/':
		return 0
	case 0xee, 0xef:
		return c + 0x10
	}
	return c
}

// through inserts below segment i, which is dynamic and for which the tree has w, or
// nil.
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

// throughCatchAll is through for a catch-all below n, optional or not.
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

// end returns the page of n with the route, which ends there.
func (in *insertion) end(n *node) (*page, error) {
	if w := n.catchAll; n.page == nil && w != nil && w.page.lastKind() == optional {
		return nil, clash("it is already matched by", w.first)
	}
	return n.page.with(in.route, in.segs)
}

// walk calls f with every page in the order in which paths are tried: a path
// before those below it, static segments in the order of byteOrder, then the
// dynamic ones by kind.
func (n *node) walk(f func(*page)) {
	if n.page != nil {
		f(n.page)
	}
	longer := n.children // the nodes of which the text goes on within the same segment
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

// find returns the first page, in the order in which paths are tried, that
// matches a plain path. It returns nil if none does, and for some paths that are
// not plain: all that it has looked at is tidy where it returns a page. ascii
// reports whether the values in the path are ASCII without NUL; it is false if
// find has not seen them all.
func (n *node) find(u *url.URL) (p *page, ascii bool) {
	switch path := u.Path; {
	case u.RawPath != "" || path == "" || path[0] != '/':
		return nil, false
	case path == "/":
		return n.end(), true
	default:
		p, nonASCII := n.match(path)
		return p, nonASCII < 0x80
	}
}

// match returns the page for what is left of a path. nonASCII is 0x80 or more
// unless all values in it have been seen to be ASCII without NUL.
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
				seen |= path[end] | (path[end] - 1) // NUL - 1 is not ASCII either
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

// child returns the child to which the beginning of a path leads, or nil.
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

// end returns the page for a path that ends at n, or nil.
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
