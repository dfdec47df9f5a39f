package apiroute_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/apiroute"
)

// This file attacks the document with types, tags and options that are allowed and odd. The tables hold
// the places in which it was wrong, did not end, or ended the process.

// attackEcho registers an endpoint that takes a T and returns one.
func attackEcho[T any](r *apiroute.Router, path string, opts ...apiroute.Option) {
	apiroute.Post(r, path, func(_ context.Context, in struct {
		Body T `body:"json"`
	}) (T, error) {
		return in.Body, nil
	}, opts...)
}

// attackShow registers an endpoint that returns a T.
func attackShow[T any](r *apiroute.Router, path string, opts ...apiroute.Option) {
	apiroute.Get(r, path, func(context.Context, struct{}) (out T, err error) { return }, opts...)
}

// attackTake registers an endpoint that is given an In.
func attackTake[In any](r *apiroute.Router, path string, opts ...apiroute.Option) {
	apiroute.Post(r, path, func(context.Context, In) (struct{}, error) { return struct{}{}, nil }, opts...)
}

// attackDocument returns the document of the routes that register adds.
func attackDocument(t *testing.T, register func(*apiroute.Router)) reply {
	t.Helper()
	api := apiroute.New(quiet())
	register(api)
	api.Get("/openapi.json", api.OpenAPI("Attack", "1"))
	return serveRecorder(api, newRequest("GET", "/openapi.json", ""))
}

// jsonAt returns what is in a JSON text below names and indexes that spaces separate, as JSON.
func jsonAt(t *testing.T, text, path string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("the document is not JSON: %v", err)
	}
	for _, name := range strings.Fields(path) {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			v = x[slices.Index([]string{"0", "1", "2"}, name)]
		default:
			t.Fatalf("there is no %q in the document", path)
		}
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Types that contain themselves through a pointer type that has a name, and through nothing else that
// has one.
type (
	attackStruct *struct {
		Next attackStruct `json:"next"`
	}
	attackList  *[]attackList
	attackMap   *map[string]attackMap
	attackArray *[1]attackArray
)

// An attackCelsius is a number in a query, and an object in a JSON response.
type attackCelsius float64

func (attackCelsius) MarshalJSON() ([]byte, error) { return []byte(`{"c":1}`), nil }

// An attackFew is a list with a rule.
type attackFew []string

func (attackFew) JSONSchema() any { return map[string]any{"maxItems": 2} }

// attackQuery has parameters that are odd.
type attackQuery struct {
	Celsius attackCelsius `query:"celsius" default:"3"`
	Few     attackFew     `query:"few"`
	Comma   attackFew     `query:"comma,comma"`
	Small   float32       `query:"small" default:"0.1"`
	Count   uint8         `query:"count" minimum:"5" default:"7"`
}

// attackMembers has members that are odd.
type attackMembers struct {
	Choice  apiroute.Optional[string]   `json:"choice" enum:"a,b"`
	Choices apiroute.Optional[[]string] `json:"choices" enum:"a,b"`
	Quoted  int                         `json:"quoted,string" example:"1"`
	Text    string                      `json:"text,string" example:"a"`
}

// attackResponse is a whole response.
type attackResponse struct {
	When   time.Time    `header:"X-When" doc:"The time." example:"2024-01-02T03:04:05Z"`
	First  http.Cookie  `cookie:"first" doc:"The first one."`
	Second *http.Cookie `cookie:"second"`
	Type   string       `header:"Content-Type"`
	Body   io.Reader    `body:"bytes"`
}

// attackForm has JSON in a form.
type attackForm struct {
	Form struct {
		Inner attackInner `form:"inner"`
	} `body:"form"`
}

type attackInner struct {
	X int `json:"x,omitempty"`
}

