package apiroute_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The recordings of the groups response, etag, cookies and body are of handlers. Each of these is
// written again with this package in next_handler_test.go, and must send the same response, but for
// the rules in next_response_rule_test.go.

// A nextResponse is what is compared of a response.
type nextResponse struct {
	Status   int
	Type     string // Content-Type
	Body     string // see beginning; for HEAD the length that is announced
	Location string
	Allow    string
	Cookies  []string
	ETag     bool // whether there is one
	Cut      bool // whether the connection ends before the response does
}

// A replay is a recording whose request is sent to this package, and the handler that it aims at.
type replay struct {
	*recording
	handler nextHandler
	plain   nextResponse // what is recorded of the handler for a GET without If-None-Match
}

// newReplays returns the replays of all recordings of handlers that this package can have.
func newReplays(t *testing.T) (list []*replay) {
	t.Helper()
	recordings := readRecordings(t, "response", "etag", "cookies", "body")
	absent := 0
	for _, r := range recordings {
		h, ok := nextHandlers[r.Handler]
		if !ok && r.Handler != "" {
			t.Errorf("%s: no handler %q", r.ID, r.Handler)
		}
		if h.whyAbsent != "" {
			absent++
			continue
		}
		a := &replay{recording: r, handler: h}
		i := slices.IndexFunc(recordings, func(other *recording) bool {
			return other.Handler == r.Handler && other.Method == http.MethodGet &&
				other.header("If-None-Match") == "" && other.ResHeaders["content-encoding"] == nil
		})
		if i >= 0 {
			a.plain = (&replay{recording: recordings[i]}).recorded()
		}
		list = append(list, a)
	}
	if absent == 0 || absent > len(recordings)/10 {
		t.Errorf("%d of %d recordings are of handlers that this package cannot have", absent, len(recordings))
	}
	return list
}

func TestNextResponses(t *testing.T) {
	noLeaks(t)
	replays := newReplays(t)
	s := newAPI(t, func(api *apiroute.Router) {
		registered := map[string]bool{}
		for _, r := range replays {
			if r.handler.serve != nil && !registered[r.Route] {
				registered[r.Route] = true
				api.Handle(r.Route, r.handler.serve, r.handler.opts...)
			}
		}
	}, apiroute.ETag(true))
	uses := make([]atomic.Int32, len(responseRules))
	t.Run("recordings", func(t *testing.T) {
		for _, r := range replays {
			t.Run(r.ID, func(t *testing.T) {
				t.Parallel()
				want, why := r.want(uses)
				got := r.send(s)
				if r.handler.dynamic {
					want.Body, got.Body = inOrder(want.Body), inOrder(got.Body)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s %s, handler %s (-want +got), Next but for %q:\n%s", r.Method, r.Target, r.Handler, why, diff)
				}
			})
		}
	})
	for i := range uses {
		if uses[i].Load() == 0 && (jsonIsStrict || !responseRules[i].strict) {
			t.Errorf("no recording needs the rule: %s", responseRules[i].reason)
		}
	}
}

// want returns what this package must respond: what is recorded, changed by all rules that apply.
// It also returns the reasons of these rules, and counts their uses.
func (r *replay) want(uses []atomic.Int32) (now nextResponse, why []string) {
	now = r.recorded()
	for i, rule := range responseRules {
		if !rule.applies(r, now) {
			continue
		}
		before := now
		now = rule.want(r, now)
		if r.handler.dynamic {
			before.Body, now.Body = inOrder(before.Body), inOrder(now.Body)
		}
		if !cmp.Equal(before, now) {
			uses[i].Add(1)
			why = append(why, rule.reason)
		}
	}
	return now, why
}

// recorded returns the response that is recorded.
func (r *replay) recorded() nextResponse {
	now := nextResponse{
		Status: r.Status, Type: r.resHeader("content-type"), Location: r.resHeader("location"), Allow: r.resHeader("allow"),
		Cookies: headerValues(r.ResHeaders["set-cookie"]), ETag: r.resHeader("etag") != "",
		Body: beginning(r.ResBody+string(r.ResBodyBase64), r.ResLen),
	}
	if r.Method == http.MethodHead {
		now.Body = r.resHeader("content-length") + " bytes"
	}
	return now
}

