package apiroute

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

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

// hurry makes the deadlines of streams a tenth of a second instead of half a
// minute, by a writer around net/http's.
var hurry = Use(func(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(hurriedWriter{w}, r) })
})

type hurriedWriter struct{ http.ResponseWriter }

func (w hurriedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w hurriedWriter) SetWriteDeadline(d time.Time) error {
	if !d.IsZero() {
		d = time.Now().Add(100 * time.Millisecond)
	}
	return http.NewResponseController(w.ResponseWriter).SetWriteDeadline(d)
}

func (w hurriedWriter) SetReadDeadline(d time.Time) error {
	if !d.IsZero() {
		d = time.Now().Add(100 * time.Millisecond)
	}
	return http.NewResponseController(w.ResponseWriter).SetReadDeadline(d)
}

// readerFunc is a function as a reader.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

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

func TestStreamContentType(t *testing.T) {
	for _, tt := range []struct{ set, given, want string }{
		{"", "", "application/octet-stream"},
		{"text/csv", "", "text/csv"},
		{"", "text/plain", "text/plain"},
		{"text/csv", "text/plain", "text/plain"},
	} {
		api := New()
		api.Get("/", func(_ *Request, res *Response) error {
			if tt.set != "" {
				res.SetHeader("Content-Type", tt.set)
			}
			return res.Status(203).Stream(tt.given, strings.NewReader("x"))
		})
		resp, body, err := streamDo(t, streamServe(t, api), "GET", "/")
		h := resp.Header
		if resp.StatusCode != 203 || h.Get("Content-Type") != tt.want || h.Get("X-Content-Type-Options") != "nosniff" || body != "x" || err != nil {
			t.Errorf("%+v: %d, %v, body %q, error %v", tt, resp.StatusCode, h, body, err)
		}
	}
}

func TestStreamPartsArriveAsTheyCome(t *testing.T) {
	// Each part must be with the client before the source has the next one; the
	// buffer's own length, and more, among them.
	parts := []string{"one", strings.Repeat("2", 32<<10), strings.Repeat("3", 32<<10), strings.Repeat("4", 100_000), "five"}
	r, w := io.Pipe()
	api := New()
	api.Get("/", func(_ *Request, res *Response) error { return res.Stream("", r) })
	s := streamServe(t, api)
	t.Cleanup(func() { w.CloseWithError(errors.New("the test has failed")) })
	c := streamDial(t, s)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	io.WriteString(w, parts[0])
	resp := c.answer("GET")
	for i, part := range parts {
		if i > 0 {
			io.WriteString(w, part)
		}
		if got := streamRead(t, resp.Body, len(part)); got != part {
			t.Fatalf("got %.20q, want %.20q", got, part)
		}
	}
	w.Close()
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("after the last part: %q, error %v", rest, err)
	}
}

func TestStreamErrorOfReader(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, tt := range []struct {
		name   string
		r      io.Reader
		body   string
		ignore bool
	}{
		{"before the first byte", iotest.ErrReader(broken), "", false},
		{"midway", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), "half", false},
		{"with the last bytes", iotest.DataErrReader(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))), "half", false},
		{"ignored by the handler", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), "half", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var logged streamLog
			api := New(logged.option())
			api.Get("/", func(_ *Request, res *Response) error {
				err := res.Stream("", tt.r)
				if !errors.Is(err, broken) {
					t.Errorf("Stream: %v; want the reader's error", err)
				}
				if tt.ignore {
					return nil
				}
				return err
			})
			_, body, err := streamDo(t, streamServe(t, api), "GET", "/")
			if !strings.HasPrefix(tt.body, body) || err == nil {
				t.Errorf("body %q, error %v; want no more than %q and a cut", body, err, tt.body)
			}
			logged.await(t, broken.Error())
		})
	}
}

func TestStreamWithoutBody(t *testing.T) {
	for _, tt := range []struct {
		method string
		status int
	}{
		{"HEAD", 200}, {"GET", 204}, {"GET", 205}, {"GET", 304}, {"HEAD", 204},
	} {
		var logged streamLog
		seq := func(yield func(int, error) bool) { yield(1, nil) }
		kinds := map[string]Handler{
			"Stream": func(_ *Request, res *Response) error {
				return res.Status(tt.status).Stream("text/plain", readerFunc(func([]byte) (int, error) {
					t.Errorf("%+v: the source is read", tt)
					return 0, io.EOF
				}))
			},
			"Events": func(_ *Request, res *Response) error {
				ev, err := res.Status(tt.status).Events()
				if ev != nil || err == nil {
					t.Errorf("%+v: Events: %v, %v; want an error that ends the handler", tt, ev, err)
				}
				return err
			},
			"Events, wrapped": func(_ *Request, res *Response) error {
				_, err := res.Status(tt.status).Events()
				return fmt.Errorf("news: %w", err)
			},
			"JSONLines": func(_ *Request, res *Response) error { return JSONLines(res.Status(tt.status), seq) },
			"JSONLines, empty": func(_ *Request, res *Response) error {
				return JSONLines(res.Status(tt.status), count(0, 0))
			},
		}
		for name, h := range kinds {
			logged := &logged
			api := New(logged.option())
			api.Get("/", h)
			resp, body, err := streamDo(t, streamServe(t, api), tt.method, "/")
			if resp.StatusCode != tt.status || body != "" || err != nil {
				t.Errorf("%s %+v: %d, body %q, error %v", name, tt, resp.StatusCode, body, err)
			}
			if logged.String() != "" {
				t.Errorf("%s %+v: that is no failure, but is logged: %s", name, tt, logged.String())
				logged.b.Reset()
			}
		}
	}
}

func TestStreamHeadHasTheHeadersOfGet(t *testing.T) {
	api := New()
	api.Get("/stream", func(_ *Request, res *Response) error {
		return res.SetHeader("X-Own", "1").Stream("text/csv", strings.NewReader("a,b"))
	})
	api.Get("/events", func(_ *Request, res *Response) error {
		_, err := res.SetHeader("X-Own", "1").Events()
		return err
	})
	api.Get("/lines", func(_ *Request, res *Response) error { return JSONLines(res.SetHeader("X-Own", "1"), count(2, 0)) })
	s := streamServe(t, api)
	for _, path := range []string{"/stream", "/events", "/lines"} {
		var headers []http.Header
		for _, method := range []string{"GET", "HEAD"} {
			resp, _, err := streamDo(t, s, method, path)
			if err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			resp.Header.Del("Date")
			headers = append(headers, resp.Header)
		}
		if diff := cmp.Diff(headers[0], headers[1]); diff != "" {
			t.Errorf("%s: headers (-GET +HEAD):\n%s", path, diff)
		}
	}
}

