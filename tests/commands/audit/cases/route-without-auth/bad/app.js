const express = require('express');
const passport = require('passport');
const app = express();
const guard = passport.authenticate('jwt', { session: false });
app.get('/open', (req, res) => res.json([])); // FIND: low
app.get('/me', guard, (req, res) => res.json([]));
app.delete('/users/:id', (req, res) => res.end()); // FIND: medium
const requireAuth = (req, res, next) => next();
app.post('/by-name', requireAuth, (req, res) => res.end()); // FIND: medium
