import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Attachment = components['schemas']['Attachment'];
export type Board = components['schemas']['Board'];
export type BoardView = components['schemas']['BoardView'];
export type Change = components['schemas']['Change'];
export type Column = components['schemas']['Column'];
export type Problem = components['schemas']['Problem'];
export type Task = components['schemas']['Task'];
export type TaskPage = components['schemas']['TaskPage'];
export type User = components['schemas']['User'];

/** The client of the Go API in the browser. Its origin is that of the page in every arrangement. */
export const api = createClient<paths>();

/** The name of the event that the window gets when the session turns out to have ended. */
export const signedOut = 'signed-out';

api.use({
  onResponse({ request, response }) {
    const signingIn = request.method === 'POST' && request.url.endsWith('/api/session');
    if (response.status === 401 && !signingIn) window.dispatchEvent(new Event(signedOut));
  },
});

/** What a form shows of a request that failed: a message, and texts for single fields. */
export interface Failure {
  message: string;
  fields: Partial<Record<string, string>>;
}

/**
 * Returns what problem+json says. A fault of `labels[2]` is shown at the field labels. A fault whose
 * field is not in known is part of the message, so that no fault is lost.
 */
export function toFailure(problem: Problem, known: readonly string[]): Failure {
  const fields: Partial<Record<string, string>> = {};
  const rest: string[] = [];
  for (const fault of problem.errors ?? []) {
    const name = fault.name?.split(/[.[]/)[0];
    if (name === undefined || !known.includes(name)) {
      rest.push(fault.name ? `${fault.name} ${fault.detail}` : fault.detail);
    } else {
      fields[name] ??= sentence(fault.detail);
    }
  }
  const shown = Object.keys(fields).length > 0;
  const message = rest.length > 0 ? rest.join('; ') : shown ? '' : (problem.detail ?? problem.title);
  return { message: sentence(message), fields };
}

function sentence(text: string): string {
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

export const unreachable: Failure = { message: 'The server cannot be reached.', fields: {} };

export type Result<T> = { ok: true; data: T } | { ok: false; failure: Failure; status: number };

/**
 * Waits for a request of the client. Data is what the response contains, and undefined for a
 * response without a body. The fields are those that the caller shows faults at.
 */
export async function send<T>(
  request: Promise<{ data?: T; error?: Problem; response: Response }>,
  ...fields: string[]
): Promise<Result<T>> {
  try {
    const { data, error, response } = await request;
    if (response.ok) return { ok: true, data: data as T };
    const failure = isProblem(error) ? toFailure(error, fields) : unreachable;
    return { ok: false, failure, status: response.status };
  } catch {
    return { ok: false, failure: unreachable, status: 0 };
  }
}

/** Tells problem+json from what a proxy in between sends when it cannot reach the API. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'title' in value && 'status' in value;
}
