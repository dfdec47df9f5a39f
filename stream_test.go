package apiroute_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// These tests are about what Stream, Events and JSONLines have in common, and about Stream.

// briefDeadline is what hurry puts in the place of the half minute that the package gives a client
// for a part of a stream.
const briefDeadline = 200 * time.Millisecond

// hurry is middleware that shortens the deadlines of streams.
var hurry = apiroute.Use(func(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(hurriedWriter{w}, r) })
})

type hurriedWriter struct{ http.ResponseWriter }

func (w hurriedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w hurriedWriter) SetWriteDeadline(d time.Time) error {
	if !d.IsZero() {
		d = time.Now().Add(briefDeadline)
	}
	return http.NewResponseController(w.ResponseWriter).SetWriteDeadline(d)
}

func (w hurriedWriter) SetReadDeadline(d time.Time) error {
	if !d.IsZero() {
		d = time.Now().Add(briefDeadline)
	}
	return http.NewResponseController(w.ResponseWriter).SetReadDeadline(d)
}

// timeouts sets both of the server's timeouts.
func timeouts(d time.Duration) func(*httptest.Server) {
	return func(s *httptest.Server) { s.Config.ReadTimeout, s.Config.WriteTimeout = d, d }
}

// http2 makes a server speak HTTP/2.
func http2(on bool) func(*httptest.Server) {
	return func(s *httptest.Server) { s.EnableHTTP2 = on }
}

// serveWith starts a server as newAPI does, for a router whose server is configured.
func serveWith(t testing.TB, configure func(*httptest.Server), register func(*apiroute.Router), opts ...apiroute.Option) *server {
	t.Helper()
	l := &testLog{}
	api := apiroute.New(append([]apiroute.Option{l.option()}, opts...)...)
	register(api)
	s := newServer(t, api, configure)
	s.log = l
	return s
}

// handle registers one handler for all methods of the path /.
func handle(h apiroute.Handler, opts ...apiroute.Option) func(*apiroute.Router) {
	return func(api *apiroute.Router) { api.Handle("/", h, opts...) }
}

// warnings returns what s.logs does, without the debug records.
func (s *server) warnings() (lines []string) {
	for _, line := range s.logs() {
		if logValue(line, "level") != "DEBUG" {
			lines = append(lines, line)
		}
	}
	return lines
}

// chunked returns a body in chunks, as HTTP/1 sends it.
func chunked(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(p), p)
	}
	return b.String() + "0\r\n\r\n"
}

// A readerFunc is a function as a reader.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// numbers yields the numbers from 0 to n-1, and waits before each.
func numbers(n int, wait time.Duration) func(func(int, error) bool) {
	return func(yield func(int, error) bool) {
		for i := 0; i < n; i++ {
			time.Sleep(wait)
			if !yield(i, nil) {
				return
			}
		}
	}
}

// streamX, sendX and linesOf respond with a stream of each kind.
func streamX(res *apiroute.Response) error { return res.Stream("", strings.NewReader("x")) }

func sendX(res *apiroute.Response) error {
	ev, err := res.Events()
	if err == nil {
		err = ev.Send(apiroute.Event{Data: "x"})
	}
	return err
}

func linesOf(n int) func(*apiroute.Response) error {
	return func(res *apiroute.Response) error { return apiroute.JSONLines(res, numbers(n, 0)) }
}

func TestStreamContentType(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, header, argument, want string }{
		{"none", "", "", "application/octet-stream"},
		{"header", "text/csv", "", "text/csv"},
		{"argument", "", "text/plain", "text/plain"},
		{"both", "text/csv", "text/plain", "text/plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
				if tt.header != "" {
					res.SetHeader("Content-Type", tt.header)
				}
				return res.Status(203).Stream(tt.argument, strings.NewReader("x"))
			})))
			got := s.do("GET", "/", "")
			got.want(t, 203, "x")
			if got.header.Get("Content-Type") != tt.want || got.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("header %v, want the type %s", got.header, tt.want)
			}
		})
	}
}

