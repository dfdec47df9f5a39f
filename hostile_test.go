package apiroute_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/apiroute"
)

// This file is what the hostile tests share: requests of hostile and faulty clients, written byte
// by byte, and what must come back over the socket. The requests are in hostile_path_test.go,
// hostile_body_test.go, hostile_value_test.go and hostile_response_test.go.

// An attack is one request and what the response to it must be.
type attack struct {
	send      string // the bytes of the request
	status    int
	byNetHTTP bool     // net/http itself responds, and no handler is reached
	body      string   // the whole body; "" if it may be any
	has       []string // parts of the response, of its head or its body
	lacks     []string // what must not be in the response
	logs      []string // parts of what the router logs
}

// An attackRow is a named list of attacks of one kind.
type attackRow struct {
	name    string
	attacks []attack
}

// runAttacks runs each row against a server of its own, with the routes of addHostileRoutes.
func runAttacks(t *testing.T, rows []attackRow) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[row.name] || len(row.attacks) == 0 {
			t.Errorf("the row %q appears twice, or empty", row.name)
		}
		seen[row.name] = true
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.run(t, newAPI(t, addHostileRoutes))
		})
	}
}

// run runs the attacks one after the other, each as a subtest that is named after its request.
func (row attackRow) run(t *testing.T, s *server) {
	t.Helper()
	for _, a := range row.attacks {
		t.Run(a.name(), func(t *testing.T) { a.run(t, s) })
	}
}

// name returns the method and the target of the request, and the beginning of its body.
func (a attack) name() string {
	head, body, _ := strings.Cut(a.send, "\r\n\r\n")
	line, _, _ := strings.Cut(head, " HTTP/")
	return strings.TrimSpace(fmt.Sprintf("%.60s %.40s", line, body))
}

// run sends the request and checks the response.
func (a attack) run(t *testing.T, s *server) reply {
	t.Helper()
	s.logs() // those of the requests before
	before, _ := s.counts()
	got, after := sendAttack(t, s, a.send)
	if got.err != nil {
		t.Errorf("%s: no complete response: %v", clip(a.send), got.err)
		return got
	}
	log := strings.Join(s.logs(), "\n")
	reached, _ := s.counts()
	response := got.head + "\r\n" + got.body
	if got.status != a.status {
		t.Errorf("%s: status %d %s, want %d", clip(a.send), got.status, clip(got.body), a.status)
	}
	if a.body != "" && got.body != a.body {
		t.Errorf("%s: body %s, want %s", clip(a.send), clip(got.body), clip(a.body))
	}
	for _, text := range a.has {
		if !strings.Contains(response, text) {
			t.Errorf("%s: no %q in the response\n%s", clip(a.send), text, response)
		}
	}
	for _, text := range a.lacks {
		if strings.Contains(response, text) {
			t.Errorf("%s: %q is in the response\n%s", clip(a.send), text, response)
		}
	}
	for _, text := range a.logs {
		if !strings.Contains(log, text) {
			t.Errorf("%s: no %q in the log\n%s", clip(a.send), text, log)
		}
	}
	if after != "" {
		t.Errorf("%s: %q after the response", clip(a.send), after)
	}
	if a.byNetHTTP && reached != before {
		t.Errorf("%s: the router was reached", clip(a.send))
	}
	if got.status >= 400 && !a.byNetHTTP {
		checkProblem(t, got)
	}
	return got
}

// sendAttack sends a request and reads the response. If it is one to HEAD, after is what comes when
// the response is over: nothing, unless it has a body.
func sendAttack(t *testing.T, s *server, text string) (got reply, after string) {
	t.Helper()
	if !strings.HasPrefix(text, "HEAD ") {
		return s.raw(text), ""
	}
	c := s.dial(t)
	c.send(t, strings.Replace(text, "\r\n", "\r\nConnection: close\r\n", 1))
	got = c.reply("HEAD")
	return got, c.rest()
}

