package apiroute

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRequestValues(t *testing.T) {
	type values struct {
		Route    string
		Param    string
		Path     string // PathValue
		Plain    string // PathValue of a plain handler
		Segments []string
	}
	for _, test := range []struct {
		route, path, name string
		want              values
	}{
		{"/u/[id]", "/u/1", "id", values{"/u/[id]", "1", "1", "1", nil}},
		{"/u/[id]", "/u/a%2Fb", "id", values{"/u/[id]", "a/b", "a/b", "a/b", nil}},
		{"/u/[id]", "/u/a%252Fb", "id", values{"/u/[id]", "a%2Fb", "a%2Fb", "a%2Fb", nil}},
		{"/u/[id]", "/u/a+b", "id", values{"/u/[id]", "a+b", "a+b", "a+b", nil}},
		{"/u/[id]", "/u/1", "no", values{"/u/[id]", "", "", "", nil}},
		{"/u/[id]", "/u/1?id=2", "id", values{"/u/[id]", "1", "1", "1", nil}},
		{"/u/[user-id]", "/u/1", "user-id", values{"/u/[user-id]", "1", "1", "1", nil}},
		{"/[a]/x/[b]", "/1/x/2", "a", values{"/[a]/x/[b]", "1", "1", "1", nil}},
		{"/[a]/x/[b]", "/1/x/2", "b", values{"/[a]/x/[b]", "2", "2", "2", nil}},
		{"/[a]/[b]/[c]/[d]/[e]/[f]", "/1/2/3/4/5/6", "f", values{"/[a]/[b]/[c]/[d]/[e]/[f]", "6", "6", "6", nil}},
		{"/d/[...slug]", "/d/a%2Fb/c", "slug", values{"/d/[...slug]", "a/b/c", "a/b/c", "a/b/c", []string{"a/b", "c"}}},
		{"/[a]/[...slug]", "/1/2/3", "a", values{"/[a]/[...slug]", "1", "1", "1", nil}},
		{"/[a]/[...slug]", "/1/2/3", "slug", values{"/[a]/[...slug]", "2/3", "2/3", "2/3", []string{"2", "3"}}},
		{"/s/[[...slug]]", "/s", "slug", values{"/s/[[...slug]]", "", "", "", nil}},
		{"/s/[[...slug]]", "/s/a", "slug", values{"/s/[[...slug]]", "a", "a", "a", []string{"a"}}},
		{"/", "/", "id", values{"/", "", "", "", nil}},
	} {
		var got values
		s := respStart(t, func(api *Router) {
			api.Handle(test.route, func(req *Request, res *Response) error {
				got = values{req.Route(), req.Param(test.name), req.PathValue(test.name), "", req.Segments(test.name)}
				return FromHTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					got.Plain = r.PathValue(test.name)
				}))(req, res)
			})
		})
		if a := s.do(t, "GET", test.path, ""); a.Status != 200 {
			t.Errorf("%s on %s: got %d %q", test.path, test.route, a.Status, a.Body)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s on %s: %q (-want +got):\n%s", test.path, test.route, test.name, diff)
		}
	}
}

// A handler without a router has what the mux has found.
func TestRequestValuesOfServeMux(t *testing.T) {
	var req *Request
	mux := http.NewServeMux()
	mux.Handle("GET /x/{id}/{rest...}", Handler(func(r *Request, _ *Response) error { req = r; return nil }))
	s := respServe(t, &respLog{}, mux)
	if got := s.do(t, "GET", "/x/a%2Fb/c/d", ""); got.Status != 204 {
		t.Fatalf("got %d", got.Status)
	}
	if got := req.Param("id"); got != "a/b" {
		t.Errorf("Param: got %q", got)
	}
	if got := req.PathValue("rest"); got != "c/d" {
		t.Errorf("PathValue: got %q", got)
	}
	if diff := cmp.Diff([]string{"c", "d"}, req.Segments("rest")); diff != "" {
		t.Errorf("Segments (-want +got):\n%s", diff)
	}
	if got := req.Segments("no"); got != nil {
		t.Errorf("Segments of no name: got %q", got)
	}
	if got := req.Route(); got != pattern(req.Request) {
		t.Errorf("Route: got %q, want the pattern", got)
	}
}

// So has a plain handler there.
func TestRequestValuesOfServeMuxFromHTTP(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/x/{id}", FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.PathValue("id"))
	})))
	s := respServe(t, &respLog{}, mux)
	if got := s.do(t, "GET", "/x/a%2Fb", ""); got.Status != 200 || got.Body != "a/b" {
		t.Errorf("got %d %q", got.Status, got.Body)
	}
}

// What a handler sets as a PathValue itself is there too.
func TestRequestSetPathValue(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Get("/x/[id]", func(req *Request, res *Response) error {
			req.SetPathValue("own", "1")
			return res.Text(req.Param("own") + req.PathValue("own") + req.Param("id"))
		})
	})
	if got := s.do(t, "GET", "/x/2", ""); got.Body != "112" {
		t.Errorf("got %q, want 112", got.Body)
	}
}

func TestRequestQuery(t *testing.T) {
	for _, test := range []struct {
		query string
		want  url.Values
	}{
		{"", url.Values{}},
		{"a=1", url.Values{"a": {"1"}}},
		{"a=1&b=x%20y+z&a=2&c", url.Values{"a": {"1", "2"}, "b": {"x y z"}, "c": {""}}},
		{"A=1&a=2", url.Values{"A": {"1"}, "a": {"2"}}},
		{"a=1&b=%zz", url.Values{"a": {"1"}}},
		{"a=1;b=2&c=3", url.Values{"c": {"3"}}},
	} {
		var got, again url.Values
		s := respStart(t, func(api *Router) {
			api.Get("/[id]", func(req *Request, _ *Response) error {
				got = req.Query()
				req.URL.RawQuery = "changed=1"
				again = req.Query()
				return nil
			})
		})
		s.do(t, "GET", "/x?"+test.query, "")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.query, diff)
		}
		if diff := cmp.Diff(test.want, again); diff != "" {
			t.Errorf("%q: the second time (-want +got):\n%s", test.query, diff)
		}
	}
}

// respChunked makes the raw text of a chunked POST.
func respChunked(path string, chunks ...string) string {
	var b strings.Builder
	b.WriteString("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
	for _, c := range append(chunks, "") {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(c), c)
	}
	return b.String()
}

