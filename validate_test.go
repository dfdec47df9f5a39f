package apiroute_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// validations counts calls of the methods Validate below.
type validations struct{ value, pointer, hidden, body, generic, large, list int }

// validateCalls is what the methods Validate count in, so the test that looks at it is not parallel.
var validateCalls validations

type (
	CheckedValue   struct{ V int }
	CheckedPointer struct{ P int }
	checkedHidden  struct{ H int }
	CheckedBody    struct {
		N int `json:"n"`
	}
	CheckedGeneric[T any] struct{ G T }
	CheckedLarge          struct{ L [8]int }
	checkedList           []int
	checkedBytes          []byte
)

func (CheckedValue) Validate() error        { validateCalls.value++; return nil }
func (*CheckedPointer) Validate() error     { validateCalls.pointer++; return nil }
func (checkedHidden) Validate() error       { validateCalls.hidden++; return nil }
func (*CheckedBody) Validate() error        { validateCalls.body++; return nil }
func (g CheckedGeneric[T]) Validate() error { validateCalls.generic++; return nil }
func (checkedList) Validate() error         { validateCalls.list++; return nil }
func (*checkedBytes) Validate() error       { validateCalls.list++; return nil }

//go:noinline
func (l CheckedLarge) Validate() error {
	validateCalls.large++
	if len(fmt.Sprint(l.L)) == 0 {
		return errors.New("never")
	}
	return nil
}

