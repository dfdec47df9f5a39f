package main

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
)

// naive uses net/http alone, as its documentation and most tutorials do.
var naive = peer{name: "naive", app: naiveApp, table: serveMuxTable}

func naiveApp(s style) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/user", func(w http.ResponseWriter, r *http.Request) {
		naiveJSON(w, 200, johnDoe)
	})
	mux.HandleFunc("GET /api/posts/{id}", func(w http.ResponseWriter, r *http.Request) {
		naiveJSON(w, 200, post{r.PathValue("id")})
	})
	mux.HandleFunc("GET /api/search", naiveSearch)
	mux.HandleFunc("POST /api/items", naiveItem)
	mux.HandleFunc("POST /api/posts/{id}/comments", naiveComment)
	mux.HandleFunc("POST /api/products", naiveProduct)
	mux.HandleFunc("POST /api/deliveries", naiveDelivery)
	mux.HandleFunc("GET /api/rows", func(w http.ResponseWriter, r *http.Request) {
		naiveJSON(w, 200, rows)
	})
	return s.around(mux)
}

func naiveJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func naiveError(w http.ResponseWriter, status int, text string) {
	naiveJSON(w, status, failure{text})
}

func naiveSearch(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, err1 := strconv.Atoi(q.Get("page"))
	limit, err2 := strconv.Atoi(q.Get("limit"))
	draft, err3 := strconv.ParseBool(q.Get("draft"))
	if err := errors.Join(err1, err2, err3); err != nil {
		naiveError(w, 400, err.Error())
		return
	}
	naiveJSON(w, 200, search{page, limit, draft, q.Get("q"), q["tag"]})
}

// naiveDecode decodes a JSON body. If it cannot, it sends the error and returns false.
func naiveDecode(w http.ResponseWriter, r *http.Request, v any) bool {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != jsonType {
		naiveError(w, 415, "want application/json")
		return false
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(v)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		naiveError(w, 413, "too large")
	case err != nil:
		naiveError(w, 400, err.Error())
	}
	return err == nil
}

func naiveItem(w http.ResponseWriter, r *http.Request) {
	var in item
	if !naiveDecode(w, r, &in) {
		return
	}
	if in.Name == "" {
		naiveError(w, 400, "name is required")
		return
	}
	naiveJSON(w, 201, created{in.id()})
}

func naiveComment(w http.ResponseWriter, r *http.Request) {
	var in comment
	q := r.URL.Query()
	id, err1 := strconv.Atoi(r.PathValue("id"))
	notify, err2 := strconv.ParseBool(q.Get("notify"))
	if err := errors.Join(err1, err2); err != nil {
		naiveError(w, 400, err.Error())
		return
	}
	if !naiveDecode(w, r, &in.commentBody) {
		return
	}
	in.ID, in.Notify, in.Lang = id, notify, q.Get("lang")
	naiveJSON(w, 200, in)
}

func naiveProduct(w http.ResponseWriter, r *http.Request) {
	var in item
	if !naiveDecode(w, r, &in) {
		return
	}
	var broken brokenRules
	if broken.checkItem(in); broken != nil {
		naiveError(w, 400, broken.Error())
		return
	}
	naiveJSON(w, 201, created{in.id()})
}

func naiveDelivery(w http.ResponseWriter, r *http.Request) {
	var in item
	if !naiveDecode(w, r, &in) {
		return
	}
	var broken brokenRules
	q := r.URL.Query()
	broken.checkQuery(q.Get("branch"), q.Get("lang"))
	if broken.checkItem(in); broken != nil {
		naiveError(w, 400, broken.Error())
		return
	}
	naiveJSON(w, 201, created{in.id()})
}

func serveMuxTable(s style, rules []rule) http.Handler {
	mux := http.NewServeMux()
	for i, r := range rules {
		mux.HandleFunc(r.method+" "+r.path, func(http.ResponseWriter, *http.Request) { routed = i })
	}
	return s.around(mux)
}
