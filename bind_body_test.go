package apiroute_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

type noteText struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

type (
	takesJSON struct {
		Body noteText `body:"json"`
	}
	takesJSONPointer struct {
		Body *noteText `body:"json"`
	}
	requiresJSONPointer struct {
		Body *noteText `body:"json,required"`
	}
	takesJSONList struct {
		Body []int `body:"json"`
	}
	takesJSONMap struct {
		Body map[string]any `body:"json"`
	}
	formFields struct {
		A string   `form:"a"`
		N int      `form:"n" default:"5"`
		L []string `form:"l"`
	}
	takesForm struct {
		Body formFields `body:"form"`
	}
	requiresForm struct {
		Body formFields `body:"form,required"`
	}
	takesFormPointer struct {
		Body *formFields `body:"form"`
	}
	requiresFormField struct {
		Body struct {
			A string `form:"a,required"`
		} `body:"form"`
	}
	namedBytes []byte
	takesBytes struct {
		Body []byte `body:"bytes"`
	}
	takesNamedBytes struct {
		Body namedBytes `body:"bytes"`
	}
	takesString struct {
		Body string `body:"bytes"`
	}
	takesNamedString struct {
		Body namedString `body:"bytes"`
	}
	requiresBytes struct {
		Body []byte `body:"bytes,required"`
	}
)

