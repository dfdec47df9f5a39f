package apiroute_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

// A Response is an http.ResponseWriter. These tests use it as one.

// A body with a status that has none is not sent, and the connection stays usable.
func TestWriteWithoutBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{204, 205, 304} {
		for _, tt := range []struct {
			name  string
			write func(*apiroute.Response)
		}{
			{"Write", func(res *apiroute.Response) { res.Status(status); res.Write([]byte("abc")) }},
			{"WriteHeader and Write", func(res *apiroute.Response) { res.WriteHeader(status); res.Write([]byte("abc")) }},
			{"io.Copy", func(res *apiroute.Response) { res.Status(status); io.Copy(res, strings.NewReader("abc")) }},
			{"Write and io.Copy", func(res *apiroute.Response) {
				res.Status(status).Write([]byte("abc"))
				io.Copy(res, strings.NewReader("abc"))
			}},
			{"Flush and Write", func(res *apiroute.Response) { res.Status(status).Flush(); res.Write([]byte("abc")) }},
		} {
			t.Run(fmt.Sprintf("%d by %s", status, tt.name), func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) {
					api.Get("/x", respond(func(res *apiroute.Response) error { tt.write(res); return nil }))
				})
				s.oneReply(t, "GET", "/x").want(t, status, "")
				for range 2 {
					s.fetch("GET", "/x", "").want(t, status, "")
				}
				if n := s.connections(); n != 2 {
					t.Errorf("%d connections, want two, of which the second is used again", n)
				}
			})
		}
	}
}

