package apiroute_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// These tests are about the problem document of RFC 9457: what is in it, and the ways to get it.

// The document is the same as a response, and as json.Marshal returns it.
func TestProblemDocument(t *testing.T) {
	t.Parallel()
	type account struct {
		ID int `json:"id"`
	}
	fields := []apiroute.FieldError{{In: "query", Name: "page", Code: "type", Detail: "must be an integer"}}
	for _, tt := range []struct {
		name string
		err  apiroute.Error
		want string
	}{
		{"status", apiroute.Error{Status: 404}, problem(404)},
		{"detail and cause", apiroute.Error{Status: 404, Detail: "no post 7", Err: errSecret, Header: http.Header{"X-A": {"1"}}},
			`{"title":"Not Found","status":404,"detail":"no post 7"}`},
		{"type", apiroute.Error{Status: 403, Type: "https://example.com/out-of-credit"},
			`{"type":"https://example.com/out-of-credit","title":"Forbidden","status":403}`},
		{"instance", apiroute.Error{Status: 403, Instance: "/accounts/1/msgs/2"},
			`{"title":"Forbidden","status":403,"instance":"/accounts/1/msgs/2"}`},
		{"all", apiroute.Error{Status: 422, Type: "t", Title: "x", Detail: "d", Instance: "i", Fields: fields, Extensions: map[string]any{"b": 1, "a": "z"}},
			`{"type":"t","title":"x","status":422,"detail":"d","instance":"i","errors":[{"in":"query","name":"page","code":"type","detail":"must be an integer"}],"a":"z","b":1}`},
		{"extensions, sorted", apiroute.Error{Status: 403, Extensions: map[string]any{"c": nil, "b": account{1}, "a": []string{"/1", "/2"}, "balance": 30}},
			`{"title":"Forbidden","status":403,"a":["/1","/2"],"b":{"id":1},"balance":30,"c":null}`},
		{"extensions named like standard members", apiroute.Error{Status: 403, Extensions: map[string]any{
			"type": 1, "title": 2, "status": 200, "detail": 3, "instance": 4, "errors": 5, "Status": 6}},
			`{"title":"Forbidden","status":403,"Status":6}`},
		{"no extensions", apiroute.Error{Status: 403, Extensions: map[string]any{}}, problem(403)},
		{"HTML", apiroute.Error{Status: 400, Extensions: map[string]any{`<"`: "</script>"}},
			`{"title":"Bad Request","status":400,"\u003c\"":"\u003c/script\u003e"}`},
		{"no status", apiroute.Error{Detail: secretText, Type: secretText, Extensions: map[string]any{secretText: 1}}, problem(500)},
		{"status 200", apiroute.Error{Status: 200, Detail: secretText, Instance: secretText, Fields: fields}, problem(500)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, v := range map[string]any{"pointer": &tt.err, "value": tt.err} {
				if got, err := json.Marshal(v); err != nil || string(got) != tt.want {
					t.Errorf("json.Marshal of a %s: %s, error %v; want %s", name, got, err, tt.want)
				}
			}
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", fail(&tt.err)) })
			got := s.oneReply(t, "GET", "/x")
			if got.body != tt.want || got.header.Get("Content-Length") != strconv.Itoa(len(tt.want)) {
				t.Errorf("response %q, header %v; want %q", got.body, got.header, tt.want)
			}
			got = s.oneReply(t, "HEAD", "/x")
			if got.header.Get("Content-Length") != strconv.Itoa(len(tt.want)) {
				t.Errorf("HEAD: header %v; want the length %d", got.header, len(tt.want))
			}
		})
	}
}

// In another document, an Error is its problem, and a nil one is null.
func TestProblemInDocument(t *testing.T) {
	t.Parallel()
	e := &apiroute.Error{Status: 404, Err: errSecret}
	got, err := json.Marshal(map[string]any{"list": []*apiroute.Error{e, nil}, "error": apiroute.Errorf(400, "no")})
	if want := `{"error":{"title":"Bad Request","status":400,"detail":"no"},"list":[` + problem(404) + `,null]}`; err != nil || string(got) != want {
		t.Errorf("%s, error %v; want %s", got, err, want)
	}
}

