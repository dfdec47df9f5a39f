package apiroute_test

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"example.com/apiroute"
)

// The second response is an error, and the first one is sent unchanged.
func ExampleResponse_twice() {
	api := apiroute.New(apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		res.Text("first") // the word return is missing
		err := res.Text("second")
		fmt.Println(errors.Is(err, apiroute.ErrAnswered))
		return err
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/user", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// true
	// 200 first
}

func ExampleResponse_JSON() {
	type post struct {
		ID   int      `json:"id"`
		Tags []string `json:"tags"`
	}
	api := apiroute.New()
	api.Get("/api/posts", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON([]post{{ID: 7, Tags: []string{"go", "web"}}})
	})
	api.Get("/api/drafts", func(req *apiroute.Request, res *apiroute.Response) error {
		var none []post
		return res.JSON(none)
	})
	for _, path := range []string{"/api/posts", "/api/drafts"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	// Output:
	// 200 application/json; charset=utf-8 [{"id":7,"tags":["go","web"]}]
	// 200 application/json; charset=utf-8 []
}

func ExampleResponse_Text() {
	api := apiroute.New()
	api.Get("/api/health", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("ok")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/health", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Body)
	// Output:
	// 200 text/plain; charset=utf-8 ok
}

// HTML escapes nothing, so what comes from elsewhere must be escaped before.
func ExampleResponse_HTML() {
	api := apiroute.New()
	api.Get("/hello/[name]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.HTML("<p>Hello, " + html.EscapeString(req.Param("name")) + "</p>")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/hello/%3Cb%3E", nil))
	fmt.Println(w.Header().Get("Content-Type"), w.Body)
	// Output:
	// text/html; charset=utf-8 <p>Hello, &lt;b&gt;</p>
}

func ExampleResponse_Bytes() {
	logo := []byte("<svg/>")
	api := apiroute.New()
	api.Get("/api/logo", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Bytes("image/svg+xml", logo)
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/logo", nil))
	fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Body)
	// Output:
	// 200 image/svg+xml <svg/>
}

// With a 307 the client repeats the request with its method. With a 303 it makes a GET.
func ExampleResponse_Redirect() {
	api := apiroute.New()
	api.Handle("/api/old", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Redirect("/api/new")
	})
	api.Post("/api/posts", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Status(303).Redirect("/posts/7")
	})
	for _, path := range []string{"/api/old", "/api/posts"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("POST", path, nil))
		fmt.Println(w.Code, w.Header().Get("Location"))
	}
	// Output:
	// 307 /api/new
	// 303 /posts/7
}

func ExampleResponse_End() {
	api := apiroute.New()
	api.Delete("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.End()
	})
	api.Post("/api/jobs", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Status(202).SetHeader("Location", "/api/jobs/1").End()
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("DELETE", "/api/posts/7", nil))
	fmt.Println(w.Code)
	w = httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("POST", "/api/jobs", nil))
	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output:
	// 204
	// 202 /api/jobs/1
}

