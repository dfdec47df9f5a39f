package apiroute_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// codes returns the fields of a problem, each as "in name code: detail".
func (r reply) codes() (list []string) {
	var p struct{ Errors []apiroute.FieldError }
	json.Unmarshal([]byte(r.body), &p)
	for _, f := range p.Errors {
		list = append(list, f.In+" "+f.Name+" "+f.Code+": "+f.Detail)
	}
	return list
}

type (
	faultyItem struct {
		Name  string    `json:"name"`
		Price float64   `json:"price"`
		At    time.Time `json:"at"`
	}
	faultyDoc struct {
		ID    int8           `json:"id"`
		Size  uint16         `json:"size"`
		OK    bool           `json:"ok"`
		Raw   []byte         `json:"raw"`
		Text  int64          `json:"text,string"`
		N     json.Number    `json:"n"`
		Items []faultyItem   `json:"items"`
		Map   map[string]int `json:"map"`
		Keys  map[int8]bool  `json:"keys"`
		Any   any            `json:"any"`
		Own   ownRefusal     `json:"own"`
		Coded ownCode        `json:"coded"`
	}
	ownRefusal struct{}
	ownCode    struct{}
)

func (*ownRefusal) UnmarshalJSON([]byte) error { return fmt.Errorf("secret") }

func (*ownCode) UnmarshalJSON([]byte) error {
	return apiroute.FieldError{Name: "a", Code: "enum", Detail: "must be one of a and b"}
}

// Everything that is wrong with a JSON body is reported, in the order of the text, each with the
// rule that it breaks.
func TestJSONFaults(t *testing.T) {
	t.Parallel()
	const aTime = "must be a time such as 2006-01-02T15:04:05Z"
	for _, tt := range []struct {
		name, body string
		unknown    bool // with RejectUnknown
		want       []string
	}{
		{"nothing", `{"id":1}`, false, nil},
		{"one", `{"id":"x","ok":true}`, false, []string{"body id type: must be an integer"}},
		{"two", `{"ok":1,"id":"x"}`, false, []string{"body ok type: must be true or false", "body id type: must be an integer"}},
		{"in the order of the text", `{"id":"x","ok":1}`, false, []string{"body id type: must be an integer", "body ok type: must be true or false"}},
		{"in a list", `{"items":[{"name":1},{"name":"a"},7,{"price":"x","at":"y"}]}`, false, []string{"body items[0].name type: must be a string",
			"body items[2] type: must be an object", "body items[3].price type: must be a number", "body items[3].at format: " + aTime}},
		{"in a map", `{"map":{"a":"x","b":1,"c d":true}}`, false, []string{"body map.a type: must be an integer", `body map["c d"] type: must be an integer`}},
		{"ranges", `{"id":128,"size":-1,"any":[1e400,-1e400]}`, false, []string{"body id maximum: must be an integer from -128 to 127",
			"body size minimum: must be an integer from 0 to 65535", "body any[0] maximum: is out of range", "body any[1] minimum: is out of range"}},
		{"below a range", `{"id":-129,"size":65536,"items":[{"price":-1e999}]}`, false, []string{"body id minimum: must be an integer from -128 to 127",
			"body size maximum: must be an integer from 0 to 65535", "body items[0].price minimum: is out of range"}},
		{"a fraction", `{"id":1.5,"size":"1"}`, false, []string{"body id type: must be an integer", "body size type: must be an integer"}},
		{"kinds", `{"raw":"!","text":1,"n":"x","items":{},"map":[]}`, false, []string{"body raw type: must be a string in base64",
			"body text type: must be a string that holds an integer", "body n type: must be a number", "body items type: must be an array", "body map type: must be an object"}},
		{"a range in quotes", `{"text":"99999999999999999999"}`, false,
			[]string{"body text maximum: must be a string that holds an integer from -9223372036854775808 to 9223372036854775807"}},
		{"keys", `{"keys":{"x":true,"-129":true,"1":true}}`, false, []string{"body keys.x type: must be an integer", "body keys.-129 minimum: must be an integer from -128 to 127"}},
		{"own code", `{"own":1,"coded":1,"id":"x"}`, false, []string{"body own type: is not of the right form", "body coded.a enum: must be one of a and b", "body id type: must be an integer"}},
		{"unknown names", `{"x":1,"id":"x","items":[{"y":1}]}`, true, []string{"body x additionalProperties: is not known", "body id type: must be an integer",
			"body items[0].y additionalProperties: is not known"}},
		{"only blanks", ` `, false, []string{"body  required: is empty"}},
		{"null", `null`, false, []string{"body  type: must not be null"}},
		{"a value in the place of a name", `{"id":1,{`, false, []string{"body  type: is not valid JSON at offset 8"}},
		{"no JSON", `{"id":"x","ok":`, false, []string{"body  type: is not valid JSON at offset 15"}},
		{"no UTF-8", "{\"id\":\"\xff\"}", false, []string{"body  type: is not UTF-8 at offset 7"}},
		{"another type", `[]`, false, []string{"body  type: must be an object"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Post("/json", func(req *apiroute.Request, _ *apiroute.Response) error { return req.JSON(new(faultyDoc)) })
				api.Post("/bind", func(req *apiroute.Request, _ *apiroute.Response) error {
					_, err := apiroute.Bind[jsonOf[faultyDoc]](req)
					return err
				})
				apiroute.Post(api, "/endpoint", func(context.Context, jsonOf[*faultyDoc]) (struct{}, error) { return struct{}{}, nil })
			}, apiroute.RejectUnknown(tt.unknown))
			for _, path := range []string{"/json", "/bind", "/endpoint"} {
				r := s.do("POST", path, tt.body, sendsJSON)
				if diff := cmp.Diff(tt.want, r.codes()); diff != "" || r.status != 400 && tt.want != nil || r.status != 204 && tt.want == nil {
					t.Errorf("%s: %d %s (-want +got)\n%s", path, r.status, r.body, diff)
				}
			}
		})
	}
}

