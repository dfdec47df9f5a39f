'use client';

import { useEffect, useRef, useState } from 'react';
import { api, send, type Attachment, type Task } from '@/lib/api';
import { formatSize } from '@/lib/format';
import { upload } from '@/lib/upload';
import { Alert } from './Field';
import { Clip, Close, File as FileIcon } from './icons';
import type { Edit } from './useBoard';

interface Running {
  key: number;
  name: string;
  share: number;
  abort: AbortController;
}

/** The files of a task. They are uploaded and deleted at once, not with the form. */
export function Attachments({ task, edit }: { task: Task; edit: Edit }) {
  const [running, setRunning] = useState<Running[]>([]);
  const [problem, setProblem] = useState<string>();
  const [over, setOver] = useState(false);
  const last = useRef(0);
  const unmounted = useRef(new AbortController());

  useEffect(() => {
    const controller = new AbortController();
    unmounted.current = controller;
    return () => {
      controller.abort();
    };
  }, []);

  const change = (attachments: (before: Attachment[]) => Attachment[]) => {
    edit((board) => ({
      ...board,
      tasks: board.tasks.map((each) =>
        each.id === task.id ? { ...each, attachments: attachments(each.attachments) } : each,
      ),
    }));
  };

  const add = async (file: File) => {
    const key = ++last.current;
    const abort = new AbortController();
    unmounted.current.signal.addEventListener('abort', () => {
      abort.abort();
    });
    setProblem(undefined);
    setRunning((before) => [...before, { key, name: file.name, share: 0, abort }]);
    const progress = (share: number) => {
      setRunning((before) => before.map((each) => (each.key === key ? { ...each, share } : each)));
    };
    const result = await upload(task.id, file, progress, abort.signal);
    setRunning((before) => before.filter((each) => each.key !== key));
    if (result.ok) {
      const { attachment } = result;
      change((before) => [...before.filter((each) => each.id !== attachment.id), attachment]);
    } else {
      setProblem(result.failure.fields.file ?? result.failure.message);
    }
  };

  const addAll = (files: Iterable<File>) => {
    for (const file of files) void add(file);
  };

  const remove = async (id: number) => {
    const request = api.DELETE('/api/attachments/{id}', { params: { path: { id } } });
    const result = await send(request);
    if (result.ok) change((before) => before.filter((each) => each.id !== id));
    else setProblem(result.failure.message);
  };

  return (
    <section
      className={over ? 'attachments over' : 'attachments'}
      aria-label="Attachments"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        addAll(event.dataTransfer.files);
      }}
    >
      <h3>Attachments</h3>
      <Alert>{problem}</Alert>
      <ul>
        {task.attachments.map((attachment) => (
          <li key={attachment.id}>
            {attachment.type.startsWith('image/') ? (
              // eslint-disable-next-line @next/next/no-img-element -- the API sends it, with the cookie
              <img src={attachment.url} alt="" />
            ) : (
              <FileIcon />
            )}
            <a href={attachment.url} download>
              {attachment.name}
            </a>
            <span className="hint">{formatSize(attachment.size)}</span>
            <button
              type="button"
              className="quiet square"
              aria-label={`Delete ${attachment.name}`}
              onClick={() => remove(attachment.id)}
            >
              <Close />
            </button>
          </li>
        ))}
        {running.map(({ key, name, share, abort }) => (
          <li key={key}>
            <FileIcon />
            <span>{name}</span>
            <progress value={share} aria-label={`Upload of ${name}`} />
            <button
              type="button"
              className="quiet square"
              aria-label={`Cancel the upload of ${name}`}
              onClick={() => {
                abort.abort();
              }}
            >
              <Close />
            </button>
          </li>
        ))}
      </ul>
      <label className="drop">
        <Clip />
        Choose files, or drop them here
        <input
          type="file"
          multiple
          onChange={(event) => {
            addAll(event.target.files ?? []);
            event.target.value = '';
          }}
        />
      </label>
    </section>
  );
}
