package apiroute_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// respond makes a handler of what needs the response only.
func respond(f func(*apiroute.Response) error) apiroute.Handler {
	return func(_ *apiroute.Request, res *apiroute.Response) error { return f(res) }
}

// oneReply sends a request over a connection that the server is to close after the response. It
// fails the test if anything follows the response, such as a body where there must be none.
func (s *server) oneReply(t testing.TB, method, target string) reply {
	t.Helper()
	c := s.dial(t)
	c.send(t, requestText(method, target, "", "Connection: close"))
	got := c.reply(method)
	if rest := c.rest(); rest != "" {
		t.Errorf("%s: %q follows the response", method, rest)
	}
	return got
}

// fixedHeader returns the header of a response without what is of the connection and the time.
func (r reply) fixedHeader() http.Header {
	h := r.header.Clone()
	h.Del("Date")
	h.Del("Connection")
	return h
}

// wantErrors checks the errors in the log since it was last read, in their order, and returns its
// lines.
func (s *server) wantErrors(t testing.TB, errs ...string) []string {
	t.Helper()
	lines := s.logs()
	var got []string
	for _, line := range lines {
		got = append(got, logValue(line, "error"))
	}
	if diff := cmp.Diff(errs, got); diff != "" {
		t.Errorf("errors in the log (-want +got):\n%s", diff)
	}
	return lines
}

type point struct {
	X int `json:"x"`
	Y any `json:"y"`
}

// A countedList has a say in its own encoding, also when it is nil.
type countedList []int

func (l countedList) MarshalJSON() ([]byte, error) { return []byte(fmt.Sprintf(`"%d"`, len(l))), nil }

// A textMap is a map that is encoded as text.
type textMap map[string]int

func (textMap) MarshalText() ([]byte, error) { return []byte("text"), nil }

// A pointerList is a slice whose method needs a pointer, so that encoding/json does not call it for
// a value.
type pointerList []int

func (*pointerList) MarshalJSON() ([]byte, error) { return nil, errors.New("must not be called") }

