package apiroute_test

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
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// secretText is what an error says that no client may see.
const secretText = "dsn=secret"

var errSecret = errors.New(secretText)

// An errorList is an error that cannot be compared, as those of many validators.
type errorList []string

func (e errorList) Error() string { return strings.Join(e, ", ") }

// fail returns a handler that returns err.
func fail(err error) apiroute.Handler {
	return func(*apiroute.Request, *apiroute.Response) error { return err }
}

func TestErrorf(t *testing.T) {
	t.Parallel()
	inner, other := errors.New("inner"), &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	for _, tt := range []struct {
		name   string
		err    error
		detail string
		text   string
		is     []error
	}{
		{"a value", apiroute.Errorf(404, "no post %d", 7), "no post 7", "apiroute: 404 Not Found: no post 7", nil},
		{"a percent sign", apiroute.Errorf(404, "100%%"), "100%", "apiroute: 404 Not Found: 100%", nil},
		{"an error wrapped", apiroute.Errorf(400, "a: %w", inner), "a: inner", "apiroute: 400 Bad Request: a: inner", []error{inner}},
		{"two errors wrapped", apiroute.Errorf(400, "%w and %w", inner, other), "inner and open x: file does not exist",
			"apiroute: 400 Bad Request: inner and open x: file does not exist",
			[]error{inner, other, fs.ErrNotExist}},
		{"an error as text", apiroute.Errorf(400, "%v", inner), "inner", "apiroute: 400 Bad Request: inner", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e *apiroute.Error
			if !errors.As(fmt.Errorf("wrapped: %w", tt.err), &e) || e.Detail != tt.detail {
				t.Errorf("%+v, want the detail %q", e, tt.detail)
			}
			if got := tt.err.Error(); got != tt.text {
				t.Errorf("Error() = %q, want %q", got, tt.text)
			}
			for _, target := range []error{inner, other, fs.ErrNotExist} {
				want := false
				for _, is := range tt.is {
					want = want || is == target
				}
				if got := errors.Is(tt.err, target); got != want {
					t.Errorf("errors.Is(%v) = %t", target, got)
				}
			}
		})
	}
	var path *fs.PathError
	if !errors.As(apiroute.Errorf(400, "%w and %w", inner, other), &path) || path != other {
		t.Errorf("errors.As found %v", path)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"nil", (*apiroute.Error)(nil), "apiroute: nil *Error"},
		{"zero", &apiroute.Error{}, "apiroute: an Error whose Status is missing"},
		{"no status, a detail", &apiroute.Error{Detail: "x"}, "apiroute: an Error whose Status is missing: x"},
		{"no status, all else", &apiroute.Error{Title: "t", Detail: "x", Err: errSecret}, "apiroute: an Error whose Status is missing: t: x: dsn=secret"},
		{"status 200", &apiroute.Error{Status: 200, Detail: "x"}, "apiroute: 200 OK, an Error whose Status is not from 400 to 599: x"},
		{"status -1", apiroute.Errorf(-1, "x"), "apiroute: -1 Error, an Error whose Status is not from 400 to 599: x"},
		{"status 600", &apiroute.Error{Status: 600, Title: "t"}, "apiroute: 600 t, an Error whose Status is not from 400 to 599"},
		{"status", &apiroute.Error{Status: 404}, "apiroute: 404 Not Found"},
		{"status without a text", &apiroute.Error{Status: 499}, "apiroute: 499 Error"},
		{"title", &apiroute.Error{Status: 404, Title: "Gone away"}, "apiroute: 404 Gone away"},
		{"all", &apiroute.Error{Status: 400, Detail: "d", Fields: []apiroute.FieldError{{In: "query", Name: "page", Detail: "is odd"}, {In: "body", Detail: "is empty"}}, Err: errSecret},
			`apiroute: 400 Bad Request: d; query "page" is odd; body is empty: dsn=secret`},
		{"field", apiroute.FieldError{In: "body", Name: "items[2].price", Detail: "must be a number"}, `apiroute: body "items[2].price" must be a number`},
		{"field without a name", apiroute.FieldError{In: "body", Detail: "is empty"}, "apiroute: body is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("Error() = %q, want %q", got, tt.want)
			}
		})
	}
}

// A nil *Error in an error is a mistake, but it must not panic where it is looked at.
func TestErrorNil(t *testing.T) {
	t.Parallel()
	var e *apiroute.Error
	if errors.Is(e, errSecret) {
		t.Error("errors.Is finds something in nil")
	}
	if got := e.Unwrap(); got != nil {
		t.Errorf("Unwrap: %v", got)
	}
}

