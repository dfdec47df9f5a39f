package apiroute

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// This file has the options that describe routes for the document of [Router.OpenAPI]. They change
// nothing about how a request is served.

// A description is what the options of one level say about its operations for the document. The
// options of a route describe one operation; those of a router or a group describe all within it.
type description struct {
	id, text string // of Operation
	hidden   bool   // whether Operation has left the route out of the document
	tags     []tag
	security []securityScheme
	takes    *plan // of Takes; nil without it
	twice    bool  // whether Takes is given twice
	returns  []returned

	isStated bool // whether Operation, Takes or Returns says something, so that the route is in the document
	ofRoute  bool // whether it is a description of a single route that is not a typed endpoint
}

// A tag is a group of operations with a name, for the pages that show a document.
type tag struct{ name, text string }

// A securityScheme is a way in which clients authenticate.
type securityScheme struct {
	name   string
	scheme object
}

// A returned is a response that a route may send.
type returned struct {
	status int
	result *result      // how it is sent, if its type has the tags of a response; otherwise nil
	body   reflect.Type // struct{} without a body
	media  []string     // the media types of the body; nil for the one that the type has
}

// describing returns an option that changes the description of a level.
func describing(name string, at place, change func(*description)) Option {
	return Option{name, at, func(s *scope) {
		if s.described == nil {
			s.described = &description{ofRoute: s.at == onRoute}
		}
		change(s.described)
	}}
}

// Operation describes a route for the document of [Router.OpenAPI]. The first line of the text is
// the summary, and what follows it is the description, which may be Markdown. A paragraph that
// begins with "Deprecated:" marks the operation as deprecated. If the text is empty, the route is
// left out of the document.
//
// The id is the name of the operation for generated clients, such as createPost. It should stay the
// same when the path changes. If it is "", the id is made from the method and the path:
// getApiPostsById for GET /api/posts/[id]. Registration panics if two operations of a document have
// the same id, and Operation if the id has other characters than letters, digits, "-", "_" and ".".
//
// Operation is allowed for a typed endpoint, and for a [Handler] that is registered for one method
// other than HEAD and OPTIONS.
func Operation(id, text string) Option {
	if strings.ContainsFunc(id, func(r rune) bool { return !isNameChar(r) }) {
		panic(fmt.Sprintf("apiroute: %s: Operation: the id %q has a character other than letters, digits, \"-\", \"_\" and \".\"", callerPos(), id))
	}
	text = strings.TrimSpace(text)
	return describing("Operation", onRoute|onEndpoint, func(d *description) {
		d.id, d.text, d.hidden, d.isStated = id, text, text == "", true
	})
}

// isNameChar reports whether a rune can be in the name of a component or in the id of an operation.
func isNameChar(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.'
}

// Tag adds a tag to operations in the document of [Router.OpenAPI]. Pages that show the document
// group operations by their tags. The text describes the tag and may be Markdown. It may be empty
// if another Tag with the same name has a text. Tags of all levels add up. Registration panics if
// two tags of a document have the same name and different texts, and Tag panics if the name is
// empty.
func Tag(name, text string) Option {
	if name == "" {
		panic(fmt.Sprintf("apiroute: %s: Tag: the name is empty", callerPos()))
	}
	t := tag{name, strings.TrimSpace(text)}
	return describing("Tag", anywhere&^onMount, func(d *description) { d.tags = append(d.tags, t) })
}

// Security says in the document of [Router.OpenAPI] how clients authenticate. It checks nothing:
// what checks the request is middleware, in [Use] or [Around]. scheme is a Security Scheme Object
// of OpenAPI as JSON:
//
//	apiroute.Security("session", `{"type":"apiKey","in":"cookie","name":"session"}`)
//	apiroute.Security("token", `{"type":"http","scheme":"bearer"}`)
//
// Schemes of all levels add up: a request must satisfy each of them. Registration panics if two
// schemes of a document have the same name and are different. Security panics if the name has other
// characters than letters, digits, "-", "_" and ".", or if scheme is not a JSON object that has a
// type of OpenAPI and the members that this needs.
func Security(name, scheme string) Option {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isNameChar(r) }) {
		panic(fmt.Sprintf("apiroute: %s: Security: the name %q must have letters, digits, \"-\", \"_\" and \".\" only", callerPos(), name))
	}
	o, err := parseScheme(scheme)
	if err != nil {
		panic(fmt.Sprintf("apiroute: %s: Security: %v", callerPos(), err))
	}
	s := securityScheme{name, o}
	return describing("Security", anywhere&^onMount, func(d *description) { d.security = append(d.security, s) })
}

// schemeTypes are the types that a security scheme can have, each with the members that it needs, in
// an example.
var schemeTypes = []string{
	`{"type":"http","scheme":"bearer"}`,
	`{"type":"apiKey","in":"cookie","name":"session"}`,
	`{"type":"oauth2","flows":{}}`,
	`{"type":"openIdConnect","openIdConnectUrl":"https://example.com/.well-known/openid-configuration"}`,
	`{"type":"mutualTLS"}`,
}

