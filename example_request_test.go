package apiroute_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"example.com/apiroute"
)

// post sends a POST request with a body to a handler and prints the response.
func post(h http.Handler, target, contentType, body string) {
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
}

// A test can make a Request from one of net/http.
func ExampleRequest() {
	page := func(req *apiroute.Request) string {
		if page := req.Query().Get("page"); page != "" {
			return page
		}
		return "1"
	}
	fmt.Println(page(&apiroute.Request{Request: httptest.NewRequest("GET", "/api/posts", nil)}))
	fmt.Println(page(&apiroute.Request{Request: httptest.NewRequest("GET", "/api/posts?page=2", nil)}))
	// Output:
	// 1
	// 2
}

func ExampleRequest_Param() {
	api := apiroute.New()
	api.Get("/api/[user]/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(req.Param("id") + " of " + req.Param("user"))
	})
	api.Get("/api/files/[...path]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text(req.Param("path"))
	})
	for _, path := range []string{"/api/ada/posts/7", "/api/ada/posts/a%2Fb", "/api/files/img/logo.svg"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Body)
	}
	// Output:
	// 7 of ada
	// a/b of ada
	// img/logo.svg
}

func ExampleRequest_Segments() {
	api := apiroute.New()
	show := func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(req.Segments("slug"))
	}
	api.Get("/api/docs/[...slug]", show)
	api.Get("/api/shop/[[...slug]]", show)
	for _, path := range []string{"/api/docs/a%2Fb/c", "/api/shop", "/api/docs"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 ["a/b","c"]
	// 200 []
	// 404 {"title":"Not Found","status":404}
}

func ExampleRequest_Query() {
	api := apiroute.New()
	api.Get("/api/posts", func(req *apiroute.Request, res *apiroute.Response) error {
		q := req.Query()
		return res.JSON(map[string]any{"sort": q.Get("sort"), "tags": q["tag"]})
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/posts?sort=new&tag=go&tag=web", nil))
	fmt.Println(w.Body)
	// Output:
	// {"sort":"new","tags":["go","web"]}
}

// The route has few values, however many paths clients ask for. That makes it a good label for a
// log or a metric.
func ExampleRequest_Route() {
	named := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			fmt.Println(req.URL.Path, "is of", req.Route())
			return next(req, res)
		}
	}
	api := apiroute.New(apiroute.Around(named))
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("post " + req.Param("id"))
	})
	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/posts/7", nil))
	// Output:
	// /api/posts/7 is of /api/posts/[id]
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
	post(api, "/api/users", "application/json", `{"name":"Ada","age":36}`)
	post(api, "/api/users", "application/json", `{"name":"Ada","age":"old"}`)
	post(api, "/api/users", "application/json", `{"name":"Ada"`)
	// Output:
	// 201 {"name":"Ada","age":36}
	// 400 {"title":"Bad Request","status":400,"detail":"1 field is wrong","errors":[{"in":"body","name":"age","code":"type","detail":"must be an integer"}]}
	// 400 {"title":"Bad Request","status":400,"detail":"the body is not valid JSON at offset 13","errors":[{"in":"body","code":"type","detail":"is not valid JSON at offset 13"}]}
}

