package apiroute_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strings"
	"time"
	"unicode/utf16"

	"example.com/apiroute"
)

// A nextHandler is a handler of the recorded site, and what the rules must know of it.
type nextHandler struct {
	serve apiroute.Handler
	opts  []apiroute.Option

	status    int    // the status that it sets; 0: none; badStatus: one that is out of range
	redirects bool   // it redirects
	to        string // the URL to which it redirects; "?to": the one in the query
	ownType   string // the Content-Type that it sets; "": none
	ownTag    bool   // it sets the ETag "mine"
	oddHeader bool   // it sets a header that cannot be sent as it is
	noJSON    bool   // its response has no JSON form
	before    string // what it has written when it fails; "": it does not fail after it has written
	dynamic   bool   // its response shows a map, which has no order
	parses    bool   // it parses the body as its media type says
	limit     int64  // the limit of the body in bytes; 0: none
	whyAbsent string // why there is no such handler; serve is nil then
}

// badStatus stands for a status that is out of range.
const badStatus = -1

// a1 is the object that most handlers send.
type a1 struct {
	A int `json:"a"`
}

// Handlers that do the same but for a value are made by these functions.

func jsonHandler(v any) nextHandler {
	return nextHandler{serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(v) }}
}

func statusHandler(status int, v any) nextHandler {
	return nextHandler{status: status, serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.Status(status).JSON(v)
	}}
}

func badStatusHandler(status int) nextHandler {
	return nextHandler{status: badStatus, serve: statusHandler(status, a1{1}).serve}
}

func textHandler(s string) nextHandler {
	return nextHandler{serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Text(s) }}
}

// redirectHandler redirects, with a status unless it is 0.
func redirectHandler(status int, url string) nextHandler {
	return nextHandler{redirects: true, to: url, status: status, serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		if status != 0 {
			res.Status(status)
		}
		return res.Redirect(url)
	}}
}

func endHandler() nextHandler {
	return nextHandler{serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.End() }}
}

// silentHandler returns without a response.
func silentHandler() nextHandler { return errorHandler(nil) }

func errorHandler(err error) nextHandler {
	return nextHandler{serve: func(*apiroute.Request, *apiroute.Response) error { return err }}
}

func panicHandler(v any) nextHandler {
	return nextHandler{serve: func(*apiroute.Request, *apiroute.Response) error { panic(v) }}
}

func absentHandler(why string) nextHandler { return nextHandler{whyAbsent: why} }

// jsonAfter sends {"a":1} after f.
func jsonAfter(f func(*apiroute.Request, *apiroute.Response)) nextHandler {
	return nextHandler{serve: func(req *apiroute.Request, res *apiroute.Response) error {
		f(req, res)
		return res.JSON(a1{1})
	}}
}

// typedHandler sets a Content-Type before end.
func typedHandler(contentType string, end func(*apiroute.Response) error) nextHandler {
	return nextHandler{ownType: contentType, serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return end(res.SetHeader("Content-Type", contentType))
	}}
}

// ownJSON has a JSON form of its own.
type ownJSON struct{}

func (ownJSON) MarshalJSON() ([]byte, error) { return []byte(`{"replaced":1}`), nil }

// The reasons why there is no such handler in Go.
const (
	noUndefined = "Go has no undefined, no missing argument and no function that takes any type for a status or a URL"
	noSend      = "no method depends on what it is given: JSON, Text, Bytes and Stream say what they send"
	noNext      = "draft mode and previews are features of Next"
	noLate      = "nothing may be written after a handler has returned"
	noModules   = "what is not a handler does not compile, or panics at registration"
)

