package apiroute_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

func TestEventText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		event apiroute.Event
		want  string
	}{
		{"nothing", apiroute.Event{}, "\n"},
		{"data", apiroute.Event{Data: "x"}, "data: x\n\n"},
		{"empty data", apiroute.Event{Data: ""}, "data: \n\n"},
		{"a space first", apiroute.Event{Data: " x"}, "data:  x\n\n"},
		{"LF", apiroute.Event{Data: "a\nb"}, "data: a\ndata: b\n\n"},
		{"CRLF", apiroute.Event{Data: "a\r\nb"}, "data: a\ndata: b\n\n"},
		{"CR", apiroute.Event{Data: "a\rb"}, "data: a\ndata: b\n\n"},
		{"line breaks at both ends", apiroute.Event{Data: "\r\na\r\n"}, "data: \ndata: a\ndata: \n\n"},
		{"CR and CRLF", apiroute.Event{Data: "a\r\r\n\n\rb"}, "data: a\ndata: \ndata: \ndata: \ndata: b\n\n"},
		{"bytes with CRLF", apiroute.Event{Data: []byte("a\r\nb")}, "data: a\ndata: b\n\n"},
		{"empty lines", apiroute.Event{Data: "a\n\nb\n"}, "data: a\ndata: \ndata: b\ndata: \n\n"},
		{"data like a field after LF and CR", apiroute.Event{Data: "a\n\revent: x"}, "data: a\ndata: \ndata: event: x\n\n"},
		{"data like a field", apiroute.Event{Data: "id: 1"}, "data: id: 1\n\n"},
		{"bytes", apiroute.Event{Data: []byte("a\nb")}, "data: a\ndata: b\n\n"},
		{"nil bytes", apiroute.Event{Data: []byte(nil)}, "data: \n\n"},
		{"number", apiroute.Event{Data: 1}, "data: 1\n\n"},
		{"map", apiroute.Event{Data: map[string]string{"a": "x\ny"}}, `data: {"a":"x\ny"}` + "\n\n"},
		{"nil pointer", apiroute.Event{Data: (*int)(nil)}, "data: null\n\n"},
		{"type", apiroute.Event{Type: "ping"}, "event: ping\n\n"},
		{"ID", apiroute.Event{ID: "7"}, "id: 7\n\n"},
		{"retry", apiroute.Event{Retry: 1500 * time.Millisecond}, "retry: 1500\n\n"},
		{"retry after 1 ns", apiroute.Event{Retry: time.Nanosecond}, "retry: 1\n\n"}, // and not 0, at once
		{"retry after 0.5 ms", apiroute.Event{Retry: 500 * time.Microsecond}, "retry: 1\n\n"},
		{"retry after 1 ms", apiroute.Event{Retry: time.Millisecond}, "retry: 1\n\n"},
		{"retry after 1.5 ms", apiroute.Event{Retry: 1500 * time.Microsecond}, "retry: 2\n\n"},
		{"longest retry", apiroute.Event{Retry: 1<<63 - 1}, "retry: 9223372036855\n\n"},
		{"negative retry", apiroute.Event{Retry: -time.Second, Data: "x"}, "data: x\n\n"},
		{"all", apiroute.Event{ID: "7", Type: "t", Retry: time.Second, Data: "d"}, "event: t\nid: 7\nretry: 1000\ndata: d\n\n"},
		{"ID and type like fields", apiroute.Event{ID: ": x", Type: "data: y"}, "event: data: y\nid: : x\n\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := serveRecorder(respond(func(res *apiroute.Response) error {
				ev, err := res.Events()
				if err == nil {
					err = ev.Send(tt.event)
				}
				return err
			}), newRequest("GET", "/", ""))
			got.want(t, 200, tt.want)
		})
	}
}

