package apiroute

import (
	"fmt"
	"net/url"
	"sort"
	"strings"
	"unicode/utf16"
)

// A node is one level of the tree of registered paths. The root is "/"; the
// children of a node are its static ones by text, and at most one of each
// dynamic kind. The tree keeps Next's order and finds the paths that clash.
type node struct {
	seg     segment
	static  map[string]*node
	dynamic [mounted]*node // by kind, from single on
	page    *page          // nil where only longer paths are registered
	path    string         // the first path registered through this node,
	source  string         // and where
}

func (n *node) child(s segment) *node {
	if s.kind == static {
		return n.static[s.text]
	}
	return n.dynamic[s.kind-1]
}

// A clashError is a path that cannot stand beside another one.
type clashError struct {
	reason string
	other  string // the other path
	source string // where that was registered
}

func (e *clashError) Error() string {
	return fmt.Sprintf("%s %q, registered at %s", e.reason, e.other, e.source)
}

// insert returns the node of a path, made if need be. A path that is refused
// leaves the tree as it was, for only nodes that are there already can clash.
func (n *node) insert(segs []segment, path, source string) (*node, error) {
	for _, s := range segs {
		c := n.child(s)
		if c == nil {
			if err := n.admit(s); err != nil {
				return nil, err
			}
			c = &node{seg: s, path: path, source: source}
			if s.kind != static {
				n.dynamic[s.kind-1] = c
			} else if n.static == nil {
				n.static = map[string]*node{s.text: c}
			} else {
				n.static[s.text] = c
			}
		} else if c.seg.text != s.text {
			return nil, &clashError{fmt.Sprintf("%s stands where another name does in", s), c.path, c.source}
		}
		n = c
	}
	if o := n.dynamic[optional-1]; o != nil && n.page == nil {
		return nil, &clashError{"it is already matched by", o.path, o.source}
	}
	return n, nil
}

// admit reports what keeps a new child out of n.
func (n *node) admit(s segment) error {
	switch s.kind {
	case catchAll:
		if o := n.dynamic[optional-1]; o != nil {
			return &clashError{"a catch-all cannot stand beside an optional one:", o.path, o.source}
		}
	case optional:
		if o := n.dynamic[catchAll-1]; o != nil {
			return &clashError{"an optional catch-all cannot stand beside another one:", o.path, o.source}
		}
		if n.page != nil {
			return &clashError{"it also matches", n.page.matches[0].route.path, n.page.matches[0].route.source}
		}
	}
	return nil
}

// walk calls f with every page in the order in which paths are tried: a path
// before those below it, static segments by their text as JavaScript compares
// it, then the dynamic ones by kind.
func (n *node) walk(f func(*page)) {
	if n.page != nil {
		f(n.page)
	}
	children := make([]*node, 0, len(n.static))
	for _, c := range n.static {
		children = append(children, c)
	}
	sort.Slice(children, func(i, j int) bool { return lessUTF16(children[i].seg.text, children[j].seg.text) })
	for _, c := range append(children, n.dynamic[:]...) {
		if c != nil {
			c.walk(f)
		}
	}
}

// lessUTF16 compares by UTF-16 code units, in which U+1F600 comes before
// U+FFFF. This is the order that Next.js sorts in.
func lessUTF16(a, b string) bool {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

// A branch is a place in the tree that answers for plain paths: the registered
// paths as they were when the table was made, laid out for matching. Between
// dynamic segments it is a radix tree: texts that begin alike share a branch for
// what is alike, whether a segment ends there or not.
type branch struct {
	text  string    // what leads here from the branch above; "" for a dynamic segment
	first string    // the first bytes of the texts that lead on,
	next  []*branch // and where to

	// Only where a segment ends:
	here   *page   // of a path that ends here
	single *branch // after one more segment, whatever it is
	rest   *page   // of any path that goes on
}

func newBranch(n *node) *branch {
	b := &branch{}
	b.grow(n, "")
	return b
}

// grow adds a node to which a text leads from b, and all below it.
func (b *branch) grow(n *node, text string) {
	if n.page != nil || n.dynamic != [mounted]*node{} {
		b, text = b.at(text), ""
	}
	for _, c := range n.static {
		b.grow(c, text+"/"+c.seg.text)
	}
	if c := n.dynamic[single-1]; c != nil {
		b.single = newBranch(c)
	}
	for k := mounted; k >= catchAll; k-- {
		if c := n.dynamic[k-1]; c != nil {
			if b.rest = c.page; k != catchAll {
				b.here = c.page
			}
		}
	}
	if n.page != nil {
		b.here = n.page
	}
}

// at returns the branch to which a text leads from b, made if need be.
func (b *branch) at(text string) *branch {
	if text == "" {
		return b
	}
	i := strings.IndexByte(b.first, text[0])
	if i < 0 {
		c := &branch{text: text}
		b.first, b.next = b.first+text[:1], append(b.next, c)
		return c
	}
	c, n := b.next[i], 1
	for n < min(len(c.text), len(text)) && c.text[n] == text[n] {
		n++
	}
	if n < len(c.text) {
		b.next[i] = &branch{text: c.text[:n], first: c.text[n : n+1], next: []*branch{c}}
		c.text, c = c.text[n:], b.next[i]
	}
	return c.at(text[n:])
}

// to returns the branch to which the beginning of a path leads, nil if there is
// none.
func (b *branch) to(path string) *branch {
	for i := 0; i < len(b.first); i++ {
		if b.first[i] == path[0] {
			if c := b.next[i]; strings.HasPrefix(path, c.text) {
				return c
			}
			break
		}
	}
	return nil
}

// find returns the first page, in the order in which paths are tried, that
// matches a plain path. It returns nil if none does, and for some paths that are
// not plain: all that it has looked at is tidy where it returns a page. valid
// reports whether the values in the path are ASCII without NUL; false if they
// have not all been seen.
func (b *branch) find(u *url.URL) (p *page, valid bool) {
	switch path := u.Path; {
	case u.RawPath != "" || path == "" || path[0] != '/':
		return nil, false
	case path == "/":
		return b.here, true
	default:
		p, odd := b.match(path)
		return p, odd < 0x80
	}
}

// match returns the page for what is left of a path. odd is 0x80 or more unless
// the values in it are seen to be ASCII without NUL.
func (b *branch) match(path string) (p *page, odd byte) {
	for path != "" {
		if next := b.to(path); next != nil {
			if b.single == nil && b.rest == nil { // nothing else can match
				b, path = next, path[len(next.text):]
				continue
			}
			if p, odd = next.match(path[len(next.text):]); p != nil {
				return p, odd
			}
		}
		if path[0] != '/' {
			return nil, 0
		}
		if b.single != nil {
			end, seen := 1, byte(0)
			for ; end < len(path) && path[end] != '/'; end++ {
				seen |= path[end] | (path[end] - 1)
			}
			if isTidy(path[1:end]) {
				if p, odd = b.single.match(path[end:]); p != nil {
					return p, odd | seen
				}
			}
		}
		if b.rest != nil && allTidy(path) {
			return b.rest, 0xff
		}
		return nil, 0
	}
	return b.here, 0
}

// allTidy reports whether all segments are tidy of a path that begins with a
// slash.
func allTidy(path string) bool {
	for path != "" {
		end := strings.IndexByte(path[1:], '/') + 1
		if end == 0 {
			end = len(path)
		}
		if !isTidy(path[1:end]) {
			return false
		}
		path = path[end:]
	}
	return true
}

func isTidy(segment string) bool {
	return segment != "" && (segment[0] != '.' || segment != "." && segment != "..")
}
