package compat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"example.com/apiroute"
	coder "github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	gorilla "github.com/gorilla/websocket"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func init() { gin.SetMode(gin.ReleaseMode) }

// mountEntries are frameworks inside of the router, and the router inside of them.
var mountEntries = []entry{
	{
		name:   "net/http `ServeMux`, the router in it",
		places: []place{around},
		use: always(func(next http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("/api/", next)
			return otherwise(mux, next)
		}),
		notes: []note{{text: "Use `mux.Handle(\"/api/\", api)`. The paths of the routes begin with `/api`.", change: unchanged}},
	},
	{
		name:   "go-chi/chi, the router in it",
		places: []place{around},
		use: always(func(next http.Handler) http.Handler {
			r := chi.NewRouter()
			r.Handle("/api/*", next)
			return r
		}),
		notes: []note{{text: "Use `r.Handle(\"/api/*\", api)`. The paths of the routes begin with `/api`.", change: unchanged}},
	},
	{
		name:   "gin-gonic/gin, the router in it",
		places: []place{around},
		use: always(func(next http.Handler) http.Handler {
			engine := gin.New()
			engine.Any("/api/*path", gin.WrapH(next))
			return engine
		}),
		notes: []note{
			{text: "Use `engine.Any(\"/api/*path\", gin.WrapH(api))`. The paths of the routes begin with `/api`.", change: unchanged},
			{
				text:   "`Accept` of coder/websocket does not work, because gin never sends its status 101.",
				change: func(_ place, of map[situation]*outcome) { *of[upgraded] = outcome{} },
			},
			{
				text: "Do not use `gin.Recovery` around the router: a half response would look complete.",
				test: func(t *testing.T) {
					s := newSite(t, &entry{})
					engine := gin.New()
					engine.Use(gin.RecoveryWithWriter(io.Discard))
					engine.Any("/api/*path", gin.WrapH(s.router("", nil)))
					s.serve(engine, "HTTP/1.1")
					if o := s.do(half, true); o.Cut {
						t.Errorf("got %+v, want a half response that is not cut", o)
					}
				},
			},
		},
	},
	{
		name:    "go-chi/chi",
		places:  []place{mounted},
		handler: func(s *site) http.Handler { return s.mount(s.chi()) },
		notes: []note{
			{text: "Its routes have the whole path. It sends its own 404 and 405. The router responds to panics.", change: plainTexts(false)},
		},
	},
	{
		name:    "gin-gonic/gin",
		places:  []place{mounted},
		handler: func(s *site) http.Handler { return s.mount(s.gin()) },
		notes: []note{
			{text: "Its routes have the whole path. It sends its own 404 and 405. Without `gin.Recovery`, the router responds to panics.", change: plainTexts(true)},
			{text: "`c.Stream` works.", change: unchanged},
		},
	},
	{
		name:   "connectrpc.com/connect",
		places: []place{mounted},
		notes: []note{
			{
				text: "The protocols Connect, gRPC and gRPC-Web all work, including trailers and streams of the server.",
				test: func(t *testing.T) {
					for _, tt := range []struct {
						name, protocol string
						option         connect.ClientOption
					}{
						{"Connect", "HTTP/1.1", connect.WithProtoJSON()},
						{"Connect", "HTTP/2.0", connect.WithProtoJSON()},
						{"gRPC", "HTTP/2.0", connect.WithGRPC()},
						{"gRPC-Web", "HTTP/1.1", connect.WithGRPCWeb()},
					} {
						t.Run(tt.name+" "+tt.protocol, func(t *testing.T) { callsConnect(t, tt.protocol, tt.option) })
					}
				},
			},
			{
				text: "It responds to errors itself. The router responds to panics, which its clients see as the code internal or unknown.",
				test: func(t *testing.T) { failsConnect(t) },
			},
		},
	},
	{
		name:   "grpc-ecosystem/grpc-gateway",
		places: []place{mounted},
		notes: []note{
			{text: "Its routes have the whole path. It sends its own 404, and a 501 for other methods. The router responds to panics.", test: servesGateway},
			{text: "Each message of a stream is sent at once. An error is its last message.", test: streamsGateway},
		},
	},
	{
		name:   "coder/websocket",
		places: []place{handler},
		notes: []note{
			{text: "If `Accept` fails, it has already responded, so return nil.", test: func(t *testing.T) {
				acceptFails(t, func(req *apiroute.Request, res *apiroute.Response) error {
					_, err := coder.Accept(res, req.Request, nil)
					return responded(t, err)
				})
			}},
			{text: "An error that the handler returns later is logged, and nothing is sent.", test: hijackedError},
		},
	},
	{
		name:   "gorilla/websocket",
		places: []place{handler},
		notes: []note{
			{text: "If `Upgrade` fails, it has already responded, so return nil.", test: func(t *testing.T) {
				acceptFails(t, func(req *apiroute.Request, res *apiroute.Response) error {
					_, err := new(gorilla.Upgrader).Upgrade(res, req.Request, nil)
					return responded(t, err)
				})
			}},
			{text: "Pass headers of the response to `Upgrade`; those of `SetHeader` are not sent.", test: upgradesGorilla},
		},
	},
}

