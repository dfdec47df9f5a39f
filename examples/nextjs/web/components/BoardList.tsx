'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useState, type SyntheticEvent } from 'react';
import { api, send, type Board, type Failure } from '@/lib/api';
import { formatDate } from '@/lib/format';
import { useReady } from '@/lib/ready';
import { Alert, Field } from './Field';

export function BoardList({ initial }: { initial: Board[] | undefined }) {
  const [boards, setBoards] = useState(initial);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    void send(api.GET('/api/boards')).then((result) => {
      if (result.ok) setBoards(result.data);
      else setProblem(result.failure.message);
    });
  }, []);

  return (
    <main className="page">
      <h1>Boards</h1>
      <Alert>{problem}</Alert>
      {boards ? (
        <ul className="boards">
          {boards.map((board) => (
            <li key={board.id}>
              <BoardLink board={board} />
            </li>
          ))}
          <li>
            <NewBoard />
          </li>
        </ul>
      ) : (
        <div className="loading" role="status" aria-label="Loading" />
      )}
    </main>
  );
}

function BoardLink({ board }: { board: Board }) {
  const total = board.columns.reduce((sum, column) => sum + column.tasks, 0);
  const done = board.columns.at(-1)?.tasks ?? 0;
  return (
    <Link href={`/board?id=${board.id}`} className="panel board-link">
      <h2>{board.name}</h2>
      <p className="hint">
        {total} {total === 1 ? 'task' : 'tasks'}, {done} in the last column
      </p>
      <span className="shares" aria-hidden="true">
        {board.columns.map((column, index) => (
          <span key={column.id} data-tone={index % 6} style={{ flexGrow: column.tasks }} />
        ))}
      </span>
      <p className="legend">
        {board.columns.map((column, index) => (
          <span key={column.id} data-tone={index % 6}>
            {column.name} {column.tasks}
          </span>
        ))}
      </p>
      <p className="hint">Last change: {formatDate(board.updated)}</p>
    </Link>
  );
}

function NewBoard() {
  const ready = useReady();
  const router = useRouter();
  const [name, setName] = useState('');
  const [columns, setColumns] = useState('To do, Doing, Done');
  const [failure, setFailure] = useState<Failure>();

  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    const body = { name, columns: columns.split(',').map((column) => column.trim()) };
    const result = await send(api.POST('/api/boards', { body }), 'name', 'columns');
    if (result.ok) router.push(`/board?id=${result.data.id}`);
    else setFailure(result.failure);
  };

  return (
    <form className="panel new" onSubmit={submit} noValidate>
      <h2>New board</h2>
      <Alert>{failure?.message}</Alert>
      <Field label="Name" fault={failure?.fields.name}>
        {(control) => (
          <input
            {...control}
            disabled={!ready}
            name="name"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
        )}
      </Field>
      <Field label="Columns" fault={failure?.fields.columns} hint="Separate columns with commas.">
        {(control) => (
          <input
            {...control}
            disabled={!ready}
            name="columns"
            value={columns}
            onChange={(event) => {
              setColumns(event.target.value);
            }}
          />
        )}
      </Field>
      <button className="primary">Create the board</button>
    </form>
  );
}
