package apiroute_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// A pathRule is a kind of path that Next accepts and this package refuses.
type pathRule struct {
	reason  string
	refuses func(path string, before []string) bool // before are the paths that were registered before
}

var pathRules = []pathRule{
	{
		"a segment that is dynamic only in part, or has a stray bracket, is a mistake; Next takes it for plain text",
		func(path string, _ []string) bool { return anySegment(path, isPartlyDynamic) },
	},
	{
		"a dynamic segment must have a name, because nobody could get its value otherwise",
		func(path string, _ []string) bool {
			return anySegment(path, func(s string) bool { return s == "[]" || s == "[...]" || s == "[[...]]" })
		},
	},
	{
		"a static segment must be one that a request can have: clients resolve dot segments (RFC 3986, section 5.2.4)",
		func(path string, _ []string) bool { return anySegment(path, isImpossible) },
	},
	{
		"there is only one way to write a path; Next drops empty segments",
		func(path string, _ []string) bool {
			return path != "/" && (!strings.HasPrefix(path, "/") || anySegment(path, func(s string) bool { return s == "" }))
		},
	},
	{
		"what other routers take for a dynamic segment would be text here that no request matches; escaped, it is text",
		func(path string, _ []string) bool {
			return anySegment(path, func(s string) bool {
				return strings.HasPrefix(s, ":") || strings.HasPrefix(s, "*") || strings.HasSuffix(s, "*") || strings.Contains(s, "<")
			})
		},
	},
	{
		"spaces around a name, or around a segment, are a mistake",
		func(path string, _ []string) bool {
			return anySegment(path, func(s string) bool {
				inner := strings.Trim(s, "[].")
				return strings.TrimSpace(inner) != inner
			})
		},
	},
	{
		"the same path twice is a mistake; in Next it is the same file",
		func(path string, before []string) bool {
			return slices.ContainsFunc(before, func(other string) bool { return decoded(other) == decoded(path) })
		},
	},
}

// anySegment reports whether one of the segments of a path is so.
func anySegment(path string, is func(string) bool) bool {
	return slices.ContainsFunc(strings.Split(strings.TrimPrefix(path, "/"), "/"), is)
}

// isPartlyDynamic reports whether a segment has brackets and is neither [x] nor [...x] nor
// [[...x]].
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

// isImpossible reports whether no segment of a request can be s, or s has characters that mean
// something else elsewhere, as braces do in a ServeMux.
func isImpossible(s string) bool {
	text, err := url.PathUnescape(s)
	return err != nil || text == "." || text == ".." || strings.ContainsAny(s, "{}?#") || strings.Contains(text, "/") ||
		strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c == 0x7f }) || !utf8.ValidString(text)
}

// decoded returns s without escapes, or as it is if an escape is malformed.
func decoded(s string) string {
	if text, err := url.PathUnescape(s); err == nil {
		return text
	}
	return s
}

// A routingRule is a difference between Next's routing and this package's that is on purpose.
type routingRule struct {
	reason  string
	applies func(*aimed) bool
	want    func(*aimed) routed // in place of what is recorded
}

