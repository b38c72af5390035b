const express = require('express');
const { last } = require('./elsewhere');
const app = express();
app.use((err, req, res, next) => next(err));
app.get('/a', (req, res) => res.end()); // UNKNOWN: whether last handles errors is not told
app.use(last); // UNKNOWN: what last mounts at / is not told
