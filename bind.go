package apiroute

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
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
		faults := decodeJSON(data, indirect(v, p).Addr().Interface(), &req.found().scope.config, !p.custom)
		if faults != nil {
			b.fail(p.order, "body", faults[0].Name, faults[0].Detail)
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
