package apiroute

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// This file has a function for each keyword, which compiles it to a rule for a type, or says why the
// keyword has no meaning there. A rule that holds allocates no memory, and takes time in proportion
// to the length of the value.

// A rule is one keyword with its value, such as maximum:"100", compiled for one Go type.
type rule struct {
	breach                          // the code and the detail of the response if a value breaks the rule
	holds  func(reflect.Value) bool // for a value of the type, which is not a pointer
}

// A countRule is one of the keywords minItems and maxItems.
type countRule struct {
	breach
	holds func(n int) bool // for a list of n items
}

// noMeaning returns the fault for a keyword on a type that it does not apply to.
func noMeaning(t reflect.Type) error { return fmt.Errorf("has no meaning for the type %v", t) }

// isText reports whether the values of a type are strings that rules can be applied to.
func isText(t reflect.Type) bool {
	return t.Kind() == reflect.String && t != reflect.TypeFor[json.Number]() && !decodesItself(t)
}

// isNumeric reports whether the values of a type are numbers that rules can be applied to. A
// time.Duration is none: it is a number in JSON and a text such as 1h30m elsewhere.
func isNumeric(t reflect.Type) bool {
	if t == reflect.TypeFor[json.Number]() {
		return true
	}
	return reflect.Int <= t.Kind() && t.Kind() <= reflect.Float64 && t.Kind() != reflect.Uintptr &&
		t != reflect.TypeFor[time.Duration]() && !decodesItself(t)
}

// isBool reports whether the values of a type are bools that rules can be applied to.
func isBool(t reflect.Type) bool { return t.Kind() == reflect.Bool && !decodesItself(t) }

// isList reports whether a type is an array in JSON and several values in a query: a slice or an
// array, but neither bytes nor a type with its own decoding code.
func isList(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 || t.Kind() == reflect.Array) && !decodesItself(t)
}

// parseValue parses the value of a keyword as a value of the type that the rule is for. It must be
// written as in the document, which is JSON: a bool is true and not 1, and a number is 3 and not +3.
func parseValue(t reflect.Type, text string) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	b := parser(t)(v, text)
	switch {
	case b.detail != "":
		return v, errors.New(b.detail)
	case isBool(t) && text != "true" && text != "false":
		return v, errors.New(notBool.detail)
	case isNumeric(t) && !isNumber(text):
		return v, errors.New("must be a number as in JSON, without a + or a needless 0 before it")
	}
	return v, nil
}

// boundRule compiles minimum, maximum, exclusiveMinimum or exclusiveMaximum.
func boundRule(t reflect.Type, keyword, text string) (rule, error) {
	if !isNumeric(t) {
		return rule{}, noMeaning(t)
	}
	bound, err := parseValue(t, text)
	if err != nil {
		return rule{}, err
	}
	compare := comparer(t, bound)
	switch keyword {
	case "minimum":
		return rule{breach{keyword, "must be at least " + text}, func(v reflect.Value) bool { return compare(v) >= 0 }}, nil
	case "maximum":
		return rule{breach{keyword, "must be at most " + text}, func(v reflect.Value) bool { return compare(v) <= 0 }}, nil
	case "exclusiveMinimum":
		return rule{breach{keyword, "must be greater than " + text}, func(v reflect.Value) bool { return compare(v) > 0 }}, nil
	}
	return rule{breach{keyword, "must be less than " + text}, func(v reflect.Value) bool { return compare(v) < 0 }}, nil
}

// comparer returns a function that compares a value of a numeric type with a bound: it returns a
// negative number, zero or a positive number if the value is less, equal or greater.
func comparer(t reflect.Type, bound reflect.Value) func(reflect.Value) int {
	switch {
	case t.Kind() == reflect.String: // json.Number
		b := parseDecimal(bound.String())
		return func(v reflect.Value) int { return parseDecimal(v.String()).compare(b) }
	case bound.CanInt():
		b := bound.Int()
		return func(v reflect.Value) int { return sign(v.Int() < b, v.Int() > b) }
	case bound.CanUint():
		b := bound.Uint()
		return func(v reflect.Value) int { return sign(v.Uint() < b, v.Uint() > b) }
	}
	b := bound.Float()
	return func(v reflect.Value) int { return sign(v.Float() < b, v.Float() > b) }
}

// multipleRule compiles multipleOf.
func multipleRule(t reflect.Type, text string) (rule, error) {
	if !isNumeric(t) {
		return rule{}, noMeaning(t)
	}
	divisor, err := parseValue(t, text)
	if err != nil {
		return rule{}, err
	}
	if compare := comparer(t, reflect.Zero(t)); compare(divisor) <= 0 {
		return rule{}, errors.New("must be greater than 0")
	}
	r := rule{breach: breach{"multipleOf", "must be a multiple of " + text}}
	switch {
	case divisor.CanInt():
		d := divisor.Int()
		r.holds = func(v reflect.Value) bool { return v.Int()%d == 0 }
	case divisor.CanUint():
		d := divisor.Uint()
		r.holds = func(v reflect.Value) bool { return v.Uint()%d == 0 }
	default:
		d, ok := parseDecimal(text).divisor()
		if !ok {
			return rule{}, errors.New("has more than 19 digits")
		}
		r.holds = func(v reflect.Value) bool { return isMultiple(v, d) }
	}
	return r, nil
}

