package apiroute_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The table in Bind's documentation is what users go by: each cell must be right, for all types of
// its column and from every carrier that can hold the text.
func TestBindDocTable(t *testing.T) {
	t.Parallel()
	type column = map[string]filler // by the name of the type
	columns := map[string]column{
		"string":   {"string": fill[string]},
		"bool":     {"bool": fill[bool]},
		"int":      {"int": fill[int], "int8": fill[int8], "int16": fill[int16], "int32": fill[int32], "int64": fill[int64]},
		"uint":     {"uint": fill[uint], "uint8": fill[uint8], "uint16": fill[uint16], "uint32": fill[uint32], "uint64": fill[uint64]},
		"float":    {"float32": fill[float32], "float64": fill[float64]},
		"Duration": {"Duration": fill[time.Duration]},
	}
	cell := regexp.MustCompile(`"[^"]*"|\S+`)
	var head []string
	rows := 0
	for _, line := range strings.Split(bindDoc(t), "\n") {
		cells := cell.FindAllString(line, -1)
		if len(cells) == 7 && cells[0] == "text" {
			head = cells
			continue
		}
		if head == nil || !strings.HasPrefix(line, "\t") {
			continue
		}
		if len(cells) != len(head) {
			t.Errorf("row %q of the table has %d cells, want %d", line, len(cells), len(head))
			continue
		}
		rows++
		t.Run(cells[0], func(t *testing.T) {
			t.Parallel()
			text, err := strconv.Unquote(cells[0])
			if err != nil {
				t.Fatalf("row %q: the text is not quoted", line)
			}
			for i, want := range cells[1:] {
				if columns[head[i+1]] == nil {
					t.Fatalf("no types for the column %q", head[i+1])
				}
				for name, fill := range columns[head[i+1]] {
					checkDocCell(t, text, name, fill, want)
				}
			}
		})
	}
	if rows < 15 {
		t.Errorf("the table has %d rows that could be read", rows)
	}
}

// checkDocCell holds a type against one cell of the table, which is a value or, if Bind refuses the
// text, "-".
func checkDocCell(t *testing.T, text, typeName string, fill filler, want string) {
	t.Helper()
	if u, err := strconv.Unquote(want); err == nil {
		want = u
	} else if want == "-" {
		want = "400"
	}
	for _, c := range carriers {
		if !c.carries(text) {
			continue
		}
		path, m := c.message(text)
		v, o := fill(t, c.name, path, m)
		got := fmt.Sprint(v)
		if o.status != 200 {
			got = strconv.Itoa(o.status)
		}
		if got != want {
			t.Errorf("%s %q into %s: got %q, the table says %q", c.name, text, typeName, got, want)
		}
	}
}

// bindDoc returns the documentation of Bind.
func bindDoc(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "bind.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "Bind" && f.Recv == nil {
			return f.Doc.Text()
		}
	}
	t.Fatal("Bind has no documentation")
	return ""
}

type (
	namedString  string
	namedInt8    int8
	namedUint16  uint16
	namedFloat32 float32
	namedBool    bool
	// upperText takes capital letters only, with a method of the pointer.
	upperText struct{ s string }
	// yesText takes "yes" only, with a method of the value.
	yesText struct{}
	// hexNumber is a number in Go and a text to UnmarshalText.
	hexNumber int
)

func (u *upperText) UnmarshalText(b []byte) error {
	if !bytes.Equal(b, bytes.ToUpper(b)) {
		return errors.New("bindUpper: internal: " + string(b))
	}
	u.s = string(b)
	return nil
}

func (yesText) UnmarshalText(b []byte) error {
	if string(b) != "yes" {
		return errors.New("bindCheck: internal: " + string(b))
	}
	return nil
}

func (h *hexNumber) UnmarshalText(b []byte) error {
	n, err := strconv.ParseInt(string(b), 16, 32)
	*h = hexNumber(n)
	return err
}

// A typedValue is a value that a field must get, with the filler for fields of its type.
type typedValue struct {
	value any
	fill  filler
}