// nextHandlers are the handlers of the recorded site by name. Some are in no recording here; their
// values follow their description.
var nextHandlers = map[string]nextHandler{
	"json-201": statusHandler(201, struct {
		OK bool `json:"ok"`
		ID int  `json:"id"`
	}{true, 7}),
	"json-string":       jsonHandler("text"),
	"json-empty-string": jsonHandler(""),
	"json-number":       jsonHandler(42),
	"json-float":        jsonHandler([]float64{0.1, 1e21, 1e-7, 0, 123456789012345680000, 1, 5e-324}),
	"json-nan":          {noJSON: true, serve: jsonHandler([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}).serve},
	"json-bool":         jsonHandler(true),
	"json-null":         jsonHandler(nil),
	"json-array": jsonHandler([]any{1, "two", nil, struct {
		Three int `json:"three"`
	}{3}}),
	"json-empty-array":  jsonHandler([]int(nil)),
	"json-empty-object": jsonHandler(map[string]int(nil)),
	"json-undefined":    absentHandler(noUndefined),
	"json-noarg":        absentHandler(noUndefined),
	"json-function":     {noJSON: true, serve: jsonHandler(func() {}).serve},
	"json-nested": jsonHandler(json.RawMessage(`{"a": {"b": {"c": [{"d": null}, [[]]]}},
		"z": [null]}`)),
	"json-unicode": jsonHandler(struct {
		S string `json:"s"`
	}{"héllo 日本 😀"}),
	"json-html": jsonHandler(struct {
		S string `json:"s"`
		Q string `json:"q"`
	}{`<script>alert("x") && 1 > 0</script>`, "it's"}),
	"json-linesep":   jsonHandler("\u2028\u2029"),
	"json-control":   jsonHandler("\x00\x1f\\/\""),
	"json-surrogate": absentHandler("a string is UTF-8: it has no lone surrogate"),
	"json-date": jsonHandler(struct {
		D string `json:"d"`
	}{time.Unix(0, 0).UTC().Format("2006-01-02T15:04:05.000Z07:00")}),
	"json-tojson":   jsonHandler(ownJSON{}),
	"json-map":      absentHandler("Go's maps, sets and errors have other forms than JavaScript's"),
	"json-buffer":   absentHandler("bytes in JSON are base64, and not a list of numbers"),
	"json-bigint":   absentHandler("big.Int has a JSON form"),
	"json-circular": {noJSON: true, serve: jsonHandler(newCycle()).serve},
	"json-order": jsonHandler(struct {
		Two string `json:"2"`
		Ten string `json:"10"`
		Z   int    `json:"z"`
		A   int    `json:"a"`
		M   int    `json:"m"`
	}{"two", "ten", 1, 2, 3}),
	"json-404": statusHandler(404, struct {
		Error string `json:"error"`
	}{"nope"}),
	"json-500": statusHandler(500, struct {
		Error string `json:"error"`
	}{"Server error!"}),

	"send-string":       textHandler("plain text"),
	"send-html":         {serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.HTML("<p>hi</p>") }},
	"send-unicode":      textHandler("héllo 日本"),
	"send-empty":        textHandler(""),
	"send-object":       jsonHandler(a1{1}),
	"send-array":        jsonHandler([]int{1, 2}),
	"send-buffer":       {serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Bytes("", []byte{0, 1, 2, 255}) }},
	"send-buffer-empty": {serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Bytes("", nil) }},
	"send-uint8":        absentHandler(noSend),
	"send-null":         endHandler(),
	"send-undefined":    endHandler(),
	"send-noarg":        endHandler(),
	"send-number":       jsonHandler(42),
	"send-zero":         jsonHandler(0),
	"send-true":         jsonHandler(true),
	"send-false":        jsonHandler(false),
	"send-function":     {noJSON: true, serve: jsonHandler(func() {}).serve},
	"send-bigint":       absentHandler(noSend),
	"send-promise":      absentHandler(noSend),
	"send-stream": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.Stream("", io.MultiReader(strings.NewReader("one,"), strings.NewReader("two")))
	}},
	"send-status-418": {status: 418, serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(418).Text("teapot") }},

	"status-204-json":     statusHandler(204, a1{1}),
	"status-204-send":     {status: 204, serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(204).Text("x") }},
	"status-204-end":      {status: 204, serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(204).End() }},
	"status-204-end-body": {status: 204, serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(204).Text("x") }},
	"status-205-json":     statusHandler(205, a1{1}),
	"status-304-json":     statusHandler(304, a1{1}),
	"status-304-end":      {status: 304, serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(304).End() }},
	"status-only":         {status: 202, serve: func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(202).End() }},
	"status-string":       absentHandler(noUndefined),
	"status-0":            badStatusHandler(0),
	"status-99":           badStatusHandler(99),
	"status-100":          badStatusHandler(100),
	"status-999":          badStatusHandler(999),
	"status-1000":         badStatusHandler(1000),
	"status-undefined":    absentHandler(noUndefined),
	"status-twice": {status: 202, serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.Status(400).Status(202).JSON(a1{1})
	}},
	"status-message": statusHandler(200, a1{1}),

	"redirect-url":               redirectHandler(0, "/login"),
	"redirect-301":               redirectHandler(301, "/login"),
	"redirect-302-rel":           redirectHandler(302, "login"),
	"redirect-303":               redirectHandler(303, "/done"),
	"redirect-308":               redirectHandler(308, "https://example.com/a b"),
	"redirect-200":               redirectHandler(200, "/login"),
	"redirect-empty":             redirectHandler(0, ""),
	"redirect-noarg":             absentHandler(noUndefined),
	"redirect-null":              absentHandler(noUndefined),
	"redirect-number-only":       absentHandler(noUndefined),
	"redirect-string-status":     absentHandler(noUndefined),
	"redirect-swapped":           absentHandler(noUndefined),
	"redirect-status-url-object": absentHandler(noUndefined),
	"redirect-bad-status":        redirectHandler(1000, "/login"),
	"redirect-latin1":            redirectHandler(0, "/caf\xe9"),
	"redirect-unicode":           redirectHandler(0, "/日本"),
	"redirect-crlf":              redirectHandler(0, "/x\r\nX-Evil: 1"),
	"redirect-html":              redirectHandler(0, "/<script>"),
	"redirect-proto-rel":         redirectHandler(0, "//evil.example/x"),
	"redirect-after-status":      redirectHandler(201, "/login"),
	"redirect-open": {redirects: true, to: "?to", serve: func(req *apiroute.Request, res *apiroute.Response) error {
		return res.Redirect(req.Query().Get("to"))
	}},

	"ct-then-send":        typedHandler("text/html", func(res *apiroute.Response) error { return res.Text("<b>x</b>") }),
	"ct-then-json":        typedHandler("application/vnd.x+json", func(res *apiroute.Response) error { return res.JSON(a1{1}) }),
	"ct-then-send-object": typedHandler("text/plain", func(res *apiroute.Response) error { return res.JSON(a1{1}) }),
	"ct-then-buffer":      typedHandler("image/png", func(res *apiroute.Response) error { return res.Bytes("", []byte{0, 1, 2, 255}) }),
	"ct-then-stream":      typedHandler("text/csv", func(res *apiroute.Response) error { return res.Stream("", strings.NewReader("one,two")) }),
	"ct-then-send-null":   typedHandler("text/plain", (*apiroute.Response).End),
	"etag-own": {ownTag: true, serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.SetHeader("ETag", `"mine"`).JSON(a1{1})
	}},
	"cl-own": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.SetHeader("Content-Length", "3").Text("longer than three")
	}},
	"cache-own": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.SetHeader("Cache-Control", "public, max-age=60")
	}),
	"cookie-single": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1", Path: "/", HttpOnly: true})
	}),
	"cookie-multi": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1", Path: "/"}).SetCookie(&http.Cookie{Name: "b", Value: "2", Secure: true})
	}),
	"cookie-append": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1"}).SetCookie(&http.Cookie{Name: "b", Value: "2"})
	}),
	"cookie-redirect": {redirects: true, to: "/x", serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.SetCookie(&http.Cookie{Name: "a", Value: "1"}).Redirect("/x")
	}},
	"header-multi": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.Header()["X-M"] = []string{"one", "two"}
		res.SetHeader("X-N", "5")
	}),
	"header-bad-value": {oddHeader: true, serve: jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) { res.SetHeader("X-Bad", "a\nb") }).serve},
	"header-bad-name":  {oddHeader: true, serve: jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) { res.SetHeader("X Bad", "a") }).serve},
	"header-own-multi": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.SetHeader("X-Frame-Options", "DENY").SetHeader("Vary", "Cookie")
	}),

	"write-end": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		io.WriteString(res, "one ")
		_, err := io.WriteString(res, "two three")
		return err
	}},
	"writehead": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("Content-Type", "text/plain").WriteHeader(202)
		_, err := io.WriteString(res, "x")
		return err
	}},
	"writehead-length": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("Content-Length", "5").WriteHeader(200)
		_, err := io.WriteString(res, "hello")
		return err
	}},
	"stream-slow": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		for _, s := range []string{"one ", "two ", "three"} {
			io.WriteString(res, s)
			res.Flush()
			time.Sleep(time.Millisecond)
		}
		return nil
	}},
	"sse": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		ev, err := res.Events()
		if err == nil {
			err = ev.Send(apiroute.Event{Type: "x", Data: "1"})
		}
		return err
	}},
	"end-only": endHandler(),
	"end-body": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		_, err := io.WriteString(res, "ended")
		return err
	}},
	"end-callback": endHandler(),
	"async-json": jsonHandler(struct {
		Later bool `json:"later"`
	}{true}),
	"late-json":         absentHandler(noLate),
	"no-response":       silentHandler(),
	"return-value":      silentHandler(),
	"return-response":   silentHandler(),
	"return-after-send": jsonAfter(func(*apiroute.Request, *apiroute.Response) {}),

	"throw-error":        errorHandler(errors.New("secret")),
	"throw-async":        errorHandler(errors.New("secret")),
	"reject":             errorHandler(errors.New("secret")),
	"reject-late":        errorHandler(errors.New("secret")),
	"throw-status":       panicHandler(struct{ statusCode int }{418}),
	"throw-error-status": errorHandler(&os.PathError{Op: "secret", Err: os.ErrNotExist}),
	"throw-string":       panicHandler("secret"),
	"throw-null":         panicHandler(nil),
	"throw-undefined":    panicHandler(nil),
	"throw-after-status": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		res.Status(201).SetHeader("X-Own", "1")
		return errors.New("secret")
	}},
	"throw-after-send": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		res.JSON(a1{1})
		return errors.New("secret")
	}},
	"throw-after-write": {before: "partial", serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		io.WriteString(res, "partial")
		res.Flush()
		return errors.New("secret")
	}},
	"throw-after-write-length": {before: "partial", serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		io.WriteString(res.SetHeader("Content-Length", "100"), "partial")
		res.Flush()
		return errors.New("secret")
	}},
	"throw-cookie": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		res.SetCookie(&http.Cookie{Name: "a", Value: "1"}).SetHeader("Cache-Control", "public")
		return errors.New("secret")
	}},
	"double-send": {serve: func(_ *apiroute.Request, res *apiroute.Response) error { res.Text("one"); return res.Text("two") }},
	"double-json": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		res.JSON(struct {
			One int `json:"one"`
		}{1})
		return res.JSON(a1{2})
	}},
	"double-end": {serve: func(_ *apiroute.Request, res *apiroute.Response) error { res.End(); return res.End() }},
	"send-then-header": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		res.Text("one")
		res.SetHeader("X-Late", "1")
		return nil
	}},
	"json-then-redirect": {serve: func(_ *apiroute.Request, res *apiroute.Response) error { res.JSON(a1{1}); return res.Redirect("/x") }},
	"write-then-json": {before: "partial", serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		io.WriteString(res, "partial")
		res.Flush()
		return res.JSON(a1{1})
	}},

	"large-5mb":     jsonHandler(largeText(5 << 20)),
	"large-nolimit": jsonHandler(largeText(5 << 20)),
	"large-limit":   jsonHandler(largeText(2 << 20)),
	"large-chunked": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		for i := 0; i < 5; i++ {
			if _, err := res.Write(bytes.Repeat([]byte("y"), 1<<20)); err != nil {
				return err
			}
		}
		return nil
	}},
	"medium": jsonHandler(struct {
		S string `json:"s"`
	}{strings.Repeat("abc ", 1000)}),
	"method-switch": {serve: func(req *apiroute.Request, res *apiroute.Response) error {
		if req.Method == http.MethodPost {
			return res.Status(201).JSON(a1{1})
		}
		return &apiroute.Error{Status: 405, Header: http.Header{"Allow": {"POST"}}}
	}},
	"pipe": {serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		_, err := io.Copy(res, io.MultiReader(strings.NewReader("one,"), strings.NewReader("two")))
		return err
	}},
	"draft":         absentHandler(noNext),
	"clear-preview": absentHandler(noNext),
	"cors": {serve: func(req *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("Access-Control-Allow-Origin", "*")
		if req.Method == http.MethodOptions {
			return res.SetHeader("Access-Control-Allow-Methods", "GET, POST").Status(204).End()
		}
		return res.JSON(a1{1})
	}},
	"body-reassign": absentHandler("query and cookies are read from the request, and nothing can be added to them"),
	"sent-flags":    absentHandler("the compiler checks whether a method returns its receiver"),
	"early-hints": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.SetHeader("Link", "</a.css>; rel=preload").WriteHeader(103)
	}),
	"headers-case": jsonAfter(func(_ *apiroute.Request, res *apiroute.Response) {
		res.SetHeader("x-a", "1").SetHeader("X-A", "2").Header().Del("x-A")
	}),
	"query-type":     absentHandler("a type in Go is not a class in JavaScript"),
	"return-res":     jsonAfter(func(*apiroute.Request, *apiroute.Response) {}),
	"throw-timer":    absentHandler("a panic in another goroutine ends the process"),
	"unhandled":      jsonAfter(func(*apiroute.Request, *apiroute.Response) {}),
	"aborted":        jsonAfter(func(*apiroute.Request, *apiroute.Response) { time.Sleep(10 * time.Millisecond) }),
	"no-default":     absentHandler(noModules),
	"default-object": absentHandler(noModules),
	"cjs": jsonHandler(struct {
		CJS bool `json:"cjs"`
	}{true}),

	"cookies":            {dynamic: true, serve: sendCookies},
	"echo":               {dynamic: true, parses: true, limit: 1 << 20, serve: echoJSON},
	"body-after":         {dynamic: true, parses: true, limit: 1 << 20, serve: echoJSON},
	"body-echo":          {dynamic: true, parses: true, limit: 1 << 20, serve: echoBody},
	"body-echo-true":     {dynamic: true, parses: true, limit: 1 << 20, serve: echoBody},
	"body-echo-1kb":      {dynamic: true, parses: true, limit: 1 << 10, serve: echoBody, opts: []apiroute.Option{apiroute.BodyLimit(1 << 10)}},
	"body-echo-3mb":      {dynamic: true, parses: true, limit: 3 << 20, serve: echoBody, opts: []apiroute.Option{apiroute.BodyLimit(3 << 20)}},
	"body-echo-100":      {dynamic: true, parses: true, limit: 100, serve: echoBody, opts: []apiroute.Option{apiroute.BodyLimit(100)}},
	"body-echo-badlimit": absentHandler("a limit is a number of bytes"),
	"body-raw":           {dynamic: true, serve: echoRaw, opts: []apiroute.Option{apiroute.NoBodyLimit()}},
	"body-raw-unread": {dynamic: true, opts: []apiroute.Option{apiroute.NoBodyLimit()}, serve: func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.JSON(map[string]any{"bodyType": "undefined"})
	}},
}

