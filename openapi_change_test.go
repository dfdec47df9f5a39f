package apiroute_test

import (
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// refusedDocs are mistakes that a registration or an option refuses, with the place of the call.
var refusedDocs = []struct {
	name string
	do   func()
	want string
}{
	{"a title that is empty", func() { apiroute.New().OpenAPI("", "1") }, "OpenAPI: the title and the version of the API must not be empty"},
	{"a version that is empty", func() { apiroute.New().OpenAPI("A", "") }, "OpenAPI: the title and the version of the API must not be empty"},
	{"a patch that is no object", func() { apiroute.New().OpenAPI("A", "1", "[]") }, `OpenAPI: the patch "[]" is not a JSON object`},
	{"a patch that is no JSON", func() { apiroute.New().OpenAPI("A", "1", "{}", "{") }, `OpenAPI: the patch "{" is not a JSON object`},
	{"no router", func() { (*apiroute.Router)(nil).OpenAPI("A", "1") }, "OpenAPI: the *Router is nil: make one with New"},
	{"a router that New has not made", func() { new(apiroute.Router).OpenAPI("A", "1") }, "OpenAPI: the Router is a zero value: make one with New"},
	{"two ids at OpenAPI", func() {
		api := apiroute.New()
		apiroute.Get(api, "/a", endpoint[struct{}, int](), apiroute.Operation("x", "A."))
		apiroute.Get(api, "/b", endpoint[struct{}, int](), apiroute.Operation("x", "B."))
		api.OpenAPI("A", "1")
	}, `OpenAPI: in the document "A", GET "/a" (`},
	{"two ids at a registration", func() {
		api := apiroute.New()
		api.OpenAPI("A", "1")
		apiroute.Get(api, "/a", endpoint[struct{}, int](), apiroute.Operation("x", "A."))
		apiroute.Get(api, "/b", endpoint[struct{}, int](), apiroute.Operation("x", "B."))
	}, `path "/b": in the document "A", GET "/a" (`},
	{"an id that is made and one that is not", func() {
		api := apiroute.New()
		api.OpenAPI("A", "1")
		apiroute.Get(api, "/a", endpoint[struct{}, int]())
		apiroute.Get(api, "/b", endpoint[struct{}, int](), apiroute.Operation("getA", "B."))
	}, `both have the operation id "getA"`},
	{"two schemes of one route", func() {
		api := apiroute.New(apiroute.Security("a", `{"type":"mutualTLS"}`))
		api.OpenAPI("A", "1")
		apiroute.Get(api, "/a", endpoint[struct{}, int](), apiroute.Security("a", `{"type":"http","scheme":"basic"}`))
	}, `the security scheme "a" is`},
	{"an id with a space", func() { apiroute.Operation("a b", "A.") }, `Operation: the id "a b" has a character other than letters, digits, "-", "_" and "."`},
	{"a tag without a name", func() { apiroute.Tag("", "A.") }, "Tag: the name is empty"},
	{"a scheme without a name", func() { apiroute.Security("", `{}`) }, `Security: the name "" must have letters`},
	{"a scheme with a bad name", func() { apiroute.Security("é", `{}`) }, `Security: the name "é" must have letters`},
	{"Takes of a type that Bind cannot fill", func() { apiroute.Takes[struct{ A int }]() }, "Takes: type struct { A int }: field A has no tag that names its source"},
	{"Returns of a status that is none", func() { apiroute.Returns[int](99) }, "Returns: 99 is not a status from 100 to 599"},
	{"Returns of a status that is too large", func() { apiroute.Returns[int](600) }, "Returns: 600 is not a status from 100 to 599"},
	{"Returns of a media type that is none", func() { apiroute.Returns[int](200, "json") }, `Returns: "json" is not a media type such as text/csv`},
	{"Returns of a malformed media type", func() { apiroute.Returns[int](200, "text/csv; x") }, `Returns: "text/csv; x" is not a media type such as text/csv`},
	{"Returns of what cannot be sent", func() { apiroute.Returns[chan int](200) }, "Returns: type chan int: chan int has no JSON form"},
	{"Returns of a response with a mistake", func() {
		apiroute.Returns[struct {
			A chan int `header:"A"`
		}](200)
	}, "Returns: type struct { A chan int"},
	{"Returns of a type with a mistake in its rules", func() {
		apiroute.Returns[struct {
			A int `json:"a" minimum:"x"`
		}](200)
	}, `Returns: field A: minimum:"x" must be an integer`},
	{"a Handler for all methods", func() { apiroute.New().Handle("/x", respondNothing, apiroute.Returns[int](200)) },
		"an operation of a document has one method: register the handler for each method by itself"},
	{"a Handler for HEAD", func() { apiroute.New().Method("HEAD", "/x", respondNothing, apiroute.Operation("a", "A.")) }, "a document has no operations for HEAD"},
	{"a Handler for OPTIONS", func() { apiroute.New().Method("OPTIONS", "/x", respondNothing, apiroute.Returns[int](200)) }, "a document has no operations for OPTIONS"},
	{"two Takes", func() {
		apiroute.New().Post("/x", respondNothing, apiroute.Takes[docNewPost](), apiroute.Takes[struct{}]())
	},
		"Takes is given twice"},
	{"Takes of a body for GET", func() { apiroute.New().Get("/x", respondNothing, apiroute.Takes[docNewPost]()) }, "GET has no body"},
	{"Takes of a segment that there is not", func() { apiroute.New().Get("/x", respondNothing, apiroute.Takes[docID]()) }, `path "/x"`},
	{"Operation for a group", func() { apiroute.New().Group("/x", apiroute.Operation("a", "A.")) }, "Operation"},
	{"Takes for a typed endpoint", func() {
		apiroute.Get(apiroute.New(), "/x", endpoint[struct{}, int](), apiroute.Takes[struct{}]())
	}, "Takes"},
	{"Tag for a Mount", func() { apiroute.New().Mount("/x", http.NotFoundHandler(), apiroute.Tag("a", "A.")) }, "Tag"},
	{"an example of a wrong type", func() {
		takesAt[struct {
			Q int `query:"q" example:"x"`
		}]("/x")(apiroute.New())
	}, `example:"x" must be an integer`},
	{"an example that breaks a rule", func() {
		takesAt[struct {
			Q int `query:"q" example:"5" maximum:"4"`
		}]("/x")(apiroute.New())
	}, `example:"5" must be at most 4`},
	{"an example of a list with a wrong item", func() {
		takesAt[struct {
			Q []int `query:"q" example:"1,x"`
		}]("/x")(apiroute.New())
	}, `example:"1,x" must be an integer`},
	{"an example that is no JSON", func() {
		takesAt[struct {
			Body docPost `body:"json" example:"x"`
		}]("/x")(apiroute.New())
	}, `example:"x" must be JSON`},
	{"an example in an Out", func() {
		apiroute.Get(apiroute.New(), "/x", endpoint[struct{}, struct {
			A bool `json:"a" example:"1"`
		}]())
	}, `example:"1" must be true or false`},
}

func TestOpenAPIRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range refusedDocs {
		t.Run(tt.name, func(t *testing.T) {
			text := mustPanic(t, tt.do)
			if !strings.HasPrefix(text, "apiroute: ") || !strings.Contains(text, "_test.go:") || !strings.Contains(text, tt.want) {
				t.Errorf("the panic is %q, want the place and %q", text, tt.want)
			}
		})
	}
}

