package apiroute_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// An Out with tags is a whole response. These tests send values of such types over a socket.

// returning registers GET /x, which returns v.
func returning[Out any](v Out) func(*apiroute.Router, ...apiroute.Option) {
	return func(r *apiroute.Router, opts ...apiroute.Option) {
		apiroute.Get(r, "/x", func(context.Context, struct{}) (Out, error) { return v, nil }, opts...)
	}
}

// resultWays are options under which an endpoint responds in the same way. Without them, nobody else
// sees the request, which then takes a shorter way.
var resultWays = map[string][]apiroute.Option{
	"alone": nil,
	"Use":   {apiroute.Use(func(h http.Handler) http.Handler { return h })},
	"Around": {apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error { return h(req, res) }
	})},
	"OnError": {apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error { return err })},
	"Timeout": {apiroute.Timeout(time.Hour)},
	"a codec": {apiroute.JSONCodec(json.Marshal, json.Unmarshal)},
}

type (
	created struct {
		Status   int          `status:"201,200,303"`
		Location string       `header:"Location"`
		Session  *http.Cookie `cookie:"session"`
		Body     idOut        `body:"json"`
	}
	emptyResult struct {
		Status   int    `status:"204,201,303,304,205"`
		Location string `header:"Location"`
	}
	jsonResult struct {
		Status int   `status:"200,204,205,303,304"`
		Body   idOut `body:"json"`
	}
	bytesResult struct {
		Status int    `status:"200,204,205,303,304"`
		Body   []byte `body:"bytes" contentMediaType:"image/png"`
	}
	textResult struct {
		Type string `header:"Content-Type"`
		Body string `body:"bytes" contentMediaType:"text/plain; charset=utf-8"`
	}
	typedBytes struct {
		Type string `header:"Content-Type"`
		Body []byte `body:"bytes"`
	}
	listResult struct {
		Body []int `body:"json"`
	}
	mapResult struct {
		Body map[string]int `body:"json"`
	}
	pointerResult struct {
		Body *idOut `body:"json"`
	}
	headersResult struct {
		Texts  []string       `header:"X-Text"`
		Flag   *bool          `header:"x-flag"`
		N      int            `header:"X-N"`
		None   *int           `header:"X-None"`
		Blank  string         `header:"X-Blank"`
		Blanks []string       `header:"X-Blanks"`
		Left   *time.Duration `header:"X-Left"`
	}
	pageResult struct {
		resultBase
		Body idOut `body:"json"`
	}
	resultBase struct {
		Next string `header:"X-Next"`
		note string
	}
	cookiesResult struct {
		A http.Cookie  `cookie:"a"`
		B *http.Cookie `cookie:"__Host-b"`
		C http.Cookie  `cookie:"c"`
		D *http.Cookie `cookie:"d"`
	}
)

func ptr[T any](v T) *T { return &v }

