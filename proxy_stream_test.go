package apiroute_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// These tests are about what goes through a proxy bit by bit: bodies, streams, informational
// responses, upgrades, and what comes of either side when the other breaks off.

func TestProxyBodies(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 320<<10) // 5 MiB
	none, ten := []apiroute.Option{apiroute.NoBodyLimit()}, []apiroute.Option{apiroute.BodyLimit(10)}
	var usual []apiroute.Option // 1 MiB
	for _, tt := range []struct {
		name         string
		limit        []apiroute.Option
		header, body string
		want         string // what the service sees, if the status is 200
		status       int
	}{
		{"short", none, "Content-Length: 5", "hello", "hello", 200},
		{"empty", none, "Content-Length: 0", "", "", 200},
		{"none", none, "X: y", "", "", 200},
		{"chunked", none, "Transfer-Encoding: chunked", chunked("he", "llo"), "hello", 200},
		{"chunked, empty", none, "Transfer-Encoding: chunked", chunked(), "", 200},
		{"large", none, fmt.Sprintf("Content-Length: %d", len(large)), large, large, 200},
		{"large, chunked", none, "Transfer-Encoding: chunked", chunked(large[:1<<20], large[1<<20:]), large, 200},
		{"encoded", none, "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 5", "hello", "hello", 200},
		{"at the limit", ten, "Content-Length: 10", large[:10], large[:10], 200},
		{"at the limit, chunked", ten, "Transfer-Encoding: chunked", chunked(large[:5], large[:5]), large[:5] + large[:5], 200},
		{"past the limit", ten, "Content-Length: 11", large[:11], "", 413},
		{"past the limit, chunked", ten, "Transfer-Encoding: chunked", chunked(large[:5], large[:6]), "", 413},
		{"far past the limit, chunked", ten, "Transfer-Encoding: chunked", chunked(large[:1<<16]), "", 413},
		{"at the usual limit", usual, "Content-Length: 1048576", large[:1<<20], large[:1<<20], 200},
		{"past the usual limit", usual, "Content-Length: 1048577", large[:1<<20+1], "", 413},
		{"past the usual limit, chunked", usual, "Transfer-Encoding: chunked", chunked(large), "", 413},
		// What is wrong with the body is the client's fault.
		{"a bad chunk", none, "Transfer-Encoding: chunked", "5\r\nhello\r\nzz\r\n\r\n", "", 400},
		{"a chunk that is too long", usual, "Transfer-Encoding: chunked", "5\r\nhelloXX\r\n\r\n", "", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			back := newEcho(t)
			s := newProxy(t, "/x", apiroute.Proxy(back.URL), tt.limit...)
			got := s.raw(requestText("POST", "/x", "", tt.header) + tt.body)
			seen := back.take()
			if got.status != tt.status || got.err != nil {
				t.Fatalf("%d %.200s, error %v; want %d", got.status, got.body, got.err, tt.status)
			}
			if tt.status != 200 {
				got.wantProblem(t, tt.status)
				if len(seen) > 0 {
					t.Error("the service sees a whole request")
				}
				if tt.status == 413 && !got.close {
					t.Error("the connection is kept")
				}
				return
			}
			if len(seen) != 1 || seen[0].Body != tt.want {
				t.Errorf("the service does not see the body of %d bytes", len(tt.want))
			}
			var seenByClient serviceRequest
			if err := json.Unmarshal([]byte(got.body), &seenByClient); err != nil || seenByClient.Body != tt.want {
				t.Errorf("the client does not see the body of %d bytes; %v", len(tt.want), err)
			}
		})
	}
}

