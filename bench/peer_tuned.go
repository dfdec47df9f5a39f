package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// tuned uses net/http alone, optimized by hand. The other peers are compared with it.
var tuned = peer{name: "tuned", app: tunedApp, table: serveMuxTable}

func tunedApp(s style) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/user", func(w http.ResponseWriter, r *http.Request) {
		tunedJSON(w, 200, johnDoe)
	})
	mux.HandleFunc("GET /api/posts/{id}", func(w http.ResponseWriter, r *http.Request) {
		tunedJSON(w, 200, post{r.PathValue("id")})
	})
	mux.HandleFunc("GET /api/search", tunedSearch)
	mux.HandleFunc("POST /api/items", tunedItem)
	mux.HandleFunc("POST /api/posts/{id}/comments", tunedComment)
	mux.HandleFunc("POST /api/products", tunedProduct)
	mux.HandleFunc("POST /api/deliveries", tunedDelivery)
	mux.HandleFunc("GET /api/rows", func(w http.ResponseWriter, r *http.Request) {
		tunedJSON(w, 200, rows)
	})
	return s.around(mux)
}

// A tunedBuffer is a buffer with an encoder that writes to it.
type tunedBuffer struct {
	bytes.Buffer
	encoder *json.Encoder
}

var tunedBuffers = sync.Pool{New: func() any {
	b := &tunedBuffer{}
	b.encoder = json.NewEncoder(&b.Buffer)
	return b
}}

func getBuffer() *tunedBuffer {
	b := tunedBuffers.Get().(*tunedBuffer)
	b.Reset()
	return b
}

func (b *tunedBuffer) free() {
	if b.Cap() <= 1<<18 {
		tunedBuffers.Put(b)
	}
}

