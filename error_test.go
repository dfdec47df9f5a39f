package apiroute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const respSecret = "dsn=secret"

var errRespSecret = errors.New(respSecret)

// respSlice is an error that cannot be compared, as those of many validators.
type respSlice []string

func (e respSlice) Error() string { return strings.Join(e, ", ") }

func TestErrorf(t *testing.T) {
	inner, other := errors.New("inner"), &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	for _, test := range []struct {
		err    error
		detail string
		text   string
		is     []error
	}{
		{Errorf(404, "no post %d", 7), "no post 7", "apiroute: 404 Not Found: no post 7", nil},
		{Errorf(404, "100%%"), "100%", "apiroute: 404 Not Found: 100%", nil},
		{Errorf(400, "a: %w", inner), "a: inner", "apiroute: 400 Bad Request: a: inner", []error{inner}},
		{Errorf(400, "%w and %w", inner, other), "inner and open x: file does not exist",
			"apiroute: 400 Bad Request: inner and open x: file does not exist",
			[]error{inner, other, fs.ErrNotExist}},
		{Errorf(400, "%v", inner), "inner", "apiroute: 400 Bad Request: inner", nil},
	} {
		var e *Error
		if !errors.As(fmt.Errorf("wrapped: %w", test.err), &e) || e.Detail != test.detail {
			t.Errorf("%v: got %+v, want detail %q", test.err, e, test.detail)
		}
		if got := test.err.Error(); got != test.text {
			t.Errorf("got text %q, want %q", got, test.text)
		}
		for _, target := range []error{inner, other, fs.ErrNotExist} {
			want := false
			for _, is := range test.is {
				want = want || is == target
			}
			if got := errors.Is(test.err, target); got != want {
				t.Errorf("%v: errors.Is(%v): got %t", test.err, target, got)
			}
		}
	}
	var path *fs.PathError
	if !errors.As(Errorf(400, "%w and %w", inner, other), &path) || path != other {
		t.Errorf("errors.As: got %v", path)
	}
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{(*Error)(nil), "apiroute: nil *Error"},
		{&Error{}, "apiroute: 0 Error"},
		{&Error{Status: 404}, "apiroute: 404 Not Found"},
		{&Error{Status: 499}, "apiroute: 499 Error"},
		{&Error{Status: 404, Title: "Gone away"}, "apiroute: 404 Gone away"},
		{&Error{Status: 400, Detail: "d", Fields: []FieldError{{"query", "page", "is odd"}, {"body", "", "is empty"}}, Err: errRespSecret},
			`apiroute: 400 Bad Request: d; query "page" is odd; body is empty: dsn=secret`},
		{FieldError{"body", "items[2].price", "must be a number"}, `apiroute: body "items[2].price" must be a number`},
		{FieldError{"body", "", "is empty"}, "apiroute: body is empty"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// A nil *Error in an error is a mistake, but must not panic where it is looked at.
func TestErrorNil(t *testing.T) {
	var e *Error
	if errors.Is(e, errRespSecret) {
		t.Error("errors.Is finds something in nil")
	}
	if got := e.Unwrap(); got != nil {
		t.Errorf("Unwrap: got %v", got)
	}
}

func TestErrorAnswer(t *testing.T) {
	const notFound = `{"title":"Not Found","status":404,"detail":"no post 7"}`
	fields := &Error{Status: 422, Detail: "2 fields are wrong", Fields: []FieldError{{"query", "page", "must be an integer"}, {"body", "", "is empty"}}}
	for _, test := range []struct {
		name   string
		err    error
		status int
		body   string
		level  slog.Level
	}{
		{"Errorf", Errorf(404, "no post %d", 7), 404, notFound, slog.LevelDebug},
		{"Errorf that wraps", Errorf(404, "no post %w", errors.New("7")), 404, notFound, slog.LevelDebug},
		{"wrapped", fmt.Errorf("%s: %w", respSecret, Errorf(404, "no post 7")), 404, notFound, slog.LevelWarn},
		{"joined", errors.Join(errRespSecret, Errorf(404, "no post 7"), Errorf(500, "later")), 404, notFound, slog.LevelWarn},
		{"with Err", &Error{Status: 404, Detail: "no post 7", Err: errRespSecret}, 404, notFound, slog.LevelWarn},
		{"status alone", &Error{Status: 400}, 400, `{"title":"Bad Request","status":400}`, slog.LevelDebug},
		{"own title", &Error{Status: 403, Title: "Out of credit"}, 403, `{"title":"Out of credit","status":403}`, slog.LevelDebug},
		{"status without a text", &Error{Status: 498}, 498, `{"title":"Error","status":498}`, slog.LevelDebug},
		{"499, the client there", &Error{Status: 499, Title: "x"}, 499, `{"title":"x","status":499}`, slog.LevelDebug},
		{"503", &Error{Status: 503, Detail: "later"}, 503, `{"title":"Service Unavailable","status":503,"detail":"later"}`, slog.LevelError},
		{"599", &Error{Status: 599, Title: "x"}, 599, `{"title":"x","status":599}`, slog.LevelError},
		{"fields", fields, 422, `{"title":"Unprocessable Entity","status":422,"detail":"2 fields are wrong","errors":[` +
			`{"in":"query","name":"page","detail":"must be an integer"},{"in":"body","detail":"is empty"}]}`, slog.LevelDebug},
		{"HTML", Errorf(400, "<script>&\n\""), 400, `{"title":"Bad Request","status":400,"detail":"\u003cscript\u003e\u0026\n\""}`, slog.LevelDebug},

		{"status 0", &Error{Detail: respSecret}, 500, respProblem(500), slog.LevelError},
		{"status 200", &Error{Status: 200, Detail: respSecret}, 500, respProblem(500), slog.LevelError},
		{"status 399", &Error{Status: 399, Detail: respSecret}, 500, respProblem(500), slog.LevelError},
		{"status 600", &Error{Status: 600, Detail: respSecret}, 500, respProblem(500), slog.LevelError},
		{"nil *Error", (*Error)(nil), 500, respProblem(500), slog.LevelError},
		{"wrapped nil *Error", fmt.Errorf("a: %w", (*Error)(nil)), 500, respProblem(500), slog.LevelError},

		{"any other", errRespSecret, 500, respProblem(500), slog.LevelError},
		{"one that cannot be compared", respSlice{respSecret}, 500, respProblem(500), slog.LevelError},
		{"FieldError out of place", FieldError{"body", respSecret, respSecret}, 500, respProblem(500), slog.LevelError},
		{"MaxBytesError", &http.MaxBytesError{Limit: 5}, 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 5 bytes"}`, slog.LevelWarn},
		{"wrapped MaxBytesError", fmt.Errorf("%s: %w", respSecret, &http.MaxBytesError{Limit: 5}), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 5 bytes"}`, slog.LevelWarn},
		{"ErrMessageTooLarge", fmt.Errorf("%s: %w", respSecret, multipart.ErrMessageTooLarge), 413, respProblem(413), slog.LevelWarn},
		{"ErrMissingFile", fmt.Errorf("%s: %w", respSecret, http.ErrMissingFile), 400, respProblem(400), slog.LevelWarn},
		{"ErrMissingBoundary", http.ErrMissingBoundary, 400, respProblem(400), slog.LevelWarn},
		{"ErrNotMultipart", http.ErrNotMultipart, 415, respProblem(415), slog.LevelWarn},
		{"context.Canceled, the client there", context.Canceled, 500, respProblem(500), slog.LevelError},
		{"context.DeadlineExceeded without Timeout", context.DeadlineExceeded, 500, respProblem(500), slog.LevelError},
		{"io.EOF", io.EOF, 500, respProblem(500), slog.LevelError},
	} {
		s := respStart(t, func(api *Router) {
			api.Get("/x/[id]", func(_ *Request, res *Response) error { return test.err })
		})
		got := s.do(t, "GET", "/x/1", "")
		want := http.Header{
			"Content-Type":           {"application/problem+json"},
			"X-Content-Type-Options": {"nosniff"},
			"Cache-Control":          {"no-store"},
			"Content-Length":         {strconv.Itoa(len(test.body))},
		}
		delete(got.Header, "Date")
		delete(got.Header, "Connection")
		if got.Status != test.status || got.Body != test.body || got.Err != nil {
			t.Errorf("%s: got %d %s %v, want %d %s", test.name, got.Status, got.Body, got.Err, test.status, test.body)
		}
		if diff := cmp.Diff(want, got.Header); diff != "" {
			t.Errorf("%s: header (-want +got):\n%s", test.name, diff)
		}
		logs := s.logs()
		if diff := cmp.Diff([]respRecord{{test.level, map[string]string{
			"method": "GET", "route": "/x/[id]", "path": "/x/1", "status": strconv.Itoa(test.status), "error": test.err.Error(),
		}}}, logs); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", test.name, diff)
		}
		head, rest := s.parse(t, "HEAD", s.raw(t, "HEAD /x/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		delete(head.Header, "Date")
		delete(head.Header, "Connection")
		if diff := cmp.Diff(want, head.Header); diff != "" || head.Status != test.status || rest != "" {
			t.Errorf("%s: HEAD: got %d and %q after it; header (-want +got):\n%s", test.name, head.Status, rest, diff)
		}
	}
}

// What is not UTF-8 goes out as JSON all the same.
func TestErrorAnswerNotUTF8(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(*Request, *Response) error { return Errorf(400, "a\xffb") })
	})
	got := s.do(t, "GET", "/x", "")
	var body struct{ Detail string }
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil || body.Detail != "a\ufffdb" {
		t.Errorf("got %q %v", got.Body, err)
	}
}

// The same without a router, where nothing is outside to catch a panic.
func TestErrorAnswerStandalone(t *testing.T) {
	l := &respLog{}
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(l))
	for _, test := range []struct {
		name   string
		err    error
		status int
	}{
		{"Errorf", Errorf(404, "no"), 404},
		{"nil *Error", (*Error)(nil), 500},
		{"one that cannot be compared", respSlice{respSecret}, 500},
	} {
		s := respServe(t, l, Handler(func(*Request, *Response) error { return test.err }))
		if got := s.do(t, "GET", "/", ""); got.Status != test.status || strings.Contains(got.Body, respSecret) {
			t.Errorf("%s: got %d %q %v, want %d", test.name, got.Status, got.Body, got.Err, test.status)
		}
		if logs := s.logs(); len(logs) != 1 || logs[0].Attrs["error"] != test.err.Error() {
			t.Errorf("%s: got log %v, want one", test.name, logs)
		}
	}
}

// The default logger is read at each use, and so can be set later.
func TestErrorDefaultLogger(t *testing.T) {
	api := New(Logger(nil))
	api.Get("/x", func(*Request, *Response) error { return errRespSecret })
	l := &respLog{}
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(l))
	s := respServe(t, l, api)
	s.do(t, "GET", "/x", "")
	if logs := s.logs(); len(logs) != 1 || logs[0].Attrs["error"] != respSecret {
		t.Errorf("got log %v", logs)
	}
}