// The response is the same with and without middleware, and the same for HEAD except for the body.
func TestResult(t *testing.T) {
	t.Parallel()
	const isJSON, noSniff = "Content-Type: application/json; charset=utf-8", "X-Content-Type-Options: nosniff"
	for _, tt := range []struct {
		name     string
		register func(*apiroute.Router, ...apiroute.Option)
		status   int
		body     string
		header   []string // all fields but Date and Content-Length
	}{
		{"all places", returning(created{Location: "/x/7", Session: &http.Cookie{Value: "s", Path: "/"}, Body: idOut{7}}), 201, `{"id":7}`,
			[]string{isJSON, noSniff, "Location: /x/7", "Set-Cookie: session=s; Path=/"}},
		{"the zero value", returning(created{}), 201, `{"id":0}`, []string{isJSON, noSniff}},
		{"another status", returning(created{Status: 200}), 200, `{"id":0}`, []string{isJSON, noSniff}},
		{"a redirect with a body", returning(created{Status: 303, Location: "/é"}), 303, `{"id":0}`, []string{isJSON, noSniff, "Location: /%C3%A9"}},
		{"no body", returning(emptyResult{}), 204, "", nil},
		{"no body, 201", returning(emptyResult{Status: 201, Location: "/x"}), 201, "", []string{"Location: /x"}},
		{"no body, 303", returning(emptyResult{Status: 303, Location: "/x?a=%20"}), 303, "", []string{"Location: /x?a=%20"}},
		{"no body, 304", returning(emptyResult{Status: 304}), 304, "", nil},
		{"no body, 205", returning(emptyResult{Status: 205}), 205, "", nil},
		{"no body and no status", returning(headersResult{}), 204, "", []string{"X-N: 0"}},
		{"JSON and 204", returning(jsonResult{Status: 204}), 204, "", nil},
		{"JSON and 205", returning(jsonResult{Status: 205}), 205, "", nil},
		{"JSON and 303", returning(jsonResult{Status: 303}), 303, `{"id":0}`, []string{isJSON, noSniff}},
		{"JSON and 304", returning(jsonResult{Status: 304}), 304, "", nil},
		{"bytes", returning(bytesResult{Body: []byte("\x89PNG")}), 200, "\x89PNG", []string{"Content-Type: image/png", noSniff}},
		{"nil bytes", returning(bytesResult{}), 200, "", []string{"Content-Type: image/png", noSniff}},
		{"bytes and 204", returning(bytesResult{Status: 204, Body: []byte("x")}), 204, "", nil},
		{"bytes and 205", returning(bytesResult{Status: 205, Body: []byte("x")}), 205, "", nil},
		{"bytes and 303", returning(bytesResult{Status: 303, Body: []byte("x")}), 303, "x", []string{"Content-Type: image/png", noSniff}},
		{"bytes and 304", returning(bytesResult{Status: 304, Body: []byte("x")}), 304, "", nil},
		{"a long string", returning(textResult{Body: strings.Repeat("x", 10000)}), 200, strings.Repeat("x", 10000),
			[]string{"Content-Type: text/plain; charset=utf-8", noSniff}},
		{"a header field for the type", returning(textResult{"text/csv", "x"}), 200, "x", []string{"Content-Type: text/csv", noSniff}},
		{"only a header field for the type", returning(typedBytes{"text/csv", []byte("x")}), 200, "x", []string{"Content-Type: text/csv", noSniff}},
		{"no type at all", returning(typedBytes{"", []byte("x")}), 200, "x", []string{"Content-Type: application/octet-stream", noSniff}},
		{"JSON with a type of its own", returning(struct {
			Type string `header:"content-type"`
			Body idOut  `body:"json"`
		}{"application/ld+json", idOut{}}), 200, `{"id":0}`, []string{"Content-Type: application/ld+json", noSniff}},
		{"a nil slice", returning(listResult{}), 200, `[]`, []string{isJSON, noSniff}},
		{"a nil map", returning(mapResult{}), 200, `{}`, []string{isJSON, noSniff}},
		{"a nil pointer", returning(pointerResult{}), 200, `null`, []string{isJSON, noSniff}},
		{"a JSON string", returning(struct {
			Body string `body:"json"`
		}{"<"}), 200, `"\u003c"`, []string{isJSON, noSniff}},
		{"an embedded struct", returning(pageResult{resultBase{"/x?2", ""}, idOut{1}}), 200, `{"id":1}`, []string{isJSON, noSniff, "X-Next: /x?2"}},
		{"headers", returning(headersResult{[]string{"a", "", "b, c"}, ptr(false), 7, nil, "", []string{""}, ptr(90 * time.Second)}), 204, "",
			[]string{"X-Flag: false", "X-Left: 1m30s", "X-N: 7", "X-Text: a", "X-Text: b, c"}},
		{"cookies", returning(cookiesResult{
			A: http.Cookie{Name: "other", Value: "a b,c", Path: "/", MaxAge: 60, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode},
			B: &http.Cookie{Path: "/", Secure: true},
			C: http.Cookie{MaxAge: -1},
		}), 204, "", []string{`Set-Cookie: a="a b,c"; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax`,
			"Set-Cookie: __Host-b=; Path=/; Secure", "Set-Cookie: c=; Max-Age=0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for way, opts := range resultWays {
				s := newAPI(t, func(r *apiroute.Router) { tt.register(r, opts...) })
				for range 2 { // the second uses memory of the first
					get := s.do("GET", "/x", "")
					get.want(t, tt.status, tt.body)
					if diff := cmp.Diff(tt.header, fieldLines(get.header), cmpopts.SortSlices(func(a, b string) bool { return a < b }), cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("%s: header (-want +got):\n%s", way, diff)
					}
					head := s.do("HEAD", "/x", "")
					head.want(t, tt.status, "")
					if diff := cmp.Diff(fieldLines(get.header), fieldLines(head.header)); diff != "" {
						t.Errorf("%s: header of HEAD (-GET +HEAD):\n%s", way, diff)
					}
					if got, want := head.header.Get("Content-Length"), fmt.Sprint(len(tt.body)); got != want && tt.body != "" {
						t.Errorf("%s: HEAD has Content-Length %q, want %q", way, got, want)
					}
				}
				if o := s.do("OPTIONS", "/x", ""); o.status != 204 || o.header.Get("Allow") != "GET, HEAD, OPTIONS" {
					t.Errorf("%s: OPTIONS: %d %v", way, o.status, o.header)
				}
				if lines := s.logs(); lines != nil {
					t.Errorf("%s: log %q", way, lines)
				}
			}
		})
	}
}