// respSized makes the raw text of a POST with a Content-Length.
func respSized(path, body string, headers ...string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n" +
		strings.Join(append(headers, ""), "\r\n") + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func TestRequestBytes(t *testing.T) {
	var got []string
	note := func(name string, b []byte, err error) {
		got = append(got, fmt.Sprintf("%s %q %t %v", name, b, b == nil, err))
	}
	register := func(api *Router) {
		api.Post("/x", func(req *Request, _ *Response) error {
			b, err := req.Bytes()
			note("Bytes", b, err)
			b, err = req.Bytes()
			note("again", b, err)
			b, err = io.ReadAll(req.Body)
			note("Body", b, err)
			b, err = io.ReadAll(req.Body) // as of any body, there is no more
			note("Body again", b, err)
			b, err = req.Bytes()
			note("last", b, err)
			return req.Body.Close()
		})
	}
	for _, test := range []struct {
		name, request string
		want          []string
	}{
		{"no body", "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			[]string{`Bytes "" true <nil>`, `again "" true <nil>`, `Body "" false <nil>`, `Body again "" false <nil>`, `last "" true <nil>`}},
		{"Content-Length 0", respSized("/x", ""),
			[]string{`Bytes "" true <nil>`, `again "" true <nil>`, `Body "" false <nil>`, `Body again "" false <nil>`, `last "" true <nil>`}},
		{"Content-Length", respSized("/x", "abc"),
			[]string{`Bytes "abc" false <nil>`, `again "abc" false <nil>`, `Body "abc" false <nil>`, `Body again "" false <nil>`, `last "abc" false <nil>`}},
		{"chunked", respChunked("/x", "ab", "c"),
			[]string{`Bytes "abc" false <nil>`, `again "abc" false <nil>`, `Body "abc" false <nil>`, `Body again "" false <nil>`, `last "abc" false <nil>`}},
	} {
		got = nil
		s := respStart(t, register)
		raw := s.raw(t, test.request)
		if !strings.HasPrefix(raw, "HTTP/1.1 204 ") {
			t.Errorf("%s: got %q", test.name, raw)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// A signature is over the bytes, and JSON, a form and Body still have them.
func TestRequestBytesFirst(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Post("/json", func(req *Request, res *Response) error {
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
		api.Post("/form", func(req *Request, res *Response) error {
			if _, err := req.Bytes(); err != nil {
				return err
			}
			return res.JSON(req.PostFormValue("a"))
		})
	})
	if got, want := s.do(t, "POST", "/json", `{"a":1}`, "Content-Type", "application/json").Body,
		`["{\"a\":1}",{"a":1},{"a":1},"{\"a\":1}"]`; got != want {
		t.Errorf("JSON: got %s, want %s", got, want)
	}
	if got := s.do(t, "POST", "/form", "a=1", "Content-Type", "application/x-www-form-urlencoded").Body; got != `"1"` {
		t.Errorf("form: got %s", got)
	}
}

// Reading in small pieces gives the same as reading at once.
func TestRequestBodyInPieces(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Post("/x", func(req *Request, res *Response) error {
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
	if got := s.do(t, "POST", "/x", "abcde").Body; got != "abcde" {
		t.Errorf("got %q", got)
	}
}

// What the handler does wrong with the body is a 500 and no fault of the client.
func TestRequestBodyReadBefore(t *testing.T) {
	for _, test := range []struct {
		name string
		read func(*Request) error
	}{
		{"all", func(req *Request) error { _, err := io.ReadAll(req.Body); return err }},
		{"some", func(req *Request) error { _, err := req.Body.Read(make([]byte, 1)); return err }},
		{"a form", func(req *Request) error { return req.ParseForm() }},
	} {
		s := respStart(t, func(api *Router) {
			api.Post("/bytes", func(req *Request, res *Response) error {
				if err := test.read(req); err != nil {
					return err
				}
				_, err := req.Bytes()
				return err
			})
			api.Post("/json", func(req *Request, res *Response) error {
				if err := test.read(req); err != nil {
					return err
				}
				var v any
				return req.JSON(&v)
			})
		})
		for path, contentType := range map[string]string{"/bytes": "application/x-www-form-urlencoded", "/json": "application/json"} {
			if test.name == "a form" && path == "/json" {
				continue // of JSON, ParseForm reads nothing
			}
			got := s.do(t, "POST", path, `"abc"`, "Content-Type", contentType)
			if got.Status != 500 || got.Body != respProblem(500) {
				t.Errorf("%s after %s has been read: got %d %q, want a 500", path, test.name, got.Status, got.Body)
			}
			if logs := s.logs(); len(logs) != 1 || !strings.Contains(logs[0].Attrs["error"], "the body has been read already") {
				t.Errorf("%s after %s has been read: got log %v", path, test.name, logs)
			}
		}
	}
}

func TestRequestBodyLimit(t *testing.T) {
	read := 0 // bytes that the handler has got
	register := func(limit Option) func(*Router) {
		return func(api *Router) {
			api.Post("/bytes", func(req *Request, _ *Response) error {
				b, err := req.Bytes()
				read = len(b)
				if _, again := req.Bytes(); fmt.Sprint(again) != fmt.Sprint(err) {
					t.Errorf("Bytes: got error %v, and then %v", err, again)
				}
				return err
			}, limit)
			api.Post("/json", func(req *Request, _ *Response) error {
				var s string
				err := req.JSON(&s)
				read = len(s) + 2
				return err
			}, limit)
			api.Post("/body", func(req *Request, _ *Response) error {
				b, err := io.ReadAll(req.Body)
				read = len(b)
				return err
			}, limit)
			api.Mount("/mount", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if read = len(b); err != nil {
					w.WriteHeader(413)
					io.WriteString(w, "own")
					return
				}
				w.WriteHeader(204)
			}), limit)
		}
	}
	for _, test := range []struct {
		name   string
		option Option
		limit  int // 0: none
		sizes  []int
	}{
		{"10", BodyLimit(10), 10, []int{2, 10, 11, 1 << 20}},
		{"default", Use(), 1 << 20, []int{1 << 20, 1<<20 + 1}},
		{"none", NoBodyLimit(), 0, []int{1<<20 + 1}},
	} {
		s := respStart(t, register(test.option))
		for _, path := range []string{"/bytes", "/json", "/body", "/mount"} {
			limit := test.limit
			if path == "/mount" && test.name == "default" {
				limit = 0
			}
			for _, n := range test.sizes {
				for _, how := range []string{"sized", "chunked"} {
					body := `"` + strings.Repeat("x", n-2) + `"`
					request := respSized(path, body)
					if how == "chunked" {
						request = respChunked(path, body[:n/2], body[n/2:])
					}
					name := fmt.Sprintf("limit %s, %s, %d bytes %s", test.name, path, n, how)
					got, closes := s.first(t, request)
					want := 204
					if limit > 0 && n > limit {
						want = 413
					}
					if got.Status != want {
						t.Errorf("%s: got %d, want %d", name, got.Status, want)
					}
					if want == 204 && read != n {
						t.Errorf("%s: the handler has got %d bytes", name, read)
					}
					problem := fmt.Sprintf(`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than %d bytes"}`, limit)
					if path == "/mount" && how == "chunked" {
						problem = "own" // the plain handler has read the body itself
					}
					if want == 413 && (got.Body != problem || !closes) {
						t.Errorf("%s: got %q, closing: %t; want %q, closing", name, got.Body, closes, problem)
					}
					s.logs()
				}
			}
		}
	}
}

// A body that announces itself as too long is refused before it is sent, by a
// route whose handler would not read it too, but not before the middleware.
func TestRequestBodyTooLongAtOnce(t *testing.T) {
	var seen []string
	see := func(name string) {
		seen = append(seen, name)
	}
	use := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			see("use")
			w.Header().Set("X-Use", "1")
			h.ServeHTTP(w, r)
		})
	}
	around := func(h Handler) Handler {
		return func(req *Request, res *Response) error {
			see("around")
			res.SetHeader("X-Around", "1")
			return h(req, res)
		}
	}
	handler := func(*Request, *Response) error { see("handler"); return nil }
	plain := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { see("handler") })
	s := respStart(t, func(api *Router) {
		options := []Option{Use(use), Around(around), BodyLimit(10)}
		api.Post("/unread", handler, options...)
		api.Handle("/all", handler, options...)
		api.Mount("/mount", plain, options...)
		api.Post("/plain", FromHTTP(plain), options...)
		// A signature is looked at before the handler.
		api.Post("/signed", handler, append(options, Around(func(h Handler) Handler {
			return func(req *Request, res *Response) error {
				if _, err := req.Bytes(); err != nil {
					return err
				}
				return h(req, res)
			}
		}))...)
	})
	want := `{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 10 bytes"}`
	for _, path := range []string{"/unread", "/all", "/mount", "/plain", "/signed"} {
		for _, length := range []string{"11", "9223372036854775807"} {
			for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
				seen = nil
				got, closes := s.first(t, "POST "+path+" HTTP/1.1\r\nHost: x\r\n"+expect+"Content-Length: "+length+"\r\n\r\n")
				if got.Status != 413 || got.Body != want || !closes || got.get("X-Use") != "1" || got.get("X-Around") != "1" {
					t.Errorf("%s with %s %s: got %d %v %q, closing: %t; want 413 %s with the headers of middleware, closing",
						path, length, expect, got.Status, got.Header, got.Body, closes, want)
				}
				s.logs()
				if diff := cmp.Diff([]string{"use", "around"}, seen); diff != "" {
					t.Errorf("%s with %s: (-want +got)\n%s", path, length, diff)
				}
			}
		}
	}
	if raw := s.raw(t, "POST /unread HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789"); !strings.HasPrefix(raw, "HTTP/1.1 204 ") {
		t.Errorf("10 bytes: got %q", raw)
	}
}

// A 413 closes the connection whoever says it, and through whatever writer.
func TestRequestTooLargeCloses(t *testing.T) {
	wrapped := Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
		})
	})
	bytes := func(req *Request, _ *Response) error { _, err := req.Bytes(); return err }
	s := respStart(t, func(api *Router) {
		api.Post("/own", func(*Request, *Response) error { return Errorf(413, "no") })
		api.Post("/wrapped", bytes, wrapped, BodyLimit(2))
	}, BodyLimit(5))
	for _, test := range []struct{ path, request string }{
		{"/own", "Content-Length: 1\r\n\r\na"},
		{"/wrapped", "Content-Length: 3\r\n\r\nabc"},
		{"/wrapped", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
	} {
		if got, closes := s.first(t, "POST "+test.path+" HTTP/1.1\r\nHost: x\r\n"+test.request); got.Status != 413 || !closes {
			t.Errorf("%s %q: got %d %v, closing: %t; want a 413 that closes", test.path, test.request, got.Status, got.Header, closes)
		}
	}
}

