package main

import (
	"context"
	"strconv"
	"sync"
	"time"

	"example.com/apiroute"
)

// A bell wakes all goroutines that wait for it. It only says that there is something new; the
// goroutines read from the database what that is. There is no queue that could overflow or get lost
// in a restart, so a client that reconnects later misses nothing.
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

// A feedStart says after which comment a feed begins. A browser that reconnects sends Last-Event-ID
// by itself.
type feedStart struct {
	LastEventID *int64 `header:"Last-Event-ID"`
	After       *int64 `query:"after" doc:"The ID of the last comment that the client has."`
}

// feed sends the comments that are newer than the client's last one, and then each new comment, as
// server-sent events. It ends when the client disconnects or the server shuts down.
func (b *blog) feed(req *apiroute.Request, res *apiroute.Response) error {
	in, err := apiroute.Bind[feedStart](req)
	if err != nil {
		return err
	}
	ctx := req.Context()
	last, err := b.startOf(ctx, in)
	if err != nil {
		return err
	}
	events, err := res.Events()
	if err != nil {
		return err
	}
	// This event has no data. It gives the client an ID to reconnect with.
	if err := events.Send(apiroute.Event{ID: strconv.FormatInt(last, 10), Retry: 2 * time.Second}); err != nil {
		return err
	}
	for {
		rung := b.bell.wait() // before the query, so that no comment is missed in between
		if last, err = b.sendAfter(ctx, events, last); err != nil {
			return err
		}
		select {
		case <-rung:
		case <-b.closing: // the browser reconnects to the next server
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// startOf returns the ID of the comment after which a feed begins.
func (b *blog) startOf(ctx context.Context, in feedStart) (last int64, err error) {
	switch {
	case in.LastEventID != nil:
		return *in.LastEventID, nil
	case in.After != nil:
		return *in.After, nil
	}
	err = b.comments.last.QueryRowContext(ctx).Scan(&last) // only new comments are sent
	return last, err
}

// sendAfter sends all comments after the one with ID last, and returns the ID of the last one sent.
func (b *blog) sendAfter(ctx context.Context, events *apiroute.EventStream, last int64) (int64, error) {
	const most = 100 // at a time
	for {
		comments, err := list(ctx, b.comments.after, scanComment, last, most)
		if err != nil {
			return last, err
		}
		for _, c := range comments {
			if err := events.Send(apiroute.Event{ID: strconv.FormatInt(c.ID, 10), Type: "comment", Data: c}); err != nil {
				return last, err
			}
			last = c.ID
		}
		if len(comments) < most {
			return last, nil
		}
	}
}
