package apiroute

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io"
	"log/slog"
	"math/big"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// A bindHTTP is a request as a client sends it.
type bindHTTP struct {
	method  string   // POST if empty
	target  string   // /x if empty
	header  []string // lines
	body    string
	chunked bool
}

func (r bindHTTP) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", orElse(r.method, "POST"), orElse(r.target, "/x"))
	if !slices.ContainsFunc(r.header, func(s string) bool { return strings.HasPrefix(s, "Host:") }) {
		b.WriteString("Host: example.com\r\n")
	}
	for _, line := range r.header {
		b.WriteString(line + "\r\n")
	}
	switch {
	case r.chunked && r.body == "":
		b.WriteString("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	case r.chunked:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(r.body), r.body)
	case r.body != "":
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
	default:
		b.WriteString("\r\n")
	}
	return b.String()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// request returns the request as a server reads it off a connection.
func (r bindHTTP) request(t testing.TB) *http.Request {
	t.Helper()
	hr, err := http.ReadRequest(bufio.NewReader(strings.NewReader(r.String())))
	if err != nil {
		t.Fatalf("the test's own request is bad: %v\n%s", err, r)
	}
	return hr
}

// A bindAnswer is what came back, and what was logged on the way.
type bindAnswer struct {
	status int
	header http.Header
	body   string
	log    string
}

// errors returns the fields of a problem as "in name: detail".
func (a bindAnswer) errors() []string {
	var p struct{ Errors []FieldError }
	json.Unmarshal([]byte(a.body), &p)
	var list []string
	for _, f := range p.Errors {
		list = append(list, f.In+" "+f.Name+": "+f.Detail)
	}
	return list
}

func bindServe(t testing.TB, h http.Handler, hr *http.Request) bindAnswer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, hr)
	return bindAnswer{status: w.Code, header: w.Result().Header, body: w.Body.String()}
}

// bindRun binds a T in a handler on a path and returns what the handler got. A
// typed endpoint must get the same.
func bindRun[T any](t testing.TB, path string, r bindHTTP, opts ...Option) (T, bindAnswer) {
	t.Helper()
	var got T
	a := bindHandle(t, path, r, func(req *Request, res *Response) error {
		v, err := Bind[T](req)
		if err != nil {
			if !reflect.ValueOf(v).IsZero() {
				t.Errorf("%q: with an error Bind returned %+v, want the zero %T", r, v, v)
			}
			return err
		}
		got = v
		return res.Text("ok")
	}, opts...)
	api := New(append([]Option{Logger(bindQuiet)}, opts...)...)
	if orElse(r.method, "POST") == "POST" && checkEndpoint(api, "POST", path, planOf(reflect.TypeFor[T]())) == nil {
		calls := bindCalls // are those of the handler
		defer func() { bindCalls = calls }()
		var typed T
		Post(api, path, func(_ context.Context, in T) (string, error) { typed = in; return "ok", nil })
		e := bindServe(t, api, r.request(t))
		if e.status != a.status || a.status != 200 && e.body != a.body || !cmp.Equal(typed, got, bindAnyFile, bindAllFields) {
			t.Errorf("%q: as a typed endpoint: %d %s, %+v; want %d %s, %+v", r, e.status, e.body, typed, a.status, a.body, got)
		}
	}
	return got, a
}

// bindAnyFile compares files by what their parts say of them.
var bindAnyFile = cmp.Transformer("file", func(f multipart.FileHeader) string {
	return fmt.Sprint(f.Filename, f.Header, f.Size)
})

var bindAllFields = cmp.Exporter(func(reflect.Type) bool { return true })

func bindHandle(t testing.TB, path string, r bindHTTP, h Handler, opts ...Option) bindAnswer {
	t.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	api := New(append([]Option{Logger(logger)}, opts...)...)
	api.Handle(path, h)
	a := bindServe(t, api, r.request(t))
	a.log = log.String()
	return a
}

const (
	bindJSON      = "Content-Type: application/json"
	bindForm      = "Content-Type: application/x-www-form-urlencoded"
	bindMultipart = "Content-Type: multipart/form-data; boundary=frontier"
)

// A bindPart is one part of a multipart body. It is a file if it has a filename.
type bindPart struct{ name, filename, content string }

func bindParts(parts ...bindPart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--frontier\r\nContent-Disposition: form-data; name=\"" + p.name + "\"")
		if p.filename != "" {
			b.WriteString("; filename=\"" + p.filename + "\"\r\nContent-Type: application/octet-stream")
		}
		b.WriteString("\r\n\r\n" + p.content + "\r\n")
	}
	return b.String() + "--frontier--\r\n"
}

// bindTexts are the sources that carry text, and how it travels in each: the
// path of the route, the request and the tag of the field, which is named v.
var bindTexts = []struct {
	source string
	form   bool
	travel func(texts ...string) (string, bindHTTP)
	can    func(string) bool // what text can arrive at all
}{
	{"path", false, func(s ...string) (string, bindHTTP) {
		return "/x/[v]", bindHTTP{target: "/x/" + url.PathEscape(strings.Join(s, ""))}
	}, func(s string) bool { return s != "" && !strings.Contains(s, "\x00") && utf8.ValidString(s) }},
	{"query", false, func(s ...string) (string, bindHTTP) {
		return "/x", bindHTTP{target: "/x?" + url.Values{"v": s}.Encode()}
	}, func(string) bool { return true }},
	{"header", false, func(s ...string) (string, bindHTTP) {
		var r bindHTTP
		for _, s := range s {
			r.header = append(r.header, "v: "+s)
		}
		return "/x", r
	}, func(s string) bool { return strings.Trim(s, " ") == s && !strings.Contains(s, "\x00") }},
	{"cookie", false, func(s ...string) (string, bindHTTP) {
		return "/x", bindHTTP{header: []string{"Cookie: v=" + strings.Join(s, "; v=")}}
	}, func(s string) bool {
		return strings.Trim(s, " ") == s && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`";\`, r) }) < 0
	}},
	{"urlencoded", true, func(s ...string) (string, bindHTTP) {
		return "/x", bindHTTP{header: []string{bindForm}, body: url.Values{"v": s}.Encode()}
	}, func(string) bool { return true }},
	{"multipart", true, func(s ...string) (string, bindHTTP) {
		var parts []bindPart
		for _, s := range s {
			parts = append(parts, bindPart{"v", "", s})
		}
		return "/x", bindHTTP{header: []string{bindMultipart}, body: bindParts(parts...)}
	}, func(string) bool { return true }},
}

// bindType fills a struct that has but one field, of the type and with the tag
// that the source and the rest of a tag make.
func bindType(t testing.TB, typ reflect.Type, source string, form bool, tag, path string, r bindHTTP) (any, bindAnswer) {
	t.Helper()
	index := []int{0}
	if form {
		source, index = "form", []int{0, 0}
	}
	field := reflect.StructField{Name: "V", Type: typ, Tag: reflect.StructTag(source + ":" + tag)}
	whole := reflect.StructOf([]reflect.StructField{field})
	if form {
		whole = reflect.StructOf([]reflect.StructField{{Name: "Body", Type: whole, Tag: `body:"form"`}})
	}
	p := planOf(whole)
	if p.fault != nil {
		t.Fatalf("%v from %s: %v", typ, source, p.fault)
	}
	v := reflect.New(whole).Elem()
	a := bindHandle(t, path, r, func(req *Request, res *Response) error {
		if err := p.bind(req, v); err != nil {
			return err
		}
		return res.Text("ok")
	})
	return v.FieldByIndex(index).Interface(), a
}

// The table in Bind's documentation is what users go by: each cell must be so,
// for all types of its column and from all sources that can carry the text.
func TestBindDocTable(t *testing.T) {
	columns := map[string][]reflect.Type{
		"string": {reflect.TypeFor[string]()},
		"bool":   {reflect.TypeFor[bool]()},
		"int": {reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](),
			reflect.TypeFor[int32](), reflect.TypeFor[int64]()},
		"uint": {reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](),
			reflect.TypeFor[uint32](), reflect.TypeFor[uint64]()},
		"float":    {reflect.TypeFor[float32](), reflect.TypeFor[float64]()},
		"Duration": {reflect.TypeFor[time.Duration]()},
	}
	cell := regexp.MustCompile(`"[^"]*"|\S+`)
	var head []string
	rows := 0
	for _, line := range strings.Split(bindDoc(t), "\n") {
		cells := cell.FindAllString(line, -1)
		switch {
		case len(cells) > 0 && cells[0] == "text" && len(cells) == 7:
			head = cells
			continue
		case head == nil || !strings.HasPrefix(line, "\t"):
			continue
		case len(cells) != len(head):
			t.Errorf("row %q of the table has %d cells, want %d", line, len(cells), len(head))
			continue
		}
		rows++
		text, err := strconv.Unquote(cells[0])
		if err != nil {
			t.Errorf("row %q: the text is not quoted", line)
			continue
		}
		for i, want := range cells[1:] {
			if u, err := strconv.Unquote(want); err == nil {
				want = u
			} else if want == "-" {
				want = "400"
			}
			types := columns[head[i+1]]
			if types == nil {
				t.Fatalf("no types for the column %q", head[i+1])
			}
			for _, typ := range types {
				for _, src := range bindTexts {
					if !src.can(text) {
						continue
					}
					path, r := src.travel(text)
					v, a := bindType(t, typ, src.source, src.form, `"v"`, path, r)
					got := fmt.Sprint(v)
					if a.status != 200 {
						got = strconv.Itoa(a.status)
					}
					if got != want {
						t.Errorf("%s %q into %v: got %q, the table says %q", src.source, text, typ, got, want)
					}
				}
			}
		}
	}
	if rows < 15 {
		t.Errorf("the table has %d rows that could be read", rows)
	}
}

// bindDoc returns the documentation of Bind.
func bindDoc(t *testing.T) string {
	t.Helper()
	file, err := goparser.ParseFile(token.NewFileSet(), "bind.go", nil, goparser.ParseComments)
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
	bindString string
	bindInt8   int8
	bindUint16 uint16
	bindFloat  float32
	bindBool   bool
	// bindUpper takes capitals only, with a method of the pointer.
	bindUpper struct{ s string }
	// bindCheck takes "yes" only, with a method of the value.
	bindCheck struct{}
	// bindHex is a number to Go, and a text to UnmarshalText.
	bindHex int
)

func (u *bindUpper) UnmarshalText(b []byte) error {
	if !bytes.Equal(b, bytes.ToUpper(b)) {
		return errors.New("bindUpper: internal: " + string(b))
	}
	u.s = string(b)
	return nil
}

func (bindCheck) UnmarshalText(b []byte) error {
	if string(b) != "yes" {
		return errors.New("bindCheck: internal: " + string(b))
	}
	return nil
}

func (h *bindHex) UnmarshalText(b []byte) error {
	n, err := strconv.ParseInt(string(b), 16, 32)
	*h = bindHex(n)
	return err
}

func bindPtr[T any](v T) *T { return &v }

// What each type takes beyond the table, and what is said where it does not.
func TestBindTypes(t *testing.T) {
	const (
		anInt   = "must be an integer"
		aNumber = "must be a number"
		aTime   = "must be a time such as 2006-01-02T15:04:05Z"
		aSpan   = "must be a duration such as 1h30m"
	)
	noon := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		text string
		want any    // also says which type
		err  string // then want is any value of the type
	}{
		{"a b", bindString("a b"), ""},
		{"ü\"€", "ü\"€", ""},
		{"a&b=c;d+e%zz", "a&b=c;d+e%zz", ""},
		{"\xff", "", "must be UTF-8"},
		{"\xff", bindString(""), "must be UTF-8"},
		{"-128", bindInt8(-128), ""},
		{"127", int8(127), ""},
		{"128", int8(0), "must be an integer from -128 to 127"},
		{"-129", bindInt8(0), "must be an integer from -128 to 127"},
		{"300", int8(0), "must be an integer from -128 to 127"},
		{"-32769", int16(0), "must be an integer from -32768 to 32767"},
		{"2147483648", int32(0), "must be an integer from -2147483648 to 2147483647"},
		{"9223372036854775807", int64(1<<63 - 1), ""},
		{"9007199254740993", int(1<<53 + 1), ""},
		{"9223372036854775808", int64(0), "must be an integer from -9223372036854775808 to 9223372036854775807"},
		{"00000000000000000000000000000000000000007", 7, ""},
		{"-0", 0, ""},
		{"--3", 0, anInt},
		{"3 ", 0, anInt},
		{"٣", 0, anInt},
		{"65535", bindUint16(65535), ""},
		{"65536", bindUint16(0), "must be an integer from 0 to 65535"},
		{"256", uint8(0), "must be an integer from 0 to 255"},
		{"-1", uint(0), "must be an integer from 0 to 18446744073709551615"},
		{"-99999999999999999999", uint(0), "must be an integer from 0 to 18446744073709551615"},
		{"-", uint(0), anInt},
		{"-x", uint32(0), anInt},
		{"18446744073709551615", uint64(1<<64 - 1), ""},
		{"18446744073709551616", uint64(0), "must be an integer from 0 to 18446744073709551615"},
		{"4294967296", uint32(0), "must be an integer from 0 to 4294967295"},
		{"0.1", 0.1, ""},
		{"-.5e-3", -.5e-3, ""},
		{"1.5", bindFloat(1.5), ""},
		{"1e39", float32(0), "is out of range"},
		{"1e999", 0.0, "is out of range"},
		{"-1e999", 0.0, "is out of range"},
		{"nan", 0.0, aNumber},
		{"-Infinity", 0.0, aNumber},
		{"0x1p4", 0.0, aNumber},
		{"e", 0.0, aNumber},
		{"1e", 0.0, aNumber},
		{"1.2.3", 0.0, aNumber},
		{"t", bindBool(true), ""},
		{"False", false, ""},
		{"tRUE", false, "must be true or false"},
		{"2", false, "must be true or false"},
		{"-1.5s", -1500 * time.Millisecond, ""},
		{"1 h", time.Duration(0), aSpan},
		{"9999999h", time.Duration(0), aSpan},
		{"2024-02-29T12:00:00Z", noon, ""},
		{"2024-02-30T12:00:00Z", noon, aTime},
		{"", noon, aTime},
		{"192.0.2.1", netip.MustParseAddr("192.0.2.1"), ""},
		{"192.0.2.256", netip.Addr{}, wrongForm},
		{"2001:db8::1", netip.MustParseAddr("2001:db8::1"), ""},
		{"192.0.2.1", net.ParseIP("192.0.2.1"), ""}, // a slice, and not of numbers
		{"ABC", bindUpper{"ABC"}, ""},
		{"abc", bindUpper{}, wrongForm},
		{"yes", bindCheck{}, ""},
		{"no", bindCheck{}, wrongForm},
		{"ff", bindHex(255), ""},
		{"xx", bindHex(0), wrongForm},
		{"INFO", slog.LevelInfo, ""},
		{"7", bindPtr(7), ""},
		{"0", bindPtr(0), ""},
		{"x", bindPtr(7), anInt},
		{"false", bindPtr(false), ""},
		{"", bindPtr(""), ""},
		{"", bindPtr(1), anInt},
		{"a", bindPtr(bindString("a")), ""},
		{"1m", bindPtr(time.Minute), ""},
		{"2024-02-29T12:00:00Z", bindPtr(noon), ""},
		{"ABC", &bindUpper{"ABC"}, ""},
		{"12345678901234567890123", func() any { n, _ := new(big.Int).SetString("12345678901234567890123", 10); return n }(), ""},
	}
	same := cmp.Options{cmp.AllowUnexported(bindUpper{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })}
	for _, tt := range tests {
		for _, src := range bindTexts {
			if !src.can(tt.text) {
				continue
			}
			path, r := src.travel(tt.text)
			got, a := bindType(t, reflect.TypeOf(tt.want), src.source, src.form, `"v"`, path, r)
			if tt.err != "" {
				in := src.source
				if src.form {
					in = "form"
				}
				name := "v"
				if in == "header" {
					name = "V"
				}
				if diff := cmp.Diff([]string{in + " " + name + ": " + tt.err}, a.errors()); a.status != 400 || diff != "" {
					t.Errorf("%s %q into %T: status %d, errors (-want +got)\n%s", src.source, tt.text, tt.want, a.status, diff)
				}
				continue
			}
			if diff := cmp.Diff(tt.want, got, same); a.status != 200 || diff != "" {
				t.Errorf("%s %q into %T: status %d, %s (-want +got)\n%s", src.source, tt.text, tt.want, a.status, a.body, diff)
			}
		}
	}
}

