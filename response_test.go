package apiroute

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

type respPoint struct {
	X int `json:"x"`
	Y any `json:"y"`
}

// respList has a say in its own encoding, also when it is nil.
type respList []int

func (l respList) MarshalJSON() ([]byte, error) { return []byte(fmt.Sprintf(`"%d"`, len(l))), nil }

// respText is a map that encodes as text.
type respText map[string]int

func (respText) MarshalText() ([]byte, error) { return []byte("text"), nil }

// respKeys is a nil slice whose method needs a pointer, so that encoding/json
// does not call it.
type respKeys []int

func (*respKeys) MarshalJSON() ([]byte, error) { return nil, errors.New("not called") }

func TestResponseEnding(t *testing.T) {
	const (
		jsonType = "application/json; charset=utf-8"
		textType = "text/plain; charset=utf-8"
		htmlType = "text/html; charset=utf-8"
	)
	big := strings.Repeat("0123456789", 1000)
	huge := strings.Repeat("x", 1<<20)
	for _, test := range []struct {
		name        string
		handler     Handler
		status      int
		contentType string
		body        string
	}{
		{"JSON", func(_ *Request, res *Response) error { return res.JSON(respPoint{1, "a"}) }, 200, jsonType, `{"x":1,"y":"a"}`},
		{"JSON 201", func(_ *Request, res *Response) error { return res.Status(201).JSON(1) }, 201, jsonType, `1`},
		{"JSON 404", func(_ *Request, res *Response) error { return res.Status(404).JSON(1) }, 404, jsonType, `1`},
		{"JSON 599", func(_ *Request, res *Response) error { return res.Status(599).JSON(1) }, 599, jsonType, `1`},
		{"JSON nil", func(_ *Request, res *Response) error { return res.JSON(nil) }, 200, jsonType, `null`},
		{"JSON nil slice", func(_ *Request, res *Response) error { return res.JSON([]respPoint(nil)) }, 200, jsonType, `[]`},
		{"JSON nil map", func(_ *Request, res *Response) error { return res.JSON(map[string]int(nil)) }, 200, jsonType, `{}`},
		{"JSON nil slice in a struct", func(_ *Request, res *Response) error { return res.JSON(respPoint{0, []int(nil)}) }, 200, jsonType, `{"x":0,"y":null}`},
		{"JSON nil pointer", func(_ *Request, res *Response) error { return res.JSON((*respPoint)(nil)) }, 200, jsonType, `null`},
		{"JSON nil slice with MarshalJSON", func(_ *Request, res *Response) error { return res.JSON(respList(nil)) }, 200, jsonType, `"0"`},
		{"JSON nil map with MarshalText", func(_ *Request, res *Response) error { return res.JSON(respText(nil)) }, 200, jsonType, `"text"`},
		{"JSON nil slice with MarshalJSON on its pointer", func(_ *Request, res *Response) error { return res.JSON(respKeys(nil)) }, 200, jsonType, `[]`},
		{"JSON escapes HTML", func(_ *Request, res *Response) error { return res.JSON("<script>&\u2028") }, 200, jsonType, `"\u003cscript\u003e\u0026\u2028"`},
		{"JSON ends in a line break of its own", func(_ *Request, res *Response) error { return res.JSON("\n") }, 200, jsonType, `"\n"`},
		{"JSON big", func(_ *Request, res *Response) error { return res.JSON(big) }, 200, jsonType, `"` + big + `"`},
		{"JSON huge", func(_ *Request, res *Response) error { return res.JSON(huge) }, 200, jsonType, `"` + huge + `"`},
		{"JSON of another type", func(_ *Request, res *Response) error {
			return res.SetHeader("Content-Type", "application/hal+json").JSON(1)
		}, 200, "application/hal+json", `1`},
		{"Text", func(_ *Request, res *Response) error { return res.Text("<b>") }, 200, textType, `<b>`},
		{"Text empty", func(_ *Request, res *Response) error { return res.Text("") }, 200, textType, ``},
		{"Text big", func(_ *Request, res *Response) error { return res.Text(big) }, 200, textType, big},
		{"Text of another type", func(_ *Request, res *Response) error { return res.SetHeader("content-type", "text/csv").Text("a,b") }, 200, "text/csv", `a,b`},
		{"HTML", func(_ *Request, res *Response) error { return res.Status(202).HTML("<b>") }, 202, htmlType, `<b>`},
		{"Bytes", func(_ *Request, res *Response) error { return res.Bytes("image/png", []byte("\x89PNG")) }, 200, "image/png", "\x89PNG"},
		{"Bytes of a type that replaces", func(_ *Request, res *Response) error {
			return res.SetHeader("Content-Type", "text/css").Bytes("image/png", []byte("\x89PNG"))
		}, 200, "image/png", "\x89PNG"},
		{"Bytes of the type that is set", func(_ *Request, res *Response) error {
			return res.SetHeader("Content-Type", "text/css").Bytes("", []byte("a{}"))
		}, 200, "text/css", "a{}"},
		{"Bytes of no type", func(_ *Request, res *Response) error { return res.Bytes("", []byte("<html>")) }, 200, "application/octet-stream", "<html>"},
		{"Bytes nil", func(_ *Request, res *Response) error { return res.Bytes("image/png", nil) }, 200, "image/png", ""},
		{"length too small", func(_ *Request, res *Response) error { return res.SetHeader("Content-Length", "3").Text("hello") }, 200, textType, `hello`},
		{"length too big", func(_ *Request, res *Response) error { return res.SetHeader("Content-Length", "300").Text("hello") }, 200, textType, `hello`},
		{"length absurd", func(_ *Request, res *Response) error { return res.SetHeader("Content-Length", "-x").JSON(5) }, 200, jsonType, `5`},
	} {
		s := respStart(t, func(api *Router) { api.Get("/x", test.handler) })
		got := s.do(t, "GET", "/x", "")
		want := respAnswer{test.status, http.Header{
			"Content-Type":           {test.contentType},
			"Content-Length":         {strconv.Itoa(len(test.body))},
			"X-Content-Type-Options": {"nosniff"},
		}, test.body, nil}
		delete(got.Header, "Date")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: GET (-want +got):\n%s", test.name, diff)
		}
		head, rest := s.parse(t, "HEAD", s.raw(t, "HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		delete(head.Header, "Date")
		delete(head.Header, "Connection")
		want.Body = ""
		if diff := cmp.Diff(want, head); diff != "" {
			t.Errorf("%s: HEAD (-want +got):\n%s", test.name, diff)
		}
		if rest != "" {
			t.Errorf("%s: HEAD has a body: %q", test.name, rest)
		}
		if logs := s.logs(); logs != nil {
			t.Errorf("%s: logged: %v", test.name, logs)
		}
	}
}

func TestResponseWithoutBody(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler Handler
		status  int
		length  string // on the wire; "" is none
	}{
		{"End", func(_ *Request, res *Response) error { return res.End() }, 204, ""},
		{"nil", func(_ *Request, res *Response) error { return nil }, 204, ""},
		{"nil with a header", func(_ *Request, res *Response) error { res.SetHeader("X-A", "1"); return nil }, 204, ""},
		{"End 200", func(_ *Request, res *Response) error { return res.Status(200).End() }, 200, "0"},
		{"nil 202", func(_ *Request, res *Response) error { res.Status(202); return nil }, 202, "0"},
		{"nil 404", func(_ *Request, res *Response) error { res.Status(404); return nil }, 404, "0"},
		{"End 599", func(_ *Request, res *Response) error { return res.Status(599).End() }, 599, "0"},
		{"the last Status counts", func(_ *Request, res *Response) error { return res.Status(500).Status(0).Status(201).End() }, 201, "0"},
		{"204 JSON", func(_ *Request, res *Response) error { return res.Status(204).JSON(1) }, 204, ""},
		{"204 JSON that cannot be encoded", func(_ *Request, res *Response) error { return res.Status(204).JSON(math.NaN()) }, 204, ""},
		{"204 Text", func(_ *Request, res *Response) error { return res.Status(204).Text("a") }, 204, ""},
		{"204 HTML", func(_ *Request, res *Response) error { return res.Status(204).HTML("a") }, 204, ""},
		{"204 Bytes", func(_ *Request, res *Response) error { return res.Status(204).Bytes("", []byte("a")) }, 204, ""},
		{"204 with a length", func(_ *Request, res *Response) error {
			return res.Status(204).SetHeader("Content-Length", "3").Text("abc")
		}, 204, ""},
		{"205 End", func(_ *Request, res *Response) error { return res.Status(205).End() }, 205, "0"},
		{"205 JSON", func(_ *Request, res *Response) error { return res.Status(205).JSON(1) }, 205, "0"},
		{"205 with a length", func(_ *Request, res *Response) error {
			return res.Status(205).SetHeader("Content-Length", "3").Text("abc")
		}, 205, "0"},
		{"304 End", func(_ *Request, res *Response) error { return res.Status(304).End() }, 304, ""},
		{"304 JSON", func(_ *Request, res *Response) error { return res.Status(304).JSON(1) }, 304, ""},
	} {
		s := respStart(t, func(api *Router) { api.Get("/x", test.handler) })
		for _, method := range []string{"GET", "HEAD"} {
			got, rest := s.parse(t, method, s.raw(t, method+" /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
			if got.Status != test.status || got.Body != "" || got.Err != nil || rest != "" {
				t.Errorf("%s: %s: got %d %q %v and %q after it, want %d without a body",
					test.name, method, got.Status, got.Body, got.Err, rest, test.status)
			}
			length := got.get("Content-Length")
			if method == "HEAD" && test.status == 205 {
				length = test.length // need not be there
			}
			if length != test.length || got.get("Transfer-Encoding") != "" || got.get("Content-Type") != "" {
				t.Errorf("%s: %s: got headers %v, want Content-Length %q and nothing of a body", test.name, method, got.Header, test.length)
			}
		}
		if logs := s.logs(); logs != nil {
			t.Errorf("%s: logged: %v", test.name, logs)
		}
	}
}

// What writes a body with a status that has none gets none out, and the
// connection stays in order.
func TestResponseWriteWithoutBody(t *testing.T) {
	for _, status := range []int{204, 205, 304} {
		for _, test := range []struct {
			name  string
			write func(*Response)
		}{
			{"Write", func(res *Response) { res.Status(status); res.Write([]byte("abc")) }},
			{"WriteHeader and Write", func(res *Response) { res.WriteHeader(status); res.Write([]byte("abc")) }},
			{"io.Copy", func(res *Response) { res.Status(status); io.Copy(res, strings.NewReader("abc")) }},
			{"Write and io.Copy", func(res *Response) {
				res.Status(status).Write([]byte("abc"))
				io.Copy(res, strings.NewReader("abc"))
			}},
			{"Flush and Write", func(res *Response) { res.Status(status).Flush(); res.Write([]byte("abc")) }},
		} {
			s := respStart(t, func(api *Router) {
				api.Get("/x", func(_ *Request, res *Response) error { test.write(res); return nil })
			})
			got, rest := s.parse(t, "GET", s.raw(t, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
			if got.Status != status || got.Body != "" || got.Err != nil || rest != "" {
				t.Errorf("%d by %s: got %d %q %v and %q after it, want no body", status, test.name, got.Status, got.Body, got.Err, rest)
			}
			for range 2 {
				if got := s.do(t, "GET", "/x", ""); got.Status != status || got.Err != nil {
					t.Errorf("%d by %s: again: got %d %v", status, test.name, got.Status, got.Err)
				}
			}
			if got := s.connections(); got != 2 {
				t.Errorf("%d by %s: got %d connections, want the second used again", status, test.name, got)
			}
		}
	}
}

func TestResponseStatusOutOfRange(t *testing.T) {
	word := strconv.IntSize / 2 // of which 200 is in the lower half
	for _, status := range []int{-1, 0, 1, 99, 100, 101, 103, 199, 600, 999, 1000, 200 + 1<<16, 200 + 1<<word} {
		for _, test := range []struct {
			name    string
			handler Handler
		}{
			{"JSON", func(_ *Request, res *Response) error { return res.Status(status).JSON(1) }},
			{"Text", func(_ *Request, res *Response) error { return res.Status(status).Text("a") }},
			{"End", func(_ *Request, res *Response) error { return res.Status(status).End() }},
			{"nil", func(_ *Request, res *Response) error { res.Status(status); return nil }},
			{"an ignored error", func(_ *Request, res *Response) error { res.Status(status).HTML("a"); return nil }},
			{"Redirect", func(_ *Request, res *Response) error { return res.Status(status).Redirect("/") }},
			{"Write", func(_ *Request, res *Response) error { _, err := res.Status(status).Write([]byte("a")); return err }},
			{"an ignored Write", func(_ *Request, res *Response) error { res.Status(status).Write([]byte("a")); return nil }},
			{"io.Copy", func(_ *Request, res *Response) error {
				_, err := io.Copy(res.Status(status), strings.NewReader("a"))
				return err
			}},
			{"Flush", func(_ *Request, res *Response) error { return res.Status(status).FlushError() }},
		} {
			s := respStart(t, func(api *Router) { api.Get("/x/[id]", test.handler) })
			for _, method := range []string{"GET", "HEAD"} {
				name := fmt.Sprintf("%s of status %d by %s", method, status, test.name)
				raw := s.raw(t, method+" /x/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
				if !strings.HasPrefix(raw, "HTTP/1.1 500 ") {
					t.Errorf("%s: got %q, want a 500", name, raw)
					s.logs()
					continue
				}
				got, rest := s.parse(t, method, raw)
				want := respProblem(500)
				if method == "HEAD" {
					want = ""
				}
				if got.Status != 500 || got.Body != want || rest != "" {
					t.Errorf("%s: got %d %q and %q after it, want a 500", name, got.Status, got.Body, rest)
				}
				logs := s.logs()
				if len(logs) != 1 || logs[0].Level != slog.LevelError || logs[0].Attrs["route"] != "/x/[id]" ||
					!strings.Contains(logs[0].Attrs["error"], strconv.Itoa(min(status, math.MaxInt32))) {
					t.Errorf("%s: got log %v, want one error that names the route and the status", name, logs)
				}
			}
		}
	}
}

type respFail struct{}

func (respFail) MarshalJSON() ([]byte, error) { return nil, errors.New("secret of MarshalJSON") }

type respCycle struct{ Next *respCycle }

func TestResponseJSONError(t *testing.T) {
	cycle := &respCycle{}
	cycle.Next = cycle
	loop := map[string]any{}
	loop["loop"] = loop
	for _, test := range []struct {
		name  string
		value any
	}{
		{"NaN", math.NaN()},
		{"+Inf", []float64{1, math.Inf(1)}},
		{"chan", make(chan int)},
		{"func", func() {}},
		{"complex", 1i},
		{"pointer cycle", cycle},
		{"map cycle", loop},
		{"map with a bad key", map[struct{ A int }]int{{1}: 1}},
		{"third element after 5 KB", []any{strings.Repeat("x", 5000), 1, respFail{}}},
		{"after 1 MB", []any{strings.Repeat("x", 1<<20), respFail{}}},
	} {
		for _, ignore := range []bool{false, true} {
			s := respStart(t, func(api *Router) {
				api.Get("/x", func(_ *Request, res *Response) error {
					err := res.Status(201).SetHeader("X-A", "1").SetCookie(&http.Cookie{Name: "a", Value: "b"}).JSON(test.value)
					if err == nil {
						t.Errorf("JSON(%s): got no error", test.name)
					}
					if ignore {
						return nil
					}
					return err
				})
			})
			got := s.do(t, "GET", "/x", "")
			if got.Status != 500 || got.Body != respProblem(500) || got.get("X-A") != "" || got.get("Set-Cookie") != "" {
				t.Errorf("JSON(%s), ignored %t: got %d %v %q, want a clean 500", test.name, ignore, got.Status, got.Header, got.Body)
			}
			if logs := s.logs(); len(logs) != 1 || logs[0].Level != slog.LevelError || !strings.Contains(logs[0].Attrs["error"], "JSON") {
				t.Errorf("JSON(%s), ignored %t: got log %v, want the error once", test.name, ignore, logs)
			}
		}
	}
}

// An ending method that could not answer has written nothing, so that another
// can.
func TestResponseFallback(t *testing.T) {
	for _, test := range []struct {
		name  string
		first func(*Response) error
	}{
		{"JSON", func(res *Response) error { return res.JSON(math.NaN()) }},
		{"Text", func(res *Response) error { return res.Status(99).Text("a") }},
		{"Redirect", func(res *Response) error { return res.Status(200).Redirect("/") }},
		{"Redirect to nowhere", func(res *Response) error { return res.Redirect("") }},
	} {
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(_ *Request, res *Response) error {
				if test.first(res) == nil {
					t.Errorf("%s: got no error", test.name)
				}
				return res.Status(200).Text("fallback")
			})
		})
		if got := s.do(t, "GET", "/x", ""); got.Status != 200 || got.Body != "fallback" {
			t.Errorf("after a failed %s: got %d %q", test.name, got.Status, got.Body)
		}
		if logs := s.logs(); logs != nil {
			t.Errorf("after a failed %s: logged %v", test.name, logs)
		}
	}
}

func TestResponseRedirect(t *testing.T) {
	for _, test := range []struct {
		set    int // 0: none
		url    string
		status int
		want   string // Location
	}{
		{0, "/a", 307, "/a"},
		{301, "/a", 301, "/a"},
		{302, "/a", 302, "/a"},
		{303, "/a", 303, "/a"},
		{307, "/a", 307, "/a"},
		{308, "/a", 308, "/a"},
		{0, "https://example.com/a?b=c&d#e", 307, "https://example.com/a?b=c&d#e"},
		{0, "a/../b?c=%2F%zz", 307, "a/../b?c=%2F%zz"}, // not made absolute, not decoded
		{0, "?page=2", 307, "?page=2"},
		{0, "/caf\u00e9?q=\u65e5", 307, "/caf%C3%A9?q=%E6%97%A5"},
		{0, "/\xff\x7f\x00", 307, "/%FF%7F%00"},
		{0, "/a\r\nSet-Cookie: b=c\r\n\r\n<html>", 307, "/a%0D%0ASet-Cookie: b=c%0D%0A%0D%0A<html>"},
		{0, "", 500, ""},
		{302, "", 500, ""},
		{200, "/a", 500, ""},
		{201, "/a", 500, ""},
		{204, "/a", 500, ""},
		{300, "/a", 500, ""},
		{304, "/a", 500, ""},
		{305, "/a", 500, ""},
		{306, "/a", 500, ""},
		{404, "/a", 500, ""},
	} {
		s := respStart(t, func(api *Router) {
			api.Handle("/x", func(_ *Request, res *Response) error {
				if test.set != 0 {
					res.Status(test.set)
				}
				return res.Redirect(test.url)
			})
		})
		for _, method := range []string{"GET", "HEAD", "POST"} {
			got := s.do(t, method, "/x", "")
			if got.Status != test.status || got.get("Location") != test.want || got.get("Set-Cookie") != "" || got.Err != nil {
				t.Errorf("%s: Status(%d).Redirect(%q): got %d %q %v, want %d %q",
					method, test.set, test.url, got.Status, got.get("Location"), got.Err, test.status, test.want)
			}
			if test.status != 500 && (got.Body != "" || got.get("Content-Type") != "") {
				t.Errorf("%s: Status(%d).Redirect(%q): got a body: %q %v", method, test.set, test.url, got.Body, got.Header)
			}
			if logs := s.logs(); (len(logs) == 1) != (test.status == 500) {
				t.Errorf("%s: Status(%d).Redirect(%q): logged %v", method, test.set, test.url, logs)
			}
		}
	}
}

func TestResponseSecondAnswer(t *testing.T) {
	first := map[string]func(*Response){
		"JSON":            func(res *Response) { res.JSON("first") },
		"Status and Text": func(res *Response) { res.Status(200).Text(`"first"`) },
	}
	second := []struct {
		name string
		call func(*Response) error
	}{
		{"JSON", func(res *Response) error { return res.JSON("second") }},
		{"JSON that cannot be encoded", func(res *Response) error { return res.JSON(math.NaN()) }},
		{"Text", func(res *Response) error { return res.Text("second") }},
		{"HTML", func(res *Response) error { return res.HTML("second") }},
		{"Bytes", func(res *Response) error { return res.Bytes("a/b", []byte("second")) }},
		{"Redirect", func(res *Response) error { return res.Redirect("/second") }},
		{"End", func(res *Response) error { return res.End() }},
		{"Write", func(res *Response) error {
			n, err := res.Write([]byte("second"))
			if n != 0 {
				t.Errorf("Write after an answer: got %d bytes written, want 0", n)
			}
			return err
		}},
		{"Write of nothing", func(res *Response) error { _, err := res.Write(nil); return err }},
		{"io.Copy", func(res *Response) error {
			n, err := io.Copy(res, strings.NewReader("second"))
			if n != 0 {
				t.Errorf("io.Copy after an answer: got %d bytes written, want 0", n)
			}
			return err
		}},
		{"Status", func(res *Response) error { res.Status(500); return ErrAnswered }},
		{"SetHeader", func(res *Response) error { res.SetHeader("X-Second", "1"); return ErrAnswered }},
		{"SetCookie", func(res *Response) error { res.SetCookie(&http.Cookie{Name: "second"}); return ErrAnswered }},
		{"WriteHeader", func(res *Response) error { res.WriteHeader(500); return ErrAnswered }},
		{"WriteHeader 103", func(res *Response) error { res.WriteHeader(103); return ErrAnswered }},
		{"all of Status, SetHeader and JSON", func(res *Response) error {
			return res.Status(500).SetHeader("X-Second", "1").JSON("second")
		}},
	}
	for firstName, answer := range first {
		for _, test := range second {
			for _, ignore := range []bool{false, true} {
				s := respStart(t, func(api *Router) {
					api.Get("/x", func(_ *Request, res *Response) error {
						answer(res)
						err := test.call(res)
						if !errors.Is(err, ErrAnswered) {
							t.Errorf("%s after %s: got error %v, want ErrAnswered", test.name, firstName, err)
						}
						if ignore {
							return nil
						}
						return err
					})
				})
				for range 2 {
					got := s.do(t, "GET", "/x", "")
					if got.Status != 200 || got.Body != `"first"` || got.Err != nil || got.get("X-Second") != "" || got.get("Set-Cookie") != "" {
						t.Errorf("%s after %s: got %d %v %q %v, want the first answer", test.name, firstName, got.Status, got.Header, got.Body, got.Err)
					}
					logs := s.logs()
					if len(logs) != 1 || logs[0].Attrs["error"] != ErrAnswered.Error() || logs[0].Attrs["route"] != "/x" {
						t.Errorf("%s after %s, ignored %t: got log %v, want ErrAnswered once", test.name, firstName, ignore, logs)
					}
				}
				if got := s.connections(); got != 1 {
					t.Errorf("%s after %s, ignored %t: got %d connections, want the first used again", test.name, firstName, ignore, got)
				}
			}
		}
	}
}

// A status or a header too late for an answer that is written bit by bit is
// logged, and the answer that goes out is whole.
func TestResponseTooLate(t *testing.T) {
	for _, test := range []struct {
		name string
		call func(*Response)
	}{
		{"WriteHeader", func(res *Response) { res.WriteHeader(500) }},
		{"WriteHeader of the same", func(res *Response) { res.WriteHeader(200) }},
		{"Status", func(res *Response) { res.Status(500) }},
		{"SetHeader", func(res *Response) { res.SetHeader("X-Second", "1") }},
		{"SetCookie", func(res *Response) { res.SetCookie(&http.Cookie{Name: "second"}) }},
	} {
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(_ *Request, res *Response) error {
				res.WriteHeader(200)
				res.Write([]byte("a"))
				test.call(res)
				_, err := res.Write([]byte("b"))
				return err
			})
			api.Mount("/m", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "a")
				test.call(w.(*Response))
				io.WriteString(w, "b")
			}))
		})
		for _, path := range []string{"/x", "/m", "/x", "/m"} {
			if got := s.do(t, "GET", path, ""); got.Status != 200 || got.Body != "ab" || got.Err != nil || got.get("X-Second") != "" {
				t.Errorf("%s too late on %s: got %d %q %v, want the whole answer", test.name, path, got.Status, got.Body, got.Err)
			}
			if logs := s.logs(); len(logs) != 1 || logs[0].Attrs["error"] != ErrAnswered.Error() {
				t.Errorf("%s too late on %s: got log %v, want ErrAnswered once", test.name, path, logs)
			}
		}
		if got := s.connections(); got != 1 {
			t.Errorf("%s too late: got %d connections, want 1", test.name, got)
		}
	}
}

