package apiroute

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

	"github.com/google/go-cmp/cmp"
)

// bindFuzzed has a field of each kind, for the query and, with the same names,
// for a form.
type (
	bindFuzzed struct {
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
	bindFuzzedForm struct {
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
	bindInteger  = regexp.MustCompile(`^[+-]?[0-9]+$`)
	bindUnsigned = regexp.MustCompile(`^[0-9]+$`)
	bindDecimal  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
)

// bindReference parses one text as the documentation has it. It knows nothing of
// how Bind does it.
func bindReference(kind, s string) (any, bool) {
	switch kind {
	case "string":
		return s, utf8.ValidString(s)
	case "int8", "int":
		bits := map[string]int{"int8": 8, "int": strconv.IntSize}[kind]
		n, err := strconv.ParseInt(s, 10, bits)
		return n, err == nil && bindInteger.MatchString(s)
	case "uint8", "uint16":
		bits := map[string]int{"uint8": 8, "uint16": 16}[kind]
		n, err := strconv.ParseUint(s, 10, bits)
		return n, err == nil && bindUnsigned.MatchString(s)
	case "float32", "float64":
		bits := map[string]int{"float32": 32, "float64": 64}[kind]
		f, err := strconv.ParseFloat(s, bits)
		return f, err == nil && bindDecimal.MatchString(s) && !math.IsInf(f, 0)
	case "bool":
		switch s {
		case "1", "t", "T", "true", "TRUE", "True":
			return true, true
		case "0", "f", "F", "false", "FALSE", "False":
			return false, true
		}
		return nil, false
	case "duration":
		d, err := time.ParseDuration(s)
		return d, err == nil
	}
	panic(kind)
}

// bindFuzzFields are the fields of bindFuzzed: name, kind, and l for a list.
var bindFuzzFields = strings.Fields(`s string, i int8, u uint16, f float64, b bool, d duration, p int, l string l, n int l, w int, r string, é_x uint8, f3 float32`)

// bindExpect returns the values that pairs must give, one text a field, and the
// names of the fields that are wrong.
func bindExpect(values url.Values) (want []string, wrong []string) {
	for _, f := range strings.Split(strings.Join(bindFuzzFields, " "), ", ") {
		parts := strings.Fields(f)
		name := strings.ReplaceAll(parts[0], "_", " ")
		texts, list := values[name], len(parts) == 3
		bad := len(texts) > 1 && !list || len(texts) == 0 && name == "r"
		var all []any
		for _, s := range texts {
			v, ok := bindReference(parts[1], s)
			bad = bad || !ok
			all = append(all, v)
		}
		if name == "w" && len(texts) == 0 {
			all = []any{20}
		}
		if bad {
			wrong = append(wrong, name)
		}
		want = append(want, fmt.Sprint(name, all))
	}
	return want, wrong
}

// bindShow returns the fields of a filled struct as bindExpect does.
func bindShow(v reflect.Value, values url.Values) (got []string) {
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
		case len(values[name]) == 0 && f.IsZero(): // absent
		case f.Kind() == reflect.Float32: // as the reference has it
			all = []any{f.Float()}
		default:
			all = []any{f.Interface()}
		}
		got = append(got, fmt.Sprint(name, all))
	}
	return got
}

// bindCompare holds what Bind made of a text of pairs against the reference.
func bindCompare(t *testing.T, raw string, v reflect.Value, err error) {
	t.Helper()
	values, parseErr := url.ParseQuery(raw)
	want, wrong := bindExpect(values)
	e, _ := err.(*Error)
	switch {
	case parseErr != nil:
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
		if got = slices.Compact(got); !slices.Equal(got, wrong) { // one name a field is TestBindOneErrorAField's
			t.Fatalf("%q: the wrong fields are %q, Bind says %q", raw, wrong, got)
		}
	case err != nil:
		t.Fatalf("%q: nothing is wrong, Bind says %v", raw, err)
	default:
		if diff := cmp.Diff(want, bindShow(v, values)); diff != "" {
			t.Fatalf("%q: values (-want +got)\n%s", raw, diff)
		}
		return
	}
	if !v.IsZero() {
		t.Fatalf("%q: an error, and yet %+v", raw, v)
	}
}

// bindFuzzSeeds are texts from the tables of the unit tests, as each field.
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

// FuzzBindQuery: Bind and url.ParseQuery with strconv make the same of a query.
func FuzzBindQuery(f *testing.F) {
	for _, s := range bindFuzzSeeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		req, _ := newExchange(nil, &http.Request{URL: &url.URL{RawQuery: raw}}, found{match: defaultMatch})
		v, err := Bind[bindFuzzed](req)
		bindCompare(t, raw, reflect.ValueOf(v), err)
	})
}

// FuzzBindForm is FuzzBindQuery for a urlencoded body.
func FuzzBindForm(f *testing.F) {
	for _, s := range bindFuzzSeeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		body := &endpointBody{}
		body.Reset(raw)
		req, _ := newExchange(nil, &http.Request{URL: &url.URL{}, Body: body, ContentLength: int64(len(raw)),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}, found{match: defaultMatch})
		v, err := Bind[bindFuzzedForm](req)
		bindCompare(t, raw, reflect.ValueOf(v.Body), err)
	})
}

// bindFuzzedHeader has the kinds that headers can show: there once, or a list.
type bindFuzzedHeader struct {
	S string   `header:"X-S"`
	I int8     `header:"X-I,required"`
	F float64  `header:"X-F" default:"1.5"`
	P *bool    `header:"X-P"`
	L []string `header:"X-L"`
	N []uint16 `header:"X-N"`
}

// FuzzBindHeader gives each header none, one or two of the texts, by two bits of
// which. A header is there once, or a list.
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
		req, _ := newExchange(nil, &http.Request{URL: &url.URL{}, Header: h}, found{match: defaultMatch})
		v, err := Bind[bindFuzzedHeader](req)

		var wrong []string
		want := bindFuzzedHeader{F: 1.5}
		for _, f := range []struct {
			name, kind string
			list       bool
			set        func(any)
		}{
			{"X-S", "string", false, func(v any) { want.S = v.(string) }},
			{"X-I", "int8", false, func(v any) { want.I = int8(v.(int64)) }},
			{"X-F", "float64", false, func(v any) { want.F = v.(float64) }},
			{"X-P", "bool", false, func(v any) { want.P = bindPtr(v.(bool)) }},
			{"X-L", "string", true, func(v any) { want.L = append(want.L, v.(string)) }},
			{"X-N", "uint16", true, func(v any) { want.N = append(want.N, uint16(v.(uint64))) }},
		} {
			texts := values[f.name]
			bad := len(texts) > 1 && !f.list || len(texts) == 0 && f.name == "X-I"
			for _, s := range texts {
				if v, ok := bindReference(f.kind, s); ok {
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
		if e, ok := err.(*Error); ok {
			for _, f := range e.Fields {
				got = append(got, f.Name)
			}
			want = bindFuzzedHeader{}
		}
		if got = slices.Compact(got); !slices.Equal(got, wrong) {
			t.Fatalf("%q: the wrong headers are %q, Bind says %q (%v)", h, wrong, got, err)
		}
		if diff := cmp.Diff(want, v); diff != "" {
			t.Fatalf("%q: %v (-want +got)\n%s", h, err, diff)
		}
	})
}
