package apiroute_test

import (
	"context"
	"encoding/json"
	htmltemplate "html/template"
	"math/rand"
	"net/mail"
	"reflect"
	"strings"
	"testing"
	texttemplate "text/template"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// An Entry differs as a request, whose component would have the name of EntryInput.
type (
	Entry struct {
		A int `json:"a"`
	}
	EntryInput struct {
		B int `json:"b,omitempty"`
	}
	naïve struct {
		D int `json:"d,omitempty"`
	}
)

// accountA, accountB and accounts return values of types that have names only inside of a function.
func accountA() any {
	type Account struct{ A int }
	return Account{}
}

func accountB() any {
	type Account struct{ B int }
	return Account{}
}

func accounts() any {
	type Account struct{ C int }
	return Page[Account]{}
}

// namedTypes register what has components of many names, one endpoint with each function.
var namedTypes = []func(*apiroute.Router){
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/local/a", reflect.TypeOf(accountA())) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/local/b", reflect.TypeOf(accountB())) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/local/generic", reflect.TypeOf(accounts())) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/own", reflect.TypeFor[Page[Address]]()) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/mail", reflect.TypeFor[Page[mail.Address]]()) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/entry", reflect.TypeFor[Entry]()) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/entryInput", reflect.TypeFor[EntryInput]()) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/lists", reflect.TypeFor[Page[[]Point]]()) },
	func(r *apiroute.Router) {
		apiroute.PostEcho(r, "/pair", reflect.TypeFor[Pair[[2]Point, *map[string][][]Point]]())
	},
	func(r *apiroute.Router) {
		apiroute.PostEcho(r, "/generic", reflect.TypeFor[Page[map[string]Pair[bool, Page[int]]]]())
	},
	func(r *apiroute.Router) {
		apiroute.PostEcho(r, "/anonymous", reflect.TypeFor[Page[struct{ A, B int }]]())
	},
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/naive", reflect.TypeFor[Page[naïve]]()) },
	func(r *apiroute.Router) { apiroute.PostEcho(r, "/problem", reflect.TypeFor[Problem]()) },
	func(r *apiroute.Router) {
		apiroute.Get(r, "/html", func(context.Context, struct{}) (out htmltemplate.Template, err error) { return out, nil }, apiroute.JSONCodec(json.Marshal, nil))
	},
	func(r *apiroute.Router) {
		apiroute.Get(r, "/text", func(context.Context, struct{}) (out texttemplate.Template, err error) { return out, nil }, apiroute.JSONCodec(json.Marshal, nil))
	},
}

// The document is the same bytes in any order of registration, and each component has a name of its
// own.
func TestComponentNames(t *testing.T) {
	t.Parallel()
	var first string
	for seed := range 10 {
		order := rand.New(rand.NewSource(int64(seed))).Perm(len(namedTypes))
		api := apiroute.New(quiet())
		for _, i := range order {
			namedTypes[i](api)
		}
		got := serveRecorder(api.OpenAPI("Test", "1"), newRequest("GET", "/", ""))
		if first == "" {
			first = got.body
		}
		if got.status != 200 || got.body != first {
			t.Fatalf("status %d, and another order has another document:\n%s", got.status, cmp.Diff(first, got.body))
		}
	}
	names := sortedKeys(at(decodeAny(first), "components", "schemas").(map[string]any))
	want := strings.Fields(`
		Account AccountInput Account_2 Account_2Input Account_3 Account_3Input Entry EntryInput EntryInput_2 ListNode Page_Account
		Page_AccountInput Page_List_Point Page_apiroute_test_Address Page_int Page_mail_Address Page_mail_AddressInput
		Page_map_string_Pair_bool_Page_int Page_map_string_Pair_bool_Page_intInput Page_nauefve Page_struct_A_int_B_int Page_struct_A_int_B_intInput
		Pair_2_Point_map_string_List_List_Point Pair_2_Point_map_string_List_List_PointInput Pair_bool_Page_int Pair_bool_Page_intInput
		Point Problem Tree apiroute_test_Address apiroute_test_Problem apiroute_test_ProblemInput html_template_Template mail_Address mail_AddressInput nauefve
		text_template_Template`)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// Names that the type does not have are in the schemas of a request: all or none.
func TestSchemaStrict(t *testing.T) {
	t.Parallel()
	type inner struct {
		A int `json:"a,omitempty"`
	}
	type body struct {
		In   *inner         `json:"in,omitempty"`
		Map  map[string]int `json:"map,omitempty"`
		Self []body         `json:"self,omitempty"`
		Time *time.Time     `json:"time,omitempty"`
	}
	type form struct {
		F struct {
			A int   `form:"a"`
			B inner `form:"b"`
		} `body:"form"`
	}
	for _, tt := range []struct {
		name       string
		opts       []apiroute.Option
		components string // with a schema that takes no other names
		form       bool   // whether it takes no other names
	}{
		{"without options", nil, "", false},
		{"RejectUnknown", []apiroute.Option{apiroute.RejectUnknown(true)}, "body inner", true},
		{"RejectUnknown for what a codec decodes", []apiroute.Option{apiroute.RejectUnknown(true), apiroute.JSONCodec(nil, json.Unmarshal)}, "", true},
		{"RejectUnknown taken back", []apiroute.Option{apiroute.RejectUnknown(true), apiroute.RejectUnknown(false)}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := apiroute.New(quiet())
			takesBody[body](api, tt.opts...)
			apiroute.Post(api, "/form", func(context.Context, form) (struct{}, error) { return struct{}{}, nil }, tt.opts...)
			doc := documentOf(api)
			closed := map[string]bool{}
			for name, schema := range at(doc, "components", "schemas").(map[string]any) {
				if rest, ok := at(schema, "additionalProperties").(bool); ok && !rest {
					closed[strings.TrimSuffix(name, "Input")] = true
				}
			}
			want := map[string]bool{}
			for _, name := range strings.Fields(tt.components) {
				want[name] = true
			}
			if diff := cmp.Diff(want, closed); diff != "" {
				t.Errorf("components without other names (-want +got):\n%s", diff)
			}
			schema := at(doc, "paths", "/form", "post", "requestBody", "content", "multipart/form-data", "schema")
			if rest, ok := at(schema, "additionalProperties").(bool); (ok && !rest) != tt.form {
				t.Errorf("the schema of the form is %v", schema)
			}
		})
	}
}

