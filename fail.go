package apiroute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"runtime/debug"
	"slices"
)

// This file turns an error or a panic of a handler into a response and a log entry. The steps are
// in fail: take back what the handler has prepared, call OnError, send the response that problemFor
// chooses, write the log, and close the connection if part of another response has been sent
// already.
//
// How the connection is closed, and what is different if the client has gone, is in cut.go.

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
	errSilent   = errors.New("apiroute: OnError returned nil and has not responded")
	errPanicked = errors.New("apiroute: a panic that has been handled") // never sent or logged
)

// fail responds to an error and logs it. If part of a response has been sent before the error, the
// rest cannot follow. fail then cuts the response, so that the part does not look like a whole one.
func (req *Request) fail(res *Response, err error) {
	if req.Request == nil || req.URL == nil { // the handler has replaced it by an unusable one
		req.Request = req.base
	}
	req.report(res, err, false)
	late := res.started()
	if late || errors.Is(err, context.Canceled) {
		req.noteIfGone(res)
	}
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
	broken := cut && !res.isWhole()
	req.log(res, req.logLevel(int(res.code), late, err), broken, err)
	if onError != nil && final != nil && !sameText(final, err) {
		req.log(res, req.logLevel(int(res.code), cut, final), broken, final)
	}
	if broken {
		req.report(res, err, true)
		req.cut(res)
	}
}

// recorder returns what collects the Outcome of the request, or nil if there is no Done.
func (req *Request) recorder(res *Response) *recorder {
	if req.match.scope.done == nil || req.base == nil {
		return nil
	}
	return recorderBehind(res, req.base)
}

// report tells Done of an error, and of whether it has cut the response.
func (req *Request) report(res *Response, err error, cut bool) {
	if rec := req.recorder(res); rec != nil {
		rec.report(err, cut)
	}
}

// callDone calls a function of Done. The response is complete, so all that is left to do with a
// panic is to log it.
func (req *Request) callDone(res *Response, f func(*Request, Outcome), o Outcome) {
	defer func() {
		if v := recover(); v != nil {
			err := fmt.Errorf("apiroute: Done: %w", &panicError{v, debug.Stack()})
			req.log(res, slog.LevelError, o.Cut, err)
		}
	}()
	f(req, o)
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
	if !res.started() { // otherwise an event stream may be reading the state in another goroutine
		res.state |= inOnError
	}
	if final = req.match.scope.onError(req, res, err); final == nil && !res.started() {
		final = errSilent
	}
	return final
}

// respondError sends the complete response to an error. It must not be called once a response has
// started.
func (req *Request) respondError(res *Response, err error) {
	e := req.problemFor(err)
	res.code = int16(e.Status)
	if err := e.write(res.w, req.base, res.is(isHead)); err != nil {
		req.log(res, slog.LevelError, false, err)
	}
	res.state |= isDone
}

// Problem returns the Error that the client receives for err unless [OnError] responds otherwise,
// and nil if err is nil. An OnError that renders errors in a form of its own takes the status from
// it, and whatever else the client may know:
//
//	problem := req.Problem(err)
//	return res.Status(problem.Status).HTML(page(problem.Status, problem.Detail))
//
// For an [*Error], wrapped or not, the result is a copy, and a 405 has an Allow header. For any
// other error it is what the documentation of [Error] lists. A Title of "" still stands for the
// text of the status. Problem depends on the request as well: on its route, on whether its
// [Timeout] has passed, and on whether its context has been canceled. The caller may change the
// result.
func (req *Request) Problem(err error) *Error {
	if err == nil {
		return nil
	}
	e := *req.problemFor(err)
	e.Fields, e.Header, e.Extensions = slices.Clone(e.Fields), e.Header.Clone(), maps.Clone(e.Extensions)
	return &e
}

// problemFor returns the problem that the client gets for an error. In this order:
//
//	panic                            500
//	*Error, wrapped or not           itself, or a 500 if its status is invalid
//	FieldErrors, wrapped or joined   422 with these fields
//	any, after the route's Timeout   503
//	context.Canceled, by the base    503, if the context that the request came with is done
//	http.MaxBytesError               413
//	errors of mime/multipart         413, 400 or 415
//	any other                        500
//
// A 500 has no details, since the text of an unknown error may hold secrets. A panic comes first
// because it may be joined with an *Error.
func (req *Request) problemFor(err error) *Error {
	if e, ok := err.(*Error); ok && e.valid() { // the most common case
		return e.withAllow(req.matchOrDefault().page)
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
		return e.withAllow(req.matchOrDefault().page)
	case isFieldError(err):
		list, _ := fieldErrors(err)
		if tells(err) {
			err = nil
		}
		return unprocessable(list, err)
	case req.pastTimeout():
		return &Error{Status: http.StatusServiceUnavailable}
	case errors.Is(err, context.Canceled) && req.ended() != nil:
		// The client may be there: only its connection, and not the context, says whether it has
		// gone. A response to a client that has gone harms nobody.
		return &Error{Status: http.StatusServiceUnavailable}
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

// log writes an error to the log, with what the client has received: the status, and whether the
// response is cut. After Hijack the package knows of neither.
func (req *Request) log(res *Response, level slog.Level, cut bool, err error) {
	defer func() { recover() }() // a logger that panics must not spoil the response
	logger, ctx := req.match.scope.log(), req.Context()
	if !logger.Enabled(ctx, level) {
		return
	}
	outcome := slog.Int("status", int(res.code))
	if res.is(hijacked) {
		outcome = slog.Bool("hijacked", true)
	}
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("route", req.Route()),
		slog.String("path", req.URL.Path),
		outcome,
		slog.String("error", fmt.Sprint(err)), // unlike err.Error(), it survives a nil pointer
	}
	if cut {
		attrs = append(attrs, slog.Bool("cut", true))
	}
	if p := (*panicError)(nil); errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	} else if mistake := nilMistake(err); mistake != "" {
		attrs = append(attrs, slog.String("mistake", mistake))
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
	case req.clientGone() && (late || errors.Is(err, context.Canceled)):
		return slog.LevelDebug
	case late, status >= 500:
		return slog.LevelError
	case ok && e != nil && e.untold() == "":
		return slog.LevelDebug
	}
	if tells(err) {
		return slog.LevelDebug
	}
	return slog.LevelWarn
}