// Each part is with the client before the source has the next one; parts as long as the buffer, and
// longer, among them.
func TestStreamSendsPartsAsTheyCome(t *testing.T) {
	t.Parallel()
	parts := []string{"one", strings.Repeat("2", 32<<10), strings.Repeat("3", 32<<10), strings.Repeat("4", 100_000), "five"}
	r, w := io.Pipe()
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error { return res.Stream("", r) })))
	t.Cleanup(func() { w.CloseWithError(errors.New("the test has failed")) })
	c := s.dial(t)
	c.send(t, requestText("GET", "/", ""))
	io.WriteString(w, parts[0])
	resp := c.response(t, "GET")
	for i, part := range parts {
		if i > 0 {
			io.WriteString(w, part)
		}
		if got := readN(t, resp.Body, len(part)); got != part {
			t.Fatalf("%.20q, want %.20q", got, part)
		}
	}
	w.Close()
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("after the last part: %q, error %v", rest, err)
	}
}

func TestStreamErrorOfReader(t *testing.T) {
	t.Parallel()
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
			t.Parallel()
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
				err := res.Stream("", tt.r)
				if !errors.Is(err, broken) {
					t.Errorf("Stream: %v; want the reader's error", err)
				}
				if tt.ignore {
					return nil
				}
				return err
			})))
			if got := s.do("GET", "/", ""); !strings.HasPrefix(tt.body, got.body) || got.err == nil {
				t.Errorf("body %q, error %v; want no more than %q, and a cut", got.body, got.err, tt.body)
			}
			if lines := s.warnings(); len(lines) != 1 || !strings.Contains(lines[0], broken.Error()) {
				t.Errorf("logged %q, want the reader's error", lines)
			}
		})
	}
}

// To HEAD, and with a status that has no body, a stream is its header. That ends the handler and is
// no failure.
func TestStreamWithoutBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		status int
	}{
		{"HEAD", 200}, {"GET", 204}, {"GET", 205}, {"GET", 304}, {"HEAD", 204},
	} {
		for name, stream := range map[string]func(*testing.T, *apiroute.Response) error{
			"Stream": func(t *testing.T, res *apiroute.Response) error {
				return res.Stream("text/plain", readerFunc(func([]byte) (int, error) {
					t.Error("the source is read")
					return 0, io.EOF
				}))
			},
			"Events": func(t *testing.T, res *apiroute.Response) error {
				ev, err := res.Events()
				if ev != nil || err == nil {
					t.Errorf("Events: %v, %v; want an error that ends the handler", ev, err)
				}
				return err
			},
			"Events, wrapped": func(_ *testing.T, res *apiroute.Response) error {
				_, err := res.Events()
				return fmt.Errorf("news: %w", err)
			},
			"JSONLines": func(_ *testing.T, res *apiroute.Response) error {
				return apiroute.JSONLines(res, func(yield func(int, error) bool) { yield(1, nil) })
			},
			"JSONLines, empty": func(_ *testing.T, res *apiroute.Response) error { return linesOf(0)(res) },
		} {
			t.Run(fmt.Sprintf("%s %d %s", tt.method, tt.status, name), func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, handle(respond(func(res *apiroute.Response) error { return stream(t, res.Status(tt.status)) })))
				s.oneReply(t, tt.method, "/").want(t, tt.status, "")
				if lines := s.warnings(); len(lines) > 0 {
					t.Errorf("logged %q", lines)
				}
			})
		}
	}
}

func TestStreamHeadHasTheHeadersOfGet(t *testing.T) {
	t.Parallel()
	for name, stream := range map[string]func(*apiroute.Response) error{
		"Stream":    func(res *apiroute.Response) error { return res.Stream("text/csv", strings.NewReader("a,b")) },
		"Events":    func(res *apiroute.Response) error { _, err := res.Events(); return err },
		"JSONLines": linesOf(2),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error { return stream(res.SetHeader("X-Own", "1")) })))
			get, head := s.oneReply(t, "GET", "/"), s.oneReply(t, "HEAD", "/")
			if get.err != nil || head.err != nil || get.header.Get("X-Own") != "1" {
				t.Errorf("GET: header %v, error %v; HEAD: error %v", get.header, get.err, head.err)
			}
			if diff := cmp.Diff(get.fixedHeader(), head.fixedHeader()); diff != "" {
				t.Errorf("headers (-GET +HEAD):\n%s", diff)
			}
		})
	}
}

