import { brokenRules, idOf, refuses } from '../../lib/item';

// T9: the same body with 12 rules, which are checked by hand.
export default function handler(req, res) {
  if (refuses(req, res)) return;
  const broken = brokenRules(req.body);
  if (broken.length > 0) {
    res.status(400).json({ error: broken.join('; ') });
    return;
  }
  res.status(201).json({ id: idOf(req.body) });
}

export const config = { api: { bodyParser: { sizeLimit: '1mb' } } };
