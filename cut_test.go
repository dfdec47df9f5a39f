package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/apiroute"
)

// A response of which a part has been sent and the rest cannot follow is cut, for a client that is
// there. These tests are about who is there, and about middleware in between.

// A hiddenWriter is a wrapper without an Unwrap method, as many are written by hand.
type hiddenWriter struct{ http.ResponseWriter }

func (w hiddenWriter) Flush() { http.NewResponseController(w.ResponseWriter).Flush() }

// wrapped returns middleware that wraps the writer.
func wrapped(wrap func(http.ResponseWriter) http.ResponseWriter) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrap(w), r) })
	}
}

// The wrappers of these tests, by name.
var wrappers = map[string]func(http.Handler) http.Handler{
	"bare":   func(next http.Handler) http.Handler { return next },
	"unwrap": wrapped(func(w http.ResponseWriter) http.ResponseWriter { return hurriedWriter{w} }),
	"hidden": wrapped(func(w http.ResponseWriter) http.ResponseWriter { return hiddenWriter{w} }),
	"copy": func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.Clone(r.Context())) })
	},
	"hidden copy": func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(hiddenWriter{w}, r.Clone(r.Context()))
		})
	},
}

// begin sends a part of a response, without an announced length.
func begin(res *apiroute.Response) {
	io.WriteString(res, "half")
	res.Flush()
}

// untilDone has a handler of each kind that goes on until the context of its request is done, and
// then fails after a part of the response.
func untilDone(back string) map[string]apiroute.Handler {
	u, _ := url.Parse(back)
	return map[string]apiroute.Handler{
		"Write": func(req *apiroute.Request, res *apiroute.Response) error {
			begin(res)
			<-req.Context().Done()
			return req.Context().Err()
		},
		"Write, another error": func(req *apiroute.Request, res *apiroute.Response) error {
			begin(res)
			<-req.Context().Done()
			return errSecret
		},
		"panic": func(req *apiroute.Request, res *apiroute.Response) error {
			begin(res)
			<-req.Context().Done()
			panic(req.Context().Err())
		},
		"http.ErrAbortHandler": func(req *apiroute.Request, res *apiroute.Response) error {
			begin(res)
			<-req.Context().Done()
			panic(http.ErrAbortHandler)
		},
		"Stream": func(req *apiroute.Request, res *apiroute.Response) error {
			sent := false
			return res.Stream("", readerFunc(func(b []byte) (int, error) {
				if !sent {
					sent = true
					return copy(b, "half"), nil
				}
				<-req.Context().Done()
				return 0, req.Context().Err()
			}))
		},
		"JSONLines": func(req *apiroute.Request, res *apiroute.Response) error {
			return apiroute.JSONLines(res, func(yield func(string, error) bool) {
				if yield("half", nil) {
					<-req.Context().Done()
					yield("", req.Context().Err())
				}
			})
		},
		"Events": func(req *apiroute.Request, res *apiroute.Response) error {
			ev, err := res.Events()
			if err != nil {
				return err
			}
			if err = ev.Send(apiroute.Event{Data: "half"}); err == nil {
				<-req.Context().Done()
				err = ev.Send(apiroute.Event{Data: "x"})
			}
			return err
		},
		"Proxy":        apiroute.Proxy(back),
		"ReverseProxy": apiroute.FromHTTP(httputil.NewSingleHostReverseProxy(u)),
	}
}

// halfService starts a service that sends a part of its response and waits.
func halfService(t *testing.T) string {
	return newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})).URL
}

// An ending is what middleware sees of a request.
type ending struct {
	mu       sync.Mutex
	panicked any
	returned bool
}

