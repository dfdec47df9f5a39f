package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/apiroute"
	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdaurl"
)

// A function is a program that runs as it does in AWS Lambda: it gets events from the runtime
// interface, which this test serves, and sends its responses there.
// See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
type function struct {
	events  chan events.LambdaFunctionURLRequest
	results chan result
	ended   chan struct{} // closed when the program has ended
	log     bytes.Buffer  // what it has printed until then
}

// A result is what the function has sent for an event.
type result struct {
	Status  int
	Headers map[string]string
	Cookies []string
	body    string
	failed  string // the error of the invocation
}

func startFunction(t *testing.T, dir string) *function {
	t.Helper()
	f := &function{events: make(chan events.LambdaFunctionURLRequest), results: make(chan result, 1), ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case e := <-f.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", "9999999999999")
			json.NewEncoder(w).Encode(e)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/1/response", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		f.results <- readResult(r)
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/1/error", func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		f.results <- result{failed: string(text)}
	})
	srv := httptest.NewServer(mux)
	program := filepath.Join(t.TempDir(), "bootstrap")
	if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", program, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(srv.URL, "http://"))
	cmd.Stderr = &f.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		close(f.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-f.ended
		srv.CloseClientConnections()
		srv.Close()
	})
	return f
}

// readResult reads a response in either form: as a JSON object, or as a stream with a prelude.
func readResult(r *http.Request) (res result) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return result{failed: err.Error()}
	}
	if failed := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); failed != "" {
		return result{failed: failed}
	}
	if r.Header.Get("Content-Type") == "application/vnd.awslambda.http-integration-response" {
		prelude, rest, _ := bytes.Cut(body, make([]byte, 8))
		var p struct {
			StatusCode int
			Headers    map[string]string
			Cookies    []string
		}
		err = json.Unmarshal(prelude, &p)
		res = result{p.StatusCode, p.Headers, p.Cookies, string(rest), ""}
	} else {
		var p events.APIGatewayV2HTTPResponse
		err = json.Unmarshal(body, &p)
		res = result{p.StatusCode, p.Headers, p.Cookies, p.Body, ""}
		if p.IsBase64Encoded {
			data, _ := base64.StdEncoding.DecodeString(p.Body)
			res.body = string(data)
		}
	}
	if err != nil {
		return result{failed: fmt.Sprintf("%v in %q", err, body)}
	}
	return res
}

// call sends an event, which has the same form for a function URL and for an HTTP API.
func (f *function) call(method, path, query, body string, headers map[string]string) result {
	e := events.LambdaFunctionURLRequest{Version: "2.0", RawPath: path, RawQueryString: query, Headers: map[string]string{
		"host": "abc.lambda-url.eu-west-1.on.aws", "x-forwarded-proto": "https"}}
	e.RequestContext.DomainName = "abc.lambda-url.eu-west-1.on.aws"
	e.RequestContext.HTTP = events.LambdaFunctionURLRequestContextHTTPDescription{Method: method, Path: path, SourceIP: "192.0.2.1"}
	for k, v := range headers {
		if k == "cookie" {
			e.Cookies = strings.Split(v, "; ")
		}
		e.Headers[k] = v
	}
	e.Body = body
	if strings.ContainsFunc(body, func(r rune) bool { return r > 127 }) { // binary, as Lambda decides by the media type
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(body)), true
	}
	select {
	case f.events <- e:
	case <-f.ended:
		return result{failed: f.log.String()}
	}
	select {
	case res := <-f.results:
		return res
	case <-f.ended:
		return result{failed: f.log.String()}
	}
}

var isJSON = map[string]string{"content-type": "application/json"}

