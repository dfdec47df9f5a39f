package apiroute_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// Memory of one request is used again for the next. These tests hold the package to its promise:
// what a handler, middleware or the code of a type can get hold of, it may keep.

// A handler may change what it gets, and the next one does not see it.
func TestBindDefaultIsNotShared(t *testing.T) {
	t.Parallel()
	type In struct {
		IP dottedText `query:"ip" default:"1.2.3.4"`
	}
	for i := range 2 {
		o := serveMessage(t, "/x", message{}, func(req *apiroute.Request, res *apiroute.Response) error {
			in, err := apiroute.Bind[In](req)
			if want := (dottedText{"1", "2", "3", "4"}); err != nil || !slices.Equal(in.IP, want) {
				t.Errorf("call %d: got %v, %v, want the default %v", i, in.IP, err, want)
			}
			in.IP[0] = "changed"
			return nil
		})
		if o.status != 204 {
			t.Errorf("call %d: %d %s", i, o.status, o.log)
		}
	}
}

// dottedText is a text that is kept in memory behind a pointer, as a net.IP is.
type dottedText []string

func (ip *dottedText) UnmarshalText(b []byte) error {
	*ip = strings.Split(string(b), ".")
	return nil
}

// The memory of one Bind does not show in the next.
func TestBindIsZeroAtFirst(t *testing.T) {
	t.Parallel()
	type plain struct {
		Q    string   `query:"q"`
		N    int      `query:"n"`
		List []string `query:"l"`
		P    *int     `query:"p"`
		Body struct {
			A string
			M map[string]int
		} `body:"json"`
	}
	const full = "/x?q=a&n=1&l=a&l=b&p=1"
	for _, tt := range []struct {
		name  string
		first message
	}{
		{"in order", message{target: full, header: []string{sendsJSON}, body: `{"A":"a","M":{"a":1}}`}},
		{"a wrong query", message{target: full + "&p=2", header: []string{sendsJSON}, body: `{"A":"a","M":{"a":1}}`}},
		{"half a body", message{target: full, header: []string{sendsJSON}, body: `{"A":"a","M":{"a":1},"B":`}},
		{"a wrong body", message{target: full, header: []string{sendsJSON}, body: `{"M":{"a":1},"A":1}`}},
		{"a wrong media type", message{target: full, header: []string{"Content-Type: text/plain"}, body: `{}`}},
	} {
		t.Run("after a request "+tt.name, func(t *testing.T) {
			for range 5 { // the race detector makes pools forget
				bindAs[plain](t, "/x", tt.first)
				if got, o := bindAs[plain](t, "/x", message{header: []string{sendsJSON}, body: `{}`}); o.status != 200 || !reflect.ValueOf(got).IsZero() {
					t.Errorf("%d %s, got %+v", o.status, o.body, got)
				}
			}
		})
	}
}

// Code of a type that gets a pointer to what Bind fills may keep it.
func TestBindHeldByTypes(t *testing.T) {
	type body[B any] struct {
		Body B `body:"json"`
	}
	codec := apiroute.JSONCodec(nil, func(_ []byte, v any) error {
		heldValues = append(heldValues, v.(*holder))
		v.(*holder).n = len(heldValues)
		return nil
	})
	for _, tt := range []struct {
		name string
		bind func(*apiroute.Request) error
		opts []apiroute.Option
	}{
		{"Validate", bindError[holderValidate], nil},
		{"Validate of a part", bindError[struct{ holderValidate }], nil},
		{"Validate of the body", bindError[body[holderBody]], nil},
		{"UnmarshalText", bindError[struct {
			V holderText `query:"q"`
		}], nil},
		{"UnmarshalJSON", bindError[body[holderJSON]], nil},
		{"UnmarshalJSON, within", bindError[body[struct{ V holderJSON }]], nil},
		{"a codec", bindError[body[holder]], []apiroute.Option{codec}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			heldValues = nil
			for range 10 {
				m := message{target: "/x?q=1", header: []string{sendsJSON}, body: `{"V":"1"}`}
				h := func(req *apiroute.Request, _ *apiroute.Response) error { return tt.bind(req) }
				serveMessage(t, "/x", m, h, tt.opts...)
			}
			for i, held := range heldValues {
				if held.n != i+1 {
					t.Errorf("what was kept of bind %d is now %d", i+1, held.n)
				}
			}
			if len(heldValues) != 10 {
				t.Errorf("%d kept, want 10", len(heldValues))
			}
		})
	}
}

