// Package apiroute is Next.js API Routes for Go: a route is a path such as
// /api/posts/[id], and its handler gets a request whose method, query and body
// are ready to use, and answers with res.Status(201).JSON(v).
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
// # Paths
//
//	path                   matches                              does not match
//	/api/user              /api/user                            /api/User, /api/user/x
//	/api/posts/[id]        /api/posts/1, /api/posts/a%2Fb       /api/posts, /api/posts/1/2
//	/api/docs/[...slug]    /api/docs/a, /api/docs/a/b           /api/docs
//	/api/shop/[[...slug]]  /api/shop, /api/shop/a/b             /api/shops
//
// A name is any text without brackets, braces and slashes that does not start
// with a period. Each segment of a request's path is percent-decoded once, after
// the split, and static segments compare so, case and all. A value that is not
// UTF-8 or holds NUL is answered 400.
//
// Which path has a request does not depend on the order of registration, and is
// the same as in Next.js: where two paths differ first, static goes before [x]
// before [...x] before [[...x]] before [Router.Mount]. A path that matches has
// the request also when it lacks the method.
//
// # What no handler answers
//
// A path that nothing matches is a 404. A method that a path does not serve is a
// 405 with Allow, OPTIONS a 204 with Allow, and HEAD is served where GET is.
// CONNECT is a 405 always. A path with empty or dot segments or a slash at its
// end is redirected (308) to the tidy path if that has a route, on the same host
// and with the query as it was. A body that is announced as longer than the
// [BodyLimit] is a 413 before the handler runs. For errors see [Error].
package apiroute
