package apiroute

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
)

// This file reads forms where net/http takes part in it: multipart forms, and urlencoded ones that
// ParseForm has read before Bind does. It also has the limit on the pairs of queries and forms,
// which is that of net/url.

// formMemory is how many bytes of a form's files are kept in memory. Larger files go to temporary
// files on disk, which Request.close removes.
const formMemory = 1 << 20

// Breaches of a query or a form as a whole.
var (
	tooManyPairs  = breach{"maxItems", "has more than 10,000 pairs"}
	malformedPair = breach{"format", "has a bad escape or a semicolon"}
	malformedForm = breach{"format", "is malformed or incomplete"}
	noBoundary    = breach{"format", "has no boundary"}
)

// maxPairs is how many pairs a query or a urlencoded form may have. From more, net/url parses none
// at all, so that code which asks URL.Query for a filter or a permission would find nothing. Where
// net/url has no such limit, as in older versions of Go, this package applies it anyway.
const maxPairs = 10_000

// hasTooManyPairs reports whether a query or a form exceeds maxPairs. Like net/url, it counts empty
// pairs as well.
func hasTooManyPairs(raw string) bool {
	return len(raw) >= maxPairs && strings.Count(raw, "&") >= maxPairs
}

// checkSize rejects a request with a body that is announced as too large, or with too many pairs in
// the query. It is called before every handler.
func (req *Request) checkSize() error {
	if err := req.checkLength(); err != nil {
		return err
	}
	if req.URL != nil && hasTooManyPairs(req.URL.RawQuery) {
		return badRequest(tooManyPairs.of("query", ""))
	}
	return nil
}

// multipartForm returns the form in a multipart body. The first call reads it; later calls, and
// those of other code in the request, return the same form.
//
// It does not read the form with ParseMultipartForm, which also parses the query and returns its
// errors.
func (req *Request) multipartForm() (*multipart.Form, error) {
	if req.MultipartForm != nil {
		// The handler or middleware has called ParseMultipartForm, or MultipartReader. The latter
		// leaves an empty form, which only net/http can tell from a real one: it then returns an
		// error.
		if req.ParseMultipartForm(formMemory) != nil {
			return nil, errBodyRead
		}
		return req.MultipartForm, nil
	}
	if err := req.checkLength(); err != nil {
		return nil, err
	}
	if hasBody(req.Request) {
		b := req.wholeBody()
		if b.progress.Load() != unread {
			return nil, errBodyRead
		}
		b.offset = 0 // if the body is buffered, from its beginning
	}
	r, err := req.MultipartReader()
	if err != nil {
		return nil, badRequest(noBoundary.of("form", ""))
	}
	form, err := r.ReadForm(formMemory)
	if err == nil {
		req.MultipartForm = form
		return form, nil
	}
	req.MultipartForm = nil // MultipartReader has set it to an empty form
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "the form has too many parts or parts that are too large"}
	case errors.As(err, &tooLarge):
		return nil, bodyTooLarge(tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, req.bodyError(err)
	}
	e := badRequest(malformedForm.of("form", ""))
	e.Err = err
	return nil, e
}

// readFile returns the contents of a file of a form. It checks the limit of the body, because
// middleware outside of the route may have read the form without it.
func (req *Request) readFile(file *multipart.FileHeader) ([]byte, error) {
	if limit := req.matchOrDefault().scope.bodyLimit; limit > 0 && file.Size > limit {
		return nil, bodyTooLarge(limit)
	}
	f, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// parsedForm returns a urlencoded form that ParseForm may have read before, in middleware or in the
// handler. If it has, the result is PostForm, encoded anew. data and err are what Bytes has
// returned; data is the result if the body is still there. ParseForm reads only the bodies of POST,
// PUT and PATCH, and middleware may have put a body back.
func (req *Request) parsedForm(data []byte, err error) ([]byte, error) {
	reads := slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, req.Method)
	length := req.ContentLength
	if b := req.body; err == errBodyRead && !b.buffered { // read within this route
		switch {
		case b.err != nil:
			return nil, req.bodyError(b.err)
		case b.progress.Load() != ended:
			return nil, err
		case b.limit > 0: // otherwise the bytes are not counted
			length = b.read
		}
	}
	switch {
	case length == 0:
		return nil, nil
	case err != nil && err != errBodyRead:
		return nil, err
	case len(data) > 0 && (len(req.PostForm) > 0 || 0 < length && length <= int64(len(data)) || length < 0 && !reads):
		return data, nil
	case len(data) > 0:
		return nil, errBodyRead // the rest of a body that was too long for ParseForm
	case len(req.PostForm) == 0 && !reads:
		return nil, err
	}
	return req.encodedForm(length)
}

// encodedForm returns PostForm, encoded. length is that of the body in bytes, or -1 if it is
// unknown.
//
// ParseForm leaves out pairs that are malformed, and hardly any middleware looks at its error. They
// are lost, but the length shows that there have been some. Without this check a handler would get
// half of a form as if it were all.
func (req *Request) encodedForm(length int64) ([]byte, error) {
	all := req.Form // has what middleware may have removed from PostForm
	if len(all) < len(req.PostForm) {
		all = req.PostForm
	}
	_, most := formLength(all)
	least, _ := formLength(req.PostForm)
	limit := req.matchOrDefault().scope.bodyLimit
	switch {
	case limit > 0 && least > limit+1: // without the last &
		return nil, bodyTooLarge(limit)
	case length > most, len(req.PostForm) == 0:
		e := badRequest(malformedForm.of("form", ""))
		e.Err = errDroppedPairs
		return nil, e
	}
	return []byte(req.PostForm.Encode()), nil
}

// errDroppedPairs is why a form that ParseForm has read is malformed.
var errDroppedPairs = errors.New("apiroute: ParseForm has dropped a part of the form, or middleware has removed values from it")

// formLength returns how many bytes the values of a urlencoded form have had, at least and at most,
// with a & after each, and at most a = in each. No encoder escapes letters and digits; any other
// byte may have been escaped, as three bytes.
func formLength(values url.Values) (least, most int64) {
	for name, list := range values {
		for _, value := range list {
			least += int64(len(name) + len(value) + 1)
			most += maxEscaped(name) + maxEscaped(value) + 2
		}
	}
	return least, most
}

// maxEscaped returns the length of a text in which every byte but letters and digits is escaped.
func maxEscaped(s string) int64 {
	n := len(s)
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			n += 2
		}
	}
	return int64(n)
}
