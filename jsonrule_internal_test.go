package apiroute

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A costOrder has rules of each kind, and a costPlain has the same members without any.
type (
	costOrder struct {
		ID    string           `json:"id" format:"uuid"`
		Email string           `json:"email" format:"email" maxLength:"254"`
		Tags  []string         `json:"tags" minItems:"1" maxItems:"5" uniqueItems:"true" minLength:"1"`
		Gift  bool             `json:"gift" required:"true"`
		To    costTo           `json:"to"`
		Items []costItem       `json:"items" minItems:"1" maxItems:"50"`
		Extra map[string]int8  `json:"extra"`
		Note  *string          `json:"note" maxLength:"200"`
		When  Optional[string] `json:"when" format:"date"`
		Num   json.Number      `json:"num" exclusiveMinimum:"0" multipleOf:"0.25"`
	}
	costTo struct {
		City    string `json:"city" minLength:"1" maxLength:"50"`
		Zip     string `json:"zip" pattern:"^[0-9]{5}$"`
		Country string `json:"country" enum:"DE,AT,CH"`
	}
	costItem struct {
		SKU   string  `json:"sku" minLength:"3" maxLength:"20"`
		Count int     `json:"count" minimum:"1" maximum:"100"`
		Price float64 `json:"price" exclusiveMinimum:"0" multipleOf:"0.01"`
	}
	costPlain struct {
		ID    string   `json:"id"`
		Email string   `json:"email"`
		Tags  []string `json:"tags"`
		Gift  bool     `json:"gift"`
		To    struct {
			City    string `json:"city"`
			Zip     string `json:"zip"`
			Country string `json:"country"`
		} `json:"to"`
		Items []struct {
			SKU   string  `json:"sku"`
			Count int     `json:"count"`
			Price float64 `json:"price"`
		} `json:"items"`
		Extra map[string]int8  `json:"extra"`
		Note  *string          `json:"note"`
		When  Optional[string] `json:"when"`
		Num   json.Number      `json:"num"`
	}
)

const costText = `{"id":"123e4567-e89b-12d3-a456-426614174000","email":"ann@example.com","tags":["new","gift"],"gift":true,` +
	`"to":{"city":"Bern","zip":"10115","country":"CH"},"items":[{"sku":"ABC-1","count":2,"price":19.99},{"sku":"XYZ-9","count":1,"price":0.5}],` +
	`"extra":{"a":1},"note":"ring twice","when":"2026-01-31","num":1.75}`

// Rules that hold cost no allocation, and a type without rules does not even have them checked.
func TestJSONRuleAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	plain, ruled := goTypeOf(reflect.TypeFor[*costPlain]()), goTypeOf(reflect.TypeFor[*costOrder]())
	if plain.hasRules || plain.rules.any() || len(plain.checked) > 0 || !ruled.hasRules || ruled.ruleFault != nil {
		t.Fatalf("a type without rules has some, or one with rules has none, or a fault: %v", ruled.ruleFault)
	}
	measure := func(dst func() any, target jsonTarget) float64 {
		data := []byte(costText)
		return testing.AllocsPerRun(200, func() {
			if faults := decodeJSON(data, dst(), &defaults, target); faults != nil {
				t.Errorf("faults %v", faults)
			}
		})
	}
	without := measure(func() any { return new(costPlain) }, jsonTarget{})
	with := measure(func() any { return new(costOrder) }, jsonTarget{typ: ruled, rules: &ruled.rules})
	if with > without {
		t.Errorf("%v allocations with rules, want the %v without", with, without)
	}
}

// A costRuled has the rules that cost most.
type costRuled struct {
	OK    bool               `json:"ok" required:"true"`
	Ints  []int              `json:"ints,omitempty" minimum:"1" maximum:"9" multipleOf:"3"`
	Texts []string           `json:"texts,omitempty" minLength:"1" pattern:"^([a-z]+)*$"`
	Mail  []string           `json:"mail,omitempty" format:"email"`
	Set   []int              `json:"set,omitempty" uniqueItems:"true"`
	Words []string           `json:"words,omitempty" uniqueItems:"true"`
	Any   []any              `json:"any,omitempty" uniqueItems:"true"`
	Lists [][]json.Number    `json:"lists,omitempty" uniqueItems:"true"`
	Num   json.Number        `json:"num,omitempty" minimum:"0" maximum:"10"`
	Step  json.Number        `json:"step,omitempty" multipleOf:"0.3"`
	Tree  *costTree          `json:"tree"`
	Trees []costTree         `json:"trees"`
	Map   map[costKey]costTo `json:"map"`
}

