package main

import (
	"math"
	"testing"
)

// TestTarget checks that a task is given its own target, and that there is none where none is
// wanted.
func TestTarget(t *testing.T) {
	const handler, endpoint = "apiroute", "apiroute typed"
	for _, tt := range []struct {
		our, peer, task string
		want            float64
	}{
		{endpoint, "huma", "T1", 0.35}, {handler, "huma", "T1", 0.50},
		{endpoint, "huma", "T10", 0.60}, {handler, "huma", "T10", 0.70},
		{endpoint, "gin", "T9", 0.60}, {endpoint, "tuned", "T9", 0}, {endpoint, "chi", "T10", 0},
		{endpoint, "tuned", "T8", 1.20}, {endpoint, "tuned", "T8s", 1.20}, {handler, "tuned", "T8n+", 1.725},
		{endpoint, "tuned", "T1+", 0.828}, {endpoint, "tuned", "T1~", 0}, {endpoint, "tuned", "T9+", 0},
		{endpoint, "tuned", "T2e", 0}, {endpoint, "fuego", "T4", 0},
	} {
		if got := target(tt.our, tt.peer, tt.task); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("target(%q, %q, %q) = %v, want %v", tt.our, tt.peer, tt.task, got, tt.want)
		}
	}
	for peer, list := range targets {
		if _, unknown := named(peer); unknown != "" || len(list) > len(targetTasks) {
			t.Errorf("%d targets by %s, which is no peer or has too many", len(list), peer)
		}
	}
}

func TestCostTarget(t *testing.T) {
	for _, tt := range []struct {
		peer, task string
		want       float64
	}{
		{"apiroute", "T2e", 2}, {"apiroute typed", "T2e", 2}, {"gin", "T2e", 0},
		{"apiroute", "T9", 0}, {"apiroute typed", "T9", 1.15},
		{"apiroute", "T9+", 1.15}, {"apiroute typed", "T1+", 1.15}, {"apiroute", "T1~", 0}, {"gin", "T1+", 0},
	} {
		if got := costTarget(tt.peer, tt.task); got != tt.want {
			t.Errorf("costTarget(%q, %q) = %v, want %v", tt.peer, tt.task, got, tt.want)
		}
	}
}
