package apiroute_test

import (
	"crypto/tls"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/apiroute"
)

// pathRoutes adds the routes that TestHostilePaths and TestHostileMethods attack.
func pathRoutes(api *apiroute.Router) {
	id := func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(map[string]string{"id": req.Param("id")})
	}
	api.Get("/u/[id]", id)
	api.Get("/v/[id]/x", id)
	api.Get("/d", sayOK)
	api.Post("/d", sayOK)
	api.Get("/q/[...rest]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(req.Segments("rest"))
	})
	api.Get("/head", func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.SetHeader("X-A", "1").JSON("0123456789")
	})
	api.Get("/cors", sayOK, apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			next.ServeHTTP(w, r)
		})
	}))
	api.Method("OPTIONS", "/options", func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.Text("mine")
	})
	api.Get("/etag", sayOK, apiroute.ETag(true))
}

func TestHostilePaths(t *testing.T) {
	long := strings.Repeat("a", 64<<10)
	runAttacks(t, []attackRow{
		{"an escaped slash is part of its segment (RFC 3986, section 2.2)", []attack{
			getID("/u/a%2Fb", "a/b"),
			getID("/u/a%2fb", "a/b"),
		}},
		{"a segment is unescaped once (GO-2026-4950)", []attack{
			getID("/u/a%2Fb", "a/b"),
			getID("/u/a%252Fb", "a%2Fb"),
		}},
		{"a plus sign is no space (RFC 3986, section 3.3)", []attack{
			getID("/u/a+b", "a+b"),
			getID("/u/a%2Bb", "a+b"),
		}},
		{"malformed targets (RFC 9112, section 3.2)", []attack{
			rejected(400, getText("/u/%zz")),
			rejected(400, getText("/u/%2")),
			rejected(400, getText("/%")),
			rejected(400, getText("/u/a b")),
			rejected(400, getText("/u/\x01")),
		}},
		{"NUL in a value (CWE-158)", getAll(400, "/u/%00", "/u/a%00b", "/q/a/%00")},
		{"a value that is not UTF-8 (CWE-176)", getAll(400, "/u/%ff", "/u/\xff", "/q/a/%ff")},
		{"overlong UTF-8 and surrogates", getAll(400, "/u/%c0%af", "/u/%ed%a0%80", "/u/%f4%90%80%80", "/u/%c0%80")},
		{"dot segments (GO-2022-0988)", []attack{
			redirected(getText("/u/../d/"), "/d"),
			redirected(getText("/u/./1"), "/u/1"),
			{send: getText("/u/..//x"), status: 404},
			{send: getText("/u/.."), status: 404},
			{send: getText("/u/%2e%2E"), status: 404},
		}},
		{"dots that are no dot segments", []attack{
			getID("/u/%2e%2e%2f", "../"),
			getID("/u/..%2F..%2Fetc", "../../etc"),
			getID("/u/...", "..."),
		}},
		{"a parameter is one segment (echo#1970)", getAll(404, "/u/1/extra", "/u/1/2/3")},
		{"an empty segment is no value (echo#2164)", getAll(404, "/u/", "/u", "/v//x", "/v/%2e/x", "/v/x")},
		{"a trailing slash is redirected, as in Next", []attack{redirected(getText("/u/1/"), "/u/1")}},
		{"a redirect keeps the method and the query (RFC 9110, section 15.4.9)", []attack{
			redirected(postText("/d/?x=1", "a=b"), "/d?x=1"),
			redirected(postText("//d?x=%zz;&&=+%20", ""), "/d?x=%zz;&&=+%20"),
			redirected(postText("/d/?", ""), "/d?"),
		}},
		{"backslashes", []attack{
			getID("/u/..%5c..", `..\..`),
			redirected(getText("/u/%5c%5cevil.com/"), "/u/%5c%5cevil.com"),
		}},
		{"line breaks in a segment", []attack{
			{send: getText("/u/%0d%0aX-Evil:1"), status: 200, lacks: []string{"\nX-Evil"}},
			{send: getText("/u/%0d%0aX-Evil:1/"), status: 308, lacks: []string{"\nX-Evil"}},
		}},
		{"characters that mean something in a pattern", []attack{
			getID("/u/[id]", "[id]"),
			getID("/u/{id}", "{id}"),
			getID("/u/;a=b", ";a=b"),
			getID("/u/*", "*"),
		}},
		{"letter case of a path", []attack{
			{send: getText("/U/1"), status: 404},
			getID("/%75/1", "1"),
		}},
		{"an escaped question mark", []attack{getID("/u/%3fx=1", "?x=1")}},
		{"an escaped number sign", []attack{getID("/u/1%23x", "1#x")}},
		{"long segments and headers, many segments (CVE-2026-25882)", []attack{
			getID("/u/"+long, long),
			{send: getText("/q" + strings.Repeat("/s", 200)), status: 200, body: `["s"` + strings.Repeat(`,"s"`, 199) + `]`},
			{send: getText("/u" + strings.Repeat("/s", 200)), status: 404},
			rejected(431, getText("/d", "X-A: "+strings.Repeat("a", 2<<20))),
		}},
	})
}

