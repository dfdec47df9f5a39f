package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"example.com/apiroute"
)

// A nilError has a method Error that panics for a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// A panickingError panics when it is looked at.
type panickingError struct{}

func (panickingError) Error() string   { return "SECRET" }
func (panickingError) Is(error) bool   { panic("SECRET") }
func (panickingError) As(any) bool     { panic("SECRET") }
func (panickingError) Unwrap() []error { panic("SECRET") }

// A panickingLog panics when something is logged.
type panickingLog struct{ slog.Handler }

func (panickingLog) Handle(context.Context, slog.Record) error { panic("SECRET") }

// A program has a faulty handler for /x, or faulty options.
type program struct {
	name    string
	handler apiroute.Handler
	opts    []apiroute.Option
	attack  attack
	aborts  bool // the response breaks off; the attack has only what is sent and logged
}

// refuseAfter returns a handler that does something with its request and then responds with a 401.
func refuseAfter(do func(*apiroute.Request)) apiroute.Handler {
	return func(req *apiroute.Request, _ *apiroute.Response) error {
		do(req)
		return apiroute.Errorf(401, "no")
	}
}

// bindAfter returns a handler that does something with its request and then binds a form.
func bindAfter(do func(*apiroute.Request) error) apiroute.Handler {
	return func(req *apiroute.Request, res *apiroute.Response) error {
		if err := do(req); err != nil {
			return err
		}
		in, err := apiroute.Bind[hostileForm](req)
		if err != nil {
			return err
		}
		return res.JSON(in)
	}
}

// startAndFail returns an OnError that sends a part of a response and then returns what fail
// returns.
func startAndFail(fail func() error) []apiroute.Option {
	return []apiroute.Option{apiroute.OnError(func(_ *apiroute.Request, res *apiroute.Response, _ error) error {
		res.Status(202)
		io.WriteString(res, "half")
		return fail()
	})}
}

// programsAtFault lose the request, fail while they fail, and have broken errors and loggers.
func programsAtFault() []program {
	get := getText("/x")
	unauthorized := attack{send: get, status: 401, has: []string{`"no"`}}
	logged401 := attack{send: get, status: 401, has: []string{`"no"`}, logs: []string{"status=401"}}
	failed := attack{send: get, status: 500, body: problem(500)}
	withLog := func(a attack, logs ...string) attack { a.logs = logs; return a }
	loseRequest := refuseAfter(func(req *apiroute.Request) { req.Request = nil })
	refuse := refuseAfter(func(*apiroute.Request) {})
	badLogger := []apiroute.Option{apiroute.Logger(slog.New(panickingLog{slog.NewTextHandler(io.Discard, nil)}))}
	return []program{
		{name: "nil pointer as an error", attack: withLog(failed, "status=500"),
			handler: func(*apiroute.Request, *apiroute.Response) error { var e *nilError; return e }},
		{name: "error that panics", attack: withLog(failed, "stack="),
			handler: func(*apiroute.Request, *apiroute.Response) error { return panickingError{} }},
		{name: "handler loses the Request", handler: loseRequest, attack: logged401},
		{name: "Around loses the Request", handler: sayOK, attack: unauthorized,
			opts: []apiroute.Option{apiroute.Around(func(apiroute.Handler) apiroute.Handler { return loseRequest })}},
		{name: "handler loses the Request and its body", handler: loseRequest,
			attack: attack{send: jsonText("/x", "{}"), status: 401, has: []string{`"no"`}}},
		{name: "handler loses the Request after a stream", attack: attack{send: get, status: 200, body: "all"},
			handler: func(req *apiroute.Request, res *apiroute.Response) error {
				err := res.Stream("text/plain", strings.NewReader("all"))
				req.Request = nil
				return err
			}},
		{name: "handler loses the URL", attack: logged401,
			handler: refuseAfter(func(req *apiroute.Request) { req.Request = &http.Request{} })},
		{name: "logger panics", handler: loseRequest, opts: badLogger, attack: unauthorized},
		{name: "logger panics at a panic", opts: badLogger, attack: failed,
			handler: func(*apiroute.Request, *apiroute.Response) error { panic("SECRET") }},
		{name: "OnError fails midway", handler: refuse, aborts: true, attack: attack{send: get, logs: []string{"SECRET"}},
			opts: startAndFail(func() error { return errors.New("SECRET") })},
		{name: "OnError panics midway", handler: refuse, aborts: true, attack: attack{send: get, logs: []string{"SECRET"}},
			opts: startAndFail(func() error { panic("SECRET") })},
		{name: "OnError responds by hand", handler: refuse, attack: attack{send: get, status: 202, body: "half"},
			opts: startAndFail(func() error { return nil })},
		{name: "panic in Use after an error, behind a wrapped writer", handler: refuse, attack: withLog(unauthorized, "SECRET"),
			opts: []apiroute.Option{apiroute.Use(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					next.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
					panic("SECRET")
				})
			})}},
	}
}

