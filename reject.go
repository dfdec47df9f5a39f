package apiroute

import (
	"log/slog"
	"net/http"
)

// This file makes an [Error] a response of its own, with which standard middleware rejects a
// request.

// ServeHTTP responds to a request with the error, and without a body if the method is HEAD.
//
// In middleware, where w is a [Response] or unwraps to one, the error is treated like one that a
// [Handler] returns: it is logged, and passes through the [OnError] of the route, or of the router
// as long as the request has not been routed. The header fields that are set stay. Anywhere else,
// such as in a plain handler of [Router.Mount] or in OnError itself, ServeHTTP only sends the
// response.
//
// If the response has already begun, ServeHTTP sends nothing; inside a handler, [ErrAnswered] is
// then logged.
func (e *Error) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	res := responseIn(w)
	switch {
	case res == nil:
		e.serveAlone(w, r)
	case res.started():
		res.misuse(ErrAnswered)
	case res.is(inOnError | snapshotPending | headerTouched): // the last two: a handler is running
		e.serveAlone(w, r)
	default:
		e.serveIn(res, w, r)
	}
}

// serveAlone sends the error without OnError and the log, which only gets what cannot be sent.
func (e *Error) serveAlone(w http.ResponseWriter, r *http.Request) {
	if !e.valid() {
		e = plain500
	}
	err := e.write(w, r, r.Method == http.MethodHead)
	if err == nil {
		return
	}
	if res := responseIn(w); res != nil {
		res.req.log(res, slog.LevelError, false, err)
		return
	}
	slog.ErrorContext(r.Context(), "apiroute: request failed", slog.Any("error", err))
}

// serveIn responds with the error to a request of which res is the response. If middleware has
// wrapped res, the error gets an exchange of its own, like a handler behind that middleware, so
// that the wrapper sees the response.
func (e *Error) serveIn(res *Response, w http.ResponseWriter, r *http.Request) {
	if w != http.ResponseWriter(res) {
		_, res = newExchange(w, r, res.req.found.clone())
		defer res.req.recoverAndClose(res)
	}
	res.req.Request = r
	res.req.fail(res, e)
}