func TestProxyContinue(t *testing.T) {
	t.Parallel()
	back := newEcho(t)
	s := newAPI(t, func(api *apiroute.Router) { api.Handle("/x", apiroute.Proxy(back.URL), apiroute.BodyLimit(10)) }, setMark)

	c := s.dial(t)
	c.send(t, requestText("POST", "/x", "", "Expect: 100-continue", "Content-Length: 5"))
	if resp := c.response(t, "POST"); resp.StatusCode != 100 {
		t.Fatalf("%d, want 100", resp.StatusCode)
	}
	c.send(t, "hello")
	got := c.reply("POST") // perhaps after the service's own 100, if that comes while net/http sends one
	if got.status != 200 || got.header.Get("X-Mark") != "1" || got.err != nil {
		t.Errorf("%d %v, error %v; want 200, with the middleware's header", got.status, got.header, got.err)
	}
	if seen := back.one(t).Body; seen != "hello" {
		t.Errorf("the service sees %q", seen)
	}

	c = s.dial(t)
	c.send(t, requestText("POST", "/x", "", "Expect: 100-continue", "Content-Length: 11"))
	if got := c.reply("POST"); got.status != 413 || got.interim != nil || len(back.take()) > 0 {
		t.Errorf("past the limit: %d after %v, want 413 at once", got.status, got.interim)
	}
}

// A response is whole if the service begins it as soon as it has the request's body. The transport
// reads the body once more after the last byte, when net/http may have closed it.
func TestProxyResponseIsWhole(t *testing.T) {
	t.Parallel()
	const connections, requests = 4, 100 // without io.EOF from Body itself, 1 to 4 of 100 responses are cut
	large := strings.Repeat("0123456789", 6<<10)
	for _, how := range []string{"Proxy", "mounted ReverseProxy"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return
				}
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond) // the pace of the service
				fmt.Fprint(w, len(body), strings.Repeat(" whole", 100))
			}))
			s := newAPI(t, func(api *apiroute.Router) {
				if how == "Proxy" {
					api.Handle("/p/[[...path]]", apiroute.Proxy(back.URL))
					return
				}
				u, _ := url.Parse(back.URL)
				api.Mount("/p", httputil.NewSingleHostReverseProxy(u))
			})
			var running sync.WaitGroup
			defer running.Wait()
			for i := 0; i < connections; i++ {
				c := s.dial(t)
				running.Add(1)
				go func() {
					defer running.Done()
					for n := 0; n < requests; n++ {
						length := 6_000 + n*54_000/requests
						if _, err := io.WriteString(c, requestText("POST", "/p/x", large[:length])); err != nil {
							t.Error(err)
							return
						}
						got := c.reply("POST")
						if got.want(t, 200, fmt.Sprint(length)+strings.Repeat(" whole", 100)); t.Failed() {
							return
						}
					}
				}()
			}
		})
	}
}

