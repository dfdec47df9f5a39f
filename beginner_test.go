package apiroute_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/apiroute"
)

// This file holds the mistakes of beginners: of people who come from another router, or who write
// their first handler. Each is refused at registration, or is logged, with a message that says what to
// do.

// Types that beginners use as In or Out.
type (
	hiddenPost  struct{ title string }
	channelPost struct {
		Title string
		Done  chan bool
	}
	cookiePost struct {
		Session string `cookie:"sess ion"`
	}
)

// beginnersRegistrations are mistakes that are refused when a route is registered. want is the whole
// message after the place of the call.
var beginnersRegistrations = []struct {
	name     string
	register func(api *apiroute.Router)
	want     string
}{
	// Paths as other routers write them.
	{"gin's colon", func(api *apiroute.Router) { api.Get("/posts/:id", sayOK) },
		`path "/posts/:id": segment ":id" is written [id] here (a literal colon is %3A)`},
	{"gin's asterisk", func(api *apiroute.Router) { api.Get("/files/*path", sayOK) },
		`path "/files/*path": segment "*path" is written [...path] here, and left out in Mount, which gets everything below its path (a literal asterisk is %2A)`},
	{"chi's Mount", func(api *apiroute.Router) { api.Mount("/x/*", http.NotFoundHandler()) },
		`path "/x/*": segment "*" is written [...rest] here, and left out in Mount, which gets everything below its path (a literal asterisk is %2A)`},
	{"ServeMux's braces", func(api *apiroute.Router) { api.Get("/posts/{id}", sayOK) },
		`path "/posts/{id}": braces have no meaning here: a dynamic segment is written [id], and the rest of a path [...rest]`},
	{"ServeMux's method", func(api *apiroute.Router) { api.Handle("GET /posts", sayOK) },
		`path "GET /posts": it must begin with a slash: the method does not belong in it, but is chosen by the function, such as Get, Post or Method`},
	{"ServeMux's slash at the end", func(api *apiroute.Router) { api.Mount("/static/", http.NotFoundHandler()) },
		`path "/static/": it must not end with a slash: leave the last one out`},
	{"Flask's angle brackets", func(api *apiroute.Router) { api.Get("/posts/<int:id>", sayOK) },
		`path "/posts/<int:id>": segment "<int:id>" is written [id] here`},
	{"a file of Next", func(api *apiroute.Router) { api.Get("/api/posts/[id].ts", sayOK) },
		`path "/api/posts/[id].ts": segment "[id].ts" is not x, [x], [...x] or [[...x]]: only a whole segment can be dynamic`},
	{"an optional segment", func(api *apiroute.Router) { api.Get("/posts/[[id]]", sayOK) },
		`path "/posts/[[id]]": segment "[[id]]" is not x, [x], [...x] or [[...x]]: for an optional segment, register the path with [id] and the path without it`},
	{"one character for three periods", func(api *apiroute.Router) { api.Get("/docs/[…slug]", sayOK) },
		`path "/docs/[…slug]": segment "[…slug]" begins with the one character "…": did you mean "..."?`},
	{"spaces in brackets", func(api *apiroute.Router) { api.Get("/posts/[ id ]", sayOK) },
		`path "/posts/[ id ]": segment "[ id ]": a name has no spaces around it: write [id]`},
	{"ServeMux's rest in brackets", func(api *apiroute.Router) { api.Get("/docs/[slug...]", sayOK) },
		`path "/docs/[slug...]": segment "[slug...]" is written [...slug] here`},
	{"an asterisk in brackets", func(api *apiroute.Router) { api.Get("/docs/[*]", sayOK) },
		`path "/docs/[*]": segment "[*]" is written [...rest] here`},
	{"an optional asterisk in brackets", func(api *apiroute.Router) { api.Get("/docs/[[...*slug]]", sayOK) },
		`path "/docs/[[...*slug]]": segment "[[...*slug]]" is written [[...slug]] here`},
	{"a colon in brackets", func(api *apiroute.Router) { api.Get("/posts/[:id]", sayOK) },
		`path "/posts/[:id]": segment "[:id]" is written [id] here`},
	{"a query in the path", func(api *apiroute.Router) { api.Get("/posts?page=1", sayOK) },
		`path "/posts?page=1": a path has no query and no fragment: leave them out, and read the query with Request.Query or Bind`},
	{"a whole URL", func(api *apiroute.Router) { api.Get("http://localhost/posts", sayOK) },
		`path "http://localhost/posts": it must begin with a slash: a route has no scheme and no host`},
	{"no slash in a group", func(api *apiroute.Router) { api.Group("/api").Get("posts", sayOK) },
		`path "posts" in group "/api": it must begin with a slash`},
	{"no slash before a group", func(api *apiroute.Router) { api.Group("api") },
		`group "api": it must begin with a slash`},
	{"a method in lower case", func(api *apiroute.Router) { api.Method("get", "/posts", sayOK) },
		`path "/posts": method "get": want an upper-case token other than CONNECT: write "GET"`},
	{"two methods at once", func(api *apiroute.Router) { api.Method("GET,POST", "/posts", sayOK) },
		`path "/posts": method "GET,POST": want an upper-case token other than CONNECT: register each method by itself, or use Handle for all`},
	{"all methods", func(api *apiroute.Router) { api.Method("*", "/posts", sayOK) },
		`path "/posts": method "*": want an upper-case token other than CONNECT: for all methods, use Handle`},
	{"all methods by a word", func(api *apiroute.Router) { api.Method("ANY", "/posts", sayOK) },
		`path "/posts": method "ANY": want an upper-case token other than CONNECT: for all methods, use Handle`},
	{"no method", func(api *apiroute.Router) { api.Method("", "/posts", sayOK) },
		`path "/posts": method "": want an upper-case token other than CONNECT: for all methods, use Handle`},
	{"the path before the method", func(api *apiroute.Router) { api.Method("/posts", "GET", sayOK) },
		`path "GET": method "/posts": want an upper-case token other than CONNECT, and then the path`},

	// Nil things.
	{"a nil handler", func(api *apiroute.Router) { api.Get("/a", nil) }, `path "/a": the handler is nil`},
	{"a nil mux", func(api *apiroute.Router) { api.Mount("/a", (*http.ServeMux)(nil)) }, `path "/a": the handler is nil`},
	{"a nil router", func(*apiroute.Router) { (*apiroute.Router)(nil).Get("/a", sayOK) },
		`path "/a": the *Router is nil: make one with New`},
	{"a router of no New", func(*apiroute.Router) { new(apiroute.Router).Get("/a", sayOK) },
		`path "/a": the Router is a zero value: make one with New`},
	{"middleware that returns nil", func(api *apiroute.Router) {
		api.Get("/a", sayOK, apiroute.Use(func(http.Handler) http.Handler { return nil }))
	}, `path "/a": middleware returned nil`},

	{"nothing for an endpoint", func(api *apiroute.Router) { apiroute.Get[struct{}, int](api, "/a", nil) }, `path "/a": the handler is nil`},
	{"Around that returns nil", func(api *apiroute.Router) {
		api.Get("/a", sayOK, apiroute.Around(func(apiroute.Handler) apiroute.Handler { return nil }))
	}, `path "/a": middleware returned nil`},

	// Options in wrong places.
	{"Done for a group", func(api *apiroute.Router) {
		api.Group("/a", apiroute.Done(func(*apiroute.Request, apiroute.Outcome) {}))
	}, `group "/a": Done is not allowed here, only for New`},
	{"Status for a Handler", func(api *apiroute.Router) { api.Get("/a", sayOK, apiroute.Status(201)) },
		`path "/a": Status is not allowed here, only for a typed endpoint`},
	{"ETag for a Mount", func(api *apiroute.Router) { api.Mount("/a", http.NotFoundHandler(), apiroute.ETag(true)) },
		`path "/a": ETag is not allowed here, only for New, Group, a Handler, a typed endpoint`},
	{"an Option of nobody", func(api *apiroute.Router) { api.Get("/a", sayOK, apiroute.Option{}) },
		`path "/a": zero Option: options are made by functions such as Use`},

	// The router in itself.
	{"a group in its own router", func(api *apiroute.Router) { api.Mount("/", api.Group("/api")) },
		`path "/": the router would be mounted in itself, and a request would be passed on without end`},

	// Types that cannot work.
	{"echo's tag", takes[struct {
		ID int `param:"id"`
	}]("/[id]"), `path "/[id]": type struct { ID int "param:\"id\"" }: field ID has no tag that names its source: write path:"id" for param:"id"; ` + allSourceTags},
	{"gin's tag for a path", takes[struct {
		ID int `uri:"id"`
	}]("/[id]"), `path "/[id]": type struct { ID int "uri:\"id\"" }: field ID has no tag that names its source: write path:"id" for uri:"id"; ` + allSourceTags},
	{"brackets in a path tag", takes[struct {
		ID int `path:"[id]"`
	}]("/[id]"), `path "/[id]": type struct { ID int "path:\"[id]\"" }: field ID: the tag has the name of a segment without its brackets: write path:"id"` + "\n" +
		`type struct { ID int "path:\"[id]\"" }: field ID: the path has no segment [[id]]; it has [id]`},
	{"periods in a path tag", takes[struct {
		Slug []string `path:"...slug"`
	}]("/[...slug]"), `path "/[...slug]": type struct { Slug []string "path:\"...slug\"" }: field Slug: the tag has the name of a segment without its brackets: write path:"slug"` + "\n" +
		`type struct { Slug []string "path:\"...slug\"" }: field Slug: the path has no segment [...slug]; it has [...slug]`},
	{"a field left out as in JSON", takes[struct {
		X int `query:"-"`
	}]("/"), `path "/": type struct { X int "query:\"-\"" }: field X: query:"-" names the value "-": for a field that the request does not fill, begin its name with a lower-case letter`},
	{"a misspelled tag", takes[struct {
		X int `qurey:"x"`
	}]("/"), `path "/": type struct { X int "qurey:\"x\"" }: field X has no tag that names its source: write query:"x" for qurey:"x"; ` + allSourceTags},
	{"huma's body", takes[struct{ Body struct{} }]("/"),
		`path "/": type struct { Body struct {} }: field Body has no tag that names its source: write body:"json" for a JSON body; ` + allSourceTags},
	{"JSON without a body", takes[struct {
		Title string `json:"title"`
	}]("/"), `path "/": type struct { Title string "json:\"title\"" }: field Title has no tag that names its source: json:"title" belongs in the struct of a field with body:"json"; ` + allSourceTags},
	{"a pointer as In", takes[*cookiePost]("/"),
		`path "/": *apiroute_test.cookiePost is not a struct, but a pointer to one: write apiroute_test.cookiePost`},
	{"the request as In", takes[*http.Request]("/"),
		`path "/": *http.Request is not a struct that can be filled: for the request itself, register a Handler`},
	{"an impossible cookie", takes[cookiePost]("/"),
		`path "/": type apiroute_test.cookiePost: field Session: a cookie cannot have the name "sess ion"`},
	{"a segment by another name", takes[pathID]("/[ID]"),
		`path "/[ID]": type apiroute_test.pathID: field ID: the path has no segment [id]; it has [ID]`},
	{"a body for GET", func(api *apiroute.Router) {
		apiroute.Get(api, "/", zeroFunc[struct {
			Body idOut `body:"json"`
		}])
	}, `path "/": type struct { Body apiroute_test.idOut "body:\"json\"" }: GET has no body: take the values from the query, or use Post`},
	{"a channel in the Out", func(api *apiroute.Router) { apiroute.Get(api, "/", outFunc[[]channelPost]) },
		`path "/": type []apiroute_test.channelPost: field Done: chan bool has no JSON form; to leave the field out, write json:"-"`},
	{"an error as Out", func(api *apiroute.Router) { apiroute.Get(api, "/", outFunc[error]) },
		`path "/": type error: an error is the second result: for an endpoint that returns nothing else, write struct{} as Out`},
	{"an *Error as Out", func(api *apiroute.Router) { apiroute.Get(api, "/", outFunc[*apiroute.Error]) },
		`path "/": type *apiroute.Error: an error is the second result: for an endpoint that returns nothing else, write struct{} as Out`},
	{"an Error as Out", func(api *apiroute.Router) { apiroute.Get(api, "/", outFunc[apiroute.Error]) },
		`path "/": type apiroute.Error: an error is the second result: for an endpoint that returns nothing else, write struct{} as Out`},
	{"a 204 with a JSON body", func(api *apiroute.Router) { apiroute.Get(api, "/", outFunc[idOut], apiroute.Status(204)) },
		`path "/": type apiroute_test.idOut has a body, and a response with the status 204 has none: choose another status, or remove the body, as with struct{} for Out`},
	{"a 205 with a JSON body that a codec encodes", func(api *apiroute.Router) {
		apiroute.Get(api, "/", outFunc[any], apiroute.Status(205), apiroute.JSONCodec(json.Marshal, nil))
	}, `path "/": type interface {} has a body, and a response with the status 205 has none: choose another status, or remove the body, as with struct{} for Out`},
	{"an Out without exported fields", func(api *apiroute.Router) { apiroute.Get(api, "/", outFunc[hiddenPost]) },
		`path "/": type apiroute_test.hiddenPost: apiroute_test.hiddenPost has no exported field, so its JSON would be {}`},
}

