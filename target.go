package apiroute

import (
	"bytes"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// This file reads the path of a request where it is not what the tree matches: where a slash may be
// part of a segment, or the path is not tidy. Two words for paths are used throughout the package.
//
// A path is tidy if no segment is empty or a dot segment; "/" is tidy as well. So a tidy path has
// no double slash and no trailing slash. A request for any other path is redirected to the tidy
// path, as /a//b/../c is to /a/c. Only a mounted handler may get a path with a trailing slash.
//
// A path is plain if it is tidy and url.URL has no RawPath for it, so that splitting the decoded
// path at slashes yields its segments. A path with %20 can be plain, and one with %2F cannot.

// A target is the path of a request. It is not split in advance, because a path of a megabyte has
// half a million segments, and routing needs only the first few.
//
//	received   raw        escaped  slash  tidy
//	/a/b       "/a/b"     false    false  true
//	/a%2Fb/c   "/a%2Fb/c" true     false  true; the segments are a/b and c
//	/a/        "/a"       false    true   true
//	/a//b/     "/a//b"    false    true   false
//	/          ""         false    false  true
type target struct {
	raw     string // each segment after a slash; escaped as received if escaped, or else decoded
	escaped bool   // whether the segments of raw must still be decoded
	slash   bool   // whether the path has a trailing slash, which raw is without
	tidy    bool   // whether no segment of raw is empty or decodes to "." or ".."
}

// parseTarget takes a path with its escapes as received if escaped is true, and otherwise a decoded
// one. The path is split before its segments are decoded, so %2F is part of a segment and does not
// separate two.
//
// ok is false if the path does not begin with a slash, as that of OPTIONS *.
func parseTarget(path string, escaped bool) (t target, ok bool) {
	if path != "" && path[0] != '/' {
		return t, false
	}
	if path == "/" {
		path = "" // RFC 9110, section 4.2.3: no path is the path "/"
	}
	t.escaped = escaped
	t.raw, t.slash = strings.CutSuffix(path, "/")
	_, t.tidy = t.walk(func(int, string) {})
	return t, true
}

// hasPathOnly reports whether a URL that comes from a request target has at most a path and a query
// that could reach a service. A target such as x:http://internal/ sets Opaque, which a client of
// net/http sends in place of the path.
func hasPathOnly(u *url.URL) bool { return u.Opaque == "" && u.User == nil }

// rawPath returns the path of a URL with its escapes as received, or decoded if it has no escapes
// that matter, and the decoded path as separateSlashes returns it.
//
// It prefers RawPath over EscapedPath. If RawPath has bytes that should have been escaped, such as
// ^, EscapedPath ignores it and encodes Path, in which %2F has become a slash. A RawPath that is
// not an encoding of Path does not count: middleware has changed Path without it.
func rawPath(u *url.URL) (path string, escaped bool, separated string) {
	if u.RawPath != "" {
		if s, ok := separateSlashes(u.RawPath, u.Path); ok {
			return u.RawPath, true, s
		}
	}
	return u.Path, false, u.Path
}

// separateSlashes returns a decoded path in which the slashes separate segments and do nothing else:
// each slash that raw, the path with its escapes, has as %2F is NUL. So both texts have the same
// length, and a segment has the same place in both. ok is false if raw is not an encoding of path.
//
//	raw        path     separated
//	/a%2Fb/c   /a/b/c   /a\x00b/c
//	/%5Ea/c    /^a/c    /^a/c
func separateSlashes(raw, path string) (separated string, ok bool) {
	var b strings.Builder // empty until there is a slash to replace
	i := 0                // the index in raw
	for j := 0; j < len(path); j++ {
		if i >= len(raw) {
			return "", false
		}
		c := raw[i]
		i++
		if c == '%' {
			code, err := strconv.ParseUint(raw[i:min(i+2, len(raw))], 16, 8)
			if err != nil {
				return "", false
			}
			if c, i = byte(code), i+2; c == '/' {
				if b.Len() == 0 {
					b.Grow(len(path))
				}
				b.WriteString(path[b.Len():j])
				b.WriteByte(0)
			}
		}
		if c != path[j] {
			return "", false
		}
	}
	if b.Len() == 0 {
		return path, i == len(raw)
	}
	b.WriteString(path[b.Len():])
	return b.String(), i == len(raw)
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
// "/b". The loop is faster than strings.IndexByte where segments are short, and only of short ones a
// path can have many.
func cutSegment(path string) (segment, rest string) {
	end := 1
	for end < len(path) && path[end] != '/' {
		end++
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

// separated returns the decoded path of the target, and the same text as separateSlashes. The target
// must be tidy.
func (t target) separated() (path, separated string) {
	if !t.escaped {
		return t.raw, t.raw
	}
	path, _ = url.PathUnescape(t.raw) // without an error, because url.URL has its decoded form
	separated, _ = separateSlashes(t.raw, path)
	return path, separated
}

// clean returns the target with its path made tidy. The bytes and escapes of the segments stay as
// received, so a redirect leads to the same values. A trailing slash is kept.
func (t target) clean() target { return t.first(math.MaxInt) }

// first is clean for at most limit segments of the tidy path, which are its first ones.
func (t target) first(limit int) target {
	if t.tidy {
		rest := t.raw
		for ; rest != "" && limit > 0; limit-- {
			_, rest = cutSegment(rest)
		}
		t.raw = strings.TrimSuffix(t.raw, rest)
		return t
	}
	path, count := []byte(nil), 0
	cut := func(n int) {
		for ; count > n; count-- {
			path = path[:bytes.LastIndexByte(path, '/')]
		}
	}
	n, _ := t.walk(func(n int, s string) {
		if n < limit {
			cut(n)
			path = append(append(path, '/'), s...)
			count++
		}
	})
	cut(n)
	return target{string(path), t.escaped, t.slash, true}
}

// location returns the path as the Location of a redirect. The target must be tidy.
func (t target) location() string {
	path := t.raw
	if path == "" || t.slash {
		path += "/"
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
