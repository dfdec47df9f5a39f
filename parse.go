package apiroute

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// This file parses the texts of a path, query, header, cookie or form into Go values. The details
// for the client that begin with "must be" come from here, such as "must be an integer"; those for
// values in a JSON body come from the function expected in jsonfault.go. Parsing is stricter than
// strconv where strconv accepts what clients send only by mistake.

// A parseFunc parses a text and sets v to the result. It returns "" if that succeeds, and otherwise
// the detail of a FieldError, such as "must be an integer". After an error, v may have any value.
type parseFunc func(v reflect.Value, s string) (detail string)

// parser returns the parseFunc for a type, or nil if the type is not supported. A method
// UnmarshalText takes precedence over the kind of the type, because a named string may accept only
// some texts.
func parser(t reflect.Type) parseFunc {
	if parsesItself(t) {
		return parseText
	}
	if t == reflect.TypeFor[time.Duration]() {
		return parseDuration
	}
	switch t.Kind() {
	case reflect.String:
		return parseString
	case reflect.Bool:
		return parseBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return parseInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return parseUint
	case reflect.Float32, reflect.Float64:
		return parseFloat
	}
	return nil
}

// parsesItself reports whether a type has a method UnmarshalText. It is false for a pointer type:
// the pointer would be nil when the method is called.
func parsesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) && t.Kind() != reflect.Pointer
}

// parseText calls the type's own UnmarshalText. The error of the method is not sent to the client,
// because it may hold the value or internal details.
func parseText(v reflect.Value, s string) string {
	if v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) != nil {
		if v.Type() == reflect.TypeFor[time.Time]() {
			return "must be a time such as 2006-01-02T15:04:05Z"
		}
		return "is not of the right form"
	}
	return ""
}

// parseDuration accepts what time.ParseDuration accepts. A number needs a unit, unless it is 0.
func parseDuration(v reflect.Value, s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return "must be a duration such as 1h30m"
	}
	v.SetInt(int64(d))
	return ""
}

// parseString rejects text that is not UTF-8, since JSON, logs and most databases would replace or
// reject it later.
func parseString(v reflect.Value, s string) string {
	if !utf8.ValidString(s) {
		return "must be UTF-8"
	}
	v.SetString(s)
	return ""
}

// parseBool accepts what strconv.ParseBool accepts: 1, t, T, true, True and TRUE, and the same for
// false. It rejects on and yes.
func parseBool(v reflect.Value, s string) string {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return "must be true or false"
	}
	v.SetBool(b)
	return ""
}

// parseInt accepts decimal integers with or without a sign. If the integer does not fit the type,
// the detail says which integers do.
func parseInt(v reflect.Value, s string) string {
	bits := v.Type().Bits()
	n, err := strconv.ParseInt(s, 10, bits)
	if errors.Is(err, strconv.ErrRange) {
		least := int64(-1) << (bits - 1)
		return fmt.Sprintf("must be an integer from %d to %d", least, -(least + 1))
	}
	if err != nil {
		return "must be an integer"
	}
	v.SetInt(n)
	return ""
}

// parseUint accepts decimal digits only. A negative integer is reported as out of range, not as
// something other than an integer.
func parseUint(v reflect.Value, s string) string {
	bits := v.Type().Bits()
	n, err := strconv.ParseUint(s, 10, bits)
	if errors.Is(err, strconv.ErrRange) || err != nil && isNegative(s) {
		return fmt.Sprintf("must be an integer from 0 to %d", ^uint64(0)>>(64-bits))
	}
	if err != nil {
		return "must be an integer"
	}
	v.SetUint(n)
	return ""
}

// isNegative reports whether a text is a negative integer of any size. strconv.ParseUint cannot
// tell, because a minus sign is a syntax error to it.
func isNegative(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return strings.HasPrefix(s, "-") && (err == nil || errors.Is(err, strconv.ErrRange))
}

// parseFloat accepts decimal numbers only. strconv.ParseFloat also accepts NaN, Inf, 0x1p4 and
// 1_000, which clients send by mistake and which compare or print in surprising ways.
func parseFloat(v reflect.Value, s string) string {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return "must be a number"
	}
	f, err := strconv.ParseFloat(s, v.Type().Bits())
	if errors.Is(err, strconv.ErrRange) {
		return "is out of range"
	}
	if err != nil {
		return "must be a number"
	}
	v.SetFloat(f)
	return ""
}

// isToken reports whether s is a token as defined in RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && strings.Trim(s, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}
