// Api is a program whose API has a type for every rule by which the package documents types. The
// checks of this folder hold its document and what it does to each other.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`address` to listen on")
	print := flag.Bool("openapi", false, "print the document and exit")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))

	api := newAPI()
	if *print {
		if err := printDocument(api); err != nil {
			log.Fatal(err)
		}
		return
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	log.Fatal(http.Serve(l, api))
}

// printDocument prints the document as the API serves it.
func printDocument(api http.Handler) error {
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
	if w.Code != 200 || !json.Valid(w.Body.Bytes()) {
		return fmt.Errorf("the document: status %d: %s", w.Code, w.Body)
	}
	_, err := os.Stdout.Write(w.Body.Bytes())
	return err
}