// routingRules are tried in this order, and only the first that applies is used. Most want what the
// oracle says of the path, which is right also where more than one applies.
var routingRules = []routingRule{
	{
		"net/http responds itself to a bad escape in the path, a bad Host and OPTIONS *",
		func(a *aimed) bool { return a.byNetHTTP.Status != bareStatus },
		func(a *aimed) routed { return a.byNetHTTP },
	},
	{
		"CONNECT names a host and no path (golang/go#81222), and no handler gets TRACE: 405",
		func(a *aimed) bool {
			return a.Method == http.MethodConnect || a.Method == http.MethodTrace
		},
		(*aimed).byOracle,
	},
	{
		"Next never saw what Node rejects, such as a head over 16 KiB, or drops without a response",
		func(a *aimed) bool {
			return a.Layer != "" || a.Status == 0 || a.Status == http.StatusRequestHeaderFieldsTooLarge
		},
		(*aimed).byOracle,
	},
	{
		"only the path of a target in absolute form counts, and a redirect stays on this host; * is no path",
		func(a *aimed) bool { return !strings.HasPrefix(a.Target, "/") },
		(*aimed).byOracle,
	},
	{
		"net/http keeps a number sign in a target, which is not legal (RFC 9112, section 3.2); Next cuts it off",
		func(a *aimed) bool { return strings.Contains(a.Target, "#") },
		(*aimed).byOracle,
	},
	{
		"a backslash in a path is a character like any other; Next takes it for a slash",
		func(a *aimed) bool { return strings.Contains(a.path(), `\`) },
		(*aimed).byOracle,
	},
	{
		"dot segments, escaped or not, are redirected to the tidy path if that has a route; Next resolves them",
		func(a *aimed) bool {
			return anySegment(a.path(), func(s string) bool { return decoded(s) == "." || decoded(s) == ".." })
		},
		(*aimed).byOracle,
	},
	{
		"a redirect for slashes leads to the tidy path at once, and only if that has a route; Next redirects step by step, whether there is a route or not",
		func(a *aimed) bool {
			path := a.path()
			return strings.Contains(path, "//") || path != "/" && strings.HasSuffix(path, "/")
		},
		(*aimed).byOracle,
	},
	{
		"static segments are compared without escapes; to Next %66irst is not the file first",
		func(a *aimed) bool {
			e, _ := a.find()
			segs := strings.Split(a.path(), "/")[1:]
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
		(*aimed).byOracle,
	},
	{
		"pages are no API routes, and neither are the paths of Next itself, such as /_next and /404",
		func(a *aimed) bool { return !strings.HasPrefix(a.path()+"/", "/api/") },
		(*aimed).byOracle,
	},
	{
		"a value with NUL is a 400",
		func(a *aimed) bool {
			_, values := a.find()
			return anyValue(values, func(v string) bool { return strings.Contains(v, "\x00") })
		},
		func(*aimed) routed { return routed{Status: http.StatusBadRequest} },
	},
	{
		"a segment that is index, or that reads like the dynamic segment itself, is a value; in a catch-all Next takes it for none",
		func(a *aimed) bool {
			e, values := a.find()
			return e != nil && e.steps[len(e.steps)-1].rank > rankSingle && anyValue(values, func(v string) bool {
				return v == "index" || strings.HasSuffix(e.path, "/"+v)
			})
		},
		(*aimed).byOracle,
	},
	{
		"a segment that is dynamic only in part is refused at registration; Next takes it for plain text",
		func(a *aimed) bool { return slices.ContainsFunc(a.site.refused, a.reached) },
		(*aimed).byOracle,
	},
	{
		"net/url leaves out pairs of a query with a bad escape or a semicolon (golang/go#25192); Bind makes them errors",
		func(a *aimed) bool {
			return slices.ContainsFunc(strings.Split(a.query(), "&"), func(pair string) bool { return !isPair(pair) })
		},
		(*aimed).byOracle,
	},
	{
		"a target is bytes, and its query is not checked for UTF-8; Next takes raw bytes for Latin-1, and escaped ones that are not UTF-8 for U+FFFD",
		func(a *aimed) bool {
			return strings.ContainsFunc(a.Target, func(c rune) bool { return c > 0x7f }) || !utf8.ValidString(decoded(a.query()))
		},
		(*aimed).byOracle,
	},
	{
		"names such as nxtP, which Next uses itself, and __proto__ have no special meaning",
		func(a *aimed) bool {
			e, _ := a.find()
			if e != nil && strings.Contains(e.path, "__proto__") {
				return true
			}
			for name := range parsePairs(a.query()) {
				if strings.HasPrefix(name, "nxt") || strings.HasPrefix(name, "_") {
					return true
				}
			}
			return false
		},
		(*aimed).byOracle,
	},
	{
		"the response of another handler than info was recorded, which next_response_test.go compares; here only the path counts",
		func(a *aimed) bool {
			return a.Handler != "info" && a.ResHeaders["x-route"] != nil && !a.isInfo()
		},
		(*aimed).byOracle,
	},
}

// anyValue reports whether one of the values is so.
func anyValue(values map[string][]string, is func(string) bool) bool {
	for _, list := range values {
		if slices.ContainsFunc(list, is) {
			return true
		}
	}
	return false
}
