package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/apiroute"
)

const testToken = "a token for the tests"

// A site is a server of the whole API, with its own database and its own old service.
type site struct {
	*httptest.Server
	blog *blog
	log  *syncBuffer
}

func newSite(t *testing.T) *site {
	t.Helper()
	old := httptest.NewServer(newLegacy("key"))
	t.Cleanup(old.Close)
	s := &site{blog: newBlog(t), log: &syncBuffer{}}
	s.Server = httptest.NewServer(newAPI(s.blog, config{
		token:     testToken,
		legacy:    old.URL + "/v1",
		legacyKey: "key",
		log:       slog.New(slog.NewJSONHandler(s.log, nil)),
	}))
	t.Cleanup(s.Close)
	return s
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// do sends a request with headers of the form "Name: value".
func (s *site) do(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

const (
	isJSON  = "Content-Type: application/json"
	isAdmin = "Authorization: Bearer " + testToken
)

// Each line is one request. Later ones depend on earlier ones.
var calls = []struct {
	method, path, body string
	headers            []string
	status             int
	want               string // contained in the response
}{
	{"GET", "/", "", nil, 200, "<title>Marginalia</title>"},
	{"GET", "/page/app.js", "", nil, 200, "textContent"},
	{"GET", "/healthz", "", nil, 200, "ok"},
	{"GET", "/nope", "", nil, 404, `{"title":"Not Found","status":404}`},
	{"GET", "/api/posts", "", nil, 200, `{"posts":[],"page":1,"pages":0,"total":0}`},
	{"GET", "/api/comments", "", nil, 200, `[]`},
	{"GET", "/api/archive", "", nil, 200, `{}`},

	// Writing requires exactly the token.
	{"POST", "/api/posts", `{"title":"a","body":"b"}`, []string{isJSON}, 401, "the admin token"},
	{"POST", "/api/posts", `{"title":"a","body":"b"}`, []string{isJSON, isAdmin + "x"}, 401, "the admin token"},
	{"POST", "/api/posts", `{"title":"a","body":"b"}`, []string{isJSON, "Authorization: " + testToken}, 401, "the admin token"},
	{"PUT", "/api/posts/1", `{}`, []string{isJSON}, 401, "the admin token"},
	{"DELETE", "/api/posts/1", "", nil, 401, "the admin token"},
	{"PUT", "/api/posts/1/cover", "", nil, 401, "the admin token"},
	{"DELETE", "/api/comments/1", "", nil, 401, "the admin token"},
	{"GET", "/api/session", "", nil, 401, "the admin token"},
	{"GET", "/api/session", "", []string{isAdmin}, 204, ""},

	// Errors name the invalid fields.
	{"POST", "/api/posts", `{"title":" "}`, []string{isJSON, isAdmin}, 422,
		`"errors":[{"in":"body","name":"title","detail":"must not be empty"},{"in":"body","name":"body","detail":"must not be empty"}]`},
	{"POST", "/api/posts", `{"title":"` + strings.Repeat("ä", 121) + `","body":"b"}`, []string{isJSON, isAdmin}, 400,
		`{"in":"body","name":"title","code":"maxLength","detail":"must have at most 120 characters"}`},
	{"POST", "/api/posts", `{"title":1,"body":"b"}`, []string{isJSON, isAdmin}, 400, `"name":"title","code":"type","detail":"must be a string"`},
	{"POST", "/api/posts", `{"id":7,"title":"a","body":"b"}`, []string{isJSON, isAdmin}, 400, `"name":"id","code":"additionalProperties","detail":"is not known"`},
	{"POST", "/api/posts", `title=a`, []string{isAdmin, "Content-Type: text/plain"}, 415, "application/json"},

	{"POST", "/api/posts", `{"title":"` + strings.Repeat("ä", 120) + `","body":"b"}`, []string{isJSON, isAdmin}, 201, `"id":1`},
	{"GET", "/api/posts/1", "", nil, 200, `"title":"ä`},
	{"PUT", "/api/posts/1", `{"title":"Hello","body":"World"}`, []string{isJSON, isAdmin}, 200, `"title":"Hello"`},
	{"GET", "/api/posts?q=hell", "", nil, 200, `"total":1`},
	{"GET", "/api/posts?size=101&page=x", "", nil, 400, `{"in":"query","name":"page","code":"type","detail":"must be an integer"}`},
	{"GET", "/api/posts?size=101&page=0", "", nil, 400, `{"in":"query","name":"size","code":"maximum","detail":"must be at most 100"}`},
	{"GET", "/api/posts/x", "", nil, 400, `{"in":"path","name":"id","code":"type","detail":"must be an integer"}`},
	{"GET", "/api/posts/2", "", nil, 404, "there is no post 2"},
	{"PATCH", "/api/posts/1", "", nil, 405, "Method Not Allowed"},
	{"GET", "/api/posts/1/", "", nil, 308, ""},

	// Readers may comment.
	{"POST", "/api/posts/1/comments", `{"author":"Ada"}`, []string{isJSON}, 422, `{"in":"body","name":"text","detail":"must not be empty"}`},
	{"POST", "/api/posts/1/comments", `{"author":"Ada","text":"<b>Hi</b>"}`, []string{isJSON}, 201, `"postId":1,"author":"Ada"`},
	{"POST", "/api/posts/2/comments", `{"author":"Ada","text":"Hi"}`, []string{isJSON}, 404, "there is no post 2"},
	{"GET", "/api/posts/1/comments", "", nil, 200, `[{"id":1,"postId":1,`},
	{"GET", "/api/posts/1/comments?after=1", "", nil, 200, `[]`},

	{"GET", "/api/archive", "", nil, 200, `"posts":1}]}`},
	{"GET", "/api/archive/" + time.Now().UTC().Format("2006/1"), "", nil, 200, `"title":"Hello"`},
	{"GET", "/api/archive/1999", "", nil, 200, `{}`},
	{"GET", "/api/archive/1999/13", "", nil, 422, `"must have a month from 1 to 12"`},
	{"GET", "/api/archive/0", "", nil, 400, `"code":"minimum"`},
	{"GET", "/api/archive/now", "", nil, 400, `"must be an integer"`},
	{"GET", "/api/archive/1999/1/1", "", nil, 404, "years and months"},

	{"GET", "/api/docs/start", "", nil, 200, "# Start"},
	{"GET", "/api/docs/api/errors", "", nil, 200, "# Errors"},
	{"GET", "/api/docs", "", nil, 404, ""},
	{"GET", "/api/docs/api", "", nil, 404, "no such page"},
	{"GET", "/api/docs/..%2F..%2Fmain", "", nil, 404, "no such page"},

	{"GET", "/api/legacy/quotes/4", "", []string{legacyHeader + ": mine", isAdmin}, 200, "Vigorous"},
	{"GET", "/api/legacy/nope", "", nil, 404, "not found"},

	{"DELETE", "/api/comments/1", "", []string{isAdmin}, 204, ""},
	{"DELETE", "/api/posts/1", "", []string{isAdmin}, 204, ""},
	{"DELETE", "/api/posts/1", "", []string{isAdmin}, 404, "there is no post 1"},
}

func TestAPI(t *testing.T) {
	s := newSite(t)
	for _, tt := range calls {
		res, body := s.do(t, tt.method, tt.path, tt.body, tt.headers...)
		if res.StatusCode != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s %s: got %d %.300s, want %d and %s", tt.method, tt.path, tt.body, res.StatusCode, body, tt.status, tt.want)
		}
		if res.StatusCode >= 400 && strings.HasPrefix(body, "{") && res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: got Content-Type %q", tt.method, tt.path, res.Header.Get("Content-Type"))
		}
		if at := res.Header.Get("Location"); tt.status == 201 && tt.path == "/api/posts" && at != "/api/posts/1" {
			t.Errorf("%s %s: got Location %q", tt.method, tt.path, at)
		}
	}
	if text := s.log.String(); strings.Contains(text, testToken) || strings.Contains(text, `"level":"ERROR"`) {
		t.Errorf("the log has the token, or an error:\n%s", text)
	}
}

