package apiroute_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/apiroute"
)

// An allocsQuery is a query of five parameters.
type allocsQuery struct {
	Page  int      `query:"page" json:"page"`
	Limit int      `query:"limit" json:"limit"`
	Draft bool     `query:"draft" json:"draft"`
	Q     string   `query:"q" json:"q"`
	Tags  []string `query:"tag" json:"tags"`
}

// A discardWriter discards the response without an allocation.
type discardWriter struct{ header http.Header }

func (w discardWriter) Header() http.Header         { return w.header }
func (w discardWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w discardWriter) WriteHeader(int)             {}

// A Handler's request and response are one allocation together. All others are for the values that
// go in and out.
func TestAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	api := apiroute.New()
	api.Get("/api/nothing", func(*apiroute.Request, *apiroute.Response) error { return nil })
	api.Get("/api/posts/[id]/nothing", func(*apiroute.Request, *apiroute.Response) error { return nil })
	api.Get("/api/user", func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(struct{ Name string }{"John Doe"})
	})
	api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(struct{ ID string }{req.Param("id")})
	})
	api.Get("/api/search", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[allocsQuery](req)
		if err != nil {
			return err
		}
		return res.JSON(in)
	})
	type typed struct {
		ID string `path:"id"`
	}
	apiroute.Get(api, "/api/typed/[id]", func(_ context.Context, in typed) (typed, error) { return in, nil })
	apiroute.Get(api, "/api/typed/nothing", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	w := discardWriter{http.Header{}}
	for _, tt := range []struct {
		target string
		json   any // what the response encodes, or nil
		want   float64
	}{
		{"/api/nothing", nil, 1},
		{"/api/posts/42/nothing", nil, 1},
		{"/api/posts/" + strings.Repeat("long", 30) + "/nothing", nil, 1},
		{"/api/user", struct{ Name string }{"John Doe"}, 2},
		{"/api/posts/42", struct{ ID string }{"42"}, 2},
		{"/api/search?page=2&limit=50&draft=true&q=go%20%26%20http&tag=web&tag=api",
			allocsQuery{2, 50, true, "go & http", []string{"web", "api"}}, 4},
		{"/api/typed/nothing", nil, 0},
		{"/api/typed/42", typed{"42"}, 0},
	} {
		t.Run(tt.target, func(t *testing.T) {
			r := httptest.NewRequest("GET", tt.target, nil)
			r.Body = http.NoBody // as a server has it
			got := testing.AllocsPerRun(500, func() {
				clear(w.header)
				api.ServeHTTP(w, r)
			})
			if tt.json != nil { // encoding/json itself allocates when it is built on json/v2
				got -= testing.AllocsPerRun(500, func() { json.NewEncoder(io.Discard).Encode(tt.json) })
			}
			if got > tt.want {
				t.Errorf("%s: %v allocations, want at most %v", tt.target, got, tt.want)
			}
		})
	}
}
