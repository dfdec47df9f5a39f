package apiroute

import (
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Request is an [http.Request] with the values of the route's path, the
// parsed query and the body ready to use. It is for one goroutine at a time,
// but may be kept. A test can make one of an http.Request,
//
//	&apiroute.Request{Request: r}
//
// which is then as in a [Handler] without a router.
type Request struct {
	*http.Request

	destination
	base  *http.Request // as it came, for the handler may put another one in its place
	body  *body         // Body, from when the request is served; nil if there is none, or it is sealed
	query url.Values    // nil until it is asked for
}

// A destination is what a request has come to, and by which path.
type destination struct {
	match *match
	text  string // the path that has been matched, if it is without escapes
}

// A match is what serves a request, and by which options.
type match struct {
	method  string  // of the route, "" for every method
	page    *page   // what the path matches, nil if nothing does
	route   *route  // of the page, nil if there is none
	scope   *scope  // the options that hold
	instead Handler // what is answered in place of the route's handler, or nil
	wild    bool    // the values of the path are not fit to be seen
	private bool    // nobody else gets to see the request and the response where the router has no Use
	sealed  bool    // nobody else gets to see the request once it is here, nor keeps the text of its body
	more    *more   // nil if it is the same for all requests, as nearly always
}

// more is what few requests need. They have a match of their own for it, since
// every request pays for its own size. It does not change, for the handler may
// keep the request.
type more struct {
	segs   []string           // of the path, decoded, if it has escapes or is not tidy
	moved  string             // the tidy path, if that is another one
	timed  context.Context    // with the Timeout of the route, nil if there is none
	cancel context.CancelFunc // of timed
}

func (m *match) rare() more {
	if m.more == nil {
		return more{}
	}
	return *m.more
}

// with returns the match of one request that has more.
func (m *match) with(x more) *match {
	own := *m
	own.more = &x
	return &own
}

// found returns the match, also of a Request that somebody has made by hand.
func (req *Request) found() *match {
	if req.match == nil {
		return standalone
	}
	return req.match
}

// newExchange returns a request and its response. What they cost goes by their
// size, also for the memory that is taken out of the caches: they are one
// allocation of 96 bytes, which for a private match is lent, until takeBack.
func newExchange(w http.ResponseWriter, r *http.Request, d destination) (*Request, *Response) {
	var res *Response
	if d.match.private {
		res = exchanges.Get().(*Response)
		res.state = lent
	} else {
		res = makeExchange()
	}
	req := res.req
	req.Request, req.base, req.destination, res.w = r, r, d, w
	if r.Method == http.MethodHead {
		res.state |= isHead
	}
	return req, res
}

func makeExchange() *Response {
	x := &struct {
		req Request
		res Response
	}{}
	x.res.req = &x.req
	return &x.res
}

// exchanges are responses with their requests, as makeExchange returns them.
var exchanges = sync.Pool{New: func() any { return makeExchange() }}

// takeBack takes a response that is lent, and its request, for another exchange.
// Nothing may use them after that.
func (res *Response) takeBack() {
	req := res.req
	*req, *res = Request{}, Response{req: req}
	exchanges.Put(res)
}

func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }

// serve answers a request by a handler, or by what is around it, or by what its
// match has instead, with the options of the match. Whoever lets a request in has
// deferred leave.
func (req *Request) serve(res *Response, around, h Handler) {
	s := req.match.scope
	if s.timeout > 0 {
		x := req.match.rare()
		x.timed, x.cancel = context.WithTimeoutCause(req.Context(), s.timeout, errTimeout)
		req.match = req.match.with(x)
		req.Request = req.WithContext(x.timed)
	}
	if hasBody(req.Request) && !req.match.sealed {
		req.ownBody()
	}
	var err error
	if around != nil {
		err = around(req, res)
	} else {
		err = h.enter(req, res)
	}
	if err == nil || headOnly(err) == nil {
		err = res.end()
	}
	if err != nil {
		req.fail(res, err)
	}
}

// finish lets go of what must not outlive the answer.
func (req *Request) finish(res *Response) {
	if more := req.match.more; more != nil && more.cancel != nil {
		more.cancel()
	}
	res.release()
	if req.Request != nil {
		removeFiles(req.MultipartForm)
	}
	if req.body != nil {
		removeFiles(req.body.request.MultipartForm)
	}
}

// keepForm remembers a multipart form, for a copy of the request that the
// handler has made may be gone when its files are to be removed.
func (req *Request) keepForm() {
	if req.body != nil && req.Request != nil && req.MultipartForm != nil {
		req.body.request.MultipartForm = req.MultipartForm
	}
}

// removeFiles removes the temporary files of a multipart body. net/http does so
// for the request that it made, and does not see a copy.
func removeFiles(form *multipart.Form) {
	if form != nil {
		form.RemoveAll()
	}
}

