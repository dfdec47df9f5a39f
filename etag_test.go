package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// conditions returns a header line If-None-Match for each value.
func conditions(values ...string) (lines []string) {
	for _, v := range values {
		lines = append(lines, "If-None-Match: "+v)
	}
	return lines
}

// taggedSite has responses with and without a tag.
func taggedSite() *apiroute.Router {
	on, off := apiroute.ETag(true), apiroute.ETag(false)
	text := func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("body") }
	withTag := func(tag string) apiroute.Handler {
		return func(_ *apiroute.Request, res *apiroute.Response) error { return res.SetHeader("ETag", tag).JSON(1) }
	}
	api := apiroute.New(on, quiet())
	api.Handle("/json", func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON("body") })
	api.Handle("/text", text)
	api.Handle("/html", func(_ *apiroute.Request, res *apiroute.Response) error { return res.HTML("body") })
	api.Handle("/bytes", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Bytes("text/css", []byte("body")) })
	api.Handle("/empty", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("") })
	api.Handle("/ended", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(200).End() })
	api.Handle("/other", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("another body") })
	api.Handle("/status/[code]", func(req *apiroute.Request, res *apiroute.Response) error {
		var code int
		fmt.Sscan(req.Param("code"), &code)
		return res.Status(code).Text("body")
	})
	api.Handle("/none", func(*apiroute.Request, *apiroute.Response) error { return nil })
	api.Handle("/redirect", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Redirect("/text") })
	api.Handle("/error", func(*apiroute.Request, *apiroute.Response) error { return errors.New("x") })
	api.Handle("/rejected", func(_ *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("ETag", `"mine"`)
		return apiroute.Errorf(404, "nothing here")
	})
	api.Handle("/write", func(_ *apiroute.Request, res *apiroute.Response) error {
		_, err := io.WriteString(res, "body")
		return err
	})
	api.Handle("/stream", func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.Stream("", strings.NewReader("body"))
	})
	api.Handle("/lines", func(_ *apiroute.Request, res *apiroute.Response) error { return apiroute.JSONLines(res, numbers(1, 0)) })
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
	apiroute.Get(group, "/typed/on", func(context.Context, struct{}) (string, error) { return "body", nil }, on)
	apiroute.Get(group, "/typed/off", func(context.Context, struct{}) (string, error) { return "body", nil })
	api.Handle("/headers", func(_ *apiroute.Request, res *apiroute.Response) error {
		for _, k := range []string{"Cache-Control", "Content-Location", "Expires", "Vary", "Set-Cookie", "X-Own", "Link"} {
			res.SetHeader(k, "v")
		}
		return res.SetHeader("Content-Type", "application/x-own").SetHeader("Content-Length", "99").JSON("body")
	})
	return api
}

