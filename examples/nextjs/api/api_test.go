package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each line is one request. Later ones depend on earlier ones.
var calls = []struct {
	name, method, path, body string
	status                   int
	want                     string // contained in the response
}{
	{"health", "GET", "/healthz", "", 200, "ok\n"},
	{"a path of the API that does not exist", "GET", "/api/nope", "", 404, `{"title":"Not Found","status":404}`},
	{"a method that does not exist", "PUT", "/api/boards/1", `{}`, 405, `"status":405`},
	{"the document", "GET", "/api/openapi.json", "", 200, `"operationId": "createTask"`},
	{"who am I", "GET", "/api/session", "", 200, `{"id":1,"name":"Ada","color":"#7c3aed"}`},
	{"the team", "GET", "/api/users", "", 200, `{"id":2,"name":"Grace","color":"#0e7490"},{"id":3,"name":"Linus","color":"#b45309"}]`},

	{"boards", "GET", "/api/boards", "", 200, `{"id":6,"name":"Interview","position":1,"tasks":1}`},
	{"create a board", "POST", "/api/boards", `{"name":" Garden "}`, 201, `"name":"Garden","columns":[{"id":8,"name":"To do","position":0,"tasks":0},`},
	{"create a board with columns", "POST", "/api/boards", `{"name":"Two","columns":["A"]}`, 201, `"columns":[{"id":11,"name":"A","position":0,"tasks":0}]`},
	{"a name that is taken", "POST", "/api/boards", `{"name":"garden"}`, 409, `"errors":[{"in":"body","name":"name","detail":"is the name of another board"}]`},
	{"rules of a board", "POST", "/api/boards", `{"name":"","columns":[]}`, 400,
		`{"in":"body","name":"name","code":"minLength","detail":"must have at least 1 character"},{"in":"body","name":"columns","code":"minItems","detail":"must have at least 1 item"}`},
	{"blank names", "POST", "/api/boards", `{"name":" ","columns":["a"," "]}`, 422,
		`[{"in":"body","name":"name","detail":"must not be blank"},{"in":"body","name":"columns[1]","detail":"must not be blank"}]`},
	{"rename a board", "PATCH", "/api/boards/3", `{"name":"Yard"}`, 200, `"name":"Yard"`},
	{"rename to itself", "PATCH", "/api/boards/3", `{"name":"yard"}`, 200, `"name":"yard"`},
	{"rename to another's name", "PATCH", "/api/boards/3", `{"name":"Hiring"}`, 409, `"name":"name"`},
	{"change nothing", "PATCH", "/api/boards/3", `{}`, 200, `"name":"yard"`},
	{"a board that does not exist", "GET", "/api/boards/99", "", 404, "there is no board 99"},
	{"rename one that does not exist", "PATCH", "/api/boards/99", `{"name":"x"}`, 404, "there is no board 99"},
	{"no number", "GET", "/api/boards/x", "", 400, `{"in":"path","name":"id","code":"type","detail":"must be an integer"}`},
	{"delete a board", "DELETE", "/api/boards/4", "", 204, ""},
	{"delete it again", "DELETE", "/api/boards/4", "", 404, "there is no board 4"},
	{"delete a board with tasks", "DELETE", "/api/boards/2", "", 204, ""},

	{"add a column", "POST", "/api/boards/3/columns", `{"name":"Later"}`, 201, `{"id":12,"name":"Later","position":3,"tasks":0}`},
	{"add to no board", "POST", "/api/boards/99/columns", `{"name":"Later"}`, 404, "there is no board 99"},
	{"a blank column", "POST", "/api/boards/3/columns", `{"name":" "}`, 422, `"name":"name"`},
	{"move a column", "PATCH", "/api/columns/12", `{"position":1,"name":"Soon"}`, 200, `{"id":12,"name":"Soon","position":1,"tasks":0}`},
	{"move it beyond the end", "PATCH", "/api/columns/12", `{"position":100}`, 200, `"position":3`},
	{"a negative position", "PATCH", "/api/columns/12", `{"position":-1}`, 400, `"name":"position","code":"minimum"`},
	{"no column", "PATCH", "/api/columns/99", `{}`, 404, "there is no column 99"},
	{"delete a column", "DELETE", "/api/columns/8", "", 204, ""},
	{"delete no column", "DELETE", "/api/columns/8", "", 404, "there is no column 8"},
	{"delete a column with tasks", "DELETE", "/api/columns/1", "", 409, "the column has tasks"},
	{"the columns after that", "GET", "/api/boards/3", "", 200,
		`"columns":[{"id":9,"name":"In progress","position":0,"tasks":0},{"id":10,"name":"Done","position":1,"tasks":0},{"id":12,"name":"Soon","position":2,"tasks":0}]`},

	{"create a task", "POST", "/api/boards/3/tasks", `{"title":" Dig "}`, 201,
		`{"id":14,"board":3,"column":9,"position":0,"title":"Dig","notes":"","priority":"normal","labels":[],"due":null,"assignee":null,"attachments":[],`},
	{"create one with everything", "POST", "/api/boards/3/tasks",
		`{"title":"Plant","notes":"n","priority":"high","labels":["a","b"],"due":"2026-12-31","assignee":2,"column":9,"position":0}`, 201,
		`"column":9,"position":0,"title":"Plant","notes":"n","priority":"high","labels":["a","b"],"due":"2026-12-31","assignee":{"id":2,"name":"Grace","color":"#0e7490"}`},
	{"every rule of a task", "POST", "/api/boards/3/tasks",
		`{"title":"","priority":"urgent","labels":["a","a"],"due":"tomorrow","position":-1,"color":"red"}`, 400, `"detail":"6 fields are wrong"`},
	{"a blank title", "POST", "/api/boards/3/tasks", `{"title":"  "}`, 422, `{"in":"body","name":"title","detail":"must not be blank"}`},
	{"another board's column and no user", "POST", "/api/boards/3/tasks", `{"title":"x","column":1,"assignee":9}`, 422,
		`[{"in":"body","name":"column","detail":"must be a column of this board"},{"in":"body","name":"assignee","detail":"must be a member of the team"}]`},
	{"a task on no board", "POST", "/api/boards/99/tasks", `{"title":"x"}`, 404, "there is no board 99"},
	{"show a task", "GET", "/api/tasks/14", "", 200, `"position":1,"title":"Dig"`},
	{"no task", "GET", "/api/tasks/99", "", 404, "there is no task 99"},
	{"edit a task", "PATCH", "/api/tasks/15", `{"title":"Sow","priority":"low","labels":[],"notes":""}`, 200,
		`"title":"Sow","notes":"","priority":"low","labels":[],"due":"2026-12-31","assignee":{"id":2,`},
	{"null removes", "PATCH", "/api/tasks/15", `{"due":null,"assignee":null}`, 200, `"due":null,"assignee":null`},
	{"null is no title", "PATCH", "/api/tasks/15", `{"title":null,"labels":null}`, 200, `"title":"Sow"`},
	{"rules of a change", "PATCH", "/api/tasks/15", `{"title":"","due":"2026-02-30"}`, 400, `"name":"due","code":"format"`},
	{"a user who does not exist", "PATCH", "/api/tasks/15", `{"assignee":9}`, 422, `"name":"assignee"`},
	{"move within the column", "PATCH", "/api/tasks/15", `{"position":1}`, 200, `"column":9,"position":1`},
	{"move to another column", "PATCH", "/api/tasks/15", `{"column":10,"position":7}`, 200, `"column":10,"position":0`},
	{"move to another board", "PATCH", "/api/tasks/15", `{"column":1}`, 422, `"name":"column"`},
	{"edit no task", "PATCH", "/api/tasks/99", `{}`, 404, "there is no task 99"},
	{"delete a task", "DELETE", "/api/tasks/14", "", 204, ""},
	{"delete it again", "DELETE", "/api/tasks/14", "", 404, "there is no task 14"},
	{"not JSON", "PATCH", "/api/tasks/15", `{"title"`, 400, `"status":400`},
	{"a delete of all columns", "DELETE", "/api/columns/9", "", 204, ""},
	{"no attachment", "GET", "/api/attachments/1", "", 404, "there is no attachment 1"},
	{"delete no attachment", "DELETE", "/api/attachments/1", "", 404, "there is no attachment 1"},
	{"a feed of no board", "GET", "/api/boards/99/events", "", 404, "there is no board 99"},
	{"a feed after nothing", "GET", "/api/boards/1/events?after=x", "", 400, `{"in":"query","name":"after","code":"type"`},
}

