package apiroute

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// This file says whether a plan fits the route that it is registered for.

// checkRoute returns everything in a type that does not fit the path and the method of a route.
func (p *plan) checkRoute(method string, segs []segment) error {
	err := p.checkPath(segs)
	if p.body != nil && method == http.MethodGet {
		err = errors.Join(err, fmt.Errorf("type %v: GET has no body: take the values from the query, or use Post", p.typ))
	}
	return err
}

// checkPath returns an error if the path tags of the type do not fit the segments of a path: each
// must name a dynamic segment, and have a slice if and only if that is a catch-all.
func (p *plan) checkPath(segs []segment) error {
	var faults []error
	for _, f := range p.byKey {
		if f.in != "path" {
			continue
		}
		i := slices.IndexFunc(segs, func(s segment) bool {
			return s.text == f.name && s.kind != static && s.kind != mounted
		})
		switch {
		case i < 0:
			faults = append(faults, fmt.Errorf("field %s: the path has no segment [%s]%s", f.goName, f.name, dynamicSegments(segs)))
		case f.slice != (segs[i].kind != single):
			faults = append(faults, fmt.Errorf("field %s: a catch-all needs a slice and a single segment cannot have one; the path has %v", f.goName, segs[i]))
		}
	}
	if faults == nil {
		return nil
	}
	return fmt.Errorf("type %v: %w", p.typ, errors.Join(faults...))
}

// dynamicSegments lists the dynamic segments of a path, for the end of a message: "; it has [id]".
func dynamicSegments(segs []segment) string {
	var list []string
	for _, s := range segs {
		if s.kind != static && s.kind != mounted {
			list = append(list, s.String())
		}
	}
	if list == nil {
		return "; it has no dynamic segment"
	}
	return "; it has " + strings.Join(list, ", ")
}