func largeText(n int) any {
	return struct {
		S string `json:"s"`
	}{strings.Repeat("x", n)}
}

func sendCookies(req *apiroute.Request, res *apiroute.Response) error {
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

// mediaKind returns the kind of a body with these Content-Types: "text", "form" or "json". A body
// without one is JSON, unless it is empty.
func mediaKind(contentType []string, empty bool) string {
	mediaType, _, _ := mime.ParseMediaType(strings.Join(contentType[:min(len(contentType), 1)], ""))
	switch {
	case strings.HasPrefix(mediaType, "text/"), contentType == nil && empty:
		return "text"
	case mediaType == "application/x-www-form-urlencoded":
		return "form"
	}
	return "json"
}

// parseNextForm parses a form as Next does: a repeated name has a list of values.
func parseNextForm(body string) (any, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, apiroute.Errorf(400, "the form is malformed")
	}
	form := map[string]any{}
	for name, list := range values {
		if form[name] = list[0]; len(list) > 1 {
			form[name] = list
		}
	}
	return form, nil
}

func echoJSON(req *apiroute.Request, res *apiroute.Response) error {
	var v any
	if err := req.JSON(&v); err != nil {
		return err
	}
	return res.JSON(v)
}

func echoBody(req *apiroute.Request, res *apiroute.Response) error {
	var v any
	var err error
	switch mediaKind(req.Header["Content-Type"], req.ContentLength == 0) {
	case "json":
		err = req.JSON(&v)
	case "form":
		var b []byte
		if b, err = req.Bytes(); err == nil {
			v, err = parseNextForm(string(b))
		}
	default:
		var b []byte
		b, err = req.Bytes()
		v = string(b)
	}
	if err != nil {
		return err
	}
	return res.JSON(echoed(v))
}

// echoed returns what body-echo sends: the kind of a body, and the body or its beginning.
func echoed(v any) map[string]any {
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
			panic(err) // v was decoded from JSON
		}
		text = string(b)
	}
	if len(text) > 4000 {
		e["body"], e["len"] = text[:20], len(utf16.Encode([]rune(text)))
	}
	return e
}

func echoRaw(req *apiroute.Request, res *apiroute.Response) error {
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
