package main

import (
	"log/slog"
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

// An apirouteRuled is an item with rules.
type apirouteRuled struct {
	Name        string   `json:"name" required:"true" minLength:"3" maxLength:"80"`
	SKU         string   `json:"sku" pattern:"^[A-Z]{3}-[0-9]{4}-[A-Z0-9]{2}$"`
	Maker       string   `json:"maker"`
	Description string   `json:"description" maxLength:"400"`
	Stock       int      `json:"stock" minimum:"0" maximum:"10000"`
	Active      bool     `json:"active"`
	Tags        []string `json:"tags" minItems:"1" maxItems:"8" uniqueItems:"true" enum:"kitchen,coffee,office,refurbished,garden,outdoor,sale,new,spare,gift"`
	Price       float64  `json:"price" exclusiveMinimum:"0"`
}

// created returns the response to a good item.
func (in apirouteRuled) created() created {
	it := item(in)
	return created{it.id()}
}

type apirouteProduct struct {
	Body apirouteRuled `body:"json"`
}

type apirouteDelivery struct {
	Branch int           `query:"branch,required" minimum:"1" maximum:"500"`
	Lang   string        `query:"lang,required" enum:"en,de,fr"`
	Body   apirouteRuled `body:"json"`
}

// newAPI returns a router, or a group of one that has what the style says.
func newAPI(s style) *apiroute.Router {
	if s == plain {
		return apiroute.New()
	}
	api := apiroute.New(
		apiroute.Logger(slog.New(slog.DiscardHandler)),
		apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error { return err }),
	)
	inner := func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			err := next(req, res)
			if err != nil {
				failed.Add(1)
			}
			return err
		}
	}
	return api.Group("/", apiroute.Use(s.outer), apiroute.Around(inner))
}

func apirouteApp(s style) http.Handler {
	api := newAPI(s)
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
	api.Post("/api/products", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[apirouteProduct](req)
		if err != nil {
			return err
		}
		return res.Status(201).JSON(in.Body.created())
	})
	api.Post("/api/deliveries", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[apirouteDelivery](req)
		if err != nil {
			return err
		}
		return res.Status(201).JSON(in.Body.created())
	})
	api.Get("/api/rows", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(rows)
	})
	return api
}

func apirouteTable(s style, rules []rule) http.Handler {
	api := newAPI(s)
	for i, r := range rules {
		api.Method(r.method, spell(r.path, "[", "]"),
			func(*apiroute.Request, *apiroute.Response) error { routed = i; return nil })
	}
	return api
}
