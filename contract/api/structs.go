package main

import (
	"time"

	"example.com/apiroute"
	"example.com/apiroute/contract/api/blog"
	"example.com/apiroute/contract/api/shop"
)

// Base is embedded in other structs, as are the next ones.
type Base struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type hidden struct {
	Seen int `json:"seen"`
	//lint:ignore U1000 no document and no JSON has it
	ignored int
}

type inner struct {
	Base
	Deep string `json:"deep" maxLength:"4"`
}

// A Mark is embedded though it is not a struct.
type Mark string

// Embedded has embedded structs of all kinds.
type Embedded struct {
	inner
	hidden
	*Extra
	Mark `json:"Mark"` // the name is for encoding/json/v2, which wants one
	Own  blog.Label    `json:"own"`
}

// Extra is embedded by a pointer, so its members may be absent.
type Extra struct {
	Extra int  `json:"extra"`
	Ptr   *int `json:"extraPtr"`
}

// Shadowed has a member that hides one of an embedded struct, two that cancel each other out, and
// two of which the one with a tag counts.
type Shadowed struct {
	Base
	Other
	Another
	Name  int  `json:"name"`
	Inner Base `json:"inner"`
}

// Other and Another have members of one name.
type (
	Other struct {
		Both   string
		Tagged bool `json:"Tagged"`
	}
	Another struct {
		Both   int
		Tagged int
	}
)

// Wrapped embeds a struct under a name, which makes it a member like others.
type Wrapped struct {
	Base  `json:"base"`
	Extra `json:"extra,omitempty"`
}

// A Page is one page of a list of anything.
type Page[T any] struct {
	Items []T `json:"items"`
	Next  *T  `json:"next,omitempty"`
	Total int `json:"total" minimum:"0"`
}

// A Pair has two types.
type Pair[K comparable, V any] struct {
	Key   K `json:"key"`
	Value V `json:"value"`
}

// Generics has generic types with all kinds of arguments.
type Generics struct {
	Posts   Page[blog.Post]               `json:"posts"`
	Parcels Page[shop.Post]               `json:"parcels"`
	Ints    Page[int]                     `json:"ints"`
	Lists   Page[[]string]                `json:"lists"`
	Maps    Page[map[string]Base]         `json:"maps"`
	Refs    Page[*Base]                   `json:"refs"`
	Pages   Page[Page[Base]]              `json:"pages"`
	Pair    Pair[string, blog.Post]       `json:"pair"`
	Pairs   []Pair[int, Pair[Mark, bool]] `json:"pairs"`
	Anon    Page[struct {
		X int `json:"x"`
	}] `json:"anon"`
}

// Homonyms has types with one name from two packages.
type Homonyms struct {
	Post     blog.Post     `json:"post"`
	Parcel   shop.Post     `json:"parcel"`
	Label    shop.Label    `json:"label"`
	Labelled blog.Labelled `json:"labelled"`
}

// A Tree has trees, by a slice, a map and a pointer.
type Tree struct {
	Value    int             `json:"value" minimum:"0"`
	Children []Tree          `json:"children"`
	Named    map[string]Tree `json:"named,omitempty"`
	Parent   *Tree           `json:"parent,omitempty"`
}

// An Employee and a Team have each other.
type Employee struct {
	Name string `json:"name" minLength:"1"`
	Team *Team  `json:"team"`
}

// A Team has employees.
type Team struct {
	Lead    *Employee  `json:"lead"`
	Members []Employee `json:"members" maxItems:"3"`
}

// Forest is a map of itself.
type Forest map[string]Forest

// Optionals has members of which absent, null and a value are three things.
type Optionals struct {
	Int      apiroute.Optional[int]         `json:"int"`
	Text     apiroute.Optional[string]      `json:"text" minLength:"2" maxLength:"4"`
	Time     apiroute.Optional[time.Time]   `json:"time,omitzero"`
	List     apiroute.Optional[[]int]       `json:"list,omitzero" maxItems:"2"`
	Post     apiroute.Optional[blog.Post]   `json:"post,omitzero"`
	Posts    apiroute.Optional[[]blog.Post] `json:"posts,omitzero"`
	Ptr      apiroute.Optional[*int]        `json:"ptr,omitzero"`
	Required apiroute.Optional[string]      `json:"required" required:"true"`
}

// Omitted has members that responses leave out.
type Omitted struct {
	Int       int       `json:"int,omitempty"`
	String    string    `json:"string,omitempty"`
	Bool      bool      `json:"bool,omitempty"`
	Slice     []int     `json:"slice,omitempty"`
	Ptr       *int      `json:"ptr,omitempty"`
	Struct    Base      `json:"struct,omitempty"`
	Array     [2]int    `json:"array,omitempty"`
	Time      time.Time `json:"time,omitempty"`
	TimeZero  time.Time `json:"timeZero,omitzero"`
	IntZero   int       `json:"intZero,omitzero"`
	BaseZero  Base      `json:"baseZero,omitzero"`
	SliceBoth []int     `json:"sliceBoth,omitempty,omitzero"`
	Any       any       `json:"any,omitempty"`
}

// Anonymous has structs without a name.
type Anonymous struct {
	Plain struct {
		X int `json:"x" maximum:"5"`
	} `json:"plain"`
	Ptr *struct {
		Y string `json:"y"`
	} `json:"ptr"`
	Empty struct{} `json:"empty"`
}

// Void has no members.
type Void struct{}

// Commented has what the document alone needs.
type Commented struct {
	Name string `json:"name" doc:"What it is called." example:"Ada"`
	Age  int    `json:"age" doc:"In \"years\".\nAt most 150." example:"36" maximum:"150"`
	Base Base   `json:"base" doc:"A component with a text of its own."`
	Tags []Mark `json:"tags" doc:"Some tags."`
}

func registerStructs(r *apiroute.Router) {
	echo[Embedded](r, "/embedded", "embedded")
	echo[Shadowed](r, "/shadowed", "shadowed")
	echo[Wrapped](r, "/wrapped", "wrapped")
	echo[Generics](r, "/generics", "generics")
	echo[Page[shop.Post]](r, "/parcels", "parcels")
	echo[[]Page[blog.Post]](r, "/pages", "pages")
	echo[Homonyms](r, "/homonyms", "homonyms")
	echo[Tree](r, "/tree", "tree")
	echo[Employee](r, "/employee", "employee")
	echo[Forest](r, "/forest", "forest")
	echo[Optionals](r, "/optionals", "optionals")
	echo[Omitted](r, "/omitted", "omitted")
	echo[Anonymous](r, "/anonymous", "anonymous")
	echo[Void](r, "/void", "void")
	echo[Commented](r, "/commented", "commented")
	show(r, "/embedded", "showEmbedded", Embedded{Extra: &Extra{}})
	show(r, "/omitted", "showOmitted", Omitted{Int: 1, Slice: []int{1}, SliceBoth: []int{}})
	show(r, "/tree", "showTree", Tree{Children: []Tree{{}}, Parent: &Tree{}}, Tree{Named: map[string]Tree{"a": {}}})
	show(r, "/refs", "showRefs", Page[*Base]{Items: []*Base{nil}, Next: new(*Base)})
	show(r, "/optionals", "showOptionals", Optionals{
		Int:  apiroute.Optional[int]{Set: true, Value: 1},
		Time: apiroute.Optional[time.Time]{Set: true, Null: true},
	})
}
