package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// firstFault returns the name and the detail of the first fault, "" if there is
// none.
func firstFault(faults []FieldError) (path, detail string) {
	if faults == nil {
		return "", ""
	}
	return faults[0].Name, faults[0].Detail
}

// faultList returns what is wrong with a JSON text, a line for each fault.
func faultList[T any](doc string, c config) (list []string) {
	for _, f := range decodeJSON([]byte(doc), new(T), &c, jsonTarget{}) {
		list = append(list, f.Name+" "+f.Detail)
	}
	return list
}

func TestJSONFaultsAll(t *testing.T) {
	type item struct {
		Name  string    `json:"name"`
		Price float64   `json:"price"`
		At    time.Time `json:"at"`
	}
	type doc struct {
		ID    int8           `json:"id"`
		Items []item         `json:"items"`
		Map   map[string]int `json:"map"`
		Own   faultRange     `json:"own"`
		Any   any            `json:"any"`
	}
	reject := defaults
	reject.rejectUnknown = true
	got := faultList[doc](`{"id":300,"zz":[],"items":[{"name":1},{"price":"x","at":"y"},7],"map":{"a":true,"b":1},"own":{"from":3,"to":1},"any":[1e999]}`, reject)
	want := []string{"id must be an integer from -128 to 127", "zz is not known", "items[0].name must be a string", "items[1].price must be a number",
		"items[1].at must be a time such as 2006-01-02T15:04:05Z", "items[2] must be an object", "map.a must be an integer",
		"own is not of the right form", "any[0] is out of range"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	list := faultList[[]int]("["+strings.Repeat(`"x",`, 1000)+"1]", defaults)
	if len(list) != maxFaults || list[0] != "[0] must be an integer" || list[19] != "[19] must be an integer" {
		t.Errorf("got %d faults, want the first %d: %q", len(list), maxFaults, list)
	}
}

// A faultRange has two members that depend on each other, and refuses them with
// errors that are about another text.
type faultRange struct{ From, To int }

func (v *faultRange) UnmarshalJSON(b []byte) error {
	type plain faultRange
	if err := json.Unmarshal(b, (*plain)(v)); err != nil {
		return err
	}
	if v.From > v.To {
		return &json.UnmarshalTypeError{Value: "string", Type: reflect.TypeFor[string](), Offset: 3}
	}
	return nil
}

// A faultEnum says what its values are.
type faultEnum string

func (v *faultEnum) UnmarshalText(b []byte) error {
	switch string(b) {
	case "":
		return FieldError{}
	case "pointer":
		return &FieldError{Detail: "must not be a pointer"}
	case "a", "b":
		*v = faultEnum(b)
		return nil
	}
	return fmt.Errorf("enum: %w", FieldError{Detail: "must be a or b"})
}

// A faultMember names the member that it refuses.
type faultMember struct{ Name string }

func (v *faultMember) UnmarshalJSON(b []byte) error {
	var name string
	if err := json.Unmarshal(b, &name); err != nil {
		return errors.Join(errors.New("secret"), err)
	}
	return FieldError{In: "query", Name: name, Detail: "is taken"}
}

func TestJSONFaultsOfOwnCode(t *testing.T) {
	type doc struct {
		Note   string               `json:"note"`
		Range  faultRange           `json:"range"`
		Enum   faultEnum            `json:"enum"`
		Member *faultMember         `json:"member"`
		Enums  map[faultEnum]string `json:"enums"`
		At     time.Time            `json:"at"`
	}
	long := strings.Repeat("n", 1<<16)
	for _, tt := range []struct{ name, doc, want string }{
		{"an inner offset", `{"note":"` + long + `","range":"x"}`, "range is not of the right form"},
		{"an inner offset in an object", `{"note":"` + long + `","range":{"From":"x"}}`, "range is not of the right form"},
		{"an inner offset in the first bytes", `{"note":"a","range":{"From":3,"To":1}}`, "range is not of the right form"},
		{"a FieldError", `{"enum":"c"}`, "enum must be a or b"},
		{"a pointer to one", `{"enum":"pointer"}`, "enum must not be a pointer"},
		{"an empty one", `{"enum":""}`, "enum is not of the right form"},
		{"a wrong kind", `{"enum":1}`, "enum is not of the right form"},
		{"a FieldError with a name", `{"member":"a.b"}`, "member.a.b is taken"},
		{"a FieldError with an index", `{"member":"[2].c"}`, "member[2].c is taken"},
		{"a FieldError without a name", `{"member":""}`, "member is taken"},
		{"another error", `{"member":1}`, "member is not of the right form"},
		{"a key", `{"enums":{"a":"","c":""}}`, "enums.c must be a or b"},
		{"a time", `{"at":"2006-01-02"}`, "at must be a time such as 2006-01-02T15:04:05Z"},
	} {
		if got := faultList[doc](tt.doc, defaults); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s: %.100s: got %q, want %q", tt.name, tt.doc, got, tt.want)
		}
	}
	for _, tt := range []struct {
		got  []string
		want string
	}{
		{faultList[faultRange](`{"From":3,"To":1}`, defaults), " is not of the right form"},
		{faultList[[]faultRange](`[{"From":1,"To":1},{"From":3,"To":1}]`, defaults), "[1] is not of the right form"},
		{faultList[faultMember](`"a"`, defaults), "a is taken"},
	} {
		if len(tt.got) != 1 || tt.got[0] != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestJSONFaultsOfStringOption(t *testing.T) {
	type doc struct {
		I int8        `json:"i,string"`
		U *uint       `json:"u,string"`
		F float32     `json:"f,string"`
		B bool        `json:"b,string"`
		S string      `json:"s,string"`
		N json.Number `json:"n,string"`
		E faultEnum   `json:"e,string"`
	}
	for _, tt := range []struct{ doc, want string }{
		{`{"i":1}`, "i must be a string that holds an integer"},
		{`{"i":"x"}`, "i must be a string that holds an integer"},
		{`{"i":"128"}`, "i must be a string that holds an integer from -128 to 127"},
		{`{"i":{}}`, "i must be a string that holds an integer"},
		{`{"u":"-1"}`, "u must be a string that holds an integer from 0 to " + strconv.FormatUint(uint64(^uint(0)), 10)},
		{`{"f":1.5}`, "f must be a string that holds a number"},
		{`{"f":"x"}`, "f must be a string that holds a number"},
		{`{"f":"1e39"}`, "f is out of range"},
		{`{"b":true}`, "b must be a string that holds true or false"},
		{`{"b":"yes"}`, "b must be a string that holds true or false"},
		{`{"s":1}`, "s must be a string that holds a string"},
		{`{"s":"a"}`, "s must be a string that holds a string"},
		{`{"n":"x"}`, "n must be a string that holds a number"},
		{`{"i":"127","u":null,"f":"1.5","b":"true","s":"\"a\"","n":"1"}`, ""},
	} {
		if got := strings.Join(faultList[doc](tt.doc, defaults), ", "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.doc, got, tt.want)
		}
	}
}

// What a value before has changed is decoded into, as encoding/json does.
func TestJSONFaultsInInterface(t *testing.T) {
	var inner struct{ A int }
	var dst any = &inner
	if got := decodeJSON([]byte(`{"A":"x"}`), &dst, &defaults, jsonTarget{}); len(got) != 1 || got[0] != (FieldError{In: "body", Name: "A", Code: "type", Detail: "must be an integer"}) {
		t.Errorf("got %q", got)
	}
	dst = &dst
	if got := heldValue(dst).Type(); got != reflect.TypeFor[*any]() {
		t.Errorf("a pointer to itself: got %v", got)
	}
	var nested struct{ V any }
	nested.V = &inner
	if got := decodeJSON([]byte(`{"V":{"A":"x"}}`), &nested, &defaults, jsonTarget{}); len(got) != 1 || got[0] != notInteger.of("body", "") {
		t.Errorf("deeper: got %q", got) // no type says where
	}
}

// A faultPanics panics.
type faultPanics struct{}

func (*faultPanics) UnmarshalJSON([]byte) error { panic("own code") }

// faultRefuses refuses everything, so that encoding/json may stop at it.
type faultRefuses struct{}

func (*faultRefuses) UnmarshalJSON([]byte) error { return errors.New("no") }

// Code that panics while the walk asks about a value has found no fault: encoding/json may have
// decoded the value, into a destination that was prepared for it.
func TestJSONFaultsPanic(t *testing.T) {
	got := faultList[struct {
		A faultRefuses
		B faultPanics
	}](`{"A":1,"B":2}`, defaults)
	if len(got) != 1 || !strings.HasPrefix(got[0], "A") {
		t.Errorf("got %q, want A alone", got)
	}
}

func TestJSONPathIsCut(t *testing.T) {
	deep := strings.Repeat(`{"0123456789":[`, 100) + "1e999" + strings.Repeat("]}", 100)
	got, _ := firstFault(decodeJSON([]byte(deep), new(any), &defaults, jsonTarget{}))
	if want := strings.TrimPrefix(strings.Repeat(".0123456789[0]", 15), "."); !strings.HasPrefix(got, want[:200]) || !strings.HasSuffix(got, "…") || len(got) > 250 {
		t.Errorf("got %q, %d bytes, want it cut after 200 bytes or so", got, len(got))
	}
}

type (
	// A cutPlain has no code of its own.
	cutPlain struct {
		Name string         `json:"name"`
		N    []any          `json:"n"`
		M    map[string]any `json:"m"`
		P    *cutPlain      `json:"p"`
		L    []float64      `json:"l"`
	}

	// A cutOwn decodes a part by code of its own.
	cutOwn struct {
		cutPlain
		At  time.Time `json:"at"`
		Own agreeJSON `json:"own"`
	}
)

// TestJSONSyntaxOffset cuts texts off and spoils them at every byte. The offset
// must not depend on whether code of a type's own may have decoded a part, and be
// the length of a text that merely ends too soon.
func TestJSONSyntaxOffset(t *testing.T) {
	doc := ` {"name" : "a\"\u00e9\ud83d\ude00ü" , "n":[ -12.5e+3,0, true,false,null ,[] , {}],"m":{"a":{"k":" "}} , "p":{"name":"\\"}, "l":[1.5, 2] } `
	for end := range doc {
		for _, c := range []string{"", " ", "x", "}", "]", ",", ":", `"`, "\\", "1", "e", "\x01"} {
			cut := doc[:end] + c
			if strings.TrimSpace(cut) == "" || json.Valid([]byte(cut)) {
				continue
			}
			path, detail := firstFault(decodeJSON([]byte(cut), new(cutPlain), &defaults, jsonTarget{plain: true}))
			var offset int
			if n, _ := fmt.Sscanf(detail, "is not valid JSON at offset %d", &offset); n != 1 || path != "" || offset > len(cut) {
				t.Fatalf("%q: %q %q", cut, path, detail)
			}
			if c == "" && offset != len(cut) && !(jsonV2 && len(cut)-offset <= len(`\ud83d\ude00`)) {
				t.Errorf("%q: offset %d, want the end, %d", cut, offset, len(cut))
			}
			for _, codec := range []bool{false, true} {
				c := defaults
				if codec {
					c.unmarshal = json.Unmarshal
				}
				if _, unsure := firstFault(decodeJSON([]byte(cut), new(cutOwn), &c, jsonTarget{})); unsure != detail {
					t.Errorf("%q: %q, but %q if own code may decode, codec %t", cut, detail, unsure, codec)
				}
			}
		}
	}
}

// TestJSONSpaceInLiteral breaks literals with a space, which is not the end of the text.
func TestJSONSpaceInLiteral(t *testing.T) {
	for doc, want := range map[string]string{`{"a":tr ue}`: "7", `[nul ]`: "4", `[tru`: "4", `[tru `: "4", `tr ue`: "2"} {
		if jsonV2 {
			want = "" // its offsets are its own
		}
		_, detail := firstFault(decodeJSON([]byte(doc), new(any), &defaults, jsonTarget{plain: true}))
		if !strings.HasPrefix(detail, "is not valid JSON at offset ") || !strings.HasSuffix(detail, want) {
			t.Errorf("%s: %s, want offset %s", doc, detail, want)
		}
	}
}

// TestJSONSyntaxMessages guards what json_v1.go reads from encoding/json's
// messages.
func TestJSONSyntaxMessages(t *testing.T) {
	for _, cut := range []string{`{"a":"b`, `[1,`, `{"a`, `{"a":[`, `"`, `tru`, `-`, `1e`, `"\u12`, `{"a":1`} {
		var syntax *json.SyntaxError
		if !errors.As(json.Unmarshal([]byte(cut), new(any)), &syntax) {
			t.Fatalf("%s: no syntax error", cut)
		}
		if message := syntax.Error(); syntax.Offset != int64(len(cut)) && !jsonV2 ||
			message != "unexpected end of JSON input" && !strings.HasPrefix(message, "invalid character ' ' ") {
			t.Errorf("%s: offset %d, %q", cut, syntax.Offset, message)
		}
	}
}

// A body that breaks off must be refused without a copy of it.
func TestJSONCutOffCost(t *testing.T) {
	for name, tail := range map[string]string{"a string": `,"name":"abc`, "an array": `,"l":[1,`, "a name": `,"na`} {
		data := []byte(`{"m":{"k":"` + strings.Repeat("x", 1<<20) + `"}` + tail)
		var dst struct{ N int } // nothing of the text is stored
		var detail string
		n := allocated(func() { _, detail = firstFault(decodeJSON(data, &dst, &defaults, jsonTarget{plain: true})) })
		if want := "is not valid JSON at offset " + strconv.Itoa(len(data)); detail != want {
			t.Errorf("%s: got %q, want %q", name, detail, want)
		}
		if n > 1<<18 {
			t.Errorf("%s: %d bytes are allocated to refuse %d", name, n, len(data))
		}
	}
}

// allocated returns how many bytes a function allocates.
func allocated(f func()) int {
	f() // what is kept for the next time
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// A costDoc is as deep as its text, and counts what it is made from.
type costDoc struct {
	K    []costDoc      `json:"k"`
	N    int            `json:"n"`
	Name string         `json:"name"`
	M    map[string]int `json:"m"`
	C    costCounted    `json:"c"`
	A    any            `json:"a"`
}

type costCounted struct{}

var costSeen []string

func (*costCounted) UnmarshalJSON(data []byte) error {
	costSeen = append(costSeen, string(data))
	if string(data) == `"no"` {
		return errors.New("no")
	}
	return nil
}

// costTexts are bodies in which a value is wrong, and what stands there in a
// right body.
var costTexts = []struct{ name, doc, wrong, right string }{
	{"nested", strings.Repeat(`{"k":[{},`, 40) + `{"n":@}` + strings.Repeat("]}", 40), `"x"`, "1"},
	{"a list of objects", `{"k":[` + strings.Repeat(`{"name":"abc","n":1,"m":{"a":1}},`, 4999) + `{"name":"abc","n":@,"m":{"a":1}}]}`, `"x"`, "1"},
	{"all wrong", `{"k":[` + strings.Repeat(`{"n":@},`, 131_000) + `{}]}`, `"x"`, "100"},
	{"all wrong in a map", `{"m":{` + costNames(60_000) + `"z":@}}`, `"x"`, "1"},
	{"all escaped", `{"m":{` + strings.ReplaceAll(costNames(60_000), "k", `\u006b`) + `"z":@}}`, `"x"`, "1"},
	{"unknown names", `{"q":{` + costNames(60_000) + `"z":1},"n":@}`, `"x"`, "1"},
	{"untyped", `{"a":{` + costNames(60_000) + `"z":@}}`, "1e999", "1e99"},
	{"own code", `{"k":[` + strings.Repeat(`{"c":"yes"},`, 20_000) + `{"c":@}]}`, `"no"`, `"ja"`},
	{"strings", `{"k":[` + strings.Repeat(`{"name":"`+strings.Repeat("abcdefgh", 12)+`"},`, 5_000) + `{"name":@}]}`, "1", `""`},
	{"numbers", `{"a":[` + strings.Repeat("1.25,", 100_000) + `@]}`, "1e999", "1e99"},
	{"space", `{"k":[` + strings.Repeat(" \n\t", 100_000) + `],"n":@}`, `"x"`, "1"},
}

func costNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%x":0,`, i)
	}
	return b.String()
}

