package main

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
)

// writeDocument writes the OpenAPI document of the API, from which the front end has its types. It
// is that of GET /api/openapi.json.
func writeDocument(w io.Writer) error {
	res := httptest.NewRecorder()
	newAPI(&app{}, slog.New(slog.DiscardHandler)).ServeHTTP(res, httptest.NewRequest("GET", "/api/openapi.json", nil))
	if res.Code != http.StatusOK {
		return errors.New(res.Body.String())
	}
	_, err := res.Body.WriteTo(w)
	return err
}
