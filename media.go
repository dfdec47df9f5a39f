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
	if mediaType != "application/json" && (!strings.HasSuffix(mediaType, "+json") || !strings.Contains(mediaType, "/")) {
		return unsupported("Accept", "application/json", "the body must be application/json")
	}
	if c, ok := params["charset"]; ok && !strings.EqualFold(c, "utf-8") {
		return unsupported("Accept", "application/json", "the charset of the body must be utf-8")
	}
	return nil
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
