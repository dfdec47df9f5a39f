package apiroute_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// The log says of every response that breaks off that it was cut, and of a connection that was
// hijacked that the package knows no status.
func TestErrorLogOutcome(t *testing.T) {
	t.Parallel()
	hijack := func(res *apiroute.Response) {
		if c, _, err := http.NewResponseController(res).Hijack(); err == nil {
			c.Close()
		}
	}
	for _, tt := range []struct {
		name string
		h    func(*apiroute.Response) error
		want map[string]string // status, cut and hijacked of each entry
	}{
		{"before the first byte", func(*apiroute.Response) error { return errSecret }, map[string]string{"status": "500"}},
		{"JSONLines after a value", func(res *apiroute.Response) error {
			return apiroute.JSONLines(res, func(yield func(int, error) bool) { _ = yield(1, nil) && yield(0, errSecret) })
		}, map[string]string{"status": "200", "cut": "true"}},
		{"Stream after a part", func(res *apiroute.Response) error {
			return res.Stream("", io.MultiReader(strings.NewReader("part"), iotest.ErrReader(errSecret)))
		}, map[string]string{"status": "200", "cut": "true"}},
		{"an event", func(res *apiroute.Response) error {
			events, err := res.Events()
			return errors.Join(err, events.Send(apiroute.Event{Data: 1}), errSecret)
		}, map[string]string{"status": "200", "cut": "true"}},
		{"after a whole response", func(res *apiroute.Response) error { res.Status(201).Text("a"); return errSecret }, map[string]string{"status": "201"}},
		{"a second response", func(res *apiroute.Response) error { res.Text("a"); return res.Text("b") }, map[string]string{"status": "200"}},
		{"after Hijack", func(res *apiroute.Response) error { hijack(res); return errSecret }, map[string]string{"hijacked": "true"}},
		{"a panic after Hijack", func(res *apiroute.Response) error { hijack(res); panic("x") }, map[string]string{"hijacked": "true"}},
		{"a response after Hijack", func(res *apiroute.Response) error { hijack(res); return res.Text("a") }, map[string]string{"hijacked": "true"}},
		{"an Error after Hijack", func(res *apiroute.Response) error { hijack(res); return apiroute.Errorf(404, "no") }, map[string]string{"hijacked": "true"}},
	} {
		for _, another := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, OnError returns another: %t", tt.name, another), func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", respond(tt.h)) },
					apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error {
						if another {
							return fmt.Errorf("another: %w", err)
						}
						return err
					}))
				s.fetch("GET", "/x", "")
				lines := s.logs()
				if want := map[bool]int{false: 1, true: 2}[another]; len(lines) != want {
					t.Errorf("logged %q, want %d lines", lines, want)
				}
				for _, line := range lines {
					got := record(line)
					for _, name := range []string{"level", "method", "route", "path", "error", "stack"} {
						delete(got, name)
					}
					if diff := cmp.Diff(tt.want, got); diff != "" {
						t.Errorf("log (-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}
