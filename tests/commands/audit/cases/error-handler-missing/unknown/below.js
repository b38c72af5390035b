const express = require('express');
const { last } = require('./elsewhere');
const app = express(); // UNKNOWN: whether last handles errors is not told
app.get('/a', (req, res) => res.end());
app.use('/b', (err, req, res, next) => res.status(500).end());
app.use(last);