func valueOf[V any](v V) typedValue { return typedValue{v, fill[V]} }

// sameValues compares values whose unexported fields are of no interest or must be equal.
var sameValues = cmp.Options{
	cmp.AllowUnexported(upperText{}),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 }),
}

// The range of int and uint goes by the machine, as their size does.
var (
	int64Range = "must be an integer from -9223372036854775808 to 9223372036854775807"
	intRange   = fmt.Sprintf("must be an integer from %d to %d", math.MinInt, math.MaxInt)
	uintRange  = fmt.Sprintf("must be an integer from 0 to %d", uint64(math.MaxUint))
)

// These are the texts that each type takes beyond the table in the documentation, and the errors
// for those that it does not take.
func TestBindTypes(t *testing.T) {
	t.Parallel()
	const (
		anInt   = "must be an integer"
		aNumber = "must be a number"
		aTime   = "must be a time such as 2006-01-02T15:04:05Z"
		aSpan   = "must be a duration such as 1h30m"
		badForm = "is not of the right form"
	)
	noon := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	large, _ := new(big.Int).SetString("12345678901234567890123", 10)
	tests := []struct {
		text string
		want typedValue
		err  string // if there is one, want only says which type
	}{
		{"a b", valueOf(namedString("a b")), ""},
		{"ü\"€", valueOf("ü\"€"), ""},
		{"a&b=c;d+e%zz", valueOf("a&b=c;d+e%zz"), ""},
		{"\xff", valueOf(""), "must be UTF-8"},
		{"\xff", valueOf(namedString("")), "must be UTF-8"},
		{"-128", valueOf(namedInt8(-128)), ""},
		{"127", valueOf(int8(127)), ""},
		{"128", valueOf(int8(0)), "must be an integer from -128 to 127"},
		{"-129", valueOf(namedInt8(0)), "must be an integer from -128 to 127"},
		{"300", valueOf(int8(0)), "must be an integer from -128 to 127"},
		{"-32769", valueOf(int16(0)), "must be an integer from -32768 to 32767"},
		{"2147483648", valueOf(int32(0)), "must be an integer from -2147483648 to 2147483647"},
		{"9223372036854775807", valueOf(int64(1<<63 - 1)), ""},
		{"9007199254740993", valueOf(int64(1<<53 + 1)), ""},
		{"9223372036854775808", valueOf(int64(0)), int64Range},
		{"00000000000000000000000000000000000000007", valueOf(7), ""},
		{"-0", valueOf(0), ""},
		{"--3", valueOf(0), anInt},
		{"3 ", valueOf(0), anInt},
		{"٣", valueOf(0), anInt},
		{"65535", valueOf(namedUint16(65535)), ""},
		{"65536", valueOf(namedUint16(0)), "must be an integer from 0 to 65535"},
		{"256", valueOf(uint8(0)), "must be an integer from 0 to 255"},
		{"-1", valueOf(uint(0)), uintRange},
		{"-99999999999999999999", valueOf(uint(0)), uintRange},
		{"-", valueOf(uint(0)), anInt},
		{"-x", valueOf(uint32(0)), anInt},
		{"18446744073709551615", valueOf(uint64(1<<64 - 1)), ""},
		{"18446744073709551616", valueOf(uint64(0)), "must be an integer from 0 to 18446744073709551615"},
		{"4294967296", valueOf(uint32(0)), "must be an integer from 0 to 4294967295"},
		{"0.1", valueOf(0.1), ""},
		{"-.5e-3", valueOf(-.5e-3), ""},
		{"1.5", valueOf(namedFloat32(1.5)), ""},
		{"1e39", valueOf(float32(0)), "is out of range"},
		{"1e999", valueOf(0.0), "is out of range"},
		{"-1e999", valueOf(0.0), "is out of range"},
		{"nan", valueOf(0.0), aNumber},
		{"-Infinity", valueOf(0.0), aNumber},
		{"0x1p4", valueOf(0.0), aNumber},
		{"e", valueOf(0.0), aNumber},
		{"1e", valueOf(0.0), aNumber},
		{"1.2.3", valueOf(0.0), aNumber},
		{"t", valueOf(namedBool(true)), ""},
		{"False", valueOf(false), ""},
		{"tRUE", valueOf(false), "must be true or false"},
		{"2", valueOf(false), "must be true or false"},
		{"-1.5s", valueOf(-1500 * time.Millisecond), ""},
		{"1 h", valueOf(time.Duration(0)), aSpan},
		{"9999999h", valueOf(time.Duration(0)), aSpan},
		{"2024-02-29T12:00:00Z", valueOf(noon), ""},
		{"2024-02-30T12:00:00Z", valueOf(noon), aTime},
		{"", valueOf(time.Time{}), ""},
		{"", valueOf((*time.Time)(nil)), ""},
		{"", valueOf(netip.Addr{}), ""},
		{"", valueOf(upperText{}), ""},
		{"", valueOf(yesText{}), ""}, // its UnmarshalText would refuse it
		{"", valueOf(namedString("")), ""},
		{"", valueOf(ptrTo(namedString(""))), ""},
		{"", valueOf((*upperText)(nil)), ""},
		{"", valueOf((*bool)(nil)), ""},
		{"", valueOf((*time.Duration)(nil)), ""},
		{"", valueOf((*json.Number)(nil)), ""},
		{"-12.5e3", valueOf(json.Number("-12.5e3")), ""},
		{"1e999", valueOf(json.Number("1e999")), ""},
		{"7", valueOf(ptrTo(json.Number("7"))), ""},
		{"abc", valueOf(json.Number("")), aNumber},
		{"+3", valueOf(json.Number("")), aNumber},
		{"03", valueOf(json.Number("")), aNumber},
		{".5", valueOf(json.Number("")), aNumber},
		{"1.", valueOf(json.Number("")), aNumber},
		{"NaN", valueOf(json.Number("")), aNumber},
		{"0x10", valueOf(json.Number("")), aNumber},
		{"-", valueOf(ptrTo(json.Number(""))), aNumber},
		{"1 2", valueOf(json.Number("")), aNumber},
		{"null", valueOf(json.Number("")), aNumber},
		{`"1"`, valueOf(json.Number("")), aNumber},
		{"192.0.2.1", valueOf(netip.MustParseAddr("192.0.2.1")), ""},
		{"192.0.2.256", valueOf(netip.Addr{}), badForm},
		{"2001:db8::1", valueOf(netip.MustParseAddr("2001:db8::1")), ""},
		{"192.0.2.1", valueOf(net.ParseIP("192.0.2.1")), ""}, // a slice, and not of numbers
		{"ABC", valueOf(upperText{"ABC"}), ""},
		{"abc", valueOf(upperText{}), badForm},
		{"yes", valueOf(yesText{}), ""},
		{"no", valueOf(yesText{}), badForm},
		{"ff", valueOf(hexNumber(255)), ""},
		{"xx", valueOf(hexNumber(0)), badForm},
		{"INFO", valueOf(slog.LevelInfo), ""},
		{"7", valueOf(ptrTo(7)), ""},
		{"0", valueOf(ptrTo(0)), ""},
		{"x", valueOf(ptrTo(7)), anInt},
		{"false", valueOf(ptrTo(false)), ""},
		{"", valueOf(ptrTo("")), ""},
		{"", valueOf((*int)(nil)), ""},
		{"a", valueOf(ptrTo(namedString("a"))), ""},
		{"1m", valueOf(ptrTo(time.Minute)), ""},
		{"2024-02-29T12:00:00Z", valueOf(ptrTo(noon)), ""},
		{"ABC", valueOf(&upperText{"ABC"}), ""},
		{"12345678901234567890123", valueOf(large), ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q into %T", tt.text, tt.want.value), func(t *testing.T) {
			t.Parallel()
			for _, c := range carriers {
				if !c.carries(tt.text) {
					continue
				}
				path, m := c.message(tt.text)
				got, o := tt.want.fill(t, c.name, path, m)
				if tt.err != "" {
					want := []string{c.in + " " + c.key + ": " + tt.err}
					if diff := cmp.Diff(want, o.fieldErrors()); o.status != 400 || diff != "" {
						t.Errorf("%s: status %d, errors (-want +got)\n%s", c.name, o.status, diff)
					}
				} else if diff := cmp.Diff(tt.want.value, got, sameValues); o.status != 200 || diff != "" {
					t.Errorf("%s: status %d, %s (-want +got)\n%s", c.name, o.status, o.body, diff)
				}
			}
		})
	}
}

