package apiroute

import (
	"bytes"
	"errors"
	"testing"
)

// The rows are the examples of RFC 7396, appendix A, and what the package adds: the order of members.
func TestMergePatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, value, patch, want string }{
		{"a member", `{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{"a new member", `{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{"a removed member", `{"a":"b"}`, `{"a":null}`, `{}`},
		{"one of two removed", `{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{"a list replaced", `{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{"a list instead", `{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{"inside of an object", `{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{"a list of objects", `{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{"lists are not merged", `["a","b"]`, `["c","d"]`, `["c","d"]`},
		{"a list for an object", `{"a":"b"}`, `["c"]`, `["c"]`},
		{"null for everything", `{"a":"foo"}`, `null`, `null`},
		{"a text for everything", `{"a":"foo"}`, `"bar"`, `"bar"`},
		{"null that is there", `{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{"an object for a list", `[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{"null in a new object", `{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{"null in a list stays", `{"a":1}`, `{"a":[null,{"b":null}]}`, `{"a":[null,{"b":null}]}`},
		{"members keep their places", `{"b":1,"a":{"y":1,"x":2}}`, `{"a":{"x":3,"z":4},"b":5,"c":6}`, `{"b":5,"a":{"y":1,"x":3,"z":4},"c":6}`},
		{"digits are kept", `{"a":1.0}`, `{"b":12345678901234567890,"c":1e400}`, `{"a":1.0,"b":12345678901234567890,"c":1e400}`},
		{"texts are not escaped for HTML", `{}`, `{"a":"<b> & \u2028"}`, "{\"a\":\"<b> & \\u2028\"}"},
		{"of a name twice, the last counts", `{}`, `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			value, err1 := parseOrdered(tt.value)
			patch, err2 := parseOrdered(tt.patch)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			before, _ := writeText(value)
			got, err := writeText(mergePatch(value, patch))
			if err != nil || got != tt.want {
				t.Errorf("%s with %s is %s (error %v), want %s", tt.value, tt.patch, got, err, tt.want)
			}
			if after, _ := writeText(value); after != before {
				t.Errorf("%s has become %s", before, after)
			}
		})
	}
}

// writeText returns a value as JSON, without the newlines of an Encoder.
func writeText(v any) (string, error) {
	var b bytes.Buffer
	err := writeValue(&b, v)
	return string(bytes.ReplaceAll(b.Bytes(), []byte("\n"), nil)), err
}

func TestParseOrdered(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "{", "[", `{"a"`, `{"a":`, `{"a":1`, `{"a":}`, `{"a":[}`, `[1`, `[1,`, `[{]`, `{1:2}`, `{"a":1}}`, "1 2", "x", "nul", "\"", `{"a":1,}`,
	} {
		if v, err := parseOrdered(text); err == nil {
			t.Errorf("%q is %v, want an error", text, v)
		}
	}
}

// A badValue cannot be written.
type badValue struct{}

var errBad = errors.New("bad")

func (badValue) MarshalJSON() ([]byte, error) { return nil, errBad }

func TestObjectErrors(t *testing.T) {
	t.Parallel()
	for _, v := range []any{badValue{}, []any{1, badValue{}}, object{{"a", badValue{}}}, object{{"a", []any{object{{"b", badValue{}}}}}}} {
		if text, err := writeText(v); !errors.Is(err, errBad) {
			t.Errorf("%#v: %q, error %v, want %v", v, text, err, errBad)
		}
	}
	if text, err := (object{{"a", badValue{}}}).MarshalJSON(); !errors.Is(err, errBad) {
		t.Errorf("MarshalJSON: %q, error %v", text, err)
	}
}
