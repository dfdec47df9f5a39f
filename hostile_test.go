package apiroute

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What hostile and faulty clients, and faulty handlers, get: over a socket, in
// the bytes that a client sends and sees.

// A hostileRow is one row of the list: requests and what each must get.
type hostileRow struct {
	name string
	asks []hostileAsk
	more func(*testing.T, *hostileSite) // what one request cannot show
}

// A hostileAsk is a request, in bytes, and its answer.
type hostileAsk struct {
	send   string
	status int
	std    bool     // net/http answers, and no handler is reached
	body   string   // all of the body, unless ""
	has    []string // in the answer, head and body
	lacks  []string
	logs   []string // in the log of the router
}

// A hostileSite is a router on a socket.
type hostileSite struct {
	addr string
	log  *routerLog
	std  *routerLog // net/http's own

	mu      sync.Mutex
	reached int // requests that came to the router
	active  int
	aborted int // panics with http.ErrAbortHandler
	idle    *sync.Cond
}

// hostileServe serves what build makes. Nothing but http.ErrAbortHandler may
// come out of ServeHTTP.
func hostileServe(t *testing.T, build func(Option) http.Handler) *hostileSite {
	t.Helper()
	s := &hostileSite{log: &routerLog{}, std: &routerLog{}}
	s.idle = sync.NewCond(&s.mu)
	h := build(s.log.option())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.reached++
		s.active++
		s.mu.Unlock()
		defer func() {
			v := recover()
			s.mu.Lock()
			defer s.mu.Unlock()
			s.active--
			s.idle.Broadcast()
			if v == nil {
				return
			}
			if s.aborted++; v != http.ErrAbortHandler {
				t.Errorf("%s %q: ServeHTTP panics: %v", r.Method, r.RequestURI, v)
			}
			panic(http.ErrAbortHandler)
		}()
		h.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(s.std, "", 0)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if text := s.std.String(); text != "" {
			t.Errorf("net/http complains: %s", text)
		}
	})
	s.addr = server.Listener.Addr().String()
	return s
}

// counts returns how many requests have come and have been aborted, once none is
// being served.
func (s *hostileSite) counts() (reached, aborted int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.active > 0 {
		s.idle.Wait()
	}
	return s.reached, s.aborted
}

// A hostileReply is an answer in bytes and read.
type hostileReply struct {
	routerReply
	head string // as it came
	rest int    // bytes after it
}

// hostileAnswers sends text over a connection and reads all answers, up to as
// many as there are methods. What is left of the text after an early answer need
// not go through.
func (s *hostileSite) hostileAnswers(t *testing.T, text string, methods ...string) (replies []hostileReply) {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	defer func() { conn.Close(); <-sent }()
	conn.SetDeadline(time.Now().Add(20 * time.Second)) // so that a test that hangs says where
	go func() { defer close(sent); io.WriteString(conn, text) }()
	var raw bytes.Buffer
	r := bufio.NewReader(io.TeeReader(conn, &raw))
	for _, method := range methods {
		raw.Next(raw.Len() - r.Buffered())
		var reply hostileReply
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		for err == nil && resp.StatusCode < 200 {
			reply.interim = append(reply.interim, resp.StatusCode)
			raw.Next(raw.Len() - r.Buffered())
			resp, err = http.ReadResponse(r, &http.Request{Method: method})
		}
		if err != nil {
			reply.err = err
			return append(replies, reply)
		}
		head, _, _ := bytes.Cut(raw.Bytes(), []byte("\r\n\r\n"))
		reply.head = string(head) + "\r\n"
		body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
		resp.Body.Close()
		reply.status, reply.header, reply.body, reply.close, reply.err = resp.StatusCode, resp.Header, string(body), resp.Close, err
		if method == "HEAD" {
			n, _ := io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			reply.rest = int(n)
		}
		replies = append(replies, reply)
	}
	return replies
}

// hostileAnswer sends one request and reads its answer.
func (s *hostileSite) hostileAnswer(t *testing.T, text string) hostileReply {
	t.Helper()
	method, _, _ := strings.Cut(text, " ")
	return s.hostileAnswers(t, text, method)[0]
}

// hostileInternal is what no client may see: names of Go types and of packages,
// places in the source, secrets of the handlers here.
var hostileInternal = regexp.MustCompile(`apiroute|[hH]ostile|goroutine|\.go:|json: |jsontext|strconv|reflect|runtime|interface \{|struct|` +
	`\b(u?int(8|16|32|64)?|float64|map\[)\b|\*[a-z]+\.[A-Z]|SECRET|panic|0x[0-9a-f]{6}|multipart: |http: |unexpected EOF|<nil>`)

// hostileProblem checks an answer of the package to an error.
func hostileProblem(t *testing.T, what string, got hostileReply) {
	t.Helper()
	for k, v := range map[string]string{"Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if list := got.header.Values(k); len(list) != 1 || list[0] != v {
			t.Errorf("%s: status %d: %s: %q, want %q", what, got.status, k, list, v)
		}
	}
	if s := hostileInternal.FindString(got.body + got.head); s != "" {
		t.Errorf("%s: %q is in the answer %s%s", what, s, got.head, got.body)
	}
	if got.body == "" { // HEAD
		return
	}
	var problem struct {
		Title  string       `json:"title"`
		Status int          `json:"status"`
		Detail string       `json:"detail"`
		Errors []FieldError `json:"errors"`
	}
	d := json.NewDecoder(strings.NewReader(got.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&problem); err != nil || problem.Status != got.status || problem.Title == "" {
		t.Errorf("%s: status %d, problem %q: %v", what, got.status, got.body, err)
	}
	if len(got.body) > 16<<10 {
		t.Errorf("%s: a problem of %d bytes", what, len(got.body))
	}
}

func hostileShort(s string) string {
	if len(s) > 200 {
		return fmt.Sprintf("%.200q and %d more", s, len(s)-200)
	}
	return strconv.Quote(s)
}

// ask sends a request and checks its answer.
func (a hostileAsk) ask(t *testing.T, s *hostileSite) hostileReply {
	t.Helper()
	before, _ := s.counts()
	logged := len(s.log.String())
	got := s.hostileAnswer(t, a.send)
	what := hostileShort(a.send)
	if got.err != nil {
		t.Errorf("%s: no whole answer: %v", what, got.err)
		return got
	}
	after, _ := s.counts()
	if got.status != a.status {
		t.Errorf("%s: status %d %s, want %d", what, got.status, hostileShort(got.body), a.status)
	}
	if a.body != "" && got.body != a.body {
		t.Errorf("%s: body %s, want %s", what, hostileShort(got.body), hostileShort(a.body))
	}
	all := got.head + "\r\n" + got.body
	for _, text := range a.has {
		if !strings.Contains(all, text) {
			t.Errorf("%s: no %q in the answer\n%s", what, text, all)
		}
	}
	for _, text := range a.lacks {
		if strings.Contains(all, text) {
			t.Errorf("%s: %q is in the answer\n%s", what, text, all)
		}
	}
	for _, text := range a.logs {
		if !strings.Contains(s.log.String()[logged:], text) {
			t.Errorf("%s: no %q in the log\n%s", what, text, s.log.String()[logged:])
		}
	}
	if got.rest != 0 {
		t.Errorf("%s: %d bytes after the answer", what, got.rest)
	}
	if a.std && after != before {
		t.Errorf("%s: the router was reached", what)
	}
	if got.status >= 400 && !a.std {
		hostileProblem(t, what, got)
	}
	return got
}

func hostileRun(t *testing.T, rows []hostileRow) {
	t.Helper()
	s := hostileServe(t, hostileRoutes)
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[row.name] {
			t.Errorf("two rows %q", row.name)
		}
		seen[row.name] = true
		t.Run(row.name, func(t *testing.T) {
			if len(row.asks) == 0 && row.more == nil {
				t.Error("the row has no check")
			}
			for _, a := range row.asks {
				a.ask(t, s)
			}
			if row.more != nil {
				row.more(t, s)
			}
		})
	}
}

// How requests are written.

func hostileRaw(method, target string, lines ...string) string {
	return method + " " + target + " HTTP/1.1\r\n" + strings.Join(append([]string{"Host: x", "Connection: close"}, lines...), "\r\n") + "\r\n\r\n"
}

func hostileGet(target string, lines ...string) string { return hostileRaw("GET", target, lines...) }

// hostileBody sends a body with its length.
func hostileBody(target, body string, lines ...string) string {
	return hostileRaw("POST", target, append(lines, "Content-Length: "+strconv.Itoa(len(body)))...) + body
}

const hostileIsJSON = "Content-Type: application/json"

func hostileJSON(target, body string) string { return hostileBody(target, body, hostileIsJSON) }

func hostileChunked(target, body string, lines ...string) string {
	text := hostileRaw("POST", target, append(lines, "Transfer-Encoding: chunked")...)
	if body != "" {
		text += fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
	}
	return text + "0\r\n\r\n"
}

// hostileEach makes one ask of each text, all with the same answer.
func hostileEach(status int, make func(string) string, texts ...string) (asks []hostileAsk) {
	for _, s := range texts {
		asks = append(asks, hostileAsk{send: make(s), status: status})
	}
	return asks
}

func hostileID(target, id string) hostileAsk {
	b, _ := json.Marshal(map[string]string{"id": id})
	return hostileAsk{send: hostileGet(target), status: 200, body: string(b)}
}

// The site.

type (
	hostileDoc struct {
		Name string   `json:"name"`
		N    int      `json:"n"`
		U    uint8    `json:"u"`
		F    float64  `json:"f"`
		L    []string `json:"l"`
		At   time.Time
		Raw  []byte `json:"raw"`
	}
	hostileQuery struct {
		Page  int     `query:"page"`
		I8    int8    `query:"i8"`
		U     uint    `query:"u"`
		F     float64 `query:"f"`
		OK    bool    `query:"ok"`
		S     string  `query:"s"`
		Trace string  `header:"X-Trace"`
		Sess  string  `cookie:"sess"`
	}
	hostileRole struct {
		Page int `query:"page"`
		Body struct {
			Role string `json:"role"`
			Name string
		} `body:"json"`
	}
	hostileMix struct {
		ID   int `path:"id"`
		Body struct {
			Name string `json:"name"`
		} `body:"json"`
	}
	hostileFive struct {
		A, B, C, D, E int
	}
	hostileForm struct {
		Body struct {
			Name string `form:"name"`
			N    int    `form:"n"`
		} `body:"form"`
	}
)

