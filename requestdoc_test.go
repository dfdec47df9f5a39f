package apiroute_test

import (
	"encoding/json"
	"mime/multipart"
	"net/netip"
	"testing"
	"time"

	"example.com/apiroute"
)

// A docTemperature has another form in JSON than elsewhere, which it does not say.
type docTemperature int

func (*docTemperature) UnmarshalText([]byte) error { return nil }
func (*docTemperature) UnmarshalJSON([]byte) error { return nil }

// A docPoint says what it is as a text.
type docPoint struct{ X, Y int }

func (*docPoint) UnmarshalText([]byte) error { return nil }
func (docPoint) JSONSchema() any             { return map[string]any{"pattern": "^[0-9]+,[0-9]+$"} }

// takesAt returns a function that registers a POST endpoint for a path.
func takesAt[In any](path string, opts ...apiroute.Option) func(*apiroute.Router) {
	return func(api *apiroute.Router) { apiroute.Post(api, path, endpoint[In, struct{}](), opts...) }
}

const (
	parameter0 = "paths /x post parameters 0"
	schema0    = "paths /x post parameters 0 schema"
	jsonBody   = "paths /x post requestBody content application/json schema"
	formBody   = "paths /x post requestBody content multipart/form-data"
)

var requestRows = []docRow{
	{"a segment that no field takes", takesAt[struct{}]("/[a]"), "paths /{a} post parameters",
		`[{"name":"a","in":"path","required":true,"schema":{"type":"string","minLength":1}}]`},
	{"a catch-all that no field takes", takesAt[struct{}]("/[...a]"), "paths /{a} post parameters",
		`[{"name":"a","in":"path","required":true,"schema":{"type":"array","items":{"type":"string","minLength":1},"minItems":1}}]`},
	{"parameters in the order of the path, and then of the struct", takesAt[struct {
		C string `cookie:"c"`
		B string `path:"b"`
		Q string `query:"q"`
		A string `path:"a"`
		H string `header:"x-h"`
	}]("/[a]/x/[b]"), "paths /{a}/x/{b} post parameters",
		`[{"name":"a","in":"path","required":true,"schema":{"type":"string","minLength":1}},
		{"name":"b","in":"path","required":true,"schema":{"type":"string","minLength":1}},
		{"name":"c","in":"cookie","schema":{"type":"string"}},
		{"name":"q","in":"query","schema":{"type":"string"}},
		{"name":"X-H","in":"header","schema":{"type":"string"}}]`},
	{"a path with an enum", takesAt[struct {
		A string `path:"a" enum:"x,y"`
	}]("/[a]"), "paths /{a} post parameters 0 schema", `{"type":"string","enum":["x","y"]}`},
	{"a path with a length", takesAt[struct {
		A string `path:"a" minLength:"2"`
	}]("/[a]"), "paths /{a} post parameters 0 schema", `{"type":"string","minLength":2}`},
	{"a path with a format", takesAt[struct {
		A string `path:"a" format:"uuid"`
	}]("/[a]"), "paths /{a} post parameters 0 schema", `{"type":"string","format":"uuid"}`},
	{"a path with a pattern", takesAt[struct {
		A string `path:"a" pattern:"^a*$"`
	}]("/[a]"), "paths /{a} post parameters 0 schema", `{"type":"string","pattern":"^a*$"}`},
	{"a catch-all of strings", takesAt[struct {
		A []string `path:"a" maxItems:"9"`
	}]("/[...a]"), "paths /{a} post parameters 0 schema",
		`{"type":"array","items":{"type":"string","minLength":1},"minItems":1,"maxItems":9}`},
	{"a catch-all of at least two", takesAt[struct {
		A []int `path:"a" minItems:"2"`
	}]("/[...a]"), "paths /{a} post parameters 0 schema", `{"type":"array","items":{"type":"integer","format":"int64"},"minItems":2}`},
	{"a required parameter", takesAt[struct {
		Q int `query:"q,required" doc:"How many."`
	}]("/x"), parameter0, `{"name":"q","in":"query","required":true,"schema":{"type":"integer","format":"int64"},"description":"How many."}`},
	{"a pointer", takesAt[struct {
		Q *int `query:"q"`
	}]("/x"), schema0, `{"type":"integer","format":"int64"}`},
	{"a list", takesAt[struct {
		Q []int `query:"q" uniqueItems:"true" minimum:"1"`
	}]("/x"), parameter0, `{"name":"q","in":"query","schema":{"type":"array","items":{"type":"integer","format":"int64","minimum":1},"uniqueItems":true}}`},
	{"a list with commas in the query", takesAt[struct {
		Q []string `query:"q,comma"`
	}]("/x"), parameter0, `{"name":"q","in":"query","schema":{"type":"array","items":{"type":"string"}},"explode":false,"style":"form"}`},
	{"a list with commas in a header", takesAt[struct {
		Q []string `header:"Q,comma"`
	}]("/x"), parameter0, `{"name":"Q","in":"header","schema":{"type":"array","items":{"type":"string"}},"explode":false}`},
	{"a header that may be repeated", takesAt[struct {
		Q []int `header:"Q" doc:"Some." minimum:"1"`
	}]("/x"), parameter0, `{"name":"Q","in":"header","schema":{"type":"integer","format":"int64","minimum":1},"description":"Some."}`},
	{"a duration", takesAt[struct {
		Q time.Duration `query:"q" default:"1h"`
	}]("/x"), schema0, `{"type":"string","pattern":"^[-+]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$","default":"1h"}`},
	{"a time", takesAt[struct {
		Q time.Time `query:"q" example:"2024-01-02T03:04:05Z"`
	}]("/x"), schema0, `{"type":"string","format":"date-time","examples":["2024-01-02T03:04:05Z"]}`},
	{"a type whose JSON is a text", takesAt[struct {
		Q netip.Addr `query:"q"`
	}]("/x"), schema0, `{"type":"string"}`},
	{"a type whose JSON may be anything", takesAt[struct {
		Q docTemperature `query:"q"`
	}]("/x"), schema0, `{"type":"string"}`},
	{"a type that says what it is", takesAt[struct {
		Q docPoint `query:"q"`
	}]("/x"), "components schemas docPoint", `{"type":"string","pattern":"^[0-9]+,[0-9]+$"}`},
	{"a named scalar with rules", takesAt[struct {
		Q Slug `query:"q" minLength:"2"`
	}]("/x"), schema0, `{"$ref":"#/components/schemas/Slug","minLength":2}`},
	{"a named scalar with rules in the path", takesAt[struct {
		Q Slug `path:"q"`
	}]("/[q]"), "paths /{q} post parameters 0 schema", `{"$ref":"#/components/schemas/Slug"}`},
	{"the default of a string", takesAt[struct {
		Q string `query:"q" default:"a&b"`
	}]("/x"), schema0, `{"type":"string","default":"a&b"}`},
	{"the default of an integer", takesAt[struct {
		Q int8 `query:"q" default:"-5"`
	}]("/x"), schema0, `{"type":"integer","minimum":-128,"maximum":127,"default":-5}`},
	{"the default of an unsigned integer", takesAt[struct {
		Q uint `query:"q" default:"5"`
	}]("/x"), schema0, `{"type":"integer","minimum":0,"default":5}`},
	{"the default of a float32", takesAt[struct {
		Q float32 `query:"q" default:"0.1"`
	}]("/x"), schema0, `{"type":"number","format":"float","default":0.1}`},
	{"the default of a float64", takesAt[struct {
		Q float64 `query:"q" default:"2.50"`
	}]("/x"), schema0, `{"type":"number","format":"double","default":2.5}`},
	{"the default of a bool", takesAt[struct {
		Q bool `query:"q" default:"true"`
	}]("/x"), schema0, `{"type":"boolean","default":true}`},
	{"the default of a checkbox", takesAt[struct {
		Q bool `query:"q" default:"on"`
	}]("/x"), schema0, `{"type":"boolean","default":true}`},
	{"the default of a json.Number", takesAt[struct {
		Q json.Number `query:"q" default:"1.5"`
	}]("/x"), schema0, `{"type":"number","default":1.5}`},
	{"examples of texts", takesAt[struct {
		Q []string `query:"q" example:"a,b" doc:"Words."`
	}]("/x"), parameter0, `{"name":"q","in":"query","schema":{"type":"array","items":{"type":"string"},"examples":[["a","b"]]},"description":"Words."}`},
	{"no body", takesAt[struct{}]("/x"), "paths /x post requestBody", `null`},
	{"a body that may be absent", takesAt[struct {
		Body *docPost `body:"json" doc:"A post." example:"{\"title\":\"a\"}"`
	}]("/x"), "paths /x post requestBody",
		`{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/docPost","description":"A post.","examples":[{"title":"a"}]}}}}`},
	{"a list with rules as the body", takesAt[struct {
		Body []string `body:"json" minItems:"1" maxLength:"9"`
	}]("/x"), jsonBody, `{"type":"array","items":{"type":"string","maxLength":9},"minItems":1}`},
	{"a pointer to a pointer as the body", takesAt[struct {
		Body **docPost `body:"json"`
	}]("/x"), jsonBody, `{"$ref":"#/components/schemas/docPost"}`},
	{"anything as the body", takesAt[struct {
		Body json.RawMessage `body:"json"`
	}]("/x"), jsonBody, `{"not":{"type":"null"}}`},
	{"bytes as the body", takesAt[struct {
		Body []byte `body:"bytes" doc:"A file."`
	}]("/x"), "paths /x post requestBody",
		`{"content":{"*/*":{"schema":{"type":"string","format":"binary","contentMediaType":"application/octet-stream","description":"A file."}}}}`},
	{"bytes that must be there", takesAt[struct {
		Body string `body:"bytes,required"`
	}]("/x"), "paths /x post requestBody required", `true`},
	{"a form without files", takesAt[struct {
		Body struct {
			A int      `form:"a,required" minimum:"1"`
			B []string `form:"b" doc:"Some."`
			C bool     `form:"c" default:"true"`
		} `body:"form"`
	}]("/x"), "paths /x post requestBody", `{"content":{"application/x-www-form-urlencoded":` + wantForm + `,"multipart/form-data":` + wantForm + `},"required":true}`},
	{"a form of which nothing must be there", takesAt[struct {
		Body *struct {
			A int `form:"a"`
		} `body:"form"`
	}]("/x"), "paths /x post requestBody required", `null`},
	{"a form with files", takesAt[struct {
		Body struct {
			A *multipart.FileHeader   `form:"a,required" doc:"One."`
			B []*multipart.FileHeader `form:"b" maxItems:"2"`
		} `body:"form"`
	}]("/x"), "paths /x post requestBody", `{"content":{"multipart/form-data":{"schema":{"type":"object","properties":{
		"a":{"type":"string","format":"binary","contentMediaType":"application/octet-stream","description":"One."},
		"b":{"type":"array","items":{"type":"string","format":"binary","contentMediaType":"application/octet-stream"},"maxItems":2}},
		"required":["a"]}}},"required":true}`},
	{"a form with JSON", takesAt[struct {
		Body struct {
			A docPost        `form:"a" doc:"A post." example:"{\"title\":\"b\"}"`
			B []docPost      `form:"b" minItems:"1"`
			C map[string]int `form:"c"`
		} `body:"form"`
	}]("/x"), formBody, `{"schema":{"type":"object","properties":{
		"a":{"$ref":"#/components/schemas/docPost","description":"A post.","examples":[{"title":"b"}]},
		"b":{"type":"array","items":{"$ref":"#/components/schemas/docPost"},"minItems":1},
		"c":{"type":"object","additionalProperties":{"type":"integer","format":"int64"}}}},
		"encoding":{"a":{"contentType":"application/json"},"b":{"contentType":"application/json"},"c":{"contentType":"application/json"}}}`},
	{"a form that takes no other names", takesAt[struct {
		Body struct {
			A int `form:"a"`
		} `body:"form"`
	}]("/x", apiroute.RejectUnknown(true)), formBody + " schema additionalProperties", `false`},
}

const wantForm = `{"schema":{"type":"object","properties":{
	"a":{"type":"integer","format":"int64","minimum":1},
	"b":{"type":"array","items":{"type":"string"},"description":"Some."},
	"c":{"type":"boolean","default":true}},"required":["a"]}}`

func TestOpenAPIRequests(t *testing.T) {
	t.Parallel()
	for _, row := range requestRows {
		t.Run(row.name, row.check)
	}
}
