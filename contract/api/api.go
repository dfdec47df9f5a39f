package main

import (
	"context"

	"example.com/apiroute"
)

// newAPI returns the API. Each of the functions registers the routes of its file.
func newAPI() *apiroute.Router {
	api := apiroute.New()
	registerScalars(api.Group("/scalars", apiroute.Tag("scalars", "Numbers, texts and bools.")))
	registerLists(api.Group("/lists", apiroute.Tag("lists", "Slices, arrays and maps.")))
	registerCode(api.Group("/code", apiroute.Tag("code", "Types with code of their own.")))
	registerStructs(api.Group("/structs", apiroute.Tag("structs", "Structs of all kinds.")))
	registerRules(api.Group("/rules", apiroute.Tag("rules", "The keywords.")))
	registerRequests(api.Group("/requests", apiroute.Tag("requests", "Parts of a request.")))
	registerForms(api.Group("/forms", apiroute.Tag("forms", "Forms and files.")))
	registerResponses(api.Group("/responses", apiroute.Tag("responses", "Whole responses.")))
	registerMembers(api)
	api.Get("/openapi.json", api.OpenAPI("Types", "1.0.0",
		`{"info":{"license":{"name":"MIT","identifier":"MIT"},"contact":{"name":"API","url":"https://example.com/"},"description":"All types."}}`))
	return api
}

// A body is the input of an endpoint that takes a T.
type body[T any] struct {
	Body T `body:"json"`
}

// echo registers an endpoint that takes a T and returns it. So one type is documented as a request
// and as a response, and its response is made from everything that a request may say.
func echo[T any](r *apiroute.Router, path, id string, options ...apiroute.Option) {
	options = append(options, apiroute.Operation(id, "Returns what it is given."))
	apiroute.Post(r, path, func(_ context.Context, in body[T]) (T, error) { return in.Body, nil }, options...)
}

// A choice says which of an endpoint's values to return.
type choice struct {
	N int `query:"n" minimum:"0" default:"0"`
}

// show registers an endpoint that returns the zero T and the values.
func show[T any](r *apiroute.Router, path, id string, values ...T) {
	var zero T
	values = append(values, zero)
	apiroute.Get(r, path, func(_ context.Context, in choice) (T, error) { return values[in.N%len(values)], nil },
		apiroute.Operation(id, "Shows one of several values.\n\nThe last one is the zero value."))
}
