package apiroute_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// However many values of a field are wrong, one error reports the field: the response counts fields
// and must not grow with the request.
func TestBindOneErrorAField(t *testing.T) {
	t.Parallel()
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
	run := func(t testing.TB, r message) outcome {
		switch {
		case r.body != "":
			_, a := bindAs[form](t, "/x", r)
			return a
		case r.header != nil:
			_, a := bindAs[others](t, "/x/[...p]", r)
			return a
		}
		_, a := bindAs[query](t, "/x", r)
		return a
	}
	tests := []struct {
		name string
		r    message
		want []string
	}{
		{"one wrong value in a slice", message{target: "/x?n=1&n=x&n=2"}, []string{"query n: must be an integer"}},
		{"three wrong values in a slice", message{target: "/x?n=x&n=y&n=z"}, []string{"query n: must be an integer"}},
		{"two values for one", message{target: "/x?page=1&page=2"}, []string{"query page: must be given only once"}},
		{"three values for one", message{target: "/x?page=1&page=1&page=1"}, []string{"query page: must be given only once"}},
		{"a wrong value and then too many", message{target: "/x?page=x&page=2&page=3"}, []string{"query page: must be an integer"}},
		{"two fields, each with one error", message{target: "/x?n=x&n=y&page=1&page=2"}, []string{"query n: must be an integer", "query page: must be given only once"}},
		{"a urlencoded form", message{header: []string{sendsForm}, body: "n=x&page=1&n=y&page=2"}, []string{"form n: must be an integer", "form page: must be given only once"}},
		{"a thousand wrong values", message{header: []string{sendsForm}, body: strings.Repeat("n=x&", 1000)}, []string{"form n: must be an integer"}},
		{"a multipart form", message{header: []string{sendsMultipart}, body: multipartBody(formPart{"n", "", "x"}, formPart{"n", "", "y"})}, []string{"form n: must be an integer"}},
		{"header and path", message{target: "/x/1/b/c", header: []string{"N: x", "N: y"}}, []string{"header N: must be an integer", "path p: must be an integer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := run(t, tt.r)
			if diff := cmp.Diff(tt.want, a.fieldErrors()); a.status != 400 || diff != "" {
				t.Errorf("%.200q: status %d, %.300s, errors (-want +got)\n%.1000s", tt.r, a.status, a.body, diff)
			}
		})
	}
}

// Embedded structs count as the fields that they have. An unexported field without a tag is left
// alone.
type (
	Paging struct {
		Page int `query:"page" default:"1"`
		Size int `query:"size" default:"20"`
	}
	sorting struct {
		Sort string `query:"sort"`
		skip string
	}
	Listing struct {
		Paging
		sorting
		Filter []string `query:"filter"`
	}
)

func TestBindEmbedded(t *testing.T) {
	t.Parallel()
	type In struct {
		Listing
		ID   int `path:"id"`
		note string
		Body struct {
			colorPart
			Name string `form:"name"`
		} `body:"form"`
	}
	var want In
	want.skip, want.note = "", "" // not exported, and without a tag
	want.Page, want.Size, want.Sort, want.Filter, want.ID = 3, 20, "up", []string{"a"}, 7
	want.Body.Color, want.Body.Name = "red", "x"
	r := message{target: "/x/7?page=3&sort=up&filter=a&skip=1&note=1", header: []string{sendsForm}, body: "name=x&color=red"}
	got, a := bindAs[In](t, "/x/[id]", r)
	if diff := cmp.Diff(want, got, allFields); a.status != 200 || diff != "" {
		t.Errorf("%q: %d %s (-want +got)\n%s", r, a.status, a.body, diff)
	}
	_, a = bindAs[In](t, "/x/[id]", message{target: "/x/y?page=x&size=y&sort=%ff", header: []string{sendsForm}, body: "color=%ff&name=%ff"})
	wrong := []string{"query page: must be an integer", "query size: must be an integer", "query sort: must be UTF-8",
		"path id: must be an integer", "form color: must be UTF-8", "form name: must be UTF-8"}
	if diff := cmp.Diff(wrong, a.fieldErrors()); diff != "" {
		t.Errorf("errors, in the order of the struct (-want +got)\n%s", diff)
	}
}

