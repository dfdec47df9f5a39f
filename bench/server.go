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

// A server is a process that serves the tasks and is measured from outside.
type server struct {
	name string
	cmd  *exec.Cmd
	addr string
	// usage returns the CPU time that the process has used.
	usage func() (time.Duration, error)
}

// command returns a command that ends with the context. With a core, such as "0", it runs on that
// CPU alone, and Go's runtime then uses one thread at a time.
func command(ctx context.Context, core, program string, args ...string) *exec.Cmd {
	if core != "" {
		args = append([]string{"-c", core, program}, args...)
		program = "taskset"
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = os.Stderr
	return cmd
}

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
	go http.Serve(l, found[0].app(plain))
	fmt.Println(l.Addr())
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		runtime.GC()
		fmt.Println(cpuTime().Nanoseconds())
	}
}

// startPeer starts this program again as the server of a peer.
func startPeer(ctx context.Context, core, name string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := command(ctx, core, self)
	cmd.Env = append(os.Environ(), serveEnv+"="+name)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	line := func() (string, error) {
		s, err := lines.ReadString('\n')
		return strings.TrimSpace(s), err
	}
	s := &server{name: name, cmd: cmd}
	s.usage = func() (time.Duration, error) {
		if _, err := io.WriteString(in, "usage\n"); err != nil {
			return 0, err
		}
		text, err := line()
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(text, 10, 64)
		return time.Duration(n), err
	}
	if s.addr, err = line(); err != nil {
		s.stop()
		return nil, fmt.Errorf("server of %s: %w", name, err)
	}
	return s, nil
}

func (s *server) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}
