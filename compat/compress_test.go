package compat

import (
	"net/http"
	"testing"

	"example.com/apiroute"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/handlers"
	"github.com/klauspost/compress/gzhttp"
)

// gzipped are the situations whose bodies a compressor takes.
func gzipped(which ...situation) func(place, map[situation]*outcome) {
	return func(p place, of map[situation]*outcome) {
		for _, s := range which {
			if p.runs(s) {
				of[s].Header["Content-Encoding"] = "gzip"
			}
		}
	}
}

// compressEntries compress responses.
var compressEntries = []entry{
	{
		name:   "chi `middleware.Compress`",
		places: everywhere,
		use:    always(middleware.Compress(5)),
		sends:  []string{"Accept-Encoding: gzip"},
		notes: []note{
			{text: "It suits streams: types that are not in its list, such as `text/event-stream`, are not compressed.", change: gzipped(ordinary)},
			{
				text: "If they are in the list, each event is compressed and sent at once.",
				test: compressesEvents(middleware.Compress(5, "text/event-stream")),
			},
			{
				text: "With `ETag(true)`, compressed and plain responses have the same ETag.",
				test: tagsBeforeCompression(middleware.Compress(5)),
			},
		},
	},
	{
		name:   "klauspost/compress `gzhttp`",
		places: everywhere,
		use:    always(gzhttpMiddleware(0)),
		sends:  []string{"Accept-Encoding: gzip"},
		notes: []note{
			{
				text:   "It suits streams: each event or line is compressed and sent at once.",
				change: gzipped(ordinary, notFound, notAllowed, failing, panicking, left, half),
			},
			{
				text: "With `ETag(true)`, compressed and plain responses have the same ETag.",
				test: tagsBeforeCompression(gzhttpMiddleware(0)),
			},
		},
	},
	{
		name:   "gorilla/handlers `CompressHandler`",
		places: everywhere,
		use:    always(handlers.CompressHandler),
		sends:  []string{"Accept-Encoding: gzip"},
		notes: []note{
			{
				text:   "It suits streams: each event or line is compressed and sent at once.",
				change: gzipped(ordinary, notFound, notAllowed, failing, panicking, left, half),
			},
			{
				text: "Responses without a body, such as a 204, stay without one.",
				test: func(t *testing.T) {
					s := newSite(t, &entry{sends: []string{"Accept-Encoding: gzip"}})
					api := apiroute.New(s.logger(), apiroute.Use(handlers.CompressHandler))
					api.Get("/", func(req *apiroute.Request, res *apiroute.Response) error { return res.End() })
					s.serve(api, "HTTP/1.1")
					wantText(t, s.fetchText("GET", "/", ""), 204, "")
				},
			},
		},
	},
}

// gzhttpMiddleware returns gzhttp's middleware for clients that take only gzip, as those of the tests.
func gzhttpMiddleware(minSize int) func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minSize))
	if err != nil {
		panic(err)
	}
	return func(next http.Handler) http.Handler { return wrap(next) }
}

// compressesEvents checks that a client sees an event before the stream ends.
func compressesEvents(middleware func(http.Handler) http.Handler) func(*testing.T) {
	return func(t *testing.T) {
		s := newSite(t, &entry{sends: []string{"Accept-Encoding: gzip"}})
		s.serve(s.router(inNew, middleware), "HTTP/1.1")
		if o := s.do(left, true); o.Body != "data: tick\n\n" || o.Header["Content-Encoding"] != "gzip" || o.Aborted {
			t.Errorf("got %+v, want an event, compressed", o)
		}
	}
}

// tagsBeforeCompression checks that ETag works with a compressor inside of which it is.
func tagsBeforeCompression(middleware func(http.Handler) http.Handler) func(*testing.T) {
	return func(t *testing.T) {
		s := newSite(t, &entry{adds: map[string]string{"Etag": ""}})
		api := apiroute.New(s.logger(), apiroute.Use(middleware), apiroute.ETag(true))
		api.Get("/", func(req *apiroute.Request, res *apiroute.Response) error { return res.JSON([]string{"a"}) })
		s.serve(api, "HTTP/1.1")
		plain, packed := s.fetchText("GET", "/", ""), s.fetchText("GET", "/", "", "Accept-Encoding: gzip")
		tag := packed.Header["Etag"]
		if tag == "" || tag != plain.Header["Etag"] || packed.Header["Content-Encoding"] != "gzip" || packed.Body != plain.Body {
			t.Errorf("got %+v and %+v, want the same ETag", plain, packed)
		}
		wantText(t, s.fetchText("GET", "/", "", "Accept-Encoding: gzip", "If-None-Match: "+tag), 304, "")
	}
}
