package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestRunE2E measures servers of all peers that are measured by default. Each of them is checked
// with all tasks before.
func TestRunE2E(t *testing.T) {
	o := tiny
	o.rounds = 1
	var b bytes.Buffer
	if err := runE2E(o, &b, io.Discard); err != nil {
		t.Fatal(err)
	}
	wantAll(t, b.String(),
		"\n|  | T2 | T4 | T9 | memory |\n",
		"\n| apiroute typed | ",
		" 40 requests over 3 kept connections",
		" 40 requests over 5 kept connections",
		"\nCPU time of apiroute typed by that of the peer")
}

// TestServed checks the tables of a run with Next.js, which tests do not start.
func TestServed(t *testing.T) {
	r := &served{names: []string{"tuned", "apiroute", nextName}, cpu: result{}, elapsed: result{}}
	for _, task := range strings.Split(e2eTasks, ",") {
		for i, name := range r.names {
			r.cpu.add(name, task, 1000*float64(i+1))
			r.elapsed.add(name, task, 1000*float64(i+1))
		}
	}
	var b bytes.Buffer
	r.print(&b, options{next: "next", core: "0"}, 3)
	wantAll(t, b.String(),
		" interface on CPU 0, ",
		"\n| tuned | 1.0 µs, 1000k/s | ",
		"\n| tuned | **2.00 (2.00–2.00)** > 1.02 | **2.00 (2.00–2.00)** > 1.02 | 2.00 (2.00–2.00) |\n",
		"\n| apiroute | **1.50 (1.50–1.50)** < 10 | ")
}

// TestNextVersion checks that Next.js has the version of the project's own example.
func TestNextVersion(t *testing.T) {
	var versions []map[string]string
	for _, name := range []string{"next/package.json", "../examples/nextjs/web/package.json"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var p struct{ Dependencies map[string]string }
		if err := json.Unmarshal(b, &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		versions = append(versions, p.Dependencies)
	}
	for _, name := range []string{"next", "react", "react-dom"} {
		if got, want := versions[0][name], versions[1][name]; got == "" || got != want {
			t.Errorf("%s %q, want %q as in the example", name, got, want)
		}
	}
}

// TestClient checks that a response that is not the wanted one is an error.
func TestClient(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/other":
			w.WriteHeader(404)
		case "/chunked":
			w.(http.Flusher).Flush()
		case "/cut":
			w.Header().Set("Content-Length", "10")
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "{}")
	}))
	defer s.Close()
	for _, tt := range []struct{ path, err string }{
		{"/good", ""},
		{"/other", "status 404, want 200"},
		{"/chunked", "without Content-Length"},
		{"/cut", "EOF"},
	} {
		list, err := dial(s.Listener.Addr().String(), 2)
		if err != nil {
			t.Fatal(err)
		}
		err = list.send(message{method: "GET", target: tt.path}.wire(), 200, 5)
		list.close()
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want %q", tt.path, err, tt.err)
		}
	}
}

// TestProc checks what is read of /proc, where there is one.
func TestProc(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		if _, err := cpuTimeOf(os.Getpid()); err == nil {
			t.Error("CPU time of a process without /proc")
		}
		return
	}
	for cpuTime() < 2*tick { // the work of which there must be a trace
	}
	// The servers of other tests are counted too, so there is no upper bound.
	before := cpuTime()
	if got, err := cpuTimeOf(os.Getpid()); err != nil || got < before-2*tick {
		t.Errorf("cpuTimeOf = %v, %v, want at least %v", got, err, before)
	}
	m, err := memoryOf(os.Getpid())
	if err != nil || m.now < 1<<20 || m.peak < m.now {
		t.Errorf("memoryOf = %+v, %v", m, err)
	}
}
