package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// start runs the program on a free port, in this process. The function stop ends it as a signal
// would, and waits until it has ended. lines are those that it prints before its address.
func start(t *testing.T, token string, args ...string) (url string, lines []string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	args = append([]string{"-addr", "localhost:0", "-db", filepath.Join(t.TempDir(), "blog.db")}, args...)
	getenv := func(name string) string { return map[string]string{"BLOG_ADMIN_TOKEN": token}[name] }
	go func() {
		err := run(ctx, args, getenv, w, io.Discard)
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
	for s := bufio.NewScanner(r); s.Scan(); {
		if _, url, ok := strings.Cut(s.Text(), "listening on "); ok {
			return url, lines, stop
		}
		lines = append(lines, s.Text())
	}
	t.Fatalf("the program printed %q: %v", lines, stop())
	return "", nil, nil
}

func TestDevelopmentToken(t *testing.T) {
	url, lines, _ := start(t, "")
	if len(lines) != 1 {
		t.Fatalf("the program printed %q, want one line with a token", lines)
	}
	_, token, _ := strings.Cut(lines[0], ": ")
	for _, tt := range []struct {
		token  string
		status int
	}{{token, 204}, {"", 401}} {
		req, _ := http.NewRequest("GET", url+"/api/session", nil)
		req.Header.Set("Authorization", "Bearer "+tt.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.status {
			t.Errorf("with the token %q: got %d, want %d", tt.token, res.StatusCode, tt.status)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		token string
		args  []string
		want  string
	}{
		{"", []string{"-production"}, "BLOG_ADMIN_TOKEN"},
		{"short", []string{"-production"}, "BLOG_ADMIN_TOKEN"},
		{"x", []string{"-nope"}, "-nope"},
		{"x", []string{"-legacy", "localhost:9000"}, "-legacy"},
		{"x", []string{"-legacy", "http://user@localhost/"}, "-legacy"},
		{"x", []string{"-addr", "localhost:-1"}, "invalid port"},
		{"x", []string{"-db", filepath.Join(dir, "no", "such", "folder")}, "folder"},
	} {
		args := append([]string{"-db", filepath.Join(dir, "blog.db")}, tt.args...)
		err := run(t.Context(), args, func(string) string { return tt.token }, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("run(%q) with the token %q: got %v, want an error with %q", args, tt.token, err, tt.want)
		}
	}
}

// A feed lasts as long as its client stays, but it does not delay the shutdown.
func TestShutdownEndsFeeds(t *testing.T) {
	url, _, stop := start(t, "0123456789abcdef", "-production")
	res, err := http.Get(url + "/api/comments/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, res.Body)
		ended <- err
	}()
	began := time.Now()
	if err := stop(); err != nil {
		t.Errorf("run: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the feed broke off: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

var timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// TestREADME runs the curl commands of the README against a new server. Apart from times, each
// response must be what the README shows below the command.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	url, _, _ := start(t, "my-own-secret-token")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "photo.jpg"), picture(t, "jpeg", 40, 30), 0o600); err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```console\n")
	block, _, _ = strings.Cut(block, "```")
	steps := strings.Split(block, "$ ")[1:]
	for _, step := range steps {
		line, want, _ := strings.Cut(step, "\n")
		line = strings.Replace(line, "curl ", "curl --silent ", 1)
		cmd := exec.Command("sh", "-c", strings.ReplaceAll(line, "localhost:8080", strings.TrimPrefix(url, "http://")))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 28) { // 28: the --max-time of the feed
			t.Errorf("%s: %v", line, err)
		}
		got := timestamp.ReplaceAllString(strings.TrimSpace(string(out)), "TIME")
		if want = timestamp.ReplaceAllString(strings.TrimSpace(want), "TIME"); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	if len(steps) < 10 {
		t.Errorf("the README has %d commands: has its form changed?", len(steps))
	}
}