// What the client gets for an error that a handler returns, and what the log gets.
func TestErrorResponse(t *testing.T) {
	t.Parallel()
	const notFound = `{"title":"Not Found","status":404,"detail":"no post 7"}`
	fields := &apiroute.Error{Status: 422, Detail: "2 fields are wrong", Fields: []apiroute.FieldError{{In: "query", Name: "page", Detail: "must be an integer"}, {In: "body", Detail: "is empty"}}}
	for _, tt := range []struct {
		name   string
		err    error
		status int
		body   string
		level  string
	}{
		{"Errorf", apiroute.Errorf(404, "no post %d", 7), 404, notFound, "DEBUG"},
		{"Errorf that wraps", apiroute.Errorf(404, "no post %w", errors.New("7")), 404, notFound, "DEBUG"},
		{"wrapped", fmt.Errorf("%s: %w", secretText, apiroute.Errorf(404, "no post 7")), 404, notFound, "WARN"},
		{"joined", errors.Join(errSecret, apiroute.Errorf(404, "no post 7"), apiroute.Errorf(500, "later")), 404, notFound, "WARN"},
		{"with Err", &apiroute.Error{Status: 404, Detail: "no post 7", Err: errSecret}, 404, notFound, "WARN"},
		{"status alone", &apiroute.Error{Status: 400}, 400, `{"title":"Bad Request","status":400}`, "DEBUG"},
		{"own title", &apiroute.Error{Status: 403, Title: "Out of credit"}, 403, `{"title":"Out of credit","status":403}`, "DEBUG"},
		{"status without a text", &apiroute.Error{Status: 498}, 498, `{"title":"Error","status":498}`, "DEBUG"},
		{"499, the client there", &apiroute.Error{Status: 499, Title: "x"}, 499, `{"title":"x","status":499}`, "DEBUG"},
		{"503", &apiroute.Error{Status: 503, Detail: "later"}, 503, `{"title":"Service Unavailable","status":503,"detail":"later"}`, "ERROR"},
		{"599", &apiroute.Error{Status: 599, Title: "x"}, 599, `{"title":"x","status":599}`, "ERROR"},
		{"fields", fields, 422, `{"title":"Unprocessable Entity","status":422,"detail":"2 fields are wrong","errors":[` +
			`{"in":"query","name":"page","detail":"must be an integer"},{"in":"body","detail":"is empty"}]}`, "DEBUG"},
		{"HTML", apiroute.Errorf(400, "<script>&\n\""), 400, `{"title":"Bad Request","status":400,"detail":"\u003cscript\u003e\u0026\n\""}`, "DEBUG"},

		{"status 0", &apiroute.Error{Detail: secretText}, 500, problem(500), "ERROR"},
		{"status 200", &apiroute.Error{Status: 200, Detail: secretText}, 500, problem(500), "ERROR"},
		{"status 399", &apiroute.Error{Status: 399, Detail: secretText}, 500, problem(500), "ERROR"},
		{"status 600", &apiroute.Error{Status: 600, Detail: secretText}, 500, problem(500), "ERROR"},
		{"nil *Error", (*apiroute.Error)(nil), 500, problem(500), "ERROR"},
		{"wrapped nil *Error", fmt.Errorf("a: %w", (*apiroute.Error)(nil)), 500, problem(500), "ERROR"},

		{"any other", errSecret, 500, problem(500), "ERROR"},
		{"one that cannot be compared", errorList{secretText}, 500, problem(500), "ERROR"},
		{"MaxBytesError", &http.MaxBytesError{Limit: 5}, 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 5 bytes"}`, "WARN"},
		{"wrapped MaxBytesError", fmt.Errorf("%s: %w", secretText, &http.MaxBytesError{Limit: 5}), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 5 bytes"}`, "WARN"},
		{"ErrMessageTooLarge", fmt.Errorf("%s: %w", secretText, multipart.ErrMessageTooLarge), 413, problem(413), "WARN"},
		{"ErrMissingFile", fmt.Errorf("%s: %w", secretText, http.ErrMissingFile), 400, problem(400), "WARN"},
		{"ErrMissingBoundary", http.ErrMissingBoundary, 400, problem(400), "WARN"},
		{"ErrNotMultipart", http.ErrNotMultipart, 415, problem(415), "WARN"},
		{"context.Canceled, the client there", context.Canceled, 500, problem(500), "ERROR"},
		{"context.DeadlineExceeded without Timeout", context.DeadlineExceeded, 500, problem(500), "ERROR"},
		{"io.EOF", io.EOF, 500, problem(500), "ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x/[id]", fail(tt.err)) })
			want := http.Header{
				"Content-Type":           {"application/problem+json"},
				"X-Content-Type-Options": {"nosniff"},
				"Cache-Control":          {"no-store"},
				"Content-Length":         {strconv.Itoa(len(tt.body))},
			}
			got := s.fetch("GET", "/x/1", "")
			got.want(t, tt.status, tt.body)
			if diff := cmp.Diff(want, got.fixedHeader()); diff != "" {
				t.Errorf("GET: header (-want +got):\n%s", diff)
			}
			lines := s.logs()
			if len(lines) != 1 {
				t.Fatalf("logged %q, want one line", lines)
			}
			logged := map[string]string{
				"level": tt.level, "method": "GET", "route": "/x/[id]", "path": "/x/1", "status": strconv.Itoa(tt.status), "error": tt.err.Error(),
			}
			if e := (*apiroute.Error)(nil); errors.As(tt.err, &e) && e == nil {
				logged["mistake"] = "an error that is a nil *apiroute.Error is not nil: return nil itself"
			}
			if diff := cmp.Diff(logged, record(lines[0])); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			got = s.oneReply(t, "HEAD", "/x/1")
			got.want(t, tt.status, "")
			if diff := cmp.Diff(want, got.fixedHeader()); diff != "" {
				t.Errorf("HEAD: header (-want +got):\n%s", diff)
			}
		})
	}
}

