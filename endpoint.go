package apiroute

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
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
// In is a struct that is filled from the request as by [Bind]; struct{} takes nothing. ctx is the
// context of the request, with the [Timeout] of the route and the values that middleware has added.
// An error is treated like that of a [Handler]; see [Error].
//
// Out is sent as JSON, as by [Response.JSON], with status 200 or the one that [Status] sets. A nil
// slice or map is sent as [] or {}, and a nil pointer as null. If Out is struct{}, the response is
// a 204 without a body.
//
// # A whole response
//
// If Out is a struct with at least one of the following tags, it is a whole response. Every
// exported field must then have exactly one of them. An embedded struct counts as its fields.
//
//	status:"201,200"   int: the statuses that the response may have, from 200 to 399; 0 is the first
//	header:"Location"  any type that Bind takes from a header, as the text that Bind reads as the
//	                   same value; a slice is one field for each element; "" and nil are not sent
//	cookie:"session"   http.Cookie or a pointer to one, sent under this name; nil and the zero
//	                   http.Cookie are not sent
//	body:"json"        any type that can be JSON
//	body:"bytes"       []byte, string or io.Reader, with contentMediaType:"image/png" in the tag
//
// Without a body the status is 204, unless a field or the option Status has another. Header fields
// replace those that middleware has set, and cookies are added. A header:"Content-Type" that is not
// empty takes precedence over contentMediaType. In a Location, what is not ASCII is
// percent-encoded; see [Response.Redirect] for what must not be in it.
//
// A Reader is sent as by [Response.Stream]. If it is an [io.Closer], it is closed once, also if it
// is not read; a nil Reader is an empty body. If the function returns an error, nothing of its Out
// is sent, and a Reader in it is not closed.
//
// What cannot be sent is a 500 and a log entry, without anything of the Out: a status that is not
// in the tag, a header with a line break or another control character, a number that is NaN or
// infinite, an error of MarshalText, or a cookie that is not [http.Cookie.Valid].
//
// # Mistakes
//
// Get panics for the same reasons as [Router.Get], and also if In could never be filled or Out
// never be sent. It then reports all reasons together, with file and line:
//
//   - a field has no tag, has two tags, or has an unsupported type or an invalid default
//   - a path tag names no segment of the path, group prefixes included
//   - a path tag has a slice for a single segment, or something else for a catch-all
//   - In has a body, and the method is GET; a DELETE may have one
//   - Out is or holds something that has no JSON form, such as a channel; not with a [JSONCodec]
//   - a rule in a tag of In or Out is invalid
//   - Out has fields with the tags of a response and others, two fields for one place, an
//     unsupported type, a misspelled tag, or a status besides the option [Status]
//   - Out has a body, and its only status is one without a body, such as 204
func Get[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodGet, path, typed(f), opts)
}

// Post registers a typed endpoint for POST requests of a path; see [Get].
func Post[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodPost, path, typed(f), opts)
}

// Put registers a typed endpoint for PUT requests of a path; see [Get].
func Put[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodPut, path, typed(f), opts)
}

// Patch registers a typed endpoint for PATCH requests of a path; see [Get].
func Patch[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodPatch, path, typed(f), opts)
}

// Delete registers a typed endpoint for DELETE requests of a path; see [Get].
func Delete[In, Out any](r *Router, path string, f func(context.Context, In) (Out, error), opts ...Option) {
	registerEndpoint(r, callerPos(), http.MethodDelete, path, typed(f), opts)
}

// Status sets the status of a typed endpoint's response when the function returns no error. The
// default is 200, or 204 without a body. Status panics if code is not from 200 to 299. It is
// allowed only for typed endpoints. Registration panics if Out has a field for the status, or if
// Out has a body and code is 204 or 205, which allow none; see [Get].
func Status(code int) Option {
	if code < 200 || code > 299 {
		panic(fmt.Sprintf("apiroute: Status: %d is not from 200 to 299", code))
	}
	return Option{"Status", onEndpoint, func(s *scope) { s.status = code }}
}

