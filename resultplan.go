package apiroute

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file looks at an Out type once and plans how its values are sent; see the result in
// result.go. A type that could never be sent, or would be sent otherwise than its tags say, is a
// mistake of the programmer. Registration panics with all mistakes of a type.

// resultTags are the keys of the tags that make an Out a whole response.
var resultTags = []string{"status", "header", "cookie", "body"}

// isResult reports whether a type is a struct with at least one of the tags of a response, so that
// it is not simply a JSON body. Embedded structs count as their fields. within holds the structs
// around t.
func isResult(t reflect.Type, within ...reflect.Type) bool {
	if t.Kind() != reflect.Struct || slices.Contains(within, t) {
		return false
	}
	within = append(within, t)
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		if key, _ := resultTag(f); key != "" {
			return true
		}
		if inner := embeddedStruct(f); inner != nil && isResult(inner, within...) {
			return true
		}
	}
	return false
}

// resultTag returns the first tag of a response that a field has. The key is "" if it has none.
func resultTag(f reflect.StructField) (key, value string) {
	for _, k := range resultTags {
		if v, ok := f.Tag.Lookup(k); ok {
			return k, v
		}
	}
	return "", ""
}

// A resultPlanner plans one result, and collects everything that is wrong with the type.
type resultPlanner struct {
	*result
	faults []error
	names  map[string]string // the name of the Go field for each place so far, such as "header Location"
	likeIn bool              // whether the type has tags that only an In has
}

// planResult returns how an Out is sent, or nil if the whole Out is a JSON body. The error is
// everything that is wrong with the type; the result must then not be used to send anything.
func planResult(t reflect.Type) (*result, error) {
	if t.Kind() == reflect.Pointer && isResult(t.Elem()) {
		return nil, fmt.Errorf("type %v: a response with tags must be a struct, not a pointer to one: write %v", t, t.Elem())
	}
	p := &resultPlanner{result: &result{typ: t}, names: map[string]string{}}
	if !isResult(t) {
		p.result = nil
		p.findMisspelled(t)
	} else {
		p.walk(t, nil, "")
		p.checkMedia()
	}
	if p.likeIn {
		p.failf("it has tags of an In: give the response a type of its own")
	}
	if len(p.faults) > 0 {
		return p.result, fmt.Errorf("type %v: %w", t, errors.Join(p.faults...))
	}
	return p.result, nil
}

// bodyType returns the type of the body of an Out, or struct{} if it has none.
func bodyType(p *result, out reflect.Type) reflect.Type {
	switch {
	case p == nil:
		return out
	case p.body.kind == "":
		return reflect.TypeFor[struct{}]()
	}
	return out.FieldByIndex(p.body.index).Type
}

// failf records a fault.
func (p *resultPlanner) failf(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

// findMisspelled finds fields of a JSON body with what looks like a tag of a response. The tag would
// have no effect, and the client would get the field in the body instead. Only a key that differs in
// its letter case or in a plural is clear enough, on a field without a json tag.
func (p *resultPlanner) findMisspelled(t reflect.Type) {
	for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
		f := t.Field(i)
		if _, isMember := f.Tag.Lookup("json"); isMember {
			continue
		}
		pairs, ok := splitPairs(f.Tag)
		for _, tag := range resultTags {
			if !ok && strings.HasPrefix(string(f.Tag), tag+":") {
				p.failf("field %s: %s", f.Name, malformed(f.Tag))
			}
			for _, pair := range pairs {
				if lower := strings.ToLower(pair.key); lower == tag || lower == tag+"s" {
					p.failf("field %s: write %v for %v", f.Name, tagPair{tag, pair.value}, pair)
				}
			}
		}
	}
}

// walk plans the fields of a struct and of the structs embedded in it. index and prefix lead to t.
func (p *resultPlanner) walk(t reflect.Type, index []int, prefix string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		name, at := prefix+f.Name, append(slices.Clone(index), i)
		key, value := resultTag(f)
		inner := embeddedStruct(f)
		switch {
		case key == "" && inner != nil && isResult(inner) && f.Type.Kind() == reflect.Pointer:
			p.failf("field %s: embed the struct, not a pointer to it, which may be nil", name)
		case key == "" && inner != nil && isResult(inner):
			p.walk(inner, at, name+".")
		case key == "" && !f.IsExported() && inner == nil:
		case key == "":
			p.failf("field %s has none of the tags status, header, cookie and body, which other fields have: %s", name, p.likelyTag(f))
		case !f.IsExported():
			p.failf("field %s has a tag and is not exported", name)
		default:
			p.checkTags(f, key, name)
			p.checkRules(f, tagPair{key, value}, name)
			p.add(f, resultField{index: at, name: value}, key, name)
		}
	}
}

