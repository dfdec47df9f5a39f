package apiroute_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// A query is parsed as a whole, by the rules for forms, and only if a field asks for it.
func TestBindQuery(t *testing.T) {
	t.Parallel()
	type In struct {
		Page int    `query:"page"`
		Q    string `query:"q"`
	}
	type none struct {
		H string `header:"h"`
	}
	type must struct {
		A int `query:"a,required"`
		B int `query:"b,required"`
	}
	bad := []string{"query : has a bad escape or a semicolon"}
	type into struct {
		name string
		bind binding
	}
	in := into{"page and q", bindTo[In]}
	nothing := into{"no field", bindTo[none]}
	required := into{"required fields", bindTo[must]}
	tests := []struct {
		into   into
		query  string
		reject bool // unknown names
		want   any  // nil if the request is rejected
		errors []string
	}{
		{in, "", false, In{}, nil},
		{in, "?", false, In{}, nil},
		{in, "?&&page=3&&", false, In{3, ""}, nil},
		{in, "?q=a=b", false, In{0, "a=b"}, nil},
		{in, "?q=a%26b%3Dc", false, In{0, "a&b=c"}, nil},
		{in, "?%70age=3", false, In{3, ""}, nil},
		{in, "?q", false, In{}, nil},
		{in, "?page", false, In{}, nil},
		{in, "?page=", false, In{}, nil},
		// An empty text is no value, but it counts where another reader may take the first.
		{in, "?page=&page=3", false, nil, []string{"query page: must be given only once"}},
		{in, "?page=3&page=", false, nil, []string{"query page: must be given only once"}},
		{in, "?page&page", false, nil, []string{"query page: must be given only once"}},
		{in, "?page=+3", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=%203", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=%2B3", false, In{3, ""}, nil},
		{in, "?page=1_000", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=0x10", false, nil, []string{"query page: must be an integer"}},
		{in, "?page=99999999999999999999", false, nil,
			[]string{"query page: " + intRange}},
		{in, "?page=1&page=2", false, nil, []string{"query page: must be given only once"}},
		{in, "?q=&q=", false, nil, []string{"query q: must be given only once"}},
		{in, "?page=3;ok=true", false, nil, bad},
		{in, "?page;=3", false, nil, bad},
		{in, "?page=3&x=;", false, nil, bad},
		{in, "?page=3&x=%3B", false, In{3, ""}, nil},
		{in, "?page=%zz", false, nil, bad},
		{in, "?page=1&x=%zz", false, nil, bad},
		{in, "?page=1&%", false, nil, bad},
		{in, "?page=1&%=1", false, nil, bad},
		{in, "?q=%ff", false, nil, []string{"query q: must be UTF-8"}},
		{in, "?x=%ff", false, In{}, nil},
		{in, "?x=1&Page=3&page[]=3", false, In{}, nil},
		{in, "?x=1", true, nil, []string{"query x: is not known"}},
		{in, "?Page=3", true, nil, []string{"query Page: is not known"}},
		{in, "?page=3&q=x", true, In{3, "x"}, nil},
		{in, "?b=1&page=x&a=1", true, nil, []string{"query page: must be an integer", "query b: is not known", "query a: is not known"}},
		{in, "?x=1&x=2&x=3", true, nil, []string{"query x: is not known"}},
		{in, "?=1", true, nil, []string{"query : is not known"}},
		{in, "?%ff=1", true, nil, []string{"query \uFFFD: is not known"}},
		{in, "?" + strings.Repeat("x", 250), true, nil, []string{"query " + strings.Repeat("x", 200) + "…: is not known"}},
		// Without a field for the query, it is not parsed.
		{nothing, "?page=%zz;", false, none{}, nil},
		{nothing, "?page=%zz;", true, nil, bad},
		{nothing, "?page=1", true, nil, []string{"query page: is not known"}},
		{nothing, "", true, none{}, nil},
		{required, "", false, nil, []string{"query a: is required", "query b: is required"}},
		{required, "?a=0&b=0", false, must{}, nil},
		// A value that cannot be read may well be there: it is not called missing.
		{required, "?x=%zz&a=1&b=1", false, nil, bad},
		{required, "?a=1;b=1", false, nil, bad},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s, %.40q, RejectUnknown(%t)", tt.into.name, tt.query, tt.reject), func(t *testing.T) {
			t.Parallel()
			got, a := tt.into.bind(t, message{target: "/x" + tt.query}, apiroute.RejectUnknown(tt.reject))
			if diff := cmp.Diff(tt.errors, a.fieldErrors()); diff != "" {
				t.Errorf("%q: errors (-want +got)\n%s", tt.query, diff)
			}
			if tt.want != nil {
				if diff := cmp.Diff(tt.want, got); a.status != 200 || diff != "" {
					t.Errorf("%q: %d %s (-want +got)\n%s", tt.query, a.status, a.body, diff)
				}
			} else if a.status != 400 {
				t.Errorf("%q: %d, want 400", tt.query, a.status)
			}
		})
	}
}

