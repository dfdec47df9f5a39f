package apiroute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

type endpointID struct {
	ID int `path:"id"`
}

type endpointOut struct {
	ID int `json:"id"`
}

func endpointEcho(_ context.Context, in endpointID) (endpointOut, error) {
	return endpointOut(in), nil
}

func TestEndpointMethods(t *testing.T) {
	type register = func(*Router, string, func(context.Context, endpointID) (endpointOut, error), ...Option)
	tests := []struct {
		method   string
		register register
		also     string // answered too
	}{
		{"GET", Get[endpointID, endpointOut], "HEAD"},
		{"POST", Post[endpointID, endpointOut], ""},
		{"PUT", Put[endpointID, endpointOut], ""},
		{"PATCH", Patch[endpointID, endpointOut], ""},
		{"DELETE", Delete[endpointID, endpointOut], ""},
	}
	for _, tt := range tests {
		api := New(Logger(bindQuiet))
		tt.register(api, "/x/[id]", endpointEcho)
		s := httptest.NewServer(api)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"} {
			want := http.StatusMethodNotAllowed
			if method == tt.method || method == tt.also {
				want = http.StatusOK
			}
			r, _ := http.NewRequest(method, s.URL+"/x/7", nil)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s of an endpoint for %s: %d, want %d", method, tt.method, resp.StatusCode, want)
			}
			if want == http.StatusOK {
				wantBody := `{"id":7}`
				if method == "HEAD" {
					wantBody = ""
				}
				if string(body) != wantBody || resp.ContentLength != 8 || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" {
					t.Errorf("%s: %q, length %d, headers %v, want %q", method, body, resp.ContentLength, resp.Header, wantBody)
				}
			}
		}
		s.Close()
		if got := api.Routes(); len(got) != 1 || got[0].Method != tt.method || got[0].Path != "/x/[id]" || !strings.Contains(got[0].Source, "endpoint_test.go:") {
			t.Errorf("%s: Routes() = %v", tt.method, got)
		}
	}
}

type (
	endpointEmpty    struct{}
	endpointNilSlice []int
	endpointMarshal  []int
)

func (m endpointMarshal) MarshalJSON() ([]byte, error) { return []byte(`"own"`), nil }

// What goes out for what a function returns.
func TestEndpointOut(t *testing.T) {
	tests := []struct {
		name     string
		register func(*Router, ...Option)
		options  []Option
		status   int
		body     string
	}{
		{"struct", endpointReturns(endpointOut{3}), nil, 200, `{"id":3}`},
		{"pointer", endpointReturns(&endpointOut{3}), nil, 200, `{"id":3}`},
		{"nil pointer", endpointReturns((*endpointOut)(nil)), nil, 200, `null`},
		{"string", endpointReturns("<a>"), nil, 200, `"\u003ca\u003e"`},
		{"nil slice", endpointReturns([]int(nil)), nil, 200, `[]`},
		{"nil slice of a named type", endpointReturns(endpointNilSlice(nil)), nil, 200, `[]`},
		{"nil slice that encodes itself", endpointReturns(endpointMarshal(nil)), nil, 200, `"own"`},
		{"slice", endpointReturns([]int{1}), nil, 200, `[1]`},
		{"nil map", endpointReturns(map[string]int(nil)), nil, 200, `{}`},
		{"nil interface", endpointReturns[any](nil), nil, 200, `null`},
		{"nil slice within", endpointReturns(struct{ L []int }{}), nil, 200, `{"L":null}`},
		{"struct{}", endpointReturns(struct{}{}), nil, 204, ``},
		{"struct{} with a status", endpointReturns(struct{}{}), []Option{Status(202)}, 202, ``},
		{"named empty struct", endpointReturns(endpointEmpty{}), nil, 200, `{}`},
		{"a status", endpointReturns(endpointOut{3}), []Option{Status(201)}, 201, `{"id":3}`},
		{"the last status", endpointReturns(endpointOut{3}), []Option{Status(201), Status(203)}, 203, `{"id":3}`},
		{"204 has no body", endpointReturns(endpointOut{3}), []Option{Status(204)}, 204, ``},
		{"cannot be encoded", endpointReturns(func() {}), nil, 500, `{"title":"Internal Server Error","status":500}`},
	}
	for _, tt := range tests {
		api := New(Logger(bindQuiet))
		tt.register(api, tt.options...)
		a := bindServe(t, api, bindHTTP{}.request(t))
		if a.status != tt.status || a.body != tt.body {
			t.Errorf("%s: %d %s, want %d %s", tt.name, a.status, a.body, tt.status, tt.body)
		}
	}
}

func endpointReturns[Out any](v Out) func(*Router, ...Option) {
	return func(r *Router, opts ...Option) {
		Post(r, "/x", func(context.Context, struct{}) (Out, error) { return v, nil }, opts...)
	}
}