// Repeated values fill a slice in their order, where the carrier can have several.
func TestBindSlices(t *testing.T) {
	t.Parallel()
	tests := []struct {
		texts []string
		want  typedValue
	}{
		{[]string{"b", "a", "b"}, valueOf([]string{"b", "a", "b"})},
		{[]string{"1"}, valueOf([]int{1})},
		{[]string{"3", "1", "2"}, valueOf([]int8{3, 1, 2})},
		{[]string{"1", "0"}, valueOf([]bool{true, false})},
		{[]string{"1.5", "2"}, valueOf([]float32{1.5, 2})},
		{[]string{"7"}, valueOf([]uint64{7})},
		{[]string{"1s", "2s"}, valueOf([]time.Duration{time.Second, 2 * time.Second})},
		{[]string{"a"}, valueOf([]namedString{"a"})},
		{[]string{"A", "B"}, valueOf([]upperText{{"A"}, {"B"}})},
		{[]string{"192.0.2.1", "192.0.2.2"}, valueOf([]netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")})},
		{[]string{"a,b", "c"}, valueOf([]string{"a,b", "c"})}, // no splitting at commas
		{[]string{"", "x"}, valueOf([]string{"", "x"})},
		{[]string{"1", "", "2"}, valueOf([]int{1, 2})}, // for other types an empty text is no value
		{[]string{""}, valueOf([]int(nil))},
		{[]string{"", "A"}, valueOf([]upperText{{"A"}})},
		{[]string{"", "1.5"}, valueOf([]json.Number{"1.5"})},
		{nil, valueOf([]string(nil))},
		{nil, valueOf([]int(nil))},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q into %T", tt.texts, tt.want.value), func(t *testing.T) {
			t.Parallel()
			for _, c := range carriers {
				if c.name == "path" || c.name == "cookie" {
					continue
				}
				path, m := c.message(tt.texts...)
				got, o := tt.want.fill(t, c.name, path, m)
				if diff := cmp.Diff(tt.want.value, got, sameValues); o.status != 200 || diff != "" {
					t.Errorf("%s: status %d, %s (-want +got)\n%s", c.name, o.status, o.body, diff)
				}
			}
		})
	}
}

