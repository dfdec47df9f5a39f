package apiroute

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// etagOf returns a strong entity tag for a body: the first half of its SHA-256 hash, in quotes.
// Equal bodies have equal tags (RFC 9110, section 8.8.3).
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// etagMatches reports whether the value of an If-None-Match header names an entity tag. That value
// is "*", which names every tag, or a list such as `"a", W/"b"`. The comparison is the weak one, in
// which W/"a" equals "a" (RFC 9110, sections 8.8.3.2 and 13.1.2).
//
// A malformed list counts up to the malformed element. Each byte of the list is examined at most
// twice, so a hostile list costs no more than its length.
func etagMatches(ifNoneMatch, tag string) bool {
	list := strings.TrimLeft(ifNoneMatch, " \t")
	if strings.TrimRight(list, " \t") == "*" {
		return true
	}
	tag = strings.TrimPrefix(tag, "W/")
	for {
		list = strings.TrimPrefix(strings.TrimLeft(list, " \t,"), "W/")
		n := entityTagLen(list)
		if n == 0 {
			return false // the end of the list, or something that is not an entity tag
		}
		if list[:n] == tag {
			return true
		}
		list = list[n:]
	}
}

// entityTagLen returns the length of the quoted entity tag at the start of s, quotes included, and
// 0 if there is none.
func entityTagLen(s string) int {
	if s == "" || s[0] != '"' {
		return 0
	}
	end := strings.IndexFunc(s[1:], func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f })
	if end < 0 || s[1+end] != '"' {
		return 0
	}
	return end + len(`""`)
}
