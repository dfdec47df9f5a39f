package apiroute

import (
	"errors"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// kind says how a segment of a registered path matches. The kinds stand in the
// order in which they are tried.
type kind int

const (
	static   kind = iota // the same text
	single               // [x]: any one segment
	catchAll             // [...x]: one segment or more
	optional             // [[...x]]: any number of segments
	mounted              // what Mount adds: any number, none of them a value
)

// A segment is one step of a registered path: for /posts/[id] the static
// "posts" and the single "id". Text is decoded; a mounted segment has none.
type segment struct {
	kind kind
	text string
}

func (s segment) String() string {
	switch s.kind {
	case single:
		return "[" + s.text + "]"
	case catchAll:
		return "[..." + s.text + "]"
	case optional:
		return "[[..." + s.text + "]]"
	}
	return s.text
}

// parsePath splits a registered path into its segments. "/" has none.
func parsePath(path string) ([]segment, error) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return nil, errors.New("it must begin with a slash")
	case path == "/":
		return nil, nil
	case strings.HasSuffix(path, "/"):
		return nil, errors.New("it must not end with a slash")
	case strings.ContainsAny(path, "{}"):
		return nil, errors.New("braces have no meaning here: a dynamic segment is written [id]")
	case strings.ContainsAny(path, "?#"):
		return nil, errors.New("a path has no query and no fragment")
	}
	var segs []segment
	for _, text := range strings.Split(path[1:], "/") {
		if n := len(segs); n > 0 && segs[n-1].kind != static && segs[n-1].kind != single {
			return nil, fmt.Errorf("the catch-all %s must be the last segment", segs[n-1])
		}
		seg, err := parseSegment(text)
		if err != nil {
			return nil, err
		}
		if err := checkName(segs, seg); err != nil {
			return nil, err
		}
		segs = append(segs, seg)
	}
	return segs, nil
}

func parseSegment(text string) (segment, error) {
	seg := segment{static, text}
	if inner, ok := between(text, "[[...", "]]"); ok {
		seg = segment{optional, inner}
	} else if inner, ok := between(text, "[...", "]"); ok {
		seg = segment{catchAll, inner}
	} else if inner, ok := between(text, "[", "]"); ok {
		seg = segment{single, inner}
	}
	if strings.ContainsAny(seg.text, "[]") {
		return seg, fmt.Errorf("segment %q is none of x, [x], [...x] and [[...x]]", text)
	}
	var err error
	if seg.text, err = url.PathUnescape(seg.text); err != nil {
		return seg, fmt.Errorf("segment %q has a bad escape", text)
	}
	switch {
	case seg.text == "" && seg.kind == static:
		return seg, errors.New("it has an empty segment")
	case seg.text == "":
		return seg, fmt.Errorf("segment %q has no name", text)
	case seg.kind != static && (seg.text[0] == '.' || strings.ContainsAny(seg.text, "[]{}")):
		return seg, fmt.Errorf("segment %q: a name has no brackets or braces and does not start with a period", text)
	case seg.text == "." || seg.text == "..":
		return seg, fmt.Errorf("segment %q is a dot segment, which no request can have", text)
	case strings.Contains(seg.text, "/"):
		return seg, fmt.Errorf("segment %q holds an encoded slash", text)
	case !utf8.ValidString(seg.text) || strings.IndexFunc(seg.text, unicode.IsControl) >= 0:
		return seg, fmt.Errorf("segment %q holds a control character or is not UTF-8", text)
	}
	return seg, nil
}

func between(s, prefix, suffix string) (string, bool) {
	if len(s) < len(prefix)+len(suffix) || !strings.HasPrefix(s, prefix) || !strings.HasSuffix(s, suffix) {
		return s, false
	}
	return s[len(prefix) : len(s)-len(suffix)], true
}

// checkName holds the name of a dynamic segment against those before it in
// the same path. Next.js refuses names that are alike but for non-word
// characters, and so must a path that is to work in both.
func checkName(segs []segment, seg segment) error {
	if seg.kind == static {
		return nil
	}
	for _, s := range segs {
		if s.kind == static {
			continue
		}
		if s.text == seg.text {
			return fmt.Errorf("the name %q stands in it twice", s.text)
		}
		if wordChars(s.text) == wordChars(seg.text) {
			return fmt.Errorf("the names %q and %q differ only in non-word characters", s.text, seg.text)
		}
	}
	return nil
}

// wordChars is s without what a regular expression's \W matches in JavaScript.
func wordChars(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
}

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