// Each method that ends the response sends its status, type, length and body, and the same header to HEAD.
func TestResponseEnding(t *testing.T) {
	t.Parallel()
	const (
		jsonType = "application/json; charset=utf-8"
		textType = "text/plain; charset=utf-8"
		htmlType = "text/html; charset=utf-8"
	)
	big := strings.Repeat("0123456789", 1000)
	huge := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name        string
		end         func(*apiroute.Response) error
		status      int
		contentType string
		body        string
	}{
		{"JSON", func(res *apiroute.Response) error { return res.JSON(point{1, "a"}) }, 200, jsonType, `{"x":1,"y":"a"}`},
		{"JSON 201", func(res *apiroute.Response) error { return res.Status(201).JSON(1) }, 201, jsonType, `1`},
		{"JSON 404", func(res *apiroute.Response) error { return res.Status(404).JSON(1) }, 404, jsonType, `1`},
		{"JSON 599", func(res *apiroute.Response) error { return res.Status(599).JSON(1) }, 599, jsonType, `1`},
		{"JSON nil", func(res *apiroute.Response) error { return res.JSON(nil) }, 200, jsonType, `null`},
		{"JSON nil slice", func(res *apiroute.Response) error { return res.JSON([]point(nil)) }, 200, jsonType, `[]`},
		{"JSON nil map", func(res *apiroute.Response) error { return res.JSON(map[string]int(nil)) }, 200, jsonType, `{}`},
		{"JSON nil slice in a struct", func(res *apiroute.Response) error { return res.JSON(point{0, []int(nil)}) }, 200, jsonType, `{"x":0,"y":` + nilList(t) + `}`},
		{"JSON nil pointer", func(res *apiroute.Response) error { return res.JSON((*point)(nil)) }, 200, jsonType, `null`},
		{"JSON nil slice with MarshalJSON", func(res *apiroute.Response) error { return res.JSON(countedList(nil)) }, 200, jsonType, `"0"`},
		{"JSON nil map with MarshalText", func(res *apiroute.Response) error { return res.JSON(textMap(nil)) }, 200, jsonType, `"text"`},
		{"JSON nil slice with MarshalJSON on its pointer", func(res *apiroute.Response) error { return res.JSON(pointerList(nil)) }, 200, jsonType, `[]`},
		{"JSON escapes HTML", func(res *apiroute.Response) error { return res.JSON("<script>&\u2028") }, 200, jsonType, `"\u003cscript\u003e\u0026\u2028"`},
		{"JSON of a line break", func(res *apiroute.Response) error { return res.JSON("\n") }, 200, jsonType, `"\n"`},
		{"JSON big", func(res *apiroute.Response) error { return res.JSON(big) }, 200, jsonType, `"` + big + `"`},
		{"JSON huge", func(res *apiroute.Response) error { return res.JSON(huge) }, 200, jsonType, `"` + huge + `"`},
		{"JSON with another type", func(res *apiroute.Response) error {
			return res.SetHeader("Content-Type", "application/hal+json").JSON(1)
		}, 200, "application/hal+json", `1`},
		{"Text", func(res *apiroute.Response) error { return res.Text("<b>") }, 200, textType, `<b>`},
		{"Text empty", func(res *apiroute.Response) error { return res.Text("") }, 200, textType, ``},
		{"Text big", func(res *apiroute.Response) error { return res.Text(big) }, 200, textType, big},
		{"Text with another type", func(res *apiroute.Response) error { return res.SetHeader("content-type", "text/csv").Text("a,b") }, 200, "text/csv", `a,b`},
		{"HTML", func(res *apiroute.Response) error { return res.Status(202).HTML("<b>") }, 202, htmlType, `<b>`},
		{"Bytes", func(res *apiroute.Response) error { return res.Bytes("image/png", []byte("\x89PNG")) }, 200, "image/png", "\x89PNG"},
		{"Bytes with a type in place of the header", func(res *apiroute.Response) error {
			return res.SetHeader("Content-Type", "text/css").Bytes("image/png", []byte("\x89PNG"))
		}, 200, "image/png", "\x89PNG"},
		{"Bytes with the type in the header", func(res *apiroute.Response) error {
			return res.SetHeader("Content-Type", "text/css").Bytes("", []byte("a{}"))
		}, 200, "text/css", "a{}"},
		{"Bytes without a type", func(res *apiroute.Response) error { return res.Bytes("", []byte("<html>")) }, 200, "application/octet-stream", "<html>"},
		{"Bytes nil", func(res *apiroute.Response) error { return res.Bytes("image/png", nil) }, 200, "image/png", ""},
		{"Content-Length too small", func(res *apiroute.Response) error { return res.SetHeader("Content-Length", "3").Text("hello") }, 200, textType, `hello`},
		{"Content-Length too big", func(res *apiroute.Response) error { return res.SetHeader("Content-Length", "300").Text("hello") }, 200, textType, `hello`},
		{"Content-Length no number", func(res *apiroute.Response) error { return res.SetHeader("Content-Length", "-x").JSON(5) }, 200, jsonType, `5`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", respond(tt.end)) })
			want := http.Header{
				"Content-Type":           {tt.contentType},
				"Content-Length":         {strconv.Itoa(len(tt.body))},
				"X-Content-Type-Options": {"nosniff"},
			}
			got := s.fetch("GET", "/x", "")
			got.want(t, tt.status, tt.body)
			if diff := cmp.Diff(want, got.fixedHeader()); diff != "" {
				t.Errorf("GET: header (-want +got):\n%s", diff)
			}
			got = s.oneReply(t, "HEAD", "/x")
			got.want(t, tt.status, "")
			if diff := cmp.Diff(want, got.fixedHeader()); diff != "" {
				t.Errorf("HEAD: header (-want +got):\n%s", diff)
			}
			s.wantErrors(t)
		})
	}
}

func TestResponseWithoutBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		end    func(*apiroute.Response) error
		status int
		length string // Content-Length as sent; "" is none
	}{
		{"End", func(res *apiroute.Response) error { return res.End() }, 204, ""},
		{"nil", func(res *apiroute.Response) error { return nil }, 204, ""},
		{"nil with a header", func(res *apiroute.Response) error { res.SetHeader("X-A", "1"); return nil }, 204, ""},
		{"End 200", func(res *apiroute.Response) error { return res.Status(200).End() }, 200, "0"},
		{"nil 202", func(res *apiroute.Response) error { res.Status(202); return nil }, 202, "0"},
		{"nil 404", func(res *apiroute.Response) error { res.Status(404); return nil }, 404, "0"},
		{"End 599", func(res *apiroute.Response) error { return res.Status(599).End() }, 599, "0"},
		{"the last Status counts", func(res *apiroute.Response) error { return res.Status(500).Status(0).Status(201).End() }, 201, "0"},
		{"204 JSON", func(res *apiroute.Response) error { return res.Status(204).JSON(1) }, 204, ""},
		{"204 JSON that cannot be encoded", func(res *apiroute.Response) error { return res.Status(204).JSON(math.NaN()) }, 204, ""},
		{"204 Text", func(res *apiroute.Response) error { return res.Status(204).Text("a") }, 204, ""},
		{"204 HTML", func(res *apiroute.Response) error { return res.Status(204).HTML("a") }, 204, ""},
		{"204 Bytes", func(res *apiroute.Response) error { return res.Status(204).Bytes("", []byte("a")) }, 204, ""},
		{"204 with a length", func(res *apiroute.Response) error {
			return res.Status(204).SetHeader("Content-Length", "3").Text("abc")
		}, 204, ""},
		{"205 End", func(res *apiroute.Response) error { return res.Status(205).End() }, 205, "0"},
		{"205 JSON", func(res *apiroute.Response) error { return res.Status(205).JSON(1) }, 205, "0"},
		{"205 with a length", func(res *apiroute.Response) error {
			return res.Status(205).SetHeader("Content-Length", "3").Text("abc")
		}, 205, "0"},
		{"304 End", func(res *apiroute.Response) error { return res.Status(304).End() }, 304, ""},
		{"304 JSON", func(res *apiroute.Response) error { return res.Status(304).JSON(1) }, 304, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", respond(tt.end)) })
			for _, method := range []string{"GET", "HEAD"} {
				got := s.oneReply(t, method, "/x")
				got.want(t, tt.status, "")
				length := got.header.Get("Content-Length")
				if method == "HEAD" && tt.status == 205 {
					length = tt.length // it may be absent
				}
				if length != tt.length || got.header.Get("Transfer-Encoding") != "" || got.header.Get("Content-Type") != "" {
					t.Errorf("%s: header %v; want Content-Length %q and nothing of a body", method, got.header, tt.length)
				}
			}
			s.wantErrors(t)
		})
	}
}

