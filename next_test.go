package apiroute_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// TestNextSortedRoutes registers the lists of paths that were given to Next's own sorting: what
// Next refuses is refused, and Routes has the others in Next's order.
func TestNextSortedRoutes(t *testing.T) {
	t.Parallel()
	var lists []sortedRoutes
	readNextJSON(t, "sorted-routes.json", &lists)
	uses := make([]atomic.Int32, len(pathRules))
	t.Run("lists", func(t *testing.T) {
		for _, list := range lists {
			t.Run(fmt.Sprintf("%.100s", strings.Join(list.Routes, " ")), func(t *testing.T) {
				t.Parallel()
				if list.Error != "" {
					list.checkRefused(t)
				} else {
					list.checkSorted(t, uses)
				}
			})
		}
	})
	for i := range uses {
		if uses[i].Load() == 0 {
			t.Errorf("no path needs the rule: %s", pathRules[i].reason)
		}
	}
}

// A sortedRoutes is a list of paths, and the order in which Next has them or the error with which
// it refuses them.
type sortedRoutes struct {
	Routes, Sorted []string
	Error          string
}

// checkRefused checks that a path of the list is refused, in whatever order they are registered.
func (list sortedRoutes) checkRefused(t *testing.T) {
	t.Helper()
	backwards := slices.Clone(list.Routes)
	slices.Reverse(backwards)
	for _, paths := range [][]string{list.Routes, backwards} {
		if _, refusals := registerAll(paths); len(refusals) == 0 {
			t.Errorf("%q: nothing is refused; Next says %q", paths, list.Error)
		}
	}
}

// checkSorted checks that only those paths of the list are refused that have a rule, and the order
// of the others. It counts the uses of each rule.
func (list sortedRoutes) checkSorted(t *testing.T, uses []atomic.Int32) {
	t.Helper()
	api, refusals := registerAll(list.Routes)
	for i, path := range list.Routes {
		rule := slices.IndexFunc(pathRules, func(r pathRule) bool { return r.refuses(path, list.Routes[:i]) })
		if rule >= 0 {
			uses[rule].Add(1)
		}
		if err := refusals[i]; (err != nil) != (rule >= 0) {
			t.Errorf("registering %q: error %v; Next accepts it, and a rule refuses it: %t", path, err, rule >= 0)
		}
	}
	want := slices.DeleteFunc(slices.Clone(list.Sorted), func(path string) bool {
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
		t.Errorf("%q refused; Routes (-Next +got):\n%s", refusals, cmp.Diff(want, got))
	}
}

// registerAll registers paths in their order. It leaves out those that are refused, and returns
// their errors by the index.
func registerAll(paths []string) (api *apiroute.Router, refusals map[int]error) {
	api, refusals = apiroute.New(), map[int]error{}
	for i, path := range paths {
		if err := tryHandle(api, path, sayOK); err != nil {
			refusals[i] = err
		}
	}
	return api, refusals
}

// tryHandle registers a handler. It returns a panic as an error.
func tryHandle(api *apiroute.Router, path string, h apiroute.Handler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	api.Handle(path, h)
	return nil
}

// A routed is what the tests of routing compare of a response.
type routed struct {
	Status   int    // 0: there was none
	Route    string // the header X-Route: the file that responded
	Location string
	Info     *routeInfo // nil unless a handler responded, and not to HEAD
}

// A routeInfo is the body that the handler "info" sends: what its request says.
type routeInfo struct {
	Route  string         `json:"route"`
	Method string         `json:"method"`
	Query  map[string]any `json:"query"` // of the query and the path, each a string or []any
}

// TestNextRouting sends the requests that were sent to Next: they must reach the same route with
// the same values, but for the rules in routingRules.
func TestNextRouting(t *testing.T) {
	t.Parallel()
	s := newNextSite(t)
	uses := make([]atomic.Int32, len(routingRules))
	t.Run("recordings", func(t *testing.T) {
		for _, r := range routingRecordings(t) {
			t.Run(r.ID, func(t *testing.T) {
				t.Parallel()
				a := &aimed{site: s, recording: r, byNetHTTP: s.send(t, s.bare, r)}
				want, why := a.recorded(t), "as recorded"
				i := slices.IndexFunc(routingRules, func(rule routingRule) bool { return rule.applies(a) })
				if i >= 0 {
					recorded := want
					want, why = routingRules[i].want(a), routingRules[i].reason
					if !cmp.Equal(recorded, want) {
						uses[i].Add(1)
					}
				}
				if diff := cmp.Diff(want, s.send(t, s.api, r)); diff != "" {
					t.Errorf("%s %.200q (-want +got), %s:\n%s", r.Method, r.Target, why, diff)
				}
			})
		}
	})
	for i := range uses {
		if uses[i].Load() == 0 {
			t.Errorf("no recording needs the rule: %s", routingRules[i].reason)
		}
	}
}

// routingRecordings returns the recordings that are about routing, and not about bodies and
// responses.
func routingRecordings(t *testing.T) []*recording {
	t.Helper()
	list := readRecordings(t, "routing", "url", "query", "methods", "protocol")
	return slices.DeleteFunc(list, func(r *recording) bool {
		if r.Group != "protocol" {
			return false
		}
		var rest string
		r.Method, rest, _ = strings.Cut(r.RawRequest, " ")
		r.Target, _, _ = strings.Cut(rest, " ")
		return r.Handler != "info" || r.RawLen > 0 // of a longer request only the beginning is there
	})
}

// TestNextConnections checks what comes after what on one connection. It leaves out requests to
// handlers about bodies and responses.
func TestNextConnections(t *testing.T) {
	t.Parallel()
	s := newNextSite(t)
	compared := 0
	for _, r := range readRecordings(t, "connection") {
		if slices.ContainsFunc(r.RawParts, func(part rawPart) bool {
			return strings.Contains(string(part), " /api/body/") || strings.Contains(string(part), " /api/res/")
		}) {
			continue
		}
		compared++
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			var want, got []routed
			c := s.api.dial(t)
			for i, resp := range r.Responses {
				route, _ := resp.Headers["x-route"].(string)
				want = append(want, routed{Status: resp.Status, Route: route})
				method := ""
				if i < len(r.RawParts) {
					io.WriteString(c, string(r.RawParts[i]))
					method, _, _ = strings.Cut(string(r.RawParts[i]), " ")
				}
				reply := c.reply(method)
				if reply.err != nil {
					t.Fatalf("response %d: %v", i, reply.err)
				}
				got = append(got, routed{Status: reply.status, Route: reply.header.Get("X-Route")})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%.200q (-Next +got):\n%s", r.RawParts, diff)
			}
		})
	}
	if compared == 0 {
		t.Error("no recording is compared")
	}
}

