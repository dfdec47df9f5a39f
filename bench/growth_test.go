package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestGrowth(t *testing.T) {
	var b bytes.Buffer
	if err := growthOf(tiny, &b, io.Discard, []int{8, 60}, []int{1, 5}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\n| apiroute | ") {
		t.Errorf("no row for apiroute in:\n%s", b.String())
	}
}

// TestGrowthTables checks that every sampled request reaches its own handler, and that ServeMux
// rejects the pairs.
func TestGrowthTables(t *testing.T) {
	for i, rules := range [][]rule{crud(1000), deep(32), pairs(40), pairs(40)} {
		messages := sampleOf(rules)
		if i == 3 {
			messages = escaped(messages)
		}
		for _, p := range []peer{apirouteBind, withChi, withGin, withEcho5, withBunRouter} {
			d := newDriver(p.table(plain, rules), messages)
			seen := map[int]bool{}
			for i := range d.calls {
				routed = -1
				d.call(i)
				seen[routed] = true
			}
			if seen[-1] || len(seen) != len(d.calls) {
				t.Errorf("%s, %d rules: %d handlers ran for %d requests", p.name, len(rules), len(seen), len(d.calls))
			}
		}
	}
	if _, refusal := fill(tuned, pairs(2)); refusal == "" {
		t.Error("ServeMux has taken a pair")
	}
}