// An extension that cannot be encoded costs nothing but itself: the response is what it would be
// without it, and the log says which one it is.
func TestProblemExtensionUnfit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		value any
		text  string // in the log
	}{
		{"func", func() {}, "unsupported type"},
		{"chan inside", map[string]any{"a": make(chan int)}, "unsupported type"},
		{"NaN", math.NaN(), "unsupported value"},
		{"MarshalJSON that fails", marshalFunc(func() ([]byte, error) { return nil, errSecret }), secretText},
		{"MarshalJSON that panics", marshalFunc(func() ([]byte, error) { panic(secretText) }), "panic: " + secretText},
		{"MarshalJSON that returns no JSON", marshalFunc(func() ([]byte, error) { return []byte("{"), nil }), ""},
		{"invalid RawMessage", json.RawMessage("{,"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := &apiroute.Error{Status: 403, Detail: "no", Extensions: map[string]any{"a": 1, "bad": tt.value, "z": true}}
			const want = `{"title":"Forbidden","status":403,"detail":"no","a":1,"z":true}`
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", fail(e)) })
			s.oneReply(t, "GET", "/x").want(t, 403, want)
			lines := s.logs()
			if len(lines) != 2 {
				t.Fatalf("logged %q, want the error and the extension", lines)
			}
			first, second := logValue(lines[0], "error"), logValue(lines[1], "error")
			if !strings.Contains(first+second, `"bad"`) || !strings.Contains(first+second, tt.text) || !strings.Contains(strings.Join(lines, ""), "level=ERROR") {
				t.Errorf("logged %q, want the name of the extension and %q, at ERROR", lines, tt.text)
			}
			if _, err := json.Marshal(e); err == nil || !strings.Contains(err.Error(), `"bad"`) {
				t.Errorf("json.Marshal: error %v, want the name of the extension", err)
			}
		})
	}
}

// The same where the Error is served without a router, or as a plain handler of one.
func TestProblemExtensionUnfitAlone(t *testing.T) {
	l := defaultLog(t)
	e := &apiroute.Error{Status: 403, Extensions: map[string]any{"bad": func() {}}}
	api := apiroute.New()
	api.Mount("/", e)
	for name, h := range map[string]http.Handler{"alone": e, "Mount": api} {
		t.Run(name, func(t *testing.T) {
			serveRecorder(h, newRequest("GET", "/", "")).want(t, 403, problem(403))
			if lines := l.take(); len(lines) != 1 || !strings.Contains(lines[0], "level=ERROR") || !strings.Contains(logValue(lines[0], "error"), `"bad"`) {
				t.Errorf("logged %q, want the name of the extension", lines)
			}
		})
	}
}

// A logger that writes JSON shows the text of an Error with its cause, not the problem document.
func TestErrorLogValue(t *testing.T) {
	t.Parallel()
	for _, err := range []error{&apiroute.Error{Status: 404, Detail: "no", Err: errSecret}, &apiroute.Error{}, (*apiroute.Error)(nil)} {
		var buf bytes.Buffer
		slog.New(slog.NewJSONHandler(&buf, nil)).Info("x", slog.Any("error", err))
		var line struct{ Error string }
		if jsonErr := json.Unmarshal(buf.Bytes(), &line); jsonErr != nil || line.Error != err.Error() {
			t.Errorf("logged %s, want %q (%v)", buf.String(), err, jsonErr)
		}
	}
}

// sameErr compares the Err of two Errors by identity.
var sameErr = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Err" },
	cmp.Comparer(func(a, b error) bool { return a == b }))

