import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { card, expect, fill, open, test } from './fixtures';

test('files are uploaded with a progress bar, shown and deleted', async ({ page, context, api, board }) => {
  await fill(api, board, 'With files');
  await open(page, board);
  await card(page, 'With files').click();
  const files = page.getByRole('region', { name: 'Attachments' });

  // A slow line, so that the bar is seen on its way.
  const devtools = await context.newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200 << 10 };
  await devtools.send('Network.emulateNetworkConditions', slow);
  const buffer = Buffer.alloc(1 << 20, 'text ');
  await files.locator('input').setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer });
  const bar = files.getByRole('progressbar', { name: 'Upload of notes.txt' });
  const value = () => bar.evaluate((element: HTMLProgressElement) => element.value);
  await expect.poll(value).toBeGreaterThan(0.1);
  expect(await value()).toBeLessThan(1);
  await expect(bar).toBeHidden();
  await devtools.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });

  const link = files.getByRole('link', { name: 'notes.txt' });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(await readFile(await download.path())).toEqual(buffer);

  const picture = { name: 'dot.png', mimeType: 'image/png', buffer: png() };
  await files.locator('input').setInputFiles(picture);
  const width = (image: HTMLImageElement) => image.naturalWidth;
  await expect.poll(() => files.locator('img').evaluate(width)).toBe(2);
  await page.keyboard.press('Escape');
  await expect.poll(() => card(page, 'With files').locator('img').evaluate(width)).toBe(2);

  await card(page, 'With files').click();
  await files.getByRole('button', { name: 'Delete notes.txt' }).click();
  await expect(link).toBeHidden();
  await expect(files.getByRole('listitem')).toHaveCount(1);
});

test('a file that is refused says why, and an upload can be cancelled', async ({ page, context, api, board, allow }) => {
  await fill(api, board, 'With files');
  await open(page, board);
  await card(page, 'With files').click();
  const files = page.getByRole('region', { name: 'Attachments' });

  const large = { name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(6 << 20) };
  await files.locator('input').setInputFiles(large);
  await expect(files.getByRole('alert')).toHaveText('large.bin is larger than 5 MiB.');

  allow(/status of 422/);
  await files.locator('input').setInputFiles({ ...large, name: 'empty.bin', buffer: Buffer.alloc(0) });
  await expect(files.getByRole('alert')).toContainText('empty');

  const devtools = await context.newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 50 << 10 };
  await devtools.send('Network.emulateNetworkConditions', slow);
  await files.locator('input').setInputFiles({ ...large, name: 'slow.bin', buffer: Buffer.alloc(4 << 20) });
  await files.getByRole('button', { name: 'Cancel the upload of slow.bin' }).click();
  await expect(files.getByRole('alert')).toHaveText('slow.bin was not uploaded.');
  await expect(files.getByRole('progressbar')).toHaveCount(0);
});

/** Returns a picture of 2 by 2 pixels. */
function png(): Buffer {
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  const row = [0, 74, 86, 196, 74, 86, 196];
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([...row, ...row]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function crc(data: Buffer): number {
  let sum = ~0;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
