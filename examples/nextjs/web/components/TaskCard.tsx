'use client';

import { Draggable } from '@hello-pangea/dnd';
import type { Task } from '@/lib/api';
import { Avatar } from './Avatar';
import { Facts } from './Facts';

/** A task on the board. It is a drag handle as a whole; Enter or a click opens it. */
export function TaskCard({
  task,
  position,
  done,
  onOpen,
}: {
  task: Task;
  position: number;
  done: boolean;
  onOpen: (task: number) => void;
}) {
  const picture = task.attachments.find((attachment) => attachment.type.startsWith('image/'));
  return (
    <Draggable draggableId={String(task.id)} index={position}>
      {(provided, snapshot) => (
        <li ref={provided.innerRef} {...provided.draggableProps}>
          <div
            {...provided.dragHandleProps}
            className={snapshot.isDragging ? 'card dragged' : 'card'}
            aria-label={task.title}
            data-priority={task.priority}
            onClick={() => {
              onOpen(task.id);
            }}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.defaultPrevented) return;
              event.preventDefault();
              onOpen(task.id);
            }}
          >
            {/* eslint-disable-next-line @next/next/no-img-element -- the API sends it, with the cookie */}
            {picture && <img src={picture.url} alt="" loading="lazy" draggable={false} />}
            <p className="title">{task.title}</p>
            <div className="row">
              <Facts task={task} done={done} />
              {task.assignee && <Avatar user={task.assignee} />}
            </div>
          </div>
        </li>
      )}
    </Draggable>
  );
}
