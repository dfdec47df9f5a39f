package apiroute_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"example.com/apiroute"
)

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
	for _, path := range []string{"/api/posts/1", "/api/posts/2"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Body)
	}
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
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/report", nil))
	fmt.Println(w.Code, w.Header().Get("Retry-After"), w.Body)
	// Output:
	// 503 30 {"title":"Service Unavailable","status":503,"detail":"the report is being made"}
}

// Members of its own let a client act on a problem without parsing its detail.
func ExampleError_extensions() {
	api := apiroute.New()
	api.Post("/api/orders", func(req *apiroute.Request, res *apiroute.Response) error {
		return &apiroute.Error{
			Status:     403,
			Type:       "https://example.com/problems/out-of-credit",
			Title:      "Out of credit",
			Extensions: map[string]any{"balance": 30, "cost": 50},
		}
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("POST", "/api/orders", nil))
	fmt.Println(w.Header().Get("Content-Type"), w.Body)
	// Output:
	// application/problem+json {"type":"https://example.com/problems/out-of-credit","title":"Out of credit","status":403,"balance":30,"cost":50}
}

// Standard middleware rejects a request in the form that all other errors have.
func ExampleError_ServeHTTP() {
	onlyUsers := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				unauthorized := &apiroute.Error{Status: 401, Header: http.Header{"WWW-Authenticate": {"Bearer"}}}
				unauthorized.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	api := apiroute.New(apiroute.Use(onlyUsers))
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON("John Doe")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/user", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"), w.Body)
	// Output:
	// 401 Bearer {"title":"Unauthorized","status":401}
}

// The response to a batch has a problem in the place of each result that is missing.
func ExampleError_MarshalJSON() {
	posts := map[int]string{1: "Hello"}
	var results []any
	for _, id := range []int{1, 2} {
		if post, ok := posts[id]; ok {
			results = append(results, post)
		} else {
			results = append(results, &apiroute.Error{Status: 404, Detail: fmt.Sprintf("no post %d", id)})
		}
	}
	text, err := json.Marshal(results)
	fmt.Println(string(text), err)
	// Output:
	// ["Hello",{"title":"Not Found","status":404,"detail":"no post 2"}] <nil>
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
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/file/x", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 404 {"title":"Not Found","status":404,"detail":"no such file"}
}

// An OnError that renders errors in a form of its own asks what the response would have been.
func ExampleRequest_Problem() {
	api := apiroute.New(
		apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))),
		apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
			problem := req.Problem(err)
			return res.Status(problem.Status).JSON(map[string]string{"error": problem.Detail})
		}))
	api.Post("/api/notes", func(req *apiroute.Request, res *apiroute.Response) error {
		_, err := req.Bytes()
		return err
	}, apiroute.BodyLimit(5))
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("POST", "/api/notes", strings.NewReader("too long")))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 413 {"error":"the body is longer than 5 bytes"}
}

// The client gets no more than a status. The log has the error.
func ExampleLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey { // it differs from run to run
				return slog.Attr{}
			}
			return a
		},
	}))
	api := apiroute.New(apiroute.Logger(logger))
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return errors.New("db-3 is down")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/posts/7", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// level=ERROR msg="apiroute: request failed" method=GET route=/api/posts/[id] path=/api/posts/7 status=500 error="db-3 is down"
	// 500 {"title":"Internal Server Error","status":500}
}
