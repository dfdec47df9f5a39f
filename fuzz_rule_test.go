package apiroute_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/apiroute"
)

// The types below state rules, or contain some, in ways that reflect.StructOf cannot make.
type (
	// drawnTree is recursive in all ways.
	drawnTree struct {
		Name string                         `json:"name" minLength:"1"`
		Kids []drawnTree                    `json:"kids,omitempty" maxItems:"2"`
		Next *drawnTree                     `json:"next"`
		Map  map[colour]drawnTree           `json:"map"`
		Opt  apiroute.Optional[[]drawnTree] `json:"opt" minItems:"1"`
		Code drawnCode                      `json:"code,omitempty"`
	}
	// drawnEmbeds has members of embedded structs, of which one is behind a pointer.
	drawnEmbeds struct {
		embeddedRules
		*DrawnPart
		Own int `json:"own" minimum:"1"`
	}
	// DrawnPart is embedded.
	DrawnPart struct {
		On  bool   `json:"on" required:"true"`
		Own string `json:"own" minLength:"3"`
		Let string `json:"let,omitempty" enum:"a,b"`
	}
	drawnCode int
	drawnList []drawnCode
)

func (*drawnCode) JSONSchema() any {
	return struct {
		Most int `json:"maximum"`
	}{9}
}

func (drawnList) JSONSchema() any { return map[string]any{"minItems": 1, "uniqueItems": true} }

// drawnRules are the rules that types state by themselves, as tags.
var drawnRules = map[reflect.Type]reflect.StructTag{
	reflect.TypeFor[colour]():    `enum:"red,green"`,
	reflect.TypeFor[drawnCode](): `maximum:"9"`,
	reflect.TypeFor[drawnList](): `minItems:"1" uniqueItems:"true"`,
}

// A drawnLeaf is a type that a drawn struct can have a field of, with the rules that have a meaning
// there.
type drawnLeaf struct {
	typ  reflect.Type
	tags []string
}

var drawnLeaves = func() []drawnLeaf {
	whole := []string{`minimum:"1"`, `maximum:"10"`, `exclusiveMinimum:"0"`, `exclusiveMaximum:"5" minimum:"2"`, `multipleOf:"3"`, `enum:"0,1,30"`}
	number := append([]string{`multipleOf:"0.1"`, `minimum:"0.5" maximum:"1.5"`}, whole...)
	text := []string{`minLength:"1"`, `maxLength:"2"`, `minLength:"1" pattern:"^[a-c]*$"`, `pattern:"b"`, `enum:"a,b,é"`, `format:"date"`, `format:"ipv4"`}
	return []drawnLeaf{
		{reflect.TypeFor[string](), text}, {reflect.TypeFor[int](), whole}, {reflect.TypeFor[int8](), whole}, {reflect.TypeFor[uint16](), whole},
		{reflect.TypeFor[float64](), number}, {reflect.TypeFor[float32](), number}, {reflect.TypeFor[json.Number](), number}, {reflect.TypeFor[bool](), []string{`enum:"true"`}},
		{reflect.TypeFor[colour](), nil}, {reflect.TypeFor[drawnCode](), nil}, {reflect.TypeFor[drawnList](), []string{`maxItems:"2"`}},
		{reflect.TypeFor[any](), nil}, {reflect.TypeFor[[]byte](), nil}, {reflect.TypeFor[time.Time](), []string{`format:"date-time"`}},
		{reflect.TypeFor[apiroute.Optional[string]](), text}, {reflect.TypeFor[apiroute.Optional[int]](), whole}, {reflect.TypeFor[apiroute.Optional[*float64]](), number},
		{reflect.TypeFor[apiroute.Optional[[]string]](), append([]string{`minItems:"1"`}, text...)}, {reflect.TypeFor[apiroute.Optional[DrawnPart]](), nil},
		{reflect.TypeFor[drawnTree](), nil}, {reflect.TypeFor[drawnEmbeds](), nil}, {reflect.TypeFor[ruled](), nil}, {reflect.TypeFor[line](), nil},
	}
}()

