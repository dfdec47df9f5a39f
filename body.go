package apiroute

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
)

// A body is the body of a request within its limit. It can be read as a stream,
// or as a whole and then again.
type body struct {
	request http.Request // the request whose Body this is

	src   io.ReadCloser
	limit int64 // how many bytes of src may be read; 0 for no limit
	read  int64 // how many bytes of src have been read

	buffered bool   // the body has been read as a whole, into data
	data     []byte // the whole body if buffered; else an empty buffer or nil
	offset   int    // where Read goes on in data if buffered
	err      error  // what Bytes returns if buffered; else why src failed, or nil

	progress atomic.Uint32 // how far Read has come with src, in any goroutine
}

// The progress of a body.
const (
	unread = iota
	begun
	ended
)

// ownBody makes b the body of the request, so that the limit holds and the body
// can be read again. It does so in a copy of the http.Request: net/http looks at
// the Body of its own request to find out whether the client still waits for
// 100 Continue.
func (req *Request) ownBody(b *body) {
	b.request, b.src, b.limit = *req.Request, req.Body, req.match.scope.bodyLimit
	b.request.Body = b
	req.Request, req.body = &b.request, b
}

// Read reads the body as a stream or, once it is buffered, from memory.
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
	b.progress.CompareAndSwap(unread, begun)
	n, err := b.readSource(p)
	if err == io.EOF {
		b.progress.Store(ended)
	} else if err != nil {
		b.err = err
	}
	return n, err
}

// readSource is http.MaxBytesReader without an allocation for each request. The
// limit also holds for a body whose length is announced: middleware, within the
// router or around it, may have replaced net/http's reader by one that inflates.
func (b *body) readSource(p []byte) (int, error) {
	if b.limit == 0 {
		return b.src.Read(p)
	}
	remaining := b.limit - b.read
	if remaining < 0 {
		return 0, &http.MaxBytesError{Limit: b.limit}
	}
	if int64(len(p))-1 > remaining {
		p = p[:remaining+1] // one byte more shows that the body is too long
	}
	n, err := b.src.Read(p)
	if b.read += int64(n); b.read > b.limit {
		return int(remaining), &http.MaxBytesError{Limit: b.limit}
	}
	return n, err
}

// Close closes the body that the server gave.
func (b *body) Close() error { return b.src.Close() }

// failure returns why a body that is read as a stream has failed, or nil. A nil
// body has not failed.
func (b *body) failure() error {
	if b == nil || b.buffered {
		return nil
	}
	return b.err
}

// Bytes returns the whole body, within the [BodyLimit], or nil if there is none.
// It may be called again, and before [Request.JSON] and [Bind], as is needed to
// check a signature over the body; Body can then be read as well. The bytes must
// not be modified.
//
// The error is an [*Error] with status 413 if the body is longer than the limit,
// 408 if it has not arrived by the server's read deadline, and 400 if it is
// incomplete. If the handler has read from Body before, the error is not an
// [*Error], and so the response is a 500.
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

// wholeBody returns the body to be read as a whole, also if the handler has
// replaced Body.
func (req *Request) wholeBody() *body {
	if b := req.body; b != nil && req.Body == b {
		return b
	}
	b := &body{src: req.Body, limit: req.matchOrDefault().scope.bodyLimit}
	req.body, req.Body = b, b
	return b
}

// readBody reads a whole body. The error is what the client gets.
func (req *Request) readBody(b *body) ([]byte, error) {
	data, err := readAll(b.data, b.readSource, req.ContentLength)
	switch {
	case err != nil:
		return nil, req.bodyError(err)
	case len(data) == 0 && req.ContentLength > 0 && req.PostForm != nil:
		return nil, errBodyRead // by ParseForm, in middleware
	}
	return data, nil
}

// maxBuffer is the largest buffer, in bytes, that is allocated for a body because
// its length is announced, or kept for the next body.
const maxBuffer = 1 << 16

// readAll reads a body of an announced length, -1 if unknown, into an empty
// buffer if that is large enough.
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
			b = append(b, 0)[:len(b)]
		}
	}
}

var errBodyRead = errors.New("apiroute: the body has been read already, and not by Bytes, JSON or Bind")

// bodyError returns what the client gets if reading the body fails.
func (req *Request) bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, http.ErrBodyReadAfterClose):
		return errBodyRead
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, context.Canceled) && req.clientGone():
		return err // nobody is left to be told
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Status: http.StatusRequestTimeout, Header: http.Header{"Connection": {"close"}}, Err: err}
	}
	return &Error{Status: http.StatusBadRequest, Detail: "the body is incomplete or malformed", Err: err}
}

func bodyTooLarge(limit int64) *Error {
	return Errorf(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit).(*Error)
}

// checkLength rejects a body whose announced length exceeds the limit.
func (req *Request) checkLength() error {
	if limit := req.matchOrDefault().scope.bodyLimit; limit > 0 && req.ContentLength > limit {
		return bodyTooLarge(limit)
	}
	return nil
}