// An event costs two allocations, and one for each time that its lines make it much longer. A stream
// costs nothing for each event.
func TestEventAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	for _, tt := range []struct {
		name string
		data any
		most float64
	}{
		{"a long text", strings.Repeat("x", 100_000), 2},
		{"lines", strings.Repeat("a line of text\n", 1000), 3},
		{"JSON", json.RawMessage(`{"id":1}`), 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := apiroute.New(quiet())
			api.Get("/", respond(func(res *apiroute.Response) error {
				ev, err := res.Events()
				if err != nil {
					return err
				}
				e := apiroute.Event{Data: tt.data}
				if got := testing.AllocsPerRun(100, func() { err = ev.Send(e) }); got > tt.most {
					t.Errorf("%v allocations, want at most %v", got, tt.most)
				}
				return err
			}))
			api.ServeHTTP(readyWriter{blankWriter{http.Header{}}}, newRequest("GET", "/", ""))
		})
	}
}

// A readyWriter is a blankWriter that can do what a stream asks of the writer of a server.
type readyWriter struct{ blankWriter }

func (readyWriter) Flush()                           {}
func (readyWriter) SetReadDeadline(time.Time) error  { return nil }
func (readyWriter) SetWriteDeadline(time.Time) error { return nil }

// A heard is an event as the client has it.
type heard struct{ ID, Type, Data string }

// hear reads events as the HTML standard says, section 9.2.6.
func hear(text string) (list []heard) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	var e heard
	var data []string
	for _, line := range strings.SplitAfter(text, "\n") {
		line, whole := strings.CutSuffix(line, "\n")
		if !whole {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if data != nil {
				e.Data = strings.Join(data, "\n")
				list = append(list, e)
			}
			e.Type, data = "", nil
		case name == "event":
			e.Type = value
		case name == "id":
			e.ID = value
		case name == "data":
			data = append(data, value)
		}
	}
	return list
}

// What cannot be sent is an error, and what comes next is not disturbed.
func TestEventsAsHeard(t *testing.T) {
	t.Parallel()
	sent := []apiroute.Event{
		{ID: "1", Type: "a", Data: "x"},
		{ID: "2\ndata: evil", Data: "rejected"},
		{ID: "2\rdata: evil", Data: "rejected"},
		{ID: "2\x00", Data: "rejected"},
		{Type: "a\n\ndata: evil", Data: "rejected"},
		{Type: "a\revil", Data: "rejected"},
		{Data: func() {}},
		{Data: "lines\r\nof\rall\nkinds\n"},
		{ID: "3", Data: map[string]int{"n": 1}},
		{Data: []byte("bytes")},
	}
	var failed []int
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		for i, e := range sent {
			if err := ev.Send(e); err != nil {
				failed = append(failed, i)
			}
		}
		return nil
	})))
	got := s.do("GET", "/", "")
	if got.status != 200 || got.err != nil {
		t.Fatalf("%d, error %v", got.status, got.err)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6}, failed); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	want := []heard{
		{"1", "a", "x"},
		{"1", "", "lines\nof\nall\nkinds\n"},
		{"3", "", `{"n":1}`},
		{"3", "", "bytes"},
	}
	if diff := cmp.Diff(want, hear(got.body)); diff != "" {
		t.Errorf("the client hears (-want +got):\n%s", diff)
	}
}

func TestEventsHeader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, set, cache string }{
		{"usual", "", "no-cache"},
		{"Cache-Control of the handler", "no-store", "no-store"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			proceed := make(chan struct{})
			s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
				if tt.set != "" {
					res.SetHeader("Cache-Control", tt.set)
				}
				ev, err := res.SetHeader("Content-Type", "text/plain").Events()
				if err != nil {
					return err
				}
				<-proceed
				return ev.Send(apiroute.Event{Data: req.Header.Get("Last-Event-ID")})
			}))
			c := s.dial(t)
			c.send(t, requestText("GET", "/", "", "Last-Event-ID: 41", "Connection: close"))
			resp := c.response(t, "GET") // it is here before there is any event
			for k, v := range map[string]string{
				"Content-Type": "text/event-stream", "Cache-Control": tt.cache, "X-Accel-Buffering": "no",
				"X-Content-Type-Options": "nosniff", "Content-Length": "",
			} {
				if got := resp.Header.Get(k); got != v {
					t.Errorf("%s: %q, want %q", k, got, v)
				}
			}
			proceed <- struct{}{}
			if body, err := io.ReadAll(resp.Body); string(body) != "data: 41\n\n" || err != nil {
				t.Errorf("body %q, error %v", body, err)
			}
		})
	}
}

