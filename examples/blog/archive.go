package main

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"strings"
	"time"

	"example.com/apiroute"
)

//go:embed docs
var docFiles embed.FS

type docPath struct {
	Slug []string `path:"slug"`
}

type docText struct {
	Text []byte `body:"bytes" contentMediaType:"text/markdown; charset=utf-8"`
}

// showDoc serves /api/docs/[...slug], a path of one segment or more. The segments are decoded, so
// they may contain anything, even "../x"; an embed.FS rejects such names.
func showDoc(_ context.Context, in docPath) (docText, error) {
	text, err := docFiles.ReadFile("docs/" + strings.Join(in.Slug, "/") + ".md")
	if errors.Is(err, fs.ErrNotExist) {
		err = apiroute.Errorf(404, "there is no such page")
	}
	return docText{text}, err
}

// An archiveSlug is the input of /api/archive/[[...slug]]: nothing, a year, or a year and a month.
// Bind rejects segments that are not numbers, or out of range.
type archiveSlug struct {
	Slug []int `path:"slug" minimum:"1" maximum:"9999"`
}

func (a archiveSlug) Validate() error {
	switch {
	case len(a.Slug) > 2:
		return apiroute.Errorf(404, "the archive has years and months")
	case len(a.Slug) == 2 && a.Slug[1] > 12:
		return apiroute.FieldError{In: "path", Name: "slug", Detail: "must have a month from 1 to 12"}
	}
	return nil
}

// span returns the first second of the year or month, and the first second after it, as Unix times.
func (a archiveSlug) span() (from, to int64) {
	if len(a.Slug) == 1 {
		start := time.Date(a.Slug[0], 1, 1, 0, 0, 0, 0, time.UTC)
		return start.Unix(), start.AddDate(1, 0, 0).Unix()
	}
	start := time.Date(a.Slug[0], time.Month(a.Slug[1]), 1, 0, 0, 0, 0, time.UTC)
	return start.Unix(), start.AddDate(0, 1, 0).Unix()
}

// A Month is the number of posts in one month.
type Month struct {
	Year  int `json:"year"`
	Month int `json:"month"`
	Posts int `json:"posts"`
}

// An Archive lists all months, or the posts of one year or month, newest first.
type Archive struct {
	Months []Month `json:"months,omitempty"`
	Posts  []Post  `json:"posts,omitempty"`
}

type archiveQueries struct {
	months, posts *sql.Stmt
}

func (q *archiveQueries) prepare(p *preparer) {
	q.months = p.read(`SELECT strftime('%Y', created, 'unixepoch') AS y, strftime('%m', created, 'unixepoch') AS m, count(*)
		FROM posts GROUP BY y, m ORDER BY y DESC, m DESC`)
	q.posts = p.read(`SELECT` + postColumns("substr(body, 1, 280)") + `WHERE created >= ? AND created < ? ORDER BY id DESC`)
}

func scanMonth(r row) (m Month, err error) {
	return m, r.Scan(&m.Year, &m.Month, &m.Posts)
}

func (b *blog) showArchive(ctx context.Context, in archiveSlug) (out Archive, err error) {
	if len(in.Slug) == 0 {
		out.Months, err = list(ctx, b.archive.months, scanMonth)
		return out, err
	}
	from, to := in.span()
	out.Posts, err = list(ctx, b.archive.posts, scanPost, from, to)
	return out, err
}
