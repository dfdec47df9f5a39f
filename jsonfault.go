package apiroute

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// A jsonFault is one thing that is wrong with a JSON text.
type jsonFault struct {
	path   string // of the value, "" for the whole
	detail string // what the value must be
	code   string // the keyword of JSON Schema that the value breaks
}

// The codes of faults.
const (
	codeSyntax  = "" // the text breaks JSON, and no schema
	codeType    = "type"
	codeFormat  = "format"
	codeUnknown = "additionalProperties"
)

// What can be wrong with a value, whatever it is.
const (
	isUnknown  = "is not known"
	isTwice    = "appears twice"
	wrongForm  = "is not of the right form"
	notUnicode = "must be valid Unicode"
	notNumber  = "must be a number"
	notBase64  = "must be a string in base64"
	notTime    = "must be a time such as 2006-01-02T15:04:05Z"
)

// maxJSONFaults is after how many faults a walk stops.
const maxJSONFaults = 20

// A jsonWalk goes through a JSON text that encoding/json has refused, beside the
// Go type that it does not fit, and finds all that is wrong with it.
//
// encoding/json's own errors cannot serve: they differ from version to version,
// come one at a time and not always for the first fault, and have no place if a
// type's own UnmarshalJSON or UnmarshalText returns them. The walk knows
// encoding/json's rules instead. It asks only about single values: those that the
// rules leave open, and those that a type decodes with code of its own. It passes
// over each byte a fixed number of times, so its time is linear in the text.
type jsonWalk struct {
	data          []byte // valid JSON
	doc           string // data, once more
	pos           int    // in data: the start of a value, between its methods
	namesOnce     bool   // names that are there twice, and strings that are not Unicode, are faults
	rejectUnknown bool

	steps  []jsonStep // to the value at pos, from the outermost
	faults []jsonFault
}

// A jsonStep leads from an object or array to a value in it.
type jsonStep struct {
	name  string
	index int // of an array's element, -1 in an object
}

// jsonSkipped is the type of values that encoding/json passes over.
var jsonSkipped = &goType{kind: reflect.Invalid}

// run returns all faults, of which there is at least one: err, with which
// encoding/json refused the text, if the walk does not find out why.
func (w *jsonWalk) run(t *goType, err error) []jsonFault {
	w.doc = string(w.data)
	w.pos = skipSpace(w.doc, 0)
	if w.value(t); w.faults == nil {
		return []jsonFault{unexplained(err)}
	}
	return w.faults
}

// The methods that follow return whether the walk goes on.

// value walks through the value at pos.
func (w *jsonWalk) value(t *goType) bool {
	switch c := w.doc[w.pos]; {
	case t.own != ownNone:
		return w.ownValue(t)
	case t == jsonSkipped && !w.namesOnce:
		w.pos = valueEnd(w.doc, w.pos)
		return true
	case c == '{' && t.refuses:
		return w.refuse(wrongForm, codeType)
	case c == '{' && (t.kind == reflect.Struct || t.kind == reflect.Map || t.takesAny()):
		return w.object(t)
	case c == '[' && (t.kind == reflect.Slice || t.kind == reflect.Array || t.takesAny()):
		return w.array(t)
	case c == '{' || c == '[':
		return w.refuse(expected(t.typ, ""), codeType)
	default:
		return w.scalar(t)
	}
}

// takesAny reports whether encoding/json decodes any value into a type.
func (t *goType) takesAny() bool {
	return t == jsonSkipped || t.kind == reflect.Interface && t.typ.NumMethod() == 0
}

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
			elem = jsonSkipped // encoding/json drops the rest
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

// next goes from the end of a value to the next one in its object or array, or to
// the end of that.
func (w *jsonWalk) next() {
	w.pos = skipSpace(w.doc, w.pos)
	if w.doc[w.pos] == ',' {
		w.pos = skipSpace(w.doc, w.pos+1)
	}
}

// member walks through a member of an object, whose name is at pos. seen has the
// names before it.
func (w *jsonWalk) member(t *goType, seen *nameSet) bool {
	end, _ := stringEnd(w.doc, w.pos)
	token := w.doc[w.pos:end]
	name, isUnicode := unquote(token)
	w.steps[len(w.steps)-1].name = name
	w.pos = skipSpace(w.doc, skipSpace(w.doc, end)+1) // after the colon
	if w.namesOnce && !isUnicode {
		return w.refuse(notUnicode, codeSyntax)
	}
	switch {
	case t.kind == reflect.Struct:
		return w.memberOfStruct(t, name, seen)
	case t.kind == reflect.Map && !t.key.isString():
		key, err := t.decodeKey(token, name, w.rejectUnknown)
		switch {
		case err != nil:
			return w.refuse(t.keyFault(name, err), codeFormat)
		case w.namesOnce && !seen.addKey(key):
			return w.refuse(isTwice, codeSyntax)
		}
		return w.value(t.elem)
	case w.namesOnce && !seen.add(name):
		return w.refuse(isTwice, codeSyntax)
	case t.kind == reflect.Map:
		return w.value(t.elem)
	default:
		return w.value(t)
	}
}

