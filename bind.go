package apiroute

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// This file fills a struct from a request by its plan, and collects everything that is wrong with
// the request. The plan is made in plan.go, texts become values in parse.go, and queries and forms
// are read in form.go. JSON bodies are decoded in json.go, and Validate is called in validate.go.

// Bind fills a struct of type T from a request. The tag of a field names the one
// place that the field is filled from; nothing else in the request can fill it.
//
//	path:"id"             a segment of the path; []V for a catch-all
//	query:"page"          the query; []V for a name that may be repeated
//	header:"X-Trace"      a header; []V for one that may be repeated. Host is the request's host
//	cookie:"session"      a cookie; if it is repeated, the first
//	body:"json"           the JSON body, decoded as by [Request.JSON]
//	body:"form"           a urlencoded or multipart body, into a struct whose fields have form:"name"
//	body:"bytes"          the body as it is, into []byte or string
//
// Every exported field must have exactly one of these tags. An embedded struct
// counts as its fields; a pointer to a struct cannot be embedded. Names are
// matched exactly, except those of headers, which ignore case.
//
// V is a string, bool, integer, float or [time.Duration], a named type of one of
// these, or a type with a method UnmarshalText, such as [time.Time] (RFC 3339; a
// + in a query is written %2B) and [net/netip.Addr]. A pointer to V is nil if
// there is no value. In a form, *multipart.FileHeader and []*multipart.FileHeader
// take files. The table shows which texts each type accepts, and as what value;
// a - means that the text is rejected:
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
// In a query or a form, + stands for a space, so +3 is the text " 3". Strings must
// be valid UTF-8.
//
// With ",required" after the name, as in query:"page,required", a request without
// the value is rejected; the value itself may be 0, false or empty. Values of the
// path are always required, and so is a JSON body, unless its field is a pointer.
// A tag default:"20" gives the value for a request that has none. A default is not
// allowed for a field that is required, comes from the path, or is a slice, a
// pointer, a file or a body.
//
// The error is an [*Error] that lists everything that is wrong with the fields, in
// the order of the struct, with status 400. If the body as a whole is rejected, the
// error is for the body only, with status 413, 415 or 408; see [Request.JSON].
// Errors never contain values of the request. With [RejectUnknown], unknown names
// in the query and in a form are errors too. A query is parsed only if T has
// fields for it, or with RejectUnknown; it is then rejected if it has a bad escape
// or a semicolon. When Bind returns an error, it returns the zero T.
//
// If everything is right, Bind calls the methods Validate() error of the structs
// embedded in the body, of the body, of the structs embedded in T, and of T, in
// this order and each once. [FieldError] values that they return, also joined by
// [errors.Join], become one [*Error] with status 422. An [*Error] is returned as it
// is. Any other error becomes a 422 that does not show it to the client. Bind does
// not call Validate on structs that are nested deeper, such as an address in the
// body; the Validate of the struct around them does that.
//
// Which Validate is whose follows Go's rules. If a struct embeds one struct with
// a Validate, Go promotes the method to the outer struct, and a Validate of the
// outer struct's own, with the same kind of receiver, hides it. Bind calls the
// outer struct's method only, so one that hides another must call it. In a body, a
// named struct cannot have its Validate from an embedded pointer, which may be nil.
//
// If the files of a multipart body are larger than 1 MiB together, they are kept
// in temporary files, which are removed after the response. Bind may be called
// several times for one request, with the same or different types.
//
// Bind panics if something is wrong with T itself: a field without a tag or with
// two, an unsupported type, a bad default, or a path tag that names no segment of
// the route. The panic becomes a 500 and a log entry. The typed endpoints, [Get]
// and its kin, detect these mistakes when they are registered.
func Bind[T any](req *Request) (T, error) {
	p := planOf(reflect.TypeFor[T]())
	if p.fault != nil {
		panic(fmt.Sprintf("apiroute: Bind: %v", p.fault))
	}
	if page := req.matchOrDefault().page; page != nil {
		if err := p.checkPath(page.segs); err != nil {
			panic(fmt.Sprintf("apiroute: Bind: %v", err))
		}
	}
	return bind[T](req, p)
}

