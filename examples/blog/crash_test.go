package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// build builds the program and returns the path of the executable.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "blog")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// spawn starts the program in a separate process. The function kill ends it by SIGKILL, so that it
// cannot clean up.
func spawn(t *testing.T, bin, db string, args ...string) (url string, kill func()) {
	t.Helper()
	cmd := exec.Command(bin, append([]string{"-addr", "127.0.0.1:0", "-db", db}, args...)...)
	cmd.Env = append(os.Environ(), "BLOG_ADMIN_TOKEN="+testToken)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(kill)
	line, _ := bufio.NewReader(out).ReadString('\n')
	_, url, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	if !ok {
		kill()
		t.Fatalf("the program printed %q\n%s", line, &log)
	}
	return url, kill
}

// A ledger records the posts that the server has acknowledged with a 201.
type ledger struct {
	mu    sync.Mutex
	posts map[int64]string // titles by ID
}

func (l *ledger) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.posts)
}

// write creates posts until the server is gone, and records those that it acknowledges.
func (l *ledger) write(client *http.Client, url, name string) {
	for i := 0; ; i++ {
		title := fmt.Sprint(name, "-", i)
		body := fmt.Sprintf(`{"title":%q,"body":%q}`, title, strings.Repeat("x", rand.IntN(10_000)+1))
		req, err := http.NewRequest("POST", url+"/api/posts", strings.NewReader(body))
		if err != nil {
			panic(err) // the URL is good
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+testToken)
		res, err := client.Do(req)
		if err != nil {
			return
		}
		var p Post
		err = json.NewDecoder(res.Body).Decode(&p)
		res.Body.Close()
		if res.StatusCode != 201 || err != nil {
			return
		}
		l.mu.Lock()
		l.posts[p.ID] = title
		l.mu.Unlock()
	}
}

// check returns how many of the recorded posts are missing.
func (l *ledger) check(t *testing.T, b *blog) (lost int) {
	t.Helper()
	for id, title := range l.posts {
		p, err := b.showPost(context.Background(), postID{id})
		if err != nil || p.Title != title {
			t.Errorf("post %d, %s: got %q, %v", id, title, p.Title, err)
			lost++
		}
	}
	return lost
}

// A program that is killed while it writes, again and again, loses no post that it has
// acknowledged, and its database is not corrupted.
func TestKilledLosesNothing(t *testing.T) {
	bin, db := build(t), filepath.Join(t.TempDir(), "blog.db")
	l := &ledger{posts: map[int64]string{}}
	const kills, writers = 20, 8
	for round := range kills {
		url, kill := spawn(t, bin, db)
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}, Timeout: 20 * time.Second}
		before := l.len()
		var done sync.WaitGroup
		for i := range writers {
			done.Go(func() { l.write(client, url, fmt.Sprint(round, "-", i)) })
		}
		for deadline := time.Now().Add(20 * time.Second); l.len() == before && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond) // wait for writes to begin; the disk may be slow
		}
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		kill()
		done.Wait()
		client.CloseIdleConnections()
		if l.len() == before {
			t.Errorf("round %d: nothing was written before the kill", round)
		}
	}
	s, err := openStore(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lost := l.check(t, &blog{store: s})
	var sound string
	if err := s.read.QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
		t.Errorf("integrity_check: %s, %v", sound, err)
	}
	t.Logf("%d kills, %d posts acknowledged, %d lost", kills, len(l.posts), lost)
}