func TestOpenAPIAttackValues(t *testing.T) {
	t.Parallel()
	deprecated := apiroute.Operation("old", "Is old.\n\n\t\tMore.\n\t\t\n\t\tDeprecated: use the new one.")
	tests := []struct {
		name     string
		register func(*apiroute.Router)
		at       string
		want     string
	}{
		{"a struct pointer of itself", func(r *apiroute.Router) {
			attackTake[struct {
				Body attackStruct `body:"json"`
			}](r, "/x")
		}, "components schemas Recursive",
			`{"properties":{"next":{"anyOf":[{"$ref":"#/components/schemas/Recursive"},{"type":"null"}]}},"type":"object"}`},
		{"a list pointer of itself", func(r *apiroute.Router) { attackEcho[attackList](r, "/x") }, "components schemas Recursive items anyOf 0",
			`{"$ref":"#/components/schemas/Recursive"}`},
		{"a map pointer of itself", func(r *apiroute.Router) { attackEcho[attackMap](r, "/x") }, "components schemas Recursive additionalProperties anyOf 0",
			`{"$ref":"#/components/schemas/Recursive"}`},
		{"an array pointer of itself", func(r *apiroute.Router) { attackEcho[attackArray](r, "/x") }, "components schemas Recursive items anyOf 0",
			`{"$ref":"#/components/schemas/Recursive"}`},
		{"a default of a type with MarshalJSON", func(r *apiroute.Router) { attackTake[attackQuery](r, "/x") }, "paths /x post parameters 0 schema default", "3"},
		{"a rule of a list type in the query", func(r *apiroute.Router) { attackTake[attackQuery](r, "/x") }, "paths /x post parameters 1 schema",
			`{"items":{"type":"string"},"maxItems":2,"type":"array"}`},
		{"and with commas", func(r *apiroute.Router) { attackTake[attackQuery](r, "/x") }, "paths /x post parameters 2 schema maxItems", "2"},
		{"an enum of an Optional", func(r *apiroute.Router) { attackShow[attackMembers](r, "/x") }, "components schemas attackMembers properties choice enum", `["a","b",null]`},
		{"an enum of an Optional list", func(r *apiroute.Router) { attackShow[attackMembers](r, "/x") }, "components schemas attackMembers properties choices items enum", `["a","b"]`},
		{"an example of a number in a string", func(r *apiroute.Router) { attackShow[attackMembers](r, "/x") }, "components schemas attackMembers properties quoted examples", `["1"]`},
		{"an example of a string in a string", func(r *apiroute.Router) { attackShow[attackMembers](r, "/x") }, "components schemas attackMembers properties text examples", `["\"a\""]`},
		{"an example of a header", func(r *apiroute.Router) { attackShow[attackResponse](r, "/x") }, "paths /x get responses 200 headers X-When",
			`{"description":"The time.","schema":{"examples":["2024-01-02T03:04:05Z"],"format":"date-time","type":"string"}}`},
		{"texts of cookies", func(r *apiroute.Router) { attackShow[attackResponse](r, "/x") }, "paths /x get responses 200 headers Set-Cookie description",
			`"Sets the cookie first. The first one.\n\nSets the cookie second."`},
		{"bytes of any type", func(r *apiroute.Router) { attackShow[attackResponse](r, "/x") }, "paths /x get responses 200 content */* schema contentMediaType",
			`"application/octet-stream"`},
		{"a pointer to an Error", func(r *apiroute.Router) { attackShow[int](r, "/x", apiroute.Returns[*apiroute.Error](404)) },
			"paths /x get responses 404 content application/problem+json schema", `{"$ref":"#/components/schemas/Problem"}`},
		{"JSON in a strict form", func(r *apiroute.Router) { attackTake[attackForm](r, "/x", apiroute.RejectUnknown(true)) },
			"components schemas attackInner additionalProperties", "false"},
		{"JSON in a lenient form", func(r *apiroute.Router) { attackTake[attackForm](r, "/x") }, "components schemas attackInner additionalProperties", "null"},
		{"an indented deprecation", func(r *apiroute.Router) { attackShow[int](r, "/x", deprecated) }, "paths /x get deprecated", "true"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := attackDocument(t, tt.register)
			doc.want(t, 200, doc.body)
			if got := jsonAt(t, doc.body, tt.at); got != tt.want {
				t.Errorf("%s is %s, want %s", tt.at, got, tt.want)
			}
		})
	}
}

// Types whose method JSONSchema is wrong in a way that registration does not see.
type (
	attackCyclic struct{}
	attackSelf   struct{}
	attackText   struct{ X int }
)

func (attackCyclic) JSONSchema() any {
	m := map[string]any{}
	m["not"] = m
	return m
}

func (attackSelf) JSONSchema() any { return reflect.TypeFor[attackSelf]() }

func (attackText) JSONSchema() any              { return "text" }
func (*attackText) UnmarshalJSON([]byte) error  { return nil }
func (attackText) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

func TestOpenAPIAttackSchemas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		register func(*apiroute.Router)
		want     string
	}{
		{"a map in itself", func(r *apiroute.Router) { attackEcho[attackCyclic](r, "/x") },
			"JSONSchema() of apiroute_test.attackCyclic: contains itself, or is nested too deep"},
		{"the type itself", func(r *apiroute.Router) { attackEcho[attackSelf](r, "/x") },
			"JSONSchema() of apiroute_test.attackSelf: is the type itself"},
		{"a text", func(r *apiroute.Router) {
			attackTake[struct {
				Body attackText `body:"json"`
			}](r, "/x")
		},
			"JSONSchema() of apiroute_test.attackText: is not a JSON object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &testLog{}
			api := apiroute.New(l.option())
			tt.register(api)
			api.Get("/openapi.json", api.OpenAPI("Attack", "1"))
			serveRecorder(api, newRequest("GET", "/openapi.json", "")).wantProblem(t, 500)
			if text := l.String(); strings.Count(text, tt.want) != 1 {
				t.Errorf("the log is %s\nwant once %s", text, tt.want)
			}
		})
	}
}