// A detail that is not UTF-8 is still sent as JSON.
func TestErrorNotUTF8(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", fail(apiroute.Errorf(400, "a\xffb"))) })
	got := s.fetch("GET", "/x", "")
	var body struct{ Detail string }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Detail != "a\ufffdb" {
		t.Errorf("%q, error %v", got.body, err)
	}
}

// A Handler without a router has nothing around it that could catch a panic, and logs to the default
// logger.
func TestErrorWithoutRouter(t *testing.T) {
	l := defaultLog(t)
	for _, tt := range []struct {
		name   string
		err    error
		status int
	}{
		{"Errorf", apiroute.Errorf(404, "no"), 404},
		{"nil *Error", (*apiroute.Error)(nil), 500},
		{"one that cannot be compared", errorList{secretText}, 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, fail(tt.err))
			s.log = l
			if got := s.fetch("GET", "/", ""); got.status != tt.status || strings.Contains(got.body, secretText) {
				t.Errorf("%d %q, error %v; want %d", got.status, got.body, got.err, tt.status)
			}
			s.wantErrors(t, tt.err.Error())
		})
	}
}

// The default logger is looked up for each record, so it can be set after the router is made.
func TestErrorDefaultLogger(t *testing.T) {
	api := apiroute.New(apiroute.Logger(nil))
	api.Get("/x", fail(errSecret))
	s := newServer(t, api)
	s.log = defaultLog(t)
	s.fetch("GET", "/x", "")
	s.wantErrors(t, secretText)
}

