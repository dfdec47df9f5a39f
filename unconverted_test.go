package apiroute

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// A respRecord is what a test looks at in a log record.
type respRecord struct {
	Level slog.Level
	Attrs map[string]string
}

// A respLog is a slog.Handler that keeps all records.
type respLog struct {
	mu      sync.Mutex
	records []respRecord
}

func (l *respLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *respLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *respLog) WithGroup(string) slog.Handler            { return l }

func (l *respLog) Handle(_ context.Context, r slog.Record) error {
	rec := respRecord{r.Level, map[string]string{}}
	r.Attrs(func(a slog.Attr) bool {
		rec.Attrs[a.Key] = a.Value.String()
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, rec)
	return nil
}

// take returns the records so far and forgets them.
func (l *respLog) take() []respRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.records
	l.records = nil
	return list
}

// A respServer serves a handler over a socket and watches it.
type respServer struct {
	*httptest.Server
	log *respLog

	mu     sync.Mutex
	idle   *sync.Cond
	active int // requests in the handler
	conns  int // connections so far
	std    bytes.Buffer
}

func (s *respServer) Write(b []byte) (int, error) { // net/http's own log
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.std.Write(b)
}

// logs returns what has been logged, once no request is in the handler: an
// error is logged after it has been answered.
func (s *respServer) logs() []respRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.active > 0 {
		s.idle.Wait()
	}
	return s.log.take()
}

func (s *respServer) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// respServe serves h. What panics out of it must be http.ErrAbortHandler, and
// net/http must find nothing to complain of.
func respServe(t *testing.T, l *respLog, h http.Handler) *respServer {
	t.Helper()
	s := &respServer{log: l}
	s.idle = sync.NewCond(&s.mu)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.active++
		s.mu.Unlock()
		defer func() {
			v := recover()
			s.mu.Lock()
			s.active--
			s.idle.Broadcast()
			s.mu.Unlock()
			if v != nil {
				if v != http.ErrAbortHandler {
					t.Errorf("%s %s: ServeHTTP panics: %v", r.Method, r.URL, v)
				}
				panic(http.ErrAbortHandler)
			}
		}()
		h.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(s, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
		}
	}
	s.Start()
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		s.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.std.Len() > 0 {
			t.Errorf("net/http logs: %s", s.std.String())
		}
	})
	return s
}

// respStart serves a router with the routes that register adds.
func respStart(t *testing.T, register func(*Router), opts ...Option) *respServer {
	t.Helper()
	l := &respLog{}
	api := New(append([]Option{Logger(slog.New(l))}, opts...)...)
	register(api)
	return respServe(t, l, api)
}

// A respAnswer is what a client has got.
type respAnswer struct {
	Status int
	Header http.Header
	Body   string
	Err    error // of the request or of reading the body
}

func (a respAnswer) get(key string) string { return a.Header.Get(key) }

// do sends a request; headers are name and value in turn.
func (s *respServer) do(t *testing.T, method, path, body string, headers ...string) respAnswer {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, s.URL+path, r)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		return respAnswer{Err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return respAnswer{resp.StatusCode, resp.Header, string(b), err}
}

// dial opens a connection; the deadline is there so that a hanging test ends.
func (s *respServer) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(30 * time.Second))
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// raw sends bytes and returns all that comes back until the server closes.
func (s *respServer) raw(t *testing.T, request string) string {
	t.Helper()
	c := s.dial(t)
	go io.WriteString(c, request)
	b, _ := io.ReadAll(c) // a reset by an early close is no matter
	return string(b)
}

// first sends bytes and returns the first answer, and whether the server says
// that it closes. It does not wait for that: net/http waits for a short body
// that does not come.
func (s *respServer) first(t *testing.T, request string) (a respAnswer, closes bool) {
	t.Helper()
	c := s.dial(t)
	defer c.Close()
	go io.WriteString(c, request) // not to its end where the server stops reading
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Errorf("%.200q: %v", request, err)
		return respAnswer{Err: err}, false
	}
	b, err := io.ReadAll(resp.Body)
	return respAnswer{resp.StatusCode, resp.Header, string(b), err}, resp.Close
}

