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
// OnError is given both, but only with an error: where there is one, and after a
// panic, nothing is used again.

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
	body     *body // only if the route reuses it
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
	if c.body != nil && c.body.src != nil {
		*c.body = body{data: emptied(c.body.data)}
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
