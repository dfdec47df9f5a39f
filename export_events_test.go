package apiroute

// An event stream sends a comment after 15 seconds of silence, which is longer than a test may take.
// These functions let the tests of package apiroute_test see and set its timer.

// KeepAliveNow makes the next comment due.
func KeepAliveNow(s *EventStream) { s.timer.Reset(0) }

// KeepAliveLater makes the next comment due after the usual time.
func KeepAliveLater(s *EventStream) { s.timer.Reset(keepAlive) }

// StopKeepAlive stops the timer of the next comment, and reports whether it was set.
func StopKeepAlive(s *EventStream) bool { return s.timer.Stop() }

// HoldEvents makes whoever would write to the stream or end it wait until release is called.
func HoldEvents(s *EventStream) (release func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// EventsErr returns the error that has ended the stream, or nil.
func EventsErr(s *EventStream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
