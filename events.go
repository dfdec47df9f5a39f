package apiroute

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// keepAlive is the time without an event after which an event stream sends a comment. Proxies tend
// to close connections that have been idle for 30 or 60 seconds.
const keepAlive = 15 * time.Second

// An Event is one server-sent event, as defined by the HTML standard
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
type Event struct {
	// ID is what the client sends as Last-Event-ID when it reconnects. "" leaves the client's last
	// ID as it is. It must not contain a line break or NUL.
	ID string

	// Type is the name of the event. "" stands for "message". It must not contain a line break.
	Type string

	// Retry is how long the client waits before it reconnects, sent in milliseconds and rounded up.
	// 0 leaves the client's delay as it is.
	Retry time.Duration

	// Data is sent as it is if it is a string or []byte, and otherwise as JSON. With nil the event
	// has no data; clients then take only ID and Retry from it and dispatch no event.
	Data any
}

// An EventStream sends server-sent events; [Response.Events] returns one. It is valid until the
// handler returns, and is safe for concurrent use by multiple goroutines. The zero EventStream is
// not usable.
type EventStream struct {
	res *Response

	mu    sync.Mutex
	timer *time.Timer // sends the next comment
	err   error       // why the stream has ended; nil while it has not
}

// Events begins a response of server-sent events, which [EventStream.Send] sends. The response ends
// when the handler returns. A client that reconnects names the last event that it received in the
// header Last-Event-ID.
//
// The Content-Type is text/event-stream, and Cache-Control is no-cache unless it is set. The header
// is sent at once. The server's timeouts do not end the stream; instead, a client that takes longer
// than 30 seconds to accept an event is disconnected. After 15 seconds without an event, a comment
// is sent, which keeps proxies from closing the connection and detects clients that are gone. After
// Events returns, only the stream may write to res.
//
// If the writer cannot flush, as that of [http.TimeoutHandler], the events reach the client when
// the writer sends them, which may be at the end.
//
// A handler should return the error. It is [ErrAnswered] if the response has already begun. It is
// also not nil for a HEAD request, to end the handler; there it is not a failure.
func (res *Response) Events() (*EventStream, error) {
	h := res.Header()
	h.Set("Content-Type", "text/event-stream")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("X-Accel-Buffering", "no") // otherwise nginx collects events before it passes them on
	if err := res.beginStream(h["Content-Type"]); err != nil {
		return nil, err
	}
	if err := res.writeAndFlush(nil); err != nil {
		return nil, res.misuse(err)
	}
	s := &EventStream{res: res}
	res.ensureExtra().stop = s.stop
	s.timer = time.AfterFunc(keepAlive, func() { s.write([]byte(":\n\n")) })
	return s, nil
}

// Send sends an event, and returns once the event has been handed to the connection.
//
// When the client is gone, has stalled for 30 seconds, or the context of the request is done, Send
// returns an error, as does every later call; the handler should then return that error. Send also
// returns an error for an event that cannot be sent: one whose Data has no JSON form, whose ID or
// Type contains a line break, or whose ID contains NUL. Nothing of it is sent then, and the stream
// goes on.
func (s *EventStream) Send(e Event) error {
	if s == nil {
		return errNoStream
	}
	b, err := e.encode(s.res.marshal)
	if err != nil {
		return err
	}
	return s.write(b)
}

// errNoStream is the error for a stream that Events has not begun, and whose error was ignored.
var errNoStream = errors.New("apiroute: Send: the *EventStream is nil: return the error of Events instead of going on")

// write sends an encoded event or comment, unless the stream has ended.
func (s *EventStream) write(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = s.res.req.base.Context().Err() // of the client's connection
	}
	if s.err == nil {
		s.err = s.res.req.Context().Err() // which the handler may have replaced
	}
	if s.err == nil {
		s.err = s.res.writeAndFlush(b)
	}
	if s.err == nil {
		s.timer.Reset(keepAlive)
	}
	return s.err
}

// stop ends the stream when its handler has returned. It waits for a comment that is being written.
func (s *EventStream) stop() {
	s.timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop() // write may have reset it
	s.err = ErrAnswered
}

// encode returns the event in the form in which it is sent.
func (e Event) encode(marshal func(any) ([]byte, error)) ([]byte, error) {
	if strings.ContainsAny(e.ID, "\r\n\x00") || strings.ContainsAny(e.Type, "\r\n") {
		return nil, fmt.Errorf("apiroute: Send: event %q of type %q contains a line break or NUL", e.ID, e.Type)
	}
	var b []byte
	if e.Type != "" {
		b = append(b, "event: "+e.Type+"\n"...)
	}
	if e.ID != "" {
		b = append(b, "id: "+e.ID+"\n"...)
	}
	if e.Retry > 0 {
		b = append(strconv.AppendInt(append(b, "retry: "...), roundUpToMillis(e.Retry), 10), '\n')
	}
	switch d := e.Data.(type) {
	case nil:
	case string:
		b = appendLines(b, d)
	case []byte:
		b = appendLines(b, d)
	default:
		text, err := marshal(d)
		if err != nil {
			return nil, fmt.Errorf("apiroute: Send: %w", err)
		}
		b = appendLines(b, text)
	}
	return append(b, '\n'), nil
}

// appendLines appends the data of an event, each line of it as a field of its own. The HTML
// standard has three line breaks: \n, \r and \r\n.
func appendLines[T string | []byte](b []byte, data T) []byte {
	b = slices.Grow(b, len("data: ")+len(data)+len("\n\n")) // for one line, as JSON is
	begin := 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c > '\r': // nearly all bytes
		case c == '\n' && i > 0 && data[i-1] == '\r': // the line has ended before
			begin = i + 1
		case c == '\n', c == '\r':
			b = append(append(append(b, "data: "...), data[begin:i]...), '\n')
			begin = i + 1
		}
	}
	return append(append(append(b, "data: "...), data[begin:]...), '\n')
}

// roundUpToMillis returns d in milliseconds. It rounds up, because a retry of 0 would make the
// client reconnect at once.
func roundUpToMillis(d time.Duration) int64 {
	ms := d.Milliseconds()
	if d%time.Millisecond > 0 {
		ms++
	}
	return ms
}