func TestCrossOrigin(t *testing.T) {
	s := newSite(t)
	const evil = "Origin: http://evil.example"
	for _, tt := range []struct {
		method, path, body string
		headers            []string
		status             int
		allowed            string // Access-Control-Allow-Origin
	}{
		{"GET", "/api/posts", "", []string{evil}, 200, "*"},
		{"POST", "/api/posts", `{"title":"a","body":"b"}`, []string{isJSON, isAdmin, evil}, 403, ""},
		{"POST", "/api/posts", `{"title":"a","body":"b"}`, []string{isJSON, isAdmin, "Sec-Fetch-Site: cross-site"}, 403, ""},
		{"POST", "/api/posts", `{"title":"a","body":"b"}`, []string{isJSON, isAdmin, "Origin: " + s.URL}, 201, ""},
		{"OPTIONS", "/api/archive", "", []string{evil, "Access-Control-Request-Method: GET"}, 204, "*"},
		{"OPTIONS", "/api/archive", "", []string{evil, "Access-Control-Request-Method: DELETE"}, 204, ""},
		{"OPTIONS", "/api/session", "", []string{evil, "Access-Control-Request-Method: GET"}, 401, ""},
		{"GET", "/healthz", "", []string{evil}, 200, ""},
	} {
		res, body := s.do(t, tt.method, tt.path, tt.body, tt.headers...)
		if got := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != tt.status || got != tt.allowed {
			t.Errorf("%s %s with %q: got %d %s, allowed %q, want %d and %q", tt.method, tt.path, tt.headers, res.StatusCode, body, got, tt.status, tt.allowed)
		}
	}
}

