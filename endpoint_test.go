package apiroute_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unsafe"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

type pathID struct {
	ID int `path:"id"`
}

type idOut struct {
	ID int `json:"id"`
}

func echoID(_ context.Context, in pathID) (idOut, error) {
	return idOut(in), nil
}

func TestEndpointMethods(t *testing.T) {
	t.Parallel()
	type register = func(*apiroute.Router, string, func(context.Context, pathID) (idOut, error), ...apiroute.Option)
	tests := []struct {
		method   string
		register register
		also     string // a method that is handled too
	}{
		{"GET", apiroute.Get[pathID, idOut], "HEAD"},
		{"POST", apiroute.Post[pathID, idOut], ""},
		{"PUT", apiroute.Put[pathID, idOut], ""},
		{"PATCH", apiroute.Patch[pathID, idOut], ""},
		{"DELETE", apiroute.Delete[pathID, idOut], ""},
	}
	for _, tt := range tests {
		t.Run(tt.method, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			tt.register(api, "/x/[id]", echoID)
			s := newServer(t, api)
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"} {
				r := s.do(method, "/x/7", "")
				if method != tt.method && method != tt.also {
					if r.status != http.StatusMethodNotAllowed {
						t.Errorf("%s: %d, want 405", method, r.status)
					}
					continue
				}
				want := `{"id":7}`
				if method == "HEAD" {
					want = ""
				}
				r.want(t, 200, want)
				if r.header.Get("Content-Length") != "8" || r.header.Get("Content-Type") != "application/json; charset=utf-8" {
					t.Errorf("%s: header %v", method, r.header)
				}
			}
			if got := api.Routes(); len(got) != 1 || got[0].Method != tt.method || got[0].Path != "/x/[id]" || !strings.Contains(got[0].Source, "endpoint_test.go:") {
				t.Errorf("Routes() = %v", got)
			}
		})
	}
}

type (
	emptyOut      struct{}
	namedInts     []int
	marshaledInts []int
)

func (m marshaledInts) MarshalJSON() ([]byte, error) { return []byte(`"own"`), nil }

// The response depends on the type that the function returns, and on Status.
func TestEndpointOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		register func(*apiroute.Router, ...apiroute.Option)
		options  []apiroute.Option
		status   int
		body     string
	}{
		{"struct", postReturning(idOut{3}), nil, 200, `{"id":3}`},
		{"pointer", postReturning(&idOut{3}), nil, 200, `{"id":3}`},
		{"nil pointer", postReturning((*idOut)(nil)), nil, 200, `null`},
		{"string", postReturning("<a>"), nil, 200, `"\u003ca\u003e"`},
		{"nil slice", postReturning([]int(nil)), nil, 200, `[]`},
		{"nil slice of a named type", postReturning(namedInts(nil)), nil, 200, `[]`},
		{"nil slice that encodes itself", postReturning(marshaledInts(nil)), nil, 200, `"own"`},
		{"slice", postReturning([]int{1}), nil, 200, `[1]`},
		{"nil map", postReturning(map[string]int(nil)), nil, 200, `{}`},
		{"nil interface", postReturning[any](nil), nil, 200, `null`},
		{"nil slice within", postReturning(struct{ L []int }{}), nil, 200, `{"L":` + nilList(t) + `}`},
		{"struct{}", postReturning(struct{}{}), nil, 204, ``},
		{"struct{} with a status", postReturning(struct{}{}), []apiroute.Option{apiroute.Status(202)}, 202, ``},
		{"named empty struct", postReturning(emptyOut{}), nil, 200, `{}`},
		{"a status", postReturning(idOut{3}), []apiroute.Option{apiroute.Status(201)}, 201, `{"id":3}`},
		{"the last status", postReturning(idOut{3}), []apiroute.Option{apiroute.Status(201), apiroute.Status(203)}, 203, `{"id":3}`},
		{"struct{} with a 205", postReturning(struct{}{}), []apiroute.Option{apiroute.Status(205)}, 205, ``},
		{"a header with a 205", postReturning(struct {
			A string `header:"A"`
		}{"a"}), []apiroute.Option{apiroute.Status(205)}, 205, ``},
		{"a 204 that may be", postReturning(struct {
			Status int   `status:"200,204"`
			Body   idOut `body:"json"`
		}{Status: 204}), nil, 204, ``},
		{"cannot be encoded", postReturning(math.NaN()), nil, 500, `{"title":"Internal Server Error","status":500}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			tt.register(api, tt.options...)
			a := serveRecorder(api, message{}.request(t))
			if a.status != tt.status || a.body != tt.body {
				t.Errorf("%s: %d %s, want %d %s", tt.name, a.status, a.body, tt.status, tt.body)
			}
		})
	}
}

func postReturning[Out any](v Out) func(*apiroute.Router, ...apiroute.Option) {
	return func(r *apiroute.Router, opts ...apiroute.Option) {
		apiroute.Post(r, "/x", func(context.Context, struct{}) (Out, error) { return v, nil }, opts...)
	}
}

// An error takes the place of Out, and Status does not change its status.
func TestEndpointErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		target string
		err    error
		called bool
		status int
		body   string
	}{
		{"nil", "/x/7", nil, true, 201, `{"id":7}`},
		{"an *Error", "/x/7", apiroute.Errorf(404, "no post %d", 7), true, 404, `{"title":"Not Found","status":404,"detail":"no post 7"}`},
		{"a wrapped *Error", "/x/7", fmt.Errorf("store: %w", apiroute.Errorf(409, "taken")), true, 409, `{"title":"Conflict","status":409,"detail":"taken"}`},
		{"another error", "/x/7", errors.New("dsn=secret"), true, 500, `{"title":"Internal Server Error","status":500}`},
		{"an input that cannot be bound", "/x/y", nil, false, 400, `{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"path","name":"id","code":"type","detail":"must be an integer"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			called := false
			api := apiroute.New(quiet())
			apiroute.Post(api, "/x/[id]", func(_ context.Context, in pathID) (idOut, error) {
				called = true
				return idOut(in), tt.err
			}, apiroute.Status(201))
			a := serveRecorder(api, message{target: tt.target}.request(t))
			if a.status != tt.status || a.body != tt.body || called != tt.called {
				t.Errorf("%s, error %v: %d %s, called %v, want %d %s, called %v", tt.target, tt.err, a.status, a.body, called, tt.status, tt.body, tt.called)
			}
		})
	}
}