// otherwise serves the paths that a mux does not have, so that the router sees each situation.
func otherwise(mux *http.ServeMux, h http.Handler) http.Handler {
	mux.Handle("/", h)
	return mux
}

// mount returns a Router with a framework at /api.
func (s *site) mount(h http.Handler) http.Handler {
	api := apiroute.New(s.logger())
	api.Mount("/api", h)
	return api
}

// plainTexts are the responses of a framework with handlers that do as those of site.router.
func plainTexts(isGin bool) func(place, map[situation]*outcome) {
	return func(_ place, of map[situation]*outcome) {
		text := map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
		of[ordinary].Header = map[string]string{"Content-Type": "application/json", "X-Handler": "yes"}
		*of[notFound] = outcome{Status: 404, Body: "404 page not found\n", Header: text}
		*of[notAllowed] = outcome{Status: 405, Header: map[string]string{"Allow": "GET"}}
		*of[failing] = outcome{Status: 409, Body: "too late\n", Header: text}
		of[left].Header = map[string]string{"Content-Type": "text/event-stream"}
		of[half].Header = map[string]string{"Content-Type": "text/plain"}
		of[half].Log = ""
		if isGin {
			of[notFound].Body, of[notFound].Header = "404 page not found", map[string]string{"Content-Type": "text/plain"}
			of[notAllowed].Body, of[notAllowed].Header["Content-Type"] = "405 method not allowed", "text/plain"
		}
	}
}

// plain are the handlers of the situations for a framework.
func (s *site) plain() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/api/posts/7": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Handler", "yes")
			io.WriteString(w, `{"id":"7"}`)
		},
		"/api/error": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "too late", http.StatusConflict) },
		"/api/panic": func(w http.ResponseWriter, r *http.Request) { panic("secret") },
		"/api/events": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: tick\n\n")
			http.NewResponseController(w).Flush()
			s.sent <- struct{}{}
			<-r.Context().Done()
		},
		"/api/half": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "1\n")
			http.NewResponseController(w).Flush()
			s.awaitSeen(r.Context())
			panic(http.ErrAbortHandler)
		},
		"/api/websocket": func(w http.ResponseWriter, r *http.Request) {
			if err := greet(w, r); err != nil {
				s.t.Error(err)
			}
		},
	}
}

func (s *site) chi() http.Handler {
	r := chi.NewRouter()
	for path, h := range s.plain() {
		r.Get(path, h)
	}
	return r
}

func (s *site) gin() http.Handler {
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	for path, h := range s.plain() {
		if path != "/api/events" {
			engine.GET(path, gin.WrapF(h))
		}
	}
	engine.GET("/api/events", func(c *gin.Context) {
		c.Header("Content-Type", "text/event-stream")
		first := true
		c.Stream(func(w io.Writer) bool {
			if !first {
				s.sent <- struct{}{}
				<-c.Request.Context().Done()
				return false
			}
			first = false
			io.WriteString(w, "data: tick\n\n")
			return true
		})
	})
	return engine
}

const procedure = "/compat.v1.Greeter/"

// connectSite serves a service with a unary call and a stream, which fail for some names.
func connectSite(t *testing.T, protocol string) *site {
	s := newSite(t, &entry{})
	mux := http.NewServeMux()
	mux.Handle(procedure+"Greet", connect.NewUnaryHandlerSimple(procedure+"Greet", func(_ context.Context, name *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
		switch name.Value {
		case "":
			return nil, connect.NewError(connect.CodeInvalidArgument, errors.New("no name"))
		case "panic":
			panic("secret")
		}
		return wrapperspb.String("hello " + name.Value), nil
	}))
	mux.Handle(procedure+"Tick", connect.NewServerStreamHandlerSimple(procedure+"Tick",
		func(ctx context.Context, name *wrapperspb.StringValue, stream *connect.ServerStream[wrapperspb.StringValue]) error {
			if err := stream.Send(wrapperspb.String("tick")); err != nil {
				return err
			}
			if name.Value == "half" {
				return connect.NewError(connect.CodeDataLoss, errors.New("broken"))
			}
			<-ctx.Done()
			return ctx.Err()
		}))
	api := apiroute.New(s.logger())
	api.Mount(strings.TrimSuffix(procedure, "/"), mux)
	s.serve(api, protocol)
	return s
}

