package apiroute_test

import (
	"encoding/json"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// An Optional tells an absent member, null and a value apart, and is the same again as JSON, except
// that an absent one is null.
func TestOptional(t *testing.T) {
	t.Parallel()
	type patch struct {
		Title apiroute.Optional[string]            `json:"title"`
		At    apiroute.Optional[time.Time]         `json:"at"`
		Tags  apiroute.Optional[[]string]          `json:"tags"`
		Deep  *apiroute.Optional[struct{ N *int }] `json:"deep,omitempty"`
	}
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		name, text string
		want       patch
		json       string // what it is as JSON; "" if it is the text
	}{
		{"absent", `{}`, patch{}, `{"title":null,"at":null,"tags":null}`},
		{"null", `{"title":null,"at":null,"tags":null}`, patch{
			Title: apiroute.Optional[string]{Set: true, Null: true}, At: apiroute.Optional[time.Time]{Set: true, Null: true}, Tags: apiroute.Optional[[]string]{Set: true, Null: true}}, ""},
		{"zero values", `{"title":"","at":"0001-01-01T00:00:00Z","tags":[]}`, patch{
			Title: apiroute.Optional[string]{Set: true}, At: apiroute.Optional[time.Time]{Set: true}, Tags: apiroute.Optional[[]string]{Value: []string{}, Set: true}}, ""},
		{"values", `{"title":"a","at":"2024-01-02T03:04:05Z","tags":["x"],"deep":{"N":1}}`, patch{
			Title: apiroute.Optional[string]{Value: "a", Set: true}, At: apiroute.Optional[time.Time]{Value: at, Set: true},
			Tags: apiroute.Optional[[]string]{Value: []string{"x"}, Set: true}, Deep: &apiroute.Optional[struct{ N *int }]{Value: struct{ N *int }{ptrTo(1)}, Set: true}}, ""},
		{"spaces", `{"title" : null }`, patch{Title: apiroute.Optional[string]{Set: true, Null: true}}, `{"title":null,"at":null,"tags":null}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got patch
			if err := json.Unmarshal([]byte(tt.text), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if text, err := json.Marshal(got); err != nil || string(text) != orElse(tt.json, tt.text) {
				t.Errorf("as JSON %s, error %v", text, err)
			}
			if got.Title.IsZero() == got.Title.Set {
				t.Errorf("IsZero is %t with Set %t", got.Title.IsZero(), got.Title.Set)
			}
		})
	}
	o := apiroute.Optional[int]{Value: 1, Set: true}
	if err := json.Unmarshal([]byte(`"x"`), &o); err == nil {
		t.Error("a text is decoded into an Optional[int]")
	}
	o = apiroute.Optional[int]{Value: 1, Set: true}
	if err := json.Unmarshal([]byte(`null`), &o); err != nil || o != (apiroute.Optional[int]{Set: true, Null: true}) {
		t.Errorf("null after a value is %+v, error %v", o, err)
	}
}

// ApplyTo changes a value as encoding/json would if it decoded the member into it, except that a
// value replaces all of the old one. Each
// row has a type of its own, so what runs it is a function.
func TestOptionalApplyTo(t *testing.T) {
	t.Parallel()
	old := time.Unix(9, 0).UTC()
	for _, tt := range []struct {
		name string
		run  func(text string) string
		text string
		want string
	}{
		{"a string, absent", applies("old"), `{}`, `"old"`},
		{"a string, null", applies("old"), `{"v":null}`, `"old"`},
		{"a string", applies("old"), `{"v":""}`, `""`},
		{"a number, null", applies(5), `{"v":null}`, `5`},
		{"a number", applies(5), `{"v":0}`, `0`},
		{"a bool, null", applies(true), `{"v":null}`, `true`},
		{"a bool", applies(true), `{"v":false}`, `false`},
		{"an array, null", applies([1]int{5}), `{"v":null}`, `[5]`},
		{"an array", applies([1]int{5}), `{"v":[0]}`, `[0]`},
		{"a struct, null", applies(old), `{"v":null}`, `"1970-01-01T00:00:09Z"`},
		{"a struct", applies(old), `{"v":"2024-01-02T03:04:05Z"}`, `"2024-01-02T03:04:05Z"`},
		{"a pointer, absent", applies(&old), `{}`, `"1970-01-01T00:00:09Z"`},
		{"a pointer, null", applies(&old), `{"v":null}`, `null`},
		{"a pointer", applies(&old), `{"v":"2024-01-02T03:04:05Z"}`, `"2024-01-02T03:04:05Z"`},
		{"a slice, absent", applies([]int{5}), `{}`, `[5]`},
		{"a slice, null", applies([]int{5}), `{"v":null}`, `null`},
		{"a slice", applies([]int{5}), `{"v":[]}`, `[]`},
		{"a map, absent", applies(map[string]int{"a": 5}), `{}`, `{"a":5}`},
		{"a map, null", applies(map[string]int{"a": 5}), `{"v":null}`, `null`},
		{"a map is replaced, not merged", applies(map[string]int{"a": 5}), `{"v":{"b":6}}`, `{"b":6}`},
		{"any, absent", applies[any]("old"), `{}`, `"old"`},
		{"any, null", applies[any]("old"), `{"v":null}`, `null`},
		{"any", applies[any]("old"), `{"v":0}`, `0`},
	} {
		if got := tt.run(tt.text); got != tt.want {
			t.Errorf("%s: the value becomes %s, want %s", tt.name, got, tt.want)
		}
	}
	kept := "old"
	apiroute.Optional[string]{Value: "unset"}.ApplyTo(&kept)
	apiroute.Optional[string]{Value: "null", Set: true, Null: true}.ApplyTo(&kept)
	if kept != "old" {
		t.Errorf("a Value that is not in the text is applied: %q", kept)
	}
}

// applies returns a function that decodes a text such as {"v":1}, applies v to old, and returns the
// result as JSON.
func applies[T any](old T) func(text string) string {
	return func(text string) string {
		var in struct{ V apiroute.Optional[T] }
		dst := old
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			return err.Error()
		}
		in.V.ApplyTo(&dst)
		got, err := json.Marshal(dst)
		if err != nil {
			return err.Error()
		}
		return string(got)
	}
}
