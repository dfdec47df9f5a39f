package apiroute

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
)

// This file makes an OpenAPI document from the routes, and sees to it that they fit into it. Its parts
// are in pathitem.go, requestdoc.go, responsedoc.go and schema.go.

// OpenAPI returns a handler that responds with an OpenAPI 3.1 document of the routes that are
// registered through r, also of those that are registered later. A group thus has a document of its
// own. Pages that show a document and generators of clients read it:
//
//	api.Get("/openapi.json", api.OpenAPI("Blog", "1.2.0"))
//
//	npx openapi-typescript http://localhost:8080/openapi.json -o api.d.ts
//
// The document has all typed endpoints, except those that [Operation] leaves out. It has another
// handler only if [Operation], [Takes] or [Returns] is among the handler's own options. It never
// has handlers for all methods, for HEAD and for OPTIONS, or what is mounted. The tags doc and
// example of a field describe it; the file docs/openapi.md of this module says how types appear.
//
// The title and the version are those of the API. Each patch is a JSON merge patch (RFC 7396) of
// the whole document, for what the routes do not say:
//
//	api.OpenAPI("Blog", "1.2.0", `{"info":{"license":{"name":"MIT","identifier":"MIT"}}}`,
//		`{"servers":[{"url":"https://api.example.com"}]}`)
//
// The document is made for the first request after a route has been registered, and is the same
// bytes whatever the order of registration. Where the toolchain has no encoding/json/v2, as before
// Go 1.27, the document says that a slice or a map in a response may be null, because encoding/json
// writes nil as null. If a method JSONSchema returns what is no schema, such as a func or the type
// itself, the response is a 500.
//
// OpenAPI panics if the title or the version is empty, if a patch is not a JSON object, or if the
// routes do not fit together: if two operations have the same id, or two tags or security schemes
// have the same name and differ. A later registration panics for the same reasons.
func (r *Router) OpenAPI(title, version string, patch ...string) Handler {
	pos := callerPos()
	d, err := newDocument(r, title, version, patch)
	if err != nil {
		panic(fmt.Sprintf("apiroute: %s: OpenAPI: %v", pos, err))
	}
	return d.respond
}

// A document is an OpenAPI document of the routes that are registered through one router or group.
type document struct {
	router         *Router
	title, version string
	patches        []any
	claims         claims // what the routes have claimed; guarded by core.mu

	mu    sync.Mutex
	table *table // the routes that text is of; guarded by mu, like text
	text  []byte
}

