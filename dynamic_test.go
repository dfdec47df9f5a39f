package apiroute

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath(t *testing.T) {
	for _, tt := range []struct {
		path string
		want []segment
	}{
		{"/", nil},
		{"/a", []segment{{static, "a"}}},
		{"/api/user", []segment{{static, "api"}, {static, "user"}}},
		{"/[id]", []segment{{single, "id"}}},
		{"/a/[id]/b/[x]", []segment{{static, "a"}, {single, "id"}, {static, "b"}, {single, "x"}}},
		{"/a/[...slug]", []segment{{static, "a"}, {catchAll, "slug"}}},
		{"/a/[[...slug]]", []segment{{static, "a"}, {optional, "slug"}}},
		{"/[[...slug]]", []segment{{optional, "slug"}}},
		{"/[a]/[...b]", []segment{{single, "a"}, {catchAll, "b"}}},

		// A name is any text without brackets, braces and slashes.
		{"/[user-id]", []segment{{single, "user-id"}}},
		{"/[123]", []segment{{single, "123"}}},
		{"/[a.b]", []segment{{single, "a.b"}}},
		{"/[a.]", []segment{{single, "a."}}},
		{"/[größe]", []segment{{single, "größe"}}},
		{"/[a b]/[A B]", []segment{{single, "a b"}, {single, "A B"}}},
		{"/[ab]/[abc]/[Ab]", []segment{{single, "ab"}, {single, "abc"}, {single, "Ab"}}},

		// Escapes are decoded once, in names too.
		{"/caf%C3%A9", []segment{{static, "café"}}},
		{"/café", []segment{{static, "café"}}},
		{"/a%20b", []segment{{static, "a b"}}},
		{"/a%252Fb", []segment{{static, "a%2Fb"}}},
		{"/%25zz", []segment{{static, "%zz"}}},
		{"/%3F%23", []segment{{static, "?#"}}},
		{"/%7Bid%7D", []segment{{static, "{id}"}}},
		{"/%5Bid%5D", []segment{{static, "[id]"}}},
		{"/[caf%C3%A9]", []segment{{single, "café"}}},
		{"/[...a%20b]", []segment{{catchAll, "a b"}}},

		// Periods are text, but for the two dot segments.
		{"/...", []segment{{static, "..."}}},
		{"/.well-known/a.json", []segment{{static, ".well-known"}, {static, "a.json"}}},
		{"/a+b;c=d,e:f@g$h*i", []segment{{static, "a+b;c=d,e:f@g$h*i"}}},
		{`/a\b`, []segment{{static, `a\b`}}},
	} {
		got, err := parsePath(tt.path)
		if err != nil {
			t.Errorf("parsePath(%q): %v", tt.path, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(segment{})); diff != "" {
			t.Errorf("parsePath(%q) (-want +got):\n%s", tt.path, diff)
		}
	}
}

// The paths that are refused, with the essential part of the reason.
var refusedPaths = []struct{ path, want string }{
	{"a", "begin with a slash"},
	{"a/b", "begin with a slash"},
	{"[id]", "begin with a slash"},
	{"*", "begin with a slash"},
	{`\a`, "begin with a slash"},
	{"GET /a", "begin with a slash"},
	{"/a/", "end with a slash"},
	{"/[id]/", "end with a slash"},
	{"//", "end with a slash"},
	{"//a", "empty segment"},
	{"/a//b", "empty segment"},
	{"/.", `"." is a dot segment`},
	{"/a/../b", `".." is a dot segment`},
	{"/a/./b", `"." is a dot segment`},
	{"/a/%2e%2E", `"%2e%2E" is a dot segment`},
	{"/a/.%2e/b", `".%2e" is a dot segment`},

	{"/%", "bad escape"},
	{"/a%2", "bad escape"},
	{"/a%zz/b", "bad escape"},
	{"/[%zz]", "bad escape"},
	{"/a%2Fb", "encoded slash"},
	{"/%2f", "encoded slash"},
	{"/[a%2Fb]", "encoded slash"},
	{"/a?b=c", "no query"},
	{"/a?", "no query"},
	{"/a#b", "no fragment"},
	{"/a\x00b", "control character"},
	{"/a\nb", "control character"},
	{"/a\x7f", "control character"},
	{"/a%00", "control character"},
	{"/a%0D%0A", "control character"},
	{"/[a%09]", "control character"},
	{"/a\xff", "not UTF-8"},
	{"/a%FF", "not UTF-8"},
	{"/[a%FF]", "not UTF-8"},

	{"/a/{id}", "[id]"},
	{"/a/{id...}", "[id]"},
	{"/{$}", "[id]"},
	{"/a}", "[id]"},
	{"/[{x}]", "[id]"},

	{"/pre-[id]", `"pre-[id]"`},
	{"/[a].json", `"[a].json"`},
	{"/[a][b]", `"[a][b]"`},
	{"/[a", `"[a"`},
	{"/a]", `"a]"`},
	{"/]a[", `"]a["`},
	{"/[[a]]", `"[[a]]"`},
	{"/[[a]", `"[[a]"`},
	{"/[[...a]", `"[[...a]"`},
	{"/[...a]]", `"[...a]]"`},
	{"/[...[a]]", `"[...[a]]"`},
	{"/[[...a]]b", `"[[...a]]b"`},
	{"/x[...a]", `"x[...a]"`},
	{"/[a%5Db]", `"[a%5Db]"`},
	{"/[a%7Bb]", `"[a%7Bb]"`},

	{"/[]", `"[]" has no name`},
	{"/[...]", `"[...]" has no name`},
	{"/[[...]]", `"[[...]]" has no name`},
	{"/[.a]", "start with a period"},
	{"/[..a]", "start with a period"},
	{"/[....a]", "start with a period"},
	{"/[[....a]]", "start with a period"},
	{"/[%2Ea]", "start with a period"},
	{"/[id]/[id]", `"id" stands in it twice`},
	{"/[id]/a/[...id]", `"id" stands in it twice`},
	{"/[id]/a/[[...id]]", `"id" stands in it twice`},
	{"/[caf%C3%A9]/[café]", `"café" stands in it twice`},
	{"/[user-id]/[userid]", `"user-id" and "userid" differ only in non-word`},
	{"/[user_id]/x/[...user_-id]", `"user_id" and "user_-id" differ only in non-word`},
	{"/[é]/[ü]", `"é" and "ü" differ only in non-word`},

	{"/[...a]/b", "[...a] must be the last"},
	{"/[[...a]]/b", "[[...a]] must be the last"},
	{"/[...a]/[b]", "[...a] must be the last"},
	{"/[...a]/[...b]", "[...a] must be the last"},
	{"/[...a]//", "end with a slash"},
}

func TestParsePathRefuses(t *testing.T) {
	for _, tt := range refusedPaths {
		segs, err := parsePath(tt.path)
		if err == nil {
			t.Errorf("parsePath(%q) = %v, want an error with %q", tt.path, segs, tt.want)
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("parsePath(%q): %q, want %q in it", tt.path, err, tt.want)
		}
	}
}

// A refused path must name itself and the place of the call, and be no part of
// the router.
func TestRegisterRefusesPath(t *testing.T) {
	api := New()
	group := api.Group("/g")
	for _, tt := range append(refusedPaths, struct{ path, want string }{"", "begin with a slash"}) {
		site, got := routerPanic(t, func() { api.Get(tt.path, routerOK) })
		checkRefusal(t, got, site, tt.path, tt.want)

		// In a group "" is the group's own path, and a path that is not "" must
		// begin with a slash all the same: "a" is not to become "/ga".
		if tt.path == "" {
			continue
		}
		site, got = routerPanic(t, func() { group.Handle(tt.path, routerOK) })
		checkRefusal(t, got, site, "/g"+tt.path, tt.want)
		site, got = routerPanic(t, func() { api.Mount(tt.path, http.NotFoundHandler()) })
		checkRefusal(t, got, site, tt.path, tt.want)
	}
	if got := api.Routes(); len(got) != 0 {
		t.Errorf("Routes() = %v, want none", got)
	}
}

// checkRefusal checks a panic against its form: position, path, reason.
func checkRefusal(t *testing.T, got, site, path, want string) {
	t.Helper()
	if !strings.HasPrefix(got, "apiroute: "+site+": ") {
		t.Errorf("path %q: panic %q, want it to begin with %q", path, got, "apiroute: "+site+": ")
	}
	if quoted := fmt.Sprintf("%q", path); !strings.Contains(got, quoted) {
		t.Errorf("path %q: panic %q, want %s in it", path, got, quoted)
	}
	if !strings.Contains(got, want) {
		t.Errorf("path %q: panic %q, want %q in it", path, got, want)
	}
}

func TestClash(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		ab   string // the reason why b is refused after a
		ba   string // and a after b
	}{
		{"/a", "/a", "GET has a handler already", ""},
		{"/", "/", "GET has a handler already", ""},
		{"/[x]", "/[x]", "GET has a handler already", ""},
		{"/café", "/caf%C3%A9", "GET has a handler already", "GET has a handler already"},
		{"/[...x]", "/[...x]", "GET has a handler already", ""},
		{"/a/[[...x]]", "/a/[[...x]]", "GET has a handler already", ""},

		{"/a/[id]", "/a/[name]/x", "[name] stands where another name does", "[id] stands where another name does"},
		{"/[a]", "/[b]", "[b] stands where another name does", "[a] stands where another name does"},
		{"/[id]/x", "/[Id]/y", "[Id] stands where another name does", "[id] stands where another name does"},
		{"/[...a]", "/[...b]", "[...b] stands where another name does", "[...a] stands where another name does"},
		{"/[[...a]]", "/[[...b]]", "[[...b]] stands where another name does", "[[...a]] stands where another name does"},
		{"/[a]/[b]", "/[a]/[c]/d", "[c] stands where another name does", "[b] stands where another name does"},

		{"/a/[...x]", "/a/[[...x]]", "an optional catch-all cannot stand beside another", "a catch-all cannot stand beside an optional one"},
		{"/[...x]", "/[[...y]]", "an optional catch-all cannot stand beside another", "a catch-all cannot stand beside an optional one"},
		{"/[p]/[...x]", "/[p]/[[...x]]", "an optional catch-all cannot stand beside another", "a catch-all cannot stand beside an optional one"},

		{"/a", "/a/[[...x]]", "it also matches", "it is already matched by"},
		{"/", "/[[...x]]", "it also matches", "it is already matched by"},
		{"/[p]", "/[p]/[[...x]]", "it also matches", "it is already matched by"},
		{"/caf%C3%A9", "/café/[[...x]]", "it also matches", "it is already matched by"},
	} {
		for _, order := range []struct{ first, second, want string }{{tt.a, tt.b, tt.ab}, {tt.b, tt.a, tt.ba}} {
			if order.want == "" {
				continue // the two are one
			}
			api := New()
			api.Get(order.first, routerOK)
			before := api.Routes()
			site, got := routerPanic(t, func() { api.Get(order.second, routerOK) })
			checkRefusal(t, got, site, order.second, order.want)
			if other := fmt.Sprintf("%q, registered at %s", order.first, before[0].Source); !strings.Contains(got, other) {
				t.Errorf("%q after %q: panic %q, want %q in it", order.second, order.first, got, other)
			}
			if diff := cmp.Diff(before, api.Routes()); diff != "" {
				t.Errorf("%q after %q: Routes() have changed:\n%s", order.second, order.first, diff)
			}
		}
	}
}

