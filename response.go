package apiroute

import (
	"errors"
	"fmt"
	"math"
	"net/http"
)

// This file holds the [Response] and its state: what the handler has prepared, what has been sent,
// and how to go back if the handler fails. The methods that complete a response are in answer.go,
// those of http.ResponseWriter in writer.go, and streams in stream.go and events.go.

// ErrAnswered is returned by anything attempted after the response is complete,
// or too late to have an effect: a second response, or a status or header after
// the header has been sent. It is also logged. The first response stands.
var ErrAnswered = errors.New("apiroute: the response is already complete")

// A Response responds to a request. The methods that can be chained prepare the
// response, and one method completes it:
//
//	return res.Status(201).SetHeader("Location", url).JSON(post)
//
// A method that completes the response returns an error if it could not, which the
// handler returns. It has then written nothing, unless writing to the client
// failed. The status is 200 if none is set. With the statuses 204, 205 and 304,
// and for a HEAD request, no body is sent, even if one is given.
//
// A Response is also an [http.ResponseWriter] with an Unwrap method, so it works
// with [http.ServeFile], [http.ServeContent], templates and
// [http.ResponseController]. It is for one goroutine at a time.
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
)

// is reports whether at least one of the facts in s holds.
func (res *Response) is(s states) bool { return res.state&s != 0 }

// responseExtra holds data that most responses do not have. It is separate to keep
// Response small.
type responseExtra struct {
	saved     []headerField // the header before the handler, if headerTouched; nil if empty
	stop      func()        // stops the keep-alives of an event stream; nil if there is none
	err       error         // the first misuse of the response, for complete; nil if there is none
	remaining int64         // how many bytes of the Content-Length have yet to be sent, if hasLength
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
// left out. After the header has been sent, SetHeader has no effect; see
// [ErrAnswered].
func (res *Response) SetHeader(key, value string) *Response {
	if res.code != 0 {
		res.misuse(ErrAnswered)
	}
	res.Header().Set(key, value)
	return res
}

// SetCookie adds a Set-Cookie header field; see [http.SetCookie] for what it drops.
// After the header has been sent, SetCookie has no effect; see [ErrAnswered].
func (res *Response) SetCookie(c *http.Cookie) *Response {
	if res.code != 0 {
		res.misuse(ErrAnswered)
	}
	http.SetCookie(res, c)
	return res
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

// misuse records a mistake of the handler and returns it. Handlers tend to ignore the errors of a
// response, so the first one is kept, and complete returns it when the handler has returned nil.
func (res *Response) misuse(err error) error {
	if x := res.ensureExtra(); x.err == nil {
		x.err = err
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
	res.state &^= snapshotPending | headerTouched | hasStatus
}