func TestEventsComeOneByOne(t *testing.T) {
	t.Parallel()
	proceed := make(chan int)
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		ev, err := res.Events()
		for i := range proceed {
			if err == nil {
				err = ev.Send(apiroute.Event{Data: i})
			}
		}
		return err
	})))
	c := s.dial(t)
	c.send(t, requestText("GET", "/", ""))
	resp := c.response(t, "GET")
	for i := 0; i < 3; i++ {
		proceed <- i
		if got, want := readN(t, resp.Body, len("data: 0\n\n")), fmt.Sprintf("data: %d\n\n", i); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	close(proceed)
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("at the end %q, error %v", rest, err)
	}
}

func TestEventsKeepAlive(t *testing.T) {
	t.Parallel()
	proceed := make(chan struct{})
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		// As if the time were up, twice: after a comment the timer is set again.
		for i := 0; i < 2; i++ {
			if !apiroute.StopKeepAlive(ev) {
				t.Error("the timer was not set")
			}
			apiroute.KeepAliveNow(ev)
			<-proceed
			for !apiroute.StopKeepAlive(ev) { // until it is set again
				time.Sleep(time.Millisecond)
			}
			apiroute.KeepAliveLater(ev)
		}
		return ev.Send(apiroute.Event{Data: "x"})
	})))
	c := s.dial(t)
	c.send(t, requestText("GET", "/", ""))
	resp := c.response(t, "GET")
	for i := 0; i < 2; i++ {
		if got := readN(t, resp.Body, 3); got != ":\n\n" {
			t.Errorf("%q, want a comment", got)
		}
		proceed <- struct{}{}
	}
	rest, err := io.ReadAll(resp.Body)
	if diff := cmp.Diff([]heard{{Data: "x"}}, hear(string(rest))); err != nil || diff != "" {
		t.Errorf("error %v; then (-want +got):\n%s", err, diff)
	}
}

func TestEventsKeepAliveFindsClientGone(t *testing.T) {
	t.Parallel()
	done := make(chan error, 1)
	s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		<-req.Context().Done()
		apiroute.KeepAliveNow(ev)
		for apiroute.EventsErr(ev) == nil {
			time.Sleep(time.Millisecond)
		}
		if apiroute.StopKeepAlive(ev) {
			t.Error("the timer of a stream that has ended is set")
		}
		err = ev.Send(apiroute.Event{Data: "x"})
		done <- err
		return err
	}))
	c := s.dial(t)
	c.send(t, requestText("GET", "/", ""))
	c.response(t, "GET")
	c.Close()
	if err := receive(t, "the handler", done); !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v; want context.Canceled", err)
	}
}

// A stream ends with its handler, however that ends. Its timer would write to a response that is
// net/http's again.
func TestEventsEndWithHandler(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() error{
		"nil":   func() error { return nil },
		"error": func() error { return errors.New("x") },
		"panic": func() error { panic("x") },
		"abort": func() error { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := make(chan *apiroute.EventStream, 1)
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
				ev, err := res.Events()
				if err != nil {
					return err
				}
				kept <- ev
				return end()
			})))
			if got := s.do("GET", "/", ""); (got.err == nil) != (name == "nil") {
				t.Errorf("the client got error %v", got.err)
			}
			ev := receive(t, "the stream", kept)
			s.counts() // waits for the handler
			if name != "abort" && apiroute.EventsErr(ev) == nil {
				t.Error("the stream has not ended")
			}
			if apiroute.StopKeepAlive(ev) {
				t.Error("the timer is set")
			}
			for i := 0; i < 2; i++ {
				err := ev.Send(apiroute.Event{Data: "late"})
				if !errors.Is(err, apiroute.ErrAnswered) && !(name == "abort" && err != nil) {
					t.Errorf("Send after the handler: %v; want ErrAnswered", err)
				}
			}
		})
	}
}

