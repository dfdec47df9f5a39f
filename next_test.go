package apiroute

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The files in testdata/next are recordings of Next.js 16.4.6 (next build, next
// start): what its router made of lists of paths, and what a site with the
// files of routes.json answered to requests, byte by byte.
//
// Where this package differs on purpose, a rule says so, with the reason, for
// which inputs, and what is wanted instead. Rules look at the input, never at
// which recording it is; and one that changes nothing is an error.

// A pathRule is a kind of path that Next takes and this package refuses.
type pathRule struct {
	reason string
	// refuses is asked about a path beside those registered before it.
	refuses func(path string, before []string) bool
}

var pathRules = []pathRule{
	{
		"a segment that is dynamic only in part, or has a stray bracket, is plain text to Next, which is never what was meant",
		func(path string, _ []string) bool { return anySegment(path, isPartlyDynamic) },
	},
	{
		"a dynamic segment without a name can give its value to nobody",
		func(path string, _ []string) bool {
			return anySegment(path, func(s string) bool { return s == "[]" || s == "[...]" || s == "[[...]]" })
		},
	},
	{
		"a static segment is one that a request can have: clients resolve dot segments (RFC 3986, section 5.2.4)",
		func(path string, _ []string) bool { return anySegment(path, isImpossible) },
	},
	{
		"there is one way to write a path: Next drops empty segments",
		func(path string, _ []string) bool {
			return path != "/" && (!strings.HasPrefix(path, "/") || anySegment(path, func(s string) bool { return s == "" }))
		},
	},
	{
		"the same path twice is a mistake: to Next it is one file",
		func(path string, before []string) bool {
			return slices.ContainsFunc(before, func(other string) bool { return decoded(other) == decoded(path) })
		},
	},
}

func anySegment(path string, is func(string) bool) bool {
	return slices.ContainsFunc(strings.Split(strings.TrimPrefix(path, "/"), "/"), is)
}

// isPartlyDynamic reports whether a segment has brackets and is neither [x] nor
// [...x] nor [[...x]].
func isPartlyDynamic(s string) bool {
	inner := s
	for _, form := range [][2]string{{"[[...", "]]"}, {"[...", "]"}, {"[", "]"}} {
		if strings.HasPrefix(s, form[0]) && strings.HasSuffix(s, form[1]) && len(s) >= len(form[0])+len(form[1]) {
			inner = s[len(form[0]) : len(s)-len(form[1])]
			break
		}
	}
	return strings.ContainsAny(inner, "[]")
}

// isImpossible reports whether no segment of a request can be s, or s means
// something else in other places, as braces do.
func isImpossible(s string) bool {
	text, err := url.PathUnescape(s)
	return err != nil || text == "." || text == ".." || strings.ContainsAny(s, "{}?#") || strings.Contains(text, "/") ||
		strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c == 0x7f }) || !utf8.ValidString(text)
}

// decoded returns s decoded, or as it is if it has a bad escape.
func decoded(s string) string {
	if text, err := url.PathUnescape(s); err == nil {
		return text
	}
	return s
}

