package apiroute

import (
	"strconv"
	"strings"
)

// This file splits a JSON text into tokens. The text is known to be valid JSON, so the functions
// check nothing and cannot fail. A text is a string, and a place in it is an offset in bytes.

// skipSpace returns the offset of the first byte from i on that is not white space.
func skipSpace(doc string, i int) int {
	for doc[i] <= ' ' {
		i++
	}
	return i
}

// stringEnd returns the offset after the string that begins at start, and whether the string has an
// escape. For `"a\"b", 1` and 0 it returns 6 and true. It searches for a quote first, since most
// strings have no escape.
func stringEnd(doc string, start int) (end int, escaped bool) {
	start++
	end = start + strings.IndexByte(doc[start:], '"') + 1
	escape := strings.IndexByte(doc[start:end], '\\')
	if escape < 0 {
		return end, false
	}
	for i := start + escape; ; i++ {
		switch doc[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
}

// literalEnd returns the offset after the number, true, false or null that begins at i. It looks
// for the byte that ends such a token, and not at the token itself.
func literalEnd(doc string, i int) int {
	for i < len(doc) {
		switch doc[i] {
		case ' ', '\t', '\r', '\n', ',', ']', '}':
			return i
		}
		i++
	}
	return i
}

// valueEnd returns the offset after the value that begins at i, which may be an object or an array.
// It counts brackets rather than calling itself, so deep nesting costs no stack.
func valueEnd(doc string, i int) int {
	for depth := 0; ; {
		switch doc[i] {
		case '"':
			i, _ = stringEnd(doc, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':':
			i++
		case ' ', '\t', '\r', '\n':
			i = skipSpace(doc, i)
		default:
			i = literalEnd(doc, i)
		}
		if depth == 0 {
			return i
		}
	}
}

// unquote returns the string that a token with quotes denotes, and whether it is Unicode. It is not
// if it has half a surrogate pair, such as "\ud800". Like encoding/json, unquote then puts U+FFFD
// in its place.
func unquote(token string) (s string, isUnicode bool) {
	rest := token[1 : len(token)-1]
	i := strings.IndexByte(rest, '\\')
	if i < 0 {
		return rest, true
	}
	var b strings.Builder
	b.Grow(len(rest))
	isUnicode = true
	for ; i >= 0; i = strings.IndexByte(rest, '\\') {
		b.WriteString(rest[:i])
		c := rest[i+1]
		if c != 'u' {
			b.WriteByte(unescape[c])
			rest = rest[i+2:]
			continue
		}
		r, n := unescapeRune(rest[i:])
		isUnicode = isUnicode && r >= 0
		b.WriteRune(r) // writes U+FFFD for -1
		rest = rest[i+n:]
	}
	b.WriteString(rest)
	return b.String(), isUnicode
}

// unescape maps the byte after a backslash to the byte that the two denote.
var unescape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescapeRune returns the rune for the escape \u12ab at the beginning of s, and the length of the
// escape. JSON writes a rune beyond U+FFFF as two escapes, which are a surrogate pair: \ud83d\ude00
// is U+1F600, of length 12 (RFC 8259, section 7). The rune is -1 for half a pair.
func unescapeRune(s string) (r rune, n int) {
	r = hexRune(s)
	if r < 0xd800 || 0xdfff < r {
		return r, 6
	}
	if r < 0xdc00 && strings.HasPrefix(s[6:], `\u`) {
		if low := hexRune(s[6:]); 0xdc00 <= low && low <= 0xdfff {
			return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, 12
		}
	}
	return -1, 6
}

// hexRune returns the value of the escape \u12ab at the beginning of s.
func hexRune(s string) rune {
	n, _ := strconv.ParseUint(s[2:6], 16, 16) // cannot fail in valid JSON
	return rune(n)
}

// isNumber reports whether a string is a number in the syntax of JSON (RFC 8259, section 6). So 1,
// -0.5 and 1e+3 are numbers, and 01, +1, .5 and 1. are not.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	if s = s[whole:]; strings.HasPrefix(s, ".") {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s)
}

// digits returns the number of decimal digits at the beginning of a string.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
