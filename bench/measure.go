package main

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// A sample is what one op has cost, on average over a slice of time.
type sample struct {
	ns, bytes, allocs float64
}

// clock is what time is measured with: that of the CPU, for others who use the
// machine shift it far less than the time of day, and the collector's work is in
// it on whatever core it is done.
var clock = cpuTime

// cpuTime returns the user and system time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the arguments are right
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var started = time.Now()

// wallTime returns the time that has passed.
func wallTime() time.Duration { return time.Since(started) }

// slice measures an op for a time d, and looks at the clock after each batch of
// ops. The collector runs before, so that no peer pays for another's garbage;
// for its own it pays. A few ops go first, to fill again the pools which the
// collector has emptied.
func slice(d time.Duration, batch int, op func()) sample {
	runtime.GC()
	for range batch/4 + 2 {
		op()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, start, used := 0, clock(), time.Duration(0)
	for used < d {
		for range batch {
			op()
		}
		n += batch
		used = clock() - start
	}
	runtime.ReadMemStats(&after)
	count := float64(n)
	return sample{
		ns:     float64(used.Nanoseconds()) / count,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / count,
		allocs: float64(after.Mallocs-before.Mallocs) / count,
	}
}

// opsIn returns how many ops take about d, once they run warm.
func opsIn(d time.Duration, op func()) int {
	n := 0
	for range 2 {
		n = 0
		for start := clock(); clock()-start < d; n++ {
			op()
		}
	}
	return n
}

// ballast is memory in use that the collector need not look into, as the data of
// a small server. Without it, a cycle would come with every 4 MB, and what it
// costs whatever the heap would be most of it.
var ballast = make([]byte, 8<<20)

// A cell is one peer at one task.
type cell struct {
	peer, task string
	op         func()
	batch      int // ops between looks at the clock
	samples    []sample
}

// measureAll measures all cells in rounds. In a round the tasks come in random
// order and within a task the peers, right after one another, so that a machine
// that slows down meets all peers of a task alike.
func measureAll(cells []*cell, rounds int, d time.Duration, progress func(round int)) {
	defer runtime.KeepAlive(&ballast)
	byTask := map[string][]*cell{}
	var order []string
	for _, c := range cells {
		if byTask[c.task] == nil {
			order = append(order, c.task)
		}
		byTask[c.task] = append(byTask[c.task], c)
		c.batch = opsIn(d/20, c.op)
	}
	for round := range rounds {
		progress(round)
		shuffle(order)
		for _, task := range order {
			shuffle(byTask[task])
			for _, c := range byTask[task] {
				c.samples = append(c.samples, slice(d, c.batch, c.op))
			}
		}
	}
}

func shuffle[T any](list []T) {
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// median returns the middle of what get finds in each element.
func median[T any, N cmp.Ordered](list []T, get func(T) N) N {
	var values []N
	for _, v := range list {
		values = append(values, get(v))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// middle returns the sample of medians.
func (c *cell) middle() sample {
	return sample{
		ns:     median(c.samples, func(s sample) float64 { return s.ns }),
		bytes:  median(c.samples, func(s sample) float64 { return s.bytes }),
		allocs: median(c.samples, func(s sample) float64 { return s.allocs }),
	}
}

// ratio returns the median over the rounds of c's time by that of base in the
// same round.
func (c *cell) ratio(base *cell) float64 {
	rounds := make([]int, len(c.samples))
	for i := range rounds {
		rounds[i] = i
	}
	return median(rounds, func(i int) float64 { return c.samples[i].ns / base.samples[i].ns })
}

// newCells returns the cells of the peers and tasks.
func newCells(peers []peer, tasks []task) []*cell {
	var cells []*cell
	for _, p := range peers {
		var app http.Handler
		if p.app != nil {
			app = p.app()
		}
		for _, t := range tasks {
			h := app
			if t.name == "T6" && p.table != nil {
				h = p.table(gitHub())
			}
			if p.does(t.name) {
				cells = append(cells, &cell{peer: p.name, task: t.name, op: newDriver(h, t.requests).op})
			}
		}
	}
	return cells
}
