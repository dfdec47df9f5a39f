package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// Options panic at once where they are made, if they can make no sense.
func TestRefusedOption(t *testing.T) {
	t.Parallel()
	var nilFunc http.HandlerFunc
	use := func(h http.Handler) http.Handler { return h }
	around := func(h apiroute.Handler) apiroute.Handler { return h }
	for _, tt := range []struct {
		name string
		f    func()
		want string
	}{
		{"Use", func() { apiroute.Use(nil) }, "apiroute: Use: nil middleware"},
		{"Use among others", func() { apiroute.Use(use, nil, use) }, "apiroute: Use: nil middleware"},
		{"Around", func() { apiroute.Around(nil) }, "apiroute: Around: nil middleware"},
		{"Around among others", func() { apiroute.Around(around, nil) }, "apiroute: Around: nil middleware"},
		{"Done", func() { apiroute.Done(nil) }, "apiroute: Done: nil function"},
		{"BodyLimit of 0", func() { apiroute.BodyLimit(0) }, "apiroute: BodyLimit: "},
		{"BodyLimit below 0", func() { apiroute.BodyLimit(-1) }, "apiroute: BodyLimit: "},
		{"Timeout below 0", func() { apiroute.Timeout(-1) }, "apiroute: Timeout: -1ns is negative"},
		{"Timeout below 0, with a unit", func() { apiroute.Timeout(-time.Second) }, "apiroute: Timeout: -1s is negative"},
		{"Timeout without a unit", func() { apiroute.Timeout(5) }, "apiroute: Timeout: 5ns is less than a millisecond: a unit is missing, as in Timeout(5*time.Second)"},
		{"Timeout of milliseconds without a unit", func() { apiroute.Timeout(5000) }, "a unit is missing"},
		{"Timeout just below a millisecond", func() { apiroute.Timeout(time.Millisecond - 1) }, "a unit is missing"},
		{"FromHTTP", func() { apiroute.FromHTTP(nil) }, "apiroute: FromHTTP: nil handler"},
		{"FromHTTP with a nil HandlerFunc", func() { apiroute.FromHTTP(nilFunc) }, "apiroute: FromHTTP: nil handler"},
		{"FromHTTP with a nil Handler", func() { apiroute.FromHTTP(apiroute.Handler(nil)) }, "apiroute: FromHTTP: nil handler"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustPanic(t, tt.f); !strings.Contains(got, tt.want) {
				t.Errorf("panic %q, want %q in it", got, tt.want)
			}
		})
	}
}

// Options without an effect are accepted.
func TestAcceptedOption(t *testing.T) {
	t.Parallel()
	api := apiroute.New(apiroute.Use(), apiroute.Around(), apiroute.Logger(nil), apiroute.OnError(nil), apiroute.Timeout(0), apiroute.Timeout(time.Millisecond), apiroute.RejectUnknown(false), apiroute.NoBodyLimit(), apiroute.BodyLimit(1))
	api.Get("/a", respondOK, apiroute.Use(), apiroute.Around(), apiroute.Logger(nil), apiroute.OnError(nil), apiroute.Timeout(0), apiroute.RejectUnknown(true), apiroute.NoBodyLimit())
	api.Group("/b", apiroute.Use(), apiroute.Around(), apiroute.Logger(nil), apiroute.OnError(nil), apiroute.Timeout(0), apiroute.RejectUnknown(true), apiroute.NoBodyLimit())
	api.Mount("/c", http.NotFoundHandler(), apiroute.Use(), apiroute.Around(), apiroute.Logger(nil), apiroute.OnError(nil), apiroute.Timeout(0), apiroute.BodyLimit(1), apiroute.NoBodyLimit())
	if got := newServer(t, api).do("GET", "/a", ""); got.status != 200 || got.body != "ok" {
		t.Errorf("GET /a = %d %q, want 200 ok", got.status, got.body)
	}
}