// likelyTag returns what was probably meant by a field that has no tag of a response.
func (p *resultPlanner) likelyTag(f reflect.StructField) string {
	pairs, ok := splitPairs(f.Tag)
	if !ok {
		return malformed(f.Tag)
	}
	for _, pair := range pairs {
		if key := resultTagLike(pair.key); key != "" {
			return fmt.Sprintf("write %v for %v", tagPair{key, pair.value}, pair)
		}
		if slices.Contains(tagKeys, pair.key) {
			p.likeIn = true
			return fmt.Sprintf("%v has no meaning in a response", pair)
		}
	}
	return fmt.Sprintf(`write, for example, header:"X-%s", or move it into the struct of a field with body:"json"`, f.Name)
}

// resultTagLike returns the tag of a response that a key of a tag probably means, or "".
func resultTagLike(key string) string {
	for _, tag := range resultTags {
		if lower := strings.ToLower(key); strings.HasPrefix(lower, tag) || misspells(lower, tag) {
			return tag
		}
	}
	return ""
}

// checkTags finds what is wrong with the other tags of a field that has the tag key.
func (p *resultPlanner) checkTags(f reflect.StructField, key, name string) {
	pairs, ok := splitPairs(f.Tag)
	if !ok {
		p.failf("field %s: %s", name, malformed(f.Tag))
	}
	for i, pair := range pairs {
		switch isRule := slices.Contains(ruleKeywords, pair.key); {
		case (isRule || pair.key == key) && isSecond(pairs, i):
			p.failf("field %s: %s", name, secondPair(pair))
		case isRule || pair.key == key:
		case slices.Contains(resultTags, pair.key):
			p.failf("field %s has two tags, %s and %s", name, key, pair.key)
		case slices.Contains(tagKeys, pair.key), pair.key == "default":
			p.failf("field %s: %v has no meaning in a response", name, pair)
			p.likeIn = true
		case pair.key == "contentMediaType" && key != "body":
			p.failf("field %s: contentMediaType is for a body:\"bytes\"", name)
		case pair.key != "contentMediaType" && misspells(strings.ToLower(pair.key), "contentmediatype"):
			p.failf("field %s: write %v for %v", name, tagPair{"contentMediaType", pair.value}, pair)
		case pair.key == "required":
			p.failf("field %s: %v has no meaning in a response", name, pair)
		default:
			if fault := keywordFault(pair); fault != "" {
				p.failf("field %s: %s", name, fault)
			}
		}
	}
}

// checkRules finds what is wrong with the rules of a field, which are for the document alone. tag is
// that of the field. Only a header field and a JSON body have a schema.
func (p *resultPlanner) checkRules(f reflect.StructField, tag tagPair, name string) {
	if tag.key == "header" || tag == (tagPair{"body", "json"}) {
		_, faults := compileRules(f.Type, f.Tag)
		for _, err := range faults {
			p.failf("field %s: %w", name, err)
		}
		return
	}
	for _, keyword := range ruleKeywords {
		if text, ok := f.Tag.Lookup(keyword); ok {
			p.failf("field %s: %v has no meaning for a %v", name, tagPair{keyword, text}, tag)
		}
	}
}

// add plans one field. key is the key of its tag, and name its name for messages.
func (p *resultPlanner) add(f reflect.StructField, field resultField, key, name string) {
	place := key
	if key == "header" || key == "cookie" {
		switch written, words, ok := strings.Cut(field.name, ","); {
		case ok:
			p.failf("field %s: %q has no meaning in a response: write %v", name, words, tagPair{key, written})
		case !isToken(field.name):
			p.failf("field %s: a %s cannot have the name %q", name, key, field.name)
		}
		if key == "header" {
			field.name = http.CanonicalHeaderKey(field.name)
		}
		place += " " + field.name
	}
	if other, ok := p.names[place]; ok {
		p.failf("fields %s and %s are both %s", other, name, place)
		return
	}
	p.names[place] = name
	switch key {
	case "status":
		p.addStatus(f, field, name)
	case "header":
		p.addHeader(f, field, name)
	case "cookie":
		if t := f.Type; t != reflect.TypeFor[http.Cookie]() && t != reflect.TypeFor[*http.Cookie]() {
			p.failf("field %s: a cookie must be an http.Cookie or a pointer to one, not %v", name, t)
		}
		p.cookies = append(p.cookies, field)
	case "body":
		p.addBody(f, field, name)
	}
}