func TestBindBody(t *testing.T) {
	t.Parallel()
	type jsonIn = takesJSON
	type formIn = takesForm
	isRequired := []string{"body : is required"}
	isEmpty := []string{"body : is empty"}
	isNull := []string{"body : must not be null"}
	mp := []string{sendsMultipart}
	tests := []struct {
		name   string
		bind   binding
		r      message
		status int
		want   any // the zero value of the type if nil
		errors []string
	}{
		// JSON.
		{"an object", bindTo[jsonIn], message{header: []string{sendsJSON}, body: `{"text":"a","n":3}`}, 200, jsonIn{noteText{"a", 3}}, nil},
		{"an object, chunked", bindTo[jsonIn], message{header: []string{sendsJSON}, body: `{"text":"a","n":3}`, chunked: true}, 200, jsonIn{noteText{"a", 3}}, nil},
		{"an object in blanks", bindTo[jsonIn], message{header: []string{sendsJSON}, body: ` {} `}, 200, jsonIn{}, nil},
		{"a type that ends in +json", bindTo[jsonIn], message{header: []string{"Content-Type: APPLICATION/Vnd.X+JSON; charset=UTF-8"}, body: "{}"}, 200, jsonIn{}, nil},
		{"no body", bindTo[jsonIn], message{}, 400, nil, isRequired},
		{"no body, chunked", bindTo[jsonIn], message{chunked: true}, 400, nil, isRequired},
		{"Content-Length of 0", bindTo[jsonIn], message{header: []string{sendsJSON, "Content-Length: 0"}}, 400, nil, isRequired},
		{"only blanks", bindTo[jsonIn], message{header: []string{sendsJSON}, body: " \r\n\t"}, 400, nil, isEmpty},
		{"null", bindTo[jsonIn], message{header: []string{sendsJSON}, body: "null"}, 400, nil, isNull},
		{"a string that is no string", bindTo[jsonIn], message{header: []string{sendsJSON}, body: `{"text":1}`}, 400, nil, []string{"body text: must be a string"}},
		{"an integer that is none", bindTo[jsonIn], message{header: []string{sendsJSON}, body: `{"text":"a","n":1.5}`}, 400, nil, []string{"body n: must be an integer"}},
		{"two values", bindTo[jsonIn], message{header: []string{sendsJSON}, body: `{"text":"a"}{"text":"b"}`}, 400, nil, []string{"body : is not valid JSON at offset 12"}},
		{"null within", bindTo[jsonIn], message{header: []string{sendsJSON}, body: `{"text":null}`}, 200, jsonIn{}, nil},
		{"pointer, no body", bindTo[takesJSONPointer], message{}, 200, takesJSONPointer{}, nil},
		{"pointer, no body, chunked", bindTo[takesJSONPointer], message{chunked: true, header: []string{sendsJSON}}, 200, takesJSONPointer{}, nil},
		{"pointer, empty object", bindTo[takesJSONPointer], message{header: []string{sendsJSON}, body: `{}`}, 200, takesJSONPointer{&noteText{}}, nil},
		{"pointer, object", bindTo[takesJSONPointer], message{header: []string{sendsJSON}, body: `{"n":1}`}, 200, takesJSONPointer{&noteText{"", 1}}, nil},
		{"pointer, only blanks", bindTo[takesJSONPointer], message{header: []string{sendsJSON}, body: " "}, 400, nil, isEmpty},
		{"pointer, null", bindTo[takesJSONPointer], message{header: []string{sendsJSON}, body: "null"}, 400, nil, isNull},
		{"pointer, half a text", bindTo[takesJSONPointer], message{header: []string{sendsJSON}, body: "{"}, 400, nil, []string{"body : is not valid JSON at offset 1"}},
		{"required pointer, no body", bindTo[requiresJSONPointer], message{}, 400, nil, isRequired},
		{"required pointer, object", bindTo[requiresJSONPointer], message{header: []string{sendsJSON}, body: `{}`}, 200, requiresJSONPointer{&noteText{}}, nil},
		{"a list", bindTo[takesJSONList], message{header: []string{sendsJSON}, body: `[1,2]`}, 200, takesJSONList{[]int{1, 2}}, nil},
		{"a list with a wrong element", bindTo[takesJSONList], message{header: []string{sendsJSON}, body: `[1,"x"]`}, 400, nil, []string{"body [1]: must be an integer"}},
		{"a map", bindTo[takesJSONMap], message{header: []string{sendsJSON}, body: `{"a":[1]}`}, 200, takesJSONMap{map[string]any{"a": []any{1.0}}}, nil},

		// Media types that are not the body's.
		{"JSON without a type", bindTo[jsonIn], message{body: "{}"}, 415, nil, nil},
		{"JSON as text", bindTo[jsonIn], message{header: []string{"Content-Type: text/plain"}, body: "{}"}, 415, nil, nil},
		{"JSON as a form", bindTo[jsonIn], message{header: []string{sendsForm}, body: "{}"}, 415, nil, nil},
		{"JSON as jsonevil", bindTo[jsonIn], message{header: []string{"Content-Type: application/jsonevil"}, body: "{}"}, 415, nil, nil},
		{"JSON in latin1", bindTo[jsonIn], message{header: []string{sendsJSON + "; charset=latin1"}, body: "{}"}, 415, nil, nil},
		{"JSON with a bad parameter", bindTo[jsonIn], message{header: []string{sendsJSON + "; ="}, body: "{}"}, 400, nil, nil},
		{"JSON in gzip", bindTo[jsonIn], message{header: []string{sendsJSON, "Content-Encoding: gzip"}, body: "{}"}, 415, nil, nil},
		{"JSON in identity", bindTo[jsonIn], message{header: []string{sendsJSON, "Content-Encoding: identity"}, body: "{}"}, 200, jsonIn{}, nil},
		{"JSON with two types", bindTo[jsonIn], message{header: []string{sendsJSON, sendsJSON}, body: "{}"}, 400, nil, nil},
		{"a form without a type", bindTo[formIn], message{body: "a=1"}, 415, nil, nil},
		{"a form as text", bindTo[formIn], message{header: []string{"Content-Type: text/plain"}, body: "a=1"}, 415, nil, nil},
		{"JSON for a form", bindTo[formIn], message{header: []string{sendsJSON}, body: `{"a":"1"}`}, 415, nil, nil},
		{"multipart/mixed", bindTo[formIn], message{header: []string{"Content-Type: multipart/mixed; boundary=frontier"}, body: multipartBody(formPart{"a", "", "1"})}, 415, nil, nil},
		{"a urlencoded form in gzip", bindTo[formIn], message{header: []string{sendsForm, "Content-Encoding: gzip"}, body: "a=1"}, 415, nil, nil},
		{"a multipart form in br", bindTo[formIn], message{header: []string{sendsMultipart, "Content-Encoding: br"}, body: multipartBody(formPart{"a", "", "1"})}, 415, nil, nil},
		{"a form with two types", bindTo[formIn], message{header: []string{sendsForm, sendsForm}, body: "a=1"}, 400, nil, nil},
		{"a form with a bad parameter", bindTo[formIn], message{header: []string{sendsForm + "; ="}, body: "a=1"}, 400, nil, nil},

		// Forms.
		{"urlencoded", bindTo[formIn], message{header: []string{sendsForm}, body: "a=x+y%26&l=1&n=3&l=2"}, 200, formIn{formFields{"x y&", 3, []string{"1", "2"}}}, nil},
		{"urlencoded, chunked", bindTo[formIn], message{header: []string{sendsForm + "; charset=utf-8"}, body: "a=x", chunked: true}, 200, formIn{formFields{"x", 5, nil}}, nil},
		{"urlencoded in another letter case", bindTo[formIn], message{header: []string{"Content-Type: Application/X-WWW-Form-Urlencoded"}, body: "a=x"}, 200, formIn{formFields{"x", 5, nil}}, nil},
		{"a form, no body", bindTo[formIn], message{}, 200, formIn{formFields{"", 5, nil}}, nil},
		{"a form, no body, chunked", bindTo[formIn], message{chunked: true}, 200, formIn{formFields{"", 5, nil}}, nil},
		{"urlencoded with a semicolon", bindTo[formIn], message{header: []string{sendsForm}, body: "a=x;n=3"}, 400, nil, []string{"form : has a bad escape or a semicolon"}},
		{"urlencoded with half an escape", bindTo[formIn], message{header: []string{sendsForm}, body: "n=3&a=%f"}, 400, nil, []string{"form : has a bad escape or a semicolon"}},
		{"urlencoded with two wrong fields", bindTo[formIn], message{header: []string{sendsForm}, body: "a=%ff&n=x"}, 400, nil, []string{"form a: must be UTF-8", "form n: must be an integer"}},
		{"the query is no form", bindTo[formIn], message{target: "/x?a=1&n=2&l=3", header: []string{sendsForm}, body: "z=1"}, 200, formIn{formFields{"", 5, nil}}, nil},
		{"a form with GET", bindTo[formIn], message{method: "GET", header: []string{sendsForm}, body: "a=x"}, 200, formIn{formFields{"x", 5, nil}}, nil},
		{"a form with DELETE", bindTo[formIn], message{method: "DELETE", header: []string{sendsForm}, body: "a=x"}, 200, formIn{formFields{"x", 5, nil}}, nil},
		{"required form, no body", bindTo[requiresForm], message{}, 400, nil, isRequired},
		{"required form, no known field", bindTo[requiresForm], message{header: []string{sendsForm}, body: "z=1"}, 200, requiresForm{formFields{"", 5, nil}}, nil},
		{"pointer to a form, no body", bindTo[takesFormPointer], message{}, 200, takesFormPointer{}, nil},
		{"pointer to a form", bindTo[takesFormPointer], message{header: []string{sendsForm}, body: "a=x"}, 200, takesFormPointer{&formFields{"x", 5, nil}}, nil},
		{"required field, no body", bindTo[requiresFormField], message{}, 400, nil, []string{"form a: is required"}},
		{"required field absent", bindTo[requiresFormField], message{header: []string{sendsForm}, body: "b=1"}, 400, nil, []string{"form a: is required"}},
		{"required field absent in multipart", bindTo[requiresFormField], message{header: mp, body: multipartBody(formPart{"b", "", ""})}, 400, nil, []string{"form a: is required"}},

		// Multipart.
		{"multipart", bindTo[formIn], message{header: mp, body: multipartBody(formPart{"l", "", "1"}, formPart{"a", "", "x+y"}, formPart{"l", "", "2"})}, 200,
			formIn{formFields{"x+y", 5, []string{"1", "2"}}}, nil},
		{"multipart to a pointer, chunked", bindTo[takesFormPointer], message{header: mp, body: multipartBody(formPart{"n", "", "3"}), chunked: true}, 200, takesFormPointer{&formFields{"", 3, nil}}, nil},
		{"multipart with two wrong fields", bindTo[formIn], message{header: mp, body: multipartBody(formPart{"a", "", "1"}, formPart{"a", "", "2"}, formPart{"n", "", "x"})}, 400, nil,
			[]string{"form a: must be given only once", "form n: must be an integer"}},
		{"multipart with a file for an integer", bindTo[formIn], message{header: mp, body: multipartBody(formPart{"n", "f", "1"})}, 400, nil, []string{"form n: must not be a file"}},
		{"multipart with a file in a list", bindTo[formIn], message{header: mp, body: multipartBody(formPart{"l", "", "1"}, formPart{"l", "f", "1"})}, 400, nil, []string{"form l: must not be a file"}},
		{"multipart without parts", bindTo[formIn], message{header: mp, body: "--frontier--\r\n"}, 200, formIn{formFields{"", 5, nil}}, nil},
		{"multipart without a boundary", bindTo[formIn], message{header: []string{"Content-Type: multipart/form-data"}, body: multipartBody()}, 400, nil, []string{"form : has no boundary"}},
		{"multipart with an empty boundary", bindTo[formIn], message{header: []string{"Content-Type: multipart/form-data; boundary="}, body: multipartBody()}, 400, nil, nil},
		{"multipart that is none", bindTo[formIn], message{header: mp, body: "x"}, 400, nil, []string{"form : is malformed or incomplete"}},
		{"multipart broken off in a part", bindTo[formIn], message{header: mp, body: multipartBody(formPart{"a", "", "1"})[:70]}, 400, nil, []string{"form : is malformed or incomplete"}},
		{"multipart without its end", bindTo[formIn], message{header: mp, body: "--frontier\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"}, 400, nil, []string{"form : is malformed or incomplete"}},
		{"multipart with a bad header", bindTo[formIn], message{header: mp, body: "--frontier\r\n\x00: x\r\n\r\n1\r\n--frontier--"}, 400, nil, []string{"form : is malformed or incomplete"}},
		{"multipart with too many texts", bindTo[formIn], message{header: mp, body: strings.Repeat(strings.TrimSuffix(multipartBody(formPart{"l", "", ""}), "--frontier--\r\n"), 1001) + multipartBody()}, 413, nil, nil},
		{"multipart with too many files", bindTo[formIn], message{header: mp, body: strings.Repeat(strings.TrimSuffix(multipartBody(formPart{"z", "z", ""}), "--frontier--\r\n"), 1001) + multipartBody()}, 413, nil, nil},

		// Bytes, of any media type.
		{"bytes", bindTo[takesBytes], message{body: "a\x00\xff"}, 200, takesBytes{[]byte("a\x00\xff")}, nil},
		{"bytes of a named type, chunked", bindTo[takesNamedBytes], message{header: []string{"Content-Type: text/plain"}, body: "a", chunked: true}, 200, takesNamedBytes{namedBytes("a")}, nil},
		{"a string", bindTo[takesString], message{header: []string{sendsMultipart}, body: "a"}, 200, takesString{"a"}, nil},
		{"a string of a named type", bindTo[takesNamedString], message{header: []string{sendsJSON}, body: "{"}, 200, takesNamedString{"{"}, nil},
		{"bytes with a bad type and an encoding", bindTo[takesBytes], message{header: []string{"Content-Type: x; =", "Content-Encoding: gzip"}, body: "a"}, 200, takesBytes{[]byte("a")}, nil},
		{"bytes, no body", bindTo[takesBytes], message{}, 200, takesBytes{}, nil},
		{"a string, no body, chunked", bindTo[takesString], message{chunked: true}, 200, takesString{}, nil},
		{"required bytes, no body", bindTo[requiresBytes], message{}, 400, nil, isRequired},
		{"required bytes", bindTo[requiresBytes], message{body: "a"}, 200, requiresBytes{[]byte("a")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, a := tt.bind(t, tt.r)
			want := tt.want
			if want == nil {
				want = reflect.Zero(reflect.TypeOf(got)).Interface()
			}
			if diff := cmp.Diff(want, got); diff != "" || a.status != tt.status {
				t.Errorf("%T, %.300q: %d, want %d, %.300s (-want +got)\n%s", got, tt.r, a.status, tt.status, a.body, diff)
			}
			if diff := cmp.Diff(tt.errors, a.fieldErrors()); diff != "" {
				t.Errorf("%T, %.300q: errors (-want +got)\n%s", got, tt.r, diff)
			}
		})
	}
}

