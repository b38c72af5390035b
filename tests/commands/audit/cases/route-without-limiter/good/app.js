const express = require('express');
const { rateLimit } = require('express-rate-limit');
const { RateLimiterMemory } = require('rate-limiter-flexible');
const app = express();
const store = new RateLimiterMemory({ points: 5, duration: 1 });
const limited = (req, res, next) => store.consume(req.ip).then(() => next(), () => res.status(429).end());
app.post('/login', (req, res) => res.end()); // another check's
app.get('/read', (req, res) => res.end());
app.post('/a', limited, (req, res) => res.end());
if (process.env.NODE_ENV === 'production') app.use(rateLimit());
app.post('/b', (req, res) => res.end());
app.all('*', (req, res) => res.status(404).end());
