package apiroute

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// This file is temporary. It holds the helpers that test files of package apiroute still take from
// files that are converted to package apiroute_test and its harness, and exports to that package
// what these files need of the unconverted ones. Delete it, and legacy_bridge_test.go, as soon as
// nothing uses it.

func routerOK(req *Request, res *Response) error { return res.Text("ok") }

func routerQuiet() Option { return Logger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

// A routerLog keeps what is logged, debug lines too.
type routerLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *routerLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *routerLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *routerLog) option() Option {
	return Logger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

type routerReply struct {
	status  int // 0 if there was no answer
	header  http.Header
	body    string
	interim []int // the statuses from 100 to 199 before
	close   bool  // it has Connection: close, which net/http takes out of header
	err     error // the answer broke off
}

// routerPanic calls f, which must panic with a string. It returns the place of
// its own call, which is that of a call in f on the same line, and the string.
func routerPanic(t *testing.T, f func()) (site, text string) {
	t.Helper()
	_, file, line, _ := runtime.Caller(1)
	site = file + ":" + strconv.Itoa(line)
	defer func() {
		t.Helper()
		v := recover()
		if v == nil {
			t.Errorf("%s: no panic", site)
		} else if s, ok := v.(string); ok {
			text = s
		} else {
			t.Errorf("%s: panic with the %T %v, want a string", site, v, v)
		}
	}()
	f()
	return
}

// routerHere is the place of its call.
func routerHere() string {
	_, file, line, _ := runtime.Caller(1)
	return file + ":" + strconv.Itoa(line)
}

// routerUse makes middleware of what it does around the next handler.
func routerUse(f func(next http.Handler, w http.ResponseWriter, r *http.Request)) Option {
	return Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(next, w, r) })
	})
}

// A fuzzDoc has a field of each kind that JSON can fill.
type fuzzDoc struct {
	Name string            `json:"name"`
	N    int64             `json:"n"`
	U    uint8             `json:"u"`
	F    float64           `json:"f"`
	B    bool              `json:"b"`
	L    []string          `json:"l"`
	M    map[string]int    `json:"m"`
	P    *fuzzDoc          `json:"p"`
	A    any               `json:"a"`
	Raw  []byte            `json:"raw"`
	Arr  [2]int            `json:"arr"`
	Num  json.Number       `json:"num"`
	At   time.Time         `json:"at"`
	O    map[string]string `json:"o,omitempty"`
}

func fuzzJSONSeeds() []string {
	seeds := []string{"", "null", "{}", "[]", "{} {}", "{}x", "\ufeff{}", `{"name":"a","name":"b"}`, `{"NAME":"a"}`, `{"n":9007199254740993}`, `{"n":1e2}`,
		`{"u":300}`, `{"f":1e400}`, `{"l":[null,"x"]}`, `{"m":{"":1}}`, `{"p":{"p":{"u":-1}}}`, `{"a":{"b":[1,2.5,"\ud800"]}}`, `{"name":"\ud83d\ude00"}`,
		"{\"name\":\"\xff\"}", `{"raw":"YWI="}`, `{"raw":"*"}`, `{"arr":[1,2,3]}`, `{"num":"1"}`, `{"num":1e5}`, `{"at":"2006-01-02T15:04:05Z"}`, `{"at":1}`,
		`{"b":null,"x":[[[[]]]]}`, `{"name":"\u0000"}`, "{\"name\":\"\x00\"}", `{"":{"\"":1}}`, strings.Repeat("[", 100), `{"a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "}"}
	for _, s := range bindFuzzSeeds() {
		seeds = append(seeds, `{"name":"`+s+`"}`)
	}
	return seeds
}

// A step is a segment of a registered path: what it is, in the order in which
// the kinds are tried, and its text or name.
type step struct {
	rank int
	text string
}

const (
	rankStatic = iota
	rankSingle
	rankCatchAll
	rankOptional
	rankMounted
)

func parseStep(text string) step {
	trimmed := strings.Trim(text, "[].")
	switch {
	case strings.HasPrefix(text, "[[..."):
		return step{rankOptional, trimmed}
	case strings.HasPrefix(text, "[..."):
		return step{rankCatchAll, trimmed}
	case strings.HasPrefix(text, "["):
		return step{rankSingle, trimmed}
	}
	decoded, err := url.PathUnescape(text)
	if err != nil {
		panic(err)
	}
	return step{rankStatic, decoded}
}

// An entry is a registered path.
type entry struct {
	path  string
	mount bool
	steps []step
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

// splitTarget returns the segments of a request's path, decoded, without those that
// make it untidy, and the tidy path in the bytes of the request.
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

// A verdict is what a router answers: the path that matched and its values with
// status 200, and otherwise only the status, or where to go.
type verdict struct {
	Status   int
	Path     string
	Values   map[string][]string
	Location string
}

// verdict says what the answer to a request for a path must be.
func (o oracle) verdict(path string) verdict {
	segs, tidy := splitTarget(path)
	e, values := o.find(segs)
	switch {
	case e == nil:
		return verdict{Status: http.StatusNotFound}
	case tidy != path && !e.mount:
		// A raw backslash is a slash to a browser, and so goes out encoded.
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

var (
	BindFuzzSeeds = bindFuzzSeeds
)
