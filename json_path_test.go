package apiroute_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// A countedTree is as deep as its text is nested.
type countedTree struct {
	X countedValue `json:"x"`
	A *countedTree `json:"a"`
	N []int        `json:"n"`
	D refusingText `json:"d"`
}

// countedValue counts the bytes that it is decoded from, and refusingText takes nothing but null
// and the empty string.
type (
	countedValue struct{}
	refusingText struct{}
)

// countedBytes is what countedValue counts in, so the test that looks at it is not parallel.
var countedBytes int

func (*countedValue) UnmarshalJSON(data []byte) error { countedBytes += len(data); return nil }

func (*refusingText) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		return errors.New("secret")
	}
	return nil
}

// To find the value at fault, a text is passed over once more, however long and deep it is: a type's
// own code sees each value at most twice.
func TestJSONFaultIsFoundInOnePass(t *testing.T) {
	nest := func(open, value, shut string, n int) string {
		return strings.Repeat(open, n) + value + strings.Repeat(shut, n)
	}
	numbers := "[" + strings.Repeat("0,", 32_000) + "0]"
	tree, free := func() any { return new(countedTree) }, func() any { return new(any) }
	for _, tt := range []struct {
		name string
		dst  func() any
		body string
		path string // how the path begins
	}{
		{"deep after much", free, `{"x":` + numbers + `,"a":` + nest(`{"a":`, "1e400", "}", 99) + "}", "a.a.a.a.a.a.a.a.a.a.a"},
		{"deep after much, in arrays", free, `[` + numbers + `,` + nest("[", "1e400", "]", 66) + "]", "[1][0][0][0][0][0]"},
		{"much, deep", free, nest(`{"a":`, "["+strings.Repeat("0,", 32_000)+"1e400]", "}", 99), "a.a.a.a.a.a.a.a.a.a.a"},
		{"a struct", tree, `{"x":` + numbers + `,"a":` + nest(`{"a":`, `{"n":0}`, "}", 99) + "}", "a.a.a.a.a.a.a.a.a.a.a"},
		{"names", free, "{" + func() string {
			var b strings.Builder
			for i := 0; b.Len() < 64_000; i++ {
				fmt.Fprintf(&b, `"k%x":0,`, i)
			}
			return b.String()
		}() + `"a":` + nest(`{"a":`, "1e400", "}", 99) + "}", "a.a.a.a.a.a.a.a.a.a.a"},
		{"an error without an offset", tree, `{"x":` + numbers + `,"a":` + nest(`{"a":`, `{"d":"x"}`, "}", 99) + "}", "a.a.a.a.a.a.a.a.a.a.a"},
		{"a list of objects", func() any { return new([]countedTree) }, "[" + strings.Repeat(`{"n":[1,2],"d":""},`, 2_000) + `{"n":[1,2],"d":"x"}]`, "[2000].d"},
		{"a list of lists", func() any { return new(map[string][]countedTree) }, `{"list":[` + strings.Repeat(`{"n":[1,2],"d":""},`, 2_000) + `{"n":[1,2],"d":"x"}]}`, "list[2000].d"},
		{"a flat list", tree, `{"x":` + numbers[:60_001] + `0],"n":[` + strings.Repeat("0,", 200) + `"x"]}`, "n[200]"},
		{"short and deep", tree, nest(`{"a":`, `{"d":"x"}`, "}", 40), "a" + strings.Repeat(".a", 39) + ".d"},
		{"of some KiB", tree, nest(`{"x":0,"n":[`+strings.Repeat("0,", 100)+`0],"a":`, `{"x":0,"d":"x"}`, "}", 10), "a" + strings.Repeat(".a", 9) + ".d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			countedBytes = 0
			o := serveMessage(t, "/x", message{header: []string{sendsJSON}, body: tt.body}, func(req *apiroute.Request, _ *apiroute.Response) error {
				return req.JSON(tt.dst())
			})
			if list := o.fieldErrors(); len(list) != 1 || !strings.HasPrefix(list[0], "body "+tt.path) {
				t.Errorf("%d %.300q; want the path %.100s", o.status, list, tt.path)
			}
			if countedBytes > 2*len(tt.body) {
				t.Errorf("own code got %d bytes, %d times the text", countedBytes, countedBytes/len(tt.body))
			}
		})
	}
}

