package apiroute

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An Error is an error that determines what the client receives: a response with its status and,
// as application/problem+json (RFC 9457), its title, detail and fields. A handler returns one as it
// is or wrapped; [Errorf] makes a simple one.
//
//	{"title":"Not Found","status":404,"detail":"no post 7"}
//
// Of an error that neither is nor wraps an Error, the client learns only a status. It is the first
// of these that applies:
//
//   - 500 for a panic
//   - 503 once the [Timeout] of the route has passed
//   - 499, which is logged and reaches nobody, for [context.Canceled] when the client is gone
//   - 413 for [http.MaxBytesError], with the limit, and for [multipart.ErrMessageTooLarge]
//   - 400 for [http.ErrMissingFile] and [http.ErrMissingBoundary]
//   - 415 for [http.ErrNotMultipart]
//   - 500 for every other error
//
// Headers that the handler has set are not sent with an error; those that were already set when the
// handler was called are. If a part of a response has been sent before the error, the connection is
// closed, so that a partial response never looks complete.
//
// Every error is logged with method, route, path, status and error; see [Logger]. The level is
// [slog.LevelError] for a 5xx, and for an error after the response has begun; a panic is logged
// with its stack. The level of a 4xx is [slog.LevelWarn] if the error says something that the
// client was not told, and otherwise [slog.LevelDebug]. It is LevelDebug too where the client is
// gone: for a 499, and for an error after the response has begun.
//
// An Error is also an [http.Handler] that responds with itself, so that standard middleware can
// reject requests in the same form. An Error must not be changed once it has been returned; it is
// then safe for concurrent use by multiple goroutines.
type Error struct {
	// Status is the status of the response, from 400 to 599. Any other is sent as a 500 that
	// contains nothing else of the Error.
	Status int

	// Title is a short summary. "" stands for http.StatusText(Status).
	Title string

	// Detail explains this occurrence of the error to the client. It may be empty.
	Detail string

	// Fields lists what is wrong with the request, field by field. It may be nil.
	Fields []FieldError

	// Header is sent with the response, for example Retry-After or WWW-Authenticate. It may be
	// nil. A 405 without Allow gets the methods of the route's path.
	Header http.Header

	// Err is for the log, and for errors.Is and errors.As. The client does not see it. It may be
	// nil.
	Err error
}

// A FieldError says what is wrong with one field of a request.
type FieldError struct {
	// In is the part of the request that the field is in: path, query, header, cookie, form or body.
	In string `json:"in"`

	// Name is the name of the field, or in a JSON body its path, such as items[2].price. "" stands
	// for the whole part.
	Name string `json:"name,omitempty"`

	// Detail says in English what the field must be, without its value.
	Detail string `json:"detail"`
}

// Errorf returns an [*Error] with the given status, from 400 to 599, and with the formatted text as
// the detail that the client receives. The text of an error that is formatted with %w is part of
// that detail; [errors.Is] and [errors.As] find the error.
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

// Error returns status, title, detail, fields and Err in one line, for a log.
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
		b.WriteString("; " + f.line())
	}
	if text := e.untold(); text != "" {
		b.WriteString(": " + text)
	}
	return b.String()
}

// untold returns the text of Err, or "" if Detail contains it and the client thus sees it.
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

// title returns Title, or else the text of the status.
func (e *Error) title() string {
	if e.Title != "" {
		return e.Title
	}
	if t := http.StatusText(e.Status); t != "" {
		return t
	}
	return "Error"
}

// plain500 is what the client gets for an error that tells it nothing.
var plain500 = &Error{Status: http.StatusInternalServerError}

// valid reports whether e can be sent: whether it is not nil and has a status from 400 to 599.
func (e *Error) valid() bool { return e != nil && 400 <= e.Status && e.Status <= 599 }

// Error returns part, name and detail in one line, for a log.
func (f FieldError) Error() string { return "apiroute: " + f.line() }

// line returns part, name and detail: `query "page" must be an integer`.
func (f FieldError) line() string {
	if f.Name == "" {
		return f.In + " " + f.Detail
	}
	return f.In + " " + strconv.Quote(f.Name) + " " + f.Detail
}

// badRequest returns the 400 for one or more wrong fields of a request.
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

// Header values that all responses share. Their elements must not be modified. Appending to one
// makes a copy, since its capacity is its length.
var (
	problemType = []string{"application/problem+json"}
	noSniff     = []string{"nosniff"}
	noStore     = []string{"no-store"}
)

// A problemBody is the body of an error response, a problem of RFC 9457. It is also the writer of
// the encoder that encodes it, because an encoder's buffer comes from a pool and json.Marshal
// returns a copy of it.
type problemBody struct {
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Errors []FieldError `json:"errors,omitempty"`

	err  *Error
	w    http.ResponseWriter
	head bool
}

// write sends the error as the whole response, without a body if head is true.
func (e *Error) write(w http.ResponseWriter, head bool) {
	p := &problemBody{e.title(), e.Status, e.Detail, e.Fields, e, w, head}
	json.NewEncoder(p).Encode(p) // no error: strings and an int can always be encoded
}

// Write sends the response. The encoder calls it once, with the whole body and a newline.
func (p *problemBody) Write(text []byte) (int, error) {
	body, h := trimNewline(text), p.w.Header()
	delete(h, "Etag") // these two describe the response that is not sent; http.Error does the same
	delete(h, "Last-Modified")
	for k, v := range p.err.Header {
		h[http.CanonicalHeaderKey(k)] = slices.Clip(v) // so that Header().Add makes a copy
	}
	h["Content-Type"], h["X-Content-Type-Options"], h["Cache-Control"] = problemType, noSniff, noStore
	// With a length, Response.complete knows that nothing is missing even if middleware sent this.
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if p.Status == http.StatusRequestEntityTooLarge {
		h.Set("Connection", "close") // the server need not read the rest of the body
	}
	p.w.WriteHeader(p.Status)
	if !p.head {
		p.w.Write(body)
	}
	return len(text), nil
}

// trimNewline returns a text without the newline that an encoder ends it with.
func trimNewline(text []byte) []byte { return bytes.TrimSuffix(text, []byte("\n")) }
