package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// These tests are about an error on its way: what becomes of the response that has been begun, and what is
// logged.

// record returns the attributes of a line in the log, the level among them and the message not.
func record(line string) map[string]string {
	attrs := map[string]string{}
	for line != "" {
		name, after, _ := strings.Cut(line, "=")
		value, rest, _ := strings.Cut(after, " ")
		if quoted, err := strconv.QuotedPrefix(after); err == nil {
			value, _ = strconv.Unquote(quoted)
			rest = strings.TrimPrefix(after[len(quoted):], " ")
		}
		attrs[name], line = value, rest
	}
	delete(attrs, "msg")
	return attrs
}

func TestErrorLogLevel(t *testing.T) {
	t.Parallel()
	l := &testLog{}
	api := apiroute.New(apiroute.Logger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelWarn}))))
	api.Get("/x/[status]", func(req *apiroute.Request, _ *apiroute.Response) error {
		status, err := strconv.Atoi(req.Param("status"))
		if err != nil {
			return err
		}
		return &apiroute.Error{Status: status}
	})
	s := newServer(t, api)
	s.log = l
	for _, path := range []string{"/x/404", "/x/503", "/nowhere"} {
		s.fetch("GET", path, "")
	}
	if lines := s.logs(); len(lines) != 1 || logValue(lines[0], "status") != "503" {
		t.Errorf("logged %q, want the 503 alone", lines)
	}
}

// An accessWriter keeps the status, as middleware with an access log does.
type accessWriter struct {
	http.ResponseWriter
	status int
}

func (w *accessWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *accessWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// accessLog is middleware that writes the status of each response to seen.
func accessLog(seen *int) apiroute.Option {
	return apiroute.Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sw := &accessWriter{ResponseWriter: w}
			h.ServeHTTP(sw, r)
			*seen = sw.status
		})
	})
}

// That a client has closed the connection is no failure of the handler.
func TestErrorClientGone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		wrap   func(error) error
		status int
		level  string
	}{
		{"the error of the context", func(err error) error { return err }, 503, "DEBUG"},
		{"wrapped", func(err error) error { return fmt.Errorf("query: %w", err) }, 503, "DEBUG"},
		{"another", func(error) error { return errSecret }, 500, "ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seen, asked := 0, error(nil)
			started := make(chan bool)
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", func(req *apiroute.Request, _ *apiroute.Response) error {
					started <- true
					<-req.Context().Done()
					return tt.wrap(req.Context().Err())
				}, apiroute.Timeout(time.Hour), accessLog(&seen), apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error {
					asked = err
					return err
				}))
			})
			c := s.dial(t)
			c.send(t, requestText("GET", "/x", ""))
			<-started
			c.Close()
			lines := s.logs()
			if status := strconv.Itoa(tt.status); seen != tt.status || len(lines) != 1 || logValue(lines[0], "level") != tt.level || logValue(lines[0], "status") != status {
				t.Errorf("middleware has seen %d, logged %q; want %d at %s", seen, lines, tt.status, tt.level)
			}
			if want := tt.wrap(context.Canceled); asked == nil || asked.Error() != want.Error() {
				t.Errorf("OnError has seen %v, want %v", asked, want)
			}
		})
	}
}

func TestErrorTimeout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    func(*apiroute.Request) error
		status int
	}{
		{"the error of the context", func(req *apiroute.Request) error { return req.Context().Err() }, 503},
		{"another", func(*apiroute.Request) error { return errSecret }, 503},
		{"an Error", func(*apiroute.Request) error { return apiroute.Errorf(404, "no") }, 404},
		{"none", func(*apiroute.Request) error { return nil }, 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", func(req *apiroute.Request, _ *apiroute.Response) error {
					<-req.Context().Done()
					return tt.err(req)
				}, apiroute.Timeout(time.Millisecond))
			})
			if got := s.fetch("GET", "/x", ""); got.status != tt.status || got.err != nil {
				t.Errorf("%d %q, error %v; want %d", got.status, got.body, got.err, tt.status)
			}
		})
	}
}

