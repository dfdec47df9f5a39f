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

// This file is the life of a request, in the order in which it happens. The middleware of Use is
// standard middleware, and that of Around is made of Handlers:
//
//	Router.ServeHTTP      make an exchange
//	core.serve            run the router's own Use, if any, which ends in
//	routeAfterUse.ServeHTTP
//	core.find             match the path to a route
//	Request.runRoute      run Use of the groups and of the route, which ends in
//	afterUse.ServeHTTP
//	Request.run           set the timeout and the body limit; run Around, which ends in
//	callHandler           call the handler, or give a page's own response
//	Request.run           complete the response, or respond to the error
//	Request.close         release what must not outlive the response
//	recorder.finish       tell Done, if the router has it
//
// A request that matches no route goes from runRoute to run. A Handler without a router begins at
// run. Each of the two sequences of middleware is a chain. The chains of a route are built once,
// when it is registered; see buildChains.
//
// In page.go, a page is a path with its routes, and a match says which route a request has, with
// which options. In request.go, found is a match with the values of one request's path. In
// target.go, a plain path is one that the tree matches as it is.
//
// A typed endpoint whose request and response nobody else sees takes a shorter way: from ServeHTTP
// through match.serveAlone to Request.run.

// An exchange is a request together with its response, in one allocation. Each request has one. A
// second is made if middleware wraps the response, since the wrapper may run in another goroutine.
type exchange struct {
	req Request
	res Response
}

// newExchange returns the request and the response of a new exchange, for the writer and the
// request that the server or middleware has passed in.
func newExchange(w http.ResponseWriter, r *http.Request, f found) (*Request, *Response) {
	x := new(exchange)
	x.begin(w, r, f)
	return &x.req, &x.res
}

// begin prepares an exchange, which must be zero, for a request.
func (x *exchange) begin(w http.ResponseWriter, r *http.Request, f found) {
	x.req.Request, x.req.base, x.req.found = r, r, f
	x.res.w, x.res.req = w, &x.req
	if r.Method == http.MethodHead {
		x.res.state |= isHead
	}
}

// ServeHTTP calls the handler on its own, with the default options, so it can be
// registered in any mux:
//
//	mux.Handle("POST /x/{id}", apiroute.Handler(h))
//
// [Request.Param] then returns what [http.Request.PathValue] returns. As in a
// router, a request target that is not a path, such as x:http://internal/, is
// rejected with a 400.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case h == nil:
		h = respondNil
	case r.URL != nil && !hasPathOnly(r.URL):
		h = respondBadTarget
	}
	req, res := newExchange(w, r, found{match: defaultMatch})
	defer req.recoverAndClose(res)
	req.run(res, h.call)
}

// ServeHTTP routes a request and responds to it. The only panic that leaves it is
// [http.ErrAbortHandler], which closes the connection when part of a response has
// been sent and the rest cannot follow, even if middleware of [Use] recovers from
// it. If the client is gone, nothing panics.
//
// Behind [http.StripPrefix], a redirect to a tidy path lacks the prefix; use
// [Router.Group] instead. In a ServeMux, register both /api and /api/: with the
// second pattern alone, ServeMux redirects /api to /api/, and if /api is a route,
// the router redirects it back.
func (r *Router) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	if r == nil || r.core == nil {
		panic(fmt.Sprintf("apiroute: ServeHTTP: %v", r.unusable()))
	}
	if _, ok := w.(*Response); ok {
		r.checkNested(w, hr)
	}
	f := found{match: r.notFound}
	if r.useChain == nil { // otherwise the request is matched at the inner end of the chain
		f = r.find(hr)
	}
	switch {
	case r.scope.done != nil:
		r.serveAndReport(w, hr, f)
	case f.match.serveAlone != nil:
		setPattern(hr, f.match.route.path)
		f.match.serveAlone(w, hr, f)
	default:
		r.serve(newExchange(w, hr, f))
	}
}