// A slice that is required has at least one value, which may be empty.
func TestBindSliceRequired(t *testing.T) {
	t.Parallel()
	type In struct {
		N []int    `query:"n,required"`
		H []string `header:"H,required"`
	}
	tests := []struct {
		name string
		m    message
		want []string
	}{
		{"absent", message{}, []string{"query n: is required", "header H: is required"}},
		{"zero and empty", message{target: "/x?n=0", header: []string{"H:"}}, nil},
		{"empty is no integer", message{target: "/x?n=&n=", header: []string{"H: a", "H: b"}}, []string{"query n: is required"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, o := bindAs[In](t, "/x", tt.m)
			if diff := cmp.Diff(tt.want, o.fieldErrors()); diff != "" {
				t.Errorf("%q: %d, errors (-want +got)\n%s", tt.m, o.status, diff)
			}
		})
	}
}

// Structs with one field, named v, that is required.
type (
	requiredQuery[V any] struct {
		V V `query:"v,required"`
	}
	requiredHeader[V any] struct {
		V V `header:"v,required"`
	}
	requiredCookie[V any] struct {
		V V `cookie:"v,required"`
	}
	requiredInForm[V any] struct {
		Body struct {
			V V `form:"v,required"`
		} `body:"form"`
	}
)

// fillRequired is fill for a field that is required. A value of the path always is.
func fillRequired[V any](t testing.TB, carrier, path string, m message) (any, outcome) {
	t.Helper()
	switch carrier {
	case "query":
		in, o := bindAs[requiredQuery[V]](t, path, m)
		return in.V, o
	case "header":
		in, o := bindAs[requiredHeader[V]](t, path, m)
		return in.V, o
	case "cookie":
		in, o := bindAs[requiredCookie[V]](t, path, m)
		return in.V, o
	}
	in, o := bindAs[requiredInForm[V]](t, path, m)
	return in.Body.V, o
}

