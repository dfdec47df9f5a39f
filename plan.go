package apiroute

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A plan is what there is to do for a type, worked out once.
type plan struct {
	typ        reflect.Type
	wanted     []*field // those that are required or have a default, but for those of a form
	single     []*field // those of the path, headers and cookies
	query      fieldSet
	body       *bodyPlan // nil if there is none
	total      int       // fields, with the body and those of a form
	validators []validator
	fault      error // what is wrong with the type

	values  sync.Pool // of *T, zero, to be filled and copied
	exposed bool      // code of the type's own gets a pointer to what is filled, maybe
	plain   bool
}

// A field is one value to fill.
type field struct {
	order    int // among all of the plan
	in, name string
	goName   string
	index    []int // in the struct that has it, through embedded ones
	parse    func(reflect.Value, string) string
	slice    bool
	pointer  bool
	file     bool
	required bool
	fallback *string // the default, nil if there is none
}

// A fieldSet is the fields that come as pairs of name and value.
type fieldSet struct {
	fields []*field
	byName map[string]*field // nil if they are few
}

func (s *fieldSet) add(f *field) {
	if s.fields = append(s.fields, f); len(s.fields) > 8 {
		s.byName = map[string]*field{}
		for _, f := range s.fields {
			s.byName[f.name] = f
		}
	}
}

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

type bodyPlan struct {
	order    int
	kind     string // json, form or bytes
	index    []int
	typ      reflect.Type // without the pointer
	pointer  bool
	required bool
	custom   bool // JSON that code of the type's own may decode
	kept     bool // JSON that code of the type's own may decode and keep
	form     fieldSet
}

var plans sync.Map // of *plan by reflect.Type

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t))
	return p.(*plan)
}

// A planner makes a plan and collects all that is wrong with the type.
type planner struct {
	*plan
	names  map[string]string // of the Go fields, by source and name
	faults []error
}

func newPlan(t reflect.Type) *plan {
	p := &planner{plan: &plan{typ: t}, names: map[string]string{}}
	if t.Kind() != reflect.Struct {
		p.fault = fmt.Errorf("%v is not a struct", t)
		return p.plan
	}
	p.walk(t, nil, "", p.addField)
	if p.body != nil {
		p.addValidators(p.body.typ, nil, true, nil)
	}
	p.addValidators(t, nil, false, nil)
	p.plain = !p.exposed && (p.body == nil || !p.body.kept)
	if len(p.faults) > 0 {
		p.fault = fmt.Errorf("type %v: %w", t, errors.Join(p.faults...))
	}
	return p.plan
}