// What middleware has read of a body cannot be passed on. That is no fault of the service.
func TestProxyBodyReadBefore(t *testing.T) {
	t.Parallel()
	type upload struct {
		Form struct {
			A string `form:"a"`
		} `body:"form"`
	}
	around := func(read func(*apiroute.Request) error) apiroute.Option {
		return apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				if err := read(req); err != nil {
					return err
				}
				return next(req, res)
			}
		})
	}
	use := func(read func(*http.Request)) apiroute.Option {
		return useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			read(r)
			next.ServeHTTP(w, r)
		})
	}
	const form = "a=1&b=2"
	const multipart = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n"
	const formType, multipartType = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	bind := around(func(req *apiroute.Request) error { _, err := apiroute.Bind[upload](req); return err })
	readAll := around(func(req *apiroute.Request) error { _, err := io.ReadAll(req.Body); return err })
	parse := use(func(r *http.Request) { r.FormValue("a") })
	for _, tt := range []struct {
		name, mediaType, body string
		read                  apiroute.Option
		want                  string // what the service gets; "" if the response is a 500
	}{
		{"Bind of multipart", multipartType, multipart, bind, ""},
		{"Body as a whole", "a/b", form, readAll, ""},
		{"a part of Body", "a/b", form, around(func(req *apiroute.Request) error { _, err := req.Body.Read(make([]byte, 1)); return err }), ""},
		{"FormValue in Around", formType, form, around(func(req *apiroute.Request) error { req.FormValue("a"); return nil }), ""},
		{"FormValue in Use", formType, form, parse, ""},
		{"FormValue of multipart in Use", multipartType, multipart, parse, ""},
		{"MultipartReader in Use", multipartType, multipart, use(func(r *http.Request) {
			if m, err := r.MultipartReader(); err == nil {
				m.NextPart()
			}
		}), ""},
		{"replaced by a shorter body", "a/b", form, use(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("a")) }), ""},

		{"nothing", "a/b", form, around(func(*apiroute.Request) error { return nil }), form},
		{"Bind of a form", formType, form, bind, form},
		{"Bytes", "a/b", form, around(func(req *apiroute.Request) error { _, err := req.Bytes(); return err }), form},
		{"Bytes, and then Body", "a/b", form, around(func(req *apiroute.Request) error {
			req.Bytes()
			_, err := io.ReadAll(req.Body)
			return err
		}), form},
		{"FormValue of another type", "a/b", form, parse, form},
		{"put back", formType, form, use(func(r *http.Request) {
			r.ParseForm()
			r.Body = io.NopCloser(strings.NewReader(form))
		}), form},
		{"put back in Around", "a/b", form, around(func(req *apiroute.Request) error {
			b, err := io.ReadAll(req.Body)
			req.Body = io.NopCloser(bytes.NewReader(b))
			return err
		}), form},
	} {
		for how, sent := range map[string]string{"with its length": sizedRequest("/x", tt.body), "chunked": chunkedRequest("/x", tt.body)} {
			if tt.name == "replaced by a shorter body" && how == "chunked" {
				continue // its length is as good as any
			}
			t.Run(tt.name+", "+how, func(t *testing.T) {
				t.Parallel()
				back := newEcho(t)
				s := newProxy(t, "/x", apiroute.Proxy(back.URL), tt.read)
				got := s.raw(strings.Replace(sent, "application/json", tt.mediaType, 1))
				if seen := back.take(); tt.want != "" {
					if got.status != 200 || len(seen) != 1 || seen[0].Body != tt.want {
						t.Errorf("%d %s, error %v; the service sees %+v, want the body %q", got.status, got.body, got.err, seen, tt.want)
					}
					return
				} else if len(seen) > 0 {
					t.Errorf("the service sees %+v", seen)
				}
				got.wantProblem(t, 500)
				if lines := s.logs(); len(lines) != 1 || !strings.Contains(lines[0], "the body has been read already") {
					t.Errorf("logged %q, want why", lines)
				}
			})
		}
	}
}

func TestProxyStreamsUp(t *testing.T) {
	t.Parallel()
	parts := make(chan string)
	back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 3)
		for i := 0; i < 2; i++ {
			io.ReadFull(r.Body, b)
			parts <- string(b)
		}
	}))
	c := newProxy(t, "/x", apiroute.Proxy(back.URL)).dial(t)
	c.send(t, requestText("POST", "/x", "", "Transfer-Encoding: chunked"))
	for _, want := range []string{"one", "two"} {
		c.send(t, "3\r\n"+want+"\r\n")
		if got := receive(t, "a part", parts); got != want {
			t.Errorf("the service sees %q, want %q", got, want)
		}
	}
	c.send(t, "0\r\n\r\n")
	c.reply("POST").want(t, 200, "")
}

// A body has no holes if the service responds before it has all of it; see TestStreamOfRequestIsWhole.
func TestProxyStreamsBothWays(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 320<<10) // 5 MiB
	for _, tt := range []struct{ name, header, body string }{
		{"with its length", fmt.Sprintf("Content-Length: %d", len(large)), large},
		{"chunked", "Transfer-Encoding: chunked", chunked(large)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.NewResponseController(w).EnableFullDuplex()
				io.Copy(w, r.Body)
			}))
			s := newProxy(t, "/x", apiroute.Proxy(back.URL), apiroute.NoBodyLimit())
			// net/http would make holes only on a connection that is kept.
			got := s.raw(requestText("POST", "/x", "", "Connection: keep-alive", tt.header) + tt.body)
			if got.status != 200 || got.body != large || got.err != nil {
				t.Errorf("%d, %d bytes come back of %d, error %v", got.status, len(got.body), len(large), got.err)
			}
		})
	}
}

