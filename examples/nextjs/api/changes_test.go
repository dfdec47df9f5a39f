package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A feedReader reads the events of a board.
type feedReader struct {
	t     *testing.T
	res   *http.Response
	lines *bufio.Scanner
	stop  func()
}

func (s *site) openFeed(t *testing.T, path, token string, headers ...string) *feedReader {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", "session="+token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("GET %s: got %d, %s", path, res.StatusCode, got)
	}
	return &feedReader{t, res, bufio.NewScanner(res.Body), stop}
}

// next returns the next change, and false when the feed has ended.
func (f *feedReader) next() (c Change, ok bool) {
	f.t.Helper()
	id := ""
	for f.lines.Scan() {
		name, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			if err := json.Unmarshal([]byte(value), &c); err != nil {
				f.t.Fatal(err)
			}
			if fmt.Sprint(c.ID) != id {
				f.t.Errorf("the event has the id %q, its data %d", id, c.ID)
			}
			return c, true
		}
	}
	return c, false
}

// expect compares the next changes with texts such as "2 task 14 by Ada".
func (f *feedReader) expect(want ...string) {
	f.t.Helper()
	for _, w := range want {
		c, ok := f.next()
		id := c.TaskID
		if c.Task != nil {
			id = c.Task.ID
		}
		if got := fmt.Sprintf("%d %s %d by %s", c.ID, c.Kind, id, c.By); got != w || !ok {
			f.t.Fatalf("got %q, want %q", got, w)
		}
	}
}

func TestFeed(t *testing.T) {
	s := newTestSite(t)
	grace := s.session(t, 2)
	start := fmt.Sprint("/api/boards/1/events?after=", get[BoardView](t, s, "/api/boards/1").LastChange)
	s.do(t, "PATCH", "/api/tasks/1", `{"title":"x"}`) // between the page and its feed
	f := s.openFeed(t, start, grace)
	f.expect("1 task 1 by Ada")
	fromNow := s.openFeed(t, "/api/boards/1/events", grace)

	body, header := form(t, "file", "a.txt", []byte("text"))
	for _, call := range []struct{ method, path, body, header string }{
		{"POST", "/api/boards/1/tasks", `{"title":"new"}`, ""},
		{"POST", "/api/boards/2/tasks", `{"title":"on the other board"}`, ""},
		{"PATCH", "/api/tasks/14", `{"column":4}`, "Cookie: session=" + grace},
		{"POST", "/api/tasks/14/attachments", body, header},
		{"DELETE", "/api/attachments/1", "", ""},
		{"DELETE", "/api/tasks/14", "", ""},
		{"PATCH", "/api/columns/1", `{"position":1}`, ""},
		{"POST", "/api/boards/1/columns", `{"name":"new"}`, ""},
		{"DELETE", "/api/columns/8", "", ""},
		{"PATCH", "/api/boards/1", `{"name":"new"}`, ""},
		{"PATCH", "/api/tasks/1", `{"title":""}`, ""}, // an error changes nothing
		{"PATCH", "/api/tasks/1", `{"title":"y","assignee":99}`, ""},
		{"DELETE", "/api/boards/1", "", ""},
	} {
		headers := []string{call.header}
		if call.header == "" {
			headers = nil
		}
		s.do(t, call.method, call.path, call.body, headers...)
	}
	want := []string{
		"2 task 14 by Ada", "4 task 14 by Grace", "5 task 14 by Ada", "6 task 14 by Ada", "7 task-deleted 14 by Ada",
		"8 board 0 by Ada", "9 board 0 by Ada", "10 board 0 by Ada", "11 board 0 by Ada", "12 board 0 by Ada",
	}
	f.expect(want...)
	fromNow.expect(want...)
	if got := f.res.Header.Get("Cache-Control"); !strings.Contains(got, "no-transform") {
		t.Errorf("the Cache-Control is %q: Next.js would compress the feed, and hold events back", got)
	}
}

// A feed that was interrupted continues where it was, however much it has missed.
func TestFeedContinues(t *testing.T) {
	s := newTestSite(t)
	for i := range 250 {
		s.do(t, "PATCH", "/api/tasks/1", fmt.Sprintf(`{"title":"%d"}`, i))
	}
	// The browser opens the same address again, with the header.
	f := s.openFeed(t, "/api/boards/1/events?after=0", s.token, "Last-Event-ID: 2")
	for i := range 248 {
		f.expect(fmt.Sprintf("%d task 1 by Ada", i+3))
	}
}

func TestFeedReset(t *testing.T) {
	s := newTestSite(t)
	for range 3 {
		s.do(t, "PATCH", "/api/tasks/1", `{}`)
	}
	s.exec(t, `DELETE FROM changes WHERE id = 1`)
	for _, tt := range []struct {
		after string
		want  string
	}{
		{"1", "2 task 1 by Ada"}, // all changes after it are there
		{"0", "3 reset 0 by "},   // the first is not
		{"9", "3 reset 0 by "},   // from another database
	} {
		s.openFeed(t, "/api/boards/1/events?after="+tt.after, s.token).expect(tt.want)
	}
}

// Only the last changes are kept.
func TestChangesArePruned(t *testing.T) {
	s := newTestSite(t)
	s.exec(t, `INSERT INTO changes (id, board_id, data) VALUES (1, 1, '{}'), (?, 1, '{}')`, keepChanges)
	s.do(t, "PATCH", "/api/tasks/1", `{}`)
	var first int
	if err := s.app.read.QueryRow(`SELECT min(id) FROM changes`).Scan(&first); err != nil || first != keepChanges {
		t.Errorf("the first change is %d, %v, want %d", first, err, keepChanges)
	}
}

// Whoever signs out in one tab gets no more events in another.
func TestFeedEndsWithSession(t *testing.T) {
	s := newTestSite(t)
	grace := s.session(t, 2)
	f := s.openFeed(t, "/api/boards/1/events", grace)
	s.do(t, "DELETE", "/api/session", "", "Cookie: session="+grace)
	s.do(t, "PATCH", "/api/tasks/1", `{}`)
	if c, ok := f.next(); ok {
		t.Errorf("got %+v, want the end", c)
	}
	if err := f.lines.Err(); err != nil {
		t.Errorf("the feed broke off: %v", err)
	}
}
