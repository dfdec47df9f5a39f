package apiroute_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// queryOfAllKinds has a field of each kind, and formOfAllKinds the same for a form.
type (
	queryOfAllKinds struct {
		S  string        `query:"s"`
		I  int8          `query:"i"`
		U  uint16        `query:"u"`
		F  float64       `query:"f"`
		B  bool          `query:"b"`
		D  time.Duration `query:"d"`
		P  *int          `query:"p"`
		L  []string      `query:"l"`
		N  []int         `query:"n"`
		W  int           `query:"w" default:"20"`
		R  string        `query:"r,required"`
		É  uint8         `query:"é x"`
		F3 float32       `query:"f3"`
	}
	formOfAllKinds struct {
		Body struct {
			S  string        `form:"s"`
			I  int8          `form:"i"`
			U  uint16        `form:"u"`
			F  float64       `form:"f"`
			B  bool          `form:"b"`
			D  time.Duration `form:"d"`
			P  *int          `form:"p"`
			L  []string      `form:"l"`
			N  []int         `form:"n"`
			W  int           `form:"w" default:"20"`
			R  string        `form:"r,required"`
			É  uint8         `form:"é x"`
			F3 float32       `form:"f3"`
		} `body:"form"`
	}
)

var (
	integerText  = regexp.MustCompile(`^[+-]?[0-9]+$`)
	unsignedText = regexp.MustCompile(`^[0-9]+$`)
	decimalText  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
)

// parseReference parses one text as the documentation describes it, independently of Bind.
func parseReference(kind, s string) (any, bool) {
	switch kind {
	case "string":
		return s, utf8.ValidString(s)
	case "int8", "int":
		bits := map[string]int{"int8": 8, "int": strconv.IntSize}[kind]
		n, err := strconv.ParseInt(s, 10, bits)
		return n, err == nil && integerText.MatchString(s)
	case "uint8", "uint16":
		bits := map[string]int{"uint8": 8, "uint16": 16}[kind]
		n, err := strconv.ParseUint(s, 10, bits)
		return n, err == nil && unsignedText.MatchString(s)
	case "float32", "float64":
		bits := map[string]int{"float32": 32, "float64": 64}[kind]
		f, err := strconv.ParseFloat(s, bits)
		return f, err == nil && decimalText.MatchString(s) && !math.IsInf(f, 0)
	case "bool":
		switch s {
		case "1", "t", "T", "true", "TRUE", "True":
			return true, true
		case "0", "f", "F", "false", "FALSE", "False":
			return false, true
		}
		return nil, false
	case "checkbox":
		if s == "on" || s == "off" {
			return s == "on", true
		}
		return parseReference("bool", s)
	case "duration":
		d, err := time.ParseDuration(s)
		return d, err == nil
	}
	panic(kind)
}

// fuzzFieldKinds are the fields of queryOfAllKinds: name and kind, and l for a list.
var fuzzFieldKinds = strings.Fields(`s string, i int8, u uint16, f float64, b checkbox, d duration, p int, l string l, n int l, w int, r string, é_x uint8, f3 float32`)

// expectedFields returns the values that pairs must result in, one text for each field, and the
// names of the fields that are wrong.
func expectedFields(values url.Values) (want []string, wrong []string) {
	for _, f := range strings.Split(strings.Join(fuzzFieldKinds, " "), ", ") {
		parts := strings.Fields(f)
		name := strings.ReplaceAll(parts[0], "_", " ")
		texts, list := values[name], len(parts) == 3
		bad := len(texts) > 1 && !list || len(texts) == 0 && name == "r"
		var all []any
		for _, s := range texts {
			if s == "" && parts[1] != "string" {
				continue // no value
			}
			v, ok := parseReference(parts[1], s)
			bad = bad || !ok
			all = append(all, v)
		}
		if name == "w" && all == nil {
			all = []any{20}
		}
		if bad {
			wrong = append(wrong, name)
		}
		want = append(want, fmt.Sprint(name, all))
	}
	return want, wrong
}