func (p *planner) failf(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

var sources = []string{"path", "query", "header", "cookie", "body", "form"}

// tagOf returns the source that a field's tag names, and the tag's value.
func (p *planner) tagOf(f reflect.StructField, name string) (source, value string) {
	for _, s := range sources {
		if v, ok := f.Tag.Lookup(s); ok {
			if source != "" {
				p.failf("field %s has two tags, %s and %s", name, source, s)
				continue
			}
			source, value = s, v
		}
	}
	return source, value
}

// A tagged field is a Go field and the source that its tag names.
type tagged struct {
	reflect.StructField
	name   string // with those of the structs that it is in
	index  []int
	source string
	value  string // of the tag
}

// walk calls visit with the tagged fields of a struct and of those embedded in
// it, by their index in the outermost.
func (p *planner) walk(t reflect.Type, index []int, prefix string, visit func(tagged)) {
	for i := 0; i < t.NumField(); i++ {
		f := tagged{StructField: t.Field(i), index: append(slices.Clone(index), i)}
		f.name = prefix + f.Name
		f.source, f.value = p.tagOf(f.StructField, f.name)
		switch {
		case f.Anonymous && f.source == "" && parser(f.Type) != nil:
			p.failf("field %s has no tag that names its source", f.name)
		case f.Anonymous && f.source == "" && f.Type.Kind() == reflect.Struct:
			p.walk(f.Type, f.index, f.name+".", visit)
		case f.Anonymous && f.source == "" && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
			p.failf("field %s: embed the struct, not a pointer to it", f.name)
		case !f.IsExported() && f.source == "":
		case !f.IsExported():
			p.failf("field %s has a tag and is not exported", f.name)
		case f.source == "":
			p.failf("field %s has no tag that names its source", f.name)
		default:
			visit(f)
		}
	}
}

// addField adds a field of T itself.
func (p *planner) addField(sf tagged) {
	switch sf.source {
	case "form":
		p.failf("field %s: form names a field within a body:\"form\"", sf.name)
	case "body":
		p.addBody(sf)
	default:
		f := p.newField(sf)
		if f == nil {
			return
		}
		if f.required || f.fallback != nil {
			p.wanted = append(p.wanted, f)
		}
		if f.in == "query" {
			p.query.add(f)
		} else {
			p.single = append(p.single, f)
		}
	}
}

// newField returns the plan of a field that is no body, nil if it is at fault.
func (p *planner) newField(sf tagged) *field {
	before := len(p.faults)
	name, required := p.splitTag(sf)
	f := &field{order: p.total, in: sf.source, name: name, goName: sf.name, index: sf.index, required: required}
	p.total++
	switch {
	case name == "":
		p.failf("field %s: its tag has no name", f.goName)
	case (f.in == "header" || f.in == "cookie") && !isToken(name):
		p.failf("field %s: no %s can have the name %q", f.goName, f.in, name)
	}
	if f.in == "header" {
		f.name = http.CanonicalHeaderKey(name)
	}
	key := f.in + " " + f.name
	if other, ok := p.names[key]; ok {
		p.failf("fields %s and %s are both %s", other, f.goName, key)
	}
	p.names[key] = f.goName
	p.setType(f, sf.Type)
	if text, ok := sf.Tag.Lookup("default"); ok {
		p.addDefault(f, sf.Type, text)
	}
	if len(p.faults) > before {
		return nil
	}
	return f
}

// setType works out how a field of a type is filled.
func (p *planner) setType(f *field, t reflect.Type) {
	switch {
	case f.in == "form" && t == reflect.TypeFor[*multipart.FileHeader]():
		f.file = true
	case f.in == "form" && t == reflect.TypeFor[[]*multipart.FileHeader]():
		f.file, f.slice = true, true
	default:
		if f.parse = parser(t); f.parse == nil && t.Kind() == reflect.Pointer {
			f.pointer, f.parse = true, parser(t.Elem())
		} else if f.parse == nil && t.Kind() == reflect.Slice && t.Elem() != reflect.TypeFor[byte]() && f.in != "cookie" {
			f.slice, f.parse = true, parser(t.Elem())
		}
		if f.parse == nil {
			p.failf("field %s: %v is no type for a %s", f.goName, t, f.in)
		}
		p.exposed = p.exposed || parsesItself(t) && mayKeep(t)
	}
}

func (p *planner) splitTag(f tagged) (name string, required bool) {
	name, word, ok := strings.Cut(f.value, ",")
	if ok && word != "required" {
		p.failf("field %s: its tag has %q where only \"required\" can stand", f.name, word)
	}
	return name, ok
}

func (p *planner) addDefault(f *field, t reflect.Type, text string) {
	if f.required || f.slice || f.pointer || f.file || f.in == "path" {
		p.failf("field %s: a field that is required, of the path, a slice, a pointer or a file takes no default", f.goName)
		return
	}
	if f.parse == nil {
		return
	}
	f.fallback = &text
	if detail := f.parse(reflect.New(t).Elem(), text); detail != "" {
		p.failf("field %s: the default %q %s", f.goName, text, detail)
	}
}

func (p *planner) addBody(f tagged) {
	if p.body != nil {
		p.failf("field %s is a second body", f.name)
		return
	}
	kind, required := p.splitTag(f)
	b := &bodyPlan{order: p.total, kind: kind, index: f.index, typ: f.Type, required: required}
	p.body = b
	p.total++
	if f.Type.Kind() == reflect.Pointer {
		b.typ, b.pointer = f.Type.Elem(), true
	}
	if _, ok := f.Tag.Lookup("default"); ok {
		p.failf("field %s: a body takes no default", f.name)
	}
	k := b.typ.Kind()
	switch kind {
	case "json":
		b.required = required || !b.pointer
		p.checkJSONType(b, b.typ, f.name, map[reflect.Type]bool{})
	case "form":
		if k != reflect.Struct {
			p.failf("field %s: a form goes into a struct, not a %v", f.name, b.typ)
			return
		}
		p.walk(b.typ, nil, f.name+".", func(sf tagged) {
			if sf.source != "form" {
				p.failf("field %s: in a form a field has the tag form", sf.name)
			} else if inner := p.newField(sf); inner != nil {
				b.form.add(inner)
			}
		})
	case "bytes":
		if b.pointer || k != reflect.String && (k != reflect.Slice || b.typ.Elem().Kind() != reflect.Uint8) {
			p.failf("field %s: a body of bytes goes into []byte or string, not %v", f.name, f.Type)
		}
	default:
		p.failf("field %s: a body is json, form or bytes, not %q", f.name, kind)
	}
}

// checkJSONType finds what encoding/json could never fill, and the tag
// json:"-,", which looks like "-" and yet lets the name "-" in.
func (p *planner) checkJSONType(b *bodyPlan, t reflect.Type, name string, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	if decodesItself(t) {
		b.custom = true
		b.kept = b.kept || mayKeep(t)
		p.exposed = p.exposed || b.kept
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
			p.failf("field %s: %v cannot be a name in JSON", name, t.Key())
		}
		p.checkJSONType(b, t.Key(), name, seen)
		p.checkJSONType(b, t.Elem(), name, seen)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		p.checkJSONType(b, t.Elem(), name, seen)
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			tag := f.Tag.Get("json")
			if strings.HasPrefix(tag, "-,") {
				p.failf("field %s.%s: json:%q takes the name \"-\"; to leave it out, write json:\"-\"", name, f.Name, tag)
			}
			if f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Pointer && (tag == "" || tag[0] == ',') {
				p.failf("field %s.%s: encoding/json cannot set an embedded pointer to an unexported struct", name, f.Name)
			}
			if tag != "-" && (f.IsExported() || f.Anonymous) {
				p.checkJSONType(b, f.Type, name+"."+f.Name, seen)
			}
		}
	}
}

// checkPath holds the path tags of a type against the segments of a path.
func (p *plan) checkPath(segs []segment) error {
	var faults []error
	for _, f := range p.single {
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
			faults = append(faults, fmt.Errorf("field %s: a slice is for a catch-all, and %v is in the path", f.goName, segs[i]))
		}
	}
	if faults == nil {
		return nil
	}
	return fmt.Errorf("type %v: %w", p.typ, errors.Join(faults...))
}

// decodesItself reports whether JSON is decoded into a type by code of its own.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
		decodesFrom(p)
}