func TestETag(t *testing.T) {
	s := newSite(t)
	addPost(t, s.blog, "a", "b")
	res, _ := s.do(t, "GET", "/api/posts", "")
	if res, _ := s.do(t, "GET", "/api/posts", "", "If-None-Match: "+res.Header.Get("ETag")); res.StatusCode != 304 {
		t.Errorf("nothing is new: got %d, want 304", res.StatusCode)
	}
	addPost(t, s.blog, "c", "d")
	if res, _ := s.do(t, "GET", "/api/posts", "", "If-None-Match: "+res.Header.Get("ETag")); res.StatusCode != 200 {
		t.Errorf("after another post: got %d, want 200", res.StatusCode)
	}
}

func TestLog(t *testing.T) {
	s := newSite(t)
	s.do(t, "GET", "/api/posts/7", "")
	var line struct {
		Msg, Method, Route, Path string
		Status                   int
	}
	if err := json.Unmarshal([]byte(s.log.String()), &line); err != nil {
		t.Fatalf("%v in %s", err, s.log)
	}
	if line.Msg != "request" || line.Method != "GET" || line.Route != "/api/posts/[id]" || line.Path != "/api/posts/7" || line.Status != 404 {
		t.Errorf("got %+v", line)
	}
}

func TestHealthWithoutDatabase(t *testing.T) {
	s := newSite(t)
	s.blog.read.Close()
	if res, body := s.do(t, "GET", "/healthz", ""); res.StatusCode != 503 || strings.Contains(body, "sql") {
		t.Errorf("got %d %s, want 503 without the reason", res.StatusCode, body)
	}
}

func TestLegacyIsMasked(t *testing.T) {
	s := newSite(t)
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Path, r.Header["Authorization"], r.Header["Cookie"], r.Header[legacyHeader])
	}))
	api := newAPI(s.blog, config{token: testToken, legacy: old.URL + "/secret", legacyKey: "key", log: slog.New(slog.DiscardHandler)})
	req := httptest.NewRequest("GET", "/api/legacy/a/b", nil)
	req.Header.Set("Authorization", "Bearer "+testToken)
	req.Header.Set("Cookie", "session=1")
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, req)
	if got, want := rec.Body.String(), "/secret/a/b[] [] [key]"; got != want {
		t.Errorf("the service got %q, want %q", got, want)
	}
	old.Close()
	rec = httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest("GET", "/api/legacy/a/b", nil))
	if rec.Code != 502 || strings.Contains(rec.Body.String(), "127.0.0.1") {
		t.Errorf("without the service: got %d %s, want a 502 that does not name it", rec.Code, rec.Body)
	}
}