// drawLeaf draws a type at the given depth, and the tags that have a meaning for it.
func drawLeaf(r *rand.Rand, depth int) drawnLeaf {
	if depth == 0 {
		return drawnLeaves[r.Intn(len(drawnLeaves))]
	}
	inner := drawLeaf(r, depth-1)
	list := []string{`minItems:"1"`, `maxItems:"2"`, `minItems:"2"`, `uniqueItems:"true"`, `uniqueItems:"true" minItems:"1" maxItems:"3"`}
	switch r.Intn(9) {
	case 0:
		return drawnLeaf{reflect.PointerTo(inner.typ), inner.tags}
	case 1, 2:
		return drawnLeaf{reflect.SliceOf(inner.typ), append(list, drawnElemTags(inner)...)}
	case 3:
		return drawnLeaf{reflect.ArrayOf(r.Intn(3), inner.typ), append([]string{`uniqueItems:"true"`}, drawnElemTags(inner)...)}
	case 4:
		key := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int8](), reflect.TypeFor[colour](), reflect.TypeFor[uint]()}[r.Intn(4)]
		return drawnLeaf{reflect.MapOf(key, inner.typ), nil}
	case 5, 6, 7:
		return drawnLeaf{drawStruct(r, depth), nil}
	}
	return inner
}

// drawnElemTags returns the tags that have a meaning for a list of a type.
func drawnElemTags(elem drawnLeaf) (tags []string) {
	t := elem.typ
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, tag := range elem.tags {
		if optionalOf(t) == nil && !strings.Contains(tag, "Items") {
			tags = append(tags, tag)
		}
	}
	return tags
}

// drawStruct draws a struct. reflect.StructOf keeps each for ever, so few are made.
func drawStruct(r *rand.Rand, depth int) reflect.Type {
	names := []string{"a", "B", "name", "x-y", "a b", "é", "Kelvin", "own"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var fields []reflect.StructField
	for i := range 1 + r.Intn(6) {
		leaf := drawLeaf(r, r.Intn(depth))
		tag := fmt.Sprintf("json:%q", names[i]+[]string{"", "", "", ",omitempty", ",omitzero"}[r.Intn(5)])
		if r.Intn(4) == 0 {
			tag += ` required:"true"`
		}
		if len(leaf.tags) > 0 && r.Intn(4) > 0 {
			tag += " " + leaf.tags[r.Intn(len(leaf.tags))]
		}
		fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: leaf.typ, Tag: reflect.StructTag(tag)})
	}
	return reflect.StructOf(fields)
}

// drawText writes a random value that more often than not fits a type and obeys its rules.
func drawText(r *rand.Rand, t reflect.Type, tag reflect.StructTag, depth int) string {
	text := drawn(r, t, tag, depth)
	for range 9 {
		if text[0] == '{' || text[0] == '[' || r.Intn(30) == 0 {
			break // another try might take long
		}
		var ref ruleReference
		if ref.value(t, tag, decodeAny(text), ""); len(ref.faults) == 0 {
			break
		}
		text = drawn(r, t, tag, depth)
	}
	return []string{"", "", "", "", " ", "\n\t"}[r.Intn(6)] + text + []string{"", "", "", "", " ", "\r\n"}[r.Intn(6)]
}

