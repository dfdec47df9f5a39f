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

// docsPages are the pages whose Go blocks must compile. There are three kinds of blocks:
//
//   - Whole files. Those that begin with a comment that is a file name are together one program of
//     their page, whose tests are run too. Any other is a program of its own.
//   - Declarations.
//   - Statements, which are the body of a function that returns an error.
//
// A block that is a part of its page's program is compiled with it. Any other one of the last two
// kinds may use what docsAround declares and docsImports imports. A name that it declares and does
// not use is no error, because a reader knows that the program goes on; and { … } is a body that is
// left out.
var docsPages = []string{
	"README.md",
	"docs/errors.md",
	"docs/from-go.md",
	"docs/from-nextjs.md",
	"docs/getting-started.md",
	"docs/openapi.md",
	"docs/options.md",
	"docs/recipes.md",
	"docs/rules.md",
	"docs/streams.md",
}

// docsAround has one declaration a line. One that a block has itself is left out for that block.
const docsAround = `
var api *apiroute.Router
var req *apiroute.Request
var res *apiroute.Response
var mux *http.ServeMux
var site http.Handler
var metrics http.Handler
var handler apiroute.Handler
var hook apiroute.Handler
var post apiroute.Handler
var posts apiroute.Handler
var feed apiroute.Handler
var export apiroute.Handler
var requireToken func(apiroute.Handler) apiroute.Handler
var addKey func(*httputil.ProxyRequest)
var subscribe func() (posts <-chan Post, cancel func())
var closing chan struct{}
var db *sql.DB
var store Store
var p *Post
var err error
type Post struct { ID int; Title string }
type User struct { Name string }
type Book struct { Title string }
type Comment struct { Text string }
type Circle struct { Radius int }
type Square struct { Side int }
type Added struct { ID int }
type Moved struct { ID int }
var showPost func(context.Context, struct{}) (Post, error)
var listPosts func(context.Context, struct{}) ([]Post, error)
var login func(context.Context, newPost) (User, error)
var createPost func(context.Context, newPost) (Post, error)
var newAPI func() *apiroute.Router
type newPost struct { Body Post }
type putPost struct { Body Post }
type Store interface { Post(ctx context.Context, id string) (Post, error); Posts(ctx context.Context, page int) ([]Post, error); User(ctx context.Context, session string) (User, error) }
`

// docsImports are the packages that blocks without imports may use.
var docsImports = []string{
	"context", "crypto/hmac", "crypto/rand", "crypto/sha256", "crypto/subtle", "database/sql", "encoding/csv",
	"encoding/hex", "encoding/json", "errors", "flag", "fmt", "html", "io", "io/fs", "log", "log/slog", "mime",
	"mime/multipart", "net/http", "net/http/httptest", "net/http/httputil", "net/netip", "net/url", "os", "path",
	"reflect", "slices", "strconv", "strings", "sync", "testing", "testing/fstest", "time", "example.com/apiroute",
}

func TestDocs(t *testing.T) {
	t.Parallel()
	blocks := 0
	for _, page := range docsPages {
		text, err := os.ReadFile(filepath.FromSlash(page))
		if err != nil {
			t.Fatal(err)
		}
		all := goBlocks(string(text))
		program := pageProgram(t, all)
		for _, b := range all {
			blocks++
			t.Run(fmt.Sprintf("%s line %d", filepath.Base(page), b.line), func(t *testing.T) {
				b.check(t, page, program)
			})
		}
		if len(program) > 0 {
			t.Run("the program of "+filepath.Base(page), func(t *testing.T) {
				t.Parallel()
				testProgram(t, program)
			})
		}
	}
	if blocks < 30 {
		t.Errorf("found %d blocks, want at least 30: are they still marked as Go?", blocks)
	}
}

// TestDocsIndex checks that the index of the documentation links to every page.
func TestDocsIndex(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("found %d pages: %v", len(pages), err)
	}
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" && !bytes.Contains(index, []byte("]("+name+")")) {
			t.Errorf("docs/README.md has no link to %s", name)
		}
	}
}