// Repeats fill a slice, in their order, where the source can have them.
func TestBindSlices(t *testing.T) {
	tests := []struct {
		texts []string
		want  any
	}{
		{[]string{"b", "a", "b"}, []string{"b", "a", "b"}},
		{[]string{"1"}, []int{1}},
		{[]string{"3", "1", "2"}, []int8{3, 1, 2}},
		{[]string{"1", "0"}, []bool{true, false}},
		{[]string{"1.5", "2"}, []float32{1.5, 2}},
		{[]string{"7"}, []uint64{7}},
		{[]string{"1s", "2s"}, []time.Duration{time.Second, 2 * time.Second}},
		{[]string{"a"}, []bindString{"a"}},
		{[]string{"A", "B"}, []bindUpper{{"A"}, {"B"}}},
		{[]string{"192.0.2.1", "192.0.2.2"}, []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}},
		{[]string{"a,b", "c"}, []string{"a,b", "c"}}, // no splitting at commas
		{[]string{"", "x"}, []string{"", "x"}},
		{nil, []string(nil)},
		{nil, []int(nil)},
	}
	for _, tt := range tests {
		for _, src := range bindTexts {
			if src.source == "path" || src.source == "cookie" {
				continue
			}
			path, r := src.travel(tt.texts...)
			got, a := bindType(t, reflect.TypeOf(tt.want), src.source, src.form, `"v"`, path, r)
			diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(bindUpper{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
			if a.status != 200 || diff != "" {
				t.Errorf("%s %q into %T: status %d, %s (-want +got)\n%s", src.source, tt.texts, tt.want, a.status, a.body, diff)
			}
		}
	}
}

// A slice that is required has one value or more, whatever it is.
func TestBindSliceRequired(t *testing.T) {
	type In struct {
		N []int    `query:"n,required"`
		H []string `header:"H,required"`
	}
	tests := []struct {
		r    bindHTTP
		want []string
	}{
		{bindHTTP{}, []string{"query n: is required", "header H: is required"}},
		{bindHTTP{target: "/x?n=0", header: []string{"H:"}}, nil},
		{bindHTTP{target: "/x?n=", header: []string{"H: a", "H: b"}}, []string{"query n: must be an integer"}},
	}
	for _, tt := range tests {
		_, a := bindRun[In](t, "/x", tt.r)
		if diff := cmp.Diff(tt.want, a.errors()); diff != "" {
			t.Errorf("%q: %d, errors (-want +got)\n%s", tt.r, a.status, diff)
		}
	}
}

// However many values of a field are wrong, the client hears of it once: the
// answer counts fields, and must not grow with the request.
func TestBindOneErrorAField(t *testing.T) {
	type query struct {
		N    []int `query:"n"`
		Page int   `query:"page"`
	}
	type form struct {
		Body struct {
			N    []int `form:"n"`
			Page int   `form:"page"`
		} `body:"form"`
	}
	type others struct {
		N []int `header:"N"`
		P []int `path:"p"`
	}
	run := func(t testing.TB, r bindHTTP) bindAnswer {
		switch {
		case r.body != "":
			_, a := bindRun[form](t, "/x", r)
			return a
		case r.header != nil:
			_, a := bindRun[others](t, "/x/[...p]", r)
			return a
		}
		_, a := bindRun[query](t, "/x", r)
		return a
	}
	tests := []struct {
		r    bindHTTP
		want []string
	}{
		{bindHTTP{target: "/x?n=1&n=x&n=2"}, []string{"query n: must be an integer"}},
		{bindHTTP{target: "/x?n=x&n=y&n=z"}, []string{"query n: must be an integer"}},
		{bindHTTP{target: "/x?page=1&page=2"}, []string{"query page: must be there once"}},
		{bindHTTP{target: "/x?page=1&page=1&page=1"}, []string{"query page: must be there once"}},
		{bindHTTP{target: "/x?page=x&page=2&page=3"}, []string{"query page: must be an integer"}},
		{bindHTTP{target: "/x?n=x&n=y&page=1&page=2"}, []string{"query n: must be an integer", "query page: must be there once"}},
		{bindHTTP{header: []string{bindForm}, body: "n=x&page=1&n=y&page=2"}, []string{"form n: must be an integer", "form page: must be there once"}},
		{bindHTTP{header: []string{bindForm}, body: strings.Repeat("n=x&", 1000)}, []string{"form n: must be an integer"}},
		{bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"n", "", "x"}, bindPart{"n", "", "y"})}, []string{"form n: must be an integer"}},
		{bindHTTP{target: "/x/1/b/c", header: []string{"N: x", "N: y"}}, []string{"header N: must be an integer", "path p: must be an integer"}},
	}
	for _, tt := range tests {
		a := run(t, tt.r)
		if diff := cmp.Diff(tt.want, a.errors()); a.status != 400 || diff != "" {
			t.Errorf("%.200q: status %d, %.300s, errors (-want +got)\n%.1000s", tt.r, a.status, a.body, diff)
		}
	}
}

// Absent, empty, default and required, from each source.
func TestBindPresence(t *testing.T) {
	absent := map[string]func() (string, bindHTTP){}
	for _, src := range bindTexts {
		absent[src.source] = func() (string, bindHTTP) { return src.travel() }
	}
	absent["cookie"] = func() (string, bindHTTP) { return "/x", bindHTTP{} }
	absent["multipart"] = func() (string, bindHTTP) {
		return "/x", bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"other", "", ""})}
	}
	tests := []struct {
		tag  string
		text *string
		want any
		err  string
	}{
		{`"v"`, nil, 0, ""},
		{`"v"`, nil, "", ""},
		{`"v"`, nil, (*int)(nil), ""},
		{`"v"`, nil, time.Time{}, ""},
		{`"v,required"`, nil, 0, "is required"},
		{`"v,required"`, nil, "", "is required"},
		{`"v,required"`, nil, (*int)(nil), "is required"},
		{`"v,required"`, nil, time.Time{}, "is required"},
		{`"v,required"`, bindPtr("0"), 0, ""},
		{`"v,required"`, bindPtr("false"), false, ""},
		{`"v,required"`, bindPtr(""), "", ""},
		{`"v,required"`, bindPtr("0"), bindPtr(0), ""},
		{`"v,required"`, bindPtr("x"), 0, "must be an integer"},
		{`"v" default:"20"`, nil, 20, ""},
		{`"v" default:"20"`, bindPtr("7"), 7, ""},
		{`"v" default:"20"`, bindPtr("0"), 0, ""},
		{`"v" default:"20"`, bindPtr(""), 0, "must be an integer"},
		{`"v" default:"true"`, nil, true, ""},
		{`"v" default:"true"`, bindPtr("false"), false, ""},
		{`"v" default:"0"`, nil, 0, ""},
		{`"v" default:"false"`, nil, false, ""},
		{`"v" default:""`, nil, "", ""},
		{`"v" default:"a b"`, nil, "a b", ""},
		{`"v" default:"a b"`, bindPtr(""), "", ""},
		{`"v" default:"1h"`, nil, time.Hour, ""},
		{`"v" default:"1.5"`, nil, bindFloat(1.5), ""},
		{`"v" default:"2024-02-29T12:00:00Z"`, nil, time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), ""},
	}
	for _, tt := range tests {
		for _, src := range bindTexts {
			if src.source == "path" {
				continue // has no absence
			}
			path, r := absent[src.source]()
			if tt.text != nil {
				path, r = src.travel(*tt.text)
			}
			got, a := bindType(t, reflect.TypeOf(tt.want), src.source, src.form, tt.tag, path, r)
			if tt.err != "" {
				if list := a.errors(); a.status != 400 || len(list) != 1 || !strings.HasSuffix(list[0], ": "+tt.err) {
					t.Errorf("%s %v, tag %q, %T: status %d, errors %q, want %q", src.source, r, tt.tag, tt.want, a.status, list, tt.err)
				}
			} else if diff := cmp.Diff(tt.want, got); a.status != 200 || diff != "" {
				t.Errorf("%s %v, tag %q: status %d, %s (-want +got)\n%s", src.source, r, tt.tag, a.status, a.body, diff)
			}
		}
	}
}

// The parts of a struct that count as its own fields, and those that do not.
type (
	BindPaging struct {
		Page int `query:"page" default:"1"`
		Size int `query:"size" default:"20"`
	}
	bindSort struct {
		Sort string `query:"sort"`
		skip string
	}
	BindList struct {
		BindPaging
		bindSort
		Filter []string `query:"filter"`
	}
)

func TestBindEmbedded(t *testing.T) {
	type In struct {
		BindList
		ID   int `path:"id"`
		note string
		Body struct {
			bindFormPart
			Name string `form:"name"`
		} `body:"form"`
	}
	var want In
	want.skip, want.note = "", "" // without a tag, and not exported: nobody's
	want.Page, want.Size, want.Sort, want.Filter, want.ID = 3, 20, "up", []string{"a"}, 7
	want.Body.Color, want.Body.Name = "red", "x"
	r := bindHTTP{target: "/x/7?page=3&sort=up&filter=a&skip=1&note=1", header: []string{bindForm}, body: "name=x&color=red"}
	got, a := bindRun[In](t, "/x/[id]", r)
	if a.status != 200 || !reflect.DeepEqual(got, want) {
		t.Errorf("%q: %d %s, got %+v, want %+v", r, a.status, a.body, got, want)
	}
	_, a = bindRun[In](t, "/x/[id]", bindHTTP{target: "/x/y?page=x&size=y&sort=%ff", header: []string{bindForm}, body: "color=%ff&name=%ff"})
	wrong := []string{"query page: must be an integer", "query size: must be an integer", "query sort: must be UTF-8",
		"path id: must be an integer", "form color: must be UTF-8", "form name: must be UTF-8"}
	if diff := cmp.Diff(wrong, a.errors()); diff != "" {
		t.Errorf("errors, in the order of the struct (-want +got)\n%s", diff)
	}
}

type bindFormPart struct {
	Color string `form:"color"`
}

// An embedded type that is filled as a whole has a tag as any field.
func TestBindEmbeddedTagged(t *testing.T) {
	type In struct {
		time.Time `query:"at"`
	}
	got, a := bindRun[In](t, "/x", bindHTTP{target: "/x?at=2024-02-29T12:00:00Z"})
	if want := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC); a.status != 200 || !got.Time.Equal(want) {
		t.Errorf("got %v, %d %s, want %v", got.Time, a.status, a.body, want)
	}
}

// What is particular to headers, cookies and the path.
func TestBindHeaderCookiePath(t *testing.T) {
	type In struct {
		Host   string   `header:"host"`
		Trace  string   `header:"x-tRACE"`
		Lang   []string `header:"Accept-Language"`
		Sess   string   `cookie:"session"`
		Upper  string   `cookie:"Session"`
		ID     string   `path:"id"`
		UserID string   `path:"user-id"`
		Slug   []string `path:"slug"`
	}
	const path = "/x/[id]/[user-id]/[[...slug]]"
	tests := []struct {
		r    bindHTTP
		want In
	}{
		{bindHTTP{target: "/x/a/b"}, In{Host: "example.com", ID: "a", UserID: "b"}},
		{bindHTTP{target: "/x/a%2Fb/%252F/a%2Fb/c/d+e"}, In{Host: "example.com", ID: "a/b", UserID: "%2F", Slug: []string{"a/b", "c", "d+e"}}},
		{bindHTTP{target: "/x/a/b", header: []string{"Host: other:8080"}}, In{Host: "other:8080", ID: "a", UserID: "b"}},
		{bindHTTP{target: "/x/a/b", header: []string{"X-TRACE: 1"}}, In{Host: "example.com", Trace: "1", ID: "a", UserID: "b"}},
		{bindHTTP{target: "/x/a/b", header: []string{"Accept-Language: de, en", "accept-language: fr"}},
			In{Host: "example.com", Lang: []string{"de, en", "fr"}, ID: "a", UserID: "b"}},
		{bindHTTP{target: "/x/a/b", header: []string{"Cookie: session=1; session=2", "Cookie: session=3; Session=4"}},
			In{Host: "example.com", Sess: "1", Upper: "4", ID: "a", UserID: "b"}},
		{bindHTTP{target: "/x/a/b", header: []string{"Cookie: =; ;;session; x=y"}}, In{Host: "example.com", ID: "a", UserID: "b"}},
		{bindHTTP{target: "/x/a/b", header: []string{`Cookie: session="q"`}}, In{Host: "example.com", Sess: "q", ID: "a", UserID: "b"}},
	}
	for _, tt := range tests {
		got, a := bindRun[In](t, path, tt.r)
		if diff := cmp.Diff(tt.want, got); a.status != 200 || diff != "" {
			t.Errorf("%q: %d %s (-want +got)\n%s", tt.r, a.status, a.body, diff)
		}
	}
	_, a := bindRun[In](t, path, bindHTTP{target: "/x/a/b", header: []string{"X-Trace: 1", "X-Trace: 1"}})
	if diff := cmp.Diff([]string{"header X-Trace: must be there once"}, a.errors()); a.status != 400 || diff != "" {
		t.Errorf("a header twice: %d %s", a.status, diff)
	}
	// Required means that the optional catch-all has matched something.
	type must struct {
		Slug []string `path:"slug,required"`
	}
	if _, a := bindRun[must](t, "/x/[[...slug]]", bindHTTP{target: "/x"}); a.status != 400 {
		t.Errorf("a required slice of a path without segments: %d, want 400", a.status)
	}
}

// The sources that a request has, each with a field of its own. As a body can
// be of one kind only, there is one type for each.
type (
	bindWhole[B any] struct {
		PathField   string `path:"path_tag" json:"path_json"`
		QueryField  string `query:"query_tag" json:"query_json"`
		HeaderField string `header:"Header-Tag" json:"header_json"`
		CookieField string `cookie:"cookie_tag" json:"cookie_json"`
		Body        B      `body:"json" json:"body_json"`
	}
	bindWholeForm[B any] struct {
		PathField   string `path:"path_tag" json:"path_json"`
		QueryField  string `query:"query_tag" json:"query_json"`
		HeaderField string `header:"Header-Tag" json:"header_json"`
		CookieField string `cookie:"cookie_tag" json:"cookie_json"`
		Body        B      `body:"form" json:"body_json"`
	}
	bindJSONField struct {
		JSONField string `json:"json_tag"`
	}
	bindFormFields struct {
		FormField string                `form:"form_tag" json:"form_json"`
		FileField *multipart.FileHeader `form:"file_tag" json:"file_json"`
	}
)