// fieldLines returns a header as lines, sorted, without Date and Content-Length.
func fieldLines(h http.Header) (lines []string) {
	h = h.Clone()
	h.Del("Date")
	h.Del("Content-Length")
	var b strings.Builder
	h.Write(&b)
	if b.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\r\n"), "\r\n")
}

type badText struct{}

func (badText) MarshalText() ([]byte, error) { return nil, errors.New("no text") }
func (*badText) UnmarshalText([]byte) error  { return nil }

type unsendable[T any] struct {
	First  string        `header:"X-First"`
	Second http.Cookie   `cookie:"second"`
	Bad    T             `header:"X-Bad"`
	Body   io.ReadCloser `body:"bytes" contentMediaType:"text/plain"`
}

type unsendableCookie[T any] struct {
	First  string        `header:"X-First"`
	Second http.Cookie   `cookie:"second"`
	Bad    T             `cookie:"bad"`
	Body   io.ReadCloser `body:"bytes" contentMediaType:"text/plain"`
}

// returningUnsendable registers GET /x, whose Out cannot be sent because of v. It has a body that
// counts how often it is closed.
func returningUnsendable[T any](v T) func(*apiroute.Router, *countedBody, ...apiroute.Option) {
	return func(r *apiroute.Router, b *countedBody, opts ...apiroute.Option) {
		apiroute.Get(r, "/x", func(context.Context, struct{}) (unsendable[T], error) {
			return unsendable[T]{"1", http.Cookie{Value: "2"}, v, b}, nil
		}, opts...)
	}
}

func returningUnsendableCookie[T any](v T) func(*apiroute.Router, *countedBody, ...apiroute.Option) {
	return func(r *apiroute.Router, b *countedBody, opts ...apiroute.Option) {
		apiroute.Get(r, "/x", func(context.Context, struct{}) (unsendableCookie[T], error) {
			return unsendableCookie[T]{"1", http.Cookie{Value: "2"}, v, b}, nil
		}, opts...)
	}
}

