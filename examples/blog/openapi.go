package main

import (
	"net/http"

	"example.com/apiroute"
)

// The tags of the document.
var (
	postTag    = apiroute.Tag("posts", "The articles of the blog.")
	commentTag = apiroute.Tag("comments", "What readers say about them.")
)

// documentPatch adds to the document what the routes do not say.
const documentPatch = `{"info": {
	"description": "Everybody may read posts and comments, and add comments. Only the admin may write posts.",
	"license": {"name": "MIT", "identifier": "MIT"},
	"contact": {"name": "The blog", "url": "https://blog.example/"}
}}`

// docsPage sends the page that shows the document. Its files are in the program, so it needs no other
// site.
func docsPage(req *apiroute.Request, res *apiroute.Response) error {
	http.ServeFileFS(res, req.Request, page, "page/docs.html")
	return nil
}

// docsHeaders allows the page of the document what secureHeaders does not: styles and pictures within
// the page.
func docsHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; "+
			"img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}