type colorPart struct {
	Color string `form:"color"`
}

// An embedded type that is filled as a whole has a tag like any field.
func TestBindEmbeddedTagged(t *testing.T) {
	t.Parallel()
	type In struct {
		time.Time `query:"at"`
	}
	got, a := bindAs[In](t, "/x", message{target: "/x?at=2024-02-29T12:00:00Z"})
	if want := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC); a.status != 200 || !got.Time.Equal(want) {
		t.Errorf("got %v, %d %s, want %v", got.Time, a.status, a.body, want)
	}
}

// All invalid fields are reported together, in the order of the struct.
func TestBindErrors(t *testing.T) {
	t.Parallel()
	type In struct {
		Q1   int      `query:"q1"`
		Body struct{} `body:"json"`
		ID   int      `path:"id"`
		H    string   `header:"x-h,required"`
		Q2   []bool   `query:"q2"`
		C    float64  `cookie:"c"`
		Paging
		D time.Duration `query:"d"`
	}
	tests := []struct {
		name string
		r    message
		want string
	}{
		{"every field", message{target: "/x/a?d=1&q2=maybe&q1=1.5&page=x", header: []string{"Cookie: c=NaN", sendsJSON}, body: "[]"},
			`{"title":"Bad Request","status":400,"detail":"8 fields are wrong","errors":[` +
				`{"in":"query","name":"q1","code":"type","detail":"must be an integer"},` +
				`{"in":"body","code":"type","detail":"must be an object"},` +
				`{"in":"path","name":"id","code":"type","detail":"must be an integer"},` +
				`{"in":"header","name":"X-H","code":"required","detail":"is required"},` +
				`{"in":"query","name":"q2","code":"type","detail":"must be true or false"},` +
				`{"in":"cookie","name":"c","code":"type","detail":"must be a number"},` +
				`{"in":"query","name":"page","code":"type","detail":"must be an integer"},` +
				`{"in":"query","name":"d","code":"format","detail":"must be a duration such as 1h30m"}]}`},
		{"one field", message{target: "/x/1?q1=x", header: []string{"X-H: h", sendsJSON}, body: "{}"},
			`{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"query","name":"q1","code":"type","detail":"must be an integer"}]}`},
		{"no body", message{target: "/x/1?q1=1", header: []string{"X-H: h"}},
			`{"title":"Bad Request","status":400,"detail":"the body is required","errors":[{"in":"body","code":"required","detail":"is required"}]}`},
		{"a field and the syntax of the body", message{target: "/x/1?q1=x", header: []string{"X-H: h", sendsJSON}, body: "{\"a\":tru}"},
			`{"title":"Bad Request","status":400,"detail":"2 fields are wrong","errors":[{"in":"query","name":"q1","code":"type","detail":"must be an integer"},` +
				`{"in":"body","code":"type","detail":"is not valid JSON at offset 8"}]}`},
		{"the query as a whole", message{target: "/x/1?%zz", header: []string{"X-H: h", sendsJSON}, body: "{}"},
			`{"title":"Bad Request","status":400,"detail":"the query has a bad escape or a semicolon","errors":[{"in":"query","code":"format","detail":"has a bad escape or a semicolon"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, a := bindAs[In](t, "/x/[id]", tt.r)
			if diff := cmp.Diff(tt.want, a.body); a.status != 400 || diff != "" {
				t.Errorf("%q: %d (-want +got)\n%s", tt.r, a.status, diff)
			}
			a.wantProblem(t, 400)
		})
	}
}

// The client must not see the names of markers and of its fields.
type markers struct {
	MarkerField  int            `query:"q"`
	MarkerUpper  upperText      `query:"upper"`
	MarkerTime   time.Time      `query:"time"`
	MarkerSpan   time.Duration  `query:"span"`
	MarkerPath   uint8          `path:"id"`
	MarkerHeader hexNumber      `header:"H"`
	MarkerCookie netip.Addr     `cookie:"c"`
	MarkerSlice  []namedFloat32 `query:"slice"`
}

type (
	markersJSON struct {
		markers
		Body struct {
			MarkerNumber namedInt8 `json:"number"`
			MarkerText   upperText `json:"text"`
			MarkerList   []struct{ MarkerInner namedBool }
		} `body:"json"`
	}
	markersForm struct {
		markers
		Body struct {
			MarkerNumber namedInt8             `form:"number"`
			MarkerText   upperText             `form:"text"`
			MarkerFile   *multipart.FileHeader `form:"file"`
		} `body:"form"`
	}
)

// Whatever is wrong, the response never echoes what the client has sent, nor does it name types and
// fields of the program.
func TestBindErrorsTellNothing(t *testing.T) {
	t.Parallel()
	values := []string{"marker", "1marker", "-7771777", "7771777777177777717777771", "0xmarker", "7.771777e777", `"marker"`, "%ffmarker", "[7771777]"}
	for _, v := range values {
		q := url.QueryEscape(v)
		base := message{
			target: "/x/" + url.PathEscape(v) + "?q=" + q + "&upper=" + q + "&time=" + q + "&span=" + q + "&slice=" + q,
			header: []string{"H: " + v, "Cookie: c=" + v},
		}
		quoted, _ := json.Marshal(v)
		for name, body := range map[string]string{
			"a string":               string(quoted),
			"the value":              v,
			"a string for a number":  `{"number":` + string(quoted) + `}`,
			"the value for a number": `{"number":` + v + `}`,
			"a string for a text":    `{"text":` + string(quoted) + `}`,
			"within a list":          `{"MarkerList":[{"MarkerInner":` + string(quoted) + `}]}`,
			"a string without end":   `{"text":"` + v,
			"a list":                 `[` + string(quoted) + `]`,
			"after the value":        "{}" + v,
		} {
			t.Run(v+" in JSON, "+name, func(t *testing.T) {
				t.Parallel()
				m := base
				m.body, m.header = body, append(slices.Clip(m.header), sendsJSON)
				_, o := bindAs[markersJSON](t, "/x/[id]", m)
				// The names of the body are the path of the field.
				o.body = strings.ReplaceAll(o.body, "MarkerList[0].MarkerInner", "")
				checkTellsNothing(t, o)
			})
		}
		for name, form := range map[string]struct{ header, body string }{
			"urlencoded":           {sendsForm, "number=" + v + "&text=" + v + "&file=" + v},
			"a bad escape":         {sendsForm, "number=%zz" + v},
			"multipart":            {sendsMultipart, multipartBody(formPart{"number", "", v}, formPart{"text", v, v}, formPart{"file", "", v})},
			"multipart broken off": {sendsMultipart, multipartBody(formPart{"number", "", v})[:60]},
			"no part":              {sendsMultipart, "--frontier" + v},
			"no boundary":          {"Content-Type: multipart/form-data", v},
			"a bad boundary":       {"Content-Type: multipart/form-data; boundary=" + strings.Repeat("marker", 20), v},
			"another media type":   {"Content-Type: marker/marker", v},
			"no media type":        {"Content-Type: marker", v},
			"a bad parameter":      {"Content-Type: marker/x; marker", v},
			"an encoding":          {sendsForm + "\r\nContent-Encoding: marker", v},
		} {
			t.Run(v+" in a form, "+name, func(t *testing.T) {
				t.Parallel()
				m := base
				m.header, m.body = append(slices.Clip(m.header), form.header), form.body
				_, o := bindAs[markersForm](t, "/x/[id]", m)
				checkTellsNothing(t, o)
			})
		}
	}
}

func checkTellsNothing(t *testing.T, o outcome) {
	t.Helper()
	if o.status < 400 || o.status > 499 || o.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s, want a 4xx problem", o.status, o.body)
	}
	for _, s := range []string{"arker", "777", "named", "upper", "hex", "bind", "int8", "float64", "uint", "struct", "Go ", "strconv", "parsing", "json:",
		"netip", "time.", "mime", "multipart:", "EOF", "apiroute", "internal", ".go", "/tmp", "Unmarshal"} {
		if strings.Contains(strings.ReplaceAll(o.body, `"name":"upper"`, ""), s) {
			t.Errorf("the response shows %q: %s", s, o.body)
		}
	}
}

