package apiroute

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// This file finds everything that is wrong with a JSON text that encoding/json does not decode, in
// the order of the text. The walk uses the tokens of jsonscan.go, the Go types of jsontype.go, and
// the rules for single values of jsonvalue.go.

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
	decoded       bool   // whether the text has been decoded, so that only broken rules and unknown names are faults

	steps   []jsonStep      // the steps to the value at pos, from the outermost inwards
	present []bool          // for each object around pos, which of its type's required members have been seen
	scratch []reflect.Value // one value of each type of a scalar, to be checked
	faults  []FieldError
}

// A jsonStep leads from an object or an array to a value in it.
type jsonStep struct {
	name  string // the name of the object's member
	index int    // the index of the array's element; -1 if it is a member of an object
}

// run returns all faults. r holds the rules for the whole text. err is the error with which
// encoding/json failed; there is then always at least one fault, which is made from err if the walk
// finds none.
func (w *jsonWalk) run(t *goType, r *rules, err error) []FieldError {
	w.doc = string(w.data)
	w.pos = skipSpace(w.doc, 0)
	if r == nil {
		r = &rules{}
	}
	if w.value(t, r.value, r); w.faults == nil && err != nil {
		return []FieldError{unexplained(err)}
	}
	return w.faults
}

// Each of the methods below walks through one value, leaves pos after it, and returns whether the
// walk goes on. It ends when there are maxFaults.

// value walks through the value at pos, which encoding/json would decode into a t. If the kinds of
// the two do not fit, it adds a fault and does not look inside the value. The rules are as in
// goType.obeys: value holds those for the value itself or the elements of a list, and list those for
// a list as a whole.
func (w *jsonWalk) value(t *goType, value []rule, list *rules) bool {
	switch c := w.doc[w.pos]; {
	case t.optional && c != 'n':
		return w.value(t.elem, value, list)
	case t.own != ownNone:
		return w.ownValue(t)
	case t == jsonSkipped && !w.namesOnce:
		w.pos = valueEnd(w.doc, w.pos)
		return true
	case c == '{' && t.refuses: // an error of the type, whatever the object has
		return w.refuse(notOwnForm)
	case c == '{' && (t.kind == reflect.Struct || t.kind == reflect.Map || t.takesAny()):
		return w.object(t)
	case c == '[' && (t.kind == reflect.Slice || t.kind == reflect.Array || t.takesAny()):
		return w.array(t, value, list)
	case c == '{' || c == '[':
		return w.misfit(expected(t.typ, ""), value, list)
	default:
		return w.scalar(t, value, list)
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
	depth, outer := len(w.steps), len(w.present)
	w.steps = append(w.steps, jsonStep{index: -1})
	for range t.required {
		w.present = append(w.present, false)
	}
	w.pos = skipSpace(w.doc, w.pos+1)
	for w.doc[w.pos] != '}' {
		if !w.member(t, &seen) {
			return false
		}
		w.next()
	}
	w.pos++
	for i, f := range t.required {
		if w.steps[depth].name = f.name; !w.present[outer+i] && !w.breaks(isRequired) {
			return false
		}
	}
	w.steps, w.present = w.steps[:depth], w.present[:outer]
	return true
}

// array walks through the array at pos and its elements. The rules for it as a list come last.
func (w *jsonWalk) array(t *goType, value []rule, list *rules) bool {
	before, unique := len(w.faults), map[string]bool(nil)
	if list != nil && list.unique {
		unique = map[string]bool{}
	}
	elem, most := t, math.MaxInt
	switch t.kind {
	case reflect.Slice:
		elem = t.elem
	case reflect.Array:
		elem, most = t.elem, t.typ.Len()
	}
	w.steps = append(w.steps, jsonStep{})
	w.pos = skipSpace(w.doc, w.pos+1)
	count, repeats, key := 0, false, []byte(nil)
	for ; w.doc[w.pos] != ']'; count++ {
		w.steps[len(w.steps)-1].index = count
		if count == most {
			elem, value = jsonSkipped, nil // encoding/json ignores elements beyond the length of a Go array
		}
		start := w.pos
		if !w.item(elem, value, &t.elemRules) {
			return false
		}
		if unique != nil && !repeats && count < most {
			key = appendCanonical(key[:0], w.doc[start:w.pos])
			if repeats = unique[string(key)]; !repeats {
				unique[string(key)] = true
			}
		}
		w.next()
	}
	w.pos++
	w.steps = w.steps[:len(w.steps)-1]
	if list == nil || t == jsonSkipped {
		return true
	}
	if r := list.brokenCount(count); r != nil {
		return w.breaks(r.breach)
	}
	if repeats && len(w.faults) == before { // otherwise one item may be what another was meant to be
		return w.breaks(notUnique)
	}
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
		return w.entry(t, name)
	case w.namesOnce && !seen.add(name):
		return w.refuse(isTwice)
	case t.kind == reflect.Map:
		return w.entry(t, name)
	default:
		return w.value(t, nil, nil)
	}
}

