package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// This file compiles the keywords of JSON Schema, which stand in the tags of a field, to rules that
// check a value. It knows nothing of requests: plan.go compiles the rules of texts and jsonrule.go
// those of JSON, and both name the field that breaks one.

// rules are the rules of one field.
type rules struct {
	value  []rule      // for one value: the field itself, or each of its innermost elements
	count  []countRule // for a slice as a whole
	unique bool        // whether no two items of a list may be equal
}

// keywords are the keywords of a field and their values. Only enum has more than one value.
type keywords map[string][]string

// ruleKeywords are the keywords that make a rule, in the order in which rules are checked. Of
// several broken rules of one value, the response names the first.
var ruleKeywords = []string{
	"enum", "minLength", "maxLength", "format", "pattern",
	"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf",
	"minItems", "maxItems", "uniqueItems",
}

// tagKeywords returns the keywords in a struct tag.
func tagKeywords(tag reflect.StructTag) keywords {
	k := keywords{}
	for _, keyword := range ruleKeywords {
		text, ok := tag.Lookup(keyword)
		switch {
		case ok && keyword == "enum" && text != "":
			k[keyword] = strings.Split(text, ",")
		case ok && text != "":
			k[keyword] = []string{text}
		case ok:
			k[keyword] = nil
		}
	}
	return k
}

// A schemaType is a type that states its rules once, for all fields that have it.
type schemaType interface{ JSONSchema() any }

// statedSchema returns the schema that a type states by a method JSONSchema, and whether it does. A
// struct can have the method of an embedded type by promotion. That one is about a part of the struct,
// and does not count. Reflection cannot tell a promoted method from a declared one, but the
// promoted one returns the same schema.
func statedSchema(t reflect.Type) (schema any, ok bool, err error) {
	schema, ok, err = callSchema(t)
	for i := 0; ok && t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		f := t.Field(i)
		if !f.Anonymous {
			continue
		}
		inner, promoted, _ := callSchema(noPointers(f.Type))
		if promoted && (err != nil || reflect.DeepEqual(inner, schema)) { // behind a nil pointer, it may panic
			return nil, false, nil
		}
	}
	return schema, ok, err
}

// callSchema calls the method JSONSchema of the zero value of a type, if it has the method.
func callSchema(t reflect.Type) (schema any, ok bool, err error) {
	s, ok := reflect.New(t).Interface().(schemaType)
	if !ok {
		return nil, false, nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panics for the zero value: %v", r)
		}
	}()
	return s.JSONSchema(), true, nil
}

// typeKeywords returns the keywords that a type states by a method JSONSchema. They are those of a
// map whose keys are strings, or else of the JSON object as which the result is encoded. A type with
// its own decoding code enforces its rules itself.
func typeKeywords(t reflect.Type) (keywords, error) {
	if decodesItself(t) {
		return nil, nil
	}
	stated, ok, err := statedSchema(t)
	if !ok || err != nil {
		return nil, err
	}
	schema := reflect.ValueOf(stated)
	if schema.Kind() != reflect.Map || schema.Type().Key().Kind() != reflect.String {
		var object map[string]any
		if err := remarshal(schema, &object); err != nil {
			return nil, err
		}
		schema = reflect.ValueOf(object)
	}
	k := keywords{}
	for _, keyword := range ruleKeywords {
		v := noInterface(schema.MapIndex(reflect.ValueOf(keyword).Convert(schema.Type().Key())))
		if !v.IsValid() || keyword == "uniqueItems" && v.Kind() == reflect.Bool && !v.Bool() {
			continue // null and false make no rule
		}
		if err := k.addValues(keyword, v, valueKind(t, keyword)); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// remarshal sets object to the JSON object as which a schema is encoded, in which numbers are
// json.Number. It leaves object as it is for a schema that is true, and thus has no keywords.
func remarshal(schema reflect.Value, object *map[string]any) error {
	if !schema.IsValid() {
		return errors.New("is nil")
	}
	text, err := json.Marshal(schema.Interface())
	if err != nil || string(text) == "true" {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(object) != nil || *object == nil {
		return errors.New("is not a JSON object")
	}
	return nil
}

// noInterface returns what an interface or a pointer holds, which is the zero Value for nil.
func noInterface(v reflect.Value) reflect.Value {
	for i := 0; (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) && i < maxPointers; i++ {
		v = v.Elem()
	}
	return v
}

// valueKind returns the kind of JSON value that a keyword has in the schema of a type: string,
// number or boolean, or "" if the type takes no enum.
func valueKind(t reflect.Type, keyword string) string {
	switch {
	case keyword == "format" || keyword == "pattern" || keyword == "enum" && isText(t):
		return "string"
	case keyword == "uniqueItems" || keyword == "enum" && isBool(t):
		return "boolean"
	case keyword != "enum" || isNumeric(t):
		return "number"
	}
	return ""
}

// addValues adds a keyword with its value in a schema, as the texts that it would have in a tag. A
// null in an enum is left out: it is no value of the type, and a pointer takes it anyway.
func (k keywords) addValues(keyword string, v reflect.Value, kind string) error {
	values := []reflect.Value{v}
	if isArray := v.Kind() == reflect.Slice || v.Kind() == reflect.Array; isArray != (keyword == "enum") {
		return fmt.Errorf("%s must not be %v", keyword, v)
	} else if isArray {
		values = nil
		for i := 0; i < v.Len(); i++ {
			if e := noInterface(v.Index(i)); e.IsValid() {
				values = append(values, e)
			}
		}
	}
	k[keyword] = nil
	for _, v := range values {
		text, is := schemaText(v)
		if is != kind && kind != "" {
			return fmt.Errorf("%s must have a %s, not %v", keyword, kind, v)
		}
		k[keyword] = append(k[keyword], text)
	}
	return nil
}

// schemaText returns a value of a schema as in a tag, and which kind of JSON value it is. It does
// not ask the methods of the value, since Bind decodes by its kind.
func schemaText(v reflect.Value) (text, kind string) {
	switch {
	case v.Type() == reflect.TypeFor[json.Number]():
		return v.String(), "number"
	case v.Kind() == reflect.String:
		return v.String(), "string"
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), "boolean"
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), "number"
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), "number"
	case v.CanFloat():
		return floatText(v), "number"
	}
	return fmt.Sprint(v), "other value"
}