// shownFields returns the fields of a struct that is filled, in the form of expectedFields.
func shownFields(v reflect.Value, values url.Values) (got []string) {
	for i := 0; i < v.NumField(); i++ {
		tag := v.Type().Field(i).Tag
		name := orElse(tag.Get("query"), tag.Get("form"))
		name, _, _ = strings.Cut(name, ",")
		f := v.Field(i)
		var all []any
		switch {
		case f.Kind() == reflect.Slice:
			for k := 0; k < f.Len(); k++ {
				all = append(all, f.Index(k).Interface())
			}
		case f.Kind() == reflect.Pointer && f.IsNil():
		case f.Kind() == reflect.Pointer:
			all = []any{f.Elem().Interface()}
		case len(values[name]) == 0 && f.IsZero(), f.Kind() != reflect.String && slices.Equal(values[name], []string{""}) && f.IsZero(): // absent
		case f.Kind() == reflect.Float32: // the reference has a float64
			all = []any{f.Float()}
		default:
			all = []any{f.Interface()}
		}
		got = append(got, fmt.Sprint(name, all))
	}
	return got
}

// compareToReference compares the result of Bind for a text of pairs with the reference.
func compareToReference(t *testing.T, raw string, v reflect.Value, err error) {
	t.Helper()
	values, parseErr := url.ParseQuery(raw)
	want, wrong := expectedFields(values)
	e, _ := err.(*apiroute.Error)
	switch {
	case parseErr != nil, strings.Count(raw, "&") >= 10_000:
		if e == nil || e.Status != http.StatusBadRequest {
			t.Fatalf("%q: url.ParseQuery says %v, Bind %v", raw, parseErr, err)
		}
	case len(wrong) > 0:
		if e == nil || e.Status != http.StatusBadRequest {
			t.Fatalf("%q: the fields %q are wrong, Bind says %v", raw, wrong, err)
		}
		var got []string
		for _, f := range e.Fields {
			got = append(got, f.Name)
		}
		if got = slices.Compact(got); !slices.Equal(got, wrong) { // TestBindOneErrorAField sees to one error a field
			t.Fatalf("%q: the wrong fields are %q, Bind says %q", raw, wrong, got)
		}
	case err != nil:
		t.Fatalf("%q: nothing is wrong, Bind says %v", raw, err)
	default:
		if diff := cmp.Diff(want, shownFields(v, values)); diff != "" {
			t.Fatalf("%q: values (-want +got)\n%s", raw, diff)
		}
		return
	}
	if !v.IsZero() {
		t.Fatalf("%q: an error, and yet %+v", raw, v)
	}
}

// bindFuzzSeeds returns texts from the tables of the unit tests, as values of each field.
func bindFuzzSeeds() (seeds []string) {
	texts := []string{"", "3", "+3", "-3", " 3", "1_000", "0x10", "1.5", "1e3", "NaN", "Inf", "99999999999999999999", "0", "TRUE", "f", "on", "1h30m",
		"128", "-128", "65536", "1e999", "1e39", "-0", ".5", "5.", "e", "\xff", "ü", "a;b", "a&b", "%zz", "\x00"}
	names := []string{"s", "i", "u", "f", "b", "d", "p", "l", "n", "w", "r", "é x", "f3", "S", "x", ""}
	for _, text := range texts {
		all := "r="
		for _, name := range names {
			pair := url.QueryEscape(name) + "=" + url.QueryEscape(text)
			seeds = append(seeds, "r=x&"+pair)
			all += "&" + pair
		}
		seeds = append(seeds, all, text)
	}
	return append(seeds, "r", "r=1&r=2", "r=1&i=1&i=2", "r=1&l=a&l=b&n=1&n=2&n=x", "r=1&&&", "r=1;i=2", "%72=1", "r=%", "r=1&%zz", "r=1&i=%2B3", "r=1&i=+3", "=&r==")
}

