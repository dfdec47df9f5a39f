'use client';

import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { api, send, type Column, type Failure, type Task, type User } from '@/lib/api';
import { placeTask, without } from '@/lib/board';
import { difference, toDraft } from '@/lib/draft';
import { priorities } from '@/lib/tasks';
import { Attachments } from './Attachments';
import { Alert, Field } from './Field';
import { Close } from './icons';
import { useToast } from './Toasts';
import type { Edit } from './useBoard';

const names = { low: 'Low', normal: 'Normal', high: 'High' } as const;

/** Edits a task. Only what has been changed here is sent, so that it does not undo what others do. */
export function TaskDialog({
  task,
  columns,
  users,
  edit,
  onClose,
}: {
  task: Task;
  columns: Column[];
  users: User[];
  edit: Edit;
  onClose: () => void;
}) {
  const toast = useToast();
  const dialog = useRef<HTMLDialogElement>(null);
  const [opened] = useState(() => toDraft(task));
  const [draft, setDraft] = useState(opened);
  const [failure, setFailure] = useState<Failure>();
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  const params = { path: { id: task.id } };
  const set = (change: Partial<typeof draft>) => {
    setDraft((current) => ({ ...current, ...change }));
  };

  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    shown?.focus(); // rather than its first button, or a field, for which a phone shows its keyboard
    return () => {
      shown?.close();
    };
  }, []);

  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    const body = difference(opened, draft);
    if (Object.keys(body).length === 0) {
      onClose();
      return;
    }
    setBusy(true);
    const request = api.PATCH('/api/tasks/{id}', { params, body });
    const result = await send(request, ...Object.keys(draft));
    setBusy(false);
    if (result.ok) {
      edit((board) => placeTask(board, result.data));
      onClose();
    } else {
      setFailure(result.failure);
    }
  };

  const remove = async () => {
    onClose();
    const result = await send(api.DELETE('/api/tasks/{id}', { params }));
    if (result.ok) edit((board) => without(board, task.id));
    else toast(`The task was not deleted. ${result.failure.message}`);
  };

  return (
    <dialog
      ref={dialog}
      className="task"
      tabIndex={-1}
      aria-label={`Task: ${task.title}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose(); // the backdrop
      }}
    >
      <form onSubmit={save} noValidate>
        <div className="dialog-head">
          <h2>Edit the task</h2>
          <button type="button" className="quiet square" aria-label="Close" onClick={onClose}>
            <Close />
          </button>
        </div>
        <div className="dialog-body">
          <Alert>{failure?.message}</Alert>
          <Field label="Title" fault={failure?.fields.title}>
            {(control) => (
              <input
                {...control}
                name="title"
                value={draft.title}
                onChange={(event) => {
                  set({ title: event.target.value });
                }}
              />
            )}
          </Field>
          <Field label="Notes" fault={failure?.fields.notes}>
            {(control) => (
              <textarea
                {...control}
                name="notes"
                rows={4}
                value={draft.notes}
                onChange={(event) => {
                  set({ notes: event.target.value });
                }}
              />
            )}
          </Field>
          <div className="pair">
            <Field label="Column" fault={failure?.fields.column}>
              {(control) => (
                <select
                  {...control}
                  name="column"
                  value={draft.column}
                  onChange={(event) => {
                    set({ column: Number(event.target.value) });
                  }}
                >
                  {columns.map((column) => (
                    <option key={column.id} value={column.id}>
                      {column.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Assignee" fault={failure?.fields.assignee}>
              {(control) => (
                <select
                  {...control}
                  name="assignee"
                  value={draft.assignee ?? ''}
                  onChange={(event) => {
                    set({ assignee: event.target.value === '' ? null : Number(event.target.value) });
                  }}
                >
                  <option value="">Nobody</option>
                  {users.map((user) => (
                    <option key={user.id} value={user.id}>
                      {user.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Due date" fault={failure?.fields.due}>
              {(control) => (
                <input
                  {...control}
                  name="due"
                  type="date"
                  value={draft.due ?? ''}
                  onChange={(event) => {
                    set({ due: event.target.value || null });
                  }}
                />
              )}
            </Field>
            <fieldset className="field choice">
              <legend>Priority</legend>
              <div>
                {priorities.map((priority) => (
                  <label key={priority}>
                    <input
                      type="radio"
                      name="priority"
                      checked={draft.priority === priority}
                      onChange={() => {
                        set({ priority });
                      }}
                    />
                    <span>{names[priority]}</span>
                  </label>
                ))}
              </div>
            </fieldset>
          </div>
          <Field label="Labels" fault={failure?.fields.labels} hint="Separate labels with commas.">
            {(control) => (
              <input
                {...control}
                name="labels"
                value={draft.labels}
                onChange={(event) => {
                  set({ labels: event.target.value });
                }}
              />
            )}
          </Field>
          <Attachments task={task} edit={edit} />
        </div>
        <div className="dialog-foot">
          <button className="primary" disabled={busy}>
            Save
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Cancel
          </button>
          {sure ? (
            <button type="button" className="danger solid" autoFocus onClick={remove}>
              Really delete?
            </button>
          ) : (
            <button
              type="button"
              className="quiet danger"
              onClick={() => {
                setSure(true);
              }}
            >
              Delete
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
