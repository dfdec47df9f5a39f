package apiroute

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// This file holds the rules of JSON bodies. They are compiled with the goType of a type. A body is
// checked twice at most. First the decoded value is checked, which costs little and builds no
// paths. The value does not always show whether a rule is broken: a member that is absent looks like
// one that is 0. Only if a rule is or may be broken does the walk of jsonfault.go go through the
// text, which shows what is there.

// compile compiles the rules in a tag and those of a type. name says what they are for in messages;
// it is "" for the type of a goTypeOf call.
func (b *goTypeBuilder) compile(t reflect.Type, tag reflect.StructTag, name string) rules {
	r, faults := compileRules(t, tag)
	for _, err := range faults {
		if name == "" {
			b.faults = append(b.faults, err)
			continue
		}
		b.faults = append(b.faults, fmt.Errorf("%s: %w", name, err))
	}
	return r
}

// addRules adds the rules of a field of n, and finds out whether the field must be present. It must
// if its tag says so. It also must if its zero value breaks a rule, or is a struct without a member
// that must be present, unless it is a pointer, an Optional, or has the option omitempty or omitzero,
// which say that the field may be absent. The members of the struct are left to derive: where types
// contain each other, not all of them are known yet.
func (b *goTypeBuilder) addRules(n *goType, f *goField, c structField) {
	name := n.fieldName(c.index)
	f.rules = b.compile(c.Type, c.Tag, name)
	if f.wrapper != nil && f.rules.any() {
		b.faults = append(b.faults, fmt.Errorf("%s: rules have no meaning beside the option %q of its json tag", name, c.options))
	}
	switch text, ok := c.Tag.Lookup("required"); {
	case !ok:
		f.mayBeAbsent = f.typ.nullable || f.typ.optional || hasOption(c.options, "omitempty") || hasOption(c.options, "omitzero")
		f.required = !f.mayBeAbsent && f.rules.zeroBreaks(f.typ.typ)
	case text != "true":
		b.faults = append(b.faults, fmt.Errorf("%s: required:%q must be required:\"true\"", name, text))
	default:
		f.required = true
	}
	f.mustRead = f.required && !f.typ.nullable && f.typ.own >= ownJSON && f.typ.typ != reflect.TypeFor[time.Time]()
	if f.required {
		n.required = append(n.required, f)
	}
}

// fieldName returns the name of a field of a struct for messages.
func (n *goType) fieldName(index []int) string {
	name := n.typ.FieldByIndex(index).Name
	if n.typ.Name() == "" {
		return "field " + name
	}
	return fmt.Sprintf("field %v.%s", n.typ, name)
}

// derive finds out what is true of the types because of what they consist of. Types that contain each
// other make a second look necessary, until nothing changes.
func (b *goTypeBuilder) derive() {
	for _, n := range b.order {
		n.nested = n.optional && n.elem.contains(n, map[*goType]bool{})
	}
	for changed := true; changed; {
		changed = false
		for i := len(b.order) - 1; i >= 0; i-- { // most parts come after what they are a part of
			changed = b.order[i].derive() || changed
		}
	}
}

// derive takes over what is known of the parts of the type, and reports whether it is news: which
// fields must be present because a member in them must be, whether there are rules, and so on.
func (n *goType) derive() (news bool) {
	for _, f := range n.fields {
		if !f.required && !f.mayBeAbsent && len(f.typ.required) > 0 {
			f.required, n.required, news = true, append(n.required, f), true
		}
	}
	before := [...]bool{n.hasRules, n.plain, n.unmarked, n.nested}
	n.hasRules = n.hasRules || n.rulesInside()
	for _, part := range n.parts() {
		n.plain = n.plain && part.plain
		n.unmarked = n.unmarked || part.unmarked
		n.nested = n.nested || part.nested
	}
	return news || before != [...]bool{n.hasRules, n.plain, n.unmarked, n.nested}
}

// finishFields puts the fields that must be looked at in the order of their struct, and refuses a
// uniqueItems that no list can have.
func (b *goTypeBuilder) finishFields() {
	byIndex := func(f, g *goField) int { return slices.Compare(f.index, g.index) }
	for _, n := range b.order {
		for _, f := range n.fields {
			if f.hasRules() {
				n.checked = append(n.checked, f)
			}
		}
		slices.SortFunc(n.checked, byIndex)
		slices.SortFunc(n.required, byIndex)
		for i, f := range n.required {
			f.place = i
		}
		for _, f := range n.checked {
			b.checkUnique(n, f.typ, &f.rules, n.fieldName(f.index))
		}
		if n.elem != nil {
			b.checkUnique(n, n.elem, &n.elemRules, n.typ.String())
		}
	}
}

// checkUnique refuses uniqueItems on a list in n whose items can contain an n, and thus a list with
// the same rule. Such an item would be compared with others at each level, which takes quadratic time.
func (b *goTypeBuilder) checkUnique(n, list *goType, r *rules, name string) {
	if r.unique && list.elem.contains(n, map[*goType]bool{}) {
		b.faults = append(b.faults, fmt.Errorf("%s: uniqueItems:\"true\" has no meaning for lists that contain themselves", name))
	}
}

// mayBreak reports whether a text that encoding/json decodes into the type can be wrong
// nevertheless. r holds the rules for the text as a whole.
func (n *goType) mayBreak(r *rules) bool { return n.hasRules || n.unmarked || r.any() }

// parts returns the types that a value of the type consists of.
func (n *goType) parts() (list []*goType) {
	for _, part := range []*goType{n.elem, n.key} {
		if part != nil {
			list = append(list, part)
		}
	}
	for _, f := range n.fields {
		list = append(list, f.typ)
	}
	return list
}