// FuzzBindQuery checks that Bind makes the same of a query as url.ParseQuery and strconv do.
func FuzzBindQuery(f *testing.F) {
	for _, s := range bindFuzzSeeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		req := &apiroute.Request{Request: &http.Request{URL: &url.URL{RawQuery: raw}}}
		v, err := apiroute.Bind[queryOfAllKinds](req)
		compareToReference(t, raw, reflect.ValueOf(v), err)
	})
}

// FuzzBindForm is FuzzBindQuery for a urlencoded body.
func FuzzBindForm(f *testing.F) {
	for _, s := range bindFuzzSeeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		body := &rewindBody{}
		body.Reset(raw)
		req := &apiroute.Request{Request: &http.Request{URL: &url.URL{}, Body: body, ContentLength: int64(len(raw)),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}}
		v, err := apiroute.Bind[formOfAllKinds](req)
		compareToReference(t, raw, reflect.ValueOf(v.Body), err)
	})
}

// headerOfAllKinds has the kinds of fields that headers can fill: those that are there once, and
// lists.
type headerOfAllKinds struct {
	S string   `header:"X-S"`
	I int8     `header:"X-I,required"`
	F float64  `header:"X-F" default:"1.5"`
	P *bool    `header:"X-P"`
	L []string `header:"X-L"`
	N []uint16 `header:"X-N"`
}

// FuzzBindHeader sends each header with none, one or both of two texts, as two bits of a number
// say.
func FuzzBindHeader(f *testing.F) {
	for i, s := range bindFuzzSeeds() {
		_, value, _ := strings.Cut(s, "=")
		f.Add(s, value, uint16(i))
		f.Add(value, "1", uint16(i*37))
	}
	f.Fuzz(func(t *testing.T, a, b string, which uint16) {
		h := http.Header{}
		values := map[string][]string{}
		for i, name := range []string{"X-S", "X-I", "X-F", "X-P", "X-L", "X-N"} {
			texts := [][]string{nil, {a}, {b}, {a, b}}[which>>(2*i)&3]
			if texts != nil {
				h[name], values[name] = texts, texts
			}
		}
		req := &apiroute.Request{Request: &http.Request{URL: &url.URL{}, Header: h}}
		v, err := apiroute.Bind[headerOfAllKinds](req)

		var wrong []string
		want := headerOfAllKinds{F: 1.5}
		for _, f := range []struct {
			name, kind string
			list       bool
			set        func(any)
		}{
			{"X-S", "string", false, func(v any) { want.S = v.(string) }},
			{"X-I", "int8", false, func(v any) { want.I = int8(v.(int64)) }},
			{"X-F", "float64", false, func(v any) { want.F = v.(float64) }},
			{"X-P", "bool", false, func(v any) { want.P = ptrTo(v.(bool)) }},
			{"X-L", "string", true, func(v any) { want.L = append(want.L, v.(string)) }},
			{"X-N", "uint16", true, func(v any) { want.N = append(want.N, uint16(v.(uint64))) }},
		} {
			texts := values[f.name]
			bad := len(texts) > 1 && !f.list || strings.Join(texts, "") == "" && f.name == "X-I"
			for _, s := range texts {
				if s == "" && f.kind != "string" {
					continue // no value
				}
				if v, ok := parseReference(f.kind, s); ok {
					f.set(v)
				} else {
					bad = true
				}
			}
			if bad {
				wrong = append(wrong, f.name)
			}
		}
		var got []string
		if e, ok := err.(*apiroute.Error); ok {
			for _, f := range e.Fields {
				got = append(got, f.Name)
			}
			want = headerOfAllKinds{}
		}
		if got = slices.Compact(got); !slices.Equal(got, wrong) {
			t.Fatalf("%q: the wrong headers are %q, Bind says %q (%v)", h, wrong, got, err)
		}
		if diff := cmp.Diff(want, v); diff != "" {
			t.Fatalf("%q: %v (-want +got)\n%s", h, err, diff)
		}
	})
}
