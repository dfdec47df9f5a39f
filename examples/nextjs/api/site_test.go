package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A site is a server of the whole program, with the demo data and a session of Ada's.
type site struct {
	*httptest.Server
	app   *app
	token string
	log   *syncBuffer
}

func newTestSite(t *testing.T) *site {
	t.Helper()
	db, err := openStore(t.Context(), filepath.Join(t.TempDir(), "board.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &site{app: &app{store: db}, log: &syncBuffer{}}
	s.token = s.session(t, 1)
	h, err := newSite(s.app, nil, slog.New(slog.NewTextHandler(s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// session signs a user in without the cost of a password.
func (s *site) session(t *testing.T, user int64) (token string) {
	t.Helper()
	token = rand.Text()
	_, err := s.app.write.ExecContext(t.Context(), `INSERT INTO sessions (token, user_id, expires) VALUES (?, ?, ?)`,
		hashToken(token), user, time.Now().Add(time.Hour).UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// A syncBuffer is a log that several goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// A reply is a response whose body has been read.
type reply struct {
	*http.Response
	body string
}

// do sends a request of Ada's, with headers of the form "Name: value". A body is JSON unless a
// header says otherwise. "Cookie: " sends no session.
func (s *site) do(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", "session="+s.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if value == "" {
			req.Header.Del(name)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res, string(b)}
}

// get reads a value of type T, and fails the test if the response is no 200.
func get[T any](t *testing.T, s *site, path string) (v T) {
	t.Helper()
	res := s.do(t, "GET", path, "")
	if res.StatusCode != 200 {
		t.Fatalf("GET %s: got %d %s", path, res.StatusCode, res.body)
	}
	if err := json.Unmarshal([]byte(res.body), &v); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return v
}

// form returns a multipart form with one file, and a Content-Type header for it.
func form(t *testing.T, field, name string, data []byte) (body, header string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write(data)
	w.Close()
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

// exec changes the database behind the program's back.
func (s *site) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := s.app.write.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}
