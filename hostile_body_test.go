package apiroute_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
)

// A hostileDoc has fields of the kinds that JSON can fill.
type hostileDoc struct {
	Name string   `json:"name"`
	N    int64    `json:"n"`
	U    uint8    `json:"u"`
	F    float64  `json:"f"`
	L    []string `json:"l"`
	At   time.Time
	Raw  []byte `json:"raw"`
}

// A hostileForm is filled from a form.
type hostileForm struct {
	Body struct {
		Name string `form:"name"`
		N    int    `form:"n"`
	} `body:"form"`
}

// bodyRoutes adds the routes that TestHostileBodies attacks.
func bodyRoutes(api *apiroute.Router) {
	api.Post("/json", func(req *apiroute.Request, res *apiroute.Response) error {
		var v hostileDoc
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.JSON(v)
	})
	api.Post("/any", func(req *apiroute.Request, res *apiroute.Response) error {
		var v any
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text("ok")
	})
	api.Post("/known", func(req *apiroute.Request, res *apiroute.Response) error {
		var v hostileDoc
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text("ok")
	}, apiroute.RejectUnknown(true))
	api.Post("/bytes", func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(strconv.Itoa(len(b)))
	})
	api.Post("/form", func(req *apiroute.Request, res *apiroute.Response) error {
		v, err := apiroute.Bind[hostileForm](req)
		if err != nil {
			return err
		}
		return res.JSON(v.Body)
	})
	fiveRoutes(api)
	twiceRoutes(api)
}

// fiveRoutes adds routes that bind an object with five members.
func fiveRoutes(api *apiroute.Router) {
	type five struct{ A, B, C, D, E int }
	type input struct {
		Body five `body:"json"`
	}
	apiroute.Post(api, "/five", func(_ context.Context, in input) (five, error) { return in.Body, nil })
	api.Post("/five/bind", func(req *apiroute.Request, res *apiroute.Response) error {
		v, err := apiroute.Bind[input](req)
		if v.Body != (five{}) {
			return res.Text("half a struct")
		}
		return err
	})
}

// twiceRoutes adds routes that read a body and then bind it.
func twiceRoutes(api *apiroute.Router) {
	type input struct {
		Body struct{ Name string } `body:"json"`
	}
	api.Post("/twice", func(req *apiroute.Request, res *apiroute.Response) error {
		a, err1 := apiroute.Bind[input](req)
		b, err2 := apiroute.Bind[input](req)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return res.JSON([]string{a.Body.Name, b.Body.Name})
	})
	api.Post("/after", func(req *apiroute.Request, res *apiroute.Response) error {
		io.Copy(io.Discard, req.Body)
		v, err := apiroute.Bind[input](req)
		if err != nil {
			return err
		}
		return res.JSON(v)
	})
}

// named returns an attack with a document that is accepted, and whose member name has a value.
func named(doc, name string) attack {
	b, _ := apiroute.EncodeText(hostileDoc{Name: name})
	return attack{send: jsonText("/json", doc), status: 200, body: string(b)}
}

// badDoc returns an attack with a document that is rejected, and parts of the response.
func badDoc(doc string, has ...string) attack {
	return attack{send: jsonText("/json", doc), status: 400, has: has}
}

func badDocs(docs ...string) (list []attack) {
	for _, doc := range docs {
		list = append(list, badDoc(doc))
	}
	return list
}

// strictly returns the first attack if the toolchain decodes JSON strictly, and else the second.
func strictly(strict, lax attack) attack {
	if jsonIsStrict {
		return strict
	}
	return lax
}

