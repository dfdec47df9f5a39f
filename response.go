package apiroute

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// ErrAnswered is returned for what comes after the answer: a second one, a
// status or a header that can no longer go out. It is also logged, and the first
// answer stands.
var ErrAnswered = errors.New("apiroute: the request has been answered already")

// A Response answers a request. The methods that chain prepare the answer, and
// one method ends it:
//
//	return res.Status(201).SetHeader("Location", url).JSON(post)
//
// An ending method returns an error if it could not answer, and has then
// written nothing unless the client is gone; a handler returns it. The status
// is 200 if none is set. With the statuses 204, 205 and 304, and for a HEAD
// request, no body goes out, whatever is given.
//
// A Response is also an [http.ResponseWriter], with Unwrap, so that
// [http.ServeFile], [http.ServeContent], templates and
// [http.ResponseController] take it. It is for one goroutine at a time.
type Response struct {
	w      http.ResponseWriter
	req    *Request
	more   *moreResponse // nil for most responses
	status int32         // set by Status and not yet sent
	code   int16         // sent; 0 as long as nothing is
	state  states
}

// states is a set of what is true of a response.
type states uint16

const (
	hasStatus states = 1 << iota // Status has been called
	isHead                       // the request is a HEAD
	isDone                       // nothing more is to come
	announced                    // WriteHeader has sent a Content-Length
	hijacked                     // the connection is no longer net/http's
	fresh                        // it has yet to come through the router's own middleware
	lifted                       // each part has a deadline of its own
	saving                       // the header is to be saved before its next change
	changed                      // it may be another one than saved
	lent                         // it goes to another exchange, with its request; see takeBack
)

func (res *Response) is(s states) bool { return res.state&s != 0 }

// moreResponse is what few responses need.
type moreResponse struct {
	saved  http.Header  // the header when the handler was called; nil or empty if it had none
	events *EventStream // nil if there is none
	err    error        // the first misuse
	left   int64        // bytes that are to follow, if they are announced
}

func (res *Response) rare() *moreResponse {
	if res.more == nil {
		res.more = new(moreResponse)
	}
	return res.more
}

// Status sets the status of the answer, from 200 to 599. Any other makes the
// answer a 500 and is logged. The last call counts.
func (res *Response) Status(code int) *Response {
	if res.code != 0 {
		res.misuse(ErrAnswered)
		return res // and leave the state to those who send events
	}
	res.status = int32(max(math.MinInt32, min(code, math.MaxInt32)))
	res.state |= hasStatus
	return res
}

// SetHeader sets a header of the answer and replaces its values. Line breaks in
// a value go out as spaces, as net/http has it; over HTTP/2 it leaves the header
// out.
func (res *Response) SetHeader(key, value string) *Response {
	if res.code != 0 {
		res.misuse(ErrAnswered)
	}
	res.Header().Set(key, value)
	return res
}

// SetCookie adds a Set-Cookie header; see [http.SetCookie] for what it drops.
func (res *Response) SetCookie(c *http.Cookie) *Response {
	if res.code != 0 {
		res.misuse(ErrAnswered)
	}
	http.SetCookie(res, c)
	return res
}

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
	if res.req.match.scope.etag && res.matches(h, body) {
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

// started reports whether it is too late for another answer.
func (res *Response) started() bool { return res.code != 0 || res.is(hijacked) }

// check reports what stands against an answer now.
func (res *Response) check() error {
	if res.code == 0 && !res.is(hasStatus|hijacked) { // as mostly
		return nil
	}
	return res.checkStatus()
}

func (res *Response) checkStatus() error {
	if res.started() {
		return res.misuse(ErrAnswered)
	}
	if status := res.statusOr(http.StatusOK); status < 200 || status > 599 {
		return res.misuse(fmt.Errorf("apiroute: status %d is not from 200 to 599", status))
	}
	return nil
}

func (res *Response) statusOr(status int) int {
	if res.is(hasStatus) {
		return int(res.status)
	}
	return status
}

// bodyless reports whether the status that is set goes without a body.
func (res *Response) bodyless() bool { return res.is(hasStatus) && bodyless(int(res.status)) }

// bodyless reports whether answers with a status have no body; RFC 9110,
// sections 15.3.5, 15.3.6 and 15.4.5.
func bodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusResetContent || status == http.StatusNotModified
}

// misuse keeps the first error of an answer, for a handler that ignores it.
func (res *Response) misuse(err error) error {
	if m := res.rare(); m.err == nil {
		m.err = err
	}
	return err
}

// save marks the header as it is when the handler is called.
func (res *Response) save() {
	if res.code == 0 {
		res.state |= saving
	}
}

// rollback takes back what the handler has set, unless it is out.
func (res *Response) rollback() {
	if res.code != 0 {
		return
	}
	if res.is(changed) {
		h := res.w.Header()
		clear(h)
		if res.more != nil {
			maps.Copy(h, res.more.saved)
		}
	}
	res.state &^= saving | changed | hasStatus
}

// complete reports whether the client has got a whole answer.
func (res *Response) complete() bool {
	if res.is(isDone|hijacked) || res.code != 0 && (res.is(isHead) || bodyless(int(res.code))) {
		return true
	}
	return res.is(announced) && res.more.left == 0
}
