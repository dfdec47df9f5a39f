package apiroute

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
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
			return &clashError{"it also matches", n.page.routes[0].path, n.page.routes[0].source}
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

// clone returns a copy of the tree that later registrations do not change.
func (n *node) clone() *node {
	c := *n
	if n.static != nil {
		c.static = make(map[string]*node, len(n.static))
		for text, child := range n.static {
			c.static[text] = child.clone()
		}
	}
	for i, child := range n.dynamic {
		if child != nil {
			c.dynamic[i] = child.clone()
		}
	}
	return &c
}

// find returns the first page, in the order in which paths are tried, that
// matches a tidy path without escapes, or what is left of one; nil if none does.
func (n *node) find(path string) *page {
	if path == "" {
		if n.page != nil {
			return n.page
		}
	} else {
		end := strings.IndexByte(path[1:], '/') + 1
		if end == 0 {
			end = len(path)
		}
		if c := n.static[path[1:end]]; c != nil {
			if p := c.find(path[end:]); p != nil {
				return p
			}
		}
		if c := n.dynamic[single-1]; c != nil {
			if p := c.find(path[end:]); p != nil {
				return p
			}
		}
		if c := n.dynamic[catchAll-1]; c != nil {
			return c.page
		}
	}
	if c := n.dynamic[optional-1]; c != nil {
		return c.page
	}
	if c := n.dynamic[mounted-1]; c != nil {
		return c.page
	}
	return nil
}

// isPlain reports whether a URL's path is tidy and without escapes. Some that
// are, such as /.well-known, it leaves to parseTarget.
func isPlain(u *url.URL) bool {
	path := u.Path
	if u.RawPath != "" || len(path) < 2 || path[0] != '/' || path[len(path)-1] == '/' {
		return false
	}
	for {
		if path[1] == '/' || path[1] == '.' {
			return false
		}
		next := strings.IndexByte(path[1:], '/') + 1
		if next == 0 {
			return true
		}
		path = path[next:]
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

// A table is the registered paths made ready for matching, never changed once
// it serves.
//
// Matching is http.ServeMux's. ServeMux refuses two patterns of which neither
// is more specific (/posts/{id} and /{type}/latest), where Next.js takes the
// first in its order. So the pages are added in that order, and a page goes into
// the mux of those before it that it overlaps, or if that refuses it, into the
// next one; a request asks the muxes in turn. Of two pages that match the same
// request the earlier is then never in a later mux, within a mux the more
// specific is the earlier one, and there are no more muxes than pages in a row
// that refuse each other.
//
// In front of the muxes there is the tree itself. It answers for paths without
// escapes, which are nearly all, at a fraction of the cost.
type table struct {
	root  *node
	muxes []*http.ServeMux
	pages map[string]*page // by ServeMux pattern
}

func compile(root *node) *table {
	t := &table{root: root.clone(), pages: map[string]*page{}}
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

// A target is the path of a request: its segments, decoded, and if it is not
// tidy, the path without what makes it so.
type target struct {
	segs []string
	tidy bool
	path string // the tidy path with bytes and escapes as received, if !tidy
}

// parseTarget splits a request's path and decodes each segment once, in this
// order: %2F is part of a segment. Empty segments, and those that decode to "."
// or "..", make a path untidy; they are resolved as path.Clean does.
//
// ok is false for what is no path, such as the * of OPTIONS *.
func parseTarget(u *url.URL) (t target, ok bool) {
	t.tidy = true
	raw, escaped := rawPath(u)
	if raw == "" || raw[0] != '/' {
		return t, raw == "" && u.Opaque == "" // RFC 9110, section 4.2.3: no path is the path "/"
	}
	if raw == "/" {
		return t, true
	}
	var kept []string
	for _, s := range strings.Split(raw[1:], "/") {
		text := s
		if escaped {
			text, _ = url.PathUnescape(s)
		}
		switch text {
		case "", ".":
			t.tidy = false
		case "..":
			t.tidy = false
			if n := len(kept); n > 0 {
				kept, t.segs = kept[:n-1], t.segs[:n-1]
			}
		default:
			kept, t.segs = append(kept, s), append(t.segs, text)
		}
	}
	if !t.tidy {
		t.path = "/" + strings.Join(kept, "/")
		if !escaped {
			t.path = (&url.URL{Path: t.path}).EscapedPath()
		}
		// To a browser a backslash is a slash, so that /\host is another host,
		// and a # begins a fragment.
		t.path = strings.NewReplacer(`\`, "%5C", "#", "%23").Replace(t.path)
	}
	return t, true
}

// rawPath returns the path of a URL that segments can be split from: with its
// escapes as received, or, where there are none, decoded.
//
// RawPath is taken where it stands for Path, and not EscapedPath, which encodes
// Path anew, and so loses the split, when it finds octets such as ^.
func rawPath(u *url.URL) (path string, escaped bool) {
	if u.RawPath != "" {
		if p, err := url.PathUnescape(u.RawPath); err == nil && p == u.Path {
			return u.RawPath, true
		}
	}
	return u.Path, false
}