// bind is Bind for a type whose plan has no fault and fits the path. A value of a plain type is
// filled in pooled memory and copied, because a value on the stack would be moved to the heap by
// reflection.
func bind[T any](req *Request, p *plan) (bound T, err error) {
	var v *T
	pooled := p.plain && req.matchOrDefault().scope.unmarshal == nil // a codec may keep the pointer
	if pooled {
		v, _ = p.values.Get().(*T)
	}
	if v == nil {
		v = new(T)
	}
	if err = p.bind(req, reflect.ValueOf(v).Elem()); err == nil {
		bound = *v
	}
	if pooled {
		var zero T
		*v = zero
		p.values.Put(v)
	}
	return bound, err
}

// A binder fills one struct from one request. Faults do not stop it, so the client learns of all of
// them at once.
type binder struct {
	*plan
	req        *Request
	few        [64]fieldStatus // the status of each field, by its order, if it has room for all; it saves an allocation
	many       []fieldStatus   // the status of each field, by its order, if few has no room; otherwise nil
	faults     []FieldError    // what is wrong with the request, in the order of the struct
	places     []int16         // the place of each of the faults; see addFault
	numUnknown int             // how many of the faults are unknown names
}

// status returns the status of a field, which the caller may change.
func (b *binder) status(f *field) *fieldStatus {
	if b.many != nil {
		return &b.many[f.order]
	}
	return &b.few[f.order]
}

// A fieldStatus says what the binder has found for a field so far. It is zero if the request has no
// value for it.
type fieldStatus uint8

// The bits of a fieldStatus.
const (
	present fieldStatus = 1 << iota // the request has a value for the field
	refused                         // the field has a fault; further ones are not recorded
)

// bind fills v, which must be the zero T. Its error is ready to be sent to the client.
func (p *plan) bind(req *Request, v reflect.Value) error {
	if p.numFields == 0 && len(p.validators) == 0 && !req.matchOrDefault().scope.rejectUnknown {
		return nil
	}
	b := &binder{plan: p, req: req}
	if p.numFields > len(b.few) {
		b.many = make([]fieldStatus, p.numFields)
	}
	if len(p.query.fields) > 0 || req.matchOrDefault().scope.rejectUnknown {
		b.fromPairs(&p.query, v, "query", req.URL.RawQuery)
	}
	for _, f := range p.byKey {
		switch f.in {
		case "path":
			b.fromPath(f, v)
		case "header":
			b.fromHeader(f, v)
		case "cookie":
			if c, err := req.Cookie(f.name); err == nil {
				b.give(f, v, c.Value)
			}
		}
	}
	b.checkAbsent(p.checked, v)
	if p.body != nil {
		if err := b.fromBody(v.FieldByIndex(p.body.index)); err != nil {
			return err
		}
	}
	if len(b.faults) > 0 {
		return badRequest(b.faults...)
	}
	return p.validate(v)
}

// fromPath fills a field from the path. Registration has checked that a router's path has the
// segment. For a handler in another mux that cannot be checked before a request comes. There, an
// empty value shows that the pattern does not have the wildcard, because only {name...} can match
// nothing.
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

// fromHeader fills a field from a header. Host is read from the request, because net/http removes
// it from the header.
func (b *binder) fromHeader(f *field, v reflect.Value) {
	if f.name == "Host" {
		b.give(f, v, b.req.Host)
		return
	}
	for _, s := range b.req.Header[f.name] {
		b.give(f, v, s)
	}
}

// fromBody fills the field for the body. Faults inside the body are recorded like those of other
// fields. If the body as a whole is rejected, such as with a 413 or a 415, fromBody returns the
// error, and the client gets only that one.
func (b *binder) fromBody(v reflect.Value) error {
	if b.body.kind == "form" && b.req.ContentLength != 0 {
		if err := b.req.checkEncoding(); err != nil {
			return err
		}
		mediaType, _, err := b.req.mediaType()
		if err != nil {
			return err
		}
		if mediaType == "multipart/form-data" {
			return b.fromMultipart(b.bodyValue(v))
		}
	}
	data, err := b.req.Bytes()
	switch {
	case err != nil:
		return err
	case len(data) == 0:
		b.absentBody(v)
		return nil
	}
	return b.fromData(v, data)
}