const allSourceTags = `the sources are path:"…", query:"…", header:"…", cookie:"…" and body:"json", body:"form" or body:"bytes"`

// outFunc is an endpoint with an Out.
func outFunc[Out any](context.Context, struct{}) (out Out, err error) { return out, nil }

func TestBeginnersRegistration(t *testing.T) {
	t.Parallel()
	for _, tt := range beginnersRegistrations {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			text := mustPanic(t, func() { tt.register(api) })
			_, got, _ := strings.Cut(strings.TrimPrefix(text, "apiroute: "), ".go:")
			if _, got, _ = strings.Cut(got, ": "); got != tt.want || !strings.Contains(text, "_test.go:") {
				t.Errorf("panic %q\nwant the place and\n%q", text, tt.want)
			}
			if len(api.Routes()) != 0 {
				t.Errorf("Routes() = %v, want none", api.Routes())
			}
		})
	}
}

// Options that could never have an effect are refused where they are made.
func TestBeginnersOption(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		f    func()
		want string
	}{
		{"a Timeout without a unit", func() { apiroute.Timeout(5) },
			"apiroute: Timeout: 5ns is less than a millisecond: a unit is missing, as in Timeout(5*time.Second)"},
		{"Status of an error", func() { apiroute.Status(404) }, "apiroute: Status: 404 is not from 200 to 299"},
		{"no middleware", func() { apiroute.Use(nil) }, "apiroute: Use: nil middleware"},
		{"no limit", func() { apiroute.BodyLimit(0) }, "apiroute: BodyLimit: want 1 byte or more; use NoBodyLimit for no limit"},
		{"Proxy of a host", func() { apiroute.Proxy("localhost:3000") },
			`apiroute: Proxy: "localhost:3000" is not an absolute http or https URL, such as http://localhost:3000`},
		{"Proxy of a destination of Next", func() { apiroute.Proxy("http://localhost:3000/v1/:path*") },
			`apiroute: Proxy: "http://localhost:3000/v1/:path*": the segments of the route's catch-all are added to the target: leave out ":path*"`},
		{"Proxy of a pattern", func() { apiroute.Proxy("http://localhost:3000/[...path]") },
			`apiroute: Proxy: "http://localhost:3000/[...path]": the segments of the route's catch-all are added to the target: leave out "[...path]"`},
		{"Proxy of an asterisk", func() { apiroute.Proxy("http://localhost:3000/*") },
			`apiroute: Proxy: "http://localhost:3000/*": the segments of the route's catch-all are added to the target: leave out "*"`},
		{"a nil router that serves", func() { (*apiroute.Router)(nil).ServeHTTP(nil, nil) }, "apiroute: ServeHTTP: the *Router is nil: make one with New"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustPanic(t, tt.f); got != tt.want {
				t.Errorf("panic %q, want %q", got, tt.want)
			}
		})
	}
}