// The context is that of the request, with the values that middleware has put there.
func TestEndpointContext(t *testing.T) {
	t.Parallel()
	type key string
	use := func(k key) apiroute.Option {
		return apiroute.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), k, string(k))))
			})
		})
	}
	around := func(k key) apiroute.Option {
		return apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				req.Request = req.WithContext(context.WithValue(req.Context(), k, string(k)))
				return next(req, res)
			}
		})
	}
	api := apiroute.New(use("a"), around("b"))
	g := api.Group("/g", use("c"), around("d"))
	apiroute.Get(g, "/x", func(ctx context.Context, _ struct{}) (string, error) {
		var all []string
		for _, k := range []key{"a", "b", "c", "d", "e", "f"} {
			s, _ := ctx.Value(k).(string)
			all = append(all, s)
		}
		return strings.Join(all, " "), nil
	}, use("e"), around("f"))
	a := serveRecorder(api, message{method: "GET", target: "/g/x"}.request(t))
	if want := `"a b c d e f"`; a.body != want {
		t.Errorf("got %d %s, want %s", a.status, a.body, want)
	}
}

// Path tags are checked against the whole path, with the prefix of the group.
func TestEndpointGroup(t *testing.T) {
	t.Parallel()
	type In struct {
		Org  string   `path:"org"`
		ID   int      `path:"id"`
		Rest []string `path:"rest"`
	}
	api := apiroute.New()
	g := api.Group("/orgs/[org]").Group("/users")
	apiroute.Get(g, "/[id]/[[...rest]]", func(_ context.Context, in In) (In, error) { return in, nil })
	apiroute.Get(api.Group("/one/[id]"), "", func(_ context.Context, in pathID) (int, error) { return in.ID, nil })
	for target, want := range map[string]string{
		"/orgs/a%2Fb/users/7":         `{"Org":"a/b","ID":7,"Rest":` + nilList(t) + `}`,
		"/orgs/a/users/7/b%2Fc/%252F": `{"Org":"a","ID":7,"Rest":["b/c","%2F"]}`,
		"/one/8":                      `8`,
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			serveRecorder(api, newRequest("GET", target, "")).want(t, 200, want)
		})
	}
}

type allWrongIn struct {
	A    int
	B    chan int `query:"b"`
	C    int      `path:"c"`
	D    []int    `path:"id"`
	E    string   `path:"rest"`
	F    int      `query:"f" default:"x"`
	Body struct {
		G func()
	} `body:"json"`
}