func TestCalls(t *testing.T) {
	s := newTestSite(t)
	for _, tt := range calls {
		res := s.do(t, tt.method, tt.path, tt.body)
		if res.StatusCode != tt.status || !strings.Contains(res.body, tt.want) {
			t.Errorf("%s: %s %s %s: got %d %s, want %d and %s", tt.name, tt.method, tt.path, tt.body, res.StatusCode, res.body, tt.status, tt.want)
		}
		if tt.status == 201 {
			checkLocation(t, s, res)
		}
		if tt.status >= 400 && res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: the Content-Type is %q", tt.name, res.Header.Get("Content-Type"))
		}
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") {
		t.Errorf("the log has a failure:\n%s", log)
	}
}

// checkLocation checks that a Location names what was created. A column has no GET of its own, so
// there it must have a PATCH.
func checkLocation(t *testing.T, s *site, res reply) {
	t.Helper()
	var created struct{ ID int64 }
	if err := json.Unmarshal([]byte(res.body), &created); err != nil {
		t.Fatal(err)
	}
	at := res.Header.Get("Location")
	if !strings.HasSuffix(at, fmt.Sprint("/", created.ID)) {
		t.Errorf("%s %s: the Location is %q, the id %d", res.Request.Method, res.Request.URL.Path, at, created.ID)
	}
	again := s.do(t, "GET", at, "")
	if strings.HasPrefix(at, "/api/columns/") {
		again = s.do(t, "PATCH", at, "{}")
	}
	if again.StatusCode != 200 {
		t.Errorf("%s: got %d %s, want 200", at, again.StatusCode, again.body)
	}
}

