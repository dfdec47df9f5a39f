package apiroute

import (
	"bytes"
	"net/url"
	"strings"
)

// This file reads the path of a request where the tree cannot: where it has escapes, or is not
// tidy. Two words for paths are used throughout the package.
//
// A path is tidy if no segment is empty or a dot segment; "/" is tidy as well. So a tidy path has
// no double slash and no trailing slash. A request for any other path is redirected to the tidy
// path, as /a//b/../c is to /a/c.
//
// A path is plain if it is tidy and url.URL has no RawPath for it, so that splitting the decoded
// path at slashes yields its segments.

// A target is the path of a request. It is not split in advance, because a path of a megabyte has
// half a million segments, and routing needs only the first few.
//
//	received   raw        escaped  tidy
//	/a/b       "/a/b"     false    true
//	/a%2Fb/c   "/a%2Fb/c" true     true; the segments are a/b and c
//	/a//b/     "/a//b/"   false    false
//	/          ""         false    true
type target struct {
	raw     string // each segment after a slash; escaped as received if escaped, or else decoded
	escaped bool   // whether the segments of raw must still be decoded
	tidy    bool   // whether no segment is empty or decodes to "." or ".."
}

// parseTarget takes the path from a URL. The path is split before its segments are decoded, so %2F
// is part of a segment and does not separate two.
//
// ok is false if the URL has no path to match, as for OPTIONS *.
func parseTarget(u *url.URL) (t target, ok bool) {
	t.raw, t.escaped = rawPath(u)
	switch {
	case t.raw == "":
		ok = u.Opaque == "" // RFC 9110, section 4.2.3: no path is the path "/"
	case t.raw[0] == '/':
		ok = true
	}
	if t.raw == "/" {
		t.raw = ""
	}
	if ok {
		_, t.tidy = t.walk(func(int, string) {})
	}
	return t, ok
}

// rawPath returns the path of a URL in a form that can be split into segments: with its escapes as
// received, or decoded if it has no escapes that matter.
//
// It prefers RawPath over EscapedPath. If RawPath has bytes that should have been escaped, such as
// ^, EscapedPath ignores it and encodes Path, in which %2F has become a slash. A RawPath that is
// not an encoding of Path does not count: middleware has changed Path without it.
func rawPath(u *url.URL) (path string, escaped bool) {
	if u.RawPath != "" {
		if p, err := url.PathUnescape(u.RawPath); err == nil && p == u.Path {
			return u.RawPath, true
		}
	}
	return u.Path, false
}

// walk resolves dot segments and empty segments, as path.Clean does. It calls push with each other
// segment, as received, and with the number of segments before it. A segment that a later ".."
// removes is pushed as well, and the next one gets the same number: for /a/../b, walk calls push(0,
// "a") and push(0, "b"). It returns the number of segments that remain, and whether the path is
// tidy.
func (t target) walk(push func(n int, segment string)) (n int, tidy bool) {
	tidy = true
	for rest := t.raw; rest != ""; {
		var s string
		s, rest = cutSegment(rest)
		switch periods(s, t.escaped) {
		case 0, 1:
			tidy = false
		case 2:
			n, tidy = max(n-1, 0), false
		default:
			push(n, s)
			n++
		}
	}
	return n, tidy
}

// cutSegment splits the first segment from a path that begins with a slash: "/a/b" into "a" and
// "/b".
func cutSegment(path string) (segment, rest string) {
	end := strings.IndexByte(path[1:], '/') + 1
	if end == 0 {
		end = len(path)
	}
	return path[1:end], path[end:]
}

// periods returns the number of periods in a segment that consists of nothing else, and -1 for any
// other segment. So it returns 1 and 2 for dot segments and 0 for an empty one. %2e counts as a
// period if the segment is escaped.
func periods(s string, escaped bool) (n int) {
	for ; s != ""; n++ {
		switch {
		case s[0] == '.':
			s = s[1:]
		case escaped && (strings.HasPrefix(s, "%2e") || strings.HasPrefix(s, "%2E")):
			s = s[3:]
		default:
			return -1
		}
	}
	return n
}

// first returns the first segments of the tidy path, decoded, at most limit of them.
func (t target) first(limit int) []string {
	var segs []string
	n, _ := t.walk(func(n int, s string) {
		if n < limit {
			segs = append(segs[:n], s)
		}
	})
	return t.decode(segs[:min(n, len(segs))])
}

// all returns all segments, decoded. The target must be tidy.
func (t target) all() []string {
	if t.raw == "" {
		return nil
	}
	return t.decode(strings.Split(t.raw[1:], "/"))
}

// decode decodes segments in place, and returns them.
func (t target) decode(segs []string) []string {
	if t.escaped {
		for i, s := range segs {
			segs[i], _ = url.PathUnescape(s) // rawPath has decoded it without an error
		}
	}
	return segs
}

// clean returns the target with its path made tidy. The bytes and escapes of the segments stay as
// received, so a redirect leads to the same values.
func (t target) clean() target {
	if t.tidy {
		return t
	}
	path, count := make([]byte, 0, len(t.raw)), 0
	cut := func(n int) {
		for ; count > n; count-- {
			path = path[:bytes.LastIndexByte(path, '/')]
		}
	}
	n, _ := t.walk(func(n int, s string) {
		cut(n)
		path = append(append(path, '/'), s...)
		count++
	})
	cut(n)
	return target{string(path), t.escaped, true}
}

// location returns the path as the Location of a redirect. The target must be tidy.
func (t target) location() string {
	path := t.raw
	if path == "" {
		path = "/"
	}
	if !t.escaped {
		path = (&url.URL{Path: path}).EscapedPath()
	}
	return forBrowsers.Replace(path)
}

// forBrowsers escapes the characters of a path that browsers do not take for part of a path. A
// backslash is a slash to them, so that /\host would lead to another host, and # begins a fragment.
var forBrowsers = strings.NewReplacer(`\`, "%5C", "#", "%23")

// isPlain reports whether a URL's path is plain, so that the tree alone decides what it matches.
func isPlain(u *url.URL) bool {
	return u.RawPath == "" && strings.HasPrefix(u.Path, "/") && (u.Path == "/" || allTidy(u.Path))
}

// allTidy reports whether all segments of a path that begins with a slash are tidy.
func allTidy(path string) bool {
	for path != "" {
		var s string
		if s, path = cutSegment(path); !isTidy(s) {
			return false
		}
	}
	return true
}

// isTidy reports whether a decoded segment is neither empty nor a dot segment.
func isTidy(segment string) bool {
	return segment != "" && (segment[0] != '.' || segment != "." && segment != "..")
}
