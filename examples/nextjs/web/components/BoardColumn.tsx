'use client';

import { Droppable } from '@hello-pangea/dnd';
import { useState } from 'react';
import { api, send, type BoardView, type Column, type Task } from '@/lib/api';
import { placeTask } from '@/lib/board';
import { Menu } from './Menu';
import { Rename } from './Rename';
import { TaskCard } from './TaskCard';
import { useToast } from './Toasts';
import type { Edit } from './useBoard';
import { Plus } from './icons';

export function BoardColumn({
  board,
  column,
  index,
  tasks,
  onOpen,
  edit,
  load,
}: {
  board: BoardView;
  column: Column;
  index: number;
  tasks: Task[];
  onOpen: (task: number) => void;
  edit: Edit;
  load: () => Promise<void>;
}) {
  const toast = useToast();
  const [renaming, setRenaming] = useState(false);
  const [adding, setAdding] = useState(false);
  const [round, setRound] = useState(0); // a new form for each task
  const params = { path: { id: column.id } };

  const add = async (title: string) => {
    const request = api.POST('/api/boards/{id}/tasks', {
      params: { path: { id: board.id } },
      body: { title, column: column.id },
    });
    const result = await send(request, 'title');
    if (!result.ok) return result.failure;
    edit((current) => placeTask(current, result.data));
    setRound(round + 1);
    return undefined;
  };

  const rename = async (name: string) => {
    const result = await send(api.PATCH('/api/columns/{id}', { params, body: { name } }), 'name');
    if (!result.ok) return result.failure;
    setRenaming(false);
    await load();
    return undefined;
  };

  const move = async (by: number) => {
    const body = { position: index + by };
    const result = await send(api.PATCH('/api/columns/{id}', { params, body }));
    if (!result.ok) toast(result.failure.message);
    await load();
  };

  const remove = async () => {
    const result = await send(api.DELETE('/api/columns/{id}', { params }));
    if (!result.ok) toast(result.failure.message);
    await load();
  };

  return (
    <section className="column" aria-label={column.name} data-tone={index % 6}>
      <header>
        {renaming ? (
          <Rename
            label="Name of the column"
            name={column.name}
            onSave={rename}
            onCancel={() => {
              setRenaming(false);
            }}
          />
        ) : (
          <>
            <h2>{column.name}</h2>
            <span className="count">{tasks.length}</span>
            <Menu label={`Actions for ${column.name}`}>
              <button
                onClick={() => {
                  setRenaming(true);
                }}
              >
                Rename
              </button>
              {index > 0 && <button onClick={() => move(-1)}>Move to the left</button>}
              {index < board.columns.length - 1 && (
                <button onClick={() => move(1)}>Move to the right</button>
              )}
              <button className="danger" onClick={remove}>
                Delete the column
              </button>
            </Menu>
          </>
        )}
      </header>
      <Droppable droppableId={String(column.id)}>
        {(provided, snapshot) => (
          <ul
            ref={provided.innerRef}
            {...provided.droppableProps}
            className={snapshot.isDraggingOver ? 'cards over' : 'cards'}
          >
            {tasks.map((task, position) => (
              <TaskCard
                key={task.id}
                task={task}
                position={position}
                done={index === board.columns.length - 1}
                onOpen={onOpen}
              />
            ))}
            {provided.placeholder}
          </ul>
        )}
      </Droppable>
      {adding ? (
        <Rename
          key={round}
          label="Title of the task"
          placeholder="What is to be done?"
          name=""
          onSave={add}
          onCancel={() => {
            setAdding(false);
          }}
        />
      ) : (
        <button
          className="quiet wide"
          onClick={() => {
            setAdding(true);
          }}
        >
          <Plus />
          Add a task
        </button>
      )}
    </section>
  );
}
