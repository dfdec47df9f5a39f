//go:build !goexperiment.jsonv2

package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
)

// This file is for toolchains without encoding/json/v2. It declares the same functions as
// json_v2.go.

// jsonV2 reports whether the toolchain has encoding/json/v2. A name that differs from the field's in
// letter case is then unknown, and a name that appears twice or a string that is not Unicode is an
// error. Nil slices and maps are encoded as [] and {}.
const jsonV2 = false

// unmarshal decodes a JSON text into dst, a pointer.
func unmarshal(data []byte, dst any, rejectUnknown bool) error {
	if !rejectUnknown {
		return json.Unmarshal(data, dst)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(dst)
	switch rest := data[d.InputOffset():]; { // which a Decoder ignores
	case err == nil && len(bytes.TrimLeft(rest, " \t\r\n")) == 0:
		return nil
	case json.Valid(data):
		return err
	}
	return json.Unmarshal(data, dst) // for its syntax error
}

// encode writes v as JSON and a newline to w, with one call of Write. An error of Write is returned as it
// is.
func encode(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// encodeText returns v as JSON.
func encodeText(v any) ([]byte, error) { return json.Marshal(v) }

// syntaxOffset returns the offset at which a text stops being JSON, given the error of decoding it.
// It returns false if the text is JSON.
//
// encoding/json checks the syntax of the whole text before it decodes anything. So a syntax error
// is about the text, unless it comes from a type's own code, which plain rules out.
func syntaxOffset(data []byte, plain bool, err error) (int, bool) {
	syntax, ok := err.(*json.SyntaxError)
	if !ok || !plain && json.Valid(data) {
		return 0, false
	}
	if endsTooSoon(data, syntax) {
		return len(data), true
	}
	return int(syntax.Offset) - 1, true // Offset counts the offending byte as well
}

// endsTooSoon reports whether a syntax error is about the end of the text rather than about a byte
// in it. encoding/json treats the end as if a space followed. So an error about a space after all
// bytes is about the end, unless the last byte is that space.
func endsTooSoon(data []byte, err *json.SyntaxError) bool {
	return err.Error() == "unexpected end of JSON input" || err.Offset == int64(len(data)) &&
		strings.HasPrefix(err.Error(), "invalid character ' ' ") && data[len(data)-1] != ' '
}

// isSyntaxError reports whether an error is or wraps a syntax error.
func isSyntaxError(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax)
}

// decodesFrom reports whether a pointer type has a method UnmarshalJSONFrom that encoding/json
// calls. Only encoding/json/v2 calls it.
func decodesFrom(reflect.Type) bool { return false }

// encodesTo reports whether a pointer type has a method MarshalJSONTo that encoding/json calls. Only
// encoding/json/v2 calls it.
func encodesTo(reflect.Type) bool { return false }

// describe returns the breach for an error of decoding a value, such as "must be an integer".
func describe(err error) breach { return describeV1(err) }
