// T2: one dynamic segment, JSON with it.
export default function handler(req, res) {
  if (req.method !== 'GET') {
    res.setHeader('Allow', 'GET').status(405).json({ error: 'want GET' });
    return;
  }
  res.json({ id: req.query.id });
}
