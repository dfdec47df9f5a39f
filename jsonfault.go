package apiroute

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// This file finds everything that is wrong with a JSON text that encoding/json does not decode, in
// the order of the text, and words it for the client, who gets the first fault. The function
// expected is where details such as "must be an integer" come from for JSON; parse.go has those for
// texts. The walk uses the tokens of jsonscan.go, the Go types of jsontype.go, and the rules for
// single values of jsonvalue.go.

// bodyFault returns a fault of the body. For the text {"items":[{"price":"x"}]} and a price that is
// an int, the path is items[0].price and the detail "must be an integer".
func bodyFault(path, detail string) FieldError { return FieldError{"body", path, detail} }

// Details that do not depend on a Go type, or only on one.
const (
	isUnknown  = "is not known"
	isTwice    = "appears twice"
	wrongForm  = "is not of the right form"
	notUnicode = "must be valid Unicode"
	notNumber  = "must be a number"
	notBase64  = "must be a string in base64"
	notTime    = "must be a time such as 2006-01-02T15:04:05Z"
)

// maxJSONFaults is the number of faults after which a walk stops. It bounds the work for a text
// that is wrong throughout.
const maxJSONFaults = 20

// A jsonWalk goes through a JSON text that encoding/json did not decode, together with the Go type
// that the text does not fit, and finds all faults.
//
// The errors of encoding/json cannot be used instead. They differ between versions of Go, there is
// only one of them, which is not always the first fault, and they have no path if a type's own
// UnmarshalJSON or UnmarshalText returned them. So the walk has the rules of encoding/json itself.
// It asks encoding/json only about single values: those that the rules leave open, and those that a
// type decodes with its own code. A test compares the two on random documents.
//
// The walk reads each byte a fixed number of times, so its time is linear in the length of the
// text.
type jsonWalk struct {
	data          []byte // the text, which is valid JSON
	doc           string // the same text as a string
	pos           int    // the offset in the text; at the start of a value whenever value is called
	namesOnce     bool   // whether repeated names, and strings that are not Unicode, are faults
	rejectUnknown bool   // whether names without a field are faults

	steps  []jsonStep // the steps to the value at pos, from the outermost inwards
	faults []FieldError
}

// A jsonStep leads from an object or an array to a value in it.
type jsonStep struct {
	name  string // the name of the object's member
	index int    // the index of the array's element; -1 if it is a member of an object
}

// jsonSkipped is the type of values that encoding/json ignores, such as that of an unknown member.
var jsonSkipped = &goType{kind: reflect.Invalid}

// run returns all faults. There is always at least one: if the walk finds none, it is made from
// err, the error with which encoding/json failed.
func (w *jsonWalk) run(t *goType, err error) []FieldError {
	w.doc = string(w.data)
	w.pos = skipSpace(w.doc, 0)
	if w.value(t); w.faults == nil {
		return []FieldError{unexplained(err)}
	}
	return w.faults
}

// Each of the methods below walks through one value, leaves pos after it, and returns whether the
// walk goes on. It ends when there are maxJSONFaults.

// value walks through the value at pos, which encoding/json would decode into a t. If the kinds of
// the two do not fit, it adds a fault and does not look inside the value.
func (w *jsonWalk) value(t *goType) bool {
	switch c := w.doc[w.pos]; {
	case t.own != ownNone:
		return w.ownValue(t)
	case t == jsonSkipped && !w.namesOnce:
		w.pos = valueEnd(w.doc, w.pos)
		return true
	case c == '{' && t.refuses: // an error of the type, whatever the object has
		return w.refuse(wrongForm)
	case c == '{' && (t.kind == reflect.Struct || t.kind == reflect.Map || t.takesAny()):
		return w.object(t)
	case c == '[' && (t.kind == reflect.Slice || t.kind == reflect.Array || t.takesAny()):
		return w.array(t)
	case c == '{' || c == '[':
		return w.refuse(expected(t.typ, ""))
	default:
		return w.scalar(t)
	}
}

// takesAny reports whether encoding/json decodes any JSON value into the type: it does into any,
// and jsonSkipped takes all values by ignoring them.
func (t *goType) takesAny() bool {
	return t == jsonSkipped || t.kind == reflect.Interface && t.typ.NumMethod() == 0
}

// object walks through the object at pos and its members.
func (w *jsonWalk) object(t *goType) bool {
	var seen nameSet
	w.steps = append(w.steps, jsonStep{index: -1})
	w.pos = skipSpace(w.doc, w.pos+1)
	for w.doc[w.pos] != '}' {
		if !w.member(t, &seen) {
			return false
		}
		w.next()
	}
	w.pos++
	w.steps = w.steps[:len(w.steps)-1]
	return true
}

