package apiroute_test

import (
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// Types that state one rule each, to be tried in every source.
type (
	ruleMin     int
	ruleMax     uint8
	ruleAbove   float64
	ruleStep    float64
	ruleEnum    string
	ruleEnumInt int
	ruleOn      bool
	ruleShort   string
	ruleLong    string
	ruleWord    string
	ruleMail    string
)

func (ruleMin) JSONSchema() any     { return map[string]any{"minimum": 2} }
func (ruleMax) JSONSchema() any     { return map[string]any{"maximum": 9} }
func (ruleAbove) JSONSchema() any   { return map[string]any{"exclusiveMinimum": 0.5} }
func (ruleStep) JSONSchema() any    { return map[string]any{"multipleOf": 0.1} }
func (ruleEnum) JSONSchema() any    { return map[string]any{"enum": []ruleEnum{"new", "top"}} }
func (ruleEnumInt) JSONSchema() any { return map[string]any{"enum": []int{1, 3}} }
func (ruleOn) JSONSchema() any      { return map[string]any{"enum": []bool{true}} }
func (ruleShort) JSONSchema() any   { return map[string]any{"maxLength": 2} }
func (ruleLong) JSONSchema() any    { return map[string]any{"minLength": 3} }
func (ruleWord) JSONSchema() any    { return map[string]any{"pattern": "^[a-z]+$"} }
func (ruleMail) JSONSchema() any    { return json.RawMessage(`{"format": "email"}`) }

func TestBindRulesInEverySource(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code     string
		fill     filler
		holds    []string
		breaks   []string
		detail   string
		repeated bool // whether the field is a list
	}{
		{"minimum", fill[ruleMin], []string{"2", "3"}, []string{"1", "-2"}, "must be at least 2", false},
		{"minimum", fill[*ruleMin], []string{"2"}, []string{"1"}, "must be at least 2", false},
		{"maximum", fill[ruleMax], []string{"9", "0"}, []string{"10", "255"}, "must be at most 9", false},
		{"exclusiveMinimum", fill[ruleAbove], []string{"0.51", "1e300"}, []string{"0.5", "-1"}, "must be greater than 0.5", false},
		{"multipleOf", fill[ruleStep], []string{"0.3", "-7", "1e22"}, []string{"0.35", "1e-7"}, "must be a multiple of 0.1", false},
		{"enum", fill[ruleEnum], []string{"new", "top"}, []string{"New", "newtop", "new,top"}, "must be one of new, top", false},
		{"enum", fill[ruleEnumInt], []string{"1", "3"}, []string{"2", "13"}, "must be one of 1, 3", false},
		{"enum", fill[ruleOn], []string{"true", "1"}, []string{"false", "0"}, "must be true", false},
		{"maxLength", fill[ruleShort], []string{"a", "日本", "😀😀"}, []string{"abc", "日本語"}, "must have at most 2 characters", false},
		{"minLength", fill[ruleLong], []string{"abc", "日本語"}, []string{"ab", "日本", "😀😀"}, "must have at least 3 characters", false},
		{"pattern", fill[ruleWord], []string{"abc"}, []string{"aBc", "é", "1"}, "must match the pattern ^[a-z]+$", false},
		{"format", fill[ruleMail], []string{"a@b.de"}, []string{"a", "a@", "A <a@b.de>"}, "must be an email address", false},
		{"minimum", fill[[]ruleMin], []string{"2", "3"}, []string{"1"}, "must be at least 2", true},
		{"pattern", fill[[]ruleWord], []string{"a", "b"}, []string{"B"}, "must match the pattern ^[a-z]+$", true},
	} {
		for _, c := range carriers {
			if tt.repeated && (c.name == "path" || c.name == "cookie") {
				continue
			}
			t.Run(tt.code+" in "+c.name, func(t *testing.T) {
				t.Parallel()
				try := func(want int, texts ...string) {
					for _, s := range texts {
						if !c.carries(s) {
							return
						}
					}
					path, m := c.message(texts...)
					_, o := tt.fill(t, c.name, path, m)
					if o.status != want {
						t.Errorf("%q: status %d, want %d; %s", texts, o.status, want, o.body)
					}
					wantFields := []apiroute.FieldError{{In: c.in, Name: c.key, Code: tt.code, Detail: tt.detail}}
					if diff := cmp.Diff(wantFields, fieldsOf(o.body)); want == 400 && diff != "" {
						t.Errorf("%q: -want +got:\n%s", texts, diff)
					}
				}
				for _, s := range tt.holds {
					try(200, s)
				}
				for _, s := range tt.breaks {
					try(400, s)
					if tt.repeated {
						try(400, tt.holds[0], s, s)
					}
				}
				if tt.repeated {
					try(200, tt.holds...)
				}
				if c.name != "path" { // it always has a value
					try(200)
				}
			})
		}
	}
}

