//go:build !goexperiment.jsonv2

package apiroute

import (
	"bytes"
	"encoding/json"
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

// describe says what an error has against a value.
func describe(err error) string { return describeV1(err) }

// offsetOf returns an offset in the value that an error is about.
func offsetOf(err error) (int64, bool) { return offsetV1(err) }
