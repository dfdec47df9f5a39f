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
	"time"
)

// options are the flags of the command line.
type options struct {
	rounds, layouts int
	raw             bool
	slice           time.Duration
	tasks, peers    string
	e2e, growth     bool
	requests        int
	conns, core     string
	next            string
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
	flag.IntVar(&o.rounds, "rounds", 4, "`rounds` of which the median is taken, for each layout")
	flag.IntVar(&o.layouts, "layouts", 1, "`layouts` of the code, each a build of its own; with 1 it is as compiled")
	flag.BoolVar(&o.raw, "raw", false, "write all samples in the format of encoding/gob, for -layouts")
	flag.DurationVar(&o.slice, "slice", 100*time.Millisecond, "how long a peer has a task in a round")
	flag.StringVar(&o.tasks, "task", "plain", "comma-separated `tasks` such as T1 and T1+, or plain, passing, written or all")
	flag.StringVar(&o.peers, "peers", "", "comma-separated `names` of peers; all if empty")
	flag.BoolVar(&o.e2e, "e2e", false, "measure servers on the loopback interface")
	flag.BoolVar(&o.growth, "growth", false, "measure how routing grows with the number of routes")
	flag.IntVar(&o.requests, "requests", 10000, "with -e2e: `requests` to a server in a round")
	flag.StringVar(&o.conns, "conns", "64,1000", "with -e2e: comma-separated numbers of `connections` to a server")
	flag.StringVar(&o.core, "core", "", "with -e2e: the `CPU` that all servers run on, by taskset; any if empty")
	flag.StringVar(&o.next, "next", "", "with -e2e: `directory` of the built Next.js application; without it if empty")
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
	case o.rounds < 1 || o.layouts < 1 || o.slice <= 0 || o.requests < 1:
		return errors.New("-rounds, -layouts, -slice and -requests must be positive")
	case o.e2e && o.growth:
		return errors.New("-e2e and -growth are two runs")
	case !o.e2e && (o.next != "" || o.core != ""):
		return errors.New("-next and -core are for -e2e")
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
