package main

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
)

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAttachment(t *testing.T) {
	s := newTestSite(t)
	for _, tt := range []struct {
		name, file  string
		data        []byte
		wantType    string
		disposition string
	}{
		{"a picture", "Sea & sun.png", picture(t), "image/png", `attachment; filename="Sea & sun.png"`},
		{"a page with a wrong name", "photo.jpg", []byte("<script>alert(1)</script>"), "text/html", "attachment; filename=photo.jpg"},
		{"a path", "../../etc/passwd", []byte{0, 1, 2}, "application/octet-stream", "attachment; filename=passwd"},
		{"letters", "Größe.txt", []byte("größer"), "text/plain", "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt"},
		{"a name in no encoding", "a\xff.txt", []byte("abc"), "text/plain", "attachment; filename*=utf-8''a%EF%BF%BD.txt"},
		{"the largest", "large", bytes.Repeat([]byte("a"), maxFile), "text/plain", "attachment; filename=large"},
	} {
		body, header := form(t, "file", tt.file, tt.data)
		res := s.do(t, "POST", "/api/tasks/1/attachments", body, header)
		if res.StatusCode != 201 || !strings.Contains(res.body, `"type":"`+tt.wantType+`"`) {
			t.Fatalf("%s: got %d %s, want 201 and %s", tt.name, res.StatusCode, res.body, tt.wantType)
		}
		at := res.Header.Get("Location")
		res = s.do(t, "GET", at, "")
		if res.StatusCode != 200 || res.body != string(tt.data) {
			t.Errorf("%s: got %d and %d bytes, want %d", tt.name, res.StatusCode, len(res.body), len(tt.data))
		}
		for name, want := range map[string]string{
			"Content-Type": tt.wantType, "Content-Disposition": tt.disposition,
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s: got %q, want %q", tt.name, name, got, want)
			}
		}
		if again := s.do(t, "GET", at, "", "If-None-Match: "+res.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("%s: unchanged: got %d, want 304", tt.name, again.StatusCode)
		}
		if part := s.do(t, "GET", at, "", "Range: bytes=1-2"); part.StatusCode != 206 || part.body != string(tt.data[1:3]) {
			t.Errorf("%s: a part: got %d %q", tt.name, part.StatusCode, part.body)
		}
	}
	task := get[Task](t, s, "/api/tasks/1")
	if n := len(task.Attachments); n != 6 || task.Attachments[5].Name != "large" || task.Attachments[5].Size != maxFile {
		t.Errorf("got %d attachments, %+v", n, task.Attachments)
	}
	if res := s.do(t, "DELETE", task.Attachments[0].URL, ""); res.StatusCode != 204 {
		t.Errorf("delete: got %d", res.StatusCode)
	}
	if res := s.do(t, "GET", task.Attachments[0].URL, ""); res.StatusCode != 404 {
		t.Errorf("after the delete: got %d, want 404", res.StatusCode)
	}
	s.do(t, "DELETE", "/api/tasks/1", "")
	if res := s.do(t, "GET", task.Attachments[1].URL, ""); res.StatusCode != 404 {
		t.Errorf("after the task: got %d, want 404", res.StatusCode)
	}
}

func TestAttachmentRejected(t *testing.T) {
	s := newTestSite(t)
	for _, tt := range []struct {
		name, path, field, file string
		size, status            int
		want                    string
	}{
		{"empty", "/api/tasks/1/attachments", "file", "a", 0, 422, `{"in":"form","name":"file","detail":"must not be empty"}`},
		{"a byte too large", "/api/tasks/1/attachments", "file", "a", maxFile + 1, 422, `{"in":"form","name":"file","detail":"must have at most 5 MiB"}`},
		{"far too large", "/api/tasks/1/attachments", "file", "a", 2 * maxFile, 413, `"status":413`},
		{"a long name", "/api/tasks/1/attachments", "file", strings.Repeat("a", 201), 1, 422, `must have a shorter name`},
		{"another field", "/api/tasks/1/attachments", "picture", "a", 1, 400, `{"in":"form","name":"file","code":"required"`},
		{"no task", "/api/tasks/99/attachments", "file", "a", 1, 404, "there is no task 99"},
	} {
		body, header := form(t, tt.field, tt.file, make([]byte, tt.size))
		res := s.do(t, "POST", tt.path, body, header)
		if res.StatusCode != tt.status || !strings.Contains(res.body, tt.want) {
			t.Errorf("%s: got %d %s, want %d and %s", tt.name, res.StatusCode, res.body, tt.status, tt.want)
		}
	}
	if res := s.do(t, "POST", "/api/tasks/1/attachments", `{}`); res.StatusCode != 415 {
		t.Errorf("JSON: got %d, want 415", res.StatusCode)
	}
	body, header := form(t, "file", "a", []byte("a"))
	for i := range maxFiles + 1 {
		want := 201
		if i == maxFiles {
			want = 409
		}
		if res := s.do(t, "POST", "/api/tasks/2/attachments", body, header); res.StatusCode != want {
			t.Errorf("file %d: got %d %s, want %d", i+1, res.StatusCode, res.body, want)
		}
	}
	if n := len(get[Task](t, s, "/api/tasks/1").Attachments); n != 0 {
		t.Errorf("%d files were kept, though all were rejected", n)
	}
}
