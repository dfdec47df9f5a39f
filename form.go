package apiroute

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// This file fills structs from queries and forms. A query and a urlencoded form have the same
// syntax, and fromPairs reads both. A multipart form may have files, and net/http reads it. Both
// give their values to the binder, and report names that no field has if the route has
// [RejectUnknown].

// fromPairs fills the fields of a set from raw, a query or a urlencoded form. It accepts what
// url.ParseQuery accepts, but does not build a map. in is "query" or "form", for faults.
func (b *binder) fromPairs(set *fieldSet, v reflect.Value, in, raw string) {
	if hasTooManyPairs(raw) {
		b.refuseAll(set, tooManyPairs.of(in, ""))
		return
	}
	var p pair
	for raw != "" {
		if raw = p.cut(raw); p.name == "" && !p.assigned {
			continue
		}
		if p.escaped {
			p.unescape()
		}
		if p.bad {
			b.refuseAll(set, malformedPair.of(in, ""))
			return
		}
		if f := set.get(p.name); f != nil {
			b.give(f, v, p.value)
		} else if b.req.matchOrDefault().scope.rejectUnknown {
			b.unknown(in, p.name)
		}
	}
}

// A pair is one name=value of a query.
type pair struct {
	name, value string // still escaped, until unescape is called
	assigned    bool   // whether it has a =, which a&b has not
	escaped     bool   // whether it has a % or +, and must be unescaped
	bad         bool   // whether it has a semicolon or a bad escape
}

// cut sets p to the first pair of a query, still escaped, and returns the rest of the query. For
// "a=1&b=2" it sets p to a and 1, and returns "b=2". It reads each byte once.
//
// A semicolon makes the pair bad, as in url.ParseQuery: some servers take it for a separator and
// others do not, which has been used to poison caches (golang.org/issue/25192).
func (p *pair) cut(raw string) (rest string) {
	*p = pair{}
	from, i := 0, 0
	for ; i < len(raw) && raw[i] != '&'; i++ {
		switch c := raw[i]; {
		case c > '=': // most bytes are letters, and need no other test
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

// unescape decodes the name and the value. A bad escape makes the pair bad.
func (p *pair) unescape() {
	var err1, err2 error
	p.name, err1 = url.QueryUnescape(p.name)
	p.value, err2 = url.QueryUnescape(p.value)
	p.bad = p.bad || err1 != nil || err2 != nil
}

// maxUnknown is how many unknown names a response lists. Without a limit, a client could make the
// server remember and compare any number of them.
const maxUnknown = 20

// unknown records a name that no field has, unless it is recorded already. The name is made safe to
// send back: it is cut if it is long, and made valid UTF-8.
func (b *binder) unknown(in, name string) {
	if len(name) > maxJSONPath {
		name = name[:maxJSONPath] + "…"
	}
	fault := isUnknown.of(in, strings.ToValidUTF8(name, "\uFFFD"))
	if b.numUnknown < maxUnknown && !slices.Contains(b.faults, fault) {
		b.addFaults(b.numFields, fault)
		b.numUnknown++
	}
}

// fromMultipart fills v, the struct of a form, from a multipart body. A name can have both values
// and files. It returns an error if the body as a whole is rejected; a malformed form is recorded
// as a fault of all its fields instead.
func (b *binder) fromMultipart(v reflect.Value) error {
	form, err := b.req.multipartForm()
	if e, ok := err.(*Error); ok && len(e.Fields) > 0 { // malformed, but no reason to hide other faults
		b.refuseAll(&b.body.form, e.Fields[0])
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range b.body.form.fields {
		// Browsers send an empty text for a file that was not chosen.
		for _, s := range form.Value[f.name] {
			b.give(f, v, s)
		}
		if files := form.File[f.name]; len(files) > 0 {
			if err := b.giveFiles(f, v, files); err != nil {
				return err
			}
		}
	}
	if b.req.matchOrDefault().scope.rejectUnknown {
		for _, name := range namesOf(form) {
			if b.body.form.get(name) == nil {
				b.unknown("form", name)
			}
		}
	}
	b.finish(b.body.form.fields, v)
	return nil
}

// namesOf returns the names of a form's values and files, sorted, so that the faults do not depend
// on the order of a map.
func namesOf(form *multipart.Form) []string {
	names := make([]string, 0, len(form.Value)+len(form.File))
	for name := range form.Value {
		names = append(names, name)
	}
	for name := range form.File {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// giveFiles sets a field to the files that the form has for its name. There is at least one. A
// field that takes JSON is set to the contents of files that say that they are JSON. The error is
// that of reading such a file.
func (b *binder) giveFiles(f *field, v reflect.Value, files []*multipart.FileHeader) error {
	switch {
	case f.json:
		return b.giveJSONFiles(f, v, files)
	case !f.file:
		b.refuse(f, mustNotBeFile)
	case f.slice:
		v.FieldByIndex(f.index).Set(reflect.ValueOf(files))
	case len(files) > 1:
		b.refuse(f, isRepeated)
	default:
		v.FieldByIndex(f.index).Set(reflect.ValueOf(files[0]))
	}
	*b.status(f) |= present
	return nil
}

// giveJSONFiles gives the contents of files to a field that takes JSON. That is how a browser sends
// a Blob in a form: as a file named blob, with the type of the Blob.
func (b *binder) giveJSONFiles(f *field, v reflect.Value, files []*multipart.FileHeader) error {
	for _, file := range files {
		mediaType, params, err := mime.ParseMediaType(file.Header.Get("Content-Type"))
		if err != nil || !isJSON(mediaType) || !isUTF8(params) {
			b.refuse(f, mustBeJSON)
			return nil
		}
		data, err := b.req.readFile(file)
		if err != nil {
			return err
		}
		b.give(f, v, string(data))
	}
	return nil
}

// giveJSON decodes a JSON text into target, the field f of a form. The names of the faults begin
// with that of the field, as in meta.items[2].price.
//
// A slice takes one array, or any number of objects, each of which is one element: OpenAPI sends
// them so.
func (b *binder) giveJSON(f *field, target reflect.Value, data []byte) {
	name, known := f.name, f.target
	switch isObject := bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")); {
	case f.slice && isObject:
		name += "[" + strconv.Itoa(target.Len()) + "]"
		target, known = appendZero(target), f.item
	case f.slice && !target.IsNil():
		b.refuse(f, isRepeated)
		return
	}
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
		target = target.Elem()
	}
	for _, fault := range b.decodeJSON(data, target, known) {
		if fault.Name != "" && fault.Name[0] != '[' {
			fault.Name = "." + fault.Name
		}
		fault.In, fault.Name = f.in, name+fault.Name
		b.addFaults(f.order, fault)
		*b.status(f) |= refused
	}
}
