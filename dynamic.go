package apiroute

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file is the syntax of a registered path, which is that of a file's name in Next's pages/api:
// static segments, and dynamic ones in brackets. parsePath turns a path into segments and reports
// every mistake that a single path can have. Clashes between paths are found in tree.go.

// kind says what a segment of a registered path matches. At each level, the kinds are tried in the
// order of the constants, so /posts/new goes to /posts/new rather than to /posts/[id].
type kind int

// The kinds of segments.
const (
	static   kind = iota // matches one segment with the same text
	single               // [x] matches any one segment that is not empty
	catchAll             // [...x] matches the rest of the path, of one segment or more
	optional             // [[...x]] matches the rest of the path, which may be nothing
	mounted              // added by Mount; it matches like optional, but has no name and no value
)

// A segment is one part of a registered path: /posts/[id] has the static segment
// "posts" and the single segment "id".
type segment struct {
	kind kind
	text string // the decoded text if static; "" if mounted; otherwise the name
}

// String returns the segment in the syntax in which it is registered.
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

// parsePath splits a registered path into its segments. "/" has none. For example:
//
//	/posts/[id]       static "posts", single "id"
//	/docs/[...path]   static "docs", catchAll "path"
//	/shop/[[...x]]    static "shop", optional "x"
//	/caf%C3%A9        static "café"
//	/posts/           error: it must not end with a slash
//	/posts/:id        error: segment ":id" is written [id] here
//	/[...a]/b         error: the catch-all [...a] must be the last segment
//	/[a]/[a]          error: the name "a" is in it twice
//
// Errors have no prefix, and "it" in them is the path, because the caller names the path before
// them.
func parsePath(path string) ([]segment, error) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return nil, noSlash(path)
	case path == "/":
		return nil, nil
	case strings.HasSuffix(path, "/"):
		return nil, errors.New("it must not end with a slash: leave the last one out")
	}
	if err := checkForeign(path); err != nil {
		return nil, err
	}
	if strings.ContainsAny(path, "?#") {
		return nil, errors.New("a path has no query and no fragment: leave them out, and read the query with Request.Query or Bind")
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

// noSlash returns the error for a path that does not begin with a slash. It says what else is wrong
// with a path that names a method, as a pattern of ServeMux does, or that is a whole URL.
func noSlash(path string) error {
	method, rest, _ := strings.Cut(path, " ")
	switch {
	case method != "" && rest != "" && strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "":
		return errors.New("it must begin with a slash: the method does not belong in it, but is chosen by the function, such as Get, Post or Method")
	case strings.Contains(path, "://"):
		return errors.New("it must begin with a slash: a route has no scheme and no host")
	}
	return errors.New("it must begin with a slash")
}

// checkForeign returns an error for the syntax in which other routers write dynamic segments. It
// would otherwise be static text that no request ever matches. For example:
//
//	/posts/{id}       ServeMux, chi, gorilla/mux
//	/posts/:id        gin, echo, fiber, Express, Rails
//	/files/*, /x*     gin, echo, fiber, Express
//	/posts/<int:id>   Flask, Django
//	/posts(.:format)  Rails
//	/posts/[id]?      an optional segment
//
// A colon or an asterisk inside a segment, as in /posts:batch, is text. Escaped ones always are.
func checkForeign(path string) error {
	if strings.ContainsAny(path, "{}") {
		return errors.New("braces have no meaning here: a dynamic segment is written [id], and the rest of a path [...rest]")
	}
	for _, text := range strings.Split(path[1:], "/") {
		left, right := strings.IndexByte(text, '<'), strings.LastIndexByte(text, '>')
		switch {
		case strings.HasPrefix(text, ":"):
			return fmt.Errorf("segment %q is written [%s] here (a literal colon is %%3A)", text, nameIn(text[1:], "id"))
		case strings.HasPrefix(text, "*") || strings.HasSuffix(text, "*"):
			instead := strings.TrimRight(text, "*") + "/[...rest]"
			if text[0] == '*' {
				instead = "[..." + nameIn(strings.TrimLeft(text, "*"), "rest") + "]"
			}
			return fmt.Errorf("segment %q is written %s here, and left out in Mount, which gets everything below its path (a literal asterisk is %%2A)", text, instead)
		case left >= 0 && left < right:
			converter, name, ok := strings.Cut(text[left+1:right], ":")
			if !ok {
				converter, name = "", converter
			}
			if name = nameIn(name, "id"); converter == "path" {
				name = "..." + name
			}
			return fmt.Errorf("segment %q is written [%s] here", text, name)
		case strings.Contains(text, "(:") || strings.Contains(text, "(.:") || strings.Contains(text, "(*") || strings.Contains(text, "(.*)"):
			return fmt.Errorf("segment %q: a part of a path cannot be optional or a regular expression: register each path by itself", text)
		case strings.HasSuffix(text, "]?"):
			return fmt.Errorf("segment %q: a segment cannot be optional: register the path with it and the path without it", text)
		}
	}
	return nil
}

// nameIn returns the letters, digits and underscores at the beginning of s, or other if there are
// none. That is the name in segments such as :id(\d+).
func nameIn(s, other string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end >= 0 {
		s = s[:end]
	}
	if s == "" {
		return other
	}
	return s
}

// parseSegment parses one segment of a registered path. It decodes escapes, as the path of a
// request is decoded. A segment that no request can have, such as "..", is an error, and so is one
// that would be ambiguous, such as a name with a bracket.
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
		return seg, notWhole(text)
	}
	var err error
	if seg.text, err = url.PathUnescape(seg.text); err != nil {
		return seg, fmt.Errorf("segment %q has a bad escape", text)
	}
	dynamic := seg.kind != static
	switch {
	case seg.text == "" && !dynamic:
		return seg, errors.New("it has an empty segment")
	case strings.TrimSpace(seg.text) == "" && dynamic:
		return seg, fmt.Errorf("segment %q has no name", text)
	case seg.kind == single && strings.HasPrefix(seg.text, "…"):
		return seg, fmt.Errorf(`segment %q begins with the one character "…": did you mean "..."?`, text)
	case dynamic && (strings.HasPrefix(seg.text, ":") || strings.HasPrefix(seg.text, "*") || strings.HasSuffix(seg.text, "...")):
		return seg, foreignName(seg)
	case dynamic && (seg.text[0] == '.' || strings.ContainsAny(seg.text, "[]{}")):
		return seg, fmt.Errorf("segment %q: a name has no brackets or braces and does not start with a period", text)
	case seg.text == "." || seg.text == "..":
		return seg, fmt.Errorf("segment %q is a dot segment, which no request has", text)
	case strings.Contains(seg.text, "/"):
		return seg, fmt.Errorf("segment %q holds an encoded slash", text)
	case !utf8.ValidString(seg.text) || strings.IndexFunc(seg.text, unicode.IsControl) >= 0:
		return seg, fmt.Errorf("segment %q holds a control character or is not UTF-8", text)
	case dynamic && strings.TrimSpace(seg.text) != seg.text:
		return seg, fmt.Errorf("segment %q: a name has no spaces around it: write %v", text, segment{seg.kind, strings.TrimSpace(seg.text)})
	case !dynamic && strings.TrimSpace(text) != text:
		return seg, fmt.Errorf("segment %q begins or ends with a space: leave it out, or write %%20", text)
	}
	return seg, nil
}

