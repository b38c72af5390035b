const express = require('express');
const rateLimit = require('express-rate-limit');
const app = express();
const router = express.Router();
router.post('/login', (req, res) => res.json(req.body)); // FIND: high
router.post('/register', (req, res) => res.json(req.body)); // FIND: medium
router.post('/verify-otp', (req, res) => res.json(req.body)); // FIND: high
router.put('/reset-password/:token', (req, res) => res.json(req.body)); // FIND: high
router.post('/forgot-password', (req, res) => res.json(req.body)); // FIND: medium
router.post('/refresh-token', (req, res) => res.json(req.body)); // FIND: medium
app.use('/auth', router);
app.use(rateLimit({ windowMs: 10 * 60 * 1000, max: 100 }));
app.post('/signin', (req, res) => res.json(req.body)); // FIND: medium
app.post('/token', (req, res) => res.json(req.body)); // FIND: medium
const jwt = require('jsonwebtoken');
const guard = (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.KEY); next(); } catch { res.status(401).end(); }
};
const others = express();
others.post('/login', guard, (req, res) => res.json(req.body)); // FIND: low
others.put('/change-password', guard, (req, res) => res.json(req.body)); // FIND: medium