// If a part of an Out cannot be sent, nothing of it is.
func TestResultUnsendable(t *testing.T) {
	t.Parallel()
	type status struct {
		First  string        `header:"X-First"`
		Second http.Cookie   `cookie:"second"`
		Status int           `status:"201,303"`
		Body   io.ReadCloser `body:"bytes" contentMediaType:"text/plain"`
	}
	returningStatus := func(code int) func(*apiroute.Router, *countedBody, ...apiroute.Option) {
		return func(r *apiroute.Router, b *countedBody, opts ...apiroute.Option) {
			apiroute.Get(r, "/x", func(context.Context, struct{}) (status, error) {
				return status{"1", http.Cookie{Value: "2"}, code, b}, nil
			}, opts...)
		}
	}
	const control = "header X-Bad: the value has a control character, such as a line break"
	for _, tt := range []struct {
		name     string
		register func(*apiroute.Router, *countedBody, ...apiroute.Option)
		log      string
	}{
		{"CR LF in a header", returningUnsendable("a\r\nX-Evil: 1"), control},
		{"LF in a header", returningUnsendable("a\nb"), control},
		{"CR at the end", returningUnsendable("a\r"), control},
		{"NUL", returningUnsendable("a\x00"), control},
		{"DEL", returningUnsendable("a\x7f"), control},
		{"LF in the second of a slice", returningUnsendable([]string{"a", "b\nc"}), control},
		{"LF behind a pointer", returningUnsendable(ptr("\n")), control},
		{"no number", returningUnsendable(math.NaN()), "header X-Bad: NaN is not a number"},
		{"infinite", returningUnsendable([]float32{float32(math.Inf(-1))}), "header X-Bad: -Inf is not a number"},
		{"an error of MarshalText", returningUnsendable(badText{}), "header X-Bad: no text"},
		{"an error of MarshalText in a slice", returningUnsendable([]badText{{}}), "header X-Bad: no text"},
		{"a year without a text", returningUnsendable(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), "header X-Bad: Time.MarshalText: year outside of range [0,9999]"},
		{"LF in a cookie", returningUnsendableCookie(http.Cookie{Value: "a\nb"}), "cookie bad: http: invalid byte '\\n' in Cookie.Value"},
		{"a semicolon in a cookie", returningUnsendableCookie(&http.Cookie{Value: "a;b"}), "cookie bad: http: invalid byte ';' in Cookie.Value"},
		{"what is not ASCII in a cookie", returningUnsendableCookie(&http.Cookie{Value: "é"}), "cookie bad: http: invalid byte 'Ã' in Cookie.Value"},
		{"a path of a cookie", returningUnsendableCookie(http.Cookie{Path: "/;x"}), "cookie bad: http: invalid byte ';' in Cookie.Path"},
		{"a domain of a cookie", returningUnsendableCookie(http.Cookie{Domain: "a b"}), "cookie bad: http: invalid Cookie.Domain"},
		{"a status that is not in the tag", returningStatus(200), "the status 200 is not in its tag"},
		{"an error as a status", returningStatus(404), "the status 404 is not in its tag"},
		{"no status", returningStatus(-1), "the status -1 is not in its tag"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for way, opts := range resultWays {
				for _, http2 := range []bool{false, true} {
					if http2 && way != "alone" {
						continue
					}
					body, l := &countedBody{Reader: strings.NewReader("body")}, &testLog{}
					api := apiroute.New(l.option())
					tt.register(api, body, opts...)
					s := newServer(t, api, func(s *httptest.Server) { s.EnableHTTP2 = http2 })
					s.log = l
					r := s.fetch("GET", "/x", "")
					r.wantProblem(t, 500)
					for _, name := range []string{"X-First", "X-Bad", "X-Evil", "Set-Cookie"} {
						if got := r.header.Values(name); got != nil {
							t.Errorf("%s, HTTP/2 %t: %s is %q, want none", way, http2, name, got)
						}
					}
					lines := s.logs()
					if len(lines) != 1 || !strings.HasSuffix(logValue(lines[0], "error"), tt.log) || logValue(lines[0], "level") != "ERROR" {
						t.Errorf("%s: log %q, want one error with %q", way, lines, tt.log)
					}
					if body.read != 0 || body.closed != 1 {
						t.Errorf("%s: the body has been read %d times and closed %d times, want 0 and 1", way, body.read, body.closed)
					}
				}
			}
		})
	}
}