// TestJSONFaultsCost holds the memory that it takes to refuse a body to that of
// taking a right one of the same size, and the texts that own code sees to those
// that were sent.
func TestJSONFaultsCost(t *testing.T) {
	for _, tt := range costTexts {
		right, wrong := []byte(strings.ReplaceAll(tt.doc, "@", tt.right)), []byte(strings.ReplaceAll(tt.doc, "@", tt.wrong))
		var detail string
		take := allocated(func() {
			costSeen = nil
			_, detail = firstFault(decodeJSON(right, new(costDoc), &defaults, jsonTarget{}))
		})
		if detail != "" {
			t.Fatalf("%s: the right body %s", tt.name, detail)
		}
		refuse := allocated(func() {
			costSeen = nil
			_, detail = firstFault(decodeJSON(wrong, new(costDoc), &defaults, jsonTarget{}))
		})
		if detail == "" {
			t.Fatalf("%s: the wrong body is taken", tt.name)
		}
		if refuse > 4*take+2*len(wrong)+1<<14 {
			t.Errorf("%s: %d bytes are allocated to refuse a body of %d, %d to take a right one", tt.name, refuse, len(wrong), take)
		}
		seen := 0
		for _, text := range costSeen {
			if text != `"yes"` && text != `"no"` {
				t.Fatalf("%s: own code sees %s, which nobody sent", tt.name, text)
			}
			seen += len(text)
		}
		if seen > 2*len(wrong) {
			t.Errorf("%s: own code sees %d bytes of %d", tt.name, seen, len(wrong))
		}
	}
}

