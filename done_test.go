package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// A doneLog keeps what Done is called with, one line for each request.
type doneLog struct {
	mu    sync.Mutex
	lines []string
}

// option is Done. A line is such as "GET /x/[id] 200, 2 bytes" with ", cut" and ": error", as they apply.
func (l *doneLog) option(t testing.TB) apiroute.Option {
	return apiroute.Done(func(req *apiroute.Request, o apiroute.Outcome) {
		if o.Duration < 0 || o.Duration > patience {
			t.Errorf("%s %s: duration %v", req.Method, req.URL, o.Duration)
		}
		line := fmt.Sprintf("%s %s %d, %d bytes", req.Method, req.Route(), o.Status, o.Bytes)
		if o.Cut {
			line += ", cut"
		}
		if o.Err != nil {
			line += ": " + o.Err.Error()
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, line)
	})
}

// take returns the lines so far and forgets them.
func (l *doneLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	return lines
}

// copies is middleware that passes on a copy of the request.
func copies() apiroute.Option {
	return useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.Clone(r.Context()))
	})
}

// doneRoutes registers the routes of TestDone.
func doneRoutes(api *apiroute.Router) {
	api.Get("/text/[id]", respond(func(res *apiroute.Response) error { return res.Status(201).Text("text") }))
	api.Get("/none/[id]", fail(nil))
	api.Get("/write/[id]", respond(func(res *apiroute.Response) error {
		for range 3 {
			io.WriteString(res, "part")
			res.Flush()
		}
		return nil
	}))
	api.Get("/copy/[id]", respond(func(res *apiroute.Response) error {
		res.WriteHeader(200)
		_, err := io.Copy(res, struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 100_000))})
		return err
	}))
	api.Get("/lines/[id]", respond(func(res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(int, error) bool) { yield(1, nil) })
	}))
	api.Get("/404/[id]", fail(apiroute.Errorf(404, "no")))
	api.Get("/500/[id]", fail(errSecret))
	api.Get("/panic/[id]", func(*apiroute.Request, *apiroute.Response) error { panic("x") })
	api.Get("/late/[id]", respond(func(res *apiroute.Response) error { io.WriteString(res, "half"); res.Flush(); return errSecret }))
	api.Get("/latelines/[id]", respond(func(res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(int, error) bool) { _ = yield(1, nil) && yield(0, errSecret) })
	}))
	api.Get("/abort/[id]", func(*apiroute.Request, *apiroute.Response) error { panic(http.ErrAbortHandler) })
	api.Get("/abortlate/[id]", respond(func(res *apiroute.Response) error {
		io.WriteString(res, "half")
		res.Flush()
		panic(http.ErrAbortHandler)
	}))
	api.Get("/short/[id]", respond(func(res *apiroute.Response) error {
		res.SetHeader("Content-Length", "8").Write([]byte("half"))
		return nil
	}))
	api.Get("/twice/[id]", respond(func(res *apiroute.Response) error { res.Text("a"); return res.Text("b") }))
	api.Get("/hijack/[id]", respond(func(res *apiroute.Response) error {
		c, _, err := http.NewResponseController(res).Hijack()
		if err == nil {
			io.WriteString(c, "HTTP/1.1 299 x\r\nContent-Length: 0\r\n\r\n")
			c.Close()
		}
		return err
	}))
	apiroute.Get(api, "/typed/[id]", func(_ context.Context, in struct {
		ID int `path:"id"`
	}) (int, error) {
		return in.ID, nil
	})
	api.Mount("/mount", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "mounted") }))
}

