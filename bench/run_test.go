package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// The tests below run the measuring code with slices that are too short for useful figures, so
// that mistakes in it are found before a long run.

func TestMain(m *testing.M) {
	if name := os.Getenv(serveEnv); name != "" {
		serve(name) // this is a child process of TestRunE2E
		return
	}
	os.Exit(m.Run())
}

var tiny = options{rounds: 2, slice: 200 * time.Microsecond, requests: 40, conns: "3,5"}

func TestRunTasks(t *testing.T) {
	var b bytes.Buffer
	o := tiny
	o.tasks = "all"
	if err := runTasks(o, &b, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, p := range peers {
		if !strings.Contains(b.String(), "\n| "+p.name+" | ") {
			t.Errorf("no row for %s in:\n%s", p.name, b.String())
		}
	}
	wantAll(t, b.String(),
		"\n|  | T2e / T2 | T9 / T4 |\n",
		"\n|  | T1~ / T1 | T2~ / T2 | T2e~ / T2e |",
		"\n|  | T1+ / T1 | T2+ / T2 | T2e+ / T2e |",
		"\nTime of apiroute typed by that of the peer")
}

// wantAll checks that all of the texts are in what a run has printed.
func wantAll(t *testing.T, printed string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in:\n%s", want, printed)
		}
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

// TestRunFlags checks that run rejects flags that do not fit.
func TestRunFlags(t *testing.T) {
	for _, tt := range []struct {
		what   string
		change func(*options)
	}{
		{"no rounds", func(o *options) { o.rounds = 0 }},
		{"an unknown task", func(o *options) { o.tasks = "T11" }},
		{"no task", func(o *options) { o.tasks = "" }},
		{"an unknown peer", func(o *options) { o.peers = "nobody" }},
		{"two runs", func(o *options) { o.e2e, o.growth = true, true }},
		{"Next.js in this process", func(o *options) { o.next = "next" }},
		{"a core for this process", func(o *options) { o.core = "0" }},
		{"a directory without Next.js", func(o *options) { o.e2e, o.next = true, t.TempDir() }},
		{"connections that are no number", func(o *options) { o.e2e, o.conns = true, "64,many" }},
		{"no connections", func(o *options) { o.e2e, o.conns = true, "0" }},
		{"a server that does not route", func(o *options) { o.e2e, o.peers = true, "httpin" }},
	} {
		t.Run(tt.what, func(t *testing.T) {
			o := tiny
			o.layouts, o.tasks, o.peers = 1, "T1", "tuned"
			tt.change(&o)
			var b bytes.Buffer
			if err := run(o, &b, io.Discard); err == nil {
				t.Errorf("no error, but:\n%s", b.String())
			}
		})
	}
}

func TestChooseTasks(t *testing.T) {
	n := len(plainTasks())
	for _, tt := range []struct {
		list string
		want int
	}{
		{"all", 3 * n}, {"plain", n}, {"written", n}, {"passing", n},
		{"plain,written", 2 * n}, {"plain,T1", n}, {"T1,T1+,T1~", 3}, {"T8,T8s,T8a,T8n", 4},
	} {
		if got, err := chooseTasks(tt.list); len(got) != tt.want || err != nil {
			t.Errorf("chooseTasks(%q) = %d tasks, %v; want %d", tt.list, len(got), err, tt.want)
		}
	}
}