// The context of a Timeout ends with the request, however that ends. A server would end it anyway,
// but a recorder does not.
func TestErrorEndsTimeout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, path string
		status     int
	}{
		{"response, and an escaped value", "/x/a%2Fb", 200},
		{"error", "/x/error", 500},
		{"panic", "/x/panic", 500},
		{"abort", "/x/abort", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var ctx context.Context
			api := apiroute.New(apiroute.Timeout(time.Hour), quiet())
			api.Get("/x/[how]", func(req *apiroute.Request, res *apiroute.Response) error {
				ctx = req.Context()
				switch req.Param("how") {
				case "a/b":
					return res.Text("whole")
				case "error":
					return errSecret
				case "abort":
					panic(http.ErrAbortHandler)
				}
				panic(secretText)
			})
			w := &httptest.ResponseRecorder{}
			recovered(func() { api.ServeHTTP(w, newRequest("GET", tt.path, "")) })
			if w.Code != tt.status || ctx.Err() != context.Canceled {
				t.Errorf("status %d, want %d; the context ended with %v", w.Code, tt.status, ctx.Err())
			}
		})
	}
}

// The headers that the handler has set go away with its error. Those that were set before stay.
func TestErrorTakesBackHeaders(t *testing.T) {
	t.Parallel()
	use := apiroute.Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			shared := make([]string, 1, 8) // Add writes behind its end
			shared[0] = "Origin"
			w.Header().Set("X-Request-Id", "1")
			w.Header()["Vary"] = shared
			w.Header().Set("Cache-Control", "private")
			w.Header().Set("X-Replaced", "before")
			w.Header().Set("X-Deleted", "before")
			h.ServeHTTP(w, r)
		})
	})
	around := apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			res.SetHeader("X-Around", "before").SetCookie(&http.Cookie{Name: "around", Value: "1"})
			err := h(req, res)
			res.Header().Add("X-Around", "after")
			res.Header().Add("Vary", "After")
			return err
		}
	})
	for _, tt := range []struct {
		name   string
		end    func(*apiroute.Response) error
		status int
		around []string
		vary   []string
	}{
		{"error", func(*apiroute.Response) error { return apiroute.Errorf(404, "no") }, 404, []string{"before", "after"}, []string{"Origin", "After"}},
		{"JSON", func(res *apiroute.Response) error { return res.JSON(func() {}) }, 500, []string{"before", "after"}, []string{"Origin", "After"}},
		{"panic", func(*apiroute.Response) error { panic("no") }, 500, []string{"before"}, []string{"Origin"}}, // after it nothing runs
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", respond(func(res *apiroute.Response) error {
					res.Status(201).SetHeader("Content-Type", "text/html").SetHeader("Cache-Control", "public, max-age=1000").
						SetHeader("ETag", `"a"`).SetHeader("X-Replaced", "handler").SetCookie(&http.Cookie{Name: "session", Value: "secret"})
					res.Header().Del("X-Deleted")
					res.Header().Add("Vary", "Cookie")
					res.Header().Add("X-Request-Id", "2")
					res.Header()["X-Raw"] = []string{"1"}
					return tt.end(res)
				}))
				api.Get("/clean", respond(func(res *apiroute.Response) error { return res.Text("a") }))
			}, use, around)
			got := s.fetch("GET", "/x", "")
			h := got.fixedHeader()
			h.Del("Content-Length")
			want := http.Header{
				"X-Request-Id":           {"1"},
				"Vary":                   tt.vary,
				"X-Replaced":             {"before"},
				"X-Deleted":              {"before"},
				"X-Around":               tt.around,
				"Set-Cookie":             {"around=1"},
				"Content-Type":           {"application/problem+json"},
				"X-Content-Type-Options": {"nosniff"},
				"Cache-Control":          {"no-store"},
			}
			if diff := cmp.Diff(want, h); diff != "" || got.status != tt.status {
				t.Errorf("status %d, header (-want +got):\n%s", got.status, diff)
			}
			if got := s.fetch("GET", "/clean", ""); got.header.Get("Cache-Control") != "private" || got.body != "a" {
				t.Errorf("a good response loses headers: %v %q", got.header, got.body)
			}
		})
	}
}

// Around may call the handler again. What the handler set the first time goes too, unless it has
// responded.
func TestErrorTakesBackHeadersOfBothCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		first, second func(*apiroute.Response) error
		want          http.Header
	}{
		{"the second sets nothing", func(res *apiroute.Response) error { res.SetHeader("X-First", "1"); return nil },
			func(*apiroute.Response) error { return errSecret }, http.Header{"X-Around": {"1"}}},
		{"both fail", func(res *apiroute.Response) error { res.SetHeader("X-First", "1"); return errSecret },
			func(res *apiroute.Response) error { res.SetHeader("X-Second", "1"); return errSecret }, http.Header{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", respond(func(res *apiroute.Response) error {
					if calls++; calls == 1 {
						return tt.first(res)
					}
					return tt.second(res)
				}))
			}, apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
				return func(req *apiroute.Request, res *apiroute.Response) error {
					res.SetHeader("X-Around", "1")
					if next(req, res) != nil {
						res.Header().Del("X-Around")
					}
					return next(req, res)
				}
			}))
			got := s.fetch("GET", "/x", "")
			header := http.Header{}
			for key, values := range got.header {
				if strings.HasPrefix(key, "X-") && key != "X-Content-Type-Options" {
					header[key] = values
				}
			}
			if diff := cmp.Diff(tt.want, header); got.status != 500 || diff != "" {
				t.Errorf("status %d, header (-want +got):\n%s", got.status, diff)
			}
		})
	}
}

