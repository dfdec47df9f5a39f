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

// What a path that is accepted stands for: its segments, by which requests match it, and its
// values.
func TestAcceptedPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path string
		want []step
	}{
		{"/", nil},
		{"/a", []step{{rankStatic, "a"}}},
		{"/api/user", []step{{rankStatic, "api"}, {rankStatic, "user"}}},
		{"/[id]", []step{{rankSingle, "id"}}},
		{"/a/[id]/b/[x]", []step{{rankStatic, "a"}, {rankSingle, "id"}, {rankStatic, "b"}, {rankSingle, "x"}}},
		{"/a/[...slug]", []step{{rankStatic, "a"}, {rankCatchAll, "slug"}}},
		{"/a/[[...slug]]", []step{{rankStatic, "a"}, {rankOptional, "slug"}}},
		{"/[[...slug]]", []step{{rankOptional, "slug"}}},
		{"/[a]/[...b]", []step{{rankSingle, "a"}, {rankCatchAll, "b"}}},

		// A name may be any text without brackets, braces and slashes.
		{"/[user-id]", []step{{rankSingle, "user-id"}}},
		{"/[123]", []step{{rankSingle, "123"}}},
		{"/[a.b]", []step{{rankSingle, "a.b"}}},
		{"/[a.]", []step{{rankSingle, "a."}}},
		{"/[größe]", []step{{rankSingle, "größe"}}},
		{"/[a b]/[A B]", []step{{rankSingle, "a b"}, {rankSingle, "A B"}}},
		{"/[ab]/[abc]/[Ab]", []step{{rankSingle, "ab"}, {rankSingle, "abc"}, {rankSingle, "Ab"}}},

		// Escapes are decoded once, also in names.
		{"/caf%C3%A9", []step{{rankStatic, "café"}}},
		{"/café", []step{{rankStatic, "café"}}},
		{"/a%20b", []step{{rankStatic, "a b"}}},
		{"/a%252Fb", []step{{rankStatic, "a%2Fb"}}},
		{"/%25zz", []step{{rankStatic, "%zz"}}},
		{"/%3F%23", []step{{rankStatic, "?#"}}},
		{"/%7Bid%7D", []step{{rankStatic, "{id}"}}},
		{"/%5Bid%5D", []step{{rankStatic, "[id]"}}},
		{"/[caf%C3%A9]", []step{{rankSingle, "café"}}},
		{"/[...a%20b]", []step{{rankCatchAll, "a b"}}},

		// Periods are ordinary text, except in the dot segments "." and "..".
		{"/...", []step{{rankStatic, "..."}}},
		{"/.well-known/a.json", []step{{rankStatic, ".well-known"}, {rankStatic, "a.json"}}},
		{"/posts:batch", []step{{rankStatic, "posts:batch"}}},
		{"/a*b", []step{{rankStatic, "a*b"}}},
		{"/%3Aid", []step{{rankStatic, ":id"}}},
		{"/%2A", []step{{rankStatic, "*"}}},
		{"/%3Cid%3E", []step{{rankStatic, "<id>"}}},
		{"/a%20", []step{{rankStatic, "a "}}},
		{"/…", []step{{rankStatic, "…"}}},
		{"/[id…]", []step{{rankSingle, "id…"}}},
		{"/[id:int]", []step{{rankSingle, "id:int"}}},
		{"/$metadata", []step{{rankStatic, "$metadata"}}},
		{"/(group)/@slot", []step{{rankStatic, "(group)"}, {rankStatic, "@slot"}}},
		{"/a+b;c=d,e:f@g$h*i", []step{{rankStatic, "a+b;c=d,e:f@g$h*i"}}},
		{`/a\b`, []step{{rankStatic, `a\b`}}},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			var got verdict
			api := apiroute.New(quiet())
			e := entry{path: tt.path, steps: tt.want}
			if err := registerEntry(api, &e, &got); err != nil {
				t.Fatal(err)
			}
			for _, target := range nearTargets(tt.want) {
				if got, want := serveVerdict(t, api, target, &got), (oracle{e}).verdict(target); !sameVerdict(want, got) {
					t.Errorf("path %q, GET %s (-want +got):\n%s", tt.path, target, cmp.Diff(want, got))
				}
			}
		})
	}
}

