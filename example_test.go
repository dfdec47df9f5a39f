package apiroute_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"

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

// The options of New apply to all routes. A route can have another value.
func ExampleNew() {
	length := func(req *apiroute.Request, res *apiroute.Response) error {
		body, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.JSON(len(body))
	}
	api := apiroute.New(apiroute.BodyLimit(4))
	api.Post("/api/note", length)
	api.Post("/api/file", length, apiroute.BodyLimit(1<<20))
	send(api, "POST", "/api/note", "Hello")
	send(api, "POST", "/api/file", "Hello")
	// Output:
	// 413 {"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 4 bytes"}
	// 200 5
}

// A Router is the handler of a server.
func ExampleRouter_ServeHTTP() {
	api := apiroute.New()
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON("John Doe")
	})
	server := httptest.NewServer(api) // in a program: http.ListenAndServe("localhost:8080", api)
	defer server.Close()

	resp, err := http.Get(server.URL + "/api/user")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.Status, string(body), err)
	// Output:
	// 200 OK "John Doe" <nil>
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

func ExampleRouter_Post() {
	var titles []string
	api := apiroute.New()
	api.Post("/api/posts", func(req *apiroute.Request, res *apiroute.Response) error {
		var post struct {
			Title string `json:"title"`
		}
		if err := req.JSON(&post); err != nil {
			return err
		}
		titles = append(titles, post.Title)
		return res.Status(201).JSON(titles)
	})
	send(api, "POST", "/api/posts", `{"title":"Hello"}`)
	// Output:
	// 201 ["Hello"]
}

func ExampleRouter_Put() {
	posts := map[string]string{}
	api := apiroute.New()
	api.Put("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		var title string
		if err := req.JSON(&title); err != nil {
			return err
		}
		posts[req.Param("id")] = title
		return res.JSON(posts)
	})
	send(api, "PUT", "/api/posts/7", `"Hello"`)
	// Output:
	// 200 {"7":"Hello"}
}

// The JSON body changes the fields that it names and leaves the others as they are.
func ExampleRouter_Patch() {
	type post struct {
		Title  string `json:"title"`
		Author string `json:"author"`
	}
	stored := post{"Helo", "ada"}
	api := apiroute.New()
	api.Patch("/api/post", func(req *apiroute.Request, res *apiroute.Response) error {
		patched := stored
		if err := req.JSON(&patched); err != nil {
			return err // patched may be filled in part, and stored is as it was
		}
		stored = patched
		return res.JSON(stored)
	})
	send(api, "PATCH", "/api/post", `{"title":"Hello"}`)
	// Output:
	// 200 {"title":"Hello","author":"ada"}
}

func ExampleRouter_Delete() {
	posts := map[string]string{"7": "Hello"}
	api := apiroute.New()
	api.Delete("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		if _, ok := posts[req.Param("id")]; !ok {
			return apiroute.Errorf(404, "no post %s", req.Param("id"))
		}
		delete(posts, req.Param("id"))
		return nil // which is a 204
	})
	send(api, "DELETE", "/api/posts/7", "")
	send(api, "DELETE", "/api/posts/7", "")
	// Output:
	// 204
	// 404 {"title":"Not Found","status":404,"detail":"no post 7"}
}

// Method registers a handler for a method that has no function of its own.
func ExampleRouter_Method() {
	api := apiroute.New()
	api.Method("QUERY", "/api/posts", func(req *apiroute.Request, res *apiroute.Response) error {
		body, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text("posts with " + string(body))
	})
	send(api, "QUERY", "/api/posts", "tag=go")
	// Output:
	// 200 posts with tag=go
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

// A Route without a Method is for all methods.
func ExampleRoute() {
	h := func(*apiroute.Request, *apiroute.Response) error { return nil }
	api := apiroute.New()
	api.Handle("/api/user", h)
	posts := api.Group("/api/posts")
	posts.Get("", h)
	posts.Delete("/[id]", h)
	for _, r := range api.Routes() {
		fmt.Printf("%q %s\n", r.Method, r.Path)
	}
	// Output:
	// "GET" /api/posts
	// "DELETE" /api/posts/[id]
	// "" /api/user
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

// A plain handler of net/http serves a route.
func ExampleFromHTTP() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s!", r.PathValue("name"))
	})
	api := apiroute.New()
	api.Get("/api/hello/[name]", apiroute.FromHTTP(hello))
	get(api, "/api/hello/Ada")
	// Output:
	// 200 Hello, Ada!
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