func TestStreamAfterAnAnswer(t *testing.T) {
	kinds := map[string]func(res *Response) error{
		"Stream":           func(res *Response) error { return res.Stream("", strings.NewReader("x")) },
		"Events":           func(res *Response) error { _, err := res.Events(); return err },
		"JSONLines":        func(res *Response) error { return JSONLines(res, count(2, 0)) },
		"JSONLines, empty": func(res *Response) error { return JSONLines(res, count(0, 0)) },
	}
	for name, stream := range kinds {
		var logged streamLog
		api := New(logged.option())
		api.Get("/", func(_ *Request, res *Response) error {
			if err := res.Text("first"); err != nil {
				t.Error(err)
			}
			if err := stream(res); !errors.Is(err, ErrAnswered) {
				t.Errorf("%s after Text: %v; want ErrAnswered", name, err)
			}
			return nil
		})
		api.Get("/bad", func(_ *Request, res *Response) error { return stream(res.Status(600)) })
		s := streamServe(t, api)
		resp, body, err := streamDo(t, s, "GET", "/")
		if resp.StatusCode != 200 || body != "first" || err != nil {
			t.Errorf("%s after Text: %d %q, error %v; want the first answer, whole", name, resp.StatusCode, body, err)
		}
		if !strings.Contains(logged.String(), "answered already") {
			t.Errorf("%s after Text is not logged: %s", name, logged.String())
		}
		resp, _, err = streamDo(t, s, "GET", "/bad")
		if resp.StatusCode != 500 || err != nil {
			t.Errorf("%s with status 600: %d, error %v; want a clean 500", name, resp.StatusCode, err)
		}
	}
}

func TestStreamAfterAStream(t *testing.T) {
	kinds := map[string]func(res *Response) error{
		"Stream":           func(res *Response) error { return res.Stream("", strings.NewReader("x")) },
		"Events":           func(res *Response) error { _, err := res.Events(); return err },
		"JSONLines":        func(res *Response) error { return JSONLines(res, count(2, 0)) },
		"JSONLines, empty": func(res *Response) error { return JSONLines(res, count(0, 0)) },
		"JSON":             func(res *Response) error { return res.JSON(1) },
		"Write":            func(res *Response) error { _, err := io.WriteString(res, "x"); return err },
	}
	for name, second := range kinds {
		var logged streamLog
		api := New(logged.option())
		api.Get("/", func(_ *Request, res *Response) error {
			if err := JSONLines(res, count(1, 0)); err != nil {
				t.Error(err)
			}
			if err := second(res); !errors.Is(err, ErrAnswered) {
				t.Errorf("%s after JSONLines: %v; want ErrAnswered", name, err)
			}
			return nil
		})
		if _, body, err := streamDo(t, streamServe(t, api), "GET", "/"); body != "0\n" || err != nil {
			t.Errorf("%s after JSONLines: %q, error %v; want the first answer, whole", name, body, err)
		}
	}
}

// endless is a handler of each kind that streams until it fails.
var endless = map[string]Handler{
	"Stream": func(_ *Request, res *Response) error {
		return res.Stream("", readerFunc(func(b []byte) (int, error) { clear(b); return len(b), nil }))
	},
	"Events": func(_ *Request, res *Response) error {
		ev, err := res.Events()
		for err == nil {
			err = ev.Send(Event{Data: strings.Repeat("x", 30_000)})
		}
		if again := ev.Send(Event{Data: "x"}); again == nil {
			return errors.New("Send has failed, and then not")
		}
		return err
	},
	"JSONLines": func(_ *Request, res *Response) error {
		return JSONLines(res, func(yield func(string, error) bool) {
			for yield(strings.Repeat("x", 30_000), nil) {
			}
		})
	},
}

func TestStreamStalledClientIsDropped(t *testing.T) {
	for name, h := range endless {
		t.Run(name, func(t *testing.T) {
			failed := make(chan error, 1)
			api := New(hurry, (&streamLog{}).option())
			api.Get("/", func(req *Request, res *Response) error {
				err := h(req, res)
				failed <- err
				return err
			})
			c := streamDial(t, streamServe(t, api))
			c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if err := streamReceive(t, "the client to be dropped", failed); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the handler got %v; want that the deadline has passed", err)
			}
		})
	}
}

