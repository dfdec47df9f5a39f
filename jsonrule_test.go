package apiroute_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// ruled has a rule of each kind, at each depth.
type ruled struct {
	Name  string                    `json:"name" minLength:"2" maxLength:"3"`
	Age   int                       `json:"age" minimum:"0" maximum:"150"`
	OK    bool                      `json:"ok" required:"true"`
	Note  string                    `json:"note,omitempty" minLength:"1"`
	Nick  *string                   `json:"nick" pattern:"^[a-z]+$"`
	Tags  []string                  `json:"tags,omitempty" minItems:"1" maxItems:"2" uniqueItems:"true" enum:"a,b,c"`
	Lines []line                    `json:"lines,omitempty" uniqueItems:"true"`
	By    map[colour]line           `json:"by,omitempty"`
	When  apiroute.Optional[string] `json:"when" format:"date"`
	Deep  *ruled                    `json:"deep"`
	embeddedRules
}

type embeddedRules struct {
	Step float64 `json:"step" multipleOf:"0.1"`
}

type line struct {
	N int `json:"n" minimum:"1"`
}

// colour states its rules once.
type colour string

func (colour) JSONSchema() any {
	return map[string]any{"type": "string", "enum": []string{"red", "green"}}
}

// ruledGood are the members that a ruled must have.
const ruledGood = `"name":"ab","ok":false`

// ruledRows are bodies of a ruled, and what is wrong with them.
var ruledRows = []struct {
	name, body string
	faults     string // the errors member; "" for a body that is accepted
}{
	{"all that must be", `{` + ruledGood + `}`, ""},
	{"everything", `{` + ruledGood + `,"age":150,"note":"x","nick":"z","tags":["a","b"],"lines":[{"n":1},{"n":2}],"by":{"red":{"n":1}},"when":"2026-01-31","step":0.3,"deep":{` + ruledGood + `}}`, ""},
	{"null leaves what may be absent", `{` + ruledGood + `,"age":null,"note":null,"nick":null,"tags":null,"lines":null,"by":null,"when":null,"deep":null,"step":null}`, ""},
	{"nothing", `{}`, `[{"in":"body","name":"name","code":"required","detail":"is required"},{"in":"body","name":"ok","code":"required","detail":"is required"}]`},
	{"null for what must be", `{"ok":null,"name":null}`, `[{"in":"body","name":"ok","code":"required","detail":"is required"},{"in":"body","name":"name","code":"required","detail":"is required"}]`},
	{"two characters of two bytes each", `{"name":"éé","ok":true}`, ""},
	{"one character of four bytes", `{"name":"😀","ok":true}`, `[{"in":"body","name":"name","code":"minLength","detail":"must have at least 2 characters"}]`},
	{"an empty text that may be absent", `{` + ruledGood + `,"note":""}`, `[{"in":"body","name":"note","code":"minLength","detail":"must have at least 1 character"}]`},
	{"a pointer", `{` + ruledGood + `,"nick":"Z"}`, `[{"in":"body","name":"nick","code":"pattern","detail":"must match the pattern ^[a-z]+$"}]`},
	{"a list and its elements", `{` + ruledGood + `,"tags":["a","x","a"]}`, `[{"in":"body","name":"tags[1]","code":"enum","detail":"must be one of a, b, c"},{"in":"body","name":"tags","code":"maxItems","detail":"must have at most 2 items"}]`},
	{"a list of none", `{` + ruledGood + `,"tags":[]}`, `[{"in":"body","name":"tags","code":"minItems","detail":"must have at least 1 item"}]`},
	{"items that repeat", `{` + ruledGood + `,"tags":["a","a"]}`, `[{"in":"body","name":"tags","code":"uniqueItems","detail":"must not contain an item twice"}]`},
	{"objects that repeat", `{` + ruledGood + `,"lines":[{"n":1},{ "n" : 1 }]}`, `[{"in":"body","name":"lines","code":"uniqueItems","detail":"must not contain an item twice"}]`},
	{"objects that differ in what is unknown", `{` + ruledGood + `,"lines":[{"n":1,"x":1},{"n":1}]}`, ""},
	{"an element of a list", `{` + ruledGood + `,"lines":[{"n":1},{"n":0},{}]}`, `[{"in":"body","name":"lines[1].n","code":"minimum","detail":"must be at least 1"},{"in":"body","name":"lines[2].n","code":"required","detail":"is required"}]`},
	{"a key and an element of a map", `{` + ruledGood + `,"by":{"blue":{"n":0}}}`, `[{"in":"body","name":"by.blue","code":"enum","detail":"must be one of red, green"},{"in":"body","name":"by.blue.n","code":"minimum","detail":"must be at least 1"}]`},
	{"an Optional", `{` + ruledGood + `,"when":"soon"}`, `[{"in":"body","name":"when","code":"format","detail":"must be a date such as 2006-01-02"}]`},
	{"an Optional of another type", `{` + ruledGood + `,"when":1}`, `[{"in":"body","name":"when","code":"type","detail":"must be a string"}]`},
	{"an embedded struct", `{` + ruledGood + `,"step":0.25}`, `[{"in":"body","name":"step","code":"multipleOf","detail":"must be a multiple of 0.1"}]`},
	{"wrong types, broken rules and what is missing", `{"age":151,"deep":{"age":"x","ok":true},"ok":1}`,
		`[{"in":"body","name":"age","code":"maximum","detail":"must be at most 150"},{"in":"body","name":"deep.age","code":"type","detail":"must be an integer"},` +
			`{"in":"body","name":"deep.name","code":"required","detail":"is required"},{"in":"body","name":"ok","code":"type","detail":"must be true or false"},` +
			`{"in":"body","name":"name","code":"required","detail":"is required"}]`},
}