// paths returns the paths of the document that a handler responds with.
func paths(h http.Handler) []string {
	got := serveRecorder(h, newRequest("GET", "/", ""))
	return sortedKeys(at(decodeAny(got.body), "paths").(map[string]any))
}

// The document is made anew after a registration, and only then.
func TestOpenAPIChanges(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	doc := api.OpenAPI("A", "1")
	first := serveRecorder(doc, newRequest("GET", "/", ""))
	apiroute.Get(api, "/a", endpoint[struct{}, int](), apiroute.Operation("a", "A."))
	if diff := cmp.Diff([]string{"/a"}, paths(doc)); diff != "" || first.body == "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	before := serveRecorder(doc, newRequest("GET", "/", ""))
	for name, register := range map[string]func(){
		"an id that there is": func() { apiroute.Get(api, "/b", endpoint[struct{}, int](), apiroute.Operation("a", "B.")) },
		"a path that there is": func() {
			apiroute.Get(api, "/a", endpoint[struct{}, docPost](), apiroute.Operation("c", "C."), apiroute.Tag("t", "T."))
		},
		"an In with a mistake": func() { apiroute.Get(api, "/c", endpoint[struct{ A int }, int](), apiroute.Tag("t", "T.")) },
		"levels that contradict": func() {
			apiroute.Get(api.Group("/d", apiroute.Tag("t", "T.")), "", endpoint[struct{}, int](), apiroute.Tag("t", "U."))
		},
	} {
		mustPanic(t, register)
		if after := serveRecorder(doc, newRequest("GET", "/", "")); after.body != before.body {
			t.Errorf("%s: the document has changed:\n%s", name, cmp.Diff(before.body, after.body))
		}
	}
	apiroute.Get(api, "/c", endpoint[struct{}, int](), apiroute.Operation("c", "C."), apiroute.Tag("t", "V."))
	if diff := cmp.Diff([]string{"/a", "/c"}, paths(doc)); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

// A group has a document of its own, into which other routes need not fit.
func TestOpenAPIGroups(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet(), apiroute.Tag("all", "All."))
	v1, v2 := api.Group("/v1"), api.Group("/v2", apiroute.Tag("two", "Two."))
	inner := v1.Group("/inner")
	doc1, doc2, docInner := v1.OpenAPI("One", "1"), v2.OpenAPI("Two", "2"), inner.OpenAPI("Inner", "1")
	for _, g := range []*apiroute.Router{v1, v2} {
		apiroute.Get(g, "/a", endpoint[struct{}, int](), apiroute.Operation("a", "A."))
	}
	apiroute.Get(inner, "/b", endpoint[struct{}, int](), apiroute.Operation("b", "B."))
	apiroute.Get(api, "/b", endpoint[struct{}, int](), apiroute.Operation("b", "B."))
	for _, tt := range []struct {
		name string
		doc  http.Handler
		want []string
	}{{"v1", doc1, []string{"/v1/a", "/v1/inner/b"}}, {"v2", doc2, []string{"/v2/a"}}, {"inner", docInner, []string{"/v1/inner/b"}}} {
		if diff := cmp.Diff(tt.want, paths(tt.doc)); diff != "" {
			t.Errorf("%s: paths (-want +got):\n%s", tt.name, diff)
		}
	}
	tags := jsonAt(t, serveRecorder(doc2, newRequest("GET", "/", "")).body, "tags")
	if want := `[{"description":"All.","name":"all"},{"description":"Two.","name":"two"}]`; tags != want {
		t.Errorf("tags %s, want %s", tags, want)
	}
	text := mustPanic(t, func() { api.OpenAPI("All", "1") })
	if !strings.Contains(text, `both have the operation id`) {
		t.Errorf("the panic is %q", text)
	}
}