// Done is called once for each request, however it ends and whatever middleware does.
func TestDone(t *testing.T) {
	t.Parallel()
	hides := wraps(func(w http.ResponseWriter) http.ResponseWriter { return hidingWriter{w} })
	unwraps := wraps(func(w http.ResponseWriter) http.ResponseWriter { return &accessWriter{ResponseWriter: w} })
	for _, m := range []struct {
		name string
		opts []apiroute.Option // of the router
		use  []apiroute.Option // of a group with all routes
		hide bool              // whether hijacking and flushing are impossible
	}{
		{"no middleware", nil, nil, false},
		{"router", []apiroute.Option{copies()}, nil, false},
		{"router that wraps", []apiroute.Option{unwraps, copies()}, nil, false},
		{"router that hides", []apiroute.Option{hides, copies()}, nil, true},
		{"group", nil, []apiroute.Option{copies()}, false},
		{"group that wraps", nil, []apiroute.Option{copies(), unwraps}, false},
		{"group that hides", nil, []apiroute.Option{copies(), hides}, true},
		{"both hide", []apiroute.Option{hides, unwraps, copies()}, []apiroute.Option{hides, copies()}, true},
	} {
		for _, tt := range []struct {
			method, path, want string
		}{
			{"GET", "/text/1", "GET /text/[id] 201, 4 bytes"},
			{"HEAD", "/text/1", "HEAD /text/[id] 201, 0 bytes"},
			{"GET", "/none/1", "GET /none/[id] 204, 0 bytes"},
			{"GET", "/write/1", "GET /write/[id] 200, 12 bytes"},
			{"HEAD", "/write/1", "HEAD /write/[id] 200, 0 bytes"},
			{"GET", "/copy/1", "GET /copy/[id] 200, 100000 bytes"},
			{"GET", "/lines/1", "GET /lines/[id] 200, 2 bytes"},
			{"GET", "/typed/7", "GET /typed/[id] 200, 1 bytes"},
			{"GET", "/mount/a/b", "GET /mount 200, 7 bytes"},
			{"GET", "/nowhere", fmt.Sprintf("GET  404, %d bytes: apiroute: 404 Not Found", len(problem(404)))},
			{"PUT", "/text/1", fmt.Sprintf("PUT /text/[id] 405, %d bytes: apiroute: 405 Method Not Allowed", len(problem(405)))},
			{"OPTIONS", "/text/1", "OPTIONS /text/[id] 204, 0 bytes"},
			{"GET", "/text/1/", "GET /text/[id] 308, 0 bytes"},
			{"GET", "/text/a%2Fb", "GET /text/[id] 201, 4 bytes"},
			{"GET", "/404/1", "GET /404/[id] 404, 48 bytes: apiroute: 404 Not Found: no"},
			{"GET", "/500/1", "GET /500/[id] 500, 46 bytes: dsn=secret"},
			{"HEAD", "/500/1", "HEAD /500/[id] 500, 0 bytes: dsn=secret"},
			{"GET", "/panic/1", "GET /panic/[id] 500, 46 bytes: panic: x"},
			{"GET", "/late/1", "GET /late/[id] 200, 4 bytes, cut: dsn=secret"},
			{"HEAD", "/late/1", "HEAD /late/[id] 200, 0 bytes: dsn=secret"},
			{"GET", "/latelines/1", "GET /latelines/[id] 200, 2 bytes, cut: dsn=secret"},
			{"GET", "/abort/1", "GET /abort/[id] 0, 0 bytes, cut: net/http: abort Handler"},
			{"GET", "/abortlate/1", "GET /abortlate/[id] 200, 4 bytes, cut: net/http: abort Handler"},
			{"GET", "/short/1", "GET /short/[id] 200, 4 bytes, cut"},
			{"GET", "/twice/1", "GET /twice/[id] 200, 1 bytes: " + apiroute.ErrAnswered.Error()},
			{"GET", "/hijack/1", "GET /hijack/[id] 0, 0 bytes"},
		} {
			if m.hide && strings.HasPrefix(tt.path, "/hijack") {
				tt.want = "GET /hijack/[id] 500, 46 bytes: feature not supported"
			}
			t.Run(m.name+", "+tt.method+" "+tt.path, func(t *testing.T) {
				t.Parallel()
				l := &doneLog{}
				s := newAPI(t, func(api *apiroute.Router) { doneRoutes(api.Group("", m.use...)) }, append(m.opts, l.option(t))...)
				s.fetch(tt.method, tt.path, "")
				reached, _ := s.counts()
				got := l.take()
				if diff := cmp.Diff([]string{tt.want}, slices.Compact(got)); diff != "" || len(got) != reached {
					t.Errorf("Done for %d requests (-want +got):\n%s", reached, diff)
				}
			})
		}
	}
}

