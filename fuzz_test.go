package apiroute

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzPath registers the paths of a list and asks for a target: what is
// registered, the page that has the target and the values of it must be the
// oracle's, and the tree and ServeMux must find the same page.
func FuzzPath(f *testing.F) {
	for _, tt := range refusedPaths {
		f.Add(tt.path, "/a/b")
	}
	for _, tt := range untidyTargets {
		f.Add("/api/user\n/u/[id]\n/u/[...x]\n/[[...all]]", tt.target)
	}
	f.Add("/x/[id]/b\n/x/a/[id]\n/x/a/b", "/x/a/b")
	f.Add("/[a]\n/[...b]\n/*\n/\x01", "/*")
	f.Add("/a/[[...b]]\n/a", "/a/")
	f.Add("/%61\n/a\n/[é]", "/%61")
	f.Add("/a%20b/[x]/[y]/[...z]", "/a%20b/%2F/%00/%ff")
	quiet := routerQuiet()
	f.Fuzz(func(t *testing.T, list, raw string) {
		paths := strings.Split(list, "\n")
		if len(paths) > 8 || len(list) > 400 || len(raw) > 400 {
			return
		}
		var got verdict
		var entries []entry
		api := New(quiet)
		for _, path := range paths {
			segs, err := parsePath(path)
			e := entry{path: path}
			if err == nil {
				for _, s := range segs {
					e.steps = append(e.steps, step{int(s.kind), s.text})
				}
				if path != "/" {
					fuzzSyntax(t, path, e)
				}
			}
			want := err != nil
			for _, other := range entries {
				want = want || e.clashes(other)
			}
			if regErr := registerEntry(api, e, &got); (regErr != nil) != want {
				t.Fatalf("registering %q beside %q: error %v; want one: %t", path, entries, regErr, want)
			}
			if !want {
				entries = append(entries, e)
			}
		}
		_, err := url.ParseRequestURI(raw)
		if err != nil || !strings.HasPrefix(raw, "/") || len(entries) == 0 {
			return
		}
		raw, _, _ = strings.Cut(raw, "?") // the oracle takes the path
		u, err := url.ParseRequestURI(raw)
		if err != nil {
			return
		}
		tab := api.current()
		target, ok := parseTarget(u)
		if p, _ := tab.root.find(u); p != nil || isPlain(u) {
			if want := tab.match(target.segs); p != want || !ok || !target.tidy {
				t.Fatalf("%q, target %q (tidy %t): ServeMux finds %v, the tree %v", entries, raw, target.tidy, want, p)
			}
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: u, RequestURI: raw, Header: http.Header{}, Body: http.NoBody})
		got.Status, got.Location = w.Code, w.Header().Get("Location")
		if want := newOracle(entries).verdict(raw); !sameVerdict(want, got) {
			t.Fatalf("%q, target %q: %+v, want %+v", entries, raw, got, want)
		}
	})
}

// fuzzSyntax holds what parsePath makes of a path it takes to the syntax.
func fuzzSyntax(t *testing.T, path string, e entry) {
	t.Helper()
	want := strings.Split(path, "/")[1:]
	if len(want) != len(e.steps) {
		t.Fatalf("parsePath(%q): %v", path, e.steps)
	}
	names := map[string]bool{}
	for i, s := range e.steps {
		if len(want[i]) > 4 && (s.rank == rankStatic) != (want[i][0] != '[') {
			t.Fatalf("parsePath(%q): segment %d is %v", path, i, s)
		}
		if s.text == "" || s.text == "." || s.text == ".." || strings.ContainsAny(s.text, "/\x00") || !utf8.ValidString(s.text) || s.rank > rankSingle && i < len(e.steps)-1 {
			t.Fatalf("parsePath(%q): %v", path, e.steps)
		}
		if s.rank != rankStatic && names[s.text] {
			t.Fatalf("parsePath(%q): the name %q twice", path, s.text)
		}
		names[s.text] = names[s.text] || s.rank != rankStatic
	}
}

