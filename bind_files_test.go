package apiroute_test

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/apiroute"
	"github.com/google/go-cmp/cmp"
)

type takesFiles struct {
	Body struct {
		A    string                  `form:"a"`
		One  *multipart.FileHeader   `form:"one"`
		List []*multipart.FileHeader `form:"l"`
	} `body:"form"`
}

type requiresFiles struct {
	Body struct {
		One  *multipart.FileHeader   `form:"one,required"`
		List []*multipart.FileHeader `form:"list,required"`
	} `body:"form"`
}

// fileContents returns the names and contents of files.
func fileContents(t testing.TB, files ...*multipart.FileHeader) (list []string) {
	t.Helper()
	for _, fh := range files {
		if fh == nil {
			continue
		}
		f, err := fh.Open()
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			t.Error(err)
		}
		list = append(list, fh.Filename+"="+string(b))
	}
	return list
}

func TestBindFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		parts  []formPart
		one    []string
		list   []string
		errors []string
	}{
		{"one", []formPart{{"one", "x.txt", "1"}}, []string{"x.txt=1"}, nil, nil},
		{"an empty one", []formPart{{"one", "x.txt", ""}}, []string{"x.txt="}, nil, nil},
		{"two in a list", []formPart{{"l", "b", "2"}, {"l", "a", "1"}}, nil, []string{"b=2", "a=1"}, nil},
		{"a path as its name", []formPart{{"l", "../../etc/passwd", "1"}}, nil, []string{"passwd=1"}, nil},
		{"an unknown one", []formPart{{"z", "z", "1"}}, nil, nil, nil},
		{"none", []formPart{{"a", "", "x"}}, nil, nil, nil},
		{"two for one", []formPart{{"one", "a", "1"}, {"one", "b", "2"}}, nil, nil, []string{"form one: must be given only once"}},
		{"a text for one", []formPart{{"one", "", "text"}}, nil, nil, []string{"form one: must be a file"}},
		{"a text in a list", []formPart{{"l", "", "text"}, {"l", "a", "1"}}, nil, nil, []string{"form l: must be a file"}},
		{"a file and a text in the wrong places", []formPart{{"a", "f", "1"}, {"one", "", "text"}}, nil, nil,
			[]string{"form a: must not be a file", "form one: must be a file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := message{header: []string{sendsMultipart}, body: multipartBody(tt.parts...)}
			var one, list []string
			o := serveMessage(t, "/x", m, func(req *apiroute.Request, res *apiroute.Response) error {
				in, err := apiroute.Bind[takesFiles](req)
				one, list = fileContents(t, in.Body.One), fileContents(t, in.Body.List...)
				return err
			})
			if d1, d2, d3 := cmp.Diff(tt.one, one), cmp.Diff(tt.list, list), cmp.Diff(tt.errors, o.fieldErrors()); d1+d2+d3 != "" {
				t.Errorf("%q: %d (-want +got)\n%s%s%s", tt.parts, o.status, d1, d2, d3)
			}
		})
	}
}

func TestBindFilesRequired(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		m      message
		errors []string
	}{
		{"no body", message{}, []string{"form one: is required", "form list: is required"}},
		{"urlencoded, absent", message{header: []string{sendsForm}, body: "z=1"}, []string{"form one: is required", "form list: is required"}},
		{"urlencoded, texts", message{header: []string{sendsForm}, body: "one=1&list=1&list=2"}, []string{"form one: must be a file", "form list: must be a file"}},
		{"multipart, absent", message{header: []string{sendsMultipart}, body: multipartBody(formPart{"z", "z", ""})},
			[]string{"form one: is required", "form list: is required"}},
		{"multipart, empty files", message{header: []string{sendsMultipart}, body: multipartBody(formPart{"one", "a", ""}, formPart{"list", "b", ""})}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, o := bindAs[requiresFiles](t, "/x", tt.m)
			if diff := cmp.Diff(tt.errors, o.fieldErrors()); diff != "" {
				t.Errorf("%q: %d, errors (-want +got)\n%s", tt.m, o.status, diff)
			}
		})
	}
}

