package apiroute

import (
	"strings"
	"testing"
)

// The routes compile into as few instances of http.ServeMux as there must be: one, unless there are
// two paths of which neither is more specific.
func TestMuxes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		paths []string
		want  int // how many
	}{
		{nil, 0},
		{[]string{"/"}, 1},
		{[]string{"/api/user", "/api/posts/[id]", "/api/posts/[id]/comments", "/api/docs/[...slug]", "/shop/[[...slug]]"}, 1},
		{[]string{"/[x]", "/[...y]", "/a/[x]", "/a/[[...y]]"}, 1},
		{[]string{"/posts/[id]", "/[type]/latest"}, 2},
		{[]string{"/a/[x]", "/[x]/a", "/b/[x]", "/[x]/b"}, 2},
		{[]string{"/a/[x]/[y]", "/[x]/a/[y]", "/[x]/[y]/a"}, 3},
	} {
		t.Run(strings.Join(tt.paths, " "), func(t *testing.T) {
			api := New()
			for _, p := range tt.paths {
				api.Get(p, func(*Request, *Response) error { return nil })
			}
			if got := len(api.current().muxes); got != tt.want {
				t.Errorf("%q: %d muxes, want %d", tt.paths, got, tt.want)
			}
			if a, b := api.current(), api.current(); a != b {
				t.Errorf("%q: compiled twice without a change", tt.paths)
			}
		})
	}
}
