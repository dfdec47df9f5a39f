package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// nextName is the name of Next.js in the tables of servers. It is no peer, because it cannot run
// in this process.
const nextName = "Next.js"

var nextAddress = regexp.MustCompile(`http://(127\.0\.0\.1:[0-9]+)`)

// startNext starts the built application in a directory as `next start` does.
func startNext(ctx context.Context, core, dir string) (*server, error) {
	cmd := command(ctx, core, "node", "node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", "0")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NEXT_TELEMETRY_DISABLED=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{name: nextName, cmd: cmd}
	s.usage = func() (time.Duration, error) { return cpuTimeOf(cmd.Process.Pid) }
	var printed strings.Builder
	lines := bufio.NewScanner(io.TeeReader(out, &printed))
	for s.addr == "" && lines.Scan() {
		if m := nextAddress.FindStringSubmatch(lines.Text()); m != nil {
			s.addr = m[1]
		}
	}
	if s.addr == "" {
		s.stop()
		return nil, fmt.Errorf("next start in %s: it has printed no address: %q; see README.md for how to build it", dir, &printed)
	}
	go io.Copy(io.Discard, out)
	return s, nil
}

// nextVersions returns the versions of Next.js in a directory and of Node.
func nextVersions(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "node_modules/next/package.json"))
	if err != nil {
		return "", err
	}
	var next struct{ Version string }
	if err := json.Unmarshal(b, &next); err != nil {
		return "", err
	}
	node, err := exec.Command("node", "--version").Output()
	return fmt.Sprintf("Next.js v%s, Node %s", next.Version, strings.TrimSpace(string(node))), err
}