// fieldsOf returns the fields of a problem.
func fieldsOf(body string) []apiroute.FieldError {
	var p struct{ Errors []apiroute.FieldError }
	json.Unmarshal([]byte(body), &p)
	return p.Errors
}

// One response lists all broken rules with wrong types and missing values, in the order of the
// struct, and each field once. It does not contain the values.
func TestBindRulesAllAtOnce(t *testing.T) {
	t.Parallel()
	type in struct {
		Q     string     `query:"q,required" minLength:"2" pattern:"^[a-z]*$"`
		ID    int        `path:"id" minimum:"10"`
		Trace string     `header:"X-Trace" format:"uuid"`
		Tags  []string   `query:"tag" maxItems:"1" enum:"a,b"`
		Age   *int       `query:"age" minimum:"0" maximum:"150" multipleOf:"5"`
		From  netip.Addr `query:"from"`
		SID   string     `cookie:"sid" minLength:"4"`
		Must  string     `query:"must,required" minLength:"1"`
		Body  struct {
			Name  string   `form:"name" maxLength:"3"`
			Mails []string `form:"mail" format:"email" uniqueItems:"true"`
			N     float64  `form:"n,required" exclusiveMaximum:"1"`
		} `body:"form"`
		Last bool `query:"last" enum:"true"`
	}
	m := message{target: "/x/9?q=SECRET!&tag=a&tag=SECRET&age=7&from=SECRET&last=off", header: []string{sendsForm, "X-Trace: SECRET", "Cookie: sid=sec"},
		body: "name=SECRET&mail=a@b.de&mail=a@b.de&n=1"}
	_, o := bindAs[in](t, "/x/[id]", m)
	want := []apiroute.FieldError{
		{In: "query", Name: "q", Code: "pattern", Detail: "must match the pattern ^[a-z]*$"},
		{In: "path", Name: "id", Code: "minimum", Detail: "must be at least 10"},
		{In: "header", Name: "X-Trace", Code: "format", Detail: "must be a UUID"},
		{In: "query", Name: "tag", Code: "enum", Detail: "must be one of a, b"},
		{In: "query", Name: "age", Code: "multipleOf", Detail: "must be a multiple of 5"},
		{In: "query", Name: "from", Code: "type", Detail: "is not of the right form"},
		{In: "cookie", Name: "sid", Code: "minLength", Detail: "must have at least 4 characters"},
		{In: "query", Name: "must", Code: "required", Detail: "is required"},
		{In: "form", Name: "name", Code: "maxLength", Detail: "must have at most 3 characters"},
		{In: "form", Name: "mail", Code: "uniqueItems", Detail: "must not contain an item twice"},
		{In: "form", Name: "n", Code: "exclusiveMaximum", Detail: "must be less than 1"},
		{In: "query", Name: "last", Code: "enum", Detail: "must be true"},
	}
	if diff := cmp.Diff(want, fieldsOf(o.body)); o.status != 400 || diff != "" {
		t.Errorf("status %d, -want +got:\n%s", o.status, diff)
	}
	if strings.Contains(o.body, "SECRET") {
		t.Errorf("the response has a value: %s", o.body)
	}
	m = message{target: "/x/10?q=ab&tag=b&age=150&from=::1&must=x", header: []string{sendsForm, "X-Trace: 123e4567-e89b-12d3-a456-426614174000", "Cookie: sid=secr"},
		body: "name=abc&mail=a@b.de&mail=b@b.de&n=0.99"}
	if got, o := bindAs[in](t, "/x/[id]", m); o.status != 200 || *got.Age != 150 || len(got.Body.Mails) != 2 {
		t.Errorf("status %d, %+v: %s", o.status, got, o.body)
	}
}

