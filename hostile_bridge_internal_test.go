// This file holds what fuzz_test.go and proxy_test.go, which are not converted yet, take of the old
// hostile tests. It goes when they are.

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
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
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

// JSONIsStrict is for package apiroute_test.
const JSONIsStrict = respStrict
