package main

import (
	"context"
	"strconv"
	"sync"
	"time"

	"example.com/apiroute"
)

// A bell wakes all who wait for it. It says only that something is new; what it
// is, they read from the database. So nothing is lost that was not kept in a
// queue, and a client that comes back after a restart is served just the same.
type bell struct {
	mu   sync.Mutex
	rung chan struct{} // nil if nobody waits
}

// wait returns a channel that is closed when the bell rings next.
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

// feedStart is where a client wants its feed to begin. A browser that has lost
// the connection says so by itself, in Last-Event-ID.
type feedStart struct {
	LastEventID *int64 `header:"Last-Event-ID"`
	After       *int64 `query:"after"`
}

// feed sends the comments that are newer than the client's last one, and then
// each as it comes, as server-sent events. It ends with the client or the server.
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
	// An event without data: from now on the client has an ID to come back with.
	if err := events.Send(apiroute.Event{ID: strconv.FormatInt(last, 10), Retry: 2 * time.Second}); err != nil {
		return err
	}
	for {
		rung := b.bell.wait() // before the query, so that nothing falls in between
		if last, err = b.sendAfter(ctx, events, last); err != nil {
			return err
		}
		select {
		case <-rung:
		case <-b.closing: // the browser will come back to the next server
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// startOf returns the number of the comment after which a feed begins.
func (b *blog) startOf(ctx context.Context, in feedStart) (last int64, err error) {
	switch {
	case in.LastEventID != nil:
		return *in.LastEventID, nil
	case in.After != nil:
		return *in.After, nil
	}
	err = b.comments.last.QueryRowContext(ctx).Scan(&last) // only what comes from now on
	return last, err
}

// sendAfter sends all comments after one, and returns the last that it has sent.
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