// A status or a header that is set after the first part of the body is logged, and the response is
// sent to its end.
func TestHeaderAfterBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		call func(*apiroute.Response)
	}{
		{"WriteHeader", func(res *apiroute.Response) { res.WriteHeader(500) }},
		{"WriteHeader of the same", func(res *apiroute.Response) { res.WriteHeader(200) }},
		{"Status", func(res *apiroute.Response) { res.Status(500) }},
		{"SetHeader", func(res *apiroute.Response) { res.SetHeader("X-Second", "1") }},
		{"SetCookie", func(res *apiroute.Response) { res.SetCookie(&http.Cookie{Name: "second"}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", respond(func(res *apiroute.Response) error {
					res.WriteHeader(200)
					res.Write([]byte("a"))
					tt.call(res)
					_, err := res.Write([]byte("b"))
					return err
				}))
				api.Mount("/m", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.WriteString(w, "a")
					tt.call(w.(*apiroute.Response))
					io.WriteString(w, "b")
				}))
			})
			for _, path := range []string{"/x", "/m", "/x", "/m"} {
				got := s.fetch("GET", path, "")
				got.want(t, 200, "ab")
				if got.header.Get("X-Second") != "" || got.header.Get("Set-Cookie") != "" {
					t.Errorf("%s: header %v", path, got.header)
				}
				s.wantErrors(t, apiroute.ErrAnswered.Error())
			}
			if n := s.connections(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

// What net/http and html/template write through a Response is sent as they write it.
func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.txt")
	text := strings.Repeat("0123456789", 10000)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	fromHTTP := apiroute.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "a") }))
	page := template.Must(template.New("").Parse(`<!doctype html><p>{{.}}`))
	for _, tt := range []struct {
		name        string
		h           apiroute.Handler
		status      int
		contentType string
		body        string
		length      string // for HEAD
	}{
		{"Write", func(_ *apiroute.Request, res *apiroute.Response) error {
			res.Write([]byte("<html>"))
			_, err := res.Write([]byte("a"))
			return err
		}, 200, "text/html; charset=utf-8", "<html>a", "7"},
		{"Write with Status", func(_ *apiroute.Request, res *apiroute.Response) error {
			_, err := res.Status(201).Write([]byte("a"))
			return err
		}, 201, "text/plain; charset=utf-8", "a", "1"},
		{"Write with a type", func(_ *apiroute.Request, res *apiroute.Response) error {
			_, err := res.SetHeader("Content-Type", "a/b").Write([]byte("<html>"))
			return err
		}, 200, "a/b", "<html>", "6"},
		{"WriteHeader over Status", func(_ *apiroute.Request, res *apiroute.Response) error {
			res.Status(404).SetHeader("Content-Type", "text/plain; charset=utf-8").WriteHeader(202)
			_, err := res.Write([]byte("a"))
			return err
		}, 202, "text/plain; charset=utf-8", "a", "1"},
		{"io.Copy", func(_ *apiroute.Request, res *apiroute.Response) error {
			n, err := io.Copy(res, strings.NewReader(text))
			if err == nil && n != int64(len(text)) {
				err = fmt.Errorf("copied %d bytes", n)
			}
			return err
		}, 200, "text/plain; charset=utf-8", text, ""},
		{"io.Copy of a file after Write", func(_ *apiroute.Request, res *apiroute.Response) error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			res.Write([]byte("a"))
			n, err := io.Copy(res, f)
			if err == nil && n != int64(len(text)) {
				err = fmt.Errorf("copied %d bytes of the file", n)
			}
			return err
		}, 200, "text/plain; charset=utf-8", "a" + text, ""},
		{"ServeFile", func(req *apiroute.Request, res *apiroute.Response) error {
			http.ServeFile(res, req.Request, file)
			return nil
		}, 200, "text/plain; charset=utf-8", text, "100000"},
		{"ServeContent", func(req *apiroute.Request, res *apiroute.Response) error {
			http.ServeContent(res, req.Request, "a.css", time.Time{}, strings.NewReader(text))
			return nil
		}, 200, "text/css; charset=utf-8", text, "100000"},
		{"template", func(_ *apiroute.Request, res *apiroute.Response) error { return page.Execute(res, "<&>") },
			200, "text/html; charset=utf-8", "<!doctype html><p>&lt;&amp;&gt;", "31"},
		{"template with Status", func(_ *apiroute.Request, res *apiroute.Response) error {
			return page.Execute(res.Status(410).SetHeader("Content-Type", "text/html"), "a")
		}, 410, "text/html", "<!doctype html><p>a", "19"},
		{"http.Error", func(_ *apiroute.Request, res *apiroute.Response) error {
			http.Error(res, "a", http.StatusTeapot)
			return nil
		}, 418, "text/plain; charset=utf-8", "a\n", "2"},
		{"FromHTTP", fromHTTP, 200, "text/plain; charset=utf-8", "a", "1"},
		{"own length", func(_ *apiroute.Request, res *apiroute.Response) error {
			_, err := res.SetHeader("Content-Length", "1").Write([]byte("a"))
			return err
		}, 200, "text/plain; charset=utf-8", "a", "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", tt.h)
			})
			for range 2 {
				got := s.fetch("GET", "/x", "")
				got.want(t, tt.status, tt.body)
				if contentType := got.header.Get("Content-Type"); contentType != tt.contentType {
					t.Errorf("GET: Content-Type %q, want %q", contentType, tt.contentType)
				}
			}
			if n := s.connections(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
			got := s.oneReply(t, "HEAD", "/x")
			if got.status != tt.status || got.err != nil || got.header.Get("Content-Type") != tt.contentType || got.header.Get("Content-Length") != tt.length {
				t.Errorf("HEAD: %d %v, error %v; want %d, type %q, length %q", got.status, got.header, got.err, tt.status, tt.contentType, tt.length)
			}
			s.wantErrors(t)
		})
	}
}

// As HEAD has no body, what is written to it is dropped and still counts as written.
func TestWriteToHead(t *testing.T) {
	t.Parallel()
	var n int
	var copied int64
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", respond(func(res *apiroute.Response) error {
			n, _ = res.Write([]byte("abc"))
			copied, _ = io.Copy(res, strings.NewReader("abcde"))
			return nil
		}))
	})
	s.fetch("HEAD", "/x", "")
	if s.logs(); n != 3 || copied != 5 {
		t.Errorf("Write wrote %d bytes and io.Copy %d, want 3 and 5", n, copied)
	}
}

