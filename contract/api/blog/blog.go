// Package blog has types whose names package shop has too.
package blog

import "time"

// A Post is an article.
type Post struct {
	ID      int64     `json:"id"`
	Title   string    `json:"title" minLength:"1" maxLength:"20"`
	Created time.Time `json:"created"`
}

// A Label has the name that a type of package shop has, and is only used inside another type.
type Label struct {
	Text string `json:"text"`
}

// A Post with labels.
type Labelled struct {
	Post
	Labels []Label `json:"labels"`
}
