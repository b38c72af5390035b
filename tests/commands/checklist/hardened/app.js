const express = require('express');
const helmet = require('helmet');
const cors = require('cors');
const { rateLimit } = require('express-rate-limit');
const cookieParser = require('cookie-parser');
const { doubleCsrf } = require('csrf-csrf');
const jwt = require('jsonwebtoken');
const { z } = require('zod');
const mongoose = require('mongoose');
const logger = require('./logger');
const Order = require('./order');
const Stock = require('./stock');

const app = express();
app.use(helmet());
app.use(cors({ origin: ['https://shop.example.com'], credentials: true }));
app.use(rateLimit({ windowMs: 60_000, limit: 100 }));
app.use(express.json({ limit: '100kb' }));
app.use(cookieParser());

const { doubleCsrfProtection } = doubleCsrf({
  getSecret: () => process.env.CSRF_SECRET,
  getSessionIdentifier: (req) => req.cookies.session,
});

function authenticated(req, res, next) {
  try {
    req.user = jwt.verify(req.cookies.session, process.env.JWT_SECRET, { algorithms: ['HS256'] });
    next();
  } catch (error) {
    res.status(401).json({ error: 'ERR_TOKEN_INVALID' });
  }
}

function validated(schema) {
  return (req, res, next) => {
    const found = schema.safeParse(req.body);
    if (!found.success) {
      return res.status(400).json({ error: 'ERR_VALIDATION_FAILED' });
    }
    req.body = found.data;
    next();
  };
}

const strict = rateLimit({ windowMs: 15 * 60_000, limit: 5 });
const login = z.object({ email: z.string().email(), password: z.string().min(12) });
const order = z.object({ item: z.string() });

app.get('/health', (req, res) => res.json({ ok: mongoose.connection.readyState === 1 }));

app.post('/login', strict, doubleCsrfProtection, validated(login), (req, res) => {
  const token = jwt.sign({ sub: req.body.email }, process.env.JWT_SECRET, {
    algorithm: 'HS256',
    expiresIn: '15m',
  });
  res.cookie('session', token, { httpOnly: true, secure: true, sameSite: 'strict' });
  res.json({ ok: true });
});

app.post('/orders', authenticated, doubleCsrfProtection, validated(order), async (req, res) => {
  const session = await mongoose.startSession();
  await session.withTransaction(async () => {
    await Order.create([{ item: req.body.item }], { session });
    await Stock.updateOne({ item: req.body.item }, { $inc: { left: -1 } }, { session });
  });
  res.status(201).json({ ok: true });
});

app.use((error, req, res, next) => {
  logger.error('request failed', { err: error });
  res.status(500).json({ error: 'ERR_INTERNAL' });
});

mongoose.connect(process.env.MONGO_URI);
app.listen(3000);