// Middleware may respond by itself, change the body, or swallow what the handler does.
func TestDoneOfMiddleware(t *testing.T) {
	t.Parallel()
	use := func(f func(http.Handler, http.ResponseWriter, *http.Request)) []apiroute.Option {
		return []apiroute.Option{useFunc(f)}
	}
	recovers := func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		defer func() { recover() }()
		next.ServeHTTP(w, r)
	}
	for _, tt := range []struct {
		name string
		opts []apiroute.Option
		path string
		want string
	}{
		{"responds", use(func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no", http.StatusForbidden)
		}), "/text/1", "GET  403, 3 bytes"},
		{"rejects", use(func(_ http.Handler, w http.ResponseWriter, r *http.Request) {
			(&apiroute.Error{Status: 401}).ServeHTTP(w, r)
		}), "/text/1",
			"GET  401, 37 bytes: apiroute: 401 Unauthorized"},
		{"rejects behind a wrapper", use(func(_ http.Handler, w http.ResponseWriter, r *http.Request) {
			(&apiroute.Error{Status: 401}).ServeHTTP(&accessWriter{ResponseWriter: w}, r)
		}), "/text/1", "GET  401, 37 bytes: apiroute: 401 Unauthorized"},
		{"does nothing", use(func(http.Handler, http.ResponseWriter, *http.Request) {}), "/text/1", "GET  200, 0 bytes"},
		{"panics", use(func(http.Handler, http.ResponseWriter, *http.Request) { panic("x") }), "/text/1", "GET  500, 46 bytes: panic: x"},
		{"panics later", use(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r); panic("x") }), "/text/1",
			"GET /text/[id] 201, 4 bytes: panic: x"},
		{"doubles the body", use(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(doubleWriter{w}, r) }), "/text/1",
			"GET /text/[id] 201, 8 bytes"},
		{"rewrites the URL", use(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			http.StripPrefix("/v1", next).ServeHTTP(hidingWriter{w}, r)
		}), "/v1/text/1", "GET /text/[id] 201, 4 bytes"},
		{"swallows a cut", use(recovers), "/late/1", "GET /late/[id] 200, 4 bytes, cut: dsn=secret"},
		{"swallows the handler's own cut", use(recovers), "/abortlate/1", "GET /abortlate/[id] 200, 4 bytes, cut: net/http: abort Handler"},
		{"replaces an aborted response", use(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			defer func() { recover(); w.WriteHeader(500) }()
			next.ServeHTTP(w, r)
		}), "/abort/1", "GET /abort/[id] 500, 0 bytes: net/http: abort Handler"},
		{"OnError maps", []apiroute.Option{apiroute.OnError(func(*apiroute.Request, *apiroute.Response, error) error { return apiroute.Errorf(404, "no") })},
			"/500/1", "GET /500/[id] 404, 48 bytes: dsn=secret"},
		{"OnError responds", []apiroute.Option{apiroute.OnError(func(_ *apiroute.Request, res *apiroute.Response, _ error) error { return res.Text("ok") })},
			"/500/1", "GET /500/[id] 200, 2 bytes: dsn=secret"},
		{"OnError aborts", []apiroute.Option{apiroute.OnError(func(*apiroute.Request, *apiroute.Response, error) error { panic(http.ErrAbortHandler) })},
			"/500/1", "GET /500/[id] 0, 0 bytes, cut: dsn=secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &doneLog{}
			api := apiroute.New(append(tt.opts, quiet(), l.option(t))...)
			doneRoutes(api)
			recovered(func() { serveRecorder(api, newRequest("GET", tt.path, "")) })
			if diff := cmp.Diff([]string{tt.want}, l.take()); diff != "" {
				t.Errorf("Done (-want +got):\n%s", diff)
			}
		})
	}
}

