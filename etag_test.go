package apiroute

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// etagAsk sends a request with lines of If-None-Match and returns the answer
// and its body.
func etagAsk(t *testing.T, s *httptest.Server, method, path string, lines ...string) (*http.Response, string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", method, path)
	for _, line := range lines {
		b.WriteString("If-None-Match: " + line + "\r\n")
	}
	resp := streamDial(t, s).ask(method, b.String()+"\r\n")
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// etagSite has answers with and without a tag.
func etagSite() *Router {
	on, off := ETag(true), ETag(false)
	text := func(_ *Request, res *Response) error { return res.Text("body") }
	withTag := func(tag string) Handler {
		return func(_ *Request, res *Response) error { return res.SetHeader("ETag", tag).JSON(1) }
	}
	api := New(on)
	api.Handle("/json", func(_ *Request, res *Response) error { return res.JSON("body") })
	api.Handle("/text", text)
	api.Handle("/html", func(_ *Request, res *Response) error { return res.HTML("body") })
	api.Handle("/bytes", func(_ *Request, res *Response) error { return res.Bytes("text/css", []byte("body")) })
	api.Handle("/empty", func(_ *Request, res *Response) error { return res.Text("") })
	api.Handle("/ended", func(_ *Request, res *Response) error { return res.Status(200).End() })
	api.Handle("/other", func(_ *Request, res *Response) error { return res.Text("another body") })
	api.Handle("/status/[code]", func(req *Request, res *Response) error {
		var code int
		fmt.Sscan(req.Param("code"), &code)
		return res.Status(code).Text("body")
	})
	api.Handle("/none", func(*Request, *Response) error { return nil })
	api.Handle("/redirect", func(_ *Request, res *Response) error { return res.Redirect("/text") })
	api.Handle("/error", func(*Request, *Response) error { return errors.New("x") })
	api.Handle("/refused", func(_ *Request, res *Response) error {
		res.SetHeader("ETag", `"mine"`)
		return Errorf(404, "nothing here")
	})
	api.Handle("/write", func(_ *Request, res *Response) error { _, err := io.WriteString(res, "body"); return err })
	api.Handle("/stream", func(_ *Request, res *Response) error { return res.Stream("", strings.NewReader("body")) })
	api.Handle("/lines", func(_ *Request, res *Response) error { return JSONLines(res, count(1, 0)) })
	api.Handle("/own", withTag(`"mine"`))
	api.Handle("/own/weak", withTag(`W/"mine"`))
	api.Handle("/own/comma", withTag(`"a,b"`))
	api.Handle("/own/empty", withTag(`""`))
	api.Handle("/own/bare", withTag(`mine`))
	api.Handle("/off", text, off)
	api.Handle("/off/own", withTag(`"mine"`), off)
	group := api.Group("/g", off)
	group.Handle("/off", text)
	group.Handle("/on", text, on)
	Get(group, "/typed/on", func(context.Context, struct{}) (string, error) { return "body", nil }, on)
	Get(group, "/typed/off", func(context.Context, struct{}) (string, error) { return "body", nil })
	api.Handle("/headers", func(_ *Request, res *Response) error {
		for _, k := range []string{"Cache-Control", "Content-Location", "Expires", "Vary", "Set-Cookie", "X-Own", "Link"} {
			res.SetHeader(k, "v")
		}
		return res.SetHeader("Content-Type", "application/x-own").SetHeader("Content-Length", "99").JSON("body")
	})
	return api
}

func TestETag(t *testing.T) {
	s := streamServe(t, etagSite())
	if resp, body := etagAsk(t, streamServe(t, New()), "GET", "/", "*"); resp.StatusCode != 404 || body == "" {
		t.Fatalf("%d %q", resp.StatusCode, body)
	}
	for _, tt := range []struct {
		method, path string
		match        []string // in which T is the answer's own tag, without it
		status       int
		tagged       bool
	}{
		// Without and with another tag.
		{"GET", "/json", nil, 200, true},
		{"GET", "/text", nil, 200, true},
		{"GET", "/html", nil, 200, true},
		{"GET", "/bytes", nil, 200, true},
		{"GET", "/empty", nil, 200, true},
		{"GET", "/ended", nil, 200, true},
		{"GET", "/json", []string{`"x"`}, 200, true},
		{"HEAD", "/json", nil, 200, true},
		{"GET", "/status/200", nil, 200, true},

		// The grammar: RFC 9110, section 13.1.2.
		{"GET", "/json", []string{`T`}, 304, true},
		{"GET", "/json", []string{`W/T`}, 304, true}, // the comparison is weak
		{"GET", "/json", []string{`*`}, 304, true},
		{"GET", "/json", []string{"  *\t"}, 304, true},
		{"GET", "/json", []string{`"x", T, "y"`}, 304, true},
		{"GET", "/json", []string{`"x",T`}, 304, true},
		{"GET", "/json", []string{`T,"x"`}, 304, true},
		{"GET", "/json", []string{"\"x\"\t ,\t W/T"}, 304, true},
		{"GET", "/json", []string{`, ,T, ,`}, 304, true}, // empty elements; section 5.6.1.2
		{"GET", "/json", []string{`"x"`, `"y"`}, 200, true},
		{"GET", "/json", []string{`"x"`, `T`}, 304, true},
		{"GET", "/json", []string{`T`, `"x"`}, 304, true},
		{"GET", "/json", []string{``, `T`}, 304, true},
		{"GET", "/json", []string{`"x, T"`}, 200, true}, // the comma is in a tag
		{"GET", "/json", []string{`"x,", T`}, 304, true},
		{"GET", "/json", []string{`"*"`}, 200, true},
		{"GET", "/json", []string{strings.Repeat(`"x", `, 5000) + `T`}, 304, true},
		// A comparison of all that is left with "*", at each tag, would take most of
		// a minute for this.
		{"GET", "/json", []string{strings.Repeat(`"",`, 75_000) + strings.Repeat("\u00a0", 75_000)}, 200, true},

		// What is malformed matches nothing, and the answer is whole.
		{"GET", "/json", []string{``}, 200, true},
		{"GET", "/json", []string{`,`}, 200, true},
		{"GET", "/json", []string{`body`}, 200, true},
		{"GET", "/json", []string{`x, T`}, 200, true},
		{"GET", "/json", []string{`"x`}, 200, true},
		{"GET", "/json", []string{`"`}, 200, true},
		{"GET", "/json", []string{`W/`}, 200, true},
		{"GET", "/json", []string{`w/T`}, 200, true},
		{"GET", "/json", []string{`W/W/T`}, 200, true},
		{"GET", "/json", []string{`**`}, 200, true},
		// "*" is the whole value or nothing, and the space around it ASCII.
		{"GET", "/json", []string{`*, "x"`}, 200, true},
		{"GET", "/json", []string{`"x", *`}, 200, true},
		{"GET", "/json", []string{`"x"`, `*`}, 200, true},
		{"GET", "/json", []string{"*\u00a0"}, 200, true},
		{"GET", "/json", []string{"\"x\"\u00a0, T"}, 200, true},
		{"GET", "/json", []string{`'T'`}, 200, true},

		// All that has a tag.
		{"GET", "/text", []string{`T`}, 304, true},
		{"GET", "/html", []string{`T`}, 304, true},
		{"GET", "/bytes", []string{`T`}, 304, true},
		{"GET", "/empty", []string{`T`}, 304, true},
		{"GET", "/ended", []string{`T`}, 304, true},
		{"HEAD", "/json", []string{`T`}, 304, true},
		{"HEAD", "/json", []string{`*`}, 304, true},
		{"HEAD", "/json", []string{`"x"`}, 200, true},

		// The handler's own.
		{"GET", "/own", nil, 200, true},
		{"GET", "/own", []string{`"mine"`}, 304, true},
		{"GET", "/own", []string{`W/"mine"`}, 304, true},
		{"GET", "/own", []string{`"other"`}, 200, true},
		{"GET", "/own/weak", []string{`"mine"`}, 304, true},
		{"GET", "/own/weak", []string{`W/"mine"`}, 304, true},
		{"GET", "/own/comma", []string{`"a,b"`}, 304, true},
		{"GET", "/own/comma", []string{`"x", "a,b"`}, 304, true},
		{"GET", "/own/comma", []string{`"a", "b"`}, 200, true},
		{"GET", "/own/empty", []string{`""`}, 304, true},
		{"GET", "/own/empty", []string{`"x"`}, 200, true},
		{"GET", "/own/bare", []string{`mine`}, 200, true}, // no tag, and so never the same

		// Other methods and statuses.
		{"POST", "/json", []string{`*`}, 200, false},
		{"PUT", "/json", []string{`*`}, 200, false},
		{"PATCH", "/json", []string{`*`}, 200, false},
		{"DELETE", "/json", []string{`*`}, 200, false},
		{"OPTIONS", "/json", []string{`*`}, 200, false},
		{"POST", "/own", []string{`"mine"`}, 200, true},
		{"GET", "/status/201", []string{`*`}, 201, false},
		{"GET", "/status/203", []string{`*`}, 203, false},
		{"GET", "/status/204", []string{`*`}, 204, false},
		{"GET", "/status/404", []string{`*`}, 404, false},
		{"GET", "/status/500", []string{`*`}, 500, false},
		{"GET", "/none", []string{`*`}, 204, false},
		{"GET", "/redirect", []string{`*`}, 307, false},
		{"GET", "/error", []string{`*`}, 500, false},
		{"GET", "/refused", []string{`*`}, 404, false},
		{"GET", "/refused", []string{`"mine"`}, 404, false},
		{"GET", "/no/route", []string{`*`}, 404, false},
		{"TRACE", "/json", []string{`*`}, 405, false},

		// What is not there as a whole before it is sent.
		{"GET", "/write", []string{`*`}, 200, false},
		{"GET", "/stream", []string{`*`}, 200, false},
		{"GET", "/lines", []string{`*`}, 200, false},

		// The option, inside out.
		{"GET", "/off", []string{`*`}, 200, false},
		{"GET", "/off/own", []string{`"mine"`}, 200, true},
		{"GET", "/g/off", []string{`*`}, 200, false},
		{"GET", "/g/on", []string{`*`}, 304, true},
		{"GET", "/g/typed/on", []string{`*`}, 304, true},
		{"GET", "/g/typed/off", []string{`*`}, 200, false},
	} {
		plain, body := etagAsk(t, s, tt.method, tt.path)
		tag := plain.Header.Get("ETag")
		if (tag != "") != tt.tagged {
			t.Errorf("%s %s: ETag %q; want one: %t", tt.method, tt.path, tag, tt.tagged)
		}
		lines := append([]string(nil), tt.match...)
		for i := range lines {
			lines[i] = strings.ReplaceAll(lines[i], "T", tag)
		}
		resp, got := etagAsk(t, s, tt.method, tt.path, lines...)
		if resp.StatusCode != tt.status || resp.Header.Get("ETag") != tag {
			t.Errorf("%s %s, If-None-Match %.200q: %d, ETag %q; want %d, %q", tt.method, tt.path, lines, resp.StatusCode, resp.Header.Get("ETag"), tt.status, tag)
		}
		want := body
		if tt.status == 304 {
			want = ""
		}
		if got != want {
			t.Errorf("%s %s, If-None-Match %.200q: body %q, want %q", tt.method, tt.path, lines, got, want)
		}
	}
}

func TestETagIsOfTheBody(t *testing.T) {
	s := streamServe(t, etagSite())
	tag := func(method, path string) string {
		resp, _ := etagAsk(t, s, method, path)
		return resp.Header.Get("ETag")
	}
	text := tag("GET", "/text")
	if len(text) < 18 || text[0] != '"' || text[len(text)-1] != '"' || strings.Contains(text[1:len(text)-1], `"`) {
		t.Errorf("ETag %s is no strong tag of 128 bits", text)
	}
	for _, tt := range []struct {
		method, path string
		same         bool
	}{
		{"GET", "/text", true}, {"HEAD", "/text", true}, {"GET", "/bytes", true}, {"GET", "/g/on", true},
		{"GET", "/json", false}, // it has quotes
		{"GET", "/other", false}, {"GET", "/empty", false},
	} {
		if got := tag(tt.method, tt.path); (got == text) != tt.same {
			t.Errorf("%s %s: ETag %s, and of GET /text %s; want the same: %t", tt.method, tt.path, got, text, tt.same)
		}
	}
}

func TestETagHeadersOf304(t *testing.T) {
	s := streamServe(t, etagSite())
	for _, method := range []string{"GET", "HEAD"} {
		resp, _ := etagAsk(t, s, method, "/headers", "*")
		if resp.StatusCode != 304 {
			t.Fatalf("%s: %d, want 304", method, resp.StatusCode)
		}
		// RFC 9110, section 15.4.5, and what the handler has for other ends.
		for _, k := range []string{"Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Vary", "Set-Cookie", "X-Own", "Link"} {
			if resp.Header.Get(k) == "" {
				t.Errorf("%s: 304 without %s: %v", method, k, resp.Header)
			}
		}
		for _, k := range []string{"Content-Type", "Content-Length", "Transfer-Encoding"} {
			if v, ok := resp.Header[k]; ok || len(resp.TransferEncoding) > 0 {
				t.Errorf("%s: 304 with %s: %q", method, k, v)
			}
		}
	}
}

func TestETagLeavesTheConnectionUsable(t *testing.T) {
	c := streamDial(t, streamServe(t, etagSite()))
	for i := 0; i < 3; i++ {
		if resp := c.ask("GET", "GET /json HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n"); resp.StatusCode != 304 {
			t.Fatalf("answer %d: %d, want 304", i, resp.StatusCode)
		}
	}
}

// TestETagLikeNetHTTP compares what matches with http.ServeContent, for lists
// put together at random.
func TestETagLikeNetHTTP(t *testing.T) {
	tags := []string{`"mine"`, `W/"mine"`, `""`, `"a,b"`, `W/"a,b"`}
	parts := []string{`"mine"`, `W/"mine"`, `""`, `"a,b"`, `"x"`, `W/"x"`, `,`, `, `, ` `, "\t", `W/`, `x`, `mine`}
	rnd := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for i := 0; i < 20_000; i++ {
		tag := tags[rnd.IntN(len(tags))]
		r := httptest.NewRequest("GET", "/", nil)
		for lines := rnd.IntN(2); lines >= 0; lines-- {
			var line strings.Builder
			for n := rnd.IntN(6); n > 0; n-- {
				line.WriteString(parts[rnd.IntN(len(parts))])
			}
			r.Header.Add("If-None-Match", line.String())
		}
		// ServeContent takes the first line only.
		joined := r.Clone(context.Background())
		joined.Header.Set("If-None-Match", strings.Join(r.Header["If-None-Match"], ","))
		want := httptest.NewRecorder()
		want.Header().Set("ETag", tag)
		http.ServeContent(want, joined, "", time.Time{}, strings.NewReader("1"))
		got := httptest.NewRecorder()
		api := New(ETag(true))
		api.Get("/", func(_ *Request, res *Response) error { return res.SetHeader("ETag", tag).Text("1") })
		api.ServeHTTP(got, r)
		if got.Code != want.Code {
			t.Errorf("ETag %s, If-None-Match %q: %d; http.ServeContent: %d", tag, r.Header["If-None-Match"], got.Code, want.Code)
		}
		if got.Code == 304 {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d of the lists have matched", matched)
	}
}
