package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/apiroute"
)

// A Post is one article.
type Post struct {
	ID       int64     `json:"id"`
	Title    string    `json:"title"`
	Body     string    `json:"body" doc:"Only the beginning if the post is in a list."`
	Cover    *Cover    `json:"cover,omitempty"`
	Comments int       `json:"comments"`
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
}

type postQueries struct {
	page, count, get, insert, update, delete *sql.Stmt
}

func (q *postQueries) prepare(p *preparer) {
	// Unlike LIKE, instr needs no escaping of the search text. If it gets too slow, use SQLite's
	// full-text index, FTS5.
	const found = ` (?1 = '' OR instr(lower(title || char(10) || body), lower(?1)) > 0) `

	q.page = p.read(`SELECT` + postColumns("substr(body, 1, 280)") + `WHERE` + found + `ORDER BY id DESC LIMIT ?2 OFFSET ?3`)
	q.count = p.read(`SELECT count(*) FROM posts WHERE` + found)
	q.get = p.read(`SELECT` + postColumns("body") + `WHERE id = ?`)
	q.insert = p.write(`INSERT INTO posts (title, body, created, updated) VALUES (?1, ?2, ?3, ?3) RETURNING id`)
	q.update = p.write(`UPDATE posts SET title = ?2, body = ?3, updated = ?4 WHERE id = ?1`)
	q.delete = p.write(`DELETE FROM posts WHERE id = ?`)
}

// postColumns returns the columns and tables of a query whose rows scanPost reads.
func postColumns(body string) string {
	return ` id, title, ` + body + `, comments, created, updated, version, alt
		FROM posts LEFT JOIN covers ON post_id = id `
}

func scanPost(r row) (p Post, err error) {
	var created, updated int64
	var version sql.NullInt64
	var alt sql.NullString
	err = r.Scan(&p.ID, &p.Title, &p.Body, &p.Comments, &created, &updated, &version, &alt)
	p.Created, p.Updated = time.Unix(created, 0).UTC(), time.Unix(updated, 0).UTC()
	if version.Valid {
		p.Cover = newCover(p.ID, version.Int64, alt.String)
	}
	return p, err
}

// A search is the input of GET /api/posts.
type search struct {
	Query string `query:"q" doc:"A text that the posts must contain."`
	Page  int    `query:"page" default:"1" minimum:"1" maximum:"1000000"`
	Size  int    `query:"size" default:"10" minimum:"1" maximum:"100" doc:"The number of posts on a page."`
}

// A PostPage is one page of the posts found, newest first.
type PostPage struct {
	Posts []Post `json:"posts"`
	Page  int    `json:"page"`
	Pages int    `json:"pages"`
	Total int    `json:"total"`
}

// listPosts reads the posts and their total number in one transaction, so that both describe the
// same state of the database.
func (b *blog) listPosts(ctx context.Context, in search) (PostPage, error) {
	out := PostPage{Page: in.Page}
	tx, err := b.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return out, err
	}
	defer tx.Rollback()
	q := strings.TrimSpace(in.Query)
	if err := tx.StmtContext(ctx, b.posts.count).QueryRowContext(ctx, q).Scan(&out.Total); err != nil {
		return out, err
	}
	out.Pages = (out.Total + in.Size - 1) / in.Size
	out.Posts, err = list(ctx, tx.StmtContext(ctx, b.posts.page), scanPost, q, in.Size, (in.Page-1)*in.Size)
	return out, err
}

type postID struct {
	ID int64 `path:"id"`
}

// orNotFound returns a 404 for sql.ErrNoRows, and every other error unchanged.
func (id postID) orNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return apiroute.Errorf(404, "there is no post %d", id.ID)
	}
	return err
}

func (b *blog) showPost(ctx context.Context, in postID) (Post, error) {
	p, err := scanPost(b.posts.get.QueryRowContext(ctx, in.ID))
	return p, in.orNotFound(err)
}

// A postText holds the fields of a post that a client may set. The ID, the dates and the number of
// comments are not among them, so no request can change them.
type postText struct {
	Title string `json:"title" maxLength:"120"`
	Body  string `json:"body" maxLength:"20000"`
}

// Validate checks what no rule in a tag can say. Bind calls it if no rule is broken.
func (t postText) Validate() error {
	return errors.Join(notBlank(t.Title, "title"), notBlank(t.Body, "body"))
}

type newPost struct {
	Body postText `body:"json"`
}

// A created is a 201 that says where the new post is.
type created struct {
	Status   int    `status:"201"`
	Location string `header:"Location"`
	Post     Post   `body:"json"`
}

func (b *blog) createPost(ctx context.Context, in newPost) (created, error) {
	var id postID
	now := time.Now().Unix()
	err := b.posts.insert.QueryRowContext(ctx, in.Body.Title, in.Body.Body, now).Scan(&id.ID)
	if err != nil {
		return created{}, err
	}
	p, err := b.showPost(ctx, id)
	return created{Location: fmt.Sprintf("/api/posts/%d", p.ID), Post: p}, err
}

type postUpdate struct {
	postID
	Body postText `body:"json"`
}

func (b *blog) updatePost(ctx context.Context, in postUpdate) (Post, error) {
	err := changed(b.posts.update.ExecContext(ctx, in.ID, in.Body.Title, in.Body.Body, time.Now().Unix()))
	if err != nil {
		return Post{}, in.orNotFound(err)
	}
	return b.showPost(ctx, in.postID)
}

// deletePost deletes a post. The foreign keys of the other tables delete its comments and its cover
// with it. The response is a 204, because the function returns struct{}.
func (b *blog) deletePost(ctx context.Context, in postID) (struct{}, error) {
	return struct{}{}, in.orNotFound(changed(b.posts.delete.ExecContext(ctx, in.ID)))
}

// notBlank returns an error if a string has nothing but spaces.
func notBlank(s, name string) error {
	if strings.TrimSpace(s) == "" {
		return apiroute.FieldError{Name: name, Detail: "must not be empty"}
	}
	return nil
}