// HEAD has the header of GET, as in net/http: the type and the length of what is written.
func TestHeadAsInNetHTTP(t *testing.T) {
	t.Parallel()
	handlers := map[string]func(http.ResponseWriter){
		"nothing":           func(http.ResponseWriter) {},
		"Write":             func(w http.ResponseWriter) { io.WriteString(w, "<html>") },
		"two parts":         func(w http.ResponseWriter) { io.WriteString(w, "<ht"); io.WriteString(w, "ml>") },
		"WriteHeader":       func(w http.ResponseWriter) { w.WriteHeader(201); io.WriteString(w, "abc") },
		"WriteHeader alone": func(w http.ResponseWriter) { w.WriteHeader(201) },
		"flushed":           func(w http.ResponseWriter) { io.WriteString(w, "abc"); w.(http.Flusher).Flush() },
		"flushed at once":   func(w http.ResponseWriter) { w.(http.Flusher).Flush(); io.WriteString(w, "abc") },
		"the whole buffer":  func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("a", 2048)) },
		"more":              func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("a", 2049)) },
		"far more":          func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("a", 10_000)) },
		"in small parts": func(w http.ResponseWriter) {
			for range 500 {
				io.WriteString(w, "abc\n")
			}
		},
		"a type":   func(w http.ResponseWriter) { w.Header().Set("Content-Type", "a/b"); io.WriteString(w, "abc") },
		"a length": func(w http.ResponseWriter) { w.Header().Set("Content-Length", "3"); io.WriteString(w, "abc") },
		"a coding": func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "x"); io.WriteString(w, "abc") },
		"io.Copy":  func(w http.ResponseWriter) { io.Copy(w, strings.NewReader("<html>")) },
	}
	api := apiroute.New(quiet())
	mux := http.NewServeMux()
	for name, h := range handlers {
		path := "/" + strings.ReplaceAll(name, " ", "-")
		plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { h(w) })
		mux.Handle("/plain"+path, plain)
		api.Handle("/from"+path, apiroute.FromHTTP(plain))
		api.Handle("/wrapped"+path, apiroute.FromHTTP(plain), apiroute.Use(wrappers["unwrap"]))
		api.Handle("/hidden"+path, apiroute.FromHTTP(plain), apiroute.Use(wrappers["hidden"]))
	}
	mux.Handle("/", api)
	for _, on := range []bool{false, true} {
		s := newServer(t, mux, http2(on))
		for name := range handlers {
			path := "/" + strings.ReplaceAll(name, " ", "-")
			for _, method := range []string{"GET", "HEAD"} {
				want := s.fetch(method, "/plain"+path, "")
				for _, kind := range []string{"/from", "/wrapped", "/hidden"} {
					t.Run(fmt.Sprintf("%s %s%s, HTTP/2 %t", method, kind, path, on), func(t *testing.T) {
						got := s.fetch(method, kind+path, "")
						if got.status != want.status || got.body != want.body {
							t.Errorf("%d %.20q, want %d %.20q", got.status, got.body, want.status, want.body)
						}
						if diff := cmp.Diff(want.fixedHeader(), got.fixedHeader()); diff != "" {
							t.Errorf("header (-net/http +apiroute):\n%s", diff)
						}
					})
				}
			}
		}
	}
}

func TestServeContentConditions(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", func(req *apiroute.Request, res *apiroute.Response) error {
			http.ServeContent(res, req.Request, "a.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
			return nil
		})
	})
	for _, tt := range []struct {
		name, header string
		status       int
		body         string
	}{
		{"part", "Range: bytes=2-4", 206, "234"},
		{"past the end", "Range: bytes=20-", 416, "invalid range: failed to overlap\n"},
		{"unchanged", "If-Modified-Since: " + time.Unix(1e9, 0).UTC().Format(http.TimeFormat), 304, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s.fetch("GET", "/x", "", tt.header).want(t, tt.status, tt.body)
		})
	}
}

