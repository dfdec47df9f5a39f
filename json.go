package apiroute

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Before Go 1.27, encoding/json/v2 is an experiment, and vet takes a file to be
// for the one or for the other.
//
//go:generate sed -n "s|^//go:build.*|// Code generated from json_v2.go; DO NOT EDIT.\\n\\n//go:build goexperiment.jsonv2 \\&\\& !go1.27|;w json_v2_experiment.go" json_v2.go

// decodeJSON decodes a whole text into dst. It returns what is wrong with the
// text, nil if nothing is.
func decodeJSON(data []byte, dst any, c *config) *FieldError {
	field := &FieldError{In: "body"}
	switch text := bytes.Trim(data, " \t\r\n"); {
	case len(text) == 0:
		field.Detail = "is empty"
	case string(text) == "null":
		field.Detail = "must not be null"
	case !utf8.Valid(data):
		field.Detail = "is not UTF-8 at offset " + strconv.Itoa(invalidUTF8(data))
	default:
		if c.unmarshal != nil {
			field.Name, field.Detail = wrong(data, c.unmarshal(data, dst))
		} else {
			field.Name, field.Detail = unmarshal(data, dst, c.rejectUnknown)
		}
		if field.Detail == "" {
			return nil
		}
	}
	return field
}

// wrong returns what an error of encoding/json's own types, and nil, says of a
// text.
func wrong(data []byte, err error) (path, detail string) {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &syntax):
		offset := syntax.Offset // of bytes read, the wrong one among them
		if offset > 0 && syntax.Error() != "unexpected end of JSON input" {
			offset--
		}
		return "", notJSON(offset)
	case errors.As(err, &wrongType):
		_, number, _ := strings.Cut(wrongType.Value, "number ")
		return jsonPath(data, wrongType.Offset-1), expected(wrongType.Type, number)
	}
	return "", wrongForm
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

// What can be wrong with a field, whatever it is.
const (
	isUnknown = "is not known"
	wrongForm = "is not of the right form"
)

func notJSON(offset int64) string {
	return "is not valid JSON at offset " + strconv.FormatInt(offset, 10)
}

// jsonPath returns the path, as in items[2].price, of the value at or around an
// offset of a JSON text that is valid up to there: one walk over the bytes
// before it, in memory of the depth. Names that are not plain are quoted, and a
// path that is long is cut.
func jsonPath(data []byte, offset int64) string {
	type level struct {
		name  []byte // in an object, nil before the first name
		index int    // in an array, -1 in an object
		value bool   // in an object: past the colon
	}
	var levels []level
	end := min(int(offset), len(data))
	for i := 0; i < end; i++ {
		n := len(levels)
		switch data[i] {
		case '{':
			levels = append(levels, level{index: -1})
		case '[':
			levels = append(levels, level{})
		case '}', ']':
			levels = levels[:n-1]
		case ':':
			levels[n-1].value = true
		case ',':
			if l := &levels[n-1]; l.index >= 0 {
				l.index++
			} else {
				l.name, l.value = nil, false
			}
		case '"':
			start := i
			i = stringEnd(data, i) - 1
			if n > 0 && levels[n-1].index < 0 && !levels[n-1].value {
				levels[n-1].name = data[start : i+1]
			}
		}
	}
	var b strings.Builder
	for _, l := range levels {
		if b.Len() > maxJSONPath {
			b.WriteString("…")
			break
		}
		switch {
		case l.index >= 0:
			fmt.Fprintf(&b, "[%d]", l.index)
		case l.name != nil:
			var name string
			json.Unmarshal(l.name, &name) // it is valid
			writeName(&b, name)
		}
	}
	return b.String()
}

// stringEnd returns the offset after the JSON string that begins at an offset.
func stringEnd(data []byte, start int) int {
	for i := start + 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// maxJSONPath is after how many bytes a path is cut.
const maxJSONPath = 200

func writeName(b *strings.Builder, name string) {
	if len(name) > maxJSONPath {
		name = strings.ToValidUTF8(name[:maxJSONPath], "") + "…"
	}
	switch {
	case strings.IndexFunc(name, isSpecial) >= 0 || name == "":
		fmt.Fprintf(b, "[%q]", name)
	case b.Len() > 0:
		b.WriteString("." + name)
	default:
		b.WriteString(name)
	}
}

func isSpecial(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z')
}

// expected says what a value of a Go type must be in JSON. number is what stands
// there if that is a number.
func expected(t reflect.Type, number string) string {
	p := reflect.PointerTo(t)
	if p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return wrongForm
	}
	whole := number != "" && !strings.ContainsAny(number, ".eE")
	switch k := t.Kind(); k {
	case reflect.Bool:
		return "must be true or false"
	case reflect.String:
		return "must be a string"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if whole {
			most := uint64(1)<<(t.Bits()-1) - 1
			return fmt.Sprintf("must be an integer from -%d to %d", most+1, most)
		}
		return "must be an integer"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if whole {
			return fmt.Sprintf("must be an integer from 0 to %d", ^uint64(0)>>(64-t.Bits()))
		}
		return "must be an integer"
	case reflect.Float32, reflect.Float64:
		if number != "" {
			return "is out of range"
		}
		return "must be a number"
	case reflect.Slice, reflect.Array:
		if k == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return "must be a string in base64"
		}
		return "must be an array"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	}
	return "has the wrong type"
}
