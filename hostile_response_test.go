package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// faultRoutes adds the faulty handlers. The handler /reply/[kind] does what its kind says, with the
// argument ?a=.
func faultRoutes(api *apiroute.Router) {
	api.Get("/reply/[kind]", func(req *apiroute.Request, res *apiroute.Response) error {
		h := faults[req.Param("kind")]
		if h == nil {
			return apiroute.Errorf(404, "no such kind")
		}
		return h(res, req.Query().Get("a"))
	})
	api.Get("/nodst/[kind]", func(req *apiroute.Request, res *apiroute.Response) error {
		switch req.Param("kind") {
		case "nil":
			return req.JSON(nil)
		case "value":
			return req.JSON(hostileDoc{})
		}
		return req.JSON((*hostileDoc)(nil))
	})
	api.Handle("/wait", func(req *apiroute.Request, res *apiroute.Response) error {
		<-req.Context().Done()
		return req.Context().Err()
	}, apiroute.Timeout(10*time.Millisecond))
	api.Get("/onerror/[kind]", func(req *apiroute.Request, res *apiroute.Response) error { return errors.New("SECRET") },
		apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
			if req.Param("kind") == "panics" {
				panic("SECRET")
			}
			return nil
		}))
	api.Get("/use/[kind]", sayOK, apiroute.Use(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("SECRET") })
	}))
	apiroute.Get(api, "/checked", func(_ context.Context, in checkedInput) (int, error) { return 0, nil })
}

// A checkedInput is never valid.
type checkedInput struct {
	Q string `query:"q"`
}

func (checkedInput) Validate() error { return errors.New("SECRET") }

// A failingMarshaler has no JSON form.
type failingMarshaler struct{}

func (failingMarshaler) MarshalJSON() ([]byte, error) { return nil, errors.New("SECRET") }

type panickingMarshaler struct{}

func (panickingMarshaler) MarshalJSON() ([]byte, error) { panic("SECRET") }

// A cycle points to itself.
type cycle struct{ Next *cycle }

func newCycle() *cycle {
	c := &cycle{}
	c.Next = c
	return c
}

