package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/apiroute"
)

// A Task is a card on a board.
type Task struct {
	ID          int64            `json:"id"`
	Board       int64            `json:"board"`
	Column      int64            `json:"column"`
	Position    int              `json:"position" minimum:"0" doc:"Counts from 0 within the column."`
	Title       string           `json:"title"`
	Notes       string           `json:"notes"`
	Priority    Priority         `json:"priority"`
	Labels      List[Label]      `json:"labels"`
	Due         *Date            `json:"due"`
	Assignee    *User            `json:"assignee"`
	Attachments List[Attachment] `json:"attachments"`
	Created     time.Time        `json:"created"`
	Updated     time.Time        `json:"updated"`
}

// A Priority says how much a task matters.
type Priority string

// JSONSchema states the rules of the type once, for every field that has it.
func (Priority) JSONSchema() any {
	return map[string]any{"enum": []string{"low", "normal", "high"}}
}

// Labels are the labels of a task in a request.
type Labels []Label

// JSONSchema states the rules of the list. null is none of its values.
func (Labels) JSONSchema() any {
	return map[string]any{"type": "array", "maxItems": 5, "uniqueItems": true}
}

// A Label is a word for tasks of one kind.
type Label string

// JSONSchema states the rules of each element.
func (Label) JSONSchema() any { return map[string]any{"minLength": 1, "maxLength": 20} }

// A Date is a day such as 2026-12-31.
type Date string

// JSONSchema states the rules of the type once, for every field that has it.
func (Date) JSONSchema() any { return map[string]any{"format": "date"} }

const selectTasks = `SELECT tasks.id, tasks.board_id, tasks.column_id, tasks.position, tasks.title, tasks.notes,
		tasks.priority, tasks.labels, tasks.due, users.id, users.name, users.color,
		(SELECT json_group_array(json_object('id', id, 'name', name, 'type', type, 'size', size,
			'url', '/api/attachments/' || id) ORDER BY id) FROM attachments WHERE task_id = tasks.id),
		tasks.created, tasks.updated
	FROM tasks JOIN columns ON columns.id = tasks.column_id LEFT JOIN users ON users.id = tasks.assignee_id `

func scanTask(r row) (t Task, err error) {
	var assignee sql.NullInt64
	var name, color sql.NullString
	var created, updated int64
	err = r.Scan(&t.ID, &t.Board, &t.Column, &t.Position, &t.Title, &t.Notes, &t.Priority, &t.Labels, &t.Due,
		&assignee, &name, &color, &t.Attachments, &created, &updated)
	if assignee.Valid {
		t.Assignee = &User{ID: assignee.Int64, Name: name.String, Color: color.String}
	}
	t.Created, t.Updated = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	return t, err
}

func getTask(ctx context.Context, q querier, id int64) (Task, error) {
	return scanTask(q.QueryRowContext(ctx, selectTasks+`WHERE tasks.id = ?`, id))
}

type taskID struct {
	ID int64 `path:"id"`
}

func (in taskID) orNotFound(err error) error { return orNotFound(err, "task", in.ID) }

func (a *app) showTask(ctx context.Context, in taskID) (Task, error) {
	t, err := getTask(ctx, a.read, in.ID)
	return t, in.orNotFound(err)
}

// A taskSearch is the input of GET /api/tasks. What is absent does not restrict the search.
type taskSearch struct {
	Query    string     `query:"q" maxLength:"100" doc:"A text that the title or the notes contain."`
	Board    int64      `query:"board"`
	Column   int64      `query:"column"`
	Assignee int64      `query:"assignee"`
	Priority []Priority `query:"priority"`
	Label    string     `query:"label"`
	Overdue  bool       `query:"overdue" doc:"Only tasks that are due before today and not in the last column."`
	Sort     string     `query:"sort" enum:"created,due,title,priority" default:"created"`
	Page     int        `query:"page" minimum:"1" maximum:"1000000" default:"1"`
	Size     int        `query:"size" minimum:"1" maximum:"100" default:"20"`
}

// A TaskPage is one page of the tasks found.
type TaskPage struct {
	Tasks List[Task] `json:"tasks"`
	Page  int        `json:"page"`
	Pages int        `json:"pages"`
	Total int        `json:"total"`
}

// found is the condition of a search. Unlike LIKE, instr needs no escaping of the text.
const found = `WHERE (?1 = '' OR instr(lower(tasks.title || char(10) || tasks.notes), lower(?1)) > 0)
	AND (?2 = 0 OR tasks.board_id = ?2)
	AND (?3 = 0 OR tasks.column_id = ?3)
	AND (?4 = 0 OR tasks.assignee_id = ?4)
	AND (?5 = 'null' OR tasks.priority IN (SELECT value FROM json_each(?5)))
	AND (?6 = '' OR EXISTS (SELECT 1 FROM json_each(tasks.labels) WHERE value = ?6))
	AND (NOT ?7 OR (tasks.due < ?8 AND columns.position <
		(SELECT max(position) FROM columns AS c WHERE c.board_id = tasks.board_id))) `

