package apiroute

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
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
	streaming                    // each part has a deadline of its own
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
