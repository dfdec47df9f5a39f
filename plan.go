package apiroute

import (
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A plan says how a struct of one type is filled. It is made once for the type, and then shared.
type plan struct {
	typ        reflect.Type
	fault      error    // what is wrong with the type, all of it; nil if it can be filled
	byKey      []*field // the fields of the path, headers and cookies, which are looked up by name
	query      fieldSet
	body       *bodyPlan // nil if no field takes the body
	checked    []*field  // the fields that are required or have a default, without those of a form
	numFields  int       // of all kinds: the body and the fields of a form count too
	validators []validator

	plain  bool      // whether the memory of a value may be used again; see the function plain
	values sync.Pool // of *T, each zero
}

// A field is one Go field that is filled from texts.
type field struct {
	order       int       // its place among all fields of the plan
	in          string    // path, query, header, cookie or form
	name        string    // as it is in the request
	goName      string    // with the names of the structs around it, for messages
	index       []int     // in T, or for a field of a form, in the struct of the form
	parse       parseFunc // for one value, also of a slice; nil for a file
	slice       bool      // whether it takes all values of a repeated name
	pointer     bool      // whether it stays nil without a value
	file        bool      // whether it takes files of a form, not texts
	required    bool
	defaultText *string // nil if there is none
}

// A fieldSet holds the fields that a query or a form may have.
type fieldSet struct {
	fields []*field          // in the order of the struct
	byName map[string]*field // the same; nil for a few fields
}

// add adds a field. Up to eight, comparing names is as fast as a map.
func (s *fieldSet) add(f *field) {
	if s.fields = append(s.fields, f); len(s.fields) > 8 {
		s.byName = map[string]*field{}
		for _, f := range s.fields {
			s.byName[f.name] = f
		}
	}
}

// get returns the field with a name, or nil.
func (s *fieldSet) get(name string) *field {
	if s.byName != nil {
		return s.byName[name]
	}
	for _, f := range s.fields {
		if f.name == name {
			return f
		}
	}
	return nil
}

// A bodyPlan says how the field for the body is filled.
type bodyPlan struct {
	order    int          // its place among all fields of the plan
	kind     string       // json, form or bytes
	index    []int        // in T
	typ      reflect.Type // of the field, or what it points to
	pointer  bool         // whether the field stays nil without a body
	required bool
	form     fieldSet // empty for json and bytes
}

var plans sync.Map // from reflect.Type to *plan

// planOf returns the plan for a type. It is the same at every call, so that its pool is shared.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t))
	return p.(*plan)
}

// A planner makes a plan and collects everything that is wrong with the type.
type planner struct {
	*plan
	goNames map[string]string // of the fields so far, by tag and name, such as "query page"
	faults  []error
}

// newPlan makes the plan for a type. If the type cannot be filled, only its fault may be used.
func newPlan(t reflect.Type) *plan {
	p := &planner{plan: &plan{typ: t}, goNames: map[string]string{}}
	if t.Kind() != reflect.Struct {
		p.fault = fmt.Errorf("%v is not a struct", t)
		return p.plan
	}
	p.walk(t, nil, "", p.addField)
	p.addValidators(t, validator{}, nil)
	slices.SortStableFunc(p.validators, bodyFirst)
	p.plain = plain(t)
	if len(p.faults) > 0 {
		p.fault = fmt.Errorf("type %v: %w", t, errors.Join(p.faults...))
	}
	return p.plan
}