// sorts has the ORDER BY for each value of taskSearch.Sort.
var sorts = map[string]string{
	"created":  `ORDER BY tasks.id DESC`,
	"due":      `ORDER BY tasks.due IS NULL, tasks.due, tasks.id`,
	"title":    `ORDER BY tasks.title COLLATE NOCASE, tasks.id`,
	"priority": `ORDER BY CASE tasks.priority WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END, tasks.id`,
}

// listTasks reads a page and the number of all tasks found in one transaction, so that both describe
// the same state.
func (a *app) listTasks(ctx context.Context, in taskSearch) (TaskPage, error) {
	out := TaskPage{Page: in.Page}
	priorities, err := json.Marshal(in.Priority)
	if err != nil {
		return out, err
	}
	args := []any{strings.TrimSpace(in.Query), in.Board, in.Column, in.Assignee, string(priorities), in.Label, in.Overdue, today()}
	err = a.inRead(ctx, func(tx *sql.Tx) error {
		const count = `SELECT count(*) FROM tasks JOIN columns ON columns.id = tasks.column_id `
		if err := tx.QueryRowContext(ctx, count+found, args...).Scan(&out.Total); err != nil {
			return err
		}
		out.Pages = (out.Total + in.Size - 1) / in.Size
		out.Tasks, err = list(ctx, tx, scanTask, selectTasks+found+sorts[in.Sort]+` LIMIT ?9 OFFSET ?10`,
			append(args, in.Size, (in.Page-1)*in.Size)...)
		return err
	})
	return out, err
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }

type newTaskInput struct {
	boardID
	Body NewTask `body:"json"`
}

// A NewTask has the members that a client may set.
type NewTask struct {
	Title    string   `json:"title" minLength:"1" maxLength:"120"`
	Notes    string   `json:"notes,omitempty" maxLength:"5000"`
	Priority Priority `json:"priority,omitempty" doc:"Absent, it is normal."`
	Labels   Labels   `json:"labels,omitempty"`
	Due      *Date    `json:"due,omitempty"`
	Assignee *int64   `json:"assignee,omitempty" doc:"The id of a user."`
	Column   *int64   `json:"column,omitempty" doc:"Absent, it is the first of the board."`
	Position *int     `json:"position,omitempty" minimum:"0" maximum:"1000000" doc:"Absent or beyond the end, it is the end."`
}

// Validate checks what no rule in a tag can say.
func (b NewTask) Validate() error { return notBlank(b.Title, "title") }

type taskCreated struct {
	Status   int    `status:"201"`
	Location string `header:"Location"`
	Task     Task   `body:"json"`
}

func (a *app) createTask(ctx context.Context, in newTaskInput) (out taskCreated, err error) {
	err = a.change(ctx, func(tx *sql.Tx) (Change, error) {
		out.Task, err = insertTask(ctx, tx, in.ID, in.Body)
		out.Location = fmt.Sprintf("/api/tasks/%d", out.Task.ID)
		return Change{Kind: "task", Board: in.ID, Task: &out.Task}, err
	})
	return out, in.orNotFound(err)
}

func insertTask(ctx context.Context, q querier, board int64, in NewTask) (Task, error) {
	b, err := getBoard(ctx, q, board)
	if err != nil {
		return Task{}, err
	}
	to := place{position: end}
	if in.Position != nil {
		to.position = *in.Position
	}
	switch {
	case in.Column != nil:
		to.group = *in.Column
	case len(b.Columns) == 0:
		return Task{}, apiroute.Errorf(409, "the board has no column")
	default:
		to.group = b.Columns[0].ID
	}
	if in.Priority == "" {
		in.Priority = "normal"
	}
	if err := errors.Join(checkColumn(ctx, q, board, to.group), checkUser(ctx, q, in.Assignee)); err != nil {
		return Task{}, err
	}
	labels, err := json.Marshal(List[Label](in.Labels))
	if err != nil {
		return Task{}, err
	}
	var id int64
	now := time.Now().UnixMilli()
	err = q.QueryRowContext(ctx, `INSERT INTO tasks (board_id, column_id, position, title, notes, priority, labels, due,
			assignee_id, created, updated) VALUES (?, ?, -1, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		board, to.group, strings.TrimSpace(in.Title), in.Notes, in.Priority, string(labels), in.Due, in.Assignee,
		now, now).Scan(&id)
	if err != nil {
		return Task{}, err
	}
	if err := inTasks.put(ctx, q, id, to); err != nil {
		return Task{}, err
	}
	return getTask(ctx, q, id)
}

// checkColumn returns a FieldError if a board does not have a column. The client learns of it like
// of what Validate rejects.
func checkColumn(ctx context.Context, q querier, board, column int64) error {
	var n int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM columns WHERE id = ? AND board_id = ?`, column, board).Scan(&n)
	if err == nil && n == 0 {
		return apiroute.FieldError{In: "body", Name: "column", Detail: "must be a column of this board"}
	}
	return err
}

