//go:build !go1.23

package apiroute

import "net/http"

func setPattern(*http.Request, string) {}

func pattern(*http.Request) string { return "" }
