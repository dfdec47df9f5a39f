package apiroute

import (
	"encoding/json"
	"net/http"
	"reflect"
	"sync"
	"time"
)

// mayKeep reports whether the code of a type may keep what it decodes, or a pointer
// to itself. These two are known to copy; others are not trusted with memory that
// is used again.
func mayKeep(t reflect.Type) bool {
	return t != reflect.TypeFor[time.Time]() && t != reflect.TypeFor[json.RawMessage]()
}

// texts are empty buffers for the bodies of requests that are sealed.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// readSealed reads the body of a request that is sealed into a buffer, for
// freeText to give it to the next one. Where there is an error or a panic the
// buffer is given up: a Body of middleware that fails may still be writing to it.
func (req *Request) readSealed() (*[]byte, error) {
	text := texts.Get().(*[]byte)
	data, err := req.readBody(&body{src: req.Body, limit: req.match.scope.bodyLimit}, *text)
	*text = data
	return text, err
}

func freeText(text *[]byte) {
	if cap(*text) <= maxBuffer {
		clear(*text)
		*text = (*text)[:0]
		texts.Put(text)
	}
}

// encodesAlike reports whether a value and a pointer to it are the same in JSON,
// if not in what errors say of their type, and no code of the value's own gets a
// pointer into it: no type in it has methods for pointers alone, but those that
// mayKeep knows.
func encodesAlike(t reflect.Type) bool {
	if mayKeep(t) && reflect.PointerTo(t).NumMethod() > t.NumMethod() {
		return false
	}
	switch t.Kind() {
	case reflect.Array:
		return encodesAlike(t.Elem())
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			if !encodesAlike(t.Field(i).Type) {
				return false
			}
		}
	}
	return true
}

// newExchange returns a request and its response. What they cost goes by their
// size, also for the memory that is taken out of the caches: they are one
// allocation of 96 bytes, which for a private match is lent, until takeBack.
func newExchange(w http.ResponseWriter, r *http.Request, d destination) (*Request, *Response) {
	var res *Response
	if d.match.private {
		res = exchanges.Get().(*Response)
		res.state = lent
	} else {
		res = makeExchange()
	}
	req := res.req
	req.Request, req.base, req.destination, res.w = r, r, d, w
	if r.Method == http.MethodHead {
		res.state |= isHead
	}
	return req, res
}

func makeExchange() *Response {
	x := &struct {
		req Request
		res Response
	}{}
	x.res.req = &x.req
	return &x.res
}

// exchanges are responses with their requests, as makeExchange returns them.
var exchanges = sync.Pool{New: func() any { return makeExchange() }}

// takeBack takes a response that is lent, and its request, for another exchange.
// Nothing may use them after that.
func (res *Response) takeBack() {
	req := res.req
	*req, *res = Request{}, Response{req: req}
	exchanges.Put(res)
}