// beginning returns a body that has a length, or its first bytes and the length.
func beginning(body string, length int) string {
	const most = 1500
	if length <= most {
		return body
	}
	return fmt.Sprintf("%s ... of %d bytes", body[:most], length)
}

// send sends the request. Next's ETags in it become those of this package that mean the same
// response.
func (r *replay) send(s *server) nextResponse {
	tag := r.resHeader("etag")
	got := s.raw(r.wire(func(name, value string) string {
		if !strings.EqualFold(name, "If-None-Match") || tag == "" || !strings.Contains(value, tag) {
			return value
		}
		plain := s.do(http.MethodGet, toBytes(r.Target), "")
		return strings.ReplaceAll(value, tag, plain.header.Get("ETag"))
	}))
	now := nextResponse{
		Status: got.status, Type: got.header.Get("Content-Type"), Location: got.header.Get("Location"), Allow: got.header.Get("Allow"),
		Cookies: got.header["Set-Cookie"], ETag: got.header.Get("ETag") != "", Body: beginning(got.body, len(got.body)), Cut: got.err != nil,
	}
	switch {
	case now.Type == problemType && (r.Method == http.MethodHead || isProblem(got)):
		now.Body = problemResponse(0).Body // other tests compare the texts
	case r.Method == http.MethodHead:
		now.Body = got.header.Get("Content-Length") + " bytes"
	}
	return now
}

// isProblem reports whether the body of a response is a problem with its status.
func isProblem(got reply) bool {
	var p struct {
		Title  string
		Status int
	}
	return json.Unmarshal([]byte(got.body), &p) == nil && p.Status == got.status && p.Title == http.StatusText(got.status)
}

// inOrder sorts what comes out of a map in no order: the members of objects, and lists of their
// names.
func inOrder(body string) string {
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		return body
	}
	if m, ok := v.(map[string]any); ok {
		if keys, ok := m["keys"].([]any); ok {
			sort.Slice(keys, func(i, j int) bool { return keys[i].(string) < keys[j].(string) })
		}
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// redirectsTo returns the URL to which the handler redirects, byte by byte.
func (r *replay) redirectsTo() string {
	if r.handler.to != "?to" {
		return r.handler.to
	}
	_, query, _ := strings.Cut(toBytes(r.Target), "?")
	values, _ := url.ParseQuery(query)
	return values.Get("to")
}

// isError reports whether a response is not the handler's own, but one for an error.
func (r *replay) isError(now nextResponse) bool {
	return now.Status >= 400 && now.Status != r.handler.status && !now.Cut && !json.Valid([]byte(now.Body))
}

// takes reports whether the handler takes the body as one of a kind, and no rule has rejected it
// before.
func (r *replay) takes(kind string, now nextResponse) bool {
	return r.handler.parses && r.media() == kind && now.Type != problemType
}

// media returns the kind of the body; see mediaKind.
func (r *replay) media() string { return mediaKind(r.values("Content-Type"), len(r.body()) == 0) }

// isRead reports whether the method is GET or HEAD.
func (r *replay) isRead() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c >= 0x7f })
}

// cookiePairs returns the parts between the semicolons of the cookies, if the handler shows them.
func (r *replay) cookiePairs() (pairs []string) {
	if r.Handler != "cookies" {
		return nil
	}
	for _, line := range r.values("Cookie") {
		for _, p := range strings.Split(line, ";") {
			if p = strings.TrimSpace(p); p != "" {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// anyCookie reports whether a text is in one of the cookies.
func (r *replay) anyCookie(text string) bool {
	return slices.ContainsFunc(r.cookiePairs(), func(p string) bool { return strings.Contains(p, text) })
}

// cookies returns the response with the cookies as RFC 6265 and net/http have them: a value loses
// the quotation marks around it, and the first cookie of a name counts.
func (r *replay) cookies(now nextResponse) nextResponse {
	cookies, names := map[string]string{}, []string{}
	for _, p := range r.cookiePairs() {
		name, value, _ := strings.Cut(p, "=")
		name = strings.TrimSpace(name)
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if _, ok := cookies[name]; ok || name == "" || strings.ContainsAny(value, `"\`) || !isPrintable(value) {
			continue
		}
		cookies[name] = value
		names = append(names, name)
	}
	b, _ := json.Marshal(map[string]any{"cookies": cookies, "names": names, "nullProto": false})
	now.Body = string(b)
	return now
}
