package apiroute

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// This file is temporary. It holds helpers that test files of this package still take from files that
// are now in package apiroute_test. Delete each of them as soon as nothing uses it.

// respStrict reports whether encoding/json/v2 decodes.
var respStrict = func() (strict bool) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"a":1,"a":2}`))
	r.Header.Set("Content-Type", "application/json")
	Handler(func(req *Request, _ *Response) error {
		strict = req.JSON(new(map[string]int)) != nil
		return nil
	}).ServeHTTP(httptest.NewRecorder(), r)
	return strict
}()

var bindQuiet = slog.New(slog.NewTextHandler(io.Discard, nil))

type endpointOut struct {
	ID int `json:"id"`
}

type endpointNoWriter struct{ h http.Header }

func (w endpointNoWriter) Header() http.Header         { return w.h }
func (w endpointNoWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w endpointNoWriter) WriteHeader(int)             {}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func respGzip(s string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

// bindFuzzSeeds is a copy of the one in package apiroute_test.
func bindFuzzSeeds() (seeds []string) {
	texts := []string{"", "3", "+3", "-3", " 3", "1_000", "0x10", "1.5", "1e3", "NaN", "Inf", "99999999999999999999", "0", "TRUE", "f", "on", "1h30m",
		"128", "-128", "65536", "1e999", "1e39", "-0", ".5", "5.", "e", "\xff", "ü", "a;b", "a&b", "%zz", "\x00"}
	names := []string{"s", "i", "u", "f", "b", "d", "p", "l", "n", "w", "r", "é x", "f3", "S", "x", ""}
	for _, text := range texts {
		all := "r="
		for _, name := range names {
			pair := url.QueryEscape(name) + "=" + url.QueryEscape(text)
			seeds = append(seeds, "r=x&"+pair)
			all += "&" + pair
		}
		seeds = append(seeds, all, text)
	}
	return append(seeds, "r", "r=1&r=2", "r=1&i=1&i=2", "r=1&l=a&l=b&n=1&n=2&n=x", "r=1&&&", "r=1;i=2", "%72=1", "r=%", "r=1&%zz", "r=1&i=%2B3", "r=1&i=+3", "=&r==")
}
