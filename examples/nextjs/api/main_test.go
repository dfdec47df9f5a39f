package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// start runs the program on a free port, in this process. The function stop ends it as a signal
// would, and returns what run returns.
func start(t *testing.T, env map[string]string, args ...string) (address string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		args := append([]string{"-db", filepath.Join(t.TempDir(), "board.db")}, args...)
		err := run(ctx, args, func(name string) string { return env[name] }, w, io.Discard)
		w.CloseWithError(io.EOF)
		done <- err
	}()
	stopped := false
	stop = func() (err error) {
		if !stopped {
			stopped = true
			cancel()
			err = <-done
		}
		return err
	}
	t.Cleanup(func() { stop() })
	line, err := bufio.NewReader(r).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("the program printed %q: %v, %v", line, err, stop())
	}
	return address, stop
}

// signIn returns the status of a request to sign in, and its cookie.
func signIn(t *testing.T, address, name, password string) (int, string) {
	t.Helper()
	res, err := http.Post(address+"/api/session", "application/json",
		strings.NewReader(`{"name":"`+name+`","password":"`+password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return res.StatusCode, cookie
}

func TestRun(t *testing.T) {
	t.Run("demo", func(t *testing.T) {
		address, stop := start(t, nil, "-addr", "localhost:0", "-demo")
		if got, _ := signIn(t, address, "Ada", demoPassword); got != 201 {
			t.Errorf("Ada signs in: got %d, want 201", got)
		}
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Run("production", func(t *testing.T) {
		env := map[string]string{"PORT": "0", "BOARD_USER": "Root", "BOARD_PASSWORD": "correct horse"}
		address, _ := start(t, env, "-production")
		if !strings.HasPrefix(address, "http://[::]:") {
			t.Errorf("with PORT it listens on %s, want all interfaces", address)
		}
		address = strings.Replace(address, "[::]", "localhost", 1)
		if got, _ := signIn(t, address, "Root", "correct horse"); got != 201 {
			t.Errorf("the first user signs in: got %d, want 201", got)
		}
		if got, _ := signIn(t, address, "Ada", demoPassword); got != 401 {
			t.Errorf("Ada signs in: got %d, want 401", got)
		}
	})
}

// A program that nobody can sign in to says so.
func TestRunWithoutUsers(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{nil, true},
		{[]string{"-demo"}, false},
	} {
		var log syncBuffer
		ctx, cancel := context.WithCancel(t.Context())
		started := writerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil })
		args := append([]string{"-addr", "localhost:0", "-db", filepath.Join(t.TempDir(), "board.db")}, tt.args...)
		err := run(ctx, args, func(string) string { return "" }, started, &log)
		cancel()
		if got := strings.Contains(log.String(), "nobody can sign in"); err != nil || got != tt.want {
			t.Errorf("%q: the log says %q, %v", tt.args, log.String(), err)
		}
	}
}

// A database keeps its users when the program starts again with other passwords in the environment.
func TestRunAgain(t *testing.T) {
	db := filepath.Join(t.TempDir(), "board.db")
	for _, password := range []string{"correct horse", "battery staple"} {
		address, stop := start(t, map[string]string{"BOARD_USER": "Ada", "BOARD_PASSWORD": password},
			"-addr", "localhost:0", "-demo", "-db", db)
		if got, _ := signIn(t, address, "Ada", password); got != 201 {
			t.Errorf("%q: got %d, want 201", password, got)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	for _, tt := range []struct {
		name     string
		password string
		args     []string
		want     string
	}{
		{"a flag that does not exist", "", []string{"-nope"}, "-nope"},
		{"demo data in production", "", []string{"-demo", "-production"}, "-demo"},
		{"no URL", "", []string{"-next", "localhost:3000"}, "-next"},
		{"a path in the URL", "", []string{"-next", "http://localhost:3000/app"}, "-next"},
		{"a bad port", "", []string{"-addr", "localhost:-1"}, "invalid port"},
		{"no folder", "", []string{"-db", filepath.Join(t.TempDir(), "no", "folder.db")}, "folder.db"},
		{"a short password", "short", nil, "BOARD_PASSWORD"},
	} {
		env := map[string]string{"BOARD_PASSWORD": tt.password}
		if tt.password != "" {
			env["BOARD_USER"] = "Ada"
		}
		args := append([]string{"-addr", "localhost:0", "-db", filepath.Join(t.TempDir(), "board.db")}, tt.args...)
		ctx, cancel := context.WithCancel(t.Context())
		started := writerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil }) // after all
		err := run(ctx, args, func(name string) string { return env[name] }, started, io.Discard)
		cancel()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}

// A feed lasts as long as its client stays, but it does not delay the shutdown, and ends whole.
func TestShutdownEndsFeeds(t *testing.T) {
	address, stop := start(t, nil, "-addr", "localhost:0", "-demo")
	_, cookie := signIn(t, address, "Ada", demoPassword)
	req, err := http.NewRequestWithContext(t.Context(), "GET", address+"/api/boards/1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	if err := stop(); err != nil {
		t.Errorf("run: %v", err) // it gives up after 8 seconds
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("the feed broke off: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
