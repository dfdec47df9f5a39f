package apiroute

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// This file finds the Validate methods that are called when a value has been decoded: those of the
// value and of everything inside it. Finding them is most of the work. It is done once for a type,
// and follows Go's rules for the promotion of methods from embedded structs. The file visit.go
// calls the methods.

// validate is implemented by types that check themselves after they have been filled.
type validate interface{ Validate() error }

// A checker says which Validate methods are called for a value of a type, and where. For example:
//
//	type Order struct {                  methods: Validate
//		Items []Item `json:"items"`      members: items, of kind slice; elem: Item
//		Note  string `json:"note"`       no member, because nothing in it can be validated
//	}
//	func (Order) Validate() error
//	func (*Item) Validate() error
//
// A pointer has the checker of what it points to. A checker exists only for types with at least
// one method, of their own or inside. So a type without Validate costs nothing.
type checker struct {
	typ     reflect.Type // without the pointers to it
	members []*member    // of a struct: the fields to look into, in order; otherwise nil
	elem    *checker     // of the elements of a slice, an array or a map, or the value of an Optional; otherwise nil
	methods []validator  // the calls for the value itself, after those for what is inside
	live    bool         // whether any method is in the checker or in one that it refers to
}

// A member is a field of a struct that is filled and may have something to validate in it.
type member struct {
	index   []int      // for FieldByIndex
	in      string     // the part of the request that it is filled from; "" within a body
	steps   []jsonStep // the path from the struct to the field; nil if the field is a body
	checker *checker
	skipOwn bool // whether the field's own method is left out, because the struct's is called for it
}

// A validator is one call of a Validate method of a struct, or of a type that is not a struct.
//
// Each method is called once. But several structs can have the same method, because Go promotes the
// methods of an embedded struct to the struct around it. selectValidate finds out which struct
// declares a method. For example, if A and B declare Validate:
//
//	type T struct{ A }    // T.Validate is called: it is A's, or it hides A's.
//	type U struct{ A; B } // Nothing is promoted: A's and B's are called, and U's if it has one.
//
// Reflection cannot tell whether T in this example has A's method by promotion, or declares one of
// its own. That makes no difference, except behind a nil pointer; see addMethods. T.Validate is
// called and A.Validate is not: in the first case they are the same method, and in the second T's
// method takes the place of A's, as it does everywhere in Go.
type validator struct {
	declared []int   // the index of the embedded struct that declares the method
	called   []int   // the index of the outermost struct to which it is promoted
	member   *member // if that embedded struct is a member with a name of its own; otherwise nil
}

// newChecker returns the checker for a type that encoding/json has decoded, or nil if there is
// nothing to validate, and what is wrong with the methods.
func newChecker(t reflect.Type) (*checker, []error) {
	var b checkerBuilder
	root := b.build(t)
	return b.finish(root), b.faults
}

// checkers holds the checkers that are finished and have no fault, as a map from reflect.Type to
// *checker, also those without a method. What they refer to is finished as well; see builtTypes.
var checkers sync.Map

// A checkerBuilder builds the checker of one type, and of the types that it consists of.
type checkerBuilder struct {
	types  map[reflect.Type]*checker // the checkers begun so far, so that a recursive type refers to itself
	all    []*checker                // all checkers
	faults []error                   // the methods named Validate that cannot be called
}

// build returns the checker for a type in JSON. It does not look into interfaces, which hold what
// the text happens to have, nor into types that decode themselves: what they hold is not what the
// text has.
func (b *checkerBuilder) build(t reflect.Type) *checker {
	for i := 0; t.Kind() == reflect.Pointer && i < maxPointers; i++ {
		t = t.Elem()
	}
	if c := b.types[t]; c != nil {
		return c
	}
	if b.types == nil {
		b.types = map[reflect.Type]*checker{}
	}
	if c, ok := checkers.Load(t); ok {
		return c.(*checker)
	}
	c := b.begin(t)
	b.types[t] = c
	switch k := t.Kind(); {
	case k == reflect.Interface || k == reflect.Pointer:
		return c
	case optionalType(t) != nil:
		c.elem = b.build(optionalType(t))
	case decodesItself(t):
	case k == reflect.Slice || k == reflect.Array || k == reflect.Map:
		c.elem = b.build(t.Elem())
	case k == reflect.Struct:
		b.addMembers(c)
	}
	b.addMethods(c, t, validator{}, nil)
	return c
}

