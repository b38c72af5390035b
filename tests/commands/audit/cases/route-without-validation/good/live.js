const express = require('express');
const { celebrate, Joi } = require('celebrate');
const schema = celebrate({ body: Joi.object({ a: Joi.string() }) });
const app = express();
if (process.env.NODE_ENV !== 'development') app.use(schema);
app.post('/a', (req, res) => res.json(req.body));
if (process.env.NODE_ENV === 'development') {
  app.post('/seed', (req, res) => res.json(req.body));
}