// An error of the function is the response, and nothing of the Out is.
func TestResultError(t *testing.T) {
	t.Parallel()
	body := &countedBody{Reader: strings.NewReader("body")}
	s := newAPI(t, func(r *apiroute.Router) {
		apiroute.Get(r, "/x", func(context.Context, struct{}) (unsendable[int], error) {
			return unsendable[int]{"1", http.Cookie{Value: "2"}, 3, body}, apiroute.Errorf(409, "taken")
		})
	})
	r := s.do("GET", "/x", "")
	r.want(t, 409, `{"title":"Conflict","status":409,"detail":"taken"}`)
	if r.header["X-First"] != nil || r.header["Set-Cookie"] != nil || body.read+body.closed != 0 {
		t.Errorf("header %v, the body has been read %d times and closed %d times", r.header, body.read, body.closed)
	}
}

// Bodies of JSON and bytes have an ETag with that option, and a reader has not.
func TestResultETag(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		register func(*apiroute.Router, ...apiroute.Option)
		has      bool
	}{
		{"JSON", returning(jsonResult{Body: idOut{1}}), true},
		{"bytes", returning(bytesResult{Body: []byte("x")}), true},
		{"a string", returning(textResult{Body: "x"}), true},
		{"an ETag of its own", returning(struct {
			Tag  string `header:"ETag"`
			Body idOut  `body:"json"`
		}{`"v1"`, idOut{}}), true},
		{"a reader", returning(readerResult{}), true}, // without a reader, the body is empty and whole
		{"a redirect", returning(jsonResult{Status: 303}), false},
		{"no body", returning(emptyResult{}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(r *apiroute.Router) { tt.register(r, apiroute.ETag(true)) })
			r := s.do("GET", "/x", "")
			tag := r.header.Get("ETag")
			if (tag != "") != tt.has {
				t.Errorf("ETag %q, want one: %t", tag, tt.has)
			}
			if !tt.has {
				return
			}
			r = s.do("GET", "/x", "", "If-None-Match: "+tag)
			r.want(t, 304, "")
			if r.header.Get("ETag") != tag || r.header["Content-Type"] != nil {
				t.Errorf("304: header %v", r.header)
			}
		})
	}
}

// A header field of the Out replaces that of middleware, and the tag for the media type does too. A
// cookie is added.
func TestResultMiddlewareHeader(t *testing.T) {
	t.Parallel()
	type Out struct {
		Type string      `header:"Content-Type"`
		X    []string    `header:"X-X"`
		C    http.Cookie `cookie:"b"`
		Body string      `body:"bytes" contentMediaType:"text/csv"`
	}
	for _, tt := range []struct {
		name string
		out  Out
		want []string
	}{
		{"everything", Out{"text/html", []string{"1", "2"}, http.Cookie{Value: "2"}, "x"},
			[]string{"Content-Type: text/html", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Content-Type-Options: nosniff", "X-X: 1", "X-X: 2"}},
		{"nothing", Out{}, []string{"Content-Type: text/csv", "Set-Cookie: a=1", "X-Content-Type-Options: nosniff", "X-X: 0"}},
	} {
		for _, place := range []string{"Use", "Around", "around the router"} {
			t.Run(tt.name+", "+place, func(t *testing.T) {
				t.Parallel()
				set := func(h http.Header) {
					h.Set("Content-Type", "text/plain")
					h.Set("X-X", "0")
					h.Set("Set-Cookie", "a=1")
				}
				use := func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { set(w.Header()); next.ServeHTTP(w, r) })
				}
				around := func(next apiroute.Handler) apiroute.Handler {
					return func(req *apiroute.Request, res *apiroute.Response) error { set(res.Header()); return next(req, res) }
				}
				api := apiroute.New(quiet())
				var h http.Handler = api
				switch place {
				case "Use":
					returning(tt.out)(api, apiroute.Use(use))
				case "Around":
					returning(tt.out)(api, apiroute.Around(around))
				default:
					returning(tt.out)(api)
					h = use(api)
				}
				r := newServer(t, h).do("GET", "/x", "")
				if diff := cmp.Diff(tt.want, fieldLines(r.header)); diff != "" || r.status != 200 {
					t.Errorf("%d (-want +got):\n%s", r.status, diff)
				}
			})
		}
	}
}

