package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// A sample is the average cost of one op over a slice of time.
type sample struct {
	NS, Bytes, Allocs float64
}

// clock measures time. It is CPU time by default, because other users of the machine affect it far
// less than elapsed time, and because it includes the collector's work on all cores.
var clock = cpuTime

// cpuTime returns the user and system time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var started = time.Now()

// wallTime returns the time since the process has started.
func wallTime() time.Duration { return time.Since(started) }

// slice measures an op for the time d, and reads the clock after each batch of ops. It runs the
// collector first, so that each peer pays for its own garbage and not for that of another. Then it
// runs a few ops to refill the pools that the collector has emptied.
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
		NS:     float64(used.Nanoseconds()) / count,
		Bytes:  float64(after.TotalAlloc-before.TotalAlloc) / count,
		Allocs: float64(after.Mallocs-before.Mallocs) / count,
	}
}

// opsIn returns how many ops take about d after a warm-up.
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

// ballast stands for the data of a small server. It contains no pointers, so the collector does
// not scan it. Without it, there would be a cycle for every 4 MB allocated, and most of its time
// would be the fixed cost of a cycle.
var ballast = make([]byte, 8<<20)

// A cell is one peer on one task.
type cell struct {
	peer, task string
	family     string             // of the task
	start      func() (op func()) // makes the app and a driver for it
	batch      int                // ops between two readings of the clock
	samples    []sample
	layouts    []int // where the samples of each layout of the code end; nil for one layout
}

// measureAll measures all cells in rounds. In each round the families of tasks are in random order,
// and so are the peers of each family. The tasks of a family, such as T1 and T1+, follow one
// another for each peer, and the peers follow one another too, so that a machine that slows down
// affects alike what is compared. Only the app that is being measured is in memory: those of all
// peers would make each byte of garbage dearer, since the collector would scan them too.
func measureAll(cells []*cell, rounds int, d time.Duration, progress func(round int)) {
	defer runtime.KeepAlive(&ballast)
	for _, c := range cells {
		c.batch = opsIn(d/20, c.start())
	}
	for round := range rounds {
		progress(round)
		for _, family := range shuffled(cells, func(c *cell) string { return c.family }) {
			for _, ofPeer := range shuffled(family, func(c *cell) string { return c.peer }) {
				for _, c := range ofPeer {
					c.samples = append(c.samples, slice(d, c.batch, c.start()))
				}
			}
		}
	}
}

// shuffled returns the cells in groups with the same key. Groups and cells are in random order.
func shuffled(cells []*cell, key func(*cell) string) [][]*cell {
	byKey := map[string][]*cell{}
	for _, c := range cells {
		byKey[key(c)] = append(byKey[key(c)], c)
	}
	groups := slices.Collect(maps.Values(byKey))
	shuffle(groups)
	for _, group := range groups {
		shuffle(group)
	}
	return groups
}

func shuffle[T any](list []T) {
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// median returns the median of get over the elements of a list.
func median[T any, N cmp.Ordered](list []T, get func(T) N) N {
	var values []N
	for _, v := range list {
		values = append(values, get(v))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// middle returns the medians of the samples, for each figure on its own.
func (c *cell) middle() sample {
	return sample{
		NS:     median(c.samples, func(s sample) float64 { return s.NS }),
		Bytes:  median(c.samples, func(s sample) float64 { return s.Bytes }),
		Allocs: median(c.samples, func(s sample) float64 { return s.Allocs }),
	}
}

// A ratio is c's time divided by that of another cell in the same round.
type ratio struct {
	middle    float64 // the median of the layouts' medians over their rounds
	low, high float64 // the smallest and the largest median of a layout, or, of one layout, the quartiles
}

func (r ratio) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", r.middle, r.low, r.high) }

// ratio compares the cell with another one that was measured in the same rounds.
func (c *cell) ratio(base *cell) ratio {
	var all []float64
	for i := range c.samples {
		all = append(all, c.samples[i].NS/base.samples[i].NS)
	}
	if len(c.layouts) < 2 {
		slices.Sort(all)
		n := len(all)
		return ratio{all[n/2], all[n/4], all[min(n-1, (3*n+3)/4)]}
	}
	var medians []float64
	from := 0
	for _, to := range c.layouts {
		medians = append(medians, median(all[from:to], func(f float64) float64 { return f }))
		from = to
	}
	slices.Sort(medians)
	return ratio{medians[len(medians)/2], medians[0], medians[len(medians)-1]}
}

// newCells returns a cell for each peer and each task that it does.
func newCells(peers []peer, tasks []task) []*cell {
	var cells []*cell
	for _, p := range peers {
		for _, t := range tasks {
			if p.does(t) {
				start := func() func() { return newDriver(p.handler(t), t.requests).op }
				cells = append(cells, &cell{peer: p.name, task: t.name, family: t.family, start: start})
			}
		}
	}
	return cells
}
