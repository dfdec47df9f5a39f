package apiroute

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// The tree looks at a path 64 bytes at a time, and must see the same wherever
// in them segments end, and also what lies behind.
func TestTreeWindows(t *testing.T) {
	api := New()
	for _, path := range []string{"/", "/[a]", "/[a]/x", "/x/[a]/[b]", "/x/[a]/y", "/x/[a]/y/[...c]", "/x/y/[[...c]]"} {
		api.Get(path, routerOK)
	}
	tab := api.current()
	paths := []string{"/", "/x/y", "/x/y/"}
	for n := 0; n < 3*window; n++ {
		long := strings.Repeat("a", n)
		for _, odd := range []string{"", "\x00", "é", "\xff"} {
			for _, format := range []string{"/%s", "/%s/x", "/x/%s/y", "/x/%s/z", "/x/%s/y/c/%[1]s", "/x/y/%s", "/x/y/z/%s/z", "/y/%s"} {
				paths = append(paths, fmt.Sprintf(format, long+odd), fmt.Sprintf(format, odd+long))
			}
		}
	}
	for _, path := range paths {
		u := &url.URL{Path: path}
		target, _ := parseTarget(u)
		p, valid := tab.root.find(u)
		if want := tab.match(target.segs); p != want && (p != nil || target.tidy) {
			t.Errorf("%q: the tree finds %v, ServeMux %v", path, p, want)
		}
		if valid && !validValue(path) {
			t.Errorf("%q is not valid", path)
		}
		if ascii := strings.IndexFunc(path, func(r rune) bool { return r == 0 || r >= 0x80 }) < 0; p != nil && ascii && len(path) <= window && !valid {
			t.Errorf("%q: not valid", path)
		}
	}
}

// A level with many children has a map, and a level whose children all have the
// same hash finds them all the same.
func TestTreeEdges(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    int
		text func(i int) string
	}{
		{"one", 1, func(i int) string { return "a" }},
		{"few", maxFew, func(i int) string { return fmt.Sprint("r", i) }},
		{"many", maxFew + 1, func(i int) string { return fmt.Sprint("r", i) }},
		{"alike", maxFew, func(i int) string {
			return fmt.Sprintf("a%c%c%c%c-%c%c%c%ca", "st"[i&1], "uv"[i>>1&1], "wx"[i>>2&1], "yz"[i>>3&1], "kl"[i>>4&1], "mn"[i>>5&1], 'o', 'p')
		}},
	} {
		api := New()
		for i := 0; i < tt.n; i++ {
			api.Get("/"+tt.text(i), routerOK)
		}
		root := api.current().root
		for i := 0; i < tt.n; i++ {
			path := "/" + tt.text(i)
			if p, _ := root.find(&url.URL{Path: path}); p == nil || p.matches[0].route.path != path {
				t.Errorf("%s: %s: found %v", tt.name, path, p)
			}
		}
		for _, path := range []string{"/", "//", "/r", "/b", "/r1000", "/aa", "/" + tt.text(0) + "/", "/" + tt.text(0) + "a"} {
			if p, _ := root.find(&url.URL{Path: path}); p != nil {
				t.Errorf("%s: %s: found %v", tt.name, path, p)
			}
		}
	}
}
