package apiroute

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
)

// A body is the body of a request within its limit, which can be read as a
// whole and then again.
type body struct {
	request http.Request // of which this is the Body

	src   io.ReadCloser
	limit int64  // of src, 0 if there is none
	data  []byte // all of it, if all
	next  int64  // of data, for Read; before all, how much of src has been read
	err   error  // what Bytes returns, if all, or why src ended before its end
	all   bool   // it has been read as a whole

	state atomic.Uint32 // how far Read has come with src, in any goroutine
}

// States of a body.
const (
	unread = iota
	begun
	ended
)

func (b *body) Read(p []byte) (int, error) {
	if !b.all {
		b.state.CompareAndSwap(unread, begun)
		n, err := b.read(p)
		if err == io.EOF {
			b.state.Store(ended)
		}
		if err != nil && err != io.EOF {
			b.err = err
		}
		return n, err
	}
	if n := copy(p, b.data[b.next:]); n > 0 || len(p) == 0 {
		b.next += int64(n)
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}

// read is http.MaxBytesReader, without an allocation for each request. It holds
// for bodies of a length that is announced too: middleware, also around a router,
// may have put another one in the place of net/http's, which inflates it.
func (b *body) read(p []byte) (int, error) {
	if b.limit == 0 {
		return b.src.Read(p)
	}
	left := b.limit - b.next
	if left < 0 {
		return 0, &http.MaxBytesError{Limit: b.limit}
	}
	if int64(len(p))-1 > left {
		p = p[:left+1] // by the one more it is seen to be too long
	}
	n, err := b.src.Read(p)
	if b.next += int64(n); b.next > b.limit {
		return int(left), &http.MaxBytesError{Limit: b.limit}
	}
	return n, err
}

// broken returns why a body that is not read as a whole ended before its end,
// nil if it has not.
func (b *body) broken() error {
	if b == nil || b.all {
		return nil
	}
	return b.err
}

func (b *body) Close() error { return b.src.Close() }

// Bytes returns the whole body, within the [BodyLimit]; nil if there is none.
// It may be called again, and before [Request.JSON] and Bind, which a signature
// over the body needs; the body can then also be read as Body. The bytes must
// not be changed.
//
// The error is an [*Error] with status 413 for a body over the limit, 408 for
// one that did not come before the server's read deadline, and 400 for one that
// broke off. If the handler has read from Body before, that is an error too,
// and its own: a 500.
func (req *Request) Bytes() ([]byte, error) {
	if !hasBody(req.Request) {
		return nil, nil
	}
	b := req.whole()
	if b.all {
		return b.data, b.err
	}
	if b.state.Load() != unread {
		return nil, errBodyRead
	}
	if err := req.checkLength(); err != nil {
		return nil, err
	}
	b.data, b.err = req.readBody(b, nil)
	b.next, b.all = 0, true
	return b.data, b.err
}

// readBody reads a body as a whole, into a buffer if that has room. The error is
// what the client gets.
func (req *Request) readBody(b *body, buffer []byte) ([]byte, error) {
	data, err := readAll(buffer, b.read, req.ContentLength)
	switch {
	case err != nil:
		return nil, req.bodyError(err)
	case len(data) == 0 && req.ContentLength > 0 && req.PostForm != nil:
		return nil, errBodyRead // by ParseForm, in middleware
	}
	return data, nil
}

// whole returns the body to be read as a whole, also if the handler has put
// another one in its place.
func (req *Request) whole() *body {
	if b := req.body; b != nil && req.Body == b {
		return b
	}
	b := &body{src: req.Body, limit: req.found().scope.bodyLimit}
	req.body, req.Body = b, b
	return b
}

var errBodyRead = errors.New("apiroute: the body has been read already, and not by Bytes, JSON or Bind")

// maxBuffer is up to how many bytes of memory are taken for a body on its mere
// announcement, or kept for the next one.
const maxBuffer = 1 << 16

// readAll reads a body that has been announced with a length, -1 if unknown, into
// an empty buffer if that has room.
func readAll(b []byte, read func([]byte) (int, error), length int64) ([]byte, error) {
	n := 512
	if length >= 0 {
		n = int(min(length, maxBuffer-1)) + 1 // that the end is seen without growing
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

func (req *Request) bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, http.ErrBodyReadAfterClose):
		return errBodyRead
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, context.Canceled) && req.clientGone():
		return err // nobody is there to be told
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Status: http.StatusRequestTimeout, Header: http.Header{"Connection": {"close"}}, Err: err}
	}
	return &Error{Status: http.StatusBadRequest, Detail: "the body is broken off or malformed", Err: err}
}