// What is left of a body is not taken for the next request, and does not make the server panic.
func TestProxyResponseBeforeTheEndOfTheBody(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 100_000)
	for _, tt := range []struct {
		name, path, header, body string
		rest                     string // is sent after the response has begun
		close                    bool
	}{
		{"whole", "/whole", "Content-Length: 100000", large, "", false},
		{"empty", "/whole", "Content-Length: 0", "", "", false},
		{"early", "/early", "Content-Length: 100000", large[:10], large[10:], true},
		{"early, chunked", "/early", "Transfer-Encoding: chunked", "3\r\nxxx\r\n", chunked(large), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			early := listen(t, func(nc net.Conn, r *bufio.Reader) {
				io.WriteString(nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+chunked("early"))
				io.Copy(io.Discard, r)
			})
			whole := newEcho(t)
			s := newAPI(t, func(api *apiroute.Router) {
				api.Post("/early", apiroute.Proxy(early))
				api.Post("/whole", apiroute.Proxy(whole.URL))
			}, apiroute.NoBodyLimit())
			c := s.dial(t)
			c.send(t, requestText("POST", tt.path, "", tt.header)+tt.body)
			resp := c.response(t, "POST")
			readN(t, resp.Body, 5)
			io.WriteString(c, tt.rest)
			if _, err := io.ReadAll(resp.Body); resp.StatusCode != 200 || err != nil || resp.Close != tt.close {
				t.Errorf("%d, error %v, to be closed: %t; want %t", resp.StatusCode, err, resp.Close, tt.close)
			}
			if tt.close {
				if rest := c.rest(); rest != "" {
					t.Errorf("then %q", rest)
				}
				return
			}
			c.send(t, requestText("POST", "/whole", "", "Content-Length: 0"))
			if got := c.reply("POST"); got.status != 200 {
				t.Errorf("the next response: %d, error %v", got.status, got.err)
			}
		})
	}
}

// The server's deadlines end no stream of events, but other responses.
func TestProxyStreamsDown(t *testing.T) {
	t.Parallel()
	const wait = 100 * time.Millisecond
	for _, tt := range []struct {
		contentType string
		timeout     time.Duration // of the server
	}{
		{"text/event-stream", 2 * wait},
		{"text/event-stream; charset=utf-8", 2 * wait},
		{"application/x-ndjson", 0},
	} {
		t.Run(tt.contentType, func(t *testing.T) {
			t.Parallel()
			proceed := make(chan struct{})
			back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				for i := 0; i < 4; i++ {
					fmt.Fprintf(w, "data: %d\n\n", i)
					w.(http.Flusher).Flush()
					<-proceed
				}
			}))
			s := serveWith(t, timeouts(tt.timeout), func(api *apiroute.Router) { api.Get("/x", apiroute.Proxy(back.URL)) })
			t.Cleanup(func() { close(proceed) }) // also if the test has failed
			c := s.dial(t)
			c.send(t, requestText("GET", "/x", ""))
			resp := c.response(t, "GET")
			for i := 0; i < 4; i++ {
				if got, want := readN(t, resp.Body, 9), fmt.Sprintf("data: %d\n\n", i); got != want {
					t.Errorf("%q, want %q", got, want)
				}
				time.Sleep(wait)
				proceed <- struct{}{}
			}
			if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
				t.Errorf("then %q, error %v", rest, err)
			}
		})
	}
}

// TestProxySlowEvents is TestStreamSlowSource for the events of another service.
func TestProxySlowEvents(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/2 %t", on), func(t *testing.T) {
			t.Parallel()
			back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				for i := 0; i < 2; i++ {
					fmt.Fprint(w, "data: x\n\n")
					w.(http.Flusher).Flush()
					time.Sleep(3 * briefDeadline / 2)
				}
			}))
			s := serveWith(t, http2(on), func(api *apiroute.Router) { api.Get("/x", apiroute.Proxy(back.URL)) }, hurry)
			if got := s.fetch("GET", "/x", ""); len(hear(got.body)) != 2 || got.err != nil {
				t.Errorf("body %q, error %v; want two events", got.body, got.err)
			}
		})
	}
}

