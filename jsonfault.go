package apiroute

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// explain returns the path of what is wrong with a text, and what it is, for an
// error of decoding it into a type.
//
// What encoding/json says differs from version to version, tells no place for
// the errors of a type's own UnmarshalJSON or UnmarshalText, and not always of
// the first error. So the text is looked through anew, unless that is long work.
func (c *config) explain(data []byte, t reflect.Type, custom bool, err error) (path, detail string) {
	if c.unmarshal != nil && !isSyntax(err) && !json.Valid(data) {
		return "", describe(err) // the codec takes more than JSON
	}
	if offset, ok := syntaxOffset(data, custom || c.unmarshal != nil, err); ok {
		return "", "is not valid JSON at offset " + strconv.FormatInt(offset, 10)
	}
	if len(data) <= maxSearch {
		s := search{data: bytes.TrimSpace(data), left: searchWork(len(data)), decode: func(text []byte) error {
			return c.decode(text, reflect.New(t).Interface())
		}}
		path, found := s.run()
		if found == nil {
			found = err
		}
		if s.left >= 0 {
			return path, describe(found)
		}
	}
	if offset, ok := offsetOf(err); ok {
		path = jsonPath(data, offset)
	}
	return path, describe(err)
}

func isSyntax(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax)
}

// maxSearch is up to how many bytes a text is searched for the value at fault.
const maxSearch = 1 << 16

// searchWork returns how many bytes may be read to search a text of a length.
// Each level that the value is in takes some decodings of all that stands before
// it, and both are the client's choice. A text of some KiB may be decoded a
// hundred times, one of 32 KiB 20 times, which is enough for a list of two
// thousand objects, and the longest 16 times.
func searchWork(length int) int { return 12*length + 1<<18 }

// A search finds the first value of a valid JSON text that a decoding refuses.
// It tries the text cut short after each member of the outermost object or
// array, and goes on within the first that is refused. That member has its path
// from there; those before it are whole and have passed.
type search struct {
	data   []byte
	decode func([]byte) error
	left   int // bytes that may still be read; below 0, the search has failed
	path   strings.Builder
	closed []byte // what closes the containers around the search
}

var errSearch = errors.New("apiroute: the value at fault is too costly to find")

// try decodes the text up to an offset, completed, unless that is too much.
func (s *search) try(end int, middle string) error {
	if s.left -= end; s.left < 0 {
		return errSearch
	}
	text := append(s.data[:end:end], middle...)
	for i := len(s.closed) - 1; i >= 0; i-- {
		text = append(text, s.closed[i])
	}
	return s.decode(text)
}

func (s *search) run() (path string, err error) {
	for start := 0; ; {
		open, end := s.data[start], valueEnd(s.data, start)
		if s.left -= end - start; s.left < 0 {
			return "", errSearch
		}
		if open != '{' && open != '[' {
			return s.path.String(), s.try(end, "")
		}
		members := jsonMembers(s.data, start)
		s.closed = append(s.closed, open+2) // ASCII: { and }, [ and ]
		first := sort.Search(len(members), func(i int) bool { return s.try(members[i].end, "") != nil })
		refused := first == 0 && s.try(start+1, "") != nil // as such, whatever is in it
		if first == len(members) || refused || s.path.Len() > maxJSONPath {
			s.closed = s.closed[:len(s.closed)-1]
			return s.path.String(), s.try(end, "")
		}
		m := members[first]
		if open == '[' {
			s.path.WriteString("[" + strconv.Itoa(first) + "]")
		} else {
			var name string
			json.Unmarshal(s.data[m.start:m.nameEnd], &name) // it is valid
			writeName(&s.path, name)
			if err := s.try(m.nameEnd, ":null"); err != nil {
				return s.path.String(), err
			}
		}
		start = m.value
	}
}

// A member is where a member of an object or array lies in a JSON text.
type member struct {
	start, nameEnd int // of the name, in an object
	value, end     int
}

// jsonMembers returns the members of the object or array at an offset.
func jsonMembers(data []byte, start int) (list []member) {
	object := data[start] == '{'
	for i := start + 1; ; {
		i = skip(data, i, " \t\r\n,")
		if c := data[i]; c == '}' || c == ']' {
			return list
		}
		m := member{start: i, value: i}
		if object {
			m.nameEnd = valueEnd(data, i)
			m.value = skip(data, m.nameEnd, " \t\r\n:")
		}
		m.end = valueEnd(data, m.value)
		list, i = append(list, m), m.end
	}
}

func skip(data []byte, i int, set string) int {
	for strings.IndexByte(set, data[i]) >= 0 {
		i++
	}
	return i
}

// valueEnd returns the offset after the JSON value that begins at an offset.
func valueEnd(data []byte, i int) int {
	switch data[i] {
	case '"':
		return stringEnd(data, i)
	case '{', '[':
		for depth := 0; ; i++ {
			switch data[i] {
			case '"':
				i = stringEnd(data, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i < len(data) && strings.IndexByte(" \t\r\n,:]}", data[i]) < 0 {
		i++
	}
	return i
}

// describeV1 says what an error of encoding/json has against a value. Not all of
// them have a type.
func describeV1(err error) string {
	var wrongType *json.UnmarshalTypeError
	var corrupt base64.CorruptInputError
	switch {
	case errors.As(err, &wrongType):
		if wrongType.Type == nil { // made by a type's own UnmarshalJSON
			return wrongForm
		}
		_, number, _ := strings.Cut(wrongType.Value, "number ")
		return expected(wrongType.Type, number)
	case errors.As(err, &corrupt):
		return notBase64
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return isUnknown
	case strings.HasPrefix(err.Error(), "json: invalid number literal"):
		return notNumber
	}
	return wrongForm
}

func offsetV1(err error) (int64, bool) {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return wrongType.Offset - 1, true
	}
	return 0, false
}

// What can be wrong with a field, whatever it is.
const (
	isUnknown = "is not known"
	wrongForm = "is not of the right form"
	notNumber = "must be a number"
	notBase64 = "must be a string in base64"
)

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
	if t == reflect.TypeFor[json.Number]() {
		return notNumber
	}
	if decodesItself(t) {
		return wrongForm
	}
	whole := number != "" && strings.Trim(number, "+-0123456789") == ""
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
		return notNumber
	case reflect.Slice, reflect.Array:
		if k == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return notBase64
		}
		return "must be an array"
	case reflect.Struct, reflect.Map:
		return "must be an object"
	}
	return "has the wrong type"
}