// A respLevel takes nothing below its level.
type respLevel struct {
	respLog
	least slog.Level
}

func (l *respLevel) Enabled(_ context.Context, level slog.Level) bool { return level >= l.least }

func TestErrorLogLevel(t *testing.T) {
	l := &respLevel{least: slog.LevelWarn}
	api := New(Logger(slog.New(l)))
	api.Get("/x/[status]", func(req *Request, _ *Response) error {
		status, err := strconv.Atoi(req.Param("status"))
		if err != nil {
			return err
		}
		return &Error{Status: status}
	})
	s := respServe(t, &l.respLog, api)
	for _, path := range []string{"/x/404", "/x/503", "/nowhere"} {
		s.do(t, "GET", path, "")
	}
	if logs := s.logs(); len(logs) != 1 || logs[0].Attrs["status"] != "503" {
		t.Errorf("got log %v, want the 503 alone", logs)
	}
}

func TestErrorHeader(t *testing.T) {
	s := respStart(t, func(api *Router) {
		get := func(path string, err error) {
			api.Get(path, func(*Request, *Response) error { return err })
		}
		get("/retry", &Error{Status: 503, Header: http.Header{"Retry-After": {"5"}}})
		get("/lower", &Error{Status: 401, Header: http.Header{"www-authenticate": {`Basic realm="a"`, "Bearer"}}})
		get("/own", &Error{Status: 400, Header: http.Header{
			"Content-Type": {"text/html"}, "content-length": {"3"}, "X-Content-Type-Options": {"x"}, "Cache-Control": {"public"}}})
		get("/405", &Error{Status: 405})
		get("/405-own", &Error{Status: 405, Header: http.Header{"Allow": {"BREW"}}})
		get("/405-lower", &Error{Status: 405, Header: http.Header{"allow": {"BREW"}}})
		get("/405-other", &Error{Status: 405, Header: http.Header{"X-A": {"1"}}})
		get("/405-wrapped", fmt.Errorf("a: %w", Errorf(405, "no")))
		api.Post("/405", func(*Request, *Response) error { return nil })
	})
	for _, test := range []struct {
		path   string
		status int
		header string
		want   []string
	}{
		{"/retry", 503, "Retry-After", []string{"5"}},
		{"/lower", 401, "Www-Authenticate", []string{`Basic realm="a"`, "Bearer"}},
		{"/own", 400, "Content-Type", []string{"application/problem+json"}},
		{"/own", 400, "Content-Length", []string{strconv.Itoa(len(respProblem(400)))}},
		{"/own", 400, "X-Content-Type-Options", []string{"nosniff"}},
		{"/own", 400, "Cache-Control", []string{"no-store"}},
		{"/405", 405, "Allow", []string{"GET, HEAD, OPTIONS, POST"}},
		{"/405-own", 405, "Allow", []string{"BREW"}},
		{"/405-lower", 405, "Allow", []string{"BREW"}},
		{"/405-other", 405, "Allow", []string{"GET, HEAD, OPTIONS"}},
		{"/405-other", 405, "X-A", []string{"1"}},
		{"/405-wrapped", 405, "Allow", []string{"GET, HEAD, OPTIONS"}},
	} {
		for range 20 { // a map has no order
			got := s.do(t, "GET", test.path, "")
			if diff := cmp.Diff(test.want, got.Header[test.header]); got.Status != test.status || diff != "" {
				t.Errorf("%s: got %d, %s (-want +got):\n%s", test.path, got.Status, test.header, diff)
				break
			}
		}
	}
}

