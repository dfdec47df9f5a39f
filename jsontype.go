package apiroute

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// A goType says how encoding/json decodes into a Go type. Pointers have the
// goType of what they point to, as encoding/json follows them.
//
//	type T struct {               kind struct
//		ID   *int `json:"id"`     fields["id"].typ: kind int, nullable
//		Tags []string             fields["Tags"].typ: kind slice, elem: kind string
//		At   time.Time            fields["At"].typ: own ownJSON
//	}
type goType struct {
	typ      reflect.Type // without pointers
	kind     reflect.Kind // of typ
	nullable bool         // it is behind a pointer: null does not reach typ
	own      ownCode
	refuses  bool // encoding/json refuses any object, because typ is at fault

	elem   *goType             // of a slice, an array or a map
	key    *goType             // of a map
	fields map[string]*goField // of a struct, by name
	folded map[string]*goField // those that match in any letter case, by foldName

	plain bool // of the type asked for: no code of any type's own decodes a part
}

// A goField is a field that encoding/json decodes into.
type goField struct {
	name       string
	typ        *goType
	outOfReach bool // it is in an embedded pointer that encoding/json cannot set

	// wrapper is a struct that has the field alone, named V, with its tag. It is
	// nil if the tag has no option that matters to a value.
	wrapper reflect.Type
	quoted  bool // the option is "string", for a type that it is meant for
}

// ownCode says which code of a type's own decodes a value of it.
type ownCode uint8

const (
	ownNone    ownCode = iota
	ownText            // UnmarshalText
	ownJSON            // UnmarshalJSON
	ownDecoder         // what only encoding/json can call, or has a rule for
)

// goTypes are the types that have been asked for, by reflect.Type.
var goTypes sync.Map

// goTypeOf returns how encoding/json decodes into a type.
func goTypeOf(t reflect.Type) *goType {
	if n, ok := goTypes.Load(t); ok {
		return n.(*goType)
	}
	b := goTypeBuilder{types: map[builtType]*goType{}, plain: true}
	n := b.build(t)
	n.plain = b.plain
	kept, _ := goTypes.LoadOrStore(t, n)
	return kept.(*goType)
}

// A goTypeBuilder builds a type and those that it consists of.
type goTypeBuilder struct {
	types map[builtType]*goType // as far as they are built: types may be recursive
	plain bool
}

type builtType struct {
	typ     reflect.Type
	pointer bool
}

func (b *goTypeBuilder) build(t reflect.Type) *goType {
	pointer := false
	for i := 0; t.Kind() == reflect.Pointer && i < maxPointers; i++ {
		t, pointer = t.Elem(), true
	}
	at := builtType{t, pointer}
	if n := b.types[at]; n != nil {
		return n
	}
	n := &goType{typ: t, kind: t.Kind(), nullable: pointer, own: ownCodeOf(t, pointer)}
	b.types[at] = n
	switch {
	case n.own != ownNone:
		b.plain = false
	case n.kind == reflect.Interface:
		b.plain = false // it may hold a pointer to anything
	case n.kind == reflect.Slice || n.kind == reflect.Array:
		n.elem = b.build(t.Elem())
	case n.kind == reflect.Map:
		n.key, n.elem = b.build(t.Key()), b.build(t.Elem())
		n.refuses = refusesObjects(reflect.MapOf(t.Key(), reflect.TypeFor[any]()))
	case n.kind == reflect.Struct:
		n.refuses = jsonV2 && refusesObjects(t)
		b.addFields(n)
	}
	return n
}

// maxPointers bounds what is made of types such as type P *P.
const maxPointers = 100

// refusesObjects reports whether encoding/json takes not even an empty object
// for a type.
func refusesObjects(t reflect.Type) bool {
	return unmarshal([]byte("{}"), reflect.New(t).Interface(), false) != nil
}

// ownCodeOf returns which code of a type's own decodes it. Without
// encoding/json/v2, methods that a type without a name has from an embedded
// field are called only behind a pointer.
func ownCodeOf(t reflect.Type, pointer bool) ownCode {
	p := reflect.PointerTo(t)
	switch {
	case t == reflect.TypeFor[json.Number](), !jsonV2 && t.Name() == "" && !pointer:
		return ownNone
	case decodesFrom(p), jsonV2 && t == reflect.TypeFor[time.Time]():
		return ownDecoder
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return ownJSON
	case p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return ownText
	}
	return ownNone
}

// field returns the field that a name in JSON stands for, nil if there is none.
func (n *goType) field(name string) *goField {
	f := n.fields[name]
	if f == nil && len(n.folded) > 0 {
		var buf [64]byte
		f = n.folded[string(foldName(buf[:0], name))]
	}
	return f
}

// foldName appends a name to b so that two names give the same if and only if
// they differ in letter case at most, by Unicode's simple folding.
func foldName(b []byte, name string) []byte {
	for _, r := range name {
		if r < utf8.RuneSelf {
			b = append(b, byte(unicode.ToUpper(r)))
		} else {
			b = utf8.AppendRune(b, foldRune(r))
		}
	}
	return b
}

// foldRune returns the least of the runes that differ from a rune in letter case
// at most.
func foldRune(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}

// A structField is a field that decodes under a name unless another field
// hides it.
type structField struct {
	reflect.StructField
	name       string
	tagged     bool
	options    string // of the tag, after the name
	index      []int  // in the outermost struct
	outOfReach bool
}

