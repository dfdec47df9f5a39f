package main

import (
	"encoding/json"

	"example.com/apiroute"
)

// Slices has slices of many things.
type Slices struct {
	Ints     []int      `json:"ints"`
	Strings  []string   `json:"strings"`
	Nested   [][]string `json:"nested"`
	Pointers []*int     `json:"pointers"`
	Structs  []Named    `json:"structs"`
	Refs     []*Named   `json:"refs"`
	Names    Names      `json:"names"`
	Omitted  []int      `json:"omitted,omitempty"`
	Zero     []int      `json:"zero,omitzero"`
	Levels   []Level    `json:"levels"`
	Any      []any      `json:"any"`
	Anon     []struct {
		X int `json:"x"`
	} `json:"anon"`
}

// Names is a slice with a name.
type Names []string

// Bytes has lists of bytes, which are texts, and arrays of them, which are not.
type Bytes struct {
	Bytes   []byte            `json:"bytes"`
	Named   Blob              `json:"named"`
	Omitted []byte            `json:"omitted,omitempty"`
	Lists   [][]byte          `json:"lists"`
	Map     map[string][]byte `json:"map"`
	Four    [4]byte           `json:"four"`
	Levels  []Level           `json:"levels"`
	Codes   []Code            `json:"codes"`
}

// A Blob is a slice of bytes with a name, and a Code is a byte with one.
type (
	Blob []byte
	Code uint8
)

// Arrays has arrays.
type Arrays struct {
	Three   [3]int        `json:"three"`
	Square  [2][2]float64 `json:"square"`
	Strings [2]string     `json:"strings"`
	Structs [1]Named      `json:"structs"`
	Ptr     *[2]bool      `json:"ptr"`
	Empty   [0]int        `json:"empty"`
	Omitted [0]int        `json:"omitted,omitempty"`
}

// Maps has maps with all kinds of keys.
type Maps struct {
	Strings map[string]string         `json:"strings"`
	Ints    map[int]string            `json:"ints"`
	Uints   map[uint8]bool            `json:"uints"`
	Levels  map[Level]int             `json:"levels"`
	Colours map[Colour]int            `json:"colours"`
	Texts   map[Point]int             `json:"texts"`
	Nested  map[string]map[string]int `json:"nested"`
	Slices  map[string][]int          `json:"slices"`
	Structs map[string]Named          `json:"structs"`
	Refs    map[string]*Named         `json:"refs"`
	Any     map[string]any            `json:"any"`
	Omitted map[string]int            `json:"omitted,omitempty"`
	Zero    map[string]int            `json:"zero,omitzero"`
	Index   Index                     `json:"index"`
}

// An Index is a map with a name.
type Index map[string]int

// Free has values of which nothing is known.
type Free struct {
	Raw     json.RawMessage   `json:"raw"`
	RawPtr  *json.RawMessage  `json:"rawPtr"`
	Any     any               `json:"any"`
	Omitted any               `json:"omitted,omitempty"`
	Raws    []json.RawMessage `json:"raws"`
}

func registerLists(r *apiroute.Router) {
	echo[Slices](r, "/slices", "slices")
	echo[Bytes](r, "/bytes", "bytes")
	echo[Arrays](r, "/arrays", "arrays")
	echo[Maps](r, "/maps", "maps")
	echo[Free](r, "/free", "free")
	echo[[]Named](r, "/list", "list")
	echo[Names](r, "/names", "names")
	echo[map[string]int](r, "/map", "map")
	echo[[2]int](r, "/pair", "pair")
	echo[any](r, "/any", "any")
	show(r, "/slices", "showSlices", Slices{Nested: [][]string{nil, {"a"}}, Refs: []*Named{nil}, Pointers: []*int{nil, new(int)}})
	show(r, "/bytes", "showBytes", Bytes{Bytes: []byte{}, Lists: [][]byte{nil, {1}}, Map: map[string][]byte{"a": nil}})
	show(r, "/maps", "showMaps", Maps{
		Ints: map[int]string{-1: "a"}, Texts: map[Point]int{{1, 2}: 3}, Slices: map[string][]int{"a": nil},
		Nested: map[string]map[string]int{"a": nil}, Refs: map[string]*Named{"a": nil}, Any: map[string]any{"a": nil},
	})
	show(r, "/free", "showFree", Free{Raw: json.RawMessage(`{"a":[1,null]}`), Raws: []json.RawMessage{nil}})
}
