// What a developer changes shows at once. These tests edit the copy of the example.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, fill, open, test } from './fixtures';
import { copy, move } from './servers';

const origins = { next: process.env.FRONT_next ?? '', go: process.env.FRONT_go ?? '' };

/** Replaces a text in a file of the copy, and returns a function that undoes it. */
function edit(file: string, from: string, to: string): () => void {
  const name = path.join(copy, file);
  const before = readFileSync(name, 'utf8');
  expect(before).toContain(from);
  writeFileSync(name, before.replaceAll(from, to));
  return () => {
    writeFileSync(name, before);
  };
}

test('a change of a page shows without a reload, whichever server is in front', async ({ context, session }) => {
  const headings = [];
  for (const origin of Object.values(origins)) {
    await context.addCookies([{ name: 'session', value: session, url: origin }]);
    const page = await context.newPage();
    await page.goto(origin);
    await expect(page.getByLabel('Name')).toBeEnabled(); // the page's script runs
    await page.evaluate(() => {
      document.documentElement.dataset.loaded = 'once';
    });
    // A page that is loaded again is without the mark.
    headings.push(page.locator('html[data-loaded=once] h1'));
  }
  for (const heading of headings) await expect(heading).toHaveText('Boards');
  const undo = edit('web/components/BoardList.tsx', '<h1>Boards</h1>', '<h1>Our boards</h1>');
  try {
    for (const heading of headings) await expect(heading).toHaveText('Our boards');
  } finally {
    undo();
  }
  for (const heading of headings) await expect(heading).toHaveText('Boards');
});

test('a change of a Go file restarts the API, and tsc finds the pages that it breaks', async ({ page, api, board, allow }) => {
  test.setTimeout(180_000);
  await fill(api, board, 'Still here');
  await open(page, board);
  allow(/./); // the API is away for a while
  const undo = edit('api/tasks.go', 'json:"due"`', 'json:"deadline"`');
  try {
    const params = { path: { id: board.id } };
    const tasks = async () => {
      const { data } = await api.GET('/api/boards/{id}', { params }).catch(() => ({ data: undefined }));
      return data?.tasks[0] ?? {};
    };
    await expect.poll(tasks, { timeout: 90_000 }).toHaveProperty('deadline');
    expect(typeCheck()).toMatch(/components\/Facts\.tsx\(\d+,\d+\): error TS2339: Property 'due' does not exist/);
  } finally {
    undo();
  }
  await expect.poll(typesHave, { timeout: 90_000 }).toBe(true);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  expect(typeCheck()).toBe('');

  function typesHave() {
    return !readFileSync(path.join(copy, 'web/lib/schema.d.ts'), 'utf8').includes('deadline');
  }
});

test('a route moves from Next.js to Go, and the page does not notice', async ({ page, api, board, session }) => {
  test.setTimeout(180_000);
  await fill(api, board, 'One', 'Two');
  const stats = async (origin: string) => {
    const headers = { cookie: `session=${session}` };
    const response = await fetch(`${origin}/api/stats?board=${board.id}`, { headers });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const before = await stats(origins.next);
  expect(before).toMatchObject({ status: 200, body: { total: 2 } });
  expect(await stats(origins.go)).toEqual(before);

  move();
  const routes = () => readFileSync(path.join(copy, 'web/openapi.json'), 'utf8');
  await expect.poll(routes, { timeout: 90_000 }).toContain('/api/stats');
  for (const origin of Object.values(origins)) {
    await expect.poll(() => stats(origin).catch(() => undefined), { timeout: 60_000 }).toEqual(before);
  }
  await open(page, board);
  await expect(page.getByRole('list', { name: 'Numbers' })).toContainText('2 tasks');
  await expect.poll(typeCheck, { timeout: 60_000 }).toBe('');
});

/** Returns what tsc finds in the copy. */
function typeCheck(): string {
  try {
    return execFileSync('npx', ['tsc', '--noEmit'], { cwd: path.join(copy, 'web'), encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
