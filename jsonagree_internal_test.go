//lint:file-ignore SA5008 Tags that are of no use are part of what is tested.

package apiroute

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"net/netip"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// The types below decode as few do.
type (
	agreeJSON  struct{ n int }    // refuses what is no number below 10
	agreeText  struct{ s string } // refuses what does not begin with "a"
	agreeBoth  struct{ agreeText }
	agreeValue struct{ Sum *int } // its methods have a value as the receiver
	agreeUpper string
	agreeInt   int8
	agreeByte  byte
	agreeTree  struct {
		Name  string                `json:"name"`
		Kids  []agreeTree           `json:"kids"`
		Next  *agreeTree            `json:"next"`
		Map   map[string]*agreeTree `json:"map"`
		Count int8                  `json:"count"`
		Any   any                   `json:"any"`
		Own   agreeJSON             `json:"own"`
	}
	agreeInner struct {
		A int    `json:"a"`
		B string `json:"B"`
		C bool
	}
	AgreeOuter struct {
		A string
		D float32 `json:"d"`
	}
	agreeDeep     struct{ agreeInner }
	agreeEmbedded struct {
		agreeInner
		*AgreeOuter
		D int `json:"d"`
	}
	agreeTwice struct {
		agreeDeep
		AgreeOuter `json:"outer"`
		agreeHides
	}
	agreeHides    struct{ C string }
	agreeNoReach  struct{ *agreeInner }
	agreePromoted struct{ time.Time }
	agreeCase     struct {
		ID    int    `json:"id"`
		Id    string `json:"Id"`
		Key   bool   `json:"key"`
		Long  int    `json:"straße"`
		Skip  int    `json:"-"`
		Dash  int    `json:"'-'"`
		Smile int    `json:"a😀"`
		Ig    int    `json:"ig_x,case:ignore"`
	}
	agreeQuoted struct {
		I8  int8        `json:"i8,string"`
		U   *uint       `json:"u,string"`
		F   float32     `json:"f,string"`
		B   bool        `json:"b,string"`
		S   string      `json:"s,string"`
		N   json.Number `json:"n,string"`
		X   agreeUpper  `json:"x,string"`
		Y   agreeInt    `json:"y,string,omitempty"`
		Nul *string     `json:"nul,string"`
	}
	agreeWrongTag struct {
		L []int       `json:"l,string"`
		P **int       `json:"p,string"`
		M agreeInner  `json:"m,string"`
		A any         `json:"a,string"`
		O agreeJSON   `json:"o,string"`
		T agreeText   `json:"t,string"`
		W time.Time   `json:"w,string"`
		R *[]byte     `json:"r,string"`
		E [2]int      `json:"e,string"`
		F float64     `json:"f,format:nonfinite"`
		G []byte      `json:"g,format:hex"`
		Z interface{} `json:"z"`
	}
	agreeRest struct {
		A    int            `json:"a"`
		Rest map[string]int `json:",embed"`
	}
	agreeOldRest struct {
		A    int            `json:"a"`
		Rest map[string]int `json:",inline"`
	}
)

var errAgree = errors.New("not this one")

func (v *agreeJSON) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.Atoi(string(b))
	if err != nil || n >= 10 {
		return &json.UnmarshalTypeError{Value: "number", Type: reflect.TypeFor[string](), Offset: 3}
	}
	v.n = n
	return nil
}

func (v *agreeText) UnmarshalText(b []byte) error {
	if !strings.HasPrefix(string(b), "a") {
		return errAgree
	}
	v.s = string(b[:1]) // many texts are one key of a map
	return nil
}

func (v *agreeBoth) UnmarshalJSON(b []byte) error {
	if b[0] == '{' {
		return errAgree
	}
	return nil
}

func (v agreeValue) UnmarshalText(b []byte) error {
	if len(b) > 3 {
		return errAgree
	}
	return nil
}

func (v *agreeUpper) UnmarshalJSON(b []byte) error {
	if strings.Contains(string(b), "x") {
		return errAgree
	}
	*v = agreeUpper(b)
	return nil
}

