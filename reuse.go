package apiroute

import (
	"encoding/json"
	"reflect"
	"sync"
	"time"
)

// This file says what memory may be used again for a later request, and why. It also holds the pool
// of the typed endpoints; Bind has a smaller one, plan.values, for which the first rule is enough.
//
// The promise is that memory which a handler, middleware, or the code of a type could have kept is
// never used for another request. Two rules keep it.
//
// The rule on a type is [plain]: no code of the type itself can get hold of the memory that holds a
// value, or of the JSON text from which it is decoded. Only values of plain types are filled and
// encoded in memory that is used again.
//
// The rule on a route depends on who gets the exchange. A typed endpoint gets a copy of its In and
// a context, never the Request or the Response.
//
//	around the endpoint  who else gets what      what may be used again
//	nothing              nobody                  the exchange, the body, In and Out
//	Use                  the Response            the body, In and Out
//	Around, or Done      the Request as well     In and Out
//
// A [JSONCodec] may keep what it decodes, so with one the body and In are not used again.
//
// OnError gets the Request and the Response, but only with an error. What it has been given is not
// used again, and after a panic nothing is.
//
// A reader or a writer of the program is given a buffer that is used again, as net/http gives it
// one: it must not retain it; see [io.Reader] and [io.Writer]. After an error or a panic of a
// reader the buffer is not used again, since the reader may have left a goroutine behind that
// fills it.

// limitReuse applies the rule on a route: it clears the kinds of reuse that the options of the
// route rule out.
func (rt *route) limitReuse() {
	hasUse, hasAround := false, false
	for s := rt.scope; s != nil; s = s.parent {
		hasUse = hasUse || len(s.use) > 0 && s.parent != nil // with the router's own Use, serveAlone is never reached
		hasAround = hasAround || len(s.around) > 0
	}
	if hasUse || hasAround {
		rt.serveAlone = nil
	}
	if hasAround || rt.scope.done != nil || rt.scope.unmarshal != nil { // a codec may keep the JSON text
		rt.reusesBody = false
	}
}

// A call is the memory that one call of a typed endpoint needs. It is used again, so a request needs
// no allocation as a rule.
type call struct {
	exchange               // the request and the response, if serveAlone is used; zero otherwise
	in, out  any           // a *In and a *Out; the Out that the function has returned is always stored
	inValue  reflect.Value // the In, with which the function is called if In is plain
	outValue reflect.Value // the Out
	hasOut   bool          // whether the function has returned an Out, which is being sent
	body     *body         // the body with its buffer, if the route reuses it; nil until it is needed
	handler  Handler       // runs the endpoint in this call; made once
}

// calls is the pool of the calls of one endpoint. An endpoint has a pool of its own because a call
// depends on In and Out, and because its handler belongs to the endpoint.
type calls struct{ pool sync.Pool }

// get takes a call from the pool, or returns nil. Nobody else uses the call until put.
func (p *calls) get() *call {
	c, _ := p.pool.Get().(*call)
	return c
}

// put makes a call available to the next request, whose In and Out are zero. It clears the rest.
func (p *calls) put(c *call) {
	c.hasOut = false
	if c.body != nil && c.body.src != nil {
		*c.body = body{data: emptied(c.body.data)}
	}
	p.pool.Put(c)
}

// emptied returns the buffer for the next body: this one, cleared so that no byte of one client can
// reach another, or nil if it is larger than maxBuffer. It is cleared to its capacity, because a
// reader may use all of it as scratch space; see [io.Reader].
func emptied(buffer []byte) []byte {
	if cap(buffer) > maxBuffer {
		return nil
	}
	clear(buffer[:cap(buffer)])
	return buffer[:0]
}

// plain reports whether only this package and encoding/json get hold of the memory that holds a
// value of a type, or of the JSON text from which it is decoded. For example, struct{ ID int } is
// plain, and big.Int is not: its UnmarshalJSON gets a pointer to the value and could keep it.
//
// A value's memory can be kept by code of its type, or of a type inside it, that is given the
// memory. There are two kinds of such code. A method with a pointer receiver is one; it makes the
// pointer's method set larger than the value's. Code that decodes JSON or text is the other; it
// gets the text as well, and Implements finds it whatever its receiver. Everything else gets
// copies: methods with a value receiver, the handler, and encoding/json's strings and numbers. What
// a pointer, slice or map refers to is allocated anew each time.
//
// If a type is plain, a value and a pointer to it have the same encoding, because no MarshalJSON or
// MarshalText belongs to the pointer alone.
//
// time.Time and json.RawMessage have such methods and count as plain nevertheless, because they are
// known to copy what they are given and to keep no pointer.
func plain(t reflect.Type) bool {
	seen := map[reflect.Type]bool{}
	is := plainWithin(t, seen)
	if is {
		for t := range seen {
			plainTypes.Store(t, true)
		}
	}
	return is
}

// plainTypes holds what plain has found out, as a map from reflect.Type to bool, so that a type is
// not looked at once more as a part of others; see builtTypes.
var plainTypes sync.Map

// plainWithin is plain for a type inside another one. seen holds the types around it and those that
// were found to be plain, which ends the recursion for types such as linked lists. That these are
// plain is certain only when the outermost type is. That a type is not plain is certain at once.
func plainWithin(t reflect.Type, seen map[reflect.Type]bool) bool {
	if is, ok := plainTypes.Load(t); ok {
		return is.(bool)
	}
	if seen[t] || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[json.RawMessage]() {
		return true
	}
	seen[t] = true
	is := plainParts(t, seen)
	if !is {
		plainTypes.Store(t, false)
	}
	return is
}

// plainParts is plainWithin for a type that has not been looked at.
func plainParts(t reflect.Type, seen map[reflect.Type]bool) bool {
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
