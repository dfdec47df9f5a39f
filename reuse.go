package apiroute

import (
	"encoding/json"
	"reflect"
	"sync"
	"time"
)

// The promise is that memory which a handler, middleware, or the code of a type
// could have kept is never used for another request. Two rules keep it.
//
// The rule on a type is [plain]: no code of its own can get hold of the memory
// that a value lies in, or of the JSON text that it is decoded from. Only values
// of plain types are filled, and encoded, in memory that is used again.
//
// The rule on a route: a typed endpoint is given a copy of its In and a context,
// never the Request or the Response. Without Around, nobody else is given the
// Request, and so the body that it is read from may be used again. Without Use as
// well, nobody else is given the Response, and so the whole exchange may be.
// OnError is given both, but only with an error, and after an error or a panic
// nothing is used again.

// limitReuse applies the rule on a route.
func (rt *route) limitReuse() {
	hasUse, hasAround := false, false
	for s := rt.scope; s != nil; s = s.parent {
		hasUse = hasUse || len(s.use) > 0 && s.parent != nil // the router's own Use is given another exchange
		hasAround = hasAround || len(s.around) > 0
	}
	if hasUse || hasAround {
		rt.serveAlone = nil
	}
	if hasAround || rt.scope.unmarshal != nil { // a codec may keep the text
		rt.reusesBody = false
	}
}

// A call is what one call of a typed endpoint needs.
type call[In, Out any] struct {
	exchange // only for serveAlone
	in       In
	out      Out
	body     body // only if the route reuses it
	handler  Handler
}

// calls is the pool of the calls of one endpoint.
type calls[In, Out any] struct{ pool sync.Pool }

func (p *calls[In, Out]) get() *call[In, Out] { return p.pool.Get().(*call[In, Out]) }

// put makes a call available to the next request. Nothing may use it any more.
func (p *calls[In, Out]) put(c *call[In, Out]) {
	var zeroIn In
	var zeroOut Out
	c.exchange, c.in, c.out = exchange{}, zeroIn, zeroOut
	if c.body.src != nil {
		c.body = body{data: emptied(c.body.data)}
	}
	p.pool.Put(c)
}

// emptied returns a buffer for the next body: the same one without its content,
// which the Read method of the next body must not see, or none if it is large.
func emptied(buffer []byte) []byte {
	if cap(buffer) > maxBuffer {
		return nil
	}
	clear(buffer)
	return buffer[:0]
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

// mayKeep reports whether the code of a type may keep what it decodes, or a pointer
// to itself. These two are known to copy; others are not trusted with memory that
// is used again.
func mayKeep(t reflect.Type) bool {
	return t != reflect.TypeFor[time.Time]() && t != reflect.TypeFor[json.RawMessage]()
}

func plain(t reflect.Type) bool { return encodesAlike(t) }