// picture returns a picture in the given format.
func picture(t *testing.T, format string, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{uint8(30 + 120*x/width), uint8(90 + 100*y/height), 140, 255})
		}
	}
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// form returns a multipart form with a picture, and a Content-Type header for it.
func form(t *testing.T, picture []byte, alt string) (body, header string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("alt", alt)
	part, err := w.CreateFormFile("picture", "../../etc/passwd.html")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(picture)
	w.Close()
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func TestCover(t *testing.T) {
	s := newSite(t)
	p := addPost(t, s.blog, "a", "b")
	const path = "/api/posts/1/cover"
	if res, _ := s.do(t, "GET", path, ""); res.StatusCode != 404 {
		t.Errorf("before the upload: got %d, want 404", res.StatusCode)
	}
	for i, format := range []string{"png", "jpeg", "gif"} {
		data := picture(t, format, 1200, 800)
		body, header := form(t, data, "A "+format)
		res, answer := s.do(t, "PUT", path, body, header, isAdmin)
		want := fmt.Sprintf(`{"url":"/api/posts/1/cover?v=%d","alt":"A %s"}`, i+1, format)
		if res.StatusCode != 200 || answer != want {
			t.Errorf("PUT %s: got %d %s, want 200 %s", format, res.StatusCode, answer, want)
		}
		res, got := s.do(t, "GET", path, "")
		if res.StatusCode != 200 || got != string(data) || res.Header.Get("Content-Type") != "image/"+format ||
			res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET %s: got %d, %d bytes, %v", format, res.StatusCode, len(got), res.Header)
		}
		if res, _ := s.do(t, "GET", path, "", "If-None-Match: "+res.Header.Get("ETag")); res.StatusCode != 304 {
			t.Errorf("GET %s again: got %d, want 304", format, res.StatusCode)
		}
		if res, part := s.do(t, "GET", path, "", "Range: bytes=1-3"); res.StatusCode != 206 || part != string(data[1:4]) {
			t.Errorf("GET a part of %s: got %d %q", format, res.StatusCode, part)
		}
	}
	if p, err := s.blog.showPost(t.Context(), postID{p.ID}); err != nil || p.Cover == nil || p.Cover.Alt != "A gif" {
		t.Errorf("the post has the cover %v, %v", p.Cover, err)
	}
	s.do(t, "DELETE", "/api/posts/1", "", isAdmin)
	if res, _ := s.do(t, "GET", path, ""); res.StatusCode != 404 {
		t.Errorf("after the post: got %d, want 404", res.StatusCode)
	}
}

func TestCoverRefused(t *testing.T) {
	s := newSite(t)
	addPost(t, s.blog, "a", "b")
	html, htmlType := form(t, []byte("<script>alert(1)</script>"), "")
	good, goodType := form(t, picture(t, "png", 4, 4), "")
	long, longType := form(t, picture(t, "png", 4, 4), strings.Repeat("ä", 301))
	large, largeType := form(t, make([]byte, maxUpload), "")
	for _, tt := range []struct {
		name, path, body, header string
		status                   int
		want                     string
	}{
		{"a page", "/api/posts/1/cover", html, htmlType, 422, `"name":"picture","detail":"must be a JPEG, PNG or GIF picture"`},
		{"a long story", "/api/posts/1/cover", long, longType, 400, `"name":"alt","code":"maxLength"`},
		{"no picture", "/api/posts/1/cover", "alt=x", "Content-Type: application/x-www-form-urlencoded", 400, `"name":"picture"`},
		{"too large", "/api/posts/1/cover", large, largeType, 413, "5242880 bytes"},
		{"no post", "/api/posts/2/cover", good, goodType, 404, "there is no post 2"},
	} {
		res, body := s.do(t, "PUT", tt.path, tt.body, tt.header, isAdmin)
		if res.StatusCode != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: got %d %s, want %d and %s", tt.name, res.StatusCode, body, tt.status, tt.want)
		}
	}
	if res, _ := s.do(t, "GET", "/api/posts/1/cover", ""); res.StatusCode != 404 {
		t.Errorf("there is a cover, though all were refused: %d", res.StatusCode)
	}
}

// A feedReader reads server-sent events.
type feedReader struct {
	t     *testing.T
	lines *bufio.Scanner
	stop  func()
}

func (s *site) openFeed(t *testing.T, path string, headers ...string) *feedReader {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		t.Fatalf("GET %s: got %d, %s", path, res.StatusCode, got)
	}
	return &feedReader{t, bufio.NewScanner(res.Body), stop}
}

// next returns the ID and the text of the next comment, and "" when the feed has ended.
func (f *feedReader) next() string {
	f.t.Helper()
	var id string
	for f.lines.Scan() {
		name, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			var c Comment
			if err := json.Unmarshal([]byte(value), &c); err != nil {
				f.t.Fatal(err)
			}
			return id + " " + c.Text
		}
	}
	return ""
}