// An Error is shared by requests, so what middleware adds to the answer must
// not get into it.
func TestErrorIsNotChanged(t *testing.T) {
	vary := make([]string, 1, 4)
	vary[0] = "Accept"
	shared := &Error{Status: 405, Header: http.Header{"Vary": vary}}
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(*Request, *Response) error { return shared })
	}, Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(respAdder{w}, r) })
	}))
	for range 2 {
		if got := s.do(t, "GET", "/x", ""); !cmp.Equal(got.Header["Vary"], []string{"Accept", "Origin"}) {
			t.Errorf("got Vary %q", got.Header["Vary"])
		}
	}
	want := &Error{Status: 405, Header: http.Header{"Vary": {"Accept"}}}
	if diff := cmp.Diff(want, shared); diff != "" || vary[:2][1] != "" {
		t.Errorf("the error has changed, or what is behind it: %q (-want +got):\n%s", vary[:2], diff)
	}
}

// A respAdder adds a header at the last moment.
type respAdder struct{ http.ResponseWriter }

func (w respAdder) WriteHeader(status int) {
	w.Header().Add("Vary", "Origin")
	w.ResponseWriter.WriteHeader(status)
}

func (w respAdder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestErrorServeHTTP(t *testing.T) {
	refuse := &Error{Status: 401, Detail: "log in", Header: http.Header{"Www-Authenticate": {"Bearer"}}, Err: errRespSecret}
	const want = `{"title":"Unauthorized","status":401,"detail":"log in"}`
	for _, test := range []struct {
		name   string
		err    *Error
		status int
		body   string
	}{
		{"401", refuse, 401, want},
		{"413", &Error{Status: 413}, 413, respProblem(413)},
		{"nil", nil, 500, respProblem(500)},
		{"status 0", &Error{Detail: respSecret}, 500, respProblem(500)},
		{"status 302", &Error{Status: 302, Detail: respSecret}, 500, respProblem(500)},
	} {
		middleware := Use(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Etag", `"a"`)
				w.Header().Set("Content-Length", "1000")
				w.Header().Set("X-Use", "1")
				test.err.ServeHTTP(w, r)
			})
		})
		for name, h := range map[string]http.Handler{
			"alone":         test.err,
			"on the router": New(middleware),
			"on a route": func() http.Handler {
				api := New()
				api.Handle("/", Handler(func(*Request, *Response) error { return nil }), middleware)
				return api
			}(),
			"as FromHTTP": func() http.Handler { api := New(); api.Handle("/", FromHTTP(test.err)); return api }(),
			"as a Mount":  func() http.Handler { api := New(); api.Mount("/", test.err); return api }(),
		} {
			s := respServe(t, &respLog{}, h)
			for _, method := range []string{"GET", "POST", "HEAD"} {
				got, rest := s.parse(t, method, s.raw(t, method+" / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
				body := test.body
				if method == "HEAD" {
					body = ""
				}
				if got.Status != test.status || got.Body != body || rest != "" || got.get("Content-Length") != strconv.Itoa(len(test.body)) ||
					got.get("Content-Type") != "application/problem+json" || got.get("Etag") != "" ||
					got.get("Www-Authenticate") != map[int]string{401: "Bearer"}[test.status] ||
					(got.get("X-Use") == "1") != strings.HasPrefix(name, "on") {
					t.Errorf("%s %s: %s: got %d %v %q and %q after it, want %d %q", test.name, name, method, got.Status, got.Header, got.Body, rest, test.status, body)
				}
			}
		}
	}
}

// Errors that net/http itself makes of what the client has sent.
func TestErrorOfNetHTTP(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Post("/file", func(req *Request, _ *Response) error { _, _, err := req.FormFile("a"); return err })
		api.Post("/reader", func(req *Request, _ *Response) error { _, err := req.MultipartReader(); return err })
		api.Post("/body", func(req *Request, _ *Response) error { _, err := io.ReadAll(req.Body); return err }, BodyLimit(2))
	})
	for _, test := range []struct {
		path, contentType, body string
		status                  int
	}{
		{"/file", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=b\r\n\r\n1\r\n--x--\r\n", 400},
		{"/file", "text/plain", "a", 415},
		{"/file", "multipart/form-data", "a", 400},
		{"/reader", "text/plain", "a", 415},
		{"/reader", "multipart/form-data", "a", 400},
	} {
		if got := s.do(t, "POST", test.path, test.body, "Content-Type", test.contentType); got.Status != test.status || got.Body != respProblem(test.status) {
			t.Errorf("%s of %s: got %d %s, want %d", test.path, test.contentType, got.Status, got.Body, test.status)
		}
	}
	got, closes := s.first(t, "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
	if got.Status != 413 || !strings.Contains(got.Body, "longer than 2 bytes") || !closes {
		t.Errorf("/body: got %d %q, closing: %t; want a 413 that closes", got.Status, got.Body, closes)
	}
}

// A respStatus is what middleware writes into its access log.
type respStatus struct {
	http.ResponseWriter
	status int
}

func (w *respStatus) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *respStatus) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func respSeen(seen *int) Option {
	return Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := &respStatus{ResponseWriter: w}
			h.ServeHTTP(recorder, r)
			*seen = recorder.status
		})
	})
}

