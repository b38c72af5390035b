const express = require('express');
const { rateLimit } = require('express-rate-limit');
const Bottleneck = require('bottleneck');
const app = express();
const out = new Bottleneck({ minTime: 100 });
const answer = (req, res) => res.end();
app.post('/a', rateLimit({ limit: 5, skip: () => true }), answer); // FIND: medium
app.post('/b', rateLimit({ limit: 5, skip: (req) => req.method === 'POST' }), answer); // FIND: medium
app.post('/c', rateLimit({ limit: 5, skip: () => settings.open }), answer); // FIND: low
app.post('/d', rateLimit({ limit: 1_000_000_000 }), answer); // FIND: medium
app.post('/e', rateLimit({ limit: 5, handler: (req, res, next) => next() }), answer); // FIND: medium
app.post('/f', async (req, res) => { await out.schedule(send); res.end(); }); // FIND: medium
app.put('/b', rateLimit({ limit: 5, skip: (req) => req.method === 'POST' }), answer);
