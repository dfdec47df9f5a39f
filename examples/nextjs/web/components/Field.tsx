'use client';

import { useId, type ReactNode } from 'react';

interface Control {
  id: string;
  'aria-invalid': boolean;
  'aria-describedby': string | undefined;
}

/** A control with its label, and below it the fault that the API found in it. */
export function Field({
  label,
  fault,
  hint,
  children,
}: {
  label: string;
  fault?: string | undefined;
  hint?: string;
  children: (control: Control) => ReactNode;
}) {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-invalid': fault !== undefined,
        'aria-describedby': note === undefined ? undefined : `${id}-note`,
      })}
      {note !== undefined && (
        <p id={`${id}-note`} className={fault === undefined ? 'hint' : 'fault'}>
          {note}
        </p>
      )}
    </div>
  );
}

/** The message of a request that failed, which is read out when it appears. */
export function Alert({ children }: { children: string | undefined }) {
  return children ? (
    <p className="alert" role="alert">
      {children}
    </p>
  ) : null;
}
