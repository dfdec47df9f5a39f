package apiroute

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// Before Go 1.27, encoding/json/v2 is an experiment. go vet does not accept one build constraint
// for both cases, so json_v2_experiment.go is a copy of json_v2.go with a constraint of its own.
//
//go:generate sed -n "s|^//go:build.*|// Code generated from json_v2.go; DO NOT EDIT.\\n\\n//go:build goexperiment.jsonv2 \\&\\& !go1.27|;w json_v2_experiment.go" json_v2.go

// This file decodes JSON bodies. encoding/json does the decoding; json_v1.go and json_v2.go hold
// what differs between its versions. If it fails, its error only tells text that is not JSON from a
// value that does not fit. What the client gets is then found by a walk through the text, in
// jsonfault.go, because the errors of encoding/json differ between versions of Go and report only
// one fault.

// JSON decodes the body, which must be one JSON value in UTF-8, into dst, a
// pointer. It decodes as [encoding/json.Unmarshal] does: null leaves a field as it
// is, and names of fields match in any letter case. Where the toolchain has
// encoding/json/v2 (GOEXPERIMENT=jsonv2, on by default from Go 1.27), names match
// in their own case only, and a name that appears twice is an error.
//
// The error is an [*Error]. Its status is 415 unless the Content-Type is
// application/json or ends in +json, without a charset other than utf-8, and there
// is no Content-Encoding other than identity. It is 400 if the Content-Type is
// malformed or appears twice, and if the body is empty, is not JSON, is null, or
// does not fit, with the path of the field or the offset. It is also whatever
// [Request.Bytes] returns. After an error, dst may have been filled in part.
func (req *Request) JSON(dst any) error {
	if v := reflect.ValueOf(dst); v.Kind() != reflect.Pointer || v.IsNil() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(dst)}
	}
	if err := req.checkJSON(); err != nil {
		return err
	}
	data, err := req.Bytes()
	if err != nil {
		return err
	}
	if faults := decodeJSON(data, dst, &req.matchOrDefault().scope.config, false); faults != nil {
		return badRequest(faults[:1]...)
	}
	return nil
}

// decodeJSON decodes a whole JSON text into dst, a pointer. It returns nil if that succeeds, and
// otherwise the faults of the text in the order in which they appear, at most maxJSONFaults. The
// name of each is its JSON path, such as items[2].price.
//
// plain reports that no code of dst's own types decodes any part of the text, which saves looking
// for it. It may be false if the caller does not know.
func decodeJSON(data []byte, dst any, c *config, plain bool) []FieldError {
	switch trimmed := bytes.Trim(data, " \t\r\n"); {
	case len(trimmed) == 0:
		return []FieldError{bodyFault("", "is empty")}
	case string(trimmed) == "null":
		return []FieldError{bodyFault("", "must not be null")}
	case !utf8.Valid(data):
		return []FieldError{bodyFault("", "is not UTF-8 at offset "+strconv.Itoa(invalidUTF8(data)))}
	}
	err := c.decode(data, dst)
	switch {
	case err == nil:
		return nil
	case c.unmarshal != nil:
		return codecFaults(data, dst, err)
	}
	if offset, ok := syntaxOffset(data, plain || goTypeOf(reflect.TypeOf(dst)).plain, err); ok {
		return []FieldError{notJSON(offset)}
	}
	w := jsonWalk{data: data, namesOnce: jsonV2, rejectUnknown: c.rejectUnknown}
	return w.run(goTypeOf(heldType(dst)), err)
}

// codecFaults returns the faults for the error of a [JSONCodec]. A codec may accept more than JSON,
// or decode it by other rules than encoding/json. So it walks through the text only if the text is
// JSON and the error is one that encoding/json returns. Otherwise nothing is known but the error.
func codecFaults(data []byte, dst any, err error) []FieldError {
	if !json.Valid(data) {
		if isSyntaxError(err) {
			err = json.Unmarshal(data, new(json.RawMessage)) // the codec may count offsets differently
			offset, _ := syntaxOffset(data, true, err)
			return []FieldError{notJSON(offset)}
		}
		return []FieldError{unexplained(err)}
	}
	detail := describe(err)
	if detail == wrongForm {
		return []FieldError{unexplained(err)}
	}
	w := jsonWalk{data: data, rejectUnknown: detail == isUnknown}
	return w.run(goTypeOf(heldType(dst)), err)
}

// heldType returns the type of the pointer that encoding/json decodes through. That is the type of
// dst, unless dst points to an interface that holds a pointer: encoding/json then decodes into what
// that pointer points to.
func heldType(dst any) reflect.Type {
	v := reflect.ValueOf(dst)
	for i := 0; i < maxPointers; i++ {
		held := v.Elem()
		if held.Kind() != reflect.Interface || held.Elem().Kind() != reflect.Pointer || held.Elem().IsNil() {
			break
		}
		v = held.Elem()
	}
	return v.Type()
}

// decode decodes a JSON text with the codec of the program if there is one, and otherwise with
// encoding/json.
func (c *config) decode(data []byte, dst any) error {
	if c.unmarshal != nil {
		return c.unmarshal(data, dst)
	}
	return unmarshal(data, dst, c.rejectUnknown)
}

// notJSON returns the fault of a text that is not JSON. offset is that of the first byte that
// cannot be there, in bytes.
func notJSON(offset int) FieldError {
	return bodyFault("", "is not valid JSON at offset "+strconv.Itoa(offset))
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8. There must be one.
func invalidUTF8(b []byte) int {
	i := 0
	for {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}
