'use client';

import { DragDropContext, type DropResult, type ResponderProvided } from '@hello-pangea/dnd';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useState } from 'react';
import { api, send, type BoardView, type Change, type User } from '@/lib/api';
import { inColumn, moveTask } from '@/lib/board';
import { useQuery } from '@/lib/location';
import { announcer } from './announce';
import { AddColumn } from './AddColumn';
import { BoardColumn } from './BoardColumn';
import { Connection } from './Connection';
import { Menu } from './Menu';
import { Numbers } from './Numbers';
import { Rename } from './Rename';
import { TaskDialog } from './TaskDialog';
import { useToast } from './Toasts';
import { useBoard } from './useBoard';

const instructions =
  'Press Enter to open the task. Press the space bar to lift it, the arrow keys to move it, ' +
  'the space bar again to drop it, and Escape to put it back.';

export function Board({ id, initial }: { id: number; initial: BoardView | undefined }) {
  const toast = useToast();
  const router = useRouter();
  const shown = Number(useQuery().get('task')) || undefined;
  const [renaming, setRenaming] = useState(false);
  const [leaving, setLeaving] = useState(false); // nothing is to be asked of a board that is deleted
  const users = useUsers();

  const show = useCallback(
    (task: number | undefined) => {
      const url = task === undefined ? `/board?id=${id}` : `/board?id=${id}&task=${task}`;
      window.history.pushState(null, '', url);
    },
    [id],
  );

  const onChange = useCallback(
    (change: Change) => {
      if (change.kind !== 'task-deleted' || change.taskId !== shown) return;
      toast('This task has been deleted.');
      show(undefined);
    },
    [shown, show, toast],
  );

  const { board, problem, connection, edit, load } = useBoard(id, initial, !leaving, onChange);

  if (leaving || !board) {
    return problem && !leaving ? (
      <main className="page">
        <title>Task board</title>
        <p className="alert" role="alert">
          {problem}
        </p>
        <Link href="/">All boards</Link>
      </main>
    ) : (
      <main className="loading" role="status" aria-label="Loading" />
    );
  }

  const announce = announcer(board);

  const drop = async (result: DropResult, provided: ResponderProvided) => {
    announce.drop(result, provided);
    const { draggableId, source, destination } = result;
    if (!destination) return;
    const column = Number(destination.droppableId);
    const position = destination.index;
    if (column === Number(source.droppableId) && position === source.index) return;
    const task = Number(draggableId);
    edit((current) => moveTask(current, task, column, position));
    const saved = await send(
      api.PATCH('/api/tasks/{id}', { params: { path: { id: task } }, body: { column, position } }),
    );
    if (!saved.ok) {
      toast(`The task was not moved. ${saved.failure.message}`);
      await load();
    }
  };

  const rename = async (name: string) => {
    const request = api.PATCH('/api/boards/{id}', { params: { path: { id } }, body: { name } });
    const result = await send(request, 'name');
    if (!result.ok) return result.failure;
    edit((current) => ({ ...current, name: result.data.name }));
    setRenaming(false);
    return undefined;
  };

  const remove = async () => {
    if (!window.confirm(`Delete the board ${board.name} with all of its tasks?`)) return;
    setLeaving(true);
    const result = await send(api.DELETE('/api/boards/{id}', { params: { path: { id } } }));
    if (result.ok) {
      router.push('/');
    } else {
      setLeaving(false);
      toast(result.failure.message);
    }
  };

  const opened = board.tasks.find((task) => task.id === shown);
  return (
    <main className="board">
      <title>{`${board.name} · Task board`}</title>
      <div className="board-head">
        {renaming ? (
          <Rename
            label="Name of the board"
            name={board.name}
            onSave={rename}
            onCancel={() => {
              setRenaming(false);
            }}
          />
        ) : (
          <h1>{board.name}</h1>
        )}
        <Menu label={`Actions for the board ${board.name}`}>
          <button
            onClick={() => {
              setRenaming(true);
            }}
          >
            Rename
          </button>
          <button className="danger" onClick={remove}>
            Delete the board
          </button>
        </Menu>
        <Numbers board={board} />
        <Connection state={connection} />
      </div>
      <DragDropContext
        onDragStart={announce.lift}
        onDragUpdate={announce.move}
        onDragEnd={drop}
        dragHandleUsageInstructions={instructions}
      >
        <div className="columns">
          {board.columns.map((column, index) => (
            <BoardColumn
              key={column.id}
              board={board}
              column={column}
              index={index}
              tasks={inColumn(board, column.id)}
              onOpen={show}
              edit={edit}
              load={load}
            />
          ))}
          <AddColumn board={id} onAdded={load} />
        </div>
      </DragDropContext>
      {opened && (
        <TaskDialog
          key={opened.id}
          task={opened}
          columns={board.columns}
          users={users}
          edit={edit}
          onClose={() => {
            show(undefined);
          }}
        />
      )}
    </main>
  );
}

function useUsers(): User[] {
  const [users, setUsers] = useState<User[]>([]);
  useEffect(() => {
    void send(api.GET('/api/users')).then((result) => {
      if (result.ok) setUsers(result.data);
    });
  }, []);
  return users;
}