func requiredValue[V any](v V) typedValue { return typedValue{v, fillRequired[V]} }

// A field is absent, empty or there, and it is required or not.
func TestBindRequired(t *testing.T) {
	t.Parallel()
	const isRequired = "is required"
	tests := []struct {
		name string
		text *string // nil if there is none
		want typedValue
		err  string
	}{
		{"int, absent", nil, valueOf(0), ""},
		{"string, absent", nil, valueOf(""), ""},
		{"pointer, absent", nil, valueOf((*int)(nil)), ""},
		{"time, absent", nil, valueOf(time.Time{}), ""},
		{"required int, absent", nil, requiredValue(0), isRequired},
		{"required string, absent", nil, requiredValue(""), isRequired},
		{"required pointer, absent", nil, requiredValue((*int)(nil)), isRequired},
		{"required time, absent", nil, requiredValue(time.Time{}), isRequired},
		{"required int, 0", ptrTo("0"), requiredValue(0), ""},
		{"required bool, false", ptrTo("false"), requiredValue(false), ""},
		{"required string, empty", ptrTo(""), requiredValue(""), ""},
		{"required pointer, 0", ptrTo("0"), requiredValue(ptrTo(0)), ""},
		{"required int, no integer", ptrTo("x"), requiredValue(0), "must be an integer"},
		{"required int, empty", ptrTo(""), requiredValue(0), isRequired},
		{"required pointer, empty", ptrTo(""), requiredValue((*int)(nil)), isRequired},
		{"required time, empty", ptrTo(""), requiredValue(time.Time{}), isRequired},
		{"required named string, empty", ptrTo(""), requiredValue(namedString("")), ""},
		{"required enum, empty", ptrTo(""), requiredValue(yesText{}), isRequired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range carriers {
				if c.name == "path" {
					continue // has no absence
				}
				path, m := c.message()
				if tt.text != nil {
					path, m = c.message(*tt.text)
				}
				got, o := tt.want.fill(t, c.name, path, m)
				if tt.err != "" {
					if list := o.fieldErrors(); o.status != 400 || len(list) != 1 || !strings.HasSuffix(list[0], ": "+tt.err) {
						t.Errorf("%s: status %d, errors %q, want %q", c.name, o.status, list, tt.err)
					}
				} else if diff := cmp.Diff(tt.want.value, got); o.status != 200 || diff != "" {
					t.Errorf("%s: status %d, %s (-want +got)\n%s", c.name, o.status, o.body, diff)
				}
			}
		})
	}
}

