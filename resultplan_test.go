package apiroute_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// An Out that cannot be sent is refused when the endpoint is registered.
func TestResultMistakes(t *testing.T) {
	t.Parallel()
	type base struct {
		X string `header:"X-X"`
	}
	for _, tt := range []struct {
		name     string
		register func(*apiroute.Router, ...apiroute.Option)
		want     []string
	}{
		{"a mixture", returning(struct {
			X  string `header:"X-X"`
			ID int    `json:"id"`
		}{}), []string{`field ID has none of the tags status, header, cookie and body, which other fields have: write, for example, header:"X-ID", or move it into the struct of a field with body:"json"`}},
		{"an embedded JSON body", returning(struct {
			idOut
			X string `header:"X-X"`
		}{}), []string{"field idOut has none of the tags"}},
		{"two statuses", returning(struct {
			A int `status:"200"`
			B int `status:"201"`
		}{}), []string{"fields A and B are both status"}},
		{"two bodies", returning(struct {
			A int    `body:"json"`
			B string `body:"bytes" contentMediaType:"text/plain"`
		}{}), []string{"fields A and B are both body"}},
		{"a header twice", returning(struct {
			base
			Y string `header:"x-x"`
		}{}), []string{"fields base.X and Y are both header X-X"}},
		{"a cookie twice", returning(struct {
			A, B http.Cookie `cookie:"a"`
		}{}), []string{"fields A and B are both cookie a"}},
		{"two tags", returning(struct {
			A string `header:"A" cookie:"a"`
		}{}), []string{"field A has two tags, header and cookie"}},
		{"a status of another type", returning(struct {
			S int32 `status:"200"`
		}{}), []string{"field S: a status must be an int, not int32"}},
		{"statuses out of range", returning(struct {
			S int `status:"199,400,x,"`
		}{}), []string{`"199" is not a status from 200 to 399, as in status:"201,200"`, `"400" is not`, `"x" is not`, `"" is not`}},
		{"types of headers", returning(struct {
			A []byte         `header:"A"`
			B map[string]int `header:"B"`
			C []*int         `header:"C"`
			D any            `header:"D"`
			E noText         `header:"E"`
		}{}), []string{"field A: type []uint8 is not supported for a header", "field B: type map[string]int is not", "field C: type []*int is not", "field D: type interface {} is not",
			"field E: type apiroute_test.noText needs a method MarshalText for a header"}},
		{"names", returning(struct {
			A string      `header:"a b"`
			B http.Cookie `cookie:"a;b"`
			C string      `header:""`
			D string      `header:"D,required"`
		}{}), []string{`field A: a header cannot have the name "a b"`, `field B: a cookie cannot have the name "a;b"`, `field C: a header cannot have the name ""`,
			`field D: "required" has no meaning in a response: write header:"D"`}},
		{"headers of the server", returning(struct {
			A string         `header:"content-length"`
			B string         `header:"Set-Cookie"`
			C time.Time      `header:"Last-Modified"`
			D *time.Duration `header:"Retry-After"`
		}{}), []string{"field A: the header Content-Length is not for an Out to set", `field B: for a cookie, write cookie:"name" and the type http.Cookie`,
			"field C: the header Last-Modified has another form than a time.Time: write a string, with t.UTC().Format(http.TimeFormat)",
			"field D: the header Retry-After has another form than a time.Duration: write an int, the seconds"}},
		{"the type of a cookie", returning(struct {
			A string        `cookie:"a"`
			B []http.Cookie `cookie:"b"`
		}{}), []string{"field A: a cookie must be an http.Cookie or a pointer to one, not string", "field B: a cookie must be"}},
		{"media types", returning(struct {
			A int    `body:"json" contentMediaType:"image/png"`
			B string `header:"B" contentMediaType:"image/png"`
		}{}), []string{`field A: contentMediaType is for a body:"bytes"`, `field B: contentMediaType is for a body:"bytes"`}},
		{"no media type", returning(struct {
			A string `body:"bytes"`
		}{}), []string{`field A: a body:"bytes" needs a tag such as contentMediaType:"image/png", or another field with header:"Content-Type"`}},
		{"an empty media type", returning(struct {
			A string `body:"bytes" contentMediaType:""`
		}{}), []string{`field A: contentMediaType:"" is not a media type such as image/png`}},
		{"half a media type", returning(struct {
			A string `body:"bytes" contentMediaType:"image"`
		}{}), []string{`contentMediaType:"image" is not a media type`}},
		{"a media range", returning(struct {
			A string `body:"bytes" contentMediaType:"image/*"`
		}{}), []string{`contentMediaType:"image/*" is not a media type`}},
		{"a line break in a media type", returning(struct {
			A string "body:\"bytes\" contentMediaType:\"text/plain\\r\\nX: 1\""
		}{}), []string{`contentMediaType:"text/plain\r\nX: 1" is not a media type`}},
		{"types of bytes", returning(struct {
			A int `body:"bytes" contentMediaType:"image/png"`
		}{}), []string{`a body:"bytes" must be a []byte, a string or an io.Reader, not int`}},
		{"a file", returning(struct {
			A *os.File `body:"bytes" contentMediaType:"image/png"`
		}{}), []string{`a body:"bytes" that is read must be of the type io.Reader, which can hold a *os.File`}},
		{"a form", returning(struct {
			A struct{} `body:"form"`
		}{}), []string{`the body of a response is json or bytes, not "form"`, "it has tags of an In: give the response a type of its own"}},
		{"an In", returning(struct {
			ID    int    `path:"id"`
			Page  int    `query:"page"`
			Trace string `header:"X-Trace" default:"a"`
			Body  idOut  `body:"json"`
		}{}), []string{`field ID has none of the tags`, `path:"id" has no meaning in a response`, `query:"page" has no meaning in a response`,
			`default:"a" has no meaning in a response`, "it has tags of an In: give the response a type of its own"}},
		{"rules", returning(struct {
			A string      `header:"A" minimum:"x" maxlength:"2"`
			B int         `header:"B" maximum:"x" example:"y" required:"true"`
			C http.Cookie `cookie:"c" minLength:"1"`
			D int         `status:"201" minimum:"201"`
			E []string    `body:"json" minItems:"x"`
			//lint:ignore SA5008 the tag is what must be refused
			F []string `header:"F" maxItems:"2" maxItems:"1"`
		}{}), []string{`field A: minimum:"x" has no meaning for the type string`, `field A: maxlength:"2" has no meaning here: write maxLength:"2"`, `field B: maximum:"x" must be an integer`,
			`field B: example:"y" must be an integer`, `field B: required:"true" has no meaning in a response`, `field C: minLength:"1" has no meaning for a cookie:"c"`, `field D: minimum:"201" has no meaning for a status:"201"`,
			`field E: minItems:"x" must be a whole number of at least 0`, "field F: its tag has maxItems twice, and only the first counts"}},
		{"rules of bytes", returning(struct {
			A string `body:"bytes" contentMediaType:"text/plain" minLength:"1"`
		}{}), []string{`field A: minLength:"1" has no meaning for a body:"bytes"`}},
		{"misspelled tags", returning(struct {
			A string      `Header:"A"`
			B http.Cookie `cookies:"b"`
			C int         `stauts:"201"`
			D idOut       `boddy:"json"`
			F string      `header:"F"`
			G []byte      `body:"bytes" contentmediatype:"image/png"`
		}{}), []string{`write header:"A" for Header:"A"`, `write cookie:"b" for cookies:"b"`, `write status:"201" for stauts:"201"`, `write body:"json" for boddy:"json"`,
			`write contentMediaType:"image/png" for contentmediatype:"image/png"`}},
		{"misspelled tags in what is otherwise JSON", returning(struct {
			A string      `Header:"A"`
			B http.Cookie `Cookies:"b"`
			D int         `json:"d" Status:"a column"`
			E int         `state:"e"`
		}{}), []string{`field A: write header:"A" for Header:"A"`, `field B: write cookie:"b" for Cookies:"b"`}},
		{"unexported", returning(struct {
			a string `header:"A"`
			B string `header:"B"`
		}{}), []string{"field a has a tag and is not exported"}},
		{"an embedded pointer", returning(struct{ *base }{}), []string{"field base: embed the struct, not a pointer to it, which may be nil"}},
		{"a pointer", returning(&created{}), []string{"type *apiroute_test.created: a response with tags must be a struct, not a pointer to one: write apiroute_test.created"}},
		{"what is not JSON", returning(struct {
			A chan int `body:"json"`
		}{}), []string{"chan int has no JSON form"}},
		{"the option Status for a status without the body of bytes", func(r *apiroute.Router, _ ...apiroute.Option) {
			returning(struct {
				A []byte `body:"bytes" contentMediaType:"image/png"`
			}{})(r, apiroute.Status(204))
		}, []string{"has a body, and a response with the status 204 has none"}},
		{"only statuses without the body", returning(struct {
			A int   `status:"205,304"`
			B idOut `body:"json"`
		}{}), []string{"has a body, and a response with the status 205 has none"}},
		{"the option Status", func(r *apiroute.Router, _ ...apiroute.Option) { returning(created{})(r, apiroute.Status(201)) },
			[]string{"has a field for the status, so the option Status has no effect: remove one of them"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := mustPanic(t, func() { tt.register(apiroute.New()) })
			if !strings.HasPrefix(got, "apiroute: ") || !strings.Contains(got, "result_test.go:") {
				t.Errorf("panic %q names no place", got)
			}
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("panic\n%s\nwant in it\n%s", got, want)
				}
			}
		})
	}
}

type noText int

func (*noText) UnmarshalText([]byte) error { return nil }

// All that is wrong with In, Out, the path and the options is in one panic.
func TestResultMistakesTogether(t *testing.T) {
	t.Parallel()
	type In struct {
		ID int `path:"ID"`
		X  int `querry:"x"`
	}
	type Out struct {
		Status int    `status:"99"`
		Name   string `json:"name"`
	}
	var place string
	got := mustPanic(t, func() {
		place = here()
		apiroute.Get(apiroute.New(), "/x/[id]", func(context.Context, In) (out Out, err error) { return }, apiroute.Status(201))
	})
	for _, want := range []string{"[ID]", `querry`, `"99" is not a status`, "field Name has none", "the option Status has no effect"} {
		if !strings.Contains(got, want) {
			t.Errorf("panic\n%s\nwant %s in it", got, want)
		}
	}
	if file, _, _ := strings.Cut(filepath.Base(place), ":"); !strings.Contains(got, file+":") {
		t.Errorf("panic %q, want the file %s", got, file)
	}
}
