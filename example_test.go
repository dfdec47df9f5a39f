package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"strings"
	"time"

	"example.com/apiroute"
)

// get sends a GET request to a handler and prints the status and the body of the response.
func get(h http.Handler, path string) {
	send(h, http.MethodGet, path, "")
}

// send sends a request with a body of JSON to a handler and prints the response as get does.
func send(h http.Handler, method, path, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(strings.TrimSpace(fmt.Sprintln(w.Code, w.Body)))
}

func Example() {
	type User struct {
		Name string `json:"name"`
	}

	api := apiroute.New()
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Status(200).JSON(User{Name: "John Doe"})
	})
	// log.Fatal(http.ListenAndServe("localhost:8080", api))

	get(api, "/api/user")
	get(api, "/api/users")
	// Output:
	// 200 {"name":"John Doe"}
	// 404 {"title":"Not Found","status":404}
}

// One handler serves all methods of a path, as a file in pages/api does.
func ExampleRouter_Handle() {
	api := apiroute.New()
	api.Handle("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		switch req.Method {
		case "GET":
			return res.Text("post " + req.Param("id"))
		case "DELETE":
			return res.Status(204).End()
		}
		return apiroute.Errorf(405, "no %s here", req.Method)
	})
	get(api, "/api/posts/7")
	get(api, "/api/posts/a%2Fb")
	send(api, "DELETE", "/api/posts/7", "")
	// Output:
	// 200 post 7
	// 200 post a/b
	// 204
}

// Each method of a path has a handler of its own. The router rejects the other methods.
func ExampleRouter_Get() {
	api := apiroute.New()
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("get " + req.Param("id"))
	})
	api.Put("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("put " + req.Param("id"))
	})
	get(api, "/api/posts/7")
	send(api, "PUT", "/api/posts/7", "{}")
	send(api, "POST", "/api/posts/7", "{}")
	// Output:
	// 200 get 7
	// 200 put 7
	// 405 {"title":"Method Not Allowed","status":405}
}

func ExampleRequest_Segments() {
	api := apiroute.New()
	show := func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(req.Segments("slug"))
	}
	api.Get("/api/docs/[...slug]", show)
	api.Get("/api/shop/[[...slug]]", show)
	get(api, "/api/docs/a%2Fb/c")
	get(api, "/api/shop")
	get(api, "/api/docs")
	// Output:
	// 200 ["a/b","c"]
	// 200 []
	// 404 {"title":"Not Found","status":404}
}

// Routes lists the paths in the order in which Next.js tries them, whatever the order of
// registration.
func ExampleRouter_Routes() {
	h := func(*apiroute.Request, *apiroute.Response) error { return nil }
	api := apiroute.New()
	api.Get("/api/[...rest]", h)
	api.Get("/api/[type]/latest", h)
	api.Get("/api/posts/[id]", h)
	api.Get("/api/posts/first", h)
	for _, r := range api.Routes() {
		fmt.Println(r.Method, r.Path)
	}
	// Output:
	// GET /api/posts/first
	// GET /api/posts/[id]
	// GET /api/[type]/latest
	// GET /api/[...rest]
}

// A group is a part of an API with a prefix and options of its own.
func ExampleRouter_Group() {
	onlyAdmins := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			if req.Header.Get("Authorization") != "Bearer s3cret" {
				return apiroute.Errorf(401, "log in first")
			}
			return next(req, res)
		}
	}
	api := apiroute.New()
	admin := api.Group("/api/admin", apiroute.Around(onlyAdmins))
	admin.Get("/stats", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(map[string]int{"users": 3})
	})
	get(api, "/api/admin/stats")
	// Output:
	// 401 {"title":"Unauthorized","status":401,"detail":"log in first"}
}

// Standard middleware sees all requests.
func ExampleUse() {
	logged := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			fmt.Println("served", r.Method, r.URL.Path)
		})
	}
	api := apiroute.New(apiroute.Use(logged))
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("John Doe")
	})
	get(api, "/api/user")
	get(api, "/api/nope")
	// Output:
	// served GET /api/user
	// 200 John Doe
	// served GET /api/nope
	// 404 {"title":"Not Found","status":404}
}