// A query or a form with more pairs than net/url parses is rejected as a whole, by every handler:
// one that asks URL.Query for a filter would find none. Go 1.22 has no such limit, and is no
// exception.
func TestBindTooManyPairs(t *testing.T) {
	t.Parallel()
	const detail = "has more than 10,000 pairs"
	var served atomic.Bool
	s := newAPI(t, func(api *apiroute.Router) {
		handler := func(req *apiroute.Request, res *apiroute.Response) error {
			served.Store(true)
			return res.Text(req.Query().Get("id"))
		}
		guard := apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				if req.Query().Get("admin") != "" {
					return apiroute.Errorf(403, "no")
				}
				return next(req, res)
			}
		})
		type id struct {
			ID string `query:"id"`
		}
		api.Delete("/handler", handler)
		api.Delete("/guarded", handler, guard)
		api.Delete("/http", apiroute.FromHTTP(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Store(true) })))
		apiroute.Delete(api, "/typed", func(context.Context, id) (id, error) { served.Store(true); return id{}, nil })
		apiroute.Delete(api, "/typed/nothing", func(context.Context, struct{}) (struct{}, error) { served.Store(true); return struct{}{}, nil })
		apiroute.Delete(api, "/typed/guarded", func(context.Context, id) (id, error) { served.Store(true); return id{}, nil }, guard)
	})
	queries := map[string]string{
		"with values": strings.Repeat("a=1&", 10_000) + "id=7",
		"empty ones":  "id=7" + strings.Repeat("&", 10_000),
		"a name each": strings.Repeat("a&", 10_000) + "a",
	}
	for _, path := range []string{"/handler", "/guarded", "/http", "/typed", "/typed/nothing", "/typed/guarded"} {
		for name, query := range queries {
			t.Run(path+" "+name, func(t *testing.T) {
				r := s.do("DELETE", path+"?"+query, "")
				r.wantProblem(t, 400)
				if diff := cmp.Diff([]string{"query : " + detail}, r.fieldErrors()); diff != "" || served.Load() {
					t.Errorf("served: %t, errors (-want +got)\n%s", served.Load(), diff)
				}
				served.Store(false)
			})
		}
	}
	t.Run("10,000 pairs", func(t *testing.T) {
		s.do("DELETE", "/handler?"+strings.Repeat("a=1&", 9_999)+"id=7", "").want(t, 200, "7")
	})
	t.Run("a form", func(t *testing.T) {
		form := message{header: []string{sendsForm}, body: strings.Repeat("l=&", 10_000) + "a=1"}
		_, o := bindAs[takesForm](t, "/x", form)
		if diff := cmp.Diff([]string{"form : " + detail}, o.fieldErrors()); diff != "" || o.status != 400 {
			t.Errorf("%d, errors (-want +got)\n%s", o.status, diff)
		}
		form.body = form.body[3:]
		if got, o := bindAs[takesForm](t, "/x", form); o.status != 200 || len(got.Body.L) != 9_999 {
			t.Errorf("10,000 pairs: %d %s", o.status, o.body)
		}
	})
	t.Run("a request of a test", func(t *testing.T) {
		req := &apiroute.Request{Request: &http.Request{URL: &url.URL{RawQuery: queries["with values"]}}}
		if err := bindError[struct {
			ID string `query:"id"`
		}](req); !strings.Contains(err.Error(), detail) {
			t.Errorf("%v, want %q", err, detail)
		}
	})
}

