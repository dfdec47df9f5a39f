package apiroute_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// Middleware of a group may parse a form, and then pass on the request, another one, or none. The
// temporary files of the form are removed in each case, also if the server's own request is not the
// one that the router gets.
func TestMiddlewareFormFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // on Windows
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "name")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, strings.Repeat("z", 11<<20)) // more than net/http keeps in memory
	form.Close()
	without := func(r *http.Request) *http.Request {
		r = r.Clone(r.Context())
		r.MultipartForm, r.Form, r.PostForm, r.Body = nil, nil, nil, http.NoBody
		return r
	}
	for name, pass := range map[string]func(next http.Handler, w http.ResponseWriter, r *http.Request){
		"none":     func(http.Handler, http.ResponseWriter, *http.Request) {},
		"the same": func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) },
		"a copy": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.Clone(r.Context()))
		},
		"one without the form": func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, without(r)) },
		"one, with another writer": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(struct{ http.ResponseWriter }{w}, without(r))
		},
		"none, with a panic": func(http.Handler, http.ResponseWriter, *http.Request) { panic("secret") },
	} {
		for _, method := range []string{"POST", "PUT"} { // PUT is a 405
			t.Run(name+", "+method, func(t *testing.T) {
				api := apiroute.New(quiet())
				api.Group("/g", useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					if err := r.ParseMultipartForm(1); err != nil {
						t.Error(err)
					}
					pass(next, w, r)
				})).Post("/x", respondOK, apiroute.NoBodyLimit())
				r := httptest.NewRequest(method, "/api/g/x", bytes.NewReader(body.Bytes()))
				r.Header.Set("Content-Type", form.FormDataContentType())
				serveRecorder(http.StripPrefix("/api", api), r)
				if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
					t.Errorf("%d temporary files are left, %v", len(left), err)
				}
			})
		}
	}
}

// A parsedIn is bound from a form that something else has parsed before.
type parsedIn struct {
	Body struct {
		Token string   `form:"token,required"`
		Name  string   `form:"name"`
		N     int      `form:"n" default:"5"`
		Tags  []string `form:"tag"`
	} `body:"form"`
}

// bindParsed serves a message on /g/x with a handler for all methods that calls Bind. parse is
// called before it, once in each of the places where a program may do so, and check sees the result.
func bindParsed(t *testing.T, m message, parse func(*http.Request) *http.Request, check func(t *testing.T, in parsedIn, o outcome), opts ...apiroute.Option) {
	t.Helper()
	use := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, parse(r)) })
	wrapped := useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(struct{ http.ResponseWriter }{w}, parse(r))
	})
	around := apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			req.Request = parse(req.Request)
			return next(req, res)
		}
	})
	none := apiroute.Logger(nil)
	m.target = "/g/x"
	for _, place := range []struct {
		name                 string
		router, group, route apiroute.Option
		handler              bool
	}{
		{"around the router", none, none, none, false},
		{"Use of the router", use, none, none, false},
		{"Use of a group", none, use, none, false},
		{"Use of a route with a wrapped writer", none, none, wrapped, false},
		{"Around", none, around, none, false},
		{"the handler", none, none, none, true},
	} {
		t.Run(place.name, func(t *testing.T) {
			var in parsedIn
			var log testLog
			api := apiroute.New(append([]apiroute.Option{place.router, log.option()}, opts...)...)
			api.Group("/g", place.group, log.option()).Handle("/x", func(req *apiroute.Request, res *apiroute.Response) (err error) {
				if place.handler {
					req.Request = parse(req.Request)
				}
				for range 2 { // again gives the same
					if in, err = apiroute.Bind[parsedIn](req); err != nil {
						return err
					}
				}
				return nil
			}, place.route, log.option())
			r := m.request(t)
			if place.name == "around the router" {
				r = parse(r)
			}
			o := outcome{serveRecorder(api, r), log.String()}
			check(t, in, o)
		})
	}
}

