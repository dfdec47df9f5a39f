// Package shop has types whose names package blog has too.
package shop

// A Post is a parcel.
type Post struct {
	Weight float64 `json:"weight" exclusiveMinimum:"0" maximum:"31.5"`
	Label  Label   `json:"label"`
}

// A Label has the name that a type of package blog has.
type Label struct {
	Street string `json:"street"`
	Zip    string `json:"zip" pattern:"^\\d{5}$"`
}
