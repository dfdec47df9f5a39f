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

// takesScalar reports whether encoding/json decodes a scalar into a type.
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

// takesNull reports whether encoding/json takes null, which it does for types
// that it can decode, and without encoding/json/v2 for all.
func (t *goType) takesNull() bool {
	switch t.kind {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return !jsonV2 || t.nullable
	}
	return true
}

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

// numberFits reports whether a type of numbers takes a number, which is written
// in decimal.
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

// floatFits reports whether a float takes a number. Only one with an exponent or
// many digits may be out of range.
func floatFits(number string, bits int) bool {
	if len(number) <= 38 && strings.IndexByte(number, 'e') < 0 && strings.IndexByte(number, 'E') < 0 {
		return true
	}
	_, err := strconv.ParseFloat(number, bits)
	return err == nil
}

// decode returns the error of decoding a value with a type's own code, into a new
// value of the type.
func (t *goType) decode(raw []byte, rejectUnknown bool) error {
	dst := reflect.New(t.typ).Interface()
	switch v := dst.(type) {
	case *time.Time:
		// Most are of the one form that all versions of encoding/json take.
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

// surelyTakes reports whether a field of option "string" takes a value. If not,
// only encoding/json knows.
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

// notPlain reports whether a rune may not stand for itself in a JSON string.
func notPlain(r rune) bool { return r < ' ' || r == '"' || r == '\\' }

// fault says what a field of option "string" has against a value.
func (f *goField) fault(raw string, err error) (name, detail string) {
	if f.typ.own != ownNone || !f.quoted {
		return ownFault(f.typ.typ, err)
	}
	number := ""
	if raw[0] == '"' {
		if s, _ := unquote(raw); isNumber(s) {
			number = s
		}
	}
	detail = expected(f.typ.typ, number)
	if must, ok := strings.CutPrefix(detail, "must be "); ok {
		detail = "must be a string that holds " + must
	}
	return "", detail
}

// isString reports whether the keys of a map are the names in JSON as they are.
func (t *goType) isString() bool {
	return t.kind == reflect.String && t.own == ownNone && !t.nullable
}

// decodeKey decodes the name of a map's member, as a token and as a string. The
// key that it returns is equal for names that are the same key of the map.
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

// keyFault says what the type of a map's keys has against a name.
func (t *goType) keyFault(name string, err error) (detail string) {
	k := t.key
	if k.own == ownNone && !k.nullable && reflect.Int <= k.kind && k.kind <= reflect.Uintptr {
		return expected(k.typ, name)
	}
	_, detail = ownFault(k.typ, err)
	return detail
}

// A nameSet is the names of an object's members.
type nameSet struct {
	few  [8]string // the first, most objects have no others
	n    int       // of few
	many map[string]bool
	keys map[any]bool // of a map
}

// add adds a name, and returns false if the set has it already.
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

// addKey is add for the key of a map that is not its name.
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

// unexplained returns the fault for an error of decoding of which nothing is
// known but what it says.
func unexplained(err error) jsonFault {
	name, detail := ownFault(nil, err)
	if detail == wrongForm {
		detail = describe(err)
	}
	return jsonFault{name, detail, codeType}
}

// ownFault says what a type's own code has against a value: what a [FieldError]
// in the error says, or what is known of the type.
func ownFault(t reflect.Type, err error) (name, detail string) {
	var field FieldError
	var pointer *FieldError
	if errors.As(err, &pointer) && pointer != nil {
		field = *pointer
	} else {
		errors.As(err, &field)
	}
	switch {
	case field.Detail != "":
		return field.Name, field.Detail
	case t == reflect.TypeFor[time.Time]():
		return "", notTime
	}
	return "", wrongForm
}

// describeV1 says what an error of encoding/json has against a value. Not all of
// them have a type.
func describeV1(err error) string {
	var wrongType *json.UnmarshalTypeError
	var corrupt base64.CorruptInputError
	switch {
	case errors.As(err, &wrongType):
		if wrongType.Type == nil { // made by a type's own UnmarshalJSON
			return wrongForm
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
	return wrongForm
}
