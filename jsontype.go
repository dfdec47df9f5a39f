package apiroute

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// This file describes how encoding/json decodes into a Go type: which field a name denotes, and
// where a type has its own code. It follows the rules of encoding/json exactly, since a fault that
// encoding/json does not see, or the other way round, would be a wrong response. It looks at each
// type once.

// A goType says how encoding/json decodes into a Go type. A pointer has the goType of what it
// points to, because encoding/json follows pointers. For example:
//
//	type T struct {               kind struct
//		ID   *int `json:"id"`     fields["id"].typ: kind int, nullable
//		Tags []string             fields["Tags"].typ: kind slice, elem: kind string
//		At   time.Time            fields["At"].typ: own ownJSON
//	}
type goType struct {
	typ      reflect.Type // the type, without the pointers to it
	kind     reflect.Kind // the kind of typ
	nullable bool         // whether it is behind a pointer, which null sets to nil
	own      ownCode      // the type's own code that decodes it; ownNone if it has none
	refuses  bool         // whether encoding/json refuses even {}, because of a mistake in the type

	elem   *goType             // of the elements of a slice, an array or a map; otherwise nil
	key    *goType             // of the keys of a map; otherwise nil
	fields map[string]*goField // the fields of a struct, by name in JSON; otherwise nil
	folded map[string]*goField // the fields whose names match in any letter case, by foldName

	optional   bool // whether it is an Optional, with elem for its value
	list       bool // whether it is a list to which rules for items apply; see isList
	comparable bool // whether it is such a list, and its elements can be compared in Go

	// The rules are those that the types of values state themselves. Those in the tag of a field are
	// in goField.
	elemRules rules      // of the elements of a map, or of a list if they are lists
	keyRules  rules      // of the keys of a map
	checked   []*goField // the fields of a struct that have rules, or have a type with rules inside
	required  []*goField // the fields of a struct that must be present
	hasRules  bool       // whether a value can break a rule that is stated inside of the type

	plain    bool // whether neither it nor a type in it has its own code
	unmarked bool // whether encoding/json cannot tell unknown names within it: in an Optional, without v2
	nested   bool // whether an Optional in it can contain itself, so that depth must be limited; see maxOptionals

	// These are set only for the type of a goTypeOf call.
	rules     rules // those of the type itself
	ruleFault error // everything that is wrong with the rules in it; nil if there is nothing
}

// A goField is a field of a struct that encoding/json decodes into.
type goField struct {
	name        string  // in JSON
	typ         *goType // without the option "string" or a format
	outOfReach  bool    // whether it is behind an embedded pointer that encoding/json cannot set
	index       []int   // for FieldByIndex, in the struct
	rules       rules   // those in its tag and of its type
	required    bool    // whether the member must be present, and not null
	mayBeAbsent bool    // whether it need not be present even if a member in it must be
	place       int     // if it is required, its index in the required fields of the struct
	mustRead    bool    // whether a value can hide that the member is null

	// wrapper is a struct type that has only this field, named V, with the options of its tag.
	// Decoding into it shows what encoding/json makes of the options. It is nil if no option
	// changes how a value is decoded.
	wrapper reflect.Type
	quoted  bool // whether it has the option "string", and a type on which that has an effect
}

// jsonSkipped is the type of values that encoding/json ignores, such as that of an unknown member.
var jsonSkipped = &goType{kind: reflect.Invalid}

// goTypes holds the results of goTypeOf, as a map from reflect.Type to *goType.
var goTypes sync.Map

// goTypeOf returns how encoding/json decodes into a type.
func goTypeOf(t reflect.Type) *goType {
	if n, ok := goTypes.Load(t); ok {
		return n.(*goType)
	}
	b := goTypeBuilder{types: map[builtType]*goType{}}
	built := b.build(t)
	r := b.compile(t, "", "")
	b.derive()
	b.finishFields()
	n := *built // a copy, as other types may consist of it
	n.rules = r
	if n.ruleFault = joinOnce(b.faults); n.ruleFault == nil {
		for at, part := range b.types {
			builtTypes.LoadOrStore(at, part)
		}
	}
	kept, _ := goTypes.LoadOrStore(t, &n)
	return kept.(*goType)
}

// builtTypes holds the goTypes of which everything is known, also of their parts, and that have no
// fault in their rules, as a map from builtType to *goType. Types often have parts in common: in many
// programs, all models refer to each other. Without this map, each endpoint would look at all of
// them, and keep what it finds for itself.
var builtTypes sync.Map