func TestHostileMethods(t *testing.T) {
	allow := []string{"\r\nAllow: GET, HEAD, OPTIONS\r\n"}
	runAttacks(t, []attackRow{
		{"a method without a handler (RFC 9110, section 15.5.6)", []attack{
			{send: postText("/u/1", ""), status: 405, has: allow},
			{send: requestText("DELETE", "/u/1", ""), status: 405, has: allow},
			{send: requestText("PUT", "/d", ""), status: 405, has: []string{"\r\nAllow: GET, HEAD, OPTIONS, POST\r\n"}},
		}},
		{"an unknown method (RFC 9110, section 9.1)", []attack{
			{send: requestText("FOO", "/u/1", ""), status: 405, has: allow},
			{send: requestText("get", "/u/1", ""), status: 405, has: allow},
			{send: requestText("Get", "/u/1", ""), status: 405, has: allow},
			{send: requestText("FOO", "/none", ""), status: 404},
		}},
		{"a long method", []attack{
			{send: requestText(strings.Repeat("A", 60<<10), "/u/1", ""), status: 405, lacks: []string{"AAAA"}},
		}},
		{"OPTIONS (RFC 9110, section 9.3.7)", []attack{
			{send: requestText("OPTIONS", "/u/1", ""), status: 204, has: allow},
			{send: requestText("OPTIONS", "/cors", ""), status: 204, has: append(allow, "\r\nAccess-Control-Allow-Origin: *\r\n")},
			{send: requestText("OPTIONS", "/options", ""), status: 200, body: "mine", lacks: []string{"Allow:"}},
			{send: requestText("OPTIONS", "/none", ""), status: 404},
		}},
		{"TRACE shows nobody the cookies (OWASP XST)", []attack{
			{send: requestText("TRACE", "/u/1", "", "Cookie: sess=tracesecret"), status: 405, has: allow, lacks: []string{"tracesecret", "TRACE"}},
		}},
		{"CONNECT (RFC 9110, section 9.3.6)", []attack{
			{send: "CONNECT evil.com:80 HTTP/1.1\r\nHost: evil.com:80\r\n\r\n", status: 405, lacks: []string{"Location", "evil.com"}},
			{send: "CONNECT //x HTTP/1.1\r\nHost: x\r\n\r\n", status: 405, lacks: []string{"Location"}},
			{send: requestText("CONNECT", "/u/1", ""), status: 405, lacks: []string{"Location"}},
		}},
		{"headers that override the method and the path", []attack{
			{send: getText("/u/1", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /d", "X-Rewrite-URL: /d"), status: 200, body: `{"id":"1"}`},
		}},
		{"If-None-Match", []attack{
			{send: getText("/etag", `If-None-Match: "`+strings.Repeat("a", 64<<10)), status: 200, body: "ok"},
			{send: getText("/etag", "If-None-Match: "+strings.Repeat(`W/"",`, 10_000)), status: 200, body: "ok"},
			{send: getText("/etag", "If-None-Match: *"), status: 304},
		}},
	})
}

func TestHostileRequestLines(t *testing.T) {
	runAttacks(t, []attackRow{
		{"a Host that is missing, repeated or malformed (CVE-2023-29406)", []attack{
			rejected(400, "GET /d HTTP/1.1\r\n\r\n"),
			rejected(400, "GET /d HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
			rejected(400, "GET /d HTTP/1.1\r\nHost: a b\r\n\r\n"),
			rejected(400, "GET /d HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n"),
		}},
		{"a target in absolute form", []attack{
			{send: getText("http://evil.com/u/1"), status: 200, body: `{"id":"1"}`},
			{send: getText("http://evil.com/u/1/"), status: 308, has: []string{locationLine("/u/1")}, lacks: []string{"evil"}},
		}},
		{"a target that is an asterisk", getAll(404, "*")},
		{"HTTP/1.0", []attack{{send: "GET /u/1 HTTP/1.0\r\n\r\n", status: 200, body: `{"id":"1"}`}}},
		{"a protocol that is none", []attack{
			rejected(505, "GET /d HTTP/9.9\r\nHost: x\r\n\r\n"),
			rejected(400, "GET /d\r\n\r\n"),
			rejected(400, "G\x00T /d HTTP/1.1\r\nHost: x\r\n\r\n"),
		}},
		{"what a proxy says of the host", []attack{
			rejected(400, getText("/u/1/", "X-Forwarded-Host: evil.com", "Host: x")),
			{send: getText("/u/1/", "X-Forwarded-Host: evil.com", "X-Forwarded-Proto: gopher"), status: 308, lacks: []string{"evil", "gopher"}},
		}},
	})
}

// A client that begins with HTTP/2 on a connection without TLS may get any error, or none.
func TestHostileHTTP2Preface(t *testing.T) {
	t.Parallel()
	got := newAPI(t, addHostileRoutes).raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	if got.err == nil && (got.status < 400 || got.status > 505) {
		t.Errorf("%d %q", got.status, got.body)
	}
}

// http2Status sends a GET request over HTTP/2, whose :path may be anything; Go's client sends only
// paths. It returns the status of the response if that is 200, 400, 404 or 500, and otherwise 0.
func http2Status(t testing.TB, s *server, path string) int {
	t.Helper()
	tc, err := tls.Dial("tcp", s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer tc.Close()
	c := newConn(tc)
	frame := func(kind, flags, stream byte, payload string) string {
		return string([]byte{0, 0, byte(len(payload)), kind, flags, 0, 0, 0, stream}) + payload
	}
	// The fields by their place in the static table of RFC 7541, appendix A: :method GET, :scheme
	// https, :path and :authority.
	fields := "\x82\x87\x04" + string(rune(len(path))) + path + "\x01\x01x"
	c.send(t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+frame(4, 0, 0, "")+frame(1, 5, 1, fields)) // SETTINGS, HEADERS
	for {
		head := readN(t, c.r, 9)
		payload := readN(t, c.r, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if kind, stream := head[3], head[8]; kind == 1 && stream == 1 {
			return map[byte]int{0x88: 200, 0x8c: 400, 0x8d: 404, 0x8e: 500}[payload[0]]
		} else if kind == 3 || kind == 7 { // RST_STREAM, GOAWAY
			return 0
		}
	}
}

// No response may send the client to another host (CVE-2022-40083), whether a path has no route or
// each of them has one.
func TestHostileRedirects(t *testing.T) {
	t.Parallel()
	for name, register := range map[string]func(*apiroute.Router){
		"few routes": addHostileRoutes,
		"every path": func(api *apiroute.Router) { api.Get("/[[...all]]", sayOK) },
		"a mount":    func(api *apiroute.Router) { api.Mount("/", apiroute.Handler(sayOK)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, register)
			for _, target := range []string{
				"//evil.com/", "//evil.com/%2e%2e/d", "///d", "/%2f/evil.com", `/\evil.com/`, `/\/evil.com/`, "//evil.com//d/..",
				"/%5cevil.com/", "/%5c%5cevil.com//", "/.//evil.com/", "/x/..//evil.com/", "/x/%2e%2e//evil.com/", "//u//1", "/d/", "//d",
				"/%09/evil.com/", "/d/?//evil.com", "http://x//evil.com/", "http://x//d/", "http:///evil.com/", "/%2e/%2fevil.com/",
				"/https:/evil.com/", "/./https://evil.com/",
			} {
				t.Run(target, func(t *testing.T) { staysOnHost(t, s.raw(getText(target))) })
			}
		})
	}
	t.Run("to the path on this host", func(t *testing.T) {
		s := newAPI(t, func(api *apiroute.Router) { api.Get("/[[...all]]", sayOK) })
		redirected(getText("//evil.com/"), "/evil.com").run(t, s)
		s = newAPI(t, func(api *apiroute.Router) { api.Mount("/", apiroute.Handler(sayOK)) })
		redirected(getText("//evil.com/"), "/evil.com/").run(t, s)
	})
}

// staysOnHost checks that a response does not send the client to another host.
func staysOnHost(t *testing.T, got reply) {
	t.Helper()
	if got.err != nil || got.status >= 500 || got.status < 300 && strings.Contains(got.body, "..") {
		t.Errorf("%d %q, %v", got.status, got.body, got.err)
	}
	for _, to := range got.header.Values("Location") {
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
			t.Errorf("Location %q", to)
		}
	}
	if got.status >= 400 {
		checkProblem(t, got)
	}
}

// The response to HEAD has the head of the one to GET and no body (RFC 9110, section 9.3.2).
func TestHostileHead(t *testing.T) {
	t.Parallel()
	s := newAPI(t, addHostileRoutes)
	date := regexp.MustCompile(`\r\nDate: [^\r]*`)
	for name, target := range map[string]string{
		"a handler": "/head", "a value": "/u/1", "no route": "/none", "a bad value": "/u/%00", "a redirect": "/d/",
		"a body of many bytes": "/q" + strings.Repeat("/s", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			var heads [2]string
			for i, method := range []string{"GET", "HEAD"} {
				got, after := sendAttack(t, s, requestText(method, target, ""))
				if got.err != nil || after != "" || method == "HEAD" && got.body != "" {
					t.Errorf("%s: %v, body %q and %q after it", method, got.err, got.body, after)
				}
				lines := strings.Split(date.ReplaceAllString(got.head, ""), "\r\n")
				slices.Sort(lines[1:])
				heads[i] = strings.Join(slices.DeleteFunc(lines, func(s string) bool { return s == "Connection: close" }), "\r\n")
			}
			if heads[0] != heads[1] {
				t.Errorf("the heads differ:\n%s\n%s", heads[0], heads[1])
			}
			if strings.Contains(heads[0], " 200 ") && !strings.Contains(heads[1], "\r\nContent-Length: ") {
				t.Errorf("no length in\n%s", heads[1])
			}
		})
	}
}

// What a handler does not read of a body is not taken for the next request.
func TestHostilePipelining(t *testing.T) {
	t.Parallel()
	c := newAPI(t, addHostileRoutes).dial(t)
	c.send(t, postText("/bytes", "ab")+requestText("GET", "/u/1", "GET /u/evil HTTP/1.1\r\nHost: x\r\n")+getText("/u/2"))
	for _, tt := range []struct{ method, want string }{{"POST", "2"}, {"GET", `{"id":"1"}`}, {"GET", `{"id":"2"}`}} {
		c.reply(tt.method).want(t, 200, tt.want)
	}
}
