package apiroute

import (
	"encoding/json"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

type textOnlyRead struct{ _ int }

func (*textOnlyRead) UnmarshalText([]byte) error { return nil }

// A header can have the same types in an Out as in an In, except for those that cannot be written.
func TestResultHeaderTypes(t *testing.T) {
	t.Parallel()
	number := 0
	pointer := &number
	for _, v := range []any{"", true, 0, int8(0), uint16(0), float32(0), json.Number(""), time.Time{}, time.Duration(0), netip.Addr{},
		net.IP{}, []byte{}, [2]int{}, map[string]int{}, struct{}{}, complex(0, 0), pointer, &pointer, []*int{}, [][]string{},
		&[]int{}, []int{}, []time.Time{}, []net.IP{}, &net.IP{}, textOnlyRead{}} {
		typ := reflect.TypeOf(v)
		field := reflect.StructField{Name: "V", Type: typ, Tag: `header:"X-V"`}
		in := newPlan(reflect.StructOf([]reflect.StructField{field})).fault
		_, out := planResult(reflect.StructOf([]reflect.StructField{field}))
		_, readOnly := v.(textOnlyRead)
		if (in == nil && !readOnly) != (out == nil) {
			t.Errorf("%v: In: %v; Out: %v", typ, in, out)
		}
	}
}

// A malformed tag, which go vet finds too, is a mistake whether another field has a tag or not.
func TestResultMalformedTag(t *testing.T) {
	t.Parallel()
	bad := reflect.StructField{Name: "A", Type: reflect.TypeFor[string](), Tag: `header: "A"`}
	good := reflect.StructField{Name: "B", Type: reflect.TypeFor[string](), Tag: `header:"B"`}
	for _, fields := range [][]reflect.StructField{{bad}, {bad, good}} {
		_, err := planResult(reflect.StructOf(fields))
		if err == nil || !strings.Contains(err.Error(), "field A") || !strings.Contains(err.Error(), "its tag `header: \"A\"` is malformed") {
			t.Errorf("%d fields: %v", len(fields), err)
		}
	}
}
