package apiroute

import (
	"errors"
	"mime"
	"net/http"
	"strings"
)

// checkJSON rejects a body whose header does not say that it is JSON. An empty
// body needs no header; it is rejected as empty.
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

// unsupported returns a 415 with a header that says what is supported.
func unsupported(header, value, detail string) *Error {
	return &Error{Status: http.StatusUnsupportedMediaType, Detail: detail, Header: http.Header{header: {value}}}
}

// checkEncoding rejects a compressed body: this package does not inflate it.
func (req *Request) checkEncoding() error {
	for _, v := range req.Header["Content-Encoding"] {
		if v != "" && !strings.EqualFold(v, "identity") {
			return unsupported("Accept-Encoding", "identity", "the body must not be encoded")
		}
	}
	return nil
}

// mediaType returns the media type of the body in lower case, "" if there is none
// or it cannot be parsed, and its parameters.
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
