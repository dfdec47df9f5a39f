package apiroute

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// The tree must find what ServeMux finds, wherever texts part, and must not take a
// value for ASCII that is not.
func TestTree(t *testing.T) {
	api := New()
	for _, path := range []string{
		"/", "/[a]", "/[a]/x", "/x/[a]/[b]", "/x/[a]/y", "/x/[a]/y/[...c]", "/x/y/[[...c]]",
		"/post", "/posts", "/posts/new", "/posts/next/[a]", "/posts/next/all", "/po/st", "/%C3%A9", "/%C3%A8/[a]",
		"/deep/only/here", "/deep/only/hers/[a]/x", "/files/[...c]", "/files/a/[d]/b",
	} {
		api.Get(path, respondOK)
	}
	tab := api.current()
	paths := []string{
		"/", "/x/y", "/x/y/", "/p", "/po", "/pos", "/post", "/postx", "/posts", "/posts/", "/posts/n", "/posts/ne", "/posts/new",
		"/posts/news", "/posts/next", "/posts/next/", "/posts/next/all", "/posts/next/alls", "/posts//new", "/posts/../new",
		"/é", "/\xc3", "/è/1", "/è", "/deep", "/deep/only", "/deep/only/here", "/deep/only/her", "/deep/only/hers/1/x",
		"/files", "/files/a/b", "/files/a/b/b", "/files/a/../b", "/files/a/b/", "/files/a//b", "/files/\x00/b", "/files/é",
		"x", "*", "//", "/.", "/..", "/.a", "/a.",
	}
	for n := 0; n < 20; n++ {
		long := strings.Repeat("a", n)
		for _, end := range []string{"", "\x00", "\x01", "\x7f", "\u0080", "é", "\x80", "\xff"} {
			for _, format := range []string{"/%s", "/%s/x", "/x/%s/y", "/x/%s/z", "/x/%s/y/c/%[1]s", "/x/y/%s", "/x/y/z/%s/z", "/y/%s"} {
				paths = append(paths, fmt.Sprintf(format, long+end), fmt.Sprintf(format, end+long))
			}
		}
	}
	for _, path := range paths {
		target, ok := parseTarget(path, false)
		p, ascii := tab.root.find(path)
		if want := tab.muxes().match(target.clean().raw); ok && p != want && (p != nil || target.tidy && !target.slash) || !ok && p != nil {
			t.Errorf("%q: the tree finds %v, ServeMux %v", path, p, want)
		}
		if p != nil && ascii && p.staticPrefix < len(p.segs) && !validValue(path) {
			t.Errorf("%q is not ASCII", path)
		}
		if other := strings.IndexFunc(path, func(r rune) bool { return r == 0 || r >= 0x80 }) >= 0; p != nil && !p.hasCatchAll() && !other && !ascii {
			t.Errorf("%q: is ASCII", path)
		}
	}
}

// A level may have any number of children, and they may begin alike.
func TestTreeWide(t *testing.T) {
	for _, tt := range []struct {
		name string
		text func(i int) string
	}{
		{"numbers", func(i int) string { return fmt.Sprint("r", i) }},
		{"lengths", func(i int) string { return strings.Repeat("a", i+1) }},
		{"first bytes", func(i int) string { return string(rune(0x100+i)) + "x" }},
	} {
		api := New()
		for i := 0; i < 500; i++ {
			api.Get("/"+tt.text(i), respondOK)
		}
		root := &api.current().root
		for i := 0; i < 500; i++ {
			path := "/" + tt.text(i)
			if p, ascii := root.find(path); p == nil || p.matches[0].route.path != path || !ascii {
				t.Errorf("%s: %s: found %v, ASCII %t", tt.name, path, p, ascii)
			}
		}
		for _, path := range []string{"/", "//", "/r", "/b", "/r1000", "/ab", "/\xc4", "/" + tt.text(0) + "/", "/" + tt.text(499) + "a"} {
			if p, _ := root.find(path); p != nil {
				t.Errorf("%s: %s: found %v", tt.name, path, p)
			}
		}
	}
}

