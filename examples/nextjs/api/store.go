package main

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"

	"modernc.org/sqlite" // SQLite in Go: no C compiler is needed
	sqlite3 "modernc.org/sqlite/lib"
)

// A store is the database: one SQLite file.
type store struct {
	// SQLite allows one writer at a time. All writers share one connection and take turns.
	write *sql.DB
	// Readers have connections of their own. In WAL mode they do not wait for the writer.
	read *sql.DB
}

// openStore opens the database in file, creates it if it does not exist, and brings its tables up
// to date.
func openStore(ctx context.Context, file string) (*store, error) {
	name := "file:" + url.PathEscape(file) + "?" + url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(ON)",
	}}.Encode()
	s := &store{}
	var err, readErr error
	s.write, err = sql.Open("sqlite", name+"&_txlock=immediate")
	s.read, readErr = sql.Open("sqlite", name+"&_query_only=1")
	if err = errors.Join(err, readErr); err != nil {
		return nil, err
	}
	s.write.SetMaxOpenConns(1)
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	if err = s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", file, err), s.Close())
	}
	return s, nil
}

// Close waits for running statements and closes the database.
func (s *store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

//go:embed migrations/*.sql
var migrations embed.FS

// migrate runs the migrations that are new to the database, in the order of their names and in one
// transaction. The database keeps their number as its user_version.
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
			return fmt.Errorf("it has %d migrations and this program only %d: use a newer program", seen, len(files))
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

// inRead runs f in a transaction that only reads, so that all its queries see the same state.
func (s *store) inRead(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}

// A querier is a *sql.DB or a *sql.Tx.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// A row is a *sql.Row, or *sql.Rows at their current row.
type row interface{ Scan(...any) error }

// list runs a query and returns the result of scan for each row.
func list[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) (List[T], error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all List[T]
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

// isTaken reports whether an error says that a unique value is in the table already.
func isTaken(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// A List is a slice in a response. It is [] in JSON even if it is nil, and its schema says so: the
// front end gets T[] and not T[] | null. With encoding/json/v2, a plain slice would do.
type List[T any] []T

// MarshalJSON encodes the list as an array.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(l))
}

// JSONSchema says what MarshalJSON makes.
func (List[T]) JSONSchema() any {
	return map[string]any{"type": "array", "items": reflect.TypeFor[T]()}
}

// Scan reads the list from a column of the database.
func (l *List[T]) Scan(v any) error { return scanJSON((*[]T)(l), v) }

// scanJSON reads a value from a column that has it as JSON.
func scanJSON(to, column any) error {
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("want JSON as text, got %T", column)
	}
	return json.Unmarshal([]byte(text), to)
}
