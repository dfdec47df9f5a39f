package apiroute

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
)

// This file reads the body of a request and enforces its limit, in two places. checkLength rejects
// a request whose Content-Length is too large, before the handler is called. readSource stops
// reading a body that turns out to be larger, and returns an error that becomes a 413. A handler
// cannot read past the limit, because ownBody replaces the server's body by one of this package.

// A body is the body of a request within its limit. The handler can read it either as a stream,
// with Read, or as a whole, with Bytes, JSON or Bind. Once it has been read as a whole it is
// buffered, so it can be read any number of times, in both ways. A body that a handler has begun to
// read as a stream cannot be read as a whole any more.
type body struct {
	request http.Request // a copy of the request, with this as its Body; see ownBody

	src   io.ReadCloser // the body from the server or from middleware
	limit int64         // how many bytes of src may be read; 0 for no limit
	read  int64         // how many bytes of src have been read

	buffered bool   // whether the body has been read as a whole, into data
	data     []byte // the whole body if buffered; otherwise nil, or an empty buffer to read into
	offset   int    // how many bytes of data Read has returned, if buffered
	err      error  // if buffered, the error that Bytes returns; otherwise why Read failed; or nil

	progress atomic.Uint32 // unread, begun, ended or failed; atomic since a stream may be read in another goroutine
}

// The values of body.progress: whether Read has been called, has returned io.EOF, or has returned
// another error.
const (
	unread = iota
	begun
	ended
	failed // err is set
)

// ownBody makes b the body of the request, so that the limit is enforced and the body can be read
// again. It replaces the http.Request by a copy for that: net/http looks at the Body of its own
// request to find out whether the client still waits for 100 Continue.
func (req *Request) ownBody(b *body) {
	b.request, b.src, b.limit = *req.Request, req.Body, req.match.scope.bodyLimit
	b.request.Body = b
	req.Request, req.body = &b.request, b
}

// Read reads the body as a stream or, once it is buffered, from memory.
//
// Once a stream has ended, Read returns io.EOF without asking src. A transport that sends the body
// on reads once more after the last byte. By then the response may have begun, and net/http's
// server closes its body before the first byte of a response, so that src would return an error.
// The transport would take the body for incomplete and cut the response.
func (b *body) Read(p []byte) (int, error) {
	if b.buffered {
		if n := copy(p, b.data[b.offset:]); n > 0 || len(p) == 0 {
			b.offset += n
			return n, nil
		}
		if b.err != nil {
			return 0, b.err
		}
		return 0, io.EOF
	}
	if b.progress.Load() == ended {
		return 0, io.EOF
	}
	b.progress.CompareAndSwap(unread, begun)
	n, err := b.readSource(p)
	switch {
	case err == io.EOF:
		b.progress.Store(ended)
	case err != nil && b.progress.Load() == begun:
		b.err = err // before progress, by which another goroutine knows that it may look
		b.progress.Store(failed)
	}
	return n, err
}

// readSource reads from src within the limit. It does what http.MaxBytesReader does, without an
// allocation for each request. It counts even if the Content-Length is known, because middleware
// may have replaced net/http's reader by one that decompresses.
func (b *body) readSource(p []byte) (int, error) {
	if b.limit == 0 {
		return b.src.Read(p)
	}
	remaining := b.limit - b.read
	if remaining < 0 {
		return 0, &http.MaxBytesError{Limit: b.limit}
	}
	if int64(len(p))-1 > remaining {
		p = p[:remaining+1] // the extra byte tells a body at the limit from a longer one
	}
	n, err := b.src.Read(p)
	if b.read += int64(n); b.read > b.limit {
		return int(remaining), &http.MaxBytesError{Limit: b.limit}
	}
	return n, err
}

// Close closes the underlying body, as net/http requires of a Body.
func (b *body) Close() error { return b.src.Close() }

// failure returns the error with which reading the body as a stream has failed, or nil. It may be
// called on a nil body, and while another goroutine reads.
func (b *body) failure() error {
	if b == nil || b.buffered || b.progress.Load() != failed {
		return nil
	}
	return b.err
}

