const express = require('express');
const jwt = require('jsonwebtoken');
const app = express();
app.use((req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.KEY); next(); } catch { res.status(401).end(); }
});
app.post('/a', (req, res) => res.end());