func TestFeed(t *testing.T) {
	s := newSite(t)
	addPost(t, s.blog, "a", "b")
	say := func(text string) {
		t.Helper()
		body := fmt.Sprintf(`{"author":"Ada","text":%q}`, text)
		if res, body := s.do(t, "POST", "/api/posts/1/comments", body, isJSON); res.StatusCode != 201 {
			t.Fatalf("got %d %s", res.StatusCode, body)
		}
	}
	expect := func(f *feedReader, want ...string) {
		t.Helper()
		for _, w := range want {
			if got := f.next(); got != w {
				t.Errorf("got %q, want %q", got, w)
			}
		}
	}
	say("one")
	fromNow := s.openFeed(t, "/api/comments/events")
	fromStart := s.openFeed(t, "/api/comments/events?after=0")
	expect(fromStart, "1 one")
	say("two")
	say("three")
	expect(fromStart, "2 two", "3 three")
	expect(fromNow, "2 two")
	fromNow.stop() // so it misses "three" and the next comments
	for i := range 250 {
		say(fmt.Sprint("more ", i))
	}
	again := s.openFeed(t, "/api/comments/events?after=0", "Last-Event-ID: 2")
	expect(again, "3 three")
	for i := range 250 {
		expect(again, fmt.Sprintf("%d more %d", i+4, i))
	}
	if res, body := s.do(t, "GET", "/api/comments/events", "", "Last-Event-ID: x"); res.StatusCode != 400 {
		t.Errorf("a bad Last-Event-ID: got %d %s, want 400", res.StatusCode, body)
	}
	if text := s.log.String(); strings.Contains(text, `"level":"WARN"`) {
		t.Errorf("a reader who leaves is no matter for the log:\n%s", text)
	}
}

// The server's timeouts do not end a feed.
func TestFeedOutlivesTimeouts(t *testing.T) {
	b := newBlog(t)
	addPost(t, b, "a", "b")
	s := &site{Server: httptest.NewUnstartedServer(newAPI(b, config{legacy: "http://localhost", log: slog.New(slog.DiscardHandler)}))}
	s.Config.ReadTimeout, s.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	f := s.openFeed(t, "/api/comments/events")
	for i := range 3 {
		time.Sleep(300 * time.Millisecond)
		if _, err := b.addComment(t.Context(), newComment{postID{1}, commentText{"Ada", "Hi"}}); err != nil {
			t.Fatal(err)
		}
		if got, want := f.next(), fmt.Sprint(i+1, " Hi"); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// 200 concurrent writers are all served, and everything that they write is kept.
func TestConcurrentWriters(t *testing.T) {
	s := newSite(t)
	addPost(t, s.blog, "a", "b")
	const writers = 200
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range writers {
		done.Go(func() {
			<-start
			body := fmt.Sprintf(`{"title":"Post %d","body":"x"}`, i)
			if res, answer := s.do(t, "POST", "/api/posts", body, isJSON, isAdmin); res.StatusCode != 201 {
				t.Errorf("post %d: got %d %s", i, res.StatusCode, answer)
			}
			body = fmt.Sprintf(`{"author":"%d","text":"x"}`, i)
			if res, answer := s.do(t, "POST", "/api/posts/1/comments", body, isJSON); res.StatusCode != 201 {
				t.Errorf("comment %d: got %d %s", i, res.StatusCode, answer)
			}
			if res, answer := s.do(t, "GET", "/api/posts?size=5", ""); res.StatusCode != 200 {
				t.Errorf("reader %d: got %d %s", i, res.StatusCode, answer)
			}
		})
	}
	close(start)
	done.Wait()
	list, err := s.blog.listPosts(t.Context(), search{Page: 1, Size: 1})
	p, err2 := s.blog.showPost(t.Context(), postID{1})
	if err != nil || err2 != nil || list.Total != writers+1 || p.Comments != writers {
		t.Errorf("%d posts, %d comments, %v, %v, want %d and %d", list.Total, p.Comments, err, err2, writers+1, writers)
	}
}

// If the admin token is empty, every request is rejected.
func TestRequireTokenEmpty(t *testing.T) {
	h := requireToken("")(func(*apiroute.Request, *apiroute.Response) error { return nil })
	req := &apiroute.Request{Request: httptest.NewRequest("GET", "/", nil)}
	for _, v := range []string{"", "Bearer ", "Bearer x"} {
		req.Header.Set("Authorization", v)
		if err := h(req, nil); statusOf(err) != 401 {
			t.Errorf("%q: got %v, want a 401", v, err)
		}
	}
}
