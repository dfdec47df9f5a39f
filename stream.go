package apiroute

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// stall is how long a client may take for one part of a stream, of 32 KiB
	// at most, before it is dropped.
	stall = 30 * time.Second
	// keepAlive is after how much silence an event stream sends a comment.
	// Proxies tend to cut a connection that is idle for 30 or 60 seconds.
	keepAlive = 15 * time.Second
)

// errHeadOnly ends a handler that would stream to a HEAD request.
var errHeadOnly = errors.New("apiroute: the answer to HEAD has no body")

// stream sends the header of an answer that will take its time. The deadlines
// of the server no longer cut it: each part has a deadline of its own.
func (res *Response) stream(contentType []string) error {
	if err := res.check(); err != nil {
		return err
	}
	res.setType(res.Header(), contentType)
	res.lift()
	return res.streamHeader()
}

func (res *Response) streamHeader() error {
	res.keepBody()
	res.WriteHeader(res.statusOr(http.StatusOK))
	if res.is(isHead) || bodyless(int(res.code)) {
		res.state |= isDone
		return errHeadOnly
	}
	return nil
}

// lift takes the server's deadlines off the connection. That for reading has to
// go too, for an answer that is written while the body is still being read.
func (res *Response) lift() {
	res.state |= lifted
	http.NewResponseController(res.w).SetReadDeadline(time.Time{})
}

// keepBody leaves what is left of a body that is being read to its reader. Before
// the first part of an answer, net/http's HTTP/1 server would read 256 KiB of it
// away to have the connection ready for the next request, and what is read after
// that looks whole, with a hole in it or its end missing. It does not do so for
// the last request of a connection. EnableFullDuplex is no way: a body that is
// left in part then makes the server panic with "invalid concurrent Body.Read
// call". A body that nobody reads is net/http's, as ever.
func (res *Response) keepBody() {
	if res.readsBody() {
		res.Header().Set("Connection", "close")
	}
}

// readsBody reports whether a body is being read that HTTP/1 has more of.
func (res *Response) readsBody() bool {
	b := res.req.body
	return b != nil && b.state.Load() == begun && !b.all && res.req.ProtoMajor == 1
}

// guard gives the client time to take the next part, if the answer is a stream,
// and returns what takes the deadline off again: HTTP/2 resets a stream past it
// even if nothing is being written. A writer that knows no deadlines has none.
func (res *Response) guard() (done func()) {
	if !res.is(lifted) {
		return func() {}
	}
	rc := http.NewResponseController(res.w)
	rc.SetWriteDeadline(time.Now().Add(stall))
	return func() { rc.SetWriteDeadline(time.Time{}) }
}

// release ends a stream when its handler has returned. The server may still have
// something to write, and sets a deadline for the next request only if it has
// one.
func (res *Response) release() {
	if !res.is(lifted) {
		return
	}
	if res.more != nil && res.more.events != nil {
		res.more.events.stop()
	}
	if res.is(hijacked) {
		return
	}
	if res.readsBody() { // for what is left, which the server reads now
		http.NewResponseController(res.w).SetReadDeadline(time.Now().Add(stall))
	}
	if srv, _ := res.req.base.Context().Value(http.ServerContextKey).(*http.Server); srv != nil && srv.WriteTimeout > 0 {
		http.NewResponseController(res.w).SetWriteDeadline(time.Now().Add(stall))
	}
}

// Stream answers with what is left of r, sent as it comes. A contentType of ""
// is the one that is set, or application/octet-stream. The server's deadlines
// do not end it, but a client that takes longer than 30 seconds for a part, of
// at most 32 KiB, is dropped. An error of r, or of the client, is returned, and
// cuts the connection; r is not closed. To a HEAD request only the header goes
// out, and nothing is read from r.
//
// r may read from the body of the request, while the client still sends it. With
// HTTP/1 the answer then ends the connection, unless the body was at its end
// first. If r reads from it only after something else, set the header
// Connection: close, or net/http will have taken a part of the body.
func (res *Response) Stream(contentType string, r io.Reader) error {
	if contentType != "" {
		res.Header().Set("Content-Type", contentType)
	}
	if err := res.check(); err != nil {
		return err
	}
	res.setType(res.Header(), bytesType)
	res.lift()
	if res.is(isHead) || res.bodyless() {
		return headOnly(res.streamHeader())
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if res.code == 0 {
			res.streamHeader() // now that it shows whether r reads the body of the request
		}
		if n > 0 {
			if _, err := res.Write(buf[:n]); err != nil {
				return err
			}
			if n < len(buf) { // r has no more at the moment
				if err := res.FlushError(); err != nil && !errors.Is(err, http.ErrNotSupported) {
					return err
				}
			}
		}
		if err == io.EOF {
			res.state |= isDone
			return nil
		}
		if err != nil {
			return res.misuse(fmt.Errorf("apiroute: Stream: %w", err))
		}
	}
}

func headOnly(err error) error {
	if errors.Is(err, errHeadOnly) {
		return nil
	}
	return err
}

