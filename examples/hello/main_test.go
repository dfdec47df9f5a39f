package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// start runs the program with args on a free port. The function stop ends it as a signal would, and
// waits until it has ended.
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

// TestREADME runs the curl commands of the README in order against a new server, and compares each
// response with the lines below its command.
func TestREADME(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	url, _ := start(t)
	host := strings.TrimPrefix(url, "http://")
	blocks := strings.Split(string(b), "```console\n")[1:]
	commands := 0
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		for _, step := range strings.Split(block, "$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			commands++
			line := strings.ReplaceAll(command, "localhost:8080", host)
			line = strings.Replace(line, "curl ", "curl --silent ", 1)
			got, err := exec.Command("sh", "-c", line).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", command, err, got)
			}
			if strings.TrimSpace(string(got)) != strings.TrimSpace(want) {
				t.Errorf("%s\n got %s\nwant %s", command, got, want)
			}
		}
	}
	if commands < 10 {
		t.Errorf("the README has %d commands: has its form changed?", commands)
	}
}

func TestAPI(t *testing.T) {
	t.Setenv("SIGNING_KEY", "secret")
	url, _ := start(t)
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string // contained in the response
	}{
		{"POST", "/api/user", `{"name":" "}`, 422, `{"in":"body","name":"name","detail":"is required"}`},
		{"DELETE", "/api/user", "", 405, "Method Not Allowed"},
		{"GET", "/api/sign?text=a", "", 200, "4048c44911916043ff626895ff78c5262764685b6cb9a03ce07886a9effb924c"},
		{"DELETE", "/api/posts/1", "", 204, ""},
		{"DELETE", "/api/posts/1", "", 404, "no post 1"},
		{"GET", "/api/posts/1", "", 404, "no post 1"},
		{"GET", "/api/shop/a/b", "", 200, "shop: /a/b"},
	} {
		status, body := send(t, tt.method, url+tt.path, tt.body)
		if status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s %s: got %d %s, want %d and %s", tt.method, tt.path, tt.body, status, body, tt.status, tt.want)
		}
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
	file := filepath.Join(t.TempDir(), "state.json")
	url, stop := start(t, "-file", file)
	send(t, "POST", url+"/api/user", `{"name":"Ada"}`)
	send(t, "PUT", url+"/api/posts/2?tag=x", `{"title":"Two"}`)
	send(t, "DELETE", url+"/api/posts/1", "")
	stop()
	url, _ = start(t, "-file", file)
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/api/user", 200, `{"name":"Ada"}`},
		{"/api/posts/2", 200, `{"id":2,"title":"Two","tags":["x"]}`},
		{"/api/posts/1", 404, `{"title":"Not Found","status":404,"detail":"no post 1"}`},
	} {
		if status, body := send(t, "GET", url+tt.path, ""); status != tt.status || body != tt.want {
			t.Errorf("GET %s: got %d %s, want %d %s", tt.path, status, body, tt.status, tt.want)
		}
	}
	if names, err := filepath.Glob(file + ".*"); err != nil || len(names) > 0 {
		t.Errorf("files left over: %v, %v", names, err)
	}
}

// A change that cannot be written to the file is neither acknowledged nor visible.
func TestFileFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	st, err := openStore(filepath.Join(dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.update(func(s *state) error { s.User.Name = "Ada"; return nil }); err == nil {
		t.Error("update: no error, though the folder is not there")
	}
	if got := st.get().User.Name; got != "John Doe" {
		t.Errorf("name: got %q, want that from before", got)
	}
}

// The client sends Expect: 100-continue. The server asks for the body when the handler reads it, so
// the handler is running once the client has been asked.
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

// A clock would run forever. Shutdown ends it, and its response is complete.
func TestShutdownEndsClock(t *testing.T) {
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
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-nope"},
		{"-addr", "localhost:-1"},
		{"-file", bad},
	} {
		if err := run(context.Background(), args, io.Discard); err == nil {
			t.Errorf("run(%q): no error", args)
		}
	}
}