func TestErrorClientGone(t *testing.T) {
	for _, test := range []struct {
		name   string
		wrap   func(error) error
		status int
		level  slog.Level
	}{
		{"as it is", func(err error) error { return err }, 499, slog.LevelDebug},
		{"wrapped", func(err error) error { return fmt.Errorf("query: %w", err) }, 499, slog.LevelDebug},
		{"another", func(error) error { return errRespSecret }, 500, slog.LevelError},
	} {
		seen, asked := 0, error(nil)
		started := make(chan bool)
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(req *Request, _ *Response) error {
				started <- true
				<-req.Context().Done()
				return test.wrap(req.Context().Err())
			}, Timeout(time.Hour), respSeen(&seen), OnError(func(_ *Request, _ *Response, err error) error {
				asked = err
				return err
			}))
		})
		c := s.dial(t)
		io.WriteString(c, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
		<-started
		c.Close()
		logs := s.logs()
		if seen != test.status || len(logs) != 1 || logs[0].Level != test.level || logs[0].Attrs["status"] != strconv.Itoa(test.status) {
			t.Errorf("%s: middleware has seen %d, log %v; want %d at %v", test.name, seen, logs, test.status, test.level)
		}
		if want := test.wrap(context.Canceled); asked == nil || asked.Error() != want.Error() {
			t.Errorf("%s: OnError has seen %v, want %v", test.name, asked, want)
		}
	}
}

func TestErrorTimeout(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    func(*Request) error
		status int
	}{
		{"of the context", func(req *Request) error { return req.Context().Err() }, 503},
		{"another", func(*Request) error { return errRespSecret }, 503},
		{"an Error", func(*Request) error { return Errorf(404, "no") }, 404},
		{"none", func(*Request) error { return nil }, 204},
	} {
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(req *Request, _ *Response) error {
				<-req.Context().Done()
				return test.err(req)
			}, Timeout(1))
		})
		if got := s.do(t, "GET", "/x", ""); got.Status != test.status {
			t.Errorf("%s: got %d %q, want %d", test.name, got.Status, got.Body, test.status)
		}
	}
}

// What the handler has set goes away with its error, and what stood before
// stays as it was.
func TestErrorHeadersRolledBack(t *testing.T) {
	shared := make([]string, 1, 8) // Add writes behind what is there
	shared[0] = "Origin"
	use := Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", "1")
			w.Header()["Vary"] = shared
			w.Header().Set("Cache-Control", "private")
			w.Header().Set("X-Replaced", "before")
			w.Header().Set("X-Deleted", "before")
			h.ServeHTTP(w, r)
		})
	})
	around := Around(func(h Handler) Handler {
		return func(req *Request, res *Response) error {
			res.SetHeader("X-Around", "before").SetCookie(&http.Cookie{Name: "around", Value: "1"})
			err := h(req, res)
			res.Header().Add("X-Around", "after")
			res.Header().Add("Vary", "After")
			return err
		}
	})
	for _, test := range []struct {
		name   string
		end    func(*Response) error
		status int
		around []string
		vary   []string
	}{
		{"error", func(*Response) error { return Errorf(404, "no") }, 404, []string{"before", "after"}, []string{"Origin", "After"}},
		{"JSON", func(res *Response) error { return res.JSON(func() {}) }, 500, []string{"before", "after"}, []string{"Origin", "After"}},
		{"panic", func(*Response) error { panic("no") }, 500, []string{"before"}, []string{"Origin"}}, // after it nothing runs
	} {
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(_ *Request, res *Response) error {
				res.Status(201).SetHeader("Content-Type", "text/html").SetHeader("Cache-Control", "public, max-age=1000").
					SetHeader("ETag", `"a"`).SetHeader("X-Replaced", "handler").SetCookie(&http.Cookie{Name: "session", Value: "secret"})
				res.Header().Del("X-Deleted")
				res.Header().Add("Vary", "Cookie")
				res.Header().Add("X-Request-Id", "2")
				res.Header()["X-Raw"] = []string{"1"}
				return test.end(res)
			})
			api.Get("/clean", func(_ *Request, res *Response) error { return res.Text("a") })
		}, use, around)
		got := s.do(t, "GET", "/x", "")
		for _, key := range []string{"Date", "Content-Length"} {
			delete(got.Header, key)
		}
		want := http.Header{
			"X-Request-Id":           {"1"},
			"Vary":                   test.vary,
			"X-Replaced":             {"before"},
			"X-Deleted":              {"before"},
			"X-Around":               test.around,
			"Set-Cookie":             {"around=1"},
			"Content-Type":           {"application/problem+json"},
			"X-Content-Type-Options": {"nosniff"},
			"Cache-Control":          {"no-store"},
		}
		if diff := cmp.Diff(want, got.Header); diff != "" || got.Status != test.status {
			t.Errorf("%s: got %d, header (-want +got):\n%s", test.name, got.Status, diff)
		}
		if got := s.do(t, "GET", "/clean", ""); got.get("Cache-Control") != "private" || got.Body != "a" {
			t.Errorf("%s: a good answer loses headers: %v", test.name, got.Header)
		}
	}
}

// Around may call the handler again. What it set the first time goes too, unless
// that was answered.
func TestErrorHeadersRolledBackAgain(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second func(*Response) error
		want          http.Header
	}{
		{"the second sets nothing", func(res *Response) error { res.SetHeader("X-First", "1"); return nil },
			func(*Response) error { return errRespSecret }, http.Header{"X-Around": {"1"}}},
		{"both fail", func(res *Response) error { res.SetHeader("X-First", "1"); return errRespSecret },
			func(res *Response) error { res.SetHeader("X-Second", "1"); return errRespSecret }, http.Header{}},
	} {
		calls := 0
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(_ *Request, res *Response) error {
				if calls++; calls == 1 {
					return test.first(res)
				}
				return test.second(res)
			})
		}, Around(func(next Handler) Handler {
			return func(req *Request, res *Response) error {
				res.SetHeader("X-Around", "1")
				if next(req, res) != nil {
					res.Header().Del("X-Around")
				}
				return next(req, res)
			}
		}))
		got := s.do(t, "GET", "/x", "")
		s.logs()
		header := http.Header{}
		for key, values := range got.Header {
			if strings.HasPrefix(key, "X-") && key != "X-Content-Type-Options" {
				header[key] = values
			}
		}
		if diff := cmp.Diff(test.want, header); got.Status != 500 || diff != "" {
			t.Errorf("%s: got %d, header (-want +got):\n%s", test.name, got.Status, diff)
		}
	}
}

// An Around that answers where the handler has failed gets none of its headers.
func TestErrorHeadersBeforeAroundAnswers(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(_ *Request, res *Response) error {
			res.Status(201).SetHeader("X-Handler", "1")
			return errRespSecret
		}, Around(func(h Handler) Handler {
			return func(req *Request, res *Response) error {
				if err := h(req, res); err == nil {
					return errors.New("the handler has not failed")
				}
				return res.Text("around")
			}
		}))
	})
	if got := s.do(t, "GET", "/x", ""); got.Status != 200 || got.Body != "around" || got.get("X-Handler") != "" {
		t.Errorf("got %d %v %q", got.Status, got.Header, got.Body)
	}
	if logs := s.logs(); logs != nil {
		t.Errorf("logged %v", logs)
	}
}