// An endpoint that could never respond cannot be registered.
func TestEndpointPanics(t *testing.T) {
	type body struct {
		Body struct{} `body:"json"`
	}
	type form struct {
		ID   int `path:"id"`
		Body struct {
			A int `form:"a"`
		} `body:"form"`
	}
	type list struct {
		Slug []string `path:"slug"`
	}
	type text struct {
		Slug string `path:"slug"`
	}
	type noTag struct{ F int }
	api := apiroute.New()
	tests := []struct {
		name     string
		register func()
		want     []string
	}{
		{"no struct", func() { apiroute.Get(api, "/x", zeroFunc[int]) }, []string{`"/x"`, "int is not a struct"}},
		{"a pointer", func() { apiroute.Post(api, "/x", zeroFunc[*noTag]) }, []string{`"/x"`, "is not a struct"}},
		{"no tag", func() { apiroute.Put(api, "/x", zeroFunc[noTag]) }, []string{`"/x"`, "noTag", "field F", "no tag"}},
		{"no segment", func() { apiroute.Get(api, "/x", zeroFunc[pathID]) }, []string{`"/x"`, "pathID", "field ID", "[id]"}},
		{"a static segment of the name", func() { apiroute.Get(api, "/x/id", zeroFunc[pathID]) }, []string{`"/x/id"`, "field ID", "[id]"}},
		{"another letter case", func() { apiroute.Get(api, "/x/[ID]", zeroFunc[pathID]) }, []string{`"/x/[ID]"`, "field ID", "[id]"}},
		{"a group's segment is no other's", func() { apiroute.Get(api.Group("/[org]"), "/x", zeroFunc[pathID]) }, []string{`"/[org]/x"`, "field ID"}},
		{"a slice for one segment", func() { apiroute.Get(api, "/x/[slug]", zeroFunc[list]) }, []string{`"/x/[slug]"`, "field Slug", "catch-all", "[slug]"}},
		{"one for a catch-all", func() { apiroute.Patch(api, "/x/[...slug]", zeroFunc[text]) }, []string{`"/x/[...slug]"`, "field Slug", "catch-all", "[...slug]"}},
		{"one for an optional catch-all", func() { apiroute.Put(api, "/x/[[...slug]]", zeroFunc[text]) }, []string{"field Slug", "[[...slug]]"}},
		{"a body with GET", func() { apiroute.Get(api, "/x", zeroFunc[body]) }, []string{`"/x"`, "body", "GET has no body"}},
		{"a form with GET", func() { apiroute.Get(api, "/x/[id]", zeroFunc[form]) }, []string{`"/x/[id]"`, "form", "GET has no body"}},
		{"nil", func() { apiroute.Get[pathID, int](api, "/x/[id]", nil) }, []string{`"/x/[id]"`, "nil"}},
		{"a bad path", func() { apiroute.Get(api, "x", zeroFunc[struct{}]) }, []string{`"x"`, "slash"}},
		{"a bad path in a group", func() { apiroute.Get(api.Group("/g"), "x", zeroFunc[struct{}]) }, []string{`path "x" in group "/g": `, "slash"}},
		{"no path", func() { apiroute.Get(api, "", zeroFunc[struct{}]) }, []string{`""`, "slash"}},
		{"half a segment", func() { apiroute.Get(api, "/a[id]", zeroFunc[struct{}]) }, []string{`"/a[id]"`}},
		{"twice", func() {
			apiroute.Get(api, "/twice", zeroFunc[struct{}])
			apiroute.Get(api, "/twice", zeroFunc[struct{}])
		}, []string{`"/twice"`, "GET already has a handler"}},
		{"all at once", func() { apiroute.Get(api, "/x/[id]/[...rest]", zeroFunc[allWrongIn]) },
			[]string{"allWrongIn", "field A", "field B", "chan int", "field C", "[c]", "field D", "[id]", "field E", "[...rest]", "field F", `"x"`,
				"field Body.G", "func()", "GET has no body"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustPanic(t, tt.register)
			for _, want := range append(tt.want, "apiroute: ", "endpoint_test.go:") {
				if !strings.Contains(got, want) {
					t.Errorf("panic %q, want %q in it", got, want)
				}
			}
			if !strings.HasPrefix(got, "apiroute: ") || strings.Count(got, "apiroute: ") != 1 {
				t.Errorf("panic %q, want the name of the package once, at the beginning", got)
			}
		})
	}
	if got := api.Routes(); len(got) != 1 {
		t.Errorf("an endpoint that was refused is registered: %v", got)
	}
}

