package apiroute

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// This file says what a Go type is in JSON, as a JSON Schema (draft 2020-12): its values as
// encoding/json decodes and encodes them, with the rules of rule.go. Named types become components,
// which component.go names.

// A schemaBuilder makes the schemas of one document.
type schemaBuilder struct {
	components map[componentKey]*component
	order      []*component          // in the order in which they were first used
	unfinished map[componentKey]bool // the types without a name whose schemas are being made
	faults     []error
}

// newSchemaBuilder returns a builder that has no components yet.
func newSchemaBuilder() schemaBuilder {
	return schemaBuilder{components: map[componentKey]*component{}, unfinished: map[componentKey]bool{}}
}

// value returns the schema of a value of a type, which may be null if the type has a null.
func (b *schemaBuilder) value(t reflect.Type, dir direction) object {
	s := b.pointee(t, dir)
	if hasNull(t, dir) {
		s = orNull(s)
	}
	return s
}

// elem returns the schema of the elements of a list or a map. In a request, null makes a zero value of
// one, which may break a rule of its type.
func (b *schemaBuilder) elem(t reflect.Type, dir direction) object {
	if n := goTypeOf(t); dir != forResponse && n.nullBreaks(n.rules.value, &n.rules) != nil {
		return b.pointee(t, dir)
	}
	return b.value(t, dir)
}

// pointee returns the schema of the values of a type other than null, behind its pointers. The methods
// of a big.Int are those of the pointer, so encoding/json writes {} for one whose address it cannot take.
func (b *schemaBuilder) pointee(t reflect.Type, dir direction) object {
	if dir == forResponse && t == reflect.TypeFor[big.Int]() {
		return object{}
	}
	return b.notNull(noPointers(t), dir)
}

// notNull returns the schema of the values of a type, which is no pointer, other than null. The
// schema is a reference if the type is a component.
func (b *schemaBuilder) notNull(t reflect.Type, dir direction) object {
	if elem := optionalType(t); elem != nil {
		return b.notNull(noPointers(elem), dir)
	}
	key := componentKey{t, dir}
	if b.components[key] == nil && !b.isComponent(t, dir) && !b.unfinished[key] {
		return b.inline(key)
	}
	c := b.components[key]
	if c == nil {
		c = &component{componentKey: key}
		b.components[key], b.order = c, append(b.order, c)
		switch {
		case b.unfinished[key]: // inline sets the schema
		case t == reflect.TypeFor[Error]():
			c.schema = problemSchema
		default:
			c.schema = b.stated(t, dir, b.plain(t, dir))
		}
		if c.schema.get("$ref") == any(c) {
			b.faults = append(b.faults, fmt.Errorf("JSONSchema() of %v: is the type itself", t))
		}
	}
	return object{{"$ref", c}}
}

// inline returns the schema of a type that is not a component by its name. If the type contains
// itself, as the struct of a type P *struct{ Next P } does, it becomes a component nevertheless.
func (b *schemaBuilder) inline(key componentKey) object {
	b.unfinished[key] = true
	defer delete(b.unfinished, key)
	s := b.stated(key.typ, key.dir, b.plain(key.typ, key.dir))
	if c := b.components[key]; c != nil {
		c.schema = s
		return object{{"$ref", c}}
	}
	return s
}

// isComponent reports whether a type is a component: a named struct, slice, array or map without its
// own code, any named type that states its schema, and Error.
func (b *schemaBuilder) isComponent(t reflect.Type, dir direction) bool {
	if t.Name() == "" || t.PkgPath() == "" || wellKnown(t) != nil {
		return false
	}
	if t == reflect.TypeFor[Error]() {
		return true
	}
	if _, ok, _ := statedSchema(t); ok {
		return true
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
		return ownSchema(t, dir) == nil && !isBytes(t)
	}
	return false
}