// Every route but that of signing in is for users only.
func TestSessionRequired(t *testing.T) {
	s := newTestSite(t)
	open := map[string]bool{"/healthz": true, "/api/openapi.json": true, "/api/session POST": true}
	for _, r := range newAPI(s.app, slog.New(slog.DiscardHandler)).Routes() {
		if open[r.Path] || open[r.Path+" "+r.Method] {
			continue
		}
		path := strings.ReplaceAll(r.Path, "[id]", "1")
		for _, cookie := range []string{"", "session=", "session=wrong", "session=" + strings.ToLower(s.token)} {
			if res := s.do(t, r.Method, path, "", "Cookie: "+cookie); res.StatusCode != 401 {
				t.Errorf("%s %s with the cookie %q: got %d %s, want 401", r.Method, path, cookie, res.StatusCode, res.body)
			}
		}
	}
}

func TestSignIn(t *testing.T) {
	s := newTestSite(t)
	for _, tt := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"right", `{"name":"Grace","password":"demo-board"}`, 201, `{"id":2,"name":"Grace","color":"#0e7490"}`},
		{"spaces and case of the name", `{"name":" grace ","password":"demo-board"}`, 201, `"id":2`},
		{"wrong password", `{"name":"Grace","password":"Demo-board"}`, 401, "the name or the password is wrong"},
		{"wrong name", `{"name":"Nobody","password":"demo-board"}`, 401, "the name or the password is wrong"},
		{"nothing", `{}`, 400, `{"in":"body","name":"name","code":"required","detail":"is required"},{"in":"body","name":"password","code":"required"`},
		{"too long", `{"name":"Grace","password":"` + strings.Repeat("x", 73) + `"}`, 400, `"code":"maxLength"`},
	} {
		res := s.do(t, "POST", "/api/session", tt.body, "Cookie: ")
		if res.StatusCode != tt.status || !strings.Contains(res.body, tt.want) {
			t.Errorf("%s: got %d %s, want %d and %s", tt.name, res.StatusCode, res.body, tt.status, tt.want)
		}
		if got := len(res.Cookies()); got != map[bool]int{true: 1}[tt.status == 201] {
			t.Errorf("%s: got %d cookies", tt.name, got)
		}
	}
}

