package apiroute

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file translates patterns. The patterns of JSON Schema are regular expressions of ECMAScript,
// which clients compile with the flag u; Go has RE2. Most are the same in both. For the rest, either
// the translation means in RE2 what the pattern means in ECMAScript, or the pattern is an error.

// An esPattern is a pattern of ECMAScript that is being translated.
type esPattern struct {
	rest    string          // what has not been read
	out     strings.Builder // the translation of what has been read
	inClass bool            // whether rest is within brackets
	last    atom            // what has been read last
	groups  []string        // the names of groups so far
}

// An atom is the kind of the last part of a pattern that has been read. It says what may follow.
type atom int

const (
	atomNone      atom = iota // nothing, or an operator
	atomAssertion             // ^, $, \b or \B, which cannot be repeated
	atomChar                  // a character
	atomSet                   // a set such as \d, which cannot be the end of a range
	atomRange                 // a hyphen after a character in brackets
)

// esSpace is what \s matches in ECMAScript, for use within brackets. RE2's \s is ASCII only.
const esSpace = `\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`

// esDot is what a dot matches in ECMAScript. RE2's dot excludes only \n.
const esDot = `[^\n\r\x{2028}\x{2029}]`

// goRegexp translates a pattern of ECMAScript to Go's syntax.
func goRegexp(pattern string) (string, error) {
	if !utf8.ValidString(pattern) {
		return "", errors.New("is not UTF-8")
	}
	p := &esPattern{rest: pattern}
	for p.rest != "" {
		step := p.outside
		if p.inClass {
			step = p.inside
		}
		if err := step(); err != nil {
			return "", err
		}
	}
	if p.inClass {
		return "", errors.New("has a [ without a ]")
	}
	return p.out.String(), nil
}

// take moves n bytes to the translation as they are.
func (p *esPattern) take(n int, a atom) {
	p.out.WriteString(p.rest[:n])
	p.rest, p.last = p.rest[n:], a
}

// replace writes text in place of the next n bytes.
func (p *esPattern) replace(n int, text string, a atom) {
	p.out.WriteString(text)
	p.rest, p.last = p.rest[n:], a
}

// esRepeat matches a repetition such as {2}, {2,} or {2,5}.
var esRepeat = regexp.MustCompile(`^\{[0-9]+(,[0-9]*)?\}`)

// outside reads one part of a pattern outside of brackets.
func (p *esPattern) outside() error {
	c := p.rest[0]
	switch c {
	case '\\':
		return p.escape()
	case '.':
		p.replace(1, esDot, atomSet)
	case '[':
		return p.open()
	case '(':
		return p.group()
	case '^', '$':
		p.take(1, atomAssertion)
	case '|':
		p.take(1, atomNone)
	case '*', '+', '?':
		if p.last == atomAssertion {
			return fmt.Errorf("repeats a position: %s", p.rest)
		}
		p.take(1, atomNone)
	case '{':
		r := esRepeat.FindString(p.rest)
		if r == "" || p.last == atomAssertion {
			return errors.New(`has a { that is not a repetition; write \{`)
		}
		p.take(len(r), atomNone)
	case '}', ']':
		return fmt.Errorf(`has a %c without its counterpart; write \%c`, c, c)
	default:
		_, n := utf8.DecodeRuneInString(p.rest)
		p.take(n, atomChar)
	}
	return nil
}

// group reads the opening of a group.
func (p *esPattern) group() error {
	switch rest := p.rest; {
	case !strings.HasPrefix(rest, "(?"):
		p.take(1, atomNone)
	case strings.HasPrefix(rest, "(?:"):
		p.take(3, atomNone)
	case strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!") || strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!"):
		return errors.New("looks ahead or behind, which Go's regular expressions cannot")
	case strings.HasPrefix(rest, "(?<"):
		return p.namedGroup()
	default:
		return errors.New("has a group that not all regular expressions of JavaScript have; write (?: in its place")
	}
	return nil
}

// esGroup matches the opening of a group whose name both ECMAScript and RE2 allow.
var esGroup = regexp.MustCompile(`^\(\?<([A-Za-z_][A-Za-z_0-9]*)>`)

// namedGroup reads the opening of a group with a name, which RE2 would allow to be there twice.
func (p *esPattern) namedGroup() error {
	m := esGroup.FindStringSubmatch(p.rest)
	if m == nil {
		return errors.New("has a group whose name is not made of the letters A to Z, digits and _")
	}
	if slices.Contains(p.groups, m[1]) {
		return fmt.Errorf("has two groups with the name %s", m[1])
	}
	p.groups = append(p.groups, m[1])
	p.take(len(m[0]), atomNone)
	return nil
}

// open reads the opening bracket of a class.
func (p *esPattern) open() error {
	n := 1
	if strings.HasPrefix(p.rest, "[^") {
		n = 2
	}
	p.take(n, atomNone)
	if strings.HasPrefix(p.rest, "]") {
		return errors.New("has empty brackets")
	}
	p.inClass = true
	return nil
}

