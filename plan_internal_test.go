package apiroute

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

type (
	plainValueMethod   struct{ N int }
	plainPointerMethod struct{ N int }
	plainMapDecoder    map[string]string
	plainRecursive     struct{ Next *plainRecursive }
	plainToOther       struct {
		Other *plainFromOther
		Last  plainPointerMethod
	}
	plainFromOther struct{ Back *plainToOther }
)

func (plainValueMethod) Validate() error           { return nil }
func (*plainPointerMethod) Validate() error        { return nil }
func (plainMapDecoder) UnmarshalJSON([]byte) error { return nil }

func TestPlain(t *testing.T) {
	tests := []struct {
		typ  reflect.Type
		want bool
	}{
		{reflect.TypeFor[int](), true},
		{reflect.TypeFor[any](), true},
		{reflect.TypeFor[struct{ S []map[string]*int }](), true},
		{reflect.TypeFor[time.Time](), true},
		{reflect.TypeFor[json.RawMessage](), true},
		{reflect.TypeFor[struct{ T *time.Time }](), true},
		{reflect.TypeFor[plainValueMethod](), true},
		{reflect.TypeFor[plainRecursive](), true},
		{reflect.TypeFor[plainPointerMethod](), false},
		{reflect.TypeFor[plainMapDecoder](), false},
		{reflect.TypeFor[netip.Addr](), false},
		{reflect.TypeFor[struct{ mu sync.Mutex }](), false},
		{reflect.TypeFor[struct{ plainPointerMethod }](), false},
		{reflect.TypeFor[struct{ time.Time }](), false}, // it has the pointer's methods, and is not time.Time
		{reflect.TypeFor[[2]plainPointerMethod](), false},
		{reflect.TypeFor[[]big.Int](), false},
		{reflect.TypeFor[map[netip.Addr]int](), false},
		{reflect.TypeFor[map[string]plainMapDecoder](), false},
		{reflect.TypeFor[*plainPointerMethod](), false},
		{reflect.TypeFor[plainToOther](), false},
		{reflect.TypeFor[plainFromOther](), false}, // looked at before what follows it is known
	}
	for _, tt := range tests {
		if got := plain(tt.typ); got != tt.want {
			t.Errorf("plain(%v) = %v, want %v", tt.typ, got, tt.want)
		}
	}
}

// A set of many fields takes memory in proportion to their number.
func TestFieldSetCost(t *testing.T) {
	fill := func() {
		var s fieldSet
		for i := range 1000 {
			s.add(&field{name: strconv.Itoa(i)})
		}
		if s.get("999") != s.fields[999] || s.get("1000") != nil {
			t.Error("the set has lost a field, or has one too many")
		}
	}
	if got := allocated(fill); got > 4<<20 {
		t.Errorf("%d bytes were allocated for 1000 fields", got)
	}
}

// reflect understands a malformed tag in part or not at all. The types are made here, because go vet
// finds such tags too.
func TestPlanMalformedTag(t *testing.T) {
	t.Parallel()
	const malformed = "is malformed: write key:\"value\" with quotes and no space in between, and one space between two of them"
	const backslash = "is malformed: write each backslash twice, since a value is a Go string in quotes"
	for _, tt := range []struct {
		tag    reflect.StructTag
		source bool // whether a source is understood nevertheless
	}{
		{`query: "f"`, false},
		{`query :"f"`, false},
		{`query:f`, false},
		{`query:'f'`, false},
		{"query:`f`", false},
		{`query="f"`, false},
		{`query:"f`, false},
		{`:"f"`, false},
		{`query`, false},
		{`"f"`, false},
		{`f`, false},
		{`json:"f", query:"f"`, false},
		{`query:"f",default:"1"`, true},
		{`query:"f", default:"1"`, true},
		{`query:"f" default: "1"`, true},
		{`query:"f" default:1`, true},
		{`query:"f"default:"1"`, true},
		{`query:"f";default:"1"`, true},
		{"query:\"f\"\tdefault:\"1\"", true},
		{`query:"f" pattern: "\\d"`, true},
		{`query:"f" pattern:"\d"`, true},
	} {
		t.Run(string(tt.tag), func(t *testing.T) {
			t.Parallel()
			p := newPlan(reflect.StructOf([]reflect.StructField{{Name: "F", Type: reflect.TypeFor[int](), Tag: tt.tag}}))
			want := "field F has no tag that names its source: its tag `" + string(tt.tag) + "` " + malformed
			if tt.source {
				want = "field F: its tag `" + string(tt.tag) + "` " + malformed
			}
			if strings.Contains(string(tt.tag), `:"\d"`) {
				want = "field F: its tag `" + string(tt.tag) + "` " + backslash
			}
			if p.fault == nil || !strings.Contains(p.fault.Error(), want) {
				t.Errorf("fault %v, want %q in it", p.fault, want)
			}
		})
	}
	for _, tag := range []reflect.StructTag{`query:"f"`, ` query:"f"  default:"1" `, `query:"f\u00e9\""`, `x.y-z:"" query:"f"`} {
		t.Run(string(tag), func(t *testing.T) {
			t.Parallel()
			if p := newPlan(reflect.StructOf([]reflect.StructField{{Name: "F", Type: reflect.TypeFor[int](), Tag: tag}})); p.fault != nil {
				t.Errorf("fault %v, want none", p.fault)
			}
		})
	}
}

func TestEditDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"query", "query", 0},
		{"", "path", 4},
		{"qurey", "query", 1},
		{"quary", "query", 1},
		{"quer", "query", 1},
		{"querry", "query", 1},
		{"form", "from", 1},
		{"json", "form", 4},
		{"a-key-that-no-source-is-as-long-as", "query", 20},
	} {
		if got, back := editDistance(tt.a, tt.b), editDistance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("editDistance(%q, %q) = %d, and %d the other way round, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}