func TestResponseStreams(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.txt")
	text := strings.Repeat("0123456789", 10000)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	page := template.Must(template.New("").Parse(`<!doctype html><p>{{.}}`))
	for _, test := range []struct {
		name        string
		handler     Handler
		status      int
		contentType string
		body        string
		length      string // for HEAD
	}{
		{"Write", func(_ *Request, res *Response) error {
			res.Write([]byte("<html>"))
			_, err := res.Write([]byte("a"))
			return err
		}, 200, "text/html; charset=utf-8", "<html>a", ""},
		{"Write with Status", func(_ *Request, res *Response) error {
			_, err := res.Status(201).Write([]byte("a"))
			return err
		}, 201, "text/plain; charset=utf-8", "a", ""},
		{"Write with a type", func(_ *Request, res *Response) error {
			_, err := res.SetHeader("Content-Type", "a/b").Write([]byte("<html>"))
			return err
		}, 200, "a/b", "<html>", ""},
		{"WriteHeader over Status", func(_ *Request, res *Response) error {
			res.Status(404).SetHeader("Content-Type", "text/plain; charset=utf-8").WriteHeader(202)
			_, err := res.Write([]byte("a"))
			return err
		}, 202, "text/plain; charset=utf-8", "a", ""},
		{"io.Copy", func(_ *Request, res *Response) error {
			n, err := io.Copy(res, strings.NewReader(text))
			if n != int64(len(text)) {
				t.Errorf("io.Copy: got %d, want %d", n, len(text))
			}
			return err
		}, 200, "text/plain; charset=utf-8", text, ""},
		{"io.Copy of a file after Write", func(_ *Request, res *Response) error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			res.Write([]byte("a"))
			n, err := io.Copy(res, f)
			if n != int64(len(text)) {
				t.Errorf("io.Copy of a file: got %d, want %d", n, len(text))
			}
			return err
		}, 200, "text/plain; charset=utf-8", "a" + text, ""},
		{"ServeFile", func(req *Request, res *Response) error {
			http.ServeFile(res, req.Request, file)
			return nil
		}, 200, "text/plain; charset=utf-8", text, "100000"},
		{"ServeContent", func(req *Request, res *Response) error {
			http.ServeContent(res, req.Request, "a.css", time.Time{}, strings.NewReader(text))
			return nil
		}, 200, "text/css; charset=utf-8", text, "100000"},
		{"template", func(_ *Request, res *Response) error { return page.Execute(res, "<&>") },
			200, "text/html; charset=utf-8", "<!doctype html><p>&lt;&amp;&gt;", ""},
		{"template with Status", func(_ *Request, res *Response) error {
			return page.Execute(res.Status(410).SetHeader("Content-Type", "text/html"), "a")
		}, 410, "text/html", "<!doctype html><p>a", ""},
		{"http.Error", func(_ *Request, res *Response) error { http.Error(res, "a", http.StatusTeapot); return nil },
			418, "text/plain; charset=utf-8", "a\n", ""},
		{"FromHTTP", FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "a") })),
			200, "text/plain; charset=utf-8", "a", ""},
		{"own length", func(_ *Request, res *Response) error {
			_, err := res.SetHeader("Content-Length", "1").Write([]byte("a"))
			return err
		}, 200, "text/plain; charset=utf-8", "a", "1"},
	} {
		s := respStart(t, func(api *Router) { api.Get("/x", test.handler) })
		for range 2 {
			got := s.do(t, "GET", "/x", "")
			if got.Status != test.status || got.get("Content-Type") != test.contentType || got.Body != test.body || got.Err != nil {
				t.Errorf("%s: GET: got %d %q, %d bytes, %v; want %d %q, %d bytes",
					test.name, got.Status, got.get("Content-Type"), len(got.Body), got.Err, test.status, test.contentType, len(test.body))
			}
		}
		if got := s.connections(); got != 1 {
			t.Errorf("%s: got %d connections, want 1", test.name, got)
		}
		got, rest := s.parse(t, "HEAD", s.raw(t, "HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		if got.Status != test.status || got.get("Content-Type") != test.contentType || got.get("Content-Length") != test.length || rest != "" {
			t.Errorf("%s: HEAD: got %d %v and %q after it, want %d %q", test.name, got.Status, got.Header, rest, test.status, test.contentType)
		}
		if logs := s.logs(); logs != nil {
			t.Errorf("%s: logged %v", test.name, logs)
		}
	}
}

