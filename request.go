package apiroute

import (
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Request is an [http.Request] with the values of the route's path, the
// parsed query and the body ready to use. It is for one goroutine at a time,
// but may be kept.
type Request struct {
	*http.Request

	scope   *scope   // the options that hold
	page    *page    // what the path matches, nil if nothing
	route   *route   // of the page, nil if nothing
	text    string   // the path that the page matches, if it is without escapes
	segs    []string // else its segments, decoded
	wild    bool     // the values of the path are not fit to be seen
	instead Handler  // what the page answers in place of a handler, or nil

	query url.Values      // nil until it is asked for
	body  *body           // Body, from when the request is served; nil if there is none
	base  *http.Request   // as it was served
	timed *http.Request   // base with the Timeout of the route, nil if there is none
	form  *multipart.Form // whose files are to be removed
}

// newExchange makes a request and its response in one allocation.
func newExchange(w http.ResponseWriter, r *http.Request) (*Request, *Response) {
	if r.Body == nil || r.Body == http.NoBody {
		x := &struct {
			req Request
			res Response
		}{}
		return x.res.init(&x.req, w, r)
	}
	x := &struct {
		req  Request
		res  Response
		body body
	}{}
	x.req.body = &x.body
	return x.res.init(&x.req, w, r)
}

func (res *Response) init(req *Request, w http.ResponseWriter, r *http.Request) (*Request, *Response) {
	req.Request = r
	res.req, res.w, res.head = req, w, r.Method == http.MethodHead
	return req, res
}

// serve answers a request by a handler, with the options of a scope.
func (req *Request) serve(res *Response, h Handler, s *scope) {
	req.scope, req.base = s, req.Request
	if s.timeout > 0 {
		ctx, cancel := context.WithTimeoutCause(req.Context(), s.timeout, errTimeout)
		defer cancel()
		req.timed = req.WithContext(ctx)
		req.Request = req.timed
	}
	if req.Body != nil && req.Body != http.NoBody {
		req.ownBody(res.w)
	}
	defer req.removeFiles()
	defer res.release()
	err := call(h, req, res)
	if err == nil || headOnly(err) == nil {
		err = res.end()
	}
	if err != nil {
		req.fail(res, err)
	}
}

// pastTimeout reports whether the deadline of the Timeout, and no other, has
// passed.
func (req *Request) pastTimeout() bool {
	return req.timed != nil && context.Cause(req.timed.Context()) == errTimeout
}

// clientGone reports whether nobody is there any more to be answered.
func (req *Request) clientGone() bool { return req.base != nil && req.base.Context().Err() != nil }

// keepForm remembers a multipart form, for a copy of the request that the
// handler has made may be gone when its files are to be removed.
func (req *Request) keepForm() {
	if req.MultipartForm != nil {
		req.form = req.MultipartForm
	}
}

// removeFiles removes the temporary files of a multipart body. net/http does so
// for the request that it made, and does not see a copy.
func (req *Request) removeFiles() {
	if req.keepForm(); req.form != nil {
		req.form.RemoveAll()
	}
}

// match sets the page of the request, nil if there is none. It returns the tidy
// path if that is another one.
func (req *Request) match(t *table) (moved string) {
	if isPlain(req.URL) {
		req.text = req.URL.Path
		req.page = t.root.find(req.text)
		return ""
	}
	target, ok := parseTarget(req.URL)
	if !ok {
		return ""
	}
	req.segs = target.segs
	req.page = t.match(target.segs)
	return target.path
}

// segment returns segment i of the matched path.
func (req *Request) segment(i int) string {
	if req.segs != nil {
		return req.segs[i]
	}
	text, _, _ := strings.Cut(tail(req.text, i)[1:], "/")
	return text
}

// segmentsFrom returns the segments of the matched path from i on, nil if there
// are none.
func (req *Request) segmentsFrom(i int) []string {
	if len(req.segs) > i {
		return req.segs[i:]
	}
	if rest := tail(req.text, i); rest != "" {
		return strings.Split(rest[1:], "/")
	}
	return nil
}

// tail returns a tidy path without its first n segments: "/c/d" of "/a/b/c/d"
// for 2.
func tail(path string, n int) string {
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
	if req.page == nil || req.wild || !req.page.hasCatchAll() {
		return nil
	}
	return req.segmentsFrom(len(req.page.segs) - 1)
}

// validValues reports whether all values are UTF-8 without NUL.
func (req *Request) validValues() bool {
	if req.segs == nil && !req.page.mounted() { // what is static is valid anyway
		return req.page.isStatic || validValue(req.text)
	}
	for i, s := range req.page.segs {
		if s.kind == single && !validValue(req.segment(i)) {
			return false
		}
	}
	return !slices.ContainsFunc(req.rest(), func(v string) bool { return !validValue(v) })
}

func validValue(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// setPathValues gives the values to plain handlers and middleware.
func (req *Request) setPathValues() {
	if req.page == nil || req.wild {
		return
	}
	for _, s := range req.page.segs {
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
	if req.page == nil {
		return req.Request.PathValue(name)
	}
	for i, s := range req.page.segs {
		switch {
		case req.wild || s.text != name || s.kind == static || s.kind == mounted:
		case s.kind == single:
			return req.segment(i)
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
	if req.page == nil {
		if v := req.Request.PathValue(name); v != "" {
			return strings.Split(v, "/")
		}
		return nil
	}
	if req.page.hasCatchAll() && req.page.segs[len(req.page.segs)-1].text == name {
		return req.rest()
	}
	return nil
}

// Route returns the path of the route as registered, "/api/posts/[id]", and ""
// if the request has matched none. In a [Handler] without a router it is the
// pattern of the mux, from Go 1.23 on.
func (req *Request) Route() string {
	if req.route == nil {
		return pattern(req.Request)
	}
	return req.route.path
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
