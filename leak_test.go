package apiroute

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// leakWait is how long goroutines may take to end once the tests are over.
const leakWait = 10 * time.Second

// TestMain runs the tests and fails if a goroutine of a server, a client or this
// package is left after them.
func TestMain(m *testing.M) {
	before := leakStacks()
	code := m.Run()
	if left := leakAwait(before); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left after the tests:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// leakStacks returns the stacks of the goroutines that run code of net/http or
// of this package, by their number, but for the one that asks.
func leakStacks() map[string]string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	stacks := map[string]string{}
	for i, s := range strings.Split(strings.TrimSpace(string(buf)), "\n\n") {
		if i > 0 && leakOurs(s) { // the first is the one that asks
			id, _, _ := strings.Cut(strings.TrimPrefix(s, "goroutine "), " ")
			stacks[id] = s
		}
	}
	return stacks
}

// leakOurs reports whether a stack is one of net/http or of this package, and not
// of the testing package that waits for a test.
func leakOurs(stack string) bool {
	return strings.Contains(stack, "net/http") || strings.Contains(stack, "example.com/apiroute")
}

// leakAwait waits until no goroutines but those before are left, and returns the
// stacks of those that are.
func leakAwait(before map[string]string) (left []string) {
	for end := time.Now().Add(leakWait); ; time.Sleep(10 * time.Millisecond) {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		left = nil
		for id, s := range leakStacks() {
			if before[id] == "" {
				left = append(left, s)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// The check must find what it is for.
func TestLeakStacks(t *testing.T) {
	before := leakStacks()
	stop, ended := make(chan struct{}), make(chan struct{})
	api := New(routerQuiet())
	api.Get("/", func(req *Request, res *Response) error { <-stop; return res.End() })
	go func() {
		defer close(ended)
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	found := func() bool {
		for id := range leakStacks() {
			if before[id] == "" {
				return true
			}
		}
		return false
	}
	streamAwait(t, "the goroutine in a handler is found", found)
	close(stop)
	<-ended
	streamAwait(t, "it is gone", func() bool { return !found() })
}

// leakServe serves a handler until the test ends and holds ServeHTTP to its word.
func leakServe(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				t.Errorf("%s %s: ServeHTTP panics: %v", r.Method, r.URL, v)
			}
		}()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// leakAsk sends a request and returns the status and the body.
func leakAsk(c *http.Client, method, url, body string) (int, string, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// Goroutines that outlive their handler read the request that they were given
// and none that came after it, and never write into the answer of another.
func TestLeakKeptRequest(t *testing.T) {
	var kept sync.WaitGroup
	gate := make(chan struct{})
	api := New(routerQuiet())
	type in struct {
		ID   string                `path:"id"`
		Q    string                `query:"q"`
		Body struct{ Name string } `body:"json"`
	}
	api.Post("/k/[id]/[...rest]", func(req *Request, res *Response) error {
		v, err := Bind[in](req)
		if err != nil {
			return err
		}
		want := req.Param("id")
		kept.Add(1)
		go func() {
			defer kept.Done()
			<-gate
			body, err := req.Bytes()
			got := []string{req.Param("id"), req.PathValue("id"), strings.Join(req.Segments("rest"), ","), req.Query().Get("q"),
				req.URL.Query().Get("q"), req.Header.Get("X-Id"), v.ID, v.Q, v.Body.Name, string(body), res.Header().Get("X-Id")}
			expect := []string{want, want, want + ",s", want, want, want, want, want, want, `{"Name":"` + want + `"}`, want}
			if err != nil || strings.Join(got, "|") != strings.Join(expect, "|") {
				t.Errorf("kept request %s has %q, %v, want %q", want, got, err, expect)
			}
			if err := res.Text("late"); err != ErrAnswered {
				t.Errorf("kept response %s: Text after the handler: %v, want ErrAnswered", want, err)
			}
		}()
		return res.SetHeader("X-Id", want).JSON(want)
	})
	s := leakServe(t, api)
	var clients sync.WaitGroup
	for i := 0; i < 8; i++ {
		clients.Add(1)
		go func() {
			defer clients.Done()
			for n := 0; n < 25; n++ {
				id := fmt.Sprintf("%d-%d", i, n)
				req, _ := http.NewRequest("POST", s.URL+"/k/"+id+"/"+id+"/s?q="+id, strings.NewReader(`{"Name":"`+id+`"}`))
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("X-Id", id)
				resp, err := s.Client().Do(req)
				if err != nil {
					t.Errorf("%s: %v", id, err)
					continue
				}
				b, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(b) != `"`+id+`"` {
					t.Errorf("%s: answer %d %q", id, resp.StatusCode, b)
				}
			}
		}()
	}
	clients.Wait()
	close(gate) // all kept requests are read after many others have been served
	kept.Wait()
}

// Routes are added while requests are served: each request sees all that were
// there when it was sent.
func TestLeakAddWhileServing(t *testing.T) {
	api := New(routerQuiet())
	s := leakServe(t, api)
	const routes = 60
	var added atomic.Int64 // how many are there
	var wg sync.WaitGroup
	for g := 0; g < 4; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				n := int(added.Load())
				if n > 0 {
					i := n - 1
					status, body, err := leakAsk(s.Client(), "GET", fmt.Sprintf("%s/r%d/x/%d", s.URL, i, g), "")
					if want := fmt.Sprintf("%d:%d", i, g); err != nil || status != 200 || body != want {
						t.Errorf("route %d: %d %q, %v, want %q", i, status, body, err, want)
					}
				}
				status, body, err := leakAsk(s.Client(), "GET", s.URL+"/never", "")
				if err != nil || status != 404 {
					t.Errorf("no route: %d %q, %v", status, body, err)
				}
				if n == routes {
					return
				}
			}
		}()
	}
	for i := 0; i < routes; i++ {
		api.Group("/r"+strconv.Itoa(i)).Get("/x/[id]", func(req *Request, res *Response) error {
			return res.Text(fmt.Sprintf("%d:%s", i, req.Param("id")))
		})
		api.Routes()
		added.Add(1)
	}
	wg.Wait()
}

// Two servers share a router, and a group of it is the third handler.
func TestLeakSharedRouter(t *testing.T) {
	api := New(routerQuiet())
	group := api.Group("/g")
	group.Post("/[id]", func(req *Request, res *Response) error {
		var v struct{ Name string }
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text(req.Host + " " + req.Param("id") + " " + v.Name)
	})
	servers := []*httptest.Server{leakServe(t, api), leakServe(t, api), leakServe(t, group)}
	var wg sync.WaitGroup
	for i := 0; i < 12; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := servers[i%len(servers)]
			for n := 0; n < 20; n++ {
				id := fmt.Sprintf("%d-%d", i, n)
				status, body, err := leakAsk(s.Client(), "POST", s.URL+"/g/"+id, `{"Name":"`+id+`"}`)
				if want := s.Listener.Addr().String() + " " + id + " " + id; err != nil || status != 200 || body != want {
					t.Errorf("%s: %d %q, %v, want %q", id, status, body, err, want)
				}
			}
		}()
	}
	wg.Wait()
}