// As HEAD keeps the body back, it must still report it as written.
func TestResponseHeadCounts(t *testing.T) {
	var n int
	var copied int64
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(_ *Request, res *Response) error {
			n, _ = res.Write([]byte("abc"))
			copied, _ = io.Copy(res, strings.NewReader("abcde"))
			return nil
		})
	})
	s.do(t, "HEAD", "/x", "")
	if s.logs(); n != 3 || copied != 5 {
		t.Errorf("HEAD: Write got %d, io.Copy %d, want 3 and 5", n, copied)
	}
}

func TestResponseRange(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(req *Request, res *Response) error {
			http.ServeContent(res, req.Request, "a.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
			return nil
		})
	})
	for _, test := range []struct {
		header, value string
		status        int
		body          string
	}{
		{"Range", "bytes=2-4", 206, "234"},
		{"Range", "bytes=20-", 416, "invalid range: failed to overlap\n"},
		{"If-Modified-Since", time.Unix(1e9, 0).UTC().Format(http.TimeFormat), 304, ""},
	} {
		if got := s.do(t, "GET", "/x", "", test.header, test.value); got.Status != test.status || got.Body != test.body || got.Err != nil {
			t.Errorf("%s %s: got %d %q %v, want %d %q", test.header, test.value, got.Status, got.Body, got.Err, test.status, test.body)
		}
	}
}

