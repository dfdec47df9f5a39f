package apiroute

import (
	"cmp"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// This file says for a document what an operation responds with, by the type that a typed endpoint
// returns and by the option Returns.

// responses returns the Responses Object of an operation: what a typed endpoint sends, what Returns
// says on all levels, and the errors.
func (b *documentBuilder) responses(rt *route) object {
	byStatus := map[int]object{}
	if types := rt.inOut; types != nil {
		b.addEndpoint(byStatus, rt, types.out)
	}
	b.addReturns(byStatus, rt.scope)
	statuses := make([]int, 0, len(byStatus))
	for status := range byStatus {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	o := object{}
	for _, status := range statuses {
		o = append(o, objectMember{strconv.Itoa(status), byStatus[status]})
	}
	problem := object{{"application/problem+json", object{{"schema", b.notNull(reflect.TypeFor[Error](), forResponse)}}}}
	return append(o,
		objectMember{"4XX", object{{"description", "The request is rejected."}, {"content", problem}}},
		objectMember{"5XX", object{{"description", "The server has failed."}, {"content", problem}}})
}

// addEndpoint adds the responses of a typed endpoint.
func (b *documentBuilder) addEndpoint(byStatus map[int]object, rt *route, out reflect.Type) {
	result, _ := planResult(out) // registration has returned the error
	r := returned{result: result, body: bodyType(result, out)}
	hasBody := r.body != reflect.TypeFor[struct{}]()
	statuses := []int{rt.scope.status}
	switch {
	case result != nil && result.statuses != nil:
		statuses = result.statuses
	case statuses[0] == 0 && hasBody:
		statuses[0] = http.StatusOK
	case statuses[0] == 0:
		statuses[0] = http.StatusNoContent
	}
	for _, status := range statuses {
		r.status = status
		b.addReturned(byStatus, r)
	}
	if rt.scope.etag && rt.method == http.MethodGet && hasBody {
		b.addReturned(byStatus, returned{status: http.StatusNotModified, body: reflect.TypeFor[struct{}]()})
	}
}

// addReturns adds the responses that Returns says, from the outer level to the inner one.
func (b *documentBuilder) addReturns(byStatus map[int]object, s *scope) {
	if s == nil {
		return
	}
	b.addReturns(byStatus, s.parent)
	if s.described != nil {
		for _, r := range s.described.returns {
			b.addReturned(byStatus, r)
		}
	}
}

// addReturned adds a response to those of its status.
func (b *documentBuilder) addReturned(byStatus map[int]object, r returned) {
	o := byStatus[r.status]
	if o == nil {
		o = object{{"description", cmp.Or(http.StatusText(r.status), "Status "+strconv.Itoa(r.status))}}
	}
	if headers := b.headers(r.result); len(headers) > 0 {
		all, _ := o.get("headers").(object)
		o = o.with("headers", withAll(all, headers))
	}
	if content := b.content(r); len(content) > 0 {
		all, _ := o.get("content").(object)
		o = o.with("content", withAll(all, content))
	}
	byStatus[r.status] = o
}

// headers returns the header fields of a response.
func (b *documentBuilder) headers(p *result) object {
	headers := object{}
	if p == nil {
		return nil
	}
	for _, f := range p.headers {
		if f.name == "Content-Type" { // it is the media type of the content
			continue
		}
		sf := p.typ.FieldByIndex(f.index)
		schema := withTexts(withRules(b.text(sf.Type, forResponse), sf.Type, sf.Tag), sf.Type, sf.Tag)
		h := object{{"schema", schema}}
		if text := sf.Tag.Get("doc"); text != "" { // it belongs to the header
			h = object{{"description", text}, {"schema", schema.without("description")}}
		}
		if k := sf.Type.Kind(); reflect.Bool <= k && k <= reflect.Float64 { // always sent
			h = h.with("required", true)
		}
		headers = headers.with(f.name, h)
	}
	var cookies []string
	for _, f := range p.cookies {
		text := "Sets the cookie " + f.name + "."
		if about := p.typ.FieldByIndex(f.index).Tag.Get("doc"); about != "" {
			text += " " + about
		}
		cookies = append(cookies, text)
	}
	if cookies != nil {
		headers = headers.with("Set-Cookie", object{{"description", strings.Join(cookies, "\n\n")}, {"schema", object{{"type", "string"}}}})
	}
	return headers
}

// content returns the media types of a response with their schemas, or nil if it has no body.
func (b *documentBuilder) content(r returned) object {
	if r.body == reflect.TypeFor[struct{}]() || hasNoBody(r.status) {
		return nil
	}
	media, content := r.media, object{}
	isBytes := r.result != nil && r.result.body.kind == "bytes"
	switch {
	case media != nil:
	case isBytes && r.result.body.media == nil:
		media = []string{"*/*"}
	case isBytes:
		media = r.result.body.media
	case noPointers(r.body) == reflect.TypeFor[Error]():
		media = []string{"application/problem+json"}
	default:
		media = []string{"application/json"}
	}
	for _, m := range media {
		schema := b.bodySchema(r, m, isBytes)
		if r.result != nil {
			sf := r.result.typ.FieldByIndex(r.result.body.index)
			schema = withTexts(withRules(schema, sf.Type, sf.Tag), sf.Type, sf.Tag)
		}
		content = content.with(m, object{{"schema", schema}})
	}
	return content
}

// bodySchema returns the schema of a body with a media type. A string or a []byte that is not JSON is
// the body itself.
func (b *documentBuilder) bodySchema(r returned, media string, isBytes bool) object {
	name, _, _ := mime.ParseMediaType(media)
	k := r.body.Kind()
	isRaw := isBytes || !isJSON(name) && (k == reflect.String || k == reflect.Slice && r.body.Elem().Kind() == reflect.Uint8)
	switch {
	case isRaw && (strings.HasPrefix(name, "text/") || k == reflect.String && !isBytes):
		return object{{"type", "string"}}
	case isRaw && strings.Contains(name, "*"):
		return binary("application/octet-stream")
	case isRaw:
		return binary(media)
	case k == reflect.Slice || k == reflect.Map, noPointers(r.body) == reflect.TypeFor[Error](): // nil is [] or {}, and no error
		return b.notNull(noPointers(r.body), forResponse)
	}
	return b.value(r.body, forResponse)
}
