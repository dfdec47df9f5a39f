package apiroute

import (
	"context"
	"net/http"
	"reflect"
)

// RaceEnabled tells the tests of package apiroute_test whether the race detector is on.
const RaceEnabled = raceEnabled

// EncodeText returns a value as JSON, as the package encodes it with this toolchain.
func EncodeText(v any) ([]byte, error) { return encodeText(v) }

// PostEcho registers a typed endpoint whose JSON body is of a type that is known only at run time. It
// responds with the body.
func PostEcho(r *Router, path string, body reflect.Type, opts ...Option) {
	in := reflect.StructOf([]reflect.StructField{{Name: "Body", Type: body, Tag: `body:"json"`}})
	registerEndpoint(r, callerPos(), http.MethodPost, path, typedFunc{
		inOut: inOut{in, body},
		newIO: func() (any, any) { return reflect.New(in).Interface(), reflect.New(body).Interface() },
		call: func(_ context.Context, in, out any) error {
			reflect.ValueOf(out).Elem().Set(reflect.ValueOf(in).Elem().Field(0))
			return nil
		},
		clear: func(in, out any) {
			reflect.ValueOf(in).Elem().SetZero()
			reflect.ValueOf(out).Elem().SetZero()
		},
	}, opts)
}
