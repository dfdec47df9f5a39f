package main

import (
	"log/slog"
	"net/http"
	"strings"

	"example.com/apiroute"
)

// rejectCrossOrigin returns standard middleware that rejects requests of other sites' pages, unless
// they only read. An *apiroute.Error is an http.Handler, so the response looks like the API's other
// errors.
func rejectCrossOrigin() func(http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	forbidden := &apiroute.Error{Status: http.StatusForbidden, Detail: "this came from a page of another site"}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// A browser that sends no Sec-Fetch-Site, such as for http://192.0.2.7:3000 on a phone,
			// has its Origin compared with the Host. Next.js in front of this server changes the Host,
			// and keeps the browser's in this header, which a page of another site cannot set.
			seen := r
			if host := r.Header.Get("X-Forwarded-Host"); host != "" {
				seen = r.WithContext(r.Context())
				seen.Host = host
			}
			if protection.Check(seen) != nil {
				forbidden.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// logRequests returns a function for apiroute.Done that logs each request of the API.
func logRequests(log *slog.Logger) func(*apiroute.Request, apiroute.Outcome) {
	return func(req *apiroute.Request, o apiroute.Outcome) {
		level := slog.LevelInfo
		if !strings.HasPrefix(req.Route(), "/api/") {
			level = slog.LevelDebug
		}
		log.Log(req.Context(), level, "request", "method", req.Method, "route", req.Route(), "path", req.URL.Path,
			"status", o.Status, "bytes", o.Bytes, "took", o.Duration)
	}
}
