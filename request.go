package apiroute

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"reflect"
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

// ownBody puts the limit on the body, and the means to read it again. It does so
// in a copy of the request: net/http looks at the Body of its own to find out
// whether a client still waits for 100 Continue.
func (req *Request) ownBody(w http.ResponseWriter) {
	if req.body == nil {
		req.body = new(body)
	}
	b := req.body
	*b = body{src: req.Body, request: *req.Request}
	// net/http itself holds a body to the length that is announced, but
	// middleware may have put another one in its place.
	if limit := req.scope.bodyLimit; limit > 0 && (req.ContentLength < 0 || req.scope.replaced) {
		b.src = http.MaxBytesReader(w, b.src, limit)
	}
	b.request.Body = b
	req.Request = &b.request
}

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
		return validValue(req.text)
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

// A body is the body of a request within its limit, which can be read as a
// whole and then again.
type body struct {
	request http.Request // of which this is the Body

	src  io.ReadCloser
	used bool   // src has been read
	all  bool   // data and err are what Bytes returns
	data []byte // all of it
	err  error
	next int // of data, for Read
}

func (b *body) Read(p []byte) (int, error) {
	if !b.all {
		b.used = true
		return b.src.Read(p)
	}
	if n := copy(p, b.data[b.next:]); n > 0 || len(p) == 0 {
		b.next += n
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	return 0, io.EOF
}

func (b *body) Close() error { return b.src.Close() }

// Bytes returns the whole body, within the [BodyLimit]; nil if there is none.
// It may be called again, and before [Request.JSON] and Bind, which a signature
// over the body needs; the body can then also be read as Body. The bytes must
// not be changed.
//
// The error is an [*Error] with status 413 for a body over the limit, 408 for
// one that did not come before the server's read deadline, and 400 for one that
// broke off. If the handler has read from Body before, that is an error too,
// and its own: a 500.
func (req *Request) Bytes() ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	b := req.body
	if b == nil || req.Body != b { // replaced by the handler's own
		b = &body{src: req.Body}
		if limit := req.scope.bodyLimit; limit > 0 {
			b.src = http.MaxBytesReader(nil, b.src, limit)
		}
		req.body, req.Body = b, b
	}
	if b.all {
		return b.data, b.err
	}
	if b.used {
		return nil, errBodyRead
	}
	if err := req.checkLength(); err != nil {
		return nil, err
	}
	b.data, b.err = readAll(b.src, req.ContentLength)
	if b.err != nil {
		b.data, b.err = nil, req.bodyError(b.err)
	}
	b.all = true
	return b.data, b.err
}

var errBodyRead = errors.New("apiroute: the body has been read already, and not by Bytes, JSON or Bind")

// readAll reads a body that has been announced with a length, -1 if unknown.
// Memory for more than is there is not taken on a mere announcement.
func readAll(r io.Reader, length int64) ([]byte, error) {
	const most = 1 << 16
	n := int64(512)
	if 0 <= length && length < most {
		n = length + 1 // that the end is seen without growing
	} else if length >= most {
		n = most
	}
	b := make([]byte, 0, n)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

func (req *Request) bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, context.Canceled) && req.clientGone():
		return err // nobody is there to be told
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Status: http.StatusRequestTimeout, Header: http.Header{"Connection": {"close"}}, Err: err}
	}
	return &Error{Status: http.StatusBadRequest, Detail: "the body is broken off or malformed", Err: err}
}

func bodyTooLarge(limit int64) *Error {
	return Errorf(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", limit).(*Error)
}

// checkLength refuses a body that announces itself as too long.
func (req *Request) checkLength() error {
	if limit := req.scope.bodyLimit; limit > 0 && req.ContentLength > limit {
		return bodyTooLarge(limit)
	}
	return nil
}

// JSON decodes the body, which must be JSON, into dst, a pointer. Nothing in it
// may follow the value, and it must be UTF-8. Otherwise it is as
// [encoding/json.Unmarshal] has it: null leaves a field as it is, and a field's
// name matches in any letter case; but where the toolchain has encoding/json/v2
// (GOEXPERIMENT=jsonv2, on by default from Go 1.27), only in its own, and a name
// that stands twice is an error.
//
// The error is an [*Error]: status 415 unless the Content-Type is
// application/json or ends in +json, with no charset but utf-8, and there is no
// Content-Encoding; 400 if the body is empty, not JSON, null, or does not fit,
// with the field's path or the offset; and what [Request.Bytes] returns. dst
// may have been changed in part then.
func (req *Request) JSON(dst any) error {
	if v := reflect.ValueOf(dst); v.Kind() != reflect.Pointer || v.IsNil() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(dst)}
	}
	if err := req.checkJSON(); err != nil {
		return err
	}
	data, err := req.Bytes()
	if err != nil {
		return err
	}
	if field := decodeJSON(data, dst, &req.scope.config); field != nil {
		return badRequest(*field)
	}
	return nil
}

// checkJSON refuses a body that does not say that it is JSON.
func (req *Request) checkJSON() error {
	if req.ContentLength == 0 {
		return nil // and is refused as empty
	}
	if err := req.checkEncoding(); err != nil {
		return err
	}
	mediaType, params, err := req.mediaType()
	if err != nil {
		return err
	}
	if mediaType != "application/json" && (!strings.HasSuffix(mediaType, "+json") || !strings.Contains(mediaType, "/")) {
		return unsupported("Accept", "application/json", "the body must be application/json")
	}
	if c, ok := params["charset"]; ok && !strings.EqualFold(c, "utf-8") {
		return unsupported("Accept", "application/json", "the charset of the body must be utf-8")
	}
	return nil
}

func unsupported(header, value, detail string) *Error {
	return &Error{Status: http.StatusUnsupportedMediaType, Detail: detail, Header: http.Header{header: {value}}}
}

// checkEncoding refuses a body that is compressed: nothing here inflates it.
func (req *Request) checkEncoding() error {
	for _, v := range req.Header["Content-Encoding"] {
		if v != "" && !strings.EqualFold(v, "identity") {
			return unsupported("Accept-Encoding", "identity", "the body must not be encoded")
		}
	}
	return nil
}

// mediaType returns the media type of the body, in lower case, "" if it has
// none that can be read, and its parameters.
func (req *Request) mediaType() (string, map[string]string, error) {
	values := req.Header["Content-Type"]
	if len(values) > 1 {
		return "", nil, Errorf(http.StatusBadRequest, "the header Content-Type is there twice")
	}
	if len(values) == 0 || values[0] == "application/json" {
		return strings.Join(values, ""), nil, nil
	}
	mediaType, params, err := mime.ParseMediaType(values[0])
	if errors.Is(err, mime.ErrInvalidMediaParameter) {
		return "", nil, Errorf(http.StatusBadRequest, "the header Content-Type has a bad parameter")
	}
	return mediaType, params, nil
}