// serve serves a request in its outermost exchange.
func (c *core) serve(req *Request, res *Response) {
	defer req.recoverAndClose(res)
	if c.useChain == nil {
		req.runRoute(res)
		return
	}
	res.state |= beforeRouting
	req.runUse(res, c.useChain, req.Request)
}

// A reportedExchange is the outermost exchange of a request together with the recorder for Done, in
// one allocation. Done may keep the Request, so neither is used again.
type reportedExchange struct {
	exchange
	recorder recorder
}

// serveAndReport is serve for a router with Done. If there is middleware, it gets a copy of the
// request that has the recorder in its context, since it may hide the writer.
func (c *core) serveAndReport(w http.ResponseWriter, r *http.Request, f found) {
	x := new(reportedExchange)
	x.recorder.begin(w, r)
	if c.useChain != nil || f.match.route != nil && f.match.route.useChain != nil {
		r = r.WithContext(&x.recorder.ctx)
	}
	x.begin(&x.recorder, r, f)
	defer x.report(r)
	c.serve(&x.req, &x.res)
	x.recorder.returned = true
}

// report calls the functions of Done. It is deferred, so that it runs while a panic with
// http.ErrAbortHandler is on its way to the server as well. r is the request that middleware got.
func (x *reportedExchange) report(r *http.Request) {
	x.req.base = x.recorder.r
	x.req.noteIfGone(&x.res)
	o := x.recorder.finish(&x.req, &x.res)
	if rt := x.req.match.route; r != x.recorder.r { // for the server, and what is around the router
		removeFiles(r.MultipartForm)
		if rt != nil {
			setPattern(x.recorder.r, rt.path)
		}
	}
	for _, f := range x.req.match.scope.done {
		x.req.callDone(&x.res, f, o)
	}
}

// A routeAfterUse is a core as the inner end of the router's own Use chain. It is a type, since the
// method as a function value would take one more call for each request.
type routeAfterUse core

// ServeHTTP matches the request, which is done only here since middleware may have rewritten its
// URL. If the writer is the response of Router.ServeHTTP, its exchange goes on being used; if
// middleware has wrapped it, there is a new one.
func (a *routeAfterUse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := (*core)(a)
	refuseNil(w, r)
	res, ok := w.(*Response)
	if !ok || !res.is(beforeRouting) { // middleware has wrapped the writer, or calls this once more
		_, res = newExchange(w, r, found{match: c.notFound})
	}
	req := res.req
	req.Request, req.base = r, r
	res.state = res.state&^beforeRouting | withinUse
	defer req.recoverAndClose(res)
	req.found = c.find(r)
	req.runRoute(res)
}

// runRoute runs the middleware and the handler of the route that the request was matched to, or the
// response of a match without a route, such as a 404.
func (req *Request) runRoute(res *Response) {
	req.follow(res, false)
	rt := req.match.route
	if rt == nil {
		req.run(res, req.match.respond)
		return
	}
	setPattern(req.Request, rt.path)
	if rt.useChain == nil || req.match.skips(rt.outerUse) {
		req.run(res, rt.aroundChain)
		return
	}
	req.setPathValues()
	r := req.Request
	if req.match.respond != nil {
		// Middleware hides the response if its writer has no Unwrap. The outcome then travels in the
		// context, so that a page's own response, such as a 405, stays one. This is rare, so copying
		// the request is affordable. If the context is dropped as well, ownResponse still tells that
		// no handler may run.
		r = r.WithContext(context.WithValue(r.Context(), foundKey{}, &req.found))
		r.SetPathValue(ownResponse, "1")
	}
	req.runUse(res, rt.useChain, r)
}

