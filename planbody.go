package apiroute

import (
	"reflect"
	"strconv"
)

// This file plans how the body of a request is decoded, and which methods Validate are called for
// what is in it.

// refuseRules records a fault for each rule in the tag of a field that cannot have any.
func (p *planner) refuseRules(f taggedField, what string) {
	for _, keyword := range ruleKeywords {
		if text, ok := f.Tag.Lookup(keyword); ok {
			p.failf("field %s: %s:%q has no meaning for %s", f.goName, keyword, text, what)
		}
	}
}

// addBody sets the plan for the body: JSON of any type that can be decoded, a form with the fields
// of a struct, or the bytes as they are. There is only one body, so a second field for it is a
// fault. A JSON body is required unless its field is a pointer.
func (p *planner) addBody(f taggedField) {
	if p.body != nil {
		p.failf("field %s is a second body", f.goName)
		return
	}
	kind, words := p.splitTag(f, "required")
	required := len(words) > 0
	b := &bodyPlan{order: p.numFields, kind: kind, index: f.index, typ: f.Type, required: required}
	p.body = b
	p.numFields++
	if f.Type.Kind() == reflect.Pointer {
		b.typ, b.pointer = f.Type.Elem(), true
	}
	if _, ok := f.Tag.Lookup("default"); ok {
		p.failf("field %s: a body cannot have a default", f.goName)
	}
	if kind != "json" {
		p.refuseRules(f, "a body:"+strconv.Quote(kind))
	}
	k := b.typ.Kind()
	switch kind {
	case "json":
		b.required = required || !b.pointer // only a nil pointer can stand for no value
		b.target = p.planJSON(b.typ, f.goName)
		r, faults := compileRules(b.typ, f.Tag)
		for _, err := range faults {
			p.failf("field %s: %w", f.goName, err)
		}
		if b.target.rules = &r; r.any() {
			b.target.typ = goTypeOf(b.typ)
		}
	case "form":
		if k != reflect.Struct {
			p.failf("field %s: a body:\"form\" must be a struct, not a %v", f.goName, b.typ)
			return
		}
		p.inForm = true
		defer func() { p.inForm = false }()
		p.walk(b.typ, nil, f.goName+".", func(sf taggedField) {
			if sf.in != "form" {
				p.failf("field %s: a field of a form needs a form tag", sf.goName)
			} else if inner := p.newField(sf); inner != nil {
				b.form.add(inner)
			}
		})
	case "bytes":
		if b.pointer || k != reflect.String && (k != reflect.Slice || b.typ.Elem().Kind() != reflect.Uint8) {
			p.failf("field %s: a body:\"bytes\" must be a []byte or a string, not %v", f.goName, f.Type)
		}
	default:
		p.failf("field %s: a body is json, form or bytes, not %q", f.goName, kind)
	}
}

// planJSON returns what is known about a value of JSON of a type.
func (p *planner) planJSON(t reflect.Type, goName string) jsonTarget {
	target, faults := planJSON(t, goName, false)
	p.faults = append(p.faults, faults...)
	return target
}

// addChecker finds the Validate methods of T, of the structs embedded in it, and of everything in
// the body. The values outside of the body are texts, which their types check as they parse them.
func (p *planner) addChecker() {
	var b checkerBuilder
	var members []*member
	switch {
	case p.body == nil:
	case p.body.kind == "form":
		members = []*member{{index: p.body.index, in: "form", checker: b.buildStruct(p.body.typ, p.formMembers(&b))}}
	default:
		members = []*member{{index: p.body.index, in: "body", checker: b.build(p.body.typ)}}
	}
	p.checker = b.finish(b.buildStruct(p.typ, members))
	p.faults = append(p.faults, b.faults...)
}

// formMembers returns the fields of a form that may have something to validate in them: those that
// are neither texts nor files, nor lists of them.
func (p *planner) formMembers(b *checkerBuilder) (members []*member) {
	for _, f := range p.body.form.fields {
		t := p.body.typ.FieldByIndex(f.index).Type
		isList := t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice
		if f.file || parser(t) != nil || isList && parser(t.Elem()) != nil {
			continue
		}
		steps := []jsonStep{{name: f.name, index: -1}}
		members = append(members, &member{index: f.index, steps: steps, checker: b.build(t)})
	}
	return members
}
