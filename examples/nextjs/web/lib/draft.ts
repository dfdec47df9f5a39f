import type { Task } from './api';
import type { components } from './schema';

type Patch = components['schemas']['TaskUpdate'];

/** What the form of a task contains. */
export interface Draft {
  title: string;
  notes: string;
  column: number;
  assignee: number | null;
  due: string | null;
  priority: Task['priority'];
  labels: string;
}

export function toDraft(task: Task): Draft {
  const { title, notes, column, due, priority } = task;
  const assignee = task.assignee?.id ?? null;
  return { title, notes, column, due, priority, assignee, labels: task.labels.join(', ') };
}

/** Returns the PATCH that makes a task that was opened as before contain what the form contains. */
export function difference(before: Draft, after: Draft): Patch {
  const patch: Patch = {};
  if (after.title !== before.title) patch.title = after.title;
  if (after.notes !== before.notes) patch.notes = after.notes;
  if (after.column !== before.column) patch.column = after.column;
  if (after.assignee !== before.assignee) patch.assignee = after.assignee;
  if (after.due !== before.due) patch.due = after.due;
  if (after.priority !== before.priority) patch.priority = after.priority;
  if (after.labels !== before.labels) {
    patch.labels = after.labels.split(',').map((label) => label.trim()).filter(Boolean);
  }
  return patch;
}
