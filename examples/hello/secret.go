package main

import (
	"fmt"
	"net/http"
)

// secretService is the service that /api/legacy masks. It knows nothing of this
// package, and takes only those who have its key.
func secretService(key string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key") != key {
			http.Error(w, "no key", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, "%s %s from the secret service\n", r.Method, r.URL.RequestURI())
	})
}
