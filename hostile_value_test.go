package apiroute_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/apiroute"
)

// valueRoutes adds the routes that TestHostileValues attacks.
func valueRoutes(api *apiroute.Router) {
	type query struct {
		Page  int     `query:"page"`
		I8    int8    `query:"i8"`
		U     uint    `query:"u"`
		F     float64 `query:"f"`
		OK    bool    `query:"ok"`
		S     string  `query:"s"`
		Trace string  `header:"X-Trace"`
		Sess  string  `cookie:"sess"`
	}
	type role struct {
		Page int `query:"page"`
		Body struct {
			Role string `json:"role"`
			Name string
		} `body:"json"`
	}
	type mix struct {
		ID   int `path:"id"`
		Body struct {
			Name string `json:"name"`
		} `body:"json"`
	}
	apiroute.Get(api, "/query", func(_ context.Context, in query) (any, error) { return in, nil })
	apiroute.Post(api, "/role", func(_ context.Context, in role) (string, error) {
		return fmt.Sprintf("page %d role %q", in.Page, in.Body.Role), nil
	})
	apiroute.Post(api, "/mix/[id]", func(_ context.Context, in mix) (int, error) { return in.ID, nil })
}

// queries returns attacks with queries that must all get the same status, and in whose responses
// there must be a text, such as the name of a field that is not valid.
func queries(status int, has string, list ...string) (attacks []attack) {
	for _, q := range list {
		attacks = append(attacks, attack{send: getText("/query?" + q), status: status, has: []string{has}})
	}
	return attacks
}

func TestHostileQueries(t *testing.T) {
	runAttacks(t, []attackRow{
		{"a semicolon (CVE-2022-2880)", queries(400, `"query"`, "page=3;ok=true", "x=1;y=2", ";")},
		{"a bad escape", queries(400, `"query"`, "page=%zz", "page=1&x=%zz", "page=1&%zz=x", "page=1&x=%")},
		{"integers that do not fit (CWE-190)", slices.Concat(
			queries(400, `"page"`, "page=99999999999999999999"),
			queries(400, `"i8"`, "i8=300", "i8=-129", "i8=128"),
			queries(400, `"u"`, "u=-1", "u=18446744073709551616"),
		)},
		{"numbers that JSON does not have", queries(400, `"f"`,
			"f=NaN", "f=Inf", "f=-Inf", "f=infinity", "f=1e999", "f=0x1p4", "f=1_0", "f=+")},
		{"texts that are no integer", queries(400, `"page"`,
			"page=+3", "page=%203", "page=3%20", "page=1_000", "page=0x10", "page=1.0", "page=1e3", "page=0b1",
			"page=%EF%BC%91", "page==1", "page=1%00", "page=1+", "page=--1")},
		{"texts that are an integer", queries(200, `"Page":3,`, "page=3", "page=%2B3", "page=03")},
		{"texts that are no value", queries(200, `"Page":0,`, "page=", "page", "i8=&u=&f=&ok=", "ok")},
		{"texts that are not true or false", queries(400, `"ok"`, "ok=yes", "ok=ON", "ok=+on", "ok=2", "ok=tRuE")},
		{"texts that are true", queries(200, `"OK":true`, "ok=TRUE", "ok=1", "ok=t", "ok=true", "ok=on")},
		{"texts that are false", queries(200, `"OK":false`, "ok=F", "ok=0", "ok=False", "ok=off")},
		{"one value too many (WSTG-INPV-04)", queries(400, `"page"`,
			"page=1&page=2", "page=1&page=1", "page=&page=1", "page=1&page=", "page=1&%70age=2", strings.Repeat("page=1&", 5000))},
		{"text that is not UTF-8, and two texts", queries(400, `"s"`, "s=%ff", "s=a&s=b")},
		{"names that are another name", queries(200, `"Page":0,`,
			"page[]=1", "page.=1", "PAGE=1", "%20page=1", "page%00=1", "&&&", strings.Repeat("x=1&", 9_999)+"x=1")},
		{"more pairs than net/url parses", queries(400, `"query"`,
			strings.Repeat("x=1&", 10_000)+"page=1", strings.Repeat("x=1&", 10_000), "page=1"+strings.Repeat("&", 10_000))},
		{"names that are this name", queries(200, `"Page":1,`, "%70age=%31", "page=1&&&", "&page=1")},
		{"headers and cookies", []attack{
			{send: getText("/query", "X-Trace: a", "X-Trace: b"), status: 400, has: []string{`"X-Trace"`}},
			{send: getText("/query", "X-Trace: \xff"), status: 400, has: []string{`"X-Trace"`}},
			{send: getText("/query", `Cookie: sess=a; sess=b; Sess=c; =;;"="`), status: 200, has: []string{`"Sess":"a"`}},
		}},
	})
}

// The path, the query, the header, the cookies and the body each fill only the fields that name
// them.
func TestHostileSources(t *testing.T) {
	empty := `"page 0 role \"\""`
	runAttacks(t, []attackRow{
		{"a field of the body (echo#1670)", []attack{
			{send: jsonText("/role?role=admin", "{}"), status: 200, body: empty},
			{send: jsonText("/role?Role=admin", "{}"), status: 200, body: empty},
			{send: jsonText("/role?Body.role=admin&Body=admin", "{}"), status: 200, body: empty},
			{send: postText("/role", "{}", isJSON, "Role: admin", "Cookie: role=admin"), status: 200, body: empty},
		}},
		{"a field of the path", []attack{
			{send: jsonText("/mix/7?id=9", `{"id":8,"ID":8}`), status: 200, body: "7"},
			{send: postText("/mix/7?ID=9", `{"ID":8}`, isJSON, "Id: 9", "Cookie: id=9"), status: 200, body: "7"},
		}},
		{"a field of the query", []attack{
			{send: jsonText("/role", `{"page":8}`), status: 200, body: empty},
			{send: jsonText("/role", `{"Page":8,"-":8}`), status: 200, body: empty},
		}},
	})
	t.Run("a tag that looks like the one that hides a field", func(t *testing.T) {
		t.Parallel()
		text := mustPanic(t, func() {
			apiroute.Post(apiroute.New(), "/x", func(context.Context, struct {
				Body struct {
					//lint:ignore SA5008 the tag is the one that must be refused
					A int `json:"-,"`
				} `body:"json"`
			}) (int, error) {
				return 0, nil
			})
		})
		if !strings.Contains(text, `json:"-,"`) {
			t.Errorf("panic %q, want the tag in it", text)
		}
	})
}
