package main

import (
	"encoding/json"

	"example.com/apiroute"
)

// NumberRules has every keyword for numbers.
type NumberRules struct {
	Min       int         `json:"min" minimum:"2"`
	Max       int         `json:"max" maximum:"9"`
	Above     float64     `json:"above" exclusiveMinimum:"2"`
	Below     float64     `json:"below" exclusiveMaximum:"9"`
	Within    int8        `json:"within" minimum:"-3" maximum:"3"`
	Multiple  int         `json:"multiple" multipleOf:"5"`
	Decimal   float64     `json:"decimal" multipleOf:"0.1"`
	Enum      int         `json:"enum" enum:"1,2,-3"`
	Number    json.Number `json:"number" minimum:"1" maximum:"1000"`
	Unsigned  uint        `json:"unsigned" maximum:"10"`
	Float32   float32     `json:"float32" minimum:"0.1"`
	Omitted   int         `json:"omitted,omitempty" minimum:"1"`
	Level     Level       `json:"level" maximum:"3"`
	Ptr       *float64    `json:"ptr" maximum:"1"`
	FloatEnum float64     `json:"floatEnum" enum:"0.5,1e3"`
}

// TextRules has every keyword for texts and bools.
type TextRules struct {
	Min      string  `json:"min" minLength:"2"`
	Max      string  `json:"max" maxLength:"3"`
	Both     string  `json:"both" minLength:"1" maxLength:"2"`
	Pattern  string  `json:"pattern" pattern:"^[a-z]+$"`
	Searched string  `json:"searched" pattern:"\\d"`
	Unicode  string  `json:"unicode" pattern:"^\\p{Lu}.$"`
	Enum     string  `json:"enum" enum:"new,top"`
	WithZero string  `json:"withZero" enum:",a"`
	Bool     bool    `json:"bool" enum:"true"`
	Omitted  string  `json:"omitted,omitempty" minLength:"3"`
	Ptr      *string `json:"ptr" enum:"x,y"`
	Colour   Colour  `json:"colour" enum:"red,green"`
	Required string  `json:"required" required:"true"`
	Flag     bool    `json:"flag" required:"true"`
	Count    int     `json:"count" required:"true"`
}

// Formats has every format.
type Formats struct {
	Email    string `json:"email,omitempty" format:"email"`
	UUID     string `json:"uuid,omitempty" format:"uuid"`
	URI      string `json:"uri,omitempty" format:"uri"`
	Date     string `json:"date,omitempty" format:"date"`
	DateTime string `json:"dateTime,omitempty" format:"date-time"`
	IPv4     string `json:"ipv4,omitempty" format:"ipv4"`
	IPv6     string `json:"ipv6,omitempty" format:"ipv6"`
	Password string `json:"password,omitempty" format:"password"`
}

// ListRules has every keyword for lists.
type ListRules struct {
	Min     []int           `json:"min" minItems:"2"`
	Max     []int           `json:"max" maxItems:"3"`
	Unique  []string        `json:"unique" uniqueItems:"true"`
	Items   []int           `json:"items" maximum:"9"`
	Both    []string        `json:"both" minItems:"1" maxItems:"2" minLength:"2" pattern:"^a"`
	Nested  [][]int         `json:"nested" maxItems:"2" minimum:"1"`
	Numbers []json.Number   `json:"numbers" uniqueItems:"true"`
	Structs []Named         `json:"structs" uniqueItems:"true"`
	Ptrs    []*string       `json:"ptrs" minLength:"1"`
	Array   [2]string       `json:"array" maxLength:"2"`
	Omitted []int           `json:"omitted,omitempty" minItems:"1"`
	Map     map[string]int  `json:"map"`
	Slugs   []Slug          `json:"slugs"`
	BySlug  map[string]Slug `json:"bySlug"`
}

// A Slug states its rules once.
type Slug string

func (Slug) JSONSchema() any {
	return map[string]any{"pattern": "^[a-z0-9-]*$", "maxLength": 6, "description": "A part of an address."}
}

// A Percent states its rules once, and so does Few.
type (
	Percent int
	Few     []int
)

func (Percent) JSONSchema() any { return map[string]any{"minimum": 0, "maximum": 100} }

func (Few) JSONSchema() any { return map[string]any{"maxItems": 2} }

// Money states a schema that is more than rules.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func (Money) JSONSchema() any {
	return map[string]any{"title": "Money", "description": "An amount in cents.", "examples": []any{map[string]any{"amount": 1, "currency": "EUR"}}}
}

// TypeRules has types that state rules.
type TypeRules struct {
	Slug    Slug    `json:"slug"`
	Short   Slug    `json:"short" maxLength:"3"`
	Ptr     *Slug   `json:"ptr"`
	Omitted Slug    `json:"omitted,omitempty"`
	Percent Percent `json:"percent"`
	Few     Few     `json:"few"`
	Money   Money   `json:"money"`
}

// Nested has rules at many depths.
type Nested struct {
	Title string            `json:"title" minLength:"1"`
	Rows  []Row             `json:"rows" minItems:"1" maxItems:"2"`
	Byrow map[string]Row    `json:"byRow"`
	Deep  map[string][]Cell `json:"deep"`
	Ptr   *Row              `json:"ptr"`
	Row   Row               `json:"row"`
}

// A Row has cells.
type Row struct {
	Name  string   `json:"name" pattern:"^r"`
	Cells []Cell   `json:"cells" maxItems:"2"`
	Cell  Cell     `json:"cell"`
	Opt   *Cell    `json:"opt,omitempty"`
	Array [1]Named `json:"array"`
}

// A Cell has a value.
type Cell struct {
	Value int `json:"value" minimum:"1" maximum:"9"`
}

// Strict is taken by an endpoint that rejects unknown names.
type Strict struct {
	Name string `json:"name"`
	Cell *Cell  `json:"cell"`
	Base
}

func registerRules(r *apiroute.Router) {
	echo[NumberRules](r, "/numbers", "numberRules")
	echo[TextRules](r, "/texts", "textRules")
	echo[Formats](r, "/formats", "formats")
	echo[ListRules](r, "/lists", "listRules")
	echo[TypeRules](r, "/types", "typeRules")
	echo[Nested](r, "/nested", "nested")
	echo[Strict](r, "/strict", "strict", apiroute.RejectUnknown(true))
	echo[Slug](r, "/slug", "slug")
	echo[Few](r, "/few", "few")
	echo[[]Percent](r, "/percents", "percents")
}
