package apiroute

import (
	"encoding"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parser returns what parses a text into a value of a type. It returns "", or
// what the text must be. It is nil if the type is not supported.
func parser(t reflect.Type) func(reflect.Value, string) string {
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

// parsesItself reports whether a text is parsed into a type by code of its own.
func parsesItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) && t.Kind() != reflect.Pointer
}

func parseText(v reflect.Value, s string) string {
	if v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) != nil {
		if v.Type() == reflect.TypeFor[time.Time]() {
			return "must be a time such as 2006-01-02T15:04:05Z"
		}
		return wrongForm
	}
	return ""
}

func parseDuration(v reflect.Value, s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return "must be a duration such as 1h30m"
	}
	v.SetInt(int64(d))
	return ""
}

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

func parseInt(v reflect.Value, s string) string {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && v.OverflowInt(n) {
		err = strconv.ErrRange
	}
	if err != nil {
		return notANumber(v, s, err)
	}
	v.SetInt(n)
	return ""
}

func parseUint(v reflect.Value, s string) string {
	n, err := strconv.ParseUint(s, 10, v.Type().Bits())
	if err != nil {
		if _, e := strconv.ParseInt(s, 10, 64); s != "" && s[0] == '-' && (e == nil || errors.Is(e, strconv.ErrRange)) {
			err = strconv.ErrRange // an integer all the same
		}
		return notANumber(v, s, err)
	}
	v.SetUint(n)
	return ""
}

func parseFloat(v reflect.Value, s string) string {
	if strings.Trim(s, "+-.0123456789eE") != "" { // no NaN, Inf, 0x1p4, 1_000
		return "must be a number"
	}
	f, err := strconv.ParseFloat(s, v.Type().Bits())
	if err != nil {
		return notANumber(v, s, err)
	}
	v.SetFloat(f)
	return ""
}

func notANumber(v reflect.Value, s string, err error) string {
	if !errors.Is(err, strconv.ErrRange) {
		s = ""
	}
	return expected(v.Type(), s)
}