// A 415 says in a header what would be accepted, and in its detail which header is wrong.
func TestBindUnsupportedHeaders(t *testing.T) {
	t.Parallel()
	const mustBeForm = "the Content-Type must be application/x-www-form-urlencoded or multipart/form-data"
	tests := []struct {
		name        string
		bind        binding
		header      []string
		key, accept string
		detail      string
	}{
		{"JSON", bindTo[takesJSON], []string{"Content-Type: text/plain"}, "Accept", "application/json", "the Content-Type must be application/json"},
		{"JSON as curl -d sends it", bindTo[takesJSON], []string{sendsForm}, "Accept", "application/json", "the Content-Type must be application/json"},
		{"JSON without a type", bindTo[takesJSON], nil, "Accept", "application/json", "the Content-Type must be application/json"},
		{"a form", bindTo[takesForm], []string{"Content-Type: text/plain"}, "Accept", "application/x-www-form-urlencoded, multipart/form-data", mustBeForm},
		{"a form without a type", bindTo[takesForm], nil, "Accept", "application/x-www-form-urlencoded, multipart/form-data", mustBeForm},
		{"an encoded form", bindTo[takesForm], []string{sendsForm, "Content-Encoding: gzip"}, "Accept-Encoding", "identity", "the body must not be encoded"},
		{"encoded JSON", bindTo[takesJSON], []string{sendsJSON, "Content-Encoding: gzip"}, "Accept-Encoding", "identity", "the body must not be encoded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, a := tt.bind(t, message{header: tt.header, body: "{}"})
			if got := a.header.Get(tt.key); a.status != 415 || got != tt.accept || !strings.Contains(a.body, strconv.Quote(tt.detail)) {
				t.Errorf("%q: %d %s, %s %q, want 415, %q and %q", tt.header, a.status, a.body, tt.key, got, tt.accept, tt.detail)
			}
		})
	}
}