// If Around responds after the handler has failed, the response has none of the handler's headers.
func TestErrorTakesBackHeadersBeforeAround(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", respond(func(res *apiroute.Response) error {
			res.Status(201).SetHeader("X-Handler", "1")
			return errSecret
		}), apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				if err := h(req, res); err == nil {
					return errors.New("the handler has not failed")
				}
				return res.Text("around")
			}
		}))
	})
	got := s.fetch("GET", "/x", "")
	got.want(t, 200, "around")
	if got.header.Get("X-Handler") != "" {
		t.Errorf("header %v", got.header)
	}
	s.wantErrors(t)
}

// A response that breaks off is cut, so that half of it never looks whole. One that is whole is not.
func TestErrorAfterFirstByte(t *testing.T) {
	t.Parallel()
	type step struct {
		name string
		call func(*apiroute.Request, *apiroute.Response)
		cut  bool
	}
	steps := []step{
		{"Write", func(_ *apiroute.Request, res *apiroute.Response) { res.Write([]byte("half")) }, true},
		{"Write and Flush", func(_ *apiroute.Request, res *apiroute.Response) { res.Write([]byte("half")); res.Flush() }, true},
		{"Flush", func(_ *apiroute.Request, res *apiroute.Response) { res.Flush() }, true},
		{"WriteHeader", func(_ *apiroute.Request, res *apiroute.Response) { res.WriteHeader(200) }, true},
		{"more than net/http buffers", func(_ *apiroute.Request, res *apiroute.Response) { res.Write(make([]byte, 1<<17)) }, true},
		{"io.Copy", func(_ *apiroute.Request, res *apiroute.Response) {
			io.Copy(res, strings.NewReader("half"))
			io.Copy(res, strings.NewReader("half"))
		}, true},
		{"half of Content-Length", func(_ *apiroute.Request, res *apiroute.Response) {
			res.SetHeader("Content-Length", "8").Write([]byte("half"))
		}, true},
		{"half of Content-Length and Flush", func(_ *apiroute.Request, res *apiroute.Response) {
			res.SetHeader("Content-Length", "8").Write([]byte("half"))
			res.Flush()
		}, true},
		{"all of Content-Length", func(_ *apiroute.Request, res *apiroute.Response) {
			res.SetHeader("Content-Length", "4").Write([]byte("half"))
		}, false},
		{"all of Content-Length, removed later", func(_ *apiroute.Request, res *apiroute.Response) {
			res.SetHeader("Content-Length", "4").Write([]byte("half"))
			res.Header().Del("Content-Length")
		}, false},
		{"all of Content-Length in two", func(_ *apiroute.Request, res *apiroute.Response) {
			res.SetHeader("Content-Length", "8").Write([]byte("half"))
			io.Copy(res, strings.NewReader("half"))
		}, false},
		{"all of Content-Length, copied", func(_ *apiroute.Request, res *apiroute.Response) {
			res.SetHeader("Content-Length", "4").WriteHeader(200)
			io.Copy(res, io.LimitReader(strings.NewReader("half"), 4))
		}, false},
		{"Content-Length 0", func(_ *apiroute.Request, res *apiroute.Response) {
			res.SetHeader("Content-Length", "0").WriteHeader(200)
		}, false},
		{"Content-Length 0, too late", func(_ *apiroute.Request, res *apiroute.Response) {
			res.Write([]byte("half"))
			res.Header().Set("Content-Length", "0")
		}, true},
		{"Content-Length, too late", func(_ *apiroute.Request, res *apiroute.Response) {
			res.Write([]byte("half"))
			res.Header().Set("Content-Length", "4")
			res.WriteHeader(500)
			res.Write([]byte("more"))
		}, true},
		{"an Error that sees no Response", func(req *apiroute.Request, res *apiroute.Response) {
			res.Write([]byte("half"))
			apiroute.Errorf(500, "no more").(*apiroute.Error).ServeHTTP(struct{ http.ResponseWriter }{res}, req.Request)
		}, true},
		{"MarshalJSON that writes, and fails", func(_ *apiroute.Request, res *apiroute.Response) {
			res.JSON(marshalFunc(func() ([]byte, error) { res.Write([]byte("half")); return nil, errSecret }))
		}, true},
		{"JSON", func(_ *apiroute.Request, res *apiroute.Response) { res.JSON("whole") }, false},
		{"Text", func(_ *apiroute.Request, res *apiroute.Response) { res.Text("whole") }, false},
		{"End", func(_ *apiroute.Request, res *apiroute.Response) { res.End() }, false},
		{"204", func(_ *apiroute.Request, res *apiroute.Response) { res.WriteHeader(204) }, false},
		{"304", func(_ *apiroute.Request, res *apiroute.Response) { res.WriteHeader(304) }, false},
		{"Redirect", func(_ *apiroute.Request, res *apiroute.Response) { res.Redirect("/") }, false},
	}
	for _, step := range steps {
		for name, fail := range map[string]func() error{
			"error":      func() error { return errSecret },
			"Error":      func() error { return apiroute.Errorf(404, secretText) },
			"nil *Error": func() error { return (*apiroute.Error)(nil) },
			"slice":      func() error { return errorList{secretText} },
			"panic":      func() error { panic(secretText) },
		} {
			t.Run(name+" after "+step.name, func(t *testing.T) {
				t.Parallel()
				calls := 0
				s := newAPI(t, func(api *apiroute.Router) {
					api.Get("/x", func(req *apiroute.Request, res *apiroute.Response) error {
						step.call(req, res)
						return fail()
					})
				}, apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error {
					calls++
					return err
				}))
				got := s.fetch("GET", "/x", "")
				if cut := got.err != nil; cut != step.cut {
					t.Errorf("%d %.50q, error %v; want it cut: %t", got.status, got.body, got.err, step.cut)
				}
				if strings.Contains(got.body, secretText) || strings.Contains(got.body, "title") {
					t.Errorf("the error is in the response: %q", got.body)
				}
				lines := s.logs()
				if len(lines) != 1 {
					t.Fatalf("logged %q, want one line", lines)
				}
				logged := record(lines[0])
				if cut := logged["cut"] == "true"; cut != step.cut || logged["status"] == "" {
					t.Errorf("logged %v; want the status, and cut: %t", logged, step.cut)
				}
				if logged["error"] == "" || (logged["stack"] != "") != (name == "panic") || name == "panic" && logged["level"] != "ERROR" {
					t.Errorf("logged %v; want the error, and a panic with its stack", logged)
				}
				if calls != 1 {
					t.Errorf("OnError has been called %d times, want 1", calls)
				}
				// The response to HEAD has no body that could be half.
				if head := s.fetch("HEAD", "/x", ""); head.err != nil || head.status >= 400 {
					t.Errorf("HEAD: %d, error %v", head.status, head.err)
				}
			})
		}
	}
}

