package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"example.com/apiroute"
)

// A Change is an event of a board's feed.
type Change struct {
	ID     int64      `json:"id"`
	Kind   ChangeKind `json:"kind"`
	Board  int64      `json:"board"`
	By     string     `json:"by" doc:"The name of the user."`
	Task   *Task      `json:"task,omitempty" doc:"The task as it is after the change."`
	TaskID int64      `json:"taskId,omitempty" doc:"The task that was deleted."`
}

// A ChangeKind says what a client does with a Change.
type ChangeKind string

// JSONSchema lists the values.
func (ChangeKind) JSONSchema() any {
	return map[string]any{
		"enum": []string{"task", "task-deleted", "board", "reset"},
		"description": "task: put the task at its place. task-deleted: remove the task. board: the name or the columns " +
			"have changed, or the board is gone. reset: changes are missing; load the board again.",
	}
}

// keepChanges is how many changes are kept for feeds that continue.
const keepChanges = 10_000

// change runs f in a write transaction that also records the change that f returns. The feeds send
// it once it is committed.
func (a *app) change(ctx context.Context, f func(*sql.Tx) (Change, error)) error {
	err := a.inTx(ctx, func(tx *sql.Tx) error {
		c, err := f(tx)
		if err != nil {
			return err
		}
		c.By = sessionOf(ctx).user.Name
		return record(ctx, tx, c)
	})
	if err == nil {
		a.bell.ring()
	}
	return err
}

func record(ctx context.Context, q querier, c Change) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var id int64
	err = q.QueryRowContext(ctx, `INSERT INTO changes (board_id, data) VALUES (?, ?) RETURNING id`, c.Board, string(data)).Scan(&id)
	if err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM changes WHERE id <= ?`, id-keepChanges); err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE boards SET updated = ? WHERE id = ?`, time.Now().UnixMilli(), c.Board)
	return err
}

// lastChange returns the ID of the last change of all boards.
func lastChange(ctx context.Context, q querier) (id int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM changes`).Scan(&id)
	return id, err
}

// A bell wakes all goroutines that wait for it. What is new they read from the database, so there is
// no queue that could overflow or get lost in a restart.
type bell struct {
	mu   sync.Mutex
	rung chan struct{} // nil if no goroutine waits
}

// wait returns a channel that is closed when the bell rings the next time.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}

// A feedStart says after which change a feed begins. A browser that reconnects sends Last-Event-ID.
type feedStart struct {
	boardID
	LastEventID *int64 `header:"Last-Event-ID"`
	After       *int64 `query:"after" doc:"The lastChange of the board that the client has loaded."`
}

// feed sends the changes of a board as server-sent events. It ends when the client is gone, the
// session ends or the server shuts down.
func (a *app) feed(req *apiroute.Request, res *apiroute.Response) error {
	in, err := apiroute.Bind[feedStart](req)
	if err != nil {
		return err
	}
	ctx := req.Context()
	if _, err := getBoard(ctx, a.read, in.ID); err != nil {
		return in.orNotFound(err)
	}
	last, complete, err := a.startOf(ctx, in)
	if err != nil {
		return err
	}
	// Without no-transform, a proxy that compresses may hold the events back. Next.js does.
	res.SetHeader("Cache-Control", "private, no-cache, no-transform")
	res.SetHeader("X-Accel-Buffering", "no") // the same for nginx
	events, err := res.Events()
	if err != nil {
		return err
	}
	// The first event gives the client an ID to reconnect with.
	first := apiroute.Event{ID: strconv.FormatInt(last, 10), Retry: time.Second}
	if !complete {
		first.Data = Change{ID: last, Kind: "reset", Board: in.ID}
	}
	if err := events.Send(first); err != nil {
		return err
	}
	for {
		rung := a.bell.wait() // before the query, so that no change is missed in between
		if _, err := a.sessionUser(ctx, sessionOf(ctx).token); err != nil {
			return ignore(err, sql.ErrNoRows)
		}
		if last, err = a.sendAfter(ctx, events, in.ID, last); err != nil {
			return err
		}
		select {
		case <-rung:
		case <-a.closing: // the browser reconnects to the next server
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ignore returns nil for one error, and every other unchanged.
func ignore(err, one error) error {
	if errors.Is(err, one) {
		return nil
	}
	return err
}

// startOf returns the ID of the change after which a feed begins, and whether all changes after it
// are still there.
func (a *app) startOf(ctx context.Context, in feedStart) (last int64, complete bool, err error) {
	last, err = lastChange(ctx, a.read)
	start := in.LastEventID
	if start == nil {
		start = in.After
	}
	if start == nil || err != nil {
		return last, true, err // only new changes are sent
	}
	var oldest int64
	err = a.read.QueryRowContext(ctx, `SELECT coalesce(min(id), 1) FROM changes`).Scan(&oldest)
	if *start > last || *start < oldest-1 { // such as with a new database, or after a long time
		return last, false, err
	}
	return *start, true, err
}

// sendAfter sends all changes of a board after the one with ID last, and returns the ID of the last
// one sent.
func (a *app) sendAfter(ctx context.Context, events *apiroute.EventStream, board, last int64) (int64, error) {
	const most = 100 // at a time
	for {
		changes, err := list(ctx, a.read, scanChange, `SELECT id, data FROM changes
			WHERE board_id = ? AND id > ? ORDER BY id LIMIT ?`, board, last, most)
		if err != nil {
			return last, err
		}
		for _, c := range changes {
			if err := events.Send(apiroute.Event{ID: strconv.FormatInt(c.ID, 10), Data: c}); err != nil {
				return last, err
			}
			last = c.ID
		}
		if len(changes) < most {
			return last, nil
		}
	}
}

func scanChange(r row) (c Change, err error) {
	var data []byte
	var id int64
	if err := r.Scan(&id, &data); err != nil {
		return c, err
	}
	err = json.Unmarshal(data, &c)
	c.ID = id
	return c, err
}
