package main

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"example.com/apiroute"
)

// Queries has every type that a query takes.
type Queries struct {
	String   string        `query:"string"`
	Bool     bool          `query:"bool"`
	Int      int           `query:"int"`
	Int8     int8          `query:"int8"`
	Uint16   uint16        `query:"uint16"`
	Float    float64       `query:"float"`
	Number   json.Number   `query:"number"`
	Duration time.Duration `query:"duration"`
	Time     time.Time     `query:"time"`
	Addr     netip.Addr    `query:"addr" example:"192.0.2.1"`
	Point    Point         `query:"point"`
	Colour   Colour        `query:"colour"`
	Slug     Slug          `query:"slug"`
	Ptr      *int          `query:"ptr"`
	Default  int           `query:"default" default:"20" minimum:"1" maximum:"100"`
	Sort     string        `query:"sort" enum:"new,top" default:"new"`
	Required string        `query:"required,required"`
	Ruled    string        `query:"ruled" minLength:"2" maxLength:"4" pattern:"^[a-z]+$"`
	Filter   string        `query:"filter[name]"`
	Email    string        `query:"email" format:"email"`
	Strings  []string      `query:"strings"`
	Ints     []int         `query:"ints" minimum:"1" maxItems:"3" uniqueItems:"true"`
	Comma    []int         `query:"comma,comma" maximum:"9"`
	Multiple float64       `query:"multiple" multipleOf:"0.25"`
	Needed   []string      `query:"needed,required"`
}

// Echoed is what the endpoints of this file return.
type Echoed struct {
	Strings []string `json:"strings,omitempty"`
	Int     int      `json:"int,omitempty"`
	Text    string   `json:"text,omitempty"`
}

// Headers has headers and cookies.
type Headers struct {
	Trace    string     `header:"X-Trace"`
	Version  int        `header:"X-Version,required" minimum:"1"`
	Since    *time.Time `header:"X-Since"`
	List     []int      `header:"X-List,comma" maxItems:"2"`
	Session  string     `cookie:"session,required" minLength:"3"`
	Theme    string     `cookie:"theme" enum:"light,dark" default:"light"`
	Language string     `header:"Accept-Language"`
}

// Paths of all kinds.
type (
	intPath struct {
		ID int `path:"id" minimum:"1"`
	}
	textPath struct {
		Slug Slug   `path:"slug"`
		Kind string `path:"kind" enum:"a,b"`
	}
	typedPath struct {
		ID    string        `path:"id" format:"uuid"`
		Date  string        `path:"date" format:"date"`
		Addr  netip.Addr    `path:"addr" example:"192.0.2.1"`
		Wait  time.Duration `path:"wait"`
		Point Point         `path:"point"`
		On    bool          `path:"on"`
		Ratio float64       `path:"ratio"`
	}
	allPath struct {
		Parts []string `path:"parts" minLength:"2"`
	}
	optionalPath struct {
		Years []int `path:"years" minimum:"1" maximum:"9999" maxItems:"3"`
	}
)

// A common part of several inputs.
type paging struct {
	Page int `query:"page" default:"1" minimum:"1" maximum:"1000"`
	Size int `query:"size" default:"10" minimum:"1" maximum:"100"`
}

// Whole has all parts of a request at once.
type Whole struct {
	intPath
	paging
	Trace  string `header:"X-Trace" maxLength:"5"`
	Dry    bool   `query:"dry"`
	Change Change `body:"json"`
}

// A Change is a patch.
type Change struct {
	Title    apiroute.Optional[string]    `json:"title" minLength:"1"`
	Deadline apiroute.Optional[time.Time] `json:"deadline"`
	Tags     []string                     `json:"tags,omitempty" uniqueItems:"true"`
}

func registerRequests(r *apiroute.Router) {
	apiroute.Get(r, "/queries", func(_ context.Context, in Queries) (Echoed, error) {
		return Echoed{in.Strings, in.Int, in.String}, nil
	}, apiroute.Operation("queries", "Takes queries."))
	apiroute.Get(r, "/headers", func(_ context.Context, in Headers) (Echoed, error) {
		return Echoed{Int: in.Version, Text: in.Session}, nil
	}, apiroute.Operation("headers", "Takes headers and cookies."))
	apiroute.Get(r, "/ints/[id]", func(_ context.Context, in intPath) (Echoed, error) {
		return Echoed{Int: in.ID}, nil
	}, apiroute.Operation("intPath", "Takes an integer in the path."))
	apiroute.Get(r, "/texts/[slug]/[kind]", func(_ context.Context, in textPath) (Echoed, error) {
		return Echoed{Text: string(in.Slug)}, nil
	}, apiroute.Operation("textPath", "Takes texts in the path."))
	apiroute.Get(r, "/typed/[id]/[date]/[addr]/[wait]/[point]/[on]/[ratio]", func(_ context.Context, in typedPath) (Echoed, error) {
		return Echoed{Text: in.ID}, nil
	}, apiroute.Operation("typedPath", "Takes much in the path."))
	apiroute.Get(r, "/all/[...parts]", func(_ context.Context, in allPath) (Echoed, error) {
		return Echoed{Strings: in.Parts}, nil
	}, apiroute.Operation("allPath", "Takes a path of any length."))
	apiroute.Get(r, "/years/[[...years]]", func(_ context.Context, in optionalPath) (Echoed, error) {
		return Echoed{Int: len(in.Years)}, nil
	}, apiroute.Operation("optionalPath", "Takes a path of any length, or none."))
	apiroute.Patch(r, "/whole/[id]", func(_ context.Context, in Whole) (Change, error) {
		return in.Change, nil
	}, apiroute.Operation("whole", "Takes all at once."))
	apiroute.Put(r, "/optional", func(_ context.Context, in struct {
		Body *Nested `body:"json"`
	}) (*Nested, error) {
		return in.Body, nil
	}, apiroute.Operation("optionalBody", "Takes a body, or none."))
	apiroute.Post(r, "/bytes", func(_ context.Context, in struct {
		Body []byte `body:"bytes"`
	}) (Echoed, error) {
		return Echoed{Int: len(in.Body)}, nil
	}, apiroute.Operation("takeBytes", "Takes bytes."))
	apiroute.Delete(r, "/nothing", func(context.Context, struct{}) (struct{}, error) {
		return struct{}{}, nil
	}) // without an Operation, its id is made from its method and path
	r.Post("/bound/[id]", bound, apiroute.Operation("bound", "Is a plain handler.\n\nDeprecated: Take another one."),
		apiroute.Takes[Whole](), apiroute.Returns[Change](200), apiroute.Returns[apiroute.Error](400))
	r.Get("/internal", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("") },
		apiroute.Operation("", ""))
	r.Get("/undescribed", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("") })
}

// bound is described by options.
func bound(req *apiroute.Request, res *apiroute.Response) error {
	in, err := apiroute.Bind[Whole](req)
	if err != nil {
		return err
	}
	return res.JSON(in.Change)
}
