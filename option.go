package apiroute

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// A scope is the options of a router, a group or a route, with those of the
// outer levels taken in.
type scope struct {
	parent *scope // nil for a router
	depth  int
	use    []func(http.Handler) http.Handler // of this level alone
	around []func(Handler) Handler           // of this level alone
	config
}

// config is the options of which the inner level wins.
type config struct {
	bodyLimit     int64 // 0: none
	timeout       time.Duration
	rejectUnknown bool
	etag          bool
	status        int // of a typed endpoint; 0: 200 or 204
	marshal       func(any) ([]byte, error)
	unmarshal     func([]byte, any) error
	logger        *slog.Logger // nil: slog.Default
	onError       func(*Request, *Response, error) error
}

var defaults = config{bodyLimit: 1 << 20}

// newScope returns the scope of a level. That of a route without options is that
// of the level around it.
func newScope(parent *scope, at place, opts []Option) (*scope, error) {
	if at&(onRoute|onEndpoint) != 0 && len(opts) == 0 {
		return parent, nil
	}
	s := &scope{parent: parent, config: defaults}
	if parent != nil {
		s.depth, s.config = parent.depth+1, parent.config
	}
	if at == onMount {
		s.bodyLimit = 0
	}
	for _, o := range opts {
		if o.apply == nil {
			return nil, errors.New("an Option is zero: options are made by functions such as Use")
		}
		if o.places&at == 0 {
			return nil, fmt.Errorf("%s has no meaning here", o.name)
		}
		o.apply(s)
	}
	return s, nil
}

// common returns the innermost scope that holds for both a and b.
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

// An Option is a setting of a router, a group or a route. Where levels differ,
// the inner one wins; [Use] and [Around] add up. An Option where it has no
// meaning makes the registration panic.
type Option struct {
	name   string
	places place
	apply  func(*scope)
}

// place is where an option is given.
type place int

const (
	onRouter place = 1 << iota
	onGroup
	onRoute
	onMount
	onEndpoint
	anywhere = onRouter | onGroup | onRoute | onMount | onEndpoint
)

// Use adds standard middleware, the outermost first.
//
// On the router it runs before matching: it sees every request, 404s included,
// and may rewrite the URL. On a group or a route it runs for those paths only,
// inside that of the outer levels, and for what the package answers on a path
// that has routes (405, OPTIONS, 308) if it is common to all of them: CORS
// for a path belongs on a level that all its methods have in common. It must pass
// on the context of the request, and a Body that it puts in place must not keep
// what its Read is given, as [io.Reader] has it.
//
// Each function is called once, when the router is made or the route is
// registered. Use panics if one is nil.
func Use(middleware ...func(http.Handler) http.Handler) Option {
	if slices.ContainsFunc(middleware, func(m func(http.Handler) http.Handler) bool { return m == nil }) {
		panic("apiroute: Use: nil middleware")
	}
	return Option{"Use", anywhere, func(s *scope) { s.use = append(s.use, middleware...) }}
}

// Around adds middleware in the package's own terms, the outermost first,
// inside all of [Use]. It sees the error that the handler returns, and refuses
// by returning one (authentication, transactions). A panic goes through it: what
// must be taken back then is taken back in a defer. It hands values on by
//
//	req.Request = req.WithContext(ctx)
//
// It runs for the paths of its router, group or route, and like Use for what the
// package answers on them. Each function is called once, when the route is
// registered. Around panics if one is nil.
func Around(middleware ...func(Handler) Handler) Option {
	if slices.ContainsFunc(middleware, func(m func(Handler) Handler) bool { return m == nil }) {
		panic("apiroute: Around: nil middleware")
	}
	return Option{"Around", anywhere, func(s *scope) { s.around = append(s.around, middleware...) }}
}