// heldValues are what types have kept of themselves. The test that uses it is not parallel.
var heldValues []*holder

type (
	holder         struct{ n int }
	holderValidate struct{ holder }
	holderBody     struct {
		V string
		h holder
	}
	holderText struct{ holder }
	holderJSON struct{ holder }
)

func (h *holder) hold() error {
	heldValues = append(heldValues, h)
	h.n = len(heldValues)
	return nil
}
func (h *holderValidate) Validate() error        { return h.hold() }
func (h *holderBody) Validate() error            { return h.h.hold() }
func (h *holderText) UnmarshalText([]byte) error { return h.hold() }
func (h *holderJSON) UnmarshalJSON([]byte) error { return h.hold() }

// A textKeeper keeps the text that it is decoded from, which encoding/json forbids.
type textKeeper struct{ text []byte }

func (k *textKeeper) UnmarshalJSON(b []byte) error { k.text = b; return nil }

// An endpoint reads bodies into memory that the next request gets. Nothing that the endpoint gets
// is in that memory.
func TestEndpointKeeps(t *testing.T) {
	t.Parallel()
	keeps := func(data []byte, v any) error {
		v.(*struct{ text []byte }).text = data
		return nil
	}
	tests := []struct {
		name string
		run  func(*testing.T, func(i int) string, ...apiroute.Option) any
		text string // of the body; X is a digit
		opts []apiroute.Option
	}{
		{"string", keptInputs[wholeBody[string]], `"X"`, nil},
		{"escaped string", keptInputs[wholeBody[string]], `"\u0041X"`, nil},
		{"strings", keptInputs[wholeBody[[]string]], `["a","X"]`, nil},
		{"map", keptInputs[wholeBody[map[string]string]], `{"X":"X"}`, nil},
		{"any", keptInputs[wholeBody[any]], `{"a":["X"]}`, nil},
		{"number", keptInputs[wholeBody[json.Number]], `1X0`, nil},
		{"bytes in base64", keptInputs[wholeBody[[]byte]], `"XXXX"`, nil},
		{"pointer", keptInputs[wholeBody[*string]], `"X"`, nil},
		{"struct", keptInputs[wholeBody[struct{ A string }]], `{"A":"X"}`, nil},
		{"time.Time", keptInputs[wholeBody[time.Time]], `"202X-02-01T00:00:00Z"`, nil},
		{"json.RawMessage", keptInputs[wholeBody[json.RawMessage]], `{"a":X}`, nil},
		{"UnmarshalJSON", keptInputs[wholeBody[textKeeper]], `"X"`, nil},
		{"UnmarshalJSON within", keptInputs[wholeBody[map[string][]*textKeeper]], `{"a":["X"]}`, nil},
		{"bytes", keptInputs[struct {
			Body []byte `body:"bytes"`
		}], "X", nil},
		{"a codec", keptInputs[wholeBody[struct{ text []byte }]], `"X"`, []apiroute.Option{apiroute.JSONCodec(nil, keeps)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			digit := func(i int) string { return strings.ReplaceAll(tt.text, "X", string(rune('0'+i))) }
			got := tt.run(t, digit, tt.opts...)
			// With middleware that sees the request, the body has memory of its own.
			sees := apiroute.Around(func(h apiroute.Handler) apiroute.Handler { return h })
			want := tt.run(t, digit, append(slices.Clip(tt.opts), sees)...)
			if diff := cmp.Diff(want, got, allFields); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

type wholeBody[T any] struct {
	Body T `body:"json"`
}

// keptInputs sends ten bodies to an endpoint. It returns all that the endpoint has got, as it is
// after the last one.
func keptInputs[In any](t *testing.T, body func(i int) string, opts ...apiroute.Option) any {
	var kept []In
	api := apiroute.New(append(opts, quiet())...)
	apiroute.Post(api, "/x", func(_ context.Context, in In) (struct{}, error) { kept = append(kept, in); return struct{}{}, nil })
	for i := range 10 {
		if a := serveRecorder(api, message{header: []string{sendsJSON}, body: body(i)}.request(t)); a.status != 204 {
			t.Errorf("%s: %d %s", body(i), a.status, a.body)
		}
	}
	return kept
}

// Whoever sees the request of an endpoint can read its body, even after the endpoint.
func TestEndpointBodySeen(t *testing.T) {
	t.Parallel()
	const text = `{"id":7}`
	type In struct {
		Body idOut `body:"json"`
	}
	var seen string
	read := func(req *apiroute.Request) {
		b, err := req.Bytes()
		again, _ := io.ReadAll(req.Body)
		seen = fmt.Sprintf("%s %s %v", b, again, err)
	}
	around := apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			defer read(req)
			return h(req, res)
		}
	})
	onError := apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error { read(req); return err })
	done := apiroute.Done(func(req *apiroute.Request, _ apiroute.Outcome) { read(req) })
	for _, tt := range []struct {
		name   string
		router []apiroute.Option
		route  []apiroute.Option
		err    error
		want   string
	}{
		{name: "no middleware"},
		{name: "Around of the router", router: []apiroute.Option{around}, want: text + " " + text + " <nil>"},
		{name: "Around of the route", route: []apiroute.Option{around}, want: text + " " + text + " <nil>"},
		{name: "OnError of the router", router: []apiroute.Option{onError}, err: apiroute.Errorf(409, "taken"), want: text + " " + text + " <nil>"},
		{name: "OnError of the route", route: []apiroute.Option{onError}, err: apiroute.Errorf(409, "taken"), want: text + " " + text + " <nil>"},
		{name: "OnError, no error", router: []apiroute.Option{onError}},
		{name: "Done", router: []apiroute.Option{done}, want: text + " " + text + " <nil>"},
		{name: "Done, an error", router: []apiroute.Option{done}, err: apiroute.Errorf(409, "taken"), want: text + " " + text + " <nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = ""
			api := apiroute.New(append(slices.Clip(tt.router), quiet())...)
			apiroute.Post(api, "/x", func(_ context.Context, in In) (idOut, error) { return in.Body, tt.err }, tt.route...)
			hr := message{header: []string{sendsJSON}, body: text}.request(t)
			body := hr.Body
			r := serveRecorder(api, hr)
			if rejected := r.status == 409; rejected != (tt.err != nil) || seen != tt.want {
				t.Errorf("%d %s, seen %q; want it %q", r.status, r.body, seen, tt.want)
			}
			if hr.Body != body {
				t.Error("the server's own request has another Body")
			}
		})
	}
}