// No stream begins once there is a response, or with a status that is none.
func TestStreamAfterResponse(t *testing.T) {
	t.Parallel()
	for name, stream := range map[string]func(*apiroute.Response) error{
		"Stream":           streamX,
		"Events":           func(res *apiroute.Response) error { _, err := res.Events(); return err },
		"JSONLines":        linesOf(2),
		"JSONLines, empty": linesOf(0),
	} {
		t.Run(name+" after Text", func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
				if err := res.Text("first"); err != nil {
					t.Error(err)
				}
				if err := stream(res); !errors.Is(err, apiroute.ErrAnswered) {
					t.Errorf("error %v, want ErrAnswered", err)
				}
				return nil
			})))
			s.do("GET", "/", "").want(t, 200, "first")
			s.wantErrors(t, apiroute.ErrAnswered.Error())
		})
		t.Run(name+" with status 600", func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error { return stream(res.Status(600)) })))
			s.do("GET", "/", "").want(t, 500, problem(500))
		})
	}
}

func TestResponseAfterStream(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]func(*apiroute.Response) error{
		"Stream":           streamX,
		"Events":           func(res *apiroute.Response) error { _, err := res.Events(); return err },
		"JSONLines":        linesOf(2),
		"JSONLines, empty": linesOf(0),
		"JSON":             func(res *apiroute.Response) error { return res.JSON(1) },
		"Write":            func(res *apiroute.Response) error { _, err := io.WriteString(res, "x"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
				if err := linesOf(1)(res); err != nil {
					t.Error(err)
				}
				if err := second(res); !errors.Is(err, apiroute.ErrAnswered) {
					t.Errorf("after JSONLines: error %v, want ErrAnswered", err)
				}
				return nil
			})))
			s.do("GET", "/", "").want(t, 200, "0\n")
		})
	}
}

// endless has a handler of each kind that streams until it fails.
var endless = map[string]apiroute.Handler{
	"Stream": respond(func(res *apiroute.Response) error {
		return res.Stream("", readerFunc(func(b []byte) (int, error) { clear(b); return len(b), nil }))
	}),
	"Events": respond(func(res *apiroute.Response) error {
		ev, err := res.Events()
		for err == nil {
			err = ev.Send(apiroute.Event{Data: strings.Repeat("x", 30_000)})
		}
		if again := ev.Send(apiroute.Event{Data: "x"}); again == nil {
			return errors.New("Send has failed, and then not")
		}
		return err
	}),
	"JSONLines": respond(func(res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(string, error) bool) {
			for yield(strings.Repeat("x", 30_000), nil) {
			}
		})
	}),
}

func TestStreamDropsStalledClient(t *testing.T) {
	t.Parallel()
	for name, h := range endless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := make(chan error, 1)
			s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
				err := h(req, res)
				failed <- err
				return err
			}), hurry)
			c := s.dial(t)
			c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			c.send(t, requestText("GET", "/", ""))
			if err := receive(t, "the client to be dropped", failed); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the handler got %v; want that the deadline has passed", err)
			}
		})
	}
}

func TestStreamClientGone(t *testing.T) {
	t.Parallel()
	for name, h := range endless {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := make(chan error, 1)
			s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
				err := h(req, res)
				<-req.Context().Done() // the write may fail first; the context then ends too
				failed <- err
				return err
			}))
			c := s.dial(t)
			c.send(t, requestText("GET", "/", ""))
			c.response(t, "GET")
			c.Close()
			if err := receive(t, "the handler to end", failed); err == nil || strings.Contains(err.Error(), "and then not") {
				t.Errorf("the handler got %v", err)
			}
			if lines := s.warnings(); len(lines) > 0 {
				t.Errorf("logged %q; that a client is gone is for the debug log", lines)
			}
		})
	}
}

