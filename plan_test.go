package apiroute_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"mime/multipart"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

type (
	metaPart        struct{ M int }
	withMetaPointer struct{ *metaPart }
	withMethods     interface{ M() }
	EmbedsItself    struct {
		*EmbedsItself
		N int
	}
	dashTagged struct {
		//lint:ignore SA5008 the tag is what must be refused
		A int `json:"-,"`
	}
)

// Every way in which a type can be at fault is found when an endpoint is registered, and the panic
// names the field.
func TestPlanFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		register func()
		want     []string // in the message
	}{
		{"an int", posts[int](), []string{"int is not a struct"}},
		{"a pointer", posts[*Paging](), []string{"*apiroute_test.Paging is not a struct, but a pointer to one: write apiroute_test.Paging"}},
		{"a pointer to an int", posts[*int](), []string{"*int is not a struct: write one whose fields have tags"}},
		{"a request", posts[*apiroute.Request](), []string{"*apiroute.Request is not a struct that can be filled: for the request itself, register a Handler"}},
		{"a slice", posts[[]Paging](), []string{"is not a struct"}},
		{"a map", posts[map[string]string](), []string{"is not a struct"}},
		{"an interface", posts[any](), []string{"is not a struct"}},
		{"no tag", posts[struct{ F int }](), []string{"F", "no tag"}},
		{"only a tag for JSON", posts[struct {
			F int `json:"f"`
		}](), []string{"F", "no tag"}},
		{"two tags", posts[struct {
			F int `query:"f" path:"f"`
		}](), []string{"F", "two tags", "path", "query"}},
		{"three tags", posts[struct {
			F int `query:"f" body:"json" header:"f"`
		}](), []string{"F", "two tags", "query", "header", "body"}},
		{"no tag at all", posts[struct{ PageSize, ID int }](), []string{
			`field PageSize has no tag that names its source: write, for example, query:"pageSize"; ` + allSourceTags, `write, for example, query:"id"`}},
		{"a tag of echo", posts[struct {
			F int `param:"f"`
		}](), []string{`write path:"f" for param:"f"`}},
		{"a tag of gin", posts[struct {
			F int `uri:"f" binding:"required"`
		}](), []string{`write path:"f" for uri:"f"`}},
		{"tags of fiber", posts[struct {
			F int `params:"f"`
			G int `reqHeader:"g"`
		}](), []string{`write path:"f" for params:"f"`, `write header:"g" for reqHeader:"g"`}},
		{"a tag of gorilla/schema", posts[struct {
			F int `schema:"f"`
		}](), []string{`write query:"f" for schema:"f"`}},
		{"misspelled tags", posts[struct {
			A int `qurey:"a"`
			B int `quary:"b,required"`
			C int `heder:"c"`
			D int `cokie:"d"`
			E int `pth:"e"`
			F int `bdoy:"json"`
		}](), []string{`write query:"a" for qurey:"a"`, `write query:"b,required" for quary:"b,required"`, `write header:"c" for heder:"c"`,
			`write cookie:"d" for cokie:"d"`, `write path:"e" for pth:"e"`, `bdoy:"json" belongs in the struct`}},
		{"tags in upper case and in the plural", posts[struct {
			A int `Query:"a"`
			B int `HEADER:"b"`
			C int `cookies:"c"`
			D int `queryParam:"d"`
		}](), []string{`write query:"a" for Query:"a"`, `write header:"b" for HEADER:"b"`, `write cookie:"c" for cookies:"c"`, `write query:"d" for queryParam:"d"`}},
		{"tags of no source", posts[struct {
			F int `db:"f" yaml:"f"`
		}](), []string{`field F has no tag that names its source: write, for example, query:"f"`}},
		{"a field Body without a tag", posts[struct{ Body noteText }](), []string{`write body:"json" for a JSON body`}},
		{"a field RawBody without a tag", posts[struct{ RawBody []byte }](), []string{`write body:"bytes" for the body as it is`}},
		{"a JSON tag outside of a body", posts[struct {
			F int `json:"f"`
		}](), []string{`json:"f" belongs in the struct of a field with body:"json"`}},
		{"a form tag outside of a form", posts[struct {
			F int `form:"f"`
		}](), []string{`a form tag belongs in the struct of a body:"form" field; for the query, write query:"f"`}},
		{"a form with a JSON tag", posts[struct {
			F struct {
				G int `json:"g"`
				H int `from:"h"`
				I int
			} `body:"form"`
		}](), []string{`field F.G has no tag that names its source: write form:"g" for json:"g"; in a form, that is form:"…"`, `write form:"h" for from:"h"`, `write form:"i"`}},
		{"a tag twice", posts[struct {
			//lint:ignore SA5008 the tag is what must be refused
			F int `query:"f" default:"1" query:"g"`
		}](), []string{"field F: its tag has query twice, and only the first counts"}},
		{"a misspelled default", posts[struct {
			F int `query:"f" defualt:"1"`
			G int `query:"g" Default:"1"`
		}](), []string{`field F: defualt:"1" has no meaning here: write default:"1"`, `field G: Default:"1" has no meaning here`}},
		{"keywords that a tag cannot have", posts[struct {
			F string `query:"f" const:"a"`
			B struct {
				G string         `json:"g" readOnly:"true"`
				H map[string]int `json:"h" minProperties:"1"`
			} `body:"json"`
		}](), []string{`field F: const:"a" has no meaning here: write enum with one value`,
			`field B.G: readOnly:"true" has no meaning here: write a type for the request`,
			`field B.H: minProperties:"1" has no meaning here: check the value in Validate`}},
		{"a time in a header with a form of its own", posts[struct {
			F time.Time  `header:"if-modified-since"`
			G *time.Time `header:"X-Since"`
		}](), []string{"field F: the header If-Modified-Since has another form than a time.Time: take a string, and read it with http.ParseTime"}},
		{"required as a tag", posts[struct {
			F int `query:"f" required:"true"`
			G int `header:"g" binding:"required"`
		}](), []string{`field F: required:"true" has no meaning here: write query:"f,required"`, `field G: binding:"required" has no meaning here: write header:"g,required"`}},
		{"a tag on an unexported field", posts[struct {
			f int `query:"f"`
		}](), []string{"field f", "not exported: its name must begin with an upper-case letter"}},
		{"a tag on an embedded unexported struct", posts[struct {
			noteText `body:"json"`
		}](), []string{"noteText", "not exported"}},
		{"a bad name of a header", posts[struct {
			F int `header:"X Bad: y"`
		}](), []string{"field F", "a header cannot have the name", `"X Bad: y"`}},
		{"a bad name of a cookie", posts[struct {
			F int `cookie:"a b;c"`
		}](), []string{"field F", "a cookie cannot have the name", `"a b;c"`}},
		{"bytes in a query", posts[struct {
			F []byte `query:"f"`
		}](), []string{"field F", "not supported for a query"}},
		{"an embedded pointer to an unexported struct in JSON", posts[allSources[struct {
			*plainPart `json:",omitempty"`
		}]](), []string{"plainPart", "embedded pointer"}},
		{"an empty tag", posts[struct {
			F int `query:""`
		}](), []string{"F", "no name"}},
		{"a tag without a name", posts[struct {
			F int `query:",required"`
		}](), []string{"F", "no name"}},
		{"an unknown word in the tag", posts[struct {
			F int `query:"f,optional"`
		}](), []string{"F", `"optional"`, "required"}},
		{"an empty word in the tag", posts[struct {
			F int `query:"f,"`
		}](), []string{"F", `""`, "required"}},
		{"a word twice", posts[struct {
			F int `query:"f,required,required"`
		}](), []string{"F", "required"}},
		{"a word after a blank", posts[struct {
			F int `query:"f, required"`
		}](), []string{"F", "required"}},
		{"commas for one value", posts[struct {
			F int `query:"f,comma"`
		}](), []string{"F", `"comma"`, "slice of values"}},
		{"commas for a type that parses itself", posts[struct {
			F net.IP `query:"f,comma"`
		}](), []string{"F", `"comma"`, "slice of values"}},
		{"commas in a path", posts[struct {
			F []int `path:"f,comma"`
		}](), []string{"F", `"comma"`, "query, a form or a header"}},
		{"commas for files", posts[struct {
			Body struct {
				F []*multipart.FileHeader `form:"f,comma"`
			} `body:"form"`
		}](), []string{"Body.F", `"comma"`, "slice of values"}},
		{"commas for a body", posts[struct {
			Body []int `body:"json,comma"`
		}](), []string{"Body", `"comma"`, "required"}},
		{"commas twice", posts[struct {
			F []int `query:"f,comma,required,comma"`
		}](), []string{"F", `"comma"`, "once"}},
		{"a name twice", posts[struct {
			F int `query:"f"`
			G int `query:"f"`
		}](), []string{"F", "G", "query f"}},
		{"a header twice", posts[struct {
			F int `header:"x-f"`
			G int `header:"X-F"`
		}](), []string{"F", "G", "header X-F"}},
		{"a name twice, once embedded", posts[struct {
			Paging
			P int `query:"page"`
		}](), []string{"Paging.Page", "P", "query page"}},
		{"a channel", posts[struct {
			F chan int `query:"f"`
		}](), []string{"F", "chan int", "query"}},
		{"a function", posts[struct {
			F func() `header:"f"`
		}](), []string{"F", "func()", "header"}},
		{"an interface field", posts[struct {
			F any `cookie:"f"`
		}](), []string{"F", "interface {}", "cookie"}},
		{"a map in the path", posts[struct {
			F map[string]string `path:"f"`
		}](), []string{"F", "map[string]string", "path"}},
		{"a complex number", posts[struct {
			F complex128 `query:"f"`
		}](), []string{"F", "complex128"}},
		{"uintptr", posts[struct {
			F uintptr `query:"f"`
		}](), []string{"F", "uintptr"}},
		{"a struct", posts[struct {
			F Paging `query:"f"`
		}](), []string{"F", "Paging"}},
		{"bytes in a query, again", posts[struct {
			F []byte `query:"f"`
		}](), []string{"F", "[]uint8"}},
		{"an array", posts[struct {
			F [2]int `query:"f"`
		}](), []string{"F", "[2]int"}},
		{"a pointer to a pointer", posts[struct {
			F **int `query:"f"`
		}](), []string{"F", "**int"}},
		{"a pointer to a slice", posts[struct {
			F *[]int `query:"f"`
		}](), []string{"F", "*[]int"}},
		{"a slice of pointers", posts[struct {
			F []*int `query:"f"`
		}](), []string{"F", "[]*int"}},
		{"a slice of slices", posts[struct {
			F [][]int `query:"f"`
		}](), []string{"F", "[][]int"}},
		{"a slice in a cookie", posts[struct {
			F []string `cookie:"f"`
		}](), []string{"F", "[]string", "cookie"}},
		{"a file in a query", posts[struct {
			F *multipart.FileHeader `query:"f"`
		}](), []string{"F", "FileHeader", "query"}},
		{"a default that is no integer", posts[struct {
			F int `query:"f" default:"x"`
		}](), []string{"F", `"x"`, "must be an integer"}},
		{"a default out of range", posts[struct {
			F int8 `query:"f" default:"300"`
		}](), []string{"F", `"300"`, "-128 to 127"}},
		{"an empty default", posts[struct {
			F int `query:"f" default:""`
		}](), []string{"F", `""`, "must be an integer"}},
		{"a default that is no time", posts[struct {
			F time.Time `query:"f" default:"now"`
		}](), []string{"F", `"now"`}},
		{"a default for a bad type", posts[struct {
			F chan int `query:"f" default:"x"`
		}](), []string{"F", "chan int"}},
		{"a default for a required field", posts[struct {
			F int `query:"f,required" default:"1"`
		}](), []string{"F", "cannot have a default"}},
		{"a default in the path", posts[struct {
			F int `path:"f" default:"1"`
		}](), []string{"F", "cannot have a default"}},
		{"a default for a slice", posts[struct {
			F []int `query:"f" default:"1"`
		}](), []string{"F", "cannot have a default"}},
		{"a default for a pointer", posts[struct {
			F *int `query:"f" default:"1"`
		}](), []string{"F", "cannot have a default"}},
		{"a default for a file", posts[struct {
			Body struct {
				F *multipart.FileHeader `form:"f" default:"1"`
			} `body:"form"`
		}](), []string{"Body.F", "cannot have a default"}},
		{"a default for a body", posts[struct {
			Body noteText `body:"json" default:"{}"`
		}](), []string{"Body", "a body cannot have a default"}},
		{"two bodies", posts[struct {
			A noteText `body:"json"`
			B noteText `body:"json"`
		}](), []string{"B", "second body"}},
		{"an unknown kind of body", posts[struct {
			F noteText `body:"xml"`
		}](), []string{"F", `"xml"`, "json, form or bytes"}},
		{"an empty kind of body", posts[struct {
			F noteText `body:""`
		}](), []string{"F", `""`, "json, form or bytes"}},
		{"an unknown word for a body", posts[struct {
			F noteText `body:"json,omitempty"`
		}](), []string{"F", `"omitempty"`}},
		{"a form into an int", posts[struct {
			F int `body:"form"`
		}](), []string{"F", "form", "struct", "int"}},
		{"a form into a pointer to a pointer", posts[struct {
			F **formFields `body:"form"`
		}](), []string{"F", "form", "struct"}},
		{"a form into a map", posts[struct {
			F map[string]string `body:"form"`
		}](), []string{"F", "form", "struct"}},
		{"a form with a field without a tag", posts[struct {
			F struct{ G int } `body:"form"`
		}](), []string{"F.G", "no tag"}},
		{"a form with a query tag", posts[struct {
			F struct {
				G int `query:"g"`
			} `body:"form"`
		}](), []string{"F.G", "form"}},
		{"a form with a name twice", posts[struct {
			F struct {
				G int `form:"g"`
				H int `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "F.H", "form g"}},
		{"a form with a slice of files that are no pointers", posts[struct {
			F struct {
				G []multipart.FileHeader `form:"g"`
			} `body:"form"`
		}](), []string{"F.G", "multipart.FileHeader"}},
		{"a form field outside a form", posts[struct {
			F int `form:"f"`
		}](), []string{"F", "form", "body"}},
		{"bytes into an int", posts[struct {
			F int `body:"bytes"`
		}](), []string{"F", "bytes", "int"}},
		{"bytes into a pointer", posts[struct {
			F *[]byte `body:"bytes"`
		}](), []string{"F", "bytes", "*[]uint8"}},
		{"bytes into strings", posts[struct {
			F []string `body:"bytes"`
		}](), []string{"F", "bytes", "[]string"}},
		{"bytes into an array", posts[struct {
			F [4]byte `body:"bytes"`
		}](), []string{"F", "bytes", "[4]uint8"}},
		{"JSON into a channel", posts[struct {
			F chan int `body:"json"`
		}](), []string{"F", "chan int", "JSON"}},
		{"JSON into functions", posts[struct {
			F struct{ G []func() } `body:"json"`
		}](), []string{"F.G", "func()", "JSON"}},
		{"JSON into complex numbers", posts[struct {
			F struct{ G map[string]complex64 } `body:"json"`
		}](), []string{"F.G", "complex64", "JSON"}},
		{"JSON with a dash and a comma", posts[struct {
			F dashTagged `body:"json"`
		}](), []string{"F.A", `"-,"`, `json:"-"`}},
		{"JSON with a dash and a comma, further in", posts[struct {
			F *[]map[string]dashTagged `body:"json"`
		}](), []string{"F.A", `"-,"`}},
		{"JSON with a dash and omitempty", posts[struct {
			F struct {
				//lint:ignore SA5008 the tag is what must be refused
				A int `json:"-,omitempty"`
			} `body:"json"`
		}](), []string{"F.A", `"-,omitempty"`}},
		// encoding/json refuses these whatever the client sends.
		{"JSON into an interface with methods", posts[struct {
			F withMethods `body:"json"`
		}](), []string{"F", "withMethods"}},
		{"JSON into an error", posts[struct {
			F struct{ G error } `body:"json"`
		}](), []string{"F.G", "error"}},
		{"JSON into a map by bool", posts[struct {
			F map[bool]string `body:"json"`
		}](), []string{"F", "map[bool]string"}},
		{"JSON into an embedded pointer to an unexported struct", posts[struct {
			F withMetaPointer `body:"json"`
		}](), []string{"F", "metaPart"}},
		// An embedded pointer does not count as an embedded struct, because Bind would have to
		// allocate it.
		{"an embedded pointer", posts[struct{ *Paging }](), []string{"Paging"}},
		{"an embedded pointer to an unexported struct", posts[struct{ *sorting }](), []string{"sorting"}},
		// Nor does a struct that is filled from one text.
		{"an embedded time", posts[struct{ time.Time }](), []string{"Time"}},
		{"an embedded pointer in a form", posts[struct {
			F struct{ *colorPart } `body:"form"`
		}](), []string{"F.colorPart"}},
		// All faults are reported together.
		{"four faults together", posts[struct {
			A int
			B chan int `query:"b,x" default:"1"`
			C int      `path:"c" default:"1"`
			D int      `body:"xml"`
		}](), []string{"field A", "field B", "chan int", `"x"`, "field C", "field D"}},
	}
	for _, tt := range tests {
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

// posts returns a function that registers a POST endpoint for an In on a path with the segments
// [a], [c], [f] and [path_tag].
func posts[In any]() func() {
	return func() {
		apiroute.Post(apiroute.New(), "/x/[a]/[c]/[f]/[path_tag]", zeroFunc[In])
	}
}

type plainPart struct{ A int }

// A colorByte is a byte that is filled from a text.
type colorByte uint8

func (c *colorByte) UnmarshalText(text []byte) error { *c = colorByte(len(text)); return nil }

// These types look odd and are in order.
func TestPlanNoFault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		register func()
	}{
		{"no field", posts[struct{}]()},
		{"an unexported field", posts[struct{ note string }]()},
		{"an embedded struct", posts[struct{ Paging }]()},
		{"tags of other packages", posts[struct {
			F int `query:"f" db:"f" validate:"min=1" doc:"the f" json:"f"`
		}]()},
		{"an interface in JSON", posts[allSources[any]]()},
		{"a recursive type in JSON", posts[allSources[recursiveBody]]()},
		{"a pointer to a recursive type in JSON", posts[allSources[*recursiveBody]]()},
		{"a map by int in JSON", posts[allSources[map[int]json.RawMessage]]()},
		{"a time in JSON", posts[allSources[time.Time]]()},
		{"types that only look odd in JSON", posts[allSources[struct {
			A chan int `json:"-"`
			b chan int
			C big.Int
			D map[netip.Addr]int
			E any
		}]]()},
		{"a slice of bytes with UnmarshalText", posts[struct {
			F []colorByte `query:"f"`
		}]()},
		{"one name in many sources", posts[struct {
			A int `query:"a"`
			B int `path:"a"`
			C int `cookie:"a"`
			D int `header:"a"`
			E int `query:"A"`
		}]()},
		{"a tag for JSON that is not used", posts[struct {
			//lint:ignore SA5008 the JSON body never sees it
			A int `query:"a" json:"-,"`
		}]()},
		{"an embedded struct in a form", posts[struct {
			Body struct {
				colorPart
				note string
			} `body:"form"`
		}]()},
		{"an embedded interface that is not exported", posts[struct{ withMethods }]()},
		{"a struct that embeds a pointer to itself in JSON", posts[jsonOf[EmbedsItself]]()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.register() // must not panic
		})
	}
}

// What types have in common is looked at once, and not for each endpoint.
func TestRegistrationAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	field := func(name string, typ reflect.Type, tag string) reflect.StructField {
		return reflect.StructField{Name: name, Type: typ, Tag: reflect.StructTag(tag)}
	}
	const numFields = 1000
	var fields []reflect.StructField
	for i := range numFields {
		name := strconv.Itoa(i)
		fields = append(fields, field("F"+name, reflect.TypeFor[string](), `json:"f`+name+`" maxLength:"9" pattern:"^[a-z]+$"`))
	}
	common := reflect.StructOf(fields)
	var bodies []reflect.Type
	for i := range 12 {
		bodies = append(bodies, reflect.StructOf([]reflect.StructField{
			field("One", reflect.PointerTo(common), `json:"one"`),
			field("Many", reflect.SliceOf(common), `json:"many"`),
			field("By", reflect.MapOf(reflect.TypeFor[string](), common), fmt.Sprintf(`json:"by%d"`, i)),
		}))
	}
	api := apiroute.New()
	n := 0
	register := func() {
		apiroute.PostEcho(api, fmt.Sprintf("/x%d", n), bodies[n])
		n++
	}
	register()
	if got := testing.AllocsPerRun(10, register); got > numFields/2 { // to look at a field takes one or more
		t.Errorf("%v allocations for another endpoint with a type of %d fields, want at most %d", got, numFields, numFields/2)
	}
}
