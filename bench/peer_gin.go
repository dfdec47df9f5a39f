package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"
)

var withGin = peer{name: "gin", app: ginApp, table: ginTable}

func newGin() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	return gin.New()
}

func ginApp(asWritten bool) http.Handler {
	engine := newGin()
	r := gin.IRoutes(engine)
	if asWritten {
		r = engine.Group("/", ginErrors, ginHeader)
	}
	r.GET("/api/user", func(c *gin.Context) { c.JSON(200, johnDoe) })
	r.GET("/api/posts/:id", func(c *gin.Context) { c.JSON(200, post{c.Param("id")}) })
	r.GET("/api/search", ginSearch)
	r.POST("/api/items", ginItem)
	r.POST("/api/posts/:id/comments", ginComment)
	r.GET("/api/rows", func(c *gin.Context) { c.JSON(200, rows) })
	return engine
}

// ginErrors is where a program would look at the errors that handlers have added.
func ginErrors(c *gin.Context) {
	c.Next()
	if err := c.Errors.Last(); err != nil && !c.Writer.Written() {
		ginError(c, 500, err.Error())
	}
}

func ginHeader(c *gin.Context) {
	c.Header("X-Frame-Options", "DENY")
	c.Next()
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
	if c.ContentType() != binding.MIMEJSON {
		ginError(c, 415, "want application/json")
		return false
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	err := c.ShouldBindJSON(v)
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

func ginTable(rules []rule) http.Handler {
	router := newGin()
	for i, r := range rules {
		router.Handle(r.method, colons(r.path), func(*gin.Context) { routed = i })
	}
	return router
}
