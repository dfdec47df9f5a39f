package apiroute_test

import (
	"fmt"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// Headers, cookies and the path have rules of their own.
func TestBindHeaderCookiePath(t *testing.T) {
	t.Parallel()
	type In struct {
		Host   string   `header:"host"`
		Trace  string   `header:"x-tRACE"`
		Lang   []string `header:"Accept-Language"`
		Sess   string   `cookie:"session"`
		Upper  string   `cookie:"Session"`
		ID     string   `path:"id"`
		UserID string   `path:"user-id"`
		Slug   []string `path:"slug"`
	}
	const path = "/x/[id]/[user-id]/[[...slug]]"
	tests := []struct {
		name string
		r    message
		want In
	}{
		{"segments", message{target: "/x/a/b"}, In{Host: "example.com", ID: "a", UserID: "b"}},
		{"escapes in segments and a catch-all", message{target: "/x/a%2Fb/%252F/a%2Fb/c/d+e"}, In{Host: "example.com", ID: "a/b", UserID: "%2F", Slug: []string{"a/b", "c", "d+e"}}},
		{"the host", message{target: "/x/a/b", header: []string{"Host: other:8080"}}, In{Host: "other:8080", ID: "a", UserID: "b"}},
		{"a header in another letter case", message{target: "/x/a/b", header: []string{"X-TRACE: 1"}}, In{Host: "example.com", Trace: "1", ID: "a", UserID: "b"}},
		{"a header twice", message{target: "/x/a/b", header: []string{"Accept-Language: de, en", "accept-language: fr"}},
			In{Host: "example.com", Lang: []string{"de, en", "fr"}, ID: "a", UserID: "b"}},
		{"cookies twice and in another letter case", message{target: "/x/a/b", header: []string{"Cookie: session=1; session=2", "Cookie: session=3; Session=4"}},
			In{Host: "example.com", Sess: "1", Upper: "4", ID: "a", UserID: "b"}},
		{"malformed cookies", message{target: "/x/a/b", header: []string{"Cookie: =; ;;session; x=y"}}, In{Host: "example.com", ID: "a", UserID: "b"}},
		{"a quoted cookie", message{target: "/x/a/b", header: []string{`Cookie: session="q"`}}, In{Host: "example.com", Sess: "q", ID: "a", UserID: "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, a := bindAs[In](t, path, tt.r)
			if diff := cmp.Diff(tt.want, got); a.status != 200 || diff != "" {
				t.Errorf("%q: %d %s (-want +got)\n%s", tt.r, a.status, a.body, diff)
			}
		})
	}
	t.Run("a header twice for one value", func(t *testing.T) {
		t.Parallel()
		_, o := bindAs[In](t, path, message{target: "/x/a/b", header: []string{"X-Trace: 1", "X-Trace: 1"}})
		if diff := cmp.Diff([]string{"header X-Trace: must be given only once"}, o.fieldErrors()); o.status != 400 || diff != "" {
			t.Errorf("%d (-want +got)\n%s", o.status, diff)
		}
	})
	// Required means that the optional catch-all has matched something.
	t.Run("a required catch-all without segments", func(t *testing.T) {
		t.Parallel()
		type must struct {
			Slug []string `path:"slug,required"`
		}
		if _, o := bindAs[must](t, "/x/[[...slug]]", message{target: "/x"}); o.status != 400 {
			t.Errorf("status %d, want 400", o.status)
		}
	})
}

// Each source has a field of its own in these types. A body is of one kind only, so there is one
// type for JSON and one for forms.
type (
	allSources[B any] struct {
		PathField   string `path:"path_tag" json:"path_json"`
		QueryField  string `query:"query_tag" json:"query_json"`
		HeaderField string `header:"Header-Tag" json:"header_json"`
		CookieField string `cookie:"cookie_tag" json:"cookie_json"`
		Body        B      `body:"json" json:"body_json"`
	}
	allSourcesForm[B any] struct {
		PathField   string `path:"path_tag" json:"path_json"`
		QueryField  string `query:"query_tag" json:"query_json"`
		HeaderField string `header:"Header-Tag" json:"header_json"`
		CookieField string `cookie:"cookie_tag" json:"cookie_json"`
		Body        B      `body:"form" json:"body_json"`
	}
	oneJSONField struct {
		JSONField string `json:"json_tag"`
	}
	formAndFile struct {
		FormField string                `form:"form_tag" json:"form_json"`
		FileField *multipart.FileHeader `form:"file_tag" json:"file_json"`
	}
)

// No source fills the field of another, by whatever name. Otherwise ?role=admin could set what only
// the body should set (mass assignment).
func TestBindSourcesApart(t *testing.T) {
	t.Parallel()
	const evil = "EVIL"
	names := map[string][]string{
		"path":   {"path_tag", "PathField", "path_json"},
		"query":  {"query_tag", "QueryField", "query_json"},
		"header": {"Header-Tag", "HeaderField", "header_json"},
		"cookie": {"cookie_tag", "CookieField", "cookie_json"},
		"json":   {"json_tag", "JSONField", "body_json", "Body", "Body.JSONField", "Body.json_tag", "Body[json_tag]"},
		"form":   {"form_tag", "FormField", "form_json", "Body", "Body.FormField", "Body.form_tag", "Body[form_tag]"},
		"file":   {"file_tag", "FileField", "file_json", "Body", "Body.FileField", "Body.file_tag", "Body[file_tag]"},
	}
	names["multipart"] = names["form"]
	variants := func(victim string) (list []string) {
		for _, n := range names[victim] {
			list = append(list, n, strings.ToLower(n), strings.ToUpper(n), strings.ToUpper(n[:1])+n[1:])
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	// Each attack adds to a request that is otherwise in order.
	attacks := map[string]func(path string, r message, names []string) (string, message){
		"path": func(path string, r message, names []string) (string, message) {
			for _, n := range names {
				if !strings.ContainsAny(n, "[]") {
					path += "/[" + n + "]"
					r.target += "/" + evil
				}
			}
			return path, r
		},
		"query": func(path string, r message, names []string) (string, message) {
			r.target += "?" + strings.Join(names, "="+evil+"&") + "=" + evil
			return path, r
		},
		"header": func(path string, r message, names []string) (string, message) {
			for _, n := range names {
				if !strings.ContainsAny(n, "[]") {
					r.header = append(slices.Clip(r.header), n+": "+evil)
				}
			}
			return path, r
		},
		"cookie": func(path string, r message, names []string) (string, message) {
			r.header = append(slices.Clip(r.header), "Cookie: "+strings.Join(names, "="+evil+"; ")+"="+evil)
			return path, r
		},
		"json": func(path string, r message, names []string) (string, message) {
			r.header = []string{sendsJSON}
			r.body = `{"` + strings.Join(names, `":"`+evil+`","`) + `":"` + evil + `"}`
			return path, r
		},
		"form": func(path string, r message, names []string) (string, message) {
			r.header = []string{sendsForm}
			r.body = strings.Join(names, "="+evil+"&") + "=" + evil
			return path, r
		},
		"multipart": func(path string, r message, names []string) (string, message) {
			r.header, r.body = []string{sendsMultipart}, ""
			var parts []formPart
			for _, n := range names {
				parts = append(parts, formPart{n, "", evil})
			}
			r.body = multipartBody(parts...)
			return path, r
		},
		"file": func(path string, r message, names []string) (string, message) {
			r.header, r.body = []string{sendsMultipart}, ""
			var parts []formPart
			for _, n := range names {
				parts = append(parts, formPart{n, evil, evil})
			}
			r.body = multipartBody(parts...)
			return path, r
		},
	}
	isForm := map[string]bool{"form": true, "multipart": true, "file": true}
	for attacker, attack := range attacks {
		for victim := range names {
			if victim == attacker || victim == "multipart" && attacker == "form" || victim == "form" && attacker == "multipart" {
				continue // the same source
			}
			t.Run(attacker+" for the field of "+victim, func(t *testing.T) {
				t.Parallel()
				path, r := attack("/x/[path_tag]", message{target: "/x/own"}, variants(victim))
				want := 200
				switch {
				case attacker == "json" && isForm[victim], isForm[attacker] && victim == "json":
					want = 415
				case attacker == "file" && isForm[victim], attacker == "multipart" && victim == "file", attacker == "form" && victim == "file":
					want = 400 // the tag is of this body, and a text is no file
				}
				var got string
				var a outcome
				var empty, refused any
				if isForm[victim] || isForm[attacker] && victim != "json" {
					if r.body == "" {
						r.body, r.header = "z=1", append(r.header, sendsForm)
					}
					v, o := bindAs[allSourcesForm[formAndFile]](t, path, r)
					empty, refused = allSourcesForm[formAndFile]{PathField: "own"}, allSourcesForm[formAndFile]{}
					got, a = fmt.Sprintf("%+v", v), o
				} else {
					if r.body == "" {
						r.body, r.header = "{}", append(r.header, sendsJSON)
					}
					v, o := bindAs[allSources[oneJSONField]](t, path, r)
					empty, refused = allSources[oneJSONField]{PathField: "own"}, allSources[oneJSONField]{}
					got, a = fmt.Sprintf("%+v", v), o
				}
				wantValue := empty
				if want != 200 {
					wantValue = refused
				}
				if w := fmt.Sprintf("%+v", wantValue); got != w || a.status != want {
					t.Errorf("%s for the field of %s: status %d, got %s\nwant %d, %s\nrequest %q\nresponse %s", attacker, victim, a.status, got, want, w, r, a.body)
				}
			})
		}
	}
}

// A name matches exactly as the tag has it; only headers match in any letter case.
func TestBindNamesExact(t *testing.T) {
	t.Parallel()
	for _, c := range carriers {
		for _, name := range []string{"V", "Ｖ", "v ", "v[]", "v.", "field", "Field"} {
			t.Run(c.name+" "+name, func(t *testing.T) {
				t.Parallel()
				path, m := c.message("x")
				switch c.name {
				case "path":
					if strings.Trim(name, "[] ") != name {
						t.Skip("a segment cannot have this name")
					}
					if _, o := bindAs[fromPath[string]](t, "/x/["+name+"]", m); o.status != 500 {
						t.Errorf("status %d, want 500, because there is no segment [v]", o.status)
					}
					return
				case "query":
					m.target = "/x?" + url.QueryEscape(name) + "=x"
				case "header":
					if name == "V" || strings.ContainsAny(name, "Ｖ []") {
						t.Skip("a header cannot have this name, or it is the same one")
					}
					m.header = []string{name + ": x"}
				case "cookie":
					if name == "v " {
						t.Skip("net/http trims the name")
					}
					m.header = []string{"Cookie: " + name + "=x"}
				case "urlencoded":
					m.body = url.QueryEscape(name) + "=x"
				default:
					m.body = multipartBody(formPart{name, "", "x"})
				}
				if got, o := fill[string](t, c.name, path, m); got != "" || o.status != 200 {
					t.Errorf("the field v is %q, status %d, want it empty", got, o.status)
				}
			})
		}
	}
}

// Over HTTP/2 a client may send a field named host beside :authority, which net/http leaves in the
// header. The host of the request is still one value.
func TestBindHostOnce(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "http://example.com/", nil)
	r.Header["Host"] = []string{"other.example"}
	in, err := apiroute.Bind[struct {
		Host string `header:"Host"`
	}](&apiroute.Request{Request: r})
	if err != nil || in.Host != "example.com" {
		t.Errorf("got %q, %v; want example.com", in.Host, err)
	}
}