// Types whose JSONSchema is of no use. They have decoding code of their own, or registration would
// refuse them.
type (
	noSchema     int
	noJSONList   int
	noJSONMap    int
	noJSON       int
	trueSchema   int
	nilSchema    int
	quotedSchema int
)

func (noSchema) JSONSchema() any     { panic("no schema") }
func (noJSONList) JSONSchema() any   { return map[string]any{"oneOf": []any{1, make(chan int)}} }
func (noJSONMap) JSONSchema() any    { return map[string]any{"x": map[string]any{"y": func() {}}} }
func (noJSON) JSONSchema() any       { return func() {} }
func (trueSchema) JSONSchema() any   { return true }
func (nilSchema) JSONSchema() any    { return nil }
func (quotedSchema) JSONSchema() any { return json.RawMessage(`{"title":"a < b","x":1e400}`) }

func (*noSchema) UnmarshalJSON([]byte) error     { return nil }
func (*noJSONList) UnmarshalJSON([]byte) error   { return nil }
func (*noJSONMap) UnmarshalJSON([]byte) error    { return nil }
func (*noJSON) UnmarshalJSON([]byte) error       { return nil }
func (*trueSchema) UnmarshalJSON([]byte) error   { return nil }
func (*nilSchema) UnmarshalJSON([]byte) error    { return nil }
func (*quotedSchema) UnmarshalJSON([]byte) error { return nil }

// A JSONSchema that is no JSON makes the document a 500, which the log explains, until it is.
func TestSchemaFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		register func(*apiroute.Router, ...apiroute.Option)
		fault    string // in the log
		schema   string // of the body; "" for a 500
	}{
		{"it panics", takesBody[noSchema], "JSONSchema() of apiroute_test.noSchema: panics for the zero value: no schema", ""},
		{"a channel in a list", takesBody[noJSONList], "JSONSchema() of apiroute_test.noJSONList: json: unsupported type: chan int", ""},
		{"a function in a map", takesBody[[]noJSONMap], "JSONSchema() of apiroute_test.noJSONMap: json: unsupported type: func()", ""},
		{"a function", takesBody[noJSON], "JSONSchema() of apiroute_test.noJSON: json: unsupported type: func()", ""},
		{"true", takesBody[trueSchema], "", `{}`},
		{"nil", takesBody[nilSchema], "JSONSchema() of apiroute_test.nilSchema: is not a JSON object", ""},
		{"what JSON can say", takesBody[quotedSchema], "", `{"title":"a < b","x":1e400}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newAPI(t, func(api *apiroute.Router) {
				tt.register(api)
				api.Get("/openapi.json", api.OpenAPI("Test", "1"))
			})
			got, logs := s.do("GET", "/openapi.json", ""), strings.Join(s.logs(), "\n")
			if tt.schema == "" {
				got.wantProblem(t, 500)
				if !strings.Contains(logs, tt.fault) || !strings.Contains(logs, "apiroute: OpenAPI: ") {
					t.Errorf("the log is %q, want %q in it", logs, tt.fault)
				}
				return
			}
			schemas := at(decodeAny(got.body), "components", "schemas").(map[string]any)
			delete(schemas, "Problem")
			for name, schema := range schemas {
				if diff := cmp.Diff(decodeAny(tt.schema), schema); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if len(schemas) != 1 || logs != "" {
				t.Errorf("%d components, log %q", len(schemas), logs)
			}
		})
	}
}