// A webhook checks the signature over the bytes before it decodes them.
func ExampleRequest_Bytes() {
	key := []byte("s3cret")
	api := apiroute.New()
	api.Post("/api/hook", func(req *apiroute.Request, res *apiroute.Response) error {
		body, err := req.Bytes()
		if err != nil {
			return err
		}
		signature, err := hex.DecodeString(req.Header.Get("X-Signature"))
		mac := hmac.New(sha256.New, key)
		mac.Write(body)
		if err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
			return apiroute.Errorf(403, "the signature is wrong")
		}
		var event struct {
			Name string `json:"name"`
		}
		if err := req.JSON(&event); err != nil {
			return err
		}
		return res.JSON(event.Name)
	})

	body := `{"name":"paid"}`
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(body))
	r := httptest.NewRequest("POST", "/api/hook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)

	post(api, "/api/hook", "application/json", body)
	// Output:
	// 200 "paid"
	// 403 {"title":"Forbidden","status":403,"detail":"the signature is wrong"}
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
	post(api, "/api/posts/7/comments", "application/json", `{"text":"Nice"}`)
	post(api, "/api/posts/x/comments?notify=maybe", "application/json", `{"text":1}`)
	// Output:
	// 201 7 true Nice
	// 400 {"title":"Bad Request","status":400,"detail":"3 fields are wrong","errors":[{"in":"path","name":"id","code":"type","detail":"must be an integer"},{"in":"query","name":"notify","code":"type","detail":"must be true or false"},{"in":"body","name":"text","code":"type","detail":"must be a string"}]}
}

// A field without a value has its default if it has one. A pointer is then nil.
func ExampleBind_query() {
	type search struct {
		Text  string     `query:"q,required" maxLength:"100"`
		Sort  string     `query:"sort" default:"new" enum:"new,top"`
		Size  int        `query:"size" default:"20" minimum:"1" maximum:"100"`
		Tags  []string   `query:"tags,comma" maxItems:"5"`
		Since *time.Time `query:"since"`
	}
	api := apiroute.New()
	api.Get("/api/search", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[search](req)
		if err != nil {
			return err
		}
		return res.Text(fmt.Sprintf("%q %s %d %q %t", in.Text, in.Sort, in.Size, in.Tags, in.Since == nil))
	})
	for _, query := range []string{"q=go&tags=web,api", "q=go&size=5&since=2026-05-01T00:00:00Z", "sort=old&size=0"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", "/api/search?"+query, nil))
		fmt.Println(w.Body)
	}
	// Output:
	// "go" new 20 ["web" "api"] true
	// "go" new 5 [] false
	// {"title":"Bad Request","status":400,"detail":"3 fields are wrong","errors":[{"in":"query","name":"q","code":"required","detail":"is required"},{"in":"query","name":"sort","code":"enum","detail":"must be one of new, top"},{"in":"query","name":"size","code":"minimum","detail":"must be at least 1"}]}
}

func ExampleBind_header() {
	type headers struct {
		Trace   string   `header:"X-Trace"`
		Accept  []string `header:"Accept,comma"`
		Session string   `cookie:"session,required"`
	}
	r := httptest.NewRequest("GET", "/api/me", nil)
	r.Header.Set("Accept", "text/html, application/json")
	r.AddCookie(&http.Cookie{Name: "session", Value: "s3ss10n"})

	in, err := apiroute.Bind[headers](&apiroute.Request{Request: r})
	fmt.Printf("%q %q %q %v\n", in.Trace, in.Accept, in.Session, err)
	// Output:
	// "" ["text/html" "application/json"] "s3ss10n" <nil>
}

// An HTML form is either urlencoded or, if it has files, multipart. Bind takes both.
func ExampleBind_form() {
	type signUp struct {
		Form struct {
			Email string `form:"email,required" format:"email"`
			Age   int    `form:"age" minimum:"18"`
			News  bool   `form:"news"` // a checkbox, for which browsers send on
		} `body:"form"`
	}
	api := apiroute.New()
	api.Post("/api/signup", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[signUp](req)
		if err != nil {
			return err
		}
		return res.Text(fmt.Sprint(in.Form.Email, " ", in.Form.Age, " ", in.Form.News))
	})
	form := url.Values{"email": {"ada@example.com"}, "age": {"36"}, "news": {"on"}}
	post(api, "/api/signup", "application/x-www-form-urlencoded", form.Encode())
	post(api, "/api/signup", "application/x-www-form-urlencoded", "age=9")
	// Output:
	// 200 ada@example.com 36 true
	// 400 {"title":"Bad Request","status":400,"detail":"2 fields are wrong","errors":[{"in":"form","name":"email","code":"required","detail":"is required"},{"in":"form","name":"age","code":"minimum","detail":"must be at least 18"}]}
}