// FuzzSegment holds the values of a path to url.PathUnescape of each segment.
func FuzzSegment(f *testing.F) {
	for _, s := range oracleSegments {
		f.Add(s, "x")
		f.Add("%2F", s)
	}
	var param, path, rest string
	var segs []string
	called := false
	api := New(routerQuiet())
	api.Get("/u/[id]/[...rest]", func(req *Request, res *Response) error {
		called, param, path, rest, segs = true, req.Param("id"), req.PathValue("id"), req.Param("rest"), req.Segments("rest")
		return nil
	})
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsAny(a+b, "/?") {
			return
		}
		target := "/u/" + a + "/" + b + "/" + b
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		x, err1 := url.PathUnescape(a)
		y, err2 := url.PathUnescape(b)
		if err1 != nil || err2 != nil {
			t.Fatalf("%q has passed net/url and has a bad escape", target)
		}
		called = false
		w := httptest.NewRecorder()
		api.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: u, RequestURI: target, Header: http.Header{}, Body: http.NoBody})
		untidy := func(s string) bool { return s == "" || s == "." || s == ".." }
		switch {
		case untidy(x) || untidy(y):
			if called {
				t.Fatalf("%q: the handler was called with %q and %q", target, param, segs)
			}
		case !isText(map[string][]string{"": {x, y}}):
			if called || w.Code != http.StatusBadRequest {
				t.Fatalf("%q: %d, the handler called: %t; want 400", target, w.Code, called)
			}
		case !called || param != x || path != x || !slices.Equal(segs, []string{y, y}) || rest != y+"/"+y:
			t.Fatalf("%q: %d, %q, %q, %q, %q; want %q and %q", target, w.Code, param, path, segs, rest, x, y)
		}
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

// A fuzzPlain is a document in which no code but encoding/json's decodes.
type fuzzPlain struct {
	Name string         `json:"name"`
	N    int64          `json:"n"`
	L    []float32      `json:"l"`
	M    map[string]any `json:"m"`
	P    *fuzzPlain     `json:"p"`
	Raw  []byte         `json:"raw"`
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

// FuzzJSON decodes a body as a handler does: what is taken is JSON, and comes
// back the same through an answer; what is refused says what and where.
func FuzzJSON(f *testing.F) {
	for _, s := range fuzzJSONSeeds() {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, reject bool) {
		c := defaults
		c.rejectUnknown = reject
		var v fuzzDoc
		before := bytes.Clone(data)
		path, detail := firstFault(decodeJSON(data, &v, &c, false))
		if !bytes.Equal(data, before) {
			t.Fatalf("%q was changed to %q", before, data)
		}
		path1, looked := firstFault(decodeJSON(data, new(fuzzPlain), &c, false))
		if path2, trusted := firstFault(decodeJSON(data, new(fuzzPlain), &c, true)); path1 != path2 || looked != trusted {
			t.Fatalf("%q: %q %q, without a second look at the text %q %q", data, path1, looked, path2, trusted)
		}
		if detail != "" {
			if !utf8.ValidString(path+detail) || len(path) > 8*maxJSONPath {
				t.Fatalf("%q: %q %q", data, path, detail)
			}
			if s := hostileInternal.FindString(detail); s != "" {
				t.Fatalf("%q: %q is in %q", data, s, detail)
			}
			if !respStrict && !reject && json.Valid(data) && utf8.Valid(data) && string(bytes.TrimSpace(data)) != "null" && json.Unmarshal(data, new(fuzzDoc)) == nil {
				t.Fatalf("%q: %q %q, and encoding/json takes it", data, path, detail)
			}
			return
		}
		if !json.Valid(data) || !utf8.Valid(data) {
			t.Fatalf("%q is taken and is not JSON", data)
		}
		var res *httptest.ResponseRecorder
		Handler(func(_ *Request, r *Response) error { return r.JSON(v) }).ServeHTTP(fuzzRecorder(&res), httptest.NewRequest("GET", "/", nil))
		if v.At.Year() < 0 || v.At.Year() > 9999 {
			return // has no JSON form
		}
		var again fuzzDoc
		if _, detail := firstFault(decodeJSON(res.Body.Bytes(), &again, &c, false)); res.Code != 200 || detail != "" {
			t.Fatalf("%q: encoded %d %q: %s", data, res.Code, res.Body, detail)
		}
		if !fuzzSame(&v, &again) {
			t.Fatalf("%q: decoded %+v, again %+v", data, v, again)
		}
	})
}

func fuzzRecorder(to **httptest.ResponseRecorder) *httptest.ResponseRecorder {
	*to = httptest.NewRecorder()
	return *to
}

// fuzzSame reports whether two documents are equal in what JSON tells apart:
// times by the instant, and the map that is omitted by its members.
func fuzzSame(a, b *fuzzDoc) bool {
	if a == nil || b == nil {
		return a == b
	}
	if !a.At.Equal(b.At) || len(a.O) != len(b.O) || !fuzzSame(a.P, b.P) {
		return false
	}
	x, y := *a, *b
	x.At, x.P, y.At, y.P = time.Time{}, nil, time.Time{}, nil
	if len(x.O) == 0 {
		x.O, y.O = nil, nil
	}
	for _, n := range []*json.Number{&x.Num, &y.Num} {
		if *n == "" {
			*n = "0" // so it goes out
		}
	}
	return reflect.DeepEqual(x, y)
}

// A fuzzLink is a server that gets one connection after another.
type fuzzLink struct{ conns chan net.Conn }