// An error answers in place of Out, and Status has no say in it.
func TestEndpointErrors(t *testing.T) {
	tests := []struct {
		target string
		err    error
		called bool
		status int
		body   string
	}{
		{"/x/7", nil, true, 201, `{"id":7}`},
		{"/x/7", Errorf(404, "no post %d", 7), true, 404, `{"title":"Not Found","status":404,"detail":"no post 7"}`},
		{"/x/7", fmt.Errorf("store: %w", Errorf(409, "taken")), true, 409, `{"title":"Conflict","status":409,"detail":"taken"}`},
		{"/x/7", errors.New("dsn=secret"), true, 500, `{"title":"Internal Server Error","status":500}`},
		{"/x/y", nil, false, 400, `{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"path","name":"id","detail":"must be an integer"}]}`},
	}
	for _, tt := range tests {
		called := false
		api := New(Logger(bindQuiet))
		Post(api, "/x/[id]", func(_ context.Context, in endpointID) (endpointOut, error) {
			called = true
			return endpointOut(in), tt.err
		}, Status(201))
		a := bindServe(t, api, bindHTTP{target: tt.target}.request(t))
		if a.status != tt.status || a.body != tt.body || called != tt.called {
			t.Errorf("%s, error %v: %d %s, called %v, want %d %s, called %v", tt.target, tt.err, a.status, a.body, called, tt.status, tt.body, tt.called)
		}
	}
}

// The context is that of the request, with what middleware has put there.
func TestEndpointContext(t *testing.T) {
	type key string
	use := func(k key) Option {
		return Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), k, string(k))))
			})
		})
	}
	around := func(k key) Option {
		return Around(func(next Handler) Handler {
			return func(req *Request, res *Response) error {
				req.Request = req.WithContext(context.WithValue(req.Context(), k, string(k)))
				return next(req, res)
			}
		})
	}
	api := New(use("a"), around("b"))
	g := api.Group("/g", use("c"), around("d"))
	Get(g, "/x", func(ctx context.Context, _ struct{}) (string, error) {
		var all []string
		for _, k := range []key{"a", "b", "c", "d", "e", "f"} {
			s, _ := ctx.Value(k).(string)
			all = append(all, s)
		}
		return strings.Join(all, " "), nil
	}, use("e"), around("f"))
	a := bindServe(t, api, bindHTTP{method: "GET", target: "/g/x"}.request(t))
	if want := `"a b c d e f"`; a.body != want {
		t.Errorf("got %d %s, want %s", a.status, a.body, want)
	}
}

// Path tags are held against the whole path, with the prefix of the group.
func TestEndpointGroup(t *testing.T) {
	type In struct {
		Org  string   `path:"org"`
		ID   int      `path:"id"`
		Rest []string `path:"rest"`
	}
	api := New()
	g := api.Group("/orgs/[org]").Group("/users")
	Get(g, "/[id]/[[...rest]]", func(_ context.Context, in In) (In, error) { return in, nil })
	Get(api.Group("/one/[id]"), "", func(_ context.Context, in endpointID) (int, error) { return in.ID, nil })
	for target, want := range map[string]string{
		"/orgs/a%2Fb/users/7":         `{"Org":"a/b","ID":7,"Rest":null}`,
		"/orgs/a/users/7/b%2Fc/%252F": `{"Org":"a","ID":7,"Rest":["b/c","%2F"]}`,
		"/one/8":                      `8`,
	} {
		a := bindServe(t, api, bindHTTP{method: "GET", target: target}.request(t))
		if a.status != 200 || a.body != want {
			t.Errorf("%s: %d %s, want %s", target, a.status, a.body, want)
		}
	}
}

func endpointPanic(f func()) (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	f()
	return "no panic"
}

type endpointAllWrong struct {
	A    int
	B    chan int `query:"b"`
	C    int      `path:"c"`
	D    []int    `path:"id"`
	E    string   `path:"rest"`
	F    int      `query:"f" default:"x"`
	Body struct {
		G func()
	} `body:"json"`
}

