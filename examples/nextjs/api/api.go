package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"example.com/apiroute"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// An app has the handlers as methods, and holds what they share.
type app struct {
	*store
	bell       bell
	closing    <-chan struct{} // closed when the server shuts down
	production bool
}

// newSite returns the whole site: the API, and for all other paths either the Next.js server at next
// or, if next is nil, the front end that is embedded in this program.
func newSite(a *app, next *url.URL, log *slog.Logger) (*apiroute.Router, error) {
	site := newAPI(a, log)
	if next != nil {
		// What has not moved to Go yet is served by Next.js, other paths below /api too. Its
		// streams and the WebSocket of hot reload last as long as both ends like.
		site.Mount("/", proxyTo(next, log), apiroute.Timeout(0))
		return site, nil
	}
	files, err := fs.Sub(front, "front")
	if err != nil {
		return nil, err
	}
	f, err := newFrontEnd(files)
	if err != nil {
		return nil, err
	}
	site.Mount("/", f)
	site.Mount("/api", &apiroute.Error{Status: 404}) // no page
	return site, nil
}

// newAPI returns the API. All of its routes can be read here in one place, as in a listing of the
// folder pages/api.
func newAPI(a *app, log *slog.Logger) *apiroute.Router {
	site := apiroute.New(
		apiroute.Use(rejectCrossOrigin()),
		apiroute.Done(logRequests(log)),
		apiroute.Logger(log),
		apiroute.OnError(explain),
		apiroute.Timeout(10*time.Second),
	)
	site.Get("/healthz", a.health, apiroute.Timeout(2*time.Second))

	site.Get("/api/openapi.json", site.OpenAPI("Task board", "1.0.0",
		`{"info":{"license":{"name":"MIT","identifier":"MIT"}}}`))

	api := site.Group("/api", apiroute.RejectUnknown(true))
	apiroute.Post(api, "/session", a.signIn, tagTeam, returnsError(401),
		apiroute.Operation("signIn", "Signs a user in with a cookie."))

	// Everything else needs a session. The group checks it, so no route can forget to.
	team := api.Group("/", apiroute.Around(a.requireUser), returnsError(401),
		apiroute.Security("session", `{"type":"apiKey","in":"cookie","name":"session"}`))
	a.teamRoutes(team.Group("/", tagTeam))
	a.boardRoutes(team.Group("/", apiroute.Tag("boards", "Boards and their columns.")))
	a.taskRoutes(team.Group("/", apiroute.Tag("tasks", "Tasks and their files.")))
	return site
}

var tagTeam = apiroute.Tag("team", "Users and sessions.")

// returnsError documents the status of an error.
func returnsError(status int) apiroute.Option { return apiroute.Returns[apiroute.Error](status) }

func (a *app) teamRoutes(api *apiroute.Router) {
	apiroute.Get(api, "/session", a.showSession, apiroute.Operation("showSession", "Returns the user who is signed in."))
	apiroute.Delete(api, "/session", a.signOut, apiroute.Operation("signOut", "Ends the session."))
	apiroute.Get(api, "/users", a.listUsers, apiroute.Operation("listUsers", "Lists the members of the team."))
}

func (a *app) boardRoutes(api *apiroute.Router) {
	apiroute.Get(api, "/boards", a.listBoards, apiroute.Operation("listBoards", "Lists all boards."))
	apiroute.Post(api, "/boards", a.createBoard, returnsError(409), apiroute.Operation("createBoard", "Creates a board."))
	apiroute.Get(api, "/boards/[id]", a.showBoard, returnsError(404), apiroute.ETag(true),
		apiroute.Operation("showBoard", "Returns a board with all of its tasks."))
	apiroute.Patch(api, "/boards/[id]", a.updateBoard, returnsError(404), returnsError(409),
		apiroute.Operation("updateBoard", "Renames a board."))
	apiroute.Delete(api, "/boards/[id]", a.deleteBoard, returnsError(404),
		apiroute.Operation("deleteBoard", "Deletes a board with all of its tasks."))
	api.Get("/boards/[id]/events", a.feed, apiroute.Timeout(0),
		apiroute.Takes[feedStart](), apiroute.Returns[Change](200, "text/event-stream"), returnsError(404),
		apiroute.Operation("boardEvents", "Sends the changes of a board as server-sent events."))
	apiroute.Post(api, "/boards/[id]/columns", a.createColumn, returnsError(404),
		apiroute.Operation("createColumn", "Adds a column at the end of a board."))
	apiroute.Patch(api, "/columns/[id]", a.updateColumn, returnsError(404),
		apiroute.Operation("updateColumn", "Renames or moves a column."))
	apiroute.Delete(api, "/columns/[id]", a.deleteColumn, returnsError(404), returnsError(409),
		apiroute.Operation("deleteColumn", "Deletes a column without tasks."))
}

func (a *app) taskRoutes(api *apiroute.Router) {
	apiroute.Get(api, "/tasks", a.listTasks, apiroute.Operation("listTasks", "Searches the tasks of all boards."))
	apiroute.Post(api, "/boards/[id]/tasks", a.createTask, returnsError(404), returnsError(409), returnsError(422),
		apiroute.Operation("createTask", "Adds a task to a board."))
	apiroute.Get(api, "/tasks/[id]", a.showTask, returnsError(404), apiroute.Operation("showTask", "Returns a task."))
	apiroute.Patch(api, "/tasks/[id]", a.updateTask, returnsError(404), returnsError(422),
		apiroute.Operation("updateTask", "Changes or moves a task.\n\nWhat is absent stays as it is."))
	apiroute.Delete(api, "/tasks/[id]", a.deleteTask, returnsError(404), apiroute.Operation("deleteTask", "Deletes a task."))

	apiroute.Post(api, "/tasks/[id]/attachments", a.addAttachment, apiroute.BodyLimit(maxUpload), apiroute.Timeout(time.Minute),
		returnsError(404), returnsError(409), returnsError(413), returnsError(422),
		apiroute.Operation("addAttachment", "Adds a file of at most 5 MiB to a task."))
	api.Get("/attachments/[id]", a.showAttachment,
		apiroute.Takes[attachmentID](), apiroute.Returns[[]byte](200, "application/octet-stream"), returnsError(404),
		apiroute.Operation("showAttachment", "Returns the contents of a file."))
	apiroute.Delete(api, "/attachments/[id]", a.deleteAttachment, returnsError(404),
		apiroute.Operation("deleteAttachment", "Deletes a file."))
}

// health is for monitoring. It responds with 200 if the database can be read.
func (a *app) health(req *apiroute.Request, res *apiroute.Response) error {
	if err := a.read.PingContext(req.Context()); err != nil {
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