// 64 clients ask for all kinds of answers at once, and each answer carries the
// id of its own request: those of errors, panics, 404 and 405 too.
func TestLeakOwnID(t *testing.T) {
	api := New(routerQuiet(), Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Id", r.Header.Get("X-Id"))
			next.ServeHTTP(w, r)
		})
	}))
	api.Get("/json/[id]", func(req *Request, res *Response) error { return res.JSON(map[string]string{"id": req.Param("id")}) })
	api.Get("/large/[id]", func(req *Request, res *Response) error {
		return res.JSON([]string{req.Param("id"), strings.Repeat("x", 5000), req.Param("id")})
	})
	api.Get("/error/[id]", func(req *Request, res *Response) error { return Errorf(409, "id %s", req.Param("id")) })
	api.Get("/panic/[id]", func(req *Request, res *Response) error { panic(req.Param("id")) })
	api.Get("/stream/[id]", func(req *Request, res *Response) error {
		return JSONLines(res, func(yield func(string, error) bool) {
			for i := 0; i < 3 && yield(req.Param("id"), nil); i++ {
			}
		})
	})
	api.Post("/body/[id]", func(req *Request, res *Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Bytes("text/plain", b)
	})
	s := leakServe(t, api)
	s.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	var wg sync.WaitGroup
	for i := 0; i < 64; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; n < 5; n++ {
				id := fmt.Sprintf("%d-%d", i, n)
				for _, tt := range []struct {
					method, path, body, want string
					status                   int
				}{
					{"GET", "/json/" + id, "", `{"id":"` + id + `"}`, 200},
					{"GET", "/large/" + id, "", `["` + id + `","` + strings.Repeat("x", 5000) + `","` + id + `"]`, 200},
					{"GET", "/error/" + id, "", `{"title":"Conflict","status":409,"detail":"id ` + id + `"}`, 409},
					{"GET", "/panic/" + id, "", `{"title":"Internal Server Error","status":500}`, 500},
					{"GET", "/stream/" + id, "", strings.Repeat(`"`+id+"\"\n", 3), 200},
					{"POST", "/body/" + id, id, id, 200},
					{"GET", "/none/" + id, "", `{"title":"Not Found","status":404}`, 404},
					{"PUT", "/json/" + id, "", `{"title":"Method Not Allowed","status":405}`, 405},
				} {
					req, _ := http.NewRequest(tt.method, s.URL+tt.path, strings.NewReader(tt.body))
					req.Header.Set("X-Id", id)
					resp, err := s.Client().Do(req)
					if err != nil {
						t.Errorf("%s: %v", tt.path, err)
						continue
					}
					b, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if resp.StatusCode != tt.status || string(b) != tt.want || err != nil || resp.Header.Get("X-Id") != id {
						t.Errorf("%s %s: %d %q, id %q, %v, want %d %q", tt.method, tt.path, resp.StatusCode, b, resp.Header.Get("X-Id"), err, tt.status, tt.want)
					}
				}
			}
		}()
	}
	wg.Wait()
}

