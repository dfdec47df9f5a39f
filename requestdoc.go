package apiroute

import (
	"reflect"
	"slices"
)

// This file says for a document what an operation takes: its parameters and its body, by the plan of
// the type that Bind fills.

// A documentBuilder makes the parts of one document.
type documentBuilder struct {
	schemaBuilder
	tags     []any
	security object // the security schemes
}

// parameters returns the Parameter Objects of an operation. Each dynamic segment has one, whether a
// field takes it or not. The others are in the order of the struct.
func (b *documentBuilder) parameters(in *plan, segs, names []segment) []any {
	var list []any
	fields := []*field{}
	if in != nil {
		fields = slices.Concat(in.byKey, in.query.fields)
		slices.SortStableFunc(fields, func(x, y *field) int { return x.order - y.order })
	}
	for i, seg := range segs {
		if seg.kind == static {
			continue
		}
		schema, extra := object{{"type", "string"}, {"minLength", 1}}, object(nil)
		if j := slices.IndexFunc(fields, func(f *field) bool { return f.in == "path" && f.name == seg.text }); j >= 0 {
			schema, extra = b.parameter(in.typ, fields[j])
		} else if seg.kind != single {
			schema = object{{"type", "array"}, {"items", schema}, {"minItems", 1}}
		}
		p := object{{"name", names[i].text}, {"in", "path"}, {"required", true}, {"schema", schema}}
		list = append(list, append(p, extra...))
	}
	for _, f := range fields {
		if f.in == "path" {
			continue
		}
		schema, extra := b.parameter(in.typ, f)
		p := object{{"name", f.name}, {"in", f.in}}
		if f.required {
			p = p.with("required", true)
		}
		list = append(list, append(p.with("schema", schema), extra...))
	}
	return list
}

// parameter returns the schema of a field that is a text, and the other members of its parameter.
// Clients join the items of an array in a header with commas. To a field without the option comma that
// is one value, so its schema is that of one item.
func (b *documentBuilder) parameter(in reflect.Type, f *field) (schema, extra object) {
	sf := in.FieldByIndex(f.index)
	schema = b.fieldSchema(sf, f)
	if text, ok := schema.get("description").(string); ok { // it belongs to the parameter
		schema, extra = schema.without("description"), object{{"description", text}}
	}
	if items, ok := schema.get("items").(object); ok && f.in == "header" && !f.comma {
		schema = items
	}
	if f.comma {
		extra = extra.with("explode", false)
		if f.in == "query" {
			extra = extra.with("style", "form")
		}
	}
	return schema, extra
}

// fieldSchema returns the schema of a field that is filled from texts.
func (b *documentBuilder) fieldSchema(sf reflect.StructField, f *field) object {
	schema := withRules(b.text(sf.Type, forRequest), sf.Type, sf.Tag)
	if f.in == "path" {
		schema = notEmpty(schema)
	}
	if f.defaultText != nil {
		schema = withAll(schema, object{{"default", f.defaultValue(sf.Type)}})
	}
	return withTexts(schema, sf.Type, sf.Tag)
}

// notEmpty returns the schema of a value in a path, which always has a character, and of a
// catch-all, which has a segment.
func notEmpty(s object) object {
	switch items, isList := s.get("items").(object); {
	case isList:
		s = withAll(s, object{{"items", notEmpty(items)}})
		if s.get("minItems") == nil {
			s = s.with("minItems", 1)
		}
	case s.get("type") == "string" && s.get("minLength") == nil && s.get("enum") == nil && s.get("format") == nil && s.get("pattern") == nil:
		s = withAll(s, object{{"minLength", 1}})
	}
	return s
}

// defaultValue returns the default of a field of type t as JSON: the number or the bool that Bind sets
// the field to, or else a string.
func (f *field) defaultValue(t reflect.Type) any {
	if !isNumeric(t) && !isBool(t) {
		return *f.defaultText
	}
	v := reflect.New(t).Elem()
	f.parse(v, *f.defaultText)
	switch { // without the methods of the type, which are those of JSON
	case isBool(t):
		return v.Bool()
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return v.Uint()
	case v.Kind() == reflect.Float32:
		return float32(v.Float())
	case v.CanFloat():
		return v.Float()
	}
	return v.Interface() // a json.Number
}

// requestDirection returns the direction of JSON in a request of a route. What a codec of the program
// does about unknown names is not known.
func requestDirection(s *scope) direction {
	if s.rejectUnknown && s.unmarshal == nil {
		return forStrictRequest
	}
	return forRequest
}

// requestBody returns the Request Body Object of an operation.
func (b *documentBuilder) requestBody(in *plan, s *scope) object {
	body := in.body
	sf := in.typ.FieldByIndex(body.index)
	content := object{}
	required := body.required
	switch body.kind {
	case "json":
		schema := butNull(b.notNull(noPointers(body.typ), requestDirection(s))) // Bind takes a null inside the body only
		schema = withTexts(withRules(schema, sf.Type, sf.Tag), sf.Type, sf.Tag)
		content = content.with("application/json", object{{"schema", schema}})
	case "bytes":
		content = content.with("*/*", object{{"schema", withTexts(binary("application/octet-stream"), sf.Type, sf.Tag)}})
	case "form":
		var media object
		var hasFile bool
		media, required, hasFile = b.form(body, required, s)
		if !hasFile {
			content = content.with("application/x-www-form-urlencoded", media)
		}
		content = content.with("multipart/form-data", media)
	}
	o := object{{"content", content}}
	if required {
		o = o.with("required", true)
	}
	return o
}

// binary returns the schema of bytes that are not JSON. Some tools want the format and others the
// media type.
func binary(media string) object {
	return object{{"type", "string"}, {"format", "binary"}, {"contentMediaType", media}}
}

// form returns the Media Type Object of a form, whether the form must be sent, and whether it has a
// file.
func (b *documentBuilder) form(body *bodyPlan, required bool, s *scope) (media object, must, hasFile bool) {
	properties, names, encoding := object{}, []any{}, object{}
	for _, f := range body.form.fields {
		sf := body.typ.FieldByIndex(f.index)
		var schema object
		switch {
		case f.file:
			hasFile = true
			if schema = binary("application/octet-stream"); f.slice {
				schema = object{{"type", "array"}, {"items", schema}}
			}
			schema = withTexts(withRules(schema, sf.Type, sf.Tag), sf.Type, sf.Tag)
		case f.json:
			schema = withRules(b.notNull(noPointers(sf.Type), requestDirection(s)), sf.Type, sf.Tag)
			schema = withTexts(schema, sf.Type, sf.Tag)
			encoding = encoding.with(f.name, object{{"contentType", "application/json"}})
		default:
			schema = b.fieldSchema(sf, f)
		}
		properties = properties.with(f.name, schema)
		if f.required {
			names, required = append(names, f.name), true
		}
	}
	schema := object{{"type", "object"}, {"properties", properties}}
	if len(names) > 0 {
		schema = schema.with("required", names)
	}
	if s.rejectUnknown {
		schema = schema.with("additionalProperties", false)
	}
	media = object{{"schema", schema}}
	if len(encoding) > 0 {
		media = media.with("encoding", encoding)
	}
	return media, required, hasFile
}