func drawn(r *rand.Rand, t reflect.Type, tag reflect.StructTag, depth int) string {
	pick := func(list ...string) string { return list[r.Intn(len(list))] }
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if elem := optionalOf(t); elem != nil {
		return drawn(r, elem, tag, depth)
	}
	if r.Intn(40) == 0 {
		return pick("null", "null", "null", "true", "0", `""`, "[]", "{}", `{"a":[null]}`)
	}
	switch k := t.Kind(); {
	case depth <= 0 && k != reflect.String && k != reflect.Bool && k >= reflect.Array:
		return pick("null", "{}", "[]", `""`)
	case k == reflect.Bool:
		return pick("true", "false")
	case t == reflect.TypeFor[time.Time]():
		return pick(`"2026-01-31T00:00:00Z"`, `"0001-01-01T00:00:00Z"`, `"2026-01-31"`)
	case k == reflect.String && t != reflect.TypeFor[json.Number]():
		return pick(`"a"`, `"b"`, `"\u0062"`, `"é"`, `"\u00e9"`, `""`, `"ab"`, `"abc"`, `"abcd"`, `"😀"`, `"\ud83d\ude00\u0000"`, `"2026-01-31"`, `"2026-02-30"`, `"192.0.2.1"`, `"::1"`, `"red"`, `"green"`, `"\"\\\/\n"`)
	case k == reflect.Float32 || k == reflect.Float64 || k == reflect.String:
		return pick("0", "0.1", "0.3", "0.25", "-0.5", "1", "1.0", "1.5", "10e-1", "3", "9", "10", "30", "1E2", "-0")
	case k == reflect.Interface:
		return pick(`{"a":1,"b":[1,"x",null]}`, "1", "1.0", "null", `"x"`, "false", "[]")
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return pick(`"YWI="`, `""`, `"*"`, "[1,2]", "[256]")
	case k == reflect.Slice || k == reflect.Array:
		var items []string
		least, _ := strconv.Atoi(withTypeRules(t, tag).Get("minItems"))
		for range max(r.Intn(4), least-r.Intn(12)/11) {
			items = append(items, drawText(r, t.Elem(), valueTag(tag), depth-1))
		}
		if len(items) > 0 && r.Intn(12) == 0 {
			items = append(items, items[0])
		}
		return "[" + strings.Join(items, ",") + "]"
	case k == reflect.Map:
		var members []string
		for _, key := range []string{"1", "-1", "red", "green", "a b", "300", ""} {
			if r.Intn(4) == 0 {
				members = append(members, drawName(r, key)+":"+drawText(r, t.Elem(), "", depth-1))
			}
		}
		return "{" + strings.Join(members, ",") + "}"
	case k == reflect.Struct:
		return drawnObject(r, t, depth)
	}
	return pick("0", "1", "2", "3", "4", "5", "9", "10", "11", "30", "-1", "-3", "127", "128", "-129", "65536", "1.0", "1e1", "99999999999999999999")
}

// drawnObject writes most members of a struct, in any order.
func drawnObject(r *rand.Rand, t reflect.Type, depth int) string {
	var members []string
	for _, f := range refFields(t) {
		if depth > 1 && r.Intn(20) == 0 || depth <= 1 && !f.required() {
			continue
		}
		name := f.name
		if r.Intn(12) == 0 {
			name = strings.ToUpper(name)
		}
		members = append(members, drawName(r, name)+":"+drawText(r, f.Type, f.Tag, depth-1))
	}
	if r.Intn(10) == 0 {
		members = append(members, `"unknown":{"a":[1e5,"\u0000",{}],"b":null}`)
	}
	if r.Intn(40) == 0 && len(members) > 0 {
		members = append(members, members[0])
	}
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, ",") + "}"
}

// drawName writes the name of a member, at times with an escape.
func drawName(r *rand.Rand, name string) string {
	text, _ := json.Marshal(name)
	if r.Intn(10) == 0 && name != "" && name[0] < utf8.RuneSelf {
		return fmt.Sprintf(`"\u%04x%s`, name[0], text[2:])
	}
	return string(text)
}

// A ruleReference finds what is wrong with a decoded JSON value, slowly and by other means than the
// package.
type ruleReference struct {
	faults  []string // each is a path, a space and a code
	types   int      // how many of them are found by encoding/json
	reject  bool     // unknown names
	anyCase bool     // names match in any letter case
}

func (ref *ruleReference) add(path, code string) { ref.faults = append(ref.faults, path+" "+code) }

func (ref *ruleReference) wrong(path, code string) {
	ref.add(path, code)
	ref.types++
}

