package main

import (
	"encoding/json"
	"math"
	"math/big"
	"time"

	"example.com/apiroute"
)

// Integers has all kinds of them.
type Integers struct {
	Int    int    `json:"int"`
	Int8   int8   `json:"int8"`
	Int16  int16  `json:"int16"`
	Int32  int32  `json:"int32"`
	Int64  int64  `json:"int64"`
	Uint   uint   `json:"uint"`
	Uint8  uint8  `json:"uint8"`
	Uint16 uint16 `json:"uint16"`
	Uint32 uint32 `json:"uint32"`
	Uint64 uint64 `json:"uint64"`
	Rune   rune   `json:"rune"`
	Byte   byte   `json:"byte"`
}

// Numbers has those that are not Go's integers.
type Numbers struct {
	Float32 float32     `json:"float32"`
	Float64 float64     `json:"float64"`
	Number  json.Number `json:"number"`
	Big     big.Int     `json:"big"`
	BigPtr  *big.Int    `json:"bigPtr"`
}

// Texts has strings and bools. Their names are those that a language of a client may trip over.
type Texts struct {
	String   string `json:"string"`
	Bool     bool   `json:"bool"`
	Dashed   string `json:"a-b"`
	Dollar   string `json:"$ref"`
	Slashed  string `json:"a/b~c"`
	Japanese string `json:"日本"`
	Class    string `json:"class"`
	Spaced   string `json:"two words"`
	Untagged string
	Ignored  string `json:"-"`
	//lint:ignore U1000 no document and no JSON has it
	hidden string
}

// A Level and the others are scalars with a name.
type (
	Level   int8
	Colour  string
	Switch  bool
	Ratio   float64
	Seconds time.Duration
)

// Named has scalars with a name.
type Named struct {
	Level   Level   `json:"level"`
	Colour  Colour  `json:"colour"`
	Switch  Switch  `json:"switch"`
	Ratio   Ratio   `json:"ratio"`
	Seconds Seconds `json:"seconds"`
}

// Quoted has scalars that are texts in JSON.
type Quoted struct {
	Int     int           `json:"int,string"`
	Int8    int8          `json:"int8,string"`
	Uint    uint          `json:"uint,string"`
	Float   float64       `json:"float,string"`
	Bool    bool          `json:"bool,string"`
	Ptr     *int          `json:"ptr,string"`
	Omitted int           `json:"omitted,omitempty,string"`
	Level   Level         `json:"level,string"`
	Wait    time.Duration `json:"wait,string"`
}

// Times has points in time and spans of it.
type Times struct {
	Time     time.Time      `json:"time"`
	TimePtr  *time.Time     `json:"timePtr"`
	Duration time.Duration  `json:"duration"`
	Wait     *time.Duration `json:"wait,omitempty"`
	Month    time.Month     `json:"month"`
	Day      time.Weekday   `json:"day"`
}

// Pointers has pointers to much else.
type Pointers struct {
	Int      *int            `json:"int"`
	String   *string         `json:"string"`
	Omitted  *int            `json:"omitted,omitempty"`
	Zero     *string         `json:"zero,omitzero"`
	Twice    **int           `json:"twice"`
	Struct   *Named          `json:"struct"`
	Absent   *Named          `json:"absent,omitempty"`
	Slice    *[]int          `json:"slice"`
	Map      *map[string]int `json:"map"`
	Bytes    *[]byte         `json:"bytes"`
	Any      *any            `json:"any"`
	Ruled    *int            `json:"ruled" minimum:"1" maximum:"9"`
	Text     *string         `json:"text,omitempty" minLength:"2"`
	Required *int            `json:"required" required:"true"`
}

func registerScalars(r *apiroute.Router) {
	echo[Integers](r, "/integers", "integers")
	echo[Numbers](r, "/numbers", "numbers")
	echo[Texts](r, "/texts", "texts")
	echo[Named](r, "/named", "named")
	echo[Quoted](r, "/quoted", "quoted")
	echo[Times](r, "/times", "times")
	echo[Pointers](r, "/pointers", "pointers")
	echo[int](r, "/int", "int")
	echo[string](r, "/string", "string")
	echo[Colour](r, "/colour", "colour")
	echo[time.Time](r, "/time", "time")
	echo[json.Number](r, "/number", "number")
	show(r, "/limits", "limits", Integers{
		Int: math.MaxInt, Int8: math.MinInt8, Int16: math.MinInt16, Int32: math.MinInt32, Int64: math.MinInt64,
		Uint: math.MaxUint, Uint8: math.MaxUint8, Uint16: math.MaxUint16, Uint32: math.MaxUint32, Uint64: math.MaxUint64,
	})
	show(r, "/big", "big", Numbers{Float32: math.MaxFloat32, Float64: math.MaxFloat64, Number: "1e400", BigPtr: big.NewInt(1)})
	show(r, "/spans", "spans", Times{Duration: -time.Hour, Wait: new(time.Duration)})
	show(r, "/quoted", "showQuoted", Quoted{Float: 1e300, Bool: true, Ptr: new(int)})
}
