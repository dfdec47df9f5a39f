package apiroute_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The types of an API, most of whose documents are below.
type (
	docPost struct {
		ID    int    `json:"id,omitempty"`
		Title string `json:"title" minLength:"1" doc:"What it is about." example:"Hello"`
	}
	docID struct {
		ID int `path:"id" minimum:"1" doc:"Of the post."`
	}
	docNewPost struct {
		Post docPost `body:"json"`
	}
)

func respondNothing(*apiroute.Request, *apiroute.Response) error { return nil }

// endpoint returns the function of a typed endpoint.
func endpoint[In, Out any]() func(context.Context, In) (Out, error) {
	return func(context.Context, In) (out Out, err error) { return out, nil }
}

// A whole document, byte by byte: that of testdata/openapi.json.
func TestOpenAPIDocument(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		posts := api.Group("/posts", apiroute.Tag("posts", "The articles."))
		apiroute.Post(posts, "", endpoint[docNewPost, docPost](), apiroute.Status(201), apiroute.Operation("createPost", "Creates a post.\n\nIt is *public*."),
			apiroute.Security("token", `{"type":"http","scheme":"bearer"}`))
		apiroute.Delete(posts, "/[id]", endpoint[docID, struct{}]())
		api.Get("/openapi.json", api.OpenAPI("Blog", "1.2.0", `{"info":{"license":{"name":"MIT"}}}`, `{"x-a":1,"info":{"x-b":[]}}`))
	})
	want, err := os.ReadFile("testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	got := s.do("GET", "/openapi.json", "")
	if got.status != 200 || got.body != string(want) {
		t.Errorf("status %d, the document is another (-want +got):\n%s", got.status, cmp.Diff(string(want), got.body))
	}
	if got.header.Get("Content-Type") != "application/json" {
		t.Errorf("Content-Type: %q", got.header.Get("Content-Type"))
	}
	head := s.do("HEAD", "/openapi.json", "")
	head.want(t, 200, "")
	if head.header.Get("Content-Length") != fmt.Sprint(len(want)) {
		t.Errorf("HEAD: Content-Length: %q", head.header.Get("Content-Length"))
	}
	s.do("POST", "/openapi.json", "").wantProblem(t, 405)
	s.do("GET", "/openapi.json/", "").want(t, 308, "")
}

// A docRow is a part of the document of a router.
type docRow struct {
	name     string
	register func(*apiroute.Router)
	at       string // as for jsonAt
	want     string // JSON
}

func (row docRow) check(t *testing.T) {
	t.Helper()
	api := apiroute.New(quiet())
	row.register(api)
	got := serveRecorder(api.OpenAPI("Test", "1"), newRequest("GET", "/", ""))
	if got.status != 200 {
		t.Fatalf("status %d", got.status)
	}
	if diff := cmp.Diff(decodeAny(row.want), decodeAny(jsonAt(t, got.body, row.at))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", row.at, diff)
	}
}