// parse splits raw bytes into the answer and what follows it.
func (s *respServer) parse(t *testing.T, method, raw string) (a respAnswer, rest string) {
	t.Helper()
	r := bufio.NewReader(strings.NewReader(raw))
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s: %v in %q", method, err, raw)
	}
	b, err := io.ReadAll(resp.Body)
	a = respAnswer{resp.StatusCode, resp.Header, string(b), err}
	b, _ = io.ReadAll(r)
	return a, string(b)
}

// problem is the body of an error that has only a title.
func respProblem(status int) string {
	return fmt.Sprintf(`{"title":%q,"status":%d}`, http.StatusText(status), status)
}

// A respStatus is what middleware writes into its access log.
type respStatus struct {
	http.ResponseWriter
	status int
}

func (w *respStatus) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *respStatus) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func respSeen(seen *int) Option {
	return Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := &respStatus{ResponseWriter: w}
			h.ServeHTTP(recorder, r)
			*seen = recorder.status
		})
	})
}

// guard is how long a test waits for what must come. It is no measure: nothing
// here fails because it is slow.
const guard = 20 * time.Second

// A streamLog keeps what is logged.
type streamLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *streamLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *streamLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// option logs to l all that is not only for debugging.
func (l *streamLog) option() Option { return Logger(slog.New(slog.NewTextHandler(l, nil))) }

// await waits until the log holds a text.
func (l *streamLog) await(t *testing.T, text string) {
	t.Helper()
	streamAwait(t, "the log to hold "+text, func() bool { return strings.Contains(l.String(), text) })
}

// streamAwait waits until something is so.
func streamAwait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(guard); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// streamReceive returns what comes out of a channel.
func streamReceive[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(guard):
		t.Fatalf("waited in vain for %s", what)
		panic("not reached")
	}
}

// streamServe serves h. When the test ends, no goroutine of it may be left.
func streamServe(t *testing.T, h http.Handler, set ...func(*httptest.Server)) *httptest.Server {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		streamAwait(t, "the goroutines of the test to end", func() bool { return runtime.NumGoroutine() <= before })
	})
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, f := range set {
		f(s)
	}
	if s.EnableHTTP2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// A streamConn is a connection to a server.
type streamConn struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func streamDial(t *testing.T, s *httptest.Server) *streamConn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(guard))
	return &streamConn{conn, t, bufio.NewReader(conn)}
}

// ask sends text and returns the answer to it; method is that of the request.
func (c *streamConn) ask(method, text string) *http.Response {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
	return c.answer(method)
}

// answer reads the header of the next answer.
func (c *streamConn) answer(method string) *http.Response {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	return resp
}

// streamDo sends a request and returns the answer with its body. The error is
// that of reading it; if there is none, the answer is empty.
func streamDo(t *testing.T, s *httptest.Server, method, path string) (*http.Response, string, error) {
	t.Helper()
	c := streamDial(t, s)
	io.WriteString(c, method+" "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		return &http.Response{}, "", err
	}
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// streamRead reads the next n bytes.
func streamRead(t *testing.T, r io.Reader, n int) string {
	t.Helper()
	b := make([]byte, n)
	if n, err := io.ReadFull(r, b); err != nil {
		t.Fatalf("read %q and then %v", b[:n], err)
	}
	return string(b)
}

// count yields the numbers from 0 to n-1, and waits before each.
func count(n int, wait time.Duration) func(func(int, error) bool) {
	return func(yield func(int, error) bool) {
		for i := 0; i < n; i++ {
			time.Sleep(wait)
			if !yield(i, nil) {
				return
			}
		}
	}
}
