package apiroute

import (
	"encoding/json"
	"reflect"
	"strings"
)

// An Optional is a member of a JSON body that tells an absent member, null and a value apart, as is
// needed for PATCH:
//
//	type patch struct {
//		Title    apiroute.Optional[string]     `json:"title" minLength:"1"`
//		Deadline apiroute.Optional[*time.Time] `json:"deadline"`
//	}
//
//	in.Body.Title.ApplyTo(&post.Title)
//	in.Body.Deadline.ApplyTo(&post.Deadline) // null sets post.Deadline, a *time.Time, to nil
//
// The zero Optional is an absent member. Rules in the tag are about the value; an absent member and
// null do not break them. With required:"true" the member must be present and not null. A method
// Validate of the value is called if there is a value.
//
// If an Optional can contain itself, as in a tree, a body may be nested in 32 levels at most,
// except where the toolchain has encoding/json/v2: each level takes as long as the text inside of
// it.
//
// As JSON, an Optional is its value, or null if it is absent or null. To leave an absent one out of
// a response, add the option omitzero, which encoding/json has from Go 1.24 on. A path, query,
// header, cookie or form has no null; use a pointer there.
type Optional[T any] struct {
	Value T    // the value; the zero T if the member is absent or null
	Set   bool // whether the member is in the text
	Null  bool // whether the member is null
}

// UnmarshalJSON decodes a value or null. encoding/json does not call it for an absent member.
func (o *Optional[T]) UnmarshalJSON(text []byte) error {
	*o = Optional[T]{Set: true, Null: string(text) == "null"}
	if o.Null {
		return nil
	}
	return json.Unmarshal(text, &o.Value)
}

// MarshalJSON returns the value as JSON, or null if it is absent or null.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.Set || o.Null {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// ApplyTo changes *dst as encoding/json would if it decoded the member into *dst:
//
//	absent   leaves *dst as it is
//	a value  replaces *dst
//	null     sets *dst to nil if T is a pointer, slice, map or interface, and otherwise leaves it
//
// So null never turns a price into 0 or a title into "". For a value that null removes, T is a
// pointer, as in the example of [Optional]. To reject null, or to give it another meaning, look at
// Null before the call. A pointer, slice or map is not copied: *dst then shares it with Value.
func (o Optional[T]) ApplyTo(dst *T) {
	switch {
	case !o.Set:
	case !o.Null:
		*dst = o.Value
	case canBeNil(reflect.TypeFor[T]().Kind()):
		*dst = *new(T)
	}
}

// canBeNil reports whether a value of the kind is nil after encoding/json has decoded null.
func canBeNil(k reflect.Kind) bool {
	switch k {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return false
}

// IsZero reports whether the member is absent, for the option omitzero of [encoding/json].
func (o Optional[T]) IsZero() bool { return !o.Set }

// The fields of an Optional, for reflection.
const (
	optionalValue = iota
	optionalSet
	optionalNull
)

// optionalType returns the type of the value in an Optional, or nil if t is another type.
func optionalType(t reflect.Type) reflect.Type {
	if t.Kind() != reflect.Struct || !strings.HasPrefix(t.Name(), "Optional[") || t.PkgPath() != reflect.TypeFor[Error]().PkgPath() {
		return nil
	}
	return t.Field(optionalValue).Type
}