// A response without a body has no header that describes one, whoever has set it.
func TestContentFieldsWithoutBody(t *testing.T) {
	t.Parallel()
	described := map[string]string{"Content-Type": "a/b", "Content-Encoding": "gzip", "Content-Length": "3", "Transfer-Encoding": "identity"}
	kept := map[string]string{"Etag": `"a"`, "Cache-Control": "max-age=1", "Vary": "Origin", "Expires": "0",
		"Content-Location": "/a", "Content-Language": "en", "Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"}
	set := func(w http.ResponseWriter) {
		for _, fields := range []map[string]string{described, kept} {
			for name, value := range fields {
				w.Header().Set(name, value)
			}
		}
	}
	handlers := map[string]func(*apiroute.Response, int) error{
		"End":  func(res *apiroute.Response, status int) error { set(res); return res.Status(status).End() },
		"nil":  func(res *apiroute.Response, status int) error { set(res); res.Status(status); return nil },
		"JSON": func(res *apiroute.Response, status int) error { set(res); return res.Status(status).JSON(1) },
		"Text": func(res *apiroute.Response, status int) error { set(res); return res.Status(status).Text("abc") },
		"Bytes": func(res *apiroute.Response, status int) error {
			set(res)
			return res.Status(status).Bytes("x/y", []byte("abc"))
		},
		"Stream": func(res *apiroute.Response, status int) error {
			set(res)
			return res.Status(status).Stream("x/y", strings.NewReader("abc"))
		},
		"JSONLines": func(res *apiroute.Response, status int) error { set(res); return linesOf(1)(res.Status(status)) },
		"Events":    func(res *apiroute.Response, status int) error { set(res); return sendX(res.Status(status)) },
		"WriteHeader": func(res *apiroute.Response, status int) error {
			set(res)
			res.WriteHeader(status)
			res.Write([]byte("abc"))
			return nil
		},
		"Write": func(res *apiroute.Response, status int) error {
			set(res)
			res.Status(status).Write([]byte("abc"))
			return nil
		},
		"Flush": func(res *apiroute.Response, status int) error { set(res); res.Status(status).Flush(); return nil },
	}
	for name, h := range handlers {
		for _, status := range []int{204, 205, 304} {
			for _, method := range []string{"GET", "HEAD"} {
				for wrapper, wrap := range wrappers {
					t.Run(fmt.Sprintf("%s %d by %s, %s", method, status, name, wrapper), func(t *testing.T) {
						t.Parallel()
						middleware := func(next http.Handler) http.Handler {
							return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { set(w); next.ServeHTTP(w, r) })
						}
						api := apiroute.New(quiet(), apiroute.Use(middleware, wrap))
						api.Get("/x", respond(func(res *apiroute.Response) error { return h(res, status) }))
						got := serveRecorder(api, newRequest(method, "/x", ""))
						if got.status != status || got.body != "" {
							t.Errorf("%d %q, want %d", got.status, got.body, status)
						}
						for field := range described {
							if v := got.header.Values(field); len(v) > 0 {
								t.Errorf("%s: %q", field, v)
							}
						}
						for field, want := range kept {
							if v := got.header.Get(field); v != want && name != "Events" {
								t.Errorf("%s: %q, want %q", field, v, want)
							}
						}
					})
				}
			}
		}
	}
}

// The fields that describe a body are those of the final response, and not of one before it.
func TestContentFieldsOfInformational(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", respond(func(res *apiroute.Response) error {
			res.SetHeader("Content-Type", "a/b").SetHeader("Content-Encoding", "x").SetHeader("Link", "</a.css>")
			res.WriteHeader(103)
			_, err := res.Write([]byte("abc"))
			return err
		}))
	})
	c := s.dial(t)
	c.send(t, requestText("GET", "/x", ""))
	hints := c.peekHead()
	if !strings.Contains(hints, "Link: </a.css>") || strings.Contains(hints, "Content-") {
		t.Errorf("the informational response is %q", hints)
	}
	got := c.reply("GET")
	got.want(t, 200, "abc")
	if got.header.Get("Content-Type") != "a/b" || got.header.Get("Content-Encoding") != "x" {
		t.Errorf("header %v", got.header)
	}
}