// buildStruct returns the checker for a struct that is not JSON, with the given members.
func (b *checkerBuilder) buildStruct(t reflect.Type, members []*member) *checker {
	c := b.begin(t)
	c.members = members
	b.addMethods(c, t, validator{}, nil)
	return c
}

// begin returns a new checker.
func (b *checkerBuilder) begin(t reflect.Type) *checker {
	c := &checker{typ: t}
	b.all = append(b.all, c)
	return c
}

// addMembers adds the fields of a struct that encoding/json fills, including those of embedded
// structs.
func (b *checkerBuilder) addMembers(c *checker) {
	list, _ := structFields(c.typ)
	for _, f := range dominant(list) {
		m := &member{index: f.index, checker: b.build(f.Type)}
		if !f.takesRest() {
			m.steps = []jsonStep{{name: f.name, index: -1}}
		}
		c.members = append(c.members, m)
	}
}

// finish leaves out everything that has nothing to validate, and returns the checker for root, or
// nil if that has nothing either. A checker is live if it has a method, or refers to one that is
// live. As checkers can refer to each other in circles, that is repeated until nothing changes.
func (b *checkerBuilder) finish(root *checker) *checker {
	for changed := true; changed; {
		changed = false
		for _, c := range b.all {
			if !c.live && (len(c.methods) > 0 || c.elem.isLive() || slices.ContainsFunc(c.members, (*member).isLive)) {
				c.live, changed = true, true
			}
		}
	}
	for _, c := range b.all {
		c.members = slices.DeleteFunc(c.members, func(m *member) bool { return !m.isLive() })
		if !c.elem.isLive() {
			c.elem = nil
		}
	}
	if b.faults == nil {
		for t, c := range b.types {
			checkers.LoadOrStore(t, c)
		}
	}
	if !root.isLive() {
		return nil
	}
	return root
}

func (c *checker) isLive() bool { return c != nil && c.live }

func (m *member) isLive() bool { return m.checker.live }

// addMethods adds the calls for the type t, which is the type of the checker or a struct embedded
// in it. Those of embedded structs come before that of the struct around them. v is the call of t's
// own method, if it has one, and within holds the types around t.
func (b *checkerBuilder) addMethods(c *checker, t reflect.Type, v validator, within []reflect.Type) {
	if slices.Contains(within, t) { // a struct may embed a pointer to itself
		return
	}
	within = append(slices.Clone(within), t)
	has := reflect.PointerTo(t).Implements(reflect.TypeFor[validate]())
	sel, own, promoted := selectValidate(t, nil), v, false
	if !has && sel.field < 0 && sel.depth == 0 && hasValidate(t) {
		b.addNearMiss(t)
	}
	for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		f := t.Field(i)
		if !f.Anonymous {
			continue
		}
		index := append(slices.Clone(v.declared), i)
		if i == sel.field && has && f.Type.Kind() == reflect.Pointer && t.Name() != "" {
			// Here it matters whether the method is promoted or declared. While the pointer is nil,
			// a promoted method cannot be called, and a declared one must be. Only a named type can
			// declare one.
			b.failf("the method Validate of %v may be that of %v, which may be nil: embed the struct, not a pointer to it", t, f.Type)
		}
		if m := c.memberAt(index); m != nil { // in JSON it is a field like any other
			if i == sel.field && has {
				m.skipOwn = true
				own.declared, own.member = index, m
			}
			continue
		}
		inner := embeddedStruct(f)
		if inner == nil {
			continue
		}
		next := validator{declared: index, called: index}
		if i == sel.field {
			next.called, promoted = v.called, true
		}
		b.addMethods(c, inner, next, within)
	}
	if has && !promoted {
		c.methods = append(c.methods, own)
	}
}

