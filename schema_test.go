package apiroute_test

import (
	"context"
	"encoding/json"
	"math/big"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// A schemaRow is a Go type and its schemas.
type schemaRow struct {
	name     string
	register func(*apiroute.Router, ...apiroute.Option)

	// The schemas are JSON. A reference is the name of a component alone. "null?" is a type, and
	// "anyOf?" a list of schemas, of which the second is null, where nil slices and maps are null.
	request, response string
	components        string // without Problem
}

// An ownNumber encodes itself as another value than a number.
type ownNumber int

func (ownNumber) MarshalJSON() ([]byte, error) { return []byte(`"own"`), nil }

// member registers an endpoint for a type that is the type of a member.
func member[T any](r *apiroute.Router, opts ...apiroute.Option) {
	whole[struct {
		V T `json:"v"`
	}](r, opts...)
}

// whole registers an endpoint for a type that is the whole body, and the whole response.
func whole[T any](r *apiroute.Router, opts ...apiroute.Option) {
	takesBody[T](r, opts...)
	returnsOut[T](r, opts...)
}

func takesBody[T any](r *apiroute.Router, opts ...apiroute.Option) {
	apiroute.Post(r, "/takes", func(context.Context, struct {
		Body T `body:"json"`
	}) (struct{}, error) {
		return struct{}{}, nil
	}, opts...)
}

func returnsOut[T any](r *apiroute.Router, opts ...apiroute.Option) {
	apiroute.Post(r, "/returns", func(context.Context, struct{}) (out T, err error) { return out, nil }, opts...)
}

// schemasOf returns the schemas of a row as they are in the document.
func schemasOf(row schemaRow) (request, response any, components map[string]any) {
	api := apiroute.New(quiet())
	row.register(api)
	doc := documentOf(api)
	schema := func(path string, more ...string) any {
		s := at(doc, append([]string{"paths", path, "post"}, more...)...)
		if v := at(s, "properties", "v"); v != nil {
			return v
		}
		return s
	}
	components = at(doc, "components", "schemas").(map[string]any)
	delete(components, "Problem")
	return schema("/takes", "requestBody", "content", "application/json", "schema"),
		schema("/returns", "responses", "200", "content", "application/json", "schema"), components
}

// settle replaces the shorthands of a schemaRow.
func settle(v any, nilIsNull bool) any {
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			if item == "null?" && !nilIsNull {
				return v[0]
			} else if item == "null?" {
				item = "null"
			}
			list = append(list, settle(item, nilIsNull))
		}
		return list
	case map[string]any:
		if list, ok := v["anyOf?"].([]any); ok {
			if !nilIsNull {
				return settle(list[0], nilIsNull)
			}
			return map[string]any{"anyOf": settle(list, nilIsNull)}
		}
		for name, inner := range v {
			if ref, ok := inner.(string); ok && name == "$ref" {
				inner = "#/components/schemas/" + ref
			}
			v[name] = settle(inner, nilIsNull)
		}
	}
	return v
}

// anyOrder compares the names of required members as a set: the fields of a url.URL have another order
// in some versions of Go.
var anyOrder = cmp.FilterPath(func(p cmp.Path) bool {
	i, ok := p.Index(-2).(cmp.MapIndex)
	return ok && i.Key().String() == "required"
}, cmp.Transformer("set", func(names []any) map[any]bool {
	set := map[any]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}))

// The types of the rows.
type (
	// Page is generic.
	Page[T any] struct {
		Items []T `json:"items,omitempty"`
	}
	Pair[K comparable, V any] struct {
		Key   K `json:"key,omitempty"`
		Value V `json:"value,omitempty"`
	}
	Tree struct {
		Kids []Tree `json:"kids"`
		Up   *Tree  `json:"up"`
	}
	Names  []string
	Scores map[string]int
	Hash   [2]byte
	Point  struct {
		X int `json:"x,omitempty"`
	}
	Level   int
	Address struct {
		City string `json:"city,omitempty"`
	}
	URL struct {
		Host string `json:"host,omitempty"`
	}
	Writer struct {
		A int `json:"a"`
	}
	Reader struct {
		A int `json:"a"`
	}
	TextWriter struct {
		A int `json:"a"`
	}
	TextReader struct {
		A int `json:"a"`
	}
	PtrWriter struct {
		A int `json:"a"`
	}
	Shape  struct{ Value any }
	Circle struct {
		R float64 `json:"r,omitempty"`
	}
	Square struct {
		S float64 `json:"s,omitempty"`
	}
	Slug    string
	Sized   []string
	Wrapper struct {
		Slug
		N int `json:"n"`
	}
	// A Draft differs as a request, in which nothing is required, and Drafts in what it refers to.
	Draft struct {
		A int `json:"a"`
	}
	Drafts struct {
		Draft *Draft `json:"draft,omitempty"`
	}
)