// A doubleWriter writes everything twice, as little as that compresses.
type doubleWriter struct{ http.ResponseWriter }

func (w doubleWriter) Write(b []byte) (int, error) {
	w.ResponseWriter.Write(b)
	return w.ResponseWriter.Write(b)
}

// The Request is the handler's, with the context that Use and Around have made, and it may be kept.
func TestDoneRequest(t *testing.T) {
	t.Parallel()
	type useKey struct{}
	type aroundKey struct{}
	hides := wraps(func(w http.ResponseWriter) http.ResponseWriter { return hidingWriter{w} })
	sets := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), useKey{}, r.URL.Path)))
	})
	around := apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			req.Request = req.WithContext(context.WithValue(req.Context(), aroundKey{}, req.Param("id")))
			return next(req, res)
		}
	})
	for _, tt := range []struct {
		name  string
		opts  []apiroute.Option
		route []apiroute.Option
	}{
		{"of the router", []apiroute.Option{sets}, nil},
		{"of the router, hidden", []apiroute.Option{hides, sets, hides}, nil},
		{"of the route", nil, []apiroute.Option{sets}},
		{"of the route, hidden", nil, []apiroute.Option{hides, sets, hides}},
		{"of the route, hidden in the router", []apiroute.Option{hides}, []apiroute.Option{sets}},
		{"with a Timeout", []apiroute.Option{sets, apiroute.Timeout(time.Hour)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var kept []*apiroute.Request
			see := func(req *apiroute.Request) string {
				return fmt.Sprint(req.Route(), " ", req.Param("id"), " ", req.Context().Value(useKey{}), " ", req.Context().Value(aroundKey{}))
			}
			api := apiroute.New(append(tt.opts, quiet(), around, apiroute.Done(func(req *apiroute.Request, _ apiroute.Outcome) { kept = append(kept, req) }))...)
			api.Get("/a/[id]", respondOK, tt.route...)
			apiroute.Get(api, "/typed/[id]", func(_ context.Context, in struct {
				ID string `path:"id"`
			}) (string, error) {
				return in.ID, nil
			}, tt.route...)
			api.Get("/error/[id]", func(req *apiroute.Request, _ *apiroute.Response) error { req.Request = nil; return errSecret }, tt.route...)
			for _, path := range []string{"/a/1", "/typed/2", "/a/a%2Fb", "/a/3"} {
				serveRecorder(api, newRequest("GET", path, ""))
			}
			var got []string
			for _, req := range kept {
				got = append(got, see(req))
			}
			want := []string{"/a/[id] 1 /a/1 1", "/typed/[id] 2 /typed/2 2", "/a/[id] a/b /a/a/b a/b", "/a/[id] 3 /a/3 3"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Done (-want +got):\n%s", diff)
			}
			kept = nil
			serveRecorder(api, newRequest("GET", "/error/1", ""))
			if len(kept) != 1 || kept[0].Request == nil || kept[0].URL.Path != "/error/1" || kept[0].Route() != "/error/[id]" {
				t.Errorf("a handler that takes the request away: Done got %v", kept)
			}
		})
	}
}

// errors.As and errors.Is find in Err what the handler returned or panicked with.
func TestDoneErr(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		h    apiroute.Handler
	}{
		{"error", fail(fmt.Errorf("a: %w", errSecret))},
		{"Error", fail(&apiroute.Error{Status: 404, Err: errSecret})},
		{"panic", func(*apiroute.Request, *apiroute.Response) error { panic(errSecret) }},
		{"late", respond(func(res *apiroute.Response) error { res.Text("a"); return errSecret })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got error
			api := apiroute.New(quiet(), apiroute.Done(func(_ *apiroute.Request, o apiroute.Outcome) { got = o.Err }))
			api.Get("/", tt.h)
			serveRecorder(api, newRequest("GET", "/", ""))
			if !errors.Is(got, errSecret) {
				t.Errorf("Err is %v, want one that is %v", got, errSecret)
			}
		})
	}
}

