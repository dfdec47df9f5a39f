package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The types below find the fault that their member "bad" asks for: "1" for a FieldError of their
// own, and "" for none.
type (
	deepItem struct {
		Bad  string      `json:"bad"`
		Kids []*deepItem `json:"kids"`
	}
	deepPointer struct {
		Bad  string `json:"bad"`
		Seen int    `json:"seen"`
	}
	deepText string
	deepList []deepItem
	deepMap  map[string]deepItem
	deepOwn  struct{ deepItem }
	deepPart struct {
		Bad string `json:"bad"`
	}
	DeepNamed struct {
		Inner string `json:"inner"`
		Bad   string `json:"bad"`
	}
	deepTagged struct {
		Total     string `json:"total"`
		DeepNamed `json:"named"`
	}
	deepTaggedOwn struct {
		Total     string `json:"total"`
		DeepNamed `json:"named"`
	}
	deepTwoTagged struct {
		DeepNamed `json:"named"`
		deepPart
	}
	deepHidden struct {
		DeepA
		DeepB
	}
	DeepA    struct{ Item deepAlways }
	DeepB    struct{ Item deepAlways }
	deepKey  struct{ n int }
	deepDocs struct {
		First  deepItem             `json:"first"`
		List   []deepItem           `json:"list"`
		Array  [2]deepItem          `json:"array"`
		Map    map[string]deepItem  `json:"map"`
		Ints   map[int]*deepItem    `json:"ints"`
		Keys   map[deepKey]deepText `json:"keys"`
		P      **deepPointer        `json:"p"`
		Values map[string]deepPointer
		Any    any      `json:"any"`
		Skip   deepItem `json:"-"`
		deepPart
		_ deepItem
	}
	deepAlways   struct{}
	deepOptional struct {
		Item   apiroute.Optional[deepItem]            `json:"item"`
		List   apiroute.Optional[[]deepItem]          `json:"list"`
		Map    map[string]apiroute.Optional[deepItem] `json:"map"`
		Inner  *apiroute.Optional[deepOptional]       `json:"inner"`
		P      apiroute.Optional[*deepPointer]        `json:"p"`
		Text   apiroute.Optional[deepText]            `json:"text"`
		Always apiroute.Optional[deepAlways]          `json:"always"`
	}
)

func faultOf(bad string) error {
	if bad == "" {
		return nil
	}
	return apiroute.FieldError{Name: "bad", Code: "enum", Detail: "must be " + bad}
}

func (i deepItem) Validate() error { return faultOf(i.Bad) }
func (p *deepPointer) Validate() error {
	p.Seen++
	return faultOf(p.Bad)
}
func (t deepText) Validate() error {
	if t != "" {
		return apiroute.FieldError{Detail: "must be " + string(t)}
	}
	return nil
}
func (l deepList) Validate() error {
	if len(l) > 2 {
		return errors.Join(apiroute.FieldError{Detail: "must have two"}, apiroute.FieldError{Name: "[2].bad", Detail: "must not be there"})
	}
	return nil
}
func (m deepMap) Validate() error           { return apiroute.FieldError{Name: "x.bad", Detail: "must be there"} }
func (*deepOwn) UnmarshalJSON([]byte) error { return nil }
func (p deepPart) Validate() error          { return faultOf(p.Bad) }
func (n DeepNamed) Validate() error         { return faultOf(n.Bad) }
func (t deepTaggedOwn) Validate() error {
	return errors.Join(apiroute.FieldError{Name: "total", Detail: "must be less"}, t.DeepNamed.Validate())
}
func (deepAlways) Validate() error              { return errors.New("never to be called") }
func (k *deepKey) UnmarshalText(b []byte) error { k.n = len(b); return nil }
func (k deepKey) MarshalText() ([]byte, error)  { return []byte(fmt.Sprint("key", k.n)), nil }