// joinOnce joins errors. Of those with the same message it takes only the first: a type and a pointer
// to it have the same mistakes.
func joinOnce(faults []error) error {
	seen, kept := map[string]bool{}, []error(nil)
	for _, err := range faults {
		if text := err.Error(); !seen[text] {
			seen[text], kept = true, append(kept, err)
		}
	}
	return errors.Join(kept...)
}

// A goTypeBuilder builds the goType of one type, and of the types that it consists of.
type goTypeBuilder struct {
	types  map[builtType]*goType // the types begun so far, so that a recursive type refers to itself
	order  []*goType             // the same, in the order in which they were begun
	faults []error               // what is wrong with rules
}

// A builtType is a type without pointers, and whether there was a pointer, which makes a difference
// to null.
type builtType struct {
	typ     reflect.Type
	pointer bool
}

// build returns the goType of a type. It enters a type in b.types before it builds the parts.
func (b *goTypeBuilder) build(t reflect.Type) *goType {
	pointer := false
	for i := 0; t.Kind() == reflect.Pointer && i < maxPointers; i++ {
		t, pointer = t.Elem(), true
	}
	at := builtType{t, pointer}
	if n := b.types[at]; n != nil {
		return n
	}
	if n, ok := builtTypes.Load(at); ok {
		return n.(*goType)
	}
	n := &goType{typ: t, kind: t.Kind(), nullable: pointer, own: ownCodeOf(t, pointer), plain: true}
	b.types[at], b.order = n, append(b.order, n)
	n.list = isList(t)
	n.comparable = n.list && comparableItems(t)
	switch elem := optionalType(t); {
	case elem != nil:
		n.optional, n.unmarked = true, !jsonV2 // before the build, which may come back to n
		n.elem = b.build(elem)
	case n.own != ownNone:
		n.plain = false
	case n.kind == reflect.Interface:
		n.plain = false // an interface may hold a pointer to anything
	case n.kind == reflect.Slice || n.kind == reflect.Array:
		if n.elem = b.build(t.Elem()); isList(ruledType(t.Elem())) {
			n.elemRules = b.compile(t.Elem(), "", t.String())
		}
	case n.kind == reflect.Map:
		n.key, n.elem = b.build(t.Key()), b.build(t.Elem())
		n.keyRules, n.elemRules = b.compile(t.Key(), "", t.String()), b.compile(t.Elem(), "", t.String())
		n.refuses = refusesObjects(reflect.MapOf(t.Key(), reflect.TypeFor[any]()))
	case n.kind == reflect.Struct:
		n.refuses = jsonV2 && refusesObjects(t)
		b.addFields(n)
	}
	return n
}

// refusesObjects reports whether encoding/json does not even decode an empty object into a type, as
// is the case for a map whose keys cannot be names.
func refusesObjects(t reflect.Type) bool {
	return unmarshal([]byte("{}"), reflect.New(t).Interface(), false) != nil
}

// field returns the field that a name in JSON denotes, or nil if there is none. An exact match
// takes precedence over one that ignores letter case.
func (n *goType) field(name string) *goField {
	f := n.fields[name]
	if f == nil && len(n.folded) > 0 {
		var buf [64]byte
		f = n.folded[string(foldName(buf[:0], name))]
	}
	return f
}

// foldName appends a form of the name to b that is equal for two names if and only if they are
// equal under Unicode's simple case folding. The Kelvin sign folds to K, for example.
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

// foldRune returns the smallest of the runes that are equal to r under simple case folding.
func foldRune(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}

// A structField is a candidate for a name: a field that encoding/json decodes into, unless another
// field with the same name hides it.
type structField struct {
	reflect.StructField
	name       string // in JSON
	tagged     bool   // whether the name is from the tag
	options    string // the part of the tag after the name and the comma, such as "omitempty,string"
	index      []int  // for FieldByIndex, in the outermost struct
	outOfReach bool
	behindNil  bool // whether it is behind an embedded pointer, so that encoding/json may leave it out
}

