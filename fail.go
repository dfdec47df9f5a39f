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

// A panicError is a panic on its way to the log.
type panicError struct {
	value any
	stack []byte
}

// newPanicError takes a recovered value. That of a handler that wants to abort
// is no error: it panics on.
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
	plain500   = &Error{Status: http.StatusInternalServerError}
	errGone    = &Error{Status: statusGone}
	errSilent  = errors.New("apiroute: OnError returned nil and has not answered")
	errTimeout = errors.New("apiroute: past the Timeout of the route")
)

// statusGone is what nginx logs for a client that has closed the connection.
const statusGone = 499

// leave is deferred where a request comes in, from the server or from standard
// middleware, which so sees an answer and no panic. It answers a panic: of a
// handler, of middleware, or of what this package calls while it answers. Should
// that panic again, nothing is left but to cut the connection.
func (req *Request) leave(res *Response) {
	v := recover()
	if v == nil { // or runtime.Goexit
		req.finish(res)
		if res.is(lent) { // whatever the match is by now
			res.takeBack()
		}
		return
	}
	defer func() {
		if recover() != nil {
			panic(http.ErrAbortHandler)
		}
	}()
	defer req.finish(res)
	req.fail(res, newPanicError(v))
}

// fail answers a request with an error, and logs it.
func (req *Request) fail(res *Response, first error) {
	if req.Request == nil || req.URL == nil { // the handler has put it there
		req.Request = req.base
	}
	late := res.started()
	res.rollback()
	err := first
	if f := req.match.scope.onError; f != nil {
		err = func() (err error) {
			defer func() {
				if v := recover(); v != nil {
					err = newPanicError(v)
				}
			}()
			return f(req, res, first)
		}()
		if err == nil && !res.started() {
			err = errSilent
		}
	}
	half := late || err != nil && res.started()
	if !res.started() {
		answer := req.answer(err)
		if answer == errGone {
			res.WriteHeader(statusGone)
		} else {
			res.code = int16(answer.Status)
			answer.write(res.w, res.is(isHead))
		}
		res.state |= isDone
	}
	req.log(int(res.code), late, first)
	if req.match.scope.onError != nil && err != nil && fmt.Sprint(err) != fmt.Sprint(first) {
		req.log(int(res.code), half, err)
	}
	if half && !res.complete() {
		panic(http.ErrAbortHandler)
	}
}

// answer returns what the client gets for an error.
func (req *Request) answer(err error) *Error {
	if e, ok := err.(*Error); ok && e.valid() { // as nearly all are
		return e.withAllow(req.match.page)
	}
	var e *Error
	var panicked *panicError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &panicked): // also if it is with an error
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

// withAllow returns a 405 with the methods of the page, unless it has its own.
func (e *Error) withAllow(p *page) *Error {
	if e.Status != http.StatusMethodNotAllowed || p == nil {
		return e
	}
	c := *e
	c.Header = http.Header{"Allow": {p.allow}}
	for k, v := range e.Header {
		c.Header[http.CanonicalHeaderKey(k)] = v
	}
	return &c
}

// log logs an error that has been answered with a status, or has come after
// the first byte of an answer.
func (req *Request) log(status int, late bool, err error) {
	defer func() { recover() }() // a logger that panics takes nothing from the answer
	logger := req.match.scope.logger
	if logger == nil {
		logger = slog.Default()
	}
	level := slog.LevelError
	e, told := err.(*Error)
	switch {
	case status == statusGone, late && req.clientGone():
		level = slog.LevelDebug // nobody is there to miss it
	case late, status >= 500:
	case told && e != nil && e.untold() == "":
		level = slog.LevelDebug
	default:
		level = slog.LevelWarn
	}
	ctx := req.Context()
	if !logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("route", req.Route()),
		slog.String("path", req.URL.Path),
		slog.Int("status", status),
		slog.String("error", fmt.Sprint(err)), // which survives the Error of a nil pointer
	}
	if p := (*panicError)(nil); errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	logger.LogAttrs(ctx, level, "apiroute: request failed", attrs...)
}

// pastTimeout reports whether the deadline of the Timeout, and no other, has
// passed.
func (req *Request) pastTimeout() bool {
	timed := req.match.rare().timed
	return timed != nil && context.Cause(timed) == errTimeout
}

// clientGone reports whether nobody is there any more to be answered.
func (req *Request) clientGone() bool { return req.base != nil && req.base.Context().Err() != nil }