// An endpoint that could never be served does not get as far as serving.
func TestEndpointPanics(t *testing.T) {
	type body struct {
		Body struct{} `body:"json"`
	}
	type form struct {
		ID   int `path:"id"`
		Body struct {
			A int `form:"a"`
		} `body:"form"`
	}
	type list struct {
		Slug []string `path:"slug"`
	}
	type text struct {
		Slug string `path:"slug"`
	}
	type noTag struct{ F int }
	api := New()
	tests := []struct {
		name     string
		register func()
		want     []string
	}{
		{"no struct", func() { Get(api, "/x", endpointFunc[int]) }, []string{`"/x"`, "int is not a struct"}},
		{"a pointer", func() { Post(api, "/x", endpointFunc[*noTag]) }, []string{`"/x"`, "is not a struct"}},
		{"no tag", func() { Put(api, "/x", endpointFunc[noTag]) }, []string{`"/x"`, "noTag", "field F", "no tag"}},
		{"no segment", func() { Get(api, "/x", endpointFunc[endpointID]) }, []string{`"/x"`, "endpointID", "field ID", "[id]"}},
		{"a static segment of the name", func() { Get(api, "/x/id", endpointFunc[endpointID]) }, []string{`"/x/id"`, "field ID", "[id]"}},
		{"another letter case", func() { Get(api, "/x/[ID]", endpointFunc[endpointID]) }, []string{`"/x/[ID]"`, "field ID", "[id]"}},
		{"a group's segment is no other's", func() { Get(api.Group("/[org]"), "/x", endpointFunc[endpointID]) }, []string{`"/[org]/x"`, "field ID"}},
		{"a slice for one segment", func() { Get(api, "/x/[slug]", endpointFunc[list]) }, []string{`"/x/[slug]"`, "field Slug", "catch-all", "[slug]"}},
		{"one for a catch-all", func() { Patch(api, "/x/[...slug]", endpointFunc[text]) }, []string{`"/x/[...slug]"`, "field Slug", "catch-all", "[...slug]"}},
		{"one for an optional catch-all", func() { Put(api, "/x/[[...slug]]", endpointFunc[text]) }, []string{"field Slug", "[[...slug]]"}},
		{"a body with GET", func() { Get(api, "/x", endpointFunc[body]) }, []string{`"/x"`, "body", "GET has no body"}},
		{"a body with DELETE", func() { Delete(api, "/x/[id]", endpointFunc[form]) }, []string{`"/x/[id]"`, "form", "DELETE has no body"}},
		{"nil", func() { Get[endpointID, int](api, "/x/[id]", nil) }, []string{`"/x/[id]"`, "nil"}},
		{"a bad path", func() { Get(api, "x", endpointFunc[struct{}]) }, []string{`"x"`, "slash"}},
		{"a bad path in a group", func() { Get(api.Group("/g"), "x", endpointFunc[struct{}]) }, []string{`"/gx"`, "slash"}},
		{"no path", func() { Get(api, "", endpointFunc[struct{}]) }, []string{`""`, "slash"}},
		{"half a segment", func() { Get(api, "/a[id]", endpointFunc[struct{}]) }, []string{`"/a[id]"`}},
		{"twice", func() {
			Get(api, "/twice", endpointFunc[struct{}])
			Get(api, "/twice", endpointFunc[struct{}])
		}, []string{`"/twice"`, "GET has a handler already"}},
		{"all at once", func() { Get(api, "/x/[id]/[...rest]", endpointFunc[endpointAllWrong]) },
			[]string{"endpointAllWrong", "field A", "field B", "chan int", "field C", "[c]", "field D", "[id]", "field E", "[...rest]", "field F", `"x"`,
				"field Body.G", "func()", "GET has no body"}},
	}
	for _, tt := range tests {
		got := endpointPanic(tt.register)
		for _, want := range append(tt.want, "apiroute: ", "endpoint_test.go:") {
			if !strings.Contains(got, want) {
				t.Errorf("%s: panic %q, want %q in it", tt.name, got, want)
			}
		}
		if !strings.HasPrefix(got, "apiroute: ") || strings.Count(got, "apiroute: ") != 1 {
			t.Errorf("%s: panic %q, want the package's name once, at the beginning", tt.name, got)
		}
	}
	if got := api.Routes(); len(got) != 1 {
		t.Errorf("what was refused is registered: %v", got)
	}
}

func endpointFunc[In any](context.Context, In) (int, error) { return 0, nil }

// A body goes with the methods that have one.
func TestEndpointBodyMethods(t *testing.T) {
	api := New()
	Post(api, "/x", endpointFunc[bindBodyJSON])
	Put(api, "/x", endpointFunc[bindBodyForm])
	Patch(api, "/x", endpointFunc[bindBodyRawBytes])
	if got := api.Routes(); len(got) != 3 {
		t.Errorf("Routes() = %v, want 3", got)
	}
}

// Status is for typed endpoints, and for statuses that say that all went well.
func TestStatusOption(t *testing.T) {
	for _, code := range []int{-1, 0, 100, 199, 300, 304, 404, 500, 1000} {
		if got := endpointPanic(func() { Status(code) }); !strings.HasPrefix(got, "apiroute: Status: "+fmt.Sprint(code)) {
			t.Errorf("Status(%d): panic %q", code, got)
		}
	}
	h := func(*Request, *Response) error { return nil }
	places := map[string]func(){
		"New":    func() { New(Status(201)) },
		"Group":  func() { New().Group("/g", Status(201)) },
		"Get":    func() { New().Get("/x", h, Status(201)) },
		"Handle": func() { New().Handle("/x", h, Status(201)) },
		"Mount":  func() { New().Mount("/x", http.NotFoundHandler(), Status(201)) },
	}
	for name, register := range places {
		if got := endpointPanic(register); !strings.HasPrefix(got, "apiroute: ") || !strings.Contains(got, "Status has no meaning here") ||
			!strings.Contains(got, "endpoint_test.go:") {
			t.Errorf("%s: panic %q", name, got)
		}
	}
}

