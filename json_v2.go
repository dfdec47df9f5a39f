//go:build goexperiment.jsonv2 && go1.27

package apiroute

import (
	"bytes"
	jsonv1 "encoding/json"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"io"
	"reflect"
)

// jsonV2 reports whether the toolchain decodes with encoding/json/v2. Names in
// another letter case, names that are there twice and strings that are not
// Unicode are then errors.
const jsonV2 = true

// strict is encoding/json's semantics, but for names.
var strict = json.JoinOptions(
	jsonv1.DefaultOptionsV1(),
	jsonv1.ReportErrorsWithLegacySemantics(false), // they tell less
	json.MatchCaseInsensitiveNames(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.AllowInvalidUTF8(false),
)

// unmarshal decodes a JSON text.
func unmarshal(data []byte, dst any, rejectUnknown bool) error {
	if rejectUnknown {
		return json.Unmarshal(data, dst, strict, json.RejectUnknownMembers(true))
	}
	return json.Unmarshal(data, dst, strict)
}

// syntaxOffset returns the offset at which a text ceases to be JSON, for the
// error of decoding it; false if it is JSON.
//
// encoding/json/v2 decodes as it reads, so any error may come before a syntax
// error further on. Only that of a text which has been read up to its end is the
// last word, unless code of the type's own, which plain rules out, has made it.
func syntaxOffset(data []byte, plain bool, err error) (int, bool) {
	if syntax, ok := err.(*jsontext.SyntacticError); ok && plain && syntax.Err == io.ErrUnexpectedEOF && !endsInEscape(data) {
		return int(syntax.ByteOffset), true
	}
	if jsonv1.Valid(data) {
		return 0, false
	}
	var syntax *jsontext.SyntacticError
	var value jsontext.Value
	errors.As(json.Unmarshal(data, &value, strict, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)), &syntax)
	return int(syntax.ByteOffset), true
}

// endsInEscape reports whether a text may end within an escape. The offset of
// the error is then another one if lone surrogates are refused.
func endsInEscape(data []byte) bool {
	longest := len(`\ud800\udc00`)
	return bytes.IndexByte(data[max(0, len(data)-longest):], '\\') >= 0
}

// isSyntaxError reports whether an error is or wraps a syntax error.
func isSyntaxError(err error) bool {
	var v1 *jsonv1.SyntaxError
	var v2 *jsontext.SyntacticError
	return errors.As(err, &v1) || errors.As(err, &v2)
}

// decodesFrom reports whether a pointer has a method UnmarshalJSONFrom that
// encoding/json calls.
func decodesFrom(p reflect.Type) bool { return p.Implements(reflect.TypeFor[json.UnmarshalerFrom]()) }

// describe says what an error has against a value.
func describe(err error) string {
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	var inner *jsonv1.UnmarshalTypeError // of a type's own UnmarshalJSON
	switch {
	case errors.As(err, &inner):
		return describeV1(err)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return isTwice
	case errors.Is(err, json.ErrUnknownName):
		return isUnknown
	case errors.As(err, &syntax):
		return notUnicode // a lone surrogate: all else has been refused before
	case errors.As(err, &semantic) && semantic.GoType != nil:
		number := ""
		if semantic.JSONKind == '0' {
			number = string(semantic.JSONValue)
		}
		return expected(semantic.GoType, number)
	}
	return describeV1(err)
}