// Problem tells what the response to an error would be, so that OnError can render it.
func TestRequestProblem(t *testing.T) {
	t.Parallel()
	const tooLong = "the body is longer than 5 bytes"
	notFound := &apiroute.Error{Status: 404, Detail: "no", Header: http.Header{"X-A": {"1"}}, Err: errSecret}
	for _, tt := range []struct {
		name string
		err  error
		want *apiroute.Error
	}{
		{"nil", nil, nil},
		{"an Error", notFound, notFound},
		{"wrapped", fmt.Errorf("a: %w", notFound), notFound},
		{"joined", errors.Join(errSecret, notFound), notFound},
		{"405", apiroute.Errorf(405, "no"), &apiroute.Error{Status: 405, Detail: "no", Header: http.Header{"Allow": {"GET, HEAD, OPTIONS"}}}},
		{"no status", &apiroute.Error{Detail: secretText}, &apiroute.Error{Status: 500}},
		{"nil *Error", (*apiroute.Error)(nil), &apiroute.Error{Status: 500}},
		{"any other", errSecret, &apiroute.Error{Status: 500}},
		{"one that cannot be compared", errorList{secretText}, &apiroute.Error{Status: 500}},
		{"MaxBytesError", fmt.Errorf("a: %w", &http.MaxBytesError{Limit: 5}), &apiroute.Error{Status: 413, Detail: tooLong}},
		{"ErrMissingFile", http.ErrMissingFile, &apiroute.Error{Status: 400}},
		{"ErrNotMultipart", http.ErrNotMultipart, &apiroute.Error{Status: 415}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", func(req *apiroute.Request, res *apiroute.Response) error {
					got := req.Problem(tt.err)
					if diff := cmp.Diff(tt.want, got, sameErr); diff != "" {
						t.Errorf("Problem (-want +got):\n%s", diff)
					}
					return nil
				})
			})
			s.fetch("GET", "/x", "").want(t, 204, "")
		})
	}
}

// Problem knows what only the request can tell: that its Timeout has passed, and that an error was
// a panic. Without a router it works as well.
func TestRequestProblemOfRequest(t *testing.T) {
	t.Parallel()
	type rendered struct{ Status int }
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/timeout", func(req *apiroute.Request, _ *apiroute.Response) error {
			<-req.Context().Done()
			return req.Context().Err()
		}, apiroute.Timeout(time.Millisecond))
		api.Get("/panic", fail(nil), apiroute.Around(func(apiroute.Handler) apiroute.Handler {
			return func(*apiroute.Request, *apiroute.Response) error { panic(apiroute.Errorf(404, "no")) }
		}))
		api.Post("/long", func(req *apiroute.Request, _ *apiroute.Response) error { _, err := req.Bytes(); return err }, apiroute.BodyLimit(1))
	}, apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
		p := req.Problem(err)
		return res.Status(p.Status).JSON(rendered{p.Status})
	}))
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/timeout", "", 503},
		{"GET", "/panic", "", 500},
		{"POST", "/long", "long", 413},
		{"GET", "/nowhere", "", 404},
		{"PUT", "/long", "", 405},
	} {
		t.Run(tt.path, func(t *testing.T) {
			s.fetch(tt.method, tt.path, tt.body).want(t, tt.status, fmt.Sprintf(`{"Status":%d}`, tt.status))
		})
	}
	alone := &apiroute.Request{Request: newRequest("GET", "/", "")}
	if p := alone.Problem(apiroute.Errorf(405, "no")); p.Status != 405 || p.Detail != "no" {
		t.Errorf("without a router: %v", p)
	}
}

// What Problem returns belongs to the caller, who may change it.
func TestRequestProblemIsACopy(t *testing.T) {
	t.Parallel()
	req := &apiroute.Request{Request: newRequest("GET", "/", "")}
	shared := &apiroute.Error{Status: 404, Detail: "no", Fields: []apiroute.FieldError{{In: "body", Detail: "a"}},
		Header: http.Header{"X-A": {"1"}}, Extensions: map[string]any{"a": 1}}
	for _, err := range []error{shared, fmt.Errorf("a: %w", shared), errSecret, (*apiroute.Error)(nil), http.ErrMissingFile} {
		before := req.Problem(err)
		p := req.Problem(err)
		p.Status, p.Detail, p.Type = 418, "changed", "changed"
		for i := range p.Fields {
			p.Fields[i].Detail = "changed"
		}
		for name := range p.Header {
			p.Header[name][0] = "changed"
		}
		for name := range p.Extensions {
			p.Extensions[name] = "changed"
		}
		if diff := cmp.Diff(before, req.Problem(err), sameErr); diff != "" {
			t.Errorf("%v: Problem after the first one was changed (-before +after):\n%s", err, diff)
		}
	}
}