// With the second word comma, the texts of a slice are lists themselves.
func TestBindComma(t *testing.T) {
	t.Parallel()
	type In struct {
		IDs  []int     `query:"ids,comma"`
		Tags []string  `query:"tags,comma,required"`
		Hdr  []int     `header:"X-Ids,required,comma"`
		Text []yesText `query:"yes,comma"`
		Body struct {
			IDs []bool `form:"ids,comma"`
		} `body:"form"`
	}
	tests := []struct {
		name, query, header, form string
		want                      string // IDs, Tags, Hdr, Body.IDs
		errors                    []string
	}{
		{"lists", "ids=1,2,3&tags=a,b", "4,5", "1,off", "[1 2 3] [a b] [4 5] [true false]", nil},
		{"lists and repeats", "ids=1,2&tags=a&ids=3&tags=b,c", "4", "on", "[1 2 3] [a b c] [4] [true]", nil},
		{"escaped commas", "ids=1%2C2&tags=a%2cb", "4", "", "[1 2] [a b] [4] []", nil},
		{"empty elements", "ids=,1,,2,&tags=,a,,b,", ",4,,5,", ",1", "[1 2] [a b] [4 5] [true]", nil},
		{"blanks in a header", "tags=a", " 4 ,\t5 , ,6", "", "[] [a] [4 5 6] []", nil},
		{"blanks in a query stay", "tags=a,+b", "4", "", "[] [a  b] [4] []", nil},
		{"blanks are no integer", "ids=1,+2&tags=a", "4", "", "", []string{"query ids: must be an integer"}},
		{"no values", "ids=,&ids=&tags=,,", ",", "", "", []string{"query tags: is required", "header X-Ids: is required"}},
		{"wrong elements", "ids=1,x,y&tags=a&yes=yes,no", "4,x", "1,x", "",
			[]string{"query ids: must be an integer", "header X-Ids: must be an integer", "query yes: is not of the right form", "form ids: must be true or false"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := message{target: "/x?" + tt.query, header: []string{"X-Ids: " + tt.header, sendsForm}, body: "ids=" + tt.form}
			in, o := bindAs[In](t, "/x", m)
			if diff := cmp.Diff(tt.errors, o.fieldErrors()); diff != "" {
				t.Fatalf("%q: %d, errors (-want +got)\n%s", m, o.status, diff)
			}
			if got := fmt.Sprint(in.IDs, " ", in.Tags, " ", in.Hdr, " ", in.Body.IDs); tt.want != "" && got != tt.want {
				t.Errorf("%q: got %s, want %s", m, got, tt.want)
			}
		})
	}
}

// The texts of a checkbox mean something only where browsers send them.
func TestBindCheckbox(t *testing.T) {
	t.Parallel()
	for _, c := range carriers {
		for text, want := range map[string]bool{"on": true, "off": false} {
			t.Run(c.name+" "+text, func(t *testing.T) {
				t.Parallel()
				path, m := c.message(text)
				for name, f := range map[string]struct {
					fill filler
					want any
				}{"bool": {fill[bool], want}, "a named bool": {fill[namedBool], namedBool(want)}, "a pointer": {fill[*bool], &want}} {
					got, o := f.fill(t, c.name, path, m)
					if c.in != "query" && c.in != "form" {
						if o.status != 400 {
							t.Errorf("%s: %d, want 400", name, o.status)
						}
					} else if diff := cmp.Diff(f.want, got); o.status != 200 || diff != "" {
						t.Errorf("%s: %d %s (-want +got)\n%s", name, o.status, o.body, diff)
					}
				}
			})
		}
	}
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		_, o := bindAs[jsonOf[struct{ B bool }]](t, "/x", message{header: []string{sendsJSON}, body: `{"B":"on"}`})
		if diff := cmp.Diff([]string{"body B: must be true or false"}, o.fieldErrors()); diff != "" {
			t.Errorf("%d, errors (-want +got)\n%s", o.status, diff)
		}
	})
}

