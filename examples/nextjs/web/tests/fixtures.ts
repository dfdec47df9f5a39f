// What the tests share: a signed-in context that watches its pages, a board of its own for each
// test, and the API for what a test prepares or checks.
import { test as base, expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
import createClient, { type Client } from 'openapi-fetch';
import type { BoardView, Task } from '../lib/api';
import type { paths } from '../lib/schema';

export { expect };

interface Shared {
  /** The server that the browser talks to: next or go. */
  front: string;
  origin: string;
  /** The value of the cookie. */
  session: string;
  api: Client<paths>;
}

interface Each {
  signedIn: boolean;
  /** Expects faults in the console, such as that of a response with an error. */
  allow: (fault: RegExp) => void;
  board: BoardView;
}

const columns = ['To do', 'Doing', 'Done'];
const seed = Date.now().toString(36);
let boards = 0;

export const test = base.extend<Each, Shared>({
  front: ['next', { option: true, scope: 'worker' }],
  origin: [
    async ({ front }, provide) => {
      await provide(process.env[`FRONT_${front}`] ?? '');
    },
    { scope: 'worker' },
  ],
  session: [
    async ({ origin }, provide) => {
      const response = await fetch(`${origin}/api/session`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: 'Ada', password: 'demo-board' }),
      });
      expect(response.status).toBe(201);
      const cookie = /session=([^;]+)/.exec(response.headers.get('set-cookie') ?? '');
      await provide(cookie?.[1] ?? '');
    },
    { scope: 'worker' },
  ],
  api: [
    async ({ origin, session }, provide) => {
      await provide(createClient({ baseUrl: origin, headers: { cookie: `session=${session}` } }));
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ origin }, provide) => {
    await provide(origin);
  },
  signedIn: [true, { option: true }],
  allow: [
    async ({ context }, provide) => {
      const allowed: RegExp[] = [];
      const faults: string[] = [];
      context.on('console', (message) => {
        if (!['error', 'warning'].includes(message.type())) return;
        faults.push(`${message.text()} ${message.location().url}`);
      });
      context.on('weberror', (fault) => {
        faults.push(String(fault.error()));
      });
      context.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith('http') && hostname !== 'localhost') faults.push(request.url());
      });
      await provide((fault) => {
        allowed.push(fault);
      });
      expect(faults.filter((fault) => !allowed.some((each) => each.test(fault)))).toEqual([]);
    },
    { auto: true }, // every page is watched, whether a test names this fixture or not
  ],
  context: async ({ context, origin, session, signedIn }, provide) => {
    if (signedIn) await signIn(context, origin, session);
    await provide(context);
  },
  board: async ({ api }, provide) => {
    const body = { name: `Board ${seed} ${++boards}`, columns };
    const { data } = await api.POST('/api/boards', { body });
    const id = data?.id ?? 0;
    const view = await api.GET('/api/boards/{id}', { params: { path: { id } } });
    if (!view.data) throw new Error('no board');
    await provide(view.data);
  },
});

async function signIn(context: BrowserContext, origin: string, session: string) {
  await context.addCookies([{ name: 'session', value: session, url: origin }]);
  await context.addInitScript(() => {
    if (location.protocol.startsWith('http')) localStorage.setItem('signed-in', '1');
  });
}

/** Opens a board and waits until it is live. */
export async function open(page: Page, board: BoardView, origin = '') {
  await page.goto(`${origin}/board?id=${board.id}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
}

/** Makes tasks in the first column of a board. */
export async function fill(api: Client<paths>, board: BoardView, ...titles: string[]): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const title of titles) {
    const params = { path: { id: board.id } };
    const { data } = await api.POST('/api/boards/{id}/tasks', { params, body: { title } });
    if (!data) throw new Error(`no task ${title}`);
    tasks.push(data);
  }
  return tasks;
}

export const column = (page: Page, name: string): Locator => page.getByRole('region', { name });
export const card = (page: Page, title: string): Locator =>
  page.getByRole('button', { name: title, exact: true });
export const titles = (page: Page, name: string): Locator =>
  column(page, name).locator('.card .title');
