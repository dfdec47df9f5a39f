package apiroute_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"example.com/apiroute"
)

// Middleware of a group may parse a form, and then pass on the request, another one, or none. The
// temporary files of the form are removed in each case, also if the server's own request is not the
// one that the router gets.
func TestMiddlewareFormFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // on Windows
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "name")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, strings.Repeat("z", 11<<20)) // more than net/http keeps in memory
	form.Close()
	without := func(r *http.Request) *http.Request {
		r = r.Clone(r.Context())
		r.MultipartForm, r.Form, r.PostForm, r.Body = nil, nil, nil, http.NoBody
		return r
	}
	for name, pass := range map[string]func(next http.Handler, w http.ResponseWriter, r *http.Request){
		"none":     func(http.Handler, http.ResponseWriter, *http.Request) {},
		"the same": func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) },
		"a copy": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.Clone(r.Context()))
		},
		"one without the form": func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, without(r)) },
		"one, with another writer": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(struct{ http.ResponseWriter }{w}, without(r))
		},
		"none, with a panic": func(http.Handler, http.ResponseWriter, *http.Request) { panic("secret") },
	} {
		for _, method := range []string{"POST", "PUT"} { // PUT is a 405
			t.Run(name+", "+method, func(t *testing.T) {
				api := apiroute.New(quiet())
				api.Group("/g", useFunc(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					if err := r.ParseMultipartForm(1); err != nil {
						t.Error(err)
					}
					pass(next, w, r)
				})).Post("/x", respondOK, apiroute.NoBodyLimit())
				r := httptest.NewRequest(method, "/api/g/x", bytes.NewReader(body.Bytes()))
				r.Header.Set("Content-Type", form.FormDataContentType())
				serveRecorder(http.StripPrefix("/api", api), r)
				if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
					t.Errorf("%d temporary files are left, %v", len(left), err)
				}
			})
		}
	}
}