// Of many unknown names twenty are reported, so that the response stays small, and none is
// accepted.
func TestBindManyUnknown(t *testing.T) {
	t.Parallel()
	type In struct {
		Body manyNames `body:"form"`
	}
	var query []string
	var parts []formPart
	for i := range 50 {
		query = append(query, fmt.Sprintf("u%d=1", i))
		parts = append(parts, formPart{fmt.Sprintf("u%d", i), "", "1"})
	}
	for _, tt := range []struct {
		name string
		m    message
	}{
		{"query", message{target: "/x?" + strings.Join(query, "&")}},
		{"urlencoded", message{header: []string{sendsForm}, body: strings.Join(query, "&")}},
		{"multipart", message{header: []string{sendsMultipart}, body: multipartBody(parts...)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, o := bindAs[In](t, "/x", tt.m, apiroute.RejectUnknown(true)); o.status != 400 || len(o.fieldErrors()) != 20 {
				t.Errorf("%d with %d errors, want 400 with 20", o.status, len(o.fieldErrors()))
			}
		})
	}
	t.Run("the same name twice", func(t *testing.T) {
		t.Parallel()
		_, o := bindAs[struct {
			N int `query:"n"`
		}](t, "/x", message{target: "/x?u=1&n=x&u=2"}, apiroute.RejectUnknown(true))
		if len(o.fieldErrors()) != 2 {
			t.Errorf("u, n and u again: %d %s, want 2 errors", o.status, o.body)
		}
	})
}

// Known names, however many there are, do not use up the twenty.
func TestBindManyKnown(t *testing.T) {
	t.Parallel()
	type In struct {
		Body manyNames `body:"form"`
	}
	known := url.Values{}
	var parts []formPart
	for i := range reflect.TypeFor[manyNames]().NumField() {
		name := reflect.TypeFor[manyNames]().Field(i).Tag.Get("form")
		known.Set(name, "1")
		parts = append(parts, formPart{name, "", "1"})
	}
	parts = slices.Clip(parts)
	for _, tt := range []struct {
		name string
		m    message
	}{
		{"urlencoded", message{header: []string{sendsForm}, body: known.Encode() + "&zz=1"}},
		{"multipart", message{header: []string{sendsMultipart}, body: multipartBody(append(parts, formPart{"zz", "", "1"})...)}},
		{"multipart with a file", message{header: []string{sendsMultipart}, body: multipartBody(append(parts, formPart{"zz", "f", "1"})...)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, o := bindAs[In](t, "/x", tt.m, apiroute.RejectUnknown(true))
			if diff := cmp.Diff([]string{"form zz: is not known"}, o.fieldErrors()); o.status != 400 || diff != "" {
				t.Errorf("%d, errors (-want +got)\n%s", o.status, diff)
			}
			if got, o := bindAs[In](t, "/x", tt.m); o.status != 200 || got.Body.A19 != "1" {
				t.Errorf("without RejectUnknown: %d %s", o.status, o.body)
			}
		})
	}
}

// manyNames has more names than a response would report.
type manyNames struct {
	A00 string `form:"a00"`
	A01 string `form:"a01"`
	A02 string `form:"a02"`
	A03 string `form:"a03"`
	A04 string `form:"a04"`
	A05 string `form:"a05"`
	A06 string `form:"a06"`
	A07 string `form:"a07"`
	A08 string `form:"a08"`
	A09 string `form:"a09"`
	A10 string `form:"a10"`
	A11 string `form:"a11"`
	A12 string `form:"a12"`
	A13 string `form:"a13"`
	A14 string `form:"a14"`
	A15 string `form:"a15"`
	A16 string `form:"a16"`
	A17 string `form:"a17"`
	A18 string `form:"a18"`
	A19 string `form:"a19"`
	A20 string `form:"a20"`
}