// A browser sends an input of type file in which nothing was chosen as an empty
// part with an empty filename (HTML, "constructing the entry list"), which
// mime/multipart takes for a text. It is no file, and nothing is wrong with it.
func TestBindFileNotChosen(t *testing.T) {
	t.Parallel()
	part := func(name string) string {
		return "--frontier\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n"
	}
	r := message{header: []string{sendsMultipart}, body: part("one") + part("l") + "--frontier--\r\n"}
	if got, a := bindAs[takesFiles](t, "/x", r); a.status != 200 || got.Body.One != nil || got.Body.List != nil {
		t.Errorf("%q: %d %s, got %+v, want 200 and no file", r, a.status, a.body, got)
	}
	r.body = part("one") + part("list") + "--frontier--\r\n"
	_, a := bindAs[requiresFiles](t, "/x", r)
	if diff := cmp.Diff([]string{"form one: is required", "form list: is required"}, a.fieldErrors()); diff != "" {
		t.Errorf("%q: %d, errors (-want +got)\n%s", r, a.status, diff)
	}
}

// Large files are kept in temporary files while the handler runs, and these are removed after the
// response, in whatever way the request came to the handler. The test sets an environment variable,
// so it is not parallel.
func TestBindTemporaryFiles(t *testing.T) {
	type key struct{}
	copied := apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
		})
	})
	wrapped := apiroute.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(struct{ http.ResponseWriter }{w}, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
		})
	})
	around := apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			req.Request = req.WithContext(context.WithValue(req.Context(), key{}, 1))
			return next(req, res)
		}
	})
	putBack := apiroute.Around(func(next apiroute.Handler) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			before := req.Request
			defer func() { req.Request = before }()
			req.Request = req.WithContext(context.WithValue(req.Context(), key{}, 1))
			return next(req, res)
		}
	})
	big := strings.Repeat("0123456789abcdef", 1<<16+1) // 16 bytes over 1 MiB
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	count := func() int {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	spilled := func(t *testing.T) {
		if count() == 0 {
			t.Error("there is no temporary file, so the test tests nothing")
		}
	}
	bind := func(t *testing.T) apiroute.Handler {
		return func(req *apiroute.Request, res *apiroute.Response) error {
			in, err := apiroute.Bind[takesFiles](req)
			if err != nil {
				return err
			}
			if got := fileContents(t, in.Body.One); len(got) != 1 || got[0] != "big="+big {
				t.Error("the file is not what was sent")
			}
			spilled(t)
			return res.End()
		}
	}
	plain := func(t *testing.T) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.ParseMultipartForm(1)
			f, _, err := r.FormFile("one")
			if err != nil {
				t.Error(err)
				return
			}
			f.Close()
			spilled(t)
		})
	}
	unreached := func(*testing.T) apiroute.Handler {
		return func(*apiroute.Request, *apiroute.Response) error { return errors.New("reached") }
	}
	tests := []struct {
		name    string
		options []apiroute.Option
		handler func(*testing.T) apiroute.Handler
	}{
		{"Bind", nil, bind},
		{"Bind, copied in Use", []apiroute.Option{copied}, bind},
		{"Bind, copied and wrapped in Use", []apiroute.Option{wrapped}, bind},
		{"Bind, copied in Around", []apiroute.Option{around}, bind},
		{"Bind, copied in Around and put back", []apiroute.Option{putBack}, bind},
		{"Bind, copied by Timeout", []apiroute.Option{apiroute.Timeout(time.Hour)}, bind},
		{"Bind, copied by all", []apiroute.Option{copied, wrapped, around, putBack, apiroute.Timeout(time.Hour)}, bind},
		{"Bind, then an error", nil, func(t *testing.T) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				bind(t)(req, res)
				return errors.New("late")
			}
		}},
		{"Bind, then a panic", nil, func(t *testing.T) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error { bind(t)(req, res); panic("late") }
		}},
		{"Bind, then copied", nil, func(t *testing.T) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				err := bind(t)(req, res)
				req.Request = req.WithContext(context.WithValue(req.Context(), key{}, 1))
				return err
			}
		}},
		{"FormFile", nil, func(t *testing.T) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				plain(t).ServeHTTP(res, req.Request)
				return nil
			}
		}},
		{"Use that goes no further", []apiroute.Option{apiroute.Use(func(http.Handler) http.Handler { return plain(t) })}, unreached},
		{"Use that panics", []apiroute.Option{apiroute.Use(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { plain(t).ServeHTTP(w, r); panic("late") })
		})}, unreached},
		{"FromHTTP", nil, func(t *testing.T) apiroute.Handler { return apiroute.FromHTTP(plain(t)) }},
		{"FromHTTP, copied in Use", []apiroute.Option{copied}, func(t *testing.T) apiroute.Handler { return apiroute.FromHTTP(plain(t)) }},
		{"FromHTTP, copied in Around", []apiroute.Option{around}, func(t *testing.T) apiroute.Handler { return apiroute.FromHTTP(plain(t)) }},
		{"FromHTTP, copied in Around and put back", []apiroute.Option{putBack}, func(t *testing.T) apiroute.Handler { return apiroute.FromHTTP(plain(t)) }},
	}
	r := message{target: "/g/x", header: []string{sendsMultipart}, body: multipartBody(formPart{"one", "big", big})}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The Use of the router runs before matching, where net/http looks after the files of
			// its own request; that of a group runs after it.
			outer := tt.options
			if strings.HasPrefix(tt.name, "Use that ") {
				outer = nil
			}
			api := apiroute.New(append([]apiroute.Option{apiroute.NoBodyLimit(), quiet()}, outer...)...)
			api.Group("/g", tt.options...).Post("/x", tt.handler(t))
			serveRecorder(api, r.request(t))
			if n := count(); n != 0 {
				t.Errorf("%d temporary files are left", n)
				os.RemoveAll(dir)
				os.Mkdir(dir, 0o700)
			}
		})
	}
	for name, m := range map[string]message{
		"broken off":     {header: []string{sendsMultipart}, body: r.body[:len(r.body)-100]},
		"over the limit": {header: []string{sendsMultipart}, body: r.body, chunked: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, o := bindAs[takesFiles](t, "/x", m, apiroute.BodyLimit(int64(len(r.body)-50)))
			if n := count(); n != 0 || o.status < 400 {
				t.Errorf("%d, %d temporary files are left", o.status, n)
			}
		})
	}
}

