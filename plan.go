package apiroute

import (
	"fmt"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
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
	typ       reflect.Type // T
	fault     error        // every mistake in the type; nil if it can be filled
	byKey     []*field     // the fields for the path, headers and cookies; each is looked up in the request
	query     fieldSet     // the fields for the query, which is read once from start to end
	body      *bodyPlan    // nil if no field takes the body
	checked   []*field     // the fields outside of the form that are required, have a default, or have rules for a list
	numFields int          // the number of all fields, with the body and the fields of its form
	checker   *checker     // the methods Validate that are called; nil if there are none

	plain  bool      // whether the memory of a value may be used again; see the function plain
	values sync.Pool // holds *T, each with the zero T; unused unless plain
}

// A field is one Go field that is filled from texts, or from the files of a form. That is every
// field but the one for the body.
type field struct {
	order       int        // its place among all fields of the plan
	in          string     // path, query, header, cookie or form
	name        string     // its name in the request; the canonical one of a header
	goName      string     // the name for messages, with the structs around it, such as "Page.Limit"
	index       []int      // for reflect's FieldByIndex, in T or in the struct of the form
	parse       parseFunc  // parses one value, or one element of a slice; nil for JSON and for a file
	json        bool       // whether it takes JSON in a form
	file        bool       // whether it takes the files of a form
	slice       bool       // whether it takes all values of a repeated name
	comma       bool       // whether it is a slice whose values are also split at commas
	pointer     bool       // whether it is a pointer, which stays nil without a value
	takesEmpty  bool       // whether an empty text is a value, and not the absence of one
	required    bool       // whether a request without the value is rejected
	rules       rules      // the rules in its tag and of its type
	target      jsonTarget // what is known about a value of JSON
	item        jsonTarget // the same about a value that is one item of a slice
	defaultText *string    // the default, not yet parsed; nil if there is none
}

// A fieldSet holds the fields for a query or a form, in which names come in any order.
type fieldSet struct {
	fields []*field          // in the order of the struct
	byName map[string]*field // the same fields; nil if there are at most eight
}