// defaultLog makes the default logger write to the log that it returns, until the test ends.
func defaultLog(t *testing.T) *testLog {
	t.Helper()
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	l := &testLog{}
	slog.SetDefault(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return l
}

func TestErrorHeader(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		get := func(path string, err error) { api.Get(path, fail(err)) }
		get("/retry", &apiroute.Error{Status: 503, Header: http.Header{"Retry-After": {"5"}}})
		get("/lower", &apiroute.Error{Status: 401, Header: http.Header{"www-authenticate": {`Basic realm="a"`, "Bearer"}}})
		get("/own", &apiroute.Error{Status: 400, Header: http.Header{
			"Content-Type": {"text/html"}, "content-length": {"3"}, "X-Content-Type-Options": {"x"}, "Cache-Control": {"public"}}})
		get("/405", &apiroute.Error{Status: 405})
		get("/405-own", &apiroute.Error{Status: 405, Header: http.Header{"Allow": {"BREW"}}})
		get("/405-lower", &apiroute.Error{Status: 405, Header: http.Header{"allow": {"BREW"}}})
		get("/405-other", &apiroute.Error{Status: 405, Header: http.Header{"X-A": {"1"}}})
		get("/405-wrapped", fmt.Errorf("a: %w", apiroute.Errorf(405, "no")))
		api.Post("/405", fail(nil))
	})
	for _, tt := range []struct {
		name   string
		path   string
		status int
		header string
		want   []string
	}{
		{"a header", "/retry", 503, "Retry-After", []string{"5"}},
		{"in lower case, two values", "/lower", 401, "Www-Authenticate", []string{`Basic realm="a"`, "Bearer"}},
		{"Content-Type is ignored", "/own", 400, "Content-Type", []string{"application/problem+json"}},
		{"Content-Length is ignored", "/own", 400, "Content-Length", []string{strconv.Itoa(len(problem(400)))}},
		{"X-Content-Type-Options is ignored", "/own", 400, "X-Content-Type-Options", []string{"nosniff"}},
		{"Cache-Control is ignored", "/own", 400, "Cache-Control", []string{"no-store"}},
		{"405 of the page", "/405", 405, "Allow", []string{"GET, HEAD, OPTIONS, POST"}},
		{"405 with its own Allow", "/405-own", 405, "Allow", []string{"BREW"}},
		{"405 with its own allow", "/405-lower", 405, "Allow", []string{"BREW"}},
		{"405 with another header", "/405-other", 405, "Allow", []string{"GET, HEAD, OPTIONS"}},
		{"405, the other header", "/405-other", 405, "X-A", []string{"1"}},
		{"405 wrapped", "/405-wrapped", 405, "Allow", []string{"GET, HEAD, OPTIONS"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for range 20 { // a map has no order
				got := s.fetch("GET", tt.path, "")
				if diff := cmp.Diff(tt.want, got.header[tt.header]); got.status != tt.status || diff != "" {
					t.Fatalf("status %d, want %d; %s (-want +got):\n%s", got.status, tt.status, tt.header, diff)
				}
			}
		})
	}
}

// Requests may share an Error, so what middleware adds to the response must not get into it.
func TestErrorIsNotChanged(t *testing.T) {
	t.Parallel()
	vary := make([]string, 1, 4)
	vary[0] = "Accept"
	shared := &apiroute.Error{Status: 405, Header: http.Header{"Vary": vary}}
	s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", fail(shared)) },
		apiroute.Use(func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(lateAdder{w}, r) })
		}))
	for range 2 {
		if got := s.fetch("GET", "/x", ""); !cmp.Equal(got.header["Vary"], []string{"Accept", "Origin"}) {
			t.Errorf("Vary %q", got.header["Vary"])
		}
	}
	want := &apiroute.Error{Status: 405, Header: http.Header{"Vary": {"Accept"}}}
	if diff := cmp.Diff(want, shared); diff != "" || vary[:2][1] != "" {
		t.Errorf("the error or the array behind its header has changed: %q (-want +got):\n%s", vary[:2], diff)
	}
}

// A lateAdder adds a header at the last moment.
type lateAdder struct{ http.ResponseWriter }

func (w lateAdder) WriteHeader(status int) {
	w.Header().Add("Vary", "Origin")
	w.ResponseWriter.WriteHeader(status)
}

func (w lateAdder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// An Error is an http.Handler, for middleware that rejects a request.
func TestErrorServeHTTP(t *testing.T) {
	t.Parallel()
	rejection := &apiroute.Error{Status: 401, Detail: "log in", Header: http.Header{"Www-Authenticate": {"Bearer"}}, Err: errSecret}
	for _, tt := range []struct {
		name   string
		err    *apiroute.Error
		status int
		body   string
	}{
		{"401", rejection, 401, `{"title":"Unauthorized","status":401,"detail":"log in"}`},
		{"413", &apiroute.Error{Status: 413}, 413, problem(413)},
		{"nil", nil, 500, problem(500)},
		{"status 0", &apiroute.Error{Detail: secretText}, 500, problem(500)},
		{"status 302", &apiroute.Error{Status: 302, Detail: secretText}, 500, problem(500)},
	} {
		middleware := apiroute.Use(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Etag", `"a"`)
				w.Header().Set("Content-Length", "1000")
				w.Header().Set("X-Use", "1")
				tt.err.ServeHTTP(w, r)
			})
		})
		for name, register := range map[string]func(*apiroute.Router){
			"alone":         nil,
			"on the router": func(api *apiroute.Router) {},
			"on a route":    func(api *apiroute.Router) { api.Handle("/", fail(nil), middleware) },
			"as FromHTTP":   func(api *apiroute.Router) { api.Handle("/", apiroute.FromHTTP(tt.err)) },
			"as a Mount":    func(api *apiroute.Router) { api.Mount("/", tt.err) },
		} {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				t.Parallel()
				var h http.Handler = tt.err
				if register != nil {
					api := apiroute.New(quiet())
					if name == "on the router" {
						api = apiroute.New(quiet(), middleware)
					}
					register(api)
					h = api
				}
				s := newServer(t, h)
				for _, method := range []string{"GET", "POST", "HEAD"} {
					got := s.oneReply(t, method, "/")
					body := tt.body
					if method == "HEAD" {
						body = ""
					}
					got.want(t, tt.status, body)
					h := got.header
					if h.Get("Content-Length") != strconv.Itoa(len(tt.body)) || h.Get("Content-Type") != "application/problem+json" || h.Get("Etag") != "" ||
						h.Get("Www-Authenticate") != map[int]string{401: "Bearer"}[tt.status] ||
						(h.Get("X-Use") == "1") != strings.HasPrefix(name, "on") {
						t.Errorf("%s: header %v", method, h)
					}
				}
			})
		}
	}
}