// A nextSite serves the routes of routes.json, all with the handler sendInfo.
type nextSite struct {
	api     *server
	bare    *server // net/http's server with a handler that responds with bareStatus
	oracle  oracle
	refused []string // the paths that this package does not accept
}

// bareStatus is a status that net/http does not send itself.
const bareStatus = 299

func newNextSite(t *testing.T) *nextSite {
	t.Helper()
	var files map[string][]struct{ Route string }
	readNextJSON(t, "routes.json", &files)
	s := &nextSite{}
	api := apiroute.New(quiet())
	var entries []entry
	for _, list := range files {
		for _, f := range list {
			if f.Route != "/api" && !strings.HasPrefix(f.Route, "/api/") {
				continue // a page
			}
			err := tryHandle(api, f.Route, sendInfo)
			if partly := anySegment(f.Route, isPartlyDynamic); (err != nil) != partly {
				t.Errorf("registering %q: error %v; a segment is dynamic only in part: %t", f.Route, err, partly)
			}
			if err != nil {
				s.refused = append(s.refused, f.Route)
			} else {
				entries = append(entries, newEntry(f.Route, false))
			}
		}
	}
	s.oracle = newOracle(entries)
	s.api = newServer(t, api, ignoreComplaints)
	s.bare = newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(bareStatus) }), ignoreComplaints)
	return s
}