// decodes sends a body to Bind, a typed endpoint and Request.JSON, which must respond alike, and
// returns the response and the log of the last.
func decodes[B any](t *testing.T, body string) outcome {
	t.Helper()
	log := &testLog{}
	api := apiroute.New(log.option())
	api.Post("/json", func(req *apiroute.Request, _ *apiroute.Response) error { return req.JSON(new(B)) })
	api.Post("/bind", func(req *apiroute.Request, _ *apiroute.Response) error {
		_, err := apiroute.Bind[jsonOf[*B]](req)
		return err
	})
	apiroute.Post(api, "/endpoint", func(context.Context, jsonOf[B]) (struct{}, error) { return struct{}{}, nil })
	s := newServer(t, api)
	s.log = log
	var first outcome
	for i, path := range []string{"/endpoint", "/bind", "/json"} {
		r := s.do("POST", path, body, sendsJSON)
		o := outcome{r, strings.Join(s.logs(), "\n")}
		if i == 0 {
			first = o
		} else if o.status != first.status || o.body != first.body {
			t.Errorf("%s: %d %s, and /endpoint: %d %s", path, o.status, o.body, first.status, first.body)
		}
	}
	return first
}

// Validate is called for everything inside a body, and its FieldErrors get the path.
func TestValidateInside(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		decodes func(*testing.T, string) outcome
		body    string
		want    []string
	}{
		{"nothing wrong", decodes[deepDocs], `{"list":[{}],"map":{"a":{}},"any":{"bad":"1"}}`, nil},
		{"a field", decodes[deepDocs], `{"first":{"bad":"1"}}`, []string{"body first.bad enum: must be 1"}},
		{"an absent field has the zero value", decodes[struct{ A struct{ B needsBad } }], `{}`, []string{"body A.B.bad required: is required"}},
		{"a nil pointer", decodes[struct{ A *needsBad }], `{}`, nil},
		{"null for a pointer", decodes[[]*needsBad], `[null]`, nil},
		{"elements", decodes[deepDocs], `{"list":[{},{"bad":"1"},{"bad":"2"}],"array":[{},{"bad":"3"}]}`,
			[]string{"body list[1].bad enum: must be 1", "body list[2].bad enum: must be 2", "body array[1].bad enum: must be 3"}},
		{"values of a map, sorted", decodes[deepDocs], `{"map":{"b":{"bad":"1"},"a":{"bad":"2"},"c d":{"bad":"3"}}}`,
			[]string{"body map.a.bad enum: must be 2", "body map.b.bad enum: must be 1", `body map["c d"].bad enum: must be 3`}},
		{"maps with other keys", decodes[deepDocs], `{"ints":{"7":{"bad":"1"}},"keys":{"abc":"2"}}`, []string{"body ints.7.bad enum: must be 1", "body keys.key3 : must be 2"}},
		{"pointers to pointers", decodes[deepDocs], `{"p":{"bad":"1"}}`, []string{"body p.bad enum: must be 1"}},
		{"elements before their struct", decodes[deepItem], `{"bad":"1","kids":[{"bad":"2","kids":[{"bad":"3"}]},null]}`,
			[]string{"body kids[0].kids[0].bad enum: must be 3", "body kids[0].bad enum: must be 2", "body bad enum: must be 1"}},
		{"embedded", decodes[deepDocs], `{"bad":"1","first":{"bad":"2"}}`, []string{"body first.bad enum: must be 2", "body bad enum: must be 1"}},
		{"a list", decodes[[]deepItem], `[{},{"bad":"1"}]`, []string{"body [1].bad enum: must be 1"}},
		{"a list with its own", decodes[deepList], `[{"bad":"1"},{},{}]`, []string{"body [0].bad enum: must be 1", "body  : must have two", "body [2].bad : must not be there"}},
		{"a map with its own", decodes[deepMap], `{"a":{"bad":"1"}}`, []string{"body a.bad enum: must be 1", "body x.bad : must be there"}},
		{"a list of lists in a field", decodes[struct{ L []deepList }], `{"L":[[],[{},{},{}]]}`, []string{"body L[1] : must have two", "body L[1][2].bad : must not be there"}},
		{"a string", decodes[deepText], `"1"`, []string{"body  : must be 1"}},
		{"a string in a field", decodes[struct{ T []deepText }], `{"T":["","1"]}`, []string{"body T[1] : must be 1"}},
		{"unnamed structs", decodes[struct{ A []struct{ B deepItem } }], `{"A":[{"B":{"bad":"1"}}]}`, []string{"body A[0].B.bad enum: must be 1"}},
		{"a type that decodes itself", decodes[struct{ A deepOwn }], `{"A":{"bad":"1"}}`, nil},
		{"an interface", decodes[map[string]any], `{"a":{"bad":"1"}}`, nil},

		{"optional values", decodes[deepOptional], `{"item":{"bad":"1"},"list":[{"bad":"2"}],"map":{"a":{"bad":"3"},"b":null}}`,
			[]string{"body item.bad enum: must be 1", "body list[0].bad enum: must be 2", "body map.a.bad enum: must be 3"}},
		{"optional values within others", decodes[deepOptional], `{"inner":{"item":{"bad":"1"}},"p":{"bad":"2"},"text":"3"}`,
			[]string{"body inner.item.bad enum: must be 1", "body p.bad enum: must be 2", "body text : must be 3"}},
		{"optional values that are null", decodes[deepOptional], `{"always":null,"map":{"a":null},"p":null}`, nil},
		{"optional values that are absent", decodes[deepOptional], `{}`, nil},
		{"an optional body", decodes[apiroute.Optional[deepItem]], `{"bad":"1"}`, []string{"body bad enum: must be 1"}},

		{"embedded under a name, promoted", decodes[deepTagged], `{"named":{"bad":"1"}}`, []string{"body named.bad enum: must be 1"}},
		{"embedded under a name, hidden", decodes[deepTaggedOwn], `{"named":{"bad":"1"}}`, []string{"body total : must be less", "body named.bad enum: must be 1"}},
		{"embedded under a name, in a list", decodes[[]deepTagged], `[{"named":{"bad":"1"}}]`, []string{"body [0].named.bad enum: must be 1"}},
		{"embedded under a name, ambiguous", decodes[deepTwoTagged], `{"bad":"1","named":{"bad":"2"}}`, []string{"body named.bad enum: must be 2", "body bad enum: must be 1"}},
		{"fields that hide each other", decodes[deepHidden], `{}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := tt.decodes(t, tt.body)
			if diff := cmp.Diff(tt.want, r.codes()); diff != "" || r.status != 422 && tt.want != nil || r.status != 204 && tt.want == nil {
				t.Errorf("%d %s (-want +got)\n%s", r.status, r.body, diff)
			}
		})
	}
}

type needsBad struct {
	Bad string `json:"bad"`
}

func (n needsBad) Validate() error {
	if n.Bad == "" {
		return apiroute.FieldError{Name: "bad", Code: "required", Detail: "is required"}
	}
	return nil
}

// A Validate with a pointer receiver may change the value, also in a map.
func TestValidateChanges(t *testing.T) {
	t.Parallel()
	body := `{"p":{},"Values":{"a":{"seen":4}}}`
	check := func(v *deepDocs) error {
		if (*v.P).Seen != 1 || v.Values["a"].Seen != 5 {
			return fmt.Errorf("seen %d and %d, want 1 and 5", (*v.P).Seen, v.Values["a"].Seen)
		}
		return nil
	}
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/json", func(req *apiroute.Request, _ *apiroute.Response) error {
			var v *deepDocs
			return errors.Join(req.JSON(&v), check(v))
		})
		apiroute.Post(api, "/endpoint", func(_ context.Context, in jsonOf[deepDocs]) (struct{}, error) { return struct{}{}, check(&in.Body) })
	})
	for _, path := range []string{"/json", "/endpoint"} {
		if r := s.do("POST", path, body, sendsJSON); r.status != 204 {
			t.Errorf("%s: %d, log %q", path, r.status, s.logs())
		}
	}
}

// Request.JSON validates what it decodes into, whatever kind of pointer it is given.
func TestRequestJSONValidates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		dst  func() any
		body string
		want []string
	}{
		{"a struct", func() any { return new(deepItem) }, `{"bad":"1"}`, []string{"body bad enum: must be 1"}},
		{"a pointer", func() any { return new(*deepItem) }, `{"bad":"1"}`, []string{"body bad enum: must be 1"}},
		{"a slice", func() any { return new([]deepItem) }, `[{"bad":"1"}]`, []string{"body [0].bad enum: must be 1"}},
		{"a map", func() any { return new(map[string]*deepItem) }, `{"a":{"bad":"1"}}`, []string{"body a.bad enum: must be 1"}},
		{"an interface that holds a pointer", func() any { var v any = new(deepItem); return &v }, `{"bad":"1"}`, []string{"body bad enum: must be 1"}},
		{"an interface with methods", func() any { var v interface{ Validate() error } = new(deepItem); return &v }, `{"bad":"1"}`, []string{"body bad enum: must be 1"}},
		{"an empty interface", func() any { return new(any) }, `{"bad":"1"}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Post("/", func(req *apiroute.Request, _ *apiroute.Response) error { return req.JSON(tt.dst()) })
			})
			for range 2 { // the second time from the cache
				r := s.do("POST", "/", tt.body, sendsJSON)
				if diff := cmp.Diff(tt.want, r.codes()); diff != "" || r.status != 422 && tt.want != nil {
					t.Errorf("%d %s (-want +got)\n%s", r.status, r.body, diff)
				}
			}
		})
	}
}

