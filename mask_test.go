package apiroute_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// These tests are about what a proxy rewrites in the header of a response, so that it does not name
// the masked service.

// A transportFunc is a function as a transport.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// masked sends a request through a proxy, in place of whose target is a service that responds with
// status and header. It returns the response to the client and what the proxy returned. As it sets
// http.DefaultTransport, the test must not be parallel.
func masked(proxy apiroute.Handler, route string, r *http.Request, status int, header http.Header) (got reply, err error) {
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	http.DefaultTransport = transportFunc(func(out *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: http.NoBody, Request: out}, nil
	})
	api := apiroute.New(quiet())
	api.Handle(route, func(req *apiroute.Request, res *apiroute.Response) error {
		err = proxy(req, res)
		return err
	})
	return serveRecorder(api, r), err
}

// pathOf returns a route for all paths below prefix, and a path on it for which the escaped path of
// the route is prefix.
func pathOf(prefix string) (route, path string) {
	switch prefix {
	case "":
		return "/[[...path]]", "/x"
	case "/":
		return "/[[...path]]", "/"
	}
	return prefix + "/[[...path]]", prefix
}

func TestProxyReference(t *testing.T) {
	const unchanged, sameHost = "unchanged", "on the same host"
	for _, tt := range []struct {
		name               string
		target, route, ref string
		want               string // "" if the response is rejected
	}{
		{"below the target", "http://back.example:8080/secret", "/api/legacy", "/secret/x", "/api/legacy/x"},
		{"the target", "http://back.example:8080/secret", "/api/legacy", "/secret", "/api/legacy"},
		{"the target with a slash", "http://back.example:8080/secret", "/api/legacy", "/secret/", "/api/legacy/"},
		{"query and fragment of the target", "http://back.example:8080/secret", "/api/legacy", "/secret?a=1&b=%2F#f", "/api/legacy?a=1&b=%2F#f"},
		{"a query", "http://back.example:8080/secret", "/api/legacy", "/secret/x?a", "/api/legacy/x?a"},
		{"escapes", "http://back.example:8080/secret", "/api/legacy", "/secret/a%2Fb/c%20d", "/api/legacy/a%2Fb/c%20d"},
		{"UTF-8", "http://back.example:8080/secret", "/api/legacy", "/secret/é", "/api/legacy/%C3%A9"},
		{"an absolute URL", "http://back.example:8080/secret", "/api/legacy", "http://back.example:8080/secret/x", "/api/legacy/x"},
		{"in upper case", "http://back.example:8080/secret", "/api/legacy", "HTTP://BACK.EXAMPLE:8080/secret/x", "/api/legacy/x"},
		{"without a scheme", "http://back.example:8080/secret", "/api/legacy", "//back.example:8080/secret/x", "/api/legacy/x"},
		{"of the other scheme", "http://back.example:8080/secret", "/api/legacy", "https://back.example:8080/secret/x", "/api/legacy/x"},
		{"with a user", "http://back.example:8080/secret", "/api/legacy", "http://u:p@back.example:8080/secret/x", "/api/legacy/x"},
		{"https for http", "http://back.example/secret", "/api/legacy", "https://back.example/secret/x", "/api/legacy/x"},
		{"http for https", "https://back.example/secret", "/api/legacy", "http://back.example/secret/x", "/api/legacy/x"},
		{"https with its port", "https://back.example/secret", "/api/legacy", "https://back.example:443/secret/x", "/api/legacy/x"},
		{"target without a path", "http://back.example", "/api/legacy", "/x", "/api/legacy/x"},
		{"target without a path, its root", "http://back.example", "/api/legacy", "/", "/api/legacy/"},
		{"target without a path, its host", "http://back.example", "/api/legacy", "http://back.example", "/api/legacy"},
		{"target without a path, a query", "http://back.example", "/api/legacy", "http://back.example?a", "/api/legacy?a"},
		{"an IPv6 address", "http://[::1]:8080/secret", "/api/legacy", "http://[::1]:8080/secret/x", "/api/legacy/x"},
		{"target with an escaped slash", "http://back.example/a%2Fb", "/api/legacy", "/a%2Fb/x", "/api/legacy/x"},

		// On the host of the target, and not below it.
		{"the root", "http://back.example:8080/secret", "/api/legacy", "/", ""},
		{"another path", "http://back.example:8080/secret", "/api/legacy", "/elsewhere", ""},
		{"a longer name", "http://back.example:8080/secret", "/api/legacy", "/secretive", ""},
		{"another case", "http://back.example:8080/secret", "/api/legacy", "/SECRET/x", ""},
		{"the host alone", "http://back.example:8080/secret", "/api/legacy", "http://back.example:8080", ""},
		{"another path of the host", "http://back.example:8080/secret", "/api/legacy", "http://back.example:8080/elsewhere", ""},
		{"another path without a scheme", "http://back.example:8080/secret", "/api/legacy", "//back.example:8080/elsewhere", ""},
		{"another port", "http://back.example:8080/secret", "/api/legacy", "http://back.example:9090/secret/x", ""},
		{"no port", "http://back.example:8080/secret", "/api/legacy", "http://back.example/secret/x", ""},
		{"a dot after the host", "http://back.example:8080/secret", "/api/legacy", "http://back.example./secret/x", ""},
		{"dot segments", "http://back.example:8080/secret", "/api/legacy", "/secret/../elsewhere", ""},
		{"escaped dot segments", "http://back.example:8080/secret", "/api/legacy", "/secret/%2e%2e/elsewhere", ""},
		{"the slash of the target decoded", "http://back.example/a%2Fb", "/api/legacy", "/a/b/x", ""},
		{"a bad host", "http://back.example:8080/secret", "/api/legacy", "http://[::1", ""},
		{"a bad escape", "http://back.example:8080/secret", "/api/legacy", "/%zz", ""},

		// As a browser reads it: backslashes are slashes, and their number does not matter.
		{"backslashes before a host and in a path", "http://back.example:8080/secret", "/api/legacy", `\\\\back.example:8080\secret\x`, "/api/legacy/x"},
		{"a backslash in place of the second slash", "http://back.example:8080/secret", "/api/legacy", `/\back.example:8080/secret/x`, "/api/legacy/x"},
		{"backslashes after a scheme", "http://back.example:8080/secret", "/api/legacy", `http:\\back.example:8080/secret/x?a\b`, `/api/legacy/x?a\b`},
		{"three slashes after a scheme", "http://back.example:8080/secret", "/api/legacy", "http:///back.example:8080/secret/x", "/api/legacy/x"},
		{"mixed slashes after a scheme", "http://back.example:8080/secret", "/api/legacy", `HTTP:/\/\back.example:8080/secret/x`, "/api/legacy/x"},
		{"three slashes without a scheme", "http://back.example:8080/secret", "/api/legacy", "///back.example:8080/secret/x", "/api/legacy/x"},
		{"backslashes in a path", "http://back.example:8080/secret", "/api/legacy", `\secret\x`, "/api/legacy/x"},
		{"backslashes to another path", "http://back.example:8080/secret", "/api/legacy", `http:\\back.example:8080/elsewhere`, ""},
		{"three slashes to another path", "http://back.example:8080/secret", "/api/legacy", "http:///back.example:8080/elsewhere", ""},
		{"a backslash to another path", "http://back.example:8080/secret", "/api/legacy", `\elsewhere`, ""},
		{"one slash after the scheme", "http://back.example:8080/secret", "/api/legacy", "http:/back.example/secret", ""},
		{"no slash after the scheme", "http://back.example:8080/secret", "/api/legacy", "http:back.example/secret", ""},
		{"a scheme and a query", "http://back.example:8080/secret", "/api/legacy", "https:?x", ""},
		{"a scheme alone", "http://back.example:8080/secret", "/api/legacy", "http:", ""},
		{"a scheme and two slashes", "http://back.example:8080/secret", "/api/legacy", "http://", ""},
		{"two slashes", "http://back.example:8080/secret", "/api/legacy", "//", ""},
		{"an escape in the host", "http://back.example:8080/secret", "/api/legacy", "http://back%2Eexample:8080/x", ""},

		// Other services, and references without a path.
		{"another service, by backslashes", "http://back.example:8080/secret", "/api/legacy", `https:\\other.example/x`, unchanged},
		{"another service, by three slashes", "http://back.example:8080/secret", "/api/legacy", "https:///other.example/x", unchanged},
		{"nothing", "http://back.example:8080/secret", "/api/legacy", "", unchanged},
		{"a query that is a path", "http://back.example:8080/secret", "/api/legacy", "?a=/x", unchanged},
		{"another service", "http://back.example:8080/secret", "/api/legacy", "https://other.example/secret/x", unchanged},
		{"another service without a scheme", "http://back.example:8080/secret", "/api/legacy", "//other.example/x", unchanged},
		{"a service whose name begins so", "http://back.example:8080/secret", "/api/legacy", "http://back.example.other.example/secret", unchanged},
		{"a service whose name ends so", "http://back.example:8080/secret", "/api/legacy", "http://sub.back.example/secret", unchanged},
		{"a query alone", "http://back.example:8080/secret", "/api/legacy", "?a=1", unchanged},
		{"a fragment alone", "http://back.example:8080/secret", "/api/legacy", "#f", unchanged},
		{"mailto", "http://back.example:8080/secret", "/api/legacy", "mailto:a@b.example", unchanged},

		// With the catch-all at the root nothing may become another host.
		{"root: below the target", "http://back.example/secret", "", "/secret/x", "/x"},
		{"root: the target", "http://back.example/secret", "", "/secret", "/"},
		{"root: the target and a query", "http://back.example/secret", "", "/secret?a", "/?a"},
		{"route /: the target", "http://back.example/secret", "/", "/secret", "/"},
		{"route /: below the target", "http://back.example/secret", "/", "/secret/x", "/x"},
		{"root: two slashes", "http://back.example/secret", "", "/secret//evil.example/x", sameHost},
		{"route /: two slashes", "http://back.example/secret", "/", "/secret//evil.example/x", sameHost},
		{"root: an escaped backslash", "http://back.example/secret", "", "/secret/%5Cevil.example/x", sameHost},
	} {
		t.Run(tt.name, func(t *testing.T) {
			route, path := pathOf(tt.route)
			r, err := masked(apiroute.Proxy(tt.target), route, newRequest("GET", path, ""), 201, http.Header{"Location": {tt.ref}})
			got, want := r.header.Get("Location"), tt.want
			switch {
			case want == sameHost:
				if strings.HasPrefix(got, "//") || strings.HasPrefix(got, `/\`) || strings.Contains(got, "://") {
					t.Errorf("%s on %q: %q becomes %q, which is another host", tt.target, tt.route, tt.ref, got)
				}
				return
			case want == unchanged:
				want = tt.ref
			case want == "":
				if r.status != 502 || err == nil {
					t.Errorf("%s on %q: %q becomes %q with status %d, want a 502", tt.target, tt.route, tt.ref, got, r.status)
				}
				return
			}
			if r.status != 201 || got != want {
				t.Errorf("%s on %q: %q becomes %q with status %d, want %q", tt.target, tt.route, tt.ref, got, r.status, want)
			}
		})
	}
}

// References may be relative to the request that the service has got.
func TestProxyRelativeReference(t *testing.T) {
	for _, tt := range []struct {
		name    string
		at, ref string // at is a path of the service
		want    string // "" if the response is rejected
	}{
		{"beside", "/secret/a/b", "x", "/api/legacy/a/x"},
		{"beside, with query and fragment", "/secret/a/b", "./x?y#z", "/api/legacy/a/x?y#z"},
		{"the directory", "/secret/a/b", ".", "/api/legacy/a/"},
		{"the directory above", "/secret/a/b", "..", "/api/legacy/"},
		{"above", "/secret/a/b", "../x", "/api/legacy/x"},
		{"above, by a backslash", "/secret/a/b", `..\x`, "/api/legacy/x"},
		{"below", "/secret/a/b/", "x", "/api/legacy/a/b/x"},
		{"below an escaped slash", "/secret/a%2Fb/c", "x%2Fy", "/api/legacy/a%2Fb/x%2Fy"},
		{"the target by its name", "/secret", "secret/x", "/api/legacy/x"},
		{"a query", "/secret/a/b", "?q", "?q"}, // as it is, since the client has another query
		{"a fragment", "/secret/a/b", "#f", "#f"},

		{"beside the target", "/secret", "x", ""},
		{"above the target", "/secret/a/b", "../../x", ""},
		{"far above the target", "/secret/a/b", "../../../../x", ""},
		{"a longer name", "/secret/a/b", "../../secretive", ""},
		{"the root", "/secret/a/b", "../..", ""},
		{"above the target by backslashes", "/secret/a/b", `..\..\x`, ""},
		{"above the target by escapes", "/secret/a/b", "%2e%2e/%2e%2e/x", ""},
		{"above the target by escaped slashes", "/secret/a/b", "..%2f..%2fx", ""},
		{"a scheme", "/secret/a/b", "a:b", "a:b"}, // a scheme
		{"a bad scheme", "/secret/a/b", "1:b", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy := apiroute.Proxy("http://back.example/secret", func(pr *httputil.ProxyRequest) {
				pr.Out.URL.RawPath, pr.Out.URL.RawQuery = tt.at, "key=secret"
				pr.Out.URL.Path, _ = url.PathUnescape(tt.at)
			})
			r, _ := masked(proxy, "/api/legacy/[[...path]]", newRequest("GET", "/api/legacy", ""), 201, http.Header{"Location": {tt.ref}})
			if got := r.header.Get("Location"); got != tt.want || (r.status == 201) != (tt.want != "") {
				t.Errorf("at %s, %q becomes %q with status %d; want %q", tt.at, tt.ref, got, r.status, tt.want)
			}
		})
	}
}

func TestProxySetCookie(t *testing.T) {
	for _, tt := range []struct{ name, target, route, cookie, want string }{
		{"no attributes", "/secret", "/api/legacy", "a=1", "a=1"},
		{"Domain", "/secret", "/api/legacy", "a=1; Domain=back.example", "a=1"},
		{"domain with a dot", "/secret", "/api/legacy", "a=1; domain=.back.example; Secure", "a=1; Secure"},
		{"DOMAIN without spaces", "/secret", "/api/legacy", "a=1;DOMAIN=back.example;HttpOnly", "a=1;HttpOnly"},
		{"Domain with spaces", "/secret", "/api/legacy", "a=1; Domain = back.example; Secure", "a=1; Secure"},
		{"Domain without a value", "/secret", "/api/legacy", "a=1; Domain", "a=1"},
		{"two Domains", "/secret", "/api/legacy", "a=1; Domain=a; Domain=b", "a=1"},
		{"Path", "/secret", "/api/legacy", "a=1; Path=/secret", "a=1; Path=/api/legacy"},
		{"Path with a trailing slash", "/secret", "/api/legacy", "a=1; Path=/secret/", "a=1; Path=/api/legacy/"},
		{"path below the target", "/secret", "/api/legacy", "a=1; path=/secret/x; Secure", "a=1; Path=/api/legacy/x; Secure"},
		{"Path with spaces", "/secret", "/api/legacy", "a=1; Path = /secret/x", "a=1; Path=/api/legacy/x"},
		{"the root", "/secret", "/api/legacy", "a=1; Path=/", "a=1; Path=/api/legacy"},
		{"another path", "/secret", "/api/legacy", "a=1; Path=/elsewhere", "a=1; Path=/api/legacy"},
		{"a longer name", "/secret", "/api/legacy", "a=1; Path=/secretive", "a=1; Path=/api/legacy"},
		{"an empty Path", "/secret", "/api/legacy", "a=1; Path=", "a=1; Path=/api/legacy"},
		{"Path without a value", "/secret", "/api/legacy", "a=1; Path", "a=1; Path=/api/legacy"},
		{"target without a path, the root", "", "/api/legacy", "a=1; Path=/", "a=1; Path=/api/legacy/"},
		{"target without a path, below", "", "/api/legacy", "a=1; Path=/x", "a=1; Path=/api/legacy/x"},
		{"root: Path", "/secret", "", "a=1; Path=/secret", "a=1; Path=/"},
		{"root: path below the target", "/secret", "", "a=1; Path=/secret/x", "a=1; Path=/x"},
		{"root: the root", "/secret", "", "a=1; Path=/", "a=1; Path=/"},
		// Such a cookie must have the path "/", in any case; RFC 6265bis, section 4.1.3.2.
		{"__Host-", "/secret", "/api/legacy", "__Host-a=1; Path=/; Secure", "__Host-a=1; Path=/; Secure"},
		{"__host-", "/secret", "/api/legacy", "__host-a=1; Path=/; Secure", "__host-a=1; Path=/; Secure"},
		{"__Host- with a Domain", "/secret", "/api/legacy", "__Host-a=1; Path=/; Secure; Domain=back.example", "__Host-a=1; Path=/; Secure"},
		{"__Secure-", "/secret", "/api/legacy", "__Secure-a=1; Path=/; Secure", "__Secure-a=1; Path=/api/legacy; Secure"},
		// The rest is as it is.
		{"other attributes", "/secret", "/api/legacy", "a=Domain=x; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=1; SameSite=Lax; Partitioned", "a=Domain=x; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=1; SameSite=Lax; Partitioned"},
		{"quotes", "/secret", "/api/legacy", `a="x y"; Secure`, `a="x y"; Secure`},
		{"a cookie that is named Path", "/secret", "/api/legacy", "Path=/secret", "Path=/secret"}, // a cookie of that name
		{"an empty value", "/secret", "/api/legacy", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			route, path := pathOf(tt.route)
			r, _ := masked(apiroute.Proxy("http://back.example"+tt.target), route, newRequest("GET", path, ""), 200, http.Header{"Set-Cookie": {tt.cookie}})
			if diff := cmp.Diff([]string{tt.want}, r.header["Set-Cookie"]); diff != "" || r.status != 200 {
				t.Errorf("%q on %q: status %d, Set-Cookie (-want +got):\n%s", tt.target, tt.route, r.status, diff)
			}
		})
	}
}

// The path of the request, semicolons and all, is the client's, or that of who has made a link.
func TestProxyCookieHasNoAttributesOfTheClient(t *testing.T) {
	t.Parallel()
	for _, tenant := range []string{"a;Domain=example.com", "a;Domain=example.com;", "a%3BDomain=example.com", ";SameSite=None;"} {
		t.Run(tenant, func(t *testing.T) {
			t.Parallel()
			target := canned(t, "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; Secure\r\nContent-Length: 0\r\n\r\n")
			s := newProxy(t, "/t/[tenant]/[[...path]]", apiroute.Proxy(target+"/secret"))
			got := s.do("GET", "/t/"+tenant+"/x", "")
			cookies := (&http.Response{Header: got.header}).Cookies()
			if len(cookies) != 1 {
				t.Fatalf("%d %v, error %v", got.status, got.header, got.err)
			}
			if c := cookies[0]; c.Domain != "" || c.SameSite != 0 || !c.Secure || len(c.Unparsed) > 0 {
				t.Errorf("Set-Cookie: %s", c.Raw)
			}
		})
	}
}

func TestProxyResponseHeaders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                string
		route, path, header string // HOST in the header is that of the service
		key                 string
		want                []string
	}{
		{"Location, absolute", "/api/legacy/[[...path]]", "/api/legacy/x", "Location: http://HOST/secret/y?z", "Location", []string{"/api/legacy/y?z"}},
		{"Location, from the target itself", "/api/legacy/[[...path]]", "/api/legacy", "Location: /secret/y", "Location", []string{"/api/legacy/y"}},
		{"Location twice", "/api/legacy/[[...path]]", "/api/legacy/x", "Location: /secret/y\r\nLocation: http://HOST/z", "Location", []string{"/api/legacy/y"}},
		{"Location empty", "/api/legacy/[[...path]]", "/api/legacy/x", "Location:", "Location", []string{""}},
		{"Location without a catch-all", "/api/one", "/api/one", "Location: /secret/y", "Location", []string{"/api/one/y"}},
		{"Location with a parameter in the route", "/t/[tenant]/[[...path]]", "/t/a%2Fb/x", "Location: /secret/y", "Location", []string{"/t/a%2Fb/y"}},
		{"Location at the root", "/[[...path]]", "/", "Location: /secret/y", "Location", []string{"/y"}},
		{"Location below the root", "/[[...path]]", "/x", "Location: /secret/y", "Location", []string{"/y"}},
		{"Set-Cookie at the root", "/[[...path]]", "/", "Set-Cookie: a=1; Path=/secret/y", "Set-Cookie", []string{"a=1; Path=/y"}},
		{"Content-Location, absolute", "/api/legacy/[[...path]]", "/api/legacy/x", "Content-Location: http://HOST/secret/y", "Content-Location", []string{"/api/legacy/y"}},
		{"Content-Location out of the target", "/api/legacy/[[...path]]", "/api/legacy/x", "Content-Location: http://HOST/elsewhere", "Content-Location", nil},
		{"Content-Location, relative", "/api/legacy/[[...path]]", "/api/legacy/x", "Content-Location: y", "Content-Location", []string{"/api/legacy/y"}},
		{"Location, relative", "/api/legacy/[[...path]]", "/api/legacy/x", "Location: y", "Location", []string{"/api/legacy/y"}},
		{"Location, relative, with a trailing slash", "/api/legacy/[[...path]]", "/api/legacy/x", "Location: y/", "Location", []string{"/api/legacy/y/"}},
		{"Location, relative to a route without a catch-all", "/api/one", "/api/one", "Location: secret/y", "Location", []string{"/api/one/y"}},
		{"Location empty, and another", "/api/legacy/[[...path]]", "/api/legacy/x", "Location:\r\nLocation: http://HOST/secret/y", "Location", []string{"/api/legacy/y"}},
		{"Location of another service, and another", "/api/legacy/[[...path]]", "/api/legacy/x", "Location: https://other.example/\r\nLocation: http://HOST/secret/y", "Location", []string{"https://other.example/"}},
		{"Content-Location empty, and another", "/api/legacy/[[...path]]", "/api/legacy/x", "Content-Location:\r\nContent-Location: http://HOST/secret/y", "Content-Location", []string{"/api/legacy/y"}},
		{"Content-Location empty, and another out of the target", "/api/legacy/[[...path]]", "/api/legacy/x", "Content-Location:\r\nContent-Location: http://HOST/elsewhere", "Content-Location", nil},
		{"Refresh empty, and another", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh:\r\nRefresh: 0;url=http://HOST/secret/y", "Refresh", []string{"0; url=/api/legacy/y"}},
		{"Refresh without a URL, and another", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: 5\r\nRefresh: 0;url=http://HOST/secret/y", "Refresh", []string{"5"}},
		{"Refresh, relative", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: 5; url=y", "Refresh", []string{"5; url=/api/legacy/y"}},
		{"Refresh with empty quotes and a URL after them", "/api/legacy/[[...path]]", "/api/legacy/x", `Refresh: 5; url="" http://HOST/secret/y`, "Refresh", []string{"5"}},
		{"Refresh with an empty URL", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: 5; url=", "Refresh", []string{"5"}},
		{"Refresh without a number", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: http://HOST/secret/y", "Refresh", nil}, // not the form of a Refresh
		{"Refresh, absolute, with a query", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: 5; url=http://HOST/secret/y?a=b", "Refresh", []string{"5; url=/api/legacy/y?a=b"}},
		{"Refresh in quotes", "/api/legacy/[[...path]]", "/api/legacy/x", `Refresh: 5;URL="/secret/y"`, "Refresh", []string{"5; url=/api/legacy/y"}},
		{"Refresh out of the target", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: 5; url=http://HOST/elsewhere", "Refresh", nil},
		{"Refresh to another service", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: 5; url=https://other.example/", "Refresh", []string{"5; url=https://other.example/"}},
		{"Refresh without a URL", "/api/legacy/[[...path]]", "/api/legacy/x", "Refresh: 5", "Refresh", []string{"5"}},
		{"Set-Cookie", "/api/legacy/[[...path]]", "/api/legacy/x", "Set-Cookie: a=1; Domain=HOST; Path=/secret\r\nSet-Cookie: b=2; Path=/", "Set-Cookie",
			[]string{"a=1; Path=/api/legacy", "b=2; Path=/api/legacy"}},
		{"a hop-by-hop header", "/api/legacy/[[...path]]", "/api/legacy/x", "Connection: X-Hop\r\nX-Hop: 1\r\nX-Own: 2", "X-Hop", nil},
		{"other headers", "/api/legacy/[[...path]]", "/api/legacy/x", "Server: back\r\nX-Own: 2\r\nX-Own: 3", "X-Own", []string{"2", "3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := headerService(t, tt.header)
			s := newProxy(t, tt.route, apiroute.Proxy(target+"/secret"))
			got := s.do("GET", tt.path, "")
			if diff := cmp.Diff(tt.want, got.header[tt.key]); diff != "" || got.status != 200 {
				t.Errorf("%q: status %d %s, logged %q, %s (-want +got):\n%s", tt.header, got.status, got.body, s.logs(), tt.key, diff)
			}
		})
	}
	// HTML takes a Refresh without "url=" as well.
	for _, v := range []string{"5; http://HOST/secret/y", "5; http://HOST/secret/y?a=b", "5, http://HOST/elsewhere?a=b", "5;http://HOST/", `0; url = "http://HOST/secret/y"`} {
		t.Run("Refresh "+v, func(t *testing.T) {
			t.Parallel()
			target := headerService(t, "Refresh: "+v)
			s := newProxy(t, "/api/legacy/[[...path]]", apiroute.Proxy(target+"/secret"))
			got := s.do("GET", "/api/legacy/x", "")
			if got.status != 200 || strings.Contains(got.header.Get("Refresh"), strings.TrimPrefix(target, "http://")) {
				t.Errorf("%d, Refresh: %s", got.status, got.header.Get("Refresh"))
			}
		})
	}
}

// headerService starts a service that responds with lines of a header, in which HOST is its own name.
func headerService(t testing.TB, lines string) (target string) {
	t.Helper()
	return listen(t, func(nc net.Conn, _ *bufio.Reader) {
		header := strings.ReplaceAll(lines, "HOST", nc.LocalAddr().String())
		io.WriteString(nc, "HTTP/1.1 200 OK\r\n"+header+"\r\nContent-Length: 0\r\n\r\n")
	})
}

// ReverseProxy sends informational responses on by itself. They are rewritten too.
func TestProxyInformationalHeaders(t *testing.T) {
	t.Parallel()
	setCookie := apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "own", Value: "1", Domain: "public.example"})
			next.ServeHTTP(w, r)
		})
	})
	for _, tt := range []struct {
		name        string
		code        int
		header, key string
		want        []string
	}{
		{"Link", 103, "Link: </a.css>; rel=preload", "Link", []string{"</a.css>; rel=preload"}},
		{"Location", 103, "Location: http://HOST/secret/y", "Location", []string{"/api/legacy/y"}},
		{"Location of an upload that can go on", 104, "Location: y", "Location", []string{"/api/legacy/y"}},
		{"Location out of the target", 103, "Location: http://HOST/elsewhere", "Location", nil},
		{"Location empty, and one out of the target", 103, "Location:\r\nLocation: http:\\\\HOST\\elsewhere", "Location", nil},
		{"Content-Location out of the target", 103, "Content-Location: http://HOST/elsewhere", "Content-Location", nil},
		{"Refresh out of the target", 102, "Refresh: 0; url=http://HOST/elsewhere", "Refresh", nil},
		{"Set-Cookie", 103, "Set-Cookie: a=1; Domain=HOST; Path=/secret", "Set-Cookie", []string{"own=1; Domain=public.example", "a=1; Path=/api/legacy"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := listen(t, func(nc net.Conn, _ *bufio.Reader) {
				header := strings.ReplaceAll(tt.header, "HOST", nc.LocalAddr().String())
				fmt.Fprintf(nc, "HTTP/1.1 %d Interim\r\n%s\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tt.code, header)
			})
			s := newAPI(t, func(api *apiroute.Router) {
				api.Handle("/api/legacy/[[...path]]", apiroute.Proxy(target+"/secret"))
			}, setCookie)
			c := s.dial(t)
			c.send(t, requestText("GET", "/api/legacy/x", "", "Connection: close"))
			resp := c.response(t, "GET")
			if diff := cmp.Diff(tt.want, resp.Header[tt.key]); resp.StatusCode != tt.code || diff != "" {
				t.Errorf("%d, want %d; %s (-want +got):\n%s", resp.StatusCode, tt.code, tt.key, diff)
			}
			dump, _ := httputil.DumpResponse(resp, false)
			noName(t, target, string(dump))
			got := c.reply("GET")
			if v := got.header["Set-Cookie"]; got.status != 200 || !cmp.Equal(v, []string{"own=1; Domain=public.example"}) || got.header[tt.key] != nil && tt.key != "Set-Cookie" {
				t.Errorf("then %d %v; want 200 with the middleware's cookie alone", got.status, got.header)
			}
		})
	}
}

// Some services have paths with a trailing slash, and redirect to them, as http.ServeMux does. The
// router redirects back.
func TestProxySlash(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/secret/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	mux.HandleFunc("/secret/dir/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	mux.HandleFunc("/secret/dir", func(w http.ResponseWriter, r *http.Request) { // ServeMux has another status since Go 1.26
		http.Redirect(w, r, strings.Replace(r.RequestURI, "/dir", "/dir/", 1), http.StatusMovedPermanently)
	})
	mux.HandleFunc("/secret/to", func(w http.ResponseWriter, r *http.Request) {
		var code int
		fmt.Sscan(r.URL.Query().Get("code"), &code)
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(code)
	})
	back := newServer(t, mux)
	for _, tt := range []struct {
		name, method, path string
		status             int
		want               string // the body, or Location
	}{
		{"a directory", "GET", "/api/dir", 502, ""},
		{"a directory and a query", "GET", "/api/dir?a=1", 502, ""},
		{"HEAD of a directory", "HEAD", "/api/dir", 502, ""},
		{"the root", "GET", "/api", 502, ""},
		{"without a catch-all", "GET", "/one", 502, ""},
		{"below a directory", "GET", "/api/dir/x", 200, "/secret/dir/x"},

		// The ways around.
		{"an edit that adds the slash", "GET", "/edit/dir", 200, "/secret/dir/"},
		{"a target with the slash", "GET", "/two", 200, "/secret/dir/"},
		{"below a target with the slash", "GET", "/two/x", 200, "/secret/dir/x"},
		{"a mounted ReverseProxy", "GET", "/secret/dir", 301, "/secret/dir/"},
		{"a mounted ReverseProxy, with the slash", "GET", "/secret/dir/", 200, "/secret/dir/"},

		// Redirects to something else.
		{"without the query", "GET", "/api/to?code=301&to=/secret/to/", 301, "/api/to/"}, // may end
		{"with another query", "GET", "/api/to?code=302&to=to/?code=302%26to=", 302, "/api/to/?code=302&to="},
		{"another service", "GET", "/api/to?code=302&to=https://other.example/secret/to/", 302, "https://other.example/secret/to/"},
		{"no redirect", "GET", "/api/to?code=201&to=/secret/to/", 201, "/api/to/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Handle("/api/[[...path]]", apiroute.Proxy(back.URL+"/secret"))
				api.Handle("/one", apiroute.Proxy(back.URL+"/secret/dir"))
				api.Handle("/two/[[...path]]", apiroute.Proxy(back.URL+"/secret/dir/"))
				api.Handle("/edit/[[...path]]", apiroute.Proxy(back.URL+"/secret", func(pr *httputil.ProxyRequest) {
					if pr.Out.URL.Path == "/secret/dir" {
						pr.Out.URL = pr.Out.URL.JoinPath("/")
					}
				}))
				api.Mount("/secret", &httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
					pr.SetURL(&url.URL{Scheme: "http", Host: back.Listener.Addr().String()})
				}})
			})
			r := s.do(tt.method, tt.path, "")
			got := r.body
			if to := r.header.Get("Location"); to != "" {
				got = to
			}
			if r.status != tt.status || tt.status != 502 && got != tt.want {
				t.Errorf("%d %q, error %v; want %d %q", r.status, got, r.err, tt.status, tt.want)
			}
			if lines := s.logs(); tt.status == 502 && !strings.Contains(strings.Join(lines, "\n"), "a trailing slash") {
				t.Errorf("logged %q, want why", lines)
			}
		})
	}
}