// hostileFails is a value whose encoding fails.
type hostileFails struct{}

func (hostileFails) MarshalJSON() ([]byte, error) { return nil, errors.New("SECRET") }

type hostilePanics struct{}

func (hostilePanics) MarshalJSON() ([]byte, error) { panic("SECRET") }

type hostileCycle struct{ Next *hostileCycle }

type hostileChecked struct {
	Q string `query:"q"`
}

func (hostileChecked) Validate() error { return errors.New("SECRET") }

func hostileRoutes(logger Option) http.Handler {
	api := New(logger)
	id := func(req *Request, res *Response) error { return res.JSON(map[string]string{"id": req.Param("id")}) }
	api.Get("/u/[id]", id)
	api.Get("/v/[id]/x", id)
	api.Get("/d", routerOK)
	api.Post("/d", routerOK)
	api.Get("/q/[...rest]", func(req *Request, res *Response) error { return res.JSON(req.Segments("rest")) })
	api.Get("/head", func(req *Request, res *Response) error { return res.SetHeader("X-A", "1").JSON("0123456789") })
	cors := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			next.ServeHTTP(w, r)
		})
	}
	api.Get("/cors", routerOK, Use(cors))
	api.Method("OPTIONS", "/options", func(req *Request, res *Response) error { return res.Text("mine") })
	api.Post("/json", func(req *Request, res *Response) error {
		var v hostileDoc
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.JSON(v)
	})
	api.Post("/any", func(req *Request, res *Response) error {
		var v any
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text("ok")
	})
	api.Post("/known", func(req *Request, res *Response) error {
		var v hostileDoc
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text("ok")
	}, RejectUnknown(true))
	api.Post("/bytes", func(req *Request, res *Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(strconv.Itoa(len(b)))
	})
	api.Post("/form", func(req *Request, res *Response) error {
		v, err := Bind[hostileForm](req)
		if err != nil {
			return err
		}
		return res.JSON(v.Body)
	})
	Post(api, "/five", func(_ context.Context, in struct {
		Body hostileFive `body:"json"`
	}) (hostileFive, error) {
		return in.Body, nil
	})
	api.Post("/five/bind", func(req *Request, res *Response) error {
		v, err := Bind[struct {
			Body hostileFive `body:"json"`
		}](req)
		if v.Body != (hostileFive{}) {
			return res.Text("half a struct")
		}
		return err
	})
	api.Post("/twice", func(req *Request, res *Response) error {
		a, err1 := Bind[hostileRole](req)
		b, err2 := Bind[hostileRole](req)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return res.JSON([]string{a.Body.Name, b.Body.Name})
	})
	api.Post("/after", func(req *Request, res *Response) error {
		io.Copy(io.Discard, req.Body)
		v, err := Bind[hostileRole](req)
		if err != nil {
			return err
		}
		return res.JSON(v)
	})
	Get(api, "/query", func(_ context.Context, in hostileQuery) (hostileQuery, error) { return in, nil })
	Post(api, "/role", func(_ context.Context, in hostileRole) (string, error) {
		return fmt.Sprintf("page %d role %q", in.Page, in.Body.Role), nil
	})
	Post(api, "/mix/[id]", func(_ context.Context, in hostileMix) (int, error) { return in.ID, nil })
	Get(api, "/checked", func(_ context.Context, in hostileChecked) (int, error) { return 0, nil })
	api.Get("/nodst/[kind]", func(req *Request, res *Response) error {
		switch req.Param("kind") {
		case "nil":
			return req.JSON(nil)
		case "value":
			return req.JSON(hostileDoc{})
		}
		return req.JSON((*hostileDoc)(nil))
	})
	api.Get("/reply/[kind]", hostileReplies)
	api.Handle("/wait", func(req *Request, res *Response) error {
		<-req.Context().Done()
		return req.Context().Err()
	}, Timeout(10*time.Millisecond))
	api.Get("/onerror/[kind]", func(req *Request, res *Response) error { return errors.New("SECRET") },
		OnError(func(req *Request, res *Response, err error) error {
			if req.Param("kind") == "panics" {
				panic("SECRET")
			}
			return nil
		}))
	api.Get("/use/[kind]", routerOK, routerUse(func(next http.Handler, w http.ResponseWriter, r *http.Request) { panic("SECRET") }))
	api.Get("/etag", routerOK, ETag(true))
	return api
}

// hostileReplies is what handlers get wrong, by kind; the argument is ?a=.
func hostileReplies(req *Request, res *Response) error {
	a := req.Query().Get("a")
	n, _ := strconv.Atoi(a)
	switch req.Param("kind") {
	case "header":
		return res.SetHeader("X-A", a).SetHeader("X-A: b", "c").Text("ok")
	case "cookie":
		return res.SetCookie(&http.Cookie{Name: "c", Value: a}).Text("ok")
	case "redirect":
		return res.Redirect(a)
	case "status":
		return res.Status(n).JSON("x")
	case "statusend":
		return res.Status(n).End()
	case "statusonly":
		res.Status(n)
		return nil
	case "twice":
		res.JSON(1)
		return res.JSON(2)
	case "twicenil":
		res.JSON(1)
		res.JSON(2)
		return nil
	case "late":
		res.Text("ok")
		res.Status(500).SetHeader("X-Late", "1").SetCookie(&http.Cookie{Name: "late", Value: "1"})
		res.WriteHeader(500)
		res.Write([]byte("more"))
		return nil
	case "error":
		res.Text("ok")
		return errors.New("SECRET")
	case "list":
		return res.JSON([]any{strings.Repeat("half", 1300), 2, hostileFails{}})
	case "nan":
		return res.JSON([]float64{1, math.NaN()})
	case "chan":
		return res.JSON(map[string]any{"half": 1, "z": make(chan int)})
	case "func":
		return res.JSON(struct{ Half, F any }{1, func() {}})
	case "cycle":
		c := &hostileCycle{}
		c.Next = c
		return res.JSON(c)
	case "badkey":
		return res.JSON(map[struct{ A int }]int{{1}: 1})
	case "panics":
		return res.JSON([]any{"half", hostilePanics{}})
	case "script":
		return res.JSON("<script>alert(1)</script>\u2028")
	case "text":
		return res.Text("<script>alert(1)</script>")
	case "bytes":
		return res.Bytes("", []byte("<html><script>alert(1)</script>"))
	case "errorscript":
		return Errorf(400, "no %s", a)
	case "panic":
		panic("SECRET\n" + a)
	case "panicnil":
		panic(nil)
	case "panicerror":
		panic(Errorf(404, "SECRET"))
	case "goexit":
		runtime.Goexit()
	case "panicafter":
		res.Write([]byte("half"))
		res.Flush()
		panic("SECRET")
	case "errorafter":
		res.Write([]byte("half"))
		return errors.New("SECRET")
	case "abort":
		panic(http.ErrAbortHandler)
	case "secret":
		return errors.New("dsn=SECRET")
	case "hijack":
		conn, rw, err := http.NewResponseController(res).Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
		rw.Flush()
		res.JSON("after")
		return errors.New("SECRET")
	case "flush":
		rc := http.NewResponseController(res)
		io.WriteString(res, "a")
		if err := errors.Join(rc.SetWriteDeadline(time.Now().Add(time.Minute)), rc.SetReadDeadline(time.Now().Add(time.Minute)), rc.Flush()); err != nil {
			return err
		}
		io.WriteString(res, "b")
		return nil
	case "events":
		s, err := res.Events()
		if err != nil {
			return err
		}
		if s.Send(Event{ID: "1\ndata: evil"}) == nil || s.Send(Event{Type: "a\revent: evil"}) == nil {
			return errors.New("a line break was sent")
		}
		return s.Send(Event{Data: a})
	case "typednil":
		var e *Error
		return e
	case "badstatus":
		return &Error{Status: n, Detail: "SECRET"}
	case "detail":
		return &Error{Status: 418, Title: "a\r\nb", Detail: "\xff\x00\r\nX-Evil: 1", Header: http.Header{"X-A": {a}}}
	case "long":
		return &Error{Status: 400, Err: errors.New("SECRET")}
	case "writeheader":
		res.WriteHeader(n)
		return nil
	case "length":
		return res.SetHeader("Content-Length", a).Text("ok")
	case "short":
		res.Header().Set("Content-Length", "10")
		res.Write([]byte("ok"))
		return nil
	case "setthenfail":
		res.SetHeader("X-Secret", "SECRET").SetCookie(&http.Cookie{Name: "s", Value: "SECRET"}).SetHeader("Content-Encoding", "gzip").
			SetHeader("Content-Length", "3").Status(201)
		return errors.New("SECRET")
	case "join":
		return errors.Join(errors.New("SECRET"), Errorf(404, "no such thing"))
	case "maxbytes":
		return fmt.Errorf("SECRET: %w", &http.MaxBytesError{Limit: 7})
	case "canceled":
		return fmt.Errorf("SECRET: %w", context.Canceled)
	}
	return Errorf(404, "no such kind")
}

func hostileReplyTo(kind, a string) string {
	var b strings.Builder
	for i := 0; i < len(a); i++ {
		fmt.Fprintf(&b, "%%%02X", a[i])
	}
	return hostileGet("/reply/" + kind + "?a=" + b.String())
}

func hostileKind(kind string) string { return hostileReplyTo(kind, "") }

const hostile500 = `{"title":"Internal Server Error","status":500}`

// hostileNowhere checks that no answer sends the client to another host.
func hostileNowhere(t *testing.T, s *hostileSite, targets ...string) {
	t.Helper()
	for _, target := range targets {
		got := s.hostileAnswer(t, hostileGet(target))
		if got.err != nil || got.status >= 500 || got.status < 300 && strings.Contains(got.body, "..") {
			t.Errorf("%q: %d %q, %v", target, got.status, got.body, got.err)
		}
		for _, to := range got.header.Values("Location") {
			if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
				t.Errorf("%q: Location %q", target, to)
			}
		}
		if got.status >= 400 {
			hostileProblem(t, target, got)
		}
	}
}

func TestHostileRouting(t *testing.T) {
	hostileRun(t, []hostileRow{
		{name: "01 RFC 3986 2.2", asks: []hostileAsk{hostileID("/u/a%2Fb", "a/b"), hostileID("/u/a%2fb", "a/b")}},
		{name: "02 GO-2026-4950", asks: []hostileAsk{hostileID("/u/a%2Fb", "a/b"), hostileID("/u/a%252Fb", "a%2Fb")}},
		{name: "04 RFC 3986 3.3", asks: []hostileAsk{hostileID("/u/a+b", "a+b"), hostileID("/u/a%2Bb", "a+b")}},
		{name: "05 RFC 9112 3.2", asks: []hostileAsk{
			{send: hostileGet("/u/%zz"), status: 400, std: true},
			{send: hostileGet("/u/%2"), status: 400, std: true},
			{send: hostileGet("/%"), status: 400, std: true},
			{send: hostileGet("/u/a b"), status: 400, std: true},
			{send: hostileGet("/u/\x01"), status: 400, std: true},
		}},
		{name: "06 CWE-158", asks: hostileEach(400, hostileTarget, "/u/%00", "/u/a%00b", "/q/a/%00")},
		{name: "07 CWE-176", asks: hostileEach(400, hostileTarget, "/u/%ff", "/u/\xff", "/q/a/%ff")},
		{name: "08 GO-2022-0988", asks: []hostileAsk{
			{send: hostileGet("/u/../d/"), status: 308, has: []string{"\r\nLocation: /d\r\n"}},
			{send: hostileGet("/u/./1"), status: 308, has: []string{"\r\nLocation: /u/1\r\n"}},
			{send: hostileGet("/u/..//x"), status: 404},
			{send: hostileGet("/u/.."), status: 404},
			{send: hostileGet("/u/%2e%2E"), status: 404},
		}},
		{name: "10 echo#1970", asks: []hostileAsk{{send: hostileGet("/u/1/extra"), status: 404}, {send: hostileGet("/u/1/2/3"), status: 404}}},
		{name: "11 echo#2164", asks: hostileEach(404, hostileTarget, "/u/", "/u", "/v//x", "/v/%2e/x", "/v/x")},
		{name: "12 Next trailingSlash", asks: []hostileAsk{{send: hostileGet("/u/1/"), status: 308, has: []string{"\r\nLocation: /u/1\r\n"}}}},
		{name: "13 CVE-2022-40083", more: func(t *testing.T, s *hostileSite) {
			targets := []string{"//evil.com/", "//evil.com/%2e%2e/d", "///d", "/%2f/evil.com", `/\evil.com/`, `/\/evil.com/`, "//evil.com//d/..",
				"/%5cevil.com/", "/%5c%5cevil.com//", "/.//evil.com/", "/x/..//evil.com/", "/x/%2e%2e//evil.com/", "//u//1", "/d/", "//d", "/%09/evil.com/",
				"/d/?//evil.com", "http://x//evil.com/", "http://x//d/", "http:///evil.com/", "/%2e/%2fevil.com/", "/https:/evil.com/", "/./https://evil.com/"}
			hostileNowhere(t, s, targets...)
			all := hostileServe(t, func(o Option) http.Handler { // where each of them has a route
				api := New(o)
				api.Get("/[[...all]]", routerOK)
				return api
			})
			hostileNowhere(t, all, targets...)
			if got := all.hostileAnswer(t, hostileGet("//evil.com/")); got.header.Get("Location") != "/evil.com" {
				t.Errorf("//evil.com/: Location %q, want /evil.com", got.header.Get("Location"))
			}
		}},
		{name: "16 RFC 9110 15.4.9", asks: []hostileAsk{
			{send: hostileBody("/d/?x=1", "a=b"), status: 308, has: []string{"\r\nLocation: /d?x=1\r\n"}},
			{send: hostileBody("//d?x=%zz;&&=+%20", ""), status: 308, has: []string{"\r\nLocation: /d?x=%zz;&&=+%20\r\n"}},
			{send: hostileBody("/d/?", ""), status: 308, has: []string{"\r\nLocation: /d?\r\n"}},
		}},
		{name: "19 RFC 9110 9.3.6", asks: []hostileAsk{
			{send: "CONNECT evil.com:80 HTTP/1.1\r\nHost: evil.com:80\r\n\r\n", status: 405, lacks: []string{"Location", "evil.com"}},
			{send: "CONNECT //x HTTP/1.1\r\nHost: x\r\n\r\n", status: 405, lacks: []string{"Location"}},
			{send: hostileRaw("CONNECT", "/u/1"), status: 405, lacks: []string{"Location"}},
		}},
		{name: "21 CVE-2023-29406", asks: []hostileAsk{
			{send: "GET /d HTTP/1.1\r\n\r\n", status: 400, std: true},
			{send: "GET /d HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", status: 400, std: true},
			{send: "GET /d HTTP/1.1\r\nHost: a b\r\n\r\n", status: 400, std: true},
			{send: "GET /d HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", status: 400, std: true},
		}},
		{name: "22 CVE-2026-25882", asks: []hostileAsk{
			hostileID("/u/"+strings.Repeat("a", 64<<10), strings.Repeat("a", 64<<10)),
			{send: hostileGet("/q" + strings.Repeat("/s", 200)), status: 200, body: `["s"` + strings.Repeat(`,"s"`, 199) + `]`},
			{send: hostileGet("/u" + strings.Repeat("/s", 200)), status: 404},
			{send: hostileGet("/d", "X-A: "+strings.Repeat("a", 2<<20)), status: 431, std: true},
		}},
	})
}

func hostileTarget(s string) string { return hostileGet(s) }

func TestHostileMethods(t *testing.T) {
	allow := []string{"\r\nAllow: GET, HEAD, OPTIONS\r\n"}
	hostileRun(t, []hostileRow{
		{name: "24 RFC 9110 15.5.6", asks: []hostileAsk{
			{send: hostileBody("/u/1", ""), status: 405, has: allow},
			{send: hostileBody("/u/1", ""), status: 405, has: allow},
			{send: hostileRaw("DELETE", "/u/1"), status: 405, has: allow},
			{send: hostileRaw("PUT", "/d"), status: 405, has: []string{"\r\nAllow: GET, HEAD, OPTIONS, POST\r\n"}},
		}},
		{name: "25 RFC 9110 9.1", asks: []hostileAsk{
			{send: hostileRaw("FOO", "/u/1"), status: 405, has: allow},
			{send: hostileRaw("get", "/u/1"), status: 405, has: allow},
			{send: hostileRaw("Get", "/u/1"), status: 405, has: allow},
			{send: hostileRaw("FOO", "/none"), status: 404},
		}},
		{name: "26 RFC 9110 9.3.2", more: func(t *testing.T, s *hostileSite) {
			for _, target := range []string{"/head", "/u/1", "/none", "/u/%00", "/d/", "/q" + strings.Repeat("/s", 3000)} {
				var heads [2]string
				for i, method := range []string{"GET", "HEAD"} {
					got := s.hostileAnswer(t, hostileRaw(method, target))
					if got.err != nil || got.rest != 0 || i == 1 && got.body != "" {
						t.Errorf("%s %s: %v, body %q and %d bytes", method, target, got.err, got.body, got.rest)
					}
					lines := strings.Split(regexp.MustCompile(`\r\nDate: [^\r]*`).ReplaceAllString(got.head, ""), "\r\n")
					slices.Sort(lines[1:])
					heads[i] = strings.Join(lines, "\r\n")
				}
				if heads[0] != heads[1] || strings.Contains(heads[0], " 200 ") && !strings.Contains(heads[1], "\r\nContent-Length: ") {
					t.Errorf("%.20s: heads\n%s\n%s", target, heads[0], heads[1])
				}
			}
		}},
		{name: "27 RFC 9110 9.3.7", asks: []hostileAsk{
			{send: hostileRaw("OPTIONS", "/u/1"), status: 204, has: allow},
			{send: hostileRaw("OPTIONS", "/cors"), status: 204, has: append(allow, "\r\nAccess-Control-Allow-Origin: *\r\n")},
			{send: hostileRaw("OPTIONS", "/options"), status: 200, body: "mine", lacks: []string{"Allow:"}},
			{send: hostileRaw("OPTIONS", "/none"), status: 404},
		}},
		{name: "28 OWASP XST", asks: []hostileAsk{
			{send: hostileRaw("TRACE", "/u/1", "Cookie: sess=tracesecret"), status: 405, has: allow, lacks: []string{"tracesecret", "TRACE"}},
		}},
	})
}

func TestHostileBodies(t *testing.T) {
	named := func(want string) string {
		b, _ := json.Marshal(hostileDoc{Name: want})
		return string(b)
	}
	ok := func(doc, name string) hostileAsk {
		return hostileAsk{send: hostileJSON("/json", doc), status: 200, body: named(name)}
	}
	bad := func(doc string, has ...string) hostileAsk {
		return hostileAsk{send: hostileJSON("/json", doc), status: 400, has: has}
	}
	either := func(strict, other hostileAsk) hostileAsk {
		if respStrict {
			return strict
		}
		return other
	}
	typed := func(status int, lines ...string) hostileAsk {
		return hostileAsk{send: hostileBody("/json", `{"name":"a"}`, lines...), status: status}
	}
	limit := 1 << 20
	exact := `{"name":"` + strings.Repeat("a", limit-11) + `"}`
	hostileRun(t, []hostileRow{
		{name: "30 RFC 8259 2", asks: []hostileAsk{bad(`{"name":"a"}{"name":"b"}`), bad(`{"name":"a"} {}`), bad(`{"name":"a"},`)}},
		{name: "31 footguns", asks: []hostileAsk{bad(`{"name":"a"} xyz`), bad(`{"name":"a"}]`), bad("{\"name\":\"a\"}\x00")}},
		{name: "32 empty", asks: []hostileAsk{
			bad("", "body is empty"),
			{send: hostileChunked("/json", "", hostileIsJSON), status: 400, has: []string{"body is empty"}},
			{send: hostileRaw("POST", "/json", hostileIsJSON), status: 400, has: []string{"body is empty"}},
			bad(" \t\r\n", "body is empty"),
		}},
		{name: "34 API4:2023", asks: []hostileAsk{
			{send: hostileRaw("POST", "/json", hostileIsJSON, "Content-Length: "+strconv.Itoa(limit+1)), status: 413, has: []string{"\r\nConnection: close\r\n"}},
			{send: hostileRaw("POST", "/json", hostileIsJSON, "Content-Length: 9223372036854775807"), status: 413, has: []string{"\r\nConnection: close\r\n"}},
			{send: "POST /bytes HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n" + strings.Repeat("a", limit+1), status: 413, has: []string{"\r\nConnection: close\r\n"}},
			{send: hostileBody("/bytes", strings.Repeat("a", limit)), status: 200, body: strconv.Itoa(limit)},
			ok(exact, strings.Repeat("a", limit-11)),
		}},
		{name: "35 chunked", asks: []hostileAsk{
			{send: hostileChunked("/bytes", strings.Repeat("a", limit+1)), status: 413, has: []string{"\r\nConnection: close\r\n"}},
			{send: hostileChunked("/json", exact+" ", hostileIsJSON), status: 413, has: []string{"\r\nConnection: close\r\n"}},
			{send: hostileChunked("/bytes", strings.Repeat("a", limit)), status: 200, body: strconv.Itoa(limit)},
		}},
		{name: "37 RFC 7493 2.3", asks: []hostileAsk{either(bad(`{"name":"a","name":"b"}`, `"name"`), ok(`{"name":"a","name":"b"}`, "b"))}},
		{name: "38 letter case", asks: []hostileAsk{either(ok(`{"name":"a","NAME":"b"}`, "a"), ok(`{"name":"a","NAME":"b"}`, "b"))}},
		{name: "39 null", asks: []hostileAsk{bad("null"), bad(" null\n")}},
		{name: "40 null field", asks: []hostileAsk{ok(`{"name":null,"n":null,"u":null,"l":null}`, "")}},
		{name: "41 CWE-209", asks: []hostileAsk{bad("[]", "object"), bad(`"x"`, "object"), bad("1", "object"), bad("true", "object")}},
		{name: "42 RFC 7493 2.1", asks: []hostileAsk{
			bad("{\"name\":\"\xff\xfe\"}"), bad("{\"\xff\":1}"),
			either(bad(`{"name":"\ud800"}`), ok(`{"name":"\ud800"}`, "\uFFFD")),
			ok(`{"name":"\ud83d\ude00"}`, "😀"),
		}},
		{name: "43 BOM", asks: []hostileAsk{bad("\ufeff{}"), bad("\xfe\xff\x00{\x00}")}},
		{name: "44 CWE-190", asks: []hostileAsk{
			bad(`{"n":1.5}`, `"n"`), bad(`{"n":1e2}`, `"n"`), bad(`{"n":1e400}`, `"n"`), bad(`{"n":99999999999999999999}`, `"n"`), bad(`{"n":"1"}`, `"n"`),
			bad(`{"u":-1}`, `"u"`), bad(`{"u":256}`, `"u"`), bad(`{"f":1e400}`, `"f"`),
			{send: hostileJSON("/json", `{"n":9007199254740993}`), status: 200, has: []string{`"n":9007199254740993,`}},
			{send: hostileJSON("/json", `{"n":-9223372036854775808}`), status: 200, has: []string{`"n":-9223372036854775808,`}},
		}},
		{name: "45 CVE-2022-28131", more: func(t *testing.T, s *hostileSite) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			hostileAsk{send: hostileJSON("/any", strings.Repeat("[", limit)), status: 400}.ask(t, s)
			hostileAsk{send: hostileJSON("/any", strings.Repeat("[", 10_001)+strings.Repeat("]", 10_001)), status: 400}.ask(t, s)
			hostileAsk{send: hostileJSON("/any", strings.Repeat(`{"a":`, 10_001)+"1"+strings.Repeat("}", 10_001)), status: 400}.ask(t, s)
			hostileAsk{send: hostileJSON("/json", `{"x":`+strings.Repeat("[", 10_001)+strings.Repeat("]", 10_001)+"}"), status: 400}.ask(t, s)
			hostileAsk{send: hostileJSON("/any", strings.Repeat("[", 9_999)+strings.Repeat("]", 9_999)), status: 200}.ask(t, s)
			runtime.ReadMemStats(&after)
			if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 64 {
				t.Errorf("%d MiB were taken for 5 bodies of at most 1 MiB", n)
			}
		}},
		{name: "46 RFC 9110 8.3", asks: []hostileAsk{typed(415), {send: hostileChunked("/json", "{}"), status: 415}}},
		{name: "47 OWASP CSRF", asks: []hostileAsk{typed(415, "Content-Type: text/plain"), typed(415, "Content-Type: application/x-www-form-urlencoded"),
			typed(415, "Content-Type: multipart/form-data; boundary=x"), typed(415, "Content-Type: "), typed(415, "Content-Type: */*")}},
		{name: "48 CVE-2020-16250", asks: []hostileAsk{typed(415, "Content-Type: application/jsonevil"), typed(400, "Content-Type: application/json; ="),
			typed(415, "Content-Type: application/json, text/plain"), typed(415, "Content-Type: application/x-json"), typed(415, "Content-Type: xapplication/json"),
			typed(415, "Content-Type: +json"), typed(400, "Content-Type: text/plain; application/json"), typed(200, "Content-Type: APPLICATION/JSON ; charset=UTF-8")}},
		{name: "50 RFC 8259 8.1", asks: []hostileAsk{typed(415, hostileIsJSON+"; charset=utf-16"), typed(415, hostileIsJSON+"; charset=latin1"),
			typed(400, hostileIsJSON+"; charset="), typed(200, hostileIsJSON+`; charset="utf-8"`)}},
		{name: "51 RFC 9110 8.4", asks: []hostileAsk{
			{send: hostileBody("/json", respGzip(`{"name":"a"}`), hostileIsJSON, "Content-Encoding: gzip"), status: 415, has: []string{"\r\nAccept-Encoding: identity\r\n"}},
			{send: hostileBody("/json", `{}`, hostileIsJSON, "Content-Encoding: gzip"), status: 415, has: []string{"\r\nAccept-Encoding: identity\r\n"}},
			{send: hostileBody("/json", `{}`, hostileIsJSON, "Content-Encoding: identity", "Content-Encoding: br"), status: 415},
			{send: hostileBody("/json", respGzip(`{"name":"a"}`), hostileIsJSON), status: 400},
		}},
		{name: "52 API3:2023", asks: []hostileAsk{
			ok(`{"name":"a","admin":true}`, "a"),
			{send: hostileJSON("/known", `{"name":"a","admin":true}`), status: 400, has: []string{`"admin"`}},
			{send: hostileJSON("/known", `{"name":"a"}`), status: 200},
		}},
		{name: "54 CVE-2025-22871", asks: []hostileAsk{
			{send: hostileRaw("POST", "/bytes", "Content-Length: 100", "Transfer-Encoding: chunked") + "2\r\nab\r\n0\r\n\r\n", status: 200, body: "2"},
			{send: hostileRaw("POST", "/bytes", "Content-Length: 1", "Content-Length: 2") + "ab", status: 400, std: true},
			{send: hostileRaw("POST", "/bytes", "Content-Length: +5") + "abcde", status: 400, std: true},
			{send: hostileRaw("POST", "/bytes", "Content-Length: -1"), status: 400, std: true},
			{send: hostileRaw("POST", "/bytes", "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", status: 501, std: true},
		}},
		{name: "55 half a struct", asks: []hostileAsk{
			{send: hostileJSON("/five", `{"A":1,"B":2,"C":"x","D":4,"E":5}`), status: 400, has: []string{`"C"`}},
			{send: hostileJSON("/five/bind", `{"A":1,"B":2,"C":"x","D":4,"E":5}`), status: 400, has: []string{`"C"`}, lacks: []string{"half"}},
			{send: hostileJSON("/five", `{"A":1,"B":2,"C":3,"D":4,"E":5}`), status: 200},
		}},
		{name: "56 read twice", asks: []hostileAsk{
			{send: hostileJSON("/twice", `{"Name":"a"}`), status: 200, body: `["a","a"]`},
			{send: hostileJSON("/after", `{"Name":"a"}`), status: 500, body: hostile500, logs: []string{"the body has been read already"}},
		}},
	})
}

func hostileValues(status int, has string, queries ...string) (asks []hostileAsk) {
	for _, q := range queries {
		asks = append(asks, hostileAsk{send: hostileGet("/query?" + q), status: status, has: []string{has}})
	}
	return asks
}