func TestHostileJSON(t *testing.T) {
	long := strings.Repeat("a", 500_000)
	runAttacks(t, []attackRow{
		{"two documents (RFC 8259, section 2)", badDocs(`{"name":"a"}{"name":"b"}`, `{"name":"a"} {}`, `{"name":"a"},`)},
		{"text after the document", badDocs(`{"name":"a"} xyz`, `{"name":"a"}]`, "{\"name\":\"a\"}\x00")},
		{"no document", []attack{
			badDoc("", "body is empty"),
			{send: chunkedText("/json", "", isJSON), status: 400, has: []string{"body is empty"}},
			{send: requestText("POST", "/json", "", isJSON), status: 400, has: []string{"body is empty"}},
			badDoc(" \t\r\n", "body is empty"),
		}},
		{"text that is not JSON", badDocs("{'name':1}", `{"name":"a",}`, `{"n":NaN}`, `{"n":01}`, `{"f":.5}`, `{"f":1.}`, `{"n":+1}`, "{} // c",
			`{name:1}`, "{\"name\":\"a\x00\"}", "{\"name\":\"a\nb\"}", `{"name":"\x41"}`, "\v{}", "{}\u00a0")},
		{"a repeated name (RFC 7493, section 2.3)", []attack{
			strictly(badDoc(`{"name":"a","name":"b"}`, `"name"`), named(`{"name":"a","name":"b"}`, "b")),
		}},
		{"a name in another letter case", []attack{
			strictly(named(`{"name":"a","NAME":"b"}`, "a"), named(`{"name":"a","NAME":"b"}`, "b")),
		}},
		{"null as the document", badDocs("null", " null\n")},
		{"null as a member", []attack{named(`{"name":null,"n":null,"u":null,"l":null}`, "")}},
		{"a document that is no object (CWE-209)", []attack{
			badDoc("[]", "object"), badDoc(`"x"`, "object"), badDoc("1", "object"), badDoc("true", "object"),
		}},
		{"text that is not Unicode (RFC 7493, section 2.1)", []attack{
			badDoc("{\"name\":\"\xff\xfe\"}"), badDoc("{\"\xff\":1}"),
			strictly(badDoc(`{"name":"\ud800"}`), named(`{"name":"\ud800"}`, "\uFFFD")),
			named(`{"name":"\ud83d\ude00"}`, "😀"),
		}},
		{"a byte order mark (RFC 8259, section 8.1)", badDocs("\ufeff{}", "\xfe\xff\x00{\x00}")},
		{"NUL by an escape", []attack{{send: jsonText("/json", `{"name":"\u0000"}`), status: 200, has: []string{`"name":"\u0000"`}}}},
		{"numbers that do not fit (CWE-190)", []attack{
			badDoc(`{"n":1.5}`, `"n"`), badDoc(`{"n":1e2}`, `"n"`), badDoc(`{"n":1e400}`, `"n"`),
			badDoc(`{"n":99999999999999999999}`, `"n"`), badDoc(`{"n":"1"}`, `"n"`),
			badDoc(`{"u":-1}`, `"u"`), badDoc(`{"u":256}`, `"u"`), badDoc(`{"f":1e400}`, `"f"`),
			{send: jsonText("/json", `{"n":9007199254740993}`), status: 200, has: []string{`"n":9007199254740993,`}},
			{send: jsonText("/json", `{"n":-9223372036854775808}`), status: 200, has: []string{`"n":-9223372036854775808,`}},
		}},
		{"values of another type", badDocs(`{"At":"yesterday"}`, `{"At":1}`, `{"raw":"*"}`, `{"l":{}}`, `{"l":[1]}`, `{"name":["a"]}`)},
		{"unknown names (API3:2023)", []attack{
			named(`{"name":"a","admin":true}`, "a"),
			{send: jsonText("/known", `{"name":"a","admin":true}`), status: 400, has: []string{`"admin"`}},
			{send: jsonText("/known", `{"name":"a"}`), status: 200},
		}},
		{"long names, and names with markup", []attack{
			{send: jsonText("/known", `{"`+long+`":1}`), status: 400},
			{send: jsonText("/json", `{"`+long+`":1}`), status: 200},
			{send: jsonText("/known", `{"<script>":1}`), status: 400, lacks: []string{"<script>"}},
		}},
		{"half a struct", []attack{
			{send: jsonText("/five", `{"A":1,"B":2,"C":"x","D":4,"E":5}`), status: 400, has: []string{`"C"`}},
			{send: jsonText("/five/bind", `{"A":1,"B":2,"C":"x","D":4,"E":5}`), status: 400, has: []string{`"C"`}, lacks: []string{"half"}},
			{send: jsonText("/five", `{"A":1,"B":2,"C":3,"D":4,"E":5}`), status: 200},
		}},
		{"a body that is bound twice, or read before", []attack{
			{send: jsonText("/twice", `{"Name":"a"}`), status: 200, body: `["a","a"]`},
			{send: jsonText("/after", `{"Name":"a"}`), status: 500, body: problem(500), logs: []string{"the body has been read already"}},
		}},
	})
}

