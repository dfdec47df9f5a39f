package apiroute_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The router has two ways to find a path: its own tree for plain requests, and http.ServeMux for
// paths with escapes and for untidy ones. The tests of this file send each request in both forms.

// bothForms returns a URL with the path, and one in which every byte of the path is escaped.
func bothForms(path string) map[string]*url.URL {
	var raw strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '/' {
			raw.WriteByte('/')
		} else {
			fmt.Fprintf(&raw, "%%%02X", path[i])
		}
	}
	return map[string]*url.URL{"plain": {Path: path}, "escaped": {Path: path, RawPath: raw.String()}}
}

// serveURL is serveVerdict for a URL as net/http has parsed it.
func serveURL(api *apiroute.Router, u *url.URL, got *verdict) verdict {
	*got = verdict{}
	r := serveRecorder(api, &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}, Body: http.NoBody})
	got.Status, got.Location = r.status, r.header.Get("Location")
	return *got
}

// Both ways find the path that the oracle finds, wherever texts part, and call a value valid only
// if it is.
func TestTree(t *testing.T) {
	t.Parallel()
	var got verdict
	api := apiroute.New(quiet())
	var entries []entry
	for _, path := range []string{
		"/", "/[a]", "/[a]/x", "/x/[a]/[b]", "/x/[a]/y", "/x/[a]/y/[...c]", "/x/y/[[...c]]",
		"/post", "/posts", "/posts/new", "/posts/next/[a]", "/posts/next/all", "/po/st", "/%C3%A9", "/%C3%A8/[a]",
		"/deep/only/here", "/deep/only/hers/[a]/x", "/files/[...c]", "/files/a/[d]/b",
	} {
		e := newEntry(path, false)
		if err := registerEntry(api, &e, &got); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	paths := []string{
		"/", "/x/y", "/x/y/", "/p", "/po", "/pos", "/post", "/postx", "/posts", "/posts/", "/posts/n", "/posts/ne", "/posts/new",
		"/posts/news", "/posts/next", "/posts/next/", "/posts/next/all", "/posts/next/alls", "/posts//new", "/posts/../new",
		"/é", "/\xc3", "/è/1", "/è", "/deep", "/deep/only", "/deep/only/here", "/deep/only/her", "/deep/only/hers/1/x",
		"/files", "/files/a/b", "/files/a/b/b", "/files/a/../b", "/files/a/b/", "/files/a//b", "/files/\x00/b", "/files/é",
		"//", "/.", "/..", "/.a", "/a.",
	}
	// Texts of all lengths up to 19, with something odd at either end.
	for n := 0; n < 20; n++ {
		long := strings.Repeat("a", n)
		for _, odd := range []string{"", "\x00", "\x01", "\x7f", "\u0080", "é", "\x80", "\xff"} {
			for _, format := range []string{"/%s", "/%s/x", "/x/%s/y", "/x/%s/z", "/x/%s/y/c/%[1]s", "/x/y/%s", "/x/y/z/%s/z", "/y/%s"} {
				paths = append(paths, fmt.Sprintf(format, long+odd), fmt.Sprintf(format, odd+long))
			}
		}
	}
	o := newOracle(entries)
	for _, path := range paths {
		for form, u := range bothForms(path) {
			if got, want := serveURL(api, u, &got), o.verdict(u.EscapedPath()); !sameVerdict(want, got) {
				t.Errorf("%q, %s (-want +got):\n%s", path, form, cmp.Diff(want, got))
			}
		}
	}
	for _, path := range []string{"x", "*"} {
		if got := serveURL(api, &url.URL{Path: path}, &got); got.Status != http.StatusNotFound {
			t.Errorf("%q: %+v, want 404", path, got)
		}
	}
}

// A level may have any number of children, and they may begin with the same bytes.
func TestTreeWide(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		text func(i int) string
	}{
		{"numbers", func(i int) string { return fmt.Sprint("r", i) }},
		{"lengths", func(i int) string { return strings.Repeat("a", i+1) }},
		{"first bytes", func(i int) string { return string(rune(0x100+i)) + "x" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const n = 500
			var got verdict
			api := apiroute.New(quiet())
			for i := range n {
				e := newEntry("/"+tt.text(i), false)
				if err := registerEntry(api, &e, &got); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]verdict{
				"/" + tt.text(0) + "/": {Status: 308, Location: (&url.URL{Path: "/" + tt.text(0)}).EscapedPath()},
			}
			for i := range n {
				path := "/" + tt.text(i)
				want[path] = verdict{Status: 200, Path: path}
			}
			for _, path := range []string{"/", "//", "/r", "/b", "/r1000", "/ab", "/\xc4", "/" + tt.text(n-1) + "a"} {
				want[path] = verdict{Status: 404}
			}
			for path, want := range want {
				if got := serveURL(api, &url.URL{Path: path}, &got); !sameVerdict(want, got) {
					t.Errorf("%q (-want +got):\n%s", path, cmp.Diff(want, got))
				}
			}
		})
	}
}
