package apiroute

import "testing"

// A parsed segment is written as it was registered, in panics too.
func TestSegmentString(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/a", "/[a]", "/[...a]", "/[[...a]]"} {
		t.Run(path, func(t *testing.T) {
			segs, err := parsePath(path)
			if err != nil || len(segs) != 1 || "/"+segs[0].String() != path {
				t.Errorf("parsePath(%q) = %v, %v, want one segment that is written so", path, segs, err)
			}
		})
	}
	if segs, err := parsePath("/"); err != nil || len(segs) != 0 {
		t.Errorf("parsePath(\"/\") = %v, %v, want no segment", segs, err)
	}
}