// A typedFunc is the function of a typed endpoint, without its type parameters. The code that needs
// them is compiled anew for each endpoint of a program, so there is little of it.
type typedFunc struct {
	inOut
	newIO func() (in, out any)                               // returns a new *In and a new *Out
	call  func(ctx context.Context, in, out any) (err error) // calls the function; nil if that is nil
	clear func(in, out any)                                  // sets an In and an Out to zero, faster than reflect
}

// typed returns the typedFunc of a function.
func typed[In, Out any](f func(context.Context, In) (Out, error)) typedFunc {
	t := typedFunc{inOut: inOut{reflect.TypeFor[In](), reflect.TypeFor[Out]()}}
	if f == nil {
		return t
	}
	t.newIO = func() (any, any) {
		v := new(struct {
			in  In
			out Out
		})
		return &v.in, &v.out
	}
	t.call = func(ctx context.Context, in, out any) error {
		result, err := f(ctx, *in.(*In))
		if err == nil {
			*out.(*Out) = result
		}
		return err
	}
	t.clear = func(in, out any) {
		var zeroIn In
		var zeroOut Out
		*in.(*In), *out.(*Out) = zeroIn, zeroOut
	}
	return t
}

// registerEndpoint registers a typed endpoint. pos is the file and line of the caller, which a
// panic names. A nil function is left to Router.register, which rejects nil handlers.
func registerEndpoint(r *Router, pos, method, path string, f typedFunc, opts []Option) {
	e := &endpoint{typedFunc: f, plan: planOf(f.in)}
	err := r.unusable()
	if err == nil {
		err = e.prepare(r, method, path, opts)
	}
	if err != nil {
		r.refuse(pos, path, err)
	}
	rt := route{source: pos, method: method, path: path, inOut: &e.inOut}
	if f.call != nil {
		rt.handler = e.handle
		rt.reuse = reuse{e.serveAlone, e.plan.plain && e.plan.body != nil && e.plan.body.kind == "json"}
	}
	r.must(rt, onEndpoint, opts)
}

// An endpoint is a typed endpoint: a function, how its In is filled and its Out is sent, and the
// memory that its calls use again.
type endpoint struct {
	typedFunc
	plan   *plan   // how In is filled
	result *result // how Out is sent; nil if it is a JSON body, or none
	calls  calls   // the memory for its calls; see reuse.go

	noBody   bool // whether Out is struct{}, so that the response is a 204
	plainOut bool // whether Out is a plain struct, so that it may be encoded from within the call
}

// prepare plans how Out is sent, and returns everything that is wrong with In and Out for a path and
// a method: the faults of the plans, path tags that fit no segment, a body where the method has
// none, and what is not JSON. What a codec of the program can encode is not known, so JSON is then
// not checked. Faults of the options are left to Router.register.
func (e *endpoint) prepare(r *Router, method, path string, opts []Option) error {
	path, err := joinPath(r.prefix, path)
	if err != nil {
		return err
	}
	segs, err := parsePath(path)
	if err != nil {
		return err
	}
	faults := []error{e.plan.fault, e.plan.checkRoute(method, segs)}
	e.noBody = e.out == reflect.TypeFor[struct{}]()
	e.result, err = planResult(e.out)
	faults = append(faults, err)
	if s, optErr := newScope(r.scope, onEndpoint, opts); optErr == nil {
		if s.marshal == nil && err == nil {
			body := e.jsonType()
			faults = append(faults, checkOut(body), goTypeOf(body).ruleFault)
		}
		faults = append(faults, e.checkStatus(s.status))
	}
	e.plainOut = e.out.Kind() == reflect.Struct && plain(e.out)
	return errors.Join(faults...)
}

// checkStatus returns what is wrong with the option Status, which is 0 without one, or with the
// statuses of a field: they may be set in both ways, and a body may never be sent.
func (e *endpoint) checkStatus(option int) error {
	hasBody, statuses := !e.noBody, []int{option}
	if e.result != nil {
		hasBody = e.result.body.kind != ""
		if e.result.statuses != nil {
			statuses = e.result.statuses
		}
	}
	switch {
	case option != 0 && e.result != nil && e.result.status != nil:
		return fmt.Errorf("type %v has a field for the status, so the option Status has no effect: remove one of them", e.out)
	case hasBody && !slices.ContainsFunc(statuses, func(status int) bool { return !bodyless(status) }):
		return fmt.Errorf("type %v has a body, and a response with the status %d has none: choose another status, or remove the body, as with struct{} for Out", e.out, statuses[0])
	}
	return nil
}