func TestInformationalResponses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		h      apiroute.Handler
		hints  []int
		status int
		link   string
		err    string // in the log
	}{
		{"then a response", respond(func(res *apiroute.Response) error {
			res.SetHeader("Link", "</a.css>; rel=preload").WriteHeader(http.StatusEarlyHints)
			res.WriteHeader(http.StatusProcessing)
			return res.Status(201).Text("a")
		}), []int{103, 102}, 201, "</a.css>; rel=preload", ""},
		{"then an error", respond(func(res *apiroute.Response) error {
			res.SetHeader("Link", "</a.css>; rel=preload").WriteHeader(http.StatusEarlyHints)
			return apiroute.Errorf(404, "gone")
		}), []int{103}, 404, "", "404"},
		{"of status 0", respond(func(res *apiroute.Response) error {
			res.SetHeader("X-A", "1").WriteHeader(0)
			return nil
		}), nil, 500, "", "WriteHeader"}, // net/http panics
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newAPI(t, func(api *apiroute.Router) { api.Get("/x", tt.h) })
			var hints []int
			trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
				hints = append(hints, code)
				return nil
			}}
			req, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", s.URL+"/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := s.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.status || resp.Header.Get("Link") != tt.link || resp.Header.Get("X-A") != "" {
				t.Errorf("%d %v, want %d", resp.StatusCode, resp.Header, tt.status)
			}
			if diff := cmp.Diff(tt.hints, hints); diff != "" {
				t.Errorf("informational responses (-want +got):\n%s", diff)
			}
			lines := s.logs()
			if tt.err == "" && len(lines) > 0 || tt.err != "" && (len(lines) != 1 || !strings.Contains(logValue(lines[0], "error"), tt.err)) {
				t.Errorf("logged %q, want %q", lines, tt.err)
			}
		})
	}
}

func TestFlush(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		flush func(*apiroute.Response) error
	}{
		{"ResponseController", func(res *apiroute.Response) error { return http.NewResponseController(res).Flush() }},
		{"FlushError", func(res *apiroute.Response) error { return res.FlushError() }},
		{"Flusher", func(res *apiroute.Response) error { http.ResponseWriter(res).(http.Flusher).Flush(); return nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			next := make(chan bool)
			s := newAPI(t, func(api *apiroute.Router) {
				api.Get("/x", respond(func(res *apiroute.Response) error {
					if err := tt.flush(res.Status(201)); err != nil { // sends the header
						return err
					}
					for range 2 {
						<-next
						res.Write([]byte("a"))
						if err := tt.flush(res); err != nil {
							return err
						}
					}
					<-next
					return nil
				}))
			})
			c := s.dial(t)
			c.send(t, requestText("GET", "/x", ""))
			resp := c.response(t, "GET")
			if resp.StatusCode != 201 {
				t.Errorf("status %d, want 201", resp.StatusCode)
			}
			for i := range 2 { // each part comes while the handler waits
				next <- true
				if got := readN(t, resp.Body, 1); got != "a" {
					t.Errorf("part %d: %q", i, got)
				}
			}
			next <- true
			if b, err := io.ReadAll(resp.Body); len(b) > 0 || err != nil {
				t.Errorf("at the end: %q, error %v", b, err)
			}
			s.wantErrors(t)
		})
	}
}

// readN reads the next n bytes.
func readN(t testing.TB, r io.Reader, n int) string {
	t.Helper()
	b := make([]byte, n)
	if n, err := io.ReadFull(r, b); err != nil {
		t.Fatalf("read %q and then %v", b[:n], err)
	}
	return string(b)
}

