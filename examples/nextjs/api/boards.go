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

// A Board is a board without its tasks.
type Board struct {
	ID      int64        `json:"id"`
	Name    string       `json:"name"`
	Columns List[Column] `json:"columns"`
	Updated time.Time    `json:"updated"`
}

// A Column is one of the lists of a board.
type Column struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Position int    `json:"position" minimum:"0" doc:"Counts from 0 within the board."`
	Tasks    int    `json:"tasks" minimum:"0" doc:"How many tasks it has."`
}

// A BoardView is a board with all of its tasks.
type BoardView struct {
	Board
	Tasks      List[Task] `json:"tasks" doc:"By column, then by position."`
	LastChange int64      `json:"lastChange" doc:"Where a feed continues from this state."`
}

type boardID struct {
	ID int64 `path:"id"`
}

func (in boardID) orNotFound(err error) error { return orNotFound(err, "board", in.ID) }

// orNotFound returns a 404 for sql.ErrNoRows, and every other error unchanged.
func orNotFound(err error, kind string, id int64) error {
	if errors.Is(err, sql.ErrNoRows) {
		return apiroute.Errorf(404, "there is no %s %d", kind, id)
	}
	return err
}

func scanBoard(r row) (b Board, err error) {
	var updated int64
	err = r.Scan(&b.ID, &b.Name, &updated)
	b.Updated = time.UnixMilli(updated).UTC()
	return b, err
}

func scanColumn(r row) (c Column, err error) {
	err = r.Scan(&c.ID, &c.Name, &c.Position, &c.Tasks)
	return c, err
}

const selectColumns = `SELECT id, name, position,
	(SELECT count(*) FROM tasks WHERE column_id = columns.id) FROM columns `

// getBoard reads a board with its columns.
func getBoard(ctx context.Context, q querier, id int64) (Board, error) {
	b, err := scanBoard(q.QueryRowContext(ctx, `SELECT id, name, updated FROM boards WHERE id = ?`, id))
	if err != nil {
		return b, err
	}
	b.Columns, err = list(ctx, q, scanColumn, selectColumns+`WHERE board_id = ? ORDER BY position`, id)
	return b, err
}

func getColumn(ctx context.Context, q querier, id int64) (Column, error) {
	return scanColumn(q.QueryRowContext(ctx, selectColumns+`WHERE id = ?`, id))
}

func (a *app) listBoards(ctx context.Context, _ struct{}) (boards List[Board], err error) {
	err = a.inRead(ctx, func(tx *sql.Tx) error {
		boards, err = list(ctx, tx, scanBoard, `SELECT id, name, updated FROM boards ORDER BY id`)
		for i := range boards {
			if boards[i], err = getBoard(ctx, tx, boards[i].ID); err != nil {
				return err
			}
		}
		return err
	})
	return boards, err
}

func (a *app) showBoard(ctx context.Context, in boardID) (v BoardView, err error) {
	err = a.inRead(ctx, func(tx *sql.Tx) error {
		if v.Board, err = getBoard(ctx, tx, in.ID); err != nil {
			return err
		}
		v.Tasks, err = list(ctx, tx, scanTask, selectTasks+`WHERE tasks.board_id = ?
			ORDER BY columns.position, tasks.position`, in.ID)
		if err != nil {
			return err
		}
		v.LastChange, err = lastChange(ctx, tx)
		return err
	})
	return v, in.orNotFound(err)
}

type newBoardInput struct {
	Body NewBoard `body:"json"`
}

// A NewBoard has the members that a client may set.
type NewBoard struct {
	Name    string       `json:"name" minLength:"1" maxLength:"60"`
	Columns List[string] `json:"columns,omitempty" minLength:"1" maxLength:"40" minItems:"1" maxItems:"8" doc:"Their names; absent, it gets three."`
}

