package main

import (
	"bufio"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A task is work that is the same for every peer. One op is every request of the task, once.
type task struct {
	name     string
	what     string
	requests []message
	status   int
	want     string // the JSON of the response; "" if any JSON will do
	family   string // the name without its letters: "T8" for T8, T8s and T8s+
	style    style  // what is around the handlers
}

// A message is a request that a client sends.
type message struct {
	method, target    string
	contentType, body string
}

// tasks returns all tasks in every style.
func tasks() []task {
	var list []task
	for _, s := range []style{plain, passing, written} {
		for _, t := range plainTasks() {
			t.family = strings.TrimRight(t.name, "abcdefghijklmnopqrstuvwxyz")
			t.name, t.style = t.name+suffixes[s], s
			list = append(list, t)
		}
	}
	return list
}

// chooseTasks returns the tasks in a comma-separated list of names. The name of a style stands for
// all tasks in it.
func chooseTasks(list string) ([]task, error) {
	names := strings.Split(list, ",")
	is := func(t task, name string) bool { return name == t.name || name == styles[t.style] || name == "all" }
	for _, name := range names {
		if !slices.ContainsFunc(tasks(), func(t task) bool { return is(t, name) }) {
			return nil, fmt.Errorf("no task %q; there are T1 to T10, and sets of tasks, as README.md explains", name)
		}
	}
	return slices.DeleteFunc(tasks(), func(t task) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return is(t, name) })
	}), nil
}

func plainTasks() []task {
	get := func(name, what, target, want string) task {
		return task{name: name, what: what, requests: []message{{method: "GET", target: target}}, status: 200, want: want}
	}
	post := func(name, what string, m message, status int, want string) task {
		return task{name: name, what: what, requests: []message{m}, status: status, want: want}
	}
	return []task{
		get("T1", "static route, JSON", "/api/user", `{"name":"John Doe"}`),
		get("T2", "one dynamic segment, JSON", "/api/posts/42", `{"id":"42"}`),
		get("T2e", "the same with an escaped slash", "/api/posts/a%2Fb", `{"id":"a/b"}`),
		get("T3", "5 query parameters", "/api/search?page=2&limit=50&draft=true&q=go%20%26%20http&tag=web&tag=api",
			`{"page":2,"limit":50,"draft":true,"q":"go & http","tags":["web","api"]}`),
		post("T4", "JSON body, 8 fields", postItem(itemJSON), 201, `{"id":1874}`),
		post("T5", "path, query and body",
			message{"POST", "/api/posts/7/comments?notify=true&lang=de", jsonType, commentJSON}, 200,
			`{"id":7,"notify":true,"lang":"de","title":"Thanks","text":"This helped me a lot.","stars":5,"public":true}`),
		{name: "T6", what: "203 GitHub routes", requests: gitHubRequests()},
		get("T7", "1,000 structs as JSON", "/api/rows", ""),
		post("T8", "invalid JSON, 400", postItem(brokenJSON), 400, ""),
		post("T8s", "JSON cut within a string", postItem(cutAfter("rotary pump")), 400, ""),
		post("T8a", "JSON cut within an array", postItem(cutAfter(`"office",`)), 400, ""),
		post("T8n", "JSON cut within a name", postItem(cutAfter(`"sto`)), 400, ""),
		post("T9", "JSON body with 12 rules", postProduct(itemJSON), 201, `{"id":1874}`),
		post("T10", "6 broken rules, 400", postDelivery(faultyQuery, faultyJSON), 400, ""),
	}
}

const jsonType = "application/json"

// itemJSON is a typical JSON body of 318 bytes.
const itemJSON = `{"name":"Espresso machine","sku":"ESP-2041-B2","maker":"Officina Meccanica","description":` +
	`"Two boilers, a rotary pump and a group head that is heated on its own, so that the first cup is as good as ` +
	`the last one of a long day","stock":17,"active":true,"tags":["kitchen","coffee","office","refurbished"],"price":1549.95}`

// brokenJSON is itemJSON without a comma in the middle.
var brokenJSON = strings.Replace(itemJSON, `,"stock"`, `"stock"`, 1)

// cutAfter returns itemJSON as far as some text in it.
func cutAfter(text string) string {
	return itemJSON[:strings.Index(itemJSON, text)+len(text)]
}

const commentJSON = `{"title":"Thanks","text":"This helped me a lot.","stars":5,"public":true}`

func postItem(body string) message {
	return message{"POST", "/api/items", jsonType, body}
}

// These types are what the tasks read and write. Peers whose libraries use other tags have their
// own types.

type user struct {
	Name string `json:"name"`
}

var johnDoe = user{"John Doe"}

type post struct {
	ID string `json:"id"`
}

type search struct {
	Page  int      `json:"page"`
	Limit int      `json:"limit"`
	Draft bool     `json:"draft"`
	Q     string   `json:"q"`
	Tags  []string `json:"tags"`
}

type item struct {
	Name        string   `json:"name"`
	SKU         string   `json:"sku"`
	Maker       string   `json:"maker"`
	Description string   `json:"description"`
	Stock       int      `json:"stock"`
	Active      bool     `json:"active"`
	Tags        []string `json:"tags"`
	Price       float64  `json:"price"`
}

// id depends on every field, so that a response proves that all of them have arrived.
func (in *item) id() int {
	n := len(in.Name) + len(in.SKU) + len(in.Maker) + len(in.Description) + in.Stock + int(in.Price)
	if in.Active {
		n += 100
	}
	for _, tag := range in.Tags {
		n += len(tag)
	}
	return n
}

type created struct {
	ID int `json:"id"`
}

type comment struct {
	ID     int    `json:"id"`
	Notify bool   `json:"notify"`
	Lang   string `json:"lang"`
	commentBody
}

type commentBody struct {
	Title  string `json:"title"`
	Text   string `json:"text"`
	Stars  int    `json:"stars"`
	Public bool   `json:"public"`
}

type row struct {
	ID     int     `json:"id"`
	Name   string  `json:"name"`
	Email  string  `json:"email"`
	City   string  `json:"city"`
	Active bool    `json:"active"`
	Score  float64 `json:"score"`
}

var rows = makeRows(1000)

func makeRows(n int) []row {
	cities := []string{"Berlin", "São Paulo", "Nairobi", "Kyoto", "Montréal"}
	list := make([]row, n)
	for i := range list {
		name := fmt.Sprintf("User %d", i)
		list[i] = row{i, name, fmt.Sprintf("user%d@example.com", i), cities[i%len(cities)], i%3 == 0, float64(i) / 8}
	}
	return list
}

type failure struct {
	Error string `json:"error"`
}

// maxBody is the largest allowed size of a body in bytes, 1 MiB.
const maxBody = 1 << 20

// wire returns the message as it is sent on the connection.
func (m message) wire() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n", m.method, m.target)
	if m.contentType != "" {
		fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\n", m.contentType, len(m.body))
	}
	return b.String() + "\r\n" + m.body
}

// request returns the message as a server receives it.
func (m message) request() *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(m.wire())))
	if err != nil {
		panic(err) // cannot fail: the messages are constants
	}
	r.RemoteAddr = "127.0.0.1:1234"
	return r
}
