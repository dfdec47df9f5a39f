package apiroute

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A mask is the correspondence of the paths of a target and of a route.
type mask struct {
	target *url.URL
	route  string // the escaped path of the route without the catch-all
	below  string // the escaped segments of the catch-all, each after a slash
	exact  bool   // the route has no catch-all
}

func newMask(target *url.URL, req *Request) (*mask, error) {
	raw, escaped := rawPath(req.URL)
	if !escaped {
		raw = req.URL.EscapedPath()
	}
	rest := req.catchAll()
	if slices.ContainsFunc(rest, climbs) {
		return nil, Errorf(http.StatusBadRequest, "the path has a dot segment")
	}
	m := &mask{target: target, exact: req.match.page == nil || !req.match.page.hasCatchAll()}
	segs := strings.Split(strings.Trim(raw, "/"), "/")
	own := max(0, len(segs)-len(rest)) // the handler may have been given another URL
	m.route, m.below = escapeSegments(segs[:own]), escapeSegments(segs[own:])
	return m, nil
}

// escapeSegments returns segments as [escapePath] has them, each after a slash.
func escapeSegments(segs []string) string {
	var b strings.Builder
	for _, s := range segs {
		b.WriteString("/" + escapePath(s))
	}
	return b.String()
}

// climbs reports whether a service might find a dot segment in a segment: if it
// takes %2F for a slash, or a backslash, or a semicolon for the end of a name.
func climbs(segment string) bool {
	for _, part := range strings.FieldsFunc(segment, func(r rune) bool { return r == '/' || r == '\\' }) {
		if name, _, _ := strings.Cut(part, ";"); name == "." || name == ".." {
			return true
		}
	}
	return false
}

// base returns the escaped path of the target without a slash at its end.
func (m *mask) base() string { return strings.TrimRight(m.target.EscapedPath(), "/") }

// public returns the escaped path on the route for one on the target, and false
// if that is not below the target's.
func (m *mask) public(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, m.base())
	if !ok || rest != "" && rest[0] != '/' || strings.HasPrefix(rest, "//") {
		return "", false
	}
	for _, s := range strings.Split(rest, "/") {
		if text, err := url.PathUnescape(s); err != nil || climbs(text) {
			return "", false
		}
	}
	if path = strings.TrimRight(m.route, "/") + rest; path == "" {
		path = "/"
	}
	return path, true
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
	if out.RawPath = m.base() + m.below; m.exact || m.below == "" {
		out.RawPath = m.target.EscapedPath()
	}
	if out.RawPath == "" {
		out.RawPath = "/"
	}
	out.Path, _ = url.PathUnescape(out.RawPath) // both parts are escaped
	if _, err := url.ParseQuery(pr.In.URL.RawQuery); err == nil {
		out.RawQuery = pr.In.URL.RawQuery // else without what is malformed, as ReverseProxy leaves it
	}
	pr.Out.Host = ""
	pr.SetXForwarded()
	dropHTTP(pr.Out.Header)
	if pr.Out.Header.Get("Accept-Encoding") == "" {
		pr.Out.Header.Set("Accept-Encoding", "identity") // else the transport would ask for gzip, and inflate it
	}
}

// dropHTTP takes the protocols that carry further requests out of an upgrade:
// nobody would hold those to the mask. HTTP/2 has given that upgrade up anyway;
// RFC 9113, section 3.1. A request can be answered without an upgrade; RFC 9110,
// section 7.8.
func dropHTTP(h http.Header) {
	h.Del("HTTP2-Settings")
	var kept []string
	for _, protocol := range strings.Split(h.Get("Upgrade"), ",") { // ReverseProxy passes one line
		protocol = strings.Trim(protocol, " \t")
		switch name, _, _ := strings.Cut(protocol, "/"); strings.ToLower(name) {
		case "", "h2c", "h2", "http", "tls":
		default:
			kept = append(kept, protocol)
		}
	}
	if len(kept) > 0 {
		h.Set("Upgrade", strings.Join(kept, ", "))
		return
	}
	h.Del("Upgrade")
	h.Del("Connection")
}

// RoundTrip sends a request to the target. What names the target in an answer of
// 1xx is rewritten here, since ReverseProxy sends that on without asking.
func (m *mask) RoundTrip(out *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(out.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			m.hideHeader(http.Header(h), out) // and that of the trace that is there gets the same map
			return nil
		},
	})
	return http.DefaultTransport.RoundTrip(out.WithContext(ctx))
}

// hide rewrites what names the target in the header of its answer.
func (m *mask) hide(answer *http.Response) error {
	if code := answer.StatusCode; code < 200 && code != http.StatusSwitchingProtocols || code > 999 {
		return fmt.Errorf("apiroute: Proxy: the target answers with status %d", code)
	}
	ref := first(answer.Header, "Location")
	if m.addsSlash(ref, answer) {
		return errors.New("apiroute: Proxy: the target redirects to its own path with a slash at the end, which a route does not have: " + ref)
	}
	if !m.hideHeader(answer.Header, answer.Request) {
		return errors.New("apiroute: Proxy: the target redirects to a path of its own that is not masked: " + ref)
	}
	return nil
}