// entry walks through the value at pos of a member that is decoded into an element of a map.
func (w *jsonWalk) entry(t *goType, name string) bool {
	if r := t.breaksKeyRule(name); r != nil && !w.breaks(r.breach) {
		return false
	}
	return w.item(t.elem, t.elemRules.value, &t.elemRules)
}

// item walks through an element of a list or a map. It is not like a member that null leaves as it
// was: the program gets a zero value, which may break a rule.
func (w *jsonWalk) item(t *goType, value []rule, list *rules) bool {
	if w.doc[w.pos] == 'n' {
		if b := t.nullBreaks(value, list); b != nil {
			w.pos = valueEnd(w.doc, w.pos)
			return w.breaks(*b)
		}
	}
	return w.value(t, value, list)
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
		return w.value(jsonSkipped, nil, nil)
	case f.required:
		w.present[len(w.present)-len(t.required)+f.place] = true
		if w.doc[w.pos] == 'n' { // null
			w.pos = valueEnd(w.doc, w.pos)
			return w.breaks(isRequired)
		}
	}
	return w.field(f)
}

// scalar walks through the string, number, true, false or null at pos. null breaks no rule: it
// leaves a value as it is.
func (w *jsonWalk) scalar(t *goType, value []rule, list *rules) bool {
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
		return w.misfit(t.expected(number), value, list)
	}
	w.pos = end
	if len(value) > 0 && token != "null" {
		if r := broken(value, w.decodeScalar(t.typ, token)); r != nil {
			return w.breaks(r.breach)
		}
	}
	return true
}

// decodeScalar decodes a scalar of the text to a value of a type that takes it. The value is
// overwritten by the next one of the type, so that a long list needs no memory.
func (w *jsonWalk) decodeScalar(t reflect.Type, token string) reflect.Value {
	i := slices.IndexFunc(w.scratch, func(v reflect.Value) bool { return v.Type() == t })
	if i < 0 {
		i, w.scratch = len(w.scratch), append(w.scratch, reflect.New(t).Elem())
	}
	v := w.scratch[i]
	switch k := t.Kind(); {
	case k == reflect.String && token[0] == '"':
		s, _ := unquote(token)
		v.SetString(s)
	case k == reflect.String: // json.Number
		v.SetString(token)
	case k == reflect.Bool:
		v.SetBool(token == "true")
	case v.CanInt():
		i, _ := strconv.ParseInt(token, 10, 64)
		v.SetInt(i)
	case v.CanUint():
		u, _ := strconv.ParseUint(token, 10, 64)
		v.SetUint(u)
	case v.CanFloat():
		f, _ := strconv.ParseFloat(token, t.Bits())
		v.SetFloat(f)
	}
	return v
}

// expected returns the breach of a scalar that does not fit the type. number is the scalar if it is
// a number, and otherwise "".
func (t *goType) expected(number string) breach {
	if t.takesAny() {
		return outOfRange(t.typ, number) // only a number can be
	}
	return expected(t.typ, number)
}

// ownValue walks through a value that a type decodes with its own code. It calls that code, because
// nothing else knows what the code accepts.
func (w *jsonWalk) ownValue(t *goType) bool {
	before := len(w.faults)
	raw := w.raw()
	if len(w.faults) > before || w.decoded || t.nullable && raw[0] == 'n' {
		return len(w.faults) < maxFaults
	}
	if err := t.tryDecode(raw, w.rejectUnknown); err != nil {
		return w.add(ownFault(t.typ, err))
	}
	return true
}

