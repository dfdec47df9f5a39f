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

// This file looks at a struct type once and makes a plan: which Go field is filled from which part
// of a request, and by which parser. A type that could never be filled is a mistake of the
// programmer. The planner collects all mistakes of a type, and registration panics with them. The
// files bind.go and form.go fill values by the plan.

// A plan says how a struct of type T is filled from a request. For example, the type
//
//	struct {
//		ID   int      `path:"id"`
//		Tags []string `query:"tag"`
//		Post Post     `body:"json"`
//	}
//
// has the field ID in byKey, the field Tags in query, and the field Post as its body. A plan is
// made once for each type, and all requests share it.
type plan struct {
	typ        reflect.Type // T
	fault      error        // every mistake in the type; nil if it can be filled
	byKey      []*field     // the fields for the path, headers and cookies; each is looked up in the request
	query      fieldSet     // the fields for the query, which is read once from start to end
	body       *bodyPlan    // nil if no field takes the body
	checked    []*field     // the fields outside of the form that are required or have a default
	numFields  int          // the number of all fields, with the body and the fields of its form
	validators []validator  // in the order in which they are called

	plain  bool      // whether the memory of a value may be used again; see the function plain
	values sync.Pool // holds *T, each with the zero T; unused unless plain
}

// A field is one Go field that is filled from texts, or from the files of a form. That is every
// field but the one for the body.
type field struct {
	order       int       // its place among all fields of the plan
	in          string    // path, query, header, cookie or form
	name        string    // its name in the request; the canonical one of a header
	goName      string    // the name for messages, with the structs around it, such as "Page.Limit"
	index       []int     // for reflect's FieldByIndex, in T or in the struct of the form
	parse       parseFunc // parses one value, or one element of a slice; nil for a file
	slice       bool      // whether it takes all values of a repeated name
	pointer     bool      // whether it is a pointer, which stays nil without a value
	file        bool      // whether it takes the files of a form
	required    bool      // whether a request without the value is rejected
	defaultText *string   // the default, not yet parsed; nil if there is none
}

// A fieldSet holds the fields for a query or a form, in which names come in any order.
type fieldSet struct {
	fields []*field          // in the order of the struct
	byName map[string]*field // the same fields; nil if there are at most eight
}

// add adds a field. A map is made for more than eight fields; up to that number, comparing names is
// as fast.
func (s *fieldSet) add(f *field) {
	if s.fields = append(s.fields, f); len(s.fields) > 8 {
		s.byName = map[string]*field{}
		for _, f := range s.fields {
			s.byName[f.name] = f
		}
	}
}

// get returns the field with a name, or nil if there is none.
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

// A bodyPlan says how the field for the body is filled. A struct has at most one.
type bodyPlan struct {
	order    int          // its place among all fields of the plan
	kind     string       // "json", "form" or "bytes", as in the tag
	index    []int        // in T
	typ      reflect.Type // the type of the field, or what it points to if pointer
	pointer  bool         // whether the field stays nil without a body
	required bool
	form     fieldSet // the fields of a form; empty for the other kinds
}

// plans holds the plans that have been made, as a map from reflect.Type to *plan. It only grows by
// the types that a program has.
var plans sync.Map // from reflect.Type to *plan

// planOf returns the plan for a type. It always returns the same one, so that its pool is shared.
// If two goroutines make a plan for the same type at once, one plan is dropped.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t))
	return p.(*plan)
}

// A planner makes one plan, and collects everything that is wrong with the type.
type planner struct {
	*plan
	goNames map[string]string // the goName of each field so far, by place and name, such as "query page"
	faults  []error           // in the order of the struct
}

// newPlan makes the plan for a type. If its fault is not nil, nothing else in it may be used.
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

// failf records a fault. Planning goes on, so that the programmer sees all faults at once.
func (p *planner) failf(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

// A taggedField is a Go field with a tag that names the place it is filled from.
type taggedField struct {
	reflect.StructField
	goName string // the name for messages, as in field
	index  []int  // for FieldByIndex, in the struct where the walk began
	in     string // the key of the tag, such as "query"
	value  string // the value of the tag, such as "page,required"
}

// tagKeys are the keys of the tags that name a place. A field must have exactly one of them.
var tagKeys = []string{"path", "query", "header", "cookie", "body", "form"}

// tagOf returns the key and the value of the tag that names a field's place. The key is "" if there
// is no such tag. A second one is a fault.
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

// walk calls visit with each tagged field of a struct and of the structs embedded in it. index and
// prefix lead from where the walk began to t: index for FieldByIndex, and prefix in names, such as
// "Page.".
//
// A struct of an unexported type may be embedded, because reflection can set its exported fields. A
// pointer to a struct cannot be embedded, because it would have to be set first. An embedded type
// that is parsed from a text, such as time.Time, is not a group of fields but a value without a
// tag.
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

// addField adds a field of T, or of a struct embedded in it, to the plan.
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

// newField returns the field for a Go field other than the body, or nil if there is a fault in it.
// It takes the next place in the order, faulty or not. Names of headers are stored in their
// canonical form, in which net/http has them.
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
	// Two fields for the same value are more likely a mistake than an intention, and a fault of the
	// value could not be assigned to one of them.
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

// setType sets how the values of a field are parsed, which depends on its type:
//
//	V    one value; a second one is a fault
//	*V   one value; nil without one
//	[]V  all values of a repeated name or of a catch-all, but not for cookies
//	*multipart.FileHeader, []*multipart.FileHeader  the files of a form
//
// V is any type that parser supports.
func (p *planner) setType(f *field, t reflect.Type) {
	switch {
	case f.in == "form" && t == reflect.TypeFor[*multipart.FileHeader]():
		f.file = true
	case f.in == "form" && t == reflect.TypeFor[[]*multipart.FileHeader]():
		f.file, f.slice = true, true
	default:
		// The type itself comes first, since a slice may parse itself: a net.IP is one value and
		// not a list of bytes. A []byte would take a list of numbers, which nobody means. Only the
		// first of several cookies counts, so a slice makes no sense there.
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

// splitTag splits the value of a tag into the name and whether the value is required:
// "page,required" into "page" and true.
func (p *planner) splitTag(f taggedField) (name string, required bool) {
	name, word, ok := strings.Cut(f.value, ",")
	if ok && word != "required" {
		p.failf("field %s: its tag has %q where only \"required\" is allowed", f.goName, word)
	}
	return name, ok
}

// addDefault sets the default of a field, which its parser must accept. The field keeps the text
// rather than the parsed value. A parsed value may refer to memory, as a net.IP does, and two
// requests must not share that.
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

// addBody sets the plan for the body: JSON of any type that can be decoded, a form with the fields
// of a struct, or the bytes as they are. There is only one body, so a second field for it is a
// fault. A JSON body is required unless its field is a pointer.
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
		b.required = required || !b.pointer // only a nil pointer can stand for no value
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

// checkJSONType finds types in a JSON body that encoding/json can never fill, such as a channel. It
// also finds the tag json:"-,", which looks like json:"-" but names the field "-" instead of
// leaving it out. Both would otherwise show only at the first request, or never.
//
// It looks at the same fields as encoding/json, and not into types that decode themselves. name is
// the field's name for messages, and seen holds the types that it has looked at.
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

// checkPath returns an error if the path tags of the type do not fit the segments of a path: each
// must name a dynamic segment, and have a slice if and only if that is a catch-all.
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
