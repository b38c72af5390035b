const express = require('express');
const rateLimit = require('express-rate-limit');
const app = express();
const strict = rateLimit({ limit: 5, windowMs: 900000 });
if (!(process.env.NODE_ENV === 'production')) app.use('/a', strict);
if (process.env.NODE_ENV === 'staging') app.use('/b', strict);
if (process.env.NODE_ENV === 'production' && !process.env.CI) app.use('/c', strict);
app.post('/a/login', (req, res) => res.json(req.body)); // FIND: high
app.post('/b/login', (req, res) => res.json(req.body)); // FIND: high
app.post('/c/login', (req, res) => res.json(req.body)); // FIND: medium
if (config.auth.mode === 'local') {
  app.post('/login', (req, res) => res.json(req.body)); // FIND: high
}
if (process.env.NODE_ENV === 'staging') {
  app.post('/reset-password', (req, res) => res.json(req.body)); // FIND: high
}
