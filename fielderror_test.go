package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/apiroute"
)

// A FieldError that a handler or an endpoint returns is a 422 with the field, as from Validate.
func TestFieldErrorReturned(t *testing.T) {
	t.Parallel()
	f1 := apiroute.FieldError{In: "body", Name: "email", Code: "unique", Detail: "is taken"}
	f2 := apiroute.FieldError{In: "query", Detail: "must hold q or p"}
	const (
		one   = `{"in":"body","name":"email","code":"unique","detail":"is taken"}`
		two   = `{"in":"query","detail":"must hold q or p"}`
		start = `{"title":"Unprocessable Entity","status":422,"detail":`
	)
	of1 := start + `"1 field is wrong","errors":[` + one + `]}`
	of2 := start + `"the query must hold q or p","errors":[` + two + `]}`
	both := start + `"2 fields are wrong","errors":[` + one + `,` + two + `]}`
	secret := errors.New("secret")
	for _, tt := range []struct {
		name   string
		err    error
		status int
		body   string
		level  string // of the log entry
	}{
		{"bare", f1, 422, of1, "DEBUG"},
		{"a pointer", &f1, 422, of1, "DEBUG"},
		{"without a name", f2, 422, of2, "DEBUG"},
		{"joined", errors.Join(f1, &f2), 422, both, "DEBUG"},
		{"wrapped", fmt.Errorf("secret: %w", f1), 422, of1, "WARN"},
		{"a pointer, wrapped twice", fmt.Errorf("a: %w", fmt.Errorf("secret: %w", &f1)), 422, of1, "WARN"},
		{"wrapped together", fmt.Errorf("secret: %w and %w", f1, f2), 422, both, "WARN"},
		{"joined, and wrapped", fmt.Errorf("secret: %w", errors.Join(f1, f2)), 422, both, "WARN"},
		{"joined with another error", errors.Join(f1, secret), 422, of1, "WARN"},
		{"another error joined with it", errors.Join(secret, f1), 422, of1, "WARN"},
		{"found by a method As", asField{f1}, 422, of1, "WARN"},
		{"without anything", apiroute.FieldError{}, 422, start + `"1 field is wrong","errors":[{"in":"","detail":""}]}`, "DEBUG"},
		{"joined with an *Error", errors.Join(f1, apiroute.Errorf(409, "taken")), 409, `{"title":"Conflict","status":409,"detail":"taken"}`, "WARN"},
		{"in an *Error", &apiroute.Error{Status: 403, Err: f1}, 403, `{"title":"Forbidden","status":403}`, "WARN"},
		{"a nil pointer", (*apiroute.FieldError)(nil), 500, `{"title":"Internal Server Error","status":500}`, "ERROR"},
		{"joined with too large a body", errors.Join(&http.MaxBytesError{Limit: 1}, f1), 422, of1, "WARN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var seen []error
			s := newAPI(t, func(api *apiroute.Router) {
				h := func(*apiroute.Request, *apiroute.Response) error { return tt.err }
				api.Get("/handler", h)
				apiroute.Get(api, "/endpoint", func(context.Context, struct{}) (int, error) { return 0, tt.err })
				api.Get("/around", func(*apiroute.Request, *apiroute.Response) error { return nil },
					apiroute.Around(func(apiroute.Handler) apiroute.Handler { return h }))
				api.Get("/onerror", h, apiroute.OnError(func(_ *apiroute.Request, _ *apiroute.Response, err error) error {
					seen = append(seen, err)
					return err
				}))
			})
			for _, path := range []string{"/handler", "/endpoint", "/around", "/onerror"} {
				s.do("GET", path, "").want(t, tt.status, tt.body)
				logs := s.logs()
				if len(logs) != 1 || logValue(logs[0], "level") != tt.level || logValue(logs[0], "error") != fmt.Sprint(tt.err) && path != "/onerror" {
					t.Errorf("%s: logged %q, want the error with level %s", path, logs, tt.level)
				}
			}
			if len(seen) != 1 || fmt.Sprintf("%T", seen[0]) != fmt.Sprintf("%T", tt.err) {
				t.Errorf("OnError saw %v, want the error itself", seen)
			}
		})
	}
}

