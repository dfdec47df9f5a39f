package apiroute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"runtime/debug"
)

// A panicError is a recovered panic on its way to the log.
type panicError struct {
	value any
	stack []byte
}

// newPanicError returns the error for a recovered value. A handler that has
// panicked with http.ErrAbortHandler wants the connection closed without a log
// entry, and so that value panics again.
func newPanicError(v any) *panicError {
	if v == http.ErrAbortHandler {
		panic(v)
	}
	return &panicError{v, debug.Stack()}
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

var (
	errGone     = &Error{Status: statusGone}
	errSilent   = errors.New("apiroute: OnError returned nil and has not responded")
	errPanicked = errors.New("apiroute: a panic that has been handled")
)

// statusGone is the status that nginx logs for a client that has closed the
// connection.
const statusGone = 499

// fail responds to an error and logs it. If part of a response has been sent and
// the rest cannot follow, fail panics with http.ErrAbortHandler.
func (req *Request) fail(res *Response, err error) {
	if req.Request == nil || req.URL == nil { // the handler has put it there
		req.Request = req.base
	}
	late := res.started()
	res.rollback()
	onError := req.match.scope.onError
	final := err
	if onError != nil {
		final = req.callOnError(res, err)
	}
	cut := late || final != nil && res.started()
	if !res.started() {
		req.respondError(res, final)
	}
	req.log(int(res.code), late, err)
	if onError != nil && final != nil && !sameText(final, err) {
		req.log(int(res.code), cut, final)
	}
	if cut && !res.isWhole() {
		panic(http.ErrAbortHandler)
	}
}

// sameText reports whether two errors make the same log entry.
func sameText(a, b error) bool {
	if x, ok := a.(*Error); ok {
		if y, ok := b.(*Error); ok && x == y { // the most common case; not all errors can be compared
			return true
		}
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// callOnError returns what is left to respond to after OnError has seen an error,
// nil if it has responded.
func (req *Request) callOnError(res *Response, err error) (final error) {
	defer func() {
		if v := recover(); v != nil {
			final = newPanicError(v)
		}
	}()
	if final = req.match.scope.onError(req, res, err); final == nil && !res.started() {
		final = errSilent
	}
	return final
}

// respondError sends the response to an error, which is the whole response.
func (req *Request) respondError(res *Response, err error) {
	if e := req.problemFor(err); e == errGone {
		res.WriteHeader(statusGone)
	} else {
		res.code = int16(e.Status)
		e.write(res.w, res.is(isHead))
	}
	res.state |= isDone
}

// ServeHTTP responds to a request with the error, and without a body if the method is HEAD. If w is
// a [Response] that has already begun, it sends nothing, and [ErrAnswered] is logged.
func (e *Error) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if res, ok := w.(*Response); ok && res.started() {
		res.misuse(ErrAnswered)
		return
	}
	if !e.valid() {
		e = plain500
	}
	e.write(w, r.Method == http.MethodHead)
}

// problemFor returns what the client gets for an error.
func (req *Request) problemFor(err error) *Error {
	if e, ok := err.(*Error); ok && e.valid() { // the most common case
		return e.withAllow(req.match.page)
	}
	var e *Error
	var panicked *panicError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &panicked): // also one that is joined with an *Error
		return plain500
	case errors.As(err, &e):
		if !e.valid() {
			return plain500
		}
		return e.withAllow(req.match.page)
	case req.pastTimeout():
		return &Error{Status: http.StatusServiceUnavailable}
	case errors.Is(err, context.Canceled) && req.clientGone():
		return errGone
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return &Error{Status: http.StatusRequestEntityTooLarge}
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrMissingBoundary):
		return &Error{Status: http.StatusBadRequest}
	case errors.Is(err, http.ErrNotMultipart):
		return &Error{Status: http.StatusUnsupportedMediaType}
	}
	return plain500
}

// withAllow returns a 405 with the methods of the page, unless it names its own.
func (e *Error) withAllow(p *page) *Error {
	if e.Status != http.StatusMethodNotAllowed || p == nil {
		return e
	}
	for k := range e.Header {
		if http.CanonicalHeaderKey(k) == "Allow" {
			return e
		}
	}
	c := *e
	if c.Header = e.Header.Clone(); c.Header == nil {
		c.Header = http.Header{}
	}
	c.Header["Allow"] = []string{p.allow}
	return &c
}

// log logs an error. late reports that it came after the first byte of the
// response, whose status is given.
func (req *Request) log(status int, late bool, err error) {
	defer func() { recover() }() // a logger that panics must not spoil the response
	logger := req.match.scope.logger
	if logger == nil {
		logger = slog.Default()
	}
	ctx, level := req.Context(), req.logLevel(status, late, err)
	if !logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("route", req.Route()),
		slog.String("path", req.URL.Path),
		slog.Int("status", status),
		slog.String("error", fmt.Sprint(err)), // unlike err.Error(), it survives a nil pointer
	}
	if p := (*panicError)(nil); errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	logger.LogAttrs(ctx, level, "apiroute: request failed", attrs...)
}

// logLevel returns the level for an error: Debug if the client has been told all
// of it or is gone, Warn if the log knows more than the client, and Error if the
// server is at fault.
func (req *Request) logLevel(status int, late bool, err error) slog.Level {
	e, ok := err.(*Error)
	switch {
	case status == statusGone, late && req.clientGone():
		return slog.LevelDebug
	case late, status >= 500:
		return slog.LevelError
	case ok && e != nil && e.untold() == "":
		return slog.LevelDebug
	}
	return slog.LevelWarn
}
