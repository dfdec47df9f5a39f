package apiroute

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Proxy returns a handler that masks another service: it passes requests on to target, and the
// package does not tell the client where that is.
//
//	api.Handle("/api/legacy/[[...path]]", apiroute.Proxy("https://mycompany.com/secret-api"))
//
// # The request
//
// The segments of the route's catch-all, with their escapes as received, and the query are added to
// the path of target. A path that the service could take for one outside of target is rejected with
// a 400, and so are a request target that is not a path, such as x:http://internal/, and a query
// that [url.ParseQuery] rejects. CONNECT and TRACE are rejected with a 405. If the route has no
// catch-all, every request goes to target itself; this is also so under an [http.ServeMux] without
// a router. The body is streamed, within the [BodyLimit] of the route. Middleware may read it
// before with [Request.Bytes]; if it has read it in another way, such as [Bind] of a multipart
// form, the response is a 500.
//
// The request is sent as [httputil.ReverseProxy] sends it: without hop-by-hop headers, with the
// Host of target, and with X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto that replace
// those of the client. Cookie and Authorization are passed on. Upgrades such as WebSocket work. A
// request for an upgrade to HTTP/2 (h2c) or TLS is passed on without the upgrade, because nothing
// would confine the requests inside such a connection to the path of target.
//
// Each edit is then called with the request, in order, for example to add a secret or to drop a
// cookie. Edits are called by multiple goroutines at once. An edit may change the outgoing URL;
// whether its path is still below target is then not checked.
//
// # The response
//
// In the service's response, and in informational ones (1xx), the headers Location,
// Content-Location and Refresh are rewritten to paths of the route if they refer to target, by a
// relative reference too. Only the first value of each that is not empty is kept. Cookies lose
// their Domain and get a Path of the route. Trailers with these names are dropped. All other
// headers and trailers and the body are passed on unchanged. The body is streamed, and server-sent
// events are not cut by the server's timeouts.
//
// The response is a 502 if the service cannot be reached, if its response cannot be used, or if it
// redirects to a path of its own that is outside of target. It is a 504 if the service has not
// responded within the [Timeout] of the route. Neither names target, but the log does. If the
// service breaks off in the middle of its response, the connection to the client is closed. If it
// responds before the request's body has ended, an HTTP/1 connection is closed after the response.
//
// # Paths with a trailing slash
//
// The path of a route never ends in a slash, so the service never sees one there, except that of
// target itself. If the service redirects /dir to /dir/, as [http.ServeMux] does, the client would
// be redirected in a circle. The response is then a 502, and the log gives the reason. For such
// paths an edit can add the slash:
//
//	pr.Out.URL = pr.Out.URL.JoinPath("/")
//
// Alternatively, [Router.Mount] an [httputil.ReverseProxy] at the path that the service itself
// uses. It passes on all paths unchanged, and hides nothing.
//
// Proxy uses the connections of [http.DefaultTransport]. It panics if target is not an absolute
// http or https URL, if target has a query, a fragment, user information or a pattern such as
// :path*, or if an edit is nil. A secret that the service asks for belongs in an edit.
func Proxy(target string, edit ...func(*httputil.ProxyRequest)) Handler {
	u, err := parseProxyTarget(target)
	if err == nil && slices.ContainsFunc(edit, func(f func(*httputil.ProxyRequest)) bool { return f == nil }) {
		err = errors.New("nil edit")
	}
	if err != nil {
		panic(fmt.Sprintf("apiroute: Proxy: %v", err))
	}
	return func(req *Request, res *Response) error {
		if req.Method == http.MethodConnect || req.matchOrDefault().page == nil && req.Method == http.MethodTrace {
			return &Error{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {allowedMethods([]match{{}})}}}
		}
		m, err := newMask(u, req)
		if err == nil {
			err = req.rewindBody()
		}
		if err != nil {
			return err
		}
		c := &proxyCall{mask: m, edits: edit, req: req, res: res, header: maps.Clone(res.Header())}
		return c.run()
	}
}