// An option of a route overrides that of its group, which overrides that of the router; the last of
// several at one place counts.
func TestInnerOptionWins(t *testing.T) {
	t.Parallel()
	handler := func(req *apiroute.Request, res *apiroute.Response) error {
		deadline, _ := req.Context().Deadline()
		var v struct{ A int }
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text(strconv.FormatBool(!deadline.IsZero()))
	}
	api := apiroute.New(quiet(), apiroute.BodyLimit(10), apiroute.RejectUnknown(true), apiroute.Timeout(time.Hour))
	group := api.Group("/g", apiroute.BodyLimit(20), apiroute.Timeout(0))
	api.Post("/router", handler)
	group.Post("/group", handler)
	group.Group("").Post("/nested", handler)
	group.Post("/route", handler, apiroute.BodyLimit(30), apiroute.BodyLimit(5), apiroute.BodyLimit(40), apiroute.RejectUnknown(false), apiroute.Timeout(time.Hour))
	group.Post("/none", handler, apiroute.NoBodyLimit(), apiroute.RejectUnknown(false))
	srv := newServer(t, api)
	pad := func(s string, n int) string { return s + strings.Repeat(" ", n-len(s)) }
	for _, tt := range []struct {
		name         string
		target, body string
		status       int
		want         string
	}{
		{"router, at the limit", "/router", pad(`{"A":1}`, 10), 200, "true"},
		{"router, over the limit", "/router", pad(`{"A":1}`, 11), 413, ""},
		{"router, unknown field", "/router", `{"B":1}`, 400, ""},
		{"group, at the limit", "/g/group", pad(`{"A":1}`, 20), 200, "false"},
		{"group, over the limit", "/g/group", pad(`{"A":1}`, 21), 413, ""},
		{"group, unknown field", "/g/group", `{"B":1}`, 400, ""},
		{"nested group, at the limit", "/g/nested", pad(`{"A":1}`, 20), 200, "false"},
		{"nested group, over the limit", "/g/nested", pad(`{"A":1}`, 21), 413, ""},
		{"route, at the limit", "/g/route", pad(`{"B":1}`, 40), 200, "true"},
		{"route, over the limit", "/g/route", pad(`{"B":1}`, 41), 413, ""},
		{"route without a limit", "/g/none", pad(`{"B":1}`, 2<<20), 200, "false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := srv.do("POST", tt.target, tt.body, "Content-Type: application/json")
			if got.status != tt.status || tt.status == 200 && got.body != tt.want {
				t.Errorf("POST %s, %d bytes %.10q = %d %q, want %d %q", tt.target, len(tt.body), tt.body, got.status, got.body, tt.status, tt.want)
			}
		})
	}
}

// The largest limit does not overflow.
func TestBodyLimitMax(t *testing.T) {
	t.Parallel()
	largest := apiroute.New(quiet())
	largest.Post("/x", func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return err
		}
		return res.Text(string(b))
	}, apiroute.BodyLimit(math.MaxInt64))
	serveRecorder(largest, newRequest("POST", "/x", "text")).want(t, 200, "text")
}

// A body whose Content-Length is over the limit is rejected before the handler, which may not even
// read it, and after the middleware, which may reject it first or log it.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	var saw error
	api := apiroute.New(quiet(), traceUse("use"), apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			saw = next(req, res)
			return saw
		}
	}))
	reads := func(req *apiroute.Request, res *apiroute.Response) error {
		n, err := io.Copy(io.Discard, req.Body)
		if err != nil {
			return err
		}
		return res.Text(fmt.Sprint(n))
	}
	api.Post("/limit", reads, apiroute.BodyLimit(4))
	api.Post("/unread", func(req *apiroute.Request, res *apiroute.Response) error { return res.Text("unread") }, apiroute.BodyLimit(4))
	api.Post("/default", reads)
	srv := newServer(t, api)
	chunks := func(n int) string {
		return fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", n, strings.Repeat("x", n))
	}
	length := func(n int) string {
		return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
	}
	for _, tt := range []struct {
		name, target, rest string
		status             int
		body               string
	}{
		{"none", "/limit", "\r\n", 200, "0"},
		{"at the limit", "/limit", length(4), 200, "4"},
		{"over the limit", "/limit", length(5), 413, ""},
		{"at the limit, in chunks", "/limit", chunks(4), 200, "4"},
		{"over the limit, in chunks", "/limit", chunks(5), 413, ""},
		{"over the limit and unread", "/unread", length(5), 413, ""},
		{"over the limit and unread, in chunks", "/unread", chunks(5), 200, "unread"},
		{"1 MiB", "/default", length(1 << 20), 200, "1048576"},
		{"more than 1 MiB", "/default", "Content-Length: 1048577\r\n\r\n", 413, ""},
		{"more than 1 MiB, expecting 100", "/default", "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", 413, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			saw = nil
			got := srv.raw("POST " + tt.target + " HTTP/1.1\r\nHost: x\r\n" + tt.rest)
			if got.status != tt.status || tt.status == 200 && got.body != tt.body {
				t.Errorf("%s: %d %q, want %d %q", tt.name, got.status, got.body, tt.status, tt.body)
			}
			if tt.status != 413 {
				return
			}
			got.wantProblem(t, 413)
			if got.interim != nil {
				t.Errorf("%s: %d first, want none", tt.name, got.interim)
			}
			if !got.close {
				t.Errorf("%s: no Connection: close", tt.name)
			}
			if got.header.Get("Trace") != "use" || saw == nil {
				t.Errorf("%s: seen by Use as %q, by Around as %v", tt.name, got.header["Trace"], saw)
			}
		})
	}
	// The length does not matter for a method that has no handler.
	if got := srv.raw("PUT /limit HTTP/1.1\r\nHost: x\r\n" + length(5)); got.status != 405 {
		t.Errorf("PUT over the limit: %d, want 405", got.status)
	}
}

