package main

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"example.com/apiroute"
)

// via is what this server calls itself in the header Via of the requests that it passes on.
const via = "1.1 board"

// proxyTo returns a handler that passes requests on to a Next.js server, WebSockets included. It
// hides nothing: Next.js gets the path, the Host and the cookies that the browser has sent. To mask
// another service, use apiroute.Proxy.
func proxyTo(next *url.URL, log *slog.Logger) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(next)
			pr.Out.Host = pr.In.Host
			pr.SetXForwarded()
			pr.Out.Header.Add("Via", via)
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				log.Warn("Next.js does not respond", "address", next.String(), "error", err)
			}
			// In development, the browser may be faster than the start of Next.js.
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<!doctype html><meta http-equiv=refresh content=1><title>One moment</title><p>Waiting for Next.js.")
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// In development, Next.js sends here what it does not have below /api. If that came from here,
		// neither has it, and the request must not go round for ever.
		if slices.Contains(r.Header.Values("Via"), via) {
			(&apiroute.Error{Status: http.StatusNotFound}).ServeHTTP(w, r)
			return
		}
		// A page may take longer than the server's WriteTimeout: React streams it, and in development
		// Next.js compiles it first.
		if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
			log.Warn("the server's timeout stays", "error", err)
		}
		proxy.ServeHTTP(w, r)
	})
}

// The front end that `npm run export` has made. In a fresh clone there is none.
//
//go:embed all:front
var front embed.FS

// A frontEnd serves the files of an exported Next.js app.
type frontEnd struct {
	files fs.FS
	etags map[string]string // by the name of the file
}

func newFrontEnd(files fs.FS) (*frontEnd, error) {
	f := &frontEnd{files: files, etags: map[string]string{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		sum := sha256.Sum256(data)
		f.etags[name] = fmt.Sprintf(`"%x"`, sum[:12])
		return err
	})
	return f, err
}

func (f *frontEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "frame-ancestors 'none'")
	h.Set("Referrer-Policy", "same-origin")
	// The export has about.html or about/index.html for /about, as trailingSlash says.
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	for _, name := range []string{name, name + ".html", path.Join(name, "index.html")} {
		if etag, ok := f.etags[name]; ok {
			h.Set("ETag", etag)
			h.Set("Cache-Control", "no-cache")
			if strings.HasPrefix(name, "_next/static/") { // these names change with the contents
				h.Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			http.ServeFileFS(w, r, f.files, name)
			return
		}
	}
	f.notFound(w)
}

func (f *frontEnd) notFound(w http.ResponseWriter) {
	page, err := fs.ReadFile(f.files, "404.html")
	if err != nil {
		http.Error(w, "There is no front end in this program. Run `npm run export` in web, and build it again.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	w.Write(page)
}