func TestLambda(t *testing.T) {
	for _, dir := range []string{"./lambda", "./gateway"} {
		f := startFunction(t, dir)
		for _, tt := range []struct {
			name, method, path, query, body string
			headers                         map[string]string
			status                          int
			want                            string
		}{
			{"path, query, host and cookie", "GET", "/api/hello/a%2Fb/c", "times=2", "", map[string]string{"cookie": "x=1; theme=dark"}, 200,
				`{"name":["a/b","c"],"times":2,"host":"abc.lambda-url.eu-west-1.on.aws","theme":"dark"}`},
			{"a rule", "GET", "/api/hello/a", "times=10", "", nil, 400, `"name":"times","code":"maximum"`},
			{"a body", "POST", "/api/notes", "", `{"text":"hello"}`, isJSON, 201, `5`},
			{"a body in base64", "POST", "/api/notes", "", `{"text":"größer"}`, isJSON, 201, `8`},
			{"a rule of the body", "POST", "/api/notes", "", `{"text":""}`, isJSON, 400, `"name":"text","code":"minLength"`},
			{"no body", "POST", "/api/notes", "", ``, isJSON, 400, `"status":400`},
			{"a large body", "POST", "/api/notes", "", `{"text":"` + strings.Repeat("a", 2<<20) + `"}`, isJSON, 413, `"status":413`},
			{"bytes", "GET", "/api/picture", "", "", nil, 200, "\x89PNG\r\n\x1a\n\xff"},
			{"events", "GET", "/api/clock", "", "", nil, 200, "data: 0\n\ndata: 1\n\ndata: 2\n\n"},
			{"no route", "GET", "/nope", "", "", nil, 404, `{"title":"Not Found","status":404}`},
			{"another method", "DELETE", "/api/notes", "", "", nil, 405, `"status":405`},
			{"HEAD", "HEAD", "/api/hello/a", "", "", nil, 200, ""},
			{"an untidy path", "GET", "/api//picture", "a=b", "", nil, 308, ""},
		} {
			res := f.call(tt.method, tt.path, tt.query, tt.body, tt.headers)
			if res.failed != "" || res.Status != tt.status || !strings.Contains(res.body, tt.want) || tt.want == "" && res.body != "" {
				t.Errorf("%s: %s: got %+v with %q, want %d and %q", dir, tt.name, res, res.body, tt.status, tt.want)
			}
			switch tt.status {
			case 201:
				want := []string{"theme=dark; Path=/; HttpOnly", "last=1; Path=/"}
				if fmt.Sprint(res.Cookies) != fmt.Sprint(want) || res.Headers["Location"] != "/api/notes/1" {
					t.Errorf("%s: %s: got the cookies %q and the headers %q", dir, tt.name, res.Cookies, res.Headers)
				}
			case 308:
				if got := res.Headers["Location"]; got != "/api/picture?a=b" {
					t.Errorf("%s: %s: the Location is %q", dir, tt.name, got)
				}
			case 405:
				if got := res.Headers["Allow"]; got != "POST, OPTIONS" && got != "OPTIONS, POST" {
					t.Errorf("%s: %s: Allow is %q", dir, tt.name, got)
				}
			}
		}
	}
}

// A response that fails in the middle never looks complete.
func TestLambdaCut(t *testing.T) {
	for _, dir := range []string{
		"./lambda",  // the program ends in the middle of the response, and Lambda starts another
		"./gateway", // the function reports an error, and the client gets a 502 of API Gateway
	} {
		if res := startFunction(t, dir).call("GET", "/api/cut", "", "", nil); res.failed == "" {
			t.Errorf("%s: got %+v with %q, want a failure", dir, res, res.body)
		}
	}
}

// With lambdaurl, an event reaches the client before the next one is sent.
func TestLambdaStreams(t *testing.T) {
	next := make(chan struct{})
	router := apiroute.New()
	router.Get("/", func(_ *apiroute.Request, res *apiroute.Response) error {
		stream, err := res.Events()
		if err != nil {
			return err
		}
		for i := range 3 {
			if err := stream.Send(apiroute.Event{Data: i}); err != nil {
				return err
			}
			<-next
		}
		return nil
	})
	e := &events.LambdaFunctionURLRequest{RawPath: "/"}
	e.RequestContext.HTTP.Method = "GET"
	res, err := lambdaurl.Wrap(router)(t.Context(), e)
	if err != nil || res.Headers["Content-Type"] != "text/event-stream" {
		t.Fatalf("got %+v, %v", res, err)
	}
	lines := bufio.NewScanner(res.Body)
	for i := range 3 {
		if lines.Scan(); lines.Text() != fmt.Sprint("data: ", i) {
			t.Errorf("got %q, want event %d", lines.Text(), i)
		}
		lines.Scan() // the empty line
		next <- struct{}{}
	}
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("got %q, %v, want the end", lines.Text(), lines.Err())
	}
}
