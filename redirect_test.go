package apiroute_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// untidyTargets are request targets as they are sent, and where the response redirects to; "" if it
// does not.
var untidyTargets = []struct{ target, location string }{
	{"/api/user", ""},
	{"/api/user/", "/api/user"},
	{"/api/user//", "/api/user"},
	{"//api/user", "/api/user"},
	{"///api///user", "/api/user"},
	{"/./api/user", "/api/user"},
	{"/api/x/../user", "/api/user"},
	{"/api/x/%2e%2e/user", "/api/user"},
	{"/api/x/.%2E/user", "/api/user"},
	{"/../../api/user", "/api/user"},
	{"/api/user/.", "/api/user"},
	{"/api/user/x/..", "/api/user"},
	{"/api/%75ser/", "/api/%75ser"},
	{"/api/user/?x=1", "/api/user?x=1"},
	{"/api/user/?", "/api/user?"},
	{"/api/user/?a=%zz;b&c=//d/../e", "/api/user?a=%zz;b&c=//d/../e"},
	{"/api/user/?a=#%", "/api/user?a=%23%"},
	{"/u/a%2Fb/", "/u/a%2Fb"},
	{"/u/a%2fb%20^\"/", "/u/a%2fb%20^\""},
	{"/u//%2F", "/u/%2F"},
	{"/u/..%2F../", "/u/..%2F.."},
	{"/u/%2e%2e/u/1", "/u/1"},
	{"/u/caf%c3%a9/", "/u/caf%c3%a9"},
	{"/u/%252e%252e/", "/u/%252e%252e"},
	{`/u/\/`, "/u/%5C"},
	{`/u/\x/`, "/u/%5Cx"},
	{`//\evil.com/x`, "/%5Cevil.com/x"},
	{`/\evil.com//x`, "/%5Cevil.com/x"},
	{`/%5Cevil.com//x`, "/%5Cevil.com/x"},
	{"//evil.com/", "/evil.com"},
	{"//evil.com/%2e%2e/u/1", "/u/1"},
	{"///u/1", "/u/1"},
	{"/%2f/evil.com", ""},
	{"/%2f/evil.com/", "/%2f/evil.com"},
	{"//%2f//evil.com", "/%2f/evil.com"},
	{"/%2e%2e//evil.com/u", "/evil.com/u"},
	{"/..//evil.com/u", "/evil.com/u"},
	{"/.//evil.com/u", "/evil.com/u"},
	{"http://evil.com//u/1", "/u/1"},
	{"http://evil.com/u/1/", "/u/1"},
	{"//", "/"},
	{"/..", "/"},
	{"/%2e/", "/"},
	{"/http://evil.com", "/http:/evil.com"},
}

// A request for an untidy path is redirected to the tidy one, on the same host, with any method.
func TestRedirect(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	for _, p := range []string{"/", "/api/user", "/u/[id]", "/[a]/[b]", "/[a]"} {
		api.Handle(p, respondOK)
	}
	srv := newServer(t, api)
	for _, tt := range untidyTargets {
		t.Run(tt.target, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "FOO"} {
				t.Run(method, func(t *testing.T) {
					want := 308
					if tt.location == "" {
						want = 200
					}
					reply := srv.do(method, tt.target, "")
					if got := reply.header.Get("Location"); reply.status != want || got != tt.location {
						t.Errorf("%s %s = %d, Location %q, want %d, %q", method, tt.target, reply.status, got, want, tt.location)
					}
					if reply.status == 308 && reply.body != "" {
						t.Errorf("%s %s: body %q, want none", method, tt.target, reply.body)
					}
				})
			}
		})
	}
}

// Nothing is redirected to a path that has no route.
func TestNoRedirect(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Get("/api/user", respondOK)
	api.Get("/u/[id]/x", respondOK)
	srv := newServer(t, api)
	for _, target := range []string{
		"/u/1/", "/u//x", "/u/", "//u", "/u/../d/", "/u/./1", "/api/user/x/", "/api/User/", "/api/user%2F",
		"//evil.com/", "//evil.com/%2e%2e/d", "///d", "/%2f/evil.com", `/\evil.com/`, "/", "//", "/..",
	} {
		t.Run(target, func(t *testing.T) {
			reply := srv.do("GET", target, "")
			if loc, ok := reply.header["Location"]; reply.status != 404 || ok {
				t.Errorf("GET %s = %d, Location %q, want 404 and none", target, reply.status, loc)
			}
		})
	}
}

// A segmentSite is a router with one route, which matches all paths and keeps the segments of the
// request, also of one that it redirects.
type segmentSite struct {
	api      *apiroute.Router
	segments []string
}

func newSegmentSite() *segmentSite {
	s := &segmentSite{}
	s.api = apiroute.New(quiet(), apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			s.segments = req.Segments("all")
			return next(req, res)
		}
	}))
	s.api.Handle("/[[...all]]", respondOK)
	return s
}

// get sends a GET request for a URL as net/http has parsed it.
func (s *segmentSite) get(u *url.URL) reply {
	s.segments = nil
	return serveRecorder(s.api, &http.Request{Method: "GET", URL: u, Header: http.Header{}, Body: http.NoBody})
}