func TestHostileMediaTypes(t *testing.T) {
	var zipped strings.Builder
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, `{"name":"a"}`)
	z.Close()
	typed := func(status int, headers ...string) attack {
		return attack{send: postText("/json", `{"name":"a"}`, headers...), status: status}
	}
	compressed := func(status int, body string, headers ...string) attack {
		a := attack{send: postText("/json", body, append([]string{isJSON}, headers...)...), status: status}
		if status == 415 {
			a.has = []string{"\r\nAccept-Encoding: identity\r\n"}
		}
		return a
	}
	runAttacks(t, []attackRow{
		{"no media type (RFC 9110, section 8.3)", []attack{typed(415), {send: chunkedText("/json", "{}"), status: 415}}},
		{"media types that a form can have (OWASP CSRF)", []attack{
			typed(415, "Content-Type: text/plain"),
			typed(415, isForm),
			typed(415, isMultipart),
			typed(415, "Content-Type: "),
			typed(415, "Content-Type: */*"),
		}},
		{"media types that contain JSON's (CVE-2020-16250)", []attack{
			typed(415, "Content-Type: application/jsonevil"),
			typed(400, "Content-Type: application/json; ="),
			typed(415, "Content-Type: application/json, text/plain"),
			typed(415, "Content-Type: application/x-json"),
			typed(415, "Content-Type: xapplication/json"),
			typed(415, "Content-Type: +json"),
			typed(400, "Content-Type: text/plain; application/json"),
			typed(200, "Content-Type: APPLICATION/JSON ; charset=UTF-8"),
		}},
		{"the header twice", []attack{{send: postText("/json", "{}", isJSON, isJSON), status: 400}}},
		{"a charset that is not UTF-8 (RFC 8259, section 8.1)", []attack{
			typed(415, isJSON+"; charset=utf-16"),
			typed(415, isJSON+"; charset=latin1"),
			typed(400, isJSON+"; charset="),
			typed(200, isJSON+`; charset="utf-8"`),
		}},
		{"a compressed body (RFC 9110, section 8.4)", []attack{
			compressed(415, zipped.String(), "Content-Encoding: gzip"),
			compressed(415, `{}`, "Content-Encoding: gzip"),
			compressed(415, `{}`, "Content-Encoding: identity", "Content-Encoding: br"),
			compressed(400, zipped.String()),
		}},
	})
}

func TestHostileLengths(t *testing.T) {
	const limit = 1 << 20
	closes := []string{"\r\nConnection: close\r\n"}
	exact := `{"name":"` + strings.Repeat("a", limit-11) + `"}`
	whole := strconv.Itoa(limit)
	chunks := func(headers ...string) string {
		return requestText("POST", "/bytes", "", append(headers, "Transfer-Encoding: chunked")...)
	}
	runAttacks(t, []attackRow{
		{"a body over the limit (API4:2023)", []attack{
			{send: requestText("POST", "/json", "", isJSON, "Content-Length: 1048577"), status: 413, has: closes},
			{send: requestText("POST", "/json", "", isJSON, "Content-Length: 9223372036854775807"), status: 413, has: closes},
			{send: postText("/bytes", strings.Repeat("a", limit+1)), status: 413, has: closes},
			{send: postText("/bytes", strings.Repeat("a", limit)), status: 200, body: whole},
			named(exact, strings.Repeat("a", limit-11)),
		}},
		{"a body over the limit, in chunks", []attack{
			{send: chunkedText("/bytes", strings.Repeat("a", limit+1)), status: 413, has: closes},
			{send: chunkedText("/json", exact+" ", isJSON), status: 413, has: closes},
			{send: chunkedText("/bytes", strings.Repeat("a", limit)), status: 200, body: whole},
		}},
		{"lengths that contradict each other (CVE-2025-22871)", []attack{
			{send: chunks("Content-Length: 100") + "2\r\nab\r\n0\r\n\r\n", status: 200, body: "2"},
			rejected(400, requestText("POST", "/bytes", "", "Content-Length: 1", "Content-Length: 2")+"ab"),
			rejected(400, requestText("POST", "/bytes", "", "Content-Length: +5")+"abcde"),
			rejected(400, requestText("POST", "/bytes", "", "Content-Length: -1")),
			rejected(501, requestText("POST", "/bytes", "", "Transfer-Encoding: gzip, chunked")+"0\r\n\r\n"),
		}},
		{"other transfer codings", []attack{
			rejected(501, requestText("POST", "/bytes", "", "Transfer-Encoding: identity")+"ab"),
			rejected(501, chunks("Transfer-Encoding: chunked")+"0\r\n\r\n"),
		}},
		{"malformed chunks", []attack{
			{send: chunks() + "zz\r\nab\r\n0\r\n\r\n", status: 400},
			{send: chunks() + "ffffffffffffffffff\r\nab", status: 400},
			{send: chunks() + "2\r\nabcd\r\n0\r\n\r\n", status: 400},
		}},
		{"Expect", []attack{
			{send: requestText("POST", "/bytes", "", "Expect: 100-continue", "Content-Length: 2000000"), status: 413},
			rejected(417, postText("/bytes", "ab", "Expect: x")),
		}},
	})
}

