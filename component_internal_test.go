package apiroute

import (
	"reflect"
	"strconv"
	"testing"
)

// Types that only a number tells apart do not try all numbers of those before them.
func TestNameComponentsCost(t *testing.T) {
	const n = 1000
	var list []*component
	for i := range n { // a type without a name has the name Recursive in a document
		field := reflect.StructField{Name: "F" + strconv.Itoa(i), Type: reflect.TypeFor[int]()}
		list = append(list, &component{componentKey: componentKey{typ: reflect.StructOf([]reflect.StructField{field})}})
	}
	name := func() {
		for _, c := range list {
			c.name = ""
		}
		nameComponents(list)
	}
	if got := allocated(name); got > 4<<20 {
		t.Errorf("%d bytes were allocated for %d components", got, n)
	}
	if first, last := list[0].name, list[n-1].name; first != "Recursive" || last != "Recursive_1000" {
		t.Errorf("the names are %s to %s", first, last)
	}
}