func TestRequestBrokenBody(t *testing.T) {
	const want = `{"title":"Bad Request","status":400,"detail":"the body is broken off or malformed"}`
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
			s := respStart(t, func(api *Router) {
				api.Post("/json", func(req *Request, _ *Response) error {
					var v any
					return req.JSON(&v)
				})
				api.Post("/bytes", func(req *Request, _ *Response) error {
					_, err := req.Bytes()
					_, again := req.Bytes()
					_, body := req.Body.Read(make([]byte, 1))
					if err == nil || again != err || body != err {
						t.Errorf("%s: got error %v, again %v, from Body %v; want the same", test.name, err, again, body)
					}
					return err
				})
			})
			c := s.dial(t)
			io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"+test.request)
			c.CloseWrite()
			raw, _ := io.ReadAll(c)
			got, _ := s.parse(t, "POST", string(raw))
			if got.Status != 400 || got.Body != want {
				t.Errorf("%s, %s: got %d %q, want 400 %q", path, test.name, got.Status, got.Body, want)
			}
			if logs := s.logs(); len(logs) != 1 || logs[0].Level != slog.LevelWarn {
				t.Errorf("%s, %s: got log %v, want what went wrong", path, test.name, logs)
			}
		}
	}
}

func TestRequestReadDeadline(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Post("/x", func(req *Request, res *Response) error {
			if err := http.NewResponseController(res).SetReadDeadline(time.Unix(1, 0)); err != nil {
				return err
			}
			_, err := Bind[struct {
				Body struct {
					A string `form:"a"`
				} `body:"form"`
			}](req)
			return err
		})
	})
	for _, mediaType := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		got, closes := s.first(t, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: "+mediaType+"\r\nContent-Length: 10\r\n\r\n")
		if got.Status != 408 || got.Body != respProblem(408) || !closes {
			t.Errorf("%s: got %d %q, closing: %t; want a 408 that closes", mediaType, got.Status, got.Body, closes)
		}
	}
}

// A respGone is a body that waits until the client has gone.
type respGone struct{ ctx context.Context }

func (b respGone) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (b respGone) Close() error { return nil }

// A client that goes away has sent no bad request.
func TestRequestBodyClientGone(t *testing.T) {
	seen := 0
	started := make(chan bool)
	s := respStart(t, func(api *Router) {
		api.Post("/x", func(req *Request, _ *Response) error {
			started <- true
			_, err := req.Bytes()
			return err
		}, respSeen(&seen), Use(func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Body = respGone{r.Context()}
				h.ServeHTTP(w, r)
			})
		}))
	})
	c := s.dial(t)
	io.WriteString(c, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	<-started
	c.Close()
	if logs := s.logs(); seen != 499 || len(logs) != 1 || logs[0].Level != slog.LevelDebug {
		t.Errorf("middleware has seen %d, log %v; want 499 at debug", seen, logs)
	}
}

// What Around or Use puts in place of the body is what the handler gets, with a
// reader of the body itself below it too, and the limit holds for it.
// The limit holds for what a body is inflated to, wherever that is done.
func TestRequestBodyInflated(t *testing.T) {
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
	around := func(next Handler) Handler {
		return func(req *Request, res *Response) error { inflate(req.Request); return next(req, res) }
	}
	serve := func(opts ...Option) *Router {
		api := New(append(opts, routerQuiet(), BodyLimit(1000))...)
		api.Post("/bytes", func(req *Request, res *Response) error {
			b, err := req.Bytes()
			if err != nil {
				return err
			}
			return res.JSON(len(b))
		})
		api.Post("/body", func(req *Request, res *Response) error {
			b, err := io.ReadAll(req.Body)
			if err != nil {
				return err
			}
			return res.JSON(len(b))
		})
		api.Post("/json", func(req *Request, res *Response) error { return req.JSON(new(any)) })
		api.Post("/form", func(req *Request, res *Response) error { _, err := Bind[in](req); return err })
		return api
	}
	mounted := New(routerQuiet(), Use(use))
	mounted.Mount("/", serve())
	for name, h := range map[string]http.Handler{
		"around the router": use(serve()), "a router around": mounted, "Use": serve(Use(use)), "Around": serve(Around(around)),
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
			text := strings.Repeat("1", tt.length)
			if tt.path == "/form" {
				text = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + text + "\r\n--x--\r\n"
			}
			var b bytes.Buffer
			gz := gzip.NewWriter(&b)
			io.WriteString(gz, text)
			gz.Close()
			r := httptest.NewRequest("POST", tt.path, &b)
			r.Header.Set("Content-Type", tt.mediaType)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("%s: %s with %d bytes: %d %s, want %d", name, tt.path, tt.length, w.Code, w.Body, tt.want)
			}
		}
	}
}

// What has been too long once stays so, wherever reading has stopped.
func TestBodyLimitStays(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 100} {
		b := &body{src: io.NopCloser(strings.NewReader("abcd")), limit: 3}
		var got []byte
		var tooLarge *http.MaxBytesError
		for i := 0; i < 10; i++ {
			p := make([]byte, size)
			n, err := b.Read(p)
			got = append(got, p[:n]...)
			if len(got) < 3 && err != nil || i > 3 && (n != 0 || !errors.As(err, &tooLarge)) {
				t.Errorf("%d bytes at a time, call %d: %d, %v", size, i, n, err)
			}
		}
		if string(got) != "abc" || b.broken() == nil {
			t.Errorf("%d bytes at a time: read %q, broken by %v", size, got, b.broken())
		}
	}
}

// A Request that a test makes by hand is as one in a Handler without a router.
func TestRequestByHand(t *testing.T) {
	r := httptest.NewRequest("POST", "/x?page=2", strings.NewReader(`{"a":1}`))
	r.Header.Set("Content-Type", "application/json")
	r.SetPathValue("id", "7/8")
	req := &Request{Request: r}
	if got := []any{req.Param("id"), req.PathValue("id"), req.Segments("id"), req.Query().Get("page"), req.Route()}; !reflect.DeepEqual(got, []any{"7/8", "7/8", []string{"7", "8"}, "2", ""}) {
		t.Errorf("got %q", got)
	}
	in, err := Bind[struct {
		ID   string         `path:"id"`
		Page int            `query:"page"`
		Body map[string]int `body:"json"`
	}](req)
	if err != nil || in.ID != "7/8" || in.Page != 2 || in.Body["a"] != 1 {
		t.Errorf("Bind: %+v, %v", in, err)
	}
	if b, err := req.Bytes(); err != nil || string(b) != `{"a":1}` {
		t.Errorf("Bytes: %q, %v", b, err)
	}
	broken := &Request{Request: httptest.NewRequest("POST", "/x", respGone{canceled()})}
	if _, err := broken.Bytes(); err == nil {
		t.Error("a body that breaks off: no error")
	}
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestRequestBodyReplaced(t *testing.T) {
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
		{"gzip", inflate, respGzip("abc"), 200, "abc"},
		{"gzip of too much", inflate, respGzip(strings.Repeat("x", 10001)), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 10000 bytes"}`},
		{"gzip of just so much", inflate, respGzip(strings.Repeat("x", 10000)), 200, strings.Repeat("x", 10000)},
	} {
		options := map[string]Option{
			"Use": Use(func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Body = test.replace(r.Body)
					h.ServeHTTP(w, r)
				})
			}),
			"Around": Around(func(h Handler) Handler {
				return func(req *Request, res *Response) error {
					req.Body = test.replace(req.Body)
					return h(req, res)
				}
			}),
		}
		for name, option := range options {
			s := respStart(t, func(api *Router) {
				api.Post("/x", func(req *Request, res *Response) error {
					b, err := req.Bytes()
					if err != nil {
						return err
					}
					if again, err := req.Bytes(); !bytes.Equal(again, b) || err != nil {
						t.Errorf("%s in %s: Bytes again: got %q %v", test.name, name, again, err)
					}
					return res.Bytes("", b)
				}, option)
			}, BodyLimit(10000))
			if got := s.do(t, "POST", "/x", test.body); got.Status != test.status || got.Body != test.want {
				t.Errorf("%s in %s: got %d %.200q, want %d %.200q", test.name, name, got.Status, got.Body, test.status, test.want)
			}
		}
	}
}