func (s *site) connect(method string, o ...connect.ClientOption) *connect.Client[wrapperspb.StringValue, wrapperspb.StringValue] {
	return connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](s.client, s.url+procedure+method, o...)
}

// callsConnect checks calls and streams over one protocol.
func callsConnect(t *testing.T, protocol string, o connect.ClientOption) {
	s := connectSite(t, protocol)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res, err := s.connect("Greet", o).CallUnary(ctx, connect.NewRequest(wrapperspb.String("Ada")))
	if err != nil || res.Msg.Value != "hello Ada" {
		t.Errorf("got %v, %v, want hello Ada", res, err)
	}
	_, err = s.connect("Greet", o).CallUnary(ctx, connect.NewRequest(wrapperspb.String("")))
	if connect.CodeOf(err) != connect.CodeInvalidArgument || !strings.Contains(err.Error(), "no name") {
		t.Errorf("got error %v, want invalid_argument", err)
	}
	if _, err = s.connect("None", o).CallUnary(ctx, connect.NewRequest(wrapperspb.String("Ada"))); connect.CodeOf(err) != connect.CodeUnimplemented {
		t.Errorf("got error %v, want unimplemented for a 404", err)
	}
	receive(t, "the end of the call", s.ended)
	receive(t, "the end of the call", s.ended)
	receive(t, "the end of the call", s.ended)

	stream, err := s.connect("Tick", o).CallServerStream(ctx, connect.NewRequest(wrapperspb.String("half")))
	if err != nil {
		t.Fatal(err)
	}
	if !stream.Receive() || stream.Msg().Value != "tick" || stream.Receive() || connect.CodeOf(stream.Err()) != connect.CodeDataLoss {
		t.Errorf("got error %v after the first message, want data_loss", stream.Err())
	}
	stream.Close()
	receive(t, "the end of the stream", s.ended)

	leave, stop := context.WithCancel(ctx)
	defer stop()
	if stream, err = s.connect("Tick", o).CallServerStream(leave, connect.NewRequest(wrapperspb.String("long"))); err != nil {
		t.Fatal(err)
	}
	if !stream.Receive() {
		t.Errorf("no message before the stream ends: %v", stream.Err())
	}
	stop()
	stream.Close()
	if v := receive(t, "the end of the stream", s.ended); v != nil {
		t.Errorf("the panic %v has left the router", v)
	}
}

// failsConnect checks a panic in a handler, and a method that connect does not take.
func failsConnect(t *testing.T) {
	s := connectSite(t, "HTTP/1.1")
	_, err := s.connect("Greet").CallUnary(context.Background(), connect.NewRequest(wrapperspb.String("panic")))
	if code := connect.CodeOf(err); code != connect.CodeUnknown && code != connect.CodeInternal || strings.Contains(err.Error(), "secret") {
		t.Errorf("got error %v, want internal or unknown", err)
	}
	receive(t, "the end of the call", s.ended)
	if o := s.fetchText("DELETE", procedure+"Greet", ""); o.Status != 405 || o.Header["Allow"] != "POST" {
		t.Errorf("got %+v, want a 405", o)
	}
}

// gatewaySite serves a gateway with handlers as it generates them.
func gatewaySite(t *testing.T) *site {
	s := newSite(t, &entry{})
	mux := runtime.NewServeMux()
	_, marshaler := runtime.MarshalerForRequest(mux, &http.Request{Header: http.Header{}})
	handle := func(path string, h runtime.HandlerFunc) {
		if err := mux.HandlePath("GET", path, h); err != nil {
			t.Fatal(err)
		}
	}
	handle("/v1/posts/{id}", func(w http.ResponseWriter, r *http.Request, values map[string]string) {
		if values["id"] == "panic" {
			panic("secret")
		}
		ctx := runtime.NewServerMetadataContext(r.Context(), runtime.ServerMetadata{})
		runtime.ForwardResponseMessage(ctx, mux, marshaler, w, r, wrapperspb.String(values["id"]))
	})
	handle("/v1/stream/{end}", func(w http.ResponseWriter, r *http.Request, values map[string]string) {
		ctx := runtime.NewServerMetadataContext(r.Context(), runtime.ServerMetadata{})
		n := 0
		runtime.ForwardResponseStream(ctx, mux, marshaler, w, r, func() (proto.Message, error) {
			switch n++; {
			case n == 1:
				return wrapperspb.String("tick"), nil
			case values["end"] == "error":
				return nil, errors.New("broken")
			}
			s.sent <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		})
	})
	api := apiroute.New(s.logger())
	api.Mount("/v1", mux)
	s.serve(api, "HTTP/1.1")
	return s
}

