package main

import (
	"net/http"

	"github.com/labstack/echo/v5"
)

var withEcho5 = peer{
	name: "echo v5", skips: "T2e", app: echo5App, table: echo5Table,
	modules: "github.com/labstack/echo/v5 github.com/go-playground/validator/v10",
}

// newEcho5 returns a server, and the group of its routes.
func newEcho5(s style) (*echo.Echo, *echo.Group) {
	router := echo.New()
	group := router.Group("")
	if s == plain {
		return router, group
	}
	handle := router.HTTPErrorHandler
	router.HTTPErrorHandler = func(c *echo.Context, err error) { handle(c, err) }
	group.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			s.mark(c.Response())
			return next(c)
		}
	}, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			err := next(c)
			if err != nil {
				failed.Add(1)
			}
			return err
		}
	})
	return router, group
}

func echo5App(s style) http.Handler {
	router, e := newEcho5(s)
	router.Validator = newRuleChecker()
	e.GET("/api/user", func(c *echo.Context) error { return c.JSON(200, johnDoe) })
	e.GET("/api/posts/:id", func(c *echo.Context) error { return c.JSON(200, post{c.Param("id")}) })
	e.GET("/api/search", echo5Search)
	e.POST("/api/items", echo5Item)
	e.POST("/api/posts/:id/comments", echo5Comment)
	e.POST("/api/products", echo5Product)
	e.POST("/api/deliveries", echo5Delivery)
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

func echo5Product(c *echo.Context) error {
	var in validItem
	if err := echo5Body(c, &in); err != nil {
		return err
	}
	it := item(in)
	return c.JSON(201, created{it.id()})
}

func echo5Delivery(c *echo.Context) error {
	var in echoDelivery
	// Bind does not read the query of a POST.
	if err := echo.BindQueryParams(c, &in); err != nil {
		return err
	}
	if err := echo5Body(c, &in); err != nil {
		return err
	}
	it := item(in.validItem)
	return c.JSON(201, created{it.id()})
}

// echo5Body decodes a JSON body and then checks the rules of the whole struct.
func echo5Body(c *echo.Context, v any) error {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
	if err := c.Bind(v); err != nil {
		return err
	}
	if err := c.Validate(v); err != nil {
		return echo.NewHTTPError(400, err.Error())
	}
	return nil
}

func echo5Table(s style, rules []rule) http.Handler {
	router, e := newEcho5(s)
	for i, r := range rules {
		e.Add(r.method, colons(r.path), func(*echo.Context) error { routed = i; return nil })
	}
	return router
}
