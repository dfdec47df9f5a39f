package apiroute_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// Middleware that puts its own writer in between.

// An upperWriter is the plainest writer that middleware may put in place of the package's: it has
// neither Unwrap nor Flush.
type upperWriter struct{ w http.ResponseWriter }

func (u upperWriter) Header() http.Header { return u.w.Header() }

func (u upperWriter) WriteHeader(code int) { u.w.WriteHeader(code) }

func (u upperWriter) Write(b []byte) (int, error) { return u.w.Write(bytes.ToUpper(b)) }

// A gzipWriter compresses the body, as the well-known middleware does.
type gzipWriter struct {
	http.ResponseWriter
	zip *gzip.Writer
}

func (g gzipWriter) WriteHeader(code int) {
	g.Header().Del("Content-Length")
	if code != 204 && code != 308 {
		g.Header().Set("Content-Encoding", "gzip")
	}
	g.ResponseWriter.WriteHeader(code)
}

func (g gzipWriter) Write(b []byte) (int, error) { return g.zip.Write(b) }

// Middleware may replace the writer at any level, and the response goes through its writer whole.
func TestUseReplacesWriter(t *testing.T) {
	t.Parallel()
	upper := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(upperWriter{w}, r)
	})
	compress := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		g := gzipWriter{w, gzip.NewWriter(w)}
		next.ServeHTTP(g, r)
		if w.Header().Get("Content-Encoding") == "gzip" && r.Method != "HEAD" {
			g.zip.Close()
		}
	})
	same := func(s string) string { return s }
	gunzip := func(s string) string {
		if s == "" {
			return ""
		}
		r, err := gzip.NewReader(strings.NewReader(s))
		if err != nil {
			return err.Error()
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	handler := func(req *apiroute.Request, res *apiroute.Response) error {
		switch req.Param("id") {
		case "fail":
			res.SetHeader("X", "1")
			return apiroute.Errorf(409, "no")
		case "panic":
			panic("no")
		case "long":
			return res.Text(strings.Repeat("x", 5000))
		case "none":
			return nil
		}
		return res.SetHeader("X", "1").Text(fmt.Sprintf("%s %s %q %s", req.Route(), req.Param("id"), req.Segments("rest"), req.PathValue("id")))
	}
	for _, tt := range []struct {
		name          string
		wrap          apiroute.Option
		undo, outcome func(string) string
	}{
		{"upper", upper, same, strings.ToUpper},
		{"gzip", compress, gunzip, same},
		{"none", apiroute.Use(), same, same},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for level, api := range map[string]*apiroute.Router{
				"router": apiroute.New(quiet(), tt.wrap),
				"group":  apiroute.New(quiet()).Group("", tt.wrap),
				"twice":  apiroute.New(quiet(), apiroute.Use()).Group("", traceUse("")).Group("", tt.wrap),
				"route":  apiroute.New(quiet()),
			} {
				t.Run(level, func(t *testing.T) {
					if level == "route" {
						api.Get("/a/[id]/[[...rest]]", handler, tt.wrap)
					} else {
						api.Get("/a/[id]/[[...rest]]", handler)
					}
					srv := newServer(t, api)
					for _, rr := range []struct {
						method, target string
						status         int
						want           string
					}{
						{"GET", "/a/1", 200, `/a/[id]/[[...rest]] 1 [] 1`},
						{"GET", "/a/1/x/y", 200, `/a/[id]/[[...rest]] 1 ["x" "y"] 1`},
						{"GET", "/a/long", 200, strings.Repeat("x", 5000)},
						{"HEAD", "/a/1", 200, ""},
						{"GET", "/a/none", 204, ""},
						{"GET", "/a/fail", 409, `{"title":"Conflict","status":409,"detail":"no"}`},
						{"GET", "/a/panic", 500, problem(500)},
						{"POST", "/a/1", 405, problem(405)},
						{"OPTIONS", "/a/1", 204, ""},
						{"GET", "/a//1", 308, ""},
						{"GET", "/a/%ff", 400, `{"title":"Bad Request","status":400,"detail":"the path contains NUL or is not UTF-8"}`},
					} {
						t.Run(rr.method+" "+rr.target, func(t *testing.T) {
							got := srv.do(rr.method, rr.target, "")
							body := tt.undo(got.body)
							if got.status != rr.status || body != tt.outcome(rr.want) || got.err != nil {
								t.Errorf("%s on %s: %s %s = %d %.200q %v, want %d %.200q", tt.name, level, rr.method, rr.target,
									got.status, body, got.err, rr.status, tt.outcome(rr.want))
							}
							if rr.status == 405 && got.header.Get("Allow") != "GET, HEAD, OPTIONS" {
								t.Errorf("%s on %s: %s %s: Allow %q", tt.name, level, rr.method, rr.target, got.header["Allow"])
							}
							if rr.status == 409 && got.header.Get("X") != "" {
								t.Errorf("%s on %s: %s %s: the handler's header went out with the error", tt.name, level, rr.method, rr.target)
							}
						})
					}
				})
			}
		})
	}
}

