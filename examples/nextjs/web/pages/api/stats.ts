import type { NextApiRequest, NextApiResponse } from 'next';
import createClient from 'openapi-fetch';
import type { paths } from '@/lib/schema';
import type { Stats } from '@/lib/stats';

const api = createClient<paths>({ baseUrl: process.env.API_URL ?? 'http://127.0.0.1:8080' });

/** Counts a board's tasks. It is the last route that has not moved to Go. */
export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  const board = Number(req.query.board);
  if (!Number.isInteger(board)) {
    res.status(400).json({ title: 'Bad Request', status: 400, detail: 'board must be an integer' });
    return;
  }
  const { data, error } = await api.GET('/api/boards/{id}', {
    params: { path: { id: board } },
    headers: { cookie: req.headers.cookie ?? '' },
  });
  if (!data) {
    res.status(error.status).json(error);
    return;
  }
  const today = new Date().toISOString().slice(0, 10);
  const last = data.columns.at(-1)?.id;
  const stats: Stats = {
    board: data.id,
    total: data.tasks.length,
    overdue: data.tasks.filter((t) => t.due !== null && t.due < today && t.column !== last).length,
    unassigned: data.tasks.filter((t) => t.assignee === null).length,
    columns: data.columns.map(({ id, name }) => ({
      name,
      tasks: data.tasks.filter((t) => t.column === id).length,
    })),
  };
  res.status(200).json(stats);
}
