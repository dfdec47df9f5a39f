package apiroute

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// This file has the rules of encoding/json for single values: which strings, numbers and names a Go
// type takes, and what is wrong with one that it does not take. Where the rules are too intricate
// to repeat, it asks encoding/json about the one value.

// takesScalar reports whether encoding/json decodes a scalar into a type without code of its own.
// token is the scalar as in the text, with the quotes of a string. For example:
//
//	token  Go types that take it
//	null   all, or with v2 all that can be decoded
//	true   bool, any
//	"a"    string, any
//	"YQ==" []byte as well
//	"1"    json.Number as well
//	1      numbers that it fits, json.Number, any
func (t *goType) takesScalar(token string) bool {
	if t == jsonSkipped {
		return true
	}
	switch token[0] {
	case 'n':
		return t.takesNull()
	case 't', 'f':
		return t.kind == reflect.Bool || t.takesAny()
	case '"':
		return t.takesString(token)
	}
	if t.takesAny() {
		return floatFits(token, 64)
	}
	return t.typ == reflect.TypeFor[json.Number]() || t.numberFits(token)
}

// takesNull reports whether encoding/json decodes null into a type. Without v2 it does into every
// type; with v2, only into types that it can decode at all.
func (t *goType) takesNull() bool {
	switch t.kind {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return !jsonV2 || t.nullable
	}
	return true
}

// takesString reports whether encoding/json decodes a string into a type. A []byte takes base64,
// and a json.Number takes a number in quotes.
func (t *goType) takesString(token string) bool {
	switch {
	case t.typ == reflect.TypeFor[json.Number]():
		s, _ := unquote(token)
		return isNumber(s)
	case t.kind == reflect.Slice && t.typ.Elem().Kind() == reflect.Uint8:
		s, _ := unquote(token)
		_, err := base64.StdEncoding.DecodeString(s)
		return err == nil
	}
	return t.kind == reflect.String || t.takesAny()
}

// numberFits reports whether a number fits a type of numbers. The types of integers take no
// fraction and no exponent, so 1.0 and 1e3 do not fit.
func (t *goType) numberFits(number string) bool {
	var err error
	switch t.kind {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		_, err = strconv.ParseInt(number, 10, t.typ.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		_, err = strconv.ParseUint(number, 10, t.typ.Bits())
	case reflect.Float32, reflect.Float64:
		return floatFits(number, t.typ.Bits())
	default:
		return false
	}
	return err == nil
}

// floatFits reports whether a number is in the range of a float with this many bits. Only a number
// with an exponent or many digits can be out of range, since the largest float32 has 39 digits.
func floatFits(number string, bits int) bool {
	if len(number) <= 38 && strings.IndexByte(number, 'e') < 0 && strings.IndexByte(number, 'E') < 0 {
		return true
	}
	_, err := strconv.ParseFloat(number, bits)
	return err == nil
}

// tryDecode is decode for a value that encoding/json may have decoded already, into a destination
// that was not the zero value. Code that panics without such a destination has found no fault.
func (t *goType) tryDecode(raw []byte, rejectUnknown bool) (err error) {
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	return t.decode(raw, rejectUnknown)
}

// decode decodes a value with the type's own code, into a new value that is then dropped, and
// returns the error. It calls the method itself where it can, because encoding/json wraps the
// errors of methods differently from version to version.
func (t *goType) decode(raw []byte, rejectUnknown bool) error {
	dst := reflect.New(t.typ).Interface()
	switch v := dst.(type) {
	case *time.Time:
		// Most times have the form that all versions of encoding/json accept.
		if raw[0] == '"' && v.UnmarshalText(raw[1:len(raw)-1]) == nil {
			return nil
		}
	case json.Unmarshaler:
		if t.own == ownJSON {
			return v.UnmarshalJSON(raw)
		}
	case encoding.TextUnmarshaler:
		if t.own == ownText && raw[0] == '"' {
			s, _ := unquote(string(raw))
			return v.UnmarshalText([]byte(s))
		}
	}
	return unmarshal(raw, dst, rejectUnknown)
}

// surelyTakes reports whether a field with the option "string" takes a value, as far as that is
// simple to tell. With json:",string", an int takes the string "1", a bool "true", and a string
// takes a string with quotes of its own, such as "\"a\"". If surelyTakes returns false, only
// encoding/json knows.
func (f *goField) surelyTakes(raw string) bool {
	if !f.quoted || f.typ.own != ownNone || raw[0] != '"' {
		return false
	}
	s, _ := unquote(raw)
	switch f.typ.kind {
	case reflect.Bool:
		return s == "true" || s == "false"
	case reflect.String:
		n := len(s) - 1
		return f.typ.typ != reflect.TypeFor[json.Number]() && n > 0 && s[0] == '"' && s[n] == '"' && strings.IndexFunc(s[1:n], notPlain) < 0
	}
	return isNumber(s) && f.typ.numberFits(s)
}

// notPlain reports whether a rune must be escaped in a JSON string.
func notPlain(r rune) bool { return r < ' ' || r == '"' || r == '\\' }

// fault returns the fault of a value that a field with an option does not take, such as "must be a
// string that holds an integer". It has a name if the type's own code has given one.
func (f *goField) fault(raw string, err error) FieldError {
	if f.typ.own != ownNone || !f.quoted {
		return ownFault(f.typ.typ, err)
	}
	number := ""
	if raw[0] == '"' {
		if s, _ := unquote(raw); isNumber(s) {
			number = s
		}
	}
	fault := expected(f.typ.typ, number)
	if must, ok := strings.CutPrefix(fault.detail, "must be "); ok {
		fault.detail = "must be a string that holds " + must
	}
	return fault.of("body", "")
}

// isString reports whether a map with keys of this type uses the names in JSON as they are.
func (t *goType) isString() bool {
	return t.kind == reflect.String && t.own == ownNone && !t.nullable
}

// decodeKey decodes the name of a member into the key of a map. token is the name as in the text,
// and name is the string that it denotes. The result is a key that can be compared: two names with
// equal keys are the same member of the map, as "a" and "A" are if the key's own code ignores
// letter case.
//
// Keys that are integers or have a method UnmarshalText are simple. For all others, encoding/json
// decodes an object that has only this name.
func (t *goType) decodeKey(token, name string, rejectUnknown bool) (key any, err error) {
	k := t.key
	switch {
	case k.nullable || k.own > ownText:
	case k.own == ownText:
		v := reflect.New(k.typ)
		err = v.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(name))
		return v.Elem().Interface(), err
	case reflect.Int <= k.kind && k.kind <= reflect.Int64:
		if n, err := strconv.ParseInt(name, 10, k.typ.Bits()); err == nil {
			return n, nil
		}
	case reflect.Uint <= k.kind && k.kind <= reflect.Uintptr:
		if n, err := strconv.ParseUint(name, 10, k.typ.Bits()); err == nil {
			return n, nil
		}
	}
	m := reflect.New(reflect.MapOf(t.typ.Key(), reflect.TypeFor[any]()))
	if err := unmarshal([]byte("{"+token+":null}"), m.Interface(), rejectUnknown); err != nil {
		return nil, err
	}
	switch v := m.Elem().MapKeys()[0]; {
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint():
		return v.Uint(), nil
	default:
		return v.Interface(), nil
	}
}

