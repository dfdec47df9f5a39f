package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"unicode/utf8"
)

// Before Go 1.27, encoding/json/v2 is an experiment. go vet does not accept one build constraint
// for both cases, so json_v2_experiment.go is a copy of json_v2.go with a constraint of its own.
//
//go:generate sed -n "s|^//go:build.*|// Code generated from json_v2.go; DO NOT EDIT.\\n\\n//go:build goexperiment.jsonv2 \\&\\& !go1.27|;w json_v2_experiment.go" json_v2.go

// This file decodes JSON bodies. encoding/json does the decoding; json_v1.go and json_v2.go hold
// what differs between its versions. If it fails, its error only tells text that is not JSON from a
// value that does not fit. What the client gets is then found by a walk through the text, in
// jsonfault.go, because the errors of encoding/json differ between versions of Go and report only
// one fault.

// JSON decodes the body, which must be one JSON value in UTF-8, into dst, a pointer. It decodes as
// [encoding/json.Unmarshal] or the [JSONCodec] does: null leaves a field as it is, and names of
// fields match in any letter case. Where the toolchain has encoding/json/v2 (GOEXPERIMENT=jsonv2,
// on by default from Go 1.27), names match in their own case only. A name that appears twice and a
// string that is not Unicode, such as "\ud800", are then errors.
//
// The error is an [*Error]. Its status is 415 unless the Content-Type is application/json or ends
// in +json, without a charset other than utf-8, and there is no Content-Encoding other than
// identity. It is 400 if the Content-Type is malformed or appears twice, and if the body is empty,
// is not JSON, is null, or does not fit, with the path of the field or the offset. It is also
// whatever [Request.Bytes] returns. It lists everything that is wrong with the text, in its order,
// up to 20 fields. After an error, dst may have been filled in part.
//
// If dst is not a pointer, or points to a type that [Bind] refuses as a body, that is a mistake of
// the program, which no client can mend. JSON then decodes nothing, and returns another error,
// which is a 500.
//
// If everything is right, JSON calls the methods Validate() error of dst and of the values in it,
// as [Bind] does for a body; what they return is a 422.
func (req *Request) JSON(dst any) error {
	if v := reflect.ValueOf(dst); v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("apiroute: JSON: %w: write a pointer to a variable, as in req.JSON(&v)", &json.InvalidUnmarshalError{Type: reflect.TypeOf(dst)})
	}
	if err := req.checkJSON(); err != nil {
		return err
	}
	data, err := req.Bytes()
	if err != nil {
		return err
	}
	held := heldValue(dst)
	plan := jsonPlanOf(held.Type())
	if plan.fault != nil {
		return fmt.Errorf("apiroute: JSON: %w", plan.fault)
	}
	target := plan.target
	target.filled = target.typ != nil && !held.Elem().IsZero()
	if faults := decodeJSON(data, dst, &req.matchOrDefault().scope.config, target); faults != nil {
		return badRequest(faults...)
	}
	return validateValue(plan.checker, held)
}

// A jsonPlan is what is known about a type that [Request.JSON] decodes into. For [Bind], this is in
// the plan of the struct around the type.
type jsonPlan struct {
	target  jsonTarget
	checker *checker // the methods Validate that are called; nil if there are none
	fault   error    // everything that is wrong with the type; nil if nothing is
}

// jsonPlans holds the results of jsonPlanOf, as a map from reflect.Type to *jsonPlan.
var jsonPlans sync.Map

// jsonPlanOf returns the plan for a type, which is a pointer.
func jsonPlanOf(t reflect.Type) *jsonPlan {
	if p, ok := jsonPlans.Load(t); ok {
		return p.(*jsonPlan)
	}
	target, faults := planJSON(t, "", true)
	checker, more := newChecker(t)
	p := &jsonPlan{target: target, checker: checker}
	if faults = append(faults, more...); faults != nil {
		p.fault = fmt.Errorf("type %v: %w", t.Elem(), errors.Join(faults...))
	}
	kept, _ := jsonPlans.LoadOrStore(t, p)
	return kept.(*jsonPlan)
}

// planJSON returns what is known about a JSON text of a type, and everything that is wrong with the
// type; see jsonFaults.
func planJSON(t reflect.Type, name string, filled bool) (jsonTarget, []error) {
	n, faults := goTypeOf(t), jsonFaults(t, name, filled)
	if err := n.ruleFault; err != nil {
		if name != "" {
			err = fmt.Errorf("field %s: %w", name, err)
		}
		faults = append(faults, err)
	}
	target := jsonTarget{rules: &n.rules}
	if n.mayBreak(&n.rules) {
		target.typ = n
	}
	return target, faults
}