// Validate checks what no rule in a tag can say. It runs if no rule is broken.
func (b NewBoard) Validate() error {
	errs := []error{notBlank(b.Name, "name")}
	for i, name := range b.Columns {
		errs = append(errs, notBlank(name, fmt.Sprintf("columns[%d]", i)))
	}
	return errors.Join(errs...)
}

// notBlank returns an error if a string has nothing but spaces.
func notBlank(s, name string) error {
	if strings.TrimSpace(s) == "" {
		return apiroute.FieldError{In: "body", Name: name, Detail: "must not be blank"}
	}
	return nil
}

// A boardCreated is a 201 that says where the new board is.
type boardCreated struct {
	Status   int    `status:"201"`
	Location string `header:"Location"`
	Board    Board  `body:"json"`
}

func (a *app) createBoard(ctx context.Context, in newBoardInput) (out boardCreated, err error) {
	columns := in.Body.Columns
	if len(columns) == 0 {
		columns = List[string]{"To do", "In progress", "Done"}
	}
	err = a.inTx(ctx, func(tx *sql.Tx) error {
		id, err := insertBoard(ctx, tx, in.Body.Name, columns)
		if err != nil {
			return err
		}
		out.Location = fmt.Sprintf("/api/boards/%d", id)
		out.Board, err = getBoard(ctx, tx, id)
		return err
	})
	return out, orNameTaken(err)
}

func insertBoard(ctx context.Context, q querier, name string, columns []string) (id int64, err error) {
	err = q.QueryRowContext(ctx, `INSERT INTO boards (name, updated) VALUES (?, ?) RETURNING id`,
		strings.TrimSpace(name), time.Now().UnixMilli()).Scan(&id)
	for i, c := range columns {
		if err == nil {
			_, err = q.ExecContext(ctx, `INSERT INTO columns (board_id, position, name) VALUES (?, ?, ?)`,
				id, i, strings.TrimSpace(c))
		}
	}
	return id, err
}

// orNameTaken returns a 409 that names the field if a name is taken, and every other error unchanged.
func orNameTaken(err error) error {
	if isTaken(err) {
		field := apiroute.FieldError{In: "body", Name: "name", Detail: "is the name of another board"}
		return &apiroute.Error{Status: 409, Detail: "this name is taken", Fields: []apiroute.FieldError{field}}
	}
	return err
}

type boardUpdate struct {
	boardID
	Body struct {
		Name *string `json:"name,omitempty" minLength:"1" maxLength:"60"`
	} `body:"json"`
}

// Validate checks what no rule in a tag can say.
func (in boardUpdate) Validate() error { return notBlankIfSet(in.Body.Name, "name") }

func notBlankIfSet(s *string, name string) error {
	if s == nil {
		return nil
	}
	return notBlank(*s, name)
}

func (a *app) updateBoard(ctx context.Context, in boardUpdate) (b Board, err error) {
	err = a.change(ctx, func(tx *sql.Tx) (Change, error) {
		if in.Body.Name != nil {
			name := strings.TrimSpace(*in.Body.Name)
			if _, err := tx.ExecContext(ctx, `UPDATE boards SET name = ? WHERE id = ?`, name, in.ID); err != nil {
				return Change{}, err
			}
		}
		b, err = getBoard(ctx, tx, in.ID)
		return Change{Kind: "board", Board: in.ID}, err
	})
	return b, orNameTaken(in.orNotFound(err))
}

func (a *app) deleteBoard(ctx context.Context, in boardID) (struct{}, error) {
	err := a.change(ctx, func(tx *sql.Tx) (Change, error) {
		// The tasks refer to the columns, so they go first.
		if _, err := tx.ExecContext(ctx, `DELETE FROM tasks WHERE board_id = ?`, in.ID); err != nil {
			return Change{}, err
		}
		err := changed(tx.ExecContext(ctx, `DELETE FROM boards WHERE id = ?`, in.ID))
		return Change{Kind: "board", Board: in.ID}, err
	})
	return struct{}{}, in.orNotFound(err)
}

