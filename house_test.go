package apiroute_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"
	"testing"
)

// rooms are the source files in reading order: a file uses only what the files before it declare.
var rooms = strings.Fields(`
	doc.go
	dynamic.go target.go parse.go pattern.go etag.go error.go
	request.go response.go writer.go option.go page.go params.go
	body.go media.go answer.go
	json_v1.go jsonscan.go jsontype.go jsonvalue.go jsonfault.go json.go
	plan.go validate.go bind.go form.go
	stream.go events.go
	tree.go mux.go fail.go serve.go reuse.go router.go endpoint.go
	mask.go proxy.go`)

// twins are the files of other toolchains, which declare the same names as a file of rooms.
var twins = []string{"json_v2.go", "json_v2_experiment.go", "pattern_go122.go"}

// backward are the only uses of a later file, with the reason for each.
var backward = map[string]string{
	"request.go page.go":        "a request holds its match",
	"request.go body.go":        "a request holds its body",
	"option.go page.go":         "Around and OnError take a Handler",
	"page.go answer.go":         "a page responds to OPTIONS and redirects",
	"plan.go validate.go":       "a plan has validators, which are planned where they are called",
	"plan.go reuse.go":          "a plan says whether its type is plain",
	"bind.go form.go":           "a binder fills forms, in a room of their own",
	"json_v1.go jsonvalue.go":   "the codec of a JSONCodec may return errors of encoding/json",
	"jsonvalue.go jsonfault.go": "the walk asks about single values, which have its faults",
	"serve.go router.go":        "the life of a request begins at a Router",
}

// TestRooms fails for a file without a place in rooms, and for a use of a later file.
func TestRooms(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	var files []*ast.File
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || slices.Contains(twins, name) {
			continue
		}
		if !slices.Contains(rooms, name) {
			t.Errorf("%s has no place in rooms", name)
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	std, err := docsImporter()
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: std, Error: func(error) {}} // the twins of another toolchain are missing
	pkg, _ := config.Check("apiroute", fset, files, info)
	seen := map[string]bool{}
	for id, obj := range info.Uses {
		if obj.Pkg() != pkg || !obj.Pos().IsValid() {
			continue
		}
		from, to := fset.Position(id.Pos()), fset.Position(obj.Pos())
		edge := from.Filename + " " + to.Filename
		if slices.Index(rooms, from.Filename) >= slices.Index(rooms, to.Filename) {
			continue
		}
		if seen[edge] = true; backward[edge] == "" {
			t.Errorf("%v: %s is declared in %s, which is later in rooms", from, obj.Name(), to.Filename)
		}
	}
	for edge := range backward {
		if !seen[edge] {
			t.Errorf("nothing uses the exception %q: delete it", edge)
		}
	}
}