// The document is the same bytes in any order of registration, also where tags and paths are alike.
func TestOpenAPIOrder(t *testing.T) {
	t.Parallel()
	var first string
	for seed := range 5 {
		api := apiroute.New(quiet())
		rows := slices.Clone(requestRows)
		rand.New(rand.NewSource(int64(seed))).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for _, row := range rows {
			group := api.Group("/"+strings.Map(func(r rune) rune {
				if r == ' ' || r == ',' || r == '.' {
					return '-'
				}
				return r
			}, row.name), apiroute.Tag("t"+row.name[:1], ""))
			row.register(group)
		}
		got := serveRecorder(api.OpenAPI("Test", "1"), newRequest("GET", "/", ""))
		if first == "" {
			first = got.body
		}
		if got.status != 200 || got.body != first {
			t.Fatalf("status %d, another order has another document:\n%s", got.status, cmp.Diff(first, got.body))
		}
	}
}

// Requests get a whole document while routes are registered and refused.
func TestOpenAPIConcurrent(t *testing.T) {
	t.Parallel()
	const routes = 30
	api := apiroute.New(quiet())
	doc := api.OpenAPI("Test", "1")
	apiroute.Get(api, "/first", endpoint[struct{}, docPost](), apiroute.Operation("first", "First."))
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; n < routes; {
				list := paths(doc)
				if len(list) < n {
					t.Errorf("the document has %d paths, and had %d", len(list), n)
				}
				n = len(list)
			}
		}()
	}
	for i := range routes {
		apiroute.Get(api, fmt.Sprintf("/%d", i), endpoint[struct{}, docPost]())
		mustPanic(t, func() {
			apiroute.Get(api, fmt.Sprintf("/x/%d", i), endpoint[struct{}, int](), apiroute.Operation("first", "Again."))
		})
	}
	wg.Wait()
}

// What describes an endpoint costs its requests nothing.
func TestOpenAPIAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	type in struct {
		ID string `path:"id" doc:"The id." example:"a"`
	}
	type out struct {
		ID string `json:"id" doc:"The id." example:"a"`
	}
	f := func(_ context.Context, in in) (out, error) { return out(in), nil }
	measure := func(at func(*apiroute.Router)) float64 {
		api := apiroute.New()
		at(api)
		r := httptest.NewRequest("GET", "/a/x", nil)
		r.Body = http.NoBody
		w := discardWriter{http.Header{}}
		return testing.AllocsPerRun(500, func() {
			clear(w.header)
			api.ServeHTTP(w, r)
		})
	}
	without := measure(func(api *apiroute.Router) { apiroute.Get(api, "/a/[id]", f) })
	with := measure(func(api *apiroute.Router) {
		g := api.Group("/a", apiroute.Tag("a", "A."), apiroute.Security("s", `{"type":"mutualTLS"}`), apiroute.Returns[apiroute.Error](401))
		apiroute.Get(g, "/[id]", f, apiroute.Operation("get", "Gets."), apiroute.Tag("b", "B."), apiroute.Returns[string](201))
		api.Get("/openapi.json", api.OpenAPI("Test", "1"))
	})
	if with != without {
		t.Errorf("%v allocations with descriptions, %v without", with, without)
	}
}