func TestMiddlewareParsedForm(t *testing.T) {
	t.Parallel()
	parseForm := func(r *http.Request) *http.Request { r.ParseForm(); return r }
	override := func(r *http.Request) *http.Request {
		r.Method = strings.ToUpper(r.PostFormValue("_method"))
		return r
	}
	form := []string{sendsForm}
	all := func(token, name string, n int, tags ...string) (in parsedIn) {
		in.Body.Token, in.Body.Name, in.Body.N, in.Body.Tags = token, name, n, tags
		return in
	}
	tests := []struct {
		name   string
		m      message
		parse  func(*http.Request) *http.Request
		want   parsedIn
		errors []string // of a 400
	}{
		{"ParseForm", message{header: form, body: "token=a%2Fb&name=x+y&tag=2&tag=1&n="}, parseForm, all("a/b", "x y", 5, "2", "1"), nil},
		{"ParseForm, chunked", message{header: form, body: "token=a&n=7", chunked: true}, parseForm, all("a", "", 7), nil},
		{"FormValue", message{header: form, body: "token=a&n=7"}, func(r *http.Request) *http.Request { r.FormValue("token"); return r }, all("a", "", 7), nil},
		{"PostFormValue with PUT", message{method: "PUT", header: form, body: "token=a"}, func(r *http.Request) *http.Request { r.PostFormValue("token"); return r }, all("a", "", 5), nil},
		{"ParseForm, and on with a copy", message{header: form, body: "token=a"}, func(r *http.Request) *http.Request { r.ParseForm(); return r.Clone(r.Context()) }, all("a", "", 5), nil},
		{"a method override to PATCH", message{header: form, body: "_method=patch&token=a"}, override, all("a", "", 5), nil},
		{"a method override to DELETE", message{header: form, body: "_method=delete&token=a"}, override, all("a", "", 5), nil},
		{"ParseForm with DELETE, which reads nothing", message{method: "DELETE", header: form, body: "token=a"}, parseForm, all("a", "", 5), nil},
		{"ParseForm with DELETE, chunked", message{method: "DELETE", header: form, body: "token=a", chunked: true}, parseForm, all("a", "", 5), nil},
		{"a value removed", message{header: form, body: "token=a&name=x&_csrf=0123456789"}, func(r *http.Request) *http.Request {
			r.ParseForm()
			delete(r.PostForm, "_csrf")
			return r
		}, all("a", "x", 5), nil},
		{"a value changed", message{header: form, body: "token=a"}, func(r *http.Request) *http.Request { r.ParseForm(); r.PostForm.Set("token", "b"); return r }, all("b", "", 5), nil},
		{"a body put back", message{header: form, body: "token=a&name=x"}, func(r *http.Request) *http.Request {
			b, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(b))
			r.ParseForm()
			r.Body = io.NopCloser(bytes.NewReader(b))
			return r
		}, all("a", "x", 5), nil},
		{"multipart", message{header: []string{sendsMultipart}, body: multipartBody(formPart{"token", "", "a"})},
			func(r *http.Request) *http.Request { r.PostFormValue("token"); return r }, all("a", "", 5), nil},
		{"multipart, ParseForm", message{header: []string{sendsMultipart}, body: multipartBody(formPart{"token", "", "a"})}, parseForm, all("a", "", 5), nil},
		{"the query is no form", message{header: form, body: "name=x"}, func(r *http.Request) *http.Request {
			r.URL.RawQuery = "token=q"
			r.ParseForm()
			return r
		}, parsedIn{}, []string{"form token: is required"}},
		{"wrong values", message{header: form, body: "token=a&token=b&n=x"}, parseForm, parsedIn{}, []string{"form token: must be given only once", "form n: must be an integer"}},
		{"no body", message{header: form}, parseForm, parsedIn{}, []string{"form token: is required"}},
		// What ParseForm has dropped shows in the length.
		{"a bad escape", message{header: form, body: "token=a&name=%zz"}, parseForm, parsedIn{}, []string{"form : is malformed or incomplete"}},
		{"a semicolon", message{header: form, body: "token=a&name=x;n=7"}, parseForm, parsedIn{}, []string{"form : is malformed or incomplete"}},
		{"nothing but a bad escape", message{header: form, body: "token=%"}, parseForm, parsedIn{}, []string{"form : is malformed or incomplete"}},
		{"nothing but a bad escape, chunked", message{header: form, body: "token=%", chunked: true}, parseForm, parsedIn{}, []string{"form : is malformed or incomplete"}},
		{"too many pairs", message{header: form, body: strings.Repeat("tag=&", 10_000) + "token=a"}, parseForm, parsedIn{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check := func(t *testing.T, in parsedIn, o outcome) {
				t.Helper()
				if tt.want.Body.Token == "" {
					if tt.errors != nil && !cmp.Equal(tt.errors, o.fieldErrors()) || o.status != 400 {
						t.Errorf("%d %s, want 400 with %q", o.status, o.body, tt.errors)
					}
				} else if diff := cmp.Diff(tt.want, in); o.status != 204 || diff != "" {
					t.Errorf("%d %s, log %s (-want +got)\n%s", o.status, o.body, o.log, diff)
				}
			}
			bindParsed(t, tt.m, tt.parse, check)
			bindParsed(t, tt.m, tt.parse, check, apiroute.NoBodyLimit())
		})
	}
}

// Where ParseForm could not read the whole body, nothing of it is bound.
func TestMiddlewareParsedFormTooLong(t *testing.T) {
	t.Parallel()
	for _, chunked := range []bool{false, true} {
		for name, length := range map[string]int{"more than the limit": 2 << 20, "more than ParseForm reads": 10<<20 + 5000} {
			t.Run(fmt.Sprintf("%s, chunked %t", name, chunked), func(t *testing.T) {
				t.Parallel()
				value := url.Values{"token": {"a"}, "name": {strings.Repeat("x", length)}}
				m := message{header: []string{sendsForm}, body: value.Encode() + "&token=b", chunked: chunked}
				bindParsed(t, m, func(r *http.Request) *http.Request { r.ParseForm(); return r }, func(t *testing.T, in parsedIn, o outcome) {
					if o.status != 413 && o.status != 500 {
						t.Errorf("%d %.200s, want 413 or a logged 500", o.status, o.body)
					}
				})
			})
		}
	}
}
