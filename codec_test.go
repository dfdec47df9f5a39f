package apiroute_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"example.com/apiroute"
)

// angleMarshal and angleUnmarshal are a codec that shows in its output: JSON is in angle brackets,
// and must be so in a request.
func angleMarshal(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return []byte("<" + string(b) + ">"), err
}

func angleUnmarshal(data []byte, v any) error {
	text, ok := strings.CutSuffix(strings.TrimPrefix(string(data), "<"), ">")
	if !ok {
		return errors.New("codec: secret detail")
	}
	return json.Unmarshal([]byte(text), v)
}

// twoNumbers is a sequence for JSONLines.
func twoNumbers(yield func(int, error) bool) { _ = yield(0, nil) && yield(1, nil) }

type numberBody struct {
	A int `json:"a"`
}

// codecRoutes adds routes for all ways in which JSON comes in and goes out.
func codecRoutes(api *apiroute.Router) {
	api.Get("/json", func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(numberBody{1}) })
	api.Get("/nil", func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON([]int(nil)) })
	api.Get("/lines", func(_ *apiroute.Request, res *apiroute.Response) error { return apiroute.JSONLines(res, twoNumbers) })
	api.Get("/events", func(_ *apiroute.Request, res *apiroute.Response) error {
		ev, err := res.Events()
		if err == nil {
			err = errors.Join(ev.Send(apiroute.Event{Data: numberBody{1}}), ev.Send(apiroute.Event{Data: "text"}), ev.Send(apiroute.Event{Data: []byte("bytes")}))
		}
		return err
	})
	api.Post("/request", func(req *apiroute.Request, res *apiroute.Response) error {
		var v numberBody
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text(fmt.Sprint(v.A))
	})
	api.Post("/bind", func(req *apiroute.Request, res *apiroute.Response) error {
		in, err := apiroute.Bind[struct {
			Body numberBody `body:"json"`
		}](req)
		if err != nil {
			return err
		}
		return res.Text(fmt.Sprint(in.Body.A))
	})
	apiroute.Post(api, "/endpoint", func(_ context.Context, in struct {
		Body numberBody `body:"json"`
	}) (numberBody, error) {
		in.Body.A++
		return in.Body, nil
	})
	apiroute.Get(api, "/endpoint/map", func(context.Context, struct{}) (map[string]int, error) { return nil, nil })
	apiroute.Get(api, "/endpoint/none", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	api.Get("/error", func(*apiroute.Request, *apiroute.Response) error { return apiroute.Errorf(404, "no such thing") })
}

func TestJSONCodec(t *testing.T) {
	t.Parallel()
	type codec struct {
		marshal   func(any) ([]byte, error)
		unmarshal func([]byte, any) error
	}
	codecs := map[string]codec{
		"both": {angleMarshal, angleUnmarshal}, "marshal": {angleMarshal, nil}, "unmarshal": {nil, angleUnmarshal}, "none": {},
	}
	for name, c := range codecs {
		s := newAPI(t, codecRoutes, apiroute.JSONCodec(c.marshal, c.unmarshal))
		for _, tt := range []struct {
			method, path, body string
			plain, coded       string // the body of the response without and with the codec
		}{
			{"GET", "/json", "", `{"a":1}`, `<{"a":1}>`},
			{"GET", "/nil", "", `[]`, `<[]>`},
			{"GET", "/lines", "", "0\n1\n", "<0>\n<1>\n"},
			{"GET", "/events", "", "data: {\"a\":1}\n\ndata: text\n\ndata: bytes\n\n", "data: <{\"a\":1}>\n\ndata: text\n\ndata: bytes\n\n"},
			{"POST", "/endpoint", `{"a":1}`, `{"a":2}`, `<{"a":2}>`},
			{"GET", "/endpoint/map", "", `{}`, `<{}>`},
			{"GET", "/endpoint/none", "", "", ""},
			{"GET", "/error", "", `{"title":"Not Found","status":404,"detail":"no such thing"}`, `{"title":"Not Found","status":404,"detail":"no such thing"}`},
			{"POST", "/request", `{"a":1}`, "1", "1"},
			{"POST", "/bind", `{"a":1}`, "1", "1"},
		} {
			t.Run(name+" "+tt.path, func(t *testing.T) {
				t.Parallel()
				body, want := tt.body, tt.plain
				if c.marshal != nil {
					want = tt.coded
				}
				if c.unmarshal != nil && body != "" {
					body = "<" + body + ">"
				}
				r := s.do(tt.method, tt.path, body, sendsJSON)
				if r.body != want || r.err != nil || r.status >= 400 && tt.path != "/error" {
					t.Errorf("%d %q, error %v, want %q", r.status, r.body, r.err, want)
				}
			})
		}
	}
}