// programsOutOfOrder respond with an Error by hand and then otherwise, or read a body and then bind
// it.
func programsOutOfOrder() []program {
	const part = "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n"
	get := getText("/x")
	readBefore := func(send string) attack {
		return attack{send: send, status: 500, body: problem(500), logs: []string{"the body has been read already"}}
	}
	parsesForms := []apiroute.Option{apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.PostFormValue("csrf")
			next.ServeHTTP(w, r)
		})
	})}
	bind := bindAfter(func(*apiroute.Request) error { return nil })
	return []program{
		{name: "Error.ServeHTTP after a response", attack: attack{send: get, status: 200, body: "all", logs: []string{apiroute.ErrAnswered.Error()}},
			handler: func(req *apiroute.Request, res *apiroute.Response) error {
				io.WriteString(res, "all")
				(&apiroute.Error{Status: 400}).ServeHTTP(res, req.Request)
				return nil
			}},
		{name: "Error.ServeHTTP and then an error", attack: attack{send: get, status: 403, logs: []string{"SECRET"}},
			handler: func(req *apiroute.Request, res *apiroute.Response) error {
				(&apiroute.Error{Status: 403}).ServeHTTP(res, req.Request)
				return errors.New("SECRET")
			}},
		{name: "Error.ServeHTTP and then JSON", attack: attack{send: get, status: 403, logs: []string{apiroute.ErrAnswered.Error()}},
			handler: func(req *apiroute.Request, res *apiroute.Response) error {
				(&apiroute.Error{Status: 403}).ServeHTTP(res, req.Request)
				return res.JSON("SECRET")
			}},
		{name: "MultipartReader and then Bind", attack: readBefore(postText("/x", part, isMultipart)),
			handler: bindAfter(func(req *apiroute.Request) error { _, err := req.MultipartReader(); return err })},
		{name: "PostFormValue in Use and then Bind", handler: bind, opts: parsesForms,
			attack: attack{send: postText("/x", "name=a&n=7", isForm), status: 200, has: []string{`"Name":"a"`}}},
		{name: "PostFormValue in Use and then Bind of multipart", handler: bind, opts: parsesForms,
			attack: attack{send: postText("/x", part, isMultipart), status: 200, has: []string{`"Name":"a"`}}},
		{name: "Close and then Bind", attack: readBefore(postText("/x", "name=a", isForm)),
			handler: bindAfter(func(req *apiroute.Request) error { return req.Body.Close() })},
	}
}

// Whatever a handler or middleware does wrong, the client gets a complete response or sees that it
// is not complete.
func TestHostilePrograms(t *testing.T) {
	t.Parallel()
	for _, p := range append(programsAtFault(), programsOutOfOrder()...) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			t.Run("in a router", func(t *testing.T) {
				s := newAPI(t, func(api *apiroute.Router) { api.Handle("/x", p.handler) }, p.opts...)
				if p.aborts {
					checkAborted(t, s, p.attack)
				} else {
					p.attack.run(t, s)
				}
			})
			if len(p.opts) > 0 {
				return // a ServeMux has no options
			}
			t.Run("in a ServeMux", func(t *testing.T) {
				mux := http.NewServeMux()
				mux.Handle("/x", p.handler)
				s := newServer(t, mux)
				s.log = &testLog{} // the handler logs to slog.Default
				a := p.attack
				a.logs = nil
				a.run(t, s)
			})
		})
	}
}