// defaultValues are fields with defaults. Each carrier has a copy with its own tags, which Go
// converts to this one.
type (
	defaultValues struct {
		Twenty int
		Yes    bool
		Zero   int
		No     bool
		Empty  string
		Text   string
		Hour   time.Duration
		Half   namedFloat32
		Leap   time.Time
	}
	defaultsFromQuery struct {
		Twenty int           `query:"Twenty" default:"20"`
		Yes    bool          `query:"Yes" default:"true"`
		Zero   int           `query:"Zero" default:"0"`
		No     bool          `query:"No" default:"false"`
		Empty  string        `query:"Empty" default:""`
		Text   string        `query:"Text" default:"a b"`
		Hour   time.Duration `query:"Hour" default:"1h"`
		Half   namedFloat32  `query:"Half" default:"1.5"`
		Leap   time.Time     `query:"Leap" default:"2024-02-29T12:00:00Z"`
	}
	defaultsFromHeader struct {
		Twenty int           `header:"Twenty" default:"20"`
		Yes    bool          `header:"Yes" default:"true"`
		Zero   int           `header:"Zero" default:"0"`
		No     bool          `header:"No" default:"false"`
		Empty  string        `header:"Empty" default:""`
		Text   string        `header:"Text" default:"a b"`
		Hour   time.Duration `header:"Hour" default:"1h"`
		Half   namedFloat32  `header:"Half" default:"1.5"`
		Leap   time.Time     `header:"Leap" default:"2024-02-29T12:00:00Z"`
	}
	defaultsFromCookie struct {
		Twenty int           `cookie:"Twenty" default:"20"`
		Yes    bool          `cookie:"Yes" default:"true"`
		Zero   int           `cookie:"Zero" default:"0"`
		No     bool          `cookie:"No" default:"false"`
		Empty  string        `cookie:"Empty" default:""`
		Text   string        `cookie:"Text" default:"a b"`
		Hour   time.Duration `cookie:"Hour" default:"1h"`
		Half   namedFloat32  `cookie:"Half" default:"1.5"`
		Leap   time.Time     `cookie:"Leap" default:"2024-02-29T12:00:00Z"`
	}
	defaultsFromForm struct {
		Body struct {
			Twenty int           `form:"Twenty" default:"20"`
			Yes    bool          `form:"Yes" default:"true"`
			Zero   int           `form:"Zero" default:"0"`
			No     bool          `form:"No" default:"false"`
			Empty  string        `form:"Empty" default:""`
			Text   string        `form:"Text" default:"a b"`
			Hour   time.Duration `form:"Hour" default:"1h"`
			Half   namedFloat32  `form:"Half" default:"1.5"`
			Leap   time.Time     `form:"Leap" default:"2024-02-29T12:00:00Z"`
		} `body:"form"`
	}
)

func bindDefaults(t testing.TB, carrier, path string, m message) (defaultValues, outcome) {
	t.Helper()
	switch carrier {
	case "query":
		in, o := bindAs[defaultsFromQuery](t, path, m)
		return defaultValues(in), o
	case "header":
		in, o := bindAs[defaultsFromHeader](t, path, m)
		return defaultValues(in), o
	case "cookie":
		in, o := bindAs[defaultsFromCookie](t, path, m)
		return defaultValues(in), o
	}
	in, o := bindAs[defaultsFromForm](t, path, m)
	return defaultValues(in.Body), o
}

// A default is the value of a field that is absent, and only of one that is absent.
func TestBindDefault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		field string // the one that is sent, "" for none
		text  string
		set   func(*defaultValues) // changes what there is when none is sent
		err   string
	}{
		{"all absent", "", "", func(*defaultValues) {}, ""},
		{"int", "Twenty", "7", func(d *defaultValues) { d.Twenty = 7 }, ""},
		{"int of 0", "Twenty", "0", func(d *defaultValues) { d.Twenty = 0 }, ""},
		{"empty int", "Twenty", "", func(*defaultValues) {}, ""},
		{"empty bool", "Yes", "", func(*defaultValues) {}, ""},
		{"empty time", "Leap", "", func(*defaultValues) {}, ""},
		{"no int", "Twenty", "x", nil, "must be an integer"},
		{"bool of false", "Yes", "false", func(d *defaultValues) { d.Yes = false }, ""},
		{"empty string", "Text", "", func(d *defaultValues) { d.Text = "" }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range carriers {
				if c.name == "path" {
					continue // takes no default
				}
				path, m := c.message()
				if tt.field != "" {
					path, m = c.message(tt.text)
					m = renameField(m, tt.field)
				}
				got, o := bindDefaults(t, c.name, path, m)
				if tt.err != "" {
					want := []string{c.in + " " + tt.field + ": " + tt.err}
					if diff := cmp.Diff(want, o.fieldErrors()); o.status != 400 || diff != "" {
						t.Errorf("%s: status %d, errors (-want +got)\n%s", c.name, o.status, diff)
					}
					continue
				}
				want := defaultValues{Twenty: 20, Yes: true, Text: "a b", Hour: time.Hour, Half: 1.5,
					Leap: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)}
				tt.set(&want)
				if diff := cmp.Diff(want, got); o.status != 200 || diff != "" {
					t.Errorf("%s: status %d, %s (-want +got)\n%s", c.name, o.status, o.body, diff)
				}
			}
		})
	}
}

