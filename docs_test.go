package apiroute_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The Go blocks of these pages must compile. There are three kinds:
//
//   - Blocks that are whole files, and begin with a comment that is a file name,
//     are together one program of their page, whose tests are run too. A whole
//     file without a name is a program of its own.
//   - Blocks of declarations.
//   - Blocks of statements: the body of a function that returns an error.
//
// What surrounds the last two, and is not in them, is in docsAround. A name that
// is declared in a block and not used there is no error, for a reader knows that
// it goes on; and { … } is a body that is left out.
var docsPages = []string{"README.md", "docs/from-nextjs.md"}

// docsAround has one declaration a line; those that a block has itself are left
// out for it.
const docsAround = `
var api *apiroute.Router
var req *apiroute.Request
var res *apiroute.Response
var store Store
var handler apiroute.Handler
var hook apiroute.Handler
var post apiroute.Handler
var posts apiroute.Handler
var addKey func(*httputil.ProxyRequest)
type Post struct { ID int; Title string }
type User struct { Name string }
type Store interface { Post(ctx context.Context, id string) (Post, error); Posts(ctx context.Context, page int) ([]Post, error); User(ctx context.Context, session string) (User, error) }
`

// docsImports is what blocks without imports may use.
var docsImports = []string{
	"context", "crypto/hmac", "crypto/sha256", "database/sql", "encoding/hex", "errors", "fmt", "log", "mime/multipart",
	"net/http", "net/http/httputil", "net/url", "os", "time", "example.com/apiroute",
}

func TestDocs(t *testing.T) {
	blocks := 0
	for _, page := range docsPages {
		text, err := os.ReadFile(filepath.FromSlash(page))
		if err != nil {
			t.Fatal(err)
		}
		program := map[string]string{}
		for _, b := range goBlocks(string(text)) {
			blocks++
			where := fmt.Sprintf("%s:%d", page, b.line)
			if text, err := format.Source([]byte(b.text)); err == nil && string(text) != b.text {
				t.Errorf("%s: gofmt has\n%s", where, text)
			}
			if b.file == "" {
				if err := checkBlock(where, b.text); err != nil {
					t.Errorf("%v\n%s", err, b.text)
				}
				continue
			}
			if program[b.file] != "" {
				t.Errorf("%s: the page has two files %s", where, b.file)
			}
			program[b.file] = b.text
		}
		if len(program) > 0 {
			t.Run(page, func(t *testing.T) { testProgram(t, program) })
		}
	}
	if blocks < 30 {
		t.Errorf("found %d blocks: are they still marked as Go?", blocks)
	}
}