// A mistake that only a request shows is in the log, and the response is as good as it can be.
func TestBeginnersHandler(t *testing.T) {
	t.Parallel()
	type post struct{ Title string }
	for _, tt := range []struct {
		name   string
		h      apiroute.Handler
		status int
		want   string // in the line of the log
	}{
		{"a return forgotten after a response", func(_ *apiroute.Request, res *apiroute.Response) error {
			res.Status(400).Text("no")
			return res.JSON("yes")
		}, 400, "the response is already complete: return after the first one"},
		{"a response twice, the error ignored", func(_ *apiroute.Request, res *apiroute.Response) error {
			res.Text("a")
			res.Text("b")
			return nil
		}, 200, "the response is already complete: return after the first one"},
		{"Status after the body", func(_ *apiroute.Request, res *apiroute.Response) error {
			err := res.Text("a")
			res.Status(404)
			return err
		}, 200, "the response is already complete"},
		{"SetHeader after the body", func(_ *apiroute.Request, res *apiroute.Response) error {
			err := res.Text("a")
			res.SetHeader("X", "1")
			return err
		}, 200, "the response is already complete"},
		{"a status that is none", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(99).JSON(1) },
			500, "apiroute: status 99 is not from 200 to 599"},
		{"a redirect that is none", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(200).Redirect("/") },
			500, "apiroute: Redirect: status 200 is no redirect: want 301, 302, 303, 307 or 308"},
		{"JSON of a channel", func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(make(chan int)) },
			500, "apiroute: JSON: json: unsupported type: chan int"},
		{"JSON of a channel, the error ignored", func(_ *apiroute.Request, res *apiroute.Response) error { res.JSON(make(chan int)); return nil },
			500, "apiroute: JSON: json: unsupported type: chan int"},
		{"JSON of an error", func(_ *apiroute.Request, res *apiroute.Response) error {
			return res.Status(404).JSON(errors.New("no post"))
		}, 404, "apiroute: JSON: *errors.errorString has no exported field, so its JSON is {}: to respond with an error, return it, or send its text"},
		{"JSON without exported fields", func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(&hiddenPost{"a"}) },
			200, "apiroute: JSON: *apiroute_test.hiddenPost has no exported field, so its JSON is {}"},
		{"JSON into a value", func(req *apiroute.Request, _ *apiroute.Response) error { var p post; return req.JSON(p) },
			500, "apiroute: JSON: json: Unmarshal(non-pointer apiroute_test.post): write a pointer to a variable, as in req.JSON(&v)"},
		{"JSON into nil", func(req *apiroute.Request, _ *apiroute.Response) error { return req.JSON(nil) },
			500, "apiroute: JSON: json: Unmarshal(nil): write a pointer to a variable, as in req.JSON(&v)"},
		{"a stream of no reader", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Stream("text/csv", nil) },
			500, "apiroute: Stream: the reader is nil"},
		{"lines of no sequence", func(_ *apiroute.Request, res *apiroute.Response) error { return apiroute.JSONLines[int](res, nil) },
			500, "apiroute: JSONLines: the sequence is nil"},
		{"an event of no stream", func(_ *apiroute.Request, res *apiroute.Response) error {
			var events *apiroute.EventStream // of Events, whose error was ignored
			return events.Send(apiroute.Event{Data: "a"})
		}, 500, "apiroute: Send: the *EventStream is nil: return the error of Events instead of going on"},
		{"a bad name of a cookie", func(_ *apiroute.Request, res *apiroute.Response) error {
			return res.SetCookie(&http.Cookie{Name: "a b", Value: "1"}).JSON(1)
		}, 200, `apiroute: SetCookie: a cookie cannot have the name "a b", so it is not sent`},
		{"a nil cookie", func(_ *apiroute.Request, res *apiroute.Response) error { return res.SetCookie(nil).JSON(1) },
			200, "apiroute: SetCookie: the cookie is nil, so it is not sent"},
		{"a bad name of a header", func(_ *apiroute.Request, res *apiroute.Response) error { return res.SetHeader("X Y", "1").JSON(1) },
			200, `apiroute: SetHeader: a header cannot have the name "X Y", so it is not sent`},
		{"a bad name of a header and no response", func(_ *apiroute.Request, res *apiroute.Response) error { res.SetHeader("X:", "1"); return nil },
			204, `apiroute: SetHeader: a header cannot have the name "X:", so it is not sent`},
		{"a bad name of a header, and a channel", func(_ *apiroute.Request, res *apiroute.Response) error {
			res.SetHeader("X Y", "1").JSON(make(chan int))
			return nil
		}, 500, "apiroute: JSON: json: unsupported type: chan int"},
		{"an error after a bad name of a header", func(_ *apiroute.Request, res *apiroute.Response) error {
			res.SetHeader("X Y", "1")
			return apiroute.Errorf(404, "no post")
		}, 404, "no post"},
		{"Bind of no struct", func(req *apiroute.Request, _ *apiroute.Response) error { _, err := apiroute.Bind[int](req); return err },
			500, "apiroute: Bind: int is not a struct: write one whose fields have tags"},
		{"Bind of a pointer", func(req *apiroute.Request, _ *apiroute.Response) error {
			_, err := apiroute.Bind[*post](req)
			return err
		},
			500, "is not a struct, but a pointer to one: write apiroute_test.post"},
		{"Bind of a segment by another name", func(req *apiroute.Request, _ *apiroute.Response) error {
			_, err := apiroute.Bind[struct {
				Slug string `path:"slug"`
			}](req)
			return err
		}, 500, "field Slug: the path has no segment [slug]; it has [id]"},
		{"a body read by hand before Bind", func(req *apiroute.Request, _ *apiroute.Response) error {
			req.Body.Read(make([]byte, 1))
			return req.JSON(new(post))
		}, 500, "the body has been read already, and not by Bytes, JSON or Bind"},
		{"an error of no status", func(*apiroute.Request, *apiroute.Response) error { return &apiroute.Error{Detail: "x"} }, 500, "x"},
		{"a nil *Error", func(*apiroute.Request, *apiroute.Response) error { var err *apiroute.Error; return err }, 500, "apiroute: nil *Error"},
		{"a panic", func(*apiroute.Request, *apiroute.Response) error { panic("no such post") }, 500, "panic: no such post"},
		{"the router in its own route", nil, 500, "the router is mounted in itself: its handler passes this request back to it without end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				h := tt.h
				if h == nil {
					h = apiroute.FromHTTP(api)
				}
				api.Post("/posts/[id]", h)
			})
			got := s.do("POST", "/posts/7", "{}", sendsJSON)
			if got.status != tt.status || got.err != nil {
				t.Errorf("%d %q, error %v; want %d", got.status, got.body, got.err, tt.status)
			}
			lines := s.logs()
			if len(lines) != 1 || !strings.Contains(logValue(lines[0], "error"), tt.want) {
				t.Errorf("log %q, want one line with %q", lines, tt.want)
			}
		})
	}
}

