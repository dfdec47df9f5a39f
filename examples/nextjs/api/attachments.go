package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"example.com/apiroute"
)

// An Attachment is a file of a task.
type Attachment struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Type string `json:"type" doc:"A media type." example:"image/png"`
	Size int64  `json:"size" doc:"In bytes."`
	URL  string `json:"url" example:"/api/attachments/7"`
}

const (
	maxFile   = 5 << 20          // the size of a file in bytes; the page has this number too
	maxUpload = maxFile + 64<<10 // with what the form adds
	maxFiles  = 10               // of a task
)

type upload struct {
	taskID
	Form struct {
		File *multipart.FileHeader `form:"file,required"`
	} `body:"form"`
}

// Validate checks the size before anything is read.
func (in upload) Validate() error {
	switch f := in.Form.File; {
	case f.Size == 0:
		return apiroute.FieldError{In: "form", Name: "file", Detail: "must not be empty"}
	case f.Size > maxFile:
		return apiroute.FieldError{In: "form", Name: "file", Detail: "must have at most 5 MiB"}
	case len(f.Filename) > 200:
		return apiroute.FieldError{In: "form", Name: "file", Detail: "must have a shorter name"}
	}
	return nil
}

type attachmentCreated struct {
	Status     int        `status:"201"`
	Location   string     `header:"Location"`
	Attachment Attachment `body:"json"`
}

func (a *app) addAttachment(ctx context.Context, in upload) (out attachmentCreated, err error) {
	f, err := in.Form.File.Open()
	if err != nil {
		return out, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return out, err
	}
	err = a.change(ctx, func(tx *sql.Tx) (Change, error) {
		t, err := getTask(ctx, tx, in.ID)
		if err != nil {
			return Change{}, err
		}
		if len(t.Attachments) >= maxFiles {
			return Change{}, apiroute.Errorf(409, "a task has at most %d files", maxFiles)
		}
		var id int64
		err = tx.QueryRowContext(ctx, `INSERT INTO attachments (task_id, name, type, size, data) VALUES (?, ?, ?, ?, ?) RETURNING id`,
			in.ID, strings.ToValidUTF8(in.Form.File.Filename, "\ufffd"), mediaType(data), len(data), data).Scan(&id)
		if err != nil {
			return Change{}, err
		}
		if t, err = getTask(ctx, tx, in.ID); err != nil {
			return Change{}, err
		}
		out.Attachment = t.Attachments[len(t.Attachments)-1]
		out.Location = out.Attachment.URL
		return Change{Kind: "task", Board: t.Board, Task: &t}, nil
	})
	return out, in.orNotFound(err)
}

// mediaType returns the type by the contents alone, because a client may send any name and type.
func mediaType(data []byte) string {
	t, _, err := mime.ParseMediaType(http.DetectContentType(data))
	if err != nil {
		return "application/octet-stream"
	}
	return t
}

type attachmentID struct {
	ID int64 `path:"id"`
}

func (in attachmentID) orNotFound(err error) error { return orNotFound(err, "attachment", in.ID) }

// showAttachment serves a file. It is a Handler because it sets headers and leaves the rest to
// net/http, which handles If-None-Match and Range.
func (a *app) showAttachment(req *apiroute.Request, res *apiroute.Response) error {
	in, err := apiroute.Bind[attachmentID](req)
	if err != nil {
		return err
	}
	var name, mediaType string
	var data []byte
	err = a.read.QueryRowContext(req.Context(), `SELECT name, type, data FROM attachments WHERE id = ?`, in.ID).
		Scan(&name, &mediaType, &data)
	if err != nil {
		return in.orNotFound(err)
	}
	// A file that a user has uploaded must never run as a page of this site. An <img> shows it
	// nevertheless.
	res.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	res.SetHeader("Content-Security-Policy", "sandbox")
	res.SetHeader("X-Content-Type-Options", "nosniff")
	res.SetHeader("Content-Type", mediaType)
	res.SetHeader("Cache-Control", "private, max-age=31536000, immutable") // no other file gets this number
	res.SetHeader("ETag", fmt.Sprintf("%q", fmt.Sprint(in.ID)))
	http.ServeContent(res, req.Request, "", time.Time{}, bytes.NewReader(data))
	return nil
}

func (a *app) deleteAttachment(ctx context.Context, in attachmentID) (struct{}, error) {
	err := a.change(ctx, func(tx *sql.Tx) (Change, error) {
		var task int64
		err := tx.QueryRowContext(ctx, `DELETE FROM attachments WHERE id = ? RETURNING task_id`, in.ID).Scan(&task)
		if err != nil {
			return Change{}, err
		}
		t, err := getTask(ctx, tx, task)
		return Change{Kind: "task", Board: t.Board, Task: &t}, err
	})
	return struct{}{}, in.orNotFound(err)
}
