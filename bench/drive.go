package main

import (
	"net/http"
	"strings"
	"time"
)

// A writer is a ResponseWriter that is reused for every request, so that the figures contain only
// the work of the peer. It has those methods of net/http's own writer that peers look for. Without
// SetReadDeadline, for example, huma would spend time on an error that it never gets from a
// server.
type writer struct {
	header http.Header
	status int // 0 until something is written
	length int
	keep   bool // whether to keep the body and not only its length
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

// A reader is the body of a request. It can be reset and read again.
type reader struct{ strings.Reader }

func (*reader) Close() error { return nil }

// A driver sends the requests of one task to one handler.
type driver struct {
	handler http.Handler
	calls   []call
	request http.Request // the one that the handler sees
	body    reader
	writer  writer
}

// A call is a request that no handler has seen, and its body.
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

// op sends every request once.
func (d *driver) op() {
	for i := range d.calls {
		d.call(i)
	}
}

// call sends one request. The handler gets a fresh copy of it, because handlers leave something in
// a request, such as path values.
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
