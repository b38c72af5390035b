const express = require('express');
const { validateUser } = require('./elsewhere');
const app = express();
app.post('/a', validateUser, (req, res) => res.json(req.body)); // UNKNOWN: the validation of POST /a is not told: validateUser
