import type { DragStart, DragUpdate, DropResult, ResponderProvided } from '@hello-pangea/dnd';
import type { BoardView } from '@/lib/api';

/** Tells a screen reader what happens to a task that is moved, by the names of the columns. */
export function announcer(board: BoardView) {
  const place = (at: DragUpdate['destination']) => {
    if (!at) return 'Not over a column';
    const column = board.columns.find(({ id }) => String(id) === at.droppableId);
    return `Position ${at.index + 1} of ${column?.name ?? 'a column'}`;
  };
  return {
    lift: ({ source }: DragStart, { announce }: ResponderProvided) => {
      announce(`Lifted. ${place(source)}.`);
    },
    move: ({ destination }: DragUpdate, { announce }: ResponderProvided) => {
      announce(`${place(destination)}.`);
    },
    drop: ({ reason, destination, source }: DropResult, { announce }: ResponderProvided) => {
      const moved = reason === 'DROP' && destination;
      announce(moved ? `Dropped. ${place(destination)}.` : `Put back. ${place(source)}.`);
    },
  };
}
