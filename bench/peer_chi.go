package main

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/render"
)

var withChi = peer{
	name: "chi", skips: "T2e", app: chiApp, table: chiTable,
	modules: "github.com/go-chi/chi/v5 github.com/go-chi/render",
}

// newChi returns a router, and what its routes are registered on.
func newChi(s style) (http.Handler, chi.Router) {
	router := chi.NewRouter()
	if s == plain {
		return router, router
	}
	return router, router.With(s.outer, inner)
}

func chiApp(s style) http.Handler {
	router, r := newChi(s)
	r.Get("/api/user", func(w http.ResponseWriter, r *http.Request) {
		render.JSON(w, r, johnDoe)
	})
	r.Get("/api/posts/{id}", func(w http.ResponseWriter, r *http.Request) {
		render.JSON(w, r, post{chi.URLParam(r, "id")})
	})
	r.Get("/api/search", chiSearch)
	r.Post("/api/items", chiItem)
	r.Post("/api/posts/{id}/comments", chiComment)
	r.Post("/api/products", chiProduct)
	r.Post("/api/deliveries", chiDelivery)
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

// A chiProductRequest is an item with a method that checks its rules.
type chiProductRequest struct{ item }

func (in *chiProductRequest) Bind(r *http.Request) error {
	var broken brokenRules
	broken.checkItem(in.item)
	return broken.err()
}

// A chiDeliveryRequest is an item with a method that checks its rules and those of the query.
type chiDeliveryRequest struct{ item }

func (in *chiDeliveryRequest) Bind(r *http.Request) error {
	var broken brokenRules
	q := r.URL.Query()
	broken.checkQuery(q.Get("branch"), q.Get("lang"))
	broken.checkItem(in.item)
	return broken.err()
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

func chiProduct(w http.ResponseWriter, r *http.Request) {
	var in chiProductRequest
	if chiDecode(w, r, &in) {
		render.Status(r, 201)
		render.JSON(w, r, created{in.id()})
	}
}

func chiDelivery(w http.ResponseWriter, r *http.Request) {
	var in chiDeliveryRequest
	if chiDecode(w, r, &in) {
		render.Status(r, 201)
		render.JSON(w, r, created{in.id()})
	}
}

func chiTable(s style, rules []rule) http.Handler {
	router, group := newChi(s)
	for i, r := range rules {
		group.MethodFunc(r.method, r.path, func(http.ResponseWriter, *http.Request) { routed = i })
	}
	return router
}
