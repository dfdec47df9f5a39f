package apiroute

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// errHeadOnly ends a handler that would otherwise stream a body to a HEAD request.
var errHeadOnly = errors.New("apiroute: the response to HEAD has no body")

// Stream responds with everything that is left to read from r, and sends each part as soon as r
// returns it. A contentType of "" stands for the Content-Type that is already set, or else for
// application/octet-stream. For a HEAD request, and with a status that has no body (204, 205 or
// 304), only the header is sent, and nothing is read from r.
//
// The server's read and write timeouts do not end a stream. Instead, a client that takes longer
// than 30 seconds to accept a part, of at most 32 KiB, is disconnected.
//
// A deadline of the server cannot be removed if a writer around this one has no Unwrap method. That
// is logged once for each route. If a writer cannot flush, it decides when the parts are sent.
//
// An error from r, other than [io.EOF], or from the client is returned and closes the connection,
// so that a partial body never looks complete. Stream does not close r. If the response has already
// begun, Stream returns [ErrAnswered].
//
// r may read the body of the request while the client is still sending it. Over HTTP/1 the response
// then closes the connection, unless the body reached its end before the first part was sent. If r
// starts to read the request's body only after it has returned something else, set the header
// Connection: close before calling Stream. Otherwise net/http discards a part of that body.
func (res *Response) Stream(contentType string, r io.Reader) error {
	if contentType != "" {
		res.Header().Set("Content-Type", contentType)
	}
	if err := res.check(); err != nil {
		return err
	}
	if r == nil {
		return res.misuse(errors.New("apiroute: Stream: the reader is nil"))
	}
	res.setType(res.Header(), bytesType)
	res.liftDeadlines()
	if res.is(isHead) || res.bodyless() {
		return headOnly(res.sendStreamHeader())
	}
	buf := takePart()
	for {
		n, err := r.Read(buf)
		if res.code == 0 {
			// Only after the first Read is it known whether r reads the body of the request.
			res.sendStreamHeader()
		}
		if err := res.sendPart(buf, n); err != nil {
			return err
		}
		if err == io.EOF {
			putPart(buf) // here only: a reader that fails may go on writing into it
			res.state |= isDone
			return nil
		}
		if err != nil {
			return res.misuse(fmt.Errorf("apiroute: Stream: %w", err))
		}
	}
}

// sendPart sends the first n bytes of buf. It flushes them unless they fill buf, since a reader
// that fills it probably has more to send at once.
func (res *Response) sendPart(buf []byte, n int) error {
	switch {
	case n == 0:
		return nil
	case n < len(buf):
		return res.writeAndFlush(buf[:n])
	}
	_, err := res.Write(buf)
	return err
}

// JSONLines responds with the values of seq, each as one JSON text on a line of its own
// (application/x-ndjson). seq may be an iter.Seq2[T, error], which Go has from 1.23 on. Each line
// is sent as soon as seq yields its value, with the timeouts of [Response.Stream]. For a HEAD
// request only the header is sent, and seq is not called.
//
// The first error that seq yields, that encoding a value returns, or that sending to the client
// returns ends the stream and is returned. Before the first value has been sent, it is an error
// like any other that a handler returns; see [Error]. After that, it closes the connection. If the
// response has already begun, JSONLines returns [ErrAnswered].
func JSONLines[T any](res *Response, seq func(yield func(T, error) bool)) error {
	if res.is(isHead) || res.check() != nil {
		return headOnly(res.beginStream(linesType))
	}
	if seq == nil {
		return res.misuse(errors.New("apiroute: JSONLines: the sequence is nil"))
	}
	var err error
	seq(func(v T, e error) bool {
		if err == nil { // some sequences go on after yield has returned false
			err = e
		}
		if err == nil {
			err = res.sendLine(v)
		}
		return err == nil
	})
	if err == nil && res.code == 0 {
		err = res.beginStream(linesType)
	}
	if headOnly(err) != nil {
		return res.misuse(err)
	}
	res.state |= isDone
	return nil
}

// sendLine sends a value as one line of JSON, after the header if that has not been sent yet.
func (res *Response) sendLine(v any) error {
	line, err := res.marshal(v)
	if err != nil {
		return fmt.Errorf("apiroute: JSONLines: %w", err)
	}
	if !res.is(streaming) {
		if err := res.beginStream(linesType); err != nil {
			return err
		}
	}
	return res.writeAndFlush(append(line, '\n'))
}

// marshal encodes a value with the route's JSONCodec.
func (res *Response) marshal(v any) ([]byte, error) {
	if m := res.req.match.scope.marshal; m != nil {
		return m(v)
	}
	return encodeText(v)
}

