// Code generated from json_v2.go; DO NOT EDIT.

//go:build goexperiment.jsonv2 && !go1.27

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

// This file is for toolchains with encoding/json/v2. It declares the same functions as json_v1.go.

// jsonV2 reports whether the toolchain decodes with encoding/json/v2. A name that differs from the
// field's in letter case is then unknown, and a name that appears twice or a string that is not
// Unicode is an error.
const jsonV2 = true

// strict is the semantics of encoding/json, except that names must match exactly and only once, and
// that strings must be Unicode. Two parsers that disagree on a doubled name see two different
// bodies, which can be used to get past a check.
var strict = json.JoinOptions(
	jsonv1.DefaultOptionsV1(),
	jsonv1.ReportErrorsWithLegacySemantics(false), // the errors of v1 have fewer facts
	json.MatchCaseInsensitiveNames(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.AllowInvalidUTF8(false),
)

// unmarshal decodes a JSON text into dst, a pointer.
func unmarshal(data []byte, dst any, rejectUnknown bool) error {
	if rejectUnknown {
		return json.Unmarshal(data, dst, strict, json.RejectUnknownMembers(true))
	}
	return json.Unmarshal(data, dst, strict)
}

// syntaxOffset returns the offset at which a text stops being JSON, given the error of decoding it.
// It returns false if the text is JSON.
//
// encoding/json/v2 decodes while it reads, so any error may be followed by a syntax error further
// on. Only an error at the end of the text cannot be, unless it comes from a type's own code, which
// plain rules out. In all other cases the syntax of the whole text is checked.
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

// endsInEscape reports whether a text may end within an escape. If it does, and lone surrogates are
// errors, the offset of the error differs from that of the check of the syntax.
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

// decodesFrom reports whether a pointer type has a method UnmarshalJSONFrom that encoding/json
// calls.
func decodesFrom(p reflect.Type) bool { return p.Implements(reflect.TypeFor[json.UnmarshalerFrom]()) }

// describe returns the detail for an error of decoding a value, such as "must be an integer".
func describe(err error) string {
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	var inner *jsonv1.UnmarshalTypeError // from a type's own UnmarshalJSON
	switch {
	case errors.As(err, &inner):
		return describeV1(err)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return isTwice
	case errors.Is(err, json.ErrUnknownName):
		return isUnknown
	case errors.As(err, &syntax):
		return notUnicode // a lone surrogate; other syntax errors have been found before
	case errors.As(err, &semantic) && semantic.GoType != nil:
		number := ""
		if semantic.JSONKind == '0' {
			number = string(semantic.JSONValue)
		}
		return expected(semantic.GoType, number)
	}
	return describeV1(err)
}
