package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"example.com/apiroute"
)

// requireToken is middleware in the package's own terms: it refuses by returning
// an error, which is then answered, and logged, as that of a handler.
func requireToken(token string) func(apiroute.Handler) apiroute.Handler {
	want := sha256.Sum256([]byte(token))
	return func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			given, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
			// The time that this takes tells nothing about the token, and that
			// of the hashes nothing about its length.
			got := sha256.Sum256([]byte(given))
			if !ok || token == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
				return &apiroute.Error{
					Status: http.StatusUnauthorized,
					Detail: "this needs the admin token",
					Header: http.Header{"Www-Authenticate": {`Bearer realm="blog"`}},
				}
			}
			return next(req, res)
		}
	}
}

// refuseCrossOrigin refuses what pages of other sites make a browser send, but
// for reading. It is standard middleware, and refuses in the voice of the API:
// an *apiroute.Error is an http.Handler.
func refuseCrossOrigin() func(http.Handler) http.Handler {
	c := http.NewCrossOriginProtection()
	c.SetDenyHandler(&apiroute.Error{Status: http.StatusForbidden, Detail: "this came from a page of another site"})
	return c.Handler
}

// secureHeaders keeps the page to its own files, should text of a reader ever
// get into it as HTML.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' blob:; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		w.Header().Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// logRequests logs each request when it is answered. The router tells standard
// middleware in Pattern which route it was.
func logRequests(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, sw := time.Now(), &statusWriter{ResponseWriter: w}
			defer func() { // also when the connection is cut, which is a panic
				log.LogAttrs(r.Context(), slog.LevelInfo, "request",
					slog.String("method", r.Method),
					slog.String("route", r.Pattern),
					slog.String("path", r.URL.Path),
					slog.Int("status", sw.status),
					slog.Duration("took", time.Since(start)))
			}()
			next.ServeHTTP(sw, r)
		})
	}
}

// A statusWriter remembers the status. Unwrap lets http.ResponseController
// through to what is below, which flushes and sets deadlines.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) {
	if w.status < 200 { // those below come before the final one
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
