package main

import (
	"strings"
	"testing"
	"time"
)

func TestSoak(t *testing.T) {
	var b strings.Builder
	if err := soak(&b, 2*time.Second, 0, 64); err != nil {
		t.Errorf("%v\n%s", err, b.String())
	}
	for _, want := range []string{"unexpected 5xx 0\n", "wrong answers 0\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
}
