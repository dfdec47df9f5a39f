package apiroute

import (
	"errors"
	"net/http"
	"reflect"
)

// This file builds the two chains of a route: the middleware of Use, and that of Around with the
// handler.

// buildChains wraps the handler in the middleware of the route and of its groups, from the inside
// out. Each middleware is called once for the route, at registration, and not for each request. A
// gate before each level skips the level where match.skips says so. The outermost level of Use needs
// none, because runRoute skips it.
func (rt *route) buildChains() (err error) {
	rt.aroundChain = callHandler(rt.handler)
	next := http.Handler((*afterUse)(rt))
	for s := rt.scope; s != nil; s = s.parent {
		if len(s.around) > 0 {
			if rt.aroundChain, err = wrap(watched(rt.aroundChain), s.around); err != nil {
				return err
			}
			rt.aroundChain = gateAround(s, rt.aroundChain)
		}
		if len(s.use) > 0 && s.parent != nil { // the router's own Use runs before routing
			if rt.useChain, err = wrapUse(next, s.use); err != nil {
				return err
			}
			rt.outerUse = s
			next = rt.gateUse(s, watchedUse(rt.useChain))
		}
	}
	return nil
}

// gateAround returns a Handler that skips a level of Around, and with it all levels further inside,
// if the page responds itself and the level is not shared by all of its routes.
func gateAround(s *scope, level Handler) Handler {
	return func(req *Request, res *Response) error {
		if req.match.skips(s) {
			return req.match.respond(req, res)
		}
		return level(req, res)
	}
}

// gateUse is gateAround for a level of Use.
func (rt *route) gateUse(s *scope, level http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := rt.foundIn(w, r); f != nil && f.match.skips(s) {
			(*afterUse)(rt).ServeHTTP(w, r)
			return
		}
		level.ServeHTTP(w, r)
	})
}

// wrapUse is wrap for Use. What each middleware wraps is watched: h is already, unless it is the inner
// end of the chain, which responds to panics.
func wrapUse(h http.Handler, use []func(http.Handler) http.Handler) (http.Handler, error) {
	for i := len(use) - 1; i >= 0; i-- {
		wrapped, err := wrap(h, use[i:i+1])
		if err != nil {
			return nil, err
		}
		if h = wrapped; i > 0 {
			h = watchedUse(h)
		}
	}
	return h, nil
}

// wrap puts middleware around h. The first middleware becomes the outermost. h is an http.Handler
// for Use and a Handler for Around.
func wrap[H any](h H, middleware []func(H) H) (H, error) {
	for i := len(middleware) - 1; i >= 0; i-- {
		if h = middleware[i](h); isNil(h) {
			return h, errors.New("middleware returned nil")
		}
	}
	return h, nil
}

// isNil reports whether v is nil, or an interface that holds a nil function or pointer, such as a
// nil Handler or *http.ServeMux. Without it, a handler like that would panic at its first request
// rather than at registration. A nil *Error responds nevertheless.
func isNil(v any) bool {
	switch v.(type) {
	case nil:
		return true
	case *Error:
		return false
	}
	r := reflect.ValueOf(v)
	return (r.Kind() == reflect.Func || r.Kind() == reflect.Pointer) && r.IsNil()
}
