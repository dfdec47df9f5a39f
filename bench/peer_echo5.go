package main

import (
	"net/http"

	"github.com/labstack/echo/v5"
)

var withEcho5 = peer{name: "echo v5", app: echo5App, table: echo5Table}

func echo5App(asWritten bool) http.Handler {
	router := echo.New()
	e := router.Group("")
	if asWritten {
		handle := router.HTTPErrorHandler
		router.HTTPErrorHandler = func(c *echo.Context, err error) { handle(c, err) }
		e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				c.Response().Header().Set("X-Frame-Options", "DENY")
				return next(c)
			}
		})
	}
	e.GET("/api/user", func(c *echo.Context) error { return c.JSON(200, johnDoe) })
	e.GET("/api/posts/:id", func(c *echo.Context) error { return c.JSON(200, post{c.Param("id")}) })
	e.GET("/api/search", echo5Search)
	e.POST("/api/items", echo5Item)
	e.POST("/api/posts/:id/comments", echo5Comment)
	e.GET("/api/rows", func(c *echo.Context) error { return c.JSON(200, rows) })
	return router
}

func echo5Search(c *echo.Context) error {
	var in echoSearch
	if err := c.Bind(&in); err != nil {
		return err
	}
	return c.JSON(200, in)
}

func echo5Item(c *echo.Context) error {
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

func echo5Comment(c *echo.Context) error {
	var in echoComment
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
	// Bind does not read the query of a POST.
	if err := echo.BindQueryParams(c, &in); err != nil {
		return err
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	return c.JSON(200, comment(in))
}

func echo5Table(rules []rule) http.Handler {
	e := echo.New()
	for i, r := range rules {
		e.Add(r.method, colons(r.path), func(*echo.Context) error { routed = i; return nil })
	}
	return e
}
