package apiroute

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// A Request is an [http.Request] with the values of the route's path, the parsed
// query and the body ready to use. It is for one goroutine at a time, but it may
// be kept. A test can make one from an http.Request,
//
//	&apiroute.Request{Request: r}
//
// which then works as in a [Handler] without a router.
type Request struct {
	*http.Request

	found
	base *http.Request // the request as it came in; the handler may put another one in its place
	body *body         // the Body of Request; nil if there is none, or if the endpoint reads it itself
}

// A found is the outcome of routing for one request.
type found struct {
	match *match // nil in a Request that was made by hand
	path  string // the path that was matched if it has no escapes; else extra.segs holds its segments
	extra *extra // nil for most requests
}

// extra holds per-request data that most requests do not have. It is separate to
// keep Request small: what a request costs is mostly the memory that it takes.
type extra struct {
	segs     []string           // the segments of the path, decoded, if it has escapes or is not tidy
	tidyPath string             // where to redirect to if the path is not tidy; else ""
	query    url.Values         // the parsed query; nil until Query is called
	timeout  context.Context    // the context with the Timeout of the route; nil if there is none
	cancel   context.CancelFunc // of timeout
}

func (f *found) ensureExtra() *extra {
	if f.extra == nil {
		f.extra = new(extra)
	}
	return f.extra
}

// clone returns a copy for another exchange, which may be in another goroutine.
func (f found) clone() found {
	if f.extra != nil {
		f.extra = &extra{segs: f.extra.segs, tidyPath: f.extra.tidyPath}
	}
	return f
}

// matchOrDefault returns the match of the request, also for a Request that was
// made by hand.
func (req *Request) matchOrDefault() *match {
	if req.match == nil {
		return defaultMatch
	}
	return req.match
}

// Route returns the path of the route as it was registered, such as
// "/api/posts/[id]", and "" if no route matches. In a [Handler] without a router
// it returns the pattern of the mux, from Go 1.23 on.
func (req *Request) Route() string {
	if rt := req.matchOrDefault().route; rt != nil {
		return rt.path
	}
	return pattern(req.Request)
}

// Query returns the values of the URL's query, which is parsed once. The values
// of the path are not among them. Malformed pairs are left out, as in
// [url.URL.Query]; [Bind] rejects them.
func (req *Request) Query() url.Values {
	x := req.ensureExtra()
	if x.query == nil {
		x.query = req.URL.Query()
	}
	return x.query
}

// pastTimeout reports whether the deadline of the route's Timeout, and no other,
// has passed.
func (req *Request) pastTimeout() bool {
	return req.extra != nil && req.extra.timeout != nil && context.Cause(req.extra.timeout) == errTimeout
}

// errTimeout is the cause of a context that the route's Timeout has ended.
var errTimeout = errors.New("apiroute: past the Timeout of the route")

// clientGone reports whether the client has closed the connection or cancelled
// the request, so that nobody is left to get a response.
func (req *Request) clientGone() bool { return req.base != nil && req.base.Context().Err() != nil }

func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }
