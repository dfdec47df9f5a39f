package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

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

// add adds the time of one op to a cell, which it makes if there is none.
func (r result) add(peer, task string, ns float64) {
	key := [2]string{peer, task}
	if r[key] == nil {
		r[key] = &cell{peer: peer, task: task}
	}
	r[key].samples = append(r[key].samples, sample{NS: ns})
}

// print writes all tables of the tasks in this process: the cost of each task, each task by another
// of the same peer, and our time by that of each other peer.
func (r result) print(w io.Writer, tasks, peers []string) {
	r.printFigures(w, tasks, peers)
	r.printWithin(w, "Time of one task by that of another, for each peer"+inBold, tasks, peers, func(task string) string {
		return costs[task]
	})
	for _, s := range []style{passing, written} {
		title := map[style]string{
			passing: "Time with middleware that does nothing by that of the same task without",
			written: "Time as written by that of the same task without error function and middleware" + inBold,
		}[s]
		r.printWithin(w, title, tasks, peers, func(task string) string {
			if name, of := styleOf(task); of == s {
				return name
			}
			return ""
		})
	}
	for _, our := range ours {
		if slices.Contains(peers, our) {
			others := slices.DeleteFunc(slices.Clone(peers), func(n string) bool { return slices.Contains(ours, n) })
			r.printRatios(w, "Time of "+our+" by that of the peer"+inBold, our, tasks, others, target)
		}
	}
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

// inBold says how tables mark what misses its target.
const inBold = "; in bold with the target where it is missed"

// printRatios writes the ratio of our time to that of each other peer.
func (r result) printRatios(w io.Writer, title, our string, tasks, peers []string, target func(our, peer, task string) float64) {
	fmt.Fprint(w, title, "\n\n")
	printTable(w, "", tasks, peers, func(peer, task string) string {
		a, b := r[[2]string{our, task}], r[[2]string{peer, task}]
		if a == nil || b == nil {
			return ""
		}
		return missed(a.ratio(b), target(our, peer, task))
	})
}

// printWithin writes, for each peer, the ratio of the time of a task to that of another task of
// the peer, which base returns; "" if there is none.
func (r result) printWithin(w io.Writer, title string, tasks, peers []string, base func(task string) string) {
	var columns []string
	for _, t := range tasks {
		if b := base(t); b != "" && slices.Contains(tasks, b) {
			columns = append(columns, t+" / "+b)
		}
	}
	if columns == nil {
		return
	}
	fmt.Fprint(w, title, "\n\n")
	printTable(w, "", columns, peers, func(peer, column string) string {
		task, base, _ := strings.Cut(column, " / ")
		a, b := r[[2]string{peer, task}], r[[2]string{peer, base}]
		if a == nil || b == nil {
			return ""
		}
		return missed(a.ratio(b), costTarget(peer, task))
	})
}

// missed returns the text of a ratio, in bold with the target if there is one and it is missed.
func missed(r ratio, target float64) string {
	if target > 0 && hundredths(r.middle) > hundredths(target) {
		return fmt.Sprintf("**%v** > %.2f", r, target)
	}
	return r.String()
}

// hundredths rounds a number as it is printed.
func hundredths(f float64) float64 { return math.Round(100 * f) }

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