func checkUser(ctx context.Context, q querier, id *int64) error {
	if id == nil {
		return nil
	}
	var n int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE id = ?`, *id).Scan(&n)
	if err == nil && n == 0 {
		return apiroute.FieldError{In: "body", Name: "assignee", Detail: "must be a member of the team"}
	}
	return err
}

type taskUpdateInput struct {
	taskID
	Body TaskUpdate `body:"json"`
}

// A TaskUpdate has the members to change. An absent one stays as it is, and null removes an
// Optional.
type TaskUpdate struct {
	Title    *string                   `json:"title,omitempty" minLength:"1" maxLength:"120"`
	Notes    *string                   `json:"notes,omitempty" maxLength:"5000"`
	Priority *Priority                 `json:"priority,omitempty"`
	Labels   *Labels                   `json:"labels,omitempty"`
	Due      apiroute.Optional[*Date]  `json:"due" doc:"null removes it."`
	Assignee apiroute.Optional[*int64] `json:"assignee" doc:"The id of a user; null removes it."`
	Column   *int64                    `json:"column,omitempty" doc:"Moves the task, to the end without a position."`
	Position *int                      `json:"position,omitempty" minimum:"0" maximum:"1000000" doc:"Beyond the end is the end."`
}

// Validate checks what no rule in a tag can say.
func (b TaskUpdate) Validate() error { return notBlankIfSet(b.Title, "title") }

func (a *app) updateTask(ctx context.Context, in taskUpdateInput) (t Task, err error) {
	err = a.change(ctx, func(tx *sql.Tx) (Change, error) {
		if t, err = getTask(ctx, tx, in.ID); err != nil {
			return Change{}, err
		}
		if err := in.Body.move(ctx, tx, t); err != nil {
			return Change{}, err
		}
		if err := in.Body.apply(ctx, tx, t); err != nil {
			return Change{}, err
		}
		t, err = getTask(ctx, tx, in.ID)
		return Change{Kind: "task", Board: t.Board, Task: &t}, err
	})
	return t, in.orNotFound(err)
}

// move moves a task if the body has a place for it.
func (b TaskUpdate) move(ctx context.Context, q querier, t Task) error {
	to := place{t.Column, end}
	switch {
	case b.Column == nil && b.Position == nil:
		return nil
	case b.Column != nil:
		to.group = *b.Column
	}
	if b.Position != nil {
		to.position = *b.Position
	}
	if err := checkColumn(ctx, q, t.Board, to.group); err != nil {
		return err
	}
	if err := inTasks.take(ctx, q, t.ID, place{t.Column, t.Position}); err != nil {
		return err
	}
	return inTasks.put(ctx, q, t.ID, to)
}

// apply writes the other members.
func (b TaskUpdate) apply(ctx context.Context, q querier, t Task) error {
	assignee := (*int64)(nil)
	if t.Assignee != nil {
		assignee = &t.Assignee.ID
	}
	set(&t.Title, b.Title)
	set(&t.Notes, b.Notes)
	set(&t.Priority, b.Priority)
	set((*Labels)(&t.Labels), b.Labels)
	b.Due.ApplyTo(&t.Due)
	b.Assignee.ApplyTo(&assignee)
	if err := checkUser(ctx, q, assignee); err != nil {
		return err
	}
	labels, err := json.Marshal(t.Labels)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE tasks SET title = ?, notes = ?, priority = ?, labels = ?, due = ?, assignee_id = ?,
			updated = ? WHERE id = ?`,
		strings.TrimSpace(t.Title), t.Notes, t.Priority, string(labels), t.Due, assignee, time.Now().UnixMilli(), t.ID)
	return err
}

// set changes a value if the body has another.
func set[T any](v, to *T) {
	if to != nil {
		*v = *to
	}
}

func (a *app) deleteTask(ctx context.Context, in taskID) (struct{}, error) {
	err := a.change(ctx, func(tx *sql.Tx) (Change, error) {
		t, err := getTask(ctx, tx, in.ID)
		if err != nil {
			return Change{}, err
		}
		if err := inTasks.take(ctx, tx, in.ID, place{t.Column, t.Position}); err != nil {
			return Change{}, err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM tasks WHERE id = ?`, in.ID)
		return Change{Kind: "task-deleted", Board: t.Board, TaskID: in.ID}, err
	})
	return struct{}{}, in.orNotFound(err)
}