func tunedJSON(w http.ResponseWriter, status int, v any) {
	b := getBuffer()
	defer b.free()
	if err := b.encoder.Encode(v); err != nil {
		w.WriteHeader(500)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

func tunedError(w http.ResponseWriter, status int, text string) {
	tunedJSON(w, status, failure{text})
}

// tunedQuery calls f with each pair of a query, without building a map.
func tunedQuery(query string, f func(key, value string) error) error {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if strings.IndexByte(pair, '%') >= 0 || strings.IndexByte(pair, '+') >= 0 {
			var err error
			if key, err = url.QueryUnescape(key); err != nil {
				return err
			}
			if value, err = url.QueryUnescape(value); err != nil {
				return err
			}
		}
		if err := f(key, value); err != nil {
			return err
		}
	}
	return nil
}

func tunedSearch(w http.ResponseWriter, r *http.Request) {
	var in search
	err := tunedQuery(r.URL.RawQuery, func(key, value string) (err error) {
		switch key {
		case "page":
			in.Page, err = strconv.Atoi(value)
		case "limit":
			in.Limit, err = strconv.Atoi(value)
		case "draft":
			in.Draft, err = strconv.ParseBool(value)
		case "q":
			in.Q = value
		case "tag":
			in.Tags = append(in.Tags, value)
		}
		return err
	})
	if err != nil {
		tunedError(w, 400, err.Error())
		return
	}
	tunedJSON(w, 200, in)
}

var errTooLarge = errors.New("too large")

// tunedDecode decodes a JSON body. If it cannot, it sends the error and returns false.
func tunedDecode(w http.ResponseWriter, r *http.Request, v any) bool {
	contentType := r.Header.Get("Content-Type")
	if mediaType, _, _ := strings.Cut(contentType, ";"); !strings.EqualFold(strings.TrimSpace(mediaType), jsonType) {
		tunedError(w, 415, "want application/json")
		return false
	}
	b := getBuffer()
	defer b.free()
	err := error(errTooLarge)
	if r.ContentLength <= maxBody {
		var n int64
		if n, err = b.ReadFrom(io.LimitReader(r.Body, maxBody+1)); n > maxBody {
			err = errTooLarge
		}
	}
	switch {
	case err == errTooLarge:
		tunedError(w, 413, err.Error())
		return false
	case err == nil:
		err = json.Unmarshal(b.Bytes(), v)
	}
	if err != nil {
		tunedError(w, 400, err.Error())
	}
	return err == nil
}

func tunedItem(w http.ResponseWriter, r *http.Request) {
	var in item
	if !tunedDecode(w, r, &in) {
		return
	}
	if in.Name == "" {
		tunedError(w, 400, "name is required")
		return
	}
	tunedJSON(w, 201, created{in.id()})
}

func tunedComment(w http.ResponseWriter, r *http.Request) {
	var in comment
	id, err := strconv.Atoi(r.PathValue("id"))
	if err == nil {
		err = tunedQuery(r.URL.RawQuery, func(key, value string) (err error) {
			switch key {
			case "notify":
				in.Notify, err = strconv.ParseBool(value)
			case "lang":
				in.Lang = value
			}
			return err
		})
	}
	if err != nil {
		tunedError(w, 400, err.Error())
		return
	}
	if tunedDecode(w, r, &in.commentBody) {
		in.ID = id
		tunedJSON(w, 200, in)
	}
}

// tunedSKU reports whether an SKU matches skuPattern.
func tunedSKU(s string) bool {
	const form = "AAA-0000-XX"
	if len(s) != len(form) {
		return false
	}
	for i := range form {
		c := s[i]
		letter, digit := 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
		switch form[i] {
		case 'A':
			if !letter {
				return false
			}
		case '0':
			if !digit {
				return false
			}
		case 'X':
			if !letter && !digit {
				return false
			}
		default:
			if c != form[i] {
				return false
			}
		}
	}
	return true
}

// tunedItemRules adds what is wrong with an item. It allocates only for that.
func tunedItemRules(broken brokenRules, in *item) brokenRules {
	if n := utf8.RuneCountInString(in.Name); n < 3 || n > 80 {
		broken = append(broken, "name must have 3 to 80 characters")
	}
	if !tunedSKU(in.SKU) {
		broken = append(broken, "sku must look like ABC-1234-X1")
	}
	if len(in.Description) > 400 && utf8.RuneCountInString(in.Description) > 400 {
		broken = append(broken, "description must have at most 400 characters")
	}
	if in.Stock < 0 || in.Stock > 10000 {
		broken = append(broken, "stock must be from 0 to 10000")
	}
	if n := len(in.Tags); n < 1 || n > 8 {
		broken = append(broken, "tags must have 1 to 8 items")
	}
	for i, tag := range in.Tags {
		switch tag {
		case "kitchen", "coffee", "office", "refurbished", "garden", "outdoor", "sale", "new", "spare", "gift":
		default:
			broken = append(broken, "tags["+strconv.Itoa(i)+"] is unknown")
		}
		if slices.Contains(in.Tags[:min(i, 8)], tag) {
			broken = append(broken, "tags["+strconv.Itoa(i)+"] must not repeat")
		}
	}
	if in.Price <= 0 {
		broken = append(broken, "price must be more than 0")
	}
	return broken
}

// tunedQueryRules adds what is wrong with T10's query.
func tunedQueryRules(broken brokenRules, query string) brokenRules {
	var branch int
	var lang string
	err := tunedQuery(query, func(key, value string) (err error) {
		switch key {
		case "branch":
			branch, err = strconv.Atoi(value)
		case "lang":
			lang = value
		}
		return err
	})
	switch {
	case err != nil:
		return append(broken, err.Error())
	case branch < 1 || branch > 500:
		broken = append(broken, "branch must be from 1 to 500")
	}
	switch lang {
	case "en", "de", "fr":
		return broken
	}
	return append(broken, "lang must be one of en, de, fr")
}

func tunedProduct(w http.ResponseWriter, r *http.Request) {
	var in item
	if tunedDecode(w, r, &in) {
		tunedCreate(w, &in, tunedItemRules(nil, &in))
	}
}

func tunedDelivery(w http.ResponseWriter, r *http.Request) {
	var in item
	if tunedDecode(w, r, &in) {
		tunedCreate(w, &in, tunedItemRules(tunedQueryRules(nil, r.URL.RawQuery), &in))
	}
}

func tunedCreate(w http.ResponseWriter, in *item, broken brokenRules) {
	if broken != nil {
		tunedError(w, 400, broken.Error())
		return
	}
	tunedJSON(w, 201, created{in.id()})
}