var operationRows = []docRow{
	{"nothing is registered", func(*apiroute.Router) {}, "paths", `{}`},
	{"a Handler that nothing describes", func(api *apiroute.Router) { api.Get("/x", respondNothing) }, "paths", `{}`},
	{"a Handler that its group describes", func(api *apiroute.Router) {
		api.Group("/g", apiroute.Returns[apiroute.Error](401), apiroute.Tag("a", "A.")).Get("/x", respondNothing)
	}, "paths", `{}`},
	{"a Handler with a tag and security alone", func(api *apiroute.Router) {
		api.Get("/x", respondNothing, apiroute.Tag("a", "A."), apiroute.Security("s", `{"type":"mutualTLS"}`))
		api.Handle("/x", respondNothing, apiroute.Tag("a", "A."))
	}, "paths", `{}`},
	{"a Handler with Operation", func(api *apiroute.Router) { api.Get("/x", respondNothing, apiroute.Operation("x", "X.")) }, "paths /x get operationId", `"x"`},
	{"a Handler with Takes", func(api *apiroute.Router) { api.Get("/[id]", respondNothing, apiroute.Takes[docID]()) }, "paths /{id} get parameters",
		`[{"name":"id","in":"path","required":true,"schema":{"type":"integer","format":"int64","minimum":1},"description":"Of the post."}]`},
	{"a Handler with Returns", func(api *apiroute.Router) {
		api.Method("TRACE", "/x", respondNothing, apiroute.Returns[string](202, "text/plain"))
	}, "paths /x trace responses 202",
		`{"description":"Accepted","content":{"text/plain":{"schema":{"type":"string"}}}}`},
	{"a Handler with all of them", func(api *apiroute.Router) {
		api.Put("/[id]", respondNothing, apiroute.Operation("put", "Puts."), apiroute.Takes[struct {
			docID
			docNewPost
		}](), apiroute.Returns[docPost](200), apiroute.Returns[apiroute.Error](409))
	}, "paths /{id} put requestBody", `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/docPost"}}},"required":true}`},
	{"a hidden endpoint", func(api *apiroute.Router) {
		apiroute.Get(api, "/x", endpoint[struct{}, int](), apiroute.Operation("x", " \n"))
	}, "paths", `{}`},
	{"a hidden Handler for all methods", func(api *apiroute.Router) { api.Handle("/x", respondNothing, apiroute.Operation("", "")) }, "paths", `{}`},
	{"HEAD, OPTIONS, Handle and Mount", func(api *apiroute.Router) {
		api.Method("HEAD", "/x", respondNothing)
		api.Method("OPTIONS", "/x", respondNothing)
		api.Method("PURGE", "/x", respondNothing)
		api.Handle("/x", respondNothing)
		api.Mount("/y", http.NotFoundHandler())
	}, "paths", `{}`},
	{"the methods of a path", func(api *apiroute.Router) {
		apiroute.Patch(api, "/", endpoint[struct{}, struct{}]())
		apiroute.Delete(api, "/", endpoint[struct{}, struct{}]())
		apiroute.Put(api, "/", endpoint[struct{}, struct{}](), apiroute.Operation("", "One line."))
	}, "paths / put", `{"operationId":"put","summary":"One line.","responses":{"204":{"description":"No Content"},` + wantErrors + `},"security":[]}`},
	{"a summary by itself", func(api *apiroute.Router) { apiroute.Put(api, "/a/[b]", endpoint[struct{}, struct{}]()) }, "paths /a/{b} put summary", `"PUT /a/{b}"`},
	{"a description", func(api *apiroute.Router) {
		api.Get("/x", respondNothing, apiroute.Operation("", "\n  Sum. \n\n  Text.\n  More.\n"))
	}, "paths /x get description", `"Text.\n  More."`},
	{"a summary before a description", func(api *apiroute.Router) {
		api.Get("/x", respondNothing, apiroute.Operation("", "\n  Sum. \n\n  Text.\n"))
	}, "paths /x get summary", `"Sum."`},
	{"deprecated as a whole", func(api *apiroute.Router) {
		api.Get("/x", respondNothing, apiroute.Operation("", "Deprecated: use /y."))
	}, "paths /x get deprecated", `true`},
	{"deprecated in a paragraph", func(api *apiroute.Router) {
		api.Get("/x", respondNothing, apiroute.Operation("", "X.\n\nText.\n\nDeprecated: use /y."))
	}, "paths /x get deprecated", `true`},
	{"the word deprecated in a text", func(api *apiroute.Router) {
		api.Get("/x", respondNothing, apiroute.Operation("", "X.\n\nText\nDeprecated: no."))
	}, "paths /x get deprecated", `null`},
	{"an id by itself", func(api *apiroute.Router) {
		apiroute.Get(api, "/api/blog-posts_2/[post.id]/[...x]", endpoint[struct{}, int]())
	}, "paths /api/blog-posts_2/{post.id}/{x} get operationId", `"getApiBlogPosts2ByPostIdByX"`},
	{"an id by itself of other letters", func(api *apiroute.Router) { apiroute.Get(api, "/é", endpoint[struct{}, int]()) }, "paths /%C3%A9 get operationId", `"getUe9"`},
	{"the path /", func(api *apiroute.Router) { apiroute.Get(api, "/", endpoint[struct{}, int]()) }, "paths / get operationId", `"get"`},
	{"tags of all levels", func(api *apiroute.Router) {
		g := api.Group("/g", apiroute.Tag("outer", ""), apiroute.Tag("same", "Same.")).Group("/h", apiroute.Tag("same", ""))
		apiroute.Get(g, "/x", endpoint[struct{}, int](), apiroute.Tag("inner", "In."))
	}, "paths /g/h/x get tags", `["outer","same","inner"]`},
	{"the texts of tags", func(api *apiroute.Router) {
		apiroute.Get(api, "/a", endpoint[struct{}, int](), apiroute.Tag("one", ""), apiroute.Tag("two", " Two. "))
		apiroute.Get(api, "/b", endpoint[struct{}, int](), apiroute.Tag("one", "One."), apiroute.Tag("two", ""), apiroute.Tag("three", ""))
	}, "tags", `[{"name":"one","description":"One."},{"name":"two","description":"Two."},{"name":"three"}]`},
	{"security of all levels", func(api *apiroute.Router) {
		g := api.Group("/g", apiroute.Security("a", `{"type":"http","scheme":"basic"}`))
		apiroute.Get(g, "/x", endpoint[struct{}, int](), apiroute.Security("b", `{"type":"mutualTLS"}`), apiroute.Security("b", `{"type":"mutualTLS"}`))
		apiroute.Get(g, "/y", endpoint[struct{}, int]())
	}, "paths /g/x get security", `[{"a":[],"b":[]}]`},
	{"security of the outer level alone", func(api *apiroute.Router) {
		g := api.Group("/g", apiroute.Security("a", `{"type":"http","scheme":"basic"}`))
		apiroute.Get(g, "/x", endpoint[struct{}, int](), apiroute.Security("b", `{"type":"mutualTLS"}`))
		apiroute.Get(g, "/y", endpoint[struct{}, int]())
	}, "paths /g/y get security", `[{"a":[]}]`},
	{"security schemes", func(api *apiroute.Router) {
		apiroute.Get(api, "/x", endpoint[struct{}, int](), apiroute.Security("b", `{"type":"mutualTLS"}`), apiroute.Security("a", `{"type":"http","scheme":"basic"}`))
	}, "components securitySchemes", `{"a":{"type":"http","scheme":"basic"},"b":{"type":"mutualTLS"}}`},
	{"no security", func(api *apiroute.Router) { apiroute.Get(api, "/x", endpoint[struct{}, int]()) }, "paths /x get security", `[]`},
	{"servers", func(*apiroute.Router) {}, "servers", `[{"url":"/"}]`},
	{"info", func(*apiroute.Router) {}, "info", `{"title":"Test","version":"1"}`},
	{"[id] beside [...id]", func(api *apiroute.Router) {
		apiroute.Get(api, "/x/[...rest]", endpoint[struct{}, int]())
		apiroute.Put(api, "/x/[...rest]", endpoint[struct{}, int]())
		apiroute.Get(api, "/x/[id]", endpoint[struct{}, int]())
	}, "paths /x/{id} get operationId", `"getXById"`},
	{"[...rest] of another method", func(api *apiroute.Router) {
		apiroute.Get(api, "/x/[id]", endpoint[struct{}, int]())
		apiroute.Put(api, "/x/[...rest]", endpoint[struct{}, int]())
	}, "paths /x/{id} put parameters",
		`[{"name":"id","in":"path","required":true,"schema":{"type":"array","items":{"type":"string","minLength":1},"minItems":1}}]`},
	{"an optional catch-all without its segment", func(api *apiroute.Router) {
		apiroute.Get(api, "/shop/[[...slug]]", endpoint[struct {
			Slug []int `path:"slug"`
		}, int](), apiroute.Operation("shop", "Shop."))
	}, "paths /shop get", `{"operationId":"shop","summary":"Shop.","responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"type":"integer","format":"int64"}}}},` + wantErrors + `},"security":[]}`},
	{"an optional catch-all with its segment", func(api *apiroute.Router) {
		apiroute.Get(api, "/shop/[[...slug]]", endpoint[struct {
			Slug []int `path:"slug"`
		}, int](), apiroute.Operation("shop", "Shop."))
	}, "paths /shop/{slug} get operationId", `"shopBySlug"`},
	{"an optional catch-all of the root", func(api *apiroute.Router) {
		apiroute.Get(api, "/[[...slug]]", endpoint[struct{}, int]())
	}, "paths /{slug} get operationId", `"getBySlug"`},
	{"static segments with characters of all kinds", func(api *apiroute.Router) {
		apiroute.Get(api, "/a b/é%7Bx%7D/~:;,", endpoint[struct{}, int]())
	}, "paths /a%20b/%C3%A9%7Bx%7D/~:;, get operationId", `"getABUe9X"`},
}

// wantErrors are the responses of each operation.
const wantErrors = `"4XX":{"description":"The request is rejected.","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}},` +
	`"5XX":{"description":"The server has failed.","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}}`

func TestOpenAPIOperations(t *testing.T) {
	t.Parallel()
	for _, row := range operationRows {
		t.Run(row.name, row.check)
	}
}
