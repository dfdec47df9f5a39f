package apiroute

import (
	"bufio"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"strconv"
)

// Header returns the header of the answer, as [http.ResponseWriter] has it. The
// values that this package sets are shared by all answers: a value is replaced,
// or added to, and not changed in place.
func (res *Response) Header() http.Header {
	h := res.w.Header()
	if res.is(saving) {
		res.state = res.state&^saving | changed
		if len(h) > 0 || res.more != nil { // which may hold what an earlier call has saved
			res.rare().saved = maps.Clone(h)
		}
	}
	return h
}

// WriteHeader sends the header with a status, as [http.ResponseWriter] has it:
// one from 100 to 199 goes out as well, and the final one can follow.
func (res *Response) WriteHeader(code int) {
	if res.started() {
		res.misuse(ErrAnswered)
		return
	}
	res.w.WriteHeader(code)
	if code >= 200 || code == http.StatusSwitchingProtocols {
		res.code = int16(min(code, math.MaxInt16))
		if values := res.w.Header()["Content-Length"]; len(values) > 0 {
			if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
				res.rare().left = n
				res.state |= announced
			}
		}
	}
}

// Write sends a part of the body, after the header with the status that is set
// if it is not out yet. After an ending method it returns [ErrAnswered].
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
	if res.code == 0 {
		if err := res.check(); err != nil {
			return err
		}
		h := res.Header()
		if res.is(isHead) && len(b) > 0 && h["Content-Type"] == nil && h["Content-Encoding"] == nil {
			h.Set("Content-Type", http.DetectContentType(b)) // as net/http will for GET
		}
		res.WriteHeader(res.statusOr(http.StatusOK))
	}
	return nil
}

// ReadFrom sends what is left of r, so that [io.Copy] can use sendfile.
func (res *Response) ReadFrom(r io.Reader) (int64, error) {
	if res.code == 0 || res.is(isHead|isDone|hijacked|streaming) || bodyless(int(res.code)) {
		// Its first bytes may have to be looked at.
		return io.Copy(struct{ io.Writer }{res}, r)
	}
	n, err := io.Copy(res.w, r)
	res.count(n)
	return n, err
}

// count counts the bytes of a body whose length is announced.
func (res *Response) count(n int64) {
	if res.is(announced) {
		res.more.left -= n
	}
}

// Flush sends what is buffered, if the server can; see [http.Flusher].
func (res *Response) Flush() { res.FlushError() }

// FlushError is Flush with an error, as [http.ResponseController] has it.
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

// Hijack takes the connection over; see [http.Hijacker]. Nothing is then
// answered by this package.
func (res *Response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(res.w).Hijack()
	if err == nil {
		res.state |= hijacked
	}
	return conn, rw, err
}

// Unwrap returns the writer below, for [http.ResponseController].
func (res *Response) Unwrap() http.ResponseWriter { return res.w }