// http.TimeoutHandler runs the next handler in a goroutine, with its own writer and its own
// context.
func TestTimeoutHandler(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"router", "group", "route"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{})
			handler := func(req *apiroute.Request, res *apiroute.Response) error {
				switch req.Param("id") {
				case "late":
					defer close(ended)
					<-req.Context().Done()
					return req.Context().Err()
				case "panic":
					panic("no")
				}
				return res.SetHeader("X", "1").Text(req.Route() + " " + req.Param("id") + " " + req.PathValue("id"))
			}
			with := func(d time.Duration) apiroute.Option {
				return apiroute.Use(func(h http.Handler) http.Handler { return http.TimeoutHandler(h, d, "too late") })
			}
			serve := func(d time.Duration) *server {
				switch level {
				case "router":
					api := apiroute.New(quiet(), with(d))
					api.Get("/a/[id]", handler)
					return newServer(t, api)
				case "group":
					api := apiroute.New(quiet())
					api.Group("/a", with(d)).Get("/[id]", handler)
					return newServer(t, api)
				}
				api := apiroute.New(quiet())
				api.Get("/a/[id]", handler, with(d))
				return newServer(t, api)
			}
			srv := serve(time.Hour)
			for _, tt := range []struct {
				method, target string
				status         int
				body           string
			}{
				{"GET", "/a/1", 200, "/a/[id] 1 1"},
				{"HEAD", "/a/1", 200, ""},
				{"POST", "/a/1", 405, problem(405)},
				{"GET", "/a/panic", 500, problem(500)},
				{"GET", "/a/1/", 308, ""},
			} {
				t.Run(tt.method+" "+tt.target, func(t *testing.T) {
					got := srv.do(tt.method, tt.target, "")
					if got.status != tt.status || got.body != tt.body {
						t.Errorf("%s: %s %s = %d %q, want %d %q", level, tt.method, tt.target, got.status, got.body, tt.status, tt.body)
					}
				})
			}
			// The middleware responds, and the handler ends by itself later on.
			if got := serve(time.Millisecond).do("GET", "/a/late", ""); got.status != 503 || got.body != "too late" {
				t.Errorf("%s: GET /a/late = %d %q, want 503 by the middleware", level, got.status, got.body)
			}
			receive(t, "the end of the handler", ended)
		})
	}
}