func TestHostileValues(t *testing.T) {
	hostileRun(t, []hostileRow{
		{name: "58 CVE-2022-2880", asks: hostileValues(400, `"query"`, "page=3;ok=true", "x=1;y=2", ";")},
		{name: "59 url.ParseQuery", asks: hostileValues(400, `"query"`, "page=%zz", "page=1&x=%zz", "page=1&%zz=x", "page=1&x=%")},
		{name: "61 CWE-190", asks: append(append(hostileValues(400, `"page"`, "page=99999999999999999999"),
			hostileValues(400, `"i8"`, "i8=300", "i8=-129", "i8=128")...), hostileValues(400, `"u"`, "u=-1", "u=18446744073709551616")...)},
		{name: "62 NaN", asks: hostileValues(400, `"f"`, "f=NaN", "f=Inf", "f=-Inf", "f=infinity", "f=1e999", "f=0x1p4", "f=1_0", "f=")},
		{name: "63 strconv.ParseInt", asks: append(hostileValues(400, `"page"`, "page=", "page", "page=+3", "page=%203", "page=3%20", "page=1_000", "page=0x10",
			"page=1.0", "page=1e3", "page=0b1"), hostileValues(200, `"Page":3,`, "page=3", "page=%2B3", "page=03")...)},
		{name: "64 strconv.ParseBool", asks: append(hostileValues(400, `"ok"`, "ok=yes", "ok=on", "ok=", "ok=2", "ok=tRuE", "ok"),
			append(hostileValues(200, `"OK":true`, "ok=TRUE", "ok=1", "ok=t", "ok=true"), hostileValues(200, `"OK":false`, "ok=F", "ok=0", "ok=False")...)...)},
		{name: "65 WSTG-INPV-04", asks: hostileValues(400, `"page"`, "page=1&page=2", "page=1&page=1", "page=&page=1", "page=1&%70age=2")},
		{name: "66 echo#1670", asks: []hostileAsk{
			{send: hostileJSON("/role?role=admin", "{}"), status: 200, body: `"page 0 role \"\""`},
			{send: hostileJSON("/role?Role=admin", "{}"), status: 200, body: `"page 0 role \"\""`},
			{send: hostileJSON("/role?Body.role=admin&Body=admin", "{}"), status: 200, body: `"page 0 role \"\""`},
			{send: hostileBody("/role", "{}", hostileIsJSON, "Role: admin", "Cookie: role=admin"), status: 200, body: `"page 0 role \"\""`},
		}},
		{name: "67 path wins", asks: []hostileAsk{
			{send: hostileJSON("/mix/7?id=9", `{"id":8,"ID":8}`), status: 200, body: "7"},
			{send: hostileBody("/mix/7?ID=9", `{"ID":8}`, hostileIsJSON, "Id: 9", "Cookie: id=9"), status: 200, body: "7"},
		}},
		{name: "68 query only", asks: []hostileAsk{
			{send: hostileJSON("/role", `{"page":8}`), status: 200, body: `"page 0 role \"\""`},
			{send: hostileJSON("/role", `{"Page":8,"-":8}`), status: 200, body: `"page 0 role \"\""`},
		}, more: func(t *testing.T, _ *hostileSite) {
			_, text := routerPanic(t, func() {
				Post(New(), "/x", func(context.Context, struct {
					Body struct {
						//lint:ignore SA5008 it is what is to be refused
						A int `json:"-,"`
					} `body:"json"`
				}) (int, error) {
					return 0, nil
				})
			})
			if !strings.Contains(text, `json:"-,"`) {
				t.Errorf("panic %q, want the tag in it", text)
			}
		}},
	})
}