func bodyTooLarge(limit int64) *Error {
	return Errorf(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit).(*Error)
}

// checkLength refuses a body that announces itself as too long.
func (req *Request) checkLength() error {
	if limit := req.found().scope.bodyLimit; limit > 0 && req.ContentLength > limit {
		return bodyTooLarge(limit)
	}
	return nil
}

// JSON decodes the body, which must be JSON, into dst, a pointer. Nothing in it
// may follow the value, and it must be UTF-8. Otherwise it is as
// [encoding/json.Unmarshal] has it: null leaves a field as it is, and a field's
// name matches in any letter case; but where the toolchain has encoding/json/v2
// (GOEXPERIMENT=jsonv2, on by default from Go 1.27), only in its own, and a name
// that stands twice is an error.
//
// The error is an [*Error]: status 415 unless the Content-Type is
// application/json or ends in +json, with no charset but utf-8, and there is no
// Content-Encoding but identity; 400 if the Content-Type is malformed or there
// twice, or the body is empty, not JSON, null, or does not fit, with the field's
// path or the offset; and what [Request.Bytes] returns. dst
// may have been changed in part then.
func (req *Request) JSON(dst any) error {
	if v := reflect.ValueOf(dst); v.Kind() != reflect.Pointer || v.IsNil() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(dst)}
	}
	if err := req.checkJSON(); err != nil {
		return err
	}
	data, err := req.Bytes()
	if err != nil {
		return err
	}
	if faults := decodeJSON(data, dst, &req.found().scope.config, false); faults != nil {
		return badRequest(faults[:1]...)
	}
	return nil
}

// checkJSON refuses a body that does not say that it is JSON.
func (req *Request) checkJSON() error {
	if req.ContentLength == 0 {
		return nil // and is refused as empty
	}
	if err := req.checkEncoding(); err != nil {
		return err
	}
	mediaType, params, err := req.mediaType()
	if err != nil {
		return err
	}
	if mediaType != "application/json" && (!strings.HasSuffix(mediaType, "+json") || !strings.Contains(mediaType, "/")) {
		return unsupported("Accept", "application/json", "the body must be application/json")
	}
	if c, ok := params["charset"]; ok && !strings.EqualFold(c, "utf-8") {
		return unsupported("Accept", "application/json", "the charset of the body must be utf-8")
	}
	return nil
}

func unsupported(header, value, detail string) *Error {
	return &Error{Status: http.StatusUnsupportedMediaType, Detail: detail, Header: http.Header{header: {value}}}
}

// checkEncoding refuses a body that is compressed: nothing here inflates it.
func (req *Request) checkEncoding() error {
	for _, v := range req.Header["Content-Encoding"] {
		if v != "" && !strings.EqualFold(v, "identity") {
			return unsupported("Accept-Encoding", "identity", "the body must not be encoded")
		}
	}
	return nil
}

// mediaType returns the media type of the body, in lower case, "" if it has
// none that can be read, and its parameters.
func (req *Request) mediaType() (string, map[string]string, error) {
	values := req.Header["Content-Type"]
	if len(values) > 1 {
		return "", nil, Errorf(http.StatusBadRequest, "the header Content-Type is there twice")
	}
	if len(values) == 0 || values[0] == "application/json" {
		return strings.Join(values, ""), nil, nil
	}
	mediaType, params, err := mime.ParseMediaType(values[0])
	if errors.Is(err, mime.ErrInvalidMediaParameter) {
		return "", nil, Errorf(http.StatusBadRequest, "the header Content-Type has a bad parameter")
	}
	return mediaType, params, nil
}

// ownBody puts the limit on the body, and the means to read it again. It does so
// in a copy of the request: net/http looks at the Body of its own to find out
// whether a client still waits for 100 Continue.
func (req *Request) ownBody() {
	b := &body{src: req.Body, limit: req.match.scope.bodyLimit, request: *req.Request}
	b.request.Body = b
	req.Request, req.body = &b.request, b
}