type newColumn struct {
	boardID
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"40"`
	} `body:"json"`
}

// Validate checks what no rule in a tag can say.
func (in newColumn) Validate() error { return notBlank(in.Body.Name, "name") }

type columnCreated struct {
	Status   int    `status:"201"`
	Location string `header:"Location"`
	Column   Column `body:"json"`
}

func (a *app) createColumn(ctx context.Context, in newColumn) (out columnCreated, err error) {
	err = a.change(ctx, func(tx *sql.Tx) (Change, error) {
		b, err := getBoard(ctx, tx, in.ID)
		if err != nil {
			return Change{}, err
		}
		var id int64
		err = tx.QueryRowContext(ctx, `INSERT INTO columns (board_id, position, name) VALUES (?, ?, ?) RETURNING id`,
			in.ID, len(b.Columns), strings.TrimSpace(in.Body.Name)).Scan(&id)
		if err != nil {
			return Change{}, err
		}
		out.Location = fmt.Sprintf("/api/columns/%d", id)
		out.Column, err = getColumn(ctx, tx, id)
		return Change{Kind: "board", Board: in.ID}, err
	})
	return out, in.orNotFound(err)
}

type columnID struct {
	ID int64 `path:"id"`
}

func (in columnID) orNotFound(err error) error { return orNotFound(err, "column", in.ID) }

type columnUpdate struct {
	columnID
	Body struct {
		Name     *string `json:"name,omitempty" minLength:"1" maxLength:"40"`
		Position *int    `json:"position,omitempty" minimum:"0" maximum:"1000000" doc:"Beyond the end is the end."`
	} `body:"json"`
}

// Validate checks what no rule in a tag can say.
func (in columnUpdate) Validate() error { return notBlankIfSet(in.Body.Name, "name") }

func (a *app) updateColumn(ctx context.Context, in columnUpdate) (c Column, err error) {
	err = a.change(ctx, func(tx *sql.Tx) (Change, error) {
		at, err := findColumn(ctx, tx, in.ID)
		if err != nil {
			return Change{}, err
		}
		if in.Body.Name != nil {
			name := strings.TrimSpace(*in.Body.Name)
			if _, err := tx.ExecContext(ctx, `UPDATE columns SET name = ? WHERE id = ?`, name, in.ID); err != nil {
				return Change{}, err
			}
		}
		if in.Body.Position != nil {
			if err := inColumns.take(ctx, tx, in.ID, at); err != nil {
				return Change{}, err
			}
			if err := inColumns.put(ctx, tx, in.ID, place{at.group, *in.Body.Position}); err != nil {
				return Change{}, err
			}
		}
		c, err = getColumn(ctx, tx, in.ID)
		return Change{Kind: "board", Board: at.group}, err
	})
	return c, in.orNotFound(err)
}

// findColumn returns the board of a column, and its position there.
func findColumn(ctx context.Context, q querier, id int64) (at place, err error) {
	err = q.QueryRowContext(ctx, `SELECT board_id, position FROM columns WHERE id = ?`, id).Scan(&at.group, &at.position)
	return at, err
}

func (a *app) deleteColumn(ctx context.Context, in columnID) (struct{}, error) {
	err := a.change(ctx, func(tx *sql.Tx) (Change, error) {
		at, err := findColumn(ctx, tx, in.ID)
		if err != nil {
			return Change{}, err
		}
		c, err := getColumn(ctx, tx, in.ID)
		if err != nil {
			return Change{}, err
		}
		if c.Tasks > 0 {
			return Change{}, apiroute.Errorf(409, "the column has tasks: move or delete them first")
		}
		if err := inColumns.take(ctx, tx, in.ID, at); err != nil {
			return Change{}, err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM columns WHERE id = ?`, in.ID)
		return Change{Kind: "board", Board: at.group}, err
	})
	return struct{}{}, in.orNotFound(err)
}
