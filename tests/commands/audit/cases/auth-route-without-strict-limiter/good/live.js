const express = require('express');
const { rateLimit } = require('express-rate-limit');
const config = { env: process.env.NODE_ENV };
const app = express();
if (config.env === 'production') app.use('/auth', rateLimit({ windowMs: 900000, limit: 20 }));
app.post('/auth/login', (req, res) => res.json(req.body));
