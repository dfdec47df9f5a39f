package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// chunkedRequest returns a POST of JSON in chunks.
func chunkedRequest(path string, chunks ...string) string {
	var b strings.Builder
	b.WriteString(requestText("POST", path, "", sendsJSON, "Transfer-Encoding: chunked"))
	for _, c := range append(chunks, "") {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(c), c)
	}
	return b.String()
}

// sizedRequest returns a POST of JSON with a Content-Length, even of 0.
func sizedRequest(path, body string) string {
	return requestText("POST", path, "", sendsJSON, "Content-Length: "+strconv.Itoa(len(body))) + body
}

// Bytes returns the body again and again, and Body can be read after it.
func TestRequestBytes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, request string
		want          []string
	}{
		{"no body", requestText("POST", "/x", ""),
			[]string{`Bytes "" true <nil>`, `again "" true <nil>`, `Body "" false <nil>`, `Body again "" false <nil>`, `last "" true <nil>`}},
		{"Content-Length 0", sizedRequest("/x", ""),
			[]string{`Bytes "" true <nil>`, `again "" true <nil>`, `Body "" false <nil>`, `Body again "" false <nil>`, `last "" true <nil>`}},
		{"Content-Length", sizedRequest("/x", "abc"),
			[]string{`Bytes "abc" false <nil>`, `again "abc" false <nil>`, `Body "abc" false <nil>`, `Body again "" false <nil>`, `last "abc" false <nil>`}},
		{"chunked", chunkedRequest("/x", "ab", "c"),
			[]string{`Bytes "abc" false <nil>`, `again "abc" false <nil>`, `Body "abc" false <nil>`, `Body again "" false <nil>`, `last "abc" false <nil>`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			note := func(name string, b []byte, err error) {
				got = append(got, fmt.Sprintf("%s %q %t %v", name, b, b == nil, err))
			}
			s := newAPI(t, func(api *apiroute.Router) {
				api.Post("/x", func(req *apiroute.Request, _ *apiroute.Response) error {
					b, err := req.Bytes()
					note("Bytes", b, err)
					b, err = req.Bytes()
					note("again", b, err)
					b, err = io.ReadAll(req.Body)
					note("Body", b, err)
					b, err = io.ReadAll(req.Body) // like any body, it has been read
					note("Body again", b, err)
					b, err = req.Bytes()
					note("last", b, err)
					return req.Body.Close()
				})
			})
			s.raw(test.request).want(t, 204, "")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A handler may check a signature over the bytes and then decode JSON, parse a form or read Body.
func TestRequestBytesFirst(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/json", func(req *apiroute.Request, res *apiroute.Response) error {
			b, err := req.Bytes()
			if err != nil {
				return err
			}
			var v, w map[string]int
			if err := errors.Join(req.JSON(&v), req.JSON(&w)); err != nil {
				return err
			}
			rest, err := io.ReadAll(req.Body)
			if err != nil {
				return err
			}
			return res.JSON([]any{string(b), v, w, string(rest)})
		})
		api.Post("/form", func(req *apiroute.Request, res *apiroute.Response) error {
			if _, err := req.Bytes(); err != nil {
				return err
			}
			return res.JSON(req.PostFormValue("a"))
		})
	})
	s.do("POST", "/json", `{"a":1}`, sendsJSON).want(t, 200, `["{\"a\":1}",{"a":1},{"a":1},"{\"a\":1}"]`)
	s.do("POST", "/form", "a=1", sendsForm).want(t, 200, `"1"`)
}

// Reading in small pieces gives the same as reading at once.
func TestRequestBodyInPieces(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x", func(req *apiroute.Request, res *apiroute.Response) error {
			if _, err := req.Bytes(); err != nil {
				return err
			}
			var b []byte
			for p := make([]byte, 2); ; {
				n, err := req.Body.Read(p)
				b = append(b, p[:n]...)
				if err == io.EOF {
					return res.Text(string(b))
				}
				if n, err := req.Body.Read(nil); n != 0 || err != nil {
					t.Errorf("Read(nil): got %d %v", n, err)
				}
				if err != nil {
					return err
				}
			}
		})
	})
	s.do("POST", "/x", "abcde").want(t, 200, "abcde")
}

