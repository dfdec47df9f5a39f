// Package compat holds the tests of apiroute together with real packages: middleware around and
// inside a Router, frameworks beside it, and servers other than net/http's. Each package has an
// entry in one of the lists in [entries], which is also the table of docs/middleware.md.
package compat

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/coder/websocket"
)

// patience is how long a test waits for something that must happen. It only ends a test that hangs.
const patience = 30 * time.Second

// A place is where a package can be used.
type place string

const (
	around  place = "around"
	inNew   place = "`New`"
	inGroup place = "group"
	inRoute place = "route"
)

// Where what is not middleware belongs. These entries are served in one way only.
const (
	mounted  place = "`Mount`"
	handler  place = "handler"
	serving  place = "server"
	endpoint place = "`FromHTTP`"
)

// A situation is what happens to one request.
type situation string

const (
	ordinary   situation = "ordinary"
	notFound   situation = "404"
	notAllowed situation = "405"
	failing    situation = "error"
	panicking  situation = "panic"
	left       situation = "event stream that the client leaves"
	half       situation = "half response"
	upgraded   situation = "WebSocket"
)

var situations = []situation{ordinary, notFound, notAllowed, failing, panicking, left, half, upgraded}

// requests are the method and the path of each situation.
var requests = map[situation][2]string{
	ordinary:   {"GET", "/api/posts/7"},
	notFound:   {"GET", "/api/none"},
	notAllowed: {"DELETE", "/api/posts/7"},
	failing:    {"GET", "/api/error"},
	panicking:  {"GET", "/api/panic"},
	left:       {"GET", "/api/events"},
	half:       {"GET", "/api/half"},
	upgraded:   {"GET", "/api/websocket"},
}

// An outcome is what comes of a request.
type outcome struct {
	Status   int               // 0 if there is no response
	Header   map[string]string // those of watched and of the entry
	Body     string            // decompressed
	Cut      bool              // the body broke off
	Aborted  bool              // the panic http.ErrAbortHandler has reached the server
	Log      string            // what the router has logged with level Info or higher: the levels
	Recorded string            // what the middleware has recorded; see site.record
}

// watched are the fields of a response's header that are compared in all tests.
var watched = []string{"Allow", "Content-Encoding", "Content-Type", "X-Content-Type-Options", "X-Handler"}

// bare returns what comes of each situation with nothing but a Router.
func bare() map[situation]*outcome {
	problem := func(status int, detail string) *outcome {
		body := fmt.Sprintf(`{"title":%q,"status":%d`, http.StatusText(status), status)
		if detail != "" {
			body += fmt.Sprintf(`,"detail":%q`, detail)
		}
		return &outcome{Status: status, Body: body + "}",
			Header: map[string]string{"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff"}}
	}
	m := map[situation]*outcome{
		ordinary: {Status: 200, Body: `{"id":"7"}`, Header: map[string]string{
			"Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Handler": "yes"}},
		notFound:   problem(404, ""),
		notAllowed: problem(405, ""),
		failing:    problem(409, "too late"),
		panicking:  problem(500, ""),
		left: {Status: 200, Body: "data: tick\n\n", Header: map[string]string{
			"Content-Type": "text/event-stream", "X-Content-Type-Options": "nosniff"}},
		half: {Status: 200, Body: "1\n", Cut: true, Aborted: true, Log: "ERROR", Header: map[string]string{
			"Content-Type": "application/x-ndjson", "X-Content-Type-Options": "nosniff"}},
		upgraded: {Status: 101, Body: "hello", Header: map[string]string{}},
	}
	m[notAllowed].Header["Allow"] = "GET, HEAD, OPTIONS, PUT"
	m[panicking].Log = "ERROR"
	return m
}

// runs reports whether middleware in a place runs in a situation. No group has the path of the 404.
// The routes of the path of the 405 have the group in common, and no middleware of their own.
func (p place) runs(s situation) bool {
	return !(p == inGroup || p == inRoute) || s != notFound && (s != notAllowed || p != inRoute)
}

