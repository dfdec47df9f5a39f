package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// project returns a copy of this module that can be built where it is. Vercel's runtime uses the Go
// that is installed if go.mod names its version, and downloads another otherwise.
func project(t *testing.T) string {
	t.Helper()
	dir, root := t.TempDir(), os.DirFS(".")
	for _, pattern := range []string{"go.mod", "go.sum", "main.go", "api/*.go", "app/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777); err != nil {
				t.Fatal(err)
			}
			f, err := root.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(f)
			f.Close()
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), data, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	apiroute, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	version, _, _ := strings.Cut(runtime.Version(), " ")
	command(t, dir, "go", "mod", "edit", "-replace", "example.com/apiroute="+apiroute, "-toolchain", version)
	return dir
}

// startVercel runs one of the two ways in which Vercel serves Go, and returns its address.
func startVercel(t *testing.T, dir, entrypoint string) string {
	t.Helper()
	cmd := exec.Command("node", "vercel.mjs", dir, entrypoint)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
			go io.Copy(io.Discard, out)
			return address
		}
		t.Log(lines.Text())
	}
	t.Fatal("Vercel's runtime has not started")
	return ""
}

func TestVercel(t *testing.T) {
	if _, err := os.Stat("node_modules"); err != nil {
		command(t, ".", "npm", "ci")
	}
	dir := project(t)
	for _, entrypoint := range []string{"api/index.go", "main.go"} {
		address := startVercel(t, dir, entrypoint)
		for _, tt := range []struct {
			method, path, body string
			status             int
			want               string
		}{
			{"GET", "/api/hello/a%2Fb/c?times=2", "", 200, `{"name":["a/b","c"],"times":2,`},
			{"GET", "/api/hello/a?times=10", "", 400, `"name":"times","code":"maximum"`},
			{"POST", "/api/notes", `{"text":"größer"}`, 201, `8`},
			{"POST", "/api/notes", `{"text":""}`, 400, `"name":"text","code":"minLength"`},
			{"GET", "/api/picture", "", 200, "\x89PNG\r\n\x1a\n\xff"},
			{"GET", "/api/clock", "", 200, "data: 0\n\ndata: 1\n\ndata: 2\n\n"},
			{"GET", "/nope", "", 404, `{"title":"Not Found","status":404}`},
		} {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, address+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || res.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
				t.Errorf("%s: %s %s: got %d %q, %v, want %d and %q", entrypoint, tt.method, tt.path, res.StatusCode, body, err, tt.status, tt.want)
			}
		}
	}
}
