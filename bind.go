package apiroute

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// This file fills a struct from a request by its plan, and collects everything that is wrong with
// the request. The plan is made in plan.go, texts become values in parse.go, and queries and forms
// are read in form.go. JSON bodies are decoded in json.go, and Validate is called in visit.go.

// Bind fills a struct of type T from a request. The tag of a field names the one place that the
// field is filled from; nothing else in the request can fill it.
//
//	path:"id"         a segment of the path; []V for a catch-all
//	query:"page"      the query; []V for a name that may be repeated
//	header:"X-Trace"  a header; []V for one that may be repeated. Host is the request's host
//	cookie:"session"  a cookie; if it is repeated, the first
//	body:"json"       the JSON body, decoded as by Request.JSON
//	body:"form"       a urlencoded or multipart body, into a struct whose fields have form:"name"
//	body:"bytes"      the body as it is, into []byte or string
//
// Every exported field must have exactly one of these tags, and no two fields may name the same
// place. An embedded struct counts as its fields; a pointer to a struct cannot be embedded. Names
// are matched exactly, except those of headers, which ignore case.
//
// Bind may be called several times for one request, with the same or different types. When it
// returns an error, it returns the zero T.
//
// # Values
//
// V is a string, bool, integer, float, [time.Duration] or [encoding/json.Number], a named type of
// one of these, or a type with a method UnmarshalText, such as [time.Time] (RFC 3339; a + in a
// query is written %2B) and [net/netip.Addr]. A pointer to V is nil if there is no value. The table
// shows which texts each type accepts, and as what value; a - means that the text is rejected:
//
//	text                    string                  bool   int  uint  float  Duration
//	""                      ""                      false  0    0     0      0s
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
//	"yes"                   "yes"                   -      -    -     -      -
//	"1h30m"                 "1h30m"                 -      -    -     -      1h30m0s
//
// In a query or a form, + stands for a space, so +3 is the text " 3". There, a bool also accepts
// on, which browsers send for a checkbox, and off. Strings must be valid UTF-8. A json.Number
// accepts the numbers of JSON.
//
// With ",comma" after the name, as in query:"ids,comma", the texts for a slice are also split at
// commas: ids=1,2&ids=3 gives 1, 2 and 3. Empty elements are left out. It is allowed in a query, a
// form and a header.
//
// # Missing values
//
// An empty text, which browsers send for an input that was left blank, is no value, unless V is a
// string without UnmarshalText. The field is then as if the name were absent: a pointer is nil, a
// default applies, and a slice does not get an element. But a name may only be repeated for a
// slice, even if one of the texts is empty.
//
// With ",required" after the name, as in query:"page,required", a request without the value is
// rejected; the value itself may be 0, false or an empty string. Values of the path are always
// required, and so is a JSON body, unless its field is a pointer.
//
// A member of a JSON body is required with the tag required:"true", and also if its zero value breaks
// one of its rules, unless it is a pointer or has omitempty or omitzero.
//
// A tag default:"20" gives the value for a request that has none. A default is not allowed for a
// field that is required, comes from the path, or is a slice, a pointer, a file, a body or JSON.
//
// # Rules
//
// Keywords of JSON Schema in the tag of a field are rules, such as minimum:"1", maxLength:"80",
// pattern:"^[a-z]+$", format:"email", enum:"new,top" and, for a slice, maxItems:"5". A type can
// state them once, by a method JSONSchema() any. A value that is present and breaks one is an error
// of its field, like a value of the wrong type, and its Code is the keyword. The file docs/rules.md
// of this module lists all keywords and what they mean.
//
// # Forms and files
//
// In a form, *multipart.FileHeader and []*multipart.FileHeader take files. A struct or a map, a
// pointer to one, and a slice of these take JSON, decoded as in a JSON body, from a text or from a
// file whose Content-Type is JSON, as browsers send a Blob of that type. A slice takes one array,
// or any number of objects with the same name.
//
// If the files of a multipart body are larger than 1 MiB together, they are kept in temporary
// files, which are removed after the response.
//
// If middleware or the handler has parsed a form before, with ParseForm or ParseMultipartForm, Bind
// uses the PostForm or MultipartForm of the request. ParseForm leaves out pairs that are malformed;
// where the length of the body shows that it has, Bind rejects the form.
//
// # Errors
//
// The error is an [*Error] with status 400 that lists everything that is wrong with the fields, in
// the order of the struct. Those of a JSON body, at most 20, are in the order of its text, and the
// members that an object lacks come at its end. Errors never contain values of the request.
//
// A body that is rejected as a whole gives an error for the body only. Its status is 413 if the
// body is longer than the [BodyLimit], 415 for another media type or a Content-Encoding, 408 if the
// body has not arrived by the server's read deadline, and 400 if it is incomplete or malformed. If
// the handler has read from Body before, the error is not an [*Error], and so the response is a
// 500.
//
// With [RejectUnknown], unknown names in the query and in a form are errors too. A query is parsed
// only if T has fields for it, or with RejectUnknown; it is then rejected if it has a bad escape or
// a semicolon. A query or a urlencoded form of more than 10,000 pairs is always rejected.
//
// # Validate
//
// If everything is right, Bind calls the methods Validate() error of the values in the body, of the
// body, of the structs embedded in T, and of T, each once. Those of elements are called before that
// of their list or map, and those of fields before that of their struct. A method with a pointer
// receiver may change its value.
//
// Bind calls them for all values of a JSON body, at any depth and also if the text does not have
// them. It does not call them for nil pointers, for an [Optional] that is absent or null, for what
// an interface holds, and within any other type that decodes itself. Nor does it for single values
// of a query, path, header, cookie or form, which their types check in UnmarshalText.
//
// [FieldError] values that they return, also wrapped or joined by [errors.Join], become one
// [*Error] with status 422. The Name of one is relative to the value whose method returns it: if
// the element items[2] names the field price, the client gets items[2].price. An empty In is filled
// in. In T's own method, it is that of the field of T with the name, or else that of the body. The
// text of an error around a FieldError is only logged. Once there are 20, no more methods are
// called.
//
// An [*Error] that a method returns is returned as it is, at once. Any other error is returned at
// once as well, as a 422 that does not show it to the client. A nil pointer that is returned as an
// error, such as a nil *FieldError, is a mistake of the program and a 500.
//
// Which Validate is whose follows Go's rules. If a struct embeds one struct with a Validate, Go
// promotes the method to the outer struct, and a Validate of the outer struct's own, with the same
// kind of receiver, hides it. Bind calls the outer struct's method only, so one that hides another
// must call it. A named struct cannot have its Validate from an embedded pointer, which may be nil.
//
// # Mistakes in T
//
// Bind panics if something is wrong with T itself: a field without a tag or with two, an
// unsupported type, a bad default or rule, a method Validate with another signature, or a path tag
// that names no segment of the route. Inside a JSON body, the tags above, a tag default and options
// of a json tag that encoding/json does not know are mistakes as well, because they would do
// nothing.
//
// The panic becomes a 500 and a log entry. The typed endpoints, such as [Get], detect these
// mistakes when they are registered.
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
	places     []int16         // the place of each of the faults; see addFaults
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
	named   fieldStatus = 1 << iota // the request has the name of the field, perhaps with an empty text
	present                         // the request has a value for the field
	refused                         // the field has a fault; further ones are not recorded
)