// On a list, the keywords about items are for the list and all others for its elements. A list
// without a value is absent.
func TestBindRulesOfLists(t *testing.T) {
	t.Parallel()
	type query struct {
		IDs []int `query:"ids,comma" minItems:"2" maxItems:"3" uniqueItems:"true" minimum:"1"`
	}
	type header struct {
		IDs []int `header:"ids,comma" minItems:"2" maxItems:"3" uniqueItems:"true" minimum:"1"`
	}
	type catchAll struct {
		Slug []string `path:"slug" minItems:"2" maxItems:"2" pattern:"^[a-z]$"`
	}
	type required struct {
		IDs []string `query:"ids,required" minItems:"2"`
	}
	type numbers struct {
		N []json.Number `query:"n" uniqueItems:"true"`
	}
	type own struct {
		T []time.Time `query:"t" uniqueItems:"true"`
	}
	type files struct {
		Body struct {
			Files []*multipart.FileHeader `form:"f" minItems:"2" maxItems:"2"`
		} `body:"form"`
	}
	type meta struct {
		Body struct {
			Meta []struct{ N int } `form:"f" minItems:"2" uniqueItems:"true"`
		} `body:"form"`
	}
	type ruledItem struct {
		N int `json:"n" minimum:"1"`
	}
	type items struct {
		Body struct {
			Ptrs  []*ruledItem                   `form:"f" minItems:"2" uniqueItems:"true"`
			Maps  []map[string]ruledItem         `form:"m"`
			Opts  []apiroute.Optional[ruledItem] `form:"o"`
			Lists []struct {
				L []int `minimum:"1" uniqueItems:"true"`
			} `form:"l"`
		} `body:"form"`
	}
	const few, many, twice = "must have at least 2 items", "must have at most 3 items", "must not contain an item twice"
	get := func(target string) message { return message{target: target} }
	send := func(parts ...formPart) message {
		return message{header: []string{sendsMultipart}, body: multipartBody(parts...)}
	}
	head := func(lines ...string) message { return message{header: lines} }
	file := formPart{"f", "a.txt", "x"}
	for _, tt := range []struct {
		name string
		bind binding
		m    message
		want string // the fault; "" if there is none
	}{
		{"comma", bindTo[query], get("/x?ids=1,2"), ""},
		{"comma and repeated", bindTo[query], get("/x?ids=1,2&ids=3"), ""},
		{"comma, too few", bindTo[query], get("/x?ids=1"), "query ids: " + few},
		{"comma, too few but for an empty element", bindTo[query], get("/x?ids=1,"), "query ids: " + few},
		{"comma, too many", bindTo[query], get("/x?ids=1,2&ids=3,4"), "query ids: " + many},
		{"comma, twice", bindTo[query], get("/x?ids=1,2&ids=1"), "query ids: " + twice},
		{"comma, twice in another notation", bindTo[query], get("/x?ids=1,%2B1"), "query ids: " + twice},
		{"comma, an element", bindTo[query], get("/x?ids=0,1,2,3,4"), "query ids: must be at least 1"},
		{"comma, an element of the wrong type", bindTo[query], get("/x?ids=x"), "query ids: must be an integer"},
		{"comma, no value", bindTo[query], get("/x"), ""},
		{"comma, an empty value", bindTo[query], get("/x?ids="), ""},
		{"header", bindTo[header], head("ids: 1, 2", "ids: 3"), ""},
		{"header, too few", bindTo[header], head("ids: 1"), "header Ids: " + few},
		{"header, twice", bindTo[header], head("ids: 1,2", "ids: 2"), "header Ids: " + twice},
		{"required, no value", bindTo[required], get("/x"), "query ids: is required"},
		{"required, too few", bindTo[required], get("/x?ids="), "query ids: " + few},
		{"required, two", bindTo[required], get("/x?ids=&ids="), ""},
		{"numbers", bindTo[numbers], get("/x?n=1&n=2&n=9007199254740992&n=9007199254740993"), ""},
		{"numbers, twice", bindTo[numbers], get("/x?n=1&n=2&n=1.0"), "query n: " + twice},
		{"times", bindTo[own], get("/x?t=2024-01-02T03:04:05Z&t=2024-01-02T03:04:06Z"), ""},
		{"times, twice", bindTo[own], get("/x?t=2024-01-02T03:04:05Z&t=2024-01-02T03:04:06Z&t=2024-01-02T03:04:05Z"), "query t: " + twice},
		{"files", bindTo[files], send(file, file), ""},
		{"files, too few", bindTo[files], send(file), "form f: " + few},
		{"files, too many", bindTo[files], send(file, file, file), "form f: must have at most 2 items"},
		{"files, none", bindTo[files], send(formPart{"other", "", ""}), ""},
		{"JSON in a form", bindTo[meta], send(formPart{"f", "", `[{"N":1},{"N":2}]`}), ""},
		{"JSON in a form, too few", bindTo[meta], send(formPart{"f", "", `[{"N":1}]`}), "form f: " + few},
		{"JSON in a form, twice", bindTo[meta], send(formPart{"f", "", `[{"N":1},{"N":1}]`}), "form f: " + twice},
		{"JSON in a form, objects", bindTo[meta], send(formPart{"f", "", `{"N":1}`}, formPart{"f", "", `{"N":2}`}), ""},
		{"objects with rules", bindTo[items], send(formPart{"f", "", `{"n":1}`}, formPart{"f", "", `{"n":2}`}, formPart{"m", "", `{"a":{"n":1}}`},
			formPart{"o", "", `{"n":1}`}, formPart{"l", "", `{"L":[1,2]}`}), ""},
		{"objects that break rules", bindTo[items], send(formPart{"f", "", `{"n":1}`}, formPart{"f", "", `{"n":0}`}, formPart{"m", "", `{"a":{}}`},
			formPart{"o", "", `{"n":-1}`}, formPart{"l", "", `{"L":[1,0]}`}),
			"form f[1].n: must be at least 1\nform m[0].a.n: is required\nform o[0].n: must be at least 1\nform l[0].L[1]: must be at least 1"},
		{"objects with rules, twice", bindTo[items], send(formPart{"f", "", `{"n":1}`}, formPart{"f", "", `{"n":1}`}), "form f: " + twice},
		{"objects with rules, in an array", bindTo[items], send(formPart{"f", "", `[{"n":1},{"n":0}]`}), "form f[1].n: must be at least 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, o := tt.bind(t, tt.m)
			if got := strings.Join(o.fieldErrors(), "\n"); got != tt.want || (o.status == 200) != (tt.want == "") {
				t.Errorf("status %d, faults %q, want %q", o.status, got, tt.want)
			}
		})
	}
	for target, want := range map[string]string{
		"/x/a/b":   "",
		"/x/a":     "path slug: must have at least 2 items",
		"/x/a/b/c": "path slug: must have at most 2 items",
		"/x/a/B":   "path slug: must match the pattern ^[a-z]$",
	} {
		_, o := bindAs[catchAll](t, "/x/[...slug]", message{target: target})
		if got := strings.Join(o.fieldErrors(), "\n"); got != want {
			t.Errorf("%s: faults %q, want %q", target, got, want)
		}
	}
}