// isMultiple reports whether a float or a json.Number is a multiple of d. A float counts as the
// shortest decimal number that it is the nearest float to: 0.3 is a multiple of 0.1.
func isMultiple(v reflect.Value, d divisor) bool {
	if !v.CanFloat() {
		return parseDecimal(v.String()).multipleOf(d)
	}
	var buf [32]byte // no float needs more, so that the text is not on the heap
	text := strconv.AppendFloat(buf[:0], v.Float(), 'e', -1, v.Type().Bits())
	return parseDecimal(string(text)).multipleOf(d)
}

// fewWords is the number of words up to which comparing a text with each is as fast as a map. The
// codes of all countries are more.
const fewWords = 16

// enumRule compiles enum.
func enumRule(t reflect.Type, words []string) (rule, error) {
	if !isText(t) && !isNumeric(t) && !isBool(t) {
		return rule{}, noMeaning(t)
	}
	r := rule{breach: breach{"enum", "must be one of " + strings.Join(words, ", ")}}
	if len(words) == 1 {
		r.detail = "must be " + words[0]
	}
	var compare []func(reflect.Value) int // for numbers, which are equal if their values are
	for i, word := range words {
		v, err := parseValue(t, word)
		if err != nil {
			return rule{}, fmt.Errorf("has the value %q, which %w", word, err)
		}
		isTwice := slices.Contains(words[:i], word)
		if isNumeric(t) {
			isTwice = equalsAny(compare, v)
			compare = append(compare, comparer(t, v))
		}
		if isTwice {
			return rule{}, fmt.Errorf("has the value %q twice", word)
		}
	}
	switch {
	case isBool(t):
		r.holds = func(v reflect.Value) bool { return slices.Contains(words, strconv.FormatBool(v.Bool())) }
	case isText(t) && len(words) > fewWords:
		set := map[string]bool{}
		for _, word := range words {
			set[word] = true
		}
		r.holds = func(v reflect.Value) bool { return set[v.String()] }
	case isText(t):
		r.holds = func(v reflect.Value) bool { return slices.Contains(words, v.String()) }
	default:
		r.holds = func(v reflect.Value) bool { return equalsAny(compare, v) }
	}
	return r, nil
}

// equalsAny reports whether one of the functions that comparer has returned finds v equal.
func equalsAny(compare []func(reflect.Value) int, v reflect.Value) bool {
	for _, f := range compare {
		if f(v) == 0 {
			return true
		}
	}
	return false
}

// lengthRule compiles minLength or maxLength, which count characters and not bytes.
func lengthRule(t reflect.Type, keyword, text string) (rule, error) {
	if !isText(t) {
		return rule{}, noMeaning(t)
	}
	n, err := parseCount(text)
	if err != nil {
		return rule{}, err
	}
	if keyword == "minLength" {
		// A character has at most utf8.UTFMax bytes, so most texts need not be counted.
		return rule{breach{keyword, "must have at least " + plural(n, "character")}, func(v reflect.Value) bool {
			s := v.String()
			return len(s) >= n && (len(s)/utf8.UTFMax >= n || utf8.RuneCountInString(s) >= n)
		}}, nil
	}
	return rule{breach{keyword, "must have at most " + plural(n, "character")}, func(v reflect.Value) bool {
		s := v.String()
		return len(s) <= n || utf8.RuneCountInString(s) <= n
	}}, nil
}

// itemsRule compiles minItems or maxItems. In a Go array, the number of items is no choice.
func itemsRule(t reflect.Type, keyword, text string) (countRule, error) {
	if !isList(t) || t.Kind() == reflect.Array {
		return countRule{}, noMeaning(t)
	}
	n, err := parseCount(text)
	if err != nil {
		return countRule{}, err
	}
	if keyword == "minItems" {
		return countRule{breach{keyword, "must have at least " + plural(n, "item")}, func(count int) bool { return count >= n }}, nil
	}
	return countRule{breach{keyword, "must have at most " + plural(n, "item")}, func(count int) bool { return count <= n }}, nil
}

// checkUnique returns what is wrong with uniqueItems, which must be "true".
func checkUnique(t reflect.Type, text string) error {
	switch {
	case !isList(t):
		return noMeaning(t)
	case text != "true":
		return errors.New(`must be "true"`)
	}
	return nil
}

// notUnique is the breach of uniqueItems.
var notUnique = breach{"uniqueItems", "must not contain an item twice"}

// patternRule compiles pattern. The pattern may match any part of the text, as in JSON Schema.
func patternRule(t reflect.Type, text string) (rule, error) {
	if !isText(t) {
		return rule{}, noMeaning(t)
	}
	goPattern, err := goRegexp(text)
	if err != nil {
		return rule{}, err
	}
	re, err := regexp.Compile(goPattern)
	if err != nil {
		return rule{}, err
	}
	return rule{breach{"pattern", "must match the pattern " + text}, func(v reflect.Value) bool { return re.MatchString(v.String()) }}, nil
}

// parseCount parses the value of a keyword that counts.
func parseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || !isNumber(text) {
		return 0, errors.New("must be a whole number of at least 0")
	}
	return int(n), nil
}

// plural returns a count with its unit: "1 item", "2 items".
func plural(n int, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}
