import { card, expect, fill, open, test, titles } from './fixtures';

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

test('a task is created, moved and edited by touch', async ({ page, api, board }) => {
  await fill(api, board, 'Tapped');
  await open(page, board);
  await page.getByRole('button', { name: 'Add a task' }).first().tap();
  await page.getByLabel('Title of the task').fill('Typed');
  await page.getByRole('button', { name: 'Save' }).tap();
  await expect(titles(page, 'To do')).toHaveText(['Tapped', 'Typed']);
  await card(page, 'Tapped').tap();
  await page.getByLabel('Column').selectOption('Done');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).tap();
  await expect(titles(page, 'Done')).toHaveText(['Tapped']);
});