// faults are what handlers do wrong, or may do and find odd, by the kind.
var faults = map[string]func(res *apiroute.Response, a string) error{
	// What a handler sends of its input.
	"header": func(res *apiroute.Response, a string) error {
		return res.SetHeader("X-A", a).SetHeader("X-A: b", "c").Text("ok")
	},
	"cookie": func(res *apiroute.Response, a string) error {
		return res.SetCookie(&http.Cookie{Name: "c", Value: a}).Text("ok")
	},
	"redirect": func(res *apiroute.Response, a string) error { return res.Redirect(a) },
	"script":   func(res *apiroute.Response, _ string) error { return res.JSON("<script>alert(1)</script>\u2028") },
	"text":     func(res *apiroute.Response, _ string) error { return res.Text("<script>alert(1)</script>") },
	"bytes": func(res *apiroute.Response, _ string) error {
		return res.Bytes("", []byte("<html><script>alert(1)</script>"))
	},
	"errorscript": func(_ *apiroute.Response, a string) error { return apiroute.Errorf(400, "no %s", a) },
	"events":      sendEvents,

	// Statuses and lengths.
	"status":    func(res *apiroute.Response, a string) error { return res.Status(number(a)).JSON("x") },
	"statusend": func(res *apiroute.Response, a string) error { return res.Status(number(a)).End() },
	"statusonly": func(res *apiroute.Response, a string) error {
		res.Status(number(a))
		return nil
	},
	"writeheader": func(res *apiroute.Response, a string) error {
		res.WriteHeader(number(a))
		return nil
	},
	"length": func(res *apiroute.Response, a string) error { return res.SetHeader("Content-Length", a).Text("ok") },
	"short": func(res *apiroute.Response, _ string) error {
		res.Header().Set("Content-Length", "10")
		res.Write([]byte("ok"))
		return nil
	},

	// More than one response.
	"twice": func(res *apiroute.Response, _ string) error {
		res.JSON(1)
		return res.JSON(2)
	},
	"twicenil": func(res *apiroute.Response, _ string) error {
		res.JSON(1)
		res.JSON(2)
		return nil
	},
	"late": func(res *apiroute.Response, _ string) error {
		res.Text("ok")
		res.Status(500).SetHeader("X-Late", "1").SetCookie(&http.Cookie{Name: "late", Value: "1"})
		res.WriteHeader(500)
		res.Write([]byte("more"))
		return nil
	},
	"error": func(res *apiroute.Response, _ string) error {
		res.Text("ok")
		return errors.New("SECRET")
	},
	"setthenfail": func(res *apiroute.Response, _ string) error {
		res.SetHeader("X-Secret", "SECRET").SetCookie(&http.Cookie{Name: "s", Value: "SECRET"}).SetHeader("Content-Encoding", "gzip").
			SetHeader("Content-Length", "3").Status(201)
		return errors.New("SECRET")
	},
	"errorafter": func(res *apiroute.Response, _ string) error {
		res.Write([]byte("half"))
		return errors.New("SECRET")
	},

	// What has no JSON form.
	"list": func(res *apiroute.Response, _ string) error {
		return res.JSON([]any{strings.Repeat("half", 1300), 2, failingMarshaler{}})
	},
	"nan": func(res *apiroute.Response, _ string) error { return res.JSON([]float64{1, math.NaN()}) },
	"chan": func(res *apiroute.Response, _ string) error {
		return res.JSON(map[string]any{"half": 1, "z": make(chan int)})
	},
	"func":   func(res *apiroute.Response, _ string) error { return res.JSON(struct{ Half, F any }{1, func() {}}) },
	"cycle":  func(res *apiroute.Response, _ string) error { return res.JSON(newCycle()) },
	"badkey": func(res *apiroute.Response, _ string) error { return res.JSON(map[struct{ A int }]int{{1}: 1}) },
	"panics": func(res *apiroute.Response, _ string) error { return res.JSON([]any{"half", panickingMarshaler{}}) },

	// Panics.
	"panic":      func(_ *apiroute.Response, a string) error { panic("SECRET\n" + a) },
	"panicnil":   func(*apiroute.Response, string) error { panic(nil) },
	"panicerror": func(*apiroute.Response, string) error { panic(apiroute.Errorf(404, "SECRET")) },
	"panicafter": func(res *apiroute.Response, _ string) error {
		res.Write([]byte("half"))
		res.Flush()
		panic("SECRET")
	},
	"abort": func(*apiroute.Response, string) error { panic(http.ErrAbortHandler) },
	"goexit": func(*apiroute.Response, string) error {
		runtime.Goexit()
		return nil
	},

	// Errors.
	"secret": func(*apiroute.Response, string) error { return errors.New("dsn=SECRET") },
	"typednil": func(*apiroute.Response, string) error {
		var e *apiroute.Error
		return e
	},
	"badstatus": func(_ *apiroute.Response, a string) error {
		return &apiroute.Error{Status: number(a), Detail: "SECRET"}
	},
	"detail": func(_ *apiroute.Response, a string) error {
		return &apiroute.Error{Status: 418, Title: "a\r\nb", Detail: "\xff\x00\r\nX-Evil: 1", Header: http.Header{"X-A": {a}}}
	},
	"cause": func(*apiroute.Response, string) error { return &apiroute.Error{Status: 400, Err: errors.New("SECRET")} },
	"join": func(*apiroute.Response, string) error {
		return errors.Join(errors.New("SECRET"), apiroute.Errorf(404, "no such thing"))
	},
	"maxbytes": func(*apiroute.Response, string) error { return fmt.Errorf("SECRET: %w", &http.MaxBytesError{Limit: 7}) },
	"canceled": func(*apiroute.Response, string) error { return fmt.Errorf("SECRET: %w", context.Canceled) },

	// What http.ResponseController does.
	"hijack": hijack,
	"flush":  flushTwice,
}

// number returns the integer that an argument is.
func number(a string) int {
	n, _ := strconv.Atoi(a)
	return n
}