// A handler that has read Body before makes a mistake: the response is a 500, not a 400.
func TestRequestBodyReadBefore(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		read func(*apiroute.Request) error
	}{
		{"all", func(req *apiroute.Request) error { _, err := io.ReadAll(req.Body); return err }},
		{"some", func(req *apiroute.Request) error { _, err := req.Body.Read(make([]byte, 1)); return err }},
		{"a form", func(req *apiroute.Request) error { return req.ParseForm() }},
	} {
		for path, contentType := range map[string]string{"/bytes": sendsForm, "/json": sendsJSON} {
			if test.name == "a form" && path == "/json" {
				continue // ParseForm reads no JSON
			}
			t.Run(path+" after "+test.name+" has been read", func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) {
					api.Post("/bytes", func(req *apiroute.Request, res *apiroute.Response) error {
						if err := test.read(req); err != nil {
							return err
						}
						_, err := req.Bytes()
						return err
					})
					api.Post("/json", func(req *apiroute.Request, res *apiroute.Response) error {
						if err := test.read(req); err != nil {
							return err
						}
						var v any
						return req.JSON(&v)
					})
				})
				s.do("POST", path, `"abc"`, contentType).want(t, 500, problem(500))
				if logs := s.logs(); len(logs) != 1 || !strings.Contains(logValue(logs[0], "error"), "the body has been read already") {
					t.Errorf("logged %q", logs)
				}
			})
		}
	}
}

// The limit holds in whatever way the body comes and is read.
func TestRequestBodyLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		option apiroute.Option
		limit  int // 0: none
		sizes  []int
	}{
		{"10", apiroute.BodyLimit(10), 10, []int{2, 10, 11, 1 << 20}},
		{"default", apiroute.Use(), 1 << 20, []int{1 << 20, 1<<20 + 1}},
		{"none", apiroute.NoBodyLimit(), 0, []int{1<<20 + 1}},
	} {
		for _, path := range []string{"/bytes", "/json", "/body", "/mount"} {
			limit := test.limit
			if path == "/mount" && test.name == "default" {
				limit = 0
			}
			for _, n := range test.sizes {
				for _, how := range []string{"sized", "chunked"} {
					t.Run(fmt.Sprintf("limit %s, %s, %d bytes %s", test.name, path, n, how), func(t *testing.T) {
						t.Parallel()
						body := `"` + strings.Repeat("x", n-2) + `"`
						request := sizedRequest(path, body)
						if how == "chunked" {
							request = chunkedRequest(path, body[:n/2], body[n/2:])
						}
						var read int
						r := newAPI(t, bodyReaders(t, test.option, &read)).raw(request)
						if limit == 0 || n <= limit {
							if r.status != 204 || read != n {
								t.Errorf("%d %s, the handler has got %d bytes", r.status, r.body, read)
							}
							return
						}
						want := fmt.Sprintf(`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than %d bytes"}`, limit)
						if path == "/mount" && how == "chunked" {
							want = "own" // the plain handler has read the body itself
						}
						if r.want(t, 413, want); !r.close && want != "own" {
							t.Error("the connection is not closed")
						}
					})
				}
			}
		}
	}
}

// Once a body has ended, Read returns io.EOF by itself. net/http has closed its own body when the
// response begins, and a transport reads the body once more after the last byte.
func TestRequestBodyAfterItsEnd(t *testing.T) {
	t.Parallel()
	again := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		w.(http.Flusher).Flush()
		n, next := r.Body.Read(make([]byte, 1))
		fmt.Fprintf(w, "%d bytes, %v; %d, %v", len(body), err, n, next)
	})
	s := newAPI(t, func(api *apiroute.Router) {
		api.Mount("/mount", again)
		api.Mount("/limit", again, apiroute.BodyLimit(1000))
		api.Mount("/use", again, useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) }))
		api.Mount("/wrapped", again, apiroute.Use(func(next http.Handler) http.Handler { return http.MaxBytesHandler(next, 1000) }))
		api.Post("/route", apiroute.FromHTTP(again))
		api.Post("/unlimited", apiroute.FromHTTP(again), apiroute.NoBodyLimit())
	})
	for _, path := range []string{"/mount", "/limit", "/use", "/wrapped", "/route", "/unlimited"} {
		t.Run(path, func(t *testing.T) {
			for _, text := range []string{sizedRequest(path, "12345"), chunkedRequest(path, "12", "345")} {
				s.raw(text).want(t, 200, "5 bytes, <nil>; 0, EOF")
			}
		})
	}
}

