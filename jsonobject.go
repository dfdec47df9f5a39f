package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// This file holds JSON objects whose members have an order, so that a document is the same bytes
// whenever it is made, and lists what it has in the order in which people write it.

// An object is a JSON object. The value of a member is nil, a bool, an int, a string, a
// json.Number, an object, or a []any of these; or any other type with a MarshalJSON.
type object []objectMember

// An objectMember is a member of an object.
type objectMember struct {
	name  string
	value any
}

// get returns the value of a member, or nil if there is none with the name.
func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// with returns the object with a member set: the one that it has with the name, or a new one at the
// end. It may use the memory of o.
func (o object) with(name string, value any) object {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	return append(o, objectMember{name, value})
}

// without returns the object without a member.
func (o object) without(name string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m objectMember) bool { return m.name == name })
}

// MarshalJSON returns the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := o.writeTo(&b)
	return b.Bytes(), err
}

// writeTo writes the object as JSON. The parts of it are written by writeValue and not by
// encoding/json, which would go through the text of a part once for each object around it.
func (o object) writeTo(b *bytes.Buffer) error {
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeValue(b, m.name); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeValue(b, m.value); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// writeValue writes the value of a member as JSON.
func writeValue(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case object:
		return v.writeTo(b)
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeValue(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// parseOrdered parses a JSON text, with the members of its objects in their order.
func parseOrdered(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := parseNext(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON value")
	}
	return v, nil
}

// parseNext parses the next value of a text.
func parseNext(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parseNext(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		o := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := parseNext(d)
			if err != nil {
				return nil, err
			}
			o = o.with(name.(string), v)
		}
		_, err = d.Token()
		return o, err
	}
	return token, nil
}

// mergePatch returns a JSON value with a merge patch applied to it (RFC 7396): the members of the
// patch replace those of the value, null removes one, and objects are merged member by member.
func mergePatch(v, patch any) any {
	changes, ok := patch.(object)
	if !ok {
		return patch
	}
	o, _ := v.(object)
	o = slices.Clone(o)
	for _, m := range changes {
		if m.value == nil {
			o = o.without(m.name)
		} else {
			o = o.with(m.name, mergePatch(o.get(m.name), m.value))
		}
	}
	return o
}