// With RejectUnknown, names of a body that fill no field are errors.
func TestBindBodyRejectUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		bind   binding
		r      message
		errors []string
	}{
		{"JSON", bindTo[takesJSON], message{header: []string{sendsJSON}, body: `{"text":"a","x":1}`}, []string{"body x: is not known"}},
		{"urlencoded", bindTo[takesForm], message{header: []string{sendsForm}, body: "x=1&a=1&A=1"}, []string{"form x: is not known", "form A: is not known"}},
		{"multipart", bindTo[takesForm], message{header: []string{sendsMultipart}, body: multipartBody(formPart{"x", "", "1"}, formPart{"a", "", "1"}, formPart{"A", "f", "1"}, formPart{"x", "f", ""})},
			[]string{"form A: is not known", "form x: is not known"}},
		{"urlencoded, all known", bindTo[takesForm], message{header: []string{sendsForm}, body: "a=1&n=1&l=1&l=2"}, nil},
		{"multipart, all known", bindTo[takesForm], message{header: []string{sendsMultipart}, body: multipartBody(formPart{"a", "", "1"})}, nil},
		{"bytes and a query", bindTo[takesBytes], message{target: "/x?x=1", body: "x=1"}, []string{"query x: is not known"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, a := tt.bind(t, tt.r, apiroute.RejectUnknown(true))
			if diff := cmp.Diff(tt.errors, a.fieldErrors()); diff != "" {
				t.Errorf("%q: %d, errors (-want +got)\n%s", tt.r, a.status, diff)
			}
			if _, a := tt.bind(t, tt.r); a.status != 200 {
				t.Errorf("%q without RejectUnknown: %d %s", tt.r, a.status, a.body)
			}
		})
	}
}