func TestNoClash(t *testing.T) {
	for _, tt := range []struct{ a, b string }{
		{"/a", "/A"},
		{"/a", "/[x]"},
		{"/a", "/a/[...x]"},
		{"/a", "/b/[[...x]]"},
		{"/a/b", "/a/[[...x]]"},
		{"/[x]", "/[...x]"},
		{"/[x]", "/[[...y]]"},
		{"/[x]", "/a/[[...x]]"},  // both match /a
		{"/[type]/x", "/a/[id]"}, // both match /a/x
		{"/a/[id]", "/b/[name]"}, // names at other levels
		{"/a/[id]", "/[x]/[name]"},
		{"/a/[id]", "/a/[...name]"},
		{"/a%2520", "/a%20"},
		{"/[x]", "/%5Bx%5D"},
		{"/b", "/B/[[...x]]"},
	} {
		for _, paths := range [][]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			api := New()
			for _, p := range paths {
				api.Get(p, routerOK)
			}
			if got := api.Routes(); len(got) != 2 {
				t.Errorf("%q: Routes() = %v, want both", paths, got)
			}
		}
	}
}

// What is refused must not leave nodes behind that keep out what is right.
func TestRefusedLeavesTree(t *testing.T) {
	for _, tt := range []struct{ have, refused, then, target string }{
		{"/a/[id]", "/a/[name]/x", "/a/[id]/[name]", "/a/1/2"},
		{"/a", "/a/[[...x]]", "/a/[...y]", "/a/1"},
		{"/a/[[...x]]", "/a", "/a/b", "/a/b"},
		{"/a/[...x]", "/a/[[...y]]", "/a", "/a"},
		{"/a/[[...x]]", "/a/[...y]", "/a/[z]", "/a/1"},
		{"/a", "/b/[x]/[x]", "/b/[y]", "/b/1"},
		{"/a", "/b/[...x]/c", "/b/[[...y]]", "/b"},
	} {
		api := New(routerQuiet())
		api.Get(tt.have, routerOK)
		routerPanic(t, func() { api.Get(tt.refused, routerOK) })
		api.Get(tt.then, func(req *Request, res *Response) error { return res.Text(req.Route()) })
		reply := routerGet(t, routerServe(t, api), tt.target)
		if reply.status != 200 || reply.body != tt.then {
			t.Errorf("%q, and %q after %q was refused: GET %s = %d %q, want 200 and the path",
				tt.have, tt.then, tt.refused, tt.target, reply.status, reply.body)
		}
	}
}

