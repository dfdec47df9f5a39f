package apiroute

import (
	"bufio"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// WriteHeader sends the header with a status, as in [http.ResponseWriter]. A
// status from 100 to 199 is sent as well, and the final one can follow.
func (res *Response) WriteHeader(code int) {
	if res.started() {
		res.misuse(ErrAnswered)
		return
	}
	res.w.WriteHeader(code)
	if code < 200 && code != http.StatusSwitchingProtocols {
		return
	}
	res.code = int16(min(code, math.MaxInt16))
	if values := res.w.Header()["Content-Length"]; len(values) > 0 {
		if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
			res.ensureExtra().remaining = n
			res.state |= hasLength
		}
	}
}

// Write sends a part of the body. If the header has not been sent, it is sent
// first, with the status that is set. After a method that has completed the
// response, Write returns [ErrAnswered].
func (res *Response) Write(b []byte) (int, error) {
	if err := res.begin(b); err != nil {
		return 0, err
	}
	if res.is(isHead) || bodyless(int(res.code)) {
		return len(b), nil
	}
	defer res.guard()()
	n, err := res.w.Write(b)
	res.count(int64(n))
	return n, err
}

// begin prepares for a part of the body.
func (res *Response) begin(b []byte) error {
	if res.is(isDone | hijacked) {
		return res.misuse(ErrAnswered)
	}
	if res.code != 0 {
		return nil
	}
	if err := res.check(); err != nil {
		return err
	}
	h := res.Header()
	if res.is(isHead) && len(b) > 0 && h["Content-Type"] == nil && h["Content-Encoding"] == nil {
		h.Set("Content-Type", http.DetectContentType(b)) // as net/http does for GET
	}
	res.WriteHeader(res.statusOr(http.StatusOK))
	return nil
}

// partTimeout is how long a client may take to accept one part of a stream.
const partTimeout = 30 * time.Second

// guard limits the time that the client may take to accept the next part, if the response is a
// stream. The function that it returns removes the deadline again: HTTP/2 resets a stream whose
// deadline has passed even if nothing is being written. Errors are ignored, because a writer may
// have no deadlines.
func (res *Response) guard() (done func()) {
	if !res.is(streaming) {
		return func() {}
	}
	rc := http.NewResponseController(res.w)
	rc.SetWriteDeadline(time.Now().Add(partTimeout))
	return func() { rc.SetWriteDeadline(time.Time{}) }
}

// ReadFrom sends the rest of r, so that [io.Copy] can use sendfile.
func (res *Response) ReadFrom(r io.Reader) (int64, error) {
	if res.code == 0 || res.is(isHead|isDone|hijacked|streaming) || bodyless(int(res.code)) {
		// Write may have to look at the first bytes.
		return io.Copy(struct{ io.Writer }{res}, r)
	}
	n, err := io.Copy(res.w, r)
	res.count(n)
	return n, err
}

// count counts the bytes of a body that has a Content-Length.
func (res *Response) count(n int64) {
	if res.is(hasLength) {
		res.extra.remaining -= n
	}
}

// Flush sends what is buffered, if the server supports it; see [http.Flusher].
func (res *Response) Flush() { res.FlushError() }

// FlushError is [Response.Flush] with an error, for [http.ResponseController].
func (res *Response) FlushError() error {
	if !res.is(isDone) {
		if err := res.begin(nil); err != nil {
			return err
		}
	}
	if res.is(isHead) {
		return nil
	}
	defer res.guard()()
	return http.NewResponseController(res.w).Flush()
}

// Hijack takes the connection over; see [http.Hijacker]. This package then writes
// nothing to it.
func (res *Response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(res.w).Hijack()
	if err == nil {
		res.state |= hijacked
	}
	return conn, rw, err
}

// Unwrap returns the underlying writer, for [http.ResponseController].
func (res *Response) Unwrap() http.ResponseWriter { return res.w }