// value checks a value against a type, and the tag of its field.
func (ref *ruleReference) value(t reflect.Type, tag reflect.StructTag, v any, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if elem := optionalOf(t); elem != nil {
		ref.value(elem, tag, v, path)
		return
	}
	if v == nil {
		return
	}
	tag = withTypeRules(t, tag)
	switch k := t.Kind(); {
	case t == reflect.TypeFor[time.Time]():
		if s, ok := v.(string); !ok || new(time.Time).UnmarshalJSON([]byte(strconv.Quote(s))) != nil {
			ref.wrong(path, "format")
		}
	case k == reflect.Interface:
	case k == reflect.Struct:
		ref.object(t, v, path)
	case k == reflect.Map:
		ref.entries(t, v, path)
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && reflect.TypeOf(v) == reflect.TypeFor[string]():
		if _, err := base64.StdEncoding.DecodeString(v.(string)); err != nil {
			ref.wrong(path, "type")
		}
	case k == reflect.Slice || k == reflect.Array:
		ref.list(t, tag, v, path)
	default:
		if code := scalarFault(t, v); code != "" {
			ref.wrong(path, code)
			return
		}
		if s, ok := v.(string); ok && t == reflect.TypeFor[json.Number]() {
			v = json.Number(s)
		}
		if code := brokenKeyword(tag, v); code != "" {
			ref.add(path, code)
		}
	}
}

func (ref *ruleReference) list(t reflect.Type, tag reflect.StructTag, v any, path string) {
	list, ok := v.([]any)
	if !ok {
		ref.wrong(path, "type")
		return
	}
	before := len(ref.faults)
	for i, e := range list {
		if t.Kind() == reflect.Array && i >= t.Len() {
			break
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		if code := ""; e == nil {
			if code = nullFault(t.Elem(), valueTag(tag)); code != "" {
				ref.add(at, code)
			}
			continue
		}
		ref.value(t.Elem(), valueTag(tag), e, at)
	}
	if t.Kind() == reflect.Array {
		list = list[:min(len(list), t.Len())]
	}
	least, _ := strconv.Atoi(tag.Get("minItems"))
	most, err := strconv.Atoi(tag.Get("maxItems"))
	switch {
	case len(list) < least:
		ref.add(path, "minItems")
	case err == nil && len(list) > most:
		ref.add(path, "maxItems")
	case tag.Get("uniqueItems") != "" && len(ref.faults) == before && repeats(list):
		ref.add(path, "uniqueItems")
	}
}

func (ref *ruleReference) entries(t reflect.Type, v any, path string) {
	object, ok := v.(map[string]any)
	if !ok {
		ref.wrong(path, "type")
		return
	}
	for key, e := range object {
		at := path + stepTo(path, key)
		if t.Key().Kind() != reflect.String {
			if code := scalarFault(t.Key(), json.Number(key)); code != "" {
				ref.wrong(at, code)
				continue
			}
		} else if code := brokenKeyword(withTypeRules(t.Key(), ""), key); code != "" {
			ref.add(at, code)
		}
		if e == nil {
			if code := nullFault(t.Elem(), ""); code != "" {
				ref.add(at, code)
			}
			continue
		}
		ref.value(t.Elem(), "", e, at)
	}
}

func (ref *ruleReference) object(t reflect.Type, v any, path string) {
	object, ok := v.(map[string]any)
	if !ok {
		ref.wrong(path, "type")
		return
	}
	fields := refFields(t)
	present := map[string]bool{}
	for name, e := range object {
		i := slices.IndexFunc(fields, func(f refField) bool { return f.name == name })
		if i < 0 && ref.anyCase {
			i = slices.IndexFunc(fields, func(f refField) bool { return strings.EqualFold(f.name, name) })
		}
		switch {
		case i < 0 && ref.reject:
			ref.wrong(path+stepTo(path, name), "additionalProperties")
		case i < 0:
		case e == nil && fields[i].required():
			present[fields[i].name] = true
			ref.add(path+stepTo(path, name), "required")
		default:
			present[fields[i].name] = true
			ref.value(fields[i].Type, fields[i].Tag, e, path+stepTo(path, name))
		}
	}
	for _, f := range fields {
		if f.required() && !present[f.name] {
			ref.add(path+stepTo(path, f.name), "required")
		}
	}
}

// nullFault returns what is wrong with null for an item of a list or a map: its zero value may break
// a rule.
func nullFault(t reflect.Type, tag reflect.StructTag) string {
	if t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]() && optionalOf(t) == nil {
		if slices.ContainsFunc(refFields(t), refField.required) {
			return "required"
		}
	}
	return zeroFault(t, tag)
}

