package apiroute

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
)

// This file sends the Out of a typed endpoint. An Out without tags is a JSON body. An Out with tags
// is a whole response, with its status, header, cookies and body: the mirror of an In. How a type is
// sent is planned in resultplan.go.

// A result says how the values of an Out type are sent. It is made when the endpoint is registered.
// For example, the type
//
//	struct {
//		Status   int          `status:"201,200"`
//		Location string       `header:"Location"`
//		Session  *http.Cookie `cookie:"session"`
//		Post     Post         `body:"json"`
//	}
//
// has two statuses, a header field, a cookie and a JSON body.
type result struct {
	typ      reflect.Type
	statuses []int         // the statuses that the field for the status may have; nil without one
	status   []int         // the index of the field for the status
	headers  []resultField // the header fields, in the order of the struct
	cookies  []resultField // the cookies, in the order of the struct
	body     resultField   // the body; its kind is "" if there is none
	plain    bool          // whether the JSON body is of a plain type; see reuse.go
}

// A resultField is a field of an Out that is sent as a header field, as a cookie or as the body.
type resultField struct {
	index  []int
	name   string     // of the header field, in canonical form, or of the cookie
	kind   string     // of the body: "json" or "bytes"
	media  []string   // the Content-Type of a body of bytes; nil if only a header field may give it
	format formatFunc // of a header field
	slice  bool       // whether a header field is sent once for each element
}

// send sends v, an Out, as the response. The status, the header and the cookies are looked at before
// anything is sent, so an error in them leaves the response to whoever gets it. A body that has to
// be closed is closed in any case.
func (p *result) send(res *Response, v reflect.Value) error {
	if c := p.closer(v); c != nil {
		defer c.Close()
	}
	if err := p.setStatus(res, v); err != nil {
		return err
	}
	if p.body.media != nil { // first, so that a header field of the Out replaces it
		res.Header()["Content-Type"] = p.body.media
	}
	for i := range p.headers {
		f := &p.headers[i]
		if err := f.setHeader(res, v.FieldByIndex(f.index)); err != nil {
			return fmt.Errorf("apiroute: %v: header %s: %w", p.typ, f.name, err)
		}
	}
	for i := range p.cookies {
		f := &p.cookies[i]
		if err := f.setCookie(res, v.FieldByIndex(f.index)); err != nil {
			return fmt.Errorf("apiroute: %v: cookie %s: %w", p.typ, f.name, err)
		}
	}
	switch p.body.kind {
	case "":
		return res.End()
	case "json":
		return res.JSON(p.jsonBody(res, v.FieldByIndex(p.body.index)))
	}
	return sendBytes(res, v.FieldByIndex(p.body.index))
}

// setStatus sets the status to that of its field. Without such a field, it stays as it is.
func (p *result) setStatus(res *Response, v reflect.Value) error {
	if p.statuses == nil {
		return nil
	}
	status := int(v.FieldByIndex(p.status).Int())
	if status == 0 {
		status = p.statuses[0]
	}
	if !slices.Contains(p.statuses, status) {
		return fmt.Errorf("apiroute: %v: the status %d is not in its tag", p.typ, status)
	}
	res.Status(status)
	return nil
}

// setHeader sets a header field, unless its value is nil or "".
func (f *resultField) setHeader(res *Response, v reflect.Value) error {
	if !f.slice {
		text, err := f.text(v)
		if err == nil && text != "" {
			res.Header()[f.name] = []string{text}
		}
		return err
	}
	var values []string
	for i := 0; i < v.Len(); i++ {
		text, err := f.text(v.Index(i))
		if err != nil {
			return err
		}
		if text != "" {
			values = append(values, text)
		}
	}
	if values != nil {
		res.Header()[f.name] = values
	}
	return nil
}

// text returns the text of one value of a header field. What is not ASCII in a Location is
// percent-encoded, as by Redirect.
func (f *resultField) text(v reflect.Value) (string, error) {
	text, err := f.format(v)
	if err == nil {
		err = checkFieldValue(text)
	}
	if err == nil && f.name == "Location" {
		text = escapeNonASCII(text)
	}
	return text, err
}

// setCookie sets a cookie under the name of the tag, unless it is nil or the zero http.Cookie. What a
// pointer points to is copied, because several responses may point to the same cookie.
func (f *resultField) setCookie(res *Response, v reflect.Value) error {
	var c *http.Cookie
	switch {
	case v.Kind() == reflect.Struct:
		c = v.Addr().Interface().(*http.Cookie)
		if c.Value == "" && v.IsZero() { // in this order, as IsZero allocates in Go 1.22
			return nil
		}
	case v.IsNil():
		return nil
	default:
		shared := *v.Interface().(*http.Cookie)
		c = &shared
	}
	c.Name = f.name
	if err := c.Valid(); err != nil {
		return err
	}
	res.SetCookie(c)
	return nil
}

// jsonBody returns what to encode as the JSON body: a pointer to the field where that makes no
// difference, because a large value in an interface would be copied.
func (p *result) jsonBody(res *Response, v reflect.Value) any {
	if p.plain && v.Kind() == reflect.Struct && res.req.match.scope.marshal == nil {
		return v.Addr().Interface()
	}
	return v.Interface()
}

// closer returns the body if it must be closed, and otherwise nil.
func (p *result) closer(v reflect.Value) io.Closer {
	if p.body.kind != "bytes" {
		return nil
	}
	if v = v.FieldByIndex(p.body.index); v.Kind() != reflect.Interface {
		return nil
	}
	c, _ := v.Interface().(io.Closer)
	return c
}

// sendBytes sends a body of bytes. The Content-Type is set already.
func sendBytes(res *Response, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		return res.Bytes("", []byte(v.String()))
	case reflect.Slice:
		return res.Bytes("", v.Bytes())
	}
	if r, ok := v.Interface().(io.Reader); ok {
		return res.Stream("", r)
	}
	return res.Bytes("", nil)
}
