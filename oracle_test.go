package apiroute_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The oracle finds the path for a request in the plainest way: it takes all registered paths in
// order and returns the first that matches. It shares nothing with the router but net/url.

// A step is a segment of a registered path: its kind, and its text or name.
type step struct {
	rank int
	text string
}

// The kinds of steps, in the order in which they are tried.
const (
	rankStatic = iota
	rankSingle
	rankCatchAll
	rankOptional
	rankMounted
)

// parseStep parses a segment of a path that the router accepts.
func parseStep(text string) step {
	s := step{rankStatic, text}
	for _, kind := range []struct {
		rank        int
		open, close string
	}{{rankOptional, "[[...", "]]"}, {rankCatchAll, "[...", "]"}, {rankSingle, "[", "]"}} {
		if strings.HasPrefix(text, kind.open) {
			s = step{kind.rank, strings.TrimSuffix(strings.TrimPrefix(text, kind.open), kind.close)}
			break
		}
	}
	if decoded, err := url.PathUnescape(s.text); err == nil {
		s.text = decoded
	}
	return s
}

// An entry is a registered path, of a route or of a Mount.
type entry struct {
	path   string
	mount  bool
	steps  []step
	source string // where it is registered, once it is
}

func newEntry(path string, mount bool) entry {
	e := entry{path: path, mount: mount}
	for _, text := range strings.Split(path, "/")[1:] {
		if text != "" {
			e.steps = append(e.steps, parseStep(text))
		}
	}
	if mount {
		e.steps = append(e.steps, step{rank: rankMounted})
	}
	return e
}

func (e entry) String() string {
	if e.mount {
		return "Mount " + e.path
	}
	return e.path
}

// before reports whether e is tried before f.
func (e entry) before(f entry) bool {
	for i := 0; i < len(e.steps) && i < len(f.steps); i++ {
		if a, b := e.steps[i], f.steps[i]; a.rank != b.rank {
			return a.rank < b.rank
		} else if a.text != b.text {
			return a.text < b.text
		}
	}
	return len(e.steps) < len(f.steps)
}

// clashes reports whether e and f cannot both be registered.
func (e entry) clashes(f entry) bool {
	if len(e.steps) > len(f.steps) {
		e, f = f, e
	}
	for i, a := range e.steps {
		b := f.steps[i]
		switch {
		case a == b:
		case a.rank == b.rank:
			return a.rank != rankStatic // two names at one level
		default:
			return a.rank+b.rank == rankCatchAll+rankOptional && a.rank != rankSingle && b.rank != rankSingle
		}
	}
	rest := f.steps[len(e.steps):]
	return len(rest) == 0 || rest[0].rank == rankOptional
}

// match returns the values that the segments of a request give to e's names.
func (e entry) match(segs []string) (values map[string][]string, ok bool) {
	values = map[string][]string{}
	for i, s := range e.steps {
		switch {
		case s.rank == rankMounted:
			return values, true
		case s.rank == rankOptional && len(segs) == i:
			return values, true
		case len(segs) == i:
			return nil, false
		case s.rank == rankCatchAll || s.rank == rankOptional:
			values[s.text] = segs[i:]
			return values, true
		case s.rank == rankSingle:
			values[s.text] = segs[i : i+1]
		case s.text != segs[i]:
			return nil, false
		}
	}
	return values, len(segs) == len(e.steps)
}

// An oracle is registered paths in the order in which they are tried.
type oracle []entry

func newOracle(entries []entry) oracle {
	o := append(oracle(nil), entries...)
	sort.SliceStable(o, func(i, j int) bool { return o[i].before(o[j]) })
	return o
}

// find returns the first path that matches, nil if there is none.
func (o oracle) find(segs []string) (*entry, map[string][]string) {
	for i := range o {
		if values, ok := o[i].match(segs); ok {
			return &o[i], values
		}
	}
	return nil, nil
}

// splitTarget returns the decoded segments of a request's path, without those that make it untidy.
// It also returns the tidy path, with the escapes of the request.
func splitTarget(path string) (segs []string, tidy string) {
	var kept []string
	for _, raw := range strings.Split(path, "/")[1:] {
		text, err := url.PathUnescape(raw)
		if err != nil {
			text = raw // net/http refuses it
		}
		switch {
		case text == "..":
			segs, kept = segs[:max(len(segs)-1, 0)], kept[:max(len(kept)-1, 0)]
		case text != "" && text != ".":
			segs, kept = append(segs, text), append(kept, raw)
		}
	}
	return segs, "/" + strings.Join(kept, "/")
}

// A verdict is what a router does with a request: with status 200, the path that matched and its
// values, and otherwise only the status, or where it redirects to.
type verdict struct {
	Status   int
	Path     string
	Values   map[string][]string
	Location string
}

