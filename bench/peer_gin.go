package main

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"
	"github.com/go-playground/validator/v10"
)

var withGin = peer{
	name: "gin", skips: "T2e", app: ginApp, table: ginTable,
	modules: "github.com/gin-gonic/gin github.com/go-playground/validator/v10",
}

// newGin returns an engine, and what its routes are registered on. gin has no function for errors.
func newGin(s style) (http.Handler, gin.IRoutes) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	if s == plain {
		return engine, engine
	}
	outer := func(c *gin.Context) {
		s.mark(c.Writer)
		c.Next()
	}
	inner := func(c *gin.Context) {
		c.Next()
		if c.Writer.Status() >= 400 {
			failed.Add(1)
		}
	}
	return engine, engine.Group("/", outer, inner)
}

func ginApp(s style) http.Handler {
	registerSKU(binding.Validator.Engine().(*validator.Validate))
	engine, r := newGin(s)
	r.GET("/api/user", func(c *gin.Context) { c.JSON(200, johnDoe) })
	r.GET("/api/posts/:id", func(c *gin.Context) { c.JSON(200, post{c.Param("id")}) })
	r.GET("/api/search", ginSearch)
	r.POST("/api/items", ginItem)
	r.POST("/api/posts/:id/comments", ginComment)
	r.POST("/api/products", ginProduct)
	r.POST("/api/deliveries", ginDelivery)
	r.GET("/api/rows", func(c *gin.Context) { c.JSON(200, rows) })
	return engine
}

func ginError(c *gin.Context, status int, text string) {
	c.AbortWithStatusJSON(status, gin.H{"error": text})
}

func ginSearch(c *gin.Context) {
	var in struct {
		Page  int      `form:"page" json:"page"`
		Limit int      `form:"limit" json:"limit"`
		Draft bool     `form:"draft" json:"draft"`
		Q     string   `form:"q" json:"q"`
		Tags  []string `form:"tag" json:"tags"`
	}
	if err := c.ShouldBindQuery(&in); err != nil {
		ginError(c, 400, err.Error())
		return
	}
	c.JSON(200, in)
}

// ginDecode decodes a JSON body. If it cannot, it sends the error and returns false.
func ginDecode(c *gin.Context, v any) bool {
	return ginDecodeAfter(c, nil, v)
}

// ginDecodeAfter is ginDecode with an error of the query, which it sends too.
func ginDecodeAfter(c *gin.Context, query error, v any) bool {
	if c.ContentType() != binding.MIMEJSON {
		ginError(c, 415, "want application/json")
		return false
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	err := c.ShouldBindJSON(v)
	if query != nil {
		err = errors.Join(query, err)
	}
	if err != nil {
		ginError(c, 400, err.Error())
	}
	return err == nil
}

func ginItem(c *gin.Context) {
	var in struct {
		Name        string   `json:"name" binding:"required"`
		SKU         string   `json:"sku"`
		Maker       string   `json:"maker"`
		Description string   `json:"description"`
		Stock       int      `json:"stock"`
		Active      bool     `json:"active"`
		Tags        []string `json:"tags"`
		Price       float64  `json:"price"`
	}
	if ginDecode(c, &in) {
		it := item(in)
		c.JSON(201, created{it.id()})
	}
}

func ginComment(c *gin.Context) {
	var in struct {
		ID          int    `uri:"id" form:"-" json:"-"`
		Notify      bool   `form:"notify" json:"-"`
		Lang        string `form:"lang" json:"-"`
		commentBody `form:"-"`
	}
	err := c.ShouldBindUri(&in)
	if err == nil {
		err = c.ShouldBindQuery(&in)
	}
	if err != nil {
		ginError(c, 400, err.Error())
		return
	}
	if ginDecode(c, &in) {
		c.JSON(200, comment{in.ID, in.Notify, in.Lang, in.commentBody})
	}
}

// A ginRuled is an item with rules. gin's validator is that of echo and fuego, with another tag.
type ginRuled struct {
	Name        string   `json:"name" binding:"required,min=3,max=80"`
	SKU         string   `json:"sku" binding:"sku"`
	Maker       string   `json:"maker"`
	Description string   `json:"description" binding:"max=400"`
	Stock       int      `json:"stock" binding:"min=0,max=10000"`
	Active      bool     `json:"active"`
	Tags        []string `json:"tags" binding:"min=1,max=8,unique,dive,oneof=kitchen coffee office refurbished garden outdoor sale new spare gift"`
	Price       float64  `json:"price" binding:"gt=0"`
}

func ginProduct(c *gin.Context) {
	var in ginRuled
	if ginDecode(c, &in) {
		it := item(in)
		c.JSON(201, created{it.id()})
	}
}

func ginDelivery(c *gin.Context) {
	var query struct {
		Branch int    `form:"branch" binding:"required,min=1,max=500"`
		Lang   string `form:"lang" binding:"required,oneof=en de fr"`
	}
	var in ginRuled
	if ginDecodeAfter(c, c.ShouldBindQuery(&query), &in) {
		it := item(in)
		c.JSON(201, created{it.id()})
	}
}

func ginTable(s style, rules []rule) http.Handler {
	engine, group := newGin(s)
	for i, r := range rules {
		group.Handle(r.method, colons(r.path), func(*gin.Context) { routed = i })
	}
	return engine
}