// A client that waits for 100 Continue must get it when the handler reads the body, and the
// response otherwise. net/http does that, unless the Body of its request was replaced.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	reads := func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(string(b))
	}
	refuses := apiroute.Around(func(apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error { return &apiroute.Error{Status: 401} }
	})
	api := apiroute.New(quiet())
	api.Post("/unread", respondOK)
	api.Post("/unread/unlimited", respondOK, apiroute.NoBodyLimit())
	api.Post("/unread/timeout", respondOK, apiroute.Timeout(time.Hour))
	api.Post("/unread/use", respondOK, traceUse("use"))
	api.Post("/around", notReached(t), refuses)
	api.Post("/reads", reads)
	api.Get("/get", notReached(t))
	api.Mount("/mount", apiroute.Handler(respondOK))
	servers := map[string]*server{"router": newServer(t, api), "handler": newServer(t, apiroute.Handler(respondOK))}
	for _, tt := range []struct {
		server, target string
		status         int
		interim        []int
	}{
		{"router", "/unread", 200, nil},
		{"router", "/unread/unlimited", 200, nil},
		{"router", "/unread/timeout", 200, nil},
		{"router", "/unread/use", 200, nil},
		{"router", "/unread/", 308, nil},
		{"router", "/around", 401, nil},
		{"router", "/mount/x", 200, nil},
		{"router", "/get", 405, nil},
		{"router", "/none", 404, nil},
		{"handler", "/", 200, nil},
		{"router", "/reads", 200, []int{100}},
	} {
		t.Run(tt.server+" "+tt.target, func(t *testing.T) {
			text := "POST " + tt.target + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
			if tt.interim != nil {
				text += "body"
			}
			got := servers[tt.server].raw(text)
			if got.status == 0 {
				t.Fatalf("%s, %s: no response: %v", tt.server, tt.target, got.err)
			}
			if got.status != tt.status || !slices.Equal(got.interim, tt.interim) || tt.interim != nil && got.body != "body" {
				t.Errorf("%s, %s: %d %q after %v, want %d after %v", tt.server, tt.target, got.status, got.body, got.interim, tt.status, tt.interim)
			}
		})
	}
}