// Middleware may call Bind before the handler runs, and thus before a body that is announced as too
// long is rejected.
func TestBindInAround(t *testing.T) {
	t.Parallel()
	binds := apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			if _, err := apiroute.Bind[takesForm](req); err != nil {
				return err
			}
			return next(req, res)
		}
	})
	for name, m := range map[string]message{
		"urlencoded": {header: []string{sendsForm}, body: "a=12345"},
		"multipart":  {header: []string{sendsMultipart}, body: multipartBody(formPart{"a", "", "12345"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for over, want := range []int{200, 413} {
				got, o := bindAs[takesForm](t, "/x", m, binds, apiroute.BodyLimit(int64(len(m.body)-over)))
				if o.status != want || want == 200 && got.Body.A != "12345" {
					t.Errorf("%d over the limit: %d %s, got %v, want %d", over, o.status, o.body, got, want)
				}
			}
		})
	}
}

// Bind may be called again, and Bytes and JSON before and after it.
func TestBindAgain(t *testing.T) {
	t.Parallel()
	type other struct {
		Body struct {
			N int `json:"n"`
		} `body:"json"`
		Q string `query:"q"`
	}
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		r := message{target: "/x?q=1", header: []string{sendsJSON}, body: `{"text":"a","n":3}`}
		a := serveMessage(t, "/x", r, func(req *apiroute.Request, res *apiroute.Response) error {
			b1, err1 := req.Bytes()
			first, err2 := apiroute.Bind[takesJSON](req)
			second, err3 := apiroute.Bind[takesJSON](req)
			third, err4 := apiroute.Bind[other](req)
			raw, err5 := apiroute.Bind[takesString](req)
			var v noteText
			err6 := req.JSON(&v)
			b2, err7 := io.ReadAll(req.Body)
			last, err8 := apiroute.Bind[takesJSON](req)
			if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
				return err
			}
			want := takesJSON{noteText{"a", 3}}
			if first != want || second != want || last != want || v != want.Body || third.Body.N != 3 || third.Q != "1" ||
				raw.Body != r.body || string(b1) != r.body || string(b2) != r.body {
				t.Errorf("got %v, %v, %v, %v, %v, %v, %q, %q", first, second, third, raw, v, last, b1, b2)
			}
			return nil
		})
		if a.status != 204 {
			t.Errorf("%d %s", a.status, a.log)
		}
	})
	for name, r := range map[string]message{
		"urlencoded": {header: []string{sendsForm}, body: "a=x&l=1"},
		"multipart":  {header: []string{sendsMultipart}, body: multipartBody(formPart{"a", "", "x"}, formPart{"l", "", "1"})},
	} {
		for _, bytesFirst := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after Bytes %t", name, bytesFirst), func(t *testing.T) {
				t.Parallel()
				a := serveMessage(t, "/x", r, func(req *apiroute.Request, res *apiroute.Response) error {
					if bytesFirst {
						if b, err := req.Bytes(); err != nil || string(b) != r.body {
							t.Errorf("Bytes: %q, %v", b, err)
						}
					}
					for i := 0; i < 2; i++ {
						want := takesForm{formFields{"x", 5, []string{"1"}}}
						got, err := apiroute.Bind[takesForm](req)
						if diff := cmp.Diff(want, got); err != nil || diff != "" {
							t.Errorf("call %d: %v (-want +got)\n%s", i, err, diff)
						}
						if got, err := apiroute.Bind[requiresFormField](req); err != nil || got.Body.A != "x" {
							t.Errorf("another type, call %d: got %v, %v", i, got, err)
						}
					}
					return nil
				})
				if a.status != 204 {
					t.Errorf("%q: %d %s", r, a.status, a.log)
				}
			})
		}
	}
	// What a failed Bind returned, it returns again.
	for name, r := range map[string]message{
		"wrong JSON":       {header: []string{sendsJSON}, body: `{"n":"x"}`},
		"wrong urlencoded": {header: []string{sendsForm}, body: "n=x"},
		"wrong multipart":  {header: []string{sendsMultipart}, body: multipartBody(formPart{"n", "", "x"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			serveMessage(t, "/x", r, func(req *apiroute.Request, res *apiroute.Response) error {
				var texts []string
				for range 2 {
					_, err1 := apiroute.Bind[takesJSON](req)
					_, err2 := apiroute.Bind[takesForm](req)
					if err1 == nil || err2 == nil {
						t.Errorf("as JSON: %v; as a form: %v; want two errors", err1, err2)
					}
					texts = append(texts, fmt.Sprint(err1, err2))
				}
				if texts[0] != texts[1] {
					t.Errorf("first %q, then %q", texts[0], texts[1])
				}
				return nil
			})
		})
	}
}

