package apiroute_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The body must say that it is JSON, in UTF-8 and without an encoding.
func TestRequestJSONMediaType(t *testing.T) {
	t.Parallel()
	const mustBeJSON = "the Content-Type must be application/json"
	for _, test := range []struct {
		contentType string // "-" is none
		encoding    string
		status      int
		detail      string
		header      [2]string // of the response
	}{
		{"application/json", "", 204, "", [2]string{}},
		{"Application/JSON", "", 204, "", [2]string{}},
		{"application/json;", "", 204, "", [2]string{}},
		{"application/json; charset=utf-8", "", 204, "", [2]string{}},
		{`application/json;charset="UTF-8"`, "", 204, "", [2]string{}},
		{"application/json; CHARSET=Utf-8; x=y", "", 204, "", [2]string{}},
		{"application/problem+json", "", 204, "", [2]string{}},
		{"application/vnd.api+JSON; charset=utf-8", "", 204, "", [2]string{}},
		{"application/json", "identity", 204, "", [2]string{}},
		{"application/json", "Identity", 204, "", [2]string{}},
		{"-", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"text/plain", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/x-www-form-urlencoded", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"multipart/form-data; boundary=x", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/jsonevil", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json+x", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"text/json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{`text/plain; x="application/json"`, "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"text/plain; x=a+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},     // no type
		{"evil+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}}, // no subtype
		{"/+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},    // neither
		{"a/b, a/c+json", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json, text/plain", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json; charset=utf-8; charset=latin1", "", 415, mustBeJSON, [2]string{"Accept", "application/json"}},
		{"application/json; charset=utf-16", "", 415, "the charset of the body must be utf-8", [2]string{"Accept", "application/json"}},
		{"application/json; charset=latin1", "", 415, "the charset of the body must be utf-8", [2]string{"Accept", "application/json"}},
		{"application/json; charset=", "", 400, "the Content-Type header has a malformed parameter", [2]string{}},
		{`application/json; charset=""`, "", 415, "the charset of the body must be utf-8", [2]string{"Accept", "application/json"}},
		{"application/json; =", "", 400, "the Content-Type header has a malformed parameter", [2]string{}},
		{"application/json; charset", "", 400, "the Content-Type header has a malformed parameter", [2]string{}},
		{"application/json", "gzip", 415, "the body must not be encoded", [2]string{"Accept-Encoding", "identity"}},
		{"application/json", "identity, gzip", 415, "the body must not be encoded", [2]string{"Accept-Encoding", "identity"}},
		{"text/plain", "br", 415, "the body must not be encoded", [2]string{"Accept-Encoding", "identity"}},
	} {
		t.Run(fmt.Sprintf("type %q, encoding %q", test.contentType, test.encoding), func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Post("/x", func(req *apiroute.Request, _ *apiroute.Response) error { var v any; return req.JSON(&v) })
			})
			var header []string
			if test.contentType != "-" {
				header = append(header, "Content-Type: "+test.contentType)
			}
			if test.encoding != "" {
				header = append(header, "Content-Encoding: "+test.encoding)
			}
			r := s.do("POST", "/x", "{}", header...)
			want := ""
			if test.status != 204 {
				want = fmt.Sprintf(`{"title":%q,"status":%d,"detail":%q}`, http.StatusText(test.status), test.status, test.detail)
			}
			r.want(t, test.status, want)
			if h := test.header; h[0] != "" && r.header.Get(h[0]) != h[1] {
				t.Errorf("%s: %q, want %q", h[0], r.header.Get(h[0]), h[1])
			}
		})
	}
}

func TestRequestJSONTwoTypes(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x", func(req *apiroute.Request, _ *apiroute.Response) error { var v any; return req.JSON(&v) })
	})
	s.do("POST", "/x", "{}", sendsJSON, sendsJSON).want(t, 400, `{"title":"Bad Request","status":400,"detail":"the header Content-Type appears twice"}`)
}

// ownDecoder decodes itself with encoding/json, whose errors then have offsets of their own.
type ownDecoder struct{ A int }