// TestJSONFaultsLinear compares the walk through a body with that through one of
// twice the length.
func TestJSONFaultsLinear(t *testing.T) {
	for _, tt := range []struct {
		name string
		doc  func(n int) string
	}{
		{"wide", func(n int) string { return `{"k":[` + strings.Repeat(`{"n":1},`, n) + `{"n":"x"}]}` }},
		{"deep", func(n int) string { return strings.Repeat(`{"k":[{},`, n/8) + `{"n":"x"}` + strings.Repeat("]}", n/8) }},
		{"names", func(n int) string { return `{"m":{` + costNames(n) + `"z":"x"}}` }},
	} {
		cost := func(n int) int {
			doc := []byte(tt.doc(n))
			return allocated(func() {
				w := jsonWalk{data: doc, namesOnce: true}
				w.run(goTypeOf(reflect.TypeFor[costDoc]()), &rules{}, errors.New("no fault is found"))
			})
		}
		if one, two := cost(8_000), cost(16_000); two > one*5/2 {
			t.Errorf("%s: %d bytes are allocated, %d for twice the length", tt.name, one, two)
		}
	}
}

// BenchmarkJSONFaults shows what it costs to refuse a body, beside a right one.
func BenchmarkJSONFaults(b *testing.B) {
	for _, tt := range costTexts {
		for _, value := range []string{tt.right, tt.wrong} {
			data := []byte(strings.ReplaceAll(tt.doc, "@", value))
			b.Run(strings.ReplaceAll(tt.name, " ", "-")+map[bool]string{true: "/right", false: "/wrong"}[value == tt.right], func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				for range b.N {
					costSeen = costSeen[:0]
					decodeJSON(data, new(costDoc), &defaults, jsonTarget{})
				}
			})
		}
	}
}