func servesGateway(t *testing.T) {
	s := gatewaySite(t)
	wantText(t, s.fetchText("GET", "/v1/posts/7", ""), 200, `"7"`)
	wantText(t, s.fetchText("GET", "/v1/posts/panic", ""), 500, bare()[panicking].Body)
	for path, want := range map[string]int{"GET /v1/none": 404, "DELETE /v1/posts/7": 501} {
		method, path, _ := strings.Cut(path, " ")
		o := s.fetchText(method, path, "")
		var status struct{ Code int }
		if json.Unmarshal([]byte(o.Body), &status); o.Status != want || status.Code == 0 {
			t.Errorf("%s %s: got %+v, want the gateway's %d", method, path, o, want)
		}
	}
}

func streamsGateway(t *testing.T) {
	s := gatewaySite(t)
	if o := s.fetchText("GET", "/v1/stream/error", ""); o.Cut || !strings.HasPrefix(o.Body, "{\"result\":\"tick\"}\n{\"error\":") {
		t.Errorf("got %+v, want a message and an error", o)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	resp, err := s.send(ctx, "GET", "/v1/stream/never", "")
	if err != nil {
		t.Fatal(err)
	}
	if o := s.read(resp, "\n"); o.Body != "{\"result\":\"tick\"}\n" {
		t.Errorf("got %+v, want a message", o)
	}
	receive(t, "the message to be sent", s.sent)
	if v := receive(t, "the end of the stream", s.ended); v != nil {
		t.Errorf("the panic %v has left the router", v)
	}
}

// responded is what a handler does after a helper has responded to an error itself.
func responded(t *testing.T, err error) error {
	if err == nil {
		t.Error("a request without Upgrade was accepted")
	}
	return nil
}

// acceptFails sends a request that is no handshake to a handler that upgrades.
func acceptFails(t *testing.T, h apiroute.Handler) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		s := newSite(t, &entry{})
		api := apiroute.New(s.logger())
		api.Get("/", h)
		s.serve(api, protocol)
		o := s.fetchText("GET", "/", "")
		s.mu.Lock()
		if o.Status/100 != 4 && o.Status != 501 && o.Status != 500 || o.Cut || o.Body == "" || len(s.log) > 0 {
			t.Errorf("%s: got %+v and the log %q, want a whole response of the helper and no log", protocol, o, s.log)
		}
		s.mu.Unlock()
	}
}

// hijackedError checks an error that a handler returns after the upgrade.
func hijackedError(t *testing.T) {
	s := newSite(t, &entry{})
	api := apiroute.New(s.logger())
	api.Get("/api/websocket", func(req *apiroute.Request, res *apiroute.Response) error {
		c, err := coder.Accept(res, req.Request, nil)
		if err != nil {
			return nil
		}
		defer c.CloseNow()
		if err := c.Write(req.Context(), coder.MessageText, []byte("hello")); err != nil {
			return err
		}
		c.Close(coder.StatusInternalError, "")
		return errors.New("no disk")
	})
	s.serve(api, "HTTP/1.1")
	if o := s.do(upgraded, true); o.Body != "hello" || o.Aborted || o.Log != "ERROR" {
		t.Errorf("got %+v, want the message and an error in the log", o)
	}
}

// upgradesGorilla checks the header of the upgrade.
func upgradesGorilla(t *testing.T) {
	s := newSite(t, &entry{adds: map[string]string{"X-Upgrade": ""}})
	api := apiroute.New(s.logger())
	api.Get("/api/websocket", func(req *apiroute.Request, res *apiroute.Response) error {
		res.SetHeader("X-Handler", "yes")
		c, err := new(gorilla.Upgrader).Upgrade(res, req.Request, http.Header{"X-Upgrade": {"yes"}})
		if err != nil {
			return nil
		}
		defer c.Close()
		return c.WriteMessage(gorilla.TextMessage, []byte("hello"))
	})
	s.serve(api, "HTTP/1.1")
	if o := s.do(upgraded, true); o.Body != "hello" || o.Header["X-Upgrade"] != "yes" || o.Header["X-Handler"] != "" || o.Aborted || o.Log != "" {
		t.Errorf("got %+v, want the message, and only the header of the upgrade", o)
	}
}
