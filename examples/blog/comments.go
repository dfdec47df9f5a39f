package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"example.com/apiroute"
)

// A Comment is a reader's comment on a post.
type Comment struct {
	ID      int64     `json:"id" doc:"It increases with every comment."`
	PostID  int64     `json:"postId"`
	Author  string    `json:"author"`
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
}

type commentQueries struct {
	ofPost, latest, after, last, insert, count, delete *sql.Stmt
}

func (q *commentQueries) prepare(p *preparer) {
	const all = `SELECT id, post_id, author, text, created FROM comments `
	q.ofPost = p.read(all + `WHERE post_id = ? AND id > ? ORDER BY id LIMIT ?`)
	q.latest = p.read(all + `ORDER BY id DESC LIMIT ?`)
	q.after = p.read(all + `WHERE id > ? ORDER BY id LIMIT ?`)
	q.last = p.read(`SELECT coalesce(max(id), 0) FROM comments`)
	q.insert = p.write(`INSERT INTO comments (post_id, author, text, created) VALUES (?, ?, ?, ?) RETURNING id`)
	q.count = p.write(`UPDATE posts SET comments = comments + ?2 WHERE id = ?1`)
	q.delete = p.write(`DELETE FROM comments WHERE id = ? RETURNING post_id`)
}

func scanComment(r row) (c Comment, err error) {
	var created int64
	err = r.Scan(&c.ID, &c.PostID, &c.Author, &c.Text, &created)
	c.Created = time.Unix(created, 0).UTC()
	return c, err
}

type commentList struct {
	postID
	After int64 `query:"after" default:"0" doc:"The ID of the last comment that the client has."`
	Limit int   `query:"limit" default:"100" minimum:"1" maximum:"100"`
}

// listComments returns the comments on a post, oldest first. Each page continues after the last
// comment of the previous one, even if comments have been added or deleted in between.
func (b *blog) listComments(ctx context.Context, in commentList) ([]Comment, error) {
	if _, err := b.showPost(ctx, in.postID); err != nil {
		return nil, err
	}
	return list(ctx, b.comments.ofPost, scanComment, in.ID, in.After, in.Limit)
}

type latest struct {
	Limit int `query:"limit" default:"5" minimum:"1" maximum:"100"`
}

// latestComments returns the latest comments on all posts, newest first.
func (b *blog) latestComments(ctx context.Context, in latest) ([]Comment, error) {
	return list(ctx, b.comments.latest, scanComment, in.Limit)
}

type commentText struct {
	Author string `json:"author" maxLength:"60"`
	Text   string `json:"text" maxLength:"2000"`
}

func (t commentText) Validate() error {
	return errors.Join(notBlank(t.Author, "author"), notBlank(t.Text, "text"))
}

type newComment struct {
	postID
	Body commentText `body:"json"`
}

// addComment adds a comment and updates the post's number of comments, in one transaction. It wakes
// the feeds only afterwards, so that they find the comment in the database.
func (b *blog) addComment(ctx context.Context, in newComment) (Comment, error) {
	now := time.Now().Truncate(time.Second).UTC()
	c := Comment{PostID: in.ID, Author: in.Body.Author, Text: in.Body.Text, Created: now}
	err := b.inTx(ctx, func(tx *sql.Tx) error {
		if err := changed(tx.StmtContext(ctx, b.comments.count).ExecContext(ctx, in.ID, 1)); err != nil {
			return err
		}
		insert := tx.StmtContext(ctx, b.comments.insert)
		return insert.QueryRowContext(ctx, c.PostID, c.Author, c.Text, now.Unix()).Scan(&c.ID)
	})
	if err != nil {
		return Comment{}, in.orNotFound(err)
	}
	b.bell.ring()
	return c, nil
}

type commentID struct {
	ID int64 `path:"id"`
}

func (b *blog) deleteComment(ctx context.Context, in commentID) (struct{}, error) {
	err := b.inTx(ctx, func(tx *sql.Tx) error {
		var post int64
		if err := tx.StmtContext(ctx, b.comments.delete).QueryRowContext(ctx, in.ID).Scan(&post); err != nil {
			return err
		}
		return changed(tx.StmtContext(ctx, b.comments.count).ExecContext(ctx, post, -1))
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = apiroute.Errorf(404, "there is no comment %d", in.ID)
	}
	return struct{}{}, err
}