func TestHostileForms(t *testing.T) {
	const part = "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n"
	const end = "--x--\r\n"
	runAttacks(t, []attackRow{
		{"multipart", []attack{
			{send: postText("/form", part+end, isMultipart), status: 200, has: []string{`"Name":"a"`}},
			{send: postText("/form", "--x\r\n\r\n"+end, isMultipart), status: 200},
			{send: postText("/form", part, isMultipart), status: 400},
			{send: postText("/form", part+end, "Content-Type: multipart/form-data"), status: 400},
			{send: postText("/form", part+part+end, isMultipart), status: 400, has: []string{`"name"`}},
			{send: postText("/form", strings.Repeat(part, 1001)+end, isMultipart), status: 413},
			{send: postText("/form", strings.Replace(part, `name="name"`, `name="name"; filename="../../x"`, 1)+end, isMultipart),
				status: 400, has: []string{`"name"`}},
		}},
		{"urlencoded", []attack{
			{send: postText("/form", "name=a;n=1", isForm), status: 400},
			{send: postText("/form", "name=%zz", isForm), status: 400},
			{send: postText("/form", "name=a&name=b", isForm), status: 400},
			{send: postText("/form?name=a&n=7", "", isForm), status: 200, body: `{"Name":"","N":0}`},
		}},
	})
}

// Deep documents take no more memory than their length allows (CVE-2022-28131). It is not parallel,
// because it counts what the whole process allocates.
func TestHostileNesting(t *testing.T) {
	nested := func(open, middle, end string, n int) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(end, n)
	}
	s := newAPI(t, addHostileRoutes)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	attackRow{attacks: []attack{
		{send: jsonText("/any", strings.Repeat("[", 1<<20)), status: 400},
		{send: jsonText("/any", nested("[", "", "]", 10_001)), status: 400},
		{send: jsonText("/any", nested(`{"a":`, "1", "}", 10_001)), status: 400},
		{send: jsonText("/json", `{"x":`+nested("[", "", "]", 10_001)+"}"), status: 400},
		{send: jsonText("/any", nested("[", "", "]", 9_999)), status: 200},
	}}.run(t, s)
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 64 {
		t.Errorf("%d MiB were allocated for 5 bodies of at most 1 MiB", n)
	}
}

// A client that stops in the middle of a body gets a 400 or nothing.
func TestHostileCutBody(t *testing.T) {
	t.Parallel()
	s := newAPI(t, addHostileRoutes)
	c := s.dial(t)
	c.send(t, requestText("POST", "/json", "", isJSON, "Content-Length: 100")+"{}")
	c.Conn.(*net.TCPConn).CloseWrite()
	if got := c.rest(); got != "" && !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("response %q, want a 400 or none", got)
	}
	if reached, _ := s.counts(); reached != 1 {
		t.Errorf("%d requests reached the router, want 1", reached)
	}
}