// An attackLists is a list of itself.
type attackLists []attackLists

func TestOpenAPIAttackRefused(t *testing.T) {
	t.Parallel()
	shared := apiroute.Security("key", `{"type":"http","scheme":"basic"}`)
	tests := []struct {
		name   string
		do     func()
		places int // in the message
		want   []string
	}{
		{"an example of a list of itself", func() {
			attackEcho[struct {
				L attackLists `json:"l" example:"a"`
			}](apiroute.New(), "/x")
		}, 1, []string{`example:"a" has no meaning for a list of itself`}},
		{"one id twice", func() {
			api := apiroute.New()
			api.OpenAPI("Blog", "1")
			h := func(*apiroute.Request, *apiroute.Response) error { return nil }
			api.Get("/a-b", h, apiroute.Operation("", "A."))
			api.Get("/a/b", h, apiroute.Operation("", "B."))
		}, 3, []string{`path "/a/b": in the document "Blog", GET "/a-b" (`, `) and GET "/a/b" (`,
			`) both have the operation id "getAB": give one of them another id with Operation`}},
		{"one tag with two texts", func() {
			v1 := apiroute.New().Group("/v1", apiroute.Tag("posts", "Articles."))
			v1.OpenAPI("Blog", "1")
			attackShow[int](v1, "/x", apiroute.Tag("posts", "Texts."))
		}, 3, []string{`the tag "posts" has the text "Texts." for GET "/v1/x" (`, `, and "Articles." for GET "/v1/x" (`, `give it one text, or another name`}},
		{"one scheme in two forms", func() {
			api := apiroute.New()
			attackShow[int](api, "/x", shared)
			attackShow[int](api, "/y", apiroute.Security("key", `{"type":"http","scheme":"bearer"}`))
			api.OpenAPI("Blog", "1")
		}, 3, []string{`OpenAPI: in the document "Blog", the security scheme "key" is {"type":"http","scheme":"basic"} for GET "/x" (`,
			`, and {"type":"http","scheme":"bearer"} for GET "/y" (`, `give one of them another name`}},
		{"a scheme that is no type", func() { apiroute.Security("key", `{"type":"bearer"}`) },
			1, []string{`the type of the scheme must be one of http, apiKey, oauth2, openIdConnect, mutualTLS`}},
		{"a scheme without a member", func() { apiroute.Security("key", `{"type":"apiKey","name":"key"}`) },
			1, []string{`the scheme has no member "in", as in {"type":"apiKey","in":"cookie","name":"session"}`}},
		{"a scheme that is not JSON", func() { apiroute.Security("key", `bearer`) }, 1, []string{`the scheme must be a JSON object`}},
		{"a body with a status that has none", func() { apiroute.Returns[int](204) }, 1, []string{"a response with the status 204 has no body: write Returns[struct{}](204)"}},
		{"a media type without a body", func() { apiroute.Returns[struct{}](200, "text/csv") }, 1, []string{"struct{} is a response without a body"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := mustPanic(t, tt.do)
			rest := text
			for _, want := range tt.want {
				_, after, ok := strings.Cut(rest, want)
				if rest = after; !ok {
					t.Fatalf("the panic is\n%s\nwant %q in it, in this order", text, tt.want)
				}
			}
			if n := strings.Count(text, "openapi_attack_test.go:"); n != tt.places {
				t.Errorf("the panic is\n%s\nwant %d places of the source in it", text, tt.places)
			}
		})
	}
}

// A document that is refused must not refuse routes later.
func TestOpenAPIAttackRefusedDocument(t *testing.T) {
	t.Parallel()
	api := apiroute.New()
	v1, v2 := api.Group("/v1"), api.Group("/v2")
	attackShow[int](v1, "/x", apiroute.Operation("x", "Shows x."))
	attackShow[int](v2, "/x", apiroute.Operation("x", "Shows x."))
	mustPanic(t, func() { api.OpenAPI("All", "1") })
	attackShow[int](v2, "/y", apiroute.Operation("y", "Shows y."))
	attackShow[int](v1, "/y", apiroute.Operation("y", "Shows y."))
}

