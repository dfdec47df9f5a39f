//go:build !goexperiment.jsonv2

package apiroute

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// unmarshal decodes a JSON text.
func unmarshal(data []byte, dst any, rejectUnknown bool) error {
	if rejectUnknown && json.Valid(data) { // else only Unmarshal sees what trails
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		return d.Decode(dst)
	}
	return json.Unmarshal(data, dst)
}

// syntaxOffset returns where a text that has been refused ceases to be JSON;
// false if it is. An error of code that decodes a part of it is about that part.
func syntaxOffset(data []byte, custom bool, err error) (int64, bool) {
	// The offset is that of the bytes read, the wrong one among them; where the
	// text ends too soon, the space is the wrong one.
	syntax, ok := err.(*json.SyntaxError)
	if ok && 0 < syntax.Offset && syntax.Offset < int64(len(data)) && (!custom || !json.Valid(data)) {
		return syntax.Offset - 1, true
	}
	if !ok && !custom {
		return 0, false
	}
	err = json.Unmarshal(append(data[:len(data):len(data)], ' '), new(json.RawMessage))
	if syntax, ok = err.(*json.SyntaxError); !ok {
		return 0, false
	}
	return syntax.Offset - 1, true
}

// decodesFrom reports whether a pointer has a method UnmarshalJSONFrom that
// matters: only encoding/json/v2 calls it.
func decodesFrom(reflect.Type) bool { return false }

// describe says what an error has against a value.
func describe(err error) string { return describeV1(err) }

// offsetOf returns an offset in the value that an error is about.
func offsetOf(err error) (int64, bool) { return offsetV1(err) }