func respGzip(s string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

// Announcing a length is free, so memory goes to what has come.
func TestReadAllMemory(t *testing.T) {
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
		{-1, strings.Repeat("x", 1<<20), 1 << 21},
	} {
		r := strings.NewReader(test.body)
		got, err := readAll(nil, func(p []byte) (int, error) {
			if len(p) == 0 {
				t.Errorf("%d announced: a Read of nothing", test.length)
			}
			return r.Read(p)
		}, test.length)
		if string(got) != test.body || err != nil || cap(got) > test.most {
			t.Errorf("%d announced, %d there: got %d bytes, capacity %d, %v; want capacity %d at most",
				test.length, len(test.body), len(got), cap(got), err, test.most)
		}
	}
}

// net/http's own refusals of a length that can be read in two ways.
func TestRequestFraming(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Post("/x", func(req *Request, res *Response) error {
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
		raw := s.raw(t, "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+test.headers)
		if !strings.HasPrefix(raw, "HTTP/1.1 "+strconv.Itoa(test.status)+" ") || test.status == 200 && !strings.HasSuffix(raw, "\r\n\r\nabc") {
			t.Errorf("%s: got %q, want %d", test.name, raw, test.status)
		}
	}
}

func TestRequestMultipartFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	files := func() int {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	var b strings.Builder
	w := multipart.NewWriter(&b)
	part, _ := w.CreateFormFile("file", "a.txt")
	io.WriteString(part, strings.Repeat("x", 5000))
	w.Close()
	upload := func(r *http.Request) error {
		if err := r.ParseMultipartForm(1); err != nil {
			return err
		}
		if files() != 1 {
			return errors.New("no temporary file: the test shows nothing")
		}
		_, _, err := r.FormFile("file")
		return err
	}
	copied := Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r.WithContext(r.Context())) })
	})
	s := respStart(t, func(api *Router) {
		handler := func(req *Request, _ *Response) error { return upload(req.Request) }
		plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := upload(r); err != nil {
				panic(err)
			}
		})
		api.Post("/handler", handler)
		api.Post("/copied", handler, copied)
		api.Post("/around", handler, Around(func(h Handler) Handler {
			return func(req *Request, res *Response) error {
				req.Request = req.WithContext(req.Context())
				return h(req, res)
			}
		}))
		api.Post("/refused", handler, Around(func(Handler) Handler {
			return func(req *Request, _ *Response) error {
				req.Request = req.WithContext(req.Context())
				if err := upload(req.Request); err != nil {
					return err
				}
				return Errorf(401, "refused")
			}
		}))
		api.Post("/timeout", handler, Timeout(time.Hour))
		api.Post("/plain", FromHTTP(plain), copied)
		api.Mount("/mount", plain, copied)
		api.Post("/fails", func(req *Request, _ *Response) error {
			if err := upload(req.Request); err != nil {
				return err
			}
			return Errorf(400, "fails")
		}, copied)
		api.Post("/panics", func(req *Request, _ *Response) error {
			if err := upload(req.Request); err != nil {
				return err
			}
			panic("panics")
		}, copied)
	})
	for path, status := range map[string]int{"/handler": 204, "/copied": 204, "/around": 204, "/refused": 401, "/timeout": 204, "/plain": 200, "/mount": 200, "/fails": 400, "/panics": 500} {
		if got := s.do(t, "POST", path, b.String(), "Content-Type", w.FormDataContentType()); got.Status != status {
			t.Errorf("%s: got %d %q, want %d", path, got.Status, got.Body, status)
		}
		logs := s.logs()
		if n := files(); n != 0 {
			t.Errorf("%s: %d temporary files are left; log: %v", path, n, logs)
		}
	}
}