// TestDocsLinks checks that the links of each page to files and to headings lead somewhere.
func TestDocsLinks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range append(pages, "README.md") {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range docsLink.FindAllStringSubmatch(docsCode.ReplaceAllString(string(b), ""), -1) {
			links++
			name, heading, _ := strings.Cut(m[1], "#")
			target := page
			if name != "" {
				target = filepath.Join(filepath.Dir(page), name)
			}
			if _, err := os.Stat(target); err != nil || heading != "" && !docsHeadings(t, target)[heading] {
				t.Errorf("%s: the link to %s leads nowhere", page, m[1])
			}
		}
	}
	if links < 50 {
		t.Errorf("found %d links, want at least 50", links)
	}
}

// docsLink matches a link that is not to another site. docsCode matches code, which has no links.
var (
	docsLink = regexp.MustCompile(`\]\(([^):\s]+)\)`)
	docsCode = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
)

// docsHeadings returns the names by which links refer to the headings of a page.
func docsHeadings(t *testing.T, page string) map[string]bool {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, line := range strings.Split(string(b), "\n") {
		if _, title, ok := strings.Cut(line, "# "); ok && strings.HasPrefix(line, "#") {
			title = regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(title), "")
			names[strings.ReplaceAll(title, " ", "-")] = true
		}
	}
	return names
}

// TestDocsFindsMistakes checks that TestDocs finds what a compiler would.
func TestDocsFindsMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, block string
		compiles    bool
	}{
		{"unknown method", "return res.Jason(1)", false},
		{"argument of another type", "return res.Status(\"200\").JSON(1)", false},
		{"handler without a result", "api.Get(\"/api/user\", func(req *apiroute.Request, res *apiroute.Response) { … })", false},
		{"result of another type", "func f() error { return 1 }", false},
		{"function without a return", "func f(req *apiroute.Request, res *apiroute.Response) error { res.End() }", false},
		{"unknown type", "type T struct { A Nothing }", false},
		{"unused import of a whole file", "package main\n\nimport \"net/http\"\n\nfunc main() {}", false},
		{"syntax", "if {", false},
		{"variable declared twice", "v := 1; v := 2", false},
		{"unused variable", "v := req.Query()", true},
		{"statement", "return res.JSON(1)", true},
		{"type that is declared around it too", "type Post struct { Mine int }\n\nvar _ = Post{Mine: 1}", true},
		{"comment", "mux := http.NewServeMux() // yours\nmux.Handle(\"/\", api)", true},
		{"body that is left out", "h := func() (int, error) { … }", true},
		{"declaration and statement", "type t struct{}\n\nv, err := apiroute.Bind[t](req)", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := checkBlock("test", tt.block); (err == nil) != tt.compiles {
				t.Errorf("error %v; it compiles: %t\n%s", err, tt.compiles, tt.block)
			}
		})
	}
}

// A goBlock is a block of a page that is marked as Go.
type goBlock struct {
	line int    // the line of the page on which text begins
	file string // the name of a whole file, or ""
	text string
}

var docsFile = regexp.MustCompile(`^// (\w+\.go)\n(?:.*\n)*?package `)

// check checks the format of a block, and that it compiles unless it is in the program of its page.
func (b goBlock) check(t *testing.T, page string, program map[string]string) {
	t.Helper()
	if text, err := format.Source([]byte(b.text)); err == nil && string(text) != b.text {
		t.Errorf("gofmt would write\n%s", text)
	}
	for _, text := range program {
		if strings.Contains(fieldsOfLines(text), fieldsOfLines(b.text)) {
			return
		}
	}
	if err := checkBlock(fmt.Sprintf("%s:%d", page, b.line), b.text); err != nil {
		t.Errorf("%v\n%s", err, b.text)
	}
}

