package apiroute

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// Proxy returns a handler that masks another service, whose address the client
// does not learn:
//
//	api.Handle("/api/legacy/[[...path]]", apiroute.Proxy("https://mycompany.com/secret-api"))
//
// The segments of the route's catch-all, with their escapes as received, and the
// query go below the target's path; a path that the service could take for one
// outside of it is a 400. Without a catch-all every request goes to the target
// itself. The body is streamed both ways, within the [BodyLimit] of the route.
// Server-sent events and upgrades (WebSocket) pass.
//
// The request goes out as [httputil.ReverseProxy] has it: without hop-by-hop
// headers, with X-Forwarded-For, -Host and -Proto of its own and not those that
// the client sent, and with the target's Host. Cookie and Authorization pass.
// Then each edit sees it, to add a secret or drop a cookie; in the path of the
// outgoing URL, and there only, it may not be trusted to be below the target.
//
// In the answer, Location, Content-Location and Refresh of the target are
// rewritten to the route, and cookies lose their Domain and get a Path of the
// route. Other headers and the body pass as they are. A service that cannot be
// reached, or redirects to a place of its own that is outside of the target, is
// a 502; one that has not answered within the [Timeout] of the route a 504.
// Neither names the target, but the log does. If the service breaks off, so
// does the answer.
//
// Connections are those of [http.DefaultTransport]. Proxy panics if target is
// not an absolute http or https URL, or has a query, a fragment or user
// information; such a secret belongs into an edit.
func Proxy(target string, edit ...func(*httputil.ProxyRequest)) Handler {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		panic("apiroute: Proxy: the target is no URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		panic(fmt.Sprintf("apiroute: Proxy: %q is not an absolute http or https URL", u.Redacted()))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil:
		panic(fmt.Sprintf("apiroute: Proxy: %q: a target has no query, fragment or user", u.Redacted()))
	}
	base := *u
	base.Path, base.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return func(req *Request, res *Response) error {
		m, err := newMask(&base, req)
		if err != nil {
			return err
		}
		var failed error
		proxy := &httputil.ReverseProxy{
			Rewrite: func(pr *httputil.ProxyRequest) {
				m.rewrite(pr)
				for _, f := range edit {
					f(pr)
				}
			},
			ModifyResponse: func(answer *http.Response) error {
				if t, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); t == "text/event-stream" {
					res.lift()
				}
				return m.hide(answer)
			},
			ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) { failed = err },
			ErrorLog:     log.New(io.Discard, "", 0), // what it logs is also returned, or cuts the connection
		}
		proxy.ServeHTTP(res, req.Request)
		return req.proxyError(failed)
	}
}

// proxyError returns the answer to what has kept a request from being passed on.
func (req *Request) proxyError(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return err
	case errors.Is(err, context.Canceled) && req.clientGone():
		return context.Canceled // and not the text, which names the target
	case req.pastTimeout():
		return &Error{Status: http.StatusGatewayTimeout, Err: err}
	}
	return &Error{Status: http.StatusBadGateway, Err: err}
}

// A mask is the correspondence of the paths of a target and of a route.
type mask struct {
	target *url.URL // without a slash at the end
	route  string   // the escaped path of the route without the catch-all
	below  string   // the escaped segments of the catch-all, each after a slash
}

func newMask(target *url.URL, req *Request) (*mask, error) {
	raw, escaped := rawPath(req.URL)
	if !escaped {
		raw = req.URL.EscapedPath()
	}
	segs := strings.Split(strings.TrimPrefix(raw, "/"), "/")
	rest := req.rest()
	n := len(segs) - len(rest)
	for _, s := range rest {
		parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '\\' })
		for _, p := range parts {
			if p == "." || p == ".." {
				return nil, Errorf(http.StatusBadRequest, "the path has a dot segment")
			}
		}
	}
	m := &mask{target: target}
	for i, s := range segs {
		if i < n {
			m.route += "/" + escapePath(s)
		} else {
			m.below += "/" + escapePath(s)
		}
	}
	return m, nil
}

