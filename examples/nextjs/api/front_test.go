package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/coder/websocket"
)

func TestFrontEnd(t *testing.T) {
	f, err := newFrontEnd(fstest.MapFS{
		".gitignore":               {Data: []byte("*")},
		"index.html":               {Data: []byte("home")},
		"board.html":               {Data: []byte("board")},
		"board.txt":                {Data: []byte("for the router of Next.js")},
		"about/index.html":         {Data: []byte("about")},
		"404.html":                 {Data: []byte("not here")},
		"_next/static/chunks/a.js": {Data: []byte("js")},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(f)
	defer srv.Close()
	const kept = "public, max-age=31536000, immutable"
	for _, tt := range []struct {
		method, path string
		status       int
		body, cache  string
	}{
		{"GET", "/", 200, "home", "no-cache"},
		{"GET", "/board", 200, "board", "no-cache"},
		{"GET", "/board?id=1", 200, "board", "no-cache"},
		{"GET", "/board/", 200, "board", "no-cache"},
		{"GET", "/board.html", 200, "board", "no-cache"},
		{"GET", "/board.txt?_rsc=x", 200, "for the router of Next.js", "no-cache"},
		{"GET", "/about", 200, "about", "no-cache"},
		{"HEAD", "/about", 200, "", "no-cache"},
		{"GET", "/_next/static/chunks/a.js", 200, "js", kept},
		{"GET", "/_next/static", 404, "not here", ""},
		{"GET", "/nope", 404, "not here", ""},
		{"GET", "/.gitignore", 404, "not here", ""},
		{"GET", "/../go.mod", 404, "not here", ""},
		{"GET", "/%2e%2e/go.mod", 404, "not here", ""},
		{"POST", "/board", 405, "method not allowed\n", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, srv.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != tt.status || string(body) != tt.body || res.Header.Get("Cache-Control") != tt.cache {
			t.Errorf("%s %s: got %d %q %q, want %d %q %q", tt.method, tt.path, res.StatusCode, body,
				res.Header.Get("Cache-Control"), tt.status, tt.body, tt.cache)
		}
		if tt.status != 200 {
			continue
		}
		req.Header.Set("If-None-Match", res.Header.Get("ETag"))
		if again, err := http.DefaultTransport.RoundTrip(req); err != nil || again.StatusCode != 304 {
			t.Errorf("%s %s again: got %v, %v, want 304", tt.method, tt.path, again, err)
		}
	}
}

// A fresh clone has no exported front end. The API works, and the page says what to do.
func TestWithoutFrontEnd(t *testing.T) {
	f, err := newFrontEnd(fstest.MapFS{".gitignore": {}})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 404 || !strings.Contains(rec.Body.String(), "npm run export") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}

// fakeNext stands for a Next.js server.
func fakeNext(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/_next/webpack-hmr", func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil) // it compares Origin and Host, as Next.js does
		if err != nil {
			return
		}
		defer ws.CloseNow()
		for {
			kind, data, err := ws.Read(r.Context())
			if err != nil || ws.Write(r.Context(), kind, data) != nil {
				return
			}
		}
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first\n")
		http.NewResponseController(w).Flush()
		<-r.Context().Done() // until the client has read this
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s cookie %s for %s://%s", r.Method, r.Host, r.RequestURI, r.Header.Get("Cookie"),
			r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Host"))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

// inFront returns a site whose pages are served by another server.
func inFront(t *testing.T, next string) *site {
	t.Helper()
	s := newTestSite(t)
	address, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newSite(s.app, address, slog.New(slog.NewTextHandler(s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = h
	return s
}

func TestGoInFront(t *testing.T) {
	s := inFront(t, fakeNext(t).URL)
	host := strings.TrimPrefix(s.URL, "http://")
	for _, tt := range []struct{ method, path, want string }{
		{"GET", "/", "GET " + host + " / cookie session=" + s.token + " for http://" + host},
		{"GET", "/board?id=1&_rsc=a%2Fb", "GET " + host + " /board?id=1&_rsc=a%2Fb cookie "},
		{"GET", "/_next/image?url=%2Fa.png&w=64", "GET " + host + " /_next/image?url=%2Fa.png&w=64 cookie "},
		{"GET", "/a%2Fb", "GET " + host + " /a%2Fb cookie "},
		{"POST", "/board", "POST " + host + " /board cookie "},
		{"GET", "/api/left-in-next", "GET " + host + " /api/left-in-next cookie "}, // a file in pages/api
		{"GET", "/api/session", `{"id":1,"name":"Ada"`},                            // moved
	} {
		if res := s.do(t, tt.method, tt.path, ""); res.StatusCode != 200 || !strings.HasPrefix(res.body, tt.want) {
			t.Errorf("%s %s: got %d %s, want %s", tt.method, tt.path, res.StatusCode, res.body, tt.want)
		}
	}
}

// Hot reload needs a WebSocket through the Go server, and React sends its pages in parts.
func TestGoInFrontStreams(t *testing.T) {
	s := inFront(t, fakeNext(t).URL)
	ws, _, err := websocket.Dial(t.Context(), s.URL+"/_next/webpack-hmr", &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {s.URL}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	for _, text := range []string{"ping", "pong"} {
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := ws.Read(t.Context()); err != nil || string(got) != text {
			t.Fatalf("got %q, %v, want %q", got, err, text)
		}
	}
	res, err := http.Get(s.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); line != "first\n" {
		t.Errorf("got %q, %v, want the first line while the response goes on", line, err)
	}
}

// Both servers send each other what they do not have, as in development. Then nobody has it.
func TestNoLoop(t *testing.T) {
	var s *site
	var requests atomic.Int32
	next := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		address, err := url.Parse(s.URL)
		if err != nil {
			t.Error(err)
		}
		httputil.NewSingleHostReverseProxy(address).ServeHTTP(w, r) // fallback: [{ source: '/api/:path*' … }]
	}))
	t.Cleanup(next.Close)
	s = inFront(t, next.URL)
	for _, front := range []string{s.URL, next.URL} {
		requests.Store(0)
		res, err := http.Get(front + "/api/nope")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 404 || string(body) != `{"title":"Not Found","status":404}` || requests.Load() > 2 {
			t.Errorf("got %d %s, %v after %d requests, want 404", res.StatusCode, body, err, requests.Load())
		}
	}
}

// A page of Next.js may take longer than the timeout of the Go server, which is over here at once.
func TestGoInFrontOutlivesTimeout(t *testing.T) {
	s := inFront(t, fakeNext(t).URL)
	slow := httptest.NewUnstartedServer(s.Config.Handler)
	slow.Config.WriteTimeout = time.Nanosecond
	slow.Start()
	defer slow.Close()
	if res, err := http.Get(slow.URL + "/healthz"); err == nil {
		t.Errorf("a handler of Go's own: got %d, want no response after the timeout", res.StatusCode)
	}
	res, err := http.Get(slow.URL + "/board")
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("a page of Next.js: got %v, %v, want 200", res, err)
	}
	res.Body.Close()
}

// Next.js may start later than the Go server. The page in between loads itself again.
func TestGoInFrontWaits(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // now nobody listens there
	s := inFront(t, "http://"+l.Addr().String())
	res := s.do(t, "GET", "/", "")
	if res.StatusCode != 502 || !strings.Contains(res.body, "http-equiv=refresh") || strings.Contains(res.body, l.Addr().String()) {
		t.Errorf("got %d %s", res.StatusCode, res.body)
	}
	if log := s.log.String(); !strings.Contains(log, l.Addr().String()) {
		t.Errorf("the log does not name the address:\n%s", log)
	}
	if res := s.do(t, "GET", "/api/session", ""); res.StatusCode != 200 {
		t.Errorf("the API: got %d, want 200", res.StatusCode)
	}
}