// No source fills the field of another, by whatever name: the hole through
// which ?role=admin sets what only the body should (mass assignment).
func TestBindSourcesApart(t *testing.T) {
	const evil = "EVIL"
	names := map[string][]string{
		"path":   {"path_tag", "PathField", "path_json"},
		"query":  {"query_tag", "QueryField", "query_json"},
		"header": {"Header-Tag", "HeaderField", "header_json"},
		"cookie": {"cookie_tag", "CookieField", "cookie_json"},
		"json":   {"json_tag", "JSONField", "body_json", "Body", "Body.JSONField", "Body.json_tag", "Body[json_tag]"},
		"form":   {"form_tag", "FormField", "form_json", "Body", "Body.FormField", "Body.form_tag", "Body[form_tag]"},
		"file":   {"file_tag", "FileField", "file_json", "Body", "Body.FileField", "Body.file_tag", "Body[file_tag]"},
	}
	names["multipart"] = names["form"]
	variants := func(victim string) (list []string) {
		for _, n := range names[victim] {
			list = append(list, n, strings.ToLower(n), strings.ToUpper(n), strings.ToUpper(n[:1])+n[1:])
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	// Each attack adds to a request that is otherwise in order.
	attacks := map[string]func(path string, r bindHTTP, names []string) (string, bindHTTP){
		"path": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			for _, n := range names {
				if !strings.ContainsAny(n, "[]") {
					path += "/[" + n + "]"
					r.target += "/" + evil
				}
			}
			return path, r
		},
		"query": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			r.target += "?" + strings.Join(names, "="+evil+"&") + "=" + evil
			return path, r
		},
		"header": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			for _, n := range names {
				if !strings.ContainsAny(n, "[]") {
					r.header = append(slices.Clip(r.header), n+": "+evil)
				}
			}
			return path, r
		},
		"cookie": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			r.header = append(slices.Clip(r.header), "Cookie: "+strings.Join(names, "="+evil+"; ")+"="+evil)
			return path, r
		},
		"json": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			r.header = []string{bindJSON}
			r.body = `{"` + strings.Join(names, `":"`+evil+`","`) + `":"` + evil + `"}`
			return path, r
		},
		"form": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			r.header = []string{bindForm}
			r.body = strings.Join(names, "="+evil+"&") + "=" + evil
			return path, r
		},
		"multipart": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			r.header, r.body = []string{bindMultipart}, ""
			var parts []bindPart
			for _, n := range names {
				parts = append(parts, bindPart{n, "", evil})
			}
			r.body = bindParts(parts...)
			return path, r
		},
		"file": func(path string, r bindHTTP, names []string) (string, bindHTTP) {
			r.header, r.body = []string{bindMultipart}, ""
			var parts []bindPart
			for _, n := range names {
				parts = append(parts, bindPart{n, evil, evil})
			}
			r.body = bindParts(parts...)
			return path, r
		},
	}
	isForm := map[string]bool{"form": true, "multipart": true, "file": true}
	for attacker, attack := range attacks {
		for victim := range names {
			if victim == attacker || victim == "multipart" && attacker == "form" || victim == "form" && attacker == "multipart" {
				continue // the same source
			}
			path, r := attack("/x/[path_tag]", bindHTTP{target: "/x/own"}, variants(victim))
			want := 200
			switch {
			case attacker == "json" && isForm[victim], isForm[attacker] && victim == "json":
				want = 415
			case attacker == "file" && isForm[victim], attacker == "multipart" && victim == "file", attacker == "form" && victim == "file":
				want = 400 // the tag is of this body, and a text is no file
			}
			var got string
			var a bindAnswer
			var empty, refused any
			if isForm[victim] || isForm[attacker] && victim != "json" {
				if r.body == "" {
					r.body, r.header = "z=1", append(r.header, bindForm)
				}
				v, answer := bindRun[bindWholeForm[bindFormFields]](t, path, r)
				empty, refused = bindWholeForm[bindFormFields]{PathField: "own"}, bindWholeForm[bindFormFields]{}
				got, a = fmt.Sprintf("%+v", v), answer
			} else {
				if r.body == "" {
					r.body, r.header = "{}", append(r.header, bindJSON)
				}
				v, answer := bindRun[bindWhole[bindJSONField]](t, path, r)
				empty, refused = bindWhole[bindJSONField]{PathField: "own"}, bindWhole[bindJSONField]{}
				got, a = fmt.Sprintf("%+v", v), answer
			}
			wantValue := empty
			if want != 200 {
				wantValue = refused
			}
			if w := fmt.Sprintf("%+v", wantValue); got != w || a.status != want {
				t.Errorf("%s for the field of %s: status %d, got %s\nwant %d, %s\nrequest %q\nanswer %s", attacker, victim, a.status, got, want, w, r, a.body)
			}
		}
	}
}

// A name is the tag's as it is written; only headers have no letter case.
func TestBindNamesExact(t *testing.T) {
	for _, src := range bindTexts {
		for _, name := range []string{"V", "Ｖ", "v ", "v[]", "v.", "field", "Field"} {
			path, r := src.travel("x")
			switch {
			case src.source == "path":
				path = "/x/[" + name + "]"
				if strings.Trim(name, "[]") != name {
					continue
				}
			case src.source == "query":
				r.target = "/x?" + url.QueryEscape(name) + "=x"
			case src.source == "header":
				if name == "V" || strings.ContainsAny(name, "Ｖ []") {
					continue
				}
				r.header = []string{name + ": x"}
			case src.source == "cookie":
				r.header = []string{"Cookie: " + name + "=x"}
				if name == "v " {
					continue // trimmed by net/http
				}
			case src.source == "urlencoded":
				r.body = url.QueryEscape(name) + "=x"
			default:
				r.body = bindParts(bindPart{name, "", "x"})
			}
			if src.source == "path" {
				type In struct {
					Field string `path:"v"`
				}
				if _, a := bindRun[In](t, path, r); a.status != 500 {
					t.Errorf("path %q for the field [v]: %d, want 500", path, a.status)
				}
				continue
			}
			got, a := bindType(t, reflect.TypeFor[string](), src.source, src.form, `"v"`, path, r)
			if got != "" || a.status != 200 {
				t.Errorf("%s %q: the field v is %q, status %d, want it empty", src.source, name, got, a.status)
			}
		}
	}
}

// All that is wrong comes at once, in the order of the struct.
func TestBindErrors(t *testing.T) {
	type In struct {
		Q1   int      `query:"q1"`
		Body struct{} `body:"json"`
		ID   int      `path:"id"`
		H    string   `header:"x-h,required"`
		Q2   []bool   `query:"q2"`
		C    float64  `cookie:"c"`
		BindPaging
		D time.Duration `query:"d"`
	}
	tests := []struct {
		r    bindHTTP
		want string
	}{
		{bindHTTP{target: "/x/a?d=1&q2=maybe&q1=1.5&page=", header: []string{"Cookie: c=NaN", bindJSON}, body: "[]"},
			`{"title":"Bad Request","status":400,"detail":"8 fields are wrong","errors":[` +
				`{"in":"query","name":"q1","detail":"must be an integer"},` +
				`{"in":"body","detail":"must be an object"},` +
				`{"in":"path","name":"id","detail":"must be an integer"},` +
				`{"in":"header","name":"X-H","detail":"is required"},` +
				`{"in":"query","name":"q2","detail":"must be true or false"},` +
				`{"in":"cookie","name":"c","detail":"must be a number"},` +
				`{"in":"query","name":"page","detail":"must be an integer"},` +
				`{"in":"query","name":"d","detail":"must be a duration such as 1h30m"}]}`},
		{bindHTTP{target: "/x/1?q1=x", header: []string{"X-H: h", bindJSON}, body: "{}"},
			`{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"query","name":"q1","detail":"must be an integer"}]}`},
		{bindHTTP{target: "/x/1?q1=1", header: []string{"X-H: h"}},
			`{"title":"Bad Request","status":400,"detail":"the body is required","errors":[{"in":"body","detail":"is required"}]}`},
		{bindHTTP{target: "/x/1?q1=x", header: []string{"X-H: h", bindJSON}, body: "{\"a\":tru}"},
			`{"title":"Bad Request","status":400,"detail":"2 fields are wrong","errors":[{"in":"query","name":"q1","detail":"must be an integer"},` +
				`{"in":"body","detail":"is not valid JSON at offset 8"}]}`},
		{bindHTTP{target: "/x/1?%zz", header: []string{"X-H: h", bindJSON}, body: "{}"},
			`{"title":"Bad Request","status":400,"detail":"the query has a bad escape or a semicolon","errors":[{"in":"query","detail":"has a bad escape or a semicolon"}]}`},
	}
	for _, tt := range tests {
		_, a := bindRun[In](t, "/x/[id]", tt.r)
		if diff := cmp.Diff(tt.want, a.body); a.status != 400 || diff != "" {
			t.Errorf("%q: %d (-want +got)\n%s", tt.r, a.status, diff)
		}
		for k, want := range map[string]string{"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := a.header.Get(k); got != want {
				t.Errorf("%q: %s is %q, want %q", tt.r, k, got, want)
			}
		}
	}
}

// bindLeak is a type whose name, like those of its fields, must not be seen.
type bindLeak struct {
	MarkerField  int           `query:"q"`
	MarkerUpper  bindUpper     `query:"upper"`
	MarkerTime   time.Time     `query:"time"`
	MarkerSpan   time.Duration `query:"span"`
	MarkerPath   uint8         `path:"id"`
	MarkerHeader bindHex       `header:"H"`
	MarkerCookie netip.Addr    `cookie:"c"`
	MarkerSlice  []bindFloat   `query:"slice"`
}

type (
	bindLeakJSON struct {
		bindLeak
		Body struct {
			MarkerNumber bindInt8  `json:"number"`
			MarkerText   bindUpper `json:"text"`
			MarkerList   []struct{ MarkerInner bindBool }
		} `body:"json"`
	}
	bindLeakForm struct {
		bindLeak
		Body struct {
			MarkerNumber bindInt8              `form:"number"`
			MarkerText   bindUpper             `form:"text"`
			MarkerFile   *multipart.FileHeader `form:"file"`
		} `body:"form"`
	}
)

// Whatever is wrong, the answer says it without what the client has sent, and
// without what the program is made of.
func TestBindErrorsTellNothing(t *testing.T) {
	values := []string{"marker", "1marker", "-7771777", "7771777777177777717777771", "0xmarker", "7.771777e777", `"marker"`, "%ffmarker", "[7771777]"}
	base := func(v string) bindHTTP {
		q := url.QueryEscape(v)
		return bindHTTP{
			target: "/x/" + url.PathEscape(v) + "?q=" + q + "&upper=" + q + "&time=" + q + "&span=" + q + "&slice=" + q,
			header: []string{"H: " + v, "Cookie: c=" + v},
		}
	}
	check := func(r bindHTTP, a bindAnswer) {
		t.Helper()
		if a.status < 400 || a.status > 499 || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: %d %s, want a 4xx problem", r, a.status, a.body)
		}
		for _, s := range []string{"arker", "777", "bind", "int8", "float64", "uint", "struct", "Go ", "strconv", "parsing", "json:", "netip",
			"time.", "mime", "multipart:", "EOF", "apiroute", "internal", ".go", "/tmp", "Unmarshal"} {
			if strings.Contains(a.body, s) {
				t.Errorf("%q: the answer shows %q\n%s", r, s, a.body)
			}
		}
	}
	for _, v := range values {
		quoted, _ := json.Marshal(v)
		for _, body := range []string{
			string(quoted), v, `{"number":` + string(quoted) + `}`, `{"number":` + v + `}`, `{"text":` + string(quoted) + `}`,
			`{"MarkerList":[{"MarkerInner":` + string(quoted) + `}]}`, `{"text":"` + v, `[` + string(quoted) + `]`, "{}" + v,
		} {
			r := base(v)
			r.body, r.header = body, append(r.header, bindJSON)
			_, a := bindRun[bindLeakJSON](t, "/x/[id]", r)
			if strings.Contains(body, "MarkerList") { // the body's own names are its path
				a.body = strings.ReplaceAll(a.body, "MarkerList[0].MarkerInner", "")
			}
			check(r, a)
		}
		for _, form := range []struct{ header, body string }{
			{bindForm, "number=" + v + "&text=" + v + "&file=" + v},
			{bindForm, "number=%zz" + v},
			{bindMultipart, bindParts(bindPart{"number", "", v}, bindPart{"text", v, v}, bindPart{"file", "", v})},
			{bindMultipart, bindParts(bindPart{"number", "", v})[:60]},
			{bindMultipart, "--frontier" + v},
			{"Content-Type: multipart/form-data", v},
			{"Content-Type: multipart/form-data; boundary=" + strings.Repeat("marker", 20), v},
			{"Content-Type: marker/marker", v},
			{"Content-Type: marker", v},
			{"Content-Type: marker/x; marker", v},
			{bindForm + "\r\nContent-Encoding: marker", v},
		} {
			r := base(v)
			r.header, r.body = append(r.header, form.header), form.body
			_, a := bindRun[bindLeakForm](t, "/x/[id]", r)
			check(r, a)
		}
	}
}