// Once the handler itself has read from the body, the body is gone. This is a mistake of the
// program and must not look like a request without a body.
func TestBindAfterRead(t *testing.T) {
	t.Parallel()
	readers := map[string]func(*apiroute.Request){
		"one byte":  func(req *apiroute.Request) { req.Body.Read(make([]byte, 1)) },
		"all":       func(req *apiroute.Request) { io.ReadAll(req.Body) },
		"a decoder": func(req *apiroute.Request) { json.NewDecoder(req.Body).Decode(new(any)) },
	}
	tests := []struct {
		name string
		bind func(*apiroute.Request) error
		m    message
	}{
		{"JSON", bindError[takesJSON], message{header: []string{sendsJSON}, body: `{"n":1}`}},
		{"chunked JSON", bindError[takesJSONPointer], message{header: []string{sendsJSON}, body: `{"n":1}`, chunked: true}},
		{"urlencoded", bindError[takesForm], message{header: []string{sendsForm}, body: "n=1"}},
		{"multipart", bindError[takesForm], message{header: []string{sendsMultipart}, body: multipartBody(formPart{"n", "", "1"})}},
		{"bytes", bindError[takesBytes], message{header: []string{"Content-Type: a/b"}, body: "1"}},
	}
	for name, read := range readers {
		for _, tt := range tests {
			t.Run(tt.name+" after "+name, func(t *testing.T) {
				t.Parallel()
				o := serveMessage(t, "/x", tt.m, func(req *apiroute.Request, res *apiroute.Response) error {
					read(req)
					return tt.bind(req)
				})
				if o.status != 500 || !strings.Contains(o.log, "the body has been read already") {
					t.Errorf("%d, log %q, want 500 and the reason", o.status, o.log)
				}
			})
		}
	}
	// But a multipart form that the handler has parsed is not lost.
	t.Run("multipart after ParseMultipartForm", func(t *testing.T) {
		t.Parallel()
		m := message{header: []string{sendsMultipart}, body: multipartBody(formPart{"n", "", "1"})}
		o := serveMessage(t, "/x", m, func(req *apiroute.Request, res *apiroute.Response) error {
			if err := req.ParseMultipartForm(1 << 20); err != nil {
				return err
			}
			if got, err := apiroute.Bind[takesForm](req); err != nil || got.Body.N != 1 {
				t.Errorf("got %v, %v", got, err)
			}
			return nil
		})
		if o.status != 204 {
			t.Errorf("%d %s", o.status, o.log)
		}
	})
}

