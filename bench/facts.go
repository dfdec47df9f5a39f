package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// printFacts writes what a reader must know to decide whether two tables are comparable.
func printFacts(w io.Writer, peers []peer) {
	fmt.Fprintf(w, "%s, %s, %d CPUs, %s %s/%s\n\n", time.Now().Format(time.DateOnly),
		cpuModel(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if list := versions(peers); list != nil {
		fmt.Fprintf(w, "%s\n\n", strings.Join(list, ", "))
	}
}

// cpuModel returns the name of the CPU if the system provides it.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// versions returns the modules of the peers with their versions, as they were built into this
// program.
func versions(peers []peer) (list []string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range info.Deps {
		uses := func(p peer) bool { return slices.Contains(strings.Fields(p.modules), m.Path) }
		if slices.ContainsFunc(peers, uses) {
			list = append(list, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
		}
	}
	return list
}
