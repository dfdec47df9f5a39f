package apiroute

import (
	"encoding"
	"encoding/json"
	"reflect"
	"time"
)

// This file says whether a Go type decodes itself from JSON or text, with a method of its own. Only
// that method knows what it accepts.

// ownCode says which of a type's own methods decodes a value of it.
type ownCode uint8

const (
	ownNone    ownCode = iota
	ownText            // UnmarshalText
	ownJSON            // UnmarshalJSON
	ownDecoder         // a method that only encoding/json can call, or a type with special rules
)

// ownCodeOf returns which of a type's own methods decodes it. UnmarshalJSON takes precedence over
// UnmarshalText. pointer reports that the type is behind a pointer. encoding/json without v2 does
// not look for methods of an unnamed type, which can have them from an embedded field, unless the
// type is behind a pointer. The code of an [Optional] is known, and does not count.
func ownCodeOf(t reflect.Type, pointer bool) ownCode {
	p := reflect.PointerTo(t)
	switch {
	case t == reflect.TypeFor[json.Number](), optionalType(t) != nil, !jsonV2 && t.Name() == "" && !pointer:
		return ownNone
	case decodesFrom(p), jsonV2 && t == reflect.TypeFor[time.Time]():
		return ownDecoder
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return ownJSON
	case p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return ownText
	}
	return ownNone
}

// decodesItself reports whether a type has its own code for decoding JSON or text. The code of an
// [Optional] is known, and does not count.
func decodesItself(t reflect.Type) bool {
	if optionalType(t) != nil {
		return false
	}
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
		decodesFrom(p)
}

// maxPointers limits how many pointers are followed, since a type may point to itself, as in type P
// *P.
const maxPointers = 100