// This middleware passes a value on to the handler and sees the handler's error.
func ExampleAround() {
	type userKey struct{}
	withUser := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			ctx := context.WithValue(req.Context(), userKey{}, "ada")
			req.Request = req.WithContext(ctx)
			err := next(req, res)
			fmt.Println("error:", err)
			return err
		}
	}
	api := apiroute.New(apiroute.Around(withUser))
	api.Get("/api/me", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(req.Context().Value(userKey{}).(string))
	})
	get(api, "/api/me")
	// Output:
	// error: <nil>
	// 200 ada
}

func ExampleErrorf() {
	posts := map[string]string{"1": "Hello"}
	api := apiroute.New()
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		post, ok := posts[req.Param("id")]
		if !ok {
			return apiroute.Errorf(404, "no post %q", req.Param("id"))
		}
		return res.JSON(post)
	})
	get(api, "/api/posts/1")
	get(api, "/api/posts/2")
	// Output:
	// 200 "Hello"
	// 404 {"title":"Not Found","status":404,"detail":"no post \"2\""}
}

// The response has a header, and the cause of the error is only logged.
func ExampleError() {
	api := apiroute.New(apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	api.Get("/api/report", func(req *apiroute.Request, res *apiroute.Response) error {
		return &apiroute.Error{
			Status: 503,
			Detail: "the report is being made",
			Header: http.Header{"Retry-After": {"30"}},
			Err:    errors.New("job 17 still runs on db-3"),
		}
	})
	get(api, "/api/report")
	// Output:
	// 503 {"title":"Service Unavailable","status":503,"detail":"the report is being made"}
}

// One function turns the errors of a library into responses.
func ExampleOnError() {
	api := apiroute.New(
		apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))),
		apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
			if errors.Is(err, os.ErrNotExist) {
				return apiroute.Errorf(404, "no such file")
			}
			return err
		}))
	api.Get("/api/file/[name]", func(req *apiroute.Request, res *apiroute.Response) error {
		_, err := os.Open("testdata/no/" + req.Param("name"))
		return err
	})
	get(api, "/api/file/x")
	// Output:
	// 404 {"title":"Not Found","status":404,"detail":"no such file"}
}

// A router and a single handler are part of an existing mux.
func ExampleHandler_ServeHTTP() {
	api := apiroute.New()
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("John Doe")
	})
	hook := func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("hook " + req.Param("id"))
	}

	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	mux.Handle("POST /hooks/{id}", apiroute.Handler(hook))

	get(mux, "/api/user")
	send(mux, "POST", "/hooks/7", "")
	// Output:
	// 200 John Doe
	// 200 hook 7
}

// An existing mux gets the requests that match no route.
func ExampleRouter_Mount() {
	mux := http.NewServeMux()
	mux.HandleFunc("/about", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "about us") })

	api := apiroute.New()
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("John Doe")
	})
	api.Mount("/", mux)
	get(api, "/api/user")
	get(api, "/about")
	// Output:
	// 200 John Doe
	// 200 about us
}

func ExampleRequest_JSON() {
	api := apiroute.New()
	api.Post("/api/users", func(req *apiroute.Request, res *apiroute.Response) error {
		var user struct {
			Name string `json:"name"`
			Age  int    `json:"age"`
		}
		if err := req.JSON(&user); err != nil {
			return err
		}
		return res.Status(201).JSON(user)
	})
	send(api, "POST", "/api/users", `{"name":"Ada","age":36}`)
	send(api, "POST", "/api/users", `{"name":"Ada","age":"old"}`)
	send(api, "POST", "/api/users", `{"name":"Ada"`)
	// Output:
	// 201 {"name":"Ada","age":36}
	// 400 {"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"body","name":"age","detail":"must be an integer"}]}
	// 400 {"title":"Bad Request","status":400,"detail":"the body is not valid JSON at offset 13","errors":[{"in":"body","detail":"is not valid JSON at offset 13"}]}
}

