package apiroute

import (
	"encoding"
	"encoding/json"
	"net/http"
	"reflect"
	"sync"
	"time"
)

// plain reports whether nothing but this package and encoding/json gets hold of the memory in which
// a value of a type lies, or of the JSON text from which it is decoded.
//
// The promise is that memory that a handler, a type's own code or middleware could keep is never
// used again. For a value this holds if no code of its type, or of a type inside it, is ever given
// that memory. A method with a pointer receiver is: it shows in the pointer's method set, which is
// then larger than the value's. So is code that decodes JSON or a text, which also gets the text,
// and which Implements finds whatever its receiver. Everything else gets copies: methods with a
// value receiver, the handler, and encoding/json's strings and numbers. What lies behind a pointer
// or in a slice or map is allocated anew each time.
//
// It also means that a value and a pointer to it are encoded alike, for no method MarshalJSON or
// MarshalText belongs to the pointer alone.
//
// time.Time and json.RawMessage are known to copy what they are given, and to keep no pointer.
func plain(t reflect.Type) bool { return plainWithin(t, map[reflect.Type]bool{}) }

// plainWithin is plain without the types seen before, which are plain or still being looked at.
func plainWithin(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[json.RawMessage]() {
		return true
	}
	seen[t] = true
	if reflect.PointerTo(t).NumMethod() > t.NumMethod() || decodesItself(t) {
		return false
	}
	switch t.Kind() {
	case reflect.Map:
		return plainWithin(t.Key(), seen) && plainWithin(t.Elem(), seen)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return plainWithin(t.Elem(), seen)
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			if !plainWithin(t.Field(i).Type, seen) {
				return false
			}
		}
	}
	return true
}

// decodesItself reports whether a type has code of its own that JSON is decoded by.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
		decodesFrom(p)
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