// A buffer is kept for the next body only up to 64 KiB, and what was in it is cleared. A Body of
// middleware sees the buffer that the package reads into, and may use all of it as scratch space.
func TestEndpointMemory(t *testing.T) {
	const most = 1 << 16
	for _, length := range []int{2, 3, 1000, most - 1, most, 1 << 20} {
		t.Run(fmt.Sprintf("%d bytes", length), func(t *testing.T) {
			var seen [][]byte // the buffers
			api := apiroute.New(quiet(), apiroute.Use(func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					b := r.Body
					r.Body = io.NopCloser(readFunc(func(p []byte) (int, error) {
						if s := strings.Trim(string(p[:cap(p)]), "\x00"); s != "" && len(seen) == 0 {
							t.Errorf("a buffer is not clear: %.20q", s)
						}
						seen = append(seen, p[:cap(p)])
						n, err := b.Read(p)
						copy(p[n:], strings.Repeat("scratch", len(p)))
						return n, err
					}))
					h.ServeHTTP(w, r)
				})
			}))
			apiroute.Post(api, "/x", func(_ context.Context, in wholeBody[string]) (int, error) { return len(in.Body), nil })
			long := message{header: []string{sendsJSON}, body: `"` + strings.Repeat("x", length-2) + `"`}
			short := message{header: []string{sendsJSON}, body: `"y"`}
			for range 10 {
				seen = nil
				serveRecorder(api, long.request(t)).want(t, 200, fmt.Sprint(length-2))
				seen = nil
				serveRecorder(api, short.request(t)).want(t, 200, "1")
				if len(seen) == 0 || len(seen[0]) > most {
					t.Errorf("after %d bytes, the next body gets a buffer of %d bytes, want at most %d", length, len(seen[0]), most)
				}
			}
		})
	}
}