func TestFlushAfterResponse(t *testing.T) {
	t.Parallel()
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/x", respond(func(res *apiroute.Response) error {
			if err := res.Text("a"); err != nil {
				return err
			}
			return res.FlushError()
		}))
	})
	s.fetch("GET", "/x", "").want(t, 200, "a")
	s.wantErrors(t)
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	errs := map[string]error{}
	s := newAPI(t, func(api *apiroute.Router) {
		api.Post("/x", respond(func(res *apiroute.Response) error {
			c := http.NewResponseController(res)
			errs["SetWriteDeadline"] = c.SetWriteDeadline(time.Now().Add(time.Hour))
			errs["SetReadDeadline"] = c.SetReadDeadline(time.Now().Add(time.Hour))
			errs["EnableFullDuplex"] = c.EnableFullDuplex()
			return nil
		}))
		api.Post("/late", respond(func(res *apiroute.Response) error {
			http.NewResponseController(res).SetWriteDeadline(time.Unix(1, 0))
			res.Write(make([]byte, 1<<20))
			errs["late"] = res.FlushError()
			return errs["late"]
		}))
	})
	s.fetch("POST", "/x", "").want(t, 204, "")
	if got := s.fetch("POST", "/late", ""); got.err == nil {
		t.Errorf("past the write deadline: status %d", got.status)
	}
	s.logs()
	for _, name := range []string{"SetWriteDeadline", "SetReadDeadline", "EnableFullDuplex", "late"} {
		if err, ok := errs[name]; !ok || (err != nil) != (name == "late") {
			t.Errorf("%s: error %v, called: %t", name, err, ok)
		}
	}
}

// After Hijack the connection is the handler's: nothing of the package is written to it.
func TestHijack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		after func(*apiroute.Response) error // what the handler does then
		logs  int
	}{
		{"nil", func(*apiroute.Response) error { return nil }, 0},
		{"an error", func(*apiroute.Response) error { return errors.New("secret") }, 1},
		{"a panic", func(*apiroute.Response) error { panic("secret") }, 1},
		{"JSON", func(res *apiroute.Response) error { return res.JSON("secret") }, 1},
		{"End", func(res *apiroute.Response) error { return res.End() }, 1},
		{"Write", func(res *apiroute.Response) error { _, err := res.Write([]byte("secret")); return err }, 1},
		{"an ignored Write", func(res *apiroute.Response) error { res.Write([]byte("secret")); return nil }, 1},
		{"io.Copy", func(res *apiroute.Response) error { _, err := io.Copy(res, strings.NewReader("secret")); return err }, 1},
		{"WriteHeader", func(res *apiroute.Response) error { res.WriteHeader(500); return nil }, 1},
		{"Flush", func(res *apiroute.Response) error { return res.FlushError() }, 1},
	} {
		for _, how := range []string{"Hijacker", "ResponseController"} {
			t.Run("by "+how+", then "+tt.name, func(t *testing.T) {
				t.Parallel()
				s := newAPI(t, func(api *apiroute.Router) {
					api.Get("/x", respond(func(res *apiroute.Response) error {
						hijack := http.ResponseWriter(res).(http.Hijacker).Hijack
						if how == "ResponseController" {
							hijack = http.NewResponseController(res).Hijack
						}
						conn, rw, err := hijack()
						if err != nil {
							return err
						}
						defer conn.Close()
						rw.WriteString("hijacked")
						rw.Flush()
						return tt.after(res)
					}))
				})
				c := s.dial(t)
				c.send(t, requestText("GET", "/x", ""))
				if got := c.rest(); got != "hijacked" {
					t.Errorf("sent %q", got)
				}
				if lines := s.logs(); len(lines) != tt.logs {
					t.Errorf("logged %q, want %d lines", lines, tt.logs)
				}
			})
		}
	}
}

// Where the connection cannot be hijacked, the handler can still respond.
func TestHijackRefused(t *testing.T) {
	t.Parallel()
	got := serveRecorder(respond(func(res *apiroute.Response) error {
		if _, _, err := res.Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack of a recorder: error %v, want http.ErrNotSupported", err)
		}
		return res.Text("a")
	}), newRequest("GET", "/", ""))
	got.want(t, 200, "a")
}