// Handlers can live in a mux that is there already; the pattern's wildcards are
// the path then.
func TestEndpointInServeMux(t *testing.T) {
	type In struct {
		ID   int          `path:"id"`
		Rest []string     `path:"rest"`
		Q    string       `query:"q"`
		Body *endpointOut `body:"json"`
	}
	type text struct {
		Rest string `path:"rest"`
	}
	mux := http.NewServeMux()
	mux.Handle("POST /x/{id}/{rest...}", Handler(func(req *Request, res *Response) error {
		in, err := Bind[In](req)
		if err != nil {
			return err
		}
		return res.JSON(in)
	}))
	mux.Handle("GET /text/{rest...}", Handler(func(req *Request, res *Response) error {
		in, err := Bind[text](req)
		if err != nil {
			return err
		}
		return res.JSON(in.Rest)
	}))
	mux.Handle("GET /none/{other}", Handler(func(req *Request, res *Response) error { return bindOnly[endpointID](req) }))
	s := httptest.NewServer(mux)
	defer s.Close()
	tests := []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"POST", "/x/7/a/b?q=1", `{"id":8}`, 200, `{"ID":7,"Rest":["a","b"],"Q":"1","Body":{"id":8}}`},
		{"POST", "/x/7/", ``, 200, `{"ID":7,"Rest":null,"Q":"","Body":null}`},
		{"POST", "/x/a/b", `{"id":"8"}`, 400, `{"title":"Bad Request","status":400,"detail":"2 fields are wrong","errors":[` +
			`{"in":"path","name":"id","detail":"must be an integer"},{"in":"body","name":"id","detail":"must be an integer"}]}`},
		{"POST", "/x/7/%ff", ``, 400, `{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"path","name":"rest","detail":"must be UTF-8"}]}`},
		{"GET", "/text/a/b", ``, 200, `"a/b"`},
		{"GET", "/none/1", ``, 500, `{"title":"Internal Server Error","status":500}`},
	}
	for _, tt := range tests {
		r, _ := http.NewRequest(tt.method, s.URL+tt.target, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.status || string(body) != tt.want {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.method, tt.target, tt.body, resp.StatusCode, body, tt.status, tt.want)
		}
	}
}

type endpointMix struct {
	ID   int `path:"id"`
	Page int `query:"page"`
	Body struct {
		ID   int    `json:"id"`
		Page int    `json:"page"`
		Text string `json:"text"`
	} `body:"json"`
}

// Each source has its own field, whatever names they share.
func TestEndpointMix(t *testing.T) {
	var got endpointMix
	api := New()
	Post(api, "/mix/[id]", func(_ context.Context, in endpointMix) (struct{}, error) { got = in; return struct{}{}, nil })
	a := bindServe(t, api, bindHTTP{target: "/mix/7?id=9&page=2&text=q", header: []string{bindJSON, "Cookie: id=1; page=1", "Id: 1", "Page: 1"},
		body: `{"id":8,"text":"b","Page2":8}`}.request(t))
	var want endpointMix
	want.ID, want.Page, want.Body.ID, want.Body.Text = 7, 2, 8, "b"
	if a.status != 204 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d %s, got %+v, want %+v", a.status, a.body, got, want)
	}
}

// A body that can be sent again and again.
type endpointBody struct{ strings.Reader }

func (*endpointBody) Close() error { return nil }

type endpointNoWriter struct{ h http.Header }

func (w endpointNoWriter) Header() http.Header         { return w.h }
func (w endpointNoWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w endpointNoWriter) WriteHeader(int)             {}

// A request costs no more than what encoding/json takes for the text.
func TestEndpointAllocs(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector allocates too")
		return
	}
	const text = `{"id":8,"page":9,"text":"a text"}`
	api := New()
	Post(api, "/mix/[id]", func(_ context.Context, in endpointMix) (struct{}, error) { return struct{}{}, nil })
	hr := bindHTTP{target: "/mix/7?page=2", header: []string{bindJSON}, body: text}.request(t)
	body := &endpointBody{}
	w := endpointNoWriter{http.Header{}}
	got := testing.AllocsPerRun(500, func() {
		body.Reset(text)
		hr.Body = body
		api.ServeHTTP(w, hr)
	})
	var v endpointMix
	data := []byte(text)
	json := testing.AllocsPerRun(500, func() {
		if err := json.Unmarshal(data, &v.Body); err != nil {
			t.Error(err)
		}
	})
	if got > json {
		t.Errorf("path, query and JSON body: %v allocations, want at most the %v of encoding/json", got, json)
	}
	t.Logf("path, query and JSON body: %v allocations, of which encoding/json %v", got, json)
}

// A keeper keeps the text that it is decoded from, as it must not.
type endpointKeeper struct{ text []byte }

func (k *endpointKeeper) UnmarshalJSON(b []byte) error { k.text = b; return nil }

