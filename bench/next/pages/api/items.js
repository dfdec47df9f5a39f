import { idOf, refuses } from '../../lib/item';

// T4: a JSON body of which only the name is required.
export default function handler(req, res) {
  if (refuses(req, res)) return;
  if (typeof req.body?.name !== 'string' || req.body.name === '') {
    res.status(400).json({ error: 'name is required' });
    return;
  }
  res.status(201).json({ id: idOf(req.body) });
}

export const config = { api: { bodyParser: { sizeLimit: '1mb' } } };
