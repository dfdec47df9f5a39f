package apiroute

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"
)

// This file finds out at registration whether encoding/json can encode the Out of a typed endpoint.
// If it cannot, each request would otherwise be a 500, after the function has done its work. It also
// finds keywords in tags that would not be in the document.

// checkOut returns an error that names each place in a type that has no JSON form, such as a
// channel. It looks at the same fields as encoding/json, and not into types that encode themselves,
// nor into interfaces, whose values are known only when there is a response.
func checkOut(t reflect.Type) error {
	c := outChecker{seen: map[reflect.Type]bool{}}
	if t == reflect.TypeFor[error]() || t == reflect.TypeFor[Error]() || t == reflect.TypeFor[*Error]() {
		c.failf("", "an error is the second result: for an endpoint that returns nothing else, write struct{} as Out")
	}
	if t.Implements(reflect.TypeFor[io.Reader]()) && !encodesItself(t) {
		c.failf("", "a reader is no JSON: return a struct with a field io.Reader and the tag `body:\"bytes\" contentMediaType:\"text/csv\"`")
	}
	c.check(t, "")
	if opaque := elemOf(t); opaque.Kind() == reflect.Struct && opaque.NumField() > 0 && !encodesItself(opaque) && !hasJSONFields(opaque) {
		c.failf("", "%v has no exported field, so its JSON would be {}", opaque)
	}
	if c.faults == nil {
		for t := range c.seen {
			faultlessOuts.Store(t, true)
		}
		return nil
	}
	return fmt.Errorf("type %v: %w", t, errors.Join(c.faults...))
}

// faultlessOuts holds the types in which checkOut has found no fault, as a set of reflect.Type; see
// faultless.
var faultlessOuts sync.Map

// An outChecker collects what is wrong with one type.
type outChecker struct {
	seen   map[reflect.Type]bool // the types that it has looked at, for those that contain themselves
	faults []error               // in the order of the struct
}

// failf records a fault of a field, or of the type as a whole if field is "".
func (c *outChecker) failf(field, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if field != "" {
		text = "field " + field + ": " + text + `; to leave the field out, write json:"-"`
	}
	c.faults = append(c.faults, errors.New(text))
}

// check looks at a type. field is the path of the field that holds it, such as "Posts.Author".
func (c *outChecker) check(t reflect.Type, field string) {
	if c.seen[t] || encodesItself(t) {
		return
	}
	if _, ok := faultlessOuts.Load(t); ok {
		return
	}
	c.seen[t] = true
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		c.failf(field, "%v has no JSON form", t)
	case reflect.Map:
		if !encodesAsName(t.Key()) {
			c.failf(field, "%v: %v cannot be the name of a JSON member", t, t.Key())
		}
		c.check(t.Elem(), field)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		c.check(t.Elem(), field)
	case reflect.Struct:
		list, _ := structFields(t)
		for _, f := range dominant(list) {
			name := joinNames(field, goName(t, f.index))
			c.checkKeywords(f.Tag, name)
			c.check(f.Type, name)
		}
	}
}

// checkKeywords finds keywords that would not be in the document: those that a tag misspells or has
// twice. The Out may be a type of another package, whose tags may mean something to that.
func (c *outChecker) checkKeywords(tag reflect.StructTag, field string) {
	pairs, _ := splitPairs(tag)
	for i, p := range pairs {
		switch fault := misspelled(p, ruleKeywords); {
		case fault != "":
			c.faults = append(c.faults, fmt.Errorf("field %s: %s", field, fault))
		case isSecond(pairs, i) && slices.Contains(ruleKeywords, p.key):
			c.faults = append(c.faults, fmt.Errorf("field %s: %s", field, secondPair(p)))
		}
	}
}

// goName returns the name in Go of the field with an index, with the structs that it is embedded
// in, such as "Base.Done".
func goName(t reflect.Type, index []int) (name string) {
	for _, i := range index {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		f := t.Field(i)
		name, t = joinNames(name, f.Name), f.Type
	}
	return name
}

// joinNames joins two names with a period, unless the first is "".
func joinNames(outer, inner string) string {
	if outer == "" {
		return inner
	}
	return outer + "." + inner
}

// encodesItself reports whether a type has its own code for encoding JSON or text. A method of the
// pointer counts: whether encoding/json can call it depends on where the value is.
func encodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || encodesTo(p)
}

// encodesAsName reports whether encoding/json can encode a type as the name of a member. With v2 it
// takes more types than without, so it is asked about the zero value, unless it would call code of
// the type's own.
func encodesAsName(key reflect.Type) bool {
	if key.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || jsonV2 && (key.Kind() == reflect.Interface || encodesItself(key)) {
		return true
	}
	m := reflect.MakeMap(reflect.MapOf(key, reflect.TypeFor[bool]()))
	m.SetMapIndex(reflect.Zero(key), reflect.ValueOf(true))
	_, err := json.Marshal(m.Interface())
	return err == nil
}

// elemOf returns what a type consists of, if it is a pointer, a slice, an array or a map.
func elemOf(t reflect.Type) reflect.Type {
	for i := 0; i < maxPointers && !encodesItself(t); i++ {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		default:
			return t
		}
	}
	return t
}

// hasJSONFields reports whether encoding/json sees a field of a struct.
func hasJSONFields(t reflect.Type) bool {
	list, custom := structFields(t)
	return custom || len(dominant(list)) > 0
}
