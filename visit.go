package apiroute

import (
	"encoding"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// This file goes through a value that has been decoded and calls the Validate methods that its
// checker lists; see validate.go. What they return becomes one error for the client.

// A visit is one pass through a value. The elements of a list are validated before the list, and
// the members of a struct before the struct.
//
// It ends early when a method returns an error that is more than FieldErrors, or when there are
// maxFaults.
type visit struct {
	in    string     // the part of the request that the value is filled from; "" for T itself
	steps []jsonStep // the steps to the value, from the outermost inwards

	fields []FieldError // what the methods have found
	untold []error      // the errors that say something else as well, at most maxFaults
	final  error        // an error with an *Error, which is the result of the visit; nil if there is none
}

// validateValue calls the Validate methods of v, which has been decoded from the body.
func validateValue(c *checker, v reflect.Value) error {
	if c == nil {
		return nil
	}
	w := visit{in: "body"}
	w.value(c, v, false)
	return w.result()
}

// result returns the error for the client, or nil if all methods have returned nil.
func (w *visit) result() error {
	switch {
	case w.final != nil:
		return w.final
	case len(w.fields) == 0 && w.untold == nil:
		return nil
	}
	return unprocessable(w.fields, errors.Join(w.untold...))
}

// unprocessable returns the 422 for FieldErrors, of which there may be none. err is for the log.
func unprocessable(fields []FieldError, err error) *Error {
	e := &Error{}
	if len(fields) > 0 {
		e = badRequest(fields...)
	}
	e.Status, e.Err = http.StatusUnprocessableEntity, err
	return e
}

// Each of the methods below returns whether the visit goes on.

// value visits a value of the checker's type, or a pointer to one. skipOwn reports that the value's
// own method is not called; see member.
func (w *visit) value(c *checker, v reflect.Value, skipOwn bool) bool {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return true
		}
		v = v.Elem()
	}
	for _, m := range c.members {
		if !w.member(m, v) {
			return false
		}
	}
	switch {
	case c.elem == nil:
	case v.Kind() == reflect.Struct: // an Optional
		isValue := v.Field(optionalSet).Bool() && !v.Field(optionalNull).Bool()
		if isValue && !w.value(c.elem, v.Field(optionalValue), false) {
			return false
		}
	case v.Kind() == reflect.Map && !w.entries(c.elem, v):
		return false
	case v.Kind() != reflect.Map && !w.elements(c.elem, v):
		return false
	}
	for i := range c.methods {
		val := &c.methods[i]
		if skipOwn && len(val.called) == 0 {
			continue
		}
		if err := val.call(v); err != nil && !w.add(c, val, err) {
			return false
		}
	}
	return true
}

// member visits a field of the struct v, unless an embedded pointer on the way to it is nil.
func (w *visit) member(m *member, v reflect.Value) bool {
	if v = embeddedIn(v, m.index); !v.IsValid() {
		return true
	}
	in, depth := w.in, len(w.steps)
	if m.in != "" {
		w.in = m.in
	}
	w.steps = append(w.steps, m.steps...)
	ok := w.value(m.checker, v, m.skipOwn)
	w.in, w.steps = in, w.steps[:depth]
	return ok
}

// elements visits the elements of a slice or an array.
func (w *visit) elements(elem *checker, v reflect.Value) bool {
	depth := len(w.steps)
	w.steps = append(w.steps, jsonStep{})
	for i := 0; i < v.Len(); i++ {
		w.steps[depth].index = i
		if !w.value(elem, v.Index(i), false) {
			return false
		}
	}
	w.steps = w.steps[:depth]
	return true
}