// watch returns middleware that records the ending, as that of an access log does.
func (o *ending) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			o.mu.Lock()
			o.panicked, o.returned = v, v == nil
			o.mu.Unlock()
			if v != nil {
				panic(v)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// A client that has gone cannot be misled, so nothing panics, which would only hide the request
// from access logs and metrics. Nor does anything but the debug log say so.
func TestCutClientGone(t *testing.T) {
	t.Parallel()
	back := halfService(t)
	base := func(s *httptest.Server) {
		s.Config.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(context.Background()) }
	}
	for name, h := range untilDone(back) {
		for _, tt := range []struct {
			name, wrapper string
			around        bool // whether the wrapper is around the router, and not in its Use
			leave         func(*net.TCPConn)
			configure     func(*httptest.Server)
		}{
			{"FIN", "bare", false, func(c *net.TCPConn) { c.Close() }, http2(false)},
			{"RST", "bare", false, func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, http2(false)},
			{"own context", "bare", false, func(c *net.TCPConn) { c.Close() }, base},
			{"unwrap", "unwrap", false, func(c *net.TCPConn) { c.Close() }, base},
			{"hidden", "hidden", false, func(c *net.TCPConn) { c.Close() }, http2(false)},
			{"hidden, own context", "hidden", false, func(c *net.TCPConn) { c.Close() }, base},
			{"hidden around", "hidden", true, func(c *net.TCPConn) { c.Close() }, http2(false)},
			{"copy", "copy", false, func(c *net.TCPConn) { c.SetLinger(0); c.Close() }, base},
		} {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				t.Parallel()
				var inside, outside ending
				log := &testLog{}
				use := []func(http.Handler) http.Handler{inside.watch}
				if !tt.around {
					use = append(use, wrappers[tt.wrapper])
				}
				api := apiroute.New(log.option(), apiroute.Use(use...))
				api.Get("/x", h)
				var top http.Handler = api
				if tt.around {
					top = wrappers[tt.wrapper](api)
				}
				s := newServer(t, outside.watch(top), tt.configure)
				s.log = log
				c := s.dial(t)
				c.send(t, requestText("GET", "/x", ""))
				readN(t, c.response(t, "GET").Body, 4)
				tt.leave(c.Conn.(*net.TCPConn))
				if _, aborted := s.counts(); aborted != 0 || !inside.returned || !outside.returned {
					t.Errorf("%d requests aborted; middleware has seen %v, that around the router %v", aborted, inside.panicked, outside.panicked)
				}
				if tt.name != "hidden, own context" { // whose context may have been ended by another
					if lines := s.warnings(); len(lines) > 0 && name != "panic" {
						t.Errorf("logged %q", lines)
					}
				}
			})
		}
	}
}

// The same over HTTP/2, where the client cancels the request and keeps the connection.
func TestCutClientGoneHTTP2(t *testing.T) {
	t.Parallel()
	back := halfService(t)
	for name, h := range untilDone(back) {
		for wrapper, wrap := range wrappers {
			t.Run(name+", "+wrapper, func(t *testing.T) {
				t.Parallel()
				s := serveWith(t, http2(true), func(api *apiroute.Router) { api.Get("/x", h) }, apiroute.Use(wrap))
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/x", nil)
				resp, err := s.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				readN(t, resp.Body, 4)
				cancel()
				resp.Body.Close()
				await(t, "the handler to end", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.active == 0 })
				if _, aborted := s.counts(); aborted != 0 {
					t.Errorf("%d requests aborted", aborted)
				}
				if lines := s.warnings(); len(lines) > 0 && name != "panic" {
					t.Errorf("logged %q", lines)
				}
			})
		}
	}
}

