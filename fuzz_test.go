package apiroute_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/apiroute"
)

// FuzzPath registers the paths of a list and sends a request: which paths are accepted, the path
// that matches and its values must be the oracle's, also with some escapes more, for which the
// router uses http.ServeMux and not its tree.
func FuzzPath(f *testing.F) {
	for _, tt := range refusedPaths {
		f.Add(tt.path, "/a/b")
	}
	for _, tt := range untidyTargets {
		f.Add("/api/user\n/u/[id]\n/u/[...x]\n/[[...all]]", tt.target)
	}
	f.Add("/x/[id]/b\n/x/a/[id]\n/x/a/b", "/x/a/b")
	f.Add("/[a]\n/[...b]\n/*\n/\x01", "/*")
	f.Add("/a/[[...b]]\n/a", "/a/")
	f.Add("/%61\n/a\n/[é]", "/%61")
	f.Add("/a%20b/[x]/[y]/[...z]", "/a%20b/%2F/%00/%ff")
	f.Fuzz(func(t *testing.T, list, raw string) {
		paths := strings.Split(list, "\n")
		if len(paths) > 8 || len(list) > 400 || len(raw) > 400 {
			return
		}
		var got verdict
		var entries []entry
		api := apiroute.New(quiet())
		for _, path := range paths {
			alone := entry{path: path}
			want := registerEntry(apiroute.New(quiet()), &alone, new(verdict)) != nil
			e := newEntry(path, false)
			if !want && path != "/" {
				fuzzSyntax(t, path, e)
			}
			for _, other := range entries {
				want = want || e.clashes(other)
			}
			if err := registerEntry(api, &e, &got); (err != nil) != want {
				t.Fatalf("registering %q beside %q: error %v; want one: %t", path, entries, err, want)
			}
			if !want {
				entries = append(entries, e)
			}
		}
		if _, err := url.ParseRequestURI(raw); err != nil || !strings.HasPrefix(raw, "/") || len(entries) == 0 {
			return
		}
		raw, _, _ = strings.Cut(raw, "?") // the oracle takes the path
		if _, err := url.ParseRequestURI(raw); err != nil {
			return
		}
		for _, target := range []string{raw, escapeFirst(raw)} {
			if got, want := serveVerdict(t, api, target, &got), newOracle(entries).verdict(target); !sameVerdict(want, got) {
				t.Fatalf("%q, target %q: %+v, want %+v", entries, target, got, want)
			}
		}
	})
}

// fuzzSyntax holds a path that the router accepts, and e, which the oracle makes of it, to the
// syntax.
func fuzzSyntax(t *testing.T, path string, e entry) {
	t.Helper()
	want := strings.Split(path, "/")[1:]
	if len(want) != len(e.steps) {
		t.Fatalf("path %q is accepted: %v", path, e.steps)
	}
	names := map[string]bool{}
	for i, s := range e.steps {
		if len(want[i]) > 4 && (s.rank == rankStatic) != (want[i][0] != '[') {
			t.Fatalf("path %q: segment %d is %v", path, i, s)
		}
		if s.text == "" || s.text == "." || s.text == ".." || strings.ContainsAny(s.text, "/\x00") || !utf8.ValidString(s.text) || s.rank > rankSingle && i < len(e.steps)-1 {
			t.Fatalf("path %q is accepted: %v", path, e.steps)
		}
		if s.rank != rankStatic && names[s.text] {
			t.Fatalf("path %q is accepted, with the name %q twice", path, s.text)
		}
		names[s.text] = names[s.text] || s.rank != rankStatic
	}
}

// FuzzSegment compares the values of a path with url.PathUnescape of each segment.
func FuzzSegment(f *testing.F) {
	for _, s := range oracleSegments {
		f.Add(s, "x")
		f.Add("%2F", s)
	}
	var param, path, rest string
	var segs []string
	called := false
	api := apiroute.New(quiet())
	api.Get("/u/[id]/[...rest]", func(req *apiroute.Request, res *apiroute.Response) error {
		called, param, path, rest, segs = true, req.Param("id"), req.PathValue("id"), req.Param("rest"), req.Segments("rest")
		return nil
	})
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsAny(a+b, "/?") {
			return
		}
		target := "/u/" + a + "/" + b + "/" + b
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		x, err1 := url.PathUnescape(a)
		y, err2 := url.PathUnescape(b)
		if err1 != nil || err2 != nil {
			t.Fatalf("%q has a bad escape, and net/url accepts it", target)
		}
		called = false
		w := serveRecorder(api, &http.Request{Method: http.MethodGet, URL: u, RequestURI: target, Header: http.Header{}, Body: http.NoBody})
		untidy := func(s string) bool { return s == "" || s == "." || s == ".." }
		switch {
		case untidy(x) || untidy(y):
			if called {
				t.Fatalf("%q: the handler was called with %q and %q", target, param, segs)
			}
		case !isText(map[string][]string{"": {x, y}}):
			if called || w.status != http.StatusBadRequest {
				t.Fatalf("%q: %d, the handler called: %t; want 400", target, w.status, called)
			}
		case !called || param != x || path != x || !slices.Equal(segs, []string{y, y}) || rest != y+"/"+y:
			t.Fatalf("%q: %d, %q, %q, %q, %q; want %q and %q", target, w.status, param, path, segs, rest, x, y)
		}
	})
}
