// Package app is an API without a state of its own. The same router runs as a server, in AWS Lambda
// and on Vercel.
package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/apiroute"
)

// New returns the API.
func New() *apiroute.Router {
	router := apiroute.New()
	api := router.Group("/api", apiroute.Timeout(5*time.Second))
	apiroute.Get(api, "/hello/[...name]", hello)
	apiroute.Post(api, "/notes", createNote)
	api.Get("/picture", picture)
	api.Get("/clock", clock)
	api.Get("/cut", cut)
	return router
}

type caller struct {
	Name  []string `path:"name"`
	Times int      `query:"times" minimum:"1" maximum:"9" default:"1"`
	Host  string   `header:"Host"`
	Theme string   `cookie:"theme"`
}

type greeting struct {
	Name  []string `json:"name"`
	Times int      `json:"times"`
	Host  string   `json:"host"`
	Theme string   `json:"theme"`
}

// hello responds with what it has received.
func hello(_ context.Context, in caller) (greeting, error) {
	return greeting(in), nil
}

type newNote struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"100000"`
	} `body:"json"`
}

type created struct {
	Status   int         `status:"201"`
	Location string      `header:"Location"`
	Theme    http.Cookie `cookie:"theme"`
	Last     http.Cookie `cookie:"last"`
	Length   int         `body:"json"`
}

// createNote keeps nothing: the function may be gone after the response.
func createNote(_ context.Context, in newNote) (created, error) {
	return created{
		Location: "/api/notes/1",
		Theme:    http.Cookie{Value: "dark", Path: "/", HttpOnly: true},
		Last:     http.Cookie{Value: "1", Path: "/"},
		Length:   len(in.Body.Text),
	}, nil
}

// picture responds with bytes that are no text.
func picture(_ *apiroute.Request, res *apiroute.Response) error {
	return res.Bytes("image/png", []byte("\x89PNG\r\n\x1a\n\xff"))
}

// clock sends three events.
func clock(_ *apiroute.Request, res *apiroute.Response) error {
	events, err := res.Events()
	if err != nil {
		return err
	}
	for i := range 3 {
		if err := events.Send(apiroute.Event{Data: i}); err != nil {
			return err
		}
	}
	return nil
}

// cut fails in the middle of a response.
func cut(_ *apiroute.Request, res *apiroute.Response) error {
	if _, err := res.Write([]byte("half")); err != nil {
		return err
	}
	return errors.New("the other half is missing")
}
