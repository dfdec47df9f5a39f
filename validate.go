package apiroute

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
)

type validate interface{ Validate() error }

// A validator is one call of a method Validate.
//
// Bind calls each Validate once, also if several structs have the same one by promotion, so it has
// to know which struct declares it. Reflection does not say: a method that a struct declares and one
// that is promoted to it look the same. Go's rule of promotion decides as much as can be decided
// (see selectValidate). What it leaves open is a method that is promoted if the struct does not
// declare it, and hides the embedded struct's if it does. Either way the outer method is the one
// that Go calls by that name, so this is what is called, in place of the embedded struct's:
//
//	type A struct{ … }          // declares Validate
//	type B struct{ … }          // declares Validate
//	type T struct{ A }          // T.Validate is called: it is A's, or T's own, which hides A's
//	type U struct{ A; B }       // neither is promoted: A's and B's are called, and U's if it has one
type validator struct {
	declared []int // the index in T of the struct that declares the method, by the rule of promotion
	called   []int // the index in T of the outermost struct that it is promoted to
	inBody   bool  // whether it is declared in the body; these come first
}

// addValidators adds the validators of t, which lies in T at v, and before them those of the structs
// that t embeds.
func (p *planner) addValidators(t reflect.Type, v validator, within []reflect.Type) {
	if slices.Contains(within, t) { // a struct in a body that embeds a pointer to itself
		return
	}
	within = append(slices.Clone(within), t)
	sel := selectValidate(t, nil)
	promoted := false
	for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		f := t.Field(i)
		inner, index := embeddedStruct(f), append(slices.Clone(v.declared), i)
		isBody := !v.inBody && p.body != nil && slices.Equal(index, p.body.index)
		if isBody {
			inner = p.body.typ
		}
		if inner == nil {
			continue
		}
		next := validator{declared: index, called: index, inBody: v.inBody || isBody}
		if i == sel.field {
			next.called, promoted = v.called, true
			if f.Type.Kind() == reflect.Pointer && t.Name() != "" {
				// With a nil pointer, a method that is promoted must not be called, and one that is
				// declared must be.
				p.failf("the method Validate of %v may be that of %v, which may be nil: embed the struct, not a pointer to it", t, f.Type)
			}
		}
		p.addValidators(inner, next, within)
	}
	if !promoted && reflect.PointerTo(t).Implements(reflect.TypeFor[validate]()) {
		p.validators = append(p.validators, v)
	}
}

func bodyFirst(a, b validator) int {
	switch {
	case a.inBody == b.inBody:
		return 0
	case a.inBody:
		return -1
	}
	return 1
}

// embeddedStruct returns the struct that a field embeds, itself or by a pointer; nil if it embeds
// none.
func embeddedStruct(f reflect.StructField) reflect.Type {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !f.Anonymous || t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// A selection is what the selector x.Validate stands for.
type selection struct {
	depth  int  // how many embedded fields lead to it; -1 if there is none
	unique bool // whether it is the only one at this depth
	field  int  // the index of the embedded field that it is promoted from; -1 if it is the type's own
}

// selectValidate selects the name Validate in a type by Go's rule: of all the fields and methods
// with the name, in the type and in what it embeds, the one at the shallowest depth, if there is
// only one. A method is taken to be promoted if the rule explains it, and to be declared by the type
// itself if not: because nothing could be promoted, or only something of another signature or with
// another kind of receiver.
func selectValidate(t reflect.Type, within []reflect.Type) selection {
	none, own := selection{depth: -1, field: -1}, selection{unique: true, field: -1}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if slices.Contains(within, t) {
		return none // what a struct finds in itself is deeper than what it is
	}
	best := none
	if t.Kind() == reflect.Struct {
		within = append(slices.Clone(within), t)
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			if f.Name == "Validate" {
				return own // a field, and so no method
			}
			if !f.Anonymous {
				continue
			}
			sel := selectValidate(f.Type, within)
			switch depth := sel.depth + 1; {
			case sel.depth < 0:
			case best.depth < 0 || depth < best.depth:
				best = selection{depth, sel.unique, i}
			case depth == best.depth:
				best.unique = false
			}
		}
	}
	switch {
	case best.depth >= 0 && best.unique && isPromoted(t, t.Field(best.field).Type):
		return best
	case hasValidate(t):
		return own
	}
	best.field = -1
	return best
}

// hasValidate reports whether a type, or a pointer to it, has a method of the name, with whatever
// signature.
func hasValidate(t reflect.Type) bool {
	if t.Kind() != reflect.Interface {
		t = reflect.PointerTo(t)
	}
	_, ok := t.MethodByName("Validate")
	return ok
}

// isPromoted reports whether a struct has just the method Validate that is promoted to it from an
// embedded field: a value has what a value of the field has, and a pointer what a pointer to it has.
func isPromoted(t, embedded reflect.Type) bool {
	v := reflect.TypeFor[validate]()
	inPointer := embedded.Implements(v) || embedded.Kind() != reflect.Pointer && reflect.PointerTo(embedded).Implements(v)
	return t.Implements(v) == embedded.Implements(v) && reflect.PointerTo(t).Implements(v) == inPointer
}

// validate calls the methods Validate of a T that is filled.
func (p *plan) validate(v reflect.Value) error {
	var fields []FieldError
	for _, val := range p.validators {
		err := val.call(v)
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

// call calls the method for a T. It returns nil if the struct is behind a nil pointer.
func (val validator) call(v reflect.Value) error {
	if !embeddedIn(v, val.declared).IsValid() {
		return nil
	}
	target := embeddedIn(v, val.called)
	if target.CanInterface() {
		return target.Addr().Interface().(validate).Validate()
	}
	// Reflection does not call the methods of an embedded struct of an unexported type. But it
	// reaches its exported fields, and nothing else has been filled.
	dup := reflect.New(target.Type())
	copyExported(dup.Elem(), target)
	err := dup.Interface().(validate).Validate()
	copyExported(target, dup.Elem())
	return err
}

// copyExported copies the exported fields of a struct, and those of the structs embedded in it.
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

// embeddedIn returns the field with an index, through pointers. It returns the zero Value if one of
// them is nil.
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

// fieldErrors returns the FieldErrors that an error is or joins, and whether it is nothing else.
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