// addFields adds the fields of a struct and of those embedded in it.
func (b *goTypeBuilder) addFields(n *goType) {
	list, custom := structFields(n.typ)
	if custom {
		n.own, b.plain = ownDecoder, false
		return
	}
	n.fields, n.folded = map[string]*goField{}, map[string]*goField{}
	for _, c := range dominant(list) {
		f := &goField{name: c.name, typ: b.build(c.Type), outOfReach: c.outOfReach}
		f.quoted = hasOption(c.options, "string") && isQuotable(c.Type)
		if f.quoted || jsonV2 && (hasOption(c.options, "string") || hasFormat(c.options)) {
			tag := reflect.StructTag(`json:` + strconv.Quote("V,"+c.options))
			f.wrapper = reflect.StructOf([]reflect.StructField{{Name: "V", Type: c.Type, Tag: tag}})
		}
		n.fields[f.name] = f
		key := string(foldName(nil, f.name))
		if _, ok := n.folded[key]; !ok && (!jsonV2 || hasOption(c.options, "case:ignore")) {
			n.folded[key] = f
		}
	}
}

// isQuotable reports whether the option "string" is meant for a field of a type.
// For another one it has no effect, or with encoding/json/v2 is an error.
func isQuotable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	return t.Kind() == reflect.String || reflect.Bool <= t.Kind() && t.Kind() <= reflect.Float64
}

// structFields returns the fields of a struct and of the structs embedded in
// it, those of outer structs first. custom reports that they depend on options
// of encoding/json/v2 for which only that has the rules.
func structFields(t reflect.Type) (list []structField, custom bool) {
	level := []structField{{StructField: reflect.StructField{Type: t}}}
	times := map[reflect.Type]int{} // how often a type is embedded at this level
	visited := map[reflect.Type]bool{}
	for len(level) > 0 {
		var next []structField
		nextTimes := map[reflect.Type]int{}
		for _, outer := range level {
			if visited[outer.Type] {
				continue
			}
			visited[outer.Type] = true
			for i := 0; i < outer.Type.NumField(); i++ {
				c := structField{StructField: outer.Type.Field(i), index: append(slices.Clip(outer.index), i), outOfReach: outer.outOfReach}
				embedded, ignored := c.parseTag()
				switch {
				case ignored:
				case jsonV2 && c.isCustom():
					return nil, true
				case embedded == nil:
					list = append(list, c)
					if times[outer.Type] > 1 {
						list = append(list, c) // two of a name hide each other
					}
				default:
					c.outOfReach = c.outOfReach || c.Type != embedded && !c.IsExported()
					c.Type = embedded
					if nextTimes[embedded]++; nextTimes[embedded] == 1 {
						next = append(next, c)
					}
				}
			}
		}
		level, times = next, nextTimes
	}
	return list, false
}

// parseTag fills in what the tag says. It returns the struct whose fields count
// as those of the struct around it, nil if the field has a name, and whether
// encoding/json leaves the field alone.
func (c *structField) parseTag() (embedded reflect.Type, ignored bool) {
	t := c.Type
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	tag := c.Tag.Get("json")
	if tag == "-" || !c.IsExported() && (!c.Anonymous || t.Kind() != reflect.Struct) {
		return nil, true
	}
	c.name, c.options, _ = strings.Cut(tag, ",")
	if !jsonV2 && strings.IndexFunc(c.name, notInTag) >= 0 {
		c.name = ""
	}
	if c.tagged = c.name != ""; c.tagged {
		return nil, false
	}
	c.name = c.Name
	if c.Anonymous && t.Kind() == reflect.Struct {
		return t, false
	}
	return nil, false
}

// notInTag reports whether encoding/json, without v2, takes no name that has a
// rune.
func notInTag(r rune) bool {
	return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// isCustom reports whether a tag has what only encoding/json/v2 can follow:
// quoted names, and fields that take all names that no other field has.
func (c *structField) isCustom() bool {
	return strings.Contains(c.Tag.Get("json"), "'") || hasOption(c.options, "inline") ||
		hasOption(c.options, "embed") || hasOption(c.options, "unknown")
}

func hasOption(options, option string) bool {
	return slices.Contains(strings.Split(options, ","), option)
}

func hasFormat(options string) bool {
	return strings.HasPrefix(options, "format:") || strings.Contains(options, ",format:")
}

// dominant returns the fields that no other field hides, in the order of the
// struct. Of several with one name that is the one that is least deep, or of
// these the only one with a tag.
func dominant(list []structField) []structField {
	slices.SortStableFunc(list, func(a, b structField) int {
		if c := cmp.Compare(len(a.index), len(b.index)); c != 0 || a.tagged == b.tagged {
			return c
		}
		if a.tagged {
			return -1
		}
		return 1
	})
	best, hidden := map[string]structField{}, map[string]bool{}
	for _, c := range list {
		switch b, ok := best[c.name]; {
		case !ok:
			best[c.name] = c
		case len(b.index) == len(c.index) && b.tagged == c.tagged:
			hidden[c.name] = true
		}
	}
	var kept []structField
	for name, c := range best {
		if !hidden[name] {
			kept = append(kept, c)
		}
	}
	slices.SortFunc(kept, func(a, b structField) int { return slices.Compare(a.index, b.index) })
	return kept
}

// decodesItself reports whether a type has code of its own that JSON is decoded by.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
		decodesFrom(p)
}
