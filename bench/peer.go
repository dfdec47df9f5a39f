package main

import (
	"net/http"
	"slices"
	"strings"
)

// A peer is one way to write the server that the tasks need.
type peer struct {
	name string
	// skips names the tasks that the library has nothing to say on.
	skips string
	// app answers the tasks but T6, nil if it cannot.
	app func() http.Handler
	// table routes by rules with handlers that set routed; nil if it cannot.
	table func([]rule) http.Handler
}

// peers is everyone, in the order of the printed table.
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

// named returns the peers with the names of a comma-separated list, all if it
// is empty, and the first name that nobody has.
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
