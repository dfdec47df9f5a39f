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
	opaque := strings.TrimPrefix(h.Get("ETag"), "W/")
	for rest := strings.Join(r.Header.Values("If-None-Match"), ","); rest != ""; {
		rest = strings.TrimLeft(rest, " \t,")
		if strings.TrimSpace(rest) == "*" {
			return true
		}
		rest = strings.TrimPrefix(rest, "W/")
		if rest == "" || rest[0] != '"' {
			return false // no list of entity tags
		}
		end := strings.IndexFunc(rest[1:], func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f }) + 2
		if end == 1 || rest[end-1] != '"' {
			return false
		}
		if rest[:end] == opaque {
			return true
		}
		rest = rest[end:]
	}
	return false
}
