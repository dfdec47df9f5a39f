package main

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

var withHuma = peer{name: "huma", app: humaApp, table: humaTable}

// newHuma returns an API without the $schema links that huma adds to each response, because the
// tasks require the same body of every peer.
func newHuma(mux *http.ServeMux) huma.API {
	config := huma.DefaultConfig("Bench", "1.0.0")
	config.CreateHooks = nil
	return humago.New(mux, config)
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

func humaApp(asWritten bool) http.Handler {
	mux := http.NewServeMux()
	api := newHuma(mux)
	if asWritten {
		api.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
			ctx.SetHeader("X-Frame-Options", "DENY")
			next(ctx)
		})
	}
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
	huma.Get(api, "/api/rows", func(context.Context, *struct{}) (*humaAnswer[[]row], error) {
		return &humaAnswer[[]row]{rows}, nil
	})
	return mux
}

func humaTable(rules []rule) http.Handler {
	mux := http.NewServeMux()
	api := newHuma(mux)
	for i, r := range rules {
		huma.Register(api, huma.Operation{Method: r.method, Path: r.path},
			func(context.Context, *struct{}) (*struct{}, error) { routed = i; return nil, nil })
	}
	return mux
}
