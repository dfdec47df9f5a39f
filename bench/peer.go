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
	// app returns a handler for all tasks except T6; nil if the library has none.
	app func() http.Handler
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
	return p.app != nil && !slices.Contains(strings.Fields(p.skips), task)
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