// pastTimeout reports whether the deadline of the Timeout, and no other, has
// passed.
func (req *Request) pastTimeout() bool {
	timed := req.match.rare().timed
	return timed != nil && context.Cause(timed) == errTimeout
}

// clientGone reports whether nobody is there any more to be answered.
func (req *Request) clientGone() bool { return req.base != nil && req.base.Context().Err() != nil }

// segment returns segment i of the path, which a page matches.
func (d destination) segment(p *page, i int) string {
	if more := d.match.more; more != nil && more.segs != nil {
		return more.segs[i]
	}
	text, _, _ := strings.Cut(p.tail(d.text, i)[1:], "/")
	return text
}

// segmentsFrom returns the segments of the path, which a page matches, from i on;
// nil if there are none.
func (d destination) segmentsFrom(p *page, i int) []string {
	if more := d.match.more; more != nil && len(more.segs) > i {
		return more.segs[i:]
	}
	if rest := p.tail(d.text, i); rest != "" {
		return strings.Split(rest[1:], "/")
	}
	return nil
}

// tail returns a path that the page matches, without its first n segments: "/c/d"
// of "/a/b/c/d" for 2.
func (p *page) tail(path string, n int) string {
	if n >= p.fixed {
		path, n = path[min(p.fixedLen, len(path)):], n-p.fixed
	}
	for ; n > 0 && path != ""; n-- {
		next := strings.IndexByte(path[1:], '/') + 1
		if next == 0 {
			return ""
		}
		path = path[next:]
	}
	return path
}

// rest returns what the page's catch-all has matched, nil if that is nothing.
func (req *Request) rest() []string {
	if m := req.found(); m.page != nil && !m.wild && m.page.hasCatchAll() {
		return req.segmentsFrom(m.page, len(m.page.segs)-1)
	}
	return nil
}

// validValues reports whether all values that a page has in the path are UTF-8
// without NUL.
func (d destination) validValues(p *page) bool {
	for i, s := range p.segs {
		switch {
		case s.kind == single && !validValue(d.segment(p, i)):
			return false
		case s.kind == catchAll || s.kind == optional:
			return !slices.ContainsFunc(d.segmentsFrom(p, i), func(v string) bool { return !validValue(v) })
		}
	}
	return true
}

func validValue(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// setPathValues gives the values to plain handlers and middleware.
func (req *Request) setPathValues() {
	m := req.found()
	if m.page == nil || m.wild {
		return
	}
	for _, s := range m.page.segs {
		if s.kind == single || s.kind == catchAll || s.kind == optional {
			req.SetPathValue(s.text, req.Param(s.text))
		}
	}
}

// Param returns the value of the path's segment [name], decoded, or that of a
// catch-all, with its segments joined by slashes. It is "" if there is no such
// segment, or an optional catch-all has matched nothing. A value is UTF-8, has
// no NUL, and is not "." or "..", but it may hold any other character, a slash
// included. In a [Handler] without a router it is what
// [http.Request.PathValue] has.
func (req *Request) Param(name string) string {
	m := req.found()
	if m.page == nil {
		return req.Request.PathValue(name)
	}
	for i, s := range m.page.segs {
		switch {
		case m.wild || s.text != name || s.kind == static || s.kind == mounted:
		case s.kind == single:
			return req.segment(m.page, i)
		default:
			return strings.Join(req.rest(), "/")
		}
	}
	return req.Request.PathValue(name)
}

// PathValue is Param, under the name that net/http has for it.
func (req *Request) PathValue(name string) string { return req.Param(name) }

// Segments returns the segments that the catch-all [...name] or [[...name]] has
// matched, each decoded: a/b is one for a%2Fb. It is nil if there are none, or
// there is no such catch-all. In a [Handler] without a router it splits what
// [http.Request.PathValue] has.
func (req *Request) Segments(name string) []string {
	p := req.found().page
	if p == nil {
		if v := req.Request.PathValue(name); v != "" {
			return strings.Split(v, "/")
		}
		return nil
	}
	if p.hasCatchAll() && p.segs[len(p.segs)-1].text == name {
		return req.rest()
	}
	return nil
}

// Route returns the path of the route as registered, "/api/posts/[id]", and ""
// if the request has matched none. In a [Handler] without a router it is the
// pattern of the mux, from Go 1.23 on.
func (req *Request) Route() string {
	if rt := req.found().route; rt != nil {
		return rt.path
	}
	return pattern(req.Request)
}

// Query returns the values of the URL's query, parsed once. The values of the
// path are not among them. Pairs that are malformed are left out, as
// [url.URL.Query] does.
func (req *Request) Query() url.Values {
	if req.query == nil {
		req.query = req.URL.Query()
	}
	return req.query
}
