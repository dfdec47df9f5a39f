package main

import (
	"fmt"
	"net/http"
)

// secretService returns the service that /api/legacy masks. It does not use apiroute, and it
// rejects requests without the key.
func secretService(key string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Key") != key {
			http.Error(w, "no key", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, "%s %s from the secret service\n", r.Method, r.URL.RequestURI())
	})
}
