package apiroute

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// This file collects what [Done] is called with. A recorder sits between the server's writer
// and the outermost exchange of the request, and counts what passes. The exchanges further inside,
// which middleware may have wrapped, tell it what only they know: the route, the error, and whether
// the response is cut.

// An Outcome says how a request ended; see [Done].
type Outcome struct {
	// Status is the status of the response. It is 0 if the handler has hijacked the connection, or
	// if there was no response before the connection was closed. It is 499, as in nginx's log, if
	// the client left before there was a response and the handler returned context.Canceled. The
	// 503 that was sent then reached nobody.
	Status int

	// Bytes is the number of bytes of the body that were handed to the server's writer. Compression
	// in the router's own Use has taken place by then. It is 0 for a HEAD request, and after Hijack.
	Bytes int64

	// Duration is the time from the call of ServeHTTP until the request was done.
	Duration time.Duration

	// Err is the first error of the request: the one that the handler or Around returned, its panic
	// as an error, or the *Error with which the package or middleware rejected the request. It is
	// the error that OnError was given. It is nil if there was none.
	Err error

	// Cut reports whether the client did not get the whole response: it was cut by an error or by
	// http.ErrAbortHandler, it has fewer bytes than its Content-Length says, or the client left
	// before its end. It is false for a hijacked connection.
	Cut bool
}

// statusGone is the status of a request whose client left before the response. HTTP does not define
// it, and it is never sent.
const statusGone = 499

// A recorder collects the Outcome of a request. It is the writer of the outermost exchange.
type recorder struct {
	w        http.ResponseWriter // the server's writer
	r        *http.Request       // the request as the server has made it
	ctx      recorderContext     // the context with which inner exchanges find the recorder
	start    time.Time
	status   int   // the final status that was sent; 0 until then
	bytes    int64 // of the body
	hijacked bool
	failed   bool // whether the server's writer has failed
	returned bool // whether ServeHTTP is about to return, rather than to panic

	mu     sync.Mutex    // guards the rest: an inner exchange may be in another goroutine
	err    error         // the first error that was reported; nil if there is none
	cut    bool          // whether an exchange has cut the response
	inner  *http.Request // the request of the innermost exchange; nil if there is only the outermost
	found  found         // of the innermost exchange, if inner is not nil
	closed bool          // whether the innermost exchange has ended, so that its request is final
}

// begin prepares a recorder, which must be zero, for a request.
func (rec *recorder) begin(w http.ResponseWriter, r *http.Request) {
	rec.w, rec.r, rec.start = w, r, time.Now()
	rec.ctx = recorderContext{r.Context(), rec}
}

// A recorderContext is the context of a request together with its recorder. Middleware may hide the
// writer, but passes the context on.
type recorderContext struct {
	context.Context
	rec *recorder
}

// recorderKey is the context key of a *recorder.
type recorderKey struct{}

// Value returns the recorder, or what the context of the request has.
func (c *recorderContext) Value(key any) any {
	if key == (recorderKey{}) {
		return c.rec
	}
	return c.Context.Value(key)
}

// recorderBehind returns the recorder of a request, for an exchange with the response res and the
// request r. It returns nil if there is none, or if middleware hides the writer and the context.
func recorderBehind(res *Response, r *http.Request) *recorder {
	for ; res != nil; res = responseIn(res.w) {
		if rec, ok := res.w.(*recorder); ok {
			return rec
		}
	}
	rec, _ := r.Context().Value(recorderKey{}).(*recorder)
	return rec
}

// Header returns the header of the server's writer.
func (rec *recorder) Header() http.Header { return rec.w.Header() }

// WriteHeader sends the header, and keeps the status unless it is an informational one.
func (rec *recorder) WriteHeader(code int) {
	if rec.status == 0 && (code >= 200 || code == http.StatusSwitchingProtocols) {
		rec.status = code
	}
	rec.w.WriteHeader(code)
}

// Write sends a part of the body.
func (rec *recorder) Write(b []byte) (int, error) {
	n, err := rec.w.Write(b)
	rec.count(int64(n), err)
	return n, err
}

// ReadFrom sends the rest of r, so that the server can use sendfile.
func (rec *recorder) ReadFrom(r io.Reader) (int64, error) {
	n, err := copyTo(rec.w, r)
	rec.count(n, nil) // the error may be that of r
	return n, err
}

// count counts n bytes of the body. err is the error of the server's writer. It does not matter if
// it only says that the response has no room for more.
func (rec *recorder) count(n int64, err error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	rec.bytes += n
	if err != nil && !errors.Is(err, http.ErrContentLength) && !errors.Is(err, http.ErrBodyNotAllowed) {
		rec.failed = true
	}
}

// Hijack takes over the connection from the server.
func (rec *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(rec.w).Hijack()
	if err == nil {
		rec.hijacked = true
	}
	return conn, rw, err
}

// Unwrap returns the server's writer, for http.ResponseController.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.w }

// report records an error and whether the response is cut. The first error counts, since later ones
// are about the response to it.
func (rec *recorder) report(err error, cut bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.err == nil {
		rec.err = err
	}
	rec.cut = rec.cut || cut
}

// follow records the request of an inner exchange, as Done is to see it. Exchanges begin from the
// outside in and end from the inside out, so the first one that ends is the innermost.
func (rec *recorder) follow(req *Request, closed bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if !rec.closed && req.Request != nil {
		rec.inner, rec.found, rec.closed = req.Request, req.found.clone(), closed
	}
}

// finish returns the Outcome, and gives the request of the outermost exchange what those further
// inside have found out.
func (rec *recorder) finish(req *Request, res *Response) Outcome {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	o := Outcome{Status: rec.status, Bytes: rec.bytes, Err: rec.err}
	gone := req.clientGone()
	switch {
	case rec.hijacked:
		o.Status, o.Bytes = 0, 0
	case !rec.returned:
		o.Cut = true
	case gone && rec.status == http.StatusServiceUnavailable && errors.Is(rec.err, context.Canceled):
		o.Status, o.Bytes = statusGone, 0
	case rec.status == 0 && gone:
		o.Cut = true
	case rec.status == 0:
		o.Status = http.StatusOK // which the server sends now
	default:
		short := res.is(hasLength) && !res.isWhole()
		o.Cut = rec.cut || rec.failed || short || gone && !res.isWhole()
	}
	if rec.r.Method == http.MethodHead {
		o.Bytes = 0 // the server discards what middleware may have written
	}
	if rec.inner != nil {
		req.Request, req.found = rec.inner, rec.found
	}
	if req.Request == nil || req.URL == nil { // the handler has replaced it by an unusable one
		req.Request = rec.r
	}
	o.Duration = time.Since(rec.start)
	return o
}