// sendEvents sends an event with a as its data. Events whose ID or type has a line break must be
// errors.
func sendEvents(res *apiroute.Response, a string) error {
	s, err := res.Events()
	if err != nil {
		return err
	}
	if s.Send(apiroute.Event{ID: "1\ndata: evil"}) == nil || s.Send(apiroute.Event{Type: "a\revent: evil"}) == nil {
		return errors.New("a line break was sent")
	}
	return s.Send(apiroute.Event{Data: a})
}

// hijack takes over the connection and responds by hand, and then does so once more by res.
func hijack(res *apiroute.Response, _ string) error {
	conn, rw, err := http.NewResponseController(res).Hijack()
	if err != nil {
		return err
	}
	defer conn.Close()
	rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
	rw.Flush()
	res.JSON("after")
	return errors.New("SECRET")
}

// flushTwice sends a body in two parts, with deadlines.
func flushTwice(res *apiroute.Response, _ string) error {
	c := http.NewResponseController(res)
	io.WriteString(res, "a")
	inAMinute := time.Now().Add(time.Minute)
	if err := errors.Join(c.SetWriteDeadline(inAMinute), c.SetReadDeadline(inAMinute), c.Flush()); err != nil {
		return err
	}
	io.WriteString(res, "b")
	return nil
}

// opaque returns an attack on a faulty handler that must end in an error of which the client learns
// nothing, and the log what is given.
func opaque(kind, argument string, logs ...string) attack {
	return attack{send: faultText(kind, argument), status: 500, body: problem(500), logs: logs}
}

func TestHostileResponses(t *testing.T) {
	const (
		nosniff  = "\r\nX-Content-Type-Options: nosniff\r\n"
		answered = "the response is already complete"
	)
	split := []string{"\nX-Evil", "\r\n\r\nevil"}
	runAttacks(t, []attackRow{
		{"line breaks in a header (CWE-113)", []attack{
			{send: faultText("header", "a\r\nX-Evil: 1\r\n\r\nevil"), status: 200, body: "ok", lacks: append(split, "X-A: b")},
			{send: faultText("header", "a\nX-Evil: 1\rX-Evil: 2"), status: 200, body: "ok", lacks: append(split, "\rX-Evil")},
			{send: faultText("redirect", "/x\r\nX-Evil: 1\r\n\r\nevil"), status: 307, lacks: split},
			{send: faultText("cookie", "a\r\nX-Evil: 1; Domain=evil"), status: 200, body: "ok", lacks: append(split, "; Domain")},
		}},
		{"a redirect goes where the handler says (CWE-601)", []attack{
			{send: faultText("redirect", "//evil.com"), status: 307, has: []string{locationLine("//evil.com")}},
			{send: faultText("redirect", `/\evil`), status: 307, has: []string{locationLine(`/\evil`)}},
			{send: faultText("redirect", "javascript:alert(1)"), status: 307, has: []string{locationLine("javascript:alert(1)")}, lacks: []string{"<a"}},
			opaque("redirect", ""),
		}},
		{"statuses that are none", badStatuses("status", "statusend", "statusonly")},
		{"statuses that are none, by WriteHeader", []attack{opaque("writeheader", "0"), opaque("writeheader", "99"), opaque("writeheader", "1000")}},
		{"a second response", []attack{
			{send: faultText("twice", ""), status: 200, body: "1", logs: []string{answered}},
			{send: faultText("twicenil", ""), status: 200, body: "1", logs: []string{answered}},
			{send: faultText("late", ""), status: 200, body: "ok", lacks: []string{"X-Late", "late=1"}, logs: []string{answered}},
			{send: faultText("error", ""), status: 200, body: "ok", logs: []string{"SECRET"}},
		}},
		{"headers set before an error", []attack{
			{send: faultText("setthenfail", ""), status: 500, body: problem(500), lacks: []string{"X-Secret", "Set-Cookie", "gzip"}},
		}},
		{"a body whose encoding fails midway", []attack{
			{send: faultText("list", ""), status: 500, body: problem(500), lacks: []string{"half"}, logs: []string{"SECRET"}},
		}},
		{"values without a JSON form", []attack{
			opaque("nan", ""), opaque("chan", ""), opaque("func", ""), opaque("cycle", ""), opaque("badkey", ""), opaque("panics", ""),
		}},
		{"markup in data (CVE-2026-42554)", []attack{
			{send: faultText("script", ""), status: 200, body: `"\u003cscript\u003ealert(1)\u003c/script\u003e\u2028"`,
				has: []string{"\r\nContent-Type: application/json; charset=utf-8\r\n", nosniff}},
			{send: faultText("text", ""), status: 200, has: []string{"\r\nContent-Type: text/plain; charset=utf-8\r\n", nosniff}},
			{send: faultText("bytes", ""), status: 200, has: []string{"\r\nContent-Type: application/octet-stream\r\n", nosniff}},
			{send: faultText("errorscript", "<script>"), status: 400, has: []string{`no \u003cscript\u003e`}, lacks: []string{"<script"}},
			{send: getText("/reply/errorscript?a=<b>", "Accept: text/html"), status: 400, lacks: []string{"<b>", "text/html"}},
		}},
		{"a length that the handler sets", []attack{
			{send: faultText("length", "100"), status: 200, body: "ok"},
			{send: faultText("length", "1"), status: 200, body: "ok"},
		}},
		{"HEAD of a body with a length", []attack{
			{send: requestText("HEAD", "/reply/status?a=200", ""), status: 200, has: []string{"\r\nContent-Length: 3\r\n"}},
		}},
		{"http.ResponseController", []attack{
			{send: faultText("flush", ""), status: 200, body: "ab"},
			{send: faultText("hijack", ""), status: 200, body: "hi", lacks: []string{"after"}},
			{send: faultText("events", "a\n\nevent: evil\rdata: b"), status: 200, has: []string{"data: a\ndata: \ndata: event: evil\ndata: data: b\n\n"}},
		}},
	})
}

