package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"example.com/apiroute"
)

// A config holds what the handlers need. Handlers use its keys and addresses; no client sees them.
type config struct {
	store      *store
	signingKey string
	legacy     string          // the URL of the masked service
	legacyKey  string          // the key that the masked service asks for
	tick       time.Duration   // between two events of the clock
	closing    <-chan struct{} // closed when the server shuts down
}

// newAPI returns a router with all routes, in the order of their paths.
func newAPI(c config) *apiroute.Router {
	st := c.store
	api := apiroute.New()
	api.Get("/api/clock", clock(c.tick, c.closing))
	api.Get("/api/docs/[...slug]", docs)
	api.Handle("/api/legacy/[[...path]]", apiroute.Proxy(c.legacy, func(pr *httputil.ProxyRequest) {
		pr.Out.Header.Set("X-Key", c.legacyKey)
		pr.Out.Header.Del("Cookie")
	}))
	apiroute.Get(api, "/api/posts/[id]", st.showPost)
	apiroute.Put(api, "/api/posts/[id]", st.savePost)
	apiroute.Delete(api, "/api/posts/[id]", st.deletePost)
	api.Get("/api/shop/[[...slug]]", shop)
	api.Get("/api/sign", sign(c.signingKey))
	api.Handle("/api/user", st.user)
	api.Get("/openapi.json", api.OpenAPI("Hello", "1.0.0"))
	return api
}

// user handles all methods of /api/user in one function, as in Next.js.
func (s *store) user(req *apiroute.Request, res *apiroute.Response) error {
	switch req.Method {
	case "GET", "HEAD":
		return res.JSON(s.get().User)
	case "POST":
		in, err := apiroute.Bind[newUser](req)
		if err != nil {
			return err // a 400 that names all invalid fields
		}
		err = s.update(func(st *state) error {
			st.User = User(in.Body)
			return nil
		})
		if err != nil {
			return err // a 500; the text of err only goes to the log
		}
		return res.Status(201).JSON(in.Body)
	}
	return &apiroute.Error{Status: 405, Header: http.Header{"Allow": {"GET, HEAD, POST"}}}
}

type newUser struct {
	Body userBody `body:"json"`
}

type userBody User

// Validate rejects a user without a name. Bind calls it.
func (u userBody) Validate() error {
	if strings.TrimSpace(u.Name) == "" {
		return apiroute.FieldError{In: "body", Name: "name", Detail: "is required"}
	}
	return nil
}

type postID struct {
	ID int `path:"id"`
}

func (s *store) showPost(_ context.Context, in postID) (Post, error) {
	p, ok := s.get().Posts[in.ID]
	if !ok {
		return Post{}, apiroute.Errorf(404, "no post %d", in.ID)
	}
	return p, nil
}

type postUpdate struct {
	postID
	Tags  []string `query:"tag"`
	Draft bool     `query:"draft" default:"false"`
	Body  struct {
		Title string `json:"title"`
	} `body:"json"`
}

func (s *store) savePost(_ context.Context, in postUpdate) (Post, error) {
	p := Post{in.ID, in.Body.Title, in.Tags, in.Draft}
	return p, s.update(func(st *state) error {
		st.Posts[p.ID] = p
		return nil
	})
}

func (s *store) deletePost(_ context.Context, in postID) (struct{}, error) {
	return struct{}{}, s.update(func(st *state) error {
		if _, ok := st.Posts[in.ID]; !ok {
			return apiroute.Errorf(404, "no post %d", in.ID)
		}
		delete(st.Posts, in.ID)
		return nil
	})
}

func docs(req *apiroute.Request, res *apiroute.Response) error {
	return res.JSON(map[string]any{"slug": req.Segments("slug")})
}

func shop(req *apiroute.Request, res *apiroute.Response) error {
	return res.Text("shop: /" + req.Param("slug"))
}

// sign returns a handler that signs the text in the query with the key.
func sign(key string) apiroute.Handler {
	return func(req *apiroute.Request, res *apiroute.Response) error {
		if key == "" {
			return apiroute.Errorf(503, "signing is off: the server has no SIGNING_KEY")
		}
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(req.Query().Get("text")))
		return res.JSON(map[string]string{"signature": hex.EncodeToString(mac.Sum(nil))})
	}
}
