const express = require('express');
const mongoSanitize = require('express-mongo-sanitize');
const { body } = require('express-validator');
const app = express();
app.use(mongoSanitize());
function validateUpload(req, res, next) {
  if (!req.files) return res.status(400).end();
  next();
}
app.post('/users', (req, res) => res.json(req.body)); // FIND: medium
app.put('/named', validateUpload, (req, res) => res.json(req.body)); // FIND: medium
app.post('/asked-by-nobody', body('email').isEmail(), (req, res) => res.json(req.body)); // FIND: medium
app.patch('/queried', (req, res) => res.json(req.query.q)); // FIND: medium
app.delete('/users/:id', (req, res) => res.json(req.params.id)); // FIND: low
app.all('/anything', (req, res) => res.json(req.body)); // FIND: medium