// A context may end while the client is there. It then gets a 503, or a cut where a part has been
// sent.
func TestContextEndsClientStays(t *testing.T) {
	t.Parallel()
	back := halfService(t)
	wait := func(req *apiroute.Request, res *apiroute.Response) error {
		<-req.Context().Done()
		return fmt.Errorf("query: %w", req.Context().Err())
	}
	for _, tt := range []struct {
		name   string
		ends   string // who ends the context: the server, Use, or middleware around the router
		use    string
		http2  bool
		byTime bool
	}{
		{"server", "server", "bare", false, false},
		{"server, unwrap", "server", "unwrap", false, false},
		{"server, hidden", "server", "hidden", false, false},
		{"server, HTTP/2", "server", "bare", true, false},
		{"Use", "use", "bare", false, false},
		{"Use, hidden", "use", "hidden", false, false},
		{"Use, HTTP/2", "use", "unwrap", true, false},
		{"around", "around", "bare", false, false},
		{"around, unwrap", "around", "unwrap", false, false},
		{"Use, a deadline", "use", "bare", false, true},
	} {
		serve := func(t *testing.T, h apiroute.Handler) (*server, func()) {
			base, shutdown := context.WithCancel(context.Background())
			end := make(chan struct{})
			endsContext := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					ctx, cancel := context.WithCancel(r.Context())
					if tt.byTime {
						ctx, cancel = context.WithTimeout(r.Context(), briefDeadline)
					}
					defer cancel()
					if !tt.byTime {
						go func() { <-end; cancel() }()
					}
					next.ServeHTTP(w, r.WithContext(ctx))
				})
			}
			log := &testLog{}
			use := []func(http.Handler) http.Handler{wrappers[tt.use]}
			if tt.ends == "use" {
				use = append(use, endsContext)
			}
			api := apiroute.New(log.option(), apiroute.Use(use...))
			api.Get("/x", h)
			var top http.Handler = api
			if tt.ends == "around" {
				top = endsContext(api)
			}
			s := newServer(t, top, http2(tt.http2), func(s *httptest.Server) {
				if tt.ends == "server" {
					s.Config.BaseContext = func(net.Listener) context.Context { return base }
				}
			})
			s.log = log
			var once sync.Once
			stop := func() { once.Do(func() { shutdown(); close(end) }) }
			t.Cleanup(stop)
			return s, stop
		}
		t.Run("nothing sent, "+tt.name, func(t *testing.T) {
			t.Parallel()
			waiting := make(chan struct{})
			s, stop := serve(t, func(req *apiroute.Request, res *apiroute.Response) error {
				close(waiting)
				return wait(req, res)
			})
			go func() { <-waiting; stop() }()
			status, level := 503, "ERROR"
			if tt.byTime {
				status = 500
			}
			s.fetch("GET", "/x", "").wantProblem(t, status)
			if tt.name == "Use, hidden" { // nothing but the connection could tell this from a client that goes
				level = "DEBUG"
			}
			lines := s.logs()
			if len(lines) != 1 || logValue(lines[0], "status") != strconv.Itoa(status) || logValue(lines[0], "level") != level {
				t.Errorf("logged %q, want a %d at %s", lines, status, level)
			}
		})
		for name, h := range untilDone(back) {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				t.Parallel()
				s, stop := serve(t, h)
				resp, err := s.Client().Get(s.URL + "/x")
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				readN(t, resp.Body, 4)
				stop()
				if rest, err := io.ReadAll(resp.Body); err == nil {
					t.Errorf("the part looks whole; after it %q", rest)
				}
				if _, aborted := s.counts(); aborted != 1 {
					t.Errorf("%d requests aborted, want 1", aborted)
				}
			})
		}
	}
}

// A client may close only its own half of a connection. It must not take a part for the whole.
func TestCutHalfClosed(t *testing.T) {
	t.Parallel()
	back := halfService(t)
	for name, h := range untilDone(back) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", h) })
			c := s.dial(t)
			c.send(t, requestText("GET", "/x", ""))
			resp := c.response(t, "GET")
			readN(t, resp.Body, 4)
			c.Conn.(*net.TCPConn).CloseWrite()
			if rest, err := io.ReadAll(resp.Body); err == nil {
				t.Errorf("the part looks whole; after it %q", rest)
			}
		})
	}
}

// A request without a server is a test. It can show that the client goes only by the context.
func TestCutInRecorder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		gone bool
		want any
	}{
		{"gone", true, nil},
		{"there", false, http.ErrAbortHandler},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			api := apiroute.New(quiet())
			api.Get("/x", respond(func(res *apiroute.Response) error {
				begin(res)
				if tt.gone {
					cancel()
				}
				return context.Canceled
			}))
			r := newRequest("GET", "/x", "").WithContext(ctx)
			if v := recovered(func() { api.ServeHTTP(httptest.NewRecorder(), r) }); v != tt.want {
				t.Errorf("panic %v, want %v", v, tt.want)
			}
		})
	}
}

