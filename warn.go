package apiroute

import "log/slog"

// This file warns of mistakes that all requests of a route share.

// A warning is one that has been logged for a route.
type warning struct {
	route any // a *route, or the pattern of a ServeMux if the Handler has no router
	text  string
}

// warnOnce logs a warning unless it has been logged for the route before, since requests may come
// often.
func (req *Request) warnOnce(text string, attrs ...slog.Attr) {
	m := req.matchOrDefault()
	w := warning{m.route, text}
	if m.route == nil {
		w.route = req.Route()
	}
	if _, warned := m.scope.warned.LoadOrStore(w, true); warned {
		return
	}
	defer func() { recover() }() // a logger that panics must not spoil the response
	m.scope.log().LogAttrs(req.Context(), slog.LevelWarn, "apiroute: "+text, attrs...)
}