// Temporary files that the handler itself makes with net/http are removed too.
func TestRequestMultipartFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	files := func() int {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	var b strings.Builder
	w := multipart.NewWriter(&b)
	part, _ := w.CreateFormFile("file", "a.txt")
	io.WriteString(part, strings.Repeat("x", 5000))
	w.Close()
	upload := func(r *http.Request) error {
		if err := r.ParseMultipartForm(1); err != nil {
			return err
		}
		if files() != 1 {
			return errors.New("no temporary file: the test shows nothing")
		}
		_, _, err := r.FormFile("file")
		return err
	}
	copied := apiroute.Use(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r.WithContext(r.Context())) })
	})
	s := newAPI(t, func(api *apiroute.Router) {
		handler := func(req *apiroute.Request, _ *apiroute.Response) error { return upload(req.Request) }
		plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := upload(r); err != nil {
				panic(err)
			}
		})
		api.Post("/handler", handler)
		api.Post("/copied", handler, copied)
		api.Post("/around", handler, apiroute.Around(func(h apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, res *apiroute.Response) error {
				req.Request = req.WithContext(req.Context())
				return h(req, res)
			}
		}))
		api.Post("/refused", handler, apiroute.Around(func(apiroute.Handler) apiroute.Handler {
			return func(req *apiroute.Request, _ *apiroute.Response) error {
				req.Request = req.WithContext(req.Context())
				if err := upload(req.Request); err != nil {
					return err
				}
				return apiroute.Errorf(401, "refused")
			}
		}))
		api.Post("/timeout", handler, apiroute.Timeout(time.Hour))
		api.Post("/plain", apiroute.FromHTTP(plain), copied)
		api.Mount("/mount", plain, copied)
		api.Post("/fails", func(req *apiroute.Request, _ *apiroute.Response) error {
			if err := upload(req.Request); err != nil {
				return err
			}
			return apiroute.Errorf(400, "fails")
		}, copied)
		api.Post("/panics", func(req *apiroute.Request, _ *apiroute.Response) error {
			if err := upload(req.Request); err != nil {
				return err
			}
			panic("panics")
		}, copied)
	})
	for path, status := range map[string]int{"/handler": 204, "/copied": 204, "/around": 204, "/refused": 401, "/timeout": 204, "/plain": 200, "/mount": 200, "/fails": 400, "/panics": 500} {
		t.Run(path, func(t *testing.T) {
			if r := s.do("POST", path, b.String(), "Content-Type: "+w.FormDataContentType()); r.status != status {
				t.Errorf("%d %q, want %d", r.status, r.body, status)
			}
			logs := s.logs()
			if n := files(); n != 0 {
				t.Errorf("%d temporary files are left; log: %q", n, logs)
			}
		})
	}
}
