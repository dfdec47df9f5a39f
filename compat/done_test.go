package compat

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.com/apiroute"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// accessLog is the access log of docs/middleware.md.
func accessLog(log *slog.Logger) apiroute.Option {
	return apiroute.Done(func(req *apiroute.Request, out apiroute.Outcome) {
		log.LogAttrs(context.WithoutCancel(req.Context()), slog.LevelInfo, "request",
			slog.String("method", req.Method),
			slog.String("route", req.Route()),
			slog.String("path", req.URL.Path),
			slog.Int("status", out.Status),
			slog.Int64("bytes", out.Bytes),
			slog.Duration("duration", out.Duration),
			slog.Bool("cut", out.Cut),
		)
	})
}

// count is the counter of docs/middleware.md.
func count(requests *prometheus.CounterVec) apiroute.Option {
	return apiroute.Done(func(req *apiroute.Request, out apiroute.Outcome) {
		status := strconv.Itoa(out.Status)
		if out.Cut {
			status = "cut"
		}
		requests.WithLabelValues(req.Method, req.Route(), status).Inc()
	})
}

// doneWant is what Done reports of each situation: status, route, bytes and whether it was cut.
var doneWant = map[situation]string{
	ordinary:   "200 /api/posts/[id] 10",
	notFound:   "404  34",
	notAllowed: "405 /api/posts/[id] 43",
	failing:    "409 /api/error 53",
	panicking:  "500 /api/panic 46",
	left:       "200 /api/events 12 cut",
	half:       "200 /api/half 2 cut",
}

// TestDone checks the access log and the counter in each situation, with middleware that wraps the
// writer and copies the request in each place.
func TestDone(t *testing.T) {
	t.Parallel()
	for _, p := range everywhere {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(strings.Trim(string(p), "`")+" "+protocol, func(t *testing.T) { logsAndCounts(t, p, protocol) })
		}
	}
}

func logsAndCounts(t *testing.T, p place, protocol string) {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests"}, []string{"method", "route", "status"})
	s := newSite(t, &entry{})
	var log safeBuffer
	trace := traceRequests(newSite(t, &entry{}))
	api := s.router(p, trace, accessLog(slog.New(slog.NewTextHandler(&log, nil))), count(counter))
	if p == around {
		s.serve(trace(api), protocol)
	} else {
		s.serve(api, protocol)
	}
	for _, which := range situations {
		want, ok := doneWant[which]
		if !ok {
			continue
		}
		t.Run(string(which), func(t *testing.T) {
			s.t = t
			s.do(which, true)
			line := log.take()
			status, route, bytes := logValue(line, "status"), logValue(line, "route"), logValue(line, "bytes")
			got, label := status+" "+route+" "+bytes, status
			if logValue(line, "cut") == "true" {
				got, label = got+" cut", "cut"
			}
			if got != want {
				t.Errorf("logged %q from %q, want %q", got, line, want)
			}
			var m dto.Metric
			if counter.WithLabelValues(requests[which][0], patterns[which], label).Write(&m); m.Counter.GetValue() != 1 {
				t.Errorf("the counter is %v, want 1", m.Counter.GetValue())
			}
		})
	}
}

// logValue returns the value of a key in a line of a log.
func logValue(line, key string) string {
	_, after, _ := strings.Cut(" "+line, " "+key+"=")
	value, _, _ := strings.Cut(after, " ")
	return strings.Trim(strings.TrimSpace(value), `"`)
}

// A safeBuffer is a buffer for many goroutines.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// take returns what has been written since the last call.
func (b *safeBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.buf.Reset()
	return b.buf.String()
}
