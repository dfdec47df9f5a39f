'use client';

import { useState } from 'react';
import { api, send, type Failure, type User } from '@/lib/api';
import { useReady } from '@/lib/ready';
import { Alert, Field } from './Field';
import { Mark } from './Mark';

export function Login({ onEnter }: { onEnter: (user: User) => void }) {
  const [failure, setFailure] = useState<Failure>();
  const [busy, setBusy] = useState(false);
  const ready = useReady();

  const submit = async (form: FormData) => {
    setBusy(true);
    const body = { name: text(form, 'name'), password: text(form, 'password') };
    const result = await send(api.POST('/api/session', { body }), 'name', 'password');
    setBusy(false);
    if (result.ok) onEnter(result.data);
    else setFailure(result.failure);
  };

  return (
    <main className="login">
      <title>Task board</title>
      <form
        className="panel"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Mark />
        <h1>Sign in</h1>
        <Alert>{failure?.message}</Alert>
        <Field label="Name" fault={failure?.fields.name}>
          {(control) => (
            <input
              {...control}
              name="name"
              autoComplete="username"
              autoFocus
            />
          )}
        </Field>
        <Field label="Password" fault={failure?.fields.password}>
          {(control) => (
            <input
              {...control}
              name="password"
              type="password"
              autoComplete="current-password"
            />
          )}
        </Field>
        <button className="primary" disabled={busy || !ready}>
          Sign in
        </button>
        <p className="hint">
          The demo data has the users Ada, Grace and Linus. Their password is <code>demo-board</code>.
        </p>
      </form>
    </main>
  );
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