// array walks through the array at pos and its elements.
func (w *jsonWalk) array(t *goType) bool {
	elem, most := t, math.MaxInt
	switch t.kind {
	case reflect.Slice:
		elem = t.elem
	case reflect.Array:
		elem, most = t.elem, t.typ.Len()
	}
	w.steps = append(w.steps, jsonStep{})
	w.pos = skipSpace(w.doc, w.pos+1)
	for i := 0; w.doc[w.pos] != ']'; i++ {
		w.steps[len(w.steps)-1].index = i
		if i == most {
			elem = jsonSkipped // encoding/json ignores elements beyond the length of a Go array
		}
		if !w.value(elem) {
			return false
		}
		w.next()
	}
	w.pos++
	w.steps = w.steps[:len(w.steps)-1]
	return true
}

// next moves from the end of a value to the next value or name in its object or array, or to the
// closing bracket.
func (w *jsonWalk) next() {
	w.pos = skipSpace(w.doc, w.pos)
	if w.doc[w.pos] == ',' {
		w.pos = skipSpace(w.doc, w.pos+1)
	}
}

// member walks through the member of an object whose name is at pos. seen holds the names before
// it.
//
// The name is looked at first: whether it is Unicode, whether it is a field or a key of t, and
// whether it appears twice. If there is a fault in the name, the value is not looked at, since it
// has no type or is not the only value for it.
func (w *jsonWalk) member(t *goType, seen *nameSet) bool {
	end, _ := stringEnd(w.doc, w.pos)
	token := w.doc[w.pos:end]
	name, isUnicode := unquote(token)
	w.steps[len(w.steps)-1].name = name
	w.pos = skipSpace(w.doc, skipSpace(w.doc, end)+1) // after the colon
	if w.namesOnce && !isUnicode {
		return w.refuse(notUnicode)
	}
	switch {
	case t.kind == reflect.Struct:
		return w.memberOfStruct(t, name, seen)
	case t.kind == reflect.Map && !t.key.isString(): // different names can be the same key
		key, err := t.decodeKey(token, name, w.rejectUnknown)
		switch {
		case err != nil:
			return w.refuse(t.keyFault(name, err))
		case w.namesOnce && !seen.addKey(key):
			return w.refuse(isTwice)
		}
		return w.value(t.elem)
	case w.namesOnce && !seen.add(name):
		return w.refuse(isTwice)
	case t.kind == reflect.Map:
		return w.value(t.elem)
	default:
		return w.value(t)
	}
}

// memberOfStruct walks through the value at pos of the member with a name, which is decoded into a
// field of a struct.
func (w *jsonWalk) memberOfStruct(t *goType, name string, seen *nameSet) bool {
	f := t.field(name)
	switch {
	case f == nil && w.rejectUnknown:
		return w.refuse(isUnknown)
	case f != nil:
		name = f.name // the name in the text may differ in letter case
	}
	switch {
	case w.namesOnce && !seen.add(name):
		return w.refuse(isTwice)
	case f == nil:
		return w.value(jsonSkipped)
	default:
		return w.field(f)
	}
}

// scalar walks through the string, number, true, false or null at pos.
func (w *jsonWalk) scalar(t *goType) bool {
	end, escaped := literalEnd(w.doc, w.pos), false
	if w.doc[w.pos] == '"' {
		end, escaped = stringEnd(w.doc, w.pos)
	}
	token := w.doc[w.pos:end]
	if escaped && w.namesOnce {
		if _, isUnicode := unquote(token); !isUnicode {
			return w.refuse(notUnicode)
		}
	}
	if !t.takesScalar(token) {
		number := ""
		if token[0] == '-' || digits(token) > 0 {
			number = token
		}
		return w.refuse(t.expected(number))
	}
	w.pos = end
	return true
}

// expected returns the detail for a scalar that does not fit the type. number is the scalar if it
// is a number, and otherwise "".
func (t *goType) expected(number string) string {
	if t.takesAny() {
		return "is out of range" // only a number can be
	}
	return expected(t.typ, number)
}

// ownValue walks through a value that a type decodes with its own code. It calls that code, because
// nothing else knows what the code accepts.
func (w *jsonWalk) ownValue(t *goType) bool {
	before := len(w.faults)
	raw := w.raw()
	if len(w.faults) > before || t.nullable && raw[0] == 'n' {
		return len(w.faults) < maxJSONFaults
	}
	if err := t.tryDecode(raw, w.rejectUnknown); err != nil {
		name, detail := ownFault(t.typ, err)
		return w.add(name, detail)
	}
	return true
}

