package apiroute_test

import (
	"fmt"
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

	"example.com/apiroute"
)

// TestMain runs the tests and fails if a goroutine of a server, a client or the package is left after
// them.
func TestMain(m *testing.M) {
	before := stacks()
	code := m.Run()
	if left := awaitEnd(before); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left after the tests:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// stacks returns the stacks of the goroutines that run code of net/http or of the package, by their
// number. The goroutine that asks is not among them.
func stacks() map[string]string {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	list := map[string]string{}
	for i, s := range strings.Split(strings.TrimSpace(string(buf)), "\n\n") {
		if i > 0 && (strings.Contains(s, "net/http") || strings.Contains(s, "example.com/apiroute")) {
			id, _, _ := strings.Cut(strings.TrimPrefix(s, "goroutine "), " ")
			list[id] = s
		}
	}
	return list
}

// awaitEnd waits until no goroutines but those before are left. After ten seconds it returns the
// stacks of those that are.
func awaitEnd(before map[string]string) (left []string) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		left = nil
		for id, s := range stacks() {
			if before[id] == "" {
				left = append(left, s)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
	}
}

// What TestMain checks must be able to fail.
func TestStacks(t *testing.T) {
	before := stacks()
	stop, ended := make(chan struct{}), make(chan struct{})
	api := apiroute.New(quiet())
	api.Get("/", respond(func(res *apiroute.Response) error { <-stop; return res.End() }))
	go func() {
		defer close(ended)
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	found := func() bool {
		for id := range stacks() {
			if before[id] == "" {
				return true
			}
		}
		return false
	}
	await(t, "the goroutine in the handler to be found", found)
	close(stop)
	<-ended
	await(t, "it to be gone", func() bool { return !found() })
}

// Goroutines that outlive their handler read the request that it was given and none that came after
// it, and never write into the response of another.
func TestKeptRequest(t *testing.T) {
	t.Parallel()
	var kept sync.WaitGroup
	gate := make(chan struct{})
	type in struct {
		ID   string                `path:"id"`
		Q    string                `query:"q"`
		Body struct{ Name string } `body:"json"`
	}
	api := apiroute.New(quiet())
	api.Post("/k/[id]/[...rest]", func(req *apiroute.Request, res *apiroute.Response) error {
		v, err := apiroute.Bind[in](req)
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
				t.Errorf("kept request %s has %q, error %v; want %q", want, got, err, expect)
			}
			if err := res.Text("late"); err != apiroute.ErrAnswered {
				t.Errorf("kept response %s: Text after the handler: %v, want ErrAnswered", want, err)
			}
		}()
		return res.SetHeader("X-Id", want).JSON(want)
	})
	s := newServer(t, api)
	var clients sync.WaitGroup
	for i := 0; i < 8; i++ {
		clients.Add(1)
		go func() {
			defer clients.Done()
			for n := 0; n < 25; n++ {
				id := fmt.Sprintf("%d-%d", i, n)
				got := s.fetch("POST", "/k/"+id+"/"+id+"/s?q="+id, `{"Name":"`+id+`"}`, "Content-Type: application/json", "X-Id: "+id)
				got.want(t, 200, `"`+id+`"`)
			}
		}()
	}
	clients.Wait()
	close(gate) // all kept requests are read after many others have been served
	kept.Wait()
}

// Routes are added while requests are served. Each request sees all that were there when it was sent.
func TestAddRoutesWhileServing(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	s := newServer(t, api)
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
					s.fetch("GET", fmt.Sprintf("/r%d/x/%d", i, g), "").want(t, 200, fmt.Sprintf("%d:%d", i, g))
				}
				if got := s.fetch("GET", "/never", ""); got.status != 404 {
					t.Errorf("no route: %d %q, error %v", got.status, got.body, got.err)
				}
				if n == routes {
					return
				}
			}
		}()
	}
	for i := 0; i < routes; i++ {
		api.Group("/r"+strconv.Itoa(i)).Get("/x/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
			return res.Text(fmt.Sprintf("%d:%s", i, req.Param("id")))
		})
		api.Routes()
		added.Add(1)
	}
	wg.Wait()
}