// Middleware that gives a request a context of its own ends it when it returns. That is no client
// that goes.
func TestCutBehindOwnContext(t *testing.T) {
	t.Parallel()
	own := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	ended := func(next http.Handler) http.Handler { // before the handler returns
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(r.Context())
			next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, cancelKey{}, cancel)))
		})
	}
	h := func(req *apiroute.Request, res *apiroute.Response) error {
		begin(res)
		if cancel, ok := req.Context().Value(cancelKey{}).(context.CancelFunc); ok {
			cancel()
		}
		return errSecret
	}
	for name, use := range map[string]func(http.Handler) http.Handler{"at the end": own, "before": ended} {
		for wrapper, wrap := range wrappers {
			for where, api := range map[string]*apiroute.Router{
				"router": apiroute.New(quiet(), apiroute.Use(use)),
				"group":  apiroute.New(quiet()).Group("", apiroute.Use(use)),
				"both":   apiroute.New(quiet(), apiroute.Use(use)).Group("", apiroute.Use(use)),
				"hidden": apiroute.New(quiet(), apiroute.Use(use, wrappers["hidden"])).Group("", apiroute.Use(use)),
			} {
				t.Run(fmt.Sprintf("%s, %s, %s", name, wrapper, where), func(t *testing.T) {
					t.Parallel()
					api.Get("/x", h)
					wantCut(t, newServer(t, wrap(api)))
					if v := recovered(func() { serveRecorder(wrap(api), newRequest("GET", "/x", "")) }); v != http.ErrAbortHandler {
						t.Errorf("recorder: panic %v, want http.ErrAbortHandler", v)
					}
				})
			}
		}
	}
}

// cancelKey is the context key of the function that ends the context.
type cancelKey struct{}

// recovery returns middleware that swallows every panic, http.ErrAbortHandler included, and then
// writes what then does.
func recovery(then func(http.ResponseWriter)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					then(w)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// A holdWriter keeps the body back until the end, and shares the header.
type holdWriter struct {
	*httptest.ResponseRecorder
	w http.ResponseWriter
}

func (h holdWriter) Header() http.Header { return h.w.Header() }

// hold is middleware with a holdWriter.
func hold(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := holdWriter{httptest.NewRecorder(), w}
		next.ServeHTTP(h, r)
		w.WriteHeader(h.Code)
		w.Write(h.Body.Bytes())
	})
}

// An ownHeaderWriter has a header of its own, which it copies when it sends it.
type ownHeaderWriter struct {
	w      http.ResponseWriter
	header http.Header
}

func (o ownHeaderWriter) Header() http.Header { return o.header }

func (o ownHeaderWriter) WriteHeader(code int) {
	maps.Copy(o.w.Header(), o.header)
	o.w.WriteHeader(code)
}

func (o ownHeaderWriter) Write(b []byte) (int, error) { return o.w.Write(b) }