// Errors that net/http itself makes of what the client has sent.
func TestErrorOfNetHTTP(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/file", func(req *apiroute.Request, _ *apiroute.Response) error { _, _, err := req.FormFile("a"); return err })
		api.Post("/reader", func(req *apiroute.Request, _ *apiroute.Response) error { _, err := req.MultipartReader(); return err })
		api.Post("/body", func(req *apiroute.Request, _ *apiroute.Response) error { _, err := io.ReadAll(req.Body); return err },
			apiroute.BodyLimit(2))
	})
	for _, tt := range []struct {
		name, path, contentType, body string
		status                        int
	}{
		{"no such file", "/file", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=b\r\n\r\n1\r\n--x--\r\n", 400},
		{"FormFile of another type", "/file", "text/plain", "a", 415},
		{"FormFile without a boundary", "/file", "multipart/form-data", "a", 400},
		{"MultipartReader of another type", "/reader", "text/plain", "a", 415},
		{"MultipartReader without a boundary", "/reader", "multipart/form-data", "a", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s.fetch("POST", tt.path, tt.body, "Content-Type: "+tt.contentType).want(t, tt.status, problem(tt.status))
		})
	}
	t.Run("a body past the limit", func(t *testing.T) {
		t.Parallel()
		got := s.raw("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
		if got.status != 413 || !strings.Contains(got.body, "longer than 2 bytes") || !got.close {
			t.Errorf("%d %q, to be closed: %t; want a 413 that closes the connection", got.status, got.body, got.close)
		}
	})
}

// Whatever way an error takes, its text stays in the log.
func TestErrorTextStaysInside(t *testing.T) {
	t.Parallel()
	fails := fail(errSecret)
	for _, tt := range []struct {
		name string
		h    apiroute.Handler
		opts []apiroute.Option
	}{
		{"plain", fails, nil},
		{"wrapped", fail(&apiroute.Error{Status: 400, Detail: "no", Err: errSecret}), nil},
		{"outside of an Error", fail(fmt.Errorf("%w: %w", errSecret, apiroute.Errorf(400, "no"))), nil},
		{"panic", func(*apiroute.Request, *apiroute.Response) error { panic(secretText) }, nil},
		{"panic with an error", func(*apiroute.Request, *apiroute.Response) error { panic(errSecret) }, nil},
		{"JSON", respond(func(res *apiroute.Response) error { return res.JSON(unencodable{}) }), nil},
		{"Around", fail(nil), []apiroute.Option{apiroute.Around(func(apiroute.Handler) apiroute.Handler { return fails })}},
		{"OnError", fails, []apiroute.Option{apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error {
			return fmt.Errorf("again: %w", err)
		})}},
		{"panic in OnError", fails, []apiroute.Option{apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error {
			panic(err)
		})}},
		{"panic in FromHTTP", apiroute.FromHTTP(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(secretText) })), nil},
		{"Timeout", func(req *apiroute.Request, _ *apiroute.Response) error { <-req.Context().Done(); return errSecret },
			[]apiroute.Option{apiroute.Timeout(time.Millisecond)}},
		{"after the response", respond(func(res *apiroute.Response) error { res.Text("a"); return errSecret }), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Handle("/x", tt.h, tt.opts...) })
			got := s.oneReply(t, "GET", "/x")
			if got.status == 0 || strings.Contains(got.head+got.body, "secret") {
				t.Errorf("%q %q, error %v", got.head, got.body, got.err)
			}
			found := false
			for _, line := range s.logs() {
				found = found || strings.Contains(logValue(line, "error"), "secret")
			}
			if !found {
				t.Error("it is not in the log")
			}
		})
	}
}
