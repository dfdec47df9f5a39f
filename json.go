package apiroute

import (
	"bytes"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// Before Go 1.27, encoding/json/v2 is an experiment, and vet takes a file to be
// for the one or for the other.
//
//go:generate sed -n "s|^//go:build.*|// Code generated from json_v2.go; DO NOT EDIT.\\n\\n//go:build goexperiment.jsonv2 \\&\\& !go1.27|;w json_v2_experiment.go" json_v2.go

// trimNewline returns a text without the newline that an encoder ends it with.
func trimNewline(text []byte) []byte { return bytes.TrimSuffix(text, []byte("\n")) }

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
