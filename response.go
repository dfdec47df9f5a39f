package apiroute

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync/atomic"
)

// This file holds the [Response] and its state: what the handler has prepared, what has been sent,
// and how to go back if the handler fails. The methods that complete a response are in answer.go,
// those of http.ResponseWriter in writer.go, and streams in stream.go and events.go.

// ErrAnswered is returned for what is attempted after the response is complete, or too late to have
// an effect, such as a second response. It is also logged, even if the handler ignores it. The
// first response is sent unchanged. Methods that return no error, such as [Response.Status], only
// log it.
var ErrAnswered = errors.New("apiroute: the response is already complete: return after the first one")

// A Response responds to a request. The methods that can be chained prepare the response, and one
// method completes it:
//
//	return res.Status(201).SetHeader("Location", url).JSON(post)
//
// The methods that complete a response are JSON, Text, HTML, Bytes, Redirect, End and Stream, and
// the function [JSONLines]. Each returns an error if it could not, which the handler should return:
// [ErrAnswered] if a response has begun before, an error of its own if it cannot send what it is
// given, or an error from writing to the client. It has then written nothing, unless writing has
// failed or a stream has ended early. The status is 200 if none is set. With the statuses 204, 205
// and 304, and for a HEAD request, no body is sent, even if one is given. With these statuses no
// header that describes a body is sent either, whoever has set it.
//
// A Response is also an [http.ResponseWriter] with an Unwrap method, so it works with
// [http.ServeFile], [http.ServeContent], templates and [http.ResponseController]. It is for one
// goroutine at a time.
//
// The zero Response is not usable. A test gets one by calling [Handler.ServeHTTP] with a
// ResponseRecorder of [net/http/httptest].
type Response struct {
	w      http.ResponseWriter // the writer of the server, or of middleware around this exchange
	req    *Request            // the request of the same exchange
	extra  *responseExtra      // nil for most responses
	status int32               // what Status has set; valid if hasStatus
	code   int16               // the status that has been sent; 0 until then
	state  states              // zero for a new response to any method but HEAD
}

// states is a set of facts about a response. Bits keep the Response small, and are cleared in one
// assignment.
type states uint16

// The facts about a response.
const (
	hasStatus       states = 1 << iota // Status has been called, and rollback has not
	isHead                             // the request is a HEAD
	isDone                             // the response is complete
	hasLength                          // the header has been sent with a Content-Length
	hijacked                           // Hijack has taken over the connection
	beforeRouting                      // the exchange is in the router's own Use, and has no match yet
	streaming                          // the response is a stream: each part has a deadline of its own
	snapshotPending                    // the header must be saved before the handler changes it
	headerTouched                      // the header may differ from extra.saved
	inOnError                          // OnError is called, or has been, before the response began
	badHeader                          // a header that net/http leaves out has been set, and must be logged
	withinUse                          // a Use chain is running around the exchange; see runUse
	sentBraces                         // JSON has sent {}, which may hide a mistake; see noteHidden
	cutInside                          // an exchange further inside has cut the response; see cut.go
)

// is reports whether at least one of the facts in s holds.
func (res *Response) is(s states) bool { return res.state&s != 0 }

// responseExtra holds data that most responses do not have. It is separate to keep
// Response small.
type responseExtra struct {
	saved       []headerField // the header before the handler, if headerTouched; nil if empty
	stop        func()        // stops the keep-alives of an event stream; nil if there is none
	err         error         // the first misuse of the response, for complete; nil if there is none
	remaining   int64         // how many bytes of the Content-Length have yet to be sent, if hasLength
	writeFailed atomic.Bool   // whether the writer has failed; atomic since keep-alives are written elsewhere
	gone        chan bool     // what CloseNotify has returned; nil until it is called
	unwatch     func() bool   // ends CloseNotify's watch over the context; nil if gone is nil
}

// A headerField is one name of a header with its values.
type headerField struct {
	name   string
	values []string
}

// ensureExtra returns res.extra, which it allocates at the first call.
func (res *Response) ensureExtra() *responseExtra {
	if res.extra == nil {
		res.extra = new(responseExtra)
	}
	return res.extra
}

// Status sets the status of the response, from 200 to 599. With any other, the
// response is a 500 and the mistake is logged. The last call counts. After the
// header has been sent, Status has no effect; see [ErrAnswered].
func (res *Response) Status(code int) *Response {
	if res.code != 0 {
		res.misuse(ErrAnswered)
		return res // without touching the state, which an event stream in another goroutine reads
	}
	res.status = int32(max(math.MinInt32, min(code, math.MaxInt32)))
	res.state |= hasStatus
	return res
}

// SetHeader sets a header field of the response and replaces its values. Line
// breaks in a value are sent as spaces, as in net/http; over HTTP/2 the field is
// left out. So is a field whose name is not valid, which is logged. After the header
// has been sent, SetHeader has no effect; see [ErrAnswered].
func (res *Response) SetHeader(key, value string) *Response {
	switch {
	case res.code != 0:
		res.misuse(ErrAnswered)
	case !isToken(key):
		res.misuseHeader(fmt.Errorf("apiroute: SetHeader: a header cannot have the name %q, so it is not sent", key))
	}
	res.Header().Set(key, value)
	return res
}