func TestEventsEndDuringComment(t *testing.T) {
	t.Parallel()
	kept := make(chan *apiroute.EventStream, 1)
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		kept <- ev
		release := apiroute.HoldEvents(ev) // the comment and the end of the handler will both wait
		apiroute.KeepAliveNow(ev)
		time.Sleep(20 * time.Millisecond)
		time.AfterFunc(20*time.Millisecond, release)
		return nil
	})))
	if got := s.do("GET", "/", ""); got.body != "" && got.body != ":\n\n" || got.err != nil {
		t.Errorf("body %q, error %v", got.body, got.err)
	}
	s.counts() // waits for the handler
	if ev := <-kept; apiroute.StopKeepAlive(ev) {
		t.Error("the timer of a stream that has ended is set")
	}
}

func TestEventsByManyGoroutines(t *testing.T) {
	t.Parallel()
	const senders, each = 8, 50
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		var wg sync.WaitGroup
		for i := 0; i < senders; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for j := 0; j < each; j++ {
					if err := ev.Send(apiroute.Event{Data: fmt.Sprintf("%d\n%d", i, j)}); err != nil {
						t.Error(err)
					}
					apiroute.KeepAliveNow(ev) // comments in between
				}
			}()
		}
		for i := 0; i < each; i++ { // nor does a look at the header disturb
			if got := res.Header().Get("Content-Type"); got != "text/event-stream" {
				t.Error(got)
			}
		}
		wg.Wait()
		return nil
	})))
	got := s.do("GET", "/", "")
	if got.err != nil {
		t.Fatal(got.err)
	}
	next := make([]int, senders)
	for _, e := range hear(got.body) {
		var i, j int
		if _, err := fmt.Sscanf(e.Data, "%d\n%d", &i, &j); err != nil || next[i] != j {
			t.Fatalf("event %q: %v; want number %d of this sender", e.Data, err, next[i])
		}
		next[i]++
	}
	for i, n := range next {
		if n != each {
			t.Errorf("%d events of sender %d, want %d", n, i, each)
		}
	}
}

// What a handler does too late, while goroutines of an Around still send, is no race with those.
func TestEventsWhileHandlerGoesOn(t *testing.T) {
	t.Parallel()
	senders := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			events, err := res.Events()
			if err != nil {
				return err
			}
			var wg sync.WaitGroup
			for i := 0; i < 4; i++ {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for j := 0; j < 50; j++ {
						events.Send(apiroute.Event{Data: "x"})
					}
				}()
			}
			events.Send(apiroute.Event{Data: "x"})
			err = next(req, res)
			wg.Wait()
			return err
		}
	}
	for name, h := range map[string]func(*apiroute.Response) error{
		"nothing": func(*apiroute.Response) error { return nil },
		"Status":  func(res *apiroute.Response) error { res.Status(500); return nil },
		"JSON":    func(res *apiroute.Response) error { res.Status(500).JSON("x"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(h)), apiroute.Around(senders))
			got := s.do("GET", "/", "")
			if n := len(hear(got.body)); got.err != nil || n != 4*50+1 {
				t.Errorf("%d events, error %v", n, got.err)
			}
		})
	}
}

func TestEventsPastTimeout(t *testing.T) {
	t.Parallel()
	sent := make(chan error, 1)
	s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
		ev, err := res.Events()
		if err != nil {
			return err
		}
		<-req.Context().Done()
		err = ev.Send(apiroute.Event{Data: "x"})
		sent <- err
		return err
	}, apiroute.Timeout(20*time.Millisecond)))
	if got := s.do("GET", "/", ""); got.body != "" || got.err == nil {
		t.Errorf("body %q, error %v; want a cut", got.body, got.err)
	}
	if err := receive(t, "the handler", sent); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send: %v; want context.DeadlineExceeded", err)
	}
	if lines := s.warnings(); len(lines) != 1 || !strings.Contains(lines[0], "deadline exceeded") {
		t.Errorf("logged %q", lines)
	}
}