// escapePath escapes what must not stand in the path of a URL, and keeps the
// escapes that are there.
func escapePath(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' ||
			strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// rewrite directs a request to the target.
func (m *mask) rewrite(pr *httputil.ProxyRequest) {
	out := pr.Out.URL
	out.Scheme, out.Host = m.target.Scheme, m.target.Host
	out.RawPath = m.target.EscapedPath() + m.below
	if out.RawPath == "" {
		out.RawPath = "/"
	}
	out.Path, _ = url.PathUnescape(out.RawPath) // both parts are escaped
	pr.Out.Host = ""
	pr.SetXForwarded()
	if pr.Out.Header["Accept-Encoding"] == nil {
		pr.Out.Header.Set("Accept-Encoding", "identity") // else the transport would ask for gzip, and inflate it
	}
}

// hide rewrites what names the target in the header of its answer.
func (m *mask) hide(answer *http.Response) error {
	h := answer.Header
	if v := h.Get("Location"); v != "" {
		to, ok := m.toRoute(v, answer.Request)
		if !ok {
			return errors.New("apiroute: Proxy: the target redirects to a path of its own that is not masked: " + v)
		}
		h.Set("Location", to)
	}
	if v := h.Get("Content-Location"); v != "" {
		if to, ok := m.toRoute(v, answer.Request); ok {
			h.Set("Content-Location", to)
		} else {
			h.Del("Content-Location")
		}
	}
	if v := h.Get("Refresh"); v != "" {
		wait, v, found := strings.Cut(v, "=")
		to, ok := m.toRoute(strings.Trim(v, ` "'`), answer.Request)
		if found && ok {
			h.Set("Refresh", wait+"="+to)
		} else if found {
			h.Del("Refresh")
		}
	}
	for i, c := range h["Set-Cookie"] {
		h["Set-Cookie"][i] = m.hideCookie(c)
	}
	return nil
}

// toRoute returns the reference on the route for one that the target gave. It
// is false for one to the target's host that is not below the target's path.
func (m *mask) toRoute(ref string, out *http.Request) (string, bool) {
	u, err := url.Parse(ref)
	if err != nil {
		return "", false
	}
	switch {
	case u.Host == "" && (u.Scheme != "" || !strings.HasPrefix(u.Path, "/")):
		return ref, true // mailto:, or relative, and so below the route as it is below the target
	case u.Host != "" && !m.names(u.Hostname(), out):
		return ref, true // another service
	case u.Host != "" && port(u) != port(out.URL):
		return "", false
	}
	rest, ok := strings.CutPrefix(u.EscapedPath(), m.target.EscapedPath())
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	u.Scheme, u.Host, u.User = "", "", nil
	u.RawPath = m.route + rest
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil || u.Path == "" {
		u.Path, u.RawPath = "/", ""
	}
	return u.String(), true
}

// names reports whether a host is one by which the target was called.
func (m *mask) names(host string, out *http.Request) bool {
	called, _, _ := strings.Cut(out.Host, ":")
	return strings.EqualFold(host, m.target.Hostname()) || strings.EqualFold(host, out.URL.Hostname()) ||
		strings.EqualFold(host, called)
}

// port returns the port of a URL, "" for the usual one. Services behind a proxy
// that ends TLS take their own scheme to be http.
func port(u *url.URL) string {
	if p := u.Port(); p != "80" && p != "443" {
		return p
	}
	return ""
}

// hideCookie returns a Set-Cookie without a Domain and with a Path on the route.
// A cookie named __Host- must have the path "/"; RFC 6265bis, section 4.1.3.2.
func (m *mask) hideCookie(c string) string {
	parts := strings.Split(c, ";")
	kept := []string{parts[0]}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case strings.EqualFold(name, "Domain"):
			continue
		case strings.EqualFold(name, "Path") && !strings.HasPrefix(strings.TrimSpace(c), "__Host-"):
			rest, ok := strings.CutPrefix(value, m.target.EscapedPath())
			if !ok || rest != "" && rest[0] != '/' {
				rest = ""
			}
			if part = " Path=" + m.route + rest; m.route+rest == "" {
				part = " Path=/"
			}
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, ";")
}
