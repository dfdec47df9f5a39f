package apiroute

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
)

// This file holds docs/rules.md to the code: each row of its tables is tried.

// rulesTypes are the types that the words for types in docs/rules.md stand for.
var rulesTypes = map[string][]reflect.Type{
	"string": {reflect.TypeFor[string](), reflect.TypeFor[rulesWord](), reflect.TypeFor[*string](), reflect.TypeFor[[]string]()},
	"number": {reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint64](), reflect.TypeFor[float32](),
		reflect.TypeFor[float64](), reflect.TypeFor[json.Number](), reflect.TypeFor[*int](), reflect.TypeFor[[]float64]()},
	"bool": {reflect.TypeFor[bool](), reflect.TypeFor[*bool]()},
	"list": {reflect.TypeFor[[]string](), reflect.TypeFor[[]rulesWord]()},
	"int":  {reflect.TypeFor[int]()},
	"int8": {reflect.TypeFor[int8]()},
}

type rulesWord string

// rulesTable returns the rows of the table in docs/rules.md whose heading begins with the words. A
// cell in backquotes is without them.
func rulesTable(t *testing.T, heading ...string) (rows [][]string) {
	t.Helper()
	page, err := os.ReadFile("docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "\n| "+strings.Join(heading, " | ")+" |")
	if !ok {
		t.Fatalf("docs/rules.md has no table with the columns %q", heading)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for _, line := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i, cell := range cells {
			cell = strings.TrimSpace(cell)
			if trimmed := strings.Trim(cell, "`"); len(cell) == len(trimmed)+2 {
				cell = trimmed
			}
			cells[i] = cell
		}
		rows = append(rows, cells)
	}
	return rows
}

// rulesPlan returns the plan of a struct with one field from the query.
func rulesPlan(typ reflect.Type, tag string) *plan {
	return newPlan(reflect.StructOf([]reflect.StructField{{Name: "V", Type: typ, Tag: reflect.StructTag(`query:"v" ` + tag)}}))
}

// rulesBind fills the struct of a plan from a query with values for v, and returns the faults.
func rulesBind(t *testing.T, p *plan, values ...string) (faults []FieldError) {
	t.Helper()
	if p.fault != nil {
		t.Fatal(p.fault)
	}
	h := Handler(func(req *Request, res *Response) error {
		err := p.bind(req, reflect.New(p.typ).Elem())
		if e, ok := err.(*Error); ok {
			faults = e.Fields
			return nil
		}
		return err
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/?"+url.Values{"v": values}.Encode(), nil))
	if w.Code >= 400 {
		t.Errorf("%v: status %d: %s", p.typ, w.Code, w.Body)
	}
	return faults
}

func TestRulesDocKeywords(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, row := range rulesTable(t, "tag", "for", "meaning", "accepted", "rejected", "detail") {
		tag, types, accepted, rejected, detail := row[0], rulesTypes[row[1]], row[3], row[4], row[5]
		keyword, _, _ := strings.Cut(tag, ":")
		tried[keyword] = true
		if types == nil {
			t.Errorf("%s: no types %q", tag, row[1])
		}
		for _, typ := range types {
			t.Run(tag+" for "+typ.String(), func(t *testing.T) {
				t.Parallel()
				values := func(cell string) []string {
					if row[1] == "list" {
						return strings.Split(cell, ",")
					}
					return []string{cell}
				}
				p := rulesPlan(typ, tag)
				if faults := rulesBind(t, p, values(accepted)...); faults != nil {
					t.Errorf("%q is rejected: %v", accepted, faults)
				}
				want := []FieldError{{In: "query", Name: "v", Code: keyword, Detail: detail}}
				if faults := rulesBind(t, p, values(rejected)...); !reflect.DeepEqual(faults, want) {
					t.Errorf("%q: %v, want %v", rejected, faults, want)
				}
				if faults := rulesBind(t, p); faults != nil {
					t.Errorf("no value is rejected: %v", faults)
				}
			})
		}
	}
	for _, keyword := range ruleKeywords {
		if !tried[keyword] {
			t.Errorf("docs/rules.md does not have %s", keyword)
		}
	}
}

func TestRulesDocFormats(t *testing.T) {
	t.Parallel()
	rows := rulesTable(t, "format", "accepted", "rejected", "detail")
	for _, row := range rows {
		t.Run(row[0], func(t *testing.T) {
			t.Parallel()
			p := rulesPlan(reflect.TypeFor[string](), `format:"`+row[0]+`"`)
			if faults := rulesBind(t, p, row[1]); faults != nil {
				t.Errorf("%q is rejected: %v", row[1], faults)
			}
			want := []FieldError{{In: "query", Name: "v", Code: "format", Detail: row[3]}}
			if faults := rulesBind(t, p, row[2]); row[2] != "" && !reflect.DeepEqual(faults, want) {
				t.Errorf("%q: %v, want %v", row[2], faults, want)
			}
		})
	}
	if len(rows) != len(formats) {
		t.Errorf("docs/rules.md has %d formats, want %d", len(rows), len(formats))
	}
}

func TestRulesDocMistakes(t *testing.T) {
	t.Parallel()
	for _, row := range rulesTable(t, "tag", "mistake") {
		t.Run(row[0], func(t *testing.T) {
			t.Parallel()
			tag, word, ok := strings.Cut(row[0], " for a")
			typ := rulesTypes[strings.TrimPrefix(strings.TrimPrefix(word, "n"), " ")]
			if !ok || typ == nil {
				t.Fatalf("no type %q", word)
			}
			p := rulesPlan(typ[0], strings.Trim(tag, "`"))
			if p.fault == nil || !strings.Contains(p.fault.Error(), row[1]) {
				t.Errorf("fault %v, want %q in it", p.fault, row[1])
			}
		})
	}
}

// What docs/rules.md says of patterns.
func TestRulesDocPatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range strings.Fields(`(?=a) (?!a) (?<=a) (?<!a) (a)\1 (?i)a (?P<x>a) a{1001} { } ] \a \_ [] [^] [\b] [\S] [[:alpha:]] \p{Letter} \p{C}`) {
		if _, err := patternRule(reflect.TypeFor[string](), pattern); err == nil {
			t.Errorf("%s is accepted", pattern)
		}
	}
	for _, pattern := range strings.Fields(`[aA] (?<x>a) \{ \} \] \p{L} \p{Script=Greek}`) {
		if _, err := patternRule(reflect.TypeFor[string](), pattern); err != nil {
			t.Errorf("%s %v", pattern, err)
		}
	}
}