// A status that is no status of a final response is a logged 500, however the response ends.
func TestResponseStatusOutOfRange(t *testing.T) {
	t.Parallel()
	word := strconv.IntSize / 2 // the lower half of the last number is 200
	for _, status := range []int{-1, 0, 1, 99, 100, 101, 103, 199, 600, 999, 1000, 200 + 1<<16, 200 + 1<<word} {
		for _, tt := range []struct {
			name string
			end  func(*apiroute.Response) error
		}{
			{"JSON", func(res *apiroute.Response) error { return res.Status(status).JSON(1) }},
			{"Text", func(res *apiroute.Response) error { return res.Status(status).Text("a") }},
			{"End", func(res *apiroute.Response) error { return res.Status(status).End() }},
			{"nil", func(res *apiroute.Response) error { res.Status(status); return nil }},
			{"an ignored error", func(res *apiroute.Response) error { res.Status(status).HTML("a"); return nil }},
			{"Redirect", func(res *apiroute.Response) error { return res.Status(status).Redirect("/") }},
			{"Write", func(res *apiroute.Response) error { _, err := res.Status(status).Write([]byte("a")); return err }},
			{"an ignored Write", func(res *apiroute.Response) error { res.Status(status).Write([]byte("a")); return nil }},
			{"io.Copy", func(res *apiroute.Response) error {
				_, err := io.Copy(res.Status(status), strings.NewReader("a"))
				return err
			}},
			{"Flush", func(res *apiroute.Response) error { return res.Status(status).FlushError() }},
		} {
			t.Run(fmt.Sprintf("%d by %s", status, tt.name), func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) { api.Get("/x/[id]", respond(tt.end)) })
				for _, method := range []string{"GET", "HEAD"} {
					body := problem(500)
					if method == "HEAD" {
						body = ""
					}
					s.oneReply(t, method, "/x/1").want(t, 500, body)
					lines := s.logs()
					if len(lines) != 1 || logValue(lines[0], "level") != "ERROR" || logValue(lines[0], "route") != "/x/[id]" ||
						!strings.Contains(logValue(lines[0], "error"), strconv.Itoa(min(status, math.MaxInt32))) {
						t.Errorf("%s: logged %q; want one error that names the route and the status", method, lines)
					}
				}
			})
		}
	}
}

type unencodable struct{}

func (unencodable) MarshalJSON() ([]byte, error) { return nil, errors.New("secret of MarshalJSON") }

type ring struct{ Next *ring }

// A value that has no JSON form is a logged 500, and nothing of the response is sent.
func TestResponseJSONError(t *testing.T) {
	t.Parallel()
	cycle := &ring{}
	cycle.Next = cycle
	loop := map[string]any{}
	loop["loop"] = loop
	for _, tt := range []struct {
		name  string
		value any
	}{
		{"NaN", math.NaN()},
		{"+Inf", []float64{1, math.Inf(1)}},
		{"chan", make(chan int)},
		{"func", func() {}},
		{"complex", 1i},
		{"pointer cycle", cycle},
		{"map cycle", loop},
		{"map with a bad key", map[struct{ A int }]int{{1}: 1}},
		{"third element after 5 KB", []any{strings.Repeat("x", 5000), 1, unencodable{}}},
		{"after 1 MB", []any{strings.Repeat("x", 1<<20), unencodable{}}},
	} {
		for _, ignore := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, error ignored %t", tt.name, ignore), func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) {
					api.Get("/x", func(_ *apiroute.Request, res *apiroute.Response) error {
						err := res.Status(201).SetHeader("X-A", "1").SetCookie(&http.Cookie{Name: "a", Value: "b"}).JSON(tt.value)
						if err == nil {
							t.Error("JSON returned no error")
						}
						if ignore {
							return nil
						}
						return err
					})
				})
				got := s.fetch("GET", "/x", "")
				got.want(t, 500, problem(500))
				if got.header.Get("X-A") != "" || got.header.Get("Set-Cookie") != "" {
					t.Errorf("header %v; want none of the handler's", got.header)
				}
				lines := s.logs()
				if len(lines) != 1 || logValue(lines[0], "level") != "ERROR" || !strings.Contains(logValue(lines[0], "error"), "JSON") {
					t.Errorf("logged %q; want the error once", lines)
				}
			})
		}
	}
}

