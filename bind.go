package apiroute

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Bind fills a struct of type T from a request, each field from the source that
// its tag names and from no other:
//
//	path:"id"             a segment of the path; []V for a catch-all
//	query:"page"          the query; []V takes repeats
//	header:"X-Trace"      a header; []V takes repeats. Host is the request's host
//	cookie:"session"      a cookie, of repeated ones the first
//	body:"json"           the JSON body, as [Request.JSON] decodes it
//	body:"form"           a urlencoded or multipart body, into a struct whose fields have form:"name"
//	body:"bytes"          the body as it is, into []byte or string
//
// Every exported field has one tag, embedded structs count as their fields (a
// pointer to one is refused), and names match as they are written; only those of
// headers, in any letter case.
//
// V is a string, bool, integer, float, [time.Duration], a type with
// UnmarshalText such as [time.Time] (RFC 3339; a + in a query is %2B) and
// [net/netip.Addr], or a named type of these. A pointer to V is nil where the value
// is absent. In a form, *multipart.FileHeader and []*multipart.FileHeader take
// files. What text each takes:
//
//	text                    string                  bool   int  uint  float  Duration
//	""                      ""                      -      -    -     -      -
//	"3"                     "3"                     -      3    3     3      -
//	"+3"                    "+3"                    -      3    -     3      -
//	"-3"                    "-3"                    -      -3   -     -3     -
//	" 3"                    " 3"                    -      -    -     -      -
//	"1_000"                 "1_000"                 -      -    -     -      -
//	"0x10"                  "0x10"                  -      -    -     -      -
//	"1.5"                   "1.5"                   -      -    -     1.5    -
//	"1e3"                   "1e3"                   -      -    -     1000   -
//	"NaN"                   "NaN"                   -      -    -     -      -
//	"Inf"                   "Inf"                   -      -    -     -      -
//	"99999999999999999999"  "99999999999999999999"  -      -    -     1e+20  -
//	"1"                     "1"                     true   1    1     1      -
//	"0"                     "0"                     false  0    0     0      0s
//	"TRUE"                  "TRUE"                  true   -    -     -      -
//	"f"                     "f"                     false  -    -     -      -
//	"on"                    "on"                    -      -    -     -      -
//	"yes"                   "yes"                   -      -    -     -      -
//	"1h30m"                 "1h30m"                 -      -    -     -      1h30m0s
//
// In a query or a form, + is a space, and so "+3" is " 3". Strings must be UTF-8.
//
// A second word makes a value one that must be present, though it may be 0,
// false or empty: query:"page,required". Values of the path always are, and so
// is a JSON body unless its field is a pointer. default:"20" is the value where
// there is none; a field that is required, of the path, a slice, a pointer, a
// file or a body takes no default.
//
// The error is an [*Error] that holds all fields that are wrong, in the order of
// the struct: status 400; and 413, 415 or 408 if the body says so, see
// [Request.JSON]. Values are never in it. With [RejectUnknown] unknown names in
// the query and in a form are wrong too. A query is parsed, and refused for a
// bad escape or a semicolon, only if T has fields for it, or with RejectUnknown.
// The T that comes with an error is zero.
//
// If all is right, methods Validate() error are called: those of the embedded
// structs, of the body and of its embedded structs, and of T, each once. The
// [FieldError] values that they return, also joined, are a 422 with these
// fields; an [*Error] is as it is; any other error is a 422 that does not show
// it. On structs that are further in, such as an address in the body, it is not
// called: that is for the Validate around them.
//
// Files of a multipart body that have more than 1 MiB together are kept in
// temporary files, which are removed after the answer. Bind may be called again,
// for the same or another type.
//
// Bind panics, which is a 500 and a line in the log, if T itself is at fault: a
// field without a tag, with two, of an unsupported type, with a bad default, or
// with a path tag that names no segment of the route. The typed endpoints, [Get]
// and its kin, find that out when they are registered.
func Bind[T any](req *Request) (T, error) {
	p := planOf(reflect.TypeFor[T]())
	if p.fault != nil {
		panic(fmt.Sprintf("apiroute: Bind: %v", p.fault))
	}
	if page := req.found().page; page != nil {
		if err := p.checkPath(page.segs); err != nil {
			panic(fmt.Sprintf("apiroute: Bind: %v", err))
		}
	}
	return bind[T](req, p)
}