func TestETag(t *testing.T) {
	t.Parallel()
	s := newServer(t, taggedSite())
	for _, tt := range []struct {
		name         string
		method, path string
		match        []string // the values of If-None-Match, in which T is the tag of the response
		status       int
		tagged       bool
	}{
		// Without and with another tag.
		{"no condition, JSON", "GET", "/json", nil, 200, true},
		{"no condition, Text", "GET", "/text", nil, 200, true},
		{"no condition, HTML", "GET", "/html", nil, 200, true},
		{"no condition, Bytes", "GET", "/bytes", nil, 200, true},
		{"no condition, no text", "GET", "/empty", nil, 200, true},
		{"no condition, End", "GET", "/ended", nil, 200, true},
		{"another tag", "GET", "/json", []string{`"x"`}, 200, true},
		{"HEAD, no condition", "HEAD", "/json", nil, 200, true},
		{"no condition, status 200", "GET", "/status/200", nil, 200, true},

		// The grammar: RFC 9110, section 13.1.2.
		{"the tag", "GET", "/json", []string{`T`}, 304, true},
		{"the tag as a weak one", "GET", "/json", []string{`W/T`}, 304, true}, // the comparison is weak
		{"any tag", "GET", "/json", []string{`*`}, 304, true},
		{"any tag, with space around", "GET", "/json", []string{"  *\t"}, 304, true},
		{"the tag among others", "GET", "/json", []string{`"x", T, "y"`}, 304, true},
		{"the tag after another", "GET", "/json", []string{`"x",T`}, 304, true},
		{"the tag before another", "GET", "/json", []string{`T,"x"`}, 304, true},
		{"the tag as a weak one, with space around the comma", "GET", "/json", []string{"\"x\"\t ,\t W/T"}, 304, true},
		{"empty elements", "GET", "/json", []string{`, ,T, ,`}, 304, true}, // empty elements; section 5.6.1.2
		{"two lines, both other", "GET", "/json", []string{`"x"`, `"y"`}, 200, true},
		{"two lines, the tag in the second", "GET", "/json", []string{`"x"`, `T`}, 304, true},
		{"two lines, the tag in the first", "GET", "/json", []string{`T`, `"x"`}, 304, true},
		{"two lines, the first empty", "GET", "/json", []string{``, `T`}, 304, true},
		{"a tag that contains the tag", "GET", "/json", []string{`"x, T"`}, 200, true}, // the comma is in a tag
		{"a tag with a comma, and the tag", "GET", "/json", []string{`"x,", T`}, 304, true},
		{"a tag that is a star", "GET", "/json", []string{`"*"`}, 200, true},
		{"5,000 tags, and the tag", "GET", "/json", []string{strings.Repeat(`"x", `, 5000) + `T`}, 304, true},
		// If all that is left were compared with "*" at each tag, this would take most of a minute.
		{"75,000 tags, and as many spaces that are not ASCII", "GET", "/json", []string{strings.Repeat(`"",`, 75_000) + strings.Repeat("\u00a0", 75_000)}, 200, true},

		// What is malformed matches nothing.
		{"malformed: empty", "GET", "/json", []string{``}, 200, true},
		{"malformed: a comma", "GET", "/json", []string{`,`}, 200, true},
		{"malformed: a word", "GET", "/json", []string{`body`}, 200, true},
		{"malformed: a word, and the tag", "GET", "/json", []string{`x, T`}, 200, true},
		{"malformed: no closing quote", "GET", "/json", []string{`"x`}, 200, true},
		{"malformed: a quote", "GET", "/json", []string{`"`}, 200, true},
		{"malformed: W/ alone", "GET", "/json", []string{`W/`}, 200, true},
		{"malformed: w/ in lower case", "GET", "/json", []string{`w/T`}, 200, true},
		{"malformed: W/ twice", "GET", "/json", []string{`W/W/T`}, 200, true},
		{"malformed: two stars", "GET", "/json", []string{`**`}, 200, true},
		// "*" is the whole value or nothing, and the space around it ASCII.
		{"malformed: a star in a list", "GET", "/json", []string{`*, "x"`}, 200, true},
		{"malformed: a star at the end of a list", "GET", "/json", []string{`"x", *`}, 200, true},
		{"malformed: a star in the second line", "GET", "/json", []string{`"x"`, `*`}, 200, true},
		{"malformed: a star and a space that is not ASCII", "GET", "/json", []string{"*\u00a0"}, 200, true},
		{"malformed: a space that is not ASCII in a list", "GET", "/json", []string{"\"x\"\u00a0, T"}, 200, true},
		{"malformed: single quotes", "GET", "/json", []string{`'T'`}, 200, true},

		// Whatever has a tag.
		{"the tag of Text", "GET", "/text", []string{`T`}, 304, true},
		{"the tag of HTML", "GET", "/html", []string{`T`}, 304, true},
		{"the tag of Bytes", "GET", "/bytes", []string{`T`}, 304, true},
		{"the tag of no text", "GET", "/empty", []string{`T`}, 304, true},
		{"the tag of End", "GET", "/ended", []string{`T`}, 304, true},
		{"HEAD, the tag", "HEAD", "/json", []string{`T`}, 304, true},
		{"HEAD, any tag", "HEAD", "/json", []string{`*`}, 304, true},
		{"HEAD, another tag", "HEAD", "/json", []string{`"x"`}, 200, true},

		// A tag of the handler's own.
		{"own tag, no condition", "GET", "/own", nil, 200, true},
		{"own tag", "GET", "/own", []string{`"mine"`}, 304, true},
		{"own tag as a weak one", "GET", "/own", []string{`W/"mine"`}, 304, true},
		{"own tag, another asked for", "GET", "/own", []string{`"other"`}, 200, true},
		{"own weak tag as a strong one", "GET", "/own/weak", []string{`"mine"`}, 304, true},
		{"own weak tag", "GET", "/own/weak", []string{`W/"mine"`}, 304, true},
		{"own tag with a comma", "GET", "/own/comma", []string{`"a,b"`}, 304, true},
		{"own tag with a comma, after another", "GET", "/own/comma", []string{`"x", "a,b"`}, 304, true},
		{"own tag with a comma, its parts asked for", "GET", "/own/comma", []string{`"a", "b"`}, 200, true},
		{"own empty tag", "GET", "/own/empty", []string{`""`}, 304, true},
		{"own empty tag, another asked for", "GET", "/own/empty", []string{`"x"`}, 200, true},
		{"own tag without quotes, which is none", "GET", "/own/bare", []string{`mine`}, 200, true}, // never the same

		// Other methods and statuses.
		{"POST", "POST", "/json", []string{`*`}, 200, false},
		{"PUT", "PUT", "/json", []string{`*`}, 200, false},
		{"PATCH", "PATCH", "/json", []string{`*`}, 200, false},
		{"DELETE", "DELETE", "/json", []string{`*`}, 200, false},
		{"OPTIONS", "OPTIONS", "/json", []string{`*`}, 200, false},
		{"POST, own tag", "POST", "/own", []string{`"mine"`}, 200, true},
		{"status 201", "GET", "/status/201", []string{`*`}, 201, false},
		{"status 203", "GET", "/status/203", []string{`*`}, 203, false},
		{"status 204", "GET", "/status/204", []string{`*`}, 204, false},
		{"status 404", "GET", "/status/404", []string{`*`}, 404, false},
		{"status 500", "GET", "/status/500", []string{`*`}, 500, false},
		{"nil", "GET", "/none", []string{`*`}, 204, false},
		{"Redirect", "GET", "/redirect", []string{`*`}, 307, false},
		{"an error", "GET", "/error", []string{`*`}, 500, false},
		{"an Error, any tag", "GET", "/rejected", []string{`*`}, 404, false},
		{"an Error, own tag", "GET", "/rejected", []string{`"mine"`}, 404, false},
		{"no route", "GET", "/no/route", []string{`*`}, 404, false},
		{"no handler for the method", "TRACE", "/json", []string{`*`}, 405, false},

		// What is sent before it is whole.
		{"Write", "GET", "/write", []string{`*`}, 200, false},
		{"Stream", "GET", "/stream", []string{`*`}, 200, false},
		{"JSONLines", "GET", "/lines", []string{`*`}, 200, false},

		// The option at the levels of the router.
		{"off", "GET", "/off", []string{`*`}, 200, false},
		{"off, own tag", "GET", "/off/own", []string{`"mine"`}, 200, true},
		{"off in a group", "GET", "/g/off", []string{`*`}, 200, false},
		{"on again in a group", "GET", "/g/on", []string{`*`}, 304, true},
		{"on again in a group, typed", "GET", "/g/typed/on", []string{`*`}, 304, true},
		{"off in a group, typed", "GET", "/g/typed/off", []string{`*`}, 200, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plain := s.do(tt.method, tt.path, "")
			if plain.err != nil {
				t.Fatal(plain.err)
			}
			tag := plain.header.Get("ETag")
			if (tag != "") != tt.tagged {
				t.Errorf("ETag %q; want one: %t", tag, tt.tagged)
			}
			values := append([]string(nil), tt.match...)
			for i := range values {
				values[i] = strings.ReplaceAll(values[i], "T", tag)
			}
			got := s.do(tt.method, tt.path, "", conditions(values...)...)
			want := plain.body
			if tt.status == 304 {
				want = ""
			}
			got.want(t, tt.status, want)
			if v := got.header.Get("ETag"); v != tag {
				t.Errorf("If-None-Match %.200q: ETag %q, want %q", values, v, tag)
			}
		})
	}
	t.Run("a router without routes", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, apiroute.New(quiet()))
		s.do("GET", "/", "", conditions("*")...).wantProblem(t, 404)
	})
}