// Half an answer must not look whole, and a whole one must not be cut.
func TestErrorAfterFirstByte(t *testing.T) {
	type step struct {
		name string
		call func(*Response)
		cut  bool
	}
	steps := []step{
		{"Write", func(res *Response) { res.Write([]byte("half")) }, true},
		{"Write and Flush", func(res *Response) { res.Write([]byte("half")); res.Flush() }, true},
		{"Flush", func(res *Response) { res.Flush() }, true},
		{"WriteHeader", func(res *Response) { res.WriteHeader(200) }, true},
		{"more than net/http buffers", func(res *Response) { res.Write(make([]byte, 1<<17)) }, true},
		{"io.Copy", func(res *Response) { io.Copy(res, strings.NewReader("half")); io.Copy(res, strings.NewReader("half")) }, true},
		{"half of Content-Length", func(res *Response) { res.SetHeader("Content-Length", "8").Write([]byte("half")) }, true},
		{"half of Content-Length and Flush", func(res *Response) {
			res.SetHeader("Content-Length", "8").Write([]byte("half"))
			res.Flush()
		}, true},
		{"all of Content-Length", func(res *Response) { res.SetHeader("Content-Length", "4").Write([]byte("half")) }, false},
		{"all of Content-Length, taken away later", func(res *Response) {
			res.SetHeader("Content-Length", "4").Write([]byte("half"))
			res.Header().Del("Content-Length")
		}, false},
		{"all of Content-Length in two", func(res *Response) {
			res.SetHeader("Content-Length", "8").Write([]byte("half"))
			io.Copy(res, strings.NewReader("half"))
		}, false},
		{"all of Content-Length, copied", func(res *Response) {
			res.SetHeader("Content-Length", "4").WriteHeader(200)
			io.Copy(res, io.LimitReader(strings.NewReader("half"), 4))
		}, false},
		{"Content-Length 0", func(res *Response) { res.SetHeader("Content-Length", "0").WriteHeader(200) }, false},
		{"Content-Length 0, too late", func(res *Response) {
			res.Write([]byte("half"))
			res.Header().Set("Content-Length", "0")
		}, true},
		{"Content-Length, too late", func(res *Response) {
			res.Write([]byte("half"))
			res.Header().Set("Content-Length", "4")
			res.WriteHeader(500)
			res.Write([]byte("more"))
		}, true},
		{"an Error that sees no Response", func(res *Response) {
			res.Write([]byte("half"))
			Errorf(500, "no more").(*Error).ServeHTTP(struct{ http.ResponseWriter }{res}, res.req.Request)
		}, true},
		{"MarshalJSON that answers, and an error of it", func(res *Response) {
			res.JSON(respMarshal(func() ([]byte, error) { res.Write([]byte("half")); return nil, errRespSecret }))
		}, true},
		{"JSON", func(res *Response) { res.JSON("whole") }, false},
		{"Text", func(res *Response) { res.Text("whole") }, false},
		{"End", func(res *Response) { res.End() }, false},
		{"204", func(res *Response) { res.WriteHeader(204) }, false},
		{"304", func(res *Response) { res.WriteHeader(304) }, false},
		{"Redirect", func(res *Response) { res.Redirect("/") }, false},
	}
	for _, step := range steps {
		for name, fail := range map[string]func() error{
			"error":      func() error { return errRespSecret },
			"Error":      func() error { return Errorf(404, respSecret) },
			"nil *Error": func() error { return (*Error)(nil) },
			"slice":      func() error { return respSlice{respSecret} },
			"panic":      func() error { panic(respSecret) },
		} {
			calls := 0
			s := respStart(t, func(api *Router) {
				api.Get("/x", func(_ *Request, res *Response) error {
					step.call(res)
					return fail()
				})
			}, OnError(func(_ *Request, res *Response, err error) error {
				calls++
				return err
			}))
			got := s.do(t, "GET", "/x", "")
			if cut := got.Err != nil; cut != step.cut {
				t.Errorf("%s after %s: got %d %q %v, want cut: %t", name, step.name, got.Status, got.Body, got.Err, step.cut)
			}
			if strings.Contains(got.Body, respSecret) || strings.Contains(got.Body, "title") {
				t.Errorf("%s after %s: the error is in the answer: %q", name, step.name, got.Body)
			}
			if logs := s.logs(); len(logs) != 1 || logs[0].Attrs["error"] == "" || (logs[0].Attrs["stack"] != "") != (name == "panic") {
				t.Errorf("%s after %s: got log %v, want it once, a panic with its stack", name, step.name, logs)
			} else if name == "panic" && logs[0].Level != slog.LevelError {
				t.Errorf("%s after %s: logged at %v, want ERROR", name, step.name, logs[0].Level)
			}
			if calls != 1 {
				t.Errorf("%s after %s: OnError is called %d times, want 1", name, step.name, calls)
			}
			// HEAD has no body that could be half.
			if head := s.do(t, "HEAD", "/x", ""); head.Err != nil || head.Status >= 400 {
				t.Errorf("%s after %s: HEAD: got %d %v", name, step.name, head.Status, head.Err)
			}
		}
	}
}

// A handler that ignores the error of JSON has answered half all the same.
func TestErrorOfMarshalJSONIgnored(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(_ *Request, res *Response) error {
			res.JSON(respMarshal(func() ([]byte, error) { res.Write([]byte("half")); return nil, errRespSecret }))
			return nil
		})
	})
	if got := s.do(t, "GET", "/x", ""); got.Err == nil {
		t.Errorf("got %d %q, want the connection cut", got.Status, got.Body)
	}
	if logs := s.logs(); len(logs) != 1 || !strings.HasPrefix(logs[0].Attrs["error"], "apiroute: JSON: ") {
		t.Errorf("got log %v, want the error", logs)
	}
}

type respMarshal func() ([]byte, error)

func (f respMarshal) MarshalJSON() ([]byte, error) { return f() }

