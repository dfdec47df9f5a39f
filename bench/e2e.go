package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// e2ePeers are the peers that are measured as servers by default.
const e2ePeers = "tuned,chi,gin,echo v5,huma,apiroute,apiroute typed"

// e2eTasks are the tasks that servers are measured with.
const e2eTasks = "T2,T4,T9"

// runE2E measures servers, each in its own process, with each number of connections.
func runE2E(o options, w, progress io.Writer) error {
	chosen, err := o.choose(e2ePeers)
	if err != nil {
		return err
	}
	tasks, err := chooseTasks(e2eTasks)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		if slices.ContainsFunc(tasks, func(t task) bool { return !p.does(t) }) {
			return fmt.Errorf("peer %q cannot serve all of %s", p.name, e2eTasks)
		}
	}
	printFacts(w, chosen)
	if o.next != "" {
		versions, err := nextVersions(o.next)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n\n", versions)
	}
	for _, text := range strings.Split(o.conns, ",") {
		conns, err := strconv.Atoi(text)
		if err != nil || conns < 1 {
			return fmt.Errorf("-conns: %q is not a number of connections", text)
		}
		r, err := measureServers(o, names(chosen), tasks, conns, progress)
		if err != nil {
			return err
		}
		r.print(w, o, conns)
	}
	return nil
}

// measureServers starts the servers anew, so that their memory is that of this number of
// connections, and measures them.
func measureServers(o options, peers []string, tasks []task, conns int, progress io.Writer) (*served, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var servers []*server
	for _, name := range peers {
		s, err := startPeer(ctx, o.core, name)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		servers = append(servers, s)
	}
	if o.next != "" {
		s, err := startNext(ctx, o.core, o.next)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		servers = append(servers, s)
	}
	r := &served{cpu: result{}, elapsed: result{}, memory: map[string]memory{}}
	for _, s := range servers {
		if err := s.check(tasks); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		r.names = append(r.names, s.name)
	}
	for round := range o.rounds {
		fmt.Fprintf(progress, "%d connections, round %d of %d\n", conns, round+1, o.rounds)
		for _, t := range tasks {
			shuffle(servers)
			for _, s := range servers {
				if err := r.measure(s, t, o.requests, conns); err != nil {
					return nil, fmt.Errorf("%s at %s: %w", s.name, t.name, err)
				}
			}
		}
	}
	return r, nil
}

// check sends the request of each task, and requests that must be rejected.
func (s *server) check(tasks []task) error {
	type probe struct {
		message message
		status  []int
		want    string
	}
	probes := []probe{
		{postItem(brokenJSON), []int{400}, ""},
		{postProduct(faultyJSON), []int{400, 422}, ""},
	}
	for _, t := range tasks {
		probes = append(probes, probe{t.requests[0], []int{t.status}, t.want})
	}
	for _, p := range probes {
		r, err := http.NewRequest(p.message.method, "http://"+s.addr+p.message.target, strings.NewReader(p.message.body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", p.message.contentType)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return err
		}
		if !slices.Contains(p.status, res.StatusCode) || p.want != "" && string(bytes.TrimSpace(body)) != p.want {
			return fmt.Errorf("%s: status %d, body %.300q, want %d %s", r.URL.Path, res.StatusCode, body, p.status, p.want)
		}
	}
	return nil
}

// A served holds what was measured of servers with one number of connections.
type served struct {
	names        []string
	cpu, elapsed result // for each request
	memory       map[string]memory
}

// measure sends the request of a task to a server, after a tenth as many to warm it up.
func (r *served) measure(s *server, t task, requests, conns int) error {
	list, err := dial(s.addr, conns)
	if err != nil {
		return err
	}
	defer list.close()
	request := t.requests[0].wire()
	if err := list.send(request, t.status, requests/10+conns); err != nil {
		return err
	}
	before, err := s.usage()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := list.send(request, t.status, requests); err != nil {
		return err
	}
	elapsed := time.Since(start)
	if m, err := memoryOf(s.cmd.Process.Pid); err == nil { // there is none on systems without /proc
		now := max(m.now, r.memory[s.name].now)
		r.memory[s.name] = memory{now, max(m.peak, now)} // Linux updates its counts late, and not both at once
	}
	after, err := s.usage()
	if err != nil {
		return err
	}
	r.cpu.add(s.name, t.name, float64(after-before)/float64(requests))
	r.elapsed.add(s.name, t.name, float64(elapsed)/float64(requests))
	return nil
}

// print writes the tables for a number of connections.
func (r *served) print(w io.Writer, o options, conns int) {
	tasks := strings.Split(e2eTasks, ",")
	where := "that share the CPUs with the client"
	if o.core != "" {
		where = "on CPU " + o.core
	}
	fmt.Fprintf(w, "Servers on the loopback interface %s, %d requests over %d kept connections, medians of %d rounds:\n"+
		"µs of the server's CPU time for a request, requests per second, and the largest memory after a load and ever\n\n",
		where, o.requests, conns, o.rounds)
	printTable(w, "", append(tasks, "memory"), r.names, func(peer, column string) string {
		if column == "memory" {
			m := r.memory[peer]
			return fmt.Sprintf("%.0f / %.0f MiB", float64(m.now)/(1<<20), float64(m.peak)/(1<<20))
		}
		key := [2]string{peer, column}
		return fmt.Sprintf("%.1f µs, %s/s", r.cpu[key].middle().NS/1e3, count(1e9/r.elapsed[key].middle().NS))
	})
	for _, our := range ours {
		if !slices.Contains(r.names, our) {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(r.names), func(n string) bool { return slices.Contains(ours, n) })
		r.cpu.printRatios(w, "CPU time of "+our+" by that of the peer"+inBold, our, tasks, others, serverTarget)
		if o.next != "" {
			r.printNext(w, our, tasks)
		}
	}
}

// printNext writes the ratio of our requests per second to those of Next.js.
func (r *served) printNext(w io.Writer, our string, tasks []string) {
	fmt.Fprintf(w, "Requests per second of %s by those of %s%s\n\n", our, nextName, inBold)
	printTable(w, "", tasks, []string{our}, func(peer, task string) string {
		q := r.elapsed[[2]string{nextName, task}].ratio(r.elapsed[[2]string{peer, task}])
		if q.middle < nextTarget {
			return fmt.Sprintf("**%v** < %.0f", q, nextTarget)
		}
		return q.String()
	})
}
