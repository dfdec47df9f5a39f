package apiroute_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"time"

	"example.com/apiroute"
)

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
	for _, path := range []string{"/api/user", "/api/nope"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Body)
	}
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
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/me", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// error: <nil>
	// 200 ada
}

func ExampleBodyLimit() {
	api := apiroute.New()
	api.Post("/api/notes", func(req *apiroute.Request, res *apiroute.Response) error {
		note, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(string(note))
	}, apiroute.BodyLimit(5)) // bytes
	for _, note := range []string{"short", "too long"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("POST", "/api/notes", strings.NewReader(note)))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 short
	// 413 {"title":"Request Entity Too Large","status":413,"detail":"the body is longer than 5 bytes"}
}

// A handler that does not keep the body in memory may take one of any length.
func ExampleNoBodyLimit() {
	api := apiroute.New()
	api.Put("/api/backup", func(req *apiroute.Request, res *apiroute.Response) error {
		n, err := io.Copy(io.Discard, req.Body)
		if err != nil {
			return err
		}
		return res.JSON(n)
	}, apiroute.NoBodyLimit())
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("PUT", "/api/backup", bytes.NewReader(make([]byte, 2<<20))))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 2097152
}

// A handler passes the context of the request on to whatever takes time.
func ExampleTimeout() {
	query := func(ctx context.Context) error { // a query of a slow database
		<-ctx.Done()
		return ctx.Err()
	}
	api := apiroute.New(
		apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))),
		apiroute.Timeout(10*time.Millisecond))
	api.Get("/api/report", func(req *apiroute.Request, res *apiroute.Response) error {
		if err := query(req.Context()); err != nil {
			return err
		}
		return res.Text("the report")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/report", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 503 {"title":"Service Unavailable","status":503}
}

func ExampleRejectUnknown() {
	type newPost struct {
		Draft bool `query:"draft"`
		Body  struct {
			Title string `json:"title"`
		} `body:"json"`
	}
	api := apiroute.New(apiroute.RejectUnknown(true))
	apiroute.Post(api, "/api/posts", func(_ context.Context, in newPost) (string, error) {
		return in.Body.Title, nil
	})
	r := httptest.NewRequest("POST", "/api/posts?drafft=true", strings.NewReader(`{"titel":"Hello"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 400 {"title":"Bad Request","status":400,"detail":"2 fields are wrong","errors":[{"in":"body","name":"titel","code":"additionalProperties","detail":"is not known"},{"in":"query","name":"drafft","code":"additionalProperties","detail":"is not known"}]}
}

// A client that has the body already does not get it again.
func ExampleETag() {
	api := apiroute.New(apiroute.ETag(true))
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("John Doe")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/user", nil))
	fmt.Println(w.Code, w.Body)

	r := httptest.NewRequest("GET", "/api/user", nil)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	w = httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output:
	// 200 John Doe
	// 304
}

// This codec does not escape the characters of HTML. Bodies are decoded by encoding/json, since the
// second function is nil.
func ExampleJSONCodec() {
	marshal := func(v any) ([]byte, error) {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		err := enc.Encode(v)
		return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
	}
	api := apiroute.New(apiroute.JSONCodec(marshal, nil))
	api.Get("/api/title", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON("Q&A")
	})
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/api/title", nil))
	fmt.Println(w.Body)
	// Output:
	// "Q&A"
}

// An access log has one entry for each request, however it ends. A real one has the time and
// the duration as well.
func ExampleDone() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" { // they differ from run to run
				return slog.Attr{}
			}
			return a
		},
	}))
	accessLog := func(req *apiroute.Request, o apiroute.Outcome) {
		attrs := []slog.Attr{
			slog.String("method", req.Method),
			slog.String("path", req.URL.Path),
			slog.String("route", req.Route()),
			slog.Int("status", o.Status),
			slog.Int64("bytes", o.Bytes),
			slog.Duration("duration", o.Duration),
		}
		if o.Cut {
			attrs = append(attrs, slog.Bool("cut", true))
		}
		logger.LogAttrs(req.Context(), slog.LevelInfo, "request", attrs...)
	}
	api := apiroute.New(apiroute.Done(accessLog))
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("post " + req.Param("id"))
	})
	for _, path := range []string{"/api/posts/7", "/api/nope"} {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	// Output:
	// level=INFO msg=request method=GET path=/api/posts/7 route=/api/posts/[id] status=200 bytes=6
	// level=INFO msg=request method=GET path=/api/nope route="" status=404 bytes=34
}

// A counter by route and status has few labels, however many paths clients ask for.
func ExampleDone_counter() {
	type label struct {
		route  string
		status int
	}
	var mu sync.Mutex // Done is called by multiple goroutines at once
	requests := map[label]int{}
	count := func(req *apiroute.Request, o apiroute.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		requests[label{req.Route(), o.Status}]++
	}
	api := apiroute.New(apiroute.Done(count))
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Text("post " + req.Param("id"))
	})
	for _, path := range []string{"/api/posts/1", "/api/posts/2", "/api/nope", "/.env"} {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	fmt.Println(requests[label{"/api/posts/[id]", 200}], requests[label{"", 404}])
	// Output:
	// 2 2
}

// Err is the error of the handler, which the client does not see.
func ExampleOutcome() {
	alert := func(req *apiroute.Request, o apiroute.Outcome) {
		if o.Status >= 500 || o.Cut {
			fmt.Println(req.Route(), "has failed:", o.Err)
		}
	}
	api := apiroute.New(
		apiroute.Logger(slog.New(slog.NewTextHandler(io.Discard, nil))),
		apiroute.Done(alert))
	api.Get("/api/report", func(req *apiroute.Request, res *apiroute.Response) error {
		return errors.New("db-3 is down")
	})
	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/report", nil))
	// Output:
	// /api/report has failed: db-3 is down
}
