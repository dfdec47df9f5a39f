package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"example.com/apiroute"
	"example.com/apiroute/contract/api/blog"
)

// A created is a whole response.
type created struct {
	Status   int          `status:"201,200"`
	Location string       `header:"Location"`
	Count    int          `header:"X-Count"`
	Changed  *time.Time   `header:"X-Changed"`
	Link     []string     `header:"Link"`
	Session  *http.Cookie `cookie:"session"`
	Post     blog.Post    `body:"json"`
}

// A picture has bytes, and so have the next two.
type (
	picture struct {
		Data []byte `body:"bytes" contentMediaType:"image/png"`
	}
	page struct {
		Cache string `header:"Cache-Control"`
		Text  string `body:"bytes" contentMediaType:"text/html; charset=utf-8"`
	}
	download struct {
		Type string    `header:"Content-Type"`
		Data io.Reader `body:"bytes"`
	}
	moved struct {
		Status   int    `status:"307"`
		Location string `header:"Location"`
	}
	counted struct {
		Count int `header:"X-Count"`
	}
	maybe struct {
		Post *blog.Post `body:"json"`
	}
)

// A Tick is an item of a stream.
type Tick struct {
	Tick int       `json:"tick"`
	At   time.Time `json:"at"`
	Note *string   `json:"note"`
}

func registerResponses(r *apiroute.Router) {
	changed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	apiroute.Post(r, "/created", func(_ context.Context, in body[blog.Post]) (created, error) {
		out := created{Location: "/responses/created", Count: 1, Changed: &changed, Post: in.Body}
		if in.Body.ID%2 == 0 {
			out = created{Status: 200, Link: []string{"</a>", "</b>"}, Session: &http.Cookie{Value: "abc"}, Post: in.Body}
		}
		return out, nil
	}, apiroute.Operation("created", "Creates a post."))
	apiroute.Get(r, "/picture", func(context.Context, struct{}) (picture, error) {
		return picture{[]byte("\x89PNG\r\n\x1a\n")}, nil
	}, apiroute.Operation("picture", "Shows a picture."))
	apiroute.Get(r, "/page", func(context.Context, struct{}) (page, error) {
		return page{"no-cache", "<p>Hello.</p>"}, nil
	}, apiroute.Operation("page", "Shows a page."))
	apiroute.Get(r, "/download", func(context.Context, struct{}) (download, error) {
		return download{"application/zip", bytes.NewReader([]byte("PK"))}, nil
	}, apiroute.Operation("download", "Downloads anything."))
	apiroute.Get(r, "/moved", func(context.Context, struct{}) (moved, error) {
		return moved{Location: "/responses/page"}, nil
	}, apiroute.Operation("moved", "Redirects."))
	apiroute.Get(r, "/counted", func(context.Context, struct{}) (counted, error) {
		return counted{3}, nil
	}, apiroute.Operation("counted", "Has a header and no body."))
	apiroute.Get(r, "/maybe", func(context.Context, struct{}) (maybe, error) {
		return maybe{}, nil
	}, apiroute.Operation("maybe", "Has a body that may be null."))
	apiroute.Post(r, "/accepted", func(context.Context, body[Cell]) (Cell, error) {
		return Cell{1}, nil
	}, apiroute.Operation("accepted", "Has another status."), apiroute.Status(202))
	apiroute.Get(r, "/error", func(_ context.Context, in choice) (struct{}, error) {
		if in.N == 0 {
			return struct{}{}, nil
		}
		return struct{}{}, &apiroute.Error{Status: 409, Detail: "mostly", Extensions: map[string]any{"balance": 3}}
	}, apiroute.Operation("failing", "Fails mostly."), apiroute.Returns[apiroute.Error](409))
	r.Get("/events", func(_ *apiroute.Request, res *apiroute.Response) error {
		stream, err := res.Events()
		if err != nil {
			return err
		}
		for i := range 3 {
			if err := stream.Send(apiroute.Event{Data: Tick{Tick: i}}); err != nil {
				return err
			}
		}
		return nil
	}, apiroute.Operation("events", "Sends three events."), apiroute.Returns[Tick](200, "text/event-stream"))
	r.Get("/lines", func(_ *apiroute.Request, res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(Tick, error) bool) {
			for i := range 3 {
				if !yield(Tick{Tick: i}, nil) {
					return
				}
			}
		})
	}, apiroute.Operation("lines", "Sends three lines."), apiroute.Returns[Tick](200, "application/x-ndjson"))
	r.Get("/text", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("hello") },
		apiroute.Operation("text", "Is a text."), apiroute.Returns[string](200, "text/plain"))
}
