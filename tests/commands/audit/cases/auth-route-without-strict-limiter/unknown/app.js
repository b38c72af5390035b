const express = require('express');
const { rateLimit } = require('express-rate-limit');
const app = express();
app.post('/login', rateLimit({ limit: Number(process.env.TRIES) }), (req, res) => res.json(req.body)); // UNKNOWN: how many tries rateLimit({ limit: Number(process.env.TRIES) }) leaves to POST /login is not told
