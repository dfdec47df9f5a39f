package apiroute_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// JSON in a form goes into the fields that are structs, maps, or lists of these.
type (
	formItem struct {
		Name  string    `json:"name"`
		Price float64   `json:"price"`
		At    time.Time `json:"at"`
	}
	formMeta struct {
		Title string         `json:"title"`
		Items []formItem     `json:"items"`
		Extra map[string]int `json:"extra"`
	}
	jsonInForm struct {
		Body struct {
			Meta  formMeta                `form:"meta"`
			Opt   *formMeta               `form:"opt"`
			Map   map[string]int          `form:"map"`
			List  []formItem              `form:"list"`
			Maps  []map[string]int        `form:"maps"`
			Ptrs  []*formItem             `form:"ptrs"`
			When  []time.Time             `form:"when"`
			Files []*multipart.FileHeader `form:"files"`
		} `body:"form"`
	}
	jsonRequired struct {
		Body struct {
			Meta formMeta   `form:"meta,required"`
			List []formItem `form:"list,required"`
		} `body:"form"`
	}
)

// jsonPart is a part of a multipart body as a browser sends it for a Blob.
func jsonPart(name, contentType, content string) string {
	return "--frontier\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"blob\"\r\nContent-Type: " + contentType + "\r\n\r\n" + content + "\r\n"
}

func TestBindFormJSON(t *testing.T) {
	t.Parallel()
	type in = jsonInForm
	tests := []struct {
		name        string
		field, text string
		set         func(*in)
		errors      []string
	}{
		{"a struct", "meta", `{"title":"t","items":[{"price":1.5}],"extra":{"a":1}}`,
			func(v *in) {
				v.Body.Meta = formMeta{"t", []formItem{{Price: 1.5}}, map[string]int{"a": 1}}
			}, nil},
		{"a struct in blanks", "meta", " \n{\"title\":\"t\"} ", func(v *in) { v.Body.Meta.Title = "t" }, nil},
		{"a pointer", "opt", `{}`, func(v *in) { v.Body.Opt = &formMeta{} }, nil},
		{"a map", "map", `{"a":1}`, func(v *in) { v.Body.Map = map[string]int{"a": 1} }, nil},
		{"a list", "list", `[{"name":"a"},{"name":"b"}]`, func(v *in) { v.Body.List = []formItem{{Name: "a"}, {Name: "b"}} }, nil},
		{"an empty list", "list", `[]`, func(v *in) { v.Body.List = []formItem{} }, nil},
		{"one element of a list", "list", ` {"name":"a"}`, func(v *in) { v.Body.List = []formItem{{Name: "a"}} }, nil},
		{"a list of maps", "maps", `[{"a":1}]`, func(v *in) { v.Body.Maps = []map[string]int{{"a": 1}} }, nil},
		{"one map of a list", "maps", `{"a":1}`, func(v *in) { v.Body.Maps = []map[string]int{{"a": 1}} }, nil},
		{"a list of pointers", "ptrs", `[{"name":"a"}]`, func(v *in) { v.Body.Ptrs = []*formItem{{Name: "a"}} }, nil},
		{"one element of a list of pointers", "ptrs", `{"name":"a"}`, func(v *in) { v.Body.Ptrs = []*formItem{{Name: "a"}} }, nil},
		{"an empty text", "opt", "", func(*in) {}, nil},
		{"a wrong member", "meta", `{"title":1}`, nil, []string{"form meta.title: must be a string"}},
		{"wrong members inside", "meta", `{"items":[{},{},{"price":"x","at":"y"}],"title":7}`, nil,
			[]string{"form meta.items[2].price: must be a number", "form meta.items[2].at: must be a time such as 2006-01-02T15:04:05Z", "form meta.title: must be a string"}},
		{"a wrong key", "map", `{"a b":"x"}`, nil, []string{`form map["a b"]: must be an integer`}},
		{"a wrong element", "list", `[{},{"price":"x"}]`, nil, []string{"form list[1].price: must be a number"}},
		{"a wrong single element", "list", `{"price":"x"}`, nil, []string{"form list[0].price: must be a number"}},
		{"another kind of value", "meta", `[1]`, nil, []string{"form meta: must be an object"}},
		{"another kind of value for a list", "list", `7`, nil, []string{"form list: must be an array"}},
		{"null", "opt", `null`, nil, []string{"form opt: must not be null"}},
		{"no JSON", "meta", `{"title":`, nil, []string{"form meta: is not valid JSON at offset 9"}},
		{"a bare word", "map", `abc`, nil, []string{"form map: is not valid JSON at offset 0"}},
		{"no UTF-8", "meta", "{\"title\":\"\xff\"}", nil, []string{"form meta: is not UTF-8 at offset 10"}},
	}
	for _, tt := range tests {
		for name, m := range map[string]message{
			"urlencoded": {header: []string{sendsForm}, body: url.Values{tt.field: {tt.text}}.Encode()},
			"text":       {header: []string{sendsMultipart}, body: multipartBody(formPart{tt.field, "", tt.text})},
			"file":       {header: []string{sendsMultipart}, body: jsonPart(tt.field, "application/json", tt.text) + multipartBody()},
			"+json":      {header: []string{sendsMultipart}, body: jsonPart(tt.field, "Application/Vnd.X+JSON; charset=UTF8", tt.text) + multipartBody()},
		} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				got, o := bindTo[in](t, m)
				if diff := cmp.Diff(tt.errors, o.fieldErrors()); diff != "" {
					t.Errorf("%q: %d, errors (-want +got)\n%s", m, o.status, diff)
				}
				if tt.set == nil {
					return
				}
				var want in
				tt.set(&want)
				if diff := cmp.Diff(want, got); o.status != 200 || diff != "" {
					t.Errorf("%q: %d %s (-want +got)\n%s", m, o.status, o.body, diff)
				}
			})
		}
	}
}

