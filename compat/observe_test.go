package compat

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/felixge/httpsnoop"
	"github.com/getsentry/sentry-go"
	sentryhttp "github.com/getsentry/sentry-go/http"
	"github.com/go-chi/httplog/v3"
	"github.com/gorilla/handlers"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	sloghttp "github.com/samber/slog-http"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// observeEntries log and count requests. In the places where they run, each records every request.
var observeEntries = []entry{
	{
		name:   "gorilla/handlers `CustomLoggingHandler`, `CombinedLoggingHandler`",
		places: everywhere,
		use: func(s *site) func(http.Handler) http.Handler {
			return func(next http.Handler) http.Handler {
				return handlers.CustomLoggingHandler(io.Discard, next, func(_ io.Writer, p handlers.LogFormatterParams) {
					s.record("%d", p.StatusCode)
				})
			}
		},
		notes: []note{
			{text: "It logs every response except a half one.", change: recorded(func(which situation, status int) string {
				return unless(which == half, strconv.Itoa(status))
			})},
		},
	},
	{
		name:   "go-chi/httplog `RequestLogger`",
		places: everywhere,
		use: func(s *site) func(http.Handler) http.Handler {
			return httplog.RequestLogger(slog.New(&messages{site: s, cut: "error.message"}), &httplog.Options{RecoverPanics: true})
		},
		notes: []note{
			{
				text: "It logs every response. For a half one, it also logs the panic that cuts it.",
				change: recorded(func(which situation, status int) string {
					if which == half {
						return "200 panic: net/http: abort Handler"
					}
					return strconv.Itoa(status)
				}),
			},
			{text: "`RecoverPanics` has no effect.", change: unchanged},
		},
	},
	{
		name:   "samber/slog-http `New`",
		places: everywhere,
		use: func(s *site) func(http.Handler) http.Handler {
			return sloghttp.New(slog.New(&messages{site: s}))
		},
		notes: []note{
			{text: "It logs every response, also a half one.", change: recorded(func(_ situation, status int) string {
				return strconv.Itoa(status)
			})},
		},
	},
	{
		name:   "samber/slog-http `Recovery`",
		places: []place{inNew, inGroup, inRoute},
		use:    always(sloghttp.Recovery),
		notes: []note{
			{text: "It is not needed. It swallows the panic that cuts a half response, but the router panics again.", change: unchanged},
			{
				text: "Do not use it around the router: a half response would look complete.",
				test: func(t *testing.T) {
					s := newSite(t, &entry{})
					s.serve(sloghttp.Recovery(s.router("", nil)), "HTTP/1.1")
					if o := s.do(half, true); o.Cut || o.Body != "1\n" {
						t.Errorf("got %+v, want a half response that is not cut", o)
					}
				},
			},
		},
	},
	{
		name:   "felixge/httpsnoop `CaptureMetricsFn`",
		places: everywhere,
		use: func(s *site) func(http.Handler) http.Handler {
			return func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					m := httpsnoop.Metrics{Code: http.StatusOK}
					defer func() { s.record("%d", m.Code) }()
					m.CaptureMetrics(w, func(w http.ResponseWriter) { next.ServeHTTP(w, r) })
				})
			}
		},
		notes: []note{
			{text: "Read the metrics in a deferred call; they then include half responses. The status of a WebSocket is 200.",
				change: recorded(func(which situation, status int) string {
					if which == upgraded {
						status = 200
					}
					return strconv.Itoa(status)
				})},
		},
	},
	{
		name:   "prometheus `promhttp.InstrumentHandlerCounter` and kin",
		places: everywhere,
		use:    countRequests,
		notes: []note{
			{
				text: "`WithLabelFromRequest` is called after the response, so it can use `r.Pattern` as the route.",
				change: recorded(func(which situation, status int) string {
					return unless(which == half, strconv.Itoa(status)+" "+patterns[which])
				}),
			},
			{text: "Half responses are not counted.", change: unchanged},
		},
	},
	{
		name:   "prometheus `promhttp.Handler`",
		places: []place{endpoint},
		notes: []note{{
			text: "Register it with `api.Get(\"/metrics\", apiroute.FromHTTP(promhttp.Handler()))`. It compresses its response itself.",
			test: func(t *testing.T) {
				registry := prometheus.NewRegistry()
				counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "sold", Help: "What was sold."})
				registry.MustRegister(counter)
				s := newSite(t, &entry{sends: []string{"Accept-Encoding: gzip"}})
				api := apiroute.New(s.logger())
				api.Get("/metrics", apiroute.FromHTTP(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
				s.serve(api, "HTTP/1.1")
				wantText(t, s.fetchText("GET", "/metrics", ""), 200, "# HELP sold What was sold.\n# TYPE sold counter\nsold 0\n")
			},
		}},
	},
	{
		name:   "OpenTelemetry `otelhttp`",
		places: everywhere,
		use:    traceRequests,
		notes: []note{
			{
				text: "The name of a span contains the route, wherever the middleware is.",
				change: recorded(func(which situation, status int) string {
					name := strings.TrimSpace(requests[which][0] + " " + patterns[which])
					if which == half {
						name, status = "GET", 0
					}
					return name + " " + strconv.Itoa(status)
				}),
			},
			{
				text: "The span of a half response has no status. Around the router and in `New`, its name has no route either.",
				change: func(p place, of map[situation]*outcome) {
					if p == inGroup || p == inRoute {
						of[half].Recorded = "GET /api/half 0"
					}
				},
			},
		},
	},
	{
		name:   "getsentry/sentry-go `sentryhttp`",
		places: everywhere,
		use:    reportRequests(sentryhttp.Options{Repanic: true}),
		notes: []note{
			{
				text: "Set `Repanic`. The name of a transaction is the route, wherever the middleware is. By default, a 404 is not recorded.",
				change: recorded(func(which situation, status int) string {
					return unless(which == notFound, requests[which][0]+" "+patterns[which]+" "+strconv.Itoa(status))
				}),
			},
			{
				text: "It reports the panic that cuts a half response, unless `IgnoreErrors` contains `abort Handler`.",
				test: func(t *testing.T) {
					t.Parallel()
					s := newSite(t, &entry{})
					s.serve(s.router(inNew, reportRequests(sentryhttp.Options{Repanic: true}, "ignore nothing")(s)), "HTTP/1.1")
					if o := s.do(half, true); !strings.Contains(o.Recorded, "abort Handler") || !o.Cut {
						t.Errorf("got %+v, want a report and a cut", o)
					}
				},
			},
			{
				text: "Without `Repanic`, a half response looks complete if the middleware is around the router.",
				test: func(t *testing.T) {
					t.Parallel()
					for p, cut := range map[place]bool{inNew: true, inGroup: true, inRoute: true, around: false} {
						s := newSite(t, &entry{})
						s.serveWith(&entry{use: reportRequests(sentryhttp.Options{})}, p, "HTTP/1.1")
						if o := s.do(half, true); o.Cut != cut {
							t.Errorf("%s: got %+v, want cut %t", p, o, cut)
						}
					}
				},
			},
			{text: "To report the panics and errors of handlers, call `CaptureException` in `OnError`; see below.", test: reportsErrors},
		},
	},
}