// badStatuses returns attacks on handlers of several kinds, with statuses that are none.
func badStatuses(kinds ...string) (list []attack) {
	for _, kind := range kinds {
		for _, n := range []string{"0", "99", "100", "199", "600", "1000", "-1"} {
			list = append(list, opaque(kind, n, "route=/reply/[kind]", "status "+n+" "))
		}
	}
	return list
}

func TestHostileErrors(t *testing.T) {
	runAttacks(t, []attackRow{
		{"an error with a secret (API8:2023)", []attack{opaque("secret", "", "dsn=SECRET")}},
		{"a panic", []attack{
			opaque("panic", "\n", "stack=", "hostile_response_test.go", `SECRET\n`),
			opaque("panicnil", "", "stack="),
			opaque("panicerror", "", "stack="),
			{send: getText("/use/%0aforged%20line"), status: 500, body: problem(500), logs: []string{"stack=", `path="/use/\nforged line"`}},
		}},
		{"an Error that cannot be sent", []attack{
			opaque("typednil", ""), opaque("badstatus", "200"), opaque("badstatus", "0"), opaque("badstatus", "-1"), opaque("badstatus", "600"),
		}},
		{"an Error with line breaks", []attack{
			{send: faultText("detail", "a\r\nX-Evil: 1"), status: 418, lacks: []string{"\nX-Evil"}},
		}},
		{"the cause of an Error, and errors that wrap others", []attack{
			{send: faultText("cause", ""), status: 400, body: problem(400), logs: []string{"SECRET"}},
			{send: faultText("join", ""), status: 404},
			{send: faultText("maxbytes", ""), status: 413},
			opaque("canceled", ""),
		}},
		{"OnError that panics, and one that says nothing", []attack{
			{send: getText("/onerror/panics"), status: 500, body: problem(500), logs: []string{"SECRET"}},
			{send: getText("/onerror/silent"), status: 500, body: problem(500), logs: []string{"SECRET"}},
		}},
		{"line breaks in a path do not forge a line of the log", []attack{
			{send: getText("/onerror/a%0atime=1%20level=INFO"), status: 500, logs: []string{`path="/onerror/a\ntime=1 level=INFO"`}},
		}},
		{"Validate with another error", []attack{{send: getText("/checked"), status: 422, logs: []string{"SECRET"}}}},
		{"Timeout", []attack{{send: getText("/wait"), status: 503}, {send: jsonText("/wait", "{}"), status: 503}}},
		{"JSON into what cannot be filled", []attack{
			{send: requestText("GET", "/nodst/nil", "{}", isJSON), status: 500, body: problem(500)},
			{send: requestText("GET", "/nodst/value", "{}", isJSON), status: 500, body: problem(500)},
			{send: requestText("GET", "/nodst/nilpointer", "{}", isJSON), status: 500, body: problem(500)},
		}},
	})
}