// A segment that the path does not have is logged once for each route, and not where a route has it.
func TestBeginnersParam(t *testing.T) {
	t.Parallel()
	says := func(ask func(*apiroute.Request) string) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error { return res.Text(ask(req)) }
	}
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/param/[id]", says(func(req *apiroute.Request) string { return req.Param("ID") + req.Param("Id") }))
		api.Get("/pathvalue/[id]", says(func(req *apiroute.Request) string { return req.PathValue("ID") }))
		api.Get("/segments/[id]", says(func(req *apiroute.Request) string { return fmt.Sprint(req.Segments("id")) }))
		api.Get("/right/[id]/[[...rest]]", says(func(req *apiroute.Request) string {
			return req.Param("id") + req.Param("rest") + fmt.Sprint(req.Segments("rest"))
		}))
		api.Get("/set/[id]", says(func(req *apiroute.Request) string {
			req.SetPathValue("own", "1")
			return req.Param("own")
		}))
	})
	for _, tt := range []struct{ target, body, call string }{
		{"/param/7", "", `Param("ID")`},
		{"/param/7", "", ""}, // the second time
		{"/pathvalue/7", "", `Param("ID")`},
		{"/segments/7", "[]", `Segments("id")`},
		{"/right/7", "7[]", ""},
		{"/right/7/a/b", "7a/b[a b]", ""},
		{"/set/7", "1", ""},
	} {
		t.Run(tt.target, func(t *testing.T) {
			s.do("GET", tt.target, "").want(t, 200, tt.body)
			lines := s.logs()
			if tt.call == "" && lines == nil {
				return
			}
			if len(lines) != 1 || logValue(lines[0], "call") != tt.call || logValue(lines[0], "msg") != "apiroute: the path has no such segment" ||
				logValue(lines[0], "level") != "WARN" || !strings.HasPrefix(logValue(lines[0], "route"), tt.target[:4]) {
				t.Errorf("GET %s: log %q, want one line for %s", tt.target, lines, tt.call)
			}
		})
	}
}

