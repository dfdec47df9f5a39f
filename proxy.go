package apiroute

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"mime"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"time"
)

// Proxy returns a handler that masks another service, whose address the package
// does not tell the client:
//
//	api.Handle("/api/legacy/[[...path]]", apiroute.Proxy("https://mycompany.com/secret-api"))
//
// The segments of the route's catch-all, with their escapes as received, and the
// query go below the target's path; a path that the service could take for one
// outside of it is a 400. Without a catch-all every request goes to the target
// itself, also under http.ServeMux without a router. The body is streamed both
// ways, within the [BodyLimit] of the route. Server-sent events and upgrades
// (WebSocket) pass; a request for an upgrade to HTTP/2 (h2c) or TLS goes out
// without, since nothing would hold what is asked then to the mask.
//
// The request goes out as [httputil.ReverseProxy] has it: without hop-by-hop
// headers, with X-Forwarded-For, -Host and -Proto of its own and not those that
// the client sent, and with the target's Host. Cookie and Authorization pass.
// Then each edit sees it, to add a secret or drop a cookie; in the path of the
// outgoing URL, and there only, it may not be trusted to be below the target.
//
// In the answer, and in interim ones (1xx), Location, Content-Location and
// Refresh of the target are rewritten to the route, relative ones too and one of
// each, and cookies lose their Domain and get a Path of the route. Other headers
// and the body pass as they are. A service that cannot be reached, or redirects
// to a place of its own that is outside of the target, is a 502; one that has
// not answered within the [Timeout] of the route a 504. Neither names the
// target, but the log does. If the service breaks off, so does the answer. If it
// answers before the end of the body, the answer ends an HTTP/1 connection.
//
// A route has no path that ends in a slash, and so the service sees none, but
// that of the target itself. If it redirects /dir to /dir/, as [http.ServeMux]
// does, the client would be sent in a circle: that is a 502, and the log says
// why. For such paths an edit can add the slash:
//
//	pr.Out.URL = pr.Out.URL.JoinPath("/")
//
// Or an [httputil.ReverseProxy] that is mounted with [Router.Mount], where the
// service has it, passes all paths as they come; it hides nothing.
//
// Connections are those of [http.DefaultTransport]. Proxy panics if target is
// not an absolute http or https URL, or has a query, a fragment or user
// information; such a secret belongs into an edit.
func Proxy(target string, edit ...func(*httputil.ProxyRequest)) Handler {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		panic("apiroute: Proxy: the target is no URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		panic(fmt.Sprintf("apiroute: Proxy: %q is not an absolute http or https URL", u.Redacted()))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil:
		panic(fmt.Sprintf("apiroute: Proxy: %q: a target has no query, fragment or user", u.Redacted()))
	case slices.ContainsFunc(edit, func(f func(*httputil.ProxyRequest)) bool { return f == nil }):
		panic("apiroute: Proxy: nil edit")
	}
	return func(req *Request, res *Response) error {
		m, err := newMask(u, req)
		if err != nil {
			return err
		}
		var failed error
		var broken bool
		before := maps.Clone(res.Header())
		proxy := &httputil.ReverseProxy{
			Transport: m,
			Rewrite: func(pr *httputil.ProxyRequest) {
				m.rewrite(pr)
				for _, f := range edit {
					f(pr)
				}
			},
			ModifyResponse: func(answer *http.Response) error {
				if t, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); t == "text/event-stream" {
					res.liftDeadlines()
				}
				for k, v := range before { // ReverseProxy clears the header after an answer of 1xx
					res.Header()[k] = v
				}
				if err := m.hide(answer); err != nil {
					return err
				}
				if answer.StatusCode != http.StatusSwitchingProtocols {
					if b := req.body; b != nil && req.ContentLength != 0 {
						b.state.CompareAndSwap(unread, begun) // the transport reads it when it will
					}
					res.keepBody()
				}
				return nil
			},
			ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) { failed = err },
			ErrorLog: log.New(writerFunc(func(line []byte) (int, error) {
				broken = true // it logs only that
				req.log(int(res.code), true, errors.New("apiroute: Proxy: "+string(bytes.TrimSpace(line))))
				return len(line), nil
			}), "", 0),
		}
		defer req.endBody(res)()
		proxy.ServeHTTP(res, req.Request)
		if broken && failed == nil {
			panic(http.ErrAbortHandler) // as it does itself, but not under httptest.ResponseRecorder
		}
		return req.proxyError(failed)
	}
}

// endBody has the context of the request end its body too, for the transport
// waits for a client that stalls in sending it. What it returns takes that back.
func (req *Request) endBody(res *Response) (stop func()) {
	if !hasBody(req.Request) {
		return func() {}
	}
	done := make(chan struct{})
	rc := http.NewResponseController(res.w)
	cancel := context.AfterFunc(req.Context(), func() {
		if req.body == nil || req.body.state.Load() != ended {
			rc.SetReadDeadline(time.Unix(1, 0))
		}
		close(done)
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// proxyError returns the answer to what has kept a request from being passed on.
func (req *Request) proxyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return err
	case req.pastTimeout():
		return &Error{Status: http.StatusGatewayTimeout, Err: err}
	case req.body.broken() != nil: // it is the client's body that failed, and not the service
		return req.bodyError(req.body.broken())
	case errors.Is(err, context.Canceled) && req.clientGone():
		return context.Canceled // and not the text, which names the target
	}
	return &Error{Status: http.StatusBadGateway, Err: err}
}
