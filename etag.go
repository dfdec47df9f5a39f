package apiroute

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// matches sets the ETag of an answer that can have one, and reports whether the
// client has the same already: RFC 9110, sections 8.8.3 and 13.1.2.
func (res *Response) matches(h http.Header, body []byte) bool {
	r := res.req
	if r.Method != http.MethodGet && r.Method != http.MethodHead || res.statusOr(http.StatusOK) != http.StatusOK {
		return false
	}
	if h.Get("ETag") == "" {
		sum := sha256.Sum256(body)
		h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:16])+`"`)
	}
	list := strings.Join(r.Header.Values("If-None-Match"), ",")
	return strings.Trim(list, " \t") == "*" || listsTag(list, strings.TrimPrefix(h.Get("ETag"), "W/"))
}

// listsTag reports whether a list of entity tags has one, by weak comparison. A
// list that is malformed counts up to there. Each byte of it is looked at once
// or twice, whatever the client has sent.
func listsTag(list, opaque string) bool {
	for {
		list = strings.TrimPrefix(strings.TrimLeft(list, " \t,"), "W/")
		if list == "" || list[0] != '"' {
			return false // the end, or no entity tag
		}
		end := strings.IndexFunc(list[1:], func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f }) + 2
		if end == 1 || list[end-1] != '"' {
			return false
		}
		if list[:end] == opaque {
			return true
		}
		list = list[end:]
	}
}
