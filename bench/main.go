// Command bench measures apiroute and its peers on the same tasks. See README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

// options are the flags of the command line.
type options struct {
	rounds, layouts int
	raw             bool
	slice           time.Duration
	tasks, peers    string
	e2e, growth     bool
	requests, conns int
	wall            bool
	cpuProfile      string
	memProfile      string
}

func main() {
	if name := os.Getenv(serveEnv); name != "" {
		serve(name)
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 8, "`rounds` of which the median is taken, for each layout")
	flag.IntVar(&o.layouts, "layouts", 1, "`layouts` of the code, each a build of its own; with 1 it is as compiled")
	flag.BoolVar(&o.raw, "raw", false, "write all samples in the format of encoding/gob, for -layouts")
	flag.DurationVar(&o.slice, "slice", 100*time.Millisecond, "how long a peer has a task in a round")
	flag.StringVar(&o.tasks, "task", "", "comma-separated `tasks`, T1 to T8, or T1+ and so on as written; all if empty")
	flag.StringVar(&o.peers, "peers", "", "comma-separated `names` of peers; all if empty")
	flag.BoolVar(&o.e2e, "e2e", false, "measure servers on the loopback interface")
	flag.BoolVar(&o.growth, "growth", false, "measure how routing grows with the number of routes")
	flag.IntVar(&o.requests, "requests", 10000, "with -e2e: `requests` to a server in a round")
	flag.IntVar(&o.conns, "conns", 8, "with -e2e: `connections` to a server")
	flag.BoolVar(&o.wall, "wall", false, "measure the time that passes in place of CPU time")
	flag.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile to a `file`")
	flag.StringVar(&o.memProfile, "memprofile", "", "write a profile of all allocations to a `file`; times are then useless")
	flag.Parse()
	if err := run(o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o options, w, progress io.Writer) error {
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("unknown argument %q", flag.Arg(0))
	case o.rounds < 1 || o.layouts < 1 || o.slice <= 0 || o.requests < 1 || o.conns < 1:
		return errors.New("-rounds, -layouts, -slice, -requests and -conns must be positive")
	case o.e2e && o.growth:
		return errors.New("-e2e and -growth are two runs")
	}
	if o.wall {
		clock = wallTime
	}
	measure := runTasks
	if o.e2e {
		measure = runE2E
	} else if o.growth {
		measure = runGrowth
	}
	return profiled(o, func() error { return measure(o, w, progress) })
}

// profiled calls f and writes the profiles that the options ask for.
func profiled(o options, f func() error) error {
	if o.memProfile != "" {
		runtime.MemProfileRate = 1
	}
	if o.cpuProfile != "" {
		file, err := os.Create(o.cpuProfile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if err := f(); err != nil || o.memProfile == "" {
		return err
	}
	file, err := os.Create(o.memProfile)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}

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
	var some []task
	var columns []string
	for _, t := range tasks() {
		if o.tasks == "" || slices.Contains(strings.Split(o.tasks, ","), t.name) {
			some, columns = append(some, t), append(columns, t.name)
		}
	}
	if len(some) == 0 {
		return fmt.Errorf("no task in %q; there are T1 to T8", o.tasks)
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
	printFacts(w)
	fmt.Fprintf(w, "%d layout(s), %d rounds of %v of %s each. ", o.layouts, o.rounds, o.slice, o.clockName())
	fmt.Fprint(w, "Ratios are medians, with the range of the layouts or, of one, the quartiles. Tasks:")
	for i, t := range some {
		fmt.Fprintf(w, "%s %s %s", map[bool]string{true: ";"}[i > 0], t.name, t.what)
	}
	fmt.Fprint(w, "\n\n")
	r := resultOf(cells)
	r.printFigures(w, columns, names(chosen))
	r.printAsWritten(w, columns, names(chosen))
	for _, our := range ours {
		if slices.Contains(names(chosen), our) {
			others := slices.DeleteFunc(names(chosen), func(n string) bool { return slices.Contains(ours, n) })
			r.printRatios(w, our, columns, others)
		}
	}
	return nil
}