// runUse runs a Use chain, and cuts the response if the chain should have done so; see cutAgain. It
// removes the files of the request that it passes on. Those of the request that arrives inside, which
// may be another one, are left to close.
//
// Inside of the chain, the exchange may be that of the request which middleware has passed on. What
// is restored here is the one that came in: middleware that has given the other a context of its
// own ends that context when it returns, which says nothing about the client.
func (req *Request) runUse(res *Response, chain http.Handler, r *http.Request) {
	h, base, within := res.w.Header(), req.base, res.state&withinUse
	returned := false
	defer func() {
		removeFiles(r.MultipartForm)
		req.base = base
		res.state = res.state&^withinUse | within
		if req.extra != nil {
			req.extra.gone = false
		}
		if returned {
			req.cutAgain(res, h)
		}
	}()
	chain.ServeHTTP(res, r)
	returned = true
}

// foundKey is the context key of the outcome of routing, a *found.
type foundKey struct{}

// ownResponse is the path value that a request has if the page responds itself. No segment has this
// name. Unlike the context, path values are in every copy of a request.
const ownResponse = "\x00apiroute: own response"

// An afterUse is a route as the inner end of the Use chain of its groups and its own; see
// routeAfterUse.
type afterUse route

// ServeHTTP runs what is left of the route. The writer that arrives here is the response that the
// chain was given, unless middleware has wrapped it, or has passed on the request of another route.
// A wrapper may belong to another goroutine, as that of http.TimeoutHandler does, so such a request
// gets a new exchange.
func (a *afterUse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rt := (*route)(a)
	refuseNil(w, r)
	res, ok := w.(*Response)
	if !ok || res.req.match.route != rt {
		_, res = newExchange(w, r, rt.foundBehind(w, r))
	}
	req := res.req
	req.Request, req.base = r, r
	res.state |= withinUse
	defer req.recoverAndClose(res)
	req.run(res, rt.aroundChain)
}

// refuseNil panics if middleware of Use has passed on nothing. The panic is responded to in the
// exchange that the middleware was given, and its stack shows the middleware. Further inside, nobody
// could respond to it.
func refuseNil(w http.ResponseWriter, r *http.Request) {
	switch {
	case w == nil, w == http.ResponseWriter((*Response)(nil)):
		panic("apiroute: middleware has called next.ServeHTTP with a nil http.ResponseWriter")
	case r == nil:
		panic("apiroute: middleware has called next.ServeHTTP with a nil *http.Request")
	}
}

// foundBehind returns the outcome of routing for a request that arrives at the inner end of the Use
// chain with a wrapped writer. If the outcome cannot be found in the writer, the path is matched
// again. If that yields another route, because middleware has changed the URL or has passed on a
// request of another route, only rt is certain, and the values of the path come from
// http.Request.PathValue. If the page was to respond itself, or rt does not serve the method, the
// response is then a 500.
func (rt *route) foundBehind(w http.ResponseWriter, r *http.Request) found {
	if f := rt.foundIn(w, r); f != nil {
		return f.clone()
	}
	if f := rt.find(r); f.match.route == rt {
		return f
	}
	m := &match{route: rt, scope: rt.scope}
	other := rt.method != "" && rt.method != r.Method && (rt.method != http.MethodGet || r.Method != http.MethodHead)
	if other || r.PathValue(ownResponse) != "" { // never call a handler in place of a page's own response
		m.respond = respondLost
	}
	return found{match: m}
}

// foundIn returns the outcome of routing for the request that the Use chain was given. It looks for
// the response in the writer, as http.ResponseController does for methods, and then in the context.
// It returns nil if middleware hides the response and the page does not respond itself.
func (rt *route) foundIn(w http.ResponseWriter, r *http.Request) *found {
	for res := responseIn(w); res != nil; res = responseIn(res.w) {
		if res.req.match.route == rt {
			return &res.req.found
		}
	}
	if f, ok := r.Context().Value(foundKey{}).(*found); ok && f.match.route == rt {
		return f
	}
	return nil
}