// Middleware that swallows the panic of a cut does not make the part look whole.
func TestCutThroughRecovery(t *testing.T) {
	t.Parallel()
	nothing := recovery(func(http.ResponseWriter) {})
	writes500 := recovery(func(w http.ResponseWriter) { http.Error(w, "recovered", 500) })
	fails := map[string]apiroute.Handler{
		"JSONLines": func(_ *apiroute.Request, res *apiroute.Response) error {
			return apiroute.JSONLines(res, func(yield func(int, error) bool) {
				_ = yield(1, nil) && yield(0, errSecret)
			})
		},
		"http.ErrAbortHandler": func(_ *apiroute.Request, res *apiroute.Response) error {
			begin(res)
			panic(http.ErrAbortHandler)
		},
	}
	type middleware = func(http.Handler) http.Handler
	for _, tt := range []struct {
		name string
		use  []middleware
	}{
		{"alone", []middleware{nothing}},
		{"writes a 500", []middleware{writes500}},
		{"two", []middleware{writes500, nothing}},
		{"outside of Unwrap", []middleware{nothing, wrappers["unwrap"]}},
		{"outside of a hidden writer", []middleware{writes500, wrappers["hidden"]}},
		{"inside of a hidden writer", []middleware{wrappers["hidden"], nothing}},
		{"a copied request", []middleware{wrappers["hidden copy"], nothing, wrappers["hidden copy"]}},
		{"inside of http.TimeoutHandler", []middleware{func(next http.Handler) http.Handler {
			return http.TimeoutHandler(next, patience, "late")
		}, nothing}},
		{"inside of a writer that holds back", []middleware{hold, nothing}},
		{"outside of http.TimeoutHandler", []middleware{nothing, func(next http.Handler) http.Handler {
			return http.TimeoutHandler(next, patience, "late")
		}}},
		{"outside of a header of its own", []middleware{nothing, wrappers["unwrap"], wrapped(func(w http.ResponseWriter) http.ResponseWriter {
			return ownHeaderWriter{w, http.Header{}}
		})}},
		{"outside of a hidden header of its own", []middleware{nothing, wrappers["hidden"], wrapped(func(w http.ResponseWriter) http.ResponseWriter {
			return ownHeaderWriter{w, http.Header{}}
		})}},
	} {
		for name, h := range fails {
			for where, register := range map[string]func(*apiroute.Router, apiroute.Option, apiroute.Handler){
				"group": func(api *apiroute.Router, use apiroute.Option, h apiroute.Handler) { api.Group("", use).Get("/x", h) },
				"route": func(api *apiroute.Router, use apiroute.Option, h apiroute.Handler) { api.Get("/x", h, use) },
				"levels": func(api *apiroute.Router, _ apiroute.Option, h apiroute.Handler) {
					for _, m := range tt.use {
						api = api.Group("", apiroute.Use(m))
					}
					api.Get("/x", h)
				},
			} {
				t.Run(fmt.Sprintf("%s, %s, %s", name, tt.name, where), func(t *testing.T) {
					t.Parallel()
					wantCut(t, newAPI(t, func(api *apiroute.Router) { register(api, apiroute.Use(tt.use...), h) }))
				})
			}
			t.Run(fmt.Sprintf("%s, %s, router", name, tt.name), func(t *testing.T) {
				t.Parallel()
				wantCut(t, newAPI(t, func(api *apiroute.Router) { api.Get("/x", h) }, apiroute.Use(tt.use...)))
			})
			t.Run(fmt.Sprintf("%s, %s, both", name, tt.name), func(t *testing.T) {
				t.Parallel()
				wantCut(t, newAPI(t, func(api *apiroute.Router) { api.Get("/x", h, apiroute.Use(tt.use...)) }, apiroute.Use(tt.use...)))
			})
		}
	}
}

// Nor does it within a route: in Around, or between a Mount and a router or a Handler.
func TestCutThroughRecoveryWithin(t *testing.T) {
	t.Parallel()
	nothing := recovery(func(http.ResponseWriter) {})
	around := func(result error) apiroute.Option {
		return apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) (err error) {
				defer func() {
					if recover() != nil {
						err = result
					}
				}()
				return next(req, res)
			}
		})
	}
	router := func(h apiroute.Handler) http.Handler {
		in := apiroute.New(quiet())
		in.Get("/x", h)
		return in
	}
	for where, register := range map[string]func(*apiroute.Router, apiroute.Handler){
		"Around":                func(api *apiroute.Router, h apiroute.Handler) { api.Get("/x", h, around(nil)) },
		"Around, with an error": func(api *apiroute.Router, h apiroute.Handler) { api.Get("/x", h, around(errSecret)) },
		"Around of a group": func(api *apiroute.Router, h apiroute.Handler) {
			api.Group("", around(nil)).Get("/x", h, around(errSecret))
		},
		"Around of a Mount": func(api *apiroute.Router, h apiroute.Handler) { api.Mount("/", router(h), around(nil)) },
		"before a router":   func(api *apiroute.Router, h apiroute.Handler) { api.Mount("/", nothing(router(h))) },
		"before a hidden router": func(api *apiroute.Router, h apiroute.Handler) {
			api.Mount("/", nothing(wrappers["hidden copy"](router(h))))
		},
		"before a router, held back": func(api *apiroute.Router, h apiroute.Handler) { api.Mount("/", hold(nothing(router(h)))) },
		"before a Handler":           func(api *apiroute.Router, h apiroute.Handler) { api.Mount("/", nothing(h)) },
		"before a Handler and in Around": func(api *apiroute.Router, h apiroute.Handler) {
			api.Mount("/", nothing(h), around(nil))
		},
	} {
		for name, h := range map[string]apiroute.Handler{
			"http.ErrAbortHandler": respond(func(res *apiroute.Response) error { begin(res); panic(http.ErrAbortHandler) }),
			"panic":                respond(func(res *apiroute.Response) error { begin(res); panic(secretText) }),
			"Events": respond(func(res *apiroute.Response) error {
				ev, err := res.Events()
				if err != nil || ev.Send(apiroute.Event{Data: "half"}) != nil {
					t.Errorf("%s: error %v", where, err)
				}
				panic(secretText)
			}),
		} {
			if strings.Contains(where, "Handler") && name != "http.ErrAbortHandler" {
				continue // which would go to the log of all tests
			}
			t.Run(name+", "+where, func(t *testing.T) {
				t.Parallel()
				l := &doneLog{}
				s := newAPI(t, func(api *apiroute.Router) { register(api, h) }, l.option(t))
				wantCut(t, s)
				if lines := l.take(); len(lines) != 1 || !strings.Contains(lines[0], ", cut: ") {
					t.Errorf("Done is called with %q, want that the response is cut", lines)
				}
			})
		}
	}
}