// patterns are the routes of the situations.
var patterns = map[situation]string{
	ordinary:   "/api/posts/[id]",
	notFound:   "",
	notAllowed: "/api/posts/[id]",
	failing:    "/api/error",
	panicking:  "/api/panic",
	left:       "/api/events",
	half:       "/api/half",
	upgraded:   "/api/websocket",
}

// recorded changes what the middleware records where it runs.
func recorded(text func(which situation, status int) string) func(place, map[situation]*outcome) {
	return func(p place, of map[situation]*outcome) {
		for which, o := range of {
			if p.runs(which) {
				o.Recorded = text(which, o.Status)
			}
		}
	}
}

func unless(not bool, text string) string {
	if not {
		return ""
	}
	return text
}

// messages is a slog.Handler that records the status that is in a message, and an attribute.
type messages struct {
	site *site
	cut  string
}

func (m *messages) Enabled(context.Context, slog.Level) bool { return true }
func (m *messages) WithAttrs([]slog.Attr) slog.Handler       { return m }
func (m *messages) WithGroup(string) slog.Handler            { return m }

func (m *messages) Handle(_ context.Context, r slog.Record) error {
	text := ""
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == m.cut {
			text = " " + a.Value.String()
		}
		return true
	})
	status := r.Message
	if _, after, ok := strings.Cut(status, "HTTP "); ok {
		status = after
	}
	status, _, _ = strings.Cut(strings.ReplaceAll(status, ":", " "), " ")
	m.site.record("%s%s", status, text)
	return nil
}

