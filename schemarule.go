package apiroute

import (
	"encoding/json"
	"reflect"
	"slices"
)

// This file adds to a schema what the tags of a field say: the rules, which have the same names there,
// and the texts for readers.

// withRules returns the schema of a field's values, other than null, with the rules in its tag. Those
// of a list as a whole are for the schema itself, and all others for the innermost elements.
func withRules(s object, t reflect.Type, tag reflect.StructTag) object {
	k, elem := tagKeywords(tag), innerElem(t)
	ofList, ofElem := object{}, object{}
	for _, keyword := range ruleKeywords {
		words, ok := k[keyword]
		if !ok || len(words) == 0 {
			continue
		}
		switch keyword {
		case "minItems", "maxItems":
			ofList = ofList.with(keyword, json.Number(words[0]))
		case "uniqueItems":
			ofList = ofList.with(keyword, true)
		case "enum":
			ofElem = ofElem.with(keyword, enumValues(elem, words))
		case "format", "pattern":
			ofElem = ofElem.with(keyword, words[0])
		default:
			ofElem = ofElem.with(keyword, json.Number(words[0]))
		}
	}
	return withAll(withElemRules(s, t, ofElem), ofList)
}

// withElemRules returns the schema of a type with keywords for its innermost elements, or for itself
// if it is no list.
func withElemRules(s object, t reflect.Type, keywords object) object {
	if len(keywords) == 0 {
		return s
	}
	if t = ruledType(t); !isList(t) {
		return withAll(s, keywords)
	}
	items, _ := s.get("items").(object) // none if the list is a component, and these are beside the reference
	return slices.Clone(s).with("items", withElemRules(items, t.Elem(), keywords))
}

// withAll returns a schema with keywords set. Where null is a value, it stays one.
func withAll(s, keywords object) object {
	s = slices.Clone(s)
	_, isNullable := s.get("type").([]any)
	for _, m := range keywords {
		if values, ok := m.value.([]any); ok && m.name == "enum" && (isNullable || s.get("anyOf") != nil) {
			m.value = append(slices.Clip(values), nil)
		}
		s = s.with(m.name, m.value)
	}
	return s
}

// enumValues returns the values of an enum for a type as JSON values.
func enumValues(t reflect.Type, words []string) []any {
	if isText(t) {
		return stringValues(words)
	}
	list := make([]any, len(words))
	for i, word := range words {
		list[i] = json.RawMessage(word) // a number or a bool, as registration has checked
	}
	return list
}

// withTexts returns a schema with what the tags doc and example of a field say.
func withTexts(s object, t reflect.Type, tag reflect.StructTag) object {
	if text := tag.Get("doc"); text != "" {
		s = withAll(s, object{{"description", text}})
	}
	if text, ok := tag.Lookup("example"); ok {
		if v, err := exampleValue(t, text); err == nil {
			s = withAll(s, object{{"examples", []any{v}}})
		}
	}
	return s
}

// stringValues returns texts as JSON values.
func stringValues(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