// A marshalFunc is a value whose encoding is a function.
type marshalFunc func() ([]byte, error)

func (f marshalFunc) MarshalJSON() ([]byte, error) { return f() }

// A handler that ignores the error of JSON has still sent half a response.
func TestErrorOfMarshalJSONIgnored(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", respond(func(res *apiroute.Response) error {
			res.JSON(marshalFunc(func() ([]byte, error) { res.Write([]byte("half")); return nil, errSecret }))
			return nil
		}))
	})
	if got := s.fetch("GET", "/x", ""); got.err == nil {
		t.Errorf("%d %q, want the connection cut", got.status, got.body)
	}
	if lines := s.logs(); len(lines) != 1 || !strings.HasPrefix(logValue(lines[0], "error"), "apiroute: JSON: ") {
		t.Errorf("logged %q, want the error", lines)
	}
}

// The bytes that were written decide whether a response is whole, against the Content-Length that was
// sent, whatever it is set to later.
func TestErrorAfterContentLength(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		length string
		text   string
		later  string
		cut    bool
	}{
		{"whole", "4", "half", "4", false},
		{"whole, longer later", "4", "half", "5", false},
		{"too short", "5", "half", "5", true},
		{"too short, shorter later", "5", "half", "4", true},
		{"too long", "3", "half", "3", true},
		{"no number", "x", "half", "4", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			api.Get("/", respond(func(res *apiroute.Response) error {
				res.SetHeader("Content-Length", tt.length).Write([]byte(tt.text))
				res.Header().Set("Content-Length", tt.later)
				return errSecret
			}))
			cut := recovered(func() { serveRecorder(api, newRequest("GET", "/", "")) })
			if want := map[bool]any{true: http.ErrAbortHandler}[tt.cut]; cut != want {
				t.Errorf("panic %v, want %v", cut, want)
			}
		})
	}
}

