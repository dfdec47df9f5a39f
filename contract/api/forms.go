package main

import (
	"context"
	"mime/multipart"
	"time"

	"example.com/apiroute"
)

// A textForm has no files.
type textForm struct {
	Name     string        `form:"name,required" minLength:"1" maxLength:"5"`
	Age      int           `form:"age" minimum:"0" maximum:"150"`
	Agreed   bool          `form:"agreed"`
	Tags     []string      `form:"tags" maxItems:"2" pattern:"^[a-z]+$"`
	Numbers  []int         `form:"numbers,comma"`
	Colour   Colour        `form:"colour" enum:"red,green" default:"red"`
	Wait     time.Duration `form:"wait"`
	Birthday *time.Time    `form:"birthday"`
	Point    Point         `form:"point"`
}

// A fileForm has files and JSON.
type fileForm struct {
	Title   string                  `form:"title,required"`
	Picture *multipart.FileHeader   `form:"picture,required"`
	More    []*multipart.FileHeader `form:"more"`
	Meta    Row                     `form:"meta"`
	Rows    []Cell                  `form:"rows"`
	Labels  map[string]int          `form:"labels"`
	Ptr     *Cell                   `form:"ptr"`
}

func registerForms(r *apiroute.Router) {
	apiroute.Post(r, "/text", func(_ context.Context, in struct {
		Form textForm `body:"form"`
	}) (Echoed, error) {
		return Echoed{in.Form.Tags, in.Form.Age, in.Form.Name}, nil
	}, apiroute.Operation("textForm", "Takes a form without files."))
	apiroute.Post(r, "/files", func(_ context.Context, in struct {
		Form fileForm `body:"form"`
	}) (Echoed, error) {
		return Echoed{Int: len(in.Form.More), Text: in.Form.Title}, nil
	}, apiroute.Operation("fileForm", "Takes a form with files."))
	apiroute.Post(r, "/optional", func(_ context.Context, in struct {
		Form *struct {
			Note string `form:"note" maxLength:"5"`
		} `body:"form"`
	}) (struct{}, error) {
		return struct{}{}, nil
	}, apiroute.Operation("optionalForm", "Takes a form, or none."))
}