// Done belongs to the router, since it sees requests that match no route. Elsewhere it panics.
func TestDoneElsewhere(t *testing.T) {
	t.Parallel()
	done := apiroute.Done(func(*apiroute.Request, apiroute.Outcome) {})
	api := apiroute.New()
	for name, register := range map[string]func(){
		"group":    func() { api.Group("/g", done) },
		"route":    func() { api.Get("/a", respondOK, done) },
		"mount":    func() { api.Mount("/b", http.NotFoundHandler(), done) },
		"endpoint": func() { apiroute.Get(api, "/c", func(context.Context, struct{}) (int, error) { return 0, nil }, done) },
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustPanic(t, register); !strings.Contains(got, "Done is not allowed here") {
				t.Errorf("panic %q", got)
			}
		})
	}
}

// Functions of Done are called in the order in which they were given. A panic of one is logged, and
// keeps neither the others from being called nor the client from the response.
func TestDonePanics(t *testing.T) {
	t.Parallel()
	for _, value := range []any{secretText, errSecret, http.ErrAbortHandler} {
		t.Run(fmt.Sprint(value), func(t *testing.T) {
			t.Parallel()
			var seen []int
			see := func(i int) apiroute.Option {
				return apiroute.Done(func(*apiroute.Request, apiroute.Outcome) {
					if seen = append(seen, i); i == 2 {
						panic(value)
					}
				})
			}
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", respondOK) }, see(1), see(2), see(3))
			s.fetch("GET", "/x", "").want(t, 200, "ok")
			lines := s.logs()
			if diff := cmp.Diff([]int{1, 2, 3}, seen); diff != "" || len(lines) != 1 {
				t.Fatalf("logged %q; Done (-want +got):\n%s", lines, diff)
			}
			logged := record(lines[0])
			if logged["level"] != "ERROR" || logged["error"] != fmt.Sprintf("apiroute: Done: panic: %v", value) || !strings.Contains(logged["stack"], "done_test.go") {
				t.Errorf("logged %v", logged)
			}
		})
	}
}

// Done comes after everything else: the context of a Timeout has ended, and temporary files are
// removed, also those of a form that middleware of the router has parsed.
func TestDoneIsLast(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	files := func() int { names, _ := filepath.Glob(filepath.Join(dir, "*")); return len(names) }
	body := multipartBody(formPart{"a", "a.txt", strings.Repeat("x", 1<<16)})
	parses := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil || files() != 1 {
			t.Errorf("ParseMultipartForm: %v, %d files", err, files())
		}
		next.ServeHTTP(w, r.Clone(context.WithoutCancel(r.Context())))
	})
	calls := 0
	api := apiroute.New(quiet(), parses, apiroute.Done(func(req *apiroute.Request, o apiroute.Outcome) {
		if calls++; files() != 0 || req.Context().Err() == nil || o.Status != 200 {
			t.Errorf("%d files, context %v, outcome %v", files(), req.Context().Err(), o)
		}
	}))
	api.Post("/x", respondOK, apiroute.Timeout(time.Hour))
	serveRecorder(api, newRequest("POST", "/x", body, sendsMultipart)).want(t, 200, "ok")
	if calls != 1 {
		t.Errorf("Done has been called %d times", calls)
	}
}

// Middleware may respond while the handler still runs in another goroutine, as http.TimeoutHandler
// does. Done still knows the route, and shares nothing with that goroutine.
func TestDoneHandlerGoesOn(t *testing.T) {
	t.Parallel()
	started, release, ended := make(chan bool), make(chan bool), make(chan bool)
	detaches := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		go func() {
			defer close(ended)
			next.ServeHTTP(httptest.NewRecorder(), r)
		}()
		<-started
		w.WriteHeader(503)
	})
	l := &doneLog{}
	api := apiroute.New(quiet(), detaches, l.option(t))
	api.Get("/x/[id]", func(req *apiroute.Request, _ *apiroute.Response) error {
		started <- true
		<-release
		req.Request = req.WithContext(context.Background())
		return errSecret
	})
	serveRecorder(api, newRequest("GET", "/x/1", "")).want(t, 503, "")
	close(release)
	receive(t, "the handler", ended)
	if diff := cmp.Diff([]string{"GET /x/[id] 503, 0 bytes"}, l.take()); diff != "" {
		t.Errorf("Done (-want +got):\n%s", diff)
	}
}

