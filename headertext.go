package apiroute

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// This file writes Go values as the texts of header fields. It is the mirror of parse.go: Bind reads
// a text from here as the value that it was written from.

// A formatFunc returns the text for a value, which must be addressable.
type formatFunc func(reflect.Value) (string, error)

// headerFormat returns the formatFunc for a type that a header field can have, and whether the type
// is a slice, whose elements are formatted. The types are those that Bind takes from a header; see
// planner.setParser. A nil pointer has the text "". It returns nil for another type.
func headerFormat(t reflect.Type) (format formatFunc, slice bool) {
	switch {
	case t.Kind() == reflect.Pointer:
		inner := formatter(t.Elem())
		if inner == nil {
			return nil, false
		}
		return func(v reflect.Value) (string, error) {
			if v.IsNil() {
				return "", nil
			}
			return inner(v.Elem())
		}, false
	case t.Kind() == reflect.Slice && formatter(t) == nil && t.Elem() != reflect.TypeFor[byte]():
		return formatter(t.Elem()), true
	}
	return formatter(t), false
}

// formatter returns the formatFunc for the type of one value, or nil if the type is not supported. A
// method MarshalText takes precedence over the kind of the type. A type with UnmarshalText alone is
// supported only if it is a string, because that is its own text.
func formatter(t reflect.Type) formatFunc {
	marshaler := reflect.TypeFor[encoding.TextMarshaler]()
	switch k := t.Kind(); {
	case k == reflect.Pointer || k == reflect.Interface:
		return nil
	case t.Implements(marshaler):
		return func(v reflect.Value) (string, error) { return marshalText(v.Interface()) }
	case reflect.PointerTo(t).Implements(marshaler):
		return func(v reflect.Value) (string, error) {
			dup := reflect.New(t) // the method may keep the pointer; see reuse.go
			dup.Elem().Set(v)
			return marshalText(dup.Interface())
		}
	case k == reflect.String:
		return func(v reflect.Value) (string, error) { return v.String(), nil }
	case parser(t) == nil || parsesItself(t):
		return nil
	case t == reflect.TypeFor[time.Duration]():
		return func(v reflect.Value) (string, error) { return time.Duration(v.Int()).String(), nil }
	case k == reflect.Bool:
		return func(v reflect.Value) (string, error) { return strconv.FormatBool(v.Bool()), nil }
	case k == reflect.Float32 || k == reflect.Float64:
		return formatFloat
	}
	return formatInteger
}

// marshalText returns what a type's own MarshalText returns.
func marshalText(v any) (string, error) {
	b, err := v.(encoding.TextMarshaler).MarshalText()
	return string(b), err
}

// formatFloat returns the shortest text that is read as the same number. What is no number has no
// text, as in JSON.
func formatFloat(v reflect.Value) (string, error) {
	f := v.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("%v is not a number", f)
	}
	return strconv.FormatFloat(f, 'g', -1, v.Type().Bits()), nil
}

// formatInteger returns an integer in decimal digits.
func formatInteger(v reflect.Value) (string, error) {
	if v.CanInt() {
		return strconv.FormatInt(v.Int(), 10), nil
	}
	return strconv.FormatUint(v.Uint(), 10), nil
}

// errControl is for a text that no header field can have. net/http would replace line breaks over
// HTTP/1, and leave out the whole field over HTTP/2.
var errControl = errors.New("the value has a control character, such as a line break")

// checkFieldValue returns an error for a text that cannot be the value of a header field (RFC 9110,
// section 5.5).
func checkFieldValue(s string) error {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return errControl
		}
	}
	return nil
}