type (
	namedText  string
	namedInt   int16
	namedSpan  time.Duration
	namedList  []string
	pointText  struct{ s string }
	enumString string
)

func (p *pointText) MarshalText() ([]byte, error) { return []byte("<" + p.s), nil }
func (p *pointText) UnmarshalText(b []byte) error {
	p.s = strings.TrimPrefix(string(b), "<")
	return nil
}
func (e *enumString) UnmarshalText(b []byte) error { *e = enumString(b); return nil }
func roundTrips[T any](values ...T) func(*testing.T) {
	return func(t *testing.T) { roundTrip(t, values) }
}

// roundTrip sends values in a header field and reads them with Bind.
func roundTrip[T any](t *testing.T, values []T) {
	type value struct {
		V T `header:"X-V"`
	}
	var next T
	var got value
	s := newAPI(t, func(r *apiroute.Router) {
		apiroute.Get(r, "/out", func(context.Context, struct{}) (value, error) { return value{next}, nil })
		apiroute.Get(r, "/in", func(_ context.Context, in value) (struct{}, error) { got = in; return struct{}{}, nil })
	})
	for _, next = range values {
		out := s.do("GET", "/out", "")
		out.want(t, 204, "")
		var lines []string
		for _, v := range out.header["X-V"] {
			lines = append(lines, "X-V: "+v)
		}
		s.do("GET", "/in", "", lines...).want(t, 204, "")
		if diff := cmp.Diff(value{next}, got, allFields, cmp.Comparer(time.Time.Equal), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%T %v is sent as %q (-sent +read):\n%s", next, next, out.header["X-V"], diff)
		}
	}
}

