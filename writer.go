package apiroute

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// WriteHeader sends the header with a status, as in [http.ResponseWriter]. A status from 100 to 199
// is sent as well, and the final one can follow.
//
// After WriteHeader only Write can send the body. JSON and the other methods that complete a
// response return [ErrAnswered] then; use [Response.Status] with them.
func (res *Response) WriteHeader(code int) {
	if res.started() {
		res.misuse(ErrAnswered)
		return
	}
	h := res.w.Header() // now, since net/http copies the header if it is asked for later
	if code < 200 && code != http.StatusSwitchingProtocols {
		res.writeInformational(h, code)
		return
	}
	if bodyless(code) || code < 200 {
		dropContentFields(h)
	}
	res.takeMark(h, code)
	res.w.WriteHeader(code)
	res.code = int16(min(code, math.MaxInt16))
	if values := h["Content-Length"]; len(values) > 0 {
		if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
			res.ensureExtra().remaining = n
			res.state |= hasLength
		}
	}
}

// cutMark is the name under which the header of a cut response has the status that was sent with
// the part, or 0. Wrappers share the header with what they wrap, or copy it there, so that the mark
// gets through those that hide the response. No such field is ever sent, since servers leave out
// what is not a valid name.
const cutMark = "\x00apiroute: cut"

// takeMark takes the mark out of a header that is about to be sent. If the status is that of the
// part, the part comes from a wrapper that has held it back until now. With another status, it is a
// response that middleware gives instead, such as a 500.
func (res *Response) takeMark(h http.Header, code int) {
	if status := h[cutMark]; status != nil {
		delete(h, cutMark)
		if status[0] == strconv.Itoa(code) {
			res.state |= cutInside
		}
	}
}

// writeInformational sends a status from 100 to 199, which has no body. The fields that describe one
// are for the final response, so they are only held back.
func (res *Response) writeInformational(h http.Header, code int) {
	var held [len(contentFields)][]string
	for i, name := range contentFields {
		held[i] = h[name]
	}
	dropContentFields(h)
	res.w.WriteHeader(code)
	for i, name := range contentFields {
		if held[i] != nil {
			h[name] = held[i]
		}
	}
}

// Write sends a part of the body. If the header has not been sent, it is sent first, with the
// status that is set, or 200. If the response has no body, as for a HEAD request, Write drops b and
// returns its length. After a method that has completed the response, Write returns [ErrAnswered].
func (res *Response) Write(b []byte) (int, error) {
	if err := res.begin(b); err != nil {
		return 0, err
	}
	if bodyless(int(res.code)) || res.dropsBody() {
		return len(b), nil
	}
	res.guard()
	defer res.unguard()
	return res.writePart(b)
}

// writePart hands a part of the body to the writer.
func (res *Response) writePart(b []byte) (int, error) {
	n, err := res.w.Write(b)
	res.count(int64(n), err)
	return n, err
}

// dropsBody reports whether the body of a response to HEAD must be dropped here. A server drops it
// itself, and first takes the Content-Type and the Content-Length from it, as for GET. Another
// writer, such as httptest.ResponseRecorder, keeps what it is given.
func (res *Response) dropsBody() bool {
	return res.is(isHead) && serverOf(res.req.base.Context()) == nil
}

// serverOf returns the server that a request has come from, or nil if it is not net/http's.
func serverOf(ctx context.Context) *http.Server {
	srv, _ := ctx.Value(http.ServerContextKey).(*http.Server)
	return srv
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
	if res.dropsBody() && len(b) > 0 && h["Content-Type"] == nil && h["Content-Encoding"] == nil {
		h.Set("Content-Type", http.DetectContentType(b)) // as net/http does for GET
	}
	res.WriteHeader(res.statusOr(http.StatusOK))
	return nil
}

// partTimeout is how long a client may take to accept one part of a stream.
const partTimeout = 30 * time.Second

// guard limits the time that the client may take to accept the next part, if the response is a
// stream. Errors are ignored, because a writer may have no deadlines.
func (res *Response) guard() {
	if res.is(streaming) {
		http.NewResponseController(res.w).SetWriteDeadline(time.Now().Add(partTimeout))
	}
}

// unguard removes the deadline of guard: HTTP/2 resets a stream whose deadline has passed even if
// nothing is being written.
func (res *Response) unguard() {
	if res.is(streaming) {
		http.NewResponseController(res.w).SetWriteDeadline(time.Time{})
	}
}

