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

// This file holds the methods that complete a response in one call: JSON, Text, HTML, Bytes,
// Redirect and End. They all call send, which sets what net/http does not set by itself, sends
// the status, the header and the body, and marks the response as complete. Responses that are
// written in parts are in writer.go, stream.go and events.go.

// JSON responds with v as [encoding/json] encodes it. The value is encoded in full
// before anything is sent, so if encoding fails, JSON returns an error and the
// response is a 500. If v is a nil slice or map, the response is [] or {}; nil
// slices and maps inside v are encoded as by encoding/json. The Content-Type is
// application/json; charset=utf-8 unless one is set.
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

// A jsonWriter is a Response as the destination of a json.Encoder. The encoder collects the whole
// value in a pooled buffer and calls Write once, so the response needs no buffer of its own, and
// nothing is sent if encoding fails.
type jsonWriter Response

// Write sends the whole response, without the newline that the encoder appends.
func (w *jsonWriter) Write(text []byte) (int, error) {
	if err := (*Response)(w).send(jsonType, trimNewline(text)); err != nil {
		return 0, sendError{err}
	}
	return len(text), nil
}

// A sendError is an error from sending a value, which tells it apart from an error from encoding
// it: the encoder returns both from one method.
type sendError struct{ error }

// Media types; see noSniff for what must not be done to these slices.
var (
	jsonType  = []string{"application/json; charset=utf-8"}
	textType  = []string{"text/plain; charset=utf-8"}
	htmlType  = []string{"text/html; charset=utf-8"}
	bytesType = []string{"application/octet-stream"}
	linesType = []string{"application/x-ndjson"}
)

// orEmpty returns v, or an empty value if v is a nil slice or map: clients expect [] or {} where a
// list or an object is announced, not null. A type with its own MarshalJSON or MarshalText decides
// for itself what nil means.
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

// Text responds with s as text/plain; charset=utf-8, unless a Content-Type is set.
func (res *Response) Text(s string) error {
	return res.send(textType, []byte(s))
}

// HTML responds with s as text/html; charset=utf-8, unless a Content-Type is set.
// It escapes nothing; use [html/template] for that.
func (res *Response) HTML(s string) error {
	return res.send(htmlType, []byte(s))
}

// Bytes responds with b. If contentType is "", the Content-Type is the one that is
// set, or application/octet-stream.
func (res *Response) Bytes(contentType string, b []byte) error {
	if contentType != "" {
		res.Header().Set("Content-Type", contentType)
	}
	return res.send(bytesType, b)
}

// Redirect responds with the Location url and with status 307, or with 301, 302,
// 303 or 308 if that is set. It returns an error if another status is set, or if
// url is empty.
//
// Control characters and what is not ASCII are percent-encoded; otherwise url is
// sent as it is. Never redirect to a URL that the client has sent:
// //evil.example and /\evil.example are other hosts.
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

// escapeNonASCII percent-encodes control characters and bytes outside ASCII. It leaves the other
// bytes alone, so that escapes in the URL stay as they are.
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

// End responds without a body, with the status that is set, or 204.
func (res *Response) End() error {
	return res.Status(res.statusOr(http.StatusNoContent)).send(nil, nil)
}

// complete completes the response of a handler that has returned nil. If the handler ignored the
// error of a misuse, complete returns that error, so that the mistake is not lost.
func (res *Response) complete() error {
	if res.extra != nil && res.extra.err != nil {
		if res.extra.err == ErrAnswered {
			res.state |= isDone // the first response stands; what came after it is only logged
		}
		return res.extra.err
	}
	if !res.started() {
		return res.End()
	}
	return nil
}

// send sends the whole response. contentType is the type of the body unless the handler has set
// one; it is nil if there is no body. The slice becomes part of the header and is shared by all
// responses.
func (res *Response) send(contentType []string, body []byte) error {
	if err := res.check(); err != nil {
		return err
	}
	h := res.w.Header() // without saveHeader: nothing below can fail and need a rollback
	bare := len(h) == 0 // the most common case; it saves looking up names below
	res.setType(h, contentType)
	if res.req.match.scope.etag && res.notModified(h, body) {
		res.Status(http.StatusNotModified)
		delete(h, "Content-Type")
	}
	status := res.statusOr(http.StatusOK)
	withBody := !bodyless(status)
	switch {
	case !withBody:
		delete(h, "Content-Length")
	case res.is(isHead) || len(body) >= 2048 || !bare && h["Content-Length"] != nil:
		// net/http counts short bodies itself, but not for HEAD, which writes none.
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	res.w.WriteHeader(status)
	res.code = int16(status)
	if len(body) > 0 && !res.is(isHead) && withBody {
		if _, err := res.w.Write(body); err != nil {
			return err
		}
	}
	res.state |= isDone
	if res.extra != nil {
		res.extra.err = nil
	}
	return nil
}

// notModified sets the ETag of a response, and reports whether the client's copy of the body is
// still current (RFC 9110, sections 8.8.3 and 13.1.2). It does neither unless the method is GET or
// HEAD and the status is 200.
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

// setType sets the Content-Type unless the handler has set one, and forbids browsers to guess
// another one from the content. contentType is nil if there is no body.
func (res *Response) setType(h http.Header, contentType []string) {
	if contentType == nil || res.bodyless() {
		return
	}
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = contentType
	}
	h["X-Content-Type-Options"] = noSniff
}