type costTree struct {
	N    int        `json:"n" minimum:"1"`
	Kids []costTree `json:"kids,omitempty" maxItems:"3"`
}

type costKey string

func (costKey) JSONSchema() any { return map[string]any{"maxLength": 8} }

// Whatever is in a body, finding what is wrong needs memory in the order of its length, there are at
// most 20 faults, and none has a value of the body.
func TestJSONRuleCost(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	ruled := goTypeOf(reflect.TypeFor[*costRuled]())
	if ruled.ruleFault != nil {
		t.Fatal(ruled.ruleFault)
	}
	const size = 1 << 18
	items := func(item func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteString("," + item(i))
		}
		return b.String()[1:]
	}
	same := func(s string) func(int) string { return func(int) string { return s } }
	for _, tt := range []struct {
		name, body string
		faults     int
	}{
		{"right numbers", `{"ok":false,"ints":[` + items(same("3")) + `]}`, 0},
		{"wrong numbers", `{"ok":true,"ints":[` + items(same("5")) + `]}`, 20},
		{"a wrong number at the end", `{"ok":true,"ints":[` + items(same("3")) + `,0]}`, 1},
		{"right texts", `{"ok":false,"texts":[` + items(same(`"\u0061"`)) + `]}`, 0},
		{"a long text", `{"ok":true,"texts":["` + strings.Repeat("secret", size/6) + `!"]}`, 1},
		{"a long email address", `{"ok":true,"mail":["` + strings.Repeat("secret@", size/7) + `"]}`, 1},
		{"different numbers", `{"ok":false,"set":[` + items(strconv.Itoa) + `]}`, 0},
		{"a number twice", `{"ok":false,"set":[` + items(strconv.Itoa) + `,7]}`, 1},
		{"different texts", `{"ok":true,"words":[` + items(func(i int) string { return strconv.Quote(strconv.Itoa(i)) }) + `]}`, 0},
		{"different objects", `{"ok":true,"any":[` + items(func(i int) string { return `{"b":` + strconv.Itoa(i) + `,"a":{}}` }) + `]}`, 0},
		{"an object twice", `{"ok":true,"any":[` + items(func(i int) string { return `{"a":` + strconv.Itoa(i) + `}` }) + `,{"\u0061":70e-1}]}`, 1},
		{"deep lists", `{"ok":true,"any":[1,` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `]}`, 0},
		{"lists with large exponents", `{"ok":true,"lists":[` + items(func(i int) string { return "[1e" + strconv.Itoa(i) + "]" }) + `]}`, 0},
		{"a number with a huge exponent", `{"ok":true,"num":1e999999999,"step":3e999999999}`, 1},
		{"a number with a huge negative exponent", `{"ok":true,"num":1e-99999999999999999999,"step":1e-99999999999999999999}`, 1},
		{"numbers with many digits", `{"ok":true,"num":` + strings.Repeat("9", size/2) + `,"step":` + strings.Repeat("3", size/2) + `}`, 1},
		{"deep objects", `{"ok":true,"tree":` + strings.Repeat(`{"n":1,"kids":[`, 4000) + `{"n":0}` + strings.Repeat(`]}`, 4000) + `}`, 1},
		{"deep objects that are all wrong", `{"ok":true,"tree":` + strings.Repeat(`{"kids":[`, 4000) + strings.Repeat(`]}`, 4000) + `}`, 20},
		{"a name that appears often", `{"ok":true,"trees":[{` + items(same(`"n":1`)) + `,"n":0}]}`, 1},
		{"objects without what must be", `{"ok":true,"trees":[` + items(same(`{}`)) + `]}`, 20},
		{"wrong keys and wrong values", `{"ok":true,"map":{` + items(func(i int) string { return `"secret-` + strconv.Itoa(i) + `":{"zip":"secret"}` }) + `}}`, 20},
		{"unknown names", `{"ok":false,` + items(func(i int) string { return `"` + strconv.Itoa(i) + `":[{}]` }) + `}`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if jsonV2 && tt.name == "a name that appears often" {
				tt.faults = 20
			}
			data, faults := []byte(tt.body), []FieldError(nil)
			most := 128*len(data) + allocated(func() { unmarshal(data, new(costRuled), false) })
			n := allocated(func() {
				faults = decodeJSON(data, new(costRuled), &defaults, jsonTarget{typ: ruled, rules: &ruled.rules})
			})
			if len(faults) != tt.faults {
				t.Errorf("%d faults, want %d: %.300v", len(faults), tt.faults, faults)
			}
			if n > most {
				t.Errorf("%d bytes are allocated for a body of %d, want at most %d", n, len(data), most)
			}
			for _, f := range faults {
				if strings.Contains(f.Detail, "secret") || len(f.Name) > 8*maxJSONPath {
					t.Errorf("a fault has a value of the body, or a long path: %.500v", f)
				}
			}
		})
	}
}