// decodeJSON decodes a whole JSON text into dst, a pointer. It returns nil if that succeeds, and
// otherwise the faults of the text in the order in which they appear, at most maxFaults. The
// name of each is its JSON path, such as items[2].price.
// t is what the caller knows about dst.
func decodeJSON(data []byte, dst any, c *config, t jsonTarget) []FieldError {
	switch trimmed := bytes.Trim(data, " \t\r\n"); {
	case len(trimmed) == 0:
		return []FieldError{breach{"required", "is empty"}.of("body", "")}
	case string(trimmed) == "null":
		return []FieldError{breach{"type", "must not be null"}.of("body", "")}
	case !utf8.Valid(data):
		return []FieldError{breach{"type", "is not UTF-8 at offset " + strconv.Itoa(invalidUTF8(data))}.of("body", "")}
	}
	if t.typ != nil && t.typ.nested && (!jsonV2 || c.unmarshal != nil) && nestedDeeper(data, maxOptionals) {
		return []FieldError{tooNested.of("body", "")}
	}
	err := c.decode(data, dst)
	switch {
	case err == nil:
		return t.check(data, dst, c)
	case c.unmarshal != nil:
		return t.codecFaults(data, dst, err)
	}
	if offset, ok := syntaxOffset(data, t.plain || goTypeOf(reflect.TypeOf(dst)).plain, err); ok {
		return []FieldError{notJSON(offset)}
	}
	w := jsonWalk{data: data, namesOnce: jsonV2, rejectUnknown: c.rejectUnknown}
	return w.run(goTypeOf(heldValue(dst).Type()), t.rules, err)
}

// maxOptionals is how deep arrays and objects may be nested in a text for a type in which an [Optional]
// can contain itself. Without v2, encoding/json reads the text of an Optional twice before it decodes
// it, and so reads a text once more for each level.
const maxOptionals = 32

var tooNested = breach{"type", "must not be nested deeper than " + strconv.Itoa(maxOptionals) + " levels"}

// nestedDeeper reports whether arrays and objects are nested in a JSON text in more than a number of
// levels. The text need not be valid.
func nestedDeeper(data []byte, levels int) bool {
	depth, inString := 0, false
	for i := 0; i < len(data) && depth <= levels; i++ {
		switch c := data[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			i++
		case inString:
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			depth--
		}
	}
	return depth > levels
}

// A jsonTarget is what is known about the destination of a JSON text before it is decoded. If
// nothing is known, it is zero.
type jsonTarget struct {
	plain  bool    // whether no code of its types decodes any part of the text
	typ    *goType // the type, if a text that encoding/json decodes can still be wrong; nil otherwise
	rules  *rules  // the rules for the text as a whole; nil if there are none
	filled bool    // whether it has a value already, which does not come from the text
}

// check returns the faults of a text that has been decoded into dst without an error: the rules that
// it breaks, and with RejectUnknown the unknown names that encoding/json could not tell.
func (t *jsonTarget) check(data []byte, dst any, c *config) []FieldError {
	if t.typ == nil {
		return nil
	}
	w := jsonWalk{data: data, decoded: true, rejectUnknown: c.rejectUnknown && c.unmarshal == nil}
	unsure := t.filled || w.rejectUnknown && t.typ.unmarked
	switch {
	case !unsure && t.typ.obeys(heldValue(dst), t.rules.value, t.rules):
		return nil
	case c.unmarshal == nil || json.Valid(data):
		return w.run(t.typ, t.rules, nil)
	case t.typ.obeys(heldValue(dst), t.rules.value, t.rules): // only the codec can read the text
		return nil
	}
	return []FieldError{breach{"", "breaks a rule, or lacks a required member"}.of("body", "")}
}

// codecFaults returns the faults for the error of a [JSONCodec]. A codec may accept more than JSON,
// or decode it by other rules than encoding/json. So it walks through the text only if the text is
// JSON and the error is one that encoding/json returns. Otherwise nothing is known but the error.
func (t *jsonTarget) codecFaults(data []byte, dst any, err error) []FieldError {
	if !json.Valid(data) {
		if isSyntaxError(err) {
			err = json.Unmarshal(data, new(json.RawMessage)) // the codec may count offsets differently
			offset, _ := syntaxOffset(data, true, err)
			return []FieldError{notJSON(offset)}
		}
		return []FieldError{unexplained(err)}
	}
	fault := describe(err)
	if fault == notOwnForm {
		return []FieldError{unexplained(err)}
	}
	w := jsonWalk{data: data, rejectUnknown: fault == isUnknown}
	return w.run(goTypeOf(heldValue(dst).Type()), t.rules, err)
}

// heldValue returns the pointer that encoding/json decodes through. That is dst, unless dst points
// to an interface that holds a pointer: encoding/json then decodes into what that pointer points
// to.
func heldValue(dst any) reflect.Value {
	v := reflect.ValueOf(dst)
	for i := 0; i < maxPointers; i++ {
		held := v.Elem()
		if held.Kind() != reflect.Interface || held.Elem().Kind() != reflect.Pointer || held.Elem().IsNil() {
			break
		}
		v = held.Elem()
	}
	return v
}

// decode decodes a JSON text with the codec of the program if there is one, and otherwise with
// encoding/json.
func (c *config) decode(data []byte, dst any) error {
	if c.unmarshal != nil {
		return c.unmarshal(data, dst)
	}
	return unmarshal(data, dst, c.rejectUnknown)
}

// notJSON returns the fault of a text that is not JSON. offset is that of the first byte that
// cannot be there, in bytes.
func notJSON(offset int) FieldError {
	return breach{"type", "is not valid JSON at offset " + strconv.Itoa(offset)}.of("body", "")
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8. There must be one.
func invalidUTF8(b []byte) int {
	i := 0
	for {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}