// Clients that go away in the middle of a body, of a wait or of an answer leave
// nothing running.
func TestLeakAbandoned(t *testing.T) {
	before := leakStacks()
	entered := make(chan struct{}, 64)
	api := New(routerQuiet())
	api.Post("/body", func(req *Request, res *Response) error {
		entered <- struct{}{}
		_, err := req.Bytes()
		return err
	})
	api.Get("/wait", func(req *Request, res *Response) error {
		entered <- struct{}{}
		<-req.Context().Done()
		return req.Context().Err()
	})
	api.Get("/events", func(req *Request, res *Response) error {
		s, err := res.Events()
		if err != nil {
			return err
		}
		entered <- struct{}{}
		for {
			if err := s.Send(Event{Data: "x"}); err != nil {
				return err
			}
			select {
			case <-req.Context().Done():
				return req.Context().Err()
			case <-time.After(time.Millisecond):
			}
		}
	})
	s := httptest.NewServer(api)
	for _, text := range []string{
		"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
		"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /events HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		for i := 0; i < 3; i++ {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, text)
			<-entered
			if strings.Contains(text, "events") {
				io.ReadFull(bufio.NewReader(conn), bytes.Repeat([]byte{0}, 10))
			}
			conn.Close()
		}
	}
	s.Close() // waits for the handlers
	if left := leakAwait(before); len(left) > 0 {
		t.Errorf("left: %s", strings.Join(left, "\n\n"))
	}
}
