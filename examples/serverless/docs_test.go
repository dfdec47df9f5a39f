package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeployPage compares the code in docs/deploy.md with the files that the comments above it name.
func TestDeployPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(page), "<!-- ")[1:]
	for _, part := range parts {
		name, rest, _ := strings.Cut(part, " -->\n```")
		_, code, _ := strings.Cut(rest, "\n")
		code, _, ok := strings.Cut(code, "```\n")
		if !ok || code == "" {
			t.Errorf("there is no code below the comment %q", name)
			continue
		}
		file, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(file), code) {
			t.Errorf("%s does not contain this code of the page:\n%s", name, code)
		}
	}
	if len(parts) < 10 {
		t.Errorf("the page has code of %d files, want 10 or more", len(parts))
	}
}
