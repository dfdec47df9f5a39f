package apiroute

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file says what is wrong with the tags of a struct that Bind fills. reflect ignores a tag
// that is misspelled or malformed, and so would Bind; a programmer would see only that a field is
// never filled.

// tagKeys are the keys of the tags that name a place. A field must have exactly one of them.
var tagKeys = []string{"path", "query", "header", "cookie", "body", "form"}

// A tagPair is one key with its value in a tag, such as query:"page".
type tagPair struct{ key, value string }

// String returns the pair as it is written in a tag.
func (p tagPair) String() string { return p.key + ":" + strconv.Quote(p.value) }

// splitPairs splits a tag into its pairs, as reflect.StructTag does. It reports false for a tag
// that reflect would not understand to its end, such as query: "page" with a space in it.
func splitPairs(tag reflect.StructTag) (pairs []tagPair, ok bool) {
	for rest := strings.TrimLeft(string(tag), " "); rest != ""; {
		key, after, found := strings.Cut(rest, ":")
		quoted, err := strconv.QuotedPrefix(after)
		if !found || key == "" || strings.ContainsFunc(key, notInKey) || err != nil || quoted[0] != '"' {
			return pairs, false
		}
		value, _ := strconv.Unquote(quoted)
		pairs = append(pairs, tagPair{key, value})
		after = after[len(quoted):]
		if rest = strings.TrimLeft(after, " "); rest == after && rest != "" { // no space between two pairs
			return pairs, false
		}
	}
	return pairs, true
}

// notInKey reports whether a rune cannot be in the key of a tag. reflect allows a comma, but a
// comma is there by mistake, between two pairs.
func notInKey(r rune) bool { return r <= ' ' || r == '"' || r == ',' || r == 0x7f }

