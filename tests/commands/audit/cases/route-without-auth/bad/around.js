const express = require('express');
const jwt = require('jsonwebtoken');
const bearer = require('express-bearer-token');
const { expressjwt } = require('express-jwt');
const app = express();
const answer = (req, res) => res.end();
const real = (req, res, next) => {
  if (!req.user) return res.sendStatus(401);
  next();
};
const decodes = (req, res, next) => {
  const user = jwt.decode(req.headers.authorization);
  if (!user) return res.sendStatus(401);
  next();
};
const forgets = (req, res, next) => {
  if (!req.user) res.status(401);
  next();
};
const switched = (req, res, next) => {
  if (process.env.OPEN) return next();
  if (!req.user) return res.sendStatus(401);
  next();
};
app.post('/real', real, answer);
app.post('/decodes', decodes, answer); // FIND: medium
app.post('/forgets', forgets, answer); // FIND: medium
app.post('/switched', switched, answer); // FIND: low
app.post('/read', bearer(), answer); // FIND: medium
app.use('/jwt', expressjwt({ secret: process.env.S, algorithms: ['HS256'] }).unless({ path: ['/jwt/free'] }));
app.post('/jwt/free', answer); // FIND: medium
app.post('/jwt/other', answer);
if (!(process.env.NODE_ENV === 'production')) app.use('/late', real);
app.post('/late', answer); // FIND: medium
app.use('/contact', (req, res) => { store.save(req.body); res.end(); }); // FIND: medium
