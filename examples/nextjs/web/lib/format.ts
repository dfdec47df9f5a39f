// Dates are shown in one locale and in UTC, so that the server renders what the browser renders.
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const year = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Returns a date such as "2026-12-31" as text for people. */
export function formatDate(date: string): string {
  const now = today();
  if (date.slice(0, 10) === now) return 'Today';
  const format = date.slice(0, 4) === now.slice(0, 4) ? day : year;
  return format.format(new Date(date));
}

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${Math.round(bytes / 1024)} KiB`;
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** Returns a hue for a text, so that a label has the same colour everywhere. */
export function hue(text: string): number {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 360;
  return sum;
}