var agreeTypes = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int64](),
	reflect.TypeFor[uint8](), reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](), reflect.TypeFor[float32](), reflect.TypeFor[float64](),
	reflect.TypeFor[[]byte](), reflect.TypeFor[[3]byte](), reflect.TypeFor[[]agreeByte](), reflect.TypeFor[json.Number](), reflect.TypeFor[json.RawMessage](),
	reflect.TypeFor[any](), reflect.TypeFor[error](), reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](), reflect.TypeFor[netip.Addr](),
	reflect.TypeFor[agreeJSON](), reflect.TypeFor[agreeText](), reflect.TypeFor[agreeBoth](), reflect.TypeFor[agreeValue](), reflect.TypeFor[agreeUpper](),
	reflect.TypeFor[agreeInt](), reflect.TypeFor[agreeTree](), reflect.TypeFor[agreeEmbedded](), reflect.TypeFor[agreeTwice](), reflect.TypeFor[agreeNoReach](),
	reflect.TypeFor[agreePromoted](), reflect.TypeFor[agreeCase](), reflect.TypeFor[agreeQuoted](), reflect.TypeFor[agreeWrongTag](),
	reflect.TypeFor[agreeRest](), reflect.TypeFor[agreeOldRest](), reflect.TypeFor[struct{ time.Time }](), reflect.TypeFor[struct{ agreeText }](),
	reflect.TypeFor[chan int](), reflect.TypeFor[complex64](), reflect.TypeFor[struct{ f func() }](), reflect.TypeFor[struct{}](),
	reflect.TypeFor[map[float64]int](), reflect.TypeFor[map[bool]int](), reflect.TypeFor[map[any]int](), reflect.TypeFor[map[*agreeText]int](),
}

var agreeKeys = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[int8](), reflect.TypeFor[uint](), reflect.TypeFor[agreeInt](), reflect.TypeFor[json.Number](),
	reflect.TypeFor[agreeText](), reflect.TypeFor[agreeUpper](), reflect.TypeFor[agreeBoth](), reflect.TypeFor[netip.Addr](), reflect.TypeFor[time.Time](),
	reflect.TypeFor[time.Duration](),
}

var agreeNames = []string{"a", "A", "b", "name", "Name", "NAME", "kids", "k", "K", "\u212a", "id", "ID", "Id", "straße", "STRASSE", "ig_x", "IGX", "IG_X", "-",
	"1", "01", "-1", "+1", "300", "1.5", "::1", "2001-02-03T04:05:06Z", "x", "", "a b", "ax", "V", "null", "\ufffd"}

// agreeType makes a random type. reflect.StructOf keeps each for ever, so few
// are made.
func agreeType(r *rand.Rand, depth int) reflect.Type {
	if depth == 0 {
		return agreeTypes[r.Intn(len(agreeTypes))]
	}
	switch r.Intn(8) {
	case 0:
		return reflect.SliceOf(agreeType(r, depth-1))
	case 1:
		return reflect.ArrayOf(r.Intn(3), agreeType(r, depth-1))
	case 2:
		return reflect.MapOf(agreeKeys[r.Intn(len(agreeKeys))], agreeType(r, depth-1))
	case 3:
		return reflect.PointerTo(agreeType(r, depth-1))
	case 4, 5, 6:
		var fields []reflect.StructField
		for i := range 1 + r.Intn(5) {
			f := reflect.StructField{Name: string(rune('A' + i)), Type: agreeType(r, depth-1)}
			if r.Intn(3) > 0 {
				option := []string{"", "", "", ",omitempty", ",string"}[r.Intn(5)]
				name := agreeNames[r.Intn(17)]
				if name != "\u212a" {
					f.Tag = reflect.StructTag(fmt.Sprintf("json:%q", name+option))
				}
			}
			fields = append(fields, f)
		}
		return reflect.StructOf(fields)
	}
	return agreeType(r, 0)
}

