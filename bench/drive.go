package main

import (
	"net/http"
	"strings"
	"time"
)

// A writer is a ResponseWriter that is used again and again, so that a figure is
// the peer's alone. It has what net/http's own has and the peers ask for:
// without SetReadDeadline huma would pay for an error that no server gives it.
type writer struct {
	header http.Header
	status int // 0 as long as nothing is written
	length int
	keep   bool // the body too
	body   []byte
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(200)
	w.length += len(b)
	if w.keep {
		w.body = append(w.body, b...)
	}
	return len(b), nil
}

func (w *writer) WriteString(s string) (int, error) {
	w.WriteHeader(200)
	w.length += len(s)
	if w.keep {
		w.body = append(w.body, s...)
	}
	return len(s), nil
}

func (w *writer) Flush()                           {}
func (w *writer) SetReadDeadline(time.Time) error  { return nil }
func (w *writer) SetWriteDeadline(time.Time) error { return nil }

// A reader is a request's body that can be read again.
type reader struct{ strings.Reader }

func (*reader) Close() error { return nil }

// A driver puts the requests of one task to one handler.
type driver struct {
	handler http.Handler
	calls   []call
	request http.Request // the one that the handler sees
	body    reader
	writer  writer
}

// A call is a request as it is before a handler has touched it.
type call struct {
	request *http.Request
	body    string
}

func newDriver(h http.Handler, messages []message) *driver {
	d := &driver{handler: h, writer: writer{header: http.Header{}}}
	for _, m := range messages {
		d.calls = append(d.calls, call{m.request(), m.body})
	}
	return d
}

// op makes every call once.
func (d *driver) op() {
	for i := range d.calls {
		d.call(i)
	}
}

// call makes one call. The request is set anew from its original, for handlers
// leave things in it (path values) that a server's next request has not.
func (d *driver) call(i int) {
	c := &d.calls[i]
	d.request = *c.request
	if c.body != "" {
		d.body.Reset(c.body)
		d.request.Body = &d.body
	}
	clear(d.writer.header)
	d.writer.status, d.writer.length, d.writer.body = 0, 0, d.writer.body[:0]
	d.handler.ServeHTTP(&d.writer, &d.request)
}