// TestUnquote holds the reading of strings to encoding/json.
func TestUnquote(t *testing.T) {
	for _, token := range []string{`""`, `"a"`, `"\""`, `"\\"`, `"a\/b\bc\f\n\r\t"`, `"\u0061b"`, `"\ud83d\ude00"`, `"\uD83D\uDE00x"`, `"ü\u00fc"`, `"\u0000"`,
		`"\ud800"`, `"\ud800a"`, `"\udc00"`, `"\ud800\ud800"`, `"\ud800\u0041"`, `"\ud800\n"`, `"\ud800\ud83d\ude00"`, `"\udc00\ud800"`, `"\ufffd"`} {
		var want string
		if err := json.Unmarshal([]byte(token), &want); err != nil {
			t.Fatal(err)
		}
		got, isUnicode := unquote(token)
		lone := strings.Contains(want, "\ufffd") && token != `"\ufffd"`
		if got != want || isUnicode == lone {
			t.Errorf("%s: %q, Unicode: %t; want %q, %t", token, got, isUnicode, want, !lone)
		}
	}
}

func TestIsNumber(t *testing.T) {
	for _, s := range []string{"", "-", "0", "-0", "1", "01", "-01", "10", "1.", "1.5", ".5", "1.5.", "1e", "1e5", "1E+5", "1e-", "1e+05", "1x", "x", "+1", "0x1", "1e5x", "NaN", "1_0", " 1", "1 ", "--1"} {
		if got, want := isNumber(s), json.Valid([]byte(s)) && strings.TrimSpace(s) == s; got != want {
			t.Errorf("%q: got %t, want %t", s, got, want)
		}
	}
}

