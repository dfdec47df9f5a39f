package apiroute

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
)

// Get registers a typed endpoint for GET, and so for HEAD, of a path: a plain
// function, which can be tested without HTTP.
//
// In is filled by [Bind]. Out goes out as JSON with status 200 or that of
// [Status], a nil slice or map as [] or {}, a nil pointer as null; an Out of
// struct{} is a 204 without a body. An error is answered as that of a [Handler].
// An endpoint that must set a header or a cookie is a Handler that calls Bind.
//
// Besides what [Router.Get] panics for, it panics, with all that is wrong and
// file and line, if Bind could never fill In: if a field has no tag or two, an
// unsupported type or a bad default; if a path tag names no segment of the path
// with the prefix of its group, or has a slice for a single segment or none for
// a catch-all; and, with GET, HEAD and DELETE, if In has a body.
func Get[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodGet, path, f, opts)
}

// Post registers a typed endpoint for POST of a path; see [Get].
func Post[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodPost, path, f, opts)
}

// Put registers a typed endpoint for PUT of a path; see [Get].
func Put[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodPut, path, f, opts)
}

// Patch registers a typed endpoint for PATCH of a path; see [Get].
func Patch[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodPatch, path, f, opts)
}

// Delete registers a typed endpoint for DELETE of a path; see [Get].
func Delete[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	endpoint(r, source(), http.MethodDelete, path, f, opts)
}

// Status sets the status with which a typed endpoint answers if it returns no
// error, from 200 to 299; it panics for any other. The default is 200, or 204
// for an Out of struct{}. It is an option of typed endpoints only.
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
		alike := t.Kind() == reflect.Struct && plain(t)
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
