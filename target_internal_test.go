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
		got, ok := parseTarget(u)
		if !ok {
			return
		}
		segs := got.clean().all()
		for limit := range min(len(segs)+2, 10) {
			if first := got.first(limit); !slices.Equal(first, segs[:min(limit, len(segs))]) {
				t.Fatalf("%q: segments %q, the first %d of them %q", s, segs, limit, first)
			}
		}
		for _, seg := range segs {
			if seg == "" || seg == "." || seg == ".." {
				t.Fatalf("%q: segments %q", s, segs)
			}
		}
		if got.tidy {
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
		again, ok := parseTarget(u)
		if !ok || !again.tidy || !slices.Equal(again.all(), segs) {
			t.Fatalf("%q: segments %q, redirects to %q with segments %q, tidy %t", s, segs, location, again.all(), again.tidy)
		}
	})
}
