package apiroute_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// OnError may map an error to another, or respond.
func TestOnError(t *testing.T) {
	t.Parallel()
	const silent = "apiroute: OnError returned nil and has not responded"
	type function = func(*apiroute.Request, *apiroute.Response, error) error
	for _, tt := range []struct {
		name   string
		f      function
		err    error
		status int
		body   string
		logs   []string // errors
	}{
		{"none", nil, errSecret, 500, problem(500), []string{secretText}},
		{"the same", func(_ *apiroute.Request, _ *apiroute.Response, err error) error { return err }, apiroute.Errorf(404, "no"), 404,
			`{"title":"Not Found","status":404,"detail":"no"}`, []string{"apiroute: 404 Not Found: no"}},
		{"maps", func(_ *apiroute.Request, _ *apiroute.Response, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return apiroute.Errorf(404, "no such thing")
			}
			return err
		}, fmt.Errorf("%s: %w", secretText, fs.ErrNotExist), 404, `{"title":"Not Found","status":404,"detail":"no such thing"}`,
			[]string{"dsn=secret: file does not exist", "apiroute: 404 Not Found: no such thing"}},
		{"responds", func(_ *apiroute.Request, res *apiroute.Response, err error) error {
			return res.Status(418).JSON("teapot")
		}, errSecret, 418, `"teapot"`, []string{secretText}},
		{"responds by Write", func(_ *apiroute.Request, res *apiroute.Response, _ error) error {
			_, err := res.Status(418).Write([]byte("teapot"))
			return err
		}, errSecret, 418, "teapot", []string{secretText}},
		{"responds as http.Error does", func(_ *apiroute.Request, res *apiroute.Response, err error) error {
			http.Error(res, "teapot", http.StatusTeapot)
			return nil
		}, errSecret, 418, "teapot\n", []string{secretText}},
		{"responds and returns the error", func(_ *apiroute.Request, res *apiroute.Response, err error) error {
			res.Status(418).Text("teapot")
			return err
		}, errSecret, 418, "teapot", []string{secretText}},
		{"responds for a nil *Error", func(_ *apiroute.Request, res *apiroute.Response, err error) error {
			return res.Status(418).Text("teapot")
		}, (*apiroute.Error)(nil), 418, "teapot", []string{"apiroute: nil *Error"}},
		{"responds without a body", func(_ *apiroute.Request, res *apiroute.Response, err error) error {
			return res.Status(204).End()
		}, errSecret, 204, "", []string{secretText}},
		{"silent", func(*apiroute.Request, *apiroute.Response, error) error { return nil }, apiroute.Errorf(404, "no"), 500, problem(500),
			[]string{"apiroute: 404 Not Found: no", silent}},
		{"silent but for a status", func(_ *apiroute.Request, res *apiroute.Response, _ error) error { res.Status(404); return nil }, errSecret, 500, problem(500),
			[]string{secretText, silent}},
		{"panics", func(*apiroute.Request, *apiroute.Response, error) error { panic("again") }, apiroute.Errorf(404, "no"), 500, problem(500),
			[]string{"apiroute: 404 Not Found: no", "panic: again"}},
		{"panics with an Error", func(*apiroute.Request, *apiroute.Response, error) error { panic(apiroute.Errorf(404, secretText)) }, errSecret, 500, problem(500),
			[]string{secretText, "panic: apiroute: 404 Not Found: dsn=secret"}},
		{"returns another", func(*apiroute.Request, *apiroute.Response, error) error { return errSecret }, apiroute.Errorf(404, "no"), 500, problem(500),
			[]string{"apiroute: 404 Not Found: no", secretText}},
		{"cannot encode", func(_ *apiroute.Request, res *apiroute.Response, _ error) error {
			return res.Status(400).JSON(func() {})
		}, apiroute.Errorf(404, "no"), 500, problem(500),
			[]string{"apiroute: 404 Not Found: no", "apiroute: JSON: json: unsupported type: func()"}},
		{"cannot encode and ignores it", func(_ *apiroute.Request, res *apiroute.Response, _ error) error {
			res.Status(400).JSON(func() {})
			return nil
		}, apiroute.Errorf(404, "no"), 500, problem(500),
			[]string{"apiroute: 404 Not Found: no", silent}},
		{"returns a slice", func(_ *apiroute.Request, _ *apiroute.Response, err error) error { return errorList{"other"} }, errorList{secretText}, 500, problem(500),
			[]string{secretText, "other"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", respond(func(res *apiroute.Response) error {
					res.Status(201).SetHeader("X-Handler", "1")
					return tt.err
				}))
			}, apiroute.OnError(tt.f))
			for range 2 {
				got := s.fetch("GET", "/x", "")
				got.want(t, tt.status, tt.body)
				if got.header.Get("X-Handler") != "" {
					t.Errorf("header %v; want none of the handler's", got.header)
				}
				for _, line := range s.wantErrors(t, tt.logs...) {
					if logged := record(line); logged["status"] != strconv.Itoa(tt.status) || logged["route"] != "/x" {
						t.Errorf("logged %v, want status %d", logged, tt.status)
					}
				}
			}
			if n := s.connections(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

// OnError also sees what the package itself rejects.
func TestOnErrorSeesAll(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		want                     []string // the status of the Error and the route
	}{
		{"no route", "GET", "/nowhere", "", 404, []string{`404 ""`}},
		{"no handler for the method", "GET", "/x/1", "", 405, []string{`405 "/x/[id]"`}},
		{"a bad value in the path", "POST", "/x/%ff", "{}", 400, []string{`400 "/x/[id]"`}},
		{"no error", "POST", "/x/1", "{}", 204, nil},
		{"bad JSON", "POST", "/x/1", "{", 400, []string{`400 "/x/[id]"`}},
		{"a long body", "POST", "/x/1", "[1,2,3,4,5,6,7,8,9]", 413, []string{`413 "/x/[id]"`}},
		{"a panic", "POST", "/panic", "", 500, []string{`0 "/panic"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen []string
			s := newAPI(t, func(api *apiroute.Router) {
				api.Post("/x/[id]", func(req *apiroute.Request, _ *apiroute.Response) error { var v any; return req.JSON(&v) }, apiroute.BodyLimit(10))
				api.Post("/panic", func(*apiroute.Request, *apiroute.Response) error { panic("x") }, apiroute.Timeout(time.Hour))
			}, apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
				if err := req.Context().Err(); err != nil {
					t.Errorf("the context has ended: %v", err)
				}
				var e *apiroute.Error
				status := 0
				if errors.As(err, &e) {
					status = e.Status
				}
				seen = append(seen, fmt.Sprintf("%d %q", status, req.Route()))
				return err
			}))
			got := s.fetch(tt.method, tt.path, tt.body, "Content-Type: application/json")
			s.logs()
			if diff := cmp.Diff(tt.want, seen); diff != "" || got.status != tt.status {
				t.Errorf("status %d, want %d; OnError (-want +got):\n%s", got.status, tt.status, diff)
			}
		})
	}
}

// After the first byte OnError is called with the error, and cannot change the response.
func TestOnErrorAfterFirstByte(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		f    func(*apiroute.Request, *apiroute.Response, error) error
		logs []string
	}{
		{"JSON", func(_ *apiroute.Request, res *apiroute.Response, _ error) error { return res.Status(418).JSON("late") }, []string{secretText, apiroute.ErrAnswered.Error()}},
		{"nil", func(*apiroute.Request, *apiroute.Response, error) error { return nil }, []string{secretText}},
		{"the same", func(_ *apiroute.Request, _ *apiroute.Response, err error) error { return err }, []string{secretText}},
		{"another", func(*apiroute.Request, *apiroute.Response, error) error { return apiroute.Errorf(404, "no") }, []string{secretText, "apiroute: 404 Not Found: no"}},
		{"panic", func(*apiroute.Request, *apiroute.Response, error) error { panic("late") }, []string{secretText, "panic: late"}},
	} {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, response whole: %t", tt.name, whole), func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) {
					api.Get("/x", respond(func(res *apiroute.Response) error {
						if whole {
							res.Text("whole")
						} else {
							res.Write([]byte("half"))
							res.Flush()
						}
						return errSecret
					}))
				}, apiroute.OnError(tt.f))
				got := s.fetch("GET", "/x", "")
				if body := map[bool]string{true: "whole", false: "half"}[whole]; got.status != 200 || got.body != body || (got.err == nil) != whole {
					t.Errorf("%d %q, error %v", got.status, got.body, got.err)
				}
				s.wantErrors(t, tt.logs...)
			})
		}
	}
}
