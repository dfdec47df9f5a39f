package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// base is the peer that the others are compared with end to end.
const base = "tuned"

// ours are the peers that use apiroute.
var ours = []string{"apiroute", "apiroute typed"}

// targets are the largest ratios of our time to a peer's that are acceptable, for T1 to T8.
var targets = map[string][8]float64{
	"tuned":   {0.75, 0.75, 0.85, 1.00, 0.95, 0.40, 1.05, 1.10},
	"gin":     {1.00, 0.95, 0.35, 0.85, 0.50, 1.25, 0.90, 0.80},
	"echo v5": {0.95, 0.90, 0.50, 1.00, 0.75, 1.00, 1.05, 0.85},
	"chi":     {0.40, 0.35, 0.50, 0.85, 0.65, 0.20, 0.90, 0.65},
	"huma":    {0.40, 0.35, 0.35, 0.50, 0.45, 0.35, 1.05, 0.50},
}

// target returns the largest acceptable ratio of our time to a peer's on a task, and 0 if there is
// no target.
func target(peer, task string) float64 {
	if strings.HasSuffix(task, "+") {
		return 0
	}
	return targets[peer][task[1]-'1']
}

// printFacts writes what a reader must know to decide whether two tables are comparable.
func printFacts(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, %d CPUs, %s %s/%s\n\n", time.Now().Format(time.DateOnly),
		cpuModel(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// cpuModel returns the name of the CPU if the system provides it.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// printTable writes a Markdown table, with the result of text in each cell.
func printTable(w io.Writer, corner string, columns, rows []string, text func(row, column string) string) {
	fmt.Fprintf(w, "| %s | %s |\n|---%s|\n", corner, strings.Join(columns, " | "), strings.Repeat("|---", len(columns)))
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |", row)
		for _, column := range columns {
			fmt.Fprintf(w, " %s |", text(row, column))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

// A result holds the measured cells by peer and task.
type result map[[2]string]*cell

func resultOf(cells []*cell) result {
	r := result{}
	for _, c := range cells {
		r[[2]string{c.peer, c.task}] = c
	}
	return r
}

// printFigures writes the cost of one op for each task and peer.
func (r result) printFigures(w io.Writer, tasks, peers []string) {
	fmt.Fprint(w, "One op: ns / bytes / allocations\n\n")
	printTable(w, "", tasks, peers, func(peer, task string) string {
		c := r[[2]string{peer, task}]
		if c == nil {
			return ""
		}
		s := c.middle()
		return fmt.Sprintf("%s / %.0f / %.0f", count(s.NS), s.Bytes, s.Allocs)
	})
}

// printRatios writes the ratio of our time to that of each other peer.
func (r result) printRatios(w io.Writer, our string, tasks, peers []string) {
	fmt.Fprintf(w, "Time of %s by that of the peer; in bold with the target where it is missed\n\n", our)
	printTable(w, "", tasks, peers, func(peer, task string) string {
		a, b := r[[2]string{our, task}], r[[2]string{peer, task}]
		if a == nil || b == nil {
			return ""
		}
		ratio := a.ratio(b)
		if t := target(peer, task); t > 0 && math.Round(100*ratio.middle)/100 > t {
			return fmt.Sprintf("**%v** > %.2f", ratio, t)
		}
		return ratio.String()
	})
}

// printAsWritten writes, for each peer, the ratio of the time of a task as written to the time
// of the task alone.
func (r result) printAsWritten(w io.Writer, tasks, peers []string) {
	var columns []string
	for _, t := range tasks {
		if strings.HasSuffix(t, "+") && slices.Contains(tasks, strings.TrimSuffix(t, "+")) {
			columns = append(columns, t)
		}
	}
	if columns == nil {
		return
	}
	fmt.Fprint(w, "Time as written by that of the same task without error function and middleware\n\n")
	printTable(w, "", columns, peers, func(peer, task string) string {
		a, b := r[[2]string{peer, task}], r[[2]string{peer, strings.TrimSuffix(task, "+")}]
		if a == nil || b == nil {
			return ""
		}
		return a.ratio(b).String()
	})
}

// count formats a number briefly: 314k for 314,159.
func count(f float64) string {
	switch {
	case f >= 1e7:
		return fmt.Sprintf("%.0fM", f/1e6)
	case f >= 1e5:
		return fmt.Sprintf("%.0fk", f/1e3)
	}
	return fmt.Sprintf("%.0f", f)
}