// An empty In is filled in: by the part that the value is from, and for T itself by the field with
// the name.
func TestValidatePart(t *testing.T) {
	t.Parallel()
	form := []string{sendsForm}
	for _, tt := range []struct {
		name string
		bind binding
		m    message
		want []string
	}{
		{"T", bindTo[partsIn], message{header: []string{sendsJSON}, body: `{}`}, []string{
			"query q: a", "path id: b", "header X-A: c", "cookie c: d", "body items[0]: e", "body : f", "query other: g"}},
		{"T without a body", bindTo[queryIn], message{}, []string{"query q: a", "query zz: b", "query : c"}},
		{"a form", bindTo[struct {
			Body partsForm `body:"form"`
		}], message{header: form, body: "a=1"}, []string{"form a: a", "form : b"}},
		{"a part of a form", bindTo[struct {
			Body struct{ partsForm } `body:"form"`
		}], message{header: form, body: "a=1"}, []string{"form a: a", "form : b"}},
		{"another part, from within a body", bindTo[jsonOf[[]partsItem]], message{header: []string{sendsJSON}, body: `[{}]`},
			[]string{"body [0].a: a", "query q: b", "body [0].c: c"}},
		{"bytes", bindTo[struct {
			Body partsBytes `body:"bytes"`
		}], message{body: "a"}, []string{"body : a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, o := tt.bind(t, tt.m); o.status != 422 || cmp.Diff(tt.want, o.fieldErrors()) != "" {
				t.Errorf("%d %s (-want +got)\n%s", o.status, o.body, cmp.Diff(tt.want, o.fieldErrors()))
			}
		})
	}
}