// Middleware that passes on nothing, or a writer that cannot write, is in the log.
func TestHostileMiddlewareNil(t *testing.T) {
	t.Parallel()
	use := func(call func(http.Handler, http.ResponseWriter, *http.Request)) apiroute.Option {
		return apiroute.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { call(next, w, r) })
		})
	}
	around := func(call func(apiroute.Handler, *apiroute.Request, *apiroute.Response) error) apiroute.Option {
		return apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error { return call(next, req, res) }
		})
	}
	for _, tt := range []struct {
		name   string
		opt    apiroute.Option
		aborts bool
		log    string
	}{
		{"a nil writer", use(func(next http.Handler, _ http.ResponseWriter, r *http.Request) { next.ServeHTTP(nil, r) }),
			false, "panic: apiroute: middleware has called next.ServeHTTP with a nil http.ResponseWriter"},
		{"a nil Response", use(func(next http.Handler, _ http.ResponseWriter, r *http.Request) {
			next.ServeHTTP((*apiroute.Response)(nil), r)
		}), false, "panic: apiroute: middleware has called next.ServeHTTP with a nil http.ResponseWriter"},
		{"a nil request", use(func(next http.Handler, w http.ResponseWriter, _ *http.Request) { next.ServeHTTP(w, nil) }),
			false, "panic: apiroute: middleware has called next.ServeHTTP with a nil *http.Request"},
		{"nothing", use(func(next http.Handler, _ http.ResponseWriter, _ *http.Request) { next.ServeHTTP(nil, nil) }),
			false, "panic: apiroute: middleware has called next.ServeHTTP with a nil http.ResponseWriter"},
		{"a wrapper of nothing", use(func(next http.Handler, _ http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(struct{ http.ResponseWriter }{}, r)
		}), true, "panic: runtime error: invalid memory address or nil pointer dereference, and the response to it: panic: runtime error"},
		{"a nil Request of Around", around(func(next apiroute.Handler, _ *apiroute.Request, res *apiroute.Response) error { return next(nil, res) }),
			false, "panic: apiroute: middleware has called next with a nil *Request"},
		{"a nil Response of Around", around(func(next apiroute.Handler, req *apiroute.Request, _ *apiroute.Response) error { return next(req, nil) }),
			false, "panic: apiroute: middleware has called next with a nil *Response"},
	} {
		for level, register := range map[string]func(*apiroute.Router) *apiroute.Router{
			"New":   func(api *apiroute.Router) *apiroute.Router { return api },
			"Group": func(api *apiroute.Router) *apiroute.Router { return api.Group("", tt.opt) },
		} {
			t.Run(tt.name+", "+level, func(t *testing.T) {
				t.Parallel()
				var opts []apiroute.Option
				if level == "New" {
					opts = append(opts, tt.opt)
				}
				s := newAPI(t, func(api *apiroute.Router) { register(api).Get("/x", sayOK) }, opts...)
				if got := s.raw(getText("/x")); !tt.aborts {
					got.want(t, 500, problem(500))
				} else if got.err == nil {
					t.Errorf("%d %q, want a response that breaks off", got.status, got.body)
				}
				lines := s.logs()
				if len(lines) != 1 || !strings.HasPrefix(logValue(lines[0], "error"), tt.log) || !strings.Contains(logValue(lines[0], "stack"), "hostile_program_test.go") {
					t.Errorf("log %q, want one line with %q and the stack of the middleware", lines, tt.log)
				}
			})
		}
	}
}

// checkAborted checks that the response to an attack breaks off.
func checkAborted(t *testing.T, s *server, a attack) {
	t.Helper()
	if got := s.raw(a.send); got.err == nil {
		t.Errorf("%d %q, want a response that breaks off", got.status, got.body)
	}
	if _, aborted := s.counts(); aborted != 1 {
		t.Errorf("%d requests were aborted, want 1", aborted)
	}
	log := strings.Join(s.logs(), "\n")
	for _, text := range a.logs {
		if !strings.Contains(log, text) {
			t.Errorf("no %q in the log\n%s", text, log)
		}
	}
}

// A handler may keep its Request and its Response: they are not used for another request, however
// many come, also when one router serves two servers and gets routes meanwhile (gin#1118). More of
// this is in leak_test.go.
func TestHostileKeptRequests(t *testing.T) {
	t.Parallel()
	var kept, clients sync.WaitGroup
	api := apiroute.New(quiet())
	gate := make(chan struct{})
	api.Get("/k/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		id := req.Param("id")
		kept.Add(1)
		go func() {
			defer kept.Done()
			<-gate
			if req.Param("id") != id || req.URL.Path != "/k/"+id || res.Header().Get("X-Id") != id {
				t.Errorf("the kept request %s is now %s, %s, %s", id, req.Param("id"), req.URL.Path, res.Header().Get("X-Id"))
			}
		}()
		return res.SetHeader("X-Id", id).JSON(id)
	})
	servers := []*server{newServer(t, api), newServer(t, api)}
	for g := 0; g < 8; g++ {
		clients.Add(1)
		go func() {
			defer clients.Done()
			s := servers[g%2]
			for i := 0; i < 10; i++ {
				id := fmt.Sprintf("%d-%d", g, i)
				s.raw(getText("/k/"+id)).want(t, 200, `"`+id+`"`)
				api.Get("/added/"+id, sayOK)
				s.raw(getText("/added/"+id)).want(t, 200, "ok")
			}
		}()
	}
	clients.Wait()
	close(gate)
	kept.Wait()
}
