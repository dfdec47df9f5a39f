package apiroute

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
)

// Get registers a typed endpoint for GET requests, and thus also for HEAD requests, of a path. A
// typed endpoint is a plain function, which can be tested without HTTP. It is called by multiple
// goroutines at once.
//
//	type postID struct {
//		ID int `path:"id"`
//	}
//
//	apiroute.Get(api, "/api/posts/[id]", func(ctx context.Context, in postID) (Post, error) { … })
//
// In is filled from the request as by [Bind]. Out is sent as JSON, with status 200 or the one that
// [Status] sets. A nil slice or map is sent as [] or {}, and a nil pointer as null. If Out is
// struct{}, the response is a 204 without a body. An error is treated like that of a [Handler]; see
// [Error]. A function that must set a header or a cookie needs to be a Handler that calls Bind.
//
// Get panics for the same reasons as [Router.Get], and also if In could never be filled. It then
// reports all reasons together, with file and line:
//
//   - a field has no tag, has two tags, or has an unsupported type or an invalid default
//   - a path tag names no segment of the path, group prefixes included
//   - a path tag has a slice for a single segment, or something else for a catch-all
//   - In has a body, and the method is GET or DELETE
func Get[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodGet, path, f, opts)
}

// Post registers a typed endpoint for POST requests of a path; see [Get].
func Post[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodPost, path, f, opts)
}

// Put registers a typed endpoint for PUT requests of a path; see [Get].
func Put[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodPut, path, f, opts)
}

// Patch registers a typed endpoint for PATCH requests of a path; see [Get].
func Patch[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodPatch, path, f, opts)
}

// Delete registers a typed endpoint for DELETE requests of a path; see [Get].
func Delete[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodDelete, path, f, opts)
}

// Status sets the status of a typed endpoint's response when the function returns no error. The
// default is 200, or 204 if Out is struct{}. Status panics if code is not from 200 to 299. It is
// allowed only for typed endpoints.
func Status(code int) Option {
	if code < 200 || code > 299 {
		panic(fmt.Sprintf("apiroute: Status: %d is not from 200 to 299", code))
	}
	return Option{"Status", onEndpoint, func(s *scope) { s.status = code }}
}

func endpoint[In, Out any](r *Router, source, method, path string, f func(context.Context, In) (Out, error), opts []Option) {
	p := planOf(reflect.TypeFor[In]())
	if err := checkEndpoint(r, method, path, p); err != nil {
		panic(fmt.Sprintf("apiroute: %s: path %q: %v", source, r.prefix+path, err))
	}
	var h Handler
	if f != nil {
		t := reflect.TypeFor[Out]()
		noBody := t == reflect.TypeFor[struct{}]()
		alike := t.Kind() == reflect.Struct && encodesAlike(t)
		outs := sync.Pool{New: func() any { return new(Out) }}
		h = func(req *Request, res *Response) error {
			in, err := bind[In](req, p)
			if err != nil {
				return err
			}
			out, err := f(req.Context(), in)
			if err != nil {
				return err
			}
			if req.match.scope.status != 0 {
				res.Status(req.match.scope.status)
			}
			switch {
			case noBody:
				return res.End()
			case !alike || req.match.scope.marshal != nil:
				return res.JSON(out)
			}
			var zero Out
			lent := outs.Get().(*Out) // in place of the copy that an interface makes
			*lent = out
			if err := res.JSON(lent); err != nil {
				return err // which may hold a part of it
			}
			*lent = zero
			outs.Put(lent)
			return nil
		}
	}
	r.must(route{source: source, method: method, path: path, handler: h, typed: p}, onEndpoint, opts)
}

// checkEndpoint returns all that keeps a type from being filled on a path.
func checkEndpoint(r *Router, method, path string, p *plan) error {
	path, err := joinPath(r.prefix, path)
	if err != nil {
		return err
	}
	segs, err := parsePath(path)
	if err != nil {
		return err
	}
	faults := []error{p.fault, p.checkPath(segs)}
	if p.body != nil && (method == http.MethodGet || method == http.MethodDelete) {
		faults = append(faults, fmt.Errorf("type %v: %s has no body", p.typ, method))
	}
	return errors.Join(faults...)
}