// fromData fills the field for the body. data is the body, which is not empty.
func (b *binder) fromData(v reflect.Value, data []byte) error {
	switch b.body.kind {
	case "json":
		if err := b.req.checkJSON(); err != nil {
			return err
		}
		faults := decodeJSON(data, b.bodyValue(v).Addr().Interface(), &b.req.matchOrDefault().scope.config, b.plain)
		if faults != nil {
			b.addFault(b.body.order, "body", faults[0].Name, faults[0].Detail)
		}
	case "form":
		if mediaType, _, _ := b.req.mediaType(); mediaType != "application/x-www-form-urlencoded" {
			return unsupported("Accept", "application/x-www-form-urlencoded, multipart/form-data", "the body must be a form")
		}
		v = b.bodyValue(v)
		b.fromPairs(&b.body.form, v, "form", string(data))
		b.checkAbsent(b.body.form.fields, v)
	case "bytes":
		if v.Kind() == reflect.String {
			v.SetString(string(data))
		} else {
			v.SetBytes(data)
		}
	}
	return nil
}

// absentBody does for a request without a body what checkAbsent does for other fields. A form
// without a body is a form without values: each of its fields may be required or have a default.
func (b *binder) absentBody(v reflect.Value) {
	switch {
	case b.body.required:
		b.addFault(b.body.order, "body", "", "is required")
	case b.body.kind == "form" && !b.body.pointer:
		b.checkAbsent(b.body.form.fields, v)
	}
}

// bodyValue returns the value to decode the body into. It is the field itself, or a new value to
// which the field then points.
func (b *binder) bodyValue(v reflect.Value) reflect.Value {
	if b.body.pointer {
		v.Set(reflect.New(b.body.typ))
		v = v.Elem()
	}
	return v
}

// give sets a field to one value of the request, or appends the value if the field is a slice. v is
// the struct that contains the field: T, or the struct of a form. A second value for a field that
// is not a slice is a fault, so that no two readers of the request disagree on which one counts.
func (b *binder) give(f *field, v reflect.Value, s string) {
	status := b.status(f)
	repeated := *status&present != 0
	if *status |= present; *status&refused != 0 {
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
			target.Grow(max(4, n)) // one allocation for up to four values
		}
		target.SetLen(n + 1)
		target = target.Index(n)
	case repeated:
		b.refuse(f, "must be given only once")
		return
	case f.pointer:
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	if detail := f.parse(target, s); detail != "" {
		b.refuse(f, detail)
	}
}

// checkAbsent looks at the fields for which the request has no value. It rejects those that are
// required, and sets the others to their defaults.
func (b *binder) checkAbsent(fields []*field, v reflect.Value) {
	for _, f := range fields {
		switch {
		case *b.status(f) != 0:
		case f.required:
			b.refuse(f, "is required")
		case f.defaultText != nil:
			f.parse(v.FieldByIndex(f.index), *f.defaultText) // cannot fail: addDefault has tried it
		}
	}
}

// refuse records a fault of a field, unless the field has one already.
func (b *binder) refuse(f *field, detail string) {
	if status := b.status(f); *status&refused == 0 {
		*status |= refused
		b.addFault(f.order, f.in, f.name, detail)
	}
}

// refuseAll records one fault for all fields of a set, such as for a query that cannot be split
// into pairs. They are marked as refused, so that none is also reported as missing.
func (b *binder) refuseAll(set *fieldSet, in, detail string) {
	order := b.numFields
	if len(set.fields) > 0 {
		order = set.fields[0].order
	}
	for _, f := range set.fields {
		*b.status(f) |= refused
	}
	b.addFault(order, in, "", detail)
}

// addFault adds a fault at the place of a field in the struct. Faults at the same place stay in the
// order in which they are added. Unknown names have the place after all fields.
func (b *binder) addFault(order int, in, name, detail string) {
	i := len(b.faults)
	for i > 0 && int(b.places[i-1]) > order {
		i--
	}
	b.places = slices.Insert(b.places, i, int16(order))
	b.faults = slices.Insert(b.faults, i, FieldError{in, name, detail})
}