// A value that is absent breaks no rule, and an empty text is a value for a string alone.
func TestBindRulesOfAbsentValues(t *testing.T) {
	t.Parallel()
	type in struct {
		S string  `query:"s" minLength:"1"`
		P *string `query:"p" minLength:"1"`
		N int     `query:"n" minimum:"5"`
		Q *int    `query:"q" minimum:"5"`
		D int     `query:"d" minimum:"5" default:"7"`
		E string  `query:"e" enum:"a,b" default:"b"`
		L []int   `query:"l" minItems:"1" minimum:"5"`
	}
	for query, want := range map[string]string{
		"":                  "",
		"n=&q=&d=&l=":       "",
		"s=&p=":             "query s: must have at least 1 character|query p: must have at least 1 character",
		"e=":                "query e: must be one of a, b",
		"n=0&q=0&d=0&l=0":   "query n: must be at least 5|query q: must be at least 5|query d: must be at least 5|query l: must be at least 5",
		"n=5&q=5&d=5&l=5&l": "",
		"n=1&n=2":           "query n: must be at least 5",
		"n=5&n=1":           "query n: must be given only once",
	} {
		got, o := bindAs[in](t, "/x", message{target: "/x?" + query})
		if faults := strings.Join(o.fieldErrors(), "|"); faults != want {
			t.Errorf("%s: faults %q, want %q", query, faults, want)
		}
		if query == "" && (got.D != 7 || got.E != "b") {
			t.Errorf("the defaults are %d and %q, want 7 and b", got.D, got.E)
		}
	}
}

