package apiroute

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	// stall is how long a client may take for one part of a stream, of 32 KiB
	// at most, before it is dropped.
	stall = 30 * time.Second
	// keepAlive is after how much silence an event stream sends a comment.
	// Proxies tend to cut a connection that is idle for 30 or 60 seconds.
	keepAlive = 15 * time.Second
)

// errHeadOnly ends a handler that would stream to a HEAD request.
var errHeadOnly = errors.New("apiroute: the answer to HEAD has no body")

// stream sends the header of an answer that will take its time. The deadlines
// of the server no longer cut it: each part has a deadline of its own.
func (res *Response) stream(contentType []string) error {
	if err := res.check(); err != nil {
		return err
	}
	res.setType(res.Header(), contentType)
	res.lift()
	return res.streamHeader()
}

func (res *Response) streamHeader() error {
	res.keepBody()
	res.WriteHeader(res.statusOr(http.StatusOK))
	if res.is(isHead) || bodyless(int(res.code)) {
		res.state |= isDone
		return errHeadOnly
	}
	return nil
}

// lift takes the server's deadlines off the connection. That for reading has to
// go too, for an answer that is written while the body is still being read.
func (res *Response) lift() {
	res.state |= lifted
	http.NewResponseController(res.w).SetReadDeadline(time.Time{})
}

// keepBody leaves what is left of a body that is being read to its reader. Before
// the first part of an answer, net/http's HTTP/1 server would read 256 KiB of it
// away to have the connection ready for the next request, and what is read after
// that looks whole, with a hole in it or its end missing. It does not do so for
// the last request of a connection. EnableFullDuplex is no way: a body that is
// left in part then makes the server panic with "invalid concurrent Body.Read
// call". A body that nobody reads is net/http's, as ever.
func (res *Response) keepBody() {
	if res.readsBody() {
		res.Header().Set("Connection", "close")
	}
}

// readsBody reports whether a body is being read that HTTP/1 has more of.
func (res *Response) readsBody() bool {
	b := res.req.body
	return b != nil && b.state.Load() == begun && !b.all && res.req.ProtoMajor == 1
}

// guard gives the client time to take the next part, if the answer is a stream,
// and returns what takes the deadline off again: HTTP/2 resets a stream past it
// even if nothing is being written. A writer that knows no deadlines has none.
func (res *Response) guard() (done func()) {
	if !res.is(lifted) {
		return func() {}
	}
	rc := http.NewResponseController(res.w)
	rc.SetWriteDeadline(time.Now().Add(stall))
	return func() { rc.SetWriteDeadline(time.Time{}) }
}

// release ends a stream when its handler has returned. The server may still have
// something to write, and sets a deadline for the next request only if it has
// one.
func (res *Response) release() {
	if !res.is(lifted) {
		return
	}
	if res.more != nil && res.more.events != nil {
		res.more.events.stop()
	}
	if res.is(hijacked) {
		return
	}
	if res.readsBody() { // for what is left, which the server reads now
		http.NewResponseController(res.w).SetReadDeadline(time.Now().Add(stall))
	}
	if srv, _ := res.req.base.Context().Value(http.ServerContextKey).(*http.Server); srv != nil && srv.WriteTimeout > 0 {
		http.NewResponseController(res.w).SetWriteDeadline(time.Now().Add(stall))
	}
}

// Stream answers with what is left of r, sent as it comes. A contentType of ""
// is the one that is set, or application/octet-stream. The server's deadlines
// do not end it, but a client that takes longer than 30 seconds for a part, of
// at most 32 KiB, is dropped. An error of r, or of the client, is returned, and
// cuts the connection; r is not closed. To a HEAD request only the header goes
// out, and nothing is read from r.
//
// r may read from the body of the request, while the client still sends it. With
// HTTP/1 the answer then ends the connection, unless the body was at its end
// first. If r reads from it only after something else, set the header
// Connection: close, or net/http will have taken a part of the body.
func (res *Response) Stream(contentType string, r io.Reader) error {
	if contentType != "" {
		res.Header().Set("Content-Type", contentType)
	}
	if err := res.check(); err != nil {
		return err
	}
	res.setType(res.Header(), bytesType)
	res.lift()
	if res.is(isHead) || res.bodyless() {
		return headOnly(res.streamHeader())
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if res.code == 0 {
			res.streamHeader() // now that it shows whether r reads the body of the request
		}
		if n > 0 {
			if _, err := res.Write(buf[:n]); err != nil {
				return err
			}
			if n < len(buf) { // r has no more at the moment
				if err := res.FlushError(); err != nil && !errors.Is(err, http.ErrNotSupported) {
					return err
				}
			}
		}
		if err == io.EOF {
			res.state |= isDone
			return nil
		}
		if err != nil {
			return res.misuse(fmt.Errorf("apiroute: Stream: %w", err))
		}
	}
}

func headOnly(err error) error {
	if errors.Is(err, errHeadOnly) {
		return nil
	}
	return err
}

// JSONLines answers with the values of seq, an [iter.Seq2] of values and errors,
// one a line (application/x-ndjson), each sent when it comes. The deadlines are
// those of [Response.Stream]. The first error of seq, of encoding or of the
// client ends it and is returned: before the first value it is answered as any
// error, after that it cuts the connection. To a HEAD request only the header
// goes out, and seq is not called.
func JSONLines[T any](res *Response, seq func(yield func(T, error) bool)) error {
	if res.is(isHead) || res.check() != nil {
		return headOnly(res.stream(linesType))
	}
	var err error
	seq(func(v T, e error) bool {
		if err == nil { // else seq goes on all the same
			err = e
		}
		if err == nil {
			err = res.sendLine(v)
		}
		return err == nil
	})
	if err == nil && res.code == 0 {
		err = res.stream(linesType)
	}
	if headOnly(err) != nil {
		return res.misuse(err)
	}
	res.state |= isDone
	return nil
}

func (res *Response) sendLine(v any) error {
	line, err := res.marshal(v)
	if err != nil {
		return fmt.Errorf("apiroute: JSONLines: %w", err)
	}
	if !res.is(lifted) {
		if err := res.stream(linesType); err != nil {
			return err
		}
	}
	return res.writeNow(append(line, '\n'))
}

// marshal encodes a value by the codec of the route.
func (res *Response) marshal(v any) ([]byte, error) {
	if m := res.req.match.scope.marshal; m != nil {
		return m(v)
	}
	return json.Marshal(v)
}

// writeNow sends a part without delay.
func (res *Response) writeNow(b []byte) error {
	if _, err := res.Write(b); err != nil {
		return err
	}
	if err := res.FlushError(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
