package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"time"
)

// base is the peer that the others are held against.
const base = "tuned"

// ours is the peers that are this project.
var ours = []string{"apiroute", "apiroute typed"}

// targets is the most that our time may be of a peer's, task by task.
var targets = map[string][8]float64{
	"tuned":   {0.75, 0.75, 0.85, 1.00, 0.95, 0.40, 1.05, 1.10},
	"gin":     {1.00, 0.95, 0.35, 0.85, 0.50, 1.25, 0.90, 0.80},
	"echo v5": {0.95, 0.90, 0.50, 1.00, 0.75, 1.00, 1.05, 0.85},
	"chi":     {0.40, 0.35, 0.50, 0.85, 0.65, 0.20, 0.90, 0.65},
	"huma":    {0.40, 0.35, 0.35, 0.50, 0.45, 0.35, 1.05, 0.50},
}

// target returns the most that our time may be of a peer's at a task, 0 where
// there is no target.
func target(peer, task string) float64 { return targets[peer][task[1]-'1'] }

// printFacts writes what a reader must know to compare two tables, or not to.
func printFacts(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, %d CPUs, %s %s/%s\n\n", time.Now().Format(time.DateOnly),
		cpuModel(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// cpuModel returns the name of the CPU, as far as the system tells.
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

// printTable writes a Markdown table with names of columns, rows and cells.
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

// A result is the measured cells by peer and task.
type result map[[2]string]*cell

func resultOf(cells []*cell) result {
	r := result{}
	for _, c := range cells {
		r[[2]string{c.peer, c.task}] = c
	}
	return r
}

// printFigures writes what one op of each task has cost each peer.
func (r result) printFigures(w io.Writer, tasks, peers []string) {
	fmt.Fprintf(w, "One op: ns / bytes / allocations (time by that of %s)\n\n", base)
	printTable(w, "", tasks, peers, func(peer, task string) string {
		c := r[[2]string{peer, task}]
		if c == nil {
			return ""
		}
		s := c.middle()
		text := fmt.Sprintf("%s / %.0f / %.0f", count(s.ns), s.bytes, s.allocs)
		if b := r[[2]string{base, task}]; b != nil {
			text += fmt.Sprintf(" (%.2f)", c.ratio(b))
		}
		return text
	})
}

// printRatios writes what one of our peers takes of each other's time.
func (r result) printRatios(w io.Writer, our string, tasks, peers []string) {
	fmt.Fprintf(w, "Time of %s by that of the peer; in bold with the target where it is missed\n\n", our)
	printTable(w, "", tasks, peers, func(peer, task string) string {
		a, b := r[[2]string{our, task}], r[[2]string{peer, task}]
		if a == nil || b == nil {
			return ""
		}
		ratio := math.Round(100*a.ratio(b)) / 100
		if t := target(peer, task); t > 0 && ratio > t {
			return fmt.Sprintf("**%.2f** > %.2f", ratio, t)
		}
		return fmt.Sprintf("%.2f", ratio)
	})
}

// count writes a number short: 314k for 314,159.
func count(f float64) string {
	switch {
	case f >= 1e7:
		return fmt.Sprintf("%.0fM", f/1e6)
	case f >= 1e5:
		return fmt.Sprintf("%.0fk", f/1e3)
	}
	return fmt.Sprintf("%.0f", f)
}
