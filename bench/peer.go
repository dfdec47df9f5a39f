package main

import (
	"net/http"
	"slices"
	"strings"
)

// A peer is one implementation of the server that the tasks need.
type peer struct {
	name string
	// skips names the tasks that the library does otherwise, and families of tasks that are outside
	// of its scope.
	skips string
	// app returns a handler for all tasks except T6; nil if the library has none.
	app func(style) http.Handler
	// table returns a router with handlers that set routed; nil if the library cannot route.
	table func(style, []rule) http.Handler
	// modules are the paths of the modules whose versions matter, separated by spaces.
	modules string
}

// peers are all peers, in the order of the printed table.
var peers = []peer{
	tuned, naive, apirouteBind, apirouteTyped,
	withChi, withGin, withEcho4, withEcho5, withHuma, withFuego,
	withHTTPRouter, withBunRouter, withHTTPIn,
}

func (p peer) does(t task) bool {
	if t.family == "T6" {
		return p.table != nil
	}
	skips, name := strings.Fields(p.skips), strings.TrimRight(t.name, "~+")
	return p.app != nil && !slices.Contains(skips, name) && !slices.Contains(skips, t.family)
}

// handler returns a handler for a task that the peer does.
func (p peer) handler(t task) http.Handler {
	if t.family == "T6" {
		return p.table(t.style, gitHub())
	}
	return p.app(t.style)
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
