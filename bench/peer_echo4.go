package main

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

var withEcho4 = peer{name: "echo v4", app: echo4App, table: echo4Table}

func echo4App(asWritten bool) http.Handler {
	router := echo.New()
	e := router.Group("")
	if asWritten {
		handle := router.HTTPErrorHandler
		router.HTTPErrorHandler = func(err error, c echo.Context) { handle(err, c) }
		e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				c.Response().Header().Set("X-Frame-Options", "DENY")
				return next(c)
			}
		})
	}
	e.GET("/api/user", func(c echo.Context) error { return c.JSON(200, johnDoe) })
	e.GET("/api/posts/:id", func(c echo.Context) error { return c.JSON(200, post{c.Param("id")}) })
	e.GET("/api/search", echo4Search)
	e.POST("/api/items", echo4Item)
	e.POST("/api/posts/:id/comments", echo4Comment)
	e.GET("/api/rows", func(c echo.Context) error { return c.JSON(200, rows) })
	return router
}

// An echoSearch is the input of a search, for both versions of echo.
type echoSearch struct {
	Page  int      `query:"page" json:"page"`
	Limit int      `query:"limit" json:"limit"`
	Draft bool     `query:"draft" json:"draft"`
	Q     string   `query:"q" json:"q"`
	Tags  []string `query:"tag" json:"tags"`
}

type echoComment struct {
	ID     int    `param:"id" json:"-"`
	Notify bool   `query:"notify" json:"-"`
	Lang   string `query:"lang" json:"-"`
	commentBody
}

func echo4Search(c echo.Context) error {
	var in echoSearch
	if err := c.Bind(&in); err != nil {
		return err
	}
	return c.JSON(200, in)
}

func echo4Item(c echo.Context) error {
	var in item
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
	if err := c.Bind(&in); err != nil { // a 415 for other media types
		return err
	}
	if in.Name == "" {
		return echo.NewHTTPError(400, "name is required")
	}
	return c.JSON(201, created{in.id()})
}

func echo4Comment(c echo.Context) error {
	var in echoComment
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
	// Bind does not read the query of a POST.
	if err := (&echo.DefaultBinder{}).BindQueryParams(c, &in); err != nil {
		return err
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	return c.JSON(200, comment(in))
}

func echo4Table(rules []rule) http.Handler {
	e := echo.New()
	for i, r := range rules {
		e.Add(r.method, colons(r.path), func(echo.Context) error { routed = i; return nil })
	}
	return e
}
