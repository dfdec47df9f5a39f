package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"
)

// The rules of T9 are about an item:
//
//	name         required, minLength 3, maxLength 80
//	sku          pattern
//	description  maxLength 400
//	stock        minimum 0, maximum 10000
//	tags         minItems 1, maxItems 8, uniqueItems, and an enum for each of them
//	price        exclusiveMinimum 0
//
// T10 has two more fields, in the query: branch, from 1 to 500, and lang, one of en, de and fr.
// All peers can state these rules. multipleOf is missing because go-playground/validator does not
// have it, and format because the libraries differ in what they take for a uri or an email. A
// required member that may be 0, false or "" is missing because validator rejects those values.

// productTags are the tags that an item may have.
var productTags = []string{"kitchen", "coffee", "office", "refurbished", "garden", "outdoor", "sale", "new", "spare", "gift"}

// skuPattern is what an SKU must match.
var skuPattern = regexp.MustCompile(`^[A-Z]{3}-[0-9]{4}-[A-Z0-9]{2}$`)

// deliveryQuery and faultyQuery are the good and the bad query of T10's route.
const (
	deliveryQuery = "?branch=12&lang=de"
	faultyQuery   = "?branch=501&lang=xx"
)

// faultyJSON is itemJSON with four broken rules.
var faultyJSON = strings.NewReplacer(`"Espresso machine"`, `"Es"`, "ESP-2041-B2", "esp-2041-b2", "17", "17000",
	`"refurbished"`, `"workshop"`).Replace(itemJSON)

// faultyFields are the fields with a fault in T10, and each response must name all of them.
var faultyFields = []string{"branch", "lang", "name", "sku", "stock", "tags"}

func postProduct(body string) message {
	return message{"POST", "/api/products", jsonType, body}
}

func postDelivery(query, body string) message {
	return message{"POST", "/api/deliveries" + query, jsonType, body}
}

// A validItem is an item with the rules as tags of go-playground/validator.
type validItem struct {
	Name        string   `json:"name" validate:"required,min=3,max=80"`
	SKU         string   `json:"sku" validate:"sku"`
	Maker       string   `json:"maker"`
	Description string   `json:"description" validate:"max=400"`
	Stock       int      `json:"stock" validate:"min=0,max=10000"`
	Active      bool     `json:"active"`
	Tags        []string `json:"tags" validate:"min=1,max=8,unique,dive,oneof=kitchen coffee office refurbished garden outdoor sale new spare gift"`
	Price       float64  `json:"price" validate:"gt=0"`
}

// A ruleChecker checks structs for echo and fuego.
type ruleChecker struct{ validate *validator.Validate }

func newRuleChecker() ruleChecker {
	v := validator.New(validator.WithRequiredStructEnabled())
	registerSKU(v)
	return ruleChecker{v}
}

// Validate is the method that echo calls.
func (c ruleChecker) Validate(v any) error { return c.validate.Struct(v) }

// registerSKU adds the rule sku, because go-playground/validator has none for patterns.
func registerSKU(v *validator.Validate) {
	err := v.RegisterValidation("sku", func(f validator.FieldLevel) bool {
		return skuPattern.MatchString(f.Field().String())
	})
	if err != nil {
		panic(err) // cannot fail with this name
	}
}

// brokenRules says which rules a request breaks. It is the error of the peers that check by hand.
type brokenRules []string

func (b brokenRules) Error() string { return strings.Join(b, "; ") }

// checkItem adds what is wrong with an item, as one writes it without thinking about time.
func (b *brokenRules) checkItem(in item) {
	add := func(text string, args ...any) { *b = append(*b, fmt.Sprintf(text, args...)) }
	if n := utf8.RuneCountInString(in.Name); n < 3 || n > 80 {
		add("name must have %d to %d characters", 3, 80)
	}
	if !skuPattern.MatchString(in.SKU) {
		add("sku must match %s", skuPattern)
	}
	if utf8.RuneCountInString(in.Description) > 400 {
		add("description must have at most %d characters", 400)
	}
	if in.Stock < 0 || in.Stock > 10000 {
		add("stock must be from %d to %d", 0, 10000)
	}
	if n := len(in.Tags); n < 1 || n > 8 {
		add("tags must have %d to %d items", 1, 8)
	}
	seen := map[string]bool{}
	for i, tag := range in.Tags {
		if seen[tag] {
			add("tags[%d] must not repeat", i)
		}
		seen[tag] = true
		if !slices.Contains(productTags, tag) {
			add("tags[%d] must be one of %s", i, strings.Join(productTags, ", "))
		}
	}
	if in.Price <= 0 {
		add("price must be more than 0")
	}
}

// checkQuery adds what is wrong with T10's query.
func (b *brokenRules) checkQuery(branch, lang string) {
	if n, err := strconv.Atoi(branch); err != nil {
		*b = append(*b, "branch must be an integer")
	} else if n < 1 || n > 500 {
		*b = append(*b, "branch must be from 1 to 500")
	}
	if !slices.Contains([]string{"en", "de", "fr"}, lang) {
		*b = append(*b, "lang must be one of en, de, fr")
	}
}

// err returns the broken rules as an error, and nil if there are none.
func (b brokenRules) err() error {
	if b == nil {
		return nil
	}
	return b
}