// Bind reads the text of a header field as the value that was sent.
func TestResultRoundTrip(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 3, 4, 5, 6, 789, time.FixedZone("", 3600))
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"string", roundTrips("", "a", "a  b\tc", "é, ;\"", "%00")},
		{"bool", roundTrips(true, false)},
		{"int", roundTrips(0, -1, math.MaxInt, math.MinInt)},
		{"int8", roundTrips[int8](math.MinInt8, math.MaxInt8)},
		{"uint64", roundTrips[uint64](0, math.MaxUint64)},
		{"uint8", roundTrips[byte](0, 255)},
		{"float64", roundTrips(0, 0.1, -1e300, 1e21, math.SmallestNonzeroFloat64, math.MaxFloat64)},
		{"float32", roundTrips[float32](0.1, math.MaxFloat32, 16777216)},
		{"json.Number", roundTrips[json.Number]("", "1.50", "-1e9")},
		{"time.Time", roundTrips(at, time.Time{}, at.UTC())},
		{"time.Duration", roundTrips(0, 1, -90*time.Minute, math.MaxInt64, time.Duration(math.MinInt64))},
		{"a named string", roundTrips[namedText]("a")},
		{"a named int", roundTrips[namedInt](-7)},
		{"a named duration", roundTrips[namedSpan](7)},
		{"netip.Addr", roundTrips(netip.MustParseAddr("::1"), netip.Addr{})},
		{"net.IP", roundTrips(net.IP(nil), net.ParseIP("10.0.0.7"))},
		{"MarshalText of a pointer", roundTrips(pointText{"a"})},
		{"a string with UnmarshalText alone", roundTrips[enumString]("red")},
		{"a pointer", roundTrips(nil, ptr(0), ptr(7))},
		{"a pointer to a string", roundTrips(nil, ptr("a"))},
		{"a pointer to a time", roundTrips(nil, &at)},
		{"a pointer to what has MarshalText of a pointer", roundTrips(nil, &pointText{"a"})},
		{"a slice", roundTrips(nil, []string{"a"}, []string{"a,b", "c"})},
		{"a slice of a named type", roundTrips(nil, namedList{"a", "b"})},
		{"a slice of times", roundTrips([]time.Time{at, {}})},
		{"a slice of bools", roundTrips([]bool{true, false})},
		{"a slice of IPs", roundTrips([]net.IP{net.ParseIP("::2")})},
		{"a slice of what has MarshalText of a pointer", roundTrips([]pointText{{"a"}, {"b"}})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

// Memory of one Out is used for the next, and nothing of the one is in the other.
func TestResultLeavesNothing(t *testing.T) {
	t.Parallel()
	type In struct {
		N int `query:"n"`
	}
	type Out struct {
		Status int           `status:"200,201"`
		X      []string      `header:"X-X"`
		P      *string       `header:"X-P"`
		A      http.Cookie   `cookie:"a"`
		B      *http.Cookie  `cookie:"b"`
		Body   io.ReadCloser `body:"bytes" contentMediaType:"text/plain"`
	}
	shared := &http.Cookie{Name: "shared", Value: "s"}
	for way, opts := range resultWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			api := apiroute.New(quiet())
			apiroute.Get(api, "/x", func(_ context.Context, in In) (Out, error) {
				switch in.N {
				case 1:
					return Out{201, []string{"1"}, ptr("1"), http.Cookie{Value: "1"}, shared, io.NopCloser(strings.NewReader("1"))}, nil
				case 2:
					return Out{X: []string{"2", "\n"}, A: http.Cookie{Value: "2"}, Body: io.NopCloser(strings.NewReader("2"))}, nil
				case 3:
					panic("3")
				}
				return Out{}, nil
			}, opts...)
			for i := range 40 {
				r := serveRecorder(api, message{method: "GET", target: fmt.Sprint("/x?n=", i%4)}.request(t))
				var want []string
				switch i % 4 {
				case 0:
					want = []string{"Content-Type: text/plain", "X-Content-Type-Options: nosniff"}
				case 1:
					want = []string{"Content-Type: text/plain", "Set-Cookie: a=1", "Set-Cookie: b=s", "X-Content-Type-Options: nosniff", "X-P: 1", "X-X: 1"}
				default:
					want = []string{"Cache-Control: no-store", "Content-Type: application/problem+json", "X-Content-Type-Options: nosniff"}
				}
				if diff := cmp.Diff(want, fieldLines(r.header)); diff != "" || r.status != []int{200, 201, 500, 500}[i%4] {
					t.Errorf("request %d: %d (-want +got):\n%s", i, r.status, diff)
				}
			}
			if shared.Name != "shared" {
				t.Errorf("the cookie of the program has got the name %q", shared.Name)
			}
		})
	}
}

// A keeper keeps the pointers with which its MarshalText is called.
type keeper struct{ n int }

var kept []*keeper

func (k *keeper) MarshalText() ([]byte, error) {
	kept = append(kept, k)
	return []byte(fmt.Sprint(k.n)), nil
}
func (k *keeper) UnmarshalText([]byte) error { return nil }

