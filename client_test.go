package apiroute_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// This file is the client half of the harness; see harness_test.go.

// A reply is a response as a client sees it.
type reply struct {
	status  int    // 0 if there was no response
	head    string // the status line and the header as they were sent; "" from fetch and serveRecorder
	header  http.Header
	body    string
	close   bool  // whether it has Connection: close, which net/http takes out of the header
	interim []int // the statuses from 100 to 199 that came before it
	err     error // the response did not come, or broke off
}

// want checks the status and the body, and that the response is complete.
func (r reply) want(t testing.TB, status int, body string) {
	t.Helper()
	if r.status != status || r.body != body || r.err != nil {
		t.Errorf("status %d, body %.500q, error %v; want %d %.500q", r.status, r.body, r.err, status, body)
	}
}

// wantProblem checks that the response is a problem (RFC 9457) as the package sends it.
func (r reply) wantProblem(t testing.TB, status int) {
	t.Helper()
	if r.status != status || r.err != nil {
		t.Errorf("status %d, body %.500q, error %v; want the problem %d", r.status, r.body, r.err, status)
		return
	}
	for name, want := range map[string]string{"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if list := r.header.Values(name); len(list) != 1 || list[0] != want {
			t.Errorf("status %d: %s: %q, want %q", status, name, list, want)
		}
	}
	if r.body == "" { // the response to a HEAD request
		return
	}
	var p struct {
		Title  string
		Status int
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil || p.Title == "" || p.Status != status {
		t.Errorf("status %d: the body is %.500q, want a problem with a title and this status (%v)", status, r.body, err)
	}
}

// problem returns the body of a problem that has only a title.
func problem(status int) string {
	return fmt.Sprintf(`{"title":%q,"status":%d}`, http.StatusText(status), status)
}

// do sends a request over a connection of its own, exactly as written: the target may be anything,
// and no header is added but Host and, with a body, Content-Length. A header is a line such as
// "Accept: text/html". It does not follow redirects.
func (s *server) do(method, target, body string, headers ...string) reply {
	return s.raw(requestText(method, target, body, headers...))
}

// requestText returns the bytes of a request; see do.
func requestText(method, target, body string, headers ...string) string {
	lines := append([]string{method + " " + target + " HTTP/1.1", "Host: x"}, headers...)
	if body != "" {
		lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)))
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// raw sends text over a connection of its own and reads the response to the first request in it.
// The rest of the text need not get through once the response is there.
func (s *server) raw(text string) reply {
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		return reply{err: err}
	}
	sent := make(chan struct{})
	defer func() { nc.Close(); <-sent }()
	c := newConn(nc)
	go func() { defer close(sent); io.WriteString(c, text) }()
	method, _, _ := strings.Cut(text, " ")
	return c.reply(method)
}

// fetch sends a request with the server's http.Client, which uses a connection again and speaks
// HTTP/2 if the server does. It does not follow redirects. A header is a line, as for do.
func (s *server) fetch(method, path, body string, headers ...string) reply {
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	setHeaders(r.Header, headers)
	resp, err := s.Client().Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{status: resp.StatusCode, header: resp.Header, body: string(b), close: resp.Close, err: err}
}

// setHeaders adds lines such as "Accept: text/html" to a header.
func setHeaders(h http.Header, lines []string) {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h.Add(name, strings.TrimSpace(value))
	}
}

// A conn is a client's connection, for more than one response and for streams.
type conn struct {
	net.Conn
	r *bufio.Reader
}

// newConn gives nc a deadline, so that a test that hangs ends.
func newConn(nc net.Conn) *conn {
	nc.SetDeadline(time.Now().Add(patience))
	return &conn{nc, bufio.NewReaderSize(nc, 64<<10)}
}

// dial opens a connection, which is closed when the test ends.
func (s *server) dial(t testing.TB) *conn {
	t.Helper()
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return newConn(nc)
}

// send writes text, which is one or more requests or a part of one.
func (c *conn) send(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// reply reads the next whole response, which is to a request with the method.
func (c *conn) reply(method string) (r reply) {
	for {
		r.head = c.peekHead()
		resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
		if err != nil {
			r.err = err
			return r
		}
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			r.interim = append(r.interim, resp.StatusCode)
			continue
		}
		b, err := io.ReadAll(resp.Body)
		r.status, r.header, r.body, r.close, r.err = resp.StatusCode, resp.Header, string(b), resp.Close, err
		return r
	}
}

// response reads the head of the next response. Its body is read as it comes.
func (c *conn) response(t testing.TB, method string) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("no response: %v", err)
	}
	return resp
}

// rest reads all that comes until the server closes the connection. That the server resets it is
// no error.
func (c *conn) rest() string {
	b, _ := io.ReadAll(c.r)
	return string(b)
}

// peekHead returns the head of the next response, without the empty line that ends it.
func (c *conn) peekHead() string {
	for n := 1; ; n = max(n+1, c.r.Buffered()) {
		b, err := c.r.Peek(n)
		if head, _, whole := strings.Cut(string(b), "\r\n\r\n"); whole || err != nil {
			return head + "\r\n"
		}
	}
}

// newRequest returns a request for serveRecorder. A header is a line, as for do.
func newRequest(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	setHeaders(r.Header, headers)
	return r
}

// serveRecorder calls h without a socket.
func serveRecorder(h http.Handler, r *http.Request) reply {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return reply{status: w.Code, header: w.Result().Header, body: w.Body.String()}
}