// A Handler that is nil, in a mux that cannot see it.
func TestBeginnersNilHandler(t *testing.T) {
	t.Parallel()
	var h apiroute.Handler
	r := serveRecorder(apiroute.Handler(func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("ok") }), newRequest("GET", "/", ""))
	r.want(t, 200, "ok")
	serveRecorder(h, newRequest("GET", "/", "")).want(t, 500, problem(500))
}

// What JSON shows as {} on purpose is not logged, nor is it another response.
func TestBeginnersEmptyObject(t *testing.T) {
	t.Parallel()
	type optional struct {
		Title string `json:"title,omitempty"`
	}
	type around struct{ optional }
	for name, v := range map[string]any{
		"a map": map[string]int{}, "a nil map": map[string]int(nil), "no fields": struct{}{}, "fields that are left out": optional{},
		"a pointer": &optional{}, "an embedded struct": around{}, "its own JSON": ownObject{}, "as it is": json.RawMessage("{}"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/", func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(v) })
			})
			s.do("GET", "/", "").want(t, 200, "{}")
			if lines := s.logs(); lines != nil {
				t.Errorf("log %q, want none", lines)
			}
		})
	}
}

// An ownObject has its own JSON, and no exported field.
type ownObject struct{ _ string }

func (ownObject) MarshalJSON() ([]byte, error) { return []byte("{}"), nil }

// The log says what to do about a nil pointer that was returned as an error.
func TestBeginnersNilPointer(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/", func(*apiroute.Request, *apiroute.Response) error {
			var err *apiroute.FieldError
			return err
		})
	})
	s.do("GET", "/", "").want(t, 500, problem(500))
	const want = "an error that is a nil *apiroute.FieldError is not nil: return nil itself"
	if lines := s.logs(); len(lines) != 1 || logValue(lines[0], "mistake") != want {
		t.Errorf("log %q, want one line with %q", lines, want)
	}
}

// A target may have what looks like a pattern only at first sight.
func TestBeginnersTarget(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"http://[::1]:3000", "http://localhost/a:b", "http://localhost/%2A/%7Bid%7D", "http://localhost/$metadata"} {
		if apiroute.Proxy(target) == nil {
			t.Errorf("Proxy(%q) = nil", target)
		}
	}
}