// A redirect by which the service adds a slash to the path would go round in a circle.
func TestProxyAddedSlash(t *testing.T) {
	for _, tt := range []struct {
		name     string
		method   string
		code     int
		url, ref string
		want     bool
	}{
		{"301", "GET", 301, "/secret/a", "/secret/a/", true},
		{"302, relative", "GET", 302, "/secret/a", "a/", true},
		{"303, by the directory above", "GET", 303, "/secret/a", "../secret/a/", true},
		{"307 of HEAD, absolute", "HEAD", 307, "/secret/a", "http://back.example/secret/a/", true},
		{"308, backslashes and a fragment", "GET", 308, "/secret/a", `http:\\back.example/secret/a/#f`, true},
		{"307 of POST", "POST", 307, "/secret/a", "/secret/a/", true},
		{"308 of POST, with the query", "POST", 308, "/secret/a?q", "/secret/a/?q", true},
		{"escapes of another form", "GET", 301, "/secret/%61%2Fb", "/secret/a%2fb/", true},
		{"UTF-8", "GET", 301, "/secret/caf%C3%A9", "/secret/café/", true},

		{"301 of POST", "POST", 301, "/secret/a", "/secret/a/", false}, // the client goes on with GET
		{"302 of POST", "POST", 302, "/secret/a", "/secret/a/", false},
		{"303 of POST", "POST", 303, "/secret/a", "/secret/a/", false},
		{"200", "GET", 200, "/secret/a", "/secret/a/", false},
		{"201", "GET", 201, "/secret/a", "/secret/a/", false},
		{"the same path", "GET", 301, "/secret/a", "/secret/a", false},
		{"a path that has the slash", "GET", 301, "/secret/a/", "/secret/a/", false}, // from an edit
		{"another path", "GET", 301, "/secret/a", "/secret/b/", false},
		{"an escaped slash and a slash", "GET", 301, "/secret/a%2Fb", "/secret/a/b/", false},
		{"with a query", "GET", 301, "/secret/a", "/secret/a/?q", false},
		{"without the query", "GET", 301, "/secret/a?q", "/secret/a/", false},
		{"another service", "GET", 301, "/secret/a", "https://other.example/secret/a/", false},
		{"another port", "GET", 301, "/secret/a", "http://back.example:8080/secret/a/", false},
		{"nothing", "GET", 301, "/secret/a", "", false},
		{"no host", "GET", 301, "/secret/a", "http:a/", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, query, _ := strings.Cut(tt.url, "?")
			proxy := apiroute.Proxy("http://back.example/secret", func(pr *httputil.ProxyRequest) {
				pr.Out.URL.RawPath, pr.Out.URL.RawQuery = at, query
				pr.Out.URL.Path, _ = url.PathUnescape(at)
			})
			r, err := masked(proxy, "/api/[[...path]]", newRequest(tt.method, "/api", ""), tt.code, http.Header{"Location": {tt.ref}})
			if got := err != nil && strings.Contains(err.Error(), "a trailing slash"); got != tt.want || got && r.status != 502 {
				t.Errorf("%s %s: %d to %q: status %d, error %v; want it rejected for its slash: %t", tt.method, tt.url, tt.code, tt.ref, r.status, err, tt.want)
			}
		})
	}
}

// A service that is called by another name than it is reached by makes absolute URLs of that name,
// with the port that goes with it.
func TestProxyLocationByTheNameOfAnEdit(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"name.example", "name.example:8443", "[2001:db8::1]", "[2001:db8::1]:8443"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := canned(t, "HTTP/1.1 302 Found\r\nLocation: http://"+name+"/secret/y\r\nContent-Length: 0\r\n\r\n")
			s := newProxy(t, "/api/legacy/[[...path]]", apiroute.Proxy(target+"/secret", func(pr *httputil.ProxyRequest) { pr.Out.Host = name }))
			got := s.do("GET", "/api/legacy/x", "")
			if to := got.header.Get("Location"); got.status != 302 || to != "/api/legacy/y" {
				t.Errorf("%d %s, Location %q; want 302 to /api/legacy/y", got.status, got.body, to)
			}
		})
	}
}
