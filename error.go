package apiroute

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An Error is an error that says what the client gets: an answer with the
// status and, as application/problem+json (RFC 9457), title, detail and fields.
// A handler returns one, by itself or wrapped, or made with [Errorf].
//
//	{"title":"Not Found","status":404,"detail":"no post 7"}
//
// Of all other errors nothing reaches the client. The answer is 413 for
// [http.MaxBytesError] and [multipart.ErrMessageTooLarge]; 400 for
// [http.ErrMissingFile] and [http.ErrMissingBoundary]; 415 for
// [http.ErrNotMultipart]; 503 past the [Timeout] of the route; 499, which
// nobody gets, for [context.Canceled] when the client is gone; else, and for a
// panic, 500.
//
// Headers that the handler set do not go out with an error; those that stood
// when it was called do. Where a part of an answer is out already, the
// connection is cut, so that half an answer never looks whole.
//
// All errors are logged, with method, route, path, status and error: those
// answered 5xx at [slog.LevelError], a panic with its stack; those answered 4xx
// at [slog.LevelWarn] if there is something that the client was not told, else,
// and when the client is gone, at [slog.LevelDebug].
//
// An Error is also an [http.Handler] that writes itself, so that standard
// middleware refuses in the same voice. It must not be changed once it is
// returned; many goroutines may then use it.
type Error struct {
	Status int          // 400 to 599; any other is answered as a 500 that tells nothing
	Title  string       // http.StatusText(Status) if empty
	Detail string       // may be empty
	Fields []FieldError // what is wrong with the request, field by field; may be empty
	Header http.Header  // goes out too (Retry-After, WWW-Authenticate); a 405 without Allow gets the route's
	Err    error        // for the log, and for errors.Is and errors.As; may be nil
}

// A FieldError says what is wrong with one field of a request.
type FieldError struct {
	In     string `json:"in"`             // path, query, header, cookie, form or body
	Name   string `json:"name,omitempty"` // for the body its JSON path, items[2].price; "" for all of it
	Detail string `json:"detail"`         // what it must be, in English, without the value
}

// Errorf returns an [*Error] with a status from 400 to 599 and a detail that
// the client gets. An error formatted with %w is in the detail, and is found by
// [errors.Is].
func Errorf(status int, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	e := &Error{Status: status, Detail: err.Error()}
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		e.Err = u.Unwrap()
	case interface{ Unwrap() []error }:
		e.Err = err
	}
	return e
}

// Error returns the error in one line, for a log.
func (e *Error) Error() string {
	if e == nil {
		return "apiroute: nil *Error"
	}
	var b strings.Builder
	b.WriteString("apiroute: " + strconv.Itoa(e.Status) + " " + e.title())
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, f := range e.Fields {
		b.WriteString("; " + f.text())
	}
	if text := e.untold(); text != "" {
		b.WriteString(": " + text)
	}
	return b.String()
}

// untold returns the text of Err, unless the client is told it in the detail.
func (e *Error) untold() string {
	if e.Err == nil {
		return ""
	}
	if text := fmt.Sprint(e.Err); !strings.Contains(e.Detail, text) {
		return text
	}
	return ""
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

func (e *Error) title() string {
	if e.Title != "" {
		return e.Title
	}
	if t := http.StatusText(e.Status); t != "" {
		return t
	}
	return "Error"
}

// ServeHTTP answers any request with the error.
func (e *Error) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if res, ok := w.(*Response); ok && res.started() {
		res.misuse(ErrAnswered)
		return
	}
	if !e.valid() {
		e = plain500
	}
	e.write(w, r.Method == http.MethodHead)
}

func (e *Error) valid() bool { return e != nil && 400 <= e.Status && e.Status <= 599 }

// Error returns the error in one line, for a log.
func (f FieldError) Error() string { return "apiroute: " + f.text() }

func (f FieldError) text() string {
	if f.Name == "" {
		return f.In + " " + f.Detail
	}
	return f.In + " " + strconv.Quote(f.Name) + " " + f.Detail
}

// badRequest returns the 400 for what is wrong with a request's fields.
func badRequest(fields ...FieldError) *Error {
	e := &Error{Status: http.StatusBadRequest, Fields: fields}
	switch {
	case len(fields) > 1:
		e.Detail = strconv.Itoa(len(fields)) + " fields are wrong"
	case fields[0].Name == "":
		e.Detail = "the " + fields[0].In + " " + fields[0].Detail
	default:
		e.Detail = "1 field is wrong"
	}
	return e
}

// A problemText is the body of an error, RFC 9457, and the writer that an encoder
// gives it to.
type problemText struct {
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Errors []FieldError `json:"errors,omitempty"`

	err  *Error
	w    http.ResponseWriter
	head bool
}

// write sends the error as the whole answer.
func (e *Error) write(w http.ResponseWriter, head bool) {
	p := &problemText{e.title(), e.Status, e.Detail, e.Fields, e, w, head}
	json.NewEncoder(p).Encode(p) // strings and an int: no error
}

func (p *problemText) Write(text []byte) (int, error) {
	body, h := trimNewline(text), p.w.Header()
	delete(h, "Etag") // of the answer that it is not, as http.Error has it
	delete(h, "Last-Modified")
	for k, v := range p.err.Header {
		h[http.CanonicalHeaderKey(k)] = slices.Clip(v) // that nobody adds to the error's own
	}
	h["Content-Type"], h["X-Content-Type-Options"], h["Cache-Control"] = problemType, noSniff, noStore
	h["Content-Length"] = []string{strconv.Itoa(len(body))} // by which it is seen to be whole, whoever wrote it
	if p.Status == http.StatusRequestEntityTooLarge {
		h.Set("Connection", "close") // the rest of the body is not worth reading
	}
	p.w.WriteHeader(p.Status)
	if !p.head {
		p.w.Write(body)
	}
	return len(text), nil
}
