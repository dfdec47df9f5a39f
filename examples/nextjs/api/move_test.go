package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// moved returns the program of a copy of this example in which the last route has been moved from
// pages/api to Go, as ../move-stats.patch does it.
func moved(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	clone := t.TempDir()
	for _, dir := range []string{"api", "web/pages"} {
		if err := os.CopyFS(filepath.Join(clone, "examples/nextjs", dir), os.DirFS(filepath.Join("..", dir))); err != nil {
			t.Fatal(err)
		}
	}
	api := filepath.Join(clone, "examples/nextjs/api")
	for _, step := range []struct {
		dir  string
		args []string
	}{
		{clone, []string{"git", "apply", filepath.Join(root, "examples/nextjs/move-stats.patch")}},
		{api, []string{"go", "mod", "edit", "-replace", "example.com/apiroute=" + root}},
		{api, []string{"go", "vet", "."}},
		{api, []string{"go", "build", "-o", "board", "."}},
	} {
		cmd := exec.Command(step.args[0], step.args[1:]...)
		cmd.Dir = step.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", step.args, err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(clone, "examples/nextjs/web/pages/api/stats.ts")); err == nil {
		t.Error("the route is still in pages/api too")
	}
	return filepath.Join(api, "board")
}

// The page gets its numbers from the same address before and after the route has moved. The browser
// tests in ../web hold the responses of both to each other.
func TestMove(t *testing.T) {
	next := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Next.js: ", r.URL.Path)
	}))
	t.Cleanup(next.Close)
	before := inFront(t, next.URL)
	if res := before.do(t, "GET", "/api/stats?board=1", ""); res.body != "Next.js: /api/stats" {
		t.Errorf("before: got %s", res.body)
	}

	address := startProgram(t, moved(t), "-demo", "-next", next.URL)
	_, cookie := signIn(t, address, "Ada", demoPassword)
	for _, tt := range []struct {
		name, path, cookie string
		status             int
		want               string
	}{
		{"right", "/api/stats?board=1", cookie, 200, `{"board":1,"total":10,"overdue":1,"unassigned":3,"columns":[` +
			`{"name":"Backlog","tasks":4},{"name":"In progress","tasks":3},{"name":"Review","tasks":1},{"name":"Done","tasks":2}]}`},
		{"no board", "/api/stats?board=9", cookie, 404, "there is no board 9"},
		{"no number", "/api/stats?board=x", cookie, 400, `{"in":"query","name":"board","code":"type"`},
		{"no session", "/api/stats?board=1", "", 401, "sign in first"},
		{"another path", "/api/other", cookie, 200, "Next.js: /api/other"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", address+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", tt.cookie)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
			t.Errorf("after: %s: got %d %s, want %d and %s", tt.name, res.StatusCode, body, tt.status, tt.want)
		}
	}
}
