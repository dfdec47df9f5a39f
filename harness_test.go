package apiroute_test

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/apiroute"
)

// What all tests share is here and in client_test.go: here a server and the log of its router, there
// the ways to send a request to it and to read the response.

// patience is how long a test waits for something that must happen. It only ends a test that
// hangs: no test fails because it is slow.
const patience = 30 * time.Second

// A server serves a handler over a socket until its test ends, and watches it. The test fails if
// anything but http.ErrAbortHandler panics out of the handler, or if net/http writes to its own log
// and the test does not read it with complaints.
type server struct {
	*httptest.Server
	log *testLog // the log of the router; nil unless newAPI or the test sets it
	std testLog  // net/http's own log

	mu      sync.Mutex
	idle    sync.Cond // signaled when a request ends
	active  int       // requests in the handler now
	reached int       // requests that have come to the handler
	aborted int       // requests that have ended with http.ErrAbortHandler
	opened  int       // connections that have been opened
}

// nilList returns what a nil slice within a value is in a JSON response: [] where the toolchain has
// encoding/json/v2, and otherwise null.
func nilList(t *testing.T) string {
	t.Helper()
	text, err := apiroute.EncodeText([]int(nil))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// newServer starts a server. The functions in configure may change it before it starts; with
// EnableHTTP2 set, it speaks HTTP/2 over TLS.
func newServer(t testing.TB, h http.Handler, configure ...func(*httptest.Server)) *server {
	t.Helper()
	s := &server{}
	s.idle.L = &s.mu
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.active++
		s.reached++
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
	s.Config.ErrorLog = log.New(&s.std, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			s.opened++
			s.mu.Unlock()
		}
	}
	for _, f := range configure {
		f(s.Server)
	}
	if s.EnableHTTP2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		s.Close()
		if lines := s.complaints(); len(lines) > 0 {
			t.Errorf("net/http logs:\n%s", strings.Join(lines, "\n"))
		}
	})
	return s
}

// newAPI starts a server with a router that has the routes that register adds. The server keeps the
// log of the router; see logs.
func newAPI(t testing.TB, register func(*apiroute.Router), opts ...apiroute.Option) *server {
	t.Helper()
	l := &testLog{}
	api := apiroute.New(append([]apiroute.Option{l.option()}, opts...)...)
	register(api)
	s := newServer(t, api)
	s.log = l
	return s
}

// logs waits until no request is being handled, because an error is logged after its response is
// sent. It returns the records that the router has logged since the last call, one line each.
func (s *server) logs() []string {
	s.counts()
	return s.log.take()
}

// complaints returns the lines that net/http has logged since the last call.
func (s *server) complaints() []string { return s.std.take() }

// counts waits until no request is being handled. It returns how many requests have come to the
// handler, and how many of them were aborted.
func (s *server) counts() (reached, aborted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.active > 0 {
		s.idle.Wait()
	}
	return s.reached, s.aborted
}

// connections returns how many connections clients have opened.
func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// A testLog keeps what is written to it.
type testLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *testLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// take returns the lines so far and forgets them. There is none for an empty log.
func (l *testLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.buf.Reset()
	if l.buf.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(l.buf.String(), "\n"), "\n")
}

// option makes a router log to l, debug records too. A record is one line without its time, such as
// `level=ERROR msg="…" method=GET`.
func (l *testLog) option() apiroute.Option {
	return apiroute.Logger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})))
}

// logValue returns the value of a key in a line of a testLog, or "" if it is absent.
func logValue(line, key string) string {
	_, after, _ := strings.Cut(" "+line, " "+key+"=")
	if quoted, err := strconv.QuotedPrefix(after); err == nil {
		text, _ := strconv.Unquote(quoted)
		return text
	}
	value, _, _ := strings.Cut(after, " ")
	return value
}

// quiet is for a router whose log is of no interest.
func quiet() apiroute.Option {
	return apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// ignoreComplaints lets net/http log what it likes.
func ignoreComplaints(s *httptest.Server) { s.Config.ErrorLog = log.New(io.Discard, "", 0) }

// mustPanic calls f, which must panic with a string, and returns that string.
func mustPanic(t testing.TB, f func()) (text string) {
	t.Helper()
	defer func() {
		t.Helper()
		v := recover()
		s, ok := v.(string)
		if text = s; !ok {
			t.Errorf("panic with the %T %v, want one with a string", v, v)
		}
	}()
	f()
	return ""
}

// here returns the place of its call in the source, as "file.go:12". The package names such a place
// in its panics.
func here() string {
	_, file, line, _ := runtime.Caller(1)
	return file + ":" + strconv.Itoa(line)
}

// await waits until done returns true.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// receive returns the next value from a channel.
func receive[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// noLeaks fails the test if goroutines that it started outlive it. Call it first, before newServer,
// and not in a parallel test.
func noLeaks(t testing.TB) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		await(t, "the goroutines of the test to end", func() bool { return runtime.NumGoroutine() <= before })
	})
}
