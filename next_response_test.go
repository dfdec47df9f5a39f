package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The recordings of the groups response, etag, cookies and body in
// testdata/next are of handlers. Here each is written once more, with this
// package, and must answer the same, but for the rules below.

// A replyRow is a recorded request and its answer. A character of a header value
// is a byte.
type replyRow struct {
	ID, Group, Route, Handler, Method, Target, Outcome string

	Headers    map[string]any // a string, or several
	Body       string
	BodyBase64 []byte          `json:"body_base64"`
	BodySpec   json.RawMessage `json:"body_spec"`
	ChunkSizes []int           `json:"chunk_sizes"`

	Status        int            // 0: there was no answer
	ResHeaders    map[string]any `json:"res_headers"`
	ResBody       string         `json:"res_body"`        // its first 2,000 characters
	ResBodyBase64 []byte         `json:"res_body_base64"` // or its first 1,500 bytes
	ResLen        int            `json:"res_len"`
}

// A reply is what is compared of an answer.
type reply struct {
	Status   int
	Type     string // Content-Type
	Body     string // its first bytes and its length; of HEAD the length announced
	Location string
	Allow    string
	Cookies  []string
	ETag     bool // there is one
	Cut      bool // the connection ends before the answer
}

// A replyHandler is a handler of the recorded site, and what the rules have to
// know of it.
type replyHandler struct {
	serve Handler
	opts  []Option

	status    int    // that it sets; badStatus if it is out of the range
	redirects bool   // it redirects
	to        string // to there; "?to" is what the query has
	ownType   string // that it sets itself
	ownTag    bool   // it sets its own ETag, "mine"
	oddHeader bool   // it sets a header that cannot go out as it is
	noJSON    bool   // it answers with what has no JSON form
	before    string // what it has written when it fails
	dynamic   bool   // it shows a map, which has no order
	parses    bool   // it takes the body as its media type says
	limit     int64  // of the body, in bytes; 0: none
	whyAbsent string // why there is no such handler; serve is nil then
}

// replyABody is the object that most handlers answer with.
type replyABody struct {
	A int `json:"a"`
}

func replyJSON(v any) replyHandler {
	return replyHandler{serve: func(_ *Request, res *Response) error { return res.JSON(v) }}
}

func replyStatus(status int, v any) replyHandler {
	return replyHandler{status: status, serve: func(_ *Request, res *Response) error { return res.Status(status).JSON(v) }}
}

// badStatus stands for a status that is none.
const badStatus = -1

func replyBadStatus(status int) replyHandler {
	return replyHandler{status: badStatus, serve: replyStatus(status, replyABody{1}).serve}
}

func replyText(s string) replyHandler {
	return replyHandler{serve: func(_ *Request, res *Response) error { return res.Text(s) }}
}

func replyRedirect(status int, url string) replyHandler {
	return replyHandler{redirects: true, to: url, status: status, serve: func(_ *Request, res *Response) error {
		if status != 0 {
			res.Status(status)
		}
		return res.Redirect(url)
	}}
}

func replyEnd() replyHandler {
	return replyHandler{serve: func(_ *Request, res *Response) error { return res.End() }}
}

func replyNothing() replyHandler {
	return replyHandler{serve: func(*Request, *Response) error { return nil }}
}

func replyError(err error) replyHandler {
	return replyHandler{serve: func(*Request, *Response) error { return err }}
}

func replyPanic(v any) replyHandler {
	return replyHandler{serve: func(*Request, *Response) error { panic(v) }}
}

func replyAbsent(why string) replyHandler { return replyHandler{whyAbsent: why} }

// replyWith is a handler that answers {"a":1} after f.
func replyWith(f func(*Request, *Response)) replyHandler {
	return replyHandler{serve: func(req *Request, res *Response) error {
		f(req, res)
		return res.JSON(replyABody{1})
	}}
}

// replyTyped is a handler with its own Content-Type.
func replyTyped(contentType string, end func(*Response) error) replyHandler {
	return replyHandler{ownType: contentType, serve: func(_ *Request, res *Response) error {
		return end(res.SetHeader("Content-Type", contentType))
	}}
}

// replyOwnJSON says itself what it is in JSON.
type replyOwnJSON struct{}

func (replyOwnJSON) MarshalJSON() ([]byte, error) { return []byte(`{"replaced":1}`), nil }

// replyLoop contains itself.
type replyLoop struct {
	Self *replyLoop `json:"self"`
}

func newReplyLoop() *replyLoop {
	l := &replyLoop{}
	l.Self = l
	return l
}

const (
	noUndefined = "Go has no undefined, no missing argument and no function that takes any type for a status or a URL"
	noSend      = "there is no method that looks at what it is given: JSON, Text, Bytes and Stream say what they send"
	noNext      = "draft and preview are Next's own"
	noLate      = "after a handler has returned, nothing may be written"
	noModules   = "what is not a handler does not compile, or panics when it is registered"
)

