package apiroute_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// Types whose JSON has a mistake, or a method Validate that is never called.
type (
	queryPart struct {
		Page int `query:"page"`
	}
	taggedNode struct {
		Next *taggedNode
		Kids map[string][]*taggedNode
		Page int `query:"page"`
	}
	taggedPair[T any] struct{ A, B T }
	ownTagged         struct {
		ID int `path:"id"`
	}

	withContext     struct{ N int }
	withBool        struct{ N int }
	withPointer     struct{ N int }
	withVariadic    struct{ N int }
	withNothing     struct{ N int }
	withFields      struct{ N int }
	withContexts    []int
	embedsContext   struct{ withContext }
	hidesContext    struct{ WithContextPart }
	WithContextPart struct{ N int }
)

func (*ownTagged) UnmarshalJSON([]byte) error { return nil }

func (withContext) Validate(context.Context) error             { return nil }
func (withBool) Validate() bool                                { return true }
func (*withPointer) Validate(ctx context.Context, n int) error { return nil }
func (withVariadic) Validate(...bool) error                    { return nil }
func (withNothing) Validate()                                  {}
func (withFields) Validate() []apiroute.FieldError             { return nil }
func (withContexts) Validate(context.Context) error            { return nil }
func (WithContextPart) Validate(context.Context) error         { return nil }
func (hidesContext) Validate() error                           { return nil }

// A tag that does nothing inside a JSON body is found at registration, however deep it is, and the
// panic says what to do.
func TestPlanJSONTags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		register func()
		want     []string // in the message
	}{
		{"path", posts[jsonOf[struct {
			ID int `path:"id"`
		}]](), []string{"field Body.ID", `path:"id" does nothing`, "move the field out of the body"}},
		{"path beside json", posts[jsonOf[struct {
			ID int `path:"id" json:"id"`
		}]](), []string{"field Body.ID", `path:"id" does nothing`}},
		{"query", posts[jsonOf[queryPart]](), []string{"field Body.Page", `query:"page" does nothing`}},
		{"header", posts[jsonOf[struct {
			A string `header:"X-A,required"`
		}]](), []string{"field Body.A", `header:"X-A,required" does nothing`}},
		{"cookie", posts[jsonOf[struct {
			A string `cookie:"a"`
		}]](), []string{"field Body.A", `cookie:"a" does nothing`}},
		{"form", posts[jsonOf[struct {
			A string `form:"a"`
		}]](), []string{"field Body.A", `form:"a" does nothing`}},
		{"body", posts[jsonOf[struct {
			A struct{} `body:"json"`
		}]](), []string{"field Body.A", `body:"json" does nothing`}},
		{"beside json:\"-\"", posts[jsonOf[struct {
			A string `json:"-" header:"A"`
		}]](), []string{"field Body.A", `header:"A" does nothing`}},
		{"default", posts[jsonOf[struct {
			A int `json:"a" default:"20"`
		}]](), []string{"field Body.A", `default:"20" does nothing`, "a pointer", "Validate"}},
		{"an empty default", posts[jsonOf[struct {
			A string `json:"a" default:""`
		}]](), []string{"field Body.A", `default:"" does nothing`}},
		{"a keyword twice", posts[jsonOf[struct {
			//lint:ignore SA5008 the tag is what must be refused
			A int `json:"a" maximum:"1" maximum:"2"`
		}]](), []string{"field Body.A: its tag has maximum twice, and only the first counts"}},
		{"json twice", posts[jsonOf[struct {
			//lint:ignore SA5008 the tag is what must be refused
			A int `json:"a" json:"b"`
		}]](), []string{"field Body.A: its tag has json twice"}},
		{"required", posts[jsonOf[struct {
			//lint:ignore SA5008 the tag is what must be refused
			A int `json:"a,required"`
		}]](), []string{"field Body.A", `no option "required"`, `json:"a,required"`, `required:"true"`}},
		{"required after another option", posts[jsonOf[struct {
			//lint:ignore SA5008 the tag is what must be refused
			A int `json:",omitempty,required"`
		}]](), []string{"field Body.A", `no option "required"`}},
		{"a misspelt option", posts[jsonOf[struct {
			//lint:ignore SA5008 the tag is what must be refused
			A int `json:"a,omitemtpy"`
		}]](), []string{"field Body.A", `no option "omitemtpy"`, "omitempty"}},
		{"an option in another letter case", posts[jsonOf[struct {
			//lint:ignore SA5008 the tag is what must be refused
			A int `json:"a,omitEmpty"`
		}]](), []string{"field Body.A", `no option "omitEmpty"`}},
		{"the field \"-\"", posts[jsonOf[dashTagged]](), []string{"field Body.A", `json:"-,"`}},

		{"embedded", posts[jsonOf[struct{ queryPart }]](), []string{"field Body.queryPart.Page"}},
		{"behind a pointer", posts[jsonOf[*struct{ P *queryPart }]](), []string{"field Body.P.Page"}},
		{"in a slice", posts[jsonOf[[]queryPart]](), []string{"field Body.Page"}},
		{"in an array in a map", posts[jsonOf[map[string][2]queryPart]](), []string{"field Body.Page"}},
		{"in a generic type", posts[jsonOf[taggedPair[queryPart]]](), []string{"field Body.A.Page"}},
		{"in a recursive type", posts[jsonOf[taggedNode]](), []string{"field Body.Page"}},
		{"everything at once", posts[jsonOf[struct {
			A int `query:"a"`
			B int `default:"1"`
			//lint:ignore SA5008 the tag is what must be refused
			C int `json:",required"`
		}]](), []string{"Body.A", "Body.B", "Body.C"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := mustPanic(t, tt.register)
			for _, want := range append(tt.want, "apiroute: ") {
				if !strings.Contains(text, want) {
					t.Errorf("panic %q, want %q in it", text, want)
				}
			}
		})
	}
}

