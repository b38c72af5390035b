const express = require('express');
const { z } = require('zod');
const { celebrate, Joi } = require('celebrate');
const { body, validationResult } = require('express-validator');
const app = express();
const User = z.object({ email: z.string() });
const validate = (schema) => (req, res, next) => {
  const found = schema.safeParse(req.body);
  if (!found.success) return res.status(400).json(found.error);
  next();
};
const asked = (req, res, next) => {
  if (!validationResult(req).isEmpty()) return res.status(422).end();
  next();
};
app.post('/a', validate(User), (req, res) => res.json(req.body));
app.post('/b', celebrate({ body: Joi.object({ a: Joi.string() }) }), (req, res) => res.json(req.body));
app.post('/c', body('email').isEmail(), asked, (req, res) => res.json(req.body));
app.post('/d', (req, res) => res.json(User.parse(req.body)));
app.post('/logout', (req, res) => res.status(204).end());
app.get('/e', (req, res) => res.json(req.query.q));
// skc: allow route-without-validation the provider signs it
app.post('/hook', (req, res) => res.json(req.body));