// floatText returns a float as it is written in JSON, with an exponent only if that is large.
func floatText(v reflect.Value) string {
	if f := math.Abs(v.Float()); f != 0 && f < 1e-6 || f >= 1e21 {
		return strconv.FormatFloat(v.Float(), 'e', -1, v.Type().Bits())
	}
	return strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
}

// compileRules compiles the rules of a field of type t: those in its tag, and those that its type,
// or that of its elements, states by a method JSONSchema. The faults say what is wrong with the
// keywords, without the name of the field.
func compileRules(t reflect.Type, tag reflect.StructTag) (r rules, faults []error) {
	t, elem := ruledType(t), innerElem(t)
	k := tagKeywords(tag)
	faults = append(r.add(t, elem, k), r.addType(elem)...)
	for _, word := range k["enum"] {
		if fault := r.enumFault(elem, word); fault != "" {
			faults = append(faults, fmt.Errorf("enum:%q has the value %q, which %s", strings.Join(k["enum"], ","), word, fault))
		}
		if trimmed := strings.TrimSpace(word); trimmed != word && isText(elem) {
			faults = append(faults, fmt.Errorf("enum:%q has the value %q: write %q", strings.Join(k["enum"], ","), word, trimmed))
		}
	}
	if t != elem {
		faults = append(faults, r.addType(t)...)
	}
	if text, ok := tag.Lookup("example"); ok {
		if err := r.checkExample(t, elem, text); err != nil {
			faults = append(faults, fmt.Errorf("example:%q %w", text, err))
		}
	}
	return r, faults
}

// enumFault returns the rule that a value of an enum breaks, so that it would never be accepted, or "".
// A value of the wrong type has been reported.
func (r *rules) enumFault(t reflect.Type, word string) string {
	if !isText(t) && !isNumeric(t) && !isBool(t) {
		return ""
	}
	v, err := parseValue(t, word)
	if err != nil {
		return ""
	}
	if b := broken(r.value, v); b != nil {
		return b.detail
	}
	return ""
}

// checkExample returns what is wrong with the tag example of a field. One that is not a list must obey
// the rules of the field.
func (r *rules) checkExample(t, elem reflect.Type, text string) error {
	if _, err := exampleValue(t, text); err != nil {
		return err
	}
	if t != elem || !isText(elem) && !isNumeric(elem) && !isBool(elem) {
		return nil
	}
	v, err := parseValue(elem, text)
	if err != nil {
		return err
	}
	if b := broken(r.value, v); b != nil {
		return errors.New(b.detail)
	}
	return nil
}

// addType adds the rules that a type states by a method JSONSchema, which are about its own values.
func (r *rules) addType(t reflect.Type) (faults []error) {
	k, err := typeKeywords(t)
	if err != nil {
		faults = append(faults, err)
	}
	faults = append(faults, r.add(t, t, k)...)
	for i, err := range faults {
		faults[i] = fmt.Errorf("JSONSchema() of %v: %w", t, err)
	}
	return faults
}

