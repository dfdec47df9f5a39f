package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/apiroute"
	"golang.org/x/crypto/bcrypt"
)

// A User is a member of the team.
type User struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color" pattern:"^#[0-9a-f]{6}$" example:"#2563eb"`
}

func scanUser(r row) (u User, err error) {
	err = r.Scan(&u.ID, &u.Name, &u.Color)
	return u, err
}

func (a *app) listUsers(ctx context.Context, _ struct{}) (List[User], error) {
	return list(ctx, a.read, scanUser, `SELECT id, name, color FROM users ORDER BY name`)
}

// hashPassword returns the hash that the database keeps of a password of at most 72 bytes.
func hashPassword(password string) ([]byte, error) {
	return bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
}

// addUser adds a member of the team, or gives the member with this name a new password, by its hash.
func addUser(ctx context.Context, q querier, name, color string, password []byte) error {
	_, err := q.ExecContext(ctx, `INSERT INTO users (name, color, password) VALUES (?1, ?2, ?3)
		ON CONFLICT DO UPDATE SET password = ?3`, name, color, password)
	return err
}

func (s *store) countUsers(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n)
	return n, err
}

// sessionTime is how long a user stays signed in.
const sessionTime = 30 * 24 * time.Hour

type credentials struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"40" example:"Ada"`
		Password string `json:"password" minLength:"1" maxLength:"72" format:"password"`
	} `body:"json"`
}

// A signedIn is a 201 with the cookie of a new session.
type signedIn struct {
	Status  int         `status:"201"`
	Session http.Cookie `cookie:"session"`
	User    User        `body:"json"`
}

// noUser returns the hash that is compared for a name that does not exist, so that the time that a
// response takes does not tell which names do.
var noUser = sync.OnceValues(func() ([]byte, error) { return hashPassword(rand.Text()) })

func (a *app) signIn(ctx context.Context, in credentials) (signedIn, error) {
	var u User
	hash, err := noUser()
	if err != nil {
		return signedIn{}, err
	}
	err = a.read.QueryRowContext(ctx, `SELECT id, name, color, password FROM users WHERE name = ?`,
		strings.TrimSpace(in.Body.Name)).Scan(&u.ID, &u.Name, &u.Color, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return signedIn{}, err
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(in.Body.Password)) != nil {
		return signedIn{}, apiroute.Errorf(401, "the name or the password is wrong")
	}
	token, now := rand.Text(), time.Now()
	err = a.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE expires < ?`, now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sessions (token, user_id, expires) VALUES (?, ?, ?)`,
			hashToken(token), u.ID, now.Add(sessionTime).UnixMilli())
		return err
	})
	return signedIn{Session: a.cookie(token, sessionTime), User: u}, err
}

// cookie returns a cookie that scripts of the page cannot read and other sites cannot use.
func (a *app) cookie(token string, age time.Duration) http.Cookie {
	c := http.Cookie{Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: a.production}
	if c.MaxAge = int(age.Seconds()); age == 0 {
		c.MaxAge = -1 // removes it
	}
	return c
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func (a *app) showSession(ctx context.Context, _ struct{}) (User, error) {
	return sessionOf(ctx).user, nil
}

type signedOut struct {
	Session http.Cookie `cookie:"session"`
}

// signOut ends the session. The bell makes its feeds notice.
func (a *app) signOut(ctx context.Context, _ struct{}) (signedOut, error) {
	_, err := a.write.ExecContext(ctx, `DELETE FROM sessions WHERE token = ?`, hashToken(sessionOf(ctx).token))
	a.bell.ring()
	return signedOut{a.cookie("", 0)}, err
}

// sessionUser returns the user of a session, or sql.ErrNoRows.
func (a *app) sessionUser(ctx context.Context, token string) (User, error) {
	return scanUser(a.read.QueryRowContext(ctx, `SELECT id, name, color FROM sessions
		JOIN users ON id = user_id WHERE token = ? AND expires > ?`, hashToken(token), time.Now().UnixMilli()))
}

// A session is what requireUser finds for a cookie.
type session struct {
	user  User
	token string
}

type sessionKey struct{}

// sessionOf returns the session of a request, and the zero session where requireUser does not run.
func sessionOf(ctx context.Context) session {
	s, _ := ctx.Value(sessionKey{}).(session)
	return s
}

// requireUser is middleware for apiroute.Around. It rejects a request without a session.
func (a *app) requireUser(next apiroute.Handler) apiroute.Handler {
	return func(req *apiroute.Request, res *apiroute.Response) error {
		unauthorized := &apiroute.Error{Status: http.StatusUnauthorized, Detail: "sign in first"}
		c, err := req.Cookie("session")
		if err != nil {
			return unauthorized
		}
		u, err := a.sessionUser(req.Context(), c.Value)
		if errors.Is(err, sql.ErrNoRows) {
			return unauthorized
		}
		if err != nil {
			return err
		}
		res.SetHeader("Cache-Control", "private, no-cache") // for this user alone
		req.Request = req.WithContext(context.WithValue(req.Context(), sessionKey{}, session{u, c.Value}))
		return next(req, res)
	}
}
