// Blog is a small blog: a page, an API and a database in one program. It needs no setup. README.md
// says what each file demonstrates.
package main

import (
	"context"
	"crypto/rand"
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
		fmt.Fprintln(os.Stderr, "blog:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done, and then waits for running requests to finish. Its arguments are
// everything that it needs from its environment, so that a test can replace them.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("blog", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "localhost:8080", "`address` to listen on")
	file := flags.String("db", "blog.db", "`file` of the database")
	legacy := flags.String("legacy", "", "`URL` of the service behind /api/legacy; none: one of this program's own")
	production := flags.Bool("production", false, "refuse to start without BLOG_ADMIN_TOKEN, and log JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	token, err := adminToken(getenv("BLOG_ADMIN_TOKEN"), *production, stdout)
	if err != nil {
		return err
	}
	if err := checkTarget(*legacy); err != nil {
		return err
	}
	c := config{token: token, legacy: *legacy, legacyKey: getenv("BLOG_LEGACY_KEY"), log: newLog(stderr, *production)}

	db, err := openStore(ctx, *file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	if c.legacy == "" {
		c.legacyKey = rand.Text()
		own, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		srv := newServer(newLegacy(c.legacyKey), c.log)
		defer srv.Close()
		go srv.Serve(own)
		c.legacy = "http://" + own.Addr().String() + "/v1"
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "listening on http://%s\n", l.Addr())
	return serve(ctx, l, db, c)
}

// adminToken returns the token that the admin must send. It comes from the environment, because a
// flag would be visible in the list of processes.
func adminToken(given string, production bool, stdout io.Writer) (string, error) {
	switch {
	case production && len(given) < 16:
		return "", errors.New("-production: the environment must have a BLOG_ADMIN_TOKEN of 16 bytes or more")
	case given == "":
		given = rand.Text()
		fmt.Fprintf(stdout, "admin token, for this run only: %s\n", given)
	}
	return given, nil
}

// checkTarget returns an error for a target for which apiroute.Proxy would panic. The package takes
// a bad target for a mistake in the program, but here the user provides it.
func checkTarget(target string) error {
	u, err := url.Parse(target)
	if target != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "") {
		return errors.New("-legacy: want a URL such as http://localhost:9000/v1")
	}
	return nil
}

func newLog(w io.Writer, production bool) *slog.Logger {
	if production {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// newServer returns a server with timeouts, which do not apply to the feeds.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute, // enough for an upload over a slow connection
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// serve serves the blog until ctx is done, and then waits for running requests to finish. The feeds
// would run forever, so closing tells them to end.
func serve(ctx context.Context, l net.Listener, db *store, c config) error {
	closing := make(chan struct{})
	srv := newServer(newAPI(&blog{store: db, closing: closing}, c), c.log)
	srv.RegisterOnShutdown(func() { close(closing) })

	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		srv.Close()
		return fmt.Errorf("shutdown: %w", err)
	}
	return nil
}
