package main

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

var withHuma = peer{
	name: "huma", app: humaApp, table: humaTable, modules: "github.com/danielgtaylor/huma/v2",
}

// newHuma returns an API without the $schema links that huma adds to each response, because the
// tasks require the same body of every peer. Its function that sees errors is a transformer, which
// is given every response, because huma's own function for errors is the same for all APIs.
func newHuma(s style, mux *http.ServeMux) huma.API {
	config := huma.DefaultConfig("Bench", "1.0.0")
	config.CreateHooks = nil
	if s == plain {
		return humago.New(mux, config)
	}
	config.Transformers = append(config.Transformers, func(_ huma.Context, _ string, v any) (any, error) {
		return v, nil
	})
	api := humago.New(mux, config)
	api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		if s == written {
			ctx.SetHeader("X-Frame-Options", "DENY")
		}
		next(ctx)
	}, func(ctx huma.Context, next func(huma.Context)) {
		next(ctx)
		if ctx.Status() >= 400 {
			failed.Add(1)
		}
	})
	return api
}

// A humaAnswer is a response with T as its body.
type humaAnswer[T any] struct{ Body T }

type humaID struct {
	ID string `path:"id"`
}

type humaSearch struct {
	Page  int      `query:"page"`
	Limit int      `query:"limit"`
	Draft bool     `query:"draft"`
	Q     string   `query:"q"`
	Tags  []string `query:"tag,explode"`
}

type humaItem struct {
	Body struct {
		Name        string   `json:"name" minLength:"1"`
		SKU         string   `json:"sku"`
		Maker       string   `json:"maker"`
		Description string   `json:"description"`
		Stock       int      `json:"stock"`
		Active      bool     `json:"active"`
		Tags        []string `json:"tags"`
		Price       float64  `json:"price"`
	}
}

type humaComment struct {
	ID     int    `path:"id"`
	Notify bool   `query:"notify"`
	Lang   string `query:"lang"`
	Body   commentBody
}

// A humaRuled is an item with rules. Members are required in huma if no tag says otherwise.
type humaRuled struct {
	Name        string   `json:"name" minLength:"3" maxLength:"80"`
	SKU         string   `json:"sku" pattern:"^[A-Z]{3}-[0-9]{4}-[A-Z0-9]{2}$"`
	Maker       string   `json:"maker" required:"false"`
	Description string   `json:"description" required:"false" maxLength:"400"`
	Stock       int      `json:"stock" required:"false" minimum:"0" maximum:"10000"`
	Active      bool     `json:"active" required:"false"`
	Tags        []string `json:"tags" minItems:"1" maxItems:"8" uniqueItems:"true" enum:"kitchen,coffee,office,refurbished,garden,outdoor,sale,new,spare,gift"`
	Price       float64  `json:"price" exclusiveMinimum:"0"`
}

type humaProduct struct{ Body humaRuled }

type humaDelivery struct {
	Branch int    `query:"branch" required:"true" minimum:"1" maximum:"500"`
	Lang   string `query:"lang" required:"true" enum:"en,de,fr"`
	Body   humaRuled
}

func humaApp(s style) http.Handler {
	mux := http.NewServeMux()
	api := newHuma(s, mux)
	huma.Get(api, "/api/user", func(context.Context, *struct{}) (*humaAnswer[user], error) {
		return &humaAnswer[user]{johnDoe}, nil
	})
	huma.Get(api, "/api/posts/{id}", func(_ context.Context, in *humaID) (*humaAnswer[post], error) {
		return &humaAnswer[post]{post{in.ID}}, nil
	})
	huma.Get(api, "/api/search", func(_ context.Context, in *humaSearch) (*humaAnswer[search], error) {
		return &humaAnswer[search]{search(*in)}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "post-item", Method: "POST", Path: "/api/items",
		DefaultStatus: 201, MaxBodyBytes: maxBody,
	}, func(_ context.Context, in *humaItem) (*humaAnswer[created], error) {
		it := item(in.Body)
		return &humaAnswer[created]{created{it.id()}}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "post-comment", Method: "POST", Path: "/api/posts/{id}/comments",
		DefaultStatus: 200, MaxBodyBytes: maxBody,
	}, func(_ context.Context, in *humaComment) (*humaAnswer[comment], error) {
		return &humaAnswer[comment]{comment{in.ID, in.Notify, in.Lang, in.Body}}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "post-product", Method: "POST", Path: "/api/products",
		DefaultStatus: 201, MaxBodyBytes: maxBody,
	}, func(_ context.Context, in *humaProduct) (*humaAnswer[created], error) {
		it := item(in.Body)
		return &humaAnswer[created]{created{it.id()}}, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "post-delivery", Method: "POST", Path: "/api/deliveries",
		DefaultStatus: 201, MaxBodyBytes: maxBody,
	}, func(_ context.Context, in *humaDelivery) (*humaAnswer[created], error) {
		it := item(in.Body)
		return &humaAnswer[created]{created{it.id()}}, nil
	})
	huma.Get(api, "/api/rows", func(context.Context, *struct{}) (*humaAnswer[[]row], error) {
		return &humaAnswer[[]row]{rows}, nil
	})
	return mux
}

func humaTable(s style, rules []rule) http.Handler {
	mux := http.NewServeMux()
	api := newHuma(s, mux)
	for i, r := range rules {
		huma.Register(api, huma.Operation{Method: r.method, Path: r.path},
			func(context.Context, *struct{}) (*struct{}, error) { routed = i; return nil, nil })
	}
	return mux
}