// What is counted decides, and not what net/http makes of it.
func TestErrorAfterContentLength(t *testing.T) {
	for _, test := range []struct {
		length string
		text   string
		later  string
		cut    bool
	}{
		{"4", "half", "4", false},
		{"4", "half", "5", false},
		{"5", "half", "5", true},
		{"5", "half", "4", true},
		{"3", "half", "3", true},
		{"x", "half", "4", true},
	} {
		var cut any
		func() {
			defer func() { cut = recover() }()
			Handler(func(_ *Request, res *Response) error {
				res.SetHeader("Content-Length", test.length).Write([]byte(test.text))
				res.Header().Set("Content-Length", test.later)
				return errRespSecret
			}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}()
		if want := map[bool]any{true: http.ErrAbortHandler}[test.cut]; cut != want {
			t.Errorf("%q of Content-Length %s, then %s: got %v, want %v", test.text, test.length, test.later, cut, want)
		}
	}
}

// A writer that panics, and again, has the connection cut and no panic of its own.
func TestErrorWriterPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("got panic %v", v)
		}
	}()
	Handler(func(_ *Request, res *Response) error { return res.Text("x") }).
		ServeHTTP(respPanicker{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
	t.Error("no panic")
}

type respPanicker struct{ http.ResponseWriter }

func (respPanicker) WriteHeader(int) { panic(respSecret) }

// The context of a Timeout ends with the request, however that does, and an
// escaped value is there beside it. A server would end it anyway.
func TestErrorTimeoutEnds(t *testing.T) {
	var ctx context.Context
	api := New(Timeout(time.Hour), Logger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	api.Get("/x/[how]", func(req *Request, res *Response) error {
		ctx = req.Context()
		switch req.Param("how") {
		case "a/b":
			return res.Text("whole")
		case "error":
			return errRespSecret
		case "abort":
			panic(http.ErrAbortHandler)
		}
		panic(respSecret)
	})
	for path, status := range map[string]int{"/x/a%2Fb": 200, "/x/error": 500, "/x/panic": 500, "/x/abort": 0} {
		w := &httptest.ResponseRecorder{}
		func() {
			defer func() { recover() }()
			api.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		}()
		if w.Code != status || ctx.Err() != context.Canceled {
			t.Errorf("%s: got %d, want %d; the context has ended: %v", path, w.Code, status, ctx.Err())
		}
	}
}

// On the wire a cut answer has no end.
func TestErrorCutOnTheWire(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x", func(_ *Request, res *Response) error {
			res.Write([]byte("half"))
			res.Flush()
			return errRespSecret
		})
	})
	raw := s.raw(t, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
	if !strings.Contains(raw, "\r\n4\r\nhalf\r\n") || strings.Contains(raw, "\r\n0\r\n") || strings.Contains(raw, respSecret) {
		t.Errorf("got %q, want half a chunked body without its end", raw)
	}
}

func TestErrorPanic(t *testing.T) {
	for _, test := range []struct {
		name  string
		value any
		text  string // in the log
	}{
		{"string", respSecret, "panic: dsn=secret"},
		{"error", errRespSecret, "panic: dsn=secret"},
		{"nil", nil, "panic called with nil"},
		{"int", 7, "panic: 7"},
		{"slice", []string{"a"}, "panic: [a]"},
		{"Error", Errorf(404, "no"), "panic: apiroute: 404 Not Found: no"}, // a panic is a 500, whatever it carries
		{"wrapped Error", fmt.Errorf("a: %w", Errorf(404, "no")), "panic: a: apiroute: 404"},
		{"MaxBytesError", &http.MaxBytesError{Limit: 1}, "panic: http: request body too large"},
		{"nil *Error", (*Error)(nil), "panic: apiroute: nil *Error"},
		{"wrapped ErrAbortHandler", fmt.Errorf("a: %w", http.ErrAbortHandler), "panic: a: net/http: abort Handler"},
	} {
		seen := 0
		var asked error
		s := respStart(t, func(api *Router) {
			api.Get("/x/[id]", func(_ *Request, res *Response) error {
				res.Status(201).SetHeader("X-A", "1")
				panic(test.value)
			})
		}, respSeen(&seen), OnError(func(_ *Request, _ *Response, err error) error { asked = err; return err }))
		for range 2 {
			got := s.do(t, "GET", "/x/a%22b", "")
			if got.Status != 500 || got.Body != respProblem(500) || got.get("X-A") != "" || got.Err != nil {
				t.Errorf("panic(%s): got %d %v %q %v, want a plain 500", test.name, got.Status, got.Header, got.Body, got.Err)
			}
			logs := s.logs()
			if seen != 500 {
				t.Errorf("panic(%s): middleware has seen %d, want 500", test.name, seen)
			}
			if err, ok := test.value.(error); ok && !errors.Is(asked, err) {
				t.Errorf("panic(%s): OnError has seen %v, in which errors.Is does not find it", test.name, asked)
			}
			if len(logs) != 1 {
				t.Errorf("panic(%s): got log %v, want one record", test.name, logs)
				continue
			}
			stack := logs[0].Attrs["stack"]
			delete(logs[0].Attrs, "stack")
			if text := logs[0].Attrs["error"]; !strings.HasPrefix(text, "panic: ") || !strings.Contains(text, test.text) {
				t.Errorf("panic(%s): got error %q, want %q", test.name, text, test.text)
			}
			delete(logs[0].Attrs, "error")
			want := respRecord{slog.LevelError, map[string]string{"method": "GET", "route": "/x/[id]", "path": `/x/a"b`, "status": "500"}}
			if diff := cmp.Diff(want, logs[0]); diff != "" {
				t.Errorf("panic(%s): log (-want +got):\n%s", test.name, diff)
			}
			if !strings.Contains(stack, "error_test.go") {
				t.Errorf("panic(%s): the stack does not show where: %q", test.name, stack)
			}
		}
		if got := s.connections(); got != 1 {
			t.Errorf("panic(%s): got %d connections, want the first used again", test.name, got)
		}
	}
}

// Panics out of all that runs around a handler.
func TestErrorPanicElsewhere(t *testing.T) {
	panics := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(respSecret) })
	}
	after := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			panic(respSecret)
		})
	}
	ok := func(_ *Request, res *Response) error { return res.Text("whole") }
	for _, test := range []struct {
		name    string
		options []Option // of the router
		route   []Option
		status  int
	}{
		{"Use of the router", []Option{Use(panics)}, nil, 500},
		{"Use of the route", nil, []Option{Use(panics)}, 500},
		{"Around", nil, []Option{Around(func(Handler) Handler { return func(*Request, *Response) error { panic(respSecret) } })}, 500},
		{"Use of the router, after the answer", []Option{Use(after)}, nil, 200},
		{"Use of the route, after the answer", nil, []Option{Use(after)}, 200},
		{"Around, after the answer", nil, []Option{Around(func(h Handler) Handler {
			return func(req *Request, res *Response) error { h(req, res); panic(respSecret) }
		})}, 200},
	} {
		s := respStart(t, func(api *Router) { api.Get("/x", ok, test.route...) }, test.options...)
		got := s.do(t, "GET", "/x", "")
		if got.Status != test.status || got.Err != nil || strings.Contains(got.Body, respSecret) {
			t.Errorf("%s: got %d %q %v, want %d", test.name, got.Status, got.Body, got.Err, test.status)
		}
		if logs := s.logs(); len(logs) != 1 || logs[0].Level != slog.LevelError || !strings.Contains(logs[0].Attrs["stack"], "error_test.go") {
			t.Errorf("%s: got log %v, want the panic with its stack", test.name, logs)
		}
	}
}