// The limit holds for bodies of all kinds, with a Content-Length or chunked.
func TestBindBodyLimit(t *testing.T) {
	t.Parallel()
	form := multipartBody(formPart{"a", "", "12345"}, formPart{"l", "f", "12345"})
	tests := []struct {
		name   string
		bind   binding
		header string
		body   string
	}{
		{"JSON", bindTo[takesJSON], sendsJSON, `{"text":"12345"}`},
		{"urlencoded", bindTo[takesForm], sendsForm, "a=12345"},
		{"multipart", bindTo[requiresForm], sendsMultipart, multipartBody(formPart{"a", "", "12345"})},
		{"multipart with a file", bindTo[takesFiles], sendsMultipart, form},
		{"bytes", bindTo[takesBytes], "Content-Type: x/y", "12345"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, chunked := range []bool{false, true} {
				n := int64(len(tt.body))
				r := message{header: []string{tt.header}, body: tt.body, chunked: chunked}
				if _, a := tt.bind(t, r, apiroute.BodyLimit(n-1)); a.status != 413 || a.header.Get("Connection") != "close" {
					t.Errorf("%q, limit %d: %d %q, want 413 and Connection: close", r, n-1, a.status, a.header)
				}
				if _, a := tt.bind(t, r, apiroute.BodyLimit(n)); a.status != 200 {
					t.Errorf("%q, limit %d: %d %s, want 200", r, n, a.status, a.body)
				}
			}
		})
	}
}