// A path in a response is not much longer than 200 bytes.
func TestJSONPathIsCut(t *testing.T) {
	t.Parallel()
	nested := strings.Repeat(`{"0123456789":[`, 100) + "1e400" + strings.Repeat("]}", 100)
	want := strings.TrimPrefix(strings.Repeat(".0123456789[0]", 15), ".")
	for name, text := range map[string]string{
		"in a short body": nested,
		"in a long body":  `{"padding":"` + strings.Repeat("x", 70_000) + `",` + nested[1:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, _ := refusedField(t, "/any", text)
			if !strings.HasPrefix(path, want[:200]) || len(path) > 250 {
				t.Errorf("got %q, %d bytes, want it cut after 200 bytes or so", path, len(path))
			}
			if len(text) > 70_000 && !strings.HasSuffix(path, "…") {
				t.Errorf("got %q, want a sign that it is cut", path)
			}
		})
	}
}

// A jsonPlace is where a value of a JSON text is, found by reading its tokens.
type jsonPlace struct {
	start, end int
	path       string
	scalar     bool
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// jsonPlaces returns the places of all values of a text. It is the slow reference for the paths in
// errors.
func jsonPlaces(t *testing.T, text []byte) (places []jsonPlace) {
	d := json.NewDecoder(bytes.NewReader(text))
	next := func() (json.Token, int) {
		from := int(d.InputOffset())
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for strings.IndexByte(" \t\r\n,:", text[from]) >= 0 {
			from++
		}
		return token, from
	}
	var walk func(path string)
	walk = func(path string) {
		token, start := next()
		delim, ok := token.(json.Delim)
		places = append(places, jsonPlace{start, int(d.InputOffset()), path, !ok})
		if !ok {
			return
		}
		for i := 0; d.More(); i++ {
			if delim == '[' {
				walk(path + "[" + strconv.Itoa(i) + "]")
				continue
			}
			token, _ := next()
			name := token.(string)
			inner := path + "." + name
			if !plainName.MatchString(name) {
				inner = path + "[" + strconv.Quote(name) + "]"
			}
			walk(strings.TrimPrefix(inner, "."))
		}
		next()
	}
	walk("")
	return places
}

// jsonTexts are strings in JSON that are hard to skip.
var jsonTexts = []string{"", "a", "name", "user-id", "a.b", "a b", "ü", "日本", `\"`, `\\`, `\\\"`, `\u0022`, `\u007b`,
	"{", "[", "}]", ",", ":", `\n\t`, `{\"a\":[1,2]}`, "[0]", `\ud83d\ude00`, "1", "_"}

// writeRandomJSON writes a random value of at most a depth. No name appears twice in an object.
func writeRandomJSON(r *rand.Rand, b *bytes.Buffer, depth int) {
	pick := func(list ...string) string { return list[r.Intn(len(list))] }
	space := func() { b.WriteString(pick("", "", "", " ", "\n", "\t\r ")) }
	space()
	defer space()
	kind := r.Intn(8)
	if depth == 0 {
		kind = 2 + r.Intn(6)
	}
	switch {
	case kind == 0:
		b.WriteByte('{')
		space()
		names := map[string]bool{}
		for range r.Intn(4) {
			text := `"` + pick(jsonTexts...) + `"`
			var name string
			if json.Unmarshal([]byte(text), &name); names[name] {
				continue
			}
			if len(names) > 0 {
				b.WriteByte(',')
			}
			names[name] = true
			space()
			b.WriteString(text)
			space()
			b.WriteByte(':')
			writeRandomJSON(r, b, depth-1)
		}
		b.WriteByte('}')
	case kind == 1:
		b.WriteByte('[')
		space()
		for i := range r.Intn(4) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeRandomJSON(r, b, depth-1)
		}
		b.WriteByte(']')
	case kind < 5:
		b.WriteString(`"` + pick(jsonTexts...) + `"`)
	default:
		b.WriteString(pick("null", "true", "false", "0", "-1.5e+10", "123", "1E5"))
	}
}

