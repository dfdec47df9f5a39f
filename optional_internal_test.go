package apiroute

import (
	"reflect"
	"testing"
)

// A struct that embeds an Optional has its methods, and is none.
func TestOptionalType(t *testing.T) {
	t.Parallel()
	type embeds struct{ Optional[int] }
	type defined Optional[int]
	for _, tt := range []struct {
		typ, want reflect.Type
	}{
		{reflect.TypeFor[Optional[int]](), reflect.TypeFor[int]()},
		{reflect.TypeFor[Optional[*[]string]](), reflect.TypeFor[*[]string]()},
		{reflect.TypeFor[Optional[Optional[int]]](), reflect.TypeFor[Optional[int]]()},
		{reflect.TypeFor[*Optional[int]](), nil},
		{reflect.TypeFor[embeds](), nil},
		{reflect.TypeFor[*embeds](), nil},
		{reflect.TypeFor[defined](), nil},
		{reflect.TypeFor[struct{ Optional[int] }](), nil},
		{reflect.TypeFor[int](), nil},
		{reflect.TypeFor[any](), nil},
		{reflect.TypeFor[error](), nil},
	} {
		if got := optionalType(tt.typ); got != tt.want {
			t.Errorf("the value of %v is of type %v, want %v", tt.typ, got, tt.want)
		}
	}
}