// What makes a form more than one JSON text.
func TestBindFormJSONParts(t *testing.T) {
	t.Parallel()
	text := func(name, content string) string {
		return strings.TrimSuffix(multipartBody(formPart{name, "", content}), multipartBody())
	}
	tests := []struct {
		name   string
		bind   binding
		body   string
		errors []string
	}{
		{"objects of a list, texts and files", bindTo[jsonInForm], text("list", "{}") + jsonPart("list", "application/json", "{}"), nil},
		{"objects after an array", bindTo[jsonInForm], text("list", "[{}]") + text("list", "{}"), nil},
		{"a wrong object of a list", bindTo[jsonInForm], text("list", "{}") + text("list", `{"price":"x"}`), []string{"form list[1].price: must be a number"}},
		{"an array twice", bindTo[jsonInForm], text("list", "[]") + text("list", "[]"), []string{"form list: must be given only once"}},
		{"a struct twice", bindTo[jsonInForm], text("meta", "{}") + text("meta", "{}"), []string{"form meta: must be given only once"}},
		{"a struct as a text and a file", bindTo[jsonInForm], text("meta", "{}") + jsonPart("meta", "application/json", "{}"), []string{"form meta: must be given only once"}},
		{"a struct and an empty text", bindTo[jsonInForm], text("meta", "") + text("meta", "{}"), []string{"form meta: must be given only once"}},
		{"beside a file", bindTo[jsonInForm], text("meta", "{}") + jsonPart("files", "application/json", "{"), nil},
		{"a file of another type", bindTo[jsonInForm], jsonPart("meta", "text/plain", "{}"), []string{"form meta: must be JSON"}},
		{"a file of bytes in a list", bindTo[jsonInForm], text("list", "{}") + jsonPart("list", "application/octet-stream", "{}"), []string{"form list: must be JSON"}},
		{"a file without a type", bindTo[jsonInForm], jsonPart("meta", "", "{}"), []string{"form meta: must be JSON"}},
		{"a file in another charset", bindTo[jsonInForm], jsonPart("meta", "application/json; charset=latin1", "{}"), []string{"form meta: must be JSON"}},
		{"a JSON file for a list of times", bindTo[jsonInForm], jsonPart("when", "application/json", "[]"), []string{"form when: must not be a file"}},
		{"no time", bindTo[jsonInForm], text("when", "[]"), []string{"form when: must be a time such as 2006-01-02T15:04:05Z"}},
		{"required and absent", bindTo[jsonRequired], text("z", ""), []string{"form meta: is required", "form list: is required"}},
		{"required and empty", bindTo[jsonRequired], text("meta", "") + jsonPart("list", "application/json", ""), []string{"form meta: is required", "form list: is required"}},
		{"required and there", bindTo[jsonRequired], text("meta", "{}") + text("list", "[]"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, o := tt.bind(t, message{header: []string{sendsMultipart}, body: tt.body + multipartBody()})
			if diff := cmp.Diff(tt.errors, o.fieldErrors()); diff != "" || (o.status == 200) != (tt.errors == nil) {
				t.Errorf("%q: %d %s, errors (-want +got)\n%s", tt.body, o.status, o.body, diff)
			}
		})
	}
}

// The options of the route hold for JSON in a form as for a JSON body.
func TestBindFormJSONOptions(t *testing.T) {
	t.Parallel()
	text := multipartBody(formPart{"meta", "", `{"title":"t","zz":1}`})
	file := jsonPart("meta", "application/json", `{"title":"t","zz":1}`) + multipartBody()
	for name, body := range map[string]string{"text": text, "file": file} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := message{header: []string{sendsMultipart}, body: body}
			_, o := bindTo[jsonInForm](t, m, apiroute.RejectUnknown(true))
			if diff := cmp.Diff([]string{"form meta.zz: is not known"}, o.fieldErrors()); diff != "" {
				t.Errorf("RejectUnknown: %d, errors (-want +got)\n%s", o.status, diff)
			}
			_, o = bindTo[jsonInForm](t, m, apiroute.JSONCodec(nil, func([]byte, any) error { return errors.New("secret") }))
			if o.status != 400 || !strings.Contains(o.body, `"name":"meta"`) || strings.Contains(o.body, "secret") {
				t.Errorf("JSONCodec: %d %s, want a 400 for meta", o.status, o.body)
			}
			m.chunked = true
			if _, o := bindTo[jsonInForm](t, m, apiroute.BodyLimit(int64(len(body)-1))); o.status != 413 {
				t.Errorf("BodyLimit: %d %s, want 413", o.status, o.body)
			}
		})
	}
}