func TestStreamIgnoresServerTimeouts(t *testing.T) {
	t.Parallel()
	const n, wait = 6, 100 * time.Millisecond
	for name, h := range map[string]apiroute.Handler{
		"Stream": respond(func(res *apiroute.Response) error {
			i := 0
			return res.Stream("", readerFunc(func(b []byte) (int, error) {
				if i++; i > n {
					return 0, io.EOF
				}
				time.Sleep(wait)
				return copy(b, "x\n"), nil
			}))
		}),
		"Events": respond(func(res *apiroute.Response) error {
			ev, err := res.Events()
			for i := 0; i < n && err == nil; i++ {
				time.Sleep(wait)
				err = ev.Send(apiroute.Event{Type: "x"})
			}
			return err
		}),
		"JSONLines": respond(func(res *apiroute.Response) error { return apiroute.JSONLines(res, numbers(n, wait)) }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveWith(t, timeouts(2*wait), handle(func(req *apiroute.Request, res *apiroute.Response) error {
				err := h(req, res)
				if err != nil || req.Context().Err() != nil {
					t.Errorf("error %v, context %v", err, req.Context().Err())
				}
				return err
			}))
			if got := s.do("GET", "/", ""); strings.Count(got.body, "\n") < n || got.err != nil {
				t.Errorf("body %q, error %v; want %d lines", got.body, got.err, n)
			}
		})
	}
}

// The server's deadline for reading goes too: otherwise a body that is sent back as it comes would
// break off.
func TestStreamOfRequest(t *testing.T) {
	t.Parallel()
	const n, wait = 6, 100 * time.Millisecond
	s := serveWith(t, timeouts(2*wait), handle(func(req *apiroute.Request, res *apiroute.Response) error {
		if err := http.NewResponseController(res).EnableFullDuplex(); err != nil {
			return err
		}
		return res.Stream("text/plain", req.Body)
	}))
	c := s.dial(t)
	c.send(t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n0\r\n")
	resp := c.response(t, "POST")
	for i := 0; i < n; i++ {
		if got := readN(t, resp.Body, 1); got != fmt.Sprint(i) {
			t.Errorf("%q, want %d", got, i)
		}
		time.Sleep(wait)
		fmt.Fprintf(c, "1\r\n%d\r\n", i+1)
	}
	c.send(t, "0\r\n\r\n")
	if rest, err := io.ReadAll(resp.Body); string(rest) != fmt.Sprint(n) || err != nil {
		t.Errorf("at the end %q, error %v", rest, err)
	}
}

// A response that is made from the body of the request has all of it, or does not look whole. net/http's
// server reads a part of the body away before a response, and forgets that the body had no end.
func TestStreamOfRequestIsWhole(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB
	for name, h := range map[string]apiroute.Handler{
		"body": func(req *apiroute.Request, res *apiroute.Response) error { return res.Stream("", req.Body) },
		"wrapped": func(req *apiroute.Request, res *apiroute.Response) error {
			return res.Stream("", io.TeeReader(bufio.NewReader(req.Body), io.Discard))
		},
		"begun": func(req *apiroute.Request, res *apiroute.Response) error {
			b := make([]byte, 1)
			if _, err := io.ReadFull(req.Body, b); err != nil {
				return err
			}
			return res.Stream("", io.MultiReader(bytes.NewReader(b), req.Body))
		},
	} {
		for _, tt := range []struct {
			name, header string
			parts        []string
			want         string // "": the response is cut
		}{
			{"too short", "Content-Length: 100", []string{"abc"}, ""},
			{"without a last chunk", "Transfer-Encoding: chunked", []string{"3\r\nabc\r\n"}, ""},
			{"a part late", "Content-Length: 6", []string{"abc", "def"}, "abcdef"},
			{"a chunk late", "Transfer-Encoding: chunked", []string{"3\r\nabc\r\n", chunked("def")}, "abcdef"},
			{"large", "Content-Length: 1048576", []string{large}, large},
			{"large, chunked", "Transfer-Encoding: chunked", []string{chunked(large)}, large},
		} {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				t.Parallel()
				returned := make(chan error, 1)
				s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
					err := h(req, res)
					returned <- err
					return err
				}), apiroute.NoBodyLimit())
				c := s.dial(t)
				begun := make(chan struct{})
				go func() {
					defer c.Conn.(*net.TCPConn).CloseWrite()
					io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\n"+tt.header+"\r\n\r\n")
					for i, part := range tt.parts {
						if i > 0 {
							<-begun
						}
						io.WriteString(c, part)
					}
				}()
				resp := c.response(t, "POST")
				close(begun)
				body, err := io.ReadAll(resp.Body)
				if whole := err == nil; whole != (tt.want != "") || whole && string(body) != tt.want {
					t.Errorf("%d bytes, error %v; want %d bytes and an error: %t", len(body), err, len(tt.want), tt.want == "")
				}
				if err := receive(t, "the handler to end", returned); (err == nil) != (tt.want != "") {
					t.Errorf("the handler returned %v", err)
				}
			})
		}
	}
}