// A method that fails before it has sent anything leaves the response to another.
func TestResponseFallback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		first func(*apiroute.Response) error
	}{
		{"JSON", func(res *apiroute.Response) error { return res.JSON(math.NaN()) }},
		{"Text", func(res *apiroute.Response) error { return res.Status(99).Text("a") }},
		{"Redirect", func(res *apiroute.Response) error { return res.Status(200).Redirect("/") }},
		{"Redirect to nowhere", func(res *apiroute.Response) error { return res.Redirect("") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", respond(func(res *apiroute.Response) error {
					if tt.first(res) == nil {
						t.Error("the first method returned no error")
					}
					return res.Status(200).Text("fallback")
				}))
			})
			s.fetch("GET", "/x", "").want(t, 200, "fallback")
			s.wantErrors(t)
		})
	}
}

func TestResponseRedirect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		set    int // 0: none
		url    string
		status int
		want   string // Location
	}{
		{0, "/a", 307, "/a"},
		{301, "/a", 301, "/a"},
		{302, "/a", 302, "/a"},
		{303, "/a", 303, "/a"},
		{307, "/a", 307, "/a"},
		{308, "/a", 308, "/a"},
		{0, "https://example.com/a?b=c&d#e", 307, "https://example.com/a?b=c&d#e"},
		{0, "a/../b?c=%2F%zz", 307, "a/../b?c=%2F%zz"}, // not made absolute, not decoded
		{0, "?page=2", 307, "?page=2"},
		{0, "/caf\u00e9?q=\u65e5", 307, "/caf%C3%A9?q=%E6%97%A5"},
		{0, "/\xff\x7f\x00", 307, "/%FF%7F%00"},
		{0, "/a\r\nSet-Cookie: b=c\r\n\r\n<html>", 307, "/a%0D%0ASet-Cookie: b=c%0D%0A%0D%0A<html>"},
		{0, "", 500, ""},
		{302, "", 500, ""},
		{200, "/a", 500, ""},
		{201, "/a", 500, ""},
		{204, "/a", 500, ""},
		{300, "/a", 500, ""},
		{304, "/a", 500, ""},
		{305, "/a", 500, ""},
		{306, "/a", 500, ""},
		{404, "/a", 500, ""},
	} {
		name := fmt.Sprintf("%d to %q", tt.set, tt.url)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Handle("/x", respond(func(res *apiroute.Response) error {
					if tt.set != 0 {
						res.Status(tt.set)
					}
					return res.Redirect(tt.url)
				}))
			})
			for _, method := range []string{"GET", "HEAD", "POST"} {
				got := s.fetch(method, "/x", "")
				if got.status != tt.status || got.header.Get("Location") != tt.want || got.header.Get("Set-Cookie") != "" || got.err != nil {
					t.Errorf("%s: %d %v, error %v; want %d to %q", method, got.status, got.header, got.err, tt.status, tt.want)
				}
				if tt.status != 500 && (got.body != "" || got.header.Get("Content-Type") != "") {
					t.Errorf("%s: a body of type %q: %q", method, got.header.Get("Content-Type"), got.body)
				}
				if lines := s.logs(); (len(lines) == 1) != (tt.status == 500) {
					t.Errorf("%s: logged %q", method, lines)
				}
			}
		})
	}
}