func (c *ownDecoder) UnmarshalJSON(b []byte) error {
	var v struct {
		A int `json:"a"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	c.A = v.A
	return nil
}

// emptyTypeError returns an error type of encoding/json without an offset and without a field.
type emptyTypeError struct{}

func (*emptyTypeError) UnmarshalJSON([]byte) error { return &json.UnmarshalTypeError{Value: "odd"} }

// quotedJSON holds JSON in a string.
type quotedJSON struct{ V any }

func (c *quotedJSON) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	return json.Unmarshal([]byte(s), &c.V)
}

type jsonItem struct {
	Name  string     `json:"name"`
	Price float64    `json:"price"`
	At    time.Time  `json:"at"`
	I8    int8       `json:"i8"`
	IP    netip.Addr `json:"ip"`
	Sub   *jsonItem  `json:"sub"`
}

type jsonDoc struct {
	Name   string             `json:"name"`
	Items  []jsonItem         `json:"items"`
	M      map[string]int     `json:"m"`
	MI     map[int]int        `json:"mi"`
	MA     map[netip.Addr]int `json:"ma"`
	B      []byte             `json:"b"`
	I      int                `json:"i"`
	I8     int8               `json:"i8"`
	I16    int16              `json:"i16"`
	I32    int32              `json:"i32"`
	I64    int64              `json:"i64"`
	U      uint               `json:"u"`
	U8     uint8              `json:"u8"`
	U16    uint16             `json:"u16"`
	U32    uint32             `json:"u32"`
	U64    uint64             `json:"u64"`
	UP     uintptr            `json:"up"`
	F32    float32            `json:"f32"`
	F64    float64            `json:"f64"`
	OK     bool               `json:"ok"`
	T      time.Time          `json:"t"`
	D      time.Duration      `json:"d"`
	C      ownDecoder         `json:"c"`
	CS     []ownDecoder       `json:"cs"`
	Odd    emptyTypeError     `json:"odd"`
	Inner  quotedJSON         `json:"inner"`
	Any    any                `json:"any"`
	N      json.Number        `json:"n"`
	Quoted int                `json:"quoted,string"`
	P      *int               `json:"p"`
	PP     **[]int            `json:"pp"`
	NN     [][]int            `json:"nn"`
	Arr    [2]int             `json:"arr"`
	Raw    json.RawMessage    `json:"raw"`
	E      error              `json:"e"`
	Dash   int                `json:"user-id"`
	Dot    int                `json:"a.b"`
	Hidden int                `json:"-"`
}

// jsonRoutes adds routes that decode JSON into a jsonDoc or into any.
func jsonRoutes(api *apiroute.Router) {
	into := func(dst func() any) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			v := dst()
			if err := req.JSON(v); err != nil {
				return err
			}
			return res.Text("taken")
		}
	}
	doc := func() any { return new(jsonDoc) }
	api.Post("/doc", into(doc))
	api.Post("/known", into(doc), apiroute.RejectUnknown(true))
	api.Post("/any", into(func() any { return new(any) }))
}

// refusedField sends JSON to one of jsonRoutes. It returns name and detail of the field that the
// problem reports, or "" and "" if the body was accepted. A problem must report one field and must
// not tell what the program is made of, nor echo a value.
func refusedField(t *testing.T, path, text string) (name, detail string) {
	t.Helper()
	var log testLog
	api := apiroute.New(log.option(), apiroute.BodyLimit(4<<20))
	jsonRoutes(api)
	r := serveRecorder(api, newRequest("POST", path, text, sendsJSON))
	if r.status == 200 {
		return "", ""
	}
	var body struct {
		Title  string
		Status int
		Detail string
		Errors []apiroute.FieldError
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil || r.status != 400 || body.Title != "Bad Request" || body.Status != 400 {
		t.Fatalf("got %d %s, want a 400", r.status, r.body)
	}
	if len(body.Errors) != 1 || body.Errors[0].In != "body" {
		t.Fatalf("got %s, want one field of the body", r.body)
	}
	field := body.Errors[0]
	want := "1 field is wrong"
	if field.Name == "" {
		want = "the body " + field.Detail
	}
	if body.Detail != want {
		t.Errorf("got detail %q, want %q", body.Detail, want)
	}
	for _, word := range []string{"apiroute", "json:", "jsonDoc", "jsonItem", "ownDecoder", "emptyTypeError", "quotedJSON",
		"struct", "Go ", "strconv", "time.", "netip", "unmarshal", "Unmarshal", "secret"} {
		if strings.Contains(r.body, word) {
			t.Errorf("the response tells %q: %s", word, r.body)
		}
	}
	if logs := log.take(); len(logs) != 1 || logValue(logs[0], "level") != "DEBUG" {
		t.Errorf("logged %q, want one debug message", logs)
	}
	return field.Name, field.Detail
}

// checkRefused checks that a route of jsonRoutes refuses JSON, and with which field.
func checkRefused(t *testing.T, path, text, name, detail string) {
	t.Helper()
	if gotName, gotDetail := refusedField(t, path, text); gotName != name || gotDetail != detail {
		t.Errorf("%.200s: got %q %q, want %q %q", text, gotName, gotDetail, name, detail)
	}
}

// shortName returns JSON as the name of a subtest.
func shortName(text string) string {
	if len(text) > 60 {
		return fmt.Sprintf("%.50q, %d bytes", text, len(text))
	}
	return strconv.Quote(text)
}

// An error names the field by its path, and says what its type takes.
func TestRequestJSONFields(t *testing.T) {
	t.Parallel()
	const (
		wrong   = "is not of the right form"
		aTime   = "must be a time such as 2006-01-02T15:04:05Z"
		isInt   = "must be an integer"
		uint64s = "must be an integer from 0 to 18446744073709551615"
	)
	for _, test := range []struct{ doc, name, detail string }{
		// The whole.
		{`[]`, "", "must be an object"},
		{`"secret"`, "", "must be an object"},
		{`1`, "", "must be an object"},
		{`true`, "", "must be an object"},
		{` 1e400 `, "", "must be an object"},

		// Kinds.
		{`{"name":1}`, "name", "must be a string"},
		{`{"name":{}}`, "name", "must be a string"},
		{`{"name":["secret"]}`, "name", "must be a string"},
		{`{"name":true}`, "name", "must be a string"},
		{`{"i":"1"}`, "i", isInt},
		{`{"i":"secret"}`, "i", isInt},
		{`{"i":true}`, "i", isInt},
		{`{"i":[]}`, "i", isInt},
		{`{"i":{}}`, "i", isInt},
		{`{"i":1.5}`, "i", isInt},
		{`{"i":1.0}`, "i", isInt},
		{`{"i":1e2}`, "i", isInt},
		{`{"i":1E2}`, "i", isInt},
		{`{"i":1e400}`, "i", isInt},
		{`{"u":"1"}`, "u", isInt},
		{`{"u":1.5}`, "u", isInt},
		{`{"f64":"secret"}`, "f64", "must be a number"},
		{`{"f64":false}`, "f64", "must be a number"},
		{`{"f64":{}}`, "f64", "must be a number"},
		{`{"f64":[]}`, "f64", "must be a number"},
		{`{"ok":1}`, "ok", "must be true or false"},
		{`{"ok":"true"}`, "ok", "must be true or false"},
		{`{"ok":[]}`, "ok", "must be true or false"},
		{`{"items":{}}`, "items", "must be an array"},
		{`{"items":"secret"}`, "items", "must be an array"},
		{`{"items":1}`, "items", "must be an array"},
		{`{"arr":true}`, "arr", "must be an array"},
		{`{"arr":{}}`, "arr", "must be an array"},
		{`{"m":[]}`, "m", "must be an object"},
		{`{"m":"secret"}`, "m", "must be an object"},
		{`{"m":1}`, "m", "must be an object"},
		{`{"b":1}`, "b", "must be a string in base64"},
		{`{"b":{}}`, "b", "must be a string in base64"},
		{`{"b":"secret!"}`, "b", "must be a string in base64"},
		{`{"e":1}`, "e", "has the wrong type"},
		{`{"e":"secret"}`, "e", "has the wrong type"},
		{`{"e":{}}`, "e", "has the wrong type"},
		{`{"d":"1s"}`, "d", isInt},
		{`{"n":"secret"}`, "n", "must be a number"},
		{`{"n":true}`, "n", "must be a number"},
		{`{"n":{}}`, "n", "must be a number"},
		{`{"n":[]}`, "n", "must be a number"},

		// Ranges.
		{`{"i":9223372036854775808}`, "i", intRange},
		{`{"i":99999999999999999999}`, "i", intRange},
		{`{"i8":128}`, "i8", "must be an integer from -128 to 127"},
		{`{"i8":-129}`, "i8", "must be an integer from -128 to 127"},
		{`{"i16":32768}`, "i16", "must be an integer from -32768 to 32767"},
		{`{"i16":-32769}`, "i16", "must be an integer from -32768 to 32767"},
		{`{"i32":2147483648}`, "i32", "must be an integer from -2147483648 to 2147483647"},
		{`{"i32":-2147483649}`, "i32", "must be an integer from -2147483648 to 2147483647"},
		{`{"i64":9223372036854775808}`, "i64", int64Range},
		{`{"i64":-9223372036854775809}`, "i64", int64Range},
		{`{"u":-1}`, "u", uintRange},
		{`{"u":18446744073709551616}`, "u", uintRange},
		{`{"u8":-1}`, "u8", "must be an integer from 0 to 255"},
		{`{"u8":256}`, "u8", "must be an integer from 0 to 255"},
		{`{"u16":65536}`, "u16", "must be an integer from 0 to 65535"},
		{`{"u32":4294967296}`, "u32", "must be an integer from 0 to 4294967295"},
		{`{"u64":18446744073709551616}`, "u64", uint64s},
		{`{"up":18446744073709551616}`, "up", uintRange},
		{`{"d":9223372036854775808}`, "d", int64Range},
		{`{"f32":1e39}`, "f32", "is out of range"},
		{`{"f64":1e400}`, "f64", "is out of range"},
		{`{"f64":-1e400}`, "f64", "is out of range"},
		{`{"any":1e400}`, "any", "is out of range"},
		{`{"any":[1,{"x":1e400}]}`, "any[1].x", "is out of range"},

		// Paths.
		{`{"items":[1]}`, "items[0]", "must be an object"},
		{`{"items":[{},{},{"price":"secret"}]}`, "items[2].price", "must be a number"},
		{`{"items":[{},{},{"price":1e400}]}`, "items[2].price", "is out of range"},
		{`{"items":[{},{},{"price":[]}]}`, "items[2].price", "must be a number"},
		{` { "items" : [ { } , { "price" : true } ] } `, "items[1].price", "must be a number"},
		{`{"items":[{"name":"a,[{\":}]","price":{}}]}`, "items[0].price", "must be a number"},
		{`{"items":[{"sub":{"sub":{"i8":128}}}]}`, "items[0].sub.sub.i8", "must be an integer from -128 to 127"},
		{`{"nn":[[1,2],[],[3,"x"]]}`, "nn[2][1]", isInt},
		{`{"nn":[[1],2]}`, "nn[1]", "must be an array"},
		{`{"arr":[1,"x"]}`, "arr[1]", isInt},
		{`{"b":[1,300]}`, "b[1]", "must be an integer from 0 to 255"},
		{`{"p":"x"}`, "p", isInt},
		{`{"pp":"x"}`, "pp", "must be an array"},
		{`{"pp":[1,"x"]}`, "pp[1]", isInt},
		{`{"user-id":"x"}`, "user-id", isInt},
		{`{"a.b":"x"}`, `["a.b"]`, isInt},
		{`{"\u0061\u002eb":"x"}`, `["a.b"]`, isInt},
		{`{"\u0069":"x"}`, "i", isInt},

		// Maps.
		{`{"m":{"k":"x"}}`, "m.k", isInt},
		{`{"m":{"a_B-1":"x"}}`, "m.a_B-1", isInt},
		{`{"m":{"a b":"x"}}`, `m["a b"]`, isInt},
		{`{"m":{"":"x"}}`, `m[""]`, isInt},
		{`{"m":{"a\"b\\":"x"}}`, `m["a\"b\\"]`, isInt},
		{`{"m":{"[0].x":"x"}}`, `m["[0].x"]`, isInt},
		{`{"m":{"\u00fc\u0001\n":"x"}}`, `m["ü\x01\n"]`, isInt},
		{`{"m":{"a":1,"<script>":"x"}}`, `m["<script>"]`, isInt},
		{`{"m":{"` + strings.Repeat("k", 200) + `":"x"}}`, "m." + strings.Repeat("k", 200), isInt},
		{`{"m":{"` + strings.Repeat("k", 1000) + `":"x"}}`, `m["` + strings.Repeat("k", 200) + `…"]`, isInt},
		{`{"m":{"` + strings.Repeat("k", 199) + `ü":"x"}}`, `m["` + strings.Repeat("k", 199) + `…"]`, isInt},
		{`{"mi":{"1":1,"2":"x"}}`, "mi.2", isInt},
		// Here the name is wrong, not the object.
		{`{"mi":{"1":1,"k":2}}`, "mi.k", isInt},
		{`{"mi":{"1":1,"1.5":2}}`, `mi["1.5"]`, isInt},
		{`{"ma":{"::1":1,"k":2}}`, "ma.k", wrong},

		// Types with code of their own refuse these.
		{`{"t":"secret"}`, "t", aTime},
		{`{"t":""}`, "t", aTime},
		{`{"t":1}`, "t", aTime},
		{`{"t":true}`, "t", aTime},
		{`{"t":{}}`, "t", aTime},
		{`{"t":{"a":1}}`, "t", aTime},
		{`{"t":[]}`, "t", aTime},
		{`{"t":["secret"]}`, "t", aTime},
		{`{"items":[{"at":"2024-01-01T00:00:00Z"},{"name":"a","at":"secret"}]}`, "items[1].at", aTime},
		{`{"items":[{},{"at":{}}]}`, "items[1].at", aTime},
		{`{"items":[{"ip":"secret"}]}`, "items[0].ip", wrong},
		{`{"items":[{"ip":1}]}`, "items[0].ip", wrong},
		{`{"items":[{"ip":{}}]}`, "items[0].ip", wrong},
		{`{"items":[{"ip":[]}]}`, "items[0].ip", wrong},
		{`{"c":3}`, "c", wrong},
		{`{"c":{"a":"x"}}`, "c", wrong},
		{`{"name":"a long name","c":{"a":"x"}}`, "c", wrong},
		{`{"name":"a long name","cs":[{"a":1},{"a":"x"}]}`, "cs[1]", wrong},
		{`{"cs":[{"a":1},3]}`, "cs[1]", wrong},
		{`{"name":"a long name","inner":"[1,"}`, "inner", wrong},
		{`{"name":"a long name","odd":1}`, "odd", wrong},
		{`{"any":"` + strings.Repeat("x", 1<<17) + `","i":"secret"}`, "i", isInt}, // a long text

		// A syntax error is reported before any value that does not fit.
		{`{"i":"x","zz":}`, "", "is not valid JSON at offset 14"},
		{`[1,]`, "", "is not valid JSON at offset 3"},
		{`{{`, "", "is not valid JSON at offset 1"},
		{`{nul`, "", "is not valid JSON at offset 1"},
		{`{"i":1, [`, "", "is not valid JSON at offset 8"},
		{`{"t":"secret"`, "", "is not valid JSON at offset 13"},
	} {
		t.Run(shortName(test.doc), func(t *testing.T) {
			t.Parallel()
			checkRefused(t, "/doc", test.doc, test.name, test.detail)
		})
	}
	// encoding/json decides the detail of these.
	for _, doc := range []string{`{"quoted":"x"}`, `{"quoted":1}`, `{"quoted":""}`, `{"quoted":"1.5"}`} {
		t.Run(doc, func(t *testing.T) {
			t.Parallel()
			name, detail := refusedField(t, "/doc", doc)
			if want := "must be a string that holds an integer"; name != "quoted" || detail != want {
				t.Errorf("got %q %q, want quoted %q", name, detail, want)
			}
		})
	}
}

// The offset of a syntax error is that of the first byte that cannot be there, or that of the end.
// For an escape, encoding/json/v2 reports its first or its last byte.
func TestRequestJSONSyntax(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		doc    string
		offset int
	}{
		{`{`, 1}, {`{"`, 2}, {`{"a`, 3}, {`{"a"`, 4}, {`{"a":`, 5}, {`{"a":1`, 6}, {`{"a":1,`, 7},
		{`{"a":1,}`, 7}, {`{"a":1 "b"}`, 7}, {`{"a" 1}`, 5}, {`{a:1}`, 1}, {`{'a':1}`, 1}, {`{,}`, 1}, {`{1:2}`, 1},
		{`[`, 1}, {`[1`, 2}, {`[1,`, 3}, {`[1,]`, 3}, {`[1 2]`, 3}, {`[,]`, 1}, {`[1}`, 2}, {`{"a":]`, 5},
		{`tru`, 3}, {`truE`, 3}, {`nul`, 3}, {`nullx`, 4}, {`falsy`, 4}, {`NaN`, 0}, {`Infinity`, 0}, {`{"a":tru}`, 8},
		{`-`, 1}, {`-x`, 1}, {`01`, 1}, {`1.`, 2}, {`1.x`, 2}, {`1e`, 2}, {`1e+`, 3}, {`1ex`, 2}, {`+1`, 0}, {`.5`, 0}, {`0x10`, 1},
		{`"a`, 2}, {`"\x"`, 2}, {`"\u12G4"`, 5}, {`"\u12`, 5}, {`"a\`, 3}, {"\"a\x01b\"", 2}, {"{\"a\":\"\n\"}", 6},
		{`]`, 0}, {`}`, 0}, {`,`, 0}, {`:`, 0}, {`'a'`, 0}, {`/* c */{}`, 0},
		{`{}{}`, 2}, {`{"name":"a"}{"name":"b"}`, 12}, {`{} xyz`, 3}, {`{},`, 2}, {`[]]`, 2}, {`{}//`, 2}, {"{}\x00", 2}, {"\x00", 0}, {"{}\ufeff", 2},
		{"\ufeff{}", 0}, {" \v{}", 1}, {"{\"a\":\u00a01}", 5}, {"\u2028{}", 0},
		{strings.Repeat("[", 10001) + strings.Repeat("]", 10001), 10000},
		{strings.Repeat("[", 1<<20), 10000},
		{strings.Repeat(`{"a":`, 10001) + "1" + strings.Repeat("}", 10001), 50000},
	} {
		want := "is not valid JSON at offset " + strconv.Itoa(test.offset)
		for _, path := range []string{"/any", "/doc", "/known"} {
			t.Run(shortName(test.doc)+" to "+path, func(t *testing.T) {
				t.Parallel()
				name, detail := refusedField(t, path, test.doc)
				var offset int
				fmt.Sscanf(detail, "is not valid JSON at offset %d", &offset)
				if off := test.offset - offset; jsonIsStrict && off <= 4 && strings.IndexByte("\"1-", test.doc[0]) >= 0 {
					detail = want
				}
				if name != "" || detail != want {
					t.Errorf("got %q %q, want %q", name, detail, want)
				}
			})
		}
	}
}

// These bodies are refused before they are decoded.
func TestRequestJSONWhole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ doc, detail string }{
		{" ", "is empty"},
		{"\r\n\t ", "is empty"},
		{"null", "must not be null"},
		{" null\n", "must not be null"},
		{"\xff", "is not UTF-8 at offset 0"},
		{"{\"a\":\"\xff\xfe\"}", "is not UTF-8 at offset 6"},
		{"{\"a\":\"ü\xc3\"}", "is not UTF-8 at offset 8"},
		{"{\"a\":\"\xed\xa0\x80\"}", "is not UTF-8 at offset 6"}, // a surrogate as it is
		{"{\"a\":\"\xc0\xaf\"}", "is not UTF-8 at offset 6"},     // overlong
		{"{\"a\":\"\ufffd\xff\"}", "is not UTF-8 at offset 9"},   // U+FFFD itself is fine
		{"{}\xff", "is not UTF-8 at offset 2"},
		{"\xff\xfe{\x00}\x00", "is not UTF-8 at offset 0"}, // UTF-16
		{strings.Repeat("[", 10001) + "\xff", "is not UTF-8 at offset 10001"},
	} {
		for _, path := range []string{"/any", "/doc", "/known"} {
			t.Run(shortName(test.doc)+" to "+path, func(t *testing.T) {
				t.Parallel()
				checkRefused(t, path, test.doc, "", test.detail)
			})
		}
	}
}

// A body without a byte is empty, whatever its type is said to be.
func TestRequestJSONEmpty(t *testing.T) {
	t.Parallel()
	want := `{"title":"Bad Request","status":400,"detail":"the body is empty","errors":[{"in":"body","code":"required","detail":"is empty"}]}`
	for name, request := range map[string]string{
		"Content-Length 0":         sizedRequest("/any", ""),
		"chunked":                  chunkedRequest("/any"),
		"no body":                  requestText("POST", "/any", ""),
		"Content-Length 0 of text": requestText("POST", "/any", "", "Content-Length: 0", "Content-Type: text/plain"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newAPI(t, jsonRoutes).raw(request).want(t, 400, want)
		})
	}
}

// These bodies are accepted on every toolchain.
func TestRequestJSONTaken(t *testing.T) {
	t.Parallel()
	one, list := 1, []int{1}
	pointer := &list
	for _, test := range []struct {
		doc  string
		want jsonDoc
	}{
		{`{}`, jsonDoc{Name: "before", I: 1}},
		{"\r\n\t {} \r\n\t", jsonDoc{Name: "before", I: 1}},
		{`{"name":null,"i":null,"items":null,"t":null,"p":null}`, jsonDoc{Name: "before", I: 1}},
		{`{"name":"\ud83d\ude00\u0000","i":-0}`, jsonDoc{Name: "\U0001F600\x00"}},
		{`{"i64":9007199254740993,"u64":18446744073709551615}`, jsonDoc{Name: "before", I: 1, I64: 1<<53 + 1, U64: 1<<64 - 1}},
		{`{"i8":-128,"i16":-32768,"i32":-2147483648,"i64":-9223372036854775808}`,
			jsonDoc{Name: "before", I: 1, I8: -128, I16: -32768, I32: -2147483648, I64: -1 << 63}},
		{`{"u8":255,"u16":65535,"u32":4294967295}`, jsonDoc{Name: "before", I: 1, U8: 255, U16: 65535, U32: 1<<32 - 1}},
		{`{"f32":1e38,"f64":1e308}`, jsonDoc{Name: "before", I: 1, F32: 1e38, F64: 1e308}},
		{`{"f64":1e-400}`, jsonDoc{Name: "before", I: 1}},
		{`{"p":1,"pp":[1],"nn":[[1],null]}`, jsonDoc{Name: "before", I: 1, P: &one, PP: &pointer, NN: [][]int{{1}, nil}}},
		{`{"arr":[1]}`, jsonDoc{Name: "before", I: 1, Arr: [2]int{1}}},
		{`{"arr":[1,2,"x"]}`, jsonDoc{Name: "before", I: 1, Arr: [2]int{1, 2}}},
		{`{"b":"YQ==","n":1e5,"quoted":"7","raw":[1, 2],"d":5}`,
			jsonDoc{Name: "before", I: 1, B: []byte("a"), N: "1e5", Quoted: 7, Raw: []byte("[1, 2]"), D: 5}},
		{`{"unknown":{"a":[1]},"Hidden":1,"-":2}`, jsonDoc{Name: "before", I: 1}},
		{`{"any":{"a":[1,"b",null,true]}}`, jsonDoc{Name: "before", I: 1, Any: map[string]any{"a": []any{1.0, "b", nil, true}}}},
		{`{"c":{"a":3}}`, jsonDoc{Name: "before", I: 1, C: ownDecoder{3}}},
	} {
		t.Run(shortName(test.doc), func(t *testing.T) {
			t.Parallel()
			doc := jsonDoc{Name: "before", I: 1}
			o := serveMessage(t, "/x", message{header: []string{sendsJSON}, body: test.doc}, func(req *apiroute.Request, res *apiroute.Response) error {
				return req.JSON(&doc)
			})
			if o.status != 204 {
				t.Fatalf("got %d %s", o.status, o.body)
			}
			ip := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
			if diff := cmp.Diff(test.want, doc, ip); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A body may be 10,000 levels deep.
func TestRequestJSONDepth(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"arrays":  strings.Repeat("[", 10000) + strings.Repeat("]", 10000),
		"objects": strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, "/any", doc, "", "")
		})
	}
}

// Toolchains differ in names in another letter case, names that are there twice, and escapes that
// are not Unicode.
func TestRequestJSONStrict(t *testing.T) {
	t.Parallel()
	routes := func(api *apiroute.Router) {
		handler := func(req *apiroute.Request, res *apiroute.Response) error {
			var doc jsonDoc
			if err := req.JSON(&doc); err != nil {
				return err
			}
			return res.Text(doc.Name)
		}
		api.Post("/doc", handler)
		api.Post("/known", handler, apiroute.RejectUnknown(true))
	}
	field := func(name, detail string) string {
		if name == "" {
			return fmt.Sprintf(`{"title":"Bad Request","status":400,"detail":"the body %s","errors":[{"in":"body","code":"type","detail":%q}]}`, detail, detail)
		}
		code := "type"
		if detail == "is not known" {
			code = "additionalProperties"
		}
		return fmt.Sprintf(`{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"body","name":%q,"code":%q,"detail":%q}]}`, name, code, detail)
	}
	for _, test := range []struct{ path, doc, v1, v2 string }{
		{"/doc", `{"name":"a","NAME":"b"}`, "b", "a"},
		{"/doc", `{"NAME":"b"}`, "b", ""},
		{"/known", `{"NAME":"b"}`, "b", field("NAME", "is not known")},
		{"/doc", `{"name":"a","name":"b"}`, "b", field("name", "appears twice")},
		{"/doc", `{"name":"a","n\u0061me":"b"}`, "b", field("name", "appears twice")},
		{"/doc", `{"name":"a","items":[{"name":"b"},{"name":"b","price":1,"name":"c"}]}`, "a", field("items[1].name", "appears twice")},
		{"/doc", `{"name":"a","any":{"x":{"y":1,"y":2}}}`, "a", field("any.x.y", "appears twice")},
		{"/doc", `{"name":"a","m":{"a b":1,"a b":2}}`, "a", field(`m["a b"]`, "appears twice")},
		{"/doc", `{"name":"a","raw":{"x":1,"x":2}}`, "a", field("raw.x", "appears twice")},
		{"/doc", `{"name":"a","unknown":{"x":1,"x":2}}`, "a", field("unknown.x", "appears twice")},
		{"/doc", `{"name":"\ud800"}`, "\ufffd", field("name", "must be valid Unicode")},
		{"/doc", `{"name":"a\udc00\ud800"}`, "a\ufffd\ufffd", field("name", "must be valid Unicode")},
		{"/doc", `{"name":"a","any":"\ud800\u0041"}`, "a", field("any", "must be valid Unicode")},
	} {
		t.Run(test.doc+" to "+test.path, func(t *testing.T) {
			t.Parallel()
			want := test.v1
			if jsonIsStrict {
				want = test.v2
			}
			api := apiroute.New(quiet())
			routes(api)
			r := serveRecorder(api, newRequest("POST", test.path, test.doc, sendsJSON))
			if !strings.HasPrefix(want, "{") {
				r.want(t, 200, want)
				return
			}
			var gotBody, wantBody any
			json.Unmarshal([]byte(r.body), &gotBody)
			json.Unmarshal([]byte(want), &wantBody)
			if diff := cmp.Diff(wantBody, gotBody); diff != "" || r.status != 400 {
				t.Errorf("got %d (-want +got):\n%s", r.status, diff)
			}
		})
	}
}

// With RejectUnknown, a name that fills no field is an error like any other.
func TestRequestJSONUnknown(t *testing.T) {
	t.Parallel()
	const unknown = "is not known"
	for _, test := range []struct{ doc, name, detail string }{
		{`{"zz":1}`, "zz", unknown},
		{`{"name":"a","zz":{"zz":1}}`, "zz", unknown},
		{`{"a b":1}`, `["a b"]`, unknown},
		{`{"":1}`, `[""]`, unknown},
		{`{"Hidden":1}`, "Hidden", unknown},
		{`{"-":1}`, "-", unknown},
		{`{"\u007a":1}`, "z", unknown},
		{`{"` + strings.Repeat("k", 1000) + `":1}`, `["` + strings.Repeat("k", 200) + `…"]`, unknown},
		{`{"items":[{"name":"zz"},{"zz":1}]}`, "items[1].zz", unknown},
		{`{"items":[{"sub":{"sub":{"a.b":1}}}]}`, `items[0].sub.sub["a.b"]`, unknown},
		{`{"m":{"zz":1},"any":{"zz":1},"raw":{"zz":1},"zz":1}`, "zz", unknown}, // a map has no unknown names
		{`{"any":{"items":[{"zz":1}]},"items":[{"zz":1}]}`, "items[0].zz", unknown},
		{`{"c":{"zz":1},"zz":1}`, "zz", unknown}, // a type that decodes itself decides
		{`{"zz":}`, "", "is not valid JSON at offset 6"},
		{`{"zz":1}{}`, "", "is not valid JSON at offset 8"},
	} {
		t.Run(shortName(test.doc), func(t *testing.T) {
			t.Parallel()
			checkRefused(t, "/known", test.doc, test.name, test.detail)
		})
	}
	for _, doc := range []string{`{}`, `{"name":"a","items":[{"name":"b"}]}`, `{"m":{"zz":1},"any":{"zz":1},"raw":{"zz":1},"c":{"a":1,"zz":1}}`} {
		t.Run(doc, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, "/known", doc, "", "")
		})
	}
}

// A bad dst is a mistake of the program, so the response is a 500 that says nothing.
func TestRequestJSONDestination(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		dst  any
	}{
		{"nil", nil},
		{"struct", jsonDoc{}},
		{"map", map[string]any{}},
		{"nil pointer", (*jsonDoc)(nil)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := serveMessage(t, "/x", message{header: []string{sendsJSON}, body: "{}"}, func(req *apiroute.Request, _ *apiroute.Response) error {
				return req.JSON(test.dst)
			})
			if o.want(t, 500, problem(500)); logValue(o.log, "level") != "ERROR" || !strings.Contains(logValue(o.log, "error"), "Unmarshal") {
				t.Errorf("logged %q", o.log)
			}
		})
	}
}

// In a Handler without a router, JSON has the default options.
func TestRequestJSONStandalone(t *testing.T) {
	t.Parallel()
	h := apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		var doc jsonDoc
		if err := req.JSON(&doc); err != nil {
			return err
		}
		return res.Text(doc.Name)
	})
	serveRecorder(h, newRequest("POST", "/", `{"zz":1,"name":"a"}`, sendsJSON)).want(t, 200, "a")
}

// go vet wants a file to be for one toolchain, so there is a copy for the other.
func TestJSONExperimentIsACopy(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("json_v2.go")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("json_v2_experiment.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(source), "//go:build goexperiment.jsonv2 && go1.27\n")
	if !ok {
		t.Fatal("json_v2.go: no build line")
	}
	want := "// Code generated from json_v2.go; DO NOT EDIT.\n\n//go:build goexperiment.jsonv2 && !go1.27\n" + rest
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("go generate has not been run (-want +got):\n%s", diff)
	}
}
