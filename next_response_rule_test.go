package apiroute_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// A responseRule is a difference between the responses of Next and of this package that is on
// purpose.
type responseRule struct {
	reason  string
	applies func(r *replay, now nextResponse) bool         // now is what the rules before have made
	want    func(r *replay, now nextResponse) nextResponse // what is wanted instead
	strict  bool                                           // the rule is only for toolchains with jsonIsStrict
}

const problemType = "application/problem+json"

// problemResponse returns the response to an error, whose text is not compared.
func problemResponse(status int) nextResponse {
	return nextResponse{Status: status, Type: problemType, Body: "problem"}
}

// becomesProblem returns the function that wants a problem.
func becomesProblem(status int) func(*replay, nextResponse) nextResponse {
	return func(*replay, nextResponse) nextResponse { return problemResponse(status) }
}

// responseRules are applied in this order, each to what those before have made.
var responseRules = []responseRule{
	{
		reason: "a body whose Content-Length is over the limit is rejected at once; Next waits for it",
		applies: func(r *replay, _ nextResponse) bool {
			var n int64
			fmt.Sscan(r.header("Content-Length"), &n)
			return r.handler.limit > 0 && n > r.handler.limit
		},
		want: becomesProblem(413),
	},
	{
		reason:  "a handler that returns without a response sends a 204; the client of Next waits for ever",
		applies: func(r *replay, now nextResponse) bool { return r.Outcome == "timeout" && now.Status == 0 },
		want:    func(*replay, nextResponse) nextResponse { return nextResponse{Status: 204} },
	},
	{
		reason:  "a status is from 200 to 599; any other is a clean 500",
		applies: func(r *replay, _ nextResponse) bool { return r.handler.status == badStatus },
		want:    becomesProblem(500),
	},
	{
		reason: "a redirect has the status 301, 302, 303, 307 or 308 and a URL; any other is a clean 500",
		applies: func(r *replay, _ nextResponse) bool {
			return r.handler.redirects && (r.redirectsTo() == "" || r.handler.status != 0 && !slices.Contains([]int{301, 302, 303, 307, 308}, r.handler.status))
		},
		want: becomesProblem(500),
	},
	{
		reason:  "a Location has escapes for what is not printable ASCII; Next fails",
		applies: func(r *replay, _ nextResponse) bool { return r.handler.redirects && !isPrintable(r.redirectsTo()) },
		want: func(r *replay, now nextResponse) nextResponse {
			now.Status, now.Location, now.Body, now.Type = max(r.handler.status, 307), "", "", ""
			for _, c := range []byte(r.redirectsTo()) {
				if text := string(rune(c)); isPrintable(text) {
					now.Location += text
				} else {
					now.Location += fmt.Sprintf("%%%02X", c)
				}
			}
			return now
		},
	},
	{
		reason:  "a redirect has no body, because browsers do not show it",
		applies: func(r *replay, now nextResponse) bool { return r.handler.redirects && now.Location != "" },
		want:    func(r *replay, now nextResponse) nextResponse { now.Body, now.Type = "", ""; return now },
	},
	{
		reason:  "a value without a JSON form is a clean 500, because JSON is encoded before the first byte is sent; so is NaN, which is null in Next",
		applies: func(r *replay, _ nextResponse) bool { return r.handler.noJSON },
		want:    becomesProblem(500),
	},
	{
		reason:  "an error after the first byte closes the connection; Next appends its text, and the response looks complete",
		applies: func(r *replay, _ nextResponse) bool { return r.handler.before != "" },
		want: func(r *replay, _ nextResponse) nextResponse {
			return nextResponse{Status: 200, Body: r.handler.before, Cut: true}
		},
	},
	{
		reason:  "net/http leaves out a header whose name is not valid, and replaces line breaks with spaces; Next fails",
		applies: func(r *replay, _ nextResponse) bool { return r.handler.oddHeader },
		want: func(*replay, nextResponse) nextResponse {
			return nextResponse{Status: 200, Type: "application/json; charset=utf-8", Body: `{"a":1}`, ETag: true}
		},
	},

	// Bodies of requests.
	{
		reason:  "Content-Type twice is a 400; Next uses the first",
		applies: func(r *replay, _ nextResponse) bool { return r.handler.parses && len(r.values("Content-Type")) > 1 },
		want:    becomesProblem(400),
	},
	{
		reason: "a Content-Type with a malformed parameter is a 400; Next takes such a body for text",
		applies: func(r *replay, now nextResponse) bool {
			_, _, err := mime.ParseMediaType(r.header("Content-Type"))
			return r.takes("json", now) && len(r.body()) > 0 && errors.Is(err, mime.ErrInvalidMediaParameter)
		},
		want: becomesProblem(400),
	},
	{
		reason: "a body that must be JSON and has another media type is a 415; Next takes it for text",
		applies: func(r *replay, now nextResponse) bool {
			mediaType, _, _ := mime.ParseMediaType(r.header("Content-Type"))
			return r.takes("json", now) && len(r.body()) > 0 && mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json")
		},
		want: becomesProblem(415),
	},
	{
		reason: "JSON with a charset other than UTF-8 is a 415 (RFC 8259, section 8.1); Next converts it",
		applies: func(r *replay, now nextResponse) bool {
			_, params, _ := mime.ParseMediaType(r.header("Content-Type"))
			charset, ok := params["charset"]
			return r.takes("json", now) && len(r.body()) > 0 && ok && !strings.EqualFold(charset, "utf-8")
		},
		want: becomesProblem(415),
	},
	{
		reason: "compressed JSON is a 415; Next does not decompress it, and so finds it invalid",
		applies: func(r *replay, now nextResponse) bool {
			return r.takes("json", now) && r.header("Content-Encoding") != "" && r.header("Content-Encoding") != "identity"
		},
		want: becomesProblem(415),
	},
	{
		reason: "an empty body is not JSON and a 400; Next takes it for {}",
		applies: func(r *replay, now nextResponse) bool {
			return r.takes("json", now) && len(r.body()) == 0
		},
		want: becomesProblem(400),
	},
	{
		reason: "null is a 400, because it fills nothing",
		applies: func(r *replay, now nextResponse) bool {
			return r.takes("json", now) && strings.TrimSpace(r.body()) == "null"
		},
		want: becomesProblem(400),
	},
	{
		reason: "JSON that is not UTF-8 is a 400 (RFC 8259, section 8.1); Next takes such bytes for U+FFFD",
		applies: func(r *replay, now nextResponse) bool {
			return r.takes("json", now) && !utf8.ValidString(r.body())
		},
		want: becomesProblem(400),
	},
	{
		reason: "JSON that is nested more deeply than encoding/json allows is a 400",
		applies: func(r *replay, now nextResponse) bool {
			return r.takes("json", now) && strings.HasPrefix(r.body(), strings.Repeat("[", 10_001))
		},
		want: becomesProblem(400),
	},
	{
		reason: "encoding/json/v2 rejects lone surrogates and repeated names; encoding/json takes U+FFFD and the last value",
		applies: func(r *replay, now nextResponse) bool {
			return jsonIsStrict && r.takes("json", now) && now.Status == 200 && isLaxJSON(r.body())
		},
		want:   becomesProblem(400),
		strict: true,
	},
	{
		reason: "a media type with +json, or with a semicolon at its end, is JSON (RFC 9110); Next takes such a body for text",
		applies: func(r *replay, now nextResponse) bool {
			text, _ := json.Marshal(map[string]any{"type": "string", "body": r.body()})
			return r.takes("json", now) && inOrder(now.Body) == inOrder(string(text)) && r.body()[0] != '"'
		},
		want: func(r *replay, now nextResponse) nextResponse {
			var v any
			if err := json.Unmarshal([]byte(r.body()), &v); err != nil {
				return problemResponse(400)
			}
			b, _ := json.Marshal(echoed(v))
			now.Body = string(b)
			return now
		},
	},
	{
		reason: "a form with a bad escape or a semicolon is a 400; Next accepts it",
		applies: func(r *replay, now nextResponse) bool {
			_, err := url.ParseQuery(r.body())
			return r.takes("form", now) && err != nil
		},
		want: becomesProblem(400),
	},
	{
		reason: "texts and forms are the bytes of the body, with a byte order mark if there is one; Next converts them from their charset",
		applies: func(r *replay, now nextResponse) bool {
			_, params, _ := mime.ParseMediaType(r.header("Content-Type"))
			charset, ok := params["charset"]
			decoded, _ := url.QueryUnescape(r.body())
			odd := ok && !strings.EqualFold(charset, "utf-8") || strings.HasPrefix(r.body(), "\ufeff") ||
				!utf8.ValidString(r.body()) || r.media() == "form" && !utf8.ValidString(decoded)
			return (r.takes("text", now) || r.takes("form", now)) && now.Status != 413 && odd
		},
		want: func(r *replay, _ nextResponse) nextResponse {
			var v any = r.body()
			if r.media() == "form" {
				v, _ = parseNextForm(r.body())
			}
			b, _ := json.Marshal(echoed(v))
			return nextResponse{Status: 200, Type: "application/json; charset=utf-8", Body: string(b), ETag: true}
		},
	},

	// Errors.
	{
		reason:  "headers that a handler sets before it fails are not sent with the error",
		applies: (*replay).isError,
		want:    func(r *replay, now nextResponse) nextResponse { now.Cookies, now.ETag = nil, false; return now },
	},
	{
		reason:  "errors are application/problem+json, whatever the client accepts; in Next they are text or pages",
		applies: (*replay).isError,
		want: func(r *replay, now nextResponse) nextResponse {
			now.Type, now.Body = problemType, problemResponse(0).Body
			return now
		},
	},

	// Cookies of requests.
	{
		reason:  "escapes in the values of cookies are not decoded",
		applies: func(r *replay, _ nextResponse) bool { return r.anyCookie("%") },
		want:    (*replay).cookies,
	},
	{
		reason: "net/http leaves out cookies whose values have quotation marks, backslashes, or characters that are not ASCII (RFC 6265, section 4.1.1)",
		applies: func(r *replay, _ nextResponse) bool {
			return r.anyCookie(`"`) || r.anyCookie(`\`) || !isPrintable(r.header("Cookie"))
		},
		want: (*replay).cookies,
	},
	{
		reason: "a cookie without = has a name and no value, and one without a name is ignored; in Next it is the other way round",
		applies: func(r *replay, _ nextResponse) bool {
			return slices.ContainsFunc(r.cookiePairs(), func(p string) bool { return strings.Index(p, "=") <= 0 })
		},
		want: (*replay).cookies,
	},
	{
		reason: "names such as __proto__ have no special meaning; they have one in JavaScript",
		applies: func(r *replay, _ nextResponse) bool {
			return r.anyCookie("__proto__") || r.anyCookie("constructor") || r.anyCookie("toString")
		},
		want: (*replay).cookies,
	},
	{
		reason:  "net/http keeps spaces in the value of a cookie",
		applies: func(r *replay, _ nextResponse) bool { return r.anyCookie("= ") },
		want:    (*replay).cookies,
	},

	// ETags, types and bodies of responses.
	{
		reason: "only a 200 to GET or HEAD becomes a 304 (RFC 9110, section 13.1.2); in Next any response does",
		applies: func(r *replay, now nextResponse) bool {
			return now.Status == 304 && r.header("If-None-Match") != "" && (!r.isRead() || r.plain.Status != 200)
		},
		want: func(r *replay, _ nextResponse) nextResponse { return r.plain },
	},
	{
		reason: "only a 200 to GET or HEAD has an ETag",
		applies: func(r *replay, now nextResponse) bool {
			return now.ETag && !(r.isRead() && (now.Status == 200 || now.Status == 304))
		},
		want: func(r *replay, now nextResponse) nextResponse { now.ETag = false; return now },
	},
	{
		reason: "the ETag that a handler sets is sent and compared; Next replaces it with its own",
		applies: func(r *replay, now nextResponse) bool {
			return r.handler.ownTag && r.isRead() && r.header("If-None-Match") == `"mine"`
		},
		want: func(r *replay, now nextResponse) nextResponse { return nextResponse{Status: 304, ETag: true} },
	},
	{
		reason:  "a 304 has no Content-Type: it has no content (RFC 9110, section 15.4.5)",
		applies: func(r *replay, now nextResponse) bool { return now.Status == 304 },
		want:    func(r *replay, now nextResponse) nextResponse { now.Type = ""; return now },
	},
	{
		reason:  "a 205 has no body (RFC 9110, section 15.3.6)",
		applies: func(r *replay, now nextResponse) bool { return now.Status == 205 },
		want:    func(r *replay, now nextResponse) nextResponse { now.Type, now.Body = "", ""; return now },
	},
	{
		reason:  "nothing is compressed, because middleware or a server in front can do that",
		applies: func(r *replay, _ nextResponse) bool { return r.ResHeaders["content-encoding"] != nil },
		want:    func(r *replay, _ nextResponse) nextResponse { return r.plain },
	},
	{
		reason: "a 200 without a body is a 204, unless the handler sets the status: it needs no length and no chunks",
		applies: func(r *replay, now nextResponse) bool {
			return now.Status == 200 && now.Body == "" && !now.ETag && r.handler.status == 0 && r.Method != http.MethodHead
		},
		want: func(r *replay, now nextResponse) nextResponse { now.Status = 204; return now },
	},
	{
		reason:  "the Content-Type that a handler sets is sent; Next replaces it with that of JSON",
		applies: func(r *replay, now nextResponse) bool { return r.handler.ownType != "" && now.Status == 200 },
		want:    func(r *replay, now nextResponse) nextResponse { now.Type = r.handler.ownType; return now },
	},
	{
		reason: "every body has a type: text, HTML, or the one that net/http detects",
		applies: func(r *replay, now nextResponse) bool {
			return now.Type == "" && (now.Body != "" || now.ETag) && now.Status != 304
		},
		want: func(r *replay, now nextResponse) nextResponse {
			body := now.Body
			if r.Method == http.MethodHead {
				body = r.plain.Body
			}
			now.Type = http.DetectContentType([]byte(body))
			return now
		},
	},
	{
		reason: "JSON has escapes for <, >, &, U+2028 and U+2029, as encoding/json writes it",
		applies: func(r *replay, now nextResponse) bool {
			return now.Type == "application/json; charset=utf-8" && strings.ContainsAny(now.Body, "<>&\u2028\u2029")
		},
		want: func(r *replay, now nextResponse) nextResponse {
			now.Body = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "\u2028", `\u2028`, "\u2029", `\u2029`).Replace(now.Body)
			return now
		},
	},
}

// isLaxJSON reports whether JSON has a name twice in one object, or a lone surrogate, which
// encoding/json replaces with U+FFFD.
func isLaxJSON(text string) bool {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return false
	}
	again, _ := json.Marshal(v)
	if strings.Contains(string(again), "\ufffd") && !strings.Contains(text, "\ufffd") && !strings.Contains(strings.ToLower(text), `\ufffd`) {
		return true
	}
	return repeatsName(json.NewDecoder(strings.NewReader(text)))
}

// repeatsName reads one value, which is valid. It reports whether an object in it has a name twice.
func repeatsName(d *json.Decoder) (repeats bool) {
	open, _ := d.Token()
	delim, ok := open.(json.Delim)
	if !ok {
		return false
	}
	names := map[any]bool{}
	for d.More() {
		if delim == '{' {
			name, _ := d.Token()
			repeats = repeats || names[name]
			names[name] = true
		}
		repeats = repeatsName(d) || repeats
	}
	d.Token() // the end
	return repeats
}
