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
// single [Handler] can be registered in an [http.ServeMux].
//
// # Paths
//
// A path is static, or has dynamic segments: [id] matches one segment, [...slug] one or more, and
// [[...slug]] any number, none included. The last two are catch-alls and end a path.
//
//	path                   matches                              does not match
//	/api/user              /api/user                            /api/User, /api/user/x
//	/api/posts/[id]        /api/posts/1, /api/posts/a%2Fb       /api/posts, /api/posts/1/2
//	/api/docs/[...slug]    /api/docs/a, /api/docs/a/b           /api/docs
//	/api/shop/[[...slug]]  /api/shop, /api/shop/a/b             /api/shops
//
// The name of a dynamic segment is any text that contains no brackets, braces or slashes and does
// not start with a period. A segment is dynamic as a whole: [name].json is not allowed.
//
// The path of a request is split at its slashes, and then each segment is percent-decoded once, so
// that the id of /api/posts/a%2Fb is "a/b". Static segments are compared in decoded form, and their
// case matters. A value that is not valid UTF-8 or contains NUL is rejected with a 400.
//
// [Request.Param] returns the value of a dynamic segment, and [Request.Segments] the segments of a
// catch-all.
//
// # Order
//
// Which route gets a request does not depend on the order of registration. The rules are those of
// Next.js: at the first segment where two matching paths differ, a static segment takes precedence
// over [x], [x] over [...x], [...x] over [[...x]], and all of them over a [Router.Mount]. A request
// for /api/posts/new thus goes to the route /api/posts/new if there is one, and otherwise to
// /api/posts/[id].
//
// The best matching path gets the request even if it has no handler for the method. The response
// is then a 405, and no other path is tried.
//
// # Methods
//
// [Router.Get], [Router.Post], [Router.Put], [Router.Patch], [Router.Delete] and [Router.Method]
// register a handler for one method of a path. [Router.Handle] registers one for all methods except
// CONNECT and TRACE, as a file in pages/api does. Registration panics if a path or an option is not
// allowed, or if two routes clash, so that such mistakes show before the first request.
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
//     path if that has a route, on the same host and with the query unchanged.
//   - A body whose announced length exceeds the [BodyLimit] gets a 413 before the handler runs.
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
// All invalid fields are reported together, in a 400. Values are never echoed. If the struct has a
// method Validate() error, it is called, and its error is a 422.
//
// A typed endpoint is a plain function of such a struct; [Get], [Post], [Put], [Patch] and [Delete]
// register one.
//
// # Responses and errors
//
// A handler responds with one method, such as [Response.JSON], [Response.Text], [Response.Bytes],
// [Response.Redirect] or [Response.End], after [Response.Status], [Response.SetHeader] and
// [Response.SetCookie]. If a handler returns nil without having responded, the response has no body
// and the status that [Response.Status] has set, or 204.
//
// To respond with an error, a handler returns one. An [Error], which [Errorf] makes, determines
// what the client receives, as problem+json (RFC 9457). For any other error the client gets only a
// status, nearly always 500; the text goes to the log. Headers that the handler has set are not
// sent with an error. An error in the middle of a response closes the connection, so that a partial
// response never looks complete.
//
// # Streams and proxies
//
// [Response.Events] sends server-sent events, [JSONLines] one JSON value per line, and
// [Response.Stream] the contents of a reader. The server's timeouts do not end these streams. They
// end when the client is gone, or accepts nothing for 30 seconds.
//
// [Proxy] passes the requests of a route on to another service, and hides its address.
//
// # Options
//
// Options are given to [New], to a [Router.Group] or to a single route. Where two levels set the
// same option, the inner one wins; the middleware of [Use] and [Around] adds up. The others are
// [BodyLimit], [NoBodyLimit], [Timeout], [RejectUnknown], [ETag], [JSONCodec], [Logger], [OnError]
// and, for typed endpoints, [Status].
package apiroute