// An insert leaves the tree that it starts from as it was, and so does one that is
// refused.
func TestTreePersistent(t *testing.T) {
	paths := []string{"/posts/[id]", "/post", "/", "/posts/[id]/x", "/[...all]", "/posts/[...rest]", "/po", "/posts/new", "/é", "/è"}
	pages := func(n *node) (list []string) {
		n.walk(func(p *page) { list = append(list, p.matches[0].route.path) })
		return list
	}
	options := &scope{}
	trees, want := []*node{{}}, [][]string{nil}
	for i, path := range paths {
		segs, err := parsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := trees[i].insert(&route{path: path, scope: options}, segs)
		if err != nil {
			t.Fatal(err)
		}
		for _, refused := range []string{path, "/posts/[other]/x"} {
			segs, _ := parsePath(refused)
			if _, err := n.insert(&route{path: refused, scope: options}, segs); err == nil {
				t.Errorf("%q was not refused beside %q", refused, paths[:i+1])
			}
		}
		trees, want = append(trees, n), append(want, pages(n))
	}
	for i, n := range trees {
		if got := pages(n); !slices.Equal(got, want[i]) {
			t.Errorf("tree %d now has %q, and had %q", i, got, want[i])
		}
	}
}

// A clash names the first route that was registered through the segment, also when
// the nodes have been copied since.
func TestTreeClashNamesFirst(t *testing.T) {
	for _, tt := range []struct {
		paths   []string // "METHOD path", the last of which clashes
		message string
	}{
		{[]string{"GET /[a]/x", "GET /[a]", "DELETE /[a]/x", "GET /b", "GET /[b]"}, `[b] has another name than the segment in the same place of "/[a]/x", registered at 0`},
		{[]string{"GET /a/[...x]", "DELETE /a/[...x]", "GET /ab", "GET /a/[...y]"}, `[...y] has another name than the segment in the same place of "/a/[...x]", registered at 0`},
		{[]string{"GET /%61/[[...x]]", "DELETE /a/[[...x]]", "GET /a"}, `it is already matched by "/%61/[[...x]]", registered at 0`},
		{[]string{"GET /a", "GET /b", "GET /a/[[...x]]"}, `it also matches "/a", registered at 0`},
		{[]string{"GET /b", "GET /a/[[...x]]", "GET /a/[...x]"}, `a catch-all cannot be registered beside the optional catch-all "/a/[[...x]]", registered at 1`},
		{[]string{"GET /b", "GET /a/[...x]", "GET /a/[[...y]]"}, `an optional catch-all cannot be registered beside the catch-all "/a/[...x]", registered at 1`},
		{[]string{"GET /a", "PUT /a", "GET /%61"}, `GET already has a handler, as "/a", registered at 0`},
	} {
		t.Run(tt.message, func(t *testing.T) {
			api := New()
			var err error
			for i, s := range tt.paths {
				if err != nil {
					t.Fatal(err)
				}
				method, path, _ := strings.Cut(s, " ")
				err = api.register(route{source: fmt.Sprint(i), method: method, path: path, handler: respondOK}, onRoute, nil)
			}
			if err == nil || err.Error() != tt.message {
				t.Errorf("got %v", err)
			}
		})
	}
}

// walk sorts static segments by their UTF-16 code units, whatever the nodes of the
// tree that they share.
func TestTreeWalkOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	letters := []rune("-.0Aa~é\u07ff\u0800\ud7ff\ue000\uefff\uf000\uffff\U00010000\U0001F600\U0010ffff")
	var want [][]uint16 // each segment with a 0 behind it, which sorts before all else
	api := New()
	for i := 0; i < 3000; i++ {
		var code []uint16
		var b strings.Builder
		for n := 1 + rng.IntN(3); n > 0; n-- {
			s := "x"
			for k := rng.IntN(4); k > 0; k-- {
				s += string(letters[rng.IntN(len(letters))])
			}
			b.WriteString("/" + s)
			code = append(append(code, utf16.Encode([]rune(s))...), 0)
		}
		if api.register(route{path: b.String(), method: http.MethodGet, handler: respondOK}, onRoute, nil) == nil {
			want = append(want, code)
		}
	}
	slices.SortFunc(want, slices.Compare[[]uint16])
	i := 0
	api.current().root.walk(func(p *page) {
		var code []uint16
		for _, s := range p.segs {
			code = append(append(code, utf16.Encode([]rune(s.text))...), 0)
		}
		if i < len(want) && !slices.Equal(code, want[i]) {
			t.Errorf("page %d is %q, want %q", i, p.matches[0].route.path, string(utf16.Decode(want[i])))
		}
		i++
	})
	if i != len(want) || i < 1000 {
		t.Errorf("%d pages, want %d", i, len(want))
	}
}