func TestSession(t *testing.T) {
	s := newTestSite(t)
	c := s.do(t, "POST", "/api/session", `{"name":"Linus","password":"demo-board"}`, "Cookie: ").Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || c.MaxAge != 30*24*60*60 {
		t.Errorf("got the cookie %+v", c)
	}
	cookie := "Cookie: session=" + c.Value
	if res := s.do(t, "GET", "/api/session", "", cookie); !strings.Contains(res.body, "Linus") {
		t.Errorf("got %s, want Linus", res.body)
	}
	res := s.do(t, "DELETE", "/api/session", "", cookie)
	if gone := res.Cookies(); res.StatusCode != 204 || len(gone) != 1 || gone[0].MaxAge != -1 || gone[0].Value != "" {
		t.Errorf("sign out: got %d, cookies %v", res.StatusCode, gone)
	}
	if res := s.do(t, "GET", "/api/session", "", cookie); res.StatusCode != 401 {
		t.Errorf("after signing out: got %d, want 401", res.StatusCode)
	}
	s.exec(t, `UPDATE sessions SET expires = ?`, time.Now().Add(-time.Second).UnixMilli())
	if res := s.do(t, "GET", "/api/session", ""); res.StatusCode != 401 {
		t.Errorf("a session that has expired: got %d, want 401", res.StatusCode)
	}
	s.app.production = true
	c = s.do(t, "POST", "/api/session", `{"name":"Linus","password":"demo-board"}`, "Cookie: ").Cookies()[0]
	if !c.Secure {
		t.Error("in production, the cookie would be sent without HTTPS")
	}
	var left int
	if err := s.app.read.QueryRow(`SELECT count(*) FROM sessions`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d sessions are left, %v, want 1", left, err)
	}
}

func TestSearch(t *testing.T) {
	s := newTestSite(t)
	for _, tt := range []struct {
		query string
		want  string // the ids on the page, and the total
	}{
		{"", "13,12,11,10,9,8,7,6,5,4,3,2,1 of 13"},
		{"?board=2", "13,12,11 of 3"},
		{"?board=99", " of 0"},
		{"?column=1", "4,3,2,1 of 4"},
		{"?assignee=1", "11,7,5 of 3"},
		{"?priority=low", "2 of 1"},
		{"?priority=low&priority=high&board=1", "10,6,5,2 of 4"},
		{"?label=bug", "6,5 of 2"},
		{"?label=bu", " of 0"},
		{"?q=FORM", "5 of 1"},
		{"?q=pages%2Fapi", "7 of 1"},
		{"?q=%25", " of 0"},
		{"?overdue=true", "6 of 1"},
		{"?size=5", "13,12,11,10,9 of 13"},
		{"?size=5&page=3", "3,2,1 of 13"},
		{"?size=5&page=4", " of 13"},
		{"?board=1&sort=due&size=4", "9,10,6,5 of 10"},
		{"?board=1&sort=title&size=2", "4,2 of 10"},
		{"?board=1&sort=priority&size=4", "5,6,10,1 of 10"},
	} {
		page := get[TaskPage](t, s, "/api/tasks"+tt.query)
		var ids []string
		for _, task := range page.Tasks {
			ids = append(ids, fmt.Sprint(task.ID))
		}
		if got := fmt.Sprintf("%s of %d", strings.Join(ids, ","), page.Total); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.query, got, tt.want)
		}
	}
	if page := get[TaskPage](t, s, "/api/tasks?size=5&page=2"); page.Page != 2 || page.Pages != 3 {
		t.Errorf("got page %d of %d, want 2 of 3", page.Page, page.Pages)
	}
	for _, query := range []string{"?size=0", "?size=101", "?page=0", "?sort=x", "?priority=x", "?overdue=maybe", "?page=1&page=2", "?unknown=1"} {
		if res := s.do(t, "GET", "/api/tasks"+query, ""); res.StatusCode != 400 || !strings.Contains(res.body, `"in":"query"`) {
			t.Errorf("%q: got %d %s, want 400 with the field", query, res.StatusCode, res.body)
		}
	}
}