// inside reads one part of a pattern within brackets.
func (p *esPattern) inside() error {
	switch c := p.rest[0]; {
	case c == '\\':
		return p.escape()
	case c == ']':
		p.inClass = false
		p.take(1, atomSet)
	case c == '[' && strings.HasPrefix(p.rest, "[:"):
		return errors.New(`has a [: within brackets; write \[: in its place`)
	case c == '-' && strings.HasPrefix(p.rest, "-]"):
		p.take(1, atomChar)
	case c == '-' && p.last == atomSet:
		return errors.New("has a range that begins with a set")
	case c == '-' && p.last == atomChar:
		p.take(1, atomRange)
	case c == '[':
		p.replace(1, `\[`, p.afterChar())
	default:
		_, n := utf8.DecodeRuneInString(p.rest)
		p.take(n, p.afterChar())
	}
	return nil
}

// afterChar returns what has been read after a character: a character, or within brackets the end
// of a range, after which a hyphen does not begin another.
func (p *esPattern) afterChar() atom {
	if p.last == atomRange {
		return atomNone
	}
	return atomChar
}

// escape reads a backslash and what belongs to it.
func (p *esPattern) escape() error {
	if len(p.rest) < 2 {
		return errors.New(`ends in a \`)
	}
	switch c := p.rest[1]; {
	case strings.IndexByte("dDwWsSpP", c) >= 0:
		return p.setEscape(c)
	case c == 'b' || c == 'B':
		if p.inClass {
			return fmt.Errorf(`has \%c within brackets`, c)
		}
		p.take(2, atomAssertion)
	case strings.IndexByte("tnrfv", c) >= 0, strings.IndexByte(`^$\.*+?()[]{}|`, c) >= 0, c == '-' && p.inClass:
		p.take(2, p.afterChar())
	case c == '/':
		p.replace(2, "/", p.afterChar())
	case strings.IndexByte("xuc0", c) >= 0:
		return p.codeEscape(c)
	case '1' <= c && c <= '9' || c == 'k':
		return errors.New("refers back to a group, which Go's regular expressions cannot")
	default:
		_, n := utf8.DecodeRuneInString(p.rest[1:])
		return fmt.Errorf(`has \%s, which not all regular expressions of JavaScript have`, p.rest[1:1+n])
	}
	return nil
}

// setEscape reads \d, \w, \s, \p or one of their complements.
func (p *esPattern) setEscape(c byte) error {
	if p.last == atomRange {
		return errors.New("has a range that ends with a set")
	}
	switch {
	case c == 's' && p.inClass:
		p.replace(2, esSpace, atomSet)
	case c == 's':
		p.replace(2, "["+esSpace+"]", atomSet)
	case c == 'S' && p.inClass:
		return errors.New(`has \S within brackets`)
	case c == 'S':
		p.replace(2, "[^"+esSpace+"]", atomSet)
	case c == 'p' || c == 'P':
		return p.property(c)
	default:
		p.take(2, atomSet)
	}
	return nil
}

// esUnclear are the categories that some versions of Go do not know, or know without code points that
// are not assigned.
var esUnclear = []string{"C", "Cn", "LC"}

// property reads \p{…} or \P{…}: a general category by its short name, or a script.
func (p *esPattern) property(c byte) error {
	end := strings.IndexByte(p.rest, '}')
	if !strings.HasPrefix(p.rest[2:], "{") || end < 0 {
		return fmt.Errorf(`has \%c without {`, c)
	}
	name := p.rest[3:end]
	script, isScript := strings.CutPrefix(name, "Script=")
	if !isScript {
		script, isScript = strings.CutPrefix(name, "sc=")
	}
	switch {
	case isScript && unicode.Scripts[script] != nil:
		name = script
	case isScript || len(name) > 2 || unicode.Categories[name] == nil || slices.Contains(esUnclear, name):
		return fmt.Errorf(`has \%c{%s}, which is neither a category such as Lu nor a script such as Script=Greek`, c, name)
	}
	p.replace(end+1, `\`+string(c)+"{"+name+"}", atomSet)
	return nil
}

// esCode matches the escapes that give a code point: \x41, \u0041, \u{41}, \cA and \0.
var esCode = regexp.MustCompile(`^\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|c([A-Za-z])|0)`)

// codeEscape reads an escape that gives a code point. A code point beyond U+FFFF can be two of \u.
func (p *esPattern) codeEscape(c byte) error {
	m := esCode.FindStringSubmatch(p.rest)
	if m == nil || m[0] == `\0` && len(p.rest) > 2 && '0' <= p.rest[2] && p.rest[2] <= '9' {
		return fmt.Errorf(`has a malformed \%c`, c)
	}
	n := len(m[0])
	code, _ := strconv.ParseUint(m[1]+m[2]+m[3], 16, 32) // 0 for \c and \0
	if m[4] != "" {
		code = uint64(m[4][0] % 32)
	}
	if low := esCode.FindStringSubmatch(p.rest[n:]); m[2] != "" && low != nil && low[2] != "" {
		next, _ := strconv.ParseUint(low[2], 16, 32)
		if 0xd800 <= code && code < 0xdc00 && 0xdc00 <= next && next < 0xe000 {
			code, n = 0x10000+(code-0xd800)<<10+(next-0xdc00), n+len(low[0])
		}
	}
	if !utf8.ValidRune(rune(code)) {
		return fmt.Errorf("has %s, which is not a character", m[0])
	}
	p.replace(n, fmt.Sprintf(`\x{%x}`, code), p.afterChar())
	return nil
}
