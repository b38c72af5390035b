const express = require('express');
const { rateLimit } = require('express-rate-limit');
const app = express();
app.post('/login', rateLimit({ limit: 50, windowMs: 60 * 60 * 1000 }), (req, res) => res.end()); // FIND: medium
app.post('/signin', rateLimit({ limit: 20, windowMs: 60 * 1000 }), (req, res) => res.end()); // FIND: medium
app.post('/token', rateLimit({ limit: process.env.TRIES || 2 * 50 }), (req, res) => res.end()); // FIND: medium
