package apiroute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// codecMarshal and codecUnmarshal are a codec that is told by its text: a value
// is in <>, and a text must be so too.
func codecMarshal(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return []byte("<" + string(b) + ">"), err
}

func codecUnmarshal(data []byte, v any) error {
	text, ok := strings.CutSuffix(strings.TrimPrefix(string(data), "<"), ">")
	if !ok {
		return errors.New("codec: secret detail")
	}
	return json.Unmarshal([]byte(text), v)
}

type codecBody struct {
	A int `json:"a"`
}

// codecSite answers in all ways in which JSON goes in and out.
func codecSite(api *Router) {
	api.Get("/json", func(_ *Request, res *Response) error { return res.JSON(codecBody{1}) })
	api.Get("/nil", func(_ *Request, res *Response) error { return res.JSON([]int(nil)) })
	api.Get("/lines", func(_ *Request, res *Response) error { return JSONLines(res, count(2, 0)) })
	api.Get("/events", func(_ *Request, res *Response) error {
		ev, err := res.Events()
		if err == nil {
			err = errors.Join(ev.Send(Event{Data: codecBody{1}}), ev.Send(Event{Data: "text"}), ev.Send(Event{Data: []byte("bytes")}))
		}
		return err
	})
	api.Post("/request", func(req *Request, res *Response) error {
		var v codecBody
		if err := req.JSON(&v); err != nil {
			return err
		}
		return res.Text(fmt.Sprint(v.A))
	})
	api.Post("/bind", func(req *Request, res *Response) error {
		in, err := Bind[struct {
			Body codecBody `body:"json"`
		}](req)
		if err != nil {
			return err
		}
		return res.Text(fmt.Sprint(in.Body.A))
	})
	Post(api, "/endpoint", func(_ context.Context, in struct {
		Body codecBody `body:"json"`
	}) (codecBody, error) {
		in.Body.A++
		return in.Body, nil
	})
	Get(api, "/endpoint/map", func(context.Context, struct{}) (map[string]int, error) { return nil, nil })
	Get(api, "/endpoint/none", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	api.Get("/error", func(*Request, *Response) error { return Errorf(404, "no such thing") })
}

func TestJSONCodec(t *testing.T) {
	type codec struct {
		marshal   func(any) ([]byte, error)
		unmarshal func([]byte, any) error
	}
	codecs := map[string]codec{
		"both": {codecMarshal, codecUnmarshal}, "marshal": {codecMarshal, nil}, "unmarshal": {nil, codecUnmarshal}, "none": {},
	}
	for name, c := range codecs {
		api := New(JSONCodec(c.marshal, c.unmarshal), (&streamLog{}).option())
		codecSite(api)
		s := streamServe(t, api)
		for _, tt := range []struct {
			method, path, body string
			plain, coded       string // what is answered without and with the codec
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
			body, want := tt.body, tt.plain
			if c.marshal != nil {
				want = tt.coded
			}
			if c.unmarshal != nil && body != "" {
				body = "<" + body + ">"
			}
			resp, got := codecAsk(t, s.URL, tt.method, tt.path, body)
			if got != want || resp.StatusCode >= 400 && tt.path != "/error" {
				t.Errorf("codec %s: %s %s %s: %d %q, want %q", name, tt.method, tt.path, body, resp.StatusCode, got, want)
			}
		}
	}
}

func codecAsk(t *testing.T, base, method, path, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestJSONCodecHeaders(t *testing.T) {
	api := New(JSONCodec(codecMarshal, nil), ETag(true))
	codecSite(api)
	api.Get("/own", func(_ *Request, res *Response) error {
		return res.SetHeader("Content-Type", "application/vnd.x+json").JSON(1)
	})
	s := streamServe(t, api)
	for path, want := range map[string]string{"/json": "application/json; charset=utf-8", "/own": "application/vnd.x+json"} {
		for _, method := range []string{"GET", "HEAD"} {
			resp, body, err := streamDo(t, s, method, path)
			h := resp.Header
			if h.Get("Content-Type") != want || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("ETag") == "" || err != nil ||
				resp.ContentLength != int64(len(body)) && method == "GET" || resp.ContentLength <= 0 {
				t.Errorf("%s %s: %v, %d of %d bytes, error %v", method, path, h, len(body), resp.ContentLength, err)
			}
		}
	}
}

func TestJSONCodecByLevel(t *testing.T) {
	answer := func(_ *Request, res *Response) error { return res.JSON(1) }
	other := func(any) ([]byte, error) { return []byte("other"), nil }
	api := New(JSONCodec(codecMarshal, codecUnmarshal))
	api.Get("/router", answer)
	api.Get("/route", answer, JSONCodec(other, nil))
	api.Get("/back", answer, JSONCodec(nil, nil))
	group := api.Group("/g", JSONCodec(other, nil))
	group.Get("/group", answer)
	group.Get("/route", answer, JSONCodec(codecMarshal, nil))
	Get(group, "/endpoint", func(context.Context, struct{}) (int, error) { return 1, nil })
	s := streamServe(t, api)
	for path, want := range map[string]string{
		"/router": "<1>", "/route": "other", "/back": "1", "/g/group": "other", "/g/route": "<1>", "/g/endpoint": "other",
	} {
		if _, body, err := streamDo(t, s, "GET", path); body != want || err != nil {
			t.Errorf("%s: %q, error %v; want %q", path, body, err, want)
		}
	}
}

func TestJSONCodecHasNoMeaningForMount(t *testing.T) {
	defer func() {
		if v := fmt.Sprint(recover()); !strings.Contains(v, "JSONCodec has no meaning here") {
			t.Errorf("panic %s", v)
		}
	}()
	New().Mount("/", http.NotFoundHandler(), JSONCodec(nil, nil))
}

func TestJSONCodecMarshalFails(t *testing.T) {
	for name, marshal := range map[string]func(any) ([]byte, error){
		"error":          func(any) ([]byte, error) { return nil, errors.New("secret") },
		"error and text": func(any) ([]byte, error) { return []byte("half"), errors.New("secret") },
		"panic":          func(any) ([]byte, error) { panic("secret") },
	} {
		var logged streamLog
		api := New(JSONCodec(marshal, nil), logged.option())
		codecSite(api)
		api.Get("/cookie", func(_ *Request, res *Response) error {
			return res.Status(201).SetHeader("X-Own", "1").SetCookie(&http.Cookie{Name: "a", Value: "1"}).JSON(1)
		})
		api.Get("/bodyless", func(_ *Request, res *Response) error { return res.Status(204).JSON(1) })
		s := streamServe(t, api)
		for _, path := range []string{"/json", "/lines", "/endpoint/map", "/cookie"} {
			for _, method := range []string{"GET", "HEAD"} {
				if path == "/lines" && method == "HEAD" {
					continue // nothing is encoded
				}
				resp, body, err := streamDo(t, s, method, path)
				h := resp.Header
				if resp.StatusCode != 500 || h.Get("Content-Type") != "application/problem+json" || h.Get("X-Own") != "" ||
					h.Get("Set-Cookie") != "" || strings.Contains(body, "secret") || strings.Contains(body, "half") || err != nil {
					t.Errorf("%s: %s %s: %d %v %q, error %v; want a clean 500", name, method, path, resp.StatusCode, h, body, err)
				}
			}
		}
		if n := strings.Count(logged.String(), "secret"); n < 7 {
			t.Errorf("%s: %d of 7 errors are logged:\n%s", name, n, logged.String())
		}
		if resp, body, err := streamDo(t, s, "GET", "/bodyless"); resp.StatusCode != 204 || body != "" || err != nil {
			t.Errorf("%s: 204: %d %q, error %v; there is nothing to encode", name, resp.StatusCode, body, err)
		}
		// An event that has no form does not end the stream.
		if name != "panic" {
			if _, body, err := streamDo(t, s, "GET", "/events"); body != "data: text\n\ndata: bytes\n\n" || err == nil {
				t.Errorf("%s: events: %q, error %v; want the other two, and a cut for the handler's error", name, body, err)
			}
		}
	}
}

func TestJSONCodecUnmarshalFails(t *testing.T) {
	fails := func(err error) func([]byte, any) error { return func([]byte, any) error { return err } }
	for _, tt := range []struct {
		name      string
		unmarshal func([]byte, any) error
		body      string
		want      string // the detail of the body, as of a field "" or name
	}{
		{"another error", fails(errors.New("codec: secret at main.T")), `{"a":1}`, `{"in":"body","detail":"is not of the right form"}`},
		{"a type error", json.Unmarshal, `{"b":0,"a":"x"}`, `{"in":"body","name":"a","detail":"must be an integer"}`},
		{"a wrapped type error", func(data []byte, v any) error {
			if err := json.Unmarshal(data, v); err != nil {
				return fmt.Errorf("codec: secret: %w", err)
			}
			return nil
		}, `{"b":0,"a":"x"}`, `{"in":"body","name":"a","detail":"must be an integer"}`},
		{"a syntax error", json.Unmarshal, `{"a":}`, `{"in":"body","detail":"is not valid JSON at offset 5"}`},
	} {
		api := New(JSONCodec(nil, tt.unmarshal), (&streamLog{}).option())
		codecSite(api)
		s := streamServe(t, api)
		for _, path := range []string{"/request", "/bind", "/endpoint"} {
			resp, body := codecAsk(t, s.URL, "POST", path, tt.body)
			if resp.StatusCode != 400 || !strings.Contains(body, `"errors":[`+tt.want+`]`) || strings.Contains(body, "secret") {
				t.Errorf("%s: %s %s: %d %s; want 400 with %s", tt.name, path, tt.body, resp.StatusCode, body, tt.want)
			}
		}
	}
}

// TestJSONCodecOddErrors is about codecs that use encoding/json's error types
// for texts and places that encoding/json does not have.
func TestJSONCodecOddErrors(t *testing.T) {
	comments := "// }]\n{\"a\": \"x\"}" // JSON5, say
	for _, err := range []error{
		&json.UnmarshalTypeError{},
		&json.UnmarshalTypeError{Value: "string", Offset: -5},
		&json.UnmarshalTypeError{Value: "string", Offset: 1 << 40},
		&json.UnmarshalTypeError{Value: "string", Offset: int64(len(comments))},
		&json.SyntaxError{},
		&json.SyntaxError{Offset: 1 << 40},
		&json.InvalidUnmarshalError{},
	} {
		for _, text := range []string{comments, `{"a":1}`, `]]]`, `"`} {
			var logged streamLog
			api := New(JSONCodec(nil, func([]byte, any) error { return err }), logged.option())
			codecSite(api)
			s := streamServe(t, api)
			for _, path := range []string{"/request", "/bind", "/endpoint"} {
				resp, body := codecAsk(t, s.URL, "POST", path, text)
				if resp.StatusCode != 400 || strings.Contains(body, "offset -") || strings.Contains(body, "1099511627775") {
					t.Errorf("%T, body %q: %s: %d %s, logged %.300s; want a 400 with no offset that is none", err, text, path, resp.StatusCode, body, logged.String())
				}
			}
		}
	}
}

func TestJSONCodecTakesItsOwnTexts(t *testing.T) {
	// What the codec takes is taken, JSON or not.
	api := New(JSONCodec(nil, func(data []byte, v any) error {
		_, err := fmt.Sscanf(string(data), "a=%d", &v.(*codecBody).A)
		return err
	}))
	codecSite(api)
	s := streamServe(t, api)
	for _, path := range []string{"/request", "/bind"} {
		if resp, body := codecAsk(t, s.URL, "POST", path, "a=7"); resp.StatusCode != 200 || body != "7" {
			t.Errorf("%s: %d %q, want 7", path, resp.StatusCode, body)
		}
	}
}

func TestJSONCodecDoesNotSeeWhatIsRefusedBefore(t *testing.T) {
	api := New(RejectUnknown(true), BodyLimit(20), JSONCodec(nil, func(data []byte, _ any) error {
		if string(data) != `{"b":1}` {
			t.Errorf("unmarshal gets %q", data)
		}
		return nil // RejectUnknown is its own affair
	}))
	codecSite(api)
	s := streamServe(t, api)
	for body, status := range map[string]int{
		`{"b":1}`: 200, " ": 400, "null": 400, " null\n": 400, "\"\xff\"": 400, `"` + strings.Repeat("x", 20) + `"`: 413,
	} {
		if resp, got := codecAsk(t, s.URL, "POST", "/request", body); resp.StatusCode != status {
			t.Errorf("%q: %d %s, want %d", body, resp.StatusCode, got, status)
		}
	}
}