// bodyReaders returns what registers routes that read a body in different ways, and store how many
// bytes they have got.
func bodyReaders(t *testing.T, limit apiroute.Option, read *int) func(*apiroute.Router) {
	return func(api *apiroute.Router) {
		api.Post("/bytes", func(req *apiroute.Request, _ *apiroute.Response) error {
			b, err := req.Bytes()
			*read = len(b)
			if _, again := req.Bytes(); fmt.Sprint(again) != fmt.Sprint(err) {
				t.Errorf("Bytes: got error %v, and then %v", err, again)
			}
			return err
		}, limit)
		api.Post("/json", func(req *apiroute.Request, _ *apiroute.Response) error {
			var s string
			err := req.JSON(&s)
			*read = len(s) + 2
			return err
		}, limit)
		api.Post("/body", func(req *apiroute.Request, _ *apiroute.Response) error {
			b, err := io.ReadAll(req.Body)
			*read = len(b)
			return err
		}, limit)
		api.Mount("/mount", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			if *read = len(b); err != nil {
				w.WriteHeader(413)
				io.WriteString(w, "own")
				return
			}
			w.WriteHeader(204)
		}), limit)
	}
}

// A Content-Length over the limit is rejected before the body is sent, also for a handler that
// would not read it, but not before the middleware.
func TestRequestBodyTooLongAtOnce(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (s *server, seen *[]string) {
		seen = new([]string)
		see := func(name string) { *seen = append(*seen, name) }
		use := func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				see("use")
				w.Header().Set("X-Use", "1")
				h.ServeHTTP(w, r)
			})
		}
		around := func(h apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				see("around")
				res.SetHeader("X-Around", "1")
				return h(req, res)
			}
		}
		handler := func(*apiroute.Request, *apiroute.Response) error { see("handler"); return nil }
		plain := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { see("handler") })
		s = newAPI(t, func(api *apiroute.Router) {
			options := []apiroute.Option{apiroute.Use(use), apiroute.Around(around), apiroute.BodyLimit(10)}
			api.Post("/unread", handler, options...)
			api.Handle("/all", handler, options...)
			api.Mount("/mount", plain, options...)
			api.Post("/plain", apiroute.FromHTTP(plain), options...)
			// Middleware checks a signature before the handler runs.
			api.Post("/signed", handler, append(options, apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
				return func(req *apiroute.Request, res *apiroute.Response) error {
					if _, err := req.Bytes(); err != nil {
						return err
					}
					return h(req, res)
				}
			}))...)
		})
		return s, seen
	}
	want := `{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 10 bytes"}`
	for _, path := range []string{"/unread", "/all", "/mount", "/plain", "/signed"} {
		for _, length := range []string{"11", "9223372036854775807"} {
			for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
				t.Run(strings.TrimSpace(path+" "+length+" "+expect), func(t *testing.T) {
					t.Parallel()
					s, seen := start(t)
					r := s.raw("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + expect + "Content-Length: " + length + "\r\n\r\n")
					r.want(t, 413, want)
					if !r.close || r.header.Get("X-Use") != "1" || r.header.Get("X-Around") != "1" || r.interim != nil {
						t.Errorf("%v, interim %v, closing: %t; want the headers of middleware, closing", r.header, r.interim, r.close)
					}
					s.logs()
					if diff := cmp.Diff([]string{"use", "around"}, *seen); diff != "" {
						t.Errorf("(-want +got)\n%s", diff)
					}
				})
			}
		}
	}
	t.Run("at the limit", func(t *testing.T) {
		t.Parallel()
		s, _ := start(t)
		s.do("POST", "/unread", "0123456789").want(t, 204, "")
	})
}