// The headers of a response are those that it has without a codec.
func TestJSONCodecHeaders(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		codecRoutes(api)
		api.Get("/own", func(_ *apiroute.Request, res *apiroute.Response) error {
			return res.SetHeader("Content-Type", "application/vnd.x+json").JSON(1)
		})
	}, apiroute.JSONCodec(angleMarshal, nil), apiroute.ETag(true))
	for path, want := range map[string]string{"/json": "application/json; charset=utf-8", "/own": "application/vnd.x+json"} {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+" "+path, func(t *testing.T) {
				t.Parallel()
				r := s.do(method, path, "")
				length, _ := strconv.Atoi(r.header.Get("Content-Length"))
				if r.header.Get("Content-Type") != want || r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("ETag") == "" || r.err != nil ||
					length != len(r.body) && method == "GET" || length <= 0 {
					t.Errorf("%v, %d bytes, error %v", r.header, len(r.body), r.err)
				}
			})
		}
	}
}

// The innermost level that sets a codec decides; nil means encoding/json.
func TestJSONCodecByLevel(t *testing.T) {
	t.Parallel()
	respond := func(_ *apiroute.Request, res *apiroute.Response) error { return res.JSON(1) }
	other := func(any) ([]byte, error) { return []byte("other"), nil }
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/router", respond)
		api.Get("/route", respond, apiroute.JSONCodec(other, nil))
		api.Get("/back", respond, apiroute.JSONCodec(nil, nil))
		group := api.Group("/g", apiroute.JSONCodec(other, nil))
		group.Get("/group", respond)
		group.Get("/route", respond, apiroute.JSONCodec(angleMarshal, nil))
		apiroute.Get(group, "/endpoint", func(context.Context, struct{}) (int, error) { return 1, nil })
	}, apiroute.JSONCodec(angleMarshal, angleUnmarshal))
	for path, want := range map[string]string{
		"/router": "<1>", "/route": "other", "/back": "1", "/g/group": "other", "/g/route": "<1>", "/g/endpoint": "other",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s.do("GET", path, "").want(t, 200, want)
		})
	}
}

func TestJSONCodecHasNoMeaningForMount(t *testing.T) {
	t.Parallel()
	text := mustPanic(t, func() { apiroute.New().Mount("/", http.NotFoundHandler(), apiroute.JSONCodec(nil, nil)) })
	if !strings.Contains(text, "JSONCodec is not allowed here") {
		t.Errorf("panic %q", text)
	}
}

// If marshal fails, the response is a 500 as if the handler had done nothing before.
func TestJSONCodecMarshalFails(t *testing.T) {
	t.Parallel()
	for name, marshal := range map[string]func(any) ([]byte, error){
		"error":          func(any) ([]byte, error) { return nil, errors.New("secret") },
		"error and text": func(any) ([]byte, error) { return []byte("half"), errors.New("secret") },
		"panic":          func(any) ([]byte, error) { panic("secret") },
	} {
		start := func(t *testing.T) *server {
			return newAPI(t, func(api *apiroute.Router) {
				codecRoutes(api)
				api.Get("/cookie", func(_ *apiroute.Request, res *apiroute.Response) error {
					return res.Status(201).SetHeader("X-Own", "1").SetCookie(&http.Cookie{Name: "a", Value: "1"}).JSON(1)
				})
				api.Get("/bodyless", func(_ *apiroute.Request, res *apiroute.Response) error { return res.Status(204).JSON(1) })
			}, apiroute.JSONCodec(marshal, nil))
		}
		for _, path := range []string{"/json", "/lines", "/endpoint/map", "/cookie"} {
			for _, method := range []string{"GET", "HEAD"} {
				if path == "/lines" && method == "HEAD" {
					continue // nothing is encoded
				}
				t.Run(name+", "+method+" "+path, func(t *testing.T) {
					t.Parallel()
					s := start(t)
					r := s.do(method, path, "")
					r.wantProblem(t, 500)
					if r.header.Get("X-Own") != "" || r.header.Get("Set-Cookie") != "" || strings.Contains(r.body, "secret") || strings.Contains(r.body, "half") {
						t.Errorf("%v %q; want a clean 500", r.header, r.body)
					}
					if logs := s.logs(); len(logs) == 0 || !strings.Contains(logs[0], "secret") {
						t.Errorf("logged %q, want the error", logs)
					}
				})
			}
		}
		t.Run(name+", status 204", func(t *testing.T) {
			t.Parallel()
			start(t).do("GET", "/bodyless", "").want(t, 204, "") // there is nothing to encode
		})
		if name == "panic" {
			continue
		}
		// An event that cannot be encoded does not end the stream, but the error of the handler
		// cuts it.
		t.Run(name+", events", func(t *testing.T) {
			t.Parallel()
			if r := start(t).do("GET", "/events", ""); r.body != "data: text\n\ndata: bytes\n\n" || r.err == nil {
				t.Errorf("%q, error %v; want the other two events, and a stream that is cut", r.body, r.err)
			}
		})
	}
}

