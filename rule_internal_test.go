package apiroute

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

type (
	ruleWord    string
	ruleLevel   int // it has a String, which is not its value
	ruleOwn     string
	ruleSlug    string
	ruleStruct  struct{ JSON string }
	ruleKey     string
	rulePointer string
	ruleRaw     string
	ruleNested  struct {
		MaxLength int    `json:"maxLength"`
		Pattern   string `json:"pattern"`
	}
	ruleTags   []ruleSlug
	ruleEmpty  string
	ruleSchema string // what its method returns is set by the test
)

func (*ruleOwn) UnmarshalText([]byte) error { return nil }
func (ruleOwn) JSONSchema() any             { panic("called for a type that decodes itself") }
func (ruleLevel) String() string            { return "a level" }
func (ruleLevel) JSONSchema() any           { return map[string]any{"enum": []ruleLevel{1, 2}} }
func (ruleSlug) JSONSchema() any {
	return map[string]any{"pattern": "^[a-z]+$", "maxLength": 3, "type": "string", "oneOf": []any{reflect.TypeFor[int]()}}
}
func (*rulePointer) JSONSchema() any { return map[ruleKey]any{"minLength": ptr(2.0)} }
func (ruleRaw) JSONSchema() any      { return json.RawMessage(`{"minLength":2,"maxLength":3}`) }
func (ruleNested) JSONSchema() any   { return ruleNested{3, "x"} }
func (ruleTags) JSONSchema() any     { return map[string]int{"minItems": 2} }
func (ruleEmpty) JSONSchema() any    { return true }

func ptr[T any](v T) *T { return &v }

// verdict returns the code of the rule that a value breaks, and "" if it breaks none.
func (r *rules) verdict(v reflect.Value) string {
	if !isList(v.Type()) {
		if b := broken(r.value, v); b != nil {
			return b.code
		}
		return ""
	}
	for i := 0; i < v.Len(); i++ {
		if b := broken(r.value, v.Index(i)); b != nil {
			return b.code
		}
	}
	if b := r.brokenCount(v.Len()); b != nil {
		return b.code
	}
	if r.unique && !isUnique(v) {
		return notUnique.code
	}
	return ""
}