// All faults of the type and of its place are in the panic, each on a line of its own.
func TestEndpointPanicLines(t *testing.T) {
	t.Parallel()
	text := mustPanic(t, func() { apiroute.Get(apiroute.New(), "/x/[id]/[...rest]", zeroFunc[allWrongIn]) })
	lines := strings.Split(text, "\n")
	if len(lines) < 8 || slices.Contains(lines, "") {
		t.Errorf("%d lines, want one for each of 8 faults:\n%s", len(lines), text)
	}
}

// An Out that encoding/json can never encode is refused, and one that it can is not.
func TestEndpointOutTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		register func(*apiroute.Router)
		want     string // "" if it is accepted
	}{
		{"a function", getsOut[func()], "type func(): func() has no JSON form"},
		{"a reader", getsOut[io.Reader], "type io.Reader: a reader is no JSON: return a struct with a field io.Reader"},
		{"a type that reads", getsOut[*strings.Reader], "type *strings.Reader: a reader is no JSON"},
		{"a channel", getsOut[<-chan int], "<-chan int has no JSON form"},
		{"a complex number", getsOut[complex128], "complex128 has no JSON form"},
		{"an unsafe pointer", getsOut[unsafe.Pointer], "unsafe.Pointer has no JSON form"},
		{"a pointer to a function", getsOut[*func()], "func() has no JSON form"},
		{"channels", getsOut[[]chan int], "chan int has no JSON form"},
		{"an array of functions", getsOut[[2]func()], "func() has no JSON form"},
		{"a map of channels", getsOut[map[string]chan int], "chan int has no JSON form"},
		{"a field", getsOut[struct{ F func() }], `field F: func() has no JSON form; to leave the field out, write json:"-"`},
		{"a field that may be left out", getsOut[struct {
			F func() `json:",omitempty"`
		}], "field F: func() has no JSON form"},
		{"a field further in", getsOut[struct {
			A *struct {
				B []map[string]struct{ C complex64 }
			}
		}], "field A.B.C: complex64 has no JSON form"},
		{"an embedded field", getsOut[struct{ funcPart }], "field funcPart.F: func() has no JSON form"},
		{"a field of a recursive type", getsOut[recursiveFunc], "field F: func() has no JSON form"},
		{"misspelled keywords", getsOut[[]struct {
			A string `json:"a" minlength:"1"`
			//lint:ignore SA5008 the tag is what must be refused
			B int `json:"b" maximum:"1" maximum:"2" Default:"x" readOnly:"true" max:"9"`
		}], "field A: minlength:\"1\" has no meaning here: write minLength:\"1\"\nfield B: its tag has maximum twice, and only the first counts"},
		{"two fields", getsOut[struct {
			A func()
			B chan int
		}], "field A: func() has no JSON form; to leave the field out, write json:\"-\"\nfield B: chan int"},
		{"a response", getsOut[*http.Response], "field Request.Cancel: <-chan struct {} has no JSON form"},
		{"a map by bool", getsOut[map[bool]int], "map[bool]int: bool cannot be the name of a JSON member"},
		{"a map by struct", getsOut[struct{ M map[idOut]int }], "field M: map[apiroute_test.idOut]int: apiroute_test.idOut cannot be the name"},
		{"no exported field", getsOut[struct{ a, b int }], "has no exported field, so its JSON would be {}"},
		{"a list of no exported field", getsOut[[]*struct{ a int }], "has no exported field"},
		{"only fields that are left out", getsOut[struct {
			A int `json:"-"`
		}], "has no exported field"},

		{"struct{}", getsOut[struct{}], ""},
		{"an interface", getsOut[any], ""},
		{"a field that is an interface", getsOut[struct{ E error }], ""},
		{"a field that is left out", getsOut[struct {
			A int
			F func() `json:"-"`
			f func()
		}], ""},
		{"a recursive type", getsOut[recursiveBody], ""},
		{"a type of its own pointer", getsOut[pointerToItself], ""},
		{"a map by int", getsOut[map[int8]uintptr], ""},
		{"a map by a text", getsOut[map[netip.Addr]int], ""},
		{"a map by a string with MarshalText of a pointer", getsOut[map[stringByPointer]int], ""},
		{"a function with MarshalJSON", getsOut[struct{ F marshaledFunc }], ""},
		{"a channel with MarshalText", getsOut[textChan], ""},
		{"a struct with MarshalJSON of a pointer", getsOut[struct{ V *marshaledFields }], ""},
		{"a time", getsOut[[]time.Time], ""},
		{"a map by channel with a codec", func(api *apiroute.Router) {
			apiroute.Get(api, "/x", outFunc[map[bool]func()], apiroute.JSONCodec(func(any) ([]byte, error) { return []byte("1"), nil }, nil))
		}, ""},
		{"a function with a codec of the group", func(api *apiroute.Router) {
			apiroute.Get(api.Group("", apiroute.JSONCodec(func(any) ([]byte, error) { return []byte("1"), nil }, nil)), "/x", outFunc[func()])
		}, ""},
		{"a function with a codec for requests alone", func(api *apiroute.Router) {
			apiroute.Get(api, "/x", outFunc[func()], apiroute.JSONCodec(nil, json.Unmarshal))
		}, "func() has no JSON form"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			if tt.want == "" {
				tt.register(api)
				if got := serveRecorder(api, newRequest("GET", "/x", "")); got.status > 204 {
					t.Errorf("%d %q, want a response", got.status, got.body)
				}
				return
			}
			if got := mustPanic(t, func() { tt.register(api) }); !strings.Contains(got, tt.want) || !strings.Contains(got, `path "/x": type `) {
				t.Errorf("panic %q, want %q in it", got, tt.want)
			}
		})
	}
}

