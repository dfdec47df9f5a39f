package main

import (
	"context"
	"net/http"

	"example.com/apiroute"
)

// apirouteTyped is apiroute with typed endpoints.
var apirouteTyped = peer{name: "apiroute typed", app: typedApp, table: typedTable}

func typedApp(s style) http.Handler {
	api := newAPI(s)
	apiroute.Get(api, "/api/user", func(context.Context, struct{}) (user, error) {
		return johnDoe, nil
	})
	apiroute.Get(api, "/api/posts/[id]", func(_ context.Context, in typedID) (post, error) {
		return post(in), nil
	})
	apiroute.Get(api, "/api/search", func(_ context.Context, in apirouteSearch) (search, error) {
		return search(in), nil
	})
	apiroute.Post(api, "/api/items", func(_ context.Context, in apirouteItem) (created, error) {
		return created{in.Body.id()}, nil
	}, apiroute.Status(201))
	apiroute.Post(api, "/api/posts/[id]/comments", func(_ context.Context, in apirouteComment) (comment, error) {
		return comment{in.ID, in.Notify, in.Lang, in.Body}, nil
	})
	apiroute.Post(api, "/api/products", func(_ context.Context, in apirouteProduct) (created, error) {
		return in.Body.created(), nil
	}, apiroute.Status(201))
	apiroute.Post(api, "/api/deliveries", func(_ context.Context, in apirouteDelivery) (created, error) {
		return in.Body.created(), nil
	}, apiroute.Status(201))
	apiroute.Get(api, "/api/rows", func(context.Context, struct{}) ([]row, error) {
		return rows, nil
	})
	return api
}

func typedTable(s style, rules []rule) http.Handler {
	api := newAPI(s)
	for i, r := range rules {
		typedMethods[r.method](api, spell(r.path, "[", "]"),
			func(context.Context, struct{}) (struct{}, error) { routed = i; return struct{}{}, nil })
	}
	return api
}

var typedMethods = map[string]func(*apiroute.Router, string, func(context.Context, struct{}) (struct{}, error), ...apiroute.Option){
	"GET":    apiroute.Get[struct{}, struct{}],
	"POST":   apiroute.Post[struct{}, struct{}],
	"PUT":    apiroute.Put[struct{}, struct{}],
	"PATCH":  apiroute.Patch[struct{}, struct{}],
	"DELETE": apiroute.Delete[struct{}, struct{}],
}

type typedID struct {
	ID string `path:"id"`
}