func TestNextSortedRoutes(t *testing.T) {
	var lists []struct {
		Routes, Sorted []string
		Error          string
	}
	readJSON(t, "sorted-routes.json", &lists)
	uses := make([]int, len(pathRules))
	for _, list := range lists {
		if list.Error != "" {
			backwards := slices.Clone(list.Routes)
			slices.Reverse(backwards)
			for _, paths := range [][]string{list.Routes, backwards} {
				if _, refusals := registerAll(paths); len(refusals) == 0 {
					t.Errorf("%q: nothing refused; Next says %q", paths, list.Error)
				}
			}
			continue
		}
		api, refusals := registerAll(list.Routes)
		want := slices.Clone(list.Sorted)
		for i, path := range list.Routes {
			rule := slices.IndexFunc(pathRules, func(r pathRule) bool { return r.refuses(path, list.Routes[:i]) })
			if rule >= 0 {
				uses[rule]++
			}
			if err := refusals[i]; (err != nil) != (rule >= 0) {
				t.Errorf("%q: registering %q: error %v; Next takes it, and a rule refuses it: %t", list.Routes, path, err, rule >= 0)
			}
		}
		want = slices.DeleteFunc(want, func(path string) bool {
			for i, p := range list.Routes {
				if p == path && refusals[i] == nil {
					return false
				}
			}
			return true
		})
		var got []string
		for _, r := range api.Routes() {
			got = append(got, r.Path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, of which are refused %q: Routes (-Next +got):\n%s", list.Routes, refusals, cmp.Diff(want, got))
		}
	}
	for i, n := range uses {
		if n == 0 {
			t.Errorf("no path needs the rule: %s", pathRules[i].reason)
		}
	}
}

// registerAll registers paths in their order. Those that are refused are left
// out, with the error by the index.
func registerAll(paths []string) (api *Router, refusals map[int]error) {
	api, refusals = New(), map[int]error{}
	for i, path := range paths {
		h := func(_ *Request, res *Response) error { return res.End() }
		if err := api.register(route{source: "test", path: path, handler: h}, onRoute, nil); err != nil {
			refusals[i] = err
		}
	}
	return api, refusals
}

// A recording is a line of corpus.jsonl. Target, header values and RawRequest
// are text in which a character is a byte.
type recording struct {
	ID, Group, Method, Target string

	Handler    string         // of the route that the request aims at
	Headers    map[string]any // a string, or several; without Connection: close
	Body       string
	BodyBase64 []byte `json:"body_base64"`
	RawRequest string `json:"raw_request"` // the whole request, if set
	RawLen     int    `json:"raw_len"`     // set if RawRequest is only the beginning
	HalfClose  bool   `json:"half_close"`  // nothing more is sent after RawRequest

	Layer      string         // "node-http": Node's HTTP parser has answered, not Next
	Status     int            // 0: there was no answer
	ResHeaders map[string]any `json:"res_headers"`
	ResBody    string         `json:"res_body"` // its first 2,000 characters
	ResLen     int            `json:"res_len"`  // of the whole body

	RawParts  []rawPart `json:"raw_parts"` // of several requests
	Responses []struct {
		Status  int
		Headers map[string]any
	}
}

// An info is what the handler "info" answers: what it has been given.
type info struct {
	Route  string         `json:"route"`
	Method string         `json:"method"`
	Query  map[string]any `json:"query"` // of the search and the path: string or []any
}

// An answer is what is compared.
type answer struct {
	Status   int
	Route    string // the header x-route
	Location string
	Info     *info // nil unless the handler has answered, and not to HEAD
}

// A difference is one between Next and this package that is on purpose.
type difference struct {
	reason  string
	applies func(*site, *recording) bool
	want    func(*site, *recording) answer // in place of what is recorded
}

// differences are asked in this order; the first that applies counts. Most want
// what the oracle says of the path, so that one request can have several.
var differences = []difference{
	{
		"what net/http answers itself is net/http's: a bad escape in the path, a bad Host, OPTIONS *",
		func(s *site, r *recording) bool { return s.byNetHTTP(r).Status != bareStatus },
		(*site).byNetHTTP,
	},
	{
		"CONNECT names a host and no path (golang/go#81222), and TRACE is for no handler: 405",
		func(_ *site, r *recording) bool {
			return r.Method == http.MethodConnect || r.Method == http.MethodTrace
		},
		(*site).answer,
	},
	{
		"what Node refuses (a head over 16 KiB, say) or drops without an answer, Next never saw",
		func(_ *site, r *recording) bool {
			return r.Layer != "" || r.Status == 0 || r.Status == http.StatusRequestHeaderFieldsTooLarge
		},
		(*site).answer,
	},
	{
		"of a target in absolute form only the path counts, and a redirect stays on this host; * is no path",
		func(_ *site, r *recording) bool { return !strings.HasPrefix(r.Target, "/") },
		(*site).answer,
	},
	{
		"a number sign is not legal in a target (RFC 9112, section 3.2) and net/http keeps it; Next cuts it off",
		func(_ *site, r *recording) bool { return strings.Contains(r.Target, "#") },
		(*site).answer,
	},
	{
		"a backslash in the path is a character like any other; to Next it is a slash",
		func(_ *site, r *recording) bool { return strings.Contains(r.path(), `\`) },
		(*site).answer,
	},
	{
		"dot segments, also encoded, are redirected to the tidy path if that has a route; Next resolves them",
		func(_ *site, r *recording) bool {
			return anySegment(r.path(), func(s string) bool { return decoded(s) == "." || decoded(s) == ".." })
		},
		(*site).answer,
	},
	{
		"a redirect for slashes goes to the tidy path at once, and only if that has a route; Next's goes step by step, to anywhere",
		func(_ *site, r *recording) bool {
			path := r.path()
			return strings.Contains(path, "//") || path != "/" && strings.HasSuffix(path, "/")
		},
		(*site).answer,
	},
	{
		"text is compared decoded: to Next %66irst is not the file first",
		func(s *site, r *recording) bool {
			e, _ := s.find(r)
			segs := strings.Split(r.path(), "/")[1:]
			if e == nil {
				return false
			}
			for i, step := range e.steps {
				if step.rank == rankStatic && step.text != segs[i] {
					return true
				}
			}
			return false
		},
		(*site).answer,
	},
	{
		"pages are no API routes, nor is what Next has of its own, such as /_next and /404",
		func(_ *site, r *recording) bool { return !strings.HasPrefix(r.path()+"/", "/api/") },
		(*site).answer,
	},
	{
		"no value holds NUL: 400",
		func(s *site, r *recording) bool {
			_, values := s.find(r)
			return anyValue(values, func(v string) bool { return strings.Contains(v, "\x00") })
		},
		func(*site, *recording) answer { return answer{Status: http.StatusBadRequest} },
	},
	{
		"the segment index, and one that reads as the dynamic segment itself, are values; Next takes them for nothing in a catch-all",
		func(s *site, r *recording) bool {
			e, values := s.find(r)
			return e != nil && e.steps[len(e.steps)-1].rank > rankSingle && anyValue(values, func(v string) bool {
				return v == "index" || strings.HasSuffix(e.path, "/"+v)
			})
		},
		(*site).answer,
	},
	{
		"a segment that is dynamic only in part is refused when registered; to Next it is plain text",
		func(s *site, r *recording) bool { return slices.ContainsFunc(s.refused, r.reached) },
		(*site).answer,
	},
	{
		"of a query, net/url leaves out pairs with a bad escape or a semicolon (golang/go#25192); Bind makes them errors",
		func(_ *site, r *recording) bool {
			return slices.ContainsFunc(strings.Split(r.query(), "&"), func(pair string) bool { return !isPair(pair) })
		},
		(*site).answer,
	},
	{
		"a target is octets, and UTF-8 is not checked in the query; to Next raw octets are Latin-1, and wrong ones U+FFFD",
		func(_ *site, r *recording) bool {
			return strings.ContainsFunc(r.Target, func(c rune) bool { return c > 0x7f }) || !utf8.ValidString(decoded(r.query()))
		},
		(*site).answer,
	},
	{
		"names are only names: nxtP and the like are Next's own, and __proto__ is JavaScript's",
		func(s *site, r *recording) bool {
			e, _ := s.find(r)
			if e != nil && strings.Contains(e.path, "__proto__") {
				return true
			}
			for name := range parsePairs(r.query()) {
				if strings.HasPrefix(name, "nxt") || strings.HasPrefix(name, "_") {
					return true
				}
			}
			return false
		},
		(*site).answer,
	},
	{
		"another handler has answered, which is for other tests; here there is only info, and the path counts",
		func(_ *site, r *recording) bool {
			return r.Handler != "info" && r.ResHeaders["x-route"] != nil && !r.isInfo()
		},
		(*site).answer,
	},
}

func anyValue(values map[string][]string, is func(string) bool) bool {
	for _, list := range values {
		if slices.ContainsFunc(list, is) {
			return true
		}
	}
	return false
}

func TestNextRecordings(t *testing.T) {
	s := newSite(t)
	uses := make([]int, len(differences))
	for _, r := range readRecordings(t) {
		switch r.Group {
		case "routing", "url", "query", "methods":
		case "protocol":
			// The other handlers are about bodies; and of some requests only the
			// beginning is kept.
			if r.Handler != "info" || r.RawLen > 0 {
				continue
			}
			var rest string
			r.Method, rest, _ = strings.Cut(r.RawRequest, " ")
			r.Target, _, _ = strings.Cut(rest, " ")
		default:
			continue
		}
		want, why := s.recorded(t, r), "as recorded"
		i := slices.IndexFunc(differences, func(d difference) bool { return d.applies(s, r) })
		if i >= 0 {
			recorded := want
			want, why = differences[i].want(s, r), differences[i].reason
			if !cmp.Equal(recorded, want) {
				uses[i]++
			}
		}
		got := s.send(t, s.addr, r)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s %.200q (-want +got), %s:\n%s", r.ID, r.Method, r.Target, why, diff)
		}
	}
	for i, n := range uses {
		if n == 0 {
			t.Errorf("no recording needs the rule: %s", differences[i].reason)
		}
	}
}

// TestNextConnections checks what comes after what on one connection. Requests to
// handlers about bodies and responses are for other tests.
func TestNextConnections(t *testing.T) {
	s := newSite(t)
	compared := 0
	for _, r := range readRecordings(t) {
		others := func(part rawPart) bool {
			return strings.Contains(string(part), " /api/body/") || strings.Contains(string(part), " /api/res/")
		}
		if r.Group != "connection" || slices.ContainsFunc(r.RawParts, others) {
			continue
		}
		compared++
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		br := bufio.NewReader(conn)
		var want, got []answer
		for _, resp := range r.Responses {
			route, _ := resp.Headers["x-route"].(string)
			want = append(want, answer{Status: resp.Status, Route: route})
		}
		for i := range want {
			req := &http.Request{}
			if i < len(r.RawParts) {
				io.WriteString(conn, string(r.RawParts[i]))
				req.Method, _, _ = strings.Cut(string(r.RawParts[i]), " ")
			}
			resp, err := http.ReadResponse(br, req)
			if err != nil {
				t.Errorf("%s: answer %d: %v", r.ID, i, err)
				break
			}
			io.Copy(io.Discard, resp.Body)
			got = append(got, answer{Status: resp.StatusCode, Route: resp.Header.Get("X-Route")})
		}
		conn.Close()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %.200q (-Next +got):\n%s", r.ID, r.RawParts, diff)
		}
	}
	if compared == 0 {
		t.Error("no recording compared")
	}
}

// A rawPart is what is sent at one time.
type rawPart string

// UnmarshalJSON takes text, or the beginning of one whose last character is
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

// A site serves the routes of routes.json, all with the handler info.
type site struct {
	t       *testing.T
	addr    string
	bare    string // the address of a plain net/http server
	oracle  oracle
	refused []string // the paths that this package does not take
}

// bareStatus is what the plain server's handler answers: a status that net/http
// has no use for.
const bareStatus = 299

func newSite(t *testing.T) *site {
	t.Helper()
	var files map[string][]struct{ Route string }
	readJSON(t, "routes.json", &files)
	s := &site{t: t}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	api := New(Logger(quiet))
	var entries []entry
	for _, list := range files {
		for _, f := range list {
			if f.Route != "/api" && !strings.HasPrefix(f.Route, "/api/") {
				continue // a page
			}
			err := api.register(route{source: "test", path: f.Route, handler: answerInfo}, onRoute, nil)
			if partly := anySegment(f.Route, isPartlyDynamic); (err != nil) != partly {
				t.Errorf("registering %q: error %v; dynamic only in part: %t", f.Route, err, partly)
			}
			if err != nil {
				s.refused = append(s.refused, f.Route)
			} else {
				entries = append(entries, newEntry(f.Route, false))
			}
		}
	}
	s.oracle = newOracle(entries)
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(bareStatus) })
	for addr, h := range map[*string]http.Handler{&s.addr: api, &s.bare: bare} {
		server := httptest.NewUnstartedServer(h)
		server.Config.ErrorLog = slog.NewLogLogger(quiet.Handler(), slog.LevelError)
		server.Start()
		t.Cleanup(server.Close)
		*addr = server.Listener.Addr().String()
	}
	return s
}

// answerInfo is the recorded site's handler: the values of the path go into the
// query, where they win.
func answerInfo(req *Request, res *Response) error {
	query := map[string]any{}
	for name, list := range req.Query() {
		query[name] = queryValue(list)
	}
	for _, s := range newEntry(req.Route(), false).steps {
		switch s.rank {
		case rankSingle:
			query[s.text] = req.Param(s.text)
		case rankCatchAll, rankOptional:
			if segs := req.Segments(s.text); segs != nil {
				query[s.text] = segs
			}
		}
	}
	return res.SetHeader("X-Route", routeHeader(req.Route())).JSON(info{req.Route(), req.Method, query})
}

// queryValue is a string, or an array of them if the name is repeated.
func queryValue(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// routeHeader escapes what a header cannot hold of a path.
func routeHeader(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if c := path[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// target returns path and query as sent. A target in absolute form has the path
// after the authority. What is no path does not begin with a slash.
func (r *recording) target() (path, query string) {
	path, query, _ = strings.Cut(toBytes(r.Target), "?")
	if _, rest, ok := strings.Cut(path, ":"); ok && path[0] != '/' && strings.HasPrefix(rest, "/") {
		if path = rest; strings.HasPrefix(rest, "//") {
			_, path, _ = strings.Cut(rest[2:], "/")
			path = "/" + path
		}
	}
	return path, query
}

func (r *recording) path() string { path, _ := r.target(); return path }

func (r *recording) query() string { _, query := r.target(); return query }

// reached reports whether the file of a path answered.
func (r *recording) reached(path string) bool { return r.ResHeaders["x-route"] == routeHeader(path) }

// isInfo reports whether the recorded answer is that of the handler info.
func (r *recording) isInfo() bool {
	return r.Status == http.StatusOK && strings.HasPrefix(r.ResBody, `{"route":`)
}

// find returns the path that the oracle has for a request, and its values.
func (s *site) find(r *recording) (*entry, map[string][]string) {
	if !strings.HasPrefix(r.path(), "/") {
		return nil, nil
	}
	segs, _ := splitTarget(r.path())
	return s.oracle.find(segs)
}

// answer is what this package must answer by the oracle.
func (s *site) answer(r *recording) answer {
	path, query := r.target()
	switch {
	case r.Method == http.MethodConnect:
		return answer{Status: http.StatusMethodNotAllowed}
	case !strings.HasPrefix(path, "/"):
		return answer{Status: http.StatusNotFound}
	}
	v := s.oracle.verdict(path)
	switch {
	case v.Status == http.StatusPermanentRedirect && strings.Contains(r.Target, "?"):
		v.Location += "?" + query
	case v.Status == http.StatusOK && r.Method == http.MethodTrace:
		v.Status = http.StatusMethodNotAllowed
	}
	a := answer{Status: v.Status, Location: v.Location}
	if v.Status != http.StatusOK {
		return a
	}
	a.Route = routeHeader(v.Path)
	if r.Method == http.MethodHead {
		return a
	}
	a.Info = &info{v.Path, r.Method, parsePairs(query)}
	for _, step := range newEntry(v.Path, false).steps {
		switch list := v.Values[step.text]; {
		case step.rank == rankStatic || list == nil:
		case step.rank == rankSingle:
			a.Info.Query[step.text] = list[0]
		default:
			a.Info.Query[step.text] = toAny(list)
		}
	}
	return a
}

// parsePairs is the query as info shows it: without pairs that are malformed,
// and with U+FFFD for each octet that is not UTF-8, as encoding/json has it.
func parsePairs(query string) map[string]any {
	lists := map[string][]string{}
	for _, pair := range strings.Split(query, "&") {
		if pair != "" && isPair(pair) {
			name, value, _ := strings.Cut(strings.ReplaceAll(pair, "+", "%20"), "=")
			name, _ = url.PathUnescape(name)
			value, _ = url.PathUnescape(value)
			lists[toText(name)] = append(lists[toText(name)], toText(value))
		}
	}
	merged := map[string]any{}
	for name, list := range lists {
		if merged[name] = list[0]; len(list) > 1 {
			merged[name] = toAny(list)
		}
	}
	return merged
}

// isPair reports whether a pair of a query is well-formed for net/url.
func isPair(pair string) bool {
	_, err := url.PathUnescape(pair)
	return err == nil && !strings.Contains(pair, ";")
}

func toText(s string) string { return string([]rune(s)) }

func toAny(list []string) []any {
	var a []any
	for _, s := range list {
		a = append(a, s)
	}
	return a
}

// recorded is the answer that the recording has.
func (s *site) recorded(t *testing.T, r *recording) answer {
	t.Helper()
	header := func(name string) string {
		value, _ := r.ResHeaders[name].(string)
		return toBytes(value)
	}
	a := answer{Status: r.Status, Route: header("x-route"), Location: header("location")}
	if a.Route == "" || !r.isInfo() {
		return a
	}
	a.Info = &info{}
	if len(r.ResBody) == r.ResLen {
		if err := json.Unmarshal([]byte(r.ResBody), a.Info); err != nil {
			t.Fatalf("%s: %v", r.ID, err)
		}
		return a
	}
	// Only the beginning of the body is there, and its length. Take what the
	// oracle says if that makes a body of this length.
	if whole := s.answer(r).Info; whole != nil {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(whole); err != nil {
			t.Fatalf("%s: %v", r.ID, err)
		}
		if b.Len()-len("\n") == r.ResLen {
			a.Info = whole
		}
	}
	return a
}

// byNetHTTP is what a plain net/http server answers. Its status is bareStatus if
// a handler has seen the request.
func (s *site) byNetHTTP(r *recording) answer { return s.send(s.t, s.bare, r) }

// send writes the request of a recording to a connection and reads the answer.
// The status is 0 if there is none.
func (s *site) send(t *testing.T, addr string, r *recording) answer {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("%s: %v", r.ID, err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(conn, r.wire()) // fails where the server has refused early
	if r.HalfClose {
		conn.(*net.TCPConn).CloseWrite()
	}
	br := bufio.NewReader(conn)
	resp, err := http.ReadResponse(br, &http.Request{Method: r.Method})
	for err == nil && resp.StatusCode < 200 {
		resp, err = http.ReadResponse(br, &http.Request{Method: r.Method})
	}
	if err != nil {
		return answer{}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("%s: %s %.200q: reading the body: %v", r.ID, r.Method, r.Target, err)
	}
	a := answer{Status: resp.StatusCode, Route: resp.Header.Get("X-Route"), Location: resp.Header.Get("Location")}
	if resp.Close {
		// Of HEAD this is where a body would be.
		if rest, _ := io.ReadAll(br); len(rest) > 0 {
			t.Errorf("%s: %s %.200q: after the answer: %.200q; want the end", r.ID, r.Method, r.Target, rest)
		}
	}
	if a.Route != "" && a.Status == http.StatusOK && len(body) > 0 {
		a.Info = &info{}
		if err := json.Unmarshal(body, a.Info); err != nil {
			t.Errorf("%s: %s %.200q: body %.200q: %v", r.ID, r.Method, r.Target, body, err)
		}
	}
	return a
}

// wire returns the bytes of the request.
func (r *recording) wire() string {
	if r.RawRequest != "" {
		return toBytes(r.RawRequest)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nConnection: close\r\n", r.Method, toBytes(r.Target))
	for name, value := range r.Headers {
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, toBytes(v.(string)))
		}
	}
	b.WriteString("\r\n")
	body := r.Body + string(r.BodyBase64)
	if r.Headers["Transfer-Encoding"] == "chunked" {
		fmt.Fprintf(&b, "%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	} else {
		b.WriteString(body)
	}
	return b.String()
}

// toBytes undoes the recording's way with bytes: one is one character.
func toBytes(s string) string {
	var b strings.Builder
	for _, c := range s {
		b.WriteByte(byte(c))
	}
	return b.String()
}

func readRecordings(t *testing.T) (list []*recording) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "next", "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		r := &recording{}
		if err := d.Decode(r); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
}

func readJSON(t *testing.T, name string, dst any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "next", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, dst); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