// zeroFault returns the rule that the zero value of a type breaks, or "".
func zeroFault(t reflect.Type, tag reflect.StructTag) string {
	tag = withTypeRules(t, tag)
	switch k := t.Kind(); {
	case optionalOf(t) != nil || t.Kind() == reflect.Pointer:
		return ""
	case k == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		if n, _ := strconv.Atoi(tag.Get("minItems")); n > 0 {
			return "minItems"
		}
		return ""
	case k == reflect.String && t != reflect.TypeFor[json.Number]():
		return brokenKeyword(tag, "")
	case k == reflect.Bool:
		return brokenKeyword(tag, false)
	case k <= reflect.Float64 || k == reflect.String:
		return brokenKeyword(tag, json.Number("0"))
	}
	return ""
}

// A refField is a member of a struct.
type refField struct {
	reflect.StructField
	name, options string
}

func (f refField) required() bool {
	if f.Tag.Get("required") == "true" {
		return true
	}
	return !strings.Contains(f.options, "omit") && nullFault(f.Type, f.Tag) != ""
}

// refFields returns the members of a struct, with those of embedded structs that no outer one hides.
func refFields(t reflect.Type) (fields []refField) {
	var inner []refField
	for i := range t.NumField() {
		f := refField{StructField: t.Field(i)}
		f.name, f.options, _ = strings.Cut(f.Tag.Get("json"), ",")
		if embedded := f.Type; f.Anonymous && f.name == "" {
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			inner = append(inner, refFields(embedded)...)
			continue
		}
		if f.name == "" {
			f.name = f.Name
		}
		fields = append(fields, f)
	}
	outer := slices.Clone(fields)
	for _, f := range inner {
		if !slices.ContainsFunc(outer, func(o refField) bool { return o.name == f.name }) {
			fields = append(fields, f)
		}
	}
	return fields
}

// optionalOf returns the type of the value in an Optional, or nil.
func optionalOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Struct && strings.HasPrefix(t.Name(), "Optional[") {
		f, _ := t.FieldByName("Value")
		return f.Type
	}
	return nil
}

// withTypeRules adds the rules that a type states itself to a tag.
func withTypeRules(t reflect.Type, tag reflect.StructTag) reflect.StructTag {
	return tag + " " + drawnRules[t]
}

// notOfItems matches what the tag of a list says about the list itself.
var notOfItems = regexp.MustCompile(`\w+Items:"\w*"|required:"true"|json:"[^"]*"`)

// valueTag returns the part of a list's tag that is about its items.
func valueTag(tag reflect.StructTag) reflect.StructTag {
	return reflect.StructTag(notOfItems.ReplaceAllString(string(tag), ""))
}

// stepTo returns a name as a part of a path.
func stepTo(path, name string) string {
	switch {
	case !plainName.MatchString(name):
		return fmt.Sprintf("[%q]", name)
	case path == "":
		return name
	}
	return "." + name
}

// scalarFault returns the code for a value that encoding/json does not decode into a type, or "".
func scalarFault(t reflect.Type, v any) string {
	n, isNumber := v.(json.Number)
	s, isString := v.(string)
	_, isBool := v.(bool)
	switch k := t.Kind(); {
	case t == reflect.TypeFor[json.Number]():
		if isString {
			isNumber = s != "" && strings.Trim(s, "0123456789+-.eE") == "" && json.Valid([]byte(s))
		}
		if isNumber {
			return ""
		}
	case k == reflect.Bool && isBool, k == reflect.String && isString:
		return ""
	case !isNumber:
	case k == reflect.Float32 || k == reflect.Float64:
		if _, err := strconv.ParseFloat(string(n), t.Bits()); err == nil {
			return ""
		}
		return rangeCode(n)
	case k <= reflect.Uintptr && k >= reflect.Int:
		if json.Unmarshal([]byte(n), reflect.New(t).Interface()) == nil {
			return ""
		}
		if _, err := strconv.ParseInt(string(n), 10, 64); err == nil || strings.Contains(err.Error(), "range") {
			return rangeCode(n)
		}
	}
	return "type"
}

func rangeCode(n json.Number) string {
	if strings.HasPrefix(string(n), "-") {
		return "minimum"
	}
	return "maximum"
}