// Each row is tried on both sides of its bound.
func TestRules(t *testing.T) {
	t.Parallel()
	const big = 1 << 53
	many := make([]int, 100)
	for i := range many {
		many[i] = i
	}
	for _, tt := range []struct {
		tag        string
		holds, not []any // all of one type
	}{
		{`minimum:"3"`, []any{3, 4, math.MaxInt}, []any{2, -3, math.MinInt}},
		{`minimum:"-3"`, []any{int8(-3), int8(127)}, []any{int8(-4), int8(-128)}},
		{`maximum:"-9223372036854775808"`, []any{int64(math.MinInt64)}, []any{int64(math.MinInt64 + 1), int64(0)}},
		{`maximum:"18446744073709551614"`, []any{uint64(math.MaxUint64 - 1), uint64(0)}, []any{uint64(math.MaxUint64)}},
		{`exclusiveMaximum:"18446744073709551615"`, []any{uint64(math.MaxUint64 - 1)}, []any{uint64(math.MaxUint64)}},
		{`exclusiveMinimum:"9007199254740992"`, []any{int64(big + 1)}, []any{int64(big), int64(big - 1)}},
		{`exclusiveMinimum:"0"`, []any{1, 2}, []any{0, -1}},
		{`exclusiveMaximum:"0"`, []any{uint8(0)}[:0], []any{uint8(0), uint8(1)}},
		{`minimum:"0.1"`, []any{0.1, 0.2, math.MaxFloat64}, []any{0.09999999999999999, 0.0, -1.0}},
		{`maximum:"1e-7"`, []any{1e-7, 0.0, -1e300}, []any{1.0000000000000001e-6, 1.0}},
		{`maximum:"0.1"`, []any{float32(0.1)}, []any{float32(0.10000001), float32(1)}},
		{`exclusiveMinimum:"0"`, []any{math.SmallestNonzeroFloat64}, []any{0.0, math.Copysign(0, -1)}},
		{`minimum:"1"`, numbers("1", "1.0", "10e-1", "1e999999999", "1e99999999999999999999"), numbers("", "0", "0.99999999999999999999", "-1e999999999", "1e-999999999")},
		{`maximum:"18446744073709551616"`, numbers("18446744073709551616", "-1e400"), numbers("18446744073709551617", "1e400")},
		{`multipleOf:"3"`, []any{0, 3, -9, math.MaxInt / 3 * 3}, []any{1, -1, 4, math.MaxInt}},
		{`multipleOf:"5"`, []any{uint64(math.MaxUint64), uint64(0)}, []any{uint64(math.MaxUint64 - 1), uint64(1)}},
		{`multipleOf:"0.1"`, []any{0.1, 0.3, 0.7, -0.3, 0.0, 1e300, 4.0, 1e22}, []any{0.15, 0.30000000000000004, 1e-7, math.SmallestNonzeroFloat64}},
		{`multipleOf:"0.01"`, []any{4.35, 8.61, 19.99, 0.07, 123456789.12}, []any{4.351, 0.075}},
		{`multipleOf:"0.1"`, []any{float32(0.3), float32(0.7)}, []any{float32(0.35)}},
		{`multipleOf:"1e-7"`, []any{3e-7, 1.0}, []any{1.5e-7, 1e-8}},
		{`multipleOf:"2"`, []any{1e22, 4.0}, []any{3.0, 2.5, 9007199254740991.0}},
		{`multipleOf:"0.3"`, numbers("0.9", "0", "", "3e999999999", "99999999999999999999.9"), numbers("1", "1e999999999", "99999999999999999999.8")},
		{`enum:"1,2"`, []any{1, 2}, []any{0, 3, 12}},
		{`enum:"1.5,1e3"`, []any{1.5, 1000.0}, []any{1.0, 0.0}},
		{`enum:"1,0.50"`, numbers("1.0", "5e-1", "10e-1"), numbers("", "1.1", "0.5000000000000000000000001")},
		{`enum:"a,é,"`, []any{"a", "é", ""}, []any{"A", "e\u0301", "a,é", "a,"}},
		{`enum:"a,b"`, []any{ruleWord("a")}, []any{ruleWord("c"), ruleWord("")}},
		{`enum:"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,é,"`, []any{"a", "p", "é", ""}, []any{"A", "q", "e\u0301", "a,b"}},
		{`enum:"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"`, []any{ruleWord("q")}, []any{ruleWord("r"), ruleWord("")}},
		{`enum:"false"`, []any{false}, []any{true}},
		{`minLength:"0"`, []any{"", "a"}, nil},
		{`minLength:"3"`, []any{"abc", "日本語", "😀😀😀", strings.Repeat("é", 50)}, []any{"", "ab", "éé", "😀😀"}},
		{`minLength:"2147483647"`, nil, []any{"", strings.Repeat("a", 1000)}},
		{`maxLength:"262143"`, []any{strings.Repeat("😀", 262143)}, []any{strings.Repeat("😀", 262144)}},
		{`maxLength:"3"`, []any{"", "abc", "日本語", "😀😀😀"}, []any{"abcd", "👨‍👩‍👧", "日本語文"}},
		{`maxLength:"0"`, []any{""}, []any{"a", "\x00"}},
		{`maxLength:"1" minLength:"1"`, []any{"é", "😀"}, []any{"", "e\u0301"}},
		{`pattern:"b"`, []any{"abc"}, []any{"", "ac"}},
		{`format:"ipv4"`, []any{ruleWord("1.2.3.4")}, []any{ruleWord(""), ruleWord("1.2.3")}},
		{`format:"date-time"`, []any{time.Time{}, time.Now()}, nil},
		{`minItems:"1" maxItems:"2"`, []any{[]int{1}, []int{1, 1}}, []any{[]int(nil), []int{}, []int{1, 2, 3}}},
		{`minimum:"1" maxItems:"2"`, []any{[]int{1, 2}, []int{}}, []any{[]int{0}, []int{1, 0}, []int{1, 1, 1}}},
		{`uniqueItems:"true"`, []any{[]int{}, []int{1}, []int{1, 2}, many}, []any{[]int{1, 1}, []int{1, 2, 1}, append(many[:99:99], 0)}},
		{`uniqueItems:"true"`, []any{[]string{"é", "e\u0301"}}, []any{[]string{"", ""}}},
		{`uniqueItems:"true"`, []any{[]bool{true, false}}, []any{[]bool{true, false, true}}},
		{`uniqueItems:"true"`, []any{[]float64{0.1, 0.2}}, []any{[]float64{0, math.Copysign(0, -1)}}},
		{`uniqueItems:"true"`, []any{[]uint64{0, math.MaxUint64}}, []any{[]uint64{math.MaxUint64, math.MaxUint64}}},
		{`uniqueItems:"true"`, []any{[]json.Number{"1", "2", "9007199254740992", "9007199254740993"}}, []any{[]json.Number{"1", "1.0"}, []json.Number{"100", "1e2"}}},
		{`uniqueItems:"true"`, []any{[]time.Duration{1, 2}}, []any{[]time.Duration{1, 1}}},
		{`uniqueItems:"true"`, []any{[]net.IP{{1, 2, 3, 4}, {1, 2, 3, 5}}}, []any{[]net.IP{{1, 2, 3, 4}, {1, 2, 3, 4}}}},
		{`uniqueItems:"true"`, []any{[][]int{{1}, {2}, {1, 2}}}, []any{[][]int{{1}, {1}}}},
		{`uniqueItems:"true"`, []any{[]ruleStruct{{"a"}, {"b"}}}, []any{[]ruleStruct{{"a"}, {"a"}}}},
		{`uniqueItems:"true"`, []any{[]any{1, "1", nil, math.NaN(), math.NaN()}}, []any{[]any{nil, nil}}},
		{`uniqueItems:"true"`, []any{[2]int{1, 2}}, []any{[2]int{1, 1}}},
		{``, []any{ruleSlug("abc"), ruleSlug("")[:0] + "x"}, []any{ruleSlug(""), ruleSlug("abcd"), ruleSlug("A")}},
		{`minLength:"2"`, []any{ruleSlug("abc")}, []any{ruleSlug("a"), ruleSlug("abcd")}},
		{``, []any{[]ruleSlug{"abc"}, []ruleSlug{}}, []any{[]ruleSlug{"abc", "A"}}},
		{``, []any{ruleTags{"a", "b"}}, []any{ruleTags{}, ruleTags{"a"}, ruleTags{"a", "B"}}},
		{``, []any{ruleLevel(1), ruleLevel(2)}, []any{ruleLevel(0), ruleLevel(3)}},
		{``, []any{rulePointer("ab")}, []any{rulePointer("a")}},
		{``, []any{ruleRaw("ab")}, []any{ruleRaw("a"), ruleRaw("abcd")}},
		{``, []any{ruleEmpty(""), ruleEmpty("anything")}, nil},
		{``, []any{ruleOwn("")}, nil},
	} {
		name := tt.tag
		for _, v := range append(tt.holds, tt.not...) {
			name = fmt.Sprintf("%T %s", v, tt.tag)
			break
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check := func(v any, want bool) {
				r, faults := compileRules(reflect.TypeOf(v), reflect.StructTag(tt.tag))
				if faults != nil {
					t.Fatal(faults)
				}
				if code := r.verdict(reflect.ValueOf(&v).Elem().Elem()); (code == "") != want {
					t.Errorf("%v (%T) breaks %q, want that it holds: %t", v, v, code, want)
				}
			}
			for _, v := range tt.holds {
				check(v, true)
			}
			for _, v := range tt.not {
				check(v, false)
			}
		})
	}
}

