const tags = new Set([
  'kitchen', 'coffee', 'office', 'refurbished', 'garden', 'outdoor', 'sale', 'new', 'spare', 'gift',
]);

/** Responds to requests that are not a POST of JSON, and returns whether it has. */
export function refuses(req, res) {
  if (req.method !== 'POST') {
    res.setHeader('Allow', 'POST').status(405).json({ error: 'want POST' });
    return true;
  }
  if (req.headers['content-type']?.split(';')[0].trim().toLowerCase() !== 'application/json') {
    res.status(415).json({ error: 'want application/json' });
    return true;
  }
  return false;
}

/** Returns a number that depends on every field, counted in bytes as in task.go. */
export function idOf(item) {
  let n = (item.stock ?? 0) + Math.trunc(item.price ?? 0) + (item.active ? 100 : 0);
  const texts = [item.name, item.sku ?? '', item.maker ?? '', item.description ?? '', ...(item.tags ?? [])];
  for (const text of texts) n += Buffer.byteLength(text);
  return n;
}

/** Returns what is wrong with an item. The rules are those at the top of rules.go. */
export function brokenRules(item) {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return ['want an object'];
  const broken = [];
  const check = (good, text) => good || broken.push(text);
  // length is the number of UTF-16 units, as zod counts, or -1 for what is not a string.
  const length = (text) => (typeof text === 'string' ? text.length : -1);
  const optional = (value, type) => value === undefined || typeof value === type;

  const name = length(item.name);
  check(name >= 3 && name <= 80, 'name must have 3 to 80 characters');
  check(/^[A-Z]{3}-[0-9]{4}-[A-Z0-9]{2}$/.test(item.sku), 'sku must look like ABC-1234-X1');
  check(optional(item.maker, 'string'), 'maker must be a string');
  const description = length(item.description ?? '');
  check(description >= 0 && description <= 400, 'description must have at most 400 characters');
  const stock = item.stock ?? 0;
  check(Number.isInteger(stock) && stock >= 0 && stock <= 10000, 'stock must be from 0 to 10000');
  check(optional(item.active, 'boolean'), 'active must be a boolean');
  if (!Array.isArray(item.tags) || item.tags.length < 1 || item.tags.length > 8) {
    broken.push('tags must have 1 to 8 items');
  } else {
    check(new Set(item.tags).size === item.tags.length, 'tags must not repeat');
    check(item.tags.every((tag) => tags.has(tag)), 'tags has an unknown one');
  }
  check(typeof item.price === 'number' && item.price > 0, 'price must be more than 0');
  return broken;
}
