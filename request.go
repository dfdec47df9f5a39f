package apiroute

import (
	"net/http"
	"net/url"
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

// found returns the match, also of a Request that somebody has made by hand.
func (req *Request) found() *match {
	if req.match == nil {
		return standalone
	}
	return req.match
}