func TestProxyDropsStalledClient(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		w.Header().Set("Content-Type", "text/event-stream")
		for event := []byte("data: " + strings.Repeat("x", 30_000) + "\n\n"); ; {
			if _, err := w.Write(event); err != nil || r.Context().Err() != nil {
				return
			}
		}
	}))
	s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", apiroute.Proxy(back.URL)) }, hurry)
	c := s.dial(t)
	c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	c.send(t, requestText("GET", "/x", ""))
	receive(t, "the service to be told", ended)
}

// A client that stalls in sending its body does not keep the 504 from coming, although the transport
// waits for the body.
func TestProxyTimeoutWhileBodyStalls(t *testing.T) {
	t.Parallel()
	back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	s := newProxy(t, "/p/[[...path]]", apiroute.Proxy(back.URL), apiroute.Timeout(20*time.Millisecond))
	s.raw(requestText("POST", "/p/a", "", "Content-Length: 1000")+"abc").wantProblem(t, 504)
}

func TestProxyTimeoutMidway(t *testing.T) {
	t.Parallel()
	target := listen(t, func(nc net.Conn, r *bufio.Reader) {
		io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
		io.Copy(io.Discard, r)
	})
	s := newProxy(t, "/x", apiroute.Proxy(target), apiroute.Timeout(200*time.Millisecond))
	if got := s.do("GET", "/x", ""); got.err == nil {
		t.Errorf("%d %q; want a cut", got.status, got.body)
	}
}

// A service that breaks off midway is an error after the first byte, which only the log can tell.
func TestProxyServiceBreaksOff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text string }{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"},
		{"chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"},
		{"events", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newProxy(t, "/x", apiroute.Proxy(canned(t, tt.text)))
			if got := s.do("GET", "/x", ""); got.err == nil {
				t.Errorf("the client gets %q as if it were whole", got.body)
			}
			if lines := s.logs(); !strings.Contains(strings.Join(lines, "\n"), "level=ERROR") {
				t.Errorf("logged %q, want an error", lines)
			}
		})
	}
}

// If the client leaves, the request to the service is cancelled.
func TestProxyClientGone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, begin string }{
		{"before the response", ""},
		{"midway", "half"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			began, ended := make(chan struct{}), make(chan struct{})
			back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.begin != "" {
					io.WriteString(w, tt.begin)
					w.(http.Flusher).Flush()
				}
				close(began)
				<-r.Context().Done()
				close(ended)
			}))
			s := newProxy(t, "/x", apiroute.Proxy(back.URL))
			c := s.dial(t)
			c.send(t, requestText("GET", "/x", ""))
			receive(t, "the service to begin", began)
			c.Close()
			receive(t, "the service to be told", ended)
			if lines := s.warnings(); len(lines) > 0 {
				t.Errorf("logged %q; that a client is gone is for the debug log", lines)
			}
		})
	}
}

func TestProxyClientGoneIs503(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	back := newServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	}))
	returned := make(chan error, 1)
	s := newProxy(t, "/x", apiroute.Proxy(back.URL), apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			err := next(req, res)
			returned <- err
			return err
		}
	}))
	c := s.dial(t)
	c.send(t, requestText("GET", "/x", ""))
	receive(t, "the service to begin", began)
	c.Close()
	if err := receive(t, "the handler to end", returned); !errors.Is(err, context.Canceled) {
		t.Errorf("the handler returned %v, want context.Canceled", err)
	}
	if lines := s.logs(); len(lines) != 1 || logValue(lines[0], "status") != "503" || logValue(lines[0], "level") != "DEBUG" {
		t.Errorf("logged %q, want a 503 for debugging", lines)
	}
}

func TestProxyInformationalResponses(t *testing.T) {
	t.Parallel()
	back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(103)
		w.WriteHeader(103)
		w.Header().Set("X-Back", "1")
		io.WriteString(w, "done")
	}))
	s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", apiroute.Proxy(back.URL)) }, setMark)
	c := s.dial(t)
	c.send(t, requestText("GET", "/x", ""))
	for i := 0; i < 2; i++ {
		if resp := c.response(t, "GET"); resp.StatusCode != 103 || resp.Header.Get("Link") == "" {
			t.Errorf("%d %v; want 103 with Link", resp.StatusCode, resp.Header)
		}
	}
	got := c.reply("GET")
	got.want(t, 200, "done")
	if v := got.header.Get("X-Back"); v != "1" {
		t.Errorf("X-Back: %q", v)
	}
	// ReverseProxy clears the header after an informational response.
	if v := got.header["X-Mark"]; !cmp.Equal(v, []string{"1"}) {
		t.Errorf("the middleware's header is %q after 103", v)
	}
}