// A plain handler that still runs after http.TimeoutHandler has responded does not write what the
// middleware around it reads.
func TestTimeoutHandlerPathValue(t *testing.T) {
	t.Parallel()
	late, done := make(chan struct{}), make(chan struct{})
	access := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			close(late)
			if v := r.PathValue("id"); v != "7" {
				t.Errorf("after the response, id is %q", v)
			}
		})
	}
	timeout := func(next http.Handler) http.Handler { return http.TimeoutHandler(next, time.Millisecond, "too late") }
	slow := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error { <-late; return next(req, res) }
	}
	api := apiroute.New(quiet())
	api.Get("/u/[id]", apiroute.FromHTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if v := r.PathValue("id"); v != "7" {
			t.Errorf("in the handler, id is %q", v)
		}
		close(done)
	})), apiroute.Use(access, timeout), apiroute.Around(slow))
	newServer(t, api).do("GET", "/u/7", "").want(t, 503, "too late")
	receive(t, "the end of the handler", done)
}

// A body limit outside of the router, or in its middleware, gives the same response as the
// package's own limit.
func TestMaxBytesHandler(t *testing.T) {
	t.Parallel()
	handler := func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Bytes("text/plain", b)
	}
	limit := func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 4) }
	outside := apiroute.New(quiet())
	outside.Post("/a", handler)
	used := apiroute.New(quiet())
	used.Post("/a", handler, apiroute.Use(limit))
	for name, h := range map[string]http.Handler{"outside": limit(outside), "used": used} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, h)
			if got := srv.do("POST", "/a", "1234", "Content-Type: application/json"); got.status != 200 || got.body != "1234" {
				t.Errorf("%s: 4 bytes = %d %q, want 200 and them", name, got.status, got.body)
			}
			got := srv.do("POST", "/a", "12345", "Content-Type: application/json")
			got.wantProblem(t, 413)
			if !got.close {
				t.Errorf("%s: 5 bytes: no Connection: close", name)
			}
			got = srv.raw("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n")
			got.wantProblem(t, 413)
		})
	}
}

// Middleware may replace the request, and the handler sees the new context and its own path values.
func TestUseReplacesRequest(t *testing.T) {
	t.Parallel()
	type key struct{}
	for name, f := range map[string]func(r *http.Request) *http.Request{
		"WithContext": func(r *http.Request) *http.Request {
			return r.WithContext(context.WithValue(r.Context(), key{}, "v"))
		},
		"Clone": func(r *http.Request) *http.Request {
			return r.Clone(context.WithValue(r.Context(), key{}, "v"))
		},
		"new request": func(r *http.Request) *http.Request {
			c, err := http.NewRequestWithContext(context.WithValue(r.Context(), key{}, "v"), r.Method, r.URL.String(), r.Body)
			if err != nil {
				t.Error(err)
			}
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			replace := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, f(r)) })
			handler := func(req *apiroute.Request, res *apiroute.Response) error {
				b, err := req.Bytes()
				if err != nil {
					return err
				}
				return res.Text(fmt.Sprint(req.Context().Value(key{}), " ", req.Route(), " ", req.Param("id"), " ", string(b)))
			}
			router := apiroute.New(quiet(), replace)
			router.Post("/a/[id]", handler)
			group := apiroute.New(quiet())
			group.Group("/a", replace).Group("/", replace).Post("/[id]", handler, replace)
			for level, api := range map[string]*apiroute.Router{"router": router, "group": group} {
				t.Run(level, func(t *testing.T) {
					srv := newServer(t, api)
					if got, want := srv.do("POST", "/a/7", "body", "Content-Type: application/json"), "v /a/[id] 7 body"; got.status != 200 || got.body != want {
						t.Errorf("%s on %s: %d %q, want 200 %q", name, level, got.status, got.body, want)
					}
					if got := srv.do("GET", "/a/7", ""); got.status != 405 || got.header.Get("Allow") != "OPTIONS, POST" {
						t.Errorf("%s on %s: GET = %d, Allow %q, want 405 with POST", name, level, got.status, got.header["Allow"])
					}
				})
			}
		})
	}
}

