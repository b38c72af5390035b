const express = require('express');
const rateLimit = require('express-rate-limit');
const app = express();
if (process.env.USE_LIMITS) app.use(rateLimit({ limit: 5, windowMs: 900000 }));
app.post('/login', (req, res) => res.json(req.body)); // FIND: medium
