package main

import (
	"net/http"

	"example.com/apiroute"
)

// apirouteBind is apiroute with handlers that call Bind.
var apirouteBind = peer{name: "apiroute", app: apirouteApp, table: apirouteTable}

// An apirouteSearch is the input of a search, for handlers and for typed endpoints.
type apirouteSearch struct {
	Page  int      `query:"page"`
	Limit int      `query:"limit"`
	Draft bool     `query:"draft"`
	Q     string   `query:"q"`
	Tags  []string `query:"tag"`
}

type apirouteItem struct {
	Body item `body:"json"`
}

// Validate rejects an item without a name.
func (in apirouteItem) Validate() error {
	if in.Body.Name == "" {
		return apiroute.FieldError{In: "body", Name: "name", Detail: "is required"}
	}
	return nil
}

type apirouteComment struct {
	ID     int         `path:"id"`
	Notify bool        `query:"notify"`
	Lang   string      `query:"lang"`
	Body   commentBody `body:"json"`
}

// newAPI returns a router.
func newAPI(asWritten bool) *apiroute.Router {
	api := apiroute.New()
	if asWritten {
		return api.Group("/", apiroute.Use(setHeader), apiroute.OnError(
			func(_ *apiroute.Request, _ *apiroute.Response, err error) error { return err }))
	}
	return api
}

func apirouteApp(asWritten bool) http.Handler {
	api := newAPI(asWritten)
	api.Get("/api/user", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(johnDoe)
	})
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(post{req.Param("id")})
	})
	api.Get("/api/search", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[apirouteSearch](req)
		if err != nil {
			return err
		}
		return res.JSON(search(in))
	})
	api.Post("/api/items", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[apirouteItem](req)
		if err != nil {
			return err
		}
		return res.Status(201).JSON(created{in.Body.id()})
	})
	api.Post("/api/posts/[id]/comments", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[apirouteComment](req)
		if err != nil {
			return err
		}
		return res.JSON(comment{in.ID, in.Notify, in.Lang, in.Body})
	})
	api.Get("/api/rows", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(rows)
	})
	return api
}

func apirouteTable(rules []rule) http.Handler {
	api := apiroute.New()
	for i, r := range rules {
		api.Method(r.method, spell(r.path, "[", "]"),
			func(*apiroute.Request, *apiroute.Response) error { routed = i; return nil })
	}
	return api
}