func TestStreamClientGone(t *testing.T) {
	for name, h := range endless {
		t.Run(name, func(t *testing.T) {
			var logged streamLog
			failed := make(chan error, 1)
			api := New(logged.option())
			api.Get("/", func(req *Request, res *Response) error {
				err := h(req, res)
				// The write may fail first; the context then ends too.
				streamReceive(t, "the end of the context", req.Context().Done())
				failed <- err
				return err
			})
			c := streamDial(t, streamServe(t, api))
			c.ask("GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			c.Close()
			if err := streamReceive(t, "the handler to end", failed); err == nil || strings.Contains(err.Error(), "and then not") {
				t.Errorf("the handler got %v", err)
			}
			if logged.String() != "" {
				t.Errorf("that a client is gone is for the debug log: %s", logged.String())
			}
		})
	}
}

func TestStreamIgnoresDeadlinesOfServer(t *testing.T) {
	const n, wait = 6, 100 * time.Millisecond
	kinds := map[string]Handler{
		"Stream": func(_ *Request, res *Response) error {
			i := 0
			return res.Stream("", readerFunc(func(b []byte) (int, error) {
				if i++; i > n {
					return 0, io.EOF
				}
				time.Sleep(wait)
				return copy(b, "x\n"), nil
			}))
		},
		"Events": func(_ *Request, res *Response) error {
			ev, err := res.Events()
			for i := 0; i < n && err == nil; i++ {
				time.Sleep(wait)
				err = ev.Send(Event{Type: "x"})
			}
			return err
		},
		"JSONLines": func(_ *Request, res *Response) error { return JSONLines(res, count(n, wait)) },
	}
	for name, h := range kinds {
		t.Run(name, func(t *testing.T) {
			api := New()
			api.Get("/", func(req *Request, res *Response) error {
				err := h(req, res)
				if err != nil || req.Context().Err() != nil {
					t.Errorf("error %v, context %v", err, req.Context().Err())
				}
				return err
			})
			s := streamServe(t, api, func(s *httptest.Server) {
				s.Config.ReadTimeout, s.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
			})
			_, body, err := streamDo(t, s, "GET", "/")
			if got := strings.Count(body, "\n"); got < n || err != nil {
				t.Errorf("body %q, error %v; want %d lines", body, err, n)
			}
		})
	}
}

// TestStreamOfTheRequest checks that the server's deadline for reading goes too:
// past it a body that is sent back as it comes would break off.
func TestStreamOfTheRequest(t *testing.T) {
	api := New()
	api.Post("/", func(req *Request, res *Response) error {
		if err := http.NewResponseController(res).EnableFullDuplex(); err != nil {
			return err
		}
		return res.Stream("text/plain", req.Body)
	})
	c := streamDial(t, streamServe(t, api, func(s *httptest.Server) {
		s.Config.ReadTimeout, s.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	}))
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n0\r\n")
	resp := c.answer("POST")
	for i := 0; i < 6; i++ {
		if got := streamRead(t, resp.Body, 1); got != fmt.Sprint(i) {
			t.Errorf("got %q, want %d", got, i)
		}
		time.Sleep(100 * time.Millisecond)
		fmt.Fprintf(c, "1\r\n%d\r\n", i+1)
	}
	io.WriteString(c, "0\r\n\r\n")
	if rest, err := io.ReadAll(resp.Body); string(rest) != "6" || err != nil {
		t.Errorf("at the end %q, error %v", rest, err)
	}
}

// TestStreamOfTheRequestIsWhole checks that an answer made from the body of the
// request has all of it, or does not look whole. net/http's server reads a part
// of the body away before an answer, and forgets that the body had no end.
func TestStreamOfTheRequestIsWhole(t *testing.T) {
	got := make(chan error, 1)
	api := New((&streamLog{}).option(), NoBodyLimit(), Around(func(next Handler) Handler {
		return func(req *Request, res *Response) error {
			err := next(req, res)
			got <- err
			return err
		}
	}))
	api.Post("/body", func(req *Request, res *Response) error { return res.Stream("", req.Body) })
	api.Post("/wrapped", func(req *Request, res *Response) error {
		return res.Stream("", io.TeeReader(bufio.NewReader(req.Body), io.Discard))
	})
	api.Post("/begun", func(req *Request, res *Response) error {
		b := make([]byte, 1)
		if _, err := io.ReadFull(req.Body, b); err != nil {
			return err
		}
		return res.Stream("", io.MultiReader(bytes.NewReader(b), req.Body))
	})
	s := streamServe(t, api)
	large := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB
	for _, path := range []string{"/body", "/wrapped", "/begun"} {
		for _, tt := range []struct {
			name, header string
			parts        []string
			want         string // "": the answer is cut
		}{
			{"too short", "Content-Length: 100", []string{"abc"}, ""},
			{"without a last chunk", "Transfer-Encoding: chunked", []string{"3\r\nabc\r\n"}, ""},
			{"a part late", "Content-Length: 6", []string{"abc", "def"}, "abcdef"},
			{"a chunk late", "Transfer-Encoding: chunked", []string{"3\r\nabc\r\n", proxyChunked("def")}, "abcdef"},
			{"large", "Content-Length: 1048576", []string{large}, large},
			{"large, chunked", "Transfer-Encoding: chunked", []string{proxyChunked(large)}, large},
		} {
			c := streamDial(t, s)
			begun := make(chan struct{})
			go func() {
				defer c.Conn.(*net.TCPConn).CloseWrite()
				io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: x\r\n"+tt.header+"\r\n\r\n")
				for i, part := range tt.parts {
					if i > 0 {
						<-begun
					}
					io.WriteString(c, part)
				}
			}()
			resp := c.answer("POST")
			close(begun)
			body, err := io.ReadAll(resp.Body)
			if whole := err == nil; whole != (tt.want != "") || whole && string(body) != tt.want {
				t.Errorf("%s: %s: %d bytes, error %v; want %d bytes and an error: %t", path, tt.name, len(body), err, len(tt.want), tt.want == "")
			}
			if err := streamReceive(t, "the handler to end", got); (err == nil) != (tt.want != "") {
				t.Errorf("%s: %s: the handler returns %v", path, tt.name, err)
			}
		}
	}
}

// TestStreamOfAPartOfTheRequest checks that nothing of a body that is left is in
// the way of a next request, nor makes the server panic.
func TestStreamOfAPartOfTheRequest(t *testing.T) {
	var complaints streamLog
	api := New(NoBodyLimit(), hurry)
	api.Post("/", func(req *Request, res *Response) error { return res.Stream("", io.LimitReader(req.Body, 3)) })
	s := streamServe(t, api, func(s *httptest.Server) { s.Config.ErrorLog = log.New(&complaints, "", 0) })
	large := strings.Repeat("x", 100_000)
	for _, tt := range []struct {
		header, body string
		close        bool
	}{
		{"Content-Length: 3", "xxx", false},
		{"Content-Length: 100000", large, true},
		{"Transfer-Encoding: chunked", proxyChunked(large), true},
		{"Transfer-Encoding: chunked", "3\r\nxxx\r\nbad\r\n", true},
		{"Transfer-Encoding: chunked", "3\r\nxxx\r\n", true}, // and nothing more: it is not waited for
		{"Content-Length: 100", "xxx", true},
	} {
		c := streamDial(t, s)
		resp := c.ask("POST", "POST / HTTP/1.1\r\nHost: x\r\n"+tt.header+"\r\n\r\n"+tt.body)
		if body, err := io.ReadAll(resp.Body); string(body) != "xxx" || err != nil || resp.Close != tt.close {
			t.Errorf("%s, %.20q: %q, error %v, to be closed: %t; want %t", tt.header, tt.body, body, err, resp.Close, tt.close)
		}
		if tt.close {
			if rest, err := io.ReadAll(c.r); len(rest) > 0 {
				t.Errorf("%s, %.20q: then %q, error %v", tt.header, tt.body, rest, err)
			}
		} else if resp := c.ask("POST", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nyyy"); resp.StatusCode != 200 {
			t.Errorf("%s, %.20q: the next answer: %d", tt.header, tt.body, resp.StatusCode)
		}
	}
	if complaints.String() != "" {
		t.Errorf("net/http complains: %s", complaints.String())
	}
}

func TestJSONLinesOfTheRequestAreWhole(t *testing.T) {
	api := New(NoBodyLimit())
	api.Post("/", func(req *Request, res *Response) error {
		return JSONLines(res, func(yield func(json.RawMessage, error) bool) {
			for d := json.NewDecoder(req.Body); ; {
				var v json.RawMessage
				err := d.Decode(&v)
				if err == io.EOF || !yield(v, err) {
					return
				}
			}
		})
	})
	c := streamDial(t, streamServe(t, api))
	want := strings.Repeat(`"0123456789abcdef"`+"\n", 64<<10)
	go io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"+proxyChunked(want))
	resp := c.answer("POST")
	if body, err := io.ReadAll(resp.Body); string(body) != want || err != nil {
		t.Errorf("%d bytes, error %v; want %d bytes", len(body), err, len(want))
	}
}

// TestStreamSlowSource checks that the deadline is the client's, for taking a
// part, and does not run while the source has none: with HTTP/2 it resets the
// stream whether anything is written or not.
func TestStreamSlowSource(t *testing.T) {
	const wait = 300 * time.Millisecond // past the deadline of hurry
	kinds := map[string]Handler{
		"Stream": func(_ *Request, res *Response) error {
			i := 0
			return res.Stream("", readerFunc(func(b []byte) (int, error) {
				if i++; i > 2 {
					return 0, io.EOF
				}
				time.Sleep(wait)
				return copy(b, "x\n"), nil
			}))
		},
		"JSONLines": func(_ *Request, res *Response) error { return JSONLines(res, count(2, wait)) },
	}
	for name, h := range kinds {
		for _, http2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %t", name, http2), func(t *testing.T) {
				api := New(hurry, (&streamLog{}).option())
				api.Get("/", h)
				s := streamServe(t, api, func(s *httptest.Server) { s.EnableHTTP2 = http2 })
				resp, err := s.Client().Get(s.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if want := map[bool]int{false: 1, true: 2}[http2]; resp.ProtoMajor != want {
					t.Fatalf("answered by HTTP/%d", resp.ProtoMajor)
				}
				body, err := io.ReadAll(resp.Body)
				if strings.Count(string(body), "\n") != 2 || err != nil {
					t.Errorf("body %q, error %v; want two lines", body, err)
				}
			})
		}
	}
}