// ruledSeeds returns the bodies of ruledRows.
func ruledSeeds() (seeds []string) {
	for _, row := range ruledRows {
		seeds = append(seeds, row.body)
	}
	return seeds
}

// JSON bodies obey rules at any depth. Absent members, null and zero values are told apart by the
// text, and everything is reported in its order.
func TestJSONRules(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		apiroute.Post(api, "/bind", func(_ context.Context, in struct {
			Body ruled `body:"json"`
		}) (struct{}, error) {
			return struct{}{}, nil
		})
		api.Post("/json", func(req *apiroute.Request, res *apiroute.Response) error {
			var in ruled
			return req.JSON(&in)
		})
		apiroute.Post(api, "/list", func(_ context.Context, in struct {
			Body []line `body:"json" minItems:"1" maxItems:"2"`
		}) (struct{}, error) {
			return struct{}{}, nil
		})
	})
	for _, tt := range ruledRows {
		for _, path := range []string{"/bind", "/json"} {
			t.Run(tt.name+" "+path, func(t *testing.T) {
				t.Parallel()
				wantFaults(t, s.do("POST", path, tt.body, sendsJSON), tt.faults)
			})
		}
	}
	for _, tt := range []struct{ name, body, faults string }{
		{"a list within its bounds", `[{"n":1}]`, ""},
		{"an empty list", `[]`, `[{"in":"body","code":"minItems","detail":"must have at least 1 item"}]`},
		{"a long list with a fault", `[{"n":1},{"n":1},{"n":0}]`, `[{"in":"body","name":"[2].n","code":"minimum","detail":"must be at least 1"},{"in":"body","code":"maxItems","detail":"must have at most 2 items"}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantFaults(t, s.do("POST", "/list", tt.body, sendsJSON), tt.faults)
		})
	}
}

// wantFaults checks that a response is a 204, or a 400 with the given errors.
func wantFaults(t *testing.T, got reply, faults string) {
	t.Helper()
	if faults == "" {
		if got.status != 204 {
			t.Errorf("got %d %s, want 204", got.status, got.body)
		}
		return
	}
	if got.status != 400 || errorsOf(t, got.body) != faults {
		t.Errorf("got %d %s\nwant %s", got.status, got.body, faults)
	}
}

// errorsOf returns the errors member of a problem.
func errorsOf(t *testing.T, problem string) string {
	t.Helper()
	var p struct{ Errors json.RawMessage }
	if err := json.Unmarshal([]byte(problem), &p); err != nil {
		t.Fatal(err)
	}
	return string(p.Errors)
}

// Types that contain themselves, or state rules for lists, maps and keys.
type (
	ruleList  []ruleList
	ruleNames []string
	rulePing  struct{ Pong *rulePong }
	rulePong  struct{ Pings []rulePing }
	ruleAsset struct {
		Owner ruleOwner `json:"owner"`
	}
	ruleOwner struct {
		Assets []ruleAsset `json:"assets,omitempty"`
		Name   string      `json:"name" required:"true"`
	}
	ruleBox[T any] struct {
		Value T            `json:"value" required:"true"`
		More  []ruleBox[T] `json:"more,omitempty" maxItems:"1"`
	}
	ruleMaps map[colour]ruleMaps
	ruleTree struct {
		Leaf line                 `json:"leaf"`
		Kids map[string]*ruleTree `json:"kids"`
	}
	ruleOuter struct {
		*RuleInner
		Name string `json:"name" minLength:"2"`
	}
	RuleInner struct {
		ID   int    `json:"id" required:"true"`
		Name string `json:"name" maxLength:"1"`
	}
)

func (ruleList) JSONSchema() any  { return map[string]any{"minItems": 1, "maxItems": 2} }
func (ruleNames) JSONSchema() any { return map[string]any{"uniqueItems": true} }

// jsonFaults returns the path and the code of what is wrong with a body that is decoded into a T.
// Bind and Request.JSON must agree.
func jsonFaults[T any](t *testing.T, body string, opts ...apiroute.Option) string {
	t.Helper()
	bound := faultList(t, func(req *apiroute.Request) error {
		_, err := apiroute.Bind[jsonOf[T]](req)
		return err
	}, body, opts...)
	decoded := faultList(t, func(req *apiroute.Request) error { return req.JSON(new(T)) }, body, opts...)
	if bound != decoded {
		t.Errorf("%T: Bind reports %s, Request.JSON %s", *new(T), bound, decoded)
	}
	return bound
}

// faultList returns the path and the code of each fault that a handler finds in a JSON body.
func faultList(t *testing.T, decode func(*apiroute.Request) error, body string, opts ...apiroute.Option) string {
	t.Helper()
	var err error
	api := apiroute.New(append(opts, quiet())...)
	api.Post("/", func(req *apiroute.Request, _ *apiroute.Response) error {
		err = decode(req)
		return err
	})
	serveRecorder(api, newRequest("POST", "/", body, sendsJSON))
	var e *apiroute.Error
	if err != nil && (!errors.As(err, &e) || e.Status != 400) {
		t.Fatalf("%.100q: error %v, want a 400", body, err)
	}
	var list []string
	if e != nil {
		list = codesOf(e.Fields)
	}
	return strings.Join(list, ", ")
}

func TestJSONRulesOfTypes(t *testing.T) {
	t.Parallel()
	type value struct {
		In   line  `json:"in"`
		Ptr  *line `json:"ptr"`
		Omit line  `json:"omit,omitempty"`
		Zero line  `json:"zero,omitzero"`
	}
	type lists struct {
		Rows  [][]int                    `json:"rows,omitempty" minItems:"1" minimum:"1"`
		Names []ruleNames                `json:"names,omitempty" maxLength:"2"`
		By    map[int8]ruleNames         `json:"by,omitempty"`
		Pair  [2]string                  `json:"pair" enum:"a,b" uniqueItems:"true"`
		Ptrs  []*string                  `json:"ptrs" enum:"a"`
		Opts  apiroute.Optional[[]line]  `json:"opts" minItems:"2" uniqueItems:"true"`
		Note  apiroute.Optional[*string] `json:"note" minLength:"2" pattern:"^[abc]+$"`
	}
	type within struct {
		Words []apiroute.Optional[colour]                  `json:"words" minLength:"4"`
		Rows  [][]*apiroute.Optional[colour]               `json:"rows"`
		Names []apiroute.Optional[ruleNames]               `json:"names"`
		By    map[string]apiroute.Optional[ruleNames]      `json:"by"`
		Twice apiroute.Optional[apiroute.Optional[colour]] `json:"twice"`
	}
	type raw struct {
		Raw  json.RawMessage         `json:"raw" required:"true"`
		Any  any                     `json:"any" required:"true"`
		At   time.Time               `json:"at" required:"true" format:"date-time"`
		List []int                   `json:"list" required:"true"`
		Map  map[string]int          `json:"map" required:"true"`
		Ptr  *bool                   `json:"ptr" required:"true"`
		Opt  apiroute.Optional[bool] `json:"opt" required:"true"`
		Arr  [1]int                  `json:"arr" required:"true"`
		One  struct{}                `json:"one" required:"true"`
	}
	const zeros = `{"raw":0,"any":false,"at":"0001-01-01T00:00:00Z","list":[],"map":{},"ptr":false,"opt":false,"arr":[0],"one":{}}`
	const nulls = `{"raw":null,"any":null,"at":null,"list":null,"map":null,"ptr":null,"opt":null,"arr":null,"one":null}`
	allOf := func(code string) string {
		return strings.Join(strings.Fields("raw any at list map ptr opt arr one"), " "+code+", ") + " " + code
	}
	for _, tt := range []struct {
		name   string
		faults func(*testing.T, string, ...apiroute.Option) string
		body   string
		want   string
	}{
		{"a list of itself", jsonFaults[[]ruleList], `[[[],[[]]]]`, "[0][0] minItems, [0][1][0] minItems"},
		{"a list of itself that is a body", jsonFaults[ruleList], `[]`, " minItems"},
		{"a list of itself that is never right", jsonFaults[struct{ L ruleList }], `{"L":[[[[],[],[]]]]}`, "L[0][0][0] minItems, L[0][0][1] minItems, L[0][0][2] minItems, L[0][0] maxItems"},
		{"null in a list of itself", jsonFaults[ruleList], `[null]`, "[0] minItems"},
		{"a map of itself", jsonFaults[ruleMaps], `{"red":{"blue":{"green":{"":null}}}}`, "red.blue enum, red.blue.green[\"\"] enum"},
		{"structs that contain each other", jsonFaults[rulePing], `{"Pong":{"Pings":[{"Pong":null},{"Pong":{"Pings":[]}}]}}`, ""},
		{"a struct in a list of the struct around it", jsonFaults[ruleOwner], `{"assets":[{}],"name":""}`, "assets[0].owner required"},
		{"a generic type", jsonFaults[ruleBox[int]], `{"value":0,"more":[{"more":[{"value":0},{"value":"x"}]}]}`, "more[0].more[1].value type, more[0].more maxItems, more[0].value required"},
		{"a generic type of another", jsonFaults[ruleBox[ruleBox[string]]], `{"value":{"value":"","more":[]},"more":[{"value":{}}]}`, "more[0].value.value required"},
		{"a tree of maps", jsonFaults[ruleTree], `{"leaf":{"n":1},"kids":{"a":{"leaf":{"n":0}},"b":null,"c":{}}}`, "kids.a.leaf.n minimum, kids.c.leaf required"},

		{"an embedded pointer", jsonFaults[ruleOuter], `{"id":0,"name":"ab"}`, ""},
		{"an embedded pointer that is absent", jsonFaults[ruleOuter], `{"name":"ab"}`, "id required"},
		{"a member that hides one of an embedded struct", jsonFaults[ruleOuter], `{"id":1,"name":"a"}`, "name minLength"},

		{"a struct with a required member", jsonFaults[value], `{}`, "in required"},
		{"null for a struct with a required member", jsonFaults[value], `{"in":null,"ptr":null,"omit":null,"zero":null}`, "in required"},
		{"structs without a required member", jsonFaults[value], `{"in":{},"ptr":{},"omit":{},"zero":{}}`, "in.n required, ptr.n required, omit.n required, zero.n required"},

		{"rules for the innermost items", jsonFaults[lists], `{"rows":[[1],[],[1,0]]}`, "rows[2][1] minimum"},
		{"rules for a list alone", jsonFaults[lists], `{"rows":[]}`, "rows minItems"},
		{"lists in a list", jsonFaults[lists], `{"names":[["a","b"],["a","a"],["abc"],null]}`, "names[1] uniqueItems, names[2][0] maxLength"},
		{"lists in a map", jsonFaults[lists], `{"by":{"1":["a"],"-2":["a","\u0061"],"300":[1]}}`, "by.-2 uniqueItems, by.300 maximum"},
		{"a Go array", jsonFaults[lists], `{"pair":["a","b"]}`, ""},
		{"a Go array with one item", jsonFaults[lists], `{"pair":["a"]}`, ""},
		{"a Go array with an item too many, which is ignored", jsonFaults[lists], `{"pair":["a","b","a"]}`, ""},
		{"a Go array with items that repeat", jsonFaults[lists], `{"pair":["a","a"]}`, "pair uniqueItems"},
		{"null as an item", jsonFaults[lists], `{"pair":["a",null]}`, "pair[1] enum"},
		{"null as an item that is a pointer", jsonFaults[lists], `{"ptrs":["a",null,"b"]}`, "ptrs[2] enum"},
		{"a list in an Optional", jsonFaults[lists], `{"opts":[{"n":1}]}`, "opts minItems"},
		{"items that repeat in an Optional", jsonFaults[lists], `{"opts":[{"n":1,"x":[1.0,{"a":1,"b":2}]},{"x":[1,{"b":2e0,"a":10e-1}],"n":1}]}`, "opts uniqueItems"},
		{"a pointer in an Optional", jsonFaults[lists], `{"note":"ab"}`, ""},
		{"a pointer in an Optional that breaks a rule", jsonFaults[lists], `{"note":"c"}`, "note minLength"},
		{"a pointer in an Optional that is null", jsonFaults[lists], `{"note":null}`, ""},
		{"Optionals in a list", jsonFaults[within], `{"words":["green",null,"red","blue"]}`, "words[2] minLength, words[3] enum"},
		{"Optionals in a list of lists", jsonFaults[within], `{"rows":[[null,"red"],["blue"]]}`, "rows[1][0] enum"},
		{"lists in Optionals in a list", jsonFaults[within], `{"names":[null,["a","b"],["a","a"]]}`, "names[2] uniqueItems"},
		{"lists in Optionals in a map", jsonFaults[within], `{"by":{"x":null,"y":["a","a"]}}`, "by.y uniqueItems"},
		{"an Optional in an Optional", jsonFaults[within], `{"twice":"blue"}`, "twice enum"},
		{"an Optional that is a body", jsonFaults[apiroute.Optional[colour]], `"blue"`, " enum"},
		{"null as an item in an Optional", jsonFaults[lists], `{"opts":[{"n":1},null]}`, "opts[1] required"},

		{"zero values", jsonFaults[raw], zeros, ""},
		{"nulls", jsonFaults[raw], nulls, allOf("required")},
		{"nothing", jsonFaults[raw], `{}`, allOf("required")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.faults(t, tt.body); got != tt.want {
				t.Errorf("%s\n got %q\nwant %q", tt.body, got, tt.want)
			}
		})
	}
}

// An Optional does not hide unknown names from RejectUnknown, and decodes as what is around it.
func TestJSONRulesInOptional(t *testing.T) {
	t.Parallel()
	type inner struct {
		N    int                                        `json:"n" minimum:"1"`
		Deep apiroute.Optional[apiroute.Optional[line]] `json:"deep"`
	}
	type outer struct {
		One  apiroute.Optional[inner]            `json:"one"`
		List []apiroute.Optional[inner]          `json:"list"`
		Map  map[string]apiroute.Optional[inner] `json:"map"`
		Ptr  *apiroute.Optional[*inner]          `json:"ptr"`
	}
	for _, tt := range []struct {
		name, body         string
		unknown, unchecked string // what is wrong with RejectUnknown and without
	}{
		{"absent", `{}`, "", ""},
		{"null", `{"one":null,"list":[null],"map":{"a":null},"ptr":null}`, "", ""},
		{"values", `{"one":{"n":1},"list":[{"n":1,"deep":null}],"map":{"a":{"n":1,"deep":{"n":1}}},"ptr":{"n":1}}`, "", ""},
		{"unknown names", `{"one":{"n":1,"x":1},"list":[{"n":1},{"x":[],"n":1}],"map":{"a":{"n":1,"deep":{"n":1,"x":{}}}},"ptr":{"n":1,"x":1},"x":1}`,
			"one.x additionalProperties, list[1].x additionalProperties, map.a.deep.x additionalProperties, ptr.x additionalProperties, x additionalProperties", ""},
		{"unknown names and broken rules", `{"one":{"x":1},"ptr":{"n":0}}`, "one.x additionalProperties, one.n required, ptr.n minimum", "one.n required, ptr.n minimum"},
		{"a value of another type", `{"one":[],"ptr":{"n":"1"}}`, "one type, ptr.n type", "one type, ptr.n type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for reject, want := range map[bool]string{true: tt.unknown, false: tt.unchecked} {
				if got := jsonFaults[outer](t, tt.body, apiroute.RejectUnknown(reject)); got != want {
					t.Errorf("RejectUnknown(%t): %s\n got %q\nwant %q", reject, tt.body, got, want)
				}
			}
		})
	}
	want := "" // encoding/json/v2 matches names in their own case only
	if strictJSON() {
		want = "one.n required"
	}
	if got := jsonFaults[outer](t, `{"one":{"N":1}}`); got != want {
		t.Errorf("a name in another letter case: %q, want %q", got, want)
	}
}

// What is in the destination before does not stand for what the body lacks, and is not checked.
func TestJSONRulesOfFilledValue(t *testing.T) {
	t.Parallel()
	type in struct {
		Name string `json:"name" minLength:"2"`
		Age  int    `json:"age,omitempty" maximum:"150"`
		OK   *bool  `json:"ok" required:"true"`
		Deep *line  `json:"deep"`
	}
	for _, tt := range []struct{ name, body, want string }{
		{"all of it", `{"name":"ab","age":1,"ok":false,"deep":{"n":1}}`, ""},
		{"what must be", `{"name":"ab","ok":true}`, ""},
		{"nothing", `{}`, "name required, ok required"},
		{"null", `{"name":null,"age":null,"ok":null,"deep":null}`, "name required, ok required"},
		{"a member of a struct that is there", `{"name":"ab","ok":true,"deep":{}}`, "deep.n required"},
		{"values that break rules", `{"name":"a","age":151,"ok":true,"deep":{"n":0}}`, "name minLength, age maximum, deep.n minimum"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, dst := range map[string]any{"a struct": &in{}, "an interface": new(any)} {
				filled := in{Name: "before", Age: 1000, OK: ptrTo(true), Deep: &line{N: 5}}
				switch p := dst.(type) {
				case *in:
					*p = filled
				case *any:
					*p = &filled
				}
				if got := faultList(t, func(req *apiroute.Request) error { return req.JSON(dst) }, tt.body); got != tt.want {
					t.Errorf("%s: %s\n got %q\nwant %q", name, tt.body, got, tt.want)
				}
			}
		})
	}
}

// What a codec decodes is held to the rules, and otherwise the codec knows best.
func TestJSONRulesWithCodec(t *testing.T) {
	t.Parallel()
	type in struct {
		N    int      `json:"n" minimum:"2"`
		OK   bool     `json:"ok" required:"true"`
		Any  int      `json:"any"`
		List []string `json:"list,omitempty" minItems:"1"`
	}
	// The codec takes numbers in quotes, a list that is one text, and a text that is no JSON.
	loose := strings.NewReplacer(`"1"`, "1", `"2"`, "2", `"a,b"`, `["a","b"]`, `=`, `:`)
	codec := apiroute.JSONCodec(nil, func(data []byte, v any) error { return json.Unmarshal([]byte(loose.Replace(string(data))), v) })
	for _, tt := range []struct{ name, body, want string }{
		{"JSON", `{"n":2,"ok":false}`, ""},
		{"JSON that breaks rules", `{"n":1,"list":[]}`, "n minimum, list minItems, ok required"},
		{"a name twice", `{"n":1,"n":2,"ok":true}`, ""},
		{"an unknown name", `{"n":2,"ok":true,"x":1}`, ""},
		{"another form where there are no rules", `{"n":2,"ok":false,"any":"1"}`, ""},
		{"another form where there are rules that hold", `{"n":"2","ok":true,"list":"a,b"}`, ""},
		{"another form where there are rules that may not hold", `{"n":"2","ok":false,"list":"a,b"}`, "n type, list type"},
		{"another form where there are rules that do not hold", `{"n":"1","ok":true}`, "n type"},
		{"no JSON", `{"n"=2,"ok"=true}`, ""},
		{"no JSON, and what must be may be missing", `{"n"=2,"ok"=false}`, " "},
		{"no JSON, and a broken rule", `{"n"=1,"ok"=true}`, " "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, reject := range []bool{false, true} {
				if got := jsonFaults[in](t, tt.body, codec, apiroute.RejectUnknown(reject)); got != tt.want {
					t.Errorf("RejectUnknown(%t): %s\n got %q\nwant %q", reject, tt.body, got, tt.want)
				}
			}
		})
	}
}

// Types with mistakes in their rules, and some that look odd.
type (
	ruleBadText   string
	rulePanics    string
	ruleNil       int
	ruleSchemaPtr int
	// RuleCode is embedded.
	RuleCode    string
	ruleHasCode struct {
		RuleCode `json:"code"`
		N        int `json:"n"`
	}
	ruleHasCodePtr struct {
		*RuleCode `json:"code"`
		N         int `json:"n"`
	}
	ruleOwnCode struct {
		RuleCode `json:"code"`
		N        int `json:"n"`
	}
	ruleNested struct {
		Kids []ruleNested `json:"kids" uniqueItems:"true"`
	}
	ruleNestedSet []ruleNestedBox
	ruleNestedBox struct {
		Sets map[string]ruleNestedSet `json:"sets"`
	}
	ruleDay string
)

func (ruleBadText) JSONSchema() any   { return map[string]any{"minimum": 1, "maxLength": "x"} }
func (rulePanics) JSONSchema() any    { panic("no schema") }
func (ruleNil) JSONSchema() any       { return nil }
func (ruleSchemaPtr) JSONSchema() any { return map[string]any{"minimum": 1} }
func (RuleCode) JSONSchema() any      { return map[string]any{"maxLength": 2} }
func (ruleOwnCode) JSONSchema() any   { return map[string]any{"minProperties": 1} }
func (ruleNestedSet) JSONSchema() any { return map[string]any{"uniqueItems": true} }
func (*ruleDay) JSONSchema() any {
	return struct {
		Format string `json:"format"`
	}{"date"}
}

// All mistakes in the rules of a JSON body are reported at once, each one once, with the place of the
// registration. Request.JSON has the same mistakes as an error.
func TestJSONRuleMistakes(t *testing.T) {
	t.Parallel()
	type deep struct {
		A int               `json:"a" pattern:"x"`
		B map[string]string `json:"b" minLength:"1"`
	}
	type body struct {
		A    int                         `json:"a" minLength:"1"`
		B    string                      `json:"b" pattern:"(" required:"yes"`
		C    int                         `json:"c,string" minimum:"1"`
		D    ruleSchemaPtr               `json:"d,string"`
		E    *ruleBadText                `json:"e"`
		F    map[ruleBadText]rulePanics  `json:"f"`
		G    []ruleNil                   `json:"g" maxItems:"-1"`
		H    apiroute.Optional[[]string] `json:"h" minItems:"2" maxItems:"1" maximum:"1"`
		I    []apiroute.Optional[int]    `json:"i" maxLength:"1"`
		J    any                         `json:"j" minimum:"1"`
		K    time.Time                   `json:"k" format:"date"`
		L    [2]int                      `json:"l" minItems:"1"`
		M    []byte                      `json:"m" minItems:"1" maxLength:"2"`
		N    ruleNested                  `json:"n"`
		O    ruleNestedBox               `json:"o"`
		P    netip.Addr                  `json:"p" minLength:"1"`
		Deep *deep                       `json:"deep"`
		More []deep                      `json:"more"`
		Self *body                       `json:"self"`
	}
	faults := []string{
		`field apiroute_test.body.A: minLength:"1" has no meaning for the type int`,
		"field apiroute_test.body.B: pattern:\"(\" error parsing regexp: missing closing ): `(`",
		`field apiroute_test.body.B: required:"yes" must be required:"true"`,
		`field apiroute_test.body.C: rules have no meaning beside the option "string" of its json tag`,
		`field apiroute_test.body.D: rules have no meaning beside the option "string" of its json tag`,
		`field apiroute_test.body.E: JSONSchema() of apiroute_test.ruleBadText: maxLength must have a number, not x`,
		`map[apiroute_test.ruleBadText]apiroute_test.rulePanics: JSONSchema() of apiroute_test.ruleBadText: maxLength must have a number, not x`,
		`map[apiroute_test.ruleBadText]apiroute_test.rulePanics: JSONSchema() of apiroute_test.rulePanics: panics for the zero value: no schema`,
		`field apiroute_test.body.G: maxItems:"-1" must be a whole number of at least 0`,
		`field apiroute_test.body.G: JSONSchema() of apiroute_test.ruleNil: is nil`,
		`field apiroute_test.body.H: maximum:"1" has no meaning for the type string`,
		`field apiroute_test.body.H: minItems:"2" and maxItems:"1": no value can be within both`,
		`field apiroute_test.body.I: maxLength:"1" has no meaning for the type int`,
		`field apiroute_test.body.J: minimum:"1" has no meaning for the type interface {}`,
		`field apiroute_test.body.K: format:"date" has no meaning for the type time.Time`,
		`field apiroute_test.body.L: minItems:"1" has no meaning for the type [2]int`,
		`field apiroute_test.body.M: maxLength:"2" has no meaning for the type []uint8`,
		`field apiroute_test.body.M: minItems:"1" has no meaning for the type []uint8`,
		`field apiroute_test.body.P: minLength:"1" has no meaning for the type netip.Addr`,
		`field apiroute_test.deep.A: pattern:"x" has no meaning for the type int`,
		`field apiroute_test.deep.B: minLength:"1" has no meaning for the type map[string]string`,
		`field apiroute_test.ruleNested.Kids: uniqueItems:"true" has no meaning for lists that contain themselves`,
		`map[string]apiroute_test.ruleNestedSet: uniqueItems:"true" has no meaning for lists that contain themselves`,
	}
	var at string
	text := mustPanic(t, func() {
		at = here()
		apiroute.Post(apiroute.New(), "/x", zeroFunc[jsonOf[body]])
	})
	file, line, _ := strings.Cut(at, ".go:")
	if !strings.Contains(text, file+".go:") || line == "" {
		t.Errorf("the panic does not name the file %s.go: %s", file, text)
	}
	_, text, _ = strings.Cut(text, "field Body: ")
	if diff := cmp.Diff(faults, strings.Split(text, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	err := faultError(t, func(req *apiroute.Request) error { return req.JSON(new(body)) })
	if err == nil || err.Error() != "apiroute: JSON: type apiroute_test.body: "+strings.Join(faults, "\n") {
		t.Errorf("Request.JSON: error %v", err)
	}
}

// Types that could be taken for a mistake, and are none.
func TestJSONRuleNoMistakes(t *testing.T) {
	t.Parallel()
	type once struct {
		Lines []ruled    `json:"lines" uniqueItems:"true"`
		Trees []ruleTree `json:"trees" uniqueItems:"true"`
	}
	for _, tt := range []struct {
		name   string
		faults func(*testing.T, string, ...apiroute.Option) string
		body   string
		want   string
	}{
		{"an embedded type with JSONSchema", jsonFaults[ruleHasCode], `{"code":"abc","n":1}`, "code maxLength"},
		{"an embedded pointer to a type with JSONSchema", jsonFaults[ruleHasCodePtr], `{"code":"abc","n":1}`, "code maxLength"},
		{"an anonymous struct that embeds a type with JSONSchema", jsonFaults[struct {
			RuleCode `json:"code"`
		}], `{"code":"abc"}`, "code maxLength"},
		{"a struct with JSONSchema that embeds another", jsonFaults[ruleOwnCode], `{"code":"abc"}`, "code maxLength"},
		{"a method of the pointer", jsonFaults[[]ruleDay], `["2026-01-31","2026-02-30"]`, "[1] format"},
		{"items that contain lists of the same type without the rule", jsonFaults[once], `{"trees":[{"leaf":{"n":1}},{"leaf":{"n":1}}]}`, "trees uniqueItems"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.faults(t, tt.body); got != tt.want {
				t.Errorf("%s\n got %q\nwant %q", tt.body, got, tt.want)
			}
		})
	}
}

// faultError returns the error with which a handler fails on the body {}.
func faultError(t *testing.T, decode func(*apiroute.Request) error) (err error) {
	t.Helper()
	api := apiroute.New(quiet())
	api.Post("/", func(req *apiroute.Request, _ *apiroute.Response) error {
		err = decode(req)
		return err
	})
	serveRecorder(api, newRequest("POST", "/", "{}", sendsJSON))
	return err
}
