package apiroute

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// This file finds out, when a plan is made, whether encoding/json can decode a type, and whether the
// tags in it do what they say. What is wrong would otherwise show only at the first request, or
// never. The file outtype.go does the same for a type that is encoded.

// jsonFaults returns what is wrong with a type that is decoded from JSON: the types in it that
// encoding/json can never fill, such as a channel, and tags that do nothing there; see checkTags. It
// looks at the same fields as encoding/json, and not into types that decode themselves. name is that
// of the field that has the type, for messages, and "" if it is not in a field. filled reports that
// the program may have set the value before: an interface may then hold a pointer, and an embedded
// pointer may point to a struct, which encoding/json fills.
func jsonFaults(t reflect.Type, name string, filled bool) []error {
	c := inChecker{seen: map[reflect.Type]bool{}, filled: filled}
	c.check(t, name)
	if c.faults == nil {
		for t := range c.seen {
			faultless.Store(checkedType{t, filled}, true)
		}
	}
	return c.faults
}

// faultless holds the types in which jsonFaults has found no fault, as a set of checkedType. They
// are not looked at again as parts of other types; see builtTypes.
var faultless sync.Map

// A checkedType is a type that jsonFaults has looked at.
type checkedType struct {
	typ    reflect.Type
	filled bool
}

// An inChecker collects what is wrong with one type.
type inChecker struct {
	seen   map[reflect.Type]bool // the types that it has looked at, for those that contain themselves
	filled bool                  // see jsonFaults
	faults []error               // in the order of the struct
}

// failf records a fault of a field, or of the whole type if that has no name.
func (c *inChecker) failf(field, format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if field != "" {
		err = fmt.Errorf("field %s: %w", field, err)
	}
	c.faults = append(c.faults, err)
}

// check looks at a type. name is the path of the field that holds it, such as "Post.Author".
func (c *inChecker) check(t reflect.Type, name string) {
	if c.seen[t] || decodesItself(t) {
		return
	}
	if _, ok := faultless.Load(checkedType{t, c.filled}); ok {
		return
	}
	c.seen[t] = true
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		c.failf(name, "%v cannot be JSON", t)
	case reflect.Interface:
		if t.NumMethod() > 0 && !c.filled {
			c.failf(name, "%v cannot be filled from JSON", t)
		}
	case reflect.Map:
		if parser(t.Key()) == nil || t.Key().Kind() == reflect.Bool || t.Key().Kind() == reflect.Float32 || t.Key().Kind() == reflect.Float64 {
			c.failf(name, "%v cannot be the name of a JSON member", t.Key())
		}
		c.check(t.Key(), name)
		c.check(t.Elem(), name)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		c.check(t.Elem(), name)
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			tag, path := f.Tag.Get("json"), strings.TrimPrefix(name+"."+f.Name, ".")
			c.checkTags(f, path)
			if f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Pointer && (tag == "" || tag[0] == ',') && !c.filled {
				c.failf(path, "encoding/json cannot set an embedded pointer to an unexported struct")
			}
			if tag != "-" && (f.IsExported() || f.Anonymous) {
				c.check(f.Type, path)
			}
		}
	}
}

// checkTags finds tags that do nothing on a field of a JSON body, or not what they seem to do:
//
//	path:"id"          and the like: encoding/json fills the field from the body
//	default:"20"       encoding/json knows no defaults
//	json:"n,required"  encoding/json ignores options that it does not know
//	json:"-,"          names the field "-" instead of leaving it out
//	minlength:"1"      is not the keyword minLength
//	a keyword twice    reflect ignores all but the first
func (c *inChecker) checkTags(f reflect.StructField, name string) {
	for _, key := range tagKeys {
		if value, ok := f.Tag.Lookup(key); ok {
			c.failf(name, "inside a JSON body, %s:%q does nothing: move the field out of the body, or remove the tag", key, value)
		}
	}
	if value, ok := f.Tag.Lookup("default"); ok {
		c.failf(name, "inside a JSON body, default:%q does nothing: make the field a pointer, and set it in Validate if it is nil", value)
	}
	pairs, ok := splitPairs(f.Tag)
	if !ok {
		c.failf(name, "%s", malformed(f.Tag))
	}
	for i, pair := range pairs {
		if isSecond(pairs, i) && (pair.key == "json" || slices.Contains(ruleKeywords, pair.key)) {
			c.failf(name, "%s", secondPair(pair))
		}
		if fault := keywordFault(pair); fault != "" {
			c.failf(name, "%s", fault)
		}
	}
	tag := f.Tag.Get("json")
	if strings.HasPrefix(tag, "-,") {
		c.failf(name, "json:%q names the field \"-\"; to leave it out, write json:\"-\"", tag)
		return
	}
	if strings.HasPrefix(tag, "'") { // a quoted name of encoding/json/v2, which may have commas
		return
	}
	_, options, _ := strings.Cut(tag, ",")
	for _, option := range strings.Split(options, ",") {
		switch {
		case strings.HasPrefix(option, "format:"):
			return // a format may have commas
		case option == "required":
			c.failf(name, "encoding/json has no option \"required\", so json:%q does nothing: write required:\"true\"", tag)
		case !slices.Contains(jsonOptions, option):
			c.failf(name, "encoding/json has no option %q, so json:%q does not do what it says: write omitempty, omitzero or string", option, tag)
		}
	}
}

// jsonOptions are the options of a json tag that some version of encoding/json knows, apart from
// format. An empty option does no harm.
var jsonOptions = []string{"", "omitempty", "omitzero", "string", "inline", "embed", "unknown", "case:ignore", "case:strict", "nocase", "strictcase"}
