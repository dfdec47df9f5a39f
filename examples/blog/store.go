package main

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // SQLite in Go: no C compiler is needed
)

// A store is the database: one SQLite file.
type store struct {
	// SQLite allows one writer at a time. All writers share one connection, so database/sql makes
	// them wait in order, and none fails because the database is locked.
	write *sql.DB
	// Readers have their own connections, and never wait; see WAL below.
	read *sql.DB

	posts    postQueries
	comments commentQueries
	covers   coverQueries
	archive  archiveQueries
}

// settings apply to every connection. In WAL mode, readers and the writer do not block each other.
// With synchronous=FULL, a commit is on disk when it returns, so an acknowledged write survives a
// power failure; with NORMAL it would only survive a crash of this process. The busy timeout is for
// other programs that have the file open, such as a backup.
var settings = url.Values{"_pragma": {
	"busy_timeout(5000)",
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"foreign_keys(ON)",
}}.Encode()

// openStore opens the database in file, creates it if it does not exist, and brings the tables up
// to date.
func openStore(ctx context.Context, file string) (*store, error) {
	name := "file:" + url.PathEscape(file) + "?" + settings
	s := &store{}
	var err, readErr error
	// A transaction acquires the write lock when it begins. If it did so later, it would fail where
	// another program has changed the database after its first read.
	s.write, err = sql.Open("sqlite", name+"&_txlock=immediate")
	s.read, readErr = sql.Open("sqlite", name+"&_query_only=1")
	if err = errors.Join(err, readErr); err != nil {
		return nil, err
	}
	s.write.SetMaxOpenConns(1)
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	if err = s.migrate(ctx); err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", file, err), s.Close())
	}
	return s, nil
}

// Close waits for running statements and closes the database.
func (s *store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

//go:embed migrations/*.sql
var migrations embed.FS

// migrate runs the migrations that have not been applied to the database yet, in the order of their
// names. Their number is kept in the database itself, as its user_version. All of them run in one
// transaction, so that the tables are either up to date or unchanged.
func (s *store) migrate(ctx context.Context) error {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var seen int
		if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&seen); err != nil {
			return err
		}
		if seen > len(files) {
			return fmt.Errorf("it is of a newer program: it has %d migrations, this program %d", seen, len(files))
		}
		for _, f := range files[seen:] {
			text, err := migrations.ReadFile("migrations/" + f.Name())
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("%s: %w", f.Name(), err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(files)))
		return err
	})
}

// prepare prepares all queries, so that an error in one of them is found at startup and not by the
// first request that needs it.
func (s *store) prepare(ctx context.Context) error {
	p := &preparer{ctx: ctx, store: s}
	s.posts.prepare(p)
	s.comments.prepare(p)
	s.covers.prepare(p)
	s.archive.prepare(p)
	return errors.Join(p.errs...)
}

// A preparer prepares queries and collects their errors.
type preparer struct {
	ctx   context.Context
	store *store
	errs  []error
}

func (p *preparer) read(query string) *sql.Stmt  { return p.on(p.store.read, query) }
func (p *preparer) write(query string) *sql.Stmt { return p.on(p.store.write, query) }

func (p *preparer) on(db *sql.DB, query string) *sql.Stmt {
	stmt, err := db.PrepareContext(p.ctx, query)
	if err != nil {
		p.errs = append(p.errs, fmt.Errorf("%w in %s", err, query))
	}
	return stmt
}

// inTx runs f in a write transaction. If f returns an error or panics, its changes are undone.
func (s *store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// A row is a *sql.Row, or *sql.Rows at their current row.
type row interface{ Scan(...any) error }

// list runs a query and returns the result of scan for each row. Without rows it returns an empty
// slice and not nil, which is [] in JSON.
func list[T any](ctx context.Context, query *sql.Stmt, scan func(row) (T, error), args ...any) ([]T, error) {
	rows, err := query.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// changed returns err, or sql.ErrNoRows if the statement has changed no row.
func changed(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return sql.ErrNoRows
}
