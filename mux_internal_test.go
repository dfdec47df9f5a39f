package apiroute

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Pages are in one mux if they have their dynamic segments in the same places.
func TestMuxShapes(t *testing.T) {
	for _, tt := range []struct {
		paths []string
		want  int // the number of muxes
	}{
		{nil, 0},
		{[]string{"/"}, 1},
		{[]string{"/", "/a", "/b", "/a/b"}, 3},
		{[]string{"/a/[x]", "/b/[y]", "/[x]/a", "/[x]/b"}, 2},
		{[]string{"/a/[x]/[y]", "/[x]/a/[y]", "/[x]/[y]/a"}, 3},
		{[]string{"/a", "/a/[x]", "/a/[x]/b", "/a/[...x]", "/b/[[...x]]", "/c/[...x]"}, 5},
	} {
		t.Run(fmt.Sprint(tt.paths), func(t *testing.T) {
			api := New()
			for _, p := range tt.paths {
				api.Get(p, respondOK)
			}
			if got := len(api.current().muxes().shapes); got != tt.want {
				t.Errorf("%d muxes, want %d", got, tt.want)
			}
		})
	}
}

// The first path that is not tidy makes the muxes, and they are kept until another
// route is registered.
func TestMuxesWhenNeeded(t *testing.T) {
	api := New(quiet())
	api.Get("/u/[id]", respondOK)
	first := api.current()
	for _, target := range []string{"/u/1", "/u/a%20b", "/u/a%2Fb", "/u/%00", "/u", "/none/none/none"} {
		api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
	}
	if first.mux != nil {
		t.Error("a tidy path has made the muxes")
	}
	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/u//1", nil))
	made := first.mux
	if made == nil {
		t.Error("an untidy path has not made the muxes")
	}
	api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/u/1/", nil))
	if api.current() != first || first.mux != made {
		t.Error("another such path has made them again")
	}
	api.Get("/u", respondOK)
	if next := api.current(); next == first || next.mux != nil {
		t.Error("the muxes were kept, or made, when a route was registered")
	}
}

// While the muxes are being made, plain paths are served and routes registered.
func TestMuxesDoNotBlock(t *testing.T) {
	api := New(quiet())
	api.Get("/a", respondOK)
	making, release := make(chan bool), make(chan bool)
	table := api.current()
	go table.once.Do(func() {
		making <- true
		<-release
		table.mux = newMuxes(&table.root)
	})
	<-making
	late := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", "/a/", nil))
		late <- w.Code
	}()
	for _, path := range []string{"/a", "/b"} {
		w := httptest.NewRecorder()
		if api.ServeHTTP(w, httptest.NewRequest("GET", path, nil)); path == "/a" && w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
		api.Get("/b"+path, respondOK)
	}
	close(release)
	if got := <-late; got != http.StatusPermanentRedirect {
		t.Errorf("/a/: %d, want 308", got)
	}
}

// The muxes for many routes are made in near-linear time, also for those that
// ServeMux would refuse in one mux, or would compare with all others. If the time
// grew with the square, each of these would take some seconds.
func TestMuxesLinear(t *testing.T) {
	const limit = 2 * time.Second
	for _, tt := range []struct{ a, b string }{
		{"/[t]/l%d", "/s%d/[id]"},
		{"/a/[x]/l%d", "/b/s%d/[y]"},
		{"/c%d/[...r]", "/[a]/d%d/[[...r]]"},
		{"/a%d/b/[c]/d/[...r]", "/[a]/b/c%d/[d]/[...r]"},
	} {
		t.Run(tt.a+" "+tt.b, func(t *testing.T) {
			api := New(quiet())
			for i := 0; i < 4000; i++ {
				api.Get(fmt.Sprintf(tt.a, i), respondOK)
				api.Get(fmt.Sprintf(tt.b, i), respondOK)
			}
			start := time.Now()
			m := api.current().muxes()
			if took := time.Since(start); took > limit || len(m.shapes) != 2 {
				t.Errorf("%d muxes in %v, want 2 in at most %v", len(m.shapes), took, limit)
			}
		})
	}
}