// A 413 closes the connection, whether the handler or the limit makes it, and through any writer.
func TestRequestTooLargeCloses(t *testing.T) {
	t.Parallel()
	wrapped := apiroute.Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
		})
	})
	bytes := func(req *apiroute.Request, _ *apiroute.Response) error { _, err := req.Bytes(); return err }
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/own", func(*apiroute.Request, *apiroute.Response) error { return apiroute.Errorf(413, "no") })
		api.Post("/wrapped", bytes, wrapped, apiroute.BodyLimit(2))
	}, apiroute.BodyLimit(5))
	for _, test := range []struct{ name, path, request string }{
		{"the handler's own", "/own", "Content-Length: 1\r\n\r\na"},
		{"through a wrapped writer", "/wrapped", "Content-Length: 3\r\n\r\nabc"},
		{"through a wrapped writer, chunked", "/wrapped", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if r := s.raw("POST " + test.path + " HTTP/1.1\r\nHost: x\r\n" + test.request); r.status != 413 || !r.close {
				t.Errorf("%d %v, closing: %t; want a 413 that closes", r.status, r.header, r.close)
			}
		})
	}
}

// A body that breaks off or is malformed is a 400, and a warning in the log.
func TestRequestBrokenBody(t *testing.T) {
	t.Parallel()
	const want = `{"title":"Bad Request","status":400,"detail":"the body is incomplete or malformed"}`
	for _, test := range []struct{ name, request string }{
		{"Content-Length", "Content-Length: 10\r\n\r\n{\"a\":1}"},
		{"Content-Length, nothing sent", "Content-Length: 10\r\n\r\n"},
		{"chunked, no end", "Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n"},
		{"chunked, in a chunk", "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"a\":1}"},
		{"chunked, bad length", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"a\":1}\r\n0\r\n\r\n"},
		{"chunked, no line break", "Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}x0\r\n\r\n"},
		{"chunked, absurd length", "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n{\"a\":1}\r\n0\r\n\r\n"},
	} {
		for _, path := range []string{"/json", "/bytes"} {
			t.Run(test.name+", "+path, func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) {
					api.Post("/json", func(req *apiroute.Request, _ *apiroute.Response) error {
						var v any
						return req.JSON(&v)
					})
					api.Post("/bytes", func(req *apiroute.Request, _ *apiroute.Response) error {
						_, err := req.Bytes()
						_, again := req.Bytes()
						_, body := req.Body.Read(make([]byte, 1))
						if err == nil || again != err || body != err {
							t.Errorf("got error %v, again %v, from Body %v; want the same", err, again, body)
						}
						return err
					})
				})
				c := s.dial(t)
				c.send(t, "POST "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"+test.request)
				c.Conn.(*net.TCPConn).CloseWrite()
				c.reply("POST").want(t, 400, want)
				if logs := s.logs(); len(logs) != 1 || logValue(logs[0], "level") != "WARN" {
					t.Errorf("logged %q, want one warning", logs)
				}
			})
		}
	}
}

// A body that does not come before the read deadline is a 408.
func TestRequestReadDeadline(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x", func(req *apiroute.Request, res *apiroute.Response) error {
			if err := http.NewResponseController(res).SetReadDeadline(time.Unix(1, 0)); err != nil {
				return err
			}
			_, err := apiroute.Bind[struct {
				Body struct {
					A string `form:"a"`
				} `body:"form"`
			}](req)
			return err
		})
	})
	for _, mediaType := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		t.Run(mediaType, func(t *testing.T) {
			t.Parallel()
			r := s.raw("POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: " + mediaType + "\r\nContent-Length: 10\r\n\r\n")
			if r.want(t, 408, problem(408)); !r.close {
				t.Error("the connection is not closed")
			}
		})
	}
}

// A goneBody is a body that waits until the client has gone.
type goneBody struct{ ctx context.Context }