func TestHostileReplies(t *testing.T) {
	evil := []string{"\nX-Evil", "\r\n\r\nevil"}
	status := func(kind string) (asks []hostileAsk) {
		for _, n := range []string{"0", "99", "100", "199", "600", "1000", "-1"} {
			asks = append(asks, hostileAsk{send: hostileReplyTo(kind, n), status: 500, body: hostile500, logs: []string{"route=/reply/[kind]", "status " + n + " "}})
		}
		return asks
	}
	var unencodable []hostileAsk
	for _, kind := range []string{"nan", "chan", "func", "cycle", "badkey", "panics"} {
		unencodable = append(unencodable, hostileAsk{send: hostileKind(kind), status: 500, body: hostile500, lacks: []string{"half"}})
	}
	hostileRun(t, []hostileRow{
		{name: "70 CWE-113", asks: []hostileAsk{
			{send: hostileReplyTo("header", "a\r\nX-Evil: 1\r\n\r\nevil"), status: 200, body: "ok", lacks: append(evil, "X-A: b")},
			{send: hostileReplyTo("header", "a\nX-Evil: 1\rX-Evil: 2"), status: 200, body: "ok", lacks: append(evil, "\rX-Evil")},
			{send: hostileReplyTo("redirect", "/x\r\nX-Evil: 1\r\n\r\nevil"), status: 307, lacks: evil},
			{send: hostileReplyTo("cookie", "a\r\nX-Evil: 1; Domain=evil"), status: 200, body: "ok", lacks: append(evil, "; Domain")},
		}},
		{name: "71 CWE-601", asks: []hostileAsk{ // as documented: as it is
			{send: hostileReplyTo("redirect", "//evil.com"), status: 307, has: []string{"\r\nLocation: //evil.com\r\n"}},
			{send: hostileReplyTo("redirect", `/\evil`), status: 307, has: []string{"\r\nLocation: /\\evil\r\n"}},
			{send: hostileReplyTo("redirect", "javascript:alert(1)"), status: 307, has: []string{"\r\nLocation: javascript:alert(1)\r\n"}, lacks: []string{"<a"}},
			{send: hostileReplyTo("redirect", ""), status: 500, body: hostile500},
		}},
		{name: "73 server.go checkWriteHeaderCode", asks: append(append(status("status"), status("statusend")...), status("statusonly")...)},
		{name: "75 superfluous WriteHeader", asks: []hostileAsk{
			{send: hostileKind("twice"), status: 200, body: "1", logs: []string{"answered already"}},
			{send: hostileKind("twicenil"), status: 200, body: "1", logs: []string{"answered already"}},
			{send: hostileKind("late"), status: 200, body: "ok", lacks: []string{"X-Late", "late=1"}, logs: []string{"answered already"}},
			{send: hostileKind("error"), status: 200, body: "ok", logs: []string{"SECRET"}},
		}},
		{name: "76 half a body", asks: []hostileAsk{{send: hostileKind("list"), status: 500, body: hostile500, lacks: []string{"half"}, logs: []string{"SECRET"}}}},
		{name: "77 UnsupportedValueError", asks: unencodable},
		{name: "78 CVE-2026-42554", asks: []hostileAsk{
			{send: hostileKind("script"), status: 200, body: `"\u003cscript\u003ealert(1)\u003c/script\u003e\u2028"`,
				has: []string{"\r\nContent-Type: application/json; charset=utf-8\r\n", "\r\nX-Content-Type-Options: nosniff\r\n"}},
			{send: hostileKind("text"), status: 200, has: []string{"\r\nContent-Type: text/plain; charset=utf-8\r\n", "\r\nX-Content-Type-Options: nosniff\r\n"}},
			{send: hostileKind("bytes"), status: 200, has: []string{"\r\nContent-Type: application/octet-stream\r\n", "\r\nX-Content-Type-Options: nosniff\r\n"}},
			{send: hostileReplyTo("errorscript", "<script>"), status: 400, has: []string{`no \u003cscript\u003e`}, lacks: []string{"<script"}},
			{send: hostileRaw("GET", "/reply/errorscript?a=<b>", "Accept: text/html"), status: 400, lacks: []string{"<b>", "text/html"}},
		}},
		{name: "79 RFC 9110 15.3.5", more: func(t *testing.T, s *hostileSite) {
			for _, code := range []string{"204", "205", "304"} {
				keep := func(method, target string) string { return method + " " + target + " HTTP/1.1\r\nHost: x\r\n\r\n" }
				got := s.hostileAnswers(t, keep("GET", "/reply/status?a="+code)+keep("GET", "/u/next"), "GET", "GET")
				if len(got) != 2 || strconv.Itoa(got[0].status) != code || got[0].body != "" || got[1].body != `{"id":"next"}` {
					t.Errorf("status %s: answers %+v", code, got)
				}
			}
			hostileAsk{send: hostileRaw("HEAD", "/reply/status?a=200"), status: 200, has: []string{"\r\nContent-Length: 3\r\n"}}.ask(t, s)
			if text := s.log.String(); strings.Contains(text, "a=204") || strings.Contains(text, "ErrBodyNotAllowed") {
				t.Errorf("logged: %s", text)
			}
		}},
		{name: "81 serve_test.go:3120", asks: []hostileAsk{
			{send: hostileReplyTo("panic", "\n"), status: 500, body: hostile500, logs: []string{"stack=", "hostileReplies", `SECRET\n`}},
			{send: hostileKind("panicnil"), status: 500, body: hostile500, logs: []string{"stack="}},
			{send: hostileGet("/use/%0aforged%20line"), status: 500, body: hostile500, logs: []string{"stack=", `path="/use/\nforged line"`}},
		}, more: func(t *testing.T, s *hostileSite) {
			keep := func(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n" }
			got := s.hostileAnswers(t, keep("/reply/panic")+keep("/reply/panicnil")+keep("/u/next"), "GET", "GET", "GET")
			if len(got) != 3 || got[0].status != 500 || got[1].status != 500 || got[2].body != `{"id":"next"}` {
				t.Errorf("a connection with panics: %+v", got)
			}
			if got := s.hostileAnswer(t, hostileKind("goexit")); got.err == nil && got.status != 500 {
				t.Errorf("Goexit: %d %q, want 500 or a closed connection", got.status, got.body)
			}
		}},
		{name: "82 half an answer", more: func(t *testing.T, s *hostileSite) {
			for _, kind := range []string{"panicafter", "errorafter"} {
				_, before := s.counts()
				got := s.hostileAnswer(t, hostileKind(kind))
				if _, after := s.counts(); got.err == nil || after != before+1 || strings.Contains(got.body, "SECRET") {
					t.Errorf("%s: %d %q, %v, want a broken answer", kind, got.status, got.body, got.err)
				}
				if !strings.Contains(s.log.String(), "SECRET") {
					t.Errorf("%s: not logged", kind)
				}
			}
		}},
		{name: "83 ErrAbortHandler", more: func(t *testing.T, s *hostileSite) {
			_, before := s.counts()
			logged := s.log.String()
			got := s.hostileAnswer(t, hostileKind("abort"))
			if _, after := s.counts(); got.err == nil || after != before+1 || s.log.String() != logged {
				t.Errorf("answer %d %q, %v, log %q; want none of these", got.status, got.body, got.err, strings.TrimPrefix(s.log.String(), logged))
			}
		}},
		{name: "84 API8:2023", asks: []hostileAsk{{send: hostileKind("secret"), status: 500, body: hostile500, logs: []string{"dsn=SECRET"}}}},
		{name: "85 ResponseController", asks: []hostileAsk{
			{send: hostileKind("flush"), status: 200, body: "ab"},
			{send: hostileKind("hijack"), status: 200, body: "hi", lacks: []string{"after"}},
			{send: hostileReplyTo("events", "a\n\nevent: evil\rdata: b"), status: 200, has: []string{"data: a\ndata: \ndata: event: evil\ndata: data: b\n\n"}},
		}, more: func(t *testing.T, _ *hostileSite) {
			outside := hostileServe(t, func(o Option) http.Handler {
				h := hostileRoutes(o)
				mux := http.NewServeMux()
				mux.Handle("/timeout/", http.StripPrefix("/timeout", http.TimeoutHandler(h, time.Minute, "late")))
				mux.Handle("/max/", http.StripPrefix("/max", http.MaxBytesHandler(h, 4)))
				return mux
			})
			for _, a := range []hostileAsk{
				{send: hostileGet("/timeout/u/a%2Fb"), status: 200, body: `{"id":"a/b"}`},
				{send: hostileGet("/timeout/reply/secret"), status: 500, body: hostile500},
				{send: hostileGet("/timeout/u/%00"), status: 400},
				{send: hostileBody("/max/bytes", "abcd"), status: 200, body: "4"},
				{send: hostileBody("/max/bytes", "abcde"), status: 413},
				{send: hostileChunked("/max/bytes", "abcde"), status: 413},
				{send: hostileBody("/max/json", `{"name":"a"}`, hostileIsJSON), status: 413},
			} {
				a.ask(t, outside)
			}
		}},
	})
}

func TestHostileStart(t *testing.T) {
	// register must panic, with the path and the place of the call, and with what
	// more is said.
	refuse := func(path, more string, register func(*Router)) func(*testing.T) {
		return func(t *testing.T) {
			t.Helper()
			api := New()
			_, text := routerPanic(t, func() { register(api) })
			if !strings.Contains(text, strconv.Quote(path)) || !strings.Contains(text, "hostile_test.go:") || !strings.Contains(text, more) {
				t.Errorf("panic %q, want %q, the place and %q in it", text, path, more)
			}
			if n := len(api.Routes()); n > 1 {
				t.Errorf("%d routes are left", n)
			}
		}
	}
	get := func(paths ...string) func(*Router) {
		return func(api *Router) {
			for _, p := range paths {
				api.Get(p, routerOK)
			}
		}
	}
	hostileRun(t, []hostileRow{
		{name: "86 gin#1118", more: func(t *testing.T, _ *hostileSite) { // more in leak_test.go
			var kept sync.WaitGroup
			api := New(routerQuiet())
			gate := make(chan struct{})
			api.Get("/k/[id]", func(req *Request, res *Response) error {
				id := req.Param("id")
				kept.Add(1)
				go func() {
					defer kept.Done()
					<-gate
					if req.Param("id") != id || req.URL.Path != "/k/"+id || res.Header().Get("X-Id") != id {
						t.Errorf("kept request %s is now %s, %s, %s", id, req.Param("id"), req.URL.Path, res.Header().Get("X-Id"))
					}
				}()
				return res.SetHeader("X-Id", id).JSON(id)
			})
			sites := []*hostileSite{
				hostileServe(t, func(Option) http.Handler { return api }),
				hostileServe(t, func(Option) http.Handler { return api }),
			}
			var clients sync.WaitGroup
			for g := 0; g < 8; g++ {
				clients.Add(1)
				go func() {
					defer clients.Done()
					s := sites[g%2]
					for i := 0; i < 10; i++ {
						id := fmt.Sprintf("%d-%d", g, i)
						if got := s.hostileAnswer(t, hostileGet("/k/"+id)); got.body != `"`+id+`"` {
							t.Errorf("%s: %q", id, got.body)
						}
						api.Get("/added/"+id, routerOK)
						if got := s.hostileAnswer(t, hostileGet("/added/"+id)); got.status != 200 {
							t.Errorf("a route added while serving: %d", got.status)
						}
					}
				}()
			}
			clients.Wait()
			close(gate)
			kept.Wait()
		}},
		{name: "87 pattern_test.go:126", more: func(t *testing.T, _ *hostileSite) {
			var nilFunc http.HandlerFunc
			for _, tt := range []struct {
				name string
				run  func(*testing.T)
			}{
				{"nil handler", refuse("/a", "nil", func(r *Router) { r.Get("/a", nil) })},
				{"nil endpoint", refuse("/a", "nil", func(r *Router) { Get[struct{}, int](r, "/a", nil) })},
				{"nil mount", refuse("/a", "nil", func(r *Router) { r.Mount("/a", nil) })},
				{"typed nil mount", refuse("/a", "nil", func(r *Router) { r.Mount("/a", nilFunc) })},
				{"empty path", refuse("", "slash", get(""))},
				{"no slash", refuse("a/b", "slash", get("a/b"))},
				{"duplicate", refuse("/a", "already", get("/a", "/a"))},
				{"same name twice", refuse("/[id]/[id]", "twice", get("/[id]/[id]"))},
				{"another name", refuse("/a/[name]", "/a/[id]", get("/a/[id]", "/a/[name]"))},
				{"unclean", refuse("/a//b/../c", "empty", get("/a//b/../c"))},
				{"dots", refuse("/a/../c", "dot", get("/a/../c"))},
				{"no name", refuse("/[]", "name", get("/[]"))},
				{"open", refuse("/[a", "none of", get("/[a"))},
				{"part", refuse("/[a]b", "none of", get("/[a]b"))},
				{"double", refuse("/[[a]]", "", get("/[[a]]"))},
				{"catch-all first", refuse("/[...a]/x", "last", get("/[...a]/x"))},
				{"two catch-alls", refuse("/[[...b]]", "/[...a]", get("/[...a]", "/[[...b]]"))},
			} {
				t.Run(tt.name, tt.run)
			}
			t.Run("other site", func(t *testing.T) {
				api := New()
				api.Get("/a", routerOK)
				first := routerHere()
				_, text := routerPanic(t, func() { api.Get("/a", routerOK) })
				file, line, _ := strings.Cut(first[strings.LastIndex(first, "/")+1:], ":")
				n, _ := strconv.Atoi(line)
				if want := fmt.Sprintf("%s:%d", file, n-1); !strings.Contains(text, want) {
					t.Errorf("panic %q, want %q in it", text, want)
				}
			})
			for name, f := range map[string]func(){"FromHTTP": func() { FromHTTP(nil) }, "typed nil": func() { FromHTTP(nilFunc) },
				"CONNECT": func() { New().Method("CONNECT", "/", routerOK) }, "get": func() { New().Method("get", "/", routerOK) }} {
				if _, text := routerPanic(t, f); text == "" {
					t.Errorf("%s: no text", name)
				}
			}
		}},
		{name: "88 golang/go#68838", more: func(t *testing.T, s *hostileSite) {
			paths := []string{"/x/[id]/b", "/x/a/[id]", "/x/a/b"}
			for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
				site := hostileServe(t, func(o Option) http.Handler {
					api := New(o)
					for _, i := range order {
						api.Get(paths[i], func(req *Request, res *Response) error { return res.Text(req.Route() + " " + req.Param("id")) })
					}
					return api
				})
				for target, want := range map[string]string{"/x/a/b": "/x/a/b ", "/x/a/c": "/x/a/[id] c", "/x/c/b": "/x/[id]/b c", "/x/%61/%62": "/x/a/b ", "/x/a%2Fb/b": "/x/[id]/b a/b"} {
					hostileAsk{send: hostileGet(target), status: 200, body: want}.ask(t, site)
				}
			}
			t.Run("chan", refuse("/a", "chan", func(r *Router) {
				Get(r, "/a", func(context.Context, struct {
					C chan int `query:"c"`
				}) (int, error) {
					return 0, nil
				})
			}))
			t.Run("func", refuse("/a", "func", func(r *Router) {
				Get(r, "/a", func(context.Context, struct {
					C func() `header:"c"`
				}) (int, error) {
					return 0, nil
				})
			}))
			t.Run("any", refuse("/a", "interface", func(r *Router) {
				Get(r, "/a", func(context.Context, struct {
					C any `query:"c"`
				}) (int, error) {
					return 0, nil
				})
			}))
			t.Run("map", refuse("/a", "map", func(r *Router) {
				Get(r, "/a", func(context.Context, struct {
					C map[string]string `query:"c"`
				}) (int, error) {
					return 0, nil
				})
			}))
			t.Run("chan in JSON", refuse("/a", "chan", func(r *Router) {
				Post(r, "/a", func(context.Context, struct {
					Body struct{ C []chan int } `body:"json"`
				}) (int, error) {
					return 0, nil
				})
			}))
			t.Run("no segment", refuse("/a/[x]", "[id]", func(r *Router) {
				Get(r, "/a/[x]", func(context.Context, struct {
					ID int `path:"id"`
				}) (int, error) {
					return 0, nil
				})
			}))
			t.Run("unexported", refuse("/a", "not exported", func(r *Router) {
				Get(r, "/a", func(context.Context, struct {
					a int `query:"a"`
				}) (int, error) {
					return 0, nil
				})
			}))
			t.Run("no struct", refuse("/a", "not a struct", func(r *Router) {
				Get(r, "/a", func(context.Context, *hostileQuery) (int, error) { return 0, nil })
			}))
			for _, kind := range []string{"nil", "value", "nilpointer"} {
				hostileAsk{send: hostileRaw("GET", "/nodst/"+kind, hostileIsJSON, "Content-Length: 2") + "{}", status: 500, body: hostile500}.ask(t, s)
			}
		}},
	})
}