// agreeDoc writes a random value, which more often than not fits a type.
func agreeDoc(r *rand.Rand, b *strings.Builder, t reflect.Type, depth int) {
	pick := func(list ...string) { b.WriteString(list[r.Intn(len(list))]) }
	space := func() { pick("", "", "", "", " ", "\n\t") }
	space()
	defer space()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind := t.Kind()
	if r.Intn(25) == 0 {
		kind = []reflect.Kind{reflect.Bool, reflect.String, reflect.Int, reflect.Float64, reflect.Slice, reflect.Map}[r.Intn(6)]
		t = reflect.TypeFor[any]()
	} else if kind == reflect.Interface || ownCodeOf(t, true) != ownNone {
		kind = []reflect.Kind{reflect.Bool, reflect.String, reflect.String, reflect.Int, reflect.Int, reflect.Float64, reflect.Slice, reflect.Map}[r.Intn(8)]
	}
	if depth == 0 && (kind == reflect.Slice || kind == reflect.Map || kind == reflect.Struct || kind == reflect.Array) || r.Intn(20) == 0 {
		pick("null", "{}", "[]", `""`)
		return
	}
	switch kind {
	case reflect.Bool:
		pick("true", "false", `"true"`)
	case reflect.String:
		agreeString(r, b)
	case reflect.Float32, reflect.Float64:
		pick("0", "-1.5", "1e3", "1e38", "1e39", "1e400", "-0", "1E-400", `"1.5"`, `"NaN"`, `"0x1p4"`)
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && r.Intn(3) > 0 {
			pick(`"YWI="`, `"YW\nI="`, `"YWI"`, `"*"`, `""`, `"YW\u0049="`)
			return
		}
		elem := reflect.TypeFor[any]()
		if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
			elem = t.Elem()
		}
		b.WriteByte('[')
		for i := range r.Intn(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			agreeDoc(r, b, elem, depth-1)
		}
		b.WriteByte(']')
	case reflect.Map, reflect.Struct:
		agreeObject(r, b, t, depth)
	default:
		pick("0", "1", "1", "2", "-1", "127", "128", "255", "256", "-0", "1.0", "1e2", "9223372036854775808", "18446744073709551615", "99999999999999999999",
			`"1"`, `"-1"`, `"+1"`, `"128"`, `"1x"`, `"null"`, `"-"`)
	}
}

func agreeString(r *rand.Rand, b *strings.Builder) {
	list := []string{`"a"`, `"a"`, `"ab"`, `"abcd"`, `""`, `"x"`, `"2006-01-02T15:04:05Z"`, `"2006-01-02T15:04:05,5Z"`, `"2006-1-2"`, `"::1"`, `"1"`, `"\u0061"`,
		`"\ud83d\ude00"`, `"\ud800"`, `"a\udc00\u0041"`, `"\"a\""`, `"\"\\u0061\""`, `"\"a"`, `"null"`, `"true"`, `"tru"`, `"1.5"`, `"\u0031"`, `"\"1\""`, `"a\"\\\/\b\f\n\r\t"`, `"ü"`}
	b.WriteString(list[r.Intn(len(list))])
}

func agreeObject(r *rand.Rand, b *strings.Builder, t reflect.Type, depth int) {
	var fields []*goField
	if n := goTypeOf(t); n.fields != nil {
		for _, name := range agreeSorted(n.fields) {
			fields = append(fields, n.fields[name])
		}
	}
	b.WriteByte('{')
	for i := range r.Intn(5) {
		if i > 0 {
			b.WriteByte(',')
		}
		name, typ := agreeNames[r.Intn(len(agreeNames))], reflect.TypeFor[any]()
		if t.Kind() == reflect.Map {
			typ = t.Elem()
		}
		if len(fields) > 0 && r.Intn(6) > 0 {
			f := fields[r.Intn(len(fields))]
			name, typ = f.name, f.typ.typ
			if r.Intn(8) == 0 {
				name = strings.ToUpper(name)
			}
		}
		quoted, _ := json.Marshal(name)
		if c := name; len(c) > 0 && c[0] < utf8.RuneSelf && r.Intn(8) == 0 {
			quoted = []byte(fmt.Sprintf(`"\u%04x%s`, c[0], quoted[2:]))
		}
		if r.Intn(60) == 0 {
			quoted = []byte(`"\ud800"`)
		}
		b.Write(quoted)
		b.WriteByte(':')
		agreeDoc(r, b, typ, depth-1)
	}
	b.WriteByte('}')
}