// The buffer of a body is used again, so that a body costs no memory of its length.
func TestEndpointMemoryKept(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	const length, n = 32 << 10, 100
	api := apiroute.New(quiet())
	apiroute.Post(api, "/x", func(_ context.Context, in wholeBody[idOut]) (struct{}, error) { return struct{}{}, nil })
	r := message{header: []string{sendsJSON}, body: `{"id":1}`}.request(t)
	body := &rewindBody{}
	text := `{"id":1}` + strings.Repeat(" ", length)
	r.ContentLength = int64(len(text))
	w := blankWriter{http.Header{}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		body.Reset(text)
		r.Body = body
		api.ServeHTTP(w, r)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / n; got > length/2 {
		t.Errorf("a body of %d bytes costs %d bytes of memory, want less than half of its length", length, got)
	}
}

// A Body of middleware that breaks off or panics may go on writing into the buffer that it was
// given, so no other request gets this buffer.
func TestEndpointBodyWrites(t *testing.T) {
	type In struct {
		Body idOut `body:"json"`
	}
	for _, tt := range []struct {
		name string
		fail func() error
	}{
		{"error", func() error { return io.ErrUnexpectedEOF }},
		{"panic", func() error { panic(http.ErrAbortHandler) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var given []byte
			api := apiroute.New(quiet(), apiroute.Use(func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.RawQuery == "bad" {
						r.Body = io.NopCloser(readFunc(func(p []byte) (int, error) {
							given = p
							return 0, tt.fail()
						}))
					} else if b := r.Body; given != nil {
						r.Body = io.NopCloser(readFunc(func(p []byte) (int, error) {
							n, err := b.Read(p)
							copy(given, "evil")
							return n, err
						}))
					}
					h.ServeHTTP(w, r)
				})
			}))
			apiroute.Post(api, "/x", func(_ context.Context, in In) (idOut, error) { return in.Body, nil })
			for range 20 {
				given = nil
				good := message{header: []string{sendsJSON}, body: `{"id":1}`}
				serveRecorder(api, good.request(t)) // there is a buffer
				bad := good
				bad.target = "/x?bad"
				func() {
					defer func() { recover() }()
					serveRecorder(api, bad.request(t))
				}()
				if a := serveRecorder(api, good.request(t)); given == nil || a.status != 200 || a.body != `{"id":1}` {
					t.Errorf("after it %d %s", a.status, a.body)
				}
			}
		})
	}
}

