package main

import (
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"example.com/apiroute"
	"github.com/rs/cors"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A blog has the handlers, and what they share.
type blog struct {
	*store
	bell    bell
	closing <-chan struct{} // closed when the server shuts down
}

// config is what newAPI gets from outside.
type config struct {
	token     string // of the admin
	legacy    string // address of the masked service
	legacyKey string // which it asks for
	log       *slog.Logger
}

//go:embed page
var page embed.FS

// newAPI returns the whole site: all routes on one page of code, as the folder
// pages/api has them.
func newAPI(b *blog, c config) *apiroute.Router {
	api := apiroute.New(
		apiroute.Use(logRequests(c.log), secureHeaders, refuseCrossOrigin()),
		apiroute.Logger(c.log),
		apiroute.OnError(explain),
		apiroute.Timeout(10*time.Second),
	)
	api.Get("/", index)
	api.Mount("/page", http.FileServerFS(page))
	api.Get("/healthz", b.health, apiroute.Timeout(2*time.Second))

	// What everybody may read, scripts of other sites too.
	open := api.Group("/api", apiroute.Use(cors.New(cors.Options{AllowedMethods: []string{"GET", "HEAD"}}).Handler))
	apiroute.Get(open, "/posts", b.listPosts, apiroute.ETag(true))
	apiroute.Get(open, "/posts/[id]", b.showPost, apiroute.ETag(true))
	open.Get("/posts/[id]/cover", b.showCover)
	apiroute.Get(open, "/posts/[id]/comments", b.listComments)
	apiroute.Get(open, "/comments", b.latestComments)
	open.Get("/comments/events", b.feed, apiroute.Timeout(0)) // as long as the client likes
	apiroute.Get(open, "/archive/[[...slug]]", b.showArchive)
	open.Get("/docs/[...slug]", showDoc)

	// What everybody may write, from this site's own pages.
	apiroute.Post(api, "/api/posts/[id]/comments", b.addComment, apiroute.Status(201), apiroute.RejectUnknown(true))

	// What the admin may do. The guard is the group's: a route cannot forget it.
	admin := api.Group("/api", apiroute.Around(requireToken(c.token)), apiroute.RejectUnknown(true))
	admin.Get("/session", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(204).End() })
	apiroute.Post(admin, "/posts", b.createPost, apiroute.Status(201))
	apiroute.Put(admin, "/posts/[id]", b.updatePost)
	apiroute.Delete(admin, "/posts/[id]", b.deletePost)
	apiroute.Put(admin, "/posts/[id]/cover", b.putCover, apiroute.BodyLimit(maxUpload), apiroute.Timeout(time.Minute))
	apiroute.Delete(admin, "/comments/[id]", b.deleteComment)

	// Another service, behind this one's address.
	api.Handle("/api/legacy/[[...path]]", maskLegacy(c.legacy, c.legacyKey))
	return api
}

func index(req *apiroute.Request, res *apiroute.Response) error {
	http.ServeFileFS(res, req.Request, page, "page/index.html")
	return nil
}

// health is for whoever watches the server: 200 if the database answers.
func (b *blog) health(req *apiroute.Request, res *apiroute.Response) error {
	var one int
	if err := b.read.QueryRowContext(req.Context(), `SELECT 1`).Scan(&one); err != nil {
		return &apiroute.Error{Status: 503, Err: err}
	}
	return res.Text("ok\n")
}

// explain makes answers of errors that can come from everywhere: a database
// that another program keeps locked is a matter of time, and no fault.
func explain(_ *apiroute.Request, _ *apiroute.Response, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return &apiroute.Error{Status: 503, Header: http.Header{"Retry-After": {"1"}}, Err: err}
	}
	return err
}