// Tags of other packages, and those of encoding/json in any version, are nobody's mistake.
func TestPlanJSONTagsNoFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		register func()
	}{
		{"tags of other packages", posts[jsonOf[struct {
			A int `json:"a" db:"a" gorm:"primaryKey" yaml:"a,required" binding:"required" validate:"required" uri:"a"`
		}]]()},
		{"options", posts[jsonOf[struct {
			A int       `json:"a,omitempty"`
			B int       `json:",string,omitempty"`
			C time.Time `json:"c,omitzero"`
			//lint:ignore SA5008 an empty option does no harm
			D int            `json:"d,"`
			E map[string]int `json:"e,omitempty,omitzero"`
		}]]()},
		{"options of encoding/json/v2", posts[jsonOf[struct {
			A int `json:"a,case:ignore"`
			//lint:ignore SA5008 encoding/json/v2 takes options in any order
			B time.Time `json:"b,format:'2006,01,02',omitempty"`
			C int       `json:"c,case:strict"`
			F struct{}  `json:",inline"`
		}]]()},
		{"a type that decodes itself", posts[jsonOf[ownTagged]]()},
		{"a field that is left out", posts[jsonOf[struct {
			A queryPart `json:"-"`
		}]]()},
		{"an interface", posts[jsonOf[map[string]any]]()},
		{"raw JSON", posts[jsonOf[json.RawMessage]]()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.register() // must not panic
		})
	}
}

// A method Validate with another signature would never be called, so it is refused wherever one
// with the right signature would be called.
func TestPlanValidateSignature(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		register func()
		want     string // in the message
	}{
		{"with a context", posts[jsonOf[withContext]](), "apiroute_test.withContext has a method Validate(context.Context) error"},
		{"returns a bool", posts[jsonOf[withBool]](), "apiroute_test.withBool has a method Validate() bool"},
		{"two parameters, pointer receiver", posts[jsonOf[withPointer]](), "apiroute_test.withPointer has a method Validate(context.Context, int) error"},
		{"variadic", posts[jsonOf[withVariadic]](), "apiroute_test.withVariadic has a method Validate(...bool) error"},
		{"returns nothing", posts[jsonOf[withNothing]](), "apiroute_test.withNothing has a method Validate(),"},
		{"returns a list", posts[jsonOf[withFields]](), "apiroute_test.withFields has a method Validate() []apiroute.FieldError"},
		{"not a struct", posts[jsonOf[withContexts]](), "apiroute_test.withContexts has a method"},
		{"T itself", posts[inWithContext](), "apiroute_test.inWithContext has a method Validate(context.Context) error"},
		{"embedded in T", posts[struct{ inWithContext }](), "apiroute_test.inWithContext has a method"},
		{"a form", posts[struct {
			Body formWithContext `body:"form"`
		}](), "apiroute_test.formWithContext has a method"},
		{"in a field", posts[jsonOf[struct{ A withContext }]](), "apiroute_test.withContext has a method"},
		{"behind a pointer in a list in a map", posts[jsonOf[map[string][]*withContext]](), "apiroute_test.withContext has a method"},
		{"embedded", posts[jsonOf[embedsContext]](), "apiroute_test.withContext has a method"},
		{"embedded, and hidden by a right one", posts[jsonOf[hidesContext]](), "apiroute_test.WithContextPart has a method"},
		{"in a generic type", posts[jsonOf[taggedPair[withBool]]](), "apiroute_test.withBool has a method"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := mustPanic(t, tt.register)
			if !strings.Contains(text, tt.want) || !strings.Contains(text, "write Validate() error") {
				t.Errorf("panic %q, want %q in it", text, tt.want)
			}
			if n := strings.Count(text, "has a method"); n != 1 {
				t.Errorf("panic %q names %d methods, want 1", text, n)
			}
		})
	}
}