// BodyLimit sets how many bytes the body of a request may have, inclusive; a
// longer one is answered 413. The default is 1 MiB, 1,048,576 bytes; a [Router.Mount]
// has none but its own. Of a body that middleware has inflated it counts what
// comes out. BodyLimit panics if bytes is 0 or less.
func BodyLimit(bytes int64) Option {
	if bytes <= 0 {
		panic("apiroute: BodyLimit: want 1 byte or more; for no limit there is NoBodyLimit")
	}
	return Option{"BodyLimit", anywhere, func(s *scope) { s.bodyLimit = bytes }}
}

// NoBodyLimit takes the limit off the body of a request.
func NoBodyLimit() Option {
	return Option{"NoBodyLimit", anywhere, func(s *scope) { s.bodyLimit = 0 }}
}

// Timeout puts a deadline on the context of a request, inside [Use]; 0 is none,
// the default. An error that a handler returns after it is answered 503, but an
// [*Error] as it is; that of a deadline of the handler's own is a 500. A handler
// that does not look at its context runs on, and its answer goes out, late. The
// time in which a body comes counts: a route that takes uploads wants a longer
// one. Timeout panics if d is negative.
func Timeout(d time.Duration) Option {
	if d < 0 {
		panic("apiroute: Timeout: negative duration")
	}
	return Option{"Timeout", anywhere, func(s *scope) { s.timeout = d }}
}

// RejectUnknown makes unknown fields of a JSON body, and for [Bind] unknown names
// in a query or a form, an error. The default is false: they are ignored. It is
// not for a Mount.
func RejectUnknown(reject bool) Option {
	return Option{"RejectUnknown", anywhere &^ onMount, func(s *scope) { s.rejectUnknown = reject }}
}

// ETag gives the answers with status 200 to GET and HEAD, of JSON, Text, HTML and
// Bytes, a strong ETag made from the body, unless the handler has set one, and
// answers 304 if the request's If-None-Match has it (RFC 9110, section 13.1.2).
// The handler runs all the same; what is saved is the way. The default is false.
// It is not for a Mount.
func ETag(on bool) Option {
	return Option{"ETag", anywhere &^ onMount, func(s *scope) { s.etag = on }}
}

// JSONCodec sets what encodes and decodes JSON in place of [encoding/json], for
// those who bring a faster one. Either may be nil, and is then encoding/json's.
// Both are called by many goroutines at once.
//
// A body that is empty, null or not UTF-8 does not reach unmarshal. An error of
// it is a 400 that names field or offset where it is one of encoding/json's own
// types, and else says only that the body does not fit; [RejectUnknown], exact
// names and what trails are then its own affair. It is not for a Mount.
func JSONCodec(marshal func(v any) ([]byte, error), unmarshal func(data []byte, v any) error) Option {
	return Option{"JSONCodec", anywhere &^ onMount, func(s *scope) { s.marshal, s.unmarshal = marshal, unmarshal }}
}

// Logger sets where errors are logged; see [Error] for what, and how. The
// default, also for nil, is [slog.Default], read at each use.
func Logger(l *slog.Logger) Option {
	return Option{"Logger", anywhere, func(s *scope) { s.logger = l }}
}

// OnError sets a function that sees every error on its way to the answer: those
// that handlers return, panics, 404 and 405 too. It may answer and return nil,
// or return an error, the same or another, which gets the default answer:
//
//	apiroute.OnError(func(req *apiroute.Request, res *apiroute.Response, err error) error {
//		if errors.Is(err, sql.ErrNoRows) {
//			return apiroute.Errorf(404, "no such thing")
//		}
//		return err
//	})
//
// 404 and 405 are an [*Error]; a panic is an error that wraps what the panic had
// if that was one. The first error is logged in any case, and another one that
// is returned for it too. If the function panics, or returns nil and has not
// answered, the answer is a plain 500. For an error after the first
// byte of an answer it is called, but can no longer answer. nil is none.
func OnError(f func(*Request, *Response, error) error) Option {
	return Option{"OnError", anywhere, func(s *scope) { s.onError = f }}
}
