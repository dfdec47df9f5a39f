package apiroute_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/apiroute"
)

// sendJSON sends a request with a JSON body to a handler and prints the response.
func sendJSON(h http.Handler, method, target, body string) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
}

type paging struct {
	Page int `query:"page" default:"1" minimum:"1"`
	Size int `query:"size" default:"20" maximum:"100"`
}

type listPosts struct {
	paging
	Tags []string `query:"tag"`
	From int      `query:"from" default:"1970"`
	To   int      `query:"to" default:"2099"`
}

// Validate is called when all fields are filled and no rule is broken. It checks what no tag can
// say.
func (in listPosts) Validate() error {
	if in.To < in.From {
		return apiroute.FieldError{In: "query", Name: "to", Detail: "must not be before from"}
	}
	return nil
}

// A typed endpoint is a plain function.
func list(_ context.Context, in listPosts) ([]string, error) {
	return []string{fmt.Sprintf("page %d of %d posts with %q", in.Page, in.Size, in.Tags)}, nil
}

func ExampleGet() {
	api := apiroute.New()
	apiroute.Get(api, "/api/posts", list)
	for _, query := range []string{"page=2&tag=go&tag=web", "size=1000", "from=2026&to=2025"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", "/api/posts?"+query, nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 ["page 2 of 20 posts with [\"go\" \"web\"]"]
	// 400 {"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"query","name":"size","code":"maximum","detail":"must be at most 100"}]}
	// 422 {"title":"Unprocessable Entity","status":422,"detail":"1 field is wrong","errors":[{"in":"query","name":"to","detail":"must not be before from"}]}
}

// An Out with tags is a whole response: here a picture with a header.
func ExampleGet_reader() {
	type picture struct {
		Cache string    `header:"Cache-Control"`
		Body  io.Reader `body:"bytes" contentMediaType:"image/svg+xml"`
	}
	api := apiroute.New()
	apiroute.Get(api, "/api/logo", func(context.Context, struct{}) (picture, error) {
		return picture{Cache: "max-age=3600", Body: strings.NewReader("<svg/>")}, nil
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/logo", nil))
	fmt.Println(w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"), w.Body)
	// Output:
	// image/svg+xml max-age=3600 <svg/>
}

// An Out with tags is a whole response: here a login that sets a cookie, and a 201 with a Location.
func ExamplePost() {
	type login struct {
		Body struct {
			Name     string `json:"name" minLength:"1"`
			Password string `json:"password" minLength:"1"`
		} `body:"json"`
	}
	type loggedIn struct {
		Session http.Cookie `cookie:"session"`
	}
	type newPost struct {
		Session string `cookie:"session,required"`
		Body    struct {
			Title string `json:"title" minLength:"1" maxLength:"120"`
		} `body:"json"`
	}
	type post struct {
		ID    int    `json:"id"`
		Title string `json:"title"`
	}
	type created struct {
		Status   int    `status:"201"`
		Location string `header:"Location"`
		Body     post   `body:"json"`
	}

	api := apiroute.New()
	apiroute.Post(api, "/api/login", func(_ context.Context, in login) (loggedIn, error) {
		if in.Body.Password != "opensesame" {
			return loggedIn{}, apiroute.Errorf(401, "wrong name or password")
		}
		return loggedIn{http.Cookie{Value: "s3ss10n", Path: "/", HttpOnly: true, Secure: true}}, nil
	})
	apiroute.Post(api, "/api/posts", func(_ context.Context, in newPost) (created, error) {
		return created{Location: "/api/posts/7", Body: post{7, in.Body.Title}}, nil
	})

	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/api/login", strings.NewReader(`{"name":"ada","password":"opensesame"}`))
	r.Header.Set("Content-Type", "application/json")
	api.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Set-Cookie"))

	r = httptest.NewRequest("POST", "/api/posts", strings.NewReader(`{"title":"Hello"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", "session=s3ss10n")
	w = httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"), w.Body)

	sendJSON(api, "POST", "/api/login", `{"name":"ada","password":""}`)
	// Output:
	// 204 session=s3ss10n; Path=/; HttpOnly; Secure
	// 201 /api/posts/7 {"id":7,"title":"Hello"}
	// 400 {"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"body","name":"password","code":"minLength","detail":"must have at least 1 character"}]}
}

// An endpoint creates a post or replaces one. Its status says which of these it has done.
func ExamplePut() {
	type putPost struct {
		ID   int `path:"id"`
		Body struct {
			Title string `json:"title"`
		} `body:"json"`
	}
	type saved struct {
		Status int    `status:"200,201"`
		Title  string `body:"json"`
	}
	posts := map[int]string{}
	api := apiroute.New()
	apiroute.Put(api, "/api/posts/[id]", func(_ context.Context, in putPost) (saved, error) {
		out := saved{Status: 200, Title: in.Body.Title}
		if _, ok := posts[in.ID]; !ok {
			out.Status = 201
		}
		posts[in.ID] = in.Body.Title
		return out, nil
	})
	sendJSON(api, "PUT", "/api/posts/7", `{"title":"Hello"}`)
	sendJSON(api, "PUT", "/api/posts/7", `{"title":"Hello again"}`)
	// Output:
	// 201 "Hello"
	// 200 "Hello again"
}

// A pointer is nil for a member that the body does not have. To tell null apart as well, use
// Optional.
func ExamplePatch() {
	type patchPost struct {
		Body struct {
			Title *string `json:"title" minLength:"1"`
			Draft *bool   `json:"draft"`
		} `body:"json"`
	}
	type post struct {
		Title string `json:"title"`
		Draft bool   `json:"draft"`
	}
	stored := post{"Hello", true}
	api := apiroute.New()
	apiroute.Patch(api, "/api/post", func(_ context.Context, in patchPost) (post, error) {
		if in.Body.Title != nil {
			stored.Title = *in.Body.Title
		}
		if in.Body.Draft != nil {
			stored.Draft = *in.Body.Draft
		}
		return stored, nil
	})
	sendJSON(api, "PATCH", "/api/post", `{"draft":false}`)
	// Output:
	// 200 {"title":"Hello","draft":false}
}

// If Out is struct{}, the response is a 204 without a body.
func ExampleDelete() {
	type postID struct {
		ID int `path:"id"`
	}
	posts := map[int]string{7: "Hello"}
	api := apiroute.New()
	apiroute.Delete(api, "/api/posts/[id]", func(_ context.Context, in postID) (struct{}, error) {
		if _, ok := posts[in.ID]; !ok {
			return struct{}{}, apiroute.Errorf(404, "no post %d", in.ID)
		}
		delete(posts, in.ID)
		return struct{}{}, nil
	})
	for range 2 {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("DELETE", "/api/posts/7", nil))
		fmt.Println(w.Code)
	}
	// Output:
	// 204
	// 404
}

func ExampleStatus() {
	type newPost struct {
		Body struct {
			Title string `json:"title"`
		} `body:"json"`
	}
	api := apiroute.New()
	apiroute.Post(api, "/api/posts", func(_ context.Context, in newPost) (string, error) {
		return in.Body.Title, nil
	}, apiroute.Status(201))
	sendJSON(api, "POST", "/api/posts", `{"title":"Hello"}`)
	// Output:
	// 201 "Hello"
}

// A member is absent, null or a value.
func ExampleOptional() {
	type patch struct {
		Deadline apiroute.Optional[string] `json:"deadline"`
	}
	for _, text := range []string{`{}`, `{"deadline":null}`, `{"deadline":"2026-05-01"}`} {
		var in patch
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			panic(err)
		}
		switch d := in.Deadline; {
		case d.Null:
			fmt.Println("no deadline any more")
		case d.Set:
			fmt.Println("the deadline is", d.Value)
		default:
			fmt.Println("the deadline is as before")
		}
	}
	// Output:
	// the deadline is as before
	// no deadline any more
	// the deadline is 2026-05-01
}

// A PATCH changes what the body mentions. Null removes the deadline, which is a pointer; it leaves
// the title as it is.
func ExampleOptional_ApplyTo() {
	type post struct {
		Title    string  `json:"title"`
		Deadline *string `json:"deadline"`
	}
	type patchPost struct {
		Body struct {
			Title    apiroute.Optional[string]  `json:"title" minLength:"1"`
			Deadline apiroute.Optional[*string] `json:"deadline" format:"date"`
		} `body:"json"`
	}
	may := "2026-05-01"
	stored := post{"Hello", &may}

	api := apiroute.New()
	apiroute.Patch(api, "/api/post", func(_ context.Context, in patchPost) (post, error) {
		in.Body.Title.ApplyTo(&stored.Title)
		in.Body.Deadline.ApplyTo(&stored.Deadline)
		return stored, nil
	})
	sendJSON(api, "PATCH", "/api/post", `{"title":"Hello again"}`)
	sendJSON(api, "PATCH", "/api/post", `{"title":null,"deadline":null}`)
	sendJSON(api, "PATCH", "/api/post", `{"title":"","deadline":"soon"}`)
	// Output:
	// 200 {"title":"Hello again","deadline":"2026-05-01"}
	// 200 {"title":"Hello again","deadline":null}
	// 400 {"title":"Bad Request","status":400,"detail":"2 fields are wrong","errors":[{"in":"body","name":"title","code":"minLength","detail":"must have at least 1 character"},{"in":"body","name":"deadline","code":"format","detail":"must be a date such as 2006-01-02"}]}
}