func TestStreamLeavesTheConnectionUsable(t *testing.T) {
	kinds := map[string]Handler{
		"Stream": func(_ *Request, res *Response) error { return res.Stream("", strings.NewReader("x")) },
		"Events": func(_ *Request, res *Response) error {
			ev, err := res.Events()
			if err == nil {
				err = ev.Send(Event{Data: "x"})
			}
			return err
		},
		"JSONLines": func(_ *Request, res *Response) error { return JSONLines(res, count(1, 0)) },
	}
	for name, h := range kinds {
		for _, timeout := range []time.Duration{0, guard} {
			for _, method := range []string{"GET", "HEAD"} {
				t.Run(fmt.Sprintf("%s %s, WriteTimeout %v", method, name, timeout), func(t *testing.T) {
					api := New(hurry)
					api.Get("/", h)
					api.Get("/plain", func(_ *Request, res *Response) error {
						time.Sleep(50 * time.Millisecond)
						return res.Text("plain")
					})
					s := streamServe(t, api, func(s *httptest.Server) {
						s.Config.WriteTimeout, s.Config.ReadTimeout = timeout, timeout
					})
					c := streamDial(t, s)
					resp := c.ask(method, method+" / HTTP/1.1\r\nHost: x\r\n\r\n")
					if _, err := io.ReadAll(resp.Body); err != nil {
						t.Fatal(err)
					}
					time.Sleep(150 * time.Millisecond) // past the last deadline of the stream
					resp = c.ask("GET", "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
					if body, err := io.ReadAll(resp.Body); string(body) != "plain" || err != nil {
						t.Errorf("the next answer: %q, error %v", body, err)
					}
				})
			}
		}
	}
}

func TestStreamInARecorder(t *testing.T) {
	// A handler is tested without a server, by a writer that knows no deadlines.
	for name, tt := range map[string]struct {
		h    Handler
		want string
	}{
		"Stream":    {func(_ *Request, res *Response) error { return res.Stream("", strings.NewReader("x")) }, "x"},
		"JSONLines": {func(_ *Request, res *Response) error { return JSONLines(res, count(2, 0)) }, "0\n1\n"},
		"Events": {func(_ *Request, res *Response) error {
			ev, err := res.Events()
			if err == nil {
				err = ev.Send(Event{Data: "x"})
			}
			return err
		}, "data: x\n\n"},
	} {
		w := httptest.NewRecorder()
		tt.h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 200 || w.Body.String() != tt.want || !w.Flushed {
			t.Errorf("%s: %d %q, flushed %t", name, w.Code, w.Body, w.Flushed)
		}
	}
}

// A blockWriter keeps an answer back until it is whole, as http.TimeoutHandler
// does: it cannot flush.
type blockWriter struct {
	header http.Header
	code   int
	body   bytes.Buffer
	err    error // of Write
}

func (w *blockWriter) Header() http.Header  { return w.header }
func (w *blockWriter) WriteHeader(code int) { w.code = code }
func (w *blockWriter) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	return w.body.Write(b)
}

func TestStreamWithoutFlush(t *testing.T) {
	for name, tt := range map[string]struct {
		h    Handler
		want string
	}{
		"Stream":    {func(_ *Request, res *Response) error { return res.Stream("", strings.NewReader("x")) }, "x"},
		"JSONLines": {func(_ *Request, res *Response) error { return JSONLines(res, count(2, 0)) }, "0\n1\n"},
	} {
		w := &blockWriter{header: http.Header{}}
		tt.h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.code != 200 || w.body.String() != tt.want {
			t.Errorf("%s: %d %q", name, w.code, &w.body)
		}
	}
	// Events would wait in vain for its first event.
	w := &blockWriter{header: http.Header{}}
	func() {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				t.Errorf("Events: panic %v", v)
			}
		}()
		Handler(func(_ *Request, res *Response) error {
			ev, err := res.Events()
			if ev != nil || !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("Events: %v, %v; want http.ErrNotSupported", ev, err)
			}
			return err
		}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.code == 200 {
			t.Error("Events: the answer looks whole")
		}
	}()
}

func TestStreamErrorOfWriter(t *testing.T) {
	broken := errors.New("broken pipe")
	for name, h := range map[string]Handler{
		"Stream":    func(_ *Request, res *Response) error { return res.Stream("", strings.NewReader("x")) },
		"JSONLines": func(_ *Request, res *Response) error { return JSONLines(res, count(2, 0)) },
		"Stream, flushed": func(_ *Request, res *Response) error {
			res.w = flushFails{res.w, broken}
			return res.Stream("", strings.NewReader("x"))
		},
		"JSONLines, flushed": func(_ *Request, res *Response) error {
			res.w = flushFails{res.w, broken}
			return JSONLines(res, count(2, 0))
		},
		"Events, flushed": func(_ *Request, res *Response) error {
			res.w = flushFails{res.w, broken}
			_, err := res.Events()
			return err
		},
	} {
		w := &blockWriter{header: http.Header{}}
		if !strings.Contains(name, "flushed") {
			w.err = broken
		}
		var got error
		func() {
			defer func() {
				if v := recover(); v != http.ErrAbortHandler {
					t.Errorf("%s: recovered %v; want http.ErrAbortHandler", name, v)
				}
			}()
			api := New((&streamLog{}).option())
			api.Get("/", func(req *Request, res *Response) error {
				got = h(req, res)
				return got
			})
			api.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		}()
		if !errors.Is(got, broken) {
			t.Errorf("%s: error %v; want that of the writer", name, got)
		}
	}
}

