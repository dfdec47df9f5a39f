package apiroute

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, tt := range []struct {
		path, raw string
		segs      []string // of the tidy path
		location  string   // the tidy path, "" if the path is tidy
	}{
		{"", "", nil, ""}, // RFC 9110, section 4.2.3
		{"/", "", nil, ""},
		{"/a", "", []string{"a"}, ""},
		{"/a/b", "", []string{"a", "b"}, ""},
		{"/...", "", []string{"..."}, ""},
		{"/a%b", "", []string{"a%b"}, ""}, // decoded already, and not again

		// %2F is part of a segment.
		{"/a/b", "/a%2Fb", []string{"a/b"}, ""},
		{"//", "/%2F", []string{"/"}, ""},
		{"/^/", "/^%2F", []string{"^/"}, ""},
		{`/"/"`, `/"%2F"`, []string{`"/"`}, ""},
		{"/a%2Fb", "/a%252Fb", []string{"a%2Fb"}, ""},

		// A RawPath that does not stand for Path is left over from before a
		// middleware rewrote Path.
		{"/new", "/old", []string{"new"}, ""},
		{"/a/b", "/v1/a%2Fb", []string{"a", "b"}, ""},
		{"/a", "/%zz", []string{"a"}, ""},
		{"/a//b", "/old", []string{"a", "b"}, "/a/b"},
		{"/a b/", "/old", []string{"a b"}, "/a%20b"},
		{"/a%2Fb/", "/old", []string{"a%2Fb"}, "/a%252Fb"},
		{"/a?b/", "", []string{"a?b"}, "/a%3Fb"},

		{"//", "", nil, "/"},
		{"///", "", nil, "/"},
		{"/.", "", nil, "/"},
		{"/..", "", nil, "/"},
		{"/../..", "", nil, "/"},
		{"/a/", "", []string{"a"}, "/a"},
		{"//a", "", []string{"a"}, "/a"},
		{"/a//b", "", []string{"a", "b"}, "/a/b"},
		{"/a/./b", "", []string{"a", "b"}, "/a/b"},
		{"/a/../b", "", []string{"b"}, "/b"},
		{"/../a", "", []string{"a"}, "/a"},
		{"/a/b/../../..", "", nil, "/"},
		{"/a/..", "", nil, "/"},
		{"/a/../b", "/a/%2e%2E/b", []string{"b"}, "/b"},
		{"/a/../b", "/a/.%2e/b", []string{"b"}, "/b"},
		{"/a/./b", "/a/%2e/b", []string{"a", "b"}, "/a/b"},
		{"/a/../b", "/a%2F../b", []string{"a/..", "b"}, ""},
		{"/a/b/", "/%61%2fb/", []string{"a/b"}, "/%61%2fb"}, // escapes as received
		{"/^/", "/%5e/", []string{"^"}, "/%5e"},
		{"/é/", "", []string{"é"}, "/%C3%A9"},

		// A backslash is a slash to a browser.
		{`/\a`, "", []string{`\a`}, ""},
		{`//\a`, "", []string{`\a`}, "/%5Ca"},
		{`//\a`, `//\a`, []string{`\a`}, "/%5Ca"},
		{`/a/../\\b\^/`, `/%61/../\\b\^/`, []string{`\\b\^`}, "/%5C%5Cb%5C^"},
		{"//evil/", "/%2fevil/", []string{"/evil"}, "/%2fevil"},
	} {
		t.Run(tt.path+" "+tt.raw, func(t *testing.T) {
			got, ok := parseTarget(&url.URL{Path: tt.path, RawPath: tt.raw})
			if !ok || got.tidy != (tt.location == "") {
				t.Fatalf("got %+v, %t", got, ok)
			}
			if segs := got.clean().all(); !slices.Equal(segs, tt.segs) {
				t.Errorf("segments %q, want %q", segs, tt.segs)
			}
			for limit := 0; limit < 5; limit++ {
				if segs, want := got.first(limit), tt.segs[:min(limit, len(tt.segs))]; !slices.Equal(segs, want) {
					t.Errorf("the first %d segments are %q, want %q", limit, segs, want)
				}
			}
			if !got.tidy && got.clean().location() != tt.location {
				t.Errorf("location %q, want %q", got.clean().location(), tt.location)
			}
		})
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for _, path := range []string{"*", "a", "a/b", ".", "..", `\a`, "http:/x"} {
		if got, ok := parseTarget(&url.URL{Path: path}); ok {
			t.Errorf("Path %q: got %+v, want none", path, got)
		}
	}
}

// To follow the redirect of a target leads to the same segments on the same host, and
// no further.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/", "/api/user/", "///api///user", "/../../a", "/a/%2e%2E/b", "/u/a%2Fb/", "/u/..%2F../", "//evil.example/", `/\evil.example/..`,
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