// A file is copied to the client with Done as without.
func TestDoneFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file.txt")
	if err := os.WriteFile(name, []byte(strings.Repeat("x", 300_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &doneLog{}
	s := newAPI(t, func(api *apiroute.Router) {
		api.Mount("/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) }))
	}, l.option(t))
	if got := s.fetch("GET", "/file", ""); len(got.body) != 300_000 || got.err != nil {
		t.Errorf("%d bytes, error %v", len(got.body), got.err)
	}
	s.fetch("HEAD", "/file", "")
	s.fetch("GET", "/file", "", "Range: bytes=5-9")
	s.counts()
	if diff := cmp.Diff([]string{"GET / 200, 300000 bytes", "HEAD / 200, 0 bytes", "GET / 206, 5 bytes"}, l.take()); diff != "" {
		t.Errorf("Done (-want +got):\n%s", diff)
	}
}

// A router inside another has its own Done.
func TestDoneNested(t *testing.T) {
	t.Parallel()
	outer, inner := &doneLog{}, &doneLog{}
	in := apiroute.New(quiet(), inner.option(t))
	in.Get("/a/x", fail(errSecret))
	s := newAPI(t, func(api *apiroute.Router) { api.Mount("/a", in) }, outer.option(t))
	s.fetch("GET", "/a/x", "").want(t, 500, problem(500))
	s.counts()
	if diff := cmp.Diff([][]string{{"GET /a 500, 46 bytes"}, {"GET /a/x 500, 46 bytes: dsn=secret"}}, [][]string{outer.take(), inner.take()}); diff != "" {
		t.Errorf("Done (-want +got):\n%s", diff)
	}
}

// No client that leaves is lost on the way, neither to Done nor to middleware that knows nothing of
// this package: an access log, a counter and a trace.
func TestDoneClientsLeave(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		http2   bool
		clients int
	}{
		{"HTTP/1", false, 200},
		{"HTTP/2", true, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			seen := &tally{}
			l := &doneLog{}
			configure := func(s *httptest.Server) {
				http2(tt.http2)(s)
				ignoreComplaints(s) // of connections that the client has begun and does not need
			}
			s := serveWith(t, configure, func(api *apiroute.Router) {
				api.Get("/events/[how]", streamUntilGone)
			}, seen.middleware(), l.option(t))
			var wg sync.WaitGroup
			for i := range tt.clients {
				wg.Add(1)
				go func() {
					defer wg.Done()
					ctx, leave := context.WithCancel(context.Background())
					defer leave()
					path := "/events/" + []string{"returned", "ignored", "panicked"}[i%3]
					r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
					resp, err := s.Client().Do(r)
					if err != nil {
						t.Error(err)
						return
					}
					readN(t, resp.Body, len("data: 0"))
					leave()
					resp.Body.Close()
				}()
			}
			wg.Wait()
			await(t, "all requests", func() bool { reached, _ := s.counts(); return reached == tt.clients })
			if _, aborted := s.counts(); aborted != 0 {
				t.Errorf("%d requests aborted", aborted)
			}
			if diff := cmp.Diff(map[string]int{"access log": tt.clients, "counter 200": tt.clients, "trace": tt.clients}, seen.counts); diff != "" {
				t.Errorf("middleware (-want +got):\n%s", diff)
			}
			got := map[string]int{}
			for _, line := range l.take() {
				head, _, cut := strings.Cut(line, ", cut")
				route, _, _ := strings.Cut(head, ",")
				got[fmt.Sprint(route, " ", cut)]++
			}
			if diff := cmp.Diff(map[string]int{"GET /events/[how] 200 true": tt.clients}, got); diff != "" {
				t.Errorf("Done (-want +got):\n%s", diff)
			}
		})
	}
}

// streamUntilGone sends events until the client has gone. What it then does is in the path.
func streamUntilGone(req *apiroute.Request, res *apiroute.Response) error {
	events, err := res.Events()
	for i := 0; err == nil; i++ {
		if err = events.Send(apiroute.Event{Data: i}); err == nil && i > 0 {
			<-req.Context().Done()
		}
	}
	switch req.Param("how") {
	case "ignored":
		return nil
	case "panicked":
		panic(err)
	}
	return err
}

// A tally counts what middleware sees of requests.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tally) count(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[key]++
}

