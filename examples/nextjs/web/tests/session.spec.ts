import { expect, test } from './fixtures';

test.use({ signedIn: false });

test('signing in and out, with the faults that the API finds', async ({ page, context, allow }) => {
  await page.goto('/');
  const enter = page.getByRole('button', { name: 'Sign in' });

  allow(/status of 400/);
  await enter.click();
  await expect(page.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Name')).toHaveAccessibleDescription(/^Must/);

  allow(/status of 401/);
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Password').fill('wrong');
  await enter.click();
  await expect(page.getByRole('alert').first()).toContainText('password');

  await page.getByLabel('Password').fill('demo-board');
  await enter.click();
  await expect(page.getByRole('heading', { name: 'Boards' })).toBeVisible();
  const cookie = (await context.cookies()).find(({ name }) => name === 'session');
  expect(cookie?.httpOnly).toBe(true);
  expect(await page.evaluate(() => document.cookie)).toBe('');

  await page.reload();
  await expect(page.getByRole('link', { name: /Website/ })).toBeVisible();
  await page.getByLabel('Signed in as Ada').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(enter).toBeVisible();
  await page.reload();
  await expect(enter).toBeVisible();
});

test('a session that has ended leads to the form', async ({ page, context, allow }) => {
  await page.goto('/');
  await page.getByLabel('Name').fill('Grace');
  await page.getByLabel('Password').fill('demo-board');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('link', { name: /Website/ })).toBeVisible();
  await context.clearCookies();
  allow(/status of 401/);
  await page.getByRole('link', { name: 'Search' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});