// The buffer of a part is used again, so that a short response does not cost the memory of a long one.
func TestPartMemoryKept(t *testing.T) {
	if apiroute.RaceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	back := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	stream := func(_ *apiroute.Request, res *apiroute.Response) error {
		return res.Stream("text/plain", onlyReader{strings.NewReader("hello")})
	}
	copied := func(_ *apiroute.Request, res *apiroute.Response) error {
		_, err := io.Copy(res, onlyReader{strings.NewReader("hello")})
		return err
	}
	for _, tt := range []struct {
		name    string
		handler apiroute.Handler
		opts    []apiroute.Option
	}{
		{"Stream", stream, nil},
		{"io.Copy", copied, nil},
		{"io.Copy after the header", func(req *apiroute.Request, res *apiroute.Response) error {
			res.WriteHeader(200)
			return copied(req, res)
		}, nil},
		{"io.Copy with Done", func(req *apiroute.Request, res *apiroute.Response) error {
			res.WriteHeader(200)
			return copied(req, res)
		}, []apiroute.Option{apiroute.Done(func(*apiroute.Request, apiroute.Outcome) {})}},
		{"Proxy", apiroute.Proxy(back.URL), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const n, most = 50, 24 << 10
			api := apiroute.New(append(tt.opts, quiet())...)
			api.Get("/x", tt.handler)
			w := blankWriter{http.Header{}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range n {
				api.ServeHTTP(w, newRequest("GET", "/x", ""))
			}
			runtime.ReadMemStats(&after)
			if got := (after.TotalAlloc - before.TotalAlloc) / n; got > most {
				t.Errorf("a response of 5 bytes costs %d bytes of memory, want at most %d", got, most)
			}
		})
	}
}

// A reader that fails may go on writing into the buffer that it was given, and one may claim to have
// read more than it has. Neither shows in another response.
func TestPartIsNotShared(t *testing.T) {
	const secret = "the secret of another client"
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	send := map[string]func(*apiroute.Request, *apiroute.Response, io.Reader) error{
		"Stream": func(_ *apiroute.Request, res *apiroute.Response, r io.Reader) error {
			return res.Stream("text/plain", r)
		},
		"io.Copy": func(_ *apiroute.Request, res *apiroute.Response, r io.Reader) error {
			_, err := io.Copy(res, r)
			return err
		},
		"Proxy": func(req *apiroute.Request, res *apiroute.Response, r io.Reader) error {
			http.DefaultTransport = transportFunc(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(r)}, nil
			})
			return apiroute.Proxy("http://internal")(req, res)
		},
	}
	for _, tt := range []struct {
		name  string
		end   func() error
		again bool // whether the buffer may be used again
	}{
		{"at its end", func() error { return io.EOF }, true},
		{"with an error", func() error { return io.ErrUnexpectedEOF }, false},
		{"with a panic", func() error { panic(http.ErrAbortHandler) }, false},
	} {
		for name, send := range send {
			t.Run(name+" of a reader that stops "+tt.name, func(t *testing.T) {
				for range 20 {
					var first, second []byte
					var reader io.Reader
					api := apiroute.New(quiet())
					api.Get("/x", func(req *apiroute.Request, res *apiroute.Response) error { return send(req, res, reader) })
					reader = readFunc(func(p []byte) (int, error) {
						if first == nil {
							first = p
							return copy(p, secret), nil
						}
						return 0, tt.end()
					})
					recovered(func() { serveRecorder(api, newRequest("GET", "/x", "")) })
					reader = readFunc(func(p []byte) (int, error) {
						if second == nil {
							second = p
							return len(secret), nil // without having read anything
						}
						return 0, io.EOF
					})
					got := serveRecorder(api, newRequest("GET", "/x", ""))
					if got.body != strings.Repeat("\x00", len(secret)) {
						t.Fatalf("the next response has %q", got.body)
					}
					if !tt.again && &first[0] == &second[0] {
						t.Fatal("the buffer is used again")
					}
				}
			})
		}
	}
}

// onlyReader hides all methods of a reader but Read.
type onlyReader struct{ io.Reader }