// nearTargets returns a request path that steps match, and some that differ from it in one segment.
func nearTargets(steps []step) []string {
	var segs []string
	for i, s := range steps {
		switch s.rank {
		case rankStatic:
			segs = append(segs, url.PathEscape(s.text))
		case rankSingle:
			segs = append(segs, fmt.Sprint("value", i))
		default:
			segs = append(segs, "some", "values")
		}
	}
	targets := []string{"/" + strings.Join(segs, "/")}
	for i, s := range segs {
		changed := slices.Clone(segs)
		changed[i] = s + "x"
		targets = append(targets, "/"+strings.Join(changed, "/"), "/"+strings.Join(segs[:i], "/"))
	}
	return append(targets, "/"+strings.Join(append(segs, "more"), "/"))
}

// refusedPaths are paths that must not be registered, with the essential part of the reason.
var refusedPaths = []struct{ path, want string }{
	{"a", "begin with a slash"},
	{"a/b", "begin with a slash"},
	{"[id]", "begin with a slash"},
	{"*", "begin with a slash"},
	{`\a`, "begin with a slash"},
	{"GET /a", "begin with a slash: the method does not belong in it"},
	{"PROPFIND example.com/a", "the method does not belong in it"},
	{"https://example.com/a", "begin with a slash: a route has no scheme and no host"},
	{"pages/api/a", "begin with a slash"},
	{" /a", "begin with a slash"},
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
	{"/a?b=c", "no query and no fragment: leave them out, and read the query with Request.Query or Bind"},
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

	// The syntax of other routers.
	{"/posts/:id", `segment ":id" is written [id] here (a literal colon is %3A)`},
	{"/:post_id/edit", `":post_id" is written [post_id] here`},
	{"/:größe", `":größe" is written [größe] here`},
	{"/posts/:id?", `":id?" is written [id] here`},
	{"/posts/:id<int>", `":id<int>" is written [id] here`},
	{`/posts/:id(\d+)`, "is written [id] here"},
	{"/flights/:from-:to", `":from-:to" is written [from] here`},
	{"/:", `":" is written [id] here`},
	{"/files/*", `segment "*" is written [...rest] here, and left out in Mount`},
	{"/*", `"*" is written [...rest] here`},
	{"/**", `"**" is written [...rest] here`},
	{"/files/*path", `"*path" is written [...path] here`},
	{"/files/*path/edit", `"*path" is written [...path] here`},
	{"/files/*.js", `"*.js" is written [...rest] here`},
	{"/static*", `"static*" is written static/[...rest] here`},
	{"/posts/<id>", `"<id>" is written [id] here`},
	{"/posts/<int:id>", `"<int:id>" is written [id] here`},
	{"/files/<path:name>", `"<path:name>" is written [...name] here`},
	{"/<id>.json", `"<id>.json" is written [id] here`},
	{"/<>", `"<>" is written [id] here`},
	{"/posts(.:format)", `"posts(.:format)": a part of a path cannot be optional`},
	{"/posts/(:id)", `"(:id)": a part of a path cannot be optional`},
	{"/files/(*path)", `"(*path)": a part of a path cannot be optional`},
	{"/files/(.*)", `"(.*)": a part of a path cannot be optional or a regular expression`},
	{"/posts/[id]?", `"[id]?": a segment cannot be optional: register the path with it and the path without it`},
	{"/posts/{id:[0-9]+}", "a dynamic segment is written [id]"},
	{"/files/{rest...}", "the rest of a path [...rest]"},
	{"/files/{*rest}", "the rest of a path [...rest]"},

	{"/[ id ]", `segment "[ id ]": a name has no spaces around it: write [id]`},
	{"/[id ]", "write [id]"},
	{"/[ id]/x", "write [id]"},
	{"/[... id]", "write [...id]"},
	{"/[[...id ]]", "write [[...id]]"},
	{"/[\u00a0id]", "write [id]"},
	{"/[%20id]", "write [id]"},
	{"/[ ]", `"[ ]" has no name`},
	{"/a ", `"a " begins or ends with a space: leave it out, or write %20`},
	{"/a/ b/c", `" b" begins or ends with a space`},
	{"/[…id]", `segment "[…id]" begins with the one character "…": did you mean "..."?`},
	{"/[…]", `did you mean "..."?`},
	{"/a/[%E2%80%A6id]", `did you mean "..."?`},
	{"/[[…id]]", `did you mean "..."?`},
	{"/[[…]]", `did you mean "..."?`},

	{"/pre-[id]", `"pre-[id]" is not x, [x], [...x] or [[...x]]: only a whole segment can be dynamic`},
	{"/[a].json", `"[a].json"`},
	{"/[a][b]", `"[a][b]"`},
	{"/[a", `"[a"`},
	{"/a]", `"a]"`},
	{"/]a[", `"]a["`},
	{"/[[a]]", `"[[a]]" is not x, [x], [...x] or [[...x]]: for an optional segment, register the path with [a] and the path without it`},
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
	{"/[id]/[id]", `"id" is in it twice`},
	{"/[id]/a/[...id]", `"id" is in it twice`},
	{"/[id]/a/[[...id]]", `"id" is in it twice`},
	{"/[caf%C3%A9]/[café]", `"café" is in it twice`},
	{"/[user-id]/[userid]", `"user-id" and "userid" differ only in non-word`},
	{"/[user_id]/x/[...user_-id]", `"user_id" and "user_-id" differ only in non-word`},
	{"/[é]/[ü]", `"é" and "ü" differ only in non-word`},

	{"/[...a]/b", "[...a] must be the last"},
	{"/[[...a]]/b", "[[...a]] must be the last"},
	{"/[...a]/[b]", "[...a] must be the last"},
	{"/[...a]/[...b]", "[...a] must be the last"},
	{"/[...a]//", "end with a slash"},
}

