package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// A database that a newer program has changed is left alone.
func TestNewerDatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "board.db")
	db, err := openStore(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.write.Exec(`PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(t.Context(), file); err == nil || !strings.Contains(err.Error(), "use a newer program") {
		t.Errorf("got %v", err)
	}
}

// While another program has locked the database, a write is a 503 and a read works.
func TestLockedDatabase(t *testing.T) {
	s := newTestSite(t)
	s.exec(t, `PRAGMA busy_timeout = 0`)
	var file string
	if err := s.app.read.QueryRow(`SELECT file FROM pragma_database_list`).Scan(&file); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	lock, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if res := s.do(t, "PATCH", "/api/tasks/1", `{"title":"x"}`); res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" {
		t.Errorf("a write: got %d %s, want 503", res.StatusCode, res.body)
	}
	if res := s.do(t, "GET", "/api/tasks/1", ""); res.StatusCode != 200 {
		t.Errorf("a read: got %d %s, want 200", res.StatusCode, res.body)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if res := s.do(t, "PATCH", "/api/tasks/1", `{"title":"x"}`); res.StatusCode != 200 {
		t.Errorf("a write after that: got %d %s, want 200", res.StatusCode, res.body)
	}
}

// The log names the route of each request, and no value of a session.
func TestLog(t *testing.T) {
	s := newTestSite(t)
	s.do(t, "GET", "/api/tasks/99", "")
	s.do(t, "GET", "/favicon.ico", "")
	log := s.log.String()
	if want := "msg=request method=GET route=/api/tasks/[id] path=/api/tasks/99 status=404"; !strings.Contains(log, want) {
		t.Errorf("got %s, want %s", log, want)
	}
	if strings.Contains(log, s.token) || strings.Contains(log, "favicon") {
		t.Errorf("the log has too much:\n%s", log)
	}
}