// sendInfo is the handler of the recorded site. It adds the values of the path to the query, where
// they replace others of the same name.
func sendInfo(req *apiroute.Request, res *apiroute.Response) error {
	query := map[string]any{}
	for name, list := range req.Query() {
		if query[name] = list[0]; len(list) > 1 {
			query[name] = list
		}
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
	return res.SetHeader("X-Route", routeHeader(req.Route())).JSON(routeInfo{req.Route(), req.Method, query})
}

// routeHeader returns a path with those bytes escaped that a header cannot contain.
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

// send sends the request of a recording to one of the servers.
func (s *nextSite) send(t *testing.T, to *server, r *recording) routed {
	t.Helper()
	c := to.dial(t)
	io.WriteString(c, r.wire(asRecorded)) // fails where the server rejects the request early
	if r.HalfClose {
		c.Conn.(*net.TCPConn).CloseWrite()
	}
	got := c.reply(r.Method)
	if got.status == 0 {
		return routed{}
	}
	if got.err != nil {
		t.Errorf("reading the body: %v", got.err)
	}
	if got.close { // after a response to HEAD this is where a body would be
		if rest := c.rest(); rest != "" {
			t.Errorf("after the response: %.200q; want the end", rest)
		}
	}
	a := routed{Status: got.status, Route: got.header.Get("X-Route"), Location: got.header.Get("Location")}
	if a.Route != "" && a.Status == http.StatusOK && got.body != "" {
		a.Info = &routeInfo{}
		if err := json.Unmarshal([]byte(got.body), a.Info); err != nil {
			t.Errorf("body %.200q: %v", got.body, err)
		}
	}
	return a
}

// An aimed is a recording and the site that its request is sent to.
type aimed struct {
	*recording
	site      *nextSite
	byNetHTTP routed // what net/http sends without this package; bareStatus if a handler got the request
}

// target returns the path and the query as they were sent. A target in absolute form has the path
// after the authority. What is no path does not begin with a slash.
func (a *aimed) target() (path, query string) {
	path, query, _ = strings.Cut(toBytes(a.Target), "?")
	if _, rest, ok := strings.Cut(path, ":"); ok && path[0] != '/' && strings.HasPrefix(rest, "/") {
		if path = rest; strings.HasPrefix(rest, "//") {
			_, path, _ = strings.Cut(rest[2:], "/")
			path = "/" + path
		}
	}
	return path, query
}

func (a *aimed) path() string { path, _ := a.target(); return path }

func (a *aimed) query() string { _, query := a.target(); return query }

// reached reports whether the file of a path responded.
func (a *aimed) reached(path string) bool { return a.ResHeaders["x-route"] == routeHeader(path) }

// isInfo reports whether the recorded response is that of the handler "info".
func (a *aimed) isInfo() bool {
	return a.Status == http.StatusOK && strings.HasPrefix(a.ResBody, `{"route":`)
}

// find returns the path that the oracle finds for the request, and its values.
func (a *aimed) find() (*entry, map[string][]string) {
	if !strings.HasPrefix(a.path(), "/") {
		return nil, nil
	}
	segs, _ := splitTarget(a.path())
	return a.site.oracle.find(segs)
}

// byOracle returns what this package must do according to the oracle.
func (a *aimed) byOracle() routed {
	path, query := a.target()
	switch {
	case a.Method == http.MethodConnect:
		return routed{Status: http.StatusMethodNotAllowed}
	case !strings.HasPrefix(path, "/"):
		return routed{Status: http.StatusNotFound}
	}
	v := a.site.oracle.verdict(path)
	switch {
	case v.Status == http.StatusPermanentRedirect && strings.Contains(a.Target, "?"):
		v.Location += "?" + query
	case v.Status == http.StatusOK && a.Method == http.MethodTrace:
		v.Status = http.StatusMethodNotAllowed
	}
	want := routed{Status: v.Status, Location: v.Location}
	if v.Status != http.StatusOK {
		return want
	}
	want.Route = routeHeader(v.Path)
	if a.Method == http.MethodHead {
		return want
	}
	want.Info = &routeInfo{v.Path, a.Method, parsePairs(query)}
	for _, step := range newEntry(v.Path, false).steps {
		switch list := v.Values[step.text]; {
		case step.rank == rankStatic || list == nil:
		case step.rank == rankSingle:
			want.Info.Query[step.text] = list[0]
		default:
			want.Info.Query[step.text] = toAny(list)
		}
	}
	return want
}

// parsePairs returns a query as the handler "info" sends it: without malformed pairs, and with
// U+FFFD for each byte that is not UTF-8, as encoding/json does.
func parsePairs(query string) map[string]any {
	lists := map[string][]string{}
	for _, pair := range strings.Split(query, "&") {
		if pair != "" && isPair(pair) {
			name, value, _ := strings.Cut(strings.ReplaceAll(pair, "+", "%20"), "=")
			name, _ = url.PathUnescape(name)
			value, _ = url.PathUnescape(value)
			name = validUTF8(name)
			lists[name] = append(lists[name], validUTF8(value))
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

// validUTF8 returns s with U+FFFD for each byte that is not UTF-8.
func validUTF8(s string) string { return string([]rune(s)) }

func toAny(list []string) []any {
	var a []any
	for _, s := range list {
		a = append(a, s)
	}
	return a
}

// recorded returns what the recording has.
func (a *aimed) recorded(t *testing.T) routed {
	t.Helper()
	want := routed{Status: a.Status, Route: a.resHeader("x-route"), Location: a.resHeader("location")}
	if want.Route == "" || !a.isInfo() {
		return want
	}
	want.Info = &routeInfo{}
	if len(a.ResBody) == a.ResLen {
		if err := json.Unmarshal([]byte(a.ResBody), want.Info); err != nil {
			t.Fatal(err)
		}
		return want
	}
	// Only the beginning of the body is recorded, and its length. Take what the oracle says if that
	// makes a body of this length.
	if whole := a.byOracle().Info; whole != nil {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(whole); err != nil {
			t.Fatal(err)
		}
		if b.Len()-len("\n") == a.ResLen {
			want.Info = whole
		}
	}
	return want
}