// middleware is an access log, whose writer has no Unwrap, a counter, and a trace. None of them
// expects a panic.
func (c *tally) middleware() apiroute.Option {
	type spanKey struct{}
	return apiroute.Use(
		func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(flushWriter{w}, r)
				c.count("access log")
			})
		},
		func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sw := &accessWriter{ResponseWriter: w}
				next.ServeHTTP(sw, r)
				c.count(fmt.Sprint("counter ", sw.status))
			})
		},
		func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), spanKey{}, "span")))
				c.count("trace")
			})
		})
}

// A flushWriter can flush, and hides everything else.
type flushWriter struct{ http.ResponseWriter }

func (w flushWriter) Flush() { http.NewResponseController(w.ResponseWriter).Flush() }

// A client that leaves before the response has not had one.
func TestDoneClientLeavesBefore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(error) error
		want string
	}{
		{"the context's error", func(err error) error { return err }, "GET /x 499, 0 bytes: context canceled"},
		{"another error", func(error) error { return errSecret }, fmt.Sprintf("GET /x 500, %d bytes: dsn=secret", len(problem(500)))},
		{"http.ErrAbortHandler", func(error) error { panic(http.ErrAbortHandler) }, "GET /x 0, 0 bytes, cut: net/http: abort Handler"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &doneLog{}
			started := make(chan bool)
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", func(req *apiroute.Request, _ *apiroute.Response) error {
					started <- true
					<-req.Context().Done()
					return tt.end(req.Context().Err())
				})
			}, l.option(t))
			c := s.dial(t)
			c.send(t, requestText("GET", "/x", ""))
			receive(t, "the request", started)
			c.Close()
			s.counts()
			if diff := cmp.Diff([]string{tt.want}, l.take()); diff != "" {
				t.Errorf("Done (-want +got):\n%s", diff)
			}
		})
	}
}

// With Done, a Handler takes no allocation more, and a typed endpoint one.
func TestDoneAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Log("the race detector allocates too")
		return
	}
	calls := 0
	allocs := func(path string, opts ...apiroute.Option) float64 {
		api := apiroute.New(opts...)
		api.Get("/handler", fail(nil))
		apiroute.Get(api, "/typed", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
		w, r := discardWriter{http.Header{}}, httptest.NewRequest("GET", path, nil)
		r.Body = http.NoBody
		return testing.AllocsPerRun(100, func() { api.ServeHTTP(w, r) })
	}
	done := apiroute.Done(func(*apiroute.Request, apiroute.Outcome) { calls++ })
	use := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	for _, tt := range []struct {
		path  string
		opts  []apiroute.Option
		extra float64
	}{
		{"/handler", nil, 0},
		{"/typed", nil, 1},
		{"/handler", []apiroute.Option{use}, 1},
	} {
		without, with := allocs(tt.path, tt.opts...), allocs(tt.path, append(tt.opts, done)...)
		if with > without+tt.extra {
			t.Errorf("%s with %d options: %v allocations with Done, %v without; want at most %v more", tt.path, len(tt.opts), with, without, tt.extra)
		}
	}
	if calls == 0 {
		t.Error("Done has not been called")
	}
}