// verdict says what a router with these paths must do with a GET request for path, which has no
// query.
func (o oracle) verdict(path string) verdict {
	segs, tidy := splitTarget(path)
	e, values := o.find(segs)
	if e == nil {
		return verdict{Status: http.StatusNotFound}
	}
	if e.mount && strings.HasSuffix(path, "/") && tidy != "/" {
		tidy += "/" // a mounted handler may take /dir/ for something else than /dir
	}
	switch {
	case tidy != path:
		// A browser takes a raw backslash for a slash, so it is escaped.
		return verdict{Status: http.StatusPermanentRedirect, Location: strings.NewReplacer(`\`, "%5C", "#", "%23").Replace(tidy)}
	case !isText(values):
		return verdict{Status: http.StatusBadRequest}
	}
	return verdict{Status: http.StatusOK, Path: e.path, Values: values}
}

// isText reports whether all values are UTF-8 without NUL.
func isText(values map[string][]string) bool {
	for _, list := range values {
		for _, v := range list {
			if !utf8.ValidString(v) || strings.Contains(v, "\x00") {
				return false
			}
		}
	}
	return true
}

// oracleSeed and the number of a set determine the set.
const (
	oracleSeed = 20240613
	oracleSets = 10_000
)

// TestOracle compares the router with the oracle on random sets of paths: which paths may stand
// beside each other, the order of Routes whatever the order of registration, the path that matches
// a request, and its values.
func TestOracle(t *testing.T) {
	t.Parallel()
	for n := uint64(0); n < oracleSets && !t.Failed(); n++ {
		rng := rand.New(rand.NewPCG(oracleSeed, n))
		testOracle(t, fmt.Sprintf("seed %d, set %d", oracleSeed, n), rng)
	}
}

func testOracle(t *testing.T, set string, rng *rand.Rand) {
	var got verdict
	var entries []entry
	api := apiroute.New(quiet())
	for i := 1 + rng.IntN(8); i > 0; i-- {
		e := randomEntry(rng)
		want := false
		for _, f := range entries {
			want = want || e.clashes(f)
		}
		if err := registerEntry(api, &e, &got); (err != nil) != want {
			t.Errorf("%s: registering %q beside %q: error %v; want one: %t", set, e.path, entries, err, want)
		}
		if !want {
			entries = append(entries, e)
		}
	}
	o := newOracle(entries)

	if diff := cmp.Diff(o.routes(), api.Routes()); diff != "" {
		t.Errorf("%s: Routes (-want +got):\n%s", set, diff)
	}
	rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	api = apiroute.New(quiet())
	for _, e := range entries {
		if err := registerEntry(api, &e, &got); err != nil {
			t.Errorf("%s: registering %q in another order: %v", set, e.path, err)
		}
	}
	if diff := cmp.Diff(o.routes(), api.Routes()); diff != "" {
		t.Errorf("%s: Routes after another order of registration (-want +got):\n%s", set, diff)
	}

	for i := 0; i < 6; i++ {
		target := randomTarget(rng, o)
		if got, want := serveVerdict(t, api, target, &got), o.verdict(target); !sameVerdict(want, got) {
			t.Errorf("%s: %q, target %q (-want +got):\n%s", set, o, target, cmp.Diff(want, got))
		}
	}
}

// routes returns the routes that the router must list for the paths.
func (o oracle) routes() (list []apiroute.Route) {
	for _, e := range o {
		list = append(list, apiroute.Route{Path: e.path, Source: e.source})
	}
	return list
}

// serveVerdict sends a GET request for a path without a query. The handlers of api are those of
// registerEntry and write to got.
func serveVerdict(t *testing.T, api *apiroute.Router, path string, got *verdict) verdict {
	t.Helper()
	u, err := url.ParseRequestURI(path)
	if err != nil {
		t.Fatalf("path %q: %v", path, err)
	}
	*got = verdict{}
	r := serveRecorder(api, &http.Request{Method: http.MethodGet, URL: u, RequestURI: path, Header: http.Header{}, Body: http.NoBody})
	got.Status, got.Location = r.status, r.header.Get("Location")
	return *got
}

// sameVerdict is cmp.Equal without its cost.
func sameVerdict(a, b verdict) bool {
	if a.Status != b.Status || a.Path != b.Path || a.Location != b.Location || len(a.Values) != len(b.Values) {
		return false
	}
	for name, list := range a.Values {
		if !slices.Equal(list, b.Values[name]) {
			return false
		}
	}
	return true
}

// calledAt stores the place of its call, which is that of the registration on the same line, and
// returns h.
func calledAt[H any](place *string, h H) H {
	_, file, line, _ := runtime.Caller(1)
	*place = file + ":" + strconv.Itoa(line)
	return h
}

// registerEntry registers a handler for e that writes the values of its path to got. It returns the
// panic as an error.
func registerEntry(api *apiroute.Router, e *entry, got *verdict) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	path, steps := e.path, e.steps
	if e.mount {
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got.Path, got.Values = path, map[string][]string{}
			for _, s := range steps {
				if s.rank == rankSingle {
					got.Values[s.text] = []string{r.PathValue(s.text)}
				}
			}
		})
		api.Mount(path, calledAt(&e.source, h))
		return nil
	}
	h := func(req *apiroute.Request, res *apiroute.Response) error {
		got.Path, got.Values = path, map[string][]string{}
		for _, s := range steps {
			switch s.rank {
			case rankSingle:
				got.Values[s.text] = []string{req.Param(s.text)}
			case rankCatchAll, rankOptional:
				segs := req.Segments(s.text)
				if joined := req.Param(s.text); joined != strings.Join(segs, "/") {
					return fmt.Errorf("Param is %q, Segments %q", joined, segs)
				}
				if segs != nil {
					got.Values[s.text] = segs
				}
			}
		}
		return res.Status(http.StatusOK).End()
	}
	api.Handle(path, calledAt(&e.source, h))
	return nil
}

// oracleStatics are few, so that paths overlap. Some are the same text with and without escapes.
var oracleStatics = []string{"a", "a", "b", "b", "%61", "%2561", "é", "%C3%A9", "%25", "^", `"`, "a%20b", "...", "%2A", "日本"}

func randomEntry(rng *rand.Rand) entry {
	var b strings.Builder
	last := false
	for i := rng.IntN(5); i > 0 && !last; i-- {
		depth := strings.Count(b.String(), "/")
		name := fmt.Sprint("x", depth)
		if rng.IntN(20) == 0 {
			name = fmt.Sprint("y-", depth)
		}
		switch k := rng.IntN(20); {
		case k < 10:
			b.WriteString("/" + pickOne(rng, oracleStatics))
		case k < 16:
			b.WriteString("/[" + name + "]")
		case k < 18:
			b.WriteString("/[..." + name + "]")
			last = true
		default:
			b.WriteString("/[[..." + name + "]]")
			last = true
		}
	}
	path := b.String()
	if path == "" {
		path = "/"
	}
	return newEntry(path, !last && rng.IntN(10) == 0)
}

// oracleSegments are what a client may send for one segment: escapes of all kinds, bytes that
// url.URL escapes again, dot segments, and what is not UTF-8.
var oracleSegments = []string{
	"a", "b", "%61", "%2561", "%252561", "é", "%C3%A9", "%c3%a9", "%25", "^", "%5E", `"`, "a%20b", "...", "%2e..", "*", "%E6%97%A5本",
	"%2F", "%2f%2F", "a%2Fb", "%2Fa", "a%2f", `^%2F`, `%2F"`, `"%2F^`, "%2E%2E%2Fa", ".%2F", "%252F", "%5C", `\`, "+", "[x0]", "{x0}", ";", ":", "~", "|",
	"", ".", "..", "%2e", "%2E%2e", ".%2E", "%FF", "\xff", "%C0%AF", "%ED%A0%80", "%00", "a%00b", "%0A",
}

// randomTarget returns the path of a request, often one that a registered path matches.
func randomTarget(rng *rand.Rand, o oracle) string {
	var segs []string
	list, escapes := oracleSegments, rng.IntN(2) == 0
	if rng.IntN(3) == 0 { // nothing special, like most requests
		list, escapes = []string{"a", "b", "c", "1", "%25", "*"}, false
	}
	if len(o) > 0 && rng.IntN(4) > 0 {
		for _, s := range o[rng.IntN(len(o))].steps {
			switch {
			case s.rank == rankStatic:
				segs = append(segs, randomEscapes(rng, s.text, escapes))
			case s.rank == rankSingle:
				segs = append(segs, pickOne(rng, list))
			default:
				for i := rng.IntN(4); i > 0; i-- {
					segs = append(segs, pickOne(rng, list))
				}
			}
		}
	} else {
		for i := rng.IntN(5); i > 0; i-- {
			segs = append(segs, pickOne(rng, list))
		}
	}
	switch rng.IntN(12) {
	case 0:
		segs = append(segs, "")
	case 1:
		i := rng.IntN(len(segs) + 1)
		segs = append(segs[:i:i], append([]string{pickOne(rng, list)}, segs[i:]...)...)
	}
	return "/" + strings.Join(segs, "/")
}

// randomEscapes returns a text with those bytes escaped that a target cannot contain otherwise, and
// with some more if asked for.
func randomEscapes(rng *rand.Rand, text string, some bool) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '%' || c == ' ' || some && rng.IntN(2) == 0:
			fmt.Fprintf(&b, pickOne(rng, []string{"%%%02X", "%%%02x"}), c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func pickOne(rng *rand.Rand, list []string) string { return list[rng.IntN(len(list))] }
