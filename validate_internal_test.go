package apiroute

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// validated lists the methods Validate that have been called.
var validated []string

func record(name string) error { validated = append(validated, name); return nil }

type (
	ValidateA struct {
		N int `json:"n"`
	}
	ValidateB        struct{}
	ValidateG[T any] struct{}
	ValidateList     []int
	Validator        interface{ Validate() error }

	validateHidden  struct{ Seen int }
	validateHidden2 struct{}
	validateNamed   struct{ ValidateA }
	ValidateTwice   struct{ validateNamed }
	ValidateField   struct{ Validate int }

	validateOwn        struct{ ValidateA }
	validateOwnPointer struct{ ValidateA }
	validateOwnValue   struct{ ValidateB }
	validateOwnCalls   struct{ ValidateA }
	validateOwnAnd2    struct {
		validateHidden
		//lint:ignore U1000 it is embedded for its method alone
		validateHidden2
	}
	validateHiddenOwner struct{ validateHidden }
	validateHiddenDeep  struct{ validateHidden }
	validateByPointer   struct{ *ValidateA }
	validateOwnPtrByPtr struct{ *ValidateA }
	validateRecursive   struct{ *validateRecursive }
	validateInterface   struct{ Validator }
)

func (ValidateA) Validate() error           { return record("A") }
func (*ValidateB) Validate() error          { return record("B") }
func (ValidateG[T]) Validate() error        { return record("G") }
func (ValidateList) Validate() error        { return record("list") }
func (h *validateHidden) Validate() error   { h.Seen++; return record("hidden") }
func (validateHidden2) Validate() error     { return record("hidden2") }
func (validateOwn) Validate() error         { return record("own") }
func (*validateOwnPointer) Validate() error { return record("own") }
func (validateOwnValue) Validate() error    { return record("own") }
func (v validateOwnCalls) Validate() error  { record("own"); return v.ValidateA.Validate() }
func (*validateOwnAnd2) Validate() error    { return record("own") }
func (validateHiddenOwner) Validate() error { return record("own") }
func (v *validateHiddenDeep) Validate() error {
	v.Seen++
	return record("deep")
}
func (*validateOwnPtrByPtr) Validate() error { return record("own") }
func (*validateRecursive) Validate() error   { return record("own") }

// Each Validate is called once, by whichever structs have it, and those of embedded structs first.
func TestValidateCalls(t *testing.T) {
	tests := []struct {
		name string
		body any // a value of the body's type
		want string
	}{
		{"none", struct{}{}, ""},
		{"declared, value receiver", ValidateA{}, "A"},
		{"declared, pointer receiver", ValidateB{}, "B"},
		{"declared, generic type", ValidateG[int]{}, "G"},
		{"declared, not a struct", ValidateList{}, "list"},
		{"promoted, value receiver", struct{ ValidateA }{}, "A"},
		{"promoted, pointer receiver", struct{ ValidateB }{}, "B"},
		{"promoted, generic type", struct{ ValidateG[int] }{}, "G"},
		{"promoted, not a struct", struct{ ValidateList }{}, "list"},
		{"promoted to a named type", validateNamed{}, "A"},
		{"promoted through two levels", ValidateTwice{}, "A"},
		{"promoted from an unexported type", struct{ validateHidden }{}, "hidden"},
		{"promoted from a pointer", struct{ *ValidateA }{&ValidateA{}}, "A"},
		{"promoted from a pointer that is nil", struct{ *ValidateA }{}, ""},
		{"promoted from an interface", validateInterface{ValidateA{}}, "A"},
		{"ambiguous", struct {
			ValidateA
			ValidateB
		}{}, "A B"},
		{"ambiguous, unexported types", struct {
			validateHidden
			validateHidden2
		}{}, "hidden hidden2"},
		{"a shallower one", struct {
			ValidateTwice
			ValidateB
		}{}, "A B"},
		{"a field with the name, shallower", struct {
			ValidateTwice
			ValidateField
		}{}, "A"},
		{"own, embedded with another receiver", validateOwnPointer{}, "A own"},
		{"own, embedded with a pointer receiver", validateOwnValue{}, "B own"},
		{"own and two embedded", validateOwnAnd2{}, "hidden hidden2 own"},
		{"own, embedded unexported", validateHiddenOwner{}, "hidden own"},
		{"own, an embedded pointer", validateOwnPtrByPtr{&ValidateA{}}, "A own"},
		{"own, an embedded pointer that is nil", validateOwnPtrByPtr{}, "own"},
		{"own, embeds itself", validateRecursive{&validateRecursive{}}, "own"},
		// The own method may as well be promoted, and so is the only one that is called.
		{"own, hides an embedded one", validateOwn{}, "own"},
		{"own, hides an embedded one and calls it", validateOwnCalls{}, "own A"},
		{"in a field", struct{ F ValidateA }{}, "A"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := reflect.ValueOf(tt.body)
			typ := reflect.StructOf([]reflect.StructField{{Name: "Body", Type: body.Type(), Tag: `body:"json"`}})
			v := reflect.New(typ).Elem()
			v.Field(0).Set(body)
			p := &planner{plan: &plan{typ: typ, body: &bodyPlan{index: []int{0}, typ: body.Type()}}}
			p.addChecker()
			if len(p.faults) > 0 {
				t.Fatal(p.faults)
			}
			validated = nil
			if err := p.validate(v); err != nil {
				t.Error(err)
			}
			if got := strings.Join(validated, " "); got != tt.want {
				t.Errorf("called %q, want %q", got, tt.want)
			}
		})
	}
}

// An embedded body is validated with the body, and the struct around it after it.
func TestValidateEmbeddedBody(t *testing.T) {
	type embedded struct {
		ValidateA `body:"json"`
	}
	type both struct {
		ValidateA `body:"json"`
		ValidateB
	}
	for typ, want := range map[reflect.Type]string{
		reflect.TypeFor[embedded](): "A",
		reflect.TypeFor[both]():     "A B",
	} {
		p := planOf(typ)
		if p.fault != nil {
			t.Fatal(p.fault)
		}
		validated = nil
		p.validate(reflect.New(typ).Elem())
		if got := strings.Join(validated, " "); got != want {
			t.Errorf("%v: called %q, want %q", typ, got, want)
		}
	}
}

// A method of an embedded struct of an unexported type changes the struct, also where reflection
// does not reach the method.
func TestValidateUnexportedChanges(t *testing.T) {
	v := &struct {
		Body struct {
			validateHiddenDeep
			validateHidden2
		}
	}{}
	p := &planner{plan: &plan{typ: reflect.TypeOf(v).Elem(), body: &bodyPlan{index: []int{0}, typ: reflect.TypeOf(v.Body)}}}
	p.addChecker()
	p.validate(reflect.ValueOf(v).Elem())
	if v.Body.Seen != 1 { // validateHiddenDeep's own: it hides that of validateHidden
		t.Errorf("Seen is %d, want 1", v.Body.Seen)
	}
}

// A method that may be that of a pointer, which may be nil, is refused: it is not known whether it
// may be called then.
func TestValidateByPointer(t *testing.T) {
	fault := planOf(reflect.TypeFor[struct {
		Body validateByPointer `body:"json"`
	}]()).fault
	want := "type struct { Body apiroute.validateByPointer \"body:\\\"json\\\"\" }: the method Validate of apiroute.validateByPointer " +
		"may be that of *apiroute.ValidateA, which may be nil: embed the struct, not a pointer to it"
	if fault == nil || cmp.Diff(want, fault.Error()) != "" {
		t.Errorf("fault %v\nwant %s", fault, want)
	}
}