type flushFails struct {
	http.ResponseWriter
	err error
}

func (w flushFails) FlushError() error { return w.err }

func TestEventText(t *testing.T) {
	for _, tt := range []struct {
		event Event
		want  string
	}{
		{Event{}, "\n"},
		{Event{Data: "x"}, "data: x\n\n"},
		{Event{Data: ""}, "data: \n\n"},
		{Event{Data: " x"}, "data:  x\n\n"},
		{Event{Data: "a\nb"}, "data: a\ndata: b\n\n"},
		{Event{Data: "a\r\nb"}, "data: a\ndata: b\n\n"},
		{Event{Data: "a\rb"}, "data: a\ndata: b\n\n"},
		{Event{Data: "a\n\nb\n"}, "data: a\ndata: \ndata: b\ndata: \n\n"},
		{Event{Data: "a\n\revent: x"}, "data: a\ndata: \ndata: event: x\n\n"},
		{Event{Data: "id: 1"}, "data: id: 1\n\n"},
		{Event{Data: []byte("a\nb")}, "data: a\ndata: b\n\n"},
		{Event{Data: []byte(nil)}, "data: \n\n"},
		{Event{Data: 1}, "data: 1\n\n"},
		{Event{Data: map[string]string{"a": "x\ny"}}, `data: {"a":"x\ny"}` + "\n\n"},
		{Event{Data: (*int)(nil)}, "data: null\n\n"},
		{Event{Type: "ping"}, "event: ping\n\n"},
		{Event{ID: "7"}, "id: 7\n\n"},
		{Event{Retry: 1500 * time.Millisecond}, "retry: 1500\n\n"},
		{Event{Retry: time.Nanosecond}, "retry: 1\n\n"}, // and not 0, at once
		{Event{Retry: 500 * time.Microsecond}, "retry: 1\n\n"},
		{Event{Retry: time.Millisecond}, "retry: 1\n\n"},
		{Event{Retry: 1500 * time.Microsecond}, "retry: 2\n\n"},
		{Event{Retry: 1<<63 - 1}, "retry: 9223372036855\n\n"},
		{Event{Retry: -time.Second, Data: "x"}, "data: x\n\n"},
		{Event{ID: "7", Type: "t", Retry: time.Second, Data: "d"}, "event: t\nid: 7\nretry: 1000\ndata: d\n\n"},
		{Event{ID: ": x", Type: "data: y"}, "event: data: y\nid: : x\n\n"},
	} {
		got := httptest.NewRecorder()
		Handler(func(_ *Request, res *Response) error {
			ev, err := res.Events()
			if err == nil {
				err = ev.Send(tt.event)
			}
			return err
		}).ServeHTTP(got, httptest.NewRequest("GET", "/", nil))
		if got.Body.String() != tt.want {
			t.Errorf("%#v: %q, want %q", tt.event, got.Body, tt.want)
		}
	}
}

// A heard is an event as the client has it.
type heard struct{ ID, Type, Data string }

// hear reads events as the HTML standard says, section 9.2.6.
func hear(text string) (list []heard) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	var e heard
	var data []string
	for _, line := range strings.SplitAfter(text, "\n") {
		line, whole := strings.CutSuffix(line, "\n")
		if !whole {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if data != nil {
				e.Data = strings.Join(data, "\n")
				list = append(list, e)
			}
			e.Type, data = "", nil
		case name == "event":
			e.Type = value
		case name == "id":
			e.ID = value
		case name == "data":
			data = append(data, value)
		}
	}
	return list
}

func TestEventsOnTheWire(t *testing.T) {
	// What cannot be sent is refused, and what comes next is not disturbed.
	sent := []Event{
		{ID: "1", Type: "a", Data: "x"},
		{ID: "2\ndata: evil", Data: "refused"},
		{ID: "2\rdata: evil", Data: "refused"},
		{ID: "2\x00", Data: "refused"},
		{Type: "a\n\ndata: evil", Data: "refused"},
		{Type: "a\revil", Data: "refused"},
		{Data: func() {}},
		{Data: "lines\r\nof\rall\nkinds\n"},
		{ID: "3", Data: map[string]int{"n": 1}},
		{Data: []byte("bytes")},
	}
	var failed []int
	api := New()
	api.Get("/", func(_ *Request, res *Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		for i, e := range sent {
			if err := ev.Send(e); err != nil {
				failed = append(failed, i)
			}
		}
		return nil
	})
	resp, body, err := streamDo(t, streamServe(t, api), "GET", "/")
	if resp.StatusCode != 200 || err != nil {
		t.Fatalf("%d, error %v", resp.StatusCode, err)
	}
	if want := []int{1, 2, 3, 4, 5, 6}; !cmp.Equal(failed, want) {
		t.Errorf("refused %v, want %v", failed, want)
	}
	want := []heard{
		{"1", "a", "x"},
		{"1", "", "lines\nof\nall\nkinds\n"},
		{"3", "", `{"n":1}`},
		{"3", "", "bytes"},
	}
	if diff := cmp.Diff(want, hear(body)); diff != "" {
		t.Errorf("the client hears (-want +got):\n%s", diff)
	}
}

func TestEventsHeader(t *testing.T) {
	proceed := make(chan struct{})
	api := New()
	api.Get("/", func(req *Request, res *Response) error {
		if v := req.URL.Query().Get("cache"); v != "" {
			res.SetHeader("Cache-Control", v)
		}
		ev, err := res.SetHeader("Content-Type", "text/plain").Events()
		if err != nil {
			return err
		}
		<-proceed
		return ev.Send(Event{Data: req.Header.Get("Last-Event-ID")})
	})
	s := streamServe(t, api)
	for query, cache := range map[string]string{"": "no-cache", "?cache=no-store": "no-store"} {
		resp := streamDial(t, s).ask("GET", "GET /"+query+" HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 41\r\nConnection: close\r\n\r\n")
		// The header is here before there is any event.
		want := map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": cache, "X-Accel-Buffering": "no",
			"X-Content-Type-Options": "nosniff", "Content-Length": "",
		}
		for k, v := range want {
			if got := resp.Header.Get(k); got != v {
				t.Errorf("%q: %s: %q, want %q", query, k, got, v)
			}
		}
		proceed <- struct{}{}
		if body, err := io.ReadAll(resp.Body); string(body) != "data: 41\n\n" || err != nil {
			t.Errorf("%q: body %q, error %v", query, body, err)
		}
	}
}