// A site is a server with a Router and the middleware of an entry in one place.
type site struct {
	t        *testing.T
	client   *http.Client
	url      string
	protocol string // "HTTP/1.1", "HTTP/2.0", or that of another server
	buffers  bool   // see entry
	headers  []string
	names    []string // watched, and the fields that the entry adds

	sent  chan struct{} // a handler has sent the first event of a stream, or could not
	seen  chan struct{} // the client has read the first line of a half response
	ended chan any      // a request has ended, with the value of its panic

	mu       sync.Mutex
	log      []string
	recorded []string
}

// record notes what middleware has seen of a request.
func (s *site) record(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recorded = append(s.recorded, fmt.Sprintf(format, args...))
}

// Write takes the log of the router.
func (s *site) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	level, _, _ := strings.Cut(strings.TrimPrefix(string(p), "level="), " ")
	s.log = append(s.log, level)
	return len(p), nil
}

// logger makes the router log to the site.
func (s *site) logger() apiroute.Option {
	return apiroute.Logger(slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
}

// router returns a Router with the routes of the situations. Middleware is given to one place.
func (s *site) router(p place, middleware func(http.Handler) http.Handler, opts ...apiroute.Option) *apiroute.Router {
	at := func(q place) (opts []apiroute.Option) {
		if p == q {
			opts = append(opts, apiroute.Use(middleware))
		}
		return opts
	}
	api := apiroute.New(append(append(opts, s.logger()), at(inNew)...)...)
	group := api.Group("/api", at(inGroup)...)
	group.Get("/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.SetHeader("X-Handler", "yes").JSON(map[string]string{"id": req.Param("id")})
	}, at(inRoute)...)
	group.Put("/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error { return nil }, at(inRoute)...)
	group.Get("/error", func(req *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("X-Handler", "yes")
		return apiroute.Errorf(409, "too late")
	}, at(inRoute)...)
	group.Get("/panic", func(req *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("X-Handler", "yes")
		panic("secret")
	}, at(inRoute)...)
	group.Get("/events", s.events, at(inRoute)...)
	group.Get("/half", func(req *apiroute.Request, res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(int, error) bool) {
			if yield(1, nil) {
				s.awaitSeen(req.Context())
				yield(0, errors.New("secret"))
			}
		})
	}, at(inRoute)...)
	group.Get("/websocket", func(req *apiroute.Request, res *apiroute.Response) error {
		return greet(res, req.Request)
	}, at(inRoute)...)
	return api
}

// events sends one event, and waits for the client to leave.
func (s *site) events(req *apiroute.Request, res *apiroute.Response) error {
	stream, err := res.Events()
	if err == nil {
		err = stream.Send(apiroute.Event{Data: "tick"})
	}
	s.sent <- struct{}{}
	if err != nil {
		return err
	}
	<-req.Context().Done()
	return req.Context().Err()
}

// awaitSeen waits until the client has read the first line of a half response. Otherwise the reset
// that cuts the response could overtake it.
func (s *site) awaitSeen(ctx context.Context) {
	if s.buffers {
		return
	}
	select {
	case <-s.seen:
	case <-ctx.Done():
	}
}

// greet accepts a WebSocket connection and sends a message. Accept has responded if it fails.
func greet(w http.ResponseWriter, r *http.Request) error {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{"front.example"}})
	if err != nil {
		return nil
	}
	defer c.CloseNow()
	return c.Write(r.Context(), websocket.MessageText, []byte("hello"))
}

// newSite returns a site without a server; see serve.
func newSite(t *testing.T, e *entry) *site {
	s := &site{t: t, headers: e.sends, names: watched, sent: make(chan struct{}, 1), seen: make(chan struct{}, 1), ended: make(chan any, 10)}
	s.buffers = e.buffers
	for name := range e.adds {
		s.names = append(s.names[:len(s.names):len(s.names)], name)
	}
	return s
}