func TestRequestJSONMediaType(t *testing.T) {
	const mustBeJSON = "the body must be application/json"
	for _, test := range []struct {
		contentType string // "-" is none
		encoding    string
		status      int
		detail      string
		header      [2]string // of the answer
	}{
		{"application/json", "", 204, "", [2]string{}},
		{"Application/JSON", "", 204, "", [2]string{}},
		{"application/json;", "", 204, "", [2]string{}},
		{"application/json; charset=utf-8", "", 204, "", [2]string{}},
		{`application/json;charset="UTF-8"`, "", 204, "", [2]string{}},
		{"application/json; CHARSET=Utf-8; x=y", "", 204, "", [2]string{}},
		{"application/problem+json", "", 204, "", [2]string{}},
		{"application/vnd.api+JSON; charset=utf-8", "", 204, "", [2]string{}},
		{"application/json", "identity", 204, "", [2]string{}},
		{"application/json", "Identity", 204, "", [2]string{}},
		{"-", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"text/plain", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/x-www-form-urlencoded", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"multipart/form-data; boundary=x", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/jsonevil", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json+x", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"text/json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{`text/plain; x="application/json"`, "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"text/plain; x=a+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},     // no type
		{"evil+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}}, // no subtype
		{"/+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},    // neither
		{"a/b, a/c+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json, text/plain", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json; charset=utf-8; charset=latin1", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json; charset=utf-16", "", 415, "the charset of the body must be utf-8", [2]string{"Accept", "application/json"}},
		{"application/json; charset=latin1", "", 415, "the charset of the body must be utf-8", [2]string{"Accept", "application/json"}},
		{"application/json; charset=", "", 400, "the header Content-Type has a bad parameter", [2]string{}},
		{`application/json; charset=""`, "", 415, "the charset of the body must be utf-8", [2]string{"Accept", "application/json"}},
		{"application/json; =", "", 400, "the header Content-Type has a bad parameter", [2]string{}},
		{"application/json; charset", "", 400, "the header Content-Type has a bad parameter", [2]string{}},
		{"application/json", "gzip", 415, "the body must not be encoded", [2]string{"Accept-Encoding", "identity"}},
		{"application/json", "identity, gzip", 415, "the body must not be encoded", [2]string{"Accept-Encoding", "identity"}},
		{"text/plain", "br", 415, "the body must not be encoded", [2]string{"Accept-Encoding", "identity"}},
	} {
		s := respStart(t, func(api *Router) {
			api.Post("/x", func(req *Request, _ *Response) error { var v any; return req.JSON(&v) })
		})
		headers := "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n"
		if test.contentType != "-" {
			headers += "Content-Type: " + test.contentType + "\r\n"
		}
		if test.encoding != "" {
			headers += "Content-Encoding: " + test.encoding + "\r\n"
		}
		got, _ := s.parse(t, "POST", s.raw(t, headers+"\r\n{}"))
		want := ""
		if test.status != 204 {
			want = fmt.Sprintf(`{"title":%q,"status":%d,"detail":%q}`, http.StatusText(test.status), test.status, test.detail)
		}
		if got.Status != test.status || got.Body != want {
			t.Errorf("type %q, encoding %q: got %d %s, want %d %s", test.contentType, test.encoding, got.Status, got.Body, test.status, want)
		}
		if h := test.header; h[0] != "" && got.get(h[0]) != h[1] {
			t.Errorf("type %q, encoding %q: got %s %q, want %q", test.contentType, test.encoding, h[0], got.get(h[0]), h[1])
		}
	}
}

func TestRequestJSONTwoTypes(t *testing.T) {
	s := respStart(t, func(api *Router) {
		api.Post("/x", func(req *Request, _ *Response) error { var v any; return req.JSON(&v) })
	})
	want := `{"title":"Bad Request","status":400,"detail":"the header Content-Type is there twice"}`
	if got := s.do(t, "POST", "/x", "{}", "Content-Type", "application/json", "Content-Type", "application/json"); got.Status != 400 || got.Body != want {
		t.Errorf("got %d %s, want 400 %s", got.Status, got.Body, want)
	}
}

// respCustom decodes itself, by means of encoding/json, whose error then has an
// offset of its own.
type respCustom struct{ A int }

func (c *respCustom) UnmarshalJSON(b []byte) error {
	var v struct {
		A int `json:"a"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	c.A = v.A
	return nil
}

// respOdd returns what encoding/json itself would, but empty.
type respOdd struct{}

func (*respOdd) UnmarshalJSON([]byte) error { return &json.UnmarshalTypeError{Value: "odd"} }

// respInner holds JSON in a string.
type respInner struct{ V any }

func (c *respInner) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	return json.Unmarshal([]byte(s), &c.V)
}

type respItem struct {
	Name  string     `json:"name"`
	Price float64    `json:"price"`
	At    time.Time  `json:"at"`
	I8    int8       `json:"i8"`
	IP    netip.Addr `json:"ip"`
	Sub   *respItem  `json:"sub"`
}

type respDoc struct {
	Name   string             `json:"name"`
	Items  []respItem         `json:"items"`
	M      map[string]int     `json:"m"`
	MI     map[int]int        `json:"mi"`
	MA     map[netip.Addr]int `json:"ma"`
	B      []byte             `json:"b"`
	I      int                `json:"i"`
	I8     int8               `json:"i8"`
	I16    int16              `json:"i16"`
	I32    int32              `json:"i32"`
	I64    int64              `json:"i64"`
	U      uint               `json:"u"`
	U8     uint8              `json:"u8"`
	U16    uint16             `json:"u16"`
	U32    uint32             `json:"u32"`
	U64    uint64             `json:"u64"`
	UP     uintptr            `json:"up"`
	F32    float32            `json:"f32"`
	F64    float64            `json:"f64"`
	OK     bool               `json:"ok"`
	T      time.Time          `json:"t"`
	D      time.Duration      `json:"d"`
	C      respCustom         `json:"c"`
	CS     []respCustom       `json:"cs"`
	Odd    respOdd            `json:"odd"`
	Inner  respInner          `json:"inner"`
	Any    any                `json:"any"`
	N      json.Number        `json:"n"`
	Quoted int                `json:"quoted,string"`
	P      *int               `json:"p"`
	PP     **[]int            `json:"pp"`
	NN     [][]int            `json:"nn"`
	Arr    [2]int             `json:"arr"`
	Raw    json.RawMessage    `json:"raw"`
	E      error              `json:"e"`
	Dash   int                `json:"user-id"`
	Dot    int                `json:"a.b"`
	Hidden int                `json:"-"`
}

// respJSON starts a server that decodes into a respDoc, or into any.
func respJSON(t *testing.T) *respServer {
	into := func(dst func() any) Handler {
		return func(req *Request, res *Response) error {
			v := dst()
			if err := req.JSON(v); err != nil {
				return err
			}
			return res.Text("taken")
		}
	}
	doc := func() any { return new(respDoc) }
	return respStart(t, func(api *Router) {
		api.Post("/doc", into(doc))
		api.Post("/known", into(doc), RejectUnknown(true))
		api.Post("/any", into(func() any { return new(any) }))
	}, BodyLimit(4<<20))
}

type respBody struct {
	Title  string
	Status int
	Detail string
	Errors []FieldError
}

// respRefused returns the FieldError of an answer, zero if the body was taken.
func respRefused(t *testing.T, s *respServer, path, doc string) (got FieldError) {
	t.Helper()
	a := s.do(t, "POST", path, doc, "Content-Type", "application/json")
	logs := s.logs()
	if a.Status == 200 {
		return FieldError{}
	}
	name := doc
	if len(name) > 100 {
		name = name[:100] + "..."
	}
	var body respBody
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || a.Status != 400 || body.Title != "Bad Request" || body.Status != 400 {
		t.Errorf("%s: %q: got %d %s, want a 400", path, name, a.Status, a.Body)
		return FieldError{}
	}
	if len(body.Errors) != 1 || body.Errors[0].In != "body" {
		t.Errorf("%s: %q: got %s, want one field of the body", path, name, a.Body)
		return FieldError{}
	}
	f := body.Errors[0]
	want := "1 field is wrong"
	if f.Name == "" {
		want = "the body " + f.Detail
	}
	if body.Detail != want {
		t.Errorf("%s: %q: got detail %q, want %q", path, name, body.Detail, want)
	}
	for _, word := range []string{"apiroute", "json:", "struct", "Go ", "strconv", "time.", "netip", "unmarshal", "Unmarshal", "resp", "secret"} {
		if strings.Contains(a.Body, word) {
			t.Errorf("%s: %q: the answer tells %q: %s", path, name, word, a.Body)
		}
	}
	if len(logs) != 1 || logs[0].Level != slog.LevelDebug {
		t.Errorf("%s: %q: got log %v, want it at debug", path, name, logs)
	}
	return FieldError{Name: f.Name, Detail: f.Detail}
}

func TestRequestJSONFields(t *testing.T) {
	const (
		wrong   = "is not of the right form"
		aTime   = "must be a time such as 2006-01-02T15:04:05Z"
		isInt   = "must be an integer"
		int64s  = "must be an integer from -9223372036854775808 to 9223372036854775807"
		uint64s = "must be an integer from 0 to 18446744073709551615"
	)
	s := respJSON(t)
	for _, test := range []struct{ doc, name, detail string }{
		// The whole.
		{`[]`, "", "must be an object"},
		{`"secret"`, "", "must be an object"},
		{`1`, "", "must be an object"},
		{`true`, "", "must be an object"},
		{` 1e400 `, "", "must be an object"},

		// Kinds.
		{`{"name":1}`, "name", "must be a string"},
		{`{"name":{}}`, "name", "must be a string"},
		{`{"name":["secret"]}`, "name", "must be a string"},
		{`{"name":true}`, "name", "must be a string"},
		{`{"i":"1"}`, "i", isInt},
		{`{"i":"secret"}`, "i", isInt},
		{`{"i":true}`, "i", isInt},
		{`{"i":[]}`, "i", isInt},
		{`{"i":{}}`, "i", isInt},
		{`{"i":1.5}`, "i", isInt},
		{`{"i":1.0}`, "i", isInt},
		{`{"i":1e2}`, "i", isInt},
		{`{"i":1E2}`, "i", isInt},
		{`{"i":1e400}`, "i", isInt},
		{`{"u":"1"}`, "u", isInt},
		{`{"u":1.5}`, "u", isInt},
		{`{"f64":"secret"}`, "f64", "must be a number"},
		{`{"f64":false}`, "f64", "must be a number"},
		{`{"f64":{}}`, "f64", "must be a number"},
		{`{"f64":[]}`, "f64", "must be a number"},
		{`{"ok":1}`, "ok", "must be true or false"},
		{`{"ok":"true"}`, "ok", "must be true or false"},
		{`{"ok":[]}`, "ok", "must be true or false"},
		{`{"items":{}}`, "items", "must be an array"},
		{`{"items":"secret"}`, "items", "must be an array"},
		{`{"items":1}`, "items", "must be an array"},
		{`{"arr":true}`, "arr", "must be an array"},
		{`{"arr":{}}`, "arr", "must be an array"},
		{`{"m":[]}`, "m", "must be an object"},
		{`{"m":"secret"}`, "m", "must be an object"},
		{`{"m":1}`, "m", "must be an object"},
		{`{"b":1}`, "b", "must be a string in base64"},
		{`{"b":{}}`, "b", "must be a string in base64"},
		{`{"b":"secret!"}`, "b", "must be a string in base64"},
		{`{"e":1}`, "e", "has the wrong type"},
		{`{"e":"secret"}`, "e", "has the wrong type"},
		{`{"e":{}}`, "e", "has the wrong type"},
		{`{"d":"1s"}`, "d", isInt},
		{`{"n":"secret"}`, "n", "must be a number"},
		{`{"n":true}`, "n", "must be a number"},
		{`{"n":{}}`, "n", "must be a number"},
		{`{"n":[]}`, "n", "must be a number"},

		// Ranges.
		{`{"i":9223372036854775808}`, "i", int64s},
		{`{"i":99999999999999999999}`, "i", int64s},
		{`{"i8":128}`, "i8", "must be an integer from -128 to 127"},
		{`{"i8":-129}`, "i8", "must be an integer from -128 to 127"},
		{`{"i16":32768}`, "i16", "must be an integer from -32768 to 32767"},
		{`{"i16":-32769}`, "i16", "must be an integer from -32768 to 32767"},
		{`{"i32":2147483648}`, "i32", "must be an integer from -2147483648 to 2147483647"},
		{`{"i32":-2147483649}`, "i32", "must be an integer from -2147483648 to 2147483647"},
		{`{"i64":9223372036854775808}`, "i64", int64s},
		{`{"i64":-9223372036854775809}`, "i64", int64s},
		{`{"u":-1}`, "u", uint64s},
		{`{"u":18446744073709551616}`, "u", uint64s},
		{`{"u8":-1}`, "u8", "must be an integer from 0 to 255"},
		{`{"u8":256}`, "u8", "must be an integer from 0 to 255"},
		{`{"u16":65536}`, "u16", "must be an integer from 0 to 65535"},
		{`{"u32":4294967296}`, "u32", "must be an integer from 0 to 4294967295"},
		{`{"u64":18446744073709551616}`, "u64", uint64s},
		{`{"up":18446744073709551616}`, "up", uint64s},
		{`{"d":9223372036854775808}`, "d", int64s},
		{`{"f32":1e39}`, "f32", "is out of range"},
		{`{"f64":1e400}`, "f64", "is out of range"},
		{`{"f64":-1e400}`, "f64", "is out of range"},
		{`{"any":1e400}`, "any", "is out of range"},
		{`{"any":[1,{"x":1e400}]}`, "any[1].x", "is out of range"},

		// Paths.
		{`{"items":[1]}`, "items[0]", "must be an object"},
		{`{"items":[{},{},{"price":"secret"}]}`, "items[2].price", "must be a number"},
		{`{"items":[{},{},{"price":1e400}]}`, "items[2].price", "is out of range"},
		{`{"items":[{},{},{"price":[]}]}`, "items[2].price", "must be a number"},
		{` { "items" : [ { } , { "price" : true } ] } `, "items[1].price", "must be a number"},
		{`{"items":[{"name":"a,[{\":}]","price":{}}]}`, "items[0].price", "must be a number"},
		{`{"items":[{"sub":{"sub":{"i8":128}}}]}`, "items[0].sub.sub.i8", "must be an integer from -128 to 127"},
		{`{"nn":[[1,2],[],[3,"x"]]}`, "nn[2][1]", isInt},
		{`{"nn":[[1],2]}`, "nn[1]", "must be an array"},
		{`{"arr":[1,"x"]}`, "arr[1]", isInt},
		{`{"b":[1,300]}`, "b[1]", "must be an integer from 0 to 255"},
		{`{"p":"x"}`, "p", isInt},
		{`{"pp":"x"}`, "pp", "must be an array"},
		{`{"pp":[1,"x"]}`, "pp[1]", isInt},
		{`{"user-id":"x"}`, "user-id", isInt},
		{`{"a.b":"x"}`, `["a.b"]`, isInt},
		{`{"\u0061\u002eb":"x"}`, `["a.b"]`, isInt},
		{`{"\u0069":"x"}`, "i", isInt},

		// Maps.
		{`{"m":{"k":"x"}}`, "m.k", isInt},
		{`{"m":{"a_B-1":"x"}}`, "m.a_B-1", isInt},
		{`{"m":{"a b":"x"}}`, `m["a b"]`, isInt},
		{`{"m":{"":"x"}}`, `m[""]`, isInt},
		{`{"m":{"a\"b\\":"x"}}`, `m["a\"b\\"]`, isInt},
		{`{"m":{"[0].x":"x"}}`, `m["[0].x"]`, isInt},
		{`{"m":{"\u00fc\u0001\n":"x"}}`, `m["ü\x01\n"]`, isInt},
		{`{"m":{"a":1,"<script>":"x"}}`, `m["<script>"]`, isInt},
		{`{"m":{"` + strings.Repeat("k", 200) + `":"x"}}`, "m." + strings.Repeat("k", 200), isInt},
		{`{"m":{"` + strings.Repeat("k", 1000) + `":"x"}}`, `m["` + strings.Repeat("k", 200) + `…"]`, isInt},
		{`{"m":{"` + strings.Repeat("k", 199) + `ü":"x"}}`, `m["` + strings.Repeat("k", 199) + `…"]`, isInt},
		{`{"mi":{"1":1,"2":"x"}}`, "mi.2", isInt},
		// The name is what is wrong, not the object.
		{`{"mi":{"1":1,"k":2}}`, "mi.k", isInt},
		{`{"mi":{"1":1,"1.5":2}}`, `mi["1.5"]`, isInt},
		{`{"ma":{"::1":1,"k":2}}`, "ma.k", wrong},

		// What types refuse themselves.
		{`{"t":"secret"}`, "t", aTime},
		{`{"t":""}`, "t", aTime},
		{`{"t":1}`, "t", aTime},
		{`{"t":true}`, "t", aTime},
		{`{"t":{}}`, "t", aTime},
		{`{"t":{"a":1}}`, "t", aTime},
		{`{"t":[]}`, "t", aTime},
		{`{"t":["secret"]}`, "t", aTime},
		{`{"items":[{"at":"2024-01-01T00:00:00Z"},{"name":"a","at":"secret"}]}`, "items[1].at", aTime},
		{`{"items":[{},{"at":{}}]}`, "items[1].at", aTime},
		{`{"items":[{"ip":"secret"}]}`, "items[0].ip", wrong},
		{`{"items":[{"ip":1}]}`, "items[0].ip", wrong},
		{`{"items":[{"ip":{}}]}`, "items[0].ip", wrong},
		{`{"items":[{"ip":[]}]}`, "items[0].ip", wrong},
		{`{"c":3}`, "c", wrong},
		{`{"c":{"a":"x"}}`, "c", wrong},
		{`{"name":"a long name","c":{"a":"x"}}`, "c", wrong},
		{`{"name":"a long name","cs":[{"a":1},{"a":"x"}]}`, "cs[1]", wrong},
		{`{"cs":[{"a":1},3]}`, "cs[1]", wrong},
		{`{"name":"a long name","inner":"[1,"}`, "inner", wrong},
		{`{"name":"a long name","odd":1}`, "odd", wrong},
		{`{"any":"` + strings.Repeat("x", 1<<17) + `","i":"secret"}`, "i", isInt}, // a long text

		// The first counts.
		{`{"i":"x","ok":1}`, "i", isInt},
		{`{"i":"x","t":"secret"}`, "i", isInt},
		{`{"t":"secret","i":"x"}`, "t", aTime},
		{`{"b":"!","i":"x"}`, "b", "must be a string in base64"},
		{`{"i":"x","b":"!"}`, "i", isInt},
		{`{"t":"secret","items":[{"at":"secret"}]}`, "t", aTime},

		// Not JSON goes before all that does not fit.
		{`{"i":"x","zz":}`, "", "is not valid JSON at offset 14"},
		{`[1,]`, "", "is not valid JSON at offset 3"},
		{`{"t":"secret"`, "", "is not valid JSON at offset 13"},
	} {
		if got, want := respRefused(t, s, "/doc", test.doc), (FieldError{Name: test.name, Detail: test.detail}); got != want {
			t.Errorf("%.200s: got %q %q, want %q %q", test.doc, got.Name, got.Detail, want.Name, want.Detail)
		}
	}
	for _, doc := range []string{`{"quoted":"x"}`, `{"quoted":1}`, `{"quoted":""}`, `{"quoted":"1.5"}`, `{"quoted":[]}`} {
		if got, want := respRefused(t, s, "/doc", doc), (FieldError{Name: "quoted", Detail: "must be a string that holds an integer"}); got != want {
			t.Errorf("%s: got %q %q, want %q %q", doc, got.Name, got.Detail, want.Name, want.Detail)
		}
	}
}

func TestRequestJSONSyntax(t *testing.T) {
	s := respJSON(t)
	// The offset is that of the first byte that cannot be there, or the end. Of an
	// escape, encoding/json/v2 has the beginning or the end.
	for _, test := range []struct {
		doc    string
		offset int
	}{
		{`{`, 1}, {`{"`, 2}, {`{"a`, 3}, {`{"a"`, 4}, {`{"a":`, 5}, {`{"a":1`, 6}, {`{"a":1,`, 7},
		{`{"a":1,}`, 7}, {`{"a":1 "b"}`, 7}, {`{"a" 1}`, 5}, {`{a:1}`, 1}, {`{'a':1}`, 1}, {`{,}`, 1}, {`{1:2}`, 1},
		{`[`, 1}, {`[1`, 2}, {`[1,`, 3}, {`[1,]`, 3}, {`[1 2]`, 3}, {`[,]`, 1}, {`[1}`, 2}, {`{"a":]`, 5},
		{`tru`, 3}, {`truE`, 3}, {`nul`, 3}, {`nullx`, 4}, {`falsy`, 4}, {`NaN`, 0}, {`Infinity`, 0}, {`{"a":tru}`, 8},
		{`-`, 1}, {`-x`, 1}, {`01`, 1}, {`1.`, 2}, {`1.x`, 2}, {`1e`, 2}, {`1e+`, 3}, {`1ex`, 2}, {`+1`, 0}, {`.5`, 0}, {`0x10`, 1},
		{`"a`, 2}, {`"\x"`, 2}, {`"\u12G4"`, 5}, {`"\u12`, 5}, {`"a\`, 3}, {"\"a\x01b\"", 2}, {"{\"a\":\"\n\"}", 6},
		{`]`, 0}, {`}`, 0}, {`,`, 0}, {`:`, 0}, {`'a'`, 0}, {`/* c */{}`, 0},
		{`{}{}`, 2}, {`{"name":"a"}{"name":"b"}`, 12}, {`{} xyz`, 3}, {`{},`, 2}, {`[]]`, 2}, {`{}//`, 2}, {"{}\x00", 2}, {"\x00", 0}, {"{}\ufeff", 2},
		{"\ufeff{}", 0}, {" \v{}", 1}, {"{\"a\":\u00a01}", 5}, {"\u2028{}", 0},
		{strings.Repeat("[", 10001) + strings.Repeat("]", 10001), 10000},
		{strings.Repeat("[", 1<<20), 10000},
		{strings.Repeat(`{"a":`, 10001) + "1" + strings.Repeat("}", 10001), 50000},
	} {
		want := FieldError{Detail: "is not valid JSON at offset " + strconv.Itoa(test.offset)}
		for _, path := range []string{"/any", "/doc", "/known"} {
			got := respRefused(t, s, path, test.doc)
			var offset int
			fmt.Sscanf(got.Detail, "is not valid JSON at offset %d", &offset)
			if off := test.offset - offset; respStrict && off <= 4 && strings.IndexByte("\"1-", test.doc[0]) >= 0 {
				got.Detail = want.Detail
			}
			if got != want {
				t.Errorf("%s: %.50q, %d bytes: got %q %q, want %q", path, test.doc, len(test.doc), got.Name, got.Detail, want.Detail)
			}
		}
	}
}

func TestRequestJSONWhole(t *testing.T) {
	s := respJSON(t)
	for _, test := range []struct{ doc, detail string }{
		{" ", "is empty"},
		{"\r\n\t ", "is empty"},
		{"null", "must not be null"},
		{" null\n", "must not be null"},
		{"\xff", "is not UTF-8 at offset 0"},
		{"{\"a\":\"\xff\xfe\"}", "is not UTF-8 at offset 6"},
		{"{\"a\":\"ü\xc3\"}", "is not UTF-8 at offset 8"},
		{"{\"a\":\"\xed\xa0\x80\"}", "is not UTF-8 at offset 6"}, // a surrogate as it is
		{"{\"a\":\"\xc0\xaf\"}", "is not UTF-8 at offset 6"},     // overlong
		{"{\"a\":\"\ufffd\xff\"}", "is not UTF-8 at offset 9"},   // U+FFFD itself is fine
		{"{}\xff", "is not UTF-8 at offset 2"},
		{"\xff\xfe{\x00}\x00", "is not UTF-8 at offset 0"}, // UTF-16
		{strings.Repeat("[", 10001) + "\xff", "is not UTF-8 at offset 10001"},
	} {
		for _, path := range []string{"/any", "/doc", "/known"} {
			if got, want := respRefused(t, s, path, test.doc), (FieldError{Detail: test.detail}); got != want {
				t.Errorf("%s: %.50q: got %q %q, want %q", path, test.doc, got.Name, got.Detail, want.Detail)
			}
		}
	}
	// Empty without a byte, whatever the type is said to be.
	want := `{"title":"Bad Request","status":400,"detail":"the body is empty","errors":[{"in":"body","detail":"is empty"}]}`
	for _, request := range []string{
		respSized("/any", ""),
		respChunked("/any"),
		"POST /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"POST /any HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n\r\n",
	} {
		if got, _ := s.parse(t, "POST", s.raw(t, request)); got.Status != 400 || got.Body != want {
			t.Errorf("%q: got %d %s, want 400 %s", request, got.Status, got.Body, want)
		}
	}
}

// What encoding/json takes on every toolchain, and how.
func TestRequestJSONTaken(t *testing.T) {
	var doc respDoc
	s := respStart(t, func(api *Router) {
		api.Post("/x", func(req *Request, res *Response) error {
			doc = respDoc{Name: "before", I: 1}
			return req.JSON(&doc)
		})
	})
	one, list := 1, []int{1}
	pointer := &list
	for _, test := range []struct {
		doc  string
		want respDoc
	}{
		{`{}`, respDoc{Name: "before", I: 1}},
		{"\r\n\t {} \r\n\t", respDoc{Name: "before", I: 1}},
		{`{"name":null,"i":null,"items":null,"t":null,"p":null}`, respDoc{Name: "before", I: 1}},
		{`{"name":"\ud83d\ude00\u0000","i":-0}`, respDoc{Name: "\U0001F600\x00"}},
		{`{"i64":9007199254740993,"u64":18446744073709551615}`, respDoc{Name: "before", I: 1, I64: 1<<53 + 1, U64: 1<<64 - 1}},
		{`{"i8":-128,"i16":-32768,"i32":-2147483648,"i64":-9223372036854775808}`,
			respDoc{Name: "before", I: 1, I8: -128, I16: -32768, I32: -2147483648, I64: -1 << 63}},
		{`{"u8":255,"u16":65535,"u32":4294967295}`, respDoc{Name: "before", I: 1, U8: 255, U16: 65535, U32: 1<<32 - 1}},
		{`{"f32":1e38,"f64":1e308}`, respDoc{Name: "before", I: 1, F32: 1e38, F64: 1e308}},
		{`{"f64":1e-400}`, respDoc{Name: "before", I: 1}},
		{`{"p":1,"pp":[1],"nn":[[1],null]}`, respDoc{Name: "before", I: 1, P: &one, PP: &pointer, NN: [][]int{{1}, nil}}},
		{`{"arr":[1]}`, respDoc{Name: "before", I: 1, Arr: [2]int{1}}},
		{`{"arr":[1,2,"x"]}`, respDoc{Name: "before", I: 1, Arr: [2]int{1, 2}}},
		{`{"b":"YQ==","n":1e5,"quoted":"7","raw":[1, 2],"d":5}`,
			respDoc{Name: "before", I: 1, B: []byte("a"), N: "1e5", Quoted: 7, Raw: []byte("[1, 2]"), D: 5}},
		{`{"unknown":{"a":[1]},"Hidden":1,"-":2}`, respDoc{Name: "before", I: 1}},
		{`{"any":{"a":[1,"b",null,true]}}`, respDoc{Name: "before", I: 1, Any: map[string]any{"a": []any{1.0, "b", nil, true}}}},
		{`{"c":{"a":3}}`, respDoc{Name: "before", I: 1, C: respCustom{3}}},
	} {
		got := s.do(t, "POST", "/x", test.doc, "Content-Type", "application/json")
		if got.Status != 204 {
			t.Errorf("%s: got %d %s", test.doc, got.Status, got.Body)
			continue
		}
		ip := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
		if diff := cmp.Diff(test.want, doc, ip); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.doc, diff)
		}
	}
}

// encoding/json's limit of depth is inclusive.
func TestRequestJSONDepth(t *testing.T) {
	s := respJSON(t)
	for _, doc := range []string{
		strings.Repeat("[", 10000) + strings.Repeat("]", 10000),
		strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000),
	} {
		if got := respRefused(t, s, "/any", doc); got != (FieldError{}) {
			t.Errorf("%.10s..., 10,000 levels: got %q %q", doc, got.Name, got.Detail)
		}
	}
}

// What differs with the toolchain: names in another letter case and names that
// are there twice.
func TestRequestJSONStrict(t *testing.T) {
	s := respStart(t, func(api *Router) {
		handler := func(req *Request, res *Response) error {
			var doc respDoc
			if err := req.JSON(&doc); err != nil {
				return err
			}
			return res.Text(doc.Name)
		}
		api.Post("/doc", handler)
		api.Post("/known", handler, RejectUnknown(true))
	})
	field := func(name, detail string) string {
		if name == "" {
			return fmt.Sprintf(`{"title":"Bad Request","status":400,"detail":"the body %s","errors":[{"in":"body","detail":%q}]}`, detail, detail)
		}
		return fmt.Sprintf(`{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"body","name":%q,"detail":%q}]}`, name, detail)
	}
	for _, test := range []struct{ path, doc, v1, v2 string }{
		{"/doc", `{"name":"a","NAME":"b"}`, "b", "a"},
		{"/doc", `{"NAME":"b"}`, "b", ""},
		{"/known", `{"NAME":"b"}`, "b", field("NAME", "is not known")},
		{"/doc", `{"name":"a","name":"b"}`, "b", field("name", "is there twice")},
		{"/doc", `{"name":"a","n\u0061me":"b"}`, "b", field("name", "is there twice")},
		{"/doc", `{"name":"a","items":[{"name":"b"},{"name":"b","price":1,"name":"c"}]}`, "a", field("items[1].name", "is there twice")},
		{"/doc", `{"name":"a","any":{"x":{"y":1,"y":2}}}`, "a", field("any.x.y", "is there twice")},
		{"/doc", `{"name":"a","m":{"a b":1,"a b":2}}`, "a", field(`m["a b"]`, "is there twice")},
		{"/doc", `{"name":"a","raw":{"x":1,"x":2}}`, "a", field("raw.x", "is there twice")},
		{"/doc", `{"name":"a","unknown":{"x":1,"x":2}}`, "a", field("unknown.x", "is there twice")},
		{"/doc", `{"name":"\ud800"}`, "\ufffd", field("name", "must be Unicode")},
		{"/doc", `{"name":"a\udc00\ud800"}`, "a\ufffd\ufffd", field("name", "must be Unicode")},
		{"/doc", `{"name":"a","any":"\ud800\u0041"}`, "a", field("any", "must be Unicode")},
	} {
		want := test.v1
		if respStrict {
			want = test.v2
		}
		got := s.do(t, "POST", test.path, test.doc, "Content-Type", "application/json")
		body := got.Body
		if strings.HasPrefix(want, "{") {
			var a, b any
			json.Unmarshal([]byte(got.Body), &a)
			json.Unmarshal([]byte(want), &b)
			if diff := cmp.Diff(b, a); diff != "" || got.Status != 400 {
				t.Errorf("%s: %s: got %d (-want +got):\n%s", test.path, test.doc, got.Status, diff)
			}
		} else if body != want || got.Status != 200 {
			t.Errorf("%s: %s: got %d %q, want %q", test.path, test.doc, got.Status, body, want)
		}
	}
}

func TestRequestJSONUnknown(t *testing.T) {
	s := respJSON(t)
	for _, test := range []struct{ doc, name, detail string }{
		{`{"zz":1}`, "zz", isUnknown},
		{`{"name":"a","zz":{"zz":1}}`, "zz", isUnknown},
		{`{"a b":1}`, `["a b"]`, isUnknown},
		{`{"":1}`, `[""]`, isUnknown},
		{`{"Hidden":1}`, "Hidden", isUnknown},
		{`{"-":1}`, "-", isUnknown},
		{`{"\u007a":1}`, "z", isUnknown},
		{`{"` + strings.Repeat("k", 1000) + `":1}`, `["` + strings.Repeat("k", 200) + `…"]`, isUnknown},
		{`{"items":[{"name":"zz"},{"zz":1}]}`, "items[1].zz", isUnknown},
		{`{"items":[{"sub":{"sub":{"a.b":1}}}]}`, `items[0].sub.sub["a.b"]`, isUnknown},
		{`{"m":{"zz":1},"any":{"zz":1},"raw":{"zz":1},"zz":1}`, "zz", isUnknown}, // a map has no unknown names
		{`{"any":{"items":[{"zz":1}]},"items":[{"zz":1}]}`, "items[0].zz", isUnknown},
		{`{"c":{"zz":1},"zz":1}`, "zz", isUnknown}, // a type that decodes itself decides
		{`{"i":"x","zz":1}`, "i", "must be an integer"},
		{`{"zz":1,"i":"x"}`, "zz", isUnknown},
		{`{"items":[{"zz":1}],"t":"secret"}`, "items[0].zz", isUnknown},
		{`{"t":"secret","zz":1}`, "t", "must be a time such as 2006-01-02T15:04:05Z"},
		{`{"zz":}`, "", "is not valid JSON at offset 6"},
		{`{"zz":1}{}`, "", "is not valid JSON at offset 8"},
	} {
		if got, want := respRefused(t, s, "/known", test.doc), (FieldError{Name: test.name, Detail: test.detail}); got != want {
			t.Errorf("%.100s: got %q %q, want %q %q", test.doc, got.Name, got.Detail, want.Name, want.Detail)
		}
	}
	for _, doc := range []string{`{}`, `{"name":"a","items":[{"name":"b"}]}`, `{"m":{"zz":1},"any":{"zz":1},"raw":{"zz":1},"c":{"a":1,"zz":1}}`} {
		if got := respRefused(t, s, "/known", doc); got != (FieldError{}) {
			t.Errorf("%s: got %q %q, want it taken", doc, got.Name, got.Detail)
		}
	}
}

// What is wrong with dst is the programmer's, so the client is told nothing.
func TestRequestJSONDestination(t *testing.T) {
	for _, test := range []struct {
		name string
		dst  any
	}{
		{"nil", nil},
		{"struct", respDoc{}},
		{"map", map[string]any{}},
		{"nil pointer", (*respDoc)(nil)},
	} {
		s := respStart(t, func(api *Router) {
			api.Post("/x", func(req *Request, _ *Response) error { return req.JSON(test.dst) })
		})
		got := s.do(t, "POST", "/x", "{}", "Content-Type", "application/json")
		if got.Status != 500 || got.Body != respProblem(500) {
			t.Errorf("%s: got %d %s, want a 500", test.name, got.Status, got.Body)
		}
		if logs := s.logs(); len(logs) != 1 || logs[0].Level != slog.LevelError || !strings.Contains(logs[0].Attrs["error"], "Unmarshal") {
			t.Errorf("%s: got log %v", test.name, logs)
		}
	}
}

// JSON in a handler without a router has the default options.
func TestRequestJSONStandalone(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"zz":1,"name":"a"}`))
	r.Header.Set("Content-Type", "application/json")
	Handler(func(req *Request, res *Response) error {
		var doc respDoc
		if err := req.JSON(&doc); err != nil {
			return err
		}
		return res.Text(doc.Name)
	}).ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != "a" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}

// Whatever a random document has in it, its one wrong value is named.
func TestRequestJSONRelation(t *testing.T) {
	type tree struct {
		Name string           `json:"name"`
		Kids []tree           `json:"kids"`
		Map  map[string]*tree `json:"map"`
		At   time.Time        `json:"at"`
	}
	api := New(Logger(slog.New(&respLog{})))
	api.Post("/", func(req *Request, _ *Response) error { return req.JSON(new(tree)) })
	found := 0
	for seed := range int64(400) {
		r := rand.New(rand.NewSource(seed))
		count := 0
		bad := 1 + r.Intn(10)
		want := ""
		var write func(b *strings.Builder, path string, depth int)
		write = func(b *strings.Builder, path string, depth int) {
			if count++; count == bad {
				wrong := r.Intn(3)
				inner := strings.TrimPrefix(path+[]string{".name", ".at", ""}[wrong], ".")
				want = inner + " " + []string{"must be a string", "must be a time such as 2006-01-02T15:04:05Z", "must be an object"}[wrong]
				b.WriteString([]string{`{"name":[{"name":1}]}`, `{"kids":[],"at":"x"}`, `"x"`}[wrong])
				return
			}
			fmt.Fprintf(b, `{"name":"{[,%d:\"","x":[{"name":1}]`, count)
			if depth > 0 && r.Intn(2) == 0 {
				b.WriteString(`,"kids":[`)
				for i := range 1 + r.Intn(3) {
					if i > 0 {
						b.WriteByte(',')
					}
					write(b, fmt.Sprintf("%s.kids[%d]", path, i), depth-1)
				}
				b.WriteByte(']')
			}
			if depth > 0 && r.Intn(2) == 0 {
				b.WriteString(`,"map":{"k":`)
				write(b, path+".map.k", depth-1)
				b.WriteString(`,"a b":`)
				write(b, path+`.map["a b"]`, depth-1)
				b.WriteByte('}')
			}
			b.WriteString(`,"at":"2024-01-01T00:00:00Z"}`)
		}
		var b strings.Builder
		write(&b, "", 5)
		r2 := httptest.NewRequest("POST", "/", strings.NewReader(b.String()))
		r2.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r2)
		var body respBody
		got := ""
		if json.Unmarshal(w.Body.Bytes(), &body); len(body.Errors) == 1 {
			got = body.Errors[0].Name + " " + body.Errors[0].Detail
		}
		if got != want {
			t.Fatalf("seed %d: %s: got %q, want %q", seed, b.String(), got, want)
		}
		if want != "" {
			found++
		}
	}
	if found < 100 {
		t.Errorf("only %d of the documents were wrong: the test shows little", found)
	}
}

// vet takes a file for one toolchain, so there is a copy for the other.
func TestJSONExperimentIsACopy(t *testing.T) {
	source, err := os.ReadFile("json_v2.go")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("json_v2_experiment.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(source), "//go:build goexperiment.jsonv2 && go1.27\n")
	if !ok {
		t.Fatal("json_v2.go: no build line")
	}
	want := "// Code generated from json_v2.go; DO NOT EDIT.\n\n//go:build goexperiment.jsonv2 && !go1.27\n" + rest
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("go generate has not been run (-want +got):\n%s", diff)
	}
}
