package main

import "slices"

// ours are the peers that use apiroute.
var ours = []string{"apiroute", "apiroute typed"}

// targets are the largest ratios of our time to a peer's that are acceptable, for T1 to T10: of an
// endpoint, and of a handler. There is no target where the list ends.
var targets = map[string][][2]float64{
	"tuned": {{.72, 1.00}, {.95, 1.05}, {1.00, 1.15}, {.92, 1.10}, {.85, 1.10}, {.48, .75}, {1.00, 1.00},
		{1.20, 1.50}},
	"gin": {{.85, 1.10}, {1.12, 1.20}, {.35, .40}, {.75, .90}, {.32, .42}, {1.40, 2.30}, {.50, .50},
		{.70, .90}, {.60, .70}, {.80, .90}},
	"echo v5": {{.80, 1.05}, {1.05, 1.10}, {.45, .50}, {.95, 1.10}, {.60, .75}, {1.20, 1.75}, {1.00, 1.00},
		{.75, .95}, {.60, .70}, {.80, .90}},
	"chi": {{.35, .45}, {.35, .40}, {.50, .55}, {.70, .80}, {.50, .60}, {.20, .30}, {.80, .80},
		{.75, .90}},
	"huma": {{.35, .50}, {.35, .40}, {.30, .35}, {.45, .50}, {.42, .50}, {.30, .45}, {1.00, 1.00},
		{.42, .55}, {.40, .45}, {.60, .70}},
}

// targetTasks are the tasks of the rows of targets. A body that is cut has the target of T8.
var targetTasks = []string{"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"}

// asWrittenTarget is how much larger a target is for a task as written. It is also the largest
// acceptable ratio of our time on such a task to that on the task alone.
const asWrittenTarget = 1.15

// target returns the largest acceptable ratio of our time to a peer's on a task, and 0 if there is
// no target.
func target(our, peer, task string) float64 {
	name, s := styleOf(task)
	switch name {
	case "T8s", "T8a", "T8n":
		name = "T8"
	}
	i := slices.Index(targetTasks, name)
	if i < 0 || i >= len(targets[peer]) || s == passing {
		return 0
	}
	t := targets[peer][i][1]
	if our == apirouteTyped.name {
		t = targets[peer][i][0]
	}
	if s == written {
		t *= asWrittenTarget
	}
	return t
}

// costs are the tasks that are another task with one thing more. The ratio of the two is what that
// costs: the rules of T9, and the escape of T2e.
var costs = map[string]string{"T9": "T4", "T2e": "T2"}

// costTarget returns the largest acceptable ratio of a peer's time on a task to its time on the
// task that has one thing less, and 0 if there is no target.
func costTarget(peer, task string) float64 {
	if !slices.Contains(ours, peer) {
		return 0
	}
	switch name, s := styleOf(task); {
	case s == written:
		return asWrittenTarget
	case name == "T2e":
		return 2
	case name == "T9" && peer == apirouteTyped.name:
		return 1.15
	}
	return 0
}

// serverTargets are the largest acceptable ratios of the CPU time of our server for a request to
// that of a peer.
var serverTargets = map[[2]string]float64{
	{"tuned", "T2"}: 1.02,
	{"tuned", "T4"}: 1.02,
	{"gin", "T9"}:   0.90,
	{"huma", "T9"}:  0.60,
}

func serverTarget(_, peer, task string) float64 { return serverTargets[[2]string{peer, task}] }

// nextTarget is the smallest acceptable ratio of our server's requests per second to those of
// Next.js.
const nextTarget = 10.0
