import { card, column, expect, fill, open, test, titles } from './fixtures';

test('a task is created, edited and deleted', async ({ page, api, board }) => {
  await open(page, board);
  await column(page, 'To do').getByRole('button', { name: 'Add a task' }).click();
  const title = page.getByLabel('Title of the task');
  await title.fill('Write the words');
  await title.press('Enter');
  await expect(card(page, 'Write the words')).toBeVisible();
  await expect(title).toHaveValue(''); // ready for the next one
  await title.press('Escape');

  await card(page, 'Write the words').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Write all the words');
  await dialog.getByLabel('Notes').fill('In plain English');
  await dialog.getByLabel('High').check();
  await dialog.getByLabel('Assignee').selectOption('Linus');
  await dialog.getByLabel('Due date').fill('2031-05-09');
  await dialog.getByLabel('Labels').fill('words, plain');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(card(page, 'Write all the words')).toContainText(/words.*plain.*High.*9 May 2031/);

  const stored = await api.GET('/api/tasks', { params: { query: { board: board.id } } });
  expect(stored.data?.tasks).toMatchObject([
    {
      title: 'Write all the words',
      notes: 'In plain English',
      priority: 'high',
      due: '2031-05-09',
      assignee: { name: 'Linus' },
      labels: ['words', 'plain'],
    },
  ]);

  await page.reload();
  await card(page, 'Write all the words').click();
  await dialog.getByLabel('Due date').fill('');
  await dialog.getByLabel('Assignee').selectOption('Nobody');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(card(page, 'Write all the words')).not.toContainText('2031');

  await card(page, 'Write all the words').click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Really delete?' }).click();
  await expect(card(page, 'Write all the words')).toBeHidden();
});

test('a fault is shown at its field', async ({ page, api, board, allow }) => {
  await fill(api, board, 'Faulty');
  await open(page, board);
  await card(page, 'Faulty').click();
  const dialog = page.getByRole('dialog');
  const save = dialog.getByRole('button', { name: 'Save' });

  allow(/status of 4(00|22)/);
  await dialog.getByLabel('Title').fill('x'.repeat(121));
  await dialog.getByLabel('Labels').fill(`fine, ${'y'.repeat(21)}`);
  await save.click();
  for (const name of ['Title', 'Labels']) {
    await expect(dialog.getByLabel(name)).toHaveAttribute('aria-invalid', 'true');
    await expect(dialog.getByLabel(name)).toHaveAccessibleDescription(/(12|2)0 char/);
  }
  await expect(dialog.getByLabel('Notes')).toHaveAttribute('aria-invalid', 'false');

  // A rule that only the program knows: 422 rather than 400.
  await dialog.getByLabel('Title').fill('   ');
  await dialog.getByLabel('Labels').fill('fine');
  await save.click();
  await expect(dialog.getByLabel('Title')).toHaveAccessibleDescription(/blank/);
  await expect(dialog.getByLabel('Labels')).toHaveAttribute('aria-invalid', 'false');

  await dialog.getByLabel('Title').fill('Faultless');
  await save.click();
  await expect(card(page, 'Faultless')).toBeVisible();

  await column(page, 'Doing').getByRole('button', { name: 'Add a task' }).click();
  await page.getByLabel('Title of the task').press('Enter');
  await expect(page.getByLabel('Title of the task')).toHaveAccessibleDescription(/^Must/);
});

test('a task is dragged to another place', async ({ page, api, board }) => {
  await fill(api, board, 'One', 'Two', 'Three');
  await open(page, board);
  await drag(card(page, 'Three'), card(page, 'One'));
  await expect(titles(page, 'To do')).toHaveText(['Three', 'One', 'Two']);
  await drag(card(page, 'One'), column(page, 'Done').locator('.cards'));
  await expect(titles(page, 'Done')).toHaveText(['One']);
  await page.reload();
  await expect(titles(page, 'To do')).toHaveText(['Three', 'Two']);
  await expect(titles(page, 'Done')).toHaveText(['One']);

  async function drag(from: ReturnType<typeof card>, to: ReturnType<typeof card>) {
    const saved = page.waitForResponse((response) => response.request().method() === 'PATCH');
    const [start, end] = [await from.boundingBox(), await to.boundingBox()];
    if (!start || !end) throw new Error('nothing to drag');
    await page.mouse.move(start.x + 40, start.y + 20);
    await page.mouse.down();
    await page.mouse.move(start.x + 50, start.y + 25, { steps: 4 });
    await page.mouse.move(end.x + 50, end.y + 8, { steps: 12 });
    await expect(page.locator('.card.dragged')).toBeVisible();
    await page.mouse.up();
    expect((await saved).status()).toBe(200);
  }
});

test('everything works by keyboard', async ({ page, api, board }) => {
  await fill(api, board, 'One', 'Two');
  await open(page, board);
  const press = (...keys: string[]) => keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());

  // Move the first task below the second, and then to the next column.
  await card(page, 'One').focus();
  await press('Space', 'ArrowDown');
  await expect(page.getByText('Position 2 of To do.')).toBeAttached();
  await press('Space');
  await expect(titles(page, 'To do')).toHaveText(['Two', 'One']);
  await expect(card(page, 'One')).toBeFocused();
  await press('Space', 'ArrowRight');
  await expect(page.getByText('Position 1 of Doing.')).toBeAttached();
  await press('Space');
  await expect(titles(page, 'Doing')).toHaveText(['One']);

  // Escape puts a lifted task back.
  await card(page, 'Two').focus();
  await press('Space', 'ArrowRight', 'Escape');
  await expect(titles(page, 'To do')).toHaveText(['Two']);

  // Edit and save; the focus stays in the dialog, and Escape leaves it.
  await press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await dialog.getByLabel('Title').focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('Two by keyboard');
  await press('Enter');
  await expect(dialog).toBeHidden();
  await card(page, 'Two by keyboard').focus();
  await press('Enter');
  await expect(dialog).toBeVisible();
  await press('Escape');
  await expect(dialog).toBeHidden();

  // The menu of a column.
  await page.getByLabel('Actions for Doing').focus();
  await press('Enter', 'Tab', 'Enter');
  await page.keyboard.type('In work');
  await press('Enter');
  await expect(column(page, 'In work')).toBeVisible();
});
