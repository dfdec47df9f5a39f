package apiroute

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

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
