package main

import (
	"context"
	"fmt"
)

// A place is a position within a group, such as that of a task within a column.
type place struct {
	group    int64
	position int
}

// end is a position beyond the end of every group.
const end = 1 << 30

// An order keeps the rows of a table in a sequence: within each group, their positions are 0, 1, 2
// and so on. A row that is not part of the sequence has the position -1. No such row is left at the
// end of a transaction.
type order struct{ table, group string }

var (
	inColumns = order{"columns", "board_id"}
	inTasks   = order{"tasks", "column_id"}
)

// shift adds by to the position of every row from a place on.
func (o order) shift(ctx context.Context, q querier, from place, by int) error {
	_, err := q.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET position = position + ? WHERE %s = ? AND position >= ?`,
		o.table, o.group), by, from.group, from.position)
	return err
}

// take takes a row out of the sequence and closes the gap.
func (o order) take(ctx context.Context, q querier, id int64, from place) error {
	_, err := q.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET position = -1 WHERE id = ?`, o.table), id)
	if err != nil {
		return err
	}
	return o.shift(ctx, q, place{from.group, from.position + 1}, -1)
}

// put puts a row that is not part of the sequence at a place. Beyond the end is the end.
func (o order) put(ctx context.Context, q querier, id int64, to place) error {
	var n int
	err := q.QueryRowContext(ctx, fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = ? AND position >= 0`,
		o.table, o.group), to.group).Scan(&n)
	if err != nil {
		return err
	}
	to.position = min(to.position, n)
	if err := o.shift(ctx, q, to, 1); err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET %s = ?, position = ? WHERE id = ?`, o.table, o.group),
		to.group, to.position, id)
	return err
}
