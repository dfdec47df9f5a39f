package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// The Dockerfiles are read as docker reads them, with all of its checks, and what they copy must be
// there. Where docker runs, they are built too.
func TestDockerfiles(t *testing.T) {
	canBuild := exec.Command("docker", "info").Run() == nil
	for _, tt := range []struct{ file, context string }{
		{"Dockerfile", "../../.."},
		{"../web/Dockerfile", "../web"},
	} {
		for _, problem := range lint(t, tt.file, tt.context) {
			t.Errorf("%s: %s", tt.file, problem)
		}
		if !canBuild {
			continue
		}
		if out, err := exec.Command("docker", "build", "-f", tt.file, tt.context).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", tt.file, err, out)
		}
	}
}

// lint returns what is wrong with a Dockerfile.
func lint(t *testing.T, file, context string) (problems []string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parsed, err := parser.Parse(f)
	if err != nil {
		return []string{err.Error()}
	}
	for _, w := range parsed.Warnings {
		problems = append(problems, w.Short)
	}
	checks := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		problems = append(problems, rule+": "+message)
	}})
	stages, _, err := instructions.Parse(parsed.AST, checks)
	if err != nil {
		return append(problems, err.Error())
	}
	for _, stage := range stages {
		for _, command := range stage.Commands {
			c, ok := command.(*instructions.CopyCommand)
			if !ok || c.From != "" {
				continue
			}
			for _, source := range c.SourcePaths {
				if found, err := filepath.Glob(filepath.Join(context, source)); err != nil || len(found) == 0 {
					problems = append(problems, "there is no "+source)
				}
			}
		}
	}
	return problems
}

// A Dockerfile with mistakes has problems, so that the test above can fail.
func TestLint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "Dockerfile")
	for _, tt := range []struct{ text string }{
		{"FROM scratch\nCOPY nothing /\n"},
		{"FROM scratch\nCOPPY go.mod /\n"},
		{"FROM scratch as x\nCOPY go.mod /\n"},
		{"COPY go.mod /\n"},
		{"FROM scratch\nMAINTAINER me\n"},
	} {
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if problems := lint(t, file, "."); len(problems) == 0 {
			t.Errorf("no problem was found in %q", tt.text)
		}
	}
}