// A costPatch is a tree of Optionals, and costFlat has Optionals that do not contain themselves.
type (
	costPatch struct {
		N    int                    `json:"n" minimum:"1"`
		Note string                 `json:"note,omitempty"`
		Next Optional[*costPatch]   `json:"next"`
		Kids Optional[[]*costPatch] `json:"kids"`
	}
	costFlat struct {
		N Optional[int]             `json:"n"`
		V Optional[Optional[[]any]] `json:"v"`
	}
)

// Decoding a text for an Optional that can contain itself takes linear time, because its depth is
// limited where encoding/json reads each level anew.
func TestOptionalDepth(t *testing.T) {
	nest := func(levels int, inside string) string {
		return strings.Repeat(`{"n":1,"next":`, levels-1) + `{"n":1` + inside + strings.Repeat(`}`, levels)
	}
	const long = 1 << 18
	for _, tt := range []struct {
		name, body string
		dst        any
		tooDeep    bool
	}{
		{"as deep as it may be", nest(maxOptionals, ""), new(costPatch), false},
		{"too deep", nest(maxOptionals+1, ""), new(costPatch), true},
		{"too deep by a list", nest(maxOptionals, `,"kids":[]`), new(costPatch), true},
		{"wide", `{"n":1,"kids":[` + strings.Repeat(`{"n":1,"kids":[{"n":1}]},`, 999) + `{"n":1}]}`, new(costPatch), false},
		{"brackets in a string", nest(3, `,"note":"`+strings.Repeat(`[{\"[`, 99)+`"`), new(costPatch), false},
		{"deep and long", nest(maxOptionals, `,"note":"`+strings.Repeat("x", long)+`"`), new(costPatch), false},
		{"much too deep", nest(9000, ""), new(costPatch), true},
		{"much too deep and long", nest(9000, `,"note":"`+strings.Repeat("x", long)+`"`), new(costPatch), true},
		{"in a type without such an Optional", `{"n":1,"v":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`, new(costFlat), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := jsonPlanOf(reflect.TypeOf(tt.dst))
			if plan.fault != nil {
				t.Fatal(plan.fault)
			}
			var faults []FieldError
			n := allocated(func() { faults = decodeJSON([]byte(tt.body), tt.dst, &defaults, plan.target) })
			var want []FieldError
			if tt.tooDeep && !jsonV2 {
				want = []FieldError{{In: "body", Code: "type", Detail: "must not be nested deeper than 32 levels"}}
			}
			if !slices.Equal(faults, want) {
				t.Errorf("faults %v, want %v", faults, want)
			}
			if most := 64*len(tt.body) + 1<<16; n > most {
				t.Errorf("%d bytes are allocated for a body of %d, want at most %d", n, len(tt.body), most)
			}
		})
	}
}
