import type { operations } from './schema';

type TaskQuery = NonNullable<operations['listTasks']['parameters']['query']>;

export const pageSize = 10;
export const priorities = ['low', 'normal', 'high'] as const;
export const sorts = { created: 'Newest', due: 'Due date', title: 'Title', priority: 'Priority' } as const;

/** Returns the request for the query of the page /tasks. What it does not know, it leaves out. */
export function toTaskQuery(search: URLSearchParams): TaskQuery {
  const query: TaskQuery = { size: pageSize, page: Math.max(1, Number(search.get('page')) || 1) };
  const q = search.get('q')?.trim();
  if (q) query.q = q;
  const assignee = Number(search.get('assignee'));
  if (assignee > 0) query.assignee = assignee;
  const chosen = priorities.filter((priority) => search.getAll('priority').includes(priority));
  if (chosen.length > 0) query.priority = chosen;
  if (search.get('overdue') === 'true') query.overdue = true;
  const sort = search.get('sort');
  if (sort === 'created' || sort === 'due' || sort === 'title' || sort === 'priority') query.sort = sort;
  return query;
}