// foreignName returns the error for a name in brackets that is written as another router writes it,
// such as [slug...], [*slug] and [:id].
func foreignName(seg segment) error {
	instead := segment{seg.kind, nameIn(strings.TrimLeft(seg.text, ".:*"), "rest")}
	if instead.kind == single && !strings.HasPrefix(seg.text, ":") {
		instead.kind = catchAll
	}
	return fmt.Errorf("segment %q is written %v here", seg, instead)
}

// notWhole returns the error for a segment in which brackets are not around the whole of it.
func notWhole(text string) error {
	inner, ok := between(text, "[[", "]]")
	switch {
	case ok && strings.HasPrefix(inner, "…"):
		return fmt.Errorf(`segment %q begins with the one character "…": did you mean "..."?`, text)
	case ok && !strings.ContainsAny(inner, "[]"):
		return fmt.Errorf("segment %q is not x, [x], [...x] or [[...x]]: for an optional segment, register the path with [%s] and the path without it", text, inner)
	}
	return fmt.Errorf("segment %q is not x, [x], [...x] or [[...x]]: only a whole segment can be dynamic", text)
}

// between returns the part of s between a prefix and a suffix. If s lacks either, it returns s and
// false.
func between(s, prefix, suffix string) (string, bool) {
	if len(s) < len(prefix)+len(suffix) || !strings.HasPrefix(s, prefix) || !strings.HasSuffix(s, suffix) {
		return s, false
	}
	return s[len(prefix) : len(s)-len(suffix)], true
}

// checkName compares the name of a dynamic segment with the names before it in the same path. Like
// Next.js, it refuses names that differ only in characters other than ASCII letters, digits and
// underscores, such as [a-b] and [ab], so that a path works in both.
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

// wordChars returns s without the characters that \W matches in a regular expression of JavaScript.
// Next.js compares names in this form because it uses them as names of groups in its expressions.
func wordChars(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
}
