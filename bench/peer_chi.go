package main

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/render"
)

var withChi = peer{name: "chi", app: chiApp, table: chiTable}

func chiApp(asWritten bool) http.Handler {
	router := chi.NewRouter()
	r := chi.Router(router)
	if asWritten {
		r = router.With(setHeader)
	}
	r.Get("/api/user", func(w http.ResponseWriter, r *http.Request) {
		render.JSON(w, r, johnDoe)
	})
	r.Get("/api/posts/{id}", func(w http.ResponseWriter, r *http.Request) {
		render.JSON(w, r, post{chi.URLParam(r, "id")})
	})
	r.Get("/api/search", chiSearch)
	r.Post("/api/items", chiItem)
	r.Post("/api/posts/{id}/comments", chiComment)
	r.Get("/api/rows", func(w http.ResponseWriter, r *http.Request) {
		render.JSON(w, r, rows)
	})
	return router
}

func chiError(w http.ResponseWriter, r *http.Request, status int, err error) {
	render.Status(r, status)
	render.JSON(w, r, failure{err.Error()})
}

func chiSearch(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, err1 := strconv.Atoi(q.Get("page"))
	limit, err2 := strconv.Atoi(q.Get("limit"))
	draft, err3 := strconv.ParseBool(q.Get("draft"))
	if err := errors.Join(err1, err2, err3); err != nil {
		chiError(w, r, 400, err)
		return
	}
	render.JSON(w, r, search{page, limit, draft, q.Get("q"), q["tag"]})
}

// A chiItemRequest is an item with a method that validates it.
type chiItemRequest struct{ item }

func (in *chiItemRequest) Bind(r *http.Request) error {
	if in.Name == "" {
		return errors.New("name is required")
	}
	return nil
}

type chiCommentRequest struct{ commentBody }

func (in *chiCommentRequest) Bind(r *http.Request) error { return nil }

// chiDecode decodes a JSON body. If it cannot, it sends the error and returns false.
func chiDecode(w http.ResponseWriter, r *http.Request, v render.Binder) bool {
	if render.GetRequestContentType(r) != render.ContentTypeJSON {
		chiError(w, r, 415, errors.New("want application/json"))
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	err := render.Bind(r, v)
	if err != nil {
		chiError(w, r, 400, err)
	}
	return err == nil
}

func chiItem(w http.ResponseWriter, r *http.Request) {
	var in chiItemRequest
	if chiDecode(w, r, &in) {
		render.Status(r, 201)
		render.JSON(w, r, created{in.id()})
	}
}

func chiComment(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	id, err1 := strconv.Atoi(chi.URLParam(r, "id"))
	notify, err2 := strconv.ParseBool(q.Get("notify"))
	if err := errors.Join(err1, err2); err != nil {
		chiError(w, r, 400, err)
		return
	}
	var in chiCommentRequest
	if chiDecode(w, r, &in) {
		render.JSON(w, r, comment{id, notify, q.Get("lang"), in.commentBody})
	}
}

func chiTable(rules []rule) http.Handler {
	router := chi.NewRouter()
	for i, r := range rules {
		router.MethodFunc(r.method, r.path, func(http.ResponseWriter, *http.Request) { routed = i })
	}
	return router
}