// getsOut registers an endpoint with an Out.
func getsOut[Out any](api *apiroute.Router) { apiroute.Get(api, "/x", outFunc[Out]) }

type (
	funcPart      struct{ F func() }
	recursiveFunc struct {
		Next []*recursiveFunc
		F    func()
	}
	pointerToItself *pointerToItself
	marshaledFunc   func()
	textChan        chan int
	marshaledFields struct{ C chan int }
)

func (marshaledFunc) MarshalJSON() ([]byte, error)    { return []byte("1"), nil }
func (textChan) MarshalText() ([]byte, error)         { return []byte("1"), nil }
func (*marshaledFields) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

// A DELETE may have a body of any kind, and need not send one if it is not required.
func TestEndpointDeleteBody(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		apiroute.Delete(api, "/json/[id]", func(_ context.Context, in struct {
			ID   int   `path:"id"`
			Body idOut `body:"json"`
		}) (int, error) {
			return in.ID + in.Body.ID, nil
		})
		apiroute.Delete(api, "/maybe", func(_ context.Context, in struct {
			Body *idOut `body:"json"`
		}) (bool, error) {
			return in.Body != nil, nil
		})
		apiroute.Delete(api, "/form", func(_ context.Context, in struct {
			Body struct {
				A []int `form:"a"`
			} `body:"form"`
		}) ([]int, error) {
			return in.Body.A, nil
		})
		apiroute.Delete(api, "/bytes", func(_ context.Context, in struct {
			Body string `body:"bytes"`
		}) (string, error) {
			return in.Body, nil
		})
	})
	const sendsForm = "Content-Type: application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, target, body, header string
		status                     int
		want                       string
	}{
		{"JSON", "/json/7", `{"id":3}`, sendsJSON, 200, "10"},
		{"no JSON", "/json/7", "", sendsJSON, 400, ""},
		{"wrong JSON", "/json/7", `{"id":"3"}`, sendsJSON, 400, ""},
		{"JSON of another type", "/json/7", `{"id":3}`, sendsForm, 415, ""},
		{"JSON or nothing", "/maybe", `{"id":3}`, sendsJSON, 200, "true"},
		{"nothing", "/maybe", "", "X: 1", 200, "false"},
		{"a form", "/form", "a=1&a=2", sendsForm, 200, "[1,2]"},
		{"bytes", "/bytes", "x", "X: 1", 200, `"x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := s.do("DELETE", tt.target, tt.body, tt.header)
			if tt.status != 200 {
				got.wantProblem(t, tt.status)
				return
			}
			got.want(t, tt.status, tt.want)
		})
	}
}

func zeroFunc[In any](context.Context, In) (int, error) { return 0, nil }

// POST, PUT and PATCH may have a body of any kind.
func TestEndpointBodyMethods(t *testing.T) {
	t.Parallel()
	api := apiroute.New()
	apiroute.Post(api, "/x", zeroFunc[takesJSON])
	apiroute.Put(api, "/x", zeroFunc[takesForm])
	apiroute.Patch(api, "/x", zeroFunc[takesBytes])
	if got := api.Routes(); len(got) != 3 {
		t.Errorf("Routes() = %v, want 3", got)
	}
}

// Status is for typed endpoints only, and for statuses from 200 to 299 only.
func TestStatusOption(t *testing.T) {
	t.Parallel()
	for _, code := range []int{-1, 0, 100, 199, 300, 304, 404, 500, 1000} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			if got := mustPanic(t, func() { apiroute.Status(code) }); !strings.HasPrefix(got, "apiroute: Status: "+fmt.Sprint(code)) {
				t.Errorf("panic %q", got)
			}
		})
	}
	h := func(*apiroute.Request, *apiroute.Response) error { return nil }
	places := map[string]func(){
		"New":    func() { apiroute.New(apiroute.Status(201)) },
		"Group":  func() { apiroute.New().Group("/g", apiroute.Status(201)) },
		"Get":    func() { apiroute.New().Get("/x", h, apiroute.Status(201)) },
		"Handle": func() { apiroute.New().Handle("/x", h, apiroute.Status(201)) },
		"Mount":  func() { apiroute.New().Mount("/x", http.NotFoundHandler(), apiroute.Status(201)) },
	}
	for name, register := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := mustPanic(t, register); !strings.HasPrefix(got, "apiroute: ") || !strings.Contains(got, "Status is not allowed here") ||
				!strings.Contains(got, "endpoint_test.go:") {
				t.Errorf("panic %q", got)
			}
		})
	}
}

// A Handler can be registered in an existing http.ServeMux. The wildcards of its pattern are then
// the segments of the path.
func TestEndpointInServeMux(t *testing.T) {
	t.Parallel()
	type In struct {
		ID   int      `path:"id"`
		Rest []string `path:"rest"`
		Q    string   `query:"q"`
		Body *idOut   `body:"json"`
	}
	type text struct {
		Rest string `path:"rest"`
	}
	mux := http.NewServeMux()
	mux.Handle("POST /x/{id}/{rest...}", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[In](req)
		if err != nil {
			return err
		}
		return res.JSON(in)
	}))
	mux.Handle("GET /text/{rest...}", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[text](req)
		if err != nil {
			return err
		}
		return res.JSON(in.Rest)
	}))
	mux.Handle("GET /none/{other}", apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error { return bindError[pathID](req) }))
	s := newServer(t, mux)
	tests := []struct {
		name                 string
		method, target, body string
		status               int
		want                 string
	}{
		{"all sources", "POST", "/x/7/a/b?q=1", `{"id":8}`, 200, `{"ID":7,"Rest":["a","b"],"Q":"1","Body":{"id":8}}`},
		{"an empty rest and no body", "POST", "/x/7/", ``, 200, `{"ID":7,"Rest":` + nilList(t) + `,"Q":"","Body":null}`},
		{"wrong fields", "POST", "/x/a/b", `{"id":"8"}`, 400, `{"title":"Bad Request","status":400,"detail":"2 fields are wrong","errors":[` +
			`{"in":"path","name":"id","code":"type","detail":"must be an integer"},{"in":"body","name":"id","code":"type","detail":"must be an integer"}]}`},
		{"no UTF-8", "POST", "/x/7/%ff", ``, 400, `{"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"path","name":"rest","code":"format","detail":"must be UTF-8"}]}`},
		{"a rest as one string", "GET", "/text/a/b", ``, 200, `"a/b"`},
		{"no such wildcard", "GET", "/none/1", ``, 500, `{"title":"Internal Server Error","status":500}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s.do(tt.method, tt.target, tt.body, sendsJSON).want(t, tt.status, tt.want)
		})
	}
}

type mixedIn struct {
	ID   int `path:"id"`
	Page int `query:"page"`
	Body struct {
		ID   int    `json:"id"`
		Page int    `json:"page"`
		Text string `json:"text"`
	} `body:"json"`
}

// Each source fills its own fields, even if fields of several sources share a name.
func TestEndpointMix(t *testing.T) {
	t.Parallel()
	var got mixedIn
	api := apiroute.New(quiet())
	apiroute.Post(api, "/mix/[id]", func(_ context.Context, in mixedIn) (struct{}, error) { got = in; return struct{}{}, nil })
	a := serveRecorder(api, message{target: "/mix/7?id=9&page=2&text=q", header: []string{sendsJSON, "Cookie: id=1; page=1", "Id: 1", "Page: 1"},
		body: `{"id":8,"text":"b","Page2":8}`}.request(t))
	var want mixedIn
	want.ID, want.Page, want.Body.ID, want.Body.Text = 7, 2, 8, "b"
	if diff := cmp.Diff(want, got); a.status != 204 || diff != "" {
		t.Errorf("%d %s (-want +got)\n%s", a.status, a.body, diff)
	}
}

// A rewindBody is a body that can be sent again and again.
type rewindBody struct{ strings.Reader }

func (*rewindBody) Close() error { return nil }

// A blankWriter takes a response and allocates nothing for it.
type blankWriter struct{ h http.Header }

func (w blankWriter) Header() http.Header         { return w.h }
func (w blankWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w blankWriter) WriteHeader(int)             {}

// A request allocates no more than encoding/json does for its body.
func TestEndpointAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	const text = `{"id":8,"page":9,"text":"a text"}`
	api := apiroute.New()
	apiroute.Post(api, "/mix/[id]", func(_ context.Context, in mixedIn) (struct{}, error) { return struct{}{}, nil })
	hr := message{target: "/mix/7?page=2", header: []string{sendsJSON}, body: text}.request(t)
	body := &rewindBody{}
	w := blankWriter{http.Header{}}
	got := testing.AllocsPerRun(500, func() {
		body.Reset(text)
		hr.Body = body
		api.ServeHTTP(w, hr)
	})
	var v mixedIn
	data := []byte(text)
	json := testing.AllocsPerRun(500, func() {
		if err := json.Unmarshal(data, &v.Body); err != nil {
			t.Error(err)
		}
	})
	if got > json {
		t.Errorf("path, query and JSON body: %v allocations, want at most the %v of encoding/json", got, json)
	}
	t.Logf("path, query and JSON body: %v allocations, of which encoding/json %v", got, json)
}

// A body that fails has the same response in an endpoint as in a handler.
func TestEndpointBodyErrors(t *testing.T) {
	t.Parallel()
	type In struct {
		Body idOut `body:"json"`
	}
	for _, tt := range []struct {
		name   string
		length int64
		body   io.Reader
		status int
		want   string
	}{
		{"in order", -1, strings.NewReader(`{"id":1}`), 200, `{"id":1}`},
		{"exactly at the limit", -1, strings.NewReader(`{"id":1}` + strings.Repeat(" ", 92)), 200, `{"id":1}`},
		{"too long", -1, strings.NewReader(`{"id":1}` + strings.Repeat(" ", 93)), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 100 bytes"}`},
		{"longer than its Content-Length, as if inflated by middleware", 8, strings.NewReader(`{"id":1}` + strings.Repeat(" ", 93)), 413,
			`{"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 100 bytes"}`},
		{"broken off", -1, io.MultiReader(strings.NewReader(`{"id"`), iotest.ErrReader(io.ErrUnexpectedEOF)), 400,
			`{"title":"Bad Request","status":400,"detail":"the body is incomplete or malformed"}`},
		{"too slow", -1, iotest.ErrReader(os.ErrDeadlineExceeded), 408, `{"title":"Request Timeout","status":408}`},
		{"empty", -1, strings.NewReader(""), 400,
			`{"title":"Bad Request","status":400,"detail":"the body is required","errors":[{"in":"body","code":"required","detail":"is required"}]}`},
		{"closed", -1, iotest.ErrReader(http.ErrBodyReadAfterClose), 500, `{"title":"Internal Server Error","status":500}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet(), apiroute.BodyLimit(100))
			apiroute.Post(api, "/x", func(_ context.Context, in In) (idOut, error) { return in.Body, nil })
			r := message{header: []string{sendsJSON}}.request(t)
			r.ContentLength, r.Body = tt.length, io.NopCloser(tt.body)
			serveRecorder(api, r).want(t, tt.status, tt.want)
		})
	}
}

// The JSON of a pointer to one of these types may differ from that of a value.
type (
	MarshalsByPointer struct{ A int }
	MarshalsByValue   struct{ A int }
	textByPointer     struct{ a int }
	intsByPointer     []int
	stringByPointer   string
	ZeroByPointer     struct{ A int }
)

func (*MarshalsByPointer) MarshalJSON() ([]byte, error) { return []byte(`"by pointer"`), nil }
func (MarshalsByValue) MarshalJSON() ([]byte, error)    { return []byte(`"by value"`), nil }
func (*textByPointer) MarshalText() ([]byte, error)     { return []byte("text"), nil }
func (*intsByPointer) MarshalJSON() ([]byte, error)     { return []byte(`"outs"`), nil }
func (*stringByPointer) MarshalText() ([]byte, error)   { return []byte("named"), nil }
func (*ZeroByPointer) IsZero() bool                     { return true }

// An endpoint encodes its result as json.Marshal does, whatever methods its type has.
func TestEndpointOutAlike(t *testing.T) {
	t.Parallel()
	text, at := textByPointer{1}, time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	var i any = text
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"a struct", sameAsMarshal(idOut{1})},
		{"MarshalJSON of a pointer", sameAsMarshal(MarshalsByPointer{1})},
		{"MarshalJSON of a value", sameAsMarshal(MarshalsByValue{1})},
		{"MarshalText of a pointer", sameAsMarshal(text)},
		{"a pointer with MarshalJSON", sameAsMarshal(&MarshalsByPointer{1})},
		{"a pointer with MarshalJSON of the value", sameAsMarshal(&MarshalsByValue{1})},
		{"a pointer with MarshalText", sameAsMarshal(&text)},
		{"a slice with MarshalJSON of a pointer", sameAsMarshal(intsByPointer{1})},
		{"a string with MarshalText of a pointer", sameAsMarshal(stringByPointer("a"))},
		{"IsZero of a pointer", sameAsMarshal(ZeroByPointer{1})},
		{"in a slice", sameAsMarshal([]MarshalsByPointer{{1}})},
		{"in an array", sameAsMarshal([1]MarshalsByPointer{{1}})},
		{"in a map", sameAsMarshal(map[string]MarshalsByPointer{"a": {1}})},
		{"embedded, MarshalJSON of a pointer", sameAsMarshal(struct{ MarshalsByPointer }{})},
		{"embedded, MarshalJSON of a value", sameAsMarshal(struct{ MarshalsByValue }{})},
		{"an embedded pointer", sameAsMarshal(struct{ *MarshalsByPointer }{&MarshalsByPointer{}})},
		{"a field, MarshalJSON of a pointer", sameAsMarshal(struct{ V MarshalsByPointer }{})},
		{"a field, MarshalJSON of a value", sameAsMarshal(struct{ V MarshalsByValue }{})},
		{"a field that is a pointer", sameAsMarshal(struct{ V *MarshalsByPointer }{&MarshalsByPointer{}})},
		{"two fields deep", sameAsMarshal(struct{ V struct{ V MarshalsByPointer } }{})},
		{"a field that is an array", sameAsMarshal(struct{ V [2]MarshalsByPointer }{})},
		{"a field that is a slice", sameAsMarshal(struct{ V []MarshalsByPointer }{[]MarshalsByPointer{{1}}})},
		{"a field that is a map", sameAsMarshal(struct{ V map[string]MarshalsByPointer }{map[string]MarshalsByPointer{"a": {1}}})},
		{"a field, MarshalText of a pointer", sameAsMarshal(struct{ V textByPointer }{text})},
		{"a field, a slice with MarshalJSON of a pointer", sameAsMarshal(struct{ V intsByPointer }{})},
		{"a field, a string with MarshalText of a pointer", sameAsMarshal(struct{ V stringByPointer }{})},
		{"a field, omitzero", sameAsMarshal(struct {
			V ZeroByPointer `json:",omitzero"`
		}{ZeroByPointer{1}})},
		{"an interface with a value", sameAsMarshal(struct{ V any }{text})},
		{"an interface with a pointer", sameAsMarshal(struct{ V any }{&text})},
		{"a pointer to an interface", sameAsMarshal(struct{ V *any }{&i})},
		{"a time", sameAsMarshal(struct{ V time.Time }{at})},
		{"a json.RawMessage", sameAsMarshal(struct{ V json.RawMessage }{json.RawMessage("1")})},
		{"a json.Number", sameAsMarshal(struct{ V json.Number }{"1"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

// sameAsMarshal returns a test that an endpoint responds with what json.Marshal makes of v, several
// times because the memory is used again.
func sameAsMarshal[Out any](v Out) func(*testing.T) {
	return func(t *testing.T) {
		want, err := apiroute.EncodeText(v)
		if err != nil {
			t.Fatal(err)
		}
		api := apiroute.New(quiet())
		out := v
		apiroute.Get(api, "/x", func(context.Context, struct{}) (Out, error) { return out, nil })
		for range 3 {
			if a := serveRecorder(api, message{method: "GET"}.request(t)); a.status != 200 || a.body != string(want) {
				t.Errorf("%T: %d %s, want %s", v, a.status, a.body, want)
			}
		}
	}
}
