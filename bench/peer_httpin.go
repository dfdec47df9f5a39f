package main

import (
	"errors"
	"mime"
	"net/http"

	"github.com/ggicci/httpin"
	"github.com/ggicci/httpin/core"
	"github.com/ggicci/httpin/integration"
)

// withHTTPIn only binds requests, so it does only the tasks of binding, with net/http's router.
var withHTTPIn = peer{name: "httpin", skips: "T1 T2 T7 T8 T9 T10", app: httpInApp, modules: "github.com/ggicci/httpin"}

type httpInSearch struct {
	Page  int      `in:"query=page" json:"page"`
	Limit int      `in:"query=limit" json:"limit"`
	Draft bool     `in:"query=draft" json:"draft"`
	Q     string   `in:"query=q" json:"q"`
	Tags  []string `in:"query=tag" json:"tags"`
}

type httpInItem struct {
	Item item `in:"body=json"`
}

type httpInComment struct {
	ID     int         `in:"path=id"`
	Notify bool        `in:"query=notify"`
	Lang   string      `in:"query=lang"`
	Body   commentBody `in:"body=json"`
}

func httpInApp(s style) http.Handler {
	integration.UseHttpPathVariable("path")
	mux := http.NewServeMux()
	mux.Handle("GET /api/search", httpInRoute[httpInSearch](func(w http.ResponseWriter, in *httpInSearch) {
		naiveJSON(w, 200, in)
	}))
	mux.Handle("POST /api/items", httpInJSON(httpInRoute[httpInItem](func(w http.ResponseWriter, in *httpInItem) {
		if in.Item.Name == "" {
			naiveError(w, 400, "name is required")
			return
		}
		naiveJSON(w, 201, created{in.Item.id()})
	})))
	mux.Handle("POST /api/posts/{id}/comments", httpInJSON(httpInRoute[httpInComment](
		func(w http.ResponseWriter, in *httpInComment) {
			naiveJSON(w, 200, comment{in.ID, in.Notify, in.Lang, in.Body})
		})))
	return s.around(mux)
}

// httpInRoute wraps a handler in httpin's own middleware.
func httpInRoute[T any](h func(http.ResponseWriter, *T)) http.Handler {
	var zero T
	decode := httpin.NewInput(zero, core.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			naiveError(w, 413, "too large")
			return
		}
		naiveError(w, 400, err.Error())
	}))
	return decode(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(w, r.Context().Value(httpin.Input).(*T))
	}))
}

// httpInJSON does what the tasks require and httpin does not: it rejects other media types and
// limits the body.
func httpInJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != jsonType {
			naiveError(w, 415, "want application/json")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
