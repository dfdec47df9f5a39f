//go:build goexperiment.jsonv2 && go1.27

package apiroute

import (
	jsonv1 "encoding/json"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"reflect"
)

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

// syntaxOffset returns where a text that has been refused ceases to be JSON;
// false if it is.
func syntaxOffset(data []byte, _ bool, _ error) (int64, bool) {
	var syntax *jsontext.SyntacticError
	var text jsontext.Value
	if !errors.As(json.Unmarshal(data, &text, strict, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)), &syntax) {
		return 0, false
	}
	return syntax.ByteOffset, true
}

// decodesFrom reports whether a pointer has a method UnmarshalJSONFrom that
// matters.
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
		return "is there twice"
	case errors.Is(err, json.ErrUnknownName):
		return isUnknown
	case errors.As(err, &syntax):
		return "must be Unicode" // a lone surrogate: all else has been refused before
	case errors.As(err, &semantic) && semantic.GoType != nil:
		number := ""
		if semantic.JSONKind == '0' {
			number = string(semantic.JSONValue)
		}
		return expected(semantic.GoType, number)
	}
	return describeV1(err)
}

// offsetOf returns an offset in the value that an error is about.
func offsetOf(err error) (int64, bool) {
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &syntax):
		return syntax.ByteOffset + 1, true
	case errors.As(err, &semantic):
		if errors.Is(err, json.ErrUnknownName) {
			return semantic.ByteOffset + 1, true // within the name
		}
		return semantic.ByteOffset, true
	}
	return offsetV1(err)
}
