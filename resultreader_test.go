package apiroute_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/apiroute"
)

// A countedBody is a body that counts its calls.
type countedBody struct {
	io.Reader
	read, closed int
}

func (b *countedBody) Read(p []byte) (int, error) {
	b.read++
	return b.Reader.Read(p)
}

func (b *countedBody) Close() error {
	b.closed++
	return nil
}

type readerResult struct {
	Status int       `status:"200,204,304"`
	Body   io.Reader `body:"bytes" contentMediaType:"text/plain"`
}

// stepReader returns its texts one by one, and then an error.
type stepReader struct {
	texts []string
	err   error
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.texts) == 0 {
		if r.err == nil {
			panic("no more")
		}
		return 0, r.err
	}
	n := copy(p, r.texts[0])
	r.texts = r.texts[1:]
	return n, nil
}

// A reader is sent to its end and closed once, whatever happens.
func TestResultReader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		method       string
		status       int
		reader       io.Reader
		want         int
		body         string
		cut, notRead bool
		logs         int
	}{
		{"two parts", "GET", 0, &stepReader{[]string{"a", "b"}, io.EOF}, 200, "ab", false, false, 0},
		{"nothing to read", "GET", 0, &stepReader{nil, io.EOF}, 200, "", false, false, 0},
		{"HEAD", "HEAD", 0, &stepReader{[]string{"a"}, io.EOF}, 200, "", false, true, 0},
		{"204", "GET", 204, &stepReader{[]string{"a"}, io.EOF}, 204, "", false, true, 0},
		{"304", "GET", 304, &stepReader{[]string{"a"}, io.EOF}, 304, "", false, true, 0},
		{"an error midway", "GET", 0, &stepReader{[]string{"a"}, errors.New("broken")}, 200, "a", true, false, 1},
		{"an incomplete source", "GET", 0, &stepReader{[]string{"a"}, io.ErrUnexpectedEOF}, 200, "a", true, false, 1},
		{"a panic midway", "GET", 0, &stepReader{[]string{"a"}, nil}, 200, "a", true, false, 1},
		{"a panic at once", "GET", 0, &stepReader{nil, nil}, 500, problem(500), false, false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for way, opts := range resultWays {
				first := tt.reader.(*stepReader)
				body := &countedBody{Reader: &stepReader{first.texts, first.err}}
				s := newAPI(t, func(r *apiroute.Router) { returning(readerResult{tt.status, body})(r, opts...) })
				r := s.do(tt.method, "/x", "")
				if r.status != tt.want || r.body != tt.body || (r.err != nil) != tt.cut {
					t.Errorf("%s: %d %q, error %v; want %d %q, cut %t", way, r.status, r.body, r.err, tt.want, tt.body, tt.cut)
				}
				if lines := s.logs(); len(lines) != tt.logs {
					t.Errorf("%s: log %q, want %d lines", way, lines, tt.logs)
				}
				if body.closed != 1 || (body.read == 0) != tt.notRead {
					t.Errorf("%s: read %d times and closed %d times", way, body.read, body.closed)
				}
			}
		})
	}
}

// A file is a reader that is closed, and no reader is an empty body.
func TestResultFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(name, []byte(strings.Repeat("x", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	var opened *os.File
	s := newAPI(t, func(r *apiroute.Router) {
		apiroute.Get(r, "/file", func(context.Context, struct{}) (out readerResult, err error) {
			opened, err = os.Open(name)
			return readerResult{Body: opened}, err
		})
		apiroute.Get(r, "/none", func(context.Context, struct{}) (readerResult, error) { return readerResult{}, nil })
	})
	s.do("GET", "/file", "").want(t, 200, strings.Repeat("x", 100_000))
	s.counts()
	if err := opened.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Close after the response: %v, want %v", err, os.ErrClosed)
	}
	none := s.do("GET", "/none", "")
	none.want(t, 200, "")
	if got := none.header.Get("Content-Type"); got != "text/plain" {
		t.Errorf("without a reader, the Content-Type is %q", got)
	}
}

// A reader is closed when the client leaves. It is sent part by part.
func TestResultReaderClientLeaves(t *testing.T) {
	t.Parallel()
	closed, step := make(chan int, 2), make(chan bool)
	s := newAPI(t, func(r *apiroute.Router) {
		apiroute.Get(r, "/x", func(ctx context.Context, _ struct{}) (readerResult, error) {
			first := true
			return readerResult{Body: struct {
				io.Reader
				io.Closer
			}{readFunc(func(p []byte) (int, error) {
				if !first {
					<-step
					<-ctx.Done()
					return 0, ctx.Err()
				}
				first = false
				return copy(p, "a"), nil
			}), closeFunc(func() error { closed <- 1; return nil })}}, nil
		})
	})
	c := s.dial(t)
	c.send(t, requestText("GET", "/x", ""))
	if b, err := io.ReadAll(io.LimitReader(c.response(t, "GET").Body, 1)); string(b) != "a" || err != nil {
		t.Errorf("the first part is %q, %v", b, err)
	}
	c.Close()
	close(step)
	receive(t, "the reader to be closed", closed)
	s.logs()
	if len(closed) != 0 {
		t.Error("closed twice")
	}
}

type closeFunc func() error

func (f closeFunc) Close() error { return f() }