// The table of the package's documentation, and what else one path matches.
func TestPath(t *testing.T) {
	const none = "404"
	for _, tt := range []struct{ path, name, target, want string }{
		{"/api/user", "", "/api/user", `"" []`},
		{"/api/user", "", "/api/user?id=1", `"" []`},
		{"/api/user", "id", "/api/user?id=1", `"" []`},
		{"/api/user", "", "/api/%75ser", `"" []`},
		{"/api/user", "", "/api/User", none},
		{"/api/user", "", "/api/user/x", none},
		{"/api/user", "", "/api", none},
		{"/api/user", "", "/api%2Fuser", none},
		{"/api/user", "", "/", none},
		{"/", "", "/", `"" []`},
		{"/", "", "/a", none},
		{"/", "", "/%2F", none},
		{"/", "", "http://x", `"" []`}, // RFC 9110, section 4.2.3
		{"/", "", "*", none},

		{"/p/[id]", "id", "/p/1", `"1" []`},
		{"/p/[id]", "ID", "/p/1", `"" []`},
		{"/p/[id]", "id", "/p/a%2Fb", `"a/b" []`},
		{"/p/[id]", "id", "/p/a%252Fb", `"a%2Fb" []`},
		{"/p/[id]", "id", "/p/%2F", `"/" []`},
		{"/p/[id]", "id", "/p/%2F%2F", `"//" []`},
		{"/p/[id]", "id", "/p/%2Fa", `"/a" []`},
		{"/p/[id]", "id", "/p/a%2F", `"a/" []`},
		{"/p/[id]", "id", "/p/..%2F..", `"../.." []`},
		{"/p/[id]", "id", "/p/a+b", `"a+b" []`},
		{"/p/[id]", "id", "/p/a%20b", `"a b" []`},
		{"/p/[id]", "id", "/p/%C3%A9", `"é" []`},
		{"/p/[id]", "id", "/p/\xc3\xa9", `"é" []`},
		{"/p/[id]", "id", "/p/%25", `"%" []`},
		{"/p/[id]", "id", "/p/%7Bx%7D", `"{x}" []`},
		{"/p/[id]", "id", "/p/{$}", `"{$}" []`},
		{"/p/[id]", "id", "/p/a;b=c", `"a;b=c" []`},
		{"/p/[id]", "id", "/p/...", `"..." []`},
		{"/p/[id]", "id", "/p/%5C", `"\\" []`},
		{"/p/[id]", "id", "/p/%0A", `"\n" []`},
		{"/p/[id]", "id", "/p/^", `"^" []`},
		{"/p/[id]", "id", "/p/^%2F%22", `"^/\"" []`}, // EscapedPath would lose the split
		{"/p/[id]", "id", "/p/\"%2F|", `"\"/|" []`},
		{"/p/[id]", "id", "/p", none},
		{"/p/[id]", "id", "/p/1/2", none},
		{"/p/[id]", "id", "/P/1", none},
		{"/p/[id]", "id", "/p%2F1", none},
		{"/p/[id]", "id", "/p/%00", "400"},
		{"/p/[id]", "id", "/p/a%00%2F", "400"},
		{"/p/[id]", "id", "/p/%ff", "400"},
		{"/p/[id]", "id", "/p/%FF", "400"}, // net/url keeps no RawPath for it
		{"/p/[id]", "id", "/p/%C3", "400"},
		{"/p/[id]", "id", "/p/\xff", "400"},
		{"/p/[id]", "id", "/p/%ed%a0%80", "400"}, // a surrogate is not UTF-8
		{"/p/[id]", "id", "/%ff/1", none},
		{"/p/[id]", "id", "/p/%zz", "400"},
		{"/p/[user-id]", "user-id", "/p/7", `"7" []`},
		{"/p/[123]", "123", "/p/7", `"7" []`},
		{"/p/[id]/c", "id", "/p/%2F/c", `"/" []`},
		{"/p/[id]/c", "id", "/p//c", none},
		{"/[a]/[b]", "a", "/1/2", `"1" []`},
		{"/[a]/[b]", "b", "/1/2", `"2" []`},
		{"/[a]/[b]", "a", "/%2F/2", `"/" []`},
		{"/[a]/[b]", "b", "/%00/2", "400"},

		{"/d/[...s]", "s", "/d/a", `"a" ["a"]`},
		{"/d/[...s]", "s", "/d/a%2Fb/c", `"a/b/c" ["a/b" "c"]`},
		{"/d/[...s]", "s", "/d/%2F", `"/" ["/"]`},
		{"/d/[...s]", "s", "/d/a/%2F", `"a//" ["a" "/"]`},
		{"/d/[...s]", "x", "/d/a", `"" []`},
		{"/d/[...s]", "s", "/d", none},
		{"/d/[...s]", "s", "/dx", none},
		{"/d/[...s]", "s", "/d/a/%ff/c", "400"},
		{"/d/[...s]", "s", "/d/a/%00", "400"},
		{"/d/[x]/[...s]", "s", "/d/1/2/3", `"2/3" ["2" "3"]`},
		{"/d/[x]/[...s]", "x", "/d/1/2/3", `"1" []`},
		{"/d/[x]/[...s]", "x", "/d/%ff/2", "400"},
		{"/[...s]", "s", "/a", `"a" ["a"]`},
		{"/[...s]", "s", "/", none},

		{"/s/[[...s]]", "s", "/s", `"" []`},
		{"/s/[[...s]]", "s", "/s/a/b", `"a/b" ["a" "b"]`},
		{"/s/[[...s]]", "s", "/s/a%2Fb", `"a/b" ["a/b"]`},
		{"/s/[[...s]]", "s", "/shops", none},
		{"/d/[...s]", "s", "/d/a/%FF", "400"},
		{"/s/[[...s]]", "s", "/s/%ff", "400"},
		{"/s/[[...s]]", "s", "/s/%00", "400"},
		{"/[[...s]]", "s", "/", `"" []`},
		{"/[[...s]]", "s", "/a", `"a" ["a"]`},
		{"/[[...s]]", "s", "/%2F", `"/" ["/"]`},

		{"/caf%C3%A9", "", "/caf%C3%A9", `"" []`},
		{"/café", "", "/caf%c3%a9", `"" []`},
		{"/a b", "", "/a%20b", `"" []`},
		{"/a%252Fb", "", "/a%252Fb", `"" []`},
		{"/a%252Fb", "", "/a%2Fb", none},
		{"/%7Bx%7D", "", "/{x}", `"" []`},
		{"/%7Bx%7D", "", "/1", none},
		{"/%7B$%7D", "", "/", none},
		{"/%5Bx%5D", "", "/[x]", `"" []`},
		{"/%5Bx%5D", "", "/1", none},
		{"/%3Fa", "", "/%3Fa", `"" []`},
		{"/*", "", "/*", `"" []`},
	} {
		api := New(routerQuiet())
		api.Get(tt.path, func(req *Request, res *Response) error {
			if got, want := req.Route(), tt.path; got != want {
				t.Errorf("%s, GET %s: Route() = %q, want %q", tt.path, tt.target, got, want)
			}
			if req.Segments(tt.name) == nil && strings.HasPrefix(tt.want, `"" `) != (req.Param(tt.name) == "") {
				t.Errorf("%s, GET %s: Param(%q) = %q", tt.path, tt.target, tt.name, req.Param(tt.name))
			}
			return res.Text(fmt.Sprintf("%q %q", req.Param(tt.name), req.Segments(tt.name)))
		})
		reply := routerGet(t, routerServe(t, api), tt.target)
		got := fmt.Sprint(reply.status)
		if reply.status == 200 {
			got = reply.body
		}
		if got != tt.want {
			t.Errorf("%s, GET %s: got %s, want %s", tt.path, tt.target, got, tt.want)
		}
	}
}