// The panic for a refused path names the path and the place of the call, and the path does not
// become a part of the router.
func TestRefusedPath(t *testing.T) {
	t.Parallel()
	api := apiroute.New()
	group := api.Group("/g")
	for _, tt := range append(refusedPaths, struct{ path, want string }{"", "begin with a slash"}) {
		t.Run(fmt.Sprintf("%q", tt.path), func(t *testing.T) {
			site, got := here(), mustPanic(t, func() { api.Get(tt.path, respondOK) })
			checkRefusal(t, got, site, tt.path, tt.want)

			// In a group "" is the group's own path. Any other path must begin with a slash: "a"
			// must not become "/ga".
			if tt.path == "" {
				return
			}
			site, got = here(), mustPanic(t, func() { group.Handle(tt.path, respondOK) })
			checkRefusal(t, got, site, tt.path, tt.want)
			checkRefusal(t, got, site, "/g", tt.want)
			if made := fmt.Sprintf("%q", "/g"+tt.path); tt.path[0] != '/' && strings.Contains(got, made) {
				t.Errorf("path %q in a group: panic %q, want no %s in it, which nobody wrote", tt.path, got, made)
			}
			site, got = here(), mustPanic(t, func() { api.Mount(tt.path, http.NotFoundHandler()) })
			checkRefusal(t, got, site, tt.path, tt.want)
		})
	}
	if got := api.Routes(); len(got) != 0 {
		t.Errorf("Routes() = %v, want none", got)
	}
}

// checkRefusal checks that a panic has the place of the call, the path and the reason.
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