// OnError may keep an error of encoding/json, which holds the value that could not be encoded.
func TestEndpointOutError(t *testing.T) {
	type Out struct{ N float64 }
	var kept []error
	api := apiroute.New(quiet(), apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error { kept = append(kept, err); return err }))
	apiroute.Get(api, "/x", func(_ context.Context, in struct {
		N float64 `query:"n"`
	}) (Out, error) {
		return Out{1 / in.N}, nil
	})
	for i := range 20 {
		want := 200 + i%2*300
		if a := serveRecorder(api, message{method: "GET", target: fmt.Sprint("/x?n=", 1-i%2)}.request(t)); a.status != want {
			t.Errorf("request %d: %d %s, want %d", i, a.status, a.body, want)
		}
	}
	for i, err := range kept {
		var e *json.UnsupportedValueError
		if !errors.As(err, &e) || !e.Value.IsValid() {
			continue // an error of encoding/json/v2 does not hold the value
		}
		if n := e.Value.Float(); !math.IsInf(n, 1) {
			t.Errorf("error %d is now of %v", i, n)
		}
	}
	if len(kept) != 10 {
		t.Errorf("%d errors, want 10", len(kept))
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// Middleware may pass a request of an endpoint on to the handler of another route. That handler
// sees the request and its body.
func TestEndpointElsewhere(t *testing.T) {
	var next http.Handler
	keep := apiroute.Use(func(h http.Handler) http.Handler {
		if next == nil {
			next = h
		}
		return next
	})
	var kept []textKeeper
	var seen []string
	api := apiroute.New(quiet())
	api.Post("/a", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[wholeBody[textKeeper]](req)
		b, _ := req.Bytes()
		kept, seen = append(kept, in.Body), append(seen, string(b))
		return err
	}, keep)
	apiroute.Post(api, "/b", func(context.Context, wholeBody[string]) (struct{}, error) { return struct{}{}, nil }, keep)
	for _, body := range []string{`"0"`, `"1"`, `"2"`} {
		if a := serveRecorder(api, message{target: "/b", header: []string{sendsJSON}, body: body}.request(t)); a.status != 204 {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	var texts []string
	for _, k := range kept {
		texts = append(texts, string(k.text))
	}
	if want := []string{`"0"`, `"1"`, `"2"`}; !slices.Equal(texts, want) || !slices.Equal(seen, want) {
		t.Errorf("kept %q, seen %q, want %q", texts, seen, want)
	}
}

// A request and its response leave nothing behind for the next ones, although these get the same
// memory if nothing can have kept it.
func TestEndpointLeavesNothing(t *testing.T) {
	type In struct {
		ID   string   `path:"id"`
		Tags []string `query:"tag"`
	}
	api := apiroute.New(quiet())
	apiroute.Get(api, "/x/[id]", func(ctx context.Context, in In) (In, error) {
		switch in.ID {
		case "bad":
			return in, &apiroute.Error{Status: 409, Detail: "bad", Header: http.Header{"X-Bad": {"1"}}}
		case "panic":
			panic("no")
		}
		return in, nil
	}, apiroute.ETag(true), apiroute.Timeout(time.Hour))
	apiroute.Get(api, "/late", func(ctx context.Context, in struct{}) (In, error) {
		<-ctx.Done()
		return In{}, ctx.Err()
	}, apiroute.Timeout(time.Millisecond))
	apiroute.Post(api, "/y/[id]", func(_ context.Context, in In) (struct{}, error) { return struct{}{}, nil }, apiroute.Status(202))
	apiroute.Put(api, "/x/[id]", func(_ context.Context, in struct {
		Body string `body:"bytes"`
	}) (string, error) {
		return in.Body, nil
	})
	requests := []struct {
		method, target string
		ifNoneMatch    string
		status         int
		body           string
	}{
		{"GET", "/x/1?tag=a", "", 200, `{"ID":"1","Tags":["a"]}`},
		{"HEAD", "/x/1", "", 200, ""},
		{"GET", "/x/2", "", 200, `{"ID":"2","Tags":` + nilList(t) + `}`},
		{"GET", "/x/3", "*", 304, ""},
		{"GET", "/x/%2F?tag=b", "", 200, `{"ID":"/","Tags":["b"]}`},
		{"GET", "/x/bad", "", 409, `{"title":"Conflict","status":409,"detail":"bad"}`},
		{"GET", "/x/panic", "", 500, `{"title":"Internal Server Error","status":500}`},
		{"GET", "/late", "", 503, `{"title":"Service Unavailable","status":503}`},
		{"GET", "/x/%ff", "", 400, `{"title":"Bad Request","status":400,"detail":"the path contains NUL or is not UTF-8"}`},
		{"GET", "/x/4/", "", 308, ""},
		{"POST", "/x/5", "", 405, `{"title":"Method Not Allowed","status":405}`},
		{"OPTIONS", "/x/5", "", 204, ""},
		{"POST", "/y/6", "", 202, ""},
		{"GET", "/z", "", 404, `{"title":"Not Found","status":404}`},
		{"PUT", "/x/7", "", 200, `"PUT"`},
	}
	header := map[int]http.Header{}
	for i := range 20 * len(requests) {
		n := i % len(requests)
		if i >= len(requests) {
			n = i * 4 % len(requests) // in another order
		}
		r := requests[n]
		hr := message{method: r.method, target: r.target, body: r.method}.request(t)
		if r.ifNoneMatch != "" {
			hr.Header.Set("If-None-Match", r.ifNoneMatch)
		}
		a := serveRecorder(api, hr)
		if a.status != r.status || a.body != r.body {
			t.Errorf("%s %s: %d %s, want %d %s", r.method, r.target, a.status, a.body, r.status, r.body)
		}
		if header[n] == nil {
			header[n] = a.header
		} else if diff := cmp.Diff(header[n], a.header); diff != "" {
			t.Errorf("%s %s: header (-first time +now):\n%s", r.method, r.target, diff)
		}
	}
}

// Middleware that gets a request or a response may keep it.
func TestEndpointKept(t *testing.T) {
	var reqs []*apiroute.Request
	var ress []*apiroute.Response
	use := apiroute.Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ress = append(ress, w.(*apiroute.Response))
			h.ServeHTTP(w, r)
		})
	})
	around := apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			reqs, ress = append(reqs, req), append(ress, res)
			return h(req, res)
		}
	})
	onError := apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
		reqs, ress = append(reqs, req), append(ress, res)
		return err
	})
	for name, option := range map[string]apiroute.Option{"Use": use, "Around": around, "OnError": onError} {
		for level := range 3 {
			t.Run(fmt.Sprintf("%s, level %d", name, level), func(t *testing.T) {
				opts := make([][]apiroute.Option, 3)
				opts[level] = []apiroute.Option{option}
				api := apiroute.New(append(opts[0], quiet())...)
				apiroute.Get(api.Group("", opts[1]...), "/x/[id]", func(_ context.Context, in pathID) (idOut, error) {
					return idOut(in), apiroute.Errorf(400+in.ID, "no")
				}, opts[2]...)
				reqs, ress = nil, nil
				var writers []http.ResponseWriter
				for i := range 10 {
					w := httptest.NewRecorder()
					api.ServeHTTP(w, message{method: "GET", target: fmt.Sprint("/x/", i)}.request(t))
					if writers = append(writers, w); w.Code != 400+i {
						t.Errorf("request %d: %d", i, w.Code)
					}
				}
				for i, res := range ress {
					if res.Unwrap() != writers[i] {
						t.Errorf("the response of request %d has the writer of another", i)
					}
				}
				for i, req := range reqs {
					if id := fmt.Sprint(i); req.Request == nil || req.Param("id") != id || req.URL.Path != "/x/"+id {
						t.Errorf("request %d is now %+v", i, req)
					}
				}
				if len(ress) != 10 || len(reqs) != 10 && name != "Use" {
					t.Errorf("%d requests and %d responses, want 10", len(reqs), len(ress))
				}
			})
		}
	}
}
