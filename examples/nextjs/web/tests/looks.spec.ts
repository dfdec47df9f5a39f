import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from './fixtures';

const shots = process.env.SCREENSHOTS; // a folder for pictures to look at

for (const { name, width, height, touch } of [
  { name: 'phone', width: 390, height: 844, touch: true },
  { name: 'desktop', width: 1280, height: 800, touch: false },
]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${name}, ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, hasTouch: touch, isMobile: touch, colorScheme });

      test('every page fits and is accessible', async ({ page }) => {
        await page.goto('/');
        await expect(page.getByRole('link', { name: /Website/ })).toBeVisible();
        await look(page, `${name}-${colorScheme}-boards`);
        await page.goto('/tasks');
        await expect(page.locator('.found li').first()).toBeVisible();
        await look(page, `${name}-${colorScheme}-search`);
        await page.goto('/board?id=1');
        await expect(page.getByText('Live', { exact: true })).toBeVisible();
        await look(page, `${name}-${colorScheme}-board`);
        await page.locator('.card').first().click();
        await expect(page.getByRole('dialog').getByLabel('Assignee')).toContainText('Ada');
        await look(page, `${name}-${colorScheme}-task`);
      });
    });
  }
}

async function look(page: Page, name: string) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide, 'pixels that the page is too wide').toBeLessThanOrEqual(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`)).toEqual([]);
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`) });
}