// If the writer panics, and panics again while that is handled, the connection is cut. No router is
// needed for that.
func TestErrorWriterPanics(t *testing.T) {
	defaultLog(t)
	h := respond(func(res *apiroute.Response) error { return res.Text("x") })
	v := recovered(func() { h.ServeHTTP(panicWriter{httptest.NewRecorder()}, newRequest("GET", "/", "")) })
	if v != http.ErrAbortHandler {
		t.Errorf("panic %v, want http.ErrAbortHandler", v)
	}
}

type panicWriter struct{ http.ResponseWriter }

func (panicWriter) WriteHeader(int) { panic(secretText) }

// As it is sent, a response that is cut has no end.
func TestErrorCutOnTheWire(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", respond(func(res *apiroute.Response) error {
			res.Write([]byte("half"))
			res.Flush()
			return errSecret
		}))
	})
	c := s.dial(t)
	c.send(t, requestText("GET", "/x", ""))
	sent := c.rest()
	if !strings.Contains(sent, "\r\n4\r\nhalf\r\n") || strings.Contains(sent, "\r\n0\r\n") || strings.Contains(sent, secretText) {
		t.Errorf("sent %q, want half a chunked body without its end", sent)
	}
}

// A panic is a 500 that is logged with its stack, whatever its value.
func TestErrorPanic(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		value any
		text  string // in the log
	}{
		{"string", secretText, "panic: dsn=secret"},
		{"error", errSecret, "panic: dsn=secret"},
		{"nil", nil, "panic called with nil"},
		{"int", 7, "panic: 7"},
		{"slice", []string{"a"}, "panic: [a]"},
		{"Error", apiroute.Errorf(404, "no"), "panic: apiroute: 404 Not Found: no"}, // a panic is a 500, whatever it carries
		{"wrapped Error", fmt.Errorf("a: %w", apiroute.Errorf(404, "no")), "panic: a: apiroute: 404"},
		{"MaxBytesError", &http.MaxBytesError{Limit: 1}, "panic: http: request body too large"},
		{"nil *Error", (*apiroute.Error)(nil), "panic: apiroute: nil *Error"},
		{"wrapped ErrAbortHandler", fmt.Errorf("a: %w", http.ErrAbortHandler), "panic: a: net/http: abort Handler"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seen := 0
			var asked error
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x/[id]", respond(func(res *apiroute.Response) error {
					res.Status(201).SetHeader("X-A", "1")
					panic(tt.value)
				}))
			}, accessLog(&seen), apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error { asked = err; return err }))
			for range 2 {
				got := s.fetch("GET", "/x/a%22b", "")
				got.want(t, 500, problem(500))
				lines := s.logs()
				if seen != 500 || got.header.Get("X-A") != "" {
					t.Errorf("header %v; middleware has seen %d, want 500", got.header, seen)
				}
				if err, ok := tt.value.(error); ok && !errors.Is(asked, err) {
					t.Errorf("OnError has seen %v, in which errors.Is does not find the value", asked)
				}
				if len(lines) != 1 {
					t.Fatalf("logged %q, want one line", lines)
				}
				logged := record(lines[0])
				if text := logged["error"]; !strings.HasPrefix(text, "panic: ") || !strings.Contains(text, tt.text) {
					t.Errorf("logged the error %q, want %q", text, tt.text)
				}
				if stack := logged["stack"]; !strings.Contains(stack, "fail_test.go") {
					t.Errorf("the stack does not show where: %q", stack)
				}
				delete(logged, "error")
				delete(logged, "stack")
				want := map[string]string{"level": "ERROR", "method": "GET", "route": "/x/[id]", "path": `/x/a"b`, "status": "500"}
				if diff := cmp.Diff(want, logged); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			}
			if n := s.connections(); n != 1 {
				t.Errorf("%d connections, want the first used again", n)
			}
		})
	}
}