// How the path of a URL is split into segments, whatever its two fields are.
func TestSegmentsOfURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, raw string // of the URL
		want      []string
		location  string // "" if the path is tidy
	}{
		{"", "", nil, ""}, // RFC 9110, section 4.2.3
		{"/", "", nil, ""},
		{"/a", "", []string{"a"}, ""},
		{"/a/b", "", []string{"a", "b"}, ""},
		{"/...", "", []string{"..."}, ""},
		{"/a%b", "", []string{"a%b"}, ""}, // is not decoded again

		// %2F is part of a segment.
		{"/a/b", "/a%2Fb", []string{"a/b"}, ""},
		{"//", "/%2F", []string{"/"}, ""},
		{"/^/", "/^%2F", []string{"^/"}, ""},
		{`/"/"`, `/"%2F"`, []string{`"/"`}, ""},
		{"/a%2Fb", "/a%252Fb", []string{"a%2Fb"}, ""},

		// A RawPath that is not an encoding of Path is out of date: middleware has changed Path.
		{"/new", "/old", []string{"new"}, ""},
		{"/a/b", "/v1/a%2Fb", []string{"a", "b"}, ""},
		{"/a", "/%zz", []string{"a"}, ""},
		{"/a//b", "/old", []string{"a", "b"}, "/a/b"},
		{"/a b/", "/old", []string{"a b"}, "/a%20b"},
		{"/a%2Fb/", "/old", []string{"a%2Fb"}, "/a%252Fb"},
		{"/a?b/", "", []string{"a?b"}, "/a%3Fb"},

		{"//", "", nil, "/"},
		{"///", "", nil, "/"},
		{"/.", "", nil, "/"},
		{"/..", "", nil, "/"},
		{"/../..", "", nil, "/"},
		{"/a/", "", []string{"a"}, "/a"},
		{"//a", "", []string{"a"}, "/a"},
		{"/a//b", "", []string{"a", "b"}, "/a/b"},
		{"/a/./b", "", []string{"a", "b"}, "/a/b"},
		{"/a/../b", "", []string{"b"}, "/b"},
		{"/../a", "", []string{"a"}, "/a"},
		{"/a/b/../../..", "", nil, "/"},
		{"/a/..", "", nil, "/"},
		{"/a/../b", "/a/%2e%2E/b", []string{"b"}, "/b"},
		{"/a/../b", "/a/.%2e/b", []string{"b"}, "/b"},
		{"/a/./b", "/a/%2e/b", []string{"a", "b"}, "/a/b"},
		{"/a/../b", "/a%2F../b", []string{"a/..", "b"}, ""},
		{"/a/b/", "/%61%2fb/", []string{"a/b"}, "/%61%2fb"}, // escapes as received
		{"/^/", "/%5e/", []string{"^"}, "/%5e"},
		{"/é/", "", []string{"é"}, "/%C3%A9"},

		// A browser takes a backslash for a slash.
		{`/\a`, "", []string{`\a`}, ""},
		{`//\a`, "", []string{`\a`}, "/%5Ca"},
		{`//\a`, `//\a`, []string{`\a`}, "/%5Ca"},
		{`/a/../\\b\^/`, `/%61/../\\b\^/`, []string{`\\b\^`}, "/%5C%5Cb%5C^"},
		{"//evil/", "/%2fevil/", []string{"/evil"}, "/%2fevil"},
	} {
		t.Run(fmt.Sprintf("Path %q, RawPath %q", tt.path, tt.raw), func(t *testing.T) {
			t.Parallel()
			site := newSegmentSite()
			status := 200
			if tt.location != "" {
				status = 308
			}
			got := site.get(&url.URL{Path: tt.path, RawPath: tt.raw})
			if got.status != status || got.header.Get("Location") != tt.location {
				t.Errorf("status %d, Location %q, want %d, %q", got.status, got.header.Get("Location"), status, tt.location)
			}
			if diff := cmp.Diff(tt.want, site.segments); diff != "" {
				t.Errorf("segments (-want +got):\n%s", diff)
			}
		})
	}
}

// A path that does not begin with a slash matches nothing.
func TestNoPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"*", "a", "a/b", ".", "..", `\a`, "http:/x"} {
		t.Run(path, func(t *testing.T) {
			newSegmentSite().get(&url.URL{Path: path}).wantProblem(t, 404)
		})
	}
}

// FuzzParseTarget follows the redirect of any target: it must lead to the same segments and the same
// query, on the same host, and no further.
func FuzzParseTarget(f *testing.F) {
	for _, tt := range untidyTargets {
		f.Add(tt.target)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.ParseRequestURI(s)
		if err != nil {
			return
		}
		site := newSegmentSite()
		got, segs := site.get(u), site.segments
		if got.status != 308 {
			for _, seg := range segs {
				if seg == "" || seg == "." || seg == ".." {
					t.Fatalf("%q: status %d with the segments %q", s, got.status, segs)
				}
			}
			return
		}
		location := got.header.Get("Location")
		if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`) {
			t.Fatalf("%q: redirects to %q, which may be another host", s, location)
		}
		next, err := (&url.URL{Scheme: "http", Host: "x", Path: "/"}).Parse(location)
		if err != nil || next.Host != "x" || next.Scheme != "http" {
			t.Fatalf("%q: redirects to %q: %v, %v", s, location, next, err)
		}
		if diff := cmp.Diff(u.Query(), next.Query()); diff != "" || next.Fragment != "" {
			t.Fatalf("%q: redirects to %q with another query or a fragment (-before +after):\n%s", s, location, diff)
		}
		u, err = url.ParseRequestURI(location)
		if err != nil {
			t.Fatalf("%q: redirects to %q: %v", s, location, err)
		}
		status, again := 200, []string(nil)
		if got = site.get(u); isText(map[string][]string{"": segs}) {
			again = site.segments
		} else {
			status = 400 // without segments
			path, _, _ := strings.Cut(location, "?")
			again, _ = splitTarget(path)
		}
		if got.status != status || !slices.Equal(again, segs) {
			t.Fatalf("%q: segments %q, redirects to %q with status %d and segments %q", s, segs, location, got.status, again)
		}
	})
}
