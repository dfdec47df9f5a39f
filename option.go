package apiroute

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// An Option is a setting of a router, a group or a route. Functions such as [Use] and [BodyLimit]
// make one. Where levels set the same option, the inner one wins, except that [Use], [Around],
// [Done], [Tag], [Security] and [Returns] add up. [New], [Router.Group] and registration panic if
// they are given an option that is not allowed there, or a zero Option. An Option may be used any
// number of times, by multiple goroutines at once.
type Option struct {
	name   string
	places place // where the option is allowed
	apply  func(*scope)
}

// A place is a set of the calls that take options.
type place int

const (
	onRouter place = 1 << iota
	onGroup
	onRoute
	onMount
	onEndpoint
	anywhere = onRouter | onGroup | onRoute | onMount | onEndpoint
)

// String returns the names of the calls, for messages.
func (p place) String() string {
	var names []string
	for i, name := range []string{"New", "Group", "a Handler", "Mount", "a typed endpoint"} {
		if p&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Use adds standard middleware. The first is the outermost.
//
// Middleware of the router runs before routing: it sees every request, those that end in a 404
// included, and may rewrite the URL. Middleware of a group or a route runs for the paths of that
// group or route only, inside the middleware of the outer levels.
//
// When the package itself responds on a path that has routes (with a 405, with a 308, or to
// OPTIONS), only the middleware that all routes of the path have in common runs. So CORS for a path
// belongs on a level that contains all methods of the path.
//
// The request is the server's own, or with [Done] a shallow copy. Middleware may pass on a copy,
// with another context or another Body, and a [http.ResponseWriter] that wraps the one it was
// given. Such a writer should have an Unwrap method, as [http.ResponseController] needs it. Without
// one the path is matched again, so that middleware should then leave URL and method as they are. A
// Body that middleware puts into the request must not retain the slice that its Read is given; see
// [io.Reader]. Middleware that neither calls the next handler nor writes anything has responded
// with 200, as in net/http.
//
// Each function is called once for each route, when the route is registered; those of the router
// are called once, by [New]. Either panics if a function returns nil. Use panics if one is nil.
func Use(middleware ...func(http.Handler) http.Handler) Option {
	if slices.ContainsFunc(middleware, func(m func(http.Handler) http.Handler) bool { return m == nil }) {
		panic("apiroute: Use: nil middleware")
	}
	return Option{"Use", anywhere, func(s *scope) { s.use = append(s.use, middleware...) }}
}

// Around adds middleware that wraps a [Handler]. The first is the outermost, and all of it runs
// inside the middleware of [Use]. It sees the error that the handler returns, and rejects a request
// by returning one itself; this suits authentication. It does not suit a transaction: the handler
// has already responded when it returns, so a commit that fails afterwards comes too late. Wrap the
// function of a typed endpoint instead, as docs/recipes.md shows. A panic of the handler passes
// through the middleware, so whatever must then be undone belongs in a deferred call. It passes
// values on in the context of the request:
//
//	req.Request = req.WithContext(ctx)
//
// It must pass on the Request that it was given, and not one that it has made. It runs for the
// paths of its router, group or route, and as with Use, only what is common to all routes of a path
// runs when the package itself responds there. It does not run for a 404.
//
// Each function is called once for each route, when the route is registered, which panics if the
// function returns nil. Around panics if a function is nil.
func Around(middleware ...func(Handler) Handler) Option {
	if slices.ContainsFunc(middleware, func(m func(Handler) Handler) bool { return m == nil }) {
		panic("apiroute: Around: nil middleware")
	}
	return Option{"Around", anywhere, func(s *scope) { s.around = append(s.around, middleware...) }}
}

// BodyLimit sets the largest size of a request body, in bytes. A body whose Content-Length is
// larger is rejected with a 413 before the handler is called. For any other body that is larger,
// reading beyond the limit fails with an error that becomes a 413 when the handler returns it. The
// default is 1 MiB, which is 1,048,576 bytes; a [Router.Mount] has no limit unless it is given one
// itself. If middleware decompresses a body, the limit applies to the result. BodyLimit panics if
// bytes is not positive.
func BodyLimit(bytes int64) Option {
	if bytes <= 0 {
		panic("apiroute: BodyLimit: want 1 byte or more; use NoBodyLimit for no limit")
	}
	return Option{"BodyLimit", anywhere, func(s *scope) { s.bodyLimit = bytes }}
}

// NoBodyLimit removes the limit on the size of a request body; see [BodyLimit].
func NoBodyLimit() Option {
	return Option{"NoBodyLimit", anywhere, func(s *scope) { s.bodyLimit = 0 }}
}

// Timeout sets a deadline on the context of each request, inside the middleware of [Use]. The
// default, 0, is no deadline.
//
// If a handler returns an error after the deadline, the response is a 503; an [*Error] is sent as
// it is. A deadline that the handler has set itself has no such effect: its error is a 500. A
// handler that ignores its context goes on, and its response is sent, late.
//
// The time that the client takes to send the body counts, so a route for uploads may need a longer
// timeout. Timeout panics if d is negative, or is less than a millisecond and not 0: a unit is then
// missing, as in Timeout(5), which is five nanoseconds.
func Timeout(d time.Duration) Option {
	if d < 0 {
		panic(fmt.Sprintf("apiroute: Timeout: %v is negative", d))
	}
	if 0 < d && d < time.Millisecond {
		panic(fmt.Sprintf("apiroute: Timeout: %v is less than a millisecond: a unit is missing, as in Timeout(%d*time.Second)", d, d))
	}
	return Option{"Timeout", anywhere, func(s *scope) { s.timeout = d }}
}

// RejectUnknown sets whether unknown names are errors: in a JSON body, and with [Bind] also in the
// query and in a form. The default is false: they are ignored. It is not allowed for a Mount.
func RejectUnknown(reject bool) Option {
	return Option{"RejectUnknown", anywhere &^ onMount, func(s *scope) { s.rejectUnknown = reject }}
}

// ETag sets whether responses from [Response.JSON], [Response.Text], [Response.HTML] and
// [Response.Bytes], and those of typed endpoints except from an [io.Reader], get a strong ETag that
// is computed from the body (RFC 9110, section 8.8.3). Only responses to GET and HEAD with status
// 200 get one. An ETag that the handler has set is kept. If the request's If-None-Match contains
// the ETag, the response is a 304 without a body (RFC 9110, section 13.1.2). The handler still
// runs; only the transfer is saved. The default is false. It is not allowed for a Mount.
func ETag(on bool) Option {
	return Option{"ETag", anywhere &^ onMount, func(s *scope) { s.etag = on }}
}

// JSONCodec sets the functions that encode and decode JSON, in place of those of [encoding/json].
// Either may be nil, which stands for encoding/json. Both are called by multiple goroutines at
// once. It is not allowed for a Mount.
//
// An error of marshal is a 500. unmarshal is not called for a body that is empty, null or not valid
// UTF-8, which is rejected with a 400. An error of unmarshal is a 400 as well. The response names
// the field or the offset if the error is of one of encoding/json's own types, and otherwise says
// only that the body does not fit. [RejectUnknown] has no effect on a JSON body that unmarshal
// decodes; how names are matched, and whether anything may follow the value, is up to unmarshal as
// well.
func JSONCodec(marshal func(v any) ([]byte, error), unmarshal func(data []byte, v any) error) Option {
	return Option{"JSONCodec", anywhere &^ onMount, func(s *scope) { s.marshal, s.unmarshal = marshal, unmarshal }}
}

// Logger sets the logger for errors; see [Error] for what is logged, and at which level. The
// default, and the meaning of nil, is [slog.Default] at the time of the error.
func Logger(l *slog.Logger) Option {
	return Option{"Logger", anywhere, func(s *scope) { s.logger = l }}
}

// OnError sets a function that is called with every error before the response is sent: with the
// errors that handlers return, with panics, and with 404 and 405 as well. f may respond itself and
// return nil, or return an error, the same or another, to which the package then responds:
//
//	apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
//		if errors.Is(err, sql.ErrNoRows) {
//			return apiroute.Errorf(404, "no such thing")
//		}
//		return err
//	})
//
// If f responds itself, it sets the status as well, which is 200 otherwise; [Request.Problem] gives
// the one that the client would receive.
//
// 404 and 405 are an [*Error]. A panic is an error that wraps the panic's value if that is an
// error. The error that f is given is always logged; a different one that f returns is logged too.
// If f panics, or returns nil without having responded, the response is a 500 without a detail. f
// is also called for an error after the first byte of a response, but can no longer respond then.
// f may be called by multiple goroutines at once. The default is nil, which changes nothing.
func OnError(f func(*Request, *Response, error) error) Option {
	return Option{"OnError", anywhere, func(s *scope) { s.onError = f }}
}

// Done adds a function that is called once after every request that the router gets, such as for an
// access log or for metrics. Unlike middleware of [Use], it needs no writer of its own, knows the
// route, and sees all requests: those that end in a 404, that middleware rejects, that panic, that
// are cut, and whose connection the handler hijacks.
//
//	apiroute.Done(func(req *apiroute.Request, o apiroute.Outcome) {
//		slog.Info("request", "method", req.Method, "route", req.Route(), "status", o.Status)
//	})
//
// f is called when the response has been handed to the server, all middleware has returned and
// temporary files have been removed, just before ServeHTTP returns or panics with
// [http.ErrAbortHandler]. It cannot change the response, and delays its end.
//
// The Request is that of the handler, with the context that Use and Around have given it, as far as
// the request has come. That context has ended if the route has a [Timeout]; see
// [context.WithoutCancel]. [Request.Route] is "" if the request was not matched to a route, as for
// a 404 or if the router's own Use has rejected it. The Request may be kept, and a body that has
// been read as a whole, as by Bind, can be read again.
//
// Done is allowed for [New] only, and may be given more than once; the functions are called in that
// order. f may be called by multiple goroutines at once. If it panics, the panic is logged. Done
// panics if f is nil.
func Done(f func(*Request, Outcome)) Option {
	if f == nil {
		panic("apiroute: Done: nil function")
	}
	return Option{"Done", onRouter, func(s *scope) { s.done = append(s.done, f) }}
}

// A scope holds the options that apply to a router, a group or a route. Those of the outer levels
// are included in config, and can be reached through parent for middleware.
type scope struct {
	parent *scope                            // the level around this one; nil for a router
	at     place                             // the call that has made the level
	depth  int                               // the number of levels around this one
	use    []func(http.Handler) http.Handler // of this level only
	around []func(Handler) Handler           // of this level only
	warned *sync.Map                         // what warnOnce has logged, a set of warning; shared by all levels

	described *description // what this level says for the document; nil if nothing
	config
}

// A config holds the options of which the inner level's value replaces the outer one's.
type config struct {
	bodyLimit     int64         // in bytes; 0 is no limit
	timeout       time.Duration // 0 is none
	rejectUnknown bool
	etag          bool
	status        int                                    // of a typed endpoint; 0 is 200 or 204
	marshal       func(any) ([]byte, error)              // nil is encoding/json's
	unmarshal     func([]byte, any) error                // nil is encoding/json's
	logger        *slog.Logger                           // nil is slog.Default()
	onError       func(*Request, *Response, error) error // nil if there is none
	done          []func(*Request, Outcome)              // of the router; nil if there is none
}

// log returns the logger for errors.
func (c *config) log() *slog.Logger {
	if c.logger == nil {
		return slog.Default()
	}
	return c.logger
}

// defaults is the config of a router without options.
var defaults = config{bodyLimit: 1 << 20}

// newScope returns the scope of a level inside parent with the options opts. A route without
// options shares the scope of the level around it.
func newScope(parent *scope, at place, opts []Option) (*scope, error) {
	if at&(onRoute|onEndpoint) != 0 && len(opts) == 0 {
		return parent, nil
	}
	s := &scope{parent: parent, at: at, warned: new(sync.Map), config: defaults}
	if parent != nil {
		s.depth, s.warned, s.config = parent.depth+1, parent.warned, parent.config
	}
	if at == onMount {
		s.bodyLimit = 0
	}
	var faults []error
	for _, o := range opts {
		switch {
		case o.apply == nil:
			faults = append(faults, errors.New("zero Option: options are made by functions such as Use"))
		case o.places&at == 0:
			faults = append(faults, fmt.Errorf("%s is not allowed here, only for %v", o.name, o.places))
		default:
			o.apply(s)
		}
	}
	return s, errors.Join(faults...)
}

// root returns the scope of the router.
func (s *scope) root() *scope {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

// common returns the innermost scope that contains both a and b.
func common(a, b *scope) *scope {
	for a != b {
		if a.depth >= b.depth {
			a = a.parent
		} else {
			b = b.parent
		}
	}
	return a
}
