// The API as an AWS Lambda function with a function URL whose invoke mode is RESPONSE_STREAM.
package main

import (
	"log"
	"net/http"

	"github.com/aws/aws-lambda-go/lambdaurl"

	"example.com/apiroute/examples/serverless/app"
)

func main() { lambdaurl.Start(endOnPanic(app.New())) }

// endOnPanic ends the program when a handler panics. The router panics to cut a response whose rest
// cannot follow, and lambdaurl would end that response as if it were complete before the program
// ends. Lambda starts the program again for the next request.
func endOnPanic(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				log.Fatal(p)
			}
		}()
		h.ServeHTTP(w, r)
	})
}