// keyFault returns the breach of a name that is not a key of the map.
func (t *goType) keyFault(name string, err error) breach {
	k := t.key
	if k.own == ownNone && !k.nullable && reflect.Int <= k.kind && k.kind <= reflect.Uintptr {
		return expected(k.typ, name)
	}
	fault := ownFault(k.typ, err)
	return breach{fault.Code, fault.Detail}
}

// A nameSet holds the names of an object's members that have been seen, to find those that appear
// twice. The first eight are in an array, which needs no allocation and is as fast as a map.
type nameSet struct {
	few  [8]string       // the first names; most objects have no more
	n    int             // how many elements of few are in use
	many map[string]bool // the names after those; nil if there are none
	keys map[any]bool    // the keys, if they are not the names themselves; nil if there are none
}

// add adds a name. It returns false if the set already has it.
func (s *nameSet) add(name string) bool {
	for _, other := range s.few[:s.n] {
		if other == name {
			return false
		}
	}
	switch {
	case s.n < len(s.few):
		s.few[s.n] = name
		s.n++
		return true
	case s.many == nil:
		s.many = map[string]bool{}
	case s.many[name]:
		return false
	}
	s.many[name] = true
	return true
}

// addKey adds a key of a map. It returns false if the set already has it.
func (s *nameSet) addKey(key any) bool {
	if s.keys == nil {
		s.keys = map[any]bool{}
	}
	if s.keys[key] {
		return false
	}
	s.keys[key] = true
	return true
}

// unexplained returns the fault for an error of decoding that the walk cannot explain. Its detail
// is taken from the error if the error is of a known type.
func unexplained(err error) FieldError {
	fault := ownFault(nil, err)
	if fault.Detail == notOwnForm.detail {
		fault = describe(err).of("", "")
	}
	fault.In = "body"
	return fault
}

// describeV1 returns the breach for an error of encoding/json without v2. Some of its errors can
// only be recognised by their text.
func describeV1(err error) breach {
	var wrongType *json.UnmarshalTypeError
	var corrupt base64.CorruptInputError
	switch {
	case errors.As(err, &wrongType):
		if wrongType.Type == nil { // from a type's own UnmarshalJSON
			return notOwnForm
		}
		_, number, _ := strings.Cut(wrongType.Value, "number ")
		return expected(wrongType.Type, number)
	case errors.As(err, &corrupt):
		return notBase64
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return isUnknown
	case strings.HasPrefix(err.Error(), "json: invalid number literal"):
		return notNumber
	}
	return notOwnForm
}
