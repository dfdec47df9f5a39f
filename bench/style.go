package main

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// A style is what an app has around its handlers. Each task is measured in every style, and the
// suffix of its name says in which: T1, T1~ and T1+.
type style int

const (
	plain   style = iota // nothing
	passing              // as written, but the outer middleware passes the request on and does nothing
	written              // as most programs are written, see below
)

// Most programs have a function that sees errors, if the library knows such a function, and a
// group with two levels of middleware. The outer level sets a header. The inner level calls the
// handler and looks at how it ended, by the means that the library has for it.

var (
	styles   = [...]string{plain: "plain", passing: "passing", written: "written"}
	suffixes = [...]string{plain: "", passing: "~", written: "+"}
)

// styleOf splits the name of a task into the name of the plain task and the style.
func styleOf(task string) (name string, s style) {
	name = strings.TrimRight(task, "~+")
	return name, style(slices.Index(suffixes[:], task[len(name):]))
}

// mark sets the header of the outer middleware if the style has it.
func (s style) mark(w http.ResponseWriter) {
	if s == written {
		w.Header().Set("X-Frame-Options", "DENY")
	}
}

// failed counts the failures that the inner middleware has seen, so that looking has an effect.
var failed atomic.Int64

// outer is the outer middleware for net/http.
func (s style) outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mark(w)
		next.ServeHTTP(w, r)
	})
}

// inner is the inner middleware for net/http. A handler there returns nothing, so all it can look
// at without a ResponseWriter of its own is the context.
func inner(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Context().Err() != nil {
			failed.Add(1)
		}
	})
}

// around puts both levels around a handler, and nothing if the style is plain.
func (s style) around(h http.Handler) http.Handler {
	if s == plain {
		return h
	}
	return s.outer(inner(h))
}