// memberOfStruct walks through the value at pos of a member with a name.
func (w *jsonWalk) memberOfStruct(t *goType, name string, seen *nameSet) bool {
	f := t.field(name)
	switch {
	case f == nil && w.rejectUnknown:
		return w.refuse(isUnknown, codeUnknown)
	case f != nil:
		name = f.name // that of the text may differ in letter case
	}
	switch {
	case w.namesOnce && !seen.add(name):
		return w.refuse(isTwice, codeSyntax)
	case f == nil:
		return w.value(jsonSkipped)
	default:
		return w.field(f)
	}
}

// scalar walks through a value that is no object and no array, or is one in a
// string.
func (w *jsonWalk) scalar(t *goType) bool {
	end, escaped := literalEnd(w.doc, w.pos), false
	if w.doc[w.pos] == '"' {
		end, escaped = stringEnd(w.doc, w.pos)
	}
	token := w.doc[w.pos:end]
	if escaped && w.namesOnce {
		if _, isUnicode := unquote(token); !isUnicode {
			return w.refuse(notUnicode, codeSyntax)
		}
	}
	if !t.takesScalar(token) {
		number := ""
		if token[0] == '-' || digits(token) > 0 {
			number = token
		}
		return w.refuse(t.expected(number), codeType)
	}
	w.pos = end
	return true
}

// expected says what a value must be. number is what is there if that is a
// number.
func (t *goType) expected(number string) string {
	if t.takesAny() {
		return "is out of range" // only a number can be
	}
	return expected(t.typ, number)
}

// ownValue walks through a value that a type decodes with code of its own.
func (w *jsonWalk) ownValue(t *goType) bool {
	before := len(w.faults)
	raw := w.raw()
	if len(w.faults) > before || t.nullable && raw[0] == 'n' {
		return len(w.faults) < maxJSONFaults
	}
	if err := t.decode(raw, w.rejectUnknown); err != nil {
		name, detail := ownFault(t.typ, err)
		return w.add(name, detail, codeFormat)
	}
	return true
}

// raw passes over a value and returns it. Faults that are found have nothing to
// do with its type.
func (w *jsonWalk) raw() []byte {
	start := w.pos
	if !w.value(jsonSkipped) {
		return nil
	}
	return w.data[start:w.pos:w.pos]
}

// field walks through the value of a field of a struct.
func (w *jsonWalk) field(f *goField) bool {
	switch {
	case f.outOfReach:
		return w.refuse(wrongForm, codeType)
	case f.wrapper == nil:
		return w.value(f.typ)
	}
	before := len(w.faults)
	raw := w.raw()
	if len(w.faults) > before || f.surelyTakes(string(raw)) {
		return len(w.faults) < maxJSONFaults
	}
	wrapped := append(append([]byte(`{"V":`), raw...), '}')
	if err := unmarshal(wrapped, reflect.New(f.wrapper).Interface(), w.rejectUnknown); err != nil {
		name, detail := f.fault(string(raw), err)
		return w.add(name, detail, codeType)
	}
	return true
}

// refuse adds a fault of the value at pos, and passes over the value.
func (w *jsonWalk) refuse(detail, code string) bool {
	w.pos = valueEnd(w.doc, w.pos)
	return w.add("", detail, code)
}

// add adds a fault of the value that the steps lead to, or of one of a name in it.
func (w *jsonWalk) add(name, detail, code string) bool {
	path := w.path()
	if path != "" && name != "" && name[0] != '[' {
		path += "."
	}
	w.faults = append(w.faults, jsonFault{path + name, detail, code})
	return len(w.faults) < maxJSONFaults
}

// path returns the steps as in items[2].price. Names that are not plain are
// quoted, and a path that is long is cut.
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

// maxJSONPath is after how many bytes a path is cut.
const maxJSONPath = 200

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

func isSpecial(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z')
}

// expected says what a value of a Go type must be in JSON. number is what stands
// there if that is a number.
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
