package main

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// TestAgreement checks that all peers respond to every task with the same status, body and media
// type. It sends each request twice, because the benchmark reuses requests.
func TestAgreement(t *testing.T) {
	for _, task := range tasks() {
		if task.family == "T6" {
			continue
		}
		for _, p := range peers {
			if !p.does(task) {
				continue
			}
			t.Run(task.name+"/"+p.name, func(t *testing.T) {
				d := newDriver(p.handler(task), task.requests)
				d.writer.keep = true
				header := maps.Clone(d.calls[0].request.Header)
				for range 2 {
					d.op()
					checkAnswer(t, task, &d.writer)
				}
				if got := d.calls[0].request.Header; !reflect.DeepEqual(got, header) {
					t.Errorf("the request's header is now %v, was %v", got, header)
				}
			})
		}
	}
}

func checkAnswer(t *testing.T, task task, w *writer) {
	t.Helper()
	if w.status != task.status && (task.family != "T10" || w.status != 422) { // huma's for rules
		t.Errorf("status %d, want %d; body %s", w.status, task.status, w.body)
	}
	marked := ""
	if task.style == written {
		marked = "DENY"
	}
	if got := w.header.Get("X-Frame-Options"); got != marked {
		t.Errorf("the middleware's header is %q, want %q", got, marked)
	}
	mediaType, _, err := mime.ParseMediaType(w.header.Get("Content-Type"))
	if mediaType != jsonType && (task.status < 400 || mediaType != "application/problem+json") {
		t.Errorf("media type %q (%v), want %s", mediaType, err, jsonType)
	}
	var got, want any
	if err := json.Unmarshal(w.body, &got); err != nil {
		t.Fatalf("body %.200s: %v", w.body, err)
	}
	text := task.want
	if task.family == "T7" {
		b, _ := json.Marshal(rows)
		text = string(b)
	}
	if text == "" {
		return
	}
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("body %.500s, want %.500s", w.body, text)
	}
}

// TestRefusals checks that the peers reject the invalid requests of T4. A peer that checks less
// would have less work.
func TestRefusals(t *testing.T) {
	tests := []struct {
		what    string
		message message
		status  []int
	}{
		{"another media type", message{"POST", "/api/items", "text/plain", itemJSON}, []int{415}},
		{"no name", postItem(strings.Replace(itemJSON, "Espresso machine", "", 1)), []int{400, 422}},
		{"too large", postItem(`{"name":"` + strings.Repeat("x", maxBody) + `"}`), []int{400, 413}},
	}
	for _, p := range peers {
		if !p.does(taskNamed(t, "T4")) {
			continue
		}
		d := newDriver(p.app(plain), nil)
		for _, tt := range tests {
			d.calls = []call{{tt.message.request(), tt.message.body}}
			d.op()
			if got := d.writer.status; got != tt.status[0] && got != tt.status[len(tt.status)-1] {
				t.Errorf("%s: %s: status %d, want one of %d", p.name, tt.what, got, tt.status)
			}
		}
	}
}

// TestTables checks that the request of each rule reaches the handler of that rule.
func TestTables(t *testing.T) {
	rules, requests := gitHub(), gitHubRequests()
	if len(rules) != 203 {
		t.Errorf("%d rules, want 203", len(rules))
	}
	if n := len(itemJSON); n != 318 {
		t.Errorf("the body of T4 has %d bytes, want 318", n)
	}
	for _, name := range []string{"T6", "T6~", "T6+"} {
		task := taskNamed(t, name)
		for _, p := range peers {
			if !p.does(task) {
				continue
			}
			d := newDriver(p.handler(task), requests)
			for i := range d.calls {
				routed = -1
				if d.call(i); routed != i {
					t.Errorf("%s, %s: %s %s: handler of rule %d, want %d",
						p.name, name, requests[i].method, requests[i].target, routed, i)
				}
				if s := d.writer.status; d.writer.length != 0 || s != 0 && s != http.StatusOK && s != http.StatusNoContent {
					t.Errorf("%s, %s: %s: status %d and %d bytes, want nothing", p.name, name, requests[i].target, s, d.writer.length)
				}
				if got := d.writer.header.Get("X-Frame-Options"); (got != "") != (task.style == written) {
					t.Errorf("%s, %s: the middleware's header is %q", p.name, name, got)
				}
			}
		}
	}
}

// taskNamed returns the task with a name.
func taskNamed(t *testing.T, name string) task {
	t.Helper()
	list, err := chooseTasks(name)
	if err != nil || len(list) != 1 {
		t.Fatalf("chooseTasks(%q) = %d tasks, %v; want one", name, len(list), err)
	}
	return list[0]
}
