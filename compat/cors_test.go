package compat

import (
	"net/http"
	"testing"

	chicors "github.com/go-chi/cors"
	"github.com/gorilla/handlers"
	"github.com/rs/cors"
)

var (
	rsCORS      = cors.New(cors.Options{AllowedOrigins: []string{"https://front.example"}, AllowedMethods: []string{"GET", "PUT", "DELETE"}}).Handler
	chiCORS     = chicors.Handler(chicors.Options{AllowedOrigins: []string{"https://front.example"}, AllowedMethods: []string{"GET", "PUT", "DELETE"}})
	gorillaCORS = handlers.CORS(handlers.AllowedOrigins([]string{"https://front.example"}), handlers.AllowedMethods([]string{"GET", "PUT", "DELETE"}))
)

// corsEntries let pages of other origins read responses.
var corsEntries = []entry{
	corsEntry("rs/cors", rsCORS),
	corsEntry("go-chi/cors", chiCORS),
	corsEntry("gorilla/handlers `CORS`", gorillaCORS),
}

func corsEntry(name string, middleware func(http.Handler) http.Handler) entry {
	return entry{
		name:   name,
		places: []place{around, inNew, inGroup},
		use:    always(middleware),
		sends:  []string{"Origin: https://front.example"},
		adds:   map[string]string{"Access-Control-Allow-Origin": "https://front.example"},
		notes: []note{
			{
				text: "Use it on a level that all methods of a path share. On a single route, it does not see preflight requests, whose method is OPTIONS.",
				test: func(t *testing.T) { preflights(t, middleware) },
			},
			{text: "Other origins can also read errors and streams.", change: unchanged},
		},
	}
}

// preflights checks where a preflight request for PUT gets the permission.
func preflights(t *testing.T, middleware func(http.Handler) http.Handler) {
	for _, tt := range []struct {
		place   place
		allowed string
	}{{around, "https://front.example"}, {inNew, "https://front.example"}, {inGroup, "https://front.example"}, {inRoute, ""}} {
		s := newSite(t, &entry{adds: map[string]string{"Access-Control-Allow-Origin": ""}})
		s.serveWith(&entry{use: always(middleware)}, tt.place, "HTTP/1.1")
		o := s.fetchText("OPTIONS", "/api/posts/7", "", "Origin: https://front.example", "Access-Control-Request-Method: PUT")
		if got := o.Header["Access-Control-Allow-Origin"]; got != tt.allowed || o.Status != 200 && o.Status != 204 {
			t.Errorf("%s: status %d, Access-Control-Allow-Origin %q; want %q", tt.place, o.Status, got, tt.allowed)
		}
	}
}