// The rules for a query as a whole.
func TestBindQuery(t *testing.T) {
	type In struct {
		Page int    `query:"page"`
		Q    string `query:"q"`
	}
	type none struct {
		H string `header:"h"`
	}
	type must struct {
		A int `query:"a,required"`
		B int `query:"b,required"`
	}
	bad := []string{"query : has a bad escape or a semicolon"}
	in := func(r bindHTTP, opts ...Option) (any, bindAnswer) {
		v, a := bindRun[In](t, "/x", r, opts...)
		return v, a
	}
	nothing := func(r bindHTTP, opts ...Option) (any, bindAnswer) {
		v, a := bindRun[none](t, "/x", r, opts...)
		return v, a
	}
	required := func(r bindHTTP, opts ...Option) (any, bindAnswer) {
		v, a := bindRun[must](t, "/x", r, opts...)
		return v, a
	}
	tests := []struct {
		bind   func(bindHTTP, ...Option) (any, bindAnswer)
		query  string
		reject bool
		want   any // nil if refused
		errors []string
	}{
		{in, "", false, In{}, nil},
		{in, "?", false, In{}, nil},
		{in, "?&&page=3&&", false, In{3, ""}, nil},
		{in, "?q=a=b", false, In{0, "a=b"}, nil},
		{in, "?q=a%26b%3Dc", false, In{0, "a&b=c"}, nil},
		{in, "?%70age=3", false, In{3, ""}, nil},
		{in, "?q", false, In{}, nil},
		{in, "?page", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=+3", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=%203", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=%2B3", false, In{3, ""}, nil},
		{in, "?page=1_000", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=0x10", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=99999999999999999999", false, nil,
			[]string{"query page: must be an integer from -9223372036854775808 to 9223372036854775807"}},
		{in, "?page=1&page=2", false, nil, []string{"query page: must be there once"}},
		{in, "?q=&q=", false, nil, []string{"query q: must be there once"}},
		{in, "?page=3;ok=true", false, nil, bad},
		{in, "?page;=3", false, nil, bad},
		{in, "?page=3&x=;", false, nil, bad},
		{in, "?page=3&x=%3B", false, In{3, ""}, nil},
		{in, "?page=%zz", false, nil, bad},
		{in, "?page=1&x=%zz", false, nil, bad},
		{in, "?page=1&%", false, nil, bad},
		{in, "?page=1&%=1", false, nil, bad},
		{in, "?q=%ff", false, nil, []string{"query q: must be UTF-8"}},
		{in, "?x=%ff", false, In{}, nil},
		{in, "?x=1&Page=3&page[]=3", false, In{}, nil},
		{in, "?x=1", true, nil, []string{"query x: is not known"}},
		{in, "?Page=3", true, nil, []string{"query Page: is not known"}},
		{in, "?page=3&q=x", true, In{3, "x"}, nil},
		{in, "?b=1&page=x&a=1", true, nil, []string{"query page: must be an integer", "query b: is not known", "query a: is not known"}},
		{in, "?x=1&x=2&x=3", true, nil, []string{"query x: is not known"}},
		{in, "?=1", true, nil, []string{"query : is not known"}},
		{in, "?%ff=1", true, nil, []string{"query \uFFFD: is not known"}},
		{in, "?" + strings.Repeat("x", 250), true, nil, []string{"query " + strings.Repeat("x", 200) + "…: is not known"}},
		// Without a field for it nobody has asked for the query.
		{nothing, "?page=%zz;", false, none{}, nil},
		{nothing, "?page=%zz;", true, nil, bad},
		{nothing, "?page=1", true, nil, []string{"query page: is not known"}},
		{nothing, "", true, none{}, nil},
		{required, "", false, nil, []string{"query a: is required", "query b: is required"}},
		{required, "?a=0&b=0", false, must{}, nil},
		// What cannot be read may well be there: it is not called missing.
		{required, "?x=%zz&a=1&b=1", false, nil, bad},
		{required, "?a=1;b=1", false, nil, bad},
	}
	for _, tt := range tests {
		got, a := tt.bind(bindHTTP{target: "/x" + tt.query}, RejectUnknown(tt.reject))
		if diff := cmp.Diff(tt.errors, a.errors()); diff != "" {
			t.Errorf("%q: errors (-want +got)\n%s", tt.query, diff)
		}
		if tt.want != nil {
			if diff := cmp.Diff(tt.want, got); a.status != 200 || diff != "" {
				t.Errorf("%q: %d %s (-want +got)\n%s", tt.query, a.status, a.body, diff)
			}
		} else if a.status != 400 {
			t.Errorf("%q: %d, want 400", tt.query, a.status)
		}
	}
}

// Of many unknown names twenty are told, so that the answer stays small; but
// none is let through.
func TestBindManyUnknown(t *testing.T) {
	var query, form []string
	var parts []bindPart
	for i := 0; i < 50; i++ {
		query = append(query, fmt.Sprintf("u%d=1", i))
		parts = append(parts, bindPart{fmt.Sprintf("u%d", i), "", "1"})
	}
	form = query
	type In struct {
		Body bindMany `body:"form"`
	}
	for _, r := range []bindHTTP{
		{target: "/x?" + strings.Join(query, "&")},
		{header: []string{bindForm}, body: strings.Join(form, "&")},
		{header: []string{bindMultipart}, body: bindParts(parts...)},
	} {
		if _, a := bindRun[In](t, "/x", r, RejectUnknown(true)); a.status != 400 || len(a.errors()) != 20 {
			t.Errorf("%.100q: %d with %d errors, want 400 with 20", r, a.status, len(a.errors()))
		}
	}
	// One name is told of once, whatever comes between.
	if _, a := bindRun[struct {
		N int `query:"n"`
	}](t, "/x", bindHTTP{target: "/x?u=1&n=x&u=2"}, RejectUnknown(true)); len(a.errors()) != 2 {
		t.Errorf("u, n and u again: %d %s, want 2 errors", a.status, a.body)
	}
	// Known names, however many, must not use up the twenty.
	known := url.Values{}
	parts = nil
	for i := 0; i < reflect.TypeFor[bindMany]().NumField(); i++ {
		name := reflect.TypeFor[bindMany]().Field(i).Tag.Get("form")
		known.Set(name, "1")
		parts = append(parts, bindPart{name, "", "1"})
	}
	for _, r := range []bindHTTP{
		{header: []string{bindForm}, body: known.Encode() + "&zz=1"},
		{header: []string{bindMultipart}, body: bindParts(append(parts, bindPart{"zz", "", "1"})...)},
		{header: []string{bindMultipart}, body: bindParts(append(parts, bindPart{"zz", "f", "1"})...)},
	} {
		_, a := bindRun[In](t, "/x", r, RejectUnknown(true))
		if diff := cmp.Diff([]string{"form zz: is not known"}, a.errors()); a.status != 400 || diff != "" {
			t.Errorf("%.100q and all known names: %d, errors (-want +got)\n%s", r, a.status, diff)
		}
		if got, a := bindRun[In](t, "/x", r); a.status != 200 || got.Body.A19 != "1" {
			t.Errorf("%.100q without RejectUnknown: %d %s", r, a.status, a.body)
		}
	}
}

// bindMany has more names than the answer would tell of.
type bindMany struct {
	A00 string `form:"a00"`
	A01 string `form:"a01"`
	A02 string `form:"a02"`
	A03 string `form:"a03"`
	A04 string `form:"a04"`
	A05 string `form:"a05"`
	A06 string `form:"a06"`
	A07 string `form:"a07"`
	A08 string `form:"a08"`
	A09 string `form:"a09"`
	A10 string `form:"a10"`
	A11 string `form:"a11"`
	A12 string `form:"a12"`
	A13 string `form:"a13"`
	A14 string `form:"a14"`
	A15 string `form:"a15"`
	A16 string `form:"a16"`
	A17 string `form:"a17"`
	A18 string `form:"a18"`
	A19 string `form:"a19"`
	A20 string `form:"a20"`
}

type bindText struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

type (
	bindBodyJSON struct {
		Body bindText `body:"json"`
	}
	bindBodyJSONPtr struct {
		Body *bindText `body:"json"`
	}
	bindBodyJSONPtrMust struct {
		Body *bindText `body:"json,required"`
	}
	bindBodyList struct {
		Body []int `body:"json"`
	}
	bindBodyMap struct {
		Body map[string]any `body:"json"`
	}
	bindFields struct {
		A string   `form:"a"`
		N int      `form:"n" default:"5"`
		L []string `form:"l"`
	}
	bindBodyForm struct {
		Body bindFields `body:"form"`
	}
	bindBodyFormMust struct {
		Body bindFields `body:"form,required"`
	}
	bindBodyFormPtr struct {
		Body *bindFields `body:"form"`
	}
	bindBodyFormField struct {
		Body struct {
			A string `form:"a,required"`
		} `body:"form"`
	}
	bindBytes        []byte
	bindBodyRawBytes struct {
		Body []byte `body:"bytes"`
	}
	bindBodyRawNamed struct {
		Body bindBytes `body:"bytes"`
	}
	bindBodyRawString struct {
		Body string `body:"bytes"`
	}
	bindBodyRawNamedString struct {
		Body bindString `body:"bytes"`
	}
	bindBodyRawMust struct {
		Body []byte `body:"bytes,required"`
	}
)

// bindAny is bindRun for rows that differ in the type.
func bindAny[T any](t testing.TB, r bindHTTP, opts ...Option) (any, bindAnswer) {
	t.Helper()
	v, a := bindRun[T](t, "/x", r, opts...)
	return v, a
}

type binding = func(testing.TB, bindHTTP, ...Option) (any, bindAnswer)

func TestBindBody(t *testing.T) {
	type jsonIn = bindBodyJSON
	type formIn = bindBodyForm
	isRequired := []string{"body : is required"}
	isEmpty := []string{"body : is empty"}
	isNull := []string{"body : must not be null"}
	mp := []string{bindMultipart}
	tests := []struct {
		bind   binding
		r      bindHTTP
		status int
		want   any // the zero one if nil
		errors []string
	}{
		// JSON.
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: `{"text":"a","n":3}`}, 200, jsonIn{bindText{"a", 3}}, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: `{"text":"a","n":3}`, chunked: true}, 200, jsonIn{bindText{"a", 3}}, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: ` {} `}, 200, jsonIn{}, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{"Content-Type: APPLICATION/Vnd.X+JSON; charset=UTF-8"}, body: "{}"}, 200, jsonIn{}, nil},
		{bindAny[jsonIn], bindHTTP{}, 400, nil, isRequired},
		{bindAny[jsonIn], bindHTTP{chunked: true}, 400, nil, isRequired},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON, "Content-Length: 0"}}, 400, nil, isRequired},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: " \r\n\t"}, 400, nil, isEmpty},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: "null"}, 400, nil, isNull},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: `{"text":1}`}, 400, nil, []string{"body text: must be a string"}},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: `{"text":"a","n":1.5}`}, 400, nil, []string{"body n: must be an integer"}},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: `{"text":"a"}{"text":"b"}`}, 400, nil, []string{"body : is not valid JSON at offset 12"}},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON}, body: `{"text":null}`}, 200, jsonIn{}, nil},
		{bindAny[bindBodyJSONPtr], bindHTTP{}, 200, bindBodyJSONPtr{}, nil},
		{bindAny[bindBodyJSONPtr], bindHTTP{chunked: true, header: []string{bindJSON}}, 200, bindBodyJSONPtr{}, nil},
		{bindAny[bindBodyJSONPtr], bindHTTP{header: []string{bindJSON}, body: `{}`}, 200, bindBodyJSONPtr{&bindText{}}, nil},
		{bindAny[bindBodyJSONPtr], bindHTTP{header: []string{bindJSON}, body: `{"n":1}`}, 200, bindBodyJSONPtr{&bindText{"", 1}}, nil},
		{bindAny[bindBodyJSONPtr], bindHTTP{header: []string{bindJSON}, body: " "}, 400, nil, isEmpty},
		{bindAny[bindBodyJSONPtr], bindHTTP{header: []string{bindJSON}, body: "null"}, 400, nil, isNull},
		{bindAny[bindBodyJSONPtr], bindHTTP{header: []string{bindJSON}, body: "{"}, 400, nil, []string{"body : is not valid JSON at offset 1"}},
		{bindAny[bindBodyJSONPtrMust], bindHTTP{}, 400, nil, isRequired},
		{bindAny[bindBodyJSONPtrMust], bindHTTP{header: []string{bindJSON}, body: `{}`}, 200, bindBodyJSONPtrMust{&bindText{}}, nil},
		{bindAny[bindBodyList], bindHTTP{header: []string{bindJSON}, body: `[1,2]`}, 200, bindBodyList{[]int{1, 2}}, nil},
		{bindAny[bindBodyList], bindHTTP{header: []string{bindJSON}, body: `[1,"x"]`}, 400, nil, []string{"body [1]: must be an integer"}},
		{bindAny[bindBodyMap], bindHTTP{header: []string{bindJSON}, body: `{"a":[1]}`}, 200, bindBodyMap{map[string]any{"a": []any{1.0}}}, nil},

		// A media type that is not the body's.
		{bindAny[jsonIn], bindHTTP{body: "{}"}, 415, nil, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{"Content-Type: text/plain"}, body: "{}"}, 415, nil, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindForm}, body: "{}"}, 415, nil, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{"Content-Type: application/jsonevil"}, body: "{}"}, 415, nil, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON + "; charset=latin1"}, body: "{}"}, 415, nil, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON + "; ="}, body: "{}"}, 400, nil, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON, "Content-Encoding: gzip"}, body: "{}"}, 415, nil, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON, "Content-Encoding: identity"}, body: "{}"}, 200, jsonIn{}, nil},
		{bindAny[jsonIn], bindHTTP{header: []string{bindJSON, bindJSON}, body: "{}"}, 400, nil, nil},
		{bindAny[formIn], bindHTTP{body: "a=1"}, 415, nil, nil},
		{bindAny[formIn], bindHTTP{header: []string{"Content-Type: text/plain"}, body: "a=1"}, 415, nil, nil},
		{bindAny[formIn], bindHTTP{header: []string{bindJSON}, body: `{"a":"1"}`}, 415, nil, nil},
		{bindAny[formIn], bindHTTP{header: []string{"Content-Type: multipart/mixed; boundary=frontier"}, body: bindParts(bindPart{"a", "", "1"})}, 415, nil, nil},
		{bindAny[formIn], bindHTTP{header: []string{bindForm, "Content-Encoding: gzip"}, body: "a=1"}, 415, nil, nil},
		{bindAny[formIn], bindHTTP{header: []string{bindMultipart, "Content-Encoding: br"}, body: bindParts(bindPart{"a", "", "1"})}, 415, nil, nil},
		{bindAny[formIn], bindHTTP{header: []string{bindForm, bindForm}, body: "a=1"}, 400, nil, nil},
		{bindAny[formIn], bindHTTP{header: []string{bindForm + "; ="}, body: "a=1"}, 400, nil, nil},

		// Forms.
		{bindAny[formIn], bindHTTP{header: []string{bindForm}, body: "a=x+y%26&l=1&n=3&l=2"}, 200, formIn{bindFields{"x y&", 3, []string{"1", "2"}}}, nil},
		{bindAny[formIn], bindHTTP{header: []string{bindForm + "; charset=utf-8"}, body: "a=x", chunked: true}, 200, formIn{bindFields{"x", 5, nil}}, nil},
		{bindAny[formIn], bindHTTP{header: []string{"Content-Type: Application/X-WWW-Form-Urlencoded"}, body: "a=x"}, 200, formIn{bindFields{"x", 5, nil}}, nil},
		{bindAny[formIn], bindHTTP{}, 200, formIn{bindFields{"", 5, nil}}, nil},
		{bindAny[formIn], bindHTTP{chunked: true}, 200, formIn{bindFields{"", 5, nil}}, nil},
		{bindAny[formIn], bindHTTP{header: []string{bindForm}, body: "a=x;n=3"}, 400, nil, []string{"form : has a bad escape or a semicolon"}},
		{bindAny[formIn], bindHTTP{header: []string{bindForm}, body: "n=3&a=%f"}, 400, nil, []string{"form : has a bad escape or a semicolon"}},
		{bindAny[formIn], bindHTTP{header: []string{bindForm}, body: "a=%ff&n="}, 400, nil, []string{"form a: must be UTF-8", "form n: must be an integer"}},
		{bindAny[formIn], bindHTTP{target: "/x?a=1&n=2&l=3", header: []string{bindForm}, body: "z=1"}, 200, formIn{bindFields{"", 5, nil}}, nil},
		{bindAny[formIn], bindHTTP{method: "GET", header: []string{bindForm}, body: "a=x"}, 200, formIn{bindFields{"x", 5, nil}}, nil},
		{bindAny[formIn], bindHTTP{method: "DELETE", header: []string{bindForm}, body: "a=x"}, 200, formIn{bindFields{"x", 5, nil}}, nil},
		{bindAny[bindBodyFormMust], bindHTTP{}, 400, nil, isRequired},
		{bindAny[bindBodyFormMust], bindHTTP{header: []string{bindForm}, body: "z=1"}, 200, bindBodyFormMust{bindFields{"", 5, nil}}, nil},
		{bindAny[bindBodyFormPtr], bindHTTP{}, 200, bindBodyFormPtr{}, nil},
		{bindAny[bindBodyFormPtr], bindHTTP{header: []string{bindForm}, body: "a=x"}, 200, bindBodyFormPtr{&bindFields{"x", 5, nil}}, nil},
		{bindAny[bindBodyFormField], bindHTTP{}, 400, nil, []string{"form a: is required"}},
		{bindAny[bindBodyFormField], bindHTTP{header: []string{bindForm}, body: "b=1"}, 400, nil, []string{"form a: is required"}},
		{bindAny[bindBodyFormField], bindHTTP{header: mp, body: bindParts(bindPart{"b", "", ""})}, 400, nil, []string{"form a: is required"}},

		// Multipart.
		{bindAny[formIn], bindHTTP{header: mp, body: bindParts(bindPart{"l", "", "1"}, bindPart{"a", "", "x+y"}, bindPart{"l", "", "2"})}, 200,
			formIn{bindFields{"x+y", 5, []string{"1", "2"}}}, nil},
		{bindAny[bindBodyFormPtr], bindHTTP{header: mp, body: bindParts(bindPart{"n", "", "3"}), chunked: true}, 200, bindBodyFormPtr{&bindFields{"", 3, nil}}, nil},
		{bindAny[formIn], bindHTTP{header: mp, body: bindParts(bindPart{"a", "", "1"}, bindPart{"a", "", "2"}, bindPart{"n", "", "x"})}, 400, nil,
			[]string{"form a: must be there once", "form n: must be an integer"}},
		{bindAny[formIn], bindHTTP{header: mp, body: bindParts(bindPart{"n", "f", "1"})}, 400, nil, []string{"form n: must not be a file"}},
		{bindAny[formIn], bindHTTP{header: mp, body: bindParts(bindPart{"l", "", "1"}, bindPart{"l", "f", "1"})}, 400, nil, []string{"form l: must not be a file"}},
		{bindAny[formIn], bindHTTP{header: mp, body: "--frontier--\r\n"}, 200, formIn{bindFields{"", 5, nil}}, nil},
		{bindAny[formIn], bindHTTP{header: []string{"Content-Type: multipart/form-data"}, body: bindParts()}, 400, nil, []string{"form : has no boundary"}},
		{bindAny[formIn], bindHTTP{header: []string{"Content-Type: multipart/form-data; boundary="}, body: bindParts()}, 400, nil, nil},
		{bindAny[formIn], bindHTTP{header: mp, body: "x"}, 400, nil, []string{"form : is malformed or broken off"}},
		{bindAny[formIn], bindHTTP{header: mp, body: bindParts(bindPart{"a", "", "1"})[:70]}, 400, nil, []string{"form : is malformed or broken off"}},
		{bindAny[formIn], bindHTTP{header: mp, body: "--frontier\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"}, 400, nil, []string{"form : is malformed or broken off"}},
		{bindAny[formIn], bindHTTP{header: mp, body: "--frontier\r\n\x00: x\r\n\r\n1\r\n--frontier--"}, 400, nil, []string{"form : is malformed or broken off"}},
		{bindAny[formIn], bindHTTP{header: mp, body: strings.Repeat(strings.TrimSuffix(bindParts(bindPart{"l", "", ""}), "--frontier--\r\n"), 1001) + bindParts()}, 413, nil, nil},
		{bindAny[formIn], bindHTTP{header: mp, body: strings.Repeat(strings.TrimSuffix(bindParts(bindPart{"z", "z", ""}), "--frontier--\r\n"), 1001) + bindParts()}, 413, nil, nil},

		// Bytes, of whatever type.
		{bindAny[bindBodyRawBytes], bindHTTP{body: "a\x00\xff"}, 200, bindBodyRawBytes{[]byte("a\x00\xff")}, nil},
		{bindAny[bindBodyRawNamed], bindHTTP{header: []string{"Content-Type: text/plain"}, body: "a", chunked: true}, 200, bindBodyRawNamed{bindBytes("a")}, nil},
		{bindAny[bindBodyRawString], bindHTTP{header: []string{bindMultipart}, body: "a"}, 200, bindBodyRawString{"a"}, nil},
		{bindAny[bindBodyRawNamedString], bindHTTP{header: []string{bindJSON}, body: "{"}, 200, bindBodyRawNamedString{"{"}, nil},
		{bindAny[bindBodyRawBytes], bindHTTP{header: []string{"Content-Type: x; =", "Content-Encoding: gzip"}, body: "a"}, 200, bindBodyRawBytes{[]byte("a")}, nil},
		{bindAny[bindBodyRawBytes], bindHTTP{}, 200, bindBodyRawBytes{}, nil},
		{bindAny[bindBodyRawString], bindHTTP{chunked: true}, 200, bindBodyRawString{}, nil},
		{bindAny[bindBodyRawMust], bindHTTP{}, 400, nil, isRequired},
		{bindAny[bindBodyRawMust], bindHTTP{body: "a"}, 200, bindBodyRawMust{[]byte("a")}, nil},
	}
	for _, tt := range tests {
		got, a := tt.bind(t, tt.r)
		want := tt.want
		if want == nil {
			want = reflect.Zero(reflect.TypeOf(got)).Interface()
		}
		if diff := cmp.Diff(want, got); diff != "" || a.status != tt.status {
			t.Errorf("%T, %.300q: %d, want %d, %.300s (-want +got)\n%s", got, tt.r, a.status, tt.status, a.body, diff)
		}
		if diff := cmp.Diff(tt.errors, a.errors()); diff != "" {
			t.Errorf("%T, %.300q: errors (-want +got)\n%s", got, tt.r, diff)
		}
	}
}

