package main

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"strconv"

	"example.com/apiroute"
)

// legacyHeader is the header for the key, without which the old service rejects all requests.
const legacyHeader = "X-Legacy-Key"

// maskLegacy returns a handler for a service that readers must not reach directly. It adds the key,
// which readers never see, to each request, and removes the secrets that a reader shares with this
// server only.
func maskLegacy(address, key string) apiroute.Handler {
	return apiroute.Proxy(address, func(pr *httputil.ProxyRequest) {
		pr.Out.Header.Set(legacyHeader, key)
		pr.Out.Header.Del("Authorization")
		pr.Out.Header.Del("Cookie")
	})
}

// newLegacy returns a substitute for the old service, which does not depend on this program.
func newLegacy(key string) http.Handler {
	quotes := []string{
		"Have something to say, and say it as clearly as you can.",
		"Vigorous writing is concise.",
		"Omit needless words.",
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/quotes/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseUint(r.PathValue("n"), 10, 31)
		if err != nil {
			http.Error(w, "no such quote", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"quote": quotes[int(n)%len(quotes)]})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(legacyHeader)), []byte(key)) != 1 {
			http.Error(w, "who are you?", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
