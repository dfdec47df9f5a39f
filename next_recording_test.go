package apiroute_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The files in testdata/next are recordings of Next.js; README.md there says of what. This file
// reads them. next_test.go compares the routing of this package with them, and
// next_response_test.go the responses of handlers.
//
// Where this package differs on purpose, a rule says for which inputs, why, and what is wanted
// instead. A rule looks at the input and never at which recording it is. A rule that changes
// nothing of any recording is an error.

// A recording is a line of corpus.jsonl. In Target, RawRequest, and the values of headers, one
// character stands for one byte.
type recording struct {
	ID, Group string

	// The request.
	Route, Handler string // of the file that the request aims at
	Method, Target string
	Headers        map[string]any // each a string or a list of strings; without Connection: close
	Body           string
	BodyBase64     []byte          `json:"body_base64"`
	BodySpec       json.RawMessage `json:"body_spec"`   // see specifiedBody
	ChunkSizes     []int           `json:"chunk_sizes"` // nil: the body is not sent in chunks
	RawRequest     string          `json:"raw_request"` // the whole request, if set
	RawLen         int             `json:"raw_len"`     // if set, RawRequest is only the beginning of so many bytes
	HalfClose      bool            `json:"half_close"`  // the client closes its half of the connection after RawRequest

	// The response.
	Layer         string         // "node-http": Node's HTTP parser responded, not Next
	Outcome       string         // "timeout": the client of Next waited in vain for the end of the response
	Status        int            // 0: there was no response
	ResHeaders    map[string]any `json:"res_headers"`
	ResBody       string         `json:"res_body"`        // the first 2,000 characters of the body
	ResBodyBase64 []byte         `json:"res_body_base64"` // or its first 1,500 bytes
	ResLen        int            `json:"res_len"`         // the length of the body in bytes

	// Several requests on one connection, and their responses.
	RawParts  []rawPart `json:"raw_parts"`
	Responses []struct {
		Status  int
		Headers map[string]any
	}
}

// readRecordings returns the recordings of some groups.
func readRecordings(t *testing.T, groups ...string) (list []*recording) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "next", "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		r := &recording{}
		if err := d.Decode(r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(groups, r.Group) {
			list = append(list, r)
		}
	}
	if len(list) == 0 {
		t.Fatalf("no recordings of %q", groups)
	}
	return list
}

// readNextJSON reads a file of testdata/next.
func readNextJSON(t *testing.T, name string, dst any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "next", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, dst); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// A rawPart is what a client sends at one time.
type rawPart string

// UnmarshalJSON takes text, or an object with the beginning of a text whose last character is
// repeated up to a length.
func (p *rawPart) UnmarshalJSON(b []byte) error {
	var cut struct {
		Text     string
		TotalLen int `json:"total_len"`
	}
	if err := json.Unmarshal(b, &cut.Text); err != nil {
		if err := json.Unmarshal(b, &cut); err != nil {
			return err
		}
	}
	text := toBytes(cut.Text)
	if n := len(text); n > 0 && n < cut.TotalLen {
		text += strings.Repeat(text[n-1:], cut.TotalLen-n)
	}
	*p = rawPart(text)
	return nil
}

// toBytes returns the bytes for which the characters of a recording stand.
func toBytes(s string) string {
	var b strings.Builder
	for _, c := range s {
		b.WriteByte(byte(c))
	}
	return b.String()
}

// body returns the body of the request.
func (r *recording) body() string {
	if len(r.BodySpec) > 0 {
		return specifiedBody(r.BodySpec)
	}
	return r.Body + string(r.BodyBase64)
}

// specifiedBody returns the body that a specification describes: bytes, a text, a text that is
// repeated, and the same at the end.
func specifiedBody(spec []byte) string {
	var s struct {
		Data         []int
		Prefix, Fill string
		Count        int
		Suffix       string
		SuffixFill   string `json:"suffix_fill"`
		SuffixCount  int    `json:"suffix_count"`
	}
	if err := json.Unmarshal(spec, &s); err != nil {
		panic(err)
	}
	var b strings.Builder
	for _, c := range s.Data {
		b.WriteByte(byte(c))
	}
	return b.String() + s.Prefix + strings.Repeat(s.Fill, s.Count) + s.Suffix + strings.Repeat(s.SuffixFill, s.SuffixCount)
}

// wire returns the bytes of the request. Each value of a header is what edit makes of it.
func (r *recording) wire(edit func(name, value string) string) string {
	if r.RawRequest != "" {
		return toBytes(r.RawRequest)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nConnection: close\r\n", r.Method, toBytes(r.Target))
	for name, value := range r.Headers {
		for _, v := range headerValues(value) {
			fmt.Fprintf(&b, "%s: %s\r\n", name, edit(name, v))
		}
	}
	b.WriteString("\r\n")
	body := r.body()
	if r.ChunkSizes == nil {
		return b.String() + body
	}
	for _, n := range r.ChunkSizes {
		n = min(n, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\n\r\n"
}

// asRecorded is the edit that leaves a header as it is.
func asRecorded(_, value string) string { return value }

// headerValues returns the values of a header, which is a string, a list of strings, or absent.
func headerValues(value any) (list []string) {
	switch v := value.(type) {
	case string:
		list = append(list, toBytes(v))
	case []any:
		for _, s := range v {
			list = append(list, toBytes(s.(string)))
		}
	}
	return list
}

// values returns the values of a header of the request, without spaces around them.
func (r *recording) values(name string) (list []string) {
	for k, v := range r.Headers {
		if strings.EqualFold(k, name) {
			for _, s := range headerValues(v) {
				list = append(list, strings.TrimSpace(s))
			}
		}
	}
	return list
}

// header returns the values of a header of the request as one text, or "".
func (r *recording) header(name string) string { return strings.Join(r.values(name), "; ") }

// resHeader returns the values of a header of the response as one text, or "".
func (r *recording) resHeader(name string) string {
	return strings.Join(headerValues(r.ResHeaders[name]), "; ")
}