func (b goneBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (b goneBody) Close() error { return nil }

// A client that goes away has not sent a bad request: this is a 503 for middleware and a debug
// message.
func TestRequestBodyClientGone(t *testing.T) {
	t.Parallel()
	var seen observedStatus
	started := make(chan bool)
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x", func(req *apiroute.Request, _ *apiroute.Response) error {
			started <- true
			_, err := req.Bytes()
			return err
		}, seen.option(), apiroute.Use(func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Body = goneBody{r.Context()}
				h.ServeHTTP(w, r)
			})
		}))
	})
	c := s.dial(t)
	c.send(t, requestText("POST", "/x", "", "Content-Length: 0"))
	<-started
	c.Close()
	if logs := s.logs(); seen.status != 503 || len(logs) != 1 || logValue(logs[0], "level") != "DEBUG" {
		t.Errorf("middleware has seen %d, logged %q; want 503 and a debug message", seen.status, logs)
	}
}

// Connection: close is for HTTP/1. Over HTTP/2 it would end the client's other requests, and over
// HTTP/3 the response would be malformed.
func TestConnectionCloseIsForHTTP1(t *testing.T) {
	t.Parallel()
	register := func(api *apiroute.Router) {
		bytes := func(req *apiroute.Request, _ *apiroute.Response) error { _, err := req.Bytes(); return err }
		api.Post("/long", bytes)
		api.Post("/read", func(req *apiroute.Request, _ *apiroute.Response) error { _, err := io.ReadAll(req.Body); return err })
		api.Post("/late", bytes, apiroute.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Body = io.NopCloser(iotest.ErrReader(os.ErrDeadlineExceeded))
				next.ServeHTTP(w, r)
			})
		}))
		api.Post("/own", func(*apiroute.Request, *apiroute.Response) error {
			return &apiroute.Error{Status: 429, Header: http.Header{"connection": {"close"}, "Retry-After": {"1"}}}
		})
		api.Post("/direct", apiroute.FromHTTP(&apiroute.Error{Status: 413}))
		api.Post("/stream", func(req *apiroute.Request, res *apiroute.Response) error {
			return res.Stream("", io.LimitReader(req.Body, 1))
		})
	}
	for _, tt := range []struct {
		path   string
		status int
	}{{"/long", 413}, {"/read", 413}, {"/late", 408}, {"/own", 429}, {"/direct", 413}, {"/stream", 200}} {
		for major, want := range map[int]string{1: "close", 2: "", 3: ""} {
			t.Run(fmt.Sprintf("%s, HTTP/%d", tt.path, major), func(t *testing.T) {
				t.Parallel()
				api := apiroute.New(quiet(), apiroute.BodyLimit(4))
				register(api)
				r := newRequest("POST", tt.path, "12345")
				if tt.path != "/long" {
					r.ContentLength = -1
				}
				r.ProtoMajor = major
				got := serveRecorder(api, r)
				if v := got.header.Get("Connection"); got.status != tt.status || v != want {
					t.Errorf("status %d, Connection %q; want %d %q", got.status, v, tt.status, want)
				}
			})
		}
	}
	t.Run("one connection", func(t *testing.T) {
		t.Parallel()
		s := serveWith(t, http2(true), register, apiroute.BodyLimit(4))
		for _, path := range []string{"/long", "/read", "/late", "/own", "/direct", "/long"} {
			if got := s.fetch("POST", path, "12345"); got.err != nil || got.status < 400 {
				t.Errorf("%s: status %d, error %v", path, got.status, got.err)
			}
		}
		if n := s.connections(); n != 1 {
			t.Errorf("%d connections, want one", n)
		}
	})
}

// An observedStatus is the status that middleware sees.
type observedStatus struct{ status int }

// option adds the middleware to a route.
func (s *observedStatus) option() apiroute.Option {
	return apiroute.Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(statusObserver{w, s}, r)
		})
	})
}

type statusObserver struct {
	http.ResponseWriter
	seen *observedStatus
}

func (w statusObserver) WriteHeader(status int) {
	w.seen.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w statusObserver) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A body that is too long stays so, wherever reading has stopped.
