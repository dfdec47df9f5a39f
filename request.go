package apiroute

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// This file holds the [Request] and what routing has found out about it. The values of the path are
// in params.go, and the body is in body.go.

// A Request is an [http.Request] with the values of the route's path, the parsed query and the body
// ready to use. The fields and methods of http.Request work as in net/http, except that Body ends
// at the [BodyLimit]. Middleware of [Around] may replace the embedded Request by a copy of it, such
// as one with another context.
//
// A Request is for one goroutine at a time. It may be kept after the response. A test can make one
// from an http.Request:
//
//	req := &apiroute.Request{Request: r}
//
// It then works as in a [Handler] without a router.
type Request struct {
	*http.Request

	found
	base *http.Request // the request as it came in, even if the handler replaces the embedded one
	body *body         // the body within its limit; nil if there is none, or until a typed endpoint reads it
}

// A found is the outcome of routing for one request: the match, which many requests share, and what
// is particular to this request. It is passed by value, so that it costs no allocation.
type found struct {
	match *match // nil in a Request that a test has made
	path  string // the path that the page matches, decoded; unused if there is no page
	extra *extra // nil for most requests; see ensureExtra
}

// extra holds per-request data that most requests do not have. It is separate to
// keep Request small: what a request costs is mostly the memory that it takes.
type extra struct {
	separated string             // the path as by separateSlashes, if a segment has a slash; "" otherwise
	tidyPath  string             // the Location of the redirect if the path is not tidy; "" otherwise
	query     url.Values         // the parsed query; nil until Query is called
	timeout   context.Context    // the context with the Timeout of the route; nil if there is none
	cancel    context.CancelFunc // releases timeout; nil if timeout is nil
	gone      bool               // whether the client is known to have gone
}

// ensureExtra returns f.extra, which it allocates at the first call.
func (f *found) ensureExtra() *extra {
	if f.extra == nil {
		f.extra = new(extra)
	}
	return f.extra
}

// clone returns a copy for another exchange of the same request. What is written during an
// exchange, such as the parsed query, is left out, since the other exchange may be in another
// goroutine.
func (f found) clone() found {
	if f.extra != nil {
		f.extra = &extra{separated: f.extra.separated, tidyPath: f.extra.tidyPath}
	}
	return f
}

// matchOrDefault returns the match of the request. A Request that a test has made has none, and
// gets defaultMatch.
func (req *Request) matchOrDefault() *match {
	if req.match == nil {
		return defaultMatch
	}
	return req.match
}

// Route returns the path of the route as it was registered, such as
// "/api/posts/[id]", and "" if no route of the router matches. In a [Handler]
// without a router it returns the pattern of the mux, from Go 1.23 on.
func (req *Request) Route() string {
	switch m := req.matchOrDefault(); {
	case m == defaultMatch:
		return pattern(req.Request)
	case m.route != nil:
		return m.route.path
	}
	return ""
}

// Query returns the values of the URL's query, which is parsed once. The values
// of the path are not among them. Malformed pairs are left out, as in
// [url.URL.Query]; [Bind] rejects them. A request with more than 10,000 pairs is
// rejected with a 400 before the handler is called.
func (req *Request) Query() url.Values {
	x := req.ensureExtra()
	if x.query == nil {
		x.query = req.URL.Query()
	}
	return x.query
}

// pastTimeout reports whether the Timeout of the route has passed. It is false if another deadline
// has ended the context, such as one that the handler has set.
func (req *Request) pastTimeout() bool {
	return req.extra != nil && req.extra.timeout != nil && context.Cause(req.extra.timeout) == errTimeout
}

// errTimeout is the cause of a context that the Timeout of the route has ended; see context.Cause.
var errTimeout = errors.New("apiroute: past the Timeout of the route")

// ended returns the error of the context of the request as it came in, which is nil until the
// client has gone, the server is shut down, or middleware of Use has ended it. The context that the
// handler sees may have ended for other reasons, such as the Timeout of the route.
func (req *Request) ended() error {
	if req.base == nil {
		return nil
	}
	return req.base.Context().Err()
}

// clientGone reports whether the client is known to have gone, so that nobody is left to receive a
// response; see noteIfGone, which finds it out.
func (req *Request) clientGone() bool { return req.extra != nil && req.extra.gone }

// hasBody reports whether a request has a body. Servers set http.NoBody if it has none, and tests
// may leave it nil.
func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }
