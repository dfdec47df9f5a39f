// How the state of a board changes. All functions return a new board and leave the old one alone.
import type { BoardView, Change, Task } from './api';

/** Returns the tasks of a column in their order. */
export function inColumn(board: BoardView, column: number): Task[] {
  return board.tasks
    .filter((task) => task.column === column)
    .sort((a, b) => a.position - b.position);
}

/** Inserts or replaces a task. The others make room for it and close the gap, as in an array. */
export function placeTask(board: BoardView, task: Task): BoardView {
  const rest = without(board, task.id);
  const tasks = rest.tasks.map((other) =>
    other.column === task.column && other.position >= task.position
      ? { ...other, position: other.position + 1 }
      : other,
  );
  return { ...rest, tasks: [...tasks, task] };
}

/** Removes a task; the tasks below it move up. */
export function without(board: BoardView, id: number): BoardView {
  const gone = board.tasks.find((task) => task.id === id);
  if (!gone) return board;
  const tasks = board.tasks
    .filter((task) => task.id !== id)
    .map((task) =>
      task.column === gone.column && task.position > gone.position
        ? { ...task, position: task.position - 1 }
        : task,
    );
  return { ...board, tasks };
}

/** Moves a task as a PATCH with column and position does. */
export function moveTask(board: BoardView, id: number, column: number, position: number): BoardView {
  const task = board.tasks.find((each) => each.id === id);
  return task ? placeTask(board, { ...task, column, position }) : board;
}

/**
 * Applies a change that the server has sent. A change that the board has already, because it was
 * fetched later, has no effect.
 */
export function applyChange(board: BoardView, change: Change): BoardView {
  if (change.id <= board.lastChange) return board;
  const next = { ...board, lastChange: change.id };
  if (change.kind === 'task' && change.task) return placeTask(next, change.task);
  if (change.kind === 'task-deleted' && change.taskId !== undefined) {
    return without(next, change.taskId);
  }
  return next;
}
