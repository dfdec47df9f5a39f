// Package apiroute provides Next.js API Routes for Go. A route is a path such as /api/posts/[id].
// Its handler gets a request whose method, query and body are ready to use, and responds with
// res.Status(201).JSON(v).
//
//	package main
//
//	import (
//		"log"
//		"net/http"
//
//		"example.com/apiroute"
//	)
//
//	func main() {
//		api := apiroute.New()
//		api.Get("/api/posts/[id]", func(req *apiroute.Request, res *apiroute.Response) error {
//			return res.JSON(map[string]string{"id": req.Param("id")})
//		})
//		log.Fatal(http.ListenAndServe("localhost:8080", api))
//	}
//
// The package builds on net/http. A [Router] is an [http.Handler], a [Request] contains an
// [http.Request], and a [Response] is an [http.ResponseWriter]. [Use] takes standard middleware,
// [FromHTTP] makes a plain handler a route, [Router.Mount] gives one everything below a path, and a
// single [Handler] can be registered in an [http.ServeMux]. The package needs Go 1.22 or later and
// nothing but the standard library.
//
// # Paths
//
// A path is static, or has dynamic segments: [id] matches one segment, [...slug] one or more, and
// [[...slug]] zero or more. The last two are called catch-alls, and must be at the end of a path.
//
//	path                   matches                              does not match
//	/api/user              /api/user                            /api/User, /api/user/x
//	/api/posts/[id]        /api/posts/1, /api/posts/a%2Fb       /api/posts, /api/posts/1/2
//	/api/docs/[...slug]    /api/docs/a, /api/docs/a/b           /api/docs
//	/api/shop/[[...slug]]  /api/shop, /api/shop/a/b             /api/shops
//
// The name of a dynamic segment may be any text without brackets, braces and slashes. It must not
// start with a period, a colon or an asterisk, end with three periods, or have spaces around it. A
// segment is dynamic as a whole: [name].json is not allowed.
//
// The path of a request is split at its slashes. Each segment is then percent-decoded once, so the
// id of /api/posts/a%2Fb is "a/b". Static segments are compared in decoded form, and their case
// matters. A request for which the value of a dynamic segment is not valid UTF-8 or contains NUL is
// rejected with a 400.
//
// [Request.Param] returns the value of a dynamic segment, and [Request.Segments] returns the
// segments of a catch-all.
//
// # Order
//
// Which route gets a request does not depend on the order of registration. The rules are those of
// Next.js: at the first segment where two matching paths differ, a static segment takes precedence
// over [x], [x] over [...x], [...x] over [[...x]], and all of them over a [Router.Mount]. A request
// for /api/posts/new thus goes to the route /api/posts/new if there is one, and otherwise to
// /api/posts/[id].
//
// The best matching path gets the request even if it has no handler for the method. The response is
// then a 405, and no other path is tried.
//
// # Methods
//
// [Router.Get], [Router.Post], [Router.Put], [Router.Patch], [Router.Delete] and [Router.Method]
// register a handler for one method of a path. [Router.Handle] registers one for all methods except
// CONNECT and TRACE, as a file in pages/api does.
//
// Registration panics if a path or an option is not allowed, or if two routes clash, so such
// mistakes show before the first request. A path in the syntax of another router, such as
// /posts/:id, /posts/{id} or /files/*, is not allowed either.
//
// # Responses without a handler
//
// The package itself responds where no handler does:
//
//   - A path that matches no route gets a 404.
//   - A method for which the path has no handler gets a 405, with the methods in Allow. CONNECT
//     always gets a 405.
//   - OPTIONS gets a 204, with the methods in Allow.
//   - HEAD is served by the handler for GET, without the body.
//   - A path with empty segments, dot segments or a trailing slash is redirected (308) to the tidy
//     path if that has a route, on the same host and with the query unchanged. Below a
//     [Router.Mount], a trailing slash is kept.
//   - A request target that is not a path, such as x:http://internal/, gets a 400 or a 404.
//   - A body whose Content-Length exceeds the [BodyLimit] gets a 413 before the handler runs.
//   - A query of more than 10,000 pairs gets a 400 before the handler runs.
//
// # Requests
//
// [Request.Query] returns the query, [Request.JSON] decodes a JSON body, and [Request.Bytes]
// returns any body. [Bind] fills one struct from the whole request. Each field names the part of
// the request that it comes from, and no other part can fill it:
//
//	type newPost struct {
//		ID   int      `path:"id"`
//		Tags []string `query:"tag"`
//		Body struct {
//			Title string `json:"title"`
//		} `body:"json"`
//	}
//
//	in, err := apiroute.Bind[newPost](req)
//
// Tags such as maxLength:"80" are rules for the values. All invalid fields are reported together,
// in a 400. Values are never echoed. If the struct, or a value in its body, has a method Validate()
// error, it is called, and its error is a 422.
//
// A typed endpoint is a plain function that takes such a struct and returns the response. [Get],
// [Post], [Put], [Patch] and [Delete] register one:
//
//	apiroute.Post(api, "/api/posts/[id]", func(ctx context.Context, in newPost) (Post, error) { … })
//
// # Responses and errors
//
// A handler calls one method that completes the response, such as [Response.JSON], [Response.Text],
// [Response.Bytes], [Response.Redirect] or [Response.End], and returns its error.
// [Response.Status], [Response.SetHeader] and [Response.SetCookie] are called before it. If a
// handler returns nil without having responded, the response has no body and the status that
// [Response.Status] has set, or 204.
//
// To respond with an error, a handler returns one. An [Error], which [Errorf] makes, determines
// what the client receives, as problem+json (RFC 9457). For any other error the client gets only a
// status, nearly always 500, and the text goes to the log. Headers that the handler has set are not
// sent with an error. An error in the middle of a response closes the connection, so a partial
// response never looks complete.
//
// Do not forget the return. If a handler goes on after its response and sends a second one,
// [ErrAnswered] is logged. The package cannot see an error that is made and not returned, because
// Go lets a program drop a result:
//
//	if post == nil {
//		apiroute.Errorf(404, "no such post") // has no effect: the word return is missing
//	}
//
// go vet -unusedresult.funcs=example.com/apiroute.Errorf reports such a call.
//
// # Streams and proxies
//
// [Response.Events] sends server-sent events, [JSONLines] one JSON value per line, and
// [Response.Stream] the contents of a reader. The server's timeouts do not end these streams. A
// stream ends when the client is gone, or accepts nothing for 30 seconds.
//
// [Proxy] passes the requests of a route on to another service and hides its address.
//
// # The OpenAPI document
//
// [Router.OpenAPI] makes an OpenAPI 3.1 document from the routes and their types. Other tools make
// a client, or the types of a front end, from the document. The options [Operation], [Tag],
// [Security], [Takes] and [Returns] add what the types do not say.
//
// # Options
//
// Options are given to [New], to a [Router.Group] or to a single route:
//
//   - [Use] and [Around] add middleware.
//   - [BodyLimit], [NoBodyLimit] and [Timeout] limit what a request may take.
//   - [RejectUnknown], [ETag] and [JSONCodec] change how bodies are read and sent.
//   - [Status] sets the status of a typed endpoint.
//   - [OnError] changes the responses to errors, and [Logger] sets where errors are logged.
//   - [Done] is called after each request, for access logs and metrics. It is allowed for [New]
//     only.
//
// Where two levels set the same option, the inner one wins. Middleware adds up.
//
// # What programs can rely on
//
// Programs can rely on the exported names and on what their documentation says. The texts of
// errors, panics and log entries, and the [Error] details that the package writes itself, are for
// people and may change. A client tells problems apart by their status and by the Code of each
// [FieldError].
//
// JSON is encoded and decoded by the encoding/json of the toolchain. Go 1.27 implements it by
// encoding/json/v2, as Go 1.25 and 1.26 do with GOEXPERIMENT=jsonv2, and this package then uses the
// stricter rules of v2 for bodies. [Request.JSON] and [Response.JSON] list the differences.
package apiroute