func TestEventsComeOneByOne(t *testing.T) {
	proceed := make(chan int)
	api := New()
	api.Get("/", func(_ *Request, res *Response) error {
		ev, err := res.Events()
		for i := range proceed {
			if err == nil {
				err = ev.Send(Event{Data: i})
			}
		}
		return err
	})
	resp := streamDial(t, streamServe(t, api)).ask("GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	for i := 0; i < 3; i++ {
		proceed <- i
		if got, want := streamRead(t, resp.Body, len("data: 0\n\n")), fmt.Sprintf("data: %d\n\n", i); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	close(proceed)
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("at the end %q, error %v", rest, err)
	}
}

func TestEventsKeepAlive(t *testing.T) {
	proceed := make(chan struct{})
	api := New()
	api.Get("/", func(_ *Request, res *Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		// As if the time were up, twice: a comment sets the timer again. Stop says
		// whether it was set.
		for i := 0; i < 2; i++ {
			if !ev.timer.Stop() {
				t.Error("the timer was not set")
			}
			ev.timer.Reset(0)
			<-proceed
			streamAwait(t, "the timer to be set again", ev.timer.Stop)
			ev.timer.Reset(keepAlive)
		}
		return ev.Send(Event{Data: "x"})
	})
	resp := streamDial(t, streamServe(t, api)).ask("GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	for i := 0; i < 2; i++ {
		if got := streamRead(t, resp.Body, 3); got != ":\n\n" {
			t.Errorf("got %q, want a comment", got)
		}
		proceed <- struct{}{}
	}
	rest, err := io.ReadAll(resp.Body)
	if got := hear(string(rest)); err != nil || !cmp.Equal(got, []heard{{Data: "x"}}) {
		t.Errorf("then %q, error %v", rest, err)
	}
}

func TestEventsKeepAliveFindsTheClientGone(t *testing.T) {
	api := New((&streamLog{}).option())
	done := make(chan error, 1)
	api.Get("/", func(req *Request, res *Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		<-req.Context().Done()
		ev.timer.Reset(0)
		streamAwait(t, "the stream to end", func() bool {
			ev.mu.Lock()
			defer ev.mu.Unlock()
			return ev.err != nil
		})
		if ev.timer.Stop() {
			t.Error("the timer of a stream that has ended is set")
		}
		err = ev.Send(Event{Data: "x"})
		done <- err
		return err
	})
	c := streamDial(t, streamServe(t, api))
	c.ask("GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	c.Close()
	if err := streamReceive(t, "the handler", done); !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v; want context.Canceled", err)
	}
}

func TestEventsEndWithTheHandler(t *testing.T) {
	for name, end := range map[string]func() error{
		"nil":   func() error { return nil },
		"error": func() error { return errors.New("x") },
		"panic": func() error { panic("x") },
		"abort": func() error { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			kept := make(chan *EventStream, 1)
			api := New((&streamLog{}).option())
			api.Get("/", func(_ *Request, res *Response) error {
				ev, err := res.Events()
				if err != nil {
					return err
				}
				kept <- ev
				return end()
			})
			_, _, err := streamDo(t, streamServe(t, api), "GET", "/")
			if (err == nil) != (name == "nil") {
				t.Errorf("the client got error %v", err)
			}
			ev := streamReceive(t, "the stream", kept)
			streamAwait(t, "the stream to end", func() bool {
				ev.mu.Lock()
				defer ev.mu.Unlock()
				return ev.err != nil || name == "abort"
			})
			if ev.timer.Stop() {
				t.Error("the timer of a stream that has ended is set: it would write to an answer that is net/http's again")
			}
			for i := 0; i < 2; i++ {
				err := ev.Send(Event{Data: "late"})
				if !errors.Is(err, ErrAnswered) && !(name == "abort" && err != nil) {
					t.Errorf("Send after the handler: %v; want ErrAnswered", err)
				}
			}
		})
	}
}

func TestEventsEndWhileACommentIsWritten(t *testing.T) {
	kept := make(chan *EventStream, 1)
	api := New((&streamLog{}).option())
	api.Get("/", func(_ *Request, res *Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		kept <- ev
		ev.mu.Lock() // the comment and the end of the handler will both wait
		ev.timer.Reset(0)
		time.Sleep(20 * time.Millisecond)
		time.AfterFunc(20*time.Millisecond, ev.mu.Unlock)
		return nil
	})
	_, body, err := streamDo(t, streamServe(t, api), "GET", "/")
	if body != "" && body != ":\n\n" || err != nil {
		t.Errorf("body %q, error %v", body, err)
	}
	if ev := <-kept; ev.timer.Stop() {
		t.Error("the timer of a stream that has ended is set")
	}
}

func TestEventsByManyGoroutines(t *testing.T) {
	const senders, each = 8, 50
	api := New()
	api.Get("/", func(_ *Request, res *Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		var wg sync.WaitGroup
		for i := 0; i < senders; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for j := 0; j < each; j++ {
					if err := ev.Send(Event{Data: fmt.Sprintf("%d\n%d", i, j)}); err != nil {
						t.Error(err)
					}
					ev.timer.Reset(0) // comments in between
				}
			}()
		}
		for i := 0; i < each; i++ { // nor does a look at the header disturb
			if got := res.Header().Get("Content-Type"); got != "text/event-stream" {
				t.Error(got)
			}
		}
		wg.Wait()
		return nil
	})
	_, body, err := streamDo(t, streamServe(t, api), "GET", "/")
	if err != nil {
		t.Fatal(err)
	}
	next := make([]int, senders)
	for _, e := range hear(body) {
		var i, j int
		if _, err := fmt.Sscanf(e.Data, "%d\n%d", &i, &j); err != nil || next[i] != j {
			t.Fatalf("event %q: %v; want number %d of this sender", e.Data, err, next[i])
		}
		next[i]++
	}
	for i, n := range next {
		if n != each {
			t.Errorf("%d events of sender %d, want %d", n, i, each)
		}
	}
}

// What a handler does too late, or Around still does, is no race with those who
// send.
func TestEventsByOthersMeanwhile(t *testing.T) {
	senders := func(next Handler) Handler {
		return func(req *Request, res *Response) error {
			events, err := res.Events()
			if err != nil {
				return err
			}
			var wg sync.WaitGroup
			for i := 0; i < 4; i++ {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for j := 0; j < 50; j++ {
						events.Send(Event{Data: "x"})
					}
				}()
			}
			events.Send(Event{Data: "x"})
			err = next(req, res)
			wg.Wait()
			return err
		}
	}
	for name, handler := range map[string]Handler{
		"nothing": func(*Request, *Response) error { return nil },
		"Status":  func(_ *Request, res *Response) error { res.Status(500); return nil },
		"JSON":    func(_ *Request, res *Response) error { res.Status(500).JSON("x"); return nil },
	} {
		api := New((&streamLog{}).option(), Around(senders))
		api.Get("/", handler)
		_, body, err := streamDo(t, streamServe(t, api), "GET", "/")
		if got := len(hear(body)); err != nil || got != 4*50+1 {
			t.Errorf("%s: %d events, %v", name, got, err)
		}
	}
}

