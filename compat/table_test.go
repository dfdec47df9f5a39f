package compat

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An entry is a row of the table in docs/middleware.md, with the tests of what it says.
type entry struct {
	name   string
	places []place
	notes  []note

	// use returns the middleware for a site. It may call site.record, so that the tests see what the
	// middleware has noticed. It is nil if the entry is not middleware.
	use func(*site) func(http.Handler) http.Handler

	// handler returns the handler of the situations, in place of a Router with middleware.
	handler func(*site) http.Handler

	// serve serves a handler in place of net/http's server. It sets the client, the URL and the
	// protocol of the site.
	serve func(*site, http.Handler)

	sends   []string          // lines that are added to the header of the requests
	adds    map[string]string // the fields that the middleware adds wherever it runs; "*" is any value
	buffers bool              // whether an event reaches the client only when the handler ends
}

// A note is a statement of docs/middleware.md with its proof: what it changes of the outcomes of the
// bare Router, or a test of its own.
type note struct {
	text   string
	change func(place, map[situation]*outcome)
	test   func(*testing.T)
}

// entries are all rows of the table, in their order.
var entries = slices.Concat(routineEntries, corsEntries, compressEntries, observeEntries, formEntries, mountEntries, serverEntries)

// TestPackages runs each situation with each package, in each place where it belongs, over each
// protocol.
func TestPackages(t *testing.T) {
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range e.places {
				for _, protocol := range e.protocols() {
					t.Run(strings.Trim(string(p), "`")+" "+protocol, func(t *testing.T) { e.check(t, p, protocol) })
				}
			}
			for _, n := range e.notes {
				if n.test != nil {
					t.Run(n.text, n.test)
				}
			}
		})
	}
}

// protocols returns the protocols over which the situations are tried.
func (e *entry) protocols() []string {
	switch {
	case e.serve != nil:
		return []string{""}
	case e.use != nil || e.handler != nil:
		return []string{"HTTP/1.1", "HTTP/2.0"}
	}
	return nil
}

// check runs each situation with a package in one place and over one protocol.
func (e *entry) check(t *testing.T, p place, protocol string) {
	s := newSite(t, e)
	switch {
	case e.serve != nil:
		e.serve(s, s.router("", nil))
	case e.handler != nil:
		s.serve(e.handler(s), protocol)
	default:
		s.serveWith(e, p, protocol)
	}
	want := bare()
	for which, o := range want {
		for name, value := range e.adds {
			if p.runs(which) {
				o.Header[name] = value
			}
		}
	}
	for _, n := range e.notes {
		if n.change != nil {
			n.change(p, want)
		}
	}
	for _, which := range situations {
		if want[which] == nil || which == upgraded && s.protocol != "HTTP/1.1" {
			continue
		}
		t.Run(string(which), func(t *testing.T) {
			s.t = t
			got := s.do(which, !e.buffers)
			for name, value := range want[which].Header {
				if value == "*" && got.Header[name] != "" {
					got.Header[name] = "*"
				}
			}
			if diff := cmp.Diff(*want[which], got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", which, diff)
			}
		})
	}
}

// serveWith serves a Router with the middleware of an entry in a place.
func (s *site) serveWith(e *entry, p place, protocol string) {
	middleware := e.use(s)
	api := s.router(p, middleware)
	if p == around {
		s.serve(middleware(api), protocol)
	} else {
		s.serve(api, protocol)
	}
}

// TestBare holds bare to the Router, so that the entries need say only what differs.
func TestBare(t *testing.T) {
	t.Parallel()
	e := &entry{use: func(*site) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler { return next }
	}}
	for _, p := range []place{around, inNew, inGroup, inRoute} {
		for _, protocol := range e.protocols() {
			t.Run(strings.Trim(string(p), "`")+" "+protocol, func(t *testing.T) { e.check(t, p, protocol) })
		}
	}
}

// TestDocument holds docs/middleware.md to the entries and to the statements of general.
func TestDocument(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/middleware.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, e := range entries {
		var places, notes []string
		for _, p := range e.places {
			places = append(places, string(p))
		}
		for _, n := range e.notes {
			notes = append(notes, n.text)
		}
		want = append(want, "| "+e.name+" | "+strings.Join(places, ", ")+" | "+strings.Join(notes, " ")+" |")
	}
	_, table, _ := strings.Cut(string(b), "\n|---|---|---|\n")
	for _, line := range strings.Split(table, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table of docs/middleware.md differs from the entries of this package (-want +got):\n%s", diff)
	}
	var bullets []string
	_, list, _ := strings.Cut(string(b), "\n## What holds for all middleware\n")
	list, _, _ = strings.Cut(list, "\n## ")
	for _, item := range strings.Split(list, "\n- ")[1:] {
		bullets = append(bullets, strings.Join(strings.Fields(item), " "))
	}
	want = nil
	for _, n := range general {
		want = append(want, n.text)
	}
	if diff := cmp.Diff(want, bullets); diff != "" {
		t.Errorf("the list of docs/middleware.md differs from the statements of this package (-want +got):\n%s", diff)
	}
}

// TestDocumentCode fails for a Go block of docs/middleware.md that is not part of a test.
func TestDocumentCode(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../docs/middleware.md")
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var code string
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code += unindent(string(b))
	}
	blocks := strings.Split(string(b), "\n```go\n")[1:]
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "\n```")
		if !strings.Contains(code, unindent(block)) {
			t.Errorf("no test has the code\n%s", block)
		}
	}
	if len(blocks) == 0 {
		t.Error("the document has no code: is it still marked as Go?")
	}
}

// unindent returns a text without the white space at the ends of its lines.
func unindent(text string) string {
	var b strings.Builder
	for _, line := range strings.Split(text, "\n") {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

// TestProof fails for a statement that nothing proves, and for an entry that nothing tests.
func TestProof(t *testing.T) {
	t.Parallel()
	for _, n := range general {
		if n.test == nil {
			t.Errorf("nothing proves %q", n.text)
		}
	}
	for _, e := range entries {
		tested := e.use != nil || e.handler != nil || e.serve != nil
		for _, n := range e.notes {
			tested = tested || n.test != nil
			if n.change == nil && n.test == nil {
				t.Errorf("%s: nothing proves %q", e.name, n.text)
			}
		}
		if !tested {
			t.Errorf("%s: nothing tests it", e.name)
		}
	}
}

// TestGeneral proves what the document says of all middleware.
func TestGeneral(t *testing.T) {
	for _, n := range general {
		t.Run(n.text, func(t *testing.T) {
			t.Parallel()
			n.test(t)
		})
	}
}