// Request.JSON refuses the same types as Bind. Nothing shows the mistake before the request comes.
func TestJSONTypeFaults(t *testing.T) {
	t.Parallel()
	type dual struct {
		ID   int    `path:"id" json:"id"`
		Page int    `json:"page" default:"1"`
		Kind string `json:"kind" maximum:"3"`
	}
	for _, tt := range []struct {
		name string
		dst  func() any
		want string // the error without its beginning; "" if there is none
	}{
		{"tags", func() any { return new(dual) }, `type apiroute_test.dual: field ID: inside a JSON body, path:"id" does nothing: move the field out of the body, or remove the tag` + "\n" +
			`field Page: inside a JSON body, default:"1" does nothing: make the field a pointer, and set it in Validate if it is nil` + "\n" +
			`field apiroute_test.dual.Kind: maximum:"3" has no meaning for the type string`},
		{"a tag further inside", func() any { return new(map[string][]struct{ A []queryPart }) },
			`type map[string][]struct { A []apiroute_test.queryPart }: field A.Page: inside a JSON body, query:"page" does nothing: move the field out of the body, or remove the tag`},
		{"in an interface", func() any { var v any = new([]queryPart); return &v },
			`type []apiroute_test.queryPart: field Page: inside a JSON body, query:"page" does nothing: move the field out of the body, or remove the tag`},
		{"a channel", func() any { return new(chan int) }, "type chan int: chan int cannot be JSON"},
		{"a function in a field", func() any { return new(struct{ F []func() }) }, "type struct { F []func() }: field F: func() cannot be JSON"},
		{"keys of a map", func() any { return new(map[bool]int) }, "type map[bool]int: bool cannot be the name of a JSON member"},
		{"a Validate that is never called", func() any { return new(withContext) },
			"type apiroute_test.withContext: apiroute_test.withContext has a method Validate(context.Context) error, which is never called: write Validate() error, or give it another name"},

		{"no tags", func() any { return new(any) }, ""},
		{"tags of other packages", func() any {
			return new(struct {
				A int `json:"a" db:"a" validate:"required" uri:"a"`
			})
		}, ""},
		{"a pointer that an interface holds", func() any { return &struct{ E error }{new(parsedError)} }, ""},
		{"an interface that holds none", func() any { return new(struct{ E error }) }, ""},
		{"an embedded pointer that is set", func() any { return &struct{ *queryless }{&queryless{}} }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var err error
			o := serveMessage(t, "/x", message{header: []string{sendsJSON}, body: "{}"}, func(req *apiroute.Request, _ *apiroute.Response) error {
				err = req.JSON(tt.dst())
				return err
			})
			want, status := "apiroute: JSON: "+tt.want, 500
			if tt.want == "" {
				want, status = "<nil>", 204
			}
			if got := fmt.Sprint(err); got != want || o.status != status || status == 500 && !strings.Contains(o.log, "apiroute: JSON: type") {
				t.Errorf("%d, error %s\nlog %s\nwant %d, %s", o.status, got, o.log, status, want)
			}
		})
	}
}

type (
	parsedError struct{ Text string }
	queryless   struct{ N int }
)

func (*parsedError) Error() string { return "" }

type (
	inWithContext struct {
		Q int `query:"q"`
	}
	formWithContext struct {
		A int `form:"a"`
	}
)

func (inWithContext) Validate(context.Context) error   { return nil }
func (formWithContext) Validate(context.Context) error { return nil }