// The faults of a body come in one list with those of the other parts, in the order of the struct.
func TestJSONFaultsAmongOthers(t *testing.T) {
	t.Parallel()
	type in struct {
		First int `query:"first"`
		Body  struct {
			A, B int
			C    []int
		} `body:"json"`
		Last  int `query:"last"`
		Token int `header:"Token"`
	}
	s := newAPI(t, func(api *apiroute.Router) {
		apiroute.Post(api, "/x", func(context.Context, in) (struct{}, error) { return struct{}{}, nil })
	}, apiroute.RejectUnknown(true))
	r := s.do("POST", "/x?last=x&zz=1&first=x", `{"C":["x",1,"y"],"D":1,"A":"x"}`, sendsJSON, "Token: x")
	want := []string{"query first: must be an integer", "body C[0]: must be an integer", "body C[2]: must be an integer", "body D: is not known",
		"body A: must be an integer", "query last: must be an integer", "header Token: must be an integer", "query zz: is not known"}
	if diff := cmp.Diff(want, r.fieldErrors()); diff != "" || r.status != 400 || !strings.Contains(r.body, `"8 fields are wrong"`) {
		t.Errorf("%d %s (-want +got)\n%s", r.status, r.body, diff)
	}
}

// A response lists at most 20 faults of a body, and says if there may be more.
func TestJSONFaultsCut(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/json", func(req *apiroute.Request, _ *apiroute.Response) error { return req.JSON(new([]int)) })
		apiroute.Post(api, "/endpoint", func(context.Context, takesJSONList) (struct{}, error) { return struct{}{}, nil })
	})
	for _, tt := range []struct {
		wrong, listed int
		detail        string
	}{
		{1, 1, "1 field is wrong"},
		{19, 19, "19 fields are wrong"},
		{20, 20, "at least 20 fields are wrong"},
		{21, 20, "at least 20 fields are wrong"},
		{5000, 20, "at least 20 fields are wrong"},
	} {
		t.Run(fmt.Sprint(tt.wrong), func(t *testing.T) {
			t.Parallel()
			var want []string
			for i := range tt.listed {
				want = append(want, fmt.Sprintf("body [%d]: must be an integer", i+1))
			}
			body := "[0" + strings.Repeat(`,"x"`, tt.wrong) + "]"
			for _, path := range []string{"/json", "/endpoint"} {
				r := s.do("POST", path, body, sendsJSON)
				if diff := cmp.Diff(want, r.fieldErrors()); diff != "" || !strings.Contains(r.body, `"detail":"`+tt.detail+`"`) {
					t.Errorf("%s: %d %.200s (-want +got)\n%s", path, r.status, r.body, diff)
				}
			}
		})
	}
}
