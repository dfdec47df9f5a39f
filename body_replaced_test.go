package apiroute_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/apiroute"
)

// If middleware inflates a body, the limit holds for the inflated body, wherever the middleware is.
func TestRequestBodyInflated(t *testing.T) {
	t.Parallel()
	type in struct {
		Body struct {
			A string `form:"a"`
		} `body:"form"`
	}
	inflate := func(r *http.Request) {
		gz, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Del("Content-Encoding") // and the length is left as it was
		r.Body = io.NopCloser(gz)
	}
	use := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inflate(r); next.ServeHTTP(w, r) })
	}
	around := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error { inflate(req.Request); return next(req, res) }
	}
	serve := func(opts ...apiroute.Option) *apiroute.Router {
		api := apiroute.New(append(opts, quiet(), apiroute.BodyLimit(1000))...)
		api.Post("/bytes", func(req *apiroute.Request, res *apiroute.Response) error {
			b, err := req.Bytes()
			if err != nil {
				return err
			}
			return res.JSON(len(b))
		})
		api.Post("/body", func(req *apiroute.Request, res *apiroute.Response) error {
			b, err := io.ReadAll(req.Body)
			if err != nil {
				return err
			}
			return res.JSON(len(b))
		})
		api.Post("/json", func(req *apiroute.Request, res *apiroute.Response) error { return req.JSON(new(any)) })
		api.Post("/form", func(req *apiroute.Request, res *apiroute.Response) error {
			_, err := apiroute.Bind[in](req)
			return err
		})
		return api
	}
	mounted := apiroute.New(quiet(), apiroute.Use(use))
	mounted.Mount("/", serve())
	for name, h := range map[string]http.Handler{
		"around the router": use(serve()), "a router around": mounted, "Use": serve(apiroute.Use(use)), "Around": serve(apiroute.Around(around)),
	} {
		for _, tt := range []struct {
			path, mediaType string
			length          int
			want            int
		}{
			{"/bytes", "a/b", 0, 200},
			{"/bytes", "a/b", 1000, 200},
			{"/bytes", "a/b", 1001, 413},
			{"/bytes", "a/b", 1 << 19, 413},
			{"/body", "a/b", 1000, 200},
			{"/body", "a/b", 1001, 413},
			{"/json", "application/json", 0, 400},
			{"/json", "application/json", 1 << 19, 413},
			{"/form", "multipart/form-data; boundary=x", 0, 204},
			{"/form", "multipart/form-data; boundary=x", 1 << 19, 413},
		} {
			if name == "Around" && tt.path == "/body" {
				continue // the handler reads what the middleware has put there
			}
			t.Run(fmt.Sprintf("%s, %s with %d bytes", name, tt.path, tt.length), func(t *testing.T) {
				t.Parallel()
				text := strings.Repeat("1", tt.length)
				if tt.path == "/form" {
					text = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + text + "\r\n--x--\r\n"
				}
				r := serveRecorder(h, newRequest("POST", tt.path, gzipText(text), "Content-Type: "+tt.mediaType))
				if r.status != tt.want {
					t.Errorf("%d %s, want %d", r.status, r.body, tt.want)
				}
			})
		}
	}
}

// A handler gets the body that Use or Around puts in place of the client's, and the limit holds for
// it.
func TestRequestBodyReplaced(t *testing.T) {
	t.Parallel()
	inflate := func(b io.ReadCloser) io.ReadCloser {
		z, err := gzip.NewReader(b)
		if err != nil {
			return io.NopCloser(strings.NewReader("no gzip: " + err.Error()))
		}
		return z
	}
	for _, test := range []struct {
		name    string
		replace func(io.ReadCloser) io.ReadCloser
		body    string
		status  int
		want    string
	}{
		{"own", func(io.ReadCloser) io.ReadCloser { return io.NopCloser(strings.NewReader("own")) }, "abc", 200, "own"},
		{"nil", func(io.ReadCloser) io.ReadCloser { return nil }, "abc", 200, ""},
		{"http.NoBody", func(io.ReadCloser) io.ReadCloser { return http.NoBody }, "abc", 200, ""},
		{"for no body", func(io.ReadCloser) io.ReadCloser { return io.NopCloser(strings.NewReader("own")) }, "", 200, "own"},
		{"tee", func(b io.ReadCloser) io.ReadCloser {
			return struct {
				io.Reader
				io.Closer
			}{io.TeeReader(b, io.Discard), b}
		}, "abc", 200, "abc"},
		{"http.MaxBytesReader", func(b io.ReadCloser) io.ReadCloser { return http.MaxBytesReader(nil, b, 2) }, "abc", 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 2 bytes"}`},
		{"gzip", inflate, gzipText("abc"), 200, "abc"},
		{"gzip of too much", inflate, gzipText(strings.Repeat("x", 10001)), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 10000 bytes"}`},
		{"gzip of exactly the limit", inflate, gzipText(strings.Repeat("x", 10000)), 200, strings.Repeat("x", 10000)},
	} {
		options := map[string]apiroute.Option{
			"Use": apiroute.Use(func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Body = test.replace(r.Body)
					h.ServeHTTP(w, r)
				})
			}),
			"Around": apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
				return func(req *apiroute.Request, res *apiroute.Response) error {
					req.Body = test.replace(req.Body)
					return h(req, res)
				}
			}),
		}
		for name, option := range options {
			t.Run(test.name+" in "+name, func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) {
					api.Post("/x", func(req *apiroute.Request, res *apiroute.Response) error {
						b, err := req.Bytes()
						if err != nil {
							return err
						}
						if again, err := req.Bytes(); !bytes.Equal(again, b) || err != nil {
							t.Errorf("Bytes again: got %q %v", again, err)
						}
						return res.Bytes("", b)
					}, option)
				}, apiroute.BodyLimit(10000))
				s.do("POST", "/x", test.body).want(t, test.status, test.want)
			})
		}
	}
}

func gzipText(s string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}