// Every mistake in a tag is found at registration, in the order of the struct, with the place.
func TestBindRuleMistakes(t *testing.T) {
	t.Parallel()
	type in struct {
		A int     `query:"a" minLength:"1"`
		B string  `query:"b" minItems:"1"`
		C int     `query:"c" maximum:"9" default:"10"`
		D string  `query:"d" pattern:"["`
		E int     `query:"e" enum:"1,x"`
		F string  `header:"f" enum:"a,b,a"`
		G float64 `cookie:"g" minimum:"2" maximum:"1"`
		H string  `query:"h" required:"true"`
		I string  `query:"i" minlength:"1"`
		J int     `query:"j" exclusivMaximum:"1"`
		//lint:ignore SA5008 the tag is what must be refused
		K int     `query:"k" maximum:"1" maximum:"2"`
		L string  `query:"l" Format:"email"`
		M ruleBad `path:"a" maxLength:"3"`
		N int8    `query:"n" maximum:"300"`
		O string  `query:"o" format:"mail" minLength:"x"`

		P    apiroute.Optional[int] `query:"p"`
		Body struct {
			File  *multipart.FileHeader   `form:"file" minItems:"1"`
			Files []*multipart.FileHeader `form:"files" uniqueItems:"true"`
			Name  string                  `form:"name" required:"true"`
			Meta  struct{ N int }         `form:"meta" minimum:"1"`
			Nick  apiroute.Optional[*int] `form:"nick"`
		} `body:"form" minItems:"1"`
	}
	var at string
	text := mustPanic(t, func() {
		at = here()
		apiroute.Post(apiroute.New(), "/x/[a]", zeroFunc[in])
	})
	file, line, _ := strings.Cut(at, ".go:")
	if !strings.Contains(text, file+".go:") || line == "" {
		t.Errorf("the panic does not name the file %s.go: %s", file, text)
	}
	want := []string{
		`field A: minLength:"1" has no meaning for the type int`,
		`field B: minItems:"1" has no meaning for the type string`,
		`field C: the default "10" must be at most 9`,
		`field D: pattern:"[" has a [ without a ]`,
		`field E: enum:"1,x" has the value "x", which must be an integer`,
		`field F: enum:"a,b,a" has the value "a" twice`,
		`field G: minimum:"2" and maximum:"1": no value can be within both`,
		`field H: required:"true" has no meaning here: write query:"h,required"`,
		`field I: minlength:"1" has no meaning here: write minLength:"1"`,
		`field J: exclusivMaximum:"1" has no meaning here: write exclusiveMaximum:"1"`,
		`field K: its tag has maximum twice, and only the first counts`,
		`field L: Format:"email" has no meaning here: write format:"email"`,
		`field M: JSONSchema() of apiroute_test.ruleBad: minimum:"1" has no meaning for the type apiroute_test.ruleBad`,
		`field N: maximum:"300" must be an integer from -128 to 127`,
		`field O: minLength:"x" must be a whole number of at least 0`,
		`field O: format:"mail" is not one of date, date-time, email, ipv4, ipv6, password, uri, uuid`,
		`field P: apiroute.Optional[int] is for JSON: a query has no null, so use a pointer`,
		`field Body: minItems:"1" has no meaning for a body:"form"`,
		`field Body.File: minItems:"1" has no meaning for the type multipart.FileHeader`,
		`field Body.Files: uniqueItems:"true" has no meaning for files`,
		`field Body.Name: required:"true" has no meaning here: write form:"name,required"`,
		`field Body.Meta: minimum:"1" has no meaning for the type struct { N int }`,
		`field Body.Nick: apiroute.Optional[*int] is for JSON: a form has no null, so use a pointer`,
	}
	_, text, _ = strings.Cut(text, "field A")
	if diff := cmp.Diff(want, strings.Split("field A"+text, "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	text = mustPanic(t, posts[struct {
		Body string `body:"bytes" maxLength:"3"`
	}]())
	if want := `field Body: maxLength:"3" has no meaning for a body:"bytes"`; !strings.Contains(text, want) {
		t.Errorf("panic %q, want %q in it", text, want)
	}
}

