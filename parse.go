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

// A parseFunc parses a text and sets a value to the result. If the text is not accepted, it returns
// the reason as the detail of a FieldError, such as "must be an integer", and otherwise "".
type parseFunc func(v reflect.Value, s string) (detail string)

// parser returns the function for a type, or nil if the type is not supported. A method
// UnmarshalText goes before the kind of the type: a named string may accept only some texts.
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

// parsesItself reports whether a type has a method UnmarshalText. A pointer type may have one as
// well but would be nil when it is called.
func parsesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) && t.Kind() != reflect.Pointer
}

func parseText(v reflect.Value, s string) string {
	if v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) != nil {
		if v.Type() == reflect.TypeFor[time.Time]() {
			return "must be a time such as 2006-01-02T15:04:05Z"
		}
		return "is not of the right form"
	}
	return ""
}

// parseDuration accepts what time.ParseDuration does. A number needs a unit, unless it is 0.
func parseDuration(v reflect.Value, s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return "must be a duration such as 1h30m"
	}
	v.SetInt(int64(d))
	return ""
}

// parseString refuses what is not UTF-8, since JSON, logs and most databases would replace or
// refuse it later.
func parseString(v reflect.Value, s string) string {
	if !utf8.ValidString(s) {
		return "must be UTF-8"
	}
	v.SetString(s)
	return ""
}

func parseBool(v reflect.Value, s string) string {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return "must be true or false"
	}
	v.SetBool(b)
	return ""
}

// parseInt accepts decimal integers with or without a sign. One that is too large gets the limits
// of the type in the response.
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

// parseUint accepts digits only. A negative number is still an integer, so it is out of range.
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

// isNegative reports whether a text is an integer with a minus sign, of any size. To
// strconv.ParseUint such a text is a syntax error.
func isNegative(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return strings.HasPrefix(s, "-") && (err == nil || errors.Is(err, strconv.ErrRange))
}

// parseFloat accepts decimal numbers only. strconv.ParseFloat also takes NaN, Inf, 0x1p4 and 1_000,
// which clients send by mistake and which compare or print in surprising ways.
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