// A 415 says what would do.
func TestBindUnsupportedHeaders(t *testing.T) {
	tests := []struct {
		bind        binding
		header      []string
		key, accept string
	}{
		{bindAny[bindBodyJSON], []string{"Content-Type: text/plain"}, "Accept", "application/json"},
		{bindAny[bindBodyForm], []string{"Content-Type: text/plain"}, "Accept", "application/x-www-form-urlencoded, multipart/form-data"},
		{bindAny[bindBodyForm], []string{bindForm, "Content-Encoding: gzip"}, "Accept-Encoding", "identity"},
		{bindAny[bindBodyJSON], []string{bindJSON, "Content-Encoding: gzip"}, "Accept-Encoding", "identity"},
	}
	for _, tt := range tests {
		_, a := tt.bind(t, bindHTTP{header: tt.header, body: "{}"})
		if got := a.header.Get(tt.key); a.status != 415 || got != tt.accept {
			t.Errorf("%q: %d, %s %q, want 415, %q", tt.header, a.status, tt.key, got, tt.accept)
		}
	}
}

// What is known to fill no field, in a body.
func TestBindBodyRejectUnknown(t *testing.T) {
	tests := []struct {
		bind   binding
		r      bindHTTP
		errors []string
	}{
		{bindAny[bindBodyJSON], bindHTTP{header: []string{bindJSON}, body: `{"text":"a","x":1}`}, []string{"body x: is not known"}},
		{bindAny[bindBodyForm], bindHTTP{header: []string{bindForm}, body: "x=1&a=1&A=1"}, []string{"form x: is not known", "form A: is not known"}},
		{bindAny[bindBodyForm], bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"x", "", "1"}, bindPart{"a", "", "1"}, bindPart{"A", "f", "1"}, bindPart{"x", "f", ""})},
			[]string{"form A: is not known", "form x: is not known"}},
		{bindAny[bindBodyForm], bindHTTP{header: []string{bindForm}, body: "a=1&n=1&l=1&l=2"}, nil},
		{bindAny[bindBodyForm], bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"a", "", "1"})}, nil},
		{bindAny[bindBodyRawBytes], bindHTTP{target: "/x?x=1", body: "x=1"}, []string{"query x: is not known"}},
	}
	for _, tt := range tests {
		_, a := tt.bind(t, tt.r, RejectUnknown(true))
		if diff := cmp.Diff(tt.errors, a.errors()); diff != "" {
			t.Errorf("%q: %d, errors (-want +got)\n%s", tt.r, a.status, diff)
		}
		if _, a := tt.bind(t, tt.r); a.status != 200 {
			t.Errorf("%q without RejectUnknown: %d %s", tt.r, a.status, a.body)
		}
	}
}

// The limit holds for bodies of all kinds, announced or not.
func TestBindBodyLimit(t *testing.T) {
	form := bindParts(bindPart{"a", "", "12345"}, bindPart{"l", "f", "12345"})
	tests := []struct {
		bind   binding
		header string
		body   string
	}{
		{bindAny[bindBodyJSON], bindJSON, `{"text":"12345"}`},
		{bindAny[bindBodyForm], bindForm, "a=12345"},
		{bindAny[bindBodyFormMust], bindMultipart, bindParts(bindPart{"a", "", "12345"})},
		{bindAny[bindFileIn], bindMultipart, form},
		{bindAny[bindBodyRawBytes], "Content-Type: x/y", "12345"},
	}
	for _, tt := range tests {
		for _, chunked := range []bool{false, true} {
			n := int64(len(tt.body))
			r := bindHTTP{header: []string{tt.header}, body: tt.body, chunked: chunked}
			if _, a := tt.bind(t, r, BodyLimit(n-1)); a.status != 413 || a.header.Get("Connection") != "close" {
				t.Errorf("%q, limit %d: %d %q, want 413 and Connection: close", r, n-1, a.status, a.header)
			}
			if _, a := tt.bind(t, r, BodyLimit(n)); a.status != 200 {
				t.Errorf("%q, limit %d: %d %s, want 200", r, n, a.status, a.body)
			}
		}
	}
}

// Middleware may bind before the handler's turn, and so before a body that
// announces itself as too long has been refused.
func TestBindInAround(t *testing.T) {
	for _, r := range []bindHTTP{
		{header: []string{bindForm}, body: "a=12345"},
		{header: []string{bindMultipart}, body: bindParts(bindPart{"a", "", "12345"})},
	} {
		for over, want := range []int{200, 413} {
			first := Around(func(next Handler) Handler {
				return func(req *Request, res *Response) error {
					if _, err := Bind[bindBodyForm](req); err != nil {
						return err
					}
					return next(req, res)
				}
			})
			got, a := bindRun[bindBodyForm](t, "/x", r, first, BodyLimit(int64(len(r.body)-over)))
			if a.status != want || want == 200 && got.Body.A != "12345" {
				t.Errorf("%q, %d over the limit: %d %s, got %v, want %d", r, over, a.status, a.body, got, want)
			}
		}
	}
}

type bindFileIn struct {
	Body struct {
		A    string                  `form:"a"`
		One  *multipart.FileHeader   `form:"one"`
		List []*multipart.FileHeader `form:"l"`
	} `body:"form"`
}

type bindFileMust struct {
	Body struct {
		One  *multipart.FileHeader   `form:"one,required"`
		List []*multipart.FileHeader `form:"list,required"`
	} `body:"form"`
}

// bindContents returns the names and contents of files.
func bindContents(t testing.TB, files ...*multipart.FileHeader) (list []string) {
	t.Helper()
	for _, fh := range files {
		if fh == nil {
			continue
		}
		f, err := fh.Open()
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			t.Error(err)
		}
		list = append(list, fh.Filename+"="+string(b))
	}
	return list
}

func TestBindFiles(t *testing.T) {
	tests := []struct {
		parts  []bindPart
		one    []string
		list   []string
		errors []string
	}{
		{[]bindPart{{"one", "x.txt", "1"}}, []string{"x.txt=1"}, nil, nil},
		{[]bindPart{{"one", "x.txt", ""}}, []string{"x.txt="}, nil, nil},
		{[]bindPart{{"l", "b", "2"}, {"l", "a", "1"}}, nil, []string{"b=2", "a=1"}, nil},
		{[]bindPart{{"l", "../../etc/passwd", "1"}}, nil, []string{"passwd=1"}, nil},
		{[]bindPart{{"z", "z", "1"}}, nil, nil, nil},
		{[]bindPart{{"a", "", "x"}}, nil, nil, nil},
		{[]bindPart{{"one", "a", "1"}, {"one", "b", "2"}}, nil, nil, []string{"form one: must be there once"}},
		{[]bindPart{{"one", "", "text"}}, nil, nil, []string{"form one: must be a file"}},
		{[]bindPart{{"l", "", "text"}, {"l", "a", "1"}}, nil, nil, []string{"form l: must be a file"}},
		{[]bindPart{{"a", "f", "1"}, {"one", "", "text"}}, nil, nil, []string{"form a: must not be a file", "form one: must be a file"}},
	}
	for _, tt := range tests {
		r := bindHTTP{header: []string{bindMultipart}, body: bindParts(tt.parts...)}
		var one, list []string
		a := bindHandle(t, "/x", r, func(req *Request, res *Response) error {
			in, err := Bind[bindFileIn](req)
			one, list = bindContents(t, in.Body.One), bindContents(t, in.Body.List...)
			return err
		})
		if d1, d2, d3 := cmp.Diff(tt.one, one), cmp.Diff(tt.list, list), cmp.Diff(tt.errors, a.errors()); d1+d2+d3 != "" {
			t.Errorf("%q: %d (-want +got)\n%s%s%s", tt.parts, a.status, d1, d2, d3)
		}
	}
	must := []struct {
		r      bindHTTP
		errors []string
	}{
		{bindHTTP{}, []string{"form one: is required", "form list: is required"}},
		{bindHTTP{header: []string{bindForm}, body: "z=1"}, []string{"form one: is required", "form list: is required"}},
		{bindHTTP{header: []string{bindForm}, body: "one=1&list=1&list=2"}, []string{"form one: must be a file", "form list: must be a file"}},
		{bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"z", "z", ""})}, []string{"form one: is required", "form list: is required"}},
		{bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"one", "a", ""}, bindPart{"list", "b", ""})}, nil},
	}
	for _, tt := range must {
		_, a := bindRun[bindFileMust](t, "/x", tt.r)
		if diff := cmp.Diff(tt.errors, a.errors()); diff != "" {
			t.Errorf("%q: %d, errors (-want +got)\n%s", tt.r, a.status, diff)
		}
	}
}

// A browser sends an input of type file in which nothing was chosen as an empty
// part with an empty filename (HTML, "constructing the entry list"), which
// mime/multipart takes for a text. It is no file, and nothing is wrong with it.
func TestBindFileNotChosen(t *testing.T) {
	part := func(name string) string {
		return "--frontier\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n"
	}
	r := bindHTTP{header: []string{bindMultipart}, body: part("one") + part("l") + "--frontier--\r\n"}
	if got, a := bindRun[bindFileIn](t, "/x", r); a.status != 200 || got.Body.One != nil || got.Body.List != nil {
		t.Errorf("%q: %d %s, got %+v, want 200 and no file", r, a.status, a.body, got)
	}
	r.body = part("one") + part("list") + "--frontier--\r\n"
	_, a := bindRun[bindFileMust](t, "/x", r)
	if diff := cmp.Diff([]string{"form one: is required", "form list: is required"}, a.errors()); diff != "" {
		t.Errorf("%q: %d, errors (-want +got)\n%s", r, a.status, diff)
	}
}

// Large files lie in temporary files while the handler runs, and nothing is left
// of them after the answer, in whatever way the request came to the handler.
func TestBindTemporaryFiles(t *testing.T) {
	type key struct{}
	copied := Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
		})
	})
	wrapped := Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(struct{ http.ResponseWriter }{w}, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
		})
	})
	around := Around(func(next Handler) Handler {
		return func(req *Request, res *Response) error {
			req.Request = req.WithContext(context.WithValue(req.Context(), key{}, 1))
			return next(req, res)
		}
	})
	putBack := Around(func(next Handler) Handler {
		return func(req *Request, res *Response) error {
			before := req.Request
			defer func() { req.Request = before }()
			req.Request = req.WithContext(context.WithValue(req.Context(), key{}, 1))
			return next(req, res)
		}
	})
	big := strings.Repeat("0123456789abcdef", 1<<16+1) // 16 bytes over 1 MiB
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	count := func() int {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	spilled := func(t *testing.T) {
		if count() == 0 {
			t.Error("no temporary file, so that nothing is tested")
		}
	}
	bind := func(t *testing.T) Handler {
		return func(req *Request, res *Response) error {
			in, err := Bind[bindFileIn](req)
			if err != nil {
				return err
			}
			if got := bindContents(t, in.Body.One); len(got) != 1 || got[0] != "big="+big {
				t.Error("the file is not what was sent")
			}
			spilled(t)
			return res.End()
		}
	}
	plain := func(t *testing.T) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.ParseMultipartForm(1)
			f, _, err := r.FormFile("one")
			if err != nil {
				t.Error(err)
				return
			}
			f.Close()
			spilled(t)
		})
	}
	tests := []struct {
		name    string
		options []Option
		handler func(*testing.T) Handler
	}{
		{"Bind", nil, bind},
		{"Bind, copied in Use", []Option{copied}, bind},
		{"Bind, copied and wrapped in Use", []Option{wrapped}, bind},
		{"Bind, copied in Around", []Option{around}, bind},
		{"Bind, copied in Around and put back", []Option{putBack}, bind},
		{"Bind, copied by Timeout", []Option{Timeout(time.Hour)}, bind},
		{"Bind, copied by all", []Option{copied, wrapped, around, putBack, Timeout(time.Hour)}, bind},
		{"Bind, then an error", nil, func(t *testing.T) Handler {
			return func(req *Request, res *Response) error { bind(t)(req, res); return errors.New("late") }
		}},
		{"Bind, then a panic", nil, func(t *testing.T) Handler {
			return func(req *Request, res *Response) error { bind(t)(req, res); panic("late") }
		}},
		{"Bind, then copied", nil, func(t *testing.T) Handler {
			return func(req *Request, res *Response) error {
				err := bind(t)(req, res)
				req.Request = req.WithContext(context.WithValue(req.Context(), key{}, 1))
				return err
			}
		}},
		{"FormFile", nil, func(t *testing.T) Handler {
			return func(req *Request, res *Response) error { plain(t).ServeHTTP(res, req.Request); return nil }
		}},
		{"Use that goes no further", []Option{Use(func(http.Handler) http.Handler { return plain(t) })}, func(*testing.T) Handler { return routerOK }},
		{"Use that panics", []Option{Use(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { plain(t).ServeHTTP(w, r); panic("late") })
		})}, func(*testing.T) Handler { return routerOK }},
		{"FromHTTP", nil, func(t *testing.T) Handler { return FromHTTP(plain(t)) }},
		{"FromHTTP, copied in Use", []Option{copied}, func(t *testing.T) Handler { return FromHTTP(plain(t)) }},
		{"FromHTTP, copied in Around", []Option{around}, func(t *testing.T) Handler { return FromHTTP(plain(t)) }},
		{"FromHTTP, copied in Around and put back", []Option{putBack}, func(t *testing.T) Handler { return FromHTTP(plain(t)) }},
	}
	r := bindHTTP{target: "/g/x", header: []string{bindMultipart}, body: bindParts(bindPart{"one", "big", big})}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The router's Use runs before matching, and net/http sees to its
			// request; a group's runs after it.
			outer := tt.options
			if strings.HasPrefix(tt.name, "Use that ") {
				outer = nil
			}
			api := New(append([]Option{NoBodyLimit(), Logger(bindQuiet)}, outer...)...)
			api.Group("/g", tt.options...).Post("/x", tt.handler(t))
			bindServe(t, api, r.request(t))
			if n := count(); n != 0 {
				t.Errorf("%d temporary files are left", n)
				os.RemoveAll(dir)
				os.Mkdir(dir, 0o700)
			}
		})
	}
	// Where the body breaks off after a file has been begun, or is too long.
	for _, r := range []bindHTTP{
		{header: []string{bindMultipart}, body: r.body[:len(r.body)-100]},
		{header: []string{bindMultipart}, body: r.body, chunked: true},
	} {
		_, a := bindRun[bindFileIn](t, "/x", r, BodyLimit(int64(len(r.body)-50)))
		if n := count(); n != 0 || a.status < 400 {
			t.Errorf("a body that is cut: %d, %d temporary files are left", a.status, n)
		}
	}
}

var bindQuiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// Bind may be called again, with Bytes and JSON before and after it.
func TestBindAgain(t *testing.T) {
	type other struct {
		Body struct {
			N int `json:"n"`
		} `body:"json"`
		Q string `query:"q"`
	}
	r := bindHTTP{target: "/x?q=1", header: []string{bindJSON}, body: `{"text":"a","n":3}`}
	a := bindHandle(t, "/x", r, func(req *Request, res *Response) error {
		b1, err1 := req.Bytes()
		first, err2 := Bind[bindBodyJSON](req)
		second, err3 := Bind[bindBodyJSON](req)
		third, err4 := Bind[other](req)
		raw, err5 := Bind[bindBodyRawString](req)
		var v bindText
		err6 := req.JSON(&v)
		b2, err7 := io.ReadAll(req.Body)
		last, err8 := Bind[bindBodyJSON](req)
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
			return err
		}
		want := bindBodyJSON{bindText{"a", 3}}
		if first != want || second != want || last != want || v != want.Body || third.Body.N != 3 || third.Q != "1" ||
			raw.Body != r.body || string(b1) != r.body || string(b2) != r.body {
			t.Errorf("got %v, %v, %v, %v, %v, %v, %q, %q", first, second, third, raw, v, last, b1, b2)
		}
		return nil
	})
	if a.status != 204 {
		t.Errorf("JSON: %d %s", a.status, a.log)
	}
	// A form again, and after Bytes.
	for _, r := range []bindHTTP{
		{header: []string{bindForm}, body: "a=x&l=1"},
		{header: []string{bindMultipart}, body: bindParts(bindPart{"a", "", "x"}, bindPart{"l", "", "1"})},
	} {
		for _, bytesFirst := range []bool{false, true} {
			a := bindHandle(t, "/x", r, func(req *Request, res *Response) error {
				if bytesFirst {
					if b, err := req.Bytes(); err != nil || string(b) != r.body {
						t.Errorf("Bytes: %q, %v", b, err)
					}
				}
				for i := 0; i < 2; i++ {
					want := bindBodyForm{bindFields{"x", 5, []string{"1"}}}
					if got, err := Bind[bindBodyForm](req); err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("%q, Bytes first %v, call %d: got %v, %v, want %v", r, bytesFirst, i, got, err, want)
					}
					if got, err := Bind[bindBodyFormField](req); err != nil || got.Body.A != "x" {
						t.Errorf("%q, another type, Bytes first %v, call %d: got %v, %v", r, bytesFirst, i, got, err)
					}
				}
				return nil
			})
			if a.status != 204 {
				t.Errorf("%q: %d %s", r, a.status, a.log)
			}
		}
	}
	// What a failed Bind returned, it returns again.
	for _, r := range []bindHTTP{
		{header: []string{bindJSON}, body: `{"n":"x"}`},
		{header: []string{bindForm}, body: "n=x"},
		{header: []string{bindMultipart}, body: bindParts(bindPart{"n", "", "x"})},
	} {
		bindHandle(t, "/x", r, func(req *Request, res *Response) error {
			var texts []string
			for i := 0; i < 2; i++ {
				_, err1 := Bind[bindBodyJSON](req)
				_, err2 := Bind[bindBodyForm](req)
				texts = append(texts, fmt.Sprint(err1, err2))
			}
			if texts[0] != texts[1] {
				t.Errorf("%q: first %q, then %q", r, texts[0], texts[1])
			}
			return nil
		})
	}
}

// Once the handler itself has read from the body, it is gone: a mistake of the
// program, that must not look like a request without one.
func TestBindAfterRead(t *testing.T) {
	readers := map[string]func(*Request){
		"one byte":  func(req *Request) { req.Body.Read(make([]byte, 1)) },
		"all":       func(req *Request) { io.ReadAll(req.Body) },
		"ParseForm": func(req *Request) { req.ParseForm() },
		"a decoder": func(req *Request) { json.NewDecoder(req.Body).Decode(new(any)) },
	}
	tests := []struct {
		bind func(*Request) error
		r    bindHTTP
	}{
		{bindOnly[bindBodyJSON], bindHTTP{header: []string{bindJSON}, body: `{"n":1}`}},
		{bindOnly[bindBodyJSONPtr], bindHTTP{header: []string{bindJSON}, body: `{"n":1}`, chunked: true}},
		{bindOnly[bindBodyForm], bindHTTP{header: []string{bindForm}, body: "n=1"}},
		{bindOnly[bindBodyForm], bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"n", "", "1"})}},
		{bindOnly[bindBodyRawBytes], bindHTTP{header: []string{"Content-Type: a/b"}, body: "1"}},
	}
	for name, read := range readers {
		for _, tt := range tests {
			if name == "ParseForm" && tt.r.header[0] != bindForm {
				continue // does not read it
			}
			a := bindHandle(t, "/x", tt.r, func(req *Request, res *Response) error {
				read(req)
				return tt.bind(req)
			})
			if a.status != 500 || !strings.Contains(a.log, "the body has been read already") {
				t.Errorf("%s, then Bind of %q: %d, log %q, want 500 and the reason", name, tt.r, a.status, a.log)
			}
		}
	}
	// But a multipart form that the handler has parsed is not lost.
	r := bindHTTP{header: []string{bindMultipart}, body: bindParts(bindPart{"n", "", "1"})}
	bindHandle(t, "/x", r, func(req *Request, res *Response) error {
		if err := req.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
		}
		if got, err := Bind[bindBodyForm](req); err != nil || got.Body.N != 1 {
			t.Errorf("after ParseMultipartForm: got %v, %v", got, err)
		}
		return nil
	})
}

func bindOnly[T any](req *Request) error {
	v, err := Bind[T](req)
	if err == nil {
		return fmt.Errorf("Bind gave %+v", v)
	}
	return err
}

// What handlers do with what they were given stays their own.
func TestBindKeepsNothing(t *testing.T) {
	type In struct {
		IP bindIP `query:"ip" default:"1.2.3.4"`
	}
	for i := 0; i < 2; i++ {
		bindHandle(t, "/x", bindHTTP{}, func(req *Request, res *Response) error {
			in, err := Bind[In](req)
			if want := (bindIP{"1", "2", "3", "4"}); err != nil || !slices.Equal(in.IP, want) {
				t.Errorf("call %d: got %v, %v, want the default %v", i, in.IP, err, want)
			}
			in.IP[0] = "changed"
			return nil
		})
	}
}

// bindIP is a text that is kept in memory behind a pointer, as net.IP is.
type bindIP []string

func (ip *bindIP) UnmarshalText(b []byte) error {
	*ip = strings.Split(string(b), ".")
	return nil
}

// bindCalls counts the calls of the methods Validate below. They are as small as
// can be: the compiler puts such a method into the wrapper by which a struct
// that embeds it has it too, and the two must still be told apart.
var bindCalls struct{ value, pointer, hidden, body, generic, large, list int }

type (
	BindValue   struct{ V int }
	BindPointer struct{ P int }
	bindHidden  struct{ H int }
	BindBody    struct {
		N int `json:"n" form:"n"`
	}
	BindGeneric[T any] struct{ G T }
	BindLarge          struct{ L [8]int }
	bindCheckedList    []int
	bindCheckedBytes   []byte
)

// Query has the fields of T, which the types above do without.
type BindQuery struct {
	Q int `query:"q"`
}

func (BindValue) Validate() error         { bindCalls.value++; return nil }
func (*BindPointer) Validate() error      { bindCalls.pointer++; return nil }
func (bindHidden) Validate() error        { bindCalls.hidden++; return nil }
func (*BindBody) Validate() error         { bindCalls.body++; return nil }
func (g BindGeneric[T]) Validate() error  { bindCalls.generic++; return nil }
func (bindCheckedList) Validate() error   { bindCalls.list++; return nil }
func (*bindCheckedBytes) Validate() error { bindCalls.list++; return nil }

//go:noinline
func (l BindLarge) Validate() error {
	bindCalls.large++
	if len(fmt.Sprint(l.L)) == 0 {
		return errors.New("never")
	}
	return nil
}

// Validate is called once for each type that has it, however it is embedded.
// The embedded fields below are named after their types, and so have no tag;
// that is allowed within a JSON body, where the tags are encoding/json's.
func TestBindValidateOnce(t *testing.T) {
	type calls = struct{ value, pointer, hidden, body, generic, large, list int }
	type (
		inner    struct{ BindValue }
		twoDeep  struct{ inner }
		ambigous struct {
			BindValue
			BindPointer
		}
		atOffset struct {
			N int
			BindValue
		}
		ptrOffset struct {
			N int
			BindPointer
		}
		hidden      struct{ bindHidden }
		generic     struct{ BindGeneric[int] }
		genericPair struct {
			BindGeneric[string]
			BindGenericInt
		}
		large     struct{ BindLarge }
		largeDeep struct {
			N int
			large
		}
	)
	const obj = `{"V":1,"P":1,"G":1}`
	tests := []struct {
		name string
		bind binding
		body string
		want calls
	}{
		{"value receiver", bindAny[bindJSONOf[BindValue]], "{}", calls{value: 1}},
		{"pointer receiver", bindAny[bindJSONOf[BindPointer]], "{}", calls{pointer: 1}},
		{"behind a pointer", bindAny[bindJSONOf[*BindValue]], "{}", calls{value: 1}},
		{"pointer receiver behind a pointer", bindAny[bindJSONOf[*BindPointer]], "{}", calls{pointer: 1}},
		{"no body", bindAny[bindJSONOf[*BindValue]], "", calls{}},
		{"promoted", bindAny[bindJSONOf[inner]], "{}", calls{value: 1}},
		{"promoted behind a pointer", bindAny[bindJSONOf[*inner]], "{}", calls{value: 1}},
		{"promoted twice", bindAny[bindJSONOf[twoDeep]], "{}", calls{value: 1}},
		{"ambiguous", bindAny[bindJSONOf[ambigous]], "{}", calls{value: 1, pointer: 1}},
		{"promoted, not the first field", bindAny[bindJSONOf[atOffset]], "{}", calls{value: 1}},
		{"promoted pointer receiver, not the first field", bindAny[bindJSONOf[ptrOffset]], "{}", calls{pointer: 1}},
		{"promoted from an unexported type", bindAny[bindJSONOf[hidden]], "{}", calls{hidden: 1}},
		{"promoted through an unnamed struct", bindAny[bindJSONOf[struct{ BindValue }]], "{}", calls{value: 1}},
		{"own and embedded", bindAny[bindJSONOf[bindOwn]], "{}", calls{value: 1, list: 1}},
		{"own and embedded, pointer receivers", bindAny[bindJSONOf[bindOwnPointer]], "{}", calls{pointer: 1, list: 1}},
		{"not inlined", bindAny[bindJSONOf[large]], "{}", calls{large: 1}},
		{"not inlined, two deep", bindAny[bindJSONOf[largeDeep]], "{}", calls{large: 1}},
		{"generic", bindAny[bindJSONOf[BindGeneric[int]]], "{}", calls{generic: 1}},
		{"generic, of a struct", bindAny[bindJSONOf[BindGeneric[BindPaging]]], "{}", calls{generic: 1}},
		{"generic, behind a pointer", bindAny[bindJSONOf[*BindGeneric[string]]], "{}", calls{generic: 1}},
		{"generic, promoted", bindAny[bindJSONOf[generic]], "{}", calls{generic: 1}},
		{"generic, ambiguous", bindAny[bindJSONOf[genericPair]], "{}", calls{generic: 2}},
		{"no struct", bindAny[bindJSONOf[bindCheckedList]], "[]", calls{list: 1}},
		{"a struct elsewhere in the body", bindAny[bindJSONOf[struct{ F BindValue }]], "{}", calls{}},
		{"an embedded pointer in the body", bindAny[bindJSONOf[struct{ *BindValue }]], obj, calls{value: 1}},
		{"an embedded pointer in the body, absent", bindAny[bindJSONOf[struct{ *BindValue }]], "{}", calls{}},
		{"an embedded body", bindAny[bindEmbeddedBody], "{}", calls{body: 1}},
		{"T, value receiver", bindAny[bindValidT], "", calls{list: 1}},
		{"T, pointer receiver", bindAny[bindValidPointerT], "", calls{list: 1}},
		{"T, promoted", bindAny[struct{ bindValidT }], "", calls{list: 1}},
		{"T, own and promoted, with a body", bindAny[bindValidAll], "{}", calls{list: 2, body: 1, hidden: 1}},
		{"T, generic", bindAny[bindValidGeneric[int]], "", calls{generic: 1}},
		{"T, generic and promoted", bindAny[struct{ bindValidGeneric[string] }], "", calls{generic: 1}},
	}
	for _, tt := range tests {
		bindCalls = calls{}
		r := bindHTTP{target: "/x?q=1", body: tt.body}
		if tt.body != "" {
			r.header = []string{bindJSON}
		}
		_, a := tt.bind(t, r)
		if a.status != 200 || bindCalls != tt.want {
			t.Errorf("%s: %d %s, calls %+v, want %+v", tt.name, a.status, a.log, bindCalls, tt.want)
		}
		// Not before all else is right.
		bindCalls = calls{}
		bad := r
		bad.header, bad.body = []string{bindJSON}, `{"V":`
		if _, a := tt.bind(t, bad); tt.body != "" && (a.status != 400 || bindCalls != calls{}) {
			t.Errorf("%s, with a bad body: %d, calls %+v, want none", tt.name, a.status, bindCalls)
		}
		bindCalls = calls{}
		r.target = "/x?q=x"
		if _, a := tt.bind(t, r); a.status != 400 || bindCalls != (calls{}) {
			t.Errorf("%s, with a bad query: %d, calls %+v, want none", tt.name, a.status, bindCalls)
		}
	}
	// The other kinds of body.
	bindCalls = calls{}
	bindRun[struct {
		Body struct {
			bindFormPart
			BindFormChecked
		} `body:"form"`
	}](t, "/x", bindHTTP{header: []string{bindForm}, body: "n=1"})
	if bindCalls != (calls{value: 1}) {
		t.Errorf("a form: calls %+v, want one", bindCalls)
	}
	bindCalls = calls{}
	bindRun[struct {
		Body bindCheckedBytes `body:"bytes"`
	}](t, "/x", bindHTTP{body: "x"})
	if bindCalls != (calls{list: 1}) {
		t.Errorf("bytes: calls %+v, want one", bindCalls)
	}
}

// What is filled is used again, but for what the code of a type can hold on to.
func TestBindReused(t *testing.T) {
	type plain struct {
		Q    string   `query:"q"`
		N    int      `query:"n"`
		List []string `query:"l"`
		P    *int     `query:"p"`
		Body struct {
			A string
			M map[string]int
		} `body:"json"`
	}
	const full = "/x?q=a&n=1&l=a&l=b&p=1"
	for _, first := range []bindHTTP{
		{target: full, header: []string{bindJSON}, body: `{"A":"a","M":{"a":1}}`},
		{target: full + "&p=2", header: []string{bindJSON}, body: `{"A":"a","M":{"a":1}}`},
		{target: full, header: []string{bindJSON}, body: `{"A":"a","M":{"a":1},"B":`},
		{target: full, header: []string{bindJSON}, body: `{"M":{"a":1},"A":1}`},
		{target: full, header: []string{"Content-Type: text/plain"}, body: `{}`},
	} {
		for range 5 { // the race detector has pools forget
			bindRun[plain](t, "/x", first)
			if got, a := bindRun[plain](t, "/x", bindHTTP{header: []string{bindJSON}, body: `{}`}); a.status != 200 || !reflect.ValueOf(got).IsZero() {
				t.Errorf("after %q: %d %s, got %+v", first, a.status, a.body, got)
			}
		}
	}

	type body[B any] struct {
		Body B `body:"json"`
	}
	codec := JSONCodec(nil, func(_ []byte, v any) error {
		bindHeld = append(bindHeld, v.(*bindHolds))
		v.(*bindHolds).n = len(bindHeld)
		return nil
	})
	for _, tt := range []struct {
		name string
		bind func(*Request) error
		opts []Option
	}{
		{"Validate", bindOnly[bindHoldsValidate], nil},
		{"Validate of a part", bindOnly[struct{ bindHoldsValidate }], nil},
		{"Validate of the body", bindOnly[body[bindHoldsValidate]], nil},
		{"UnmarshalText", bindOnly[struct {
			V bindHoldsText `query:"q"`
		}], nil},
		{"UnmarshalJSON", bindOnly[body[bindHoldsJSON]], nil},
		{"UnmarshalJSON, within", bindOnly[body[struct{ V bindHoldsJSON }]], nil},
		{"a codec", bindOnly[body[bindHolds]], []Option{codec}},
	} {
		bindHeld = nil
		for range 10 {
			r := bindHTTP{target: "/x?q=1", header: []string{bindJSON}, body: `{"V":"1"}`}
			h := func(req *Request, _ *Response) error { return tt.bind(req) }
			bindHandle(t, "/x", r, h, tt.opts...)
		}
		for i, held := range bindHeld {
			if held.n != i+1 {
				t.Errorf("%s: what was kept of bind %d is now %d", tt.name, i+1, held.n)
			}
		}
		if len(bindHeld) != 10 {
			t.Errorf("%s: %d kept, want 10", tt.name, len(bindHeld))
		}
	}
}