// add adds a field. A map is made for more than eight fields; up to that number, comparing names is
// as fast.
func (s *fieldSet) add(f *field) {
	s.fields = append(s.fields, f)
	switch {
	case s.byName != nil:
		s.byName[f.name] = f
	case len(s.fields) > 8:
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
	form     fieldSet   // the fields of a form; empty for the other kinds
	target   jsonTarget // what is known about a JSON body
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
	inForm  bool              // whether the fields of a form are being planned
}

// newPlan makes the plan for a type. If its fault is not nil, nothing else in it may be used.
func newPlan(t reflect.Type) *plan {
	p := &planner{plan: &plan{typ: t}, goNames: map[string]string{}}
	if t.Kind() != reflect.Struct {
		p.fault = notStruct(t)
		return p.plan
	}
	p.walk(t, nil, "", p.addField)
	p.addChecker()
	p.plain = plain(t)
	if len(p.faults) > 0 {
		p.fault = fmt.Errorf("type %v: %w", t, joinOnce(p.faults))
	}
	return p.plan
}

// notStruct returns the fault of a type that is not a struct.
func notStruct(t reflect.Type) error {
	switch {
	case t == reflect.TypeFor[*Request]() || t == reflect.TypeFor[*http.Request]():
		return fmt.Errorf("%v is not a struct that can be filled: for the request itself, register a Handler", t)
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		return fmt.Errorf("%v is not a struct, but a pointer to one: write %v", t, t.Elem())
	}
	return fmt.Errorf("%v is not a struct: write one whose fields have tags such as path:\"id\" and query:\"page\"", t)
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

// tagOf returns the key and the value of the tag that names a field's place. The key is "" if there
// is no such tag. A second one is a fault, and so is another tag that would have no effect.
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
	if key != "" {
		for _, fault := range strayTags(f, key, value) {
			p.failf("field %s: %s", goName, fault)
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
			p.failf("%s", noSource(f.StructField, f.goName, p.inForm))
		case f.Anonymous && f.in == "" && f.Type.Kind() == reflect.Struct:
			p.walk(f.Type, f.index, f.goName+".", visit)
		case f.Anonymous && f.in == "" && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct:
			p.failf("field %s: embed the struct, not a pointer to it", f.goName)
		case !f.IsExported() && f.in == "":
		case !f.IsExported():
			p.failf("field %s has a tag and is not exported: its name must begin with an upper-case letter", f.goName)
		case f.in == "":
			p.failf("%s", noSource(f.StructField, f.goName, p.inForm))
		default:
			visit(f)
		}
	}
}

// addField adds a field of T, or of a struct embedded in it, to the plan.
func (p *planner) addField(sf taggedField) {
	switch sf.in {
	case "form":
		p.failf("field %s: a form tag belongs in the struct of a body:\"form\" field; for the query, write query:%q", sf.goName, sf.value)
	case "body":
		p.addBody(sf)
	default:
		f := p.newField(sf)
		if f == nil {
			return
		}
		if f.required || f.defaultText != nil || f.rules.ofList() {
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
	name, words := p.splitTag(sf, "required", "comma")
	f := &field{order: p.numFields, in: sf.in, name: name, goName: sf.goName, index: sf.index,
		required: slices.Contains(words, "required"), comma: slices.Contains(words, "comma")}
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
	p.addRules(f, sf)
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
//	O, *O, []O, []*O  JSON in a form, where O is a struct or a map
//
// V is any type that parser supports.
func (p *planner) setType(f *field, t reflect.Type) {
	switch {
	case f.in == "form" && t == reflect.TypeFor[*multipart.FileHeader]():
		f.file = true
	case f.in == "form" && t == reflect.TypeFor[[]*multipart.FileHeader]():
		f.file, f.slice = true, true
	case f.in == "form" && isJSONForm(t):
		f.json, f.pointer = true, t.Kind() == reflect.Pointer
		f.slice = t.Kind() == reflect.Slice && !decodesItself(t)
		f.target = p.planJSON(t, f.goName)
		if f.slice {
			f.item, _ = planJSON(t.Elem(), f.goName, false) // the faults are those of the slice
		}
	default:
		p.setParser(f, t)
	}
	if f.comma && (!f.slice || f.parse == nil || f.in == "path") {
		p.failf("field %s: \"comma\" is only for a slice of values from a query, a form or a header", f.goName)
	}
}

// setParser sets the parser of a field that is filled from texts.
//
// The type itself comes first, since a slice may parse itself: a net.IP is one value and not a list
// of bytes. A []byte would take a list of numbers, which nobody means. Only the first of several
// cookies counts, so a slice makes no sense there.
func (p *planner) setParser(f *field, t reflect.Type) {
	value := t // the type of one value
	if f.parse = parser(t); f.parse == nil && t.Kind() == reflect.Pointer {
		f.pointer, value = true, t.Elem()
	} else if f.parse == nil && t.Kind() == reflect.Slice && t.Elem() != reflect.TypeFor[byte]() && f.in != "cookie" {
		f.slice, value = true, t.Elem()
	}
	if f.parse = parser(value); f.parse == nil && optionalType(value) != nil {
		p.failf("field %s: %v is for JSON: a %s has no null, so use a pointer", f.goName, t, f.in)
	} else if f.parse == nil {
		p.failf("field %s: type %v is not supported for a %s", f.goName, t, f.in)
	} else if f.in == "header" && value == reflect.TypeFor[time.Time]() && slices.Contains(httpTimes, f.name) {
		p.failf("field %s: the header %s has another form than a time.Time: take a string, and read it with http.ParseTime", f.goName, f.name)
	}
	if (f.in == "query" || f.in == "form") && value.Kind() == reflect.Bool && !parsesItself(value) {
		f.parse = parseCheckbox
	}
	f.takesEmpty = takesEmpty(value) || f.in == "path" // a path has no blank inputs
}

// isJSONForm reports whether a field of a form with this type takes JSON: whether it is a struct or
// a map, a pointer to one, or a slice of one of these. A type that is parsed from a text, such as
// time.Time, takes that text instead. An Optional counts as what it holds.
func isJSONForm(t reflect.Type) bool {
	for _, kind := range []reflect.Kind{reflect.Slice, reflect.Pointer} {
		if t.Kind() == kind && !parsesItself(t) {
			t = t.Elem()
		}
	}
	if inner := optionalType(t); inner != nil {
		return isJSONForm(inner)
	}
	isObject := t.Kind() == reflect.Struct || t.Kind() == reflect.Map
	return isObject && !parsesItself(t) && t != reflect.TypeFor[multipart.FileHeader]()
}

// splitTag splits the value of a tag into the name and the words after it, which must be among
// those that are allowed: "page,required" into "page" and "required".
func (p *planner) splitTag(f taggedField, allowed ...string) (name string, words []string) {
	all := strings.Split(f.value, ",")
	for i, word := range all[1:] {
		if !slices.Contains(allowed, word) || slices.Contains(all[1:i+1], word) {
			p.failf("field %s: its tag has %q where only %q is allowed, once", f.goName, word, allowed)
		}
	}
	return all[0], all[1:]
}

// addDefault sets the default of a field, which its parser must accept. The field keeps the text
// rather than the parsed value. A parsed value may refer to memory, as a net.IP does, and two
// requests must not share that.
func (p *planner) addDefault(f *field, t reflect.Type, text string) {
	if f.required || f.slice || f.pointer || f.file || f.json || f.in == "path" {
		p.failf("field %s: a field that is required, from the path, a slice, a pointer, a file or JSON cannot have a default", f.goName)
		return
	}
	if f.parse == nil {
		return
	}
	f.defaultText = &text
	v := reflect.New(t).Elem()
	fault := f.parse(v, text)
	if r := broken(f.rules.value, v); r != nil && fault.detail == "" {
		fault = r.breach
	}
	if fault.detail != "" {
		p.failf("field %s: the default %q %s", f.goName, text, fault.detail)
	}
}

// addRules sets the rules of a field. Those inside a value of JSON are compiled with its type.
func (p *planner) addRules(f *field, sf taggedField) {
	var faults []error
	f.rules, faults = compileRules(sf.Type, sf.Tag)
	for _, err := range faults {
		p.failf("field %s: %w", f.goName, err)
	}
	if f.file && f.rules.unique {
		p.failf("field %s: uniqueItems:\"true\" has no meaning for files", f.goName)
	}
}

// validate calls the Validate methods of a T that has been filled, and of everything in its body.
func (p *plan) validate(v reflect.Value) error {
	if p.checker == nil {
		return nil
	}
	var w visit
	w.value(p.checker, v, false)
	for i, f := range w.fields {
		if f.In == "" {
			w.fields[i].In = p.partOf(f.Name)
		}
	}
	return w.result()
}

// partOf returns the part of the request that a FieldError of T's own Validate is about if it does
// not say so itself: that of the field with its name, or else the body.
func (p *plan) partOf(name string) string {
	first := ""
	for _, f := range slices.Concat(p.query.fields, p.byKey) {
		if f.name == name || f.in == "header" && strings.EqualFold(f.name, name) {
			return f.in
		}
		if first == "" {
			first = f.in
		}
	}
	switch {
	case p.body == nil:
		return first
	case p.body.kind == "form":
		return "form"
	}
	return "body"
}
