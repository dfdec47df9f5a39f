// This file holds what proxy_test.go, which is not converted yet, takes of the old hostile
// tests. Delete it when it is; JSONIsStrict then goes to export_test.go.

package apiroute

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// JSONIsStrict is for package apiroute_test.
const JSONIsStrict = respStrict

// A hostileSite is a router on a socket.
type hostileSite struct {
	addr string
	log  *routerLog
	std  *routerLog // net/http's own

	mu      sync.Mutex
	reached int // requests that came to the router
	active  int
	aborted int // panics with http.ErrAbortHandler
	idle    *sync.Cond
}

// hostileServe serves what build makes. Nothing but http.ErrAbortHandler may
// come out of ServeHTTP.
func hostileServe(t *testing.T, build func(Option) http.Handler) *hostileSite {
	t.Helper()
	s := &hostileSite{log: &routerLog{}, std: &routerLog{}}
	s.idle = sync.NewCond(&s.mu)
	h := build(s.log.option())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.reached++
		s.active++
		s.mu.Unlock()
		defer func() {
			v := recover()
			s.mu.Lock()
			defer s.mu.Unlock()
			s.active--
			s.idle.Broadcast()
			if v == nil {
				return
			}
			if s.aborted++; v != http.ErrAbortHandler {
				t.Errorf("%s %q: ServeHTTP panics: %v", r.Method, r.RequestURI, v)
			}
			panic(http.ErrAbortHandler)
		}()
		h.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(s.std, "", 0)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if text := s.std.String(); text != "" {
			t.Errorf("net/http complains: %s", text)
		}
	})
	s.addr = server.Listener.Addr().String()
	return s
}

// counts returns how many requests have come and have been aborted, once none is
// being served.
func (s *hostileSite) counts() (reached, aborted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.active > 0 {
		s.idle.Wait()
	}
	return s.reached, s.aborted
}

// A hostileReply is an answer in bytes and read.
type hostileReply struct {
	routerReply
	head string // as it came
	rest int    // bytes after it
}

// hostileAnswers sends text over a connection and reads all answers, up to as
// many as there are methods. What is left of the text after an early answer need
// not go through.
func (s *hostileSite) hostileAnswers(t *testing.T, text string, methods ...string) (replies []hostileReply) {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	defer func() { conn.Close(); <-sent }()
	conn.SetDeadline(time.Now().Add(20 * time.Second)) // so that a test that hangs says where
	go func() { defer close(sent); io.WriteString(conn, text) }()
	var raw bytes.Buffer
	r := bufio.NewReader(io.TeeReader(conn, &raw))
	for _, method := range methods {
		raw.Next(raw.Len() - r.Buffered())
		var reply hostileReply
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		for err == nil && resp.StatusCode < 200 {
			reply.interim = append(reply.interim, resp.StatusCode)
			raw.Next(raw.Len() - r.Buffered())
			resp, err = http.ReadResponse(r, &http.Request{Method: method})
		}
		if err != nil {
			reply.err = err
			return append(replies, reply)
		}
		head, _, _ := bytes.Cut(raw.Bytes(), []byte("\r\n\r\n"))
		reply.head = string(head) + "\r\n"
		body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
		resp.Body.Close()
		reply.status, reply.header, reply.body, reply.close, reply.err = resp.StatusCode, resp.Header, string(body), resp.Close, err
		if method == "HEAD" {
			n, _ := io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			reply.rest = int(n)
		}
		replies = append(replies, reply)
	}
	return replies
}

// hostileAnswer sends one request and reads its answer.
func (s *hostileSite) hostileAnswer(t *testing.T, text string) hostileReply {
	t.Helper()
	method, _, _ := strings.Cut(text, " ")
	return s.hostileAnswers(t, text, method)[0]
}

func hostileRaw(method, target string, lines ...string) string {
	return method + " " + target + " HTTP/1.1\r\n" + strings.Join(append([]string{"Host: x", "Connection: close"}, lines...), "\r\n") + "\r\n\r\n"
}
