package apiroute_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// A value of the path is decoded once, and is the same for a handler and for a plain handler.
func TestRequestValues(t *testing.T) {
	t.Parallel()
	type values struct {
		Route    string
		Param    string
		Path     string // PathValue
		Plain    string // PathValue of a plain handler
		Segments []string
	}
	for _, test := range []struct {
		route, path, name string
		want              values
	}{
		{"/u/[id]", "/u/1", "id", values{"/u/[id]", "1", "1", "1", nil}},
		{"/u/[id]", "/u/a%2Fb", "id", values{"/u/[id]", "a/b", "a/b", "a/b", nil}},
		{"/u/[id]", "/u/a%252Fb", "id", values{"/u/[id]", "a%2Fb", "a%2Fb", "a%2Fb", nil}},
		{"/u/[id]", "/u/a+b", "id", values{"/u/[id]", "a+b", "a+b", "a+b", nil}},
		{"/u/[id]", "/u/1", "no", values{"/u/[id]", "", "", "", nil}},
		{"/u/[id]", "/u/1?id=2", "id", values{"/u/[id]", "1", "1", "1", nil}},
		{"/u/[user-id]", "/u/1", "user-id", values{"/u/[user-id]", "1", "1", "1", nil}},
		{"/[a]/x/[b]", "/1/x/2", "a", values{"/[a]/x/[b]", "1", "1", "1", nil}},
		{"/[a]/x/[b]", "/1/x/2", "b", values{"/[a]/x/[b]", "2", "2", "2", nil}},
		{"/[a]/[b]/[c]/[d]/[e]/[f]", "/1/2/3/4/5/6", "f", values{"/[a]/[b]/[c]/[d]/[e]/[f]", "6", "6", "6", nil}},
		{"/d/[...slug]", "/d/a%2Fb/c", "slug", values{"/d/[...slug]", "a/b/c", "a/b/c", "a/b/c", []string{"a/b", "c"}}},
		{"/[a]/[...slug]", "/1/2/3", "a", values{"/[a]/[...slug]", "1", "1", "1", nil}},
		{"/[a]/[...slug]", "/1/2/3", "slug", values{"/[a]/[...slug]", "2/3", "2/3", "2/3", []string{"2", "3"}}},
		{"/s/[[...slug]]", "/s", "slug", values{"/s/[[...slug]]", "", "", "", nil}},
		{"/s/[[...slug]]", "/s/a", "slug", values{"/s/[[...slug]]", "a", "a", "a", []string{"a"}}},
		{"/", "/", "id", values{"/", "", "", "", nil}},
	} {
		t.Run(fmt.Sprintf("%s of %s on %s", test.name, test.path, test.route), func(t *testing.T) {
			t.Parallel()
			var got values
			s := newAPI(t, func(api *apiroute.Router) {
				api.Handle(test.route, func(req *apiroute.Request, res *apiroute.Response) error {
					got = values{req.Route(), req.Param(test.name), req.PathValue(test.name), "", req.Segments(test.name)}
					return apiroute.FromHTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						got.Plain = r.PathValue(test.name)
					}))(req, res)
				})
			})
			if r := s.do("GET", test.path, ""); r.status != 200 {
				t.Errorf("got %d %q", r.status, r.body)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A Handler without a router has the values that http.ServeMux has found.
func TestRequestValuesOfServeMux(t *testing.T) {
	t.Parallel()
	var req *apiroute.Request
	mux := http.NewServeMux()
	mux.Handle("GET /x/{id}/{rest...}", apiroute.Handler(func(r *apiroute.Request, _ *apiroute.Response) error { req = r; return nil }))
	s := newServer(t, mux)
	if got := s.do("GET", "/x/a%2Fb/c/d", ""); got.status != 204 {
		t.Fatalf("got %d", got.status)
	}
	if got := req.Param("id"); got != "a/b" {
		t.Errorf("Param: got %q", got)
	}
	if got := req.PathValue("rest"); got != "c/d" {
		t.Errorf("PathValue: got %q", got)
	}
	if diff := cmp.Diff([]string{"c", "d"}, req.Segments("rest")); diff != "" {
		t.Errorf("Segments (-want +got):\n%s", diff)
	}
	if got := req.Segments("no"); got != nil {
		t.Errorf("Segments of no name: got %q", got)
	}
	if got := req.Route(); got != muxPattern(req.Request) {
		t.Errorf("Route: got %q, want the pattern", got)
	}
}

// The pattern of a mux around a router is not a route of the router.
func TestRouteBehindMux(t *testing.T) {
	t.Parallel()
	var got []string
	api := apiroute.New(quiet(), apiroute.Done(func(req *apiroute.Request, _ apiroute.Outcome) { got = append(got, req.Route()) }))
	api.Get("/api/[id]", respondOK)
	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	for _, path := range []string{"/api/1", "/api/1/2"} {
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	if diff := cmp.Diff([]string{"/api/[id]", ""}, got); diff != "" {
		t.Errorf("routes (-want +got)\n%s", diff)
	}
}

// muxPattern returns the Pattern of a request, which http.Request has from Go 1.23 on, or "".
func muxPattern(r *http.Request) string {
	if f := reflect.ValueOf(r).Elem().FieldByName("Pattern"); f.IsValid() {
		return f.String()
	}
	return ""
}

// A plain handler under http.ServeMux has them too.
func TestRequestValuesOfServeMuxFromHTTP(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/x/{id}", apiroute.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.PathValue("id"))
	})))
	newServer(t, mux).do("GET", "/x/a%2Fb", "").want(t, 200, "a/b")
}