// Two servers share a router, and a third serves a group of it.
func TestRouterOfServers(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	group := api.Group("/g")
	group.Post("/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		var v struct{ Name string }
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text(req.Host + " " + req.Param("id") + " " + v.Name)
	})
	servers := []*server{newServer(t, api), newServer(t, api), newServer(t, group)}
	var wg sync.WaitGroup
	for i := 0; i < 12; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := servers[i%len(servers)]
			for n := 0; n < 20; n++ {
				id := fmt.Sprintf("%d-%d", i, n)
				got := s.fetch("POST", "/g/"+id, `{"Name":"`+id+`"}`, "Content-Type: application/json")
				got.want(t, 200, s.Listener.Addr().String()+" "+id+" "+id)
			}
		}()
	}
	wg.Wait()
}

// 64 clients ask for all kinds of responses at once. Each response has the ID of its own request, an
// error, a panic, a 404 and a 405 too.
func TestOwnResponse(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet(), apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Id", r.Header.Get("X-Id"))
			next.ServeHTTP(w, r)
		})
	}))
	api.Get("/json/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(map[string]string{"id": req.Param("id")})
	})
	api.Get("/large/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON([]string{req.Param("id"), strings.Repeat("x", 5000), req.Param("id")})
	})
	api.Get("/error/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return apiroute.Errorf(409, "id %s", req.Param("id"))
	})
	api.Get("/panic/[id]", func(req *apiroute.Request, res *apiroute.Response) error { panic(req.Param("id")) })
	api.Get("/stream/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(string, error) bool) {
			for i := 0; i < 3 && yield(req.Param("id"), nil); i++ {
			}
		})
	})
	api.Post("/body/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Bytes("text/plain", b)
	})
	s := newServer(t, api)
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
					{"GET", "/panic/" + id, "", problem(500), 500},
					{"GET", "/stream/" + id, "", strings.Repeat(`"`+id+"\"\n", 3), 200},
					{"POST", "/body/" + id, id, id, 200},
					{"GET", "/none/" + id, "", problem(404), 404},
					{"PUT", "/json/" + id, "", problem(405), 405},
				} {
					got := s.fetch(tt.method, tt.path, tt.body, "X-Id: "+id)
					if got.status != tt.status || got.body != tt.want || got.err != nil || got.header.Get("X-Id") != id {
						t.Errorf("%s %s: %d %q, ID %q, error %v; want %d %q", tt.method, tt.path, got.status, got.body, got.header.Get("X-Id"), got.err, tt.status, tt.want)
					}
				}
			}
		}()
	}
	wg.Wait()
}

// Clients that go away in the middle of a body, of a wait or of a response leave nothing running.
func TestAbandonedRequests(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		h          func(req *apiroute.Request, res *apiroute.Response, entered func()) error
	}{
		{"in a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", readAbandoned},
		{"in a chunk", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", readAbandoned},
		{"before the response", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", func(req *apiroute.Request, _ *apiroute.Response, entered func()) error {
			entered()
			<-req.Context().Done()
			return req.Context().Err()
		}},
		{"in a stream of events", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", func(req *apiroute.Request, res *apiroute.Response, entered func()) error {
			ev, err := res.Events()
			if err != nil {
				return err
			}
			entered()
			for {
				if err := ev.Send(apiroute.Event{Data: "x"}); err != nil {
					return err
				}
				select {
				case <-req.Context().Done():
					return req.Context().Err()
				case <-time.After(time.Millisecond):
				}
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := stacks()
			entered := make(chan struct{}, 3)
			s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
				return tt.h(req, res, func() { entered <- struct{}{} })
			}))
			for i := 0; i < 3; i++ {
				c := s.dial(t)
				c.send(t, tt.text)
				<-entered
				if strings.Contains(tt.name, "events") {
					readN(t, c, 10)
				}
				c.Close()
			}
			s.Close() // waits for the handlers
			if left := awaitEnd(before); len(left) > 0 {
				t.Errorf("left: %s", strings.Join(left, "\n\n"))
			}
		})
	}
}

func readAbandoned(req *apiroute.Request, _ *apiroute.Response, entered func()) error {
	entered()
	_, err := req.Bytes()
	return err
}