// parseProxyTarget parses the target of a Proxy. Its errors contain no user information, which may
// be a password.
func parseProxyTarget(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return nil, errors.New("the target is not a valid URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not an absolute http or https URL, such as http://localhost:3000", u.Redacted())
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("%q: a target must not have a query, fragment or user information", u.Redacted())
	}
	for _, text := range strings.Split(cmp.Or(u.RawPath, u.EscapedPath()), "/") {
		if strings.HasPrefix(text, ":") || strings.ContainsAny(text, "[]{}*") {
			return nil, fmt.Errorf("%q: the segments of the route's catch-all are added to the target: leave out %q", u.Redacted(), text)
		}
	}
	return u, nil
}

// A proxyCall is one request that Proxy passes on. It configures the ReverseProxy for this request
// and keeps its outcome.
type proxyCall struct {
	mask  *mask
	edits []func(*httputil.ProxyRequest)
	req   *Request
	res   *Response

	header http.Header // a copy of the response's header when the handler was called
	err    error       // why there is no response to pass on, or why it broke off; nil if it is whole
	part   []byte      // the buffer that ReverseProxy has put back; nil until then
}

// run passes the request on and sends the response, or returns the error that stands for it.
func (c *proxyCall) run() error {
	proxy := &httputil.ReverseProxy{
		Transport:      c,
		Rewrite:        c.rewrite,
		ModifyResponse: c.modifyResponse,
		ErrorHandler:   func(_ http.ResponseWriter, _ *http.Request, err error) { c.err = err },
		ErrorLog:       log.New(writerFunc(c.noteBroken), "", 0),
		BufferPool:     c,
	}
	defer c.endBodyWithContext()()
	c.passOn(proxy)
	if c.res.started() {
		return c.err
	}
	return c.req.proxyError(c.err)
}

// passOn runs the ReverseProxy. If the body of a response breaks off, that panics under a real
// server and not under httptest.ResponseRecorder. Here it is an error in either case, so that it
// takes the way of all errors.
func (c *proxyCall) passOn(proxy *httputil.ReverseProxy) {
	defer func() {
		v := recover()
		switch {
		case v == nil:
		case v != http.ErrAbortHandler || !c.res.started():
			panic(v)
		case c.err == nil: // ReverseProxy does not log that the client has gone
			c.err = errCopy
		}
	}()
	proxy.ServeHTTP(c.res, c.req.Request)
	if c.err == nil && c.part != nil {
		putPart(c.part)
	}
}

// Get returns the buffer for the body of the response. A proxyCall is the httputil.BufferPool of
// its ReverseProxy, which needs one buffer at most.
func (c *proxyCall) Get() []byte { return takePart() }

// Put keeps the buffer for passOn. ReverseProxy puts it back even after an error or a panic, after
// which a body of the program's own http.DefaultTransport may go on writing into it.
func (c *proxyCall) Put(part []byte) { c.part = part }

// errCopy is the error for a response that could not be passed on to its end, if nothing else is
// known of it.
var errCopy = errors.New("apiroute: Proxy: the response could not be passed on to its end")

// rewrite directs the outgoing request to the service.
func (c *proxyCall) rewrite(pr *httputil.ProxyRequest) {
	c.mask.rewriteRequest(pr)
	for _, f := range c.edits {
		f(pr)
	}
}

// RoundTrip sends the outgoing request to the service. ReverseProxy passes on informational
// responses (1xx) without calling ModifyResponse, so their headers are rewritten here.
func (c *proxyCall) RoundTrip(out *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(out.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			// The hook that ReverseProxy has set gets the same map afterwards.
			c.mask.hideHeader(http.Header(h), out)
			return nil
		},
	})
	out = out.WithContext(ctx)
	if hasBody(out) {
		parsed := len(c.req.PostForm) > 0 || c.req.MultipartForm != nil
		out.Body = &sentBody{ReadCloser: out.Body, length: out.ContentLength, parsed: parsed}
	}
	return http.DefaultTransport.RoundTrip(out)
}

