//go:build !goexperiment.jsonv2

package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// jsonV2 reports whether the toolchain decodes with encoding/json/v2. Names in
// another letter case, names that are there twice and strings that are not
// Unicode are then errors.
const jsonV2 = false

// unmarshal decodes a JSON text.
func unmarshal(data []byte, dst any, rejectUnknown bool) error {
	if rejectUnknown && json.Valid(data) { // else only Unmarshal sees what trails
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		return d.Decode(dst)
	}
	return json.Unmarshal(data, dst)
}

// syntaxOffset returns the offset at which a text ceases to be JSON, for the
// error of decoding it; false if it is JSON.
//
// encoding/json looks at the syntax of the whole text before it decodes
// anything, so a syntax error is about the text unless code of the type's own,
// which plain rules out, has returned one.
func syntaxOffset(data []byte, plain bool, err error) (int, bool) {
	syntax, ok := err.(*json.SyntaxError)
	if !ok || !plain && json.Valid(data) {
		return 0, false
	}
	if endsTooSoon(data, syntax.Error()) {
		return len(data), true
	}
	return int(syntax.Offset) - 1, true // it counts the byte that cannot be there
}

// endsTooSoon reports whether the message of a syntax error is about the end of
// the text rather than about a byte in it. encoding/json looks at the end as at a
// space. Where a space is wrong and stands in the text, it is the last byte read.
func endsTooSoon(data []byte, message string) bool {
	return message == "unexpected end of JSON input" ||
		strings.HasPrefix(message, "invalid character ' ' ") && data[len(data)-1] != ' '
}

// isSyntaxError reports whether an error is or wraps a syntax error.
func isSyntaxError(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax)
}

// decodesFrom reports whether a pointer has a method UnmarshalJSONFrom that
// encoding/json calls. Only encoding/json/v2 does.
func decodesFrom(reflect.Type) bool { return false }

// describe says what an error has against a value.
func describe(err error) string { return describeV1(err) }
