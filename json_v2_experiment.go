// Code generated from json_v2.go; DO NOT EDIT.

//go:build goexperiment.jsonv2 && !go1.27

package apiroute

import (
	jsonv1 "encoding/json"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
)

// strict is encoding/json's semantics, but for names.
var strict = json.JoinOptions(
	jsonv1.DefaultOptionsV1(),
	jsonv1.ReportErrorsWithLegacySemantics(false), // they tell less
	json.MatchCaseInsensitiveNames(false),
	jsontext.AllowDuplicateNames(false),
	jsontext.AllowInvalidUTF8(false),
)

// unmarshal decodes a JSON text. It returns what is wrong with it, if anything,
// and the path of the field where it is.
func unmarshal(data []byte, dst any, rejectUnknown bool) (path, detail string) {
	err := json.Unmarshal(data, dst, strict, json.RejectUnknownMembers(rejectUnknown))
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return jsonPath(data, syntax.ByteOffset+1), "is there twice"
	case errors.As(err, &syntax):
		return "", notJSON(syntax.ByteOffset)
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		return jsonPath(data, semantic.ByteOffset+1), isUnknown
	case errors.As(err, &semantic) && semantic.GoType != nil:
		number := ""
		if semantic.JSONKind == '0' {
			number = string(semantic.JSONValue)
		}
		return jsonPath(data, semantic.ByteOffset), expected(semantic.GoType, number)
	}
	return "", wrongForm
}