// brokenKeyword returns the first keyword of a tag that a scalar breaks, or "".
func brokenKeyword(tag reflect.StructTag, v any) string {
	for _, keyword := range strings.Fields("enum minLength maxLength format pattern minimum exclusiveMinimum maximum exclusiveMaximum multipleOf") {
		if word, ok := tag.Lookup(keyword); ok && !keywordHolds(keyword, word, v) {
			return keyword
		}
	}
	return ""
}

func keywordHolds(keyword, word string, v any) bool {
	var n, bound *big.Rat
	text := fmt.Sprint(v)
	if _, ok := v.(json.Number); ok {
		n, bound = ratOf(text), ratOf(word)
	}
	switch keyword {
	case "enum":
		return slices.ContainsFunc(strings.Split(word, ","), func(w string) bool {
			return w == text || n != nil && ratOf(w).Cmp(n) == 0
		})
	case "minLength":
		least, _ := strconv.Atoi(word)
		return len([]rune(text)) >= least
	case "maxLength":
		most, _ := strconv.Atoi(word)
		return len([]rune(text)) <= most
	case "format":
		if word == "ipv4" {
			a, err := netip.ParseAddr(text)
			return err == nil && a.Is4()
		}
		_, err := time.Parse("2006-01-02", text)
		return err == nil
	case "pattern":
		return regexp.MustCompile(word).MatchString(text)
	case "multipleOf":
		return new(big.Rat).Quo(n, bound).IsInt()
	case "minimum":
		return n.Cmp(bound) >= 0
	case "exclusiveMinimum":
		return n.Cmp(bound) > 0
	case "maximum":
		return n.Cmp(bound) <= 0
	}
	return n.Cmp(bound) < 0
}

// ratOf returns a number, or nil for a text that is none.
func ratOf(text string) *big.Rat {
	n, _ := new(big.Rat).SetString(text)
	return n
}

// repeats reports whether two values are equal in JSON.
func repeats(list []any) bool {
	for i := range list {
		for j := range i {
			if equalJSON(list[i], list[j]) {
				return true
			}
		}
	}
	return false
}

func equalJSON(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && ratOf(string(a)).Cmp(ratOf(string(b))) == 0
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalJSON)
	case map[string]any:
		b, ok := b.(map[string]any)
		for name, v := range a {
			other, has := b[name]
			ok = ok && has && equalJSON(v, other)
		}
		return ok && len(a) == len(b)
	}
	return reflect.DeepEqual(a, b)
}

// decodeAny decodes a JSON text.
func decodeAny(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return v
}

// namesRepeat reports whether an object in a text has two names that are equal in some letter case.
func namesRepeat(text string) bool {
	d := json.NewDecoder(strings.NewReader(text))
	var seen []map[string]bool // nil for an array
	isName := false
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		inObject := len(seen) > 0 && seen[len(seen)-1] != nil
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				seen, isName = append(seen, map[string]bool{}), true
			case '[':
				seen, isName = append(seen, nil), false
			default:
				seen = seen[:len(seen)-1]
				isName = len(seen) > 0 && seen[len(seen)-1] != nil
			}
			continue
		case string:
			if isName {
				name := strings.ToLower(strings.ToUpper(token))
				if seen[len(seen)-1][name] {
					return true
				}
				seen[len(seen)-1][name] = true
				isName = false
				continue
			}
		}
		isName = inObject
	}
}

// A ruleFuzzer decodes bodies as handlers do, and compares what they get with the reference.
type ruleFuzzer struct{ plain, reject, codec *fuzzDecoder }

func newRuleFuzzer() ruleFuzzer {
	codec := newFuzzDecoder(false, apiroute.JSONCodec(nil, json.Unmarshal))
	return ruleFuzzer{newFuzzDecoder(false), newFuzzDecoder(true), codec}
}

