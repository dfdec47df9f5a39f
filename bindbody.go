package apiroute

import (
	"reflect"
)

// This file fills the field for the body of a request.

// fromBody fills the field for the body. Faults inside the body are recorded like those of other
// fields. If the body as a whole is rejected, such as with a 413 or a 415, fromBody returns the
// error, and the client gets only that one.
//
// Whatever the header alone decides is decided before a byte is read, so that a client that waits
// for 100 Continue need not send the body. Only a body without a Content-Type and of unknown length
// must be read first: it may turn out to be empty, and then nothing is wrong with it.
func (b *binder) fromBody(v reflect.Value) error {
	if err := b.req.checkLength(); err != nil {
		return err
	}
	unsure := b.req.ContentLength < 0 && len(b.req.Header["Content-Type"]) == 0
	checked := b.req.ContentLength != 0 && !unsure
	if checked {
		isMultipart, err := b.checkHeader()
		if err != nil {
			return err
		}
		if isMultipart {
			return b.fromMultipart(b.bodyValue(v))
		}
	}
	data, err := b.req.Bytes()
	if b.body.kind == "form" && checked && b.req.PostForm != nil {
		data, err = b.req.parsedForm(data, err)
	}
	switch {
	case err != nil:
		return err
	case len(data) == 0:
		b.absentBody(v)
		return nil
	}
	if !checked {
		if _, err := b.checkHeader(); err != nil {
			return err
		}
	}
	b.fromData(v, data)
	return nil
}

// checkHeader rejects a body that is not of the kind that the field takes, as far as its header
// says. It reports whether the body is a multipart form.
func (b *binder) checkHeader() (isMultipart bool, err error) {
	switch b.body.kind {
	case "json":
		return false, b.req.checkJSON()
	case "form":
		return b.req.checkForm()
	}
	return false, nil
}

// fromData fills the field for the body. data is the body, which is not empty.
func (b *binder) fromData(v reflect.Value, data []byte) {
	switch b.body.kind {
	case "json":
		b.addFaults(b.body.order, b.decodeJSON(data, b.bodyValue(v), b.body.target)...)
	case "form":
		v = b.bodyValue(v)
		b.fromPairs(&b.body.form, v, "form", string(data))
		b.finish(b.body.form.fields, v)
	case "bytes":
		if v.Kind() == reflect.String {
			v.SetString(string(data))
		} else {
			v.SetBytes(data)
		}
	}
}

// decodeJSON decodes a JSON text into v, and returns what is wrong with it.
func (b *binder) decodeJSON(data []byte, v reflect.Value, target jsonTarget) []FieldError {
	target.plain = b.plain
	return decodeJSON(data, v.Addr().Interface(), &b.req.matchOrDefault().scope.config, target)
}

// absentBody does for a request without a body what finish does for other fields. A form
// without a body is a form without values: each of its fields may be required or have a default.
func (b *binder) absentBody(v reflect.Value) {
	switch {
	case b.body.required:
		b.addFaults(b.body.order, isRequired.of("body", ""))
	case b.body.kind == "form" && !b.body.pointer:
		b.finish(b.body.form.fields, v)
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