// addStatus plans the field for the status. Its tag lists the statuses that it may have.
func (p *resultPlanner) addStatus(f reflect.StructField, field resultField, name string) {
	if f.Type != reflect.TypeFor[int]() {
		p.failf("field %s: a status must be an int, not %v", name, f.Type)
	}
	p.status = field.index
	for _, text := range strings.Split(field.name, ",") {
		status, err := strconv.Atoi(text)
		if err != nil || status < 200 || status > 399 {
			p.failf("field %s: %q is not a status from 200 to 399, as in status:\"201,200\"; other responses are errors", name, text)
			continue
		}
		p.statuses = append(p.statuses, status)
	}
}

// ownHeaders are the header fields that an Out cannot have, because the server or another field of
// the Out sets them.
var ownHeaders = []string{"Connection", "Content-Length", "Date", "Set-Cookie", "Trailer", "Transfer-Encoding"}

// addHeader plans a header field.
func (p *resultPlanner) addHeader(f reflect.StructField, field resultField, name string) {
	value := f.Type
	if value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	field.format, field.slice = headerFormat(f.Type)
	switch {
	case field.name == "Set-Cookie":
		p.failf("field %s: for a cookie, write cookie:\"name\" and the type http.Cookie", name)
	case slices.Contains(ownHeaders, field.name):
		p.failf("field %s: the header %s is not for an Out to set", name, field.name)
	case value == reflect.TypeFor[time.Time]() && slices.Contains(httpTimes, field.name):
		p.failf("field %s: the header %s has another form than a time.Time: write a string, with t.UTC().Format(http.TimeFormat)", name, field.name)
	case value == reflect.TypeFor[time.Duration]() && slices.Contains(httpSeconds, field.name):
		p.failf("field %s: the header %s has another form than a time.Duration: write an int, the seconds", name, field.name)
	case field.format == nil && parser(value) != nil:
		p.failf("field %s: type %v needs a method MarshalText for a header", name, value)
	case field.format == nil:
		p.failf("field %s: type %v is not supported for a header", name, f.Type)
	}
	p.headers = append(p.headers, field)
}

// addBody plans the body.
func (p *resultPlanner) addBody(f reflect.StructField, field resultField, name string) {
	field.kind = field.name
	media, ok := f.Tag.Lookup("contentMediaType")
	t := f.Type
	switch field.kind {
	case "json":
		if ok {
			p.failf("field %s: contentMediaType is for a body:\"bytes\"", name)
		}
		p.plain = plain(t)
	case "bytes":
		isBytes := t.Kind() == reflect.String || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
		isReader := t.Implements(reflect.TypeFor[io.Reader]())
		switch {
		case isReader && t.Kind() != reflect.Interface:
			p.failf("field %s: a body:\"bytes\" that is read must be of the type io.Reader, which can hold a %v", name, t)
		case !isBytes && !isReader:
			p.failf("field %s: a body:\"bytes\" must be a []byte, a string or an io.Reader, not %v", name, t)
		}
		if ok {
			field.media = []string{media}
		}
	default:
		p.failf("field %s: the body of a response is json or bytes, not %q", name, field.kind)
		p.likeIn = p.likeIn || field.kind == "form"
	}
	p.body = field
}

// checkMedia finds what is wrong with the media type of a body of bytes.
func (p *resultPlanner) checkMedia() {
	if p.body.kind != "bytes" {
		return
	}
	name := p.names["body"]
	if p.body.media == nil {
		if p.names["header Content-Type"] == "" {
			p.failf("field %s: a body:\"bytes\" needs a tag such as contentMediaType:\"image/png\", or another field with header:\"Content-Type\"", name)
		}
		return
	}
	text := p.body.media[0]
	if media, _, err := mime.ParseMediaType(text); err != nil || !strings.Contains(media, "/") || strings.Contains(media, "*") {
		p.failf("field %s: contentMediaType:%q is not a media type such as image/png", name, text)
	}
}
