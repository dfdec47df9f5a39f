package apiroute

import (
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
)

// This file reads queries and forms. A query and a urlencoded form have the same syntax, and
// fromPairs reads both. A multipart form may have files, and net/http reads it. Both give their
// values to the binder, and report names that no field has if the route has [RejectUnknown].

// formMemory is how many bytes of a form's files are kept in memory. Larger files go to temporary
// files on disk, which Request.close removes.
const formMemory = 1 << 20

// fromPairs fills the fields of a set from raw, a query or a urlencoded form. It accepts what
// url.ParseQuery accepts, but does not build a map. in is "query" or "form", for faults.
func (b *binder) fromPairs(set *fieldSet, v reflect.Value, in, raw string) {
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
	name = strings.ToValidUTF8(name, "\uFFFD")
	if b.numUnknown < maxUnknown && !slices.Contains(b.faults, FieldError{in, name, isUnknown}) {
		b.addFault(b.numFields, in, name, isUnknown)
		b.numUnknown++
	}
}

// fromMultipart fills v, the struct of a form, from a multipart body. A name can have both values
// and files. It returns an error if the body as a whole is rejected; a malformed form is recorded
// as a fault of all its fields instead.
func (b *binder) fromMultipart(v reflect.Value) error {
	form, err := b.req.multipartForm()
	if e, ok := err.(*Error); ok && len(e.Fields) > 0 { // malformed, but no reason to hide other faults
		b.refuseAll(&b.body.form, "form", e.Fields[0].Detail)
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range b.body.form.fields {
		values, files := form.Value[f.name], form.File[f.name]
		if f.file { // browsers send an empty text for a file that was not chosen
			values = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
		}
		for _, s := range values {
			b.give(f, v, s)
		}
		if len(files) > 0 {
			b.giveFiles(f, v, files)
		}
	}
	if b.req.matchOrDefault().scope.rejectUnknown {
		for _, name := range namesOf(form) {
			if b.body.form.get(name) == nil {
				b.unknown("form", name)
			}
		}
	}
	b.checkAbsent(b.body.form.fields, v)
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

// giveFiles sets a field to the files that the form has for its name. There is at least one.
func (b *binder) giveFiles(f *field, v reflect.Value, files []*multipart.FileHeader) {
	*b.status(f) |= present
	switch {
	case !f.file:
		b.refuse(f, "must not be a file")
	case f.slice:
		v.FieldByIndex(f.index).Set(reflect.ValueOf(files))
	case len(files) > 1:
		b.refuse(f, "must be given only once")
	default:
		v.FieldByIndex(f.index).Set(reflect.ValueOf(files[0]))
	}
}

// multipartForm returns the form in a multipart body. The first call reads it; later calls, and
// those of other code in the request, return the same form.
//
// It does not read the form with ParseMultipartForm, which also parses the query and returns its
// errors.
func (req *Request) multipartForm() (*multipart.Form, error) {
	if req.MultipartForm != nil {
		// The handler or middleware has called ParseMultipartForm, or MultipartReader. The latter
		// leaves an empty form, which only net/http can tell from a real one: it then returns an
		// error.
		if req.ParseMultipartForm(formMemory) != nil {
			return nil, errBodyRead
		}
		return req.MultipartForm, nil
	}
	if err := req.checkLength(); err != nil {
		return nil, err
	}
	if hasBody(req.Request) {
		b := req.wholeBody()
		if b.progress.Load() != unread {
			return nil, errBodyRead
		}
		b.offset = 0 // if the body is buffered, from its beginning
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
	req.MultipartForm = nil // MultipartReader has set it to an empty form
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "the form has too many parts or parts that are too large"}
	case errors.As(err, &tooLarge):
		return nil, bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, req.bodyError(err)
	}
	e := badRequest(FieldError{"form", "", "is malformed or incomplete"})
	e.Err = err
	return nil, e
}