// The breaches that do not depend on how texts are parsed.
var (
	isRepeated    = breach{"type", "must be given only once"}
	notFile       = breach{"type", "must be a file"}
	mustNotBeFile = breach{"type", "must not be a file"}
	mustBeJSON    = breach{"type", "must be JSON"}
)

// bind fills v, which must be the zero T. Its error is ready to be sent to the client.
func (p *plan) bind(req *Request, v reflect.Value) error {
	if p.numFields == 0 && p.checker == nil && !req.matchOrDefault().scope.rejectUnknown {
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
	b.finish(p.checked, v)
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

// give sets a field to one text of the request, or appends it if the field is a slice. v is the
// struct that contains the field: T, or the struct of a form.
//
// A second text for a field that is not a slice is a fault, even if one of them is empty, so that
// no two readers of the request disagree on which one counts.
func (b *binder) give(f *field, v reflect.Value, s string) {
	status := b.status(f)
	repeated := *status&named != 0
	*status |= named
	switch {
	case *status&refused != 0:
	case repeated && !f.slice && !f.file:
		b.refuse(f, isRepeated)
	case f.comma:
		b.giveList(f, v, s)
	case s != "" || f.takesEmpty:
		b.giveValue(f, v, s)
	}
}

// giveList appends the elements of a text such as "1,2,3" to a field. Empty elements are no values.
// The blanks around the elements of a header are not part of them (RFC 9110, section 5.6.1).
func (b *binder) giveList(f *field, v reflect.Value, s string) {
	for more := true; more && *b.status(f)&refused == 0; {
		var element string
		element, s, more = strings.Cut(s, ",")
		if f.in == "header" {
			element = strings.Trim(element, " \t")
		}
		if element != "" {
			b.giveValue(f, v, element)
		}
	}
}

// giveValue sets a field to one value, or appends it if the field is a slice.
func (b *binder) giveValue(f *field, v reflect.Value, s string) {
	*b.status(f) |= present
	target := v.FieldByIndex(f.index)
	switch {
	case f.file:
		b.refuse(f, notFile)
		return
	case f.json:
		b.giveJSON(f, target, []byte(s))
		return
	case f.slice:
		target = appendZero(target)
	case f.pointer:
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	if fault := f.parse(target, s); fault.detail != "" {
		b.refuse(f, fault)
	} else if r := broken(f.rules.value, target); r != nil {
		b.refuse(f, r.breach)
	}
}

// appendZero appends the zero element to a slice and returns it.
func appendZero(slice reflect.Value) reflect.Value {
	n := slice.Len()
	if n == slice.Cap() {
		slice.Grow(max(4, n)) // one allocation for up to four values
	}
	slice.SetLen(n + 1)
	return slice.Index(n)
}

// finish looks at fields when the request has been read. It rejects those that are required and have
// no value, sets others without a value to their defaults, and checks the rules of lists.
func (b *binder) finish(fields []*field, v reflect.Value) {
	for _, f := range fields {
		switch {
		case *b.status(f)&refused != 0:
		case *b.status(f)&present != 0:
			b.checkList(f, v)
		case f.required:
			b.refuse(f, isRequired)
		case f.defaultText != nil:
			f.parse(v.FieldByIndex(f.index), *f.defaultText) // cannot fail: addDefault has tried it
		}
	}
}

// checkList checks the rules of a field for a list as a whole. A list without a value is absent, and
// not a list of no items.
func (b *binder) checkList(f *field, v reflect.Value) {
	if !f.rules.ofList() {
		return
	}
	list := v.FieldByIndex(f.index)
	if r := f.rules.brokenCount(list.Len()); r != nil {
		b.refuse(f, r.breach)
	} else if f.rules.unique && !isUnique(list) {
		b.refuse(f, notUnique)
	}
}

// refuse records a fault of a field, unless the field has one already.
func (b *binder) refuse(f *field, fault breach) {
	if status := b.status(f); *status&refused == 0 {
		*status |= refused
		b.addFaults(f.order, fault.of(f.in, f.name))
	}
}

// refuseAll records one fault for all fields of a set, such as for a query that cannot be split
// into pairs. They are marked as refused, so that none is also reported as missing.
func (b *binder) refuseAll(set *fieldSet, fault FieldError) {
	order := b.numFields
	if len(set.fields) > 0 {
		order = set.fields[0].order
	}
	for _, f := range set.fields {
		*b.status(f) |= refused
	}
	b.addFaults(order, fault)
}

// addFaults adds faults at the place of a field in the struct. Faults at the same place stay in the
// order in which they are added. Unknown names have the place after all fields.
func (b *binder) addFaults(order int, faults ...FieldError) {
	i := len(b.faults)
	for i > 0 && int(b.places[i-1]) > order {
		i--
	}
	b.faults = slices.Insert(b.faults, i, faults...)
	for range faults {
		b.places = slices.Insert(b.places, i, int16(order))
	}
}
