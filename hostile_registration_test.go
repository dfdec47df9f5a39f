package apiroute_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"example.com/apiroute"
)

// registers returns a function that registers paths.
func registers(paths ...string) func(*apiroute.Router) {
	return func(api *apiroute.Router) {
		for _, p := range paths {
			api.Get(p, sayOK)
		}
	}
}

// takes returns a function that registers an endpoint whose input is an In.
func takes[In any](path string) func(*apiroute.Router) {
	return func(api *apiroute.Router) {
		apiroute.Post(api, path, func(context.Context, In) (int, error) { return 0, nil })
	}
}

// What cannot work panics at registration, with the path and the place of the call.
func TestHostileRegistration(t *testing.T) {
	t.Parallel()
	var nilFunc http.HandlerFunc
	for _, tt := range []struct {
		name     string
		path     string // the path that is named
		has      string // what else is in the text
		register func(*apiroute.Router)
	}{
		{"nil handler", "/a", "nil", func(r *apiroute.Router) { r.Get("/a", nil) }},
		{"nil endpoint", "/a", "nil", func(r *apiroute.Router) { apiroute.Get[struct{}, int](r, "/a", nil) }},
		{"nil mount", "/a", "nil", func(r *apiroute.Router) { r.Mount("/a", nil) }},
		{"mount of a nil function", "/a", "nil", func(r *apiroute.Router) { r.Mount("/a", nilFunc) }},
		{"empty path", "", "slash", registers("")},
		{"no slash", "a/b", "slash", registers("a/b")},
		{"path twice", "/a", "already", registers("/a", "/a")},
		{"name twice", "/[id]/[id]", "twice", registers("/[id]/[id]")},
		{"two names at one level", "/a/[name]", "/a/[id]", registers("/a/[id]", "/a/[name]")},
		{"empty segment", "/a//b/../c", "empty", registers("/a//b/../c")},
		{"dot segment", "/a/../c", "dot", registers("/a/../c")},
		{"segment without a name", "/[]", "name", registers("/[]")},
		{"open bracket", "/[a", "is not x, [x]", registers("/[a")},
		{"segment that is dynamic in part", "/[a]b", "is not x, [x]", registers("/[a]b")},
		{"optional segment that is no catch-all", "/[[a]]", "", registers("/[[a]]")},
		{"catch-all that is not last", "/[...a]/x", "last", registers("/[...a]/x")},
		{"two catch-alls", "/[[...b]]", "/[...a]", registers("/[...a]", "/[[...b]]")},
		{"field that is a channel", "/a", "chan", takes[struct {
			C chan int `query:"c"`
		}]("/a")},
		{"field that is a function", "/a", "func", takes[struct {
			C func() `header:"c"`
		}]("/a")},
		{"field that is an interface", "/a", "interface", takes[struct {
			C any `query:"c"`
		}]("/a")},
		{"field that is a map", "/a", "map", takes[struct {
			C map[string]string `query:"c"`
		}]("/a")},
		{"channel in JSON", "/a", "chan", takes[struct {
			Body struct{ C []chan int } `body:"json"`
		}]("/a")},
		{"field for a segment that is not in the path", "/a/[x]", "[id]", takes[struct {
			ID int `path:"id"`
		}]("/a/[x]")},
		{"field that is not exported", "/a", "not exported", takes[struct {
			a int `query:"a"`
		}]("/a")},
		{"input that is a pointer", "/a", "not a struct", takes[*struct {
			Page int `query:"page"`
		}]("/a")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New()
			text := mustPanic(t, func() { tt.register(api) })
			for _, want := range []string{strconv.Quote(tt.path), "hostile_registration_test.go:", tt.has} {
				if !strings.Contains(text, want) {
					t.Errorf("panic %q, want %q in it", text, want)
				}
			}
			if n := len(api.Routes()); n > 1 {
				t.Errorf("%d routes are left", n)
			}
		})
	}
}

// Some mistakes have no path.
func TestHostileRegistrationOther(t *testing.T) {
	t.Parallel()
	var nilFunc http.HandlerFunc
	for name, f := range map[string]func(){
		"FromHTTP of nil":            func() { apiroute.FromHTTP(nil) },
		"FromHTTP of a nil function": func() { apiroute.FromHTTP(nilFunc) },
		"CONNECT":                    func() { apiroute.New().Method("CONNECT", "/", sayOK) },
		"method in lower case":       func() { apiroute.New().Method("get", "/", sayOK) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text := mustPanic(t, f); text == "" {
				t.Error("the panic has no text")
			}
		})
	}
}

// The panic for a path that is registered twice names the place of the first call.
func TestHostileRegistrationSite(t *testing.T) {
	t.Parallel()
	api := apiroute.New()
	first := func() string { api.Get("/a", sayOK); return here() }()
	text := mustPanic(t, func() { api.Get("/a", sayOK) })
	if base := first[strings.LastIndex(first, "/")+1:]; !strings.Contains(text, base) {
		t.Errorf("panic %q, want %q in it", text, base)
	}
}

// Which of several overlapping paths gets a request does not depend on the order of registration
// (golang/go#68838).
func TestHostileOverlap(t *testing.T) {
	t.Parallel()
	paths := []string{"/x/[id]/b", "/x/a/[id]", "/x/a/b"}
	for name, order := range map[string][]int{"forwards": {0, 1, 2}, "backwards": {2, 1, 0}, "mixed": {1, 0, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				for _, i := range order {
					api.Get(paths[i], func(req *apiroute.Request, res *apiroute.Response) error {
						return res.Text(req.Route() + " " + req.Param("id"))
					})
				}
			})
			for _, tt := range []struct{ target, want string }{
				{"/x/a/b", "/x/a/b "},
				{"/x/a/c", "/x/a/[id] c"},
				{"/x/c/b", "/x/[id]/b c"},
				{"/x/%61/%62", "/x/a/b "},
				{"/x/a%2Fb/b", "/x/[id]/b a/b"},
			} {
				t.Run(tt.target, func(t *testing.T) { s.raw(getText(tt.target)).want(t, 200, tt.want) })
			}
		})
	}
}