// replyHandlers are the handlers of the recorded site by name. Of those that no
// recording here is of, the values are what their description lets expect.
var replyHandlers = map[string]replyHandler{
	"json-201": replyStatus(201, struct {
		OK bool `json:"ok"`
		ID int  `json:"id"`
	}{true, 7}),
	"json-string":       replyJSON("text"),
	"json-empty-string": replyJSON(""),
	"json-number":       replyJSON(42),
	"json-float":        replyJSON([]float64{0.1, 1e21, 1e-7, 0, 123456789012345680000, 1, 5e-324}),
	"json-nan":          {noJSON: true, serve: replyJSON([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}).serve},
	"json-bool":         replyJSON(true),
	"json-null":         replyJSON(nil),
	"json-array": replyJSON([]any{1, "two", nil, struct {
		Three int `json:"three"`
	}{3}}),
	"json-empty-array":  replyJSON([]int(nil)),
	"json-empty-object": replyJSON(map[string]int(nil)),
	"json-undefined":    replyAbsent(noUndefined),
	"json-noarg":        replyAbsent(noUndefined),
	"json-function":     {noJSON: true, serve: replyJSON(func() {}).serve},
	"json-nested": replyJSON(json.RawMessage(`{"a": {"b": {"c": [{"d": null}, [[]]]}},
		"z": [null]}`)),
	"json-unicode": replyJSON(struct {
		S string `json:"s"`
	}{"héllo 日本 😀"}),
	"json-html": replyJSON(struct {
		S string `json:"s"`
		Q string `json:"q"`
	}{`<script>alert("x") && 1 > 0</script>`, "it's"}),
	"json-linesep":   replyJSON("\u2028\u2029"),
	"json-control":   replyJSON("\x00\x1f\\/\""),
	"json-surrogate": replyAbsent("a string is UTF-8: it has no lone surrogate"),
	"json-date": replyJSON(struct {
		D string `json:"d"`
	}{time.Unix(0, 0).UTC().Format("2006-01-02T15:04:05.000Z07:00")}),
	"json-tojson":   replyJSON(replyOwnJSON{}),
	"json-map":      replyAbsent("Go's maps, sets and errors have other forms than JavaScript's"),
	"json-buffer":   replyAbsent("bytes in JSON are base64, and not a list of numbers"),
	"json-bigint":   replyAbsent("big.Int has a JSON form"),
	"json-circular": {noJSON: true, serve: replyJSON(newReplyLoop()).serve},
	"json-order": replyJSON(struct {
		Two string `json:"2"`
		Ten string `json:"10"`
		Z   int    `json:"z"`
		A   int    `json:"a"`
		M   int    `json:"m"`
	}{"two", "ten", 1, 2, 3}),
	"json-404": replyStatus(404, struct {
		Error string `json:"error"`
	}{"nope"}),
	"json-500": replyStatus(500, struct {
		Error string `json:"error"`
	}{"Server error!"}),

	"send-string":       replyText("plain text"),
	"send-html":         {serve: func(_ *Request, res *Response) error { return res.HTML("<p>hi</p>") }},
	"send-unicode":      replyText("héllo 日本"),
	"send-empty":        replyText(""),
	"send-object":       replyJSON(replyABody{1}),
	"send-array":        replyJSON([]int{1, 2}),
	"send-buffer":       {serve: func(_ *Request, res *Response) error { return res.Bytes("", []byte{0, 1, 2, 255}) }},
	"send-buffer-empty": {serve: func(_ *Request, res *Response) error { return res.Bytes("", nil) }},
	"send-uint8":        replyAbsent(noSend),
	"send-null":         replyEnd(),
	"send-undefined":    replyEnd(),
	"send-noarg":        replyEnd(),
	"send-number":       replyJSON(42),
	"send-zero":         replyJSON(0),
	"send-true":         replyJSON(true),
	"send-false":        replyJSON(false),
	"send-function":     {noJSON: true, serve: replyJSON(func() {}).serve},
	"send-bigint":       replyAbsent(noSend),
	"send-promise":      replyAbsent(noSend),
	"send-stream": {serve: func(_ *Request, res *Response) error {
		return res.Stream("", io.MultiReader(strings.NewReader("one,"), strings.NewReader("two")))
	}},
	"send-status-418": {status: 418, serve: func(_ *Request, res *Response) error { return res.Status(418).Text("teapot") }},

	"status-204-json":     replyStatus(204, replyABody{1}),
	"status-204-send":     {status: 204, serve: func(_ *Request, res *Response) error { return res.Status(204).Text("x") }},
	"status-204-end":      {status: 204, serve: func(_ *Request, res *Response) error { return res.Status(204).End() }},
	"status-204-end-body": {status: 204, serve: func(_ *Request, res *Response) error { return res.Status(204).Text("x") }},
	"status-205-json":     replyStatus(205, replyABody{1}),
	"status-304-json":     replyStatus(304, replyABody{1}),
	"status-304-end":      {status: 304, serve: func(_ *Request, res *Response) error { return res.Status(304).End() }},
	"status-only":         {status: 202, serve: func(_ *Request, res *Response) error { return res.Status(202).End() }},
	"status-string":       replyAbsent(noUndefined),
	"status-0":            replyBadStatus(0),
	"status-99":           replyBadStatus(99),
	"status-100":          replyBadStatus(100),
	"status-999":          replyBadStatus(999),
	"status-1000":         replyBadStatus(1000),
	"status-undefined":    replyAbsent(noUndefined),
	"status-twice":        {status: 202, serve: func(_ *Request, res *Response) error { return res.Status(400).Status(202).JSON(replyABody{1}) }},
	"status-message":      replyStatus(200, replyABody{1}),

	"redirect-url":               replyRedirect(0, "/login"),
	"redirect-301":               replyRedirect(301, "/login"),
	"redirect-302-rel":           replyRedirect(302, "login"),
	"redirect-303":               replyRedirect(303, "/done"),
	"redirect-308":               replyRedirect(308, "https://example.com/a b"),
	"redirect-200":               replyRedirect(200, "/login"),
	"redirect-empty":             replyRedirect(0, ""),
	"redirect-noarg":             replyAbsent(noUndefined),
	"redirect-null":              replyAbsent(noUndefined),
	"redirect-number-only":       replyAbsent(noUndefined),
	"redirect-string-status":     replyAbsent(noUndefined),
	"redirect-swapped":           replyAbsent(noUndefined),
	"redirect-status-url-object": replyAbsent(noUndefined),
	"redirect-bad-status":        replyRedirect(1000, "/login"),
	"redirect-latin1":            replyRedirect(0, "/caf\xe9"),
	"redirect-unicode":           replyRedirect(0, "/日本"),
	"redirect-crlf":              replyRedirect(0, "/x\r\nX-Evil: 1"),
	"redirect-html":              replyRedirect(0, "/<script>"),
	"redirect-proto-rel":         replyRedirect(0, "//evil.example/x"),
	"redirect-after-status":      replyRedirect(201, "/login"),
	"redirect-open": {redirects: true, to: "?to", serve: func(req *Request, res *Response) error {
		return res.Redirect(req.Query().Get("to"))
	}},

	"ct-then-send":        replyTyped("text/html", func(res *Response) error { return res.Text("<b>x</b>") }),
	"ct-then-json":        replyTyped("application/vnd.x+json", func(res *Response) error { return res.JSON(replyABody{1}) }),
	"ct-then-send-object": replyTyped("text/plain", func(res *Response) error { return res.JSON(replyABody{1}) }),
	"ct-then-buffer":      replyTyped("image/png", func(res *Response) error { return res.Bytes("", []byte{0, 1, 2, 255}) }),
	"ct-then-stream":      replyTyped("text/csv", func(res *Response) error { return res.Stream("", strings.NewReader("one,two")) }),
	"ct-then-send-null":   replyTyped("text/plain", (*Response).End),
	"etag-own": {ownTag: true, serve: func(_ *Request, res *Response) error {
		return res.SetHeader("ETag", `"mine"`).JSON(replyABody{1})
	}},
	"cl-own": {serve: func(_ *Request, res *Response) error {
		return res.SetHeader("Content-Length", "3").Text("longer than three")
	}},
	"cache-own": replyWith(func(_ *Request, res *Response) { res.SetHeader("Cache-Control", "public, max-age=60") }),
	"cookie-single": replyWith(func(_ *Request, res *Response) {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1", Path: "/", HttpOnly: true})
	}),
	"cookie-multi": replyWith(func(_ *Request, res *Response) {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1", Path: "/"}).SetCookie(&http.Cookie{Name: "b", Value: "2", Secure: true})
	}),
	"cookie-append": replyWith(func(_ *Request, res *Response) {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1"}).SetCookie(&http.Cookie{Name: "b", Value: "2"})
	}),
	"cookie-redirect": {redirects: true, to: "/x", serve: func(_ *Request, res *Response) error {
		return res.SetCookie(&http.Cookie{Name: "a", Value: "1"}).Redirect("/x")
	}},
	"header-multi": replyWith(func(_ *Request, res *Response) {
		res.Header()["X-M"] = []string{"one", "two"}
		res.SetHeader("X-N", "5")
	}),
	"header-bad-value": {oddHeader: true, serve: replyWith(func(_ *Request, res *Response) { res.SetHeader("X-Bad", "a\nb") }).serve},
	"header-bad-name":  {oddHeader: true, serve: replyWith(func(_ *Request, res *Response) { res.SetHeader("X Bad", "a") }).serve},
	"header-own-multi": replyWith(func(_ *Request, res *Response) { res.SetHeader("X-Frame-Options", "DENY").SetHeader("Vary", "Cookie") }),

	"write-end": {serve: func(_ *Request, res *Response) error {
		io.WriteString(res, "one ")
		_, err := io.WriteString(res, "two three")
		return err
	}},
	"writehead": {serve: func(_ *Request, res *Response) error {
		res.SetHeader("Content-Type", "text/plain").WriteHeader(202)
		_, err := io.WriteString(res, "x")
		return err
	}},
	"writehead-length": {serve: func(_ *Request, res *Response) error {
		res.SetHeader("Content-Length", "5").WriteHeader(200)
		_, err := io.WriteString(res, "hello")
		return err
	}},
	"stream-slow": {serve: func(_ *Request, res *Response) error {
		for _, s := range []string{"one ", "two ", "three"} {
			io.WriteString(res, s)
			res.Flush()
			time.Sleep(time.Millisecond)
		}
		return nil
	}},
	"sse": {serve: func(_ *Request, res *Response) error {
		ev, err := res.Events()
		if err == nil {
			err = ev.Send(Event{Type: "x", Data: "1"})
		}
		return err
	}},
	"end-only":     replyEnd(),
	"end-body":     {serve: func(_ *Request, res *Response) error { _, err := io.WriteString(res, "ended"); return err }},
	"end-callback": replyEnd(),
	"async-json": replyJSON(struct {
		Later bool `json:"later"`
	}{true}),
	"late-json":         replyAbsent(noLate),
	"no-response":       replyNothing(),
	"return-value":      replyNothing(),
	"return-response":   replyNothing(),
	"return-after-send": replyWith(func(*Request, *Response) {}),

	"throw-error":        replyError(errors.New("secret")),
	"throw-async":        replyError(errors.New("secret")),
	"reject":             replyError(errors.New("secret")),
	"reject-late":        replyError(errors.New("secret")),
	"throw-status":       replyPanic(struct{ statusCode int }{418}),
	"throw-error-status": replyError(&os.PathError{Op: "secret", Err: os.ErrNotExist}),
	"throw-string":       replyPanic("secret"),
	"throw-null":         replyPanic(nil),
	"throw-undefined":    replyPanic(nil),
	"throw-after-status": {serve: func(_ *Request, res *Response) error {
		res.Status(201).SetHeader("X-Own", "1")
		return errors.New("secret")
	}},
	"throw-after-send": {serve: func(_ *Request, res *Response) error {
		res.JSON(replyABody{1})
		return errors.New("secret")
	}},
	"throw-after-write": {before: "partial", serve: func(_ *Request, res *Response) error {
		io.WriteString(res, "partial")
		res.Flush()
		return errors.New("secret")
	}},
	"throw-after-write-length": {before: "partial", serve: func(_ *Request, res *Response) error {
		io.WriteString(res.SetHeader("Content-Length", "100"), "partial")
		res.Flush()
		return errors.New("secret")
	}},
	"throw-cookie": {serve: func(_ *Request, res *Response) error {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1"}).SetHeader("Cache-Control", "public")
		return errors.New("secret")
	}},
	"double-send": {serve: func(_ *Request, res *Response) error { res.Text("one"); return res.Text("two") }},
	"double-json": {serve: func(_ *Request, res *Response) error {
		res.JSON(struct {
			One int `json:"one"`
		}{1})
		return res.JSON(replyABody{2})
	}},
	"double-end":         {serve: func(_ *Request, res *Response) error { res.End(); return res.End() }},
	"send-then-header":   {serve: func(_ *Request, res *Response) error { res.Text("one"); res.SetHeader("X-Late", "1"); return nil }},
	"json-then-redirect": {serve: func(_ *Request, res *Response) error { res.JSON(replyABody{1}); return res.Redirect("/x") }},
	"write-then-json": {before: "partial", serve: func(_ *Request, res *Response) error {
		io.WriteString(res, "partial")
		res.Flush()
		return res.JSON(replyABody{1})
	}},

	"large-5mb":     replyJSON(replyLarge(5 << 20)),
	"large-nolimit": replyJSON(replyLarge(5 << 20)),
	"large-limit":   replyJSON(replyLarge(2 << 20)),
	"large-chunked": {serve: func(_ *Request, res *Response) error {
		for i := 0; i < 5; i++ {
			if _, err := res.Write(bytes.Repeat([]byte("y"), 1<<20)); err != nil {
				return err
			}
		}
		return nil
	}},
	"medium": replyJSON(struct {
		S string `json:"s"`
	}{strings.Repeat("abc ", 1000)}),
	"method-switch": {serve: func(req *Request, res *Response) error {
		if req.Method == http.MethodPost {
			return res.Status(201).JSON(replyABody{1})
		}
		return &Error{Status: 405, Header: http.Header{"Allow": {"POST"}}}
	}},
	"pipe": {serve: func(_ *Request, res *Response) error {
		_, err := io.Copy(res, io.MultiReader(strings.NewReader("one,"), strings.NewReader("two")))
		return err
	}},
	"draft":         replyAbsent(noNext),
	"clear-preview": replyAbsent(noNext),
	"cors": {serve: func(req *Request, res *Response) error {
		res.SetHeader("Access-Control-Allow-Origin", "*")
		if req.Method == http.MethodOptions {
			return res.SetHeader("Access-Control-Allow-Methods", "GET, POST").Status(204).End()
		}
		return res.JSON(replyABody{1})
	}},
	"body-reassign": replyAbsent("query and cookies are read from the request, and not a place for more"),
	"sent-flags":    replyAbsent("whether a method returns its receiver is for the compiler"),
	"early-hints": replyWith(func(_ *Request, res *Response) {
		res.SetHeader("Link", "</a.css>; rel=preload").WriteHeader(103)
	}),
	"headers-case": replyWith(func(_ *Request, res *Response) {
		res.SetHeader("x-a", "1").SetHeader("X-A", "2").Header().Del("x-A")
	}),
	"query-type":     replyAbsent("a type of Go's is no class of JavaScript's"),
	"return-res":     replyWith(func(*Request, *Response) {}),
	"throw-timer":    replyAbsent("a panic in another goroutine ends the process"),
	"unhandled":      replyWith(func(*Request, *Response) {}),
	"aborted":        replyWith(func(*Request, *Response) { time.Sleep(10 * time.Millisecond) }),
	"no-default":     replyAbsent(noModules),
	"default-object": replyAbsent(noModules),
	"cjs": replyJSON(struct {
		CJS bool `json:"cjs"`
	}{true}),

	"cookies":            {dynamic: true, serve: replyCookies},
	"echo":               {dynamic: true, parses: true, limit: 1 << 20, serve: replyEcho},
	"body-after":         {dynamic: true, parses: true, limit: 1 << 20, serve: replyEcho},
	"body-echo":          {dynamic: true, parses: true, limit: 1 << 20, serve: replyBodyEcho},
	"body-echo-true":     {dynamic: true, parses: true, limit: 1 << 20, serve: replyBodyEcho},
	"body-echo-1kb":      {dynamic: true, parses: true, limit: 1 << 10, serve: replyBodyEcho, opts: []Option{BodyLimit(1 << 10)}},
	"body-echo-3mb":      {dynamic: true, parses: true, limit: 3 << 20, serve: replyBodyEcho, opts: []Option{BodyLimit(3 << 20)}},
	"body-echo-100":      {dynamic: true, parses: true, limit: 100, serve: replyBodyEcho, opts: []Option{BodyLimit(100)}},
	"body-echo-badlimit": replyAbsent("a limit is a number of bytes"),
	"body-raw":           {dynamic: true, serve: replyRaw, opts: []Option{NoBodyLimit()}},
	"body-raw-unread": {dynamic: true, opts: []Option{NoBodyLimit()}, serve: func(_ *Request, res *Response) error {
		return res.JSON(map[string]any{"bodyType": "undefined"})
	}},
}

