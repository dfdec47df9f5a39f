package apiroute

import (
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// This file parses the texts of a path, query, header, cookie or form into Go values. Parsing is
// stricter than strconv where strconv accepts what clients send only by mistake.

// A parseFunc parses a text and sets v to the result. It returns the zero breach if that succeeds.
// Otherwise v may have any value.
type parseFunc func(v reflect.Value, s string) breach

// parser returns the parseFunc for a type, or nil if the type is not supported. A method
// UnmarshalText takes precedence over the kind of the type, because a named string may accept only
// some texts.
func parser(t reflect.Type) parseFunc {
	if parsesItself(t) {
		return parseText
	}
	switch t {
	case reflect.TypeFor[time.Duration]():
		return parseDuration
	case reflect.TypeFor[json.Number]():
		return parseNumber
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

// takesEmpty reports whether the empty text is a value of a type. It is one of a string. For all
// other types it is no value: browsers send it for an input that was left blank. A type with a
// method UnmarshalText is not a string here, whatever its kind.
func takesEmpty(t reflect.Type) bool {
	return t.Kind() == reflect.String && t != reflect.TypeFor[json.Number]() && !parsesItself(t)
}

// parseText calls the type's own UnmarshalText. If its error has a FieldError, the client gets the
// Detail of that, so that an enum can say its values.
func parseText(v reflect.Value, s string) breach {
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
		fault := ownFault(v.Type(), err)
		return breach{fault.Code, fault.Detail}
	}
	return breach{}
}

// httpTimes are header fields whose times have a form of their own (RFC 9110, section 5.6.7), and
// httpSeconds those whose durations are numbers of seconds. A time.Time and a time.Duration have
// neither form.
var (
	httpTimes   = []string{"Date", "Expires", "If-Modified-Since", "If-Range", "If-Unmodified-Since", "Last-Modified", "Retry-After", "Sunset"}
	httpSeconds = []string{"Age", "Retry-After"}
)

// parseDuration accepts what time.ParseDuration accepts. A number needs a unit, unless it is 0.
func parseDuration(v reflect.Value, s string) breach {
	d, err := time.ParseDuration(s)
	if err != nil {
		return notDuration
	}
	v.SetInt(int64(d))
	return breach{}
}

// parseNumber accepts the numbers of JSON for a json.Number. Any other text could not be encoded
// when the value is sent back.
func parseNumber(v reflect.Value, s string) breach {
	if !isNumber(s) {
		return notNumber
	}
	v.SetString(s)
	return breach{}
}

// parseString rejects text that is not UTF-8, since JSON, logs and most databases would replace or
// reject it later.
func parseString(v reflect.Value, s string) breach {
	if !utf8.ValidString(s) {
		return notUTF8
	}
	v.SetString(s)
	return breach{}
}

// parseBool accepts what strconv.ParseBool accepts: 1, t, T, true, True and TRUE, and the same for
// false. It rejects on and yes.
func parseBool(v reflect.Value, s string) breach {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return notBool
	}
	v.SetBool(b)
	return breach{}
}

// parseCheckbox is parseBool for queries and forms. It also accepts on, which is what browsers send
// for a checkbox that has no value of its own, and off.
func parseCheckbox(v reflect.Value, s string) breach {
	if s == "on" || s == "off" {
		v.SetBool(s == "on")
		return breach{}
	}
	return parseBool(v, s)
}

// parseInt accepts decimal integers with or without a sign. If the integer does not fit the type,
// the detail says which integers do.
func parseInt(v reflect.Value, s string) breach {
	n, err := strconv.ParseInt(s, 10, v.Type().Bits())
	if errors.Is(err, strconv.ErrRange) {
		return outOfRange(v.Type(), s)
	}
	if err != nil {
		return notInteger
	}
	v.SetInt(n)
	return breach{}
}

// parseUint accepts decimal digits only. A negative integer is reported as out of range, not as
// something other than an integer.
func parseUint(v reflect.Value, s string) breach {
	n, err := strconv.ParseUint(s, 10, v.Type().Bits())
	if errors.Is(err, strconv.ErrRange) || err != nil && isNegative(s) {
		return outOfRange(v.Type(), s)
	}
	if err != nil {
		return notInteger
	}
	v.SetUint(n)
	return breach{}
}

// isNegative reports whether a text is a negative integer of any size. strconv.ParseUint cannot
// tell, because a minus sign is a syntax error to it.
func isNegative(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return strings.HasPrefix(s, "-") && (err == nil || errors.Is(err, strconv.ErrRange))
}

// parseFloat accepts decimal numbers only. strconv.ParseFloat also accepts NaN, Inf, 0x1p4 and
// 1_000, which clients send by mistake and which compare or print in surprising ways.
func parseFloat(v reflect.Value, s string) breach {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return notNumber
	}
	f, err := strconv.ParseFloat(s, v.Type().Bits())
	if errors.Is(err, strconv.ErrRange) {
		return outOfRange(v.Type(), s)
	}
	if err != nil {
		return notNumber
	}
	v.SetFloat(f)
	return breach{}
}

// isToken reports whether s is a token as defined in RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if lower := c | 0x20; (lower < 'a' || lower > 'z') && (c < '0' || c > '9') && strings.IndexByte("-_!#$%&'*+.^`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
