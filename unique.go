package apiroute

import (
	"encoding/json"
	"reflect"
)

// This file looks for an item that a list has twice, for the keyword uniqueItems.

// fewItems is the number of items up to which comparing each with each is faster than a map, and
// allocates nothing.
const fewItems = 16

// comparableItems reports whether the elements of a list are equal in JSON if and only if they are
// in Go, as strings, bools and numbers are.
func comparableItems(list reflect.Type) bool {
	t := list.Elem()
	return isText(t) || isBool(t) || isNumeric(t)
}

// isUnique reports whether no two elements of a list are equal. Elements other than those of
// comparableItems are equal if their JSON is, as far as they can be encoded.
func isUnique(list reflect.Value) bool {
	if comparableItems(list.Type()) {
		return uniqueScalars(list)
	}
	texts := make([]string, 0, list.Len())
	for i := 0; i < list.Len(); i++ {
		v := list.Index(i)
		if v.CanAddr() {
			v = v.Addr() // the type may encode itself by methods of its pointer
		}
		if text, err := json.Marshal(v.Interface()); err == nil {
			texts = append(texts, string(text))
		}
	}
	return distinct(reflect.ValueOf(texts), reflect.Value.String)
}

// uniqueScalars is isUnique for a list whose elements can be compared; see comparableItems.
func uniqueScalars(list reflect.Value) bool {
	if list.Len() < 2 {
		return true
	}
	switch first := list.Index(0); {
	case first.Type() == reflect.TypeFor[json.Number]():
		return uniqueNumbers(list)
	case first.Kind() == reflect.String:
		return distinct(list, reflect.Value.String)
	case first.Kind() == reflect.Bool:
		return distinct(list, reflect.Value.Bool)
	case first.CanInt():
		return distinct(list, reflect.Value.Int)
	case first.CanUint():
		return distinct(list, reflect.Value.Uint)
	}
	return distinct(list, reflect.Value.Float)
}

// distinct reports whether no two elements of a list have the same key.
func distinct[K comparable](list reflect.Value, key func(reflect.Value) K) bool {
	n := list.Len()
	if n <= fewItems {
		for i := 1; i < n; i++ {
			for j := 0; j < i; j++ {
				if key(list.Index(i)) == key(list.Index(j)) {
					return false
				}
			}
		}
		return true
	}
	seen := make(map[K]struct{}, n)
	for i := 0; i < n; i++ {
		seen[key(list.Index(i))] = struct{}{}
		if len(seen) <= i {
			return false
		}
	}
	return true
}

// uniqueNumbers is isUnique for a list of json.Number, of which 1 and 1.0 are equal.
func uniqueNumbers(list reflect.Value) bool {
	n := list.Len()
	if n <= fewItems {
		for i := 1; i < n; i++ {
			for j := 0; j < i; j++ {
				if parseDecimal(list.Index(i).String()).compare(parseDecimal(list.Index(j).String())) == 0 {
					return false
				}
			}
		}
		return true
	}
	return distinct(list, func(v reflect.Value) decimal { return parseDecimal(v.String()).joined() })
}
