package main

import (
	"context"
	"database/sql"
	"time"
)

// demoPassword is that of all users in the demo data.
const demoPassword = "demo-board"

// A demoTask is a task of the demo data, in the column with the given position.
type demoTask struct {
	column   int
	title    string
	priority Priority
	labels   Labels
	due      int    // in days from today; 0 is none
	assignee string // "" is nobody
	notes    string
}

var demoUsers = []struct{ name, color string }{
	{"Ada", "#7c3aed"}, {"Grace", "#0e7490"}, {"Linus", "#b45309"},
}

var demoBoards = []struct {
	name    string
	columns []string
	tasks   []demoTask
}{
	{"Website", []string{"Backlog", "In progress", "Review", "Done"}, []demoTask{
		{0, "Write the page about prices", "normal", Labels{"content"}, 9, "", "Three plans. Show yearly prices first."},
		{0, "Choose a typeface for headings", "low", Labels{"design"}, 0, "Grace", ""},
		{0, "Redirect the old blog", "normal", Labels{"backend"}, 12, "", "The list of addresses is in the attachment of the ticket."},
		{0, "Check colors for contrast", "normal", Labels{"design", "a11y"}, 0, "", ""},
		{1, "Sign-in form keeps the name after an error", "high", Labels{"bug"}, 1, "Ada", "Seen on phones only."},
		{1, "Pictures load too late on slow lines", "high", Labels{"bug", "speed"}, -2, "Linus", "Measure with a throttled connection."},
		{1, "Move the statistics to Go", "normal", Labels{"backend"}, 4, "Ada", "One route is still in pages/api."},
		{2, "Keyboard shortcuts for the board", "normal", Labels{"a11y"}, 2, "Grace", ""},
		{3, "Set up the domain", "normal", Labels{"ops"}, -10, "Linus", ""},
		{3, "First draft of the front page", "high", Labels{"content", "design"}, -6, "Grace", ""},
	}},
	{"Hiring", []string{"Applied", "Interview", "Offer"}, []demoTask{
		{0, "Read the new applications", "normal", nil, 3, "Ada", ""},
		{1, "Prepare the programming task", "high", Labels{"backend"}, 1, "Linus", "It should take an hour at most."},
		{2, "Send the contract to Maria", "high", nil, 1, "Grace", ""},
	}},
}

// seed fills an empty database with demo data. A database that has users stays as it is.
func (s *store) seed(ctx context.Context) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n); err != nil || n > 0 {
			return err
		}
		password, err := hashPassword(demoPassword)
		if err != nil {
			return err
		}
		for _, u := range demoUsers {
			if err := addUser(ctx, tx, u.name, u.color, password); err != nil {
				return err
			}
		}
		for _, b := range demoBoards {
			if err := seedBoard(ctx, tx, b.name, b.columns, b.tasks); err != nil {
				return err
			}
		}
		return nil
	})
}

func seedBoard(ctx context.Context, q querier, name string, columns []string, tasks []demoTask) error {
	id, err := insertBoard(ctx, q, name, columns)
	if err != nil {
		return err
	}
	b, err := getBoard(ctx, q, id)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		in := NewTask{Title: t.title, Notes: t.notes, Priority: t.priority, Labels: t.labels, Column: &b.Columns[t.column].ID}
		if t.due != 0 {
			due := Date(time.Now().UTC().AddDate(0, 0, t.due).Format(time.DateOnly))
			in.Due = &due
		}
		if t.assignee != "" {
			in.Assignee = new(int64)
			if err := q.QueryRowContext(ctx, `SELECT id FROM users WHERE name = ?`, t.assignee).Scan(in.Assignee); err != nil {
				return err
			}
		}
		if _, err := insertTask(ctx, q, id, in); err != nil {
			return err
		}
	}
	return nil
}