func TestEventsPastTheTimeoutOfTheRoute(t *testing.T) {
	var logged streamLog
	got := make(chan error, 1)
	api := New(logged.option())
	api.Get("/", func(req *Request, res *Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		<-req.Context().Done()
		err = ev.Send(Event{Data: "x"})
		got <- err
		return err
	}, Timeout(20*time.Millisecond))
	_, body, err := streamDo(t, streamServe(t, api), "GET", "/")
	if body != "" || err == nil {
		t.Errorf("body %q, error %v; want a cut", body, err)
	}
	if err := streamReceive(t, "the handler", got); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send: %v; want context.DeadlineExceeded", err)
	}
	logged.await(t, "deadline exceeded")
}

func TestJSONLines(t *testing.T) {
	type seq = func(func(any, error) bool)
	broken := errors.New("dsn=secret")
	yields := func(values ...any) seq {
		return func(yield func(any, error) bool) {
			for _, v := range values {
				err, _ := v.(error)
				if !yield(v, err) {
					return
				}
			}
		}
	}
	for _, tt := range []struct {
		name   string
		seq    seq
		status int
		body   string // "": an error that the package answers
		cut    bool
		logged string
	}{
		{"values", yields(1, "two", nil, map[string]int{"n": 3}, "<a>\n"), 200, "1\n\"two\"\nnull\n{\"n\":3}\n\"\\u003ca\\u003e\\n\"\n", false, ""},
		{"none", yields(), 200, "", false, ""},
		{"an error first", yields(broken), 500, "", false, "dsn=secret"},
		{"an answer first", yields(Errorf(404, "no such list")), 404, "", false, ""},
		{"an error midway", yields(1, broken, 2), 200, "1\n", true, "dsn=secret"},
		{"an answer midway", yields(1, Errorf(404, "no such list")), 200, "1\n", true, "no such list"},
		{"no JSON first", yields(func() {}), 500, "", false, "JSONLines: json: unsupported type"},
		{"no JSON midway", yields(1, func() {}, 2), 200, "1\n", true, "JSONLines: json: unsupported type"},
		{"an error, and on", func(yield func(any, error) bool) {
			yield(1, nil)
			if yield(nil, broken) {
				t.Error("yield is true after an error")
			}
			yield(2, nil) // one that does not look
		}, 200, "1\n", true, "dsn=secret"},
		{"no JSON, and on", func(yield func(any, error) bool) {
			yield(1, nil)
			yield(func() {}, nil)
			yield(2, nil)
		}, 200, "1\n", true, "unsupported type"},
		{"a panic first", func(func(any, error) bool) { panic("dsn=secret") }, 500, "", false, "dsn=secret"},
		{"a panic midway", func(yield func(any, error) bool) { yield(1, nil); panic("dsn=secret") }, 200, "1\n", true, "dsn=secret"},
	} {
		for _, ignore := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, error ignored %t", tt.name, ignore), func(t *testing.T) {
				var logged streamLog
				api := New(logged.option())
				api.Get("/", func(_ *Request, res *Response) error {
					err := JSONLines(res.SetHeader("X-Own", "1"), tt.seq)
					if (err == nil) != (tt.status == 200 && !tt.cut) {
						t.Errorf("JSONLines: error %v", err)
					}
					if ignore {
						return nil
					}
					return err
				})
				resp, body, err := streamDo(t, streamServe(t, api), "GET", "/")
				if resp.StatusCode != tt.status || (err != nil) != tt.cut || tt.status == 200 && body != tt.body {
					t.Errorf("%d %q, error %v; want %d %q, cut %t", resp.StatusCode, body, err, tt.status, tt.body, tt.cut)
				}
				contentType, own := "application/x-ndjson", "1"
				if tt.status != 200 {
					contentType, own = "application/problem+json", ""
				}
				h := resp.Header
				if h.Get("Content-Type") != contentType || h.Get("X-Own") != own || h.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("header %v; want %s", h, contentType)
				}
				if strings.Contains(body, "secret") || strings.Contains(body, "unsupported") {
					t.Errorf("the error reaches the client: %q", body)
				}
				// It is logged before the connection is cut.
				if got := logged.String(); !strings.Contains(got, tt.logged) || tt.logged == "" && got != "" {
					t.Errorf("logged %q, want %q", got, tt.logged)
				}
			})
		}
	}
}

func TestJSONLinesKeepsTheOwnType(t *testing.T) {
	api := New()
	api.Get("/[n]", func(req *Request, res *Response) error {
		return JSONLines(res.Status(202).SetHeader("Content-Type", "application/jsonl"), count(len(req.Param("n"))-1, 0))
	})
	s := streamServe(t, api)
	for path, want := range map[string]string{"/1": "", "/12": "0\n"} {
		resp, body, err := streamDo(t, s, "GET", path)
		if resp.StatusCode != 202 || resp.Header.Get("Content-Type") != "application/jsonl" || body != want || err != nil {
			t.Errorf("%s: %d %v %q, error %v", path, resp.StatusCode, resp.Header, body, err)
		}
	}
}

func TestJSONLinesComeOneByOne(t *testing.T) {
	values := make(chan int)
	api := New()
	api.Get("/", func(_ *Request, res *Response) error {
		return JSONLines(res, func(yield func(int, error) bool) {
			for v := range values {
				yield(v, nil)
			}
		})
	})
	resp := func() *http.Response {
		c := streamDial(t, streamServe(t, api))
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		values <- 1
		return c.answer("GET")
	}()
	for i := 1; i < 4; i++ {
		if got, want := streamRead(t, resp.Body, 2), fmt.Sprintf("%d\n", i); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if i < 3 {
			values <- i + 1
		}
	}
	close(values)
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("at the end %q, error %v", rest, err)
	}
}

func TestJSONLinesOfHeadDoesNotCall(t *testing.T) {
	api := New()
	api.Get("/", func(_ *Request, res *Response) error {
		return JSONLines(res, func(func(int, error) bool) { t.Error("called") })
	})
	resp, body, err := streamDo(t, streamServe(t, api), "HEAD", "/")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/x-ndjson" || body != "" || err != nil {
		t.Errorf("%d %v %q, error %v", resp.StatusCode, resp.Header, body, err)
	}
}

