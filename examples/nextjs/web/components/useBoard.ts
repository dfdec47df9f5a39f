'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { api, send, type BoardView, type Change } from '@/lib/api';
import { applyChange } from '@/lib/board';
import { follow, type Connection } from '@/lib/live';

export type Edit = (change: (board: BoardView) => BoardView) => void;

export interface LiveBoard {
  board: BoardView | undefined;
  /** Why there is no board. */
  problem: string | undefined;
  connection: Connection;
  /** Changes the board at once, before the server knows. */
  edit: Edit;
  /** Fetches the board anew, for example after a request that failed. */
  load: () => Promise<void>;
}

/** Holds a board and keeps it up to date. The caller is told of changes to tasks. */
export function useBoard(
  id: number,
  initial: BoardView | undefined,
  following: boolean,
  onChange: (change: Change) => void,
): LiveBoard {
  const [board, setBoard] = useState(initial);
  const [problem, setProblem] = useState<string>();
  const [connection, setConnection] = useState<Connection>('connecting');
  const last = useRef(initial?.lastChange ?? 0);
  const listener = useRef(onChange);

  useEffect(() => {
    listener.current = onChange;
  }, [onChange]);

  const load = useCallback(async () => {
    const result = await send(api.GET('/api/boards/{id}', { params: { path: { id } } }));
    if (result.ok) {
      last.current = Math.max(last.current, result.data.lastChange);
      setBoard(result.data);
      setProblem(undefined);
    } else {
      setProblem(result.status === 404 ? 'There is no such board.' : result.failure.message);
      if (result.status === 404) setBoard(undefined);
    }
  }, [id]);

  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- it is set after the response
    if (!initial) void load();
  }, [initial, load]);

  const ready = following && board !== undefined;
  useEffect(() => {
    if (!ready) return;
    return follow(id, {
      last: () => last.current,
      state: setConnection,
      change: (change) => {
        last.current = Math.max(last.current, change.id);
        if (change.kind === 'board' || change.kind === 'reset') void load();
        else setBoard((shown) => shown && applyChange(shown, change));
        listener.current(change);
      },
    });
  }, [id, ready, load]);

  const edit = useCallback<Edit>((change) => {
    setBoard((shown) => shown && change(shown));
  }, []);

  return { board, problem, connection, edit, load };
}