func replyLarge(n int) any {
	return struct {
		S string `json:"s"`
	}{strings.Repeat("x", n)}
}

func replyCookies(req *Request, res *Response) error {
	cookies, names := map[string]string{}, []string{}
	for _, c := range req.Cookies() {
		if _, ok := cookies[c.Name]; !ok { // the first counts
			cookies[c.Name] = c.Value
			names = append(names, c.Name)
		}
	}
	return res.JSON(struct {
		Cookies   map[string]string `json:"cookies"`
		Names     []string          `json:"names"`
		NullProto bool              `json:"nullProto"`
	}{cookies, names, false})
}

// replyMedia is what a body is taken for: "text", "form" or "json". What says
// nothing of itself is JSON, unless it is empty.
func replyMedia(contentType []string, empty bool) string {
	mediaType, _, _ := mime.ParseMediaType(strings.Join(contentType[:min(len(contentType), 1)], ""))
	switch {
	case strings.HasPrefix(mediaType, "text/"), contentType == nil && empty:
		return "text"
	case mediaType == "application/x-www-form-urlencoded":
		return "form"
	}
	return "json"
}

// replyForm is a form as Next has it: a name that is repeated has a list.
func replyForm(body string) (any, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, Errorf(400, "the form is malformed")
	}
	form := map[string]any{}
	for name, list := range values {
		if form[name] = list[0]; len(list) > 1 {
			form[name] = list
		}
	}
	return form, nil
}

