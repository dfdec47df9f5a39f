package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// start runs the program with args on a free port and returns its URL. The function
// stop ends it as a signal would, and waits until it has ended.
func start(t *testing.T, args ...string) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, append(args, "-addr", "localhost:0"), w)
		w.CloseWithError(io.EOF)
		done <- err
	}()
	line, _ := bufio.NewReader(r).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	if !ok {
		cancel()
		t.Fatalf("the program printed %q: %v", line, <-done)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return url, stop
}

func send(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestAPI(t *testing.T) {
	t.Setenv("SIGNING_KEY", "secret")
	url, _ := start(t)
	for _, tt := range []struct { // in this order: the second request finds what the first has left
		name               string
		method, path, body string
		status             int
		want               string // part of the body
	}{
		{"name of spaces", "POST", "/api/user", `{"name":" "}`, 422, `{"in":"body","name":"name","detail":"is required"}`},
		{"other method", "DELETE", "/api/user", "", 405, "Method Not Allowed"},
		{"signature", "GET", "/api/sign?text=a", "", 200, "4048c44911916043ff626895ff78c5262764685b6cb9a03ce07886a9effb924c"},
		{"delete a post", "DELETE", "/api/posts/1", "", 204, ""},
		{"delete it again", "DELETE", "/api/posts/1", "", 404, "no post 1"},
		{"get a deleted post", "GET", "/api/posts/1", "", 404, "no post 1"},
		{"optional catch-all", "GET", "/api/shop/a/b", "", 200, "shop: /a/b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := send(t, tt.method, url+tt.path, tt.body)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("%s %s %s: got %d %s, want %d and %s", tt.method, tt.path, tt.body, status, body, tt.status, tt.want)
			}
		})
	}
}

func TestSignWithoutKey(t *testing.T) {
	t.Setenv("SIGNING_KEY", "")
	url, _ := start(t)
	if status, body := send(t, "GET", url+"/api/sign?text=a", ""); status != 503 {
		t.Errorf("got %d %s, want 503", status, body)
	}
}

func TestStateSurvivesRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	url, stop := start(t, "-file", file)
	send(t, "POST", url+"/api/user", `{"name":"Ada"}`)
	send(t, "PUT", url+"/api/posts/2?tag=x", `{"title":"Two"}`)
	send(t, "DELETE", url+"/api/posts/1", "")
	stop()
	url, _ = start(t, "-file", file)
	for _, tt := range []struct {
		name, path string
		status     int
		want       string
	}{
		{"a user that was changed", "/api/user", 200, `{"name":"Ada"}`},
		{"a post that was added", "/api/posts/2", 200, `{"id":2,"title":"Two","tags":["x"]}`},
		{"a post that was deleted", "/api/posts/1", 404, `{"title":"Not Found","status":404,"detail":"no post 1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := send(t, "GET", url+tt.path, ""); status != tt.status || body != tt.want {
				t.Errorf("GET %s: got %d %s, want %d %s", tt.path, status, body, tt.status, tt.want)
			}
		})
	}
	if names, err := filepath.Glob(file + ".*"); err != nil || len(names) > 0 {
		t.Errorf("files left over: %v, %v", names, err)
	}
}

// TestFileFails checks that a change which cannot be written to the file is an error,
// and that no reader sees it.
func TestFileFails(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	st, err := openStore(filepath.Join(dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.update(func(s *state) error { s.User.Name = "Ada"; return nil }); err == nil {
		t.Error("update: no error, although the directory does not exist")
	}
	if got := st.get().User.Name; got != "John Doe" {
		t.Errorf("name: got %q, want the one from before", got)
	}
}

// TestShutdownLetsRequestFinish ends the program while a request is running. The
// server sends 100 Continue when the handler begins to read the body, so a client
// that has got it knows that the handler is running.
//
// It does not run in parallel with other tests, which could open the port again.
func TestShutdownLetsRequestFinish(t *testing.T) {
	url, stop := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"title":"Late"}`
	fmt.Fprintf(conn, "PUT /api/posts/3 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(body))
	r := bufio.NewReader(conn)
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	r.ReadString('\n')
	stopped := make(chan struct{})
	go func() {
		stop()
		close(stopped)
	}()
	for { // until the server accepts no more connections
		c, err := net.Dial("tcp", conn.RemoteAddr().String())
		if err != nil {
			break
		}
		c.Close()
	}
	io.WriteString(conn, body)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if want := `{"id":3,"title":"Late"}`; err != nil || res.StatusCode != 200 || string(b) != want {
		t.Errorf("got %d %s, %v, want 200 %s", res.StatusCode, b, err, want)
	}
	<-stopped
}

// TestShutdownEndsClock checks that the shutdown ends the clock, which has no end of
// its own, and that the client gets a complete response.
func TestShutdownEndsClock(t *testing.T) {
	t.Parallel()
	url, stop := start(t, "-tick", "1ms")
	res, err := http.Get(url + "/api/clock")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	r := bufio.NewReader(res.Body)
	if line, err := r.ReadString('\n'); line != "event: tick\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	go stop()
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Errorf("the stream was cut: %v", err)
	}
	stop()
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"unknown flag", []string{"-nope"}},
		{"address that is none", []string{"-addr", "localhost:-1"}},
		{"file that is not JSON", []string{"-file", bad}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := run(context.Background(), tt.args, io.Discard); err == nil {
				t.Errorf("run(%q): no error", tt.args)
			}
		})
	}
}
