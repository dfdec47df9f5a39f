package main

import (
	"net/http"
	"slices"
	"strings"
)

// A peer is one implementation of the server that the tasks need.
type peer struct {
	name string
	// skips names the tasks that are outside of the library's scope.
	skips string
	// app returns a handler for all tasks except T6; nil if the library has none. If asWritten is
	// true, the routes are in a group, as in most programs: it has a function that sees errors, if
	// the library knows such a function, and middleware that sets a header.
	app func(asWritten bool) http.Handler
	// table returns a router with handlers that set routed; nil if the library cannot route.
	table func([]rule) http.Handler
}

// peers are all peers, in the order of the printed table.
var peers = []peer{
	tuned, naive, apirouteBind, apirouteTyped,
	withChi, withGin, withEcho4, withEcho5, withHuma,
	withHTTPRouter, withBunRouter, withHTTPIn,
}

func (p peer) does(task string) bool {
	if task == "T6" {
		return p.table != nil
	}
	return p.app != nil && !slices.Contains(strings.Fields(p.skips), strings.TrimSuffix(task, "+"))
}

// handler returns a handler for a task that the peer does.
func (p peer) handler(t task) http.Handler {
	if t.name == "T6" {
		return p.table(gitHub())
	}
	return p.app(t.asWritten)
}

// setHeader is the middleware of the tasks that measure programs as they are written.
func setHeader(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// withHeader puts setHeader around a handler if asWritten is true.
func withHeader(asWritten bool, h http.Handler) http.Handler {
	if asWritten {
		return setHeader(h)
	}
	return h
}

// named returns the peers with the names in a comma-separated list, or all peers if the list is
// empty. unknown is the first name that no peer has, or "".
func named(list string) (found []peer, unknown string) {
	if list == "" {
		return peers, ""
	}
	for _, name := range strings.Split(list, ",") {
		i := slices.IndexFunc(peers, func(p peer) bool { return p.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, name
		}
		found = append(found, peers[i])
	}
	return found, ""
}
