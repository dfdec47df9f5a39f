package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// serveEnv is the environment variable with the name of the peer that a child process serves. It
// is not a flag, so that a test binary can be a child too.
const serveEnv = "APIROUTE_BENCH_SERVE"

// serve serves the tasks of a peer on a free port of the loopback interface. It prints the address
// and then, for each line on standard input, the CPU time in nanoseconds that this process has
// used, garbage collected. It returns at the end of standard input, and thus when its parent ends.
func serve(name string) {
	found, unknown := named(name)
	if unknown != "" {
		fmt.Fprintf(os.Stderr, "no peer %q\n", unknown)
		os.Exit(1)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go http.Serve(l, found[0].app(false))
	fmt.Println(l.Addr())
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		runtime.GC()
		fmt.Println(cpuTime().Nanoseconds())
	}
}

// A child is a process that serves a peer.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	addr   string
}

func startChild(ctx context.Context, name string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self)}
	c.cmd.Env = append(os.Environ(), serveEnv+"="+name)
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.stdout = bufio.NewReader(out)
	if c.addr, err = c.line(); err != nil {
		c.stop()
	}
	return c, err
}

func (c *child) line() (string, error) {
	s, err := c.stdout.ReadString('\n')
	return strings.TrimSpace(s), err
}

// usage returns the CPU time that the child has used.
func (c *child) usage() (int64, error) {
	if _, err := io.WriteString(c.stdin, "usage\n"); err != nil {
		return 0, err
	}
	s, err := c.line()
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(s, 10, 64)
}

func (c *child) stop() {
	c.stdin.Close()
	c.cmd.Wait()
}

// A load is a number of requests that are sent over a number of persistent connections.
type load struct {
	request  string // as it is sent on the connection
	status   int
	requests int
	conns    int
	deadline time.Duration
}

// put sends the requests to an address. Each connection sends its requests one after another.
func (l load) put(addr string) error {
	errs := make(chan error, l.conns)
	for i := range l.conns {
		n := l.requests / l.conns
		if i < l.requests%l.conns {
			n++
		}
		go func() { errs <- l.putOne(addr, n) }()
	}
	var first error
	for range l.conns {
		if err := <-errs; first == nil {
			first = err
		}
	}
	return first
}

func (l load) putOne(addr string, n int) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(l.deadline))
	r := bufio.NewReader(conn)
	for range n {
		if _, err := io.WriteString(conn, l.request); err != nil {
			return err
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return err
		}
		if res.StatusCode != l.status {
			return fmt.Errorf("status %d, want %d", res.StatusCode, l.status)
		}
	}
	return nil
}

// A served is the cost of a load: CPU time per request in µs, and requests per second.
type served struct{ cpu, perSecond float64 }

// measureServer sends a load to a child, after a smaller one to warm it up.
func measureServer(c *child, l load) (s served, err error) {
	warm := l
	warm.requests = l.requests/10 + l.conns
	if err := warm.put(c.addr); err != nil {
		return s, err
	}
	before, err := c.usage()
	if err != nil {
		return s, err
	}
	start := time.Now()
	if err := l.put(c.addr); err != nil {
		return s, err
	}
	elapsed := time.Since(start)
	after, err := c.usage()
	return served{
		cpu:       float64(after-before) / float64(l.requests) / 1e3,
		perSecond: float64(l.requests) / elapsed.Seconds(),
	}, err
}

// e2ePeers are the peers that are measured as servers by default.
const e2ePeers = "tuned,chi,gin,echo v5,huma,apiroute"

// runE2E measures servers, each in its own process, with T2 and T4.
func runE2E(o options, w, progress io.Writer) error {
	chosen, err := o.choose(e2ePeers)
	if err != nil {
		return err
	}
	// This ends the children even if the measurement hangs.
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	children := map[string]*child{}
	for _, p := range chosen {
		if !p.does("T2") || !p.does("T4") {
			return fmt.Errorf("peer %q cannot serve both T2 and T4", p.name)
		}
		c, err := startChild(ctx, p.name)
		if err != nil {
			return err
		}
		defer c.stop()
		children[p.name] = c
	}
	figures := map[[2]string][]served{}
	order := names(chosen)
	for round := range o.rounds {
		fmt.Fprintf(progress, "round %d of %d\n", round+1, o.rounds)
		for _, t := range tasks() {
			if t.name != "T2" && t.name != "T4" {
				continue
			}
			l := load{t.requests[0].wire(), t.status, o.requests, o.conns, time.Minute}
			shuffle(order)
			for _, name := range order {
				s, err := measureServer(children[name], l)
				if err != nil {
					return fmt.Errorf("%s at %s: %w", name, t.name, err)
				}
				key := [2]string{name, t.name}
				figures[key] = append(figures[key], s)
			}
		}
	}
	printE2E(o, w, names(chosen), figures)
	return nil
}

func printE2E(o options, w io.Writer, peers []string, figures map[[2]string][]served) {
	printFacts(w)
	fmt.Fprintf(w, "Servers on the loopback interface, %d requests over %d kept connections, medians of %d rounds:\n"+
		"µs of the server's CPU time a request (by that of %s), requests a second (the client shares the CPUs)\n\n",
		o.requests, o.conns, o.rounds, base)
	cpu := func(s served) float64 { return s.cpu }
	printTable(w, "", []string{"T2", "T4"}, peers, func(peer, task string) string {
		list, tuned := figures[[2]string{peer, task}], figures[[2]string{base, task}]
		text := fmt.Sprintf("%.1f µs", median(list, cpu))
		if tuned != nil {
			text += fmt.Sprintf(" (%.2f)", median(list, cpu)/median(tuned, cpu))
		}
		return text + ", " + count(median(list, func(s served) float64 { return s.perSecond })) + "/s"
	})
}