// check decodes a text into a type. It returns whether the text was accepted.
func (f ruleFuzzer) check(t *testing.T, typ reflect.Type, text string, reject bool) bool {
	t.Helper()
	decoder, ref := f.plain, ruleReference{reject: reject, anyCase: !strictJSON()}
	if reject {
		decoder = f.reject
	}
	dst := reflect.New(typ)
	got := codesOf(decoder.fields(t, "/json", dst.Interface(), []byte(text)))
	if namesRepeat(text) {
		return len(got) == 0
	}
	ref.value(typ, "", decodeAny(text), "")
	if err := json.Unmarshal([]byte(text), reflect.New(typ).Interface()); !reject && !strictJSON() && (err == nil) != (ref.types == 0) {
		t.Fatalf("%v\n%s\nencoding/json: %v, reference %q", typ, text, err, ref.faults)
	}
	agree := func(got []string, how string) {
		t.Helper()
		want := slices.Clone(ref.faults)
		slices.Sort(want)
		slices.Sort(got)
		if len(got) == 20 {
			want = slices.DeleteFunc(want, func(s string) bool { return !slices.Contains(got, s) })
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v\n%s\n%s, reject unknown %t:\n got %q\nwant %q", typ, text, how, reject, got, want)
		}
	}
	agree(got, "decoded")
	again := codesOf(decoder.fields(t, "/json", dst.Interface(), []byte(text)))
	if !strictJSON() || !bytes.Contains([]byte(typ.String()), []byte("map")) {
		agree(again, "decoded into the same value again")
	}
	if !reject && !strictJSON() && ref.types == 0 {
		agree(codesOf(f.codec.fields(t, "/json", reflect.New(typ).Interface(), []byte(text))), "decoded by a codec")
	}
	return len(got) == 0
}

// codesOf returns the paths and codes of faults.
func codesOf(fields []apiroute.FieldError) (codes []string) {
	for _, f := range fields {
		codes = append(codes, f.Name+" "+f.Code)
	}
	return codes
}

// drawType draws the type of a body.
func drawType(seed uint16) reflect.Type {
	r := rand.New(rand.NewSource(int64(seed % 4096)))
	if r.Intn(8) == 0 {
		return drawLeaf(r, 1+r.Intn(3)).typ
	}
	return drawStruct(r, 1+r.Intn(4))
}

// TestJSONRulesAgree tries random bodies of random types with rules: some thousands, or 200,000 with
// APIROUTE_LONG set.
func TestJSONRulesAgree(t *testing.T) {
	t.Parallel()
	types := 60
	if os.Getenv("APIROUTE_LONG") != "" {
		types = 4096
	}
	f, accepted, total := newRuleFuzzer(), 0, 0
	for seed := range types {
		typ := drawType(uint16(seed))
		r := rand.New(rand.NewSource(int64(seed)))
		for range 50 {
			text := drawText(r, typ, "", 1+r.Intn(5))
			if strings.TrimSpace(text) == "null" {
				continue // is refused before
			}
			total++
			if f.check(t, typ, text, r.Intn(3) == 0) {
				accepted++
			}
		}
	}
	if accepted < total/10 || accepted > total*9/10 {
		t.Errorf("%d of %d bodies are accepted: the test shows little", accepted, total)
	}
}

// FuzzJSONRules holds the rules of JSON bodies to a reference. It draws a Go type and a body from
// two numbers, or takes the body that the fuzzer makes.
func FuzzJSONRules(f *testing.F) {
	for seed, body := range append(ruledSeeds(), "", "{}", "[]") {
		f.Add(uint16(seed), int64(seed), body, seed%2 == 0)
	}
	fuzzer := newRuleFuzzer()
	f.Fuzz(func(t *testing.T, typeSeed uint16, textSeed int64, text string, reject bool) {
		typ := drawType(typeSeed)
		r := rand.New(rand.NewSource(textSeed))
		if drawn := drawText(r, typ, "", 1+r.Intn(5)); strings.TrimSpace(drawn) != "null" {
			fuzzer.check(t, typ, drawn, reject)
		}
		if !isObject([]byte(text)) || len(text) > 1<<16 || strings.ContainsAny(text, "eE") {
			return // the reference calculates with all digits
		}
		for _, typ := range []reflect.Type{reflect.TypeFor[ruled](), reflect.TypeFor[drawnTree](), reflect.TypeFor[drawnEmbeds](), typ} {
			fuzzer.check(t, typ, text, reject)
		}
	})
}