// An error that a handler returns after its Timeout has passed is a 503, unless the handler chose
// its own status, and the same error without the Timeout is a 500.
func TestTimeout(t *testing.T) {
	t.Parallel()
	errOther := errors.New("other")
	wait := func(err error) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			<-req.Context().Done()
			if err == nil {
				return req.Context().Err()
			}
			return err
		}
	}
	expired := func(req *apiroute.Request, res *apiroute.Response) error {
		ctx, cancel := context.WithTimeout(req.Context(), 0) // the handler's own
		defer cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	outer := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 0)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
	log := &testLog{}
	api := apiroute.New(log.option(), apiroute.Timeout(time.Millisecond))
	slow := api.Group("", apiroute.Timeout(time.Hour))
	none := api.Group("", apiroute.Timeout(0))
	api.Get("/late", wait(nil))
	api.Get("/late/other", wait(errOther))
	api.Get("/late/error", wait(apiroute.Errorf(404, "gone")))
	api.Get("/late/wrapped", wait(fmt.Errorf("at: %w", apiroute.Errorf(404, "gone"))))
	api.Get("/late/response", func(req *apiroute.Request, res *apiroute.Response) error {
		<-req.Context().Done()
		return res.Text("late, but whole")
	})
	api.Get("/late/panic", func(req *apiroute.Request, res *apiroute.Response) error {
		<-req.Context().Done()
		panic("late")
	})
	api.Get("/late/around", notReached(t), apiroute.Around(func(apiroute.Handler) apiroute.Handler { return wait(nil) }))
	api.Get("/late/use", wait(nil), traceUse("use"))
	slow.Get("/own", expired)
	slow.Get("/outer", wait(nil), outer)
	slow.Get("/outer/group", wait(nil), traceUse("use"), outer)
	slow.Get("/other", func(req *apiroute.Request, res *apiroute.Response) error { return errOther })
	slow.Get("/expired", func(req *apiroute.Request, res *apiroute.Response) error { return context.DeadlineExceeded })
	none.Get("/none", func(req *apiroute.Request, res *apiroute.Response) error {
		_, ok := req.Context().Deadline()
		return res.Text(strconv.FormatBool(ok))
	})
	none.Get("/none/own", expired)
	none.Get("/shorter", wait(nil), apiroute.Timeout(time.Millisecond))
	srv := newServer(t, api)
	srv.log = log
	for _, tt := range []struct {
		target string
		status int
		body   string
	}{
		{"/late", 503, ""},
		{"/late/other", 503, ""},
		{"/late/error", 404, ""},
		{"/late/wrapped", 404, ""},
		{"/late/response", 200, "late, but whole"},
		{"/late/panic", 500, ""}, // a panic is a 500 at any time
		{"/late/around", 503, ""},
		{"/late/use", 503, ""},
		{"/own", 500, ""},
		{"/outer", 500, ""},
		{"/outer/group", 500, ""},
		{"/other", 500, ""},
		{"/expired", 500, ""},
		{"/none", 200, "false"},
		{"/none/own", 500, ""},
		{"/shorter", 503, ""},
	} {
		t.Run(tt.target, func(t *testing.T) {
			got := srv.do("GET", tt.target, "")
			line := strings.Join(srv.logs(), "\n")
			if tt.status == 200 {
				if got.status != 200 || got.body != tt.body {
					t.Errorf("GET %s = %d %q, want 200 %q", tt.target, got.status, got.body, tt.body)
				}
				return
			}
			got.wantProblem(t, tt.status)
			if tt.status >= 500 && !strings.Contains(line, "level=ERROR") {
				t.Errorf("GET %s: log %q, want it as an error", tt.target, line)
			}
		})
	}
}

// A route logs to the innermost Logger, and else to slog.Default as it is when there is something
// to log.
func TestLogger(t *testing.T) {
	old := slog.Default()
	defer slog.SetDefault(old)
	fail := func(req *apiroute.Request, res *apiroute.Response) error { return errors.New("the reason") }
	var outer, inner, std testLog
	plain := apiroute.New()
	plain.Get("/plain", fail)
	api := apiroute.New(outer.option())
	api.Get("/outer/[id]", fail)
	api.Get("/nil", fail, apiroute.Logger(nil))
	api.Get("/inner", fail, inner.option())
	slog.SetDefault(slog.New(slog.NewTextHandler(&std, nil)))
	srv, other := newServer(t, api), newServer(t, plain)
	logs := []*testLog{&outer, &inner, &std}
	for _, tt := range []struct {
		srv    *server
		target string
		log    *testLog
	}{
		{other, "/plain", &std},
		{srv, "/outer/7", &outer},
		{srv, "/nil", &std},
		{srv, "/inner", &inner},
	} {
		t.Run(tt.target, func(t *testing.T) {
			tt.srv.do("GET", tt.target, "")
			tt.srv.counts() // waits
			for _, l := range logs {
				lines := l.take()
				if l != tt.log {
					if lines != nil {
						t.Errorf("GET %s: another log has %q", tt.target, lines)
					}
					continue
				}
				wants := []string{"method=GET", "path=" + tt.target, "status=500", `error="the reason"`}
				if l == &outer {
					wants = append(wants, "route=/outer/[id]")
				}
				for _, want := range wants {
					if len(lines) != 1 || !strings.Contains(lines[0], want) {
						t.Errorf("GET %s: log %q, want one line with %q", tt.target, lines, want)
					}
				}
			}
		})
	}
}
