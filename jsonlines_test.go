package apiroute_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"example.com/apiroute"
)

func TestJSONLines(t *testing.T) {
	t.Parallel()
	type seq = func(func(any, error) bool)
	yields := func(values ...any) seq {
		return func(yield func(any, error) bool) {
			for _, v := range values {
				err, _ := v.(error)
				if !yield(v, err) {
					return
				}
			}
		}
	}
	var goesOn error // that yield is true after an error
	for _, tt := range []struct {
		name   string
		seq    seq
		status int
		body   string // not of a problem
		cut    bool
		logged string // in the error that is logged; "" for none
	}{
		{"values", yields(1, "two", nil, map[string]int{"n": 3}, "<a>\n"), 200, "1\n\"two\"\nnull\n{\"n\":3}\n\"\\u003ca\\u003e\\n\"\n", false, ""},
		{"none", yields(), 200, "", false, ""},
		{"an error first", yields(errSecret), 500, "", false, "dsn=secret"},
		{"an Error first", yields(apiroute.Errorf(404, "no such list")), 404, "", false, ""},
		{"an error midway", yields(1, errSecret, 2), 200, "1\n", true, "dsn=secret"},
		{"an Error midway", yields(1, apiroute.Errorf(404, "no such list")), 200, "1\n", true, "no such list"},
		{"no JSON first", yields(func() {}), 500, "", false, "JSONLines: json: unsupported type"},
		{"no JSON midway", yields(1, func() {}, 2), 200, "1\n", true, "JSONLines: json: unsupported type"},
		{"an error, and on", func(yield func(any, error) bool) {
			yield(1, nil)
			if yield(nil, errSecret) {
				goesOn = errors.New("yield is true after an error")
			}
			yield(2, nil) // one that does not look
		}, 200, "1\n", true, "dsn=secret"},
		{"no JSON, and on", func(yield func(any, error) bool) {
			yield(1, nil)
			yield(func() {}, nil)
			yield(2, nil)
		}, 200, "1\n", true, "unsupported type"},
		{"a panic first", func(func(any, error) bool) { panic("dsn=secret") }, 500, "", false, "dsn=secret"},
		{"a panic midway", func(yield func(any, error) bool) { yield(1, nil); panic("dsn=secret") }, 200, "1\n", true, "dsn=secret"},
	} {
		for _, ignore := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, error ignored %t", tt.name, ignore), func(t *testing.T) {
				s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
					err := apiroute.JSONLines(res.SetHeader("X-Own", "1"), tt.seq)
					if (err == nil) != (tt.status == 200 && !tt.cut) {
						t.Errorf("JSONLines: error %v", err)
					}
					if ignore {
						return nil
					}
					return err
				})))
				got := s.do("GET", "/", "")
				if got.status != tt.status || (got.err != nil) != tt.cut || tt.status == 200 && got.body != tt.body {
					t.Errorf("%d %q, error %v; want %d %q, cut %t", got.status, got.body, got.err, tt.status, tt.body, tt.cut)
				}
				contentType, own := "application/x-ndjson", "1"
				if tt.status != 200 {
					contentType, own = "application/problem+json", ""
				}
				if h := got.header; h.Get("Content-Type") != contentType || h.Get("X-Own") != own || h.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("header %v; want %s", h, contentType)
				}
				if strings.Contains(got.body, "secret") || strings.Contains(got.body, "unsupported") {
					t.Errorf("the error reaches the client: %q", got.body)
				}
				lines := s.warnings()
				if tt.logged == "" && len(lines) > 0 || tt.logged != "" && (len(lines) != 1 || !strings.Contains(lines[0], tt.logged)) {
					t.Errorf("logged %q, want %q", lines, tt.logged)
				}
				if goesOn != nil {
					t.Error(goesOn)
				}
			})
		}
	}
}

func TestJSONLinesKeepsContentType(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		n    int
		want string
	}{
		{"no value", 0, ""},
		{"one value", 1, "0\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
				return linesOf(tt.n)(res.Status(202).SetHeader("Content-Type", "application/jsonl"))
			})))
			got := s.do("GET", "/", "")
			got.want(t, 202, tt.want)
			if v := got.header.Get("Content-Type"); v != "application/jsonl" {
				t.Errorf("Content-Type %q", v)
			}
		})
	}
}

func TestJSONLinesComeOneByOne(t *testing.T) {
	t.Parallel()
	values := make(chan int)
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(int, error) bool) {
			for v := range values {
				yield(v, nil)
			}
		})
	})))
	c := s.dial(t)
	c.send(t, requestText("GET", "/", ""))
	values <- 1
	resp := c.response(t, "GET")
	for i := 1; i < 4; i++ {
		if got, want := readN(t, resp.Body, 2), fmt.Sprintf("%d\n", i); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if i < 3 {
			values <- i + 1
		}
	}
	close(values)
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("at the end %q, error %v", rest, err)
	}
}

func TestJSONLinesForHeadCallsNothing(t *testing.T) {
	t.Parallel()
	s := newAPI(t, handle(respond(func(res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(func(int, error) bool) { t.Error("the sequence is called") })
	})))
	got := s.oneReply(t, "HEAD", "/")
	got.want(t, 200, "")
	if v := got.header.Get("Content-Type"); v != "application/x-ndjson" {
		t.Errorf("Content-Type %q", v)
	}
}

// Lines that are made from the body of the request have all of it; see TestStreamOfRequestIsWhole.
func TestJSONLinesOfRequestAreWhole(t *testing.T) {
	t.Parallel()
	s := newAPI(t, handle(func(req *apiroute.Request, res *apiroute.Response) error {
		return apiroute.JSONLines(res, func(yield func(json.RawMessage, error) bool) {
			for d := json.NewDecoder(req.Body); ; {
				var v json.RawMessage
				err := d.Decode(&v)
				if err == io.EOF || !yield(v, err) {
					return
				}
			}
		})
	}), apiroute.NoBodyLimit())
	want := strings.Repeat(`"0123456789abcdef"`+"\n", 64<<10)
	got := s.raw("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(want))
	if got.status != 200 || got.body != want || got.err != nil {
		t.Errorf("%d, %d bytes, error %v; want %d bytes", got.status, len(got.body), got.err, len(want))
	}
}
