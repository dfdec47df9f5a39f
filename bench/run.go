package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// choose returns the peers that the options name, or else those that otherwise names.
func (o options) choose(otherwise string) ([]peer, error) {
	list := o.peers
	if list == "" {
		list = otherwise
	}
	found, unknown := named(list)
	if unknown != "" {
		return nil, fmt.Errorf("no peer %q; there are %s", unknown, strings.Join(names(peers), ", "))
	}
	return found, nil
}

func (o options) clockName() string {
	if o.wall {
		return "elapsed time"
	}
	return "CPU time"
}

func names(peers []peer) (list []string) {
	for _, p := range peers {
		list = append(list, p.name)
	}
	return list
}

// runTasks measures every peer on every task, in this process.
func runTasks(o options, w, progress io.Writer) error {
	chosen, err := o.choose("")
	if err != nil {
		return err
	}
	some, err := chooseTasks(o.tasks)
	if err != nil {
		return err
	}
	cells := newCells(chosen, some)
	if o.layouts > 1 {
		err = measureLayouts(o, cells, progress)
	} else {
		measureAll(cells, o.rounds, o.slice, func(round int) {
			fmt.Fprintf(progress, "round %d of %d\n", round+1, o.rounds)
		})
	}
	if err != nil || o.raw {
		return errors.Join(err, writeSamples(w, o, cells))
	}
	printFacts(w, chosen)
	fmt.Fprintf(w, "%d layout(s), %d rounds of %v of %s each. ", o.layouts, o.rounds, o.slice, o.clockName())
	fmt.Fprint(w, "Ratios are medians, with the range of the layouts or, of one, the quartiles. Tasks:")
	var columns []string
	for i, t := range some {
		columns = append(columns, t.name)
		fmt.Fprintf(w, "%s %s %s", map[bool]string{true: ";"}[i > 0], t.name, t.what)
	}
	fmt.Fprint(w, "\n\n")
	resultOf(cells).print(w, columns, names(chosen))
	return nil
}
