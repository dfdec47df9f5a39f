package apiroute

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// This file is about responses of which a part has been sent and the rest cannot follow. Such a
// response is cut: the connection is closed, so that the part does not look like a whole response.
//
// For a client that is there, the cut is a panic with http.ErrAbortHandler, which net/http turns
// into a closed connection. If the client has gone, nobody is left to be misled. The panic would
// only hide the request from middleware that counts or logs requests, so there is none, and the
// connection is merely made unusable, in case that a client has closed only its own half of it.
//
// Middleware that recovers from panics may swallow the one of a cut, and the part would look whole
// after all. So whoever cuts leaves a mark. After each Use chain cutAgain looks for it, and FromHTTP
// does after a plain handler, which may be another router behind middleware. A panic that Around
// swallows has not come to this package yet, so it leaves its own mark; see watched. Nor has one that
// passes a writer with a header of its own, which hides the mark from further outside; see watchedUse.

// cut ends a response that cannot be completed. It panics with http.ErrAbortHandler unless the
// client has gone.
//
// Behind a wrapper without Unwrap, the connection cannot be asked whether the client has gone. If
// the context is done, which speaks for it, within a Use chain the decision is left to whoever runs
// the chain, by a mark and no panic. That one has the writer and the context of further outside.
func (req *Request) cut(res *Response) {
	req.noteIfGone(res)
	res.endStream() // otherwise its keep-alives would give the connection another deadline
	switch {
	case res.is(hijacked):
	case req.clientGone() && res.breakConnection():
		return
	case res.is(withinUse) && req.ended() != nil && !res.canBeAsked():
		res.mark()
		return
	case req.clientGone():
		return
	}
	res.mark()
	panic(http.ErrAbortHandler)
}

// breakConnection makes all further writes to the client fail, and reports whether it could.
func (res *Response) breakConnection() bool {
	err := http.NewResponseController(res.w).SetWriteDeadline(time.Unix(1, 0))
	return err == nil || errors.Is(err, net.ErrClosed)
}

// noteIfGone finds out whether the client has gone, for clientGone. It is called when a request has
// failed, and looks no further unless there is a sign of it.
func (req *Request) noteIfGone(res *Response) {
	if !req.clientGone() && (req.ended() != nil || res.writeFailed()) && res.clientHasGone() {
		req.ensureExtra().gone = true
	}
}

// clientHasGone reports whether the client has closed the connection or cancelled the request.
//
// A context that is done is not enough: a server ends all contexts through its BaseContext when it
// is shut down, and middleware may end one. net/http's writer knows better. Where it cannot be
// asked, the context counts if nothing but the connection can have ended it. A request without a
// server is a test, which can only show by the context that a client goes.
func (res *Response) clientHasGone() (gone bool) {
	// net/http panics if it is asked after its own ServeHTTP has returned, from which middleware may
	// have returned while the handler went on.
	defer func() { gone = recover() != nil || gone }()
	ended, srv := res.req.ended(), serverOf(res.req.base.Context())
	if ended != nil && res.writeFailed() {
		return true
	}
	if srv != nil && res.canBeAsked() {
		return ended != context.DeadlineExceeded && receives(innermost(res.w).(closeNotifier).CloseNotify())
	}
	return ended == context.Canceled && (srv == nil || srv.BaseContext == nil && srv.ConnContext == nil)
}

// A closeNotifier is what http.CloseNotifier was. That one is deprecated since handlers should ask
// the context; but the context does not say why it is done.
type closeNotifier interface{ CloseNotify() <-chan bool }

// canBeAsked reports whether the innermost writer knows whether the client has gone.
func (res *Response) canBeAsked() bool {
	_, ok := innermost(res.w).(closeNotifier)
	return ok
}

// longestPause bounds how long receives waits, which is twice as long. net/http ends the context of a
// request an instant before it sends to the channel of CloseNotify.
const longestPause = 128 * time.Millisecond

// receives reports whether a buffered channel has a value, or gets one while it waits. It leaves the
// value there for others, and so must look again and again. The pauses become longer, since a
// thousand clients that leave at once would otherwise keep net/http from getting on.
func receives(c <-chan bool) bool {
	for pause := time.Millisecond; len(c) == 0; pause *= 2 {
		if pause > longestPause {
			return false
		}
		time.Sleep(pause)
	}
	return true
}

// mark marks the response as cut, for the exchanges around this one.
func (res *Response) mark() {
	status := []string{strconv.Itoa(int(res.code))}
	for w := res.w; w != nil; w = unwrap(w) {
		w.Header()[cutMark] = status
	}
}

// watchedUse returns h, which another middleware of Use is about to wrap, so that the panic of a cut
// leaves a mark in the header that the outer one has passed on. The writer of an inner one may have a
// header of its own, as that of http.TimeoutHandler does.
func watchedUse(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil { // or runtime.Goexit
				return
			}
			if v == http.ErrAbortHandler && w != nil {
				if h := w.Header(); h[cutMark] == nil {
					h[cutMark] = passing
				}
			}
			panic(v)
		}()
		h.ServeHTTP(w, r)
	})
}

// passing is the mark of watchedUse, which does not know the status of the part.
var passing = []string{""}

// cutAgain cuts the response if an exchange inside of a Use chain has done so, and the middleware
// of the chain has swallowed the panic. h is the header of res.w, which the caller has asked for
// before the chain was run.
func (req *Request) cutAgain(res *Response, h http.Header) {
	if res.cutWithin(h) {
		req.cut(res)
	}
}

// cutWithin reports whether an exchange further inside has cut the response. h is the header of
// res.w, as for cutAgain. Nothing is cut out of a response that is complete, as most are.
func (res *Response) cutWithin(h http.Header) bool {
	return res.is(cutInside) || !res.is(isDone) && res.findMark(h)
}

// findMark looks for the mark of a cut in a header, and takes it out.
func (res *Response) findMark(h http.Header) bool {
	status := h[cutMark]
	if status == nil {
		return false
	}
	res.takeMark(h, int(res.code))
	return res.code == 0 || status[0] == "" || res.is(cutInside)
}

// watched returns h, which Around is about to wrap, so that a panic leaves a mark if a part of the
// response has been sent.
func watched(h Handler) Handler {
	return func(req *Request, res *Response) error {
		switch {
		case req == nil:
			panic("apiroute: middleware has called next with a nil *Request")
		case res == nil:
			panic("apiroute: middleware has called next with a nil *Response")
		}
		returned := false
		defer func() {
			if !returned && res.started() {
				res.endStream() // otherwise its keep-alives would read the state meanwhile
				res.state |= cutInside
			}
		}()
		err := h(req, res)
		returned = true
		return err
	}
}
