package main

import (
	"strconv"
	"time"

	"example.com/apiroute"
)

// clock sends a tick, every interval, for as long as the client stays or until
// the server closes. A client that comes back goes on after its last tick.
func clock(interval time.Duration, closing <-chan struct{}) apiroute.Handler {
	return func(req *apiroute.Request, res *apiroute.Response) error {
		events, err := res.Events()
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(req.Header.Get("Last-Event-ID")) // 0 for the first time
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			n++
			err := events.Send(apiroute.Event{ID: strconv.Itoa(n), Type: "tick", Data: map[string]int{"tick": n}})
			if err != nil {
				return err
			}
			select {
			case <-ticker.C:
			case <-req.Context().Done():
				return req.Context().Err()
			case <-closing:
				return nil
			}
		}
	}
}