// failf records a fault. Planning goes on, so that the programmer learns of all faults at once.
func (p *planner) failf(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

// A taggedField is a Go field with a tag that says where it is filled from.
type taggedField struct {
	reflect.StructField
	goName string // with the names of the structs around it
	index  []int  // in the struct where the walk began
	in     string // the key of the tag
	value  string // the value of the tag
}

var tagKeys = []string{"path", "query", "header", "cookie", "body", "form"}

// tagOf returns the key of a field's tag, "" if it has none of ours, and the tag's value.
func (p *planner) tagOf(f reflect.StructField, goName string) (key, value string) {
	for _, k := range tagKeys {
		if v, ok := f.Tag.Lookup(k); ok {
			if key != "" {
				p.failf("field %s has two tags, %s and %s", goName, key, k)
				continue
			}
			key, value = k, v
		}
	}
	return key, value
}

// walk calls visit with each tagged field of a struct and of the structs embedded in it. index
// leads to the struct from where the walk began, and prefix is the same in names, such as "Body.".
//
// An embedded struct may be of an unexported type, since its exported fields can be set all the
// same. A pointer cannot: it would have to be set first. An embedded field that can be parsed from
// a text, such as a time.Time, is not a group of fields but a value that lacks a tag.
func (p *planner) walk(t reflect.Type, index []int, prefix string, visit func(taggedField)) {
	for i := 0; i < t.NumField(); i++ {
		f := taggedField{StructField: t.Field(i), index: append(slices.Clone(index), i)}
		f.goName = prefix + f.Name
		f.in, f.value = p.tagOf(f.StructField, f.goName)
		switch {
		case f.Anonymous && f.in == "" && parser(f.Type) != nil:
			p.failf("field %s has no tag that says where it is filled from", f.goName)
		case f.Anonymous && f.in == "" && f.Type.Kind() == reflect.Struct:
			p.walk(f.Type, f.index, f.goName+".", visit)
		case f.Anonymous && f.in == "" && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
			p.failf("field %s: embed the struct, not a pointer to it", f.goName)
		case !f.IsExported() && f.in == "":
		case !f.IsExported():
			p.failf("field %s has a tag and is not exported", f.goName)
		case f.in == "":
			p.failf("field %s has no tag that says where it is filled from", f.goName)
		default:
			visit(f)
		}
	}
}

// addField adds a field of T or of a struct embedded in it.
func (p *planner) addField(sf taggedField) {
	switch sf.in {
	case "form":
		p.failf("field %s: a form tag belongs in the struct of a body:\"form\" field", sf.goName)
	case "body":
		p.addBody(sf)
	default:
		f := p.newField(sf)
		if f == nil {
			return
		}
		if f.required || f.defaultText != nil {
			p.checked = append(p.checked, f)
		}
		if f.in == "query" {
			p.query.add(f)
		} else {
			p.byKey = append(p.byKey, f)
		}
	}
}

// newField returns a field that is not the body. It returns nil if something is wrong with it.
func (p *planner) newField(sf taggedField) *field {
	before := len(p.faults)
	name, required := p.splitTag(sf)
	f := &field{order: p.numFields, in: sf.in, name: name, goName: sf.goName, index: sf.index, required: required}
	p.numFields++
	switch {
	case name == "":
		p.failf("field %s: its tag has no name", f.goName)
	case (f.in == "header" || f.in == "cookie") && !isToken(name):
		p.failf("field %s: a %s cannot have the name %q", f.goName, f.in, name)
	}
	if f.in == "header" {
		f.name = http.CanonicalHeaderKey(name)
	}
	// One value for two fields is more likely a slip than meant, and which one is at fault would be
	// unclear.
	key := f.in + " " + f.name
	if other, ok := p.goNames[key]; ok {
		p.failf("fields %s and %s are both %s", other, f.goName, key)
	}
	p.goNames[key] = f.goName
	p.setType(f, sf.Type)
	if text, ok := sf.Tag.Lookup("default"); ok {
		p.addDefault(f, sf.Type, text)
	}
	if len(p.faults) > before {
		return nil
	}
	return f
}

// setType sets how a field is filled by its type.
func (p *planner) setType(f *field, t reflect.Type) {
	switch {
	case f.in == "form" && t == reflect.TypeFor[*multipart.FileHeader]():
		f.file = true
	case f.in == "form" && t == reflect.TypeFor[[]*multipart.FileHeader]():
		f.file, f.slice = true, true
	default:
		// A type is asked first whether it parses itself, since a slice or a pointer may. A []byte
		// would take a list of numbers, which nobody means; cookies are not repeated.
		if f.parse = parser(t); f.parse == nil && t.Kind() == reflect.Pointer {
			f.pointer, f.parse = true, parser(t.Elem())
		} else if f.parse == nil && t.Kind() == reflect.Slice && t.Elem() != reflect.TypeFor[byte]() && f.in != "cookie" {
			f.slice, f.parse = true, parser(t.Elem())
		}
		if f.parse == nil {
			p.failf("field %s: type %v is not supported for a %s", f.goName, t, f.in)
		}
	}
}

// splitTag splits the value of a tag, such as "page,required".
func (p *planner) splitTag(f taggedField) (name string, required bool) {
	name, word, ok := strings.Cut(f.value, ",")
	if ok && word != "required" {
		p.failf("field %s: its tag has %q where only \"required\" is allowed", f.goName, word)
	}
	return name, ok
}

// addDefault adds a default to a field, which must be able to parse it. The field keeps the text
// and not the value, since a value may have memory that two requests must not share, as a net.IP
// has.
func (p *planner) addDefault(f *field, t reflect.Type, text string) {
	if f.required || f.slice || f.pointer || f.file || f.in == "path" {
		p.failf("field %s: a field that is required, from the path, a slice, a pointer or a file cannot have a default", f.goName)
		return
	}
	if f.parse == nil {
		return
	}
	f.defaultText = &text
	if detail := f.parse(reflect.New(t).Elem(), text); detail != "" {
		p.failf("field %s: the default %q %s", f.goName, text, detail)
	}
}

// addBody adds the field for the body, and the fields of a form.
func (p *planner) addBody(f taggedField) {
	if p.body != nil {
		p.failf("field %s is a second body", f.goName)
		return
	}
	kind, required := p.splitTag(f)
	b := &bodyPlan{order: p.numFields, kind: kind, index: f.index, typ: f.Type, required: required}
	p.body = b
	p.numFields++
	if f.Type.Kind() == reflect.Pointer {
		b.typ, b.pointer = f.Type.Elem(), true
	}
	if _, ok := f.Tag.Lookup("default"); ok {
		p.failf("field %s: a body cannot have a default", f.goName)
	}
	k := b.typ.Kind()
	switch kind {
	case "json":
		b.required = required || !b.pointer
		p.checkJSONType(b.typ, f.goName, map[reflect.Type]bool{})
	case "form":
		if k != reflect.Struct {
			p.failf("field %s: a body:\"form\" must be a struct, not a %v", f.goName, b.typ)
			return
		}
		p.walk(b.typ, nil, f.goName+".", func(sf taggedField) {
			if sf.in != "form" {
				p.failf("field %s: a field of a form needs a form tag", sf.goName)
			} else if inner := p.newField(sf); inner != nil {
				b.form.add(inner)
			}
		})
	case "bytes":
		if b.pointer || k != reflect.String && (k != reflect.Slice || b.typ.Elem().Kind() != reflect.Uint8) {
			p.failf("field %s: a body:\"bytes\" must be a []byte or a string, not %v", f.goName, f.Type)
		}
	default:
		p.failf("field %s: a body is json, form or bytes, not %q", f.goName, kind)
	}
}

// checkJSONType finds the types that encoding/json can never fill, and the tag json:"-,", which
// looks like "-" but names the field "-" instead of leaving it out.
//
// It looks at the fields that encoding/json looks at, and not into types that decode themselves.
func (p *planner) checkJSONType(t reflect.Type, name string, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	if decodesItself(t) {
		return
	}
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		p.failf("field %s: %v cannot be JSON", name, t)
	case reflect.Interface:
		if t.NumMethod() > 0 {
			p.failf("field %s: %v cannot be filled from JSON", name, t)
		}
	case reflect.Map:
		if parser(t.Key()) == nil || t.Key().Kind() == reflect.Bool || t.Key().Kind() == reflect.Float32 || t.Key().Kind() == reflect.Float64 {
			p.failf("field %s: %v cannot be the name of a JSON member", name, t.Key())
		}
		p.checkJSONType(t.Key(), name, seen)
		p.checkJSONType(t.Elem(), name, seen)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		p.checkJSONType(t.Elem(), name, seen)
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			tag := f.Tag.Get("json")
			if strings.HasPrefix(tag, "-,") {
				p.failf("field %s.%s: json:%q names the field \"-\"; to leave it out, write json:\"-\"", name, f.Name, tag)
			}
			if f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Pointer && (tag == "" || tag[0] == ',') {
				p.failf("field %s.%s: encoding/json cannot set an embedded pointer to an unexported struct", name, f.Name)
			}
			if tag != "-" && (f.IsExported() || f.Anonymous) {
				p.checkJSONType(f.Type, name+"."+f.Name, seen)
			}
		}
	}
}

// checkPath returns an error if a path tag of the type does not fit the segments of a path.
func (p *plan) checkPath(segs []segment) error {
	var faults []error
	for _, f := range p.byKey {
		if f.in != "path" {
			continue
		}
		i := slices.IndexFunc(segs, func(s segment) bool {
			return s.text == f.name && s.kind != static && s.kind != mounted
		})
		switch {
		case i < 0:
			faults = append(faults, fmt.Errorf("field %s: the path has no segment [%s]", f.goName, f.name))
		case f.slice != (segs[i].kind != single):
			faults = append(faults, fmt.Errorf("field %s: a catch-all needs a slice and a single segment cannot have one; the path has %v", f.goName, segs[i]))
		}
	}
	if faults == nil {
		return nil
	}
	return fmt.Errorf("type %v: %w", p.typ, errors.Join(faults...))
}
