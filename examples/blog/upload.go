package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"image"
	_ "image/gif" // each of these registers a format with package image
	_ "image/jpeg"
	_ "image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"example.com/apiroute"
)

// A Cover is the picture of a post. Its URL changes when the picture does.
type Cover struct {
	URL string `json:"url"`
	Alt string `json:"alt"`
}

func newCover(post, version int64, alt string) *Cover {
	return &Cover{URL: fmt.Sprintf("/api/posts/%d/cover?v=%d", post, version), Alt: alt}
}

type coverQueries struct {
	get, put, touch *sql.Stmt
}

func (q *coverQueries) prepare(p *preparer) {
	q.get = p.read(`SELECT version, type, data FROM covers WHERE post_id = ?`)
	q.put = p.write(`INSERT INTO covers (post_id, version, type, alt, data) VALUES (?1, 1, ?2, ?3, ?4)
		ON CONFLICT DO UPDATE SET version = version + 1, type = ?2, alt = ?3, data = ?4 RETURNING version`)
	q.touch = p.write(`UPDATE posts SET updated = ?2 WHERE id = ?1`)
}

// maxUpload is the largest size of an upload in bytes, the picture and the rest of the form
// together: 5 MiB. The page contains this number too, to reject a file before it sends it.
const maxUpload = 5 << 20

type coverForm struct {
	Alt     string                `form:"alt" maxLength:"300"`
	Picture *multipart.FileHeader `form:"picture,required"`
}

type coverUpload struct {
	postID
	Form coverForm `body:"form"`
}

// putCover sets or replaces the cover of a post.
func (b *blog) putCover(ctx context.Context, in coverUpload) (*Cover, error) {
	data, mediaType, err := readPicture(in.Form.Picture)
	if err != nil {
		return nil, err
	}
	var version int64
	err = b.inTx(ctx, func(tx *sql.Tx) error {
		if err := changed(tx.StmtContext(ctx, b.covers.touch).ExecContext(ctx, in.ID, time.Now().Unix())); err != nil {
			return err
		}
		put := tx.StmtContext(ctx, b.covers.put)
		return put.QueryRowContext(ctx, in.ID, mediaType, in.Form.Alt, data).Scan(&version)
	})
	if err != nil {
		return nil, in.orNotFound(err)
	}
	return newCover(in.ID, version, in.Form.Alt), nil
}

// readPicture returns the contents of a file and its media type. It decides on the type by the
// contents alone, because the client may send any name and Content-Type.
func readPicture(fh *multipart.FileHeader) ([]byte, string, error) {
	f, err := fh.Open()
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, "", err
	}
	_, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		field := apiroute.FieldError{In: "form", Name: "picture", Detail: "must be a JPEG, PNG or GIF picture"}
		return nil, "", &apiroute.Error{Status: 422, Detail: "1 field is wrong", Fields: []apiroute.FieldError{field}}
	}
	return data, "image/" + format, nil
}

// showCover serves a picture. It is a Handler because it sets headers and leaves the rest to
// net/http, which handles If-None-Match and Range.
func (b *blog) showCover(req *apiroute.Request, res *apiroute.Response) error {
	in, err := apiroute.Bind[postID](req)
	if err != nil {
		return err
	}
	var version int64
	var mediaType string
	var data []byte
	err = b.covers.get.QueryRowContext(req.Context(), in.ID).Scan(&version, &mediaType, &data)
	if err != nil {
		return in.orNotFound(err)
	}
	res.SetHeader("Content-Type", mediaType)
	res.SetHeader("X-Content-Type-Options", "nosniff") // browsers must not guess another type
	res.SetHeader("Cache-Control", "no-cache")         // it may be kept, but must be revalidated
	res.SetHeader("ETag", strconv.Quote(strconv.FormatInt(version, 10)))
	http.ServeContent(res, req.Request, "", time.Time{}, bytes.NewReader(data))
	return nil
}
