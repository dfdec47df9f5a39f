package compat

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdaurl"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
	"github.com/quic-go/quic-go/http3"
)

// serverEntries serve a router in place of net/http's server.
var serverEntries = []entry{
	{
		name:   "quic-go/quic-go `http3`",
		places: []place{serving},
		serve:  serveHTTP3,
		notes: []note{
			{text: "It works as over HTTP/2.", change: unchanged},
			{text: "After a 413, the connection stays open.", test: rejectsOverHTTP3},
		},
	},
	{
		name:   "aws/aws-lambda-go `lambdaurl`",
		places: []place{serving},
		serve: func(s *site, h http.Handler) {
			serveLambda(s, h, "lambdaurl", invokeURL)
		},
		notes: []note{
			{text: "Streams are sent as they are written.", change: unchanged},
			{
				text:   "The panic that cuts a half response ends the process, which is how Lambda learns of it.",
				change: func(_ place, of map[situation]*outcome) { of[half].Cut = false },
			},
		},
	},
	{
		name:    "awslabs/aws-lambda-go-api-proxy `httpadapter`",
		places:  []place{serving},
		buffers: true,
		serve: func(s *site, h http.Handler) {
			serveLambda(s, h, "httpadapter", invokeGateway)
		},
		notes: []note{
			{
				text: "It sends nothing before the handler returns, so events do not arrive one by one. In place of a half response, the invocation fails.",
				change: func(_ place, of map[situation]*outcome) {
					*of[left] = outcome{}
					*of[half] = outcome{Aborted: true, Log: "ERROR"}
				},
			},
		},
	},
}

// serveHTTP3 serves a handler over QUIC on the loopback interface.
func serveHTTP3(s *site, h http.Handler) {
	s.protocol = "HTTP/3.0"
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	s.t.Cleanup(certified.Close)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		s.t.Fatal(err)
	}
	srv := &http3.Server{Handler: s.watch(h), TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: certified.TLS.Certificates})}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(conn) }()
	transport := &http3.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{
		RootCAs: certified.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
	t := s.t
	t.Cleanup(func() {
		transport.Close()
		srv.Close()
		receive(t, "the end of the server", served)
		conn.Close()
	})
	s.url, s.client = "https://"+conn.LocalAddr().String(), &http.Client{Transport: transport}
}

// rejectsOverHTTP3 checks that a client reads a 413, and can go on.
func rejectsOverHTTP3(t *testing.T) {
	s := newSite(t, &entry{})
	api := apiroute.New(s.logger(), apiroute.BodyLimit(10))
	api.Post("/", func(req *apiroute.Request, res *apiroute.Response) error {
		b, err := req.Bytes()
		if err != nil {
			return err
		}
		return res.Text(string(b))
	})
	serveHTTP3(s, api)
	if o := s.fetchText("POST", "/", strings.Repeat("x", 11)); o.Status != 413 || o.Header["Content-Type"] != "application/problem+json" {
		t.Errorf("got %+v, want the problem 413", o)
	}
	wantText(t, s.fetchText("POST", "/", "x"), 200, "x")
}

// An invoke function has a Lambda adapter handle a request.
type invoke func(http.Handler, *http.Request) (*http.Response, error)

// A lambdaTransport is a client's way to a handler behind a Lambda adapter.
type lambdaTransport struct {
	h        http.Handler
	protocol string
	invoke   invoke
}

func (l *lambdaTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.invoke(l.h, r)
	if resp != nil {
		resp.Proto, resp.Request = l.protocol, r
	}
	return resp, err
}

// serveLambda makes an adapter the server of a site. The panic by which the router cuts a response
// ends the process of a Lambda function; here it ends only the request.
func serveLambda(s *site, h http.Handler, protocol string, invoke invoke) {
	watched := s.watch(h)
	s.protocol, s.url = protocol, "https://lambda.example"
	s.client = &http.Client{Transport: &lambdaTransport{protocol: protocol, invoke: invoke,
		h: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil && protocol == "httpadapter" {
					w.WriteHeader(aborted)
				}
			}()
			watched.ServeHTTP(w, r)
		})}}
}

// aborted is the status by which the transport knows of a panic.
const aborted = 599

// oneEach returns a header as Lambda passes it on.
func oneEach(h http.Header) map[string]string {
	m := map[string]string{}
	for name, values := range h {
		m[name] = strings.Join(values, ",")
	}
	return m
}

func response(status int, header map[string]string, body io.Reader) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}
	if c, ok := body.(io.ReadCloser); ok {
		resp.Body = c
	}
	for name, value := range header {
		resp.Header.Set(name, value)
	}
	return resp
}

// invokeURL passes a request on as lambdaurl gets it.
func invokeURL(h http.Handler, r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	event := &events.LambdaFunctionURLRequest{RawPath: r.URL.EscapedPath(), RawQueryString: r.URL.RawQuery, Headers: oneEach(r.Header),
		Body: base64.StdEncoding.EncodeToString(body), IsBase64Encoded: true}
	event.RequestContext.DomainName, event.RequestContext.HTTP.Method = r.Host, r.Method
	out, err := lambdaurl.Wrap(h)(r.Context(), event)
	if err != nil {
		return nil, err
	}
	return response(out.StatusCode, out.Headers, out.Body), nil
}

// invokeGateway passes a request on as httpadapter gets it. It returns when the client leaves.
func invokeGateway(h http.Handler, r *http.Request) (*http.Response, error) {
	event := events.APIGatewayV2HTTPRequest{RawPath: r.URL.EscapedPath(), RawQueryString: r.URL.RawQuery, Headers: oneEach(r.Header)}
	event.RequestContext.DomainName, event.RequestContext.HTTP.Method = r.Host, r.Method
	out, err := httpadapter.NewV2(h).ProxyWithContext(r.Context(), event)
	switch {
	case err != nil:
		return nil, err
	case out.StatusCode == aborted:
		return nil, context.Canceled
	}
	return response(out.StatusCode, out.Headers, strings.NewReader(out.Body)), nil
}
