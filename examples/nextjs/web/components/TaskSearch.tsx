'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { api, send, type Board, type Task, type TaskPage } from '@/lib/api';
import { useQuery } from '@/lib/location';
import { useReady } from '@/lib/ready';
import { priorities, sorts, toTaskQuery } from '@/lib/tasks';
import { Avatar } from './Avatar';
import { Facts } from './Facts';
import { Alert } from './Field';
import { Search } from './icons';
import { Pages } from './Pages';

const pause = 250; // milliseconds without a key before the search

/** Searches the tasks of all boards. The address holds the search, so that it can be shared. */
export function TaskSearch({
  initial,
  boards: initialBoards,
}: {
  initial: { search: string; result: TaskPage } | undefined;
  boards: Board[] | undefined;
}) {
  const ready = useReady();
  const router = useRouter();
  const params = useQuery();
  const search = params.toString();
  const [text, setText] = useState(params.get('q') ?? '');
  const [result, setResult] = useState(initial?.search === search ? initial.result : undefined);
  const [boards, setBoards] = useState(initialBoards ?? []);
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    void send(api.GET('/api/boards')).then((outcome) => {
      if (outcome.ok) setBoards(outcome.data);
    });
  }, []);

  useEffect(() => {
    let current = true;
    const query = toTaskQuery(new URLSearchParams(search));
    void send(api.GET('/api/tasks', { params: { query } })).then((outcome) => {
      if (!current) return;
      if (outcome.ok) setResult(outcome.data);
      setProblem(outcome.ok ? undefined : outcome.failure.message);
    });
    return () => {
      current = false;
    };
  }, [search]);

  // A change of the search begins at its first page.
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    next.delete('page');
    if (value === '') next.delete(name);
    else next.set(name, value);
    router.replace(`/tasks?${next.toString()}`, { scroll: false });
  };

  useEffect(() => {
    if (text === (params.get('q') ?? '')) return;
    const timer = setTimeout(() => {
      choose('q', text);
    }, pause);
    return () => {
      clearTimeout(timer);
    };
  });

  return (
    <main className="page">
      <h1>Search</h1>
      <form
        className="filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          choose('q', text);
        }}
      >
        <div className="search">
          <Search />
          <input
            disabled={!ready}
            type="search"
            aria-label="Search for tasks"
            placeholder="Title or notes"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
        </div>
        <select
          disabled={!ready}
          aria-label="Priority"
          value={params.get('priority') ?? ''}
          onChange={(event) => {
            choose('priority', event.target.value);
          }}
        >
          <option value="">Any priority</option>
          {priorities.map((priority) => (
            <option key={priority}>{priority}</option>
          ))}
        </select>
        <select
          disabled={!ready}
          aria-label="Order"
          value={params.get('sort') ?? 'created'}
          onChange={(event) => {
            choose('sort', event.target.value);
          }}
        >
          {Object.entries(sorts).map(([sort, name]) => (
            <option key={sort} value={sort}>
              {name}
            </option>
          ))}
        </select>
        <label className="check">
          <input
            type="checkbox"
            disabled={!ready}
            checked={params.get('overdue') === 'true'}
            onChange={(event) => {
              choose('overdue', event.target.checked ? 'true' : '');
            }}
          />
          Overdue only
        </label>
      </form>
      <Alert>{problem}</Alert>
      {result ? (
        <>
          <p className="hint" role="status">
            {result.total === 0 ? 'No task matches.' : `${result.total} tasks`}
          </p>
          <ul className="found panel">
            {result.tasks.map((task) => (
              <li key={task.id}>
                <Link href={`/board?id=${task.board}&task=${task.id}`}>
                  <span className="title">{task.title}</span>
                  <Place boards={boards} task={task} />
                  <Facts task={task} done={isDone(boards, task)} />
                </Link>
                {task.assignee && <Avatar user={task.assignee} />}
              </li>
            ))}
          </ul>
          <Pages
            page={result.page}
            pages={result.pages}
            onPage={(page) => {
              const next = new URLSearchParams(search);
              next.set('page', String(page));
              router.push(`/tasks?${next.toString()}`);
            }}
          />
        </>
      ) : (
        <div className="loading" role="status" aria-label="Loading" />
      )}
    </main>
  );
}

function Place({ boards, task }: { boards: Board[]; task: Task }) {
  const board = boards.find((each) => each.id === task.board);
  const column = board?.columns.find((each) => each.id === task.column);
  if (!board || !column) return null;
  return (
    <span className="hint">
      {board.name} · {column.name}
    </span>
  );
}

/** Reports whether a task is in the last column of its board. */
function isDone(boards: Board[], task: Task): boolean {
  return boards.some((board) => board.columns.at(-1)?.id === task.column);
}