// parseScheme parses a Security Scheme Object.
func parseScheme(text string) (object, error) {
	v, err := parseOrdered(text)
	o, ok := v.(object)
	if err != nil || !ok {
		return nil, fmt.Errorf("the scheme must be a JSON object, such as %s", schemeTypes[0])
	}
	var types []string
	for _, text := range schemeTypes {
		v, _ := parseOrdered(text)
		example := v.(object)
		if o.get("type") != example.get("type") {
			types = append(types, example.get("type").(string))
			continue
		}
		for _, m := range example {
			if o.get(m.name) == nil {
				return nil, fmt.Errorf("the scheme has no member %q, as in %s", m.name, text)
			}
		}
		return o, nil
	}
	return nil, fmt.Errorf("the type of the scheme must be one of %s, as in %s", strings.Join(types, ", "), schemeTypes[0])
}

// Takes says in the document of [Router.OpenAPI] that a [Handler] fills an In with [Bind]. A typed
// endpoint needs no Takes. Takes panics if Bind could not fill In, and registration if In does not
// fit the path or has a body for GET, or if a route has two Takes. It is allowed for a Handler that
// is registered for one method other than HEAD and OPTIONS.
func Takes[In any]() Option {
	p := planOf(reflect.TypeFor[In]())
	if p.fault != nil {
		panic(fmt.Sprintf("apiroute: %s: Takes: %v", callerPos(), p.fault))
	}
	return describing("Takes", onRoute, func(d *description) { d.takes, d.twice, d.isStated = p, d.takes != nil, true })
}

// Returns adds a response to operations in the document of [Router.OpenAPI]. Out is as for a typed
// endpoint, see [Get], or [Error] for an error response with its own status:
//
//	apiroute.Returns[apiroute.Error](401)
//	apiroute.Returns[[]Post](200, "application/json", "text/csv")
//	apiroute.Returns[Message](200, "text/event-stream")
//
// Without a media type, the body is JSON, or what the tags of Out say. With media types, it has one
// of them. A string or a []byte is then the text or the bytes themselves. For a stream of events or
// of lines, Out is the type of one item. struct{} is a response without a body.
//
// Of two responses with one status and one media type, that of the inner level counts, and on one
// level the last one. A Returns of a group does not by itself put a Handler into the document; see
// [Router.OpenAPI]. Returns panics if the status is not from 100 to 599, if Out cannot be sent, if
// Out has a body and the status allows none, or if a media type is malformed or is given for a
// response without a body.
func Returns[Out any](status int, contentType ...string) Option {
	r, err := newReturned(reflect.TypeFor[Out](), status, contentType)
	if err != nil {
		panic(fmt.Sprintf("apiroute: %s: Returns: %v", callerPos(), err))
	}
	return describing("Returns", anywhere&^onMount, func(d *description) { d.returns, d.isStated = append(d.returns, r), true })
}

// newReturned returns a response whose body is of a type, or which is of a type with the tags of a
// whole response.
func newReturned(out reflect.Type, status int, media []string) (returned, error) {
	if status < 100 || status > 599 {
		return returned{}, fmt.Errorf("%d is not a status from 100 to 599", status)
	}
	for _, m := range media {
		if t, _, err := mime.ParseMediaType(m); err != nil || !strings.Contains(t, "/") {
			return returned{}, fmt.Errorf("%q is not a media type such as text/csv", m)
		}
	}
	if out == reflect.TypeFor[struct{}]() && len(media) > 0 {
		return returned{}, errors.New("struct{} is a response without a body, which has no media type: write the type of the body, such as string")
	}
	if out != reflect.TypeFor[struct{}]() && hasNoBody(status) {
		return returned{}, fmt.Errorf("a response with the status %d has no body: write Returns[struct{}](%[1]d)", status)
	}
	r := returned{status: status, body: out, media: slices.Clone(media)}
	if noPointers(out) == reflect.TypeFor[Error]() {
		return r, nil
	}
	result, err := planResult(out)
	if r.result = result; err != nil {
		return r, err
	}
	r.body = bodyType(result, out)
	if result != nil && result.body.kind == "bytes" {
		return r, nil
	}
	return r, errors.Join(checkOut(r.body), goTypeOf(r.body).ruleFault)
}

// hasNoBody reports whether a response with a status has no body: an informational one has none either.
func hasNoBody(status int) bool { return status < 200 || bodyless(status) }

// operationMethods are the methods that an operation can have, in the order of the document.
var operationMethods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace,
}

// check returns what is wrong with a description that a route has itself.
func (d *description) check(method string, segs []segment) error {
	switch {
	case d == nil || !d.ofRoute || !d.isStated || d.hidden:
		return nil
	case method == "":
		return errors.New("an operation of a document has one method: register the handler for each method by itself, or leave out Operation, Takes and Returns")
	case !slices.Contains(operationMethods, method):
		return fmt.Errorf("a document has no operations for %s: leave out Operation, Takes and Returns", method)
	case d.takes == nil:
		return nil
	case d.twice:
		return errors.New("Takes is given twice: an operation has one In; write another type of the body into the patch of OpenAPI")
	}
	return d.takes.checkRoute(method, segs)
}
