package apiroute

import (
	"errors"
	"mime"
	"net/http"
	"strings"
)

// This file looks at the header fields that describe the body: Content-Type and Content-Encoding. A
// body of another type than the handler wants is rejected with a 415 that names the supported one.
// Cross-site forms cannot send application/json without a CORS preflight, so requiring the type
// also keeps a foreign page from posting JSON with the user's cookies.

// checkJSON rejects a body whose header does not say that it is JSON. application/json and all
// types that end in +json are JSON, such as application/merge-patch+json (RFC 6839, section 3.1).
// An empty body needs no Content-Type; it is rejected later, for being empty.
func (req *Request) checkJSON() error {
	if req.ContentLength == 0 {
		return nil
	}
	if err := req.checkEncoding(); err != nil {
		return err
	}
	mediaType, params, err := req.mediaType()
	if err != nil {
		return err
	}
	if !isJSON(mediaType) {
		return unsupported("Accept", "application/json", "the Content-Type must be application/json")
	}
	if !isUTF8(params) {
		return unsupported("Accept", "application/json", "the charset of the body must be utf-8")
	}
	return nil
}

// checkForm rejects a body whose header does not say that it is a form. It reports whether the form
// is a multipart one; otherwise it is urlencoded.
func (req *Request) checkForm() (isMultipart bool, err error) {
	if err := req.checkEncoding(); err != nil {
		return false, err
	}
	mediaType, params, err := req.mediaType()
	if err != nil {
		return false, err
	}
	const accept = "application/x-www-form-urlencoded, multipart/form-data"
	isMultipart = mediaType == "multipart/form-data"
	if !isMultipart && mediaType != "application/x-www-form-urlencoded" {
		return false, unsupported("Accept", accept, "the Content-Type must be application/x-www-form-urlencoded or multipart/form-data")
	}
	if !isUTF8(params) {
		return false, unsupported("Accept", accept, "the charset of the body must be utf-8")
	}
	return isMultipart, nil
}

// isJSON reports whether a media type in lower case is JSON. The syntax of +json is a suffix of the
// subtype, so a type without a slash is not JSON.
func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json") && strings.Contains(mediaType, "/")
}

// isUTF8 reports whether the charset among the parameters of a media type is UTF-8 or absent. It
// accepts the labels that browsers do (https://encoding.spec.whatwg.org/#names-and-labels).
func isUTF8(params map[string]string) bool {
	charset, ok := params["charset"]
	switch strings.ToLower(strings.Trim(charset, " \t\n\f\r")) {
	case "utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8":
		return true
	}
	return !ok
}

// unsupported returns a 415 with a header field that tells the client what is supported: Accept or
// Accept-Encoding (RFC 9110, section 15.5.16).
func unsupported(header, value, detail string) *Error {
	return &Error{Status: http.StatusUnsupportedMediaType, Detail: detail, Header: http.Header{header: {value}}}
}

// checkEncoding rejects a compressed body. This package does not decompress bodies, because a few
// kilobytes can decompress to gigabytes; middleware that does must remove the Content-Encoding
// header.
func (req *Request) checkEncoding() error {
	for _, v := range req.Header["Content-Encoding"] {
		if v != "" && !strings.EqualFold(v, "identity") {
			return unsupported("Accept-Encoding", "identity", "the body must not be encoded")
		}
	}
	return nil
}

// mediaType returns the media type of the body in lower case, and its parameters. The type is "" if
// the Content-Type is missing or cannot be parsed, so that it counts as unsupported. A Content-Type
// that appears twice, or has a malformed parameter, is an error with status 400.
func (req *Request) mediaType() (string, map[string]string, error) {
	values := req.Header["Content-Type"]
	if len(values) > 1 {
		return "", nil, Errorf(http.StatusBadRequest, "the header Content-Type appears twice")
	}
	if len(values) == 0 || values[0] == "application/json" {
		return strings.Join(values, ""), nil, nil
	}
	mediaType, params, err := mime.ParseMediaType(values[0])
	if errors.Is(err, mime.ErrInvalidMediaParameter) {
		return "", nil, Errorf(http.StatusBadRequest, "the Content-Type header has a malformed parameter")
	}
	return mediaType, params, nil
}