// writeAndFlush sends one part of a stream, which may be empty, and all that the writer has
// buffered. Both have one deadline, since setting a deadline takes about as long as writing a short
// part. If the writer cannot flush, the stream goes on unflushed.
func (res *Response) writeAndFlush(b []byte) error {
	if err := res.begin(b); err != nil {
		return err
	}
	res.guard()
	defer res.unguard()
	if len(b) > 0 {
		if _, err := res.writePart(b); err != nil {
			return err
		}
	}
	if err := res.flush(); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// beginStream sends the header of a streamed response. It returns errHeadOnly if the response has
// no body.
func (res *Response) beginStream(contentType []string) error {
	if err := res.check(); err != nil {
		return err
	}
	res.setType(res.Header(), contentType)
	res.liftDeadlines()
	return res.sendStreamHeader()
}

// sendStreamHeader sends the header and returns errHeadOnly if no body may follow.
func (res *Response) sendStreamHeader() error {
	res.keepBody()
	res.WriteHeader(res.statusOr(http.StatusOK))
	if res.is(isHead) || bodyless(int(res.code)) {
		res.state |= isDone
		return errHeadOnly
	}
	return nil
}

// headOnly returns err, or nil if err only says that a response has no body.
func headOnly(err error) error {
	if errors.Is(err, errHeadOnly) {
		return nil
	}
	return err
}

// liftDeadlines removes the server's deadlines from the connection; from now on, guard sets one for
// each part. The read deadline goes as well, because a response may be sent while the request's
// body is still being read. If a deadline stays that will end the stream, it is logged.
func (res *Response) liftDeadlines() {
	res.state |= streaming
	rc := http.NewResponseController(res.w)
	readErr, writeErr := rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{})
	srv := serverOf(res.req.base.Context())
	if srv == nil || res.is(isHead) || res.bodyless() {
		return
	}
	switch {
	case srv.WriteTimeout > 0 && staysSet(writeErr):
		res.warnDeadline("WriteTimeout", srv.WriteTimeout)
	case srv.ReadTimeout > 0 && staysSet(readErr) && hasBody(res.req.base):
		res.warnDeadline("ReadTimeout", srv.ReadTimeout)
	}
}

// staysSet reports whether a deadline is still set after err, the result of removing it. On a
// closed connection it has no effect any more.
func staysSet(err error) bool { return err != nil && !errors.Is(err, net.ErrClosed) }

// warnDeadline logs that a timeout of the server will end the streams of the route. It names the
// type of the writer that is in the way, which has no Unwrap method.
func (res *Response) warnDeadline(name string, d time.Duration) {
	req := res.req
	req.warnOnce("the server's "+name+" will end this stream: the writer has no Unwrap method",
		slog.String("method", req.Method),
		slog.String("route", req.Route()),
		slog.String("path", req.URL.Path),
		slog.String("writer", fmt.Sprintf("%T", innermost(res.w))),
		slog.Duration("timeout", d))
}

// keepBody leaves the rest of a request's body to whoever is reading it. Before it sends the first
// part of a response, net/http's HTTP/1 server would read up to 256 KiB of that rest and throw it
// away, to make the connection ready for the next request. The reader would then see a body that
// looks complete and is not. The server does not do so if the response closes the connection.
//
// EnableFullDuplex does not help: the server then panics with "invalid concurrent Body.Read call"
// when a handler leaves a part of the body unread. A body that nobody has begun to read is left to
// net/http.
func (res *Response) keepBody() {
	if res.readsBody() {
		res.Header().Set("Connection", "close")
	}
}

// readsBody reports whether somebody is reading a request's body of which HTTP/1 may have more.
func (res *Response) readsBody() bool {
	b := res.req.body
	if b == nil || b.buffered || res.req.ProtoMajor != 1 {
		return false
	}
	progress := b.progress.Load()
	return progress == begun || progress == failed
}

// endStream ends a stream when its handler has returned, and gives the connection deadlines again
// for what the server itself still has to do. net/http sets new ones for the next request only
// where the server has timeouts.
func (res *Response) endStream() {
	if !res.is(streaming) {
		return
	}
	if res.extra != nil && res.extra.stop != nil {
		res.extra.stop()
	}
	res.state &^= streaming
	if res.is(hijacked) {
		return
	}
	rc := http.NewResponseController(res.w)
	if res.readsBody() { // the server reads the rest of the body now
		rc.SetReadDeadline(time.Now().Add(partTimeout))
	}
	if srv := serverOf(res.req.base.Context()); srv != nil && srv.WriteTimeout > 0 {
		rc.SetWriteDeadline(time.Now().Add(partTimeout))
	}
}