// The charset of a body is UTF-8, by any of the labels that browsers know for it.
func TestBindCharset(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name string
		bind binding
		m    message
	}{
		{"JSON", bindTo[takesJSON], message{header: []string{sendsJSON}, body: "{}"}},
		{"+json", bindTo[takesJSON], message{header: []string{"Content-Type: application/merge-patch+json"}, body: "{}"}},
		{"urlencoded", bindTo[takesForm], message{header: []string{sendsForm}, body: "a=1"}},
		{"multipart", bindTo[takesForm], message{header: []string{sendsMultipart}, body: multipartBody(formPart{"a", "", "1"})}},
	}
	tests := []struct {
		charset string
		status  int
	}{
		{"utf-8", 200}, {"UTF-8", 200}, {"utf8", 200}, {"Utf8", 200}, {`"utf-8"`, 200}, {`"UTF8"`, 200}, {`" utf-8 "`, 200},
		{"unicode-1-1-utf-8", 200}, {"unicode11utf8", 200}, {"Unicode20UTF8", 200}, {"x-unicode20utf8", 200},
		{"iso-8859-1", 415}, {"latin1", 415}, {"utf-16", 415}, {"us-ascii", 415}, {"utf_8", 415}, {"utf-8x", 415}, {`""`, 415}, {`"utf 8"`, 415},
	}
	for _, k := range kinds {
		for _, tt := range tests {
			t.Run(k.name+" "+tt.charset, func(t *testing.T) {
				t.Parallel()
				m := k.m
				m.header = []string{m.header[0] + "; charset=" + tt.charset}
				if _, o := k.bind(t, m); o.status != tt.status || o.status == 415 && o.header.Get("Accept") == "" {
					t.Errorf("%q: %d %s, want %d", m.header, o.status, o.body, tt.status)
				}
			})
		}
	}
}