// errBodyGone means that the program has read the body, or put another in its place, so that it
// cannot be passed on. That is no fault of the service, so the response is a 500.
var errBodyGone = errors.New("apiroute: Proxy: the body has been read already, by middleware or as a multipart form, or was replaced by one of another length")

// rewindBody makes the body ready to be passed on as a whole. It returns an error if that is not
// possible because a part of it has been read as a stream. Where the body is not one of this
// package, the program has put it there, and it is passed on as it is.
func (req *Request) rewindBody() error {
	b := req.body
	switch {
	case b == nil || req.Body != b:
		return nil
	case b.buffered:
		b.offset = 0
		return b.err
	case b.progress.Load() != unread:
		return errBodyGone
	}
	return nil
}

// A sentBody is the body of the request to the service. Middleware of Use may have read it where
// this package could not see that. It is then empty, or shorter than its Content-Length, and Read
// returns errBodyGone at its end.
type sentBody struct {
	io.ReadCloser
	length int64 // the Content-Length in bytes; 0 or less if it is unknown
	read   int64 // how many bytes have been read
	parsed bool  // whether the request has a form that was parsed from the body
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	short := err == io.EOF && (b.read < b.length || b.read == 0 && b.parsed)
	if short || b.length > 0 && b.read > b.length {
		err = errBodyGone
	}
	return n, err
}

// modifyResponse prepares the service's response to be passed on to the client. An error becomes
// the error of the call.
func (c *proxyCall) modifyResponse(resp *http.Response) error {
	if t, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); t == "text/event-stream" {
		c.res.liftDeadlines()
	}
	for k, v := range c.header { // ReverseProxy clears the header after an informational response
		c.res.Header()[k] = v
	}
	if err := c.mask.hideResponse(resp); err != nil {
		return err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil
	}
	if b := c.req.body; b != nil && c.req.ContentLength != 0 {
		b.progress.CompareAndSwap(unread, begun) // the transport may begin to read it at any time
	}
	c.res.keepBody()
	return nil
}

// noteBroken is the writer of ReverseProxy's log. ReverseProxy logs only that it could not copy the
// body of a response.
func (c *proxyCall) noteBroken(line []byte) (int, error) {
	if c.err == nil {
		c.err = errors.New("apiroute: Proxy: " + string(bytes.TrimSpace(line)))
	}
	return len(line), nil
}

// endBodyWithContext makes reads from the request's body fail when the context of the request is
// done. Otherwise the transport would go on waiting for a client that has stopped sending. The
// function that it returns stops watching the context.
func (c *proxyCall) endBodyWithContext() (stop func()) {
	if !hasBody(c.req.Request) {
		return func() {}
	}
	done := make(chan struct{})
	rc := http.NewResponseController(c.res.w)
	cancel := context.AfterFunc(c.req.Context(), func() {
		if c.req.body == nil || c.req.body.progress.Load() != ended {
			rc.SetReadDeadline(time.Unix(1, 0))
		}
		close(done)
	})
	return func() {
		if !cancel() {
			<-done // the deadline must not be set after the handler has returned
		}
	}
}

// A writerFunc is a function that is an [io.Writer].
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// proxyError returns the handler's error for err, which is why a request could not be passed on.
func (req *Request) proxyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return err
	case errors.Is(err, errBodyGone):
		return errBodyGone
	case req.pastTimeout():
		return &Error{Status: http.StatusGatewayTimeout, Err: err}
	case req.body.failure() != nil: // the client's body failed, and not the service
		return req.bodyError(req.body.failure())
	case errors.Is(err, context.Canceled) && req.ended() != nil:
		return context.Canceled // without the text of err, which names the target
	}
	return &Error{Status: http.StatusBadGateway, Err: err}
}