// A panic with a FieldError is a panic, and a Handler without a router does as one in a router.
func TestFieldErrorElsewhere(t *testing.T) {
	t.Parallel()
	f := apiroute.FieldError{In: "body", Name: "a", Detail: "must be b"}
	panics := apiroute.New(quiet())
	panics.Get("/", func(*apiroute.Request, *apiroute.Response) error { panic(f) })
	serveRecorder(panics, newRequest("GET", "/", "")).want(t, 500, `{"title":"Internal Server Error","status":500}`)

	alone := apiroute.Handler(func(*apiroute.Request, *apiroute.Response) error { return f })
	if r := serveRecorder(alone, newRequest("GET", "/", "")); r.status != 422 || !strings.Contains(r.body, "must be b") {
		t.Errorf("%d %s, want a 422 with the field", r.status, r.body)
	}

	// After the first byte there is no other response.
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/", func(_ *apiroute.Request, res *apiroute.Response) error {
			res.Write([]byte("a"))
			res.Flush()
			return f
		})
	})
	if r := s.do("GET", "/", ""); r.status != 200 || r.err == nil {
		t.Errorf("%d %q, error %v; want a response that is cut", r.status, r.body, r.err)
	}
}

// A shade is an enum that says its values. Its method tells the cases apart.
type shade string

func (s *shade) UnmarshalText(b []byte) error {
	values := apiroute.FieldError{In: "body", Name: "ignored", Code: "enum", Detail: "must be light or dark"}
	switch *s = shade(b); *s {
	case "light", "dark":
		return nil
	case "wrapped":
		return fmt.Errorf("secret: %w", values)
	case "pointer":
		return &values
	case "coded":
		return apiroute.FieldError{Detail: "must have no code"}
	case "empty":
		return apiroute.FieldError{Name: "a"}
	case "other":
		return errors.New("secret")
	}
	return values
}

// A FieldError of a type's own code is sent to the client, wherever the text comes from.
func TestFieldErrorOfUnmarshalText(t *testing.T) {
	t.Parallel()
	type form struct {
		One shade `form:"s"`
	}
	type in struct {
		Path   shade   `path:"s"`
		One    shade   `query:"one"`
		Ptr    *shade  `query:"ptr"`
		List   []shade `query:"list,comma"`
		Header shade   `header:"S"`
		Cookie shade   `cookie:"s"`
		Form   form    `body:"form"`
	}
	api := apiroute.New(quiet())
	apiroute.Post(api, "/[s]", func(_ context.Context, v in) (any, error) { return v, nil })
	for _, tt := range []struct{ text, code, detail string }{
		{"red", "enum", "must be light or dark"},
		{"wrapped", "enum", "must be light or dark"},
		{"pointer", "enum", "must be light or dark"},
		{"coded", "type", "must have no code"},
		{"empty", "type", "is not of the right form"},
		{"other", "type", "is not of the right form"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got := serveRecorder(api, newRequest("POST", "/"+tt.text+"?one="+tt.text+"&ptr="+tt.text+"&list=light,"+tt.text, "s="+tt.text,
				"S: "+tt.text, "Cookie: s="+tt.text, "Content-Type: application/x-www-form-urlencoded"))
			var want []string
			for _, place := range []string{"path s", "query one", "query ptr", "query list", "header S", "cookie s", "form s"} {
				in, name, _ := strings.Cut(place, " ")
				want = append(want, fmt.Sprintf(`{"in":%q,"name":%q,"code":%q,"detail":%q}`, in, name, tt.code, tt.detail))
			}
			got.want(t, 400, `{"title":"Bad Request","status":400,"detail":"7 fields are wrong","errors":[`+strings.Join(want, ",")+`]}`)
		})
	}
	serveRecorder(api, newRequest("POST", "/dark?one=light&list=light,dark", "s=dark", "Content-Type: application/x-www-form-urlencoded")).want(t, 200,
		`{"Path":"dark","One":"light","Ptr":null,"List":["light","dark"],"Header":"","Cookie":"","Form":{"One":"dark"}}`)
}
