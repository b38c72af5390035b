const express = require('express');
const { z } = require('zod');
const app = express();
const S = z.object({ a: z.string() });
app.post('/a', (req, res) => {
  const told = S.safeParse(req.body);
  if (!told.success) return res.status(400).json(told.error);
  res.json(told.data);
});
app.post('/b', (one, other) => other.json(S.parse(one.body)));