// hostileInternal matches what no client may see: names of Go types and packages, places in the
// source, and the secrets of the handlers here.
var hostileInternal = regexp.MustCompile(`apiroute|[hH]ostile|goroutine|\.go:|json: |jsontext|strconv|reflect|runtime|interface \{|struct|` +
	`\b(u?int(8|16|32|64)?|float64|map\[)\b|\*[a-z]+\.[A-Z]|SECRET|panic|0x[0-9a-f]{6}|multipart: |http: |unexpected EOF|<nil>`)

// checkProblem checks a response to an error: it is a problem that has no other members than the
// package documents, it is short, and nothing internal is in it.
func checkProblem(t *testing.T, got reply) {
	t.Helper()
	got.wantProblem(t, got.status)
	if s := hostileInternal.FindString(got.head + got.body); s != "" {
		t.Errorf("%q is in the response\n%s\n%s", s, got.head, got.body)
	}
	if len(got.body) > 16<<10 {
		t.Errorf("a problem of %d bytes", len(got.body))
	}
	if got.body == "" { // the response to a HEAD request
		return
	}
	var p struct {
		Title, Detail string
		Status        int
		Errors        []apiroute.FieldError
	}
	d := json.NewDecoder(strings.NewReader(got.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Errorf("problem %s: %v", got.body, err)
	}
}

// clip quotes a text, or its beginning.
func clip(s string) string {
	if len(s) > 200 {
		return fmt.Sprintf("%.200q and %d more bytes", s, len(s)-200)
	}
	return strconv.Quote(s)
}

// Requests and attacks are made by these functions.

const (
	isJSON      = "Content-Type: application/json"
	isForm      = "Content-Type: application/x-www-form-urlencoded"
	isMultipart = "Content-Type: multipart/form-data; boundary=x"
)

// getText returns the bytes of a GET request.
func getText(target string, headers ...string) string {
	return requestText("GET", target, "", headers...)
}

// postText returns the bytes of a POST request with a length, also if the body is empty.
func postText(target, body string, headers ...string) string {
	if body == "" {
		headers = append(slices.Clone(headers), "Content-Length: 0")
	}
	return requestText("POST", target, body, headers...)
}

// jsonText returns the bytes of a POST request with a body of JSON.
func jsonText(target, body string) string { return postText(target, body, isJSON) }

// chunkedText returns the bytes of a POST request without a length, whose body is one chunk.
func chunkedText(target, body string, headers ...string) string {
	text := requestText("POST", target, "", append(slices.Clone(headers), "Transfer-Encoding: chunked")...)
	if body != "" {
		text += fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
	}
	return text + "0\r\n\r\n"
}

// faultText returns the bytes of a request to one of the faulty handlers, with its argument.
func faultText(kind, argument string) string {
	target := "/reply/" + kind
	for i := 0; i < len(argument); i++ {
		if i == 0 {
			target += "?a="
		}
		target += fmt.Sprintf("%%%02X", argument[i])
	}
	return getText(target)
}

// getAll returns attacks with GET requests that must get the same status.
func getAll(status int, targets ...string) (list []attack) {
	for _, target := range targets {
		list = append(list, attack{send: getText(target), status: status})
	}
	return list
}

// getID returns an attack whose target must reach a handler with a value of the parameter id.
func getID(target, id string) attack {
	b, _ := json.Marshal(map[string]string{"id": id})
	return attack{send: getText(target), status: 200, body: string(b)}
}

// rejected returns an attack that net/http rejects.
func rejected(status int, text string) attack {
	return attack{send: text, status: status, byNetHTTP: true}
}

// redirected returns an attack that must be redirected to a location.
func redirected(text, location string) attack {
	return attack{send: text, status: 308, has: []string{locationLine(location)}}
}

// locationLine returns a line of a header with the line breaks around it.
func locationLine(location string) string { return "\r\nLocation: " + location + "\r\n" }

// hostileRoutes returns a router with the routes that are attacked.
func hostileRoutes(opts ...apiroute.Option) *apiroute.Router {
	api := apiroute.New(opts...)
	addHostileRoutes(api)
	return api
}

func addHostileRoutes(api *apiroute.Router) {
	pathRoutes(api)
	bodyRoutes(api)
	valueRoutes(api)
	faultRoutes(api)
}

// sayOK responds with the text "ok".
func sayOK(_ *apiroute.Request, res *apiroute.Response) error { return res.Text("ok") }
