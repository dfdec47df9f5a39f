'use client';

import type { BoardView } from '@/lib/api';
import { useQuery } from '@/lib/location';
import { Board } from './Board';

/** Shows the board that the query names. The state of one board is not that of another. */
export function BoardPage({ initial }: { initial: BoardView | undefined }) {
  const id = Number(useQuery().get('id'));
  return <Board key={id} id={id} initial={initial?.id === id ? initial : undefined} />;
}
