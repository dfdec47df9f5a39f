package apiroute

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// This file writes an [Error] as a problem document (RFC 9457), and sends it. The text is put together
// here and not by encoding/json, which takes twice the time for a few short strings: clients with
// faults, and attackers, cause more of these responses than of any other.

// Header values that all responses share. Their elements must not be modified. Appending to one
// makes a copy, since its capacity is its length.
var (
	problemType = []string{"application/problem+json"}
	noSniff     = []string{"nosniff"}
	noStore     = []string{"no-store"}
)

// standardMembers are the names of a problem's members that no extension may have.
var standardMembers = []string{"type", "title", "status", "detail", "instance", "errors"}

// MarshalJSON returns the problem document that ServeHTTP sends, so that a response can contain
// one, such as the response to a batch. For an Error whose Status is not from 400 to 599, it
// returns the document of a plain 500. It returns an error if the value of an extension cannot be
// encoded.
func (e Error) MarshalJSON() ([]byte, error) {
	if !e.valid() {
		e = *plain500
	}
	text, err := e.appendTo(nil)
	if err != nil {
		return nil, err
	}
	return text, nil
}

// appendTo appends the problem document of a valid error. It returns an error if extensions had to be
// left out.
func (e *Error) appendTo(b []byte) ([]byte, error) {
	b = append(b, '{')
	if e.Type != "" {
		b = append(appendString(append(b, `"type":`...), e.Type), ',')
	}
	b = appendString(append(b, `"title":`...), e.title())
	b = strconv.AppendInt(append(b, `,"status":`...), int64(e.Status), 10)
	b = appendMember(b, `,"detail":`, e.Detail)
	b = appendMember(b, `,"instance":`, e.Instance)
	for i, f := range e.Fields {
		if i == 0 {
			b = append(b, `,"errors":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"in":`...), f.In)
		b = appendMember(b, `,"name":`, f.Name)
		b = appendMember(b, `,"code":`, f.Code)
		b = append(appendString(append(b, `,"detail":`...), f.Detail), '}')
	}
	if len(e.Fields) > 0 {
		b = append(b, ']')
	}
	b, err := e.appendExtensions(b)
	return append(b, '}'), err
}

// appendMember appends a member, whose name comes with a comma and a colon, unless its value is empty.
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendString(append(b, name...), value)
}

// appendString appends a string as encoding/json encodes it.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if !verbatim[s[i]] {
			text, _ := json.Marshal(s) // a string can always be encoded
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// verbatim holds the bytes of ASCII that encoding/json writes as they are in a string.
var verbatim = func() (bytes [256]bool) {
	for c := ' '; c <= '~'; c++ {
		bytes[c] = !strings.ContainsRune(`"\<>&`, c)
	}
	return bytes
}()

// appendExtensions appends the extensions that can be encoded, sorted by name: each is a comma and a
// member. The error names the others, and is nil if there is none.
func (e *Error) appendExtensions(b []byte) ([]byte, error) {
	if len(e.Extensions) == 0 { // the most common case
		return b, nil
	}
	var faults []error
	names := make([]string, 0, len(e.Extensions))
	for name := range e.Extensions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(standardMembers, name) {
			continue
		}
		member, err := encodeMember(name, e.Extensions[name])
		if err != nil {
			faults = append(faults, fmt.Errorf("apiroute: the extension %q of an Error: %w", name, err))
			continue
		}
		b = append(append(b, ','), member...)
	}
	return b, errors.Join(faults...)
}

// encodeMember returns a member of an object, such as "balance":30. A panic of the value's own code
// is an error as well, so that it cannot prevent the response.
func encodeMember(name string, v any) (member []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	object, err := json.Marshal(map[string]any{name: v})
	if err != nil {
		return nil, err
	}
	return object[1 : len(object)-1], nil
}

// problemBuffers holds buffers for problem documents. A writer must not retain what it is given; see
// [io.Writer].
var problemBuffers = sync.Pool{New: func() any { return new([]byte) }}

// maxProblem is the capacity in bytes of the largest buffer that is used again.
const maxProblem = 16 << 10

// write sends the error, which must be valid, as the whole response to r, without a body if head is
// true. It returns an error if extensions had to be left out.
func (e *Error) write(w http.ResponseWriter, r *http.Request, head bool) error {
	buf := problemBuffers.Get().(*[]byte)
	body, err := e.appendTo((*buf)[:0])
	h := w.Header()
	delete(h, "Etag") // these two describe the response that is not sent; http.Error does the same
	delete(h, "Last-Modified")
	// HTTP/2 and HTTP/3 have no Connection header: there it would end all requests of the client.
	http1 := !r.ProtoAtLeast(2, 0)
	for k, v := range e.Header {
		if k = http.CanonicalHeaderKey(k); k != "Connection" || http1 {
			h[k] = slices.Clip(v) // so that Header().Add makes a copy
		}
	}
	h["Content-Type"], h["X-Content-Type-Options"], h["Cache-Control"] = problemType, noSniff, noStore
	// With a length, Response.complete knows that nothing is missing even if middleware sent this.
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if e.Status == http.StatusRequestEntityTooLarge && http1 {
		h.Set("Connection", "close") // the server need not read the rest of the body
	}
	w.WriteHeader(e.Status)
	if !head {
		w.Write(body)
	}
	if cap(body) <= maxProblem {
		*buf = body
		problemBuffers.Put(buf)
	}
	return err
}
