package apiroute

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// This file words what is wrong with a value. The codes and the details for the client, such as
// "must be an integer", come from here, for texts and for JSON alike.

// A breach says which rule a value breaks. The zero breach says that it breaks none.
type breach struct {
	code   string // the Code of a FieldError, such as "type"
	detail string // its Detail, such as "must be an integer"; "" only in the zero breach
}

// of returns the breach as that of a field.
func (b breach) of(in, name string) FieldError {
	return FieldError{In: in, Name: name, Code: b.code, Detail: b.detail}
}

// The breaches of single values that do not depend on a Go type.
var (
	notBool     = breach{"type", "must be true or false"}
	notInteger  = breach{"type", "must be an integer"}
	notNumber   = breach{"type", "must be a number"}
	notString   = breach{"type", "must be a string"}
	notArray    = breach{"type", "must be an array"}
	notObject   = breach{"type", "must be an object"}
	notBase64   = breach{"type", "must be a string in base64"}
	notUnicode  = breach{"type", "must be valid Unicode"}
	notOwnForm  = breach{"type", "is not of the right form"}
	notUTF8     = breach{"format", "must be UTF-8"}
	notDuration = breach{"format", "must be a duration such as 1h30m"}
	notRFC3339  = breach{"format", "must be a time such as 2006-01-02T15:04:05Z"}
	isTwice     = breach{"type", "appears twice"}
	isUnknown   = breach{"additionalProperties", "is not known"}
	isRequired  = breach{"required", "is required"}
)

// outOfRange returns the breach of a number that does not fit a type of numbers. The detail gives
// the range of integers:
//
//	int8   "1000"   maximum  must be an integer from -128 to 127
//	int8   "-1000"  minimum  must be an integer from -128 to 127
func outOfRange(t reflect.Type, number string) breach {
	b := breach{"maximum", "is out of range"}
	if strings.HasPrefix(number, "-") {
		b.code = "minimum"
	}
	switch k := t.Kind(); {
	case reflect.Int <= k && k <= reflect.Int64:
		most := uint64(1)<<(t.Bits()-1) - 1
		b.detail = fmt.Sprintf("must be an integer from -%d to %d", most+1, most)
	case reflect.Uint <= k && k <= reflect.Uintptr:
		b.detail = fmt.Sprintf("must be an integer from 0 to %d", ^uint64(0)>>(64-t.Bits()))
	}
	return b
}

// ownFault returns the fault that a type's own code has found in a value: what a [FieldError] in
// the error says, or else a detail for the type. The text of any other error is not sent to the
// client, because it may hold the value or internal details. t may be nil.
func ownFault(t reflect.Type, err error) FieldError {
	var field FieldError
	var pointer *FieldError
	if errors.As(err, &pointer) && pointer != nil {
		field = *pointer
	} else {
		errors.As(err, &field)
	}
	switch {
	case field.Detail != "":
		return FieldError{Name: field.Name, Code: cmp.Or(field.Code, "type"), Detail: field.Detail}
	case t == reflect.TypeFor[time.Time]():
		return notRFC3339.of("", "")
	}
	return notOwnForm.of("", "")
}
