package apiroute

import (
	"math/bits"
	"net/url"
	"strings"
)

// A branch is a level of the tree that answers for plain paths: a node of the
// registered paths as it was when the table was made, laid out for matching.
type branch struct {
	here   *page   // of a path that ends here
	static edges   // the next segment by its text,
	single *branch // or whatever it is,
	rest   *page   // or all that follows
}

func newBranch(n *node) *branch {
	b := &branch{static: newEdges(n.static)}
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
	return b
}

// find returns the first page, in the order in which paths are tried, that
// matches a plain path. It returns nil if none does, and for some paths that are
// not plain: all that it has looked at is tidy where it returns a page. valid
// reports whether the path is ASCII without NUL; false if it has not been seen
// whole.
func (b *branch) find(u *url.URL) (p *page, valid bool) {
	c := cursor{path: u.Path}
	if u.RawPath != "" || c.path == "" || c.path[0] != '/' {
		return nil, false
	}
	if c.path == "/" {
		return b.here, true
	}
	c.look(0)
	p = b.match(&c, 0)
	return p, !c.odd && len(c.path) <= window
}

// match returns the page for the part of a path from a slash, or its end, on.
func (b *branch) match(c *cursor, slash int) *page {
	if slash == len(c.path) {
		return b.here
	}
	end := c.next(slash + 1)
	segment := c.path[slash+1 : end]
	if next := b.static.to(segment); next != nil {
		if p := next.match(c, end); p != nil {
			return p
		}
	}
	if b.single != nil && isTidy(segment) {
		if p := b.single.match(c, end); p != nil {
			return p
		}
	}
	if b.rest != nil && allTidy(c.path[slash:]) {
		return b.rest
	}
	return nil
}

// isPlain reports whether a URL's path is tidy and without escapes.
func isPlain(u *url.URL) bool {
	return u.RawPath == "" && strings.HasPrefix(u.Path, "/") && (u.Path == "/" || allTidy(u.Path))
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

// A cursor finds the slashes of a path. It looks at 64 bytes at once: to look at
// byte by byte takes longer than all the rest of the matching, since where a
// segment ends is what a processor cannot predict.
type cursor struct {
	path    string
	from    int    // where the bytes begin
	slashes uint64 // bit i for a slash, or the end of the path, at from+i
	odd     bool   // a byte that has been looked at is NUL or not ASCII
}

// window is how many bytes are looked at.
const window = 64

// next returns the offset of the first slash, or of the end, from an offset on.
func (c *cursor) next(i int) int {
	for {
		if at := uint(i - c.from); at < window {
			if s := c.slashes >> at; s != 0 {
				return i + bits.TrailingZeros64(s)
			}
			i = c.from + window
		}
		c.look(i)
	}
}

// look looks at the bytes from an offset on.
func (c *cursor) look(from int) {
	s := c.path[from:min(from+window, len(c.path))]
	n := len(s)
	var set, odd uint64 // in odd, 0x80 for an odd byte
	see := func(at int, w uint64) {
		set |= slashesIn(w) << at
		odd |= w
		odd |= w - bytesOf(1)
	}
	for i := 0; i+8 <= n; i += 8 {
		see(i, word(s[i:i+8]))
	}
	switch {
	case n%8 == 0:
	case n > 8:
		see(n-8, word(s[n-8:])) // some bytes once more
	default:
		see(0, shortWord(s))
	}
	if n < window {
		set |= 1 << n
	}
	c.from, c.slashes, c.odd = from, set, c.odd || odd&bytesOf(0x80) != 0
}

// word returns 8 bytes, the first one lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// shortWord returns fewer bytes, and spaces for those that lack.
func shortWord(s string) uint64 {
	w := bytesOf(' ')
	for i := 0; i < len(s); i++ {
		w ^= uint64(s[i]^' ') << (8 * i)
	}
	return w
}

// bytesOf returns a word of 8 bytes that are all the same.
func bytesOf(b byte) uint64 { return uint64(b) * 0x0101010101010101 }

// slashesIn returns bit i for a slash in byte i of w.
func slashesIn(w uint64) uint64 {
	low7 := bytesOf(0x7f)
	w ^= bytesOf('/')                        // a slash is now 0,
	w = ^(w&low7 + low7 | w | low7)          // then 0x80, and all else 0;
	return w >> 7 * 0x0102040810204080 >> 56 // and the bits side by side
}

// edges is the static children of a branch, by their text. A map of a few dozen
// takes three times as long, most of it to hash well what is known beforehand.
type edges struct {
	few  []edge // by hash, or the next free place; a power of two, half of it empty
	many map[string]*branch
}

type edge struct {
	text string
	to   *branch
}

// maxFew is up to how many children are found by a weak hash. Should they all
// have the same, it costs that many comparisons and no more.
const maxFew = 64

func newEdges(nodes map[string]*node) (e edges) {
	if len(nodes) == 0 {
		return e
	}
	if len(nodes) > maxFew {
		e.many = make(map[string]*branch, len(nodes))
		for text, n := range nodes {
			e.many[text] = newBranch(n)
		}
		return e
	}
	e.few = make([]edge, 1<<bits.Len(uint(2*len(nodes)-1)))
	for text, n := range nodes {
		*e.place(text) = edge{text, newBranch(n)}
	}
	return e
}

// to returns the child with a text, nil if there is none.
func (e *edges) to(text string) *branch {
	if e.many != nil {
		return e.many[text]
	}
	if len(e.few) == 0 || text == "" {
		return nil
	}
	return e.place(text).to
}

// place returns where the child with a text is, or would be.
func (e *edges) place(text string) *edge {
	mask := len(e.few) - 1
	n := len(text)
	for i := n ^ int(text[0])<<2 ^ int(text[n/2])<<1 ^ int(text[n-1]); ; i++ {
		if at := &e.few[i&mask]; at.to == nil || at.text == text {
			return at
		}
	}
}