// JSONLines answers with the values of seq, an [iter.Seq2] of values and errors,
// one a line (application/x-ndjson), each sent when it comes. The deadlines are
// those of [Response.Stream]. The first error of seq, of encoding or of the
// client ends it and is returned: before the first value it is answered as any
// error, after that it cuts the connection. To a HEAD request only the header
// goes out, and seq is not called.
func JSONLines[T any](res *Response, seq func(yield func(T, error) bool)) error {
	if res.is(isHead) || res.check() != nil {
		return headOnly(res.stream(linesType))
	}
	var err error
	seq(func(v T, e error) bool {
		if err == nil { // else seq goes on all the same
			err = e
		}
		if err == nil {
			err = res.sendLine(v)
		}
		return err == nil
	})
	if err == nil && res.code == 0 {
		err = res.stream(linesType)
	}
	if headOnly(err) != nil {
		return res.misuse(err)
	}
	res.state |= isDone
	return nil
}

func (res *Response) sendLine(v any) error {
	line, err := res.marshal(v)
	if err != nil {
		return fmt.Errorf("apiroute: JSONLines: %w", err)
	}
	if !res.is(lifted) {
		if err := res.stream(linesType); err != nil {
			return err
		}
	}
	return res.writeNow(append(line, '\n'))
}

// marshal encodes a value by the codec of the route.
func (res *Response) marshal(v any) ([]byte, error) {
	if m := res.req.match.scope.marshal; m != nil {
		return m(v)
	}
	return json.Marshal(v)
}

// writeNow sends a part without delay.
func (res *Response) writeNow(b []byte) error {
	if _, err := res.Write(b); err != nil {
		return err
	}
	if err := res.FlushError(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// An Event is one server-sent event, as the HTML standard has it
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
type Event struct {
	ID    string        // the client names it as Last-Event-ID when it comes back; "": none
	Type  string        // "": message
	Retry time.Duration // after which to come back, sent in milliseconds, rounded up; 0: as before
	Data  any           // a string or []byte as it is, else as JSON; nil: none, and clients then take ID and Retry only
}

// An EventStream sends server-sent events. It is valid until the handler
// returns, and many goroutines may use it at once.
type EventStream struct {
	res *Response

	mu    sync.Mutex
	timer *time.Timer // for the next comment
	err   error       // why it has ended
}

// Events begins an answer of server-sent events; see [EventStream.Send]. A client
// that comes back names the last event it got in the header Last-Event-ID.
//
// The header is sent at once. The server's deadlines do not end the stream, but
// a client that takes longer than 30 seconds for an event is dropped. After 15
// seconds without an event a comment goes out, which keeps proxies from cutting
// the connection and finds clients that are gone. After Events nothing but the
// stream may write to res. The error is for a handler to return; it also ends
// the handler of a HEAD request, where that is no failure.
func (res *Response) Events() (*EventStream, error) {
	h := res.Header()
	h.Set("Content-Type", "text/event-stream")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("X-Accel-Buffering", "no") // nginx would collect the events
	if err := res.stream(h["Content-Type"]); err != nil {
		return nil, err
	}
	if err := res.FlushError(); err != nil {
		return nil, res.misuse(err)
	}
	s := &EventStream{res: res}
	s.timer = time.AfterFunc(keepAlive, func() { s.write([]byte(":\n\n")) })
	res.rare().events = s
	return s, nil
}

// Send sends an event and does not return before it is on its way. It returns
// an error, then and ever after, once the client is gone, has stalled, or the
// context of the request is done; the handler should then return it. For an
// event that cannot be sent it returns an error, and the stream goes on: for
// data that has no JSON form, an ID or a Type with a line break, or an ID with
// NUL.
func (s *EventStream) Send(e Event) error {
	text, err := e.encode(s.res.marshal)
	if err != nil {
		return err
	}
	return s.write(text)
}

func (s *EventStream) write(text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = s.res.req.base.Context().Err()
	}
	if s.err == nil {
		s.err = s.res.req.Context().Err()
	}
	if s.err == nil {
		s.err = s.res.writeNow(text)
	}
	if s.err == nil {
		s.timer.Reset(keepAlive)
	}
	return s.err
}

// stop ends the stream when its handler has returned. A comment that is being
// written is waited for.
func (s *EventStream) stop() {
	s.timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop() // it may have been set again
	s.err = ErrAnswered
}

func (e Event) encode(marshal func(any) ([]byte, error)) ([]byte, error) {
	if strings.ContainsAny(e.ID, "\r\n\x00") || strings.ContainsAny(e.Type, "\r\n") {
		return nil, fmt.Errorf("apiroute: Send: event %q of type %q: a line break or NUL in it", e.ID, e.Type)
	}
	var b bytes.Buffer
	if e.Type != "" {
		b.WriteString("event: " + e.Type + "\n")
	}
	if e.ID != "" {
		b.WriteString("id: " + e.ID + "\n")
	}
	if e.Retry > 0 {
		ms := e.Retry.Milliseconds()
		if e.Retry%time.Millisecond > 0 {
			ms++ // 0 would have the client come back at once
		}
		b.WriteString("retry: " + strconv.FormatInt(ms, 10) + "\n")
	}
	var data string
	switch d := e.Data.(type) {
	case nil:
		b.WriteByte('\n')
		return b.Bytes(), nil
	case string:
		data = d
	case []byte:
		data = string(d)
	default:
		text, err := marshal(d)
		if err != nil {
			return nil, fmt.Errorf("apiroute: Send: %w", err)
		}
		data = string(text)
	}
	for _, line := range strings.Split(lineBreaks.Replace(data), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// lineBreaks makes the three line breaks of the standard one.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")