// Bytes returns the whole body, within the [BodyLimit], or nil if there is none. It may be called
// again, and before [Request.JSON] and [Bind], as is needed to check a signature over the body;
// Body can then be read as well. The bytes must not be modified.
//
// The error is an [*Error] with status 413 if the body is longer than the limit, 408 if it has not
// arrived by the server's read deadline, and 400 if it is incomplete or malformed. If the client
// has gone, the error is [context.Canceled], which is a 503. If the handler has read from Body
// before, the error is another one, which is a 500.
func (req *Request) Bytes() ([]byte, error) {
	if !hasBody(req.Request) {
		return nil, nil
	}
	b := req.wholeBody()
	if b.buffered {
		return b.data, b.err
	}
	if b.progress.Load() != unread {
		return nil, errBodyRead
	}
	if err := req.checkLength(); err != nil {
		return nil, err
	}
	b.data, b.err = req.readBody(b)
	b.buffered = true
	return b.data, b.err
}

// wholeBody returns the body to be read as a whole. If the handler or middleware has replaced Body
// by another reader, it wraps that one, with the limit of the route.
func (req *Request) wholeBody() *body {
	if b := req.body; b != nil && req.Body == b {
		return b
	}
	b := &body{src: req.Body, limit: req.matchOrDefault().scope.bodyLimit}
	req.body, req.Body = b, b
	return b
}

// readBody reads a whole body. Its error is ready to be sent to the client.
func (req *Request) readBody(b *body) ([]byte, error) {
	data, err := readAll(b.data, b.readSource, req.ContentLength)
	switch {
	case err != nil:
		return nil, req.bodyError(err)
	case len(data) == 0 && req.ContentLength > 0 && req.PostForm != nil:
		return nil, errBodyRead // ParseForm has read it, in middleware
	}
	return data, nil
}

// maxBuffer is the largest buffer, in bytes, that is allocated before the first byte of a body has
// arrived, and that is kept for another body. A Content-Length costs a client nothing, so it must
// not make the server allocate the whole limit.
const maxBuffer = 1 << 16

// readAll reads until the end of a body and returns its bytes. length is the Content-Length, or -1
// if it is unknown. b is an empty buffer, which is used if it has enough room, or nil.
func readAll(b []byte, read func([]byte) (int, error), length int64) ([]byte, error) {
	n := 512
	if length >= 0 {
		n = int(min(length, maxBuffer-1)) + 1 // room to see the end without growing
	}
	if cap(b) < n {
		b = make([]byte, 0, n)
	}
	for {
		n, err := read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b) == cap(b) {
			b = enlarged(b, length)
		}
	}
}

// enlarged returns a full buffer with twice the room, or with just enough for a body of the given
// length. The memory is thus in proportion to what a client has sent, whatever it announces. append
// would grow a large buffer by a quarter each time, and so copy each byte several times.
func enlarged(b []byte, length int64) []byte {
	n := 2 * cap(b)
	if int64(cap(b)) <= length && length <= int64(n) {
		n = int(length) + 1 // room to see the end without growing
	}
	return append(make([]byte, 0, n), b...)
}

// errBodyRead means that the handler, or middleware, has read the body already. That is a mistake
// of the program and not of the client, so the response is a 500.
var errBodyRead = errors.New("apiroute: the body has been read already, and not by Bytes, JSON or Bind")

// bodyError returns the error for the client if reading the body has failed with err.
func (req *Request) bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, http.ErrBodyReadAfterClose):
		return errBodyRead
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, context.Canceled) && req.ended() != nil:
		return err // not the fault of the body; problemFor turns this into a 503
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Status: http.StatusRequestTimeout, Header: http.Header{"Connection": {"close"}}, Err: err}
	}
	return &Error{Status: http.StatusBadRequest, Detail: "the body is incomplete or malformed", Err: err}
}

// bodyTooLarge returns a 413. limit is in bytes.
func bodyTooLarge(limit int64) *Error {
	return Errorf(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit).(*Error)
}

// checkLength returns a 413 if the Content-Length of the request exceeds the limit. It is called
// before the handler, so that a client that waits for 100 Continue need not send the body at all.
func (req *Request) checkLength() error {
	if limit := req.matchOrDefault().scope.bodyLimit; limit > 0 && req.ContentLength > limit {
		return bodyTooLarge(limit)
	}
	return nil
}
