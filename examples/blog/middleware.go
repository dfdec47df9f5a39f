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

// requireToken returns middleware for apiroute.Around. It rejects a request by returning an error,
// which is sent and logged like the error of a handler.
func requireToken(token string) func(apiroute.Handler) apiroute.Handler {
	want := sha256.Sum256([]byte(token))
	return func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			given, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
			// The comparison takes the same time for every wrong token. Hashing first hides
			// the length of the token as well.
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

// refuseCrossOrigin returns standard middleware that rejects requests of other sites' pages, unless
// they only read. An *apiroute.Error is an http.Handler, so the response looks like the API's other
// errors.
func refuseCrossOrigin() func(http.Handler) http.Handler {
	c := http.NewCrossOriginProtection()
	c.SetDenyHandler(&apiroute.Error{Status: http.StatusForbidden, Detail: "this came from a page of another site"})
	return c.Handler
}

// secureHeaders makes browsers load only files of this site, in case a reader's text ever gets into
// the page as HTML.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' blob:; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		w.Header().Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// logRequests logs each request after its response. The router sets Pattern to the path of the
// route, so that standard middleware can see it.
func logRequests(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, sw := time.Now(), &statusWriter{ResponseWriter: w}
			defer func() { // also after the panic by which a handler closes the connection
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

// A statusWriter records the status of a response. Its Unwrap lets http.ResponseController find the
// server's writer, which can flush and set deadlines.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) {
	if w.status < 200 { // an informational status may precede the final one
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