// Validate is called once for each type that declares it, however the type is embedded. In a JSON
// body, whose tags are those of encoding/json, embedded fields need no tag.
func TestBindValidateOnce(t *testing.T) {
	type calls = validations
	type (
		inner     struct{ CheckedValue }
		twoDeep   struct{ inner }
		ambiguous struct {
			CheckedValue
			CheckedPointer
		}
		atOffset struct {
			N int
			CheckedValue
		}
		ptrOffset struct {
			N int
			CheckedPointer
		}
		hidden      struct{ checkedHidden }
		generic     struct{ CheckedGeneric[int] }
		genericPair struct {
			CheckedGeneric[string]
			CheckedInts
		}
		large     struct{ CheckedLarge }
		largeDeep struct {
			N int
			large
		}
	)
	const obj = `{"V":1,"P":1,"G":1}`
	tests := []struct {
		name  string
		count func(testing.TB, message) callCounts
		body  string
		want  calls
	}{
		{"value receiver", countCalls[jsonOf[CheckedValue]], "{}", calls{value: 1}},
		{"pointer receiver", countCalls[jsonOf[CheckedPointer]], "{}", calls{pointer: 1}},
		{"behind a pointer", countCalls[jsonOf[*CheckedValue]], "{}", calls{value: 1}},
		{"pointer receiver behind a pointer", countCalls[jsonOf[*CheckedPointer]], "{}", calls{pointer: 1}},
		{"no body", countCalls[jsonOf[*CheckedValue]], "", calls{}},
		{"promoted", countCalls[jsonOf[inner]], "{}", calls{value: 1}},
		{"promoted behind a pointer", countCalls[jsonOf[*inner]], "{}", calls{value: 1}},
		{"promoted twice", countCalls[jsonOf[twoDeep]], "{}", calls{value: 1}},
		{"ambiguous", countCalls[jsonOf[ambiguous]], "{}", calls{value: 1, pointer: 1}},
		{"promoted, not the first field", countCalls[jsonOf[atOffset]], "{}", calls{value: 1}},
		{"promoted pointer receiver, not the first field", countCalls[jsonOf[ptrOffset]], "{}", calls{pointer: 1}},
		{"promoted from an unexported type", countCalls[jsonOf[hidden]], "{}", calls{hidden: 1}},
		{"promoted through an unnamed struct", countCalls[jsonOf[struct{ CheckedValue }]], "{}", calls{value: 1}},
		{"own and embedded", countCalls[jsonOf[ownCheck]], "{}", calls{value: 1, list: 1}},
		{"own and embedded, pointer receivers", countCalls[jsonOf[ownPointerCheck]], "{}", calls{pointer: 1, list: 1}},
		{"not inlined", countCalls[jsonOf[large]], "{}", calls{large: 1}},
		{"not inlined, two deep", countCalls[jsonOf[largeDeep]], "{}", calls{large: 1}},
		{"generic", countCalls[jsonOf[CheckedGeneric[int]]], "{}", calls{generic: 1}},
		{"generic, of a struct", countCalls[jsonOf[CheckedGeneric[noteText]]], "{}", calls{generic: 1}},
		{"generic, behind a pointer", countCalls[jsonOf[*CheckedGeneric[string]]], "{}", calls{generic: 1}},
		{"generic, promoted", countCalls[jsonOf[generic]], "{}", calls{generic: 1}},
		{"generic, ambiguous", countCalls[jsonOf[genericPair]], "{}", calls{generic: 2}},
		{"no struct", countCalls[jsonOf[checkedList]], "[]", calls{list: 1}},
		{"a struct elsewhere in the body", countCalls[jsonOf[struct{ F CheckedValue }]], "{}", calls{value: 1}},
		{"an embedded pointer in the body", countCalls[jsonOf[struct{ *CheckedValue }]], obj, calls{value: 1}},
		{"an embedded pointer in the body, absent", countCalls[jsonOf[struct{ *CheckedValue }]], "{}", calls{}},
		{"an embedded body", countCalls[embedsBody], "{}", calls{body: 1}},
		{"T, value receiver", countCalls[checkedIn], "", calls{list: 1}},
		{"T, pointer receiver", countCalls[checkedPointerIn], "", calls{list: 1}},
		{"T, promoted", countCalls[struct{ checkedIn }], "", calls{list: 1}},
		{"T, own and promoted, with a body", countCalls[checkedAll], "{}", calls{list: 2, body: 1, hidden: 1}},
		{"T, generic", countCalls[checkedGenericIn[int]], "", calls{generic: 1}},
		{"T, generic and promoted", countCalls[struct{ checkedGenericIn[string] }], "", calls{generic: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := message{target: "/x?q=1", body: tt.body}
			if tt.body != "" {
				m.header = []string{sendsJSON}
			}
			if got := tt.count(t, m); got != (callCounts{200, tt.want, tt.want}) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			// Validate is not called before all else is right.
			if tt.body != "" {
				bad := m
				bad.body = `{"V":`
				if got := tt.count(t, bad); got != (callCounts{status: 400}) {
					t.Errorf("with a bad body: %+v, want 400 and no calls", got)
				}
			}
			m.target = "/x?q=x"
			if got := tt.count(t, m); got != (callCounts{status: 400}) {
				t.Errorf("with a bad query: %+v, want 400 and no calls", got)
			}
		})
	}
	t.Run("a form", func(t *testing.T) {
		got := countCalls[struct {
			Body struct {
				colorPart
				CheckedForm
			} `body:"form"`
		}](t, message{header: []string{sendsForm}, body: "n=1"})
		if want := (calls{value: 1}); got != (callCounts{200, want, want}) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		got := countCalls[struct {
			Body checkedBytes `body:"bytes"`
		}](t, message{body: "x"})
		if want := (calls{list: 1}); got != (callCounts{200, want, want}) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// callCounts is the status that both a handler and an endpoint respond with, and how often Validate
// is called in each.
type callCounts struct {
	status            int
	handler, endpoint validations
}

func countCalls[T any](t testing.TB, m message) (c callCounts) {
	t.Helper()
	validateCalls = validations{}
	_, o := bindInHandler[T](t, "/x", m)
	c.status, c.handler = o.status, validateCalls
	validateCalls = validations{}
	_, e, refused := bindInEndpoint[T](t, "/x", m)
	if refused != nil || e.status != o.status {
		t.Errorf("as a typed endpoint: %d, panic %v; want %d", e.status, refused, o.status)
	}
	c.endpoint = validateCalls
	return c
}

type (
	jsonOf[B any] struct {
		Q    int `query:"q"`
		Body B   `body:"json"`
	}
	CheckedInts     = CheckedGeneric[int]
	ownCheck        struct{ CheckedValue }
	ownPointerCheck struct {
		N int
		CheckedPointer
	}
	embedsBody struct {
		Q           int `query:"q"`
		CheckedBody `body:"json"`
	}
	checkedIn struct {
		Q int `query:"q"`
	}
	checkedPointerIn struct {
		Q int `query:"q"`
	}
	checkedHiddenIn struct {
		H int `query:"h"`
	}
	checkedAll struct {
		checkedIn
		checkedHiddenIn
		Body CheckedBody `body:"json"`
	}
	checkedGenericIn[T any] struct {
		Q T   `query:"q2"`
		R int `query:"q"`
	}
	CheckedForm struct {
		N int `form:"n"`
	}
)

func (o ownCheck) Validate() error         { validateCalls.list++; return o.CheckedValue.Validate() }
func (o *ownPointerCheck) Validate() error { validateCalls.list++; return o.CheckedPointer.Validate() }
func (checkedIn) Validate() error          { validateCalls.list++; return nil }
func (*checkedPointerIn) Validate() error  { validateCalls.list++; return nil }
func (checkedHiddenIn) Validate() error    { validateCalls.hidden++; return nil }
func (*checkedAll) Validate() error        { validateCalls.list++; return nil }
func (checkedGenericIn[T]) Validate() error {
	validateCalls.generic++
	return nil
}
func (CheckedForm) Validate() error { validateCalls.value++; return nil }

// verdicts is what the methods Validate of these types return, by name. Tests that set it are not
// parallel.
var verdicts map[string]error

type (
	ruledIn struct {
		Q string `query:"q"`
		RuledPart
		Body *RuledBody `body:"json"`
	}
	RuledPart struct {
		P string `query:"p"`
	}
	RuledBody struct {
		RuledInner
		B string `json:"b"`
	}
	RuledInner struct{ I string }
)

func (in *ruledIn) Validate() error   { return verdicts["T"] }
func (in RuledPart) Validate() error  { return verdicts["part"] }
func (in *RuledBody) Validate() error { return verdicts["body"] }
func (in RuledInner) Validate() error { return verdicts["inner"] }

// What Validate returns decides the response.
func TestBindValidateErrors(t *testing.T) {
	secret := errors.New("dsn=secret")
	f1 := apiroute.FieldError{In: "query", Name: "q", Detail: "must not be so"}
	f2 := apiroute.FieldError{In: "body", Name: "b", Detail: "must be other"}
	const (
		one   = `{"in":"query","name":"q","detail":"must not be so"}`
		two   = `{"in":"body","name":"b","detail":"must be other"}`
		plain = `{"title":"Unprocessable Entity","status":422}`
	)
	of1 := `{"title":"Unprocessable Entity","status":422,"detail":"1 field is wrong","errors":[` + one + `]}`
	of2 := `{"title":"Unprocessable Entity","status":422,"detail":"2 fields are wrong","errors":[` + one + `,` + two + `]}`
	both2 := `{"title":"Unprocessable Entity","status":422,"detail":"2 fields are wrong","errors":[` + two + `,` + one + `]}`
	tests := []struct {
		name    string
		verdict map[string]error
		status  int
		body    string
		log     string // must be in it
	}{
		{"nil", nil, 200, "ok", ""},
		{"a field", map[string]error{"T": f1}, 422, of1, ""},
		{"a pointer to a field", map[string]error{"T": &f1}, 422, of1, ""},
		{"joined fields", map[string]error{"T": errors.Join(f1, nil, &f2)}, 422, of2, ""},
		{"joined fields, joined", map[string]error{"T": errors.Join(errors.Join(f1), errors.Join(f2))}, 422, of2, ""},
		{"fields wrapped together", map[string]error{"T": fmt.Errorf("%w and %w", f1, f2)}, 422, of2, ""},
		{"a field of the part", map[string]error{"part": f1}, 422, of1, ""},
		{"a field of the body", map[string]error{"body": f1}, 422, of1, ""},
		{"a field of the part of the body", map[string]error{"inner": f1}, 422, of1, ""},
		{"fields of the body and its part", map[string]error{"inner": f1, "body": f2}, 422, of2, ""},
		{"fields of the body and T", map[string]error{"body": f1, "T": f2}, 422, of2, ""},
		{"fields of the part and T", map[string]error{"part": f1, "T": f2}, 422, of2, ""},
		{"fields of the part of the body and T", map[string]error{"inner": f2, "T": f1}, 422, both2, ""},
		{"an error", map[string]error{"T": secret}, 422, plain, "dsn=secret"},
		{"an error of the body", map[string]error{"body": secret}, 422, plain, "dsn=secret"},
		{"a wrapped field", map[string]error{"T": fmt.Errorf("secret: %w", f1)}, 422, of1, "secret"},
		{"a wrapped pointer to a field", map[string]error{"T": fmt.Errorf("secret: %w", &f1)}, 422, of1, "secret"},
		{"a field wrapped twice", map[string]error{"T": fmt.Errorf("a: %w", fmt.Errorf("secret: %w", f1))}, 422, of1, "secret"},
		{"wrapped fields, joined", map[string]error{"T": errors.Join(fmt.Errorf("secret: %w", f1), f2)}, 422, of2, "secret"},
		{"joined fields, wrapped", map[string]error{"T": fmt.Errorf("secret: %w", errors.Join(f1, f2))}, 422, of2, "secret"},
		{"a wrapped field of the part, a field of T", map[string]error{"part": fmt.Errorf("secret: %w", f1), "T": f2}, 422, of2, "secret"},
		{"an error with a method As", map[string]error{"T": asField{f1}}, 422, of1, "secret"},
		{"a nil pointer to a field", map[string]error{"T": (*apiroute.FieldError)(nil)}, 500, problem(500),
			`error="apiroute: the method Validate of apiroute_test.ruledIn: an error that is a nil *apiroute.FieldError is not nil: return nil itself"`},
		{"a nil pointer to a field, of the body", map[string]error{"body": (*apiroute.FieldError)(nil)}, 500, problem(500), "the method Validate of apiroute_test.RuledBody: an error that is a nil"},
		{"a nil pointer to a field, joined", map[string]error{"T": errors.Join((*apiroute.FieldError)(nil))}, 500, problem(500), "a nil *apiroute.FieldError is not nil"},
		{"a nil pointer to a field, wrapped", map[string]error{"T": fmt.Errorf("secret: %w", (*apiroute.FieldError)(nil))}, 500, problem(500), "a nil *apiroute.FieldError is not nil"},
		{"a nil pointer joined with a field", map[string]error{"T": errors.Join((*apiroute.FieldError)(nil), f1)}, 422, of1, `mistake="an error that is a nil *apiroute.FieldError is not nil: return nil itself"`},
		{"a nil *Error", map[string]error{"T": (*apiroute.Error)(nil)}, 500, problem(500), "an error that is a nil *apiroute.Error is not nil: return nil itself"},
		{"a nil list of errors", map[string]error{"T": errorList(nil)}, 500, problem(500), "an error that is a nil apiroute_test.errorList is not nil: return nil itself"},
		{"a field in an *Error", map[string]error{"T": &apiroute.Error{Status: 409, Err: f1}}, 409, `{"title":"Conflict","status":409}`, "must not be so"},
		{"an *Error", map[string]error{"T": apiroute.Errorf(409, "taken")}, 409, `{"title":"Conflict","status":409,"detail":"taken"}`, ""},
		{"a wrapped *Error", map[string]error{"T": fmt.Errorf("secret: %w", apiroute.Errorf(409, "taken"))}, 409, `{"title":"Conflict","status":409,"detail":"taken"}`, "secret"},
		{"an *Error with a title", map[string]error{"T": &apiroute.Error{Status: 402, Title: "Pay"}}, 402, `{"title":"Pay","status":402}`, ""},
		{"a field of the part, an *Error of T", map[string]error{"part": f1, "T": apiroute.Errorf(409, "taken")}, 409, `{"title":"Conflict","status":409,"detail":"taken"}`, ""},
		{"a field without a name", map[string]error{"T": apiroute.FieldError{In: "query", Detail: "must hold q or p"}}, 422,
			`{"title":"Unprocessable Entity","status":422,"detail":"the query must hold q or p","errors":[{"in":"query","detail":"must hold q or p"}]}`, ""},
	}
	defer func() { verdicts = nil }()
	r := message{header: []string{sendsJSON}, body: "{}"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			verdicts = tt.verdict
			_, a := bindAs[ruledIn](t, "/x", r)
			if a.status != tt.status || a.body != tt.body || !strings.Contains(a.log, tt.log) {
				t.Errorf("%d %s\nwant %d %s\nlog %s, want %q in it", a.status, a.body, tt.status, tt.body, a.log, tt.log)
			}
			if strings.Contains(a.body, "secret") {
				t.Errorf("the response is %s", a.body)
			}
		})
	}
	// Fields that come with another error are still reported; the other error is only logged.
	for name, verdict := range map[string]map[string]error{
		"a field and an error joined":        {"T": errors.Join(f1, secret)},
		"an error and a field joined":        {"T": errors.Join(secret, f1)},
		"a field of the part, an error of T": {"part": f1, "T": secret},
	} {
		t.Run(name, func(t *testing.T) {
			verdicts = verdict
			_, a := bindAs[ruledIn](t, "/x", r)
			if diff := cmp.Diff([]string{"query q: must not be so"}, a.fieldErrors()); a.status != 422 || diff != "" ||
				strings.Contains(a.body, "secret") || !strings.Contains(a.log, "dsn=secret") {
				t.Errorf("%d %s, log %s (-want +got)\n%s", a.status, a.body, a.log, diff)
			}
		})
	}
}

// An asField is a FieldError only to errors.As.
type asField struct{ field apiroute.FieldError }

func (asField) Error() string { return "secret" }

func (e asField) As(target any) bool {
	p, ok := target.(*apiroute.FieldError)
	if ok {
		*p = e.field
	}
	return ok
}

type panickingIn struct {
	Q int `query:"q"`
}

func (panickingIn) Validate() error { panic("dsn=secret") }

// A panic of Validate is a 500, and the client does not see its value.
func TestBindValidatePanic(t *testing.T) {
	t.Parallel()
	_, a := bindAs[panickingIn](t, "/x", message{})
	if a.status != 500 || a.body != `{"title":"Internal Server Error","status":500}` || !strings.Contains(a.log, "dsn=secret") {
		t.Errorf("%d %s, log %s, want a plain 500 and the panic in the log", a.status, a.body, a.log)
	}
}

// Validate sees the fields as they are filled, defaults included.
func TestBindValidateSees(t *testing.T) {
	t.Parallel()
	got, a := bindAs[seeingIn](t, "/x", message{target: "/x?q=1", header: []string{sendsJSON}, body: `{"text":"a"}`})
	if a.status != 200 || got.seen != "1 a true" {
		t.Errorf("Validate saw %q, %d %s, want %q", got.seen, a.status, a.body, "1 a true")
	}
}

type seeingIn struct {
	Q    string   `query:"q"`
	D    bool     `query:"d" default:"true"`
	Body noteText `body:"json"`
	seen string
}

func (in *seeingIn) Validate() error {
	in.seen = fmt.Sprint(in.Q, " ", in.Body.Text, " ", in.D)
	return nil
}
