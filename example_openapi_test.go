package apiroute_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"example.com/apiroute"
)

// showPart prints the part of a handler's JSON document that the names of members lead to.
func showPart(h http.Handler, names ...string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
	part := w.Body.Bytes()
	for _, name := range names {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(part, &object); err != nil {
			panic(err)
		}
		part = object[name]
	}
	var text bytes.Buffer
	if err := json.Compact(&text, part); err != nil {
		panic(err)
	}
	fmt.Println(&text)
}

func ExampleRouter_OpenAPI() {
	type post struct {
		ID    int    `json:"id"`
		Title string `json:"title" maxLength:"80"`
	}
	type postID struct {
		ID int `path:"id" minimum:"1"`
	}
	api := apiroute.New()
	apiroute.Get(api, "/api/posts/[id]", func(_ context.Context, in postID) (post, error) {
		return post{in.ID, "Hello"}, nil
	})
	api.Get("/openapi.json", api.OpenAPI("Blog", "1.0.0", `{"servers":[{"url":"https://api.example.com"}]}`))

	showPart(api, "info")
	showPart(api, "servers")
	showPart(api, "paths", "/api/posts/{id}", "get", "parameters")
	showPart(api, "components", "schemas", "post")
	// Output:
	// {"title":"Blog","version":"1.0.0"}
	// [{"url":"https://api.example.com"}]
	// [{"name":"id","in":"path","required":true,"schema":{"type":"integer","format":"int64","minimum":1}}]
	// {"type":"object","properties":{"id":{"type":"integer","format":"int64"},"title":{"type":"string","maxLength":80}},"required":["id","title"]}
}

func ExampleOperation() {
	type post struct {
		Title string `json:"title"`
	}
	api := apiroute.New()
	apiroute.Get(api, "/api/posts/latest", func(context.Context, struct{}) (post, error) {
		return post{"Hello"}, nil
	}, apiroute.Operation("latestPost", `Returns the latest post.

Drafts are left out.

Deprecated: use /api/posts?sort=new.`))
	api.Get("/openapi.json", api.OpenAPI("Blog", "1.0.0"))

	showPart(api, "paths", "/api/posts/latest", "get", "operationId")
	showPart(api, "paths", "/api/posts/latest", "get", "summary")
	showPart(api, "paths", "/api/posts/latest", "get", "description")
	showPart(api, "paths", "/api/posts/latest", "get", "deprecated")
	// Output:
	// "latestPost"
	// "Returns the latest post."
	// "Drafts are left out.\n\nDeprecated: use /api/posts?sort=new."
	// true
}

// A tag of a group is one of all operations in it.
func ExampleTag() {
	api := apiroute.New()
	posts := api.Group("/api/posts", apiroute.Tag("posts", "What the authors have written."))
	apiroute.Get(posts, "", func(context.Context, struct{}) ([]string, error) { return nil, nil })
	api.Get("/openapi.json", api.OpenAPI("Blog", "1.0.0"))

	showPart(api, "tags")
	showPart(api, "paths", "/api/posts", "get", "tags")
	// Output:
	// [{"name":"posts","description":"What the authors have written."}]
	// ["posts"]
}

// The document says that a session is needed. Middleware checks it.
func ExampleSecurity() {
	onlyUsers := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			if _, err := req.Cookie("session"); err != nil {
				return apiroute.Errorf(401, "log in first")
			}
			return next(req, res)
		}
	}
	api := apiroute.New()
	mine := api.Group("/api/me",
		apiroute.Around(onlyUsers),
		apiroute.Security("session", `{"type":"apiKey","in":"cookie","name":"session"}`),
		apiroute.Returns[apiroute.Error](401))
	apiroute.Get(mine, "/posts", func(context.Context, struct{}) ([]string, error) { return nil, nil })
	api.Get("/openapi.json", api.OpenAPI("Blog", "1.0.0"))

	showPart(api, "paths", "/api/me/posts", "get", "security")
	showPart(api, "components", "securitySchemes")
	// Output:
	// [{"session":[]}]
	// {"session":{"type":"apiKey","in":"cookie","name":"session"}}
}

// A Handler that calls Bind says what it takes.
func ExampleTakes() {
	type search struct {
		Text string `query:"q,required" maxLength:"100"`
	}
	api := apiroute.New()
	api.Get("/api/search", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[search](req)
		if err != nil {
			return err
		}
		return res.Text("no post contains " + in.Text)
	}, apiroute.Takes[search]())
	api.Get("/openapi.json", api.OpenAPI("Blog", "1.0.0"))

	showPart(api, "paths", "/api/search", "get", "parameters")
	// Output:
	// [{"name":"q","in":"query","required":true,"schema":{"type":"string","maxLength":100}}]
}

// A Handler says what its responses are.
func ExampleReturns() {
	type message struct {
		Text string `json:"text"`
	}
	api := apiroute.New()
	api.Get("/api/messages", func(req *apiroute.Request, res *apiroute.Response) error {
		events, err := res.Events()
		if err != nil {
			return err
		}
		return events.Send(apiroute.Event{Data: message{"Hello"}})
	}, apiroute.Returns[message](200, "text/event-stream"), apiroute.Returns[apiroute.Error](401))
	api.Get("/openapi.json", api.OpenAPI("Blog", "1.0.0"))

	showPart(api, "paths", "/api/messages", "get", "responses", "200")
	showPart(api, "paths", "/api/messages", "get", "responses", "401")
	// Output:
	// {"description":"OK","content":{"text/event-stream":{"schema":{"$ref":"#/components/schemas/message"}}}}
	// {"description":"Unauthorized","content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}}
}
