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

// This file turns an error or a panic of a handler into a response and a log entry. The steps are
// in fail: take back what the handler has prepared, call OnError, send the response that problemFor
// chooses, write the log, and close the connection if part of another response has been sent
// already.
//
// It also acts on a client that has gone: problemFor returns errGone if Request.clientGone reports
// that the client has closed the connection. Nobody reads the response then, and the log entry has
// the level Debug.

// A panicError is a recovered panic as an error, so that it takes the same way as an error that a
// handler returns.
type panicError struct {
	value any    // what recover returned
	stack []byte // the stack of the goroutine when it panicked, for the log
}

// newPanicError returns the error for a recovered value. It panics again if the value is
// http.ErrAbortHandler, with which a handler asks net/http to close the connection without a log
// entry.
func newPanicError(v any) *panicError {
	if v == http.ErrAbortHandler {
		panic(v)
	}
	return &panicError{v, debug.Stack()}
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// Unwrap returns the value of the panic if that is an error, and otherwise nil.
func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

var (
	errGone     = &Error{Status: statusGone} // what problemFor returns if the client has gone
	errSilent   = errors.New("apiroute: OnError returned nil and has not responded")
	errPanicked = errors.New("apiroute: a panic that has been handled") // never sent or logged
)

// statusGone is the status with which nginx logs a request whose client has closed the connection
// before the response. HTTP does not define it; it is for the log only, since no client receives
// it.
const statusGone = 499

// fail responds to an error and logs it. If part of a response has been sent before the error, the
// rest cannot follow. fail then panics with http.ErrAbortHandler, so that net/http closes the
// connection and the part does not look like a whole response.
func (req *Request) fail(res *Response, err error) {
	if req.Request == nil || req.URL == nil { // the handler has replaced it by an unusable one
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

// callOnError calls OnError and returns the error that remains to be responded to: the one that
// OnError returns, or its panic. It returns nil if OnError has responded itself.
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

// respondError sends the complete response to an error. It must not be called once a response has
// started.
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

// problemFor returns the problem that the client gets for an error. In this order:
//
//	panic                            500
//	*Error, wrapped or not           itself, or a 500 if its status is invalid
//	any, after the route's Timeout   503
//	context.Canceled, client gone    errGone
//	http.MaxBytesError               413
//	errors of mime/multipart         413, 400 or 415
//	any other                        500
//
// A 500 has no details, since the text of an unknown error may hold secrets. A panic comes first
// because it may be joined with an *Error.
func (req *Request) problemFor(err error) *Error {
	if e, ok := err.(*Error); ok && e.valid() { // the most common case
		return e.withAllow(req.match.page)
	}
	var e *Error
	var panicked *panicError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &panicked): // even if it is joined with an *Error
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

// withAllow returns e, with the methods of the page in its Allow header if e is a 405 without one.
// RFC 9110, section 15.5.6, requires the header, and a handler for all methods that rejects one
// should not have to repeat the list. The 405 for a method without a handler is made in page.go.
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

// log writes an error to the log, with the status of the response. late reports that the error came
// after the first byte of the response.
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

// logLevel returns the level for an error:
//
//	Debug  the client has received everything there is to know, or has gone
//	Warn   the log has more than the client received
//	Error  the server is at fault, or the response is incomplete
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