type ruleBad string

func (ruleBad) JSONSchema() any { return map[string]any{"minimum": 1} }

// Keys of tags that are none of this package, and not like one of them, are left alone.
func TestBindForeignTags(t *testing.T) {
	t.Parallel()
	posts[struct {
		A string `query:"a" json:"a" yaml:"a" xml:"a" db:"a" gorm:"a" bson:"a" validate:"min=1" doc:"x" example:"y" mapstructure:"a" enums:"a" form_data:"1"`
	}]()()
}

// A type without rules costs nothing more, and rules that hold allocate nothing.
func TestBindRuleAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	type bare struct {
		ID   string   `path:"id"`
		Page int      `query:"page"`
		Q    string   `query:"q"`
		F    float64  `query:"f"`
		Tags []string `query:"tag"`
		H    string   `header:"H"`
	}
	type ruled struct {
		ID   string   `path:"id" format:"uuid" minLength:"3" maxLength:"40"`
		Page int      `query:"page" minimum:"1" maximum:"100" multipleOf:"2"`
		Q    string   `query:"q" minLength:"1" maxLength:"10" pattern:"^[a-z]+$"`
		F    float64  `query:"f" exclusiveMinimum:"0" exclusiveMaximum:"1" multipleOf:"0.1"`
		Tags []string `query:"tag" minItems:"1" maxItems:"5" uniqueItems:"true" enum:"a,b,c"`
		H    string   `header:"H" format:"email"`
	}
	measure := func(h apiroute.Handler) float64 {
		api := apiroute.New()
		api.Get("/x/[id]", h)
		r := httptest.NewRequest("GET", "/x/123e4567-e89b-12d3-a456-426614174000?page=2&q=abc&f=0.3&tag=a&tag=b", nil)
		r.Header.Set("H", "ann@example.com")
		w := discardWriter{http.Header{}}
		return testing.AllocsPerRun(200, func() {
			clear(w.header)
			api.ServeHTTP(w, r)
		})
	}
	without := measure(func(req *apiroute.Request, _ *apiroute.Response) error {
		_, err := apiroute.Bind[bare](req)
		return err
	})
	with := measure(func(req *apiroute.Request, _ *apiroute.Response) error {
		v, err := apiroute.Bind[ruled](req)
		if err != nil || v.Page != 2 {
			t.Errorf("Bind: %+v, %v", v, err)
		}
		return err
	})
	if with > without {
		t.Errorf("%v allocations with rules, want the %v without", with, without)
	}
}
