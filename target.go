package apiroute

import (
	"net/url"
	"strings"
)

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