// jsonType returns the type of the JSON body, or struct{} if there is none.
func (e *endpoint) jsonType() reflect.Type {
	if e.result != nil && e.result.body.kind == "bytes" {
		return reflect.TypeFor[struct{}]()
	}
	return bodyType(e.result, e.out)
}

// newCall returns the memory for a call.
func (e *endpoint) newCall() *call {
	in, out := e.newIO()
	c := &call{in: in, out: out, inValue: reflect.ValueOf(in).Elem(), outValue: reflect.ValueOf(out).Elem()}
	c.handler = func(req *Request, res *Response) error {
		if err := req.checkSize(); err != nil {
			return err
		}
		res.markHeader()
		return e.respond(c, req, res)
	}
	return c
}

// serveAlone serves a request in the exchange of a call from the pool, which nobody else sees. After
// a panic, or an error that OnError was given, the call is left to the garbage collector.
func (e *endpoint) serveAlone(w http.ResponseWriter, r *http.Request, f found) {
	c := e.takeCall()
	c.begin(w, r, f)
	if err := c.run(); err == nil || (err != errPanicked && f.match.scope.onError == nil) {
		c.exchange = exchange{}
		e.putCall(c)
	}
}

// takeCall returns a call that nobody else uses: one from the pool, or a new one.
func (e *endpoint) takeCall() *call {
	if c := e.calls.get(); c != nil {
		return c
	}
	return e.newCall()
}

// putCall clears a call and makes it available to the next request. The caller must not use it any
// more, and must not put a call of which somebody else has seen a part.
func (e *endpoint) putCall(c *call) {
	e.clear(c.in, c.out)
	e.calls.put(c)
}

// run runs the endpoint within the call and responds, also to an error or a panic. It returns the
// error, or errPanicked.
func (c *call) run() (err error) {
	err = errPanicked // the result if the next line panics
	defer c.req.recoverAndClose(&c.res)
	return c.req.run(&c.res, c.handler)
}

// handle is the endpoint as a Handler. It serves requests whose exchange middleware sees as well,
// so only In, Out and perhaps the body are in the call.
func (e *endpoint) handle(req *Request, res *Response) error {
	c := e.takeCall()
	outside := req.Request
	err := e.respond(c, req, res)
	if err != nil && c.hasOut {
		return err // it may refer to the Out, and middleware may keep it
	}
	if err != nil && req.match.scope.onError != nil {
		c.body = nil // OnError is given the request, and may keep the body with it
	} else if req.Request != outside { // undo ownBody: this request is in the call
		req.Request, req.body = outside, nil
	}
	e.putCall(c)
	return err
}

// respond fills the In, calls the function, and responds with its Out. It uses the memory of the
// call where reuse.go allows it, and new memory otherwise.
func (e *endpoint) respond(c *call, req *Request, res *Response) error {
	if req.match.reusesBody && hasBody(req.Request) {
		if c.body == nil {
			c.body = new(body)
		}
		req.ownBody(c.body)
	}
	in, inValue := c.in, c.inValue
	if !e.plan.plain || req.match.scope.unmarshal != nil { // code of a type, or a codec, may keep a pointer to it
		p := reflect.New(e.in)
		in, inValue = p.Interface(), p.Elem()
	}
	if err := e.plan.bind(req, inValue); err != nil {
		return err
	}
	if err := e.call(req.Context(), in, c.out); err != nil {
		return err
	}
	c.hasOut = true
	if status := req.match.scope.status; status != 0 {
		res.Status(status)
	}
	switch {
	case e.noBody:
		return res.End()
	case e.result != nil:
		return e.result.send(res, c.outValue)
	case e.plainOut && req.match.scope.marshal == nil:
		return res.JSON(c.out) // a pointer needs no allocation; a struct in an interface would be copied
	}
	return res.JSON(c.outValue.Interface())
}