// stated returns a schema with what a type states by a method JSONSchema, which takes precedence.
func (b *schemaBuilder) stated(t reflect.Type, dir direction, s object) object {
	v, ok, err := statedSchema(t)
	if !ok {
		return s
	}
	var patch any
	if err == nil {
		patch, err = b.resolve(reflect.ValueOf(v), dir, 0)
	}
	own, isObject := patch.(object)
	if err == nil && !isObject && patch != true { // true is the schema of all values
		err = errors.New("is not a JSON object")
	}
	if err != nil {
		b.faults = append(b.faults, fmt.Errorf("JSONSchema() of %v: %w", t, err))
		return s
	}
	for _, m := range own {
		s = slices.Clip(s).with(m.name, m.value)
	}
	return s
}

// maxNesting limits how deep a schema of a method JSONSchema may be, since a map can contain itself.
const maxNesting = 1000

// resolve returns what a method JSONSchema has returned as a JSON value, in which each reflect.Type
// is replaced by its schema. The members of a map are sorted.
// depth is the number of maps and lists around the value.
func (b *schemaBuilder) resolve(v reflect.Value, dir direction, depth int) (any, error) {
	v = noInterface(v)
	switch {
	case !v.IsValid():
		return nil, nil
	case depth > maxNesting:
		return nil, errors.New("contains itself, or is nested too deep")
	}
	if v.CanAddr() && v.Addr().CanInterface() {
		if t, ok := v.Addr().Interface().(reflect.Type); ok {
			return b.value(t, dir), nil
		}
	}
	switch {
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		o, names := object{}, []string{}
		for _, k := range v.MapKeys() {
			names = append(names, k.String())
		}
		slices.Sort(names)
		for _, name := range names {
			inner, err := b.resolve(v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key())), dir, depth+1)
			if err != nil {
				return nil, err
			}
			o = o.with(name, inner)
		}
		return o, nil
	case (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && !encodesItself(v.Type()):
		list := []any{}
		for i := 0; i < v.Len(); i++ {
			inner, err := b.resolve(v.Index(i), dir, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, inner)
		}
		return list, nil
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return nil, err
	}
	return parseOrdered(string(text))
}

// plain returns the schema of a type by reflection, without what it states itself.
func (b *schemaBuilder) plain(t reflect.Type, dir direction) object {
	if s := wellKnown(t); s != nil {
		return s
	}
	if s := ownSchema(t, dir); s != nil {
		return s
	}
	switch t.Kind() {
	case reflect.Slice:
		if isBytes(t) {
			return object{{"type", "string"}, {"contentEncoding", "base64"}, {"pattern", base64Pattern}}
		}
		return object{{"type", "array"}, {"items", b.elem(t.Elem(), dir)}}
	case reflect.Array:
		return object{{"type", "array"}, {"items", b.elem(t.Elem(), dir)}, {"minItems", t.Len()}, {"maxItems", t.Len()}}
	case reflect.Map:
		return b.mapSchema(t, dir)
	case reflect.Struct:
		return b.structSchema(t, dir)
	}
	return scalarSchema(t.Kind())
}

// mapSchema returns the schema of a map. Keys that are numbers are strings of digits, and the rules
// of a key's type are those of a name.
func (b *schemaBuilder) mapSchema(t reflect.Type, dir direction) object {
	s := object{{"type", "object"}, {"additionalProperties", b.elem(t.Elem(), dir)}}
	key := t.Key()
	names := b.notNull(noPointers(key), dir)
	if pattern := integerPattern(key); pattern != "" && ownSchema(key, dir) == nil {
		names = object{{"pattern", pattern}}
	}
	if _, isRef := names.get("$ref").(*component); isRef || len(names.without("type")) > 0 {
		s = s.with("propertyNames", names)
	}
	return s
}

// structSchema returns the schema of a struct, with the fields that encoding/json sees.
func (b *schemaBuilder) structSchema(t reflect.Type, dir direction) object {
	list, custom := structFields(t)
	if custom {
		return object{}
	}
	properties, required := object{}, []any{}
	for _, f := range dominant(list) {
		if f.outOfReach && dir != forResponse {
			continue
		}
		must := f.inResponse()
		if dir != forResponse {
			must = goTypeOf(t).fields[f.name].required
		}
		if must {
			required = append(required, f.name)
		}
		properties = properties.with(f.name, b.member(f, dir, must))
	}
	s := object{{"type", "object"}}
	if len(properties) > 0 {
		s = s.with("properties", properties)
	}
	if len(required) > 0 {
		s = s.with("required", required)
	}
	if dir == forStrictRequest {
		s = s.with("additionalProperties", false)
	}
	return s
}