// countRequests returns a counter of requests by status and route.
func countRequests(s *site) func(http.Handler) http.Handler {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests"}, []string{"code", "route"})
	return func(next http.Handler) http.Handler {
		h := promhttp.InstrumentHandlerCounter(counter, next, promhttp.WithLabelFromRequest("route", func(r *http.Request) string { return r.Pattern }))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				c := make(chan prometheus.Metric, 10)
				counter.Collect(c)
				close(c)
				for m := range c {
					var d dto.Metric
					m.Write(&d)
					s.record("%s %s", d.Label[0].GetValue(), d.Label[1].GetValue())
				}
				counter.Reset()
			}()
			h.ServeHTTP(w, r)
		})
	}
}

// traceRequests returns otelhttp's middleware with an exporter in memory.
func traceRequests(s *site) func(http.Handler) http.Handler {
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	middleware := otelhttp.NewMiddleware("server", otelhttp.WithTracerProvider(provider))
	return func(next http.Handler) http.Handler {
		h := middleware(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				for _, span := range exporter.GetSpans() {
					status := 0
					for _, a := range span.Attributes {
						if a.Key == "http.response.status_code" {
							status = int(a.Value.AsInt64())
						}
					}
					s.record("%s %d", span.Name, status)
				}
				exporter.Reset()
			}()
			h.ServeHTTP(w, r)
		})
	}
}

// reportRequests returns sentryhttp's middleware with a transport in memory.
func reportRequests(o sentryhttp.Options, ignore ...string) func(*site) func(http.Handler) http.Handler {
	return func(s *site) func(http.Handler) http.Handler {
		if ignore == nil {
			ignore = []string{"abort Handler"}
		}
		transport := &sentry.MockTransport{}
		client, err := sentry.NewClient(sentry.ClientOptions{Transport: transport, EnableTracing: true, TracesSampleRate: 1, IgnoreErrors: ignore})
		if err != nil {
			s.t.Fatal(err)
		}
		seen := 0
		return func(next http.Handler) http.Handler {
			h := sentryhttp.New(o).Handle(next)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() {
					events := transport.Events()
					for _, e := range events[seen:] {
						if e.Type == "transaction" {
							s.record("%s %v", e.Transaction, e.Contexts["trace"]["data"].(map[string]any)["http.response.status_code"])
						} else if len(e.Exception) > 0 {
							s.record("exception %s", e.Exception[len(e.Exception)-1].Value)
						} else {
							s.record("message %s", e.Message)
						}
					}
					seen = len(events)
				}()
				ctx := sentry.SetHubOnContext(r.Context(), sentry.NewHub(client, sentry.NewScope()))
				h.ServeHTTP(w, r.WithContext(ctx))
			})
		}
	}
}

// reportsErrors checks that OnError can report what handlers return and what they panic with.
func reportsErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t, &entry{})
	middleware := reportRequests(sentryhttp.Options{Repanic: true})(s)
	report := func(req *apiroute.Request, res *apiroute.Response, err error) error {
		if hub := sentry.GetHubFromContext(req.Context()); hub != nil {
			hub.CaptureException(err)
		}
		return err
	}
	api := apiroute.New(s.logger(), apiroute.Use(middleware), apiroute.OnError(report))
	api.Get("/api/error", func(req *apiroute.Request, res *apiroute.Response) error { return errors.New("no disk") })
	api.Get("/api/panic", func(req *apiroute.Request, res *apiroute.Response) error { panic("no luck") })
	s.serve(api, "HTTP/1.1")
	for which, text := range map[situation]string{failing: "no disk", panicking: "panic: no luck"} {
		if o := s.do(which, true); !strings.Contains(o.Recorded, "exception "+text) || o.Status != 500 {
			t.Errorf("got %+v, want a report of %q", o, text)
		}
	}
}