// Where the header alone decides, the response comes before a byte of the body is read, so a client
// that waits for 100 Continue is not asked for the body. Otherwise it is.
func TestBindExpectContinue(t *testing.T) {
	t.Parallel()
	const long = "Content-Length: 100"
	s := newAPI(t, func(api *apiroute.Router) {
		for path, bind := range map[string]func(*apiroute.Request) error{
			"/json":    bindError[takesJSON],
			"/pointer": bindError[takesJSONPointer],
			"/form":    bindError[takesForm],
		} {
			api.Post(path, func(req *apiroute.Request, _ *apiroute.Response) error { return bind(req) })
			api.Post(path+"/around", respondOK, apiroute.BodyLimit(50), apiroute.Around(func(apiroute.Handler) apiroute.Handler {
				return func(req *apiroute.Request, _ *apiroute.Response) error { return bind(req) }
			}))
		}
	})
	tests := []struct {
		name   string
		path   string
		header []string
		status int
	}{
		{"text for JSON", "/json", []string{"Content-Type: text/plain", long}, 415},
		{"text for JSON, chunked", "/json", []string{"Content-Type: text/plain", "Transfer-Encoding: chunked"}, 415},
		{"a form for a pointer to JSON", "/pointer", []string{sendsForm, long}, 415},
		{"JSON without a type", "/json", []string{long}, 415},
		{"JSON with two types", "/json", []string{sendsJSON, sendsJSON, long}, 400},
		{"JSON with a bad parameter", "/json", []string{sendsJSON + "; =", long}, 400},
		{"JSON in latin1", "/json", []string{sendsJSON + "; charset=latin1", long}, 415},
		{"JSON in gzip", "/json", []string{sendsJSON, "Content-Encoding: gzip", long}, 415},
		{"text for a form", "/form", []string{"Content-Type: text/plain", long}, 415},
		{"text for a form, chunked", "/form", []string{"Content-Type: text/plain", "Transfer-Encoding: chunked"}, 415},
		{"a form without a type", "/form", []string{long}, 415},
		{"a form with two types", "/form", []string{sendsForm, sendsForm, long}, 400},
		{"a form in latin1", "/form", []string{sendsForm + "; charset=latin1", long}, 415},
		{"a multipart form in gzip", "/form", []string{sendsMultipart, "Content-Encoding: gzip", long}, 415},
		{"a multipart form without a boundary", "/form", []string{"Content-Type: multipart/form-data", long}, 400},
		{"a multipart form in latin1", "/form", []string{sendsMultipart + "; charset=latin1", long}, 415},
		{"too long for JSON", "/json", []string{sendsJSON, "Content-Length: 2000000"}, 413},
		{"too long for a form", "/form", []string{sendsForm, "Content-Length: 2000000"}, 413},
		{"too long for JSON in Around", "/json/around", []string{sendsJSON, long}, 413},
		{"too long for a form in Around", "/form/around", []string{sendsForm, long}, 413},
		{"too long for a multipart form in Around", "/form/around", []string{sendsMultipart, long}, 413},
		{"text in Around", "/form/around", []string{"Content-Type: text/plain", "Content-Length: 10"}, 415},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The body never comes: had the server asked for it, the test would wait in vain.
			r := s.do("POST", tt.path, "", append(tt.header, "Expect: 100-continue")...)
			if r.status != tt.status || len(r.interim) > 0 {
				t.Errorf("%q: %d after %v, want %d at once", tt.header, r.status, r.interim, tt.status)
			}
		})
	}
	t.Run("a body in order", func(t *testing.T) {
		t.Parallel()
		r := s.do("POST", "/json?x", `{"n":"x"}`, sendsJSON, "Expect: 100-continue")
		if r.status != 400 || len(r.interim) != 1 {
			t.Errorf("%d after %v, want 400 after 100 Continue", r.status, r.interim)
		}
	})
}
