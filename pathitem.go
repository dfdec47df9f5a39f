package apiroute

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// This file makes the paths of a document, and the operations on them.

// An operation is one method of one path of a document. A route has one, or two if its path ends in
// an optional catch-all: one for the path without it, and one with it.
type operation struct {
	id, method string
	segs       []segment
	route      *route
}

// operationsOf returns the operations of a route.
func operationsOf(rt *route, segs []segment) []operation {
	id := ""
	if s := rt.scope; s.described != nil && s.at&(onRoute|onEndpoint) != 0 {
		id = s.described.id
	}
	op := operation{id, rt.method, segs, rt}
	n := len(segs)
	if n == 0 || segs[n-1].kind != optional {
		op.id = cmp.Or(id, op.madeID())
		return []operation{op}
	}
	short := operation{id, rt.method, segs[:n-1], rt}
	short.id = cmp.Or(id, short.madeID())
	op.id = short.id + byName(segs[n-1].text)
	return []operation{short, op}
}

// madeID returns the id of an operation that has not been given one: the method and the segments of
// the path, as in getApiPostsById.
func (op *operation) madeID() string {
	id := strings.ToLower(op.method)
	for _, s := range op.segs {
		if s.kind == static {
			id += camelCase(s.text)
		} else {
			id += byName(s.text)
		}
	}
	return id
}

// byName returns the part of an id for a dynamic segment.
func byName(name string) string { return "By" + camelCase(name) }

// camelCase returns a text as a part of an id, in which words begin with a capital: blog-posts is
// BlogPosts.
func camelCase(text string) string {
	var b strings.Builder
	upper := true
	for _, r := range text {
		isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		switch {
		case upper && isLetter:
			b.WriteString(strings.ToUpper(string(r)))
		case isLetter || '0' <= r && r <= '9':
			b.WriteRune(r)
		case r > 0x7f:
			b.WriteString("U" + strconv.FormatInt(int64(r), 16))
		}
		upper = !isLetter && (r < '0' || r > '9')
	}
	return b.String()
}

// template returns the path in the syntax of OpenAPI: /posts/{id} for /posts/[id].
func (op *operation) template() string {
	var b strings.Builder
	for _, s := range op.segs {
		b.WriteByte('/')
		if s.kind == static {
			b.WriteString(escapeSegment(s.text))
		} else {
			b.WriteString("{" + s.text + "}")
		}
	}
	return cmp.Or(b.String(), "/")
}

// paths returns the paths of the document, sorted. OpenAPI does not tell [id] from [...id]: where both
// have a method, the operation is that of [id], which comes first.
func (b *documentBuilder) paths(list []operation) object {
	type item struct {
		template string
		segs     []segment
		methods  map[string]operation
	}
	items := map[string]*item{}
	for _, op := range list {
		shape := op.shape()
		it := items[shape]
		if it == nil {
			it = &item{op.template(), op.segs, map[string]operation{}}
			items[shape] = it
		}
		if _, ok := it.methods[op.method]; !ok {
			it.methods[op.method] = op
		}
	}
	sorted := make([]*item, 0, len(items))
	for _, it := range items {
		sorted = append(sorted, it)
	}
	slices.SortFunc(sorted, func(x, y *item) int { return strings.Compare(x.template, y.template) })
	paths := object{}
	for _, it := range sorted {
		methods := object{}
		for _, method := range operationMethods {
			if op, ok := it.methods[method]; ok {
				methods = append(methods, objectMember{strings.ToLower(method), b.operation(op, it.segs)})
			}
		}
		paths = append(paths, objectMember{it.template, methods})
	}
	return paths
}

// escapeSegment returns the text of a static segment as it is written in a URL.
func escapeSegment(text string) string { return (&url.URL{Path: text}).EscapedPath() }

// shape returns what OpenAPI takes for the identity of a path: the path without the names of its
// parameters.
func (op *operation) shape() string {
	var b strings.Builder
	for _, s := range op.segs {
		if b.WriteByte('/'); s.kind == static {
			b.WriteString(escapeSegment(s.text))
		} else {
			b.WriteString("{}")
		}
	}
	return b.String()
}

// operation returns an Operation Object. names are the segments whose names are in the template.
func (b *documentBuilder) operation(op operation, names []segment) object {
	o := object{{"operationId", op.id}}
	var in *plan
	s := op.route.scope
	summary, text := op.method+" "+op.template(), ""
	if d := s.described; d != nil && s.at&(onRoute|onEndpoint) != 0 {
		if first, rest, _ := strings.Cut(d.text, "\n"); first != "" {
			summary, text = strings.TrimSpace(first), strings.TrimSpace(rest)
		}
		in = d.takes
	}
	o = o.with("summary", summary)
	if text != "" {
		o = o.with("description", text)
	}
	if isDeprecated(summary) || isDeprecated(text) {
		o = o.with("deprecated", true)
	}
	if types := op.route.inOut; types != nil {
		in = planOf(types.in)
	}
	tags, security := b.levels(s)
	if len(tags) > 0 {
		o = o.with("tags", tags)
	}
	if list := b.parameters(in, op.segs, names); len(list) > 0 {
		o = o.with("parameters", list)
	}
	if in != nil && in.body != nil {
		o = o.with("requestBody", b.requestBody(in, s))
	}
	return o.with("responses", b.responses(op.route)).with("security", security)
}

// isDeprecated reports whether a paragraph of a text begins with "Deprecated:". It may be indented, as
// in a raw string of a program.
func isDeprecated(text string) bool {
	isFirst := true
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if isFirst && strings.HasPrefix(line, "Deprecated:") {
			return true
		}
		isFirst = line == ""
	}
	return false
}

// levels returns the tags and the security requirements of an operation, from the outer level to
// the inner one, and adds them to the document.
func (b *documentBuilder) levels(s *scope) (tags, security []any) {
	if s == nil {
		return nil, []any{}
	}
	tags, security = b.levels(s.parent)
	if s.described == nil {
		return tags, security
	}
	for _, t := range s.described.tags {
		b.addTag(t)
		if !slices.Contains(tags, any(t.name)) {
			tags = append(tags, t.name)
		}
	}
	for _, sec := range s.described.security {
		b.security = b.security.with(sec.name, sec.scheme)
		all := object{}
		if len(security) > 0 {
			all = security[0].(object)
		}
		security = []any{slices.Clone(all).with(sec.name, []any{})}
	}
	return tags, security
}

// addTag adds a tag to the document, or its text to a tag that has none yet.
func (b *documentBuilder) addTag(t tag) {
	i := slices.IndexFunc(b.tags, func(v any) bool { return v.(object).get("name") == t.name })
	if i < 0 {
		b.tags = append(b.tags, object{{"name", t.name}})
		i = len(b.tags) - 1
	}
	if t.text != "" {
		b.tags[i] = b.tags[i].(object).with("description", t.text)
	}
}