// A board has all tasks in their order, and an ETag that changes with them.
func TestBoardView(t *testing.T) {
	s := newTestSite(t)
	v := get[BoardView](t, s, "/api/boards/1")
	var got []string
	for _, task := range v.Tasks {
		got = append(got, fmt.Sprintf("%d/%d", task.Column, task.Position))
	}
	want := []string{"1/0", "1/1", "1/2", "1/3", "2/0", "2/1", "2/2", "3/0", "4/0", "4/1"}
	if diff := cmp.Diff(want, got); diff != "" || v.LastChange != 0 {
		t.Errorf("columns and positions (-want +got):\n%s\nlastChange %d", diff, v.LastChange)
	}
	etag := s.do(t, "GET", "/api/boards/1", "").Header.Get("ETag")
	if res := s.do(t, "GET", "/api/boards/1", "", "If-None-Match: "+etag); res.StatusCode != 304 {
		t.Errorf("unchanged: got %d, want 304", res.StatusCode)
	}
	s.do(t, "PATCH", "/api/tasks/1", `{"title":"x"}`)
	if res := s.do(t, "GET", "/api/boards/1", "", "If-None-Match: "+etag); res.StatusCode != 200 {
		t.Errorf("changed: got %d, want 200", res.StatusCode)
	}
}

func TestCrossOrigin(t *testing.T) {
	s := newTestSite(t)
	for _, tt := range []struct {
		name, method string
		headers      []string
		status       int
	}{
		{"another site reads", "GET", []string{"Origin: http://evil.example", "Sec-Fetch-Site: cross-site"}, 200},
		{"another site writes", "PATCH", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"another site, from a browser without Sec-Fetch-Site", "PATCH", []string{"Origin: http://evil.example"}, 403},
		{"the site itself", "PATCH", []string{"Sec-Fetch-Site: same-origin", "Origin: http://localhost:3000"}, 200},
		{"the site itself, from a browser without Sec-Fetch-Site", "PATCH", []string{"Origin: " + s.URL}, 200},
		{"a phone, with Next.js in front", "PATCH", []string{"Origin: http://192.0.2.7:3000", "X-Forwarded-Host: 192.0.2.7:3000"}, 200},
		{"another site, with Next.js in front", "PATCH", []string{"Origin: http://evil.example", "X-Forwarded-Host: 192.0.2.7:3000"}, 403},
		{"no browser", "PATCH", nil, 200},
	} {
		body := map[string]string{"PATCH": `{"title":"x"}`}[tt.method]
		if res := s.do(t, tt.method, "/api/tasks/1", body, tt.headers...); res.StatusCode != tt.status {
			t.Errorf("%s: got %d %s, want %d", tt.name, res.StatusCode, res.body, tt.status)
		}
	}
}

func TestHealthWithoutDatabase(t *testing.T) {
	s := newTestSite(t)
	s.app.read.Close()
	if res := s.do(t, "GET", "/healthz", ""); res.StatusCode != 503 || strings.Contains(res.body, "sql") {
		t.Errorf("got %d %s, want 503 without the reason", res.StatusCode, res.body)
	}
}