// malformed is what is wrong with a tag that splitPairs does not understand.
func malformed(tag reflect.StructTag) string {
	if strings.Contains(strings.NewReplacer(`\\`, "", `\"`, "").Replace(string(tag)), `\`) {
		return fmt.Sprintf("its tag `%s` is malformed: write each backslash twice, since a value is a Go string in quotes", tag)
	}
	return fmt.Sprintf("its tag `%s` is malformed: write key:\"value\" with quotes and no space in between, and one space between two of them", tag)
}

// otherKeys are keys with which other packages name a source, by source.
var otherKeys = map[string][]string{
	"path":   {"param", "params", "uri", "var", "segment"},
	"query":  {"url", "schema", "qs"},
	"header": {"reqheader"},
	"form":   {"multipart", "file", "files", "json"},
	"body":   {"json"},
}

// noSource says that a field has no tag that names its source, and what may have been meant. inForm
// is true for a field of a form, which needs the tag form.
func noSource(f reflect.StructField, goName string, inForm bool) string {
	sources := `the sources are path:"…", query:"…", header:"…", cookie:"…" and body:"json", body:"form" or body:"bytes"`
	if inForm {
		sources = `in a form, that is form:"…"`
	}
	return fmt.Sprintf("field %s has no tag that names its source: %s; %s", goName, likelySource(f, inForm), sources)
}

// likelySource returns what was probably meant by the tag of a field that names no source.
func likelySource(f reflect.StructField, inForm bool) string {
	pairs, ok := splitPairs(f.Tag)
	if !ok {
		return malformed(f.Tag)
	}
	for _, p := range pairs {
		switch source := sourceLike(p.key, inForm); source {
		case "":
		case "body":
			return fmt.Sprintf(`%v belongs in the struct of a field with body:"json"`, p)
		default:
			return fmt.Sprintf("write %v for %v", tagPair{source, p.value}, p)
		}
	}
	name := strings.ToLower(f.Name)
	switch {
	case inForm:
		return fmt.Sprintf("write form:%q", lowerFirst(f.Name))
	case name == "body":
		return `write body:"json" for a JSON body`
	case name == "rawbody":
		return `write body:"bytes" for the body as it is`
	}
	return fmt.Sprintf("write, for example, query:%q", lowerFirst(f.Name))
}

// sourceLike returns the source that a key of a tag probably means, or "". It is one that another
// package uses, or a misspelled one.
func sourceLike(key string, inForm bool) string {
	key = strings.ToLower(key)
	for _, source := range tagKeys {
		if inForm != (source == "form") {
			continue
		}
		for _, other := range otherKeys[source] {
			if key == other {
				return source
			}
		}
		if strings.HasPrefix(key, source) || misspells(key, source) {
			return source
		}
	}
	return ""
}

// misspells reports whether s is word with at most two letters wrong, missing, added or swapped, or
// with one in a word of four letters.
func misspells(s, word string) bool {
	if len(word) <= 4 {
		return editDistance(s, word) <= 1
	}
	return editDistance(s, word) <= 2
}

// editDistance returns how many bytes must be replaced, inserted, deleted or swapped with the next
// one to make b from a.
func editDistance(a, b string) int {
	if max(len(a), len(b)) > 20 { // no tag that this package knows is so long
		return 20
	}
	var d [21][21]int // d[i][j] is the distance between a[:i] and b[:j]
	for i := 0; i <= len(a); i++ {
		for j := 0; j <= len(b); j++ {
			if i == 0 || j == 0 {
				d[i][j] = i + j
				continue
			}
			replaced := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			d[i][j] = min(replaced, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// lowerFirst returns the name of a Go field as clients would write it: Page is page, and ID is id.
func lowerFirst(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}

// strayTags returns what is wrong with the other tags of a field that has a source. Bind would
// ignore them.
func strayTags(f reflect.StructField, source, value string) (faults []string) {
	pairs, ok := splitPairs(f.Tag)
	if !ok {
		faults = append(faults, malformed(f.Tag))
	}
	name, _, _ := strings.Cut(value, ",")
	if plain := strings.Trim(name, "[]{}.:*<>"); source == "path" && plain != "" && plain != name {
		faults = append(faults, fmt.Sprintf("the tag has the name of a segment without its brackets: write %v", tagPair{source, plain}))
	}
	if name == "-" && source != "body" {
		faults = append(faults, fmt.Sprintf(`%v names the value "-": for a field that the request does not fill, begin its name with a lower-case letter`, tagPair{source, value}))
	}
	for i, p := range pairs {
		switch {
		case p.key == source || p.key == "default" || slices.Contains(ruleKeywords, p.key):
			if isSecond(pairs, i) {
				faults = append(faults, secondPair(p))
			}
		case p.key == "required" && source != "path", p.key == "binding" && strings.Contains(p.value, "required"):
			faults = append(faults, fmt.Sprintf("%v has no meaning here: write %v", p, tagPair{source, name + ",required"}))
		default:
			if fault := cmp.Or(keywordFault(p), misspelled(p, []string{"default"})); fault != "" {
				faults = append(faults, fault)
			}
		}
	}
	return faults
}

// isSecond reports whether a pair before the one at i has its key, so that reflect ignores that one.
func isSecond(pairs []tagPair, i int) bool {
	return slices.ContainsFunc(pairs[:i], func(p tagPair) bool { return p.key == pairs[i].key })
}

// secondPair says what is wrong with a pair that isSecond.
func secondPair(p tagPair) string {
	return fmt.Sprintf("its tag has %s twice, and only the first counts", p.key)
}

// otherKeywords are keywords of JSON Schema and OpenAPI that a tag cannot have, each with what to do
// instead; "" stands for a check in Validate.
var otherKeywords = map[string]string{
	"const":     "write enum with one value",
	"nullable":  "make the field a pointer or an Optional",
	"readOnly":  "write a type for the request that does not have the field",
	"writeOnly": "write a type for the response that does not have the field",
	"contains":  "", "minContains": "", "maxContains": "", "prefixItems": "",
	"minProperties": "", "maxProperties": "", "propertyNames": "", "patternProperties": "",
	"additionalProperties": "", "dependentRequired": "",
}

// keywordFault returns what is wrong with a pair whose key looks like a keyword and is none that a
// tag can have, or "".
func keywordFault(p tagPair) string {
	if instead, ok := otherKeywords[p.key]; ok {
		return fmt.Sprintf("%v has no meaning here: %s", p, cmp.Or(instead, "check the value in Validate"))
	}
	return misspelled(p, ruleKeywords)
}

// misspelled returns what is wrong with a pair whose key probably misspells one of some keywords, or
// "".
func misspelled(p tagPair, keywords []string) string {
	if key := keywordLike(p.key, keywords); key != "" && key != p.key {
		return fmt.Sprintf("%v has no meaning here: write %v", p, tagPair{key, p.value})
	}
	return ""
}

// keywordLike returns the one of some keywords that a key of a tag probably misspells, or "". Of short keywords
// it knows only those in other letter case, because too many words are like them.
func keywordLike(key string, keywords []string) string {
	lower := strings.ToLower(key)
	best, fewest := "", 3 // no more than two letters are wrong
	for _, keyword := range keywords {
		n := editDistance(lower, strings.ToLower(keyword))
		if n < fewest && (n == 0 || len(keyword) > len("format")) {
			best, fewest = keyword, n
		}
	}
	return best
}
