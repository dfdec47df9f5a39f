package apiroute_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// A schemaJudge holds JSON values to the schemas of a document. It knows the keywords that the
// package writes by itself, takes them literally, and needs time without bound.
type schemaJudge struct {
	components map[string]any
	anyCase    bool // whether names match in any letter case, as they do without encoding/json/v2
}

// A schemaFault is what a schema has against a value.
type schemaFault struct {
	path, keyword string
	value         any
	schema        map[string]any // that has the keyword
}

func (f schemaFault) String() string { return fmt.Sprintf("%s %s: %v", f.path, f.keyword, f.value) }

// faults returns what a schema has against a value.
func (j *schemaJudge) faults(schema any, v any, path string) (faults []schemaFault) {
	s, ok := schema.(map[string]any)
	if !ok {
		panic(fmt.Sprintf("%s: the schema is %v", path, schema))
	}
	for _, keyword := range sortedKeys(s) {
		if !j.holds(s, keyword, v) {
			faults = append(faults, schemaFault{path, keyword, v, s})
		}
	}
	if ref, ok := s["$ref"].(string); ok {
		component, ok := j.components[strings.TrimPrefix(ref, "#/components/schemas/")]
		if !ok {
			panic("there is no component " + ref)
		}
		faults = append(faults, j.faults(component, v, path)...)
	}
	if any, ok := s["anyOf"].([]any); ok {
		faults = append(faults, j.anyOf(s, any, v, path)...)
	}
	if list, ok := v.([]any); ok && s["items"] != nil {
		for i, item := range seen(s, list) {
			faults = append(faults, j.faults(s["items"], item, fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	if object, ok := v.(map[string]any); ok {
		faults = append(faults, j.object(s, object, path)...)
	}
	return faults
}

// seen returns the items that Go sees: an array of Go has no place for more than its length.
func seen(s map[string]any, list []any) []any {
	n, err := strconv.Atoi(fmt.Sprint(s["maxItems"]))
	if err != nil || s["minItems"] != s["maxItems"] {
		return list
	}
	return list[:min(n, len(list))]
}

// anyOf returns nothing if one of the schemas takes the value. What is wrong otherwise is said by the
// first, or for null by the keyword as a whole.
func (j *schemaJudge) anyOf(s map[string]any, schemas []any, v any, path string) (faults []schemaFault) {
	for i, one := range schemas {
		own := j.faults(one, v, path)
		if len(own) == 0 {
			return nil
		}
		if i == 0 && v != nil {
			faults = own
		}
	}
	if v == nil {
		faults = []schemaFault{{path, "anyOf", v, s}}
	}
	return faults
}

// object returns what a schema has against an object because of its members.
func (j *schemaJudge) object(s, object map[string]any, path string) (faults []schemaFault) {
	properties, _ := s["properties"].(map[string]any)
	present := map[string]bool{}
	for _, name := range sortedKeys(object) {
		at := path + "." + name
		if s["propertyNames"] != nil {
			faults = append(faults, j.faults(s["propertyNames"], name, at)...)
		}
		if property := j.property(properties, name); property != "" {
			present[property] = true
			faults = append(faults, j.faults(properties[property], object[name], at)...)
			continue
		}
		switch others := s["additionalProperties"].(type) {
		case bool:
			if !others {
				faults = append(faults, schemaFault{at, "additionalProperties", object[name], s})
			}
		case map[string]any:
			faults = append(faults, j.faults(others, object[name], at)...)
		}
	}
	required, _ := s["required"].([]any)
	for _, name := range required {
		if !present[name.(string)] {
			faults = append(faults, schemaFault{path + "." + name.(string), "required", object, s})
		}
	}
	return faults
}

// property returns the name of the property that a name means, or "".
func (j *schemaJudge) property(properties map[string]any, name string) string {
	if _, ok := properties[name]; ok || !j.anyCase {
		if !ok {
			return ""
		}
		return name
	}
	for _, property := range sortedKeys(properties) {
		if strings.EqualFold(property, name) {
			return property
		}
	}
	return ""
}

// holds reports whether a value obeys a keyword that is about the value itself. It panics for a keyword
// that it does not know.
func (j *schemaJudge) holds(s map[string]any, keyword string, v any) bool {
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	list, isList := v.([]any)
	word := fmt.Sprint(s[keyword])
	switch keyword {
	case "$ref", "anyOf", "items", "properties", "required", "additionalProperties", "propertyNames":
		return true // see faults
	case "description", "examples", "contentEncoding":
		return true
	case "type":
		names, ok := s[keyword].([]any)
		if !ok {
			names = []any{word}
		}
		return slices.Contains(names, any(jsonTypeOf(v))) || slices.Contains(names, any("number")) && isNumber
	case "not":
		return len(j.faults(s[keyword], v, "")) > 0
	case "enum":
		return slices.ContainsFunc(s[keyword].([]any), func(one any) bool { return equalJSON(one, v) })
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
		return !isNumber || keywordHolds(keyword, word, v)
	case "minLength", "maxLength", "pattern":
		return !isText || keywordHolds(keyword, word, v)
	case "minItems", "maxItems":
		n, err := strconv.Atoi(word)
		if err != nil {
			panic(err)
		}
		return !isList || keyword == "minItems" && len(list) >= n || keyword == "maxItems" && len(list) <= n
	case "uniqueItems":
		return !isList || s[keyword] != true || !repeats(seen(s, list))
	case "format":
		return !isText && !isNumber || formatHolds(word, text, number)
	}
	panic(fmt.Sprintf("the keyword %q is unknown", keyword))
}

// jsonTypeOf returns the type of a value in JSON Schema. A number is an integer if it is written like
// one, since Go decodes no other into an integer.
func jsonTypeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if !strings.ContainsAny(string(v), ".eE") {
			return "integer"
		}
	}
	return "number"
}

// timePattern matches the date-time of RFC 3339.
var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[-+]\d\d:\d\d)$`)

// formatHolds reports whether a text or a number is of a format.
func formatHolds(format, text string, number json.Number) bool {
	switch format {
	case "int32", "int64":
		bits, _ := strconv.Atoi(strings.TrimPrefix(format, "int"))
		n, ok := new(big.Int).SetString(string(number), 10)
		half := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
		return !ok || n.Cmp(half) < 0 && n.Cmp(new(big.Int).Neg(half)) >= 0
	case "float", "double":
		_, err := strconv.ParseFloat(string(number), map[string]int{"float": 32, "double": 64}[format])
		return err == nil
	case "date-time":
		_, err := time.Parse(time.RFC3339, strings.ToUpper(text))
		return err == nil && timePattern.MatchString(text)
	case "date", "ipv4":
		return keywordHolds("format", format, text)
	}
	panic(fmt.Sprintf("the format %q is unknown", format))
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// A schemaCase is an endpoint that responds with its body, and what the document says of it.
type schemaCase struct {
	typ   reflect.Type
	api   *apiroute.Router
	judge schemaJudge
	doc   map[string]any
}

func newSchemaCase(typ reflect.Type) *schemaCase {
	api := apiroute.New(quiet())
	apiroute.PostEcho(api, "/plain", typ)
	apiroute.PostEcho(api, "/strict", typ, apiroute.RejectUnknown(true))
	c := &schemaCase{typ: typ, api: api, doc: documentOf(api)}
	c.judge = schemaJudge{at(c.doc, "components", "schemas").(map[string]any), !strictJSON()}
	return c
}

// documentOf returns the document of a router, decoded.
func documentOf(api *apiroute.Router, patch ...string) map[string]any {
	r := serveRecorder(api.OpenAPI("Test", "1", patch...), newRequest("GET", "/", ""))
	if r.status != 200 {
		panic(fmt.Sprintf("status %d: %s", r.status, r.body))
	}
	return decodeAny(r.body).(map[string]any)
}

// at returns a part of a document.
func at(v any, path ...string) any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// mild reports whether a fault is one that encoding/json does not see, because no schema can say what
// it takes; see schemaExceptions.
func (f schemaFault) mild() bool {
	text, isText := f.value.(string)
	_, isList := f.value.([]any)
	switch f.keyword {
	case "minItems", "maxItems":
		return f.schema["minItems"] == f.schema["maxItems"] // an array of Go
	case "type":
		isNumber := f.schema["type"] == "number" || reflect.DeepEqual(f.schema["type"], []any{"number", "null"})
		return f.value == nil || isText && isNumber && json.Valid([]byte(text)) || isList && f.schema["contentEncoding"] == "base64"
	}
	return f.value == nil
}

// isOutOfRange reports whether a problem is only about integers that no int64 or uint64 has, or the
// type of a map's keys does not have. The schemas do not say how large those may be.
func isOutOfRange(problem string) bool {
	details, _ := at(decodeAny(problem), "errors").([]any)
	return !slices.ContainsFunc(details, func(e any) bool {
		return !strings.HasPrefix(fmt.Sprint(at(e, "detail")), "must be an integer from ")
	})
}

// check sends a text to an endpoint. It must be accepted if the schema of the body takes it, and
// otherwise rejected, and the response must be valid by its schema.
func (c *schemaCase) check(t *testing.T, path, text string) (accepted bool) {
	t.Helper()
	post := at(c.doc, "paths", path, "post")
	content := func(v any) any { return at(v, "content", "application/json", "schema") }
	send := func(text string) reply {
		return serveRecorder(c.api, newRequest("POST", path, text, "Content-Type: application/json"))
	}
	complain := func(what string, faults []schemaFault) {
		t.Helper()
		doc, _ := json.Marshal(c.doc)
		t.Fatalf("%v\n%s: %s: %s\n%v\n%s", c.typ, path, text, what, faults, doc)
	}
	faults := c.judge.faults(content(at(post, "requestBody")), decodeAny(text), "")
	grave := slices.DeleteFunc(slices.Clone(faults), schemaFault.mild)
	got := send(text)
	switch {
	case got.status != 200 && got.status != 400:
		complain(fmt.Sprintf("status %d", got.status), nil)
	case got.status == 200 && len(grave) > 0:
		complain("the schema refuses it, and the server does not", grave)
	case got.status == 400 && len(faults) == 0 && !isOutOfRange(got.body):
		complain("the schema takes it, and the server does not: "+got.body, nil)
	case got.status == 400:
		return false
	}
	// A response may break rules only if the program makes it do so, as with the zero values that
	// fill an array. The server would then reject it as a request.
	faults = c.judge.faults(content(at(post, "responses", "200")), decodeAny(got.body), "")
	if len(faults) > 0 && send(got.body).status == 200 {
		complain("the response is "+got.body, faults)
	}
	return true
}

// TestSchemasAgree holds random bodies of random types to their schemas: some thousands, or 200,000 with
// APIROUTE_LONG set.
func TestSchemasAgree(t *testing.T) {
	t.Parallel()
	types := 60
	if os.Getenv("APIROUTE_LONG") != "" {
		types = 4096
	}
	accepted, total := 0, 0
	for seed := range types {
		typ := drawType(uint16(seed))
		c, r := newSchemaCase(typ), rand.New(rand.NewSource(int64(seed)))
		for range 50 {
			text := drawText(r, typ, "", 1+r.Intn(5))
			if namesRepeat(text) {
				continue
			}
			total++
			if c.check(t, []string{"/plain", "/plain", "/strict"}[r.Intn(3)], text) {
				accepted++
			}
		}
	}
	if accepted < total/10 || accepted > total*9/10 {
		t.Errorf("%d of %d bodies are accepted: the test shows little", accepted, total)
	}
}

// schemaExceptions are the bodies for which schema and server disagree. Most are what encoding/json
// takes beyond a schema. There are three more, which the judge knows: a number such as 1.0 is an
// integer for JSON Schema and not for Go, the formats int64 and double are bounds for Go and only
// notes for JSON Schema, and names match in any letter case without encoding/json/v2.
var schemaExceptions = []struct {
	name           string
	typ            reflect.Type
	body           string
	schema, server bool // whether they take it
}{
	{"null for a member that need not be there", reflect.TypeFor[struct{ A int }](), `{"A":null}`, false, true},
	{"null for an item", reflect.TypeFor[[]string](), `[null]`, false, true},
	{"null for the value of a map", reflect.TypeFor[map[string]bool](), `{"a":null}`, false, true},
	{"fewer items than an array has", reflect.TypeFor[[2]int](), `[1]`, false, true},
	{"more items than an array has, of any type", reflect.TypeFor[[2]int](), `[1,2,"x"]`, false, true},
	{"bytes as a list of numbers", reflect.TypeFor[struct{ A []byte }](), `{"A":[1]}`, false, true},
	{"base64 in lines", reflect.TypeFor[struct{ A []byte }](), `{"A":"YWJj\nYWJj"}`, false, true},
	{"a json.Number as a string", reflect.TypeFor[[]json.Number](), `["1.5"]`, false, true},
	{"a time with an hour of one digit", reflect.TypeFor[[]time.Time](), `["2006-01-02T3:04:05Z"]`, false, true},
	{"a number that no uint64 has", reflect.TypeFor[[]uint64](), `[18446744073709551616]`, true, false},
	{"a key that no int8 has", reflect.TypeFor[map[int8]int](), `{"128":1}`, true, false},
	{"a text that no int8 has", reflect.TypeFor[struct {
		A int8 `json:",string"`
	}](), `{"A":"128"}`, true, false},
}

// Each exception is one. If schema and server agree some day, its row and its part of mild can go.
func TestSchemaExceptions(t *testing.T) {
	t.Parallel()
	for _, tt := range schemaExceptions {
		t.Run(tt.name, func(t *testing.T) {
			c := newSchemaCase(tt.typ)
			body := at(c.doc, "paths", "/plain", "post", "requestBody", "content", "application/json", "schema")
			faults := c.judge.faults(body, decodeAny(tt.body), "")
			got := serveRecorder(c.api, newRequest("POST", "/plain", tt.body, "Content-Type: application/json"))
			if (len(faults) == 0) != tt.schema || (got.status == 200) != tt.server {
				t.Errorf("%s: the schema has %v against it, and the server responds with %d %s", tt.body, faults, got.status, got.body)
			}
		})
	}
}

// FuzzSchema holds bodies to the schemas of the document, and responses to theirs. It draws a Go type
// and a body from two numbers.
func FuzzSchema(f *testing.F) {
	for seed := range 50 {
		f.Add(uint16(seed), int64(seed))
	}
	cases := map[reflect.Type]*schemaCase{}
	f.Fuzz(func(t *testing.T, typeSeed uint16, textSeed int64) {
		typ := drawType(typeSeed)
		c := cases[typ]
		if c == nil {
			c = newSchemaCase(typ)
			cases[typ] = c
		}
		r := rand.New(rand.NewSource(textSeed))
		if text := drawText(r, typ, "", 1+r.Intn(5)); !namesRepeat(text) {
			c.check(t, "/plain", text)
			c.check(t, "/strict", text)
		}
	})
}
