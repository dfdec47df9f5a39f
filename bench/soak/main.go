// Command soak loads a server for a while. A fifth of the requests are hostile. It fails if a
// response to a good request is wrong, or if goroutines or memory are left behind.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/apiroute"
)

func main() {
	d := flag.Duration("time", time.Minute, "how long")
	count := flag.Int64("count", 0, "after how many requests to stop; 0: none")
	clients := flag.Int("clients", 64, "how many clients, one fifth of them hostile")
	flag.Parse()
	if err := soak(os.Stdout, *d, *count, *clients); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func soakRoutes() http.Handler {
	api := apiroute.New(apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))), apiroute.BodyLimit(64<<10))
	api.Get("/id/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(map[string]string{"id": req.Param("id")})
	})
	api.Post("/echo/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		var v struct{ Name string }
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text(req.Param("id") + " " + v.Name)
	})
	api.Get("/lines/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(string, error) bool) {
			for i := 0; i < 3 && yield(req.Param("id"), nil); i++ {
			}
		})
	})
	// With as many routes as a large site has, the few KiB by which the runtime's own memory varies
	// are less than 5 % of the heap, and one byte leaked by each request is more.
	for i := 0; i < 2000; i++ {
		api.Get(fmt.Sprintf("/site/%d/[id]", i), func(_ *apiroute.Request, res *apiroute.Response) error { return res.End() })
	}
	api.Get("/panic", func(*apiroute.Request, *apiroute.Response) error { panic("hostile") })
	return api
}

// A load counts the results that the clients see.
type load struct {
	addr                               string
	requests, unexpected, wrong, fault atomic.Int64
	first                              sync.Once
	firstWrong                         string
}

func (l *load) bad(format string, args ...any) {
	l.first.Do(func() { l.firstWrong = fmt.Sprintf(format, args...) })
}

// good sends one of several good requests and checks the response.
func (l *load) good(c *http.Client, id string, n int) {
	method, path, body, want, status := "GET", "/id/"+id, "", `{"id":"`+id+`"}`, 200
	switch n % 4 {
	case 1:
		method, path, body, want = "POST", "/echo/"+id, `{"Name":"`+id+`"}`, id+" "+id
	case 2:
		path, want = "/lines/"+id, strings.Repeat(`"`+id+"\"\n", 3)
	case 3:
		path, want, status = "/none/"+id, `{"title":"Not Found","status":404}`, 404
	}
	req, err := http.NewRequest(method, "http://"+l.addr+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	l.requests.Add(1)
	resp, err := c.Do(req)
	if err != nil {
		l.fault.Add(1)
		l.bad("%s: %v", path, err)
		return
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode >= 500 {
		l.unexpected.Add(1)
		l.bad("%s: status %d", path, resp.StatusCode)
	} else if err != nil || resp.StatusCode != status || string(b) != want {
		l.wrong.Add(1)
		l.bad("%s: %d %q, %v, want %d %q", path, resp.StatusCode, b, err, status, want)
	}
}

// hostile sends one of several hostile requests, each on a new connection.
func (l *load) hostile(n int) {
	text, want, cut := "", "", false
	switch n % 6 {
	case 0:
		text, cut = "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"Na", true
	case 1:
		text, want = "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n", " 413 "
	case 2:
		text, want = "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", " 400 "
	case 3:
		text, want = "GET /panic HTTP/1.1\r\nHost: x\r\n\r\n", " 500 "
	case 4:
		text, want = "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{x}", " 400 "
	case 5: // slow: a byte at a time
		text, want = "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", " 200 "
	}
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		l.fault.Add(1)
		l.bad("dial: %v", err)
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	l.requests.Add(1)
	if n%6 == 5 {
		for i := range text {
			io.WriteString(conn, text[i:i+1])
			time.Sleep(time.Millisecond)
		}
	} else {
		io.WriteString(conn, text)
	}
	if cut {
		return
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if !strings.Contains(line, want) {
		l.wrong.Add(1)
		l.bad("%q: %q, %v, want %s", text, line, err, want)
	}
}

// run runs the clients until the time or the number of requests is reached.
func (l *load) run(d time.Duration, count int64, clients int) {
	end := time.Now().Add(d)
	start := l.requests.Load()
	var wg sync.WaitGroup
	for i := 0; i < clients; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			transport := &http.Transport{MaxIdleConnsPerHost: 1}
			defer transport.CloseIdleConnections()
			c := &http.Client{Transport: transport, Timeout: 30 * time.Second}
			for n := 0; time.Now().Before(end) && (count == 0 || l.requests.Load()-start < count); n++ {
				if i%5 == 4 {
					l.hostile(n + i)
				} else {
					l.good(c, fmt.Sprintf("%d-%d", i, n), n)
				}
			}
		}()
	}
	wg.Wait()
}

// settle waits until no more than most goroutines are running, and returns their number and the
// size of the heap after garbage collection. All connections must be closed.
func settle(most int) (goroutines int, heap uint64) {
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if goroutines = runtime.NumGoroutine(); goroutines <= most || time.Now().After(end) {
			break
		}
	}
	for i := 0; i < 10; i++ { // pools and finalizers need several collections
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if i == 0 || m.HeapAlloc < heap {
			heap = m.HeapAlloc
		}
		time.Sleep(20 * time.Millisecond)
	}
	return goroutines, heap
}

// soak runs the server and the load, and reports the results.
func soak(w io.Writer, d time.Duration, count int64, clients int) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: soakRoutes(), ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan struct{})
	go func() { defer close(ended); server.Serve(ln) }()
	defer func() { server.Close(); <-ended }()
	base := runtime.NumGoroutine()
	l := &load{addr: ln.Addr().String()}
	// The runtime and net/http keep some memory forever, so warm up until that no longer grows. Leaks
	// go on growing in the longer run that follows.
	goroutines, heap := 0, uint64(0)
	for i := 0; i < 6; i++ {
		l.run(min(d/2, 5*time.Second), count, clients)
		before := heap
		if goroutines, heap = settle(base); heap <= before+before/50 {
			break
		}
	}
	l.run(d, count, clients)
	goroutinesAfter, heapAfter := settle(base)

	fmt.Fprintf(w, "requests %d\nunexpected 5xx %d\nwrong answers %d\nfailed requests %d\ngoroutines %d before, %d after\nheap %d KiB before, %d KiB after\n",
		l.requests.Load(), l.unexpected.Load(), l.wrong.Load(), l.fault.Load(), goroutines, goroutinesAfter, heap>>10, heapAfter>>10)
	var errs []error
	if l.unexpected.Load()+l.wrong.Load()+l.fault.Load() > 0 {
		errs = append(errs, errors.New("wrong: "+l.firstWrong))
	}
	if goroutines > base || goroutinesAfter > base {
		errs = append(errs, fmt.Errorf("%d goroutines before, %d after the warm-up, %d after the load", base, goroutines, goroutinesAfter))
	}
	if heapAfter > heap+heap/20 {
		errs = append(errs, errors.New("the heap has grown by more than 5 %"))
	}
	return errors.Join(errs...)
}
