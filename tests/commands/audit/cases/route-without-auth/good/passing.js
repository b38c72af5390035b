const express = require('express');
const jwt = require('jsonwebtoken');
const app = express();
const guard = (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, key); next(); } catch { res.status(401).end(); }
};
app.post('/orders', (req, res, next) => { req.body.sum = Number(req.body.sum); next(); });
app.post('/orders', guard, (req, res) => res.json(req.body));