// What is left of a body is not taken for the next request, and does not make the server panic.
func TestStreamOfPartOfRequest(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 100_000)
	for _, tt := range []struct {
		name, header, body string
		close              bool
	}{
		{"all of it", "Content-Length: 3", "xxx", false},
		{"a large body", "Content-Length: 100000", large, true},
		{"a large chunk", "Transfer-Encoding: chunked", chunked(large), true},
		{"a bad chunk", "Transfer-Encoding: chunked", "3\r\nxxx\r\nbad\r\n", true},
		{"no more chunk, which is not waited for", "Transfer-Encoding: chunked", "3\r\nxxx\r\n", true},
		{"too short", "Content-Length: 100", "xxx", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
				return res.Stream("", io.LimitReader(req.Body, 3))
			}), apiroute.NoBodyLimit(), hurry)
			c := s.dial(t)
			c.send(t, "POST / HTTP/1.1\r\nHost: x\r\n"+tt.header+"\r\n\r\n"+tt.body)
			got := c.reply("POST")
			if got.want(t, 200, "xxx"); got.close != tt.close {
				t.Errorf("the response closes the connection: %t, want %t", got.close, tt.close)
			}
			if tt.close {
				if rest := c.rest(); rest != "" {
					t.Errorf("then %q", rest)
				}
				return
			}
			c.send(t, requestText("POST", "/", "yyy"))
			c.reply("POST").want(t, 200, "yyy")
		})
	}
}

// The deadline is the client's, for taking a part. It does not run while the source has none: with
// HTTP/2 it would reset the stream although nothing is written.
func TestStreamSlowSource(t *testing.T) {
	t.Parallel()
	const wait = 3 * briefDeadline / 2
	for name, h := range map[string]apiroute.Handler{
		"Stream": respond(func(res *apiroute.Response) error {
			i := 0
			return res.Stream("", readerFunc(func(b []byte) (int, error) {
				if i++; i > 2 {
					return 0, io.EOF
				}
				time.Sleep(wait)
				return copy(b, "x\n"), nil
			}))
		}),
		"JSONLines": respond(func(res *apiroute.Response) error { return apiroute.JSONLines(res, numbers(2, wait)) }),
	} {
		for _, on := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %t", name, on), func(t *testing.T) {
				t.Parallel()
				s := serveWith(t, http2(on), handle(h), hurry)
				resp, err := s.Client().Get(s.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if want := map[bool]int{false: 1, true: 2}[on]; resp.ProtoMajor != want {
					t.Fatalf("the server speaks HTTP/%d", resp.ProtoMajor)
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
	t.Parallel()
	for name, stream := range map[string]func(*apiroute.Response) error{
		"Stream":    streamX,
		"Events":    sendX,
		"JSONLines": linesOf(1),
	} {
		for _, timeout := range []time.Duration{0, patience} {
			for _, method := range []string{"GET", "HEAD"} {
				t.Run(fmt.Sprintf("%s %s, timeout %v", method, name, timeout), func(t *testing.T) {
					t.Parallel()
					s := serveWith(t, timeouts(timeout), func(api *apiroute.Router) {
						api.Get("/", respond(stream))
						api.Get("/plain", respond(func(res *apiroute.Response) error {
							time.Sleep(50 * time.Millisecond)
							return res.Text("plain")
						}))
					}, hurry)
					c := s.dial(t)
					c.send(t, requestText(method, "/", ""))
					if got := c.reply(method); got.err != nil {
						t.Fatal(got.err)
					}
					time.Sleep(briefDeadline * 5 / 4) // past the last deadline of the stream
					c.send(t, requestText("GET", "/plain", ""))
					c.reply("GET").want(t, 200, "plain")
				})
			}
		}
	}
}

// A handler can be tested without a server, by a writer that has no deadlines.
func TestStreamInRecorder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		stream func(*apiroute.Response) error
		want   string
	}{
		{"Stream", streamX, "x"},
		{"JSONLines", linesOf(2), "0\n1\n"},
		{"Events", sendX, "data: x\n\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			respond(tt.stream).ServeHTTP(w, newRequest("GET", "/", ""))
			if w.Code != 200 || w.Body.String() != tt.want || !w.Flushed {
				t.Errorf("%d %q, flushed %t; want %q", w.Code, w.Body, w.Flushed, tt.want)
			}
		})
	}
}

