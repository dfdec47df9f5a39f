package apiroute

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
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
	registerEndpoint(r, callerPos(), http.MethodGet, path, f, opts)
}

// Post registers a typed endpoint for POST requests of a path; see [Get].
func Post[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodPost, path, f, opts)
}

// Put registers a typed endpoint for PUT requests of a path; see [Get].
func Put[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodPut, path, f, opts)
}

// Patch registers a typed endpoint for PATCH requests of a path; see [Get].
func Patch[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodPatch, path, f, opts)
}

// Delete registers a typed endpoint for DELETE requests of a path; see [Get].
func Delete[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodDelete, path, f, opts)
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

// registerEndpoint registers a typed endpoint. pos is the file and line of the caller, which a
// panic names. A nil f is left to Router.register, which rejects nil handlers.
func registerEndpoint[In, Out any](r *Router, pos, method, path string, f func(context.Context, In) (Out, error), opts []Option) {
	p := planOf(reflect.TypeFor[In]())
	if err := checkEndpoint(r, method, path, p); err != nil {
		panic(fmt.Sprintf("apiroute: %s: path %q: %v", pos, r.prefix+path, err))
	}
	rt := route{source: pos, method: method, path: path}
	if f != nil {
		e := newEndpoint(p, f)
		rt.handler = e.handle
		rt.reuse = reuse{e.serveAlone, p.plain && p.body != nil && p.body.kind == "json"}
	}
	r.must(rt, onEndpoint, opts)
}

// checkEndpoint returns everything that is wrong with a type for a path and a method: the faults of
// its plan, path tags that fit no segment, and a body where the method has none.
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

// An endpoint is a typed endpoint: a function, the plan by which its In is filled, and the memory
// that its calls use again.
type endpoint[In, Out any] struct {
	plan  *plan // how In is filled
	f     func(context.Context, In) (Out, error)
	calls calls[In, Out] // the memory for its calls; see reuse.go

	noBody   bool // whether Out is struct{}, so that the response is a 204
	plainOut bool // whether Out is a plain struct, so that it may be encoded from within the call
}

// newEndpoint returns the endpoint for a function and the plan of its In.
func newEndpoint[In, Out any](p *plan, f func(context.Context, In) (Out, error)) *endpoint[In, Out] {
	out := reflect.TypeFor[Out]()
	e := &endpoint[In, Out]{
		plan:     p,
		f:        f,
		noBody:   out == reflect.TypeFor[struct{}](),
		plainOut: out.Kind() == reflect.Struct && plain(out),
	}
	e.calls.pool.New = func() any {
		c := new(call[In, Out])
		c.handler = func(req *Request, res *Response) error {
			if err := req.checkLength(); err != nil {
				return err
			}
			return e.respond(c, req, res)
		}
		return c
	}
	return e
}

// serveAlone serves a request in the exchange of the pooled call, which nobody else sees. After a
// panic, or an error that OnError was given, the call is left to the garbage collector.
func (e *endpoint[In, Out]) serveAlone(w http.ResponseWriter, r *http.Request, f found) {
	c := e.calls.get()
	c.begin(w, r, f)
	if err := c.run(); err == nil || (err != errPanicked && f.match.scope.onError == nil) {
		c.exchange = exchange{}
		e.calls.put(c)
	}
}

// run runs the endpoint within the call and responds, also to an error or a panic. It returns the
// error, or errPanicked.
func (c *call[In, Out]) run() (err error) {
	err = errPanicked // the result if the next line panics
	defer c.req.recoverAndClose(&c.res)
	return c.req.run(&c.res, c.handler)
}

// handle is the endpoint as a Handler. It serves requests whose exchange middleware sees as well,
// so only In, Out and perhaps the body are in the call.
func (e *endpoint[In, Out]) handle(req *Request, res *Response) error {
	c := e.calls.get()
	outside := req.Request
	err := e.respond(c, req, res)
	if err != nil && req.match.scope.onError != nil {
		c.body = nil // OnError is given the request, and may keep the body with it
	} else if req.Request != outside { // undo ownBody: this request is in the call
		req.Request, req.body = outside, nil
	}
	e.calls.put(c)
	return err
}

// respond fills the In, calls the function, and responds with its Out. It uses the memory of the
// call where reuse.go allows it, and new memory otherwise.
func (e *endpoint[In, Out]) respond(c *call[In, Out], req *Request, res *Response) error {
	if req.match.reusesBody && hasBody(req.Request) {
		if c.body == nil {
			c.body = new(body)
		}
		req.ownBody(c.body)
	}
	in := &c.in
	if !e.plan.plain || req.match.scope.unmarshal != nil {
		in = new(In) // code of a type, or a codec, may keep a pointer to it
	}
	if err := e.plan.bind(req, reflect.ValueOf(in).Elem()); err != nil {
		return err
	}
	out, err := e.f(req.Context(), *in)
	if err != nil {
		return err
	}
	if status := req.match.scope.status; status != 0 {
		res.Status(status)
	}
	switch {
	case e.noBody:
		return res.End()
	case !e.plainOut || req.match.scope.marshal != nil:
		return res.JSON(out)
	}
	c.out = out // passing &c.out needs no allocation; a struct in an interface would be copied to the heap
	return res.JSON(&c.out)
}
