//go:build go1.23

package apiroute

import "net/http"

// setPattern sets the request's Pattern, which net/http has from Go 1.23 on.
func setPattern(r *http.Request, pattern string) { r.Pattern = pattern }

func pattern(r *http.Request) string { return r.Pattern }