// raw moves past a value and returns its bytes. It may add faults that no type allows, such as
// names that appear twice. The capacity of the result is its length, so that code of a type cannot
// append to it and overwrite the text.
func (w *jsonWalk) raw() []byte {
	start := w.pos
	if !w.value(jsonSkipped, nil, nil) {
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
		return w.refuse(notOwnForm)
	case f.wrapper == nil:
		return w.value(f.typ, f.rules.value, &f.rules)
	}
	before := len(w.faults)
	raw := w.raw()
	if len(w.faults) > before || w.decoded || f.surelyTakes(string(raw)) {
		return len(w.faults) < maxFaults
	}
	// The text for a wrapper, in which the field has the name V.
	wrapped := append(append([]byte(`{"V":`), raw...), '}')
	if err := unmarshal(wrapped, reflect.New(f.wrapper).Interface(), w.rejectUnknown); err != nil {
		return w.add(f.fault(string(raw), err))
	}
	return true
}

// refuse moves past the value at pos, which encoding/json does not decode, and adds a fault. If a
// JSONCodec has decoded it, there is none.
func (w *jsonWalk) refuse(fault breach) bool {
	w.pos = valueEnd(w.doc, w.pos)
	return w.decoded && fault != isUnknown || w.add(fault.of("body", ""))
}

// misfit is refuse for a value of a kind that does not fit its Go type. If a JSONCodec has decoded it,
// the walk cannot tell whether it obeys its rules, so that it must not have any.
func (w *jsonWalk) misfit(fault breach, value []rule, list *rules) bool {
	if w.decoded && len(value) == 0 && (list == nil || !list.ofList()) {
		return w.refuse(fault)
	}
	w.pos = valueEnd(w.doc, w.pos)
	return w.add(fault.of("body", ""))
}

// breaks adds a fault for a rule that the value to which the steps lead does not obey.
func (w *jsonWalk) breaks(b breach) bool {
	return w.add(FieldError{Code: b.code, Detail: b.detail})
}

// add adds a fault of the value to which the steps lead. The name of f is "" or the path from there
// to a value inside, which a type's own code has reported.
func (w *jsonWalk) add(f FieldError) bool {
	f.In, f.Name = "body", pathFrom(w.steps, f.Name)
	w.faults = append(w.faults, f)
	return len(w.faults) < maxFaults
}

// pathFrom returns the steps as a path, followed by name. The name is "" or a path from where the
// steps lead: with the steps to items[2] and the name price, the result is items[2].price.
//
//	items[2].price  the member price of element 2 of the member items
//	["a.b"].c       names with other characters than letters, digits, _ and - are quoted
//	a.b.c…          a path longer than maxJSONPath is cut
func pathFrom(steps []jsonStep, name string) string {
	var b strings.Builder
	for _, step := range steps {
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
	if b.Len() > 0 && name != "" && name[0] != '[' {
		b.WriteString(".")
	}
	b.WriteString(name)
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
		b.WriteByte('.')
		b.WriteString(name)
	default:
		b.WriteString(name)
	}
}

// isSpecial reports whether a name with this rune must be quoted in a path.
func isSpecial(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z')
}

// expected returns the breach of a value that does not fit a Go type. number is the value if it is a
// number, and otherwise "". A whole number that does not fit an integer type is out of its range:
//
//	type   number  breach
//	int8   ""      must be an integer
//	int8   "1.5"   must be an integer
//	int8   "1000"  must be an integer from -128 to 127
//	[]int  ""      must be an array
func expected(t reflect.Type, number string) breach {
	if t == reflect.TypeFor[json.Number]() {
		return notNumber
	}
	if decodesItself(t) {
		return notOwnForm
	}
	switch k := t.Kind(); {
	case k == reflect.Bool:
		return notBool
	case k == reflect.String:
		return notString
	case reflect.Int <= k && k <= reflect.Uintptr:
		if number == "" || strings.Trim(number, "+-0123456789") != "" {
			return notInteger
		}
		return outOfRange(t, number)
	case k == reflect.Float32 || k == reflect.Float64:
		if number == "" {
			return notNumber
		}
		return outOfRange(t, number)
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return notBase64
	case k == reflect.Slice || k == reflect.Array:
		return notArray
	case k == reflect.Struct || k == reflect.Map:
		return notObject
	}
	return breach{"type", "has the wrong type"}
}