func TestProxyTrailers(t *testing.T) {
	t.Parallel()
	back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Announced")
		io.WriteString(w, "body")
		w.Header().Set("X-Announced", "1")
		w.Header().Set(http.TrailerPrefix+"X-Late", "2")
	}))
	c := newProxy(t, "/x", apiroute.Proxy(back.URL)).dial(t)
	c.send(t, requestText("GET", "/x", ""))
	resp := c.response(t, "GET")
	body, err := io.ReadAll(resp.Body)
	if string(body) != "body" || err != nil {
		t.Errorf("body %q, error %v", body, err)
	}
	if diff := cmp.Diff(http.Header{"X-Announced": {"1"}, "X-Late": {"2"}}, resp.Trailer); diff != "" {
		t.Errorf("trailer (-want +got):\n%s", diff)
	}
}

// Trailers that would be rewritten in a header, and that could name the service, are dropped.
func TestProxyTrailersAreMasked(t *testing.T) {
	for _, on := range []bool{false, true} {
		for _, how := range []string{"announced", "late", "announced and late", "announced beside late", "without a value"} {
			t.Run(fmt.Sprintf("HTTP/2 %t, %s", on, how), func(t *testing.T) {
				back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					prefix := http.TrailerPrefix
					switch how {
					case "announced", "without a value":
						prefix = ""
						w.Header().Set("Trailer", "Location, Content-Location, X-Own, Refresh, Set-Cookie")
					case "announced and late":
						w.Header().Set("Trailer", "Location, X-Own")
					case "announced beside late":
						w.Header().Set("Trailer", "X-Own, X-Never")
					}
					w.Header().Add("Set-Cookie", "header=1; Path=/secret")
					io.WriteString(w, "body")
					w.(http.Flusher).Flush()
					if w.Header().Del("Set-Cookie"); how == "without a value" {
						return
					}
					w.Header().Set(prefix+"X-Own", "1")
					for name, v := range map[string]string{"Location": "", "Content-Location": "", "Refresh": "0; url=", "Set-Cookie": "a=1; Domain="} {
						w.Header().Set(prefix+name, v+"http://"+r.Host+"/secret/y")
					}
				}), http2(on))
				before := http.DefaultTransport
				defer func() { http.DefaultTransport = before }()
				http.DefaultTransport = back.Client().Transport
				for _, front := range []bool{false, true} {
					s := serveWith(t, http2(front), func(api *apiroute.Router) { api.Get("/x", apiroute.Proxy(back.URL+"/secret")) })
					resp, err := s.Client().Get(s.URL + "/x")
					if err != nil {
						t.Fatal(err)
					}
					body, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if string(body) != "body" || err != nil {
						t.Errorf("body %q, error %v", body, err)
					}
					if v := resp.Header["Set-Cookie"]; !cmp.Equal(v, []string{"header=1; Path=/x"}) {
						t.Errorf("Set-Cookie in the header: %q", v)
					}
					for name, v := range resp.Trailer {
						if name != "X-Own" && name != "X-Never" {
							t.Errorf("trailer %s: %q", name, v)
						}
					}
					if v := resp.Trailer.Get("X-Own"); (v == "1") != (how != "without a value") && how != "announced beside late" {
						t.Errorf("trailer X-Own: %q", v)
					}
				}
			})
		}
	}
}