func TestResponseInformational(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/hints", func(_ *Request, res *Response) error {
			res.SetHeader("Link", "</a.css>; rel=preload").WriteHeader(http.StatusEarlyHints)
			res.WriteHeader(http.StatusProcessing)
			return res.Status(201).Text("a")
		})
		api.Get("/fails", func(_ *Request, res *Response) error {
			res.SetHeader("Link", "</a.css>; rel=preload").WriteHeader(http.StatusEarlyHints)
			return Errorf(404, "gone")
		})
		api.Get("/zero", func(_ *Request, res *Response) error { res.SetHeader("X-A", "1").WriteHeader(0); return nil })
	})
	for _, test := range []struct {
		path   string
		hints  []int
		status int
		link   string
	}{
		{"/hints", []int{103, 102}, 201, "</a.css>; rel=preload"},
		{"/fails", []int{103}, 404, ""},
		{"/zero", nil, 500, ""},
	} {
		var hints []int
		trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			hints = append(hints, code)
			return nil
		}}
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", s.URL+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatalf("%s: %v", test.path, err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.status || resp.Header.Get("Link") != test.link || resp.Header.Get("X-A") != "" {
			t.Errorf("%s: got %d %v, want %d", test.path, resp.StatusCode, resp.Header, test.status)
		}
		if diff := cmp.Diff(test.hints, hints); diff != "" {
			t.Errorf("%s: 1xx (-want +got):\n%s", test.path, diff)
		}
	}
	if logs := s.logs(); len(logs) != 2 || !strings.Contains(logs[1].Attrs["error"], "WriteHeader") {
		t.Errorf("got logs %v, want the 404 and the panic of WriteHeader(0)", logs)
	}
}