func TestUnwrap(t *testing.T) {
	t.Parallel()
	var got http.ResponseWriter
	w := httptest.NewRecorder()
	respond(func(res *apiroute.Response) error { got = res.Unwrap(); return nil }).ServeHTTP(w, newRequest("GET", "/", ""))
	if got != w {
		t.Errorf("Unwrap returned %v, want the recorder", got)
	}
}

func TestWriteByNetHTTP(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	page := template.Must(template.New("").Parse(`<p>{{.}}</p>`))
	old := time.Date(2015, 10, 21, 7, 28, 0, 0, time.UTC)
	s := newAPI(t, func(api *apiroute.Router) {
		api.Get("/content", func(req *apiroute.Request, res *apiroute.Response) error {
			http.ServeContent(res, req.Request, "a.txt", old, strings.NewReader("0123456789"))
			return nil
		})
		api.Get("/file", func(req *apiroute.Request, res *apiroute.Response) error {
			http.ServeFile(res, req.Request, file)
			return nil
		})
		api.Get("/template", respond(func(res *apiroute.Response) error {
			return page.Execute(res.Status(201).SetHeader("Content-Type", "text/html; charset=utf-8"), "<b>")
		}))
		api.Get("/template/broken", respond(func(res *apiroute.Response) error {
			return template.Must(template.New("").Parse(`<p>{{.No}}</p>`)).Execute(res, struct{}{})
		}))
		api.Get("/copy", respond(func(res *apiroute.Response) error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(res, f)
			return err
		}))
	}, apiroute.ETag(true))
	for _, tt := range []struct {
		name, method, path, header string
		status                     int
		contentType, body          string
		length                     string // Content-Length
	}{
		{"content", "GET", "/content", "", 200, "text/plain; charset=utf-8", "0123456789", "10"},
		{"HEAD of content", "HEAD", "/content", "", 200, "text/plain; charset=utf-8", "", "10"},
		{"part of content", "GET", "/content", "Range: bytes=2-4", 206, "text/plain; charset=utf-8", "234", "3"},
		{"part past the end", "GET", "/content", "Range: bytes=99-", 416, "text/plain; charset=utf-8", "invalid range: failed to overlap\n", "33"},
		{"unchanged content", "GET", "/content", "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT", 304, "", "", ""},
		{"file", "GET", "/file", "", 200, "text/plain; charset=utf-8", "0123456789", "10"},
		{"part of a file", "GET", "/file", "Range: bytes=-2", 206, "text/plain; charset=utf-8", "89", "2"},
		{"template", "GET", "/template", "", 201, "text/html; charset=utf-8", "<p>&lt;b&gt;</p>", "16"},
		{"HEAD of a template", "HEAD", "/template", "", 201, "text/html; charset=utf-8", "", "16"},
		{"copy", "GET", "/copy", "", 200, "text/plain; charset=utf-8", "0123456789", "10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if tt.header != "" {
				headers = []string{tt.header}
			}
			got := s.do(tt.method, tt.path, "", headers...)
			got.want(t, tt.status, tt.body)
			if h := got.header; h.Get("Content-Type") != tt.contentType || h.Get("Content-Length") != tt.length {
				t.Errorf("header %v; want type %q, length %q", h, tt.contentType, tt.length)
			}
		})
	}
	t.Run("template that fails midway", func(t *testing.T) {
		t.Parallel()
		if got := s.do("GET", "/template/broken", ""); got.body != "" && got.body != "<p>" || got.err == nil {
			t.Errorf("%q, error %v; want a connection that is cut", got.body, got.err)
		}
	})
}