// A type that could never be filled from JSON, or has no place for it, is refused.
func TestPlanFormJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		register func()
		want     []string // in the message
	}{
		{"a default", posts[struct {
			F struct {
				G formMeta `form:"g" default:"{}"`
			} `body:"form"`
		}](), []string{"F.G", "cannot have a default"}},
		{"a channel inside", posts[struct {
			F struct {
				G struct{ H chan int } `form:"g"`
			} `body:"form"`
		}](), []string{"F.G.H", "chan int", "JSON"}},
		{"a list of lists", posts[struct {
			F struct {
				G [][]formMeta `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "not supported for a form"}},
		{"a pointer to a list", posts[struct {
			F struct {
				G *[]formMeta `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "not supported for a form"}},
		{"a pointer to a pointer", posts[struct {
			F struct {
				G **formMeta `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "not supported for a form"}},
		{"pointers to times", posts[struct {
			F struct {
				G []*time.Time `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "not supported for a form"}},
		{"a file that is no pointer", posts[struct {
			F struct {
				G multipart.FileHeader `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "not supported for a form"}},
		{"commas", posts[struct {
			F struct {
				G []formMeta `form:"g,comma"`
			} `body:"form"`
		}](), []string{"F.G", `"comma"`, "slice of values"}},
		{"a struct in a query", posts[struct {
			F formMeta `query:"f"`
		}](), []string{"F", "not supported for a query"}},
		{"a list of structs in a header", posts[struct {
			F []formMeta `header:"f"`
		}](), []string{"F", "not supported for a header"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := mustPanic(t, tt.register)
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("panic %q, want %q in it", text, want)
				}
			}
		})
	}
}

// Every fault that Bind finds outside of JSON has a code, which clients can translate.
func TestBindCodes(t *testing.T) {
	t.Parallel()
	type In struct {
		I8   int8          `query:"i8"`
		U    uint          `query:"u"`
		F    float64       `query:"f"`
		B    bool          `query:"b"`
		N    json.Number   `query:"n"`
		S    string        `query:"s"`
		D    time.Duration `query:"d"`
		T    time.Time     `query:"t"`
		Own  upperText     `query:"own"`
		List []int         `query:"list"`
		Must *int          `query:"must,required"`
		Body struct {
			File *multipart.FileHeader `form:"file"`
			Text string                `form:"text"`
			JSON formMeta              `form:"json"`
		} `body:"form"`
	}
	tests := []struct {
		name, query, body string
		want              string // the fields with their codes
	}{
		{"below the range", "must=1&i8=-129&u=-1&f=-1e999", "", "i8 minimum, u minimum, f minimum"},
		{"above the range", "must=1&i8=128&u=99999999999999999999&f=1e999", "", "i8 maximum, u maximum, f maximum"},
		{"no numbers", "must=x&i8=x&u=1.5&f=NaN&n=x&list=x", "", "i8 type, u type, f type, n type, list type, must type"},
		{"other types", "must=1&b=2&s=%ff&d=1&t=1&own=a", "", "b type, s format, d format, t format, own type"},
		{"repeated", "must=1&i8=1&i8=1", "", "i8 type"},
		{"absent", "", "", "must required"},
		{"unknown", "must=1&x=1", multipartBody(formPart{"z", "", ""}), "x additionalProperties, z additionalProperties"},
		{"files and texts", "must=1", multipartBody(formPart{"file", "", "x"}, formPart{"text", "f", ""}, formPart{"json", "f", ""}), "file type, text type, json type"},
		{"a bad query", "must=1&%zz", "", " format"},
		{"a bad form", "must=1", "x", " format"},
		{"too many pairs", "must=1" + strings.Repeat("&", 10_000), "", " maxItems"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := message{target: "/x?" + tt.query}
			if tt.body != "" {
				m.header, m.body = []string{sendsMultipart}, tt.body
			}
			_, o := bindTo[In](t, m, apiroute.RejectUnknown(true))
			var p struct{ Errors []apiroute.FieldError }
			json.Unmarshal([]byte(o.body), &p)
			var list []string
			for _, f := range p.Errors {
				list = append(list, fmt.Sprint(f.Name, " ", f.Code))
			}
			if got := strings.Join(list, ", "); got != tt.want || o.status != 400 {
				t.Errorf("%d, %q, want 400, %q", o.status, got, tt.want)
			}
		})
	}
	t.Run("no body", func(t *testing.T) {
		t.Parallel()
		if _, o := bindTo[takesJSON](t, message{}); !strings.Contains(o.body, `{"in":"body","code":"required",`) {
			t.Errorf("%s, want the code required", o.body)
		}
	})
}
