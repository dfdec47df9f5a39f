package apiroute

import (
	"bytes"
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

// JSON responds with v as [encoding/json] or the [JSONCodec] encodes it. The value is encoded in
// full before anything is sent, so if encoding fails, JSON returns an error and the response is a
// 500. If v is a nil slice or map, the response is [] or {}. So are nil slices and maps inside v
// where the toolchain has encoding/json/v2, as from Go 1.27 on; before that they are null. The
// Content-Type is application/json; charset=utf-8 unless one is set.
//
// Do not encode v before the call: a string becomes a JSON string, and a []byte becomes one in
// base64. For a text that is JSON already, use [encoding/json.RawMessage], or [Response.Bytes] with
// the type application/json. Most errors have no exported fields and are encoded as {}; return an
// error instead of sending it. If v itself is such a struct, that is logged.
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
	switch err := encode((*jsonWriter)(res), orEmpty(v)).(type) {
	case nil:
		if res.is(sentBraces) {
			res.noteHidden(v)
		}
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
	body := bytes.TrimSuffix(text, []byte("\n"))
	if err := (*Response)(w).send(jsonType, body); err != nil {
		return 0, sendError{err}
	}
	if string(body) == "{}" {
		w.state |= sentBraces
	}
	return len(text), nil
}

// noteHidden records a misuse if v is a struct without exported fields, as most errors are. The {}
// that has been sent is then all that JSON shows of it. A map, or a struct whose fields are left
// out, may well be {}.
func (res *Response) noteHidden(v any) {
	switch v.(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return
	}
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.NumField() == 0 {
		return
	}
	for i := 0; i < t.NumField(); i++ {
		if f := t.Field(i); f.IsExported() || f.Anonymous {
			return
		}
	}
	err := fmt.Errorf("apiroute: JSON: %T has no exported field, so its JSON is {}", v)
	if _, ok := v.(error); ok {
		err = fmt.Errorf("%w: to respond with an error, return it, or send its text", err)
	}
	res.misuse(err)
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

// HTML responds with s as text/html; charset=utf-8, unless a Content-Type is set. It escapes
// nothing; use [html/template] for that.
func (res *Response) HTML(s string) error {
	return res.send(htmlType, []byte(s))
}

// Bytes responds with b, which it does not keep. If contentType is "", the Content-Type is the one
// that is set, or application/octet-stream.
func (res *Response) Bytes(contentType string, b []byte) error {
	if contentType != "" {
		res.Header().Set("Content-Type", contentType)
	}
	return res.send(bytesType, b)
}

// Redirect responds with the Location url and with status 307, or with 301, 302, 303 or 308 if that
// is set. It returns an error if another status is set, or if url is empty.
//
// Control characters and what is not ASCII are percent-encoded; otherwise url is sent as it is.
// Never redirect to a URL that the client has sent: //evil.example and /\evil.example are other
// hosts.
func (res *Response) Redirect(url string) error {
	if err := res.check(); err != nil {
		return err
	}
	res.Status(res.statusOr(http.StatusTemporaryRedirect))
	switch res.status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return res.misuse(fmt.Errorf("apiroute: Redirect: status %d is no redirect: want 301, 302, 303, 307 or 308", res.status))
	}
	if url == "" {
		return res.misuse(errors.New("apiroute: Redirect: no url"))
	}
	return res.SetHeader("Location", escapeNonASCII(url)).send(nil, nil)
}

// escapeNonASCII percent-encodes control characters and bytes outside ASCII. It leaves the other
// bytes alone, so that escapes in the URL stay as they are.
func escapeNonASCII(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f }) < 0 {
		return s
	}
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

// End responds without a body. The status is the one that is set, or 204.
func (res *Response) End() error {
	return res.Status(res.statusOr(http.StatusNoContent)).send(nil, nil)
}

// errSwallowed is the error of a handler that has panicked after a part of the response, if
// middleware of Around has recovered from the panic and returned nil.
var errSwallowed = errors.New("apiroute: the handler has panicked after a part of the response, and Around has recovered from it")

// complete completes the response of a handler that has returned nil. If the handler ignored the
// error of a misuse, complete returns that error, so that the mistake is not lost.
func (res *Response) complete() error {
	if res.is(cutInside) && !res.isWhole() {
		return errSwallowed
	}
	if res.extra != nil && res.extra.err != nil && !res.is(badHeader) {
		if res.extra.err == ErrAnswered {
			res.state |= isDone // the first response is whole; what came after it is only logged
		}
		return res.extra.err
	}
	if !res.started() {
		if err := res.End(); err != nil {
			return err
		}
	}
	if res.is(badHeader) {
		res.state |= isDone // the response stands without the header
		return res.extra.err
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
	}
	status := res.statusOr(http.StatusOK)
	withBody := !bodyless(status)
	switch {
	case !withBody:
		dropContentFields(h)
	case res.is(isHead) || len(body) >= 2048 || !bare && h["Content-Length"] != nil:
		// net/http counts short bodies itself, but not for HEAD, which writes none.
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	res.w.WriteHeader(status)
	res.code = int16(status)
	if len(body) > 0 && !res.is(isHead) && withBody {
		if _, err := res.w.Write(body); err != nil {
			res.noteFailure(err)
			return err
		}
	}
	res.state |= isDone
	if res.extra != nil && !res.is(badHeader) {
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
	if h.Get("Etag") == "" { // the canonical form of ETag
		h["Etag"] = []string{etagOf(body)}
	}
	return etagMatches(strings.Join(r.Header["If-None-Match"], ","), h.Get("Etag"))
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