func TestErrorAbortHandler(t *testing.T) {
	calls := 0
	s := respStart(t, func(api *Router) {
		api.Get("/before", func(*Request, *Response) error { panic(http.ErrAbortHandler) })
		api.Get("/after", func(_ *Request, res *Response) error {
			res.Write([]byte("half"))
			panic(http.ErrAbortHandler)
		})
		api.Get("/whole", func(_ *Request, res *Response) error {
			res.Text("whole")
			panic(http.ErrAbortHandler)
		})
		api.Get("/use", func(*Request, *Response) error { return nil }, Use(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}))
		api.Get("/onerror", func(*Request, *Response) error { return errRespSecret },
			OnError(func(*Request, *Response, error) error { panic(http.ErrAbortHandler) }))
	}, OnError(func(_ *Request, _ *Response, err error) error { calls++; return err }))
	for _, path := range []string{"/before", "/after", "/whole", "/use", "/onerror"} {
		if got := s.do(t, "GET", path, ""); got.Err == nil {
			t.Errorf("%s: got %d %q, want the connection cut", path, got.Status, got.Body)
		}
		if logs := s.logs(); len(logs) > 0 {
			t.Errorf("%s: logged %v", path, logs)
		}
	}
	if calls > 0 {
		t.Errorf("OnError has been called %d times", calls)
	}
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("without a router: got panic %v", v)
		}
	}()
	Handler(func(*Request, *Response) error { panic(http.ErrAbortHandler) }).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

// runtime.Goexit ends the goroutine of the connection, so that the client must
// see a 500 or a closed connection, and the server goes on.
func TestErrorGoexit(t *testing.T) {
	var events *EventStream
	s := respStart(t, func(api *Router) {
		api.Get("/exit", func(*Request, *Response) error { runtime.Goexit(); return nil })
		api.Get("/half", func(_ *Request, res *Response) error {
			res.Write([]byte("half"))
			runtime.Goexit()
			return nil
		})
		api.Get("/events", func(_ *Request, res *Response) error {
			events, _ = res.Events()
			runtime.Goexit()
			return nil
		})
		api.Get("/ok", func(_ *Request, res *Response) error { return res.Text("ok") })
	})
	for _, path := range []string{"/exit", "/half", "/events"} {
		if got := s.do(t, "GET", path, ""); got.Err == nil && got.Status != 500 {
			t.Errorf("%s: got %d %q, want a 500 or nothing", path, got.Status, got.Body)
		}
		if got := s.do(t, "GET", "/ok", ""); got.Body != "ok" {
			t.Errorf("after %s: got %d %q %v", path, got.Status, got.Body, got.Err)
		}
	}
	if err := events.Send(Event{}); err != ErrAnswered {
		t.Errorf("the stream goes on: %v", err)
	}
}

func TestOnError(t *testing.T) {
	type function = func(*Request, *Response, error) error
	for _, test := range []struct {
		name   string
		f      function
		err    error
		status int
		body   string
		logs   []string // errors
	}{
		{"none", nil, errRespSecret, 500, respProblem(500), []string{respSecret}},
		{"the same", func(_ *Request, _ *Response, err error) error { return err }, Errorf(404, "no"), 404,
			`{"title":"Not Found","status":404,"detail":"no"}`, []string{"apiroute: 404 Not Found: no"}},
		{"maps", func(_ *Request, _ *Response, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return Errorf(404, "no such thing")
			}
			return err
		}, fmt.Errorf("%s: %w", respSecret, fs.ErrNotExist), 404, `{"title":"Not Found","status":404,"detail":"no such thing"}`,
			[]string{"dsn=secret: file does not exist", "apiroute: 404 Not Found: no such thing"}},
		{"answers", func(_ *Request, res *Response, err error) error {
			return res.Status(418).JSON("teapot")
		}, errRespSecret, 418, `"teapot"`, []string{respSecret}},
		{"answers by Write", func(_ *Request, res *Response, _ error) error {
			_, err := res.Status(418).Write([]byte("teapot"))
			return err
		}, errRespSecret, 418, "teapot", []string{respSecret}},
		{"answers as http.Error does", func(_ *Request, res *Response, err error) error {
			http.Error(res, "teapot", http.StatusTeapot)
			return nil
		}, errRespSecret, 418, "teapot\n", []string{respSecret}},
		{"answers and returns the error", func(_ *Request, res *Response, err error) error {
			res.Status(418).Text("teapot")
			return err
		}, errRespSecret, 418, "teapot", []string{respSecret}},
		{"answers for a nil *Error", func(_ *Request, res *Response, err error) error {
			return res.Status(418).Text("teapot")
		}, (*Error)(nil), 418, "teapot", []string{"apiroute: nil *Error"}},
		{"answers without a body", func(_ *Request, res *Response, err error) error {
			return res.Status(204).End()
		}, errRespSecret, 204, "", []string{respSecret}},
		{"silent", func(*Request, *Response, error) error { return nil }, Errorf(404, "no"), 500, respProblem(500),
			[]string{"apiroute: 404 Not Found: no", errSilent.Error()}},
		{"silent but for a status", func(_ *Request, res *Response, _ error) error { res.Status(404); return nil }, errRespSecret, 500, respProblem(500),
			[]string{respSecret, errSilent.Error()}},
		{"panics", func(*Request, *Response, error) error { panic("again") }, Errorf(404, "no"), 500, respProblem(500),
			[]string{"apiroute: 404 Not Found: no", "panic: again"}},
		{"panics with an Error", func(*Request, *Response, error) error { panic(Errorf(404, respSecret)) }, errRespSecret, 500, respProblem(500),
			[]string{respSecret, "panic: apiroute: 404 Not Found: dsn=secret"}},
		{"returns another", func(*Request, *Response, error) error { return errRespSecret }, Errorf(404, "no"), 500, respProblem(500),
			[]string{"apiroute: 404 Not Found: no", respSecret}},
		{"cannot encode", func(_ *Request, res *Response, _ error) error { return res.Status(400).JSON(func() {}) }, Errorf(404, "no"), 500, respProblem(500),
			[]string{"apiroute: 404 Not Found: no", "apiroute: JSON: json: unsupported type: func()"}},
		{"cannot encode and ignores it", func(_ *Request, res *Response, _ error) error { res.Status(400).JSON(func() {}); return nil }, Errorf(404, "no"), 500, respProblem(500),
			[]string{"apiroute: 404 Not Found: no", errSilent.Error()}},
		{"returns a slice", func(_ *Request, _ *Response, err error) error { return respSlice{"other"} }, respSlice{respSecret}, 500, respProblem(500),
			[]string{respSecret, "other"}},
	} {
		s := respStart(t, func(api *Router) {
			api.Get("/x", func(_ *Request, res *Response) error { res.Status(201).SetHeader("X-Handler", "1"); return test.err })
		}, OnError(test.f))
		for range 2 {
			got := s.do(t, "GET", "/x", "")
			if got.Status != test.status || got.Body != test.body || got.Err != nil || got.get("X-Handler") != "" {
				t.Errorf("%s: got %d %v %q %v, want %d %q", test.name, got.Status, got.Header, got.Body, got.Err, test.status, test.body)
			}
			var texts []string
			for _, rec := range s.logs() {
				texts = append(texts, rec.Attrs["error"])
				if rec.Attrs["status"] != strconv.Itoa(test.status) || rec.Attrs["route"] != "/x" {
					t.Errorf("%s: got record %v, want status %d", test.name, rec, test.status)
				}
			}
			if diff := cmp.Diff(test.logs, texts); diff != "" {
				t.Errorf("%s: log (-want +got):\n%s", test.name, diff)
			}
		}
		if got := s.connections(); got != 1 {
			t.Errorf("%s: got %d connections, want 1", test.name, got)
		}
	}
}