func TestResponseForNetHTTP(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	page := template.Must(template.New("").Parse(`<p>{{.}}</p>`))
	old := time.Date(2015, 10, 21, 7, 28, 0, 0, time.UTC)
	api := New(ETag(true))
	api.Get("/content", func(req *Request, res *Response) error {
		http.ServeContent(res, req.Request, "a.txt", old, strings.NewReader("0123456789"))
		return nil
	})
	api.Get("/file", func(req *Request, res *Response) error {
		http.ServeFile(res, req.Request, file)
		return nil
	})
	api.Get("/template", func(_ *Request, res *Response) error {
		return page.Execute(res.Status(201).SetHeader("Content-Type", "text/html; charset=utf-8"), "<b>")
	})
	api.Get("/template/broken", func(_ *Request, res *Response) error {
		return template.Must(template.New("").Parse(`<p>{{.No}}</p>`)).Execute(res, struct{}{})
	})
	api.Get("/copy", func(_ *Request, res *Response) error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(res, f)
		return err
	})
	s := streamServe(t, api)
	for _, tt := range []struct {
		method, path, header string
		status               int
		contentType, body    string
		length               int64
	}{
		{"GET", "/content", "", 200, "text/plain; charset=utf-8", "0123456789", 10},
		{"HEAD", "/content", "", 200, "text/plain; charset=utf-8", "", 10},
		{"GET", "/content", "Range: bytes=2-4", 206, "text/plain; charset=utf-8", "234", 3},
		{"GET", "/content", "Range: bytes=99-", 416, "text/plain; charset=utf-8", "invalid range: failed to overlap\n", 33},
		{"GET", "/content", "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT", 304, "", "", 0},
		{"GET", "/file", "", 200, "text/plain; charset=utf-8", "0123456789", 10},
		{"GET", "/file", "Range: bytes=-2", 206, "text/plain; charset=utf-8", "89", 2},
		{"GET", "/template", "", 201, "text/html; charset=utf-8", "<p>&lt;b&gt;</p>", 16},
		{"HEAD", "/template", "", 201, "text/html; charset=utf-8", "", -1},
		{"GET", "/copy", "", 200, "text/plain; charset=utf-8", "0123456789", 10},
	} {
		resp := streamDial(t, s).ask(tt.method, tt.method+" "+tt.path+" HTTP/1.1\r\nHost: x\r\n"+tt.header+"\r\n"+strings.Repeat("\r\n", min(len(tt.header), 1)))
		body, err := io.ReadAll(resp.Body)
		if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != tt.contentType || string(body) != tt.body ||
			resp.ContentLength != tt.length && tt.length >= 0 || err != nil {
			t.Errorf("%s %s %s: %d %q of %d bytes, %v, error %v; want %+v", tt.method, tt.path, tt.header,
				resp.StatusCode, body, resp.ContentLength, resp.Header, err, tt)
		}
	}
	if _, body, err := streamDo(t, s, "GET", "/template/broken"); body != "" && body != "<p>" || err == nil {
		t.Errorf("a template that breaks off: %q, error %v; want a cut", body, err)
	}
}

func TestResponseController(t *testing.T) {
	proceed := make(chan struct{})
	api := New()
	api.Get("/flush", func(_ *Request, res *Response) error {
		rc := http.NewResponseController(res)
		io.WriteString(res, "one")
		if err := rc.Flush(); err != nil {
			t.Errorf("Flush: %v", err)
		}
		<-proceed
		_, err := io.WriteString(res, "two")
		return err
	})
	api.Get("/deadline", func(req *Request, res *Response) error {
		rc := http.NewResponseController(res)
		if err := errors.Join(rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{}), rc.EnableFullDuplex()); err != nil {
			t.Error(err)
		}
		time.Sleep(300 * time.Millisecond)
		return res.Text("late")
	})
	api.Get("/hijack", func(_ *Request, res *Response) error {
		conn, rw, err := http.NewResponseController(res).Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := res.Text("x"); !errors.Is(err, ErrAnswered) {
			t.Errorf("Text after Hijack: %v", err)
		}
		if err := res.Stream("", strings.NewReader("x")); !errors.Is(err, ErrAnswered) {
			t.Errorf("Stream after Hijack: %v", err)
		}
		rw.WriteString("HTTP/1.1 299 Mine\r\nContent-Length: 0\r\n\r\n")
		return rw.Flush()
	})
	s := streamServe(t, api, func(s *httptest.Server) { s.Config.WriteTimeout = 100 * time.Millisecond })
	resp := streamDial(t, s).ask("GET", "GET /flush HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if got := streamRead(t, resp.Body, 3); got != "one" {
		t.Errorf("flushed %q", got)
	}
	proceed <- struct{}{}
	if body, err := io.ReadAll(resp.Body); string(body) != "two" || err != nil {
		t.Errorf("then %q, error %v", body, err)
	}
	if resp, body, err := streamDo(t, s, "GET", "/deadline"); resp.StatusCode != 200 || body != "late" || err != nil {
		t.Errorf("with another deadline: %d %q, error %v", resp.StatusCode, body, err)
	}
	if resp, _, err := streamDo(t, s, "GET", "/hijack"); resp.StatusCode != 299 || err != nil {
		t.Errorf("hijacked: %d, error %v", resp.StatusCode, err)
	}
}

// TestThousandStreams holds many event streams, each with an event now and
// then, and looks at what is left of them. APIROUTE_LONG=1 makes it longer.
func TestThousandStreams(t *testing.T) {
	const streams = 1000
	hold := time.Second
	if os.Getenv("APIROUTE_LONG") == "1" {
		hold = 10 * time.Second
	}
	var running sync.WaitGroup
	stop := make(chan struct{})
	api := New()
	api.Get("/", func(_ *Request, res *Response) error {
		ev, err := res.Events()
		for i := 0; err == nil; i++ {
			if err = ev.Send(Event{ID: fmt.Sprint(i), Data: "x"}); err != nil {
				break
			}
			select {
			case <-stop:
				return nil
			case <-time.After(200 * time.Millisecond):
			}
		}
		return err
	})
	s := streamServe(t, api)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // what pools keep goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	goroutines := runtime.NumGoroutine()
	begun := make(chan struct{}, streams)
	for i := 0; i < streams; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Error(err)
				begun <- struct{}{}
				return
			}
			defer conn.Close()
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			begun <- struct{}{}
			if err != nil {
				t.Error(err)
				return
			}
			body, err := io.ReadAll(resp.Body)
			if got := len(hear(string(body))); got < 2 || err != nil {
				t.Errorf("%d events, error %v", got, err)
			}
		}()
	}
	for i := 0; i < streams; i++ {
		streamReceive(t, "a stream to begin", begun)
	}
	time.Sleep(hold)
	close(stop)
	running.Wait()
	streamAwait(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	const slack = 4 << 20
	streamAwait(t, "the memory to be given back", func() bool { return heap() < before+slack })
}