// bindHeld is what types have kept of themselves.
var bindHeld []*bindHolds

type (
	bindHolds struct {
		V string `query:"q"`
		n int
	}
	bindHoldsValidate struct{ bindHolds }
	bindHoldsText     struct{ bindHolds }
	bindHoldsJSON     struct{ bindHolds }
)

func (h *bindHolds) hold() error {
	bindHeld = append(bindHeld, h)
	h.n = len(bindHeld)
	return nil
}
func (h *bindHoldsValidate) Validate() error        { return h.hold() }
func (h *bindHoldsText) UnmarshalText([]byte) error { return h.hold() }
func (h *bindHoldsJSON) UnmarshalJSON([]byte) error { return h.hold() }

type (
	bindJSONOf[B any] struct {
		Q    int `query:"q"`
		Body B   `body:"json"`
	}
	BindGenericInt = BindGeneric[int]
	bindOwn        struct{ BindValue }
	bindOwnPointer struct {
		N int
		BindPointer
	}
	bindEmbeddedBody struct {
		Q        int `query:"q"`
		BindBody `body:"json"`
	}
	bindValidT struct {
		Q int `query:"q"`
	}
	bindValidPointerT struct {
		Q int `query:"q"`
	}
	bindValidHidden struct {
		H int `query:"h"`
	}
	bindValidAll struct {
		bindValidT
		bindValidHidden
		Body BindBody `body:"json"`
	}
	bindValidGeneric[T any] struct {
		Q T   `query:"q2"`
		R int `query:"q"`
	}
	BindFormChecked struct {
		N int `form:"n"`
	}
)

func (o bindOwn) Validate() error          { bindCalls.list++; return o.BindValue.Validate() }
func (o *bindOwnPointer) Validate() error  { bindCalls.list++; return o.BindPointer.Validate() }
func (bindValidT) Validate() error         { bindCalls.list++; return nil }
func (*bindValidPointerT) Validate() error { bindCalls.list++; return nil }
func (bindValidHidden) Validate() error    { bindCalls.hidden++; return nil }
func (*bindValidAll) Validate() error      { bindCalls.list++; return nil }
func (bindValidGeneric[T]) Validate() error {
	bindCalls.generic++
	return nil
}
func (BindFormChecked) Validate() error { bindCalls.value++; return nil }

// bindVerdict is what the methods Validate of these types return, by name.
var bindVerdict map[string]error

type (
	bindRuled struct {
		Q string `query:"q"`
		BindRuledPart
		Body *BindRuledBody `body:"json"`
	}
	BindRuledPart struct {
		P string `query:"p"`
	}
	BindRuledBody struct {
		BindRuledInner
		B string `json:"b"`
	}
	BindRuledInner struct{ I string }
)

func (in *bindRuled) Validate() error     { return bindVerdict["T"] }
func (in BindRuledPart) Validate() error  { return bindVerdict["part"] }
func (in *BindRuledBody) Validate() error { return bindVerdict["body"] }
func (in BindRuledInner) Validate() error { return bindVerdict["inner"] }

// What Validate returns, and what becomes of it.
func TestBindValidateErrors(t *testing.T) {
	secret := errors.New("dsn=secret")
	f1 := FieldError{In: "query", Name: "q", Detail: "must not be so"}
	f2 := FieldError{In: "body", Name: "b", Detail: "must be other"}
	const (
		one   = `{"in":"query","name":"q","detail":"must not be so"}`
		two   = `{"in":"body","name":"b","detail":"must be other"}`
		plain = `{"title":"Unprocessable Entity","status":422}`
	)
	of1 := `{"title":"Unprocessable Entity","status":422,"detail":"1 field is wrong","errors":[` + one + `]}`
	of2 := `{"title":"Unprocessable Entity","status":422,"detail":"2 fields are wrong","errors":[` + one + `,` + two + `]}`
	both2 := `{"title":"Unprocessable Entity","status":422,"detail":"2 fields are wrong","errors":[` + two + `,` + one + `]}`
	tests := []struct {
		verdict map[string]error
		status  int
		body    string
		log     string // must be in it
	}{
		{nil, 200, "ok", ""},
		{map[string]error{"T": f1}, 422, of1, ""},
		{map[string]error{"T": &f1}, 422, of1, ""},
		{map[string]error{"T": errors.Join(f1, nil, &f2)}, 422, of2, ""},
		{map[string]error{"T": errors.Join(errors.Join(f1), errors.Join(f2))}, 422, of2, ""},
		{map[string]error{"T": fmt.Errorf("%w and %w", f1, f2)}, 422, of2, ""},
		{map[string]error{"part": f1}, 422, of1, ""},
		{map[string]error{"body": f1}, 422, of1, ""},
		{map[string]error{"inner": f1}, 422, of1, ""},
		{map[string]error{"inner": f1, "body": f2}, 422, of2, ""},
		{map[string]error{"body": f1, "T": f2}, 422, of2, ""},
		{map[string]error{"part": f1, "T": f2}, 422, of2, ""},
		{map[string]error{"inner": f2, "T": f1}, 422, both2, ""},
		{map[string]error{"T": secret}, 422, plain, "dsn=secret"},
		{map[string]error{"body": secret}, 422, plain, "dsn=secret"},
		{map[string]error{"T": fmt.Errorf("secret: %w", f1)}, 422, plain, "secret"},
		{map[string]error{"T": Errorf(409, "taken")}, 409, `{"title":"Conflict","status":409,"detail":"taken"}`, ""},
		{map[string]error{"T": fmt.Errorf("secret: %w", Errorf(409, "taken"))}, 409, `{"title":"Conflict","status":409,"detail":"taken"}`, "secret"},
		{map[string]error{"T": &Error{Status: 402, Title: "Pay"}}, 402, `{"title":"Pay","status":402}`, ""},
		{map[string]error{"part": f1, "T": Errorf(409, "taken")}, 409, `{"title":"Conflict","status":409,"detail":"taken"}`, ""},
		{map[string]error{"T": FieldError{In: "query", Detail: "must hold q or p"}}, 422,
			`{"title":"Unprocessable Entity","status":422,"detail":"the query must hold q or p","errors":[{"in":"query","detail":"must hold q or p"}]}`, ""},
	}
	defer func() { bindVerdict = nil }()
	r := bindHTTP{header: []string{bindJSON}, body: "{}"}
	for _, tt := range tests {
		bindVerdict = tt.verdict
		_, a := bindRun[bindRuled](t, "/x", r)
		if a.status != tt.status || a.body != tt.body || !strings.Contains(a.log, tt.log) {
			t.Errorf("%v: %d %s\nwant %d %s\nlog %s, want %q in it", tt.verdict, a.status, a.body, tt.status, tt.body, a.log, tt.log)
		}
		if strings.Contains(a.body, "secret") {
			t.Errorf("%v: the answer is %s", tt.verdict, a.body)
		}
	}
	// Fields beside another error are still fields; the other stays in the log.
	for _, verdict := range []map[string]error{
		{"T": errors.Join(f1, secret)},
		{"T": errors.Join(secret, f1)},
		{"part": f1, "T": secret},
	} {
		bindVerdict = verdict
		_, a := bindRun[bindRuled](t, "/x", r)
		if diff := cmp.Diff([]string{"query q: must not be so"}, a.errors()); a.status != 422 || diff != "" ||
			strings.Contains(a.body, "secret") || !strings.Contains(a.log, "dsn=secret") {
			t.Errorf("%v: %d %s, log %s (-want +got)\n%s", verdict, a.status, a.body, a.log, diff)
		}
	}
}

type bindPanics struct {
	Q int `query:"q"`
}

func (bindPanics) Validate() error { panic("dsn=secret") }

func TestBindValidatePanic(t *testing.T) {
	_, a := bindRun[bindPanics](t, "/x", bindHTTP{})
	if a.status != 500 || a.body != `{"title":"Internal Server Error","status":500}` || !strings.Contains(a.log, "dsn=secret") {
		t.Errorf("%d %s, log %s, want a plain 500 and the panic in the log", a.status, a.body, a.log)
	}
}

// Validate sees the fields filled.
func TestBindValidateSees(t *testing.T) {
	got, a := bindRun[bindSees](t, "/x", bindHTTP{target: "/x?q=1", header: []string{bindJSON}, body: `{"text":"a"}`})
	if a.status != 200 || got.seen != "1 a true" {
		t.Errorf("Validate saw %q, %d %s, want %q", got.seen, a.status, a.body, "1 a true")
	}
}

type bindSees struct {
	Q    string   `query:"q"`
	D    bool     `query:"d" default:"true"`
	Body bindText `body:"json"`
	seen string
}

func (in *bindSees) Validate() error {
	in.seen = fmt.Sprint(in.Q, " ", in.Body.Text, " ", in.D)
	return nil
}

type (
	bindRecursive struct {
		Name string          `json:"name"`
		Next *bindRecursive  `json:"next"`
		Kids []bindRecursive `json:"kids"`
		Map  map[string]*bindRecursive
	}
	bindPtrMeta struct{ M int }
	bindWithPtr struct{ *bindPtrMeta }
	bindMethods interface{ M() }
	bindDash    struct {
		//lint:ignore SA5008 it is what is to be refused
		A int `json:"-,"`
	}
)

