package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

// The document is kept in testdata, so that a change of the API is seen where changes are reviewed.
// After a change that is meant, run "go test -run TestDocument -update .".
func TestDocument(t *testing.T) {
	const file = "testdata/openapi.json"
	res, got := newSite(t).do(t, "GET", "/openapi.json", "")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %.300s", res.StatusCode, res.Header, got)
	}
	got = withoutNullLists(t, got)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the document (-%s +now):\n%s", file, diff)
	}
}

// withoutNullLists returns a document in which no list may be null, as it is from Go 1.27 on.
func withoutNullLists(t *testing.T, text string) string {
	t.Helper()
	var compact, indented bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(compact.String(), `"type":["array","null"]`, `"type":"array"`)
	if err := json.Indent(&indented, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	return indented.String() + "\n"
}

// The page of the document is from the program itself, and shows each operation.
func testDocs(t *testing.T, b *browser) {
	s := newSite(t)
	tab := b.open(t)
	tab.do("open the page", chromedp.Navigate(s.URL+"/docs"), shows(".title", "Blog"), shows("#operations-posts-listPosts", "/api/posts"),
		shows("#operations-admin-createPost", "Creates a post."))
	tab.do("try a request", click("#operations-posts-listPosts .opblock-summary-control"), click("#operations-posts-listPosts .execute"),
		shows("#operations-posts-listPosts .response-col_status", "200"))
}
