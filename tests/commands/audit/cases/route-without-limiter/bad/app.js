const express = require('express');
const rateLimit = require('express-rate-limit');
const app = express();
app.post('/early', (req, res) => res.end()); // FIND: medium
app.use('/api', rateLimit({ windowMs: 60000, limit: 100 }));
app.post('/other', (req, res) => res.end()); // FIND: medium
app.post('/api/covered', (req, res) => res.end());
const limiter = (req, res, next) => next();
app.delete('/by-name', limiter, (req, res) => res.end()); // FIND: medium