func (l *fuzzLink) Accept() (net.Conn, error) {
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l *fuzzLink) Close() error   { return nil }
func (l *fuzzLink) Addr() net.Addr { return &net.TCPAddr{} }

// panics reports whether net/http tells of a panic in its log.
func (l *routerLog) panics() bool { return strings.Contains(l.String(), "panic serving") }

// FuzzServer sends bytes to a server: nothing panics, all that comes back is
// whole answers, and no more of them than there can be requests.
func FuzzServer(f *testing.F) {
	for _, s := range []string{
		hostileGet("/u/a%2Fb"), hostileGet("//u//1/"), hostileRaw("HEAD", "/head"), hostileRaw("OPTIONS", "*"), hostileRaw("TRACE", "/u/1"), hostileRaw("PRI", "*"),
		"CONNECT //x HTTP/1.1\r\nHost: x\r\n\r\n", hostileJSON("/json", `{"name":"a"}`), hostileJSON("/json", `{"name":"a"} x`), hostileChunked("/json", "{}", hostileIsJSON),
		hostileChunked("/bytes", "abc"), hostileRaw("POST", "/bytes", "Content-Length: 9") + "ab", hostileRaw("POST", "/bytes", "Expect: 100-continue", "Content-Length: 2") + "ab",
		hostileBody("/form", "name=a&n=1", "Content-Type: application/x-www-form-urlencoded"),
		hostileBody("/form", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n", "Content-Type: multipart/form-data; boundary=x"),
		hostileGet("/query?page=1&f=NaN&ok=x;"), hostileKind("panic"), hostileKind("panicafter"), hostileKind("late"), hostileReplyTo("header", "a\r\nb"), hostileReplyTo("status", "99"),
		hostileReplyTo("redirect", "//x"), hostileReplyTo("events", "a\nb"), hostileGet("/etag", `If-None-Match: W/"x", *`), "GET /u/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /u/2 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /u/1 HTTP/1.0\r\n\r\n", "\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	std := &routerLog{}
	link := &fuzzLink{conns: make(chan net.Conn)}
	server := &http.Server{Handler: hostileRoutes(routerQuiet()), ErrorLog: log.New(std, "", 0)}
	ended := make(chan struct{})
	go func() { defer close(ended); server.Serve(link) }()
	f.Cleanup(func() { close(link.conns); <-ended; server.Close() })
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		client, conn := net.Pipe()
		link.conns <- conn
		client.SetDeadline(time.Now().Add(10 * time.Second))
		answers := make(chan []byte, 1)
		go func() {
			b, _ := io.ReadAll(io.LimitReader(client, 16<<20))
			client.Close() // that a writer who is not read comes to an end
			answers <- b
		}()
		client.Write(text)
		// A pipe has no half close. This ends a request that is not whole, and is
		// one if it can.
		client.Write([]byte("\r\n\r\nGET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
		var raw []byte
		quiet := time.AfterFunc(100*time.Millisecond, func() { client.Close() }) // for a body that never ends
		raw = <-answers
		quiet.Stop()
		client.Close()
		if std.panics() {
			t.Fatalf("%q: %s", text, std)
		}
		most := bytes.Count(text, []byte("\n")) + 2 // a request has a line at least
		if err := fuzzAnswers(raw, most); err != nil {
			t.Fatalf("%q: %v in\n%s", text, err, raw)
		}
	})
}

// fuzzAnswers checks that bytes are answers one after the other, the last of
// which may be cut short.
func fuzzAnswers(raw []byte, most int) error {
	if raw == nil || len(raw) > 16<<20-1 {
		return nil
	}
	n := 0
	for r := bufio.NewReader(bytes.NewReader(raw)); ; n++ {
		if _, err := r.Peek(1); err != nil {
			break
		}
		line, err := r.Peek(13)
		if err != nil {
			return nil // cut
		}
		var status int
		if c, err := fmt.Sscanf(string(line), "HTTP/1.%1d %3d ", new(int), &status); c != 2 || err != nil || status < 100 || status > 599 {
			if n > 0 {
				return nil // the bytes of an answer to HEAD cannot be told from a body that is missing
			}
			return fmt.Errorf("status line %q", line)
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return nil
		}
		if resp.StatusCode >= 400 && resp.Header.Get("Content-Type") == "application/problem+json" && resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			return fmt.Errorf("status %d without nosniff", resp.StatusCode)
		}
		if n > most {
			return fmt.Errorf("%d answers to at most %d requests", n, most)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil // cut, or of a HEAD
		}
		if resp.StatusCode == 500 && string(b) != hostile500 && !strings.Contains(string(b), "no such") {
			return fmt.Errorf("a 500 with %q", b)
		}
	}
	if n > most {
		return fmt.Errorf("%d answers to at most %d requests", n, most)
	}
	return nil
}
