package apiroute

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A mask translates between the paths of a target, which is the service behind a [Proxy], and the
// paths of the route in front of it. It is made for one request. With the target
// https://example.com/secret and the route /api/x/[[...path]], it translates both ways:
//
//	request for /api/x/a/b          becomes  request for https://example.com/secret/a/b
//	Location: /secret/c             becomes  Location: /api/x/c
//	Set-Cookie: id=1; Path=/secret  becomes  Set-Cookie: id=1; Path=/api/x
//
// Two things must never happen: that a request reaches a path outside of the target's, and that the
// header of a response shows the client the target's own address. Services disagree on how to read
// unusual paths and references. So a path that some service could read in another way is rejected,
// and a reference that cannot be translated is removed.
type mask struct {
	target *url.URL
	route  string // the escaped path of the route without its catch-all: "/api/x"
	below  string // the escaped segments of the catch-all, each after a slash: "/a/b"
	exact  bool   // whether the route has no catch-all, so that every request goes to the target itself
}

// newMask returns the mask for a request. It returns an *Error with status 400 in three cases: if a
// service could take the request's path for one outside of the target, if the request's target has
// more than a path and a query, such as x:http://internal/, and if net/url cannot parse the query.
// Code that reads such a query sees only a part of it, or nothing: a service that was sent that
// part of a DELETE would delete more than was asked for.
func newMask(target *url.URL, req *Request) (*mask, error) {
	if !hasPathOnly(req.URL) {
		return nil, respondBadTarget(req, nil)
	}
	if _, err := url.ParseQuery(req.URL.RawQuery); err != nil {
		e := badRequest(malformedPair.of("query", ""))
		e.Err = err
		return nil, e
	}
	raw, escaped, _ := rawPath(req.URL)
	if !escaped {
		raw = req.URL.EscapedPath()
	}
	rest := req.catchAll()
	if slices.ContainsFunc(rest, hasDotSegment) {
		return nil, Errorf(http.StatusBadRequest, "the path contains a dot segment")
	}
	m := &mask{target: target, exact: req.match.page == nil || !req.match.page.hasCatchAll()}
	path := "/" + strings.Trim(raw, "/")
	own := len(path)
	for range rest { // up to its beginning, even if middleware has shortened the URL
		own = max(0, strings.LastIndexByte(path[:own], '/'))
	}
	m.route, m.below = escapePath(path[:own]), escapePath(path[own:])
	return m, nil
}