type (
	attackPost        struct{ A int }
	attackPostInput   struct{ B int }
	attackPage[T any] struct{ Items []T }
	attackPage_int    struct{ C int } // as a name made from attackPage[int]
	attackGröße       struct{ D int }
	attackGruf6udfe   struct{ E int } // as a name made from attackGröße
	Problem           struct{ F int }
	Recursive         struct{ G int }
)

// Names of components are right and the same in each order of registration, whatever types are called.
func TestOpenAPIAttackNames(t *testing.T) {
	t.Parallel()
	local := func() func(*apiroute.Router) {
		type attackPost struct{ H int }
		return func(r *apiroute.Router) { attackEcho[attackPage[attackPost]](r, "/local") }
	}()
	registers := []func(*apiroute.Router){
		func(r *apiroute.Router) { attackEcho[attackPost](r, "/post") },
		func(r *apiroute.Router) { attackEcho[attackPostInput](r, "/input") },
		func(r *apiroute.Router) { attackEcho[attackPage[int]](r, "/page") },
		func(r *apiroute.Router) { attackEcho[attackPage[attackPost]](r, "/posts") },
		func(r *apiroute.Router) { attackEcho[attackPage[[]attackPost]](r, "/lists") },
		func(r *apiroute.Router) { attackEcho[attackPage[*attackPost]](r, "/pointers") },
		func(r *apiroute.Router) { attackEcho[attackPage_int](r, "/pageint") },
		func(r *apiroute.Router) { attackEcho[attackGröße](r, "/a") },
		func(r *apiroute.Router) { attackEcho[attackGruf6udfe](r, "/b") },
		func(r *apiroute.Router) { attackEcho[Problem](r, "/problem") },
		func(r *apiroute.Router) { attackEcho[Recursive](r, "/recursive") },
		func(r *apiroute.Router) { attackEcho[attackStruct](r, "/cycle") },
		local,
	}
	document := func() reply {
		return attackDocument(t, func(r *apiroute.Router) {
			for _, register := range registers {
				register(r)
			}
		})
	}
	first := document()
	slices.Reverse(registers)
	if diff := cmp.Diff(first.body, document().body); diff != "" {
		t.Errorf("the document depends on the order of registration:\n%s", diff)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(first.body), &doc); err != nil {
		t.Fatal(err)
	}
	byMember := map[string]int{} // each type has a member of its own, and is two components
	for name, schema := range doc.Components.Schemas {
		if strings.ContainsFunc(name, func(r rune) bool { return r > 'z' || strings.ContainsRune("[]*·./ ", r) }) {
			t.Errorf("a component has the name %q", name)
		}
		for member := range schema.Properties {
			byMember[member]++
		}
	}
	for _, m := range strings.Fields("A B C D E F G next") {
		if byMember[m] != 2 {
			t.Errorf("%d components have the member %s, want 2", byMember[m], m)
		}
	}
	if byMember["Items"] != 10 {
		t.Errorf("%d components have the member Items, want 10", byMember["Items"])
	}
	if _, ok := doc.Components.Schemas["Problem"].Properties["title"]; !ok {
		t.Error("the component Problem is not that of Error")
	}
}

// Documents are made while routes are registered, and in the end have all of them.
func TestOpenAPIAttackConcurrent(t *testing.T) {
	t.Parallel()
	const routes = 10
	api := apiroute.New(quiet())
	api.Get("/openapi.json", api.OpenAPI("Attack", "1"), apiroute.ETag(true))
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			for i := range routes {
				attackEcho[attackPost](api, fmt.Sprintf("/group%d/route%d", g, i))
			}
		}()
		go func() {
			defer wg.Done()
			for range routes {
				doc := serveRecorder(api, newRequest("GET", "/openapi.json", ""))
				if doc.status != 200 || !json.Valid([]byte(doc.body)) {
					t.Errorf("status %d: %s", doc.status, doc.body)
				}
				api.OpenAPI("Other", "1")
			}
		}()
	}
	wg.Wait()
	doc := serveRecorder(api, newRequest("GET", "/openapi.json", ""))
	if n := strings.Count(doc.body, `"operationId"`); n != 3*routes {
		t.Errorf("the document has %d operations, want %d", n, 3*routes)
	}
	same := serveRecorder(api, newRequest("GET", "/openapi.json", "", "If-None-Match: "+doc.header.Get("ETag")))
	head := serveRecorder(api, newRequest("HEAD", "/openapi.json", ""))
	if same.status != 304 || head.status != 200 || head.header.Get("Content-Length") != fmt.Sprint(len(doc.body)) {
		t.Errorf("If-None-Match: status %d; HEAD: status %d, %s bytes; want 304; 200, %d bytes",
			same.status, head.status, head.header.Get("Content-Length"), len(doc.body))
	}
}