// TestFoldName holds the folding of names to strings.EqualFold.
func TestFoldName(t *testing.T) {
	names := []string{"", "k", "K", "\u212a", "s", "ſ", "ß", "ẞ", "SS", "σ", "ς", "Σ", "i", "ı", "İ", "é", "É", "_", "-"}
	for _, a := range names {
		for _, b := range names {
			if got, want := string(foldName(nil, a)) == string(foldName(nil, b)), strings.EqualFold(a, b); got != want {
				t.Errorf("%q and %q: got %t, want %t", a, b, got, want)
			}
		}
	}
}

// TestJSONPathRelation spoils every value of random documents.
func TestJSONPathRelation(t *testing.T) {
	n := 0
	for seed := range int64(3000) {
		r := rand.New(rand.NewSource(seed))
		var b bytes.Buffer
		respDocument(r, &b, 1+r.Intn(6))
		doc := b.Bytes()
		for _, place := range respPlaces(t, doc) {
			if len(place.path) > maxJSONPath || strings.IndexByte("[{", doc[place.start]) >= 0 || !place.value {
				continue
			}
			n++
			spoilt := string(doc[:place.start]) + "1e999" + string(doc[place.end:])
			w := jsonWalk{data: []byte(spoilt)}
			faults := w.run(goTypeOf(reflect.TypeFor[any]()), &rules{}, errors.New("no fault is found"))
			if len(faults) != 1 || faults[0].Name != place.path || faults[0].Detail != "is out of range" {
				t.Fatalf("seed %d: %s: got %q, want %q", seed, spoilt, faults, place.path)
			}
		}
	}
	if n < 3000 {
		t.Errorf("only %d values: the test shows little", n)
	}
}