func replyEcho(req *Request, res *Response) error {
	var v any
	if err := req.JSON(&v); err != nil {
		return err
	}
	return res.JSON(v)
}

func replyBodyEcho(req *Request, res *Response) error {
	var v any
	var err error
	switch replyMedia(req.Header["Content-Type"], req.ContentLength == 0) {
	case "json":
		err = req.JSON(&v)
	case "form":
		var b []byte
		if b, err = req.Bytes(); err == nil {
			v, err = replyForm(string(b))
		}
	default:
		var b []byte
		b, err = req.Bytes()
		v = string(b)
	}
	if err != nil {
		return err
	}
	return res.JSON(replyEchoed(v))
}

// replyEchoed is the answer to a body: what it is, and itself or its beginning.
func replyEchoed(v any) map[string]any {
	e := map[string]any{"body": v}
	switch v := v.(type) {
	case string:
		e["type"] = "string"
	case float64:
		e["type"] = "number"
	case bool:
		e["type"] = "boolean"
	case []any:
		e["type"] = "array"
	case map[string]any:
		keys := []string{}
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		e["type"], e["keys"] = "object", keys[:min(len(keys), 20)]
	}
	text, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err) // it has been JSON
		}
		text = string(b)
	}
	if len(text) > 4000 {
		e["body"], e["len"] = text[:20], len(utf16.Encode([]rune(text)))
	}
	return e
}