// In a plain handler a faulty type is a 500 on each call, and the reason is in the log and nowhere
// else.
func TestBindFaultyType(t *testing.T) {
	t.Parallel()
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
		name         string
		path, target string
		bind         func(*apiroute.Request) error
		log          []string
	}{
		{"no tag", "/x", "/x", bindError[noTag], []string{"noTag", "field F", "no tag"}},
		{"a pointer", "/x", "/x", bindError[*noTag], []string{"is not a struct"}},
		{"one segment is missing", "/x/[id]", "/x/1", bindError[noSegment], []string{"noSegment", "field Name", "[name]"}},
		{"both segments are missing", "/x/id", "/x/id", bindError[noSegment], []string{"field ID", "[id]", "field Name", "[name]"}},
		{"a string for a catch-all", "/x/[...slug]", "/x/1", bindError[wantsSlice], []string{"wantsSlice", "field Slug", "[...slug]"}},
		{"a string for an optional catch-all", "/x/[[...slug]]", "/x/1", bindError[wantsSlice], []string{"field Slug", "[[...slug]]"}},
		{"a slice for one segment", "/x/[id]", "/x/1", bindError[wantsOne], []string{"wantsOne", "field ID", "[id]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for i := 0; i < 2; i++ {
				a := serveMessage(t, tt.path, message{target: tt.target}, func(req *apiroute.Request, res *apiroute.Response) error { return tt.bind(req) })
				if a.status != 500 || a.body != `{"title":"Internal Server Error","status":500}` {
					t.Errorf("%s, call %d: %d %s, want a plain 500", tt.path, i, a.status, a.body)
				}
				for _, want := range append(tt.log, "level=ERROR", "apiroute: ") {
					if !strings.Contains(a.log, want) {
						t.Errorf("%s, call %d: log %s\nwant %q in it", tt.path, i, a.log, want)
					}
				}
			}
		})
	}
}