// raw moves past a value and returns its bytes. It may add faults that no type allows, such as
// names that appear twice. The capacity of the result is its length, so that code of a type cannot
// append to it and overwrite the text.
func (w *jsonWalk) raw() []byte {
	start := w.pos
	if !w.value(jsonSkipped) {
		return nil
	}
	return w.data[start:w.pos:w.pos]
}

// field walks through the value of a field of a struct. If the field has an option that changes how
// its value is decoded, encoding/json is asked about the value, as the only field of another
// struct.
func (w *jsonWalk) field(f *goField) bool {
	switch {
	case f.outOfReach: // encoding/json has an error for any value
		return w.refuse(wrongForm)
	case f.wrapper == nil:
		return w.value(f.typ)
	}
	before := len(w.faults)
	raw := w.raw()
	if len(w.faults) > before || f.surelyTakes(string(raw)) {
		return len(w.faults) < maxJSONFaults
	}
	// The text for a wrapper, in which the field has the name V.
	wrapped := append(append([]byte(`{"V":`), raw...), '}')
	if err := unmarshal(wrapped, reflect.New(f.wrapper).Interface(), w.rejectUnknown); err != nil {
		name, detail := f.fault(string(raw), err)
		return w.add(name, detail)
	}
	return true
}

// refuse moves past the value at pos and adds a fault of it.
func (w *jsonWalk) refuse(detail string) bool {
	w.pos = valueEnd(w.doc, w.pos)
	return w.add("", detail)
}

// add adds a fault of the value to which the steps lead. name is "" or the path from there to a
// value inside, which a type's own code has reported: with the steps to items[2] and the name
// price, the path of the fault is items[2].price.
func (w *jsonWalk) add(name, detail string) bool {
	path := w.path()
	if path != "" && name != "" && name[0] != '[' {
		path += "."
	}
	w.faults = append(w.faults, bodyFault(path+name, detail))
	return len(w.faults) < maxJSONFaults
}

// path returns the steps as a path:
//
//	items[2].price  the member price of element 2 of the member items
//	["a.b"].c       names with other characters than letters, digits, _ and - are quoted
//	a.b.c…          a path longer than maxJSONPath is cut
func (w *jsonWalk) path() string {
	var b strings.Builder
	for _, step := range w.steps {
		switch {
		case b.Len() > maxJSONPath:
			b.WriteString("…")
			return b.String()
		case step.index >= 0:
			b.WriteString("[" + strconv.Itoa(step.index) + "]")
		default:
			writeName(&b, step.name)
		}
	}
	return b.String()
}

// maxJSONPath is the number of bytes after which a path or a name in it is cut.
const maxJSONPath = 200

// writeName appends the name of a member to a path.
func writeName(b *strings.Builder, name string) {
	if len(name) > maxJSONPath {
		name = strings.ToValidUTF8(name[:maxJSONPath], "") + "…"
	}
	switch {
	case strings.IndexFunc(name, isSpecial) >= 0 || name == "":
		fmt.Fprintf(b, "[%q]", name)
	case b.Len() > 0:
		b.WriteString("." + name)
	default:
		b.WriteString(name)
	}
}

// isSpecial reports whether a name with this rune must be quoted in a path.
func isSpecial(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z')
}

// expected returns the detail for a value that does not fit a Go type. number is the value if it is
// a number, and otherwise "". A whole number that does not fit an integer type is out of its range,
// so the detail gives the range:
//
//	type   number  detail
//	int8   ""      must be an integer
//	int8   "1.5"   must be an integer
//	int8   "1000"  must be an integer from -128 to 127
//	[]int  ""      must be an array
func expected(t reflect.Type, number string) string {
	if t == reflect.TypeFor[json.Number]() {
		return notNumber
	}
	if decodesItself(t) {
		return wrongForm
	}
	whole := number != "" && strings.Trim(number, "+-0123456789") == ""
	switch k := t.Kind(); k {
	case reflect.Bool:
		return "must be true or false"
	case reflect.String:
		return "must be a string"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if whole {
			most := uint64(1)<<(t.Bits()-1) - 1
			return fmt.Sprintf("must be an integer from -%d to %d", most+1, most)
		}
		return "must be an integer"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if whole {
			return fmt.Sprintf("must be an integer from 0 to %d", ^uint64(0)>>(64-t.Bits()))
		}
		return "must be an integer"
	case reflect.Float32, reflect.Float64:
		if number != "" {
			return "is out of range"
		}
		return notNumber
	case reflect.Slice, reflect.Array:
		if k == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return notBase64
		}
		return "must be an array"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	}
	return "has the wrong type"
}
