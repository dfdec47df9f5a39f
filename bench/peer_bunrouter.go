package main

import (
	"net/http"

	"github.com/uptrace/bunrouter"
)

// withBunRouter is only a router, so it does only the tasks of routing.
var withBunRouter = peer{
	name: "bunrouter", skips: "T2e T3 T4 T5 T7 T8 T9 T10", app: bunRouterApp, table: bunRouterTable,
	modules: "github.com/uptrace/bunrouter",
}

func newBunRouter(s style) *bunrouter.Router {
	if s == plain {
		return bunrouter.New()
	}
	outer := func(next bunrouter.HandlerFunc) bunrouter.HandlerFunc {
		return func(w http.ResponseWriter, r bunrouter.Request) error {
			s.mark(w)
			return next(w, r)
		}
	}
	inner := func(next bunrouter.HandlerFunc) bunrouter.HandlerFunc {
		return func(w http.ResponseWriter, r bunrouter.Request) error {
			err := next(w, r)
			if err != nil {
				failed.Add(1)
			}
			return err
		}
	}
	return bunrouter.New(bunrouter.Use(outer, inner))
}

func bunRouterApp(s style) http.Handler {
	r := newBunRouter(s)
	r.GET("/api/user", func(w http.ResponseWriter, r bunrouter.Request) error {
		return bunrouter.JSON(w, johnDoe)
	})
	r.GET("/api/posts/:id", func(w http.ResponseWriter, r bunrouter.Request) error {
		return bunrouter.JSON(w, post{r.Param("id")})
	})
	return r
}

func bunRouterTable(s style, rules []rule) http.Handler {
	router := newBunRouter(s)
	for i, r := range rules {
		router.Handle(r.method, colons(r.path),
			func(http.ResponseWriter, bunrouter.Request) error { routed = i; return nil })
	}
	return router
}