// Many goroutines may bind at once.
func TestBindConcurrent(t *testing.T) {
	t.Parallel()
	type In struct {
		ID int `path:"id"`
		Paging
		Body positiveBody `body:"json"`
	}
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
			in, err := apiroute.Bind[In](req)
			if err != nil {
				return err
			}
			return res.Text(fmt.Sprint(in.ID, in.Page, in.Size, in.Body.N))
		})
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := range 20 {
				n := i*1000 + k
				r := s.fetch("POST", fmt.Sprintf("/x/%d?page=%d", n, n+1), fmt.Sprintf(`{"n":%d}`, n+2), sendsJSON)
				if want := fmt.Sprint(n, n+1, 20, n+2); r.body != want || r.err != nil {
					t.Errorf("request %d: got %s, %v, want %s", n, r.body, r.err, want)
				}
			}
		}()
	}
	wg.Wait()
}

type positiveBody struct {
	N int `json:"n"`
}

func (b *positiveBody) Validate() error {
	if b.N < 0 {
		return apiroute.FieldError{In: "body", Name: "n", Detail: "must not be negative"}
	}
	return nil
}

// Bind allocates nothing but what it fills, apart from the parsed query.
func TestBindAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
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
	req := &apiroute.Request{Request: &http.Request{URL: &url.URL{RawQuery: "q=shoes&page=3&price=9.5&ok=1&wait=3s"}}}
	got := testing.AllocsPerRun(200, func() {
		if in, err := apiroute.Bind[In](req); err != nil || in.Page != 3 {
			t.Error(in, err)
		}
	})
	if got > 4 {
		t.Errorf("a query of 5 fields: %v allocations, want at most 4", got)
	}
	t.Logf("a query of 5 fields: %v allocations", got)
}
