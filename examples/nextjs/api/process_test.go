package main

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// startCommand runs a program of this example in a process of its own, and returns its address.
func startCommand(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("the program printed %q, %v", line, err)
	}
	return address
}

func startProgram(t *testing.T, program string, args ...string) string {
	t.Helper()
	args = append([]string{"-addr", "localhost:0", "-db", filepath.Join(t.TempDir(), "board.db")}, args...)
	return startCommand(t, exec.Command(program, args...))
}

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "board")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// SIGTERM, which systemd, docker and Cloud Run send, ends the program without an error and the feeds
// without a cut.
func TestSIGTERM(t *testing.T) {
	cmd := exec.Command(build(t), "-demo", "-db", filepath.Join(t.TempDir(), "board.db"))
	cmd.Env = append(cmd.Environ(), "PORT=0")
	address := strings.Replace(startCommand(t, cmd), "[::]", "localhost", 1)
	_, cookie := signIn(t, address, "Ada", demoPassword)
	req, err := http.NewRequestWithContext(t.Context(), "GET", address+"/api/boards/1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("the feed broke off: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program: %v", err)
	}
}
