// The API of a task board whose front end is a Next.js app. ../README.md says how the two work
// together, in development and in production.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "board:", err)
		os.Exit(1)
	}
}

// A config holds the flags.
type config struct {
	addr, db         string
	next             *url.URL // nil if the embedded front end is served
	demo, production bool
	openapi          bool
}

func parseFlags(args []string, port string, stderr io.Writer) (c config, err error) {
	flags := flag.NewFlagSet("board", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := "localhost:8080"
	if port != "" { // hosts such as Cloud Run say so which port they use
		addr = ":" + port
	}
	flags.StringVar(&c.addr, "addr", addr, "`address` to listen on; the environment's PORT changes the default")
	flags.StringVar(&c.db, "db", "board.db", "`file` of the database")
	flags.BoolVar(&c.demo, "demo", false, "fill an empty database with demo data")
	flags.BoolVar(&c.production, "production", false, "log JSON, and send the session's cookie over HTTPS only")
	flags.BoolVar(&c.openapi, "openapi", false, "print the OpenAPI document, and do not serve")
	next := flags.String("next", "", "`URL` of the Next.js server for all pages; none: serve the embedded front end")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if c.demo && c.production {
		return c, errors.New("-demo has passwords that everybody knows: it is not for -production")
	}
	if *next != "" {
		c.next, err = url.Parse(*next)
		if err != nil || c.next.Scheme != "http" && c.next.Scheme != "https" || c.next.Host == "" || c.next.Path != "" {
			return c, errors.New("-next: want a URL such as http://127.0.0.1:3000")
		}
	}
	return c, nil
}

// run serves until ctx is done, and then waits for running requests to finish. Its arguments are
// everything that it needs from its environment, so that a test can replace them.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	c, err := parseFlags(args, getenv("PORT"), stderr)
	if err != nil {
		return err
	}
	if c.openapi {
		return writeDocument(stdout)
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if c.production {
		log = slog.New(slog.NewJSONHandler(stderr, nil))
	}
	db, err := openStore(ctx, c.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := addUsers(ctx, db, c.demo, getenv); err != nil {
		return err
	}
	if users, err := db.countUsers(ctx); err != nil || users == 0 {
		log.Warn("nobody can sign in: start with -demo, or with BOARD_USER and BOARD_PASSWORD", "error", err)
	}
	l, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "listening on http://%s\n", l.Addr())
	return serve(ctx, l, db, c, log)
}

// addUsers adds the first users to the database: those of the demo data, and the one whom the
// environment names.
func addUsers(ctx context.Context, db *store, demo bool, getenv func(string) string) error {
	if demo {
		if err := db.seed(ctx); err != nil {
			return err
		}
	}
	name, password := getenv("BOARD_USER"), getenv("BOARD_PASSWORD")
	if name == "" {
		return nil
	}
	if len(password) < 12 || len(password) > 72 {
		return errors.New("BOARD_PASSWORD: want 12 to 72 bytes")
	}
	hash, err := hashPassword(password)
	if err != nil {
		return err
	}
	return addUser(ctx, db.write, name, "#2563eb", hash)
}

// serve serves the board until ctx is done, and then waits for running requests to finish. The feeds
// would run forever, so closing tells them to end.
func serve(ctx context.Context, l net.Listener, db *store, c config, log *slog.Logger) error {
	closing := make(chan struct{})
	site, err := newSite(&app{store: db, closing: closing, production: c.production}, c.next, log)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           site,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute, // enough for an upload over a slow connection
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(func() { close(closing) })
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second) // Cloud Run waits for 10
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		srv.Close()
		return fmt.Errorf("shutdown: %w", err)
	}
	return nil
}
