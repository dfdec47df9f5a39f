package apiroute

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

// An Error is an error that determines what the client receives: a response with its status and, as
// application/problem+json (RFC 9457), its title, detail, fields and extensions. A handler returns
// one as it is or wrapped; [Errorf] makes a simple one.
//
//	{"title":"Not Found","status":404,"detail":"no post 7"}
//
// Of an error that neither is nor wraps an Error, the client learns only a status, and the fields
// if there are any. The status is the first of these that applies:
//
//   - 500 for a panic, except one with [http.ErrAbortHandler], which closes the connection
//   - 422 for one or more [FieldError] values, wrapped or joined
//   - 503 once the [Timeout] of the route has passed
//   - 503 for [context.Canceled], once the client, the server or middleware of [Use] has canceled
//     the context of the request
//   - 413 for [http.MaxBytesError], with the limit, and for [multipart.ErrMessageTooLarge]
//   - 400 for [http.ErrMissingFile] and [http.ErrMissingBoundary]
//   - 415 for [http.ErrNotMultipart]
//   - 500 for every other error
//
// Headers that the handler has set are not sent with an error; those that were already set when the
// handler was called are. If a part of a response has been sent before the error, the connection is
// closed by a panic with [http.ErrAbortHandler], so that a partial response never looks complete.
// If the client is gone, there is no such panic.
//
// Every error is logged with method, route, path, status and error; see [Logger]. An entry has
// cut=true if the response was not complete when the error came, and hijacked=true in place of the
// status if the handler has taken over the connection. The level is [slog.LevelError] for a 5xx,
// and for an error after the response has begun; a panic is logged with its stack. The level of a
// 4xx is [slog.LevelWarn] if the error says something that the client was not told, and otherwise
// [slog.LevelDebug]. It is LevelDebug too where the client is gone: for [context.Canceled], and for
// an error after the response has begun.
//
// An Error is also an [http.Handler] that responds with itself, so standard middleware can reject
// requests in the same form; see [Error.ServeHTTP]. An Error must not be changed once it has been
// returned; it is then safe for concurrent use by multiple goroutines.
type Error struct {
	// Status is the status of the response, from 400 to 599. With any other, 0 included, the
	// response is a 500 that contains nothing else of the Error, and the log names the mistake.
	Status int

	// Type is a URI that identifies the kind of problem, for clients that handle it specially. ""
	// stands for about:blank, which says no more than the status and is not sent.
	Type string

	// Title is a short summary. "" stands for http.StatusText(Status).
	Title string

	// Detail explains this occurrence of the error to the client. It may be empty.
	Detail string

	// Instance is a URI that identifies this occurrence of the problem. It may be empty.
	Instance string

	// Fields lists what is wrong with the request, field by field. It may be nil.
	Fields []FieldError

	// Extensions holds further members of the problem, which encoding/json encodes. It may be nil.
	// The names type, title, status, detail, instance and errors are ignored: the fields above set
	// those members. A value that cannot be encoded is left out of the response and logged.
	Extensions map[string]any

	// Header is sent with the response, for example Retry-After or WWW-Authenticate. It may be
	// nil. A 405 without Allow gets the methods of the route's path. Content-Type, Content-Length
	// and Cache-Control are ignored: they are those of a problem document.
	Header http.Header

	// Err is for the log, and for errors.Is and errors.As. The client does not see it. It may be
	// nil.
	Err error
}

// A FieldError says what is wrong with one field of a request. A method Validate or a handler
// returns one, or several joined by [errors.Join], to reject the request with a 422 that lists
// them. They may be wrapped in an error with more text, which is only logged. See [Bind] for
// Validate.
//
// A type's own UnmarshalText or UnmarshalJSON returns one to tell the client what the type takes,
// such as the values of an enum. The response is then a 400, and its In and Name are those of the
// field.
type FieldError struct {
	// In is the part of the request that the field is in: path, query, header, cookie, form or body.
	// Validate may leave it empty, and it is then filled in. A handler must set it.
	In string `json:"in"`

	// Name is the name of the field, or its path in a JSON body, such as items[2].price. If
	// Validate returns the error, the path begins at the value that is validated. "" stands for the
	// whole part or value.
	Name string `json:"name,omitempty"`

	// Code is the rule that the field breaks, for clients that translate: "required", "type", or
	// another keyword of JSON Schema, such as "maximum". It may be empty.
	Code string `json:"code,omitempty"`

	// Detail says in English what the field must be, without its value.
	Detail string `json:"detail"`
}

// Errorf returns an [*Error] with the given status, from 400 to 599, and with the formatted text as
// the detail that the client receives. The text of an error that is formatted with %w is part of
// that detail; [errors.Is] and [errors.As] find the error. To keep an error from the client, set it
// as Err of an Error instead.
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
	b.WriteString("apiroute: " + e.heading())
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

// heading returns status and title, or what is wrong with a status that cannot be sent. An Error
// with such a status is a mistake of the program, and all that the client gets is a 500.
func (e *Error) heading() string {
	text := strconv.Itoa(e.Status) + " " + e.title()
	switch {
	case e.valid():
	case e.Status == 0:
		text = strings.TrimSuffix("an Error whose Status is missing: "+e.Title, ": ")
	default:
		text += ", an Error whose Status is not from 400 to 599"
	}
	return text
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

// Unwrap returns e.Err, for [errors.Is] and [errors.As].
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// LogValue returns the text of Error, for [log/slog]. Without it, a handler that writes JSON would
// log the problem document, which lacks Err.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

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
		return strings.TrimLeft(f.In+" "+f.Detail, " ")
	}
	return strings.TrimLeft(f.In+" "+strconv.Quote(f.Name)+" "+f.Detail, " ")
}

// maxFaults is the number of faults of a JSON body after which no more are looked for, and the same
// for those that Validate finds. It bounds the work and the response for a body that is wrong
// throughout.
const maxFaults = 20

// badRequest returns the 400 for one or more wrong fields of a request. If the list may have been
// cut at maxFaults, its detail says so.
func badRequest(fields ...FieldError) *Error {
	e := &Error{Status: http.StatusBadRequest, Fields: fields}
	switch n := strconv.Itoa(len(fields)); {
	case len(fields) >= maxFaults:
		e.Detail = "at least " + n + " fields are wrong"
	case len(fields) > 1:
		e.Detail = n + " fields are wrong"
	case fields[0].Name == "" && fields[0].In != "":
		e.Detail = "the " + fields[0].In + " " + fields[0].Detail
	default:
		e.Detail = "1 field is wrong"
	}
	return e
}
