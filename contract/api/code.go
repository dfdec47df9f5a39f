package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"example.com/apiroute"
)

// A Point is a text such as 1,2 in JSON and as a key of a map.
type Point struct{ X, Y int }

func (p Point) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d,%d", p.X, p.Y), nil }

func (p *Point) UnmarshalText(text []byte) error {
	x, y, ok := strings.Cut(string(text), ",")
	if !ok {
		return fmt.Errorf("a point is two numbers with a comma between them")
	}
	var err1, err2 error
	p.X, err1 = strconv.Atoi(x)
	p.Y, err2 = strconv.Atoi(y)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("a point is two numbers")
	}
	return nil
}

// JSONSchema says which texts are points.
func (Point) JSONSchema() any {
	return map[string]any{"type": "string", "pattern": `^-?\d{1,9},-?\d{1,9}$`}
}

// A Celsius has JSON code of its own and says what it makes.
type Celsius float64

func (c Celsius) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"celsius":%g}`, float64(c)), nil
}

func (c *Celsius) UnmarshalJSON(text []byte) error {
	var v struct{ Celsius *float64 }
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	if v.Celsius == nil {
		return fmt.Errorf("must have a member celsius")
	}
	*c = Celsius(*v.Celsius)
	return nil
}

func (Celsius) JSONSchema() any {
	return map[string]any{
		"type": "object", "required": []string{"celsius"},
		"properties": map[string]any{"celsius": map[string]any{"type": "number"}},
	}
}

// An Opaque has JSON code of its own in both directions, and does not say what it makes.
type Opaque struct{ text string }

func (o Opaque) MarshalJSON() ([]byte, error)     { return json.Marshal([]string{o.text}) }
func (o *Opaque) UnmarshalJSON(text []byte) error { o.text = string(text); return nil }

// A WriteOnly has code of its own for responses only, and a ReadOnly for requests only.
type (
	WriteOnly struct {
		A int `json:"a"`
	}
	ReadOnly struct {
		A int `json:"a"`
	}
)

func (w WriteOnly) MarshalJSON() ([]byte, error) { return json.Marshal(w.A) }

func (r *ReadOnly) UnmarshalJSON(text []byte) error { r.A = len(text); return nil }

// A WriteText is a text in responses only, and a ReadText in requests only.
type (
	WriteText struct {
		A int `json:"a"`
	}
	ReadText struct {
		A int `json:"a"`
	}
)

func (w WriteText) MarshalText() ([]byte, error) { return []byte("text"), nil }

func (r *ReadText) UnmarshalText(text []byte) error { r.A = len(text); return nil }

// A PtrMarshaler has a method that encoding/json only finds on what it can take the address of.
type PtrMarshaler struct {
	A int `json:"a"`
}

func (p *PtrMarshaler) MarshalJSON() ([]byte, error) { return []byte(`"pointer"`), nil }

// Marshalers has all of them.
type Marshalers struct {
	Point     Point       `json:"point" required:"true"`
	Celsius   Celsius     `json:"celsius" required:"true"`
	Opaque    Opaque      `json:"opaque"`
	WriteOnly WriteOnly   `json:"writeOnly"`
	ReadOnly  ReadOnly    `json:"readOnly"`
	WriteText WriteText   `json:"writeText"`
	ReadText  ReadText    `json:"readText"`
	List      []WriteOnly `json:"list"`
	Celsiuses []Celsius   `json:"celsiuses"`
	Ptr       *Point      `json:"ptr"`
	Omitted   *Celsius    `json:"omitted,omitempty"`
}

// Networks has types of the standard library.
type Networks struct {
	Addr    netip.Addr     `json:"addr" example:"192.0.2.1"`
	Port    netip.AddrPort `json:"port" example:"192.0.2.1:80"`
	Prefix  netip.Prefix   `json:"prefix" example:"192.0.2.0/24"`
	IP      net.IP         `json:"ip" example:"192.0.2.1"`
	AddrPtr *netip.Addr    `json:"addrPtr" example:"2001:db8::1"`
}

// Links has addresses as package net/url has them, which are structs in JSON.
type Links struct {
	URL    url.URL  `json:"url"`
	URLPtr *url.URL `json:"urlPtr"`
}

// A Circle and a Square are shapes.
type (
	Circle struct {
		Kind   string  `json:"kind" enum:"circle"`
		Radius float64 `json:"radius" exclusiveMinimum:"0"`
	}
	Square struct {
		Kind string  `json:"kind" enum:"square"`
		Side float64 `json:"side" exclusiveMinimum:"0"`
	}
)

// A Shape holds a Circle or a Square.
type Shape struct{ value any }

func (s Shape) MarshalJSON() ([]byte, error) { return json.Marshal(s.value) }

func (s *Shape) UnmarshalJSON(text []byte) error {
	var kind struct{ Kind string }
	if err := json.Unmarshal(text, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case "circle":
		var c Circle
		s.value = &c
		if err := json.Unmarshal(text, &c); err != nil || c.Radius <= 0 {
			return fmt.Errorf("is not a circle: %v", err)
		}
	case "square":
		var q Square
		s.value = &q
		if err := json.Unmarshal(text, &q); err != nil || q.Side <= 0 {
			return fmt.Errorf("is not a square: %v", err)
		}
	default:
		return fmt.Errorf("is neither a circle nor a square")
	}
	return nil
}

func (Shape) JSONSchema() any {
	return map[string]any{
		"oneOf": []any{reflect.TypeFor[Circle](), reflect.TypeFor[Square]()},
	}
}

// A Drawing has shapes.
type Drawing struct {
	Main   Shape   `json:"main" required:"true"`
	Shapes []Shape `json:"shapes"`
}

func registerCode(r *apiroute.Router) {
	echo[Marshalers](r, "/marshalers", "marshalers")
	echo[Networks](r, "/networks", "networks")
	echo[Links](r, "/links", "links")
	echo[Drawing](r, "/drawing", "drawing")
	echo[Shape](r, "/shape", "shape")
	echo[Point](r, "/point", "point")
	echo[Celsius](r, "/celsius", "celsius")
	show(r, "/marshalers", "showMarshalers", Marshalers{Point: Point{1, -2}, Celsius: 36.6, List: []WriteOnly{{1}}, Ptr: &Point{3, 4}})
	show(r, "/networks", "showNetworks", Networks{
		Addr: netip.MustParseAddr("fe80::1%eth0"), Port: netip.MustParseAddrPort("127.0.0.1:80"),
		IP: net.IPv4(127, 0, 0, 1),
	})
	show(r, "/links", "showLinks", Links{URL: url.URL{Scheme: "https", Host: "example.com"}})
	show(r, "/pointer", "showPointer", []PtrMarshaler{{1}})
	show(r, "/pointers", "showPointers", []*PtrMarshaler{{1}, nil})
}