// Which of many paths has a request must not depend on the order in which they
// were registered.
func TestPathOrder(t *testing.T) {
	paths := []string{
		"/", "/api/user", "/api/[type]/latest", "/api/posts/[id]", "/api/[type]/[id]", "/api/posts/new",
		"/docs/[...slug]", "/docs/[page]", "/docs/intro", "/docs/[page]/edit",
		"/shop/[[...slug]]", "/shop/[item]", "/[a]/[b]/[c]/end", "/[...all]",
		"/x/[a]/y/[b]", "/x/1/[c]/2", "/x/[a]/[d]/2",
	}
	for _, tt := range []struct{ target, want string }{
		{"/", "/"},
		{"/api/user", "/api/user"},
		{"/api/user/latest", "/api/[type]/latest"},
		{"/api/posts/latest", "/api/posts/[id]"},
		{"/api/posts/new", "/api/posts/new"},
		{"/api/posts/%2F", "/api/posts/[id]"},
		{"/api/users/7", "/api/[type]/[id]"},
		{"/api/%2F/latest", "/api/[type]/latest"},
		{"/api/posts", "/[...all]"},
		{"/docs", "/[...all]"},
		{"/docs/intro", "/docs/intro"},
		{"/docs/other", "/docs/[page]"},
		{"/docs/%2F", "/docs/[page]"},
		{"/docs/intro/edit", "/docs/[page]/edit"},
		{"/docs/intro/more", "/docs/[...slug]"},
		{"/docs/a/b/end", "/docs/[...slug]"},
		{"/shop", "/shop/[[...slug]]"},
		{"/shop/1", "/shop/[item]"},
		{"/shop/1/2", "/shop/[[...slug]]"},
		{"/shop/1/2/end", "/shop/[[...slug]]"},
		{"/a/b/c/end", "/[a]/[b]/[c]/end"},
		{"/a/b/c/d", "/[...all]"},
		{"/a", "/[...all]"},
		{"/x/1/y/2", "/x/1/[c]/2"},
		{"/x/2/y/2", "/x/[a]/y/[b]"},
		{"/x/2/z/2", "/x/[a]/[d]/2"},
		{"/x/1/y/3", "/x/[a]/y/[b]"},
	} {
		for _, order := range [][]string{paths, routerReversed(paths), routerSorted(paths)} {
			api := New()
			for _, p := range order {
				api.Get(p, func(req *Request, res *Response) error { return res.Text(req.Route()) })
			}
			addr := routerServe(t, api)
			if got := routerGet(t, addr, tt.target); got.status != 200 || got.body != tt.want {
				t.Errorf("GET %s = %d %q, want %q; registered as %q", tt.target, got.status, got.body, tt.want, order)
			}
			// Paths with escapes are matched in another way, with the same result.
			escaped := escapeFirst(tt.target)
			if got := routerGet(t, addr, escaped); got.status != 200 || got.body != tt.want {
				t.Errorf("GET %s = %d %q, want %q; registered as %q", escaped, got.status, got.body, tt.want, order)
			}
			if tt.target == "/" {
				continue
			}
			if got := routerGet(t, addr, tt.target+"/"); got.status != 308 || got.header.Get("Location") != tt.target {
				t.Errorf("GET %s/ = %d, Location %q, want 308, %q", tt.target, got.status, got.header.Get("Location"), tt.target)
			}
		}
	}
}