// Once the response is complete, whatever would add to it or change it is ErrAnswered: returned to
// the handler, and logged once, also if the handler ignores it.
func TestResponseAfterResponse(t *testing.T) {
	t.Parallel()
	first := map[string]func(*apiroute.Response){
		"JSON":            func(res *apiroute.Response) { res.JSON("first") },
		"Status and Text": func(res *apiroute.Response) { res.Status(200).Text(`"first"`) },
	}
	second := []struct {
		name string
		call func(*testing.T, *apiroute.Response) error
	}{
		{"JSON", func(t *testing.T, res *apiroute.Response) error { return res.JSON("second") }},
		{"JSON that cannot be encoded", func(t *testing.T, res *apiroute.Response) error { return res.JSON(math.NaN()) }},
		{"Text", func(t *testing.T, res *apiroute.Response) error { return res.Text("second") }},
		{"HTML", func(t *testing.T, res *apiroute.Response) error { return res.HTML("second") }},
		{"Bytes", func(t *testing.T, res *apiroute.Response) error { return res.Bytes("a/b", []byte("second")) }},
		{"Redirect", func(t *testing.T, res *apiroute.Response) error { return res.Redirect("/second") }},
		{"End", func(t *testing.T, res *apiroute.Response) error { return res.End() }},
		{"Write", func(t *testing.T, res *apiroute.Response) error {
			n, err := res.Write([]byte("second"))
			if n != 0 {
				t.Errorf("Write after the response wrote %d bytes, want 0", n)
			}
			return err
		}},
		{"Write of nothing", func(t *testing.T, res *apiroute.Response) error { _, err := res.Write(nil); return err }},
		{"io.Copy", func(t *testing.T, res *apiroute.Response) error {
			n, err := io.Copy(res, strings.NewReader("second"))
			if n != 0 {
				t.Errorf("io.Copy after the response wrote %d bytes, want 0", n)
			}
			return err
		}},
		{"Status", func(t *testing.T, res *apiroute.Response) error { res.Status(500); return apiroute.ErrAnswered }},
		{"SetHeader", func(t *testing.T, res *apiroute.Response) error {
			res.SetHeader("X-Second", "1")
			return apiroute.ErrAnswered
		}},
		{"SetCookie", func(t *testing.T, res *apiroute.Response) error {
			res.SetCookie(&http.Cookie{Name: "second"})
			return apiroute.ErrAnswered
		}},
		{"WriteHeader", func(t *testing.T, res *apiroute.Response) error { res.WriteHeader(500); return apiroute.ErrAnswered }},
		{"WriteHeader 103", func(t *testing.T, res *apiroute.Response) error { res.WriteHeader(103); return apiroute.ErrAnswered }},
		{"all of Status, SetHeader and JSON", func(t *testing.T, res *apiroute.Response) error {
			return res.Status(500).SetHeader("X-Second", "1").JSON("second")
		}},
	}
	for firstName, end := range first {
		for _, tt := range second {
			for _, ignore := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s after %s, error ignored %t", tt.name, firstName, ignore), func(t *testing.T) {
					t.Parallel()
					s := newAPI(t, func(api *apiroute.Router) {
						api.Get("/x", respond(func(res *apiroute.Response) error {
							end(res)
							err := tt.call(t, res)
							if !errors.Is(err, apiroute.ErrAnswered) {
								t.Errorf("error %v, want ErrAnswered", err)
							}
							if ignore {
								return nil
							}
							return err
						}))
					})
					for range 2 {
						got := s.fetch("GET", "/x", "")
						got.want(t, 200, `"first"`)
						if got.header.Get("X-Second") != "" || got.header.Get("Set-Cookie") != "" {
							t.Errorf("header %v; want that of the first response", got.header)
						}
						if lines := s.wantErrors(t, apiroute.ErrAnswered.Error()); len(lines) == 1 && logValue(lines[0], "route") != "/x" {
							t.Errorf("logged %q; want the route /x", lines)
						}
					}
					if n := s.connections(); n != 1 {
						t.Errorf("%d connections, want one that is used again", n)
					}
				})
			}
		}
	}
}

