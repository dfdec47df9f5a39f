package apiroute_test

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rooms are the source files in reading order: a file uses only what the files before it declare.
var rooms = strings.Fields(`
	doc.go
	dynamic.go target.go error.go problem.go breach.go jsonscan.go parse.go pattern.go etag.go
	request.go response.go writer.go done.go option.go page.go warn.go params.go
	optional.go json_v1.go
	body.go media.go formbody.go answer.go
	jsonown.go
	decimal.go jsonequal.go regexp.go keyword.go format.go unique.go rule.go
	jsontype.go jsonrule.go jsonvalue.go jsonfault.go
	tags.go jsontag.go outtype.go validate.go visit.go json.go
	plan.go planbody.go planroute.go bind.go bindbody.go form.go
	stream.go events.go
	tree.go mux.go find.go cut.go fail.go serve.go chain.go reject.go reuse.go router.go
	headertext.go result.go resultplan.go endpoint.go
	jsonobject.go operation.go component.go schemarule.go schemavalue.go schema.go requestdoc.go responsedoc.go pathitem.go openapi.go
	mask.go proxy.go`)

// twins are the files of other toolchains, which declare the same names as a file of rooms.
var twins = []string{"json_v2.go", "json_v2_experiment.go", "pattern_go122.go"}

// backward are the only uses of a later file, with the reason for each.
var backward = map[string]string{
	"request.go page.go":        "a request holds its match",
	"request.go body.go":        "a request holds its body",
	"option.go page.go":         "Around and OnError take a Handler",
	"option.go operation.go":    "a scope holds what its options say for the document",
	"find.go openapi.go":        "a router knows its documents, into which its routes must fit",
	"router.go operation.go":    "registration checks what an option says of a route",
	"router.go openapi.go":      "a new route must fit into the documents",
	"page.go answer.go":         "a page responds to OPTIONS and redirects",
	"plan.go reuse.go":          "a plan says whether its type is plain",
	"plan.go planbody.go":       "a planner plans the body, in a room of its own",
	"bind.go bindbody.go":       "a binder fills the body, in a room of its own",
	"bind.go form.go":           "a binder fills forms, in a room of their own",
	"bindbody.go form.go":       "a body may be a form, in a room of its own",
	"json_v1.go jsonvalue.go":   "the codec of a JSONCodec may return errors of encoding/json",
	"jsontype.go jsonrule.go":   "a type is built with its rules, which have a room of their own",
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

// noExample are the exported names that need no Example, with the reason for each.
var noExample = map[string]string{
	"Error.Error":                "it is the interface error",
	"Error.LogValue":             "log/slog calls it",
	"Error.Unwrap":               "errors.Is and errors.As call it",
	"FieldError.Error":           "it is the interface error",
	"Optional.IsZero":            "encoding/json calls it",
	"Optional.MarshalJSON":       "encoding/json calls it",
	"Optional.MarshalJSONTo":     "encoding/json calls it",
	"Optional.UnmarshalJSON":     "encoding/json calls it",
	"Optional.UnmarshalJSONFrom": "encoding/json calls it",
	"Request.PathValue":          "it is Request.Param for code that is written for net/http",
	"Response.CloseNotify":       "only libraries from before http.Request.Context call it",
	"Response.Flush":             "it is http.Flusher",
	"Response.FlushError":        "http.ResponseController calls it",
	"Response.Hijack":            "it is http.Hijacker",
	"Response.ReadFrom":          "io.Copy calls it",
	"Response.Unwrap":            "http.ResponseController calls it",
	"Response.WriteHeader":       "it is http.ResponseWriter; Response.Status sets a status",
}

// TestExamples fails for an exported function or method without an Example, and for a type if
// neither it nor its functions and methods have one. Each Example must have an output and be a whole
// program on pkg.go.dev, so the functions that it calls must be declared in its own file.
func TestExamples(t *testing.T) {
	t.Parallel()
	pkg, files := documentation(t)
	shown := slices.Clone(pkg.Examples)
	unused := maps.Clone(noExample)
	check := func(name string, examples ...*doc.Example) {
		shown = append(shown, examples...)
		_, excepted := noExample[name]
		delete(unused, name)
		if len(examples) == 0 && !excepted {
			t.Errorf("%s has no Example", name)
		}
		if len(examples) > 0 && excepted {
			t.Errorf("%s has an Example and is in noExample: delete the exception", name)
		}
	}
	for _, f := range pkg.Funcs {
		check(f.Name, f.Examples...)
	}
	for _, typ := range pkg.Types {
		shown = append(shown, typ.Examples...)
		examples := len(typ.Examples)
		for _, f := range typ.Funcs {
			check(f.Name, f.Examples...)
			examples += len(f.Examples)
		}
		for _, m := range typ.Methods {
			check(typ.Name+"."+m.Name, m.Examples...)
			examples += len(m.Examples)
		}
		if examples == 0 {
			t.Errorf("the type %s has no Example", typ.Name)
		}
	}
	for name := range unused {
		t.Errorf("noExample names %s, which does not exist", name)
	}
	for _, e := range doc.Examples(files...) {
		switch {
		case e.Output == "":
			t.Errorf("Example%s has no output", e.Name)
		case e.Play == nil:
			t.Errorf("Example%s uses a name that another file declares: pkg.go.dev does not show it", e.Name)
		case !slices.ContainsFunc(shown, func(s *doc.Example) bool { return s.Name == e.Name }):
			t.Errorf("Example%s is of no function, type or method: pkg.go.dev leaves it out", e.Name)
		}
	}
}

// documentation returns the documentation of the package, with the Examples, and all its files,
// which include the twins, so that the result is the same for each toolchain.
func documentation(t *testing.T) (*doc.Package, []*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	pkg, err := doc.NewFromFiles(fset, files, "example.com/apiroute")
	if err != nil {
		t.Fatal(err)
	}
	return pkg, files
}

// deadLink matches what is written as a link to a name of Go but is shown with its brackets. The
// package has brackets of other kinds as well, as in [id], items[2] and Bind[newPost].
var deadLink = regexp.MustCompile(`(?m)(^|\W)\[\*?([a-z/]+\.)?[A-Z]\w*(\.\w+)?\]`)

// TestDocLinks fails for a link in a doc comment that leads nowhere: because the name does not exist,
// or because it is in a code block, which cannot have links.
func TestDocLinks(t *testing.T) {
	t.Parallel()
	pkg, _ := documentation(t)
	var check func(name string, content []comment.Block)
	check = func(name string, content []comment.Block) {
		var texts []string
		for _, b := range content {
			switch b := b.(type) {
			case *comment.Code:
				texts = append(texts, b.Text)
			case *comment.Paragraph:
				for _, part := range b.Text {
					if plain, ok := part.(comment.Plain); ok {
						texts = append(texts, string(plain))
					}
				}
			case *comment.List:
				for _, item := range b.Items {
					check(name, item.Content)
				}
			}
		}
		for _, text := range texts {
			for _, link := range deadLink.FindAllString(text, -1) {
				t.Errorf("%s: %q leads nowhere", name, link)
			}
		}
	}
	checkText := func(name, text string) { check(name, pkg.Parser().Parse(text).Content) }
	checkText("package", pkg.Doc)
	for _, v := range pkg.Vars {
		checkText(v.Names[0], v.Doc)
	}
	for _, f := range pkg.Funcs {
		checkText(f.Name, f.Doc)
	}
	for _, typ := range pkg.Types {
		checkText(typ.Name, typ.Doc)
		for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
			checkText(typ.Name+"."+f.Name, f.Doc)
		}
	}
}