type (
	partsIn struct {
		Q    int            `query:"q"`
		H    string         `header:"x-a"`
		C    string         `cookie:"c"`
		Body map[string]int `body:"json"`
	}
	queryIn struct {
		Q int `query:"q"`
	}
	partsForm struct {
		A int `form:"a"`
	}
	partsItem  struct{ A int }
	partsBytes []byte
)

// namedFields returns a FieldError for each pair of a name and a detail, without In.
func namedFields(pairs ...string) error {
	var list []error
	for i := 0; i < len(pairs); i += 2 {
		in, name, ok := strings.Cut(pairs[i], " ")
		if !ok {
			in, name = "", pairs[i]
		}
		list = append(list, apiroute.FieldError{In: in, Name: name, Detail: pairs[i+1]})
	}
	return errors.Join(list...)
}

func (partsIn) Validate() error {
	return namedFields("q", "a", "path id", "b", "X-A", "c", "c", "d", "items[0]", "e", "", "f", "query other", "g")
}
func (queryIn) Validate() error    { return namedFields("q", "a", "zz", "b", "", "c") }
func (partsForm) Validate() error  { return namedFields("a", "a", "", "b") }
func (partsItem) Validate() error  { return namedFields("a", "a", "query q", "b", "body c", "c") }
func (partsBytes) Validate() error { return namedFields("", "a") }