// memberAt returns the member with an index, or nil if there is none.
func (c *checker) memberAt(index []int) *member {
	for _, m := range c.members {
		if slices.Equal(m.index, index) {
			return m
		}
	}
	return nil
}

// addNearMiss records that the method Validate of a type is never called. A method with another
// signature is more likely a mistake than an intention, and a check that does not run is a hole.
func (b *checkerBuilder) addNearMiss(t reflect.Type) {
	m, _ := reflect.PointerTo(t).MethodByName("Validate")
	var in, out []reflect.Type
	for i := 1; i < m.Type.NumIn(); i++ { // the first is the receiver
		in = append(in, m.Type.In(i))
	}
	for i := 0; i < m.Type.NumOut(); i++ {
		out = append(out, m.Type.Out(i))
	}
	signature := strings.TrimPrefix(reflect.FuncOf(in, out, m.Type.IsVariadic()).String(), "func")
	b.failf("%v has a method Validate%s, which is never called: write Validate() error, or give it another name", t, signature)
}

// failf records a fault, once, even if several structs embed the type that has it.
func (b *checkerBuilder) failf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if !slices.ContainsFunc(b.faults, func(e error) bool { return e.Error() == err.Error() }) {
		b.faults = append(b.faults, err)
	}
}

// embeddedStruct returns the struct that a field embeds, directly or by a pointer. It returns nil
// if the field embeds none.
func embeddedStruct(f reflect.StructField) reflect.Type {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !f.Anonymous || t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// A selection is the field or method that the selector x.Validate denotes in Go.
type selection struct {
	depth  int  // how many embedded fields lead to it; -1 if there is no such field or method
	unique bool // whether it is the only one at this depth
	field  int  // index of the embedded field that promotes it; -1 if the type declares it
}

// selectValidate finds the field or method Validate of a type by Go's rule for selectors: among
// those with the name, in the type and in all that it embeds, Go selects the one at the shallowest
// depth, provided it is the only one at that depth (https://go.dev/ref/spec#Selectors). within
// holds the types around t.
//
// A method that the type may have by promotion counts as promoted; see validator. It must be
// declared by the type itself if nothing can be promoted, or only a method that differs in its
// signature or in the kind of its receiver.
func selectValidate(t reflect.Type, within []reflect.Type) selection {
	none, own := selection{depth: -1, field: -1}, selection{unique: true, field: -1}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if slices.Contains(within, t) {
		return none // it is deeper than the same name in the type around it, and so never selected
	}
	best := none
	if t.Kind() == reflect.Struct {
		within = append(slices.Clone(within), t)
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			if f.Name == "Validate" {
				return own // a field; the type cannot have a method with its name
			}
			if !f.Anonymous {
				continue
			}
			sel := selectValidate(f.Type, within)
			switch depth := sel.depth + 1; {
			case sel.depth < 0:
			case best.depth < 0 || depth < best.depth:
				best = selection{depth, sel.unique, i}
			case depth == best.depth:
				best.unique = false
			}
		}
	}
	switch {
	case best.depth >= 0 && best.unique && isPromoted(t, t.Field(best.field).Type):
		return best
	case hasValidate(t):
		return own
	}
	best.field = -1
	return best
}

// hasValidate reports whether a type, or a pointer to it, has a method named Validate, whatever its
// signature.
func hasValidate(t reflect.Type) bool {
	if t.Kind() != reflect.Interface {
		t = reflect.PointerTo(t)
	}
	_, ok := t.MethodByName("Validate")
	return ok
}

// isPromoted reports whether a struct has the method Validate exactly as promotion from an embedded
// field gives it: in the method set of a value if a value of the field has it, and in that of a
// pointer if a pointer to the field has it.
func isPromoted(t, embedded reflect.Type) bool {
	v := reflect.TypeFor[validate]()
	inPointer := embedded.Implements(v) || embedded.Kind() != reflect.Pointer && reflect.PointerTo(embedded).Implements(v)
	return t.Implements(v) == embedded.Implements(v) && reflect.PointerTo(t).Implements(v) == inPointer
}
