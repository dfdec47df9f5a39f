//go:build !goexperiment.jsonv2

package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// unmarshal decodes a JSON text. It returns what is wrong with it, if anything,
// and the path of the field where it is.
func unmarshal(data []byte, dst any, rejectUnknown bool) (path, detail string) {
	err := decode(data, dst, rejectUnknown)
	if path, detail = wrong(data, err); detail != wrongForm || path != "" {
		return path, detail
	}
	// encoding/json has no type for these.
	if quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if name, err := strconv.Unquote(quoted); err == nil {
			var b strings.Builder
			writeName(&b, name)
			return b.String(), isUnknown
		}
	}
	return locate(data, reflect.TypeOf(dst).Elem()), wrongForm
}

func decode(data []byte, dst any, rejectUnknown bool) error {
	if rejectUnknown && json.Valid(data) { // else only Unmarshal sees what trails
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		return d.Decode(dst)
	}
	return json.Unmarshal(data, dst)
}

// locate returns the path of a value that a type's own UnmarshalJSON or
// UnmarshalText refuses, as time.Time's does. encoding/json passes their error
// on without a place. So values are made null, which those methods take, in
// ever smaller halves of the text until the one is found.
func locate(data []byte, t reflect.Type) string {
	if len(data) > 1<<16 {
		return "" // not worth the work
	}
	scalars := jsonScalars(data)
	refused := func(n int) bool { // with the first n scalars null
		var b []byte
		last := 0
		for _, s := range scalars[:n] {
			b = append(append(b, data[last:s[0]]...), "null"...)
			last = s[1]
		}
		err := json.Unmarshal(append(b, data[last:]...), reflect.New(t).Interface())
		var wrongType *json.UnmarshalTypeError
		return err != nil && !errors.As(err, &wrongType)
	}
	low, high := 0, len(scalars) // refused(low) and, if a scalar is to blame, !refused(high)
	if refused(high) {
		return ""
	}
	for high-low > 1 {
		if mid := (low + high) / 2; refused(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return jsonPath(data, int64(scalars[low][0]))
}

// jsonScalars returns where the strings, numbers and literals of a valid JSON
// text begin and end, without the names of objects.
func jsonScalars(data []byte) (spans [][2]int) {
	for i := 0; i < len(data); {
		start := i
		switch c := data[i]; {
		case strings.IndexByte("{}[],: \t\r\n", c) >= 0:
			i++
			continue
		case c == '"':
			i = stringEnd(data, i)
			if rest := bytes.TrimLeft(data[i:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
				continue
			}
		default:
			for i < len(data) && strings.IndexByte("{}[],: \t\r\n", data[i]) < 0 {
				i++
			}
		}
		spans = append(spans, [2]int{start, i})
	}
	return spans
}