// renameField gives the field v of a message of the carriers another name.
func renameField(m message, name string) message {
	m.target = strings.Replace(m.target, "?v=", "?"+name+"=", 1)
	m.body = strings.Replace(m.body, `name="v"`, `name="`+name+`"`, 1)
	if m.header != nil && m.header[0] == sendsForm {
		m.body = strings.Replace(m.body, "v=", name+"=", 1)
	}
	m.header = slices.Clone(m.header)
	for i, line := range m.header {
		line = strings.Replace(line, "Cookie: v=", "Cookie: "+name+"=", 1)
		if strings.HasPrefix(line, "v: ") {
			line = name + line[1:]
		}
		m.header[i] = line
	}
	return m
}

type recursiveBody struct {
	Name string          `json:"name"`
	Next *recursiveBody  `json:"next"`
	Kids []recursiveBody `json:"kids"`
	Map  map[string]*recursiveBody
}

// The type of a body may refer to itself.
func TestBindRecursive(t *testing.T) {
	t.Parallel()
	got, o := bindAs[jsonOf[recursiveBody]](t, "/x", message{header: []string{sendsJSON},
		body: `{"name":"a","next":{"name":"b"},"kids":[{"name":"c","kids":[{}]}],"Map":{"d":{"name":"d"}}}`})
	want := recursiveBody{Name: "a", Next: &recursiveBody{Name: "b"}, Kids: []recursiveBody{{Name: "c", Kids: []recursiveBody{{}}}},
		Map: map[string]*recursiveBody{"d": {Name: "d"}}}
	if diff := cmp.Diff(want, got.Body); o.status != 200 || diff != "" {
		t.Errorf("%d %s (-want +got)\n%s", o.status, o.body, diff)
	}
	_, o = bindAs[jsonOf[recursiveBody]](t, "/x", message{header: []string{sendsJSON}, body: `{"kids":[{},{"next":{"name":1}}]}`})
	if diff := cmp.Diff([]string{"body kids[1].next.name: must be a string"}, o.fieldErrors()); diff != "" {
		t.Errorf("errors (-want +got)\n%s", diff)
	}
}

// Generic types are bound as any others.
func TestBindGeneric(t *testing.T) {
	t.Parallel()
	type page[K any, B any] struct {
		Key  K   `query:"key"`
		Keys []K `query:"keys"`
		Body *B  `body:"json"`
	}
	got, o := bindAs[page[netip.Addr, noteText]](t, "/x", message{target: "/x?key=::1&keys=::2&keys=::3", header: []string{sendsJSON}, body: `{"n":1}`})
	if o.status != 200 || got.Key != netip.MustParseAddr("::1") || len(got.Keys) != 2 || got.Body.N != 1 {
		t.Errorf("got %+v, %d %s", got, o.status, o.body)
	}
	text := mustPanic(t, func() { apiroute.Post(apiroute.New(), "/x", zeroFunc[page[chan int, noteText]]) })
	if !strings.Contains(text, "field Key:") || !strings.Contains(text, "field Keys:") {
		t.Errorf("chan int as the key: panic %q, want one for Key and Keys", text)
	}
}