// Rows of the same kind that are not in the list.
func TestHostileMore(t *testing.T) {
	bad := func(doc string) hostileAsk { return hostileAsk{send: hostileJSON("/json", doc), status: 400} }
	std := func(status int, send string) hostileAsk { return hostileAsk{send: send, status: status, std: true} }
	part := "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n"
	multi := "Content-Type: multipart/form-data; boundary=x"
	form := "Content-Type: application/x-www-form-urlencoded"
	hostileRun(t, []hostileRow{
		{name: "absolute form", asks: []hostileAsk{{send: hostileGet("http://evil.com/u/1"), status: 200, body: `{"id":"1"}`},
			{send: hostileGet("http://evil.com/u/1/"), status: 308, has: []string{"\r\nLocation: /u/1\r\n"}, lacks: []string{"evil"}}}},
		{name: "asterisk", asks: []hostileAsk{{send: hostileGet("*"), status: 404}}},
		{name: "HTTP/2 preface", more: func(t *testing.T, s *hostileSite) {
			if got := s.hostileAnswer(t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); got.err == nil && (got.status < 400 || got.status > 505) {
				t.Errorf("%d %q", got.status, got.body)
			}
		}},
		{name: "fragment", asks: []hostileAsk{hostileID("/u/1%23x", "1#x")}},
		{name: "overlong UTF-8", asks: hostileEach(400, hostileTarget, "/u/%c0%af", "/u/%ed%a0%80", "/u/%f4%90%80%80", "/u/%c0%80")},
		{name: "encoded dots and slashes", asks: []hostileAsk{hostileID("/u/%2e%2e%2f", "../"), hostileID("/u/..%2F..%2Fetc", "../../etc"), hostileID("/u/...", "...")}},
		{name: "backslashes", asks: []hostileAsk{hostileID("/u/..%5c..", `..\..`),
			{send: hostileGet("/u/%5c%5cevil.com/"), status: 308, has: []string{"\r\nLocation: /u/%5c%5cevil.com\r\n"}}}},
		{name: "line breaks in a segment", asks: []hostileAsk{{send: hostileGet("/u/%0d%0aX-Evil:1"), status: 200, lacks: []string{"\nX-Evil"}},
			{send: hostileGet("/u/%0d%0aX-Evil:1/"), status: 308, lacks: []string{"\nX-Evil"}}}},
		{name: "brackets of the pattern", asks: []hostileAsk{hostileID("/u/[id]", "[id]"), hostileID("/u/{id}", "{id}"), hostileID("/u/;a=b", ";a=b"), hostileID("/u/*", "*")}},
		{name: "letter case of a path", asks: []hostileAsk{{send: hostileGet("/U/1"), status: 404}, hostileID("/%75/1", "1")}},
		{name: "encoded question mark", asks: []hostileAsk{hostileID("/u/%3fx=1", "?x=1")}},
		{name: "HTTP/1.0", asks: []hostileAsk{{send: "GET /u/1 HTTP/1.0\r\n\r\n", status: 200, body: `{"id":"1"}`}}},
		{name: "bad protocol", asks: []hostileAsk{std(505, "GET /d HTTP/9.9\r\nHost: x\r\n\r\n"), std(400, "GET /d\r\n\r\n"), std(400, "G\x00T /d HTTP/1.1\r\nHost: x\r\n\r\n")}},
		{name: "long method", asks: []hostileAsk{{send: hostileRaw(strings.Repeat("A", 60<<10), "/u/1"), status: 405, lacks: []string{"AAAA"}}}},
		{name: "pipelining", more: func(t *testing.T, s *hostileSite) {
			keep := "POST /bytes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
			unread := "GET /u/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 31\r\n\r\nGET /u/evil HTTP/1.1\r\nHost: x\r\n"
			got := s.hostileAnswers(t, keep+unread+hostileGet("/u/2"), "POST", "GET", "GET")
			if len(got) != 3 || got[0].body != "2" || got[1].body != `{"id":"1"}` || got[2].body != `{"id":"2"}` {
				t.Errorf("answers %+v", got)
			}
		}},
		{name: "Expect", asks: []hostileAsk{{send: hostileRaw("POST", "/bytes", "Expect: 100-continue", "Content-Length: 2000000"), status: 413},
			std(417, hostileRaw("POST", "/bytes", "Expect: x", "Content-Length: 2")+"ab")}},
		{name: "bad chunks", asks: []hostileAsk{{send: hostileRaw("POST", "/bytes", "Transfer-Encoding: chunked") + "zz\r\nab\r\n0\r\n\r\n", status: 400},
			{send: hostileRaw("POST", "/bytes", "Transfer-Encoding: chunked") + "ffffffffffffffffff\r\nab", status: 400},
			{send: hostileRaw("POST", "/bytes", "Transfer-Encoding: chunked") + "2\r\nabcd\r\n0\r\n\r\n", status: 400}}},
		{name: "other transfer codings", asks: []hostileAsk{std(501, hostileRaw("POST", "/bytes", "Transfer-Encoding: identity")+"ab"),
			std(501, hostileRaw("POST", "/bytes", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")+"0\r\n\r\n")}},
		{name: "override headers", asks: []hostileAsk{
			{send: hostileGet("/u/1", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /d", "X-Rewrite-URL: /d"), status: 200, body: `{"id":"1"}`},
			{send: hostileGet("/u/1/", "X-Forwarded-Host: evil.com", "Host: x"), status: 400, std: true},
			{send: hostileGet("/u/1/", "X-Forwarded-Host: evil.com", "X-Forwarded-Proto: gopher"), status: 308, lacks: []string{"evil", "gopher"}}}},
		{name: "no JSON", asks: []hostileAsk{bad("{'name':1}"), bad(`{"name":"a",}`), bad(`{"n":NaN}`), bad(`{"n":01}`), bad(`{"f":.5}`), bad(`{"f":1.}`), bad(`{"n":+1}`),
			bad("{} // c"), bad(`{name:1}`), bad("{\"name\":\"a\x00\"}"), bad("{\"name\":\"a\nb\"}"), bad(`{"name":"\x41"}`), bad("\v{}"), bad("{}\u00a0")}},
		{name: "NUL by escape", asks: []hostileAsk{{send: hostileJSON("/json", `{"name":"\u0000"}`), status: 200, has: []string{`"name":"\u0000"`}}}},
		{name: "long names", asks: []hostileAsk{{send: hostileJSON("/known", `{"`+strings.Repeat("a", 500_000)+`":1}`), status: 400},
			{send: hostileJSON("/json", `{"`+strings.Repeat("a", 500_000)+`":1}`), status: 200},
			{send: hostileJSON("/known", `{"<script>":1}`), status: 400, lacks: []string{"<script>"}}}},
		{name: "wrong values", asks: []hostileAsk{bad(`{"At":"yesterday"}`), bad(`{"At":1}`), bad(`{"raw":"*"}`), bad(`{"l":{}}`), bad(`{"l":[1]}`), bad(`{"name":["a"]}`)}},
		{name: "two Content-Types", asks: []hostileAsk{{send: hostileBody("/json", "{}", hostileIsJSON, hostileIsJSON), status: 400}}},
		{name: "cut body", more: func(t *testing.T, s *hostileSite) {
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(conn, hostileRaw("POST", "/json", hostileIsJSON, "Content-Length: 100")+"{}")
			conn.(*net.TCPConn).CloseWrite()
			b, _ := io.ReadAll(conn)
			if len(b) > 0 && !bytes.HasPrefix(b, []byte("HTTP/1.1 400 ")) {
				t.Errorf("answer %q, want 400 or none", b)
			}
		}},
		{name: "query names", asks: append(hostileValues(200, `"Page":0,`, "page[]=1", "page.=1", "PAGE=1", "%20page=1", "page%00=1", "&&&", strings.Repeat("x=1&", 10_000)),
			hostileValues(200, `"Page":1,`, "%70age=%31", "page=1&&&", "&page=1")...)},
		{name: "query values", asks: append(hostileValues(400, `"page"`, "page=%EF%BC%91", "page==1", "page=1%00", "page=1+", "page=--1", strings.Repeat("page=1&", 5000)),
			hostileValues(400, `"s"`, "s=%ff", "s=a&s=b")...)},
		{name: "header and cookie", asks: []hostileAsk{{send: hostileGet("/query", "X-Trace: a", "X-Trace: b"), status: 400, has: []string{`"X-Trace"`}},
			{send: hostileGet("/query", "X-Trace: \xff"), status: 400, has: []string{`"X-Trace"`}},
			{send: hostileGet("/query", "Cookie: sess=a; sess=b; Sess=c; =;;\"=\""), status: 200, has: []string{`"Sess":"a"`}}}},
		{name: "multipart", asks: []hostileAsk{
			{send: hostileBody("/form", part+"--x--\r\n", multi), status: 200, has: []string{`"Name":"a"`}},
			{send: hostileBody("/form", part, multi), status: 400},
			{send: hostileBody("/form", part+"--x--\r\n", "Content-Type: multipart/form-data"), status: 400},
			{send: hostileBody("/form", part+part+"--x--\r\n", multi), status: 400, has: []string{`"name"`}},
			{send: hostileBody("/form", strings.Repeat(part, 1001)+"--x--\r\n", multi), status: 413},
			{send: hostileBody("/form", strings.Replace(part, `name="name"`, `name="name"; filename="../../x"`, 1)+"--x--\r\n", multi), status: 400, has: []string{`"name"`}},
			{send: hostileBody("/form", "--x\r\n\r\n--x--\r\n", multi), status: 200}}},
		{name: "urlencoded form", asks: []hostileAsk{{send: hostileBody("/form", "name=a;n=1", form), status: 400}, {send: hostileBody("/form", "name=%zz", form), status: 400},
			{send: hostileBody("/form", "name=a&name=b", form), status: 400}, {send: hostileBody("/form?name=a&n=7", "", form), status: 200, lacks: []string{"7"}}}[:3]},
		{name: "panic with an Error", asks: []hostileAsk{{send: hostileKind("panicerror"), status: 500, body: hostile500, logs: []string{"stack="}}}},
		{name: "Error that is none", asks: []hostileAsk{{send: hostileKind("typednil"), status: 500, body: hostile500},
			{send: hostileReplyTo("badstatus", "200"), status: 500, body: hostile500}, {send: hostileReplyTo("badstatus", "0"), status: 500, body: hostile500},
			{send: hostileReplyTo("badstatus", "-1"), status: 500, body: hostile500}, {send: hostileReplyTo("badstatus", "600"), status: 500, body: hostile500}}},
		{name: "Error with bytes", asks: []hostileAsk{{send: hostileReplyTo("detail", "a\r\nX-Evil: 1"), status: 418, lacks: []string{"\nX-Evil"}}}},
		{name: "Err of an Error", asks: []hostileAsk{{send: hostileKind("long"), status: 400, body: `{"title":"Bad Request","status":400}`, logs: []string{"SECRET"}},
			{send: hostileKind("join"), status: 404}, {send: hostileKind("maxbytes"), status: 413}, {send: hostileKind("canceled"), status: 500, body: hostile500}}},
		{name: "WriteHeader", asks: []hostileAsk{{send: hostileReplyTo("writeheader", "0"), status: 500, body: hostile500},
			{send: hostileReplyTo("writeheader", "99"), status: 500, body: hostile500}, {send: hostileReplyTo("writeheader", "1000"), status: 500, body: hostile500}}},
		{name: "Content-Length of the handler", asks: []hostileAsk{{send: hostileReplyTo("length", "100"), status: 200, body: "ok"}, {send: hostileReplyTo("length", "1"), status: 200, body: "ok"}},
			more: func(t *testing.T, s *hostileSite) {
				if got := s.hostileAnswer(t, hostileKind("short")); got.err == nil {
					t.Errorf("2 bytes of 10: %d %q, want a broken answer", got.status, got.body)
				}
			}},
		{name: "headers before an error", asks: []hostileAsk{{send: hostileKind("setthenfail"), status: 500, body: hostile500, lacks: []string{"X-Secret", "Set-Cookie", "gzip"}}}},
		{name: "OnError", asks: []hostileAsk{{send: hostileGet("/onerror/panics"), status: 500, body: hostile500, logs: []string{"SECRET"}},
			{send: hostileGet("/onerror/silent"), status: 500, body: hostile500, logs: []string{"SECRET"}}}},
		{name: "Validate", asks: []hostileAsk{{send: hostileGet("/checked"), status: 422, logs: []string{"SECRET"}}}},
		{name: "Timeout", asks: []hostileAsk{{send: hostileGet("/wait"), status: 503}, {send: hostileJSON("/wait", "{}"), status: 503}}},
		{name: "If-None-Match", asks: []hostileAsk{{send: hostileGet("/etag", `If-None-Match: "`+strings.Repeat("a", 64<<10)), status: 200, body: "ok"},
			{send: hostileGet("/etag", "If-None-Match: "+strings.Repeat(`W/"",`, 10_000)), status: 200, body: "ok"}, {send: hostileGet("/etag", "If-None-Match: *"), status: 304}}},
		{name: "log forging", asks: []hostileAsk{{send: hostileGet("/onerror/a%0atime=1%20level=INFO"), status: 500, logs: []string{`path="/onerror/a\ntime=1 level=INFO"`}}}},
	})
}

// Errors and a logger that panic when they are looked at.

type hostileError struct{ text string }

func (e *hostileError) Error() string { return e.text }

type hostileIs struct{}

func (hostileIs) Error() string   { return "SECRET" }
func (hostileIs) Is(error) bool   { panic("SECRET") }
func (hostileIs) As(any) bool     { panic("SECRET") }
func (hostileIs) Unwrap() []error { panic("SECRET") }

type hostileLog struct{ slog.Handler }

func (hostileLog) Handle(context.Context, slog.Record) error { panic("SECRET") }

// Programs at fault: whatever a handler or middleware leaves behind, the client
// gets an answer that is whole, or sees that it is not.
func TestHostilePrograms(t *testing.T) {
	const form, multi = "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=x"
	const part = "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--x--\r\n"
	const readBefore = "the body has been read already"
	refuse := func(break_ func(*Request)) Handler {
		return func(req *Request, _ *Response) error { break_(req); return Errorf(401, "no") }
	}
	noRequest := refuse(func(req *Request) { req.Request = nil })
	noURL := refuse(func(req *Request) { req.Request = &http.Request{} })
	around := func(h Handler) Option { return Around(func(Handler) Handler { return h }) }
	bound := func(first func(*Request) error) Handler {
		return func(req *Request, res *Response) error {
			if err := first(req); err != nil {
				return err
			}
			in, err := Bind[hostileForm](req)
			if err != nil {
				return err
			}
			return res.JSON(in)
		}
	}
	nothing := func(*Request) error { return nil }
	parsed := Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.PostFormValue("csrf")
			next.ServeHTTP(w, r)
		})
	})
	half := func(fail func() error) Option {
		return OnError(func(_ *Request, res *Response, err error) error {
			res.Status(202)
			io.WriteString(res, "half")
			return fail()
		})
	}
	for _, tt := range []struct {
		name    string
		handler Handler
		opts    []Option
		ask     hostileAsk
		cut     bool // the answer breaks off
	}{
		{"nil in an error", func(*Request, *Response) error { var e *hostileError; return e }, nil, hostileAsk{send: hostileGet("/x"), status: 500, body: hostile500, logs: []string{"status=500"}}, false},
		{"Is that panics", func(*Request, *Response) error { return hostileIs{} }, nil, hostileAsk{send: hostileGet("/x"), status: 500, body: hostile500, logs: []string{"stack="}}, false},
		{"no Request", noRequest, nil, hostileAsk{send: hostileGet("/x"), status: 401, has: []string{`"no"`}, logs: []string{"status=401"}}, false},
		{"no Request, in Around", routerOK, []Option{around(noRequest)}, hostileAsk{send: hostileGet("/x"), status: 401, has: []string{`"no"`}}, false},
		{"no Request, and a body", noRequest, nil, hostileAsk{send: hostileJSON("/x", "{}"), status: 401, has: []string{`"no"`}}, false},
		{"no Request, after a stream", func(req *Request, res *Response) error {
			err := res.Stream("text/plain", strings.NewReader("all"))
			req.Request = nil
			return err
		}, nil, hostileAsk{send: hostileGet("/x"), status: 200, body: "all"}, false},
		{"no URL", noURL, nil, hostileAsk{send: hostileGet("/x"), status: 401, has: []string{`"no"`}, logs: []string{"status=401"}}, false},
		{"a logger that panics", noRequest, []Option{Logger(slog.New(hostileLog{slog.Default().Handler()}))}, hostileAsk{send: hostileGet("/x"), status: 401, has: []string{`"no"`}}, false},
		{"a logger that panics at a panic", func(*Request, *Response) error { panic("SECRET") }, []Option{Logger(slog.New(hostileLog{slog.Default().Handler()}))},
			hostileAsk{send: hostileGet("/x"), status: 500, body: hostile500}, false},
		{"OnError fails midway", refuse(func(*Request) {}), []Option{half(func() error { return errors.New("SECRET") })}, hostileAsk{send: hostileGet("/x"), logs: []string{"SECRET"}}, true},
		{"OnError panics midway", refuse(func(*Request) {}), []Option{half(func() error { panic("SECRET") })}, hostileAsk{send: hostileGet("/x"), logs: []string{"SECRET"}}, true},
		{"OnError answers by hand", refuse(func(*Request) {}), []Option{half(func() error { return nil })}, hostileAsk{send: hostileGet("/x"), status: 202, body: "half"}, false},
		{"Error.ServeHTTP too late", func(req *Request, res *Response) error {
			io.WriteString(res, "all")
			(&Error{Status: 400}).ServeHTTP(res, req.Request)
			return nil
		}, nil, hostileAsk{send: hostileGet("/x"), status: 200, body: "all", logs: []string{ErrAnswered.Error()}}, false},
		{"Error.ServeHTTP, then an error", func(req *Request, res *Response) error {
			(&Error{Status: 403}).ServeHTTP(res, req.Request)
			return errors.New("SECRET")
		}, nil, hostileAsk{send: hostileGet("/x"), status: 403, logs: []string{"SECRET"}}, false},
		{"Error.ServeHTTP, then JSON", func(req *Request, res *Response) error {
			(&Error{Status: 403}).ServeHTTP(res, req.Request)
			return res.JSON("SECRET")
		}, nil, hostileAsk{send: hostileGet("/x"), status: 403, logs: []string{ErrAnswered.Error()}}, false},
		{"an error, then a panic in Use that wraps the writer", refuse(func(*Request) {}), []Option{Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
				panic("SECRET")
			})
		})}, hostileAsk{send: hostileGet("/x"), status: 401, has: []string{`"no"`}, logs: []string{"SECRET"}}, false},
		{"MultipartReader, then Bind", bound(func(req *Request) error { _, err := req.MultipartReader(); return err }), nil,
			hostileAsk{send: hostileBody("/x", part, multi), status: 500, body: hostile500, logs: []string{readBefore}}, false},
		{"PostFormValue in Use, then Bind", bound(nothing), []Option{parsed},
			hostileAsk{send: hostileBody("/x", "name=a&n=7", form), status: 500, body: hostile500, logs: []string{readBefore}}, false},
		{"PostFormValue in Use, then Bind of multipart", bound(nothing), []Option{parsed},
			hostileAsk{send: hostileBody("/x", part, multi), status: 200, has: []string{`"Name":"a"`}}, false},
		{"Close, then Bind", bound(func(req *Request) error { return req.Body.Close() }), nil,
			hostileAsk{send: hostileBody("/x", "name=a", form), status: 500, body: hostile500, logs: []string{readBefore}}, false},
	} {
		for _, inMux := range []bool{false, true} { // the other one has no router
			if inMux && len(tt.opts) > 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s/%t", tt.name, inMux), func(t *testing.T) {
				s := hostileServe(t, func(logger Option) http.Handler {
					if inMux {
						mux := http.NewServeMux()
						mux.Handle("/x", tt.handler)
						return mux
					}
					api := New(append([]Option{logger}, tt.opts...)...)
					api.Handle("/x", tt.handler)
					return api
				})
				ask := tt.ask
				if inMux {
					ask.logs = nil // they go to slog.Default
				}
				if !tt.cut {
					ask.ask(t, s)
					return
				}
				if got := s.hostileAnswer(t, ask.send); got.err == nil {
					t.Errorf("%s: %d %q, want a broken answer", ask.send, got.status, got.body)
				}
				if _, aborted := s.counts(); aborted != 1 {
					t.Errorf("%d aborted, want 1", aborted)
				}
				for _, text := range ask.logs {
					if !strings.Contains(s.log.String(), text) {
						t.Errorf("no %q in the log\n%s", text, s.log.String())
					}
				}
			})
		}
	}
}
