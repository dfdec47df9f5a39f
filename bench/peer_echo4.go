package main

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

var withEcho4 = peer{
	name: "echo v4", skips: "T2e", app: echo4App, table: echo4Table,
	modules: "github.com/labstack/echo/v4 github.com/go-playground/validator/v10",
}

// newEcho4 returns a server, and the group of its routes.
func newEcho4(s style) (*echo.Echo, *echo.Group) {
	router := echo.New()
	group := router.Group("")
	if s == plain {
		return router, group
	}
	handle := router.HTTPErrorHandler
	router.HTTPErrorHandler = func(err error, c echo.Context) { handle(err, c) }
	group.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			s.mark(c.Response())
			return next(c)
		}
	}, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			if err != nil {
				failed.Add(1)
			}
			return err
		}
	})
	return router, group
}

func echo4App(s style) http.Handler {
	router, e := newEcho4(s)
	router.Validator = newRuleChecker()
	e.GET("/api/user", func(c echo.Context) error { return c.JSON(200, johnDoe) })
	e.GET("/api/posts/:id", func(c echo.Context) error { return c.JSON(200, post{c.Param("id")}) })
	e.GET("/api/search", echo4Search)
	e.POST("/api/items", echo4Item)
	e.POST("/api/posts/:id/comments", echo4Comment)
	e.POST("/api/products", echo4Product)
	e.POST("/api/deliveries", echo4Delivery)
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

// An echoDelivery is the input of T10, for both versions of echo.
type echoDelivery struct {
	Branch int    `query:"branch" json:"-" validate:"required,min=1,max=500"`
	Lang   string `query:"lang" json:"-" validate:"required,oneof=en de fr"`
	validItem
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

func echo4Product(c echo.Context) error {
	var in validItem
	if err := echo4Body(c, &in); err != nil {
		return err
	}
	it := item(in)
	return c.JSON(201, created{it.id()})
}

func echo4Delivery(c echo.Context) error {
	var in echoDelivery
	// Bind does not read the query of a POST.
	if err := (&echo.DefaultBinder{}).BindQueryParams(c, &in); err != nil {
		return err
	}
	if err := echo4Body(c, &in); err != nil {
		return err
	}
	it := item(in.validItem)
	return c.JSON(201, created{it.id()})
}

// echo4Body decodes a JSON body and then checks the rules of the whole struct.
func echo4Body(c echo.Context, v any) error {
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

func echo4Table(s style, rules []rule) http.Handler {
	router, e := newEcho4(s)
	for i, r := range rules {
		e.Add(r.method, colons(r.path), func(echo.Context) error { routed = i; return nil })
	}
	return router
}
