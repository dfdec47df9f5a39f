package apiroute

import (
	"encoding/json"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// This file gives the components of a document their names. A name depends on which components
// there are, and not on the order in which routes are registered.

// A direction says which way a value goes. A type may differ by it: a member of a request may be
// absent where a response always has it.
type direction int

const (
	forResponse      direction = iota
	forRequest                 // names that the type does not have are ignored
	forStrictRequest           // they are errors, because of RejectUnknown
	numDirections
)

// A componentKey identifies a component before it has a name.
type componentKey struct {
	typ reflect.Type
	dir direction
}

// A component is a schema with a name, which other schemas refer to. As JSON, it is a reference.
type component struct {
	componentKey
	schema object
	name   string     // set by name
	same   *component // the component of the same type that stands for this one; nil if this one does
}

// MarshalJSON returns the URI of the component.
func (c *component) MarshalJSON() ([]byte, error) {
	return json.Marshal("#/components/schemas/" + c.kept().name)
}

// kept returns the component that is in the document for c.
func (c *component) kept() *component {
	if c.same != nil {
		return c.same
	}
	return c
}

// problemSchema is the schema of [Error]: a problem document of RFC 9457.
var problemSchema = object{
	{"type", "object"},
	{"description", "A problem of RFC 9457."},
	{"properties", object{
		{"type", object{{"type", "string"}, {"description", "A URI of the kind of problem."}}},
		{"title", object{{"type", "string"}, {"description", "The kind of problem."}}},
		{"status", object{{"type", "integer"}, {"description", "The status of the response."}}},
		{"detail", object{{"type", "string"}, {"description", "What is wrong this time."}}},
		{"instance", object{{"type", "string"}, {"description", "A URI of this occurrence."}}},
		{"errors", object{{"type", "array"}, {"description", "What is wrong with the request, field by field."}, {"items", object{
			{"type", "object"},
			{"properties", object{
				{"in", object{{"type", "string"}, {"description", "The part of the request: path, query, header, cookie, form or body."}}},
				{"name", object{{"type", "string"}, {"description", "The name of the field, or its path in a JSON body."}}},
				{"code", object{{"type", "string"}, {"description", "The rule that is broken, such as required, type or maximum."}}},
				{"detail", object{{"type", "string"}, {"description", "What the field must be."}}},
			}},
			{"required", []any{"in", "detail"}},
		}}}},
	}},
	{"required", []any{"title", "status"}},
}

// mergeComponents makes one component of those of a type that are the same in two directions. It
// begins with all of them as the same, and separates those that differ, until there is no more to
// separate: a component differs if its schema does, or if one does that it refers to.
func mergeComponents(list []*component) {
	byType := map[reflect.Type][]*component{}
	for _, c := range list {
		byType[c.typ] = append(byType[c.typ], c)
	}
	for _, variants := range byType {
		slices.SortFunc(variants, func(x, y *component) int { return int(x.dir - y.dir) })
		for _, c := range variants[1:] {
			c.same = variants[0]
		}
	}
	for changed := true; changed; {
		changed = false
		for _, c := range list {
			if c.same == nil || sameSchema(c.schema, c.same.schema) {
				continue
			}
			changed = true
			c.separate(byType[c.typ])
		}
	}
}

// separate makes c a component of its own, or the same as the next one of its type that stands for
// itself and comes after the one that c is not the same as.
func (c *component) separate(list []*component) {
	i := slices.Index(list, c.same)
	for _, other := range list[i+1:] {
		if other == c {
			break
		}
		if other.same == nil {
			c.same = other
			return
		}
	}
	c.same = nil
}

// sameSchema reports whether two values of schemas are the same, with references that are to the same
// component. The order of the members makes no difference.
func sameSchema(x, y any) bool {
	switch x := x.(type) {
	case object:
		y, ok := y.(object)
		return ok && len(x) == len(y) && !slices.ContainsFunc(x, func(m objectMember) bool { return !sameSchema(m.value, y.get(m.name)) })
	case []any:
		y, ok := y.([]any)
		return ok && slices.EqualFunc(x, y, sameSchema)
	case *component:
		y, ok := y.(*component)
		return ok && x.kept() == y.kept()
	}
	return reflect.DeepEqual(x, y)
}

// suffixes are what the names of the components of one type end with, in the order of the directions
// that differ: Post is the response, PostInput the request.
var suffixes = [numDirections]string{"", "Input", "StrictInput"}

// A typeComponents holds the components of one type, in the order of their directions.
type typeComponents []*component

// names returns the names of the components, given that of their type.
func (t typeComponents) names(base string) []string {
	names := make([]string, len(t))
	for i := range t {
		names[i] = base + suffixes[i]
	}
	return names
}

// nameComponents names components: by the name of the type, by that of the package as well where
// types clash, by more of the package's path where packages clash, and at last by a number.
func nameComponents(list []*component) {
	unnamed := groupByType(list)
	maxDepth := 0
	for _, c := range list {
		maxDepth = max(maxDepth, strings.Count(c.typ.PkgPath()+typeArgs(c.typ), "/")+1)
	}
	taken := map[string]bool{"Problem": true} // by Error
	for level := 0; level <= 2*maxDepth; level++ {
		base := func(t typeComponents) string { return t[0].baseName(min(level, maxDepth), max(0, level-maxDepth)) }
		times := map[string]int{}
		for _, t := range unnamed {
			for _, name := range t.names(base(t)) {
				times[name]++
			}
		}
		isFree := func(name string) bool { return times[name] == 1 && !taken[name] }
		unnamed = slices.DeleteFunc(unnamed, func(t typeComponents) bool { return t.take(base(t), isFree) })
		for _, c := range list {
			taken[c.name] = true
		}
	}
	last := map[string]int{}    // by name, the last number that was given to it
	for _, t := range unnamed { // types of the same name in different functions
		base := t[0].baseName(0, 0)
		name := base
		isFree := func(name string) bool { return !taken[name] }
		for i := max(2, last[base]+1); !t.take(name, isFree); i++ {
			name, last[base] = base+"_"+strconv.Itoa(i), i
		}
		for _, c := range t {
			taken[c.name] = true
		}
	}
}

// groupByType returns components by their types, in the order in which the types are first used.
// Error is not among them, which has its name.
func groupByType(list []*component) (groups []typeComponents) {
	for _, c := range list {
		i := slices.IndexFunc(groups, func(t typeComponents) bool { return t[0].typ == c.typ })
		switch {
		case c.typ == reflect.TypeFor[Error]():
			c.name = "Problem"
		case i < 0:
			groups = append(groups, typeComponents{c})
		default:
			groups[i] = append(groups[i], c)
			slices.SortFunc(groups[i], func(x, y *component) int { return int(x.dir - y.dir) })
		}
	}
	return groups
}

// take names the components after their type if all the names that they would have are free.
func (t typeComponents) take(base string, isFree func(string) bool) bool {
	names := t.names(base)
	if slices.ContainsFunc(names, func(name string) bool { return !isFree(name) }) {
		return false
	}
	for i, c := range t {
		c.name = names[i]
	}
	return true
}

// typeArgs returns the type arguments in the name of a generic type, or "".
func typeArgs(t reflect.Type) string {
	_, args, _ := strings.Cut(t.Name(), "[")
	return args
}

// baseName returns the name of a component, in which depth elements of the package's path are before
// the name of a type: Post or blog_Post, and for a generic type, before those of its arguments:
// Page_Post or Page_blog_Post. genericDepth is that of the generic type itself.
func (c *component) baseName(depth, genericDepth int) string {
	if c.typ.Name() == "" { // a type that contains itself through a pointer type with a name
		return "Recursive"
	}
	name, args, isGeneric := strings.Cut(c.typ.Name(), "[")
	if !isGeneric {
		return cleanName(qualified(c.typ.PkgPath()+"."+name, depth))
	}
	name = qualified(c.typ.PkgPath()+"."+name, genericDepth)
	return cleanName(name + "_" + shortTypes(strings.TrimSuffix(args, "]"), depth))
}

// qualified returns a name with the last elements of its package's path: at depth 1 blog_Post for
// example.com/blog.Post.
func qualified(full string, depth int) string {
	slash := strings.LastIndexByte(full, '/')
	dot := strings.LastIndexByte(full[slash+1:], '.')
	if dot < 0 {
		return full
	}
	pkg, name := full[:slash+1+dot], full[slash+1+dot+1:]
	for ; depth > 0 && pkg != "."; depth-- {
		name = path.Base(pkg) + "_" + name
		pkg = path.Dir(pkg)
	}
	return name
}

// shortTypes returns type arguments with the names of types only, or qualified by depth elements of
// the path of the package. A slice begins with List: List_Post for []Post.
func shortTypes(args string, depth int) string {
	var words []string
	for args != "" {
		i := strings.IndexAny(args, "[]*,{} ;")
		if i < 0 {
			i = len(args)
		}
		if i > 0 {
			words = append(words, qualified(args[:i], depth))
		}
		if strings.HasPrefix(args[i:], "[]") {
			words = append(words, "List")
		}
		args = args[min(i+1, len(args)):]
	}
	return strings.Join(words, "_")
}

// cleanName returns a name with all characters replaced that the name of a component cannot have.
// The number that a type in a function has in its name is left out.
func cleanName(name string) string {
	var b strings.Builder
	inNumber := false
	for _, r := range name {
		switch {
		case r == '·':
			inNumber = true
			continue
		case inNumber && '0' <= r && r <= '9':
			continue
		case isNameChar(r) && r != '.' && r != '-':
			b.WriteRune(r)
		case r == '.' || r == '-':
			b.WriteByte('_')
		default:
			b.WriteString("u" + strconv.FormatInt(int64(r), 16))
		}
		inNumber = false
	}
	return b.String()
}
