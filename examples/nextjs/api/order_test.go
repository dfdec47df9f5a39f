package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// columnsOf returns the ids of the tasks of a board by column, and checks that the positions in each
// column are 0, 1, 2 and so on.
func columnsOf(t *testing.T, s *site, board int64) map[int64][]int64 {
	t.Helper()
	got := map[int64][]int64{}
	for _, task := range get[BoardView](t, s, fmt.Sprint("/api/boards/", board)).Tasks {
		if task.Position != len(got[task.Column]) {
			t.Fatalf("task %d is at %d of column %d, want %d", task.ID, task.Position, task.Column, len(got[task.Column]))
		}
		got[task.Column] = append(got[task.Column], task.ID)
	}
	return got
}

// Moves do to the columns of a board what they do to slices.
func TestMoves(t *testing.T) {
	s := newTestSite(t)
	model := columnsOf(t, s, 1)
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		id, from, to, at := rnd.Int64N(10)+1, int64(0), rnd.Int64N(4)+1, rnd.IntN(6)
		for column, ids := range model {
			if slices.Contains(ids, id) {
				from = column
			}
		}
		body := fmt.Sprintf(`{"column":%d,"position":%d}`, to, at)
		switch rnd.IntN(4) {
		case 0: // without a column, within the column
			to, body = from, fmt.Sprintf(`{"position":%d}`, at)
		case 1: // without a position, to the end
			at, body = end, fmt.Sprintf(`{"column":%d}`, to)
		}
		model[from] = slices.DeleteFunc(model[from], func(v int64) bool { return v == id })
		model[to] = slices.Insert(model[to], min(at, len(model[to])), id)

		if res := s.do(t, "PATCH", fmt.Sprint("/api/tasks/", id), body); res.StatusCode != 200 {
			t.Fatalf("PATCH %d %s: got %d %s", id, body, res.StatusCode, res.body)
		}
		want := map[int64][]int64{}
		for column, ids := range model {
			if len(ids) > 0 {
				want[column] = slices.Clone(ids)
			}
		}
		if diff := cmp.Diff(want, columnsOf(t, s, 1)); diff != "" {
			t.Fatalf("after PATCH %d %s (-want +got):\n%s", id, body, diff)
		}
	}
}

// Many users who create, move and delete at once leave no gap, and no task twice.
func TestConcurrentMoves(t *testing.T) {
	s := newTestSite(t)
	var done sync.WaitGroup
	for i := range 40 {
		done.Go(func() {
			for _, call := range []struct {
				method, path, body string
				status             int
			}{
				{"POST", "/api/boards/1/tasks", fmt.Sprintf(`{"title":"%d","column":%d,"position":0}`, i, i%4+1), 201},
				{"PATCH", fmt.Sprint("/api/tasks/", i%10+1), fmt.Sprintf(`{"column":%d,"position":%d}`, i%4+1, i%3), 200},
				{"PATCH", fmt.Sprint("/api/columns/", i%4+1), fmt.Sprintf(`{"position":%d}`, i%4), 200},
			} {
				if res := s.do(t, call.method, call.path, call.body); res.StatusCode != call.status {
					t.Errorf("%s %s: got %d %s, want %d", call.method, call.path, res.StatusCode, res.body, call.status)
				}
			}
		})
	}
	done.Wait()
	n := 0
	for _, ids := range columnsOf(t, s, 1) {
		n += len(ids)
	}
	if n != 50 {
		t.Errorf("there are %d tasks, want 50", n)
	}
	for i, c := range get[BoardView](t, s, "/api/boards/1").Columns {
		if c.Position != i {
			t.Errorf("column %d is at %d, want %d", c.ID, c.Position, i)
		}
	}
}