// TestThousandStreams holds many event streams, each with an event now and then, and looks at what is
// left of them. With APIROUTE_LONG=1 in the environment it holds them longer.
func TestThousandStreams(t *testing.T) {
	noLeaks(t)
	const streams = 1000
	hold := time.Second
	if os.Getenv("APIROUTE_LONG") == "1" {
		hold = 10 * time.Second
	}
	var running sync.WaitGroup
	stop := make(chan struct{})
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		ev, err := res.Events()
		for i := 0; err == nil; i++ {
			if err = ev.Send(apiroute.Event{ID: fmt.Sprint(i), Data: "x"}); err != nil {
				break
			}
			select {
			case <-stop:
				return nil
			case <-time.After(200 * time.Millisecond):
			}
		}
		return err
	})))
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // what pools keep goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	goroutines := runtime.NumGoroutine()
	begun := make(chan struct{}, streams)
	for i := 0; i < streams; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Error(err)
				begun <- struct{}{}
				return
			}
			defer conn.Close()
			io.WriteString(conn, requestText("GET", "/", "", "Connection: close"))
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			begun <- struct{}{}
			if err != nil {
				t.Error(err)
				return
			}
			body, err := io.ReadAll(resp.Body)
			if got := len(hear(string(body))); got < 2 || err != nil {
				t.Errorf("%d events, error %v", got, err)
			}
		}()
	}
	for i := 0; i < streams; i++ {
		receive(t, "a stream to begin", begun)
	}
	time.Sleep(hold)
	close(stop)
	running.Wait()
	await(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	const slack = 4 << 20
	await(t, "the memory to be given back", func() bool { return heap() < before+slack })
}

// A wrapper that hides the connection also keeps the server's timeouts on a stream. The log says so
// once for each route, with the type of the wrapper, where there is a timeout that ends the stream.
func TestStreamWarnsOfDeadlines(t *testing.T) {
	t.Parallel()
	back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: x\n\n")
	}))
	write := func(s *httptest.Server) { s.Config.WriteTimeout = patience }
	read := func(s *httptest.Server) { s.Config.ReadTimeout = patience }
	for name, h := range map[string]apiroute.Handler{
		"Stream": respond(streamX), "JSONLines": respond(linesOf(2)), "Events": respond(sendX), "Proxy": apiroute.Proxy(back.URL),
	} {
		for _, tt := range []struct {
			name, use, method string
			configure         func(*httptest.Server)
			want              string // "": nothing is logged
		}{
			{"hidden", "hidden", "GET", write, "WriteTimeout"},
			{"hidden inside", "unwrap hidden", "GET", write, "WriteTimeout"},
			{"hidden outside", "hidden unwrap", "GET", write, "WriteTimeout"},
			{"hidden from a body", "hidden", "POST", read, "ReadTimeout"},
			{"no body to read", "hidden", "GET", read, ""},
			{"no timeout", "hidden", "GET", http2(false), ""},
			{"nothing to send", "hidden", "HEAD", write, ""},
			{"unwrap", "unwrap", "POST", timeouts(patience), ""},
			{"bare", "bare", "POST", timeouts(patience), ""},
		} {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				t.Parallel()
				var use []func(http.Handler) http.Handler
				for _, w := range strings.Fields(tt.use) {
					use = append(use, wrappers[w])
				}
				s := serveWith(t, tt.configure, func(api *apiroute.Router) {
					api.Handle("/a", h, apiroute.Use(use...))
					api.Handle("/b", h, apiroute.Use(use...))
				})
				body := map[string]string{"POST": "body"}[tt.method]
				for range 3 {
					s.oneRequest(t, tt.method, "/a", body)
					s.oneRequest(t, tt.method, "/b", body)
				}
				lines := s.warnings()
				if tt.want == "" {
					if len(lines) > 0 {
						t.Errorf("logged %q", lines)
					}
					return
				}
				if len(lines) != 2 || logValue(lines[0], "route") != "/a" || logValue(lines[1], "route") != "/b" {
					t.Fatalf("logged %q, want a warning for each route", lines)
				}
				for _, line := range lines {
					if logValue(line, "level") != "WARN" || !strings.Contains(line, tt.want) || logValue(line, "writer") != "apiroute_test.hiddenWriter" {
						t.Errorf("logged %q, want a warning of %s with the type", line, tt.want)
					}
				}
			})
		}
	}
}

// oneRequest sends a request whose response does not matter, as long as it is whole.
func (s *server) oneRequest(t *testing.T, method, path, body string) {
	t.Helper()
	if got := s.do(method, path, body); got.err != nil || got.status != 200 {
		t.Errorf("status %d, error %v", got.status, got.err)
	}
}
