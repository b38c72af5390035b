const express = require('express');
const app = express();
const signedIn = (req, res, next) => { req.isAuthenticated() ? next() : res.redirect('/signin'); };
const inSession = (req, res, next) => { if (!req.session.userId) { return res.redirect('/'); } next(); };
const internal = (req, res, next) => {
  if (req.headers['x-internal-secret'] !== process.env.INTERNAL) return res.status(404).end();
  next();
};
const HTTP = { UNAUTH: 401 };
const known = (req, res, next) => { if (!req.user) return res.status(HTTP.UNAUTH).end(); next(); };
app.post('/a', signedIn, (req, res) => res.json({})); // UNKNOWN: the guard of POST /a is not told: signedIn: whom it turns away
app.post('/b', inSession, (req, res) => res.json({})); // UNKNOWN: the guard of POST /b is not told: inSession: whom it turns away
app.post('/c', internal, (req, res) => res.json({})); // UNKNOWN: the guard of POST /c is not told: internal: whether what it holds against a secret
app.post('/d', known, (req, res) => res.json({})); // UNKNOWN: the guard of POST /d is not told: known: whom it turns away
app.post('/e', (req, res) => { // UNKNOWN: the guard of POST /e is not told
  stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], process.env.WEBHOOK);
  res.end();
});