// An endpoint reads bodies into memory that the next request gets. Nothing that
// it has been given is in there.
func TestEndpointKeeps(t *testing.T) {
	keeps := func(data []byte, v any) error {
		v.(*struct{ text []byte }).text = data
		return nil
	}
	tests := []struct {
		name string
		run  func(*testing.T, func(i int) string, ...Option) any
		text string // of the body; X is a digit
		opts []Option
	}{
		{"string", endpointKept[endpointWhole[string]], `"X"`, nil},
		{"escaped string", endpointKept[endpointWhole[string]], `"\u0041X"`, nil},
		{"strings", endpointKept[endpointWhole[[]string]], `["a","X"]`, nil},
		{"map", endpointKept[endpointWhole[map[string]string]], `{"X":"X"}`, nil},
		{"any", endpointKept[endpointWhole[any]], `{"a":["X"]}`, nil},
		{"number", endpointKept[endpointWhole[json.Number]], `1X0`, nil},
		{"bytes in base64", endpointKept[endpointWhole[[]byte]], `"XXXX"`, nil},
		{"pointer", endpointKept[endpointWhole[*string]], `"X"`, nil},
		{"struct", endpointKept[endpointWhole[struct{ A string }]], `{"A":"X"}`, nil},
		{"time.Time", endpointKept[endpointWhole[time.Time]], `"202X-02-01T00:00:00Z"`, nil},
		{"json.RawMessage", endpointKept[endpointWhole[json.RawMessage]], `{"a":X}`, nil},
		{"UnmarshalJSON", endpointKept[endpointWhole[endpointKeeper]], `"X"`, nil},
		{"UnmarshalJSON within", endpointKept[endpointWhole[map[string][]*endpointKeeper]], `{"a":["X"]}`, nil},
		{"bytes", endpointKept[struct {
			Body []byte `body:"bytes"`
		}], "X", nil},
		{"a codec", endpointKept[endpointWhole[struct{ text []byte }]], `"X"`, []Option{JSONCodec(nil, keeps)}},
	}
	for _, tt := range tests {
		digit := func(i int) string { return strings.ReplaceAll(tt.text, "X", string(rune('0'+i))) }
		got := tt.run(t, digit, tt.opts...)
		want := tt.run(t, digit, append(tt.opts, Around(func(h Handler) Handler { return h }))...) // which sees the request
		if diff := cmp.Diff(want, got, bindAllFields); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

type endpointWhole[T any] struct {
	Body T `body:"json"`
}

// endpointKept sends ten bodies to an endpoint, and returns what it has of them
// after the last.
func endpointKept[In any](t *testing.T, body func(i int) string, opts ...Option) any {
	var kept []In
	api := New(append(opts, Logger(bindQuiet))...)
	Post(api, "/x", func(_ context.Context, in In) (struct{}, error) { kept = append(kept, in); return struct{}{}, nil })
	for i := range 10 {
		if a := bindServe(t, api, bindHTTP{header: []string{bindJSON}, body: body(i)}.request(t)); a.status != 204 {
			t.Errorf("%s: %d %s", body(i), a.status, a.body)
		}
	}
	return kept
}

// Whoever sees the request of an endpoint can read its body, also after it.
func TestEndpointBodySeen(t *testing.T) {
	const text = `{"id":7}`
	type In struct {
		Body endpointOut `body:"json"`
	}
	seen := ""
	read := func(req *Request) {
		b, err := req.Bytes()
		again, _ := io.ReadAll(req.Body)
		seen = fmt.Sprintf("%s %s %v", b, again, err)
	}
	around := Around(func(h Handler) Handler {
		return func(req *Request, res *Response) error {
			defer read(req)
			return h(req, res)
		}
	})
	onError := OnError(func(req *Request, res *Response, err error) error { read(req); return err })
	for _, tt := range []struct {
		name   string
		router []Option
		route  []Option
		err    error
		want   string
	}{
		{name: "nobody"},
		{name: "Around of the router", router: []Option{around}, want: text + " " + text + " <nil>"},
		{name: "Around of the route", route: []Option{around}, want: text + " " + text + " <nil>"},
		{name: "OnError of the router", router: []Option{onError}, err: Errorf(409, "taken"), want: text + " " + text + " <nil>"},
		{name: "OnError of the route", route: []Option{onError}, err: Errorf(409, "taken"), want: text + " " + text + " <nil>"},
		{name: "OnError, no error", router: []Option{onError}},
	} {
		seen = ""
		api := New(append(tt.router, Logger(bindQuiet))...)
		Post(api, "/x", func(_ context.Context, in In) (endpointOut, error) { return in.Body, tt.err }, tt.route...)
		hr := bindHTTP{header: []string{bindJSON}, body: text}.request(t)
		body := hr.Body
		a := bindServe(t, api, hr)
		if refused := a.status == 409; refused != (tt.err != nil) || seen != tt.want {
			t.Errorf("%s: %d %s, seen %q; want it %q", tt.name, a.status, a.body, seen, tt.want)
		}
		if hr.Body != body {
			t.Errorf("%s: the server's request has another Body", tt.name)
		}
	}
}

// A body that fails, in an endpoint as in a handler.
func TestEndpointBodyErrors(t *testing.T) {
	type In struct {
		Body endpointOut `body:"json"`
	}
	for _, tt := range []struct {
		name   string
		length int64
		body   io.Reader
		status int
		want   string
	}{
		{"right", -1, strings.NewReader(`{"id":1}`), 200, `{"id":1}`},
		{"just so long", -1, strings.NewReader(`{"id":1}` + strings.Repeat(" ", 92)), 200, `{"id":1}`},
		{"too long", -1, strings.NewReader(`{"id":1}` + strings.Repeat(" ", 93)), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 100 bytes"}`},
		{"longer than announced, inflated on the way", 8, strings.NewReader(`{"id":1}` + strings.Repeat(" ", 93)), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 100 bytes"}`},
		{"broken off", -1, io.MultiReader(strings.NewReader(`{"id"`), iotest.ErrReader(io.ErrUnexpectedEOF)), 400,
			`{"title":"Bad Request","status":400,"detail":"the body is broken off or malformed"}`},
		{"too slow", -1, iotest.ErrReader(os.ErrDeadlineExceeded), 408, `{"title":"Request Timeout","status":408}`},
		{"empty", -1, strings.NewReader(""), 400,
			`{"title":"Bad Request","status":400,"detail":"the body is required","errors":[{"in":"body","detail":"is required"}]}`},
		{"closed", -1, iotest.ErrReader(http.ErrBodyReadAfterClose), 500, `{"title":"Internal Server Error","status":500}`},
	} {
		api := New(Logger(bindQuiet), BodyLimit(100))
		Post(api, "/x", func(_ context.Context, in In) (endpointOut, error) { return in.Body, nil })
		hr := bindHTTP{header: []string{bindJSON}}.request(t)
		hr.ContentLength, hr.Body = tt.length, io.NopCloser(tt.body)
		if a := bindServe(t, api, hr); a.status != tt.status || a.body != tt.want {
			t.Errorf("%s: %d %s, want %d %s", tt.name, a.status, a.body, tt.status, tt.want)
		}
	}
}

// A Body of middleware that breaks off, or panics, may go on writing into what it
// was given: nobody else gets that.
func TestEndpointBodyWrites(t *testing.T) {
	type In struct {
		Body endpointOut `body:"json"`
	}
	for _, tt := range []struct {
		name string
		fail func() error
	}{
		{"error", func() error { return io.ErrUnexpectedEOF }},
		{"panic", func() error { panic(http.ErrAbortHandler) }},
	} {
		var given []byte
		api := New(Logger(bindQuiet), Use(func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery == "bad" {
					r.Body = io.NopCloser(endpointReader(func(p []byte) (int, error) {
						given = p
						return 0, tt.fail()
					}))
				} else if b := r.Body; given != nil {
					r.Body = io.NopCloser(endpointReader(func(p []byte) (int, error) {
						n, err := b.Read(p)
						copy(given, "evil")
						return n, err
					}))
				}
				h.ServeHTTP(w, r)
			})
		}))
		Post(api, "/x", func(_ context.Context, in In) (endpointOut, error) { return in.Body, nil })
		for range 20 {
			given = nil
			good := bindHTTP{header: []string{bindJSON}, body: `{"id":1}`}
			bindServe(t, api, good.request(t)) // there is a buffer
			bad := good
			bad.target = "/x?bad"
			func() {
				defer func() { recover() }()
				bindServe(t, api, bad.request(t))
			}()
			if a := bindServe(t, api, good.request(t)); given == nil || a.status != 200 || a.body != `{"id":1}` {
				t.Errorf("%s: after it %d %s", tt.name, a.status, a.body)
			}
		}
	}
}

// The types of what goes out: JSON by a pointer must be that of the value.
type (
	EndpointByPointer struct{ A int }
	EndpointByValue   struct{ A int }
	endpointText      struct{ a int }
	endpointOuts      []int
	endpointNamed     string
	EndpointZeroer    struct{ A int }
)

func (*EndpointByPointer) MarshalJSON() ([]byte, error) { return []byte(`"by pointer"`), nil }
func (EndpointByValue) MarshalJSON() ([]byte, error)    { return []byte(`"by value"`), nil }
func (*endpointText) MarshalText() ([]byte, error)      { return []byte("text"), nil }
func (*endpointOuts) MarshalJSON() ([]byte, error)      { return []byte(`"outs"`), nil }
func (*endpointNamed) MarshalText() ([]byte, error)     { return []byte("named"), nil }
func (*EndpointZeroer) IsZero() bool                    { return true }

func TestEndpointOutAlike(t *testing.T) {
	text, at := endpointText{1}, time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	var i any = text
	for _, run := range []func(*testing.T){
		endpointAlike(endpointOut{1}),
		endpointAlike(EndpointByPointer{1}), endpointAlike(EndpointByValue{1}), endpointAlike(text),
		endpointAlike(&EndpointByPointer{1}), endpointAlike(&EndpointByValue{1}), endpointAlike(&text),
		endpointAlike(endpointOuts{1}), endpointAlike(endpointNamed("a")), endpointAlike(EndpointZeroer{1}),
		endpointAlike([]EndpointByPointer{{1}}), endpointAlike([1]EndpointByPointer{{1}}), endpointAlike(map[string]EndpointByPointer{"a": {1}}),
		endpointAlike(struct{ EndpointByPointer }{}), endpointAlike(struct{ EndpointByValue }{}), endpointAlike(struct{ *EndpointByPointer }{&EndpointByPointer{}}),
		endpointAlike(struct{ V EndpointByPointer }{}), endpointAlike(struct{ V EndpointByValue }{}), endpointAlike(struct{ V *EndpointByPointer }{&EndpointByPointer{}}),
		endpointAlike(struct{ V struct{ V EndpointByPointer } }{}), endpointAlike(struct{ V [2]EndpointByPointer }{}),
		endpointAlike(struct{ V []EndpointByPointer }{[]EndpointByPointer{{1}}}), endpointAlike(struct{ V map[string]EndpointByPointer }{map[string]EndpointByPointer{"a": {1}}}),
		endpointAlike(struct{ V endpointText }{text}), endpointAlike(struct{ V endpointOuts }{}), endpointAlike(struct{ V endpointNamed }{}),
		endpointAlike(struct {
			V EndpointZeroer `json:",omitzero"`
		}{EndpointZeroer{1}}),
		endpointAlike(struct{ V any }{text}), endpointAlike(struct{ V any }{&text}), endpointAlike(struct{ V *any }{&i}),
		endpointAlike(struct{ V time.Time }{at}), endpointAlike(struct{ V json.RawMessage }{json.RawMessage("1")}), endpointAlike(struct{ V json.Number }{"1"}),
	} {
		run(t)
	}
}

// endpointAlike sends v, then another value in the same memory, and v again.
func endpointAlike[Out any](v Out) func(*testing.T) {
	return func(t *testing.T) {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		api := New(Logger(bindQuiet))
		out := v
		Get(api, "/x", func(context.Context, struct{}) (Out, error) { return out, nil })
		for range 3 {
			if a := bindServe(t, api, bindHTTP{method: "GET"}.request(t)); a.status != 200 || a.body != string(want) {
				t.Errorf("%T: %d %s, want %s", v, a.status, a.body, want)
			}
		}
	}
}

// An error of encoding holds what could not be encoded, and may be kept.
func TestEndpointOutError(t *testing.T) {
	type Out struct{ N float64 }
	var kept []error
	api := New(Logger(bindQuiet), OnError(func(_ *Request, _ *Response, err error) error { kept = append(kept, err); return err }))
	Get(api, "/x", func(_ context.Context, in struct {
		N float64 `query:"n"`
	}) (Out, error) {
		return Out{1 / in.N}, nil
	})
	for i := range 20 {
		want := 200 + i%2*300
		if a := bindServe(t, api, bindHTTP{method: "GET", target: fmt.Sprint("/x?n=", 1-i%2)}.request(t)); a.status != want {
			t.Errorf("request %d: %d %s, want %d", i, a.status, a.body, want)
		}
	}
	for i, err := range kept {
		var e *json.UnsupportedValueError
		if !errors.As(err, &e) || !e.Value.IsValid() {
			continue // of encoding/json/v2, which does not hold it
		}
		if n := e.Value.Float(); !math.IsInf(n, 1) {
			t.Errorf("error %d is now of %v", i, n)
		}
	}
	if len(kept) != 10 {
		t.Errorf("%d errors, want 10", len(kept))
	}
}

type endpointReader func([]byte) (int, error)

func (f endpointReader) Read(p []byte) (int, error) { return f(p) }

// Middleware that passes a request of a sealed endpoint on to another route's
// handler: that one sees the request, and has its body.
func TestEndpointElsewhere(t *testing.T) {
	var next http.Handler
	keep := Use(func(h http.Handler) http.Handler {
		if next == nil {
			next = h
		}
		return next
	})
	var kept []endpointKeeper
	var seen []string
	api := New(Logger(bindQuiet))
	api.Post("/a", func(req *Request, res *Response) error {
		in, err := Bind[endpointWhole[endpointKeeper]](req)
		b, _ := req.Bytes()
		kept, seen = append(kept, in.Body), append(seen, string(b))
		return err
	}, keep)
	Post(api, "/b", func(context.Context, endpointWhole[string]) (struct{}, error) { return struct{}{}, nil }, keep)
	for _, body := range []string{`"0"`, `"1"`, `"2"`} {
		if a := bindServe(t, api, bindHTTP{target: "/b", header: []string{bindJSON}, body: body}.request(t)); a.status != 204 {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	var texts []string
	for _, k := range kept {
		texts = append(texts, string(k.text))
	}
	if want := []string{`"0"`, `"1"`, `"2"`}; !slices.Equal(texts, want) || !slices.Equal(seen, want) {
		t.Errorf("kept %q, seen %q, want %q", texts, seen, want)
	}
}

// What one request has left, none of the next ones sees, though they come in the
// same memory where nobody can have kept it.
func TestEndpointLent(t *testing.T) {
	type In struct {
		ID   string   `path:"id"`
		Tags []string `query:"tag"`
	}
	api := New(Logger(bindQuiet))
	Get(api, "/x/[id]", func(ctx context.Context, in In) (In, error) {
		switch in.ID {
		case "bad":
			return in, &Error{Status: 409, Detail: "bad", Header: http.Header{"X-Bad": {"1"}}}
		case "panic":
			panic("no")
		case "late":
			<-ctx.Done()
			return in, ctx.Err()
		}
		return in, nil
	}, ETag(true), Timeout(5*time.Millisecond))
	Post(api, "/y/[id]", func(_ context.Context, in In) (struct{}, error) { return struct{}{}, nil }, Status(202))
	Put(api, "/x/[id]", func(_ context.Context, in struct {
		Body string `body:"bytes"`
	}) (string, error) {
		return in.Body, nil
	})
	requests := []struct {
		method, target, match string
		status                int
		body                  string
	}{
		{"GET", "/x/1?tag=a", "", 200, `{"ID":"1","Tags":["a"]}`},
		{"HEAD", "/x/1", "", 200, ""},
		{"GET", "/x/2", "", 200, `{"ID":"2","Tags":null}`},
		{"GET", "/x/3", "*", 304, ""},
		{"GET", "/x/%2F?tag=b", "", 200, `{"ID":"/","Tags":["b"]}`},
		{"GET", "/x/bad", "", 409, `{"title":"Conflict","status":409,"detail":"bad"}`},
		{"GET", "/x/panic", "", 500, `{"title":"Internal Server Error","status":500}`},
		{"GET", "/x/late", "", 503, `{"title":"Service Unavailable","status":503}`},
		{"GET", "/x/%ff", "", 400, `{"title":"Bad Request","status":400,"detail":"the path holds NUL or is not UTF-8"}`},
		{"GET", "/x/4/", "", 308, ""},
		{"POST", "/x/5", "", 405, `{"title":"Method Not Allowed","status":405}`},
		{"OPTIONS", "/x/5", "", 204, ""},
		{"POST", "/y/6", "", 202, ""},
		{"GET", "/z", "", 404, `{"title":"Not Found","status":404}`},
		{"PUT", "/x/7", "", 200, `"PUT"`},
	}
	header := map[int]http.Header{}
	for i := range 20 * len(requests) {
		n := i % len(requests)
		if i >= len(requests) {
			n = i * 4 % len(requests) // in another order
		}
		r := requests[n]
		hr := bindHTTP{method: r.method, target: r.target, body: r.method}.request(t)
		if r.match != "" {
			hr.Header.Set("If-None-Match", r.match)
		}
		a := bindServe(t, api, hr)
		if a.status != r.status || a.body != r.body {
			t.Errorf("%s %s: %d %s, want %d %s", r.method, r.target, a.status, a.body, r.status, r.body)
		}
		if header[n] == nil {
			header[n] = a.header
		} else if diff := cmp.Diff(header[n], a.header); diff != "" {
			t.Errorf("%s %s: header (-first time +now):\n%s", r.method, r.target, diff)
		}
	}
}

// Whoever has got a request or a response may keep it.
func TestEndpointKept(t *testing.T) {
	var reqs []*Request
	var ress []*Response
	use := Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ress = append(ress, w.(*Response))
			h.ServeHTTP(w, r)
		})
	})
	around := Around(func(h Handler) Handler {
		return func(req *Request, res *Response) error {
			reqs, ress = append(reqs, req), append(ress, res)
			return h(req, res)
		}
	})
	onError := OnError(func(req *Request, res *Response, err error) error {
		reqs, ress = append(reqs, req), append(ress, res)
		return err
	})
	for name, option := range map[string]Option{"Use": use, "Around": around, "OnError": onError} {
		for level := range 3 {
			opts := make([][]Option, 3)
			opts[level] = []Option{option}
			api := New(append(opts[0], Logger(bindQuiet))...)
			Get(api.Group("", opts[1]...), "/x/[id]", func(_ context.Context, in endpointID) (endpointOut, error) {
				return endpointOut(in), Errorf(400+in.ID, "no")
			}, opts[2]...)
			reqs, ress = nil, nil
			for i := range 10 {
				bindServe(t, api, bindHTTP{method: "GET", target: fmt.Sprint("/x/", i)}.request(t))
			}
			for i, res := range ress {
				if res.code != int16(400+i) {
					t.Errorf("%s, level %d: the response of request %d has status %d", name, level, i, res.code)
				}
			}
			for i, req := range reqs {
				if id := fmt.Sprint(i); req.Request == nil || req.Param("id") != id || req.URL.Path != "/x/"+id {
					t.Errorf("%s, level %d: request %d is now %+v", name, level, i, req)
				}
			}
			if len(ress) != 10 || len(reqs) != 10 && name != "Use" {
				t.Errorf("%s, level %d: %d requests and %d responses, want 10", name, level, len(reqs), len(ress))
			}
		}
	}
}

// The faults of a type do not hide those of its place, nor the other way round.
func TestCheckEndpoint(t *testing.T) {
	r := New()
	p := planOf(reflect.TypeFor[endpointAllWrong]())
	err := checkEndpoint(r, "DELETE", "/x/[id]/[...rest]", p)
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) < 8 || slices.Contains(lines, "") {
		t.Errorf("%d lines, want one for each of 8 faults:\n%v", len(lines), err)
	}
}
