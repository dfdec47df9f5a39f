import { card, expect, fill, open, test, titles } from './fixtures';
import { openRelay } from './relay';

test('another tab shows each change at once', async ({ page, context, api, board }) => {
  await fill(api, board, 'Shared');
  const other = await context.newPage();
  await open(page, board);
  await open(other, board);

  await other.getByRole('button', { name: 'Add a task' }).nth(1).click();
  await other.getByLabel('Title of the task').fill('From the other tab');
  await other.getByLabel('Title of the task').press('Enter');
  await expect(titles(page, 'Doing')).toHaveText(['From the other tab']);

  await card(other, 'Shared').focus();
  await other.keyboard.press('Space');
  await other.keyboard.press('ArrowRight');
  await expect(other.getByText('Position 1 of Doing.')).toBeAttached();
  await other.keyboard.press('Space');
  await expect(titles(page, 'Doing')).toContainText(['Shared']);
  await expect(titles(page, 'To do')).toHaveCount(0);

  // A task that is open here is deleted there.
  await card(page, 'Shared').click();
  await card(other, 'Shared').click();
  const dialog = other.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Really delete?' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByText('This task has been deleted.')).toBeVisible();

  await other.getByRole('button', { name: 'Add a column' }).click();
  await other.getByLabel('Name of the column').fill('New here');
  await other.getByLabel('Name of the column').press('Enter');
  await expect(page.getByRole('region', { name: 'New here' })).toBeVisible();
});

test('two people edit one task without undoing each other', async ({ page, context, api, board }) => {
  await fill(api, board, 'Both');
  const other = await context.newPage();
  await open(page, board);
  await open(other, board);
  for (const each of [page, other]) await card(each, 'Both').click();
  await page.getByLabel('Notes').fill('From here');
  await other.getByLabel('Labels').fill('there');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await other.getByRole('button', { name: 'Save' }).click();
  await expect(other.getByRole('dialog')).toBeHidden();
  await expect(card(page, 'Both')).toContainText('there');
  await card(other, 'Both').click();
  await expect(other.getByLabel('Notes')).toHaveValue('From here');
});

test('a lost connection comes back, and nothing is missed', async ({ page, api, board, origin, allow }) => {
  await using relay = await openRelay(origin);
  await fill(api, board, 'Before');
  await open(page, board, relay.origin);

  allow(/net::ERR_/);
  relay.cut();
  await expect(page.getByText('Reconnecting…')).toBeVisible();
  const [task] = await fill(api, board, 'Meanwhile');
  const params = { path: { id: task?.id ?? 0 } };
  await api.PATCH('/api/tasks/{id}', { params, body: { column: board.columns[2]?.id ?? 0 } });
  await expect(card(page, 'Meanwhile')).toBeHidden();

  // What cannot be saved is said, and is not lost.
  await card(page, 'Before').click();
  await page.getByRole('dialog').getByLabel('Title').fill('After');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert').first()).toContainText('cannot be reached');

  relay.restore();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(titles(page, 'Done')).toHaveText(['Meanwhile']);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(card(page, 'After')).toBeVisible();
});