func numbers(list ...string) (values []any) {
	for _, s := range list {
		values = append(values, json.Number(s))
	}
	return values
}

// Everything that is wrong with keywords is found, with these words.
func TestRuleFaults(t *testing.T) {
	t.Parallel()
	const json3 = "must be a number as in JSON, without a + or a needless 0 before it"
	const count = "must be a whole number of at least 0"
	for _, tt := range []struct {
		tag  string
		typ  reflect.Type
		want []string
	}{
		{`minimum:"x"`, reflect.TypeFor[int](), []string{`minimum:"x" must be an integer`}},
		{`minimum:""`, reflect.TypeFor[int](), []string{`minimum:"" has no value`}},
		{`minimum:"1.5"`, reflect.TypeFor[int](), []string{`minimum:"1.5" must be an integer`}},
		{`minimum:"+1"`, reflect.TypeFor[int](), []string{`minimum:"+1" ` + json3}},
		{`minimum:"01"`, reflect.TypeFor[int](), []string{`minimum:"01" ` + json3}},
		{`minimum:".5"`, reflect.TypeFor[float64](), []string{`minimum:".5" ` + json3}},
		{`minimum:"NaN"`, reflect.TypeFor[float64](), []string{`minimum:"NaN" must be a number`}},
		{`minimum:"1e999"`, reflect.TypeFor[float64](), []string{`minimum:"1e999" is out of range`}},
		{`maximum:"128"`, reflect.TypeFor[int8](), []string{`maximum:"128" must be an integer from -128 to 127`}},
		{`minimum:"-1"`, reflect.TypeFor[uint](), []string{`minimum:"-1" must be an integer from 0 to ` + strconv.FormatUint(math.MaxUint, 10)}},
		{`maximum:"x"`, reflect.TypeFor[json.Number](), []string{`maximum:"x" must be a number`}},
		{`minimum:"1"`, reflect.TypeFor[string](), []string{`minimum:"1" has no meaning for the type string`}},
		{`minimum:"1"`, reflect.TypeFor[bool](), []string{`minimum:"1" has no meaning for the type bool`}},
		{`minimum:"1"`, reflect.TypeFor[time.Duration](), []string{`minimum:"1" has no meaning for the type time.Duration`}},
		{`minimum:"1"`, reflect.TypeFor[[]string](), []string{`minimum:"1" has no meaning for the type string`}},
		{`minimum:"1"`, reflect.TypeFor[**string](), []string{`minimum:"1" has no meaning for the type string`}},
		{`minimum:"1"`, reflect.TypeFor[map[string]int](), []string{`minimum:"1" has no meaning for the type map[string]int`}},
		{`minimum:"1"`, reflect.TypeFor[struct{}](), []string{`minimum:"1" has no meaning for the type struct {}`}},
		{`minimum:"1"`, reflect.TypeFor[any](), []string{`minimum:"1" has no meaning for the type interface {}`}},
		{`multipleOf:"0"`, reflect.TypeFor[float64](), []string{`multipleOf:"0" must be greater than 0`}},
		{`multipleOf:"-1"`, reflect.TypeFor[int](), []string{`multipleOf:"-1" must be greater than 0`}},
		{`multipleOf:"0.5"`, reflect.TypeFor[int](), []string{`multipleOf:"0.5" must be an integer`}},
		{`multipleOf:"1.0000000000000000001"`, reflect.TypeFor[json.Number](), []string{`multipleOf:"1.0000000000000000001" has more than 19 digits`}},
		{`multipleOf:"2"`, reflect.TypeFor[string](), []string{`multipleOf:"2" has no meaning for the type string`}},
		{`minLength:"1"`, reflect.TypeFor[int](), []string{`minLength:"1" has no meaning for the type int`}},
		{`minLength:"1"`, reflect.TypeFor[json.Number](), []string{`minLength:"1" has no meaning for the type json.Number`}},
		{`minLength:"1"`, reflect.TypeFor[netip.Addr](), []string{`minLength:"1" has no meaning for the type netip.Addr`}},
		{`minLength:"1"`, reflect.TypeFor[ruleOwn](), []string{`minLength:"1" has no meaning for the type apiroute.ruleOwn`}},
		{`minLength:"1"`, reflect.TypeFor[[]byte](), []string{`minLength:"1" has no meaning for the type []uint8`}},
		{`maxLength:"-1"`, reflect.TypeFor[string](), []string{`maxLength:"-1" ` + count}},
		{`maxLength:"1.0"`, reflect.TypeFor[string](), []string{`maxLength:"1.0" ` + count}},
		{`maxLength:"007"`, reflect.TypeFor[string](), []string{`maxLength:"007" ` + count}},
		{`maxLength:"2147483648"`, reflect.TypeFor[string](), []string{`maxLength:"2147483648" ` + count}},
		{`pattern:"a"`, reflect.TypeFor[int](), []string{`pattern:"a" has no meaning for the type int`}},
		{`pattern:"("`, reflect.TypeFor[string](), []string{"pattern:\"(\" error parsing regexp: missing closing ): `(`"}},
		{`format:"Email"`, reflect.TypeFor[string](), []string{`format:"Email" is not one of date, date-time, email, ipv4, ipv6, password, uri, uuid`}},
		{`format:"email"`, reflect.TypeFor[int](), []string{`format:"email" has no meaning for the type int`}},
		{`format:"date"`, reflect.TypeFor[time.Time](), []string{`format:"date" has no meaning for the type time.Time`}},
		{`enum:""`, reflect.TypeFor[string](), []string{`enum:"" has no value`}},
		{`enum:"1,x"`, reflect.TypeFor[int](), []string{`enum:"1,x" has the value "x", which must be an integer`}},
		{`enum:"1,300"`, reflect.TypeFor[uint8](), []string{`enum:"1,300" has the value "300", which must be an integer from 0 to 255`}},
		{`enum:"1,2,1"`, reflect.TypeFor[int](), []string{`enum:"1,2,1" has the value "1" twice`}},
		{`enum:"1,1.0"`, reflect.TypeFor[float64](), []string{`enum:"1,1.0" has the value "1.0" twice`}},
		{`enum:"100,1e2"`, reflect.TypeFor[json.Number](), []string{`enum:"100,1e2" has the value "1e2" twice`}},
		{`enum:"a,b,a"`, reflect.TypeFor[string](), []string{`enum:"a,b,a" has the value "a" twice`}},
		{`enum:"a, b"`, reflect.TypeFor[string](), []string{`enum:"a, b" has the value " b": write "b"`}},
		{`enum:"yes"`, reflect.TypeFor[bool](), []string{`enum:"yes" has the value "yes", which must be true or false`}},
		{`enum:"1"`, reflect.TypeFor[bool](), []string{`enum:"1" has the value "1", which must be true or false`}},
		{`enum:"a"`, reflect.TypeFor[time.Time](), []string{`enum:"a" has no meaning for the type time.Time`}},
		{`enum:"1,9" maximum:"5"`, reflect.TypeFor[[]int](), []string{`enum:"1,9" has the value "9", which must be at most 5`}},
		{`enum:"ab,c-d" maxLength:"3"`, reflect.TypeFor[ruleSlug](), []string{`enum:"ab,c-d" has the value "c-d", which must match the pattern ^[a-z]+$`}},
		{`minItems:"1"`, reflect.TypeFor[string](), []string{`minItems:"1" has no meaning for the type string`}},
		{`maxItems:"1"`, reflect.TypeFor[[]byte](), []string{`maxItems:"1" has no meaning for the type []uint8`}},
		{`maxItems:"1"`, reflect.TypeFor[[3]int](), []string{`maxItems:"1" has no meaning for the type [3]int`}},
		{`maxItems:"1"`, reflect.TypeFor[net.IP](), []string{`maxItems:"1" has no meaning for the type net.IP`}},
		{`minItems:"x"`, reflect.TypeFor[[]int](), []string{`minItems:"x" ` + count}},
		{`uniqueItems:"true"`, reflect.TypeFor[int](), []string{`uniqueItems:"true" has no meaning for the type int`}},
		{`uniqueItems:"false"`, reflect.TypeFor[[]int](), []string{`uniqueItems:"false" must be "true"`}},
		{`minimum:"2" maximum:"1"`, reflect.TypeFor[int](), []string{`minimum:"2" and maximum:"1": no value can be within both`}},
		{`exclusiveMinimum:"1" maximum:"1"`, reflect.TypeFor[int](), []string{`exclusiveMinimum:"1" and maximum:"1": no value can be within both`}},
		{`minimum:"1" exclusiveMaximum:"1.0"`, reflect.TypeFor[float64](), []string{`minimum:"1" and exclusiveMaximum:"1.0": no value can be within both`}},
		{`exclusiveMinimum:"1" exclusiveMaximum:"1"`, reflect.TypeFor[int](), []string{`exclusiveMinimum:"1" and exclusiveMaximum:"1": no value can be within both`}},
		{`minLength:"2" maxLength:"1"`, reflect.TypeFor[string](), []string{`minLength:"2" and maxLength:"1": no value can be within both`}},
		{`minItems:"2" maxItems:"1"`, reflect.TypeFor[[]int](), []string{`minItems:"2" and maxItems:"1": no value can be within both`}},
		{`minimum:"1" maximum:"1" minLength:"1" minItems:"1" enum:"x"`, reflect.TypeFor[int](), []string{`enum:"x" has the value "x", which must be an integer`,
			`minLength:"1" has no meaning for the type int`, `minItems:"1" has no meaning for the type int`}},
	} {
		t.Run(tt.tag+" for "+tt.typ.String(), func(t *testing.T) {
			t.Parallel()
			_, faults := compileRules(tt.typ, reflect.StructTag(tt.tag))
			var got []string
			for _, err := range faults {
				got = append(got, err.Error())
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("faults\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// schemaOf is what the method of ruleSchema returns.
var schemaOf any

func (ruleSchema) JSONSchema() any { return schemaOf }

// What a method JSONSchema returns wrongly is a fault, and what makes no rule is none. Not parallel,
// because of schemaOf.
func TestSchemaMethods(t *testing.T) {
	for _, tt := range []struct {
		name   string
		schema any
		want   string // in the fault; "" if there is none
	}{
		{"nil", nil, "is nil"},
		{"text", "minLength", "is not a JSON object"},
		{"list", []any{1}, "is not a JSON object"},
		{"null", json.RawMessage("null"), "is not a JSON object"},
		{"nil map", map[string]any(nil), ""},
		{"true", true, ""},
		{"no JSON", func() {}, "json: unsupported type: func()"},
		{"keys that are numbers", map[int]any{1: 2}, ""},
		{"values that are nil", map[string]any{"minLength": nil, "enum": nil, "maxLength": (*int)(nil)}, ""},
		{"null among others", map[string]any{"enum": []any{"a", nil, "b"}}, ""},
		{"only null", map[string]any{"enum": []any{nil}}, `enum:"" has no value`},
		{"uniqueItems false", map[string]any{"uniqueItems": false}, ""},
		{"uniqueItems true", map[string]any{"uniqueItems": true}, `uniqueItems:"true" has no meaning for the type apiroute.ruleSchema`},
		{"uniqueItems as text", map[string]any{"uniqueItems": "true"}, "uniqueItems must have a boolean, not true"},
		{"count as text", map[string]any{"minLength": "1"}, "minLength must have a number, not 1"},
		{"count as float", map[string]any{"minLength": 2.0}, ""},
		{"half a character", map[string]any{"minLength": 2.5}, `minLength:"2.5" must be a whole number of at least 0`},
		{"pattern as number", map[string]any{"pattern": 1}, "pattern must have a string, not 1"},
		{"pattern that is bad", map[string]any{"pattern": "("}, `pattern:"(" error parsing regexp`},
		{"enum of numbers", map[string]any{"enum": []int{1}}, "enum must have a string, not 1"},
		{"enum that is no list", map[string]any{"enum": "a"}, "enum must not be a"},
		{"list that is no enum", map[string]any{"minLength": []int{1}}, "minLength must not be [1]"},
		{"values with commas and blanks", map[string]any{"enum": []string{"a,b", " c"}}, ""},
		{"bounds that contradict", map[string]any{"minLength": 2, "maxLength": 1}, `minLength:"2" and maxLength:"1": no value can be within both`},
		{"keyword without a meaning", map[string]any{"minimum": 1}, `minimum:"1" has no meaning for the type apiroute.ruleSchema`},
		{"keywords that Bind does not know", map[string]any{"oneOf": []any{reflect.TypeFor[int]()}, "const": 1, "minProperties": 2}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			schemaOf = tt.schema
			_, faults := compileRules(reflect.TypeFor[ruleSchema](), "")
			err := errors.Join(faults...)
			if (err == nil) != (tt.want == "") {
				t.Fatalf("fault %v, want %q", err, tt.want)
			}
			if want := "JSONSchema() of apiroute.ruleSchema: " + tt.want; err != nil && !strings.HasPrefix(err.Error(), want) {
				t.Errorf("fault %v, want %q", err, want)
			}
		})
	}
	if _, faults := compileRules(reflect.TypeFor[ruleNested](), ""); len(faults) != 2 {
		t.Errorf("%d faults of a struct with keywords for texts, want 2: %v", len(faults), faults)
	}
}

// Numbers in a schema keep their value, whatever Go type they have.
func TestSchemaNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value any
		want  string
	}{
		{1, "1"}, {int8(-5), "-5"}, {uint64(math.MaxUint64), "18446744073709551615"}, {1e3, "1000"}, {0.1, "0.1"}, {float32(0.1), "0.1"},
		{1e20, "100000000000000000000"}, {1e21, "1e+21"}, {-1e-7, "-1e-07"}, {0.0, "0"}, {json.Number("1e3"), "1e3"}, {ruleLevel(2), "2"}, {time.Duration(3), "3"},
	} {
		text, kind := schemaText(reflect.ValueOf(tt.value))
		if text != tt.want || kind != "number" || !isNumber(text) {
			t.Errorf("%v (%T) is the %s %q, want the number %q", tt.value, tt.value, kind, text, tt.want)
		}
	}
	var object map[string]any
	if err := remarshal(reflect.ValueOf(struct{ N int64 }{1<<53 + 1}), &object); err != nil || object["N"] != json.Number("9007199254740993") {
		t.Errorf("N is %v, error %v", object["N"], err)
	}
}

func TestZeroBreaks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		tag  string
		typ  reflect.Type
		want bool
	}{
		{``, reflect.TypeFor[string](), false},
		{`minLength:"1"`, reflect.TypeFor[string](), true},
		{`maxLength:"1"`, reflect.TypeFor[string](), false},
		{`enum:"a"`, reflect.TypeFor[string](), true},
		{`enum:"a,"`, reflect.TypeFor[string](), false},
		{`format:"email"`, reflect.TypeFor[string](), true},
		{`format:"password"`, reflect.TypeFor[string](), false},
		{`pattern:"^a*$"`, reflect.TypeFor[string](), false},
		{`minimum:"1"`, reflect.TypeFor[int](), true},
		{`minimum:"0"`, reflect.TypeFor[int](), false},
		{`maximum:"-1"`, reflect.TypeFor[float64](), true},
		{`multipleOf:"7"`, reflect.TypeFor[int](), false},
		{`minimum:"1"`, reflect.TypeFor[json.Number](), true},
		{`maximum:"1"`, reflect.TypeFor[json.Number](), false},
		{`minItems:"1"`, reflect.TypeFor[[]int](), true},
		{`minimum:"1"`, reflect.TypeFor[[]int](), false},
		{`maxItems:"1" uniqueItems:"true"`, reflect.TypeFor[[]int](), false},
		{`format:"date-time"`, reflect.TypeFor[time.Time](), false},
		{``, reflect.TypeFor[ruleSlug](), true},
	} {
		r, faults := compileRules(tt.typ, reflect.StructTag(tt.tag))
		if got := r.zeroBreaks(tt.typ); got != tt.want || faults != nil {
			t.Errorf("the zero %v breaks %s: %t, want %t; faults %v", tt.typ, tt.tag, got, tt.want, faults)
		}
	}
}

// A rule that holds allocates nothing.
func TestRuleAllocs(t *testing.T) {
	for _, tt := range []struct {
		tag   string
		value any
	}{
		{`minimum:"1" maximum:"9" exclusiveMinimum:"0" exclusiveMaximum:"10" multipleOf:"3" enum:"3,6"`, ptr(6)},
		{`minimum:"1" maximum:"9" exclusiveMinimum:"0" exclusiveMaximum:"10" multipleOf:"3" enum:"3,6"`, ptr(uint8(6))},
		{`minimum:"-1.7e308" maximum:"9" multipleOf:"0.1" enum:"0.3,-1.7e308"`, ptr(-1.7e308)},
		{`minimum:"-3e38" maximum:"9" multipleOf:"0.1" enum:"0.3,-1.7e38"`, ptr(float32(-1.7e38))},
		{`minimum:"0.1" maximum:"1e999" exclusiveMaximum:"1e999" multipleOf:"0.1" enum:"0.3,12345678901234567890.1"`, ptr(json.Number("12345678901234567890.1"))},
		{`minLength:"1" maxLength:"12" enum:"b,日本語" pattern:"^[^a]+$"`, ptr("日本語")},
		{`enum:"true"`, ptr(true)},
		{`format:"date"`, ptr("2024-02-29")},
		{`format:"date-time"`, ptr("1998-12-31T15:59:60.123456789-08:00")},
		{`format:"email"`, ptr("ann.smith@mail.example.com")},
		{`format:"ipv4"`, ptr("192.0.2.255")},
		{`format:"ipv6"`, ptr("2001:db8::ffff:192.0.2.1")},
		{`format:"uri"`, ptr("https://ann:x@[::1]:80/a/b%20c?d=e#f")},
		{`format:"uuid"`, ptr("123e4567-e89b-12d3-a456-426614174000")},
		{`minItems:"1" maxItems:"9" uniqueItems:"true" minLength:"1"`, ptr([]string{"a", "b", "c"})},
		{`minItems:"1" maxItems:"9" uniqueItems:"true" multipleOf:"0.1"`, ptr([]float64{0.1, 0.2, 0.3})},
		{`uniqueItems:"true" maximum:"3"`, ptr([]json.Number{"1", "2", "3"})},
		{`uniqueItems:"true"`, ptr([]bool{true, false})},
	} {
		v := reflect.ValueOf(tt.value).Elem()
		t.Run(v.Type().String()+" "+tt.tag, func(t *testing.T) {
			r, faults := compileRules(v.Type(), reflect.StructTag(tt.tag))
			if faults != nil {
				t.Fatal(faults)
			}
			if code := r.verdict(v); code != "" {
				t.Fatalf("%v breaks %s", v, code)
			}
			if n := testing.AllocsPerRun(100, func() { r.verdict(v) }); n > 0 && !raceEnabled {
				t.Errorf("%v allocations, want none", n)
			}
		})
	}
}

// A rule takes time and memory in proportion to the text. One that did not would never end here.
func TestRulesOnHostileTexts(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	texts := map[string]string{
		"letters": strings.Repeat("a", size), "emoji": strings.Repeat("😀", size/4), "dots": strings.Repeat(".", size), "labels": "a@" + strings.Repeat("b.", size/2),
		"colons": strings.Repeat(":", size), "escapes": "x:" + strings.Repeat("%20", size/3), "hosts": "x://" + strings.Repeat("[", size), "users": "x://" + strings.Repeat("a@", size/2),
		"fraction": "2024-01-02T03:04:05." + strings.Repeat("0", size) + "Z", "digits": strings.Repeat("1", size), "hyphens": strings.Repeat("-", size),
	}
	for _, tag := range []string{`minLength:"2000000"`, `maxLength:"262143"`, `enum:"a,b"`, `pattern:"^(a+)+b$"`,
		`format:"date"`, `format:"email"`, `format:"ipv4"`, `format:"ipv6"`, `format:"uuid"`} {
		r, faults := compileRules(reflect.TypeFor[string](), reflect.StructTag(tag))
		if faults != nil {
			t.Fatal(faults)
		}
		for name, s := range texts {
			if r.verdict(reflect.ValueOf(s)) == "" {
				t.Errorf("%s: %s are accepted", tag, name)
			}
		}
	}
	for name, want := range map[string]bool{"fraction": true, "digits": false, "letters": false} {
		if got := isDateTime(texts[name]); got != want {
			t.Errorf("%s are a date-time: %t, want %t", name, got, want)
		}
	}
	for name, want := range map[string]bool{"escapes": true, "hosts": false, "users": false, "letters": false} {
		if got := isURI(texts[name]); got != want {
			t.Errorf("%s are a URI: %t, want %t", name, got, want)
		}
	}
	long := strings.Repeat("3", size)
	for _, tag := range []string{`maximum:"9"`, `multipleOf:"7"`, `enum:"1,2"`} {
		r, _ := compileRules(reflect.TypeFor[json.Number](), reflect.StructTag(tag))
		for _, s := range []string{long, "1e999999999", "1e99999999999999999999", "1e" + long, long + "." + long + "e" + long} {
			if r.verdict(reflect.ValueOf(json.Number(s))) == "" {
				t.Errorf("%s accepts %.30s", tag, s)
			}
		}
	}
	items := make([]string, 100_000)
	for i := range items {
		items[i] = strconv.Itoa(i)
	}
	if !isUnique(reflect.ValueOf(items)) || isUnique(reflect.ValueOf(append(items, "0"))) {
		t.Error("100,000 items are not told apart")
	}
}