// inResponse reports whether encoding/json always writes a field: whether neither an option leaves it
// out nor a nil pointer to the struct that it is in.
func (c *structField) inResponse() bool {
	return !c.behindNil && !c.omits()
}

// omits reports whether an option leaves out a field whose value is empty or zero.
func (c *structField) omits() bool {
	return hasOption(c.options, "omitzero") && hasOmitzero() || hasOption(c.options, "omitempty") && canBeEmpty(c.Type)
}

// hasOmitzero reports whether encoding/json has the option omitzero, as it does from Go 1.24 on.
var hasOmitzero = sync.OnceValue(func() bool {
	text, _ := json.Marshal(struct {
		V int `json:",omitzero"`
	}{})
	return string(text) == "{}"
})

// canBeEmpty reports whether the option omitempty has an effect on a type. It has none on a struct
// and on an array that has elements.
func canBeEmpty(t reflect.Type) bool {
	return t.Kind() != reflect.Struct && (t.Kind() != reflect.Array || t.Len() == 0)
}

// member returns the schema of a field of a struct. must says that it is required: a request must
// then have it with another value than null.
func (b *schemaBuilder) member(f structField, dir direction, must bool) object {
	t := noPointers(f.Type)
	var s object
	isQuoted := hasOption(f.options, "string") && isQuotable(f.Type)
	switch {
	case isQuoted && wellKnown(t) == nil && ownSchema(t, dir) != nil: // encoding/json gives its code the text with quotes or without
		s = object{}
	case isQuoted && (t.Kind() != reflect.String || t == reflect.TypeFor[json.Number]()):
		s = quotedSchema(t, tagKeywords(f.Tag)["enum"])
	case isQuoted:
		s = object{{"type", "string"}, {"pattern", `^".*"$`}}
	case jsonV2 && hasFormat(f.options):
		s = object{}
	default:
		s = withRules(b.pointee(f.Type, dir), f.Type, f.Tag)
	}
	null := hasNull(f.Type, dir)
	switch {
	case optionalType(f.Type) != nil:
		null = dir == forResponse || !must
	case dir != forResponse && (must || f.omits()):
		null = false
	case f.omits(): // a pointer that is not nil may lead to one that is
		null = f.Type.Kind() == reflect.Pointer && hasNull(f.Type.Elem(), dir)
	}
	switch {
	case null:
		s = orNull(s)
	case must && dir != forResponse:
		s = butNull(s)
	}
	s = withTexts(s, f.Type, f.Tag)
	if list, ok := s.get("examples").([]any); ok && isQuoted {
		text, _ := json.Marshal(list[0]) // it has been parsed from JSON, or is a string
		s = s.with("examples", []any{string(text)})
	}
	return s
}

// text returns the schema of a value that is a text outside of JSON: in a path, query, header, cookie
// or form. Such a value has no null.
func (b *schemaBuilder) text(t reflect.Type, dir direction) object {
	t = noPointers(t)
	if t.Kind() == reflect.Slice && parser(t) == nil && !encodesItself(t) {
		return b.stated(t, dir, object{{"type", "array"}, {"items", b.text(t.Elem(), dir)}})
	}
	own := parsesItself(t)
	if dir == forResponse {
		own = reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextMarshaler]())
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return object{{"type", "string"}, {"pattern", durationPattern}}
	case own && wellKnown(t) == nil && ownSchema(t, dir).get("type") == nil: // JSON has another form
		return b.stated(t, dir, object{{"type", "string"}})
	}
	return b.notNull(t, dir)
}

// schemas returns the components of the document, named and sorted by name.
func (b *schemaBuilder) schemas() object {
	mergeComponents(b.order)
	kept := slices.DeleteFunc(slices.Clone(b.order), func(c *component) bool { return c.same != nil })
	nameComponents(kept)
	slices.SortFunc(kept, func(x, y *component) int { return strings.Compare(x.name, y.name) })
	o := object{}
	for _, c := range kept {
		o = append(o, objectMember{c.name, c.schema})
	}
	return o
}