// wantCut checks that the response at /x breaks off, and that ServeHTTP has panicked.
func wantCut(t *testing.T, s *server) {
	t.Helper()
	if got := s.do("GET", "/x", ""); got.err == nil {
		t.Errorf("status %d, body %q looks whole", got.status, got.body)
	}
	if _, aborted := s.counts(); aborted != 1 {
		t.Errorf("%d requests aborted, want 1", aborted)
	}
}

// What middleware responds in the place of a part that never left is no part.
func TestRecoveryRespondsInstead(t *testing.T) {
	t.Parallel()
	writes500 := recovery(func(w http.ResponseWriter) { w.WriteHeader(500); io.WriteString(w, "recovered") })
	abort := respond(func(*apiroute.Response) error { panic(http.ErrAbortHandler) })
	half := respond(func(res *apiroute.Response) error { io.WriteString(res, "half"); return errSecret })
	for _, tt := range []struct {
		name string
		use  []func(http.Handler) http.Handler
		h    apiroute.Handler
	}{
		{"before the first byte", []func(http.Handler) http.Handler{writes500}, abort},
		{"before the first byte, hidden", []func(http.Handler) http.Handler{writes500, wrappers["hidden"]}, abort},
		{"outside of a writer that holds back", []func(http.Handler) http.Handler{writes500, hold}, half},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", tt.h) }, apiroute.Use(tt.use...))
			s.do("GET", "/x", "").want(t, 500, "recovered")
			api := apiroute.New(quiet(), apiroute.Use(tt.use...))
			api.Get("/x", tt.h)
			got := serveRecorder(api, newRequest("GET", "/x", ""))
			got.want(t, 500, "recovered")
			for name := range got.header {
				if strings.ContainsAny(name, "\x00 :") {
					t.Errorf("header %q", name)
				}
			}
		})
	}
	t.Run("nothing at all", func(t *testing.T) {
		t.Parallel()
		wantCut(t, newAPI(t, func(api *apiroute.Router) { api.Get("/x", abort) }, apiroute.Use(recovery(func(http.ResponseWriter) {}))))
	})
}

// A write that fails says that the client has gone, even if the context does not say so yet.
func TestCutUnreadBody(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x", respond(func(res *apiroute.Response) error {
			ev, err := res.Events()
			for err == nil {
				err = ev.Send(apiroute.Event{Data: "half"})
			}
			return err
		}))
	})
	c := s.dial(t)
	c.send(t, requestText("POST", "/x", "", "Content-Length: 1000000"))
	readN(t, c.response(t, "POST").Body, 4)
	c.Conn.(*net.TCPConn).SetLinger(0)
	c.Close()
	if _, aborted := s.counts(); aborted != 0 {
		t.Errorf("%d requests aborted", aborted)
	}
	if lines := s.warnings(); len(lines) > 0 {
		t.Errorf("logged %q", lines)
	}
}

// A wrapper that fails for a client that is there is a reason to cut.
func TestCutWrapperFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("no more memory")
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", respond(func(res *apiroute.Response) error { begin(res); _, err := io.WriteString(res, "x"); return err }))
	}, apiroute.Use(wrapped(func(w http.ResponseWriter) http.ResponseWriter { return &failingWriter{w, 1, broken} })))
	wantCut(t, s)
}

// A failingWriter takes some parts and then fails.
type failingWriter struct {
	http.ResponseWriter
	left int
	err  error
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, w.err
	}
	return w.ResponseWriter.Write(b)
}

func (w *failingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
