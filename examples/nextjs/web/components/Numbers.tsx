'use client';

import { useEffect, useState } from 'react';
import type { BoardView } from '@/lib/api';
import type { Stats } from '@/lib/stats';

const pause = 300; // milliseconds, so that many changes at once are counted once

/** The numbers of a board from /api/stats. Without that route there are none. */
export function Numbers({ board }: { board: BoardView }) {
  const [stats, setStats] = useState<Stats>();

  useEffect(() => {
    const abort = new AbortController();
    const count = async () => {
      try {
        const response = await fetch(`/api/stats?board=${board.id}`, { signal: abort.signal });
        setStats(response.ok ? ((await response.json()) as Stats) : undefined);
      } catch {
        // The numbers on the page stay; the next change asks for new ones.
      }
    };
    const timer = setTimeout(() => void count(), pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [board]);

  // The place of the numbers is kept, so that nothing moves when they arrive.
  if (!stats) return <div className="numbers" />;
  return (
    <ul className="numbers" aria-label="Numbers">
      <li>
        <b>{stats.total}</b> {stats.total === 1 ? 'task' : 'tasks'}
      </li>
      <li className={stats.overdue > 0 ? 'overdue' : undefined}>
        <b>{stats.overdue}</b> overdue
      </li>
      <li>
        <b>{stats.unassigned}</b> unassigned
      </li>
    </ul>
  );
}
