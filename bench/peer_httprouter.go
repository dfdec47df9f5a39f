package main

import (
	"net/http"

	"github.com/julienschmidt/httprouter"
)

// withHTTPRouter is only a router, so it does only the tasks of routing.
var withHTTPRouter = peer{
	name: "httprouter", skips: "T2e T3 T4 T5 T7 T8 T9 T10", app: httpRouterApp, table: httpRouterTable,
	modules: "github.com/julienschmidt/httprouter",
}

func httpRouterApp(s style) http.Handler {
	r := httprouter.New()
	r.GET("/api/user", func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		naiveJSON(w, 200, johnDoe)
	})
	r.GET("/api/posts/:id", func(w http.ResponseWriter, r *http.Request, ps httprouter.Params) {
		naiveJSON(w, 200, post{ps.ByName("id")})
	})
	return s.around(r)
}

func httpRouterTable(s style, rules []rule) http.Handler {
	router := httprouter.New()
	for i, r := range rules {
		router.Handle(r.method, colons(r.path),
			func(http.ResponseWriter, *http.Request, httprouter.Params) { routed = i })
	}
	return s.around(router)
}