// Two paths clash if no order could tell which of them a request is for. The panic names both.
func TestClash(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		ab   string // why b is refused after a
		ba   string // why a is refused after b; "" if that is the same case
	}{
		{"/a", "/a", "GET already has a handler", ""},
		{"/", "/", "GET already has a handler", ""},
		{"/[x]", "/[x]", "GET already has a handler", ""},
		{"/café", "/caf%C3%A9", "GET already has a handler", "GET already has a handler"},
		{"/[...x]", "/[...x]", "GET already has a handler", ""},
		{"/a/[[...x]]", "/a/[[...x]]", "GET already has a handler", ""},

		{"/a/[id]", "/a/[name]/x", "[name] has another name than the segment", "[id] has another name than the segment"},
		{"/[a]", "/[b]", "[b] has another name than the segment", "[a] has another name than the segment"},
		{"/[id]/x", "/[Id]/y", "[Id] has another name than the segment", "[id] has another name than the segment"},
		{"/[...a]", "/[...b]", "[...b] has another name than the segment", "[...a] has another name than the segment"},
		{"/[[...a]]", "/[[...b]]", "[[...b]] has another name than the segment", "[[...a]] has another name than the segment"},
		{"/[a]/[b]", "/[a]/[c]/d", "[c] has another name than the segment", "[b] has another name than the segment"},

		{"/a/[...x]", "/a/[[...x]]", "an optional catch-all cannot be registered beside", "a catch-all cannot be registered beside"},
		{"/[...x]", "/[[...y]]", "an optional catch-all cannot be registered beside", "a catch-all cannot be registered beside"},
		{"/[p]/[...x]", "/[p]/[[...x]]", "an optional catch-all cannot be registered beside", "a catch-all cannot be registered beside"},

		{"/a", "/a/[[...x]]", "it also matches", "it is already matched by"},
		{"/", "/[[...x]]", "it also matches", "it is already matched by"},
		{"/[p]", "/[p]/[[...x]]", "it also matches", "it is already matched by"},
		{"/caf%C3%A9", "/café/[[...x]]", "it also matches", "it is already matched by"},
	} {
		for _, order := range []struct{ first, second, want string }{{tt.a, tt.b, tt.ab}, {tt.b, tt.a, tt.ba}} {
			if order.want == "" {
				continue
			}
			t.Run(order.second+" after "+order.first, func(t *testing.T) {
				t.Parallel()
				api := apiroute.New()
				api.Get(order.first, respondOK)
				before := api.Routes()
				site, got := here(), mustPanic(t, func() { api.Get(order.second, respondOK) })
				checkRefusal(t, got, site, order.second, order.want)
				if other := fmt.Sprintf("%q, registered at %s", order.first, before[0].Source); !strings.Contains(got, other) {
					t.Errorf("%q after %q: panic %q, want %q in it", order.second, order.first, got, other)
				}
				if diff := cmp.Diff(before, api.Routes()); diff != "" {
					t.Errorf("%q after %q: Routes() have changed:\n%s", order.second, order.first, diff)
				}
			})
		}
	}
}

// These paths may stand beside each other, in either order.
func TestNoClash(t *testing.T) {
	t.Parallel()
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
		{"/a/[id]", "/b/[name]"}, // names at different levels
		{"/a/[id]", "/[x]/[name]"},
		{"/a/[id]", "/a/[...name]"},
		{"/a%2520", "/a%20"},
		{"/[x]", "/%5Bx%5D"},
		{"/b", "/B/[[...x]]"},
	} {
		for _, paths := range [][]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			t.Run(paths[1]+" after "+paths[0], func(t *testing.T) {
				t.Parallel()
				api := apiroute.New()
				for _, p := range paths {
					api.Get(p, respondOK)
				}
				if got := api.Routes(); len(got) != 2 {
					t.Errorf("%q: Routes() = %v, want both", paths, got)
				}
			})
		}
	}
}

// A refused path must leave nothing behind that keeps out a good one.
func TestRefusedLeavesTree(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ have, refused, then, target string }{
		{"/a/[id]", "/a/[name]/x", "/a/[id]/[name]", "/a/1/2"},
		{"/a", "/a/[[...x]]", "/a/[...y]", "/a/1"},
		{"/a/[[...x]]", "/a", "/a/b", "/a/b"},
		{"/a/[...x]", "/a/[[...y]]", "/a", "/a"},
		{"/a/[[...x]]", "/a/[...y]", "/a/[z]", "/a/1"},
		{"/a", "/b/[x]/[x]", "/b/[y]", "/b/1"},
		{"/a", "/b/[...x]/c", "/b/[[...y]]", "/b"},
	} {
		t.Run(tt.then+" after "+tt.refused, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			api.Get(tt.have, respondOK)
			mustPanic(t, func() { api.Get(tt.refused, respondOK) })
			api.Get(tt.then, func(req *apiroute.Request, res *apiroute.Response) error { return res.Text(req.Route()) })
			reply := newServer(t, api).do("GET", tt.target, "")
			if reply.status != 200 || reply.body != tt.then {
				t.Errorf("%q, and %q after %q was refused: GET %s = %d %q, want 200 and the path",
					tt.have, tt.then, tt.refused, tt.target, reply.status, reply.body)
			}
		})
	}
}