func (Writer) MarshalJSON() ([]byte, error)     { return []byte("1"), nil }
func (*Reader) UnmarshalJSON([]byte) error      { return nil }
func (TextWriter) MarshalText() ([]byte, error) { return nil, nil }
func (*TextReader) UnmarshalText([]byte) error  { return nil }
func (*PtrWriter) MarshalJSON() ([]byte, error) { return []byte("1"), nil }
func (Shape) MarshalJSON() ([]byte, error)      { return []byte("{}"), nil }
func (*Shape) UnmarshalJSON([]byte) error       { return nil }
func (Slug) JSONSchema() any                    { return map[string]any{"pattern": "^[a-z-]+$", "maxLength": 60} }
func (Sized) JSONSchema() any                   { return json.RawMessage(`{"minItems":1}`) }

func (Shape) JSONSchema() any {
	return map[string]any{
		"oneOf": []any{reflect.TypeFor[Circle](), reflect.TypeFor[*Square]()},
		"discriminator": struct {
			PropertyName string `json:"propertyName"`
		}{"kind"},
		"x-list": [2]int{1, 2},
		"x-null": nil,
	}
}

var schemaRows = []schemaRow{
	{"int", member[int], `{"type":"integer","format":"int64"}`, "", ""},
	{"int64", member[int64], `{"type":"integer","format":"int64"}`, "", ""},
	{"int32", member[int32], `{"type":"integer","format":"int32"}`, "", ""},
	{"int8", member[int8], `{"type":"integer","maximum":127,"minimum":-128}`, "", ""},
	{"int16", member[int16], `{"type":"integer","maximum":32767,"minimum":-32768}`, "", ""},
	{"uint8", member[uint8], `{"type":"integer","maximum":255,"minimum":0}`, "", ""},
	{"uint16", member[uint16], `{"type":"integer","maximum":65535,"minimum":0}`, "", ""},
	{"uint32", member[uint32], `{"type":"integer","maximum":4294967295,"minimum":0}`, "", ""},
	{"uint", member[uint], `{"type":"integer","minimum":0}`, "", ""},
	{"uint64", member[uint64], `{"type":"integer","minimum":0}`, "", ""},
	{"uintptr", member[uintptr], `{"type":"integer","minimum":0}`, "", ""},
	{"float32", member[float32], `{"type":"number","format":"float"}`, "", ""},
	{"float64", member[float64], `{"type":"number","format":"double"}`, "", ""},
	{"json.Number", member[json.Number], `{"type":"number"}`, "", ""},
	{"big.Int, which encoding/json writes as an object if it cannot take its address", member[big.Int], `{"type":"integer"}`, `{}`, ""},
	{"a pointer to a big.Int", member[*big.Int], `{"type":["integer","null"]}`, "", ""},
	{"string", member[string], `{"type":"string"}`, "", ""},
	{"bool", member[bool], `{"type":"boolean"}`, "", ""},
	{"a string option on an int", whole[struct {
		V int `json:"v,string"`
	}], `{"type":"string","pattern":"^(0|-?[1-9][0-9]{0,18})$"}`, "", ""},
	{"a string option on an int8", whole[struct {
		V int8 `json:"v,string"`
	}], `{"type":"string","pattern":"^(0|-?[1-9][0-9]{0,2})$"}`, "", ""},
	{"a string option on a uint64", whole[struct {
		V uint64 `json:"v,string"`
	}], `{"type":"string","pattern":"^(0|[1-9][0-9]{0,19})$"}`, "", ""},
	{"a string option on a float", whole[struct {
		V float64 `json:"v,string"`
	}],
		`{"type":"string","pattern":"^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$"}`,
		"",
		""},
	{"a string option on a bool", whole[struct {
		V bool `json:"v,string"`
	}], `{"type":"string","enum":["true","false"]}`, "", ""},
	{"a string option on a string", whole[struct {
		V string `json:"v,string"`
	}], `{"type":"string","pattern":"^\".*\"$"}`, "", ""},
	{"a string option on a json.Number", whole[struct {
		V json.Number `json:"v,string"`
	}], `{"type":"string","pattern":"^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?$"}`, "", ""},
	{"a string option on a type that decodes itself", whole[struct {
		V docTemperature `json:"v,string"`
	}], `{}`, `{"type":"string","pattern":"^(0|-?[1-9][0-9]{0,18})$"}`, ""},
	{"a string option on a type that encodes itself", whole[struct {
		V ownNumber `json:"v,string"`
	}], `{"type":"string","pattern":"^(0|-?[1-9][0-9]{0,18})$"}`, `{}`, ""},
	{"a string option on a pointer", whole[struct {
		V *int `json:"v,string"`
	}],
		`{"type":["string","null"],"pattern":"^(0|-?[1-9][0-9]{0,18})$"}`,
		"",
		""},
	{"a string option on a type without an effect", whole[struct {
		V Point `json:"v"`
	}],
		`{"$ref":"Point"}`,
		"",
		`{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
	{"a pointer as a member", member[*int], `{"type":["integer","null"],"format":"int64"}`, "", ""},
	{"a pointer to a pointer", member[**int], `{"type":["integer","null"],"format":"int64"}`, "", ""},
	{"a pointer to a component", member[*Point],
		`{"anyOf":[{"$ref":"Point"},{"type":"null"}]}`,
		"",
		`{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
	{"a pointer with omitempty", whole[struct {
		V *int `json:"v,omitempty"`
	}], `{"type":"integer","format":"int64"}`, "", ""},
	{"a pointer to a pointer with omitempty", whole[struct {
		V **int `json:"v,omitempty"`
	}],
		`{"type":"integer","format":"int64"}`,
		`{"type":["integer","null"],"format":"int64"}`,
		""},
	{"a pointer with a rule", whole[struct {
		V *int `json:"v" minimum:"1"`
	}], `{"type":["integer","null"],"format":"int64","minimum":1}`, "", ""},
	{"a pointer with an enum", whole[struct {
		V *string `json:"v" enum:"a,b"`
	}], `{"type":["string","null"],"enum":["a","b",null]}`, "", ""},
	{"a pointer to a component with an enum", whole[struct {
		V *Slug `json:"v" enum:"a,b"`
	}],
		`{"anyOf":[{"$ref":"Slug","enum":["a","b"]},{"type":"null"}]}`,
		"",
		`{"Slug":{"type":"string","maxLength":60,"pattern":"^[a-z-]+$"}}`},
	{"a pointer that is required", whole[struct {
		V *int `json:"v" required:"true"`
	}],
		`{"type":"integer","format":"int64"}`,
		`{"type":["integer","null"],"format":"int64"}`,
		""},
	{"a pointer as the whole", whole[*Point],
		`{"$ref":"Point"}`,
		`{"anyOf":[{"$ref":"Point"},{"type":"null"}]}`,
		`{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
	{"slice", member[[]string], `{"type":["array","null?"],"items":{"type":"string"}}`, "", ""},
	{"slice of slices", member[[][]string], `{"type":["array","null?"],"items":{"type":["array","null?"],"items":{"type":"string"}}}`, "", ""},
	{"slice of pointers", member[[]*string], `{"type":["array","null?"],"items":{"type":["string","null"]}}`, "", ""},
	{"slice with omitempty", whole[struct {
		V []string `json:"v,omitempty"`
	}], `{"type":"array","items":{"type":"string"}}`, "", ""},
	{"slice as the whole", whole[[]string], `{"type":"array","items":{"type":"string"}}`, "", ""},
	{"map", member[map[string]bool], `{"type":["object","null?"],"additionalProperties":{"type":"boolean"}}`, "", ""},
	{"map with omitempty", whole[struct {
		V map[string]bool `json:"v,omitempty"`
	}],
		`{"type":"object","additionalProperties":{"type":"boolean"}}`,
		"",
		""},
	{"map as the whole", whole[map[string]bool], `{"type":"object","additionalProperties":{"type":"boolean"}}`, "", ""},
	{"[]byte", member[[]byte],
		`{"type":["string","null?"],"contentEncoding":"base64","pattern":"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}`,
		"",
		""},
	{"bytes of a named type", member[net.HardwareAddr],
		`{"type":["string","null?"],"contentEncoding":"base64","pattern":"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}`,
		"",
		""},
	{"[N]byte", member[[4]byte], `{"type":"array","items":{"type":"integer","maximum":255,"minimum":0},"maxItems":4,"minItems":4}`, "", ""},
	{"[N]T", member[[2]string], `{"type":"array","items":{"type":"string"},"maxItems":2,"minItems":2}`, "", ""},
	{"map with keys of integers", member[map[int8]string],
		`{"type":["object","null?"],"additionalProperties":{"type":"string"},"propertyNames":{"pattern":"^(0|-?[1-9][0-9]{0,2})$"}}`,
		"",
		""},
	{"map with keys of unsigned integers", member[map[uint]string],
		`{"type":["object","null?"],"additionalProperties":{"type":"string"},"propertyNames":{"pattern":"^(0|[1-9][0-9]{0,19})$"}}`,
		"",
		""},
	{"map with keys that state rules", member[map[Slug]string],
		`{"type":["object","null?"],"additionalProperties":{"type":"string"},"propertyNames":{"$ref":"Slug"}}`,
		"",
		`{"Slug":{"type":"string","maxLength":60,"pattern":"^[a-z-]+$"}}`},
	{"map with keys that are texts", member[map[netip.Addr]string], `{"type":["object","null?"],"additionalProperties":{"type":"string"}}`, "", ""},
	{"time.Time", member[time.Time], `{"type":"string","format":"date-time"}`, "", ""},
	{"a pointer to a time.Time", member[*time.Time], `{"type":["string","null"],"format":"date-time"}`, "", ""},
	{"time.Duration", member[time.Duration], `{"type":"integer","format":"int64"}`, "", ""},
	{"json.RawMessage", member[json.RawMessage], `{}`, "", ""},
	{"any", member[any], `{}`, "", ""},
	{"a pointer to any", member[*any], `{}`, "", ""},
	{"interface that is required", whole[struct {
		V any `json:"v" required:"true"`
	}], `{"not":{"type":"null"}}`, `{}`, ""},
	{"interface as the whole", whole[any], `{"not":{"type":"null"}}`, `{}`, ""},
	{"MarshalJSON", member[Writer], `{"$ref":"Writer"}`, `{}`, `{"Writer":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}}}}`},
	{"UnmarshalJSON", member[Reader],
		`{}`,
		`{"$ref":"Reader"}`,
		`{"Reader":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}},"required":["a"]}}`},
	{"MarshalText", member[TextWriter],
		`{"$ref":"TextWriter"}`,
		`{"type":"string"}`,
		`{"TextWriter":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}}}}`},
	{"UnmarshalText", member[TextReader],
		`{"type":"string"}`,
		`{"$ref":"TextReader"}`,
		`{"TextReader":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}},"required":["a"]}}`},
	{"MarshalJSON of the pointer", member[PtrWriter],
		`{"$ref":"PtrWriter"}`,
		`{}`,
		`{"PtrWriter":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}}}}`},
	{"code of its own with a JSONSchema of types", member[Shape],
		`{"$ref":"Shape"}`,
		"",
		`{
		"Circle":{"type":"object","properties":{"r":{"type":"number","format":"double"}}},
		"Shape":{"discriminator":{"propertyName":"kind"},"oneOf":[{"$ref":"Circle"},{"anyOf":[{"$ref":"Square"},{"type":"null"}]}],"x-list":[1,2],"x-null":null},
		"Square":{"type":"object","properties":{"s":{"type":"number","format":"double"}}}
	}`},
	{"netip.Addr", member[netip.Addr], `{"type":"string"}`, "", ""},
	{"net.IP", member[net.IP], `{"type":"string"}`, "", ""},
	{"url.URL", member[url.URL],
		`{"$ref":"URLInput"}`,
		`{"$ref":"URL"}`,
		`{
		"URL":{"type":"object","properties":{"ForceQuery":{"type":"boolean"},"Fragment":{"type":"string"},"Host":{"type":"string"},"OmitHost":{"type":"boolean"},"Opaque":{"type":"string"},"Path":{"type":"string"},"RawFragment":{"type":"string"},"RawPath":{"type":"string"},"RawQuery":{"type":"string"},"Scheme":{"type":"string"},"User":{"anyOf":[{"$ref":"Userinfo"},{"type":"null"}]}},"required":["Scheme","Opaque","User","Host","Path","Fragment","RawQuery","RawPath","RawFragment","ForceQuery","OmitHost"]},
		"URLInput":{"type":"object","properties":{"ForceQuery":{"type":"boolean"},"Fragment":{"type":"string"},"Host":{"type":"string"},"OmitHost":{"type":"boolean"},"Opaque":{"type":"string"},"Path":{"type":"string"},"RawFragment":{"type":"string"},"RawPath":{"type":"string"},"RawQuery":{"type":"string"},"Scheme":{"type":"string"},"User":{"anyOf":[{"$ref":"Userinfo"},{"type":"null"}]}}},
		"Userinfo":{"type":"object"}
	}`},
	{"unexported embedded struct", whole[struct{ embeddedRules }],
		`{"type":"object","properties":{"step":{"type":"number","format":"double","multipleOf":0.1}}}`,
		`{"type":"object","properties":{"step":{"type":"number","format":"double","multipleOf":0.1}},"required":["step"]}`,
		""},
	{"embedded pointer", whole[struct{ *Point }], `{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}`, "", ""},
	{"embedded structs that hide each other", whole[struct {
		Point
		*Address
		X string `json:"x"`
	}],
		`{"type":"object","properties":{"city":{"type":"string"},"x":{"type":"string"}}}`,
		`{"type":"object","properties":{"city":{"type":"string"},"x":{"type":"string"}},"required":["x"]}`,
		""},
	{"embedded struct with a name", whole[struct {
		Point `json:"p"`
	}],
		`{"type":"object","properties":{"p":{"$ref":"Point"}}}`,
		`{"type":"object","properties":{"p":{"$ref":"Point"}},"required":["p"]}`,
		`{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
	{"ignored and unexported members", whole[struct {
		A int `json:"-"`
		b int
		C int
	}],
		`{"type":"object","properties":{"C":{"type":"integer","format":"int64"}}}`,
		`{"type":"object","properties":{"C":{"type":"integer","format":"int64"}},"required":["C"]}`,
		""},
	{"named struct", member[Point], `{"$ref":"Point"}`, "", `{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
	{"named slice", member[Names], `{"anyOf?":[{"$ref":"Names"},{"type":"null"}]}`, "", `{"Names":{"type":"array","items":{"type":"string"}}}`},
	{"named map", member[Scores],
		`{"anyOf?":[{"$ref":"Scores"},{"type":"null"}]}`,
		"",
		`{"Scores":{"type":"object","additionalProperties":{"type":"integer","format":"int64"}}}`},
	{"named array", member[Hash],
		`{"$ref":"Hash"}`,
		"",
		`{"Hash":{"type":"array","items":{"type":"integer","maximum":255,"minimum":0},"maxItems":2,"minItems":2}}`},
	{"anonymous struct", member[struct{ A int }],
		`{"type":"object","properties":{"A":{"type":"integer","format":"int64"}}}`,
		`{"type":"object","properties":{"A":{"type":"integer","format":"int64"}},"required":["A"]}`,
		""},
	{"empty struct", member[struct{}], `{"type":"object"}`, "", ""},
	{"named scalar", member[Level], `{"type":"integer","format":"int64"}`, "", ""},
	{"named scalar with a JSONSchema", member[Slug], `{"$ref":"Slug"}`, "", `{"Slug":{"type":"string","maxLength":60,"pattern":"^[a-z-]+$"}}`},
	{"named slice with a JSONSchema", member[Sized],
		`{"$ref":"Sized"}`,
		`{"anyOf?":[{"$ref":"Sized"},{"type":"null"}]}`,
		`{"Sized":{"type":"array","items":{"type":"string"},"minItems":1}}`},
	{"items that may not be null", member[[]Sized],
		`{"type":["array","null?"],"items":{"$ref":"Sized"}}`,
		`{"type":["array","null?"],"items":{"anyOf?":[{"$ref":"Sized"},{"type":"null"}]}}`,
		`{"Sized":{"type":"array","items":{"type":"string"},"minItems":1}}`},
	{"promoted JSONSchema", member[Wrapper],
		`{"$ref":"WrapperInput"}`,
		`{"$ref":"Wrapper"}`,
		`{
		"Slug":{"type":"string","maxLength":60,"pattern":"^[a-z-]+$"},
		"Wrapper":{"type":"object","properties":{"Slug":{"$ref":"Slug"},"n":{"type":"integer","format":"int64"}},"required":["Slug","n"]},
		"WrapperInput":{"type":"object","properties":{"Slug":{"$ref":"Slug"},"n":{"type":"integer","format":"int64"}},"required":["Slug"]}
	}`},
	{"generic type", member[Page[Point]],
		`{"$ref":"Page_Point"}`,
		"",
		`{
		"Page_Point":{"type":"object","properties":{"items":{"type":"array","items":{"$ref":"Point"}}}},
		"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}
	}`},
	{"generic type of a slice", member[Page[[]Point]],
		`{"$ref":"Page_List_Point"}`,
		"",
		`{
		"Page_List_Point":{"type":"object","properties":{"items":{"type":"array","items":{"type":["array","null?"],"items":{"$ref":"Point"}}}}},
		"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}
	}`},
	{"generic type of two", member[Pair[string, *Point]],
		`{"$ref":"Pair_string_Point"}`,
		"",
		`{
		"Pair_string_Point":{"type":"object","properties":{"key":{"type":"string"},"value":{"$ref":"Point"}}},
		"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}
	}`},
	{"generic type of a generic type", member[Page[Page[int]]],
		`{"$ref":"Page_Page_int"}`,
		"",
		`{
		"Page_Page_int":{"type":"object","properties":{"items":{"type":"array","items":{"$ref":"Page_int"}}}},
		"Page_int":{"type":"object","properties":{"items":{"type":"array","items":{"type":"integer","format":"int64"}}}}
	}`},
	{"generic type of a map", member[Page[map[string]Point]],
		`{"$ref":"Page_map_string_Point"}`,
		"",
		`{
		"Page_map_string_Point":{"type":"object","properties":{"items":{"type":"array","items":{"type":["object","null?"],"additionalProperties":{"$ref":"Point"}}}}},
		"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}
	}`},
	{"generic type of an anonymous struct", member[Page[struct{ A int }]],
		`{"$ref":"Page_struct_A_intInput"}`,
		`{"$ref":"Page_struct_A_int"}`,
		`{
		"Page_struct_A_int":{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"A":{"type":"integer","format":"int64"}},"required":["A"]}}}},
		"Page_struct_A_intInput":{"type":"object","properties":{"items":{"type":"array","items":{"type":"object","properties":{"A":{"type":"integer","format":"int64"}}}}}}
	}`},
	{"recursion", member[Tree],
		`{"$ref":"TreeInput"}`,
		`{"$ref":"Tree"}`,
		`{
		"Tree":{"type":"object","properties":{"kids":{"type":["array","null?"],"items":{"$ref":"Tree"}},"up":{"anyOf":[{"$ref":"Tree"},{"type":"null"}]}},"required":["kids","up"]},
		"TreeInput":{"type":"object","properties":{"kids":{"type":["array","null?"],"items":{"$ref":"TreeInput"}},"up":{"anyOf":[{"$ref":"TreeInput"},{"type":"null"}]}}}
	}`},
	{"types of one name in two packages", member[struct {
		A Address
		B mail.Address
		C *url.URL
		D URL
	}],
		`{"type":"object","properties":{"A":{"$ref":"apiroute_test_Address"},"B":{"$ref":"mail_AddressInput"},"C":{"anyOf":[{"$ref":"url_URLInput"},{"type":"null"}]},"D":{"$ref":"apiroute_test_URL"}}}`,
		`{"type":"object","properties":{"A":{"$ref":"apiroute_test_Address"},"B":{"$ref":"mail_Address"},"C":{"anyOf":[{"$ref":"url_URL"},{"type":"null"}]},"D":{"$ref":"apiroute_test_URL"}},"required":["A","B","C","D"]}`,
		`{
		"mail_AddressInput":{"type":"object","properties":{"Address":{"type":"string"},"Name":{"type":"string"}}},
		"url_URLInput":{"type":"object","properties":{"ForceQuery":{"type":"boolean"},"Fragment":{"type":"string"},"Host":{"type":"string"},"OmitHost":{"type":"boolean"},"Opaque":{"type":"string"},"Path":{"type":"string"},"RawFragment":{"type":"string"},"RawPath":{"type":"string"},"RawQuery":{"type":"string"},"Scheme":{"type":"string"},"User":{"anyOf":[{"$ref":"Userinfo"},{"type":"null"}]}}},
		"Userinfo":{"type":"object"},
		"apiroute_test_Address":{"type":"object","properties":{"city":{"type":"string"}}},
		"apiroute_test_URL":{"type":"object","properties":{"host":{"type":"string"}}},
		"mail_Address":{"type":"object","properties":{"Address":{"type":"string"},"Name":{"type":"string"}},"required":["Name","Address"]},
		"url_URL":{"type":"object","properties":{"ForceQuery":{"type":"boolean"},"Fragment":{"type":"string"},"Host":{"type":"string"},"OmitHost":{"type":"boolean"},"Opaque":{"type":"string"},"Path":{"type":"string"},"RawFragment":{"type":"string"},"RawPath":{"type":"string"},"RawQuery":{"type":"string"},"Scheme":{"type":"string"},"User":{"anyOf":[{"$ref":"Userinfo"},{"type":"null"}]}},"required":["Scheme","Opaque","User","Host","Path","Fragment","RawQuery","RawPath","RawFragment","ForceQuery","OmitHost"]}
	}`},
	{"generic types of one name", member[struct {
		A Page[Address]
		B Page[mail.Address]
	}],
		`{"type":"object","properties":{"A":{"$ref":"Page_apiroute_test_Address"},"B":{"$ref":"Page_mail_AddressInput"}}}`,
		`{"type":"object","properties":{"A":{"$ref":"Page_apiroute_test_Address"},"B":{"$ref":"Page_mail_Address"}},"required":["A","B"]}`,
		`{
		"mail_AddressInput":{"type":"object","properties":{"Address":{"type":"string"},"Name":{"type":"string"}}},
		"Page_mail_AddressInput":{"type":"object","properties":{"items":{"type":"array","items":{"$ref":"mail_AddressInput"}}}},
		"Page_apiroute_test_Address":{"type":"object","properties":{"items":{"type":"array","items":{"$ref":"apiroute_test_Address"}}}},
		"Page_mail_Address":{"type":"object","properties":{"items":{"type":"array","items":{"$ref":"mail_Address"}}}},
		"apiroute_test_Address":{"type":"object","properties":{"city":{"type":"string"}}},
		"mail_Address":{"type":"object","properties":{"Address":{"type":"string"},"Name":{"type":"string"}},"required":["Name","Address"]}
	}`},
	{"a type that differs as request and response", whole[Draft],
		`{"$ref":"DraftInput"}`,
		`{"$ref":"Draft"}`,
		`{
		"Draft":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}},"required":["a"]},
		"DraftInput":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}}}
	}`},
	{"a type that differs only in what it refers to", whole[Drafts],
		`{"$ref":"DraftsInput"}`,
		`{"$ref":"Drafts"}`,
		`{
		"Draft":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}},"required":["a"]},
		"DraftInput":{"type":"object","properties":{"a":{"type":"integer","format":"int64"}}},
		"Drafts":{"type":"object","properties":{"draft":{"$ref":"Draft"}}},
		"DraftsInput":{"type":"object","properties":{"draft":{"$ref":"DraftInput"}}}
	}`},
	{"members with omitempty", whole[struct {
		A int    `json:",omitempty"`
		B bool   `json:",omitempty"`
		C Point  `json:",omitempty"`
		D [1]int `json:",omitempty"`
		E [0]int `json:",omitempty"`
	}],
		`{"type":"object","properties":{"A":{"type":"integer","format":"int64"},"B":{"type":"boolean"},"C":{"$ref":"Point"},"D":{"type":"array","items":{"type":"integer","format":"int64"},"maxItems":1,"minItems":1},"E":{"type":"array","items":{"type":"integer","format":"int64"},"maxItems":0,"minItems":0}}}`,
		`{"type":"object","properties":{"A":{"type":"integer","format":"int64"},"B":{"type":"boolean"},"C":{"$ref":"Point"},"D":{"type":"array","items":{"type":"integer","format":"int64"},"maxItems":1,"minItems":1},"E":{"type":"array","items":{"type":"integer","format":"int64"},"maxItems":0,"minItems":0}},"required":["C","D"]}`,
		`{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
	{"members with rules", whole[struct {
		A string   `json:"a" minLength:"1" maxLength:"9" pattern:"^a" format:"email"`
		B int      `json:"b" minimum:"1" exclusiveMaximum:"9" multipleOf:"2"`
		C []string `json:"c" minItems:"1" maxItems:"3" uniqueItems:"true" enum:"x,y"`
		D [][]int  `json:"d" maximum:"5" maxItems:"4"`
		E bool     `json:"e" enum:"true"`
		F float64  `json:"f" exclusiveMinimum:"0" enum:"0.5,1"`
	}],
		`{"type":"object","properties":{"a":{"type":"string","format":"email","maxLength":9,"minLength":1,"pattern":"^a"},"b":{"type":"integer","format":"int64","exclusiveMaximum":9,"minimum":1,"multipleOf":2},"c":{"type":"array","items":{"type":"string","enum":["x","y"]},"maxItems":3,"minItems":1,"uniqueItems":true},"d":{"type":["array","null?"],"items":{"type":["array","null?"],"items":{"type":"integer","format":"int64","maximum":5}},"maxItems":4},"e":{"type":"boolean","enum":[true]},"f":{"type":"number","format":"double","enum":[0.5,1],"exclusiveMinimum":0}},"required":["a","b","c","e","f"]}`,
		`{"type":"object","properties":{"a":{"type":"string","format":"email","maxLength":9,"minLength":1,"pattern":"^a"},"b":{"type":"integer","format":"int64","exclusiveMaximum":9,"minimum":1,"multipleOf":2},"c":{"type":["array","null?"],"items":{"type":"string","enum":["x","y"]},"maxItems":3,"minItems":1,"uniqueItems":true},"d":{"type":["array","null?"],"items":{"type":["array","null?"],"items":{"type":"integer","format":"int64","maximum":5}},"maxItems":4},"e":{"type":"boolean","enum":[true]},"f":{"type":"number","format":"double","enum":[0.5,1],"exclusiveMinimum":0}},"required":["a","b","c","d","e","f"]}`,
		""},
	{"list of a named list with rules", whole[struct {
		V Names `json:"v" minLength:"1" maxItems:"2"`
	}],
		`{"anyOf?":[{"$ref":"Names","items":{"minLength":1},"maxItems":2},{"type":"null"}]}`,
		"",
		`{"Names":{"type":"array","items":{"type":"string"}}}`},
	{"list of pointers with an enum", whole[struct {
		V []*string `json:"v" enum:"a,b"`
	}],
		`{"type":["array","null?"],"items":{"type":["string","null"],"enum":["a","b",null]}}`,
		"",
		""},
	{"required 0, false and empty texts", whole[struct {
		A int    `json:"a" required:"true"`
		B bool   `json:"b" required:"true"`
		C string `json:"c" required:"true"`
	}],
		`{"type":"object","properties":{"a":{"type":"integer","format":"int64"},"b":{"type":"boolean"},"c":{"type":"string"}},"required":["a","b","c"]}`,
		"",
		""},
	{"struct with a required member", whole[struct {
		V line `json:"v"`
	}],
		`{"$ref":"line"}`,
		"",
		`{"line":{"type":"object","properties":{"n":{"type":"integer","format":"int64","minimum":1}},"required":["n"]}}`},
	{"Optional", member[apiroute.Optional[string]], `{"type":["string","null"]}`, "", ""},
	{"Optional of a pointer", member[apiroute.Optional[*time.Time]], `{"type":["string","null"],"format":"date-time"}`, "", ""},
	{"Optional of a list with rules", whole[struct {
		V apiroute.Optional[[]string] `json:"v" minItems:"1" enum:"a,b"`
	}],
		`{"type":["array","null"],"items":{"type":"string","enum":["a","b"]},"minItems":1}`,
		"",
		""},
	{"Optional that is required", whole[struct {
		V apiroute.Optional[string] `json:"v" required:"true" enum:"a,b"`
	}],
		`{"type":"string","enum":["a","b"]}`,
		`{"type":["string","null"],"enum":["a","b",null]}`,
		""},
	{"Optional of anything that is required", whole[struct {
		V apiroute.Optional[any] `json:"v" required:"true"`
	}],
		`{"not":{"type":"null"}}`,
		`{}`,
		""},
	{"Optional of a component", member[apiroute.Optional[Point]],
		`{"anyOf":[{"$ref":"Point"},{"type":"null"}]}`,
		"",
		`{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
	{"doc and example", whole[struct {
		A string        `json:"a" doc:"The name." example:"Ann"`
		B int           `json:"b" example:"5"`
		C []int         `json:"c" example:"1,2"`
		D *Point        `json:"d" doc:"Where." example:"{\"x\":1}"`
		E time.Duration `json:"e" example:"1000"`
	}],
		`{"type":"object","properties":{"a":{"type":"string","description":"The name.","examples":["Ann"]},"b":{"type":"integer","format":"int64","examples":[5]},"c":{"type":["array","null?"],"items":{"type":"integer","format":"int64"},"examples":[[1,2]]},"d":{"anyOf":[{"$ref":"Point"},{"type":"null"}],"description":"Where.","examples":[{"x":1}]},"e":{"type":"integer","format":"int64","examples":[1000]}}}`,
		`{"type":"object","properties":{"a":{"type":"string","description":"The name.","examples":["Ann"]},"b":{"type":"integer","format":"int64","examples":[5]},"c":{"type":["array","null?"],"items":{"type":"integer","format":"int64"},"examples":[[1,2]]},"d":{"anyOf":[{"$ref":"Point"},{"type":"null"}],"description":"Where.","examples":[{"x":1}]},"e":{"type":"integer","format":"int64","examples":[1000]}},"required":["a","b","c","d","e"]}`,
		`{"Point":{"type":"object","properties":{"x":{"type":"integer","format":"int64"}}}}`},
}

// The schemas say what encoding/json decodes and encodes.
func TestSchemas(t *testing.T) {
	t.Parallel()
	nilIsNull := nilList(t) == "null"
	for _, row := range schemaRows {
		t.Run(row.name, func(t *testing.T) {
			request, response, components := schemasOf(row)
			check := func(what, want string, got any) {
				t.Helper()
				if diff := cmp.Diff(settle(decodeAny(want), nilIsNull), got, anyOrder); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			check("request", row.request, request)
			if row.response == "" {
				row.response = row.request
			}
			check("response", row.response, response)
			if row.components == "" {
				row.components = "{}"
			}
			check("components", row.components, any(components))
		})
	}
}
