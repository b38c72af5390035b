const express = require('express');
const { celebrate, Joi } = require('celebrate');
const schema = celebrate({ body: Joi.object({ a: Joi.string() }) });
const app = express();
if (process.env.NODE_ENV === 'test') app.use(schema);
app.post('/a', (req, res) => res.json(req.body)); // FIND: medium
if (process.env.STRICT) app.use(schema);
app.post('/b', (req, res) => res.json(req.body)); // FIND: low
