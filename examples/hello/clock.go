package main

import (
	"strconv"
	"time"

	"example.com/apiroute"
)

// clock returns a handler that sends an event every interval until the client disconnects or the
// server shuts down. A client that reconnects continues after the last event that it received.
func clock(interval time.Duration, closing <-chan struct{}) apiroute.Handler {
	return func(req *apiroute.Request, res *apiroute.Response) error {
		events, err := res.Events()
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(req.Header.Get("Last-Event-ID")) // 0 on the first connection
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
