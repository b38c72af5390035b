const express = require('express');
const jwt = require('jsonwebtoken');
const app = express();
app.get('/', (req, res) => res.end());
app.get('/health', (req, res) => res.end());
app.post('/login', (req, res) => res.end());
app.use((req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.KEY); next(); } catch { res.status(401).end(); }
});
app.post('/a', (req, res) => res.end());
app.get('/b', (req, res) => res.end());
