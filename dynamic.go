package apiroute

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind says how a segment of a registered path matches. The kinds are in the order
// in which they are tried.
type kind int

const (
	static   kind = iota // matches one segment with the same text
	single               // [x] matches any one segment
	catchAll             // [...x] matches one segment or more
	optional             // [[...x]] matches any number of segments
	mounted              // Mount adds one; it matches any number of segments, none of them a value
)

// A segment is one part of a registered path: /posts/[id] has the static segment
// "posts" and the single segment "id".
type segment struct {
	kind kind
	text string // the decoded text or the name; "" for a mounted segment
}

// String returns the segment as it is registered.
func (s segment) String() string {
	switch s.kind {
	case single:
		return "[" + s.text + "]"
	case catchAll:
		return "[..." + s.text + "]"
	case optional:
		return "[[..." + s.text + "]]"
	}
	return s.text
}

// parsePath splits a registered path into its segments. "/" has none.
func parsePath(path string) ([]segment, error) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return nil, errors.New("it must begin with a slash")
	case path == "/":
		return nil, nil
	case strings.HasSuffix(path, "/"):
		return nil, errors.New("it must not end with a slash")
	case strings.ContainsAny(path, "{}"):
		return nil, errors.New("braces have no meaning here: a dynamic segment is written [id]")
	case strings.ContainsAny(path, "?#"):
		return nil, errors.New("a path has no query and no fragment")
	}
	var segs []segment
	for _, text := range strings.Split(path[1:], "/") {
		if n := len(segs); n > 0 && segs[n-1].kind != static && segs[n-1].kind != single {
			return nil, fmt.Errorf("the catch-all %s must be the last segment", segs[n-1])
		}
		seg, err := parseSegment(text)
		if err != nil {
			return nil, err
		}
		if err := checkName(segs, seg); err != nil {
			return nil, err
		}
		segs = append(segs, seg)
	}
	return segs, nil
}

// parseSegment reads a segment as it is registered. Its text is decoded once.
func parseSegment(text string) (segment, error) {
	seg := segment{static, text}
	if inner, ok := between(text, "[[...", "]]"); ok {
		seg = segment{optional, inner}
	} else if inner, ok := between(text, "[...", "]"); ok {
		seg = segment{catchAll, inner}
	} else if inner, ok := between(text, "[", "]"); ok {
		seg = segment{single, inner}
	}
	if strings.ContainsAny(seg.text, "[]") {
		return seg, fmt.Errorf("segment %q is not x, [x], [...x] or [[...x]]", text)
	}
	var err error
	if seg.text, err = url.PathUnescape(seg.text); err != nil {
		return seg, fmt.Errorf("segment %q has a bad escape", text)
	}
	switch {
	case seg.text == "" && seg.kind == static:
		return seg, errors.New("it has an empty segment")
	case seg.text == "":
		return seg, fmt.Errorf("segment %q has no name", text)
	case seg.kind != static && (seg.text[0] == '.' || strings.ContainsAny(seg.text, "[]{}")):
		return seg, fmt.Errorf("segment %q: a name has no brackets or braces and does not start with a period", text)
	case seg.text == "." || seg.text == "..":
		return seg, fmt.Errorf("segment %q is a dot segment, which no request has", text)
	case strings.Contains(seg.text, "/"):
		return seg, fmt.Errorf("segment %q holds an encoded slash", text)
	case !utf8.ValidString(seg.text) || strings.IndexFunc(seg.text, unicode.IsControl) >= 0:
		return seg, fmt.Errorf("segment %q holds a control character or is not UTF-8", text)
	}
	return seg, nil
}

// between returns what is between a prefix and a suffix, or s if it lacks one of them.
func between(s, prefix, suffix string) (string, bool) {
	if len(s) < len(prefix)+len(suffix) || !strings.HasPrefix(s, prefix) || !strings.HasSuffix(s, suffix) {
		return s, false
	}
	return s[len(prefix) : len(s)-len(suffix)], true
}

// checkName compares the name of a dynamic segment with the names before it in the
// same path. Like Next.js, it refuses names that differ only in non-word characters,
// so that a path works in both.
func checkName(segs []segment, seg segment) error {
	if seg.kind == static {
		return nil
	}
	for _, s := range segs {
		if s.kind == static {
			continue
		}
		if s.text == seg.text {
			return fmt.Errorf("the name %q is in it twice", s.text)
		}
		if wordChars(s.text) == wordChars(seg.text) {
			return fmt.Errorf("the names %q and %q differ only in non-word characters", s.text, seg.text)
		}
	}
	return nil
}

// wordChars returns s without the characters that \W matches in a regular expression
// of JavaScript.
func wordChars(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
}
