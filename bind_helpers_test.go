package apiroute_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// This file holds what the tests of Bind and of typed endpoints share.

// Lines of a header that say what kind of body a message has.
const (
	sendsJSON      = "Content-Type: application/json"
	sendsForm      = "Content-Type: application/x-www-form-urlencoded"
	sendsMultipart = "Content-Type: multipart/form-data; boundary=frontier"
)

// A message is a request as a client writes it.
type message struct {
	method  string   // POST if empty
	target  string   // /x if empty
	header  []string // lines
	body    string
	chunked bool
}

func (m message) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", orElse(m.method, "POST"), orElse(m.target, "/x"))
	if !slices.ContainsFunc(m.header, func(s string) bool { return strings.HasPrefix(s, "Host:") }) {
		b.WriteString("Host: example.com\r\n")
	}
	for _, line := range m.header {
		b.WriteString(line + "\r\n")
	}
	switch {
	case m.chunked && m.body == "":
		b.WriteString("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	case m.chunked:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(m.body), m.body)
	case m.body != "":
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(m.body), m.body)
	default:
		b.WriteString("\r\n")
	}
	return b.String()
}

// request returns the request as a server reads it from a connection.
func (m message) request(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(m.String())))
	if err != nil {
		t.Fatalf("the test's own request is bad: %v\n%s", err, m)
	}
	return r
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// A formPart is one part of a multipart body. It is a file if it has a filename.
type formPart struct{ name, filename, content string }

