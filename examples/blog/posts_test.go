package main

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"example.com/apiroute"
)

// newBlog returns a blog with a new database.
func newBlog(t *testing.T) *blog {
	t.Helper()
	db, err := openStore(t.Context(), filepath.Join(t.TempDir(), "blog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &blog{store: db, closing: make(chan struct{})}
}

func addPost(t *testing.T, b *blog, title, body string) Post {
	t.Helper()
	out, err := b.createPost(t.Context(), newPost{Body: postText{Title: title, Body: body}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Post
}

func statusOf(err error) int {
	var e *apiroute.Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// A typed endpoint is a plain function. Testing it needs no server, no client and no JSON.
func TestPostEndpoints(t *testing.T) {
	b, ctx := newBlog(t), t.Context()
	p := addPost(t, b, "First", "Hello")
	if p.ID != 1 || p.Title != "First" || p.Body != "Hello" || p.Created.IsZero() || p.Created != p.Updated {
		t.Errorf("createPost: got %+v", p)
	}
	id := postID{p.ID}
	if got, err := b.showPost(ctx, id); err != nil || got != p {
		t.Errorf("showPost: got %+v, %v, want %+v", got, err, p)
	}
	got, err := b.updatePost(ctx, postUpdate{id, postText{"Second", "Bye"}})
	if err != nil || got.Title != "Second" || got.Body != "Bye" || got.Created != p.Created {
		t.Errorf("updatePost: got %+v, %v", got, err)
	}
	if _, err := b.deletePost(ctx, id); err != nil {
		t.Errorf("deletePost: %v", err)
	}
	if _, err := b.showPost(ctx, id); statusOf(err) != 404 {
		t.Errorf("showPost after deletePost: got %v, want a 404", err)
	}
	if _, err := b.deletePost(ctx, id); statusOf(err) != 404 {
		t.Errorf("deletePost again: got %v, want a 404", err)
	}
	if _, err := b.updatePost(ctx, postUpdate{postID: id}); statusOf(err) != 404 {
		t.Errorf("updatePost after deletePost: got %v, want a 404", err)
	}
	if p := addPost(t, b, "Third", "x"); p.ID != 2 {
		t.Errorf("the next post: got number %d, want 2: that of a deleted one is not used again", p.ID)
	}
}

func TestListPosts(t *testing.T) {
	b := newBlog(t)
	for _, title := range []string{"Go", "Rust", "100%", "go_lang", "Zig"} {
		addPost(t, b, title, "About "+title+" "+strings.Repeat("x", 400))
	}
	for _, tt := range []struct {
		in    search
		want  string // titles
		pages int
		total int
	}{
		{search{Page: 1, Size: 10}, "Zig go_lang 100% Rust Go", 1, 5},
		{search{Page: 1, Size: 2}, "Zig go_lang", 3, 5},
		{search{Page: 3, Size: 2}, "Go", 3, 5},
		{search{Page: 4, Size: 2}, "", 3, 5},
		{search{Query: " GO ", Page: 1, Size: 10}, "go_lang Go", 1, 2},
		{search{Query: "%", Page: 1, Size: 10}, "100%", 1, 1},
		{search{Query: "_", Page: 1, Size: 10}, "go_lang", 1, 1},
		{search{Query: "'; DROP TABLE posts; --", Page: 1, Size: 10}, "", 0, 0},
	} {
		got, err := b.listPosts(t.Context(), tt.in)
		if err != nil {
			t.Errorf("%+v: %v", tt.in, err)
			continue
		}
		var titles []string
		for _, p := range got.Posts {
			titles = append(titles, p.Title)
			if len(p.Body) != 280 {
				t.Errorf("%+v: a body of %d characters, want the first 280", tt.in, len(p.Body))
			}
		}
		if s := strings.Join(titles, " "); s != tt.want || got.Pages != tt.pages || got.Total != tt.total || got.Posts == nil {
			t.Errorf("%+v: got %q, %d pages, %d in all, want %q, %d, %d", tt.in, s, got.Pages, got.Total, tt.want, tt.pages, tt.total)
		}
	}
}

func TestComments(t *testing.T) {
	b, ctx := newBlog(t), t.Context()
	p := addPost(t, b, "Post", "x")
	id := postID{p.ID}
	first, err := b.addComment(ctx, newComment{id, commentText{"Ada", "one"}})
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.addComment(ctx, newComment{id, commentText{"Bob", "two"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.addComment(ctx, newComment{postID{99}, commentText{"Eve", "nowhere"}}); statusOf(err) != 404 {
		t.Errorf("a comment on no post: got %v, want a 404", err)
	}
	if _, err := b.listComments(ctx, commentList{postID: postID{99}, Limit: 1}); statusOf(err) != 404 {
		t.Errorf("the comments of no post: got %v, want a 404", err)
	}
	for _, tt := range []struct {
		after int64
		limit int
		want  []Comment
	}{{0, 100, []Comment{first, second}}, {0, 1, []Comment{first}}, {first.ID, 100, []Comment{second}}, {second.ID, 100, nil}} {
		got, err := b.listComments(ctx, commentList{id, tt.after, tt.limit})
		if err != nil || len(got) != len(tt.want) || len(got) > 0 && got[0] != tt.want[0] {
			t.Errorf("listComments after %d, %d at most: got %v, %v, want %v", tt.after, tt.limit, got, err, tt.want)
		}
	}
	if got, err := b.latestComments(ctx, latest{1}); err != nil || len(got) != 1 || got[0] != second {
		t.Errorf("latestComments: got %v, %v, want %v", got, err, second)
	}
	if _, err := b.deleteComment(ctx, commentID{first.ID}); err != nil {
		t.Error(err)
	}
	if _, err := b.deleteComment(ctx, commentID{first.ID}); statusOf(err) != 404 {
		t.Errorf("deleteComment again: got %v, want a 404", err)
	}
	if p, err := b.showPost(ctx, id); err != nil || p.Comments != 1 {
		t.Errorf("the post has %d comments, %v, want 1", p.Comments, err)
	}
	if _, err := b.deletePost(ctx, id); err != nil {
		t.Error(err)
	}
	if got, err := b.latestComments(ctx, latest{10}); err != nil || len(got) != 0 {
		t.Errorf("comments of a deleted post: got %v, %v, want none", got, err)
	}
}

func TestArchive(t *testing.T) {
	b, ctx := newBlog(t), t.Context()
	for i, day := range []string{"2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01"} {
		p := addPost(t, b, day, "x")
		_, err := b.write.Exec(`UPDATE posts SET created = unixepoch(?) + ? WHERE id = ?`, day, i%2*86399, p.ID)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		slug []int
		want string
	}{
		{[]int{2023}, "2023-12-31"},
		{[]int{2024}, "2024-02-01 2024-01-31 2024-01-01"},
		{[]int{2024, 1}, "2024-01-31 2024-01-01"},
		{[]int{2024, 3}, ""},
	} {
		got, err := b.showArchive(ctx, archiveSlug{tt.slug})
		var titles []string
		for _, p := range got.Posts {
			titles = append(titles, p.Title)
		}
		if s := strings.Join(titles, " "); err != nil || s != tt.want {
			t.Errorf("%v: got %q, %v, want %q", tt.slug, s, err, tt.want)
		}
	}
	got, err := b.showArchive(ctx, archiveSlug{})
	want := []Month{{2024, 2, 1}, {2024, 1, 2}, {2023, 12, 1}}
	if err != nil || len(got.Months) != 3 || got.Months[0] != want[0] || got.Months[1] != want[1] || got.Months[2] != want[2] {
		t.Errorf("months: got %v, %v, want %v", got.Months, err, want)
	}
}

func TestMigrate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "with space, % and ?.db")
	for range 2 { // the second time, there is nothing to migrate
		db, err := openStore(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		var mode string
		var sync, keys int
		err = errors.Join(db.write.QueryRow(`PRAGMA journal_mode`).Scan(&mode),
			db.write.QueryRow(`PRAGMA synchronous`).Scan(&sync), db.read.QueryRow(`PRAGMA foreign_keys`).Scan(&keys))
		if err != nil || mode != "wal" || sync != 2 || keys != 1 {
			t.Errorf("journal_mode %s, synchronous %d, foreign_keys %d, %v, want wal, 2 and 1", mode, sync, keys, err)
		}
		if _, err := db.read.Exec(`DELETE FROM posts`); err == nil {
			t.Error("a reader can write")
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(names) != 1 {
		t.Errorf("files after Close: %q, want one", names)
	}
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f").Replace(file))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`PRAGMA user_version = 1000`); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(t.Context(), file); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("a database of a newer program: got %v", err)
	}
}

// A transaction that fails changes nothing.
func TestInTxRollsBack(t *testing.T) {
	b, ctx := newBlog(t), t.Context()
	boom := errors.New("boom")
	write := func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO posts (title, body, created, updated) VALUES ('x', 'x', 0, 0)`)
		return err
	}
	err := b.inTx(ctx, func(tx *sql.Tx) error { return errors.Join(write(tx), boom) })
	if !errors.Is(err, boom) {
		t.Errorf("got %v, want %v", err, boom)
	}
	func() {
		defer func() { recover() }()
		b.inTx(ctx, func(tx *sql.Tx) error { write(tx); panic(boom) })
	}()
	gone, cancel := context.WithCancel(ctx)
	b.inTx(gone, func(tx *sql.Tx) error { defer cancel(); return write(tx) })
	if got, err := b.listPosts(ctx, search{Page: 1, Size: 10}); err != nil || got.Total != 0 {
		t.Errorf("%d posts are left, %v, want none", got.Total, err)
	}
}

// While another program holds the lock, the response is a 503 with Retry-After.
func TestExplainBusy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "blog.db")
	first, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	first.SetMaxOpenConns(1)
	if _, err := first.Exec(`BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	second, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_, err = second.Exec(`CREATE TABLE t (x)`)
	var e *apiroute.Error
	if got := explain(nil, nil, err); !errors.As(got, &e) || e.Status != 503 || e.Header.Get("Retry-After") == "" {
		t.Errorf("%v is explained as %v, want a 503", err, got)
	}
	if got := explain(nil, nil, sql.ErrNoRows); got != sql.ErrNoRows {
		t.Errorf("another error: got %v", got)
	}
}
