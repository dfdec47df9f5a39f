package compat

import (
	"net/http"
	"testing"

	"example.com/apiroute"
	"github.com/go-chi/chi/v5/middleware"
)

// places is the code that docs/middleware.md explains the places with.
func places(cors, guard, compress func(http.Handler) http.Handler, listPosts apiroute.Handler) http.Handler {
	api := apiroute.New(apiroute.Use(middleware.RequestID)) // New
	group := api.Group("/api", apiroute.Use(cors, guard))   // group
	group.Get("/posts", listPosts, apiroute.Use(compress))  // route
	return http.AllowQuerySemicolons(api)                   // around
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	same := func(next http.Handler) http.Handler { return next }
	s := newSite(t, &entry{})
	s.serve(places(same, same, same, respond), "HTTP/1.1")
	wantText(t, s.fetchText("GET", "/api/posts", ""), 200, "ok")
}