// A respPlace is where a value of a JSON text is, found by reading its tokens.
type respPlace struct {
	start, end int
	path       string
	value      bool // not a name
}

var respPlain = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// respPlaces is the slow reference for the path of a walk.
func respPlaces(t *testing.T, doc []byte) (places []respPlace) {
	d := json.NewDecoder(bytes.NewReader(doc))
	var walk func(path string)
	next := func() (json.Token, int) {
		from := int(d.InputOffset())
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		for strings.IndexByte(" \t\r\n,:", doc[from]) >= 0 {
			from++
		}
		return token, from
	}
	walk = func(path string) {
		token, start := next()
		places = append(places, respPlace{start, int(d.InputOffset()), path, true})
		switch token {
		case json.Delim('['):
			for i := 0; d.More(); i++ {
				walk(path + "[" + strconv.Itoa(i) + "]")
			}
		case json.Delim('{'):
			for d.More() {
				token, nameAt := next()
				name := token.(string)
				inner := path + "." + name
				if !respPlain.MatchString(name) {
					inner = path + "[" + strconv.Quote(name) + "]"
				}
				inner = strings.TrimPrefix(inner, ".")
				places = append(places, respPlace{nameAt, int(d.InputOffset()), inner, false})
				walk(inner)
			}
		default:
			return
		}
		next()
	}
	walk("")
	return places
}

// respDocument makes a random JSON text with much of what is hard to skip.
func respDocument(r *rand.Rand, b *bytes.Buffer, depth int) {
	pick := func(list ...string) string { return list[r.Intn(len(list))] }
	space := func() { b.WriteString(pick("", "", "", " ", "\n", "\t\r ")) }
	text := func() {
		b.WriteString(`"` + pick("", "a", "name", "user-id", "a.b", "a b", "ü", "日本", `\"`, `\\`, `\\\"`, `\u0022`, `\u007b`,
			"{", "[", "}]", ",", ":", `\n\t`, `{\"a\":[1,2]}`, "[0]", `\ud83d\ude00`, "1", "_") + `"`)
	}
	space()
	kind := r.Intn(8)
	if depth == 0 {
		kind = 2 + r.Intn(6)
	}
	switch kind {
	case 0, 1:
		b.WriteByte("{["[kind])
		space()
		for i := range r.Intn(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			if kind == 0 {
				space()
				text()
				space()
				b.WriteByte(':')
			}
			respDocument(r, b, depth-1)
		}
		space()
		b.WriteByte("}]"[kind])
	case 2, 3, 4:
		text()
	default:
		b.WriteString(pick("null", "true", "false", "0", "-1.5e+10", "123", "1E5"))
	}
	space()
}