// Every way in which a type can be at fault is found before a request is bound,
// and said in words that lead to the field.
func TestPlanFaults(t *testing.T) {
	tests := []struct {
		typ  reflect.Type
		want []string // in the message
	}{
		{reflect.TypeFor[int](), []string{"int is not a struct"}},
		{reflect.TypeFor[*BindPaging](), []string{"*apiroute.BindPaging is not a struct"}},
		{reflect.TypeFor[[]BindPaging](), []string{"is not a struct"}},
		{reflect.TypeFor[map[string]string](), []string{"is not a struct"}},
		{reflect.TypeFor[any](), []string{"is not a struct"}},
		{reflect.TypeFor[struct{ F int }](), []string{"F", "no tag"}},
		{reflect.TypeFor[struct {
			F int `json:"f"`
		}](), []string{"F", "no tag"}},
		{reflect.TypeFor[struct {
			F int `query:"f" path:"f"`
		}](), []string{"F", "two tags", "path", "query"}},
		{reflect.TypeFor[struct {
			F int `query:"f" body:"json" header:"f"`
		}](), []string{"F", "two tags", "query", "header", "body"}},
		{reflect.TypeFor[struct {
			f int `query:"f"`
		}](), []string{"field f", "not exported"}},
		{reflect.TypeFor[struct {
			bindText `body:"json"`
		}](), []string{"bindText", "not exported"}},
		{reflect.TypeFor[struct {
			F int `header:"X Bad: y"`
		}](), []string{"field F", "no header can have the name", `"X Bad: y"`}},
		{reflect.TypeFor[struct {
			F int `cookie:"a b;c"`
		}](), []string{"field F", "no cookie can have the name", `"a b;c"`}},
		{reflect.TypeFor[struct {
			F []byte `query:"f"`
		}](), []string{"field F", "no type for a query"}},
		{reflect.TypeFor[bindWhole[struct {
			*bindInner `json:",omitempty"`
		}]](), []string{"bindInner", "embedded pointer"}},
		{reflect.TypeFor[struct {
			F int `query:""`
		}](), []string{"F", "no name"}},
		{reflect.TypeFor[struct {
			F int `query:",required"`
		}](), []string{"F", "no name"}},
		{reflect.TypeFor[struct {
			F int `query:"f,optional"`
		}](), []string{"F", `"optional"`, "required"}},
		{reflect.TypeFor[struct {
			F int `query:"f,"`
		}](), []string{"F", `""`, "required"}},
		{reflect.TypeFor[struct {
			F int `query:"f,required,required"`
		}](), []string{"F", "required"}},
		{reflect.TypeFor[struct {
			F int `query:"f, required"`
		}](), []string{"F", "required"}},
		{reflect.TypeFor[struct {
			F int `query:"f"`
			G int `query:"f"`
		}](), []string{"F", "G", "query f"}},
		{reflect.TypeFor[struct {
			F int `header:"x-f"`
			G int `header:"X-F"`
		}](), []string{"F", "G", "header X-F"}},
		{reflect.TypeFor[struct {
			BindPaging
			P int `query:"page"`
		}](), []string{"BindPaging.Page", "P", "query page"}},
		{reflect.TypeFor[struct {
			F chan int `query:"f"`
		}](), []string{"F", "chan int", "query"}},
		{reflect.TypeFor[struct {
			F func() `header:"f"`
		}](), []string{"F", "func()", "header"}},
		{reflect.TypeFor[struct {
			F any `cookie:"f"`
		}](), []string{"F", "interface {}", "cookie"}},
		{reflect.TypeFor[struct {
			F map[string]string `path:"f"`
		}](), []string{"F", "map[string]string", "path"}},
		{reflect.TypeFor[struct {
			F complex128 `query:"f"`
		}](), []string{"F", "complex128"}},
		{reflect.TypeFor[struct {
			F uintptr `query:"f"`
		}](), []string{"F", "uintptr"}},
		{reflect.TypeFor[struct {
			F BindPaging `query:"f"`
		}](), []string{"F", "BindPaging"}},
		{reflect.TypeFor[struct {
			F []byte `query:"f"`
		}](), []string{"F", "[]uint8"}},
		{reflect.TypeFor[struct {
			F [2]int `query:"f"`
		}](), []string{"F", "[2]int"}},
		{reflect.TypeFor[struct {
			F **int `query:"f"`
		}](), []string{"F", "**int"}},
		{reflect.TypeFor[struct {
			F *[]int `query:"f"`
		}](), []string{"F", "*[]int"}},
		{reflect.TypeFor[struct {
			F []*int `query:"f"`
		}](), []string{"F", "[]*int"}},
		{reflect.TypeFor[struct {
			F [][]int `query:"f"`
		}](), []string{"F", "[][]int"}},
		{reflect.TypeFor[struct {
			F []string `cookie:"f"`
		}](), []string{"F", "[]string", "cookie"}},
		{reflect.TypeFor[struct {
			F *multipart.FileHeader `query:"f"`
		}](), []string{"F", "FileHeader", "query"}},
		{reflect.TypeFor[struct {
			F int `query:"f" default:"x"`
		}](), []string{"F", `"x"`, "must be an integer"}},
		{reflect.TypeFor[struct {
			F int8 `query:"f" default:"300"`
		}](), []string{"F", `"300"`, "-128 to 127"}},
		{reflect.TypeFor[struct {
			F int `query:"f" default:""`
		}](), []string{"F", `""`, "must be an integer"}},
		{reflect.TypeFor[struct {
			F time.Time `query:"f" default:"now"`
		}](), []string{"F", `"now"`}},
		{reflect.TypeFor[struct {
			F chan int `query:"f" default:"x"`
		}](), []string{"F", "chan int"}},
		{reflect.TypeFor[struct {
			F int `query:"f,required" default:"1"`
		}](), []string{"F", "takes no default"}},
		{reflect.TypeFor[struct {
			F int `path:"f" default:"1"`
		}](), []string{"F", "takes no default"}},
		{reflect.TypeFor[struct {
			F []int `query:"f" default:"1"`
		}](), []string{"F", "takes no default"}},
		{reflect.TypeFor[struct {
			F *int `query:"f" default:"1"`
		}](), []string{"F", "takes no default"}},
		{reflect.TypeFor[struct {
			Body struct {
				F *multipart.FileHeader `form:"f" default:"1"`
			} `body:"form"`
		}](), []string{"Body.F", "takes no default"}},
		{reflect.TypeFor[struct {
			Body bindText `body:"json" default:"{}"`
		}](), []string{"Body", "a body takes no default"}},
		{reflect.TypeFor[struct {
			A bindText `body:"json"`
			B bindText `body:"json"`
		}](), []string{"B", "second body"}},
		{reflect.TypeFor[struct {
			F bindText `body:"xml"`
		}](), []string{"F", `"xml"`, "json, form or bytes"}},
		{reflect.TypeFor[struct {
			F bindText `body:""`
		}](), []string{"F", `""`, "json, form or bytes"}},
		{reflect.TypeFor[struct {
			F bindText `body:"json,omitempty"`
		}](), []string{"F", `"omitempty"`}},
		{reflect.TypeFor[struct {
			F int `body:"form"`
		}](), []string{"F", "form", "struct", "int"}},
		{reflect.TypeFor[struct {
			F **bindFields `body:"form"`
		}](), []string{"F", "form", "struct"}},
		{reflect.TypeFor[struct {
			F map[string]string `body:"form"`
		}](), []string{"F", "form", "struct"}},
		{reflect.TypeFor[struct {
			F struct{ G int } `body:"form"`
		}](), []string{"F.G", "no tag"}},
		{reflect.TypeFor[struct {
			F struct {
				G int `query:"g"`
			} `body:"form"`
		}](), []string{"F.G", "form"}},
		{reflect.TypeFor[struct {
			F struct {
				G int `form:"g"`
				H int `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "F.H", "form g"}},
		{reflect.TypeFor[struct {
			F struct {
				G []multipart.FileHeader `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "multipart.FileHeader"}},
		{reflect.TypeFor[struct {
			F int `form:"f"`
		}](), []string{"F", "form", "body"}},
		{reflect.TypeFor[struct {
			F int `body:"bytes"`
		}](), []string{"F", "bytes", "int"}},
		{reflect.TypeFor[struct {
			F *[]byte `body:"bytes"`
		}](), []string{"F", "bytes", "*[]uint8"}},
		{reflect.TypeFor[struct {
			F []string `body:"bytes"`
		}](), []string{"F", "bytes", "[]string"}},
		{reflect.TypeFor[struct {
			F [4]byte `body:"bytes"`
		}](), []string{"F", "bytes", "[4]uint8"}},
		{reflect.TypeFor[struct {
			F chan int `body:"json"`
		}](), []string{"F", "chan int", "JSON"}},
		{reflect.TypeFor[struct {
			F struct{ G []func() } `body:"json"`
		}](), []string{"F.G", "func()", "JSON"}},
		{reflect.TypeFor[struct {
			F struct{ G map[string]complex64 } `body:"json"`
		}](), []string{"F.G", "complex64", "JSON"}},
		{reflect.TypeFor[struct {
			F bindDash `body:"json"`
		}](), []string{"F.A", `"-,"`, `json:"-"`}},
		{reflect.TypeFor[struct {
			F *[]map[string]bindDash `body:"json"`
		}](), []string{"F.A", `"-,"`}},
		{reflect.TypeFor[struct {
			F struct {
				//lint:ignore SA5008 it is what is to be refused
				A int `json:"-,omitempty"`
			} `body:"json"`
		}](), []string{"F.A", `"-,omitempty"`}},
		// What encoding/json refuses whatever the client sends.
		{reflect.TypeFor[struct {
			F bindMethods `body:"json"`
		}](), []string{"F", "bindMethods"}},
		{reflect.TypeFor[struct {
			F struct{ G error } `body:"json"`
		}](), []string{"F.G", "error"}},
		{reflect.TypeFor[struct {
			F map[bool]string `body:"json"`
		}](), []string{"F", "map[bool]string"}},
		{reflect.TypeFor[struct {
			F bindWithPtr `body:"json"`
		}](), []string{"F", "bindPtrMeta"}},
		// An embedded pointer is no embedded struct: nobody would fill it.
		{reflect.TypeFor[struct{ *BindPaging }](), []string{"BindPaging"}},
		{reflect.TypeFor[struct{ *bindSort }](), []string{"bindSort"}},
		// Nor is a struct that is one text: it has no fields to fill.
		{reflect.TypeFor[struct{ time.Time }](), []string{"Time"}},
		{reflect.TypeFor[struct {
			F struct{ *bindFormPart } `body:"form"`
		}](), []string{"F.bindFormPart"}},
		{reflect.TypeFor[struct{ bindMethods }](), nil}, // an unexported field without a tag
		// Faults come together.
		{reflect.TypeFor[struct {
			A int
			B chan int `query:"b,x" default:"1"`
			C int      `path:"c" default:"1"`
			D int      `body:"xml"`
		}](), []string{"field A", "field B", "chan int", `"x"`, "field C", "field D"}},
	}
	for _, tt := range tests {
		fault := planOf(tt.typ).fault
		if tt.want == nil {
			if fault != nil {
				t.Errorf("%v: %v, want no fault", tt.typ, fault)
			}
			continue
		}
		if fault == nil {
			t.Errorf("%v: no fault, want one with %q", tt.typ, tt.want)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(fault.Error(), want) {
				t.Errorf("%v: %v\nwant %q in it", tt.typ, fault, want)
			}
		}
	}
}

type bindInner struct{ A int }

// A bindColor is a byte with a text of its own.
type bindColor uint8

func (c *bindColor) UnmarshalText(text []byte) error { *c = bindColor(len(text)); return nil }

// A type that only looks odd is none at fault.
func TestPlanNoFault(t *testing.T) {
	types := []reflect.Type{
		reflect.TypeFor[struct{}](),
		reflect.TypeFor[struct{ note string }](),
		reflect.TypeFor[struct{ BindPaging }](),
		reflect.TypeFor[bindWhole[any]](),
		reflect.TypeFor[bindWhole[bindRecursive]](),
		reflect.TypeFor[bindWhole[*bindRecursive]](),
		reflect.TypeFor[bindWhole[map[int]json.RawMessage]](),
		reflect.TypeFor[bindWhole[time.Time]](),
		reflect.TypeFor[bindWhole[struct {
			A  chan int `json:"-"`
			b  chan int
			C  big.Int
			D  map[netip.Addr]int
			E  any
			Id int `query:"id"`
		}]](),
		reflect.TypeFor[struct {
			F []bindColor `query:"f"`
		}](),
		reflect.TypeFor[struct {
			A int `query:"a"`
			B int `path:"a"`
			C int `cookie:"a"`
			D int `header:"a"`
			E int `query:"A"`
		}](),
		reflect.TypeFor[struct {
			//lint:ignore SA5008 the JSON body never sees it
			A int `query:"a" json:"-,"`
		}](),
		reflect.TypeFor[struct {
			Body struct {
				bindFormPart
				note string
			} `body:"form"`
		}](),
	}
	for _, typ := range types {
		if err := planOf(typ).fault; err != nil {
			t.Errorf("%v: %v, want no fault", typ, err)
		}
	}
}

// In a plain handler a faulty type is a 500 at each call, and the reason is in
// the log and nowhere else.
func TestBindFaultyType(t *testing.T) {
	type noTag struct{ F int }
	type noSegment struct {
		ID   int    `path:"id"`
		Name string `path:"name"`
	}
	type wantsSlice struct {
		Slug string `path:"slug"`
	}
	type wantsOne struct {
		ID []string `path:"id"`
	}
	tests := []struct {
		path, target string
		bind         func(*Request) error
		log          []string
	}{
		{"/x", "/x", bindOnly[noTag], []string{"noTag", "field F", "no tag"}},
		{"/x", "/x", bindOnly[*noTag], []string{"is not a struct"}},
		{"/x/[id]", "/x/1", bindOnly[noSegment], []string{"noSegment", "field Name", "[name]"}},
		{"/x/id", "/x/id", bindOnly[noSegment], []string{"field ID", "[id]", "field Name", "[name]"}},
		{"/x/[...slug]", "/x/1", bindOnly[wantsSlice], []string{"wantsSlice", "field Slug", "[...slug]"}},
		{"/x/[[...slug]]", "/x/1", bindOnly[wantsSlice], []string{"field Slug", "[[...slug]]"}},
		{"/x/[id]", "/x/1", bindOnly[wantsOne], []string{"wantsOne", "field ID", "[id]"}},
	}
	for _, tt := range tests {
		for i := 0; i < 2; i++ {
			a := bindHandle(t, tt.path, bindHTTP{target: tt.target}, func(req *Request, res *Response) error { return tt.bind(req) })
			if a.status != 500 || a.body != `{"title":"Internal Server Error","status":500}` {
				t.Errorf("%s, call %d: %d %s, want a plain 500", tt.path, i, a.status, a.body)
			}
			for _, want := range append(tt.log, "level=ERROR", "apiroute: ") {
				if !strings.Contains(a.log, want) {
					t.Errorf("%s, call %d: log %s\nwant %q in it", tt.path, i, a.log, want)
				}
			}
		}
	}
}

// A type may have many fields, more than there are bits in a word.
func TestBindManyFields(t *testing.T) {
	for _, n := range []int{0, 1, 8, 9, 31, 32, 33, 60, 64, 65, 200} {
		for _, form := range []bool{false, true} {
			var fields []reflect.StructField
			values := url.Values{}
			for i := 0; i < n; i++ {
				tag := fmt.Sprintf(`query:"q%d,required"`, i)
				if form {
					tag = fmt.Sprintf(`form:"q%d,required"`, i)
				}
				fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[int](), Tag: reflect.StructTag(tag)})
				values.Set(fmt.Sprintf("q%d", i), strconv.Itoa(i+1))
			}
			typ := reflect.StructOf(fields)
			index := []int(nil)
			r := bindHTTP{target: "/x?" + values.Encode()}
			if form {
				typ = reflect.StructOf([]reflect.StructField{{Name: "Body", Type: typ, Tag: `body:"form"`}})
				index, r = []int{0}, bindHTTP{header: []string{bindForm}, body: values.Encode()}
			}
			p := planOf(typ)
			v := reflect.New(typ).Elem()
			a := bindHandle(t, "/x", r, func(req *Request, res *Response) error { return p.bind(req, v) })
			for i := 0; i < n; i++ {
				if got := v.FieldByIndex(append(slices.Clone(index), i)).Int(); got != int64(i+1) {
					t.Errorf("%d fields, form %v: field %d is %d, want %d", n, form, i, got, i+1)
				}
			}
			if a.status != 204 {
				t.Errorf("%d fields, form %v: %d %.200s", n, form, a.status, a.body)
			}
			a = bindHandle(t, "/x", bindHTTP{}, func(req *Request, res *Response) error {
				return p.bind(req, reflect.New(typ).Elem())
			})
			if got := len(a.errors()); got != n {
				t.Errorf("%d fields, form %v, none sent: %d errors", n, form, got)
			}
		}
	}
}

// A body that refers to itself has an end in each text.
func TestBindRecursive(t *testing.T) {
	got, a := bindRun[bindJSONOf[bindRecursive]](t, "/x", bindHTTP{header: []string{bindJSON},
		body: `{"name":"a","next":{"name":"b"},"kids":[{"name":"c","kids":[{}]}],"Map":{"d":{"name":"d"}}}`})
	want := bindRecursive{Name: "a", Next: &bindRecursive{Name: "b"}, Kids: []bindRecursive{{Name: "c", Kids: []bindRecursive{{}}}},
		Map: map[string]*bindRecursive{"d": {Name: "d"}}}
	if diff := cmp.Diff(want, got.Body); a.status != 200 || diff != "" {
		t.Errorf("%d %s (-want +got)\n%s", a.status, a.body, diff)
	}
	_, a = bindRun[bindJSONOf[bindRecursive]](t, "/x", bindHTTP{header: []string{bindJSON}, body: `{"kids":[{},{"next":{"name":1}}]}`})
	if diff := cmp.Diff([]string{"body kids[1].next.name: must be a string"}, a.errors()); diff != "" {
		t.Errorf("errors (-want +got)\n%s", diff)
	}
}

// Generic types are types.
func TestBindGeneric(t *testing.T) {
	type page[K any, B any] struct {
		Key  K   `query:"key"`
		Keys []K `query:"keys"`
		Body *B  `body:"json"`
	}
	got, a := bindRun[page[netip.Addr, bindText]](t, "/x", bindHTTP{target: "/x?key=::1&keys=::2&keys=::3", header: []string{bindJSON}, body: `{"n":1}`})
	if a.status != 200 || got.Key != netip.MustParseAddr("::1") || len(got.Keys) != 2 || got.Body.N != 1 {
		t.Errorf("got %+v, %d %s", got, a.status, a.body)
	}
	if err := planOf(reflect.TypeFor[page[chan int, bindText]]()).fault; err == nil || !strings.Contains(err.Error(), "Key") || !strings.Contains(err.Error(), "Keys") {
		t.Errorf("chan int as the key: fault %v, want one for Key and Keys", err)
	}
}

// Plans are made and used by many goroutines at once.
func TestBindConcurrent(t *testing.T) {
	type In struct {
		ID int `path:"id"`
		BindPaging
		Body bindRuledFree `body:"json"`
	}
	api := New(Logger(bindQuiet))
	api.Post("/x/[id]", func(req *Request, res *Response) error {
		in, err := Bind[In](req)
		if err != nil {
			return err
		}
		return res.Text(fmt.Sprint(in.ID, in.Page, in.Size, in.Body.N))
	})
	s := httptest.NewServer(api)
	defer s.Close()
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := 0; k < 20; k++ {
				n := i*1000 + k
				resp, err := http.Post(fmt.Sprintf("%s/x/%d?page=%d", s.URL, n, n+1), "application/json", strings.NewReader(fmt.Sprintf(`{"n":%d}`, n+2)))
				if err != nil {
					t.Error(err)
					return
				}
				got, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if want := fmt.Sprint(n, n+1, 20, n+2); string(got) != want {
					t.Errorf("request %d: got %s, want %s", n, got, want)
				}
				// A type that no one has seen, except that another goroutine may
				// come upon it at the same moment.
				typ := reflect.StructOf([]reflect.StructField{{Name: "F", Type: reflect.TypeFor[int](),
					Tag: reflect.StructTag(fmt.Sprintf(`query:"page" default:"%d" nr:"%d"`, k, k))}})
				p := planOf(typ)
				if planOf(typ) != p {
					t.Errorf("type %d has two plans", k)
				}
				req, _ := newExchange(nil, &http.Request{URL: &url.URL{}}, destination{match: standalone})
				v := reflect.New(typ).Elem()
				if err := p.bind(req, v); err != nil || v.Field(0).Int() != int64(k) {
					t.Errorf("type %d: got %v, %v", k, v, err)
				}
			}
		}()
	}
	wg.Wait()
}

type bindRuledFree struct {
	N int `json:"n"`
}

func (b *bindRuledFree) Validate() error {
	if b.N < 0 {
		return FieldError{"body", "n", "must not be negative"}
	}
	return nil
}

// Binding costs no more memory than what it fills.
func TestBindAllocs(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector allocates too")
		return
	}
	type In struct {
		Q     string        `query:"q"`
		Page  int           `query:"page"`
		Price float64       `query:"price"`
		OK    bool          `query:"ok"`
		Wait  time.Duration `query:"wait"`
	}
	req, _ := newExchange(nil, &http.Request{URL: &url.URL{RawQuery: "q=shoes&page=3&price=9.5&ok=1&wait=3s"}}, destination{match: standalone})
	got := testing.AllocsPerRun(200, func() {
		if in, err := Bind[In](req); err != nil || in.Page != 3 {
			t.Error(in, err)
		}
	})
	if got > 4 {
		t.Errorf("a query of 5 fields: %v allocations, want at most 4", got)
	}
	t.Logf("a query of 5 fields: %v allocations", got)
}
