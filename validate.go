package apiroute

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
)

// This file finds the Validate methods that [Bind] calls when a struct has been filled, and calls
// them. Finding them is most of the work. It is done once for a type, as a part of its plan, and
// follows Go's rules for the promotion of methods from embedded structs.

// validate is implemented by structs that check themselves after they have been filled.
type validate interface{ Validate() error }

// A validator is one call of a Validate method.
//
// Bind calls each method once. But several structs can have the same method, because Go promotes
// the methods of an embedded struct to the struct around it. selectValidate finds out which struct
// declares a method. For example, if A and B declare Validate:
//
//	type T struct{ A }    // T.Validate is called: it is A's, or it hides A's.
//	type U struct{ A; B } // Nothing is promoted: A's and B's are called, and U's if it has one.
//
// Reflection cannot tell whether T in this example has A's method by promotion, or declares one of
// its own. That makes no difference, except behind a nil pointer; see addValidators. T.Validate is
// called and A.Validate is not: in the first case they are the same method, and in the second T's
// method takes the place of A's, as it does everywhere in Go.
type validator struct {
	declared []int // the index in T of the struct that declares the method
	called   []int // the index in T of the outermost struct to which it is promoted
	inBody   bool  // whether it is declared in the body; the body is validated first
}

// addValidators adds the validators for the struct t, which is T, the body, or embedded in one of
// them. Those of embedded structs come before that of the struct around them. v is the validator
// for t's own method, if it has one, and within holds the types around t.
func (p *planner) addValidators(t reflect.Type, v validator, within []reflect.Type) {
	if slices.Contains(within, t) { // a struct in a body may embed a pointer to itself
		return
	}
	within = append(slices.Clone(within), t)
	has := reflect.PointerTo(t).Implements(reflect.TypeFor[validate]())
	sel, promoted := selectValidate(t, nil), false
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
			if has && f.Type.Kind() == reflect.Pointer && t.Name() != "" {
				// Here it matters whether the method is promoted or declared. While the pointer is
				// nil, a promoted method cannot be called, and a declared one must be. Only a named
				// type can declare one.
				p.failf("the method Validate of %v may be that of %v, which may be nil: embed the struct, not a pointer to it", t, f.Type)
			}
		}
		p.addValidators(inner, next, within)
	}
	if has && !promoted {
		p.validators = append(p.validators, v)
	}
}

// bodyFirst compares validators for sorting: those of the body come before the others.
func bodyFirst(a, b validator) int {
	switch {
	case a.inBody == b.inBody:
		return 0
	case a.inBody:
		return -1
	}
	return 1
}

// embeddedStruct returns the struct that a field embeds, directly or by a pointer. It returns nil
// if the field embeds none.
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

// A selection is the field or method that the selector x.Validate denotes in Go.
type selection struct {
	depth  int  // how many embedded fields lead to it; -1 if there is no such field or method
	unique bool // whether it is the only one at this depth
	field  int  // index of the embedded field that promotes it; -1 if the type declares it
}

// selectValidate finds the field or method Validate of a type by Go's rule for selectors: among
// those with the name, in the type and in all that it embeds, Go selects the one at the shallowest
// depth, provided it is the only one at that depth (https://go.dev/ref/spec#Selectors). within
// holds the types around t.
//
// A method that the type may have by promotion counts as promoted; see validator. It must be
// declared by the type itself if nothing can be promoted, or only a method that differs in its
// signature or in the kind of its receiver.
func selectValidate(t reflect.Type, within []reflect.Type) selection {
	none, own := selection{depth: -1, field: -1}, selection{unique: true, field: -1}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if slices.Contains(within, t) {
		return none // it is deeper than the same name in the type around it, and so never selected
	}
	best := none
	if t.Kind() == reflect.Struct {
		within = append(slices.Clone(within), t)
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			if f.Name == "Validate" {
				return own // a field; the type cannot have a method with its name
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

// hasValidate reports whether a type, or a pointer to it, has a method named Validate, whatever its
// signature.
func hasValidate(t reflect.Type) bool {
	if t.Kind() != reflect.Interface {
		t = reflect.PointerTo(t)
	}
	_, ok := t.MethodByName("Validate")
	return ok
}

// isPromoted reports whether a struct has the method Validate exactly as promotion from an embedded
// field gives it: in the method set of a value if a value of the field has it, and in that of a
// pointer if a pointer to the field has it.
func isPromoted(t, embedded reflect.Type) bool {
	v := reflect.TypeFor[validate]()
	inPointer := embedded.Implements(v) || embedded.Kind() != reflect.Pointer && reflect.PointerTo(embedded).Implements(v)
	return t.Implements(v) == embedded.Implements(v) && reflect.PointerTo(t).Implements(v) == inPointer
}

// validate calls the Validate methods of a T that has been filled. The FieldErrors of all methods
// become one 422. Any other error is returned at once.
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

// call calls the method for a struct v of type T. It returns nil if the method's struct is behind a
// nil pointer.
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

// embeddedIn returns the field of v at an index, following pointers. It returns the zero Value if
// one of the pointers is nil.
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

// fieldErrors returns the FieldErrors that an error is or joins. all reports whether the error
// consists of nothing else, so that the client can be told everything.
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
