// Hello serves the routes of the Next.js article on API Routes. Without flags it listens on
// localhost:8080 and keeps its state in memory. README.md has curl commands to try.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done, and then waits for running requests to finish.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("hello", flag.ContinueOnError)
	addr := flags.String("addr", "localhost:8080", "address to listen on")
	file := flags.String("file", "", "file that keeps the state; none: it is gone with the program")
	tick := flags.Duration("tick", time.Second, "time between two ticks of /api/clock")
	if err := flags.Parse(args); err != nil {
		return err
	}
	st, err := openStore(*file)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	secret, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return errors.Join(err, l.Close())
	}
	closing := make(chan struct{})
	srv := newServer(newAPI(config{
		store:      st,
		signingKey: os.Getenv("SIGNING_KEY"),
		legacy:     "http://" + secret.Addr().String() + "/secret-api",
		legacyKey:  "k3y",
		tick:       *tick,
		closing:    closing,
	}))
	srv.RegisterOnShutdown(func() { close(closing) }) // Shutdown does not end streams
	masked := newServer(secretService("k3y"))
	fmt.Fprintf(out, "listening on http://%s\n", l.Addr())

	done := make(chan error, 2)
	go func() { done <- srv.Serve(l) }()
	go func() { done <- masked.Serve(secret) }()
	select {
	case err = <-done:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return errors.Join(err, srv.Shutdown(ctx), masked.Shutdown(ctx))
}

func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       time.Minute,
	}
}
