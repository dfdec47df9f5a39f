package apiroute_test

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// consolePages are the pages whose console blocks are run. In such a block, a line that begins with
// "$ curl" is a command for runCurl, and the lines below it are what the command prints. A line that
// begins with two spaces continues the line before it, which ends in a backslash if it is a command.
// localhost:8080 stands for the server. It is one of these:
//
//   - The program that this table names. One server is for all blocks of the page, in their order.
//   - If the table names none: the Go blocks that are before the block and under the same heading,
//     if they declare "func newAPI() *apiroute.Router". They are a whole file, or declarations.
//   - Otherwise, the main.go of the page.
//
// In the last two cases, each block gets a server that has just started, because readers start the
// program anew after each step.
var consolePages = []struct {
	page     string
	program  string // the package that serves the page; "" if the page has its own programs
	commands int    // how many the page has at least
}{
	{"README.md", "./examples/hello", 5},
	{"docs/errors.md", "./examples/hello", 5},
	{"docs/getting-started.md", "", 15},
	{"docs/recipes.md", "", 30},
	{"docs/streams.md", "./examples/hello", 1},
}

// TestConsole runs the commands of each page, in their order, and compares what they print. It needs
// no curl; examples/hello/clients/readme.sh does the same for that example with curl itself.
func TestConsole(t *testing.T) {
	t.Parallel()
	for _, tt := range consolePages {
		t.Run(filepath.Base(tt.page), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(filepath.FromSlash(tt.page))
			if err != nil {
				t.Fatal(err)
			}
			page := string(b)
			var start func(*testing.T, consoleBlock) (host string)
			if tt.program == "" {
				start = ownServers(t, page)
			} else {
				host := startServer(t, build(t, tt.program), "-addr", "localhost:0")
				start = func(*testing.T, consoleBlock) string { return host }
			}
			commands := 0
			for _, b := range consoleBlocks(page) {
				commands += len(b.steps)
				t.Run(fmt.Sprintf("line %d", b.line), func(t *testing.T) { b.run(t, start(t, b)) })
			}
			if commands < tt.commands {
				t.Errorf("the page has %d commands, want at least %d: has the form of its blocks changed?", commands, tt.commands)
			}
		})
	}
}

// A consoleBlock is a block of a page that is marked as console.
type consoleBlock struct {
	line  int // the line of the page on which the commands begin
	steps []consoleStep
}

// A consoleStep is a command and what it prints.
type consoleStep struct{ command, want string }

// consoleBlocks returns the blocks of a page that are marked as console.
func consoleBlocks(page string) (blocks []consoleBlock) {
	for _, p := range pageBlocks(page, "console") {
		b := consoleBlock{line: p.line}
		text := continued.ReplaceAllString("\n"+p.text, "$1")
		for _, step := range strings.Split(text, "\n$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			b.steps = append(b.steps, consoleStep{command, want})
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// continued matches the line break between a line and the one that continues it. A space that is
// before a backslash separates the words of a command.
var continued = regexp.MustCompile(`( ?)\\?\n  +`)

// run runs the commands of a block against a server.
func (b consoleBlock) run(t *testing.T, host string) {
	t.Helper()
	for _, step := range b.steps {
		got, err := runCurl(strings.ReplaceAll(step.command, "localhost:8080", host))
		if err != nil {
			t.Fatalf("%s: %v", step.command, err)
		}
		if strings.TrimSpace(got) != strings.TrimSpace(step.want) {
			t.Errorf("%s\ngot  %s\nwant %s", step.command, got, step.want)
		}
	}
}

// ownServers returns a function that starts the program of a page for one of its blocks.
func ownServers(t *testing.T, page string) func(*testing.T, consoleBlock) (host string) {
	built := map[string]string{} // the executable for the text of a main.go
	return func(st *testing.T, c consoleBlock) string {
		program := pageProgram(st, goBlocks(page))
		if main := newAPIProgram(st, page, c); main != "" {
			program = map[string]string{"main.go": main}
		}
		main := program["main.go"]
		if built[main] == "" {
			if strings.Count(main, "http.ListenAndServe(") != 1 {
				st.Fatalf("the program must call http.ListenAndServe once:\n%s", main)
			}
			program["main.go"] = strings.Replace(main, "http.ListenAndServe(", "listenAndServe(", 1) + "\nvar _ http.Handler\n"
			program["listen.go"] = docsListen
			built[main] = build(t, "./docs", "-overlay="+writeOverlay(t, program))
		}
		return startServer(st, built[main])
	}
}

// newAPIProgram returns the program with the newAPI that is before a block and under the same
// heading, or "" if there is none. What declarations lack is added: imports, and a main.
func newAPIProgram(t *testing.T, page string, c consoleBlock) string {
	t.Helper()
	before := strings.Join(strings.Split(page, "\n")[:c.line-2], "\n")
	text := ""
	for _, b := range goBlocks(before[max(0, strings.LastIndex(before, "\n## ")):]) {
		text += b.text + "\n"
	}
	if !strings.Contains(text, "\nfunc newAPI() *apiroute.Router {\n") {
		return ""
	}
	const clause = "package main\n"
	if strings.HasPrefix(text, clause) {
		return text
	}
	text = clause + text + `func main() { log.Fatal(http.ListenAndServe("", newAPI())) }`
	f, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	imports := ""
	for _, p := range docsImports {
		if used[path.Base(p)] {
			imports += "import " + strconv.Quote(p) + "\n"
		}
	}
	return strings.Replace(text, clause, clause+imports, 1)
}

// docsListen is a file that is added to the program of a page. Its function takes the place of
// http.ListenAndServe: it listens on a free port, which it prints.
const docsListen = `package main

import (
	"fmt"
	"net"
	"net/http"
)

func listenAndServe(_ string, h http.Handler) error {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	return http.Serve(l, h)
}
`

// build builds a program and returns the name of the executable.
func build(t *testing.T, pkg string, flags ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "server.exe")
	args := append([]string{"build", "-o", name}, flags...)
	if out, err := exec.Command("go", append(args, pkg)...).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return name
}

// startServer starts a program that prints where it listens. The program ends with the test.
func startServer(t *testing.T, name string, args ...string) (host string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	_, host, ok := strings.Cut(strings.TrimSpace(line), "listening on http://")
	if !ok {
		t.Fatalf("the program printed %q: %v", line, err)
	}
	return host
}