func replyRaw(req *Request, res *Response) error {
	b, err := req.Bytes()
	if err != nil {
		return err
	}
	var head strings.Builder
	for _, c := range b[:min(len(b), 40)] {
		head.WriteRune(rune(c))
	}
	return res.JSON(struct {
		BodyType  string `json:"bodyType"`
		RawLength int    `json:"rawLength"`
		Head      string `json:"head"`
	}{"undefined", len(b), head.String()})
}

// problem is the answer with an error.
func problem(status int) reply {
	return reply{Status: status, Type: "application/problem+json", Body: "problem"}
}

// A replyRule is a difference between Next and this package that is on purpose.
// It looks at the request, the handler and the answer as it stands, never at
// which recording it is.
type replyRule struct {
	reason  string
	applies func(r *replyRow, h replyHandler, now reply) bool
	want    func(r *replyRow, h replyHandler, now reply) reply
	strict  bool // only where encoding/json/v2 is strict
}

// replyRules are applied in this order, each to what the one before has left.
// One that changes nothing of any recording is an error.
var replyRules = []replyRule{
	{
		reason: "a body that is announced as longer than the limit is refused at once; Next waits for it",
		applies: func(r *replyRow, h replyHandler, _ reply) bool {
			var n int64
			fmt.Sscan(r.header("Content-Length"), &n)
			return h.limit > 0 && n > h.limit
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(413) },
	},
	{
		reason:  "a handler that returns without an answer has answered 204; the client of Next waits for ever",
		applies: func(r *replyRow, _ replyHandler, now reply) bool { return r.Outcome == "timeout" && now.Status == 0 },
		want:    func(*replyRow, replyHandler, reply) reply { return reply{Status: 204} },
	},
	{
		reason:  "a status is from 200 to 599; all else is a clean 500",
		applies: func(_ *replyRow, h replyHandler, _ reply) bool { return h.status == badStatus },
		want:    func(*replyRow, replyHandler, reply) reply { return problem(500) },
	},
	{
		reason: "a redirect is 301, 302, 303, 307 or 308, and goes somewhere; all else is a clean 500",
		applies: func(r *replyRow, h replyHandler, _ reply) bool {
			return h.redirects && (h.location(r) == "" || h.status != 0 && !slices.Contains([]int{301, 302, 303, 307, 308}, h.status))
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(500) },
	},
	{
		reason:  "a Location is percent-encoded where it is not printable ASCII; Next fails",
		applies: func(r *replyRow, h replyHandler, _ reply) bool { return h.redirects && !isPrintable(h.location(r)) },
		want: func(r *replyRow, h replyHandler, now reply) reply {
			now.Status, now.Location, now.Body, now.Type = max(h.status, 307), "", "", ""
			for _, c := range []byte(h.location(r)) {
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
		reason:  "a redirect has no body: browsers do not show it",
		applies: func(_ *replyRow, h replyHandler, now reply) bool { return h.redirects && now.Location != "" },
		want:    func(_ *replyRow, _ replyHandler, now reply) reply { now.Body, now.Type = "", ""; return now },
	},
	{
		reason:  "what has no JSON form is a clean 500: JSON is encoded before a byte goes out, NaN included, which is null to Next",
		applies: func(_ *replyRow, h replyHandler, _ reply) bool { return h.noJSON },
		want:    func(*replyRow, replyHandler, reply) reply { return problem(500) },
	},
	{
		reason:  "an error after the first byte cuts the connection; Next appends its text, and the answer looks whole",
		applies: func(_ *replyRow, h replyHandler, _ reply) bool { return h.before != "" },
		want: func(_ *replyRow, h replyHandler, _ reply) reply {
			return reply{Status: 200, Body: h.before, Cut: true}
		},
	},
	{
		reason:  "net/http leaves out a header that has no valid name, and makes spaces of line breaks; Next fails",
		applies: func(_ *replyRow, h replyHandler, _ reply) bool { return h.oddHeader },
		want: func(*replyRow, replyHandler, reply) reply {
			return reply{Status: 200, Type: "application/json; charset=utf-8", Body: `{"a":1}`, ETag: true}
		},
	},

	// Bodies of requests.
	{
		reason:  "the header Content-Type twice is a 400; Next takes the first",
		applies: func(r *replyRow, h replyHandler, _ reply) bool { return h.parses && len(r.lines("Content-Type")) > 1 },
		want:    func(*replyRow, replyHandler, reply) reply { return problem(400) },
	},
	{
		reason: "a Content-Type with a malformed parameter is a 400; to Next such a body is text",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			_, _, err := mime.ParseMediaType(r.header("Content-Type"))
			return h.takes("json", r, now) && len(r.body()) > 0 && errors.Is(err, mime.ErrInvalidMediaParameter)
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(400) },
	},
	{
		reason: "a body that is to be JSON and does not say so is a 415; to Next it is text",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			mediaType, _, _ := mime.ParseMediaType(r.header("Content-Type"))
			return h.takes("json", r, now) && len(r.body()) > 0 && mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json")
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(415) },
	},
	{
		reason: "JSON is UTF-8 (RFC 8259, section 8.1): another charset is a 415; Next converts",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			_, params, _ := mime.ParseMediaType(r.header("Content-Type"))
			charset, ok := params["charset"]
			return h.takes("json", r, now) && len(r.body()) > 0 && ok && !strings.EqualFold(charset, "utf-8")
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(415) },
	},
	{
		reason: "JSON that is compressed is a 415; Next takes it as it is, and finds it invalid",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return h.takes("json", r, now) && r.header("Content-Encoding") != "" && r.header("Content-Encoding") != "identity"
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(415) },
	},
	{
		reason: "an empty body is no JSON: 400; to Next it is {}",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return h.takes("json", r, now) && len(r.body()) == 0
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(400) },
	},
	{
		reason: "null is nothing to fill a value with: 400",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return h.takes("json", r, now) && strings.TrimSpace(r.body()) == "null"
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(400) },
	},
	{
		reason: "JSON that is not UTF-8 is a 400 (RFC 8259, section 8.1); to Next wrong bytes are U+FFFD",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return h.takes("json", r, now) && !utf8.ValidString(r.body())
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(400) },
	},
	{
		reason: "JSON that is deeper than encoding/json goes is the client's fault: 400",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return h.takes("json", r, now) && strings.HasPrefix(r.body(), strings.Repeat("[", 10_001))
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(400) },
	},
	{
		reason: "encoding/json/v2 refuses lone surrogates and names that stand twice; encoding/json takes U+FFFD and the last",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			var v any
			return respStrict && h.takes("json", r, now) && now.Status == 200 && unmarshal([]byte(r.body()), &v, false) != nil
		},
		want:   func(*replyRow, replyHandler, reply) reply { return problem(400) },
		strict: true,
	},
	{
		reason: "a media type is read as RFC 9110 has it: +json and a semicolon at the end are JSON; to Next that is text",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			text, _ := json.Marshal(map[string]any{"type": "string", "body": r.body()})
			return h.takes("json", r, now) && inOrder(now.Body) == inOrder(string(text)) && r.body()[0] != '"'
		},
		want: func(r *replyRow, _ replyHandler, now reply) reply {
			var v any
			if err := json.Unmarshal([]byte(r.body()), &v); err != nil {
				return problem(400)
			}
			b, _ := json.Marshal(replyEchoed(v))
			now.Body = string(b)
			return now
		},
	},
	{
		reason: "a form with a bad escape or a semicolon is a 400; Next takes it as it is",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			_, err := url.ParseQuery(r.body())
			return h.takes("form", r, now) && err != nil
		},
		want: func(*replyRow, replyHandler, reply) reply { return problem(400) },
	},
	{
		reason: "text and forms are the bytes that have come, byte order mark and all; Next converts by the charset",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			_, params, _ := mime.ParseMediaType(r.header("Content-Type"))
			charset, ok := params["charset"]
			decoded, _ := url.QueryUnescape(r.body())
			odd := ok && !strings.EqualFold(charset, "utf-8") || strings.HasPrefix(r.body(), "\ufeff") ||
				!utf8.ValidString(r.body()) || r.media() == "form" && !utf8.ValidString(decoded)
			return (h.takes("text", r, now) || h.takes("form", r, now)) && now.Status != 413 && odd
		},
		want: func(r *replyRow, _ replyHandler, _ reply) reply {
			var v any = r.body()
			if r.media() == "form" {
				v, _ = replyForm(r.body())
			}
			b, _ := json.Marshal(replyEchoed(v))
			return reply{Status: 200, Type: "application/json; charset=utf-8", Body: string(b), ETag: true}
		},
	},

	// Errors.
	{
		reason:  "headers that a handler had set before it failed do not go out with the error",
		applies: func(_ *replyRow, h replyHandler, now reply) bool { return h.isError(now) },
		want:    func(_ *replyRow, _ replyHandler, now reply) reply { now.Cookies, now.ETag = nil, false; return now },
	},
	{
		reason:  "errors are application/problem+json, whatever the client accepts; Next's are text, or pages",
		applies: func(_ *replyRow, h replyHandler, now reply) bool { return h.isError(now) },
		want: func(_ *replyRow, _ replyHandler, now reply) reply {
			now.Type, now.Body = problem(0).Type, problem(0).Body
			return now
		},
	},

	// Cookies of requests.
	{
		reason:  "the values of cookies are not percent-decoded",
		applies: func(r *replyRow, h replyHandler, _ reply) bool { return r.anyCookie("%") },
		want:    (*replyRow).cookies,
	},
	{
		reason: "net/http leaves out cookies with quotes, backslashes and what is not ASCII in the value (RFC 6265, section 4.1.1)",
		applies: func(r *replyRow, h replyHandler, _ reply) bool {
			return r.anyCookie(`"`) || r.anyCookie(`\`) || !isPrintable(r.header("Cookie"))
		},
		want: (*replyRow).cookies,
	},
	{
		reason: "a cookie without = has a name and no value, and one without a name is none; to Next it is the other way round",
		applies: func(r *replyRow, h replyHandler, _ reply) bool {
			return slices.ContainsFunc(r.cookiePairs(), func(p string) bool { return strings.Index(p, "=") <= 0 })
		},
		want: (*replyRow).cookies,
	},
	{
		reason: "names are only names: __proto__ and the like are JavaScript's",
		applies: func(r *replyRow, h replyHandler, _ reply) bool {
			return r.anyCookie("__proto__") || r.anyCookie("constructor") || r.anyCookie("toString")
		},
		want: (*replyRow).cookies,
	},
	{
		reason:  "net/http keeps spaces in the value of a cookie",
		applies: func(r *replyRow, h replyHandler, _ reply) bool { return r.anyCookie("= ") },
		want:    (*replyRow).cookies,
	},

	// Tags, types and bodies of answers.
	{
		reason: "only 200 answers to GET and HEAD become 304; Next answers so to any method and status (RFC 9110, section 13.1.2)",
		applies: func(r *replyRow, _ replyHandler, now reply) bool {
			return now.Status == 304 && r.header("If-None-Match") != "" && (!r.isRead() || r.plain().Status != 200)
		},
		want: func(r *replyRow, _ replyHandler, _ reply) reply { return r.plain() },
	},
	{
		reason: "only 200 answers to GET and HEAD have an ETag",
		applies: func(r *replyRow, _ replyHandler, now reply) bool {
			return now.ETag && !(r.isRead() && (now.Status == 200 || now.Status == 304))
		},
		want: func(_ *replyRow, _ replyHandler, now reply) reply { now.ETag = false; return now },
	},
	{
		reason: "the ETag that a handler sets is kept, and so can match; Next puts its own in its place",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return h.ownTag && r.isRead() && r.header("If-None-Match") == `"mine"`
		},
		want: func(_ *replyRow, _ replyHandler, now reply) reply { return reply{Status: 304, ETag: true} },
	},
	{
		reason:  "a 304 has no Content-Type: it has no content (RFC 9110, section 15.4.5)",
		applies: func(_ *replyRow, _ replyHandler, now reply) bool { return now.Status == 304 },
		want:    func(_ *replyRow, _ replyHandler, now reply) reply { now.Type = ""; return now },
	},
	{
		reason:  "a 205 has no body (RFC 9110, section 15.3.6)",
		applies: func(_ *replyRow, _ replyHandler, now reply) bool { return now.Status == 205 },
		want:    func(_ *replyRow, _ replyHandler, now reply) reply { now.Type, now.Body = "", ""; return now },
	},
	{
		reason:  "nothing is compressed: that is for middleware, or for the server in front",
		applies: func(r *replyRow, _ replyHandler, _ reply) bool { return r.ResHeaders["content-encoding"] != nil },
		want:    func(r *replyRow, _ replyHandler, _ reply) reply { return r.plain() },
	},
	{
		reason: "a 200 without a body is a 204, unless Status says otherwise: it needs no length and no chunks",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return now.Status == 200 && now.Body == "" && !now.ETag && h.status == 0 && r.Method != http.MethodHead
		},
		want: func(_ *replyRow, _ replyHandler, now reply) reply { now.Status = 204; return now },
	},
	{
		reason:  "the Content-Type that a handler sets is kept; Next puts that of JSON in its place",
		applies: func(_ *replyRow, h replyHandler, now reply) bool { return h.ownType != "" && now.Status == 200 },
		want:    func(_ *replyRow, h replyHandler, now reply) reply { now.Type = h.ownType; return now },
	},
	{
		reason: "every body has a type: of text, HTML, or what net/http finds it to be",
		applies: func(r *replyRow, h replyHandler, now reply) bool {
			return now.Type == "" && (now.Body != "" || now.ETag) && now.Status != 304
		},
		want: func(r *replyRow, _ replyHandler, now reply) reply {
			body := now.Body
			if r.Method == http.MethodHead {
				body = r.plain().Body
			}
			now.Type = http.DetectContentType([]byte(body))
			return now
		},
	},
	{
		reason: "in JSON the characters <, > and & are escaped, and so are U+2028 and U+2029, as encoding/json has it",
		applies: func(_ *replyRow, _ replyHandler, now reply) bool {
			return now.Type == "application/json; charset=utf-8" && strings.ContainsAny(now.Body, "<>&\u2028\u2029")
		},
		want: func(_ *replyRow, _ replyHandler, now reply) reply {
			now.Body = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "\u2028", `\u2028`, "\u2029", `\u2029`).Replace(now.Body)
			return now
		},
	},
}

// location is to where a handler redirects, octet by octet.
func (h replyHandler) location(r *replyRow) string {
	if h.to != "?to" {
		return h.to
	}
	_, query, _ := strings.Cut(replyBytes(r.Target), "?")
	values, _ := url.ParseQuery(query)
	return values.Get("to")
}

// isError reports whether an answer is not the handler's own, but one for an
// error.
func (h replyHandler) isError(now reply) bool {
	return now.Status >= 400 && now.Status != h.status && !now.Cut && !json.Valid([]byte(now.Body))
}

// takes reports whether the handler takes the body as one of a kind, and no rule
// has refused it before.
func (h replyHandler) takes(kind string, r *replyRow, now reply) bool {
	return h.parses && r.media() == kind && now.Type != problem(0).Type
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c >= 0x7f })
}

func (r *replyRow) isRead() bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// lines returns the values of a header of the request.
func (r *replyRow) lines(name string) (list []string) {
	for k, v := range r.Headers {
		if !strings.EqualFold(k, name) {
			continue
		}
		values, ok := v.([]any)
		if !ok {
			values = []any{v}
		}
		for _, v := range values {
			list = append(list, strings.TrimSpace(replyBytes(v.(string))))
		}
	}
	return list
}

func (r *replyRow) header(name string) string { return strings.Join(r.lines(name), "; ") }

func (r *replyRow) media() string { return replyMedia(r.lines("Content-Type"), len(r.body()) == 0) }

// body returns the body of the request.
func (r *replyRow) body() string {
	if len(r.BodySpec) == 0 {
		return r.Body + string(r.BodyBase64)
	}
	var spec struct {
		Data        []int
		Prefix      string
		Fill        string
		Count       int
		Suffix      string
		SuffixFill  string `json:"suffix_fill"`
		SuffixCount int    `json:"suffix_count"`
	}
	if err := json.Unmarshal(r.BodySpec, &spec); err != nil {
		panic(err)
	}
	var b strings.Builder
	for _, c := range spec.Data {
		b.WriteByte(byte(c))
	}
	return b.String() + spec.Prefix + strings.Repeat(spec.Fill, spec.Count) + spec.Suffix + strings.Repeat(spec.SuffixFill, spec.SuffixCount)
}

// cookiePairs returns what stands between the semicolons of the cookies.
func (r *replyRow) cookiePairs() (pairs []string) {
	if r.Handler != "cookies" {
		return nil
	}
	for _, line := range r.lines("Cookie") {
		for _, p := range strings.Split(line, ";") {
			if p = strings.TrimSpace(p); p != "" {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

func (r *replyRow) anyCookie(text string) bool {
	return slices.ContainsFunc(r.cookiePairs(), func(p string) bool { return strings.Contains(p, text) })
}

// cookies is the answer with the cookies as RFC 6265 has them, and net/http: a
// value in quotes is without, and the first of a name counts.
func (r *replyRow) cookies(_ replyHandler, now reply) reply {
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

// plain is what is recorded of the handler for a plain GET.
func (r *replyRow) plain() reply {
	for _, other := range replyRecordings {
		if other.Handler == r.Handler && other.Method == http.MethodGet && other.header("If-None-Match") == "" && other.ResHeaders["content-encoding"] == nil {
			return other.recorded()
		}
	}
	return reply{}
}

// recorded is the answer that is recorded.
func (r *replyRow) recorded() reply {
	lines := func(name string) (list []string) {
		switch v := r.ResHeaders[name].(type) {
		case string:
			list = append(list, replyBytes(v))
		case []any:
			for _, s := range v {
				list = append(list, replyBytes(s.(string)))
			}
		}
		return list
	}
	first := func(name string) string { return strings.Join(lines(name), "; ") }
	a := reply{
		Status: r.Status, Type: first("content-type"), Location: first("location"), Allow: first("allow"),
		Cookies: lines("set-cookie"), ETag: first("etag") != "",
		Body: clip(r.ResBody+string(r.ResBodyBase64), r.ResLen),
	}
	if r.Method == http.MethodHead {
		a.Body = first("content-length") + " bytes"
	}
	return a
}

// clip returns a body of a length, or its beginning.
func clip(body string, length int) string {
	const most = 1500
	if length <= most {
		return body
	}
	return fmt.Sprintf("%s ... of %d bytes", body[:most], length)
}

// replyBytes makes a byte of each character.
func replyBytes(s string) string {
	var b strings.Builder
	for _, c := range s {
		b.WriteByte(byte(c))
	}
	return b.String()
}

// ask sends the request of the recording. The tags of Next become those of this
// package, by which the client means the same answer.
func (r *replyRow) ask(t *testing.T, s *httptest.Server) reply {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nConnection: close\r\n", r.Method, replyBytes(r.Target))
	tag, _ := r.ResHeaders["etag"].(string)
	for name := range r.Headers {
		for _, v := range r.lines(name) {
			if strings.EqualFold(name, "If-None-Match") && tag != "" && strings.Contains(v, tag) {
				plain, _, err := streamDo(t, s, http.MethodGet, replyBytes(r.Target))
				if err != nil {
					t.Fatal(err)
				}
				v = strings.ReplaceAll(v, tag, plain.Header.Get("ETag"))
			}
			b.WriteString(name + ": " + v + "\r\n")
		}
	}
	b.WriteString("\r\n")
	body := r.body()
	if r.ChunkSizes != nil {
		for _, n := range r.ChunkSizes {
			n = min(n, len(body))
			fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
			body = body[n:]
		}
		body = "0\r\n\r\n"
	}
	c := streamDial(t, s)
	defer c.Close()
	go io.WriteString(c, b.String()+body) // fails where the server has refused early
	resp := c.answer(r.Method)
	for resp.StatusCode < 200 {
		resp = c.answer(r.Method)
	}
	got, err := io.ReadAll(resp.Body)
	h := resp.Header
	a := reply{
		Status: resp.StatusCode, Type: h.Get("Content-Type"), Location: h.Get("Location"), Allow: h.Get("Allow"),
		Cookies: h["Set-Cookie"], ETag: h.Get("ETag") != "", Body: clip(string(got), len(got)), Cut: err != nil,
	}
	var p struct {
		Title  string
		Status int
	}
	switch {
	case a.Type == problem(0).Type && (r.Method == http.MethodHead || json.Unmarshal(got, &p) == nil && p.Status == a.Status && p.Title == http.StatusText(a.Status)):
		a.Body = problem(0).Body // the texts are for other tests
	case r.Method == http.MethodHead:
		a.Body = h.Get("Content-Length") + " bytes"
	}
	return a
}

// inOrder sorts what a map has given an order to: the members of objects, and
// lists of names.
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

// replyRecordings are the recordings of the groups of this file.
var replyRecordings []*replyRow

func TestNextReplies(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "next", "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	replyRecordings = nil
	for d := json.NewDecoder(f); d.More(); {
		r := &replyRow{}
		if err := d.Decode(r); err != nil {
			t.Fatal(err)
		}
		if slices.Contains([]string{"response", "etag", "cookies", "body"}, r.Group) {
			replyRecordings = append(replyRecordings, r)
		}
	}
	api := New(ETag(true), (&streamLog{}).option())
	registered := map[string]bool{}
	absent := 0
	for _, r := range replyRecordings {
		h, ok := replyHandlers[r.Handler]
		if !ok && r.Handler != "" {
			t.Errorf("%s: no handler %q", r.ID, r.Handler)
		}
		if h.whyAbsent != "" {
			absent++
		} else if h.serve != nil && !registered[r.Route] {
			registered[r.Route] = true
			api.Handle(r.Route, h.serve, h.opts...)
		}
	}
	s := streamServe(t, api)
	uses := make([]int, len(replyRules))
	for _, r := range replyRecordings {
		h := replyHandlers[r.Handler]
		if h.whyAbsent != "" {
			continue
		}
		want := r.recorded()
		var why []string
		for i, rule := range replyRules {
			if !rule.applies(r, h, want) {
				continue
			}
			before := want
			want = rule.want(r, h, want)
			if h.dynamic {
				before.Body, want.Body = inOrder(before.Body), inOrder(want.Body)
			}
			if !cmp.Equal(before, want) {
				uses[i]++
				why = append(why, rule.reason)
			}
		}
		got := r.ask(t, s)
		if h.dynamic {
			want.Body, got.Body = inOrder(want.Body), inOrder(got.Body)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s %s, handler %s (-want +got), Next but for %q:\n%s", r.ID, r.Method, r.Target, r.Handler, why, diff)
		}
	}
	for i, n := range uses {
		if n == 0 && (respStrict || !replyRules[i].strict) {
			t.Errorf("no recording needs the rule: %s", replyRules[i].reason)
		}
	}
	if len(replyRecordings) == 0 || absent == 0 || absent > len(replyRecordings)/10 {
		t.Errorf("of %d recordings %d are of handlers that there cannot be here", len(replyRecordings), absent)
	}
}