func agreeSorted(fields map[string]*goField) (names []string) {
	for name := range fields {
		names = append(names, name)
	}
	for i := range names {
		for j := range i {
			if names[i] < names[j] {
				names[i], names[j] = names[j], names[i]
			}
		}
	}
	return names
}

// agrees holds the walk to encoding/json: it finds a fault if and only if
// encoding/json refuses the text.
func agrees(t *testing.T, typ reflect.Type, doc string, reject bool) (refused bool) {
	t.Helper()
	err := unmarshal([]byte(doc), reflect.New(typ).Interface(), reject)
	w := jsonWalk{data: []byte(doc), doc: doc, namesOnce: jsonV2, rejectUnknown: reject}
	w.pos = skipSpace(doc, 0)
	w.value(goTypeOf(reflect.PointerTo(typ)), nil, nil)
	if (err != nil) != (len(w.faults) > 0) {
		t.Fatalf("%v, reject unknown %t:\n%s\nencoding/json: %v\nthe walk: %q", typ, reject, doc, err, w.faults)
	}
	if len(w.faults) > maxFaults || len(w.faults) < maxFaults && (w.pos > len(doc) || strings.TrimSpace(doc[w.pos:]) != "" || len(w.steps) > 0) {
		t.Fatalf("%v: %s: %d faults, and the walk ends at %d, %d deep", typ, doc, len(w.faults), w.pos, len(w.steps))
	}
	for _, f := range w.faults {
		if !utf8.ValidString(f.Name) || f.Detail == "" || len(f.Name) > 8*maxJSONPath {
			t.Fatalf("%v: %s: %q", typ, doc, f)
		}
	}
	return err != nil
}

// TestJSONWalkAgrees tries random documents with random types, some thousands,
// or 400,000 with APIROUTE_LONG set.
func TestJSONWalkAgrees(t *testing.T) {
	types := 150
	if os.Getenv("APIROUTE_LONG") != "" {
		types = 10_000
	}
	taken, refused := 0, 0
	for seed := range types {
		r := rand.New(rand.NewSource(int64(seed)))
		typ := agreeType(r, r.Intn(4))
		for range 40 {
			var b strings.Builder
			agreeDoc(r, &b, typ, 1+r.Intn(5))
			doc := b.String()
			if strings.TrimSpace(doc) == "null" {
				continue // is refused before
			}
			if !json.Valid([]byte(doc)) {
				t.Fatalf("seed %d: %s is not JSON", seed, doc)
			}
			if agrees(t, typ, doc, r.Intn(3) == 0) {
				refused++
			} else {
				taken++
			}
		}
	}
	if total := taken + refused; taken < total/10 || refused < total/10 {
		t.Errorf("%d documents are taken and %d refused: the test shows little", taken, refused)
	}
}

// FuzzJSONWalk is TestJSONWalkAgrees for documents that the fuzzer makes.
func FuzzJSONWalk(f *testing.F) {
	f.Add([]byte(`{"name":1,"kids":[{"own":11},{"count":300}],"map":{"a":{"NAME":2},"a":null}}`), true)
	f.Add([]byte(`{"i8":"1","u":2,"f":"1e39","b":"tru","s":"\"a\"","n":"x","x":"y","y":null}`), true)
	types := []reflect.Type{reflect.TypeFor[cutOwn](), reflect.TypeFor[agreeTree](), reflect.TypeFor[agreeQuoted](), reflect.TypeFor[agreeEmbedded]()}
	f.Fuzz(func(t *testing.T, data []byte, reject bool) {
		if !json.Valid(data) || !utf8.Valid(data) || strings.TrimSpace(string(data)) == "null" {
			return // is refused before
		}
		for _, typ := range types {
			agrees(t, typ, string(data), reject)
		}
	})
}