func ExampleBind_file() {
	type upload struct {
		Form struct {
			Title string                `form:"title"`
			Photo *multipart.FileHeader `form:"photo,required"`
		} `body:"form"`
	}
	api := apiroute.New()
	api.Post("/api/photos", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[upload](req)
		if err != nil {
			return err
		}
		photo, err := in.Form.Photo.Open()
		if err != nil {
			return err
		}
		defer photo.Close()
		content, err := io.ReadAll(photo)
		if err != nil {
			return err
		}
		return res.Text(in.Form.Title + ": " + in.Form.Photo.Filename + " is " + string(content))
	})

	var body strings.Builder
	form := multipart.NewWriter(&body)
	form.WriteField("title", "Me")
	file, _ := form.CreateFormFile("photo", "me.png")
	file.Write([]byte("a picture"))
	form.Close()
	post(api, "/api/photos", form.FormDataContentType(), body.String())
	// Output:
	// 200 Me: me.png is a picture
}

type booking struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Validate is called when all fields are filled and no rule is broken. It checks what no tag can
// say.
func (b booking) Validate() error {
	if b.To.Before(b.From) {
		return apiroute.FieldError{Name: "to", Detail: "must not be before from"}
	}
	return nil
}

// The error of a method Validate is a 422. Its field is named by its place in the body.
func ExampleBind_validate() {
	type trip struct {
		Body struct {
			Hotels []booking `json:"hotels"`
		} `body:"json"`
	}
	api := apiroute.New()
	api.Post("/api/trips", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[trip](req)
		if err != nil {
			return err
		}
		return res.Status(201).JSON(len(in.Body.Hotels))
	})
	post(api, "/api/trips", "application/json", `{"hotels":[{"from":"2026-05-01T00:00:00Z","to":"2026-05-03T00:00:00Z"}]}`)
	post(api, "/api/trips", "application/json", `{"hotels":[{"from":"2026-05-01T00:00:00Z","to":"2025-05-03T00:00:00Z"}]}`)
	// Output:
	// 201 1
	// 422 {"title":"Unprocessable Entity","status":422,"detail":"1 field is wrong","errors":[{"in":"body","name":"hotels[0].to","detail":"must not be before from"}]}
}

// A color is one of a few words.
type color string

// UnmarshalText checks the text. The client gets the detail of the FieldError that it returns.
func (c *color) UnmarshalText(text []byte) error {
	switch string(text) {
	case "red", "green":
		*c = color(text)
		return nil
	}
	return apiroute.FieldError{Code: "enum", Detail: "must be red or green"}
}

// A type of its own says what it takes.
func ExampleFieldError() {
	type paint struct {
		Color color `query:"color,required"`
	}
	r := httptest.NewRequest("GET", "/api/paint?color=mauve", nil)
	_, err := apiroute.Bind[paint](&apiroute.Request{Request: r})
	fmt.Println(err)
	// Output:
	// apiroute: 400 Bad Request: 1 field is wrong; query "color" must be red or green
}

// A handler rejects a request because of a field that only the database can judge.
func ExampleFieldError_handler() {
	type newUser struct {
		Body struct {
			Name string `json:"name" minLength:"1"`
		} `body:"json"`
	}
	taken := map[string]bool{"ada": true}
	api := apiroute.New()
	api.Post("/api/users", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[newUser](req)
		if err != nil {
			return err
		}
		if taken[in.Body.Name] {
			return apiroute.FieldError{In: "body", Name: "name", Detail: "is taken"}
		}
		return res.Status(201).End()
	})
	post(api, "/api/users", "application/json", `{"name":"ada"}`)
	// Output:
	// 422 {"title":"Unprocessable Entity","status":422,"detail":"1 field is wrong","errors":[{"in":"body","name":"name","detail":"is taken"}]}
}