// No text of a handler can add a header or a body to the response.
func TestResponseInjection(t *testing.T) {
	t.Parallel()
	const evil = "a\r\nX-Evil: 1\r\n\r\n<html>"
	for _, tt := range []struct {
		name string
		end  func(*apiroute.Response) error
	}{
		{"value", func(res *apiroute.Response) error { return res.SetHeader("X-A", evil).Text("body") }},
		{"name", func(res *apiroute.Response) error { return res.SetHeader(evil, "1").Text("body") }},
		{"added value", func(res *apiroute.Response) error { res.Header().Add("X-A", evil); return res.Text("body") }},
		{"Content-Type", func(res *apiroute.Response) error { return res.Bytes(evil, []byte("body")) }},
		{"cookie value", func(res *apiroute.Response) error {
			return res.SetCookie(&http.Cookie{Name: "a", Value: evil}).Text("body")
		}},
		{"cookie name", func(res *apiroute.Response) error {
			return res.SetCookie(&http.Cookie{Name: evil, Value: "a"}).Text("body")
		}},
		{"cookie path", func(res *apiroute.Response) error {
			return res.SetCookie(&http.Cookie{Name: "a", Path: evil}).Text("body")
		}},
		{"Redirect", func(res *apiroute.Response) error { return res.Redirect(evil) }},
		{"Location", func(res *apiroute.Response) error { return res.SetHeader("Location", evil).Status(302).End() }},
		{"value of an Error", func(res *apiroute.Response) error {
			return &apiroute.Error{Status: 400, Header: http.Header{"X-A": {evil}}}
		}},
		{"name of an Error", func(res *apiroute.Response) error {
			return &apiroute.Error{Status: 400, Header: http.Header{evil: {"1"}}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", respond(tt.end)) })
			got := s.oneReply(t, "GET", "/x")
			if got.err != nil || strings.Contains(got.head, "\nX-Evil:") || strings.Contains(got.body, "<html>") {
				t.Errorf("sent %q %q, error %v", got.head, got.body, got.err)
			}
		})
	}
}

// A brokenWriter is the writer of a client that is gone.
type brokenWriter struct{ *httptest.ResponseRecorder }

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

// An error of the connection is returned to the handler, and the response is cut.
func TestResponseBrokenPipe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		call func(*apiroute.Response) error
	}{
		{"JSON", func(res *apiroute.Response) error { return res.JSON(1) }},
		{"Text", func(res *apiroute.Response) error { return res.Text("a") }},
		{"Write", func(res *apiroute.Response) error { _, err := res.Write([]byte("a")); return err }},
		{"io.Copy", func(res *apiroute.Response) error { _, err := io.Copy(res, strings.NewReader("a")); return err }},
		{"WriteHeader and io.Copy", func(res *apiroute.Response) error {
			res.WriteHeader(200)
			_, err := io.Copy(res, struct{ io.Reader }{strings.NewReader("a")})
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var err error
			api := apiroute.New(quiet())
			api.Get("/", respond(func(res *apiroute.Response) error { err = tt.call(res); return err }))
			v := recovered(func() {
				api.ServeHTTP(brokenWriter{httptest.NewRecorder()}, newRequest("GET", "/", ""))
			})
			if !errors.Is(err, errBroken) || v != http.ErrAbortHandler {
				t.Errorf("error %v, panic %v; want the writer's error and http.ErrAbortHandler", err, v)
			}
		})
	}
}

// recovered calls f and returns what it panics with.
func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// Responses of many goroutines do not mix, although they share buffers.
func TestResponseJSONConcurrently(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x/[n]", func(req *apiroute.Request, res *apiroute.Response) error {
			n, err := strconv.Atoi(req.Param("n"))
			if err != nil {
				return err
			}
			return res.JSON(strings.Repeat(string(rune('a'+n)), 3000*n))
		})
	})
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				want := `"` + strings.Repeat(string(rune('a'+n)), 3000*n) + `"`
				if got := s.fetch("GET", "/x/"+strconv.Itoa(n), ""); got.body != want {
					t.Errorf("/x/%d: %.20q of %d bytes, error %v; want %d bytes", n, got.body, len(got.body), got.err, len(want))
				}
			}
		}()
	}
	wg.Wait()
}