// A panic of whatever runs around a handler is handled in the same way.
func TestErrorPanicElsewhere(t *testing.T) {
	t.Parallel()
	panics := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(secretText) })
	}
	after := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			panic(secretText)
		})
	}
	ok := respond(func(res *apiroute.Response) error { return res.Text("whole") })
	for _, tt := range []struct {
		name    string
		options []apiroute.Option // of the router
		route   []apiroute.Option
		status  int
	}{
		{"Use of the router", []apiroute.Option{apiroute.Use(panics)}, nil, 500},
		{"Use of the route", nil, []apiroute.Option{apiroute.Use(panics)}, 500},
		{"Around", nil, []apiroute.Option{apiroute.Around(func(apiroute.Handler) apiroute.Handler {
			return func(*apiroute.Request, *apiroute.Response) error { panic(secretText) }
		})}, 500},
		{"Use of the router, after the response", []apiroute.Option{apiroute.Use(after)}, nil, 200},
		{"Use of the route, after the response", nil, []apiroute.Option{apiroute.Use(after)}, 200},
		{"Around, after the response", nil, []apiroute.Option{apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error { h(req, res); panic(secretText) }
		})}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", ok, tt.route...) }, tt.options...)
			got := s.fetch("GET", "/x", "")
			if got.status != tt.status || got.err != nil || strings.Contains(got.body, secretText) {
				t.Errorf("%d %q, error %v; want %d", got.status, got.body, got.err, tt.status)
			}
			lines := s.logs()
			if len(lines) != 1 || logValue(lines[0], "level") != "ERROR" || !strings.Contains(logValue(lines[0], "stack"), "fail_test.go") {
				t.Errorf("logged %q, want the panic with its stack", lines)
			}
		})
	}
}

func TestErrorAbortHandler(t *testing.T) {
	t.Parallel()
	abort := func(*apiroute.Request, *apiroute.Response) error { panic(http.ErrAbortHandler) }
	for _, tt := range []struct {
		name string
		h    apiroute.Handler
		opts []apiroute.Option
	}{
		{"before the response", abort, nil},
		{"midway", respond(func(res *apiroute.Response) error {
			res.Write([]byte("half"))
			panic(http.ErrAbortHandler)
		}), nil},
		{"after the response", respond(func(res *apiroute.Response) error {
			res.Text("whole")
			panic(http.ErrAbortHandler)
		}), nil},
		{"in Use", fail(nil), []apiroute.Option{apiroute.Use(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		})}},
		{"in OnError", fail(errSecret), []apiroute.Option{apiroute.OnError(func(*apiroute.Request, *apiroute.Response, error) error {
			panic(http.ErrAbortHandler)
		})}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", tt.h, tt.opts...) },
				apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error { calls++; return err }))
			if got := s.fetch("GET", "/x", ""); got.err == nil {
				t.Errorf("%d %q, want the connection cut", got.status, got.body)
			}
			if lines := s.logs(); len(lines) > 0 || calls > 0 {
				t.Errorf("OnError of the router has been called %d times; logged %q", calls, lines)
			}
		})
	}
	t.Run("without a router", func(t *testing.T) {
		t.Parallel()
		if v := recovered(func() { serveRecorder(apiroute.Handler(abort), newRequest("GET", "/", "")) }); v != http.ErrAbortHandler {
			t.Errorf("panic %v", v)
		}
	})
}

// runtime.Goexit ends the goroutine of the connection. The client sees a 500 or a connection that is
// closed, and the server goes on.
func TestErrorGoexit(t *testing.T) {
	t.Parallel()
	var events *apiroute.EventStream
	for _, tt := range []struct {
		name string
		h    apiroute.Handler
	}{
		{"before the response", func(*apiroute.Request, *apiroute.Response) error { runtime.Goexit(); return nil }},
		{"midway", respond(func(res *apiroute.Response) error {
			res.Write([]byte("half"))
			runtime.Goexit()
			return nil
		})},
		{"in a stream of events", respond(func(res *apiroute.Response) error {
			events, _ = res.Events()
			runtime.Goexit()
			return nil
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/exit", tt.h)
				api.Get("/ok", respond(func(res *apiroute.Response) error { return res.Text("ok") }))
			})
			if got := s.fetch("GET", "/exit", ""); got.err == nil && got.status != 500 {
				t.Errorf("%d %q, want a 500 or nothing", got.status, got.body)
			}
			s.fetch("GET", "/ok", "").want(t, 200, "ok")
		})
	}
	if err := events.Send(apiroute.Event{}); err != apiroute.ErrAnswered {
		t.Errorf("the stream goes on: %v", err)
	}
}