// watch tells the site when a request ends, and how.
func (s *site) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			s.ended <- v
			if v != nil {
				panic(http.ErrAbortHandler)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// serve serves a handler over HTTP/1.1 or, over TLS, HTTP/2.
func (s *site) serve(h http.Handler, protocol string) {
	s.protocol = protocol
	srv := httptest.NewUnstartedServer(s.watch(h))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	if srv.EnableHTTP2 = protocol == "HTTP/2.0"; srv.EnableHTTP2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	s.t.Cleanup(srv.Close)
	s.url, s.client = srv.URL, srv.Client()
	s.client.Transport.(*http.Transport).DisableCompression = true
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// do sends the request of a situation and returns the outcome. If streams is false, the
// client does not wait for an event before it leaves.
func (s *site) do(which situation, streams bool) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out := make(chan outcome, 1)
	go func() {
		switch {
		case which == upgraded:
			out <- s.upgrade(ctx)
		case which == left:
			out <- s.fetch(ctx, which, "\n\n")
		default:
			out <- s.fetch(ctx, which, "")
		}
	}()
	var o outcome
	if which == left {
		receive(s.t, "the first event to be sent", s.sent)
		if streams {
			o = receive(s.t, "the first event", out)
		}
		cancel()
	} else {
		o = receive(s.t, "the response", out)
	}
	switch v := receive(s.t, "the end of the request", s.ended); v {
	case nil:
	case http.ErrAbortHandler:
		o.Aborted = true
	default:
		s.t.Errorf("the panic %v has left the router", v)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.Log, o.Recorded = strings.Join(s.log, " "), strings.Join(s.recorded, "; ")
	s.log, s.recorded = nil, nil
	return o
}

// fetch sends the request of a situation and reads the response, whole or up to a delimiter.
func (s *site) fetch(ctx context.Context, which situation, until string) outcome {
	resp, err := s.send(ctx, requests[which][0], requests[which][1], "")
	if err != nil {
		return outcome{}
	}
	return s.read(resp, until)
}

// send sends a request.
func (s *site) send(ctx context.Context, method, path, body string, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return nil, err
	}
	if body == "" {
		r.Body, r.ContentLength = nil, 0
	}
	for _, line := range append(s.headers[:len(s.headers):len(s.headers)], headers...) {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	// A client sends a request again if a connection that it has used before closes.
	r.Close = s.protocol == "HTTP/1.1"
	return s.client.Do(r)
}

// read reads a response.
func (s *site) read(resp *http.Response, until string) outcome {
	defer resp.Body.Close()
	if resp.Proto != s.protocol {
		s.t.Errorf("the response is %s, want %s", resp.Proto, s.protocol)
	}
	o := outcome{Status: resp.StatusCode, Header: map[string]string{}}
	for _, name := range s.names {
		if v := resp.Header.Values(name); len(v) > 0 {
			o.Header[name] = strings.Join(v, ", ")
		}
	}
	var raw bytes.Buffer
	for part := make([]byte, 4<<10); ; {
		n, err := resp.Body.Read(part)
		raw.Write(part[:n])
		o.Body = raw.String()
		if resp.Header.Get("Content-Encoding") == "gzip" {
			o.Body = unzip(raw.Bytes())
		}
		if o.Body == "1\n" {
			select {
			case s.seen <- struct{}{}:
			default:
			}
		}
		if o.Cut = err != nil && err != io.EOF; err != nil || until != "" && strings.HasSuffix(o.Body, until) {
			return o
		}
	}
}

// unzip returns what can be decompressed of a text that may break off.
func unzip(text []byte) string {
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return ""
	}
	b, _ := io.ReadAll(z)
	return string(b)
}

// upgrade opens a WebSocket connection and reads a message.
func (s *site) upgrade(ctx context.Context) outcome {
	header := http.Header{}
	for _, line := range s.headers {
		name, value, _ := strings.Cut(line, ": ")
		header.Set(name, value)
	}
	c, resp, err := websocket.Dial(ctx, s.url+"/api/websocket", &websocket.DialOptions{HTTPClient: s.client, HTTPHeader: header})
	if err != nil && resp == nil {
		return outcome{}
	}
	if err != nil {
		return s.read(resp, "")
	}
	defer c.CloseNow()
	o := outcome{Status: resp.StatusCode, Header: map[string]string{}}
	for _, name := range s.names {
		if v := resp.Header.Values(name); len(v) > 0 {
			o.Header[name] = strings.Join(v, ", ")
		}
	}
	_, b, err := c.Read(ctx)
	o.Body, o.Cut = string(b), err != nil
	c.Read(ctx) // until the server closes the connection
	return o
}

// receive returns the next value from a channel.
func receive[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}
