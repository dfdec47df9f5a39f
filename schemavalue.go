package apiroute

import (
	"encoding"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// This file has the schemas of types that hold no other types: strings, numbers and bools, and types
// whose own code decodes or encodes them. It also says where null is a value.

// hasNull reports whether the JSON of a type may be null: that of a pointer, an [Optional] and,
// without encoding/json/v2, a slice and a map.
func hasNull(t reflect.Type, dir direction) bool {
	switch {
	case t.Kind() == reflect.Pointer || optionalType(t) != nil:
		return true
	case dir == forResponse && encodesItself(t) || dir != forResponse && decodesItself(t):
		return false
	}
	return !jsonV2 && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map)
}

// orNull returns the schema of what a schema describes, or null.
func orNull(s object) object {
	if len(s) == 0 {
		return s
	}
	kind, ok := s.get("type").(string)
	if !ok {
		return object{{"anyOf", []any{s, object{{"type", "null"}}}}}
	}
	s = slices.Clone(s).with("type", []any{kind, "null"})
	if values, ok := s.get("enum").([]any); ok {
		s = s.with("enum", append(slices.Clip(values), nil))
	}
	return s
}

// butNull returns a schema without null, which only the schema of all values has by itself.
func butNull(s object) object {
	if len(s) == 0 {
		return object{{"not", object{{"type", "null"}}}}
	}
	return s
}

// wellKnown returns the schema of a type whose own code is known, or nil.
func wellKnown(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{{"type", "string"}, {"format", "date-time"}}
	case reflect.TypeFor[json.Number]():
		return object{{"type", "number"}}
	case reflect.TypeFor[big.Int]():
		return object{{"type", "integer"}}
	case reflect.TypeFor[json.RawMessage]():
		return object{}
	}
	return nil
}

// ownSchema returns the schema of a type with its own code: a string if that is a method for texts,
// and otherwise the schema of all values, because only the code knows them. It returns nil for a
// type without.
func ownSchema(t reflect.Type, dir direction) object {
	anything, text := object{}, object{{"type", "string"}}
	if dir != forResponse {
		switch ownCodeOf(t, true) {
		case ownNone:
			return nil
		case ownText:
			return text
		}
		return anything
	}
	// encoding/json calls a method of the pointer only where it can take the address of the value,
	// so such a type may be encoded either way.
	switch p := reflect.PointerTo(t); {
	case !encodesItself(t):
		return nil
	case p.Implements(reflect.TypeFor[json.Marshaler]()), encodesTo(p), !t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return anything
	}
	return text
}

// base64Pattern is the pattern of base64 with padding. Validators do not look at a contentEncoding.
const base64Pattern = `^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`

// isBytes reports whether a type is bytes, which are a base64 string in JSON.
func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && !encodesItself(t.Elem()) && !decodesItself(t.Elem())
}

// scalarSchema returns the schema of a kind that is a string, a number or a bool in JSON. It returns
// that of all values for any other kind.
func scalarSchema(k reflect.Kind) object {
	integer := object{{"type", "integer"}}
	switch k {
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64:
		return integer.with("format", "int64")
	case reflect.Int32:
		return integer.with("format", "int32")
	case reflect.Int8:
		return integer.with("minimum", math.MinInt8).with("maximum", math.MaxInt8)
	case reflect.Int16:
		return integer.with("minimum", math.MinInt16).with("maximum", math.MaxInt16)
	case reflect.Uint8:
		return integer.with("minimum", 0).with("maximum", math.MaxUint8)
	case reflect.Uint16:
		return integer.with("minimum", 0).with("maximum", math.MaxUint16)
	case reflect.Uint32:
		return integer.with("minimum", 0).with("maximum", json.Number(strconv.FormatUint(math.MaxUint32, 10)))
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return integer.with("minimum", 0)
	case reflect.Float32:
		return object{{"type", "number"}, {"format", "float"}}
	case reflect.Float64:
		return object{{"type", "number"}, {"format", "double"}}
	}
	return object{}
}

// integerPattern returns the pattern of the texts of an integer type, which have no more digits than
// its largest value, or "" for another type. An int has 64 bits here on every machine, as it has in
// scalarSchema, so that the document does not depend on the machine.
func integerPattern(t reflect.Type) string {
	sign, largest := "", uint64(math.MaxUint64)
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		sign, largest = "-?", math.MaxInt64
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
	case reflect.Int8, reflect.Int16, reflect.Int32:
		sign, largest = "-?", 1<<(t.Bits()-1)-1
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		largest = 1<<t.Bits() - 1
	default:
		return ""
	}
	digits := len(strconv.FormatUint(largest, 10))
	return "^(0|" + sign + "[1-9][0-9]{0," + strconv.Itoa(digits-1) + "})$"
}

// quotedSchema returns the schema of a number or a bool that the option "string" writes as a string,
// with the values of enum if there are any.
func quotedSchema(t reflect.Type, enum []string) object {
	if t.Kind() == reflect.Bool && enum == nil {
		enum = []string{"true", "false"}
	}
	if enum != nil {
		return object{{"type", "string"}, {"enum", stringValues(enum)}}
	}
	pattern := integerPattern(t)
	if pattern == "" {
		pattern = `^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`
	}
	return object{{"type", "string"}, {"pattern", pattern}}
}

// durationPattern is the pattern of the texts that time.ParseDuration takes.
const durationPattern = `^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`