// A blockWriter keeps a response back until it is whole, as http.TimeoutHandler does: it cannot
// flush.
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
	t.Parallel()
	for _, tt := range []struct {
		name   string
		stream func(*apiroute.Response) error
		want   string
	}{
		{"Stream", streamX, "x"},
		{"JSONLines", linesOf(2), "0\n1\n"},
		{"Events", sendX, "data: x\n\n"},
	} {
		for name, wrap := range map[string]func(*blockWriter) http.ResponseWriter{
			"no Flush":                func(w *blockWriter) http.ResponseWriter { return w },
			"http.ErrNotSupported":    func(w *blockWriter) http.ResponseWriter { return flushFails{w, http.ErrNotSupported} },
			"errors.ErrUnsupported":   func(w *blockWriter) http.ResponseWriter { return flushFails{w, errors.ErrUnsupported} },
			"hidden, unable to flush": func(w *blockWriter) http.ResponseWriter { return hiddenWriter{w} },
			"able to unwrap":          func(w *blockWriter) http.ResponseWriter { return hurriedWriter{w} },
		} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				w := &blockWriter{header: http.Header{}}
				respond(tt.stream).ServeHTTP(wrap(w), newRequest("GET", "/", ""))
				if w.code != 200 || w.body.String() != tt.want {
					t.Errorf("%d %q, want %q", w.code, &w.body, tt.want)
				}
			})
		}
		t.Run(tt.name+", http.TimeoutHandler", func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(tt.stream), apiroute.Use(func(next http.Handler) http.Handler {
				return http.TimeoutHandler(next, patience, "late")
			})))
			s.do("GET", "/", "").want(t, 200, tt.want)
			if lines := s.logs(); len(lines) > 0 {
				t.Errorf("logged %q", lines)
			}
		})
	}
}

// A flushFails is a writer whose errors come with flushing.
type flushFails struct {
	http.ResponseWriter
	err error
}

func (w flushFails) FlushError() error { return w.err }

func TestStreamErrorOfWriter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		flush  bool // whether it is flushing that fails
		stream func(*apiroute.Response) error
	}{
		{"Stream", false, streamX},
		{"JSONLines", false, linesOf(2)},
		{"Stream, flushed", true, streamX},
		{"JSONLines, flushed", true, linesOf(2)},
		{"Events, flushed", true, func(res *apiroute.Response) error { _, err := res.Events(); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var w http.ResponseWriter = &blockWriter{header: http.Header{}, err: errBroken}
			if tt.flush {
				w = flushFails{&blockWriter{header: http.Header{}}, errBroken}
			}
			var got error
			api := apiroute.New(quiet())
			api.Get("/", respond(func(res *apiroute.Response) error {
				got = tt.stream(res)
				return got
			}))
			v := recovered(func() { api.ServeHTTP(w, newRequest("GET", "/", "")) })
			if !errors.Is(got, errBroken) || v != http.ErrAbortHandler {
				t.Errorf("error %v, panic %v; want the writer's error and http.ErrAbortHandler", got, v)
			}
		})
	}
}