// A response that has no body leaves the connection usable, and is no error of the handler's that
// is logged (RFC 9110, section 15.3.5).
func TestHostileNoContent(t *testing.T) {
	t.Parallel()
	for _, code := range []int{204, 205, 304} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, addHostileRoutes)
			c := s.dial(t)
			c.send(t, getText("/reply/status?a="+strconv.Itoa(code))+getText("/u/next"))
			c.reply("GET").want(t, code, "")
			c.reply("GET").want(t, 200, `{"id":"next"}`)
			if lines := s.logs(); len(lines) > 0 {
				t.Errorf("logged: %q", lines)
			}
		})
	}
}

// After panics a connection is as usable as before.
func TestHostilePanicsKeepConnection(t *testing.T) {
	t.Parallel()
	c := newAPI(t, addHostileRoutes).dial(t)
	c.send(t, getText("/reply/panic")+getText("/reply/panicnil")+getText("/u/next"))
	c.reply("GET").want(t, 500, problem(500))
	c.reply("GET").want(t, 500, problem(500))
	c.reply("GET").want(t, 200, `{"id":"next"}`)
}

func TestHostileGoexit(t *testing.T) {
	t.Parallel()
	if got := newAPI(t, addHostileRoutes).raw(faultText("goexit", "")); got.err == nil && got.status != 500 {
		t.Errorf("%d %q, want a 500 or a closed connection", got.status, got.body)
	}
}

// A response that fails midway breaks off, so that it does not look complete.
func TestHostileHalfResponses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind string
		aborted    int
		logs       string // part of the log; "": nothing is logged
	}{
		{"panic", "panicafter", 1, "SECRET"},
		{"error", "errorafter", 1, "SECRET"},
		{"http.ErrAbortHandler", "abort", 1, ""},
		{"fewer bytes than the length", "short", 0, "-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, addHostileRoutes)
			got := s.raw(faultText(tt.kind, ""))
			if got.err == nil || strings.Contains(got.body, "SECRET") {
				t.Errorf("%d %q, %v, want a response that breaks off", got.status, got.body, got.err)
			}
			if _, aborted := s.counts(); aborted != tt.aborted {
				t.Errorf("%d requests were aborted, want %d", aborted, tt.aborted)
			}
			log := strings.Join(s.logs(), "\n")
			if tt.logs == "" && log != "" || tt.logs != "-" && !strings.Contains(log, tt.logs) {
				t.Errorf("log %q, want %q", log, tt.logs)
			}
		})
	}
}

// A router works inside the handlers of net/http that wrap the writer and the body.
func TestHostileOuterHandlers(t *testing.T) {
	t.Parallel()
	api := hostileRoutes(quiet())
	mux := http.NewServeMux()
	mux.Handle("/timeout/", http.StripPrefix("/timeout", http.TimeoutHandler(api, time.Minute, "late")))
	mux.Handle("/max/", http.StripPrefix("/max", http.MaxBytesHandler(api, 4)))
	s := newServer(t, mux)
	s.log = &testLog{}
	attackRow{attacks: []attack{
		{send: getText("/timeout/u/a%2Fb"), status: 200, body: `{"id":"a/b"}`},
		{send: getText("/timeout/reply/secret"), status: 500, body: problem(500)},
		{send: getText("/timeout/u/%00"), status: 400},
		{send: postText("/max/bytes", "abcd"), status: 200, body: "4"},
		{send: postText("/max/bytes", "abcde"), status: 413},
		{send: chunkedText("/max/bytes", "abcde"), status: 413},
		{send: postText("/max/json", `{"name":"a"}`, isJSON), status: 413},
	}}.run(t, s)
}
