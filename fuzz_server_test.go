package apiroute_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A fuzzLink is a listener that gets its connections from a channel.
type fuzzLink struct{ conns chan net.Conn }

func (l *fuzzLink) Accept() (net.Conn, error) {
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l *fuzzLink) Close() error { return nil }

func (l *fuzzLink) Addr() net.Addr { return &net.TCPAddr{} }

// fuzzServerSeeds returns requests of all kinds to the routes of hostileRoutes.
func fuzzServerSeeds() []string {
	const isJSON, closes = "Content-Type: application/json", "Connection: close"
	get := func(target string, lines ...string) string {
		return requestText("GET", target, "", append(lines, closes)...)
	}
	post := func(target, body string, lines ...string) string {
		return requestText("POST", target, body, append(lines, closes)...)
	}
	chunked := func(target, body string, lines ...string) string {
		return post(target, "", append(lines, "Transfer-Encoding: chunked")...) + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	}
	reply := func(kind, a string) string { return get("/reply/" + kind + "?a=" + url.QueryEscape(a)) }
	return []string{
		get("/u/a%2Fb"), get("//u//1/"), requestText("HEAD", "/head", "", closes), requestText("OPTIONS", "*", "", closes),
		requestText("TRACE", "/u/1", "", closes), requestText("PRI", "*", "", closes),
		"CONNECT //x HTTP/1.1\r\nHost: x\r\n\r\n", post("/json", `{"name":"a"}`, isJSON), post("/json", `{"name":"a"} x`, isJSON),
		chunked("/json", "{}", isJSON), chunked("/bytes", "abc"), post("/bytes", "", "Content-Length: 9") + "ab",
		post("/bytes", "", "Expect: 100-continue", "Content-Length: 2") + "ab",
		post("/form", "name=a&n=1", "Content-Type: application/x-www-form-urlencoded"),
		post("/form", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n", "Content-Type: multipart/form-data; boundary=x"),
		get("/query?page=1&f=NaN&ok=x;"), reply("panic", ""), reply("panicafter", ""), reply("late", ""), reply("header", "a\r\nb"),
		reply("status", "99"), reply("redirect", "//x"), reply("events", "a\nb"), get("/etag", `If-None-Match: W/"x", *`),
		"GET /u/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /u/2 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /u/1 HTTP/1.0\r\n\r\n", "\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
	}
}

// FuzzServer sends bytes to a server: nothing panics, all that comes back is whole responses, and
// there are no more of them than there can be requests.
func FuzzServer(f *testing.F) {
	for _, s := range fuzzServerSeeds() {
		f.Add([]byte(s))
	}
	std := &testLog{}
	link := &fuzzLink{conns: make(chan net.Conn)}
	server := &http.Server{Handler: hostileRoutes(quiet()), ErrorLog: log.New(std, "", 0)}
	ended := make(chan struct{})
	go func() { defer close(ended); server.Serve(link) }()
	f.Cleanup(func() { close(link.conns); <-ended; server.Close() })
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		client, conn := net.Pipe()
		link.conns <- conn
		client.SetDeadline(time.Now().Add(10 * time.Second))
		received := make(chan []byte, 1)
		go func() {
			b, _ := io.ReadAll(io.LimitReader(client, 16<<20))
			client.Close() // ends a handler that still writes
			received <- b
		}()
		client.Write(text)
		// A pipe cannot be half closed. This ends an unfinished request, and else is a request
		// itself.
		client.Write([]byte("\r\n\r\nGET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		var raw []byte
		giveUp := time.AfterFunc(100*time.Millisecond, func() { client.Close() }) // for a body that never ends
		raw = <-received
		giveUp.Stop()
		client.Close()
		if strings.Contains(std.String(), "panic serving") {
			t.Fatalf("%q: %s", text, std)
		}
		most := bytes.Count(text, []byte("\n")) + 2 // a request has at least one line
		if err := checkResponses(raw, most); err != nil {
			t.Fatalf("%q: %v in\n%s", text, err, raw)
		}
	})
}

// checkResponses checks that bytes are responses one after the other, of which the last may be cut
// short.
func checkResponses(raw []byte, most int) error {
	if raw == nil || len(raw) > 16<<20-1 {
		return nil
	}
	n := 0
	for r := bufio.NewReader(bytes.NewReader(raw)); ; n++ {
		if _, err := r.Peek(1); err != nil {
			break
		}
		line, err := r.Peek(13)
		if err != nil {
			return nil // cut
		}
		var status int
		if c, err := fmt.Sscanf(string(line), "HTTP/1.%1d %3d ", new(int), &status); c != 2 || err != nil || status < 100 || status > 599 {
			if n > 0 {
				return nil // after a response to HEAD, which has no body, it is not clear where the next begins
			}
			return fmt.Errorf("status line %q", line)
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return nil
		}
		if resp.StatusCode >= 400 && resp.Header.Get("Content-Type") == "application/problem+json" && resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			return fmt.Errorf("status %d without nosniff", resp.StatusCode)
		}
		if n > most {
			return fmt.Errorf("%d responses to at most %d requests", n, most)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil // cut, or to HEAD
		}
		if resp.StatusCode == 500 && string(b) != problem(500) && !strings.Contains(string(b), "no such") {
			return fmt.Errorf("a 500 with %q", b)
		}
	}
	if n > most {
		return fmt.Errorf("%d responses to at most %d requests", n, most)
	}
	return nil
}
