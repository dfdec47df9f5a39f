package apiroute_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/apiroute"
)

// A fuzzDoc has a field of each kind that JSON can fill.
type fuzzDoc struct {
	Name string            `json:"name"`
	N    int64             `json:"n"`
	U    uint8             `json:"u"`
	F    float64           `json:"f"`
	B    bool              `json:"b"`
	L    []string          `json:"l"`
	M    map[string]int    `json:"m"`
	P    *fuzzDoc          `json:"p"`
	A    any               `json:"a"`
	Raw  []byte            `json:"raw"`
	Arr  [2]int            `json:"arr"`
	Num  json.Number       `json:"num"`
	At   time.Time         `json:"at"`
	O    map[string]string `json:"o,omitempty"`
}

// A fuzzPlain is a document of which encoding/json decodes every part, with no method of a type.
type fuzzPlain struct {
	Name string         `json:"name"`
	N    int64          `json:"n"`
	L    []float32      `json:"l"`
	M    map[string]any `json:"m"`
	P    *fuzzPlain     `json:"p"`
	Raw  []byte         `json:"raw"`
}

// fuzzJSONSeeds returns bodies that are good and bad in one way each.
func fuzzJSONSeeds() []string {
	seeds := []string{"", "null", "{}", "[]", "{} {}", "{}x", "{{", "{n", "\ufeff{}", `{"name":"a","name":"b"}`, `{"NAME":"a"}`, `{"n":9007199254740993}`, `{"n":1e2}`,
		`{"u":300}`, `{"f":1e400}`, `{"l":[null,"x"]}`, `{"m":{"":1}}`, `{"p":{"p":{"u":-1}}}`, `{"a":{"b":[1,2.5,"\ud800"]}}`, `{"name":"\ud83d\ude00"}`,
		"{\"name\":\"\xff\"}", `{"raw":"YWI="}`, `{"raw":"*"}`, `{"arr":[1,2,3]}`, `{"num":"1"}`, `{"num":1e5}`, `{"at":"2006-01-02T15:04:05Z"}`, `{"at":1}`,
		`{"b":null,"x":[[[[]]]]}`, `{"name":"\u0000"}`, "{\"name\":\"\x00\"}", `{"":{"\"":1}}`, strings.Repeat("[", 100), `{"a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "}"}
	for _, s := range bindFuzzSeeds() {
		seeds = append(seeds, `{"name":"`+s+`"}`)
	}
	return seeds
}

// A fuzzDecoder decodes bodies as handlers do.
type fuzzDecoder struct {
	api  *apiroute.Router
	dst  any    // what the next request to /json decodes into
	data []byte // the body, after it was decoded
	err  error  // of the last request
}

func newFuzzDecoder(reject bool, opts ...apiroute.Option) *fuzzDecoder {
	d := &fuzzDecoder{api: apiroute.New(append(opts, quiet(), apiroute.RejectUnknown(reject))...)}
	d.api.Post("/json", func(req *apiroute.Request, res *apiroute.Response) error {
		d.err = req.JSON(d.dst)
		d.data, _ = req.Bytes()
		return d.err
	})
	d.api.Post("/bind", func(req *apiroute.Request, res *apiroute.Response) error {
		_, d.err = apiroute.Bind[struct {
			Body fuzzPlain `body:"json"`
		}](req)
		return d.err
	})
	return d
}

// fields returns what is wrong with a body: nil if nothing is.
func (d *fuzzDecoder) fields(t *testing.T, path string, dst any, data []byte) []apiroute.FieldError {
	t.Helper()
	d.dst = dst
	serveRecorder(d.api, newRequest("POST", path, string(data), "Content-Type: application/json"))
	var e *apiroute.Error
	if d.err == nil {
		return nil
	}
	if !errors.As(d.err, &e) || e.Status != 400 || len(e.Fields) == 0 {
		t.Fatalf("%q: error %v, want a 400 that names what is wrong", data, d.err)
	}
	return e.Fields
}

// FuzzJSON decodes a body as a handler does: a body that is accepted is JSON, and comes back the
// same when it is encoded as a response; the error for one that is rejected says what is wrong and
// where.
func FuzzJSON(f *testing.F) {
	for _, s := range fuzzJSONSeeds() {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, reject bool) {
		if len(data) > 1<<20 { // the body limit
			return
		}
		decoder := newFuzzDecoder(reject)
		var v fuzzDoc
		fields := decoder.fields(t, "/json", &v, data)
		if !bytes.Equal(data, decoder.data) {
			t.Fatalf("%q was changed to %q", data, decoder.data)
		}
		if len(data) > 0 { // Bind takes an empty body for one that is absent
			fields1 := decoder.fields(t, "/json", new(fuzzPlain), data)
			if fields2 := decoder.fields(t, "/bind", nil, data); !slices.Equal(fields1, fields2) {
				t.Fatalf("%q: Request.JSON reports %q, Bind %q", data, fields1, fields2)
			}
		}
		if fields != nil {
			checkFields(t, data, fields)
			if !strictJSON() && !reject && isObject(data) && json.Unmarshal(data, new(fuzzDoc)) == nil {
				t.Fatalf("%q: %q, and encoding/json accepts it", data, fields)
			}
			return
		}
		if !json.Valid(data) || !utf8.Valid(data) {
			t.Fatalf("%q is accepted and is not JSON", data)
		}
		if v.At.Year() < 0 || v.At.Year() > 9999 {
			return // has no JSON form
		}
		sent := serveRecorder(apiroute.Handler(func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(v) }), newRequest("GET", "/", ""))
		var again fuzzDoc
		if fields := decoder.fields(t, "/json", &again, []byte(sent.body)); sent.status != 200 || fields != nil {
			t.Fatalf("%q: encoded %d %q: %q", data, sent.status, sent.body, fields)
		}
		if !fuzzSame(&v, &again) {
			t.Fatalf("%q: decoded %+v, again %+v", data, v, again)
		}
	})
}

// isObject reports whether data is UTF-8 and JSON, and not null.
func isObject(data []byte) bool {
	return json.Valid(data) && utf8.Valid(data) && string(bytes.TrimSpace(data)) != "null"
}

// strictJSON reports whether the package decodes with encoding/json/v2, which rejects some texts
// that encoding/json accepts, such as those with a name twice.
var strictJSON = sync.OnceValue(func() bool {
	decoder := newFuzzDecoder(false)
	decoder.dst = new(fuzzDoc)
	serveRecorder(decoder.api, newRequest("POST", "/json", `{"n":1,"n":2}`, "Content-Type: application/json"))
	return decoder.err != nil
})

// checkFields checks that the reported faults are short text, without internals of the program.
func checkFields(t *testing.T, data []byte, fields []apiroute.FieldError) {
	t.Helper()
	for _, field := range fields {
		if field.In != "body" || field.Detail == "" || !utf8.ValidString(field.Name+field.Detail) || len(field.Name) > 1600 {
			t.Fatalf("%q: %q", data, field)
		}
		if s := hostileInternal.FindString(field.Detail); s != "" {
			t.Fatalf("%q: %q is in %q", data, s, field.Detail)
		}
	}
}

// fuzzSame reports whether two documents are equal in what JSON can express: times are compared by
// their instant, and slices and maps by what they have, as nil may be written as [] and {}.
func fuzzSame(a, b *fuzzDoc) bool {
	if a == nil || b == nil {
		return a == b
	}
	if !a.At.Equal(b.At) || len(a.O) != len(b.O) || !fuzzSame(a.P, b.P) {
		return false
	}
	x, y := *a, *b
	x.At, x.P, y.At, y.P = time.Time{}, nil, time.Time{}, nil
	for _, d := range []*fuzzDoc{&x, &y} {
		d.L, d.M, d.Raw, d.O = append([]string{}, d.L...), maps.Clone(d.M), append([]byte{}, d.Raw...), maps.Clone(d.O)
		if len(d.M) == 0 {
			d.M = nil
		}
		if len(d.O) == 0 {
			d.O = nil
		}
	}
	for _, n := range []*json.Number{&x.Num, &y.Num} {
		if *n == "" {
			*n = "0" // as it is encoded
		}
	}
	return reflect.DeepEqual(x, y)
}