// escapePath escapes the bytes that may not occur in a URL's path (RFC 3986, section 3.3). It keeps
// existing escapes as they are.
func escapePath(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' ||
			strings.IndexByte("/-._~!$&'()*+,;=:@", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// hasDotSegment reports whether a service could find a dot segment in a decoded segment. Some
// services take %2F or a backslash for a slash, and others take a semicolon for the end of a name.
// So it is true for ".." and also for "..;x" and `a\..\b`.
func hasDotSegment(segment string) bool {
	for more := true; more; {
		part := segment
		i := strings.IndexAny(segment, `/\`)
		if more = i >= 0; more {
			part, segment = segment[:i], segment[i+1:]
		}
		if name, _, _ := strings.Cut(part, ";"); name == "." || name == ".." {
			return true
		}
	}
	return false
}

// basePath returns the escaped path of the target without trailing slashes.
func (m *mask) basePath() string { return strings.TrimRight(m.target.EscapedPath(), "/") }

// targetPath returns the escaped path on the target for the request, such as "/secret/a/b".
func (m *mask) targetPath() string {
	path := m.basePath() + m.below
	if m.exact || m.below == "" {
		path = m.target.EscapedPath()
	}
	if path == "" {
		path = "/"
	}
	return path
}

// routePath returns the escaped path on the route for an escaped path on the target: "/api/x/c" for
// "/secret/c". It returns false if the path is not below the target's, or if a client could resolve
// it to one that is not.
func (m *mask) routePath(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, m.basePath())
	if !ok || rest != "" && rest[0] != '/' || strings.HasPrefix(rest, "//") {
		return "", false
	}
	for _, s := range strings.Split(rest, "/") {
		if segment, err := url.PathUnescape(s); err != nil || hasDotSegment(segment) {
			return "", false
		}
	}
	if path = strings.TrimRight(m.route, "/") + rest; path == "" {
		path = "/"
	}
	return path, true
}

// rewriteRequest directs a request to the target. It is the Rewrite function of the
// httputil.ReverseProxy.
func (m *mask) rewriteRequest(pr *httputil.ProxyRequest) {
	// The URL is new, so that nothing else of the client's remains in it.
	out := &url.URL{Scheme: m.target.Scheme, Host: m.target.Host, RawPath: m.targetPath()}
	out.Path, _ = url.PathUnescape(out.RawPath) // no error: the target and newMask have escaped it
	// The query is as received, since it may be signed. ReverseProxy may have encoded it anew in
	// pr.Out. newMask has seen that it is well-formed.
	out.RawQuery, out.ForceQuery = pr.In.URL.RawQuery, pr.In.URL.ForceQuery
	pr.Out.URL = out
	pr.Out.Host = ""
	pr.SetXForwarded()
	dropHTTPUpgrades(pr.Out.Header)
	if pr.Out.Header.Get("Accept-Encoding") == "" {
		// Otherwise the transport would ask for gzip itself, and inflate the response.
		pr.Out.Header.Set("Accept-Encoding", "identity")
	}
}

// dropHTTPUpgrades removes from the Upgrade header the protocols that carry further requests, such
// as h2c. Nothing would confine those requests to the path of the target. A server may ignore an
// Upgrade (RFC 9110, section 7.8), and HTTP/2 itself has deprecated it (RFC 9113, section 3.1).
// WebSocket remains.
func dropHTTPUpgrades(h http.Header) {
	h.Del("HTTP2-Settings")
	var kept []string
	for _, protocol := range strings.Split(h.Get("Upgrade"), ",") { // ReverseProxy passes on one line
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

// hideResponse rewrites the references to the target in the header of a final response. It returns
// an error if the response is useless to the client: its status is invalid, or it redirects to
// where no route leads.
func (m *mask) hideResponse(resp *http.Response) error {
	if code := resp.StatusCode; code < 200 && code != http.StatusSwitchingProtocols || code > 999 {
		return fmt.Errorf("apiroute: Proxy: the target responds with status %d", code)
	}
	ref := firstValue(resp.Header, "Location")
	if m.addsSlash(ref, resp) {
		return errors.New("apiroute: Proxy: the target redirects to its own path with a trailing slash, which a route does not have: " + ref)
	}
	if !m.hideHeader(resp.Header, resp.Request) {
		return errors.New("apiroute: Proxy: the target redirects to a path of its own outside of the mask: " + ref)
	}
	dropTrailers(resp.Trailer)
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose body ReverseProxy writes to as well
		resp.Body = trailerBody{resp.Body, resp}
	}
	return nil
}

// dropTrailers removes the trailers that could name the target, and that would be rewritten if they
// were in the header. They have no meaning after the body (RFC 9110, section 6.5.1), so nothing is
// lost. If a trailer is only announced yet, its value is nil.
func dropTrailers(trailer http.Header) {
	for _, name := range []string{"Location", "Content-Location", "Refresh", "Set-Cookie"} {
		trailer.Del(name)
	}
}

// A trailerBody is the body of a response. The trailers have arrived when it is closed, those that
// were not announced included; ReverseProxy takes them from the response after that.
type trailerBody struct {
	io.ReadCloser
	resp *http.Response
}

// Close closes the body and drops the trailers that could name the target.
func (b trailerBody) Close() error {
	err := b.ReadCloser.Close()
	dropTrailers(b.resp.Trailer)
	return err
}

// addsSlash reports whether a response redirects to the path of its own request with a slash
// appended. The router's paths have no trailing slash, so it would redirect the client back, and so
// on without end.
func (m *mask) addsSlash(ref string, resp *http.Response) bool {
	out := resp.Request
	switch code := resp.StatusCode; {
	case code == http.StatusTemporaryRedirect || code == http.StatusPermanentRedirect:
	case code/100 != 3 || out.Method != http.MethodGet && out.Method != http.MethodHead:
		return false // not a redirect, or perhaps one that changes the method
	}
	u, ok := resolve(ref, out)
	if !ok || u.RawQuery != out.URL.RawQuery {
		return false
	}
	if _, isTarget := m.compareHost(u, out); !isTarget {
		return false
	}
	return equalPaths(u.EscapedPath(), out.URL.EscapedPath()+"/")
}

// equalPaths reports whether two escaped paths have the same segments when decoded.
func equalPaths(a, b string) bool {
	return slices.EqualFunc(strings.Split(a, "/"), strings.Split(b, "/"), func(s, t string) bool {
		s, _ = url.PathUnescape(s)
		t, _ = url.PathUnescape(t)
		return s == t
	})
}

// hideHeader rewrites the references to the target in the header of the response to out. It removes
// those that it cannot rewrite, and returns false if one of them was the Location.
func (m *mask) hideHeader(h http.Header, out *http.Request) (ok bool) {
	ok = true
	for _, name := range []string{"Location", "Content-Location"} {
		ref := firstValue(h, name)
		if ref == "" {
			continue
		}
		rewritten, found := m.toRoute(ref, out)
		if found {
			h.Set(name, rewritten)
			continue
		}
		h.Del(name)
		ok = ok && name != "Location"
	}
	if v := firstValue(h, "Refresh"); v != "" {
		m.hideRefresh(h, v, out)
	}
	for i, c := range h["Set-Cookie"] {
		h["Set-Cookie"][i] = m.hideCookie(c)
	}
	return ok
}

// firstValue returns the first value of a header that is not empty, or "". Clients disagree on
// which one counts if there are several, so the callers pass on only this one.
func firstValue(h http.Header, name string) string {
	for _, v := range h[name] {
		if v != "" {
			return v
		}
	}
	return ""
}

// refreshHeader matches the Refresh header and splits it as browsers do: into seconds, and a URL
// with or without "url=" and quotes. For `5; url="/a"` the submatches are "5" and "/a".
var refreshHeader = regexp.MustCompile(`^\s*([0-9.]+)\s*(?:$|[;,\s]\s*(?i:url\s*=\s*)?["']?([^"']*))`)

// hideRefresh rewrites the URL in v, the value of the Refresh header. It removes the header if it
// cannot.
func (m *mask) hideRefresh(h http.Header, v string, out *http.Request) {
	parts := refreshHeader.FindStringSubmatch(v)
	if parts == nil {
		h.Del("Refresh")
		return
	}
	seconds, ref := parts[1], parts[2]
	if ref == "" {
		h.Set("Refresh", seconds)
		return
	}
	rewritten, ok := m.toRoute(ref, out)
	if !ok {
		h.Del("Refresh")
		return
	}
	h.Set("Refresh", seconds+"; url="+rewritten)
}

// hideCookie returns the value of a Set-Cookie header without its Domain, which names the target's
// host, and with its Path translated to the route. A Path outside of the target becomes that of the
// route. A cookie whose name starts with __Host- must keep the path "/" (RFC 6265bis, section
// 4.1.3.2).
func (m *mask) hideCookie(cookie string) string {
	parts := strings.Split(cookie, ";")
	kept := []string{parts[0]}
	name := strings.TrimSpace(parts[0])
	isHost := len(name) >= 7 && strings.EqualFold(name[:7], "__Host-")
	for _, part := range parts[1:] {
		attr, value, _ := strings.Cut(part, "=")
		switch attr = strings.TrimSpace(attr); {
		case strings.EqualFold(attr, "Domain"):
			continue
		case strings.EqualFold(attr, "Path") && !isHost:
			path, ok := m.routePath(strings.TrimSpace(value))
			if !ok {
				path, _ = m.routePath(m.basePath())
			}
			// The client has chosen a part of the path; a semicolon in it would add attributes.
			part = " Path=" + strings.ReplaceAll(path, ";", "%3B")
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, ";")
}

// toRoute translates a reference in the response to out into one on the route. With the target
// https://example.com/secret and the route /api/x:
//
//	/secret/c                   /api/x/c, true
//	https://example.com/secret  /api/x, true
//	https://other.example/      unchanged, true
//	/admin                      "", false: on the target's host, but not below its path
//	https://example.com:8443/   "", false: another service of the target's host
//
// It also returns false if it cannot parse the reference.
func (m *mask) toRoute(ref string, out *http.Request) (string, bool) {
	u, ok := resolve(ref, out)
	if !ok {
		return "", false
	}
	sameName, isTarget := m.compareHost(u, out)
	if !sameName {
		return ref, true // another service, mailto:, or the path of the request itself
	}
	path, ok := m.routePath(u.EscapedPath())
	if !ok || !isTarget {
		return "", false
	}
	u.Scheme, u.Host, u.User, u.RawPath = "", "", nil, path
	u.Path, _ = url.PathUnescape(path)
	return u.String(), true
}

// urlScheme matches the scheme of a URL, colon included.
var urlScheme = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`)

// resolve returns the URL that a browser makes of a reference in the response to out. Browsers
// differ from RFC 3986 and net/url (https://url.spec.whatwg.org/#concept-basic-url-parser): a
// backslash is a slash to them, and two slashes or more precede a host, so `/\host` and "///host"
// lead to another host. A reference that has neither a host nor a path, such as "?q", is returned
// without a host. resolve returns false if it cannot tell what a browser makes of the reference.
func resolve(ref string, out *http.Request) (*url.URL, bool) {
	scheme := strings.ToLower(urlScheme.FindString(ref))
	// Whether "http:x" is a relative reference depends on the scheme of the page that has it.
	needsHost := scheme == "http:" || scheme == "https:"
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

// compareHost reports whether a URL in the response to out has a host name of the target
// (sameName), and whether it has the port as well (isTarget). The target has up to three names: its
// own, and two that an edit of [Proxy] may have set, in the URL and in the Host of the request.
// Names are compared without letter case and without the period of a fully qualified name.
func (m *mask) compareHost(u *url.URL, out *http.Request) (sameName, isTarget bool) {
	if u.Host == "" {
		return false, false
	}
	for _, own := range []*url.URL{m.target, out.URL, {Host: out.Host}} {
		if strings.EqualFold(strings.TrimSuffix(u.Hostname(), "."), strings.TrimSuffix(own.Hostname(), ".")) {
			sameName, isTarget = true, isTarget || port(u) == port(own)
		}
	}
	return sameName, isTarget
}

// port returns the port of a URL, or "" if it is the default of http or https. Both count as equal,
// because a service behind a proxy that terminates TLS takes its own scheme for http.
func port(u *url.URL) string {
	if p := u.Port(); p != "80" && p != "443" {
		return p
	}
	return ""
}