// bind is Bind for a type that has been held against the route.
func bind[T any](req *Request, p *plan) (bound T, err error) {
	if p.total == 0 && len(p.validators) == 0 && !req.found().scope.rejectUnknown {
		return bound, nil
	}
	var v *T
	reuse := !p.exposed && req.found().scope.unmarshal == nil
	if reuse {
		v, _ = p.values.Get().(*T)
	}
	if v == nil {
		v = new(T)
	}
	if err = p.bind(req, reflect.ValueOf(v).Elem()); err == nil {
		bound = *v
	}
	if reuse {
		var zero T
		*v = zero
		p.values.Put(v)
	}
	return bound, err
}

// formMemory is how many bytes of a form's files are kept in memory.
const formMemory = 1 << 20

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

// A validator is a struct on whose type itself Validate is declared.
type validator struct {
	index  []int // in T, or in the body
	inBody bool
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

// parser returns what parses a text into a value of a type. It returns "", or
// what the text must be. It is nil if the type is not supported.
func parser(t reflect.Type) func(reflect.Value, string) string {
	if parsesItself(t) {
		return parseText
	}
	if t == reflect.TypeFor[time.Duration]() {
		return parseDuration
	}
	switch t.Kind() {
	case reflect.String:
		return parseString
	case reflect.Bool:
		return parseBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return parseInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return parseUint
	case reflect.Float32, reflect.Float64:
		return parseFloat
	}
	return nil
}

// parsesItself reports whether a text is parsed into a type by code of its own.
func parsesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) && t.Kind() != reflect.Pointer
}

// mayKeep reports whether the code of a type may keep what it decodes, or a pointer
// to itself. These two are known to copy; others are not trusted with memory that
// is used again.
func mayKeep(t reflect.Type) bool {
	return t != reflect.TypeFor[time.Time]() && t != reflect.TypeFor[json.RawMessage]()
}

func parseText(v reflect.Value, s string) string {
	if v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) != nil {
		if v.Type() == reflect.TypeFor[time.Time]() {
			return "must be a time such as 2006-01-02T15:04:05Z"
		}
		return wrongForm
	}
	return ""
}

func parseDuration(v reflect.Value, s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return "must be a duration such as 1h30m"
	}
	v.SetInt(int64(d))
	return ""
}

func parseString(v reflect.Value, s string) string {
	if !utf8.ValidString(s) {
		return "must be UTF-8"
	}
	v.SetString(s)
	return ""
}

func parseBool(v reflect.Value, s string) string {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return "must be true or false"
	}
	v.SetBool(b)
	return ""
}

func parseInt(v reflect.Value, s string) string {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && v.OverflowInt(n) {
		err = strconv.ErrRange
	}
	if err != nil {
		return notANumber(v, s, err)
	}
	v.SetInt(n)
	return ""
}

func parseUint(v reflect.Value, s string) string {
	n, err := strconv.ParseUint(s, 10, v.Type().Bits())
	if err != nil {
		if _, e := strconv.ParseInt(s, 10, 64); s != "" && s[0] == '-' && (e == nil || errors.Is(e, strconv.ErrRange)) {
			err = strconv.ErrRange // an integer all the same
		}
		return notANumber(v, s, err)
	}
	v.SetUint(n)
	return ""
}

func parseFloat(v reflect.Value, s string) string {
	if strings.Trim(s, "+-.0123456789eE") != "" { // no NaN, Inf, 0x1p4, 1_000
		return "must be a number"
	}
	f, err := strconv.ParseFloat(s, v.Type().Bits())
	if err != nil {
		return notANumber(v, s, err)
	}
	v.SetFloat(f)
	return ""
}

