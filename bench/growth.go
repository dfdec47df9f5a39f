package main

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// growthPeers are the peers with different routers. naive and huma use the router of tuned.
const growthPeers = "tuned,apiroute,chi,gin,echo v5,httprouter,bunrouter"

// crud returns n rules like those of an API with many resources, 4 for each resource.
func crud(n int) []rule {
	var list []rule
	for i := 0; len(list) < n; i++ {
		res := fmt.Sprintf("/api/v1/res%d", i)
		list = append(list, rule{"GET", res}, rule{"GET", res + "/{id}"},
			rule{"GET", res + "/{id}/items"}, rule{"GET", res + "/{id}/items/{item}"})
	}
	return list[:n]
}

// pairs returns n rules in pairs that overlap and of which neither is more specific, such as
// /res1/all/{x} and /res1/{id}/latest. ServeMux rejects them.
func pairs(n int) []rule {
	var list []rule
	for i := 0; len(list) < n; i++ {
		res := fmt.Sprintf("/api/res%d", i)
		list = append(list, rule{"GET", res + "/all/{x}"}, rule{"GET", res + "/{id}/latest"})
	}
	return list[:n]
}

// deep returns one rule with n segments. Every second one is dynamic.
func deep(n int) []rule {
	var b strings.Builder
	for i := range n {
		if i%2 == 0 {
			b.WriteString("/s" + strconv.Itoa(i))
		} else {
			b.WriteString("/{p" + strconv.Itoa(i) + "}")
		}
	}
	return []rule{{"GET", b.String()}}
}

// fill returns a router of p with the rules, or the reason why p rejects them.
func fill(p peer, rules []rule) (h http.Handler, refusal string) {
	defer func() {
		if v := recover(); v != nil {
			h, refusal = nil, fmt.Sprint(v)
		}
	}()
	return p.table(plain, rules), ""
}

// sampleOf returns requests for up to 100 rules, spread evenly over all of them.
func sampleOf(rules []rule) []message {
	var list []message
	step := max(1, len(rules)/100)
	for i := 0; i < len(rules); i += step {
		// Not every step-th rule exactly, because those may all have the same form.
		r := rules[min(i+i/step%step, len(rules)-1)]
		list = append(list, message{method: r.method, target: r.example()})
	}
	return list
}

// escaped returns the requests with an unnecessary escape in each value.
func escaped(messages []message) []message {
	list := slices.Clone(messages)
	for i := range list {
		list[i].target = strings.ReplaceAll(list[i].target, "/a-", "/%41-")
	}
	return list
}

// A grown is what a router costs with one set of rules.
type grown struct {
	refused bool
	match   float64       // ns per request
	memory  float64       // bytes per route
	startup time.Duration // from no router to the first response
}

// grow measures the routers with one set of rules.
func grow(peers []peer, rules []rule, messages []message, rounds int, d time.Duration) map[string]*grown {
	result := map[string]*grown{}
	var cells []*cell
	for _, p := range peers {
		g, driver := build(p, rules, messages, min(rounds, 3))
		if result[p.name] = g; !g.refused {
			cells = append(cells, &cell{peer: p.name, start: func() func() { return driver.op }})
		}
	}
	// The collector's share of the time depends on the size of the heap, and so on the table.
	percent := debug.SetGCPercent(-1)
	measureAll(cells, rounds, d, func(int) {})
	debug.SetGCPercent(percent)
	for _, c := range cells {
		result[c.peer].match = c.middle().NS / float64(len(messages))
	}
	return result
}

// build fills a router, several times to measure how long that takes.
func build(p peer, rules []rule, messages []message, times int) (*grown, *driver) {
	g := &grown{}
	d := newDriver(nil, messages)
	var took []time.Duration
	for range times {
		d.handler = nil
		before := heap()
		start := clock()
		h, refusal := fill(p, rules)
		if g.refused = refusal != ""; g.refused {
			return g, nil
		}
		d.handler = h
		d.call(0)
		took = append(took, clock()-start)
		g.memory = float64(heap()-before) / float64(len(rules))
	}
	g.startup = median(took, func(d time.Duration) time.Duration { return d })
	return g, d
}

// heap returns the size of the heap in bytes, without garbage.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the second collection frees what is in pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// runGrowth measures routing with growing numbers and lengths of routes.
func runGrowth(o options, w, progress io.Writer) error {
	return growthOf(o, w, progress, []int{10, 100, 1000, 10000}, []int{1, 2, 4, 8, 16, 32})
}

func growthOf(o options, w, progress io.Writer, sizes, depths []int) error {
	chosen, err := o.choose(growthPeers)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		if p.table == nil {
			return fmt.Errorf("peer %q does not route", p.name)
		}
	}
	printFacts(w, chosen)
	for _, s := range []growth{
		{"routes of an API with many resources", crud, sampleOf, sizes, true},
		{"routes in pairs that ServeMux refuses: `/res1/all/{x}`, `/res1/{id}/latest`",
			pairs, sampleOf, sizes[:len(sizes)-1], false},
		{"routes in such pairs, with an escape in the request's path", pairs,
			func(rules []rule) []message { return escaped(sampleOf(rules)) }, sizes[:len(sizes)-1], false},
		{"segments in a path, every second one dynamic", deep, sampleOf, depths, false},
	} {
		figures := map[string]map[string]*grown{}
		for _, n := range s.values {
			fmt.Fprintf(progress, "%d %s\n", n, s.title)
			rules := s.rules(n)
			figures[strconv.Itoa(n)] = grow(chosen, rules, s.requests(rules), o.rounds, o.slice)
		}
		s.print(w, names(chosen), figures)
	}
	return nil
}

// A growth is a series of growing sets of rules.
type growth struct {
	title    string
	rules    func(int) []rule
	requests func([]rule) []message
	values   []int
	all      bool // whether to print memory and start-up too
}

func (s growth) print(w io.Writer, peers []string, figures map[string]map[string]*grown) {
	var columns []string
	for _, n := range s.values {
		columns = append(columns, strconv.Itoa(n))
	}
	show := func(title string, text func(*grown) string) {
		fmt.Fprintf(w, "%s, by number of %s\n\n", title, s.title)
		printTable(w, "", columns, peers, func(peer, column string) string {
			g := figures[column][peer]
			if g.refused {
				return "refused"
			}
			return text(g)
		})
	}
	show("ns to match a request", func(g *grown) string { return count(g.match) })
	if s.all {
		show("Bytes of memory a route", func(g *grown) string { return count(g.memory) })
		show("ms of start-up: making it, all routes, the first request", func(g *grown) string {
			return fmt.Sprintf("%.2f", float64(g.startup.Microseconds())/1e3)
		})
	}
}
