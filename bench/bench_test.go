package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestAgreement checks that all peers respond to every task with the same status, body and media
// type. It sends each request twice, because the benchmark reuses requests.
func TestAgreement(t *testing.T) {
	for _, task := range tasks() {
		if task.name == "T6" {
			continue
		}
		for _, p := range peers {
			if !p.does(task.name) {
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
	if w.status != task.status {
		t.Errorf("status %d, want %d; body %s", w.status, task.status, w.body)
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
	if task.name == "T7" {
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
		if !p.does("T4") {
			continue
		}
		d := newDriver(p.app(false), nil)
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
	for _, p := range peers {
		if !p.does("T6") {
			continue
		}
		d := newDriver(p.table(rules), requests)
		for i := range d.calls {
			routed = -1
			if d.call(i); routed != i {
				t.Errorf("%s: %s %s: handler of rule %d, want %d", p.name, requests[i].method, requests[i].target, routed, i)
			}
			if s := d.writer.status; d.writer.length != 0 || s != 0 && s != http.StatusOK && s != http.StatusNoContent {
				t.Errorf("%s: %s: status %d and %d bytes, want nothing", p.name, requests[i].target, s, d.writer.length)
			}
		}
	}
}

// The tests below run the measuring code with slices that are too short for useful figures, so
// that mistakes in it are found before a long run.

func TestMain(m *testing.M) {
	if name := os.Getenv(serveEnv); name != "" {
		serve(name) // this is a child process of TestRunE2E
		return
	}
	os.Exit(m.Run())
}

var tiny = options{rounds: 2, slice: 200 * time.Microsecond, requests: 40, conns: 3}

func TestRunTasks(t *testing.T) {
	var b bytes.Buffer
	if err := runTasks(tiny, &b, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, p := range peers {
		if !strings.Contains(b.String(), "\n| "+p.name+" | ") {
			t.Errorf("no row for %s in:\n%s", p.name, b.String())
		}
	}
	for _, o := range []options{{tasks: "T9"}, {peers: "nobody"}} {
		if err := runTasks(o, &b, io.Discard); err == nil {
			t.Errorf("runTasks(%+v): no error", o)
		}
	}
}

func TestRunE2E(t *testing.T) {
	o := tiny
	o.peers = "tuned,apiroute"
	var b bytes.Buffer
	if err := runE2E(o, &b, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\n| apiroute | ") {
		t.Errorf("no row for apiroute in:\n%s", b.String())
	}
	o.peers = "httpin"
	if err := runE2E(o, &b, io.Discard); err == nil {
		t.Error("runE2E with a peer that does not route: no error")
	}
}

func TestGrowth(t *testing.T) {
	var b bytes.Buffer
	if err := growthOf(tiny, &b, io.Discard, []int{8, 60}, []int{1, 5}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\n| apiroute | ") {
		t.Errorf("no row for apiroute in:\n%s", b.String())
	}
}

// TestGrowthTables checks that every sampled request reaches its own handler, and that ServeMux
// rejects the pairs.
func TestGrowthTables(t *testing.T) {
	for i, rules := range [][]rule{crud(1000), deep(32), pairs(40), pairs(40)} {
		messages := sampleOf(rules)
		if i == 3 {
			messages = escaped(messages)
		}
		for _, p := range []peer{apirouteBind, withChi, withGin, withEcho5, withBunRouter} {
			d := newDriver(p.table(rules), messages)
			seen := map[int]bool{}
			for i := range d.calls {
				routed = -1
				d.call(i)
				seen[routed] = true
			}
			if seen[-1] || len(seen) != len(d.calls) {
				t.Errorf("%s, %d rules: %d handlers ran for %d requests", p.name, len(rules), len(seen), len(d.calls))
			}
		}
	}
	if _, refusal := fill(tuned, pairs(2)); refusal == "" {
		t.Error("ServeMux has taken a pair")
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		in   []int
		want int
	}{{[]int{3}, 3}, {[]int{9, 1, 5}, 5}, {[]int{4, 2}, 4}} {
		if got := median(tt.in, func(n int) int { return n }); got != tt.want {
			t.Errorf("median(%v) = %d, want %d", tt.in, got, tt.want)
		}
	}
}
