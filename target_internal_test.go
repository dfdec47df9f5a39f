package apiroute

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The segments of a path and where it redirects to are tested through responses, in redirect_test.go.

// To follow the redirect of a target leads to the same segments on the same host, and
// no further.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/", "/a/b/../../..", "/a%2F../b", "/%5e/", "/api/user/", "///api///user", "/../../a", "/a/%2e%2E/b", "/u/a%2Fb/", "/u/..%2F../", "//evil.example/", `/\evil.example/..`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.ParseRequestURI(s)
		if err != nil {
			return
		}
		got, ok := parseURL(u)
		if !ok {
			return
		}
		segs := got.clean().segments()
		for _, seg := range segs {
			if seg == "" || seg == "." || seg == ".." {
				t.Fatalf("%q: segments %q", s, segs)
			}
		}
		if got.tidy && !got.slash {
			return
		}
		location := got.clean().location()
		if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`) {
			t.Fatalf("%q: redirects to %q, which may be another host", s, location)
		}
		next, err := (&url.URL{Scheme: "http", Host: "x", Path: "/"}).Parse(location)
		if err != nil || next.Host != "x" || next.Scheme != "http" {
			t.Fatalf("%q: redirects to %q: %v, %v", s, location, next, err)
		}
		u, err = url.ParseRequestURI(location)
		if err != nil {
			t.Fatalf("%q: redirects to %q: %v", s, location, err)
		}
		again, ok := parseURL(u)
		if !ok || !again.tidy || again.slash && !got.slash || !slices.Equal(again.segments(), segs) {
			t.Fatalf("%q: segments %q, redirects to %q with segments %q, tidy %t", s, segs, location, again.segments(), again.tidy)
		}
	})
}

// parseURL returns the target of a request for a URL.
func parseURL(u *url.URL) (target, bool) {
	path, escaped, _ := rawPath(u)
	return parseTarget(path, escaped)
}

// segments returns the decoded segments of a tidy target.
func (t target) segments() []string {
	path, separated := t.separated()
	return newFound(path, separated).segmentsFrom(&page{}, 0)
}

func TestSeparateSlashes(t *testing.T) {
	for _, tt := range []struct {
		name, raw, path, want string
		ok                    bool
	}{
		{"no escape", "/a/b", "/a/b", "/a/b", true},
		{"slash within a segment", "/a%2Fb/c", "/a/b/c", "/a\x00b/c", true},
		{"small letters", "/%2f%2f", "///", "/\x00\x00", true},
		{"another escape", "/%5Ea%2e", "/^a.", "/^a.", true},
		{"escaped NUL", "/%00/%2F", "/\x00//", "/\x00/\x00", true},
		{"percent", "/%252F", "/%2F", "/%2F", true},
		{"byte that should be escaped", "/^%2F", "/^/", "/^\x00", true},
		{"not UTF-8", "/%ff%2F", "/\xff/", "/\xff\x00", true},
		{"changed", "/a%2Fb", "/a/c", "", false},
		{"longer", "/a%2Fb", "/a/bc", "", false},
		{"shorter", "/a%2Fb", "/a/", "", false},
		{"shorter by a segment", "/a%2Fb/c", "/a/b", "", false},
		{"escape without digits", "/a%", "/a%", "", false},
		{"escape with one digit", "/a%4", "/a\x04", "", false},
		{"escape with one digit, and more", "/a%4", "/a\x04b", "", false},
		{"escape with other letters", "/a%2G", "/a%2G", "", false},
		{"escape with a sign", "/a%+1", "/a\x01", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := separateSlashes(tt.raw, tt.path)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("separateSlashes(%q, %q) = %q, %t, want %q, %t", tt.raw, tt.path, got, ok, tt.want, tt.ok)
			}
			if decoded, err := url.PathUnescape(tt.raw); (err == nil && decoded == tt.path) != tt.ok {
				t.Errorf("url.PathUnescape(%q) = %q, %v", tt.raw, decoded, err)
			}
		})
	}
}