// Code of a type, a codec and middleware may keep what they get of an Out.
func TestResultKept(t *testing.T) {
	type In struct {
		N float64 `query:"n"`
	}
	type Out struct {
		Text keeper              `header:"X-Text"`
		Body struct{ N float64 } `body:"json"`
	}
	type body = struct{ N float64 }
	var errs []error
	var bodies []any
	around := apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			err := h(req, res)
			errs = append(errs, err)
			return err
		}
	})
	codec := apiroute.JSONCodec(func(v any) ([]byte, error) { bodies = append(bodies, v); return json.Marshal(v) }, nil)
	for _, tt := range []struct {
		name string
		opts []apiroute.Option
	}{{"an error", []apiroute.Option{around}}, {"a codec", []apiroute.Option{codec}}} {
		t.Run(tt.name, func(t *testing.T) {
			kept, errs, bodies = nil, nil, nil
			api := apiroute.New(append(tt.opts, quiet())...)
			apiroute.Get(api, "/x", func(_ context.Context, in In) (Out, error) {
				return Out{keeper{int(in.N)}, body{1 / (in.N - 5)}}, nil
			})
			const n = 10
			for i := range n {
				serveRecorder(api, message{method: "GET", target: fmt.Sprint("/x?n=", i)}.request(t))
			}
			for i, k := range kept {
				if k.n != i {
					t.Errorf("what MarshalText %d kept is now %d", i, k.n)
				}
			}
			for i, b := range bodies {
				if got := b.(body).N; got != 1/(float64(i)-5) {
					t.Errorf("body %d is now %v", i, got)
				}
			}
			var e *json.UnsupportedValueError
			if len(errs) == n && errors.As(errs[5], &e) && e.Value.IsValid() && !math.IsInf(e.Value.Float(), 1) {
				t.Errorf("the error is now of %v", e.Value)
			}
			if len(kept) != n || len(errs)+len(bodies) != n {
				t.Errorf("kept %d texts, %d errors and %d bodies, want %d", len(kept), len(errs), len(bodies), n)
			}
		})
	}
}

// A response from an Out needs no allocation that a Handler does not need for the same one.
func TestResultAllocs(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector allocates too")
	}
	data := []byte(strings.Repeat("x", 100))
	cookie := &http.Cookie{Name: "session", Value: "s", Path: "/", HttpOnly: true}
	for _, tt := range []struct {
		name    string
		typed   func(*apiroute.Router, ...apiroute.Option)
		handler apiroute.Handler
	}{
		{"no body", returning(emptyResult{}), func(_ *apiroute.Request, res *apiroute.Response) error { return res.End() }},
		{"a status and a Location", returning(emptyResult{Status: 303, Location: "/x"}), func(_ *apiroute.Request, res *apiroute.Response) error {
			return res.Status(303).SetHeader("Location", "/x").End()
		}},
		{"JSON", returning(jsonResult{Body: idOut{7}}), func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(&idOut{7}) }},
		{"all places", returning(created{Location: "/x", Session: cookie, Body: idOut{7}}), func(_ *apiroute.Request, res *apiroute.Response) error {
			return res.Status(201).SetHeader("Location", "/x").SetCookie(cookie).JSON(&idOut{7})
		}},
		{"a cookie", returning(struct {
			C http.Cookie `cookie:"session"`
		}{*cookie}), func(_ *apiroute.Request, res *apiroute.Response) error { return res.SetCookie(cookie).End() }},
		{"bytes", returning(bytesResult{Body: data}), func(_ *apiroute.Request, res *apiroute.Response) error { return res.Bytes("image/png", data) }},
		{"a string", returning(textResult{Body: string(data)}), func(_ *apiroute.Request, res *apiroute.Response) error {
			return res.SetHeader("Content-Type", "text/plain; charset=utf-8").Text(string(data))
		}},
		{"a number in a header", returning(headersResult{N: 12345}), func(_ *apiroute.Request, res *apiroute.Response) error {
			return res.SetHeader("X-N", fmt.Sprint(12345)).End()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := apiroute.New()
			tt.typed(api)
			api.Get("/handler", tt.handler)
			w := discardWriter{http.Header{}}
			allocs := func(target string) float64 {
				r := httptest.NewRequest("GET", target, nil)
				r.Body = http.NoBody
				return testing.AllocsPerRun(500, func() {
					clear(w.header)
					api.ServeHTTP(w, r)
				})
			}
			const exchange = 1 // of which a typed endpoint uses the memory again
			if got, want := allocs("/x"), allocs("/handler")-exchange; got > want {
				t.Errorf("%v allocations, and %v in a Handler", got, want)
			}
		})
	}
}