func TestResponseFlush(t *testing.T) {
	for _, test := range []struct {
		name  string
		flush func(*Response) error
	}{
		{"ResponseController", func(res *Response) error { return http.NewResponseController(res).Flush() }},
		{"FlushError", func(res *Response) error { return res.FlushError() }},
		{"Flusher", func(res *Response) error { http.ResponseWriter(res).(http.Flusher).Flush(); return nil }},
	} {
		next := make(chan bool)
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(_ *Request, res *Response) error {
				if err := test.flush(res.Status(201)); err != nil { // sends the header
					return err
				}
				for range 2 {
					<-next
					res.Write([]byte("a"))
					if err := test.flush(res); err != nil {
						return err
					}
				}
				<-next
				return nil
			})
		})
		resp, err := s.Client().Get(s.URL + "/x")
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if resp.StatusCode != 201 {
			t.Errorf("%s: got status %d, want 201", test.name, resp.StatusCode)
		}
		for i := range 2 { // each part comes while the handler waits
			next <- true
			b := make([]byte, 1)
			if _, err := io.ReadFull(resp.Body, b); err != nil || b[0] != 'a' {
				t.Errorf("%s: part %d: got %q %v", test.name, i, b, err)
			}
		}
		next <- true
		if b, err := io.ReadAll(resp.Body); len(b) > 0 || err != nil {
			t.Errorf("%s: end: got %q %v", test.name, b, err)
		}
		resp.Body.Close()
		if logs := s.logs(); logs != nil {
			t.Errorf("%s: logged %v", test.name, logs)
		}
	}
}

