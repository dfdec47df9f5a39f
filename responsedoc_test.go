package apiroute_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"example.com/apiroute"
)

// returnsAt returns a function that registers a GET endpoint.
func returnsAt[Out any](opts ...apiroute.Option) func(*apiroute.Router) {
	return func(api *apiroute.Router) { apiroute.Get(api, "/x", endpoint[struct{}, Out](), opts...) }
}

// describes returns a function that registers a Handler with options.
func describes(opts ...apiroute.Option) func(*apiroute.Router) {
	return func(api *apiroute.Router) { api.Get("/x", respondNothing, opts...) }
}

const (
	responses    = "paths /x get responses"
	content200   = responses + " 200 content"
	json200      = content200 + " application/json schema"
	wantInt      = `{"application/json":{"schema":{"type":"integer","format":"int64"}}}`
	wantIntOK    = `"200":{"description":"OK","content":` + wantInt + `}`
	wantAnyBytes = `{"*/*":{"schema":{"type":"string","format":"binary","contentMediaType":"application/octet-stream"}}}`
)

var responseRows = []docRow{
	{"JSON", returnsAt[int](), responses, `{` + wantIntOK + `,` + wantErrors + `}`},
	{"nothing", returnsAt[struct{}](), responses, `{"204":{"description":"No Content"},` + wantErrors + `}`},
	{"the option Status", returnsAt[int](apiroute.Status(202)), responses, `{"202":{"description":"Accepted","content":` + wantInt + `},` + wantErrors + `}`},
	{"a status without a name", returnsAt[int](apiroute.Status(299)), responses + " 299 description", `"Status 299"`},
	{"nothing with the option Status", returnsAt[struct{}](apiroute.Status(200)), responses, `{"200":{"description":"OK"},` + wantErrors + `}`},
	{"an ETag", returnsAt[int](apiroute.ETag(true)), responses, `{` + wantIntOK + `,"304":{"description":"Not Modified"},` + wantErrors + `}`},
	{"an ETag without a body", returnsAt[struct{}](apiroute.ETag(true)), responses + " 304", `null`},
	{"an ETag of another method", func(api *apiroute.Router) { apiroute.Post(api, "/x", endpoint[struct{}, int](), apiroute.ETag(true)) },
		"paths /x post responses 304", `null`},
	{"a nil slice as the whole", returnsAt[[]int](), json200, `{"type":"array","items":{"type":"integer","format":"int64"}}`},
	{"a nil pointer as the whole", returnsAt[*int](), json200, `{"type":["integer","null"],"format":"int64"}`},
	{"all statuses of a tag", returnsAt[struct {
		Status int `status:"201,200,204"`
		Body   int `body:"json"`
	}](), responses, `{` + wantIntOK + `,"201":{"description":"Created","content":` + wantInt + `},"204":{"description":"No Content"},` + wantErrors + `}`},
	{"headers", returnsAt[struct {
		Location string    `header:"location" doc:"Where it is."`
		Count    int       `header:"X-Count" maximum:"9"`
		On       bool      `header:"X-On"`
		Ptr      *int      `header:"X-Ptr"`
		List     []string  `header:"X-List" maxItems:"3"`
		When     time.Time `header:"X-When"`
	}](), responses + " 204 headers", `{
		"Location":{"schema":{"type":"string"},"description":"Where it is."},
		"X-Count":{"schema":{"type":"integer","format":"int64","maximum":9},"required":true},
		"X-On":{"schema":{"type":"boolean"},"required":true},
		"X-Ptr":{"schema":{"type":"integer","format":"int64"}},
		"X-List":{"schema":{"type":"array","items":{"type":"string"},"maxItems":3}},
		"X-When":{"schema":{"type":"string","format":"date-time"}}}`},
	{"a header whose text is that of its own code", returnsAt[struct {
		A TextWriter `header:"X-A"`
	}](), responses + " 204 headers", `{"X-A":{"schema":{"type":"string"}}}`},
	{"cookies", returnsAt[struct {
		A http.Cookie  `cookie:"a"`
		B *http.Cookie `cookie:"b" doc:"Is the second."`
	}](), responses + " 204 headers", `{"Set-Cookie":{"description":"Sets the cookie a.\n\nSets the cookie b. Is the second.","schema":{"type":"string"}}}`},
	{"the tags of a body", returnsAt[struct {
		Body []string `body:"json" doc:"All names." minItems:"1" pattern:"a" example:"a,ab"`
	}](), json200, `{"type":"array","items":{"type":"string","pattern":"a"},"minItems":1,"description":"All names.","examples":[["a","ab"]]}`},
	{"the tags of a body of bytes", returnsAt[struct {
		Body string `body:"bytes" contentMediaType:"text/plain" doc:"All names."`
	}](), content200 + " text/plain schema", `{"type":"string","description":"All names."}`},
	{"bytes of a media type", returnsAt[struct {
		Body []byte `body:"bytes" contentMediaType:"image/png"`
	}](), content200, `{"image/png":{"schema":{"type":"string","format":"binary","contentMediaType":"image/png"}}}`},
	{"a text", returnsAt[struct {
		Body string `body:"bytes" contentMediaType:"text/html; charset=utf-8"`
	}](), content200, `{"text/html; charset=utf-8":{"schema":{"type":"string"}}}`},
	{"bytes of a media type that a header names", returnsAt[struct {
		Type string    `header:"Content-Type"`
		Body io.Reader `body:"bytes"`
	}](), responses + " 200", `{"description":"OK","content":` + wantAnyBytes + `}`},
	{"Returns of another status", returnsAt[int](apiroute.Returns[docPost](202)), responses,
		`{` + wantIntOK + `,"202":{"description":"Accepted","content":{"application/json":{"schema":{"$ref":"#/components/schemas/docPost"}}}},` + wantErrors + `}`},
	{"Returns of another media type", returnsAt[int](apiroute.Returns[string](200, "text/csv")), content200,
		`{"application/json":{"schema":{"type":"integer","format":"int64"}},"text/csv":{"schema":{"type":"string"}}}`},
	{"Returns of the same media type", returnsAt[int](apiroute.Returns[string](200)), json200, `{"type":"string"}`},
	{"Returns of two levels", func(api *apiroute.Router) {
		g := api.Group("/x", apiroute.Returns[apiroute.Error](401), apiroute.Returns[string](404, "text/plain"), apiroute.Returns[int](200))
		apiroute.Get(g, "", endpoint[struct{}, bool](), apiroute.Returns[apiroute.Error](404), apiroute.Returns[string](200))
	}, responses, `{"200":{"description":"OK","content":{"application/json":{"schema":{"type":"string"}}}},
		"401":{"description":"Unauthorized","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}},
		"404":{"description":"Not Found","content":{"text/plain":{"schema":{"type":"string"}},"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}},` + wantErrors + `}`},
	{"Returns of nothing", describes(apiroute.Returns[struct{}](302)), responses + " 302", `{"description":"Found"}`},
	{"Returns of a status from 100", describes(apiroute.Returns[struct{}](103)), responses + " 103", `{"description":"Early Hints"}`},
	{"Returns of a whole response", describes(apiroute.Returns[struct {
		Location string `header:"Location"`
		Post     int    `body:"json"`
	}](201)), responses + " 201", `{"description":"Created","headers":{"Location":{"schema":{"type":"string"}}},"content":` + wantInt + `}`},
	{"Returns of a whole response without a body", describes(apiroute.Returns[struct {
		Location string `header:"Location"`
	}](201)), responses + " 201", `{"description":"Created","headers":{"Location":{"schema":{"type":"string"}}}}`},
	{"Returns of bytes with a header", describes(apiroute.Returns[struct {
		A    string `header:"X-A"`
		Body []byte `body:"bytes" contentMediaType:"image/png"`
	}](200)), content200, `{"image/png":{"schema":{"type":"string","format":"binary","contentMediaType":"image/png"}}}`},
	{"Returns of headers on two levels", func(api *apiroute.Router) {
		g := api.Group("/x", apiroute.Returns[struct {
			A string `header:"X-A"`
		}](200))
		apiroute.Get(g, "", endpoint[struct{}, int](), apiroute.Returns[struct {
			B int `header:"X-B"`
		}](200))
	}, responses + " 200", `{"description":"OK","content":` + wantInt + `,"headers":{"X-A":{"schema":{"type":"string"}},"X-B":{"schema":{"type":"integer","format":"int64"},"required":true}}}`},
	{"events", describes(apiroute.Returns[docPost](200, "text/event-stream")), content200, `{"text/event-stream":{"schema":{"$ref":"#/components/schemas/docPost"}}}`},
	{"lines of JSON and more", describes(apiroute.Returns[[]int](200, "application/jsonl", "application/json")), content200 + " application/jsonl schema",
		`{"type":"array","items":{"type":"integer","format":"int64"}}`},
	{"a text that is JSON", describes(apiroute.Returns[string](200, "application/ld+json")), content200 + " application/ld+json schema", `{"type":"string"}`},
	{"bytes that are no JSON", describes(apiroute.Returns[[]byte](200, "image/png", "text/plain", "image/*")), content200, `{
		"image/png":{"schema":{"type":"string","format":"binary","contentMediaType":"image/png"}},
		"text/plain":{"schema":{"type":"string"}},
		"image/*":{"schema":{"type":"string","format":"binary","contentMediaType":"application/octet-stream"}}}`},
	{"a text that is neither text nor JSON", describes(apiroute.Returns[string](200, "application/yaml")), content200 + " application/yaml schema", `{"type":"string"}`},
	{"an Error of another media type", describes(apiroute.Returns[apiroute.Error](404, "application/json")), responses + " 404 content",
		`{"application/json":{"schema":{"$ref":"#/components/schemas/Problem"}}}`},
	{"raw JSON", describes(apiroute.Returns[json.RawMessage](200)), json200, `{}`},
}

func TestOpenAPIResponses(t *testing.T) {
	t.Parallel()
	for _, row := range responseRows {
		t.Run(row.name, row.check)
	}
}