func TestProxyUpgrade(t *testing.T) {
	t.Parallel()
	const timeout = 200 * time.Millisecond
	var sent http.Header
	target := listen(t, func(nc net.Conn, r *bufio.Reader) {
		io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Back: 1\r\n\r\n")
		io.Copy(nc, r)
	})
	s := serveWith(t, timeouts(timeout), func(api *apiroute.Router) {
		api.Handle("/ws/[[...path]]", apiroute.Proxy(target, func(pr *httputil.ProxyRequest) { sent = pr.Out.Header.Clone() }))
	}, setMark)
	c := s.dial(t)
	c.send(t, requestText("GET", "/ws", "", "Connection: Upgrade", "Upgrade: echo"))
	resp := c.response(t, "GET")
	if h := resp.Header; resp.StatusCode != 101 || h.Get("Upgrade") != "echo" || h.Get("X-Back") != "1" || h.Get("X-Mark") != "1" {
		t.Fatalf("%d %v", resp.StatusCode, h)
	}
	if sent.Get("Upgrade") != "echo" {
		t.Errorf("the service sees %v", sent)
	}
	for _, text := range []string{"one", strings.Repeat("2", 100_000), "three"} {
		time.Sleep(timeout * 3 / 4) // past the server's timeouts with the second
		go io.WriteString(c, text)
		if got := readN(t, c.r, len(text)); got != text {
			t.Errorf("%.20q, want %.20q", got, text)
		}
	}
	c.Conn.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(c.r); len(rest) > 0 || err != nil {
		t.Errorf("at the end %q, error %v", rest, err)
	}
	if lines := s.warnings(); len(lines) > 0 {
		t.Errorf("logged %q", lines)
	}
}

// Nobody gets a connection to the service on which further requests would not be held to the mask.
func TestProxyUpgradeToHTTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		upgrade []string
		want    string // the service sees; "" is a plain request
	}{
		{"h2c", []string{"Upgrade: h2c"}, ""},
		{"h2c with settings", []string{"Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"}, ""},
		{"in upper case", []string{"Upgrade: H2C"}, ""},
		{"twice", []string{"Upgrade:  h2c , h2c"}, ""},
		{"with a version", []string{"Upgrade: h2c/1"}, ""},
		{"h2", []string{"Upgrade: h2"}, ""},
		{"HTTP/2.0", []string{"Upgrade: HTTP/2.0"}, ""},
		{"TLS of RFC 2817", []string{"Upgrade: TLS/1.0, HTTP/1.1"}, ""},
		{"a comma", []string{"Upgrade: ,"}, ""},
		{"h2c, then another line", []string{"Upgrade: h2c", "Upgrade: websocket"}, ""},
		{"WebSocket", []string{"Upgrade: websocket"}, "websocket"},
		{"WebSocket or h2c", []string{"Upgrade: websocket, h2c"}, "websocket"},
		{"h2c or WebSocket", []string{"Upgrade: h2c,websocket"}, "websocket"},
		{"WebSocket, then another line", []string{"Upgrade: websocket", "Upgrade: h2c"}, "websocket"},
		{"two others", []string{"Upgrade: echo/1, other"}, "echo/1, other"},
		{"another that begins so", []string{"Upgrade: h2cx"}, "h2cx"},
		{"settings alone", []string{"HTTP2-Settings: x"}, ""},
	} {
		for _, connection := range []string{"Upgrade", "Upgrade, HTTP2-Settings"} {
			t.Run(tt.name+", Connection: "+connection, func(t *testing.T) {
				t.Parallel()
				back := newEcho(t)
				s := newProxy(t, "/api/[[...path]]", apiroute.Proxy(back.URL+"/secret"))
				got := s.do("GET", "/api/a", "", append([]string{"Connection: " + connection + ", close"}, tt.upgrade...)...)
				h := back.one(t).Header
				var want []string
				if tt.want != "" {
					want = []string{tt.want}
				}
				if got.status != 200 || !cmp.Equal(h["Upgrade"], want) || (h["Connection"] != nil) != (want != nil) || h["Http2-Settings"] != nil {
					t.Errorf("%d %s; the service sees %v, want Upgrade: %q", got.status, got.body, h, want)
				}
			})
		}
	}
}

// A service may not switch without being asked, or to something else.
func TestProxyUpgradeRejected(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		headers []string
	}{
		{"not asked", nil},
		{"asked for another", []string{"Connection: Upgrade", "Upgrade: echo"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := canned(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
			newProxy(t, "/x", apiroute.Proxy(target)).do("GET", "/x", "", tt.headers...).wantProblem(t, 502)
		})
	}
}
