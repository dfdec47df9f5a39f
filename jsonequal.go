package apiroute

import (
	"slices"
	"strconv"
	"strings"
)

// This file compares JSON values as JSON Schema does: numbers by their value, and objects whatever
// the order of their members. A value is compared by its canonical form, which is a text that two
// values share if and only if they are equal.

// A jsonNode is a value of a text that is known to be valid JSON.
type jsonNode struct {
	kind  byte       // the first byte of the value, such as { or "
	text  string     // what a string denotes; a number, true, false or null as it is
	name  string     // the name of a member of an object
	parts []jsonNode // the elements of an array, or the members of an object by their names
}

// appendCanonical appends the canonical form of a value.
func appendCanonical(b []byte, text string) []byte {
	v, _ := parseNode(text, 0)
	return v.append(b)
}

// parseNode returns the value that begins at i, and the offset after it.
func parseNode(doc string, i int) (v jsonNode, end int) {
	v.kind = doc[i]
	switch v.kind {
	case '"':
		end, _ = stringEnd(doc, i)
		v.text, _ = unquote(doc[i:end])
		return v, end
	case '{', '[':
		return v.parse(doc, i)
	}
	end = literalEnd(doc, i)
	v.text = doc[i:end]
	return v, end
}

// parse adds the parts of the object or array that begins at i.
func (v jsonNode) parse(doc string, i int) (_ jsonNode, end int) {
	for i = skipSpace(doc, i+1); doc[i] != '}' && doc[i] != ']'; {
		name := ""
		if v.kind == '{' {
			end, _ := stringEnd(doc, i)
			name, _ = unquote(doc[i:end])
			i = skipSpace(doc, skipSpace(doc, end)+1) // after the colon
		}
		part, end := parseNode(doc, i)
		part.name = name
		v.parts = append(v.parts, part)
		if i = skipSpace(doc, end); doc[i] == ',' {
			i = skipSpace(doc, i+1)
		}
	}
	if v.kind == '{' {
		slices.SortStableFunc(v.parts, func(a, b jsonNode) int { return strings.Compare(a.name, b.name) })
	}
	return v, i + 1
}

// append appends the canonical form. Of members with the same name, only the last one counts.
func (v jsonNode) append(b []byte) []byte {
	switch c := v.kind; {
	case c == '"':
		return appendText(append(b, c), v.text)
	case c == '{' || c == '[':
		b = append(b, c)
		for i, part := range v.parts {
			if c == '{' {
				if i+1 < len(v.parts) && v.parts[i+1].name == part.name {
					continue
				}
				b = appendText(b, part.name)
			}
			b = part.append(b)
		}
		return append(b, ']')
	case c >= 'a': // true, false or null
		return append(b, c)
	}
	d := parseDecimal(v.text)
	b = strconv.AppendInt(b, int64(d.sign), 10)
	b = append(append(append(b, d.a...), d.b...), 'e')
	return append(strconv.AppendInt(b, d.point, 10), ',')
}

// appendText appends a text after its length, so that no other text can look like it and what follows.
func appendText(b []byte, text string) []byte {
	return append(append(strconv.AppendInt(b, int64(len(text)), 10), ':'), text...)
}
