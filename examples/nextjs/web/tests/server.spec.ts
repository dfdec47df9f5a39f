import { expect, fill, test } from './fixtures';

test.use({ javaScriptEnabled: false });

test('the server renders what the visitor may see', async ({ page, api, board }) => {
  const title = `Rendered by the server for ${board.id}`;
  await fill(api, board, title);
  await page.goto(`/board?id=${board.id}`);
  await expect(page.getByText(title)).toBeVisible();
  await page.goto(`/tasks?q=${encodeURIComponent(title)}`);
  await expect(page.getByText(title)).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('heading', { name: board.name, exact: true })).toBeVisible();
});