// Middleware may drop the context of the request, since routing does not depend on it.
func TestUseDropsContext(t *testing.T) {
	t.Parallel()
	drop := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.Background()))
	})
	show := func(req *apiroute.Request, res *apiroute.Response) error { return res.Text(req.Param("id")) }
	api := apiroute.New(quiet())
	api.Get("/route/[id]", show, drop)
	api.Group("/group", drop).Get("/[id]", show)
	api.Group("/nested", drop).Group("", traceUse("inner")).Get("/[id]", show)
	srv := newServer(t, api)
	for _, target := range []string{"/route/7", "/group/7", "/nested/7"} {
		t.Run(target, func(t *testing.T) {
			if got := srv.do("GET", target, ""); got.status != 200 || got.body != "7" {
				t.Errorf("%d %q, want 200 7", got.status, got.body)
			}
			if got := srv.do("GET", target+"/", ""); got.status != 308 {
				t.Errorf("with a slash at the end: %d, want 308", got.status)
			}
		})
	}
	t.Run("on the router", func(t *testing.T) {
		api := apiroute.New(quiet(), drop)
		api.Get("/a/[id]", show, traceUse("route"))
		if got := newServer(t, api).do("GET", "/a/7", ""); got.status != 200 || got.body != "7" {
			t.Errorf("%d %q, want 200 7", got.status, got.body)
		}
	})
}

// A panic in middleware is caught like one in a handler, and a response that has begun is cut.
func TestMiddlewarePanics(t *testing.T) {
	t.Parallel()
	before := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Id", "1")
		panic("secret")
	})
	after := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		panic("secret")
	})
	half := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic("secret")
	})
	abort := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	around := func(after bool) apiroute.Option {
		return apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				if after {
					next(req, res)
				}
				panic("secret")
			}
		})
	}
	stream := func(req *apiroute.Request, res *apiroute.Response) error {
		io.WriteString(res, "a part")
		return nil
	}
	for _, tt := range []struct {
		name    string
		option  apiroute.Option
		handler apiroute.Handler
		status  int // 0 if there is no response, or an incomplete one
		log     bool
	}{
		{"Use before", before, notReached(t), 500, true},
		{"Use after a whole response", after, respondOK, 200, true},
		{"Use after an unfinished response", after, stream, 0, true},
		{"Use in the middle of its own response", half, notReached(t), 0, true},
		{"Use aborts", abort, notReached(t), 0, false},
		{"Around before", around(false), notReached(t), 500, true},
		{"Around after a whole response", around(true), respondOK, 200, true},
		{"Around after an unfinished response", around(true), stream, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, level := range []string{"router", "group", "route"} {
				t.Run(level, func(t *testing.T) {
					log := &testLog{}
					api := apiroute.New(log.option())
					switch level {
					case "router":
						api = apiroute.New(log.option(), tt.option)
						api.Get("/a", tt.handler)
					case "group":
						api.Group("/a", tt.option).Get("", tt.handler)
					case "route":
						api.Get("/a", tt.handler, tt.option)
					}
					what := tt.name + " on " + level
					srv := newServer(t, api)
					srv.log = log
					got := srv.do("GET", "/a", "")
					switch {
					case tt.status == 0 && got.err == nil:
						t.Errorf("%s: %d %q, want a response cut off", what, got.status, got.body)
					case tt.status == 200 && (got.status != 200 || got.body != "ok" || got.err != nil):
						t.Errorf("%s: %d %q, %v, want 200 ok", what, got.status, got.body, got.err)
					case tt.status == 500:
						got.wantProblem(t, 500)
					}
					if strings.Contains(got.body, "secret") {
						t.Errorf("%s: the client gets %q", what, got.body)
					}
					if tt.name == "Use before" && got.header.Get("X-Id") != "1" {
						t.Errorf("%s: the middleware's own header is gone", what)
					}
					text := strings.Join(srv.logs(), "\n")
					if tt.log != (strings.Contains(text, "panic: secret") && strings.Contains(text, "stack=")) {
						t.Errorf("%s: log %q, want the panic with its stack: %t", what, text, tt.log)
					}
				})
			}
		})
	}
}