func TestResponseFlushAfterAnswer(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(_ *Request, res *Response) error {
			if err := res.Text("a"); err != nil {
				return err
			}
			return res.FlushError()
		})
	})
	if got := s.do(t, "GET", "/x", ""); got.Body != "a" || got.Err != nil {
		t.Errorf("Flush after Text: got %q %v", got.Body, got.Err)
	}
	if logs := s.logs(); logs != nil {
		t.Errorf("Flush after Text: logged %v", logs)
	}
}

func TestResponseDeadlines(t *testing.T) {
	errs := map[string]error{}
	s := respStart(t, func(api *Router) {
		api.Post("/x", func(_ *Request, res *Response) error {
			c := http.NewResponseController(res)
			errs["SetWriteDeadline"] = c.SetWriteDeadline(time.Now().Add(time.Hour))
			errs["SetReadDeadline"] = c.SetReadDeadline(time.Now().Add(time.Hour))
			errs["EnableFullDuplex"] = c.EnableFullDuplex()
			return nil
		})
		api.Post("/late", func(_ *Request, res *Response) error {
			http.NewResponseController(res).SetWriteDeadline(time.Unix(1, 0))
			res.Write(make([]byte, 1<<20))
			errs["late"] = res.FlushError()
			return errs["late"]
		})
	})
	if got := s.do(t, "POST", "/x", ""); got.Status != 204 {
		t.Errorf("got %d %v", got.Status, got.Err)
	}
	if got := s.do(t, "POST", "/late", ""); got.Err == nil {
		t.Errorf("past the write deadline: got %d", got.Status)
	}
	s.logs()
	for name, err := range errs {
		if (err != nil) != (name == "late") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestResponseHijack(t *testing.T) {
	for _, test := range []struct {
		name  string
		after func(*Response) error // what the handler does then
		logs  int
	}{
		{"nil", func(*Response) error { return nil }, 0},
		{"an error", func(*Response) error { return errors.New("secret") }, 1},
		{"a panic", func(*Response) error { panic("secret") }, 1},
		{"JSON", func(res *Response) error { return res.JSON("secret") }, 1},
		{"End", func(res *Response) error { return res.End() }, 1},
		{"Write", func(res *Response) error { _, err := res.Write([]byte("secret")); return err }, 1},
		{"an ignored Write", func(res *Response) error { res.Write([]byte("secret")); return nil }, 1},
		{"io.Copy", func(res *Response) error { _, err := io.Copy(res, strings.NewReader("secret")); return err }, 1},
		{"WriteHeader", func(res *Response) error { res.WriteHeader(500); return nil }, 1},
		{"Flush", func(res *Response) error { return res.FlushError() }, 1},
	} {
		for _, how := range []string{"Hijacker", "ResponseController"} {
			s := respStart(t, func(api *Router) {
				api.Get("/x", func(_ *Request, res *Response) error {
					hijack := http.ResponseWriter(res).(http.Hijacker).Hijack
					if how == "ResponseController" {
						hijack = http.NewResponseController(res).Hijack
					}
					conn, rw, err := hijack()
					if err != nil {
						return err
					}
					defer conn.Close()
					rw.WriteString("hijacked")
					rw.Flush()
					return test.after(res)
				})
			})
			if got := s.raw(t, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"); got != "hijacked" {
				t.Errorf("Hijack by %s, then %s: got %q", how, test.name, got)
			}
			if logs := s.logs(); len(logs) != test.logs {
				t.Errorf("Hijack by %s, then %s: got log %v, want %d", how, test.name, logs, test.logs)
			}
		}
	}
}

// Where the connection cannot be had, the handler can still answer.
func TestResponseHijackRefused(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(func(_ *Request, res *Response) error {
		if _, _, err := res.Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack of a recorder: got %v, want http.ErrNotSupported", err)
		}
		return res.Text("a")
	}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 200 || w.Body.String() != "a" {
		t.Errorf("after a refused Hijack: got %d %q", w.Code, w.Body)
	}
}

func TestResponseUnwrap(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(func(_ *Request, res *Response) error {
		if got := res.Unwrap(); got != w {
			t.Errorf("Unwrap: got %v, want the recorder", got)
		}
		return nil
	}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
}

func TestResponseInjection(t *testing.T) {
	const evil = "a\r\nX-Evil: 1\r\n\r\n<html>"
	for _, test := range []struct {
		name    string
		handler Handler
	}{
		{"value", func(_ *Request, res *Response) error { return res.SetHeader("X-A", evil).Text("body") }},
		{"name", func(_ *Request, res *Response) error { return res.SetHeader(evil, "1").Text("body") }},
		{"added value", func(_ *Request, res *Response) error { res.Header().Add("X-A", evil); return res.Text("body") }},
		{"Content-Type", func(_ *Request, res *Response) error { return res.Bytes(evil, []byte("body")) }},
		{"cookie value", func(_ *Request, res *Response) error {
			return res.SetCookie(&http.Cookie{Name: "a", Value: evil}).Text("body")
		}},
		{"cookie name", func(_ *Request, res *Response) error {
			return res.SetCookie(&http.Cookie{Name: evil, Value: "a"}).Text("body")
		}},
		{"cookie path", func(_ *Request, res *Response) error {
			return res.SetCookie(&http.Cookie{Name: "a", Path: evil}).Text("body")
		}},
		{"Redirect", func(_ *Request, res *Response) error { return res.Redirect(evil) }},
		{"Location", func(_ *Request, res *Response) error { return res.SetHeader("Location", evil).Status(302).End() }},
		{"value of an Error", func(_ *Request, res *Response) error {
			return &Error{Status: 400, Header: http.Header{"X-A": {evil}}}
		}},
		{"name of an Error", func(_ *Request, res *Response) error {
			return &Error{Status: 400, Header: http.Header{evil: {"1"}}}
		}},
	} {
		s := respStart(t, func(api *Router) { api.Get("/x", test.handler) })
		raw := s.raw(t, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		head, body, _ := strings.Cut(raw, "\r\n\r\n")
		if strings.Contains(head, "\nX-Evil:") || strings.Contains(body, "<html>") {
			t.Errorf("%s: it is on the wire: %q", test.name, raw)
		}
	}
}

// A respBrokenWriter is the writer of a client that is gone.
type respBrokenWriter struct{ *httptest.ResponseRecorder }

var errRespBroken = errors.New("broken pipe")

func (respBrokenWriter) Write([]byte) (int, error) { return 0, errRespBroken }

func TestResponseBrokenPipe(t *testing.T) {
	for _, test := range []struct {
		name string
		call func(*Response) error
	}{
		{"JSON", func(res *Response) error { return res.JSON(1) }},
		{"Text", func(res *Response) error { return res.Text("a") }},
		{"Write", func(res *Response) error { _, err := res.Write([]byte("a")); return err }},
		{"io.Copy", func(res *Response) error { _, err := io.Copy(res, strings.NewReader("a")); return err }},
		{"WriteHeader and io.Copy", func(res *Response) error {
			res.WriteHeader(200)
			_, err := io.Copy(res, struct{ io.Reader }{strings.NewReader("a")})
			return err
		}},
	} {
		var err error
		api := New(Logger(slog.New(&respLog{})))
		api.Get("/", func(_ *Request, res *Response) error { err = test.call(res); return err })
		recovered := func() (v any) {
			defer func() { v = recover() }()
			api.ServeHTTP(respBrokenWriter{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
			return nil
		}()
		if !errors.Is(err, errRespBroken) || recovered != http.ErrAbortHandler {
			t.Errorf("%s to a broken pipe: got error %v and panic %v, want the error and http.ErrAbortHandler", test.name, err, recovered)
		}
	}
}

// Answers of many goroutines must not mix, as their buffers are shared.
func TestResponseJSONConcurrently(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x/[n]", func(req *Request, res *Response) error {
			n, err := strconv.Atoi(req.Param("n"))
			if err != nil {
				return err
			}
			return res.JSON(strings.Repeat(string(rune('a'+n)), 3000*n))
		})
	})
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				want := `"` + strings.Repeat(string(rune('a'+n)), 3000*n) + `"`
				if got := s.do(t, "GET", "/x/"+strconv.Itoa(n), ""); got.Body != want {
					t.Errorf("/x/%d: got %.20q, %d bytes, want %d", n, got.Body, len(got.Body), len(want))
				}
			}
		}()
	}
	wg.Wait()
}