func notANumber(v reflect.Value, s string, err error) string {
	if !errors.Is(err, strconv.ErrRange) {
		s = ""
	}
	return expected(v.Type(), s)
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

// A binder is one filling of a struct.
type binder struct {
	*plan
	req  *Request
	few  [64]state // of the fields, by their order
	more []state   // of those after

	wrong    []FieldError // in the order of the struct
	unknowns int          // how many names that are not known are among them
}

// A state is what a binder knows of a field.
type state uint8

const (
	present state = 1 << iota // it had a value
	refused                   // what is wrong with it has been said
	one                       // the other bits count what is wrong in its place: maxUnknown and 2 at most
)

func (b *binder) state(order int) *state {
	if order < len(b.few) {
		return &b.few[order]
	}
	return &b.more[order-len(b.few)]
}

// bind fills v. The error is what the client gets.
func (p *plan) bind(req *Request, v reflect.Value) error {
	b := &binder{plan: p, req: req}
	if n := p.total + 1 - len(b.few); n > 0 { // one more for unknown names
		b.more = make([]state, n)
	}
	if len(p.query.fields) > 0 || req.found().scope.rejectUnknown {
		b.pairs(&p.query, v, "query", req.URL.RawQuery)
	}
	for _, f := range p.single {
		switch f.in {
		case "path":
			b.fromPath(f, v)
		case "header":
			if f.name == "Host" {
				b.give(f, v, req.Host)
			}
			for _, s := range req.Header[f.name] {
				b.give(f, v, s)
			}
		case "cookie":
			if c, err := req.Cookie(f.name); err == nil {
				b.give(f, v, c.Value)
			}
		}
	}
	b.absent(p.wanted, v)
	if p.body != nil {
		if err := b.fromBody(v.FieldByIndex(p.body.index)); err != nil {
			return err
		}
	}
	if len(b.wrong) > 0 {
		return badRequest(b.wrong...)
	}
	return p.validate(v)
}

// fail adds to what is wrong, after what is at or before a place in the struct.
func (b *binder) fail(order int, in, name, detail string) {
	i := 0
	for o := 0; o <= order; o++ {
		i += int(*b.state(o) / one)
	}
	*b.state(order) += one
	b.wrong = slices.Insert(b.wrong, i, FieldError{in, name, detail})
}

// refuse says what is wrong with a field, once.
func (b *binder) refuse(f *field, detail string) {
	if st := b.state(f.order); *st&refused == 0 {
		*st |= refused
		b.fail(f.order, f.in, f.name, detail)
	}
}

// give gives a field one value.
func (b *binder) give(f *field, v reflect.Value, s string) {
	st := b.state(f.order)
	again := *st&present != 0
	if *st |= present; *st&refused != 0 {
		return
	}
	if f.file {
		b.refuse(f, "must be a file")
		return
	}
	target := v.FieldByIndex(f.index)
	switch {
	case f.slice:
		n := target.Len()
		if n == target.Cap() {
			target.Grow(max(4, n)) // the first few in one allocation
		}
		target.SetLen(n + 1)
		target = target.Index(n)
	case again:
		b.refuse(f, "must be there once")
		return
	case f.pointer:
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	if detail := f.parse(target, s); detail != "" {
		b.refuse(f, detail)
	}
}

// absent sees to the fields that had no value.
func (b *binder) absent(fields []*field, v reflect.Value) {
	for _, f := range fields {
		switch {
		case *b.state(f.order)&(present|refused) != 0:
		case f.required:
			b.refuse(f, "is required")
		case f.fallback != nil:
			f.parse(v.FieldByIndex(f.index), *f.fallback) // as it did when planned
		}
	}
}

// fromPath gives a field its segment. Without a router a value that is missing
// can only be one that the pattern does not have.
func (b *binder) fromPath(f *field, v reflect.Value) {
	if f.slice {
		for _, s := range b.req.Segments(f.name) {
			b.give(f, v, s)
		}
		return
	}
	s := b.req.Param(f.name)
	if s == "" && !strings.Contains(pattern(b.req.Request), "{"+f.name+"...}") {
		panic(fmt.Sprintf("apiroute: type %v: field %s: the pattern has no {%s}", b.typ, f.goName, f.name))
	}
	b.give(f, v, s)
}

// pairs gives the values of a query or an urlencoded form to their fields. It
// is url.ParseQuery without the map.
func (b *binder) pairs(set *fieldSet, v reflect.Value, in, raw string) {
	var p pair
	for raw != "" {
		if raw = p.cut(raw); p.name == "" && !p.assigned {
			continue
		}
		if p.escaped {
			p.unescape()
		}
		if p.bad {
			b.refuseAll(set, in, "has a bad escape or a semicolon")
			return
		}
		if f := set.get(p.name); f != nil {
			b.give(f, v, p.value)
		} else if b.req.found().scope.rejectUnknown {
			b.unknown(in, p.name)
		}
	}
}

// A pair is name=value in a query.
type pair struct {
	name, value string
	assigned    bool // there is a =
	escaped     bool // there is a % or +
	bad         bool // there is a semicolon, or a bad escape
}

// cut takes the first pair from a query, in one pass over it, and returns the
// rest.
func (p *pair) cut(raw string) (rest string) {
	*p = pair{}
	from, i := 0, 0
	for ; i < len(raw) && raw[i] != '&'; i++ {
		switch c := raw[i]; {
		case c > '=': // as most are
		case c == '=' && !p.assigned:
			p.name, p.assigned, from = raw[:i], true, i+1
		case c == '%', c == '+':
			p.escaped = true
		case c == ';':
			p.bad = true
		}
	}
	if p.assigned {
		p.value = raw[from:i]
	} else {
		p.name = raw[:i]
	}
	return raw[min(i+1, len(raw)):]
}

func (p *pair) unescape() {
	var err1, err2 error
	p.name, err1 = url.QueryUnescape(p.name)
	p.value, err2 = url.QueryUnescape(p.value)
	p.bad = p.bad || err1 != nil || err2 != nil
}

// maxUnknown is how many unknown names are told of.
const maxUnknown = 20

func (b *binder) unknown(in, name string) {
	if len(name) > maxJSONPath {
		name = name[:maxJSONPath] + "…"
	}
	name = strings.ToValidUTF8(name, "\uFFFD")
	if b.unknowns < maxUnknown && !slices.Contains(b.wrong, FieldError{in, name, isUnknown}) {
		b.fail(b.total, in, name, isUnknown)
		b.unknowns++
	}
}

// refuseAll says what is wrong with all fields of a set, and that they cannot be
// told one by one.
func (b *binder) refuseAll(set *fieldSet, in, detail string) {
	order := b.total
	for i, f := range set.fields {
		if i == 0 {
			order = f.order
		}
		*b.state(f.order) |= refused
	}
	b.fail(order, in, "", detail)
}

// fromBody fills the field of the body. It returns an error for what makes the
// fields beside the point, such as 413 or 415.
func (b *binder) fromBody(v reflect.Value) error {
	p, req := b.body, b.req
	isForm := p.kind == "form"
	if isForm && req.ContentLength != 0 {
		if err := req.checkEncoding(); err != nil {
			return err
		}
		mediaType, _, err := req.mediaType()
		if err != nil {
			return err
		}
		if mediaType == "multipart/form-data" {
			return b.fromMultipart(indirect(v, p))
		}
	}
	var data []byte
	var err error
	if req.found().sealed && hasBody(req.Request) {
		var text *[]byte
		text, err = req.readSealed()
		defer freeText(text)
		data = *text
	} else {
		data, err = req.Bytes()
	}
	switch {
	case err != nil:
		return err
	case len(data) == 0:
		if p.required {
			b.fail(p.order, "body", "", "is required")
		} else if isForm && !p.pointer {
			b.absent(p.form.fields, v)
		}
	case p.kind == "json":
		if err := req.checkJSON(); err != nil {
			return err
		}
		path, detail := decodeJSON(data, indirect(v, p).Addr().Interface(), &req.found().scope.config, p.custom)
		if detail != "" {
			b.fail(p.order, "body", path, detail)
		}
	case isForm:
		if mediaType, _, _ := req.mediaType(); mediaType != "application/x-www-form-urlencoded" {
			return unsupported("Accept", "application/x-www-form-urlencoded, multipart/form-data", "the body must be a form")
		}
		v = indirect(v, p)
		b.pairs(&p.form, v, "form", string(data))
		b.absent(p.form.fields, v)
	case v.Kind() == reflect.String:
		v.SetString(string(data))
	default:
		v.SetBytes(data)
	}
	return nil
}

// indirect returns the value that a body's field is or, made anew, points to.
func indirect(v reflect.Value, p *bodyPlan) reflect.Value {
	if p.pointer {
		v.Set(reflect.New(p.typ))
		v = v.Elem()
	}
	return v
}

// fromMultipart fills the struct of a form from a multipart body.
func (b *binder) fromMultipart(v reflect.Value) error {
	form, err := b.req.multipartForm()
	if e, ok := err.(*Error); ok && len(e.Fields) > 0 {
		b.refuseAll(&b.body.form, "form", e.Fields[0].Detail)
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range b.body.form.fields {
		values, files := form.Value[f.name], form.File[f.name]
		if f.file { // a browser sends an empty text for a file that was not chosen
			values = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
		}
		for _, s := range values {
			b.give(f, v, s)
		}
		if len(files) > 0 {
			b.giveFiles(f, v, files)
		}
	}
	if b.req.found().scope.rejectUnknown {
		names := make([]string, 0, len(form.Value)+len(form.File))
		for name := range form.Value {
			names = append(names, name)
		}
		for name := range form.File {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if b.body.form.get(name) == nil {
				b.unknown("form", name)
			}
		}
	}
	b.absent(b.body.form.fields, v)
	return nil
}

func (b *binder) giveFiles(f *field, v reflect.Value, files []*multipart.FileHeader) {
	*b.state(f.order) |= present
	switch {
	case !f.file:
		b.refuse(f, "must not be a file")
	case f.slice:
		v.FieldByIndex(f.index).Set(reflect.ValueOf(files))
	case len(files) > 1:
		b.refuse(f, "must be there once")
	default:
		v.FieldByIndex(f.index).Set(reflect.ValueOf(files[0]))
	}
}

// multipartForm reads a multipart body, once.
func (req *Request) multipartForm() (*multipart.Form, error) {
	if req.MultipartForm != nil {
		// Somebody has parsed it, or has taken MultipartReader, which leaves a
		// mark that only net/http can tell from a form.
		if req.ParseMultipartForm(formMemory) != nil {
			return nil, errBodyRead
		}
		return req.MultipartForm, nil
	}
	if err := req.checkLength(); err != nil {
		return nil, err
	}
	if hasBody(req.Request) {
		b := req.whole()
		if b.state.Load() != unread {
			return nil, errBodyRead
		}
		b.next = 0
	}
	r, err := req.MultipartReader()
	if err != nil {
		return nil, badRequest(FieldError{"form", "", "has no boundary"})
	}
	form, err := r.ReadForm(formMemory)
	if err == nil {
		req.MultipartForm = form
		return form, nil
	}
	req.MultipartForm = nil // MultipartReader has left a mark
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "the form has too many or too large parts"}
	case errors.As(err, &tooLarge):
		return nil, bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, req.bodyError(err)
	}
	e := badRequest(FieldError{"form", "", "is malformed or broken off"})
	e.Err = err
	return nil, e
}

// addValidators adds the structs embedded in t, and then t, whose type declares
// a method Validate. In a body, which encoding/json fills, structs may also be
// embedded by a pointer.
func (p *planner) addValidators(t reflect.Type, index []int, inBody bool, within []reflect.Type) {
	if slices.Contains(within, t) {
		return
	}
	for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		f, at := t.Field(i), append(slices.Clone(index), i)
		embedded := f.Type
		if inBody && embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		isBody := !inBody && p.body != nil && slices.Equal(at, p.body.index)
		if f.Anonymous && embedded.Kind() == reflect.Struct && !isBody {
			p.addValidators(embedded, at, inBody, append(within, t))
		}
	}
	if declaresValidate(t) {
		p.validators = append(p.validators, validator{index, inBody})
		p.exposed = p.exposed || !t.Implements(reflect.TypeFor[validate]()) // else it gets a copy
	}
}