// run calls a handler with the timeout and the body limit of the match. It then completes the
// response, or responds to the error. It returns the error, by which serveAlone knows whether the
// call may be used again. The caller must have deferred recoverAndClose.
func (req *Request) run(res *Response, h Handler) error {
	if timeout := req.match.scope.timeout; timeout > 0 {
		x := req.ensureExtra()
		x.timeout, x.cancel = context.WithTimeoutCause(req.Context(), timeout, errTimeout)
		req.Request = req.WithContext(x.timeout)
	}
	if hasBody(req.Request) && !req.match.reusesBody { // otherwise endpoint.respond does it
		req.ownBody(new(body))
	}
	err := h(req, res)
	if err == nil || errors.Is(err, errHeadOnly) {
		err = res.complete()
	}
	if err != nil {
		req.fail(res, err)
	}
	return err
}

// callHandler returns the inner end of the Around chain. It calls the route's handler, or gives the
// page's own response in its place. It is no method of route for the same reason as routeAfterUse.
func callHandler(h Handler) Handler {
	return func(req *Request, res *Response) error {
		if respond := req.match.respond; respond != nil {
			return respond(req, res)
		}
		return h.call(req, res)
	}
}

// call calls a handler, unless the request is too large; see checkSize. If the handler returns an
// error, call takes back the status and the header that it has set, before Around sees the error.
func (h Handler) call(req *Request, res *Response) error {
	if err := req.checkSize(); err != nil {
		return err
	}
	res.markHeader()
	if req.body != nil {
		defer req.keepForm()
	}
	err := h(req, res)
	if err != nil {
		res.rollback()
	}
	return err
}

// keepForm remembers a multipart form, so that close can remove its temporary files. The handler
// may have parsed the form in a copy of the request, which close cannot reach.
func (req *Request) keepForm() {
	if req.body != nil && req.Request != nil && req.MultipartForm != nil {
		req.body.request.MultipartForm = req.MultipartForm
	}
}

// recoverAndClose ends an exchange. It is deferred wherever a request comes in, from the server or
// from standard middleware, so that middleware further out sees a response and no panic but that of
// a cut. It responds to a panic of a handler, of middleware, or of whatever this package calls while
// it responds. If responding panics as well, as with a writer of middleware that always does, all it
// can do is log both and close the connection.
func (req *Request) recoverAndClose(res *Response) {
	v := recover()
	if v == nil { // or runtime.Goexit
		req.close(res)
		return
	}
	defer func() {
		if again := recover(); again != nil {
			if again != http.ErrAbortHandler {
				req.log(res, slog.LevelError, true, fmt.Errorf("%w, and the response to it: %w", &panicError{v, debug.Stack()}, &panicError{again, nil}))
			}
			req.report(res, http.ErrAbortHandler, res.started() && !res.isWhole())
			panic(http.ErrAbortHandler)
		}
	}()
	defer req.close(res)
	if v == http.ErrAbortHandler {
		req.report(res, http.ErrAbortHandler, res.started() && !res.isWhole())
		req.cut(res)
		return
	}
	req.fail(res, newPanicError(v))
}

// close releases everything that must not outlive the response: the timeout, the watch of
// CloseNotify, the goroutine of an event stream, and the temporary files of a form.
func (req *Request) close(res *Response) {
	req.follow(res, true)
	if req.extra != nil && req.extra.cancel != nil {
		req.extra.cancel()
	}
	if res.extra != nil && res.extra.unwatch != nil {
		res.extra.unwatch()
	}
	res.endStream()
	if req.Request != nil {
		removeFiles(req.MultipartForm)
	}
	if req.body != nil {
		removeFiles(req.body.request.MultipartForm)
	}
}

// follow gives the recorder of Done the request of an inner exchange, when the exchange begins and
// when it ends. The recorder has that of the outermost exchange already.
func (req *Request) follow(res *Response, closed bool) {
	if rec := req.recorder(res); rec != nil && res.w != http.ResponseWriter(rec) {
		rec.follow(req, closed)
	}
}

// removeFiles removes the temporary files of a multipart form, which may be nil. net/http removes
// those of the request that it has made, but not those of a copy.
func removeFiles(form *multipart.Form) {
	if form != nil {
		form.RemoveAll()
	}
}