// OnError sees what the package itself refuses, too.
func TestOnErrorSeesAll(t *testing.T) {
	var seen []string
	s := respStart(t, func(api *Router) {
		api.Post("/x/[id]", func(req *Request, _ *Response) error { var v any; return req.JSON(&v) }, BodyLimit(10))
		api.Post("/panic", func(*Request, *Response) error { panic("x") }, Timeout(time.Hour))
	}, OnError(func(req *Request, res *Response, err error) error {
		if err := req.Context().Err(); err != nil {
			t.Errorf("%s: the context has ended: %v", req.URL, err)
		}
		var e *Error
		status := 0
		if errors.As(err, &e) {
			status = e.Status
		}
		seen = append(seen, fmt.Sprintf("%d %q", status, req.Route()))
		return err
	}))
	for _, test := range []struct {
		method, path, body string
		status             int
		want               []string
	}{
		{"GET", "/nowhere", "", 404, []string{`404 ""`}},
		{"GET", "/x/1", "", 405, []string{`405 "/x/[id]"`}},
		{"POST", "/x/%ff", "{}", 400, []string{`400 "/x/[id]"`}},
		{"POST", "/x/1", "{}", 204, nil},
		{"POST", "/x/1", "{", 400, []string{`400 "/x/[id]"`}},
		{"POST", "/x/1", "[1,2,3,4,5,6,7,8,9]", 413, []string{`413 "/x/[id]"`}},
		{"POST", "/panic", "", 500, []string{`0 "/panic"`}},
	} {
		seen = nil
		got := s.do(t, test.method, test.path, test.body, "Content-Type", "application/json")
		s.logs()
		if diff := cmp.Diff(test.want, seen); diff != "" || got.Status != test.status {
			t.Errorf("%s %s: got %d, want %d; OnError (-want +got):\n%s", test.method, test.path, got.Status, test.status, diff)
		}
	}
}

// After the first byte OnError is told, and can say nothing.
func TestOnErrorTooLate(t *testing.T) {
	for _, test := range []struct {
		name string
		f    func(*Request, *Response, error) error
		logs []string
	}{
		{"JSON", func(_ *Request, res *Response, _ error) error { return res.Status(418).JSON("late") }, []string{respSecret, ErrAnswered.Error()}},
		{"nil", func(*Request, *Response, error) error { return nil }, []string{respSecret}},
		{"the same", func(_ *Request, _ *Response, err error) error { return err }, []string{respSecret}},
		{"another", func(*Request, *Response, error) error { return Errorf(404, "no") }, []string{respSecret, "apiroute: 404 Not Found: no"}},
		{"panic", func(*Request, *Response, error) error { panic("late") }, []string{respSecret, "panic: late"}},
	} {
		for _, whole := range []bool{false, true} {
			s := respStart(t, func(api *Router) {
				api.Get("/x", func(_ *Request, res *Response) error {
					if whole {
						res.Text("whole")
					} else {
						res.Write([]byte("half"))
						res.Flush()
					}
					return errRespSecret
				})
			}, OnError(test.f))
			got := s.do(t, "GET", "/x", "")
			body := map[bool]string{true: "whole", false: "half"}[whole]
			if got.Status != 200 || got.Body != body || (got.Err == nil) != whole {
				t.Errorf("%s, whole %t: got %d %q %v", test.name, whole, got.Status, got.Body, got.Err)
			}
			var texts []string
			for _, rec := range s.logs() {
				texts = append(texts, rec.Attrs["error"])
			}
			if diff := cmp.Diff(test.logs, texts); diff != "" {
				t.Errorf("%s, whole %t: log (-want +got):\n%s", test.name, whole, diff)
			}
		}
	}
}

// No way that an error takes shows its text.
func TestErrorTextStaysInside(t *testing.T) {
	var paths []string
	s := respStart(t, func(api *Router) {
		handle := func(path string, h Handler, opts ...Option) {
			paths = append(paths, path)
			api.Handle(path, h, opts...)
		}
		fails := func(*Request, *Response) error { return errRespSecret }
		handle("/plain", fails)
		handle("/wrapped", func(*Request, *Response) error { return &Error{Status: 400, Detail: "no", Err: errRespSecret} })
		handle("/outside", func(*Request, *Response) error { return fmt.Errorf("%w: %w", errRespSecret, Errorf(400, "no")) })
		handle("/panic", func(*Request, *Response) error { panic(respSecret) })
		handle("/panic-error", func(*Request, *Response) error { panic(errRespSecret) })
		handle("/marshal", func(_ *Request, res *Response) error { return res.JSON(respFail{}) })
		handle("/around", func(*Request, *Response) error { return nil }, Around(func(h Handler) Handler { return fails }))
		handle("/onerror", fails, OnError(func(_ *Request, _ *Response, err error) error { return fmt.Errorf("again: %w", err) }))
		handle("/onerror-panic", fails, OnError(func(_ *Request, _ *Response, err error) error { panic(err) }))
		handle("/plain-panic", FromHTTP(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(respSecret) })))
		handle("/timeout", func(req *Request, _ *Response) error { <-req.Context().Done(); return errRespSecret }, Timeout(1))
		handle("/goes-on", func(req *Request, res *Response) error { res.Text("a"); return errRespSecret })
	})
	for _, route := range paths {
		raw := s.raw(t, "GET "+route+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(raw, "HTTP/1.1 ") || strings.Contains(raw, "secret") {
			t.Errorf("%s: got %q", route, raw)
		}
		found := false
		for _, rec := range s.logs() {
			found = found || strings.Contains(rec.Attrs["error"], "secret")
		}
		if !found {
			t.Errorf("%s: it is not in the log", route)
		}
	}
}
