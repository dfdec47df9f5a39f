import 'server-only';
import { cookies, headers } from 'next/headers';
import createClient, { type Client } from 'openapi-fetch';
import type { User } from './api';
import type { paths } from './schema';

const exported = process.env.NEXT_OUTPUT === 'export';
const base = process.env.API_URL ?? 'http://127.0.0.1:8080';

/**
 * Calls the Go API while a page is rendered, with the cookies of the visitor. Undefined stands for
 * "not known yet": the page then asks from the browser. That is so in the exported front end, which
 * is rendered before there is a visitor, without a session, and when the API cannot be reached.
 */
export async function prefetch<T>(
  call: (api: Client<paths>) => Promise<{ data?: T }>,
): Promise<T | undefined> {
  if (exported) return undefined;
  const cookie = (await headers()).get('cookie');
  if (cookie === null) return undefined;
  try {
    return (await call(createClient({ baseUrl: base, headers: { cookie }, cache: 'no-store' }))).data;
  } catch {
    return undefined;
  }
}

/** Returns who is signed in, null if nobody is, and undefined if that is not known. */
export async function currentUser(): Promise<User | null | undefined> {
  if (exported) return undefined;
  if (!(await cookies()).has('session')) return null;
  return prefetch<User | null>(async (api) => {
    const { data, response } = await api.GET('/api/session');
    return response.status === 401 ? { data: null } : data ? { data } : {};
  });
}

/** Returns a page's query; the exported front end has none while it is rendered. */
export async function query(
  searchParams: Promise<Record<string, string | string[] | undefined>>,
): Promise<URLSearchParams> {
  const result = new URLSearchParams();
  if (exported) return result;
  for (const [name, value] of Object.entries(await searchParams)) {
    for (const each of [value ?? []].flat()) result.append(name, each);
  }
  return result;
}
