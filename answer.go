package apiroute

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// JSON answers with v as [encoding/json] encodes it, encoded whole before a
// byte is sent: an error of encoding is returned and a clean 500. A nil slice
// or map goes out as [] or {}; inside of v it is as encoding/json has it. The
// Content-Type is application/json; charset=utf-8 unless one is set.
func (res *Response) JSON(v any) error {
	if err := res.check(); err != nil {
		return err
	}
	if res.bodyless() {
		return res.send(nil, nil)
	}
	if m := res.req.match.scope.marshal; m != nil {
		b, err := m(orEmpty(v))
		if err != nil {
			return res.misuse(fmt.Errorf("apiroute: JSON: %w", err))
		}
		return res.send(jsonType, b)
	}
	switch err := json.NewEncoder((*jsonWriter)(res)).Encode(orEmpty(v)).(type) {
	case nil:
		return nil
	case sendError:
		return err.error
	default:
		return res.misuse(fmt.Errorf("apiroute: JSON: %w", err))
	}
}

// A jsonWriter is the response as an encoder's writer. encoding/json gives it
// what it has encoded whole, and in a buffer from its own pool.
type jsonWriter Response

func (w *jsonWriter) Write(text []byte) (int, error) {
	if err := (*Response)(w).send(jsonType, trimNewline(text)); err != nil {
		return 0, sendError{err}
	}
	return len(text), nil
}

// A sendError is an error of sending what has been encoded.
type sendError struct{ error }

// Header values that all answers share. Nobody may change them in place, and to
// add to one makes a copy.
var (
	jsonType    = []string{"application/json; charset=utf-8"}
	textType    = []string{"text/plain; charset=utf-8"}
	htmlType    = []string{"text/html; charset=utf-8"}
	bytesType   = []string{"application/octet-stream"}
	linesType   = []string{"application/x-ndjson"}
	problemType = []string{"application/problem+json"}
	noSniff     = []string{"nosniff"}
	noStore     = []string{"no-store"}
)

// orEmpty returns v, or for a nil slice or map that has no say in its encoding
// one that is empty and not nil.
func orEmpty(v any) any {
	r := reflect.ValueOf(v)
	if k := r.Kind(); k != reflect.Slice && k != reflect.Map || !r.IsNil() {
		return v
	}
	switch v.(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return v
	}
	if r.Kind() == reflect.Map {
		return struct{}{}
	}
	return reflect.MakeSlice(r.Type(), 0, 0).Interface()
}

// Text answers with s as text/plain; charset=utf-8, unless a Content-Type is set.
func (res *Response) Text(s string) error {
	return res.send(textType, []byte(s))
}

// HTML answers with s as text/html; charset=utf-8, unless a Content-Type is
// set. Nothing in it is escaped; see [html/template] for that.
func (res *Response) HTML(s string) error {
	return res.send(htmlType, []byte(s))
}

// Bytes answers with b. A contentType of "" is the one that is set, or
// application/octet-stream.
func (res *Response) Bytes(contentType string, b []byte) error {
	if contentType != "" {
		res.Header().Set("Content-Type", contentType)
	}
	return res.send(bytesType, b)
}

// Redirect answers with a Location and the status 307, or the 301, 302, 303 or
// 308 that is set; with another status, or without a url, it is an error.
//
// The url goes out as it is, but for what is not ASCII and for control
// characters, which are percent-encoded. So never redirect to what the client
// sent: //evil.example and /\evil.example are other hosts.
func (res *Response) Redirect(url string) error {
	if err := res.check(); err != nil {
		return err
	}
	res.Status(res.statusOr(http.StatusTemporaryRedirect))
	switch res.status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return res.misuse(fmt.Errorf("apiroute: Redirect: status %d is no redirect", res.status))
	}
	if url == "" {
		return res.misuse(errors.New("apiroute: Redirect: no url"))
	}
	return res.SetHeader("Location", escapeNonASCII(url)).send(nil, nil)
}

func escapeNonASCII(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// End answers without a body, with the status that is set, or 204.
func (res *Response) End() error {
	return res.Status(res.statusOr(http.StatusNoContent)).send(nil, nil)
}

// end ends the answer of a handler that has returned nil.
func (res *Response) end() error {
	if res.more != nil && res.more.err != nil {
		if res.more.err == ErrAnswered {
			res.state |= isDone // what came too late takes nothing from what went before
		}
		return res.more.err
	}
	if !res.started() {
		return res.End()
	}
	return nil
}

// send answers with a body, of a type unless one is set; nil is no body.
func (res *Response) send(contentType []string, body []byte) error {
	if err := res.check(); err != nil {
		return err
	}
	h := res.Header()
	bare := len(h) == 0 // as it mostly is; then nothing need be looked up
	res.setType(h, contentType)
	if res.req.match.scope.etag && res.notModified(h, body) {
		res.Status(http.StatusNotModified)
		delete(h, "Content-Type")
	}
	status := res.statusOr(http.StatusOK)
	bodyless := bodyless(status)
	switch {
	case bodyless:
		delete(h, "Content-Length")
	case res.is(isHead) || len(body) >= 2048 || !bare && h["Content-Length"] != nil:
		// net/http counts short bodies itself, but not where HEAD has none.
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	res.w.WriteHeader(status)
	res.code = int16(status)
	if len(body) > 0 && !res.is(isHead) && !bodyless {
		if _, err := res.w.Write(body); err != nil {
			return err
		}
	}
	res.state |= isDone
	if res.more != nil {
		res.more.err = nil
	}
	return nil
}

// notModified sets the ETag of a response that may have one, and reports whether the client's copy
// of the body is still current (RFC 9110, sections 8.8.3 and 13.1.2). Only a GET or HEAD request
// with status 200 may.
func (res *Response) notModified(h http.Header, body []byte) bool {
	r := res.req
	if r.Method != http.MethodGet && r.Method != http.MethodHead || res.statusOr(http.StatusOK) != http.StatusOK {
		return false
	}
	if h.Get("ETag") == "" {
		h.Set("ETag", etagOf(body))
	}
	return etagMatches(strings.Join(r.Header.Values("If-None-Match"), ","), h.Get("ETag"))
}

// setType sets the type of the body unless one is set; nil is no body.
func (res *Response) setType(h http.Header, contentType []string) {
	if contentType == nil || res.bodyless() {
		return
	}
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = contentType
	}
	h["X-Content-Type-Options"] = noSniff
}