// A value that the handler sets with SetPathValue is there too.
func TestRequestSetPathValue(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
			req.SetPathValue("own", "1")
			return res.Text(req.Param("own") + req.PathValue("own") + req.Param("id"))
		})
	})
	s.do("GET", "/x/2", "").want(t, 200, "112")
}

// The query is parsed once, and what cannot be parsed is left out.
func TestRequestQuery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		query string
		want  url.Values
	}{
		{"", url.Values{}},
		{"a=1", url.Values{"a": {"1"}}},
		{"a=1&b=x%20y+z&a=2&c", url.Values{"a": {"1", "2"}, "b": {"x y z"}, "c": {""}}},
		{"A=1&a=2", url.Values{"A": {"1"}, "a": {"2"}}},
		{"a=1&b=%zz", url.Values{"a": {"1"}}},
		{"a=1;b=2&c=3", url.Values{"c": {"3"}}},
	} {
		t.Run(fmt.Sprintf("%q", test.query), func(t *testing.T) {
			t.Parallel()
			var got, again url.Values
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/[id]", func(req *apiroute.Request, _ *apiroute.Response) error {
					got = req.Query()
					req.URL.RawQuery = "changed=1"
					again = req.Query()
					return nil
				})
			})
			if r := s.do("GET", "/x?"+test.query, ""); r.status != 204 {
				t.Errorf("%d %s", r.status, r.body)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.query, diff)
			}
			if diff := cmp.Diff(test.want, again); diff != "" {
				t.Errorf("%q: the second time (-want +got):\n%s", test.query, diff)
			}
		})
	}
}

// A Request that a test makes by hand is like one in a Handler without a router.
func TestRequestMadeInTest(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/x?page=2", strings.NewReader(`{"a":1}`))
	r.Header.Set("Content-Type", "application/json")
	r.SetPathValue("id", "7/8")
	req := &apiroute.Request{Request: r}
	got := []any{req.Param("id"), req.PathValue("id"), req.Segments("id"), req.Query().Get("page"), req.Route()}
	if diff := cmp.Diff([]any{"7/8", "7/8", []string{"7", "8"}, "2", ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	in, err := apiroute.Bind[struct {
		ID   string         `path:"id"`
		Page int            `query:"page"`
		Body map[string]int `body:"json"`
	}](req)
	if err != nil || in.ID != "7/8" || in.Page != 2 || in.Body["a"] != 1 {
		t.Errorf("Bind: %+v, %v", in, err)
	}
	if b, err := req.Bytes(); err != nil || string(b) != `{"a":1}` {
		t.Errorf("Bytes: %q, %v", b, err)
	}
	broken := &apiroute.Request{Request: httptest.NewRequest("POST", "/x", goneBody{canceledContext()})}
	if _, err := broken.Bytes(); err == nil {
		t.Error("a body that breaks off: no error")
	}
}

func canceledContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