// Validate need not be fast: a list that is wrong throughout has 20 faults and no more.
func TestValidateCut(t *testing.T) {
	t.Parallel()
	r := decodes[[]needsBad](t, "["+strings.Repeat("{},", 999)+"{}]")
	if n := len(r.fieldErrors()); r.status != 422 || n != 20 || !strings.Contains(r.body, `"at least 20 fields are wrong"`) {
		t.Errorf("%d with %d fields: %.200s", r.status, n, r.body)
	}
}

// A Validate that calls those of its fields, as it had to before they were called for it, does not
// report their faults twice.
func TestValidateTwice(t *testing.T) {
	t.Parallel()
	r := decodes[callsItems](t, `{"items":[{"bad":"1"},{"bad":"1"}]}`)
	want := []string{"body items[0].bad enum: must be 1", "body items[1].bad enum: must be 1"}
	if diff := cmp.Diff(want, r.codes()); diff != "" {
		t.Errorf("%d %s (-want +got)\n%s", r.status, r.body, diff)
	}
}

type callsItems struct {
	Items []deepItem `json:"items"`
}

func (c callsItems) Validate() error {
	var list []error
	for i, item := range c.Items {
		if err := item.Validate(); err != nil {
			f := err.(apiroute.FieldError)
			f.Name = fmt.Sprintf("items[%d].%s", i, f.Name)
			list = append(list, f)
		}
	}
	return errors.Join(list...)
}

// Other errors of a Validate inside a body end the visit, and a panic is a 500.
func TestValidateInsideErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		status     int
		want       []string
		log        string
	}{
		{"an error", `["a","error","a"]`, 422, []string{"body [0] : must be a"}, "secret"},
		{"a wrapped field", `["wrapped","a"]`, 422, []string{"body [0].x : must be wrapped", "body [1] : must be a"}, "secret"},
		{"an *Error", `["a","409"]`, 409, nil, "taken"},
		{"a panic", `["panic"]`, 500, nil, "secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decodes[[]oddText](t, tt.body)
			if diff := cmp.Diff(tt.want, r.codes()); diff != "" || r.status != tt.status || strings.Contains(r.body, "secret") || !strings.Contains(r.log, tt.log) {
				t.Errorf("%d %s, log %.300s (-want +got)\n%s", r.status, r.body, r.log, diff)
			}
		})
	}
}

type oddText string

func (o oddText) Validate() error {
	switch o {
	case "error":
		return errors.New("secret")
	case "wrapped":
		return fmt.Errorf("secret: %w", apiroute.FieldError{Name: "x", Detail: "must be wrapped"})
	case "409":
		return apiroute.Errorf(409, "taken")
	case "panic":
		panic("secret")
	}
	return apiroute.FieldError{Detail: "must be " + string(o)}
}

// What Validate returns for a long list costs no more than the length of the list allows, however
// the program joins its errors. It is not parallel, because it counts what the whole process
// allocates.
func TestValidateInsideCost(t *testing.T) {
	api := apiroute.New(apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	apiroute.Post(api, "/elements", func(context.Context, jsonOf[map[string][]oddText]) (struct{}, error) { return struct{}{}, nil })
	apiroute.Post(api, "/joined", func(context.Context, jsonOf[joinsInLoop]) (struct{}, error) { return struct{}{}, nil })
	s := newServer(t, api)
	for _, tt := range []struct{ name, path, before, item, after string }{
		{"elements with a path that is cut", "/elements", `{"` + strings.Repeat("k", 300) + `":[`, `"wrapped"`, `]}`},
		{"errors joined in a loop", "/joined", `[`, `"a"`, `]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cost := func(n int) uint64 {
				body := tt.before + tt.item + strings.Repeat(","+tt.item, n) + tt.after
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				r := s.do("POST", tt.path, body, sendsJSON)
				runtime.ReadMemStats(&after)
				if r.status != 422 {
					t.Fatalf("%d %.300s", r.status, r.body)
				}
				return after.TotalAlloc - before.TotalAlloc
			}
			cost(1) // what is kept for the next time
			if short, long := cost(500), cost(2000); long > 8*short {
				t.Errorf("%d bytes were allocated for 500 elements, and %d for 2000", short, long)
			}
		})
	}
}

type joinsInLoop []string

func (list joinsInLoop) Validate() (err error) {
	for range list {
		err = errors.Join(err, apiroute.FieldError{Detail: "must be another"})
	}
	return err
}