// exampleValue returns the value of the tag example as JSON, for a field of type t: the text itself
// for a string, and otherwise the JSON that it is. For a list it may also be the values of the list,
// separated by commas. A type with its own code may have any text.
func exampleValue(t reflect.Type, text string) (any, error) {
	switch t = ruledType(t); {
	case isList(innerElem(t)): // it is a list of itself
		return nil, errors.New("has no meaning for a list of itself")
	case isText(t), parsesItself(t):
		return text, nil
	case isNumeric(t), isBool(t):
		_, err := parseValue(t, text)
		return json.RawMessage(text), err
	case isList(t) && !strings.HasPrefix(text, "["):
		list := []any{}
		for _, word := range strings.Split(text, ",") {
			v, err := exampleValue(t.Elem(), word)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case json.Valid([]byte(text)):
		return json.RawMessage(text), nil
	case decodesItself(t), t == reflect.TypeFor[time.Duration]():
		return text, nil
	}
	return nil, errors.New("must be JSON")
}

// noPointers returns the type that a type points to, through any number of pointers.
func noPointers(t reflect.Type) reflect.Type {
	for i := 0; t.Kind() == reflect.Pointer && i < maxPointers; i++ {
		t = t.Elem()
	}
	return t
}

// ruledType returns the type whose values the rules of a type are about: what a pointer points to,
// and what an [Optional] holds.
func ruledType(t reflect.Type) reflect.Type {
	t = noPointers(t)
	for i := 0; optionalType(t) != nil && i < maxPointers; i++ {
		t = noPointers(optionalType(t))
	}
	return t
}

// innerElem returns the type of the elements of a list, or of a list of lists, and the type itself
// if it is no list.
func innerElem(t reflect.Type) reflect.Type {
	t = ruledType(t)
	for i := 0; isList(t) && i < maxPointers; i++ { // a list may be a list of itself
		t = ruledType(t.Elem())
	}
	return t
}

// add compiles keywords and adds the rules. Keywords about items are for t, which must then be a
// list; all others are for its innermost elements, of type elem.
func (r *rules) add(t, elem reflect.Type, k keywords) (faults []error) {
	for _, keyword := range ruleKeywords {
		words, ok := k[keyword]
		if !ok {
			continue
		}
		err := errors.New("has no value")
		if len(words) > 0 {
			err = r.addRule(t, elem, keyword, words)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%q %w", keyword, strings.Join(words, ","), err))
		}
	}
	return append(faults, contradictions(k)...)
}

// addRule adds the rule of one keyword.
func (r *rules) addRule(t, elem reflect.Type, keyword string, words []string) error {
	compiled, count, err := rule{}, countRule{}, error(nil)
	switch text := words[0]; keyword {
	case "minItems", "maxItems":
		if count, err = itemsRule(t, keyword, text); err == nil {
			r.count = append(r.count, count)
		}
		return err
	case "uniqueItems":
		r.unique = true
		return checkUnique(t, text)
	case "enum":
		compiled, err = enumRule(elem, words)
	case "minLength", "maxLength":
		compiled, err = lengthRule(elem, keyword, text)
	case "format":
		compiled, err = formatRule(elem, text)
	case "pattern":
		compiled, err = patternRule(elem, text)
	case "multipleOf":
		compiled, err = multipleRule(elem, text)
	default:
		compiled, err = boundRule(elem, keyword, text)
	}
	if err == nil {
		r.value = append(r.value, compiled)
	}
	return err
}

// contradictions returns a fault for each pair of bounds that no value can be within.
func contradictions(k keywords) (faults []error) {
	for _, pair := range [][2]string{
		{"minLength", "maxLength"}, {"minItems", "maxItems"},
		{"minimum", "maximum"}, {"exclusiveMinimum", "maximum"},
		{"minimum", "exclusiveMaximum"}, {"exclusiveMinimum", "exclusiveMaximum"},
	} {
		low, high := k[pair[0]], k[pair[1]]
		if len(low) == 0 || len(high) == 0 || !isNumber(low[0]) || !isNumber(high[0]) {
			continue
		}
		exclusive := strings.HasPrefix(pair[0], "exclusive") || strings.HasPrefix(pair[1], "exclusive")
		if c := parseDecimal(low[0]).compare(parseDecimal(high[0])); c > 0 || c == 0 && exclusive {
			faults = append(faults, fmt.Errorf("%s:%q and %s:%q: no value can be within both", pair[0], low[0], pair[1], high[0]))
		}
	}
	return faults
}

// broken returns the first rule that a value does not obey, or nil. v must not be a pointer.
func broken(list []rule, v reflect.Value) *rule {
	for i := range list {
		if !list[i].holds(v) {
			return &list[i]
		}
	}
	return nil
}

// brokenCount returns the first rule that a list of n items does not obey, or nil.
func (r *rules) brokenCount(n int) *countRule {
	for i := range r.count {
		if !r.count[i].holds(n) {
			return &r.count[i]
		}
	}
	return nil
}

// any reports whether there is a rule.
func (r *rules) any() bool { return len(r.value) > 0 || r.ofList() }

// ofList reports whether there are rules for a list as a whole.
func (r *rules) ofList() bool { return len(r.count) > 0 || r.unique }

// zeroBreaks reports whether the zero value of a type breaks one of the rules, so that a JSON
// member with them must be present.
func (r *rules) zeroBreaks(t reflect.Type) bool {
	if isList(t) {
		return r.brokenCount(0) != nil
	}
	return broken(r.value, reflect.Zero(t)) != nil
}
