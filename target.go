package apiroute

import (
	"bytes"
	"net/url"
	"strings"
)

// A target is the path of a request. Its segments are taken from it when they are
// needed and no more of them than are needed, since a path may have half a million.
type target struct {
	raw     string // the path as received; "" instead of "/", which has no segments
	escaped bool   // whether raw has escapes; if not, it is decoded already
	tidy    bool   // whether no segment is empty or decodes to "." or ".."
}

// parseTarget takes the path from a URL. Each segment of it is decoded once, after
// the path has been split: %2F is part of a segment.
//
// ok is false for what is no path, such as the * of OPTIONS *.
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

// rawPath returns the path of a URL that segments can be split from: with its
// escapes as received, or decoded if there are none.
//
// It takes RawPath where that is an encoding of Path, and not EscapedPath, which
// encodes Path anew, and so loses the split, when it finds octets such as ^.
func rawPath(u *url.URL) (path string, escaped bool) {
	if u.RawPath != "" {
		if p, err := url.PathUnescape(u.RawPath); err == nil && p == u.Path {
			return u.RawPath, true
		}
	}
	return u.Path, false
}

// walk resolves the segments that make a path untidy, as path.Clean does. It calls
// push with each other segment, as received, and with the number of those before
// it: a segment that ".." takes back has the same number as the next one. It
// returns the number of segments that are left.
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

// cutSegment returns the first segment of a path that begins with a slash, and
// what follows.
func cutSegment(path string) (segment, rest string) {
	end := strings.IndexByte(path[1:], '/') + 1
	if end == 0 {
		end = len(path)
	}
	return path[1:end], path[end:]
}

// periods returns the number of periods of which a segment consists, -1 if there is
// anything else in it.
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

// first returns at most the first limit segments of the tidy path, decoded.
func (t target) first(limit int) []string {
	var segs []string
	n, _ := t.walk(func(n int, s string) {
		if n < limit {
			segs = append(segs[:n], s)
		}
	})
	return t.decode(segs[:min(n, len(segs))])
}

// all returns the segments of a tidy path, decoded.
func (t target) all() []string {
	if t.raw == "" {
		return nil
	}
	return t.decode(strings.Split(t.raw[1:], "/"))
}

func (t target) decode(segs []string) []string {
	if t.escaped {
		for i, s := range segs {
			segs[i], _ = url.PathUnescape(s) // which rawPath has found to be good
		}
	}
	return segs
}

// clean returns the tidy path, with bytes and escapes as received.
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

// location returns a tidy path as a client is redirected to it.
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

// forBrowsers encodes what is not a path to a browser: a backslash is a slash to
// it, so that /\host is another host, and a # begins a fragment.
var forBrowsers = strings.NewReplacer(`\`, "%5C", "#", "%23")

// isPlain reports whether a URL's path is tidy and has no escapes that matter.
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

func isTidy(segment string) bool {
	return segment != "" && (segment[0] != '.' || segment != "." && segment != "..")
}