// The test above is worth what it finds.
func TestDocsFindsMistakes(t *testing.T) {
	for _, text := range []string{
		"return res.Jason(1)",
		"return res.Status(\"200\").JSON(1)",
		"api.Get(\"/api/user\", func(req *apiroute.Request, res *apiroute.Response) { … })",
		"func f() error { return 1 }",
		"func f(req *apiroute.Request, res *apiroute.Response) error { res.End() }",
		"type T struct { A Nothing }",
		"package main\n\nimport \"net/http\"\n\nfunc main() {}",
		"if {",
		"v := 1; v := 2",
	} {
		if err := checkBlock("test", text); err == nil {
			t.Errorf("compiles:\n%s", text)
		}
	}
	for _, text := range []string{
		"v := req.Query()",
		"return res.JSON(1)",
		"type Post struct { Mine int }\n\nvar _ = Post{Mine: 1}",
		"mux := http.NewServeMux() // yours\nmux.Handle(\"/\", api)",
		"h := func() (int, error) { … }",
		"type t struct{}\n\nv, err := apiroute.Bind[t](req)",
	} {
		if err := checkBlock("test", text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

type goBlock struct {
	line int    // of the first line of text
	file string // of a whole file: its name, or ""
	text string
}

var docsFile = regexp.MustCompile(`^// (\w+\.go)\n(?:.*\n)*?package `)

// goBlocks returns the blocks of a page that are marked as Go.
func goBlocks(page string) (blocks []goBlock) {
	line := 1
	for i, part := range strings.Split("\n"+page, "\n```") {
		if i%2 == 1 {
			if text, ok := strings.CutPrefix(part, "go\n"); ok {
				b := goBlock{line: line + 1, text: text + "\n"}
				if m := docsFile.FindStringSubmatch(b.text); m != nil {
					b.file = m[1]
				}
				blocks = append(blocks, b)
			}
		}
		if i == 0 {
			part = strings.TrimPrefix(part, "\n")
		}
		line += strings.Count(part, "\n") + 1
	}
	return blocks
}

// checkBlock returns what the compiler would say.
func checkBlock(where, text string) error {
	text = strings.ReplaceAll(text, "{ … }", `{ panic("…") }`)
	fset := token.NewFileSet()
	at := "\n//line " + where + "\n"
	f, err := parser.ParseFile(fset, "", at[1:]+text, parser.SkipObjectResolution)
	if err == nil {
		return checkFiles(fset, true, f)
	}

	imports := "package p\n"
	for _, path := range docsImports {
		imports += "import " + strconv.Quote(path) + "\n"
	}
	f, err = parser.ParseFile(fset, "", imports+at+text, parser.SkipObjectResolution)
	if err != nil {
		var err2 error
		f, err2 = parser.ParseFile(fset, "", imports+"func _() error { {"+at+text+"\n}; return nil }", parser.SkipObjectResolution)
		if err2 != nil {
			return fmt.Errorf("neither declarations: %w\nnor statements: %w", err, err2)
		}
	}

	declared := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				declared[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					declared[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						declared[n.Name] = true
					}
				}
			}
		}
	}
	around := imports
	for _, d := range strings.Split(docsAround, "\n") {
		if words := strings.FieldsFunc(d, func(r rune) bool { return r == ' ' || r == ',' }); len(words) > 1 && !declared[words[1]] {
			around += d + "\n"
		}
	}
	g, err := parser.ParseFile(fset, "docsAround", around, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	return checkFiles(fset, false, f, g)
}

var docsUnused = regexp.MustCompile(`(declared|imported)( as \w+)? and not used`)

// checkFiles checks the types of one package. What is not used counts only if
// the package is whole.
func checkFiles(fset *token.FileSet, whole bool, files ...*ast.File) error {
	imp, err := docsImporter()
	if err != nil {
		return err
	}
	var errs []error
	c := types.Config{
		GoVersion: "go1.22",
		Importer:  imp,
		Error: func(err error) {
			if whole || !docsUnused.MatchString(err.Error()) {
				errs = append(errs, err)
			}
		},
	}
	c.Check("p", fset, files, nil)
	return errors.Join(errs...)
}

// docsImporter returns an importer of docsImports, made from what the go command
// has compiled.
var docsImporter = sync.OnceValues(func() (types.Importer, error) {
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, docsImports...)
	out, err := exec.Command("go", args...).Output()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		err = fmt.Errorf("go list: %w\n%s", err, e.Stderr)
	}
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, l := range strings.Split(string(out), "\n") {
		path, file, _ := strings.Cut(strings.TrimSpace(l), "\t")
		exports[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		name := exports[path]
		if name == "" {
			return nil, fmt.Errorf("%s is not in docsImports", path)
		}
		return os.Open(name)
	}), nil
})

// testProgram runs the tests of a program as a package of this module that is
// there for the go command only. It is not vetted, for which Go 1.22 would want
// its files.
func testProgram(t *testing.T, program map[string]string) {
	tmp := t.TempDir()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	tests := 0
	for name, text := range program {
		file := filepath.Join(tmp, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, "docs", name)] = file
		tests += strings.Count(text, "\nfunc Test")
	}
	j, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(file, j, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "test", "-v", "-count=1", "-vet=off", "-overlay="+file, "./docs").CombinedOutput()
	if passed := bytes.Count(out, []byte("\n--- PASS: ")); err != nil || tests == 0 || passed != tests {
		t.Errorf("%d of %d tests passed: %v\n%s", passed, tests, err, out)
	}
}