// If unmarshal fails, the response is a 400. It names the field if the error is one of
// encoding/json.
func TestJSONCodecUnmarshalFails(t *testing.T) {
	t.Parallel()
	fails := func(err error) func([]byte, any) error { return func([]byte, any) error { return err } }
	for _, tt := range []struct {
		name      string
		unmarshal func([]byte, any) error
		body      string
		want      string // the error of the field
	}{
		{"another error", fails(errors.New("codec: secret at main.T")), `{"a":1}`, `{"in":"body","code":"type","detail":"is not of the right form"}`},
		{"a type error", json.Unmarshal, `{"b":0,"a":"x"}`, `{"in":"body","name":"a","code":"type","detail":"must be an integer"}`},
		{"a wrapped type error", func(data []byte, v any) error {
			if err := json.Unmarshal(data, v); err != nil {
				return fmt.Errorf("codec: secret: %w", err)
			}
			return nil
		}, `{"b":0,"a":"x"}`, `{"in":"body","name":"a","code":"type","detail":"must be an integer"}`},
		{"a syntax error", json.Unmarshal, `{"a":}`, `{"in":"body","code":"type","detail":"is not valid JSON at offset 5"}`},
	} {
		s := newAPI(t, codecRoutes, apiroute.JSONCodec(nil, tt.unmarshal))
		for _, path := range []string{"/request", "/bind", "/endpoint"} {
			t.Run(tt.name+" "+path, func(t *testing.T) {
				t.Parallel()
				r := s.do("POST", path, tt.body, sendsJSON)
				if r.status != 400 || !strings.Contains(r.body, `"errors":[`+tt.want+`]`) || strings.Contains(r.body, "secret") {
					t.Errorf("%s: %d %s; want 400 with %s", tt.body, r.status, r.body, tt.want)
				}
			})
		}
	}
}

// A codec may use error types of encoding/json for texts and offsets that encoding/json would not
// report.
func TestJSONCodecOddErrors(t *testing.T) {
	t.Parallel()
	comments := "// }]\n{\"a\": \"x\"}" // JSON5, say
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"empty type error", &json.UnmarshalTypeError{}},
		{"type error before the text", &json.UnmarshalTypeError{Value: "string", Offset: -5}},
		{"type error far after the text", &json.UnmarshalTypeError{Value: "string", Offset: 1 << 40}},
		{"type error at the end", &json.UnmarshalTypeError{Value: "string", Offset: int64(len(comments))}},
		{"empty syntax error", &json.SyntaxError{}},
		{"syntax error far after the text", &json.SyntaxError{Offset: 1 << 40}},
		{"invalid argument", &json.InvalidUnmarshalError{}},
	} {
		s := newAPI(t, codecRoutes, apiroute.JSONCodec(nil, func([]byte, any) error { return tt.err }))
		for _, text := range []string{comments, `{"a":1}`, `]]]`, `"`} {
			for _, path := range []string{"/request", "/bind", "/endpoint"} {
				t.Run(fmt.Sprintf("%s, %q, %s", tt.name, text, path), func(t *testing.T) {
					t.Parallel()
					r := s.do("POST", path, text, sendsJSON)
					if r.status != 400 || strings.Contains(r.body, "offset -") || strings.Contains(r.body, "1099511627775") {
						t.Errorf("%d %s; want a 400 without an offset outside of the text", r.status, r.body)
					}
				})
			}
		}
	}
}

// The codec decides what is valid, JSON or not.
func TestJSONCodecTakesItsOwnTexts(t *testing.T) {
	t.Parallel()
	s := newAPI(t, codecRoutes, apiroute.JSONCodec(nil, func(data []byte, v any) error {
		_, err := fmt.Sscanf(string(data), "a=%d", &v.(*numberBody).A)
		return err
	}))
	for _, path := range []string{"/request", "/bind"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s.do("POST", path, "a=7", sendsJSON).want(t, 200, "7")
		})
	}
}

// A body that is empty, null, not UTF-8 or too long does not reach the codec.
func TestJSONCodecDoesNotSeeInvalidBodies(t *testing.T) {
	t.Parallel()
	s := newAPI(t, codecRoutes, apiroute.RejectUnknown(true), apiroute.BodyLimit(20), apiroute.JSONCodec(nil, func(data []byte, _ any) error {
		if string(data) != `{"b":1}` {
			t.Errorf("unmarshal gets %q", data)
		}
		return nil // RejectUnknown is left to the codec
	}))
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"a name that is not known", `{"b":1}`, 200},
		{"blank", " ", 400},
		{"null", "null", 400},
		{"null in blanks", " null\n", 400},
		{"no UTF-8", "\"\xff\"", 400},
		{"over the limit", `"` + strings.Repeat("x", 20) + `"`, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if r := s.do("POST", "/request", tt.body, sendsJSON); r.status != tt.status {
				t.Errorf("%q: %d %s, want %d", tt.body, r.status, r.body, tt.status)
			}
		})
	}
}