// multipartBody returns a body that goes with sendsMultipart.
func multipartBody(parts ...formPart) string {
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

// An outcome is a response and what the router logged meanwhile.
type outcome struct {
	reply
	log string
}

// fieldErrors returns the fields of a problem, each as "in name: detail".
func (r reply) fieldErrors() (list []string) {
	var p struct{ Errors []apiroute.FieldError }
	json.Unmarshal([]byte(r.body), &p)
	for _, f := range p.Errors {
		list = append(list, f.In+" "+f.Name+": "+f.Detail)
	}
	return list
}

// serveMessage serves a message with a handler for all methods of a path.
func serveMessage(t testing.TB, path string, m message, h apiroute.Handler, opts ...apiroute.Option) outcome {
	t.Helper()
	var log testLog
	api := apiroute.New(append([]apiroute.Option{log.option()}, opts...)...)
	api.Handle(path, h)
	return outcome{serveRecorder(api, m.request(t)), log.String()}
}

// bindInHandler binds a T in a handler and returns what the handler got.
func bindInHandler[T any](t testing.TB, path string, m message, opts ...apiroute.Option) (got T, o outcome) {
	t.Helper()
	o = serveMessage(t, path, m, func(req *apiroute.Request, res *apiroute.Response) error {
		v, err := apiroute.Bind[T](req)
		if err != nil {
			if !reflect.ValueOf(v).IsZero() {
				t.Errorf("%q: with an error Bind returned %+v, want the zero %T", m, v, v)
			}
			return err
		}
		got = v
		return res.Text("ok")
	}, opts...)
	return got, o
}

// bindInEndpoint registers a typed endpoint for POST and returns what the endpoint got. If it
// cannot be registered, refused is what the registration panics with.
func bindInEndpoint[T any](t testing.TB, path string, m message, opts ...apiroute.Option) (got T, o outcome, refused any) {
	t.Helper()
	var log testLog
	api := apiroute.New(append([]apiroute.Option{log.option()}, opts...)...)
	func() {
		defer func() { refused = recover() }()
		apiroute.Post(api, path, func(_ context.Context, in T) (string, error) { got = in; return "ok", nil })
	}()
	if refused == nil {
		o = outcome{serveRecorder(api, m.request(t)), log.String()}
	}
	return got, o, refused
}

// bindAs binds a T in a handler on a path and returns what the handler got. A typed endpoint must
// get the same; a type that an endpoint refuses must be a 500 in the handler.
func bindAs[T any](t testing.TB, path string, m message, opts ...apiroute.Option) (T, outcome) {
	t.Helper()
	got, o := bindInHandler[T](t, path, m, opts...)
	if orElse(m.method, "POST") != "POST" {
		return got, o
	}
	typed, e, refused := bindInEndpoint[T](t, path, m, opts...)
	if refused != nil {
		if o.status != 500 {
			t.Errorf("%q: as a typed endpoint: panic %v; in a handler: status %d, want 500", m, refused, o.status)
		}
	} else if e.status != o.status || o.status != 200 && e.body != o.body || !cmp.Equal(typed, got, fileSummary, allFields) {
		t.Errorf("%q: as a typed endpoint: %d %s, %+v; want %d %s, %+v", m, e.status, e.body, typed, o.status, o.body, got)
	}
	return got, o
}

// A binding is bindAs on the path /x for one type, for tables with rows of many types.
type binding = func(testing.TB, message, ...apiroute.Option) (any, outcome)

func bindTo[T any](t testing.TB, m message, opts ...apiroute.Option) (any, outcome) {
	t.Helper()
	return bindAs[T](t, "/x", m, opts...)
}

// bindError binds a T and returns the error, which there must be.
func bindError[T any](req *apiroute.Request) error {
	v, err := apiroute.Bind[T](req)
	if err == nil {
		return fmt.Errorf("Bind gave %+v", v)
	}
	return err
}

// fileSummary compares uploaded files by what their parts say of them.
var fileSummary = cmp.Transformer("file", func(f multipart.FileHeader) string {
	return fmt.Sprint(f.Filename, f.Header, f.Size)
})

// allFields compares unexported fields too.
var allFields = cmp.Exporter(func(reflect.Type) bool { return true })

// carriers are the places of a request that carry text to a field named v, and how the text travels
// there: the path of the route, and the request.
var carriers = []struct {
	name    string
	in      string // of the FieldError
	key     string // the name of the field there
	message func(texts ...string) (path string, m message)
	carries func(text string) bool // whether the text can arrive at all
}{
	{"path", "path", "v", func(s ...string) (string, message) {
		return "/x/[v]", message{target: "/x/" + url.PathEscape(strings.Join(s, ""))}
	}, func(s string) bool { return s != "" && !strings.Contains(s, "\x00") && utf8.ValidString(s) }},
	{"query", "query", "v", func(s ...string) (string, message) {
		return "/x", message{target: "/x?" + url.Values{"v": s}.Encode()}
	}, func(string) bool { return true }},
	{"header", "header", "V", func(s ...string) (string, message) {
		var m message
		for _, s := range s {
			m.header = append(m.header, "v: "+s)
		}
		return "/x", m
	}, func(s string) bool { return strings.Trim(s, " ") == s && !strings.Contains(s, "\x00") }},
	{"cookie", "cookie", "v", func(s ...string) (string, message) {
		if len(s) == 0 {
			return "/x", message{}
		}
		return "/x", message{header: []string{"Cookie: v=" + strings.Join(s, "; v=")}}
	}, func(s string) bool {
		return strings.Trim(s, " ") == s && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`";\`, r) }) < 0
	}},
	{"urlencoded", "form", "v", func(s ...string) (string, message) {
		return "/x", message{header: []string{sendsForm}, body: url.Values{"v": s}.Encode()}
	}, func(string) bool { return true }},
	{"multipart", "form", "v", func(s ...string) (string, message) {
		var parts []formPart
		for _, s := range s {
			parts = append(parts, formPart{"v", "", s})
		}
		if len(s) == 0 {
			parts = []formPart{{"other", "", ""}}
		}
		return "/x", message{header: []string{sendsMultipart}, body: multipartBody(parts...)}
	}, func(string) bool { return true }},
}

// Structs with one field, named v, in each of the carriers.
type (
	fromPath[V any] struct {
		V V `path:"v"`
	}
	fromQuery[V any] struct {
		V V `query:"v"`
	}
	fromHeader[V any] struct {
		V V `header:"v"`
	}
	fromCookie[V any] struct {
		V V `cookie:"v"`
	}
	fromForm[V any] struct {
		Body struct {
			V V `form:"v"`
		} `body:"form"`
	}
)

// A filler binds a message to a struct with one field, named v, in one of the carriers. It returns
// the value of the field.
type filler = func(t testing.TB, carrier, path string, m message) (any, outcome)

// fill is the filler for fields of type V.
func fill[V any](t testing.TB, carrier, path string, m message) (any, outcome) {
	t.Helper()
	switch carrier {
	case "path":
		in, o := bindAs[fromPath[V]](t, path, m)
		return in.V, o
	case "query":
		in, o := bindAs[fromQuery[V]](t, path, m)
		return in.V, o
	case "header":
		in, o := bindAs[fromHeader[V]](t, path, m)
		return in.V, o
	case "cookie":
		in, o := bindAs[fromCookie[V]](t, path, m)
		return in.V, o
	}
	in, o := bindAs[fromForm[V]](t, path, m)
	return in.Body.V, o
}

func ptrTo[T any](v T) *T { return &v }