// In a random text, each string, number, null and boolean is in turn replaced by a number that is
// out of range. The error must name its path.
func TestJSONPathRelation(t *testing.T) {
	t.Parallel()
	api := apiroute.New(quiet())
	api.Post("/", func(req *apiroute.Request, _ *apiroute.Response) error { return req.JSON(new(any)) })
	n := 0
	for seed := range int64(3000) {
		r := rand.New(rand.NewSource(seed))
		var b bytes.Buffer
		writeRandomJSON(r, &b, 1+r.Intn(6))
		text := b.Bytes()
		for _, place := range jsonPlaces(t, text) {
			if !place.scalar || len(place.path) > 200 {
				continue // longer paths are cut
			}
			n++
			bad := string(text[:place.start]) + "1e400" + string(text[place.end:])
			want := []string{"body " + place.path + ": is out of range"}
			reply := serveRecorder(api, newRequest("POST", "/", bad, sendsJSON))
			if diff := cmp.Diff(want, reply.fieldErrors()); diff != "" {
				t.Fatalf("seed %d: %s: (-want +got)\n%s", seed, bad, diff)
			}
		}
	}
	if n < 3000 {
		t.Errorf("only %d values: the test shows little", n)
	}
}

// Whatever a random text has in it, its one wrong value is named.
func TestRequestJSONRelation(t *testing.T) {
	t.Parallel()
	type tree struct {
		Name string           `json:"name"`
		Kids []tree           `json:"kids"`
		Map  map[string]*tree `json:"map"`
		At   time.Time        `json:"at"`
	}
	api := apiroute.New(quiet())
	api.Post("/", func(req *apiroute.Request, _ *apiroute.Response) error { return req.JSON(new(tree)) })
	found := 0
	for seed := range int64(400) {
		r := rand.New(rand.NewSource(seed))
		count := 0
		bad := 1 + r.Intn(10)
		want := ""
		var write func(b *strings.Builder, path string, depth int)
		write = func(b *strings.Builder, path string, depth int) {
			if count++; count == bad {
				wrong := r.Intn(3)
				inner := strings.TrimPrefix(path+[]string{".name", ".at", ""}[wrong], ".")
				want = "body " + inner + ": " + []string{"must be a string", "must be a time such as 2006-01-02T15:04:05Z", "must be an object"}[wrong]
				b.WriteString([]string{`{"name":[{"name":1}]}`, `{"kids":[],"at":"x"}`, `"x"`}[wrong])
				return
			}
			fmt.Fprintf(b, `{"name":"{[,%d:\"","x":[{"name":1}]`, count)
			if depth > 0 && r.Intn(2) == 0 {
				b.WriteString(`,"kids":[`)
				for i := range 1 + r.Intn(3) {
					if i > 0 {
						b.WriteByte(',')
					}
					write(b, fmt.Sprintf("%s.kids[%d]", path, i), depth-1)
				}
				b.WriteByte(']')
			}
			if depth > 0 && r.Intn(2) == 0 {
				b.WriteString(`,"map":{"k":`)
				write(b, path+".map.k", depth-1)
				b.WriteString(`,"a b":`)
				write(b, path+`.map["a b"]`, depth-1)
				b.WriteByte('}')
			}
			b.WriteString(`,"at":"2024-01-01T00:00:00Z"}`)
		}
		var b strings.Builder
		write(&b, "", 5)
		got := strings.Join(serveRecorder(api, newRequest("POST", "/", b.String(), sendsJSON)).fieldErrors(), "\n")
		if got != want {
			t.Fatalf("seed %d: %s: got %q, want %q", seed, b.String(), got, want)
		}
		if want != "" {
			found++
		}
	}
	if found < 100 {
		t.Errorf("only %d of the documents were wrong: the test shows little", found)
	}
}