// SetCookie adds a Set-Cookie header field; see [http.SetCookie] for the characters
// that it drops. A cookie that is nil or has an invalid name is left out, which is
// logged. After the header has been sent, SetCookie has no effect; see
// [ErrAnswered].
func (res *Response) SetCookie(c *http.Cookie) *Response {
	text := c.String()
	switch {
	case res.code != 0:
		res.misuse(ErrAnswered)
	case c == nil:
		res.misuseHeader(errors.New("apiroute: SetCookie: the cookie is nil, so it is not sent"))
	case text == "":
		res.misuseHeader(fmt.Errorf("apiroute: SetCookie: a cookie cannot have the name %q, so it is not sent", c.Name))
	default:
		res.Header().Add("Set-Cookie", text)
	}
	return res
}

// misuseHeader records a header that net/http will leave out. As in net/http, the response is sent
// without it; unlike there, the mistake is logged. A mistake that makes the response a 500 takes
// precedence.
func (res *Response) misuseHeader(err error) {
	if res.extra == nil || res.extra.err == nil {
		res.misuse(err)
		res.state |= badHeader
	}
}

// Header returns the header of the response, as in [http.ResponseWriter]. The
// slices of values that this package sets are shared by all responses: replace
// them, or append to them, but do not modify their elements.
func (res *Response) Header() http.Header {
	if res.is(snapshotPending) {
		res.saveHeader()
	}
	return res.w.Header()
}

// started reports whether it is too late for another response, because the header has been sent or
// the connection has been hijacked.
func (res *Response) started() bool { return res.code != 0 || res.is(hijacked) }

// check returns an error if the response cannot be sent now: ErrAnswered if it has started, or an
// error for a status that is out of range. The error is also kept as a misuse.
func (res *Response) check() error {
	if res.code == 0 && !res.is(hasStatus|hijacked) { // the most common case
		return nil
	}
	if res.started() {
		return res.misuse(ErrAnswered)
	}
	if status := res.statusOr(http.StatusOK); status < 200 || status > 599 {
		return res.misuse(fmt.Errorf("apiroute: status %d is not from 200 to 599", status))
	}
	return nil
}

// statusOr returns the status that the handler has set, or the given one if it has set none.
func (res *Response) statusOr(status int) int {
	if res.is(hasStatus) {
		return int(res.status)
	}
	return status
}

// bodyless reports whether the status that the handler has set allows no body.
func (res *Response) bodyless() bool { return res.is(hasStatus) && bodyless(int(res.status)) }

// bodyless reports whether responses with a status have no body (RFC 9110, sections 15.3.5, 15.3.6
// and 15.4.5).
func bodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusResetContent || status == http.StatusNotModified
}

// contentFields are the header fields that describe a body. A response without one must not have
// them, whoever has set them: a client may otherwise wait for the body, or believe that its stored
// copy has changed (RFC 9110, sections 8.6, 15.3.5 and 15.4.5).
var contentFields = [...]string{"Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding"}

// dropContentFields removes the contentFields from the header of a response without a body.
func dropContentFields(h http.Header) {
	for _, name := range contentFields {
		delete(h, name)
	}
}

// misuse records a mistake of the handler and returns it. Handlers tend to ignore the errors of a
// response, so the first one is kept, and complete returns it when the handler has returned nil.
func (res *Response) misuse(err error) error {
	if x := res.ensureExtra(); x.err == nil {
		x.err = err
	} else if res.is(badHeader) {
		x.err = err
		res.state &^= badHeader
	}
	return err
}

// isWhole reports whether the client has received a whole response, so that the connection need not
// be closed after an error.
func (res *Response) isWhole() bool {
	if res.is(isDone|hijacked) || res.code != 0 && (res.is(isHead) || bodyless(int(res.code))) {
		return true
	}
	return res.is(hasLength) && res.extra.remaining == 0
}

// markHeader marks the point to which rollback goes back: the header as middleware has left it when
// the handler is called. Copying the header is left to saveHeader, since most handlers touch it
// only if they succeed, or not at all.
func (res *Response) markHeader() {
	if res.code == 0 {
		res.state |= snapshotPending
	}
}

// saveHeader saves the header at the marked point, just before the handler gets it. A slice of
// names and values takes less memory than a clone of the map. The values are not copied:
// [Response.Header] tells handlers not to modify them.
func (res *Response) saveHeader() {
	res.state = res.state&^snapshotPending | headerTouched
	h := res.w.Header()
	if len(h) == 0 && res.extra == nil { // no header to save, and no earlier one in extra to replace
		return
	}
	saved := make([]headerField, 0, len(h))
	for name, values := range h {
		saved = append(saved, headerField{name, values})
	}
	res.ensureExtra().saved = saved
}

// rollback takes back the status and the header that the handler has set, unless they have been
// sent. An error response must not have, say, the Content-Type or the cookies of the response that
// failed.
func (res *Response) rollback() {
	if res.code != 0 {
		return
	}
	if res.is(headerTouched) {
		h := res.w.Header()
		clear(h)
		if res.extra != nil {
			for _, f := range res.extra.saved {
				h[f.name] = f.values
			}
		}
	}
	if res.is(badHeader) {
		res.extra.err = nil
	}
	res.state &^= snapshotPending | headerTouched | hasStatus | badHeader
}