// Bind fills one struct from the whole request and reports all invalid fields together.
func ExampleBind() {
	type newComment struct {
		PostID int  `path:"id"`
		Notify bool `query:"notify" default:"true"`
		Body   struct {
			Text string `json:"text"`
		} `body:"json"`
	}
	api := apiroute.New()
	api.Post("/api/posts/[id]/comments", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[newComment](req)
		if err != nil {
			return err
		}
		return res.Status(201).Text(fmt.Sprintf("%d %t %s", in.PostID, in.Notify, in.Body.Text))
	})
	send(api, "POST", "/api/posts/7/comments", `{"text":"Nice"}`)
	send(api, "POST", "/api/posts/x/comments?notify=maybe", `{"text":1}`)
	// Output:
	// 201 7 true Nice
	// 400 {"title":"Bad Request","status":400,"detail":"3 fields are wrong","errors":[{"in":"path","name":"id","detail":"must be an integer"},{"in":"query","name":"notify","detail":"must be true or false"},{"in":"body","name":"text","detail":"must be a string"}]}
}

type paging struct {
	Page int `query:"page" default:"1"`
	Size int `query:"size" default:"20"`
}

// Validate is called when all fields have been filled.
func (p paging) Validate() error {
	if p.Size > 100 {
		return apiroute.FieldError{In: "query", Name: "size", Detail: "must be at most 100"}
	}
	return nil
}

type listPosts struct {
	paging
	Tags []string `query:"tag"`
}

// A typed endpoint is a plain function.
func list(_ context.Context, in listPosts) ([]string, error) {
	return []string{fmt.Sprintf("page %d of %d posts with %q", in.Page, in.Size, in.Tags)}, nil
}

func ExampleGet() {
	api := apiroute.New()
	apiroute.Get(api, "/api/posts", list)
	get(api, "/api/posts?page=2&tag=go&tag=web")
	get(api, "/api/posts?size=1000")
	// Output:
	// 200 ["page 2 of 20 posts with [\"go\" \"web\"]"]
	// 422 {"title":"Unprocessable Entity","status":422,"detail":"1 field is wrong","errors":[{"in":"query","name":"size","detail":"must be at most 100"}]}
}

// A test of a handler needs no server.
func Example_test() {
	h := apiroute.Handler(func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Status(201).SetHeader("Location", "/api/posts/1").JSON(map[string]int{"id": 1})
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/api/posts", nil))
	fmt.Println(w.Code, w.Header().Get("Location"), w.Body)
	// Output:
	// 201 /api/posts/1 {"id":1}
}

func ExampleResponse_Events() {
	api := apiroute.New()
	api.Get("/api/clock", func(req *apiroute.Request, res *apiroute.Response) error {
		events, err := res.Events()
		if err != nil {
			return err
		}
		for i := 1; i <= 2; i++ {
			err := events.Send(apiroute.Event{ID: fmt.Sprint(i), Type: "tick", Data: time.Unix(int64(i), 0).UTC()})
			if err != nil {
				return err // the client is gone
			}
		}
		return nil
	})
	get(api, "/api/clock")
	// Output:
	// 200 event: tick
	// id: 1
	// data: "1970-01-01T00:00:01Z"
	//
	// event: tick
	// id: 2
	// data: "1970-01-01T00:00:02Z"
}

func ExampleJSONLines() {
	api := apiroute.New()
	api.Get("/api/squares", func(req *apiroute.Request, res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(int, error) bool) {
			for i := 1; i <= 3; i++ {
				if !yield(i*i, nil) {
					return // the client is gone
				}
			}
		})
	})
	get(api, "/api/squares")
	// Output:
	// 200 1
	// 4
	// 9
}

// The client learns neither of the service behind the proxy nor of the key that it needs.
func ExampleProxy() {
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.RequestURI(), " with ", r.Header.Get("X-Key"))
	}))
	defer secret.Close()

	api := apiroute.New()
	api.Handle("/api/legacy/[[...path]]", apiroute.Proxy(secret.URL+"/secret-api", func(pr *httputil.ProxyRequest) {
		pr.Out.Header.Set("X-Key", "k3y")
		pr.Out.Header.Del("Cookie")
	}))
	get(api, "/api/legacy/users/a%2Fb?x=1")
	// Output:
	// 200 /secret-api/users/a%2Fb?x=1 with k3y
}
