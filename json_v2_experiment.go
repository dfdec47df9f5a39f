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
	"sync"
)

// This file is for toolchains with encoding/json/v2. It declares the same functions as json_v1.go.

// jsonV2 reports whether the toolchain has encoding/json/v2. A name that differs from the field's in
// letter case is then unknown, and a name that appears twice or a string that is not Unicode is an
// error. Nil slices and maps are encoded as [] and {}.
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

// emptyLists is the semantics of encoding/json, except that a nil slice is [] and a nil map {}, as
// clients expect of a list and of an object.
var emptyLists = json.JoinOptions(
	jsonv1.DefaultOptionsV1(),
	json.FormatNilSliceAsNull(false),
	json.FormatNilMapAsNull(false),
)

// An encoder is a buffer with an encoder that writes to it.
type encoder struct {
	buf  bytes.Buffer
	json *jsontext.Encoder
}

// encoders holds the encoders that are not in use. As in encoding/json, the code of a type gets an
// encoder and must not keep it.
var encoders = sync.Pool{New: func() any { return &encoder{json: new(jsontext.Encoder)} }}

// maxKept is the capacity, in bytes, of the largest buffer that is used again. It is large because
// growing a buffer for a long list takes a third of the time of encoding it. The collector empties the
// pool, so what one long list has taken is not kept for good.
const maxKept = 1 << 20

// encode writes v as JSON and a newline to w, with one call of Write. An error of Write is returned as it
// is.
func encode(w io.Writer, v any) error {
	e := encoders.Get().(*encoder)
	e.buf.Reset()
	e.json.Reset(&e.buf, emptyLists)
	err := json.MarshalEncode(e.json, v)
	if err == nil {
		_, err = w.Write(e.buf.Bytes())
	}
	if e.buf.Cap() <= maxKept {
		encoders.Put(e)
	}
	return err
}

// encodeText returns v as JSON.
func encodeText(v any) ([]byte, error) { return json.Marshal(v, emptyLists) }

// UnmarshalJSONFrom is UnmarshalJSON for encoding/json/v2. It decodes the value with the options that
// hold around it, such as whether names must match in their own case.
func (o *Optional[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*o = Optional[T]{Set: true, Null: d.PeekKind() == 'n'}
	if o.Null {
		return d.SkipValue()
	}
	return json.UnmarshalDecode(d, &o.Value)
}

// MarshalJSONTo is MarshalJSON for encoding/json/v2. It encodes the value with the options that hold
// around it, such as how a nil slice is encoded.
func (o Optional[T]) MarshalJSONTo(e *jsontext.Encoder) error {
	if !o.Set || o.Null {
		return e.WriteToken(jsontext.Null)
	}
	return json.MarshalEncode(e, &o.Value)
}

// syntaxOffset returns the offset at which a text stops being JSON, given the error of decoding it.
// It returns false if the text is JSON.
//
// encoding/json/v2 decodes while it reads, so any error may be followed by a syntax error further
// on. Only an error at the end of the text cannot be, unless it comes from a type's own code, which
// plain rules out, or a value has the place of a name. In all other cases the syntax of the whole text
// is checked.
func syntaxOffset(data []byte, plain bool, err error) (int, bool) {
	if syntax, ok := err.(*jsontext.SyntacticError); ok && plain && syntax.Err == io.ErrUnexpectedEOF && !endsInEscape(data) && !mayHaveValueAsName(data) {
		return int(syntax.ByteOffset), true
	}
	if !isSyntaxError(err) && jsonv1.Valid(data) {
		return 0, false
	}
	var syntax *jsontext.SyntacticError
	var value jsontext.Value
	if !errors.As(json.Unmarshal(data, &value, strict, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)), &syntax) {
		return 0, false // the error was a name that appears twice, or one of a type's own code
	}
	return int(syntax.ByteOffset), true
}

// endsInEscape reports whether a text may end within an escape. If it does, and lone surrogates are
// errors, the offset of the error differs from that of the check of the syntax.
func endsInEscape(data []byte) bool {
	longest := len(`\ud800\udc00`)
	return bytes.IndexByte(data[max(0, len(data)-longest):], '\\') >= 0
}

// mayHaveValueAsName reports whether a text may have another value than a string in the place of a
// name: an object or an array anywhere, as in {{ and {"a":1,[, or at the end a part of a literal, as in
// {nul. A struct is then decoded by skipping the value first, so that the end of the text is
// reported and not the value.
func mayHaveValueAsName(data []byte) bool {
	for _, open := range []byte("{[") {
		for rest := data; ; {
			_, after, found := bytes.Cut(rest, []byte{open})
			if !found {
				break
			}
			if endsBeforeName(data[:len(data)-len(after)-1]) {
				return true
			}
			rest = after
		}
	}
	before := bytes.TrimRight(data, "abcdefghijklmnopqrstuvwxyzE0123456789+-.")
	return len(before) < len(data) && endsBeforeName(before)
}

// endsBeforeName reports whether a name may follow a text.
func endsBeforeName(text []byte) bool {
	text = bytes.TrimRight(text, " \t\r\n")
	return len(text) > 0 && (text[len(text)-1] == '{' || text[len(text)-1] == ',')
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

// encodesTo reports whether a pointer type has a method MarshalJSONTo that encoding/json calls.
func encodesTo(p reflect.Type) bool { return p.Implements(reflect.TypeFor[json.MarshalerTo]()) }

// describe returns the breach for an error of decoding a value, such as "must be an integer".
func describe(err error) breach {
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