// ReadFrom sends the rest of r, so that [io.Copy] can use sendfile.
func (res *Response) ReadFrom(r io.Reader) (int64, error) {
	if res.code == 0 || res.is(isHead|isDone|hijacked|streaming) || bodyless(int(res.code)) {
		// Write may have to look at the first bytes.
		return copyTo(struct{ io.Writer }{res}, r)
	}
	n, err := copyTo(res.w, r)
	res.count(n, err)
	return n, err
}

// copyTo sends the rest of r to w, which may use sendfile if it has a method ReadFrom.
func copyTo(w io.Writer, r io.Reader) (int64, error) {
	if to, ok := w.(io.ReaderFrom); ok {
		return to.ReadFrom(r)
	}
	buf := takePart()
	n, err := io.CopyBuffer(w, r, buf)
	if err == nil { // a reader that fails or panics may go on writing into the buffer
		putPart(buf)
	}
	return n, err
}

// maxPart is the size in bytes of the largest part of a body that is copied or streamed at once.
const maxPart = 32 << 10

// partBuffers holds the buffers for such parts that are not in use.
var partBuffers = sync.Pool{New: func() any { return new([maxPart]byte) }}

// takePart returns a buffer of maxPart bytes that holds zeros.
func takePart() []byte { return partBuffers.Get().(*[maxPart]byte)[:] }

// putPart makes the buffer of a part available to another one. It is cleared, because a reader may
// claim to have read more than it has.
func putPart(b []byte) {
	clear(b)
	partBuffers.Put((*[maxPart]byte)(b))
}

// count counts the bytes of a body that has a Content-Length, and remembers that writing has failed.
func (res *Response) count(n int64, err error) {
	if res.is(hasLength) {
		res.extra.remaining -= n
	}
	res.noteFailure(err)
}

// noteFailure remembers an error of the writer. A writer that cannot flush is not an error.
func (res *Response) noteFailure(err error) {
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		res.ensureExtra().writeFailed.Store(true)
	}
}

// writeFailed reports whether an error of the writer is known.
func (res *Response) writeFailed() bool { return res.extra != nil && res.extra.writeFailed.Load() }

// Flush sends what is buffered, if the server supports it; see [http.Flusher].
func (res *Response) Flush() { res.FlushError() }

// FlushError is [Response.Flush] with an error, for [http.ResponseController].
func (res *Response) FlushError() error {
	if !res.is(isDone) {
		if err := res.begin(nil); err != nil {
			return err
		}
	}
	if res.dropsBody() {
		return nil
	}
	res.guard()
	defer res.unguard()
	return res.flush()
}

// flush makes the writer send what it has buffered.
func (res *Response) flush() error {
	err := http.NewResponseController(res.w).Flush()
	res.noteFailure(err)
	return err
}

// Hijack takes the connection over; see [http.Hijacker]. This package then writes nothing to it.
// Hijack returns an error if the server cannot give the connection away, as with HTTP/2; the
// handler can then still respond.
func (res *Response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(res.w).Hijack()
	if err == nil {
		res.state |= hijacked
	}
	return conn, rw, err
}

// CloseNotify returns a channel that receives a value when the client is gone, or
// when the context of the request is done for another reason. It is there for
// libraries from before [http.Request.Context], which ask the writer for it; in new
// code, use the context.
func (res *Response) CloseNotify() <-chan bool {
	x := res.ensureExtra()
	if x.gone == nil {
		gone := make(chan bool, 1)
		x.gone = gone
		x.unwatch = context.AfterFunc(res.req.base.Context(), func() { gone <- true })
	}
	return x.gone
}

// Unwrap returns the underlying writer, for [http.ResponseController].
func (res *Response) Unwrap() http.ResponseWriter { return res.w }

// unwrap returns the writer that w wraps, as http.ResponseController finds it, or nil if w is not a
// wrapper or hides the writer.
func unwrap(w http.ResponseWriter) http.ResponseWriter {
	if u, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
		return u.Unwrap()
	}
	return nil
}

// responseIn returns the first Response in a chain of writers that begins at w. It returns nil if
// there is none.
func responseIn(w http.ResponseWriter) *Response {
	for ; w != nil; w = unwrap(w) {
		if res, ok := w.(*Response); ok {
			return res
		}
	}
	return nil
}

// innermost returns the writer at the end of the chain that begins at w.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for inner := unwrap(w); inner != nil; inner = unwrap(w) {
		w = inner
	}
	return w
}
