package main

import (
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"example.com/apiroute"
	"github.com/rs/cors"
	"github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"
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
	notFound := apiroute.Returns[apiroute.Error](404)
	open := api.Group("/api", apiroute.Use(cors.New(cors.Options{AllowedMethods: []string{"GET", "HEAD"}}).Handler))
	posts, comments := open.Group("", postTag), open.Group("", commentTag)
	apiroute.Get(posts, "/posts", b.listPosts, apiroute.ETag(true),
		apiroute.Operation("listPosts", "Lists posts, newest first.\n\nThe body of each is only its beginning."))
	apiroute.Get(posts, "/posts/[id]", b.showPost, apiroute.ETag(true), notFound,
		apiroute.Operation("showPost", "Returns a post."))
	posts.Get("/posts/[id]/cover", b.showCover, notFound, apiroute.Takes[postID](),
		apiroute.Returns[[]byte](200, "image/gif", "image/jpeg", "image/png"),
		apiroute.Operation("showCover", "Returns the picture of a post."))
	apiroute.Get(comments, "/posts/[id]/comments", b.listComments, notFound,
		apiroute.Operation("listComments", "Lists the comments on a post, oldest first."))
	apiroute.Get(comments, "/comments", b.latestComments,
		apiroute.Operation("latestComments", "Lists the latest comments on all posts, newest first."))
	comments.Get("/comments/events", b.feed, apiroute.Timeout(0), // lasts as long as the client stays
		apiroute.Takes[feedStart](), apiroute.Returns[Comment](200, "text/event-stream"),
		apiroute.Operation("followComments", "Sends each new comment as an event.\n\nThe type of the events is comment."))
	apiroute.Get(posts, "/archive/[[...slug]]", b.showArchive,
		apiroute.Operation("showArchive", "Counts the posts of each month, or lists those of a year, a month or a day."))
	apiroute.Get(open, "/docs/[...slug]", showDoc, apiroute.Operation("", "")) // for readers, not for programs

	// Everybody may write comments, but only from the pages of this site.
	apiroute.Post(api, "/api/posts/[id]/comments", b.addComment, apiroute.Status(201), apiroute.RejectUnknown(true),
		commentTag, notFound, apiroute.Operation("addComment", "Adds a comment to a post."))

	// Only the admin may use these. The group checks the token, so no route can forget to.
	admin := api.Group("/api", apiroute.Around(requireToken(c.token)), apiroute.RejectUnknown(true),
		apiroute.Tag("admin", "For the admin of the blog."), apiroute.Security("admin", `{"type":"http","scheme":"bearer"}`),
		apiroute.Returns[apiroute.Error](401))
	admin.Get("/session", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(204).End() },
		apiroute.Returns[struct{}](204), apiroute.Operation("checkSession", "Checks the token."))
	apiroute.Post(admin, "/posts", b.createPost, apiroute.Operation("createPost", "Creates a post."))
	apiroute.Put(admin, "/posts/[id]", b.updatePost, notFound, apiroute.Operation("updatePost", "Replaces the text of a post."))
	apiroute.Delete(admin, "/posts/[id]", b.deletePost, notFound,
		apiroute.Operation("deletePost", "Deletes a post with its comments and its picture."))
	apiroute.Put(admin, "/posts/[id]/cover", b.putCover, apiroute.BodyLimit(maxUpload), apiroute.Timeout(time.Minute), notFound,
		apiroute.Operation("putCover", "Sets the picture of a post."))
	apiroute.Delete(admin, "/comments/[id]", b.deleteComment, notFound, apiroute.Operation("deleteComment", "Deletes a comment."))

	// The document of the API, and a page that shows it.
	api.Get("/openapi.json", api.OpenAPI("Blog", "1.0.0", documentPatch))
	api.Get("/docs", docsPage, apiroute.Use(docsHeaders))
	api.Mount("/docs/ui", http.StripPrefix("/docs/ui", statigz.FileServer(static.FS)))

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