// escapeFirst encodes the first letter of each segment, if it is one.
func escapeFirst(path string) string {
	segs := strings.Split(path, "/")
	for i, s := range segs {
		if s != "" && s[0] != '%' {
			segs[i] = fmt.Sprintf("%%%02x%s", s[0], s[1:])
		}
	}
	return strings.Join(segs, "/")
}

func routerReversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

func routerSorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// Paths are tried in the order of this list, the order of Next.js.
func TestRoutesOrder(t *testing.T) {
	want := []string{
		"/", "/a", "/a/b", "/a/b/c", "/a/[x]", "/a/[x]/c", "/a/[...y]", "/aa", "/b/[[...x]]", "/c/[x]", "/c/[[...y]]",
		"/\U0001F600", "/\uffff", // by UTF-16 code units
		"/[x]", "/[x]/a", "/[x]/[y]", "/[...all]",
	}
	for _, order := range [][]string{want, routerReversed(want), routerSorted(want)} {
		api := New()
		for _, p := range order {
			api.Get(p, routerOK)
		}
		var got []string
		for _, r := range api.Routes() {
			got = append(got, r.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Routes() registered as %q (-want +got):\n%s", order, diff)
		}
	}
}

// untidyTargets are request targets as they come over the wire, and where the
// answer leads; "" is no redirect.
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

func TestRedirect(t *testing.T) {
	api := New(routerQuiet())
	for _, p := range []string{"/", "/api/user", "/u/[id]", "/[a]/[b]", "/[a]"} {
		api.Handle(p, routerOK)
	}
	addr := routerServe(t, api)
	for _, tt := range untidyTargets {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "FOO"} {
			want := 308
			if tt.location == "" {
				want = 200
			}
			reply := routerDo(t, addr, method, tt.target)
			if got := reply.header.Get("Location"); reply.status != want || got != tt.location {
				t.Errorf("%s %s = %d, Location %q, want %d, %q", method, tt.target, reply.status, got, want, tt.location)
			}
			if reply.status == 308 && reply.body != "" {
				t.Errorf("%s %s: body %q, want none", method, tt.target, reply.body)
			}
		}
	}
}

