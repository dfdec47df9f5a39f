package main

import (
	"errors"
	"net/http"

	"github.com/go-fuego/fuego"
	"github.com/go-fuego/fuego/option"
)

var withFuego = peer{
	name: "fuego", app: fuegoApp, table: fuegoTable,
	modules: "github.com/go-fuego/fuego github.com/go-playground/validator/v10",
}

// newFuego returns a server that does not log each request and each error, because the other peers
// do not either.
func newFuego(s style) *fuego.Server {
	server := fuego.NewServer(
		fuego.WithLoggingMiddleware(fuego.LoggingConfig{DisableRequest: true, DisableResponse: true}),
		// This is fuego's function that sees errors, in every style: one that returns the error.
		fuego.WithEngineOptions(fuego.DisableErrorHandler()),
		fuego.WithMaxBodySize(maxBody),
		fuego.WithValidator(fuegoRules.validate),
	)
	if s != plain {
		fuego.Use(server, s.outer, inner)
	}
	return server
}

var fuegoRules = newRuleChecker()

func fuegoApp(around style) http.Handler {
	s := newFuego(around)
	fuego.Get(s, "/api/user", func(fuego.ContextNoBody) (user, error) { return johnDoe, nil })
	fuego.Get(s, "/api/posts/{id}", func(c fuego.ContextNoBody) (post, error) {
		return post{c.PathParam("id")}, nil
	})
	fuego.Get(s, "/api/search", fuegoSearch, option.QueryInt("page", ""), option.QueryInt("limit", ""),
		option.QueryBool("draft", ""), option.Query("q", ""), option.Query("tag", ""))
	created := option.DefaultStatusCode(201)
	asJSON := option.Middleware(fuegoJSON)
	fuego.Post(s, "/api/items", fuegoItem, created, asJSON)
	fuego.Post(s, "/api/posts/{id}/comments", fuegoComment, asJSON,
		option.QueryBool("notify", ""), option.Query("lang", ""))
	fuego.Post(s, "/api/products", fuegoProduct, created, asJSON)
	fuego.Post(s, "/api/deliveries", fuegoDelivery, created, asJSON,
		option.QueryInt("branch", ""), option.Query("lang", ""))
	fuego.Get(s, "/api/rows", func(fuego.ContextNoBody) ([]row, error) { return rows, nil })
	return s.Mux
}

// fuegoJSON rejects other media types, of which fuego takes some and panics at others.
func fuegoJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != jsonType {
			naiveError(w, 415, "want application/json")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func fuegoSearch(c fuego.ContextNoBody) (in search, err error) {
	var err1, err2, err3 error
	in.Page, err1 = c.QueryParamIntErr("page")
	in.Limit, err2 = c.QueryParamIntErr("limit")
	in.Draft, err3 = c.QueryParamBoolErr("draft")
	in.Q, in.Tags = c.QueryParam("q"), c.QueryParamArr("tag")
	return in, errors.Join(err1, err2, err3)
}

// A fuegoNamed is an item with the one rule of T4.
type fuegoNamed struct {
	Name        string   `json:"name" validate:"required"`
	SKU         string   `json:"sku"`
	Maker       string   `json:"maker"`
	Description string   `json:"description"`
	Stock       int      `json:"stock"`
	Active      bool     `json:"active"`
	Tags        []string `json:"tags"`
	Price       float64  `json:"price"`
}

func fuegoItem(c fuego.ContextWithBody[fuegoNamed]) (created, error) {
	in, err := c.Body()
	it := item(in)
	return created{it.id()}, err
}

func fuegoComment(c fuego.ContextWithBody[commentBody]) (in comment, err error) {
	var err1, err2, err3 error
	in.ID, err1 = c.PathParamIntErr("id")
	in.Notify, err2 = c.QueryParamBoolErr("notify")
	in.Lang = c.QueryParam("lang")
	in.commentBody, err3 = c.Body()
	return in, errors.Join(err1, err2, err3)
}

func fuegoProduct(c fuego.ContextWithBody[validItem]) (created, error) {
	in, err := c.Body()
	it := item(in)
	return created{it.id()}, err
}

// A fuegoQuery is T10's query.
type fuegoQuery struct {
	Branch int    `validate:"required,min=1,max=500"`
	Lang   string `validate:"required,oneof=en de fr"`
}

// fuegoDelivery checks the query by hand, because fuego has rules for bodies only.
func fuegoDelivery(c fuego.ContextWithBody[validItem]) (created, error) {
	in, err := c.Body()
	query := fuegoQuery{Lang: c.QueryParam("lang")}
	var broken error
	if query.Branch, broken = c.QueryParamIntErr("branch"); broken == nil {
		broken = fuegoRules.Validate(query)
	}
	if broken != nil {
		var all fuego.HTTPError
		errors.As(err, &all)
		all.Status = 400
		all.Errors = append(all.Errors, fuego.ErrorItem{Name: "query", Reason: broken.Error()})
		err = all
	}
	it := item(in)
	return created{it.id()}, err
}

func fuegoTable(around style, rules []rule) http.Handler {
	s := newFuego(around)
	for i, r := range rules {
		fuegoMethods[r.method](s, r.path, func(fuego.ContextNoBody) (any, error) { routed = i; return nil, nil })
	}
	return s.Mux
}

var fuegoMethods = map[string]func(*fuego.Server, string, func(fuego.ContextNoBody) (any, error), ...fuego.RouteOption) *fuego.Route[any, any, any]{
	"GET":    fuego.Get[any, any, any],
	"POST":   fuego.Post[any, any, any],
	"PUT":    fuego.Put[any, any, any],
	"PATCH":  fuego.Patch[any, any, any],
	"DELETE": fuego.Delete[any, any, any],
}
