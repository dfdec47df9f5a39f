package apiroute

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"reflect"
	"sync"
	"testing"
	"time"
)

type (
	plainValueMethod   struct{ N int }
	plainPointerMethod struct{ N int }
	plainMapDecoder    map[string]string
	plainRecursive     struct{ Next *plainRecursive }
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
	}
	for _, tt := range tests {
		if got := plain(tt.typ); got != tt.want {
			t.Errorf("plain(%v) = %v, want %v", tt.typ, got, tt.want)
		}
	}
}