type validate interface{ Validate() error }

// declaresValidate reports whether a method Validate is a type's own. One that
// is promoted from an embedded struct is a wrapper without a source.
func declaresValidate(t reflect.Type) bool {
	if !reflect.PointerTo(t).Implements(reflect.TypeFor[validate]()) {
		return false
	}
	m, ok := t.MethodByName("Validate")
	if !ok {
		m, _ = reflect.PointerTo(t).MethodByName("Validate")
	}
	pc := m.Func.Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	return file != "<autogenerated>"
}

// validate calls the methods Validate of a struct that is filled.
func (p *plan) validate(v reflect.Value) error {
	var fields []FieldError
	for _, val := range p.validators {
		target := v
		if val.inBody {
			target = v.FieldByIndex(p.body.index)
		}
		if target = embeddedIn(target, val.index); !target.IsValid() {
			continue
		}
		// An embedded struct of an unexported type is out of Interface's reach.
		err := reflect.NewAt(target.Type(), target.Addr().UnsafePointer()).Interface().(validate).Validate()
		if err == nil {
			continue
		}
		var e *Error
		if errors.As(err, &e) {
			return err
		}
		list, all := fieldErrors(err)
		if !all {
			return &Error{Status: http.StatusUnprocessableEntity, Fields: append(fields, list...), Err: err}
		}
		fields = append(fields, list...)
	}
	if len(fields) == 0 {
		return nil
	}
	e := badRequest(fields...)
	e.Status = http.StatusUnprocessableEntity
	return e
}

// embeddedIn returns what an index leads to, through pointers. It is not valid if
// one of them is nil.
func embeddedIn(v reflect.Value, index []int) reflect.Value {
	for i := 0; ; i++ {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		if i == len(index) {
			return v
		}
		v = v.Field(index[i])
	}
}

// fieldErrors returns the FieldErrors that an error is or has joined, and
// whether that is all of it.
func fieldErrors(err error) (list []FieldError, all bool) {
	switch e := err.(type) {
	case FieldError:
		return []FieldError{e}, true
	case *FieldError:
		return []FieldError{*e}, true
	case interface{ Unwrap() []error }:
		all = true
		for _, err := range e.Unwrap() {
			l, a := fieldErrors(err)
			list, all = append(list, l...), all && a
		}
		return list, all
	}
	return nil, false
}
