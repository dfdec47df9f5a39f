'use client';

import { useState } from 'react';
import { api, send } from '@/lib/api';
import { Plus } from './icons';
import { Rename } from './Rename';

export function AddColumn({ board, onAdded }: { board: number; onAdded: () => Promise<void> }) {
  const [open, setOpen] = useState(false);

  const add = async (name: string) => {
    const request = api.POST('/api/boards/{id}/columns', {
      params: { path: { id: board } },
      body: { name },
    });
    const result = await send(request, 'name');
    if (!result.ok) return result.failure;
    setOpen(false);
    await onAdded();
    return undefined;
  };

  return (
    <div className="add-column">
      {open ? (
        <Rename
          label="Name of the column"
          placeholder="Name of the column"
          name=""
          onSave={add}
          onCancel={() => {
            setOpen(false);
          }}
        />
      ) : (
        <button
          className="quiet wide"
          onClick={() => {
            setOpen(true);
          }}
        >
          <Plus />
          Add a column
        </button>
      )}
    </div>
  );
}
