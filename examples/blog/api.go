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

// A blog has the handlers as methods, and holds what they share.
type blog struct {
	*store
	bell    bell
	closing <-chan struct{} // closed when the server shuts down
}

// A config holds the settings of newAPI.
type config struct {
	token     string // the admin's
	legacy    string // the URL of the masked service
	legacyKey string // the key that the masked service asks for
	log       *slog.Logger
}

//go:embed page
var page embed.FS

// newAPI returns the whole site. All routes can be read here in one place, as in a listing of the
// folder pages/api.
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

	// Everybody may read these, scripts of other sites included.
	open := api.Group("/api", apiroute.Use(cors.New(cors.Options{AllowedMethods: []string{"GET", "HEAD"}}).Handler))
	apiroute.Get(open, "/posts", b.listPosts, apiroute.ETag(true))
	apiroute.Get(open, "/posts/[id]", b.showPost, apiroute.ETag(true))
	open.Get("/posts/[id]/cover", b.showCover)
	apiroute.Get(open, "/posts/[id]/comments", b.listComments)
	apiroute.Get(open, "/comments", b.latestComments)
	open.Get("/comments/events", b.feed, apiroute.Timeout(0)) // lasts as long as the client stays
	apiroute.Get(open, "/archive/[[...slug]]", b.showArchive)
	open.Get("/docs/[...slug]", showDoc)

	// Everybody may write comments, but only from the pages of this site.
	apiroute.Post(api, "/api/posts/[id]/comments", b.addComment, apiroute.Status(201), apiroute.RejectUnknown(true))

	// Only the admin may use these. The group checks the token, so no route can forget to.
	admin := api.Group("/api", apiroute.Around(requireToken(c.token)), apiroute.RejectUnknown(true))
	admin.Get("/session", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(204).End() })
	apiroute.Post(admin, "/posts", b.createPost, apiroute.Status(201))
	apiroute.Put(admin, "/posts/[id]", b.updatePost)
	apiroute.Delete(admin, "/posts/[id]", b.deletePost)
	apiroute.Put(admin, "/posts/[id]/cover", b.putCover, apiroute.BodyLimit(maxUpload), apiroute.Timeout(time.Minute))
	apiroute.Delete(admin, "/comments/[id]", b.deleteComment)

	// Another service is available at an address of this one.
	api.Handle("/api/legacy/[[...path]]", maskLegacy(c.legacy, c.legacyKey))
	return api
}

func index(req *apiroute.Request, res *apiroute.Response) error {
	http.ServeFileFS(res, req.Request, page, "page/index.html")
	return nil
}

// health is for monitoring. It responds with 200 if the database can be read.
func (b *blog) health(req *apiroute.Request, res *apiroute.Response) error {
	var one int
	if err := b.read.QueryRowContext(req.Context(), `SELECT 1`).Scan(&one); err != nil {
		return &apiroute.Error{Status: 503, Err: err}
	}
	return res.Text("ok\n")
}

// explain turns errors that any handler can return into responses. A database that another program
// has locked is a temporary failure, so the client may try again.
func explain(_ *apiroute.Request, _ *apiroute.Response, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return &apiroute.Error{Status: 503, Header: http.Header{"Retry-After": {"1"}}, Err: err}
	}
	return err
}