func TestBodyLimitStays(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 3, 4, 100} {
		t.Run(fmt.Sprintf("%d bytes at a time", size), func(t *testing.T) {
			t.Parallel()
			var got []byte
			o := serveMessage(t, "/x", message{body: "abcd", chunked: true}, func(req *apiroute.Request, _ *apiroute.Response) error {
				var tooLarge *http.MaxBytesError
				var err error
				for i := range 10 {
					var n int
					p := make([]byte, size)
					n, err = req.Body.Read(p)
					got = append(got, p[:n]...)
					if len(got) < 3 && err != nil || i > 3 && (n != 0 || !errors.As(err, &tooLarge)) {
						t.Errorf("call %d: %d, %v", i, n, err)
					}
				}
				return err
			}, apiroute.BodyLimit(3))
			if string(got) != "abc" || o.status != 413 {
				t.Errorf("read %q, status %d", got, o.status)
			}
		})
	}
}

// Memory is allocated for what has come, not for the Content-Length, which costs a client nothing.
func TestRequestBytesMemory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		length int64
		body   string
		most   int // capacity
	}{
		{1 << 40, "abc", 1 << 16},
		{-1, "abc", 1 << 16},
		{3, "abc", 4},
		{math.MaxInt64, "abc", 1 << 16},
		{0, "", 1},
		{1<<16 - 1, "abc", 1 << 16},
		{1 << 16, strings.Repeat("x", 1<<16), 1 << 17},
		{1 << 17, strings.Repeat("x", 1<<17), 1<<17 + 1},
		{1 << 40, strings.Repeat("x", 1<<17), 1 << 18},
		{3, strings.Repeat("x", 1<<17), 1 << 18},
		{-1, strings.Repeat("x", 1<<20), 1 << 21},
	} {
		t.Run(fmt.Sprintf("Content-Length %d, %d bytes", test.length, len(test.body)), func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet(), apiroute.NoBodyLimit())
			api.Post("/x", func(req *apiroute.Request, res *apiroute.Response) error {
				b, err := req.Bytes()
				if string(b) != test.body || err != nil || cap(b) > test.most {
					t.Errorf("got %d bytes, capacity %d, %v; want capacity %d at most", len(b), cap(b), err, test.most)
				}
				return res.End()
			})
			r, body := message{}.request(t), strings.NewReader(test.body)
			r.ContentLength, r.Body = test.length, io.NopCloser(readFunc(func(p []byte) (int, error) {
				if len(p) == 0 {
					t.Error("a Read of nothing")
				}
				return body.Read(p)
			}))
			serveRecorder(api, r).want(t, 204, "")
		})
	}
}

// The buffer for a long body doubles, so that each byte is copied once on average.
func TestRequestBytesAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	const length = 1 << 20
	api := apiroute.New(quiet())
	api.Post("/x", func(req *apiroute.Request, _ *apiroute.Response) error {
		b, err := req.Bytes()
		if len(b) != length {
			t.Errorf("got %d bytes, %v; want %d", len(b), err, length)
		}
		return err
	})
	r, body, text := message{}.request(t), &rewindBody{}, strings.Repeat("x", length)
	r.ContentLength = length
	w := blankWriter{http.Header{}}
	got := testing.AllocsPerRun(10, func() {
		body.Reset(text)
		r.Body = body
		api.ServeHTTP(w, r)
	})
	const want = 2 + 5 // the exchange and the body, and buffers of 1/16, 1/8, 1/4, 1/2 and 1 MiB
	if got > want {
		t.Errorf("%v allocations, want at most %v", got, want)
	}
}

// net/http itself rejects a request whose length can be understood in two ways.
func TestRequestFraming(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x", func(req *apiroute.Request, res *apiroute.Response) error {
			b, err := req.Bytes()
			if err != nil {
				return err
			}
			return res.Bytes("", b)
		})
	})
	for _, test := range []struct {
		name, headers string
		status        int
	}{
		{"two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
		{"signed length", "Content-Length: +3\r\n\r\nabc", 400},
		{"negative length", "Content-Length: -1\r\n\r\nabc", 400},
		{"gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 501},
		{"length and chunked: chunked", "Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200},
		{"two Hosts", "Host: y\r\nContent-Length: 3\r\n\r\nabc", 400},
		{"space in a name", "X : 1\r\nContent-Length: 3\r\n\r\nabc", 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := s.raw("POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + test.headers)
			if r.status != test.status || test.status == 200 && r.body != "abc" || r.err != nil {
				t.Errorf("got %d %q, error %v, want %d", r.status, r.body, r.err, test.status)
			}
		})
	}
}
