'use client';

import { useId, useState, type SyntheticEvent } from 'react';
import type { Failure } from '@/lib/api';

/** Edits one name in place. Enter saves it, Escape leaves it as it was. */
export function Rename({
  label,
  name,
  placeholder,
  onSave,
  onCancel,
}: {
  label: string;
  name: string;
  placeholder?: string;
  onSave: (name: string) => Promise<Failure | undefined>;
  onCancel: () => void;
}) {
  const id = useId();
  const [value, setValue] = useState(name);
  const [fault, setFault] = useState<string>();

  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    const failure = await onSave(value);
    setFault(failure && (failure.fields.name ?? failure.fields.title ?? failure.message));
  };

  return (
    <form className="rename" onSubmit={submit}>
      <input
        aria-label={label}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : id}
        placeholder={placeholder}
        value={value}
        autoFocus
        onChange={(event) => {
          setValue(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onCancel();
        }}
        onFocus={(event) => {
          event.target.select();
        }}
      />
      {fault !== undefined && (
        <p id={id} className="fault" role="alert">
          {fault}
        </p>
      )}
      <div className="row">
        <button className="primary">Save</button>
        <button type="button" className="quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