// addFields adds the fields of a struct to its goType, including those of embedded structs. If
// encoding/json/v2 has rules for the struct that this package does not follow, it counts as a type
// with its own code.
func (b *goTypeBuilder) addFields(n *goType) {
	list, custom := structFields(n.typ)
	if custom {
		n.own, n.plain = ownDecoder, false
		return
	}
	n.fields, n.folded = map[string]*goField{}, map[string]*goField{}
	for _, c := range dominant(list) {
		f := &goField{name: c.name, typ: b.build(c.Type), outOfReach: c.outOfReach, index: c.index}
		f.quoted = hasOption(c.options, "string") && isQuotable(c.Type)
		if f.quoted || jsonV2 && (hasOption(c.options, "string") || hasFormat(c.options)) {
			tag := reflect.StructTag(`json:` + strconv.Quote("V,"+c.options))
			f.wrapper = reflect.StructOf([]reflect.StructField{{Name: "V", Type: c.Type, Tag: tag}})
		}
		b.addRules(n, f, c)
		n.fields[f.name] = f
		// With v2, only a field with the option "case:ignore" matches in any letter case.
		key := string(foldName(nil, f.name))
		if _, ok := n.folded[key]; !ok && (!jsonV2 || hasOption(c.options, "case:ignore")) {
			n.folded[key] = f
		}
	}
}

// isQuotable reports whether the option "string" has an effect on a field of this type. On other
// types encoding/json ignores the option, and v2 returns an error.
func isQuotable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	return t.Kind() == reflect.String || reflect.Bool <= t.Kind() && t.Kind() <= reflect.Float64
}

// structFields returns the candidates for the names of a struct, level by level: first the fields
// of the struct itself, then those of the structs embedded in it, and so on. A struct that is
// embedded at several levels counts at the first. If it is embedded twice at one level, its fields
// are listed twice, so that they hide each other.
//
// custom reports that the struct uses options for which only encoding/json/v2 has the rules; list
// then does without them.
func structFields(t reflect.Type) (list []structField, custom bool) {
	level := []structField{{StructField: reflect.StructField{Type: t}}}
	times := map[reflect.Type]int{} // how often each type is embedded at this level
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
				c := structField{StructField: outer.Type.Field(i), index: append(slices.Clip(outer.index), i), outOfReach: outer.outOfReach, behindNil: outer.behindNil}
				embedded, ignored := c.parseTag()
				custom = custom || !ignored && jsonV2 && c.isCustom()
				switch {
				case ignored:
				case embedded == nil:
					list = append(list, c)
					if times[outer.Type] > 1 {
						list = append(list, c) // embedded twice at this level
					}
				default:
					c.behindNil = c.behindNil || c.Type != embedded
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
	return list, custom
}

// parseTag sets the name and the options from the tag. embedded is not nil if the field is an
// embedded struct without a name in its tag, whose fields count as those of the struct around it.
// ignored reports that encoding/json ignores the field, because of json:"-" or because it is not
// exported.
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

// notInTag reports whether a rune makes encoding/json, without v2, ignore a name in a tag.
func notInTag(r rune) bool {
	return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// isCustom reports whether a tag uses features of encoding/json/v2 that this package does not
// follow: quoted names, and fields that take all names without a field.
func (c *structField) isCustom() bool {
	return strings.Contains(c.Tag.Get("json"), "'") || c.takesRest()
}

// takesRest reports whether a field takes the names that no other field has, or is a struct that
// counts as its fields. Its own name is then not in the text. Only encoding/json/v2 has such fields.
func (c *structField) takesRest() bool {
	return jsonV2 && (hasOption(c.options, "inline") || hasOption(c.options, "embed") || hasOption(c.options, "unknown"))
}

// hasOption reports whether the options of a tag contain an option.
func hasOption(options, option string) bool {
	return slices.Contains(strings.Split(options, ","), option)
}

// hasFormat reports whether the options of a tag contain a format. It is not split at commas,
// because the format may have one.
func hasFormat(options string) bool {
	return strings.HasPrefix(options, "format:") || strings.Contains(options, ",format:")
}

// dominant returns the fields that no other field hides, in the order of the struct. Among fields
// with the same name, the one at the shallowest depth wins, as in Go. If there are several at that
// depth, the only one with a tag wins. If that does not decide either, all of them are hidden. For
// example, of
//
//	type T struct {
//		A                   // has ID and Name
//		B                   // has ID and Name with a tag json:"Name"
//		Role string
//	}
//
// the fields B.Name and Role remain: B.Name has a tag, and A.ID and B.ID hide each other.
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