// rulesInside reports whether there are rules for what a value of the type consists of.
func (n *goType) rulesInside() bool {
	for _, f := range n.fields {
		if f.hasRules() {
			return true
		}
	}
	return n.elem != nil && n.elem.hasRules || n.key != nil && n.key.hasRules || n.elemRules.any() || n.keyRules.any()
}

// hasRules reports whether the value of a field can break a rule.
func (f *goField) hasRules() bool { return f.required || f.rules.any() || f.typ.hasRules }

// contains reports whether values of the type can contain values of other. seen holds the types
// that have been looked at.
func (n *goType) contains(other *goType, seen map[*goType]bool) bool {
	switch {
	case n == nil || seen[n]:
		return false
	case n.typ == other.typ:
		return true
	}
	seen[n] = true
	return slices.ContainsFunc(n.parts(), func(part *goType) bool { return part.contains(other, seen) })
}

// obeys reports whether a decoded value surely obeys the rules inside of its type, and the given
// ones. value holds the rules for v itself or, if it is a list, for its elements. list holds those
// for v as a list; it is nil if there are none. If obeys returns false, only the text can tell.
func (n *goType) obeys(v reflect.Value, value []rule, list *rules) bool {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return true // absent or null
		}
		v = v.Elem()
	}
	switch {
	case n.optional:
		if !v.Field(optionalSet).Bool() || v.Field(optionalNull).Bool() {
			return true
		}
		return n.elem.obeys(v.Field(optionalValue), value, list)
	case n.own != ownNone:
		return true
	case n.kind == reflect.Struct:
		for _, f := range n.checked {
			if !f.obeys(v) {
				return false
			}
		}
		return true
	case n.kind == reflect.Map:
		return !n.hasRules || n.entriesObey(v)
	case n.list:
		return n.listObeys(v, value, list)
	}
	return broken(value, v) == nil
}

// obeys reports whether the field of a decoded struct surely obeys its rules.
func (f *goField) obeys(structure reflect.Value) bool {
	v := fieldAt(structure, f.index)
	if !v.IsValid() || isNilValue(v) { // behind an embedded pointer that is nil, absent, or null
		return !f.required
	}
	return (!f.required || f.surelyPresent(v)) && f.typ.obeys(v, f.rules.value, &f.rules)
}

// surelyPresent reports whether a value, which is not nil, shows that a member is present and not
// null.
func (f *goField) surelyPresent(v reflect.Value) bool {
	switch k := v.Kind(); {
	case f.mustRead:
		return false
	case k == reflect.Pointer || k == reflect.Slice || k == reflect.Map || k == reflect.Interface:
		return true
	case f.typ.optional:
		return v.Field(optionalSet).Bool() && !v.Field(optionalNull).Bool()
	}
	return !v.IsZero()
}

// isNilValue reports whether a value is nil, as far as it can be.
func isNilValue(v reflect.Value) bool { return canBeNil(v.Kind()) && v.IsNil() }

// fieldAt returns the field of a struct at an index. It returns the zero Value if the field is
// behind an embedded pointer that is nil.
func fieldAt(v reflect.Value, index []int) reflect.Value {
	v = v.Field(index[0])
	for _, i := range index[1:] {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// entriesObey reports whether the keys and the elements of a map surely obey their rules.
func (n *goType) entriesObey(m reflect.Value) bool {
	key, elem := reflect.New(n.typ.Key()).Elem(), reflect.New(n.typ.Elem()).Elem()
	for it := m.MapRange(); it.Next(); {
		key.SetIterKey(it)
		elem.SetIterValue(it)
		if !n.key.obeys(key, n.keyRules.value, nil) || !n.elem.obeys(elem, n.elemRules.value, &n.elemRules) {
			return false
		}
	}
	return true
}

// listObeys reports whether a slice or an array surely obeys its rules.
func (n *goType) listObeys(v reflect.Value, value []rule, list *rules) bool {
	count := v.Len()
	if list != nil && list.brokenCount(count) != nil {
		return false
	}
	if list != nil && list.unique && count > 1 && (!n.comparable || !uniqueScalars(v)) {
		return false
	}
	if len(value) == 0 && !n.elem.hasRules && !n.elemRules.any() {
		return true
	}
	for i := 0; i < count; i++ {
		if !n.elem.obeys(v.Index(i), value, &n.elemRules) {
			return false
		}
	}
	return true
}

// nullBreaks returns the rule that null breaks as an element of a list or a map, where it leaves a
// zero value, or nil. It leaves no member, so a struct must not have any that is required.
func (n *goType) nullBreaks(value []rule, list *rules) *breach {
	switch {
	case n.nullable || n.optional || n.own != ownNone || n == jsonSkipped:
		return nil
	case n.kind == reflect.Struct && len(n.required) > 0:
		return &isRequired
	case n.kind == reflect.Slice && n.list:
		if r := list.brokenCount(0); r != nil {
			return &r.breach
		}
		return nil
	case n.kind == reflect.Array:
		return nil
	}
	if r := broken(value, reflect.Zero(n.typ)); r != nil {
		return &r.breach
	}
	return nil
}

// breaksKeyRule returns the rule that the name of a member breaks as the key of a map, or nil.
func (n *goType) breaksKeyRule(name string) *rule {
	if len(n.keyRules.value) == 0 {
		return nil
	}
	v := reflect.New(n.key.typ).Elem()
	if parse := parser(n.key.typ); parse == nil || parse(v, name).detail != "" {
		return nil // a fault of the type, which is not reported here
	}
	return broken(n.keyRules.value, v)
}
