import { column, expect, fill, open, test } from './fixtures';

test('boards are created, renamed and deleted', async ({ page, board, allow }) => {
  await page.goto('/');
  const form = page.locator('form.new');
  const heading = page.getByRole('heading', { name: board.name, exact: true });
  await expect(heading).toBeVisible();
  allow(/status of 4(00|09)/);
  await form.getByLabel('Name').fill(board.name);
  await form.getByRole('button').click();
  await expect(form.getByLabel('Name')).toHaveAccessibleDescription(/another board/);
  const name = `New ${board.name}`;
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Columns').fill('Open, Closed');
  await form.getByRole('button').click();
  await expect(page.getByRole('heading', { name })).toBeVisible();
  await expect(column(page, 'Open')).toBeVisible();
  await expect(page).toHaveTitle(`${name} · Task board`);

  await page.getByLabel(`Actions for the board ${name}`).click();
  await page.getByRole('button', { name: 'Rename' }).first().click();
  await page.getByLabel('Name of the board').fill(`${name}!`);
  await page.getByLabel('Name of the board').press('Enter');
  await expect(page.getByRole('heading', { name: `${name}!` })).toBeVisible();

  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByLabel(`Actions for the board ${name}!`).click();
  await page.getByRole('button', { name: 'Delete the board' }).click();
  await expect(page.getByRole('heading', { name: 'Boards' })).toBeVisible();
  await expect(heading).toBeVisible();
  await expect(page.getByRole('heading', { name: `${name}!` })).toBeHidden();
});

test('columns are added, moved and deleted', async ({ page, api, board, allow }) => {
  await fill(api, board, 'In the way');
  await open(page, board);
  const names = page.locator('.column h2');
  await page.getByRole('button', { name: 'Add a column' }).click();
  await page.getByLabel('Name of the column').fill('Later');
  await page.getByLabel('Name of the column').press('Enter');
  await expect(names).toHaveText(['To do', 'Doing', 'Done', 'Later']);

  await page.getByLabel('Actions for Later').click();
  await page.getByRole('button', { name: 'Move to the left' }).last().click();
  await expect(names).toHaveText(['To do', 'Doing', 'Later', 'Done']);

  await page.getByLabel('Actions for Later').click();
  await column(page, 'Later').getByRole('button', { name: 'Delete the column' }).click();
  await expect(names).toHaveText(['To do', 'Doing', 'Done']);

  allow(/status of 409/);
  await page.getByLabel('Actions for To do').click();
  await column(page, 'To do').getByRole('button', { name: 'Delete the column' }).click();
  await expect(page.locator('.toasts')).toContainText('tasks');
  await expect(names).toHaveText(['To do', 'Doing', 'Done']);
});

test('a board that does not exist says so', async ({ page, allow }) => {
  allow(/status of 404/);
  await page.goto('/board?id=999999');
  await expect(page.getByText('There is no such board.')).toBeVisible();
});

test('the numbers of a board follow its tasks', async ({ page, api, board }) => {
  await fill(api, board, 'One');
  await open(page, board);
  const numbers = page.getByRole('list', { name: 'Numbers' });
  await expect(numbers).toContainText('1 task');
  await fill(api, board, 'Two');
  await expect(numbers).toContainText('2 tasks');
  await expect(numbers).toContainText('2 unassigned');
});

test('tasks are searched for, page by page', async ({ page, api, board }) => {
  const word = `needle${board.id}x`;
  const names = Array.from({ length: 12 }, (_, index) => `${word} ${String(index).padStart(2, '0')}`);
  await fill(api, board, ...names, 'Something else');
  await page.goto('/tasks');
  await expect(page.locator('.found li')).toHaveCount(10);
  await page.getByLabel('Search for tasks').fill(word);
  await expect(page.getByText('12 tasks')).toBeVisible();
  await page.getByLabel('Order').selectOption('Title');
  await expect(page.locator('.found .title').first()).toHaveText(`${word} 00`);
  await page.getByRole('button', { name: 'Page 2' }).click();
  await expect(page.locator('.found .title')).toHaveText([`${word} 10`, `${word} 11`]);

  // The address holds the search.
  await page.reload();
  await expect(page.locator('.found .title')).toHaveText([`${word} 10`, `${word} 11`]);
  await page.goBack();
  await expect(page.locator('.found .title').first()).toHaveText(`${word} 00`);

  await page.getByLabel('Priority').selectOption('high');
  await expect(page.getByText('No task matches.')).toBeVisible();
  await page.getByLabel('Priority').selectOption('');
  await page.getByRole('link', { name: `${word} 03` }).click();
  await expect(page.getByRole('dialog').getByLabel('Title')).toHaveValue(`${word} 03`);
});