// Where the tidy path has no route, nothing redirects.
func TestNoRedirect(t *testing.T) {
	api := New(routerQuiet())
	api.Get("/api/user", routerOK)
	api.Get("/u/[id]/x", routerOK)
	addr := routerServe(t, api)
	for _, target := range []string{
		"/u/1/", "/u//x", "/u/", "//u", "/u/../d/", "/u/./1", "/api/user/x/", "/api/User/", "/api/user%2F",
		"//evil.com/", "//evil.com/%2e%2e/d", "///d", "/%2f/evil.com", `/\evil.com/`, "/", "//", "/..",
	} {
		reply := routerGet(t, addr, target)
		if loc, ok := reply.header["Location"]; reply.status != 404 || ok {
			t.Errorf("GET %s = %d, Location %q, want 404 and none", target, reply.status, loc)
		}
	}
}

// A long path takes its time, but no more than that: of a catch-all with 1,000
// times as many segments nothing may be tried again and again.
func TestLongPath(t *testing.T) {
	api := New(routerQuiet())
	api.Get("/u/[id]", func(req *Request, res *Response) error { return res.Text(fmt.Sprint(len(req.Param("id")))) })
	api.Get("/d/[...s]", func(req *Request, res *Response) error { return res.Text(fmt.Sprint(len(req.Segments("s")))) })
	for _, tt := range []struct {
		name, target string
		status       int
		body         string
	}{
		{"64 KiB segment", "/u/" + strings.Repeat("a", 1<<16), 200, "65536"},
		{"64 KiB segment of escapes", "/u/" + strings.Repeat("%2F", 1<<16), 200, "65536"},
		{"200 segments", "/d" + strings.Repeat("/a", 200), 200, "200"},
		{"200,000 segments", "/d" + strings.Repeat("/a", 200_000), 200, "200000"},
		{"200 segments too many", "/u" + strings.Repeat("/a", 200), 404, ""},
	} {
		reply := routerGet(t, routerServe(t, api), tt.target)
		if reply.status != tt.status || tt.body != "" && reply.body != tt.body {
			t.Errorf("%s: %d %.100q, want %d %q", tt.name, reply.status, reply.body, tt.status, tt.body)
		}
	}
}

func TestSegmentString(t *testing.T) {
	for _, path := range []string{"/a", "/[a]", "/[...a]", "/[[...a]]"} {
		segs, err := parsePath(path)
		if err != nil || len(segs) != 1 || "/"+segs[0].String() != path {
			t.Errorf("parsePath(%q) = %v, %v, want one segment that is written so", path, segs, err)
		}
	}
}