// hideHeader rewrites what names the target in the header of an answer to a
// request, or takes it out. It is false if the answer makes no sense without.
func (m *mask) hideHeader(h http.Header, out *http.Request) (ok bool) {
	ok = true
	for _, name := range []string{"Location", "Content-Location"} {
		ref := first(h, name)
		if ref == "" {
			continue
		}
		to, is := m.toRoute(ref, out)
		if h.Set(name, to); !is {
			h.Del(name)
			ok = ok && name != "Location"
		}
	}
	if v := first(h, "Refresh"); v != "" {
		m.hideRefresh(h, v, out)
	}
	for i, c := range h["Set-Cookie"] {
		h["Set-Cookie"][i] = m.hideCookie(c)
	}
	return ok
}

// first returns the first value of a header that is not empty. Clients differ in
// which of several they take, so all have to be seen, and one is sent on.
func first(h http.Header, name string) string {
	for _, v := range h[name] {
		if v != "" {
			return v
		}
	}
	return ""
}

func (m *mask) hideRefresh(h http.Header, v string, out *http.Request) {
	parts := refresh.FindStringSubmatch(v)
	if parts == nil {
		h.Del("Refresh")
		return
	}
	h.Set("Refresh", parts[1])
	if parts[2] != "" {
		to, ok := m.toRoute(parts[2], out)
		if h.Set("Refresh", parts[1]+"; url="+to); !ok {
			h.Del("Refresh")
		}
	}
}

// refresh takes apart the header Refresh, as browsers read it: seconds, and a
// URL with or without its name and quotes.
var refresh = regexp.MustCompile(`^\s*([0-9.]+)\s*(?:$|[;,\s]\s*(?i:url\s*=\s*)?["']?([^"']*))`)

// toRoute returns the reference on the route for one that the target gave. It
// is false for one to the target's host that is not below the target's path.
func (m *mask) toRoute(ref string, out *http.Request) (string, bool) {
	u, ok := resolve(ref, out)
	if !ok {
		return "", false
	}
	named, same := m.names(u, out)
	if !named {
		return ref, true // another service, mailto:, or the request's own path
	}
	path, ok := m.public(u.EscapedPath())
	if !ok || !same {
		return "", false
	}
	u.Scheme, u.Host, u.User, u.RawPath = "", "", nil, path
	u.Path, _ = url.PathUnescape(path)
	return u.String(), true
}

// resolve returns the URL that a browser makes of a reference in the answer to a
// request (https://url.spec.whatwg.org/#concept-basic-url-parser): backslashes
// are slashes, and two slashes or more go before a host. A reference without a
// path is left without a host. It is false if there is no telling.
func resolve(ref string, out *http.Request) (*url.URL, bool) {
	scheme := strings.ToLower(schemeOf.FindString(ref))
	needsHost := scheme == "http:" || scheme == "https:" // else it is relative or not, by the scheme of the page
	if needsHost || scheme == "" {
		end := len(ref)
		if i := strings.IndexAny(ref, "?#"); i >= 0 {
			end = i
		}
		path := strings.ReplaceAll(ref[len(scheme):end], `\`, "/")
		if strings.HasPrefix(path, "//") {
			needsHost, path = true, "//"+strings.TrimLeft(path, "/")
		}
		ref = scheme + path + ref[end:]
	}
	u, err := url.Parse(ref)
	if err != nil || needsHost && u.Host == "" {
		return nil, false
	}
	if u.Scheme == "" && u.Host == "" && u.Path != "" {
		u = out.URL.ResolveReference(u)
	}
	return u, true
}

var schemeOf = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`)

// names reports whether a URL has the name of the target, and whether it is the
// target, with its port.
func (m *mask) names(u *url.URL, out *http.Request) (named, same bool) {
	if u.Host == "" {
		return false, false
	}
	for _, own := range []*url.URL{m.target, out.URL, {Host: out.Host}} {
		if strings.EqualFold(strings.TrimSuffix(u.Hostname(), "."), strings.TrimSuffix(own.Hostname(), ".")) {
			named, same = true, same || port(u) == port(own)
		}
	}
	return named, same
}

// addsSlash reports whether an answer redirects to the same request with a slash
// after the path. The router, which has no such paths, would send the client
// back, and so on without end.
func (m *mask) addsSlash(ref string, answer *http.Response) bool {
	out := answer.Request
	switch code := answer.StatusCode; {
	case code == http.StatusTemporaryRedirect || code == http.StatusPermanentRedirect:
	case code/100 != 3 || out.Method != http.MethodGet && out.Method != http.MethodHead:
		return false // no redirect, or perhaps to another method
	}
	u, ok := resolve(ref, out)
	if !ok || u.RawQuery != out.URL.RawQuery {
		return false
	}
	_, same := m.names(u, out)
	return same && slices.EqualFunc(strings.Split(u.EscapedPath(), "/"), strings.Split(out.URL.EscapedPath()+"/", "/"), func(a, b string) bool {
		a, _ = url.PathUnescape(a)
		b, _ = url.PathUnescape(b)
		return a == b
	})
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
	name := strings.TrimSpace(parts[0])
	isHost := len(name) >= 7 && strings.EqualFold(name[:7], "__Host-")
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, "Domain"):
			continue
		case strings.EqualFold(name, "Path") && !isHost:
			path, ok := m.public(strings.TrimSpace(value))
			if !ok {
				path, _ = m.public(m.base())
			}
			part = " Path=" + strings.ReplaceAll(path, ";", "%3B") // the client had a say in it
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, ";")
}