func TestResponseController(t *testing.T) {
	t.Parallel()
	t.Run("Flush", func(t *testing.T) {
		t.Parallel()
		proceed := make(chan struct{})
		s := newAPI(t, func(api *apiroute.Router) {
			api.Get("/", respond(func(res *apiroute.Response) error {
				io.WriteString(res, "one")
				if err := http.NewResponseController(res).Flush(); err != nil {
					t.Errorf("Flush: %v", err)
				}
				<-proceed
				_, err := io.WriteString(res, "two")
				return err
			}))
		})
		c := s.dial(t)
		c.send(t, requestText("GET", "/", ""))
		resp := c.response(t, "GET")
		if got := readN(t, resp.Body, 3); got != "one" {
			t.Errorf("flushed %q", got)
		}
		proceed <- struct{}{}
		if body, err := io.ReadAll(resp.Body); string(body) != "two" || err != nil {
			t.Errorf("then %q, error %v", body, err)
		}
	})
	t.Run("deadlines", func(t *testing.T) {
		t.Parallel()
		const timeout = 100 * time.Millisecond
		api := apiroute.New()
		api.Get("/", respond(func(res *apiroute.Response) error {
			rc := http.NewResponseController(res)
			if err := errors.Join(rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{}), rc.EnableFullDuplex()); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * timeout)
			return res.Text("late")
		}))
		s := newServer(t, api, func(s *httptest.Server) { s.Config.WriteTimeout = timeout })
		s.do("GET", "/", "").want(t, 200, "late")
	})
	t.Run("Hijack", func(t *testing.T) {
		t.Parallel()
		s := newAPI(t, func(api *apiroute.Router) {
			api.Get("/", respond(func(res *apiroute.Response) error {
				conn, rw, err := http.NewResponseController(res).Hijack()
				if err != nil {
					return err
				}
				defer conn.Close()
				if err := res.Text("x"); !errors.Is(err, apiroute.ErrAnswered) {
					t.Errorf("Text after Hijack: %v", err)
				}
				if err := res.Stream("", strings.NewReader("x")); !errors.Is(err, apiroute.ErrAnswered) {
					t.Errorf("Stream after Hijack: %v", err)
				}
				rw.WriteString("HTTP/1.1 299 Mine\r\nContent-Length: 0\r\n\r\n")
				return rw.Flush()
			}))
		})
		s.do("GET", "/", "").want(t, 299, "")
	})
}

// What the writers of other libraries assert of the writer that they are given.
var _ interface {
	http.Flusher
	http.Hijacker
	io.ReaderFrom
	CloseNotify() <-chan bool
} = (*apiroute.Response)(nil)

// A writer of an old library asserts that what it wraps has CloseNotify.
func TestCloseNotify(t *testing.T) {
	noLeaks(t)
	type closeNotifier interface{ CloseNotify() <-chan bool }
	for _, on := range []bool{false, true} {
		for wrapper, wrap := range wrappers {
			if strings.HasPrefix(wrapper, "hidden") || wrapper == "unwrap" {
				continue // which has no CloseNotify itself, as in net/http
			}
			t.Run(fmt.Sprintf("%s, HTTP/2 %t", wrapper, on), func(t *testing.T) {
				waiting, noticed := make(chan struct{}), make(chan bool, 1)
				s := serveWith(t, http2(on), func(api *apiroute.Router) {
					api.Mount("/gone", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						gone := w.(closeNotifier).CloseNotify()
						if again := w.(closeNotifier).CloseNotify(); again != gone {
							t.Error("another channel at the second call")
						}
						close(waiting)
						noticed <- <-gone
					}), apiroute.Use(wrap))
					api.Mount("/there", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						select {
						case <-w.(closeNotifier).CloseNotify():
							t.Error("the client is there")
						default:
							io.WriteString(w, "there")
						}
					}), apiroute.Use(wrap))
				})
				for range 3 {
					s.fetch("GET", "/there", "").want(t, 200, "there")
				}
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				go func() { <-waiting; cancel() }()
				r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/gone", nil)
				if resp, err := s.Client().Do(r); err == nil {
					resp.Body.Close()
				}
				if !receive(t, "the handler to notice", noticed) {
					t.Error("the channel was closed")
				}
				s.Client().CloseIdleConnections()
			})
		}
	}
	t.Run("recorder", func(t *testing.T) {
		h := respond(func(res *apiroute.Response) error { res.CloseNotify(); return res.Text("a") })
		serveRecorder(h, newRequest("GET", "/x", "")).want(t, 200, "a")
	})
}
