package apiroute

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// Before Go 1.27, encoding/json/v2 is an experiment, and vet takes a file to be
// for the one or for the other.
//
//go:generate sed -n "s|^//go:build.*|// Code generated from json_v2.go; DO NOT EDIT.\\n\\n//go:build goexperiment.jsonv2 \\&\\& !go1.27|;w json_v2_experiment.go" json_v2.go

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
	if path, detail := decodeJSON(data, dst, &req.matchOrDefault().scope.config, true); detail != "" {
		return badRequest(FieldError{"body", path, detail})
	}
	return nil
}

// decodeJSON decodes a whole text into dst. It returns the path of what is wrong
// with the text, and what it is, "" if nothing is. custom tells that code of
// dst's own may decode a part.
func decodeJSON(data []byte, dst any, c *config, custom bool) (path, detail string) {
	switch text := bytes.Trim(data, " \t\r\n"); {
	case len(text) == 0:
		return "", "is empty"
	case string(text) == "null":
		return "", "must not be null"
	case !utf8.Valid(data):
		return "", "is not UTF-8 at offset " + strconv.Itoa(invalidUTF8(data))
	}
	if err := c.decode(data, dst); err != nil {
		return c.explain(data, reflect.TypeOf(dst).Elem(), custom, err)
	}
	return "", ""
}

func (c *config) decode(data []byte, dst any) error {
	if c.unmarshal != nil {
		return c.unmarshal(data, dst)
	}
	return unmarshal(data, dst, c.rejectUnknown)
}

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