func TestETagIsOfTheBody(t *testing.T) {
	t.Parallel()
	s := newServer(t, taggedSite())
	tag := func(method, path string) string { return s.do(method, path, "").header.Get("ETag") }
	text := tag("GET", "/text")
	if len(text) < 18 || text[0] != '"' || text[len(text)-1] != '"' || strings.Contains(text[1:len(text)-1], `"`) {
		t.Errorf("ETag %s is no strong tag of 128 bits", text)
	}
	for _, tt := range []struct {
		name, method, path string
		same               bool
	}{
		{"again", "GET", "/text", true},
		{"HEAD", "HEAD", "/text", true},
		{"another type", "GET", "/bytes", true},
		{"another route", "GET", "/g/on", true},
		{"JSON, which has quotes", "GET", "/json", false},
		{"another body", "GET", "/other", false},
		{"no body", "GET", "/empty", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tag(tt.method, tt.path); got == "" || (got == text) != tt.same {
				t.Errorf("ETag %s, and of GET /text %s; want the same: %t", got, text, tt.same)
			}
		})
	}
}

// A 304 has the headers of the 200, as RFC 9110, section 15.4.5, says, and whatever else the handler
// set. It has none that are about a body.
func TestETagHeadersOf304(t *testing.T) {
	t.Parallel()
	s := newServer(t, taggedSite())
	for _, method := range []string{"GET", "HEAD"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			got := s.do(method, "/headers", "", conditions("*")...)
			got.want(t, 304, "")
			for _, k := range []string{"Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Vary", "Set-Cookie", "X-Own", "Link"} {
				if got.header.Get(k) == "" {
					t.Errorf("no %s in %v", k, got.header)
				}
			}
			for _, k := range []string{"Content-Type", "Content-Length", "Transfer-Encoding"} {
				if strings.Contains(got.head, "\n"+k+":") {
					t.Errorf("%s in %q", k, got.head)
				}
			}
		})
	}
}