// fieldsOfLines returns the lines of a text that are not empty, each with a single space between its
// words and none before them. The result begins and ends with a line break.
func fieldsOfLines(text string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, line := range strings.Split(text, "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			b.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	return b.String()
}

// pageProgram returns the files of a page's program by their names.
func pageProgram(t *testing.T, blocks []goBlock) map[string]string {
	t.Helper()
	program := map[string]string{}
	for _, b := range blocks {
		if b.file != "" && program[b.file] != "" {
			t.Errorf("the page has two files %s", b.file)
		}
		if b.file != "" {
			program[b.file] = b.text
		}
	}
	return program
}

// goBlocks returns the blocks of a page that are marked as Go.
func goBlocks(page string) (blocks []goBlock) {
	for _, p := range pageBlocks(page, "go") {
		b := goBlock{line: p.line, text: p.text}
		if m := docsFile.FindStringSubmatch(b.text); m != nil {
			b.file = m[1]
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// A pageBlock is a fenced block of a page.
type pageBlock struct {
	line int // the line of the page on which text begins
	text string
}

// pageBlocks returns the blocks of a page that are marked with a language.
func pageBlocks(page, language string) (blocks []pageBlock) {
	line := 1
	for i, part := range strings.Split("\n"+page, "\n```") {
		if i%2 == 1 {
			if text, ok := strings.CutPrefix(part, language+"\n"); ok {
				blocks = append(blocks, pageBlock{line + 1, text + "\n"})
			}
		}
		if i == 0 {
			part = strings.TrimPrefix(part, "\n")
		}
		line += strings.Count(part, "\n") + 1
	}
	return blocks
}

// checkBlock returns the error that the compiler would report for a block, with its place in where.
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

	declared := declaredNames(f)
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

// declaredNames returns the names that a file declares.
func declaredNames(f *ast.File) map[string]bool {
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
	return declared
}

var docsUnused = regexp.MustCompile(`(declared|imported)( as \w+)? and not used`)

// checking is held while types are checked, because the importer is not safe for concurrent use.
var checking sync.Mutex

// checkFiles checks the types of a package. What is not used is an error only if the package is
// whole.
func checkFiles(fset *token.FileSet, whole bool, files ...*ast.File) error {
	checking.Lock()
	defer checking.Unlock()
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

// docsImporter returns an importer of docsImports that reads what the go command has compiled. Each
// caller gets one of its own, because an importer is for one goroutine.
func docsImporter() (types.Importer, error) {
	exports, err := docsExports()
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		name := exports[path]
		if name == "" {
			return nil, fmt.Errorf("%s is not in docsImports", path)
		}
		return os.Open(name)
	}), err
}

// docsExports returns the files with the export data of docsImports, and of what they import.
var docsExports = sync.OnceValues(func() (map[string]string, error) {
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, docsImports...)
	out, err := exec.Command("go", args...).Output()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		err = fmt.Errorf("go list: %w\n%s", err, e.Stderr)
	}
	exports := map[string]string{}
	for _, l := range strings.Split(string(out), "\n") {
		path, file, _ := strings.Cut(strings.TrimSpace(l), "\t")
		exports[path] = file
	}
	return exports, err
})

// testProgram runs the tests of a program as a package of this module. It is not vetted, because go
// vet in Go 1.22 needs the files themselves.
func testProgram(t *testing.T, program map[string]string) {
	t.Helper()
	tests := 0
	for _, text := range program {
		tests += strings.Count(text, "\nfunc Test")
	}
	out, err := exec.Command("go", "test", "-v", "-count=1", "-vet=off", "-overlay="+writeOverlay(t, program), "./docs").CombinedOutput()
	if passed := bytes.Count(out, []byte("\n--- PASS: ")); err != nil || tests == 0 || passed != tests {
		t.Errorf("%d of %d tests passed: %v\n%s", passed, tests, err, out)
	}
}

// writeOverlay writes the files of a program and returns the name of an overlay in which they are
// the package ./docs of this module. Only the go command sees them there.
func writeOverlay(t *testing.T, program map[string]string) string {
	t.Helper()
	tmp := t.TempDir()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, text := range program {
		file := filepath.Join(tmp, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, "docs", name)] = file
	}
	j, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(file, j, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}
