const express = require('express');
const rateLimit = require('express-rate-limit');
const app = express();
const strict = rateLimit({ limit: 5, windowMs: 900000 });
if (!(process.env.NODE_ENV !== 'production')) app.use('/a', strict);
if (process.env.NODE_ENV === 'test') {
  app.post('/login', (req, res) => res.json(req.body));
}
app.post('/a/login', (req, res) => res.json(req.body));
