package main

import (
	"net/http"

	"github.com/uptrace/bunrouter"
)

// withBunRouter is only a router, so it does only the tasks of routing.
var withBunRouter = peer{name: "bunrouter", skips: "T3 T4 T5 T7 T8", app: bunRouterApp, table: bunRouterTable}

func bunRouterApp(asWritten bool) http.Handler {
	r := bunrouter.New()
	r.GET("/api/user", func(w http.ResponseWriter, r bunrouter.Request) error {
		return bunrouter.JSON(w, johnDoe)
	})
	r.GET("/api/posts/:id", func(w http.ResponseWriter, r bunrouter.Request) error {
		return bunrouter.JSON(w, post{r.Param("id")})
	})
	return withHeader(asWritten, r)
}

func bunRouterTable(rules []rule) http.Handler {
	router := bunrouter.New()
	for i, r := range rules {
		router.Handle(r.method, colons(r.path),
			func(http.ResponseWriter, bunrouter.Request) error { routed = i; return nil })
	}
	return router
}