func ExampleResponse_Status() {
	api := apiroute.New()
	api.Post("/api/posts", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Status(http.StatusCreated).JSON(map[string]int{"id": 7})
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("POST", "/api/posts", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 201 {"id":7}
}

func ExampleResponse_SetHeader() {
	api := apiroute.New()
	api.Get("/api/report", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.
			SetHeader("Content-Type", "text/csv; charset=utf-8").
			SetHeader("Content-Disposition", `attachment; filename="report.csv"`).
			Text("id,title\n7,Hello\n")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/report", nil))
	fmt.Println(w.Header().Get("Content-Type"))
	fmt.Println(w.Header().Get("Content-Disposition"))
	// Output:
	// text/csv; charset=utf-8
	// attachment; filename="report.csv"
}

// SetHeader replaces the values of a header field. Header adds another one.
func ExampleResponse_Header() {
	api := apiroute.New()
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		res.Header().Add("Vary", "Accept-Language")
		res.Header().Add("Vary", "Cookie")
		return res.Text("John Doe")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/user", nil))
	fmt.Println(w.Header().Values("Vary"))
	// Output:
	// [Accept-Language Cookie]
}

func ExampleResponse_SetCookie() {
	api := apiroute.New()
	api.Post("/api/login", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.SetCookie(&http.Cookie{
			Name:     "session",
			Value:    "s3ss10n",
			Path:     "/",
			MaxAge:   3600, // seconds
			HttpOnly: true,
			Secure:   true,
			SameSite: http.SameSiteLaxMode,
		}).End()
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("POST", "/api/login", nil))
	fmt.Println(w.Code, w.Header().Get("Set-Cookie"))
	// Output:
	// 204 session=s3ss10n; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax
}

// A Response is an io.Writer, so a template can be executed into it.
func ExampleResponse_Write() {
	page := template.Must(template.New("page").Parse("<p>Hello, {{.}}</p>"))
	api := apiroute.New()
	api.Get("/hello/[name]", func(req *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("Content-Type", "text/html; charset=utf-8")
		return page.Execute(res, req.Param("name"))
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/hello/Ada", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 <p>Hello, Ada</p>
}

// Stream sends what a reader returns, without holding all of it in memory.
func ExampleResponse_Stream() {
	api := apiroute.New()
	api.Get("/api/report", func(req *apiroute.Request, res *apiroute.Response) error {
		report := strings.NewReader("id,title\n7,Hello\n") // in a program: a file, for example
		return res.Stream("text/csv; charset=utf-8", report)
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/report", nil))
	fmt.Print(w.Body)
	// Output:
	// id,title
	// 7,Hello
}

// The loop ends when the sequence yields an error, which JSONLines returns, or the client is gone.
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
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/squares", nil))
	fmt.Print(w.Body)
	// Output:
	// 1
	// 4
	// 9
}

// A client that reconnects names the last event that it has received, and gets those after it.
func ExampleResponse_Events() {
	words := []string{"one", "two", "three"}
	api := apiroute.New()
	api.Get("/api/words", func(req *apiroute.Request, res *apiroute.Response) error {
		events, err := res.Events()
		if err != nil {
			return err
		}
		last, _ := strconv.Atoi(req.Header.Get("Last-Event-ID")) // 0 for a new client
		for i := last; i < len(words); i++ {
			if err := events.Send(apiroute.Event{ID: strconv.Itoa(i + 1), Data: words[i]}); err != nil {
				return err // the client is gone
			}
		}
		return nil
	})
	r := httptest.NewRequest("GET", "/api/words", nil)
	r.Header.Set("Last-Event-ID", "1")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output:
	// id: 2
	// data: two
	//
	// id: 3
	// data: three
}

// A handler sends what it receives from a channel until the client is gone.
func ExampleEventStream_Send() {
	messages := make(chan string, 2)
	messages <- "hello"
	messages <- "goodbye"
	close(messages)

	api := apiroute.New()
	api.Get("/api/chat", func(req *apiroute.Request, res *apiroute.Response) error {
		events, err := res.Events()
		if err != nil {
			return err
		}
		for {
			select {
			case <-req.Context().Done():
				return req.Context().Err()
			case text, ok := <-messages:
				if !ok {
					return nil
				}
				if err := events.Send(apiroute.Event{Data: text}); err != nil {
					return err
				}
			}
		}
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/chat", nil))
	fmt.Print(w.Body)
	// Output:
	// data: hello
	//
	// data: goodbye
}

// Data that is no text is sent as JSON.
func ExampleEvent() {
	type tick struct {
		At time.Time `json:"at"`
	}
	api := apiroute.New()
	api.Get("/api/clock", func(req *apiroute.Request, res *apiroute.Response) error {
		events, err := res.Events()
		if err != nil {
			return err
		}
		return events.Send(apiroute.Event{
			ID:    "1",
			Type:  "tick",
			Retry: 5 * time.Second,
			Data:  tick{time.Unix(1, 0).UTC()},
		})
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/clock", nil))
	fmt.Print(w.Body)
	// Output:
	// event: tick
	// id: 1
	// retry: 5000
	// data: {"at":"1970-01-01T00:00:01Z"}
}
