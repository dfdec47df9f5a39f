package apiroute

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// The tree must find what ServeMux finds, wherever texts part, and must not call
// a value valid that is not.
func TestTree(t *testing.T) {
	api := New()
	for _, path := range []string{
		"/", "/[a]", "/[a]/x", "/x/[a]/[b]", "/x/[a]/y", "/x/[a]/y/[...c]", "/x/y/[[...c]]",
		"/post", "/posts", "/posts/new", "/posts/next/[a]", "/posts/next/all", "/po/st", "/%C3%A9", "/%C3%A8/[a]",
		"/deep/only/here", "/deep/only/hers/[a]/x", "/files/[...c]", "/files/a/[d]/b",
	} {
		api.Get(path, routerOK)
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
		for _, odd := range []string{"", "\x00", "\x01", "\x7f", "\u0080", "é", "\x80", "\xff"} {
			for _, format := range []string{"/%s", "/%s/x", "/x/%s/y", "/x/%s/z", "/x/%s/y/c/%[1]s", "/x/y/%s", "/x/y/z/%s/z", "/y/%s"} {
				paths = append(paths, fmt.Sprintf(format, long+odd), fmt.Sprintf(format, odd+long))
			}
		}
	}
	for _, path := range paths {
		u := &url.URL{Path: path}
		target, ok := parseTarget(u)
		p, valid := tab.root.find(u)
		if want := tab.muxes().match(target.first(len(path))); ok && p != want && (p != nil || target.tidy) || !ok && p != nil {
			t.Errorf("%q: the tree finds %v, ServeMux %v", path, p, want)
		}
		if p != nil && valid && p.fixed < len(p.segs) && !validValue(path) {
			t.Errorf("%q is not valid", path)
		}
		if odd := strings.IndexFunc(path, func(r rune) bool { return r == 0 || r >= 0x80 }) >= 0; p != nil && !p.hasCatchAll() && !odd && !valid {
			t.Errorf("%q: not valid", path)
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
			api.Get("/"+tt.text(i), routerOK)
		}
		root := api.current().root
		for i := 0; i < 500; i++ {
			path := "/" + tt.text(i)
			if p, valid := root.find(&url.URL{Path: path}); p == nil || p.matches[0].route.path != path || !valid {
				t.Errorf("%s: %s: found %v, valid %t", tt.name, path, p, valid)
			}
		}
		for _, path := range []string{"/", "//", "/r", "/b", "/r1000", "/ab", "/\xc4", "/" + tt.text(0) + "/", "/" + tt.text(499) + "a"} {
			if p, _ := root.find(&url.URL{Path: path}); p != nil {
				t.Errorf("%s: %s: found %v", tt.name, path, p)
			}
		}
	}
}
