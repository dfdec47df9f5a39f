// Package handler is the API as a Go function of Vercel, which finds this file by its path.
package handler

import (
	"net/http"

	"example.com/apiroute/examples/serverless/app"
)

var router = app.New() // once for each instance, not for each request

// Handler serves every path that vercel.json sends here.
func Handler(w http.ResponseWriter, r *http.Request) { router.ServeHTTP(w, r) }