func TestETagLeavesTheConnectionUsable(t *testing.T) {
	t.Parallel()
	c := newServer(t, taggedSite()).dial(t)
	for i := 0; i < 3; i++ {
		c.send(t, requestText("GET", "/json", "", conditions("*")...))
		c.reply("GET").want(t, 304, "")
	}
}

// What matches is compared with http.ServeContent, for lists that are put together at random.
func TestETagLikeNetHTTP(t *testing.T) {
	t.Parallel()
	tags := []string{`"mine"`, `W/"mine"`, `""`, `"a,b"`, `W/"a,b"`}
	parts := []string{`"mine"`, `W/"mine"`, `""`, `"a,b"`, `"x"`, `W/"x"`, `,`, `, `, ` `, "\t", `W/`, `x`, `mine`}
	var tag string
	api := apiroute.New(apiroute.ETag(true))
	api.Get("/", respond(func(res *apiroute.Response) error { return res.SetHeader("ETag", tag).Text("1") }))
	rnd := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for i := 0; i < 20_000; i++ {
		tag = tags[rnd.IntN(len(tags))]
		r := newRequest("GET", "/", "")
		for lines := rnd.IntN(2); lines >= 0; lines-- {
			var line strings.Builder
			for n := rnd.IntN(6); n > 0; n-- {
				line.WriteString(parts[rnd.IntN(len(parts))])
			}
			r.Header.Add("If-None-Match", line.String())
		}
		joined := r.Clone(context.Background()) // ServeContent looks at the first line only
		joined.Header.Set("If-None-Match", strings.Join(r.Header["If-None-Match"], ","))
		want := serveRecorder(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", tag)
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader("1"))
		}), joined)
		got := serveRecorder(api, r)
		if got.status != want.status {
			t.Errorf("ETag %s, If-None-Match %q: %d; http.ServeContent: %d", tag, r.Header["If-None-Match"], got.status, want.status)
		}
		if got.status == 304 {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d of the lists have matched", matched)
	}
}
