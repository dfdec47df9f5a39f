package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The front end has its types from web/openapi.json, so that file must be the document of this API.
func TestDocument(t *testing.T) {
	want, err := os.ReadFile("../web/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := run(t.Context(), []string{"-openapi"}, os.Getenv, &got, os.Stderr); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("web/openapi.json is not up to date: run `npm run generate` in web (-file +program):\n%s", diff)
	}
}