// entries visits the values of a map, sorted by their keys as encoding/json sorts them, so that the
// faults do not depend on the order of a map. The values of a map cannot be changed in place. So a
// method is called for a copy, which then takes the place of the value.
func (w *visit) entries(elem *checker, m reflect.Value) bool {
	type entry struct {
		name string
		key  reflect.Value
	}
	var list []entry
	for _, key := range m.MapKeys() {
		list = append(list, entry{keyName(key), key})
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	depth := len(w.steps)
	w.steps = append(w.steps, jsonStep{})
	for _, e := range list {
		w.steps[depth] = jsonStep{name: e.name, index: -1}
		dup := reflect.New(m.Type().Elem()).Elem()
		dup.Set(m.MapIndex(e.key))
		if !w.value(elem, dup, false) {
			return false
		}
		m.SetMapIndex(e.key, dup)
	}
	w.steps = w.steps[:depth]
	return true
}

// keyName returns the name in JSON of a key of a map.
func keyName(key reflect.Value) string {
	if key.Kind() == reflect.String {
		return key.String()
	}
	if m, ok := key.Interface().(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	switch {
	case key.CanInt():
		return strconv.FormatInt(key.Int(), 10)
	case key.CanUint():
		return strconv.FormatUint(key.Uint(), 10)
	}
	return fmt.Sprint(key.Interface())
}

// add adds what a method has returned. The names of FieldErrors are relative to the value, and an
// empty In stands for the part of the request that the value is from. A FieldError about another
// part is left as it is. One that is there already is not repeated: the Validate of a struct may
// call those of its fields, as it had to before they were called for it.
//
// A nil pointer in place of an error says nothing about the request. It is a mistake of the program,
// and ends the visit.
func (w *visit) add(c *checker, val *validator, err error) bool {
	var e *Error
	if errors.As(err, &e) && e != nil {
		w.final = err
		return false
	}
	list, all := fieldErrors(err)
	if mistake := nilMistake(err); len(list) == 0 && mistake != "" {
		w.final = fmt.Errorf("apiroute: the method Validate of %v: %s", c.typ, mistake)
		return false
	}
	for _, e := range leaves(err) {
		if len(w.untold) < maxFaults && !tells(e) {
			w.untold = append(w.untold, e)
		}
	}
	for _, f := range list {
		if f.In == "" || f.In == w.in {
			f.In, f.Name = w.in, pathFrom(append(w.steps, val.steps(c, f.Name)...), f.Name)
		}
		if !slices.Contains(w.fields[:min(len(w.fields), maxFaults)], f) {
			w.fields = append(w.fields, f)
		}
	}
	// Paths that are cut can be alike, so that many errors add no field.
	return all && len(w.fields) < maxFaults && len(w.untold) < maxFaults
}

// steps returns the steps from the checker's struct to the value that a FieldError's name is
// relative to. That is the struct, unless its method is promoted from an embedded struct that has a
// name of its own in JSON. As the method may also be the struct's own, the name decides: it is
// relative to the embedded struct if only that has such a field.
func (val *validator) steps(c *checker, name string) []jsonStep {
	if val.member == nil {
		return nil
	}
	first := name
	if i := strings.IndexAny(name, ".["); i >= 0 {
		first = name[:i]
	}
	inner, outer := goTypeOf(val.member.checker.typ), goTypeOf(c.typ)
	if inner.field(first) == nil || outer.field(first) != nil {
		return nil
	}
	return val.member.steps
}

// call calls the method for a value v of the checker's type. It returns nil if the method's struct
// is behind a nil pointer.
func (val validator) call(v reflect.Value) error {
	if !embeddedIn(v, val.declared).IsValid() {
		return nil
	}
	target := embeddedIn(v, val.called)
	if target.CanInterface() {
		return target.Addr().Interface().(validate).Validate()
	}
	// Reflection does not call methods of an embedded struct of an unexported type, but it reads
	// and sets its exported fields, and only those have been filled. So the method runs on a copy.
	dup := reflect.New(target.Type())
	copyExported(dup.Elem(), target)
	err := dup.Interface().(validate).Validate()
	copyExported(target, dup.Elem())
	return err
}

// copyExported copies the exported fields of a struct, including those of embedded structs.
func copyExported(dst, src reflect.Value) {
	for i := 0; i < src.NumField(); i++ {
		switch f := src.Type().Field(i); {
		case f.IsExported():
			dst.Field(i).Set(src.Field(i))
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			copyExported(dst.Field(i), src.Field(i))
		}
	}
}

// embeddedIn returns the field of v at an index, following pointers, also one at
// the end. It returns the zero Value if one of the pointers is nil.
func embeddedIn(v reflect.Value, index []int) reflect.Value {
	for i := 0; ; i++ {
		if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
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

// fieldErrors returns the FieldErrors that an error is, wraps or joins, as errors.As finds them. all
// reports whether the error has nothing else in it, so that the client can be told everything but
// the text of a wrapper.
func fieldErrors(err error) (list []FieldError, all bool) { return appendFieldErrors(nil, err) }

// appendFieldErrors is fieldErrors with a list to append to. Programs add to an error in a loop, so
// that it may be as deep as a list of the request is long, and each level must not copy the list.
func appendFieldErrors(list []FieldError, err error) (_ []FieldError, all bool) {
	switch e := err.(type) {
	case nil:
		return list, true
	case FieldError:
		return append(list, e), true
	case *FieldError:
		if e == nil {
			return list, false
		}
		return append(list, *e), true
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return appendFieldErrors(list, inner)
		}
	case interface{ Unwrap() []error }:
		before, all := len(list), true
		for _, err := range e.Unwrap() {
			var a bool
			list, a = appendFieldErrors(list, err)
			all = all && a
		}
		return list, all && len(list) > before
	}
	var field FieldError
	var pointer *FieldError
	switch { // the error may have a method As
	case errors.As(err, &field):
		return append(list, field), true
	case errors.As(err, &pointer) && pointer != nil:
		return append(list, *pointer), true
	}
	return list, false
}

// nilMistake says what is wrong with an error that is, wraps or joins a nil pointer, as when a function
// returns a variable of type *FieldError that it has not set. It returns "" for all other errors.
func nilMistake(err error) string {
	if v := reflect.ValueOf(err); v.IsValid() && canBeNil(v.Kind()) && v.IsNil() {
		return fmt.Sprintf("an error that is a nil %T is not nil: return nil itself", err)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return nilMistake(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if mistake := nilMistake(err); mistake != "" {
				return mistake
			}
		}
	}
	return ""
}

// isFieldError reports whether an error is, wraps or joins a FieldError.
func isFieldError(err error) bool {
	list, _ := fieldErrors(err)
	return len(list) > 0
}

// tells reports whether the FieldErrors of an error say all that its text says. That is not so if
// they are wrapped in an error with a text of its own, which is then for the log.
func tells(err error) bool {
	for _, e := range leaves(err) {
		list, all := fieldErrors(e)
		lines := make([]string, len(list))
		for i, f := range list {
			lines[i] = f.Error()
		}
		if !all || strings.Join(lines, "\n") != fmt.Sprint(e) {
			return false
		}
	}
	return true
}

// leaves returns the errors that errors.Join has joined, also those in joined errors, or only err
// if it is another one. The text of a joined error has the texts of its parts and nothing else, so
// that nobody needs to make it: each level of it would copy the texts of the levels inside.
func leaves(err error) []error { return appendLeaves(nil, err) }

// appendLeaves is leaves with a list to append to.
func appendLeaves(list []error, err error) []error {
	if reflect.TypeOf(err) != typeOfJoined {
		return append(list, err)
	}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		list = appendLeaves(list, e)
	}
	return list
}

// typeOfJoined is the type of what errors.Join returns.
var typeOfJoined = reflect.TypeOf(errors.Join(errors.ErrUnsupported))