// newDocument returns a document that later registrations must fit into.
func newDocument(r *Router, title, version string, patches []string) (*document, error) {
	if err := r.unusable(); err != nil {
		return nil, err
	}
	if title == "" || version == "" {
		return nil, errors.New("the title and the version of the API must not be empty")
	}
	d := &document{router: r, title: title, version: version, claims: claims{}}
	for _, text := range patches {
		v, err := parseOrdered(text)
		if _, ok := v.(object); err != nil || !ok {
			return nil, fmt.Errorf("the patch %.60q is not a JSON object", text)
		}
		d.patches = append(d.patches, v)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	r.current().root.walk(func(p *page) {
		for _, m := range p.matches {
			if err == nil {
				err = claimAll([]*document{d}, m.route, p.segs)
			}
		}
	})
	if err == nil {
		r.documents = append(r.documents, d)
	}
	return d, err
}

// claims are what only one operation of a document may have, which is its id, or what all must have
// alike, which are tags and security schemes.
type claims map[claimKey]claim

// A claimKey says what a claim is about.
type claimKey struct {
	kind claimKind
	name string
}

// A claimKind is what a claim is about: an id, a tag or a security scheme.
type claimKind int

const (
	idClaim claimKind = iota
	tagClaim
	schemeClaim
)

// A claim is what a route has said about a name. by names the route and where it was registered.
type claim struct{ value, by string }

// claimAll adds what a route claims to the documents that have it, unless it contradicts what another
// route has claimed in one of them.
func claimAll(documents []*document, rt *route, segs []segment) error {
	all := make([]claims, len(documents))
	for i, d := range documents {
		if !d.shows(rt) {
			continue
		}
		own, err := claimsOf(rt, segs)
		if err != nil {
			return err
		}
		for key, c := range own {
			if err := d.claims.contradiction(key, c); err != nil {
				return fmt.Errorf("in the document %q, %w", d.title, err)
			}
		}
		all[i] = own
	}
	for i, d := range documents {
		maps.Copy(d.claims, all[i])
	}
	return nil
}

// contradiction returns an error if something else has been claimed under a key.
func (c claims) contradiction(key claimKey, new claim) error {
	old, ok := c[key]
	switch {
	case !ok || old.value == new.value:
		return nil
	case key.kind == idClaim:
		return fmt.Errorf("%s and %s both have the operation id %q: give one of them another id with Operation", old.by, new.by, key.name)
	case key.kind == tagClaim:
		return fmt.Errorf("the tag %q has the text %s for %s, and %s for %s: give it one text, or another name", key.name, old.value, old.by, new.value, new.by)
	}
	return fmt.Errorf("the security scheme %q is %s for %s, and %s for %s: give one of them another name", key.name, old.value, old.by, new.value, new.by)
}

// claimsOf returns what a route claims. It returns an error if the levels of the route contradict each
// other.
func claimsOf(rt *route, segs []segment) (own claims, err error) {
	by := fmt.Sprintf("%s %q (%s)", rt.method, rt.path, rt.source)
	own = claims{}
	add := func(kind claimKind, name, value string) {
		key, c := claimKey{kind, name}, claim{value, by}
		err = cmp.Or(err, own.contradiction(key, c))
		own[key] = c
	}
	for _, op := range operationsOf(rt, segs) {
		add(idClaim, op.id, op.method+" "+op.template())
	}
	for s := rt.scope; s != nil; s = s.parent {
		if s.described == nil {
			continue
		}
		for _, t := range s.described.tags {
			if t.text != "" {
				add(tagClaim, t.name, strconv.Quote(t.text))
			}
		}
		for _, sec := range s.described.security {
			text, _ := json.Marshal(sec.scheme) // it has been parsed from JSON
			add(schemeClaim, sec.name, string(text))
		}
	}
	return own, err
}

// shows reports whether a document has a route: whether it was registered through the document's
// router, is a typed endpoint or is described itself, and has not been left out.
func (d *document) shows(rt *route) bool {
	about := rt.scope.described
	isOwn := about != nil && about.isStated && rt.scope.at&(onRoute|onEndpoint) != 0
	if isOwn && about.hidden || rt.inOut == nil && !isOwn || !slices.Contains(operationMethods, rt.method) {
		return false
	}
	for s := rt.scope; s != nil; s = s.parent {
		if s == d.router.scope {
			return true
		}
	}
	return false
}

// respond responds with the document.
func (d *document) respond(_ *Request, res *Response) error {
	text, err := d.current()
	if err != nil {
		return err
	}
	return res.Bytes("application/json", text)
}

// current returns the text of the document for the routes that there are.
func (d *document) current() ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.router.current()
	if d.table == t {
		return d.text, nil
	}
	text, err := d.make(t)
	if err == nil {
		d.table, d.text = t, text
	}
	return text, err
}

// make makes the document.
func (d *document) make(t *table) ([]byte, error) {
	b := &documentBuilder{schemaBuilder: newSchemaBuilder()}
	var list []operation
	t.root.walk(func(p *page) {
		for _, m := range p.matches {
			if d.shows(m.route) {
				list = append(list, operationsOf(m.route, p.segs)...)
			}
		}
	})
	paths := b.paths(list)
	doc := object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", d.title}, {"version", d.version}}},
		{"servers", []any{object{{"url", "/"}}}},
	}
	if len(b.tags) > 0 {
		doc = doc.with("tags", b.tags)
	}
	doc = doc.with("paths", paths)
	components := object{{"schemas", b.schemas()}}
	if len(b.security) > 0 {
		components = components.with("securitySchemes", b.security)
	}
	doc = doc.with("components", components)
	if len(b.faults) > 0 {
		return nil, fmt.Errorf("apiroute: OpenAPI: %w", joinOnce(b.faults))
	}
	var patched any = doc
	for _, p := range d.patches {
		patched = mergePatch(patched, p)
	}
	var compact, text bytes.Buffer
	if err := writeValue(&compact, patched); err != nil {
		return nil, fmt.Errorf("apiroute: OpenAPI: %w", err)
	}
	err := json.Indent(&text, compact.Bytes(), "", "  ")
	return text.Bytes(), err
}
